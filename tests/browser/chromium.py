"""A real Chromium, driven headless: where it is found, how it is started, and what it saw."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # Chromium refuses its sandbox to root, which containers run as
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    # Whatever a page might reach for outside has nowhere to go, and its request is seen in the log.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def paths() -> tuple[str, str]:
    """The browser and its driver; skips the test where either is missing, or fails it where ASKIVE_BROWSER=required says so."""
    browser = os.environ.get("ASKIVE_CHROMIUM") or next(
        (path for name in ("chromium", "chromium-browser", "google-chrome", "chrome") if (path := shutil.which(name))), None
    )
    driver = shutil.which("chromedriver")
    if browser and driver:
        return browser, driver
    missing = "no Chromium (set ASKIVE_CHROMIUM)" if not browser else "no chromedriver"
    reason = f"{missing}; on Debian: apt-get install chromium chromium-driver"
    if os.environ.get("ASKIVE_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


class Browser:
    """One Chromium with a profile of its own."""

    def __init__(self, driver: Chrome, base: str) -> None:
        self.driver = driver
        self.base = base

    def look(self, *, width: int, height: int = 800, dark: bool = False, scripts: bool = True) -> None:
        """From now on a window of that size, in that light, with scripts or without."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        light = {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", light)
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})

    def open(self, address: str) -> None:
        self.driver.get(self.base + address)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function's body returns on the page."""
        return self.driver.execute_script(script, *arguments)

    def click(self, selector: str, arrives: str) -> None:
        """Click the first thing that a selector (or "link=" and its text) finds, and wait until `arrives` is in the address."""
        by, what = (
            (By.LINK_TEXT, selector.removeprefix("link=")) if selector.startswith("link=") else (By.CSS_SELECTOR, selector)
        )
        before = self.driver.find_element(By.TAG_NAME, "html")
        self.driver.find_element(by, what).click()
        page_stays = arrives.startswith("#")
        wait = WebDriverWait(self.driver, 15)
        if not page_stays:
            # Without scripts the driver does not always wait for the next page by itself.
            wait.until(staleness_of(before), f"{selector} leads nowhere")
        wait.until(lambda _: arrives in self.address(), f"{selector} leads to {self.address()}, not to {arrives}")
        wait.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, "body > footer"))

    def address(self) -> str:
        """Where the browser is, without the server's part."""
        return str(self.driver.current_url).removeprefix(self.base)

    def said(self) -> list[str]:
        """What the console was told since it was last asked: errors, and violations of the policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requested(self) -> list[str]:
        """The address of every request since it was last asked."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


@contextmanager
def browser(base: str, profile: Path) -> Iterator[Browser]:
    """A Chromium that has never been anywhere, for pages below `base`."""
    binary, driver_path = paths()
    options = ChromeOptions()
    options.binary_location = binary
    for argument in (*_ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(driver_path))
    try:
        yield Browser(driver, base)
    finally:
        driver.quit()
