"""Every page as it is drawn: by day and by night, at a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from indexer.library import Library
from indexer.settings import Settings
from webui import create_app

from . import looks
from .accessibility import violations
from .chromium import Visitors
from .pages import ODD, SAMPLE, SEARCH

DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
NARROW = ViewportSize(width=320, height=640)

# Otherwise colours would be looked at while they fade from one light to the other.
STILL = {"reduced_motion": "reduce"}

DATA = {".csv", ".jsonl", ".atom", ".xml", ".json", ".bib", ".txt"}


def _sideways(page: Page) -> list[str]:
    wrong = []
    for window in (NARROW, PHONE, DESK):
        page.set_viewport_size(window)
        wrong += [f"{window['width']} px: {finding}" for finding in page.evaluate(looks.SIDEWAYS)]
    return wrong


def _inaccessible(page: Page) -> list[str]:
    """Colours are looked at in both lights, all else at both widths: neither has a say in the other."""
    wrong = []
    for window, light in ((DESK, "light"), (PHONE, "dark")):
        page.set_viewport_size(window)
        page.emulate_media(color_scheme=light)
        wrong += [f"{window['width']} px, {light}: {finding}" for finding in violations(page)]
    return wrong


def test_no_page_is_left_out(sample_library: Path) -> None:
    """Every address that gives a page is among those that are looked at."""
    app = create_app(Library(sample_library), Settings(library=sample_library))
    adapter = app.url_map.bind("127.0.0.1")
    looked_at = {adapter.match(urlsplit(address).path)[0] for address in SAMPLE.values() if address != SAMPLE["no such page"]}
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not _is_no_page(rule.rule)
    }
    assert pages - looked_at == set()


def _is_no_page(rule: str) -> bool:
    """Whether an address gives data or a file, or leads on to a page."""
    return rule.startswith(("/api/", "/static/", "/favicon")) or rule in {"/random", "/about"} or Path(rule).suffix in DATA


@pytest.mark.parametrize("name", SAMPLE)
def test_a_page_is_drawn_well(arrive: Visitors, name: str) -> None:
    page = arrive(**DESK, **STILL)
    page.goto(SAMPLE[name])
    wrong = [f"moved: {moved}" for moved in page.evaluate(looks.SHIFTS)]
    page.evaluate(looks.OPEN_ONE_OF_A_KIND)
    wrong += page.evaluate(looks.UNDRAWN) + _sideways(page) + _inaccessible(page)
    assert wrong == []


@pytest.mark.parametrize("name", ODD)
def test_odd_things_are_drawn_well(arrive: Visitors, name: str) -> None:
    page = arrive("odd", **DESK, **STILL)
    page.goto(ODD[name].address)
    page.evaluate(looks.OPEN_ONE_OF_A_KIND)
    wrong = page.evaluate(looks.UNDRAWN) + _sideways(page)
    if ODD[name].is_of_a_kind:
        wrong += _inaccessible(page)
    assert wrong == []


@pytest.mark.parametrize("name", ["home", "results", "thread", "top", "library"])
def test_colours_and_widths_have_no_say_in_each_other(arrive: Visitors, name: str) -> None:
    """What the pages above are not looked at in: by night at a desk, by day on a phone."""
    page = arrive(dark=True, **DESK, **STILL)
    page.goto(SAMPLE[name])
    page.evaluate(looks.OPEN_ONE_OF_A_KIND)
    wrong = violations(page, colours_alone=True)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    assert wrong + violations(page) == []


def test_what_opens_over_a_page_is_drawn_well(arrive: Visitors) -> None:
    page = arrive(width=390, **STILL)
    page.goto("/")
    page.locator("#q").press_sequentially("landlord")
    expect(page.locator("#completions [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    wrong = page.evaluate(looks.SIDEWAYS) + violations(page)
    page.emulate_media(color_scheme="dark")
    wrong += violations(page, colours_alone=True)
    page.goto(SEARCH)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    wrong += page.evaluate(looks.SIDEWAYS) + violations(page)
    page.emulate_media(color_scheme="light")
    assert wrong + violations(page, colours_alone=True) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_label_of_a_plot_lies_on_another(arrive: Visitors, width: int) -> None:
    page = arrive(width=width)
    page.goto(SAMPLE["library"])
    assert page.locator("svg.plot").count() == 3
    assert page.evaluate(looks.OVERLAPPING) == []


@pytest.mark.parametrize(("width", "is_open"), [(1280, True), (640, False), (390, False)])
def test_the_index_lies_open_where_there_is_room(arrive: Visitors, width: int, is_open: bool) -> None:
    page = arrive(width=width)
    page.goto(SEARCH)
    assert page.locator(".narrowing .entry").first.evaluate("(it) => it.checkVisibility({contentVisibilityAuto: true})") is is_open


@pytest.mark.parametrize("name", ["home", "results", "narrowed", "thread", "passage", "top", "library"])
def test_nothing_moves_on_a_phone_while_a_page_is_drawn(arrive: Visitors, name: str) -> None:
    page = arrive(**PHONE)
    page.goto(SAMPLE[name])
    assert page.evaluate(looks.SHIFTS) == []


@pytest.mark.parametrize("name", ["home", "results", "thread", "library"])
def test_everything_twice_as_large_still_fits(arrive: Visitors, name: str) -> None:
    """Zoomed to 200 % a desk's window has half its pixels; and the letters alone may be twice as large."""
    page = arrive(width=640, height=400, device_scale_factor=2)
    page.goto(SAMPLE[name])
    page.evaluate(looks.OPEN_ONE_OF_A_KIND)
    wrong = page.evaluate(looks.SIDEWAYS)
    page.set_viewport_size(DESK)
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    wrong += page.evaluate(looks.SIDEWAYS) + page.evaluate(looks.CUT_OFF)
    assert wrong == []


@pytest.mark.parametrize("name", ["home", "results", "thread"])
def test_who_wants_less_motion_gets_none(arrive: Visitors, name: str) -> None:
    page = arrive(reduced_motion="reduce")
    page.goto(SAMPLE[name])
    assert page.evaluate(looks.MOTION) == []


def test_who_does_not_mind_motion_gets_some(arrive: Visitors) -> None:
    page = arrive()
    page.goto(SEARCH)
    assert page.evaluate(looks.MOTION) != []


@pytest.mark.parametrize("name", ["results", "thread"])
def test_on_paper_only_the_text_is_left(arrive: Visitors, name: str) -> None:
    page = arrive(dark=True)
    page.goto(SAMPLE[name])
    page.emulate_media(media="print")
    for part in (".box", ".masthead nav", ".sorts", ".colophon", ".skip"):
        for found in page.locator(part).all():
            assert not found.is_visible(), part
    assert page.locator("h1").count() == 1
    assert page.locator(".passage, .prose").first.is_visible()
    # Dark ink on white, whatever the screen had.
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("() => getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate(looks.SIDEWAYS) == []
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_right_to_left_is_written_from_the_right(arrive: Visitors) -> None:
    page = arrive("odd")
    page.goto(ODD["right to left"].address)
    direction = "(element) => getComputedStyle(element).direction"
    assert page.locator("h1").evaluate(direction) == "rtl"
    assert page.locator(".question .prose").first.evaluate(direction) == "rtl"
    assert page.locator("[id='a-12/2'] .prose").first.evaluate(direction) == "ltr"
    assert page.evaluate("() => getComputedStyle(document.body).direction") == "ltr"
    page.goto(ODD["right to left found"].address)
    card = page.locator(".card").first
    assert card.locator("h2 a").evaluate(direction) == "rtl"
    assert card.locator(".passage").evaluate(direction) == "rtl"
    assert "דלת" in page.locator("#q").input_value()


def test_a_thread_of_5000_answers_stays_usable(arrive: Visitors, scripts: bool) -> None:
    page = arrive("odd", scripts=scripts)
    response = page.goto(ODD["crowd"].address)
    assert response is not None
    assert len(response.body()) < 1_000_000
    assert page.locator("*").count() < 10_000
    assert "5,000" in page.locator("#answers").inner_text()
    # An answer in the middle is found, and lies in the window when one gets there.
    page.goto("/search?q=umbrella+lesson+4321")
    assert "4321" in page.locator(".card .passage").first.inner_text()
    page.locator(".card h2 a").first.click()
    page.wait_for_url("**/thread/example.org:14**")
    there = page.locator("[id='a-14/4321']")
    assert "lesson 4321" in str(there.text_content())
    top = there.evaluate("(element) => element.getBoundingClientRect().top")
    assert -1 <= top < 800
    # Page by page to the end, by links.
    page.goto(ODD["crowd's last page"].address)
    assert "lesson 5000" in str(page.locator(".post").last.text_content())
    page.locator(".pages [rel=prev]").first.click()
    page.wait_for_url("**page=25*")
    assert page.locator("[id='a-14/4800']").count() == 1
