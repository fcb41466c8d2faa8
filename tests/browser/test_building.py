"""A build in a real browser: a file is chosen, progress shown, the report read, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from advice import make_library
from conftest import answer, question, write_archive
from playwright.sync_api import Browser, expect

from .chromium import Visitors
from .serving import served

OVERLAPPING = """() => {
  const wrong = [];
  for (const plot of document.querySelectorAll("svg.plot")) {
    const boxes = [...plot.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([two, b]) => {
      if (a.left < b.right && b.left < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom) wrong.push(`${one} on ${two}`);
    }));
  }
  return wrong;
}"""


@pytest.fixture(scope="module")
def _address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(make_library(tmp_path_factory.mktemp("building"))) as address:
        yield address


@pytest.fixture
def visit(_browser: Browser, _address: str) -> Iterator[Visitors]:
    visitors = Visitors(_browser, {"own": _address})
    yield visitors
    visitors.leave()
    assert visitors.wrong() == []


def test_a_file_is_sent_and_read(visit: Visitors, tmp_path: Path, scripts: bool) -> None:
    number = 70 + scripts
    posts = [question(number, f"Kite {number}"), answer(number, 1, "Wind, and patience with the kite.")]
    file = write_archive(tmp_path / f"kites{number}.jsonl", posts)
    page = visit("own", scripts=scripts)
    page.goto("/library")
    page.get_by_role("link", name="Add archives and build anew").click()
    page.locator("#files").set_input_files(file)
    page.get_by_role("button", name="Build").click()
    # Whoever has no scripts sees the page load itself until the build has ended.
    expect(page.get_by_role("heading", name="The library is built")).to_be_visible(timeout=60_000)
    expect(page.locator("main")).to_contain_text(f"threads/kites{number}.jsonl")
    page.goto(f"/search?q=kite+{number}&exact=1")
    expect(page.locator("main")).to_contain_text(f"Kite {number}")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_label_of_a_plot_lies_on_another(arrive: Visitors, width: int) -> None:
    page = arrive("sample", width=width)
    page.goto("/library")
    assert page.locator("svg.plot").count() == 3
    assert page.evaluate(OVERLAPPING) == []
