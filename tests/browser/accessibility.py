"""axe-core over a page: what it finds, as lines to read."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from playwright.sync_api import Page

_AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")

# Every rule, those of good practice and those that are off by default (the size of targets, say) too.
_OFF_BY_DEFAULT: Final = ("target-size", "label-content-name-mismatch", "css-orientation-lock", "p-as-heading")
_ALL: Final = {"resultTypes": ["violations"], "preload": False, "rules": {name: {"enabled": True} for name in _OFF_BY_DEFAULT}}
_COLOURS: Final = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def violations(page: Page, *, colours_alone: bool = False) -> list[str]:
    """What axe finds wrong: rule, selector, and why. `colours_alone` for a page whose structure was looked at already."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE)
    found: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", _COLOURS if colours_alone else _ALL)
    return [
        f"{rule['id']}: {node['target'][0]}: {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
