"""The library is built anew from the browser: files are sent, progress is watched, the report is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import answer, question, write_archive
from playwright.sync_api import Page, expect

from indexer.build import build

from . import looks
from .accessibility import violations
from .chromium import Visitors
from .serving import served


@pytest.fixture
def own(arrive: Visitors, tmp_path: Path) -> Iterator[str]:
    """The name of a library that may be written to, with one thread in it."""
    write_archive(tmp_path / "own" / "threads" / "first.jsonl", [question(1, "Where do zeppelins sleep?"), answer(1, 1, "In a hangar.")])
    build(tmp_path / "own", engine="memory")
    with served(tmp_path / "own") as address:
        arrive.libraries["own"] = address
        yield "own"


def _send(page: Page, *files: Path) -> None:
    page.goto("/library")
    page.locator("main a[href='/library/build']").click()
    page.wait_for_url("**/library/build")
    page.locator("#files").set_input_files(files)
    page.locator("form.build button").click()


def test_files_are_sent_and_found(arrive: Visitors, own: str, tmp_path: Path, scripts: bool) -> None:
    more = [question(2, "How do I fold a zeppelin?"), answer(2, 1, "Let the gas out of the zeppelin first, then fold along the keel.")]
    page = arrive(own, scripts=scripts)
    _send(page, write_archive(tmp_path / "more.jsonl", more))
    # With scripts the page follows the build, without them it looks again by itself.
    expect(page.locator("#done")).to_be_visible(timeout=60_000)
    assert "2 threads" in page.locator("#main").inner_text()
    page.goto("/search?q=fold+a+zeppelin")
    assert "keel" in page.locator(".card .passage").first.inner_text()


def test_the_first_library_is_built(arrive: Visitors, tmp_path: Path, scripts: bool) -> None:
    with served(tmp_path / "none") as address:
        arrive.libraries["none"] = address
        page = arrive("none", scripts=scripts, width=390)
        page.goto("/")
        assert "There is no library yet" in page.locator("#main").inner_text()
        if scripts:
            assert page.evaluate(looks.SIDEWAYS) + violations(page) == []
        first = [question(1, "Where do zeppelins sleep?"), answer(1, 1, "In a hangar, with the lights off.")]
        page.locator("#files").set_input_files(write_archive(tmp_path / "first.jsonl", first))
        page.locator("form.build button").click()
        expect(page.locator("#done")).to_be_visible(timeout=60_000)
        page.locator(".brand").click()
        page.locator("#q").fill("where do zeppelins sleep")
        page.locator("#q").press("Enter")
        assert "hangar" in page.locator(".card .passage").first.inner_text()


def test_what_cannot_be_read_is_told(arrive: Visitors, own: str, tmp_path: Path, scripts: bool) -> None:
    broken = tmp_path / "<img src=x onerror=alert(1)>.html"
    broken.write_text("<title>Log in</title><p>Members only.", "utf-8")
    page = arrive(own, scripts=scripts)
    _send(page, broken)
    unread = page.locator(".archives .unread")
    expect(unread).to_be_visible(timeout=60_000)
    assert "no format" in unread.inner_text()
    page.goto("/search?q=zeppelins+sleep")
    assert page.locator(".card").count() == 1


def test_pages_of_a_build_are_drawn_well(arrive: Visitors, own: str, tmp_path: Path) -> None:
    page = arrive(own, width=390, reduced_motion="reduce")
    page.goto("/library/build")
    wrong = page.evaluate(looks.UNDRAWN) + page.evaluate(looks.SIDEWAYS) + violations(page)
    _send(page, write_archive(tmp_path / "more.jsonl", [question(2, "How do I fold a zeppelin?")]))
    expect(page.locator("#done")).to_be_visible(timeout=60_000)
    page.emulate_media(color_scheme="dark")
    assert wrong + page.evaluate(looks.SIDEWAYS) + violations(page) == []


def test_a_page_from_elsewhere_cannot_build(arrive: Visitors, own: str) -> None:
    """What a page of somebody else could send is refused: no form of ours, no secret of ours."""
    page = arrive(own)
    answered = page.request.post("/library/build", multipart={"folder": "/etc"})
    assert 400 <= answered.status < 500
    assert "is built" not in answered.text()
