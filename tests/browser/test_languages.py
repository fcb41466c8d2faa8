"""Pages in another language: as browsers ask for it, chosen at the foot of a page, and remembered."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from . import looks
from .accessibility import violations
from .chromium import Visitors
from .pages import INTERVIEW, SEARCH

# What was drawn first is told by the language that the page had then.
_FIRST_DRAWN = """
new MutationObserver((_, observer) => {
  if (document.querySelector("footer") && !document.documentElement.hidden) {
    const drawn = JSON.parse(sessionStorage.getItem("drawn") ?? "[]");
    sessionStorage.setItem("drawn", JSON.stringify([...drawn, document.documentElement.lang]));
    observer.disconnect();
  }
}).observe(document, { childList: true, subtree: true });
"""


def _speaks(page: Page, tag: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", tag)
    expect(page.get_by_label("Deine Frage" if tag == "de" else "Your question", exact=True)).to_have_count(1)


def test_a_german_browser_gets_german(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts, locale="de-DE")
    page.goto("/")
    _speaks(page, "de")
    page.fill("#q", "bombed interview dream job")
    page.click(".ask button")
    _speaks(page, "de")
    page.locator(".card h2 a").first.click()
    _speaks(page, "de")
    assert "lang=" not in page.url


def test_a_language_is_chosen_and_kept_by_links_and_forms(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(SEARCH)
    _speaks(page, "en")
    page.get_by_role("link", name="Deutsch").click()
    _speaks(page, "de")
    expect(page.locator(".card")).not_to_have_count(0)
    page.locator(".card h2 a").first.click()
    _speaks(page, "de")
    page.fill("#q", "cat")
    page.click(".ask button")
    _speaks(page, "de")
    page.go_back()
    page.go_back()
    _speaks(page, "de")
    page.go_back()
    expect(page).to_have_url(page.url)
    page.get_by_role("link", name="English").click()
    _speaks(page, "en")


def test_a_choice_is_remembered_without_a_flash_or_a_circle(arrive: Visitors) -> None:
    page = arrive()
    page.goto("/")
    page.get_by_role("link", name="Deutsch").click()
    _speaks(page, "de")
    page.add_init_script(_FIRST_DRAWN)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.is_navigation_request() else None)
    page.goto(f"{INTERVIEW}?order=votes#answers", wait_until="commit")
    _speaks(page, "de")
    page.wait_for_load_state()
    assert page.url.endswith(f"{INTERVIEW}?order=votes&lang=de#answers")
    assert len(asked) == 2
    assert page.evaluate("() => sessionStorage.getItem('drawn')") == '["de"]'
    # An address that names another language is not argued with, and the choice stays.
    page.goto("/?lang=en")
    _speaks(page, "en")
    page.goto("/about")
    _speaks(page, "de")


def test_a_browser_that_remembers_nonsense_gets_a_page(arrive: Visitors) -> None:
    page = arrive()
    page.goto("/")
    page.evaluate("() => localStorage.setItem('language', '../x')")
    page.goto("/search")
    _speaks(page, "en")
    assert page.url.endswith("/search")


@pytest.mark.parametrize("address", ["/", SEARCH, INTERVIEW, "/browse", "/browse/years", "/search?q=%22cat+landlord%22+year:2010"])
def test_german_pages_are_as_accessible_and_as_narrow(arrive: Visitors, address: str) -> None:
    page = arrive(locale="de-DE", reduced_motion="reduce")
    page.goto(address)
    assert violations(page) == []
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(looks.SIDEWAYS) == []
