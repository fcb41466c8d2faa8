"""The system's Chromium, driven headless by Playwright: where it is found, how it is started, and what must not happen in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    WebError,
    sync_playwright,
)

_ARGUMENTS: Final = (
    "--no-sandbox",  # Chromium refuses its sandbox to root, which containers run as
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--disable-partial-raster",
    "--num-raster-threads=1",
    # Whatever a page might reach for outside has nowhere to go, and its request is seen.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)

_TELL: Final = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => console.error(`ran: ${name}`);
"""


def find() -> str | None:
    """The path of the browser."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("ASKIVE_CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


MISSING: Final = "no Chromium (set ASKIVE_CHROMIUM); on Debian: apt-get install chromium"


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """A Chromium that has never been anywhere: Playwright gives each start a profile of its own, and sweeps it away."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS), chromium_sandbox=False)
        try:
            yield started
        finally:
            started.close()


class Watch:
    """Sees what must not happen in a visitor's tabs: violations of the policy, errors, dialogs, requests to elsewhere, 5xx."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self._base = base + "/"
        self._wrong: list[str] = []
        self._refused: set[str] = set()
        context.add_init_script(_TELL)
        context.on("console", self._console)
        context.on("weberror", self._weberror)
        context.on("dialog", self._dialog)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def taken(self) -> list[str]:
        """What was seen since it was last asked."""
        seen, self._wrong = self._wrong, []
        return seen

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # Chromium itself tells of a page whose status is 404; of a file that is missing it must not.
        if message.location["url"] in self._refused and "the server responded with a status of 4" in message.text:
            return
        self._wrong.append(f"console: {message.text} ({message.location['url']})")

    def _weberror(self, error: WebError) -> None:
        self._wrong.append(f"error: {error.error}")

    def _dialog(self, dialog: Dialog) -> None:
        self._wrong.append(f"dialog: {dialog.type} {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self._base):
            self._wrong.append(f"request: {request.url}")

    def _failed(self, request: Request) -> None:
        # Completions are given up when the next letter is typed, and a download ends the page's own request.
        if request.failure != "net::ERR_ABORTED":
            self._wrong.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self._wrong.append(f"status: {response.status} {response.url}")
        elif response.status >= 400 and response.request.is_navigation_request():
            self._refused.add(response.url)


class Visitors:
    """Lets visitors in, each with nothing kept from before, and has an eye on all of them."""

    def __init__(self, started: Browser, libraries: dict[str, str]) -> None:
        self._browser = started
        self.libraries = libraries
        self._contexts: list[BrowserContext] = []
        self._watches: list[Watch] = []

    def __call__(
        self,
        library: str = "sample",
        *,
        width: int = 1280,
        height: int = 800,
        scripts: bool = True,
        dark: bool = False,
        locale: str = "en-GB",
        **options: Any,
    ) -> Page:
        """A tab in a window of that size, in that light, with scripts or without; addresses are those of the library's server."""
        base = self.libraries[library]
        context = self._browser.new_context(
            base_url=base,
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            locale=locale,
            **options,
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        self._watches.append(Watch(context, base))
        return context.new_page()

    def base(self, library: str) -> str:
        return self.libraries[library]

    def wrong(self) -> list[str]:
        """What must not have happened and did, since it was last asked."""
        return [finding for watch in self._watches for finding in watch.taken()]

    def leave(self) -> None:
        for context in self._contexts:
            context.close()


