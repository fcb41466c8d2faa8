"""The pictures in the README: `python -m tests.browser.screenshots`, or `make screenshots`.

The sample, at a moment that stands still, in windows of fixed sizes: the same library gives the same pictures.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page

from . import chromium
from .serving import ROOT, askive, served

FOLDER: Final = Path(__file__).parent / "screenshots"
TODAY: Final = datetime(2026, 5, 16, 12, tzinfo=UTC)
"""A day on which somebody in the sample asked."""

_QUESTION: Final = "landlord+keeps+my+deposit"
PAGES: Final = {"home": "/", "results": f"/search?q={_QUESTION}", "thread": f"/search?q={_QUESTION}", "library": "/library"}


class Look(NamedTuple):
    """A window and its light."""

    width: int
    height: int
    dark: bool
    scale: float


LOOKS: Final = {
    "light": Look(1200, 800, dark=False, scale=1),
    "dark": Look(1200, 800, dark=True, scale=1),
    "phone": Look(390, 780, dark=False, scale=1.25),
}

# How long a question took is another each time.
_STILL: Final = ".took { display: none !important } *, *::before { transition: none !important; caret-color: transparent !important }"


def _open(page: Page, name: str) -> None:
    page.goto(PAGES[name])
    if name == "thread":
        page.locator(".card h2 a").first.click()
        page.wait_for_url("**/thread/**")
        page.evaluate("() => scrollTo(0, 0)")
    if name == "results":
        page.locator(".why summary").first.click()
        page.evaluate("() => document.activeElement.blur()")


def take(started: Browser, base: str, folder: Path) -> list[Path]:
    """Every page in every look, as folder/page-look.png."""
    taken = []
    for look_name, look in LOOKS.items():
        context = started.new_context(
            base_url=base,
            viewport={"width": look.width, "height": look.height},
            device_scale_factor=look.scale,
            color_scheme="dark" if look.dark else "light",
            reduced_motion="reduce",
            bypass_csp=True,  # the style below is no page's own
            locale="en-GB",
        )
        page = context.new_page()
        for name in PAGES:
            _open(page, name)
            path = folder / f"{name}-{look_name}.png"
            page.screenshot(path=path, animations="disabled", caret="hide", style=_STILL)
            taken.append(path)
        context.close()
    return taken


def main() -> None:
    path = chromium.find()
    if path is None:
        raise SystemExit(chromium.MISSING)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as library:
        askive("build", str(ROOT / "data" / "threads"), "--library", library)
        with served(Path(library), TODAY) as base, chromium.browser(path) as started:
            for picture in take(started, base, FOLDER):
                print(f"{picture.stat().st_size / 1000:7.1f} kB  {picture.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
