"""Plots: round ticks, labels that never touch, bars that say what they stand for; and what a library covers."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import answer, question, write_archive
from hypothesis import given
from hypothesis import strategies as some

from indexer import coverage
from indexer.build import build
from indexer.coverage import Counted, Coverage
from indexer.library import Library
from indexer.settings import Settings
from indexer.store import TALLIED, Store
from webui import create_app, plots
from webui.plots import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Series

MONTHS = "January February March April May June July August September October November December".split()


@given(some.integers(0, 10**12))
def test_ticks_are_round_few_and_reach_the_top(high: int) -> None:
    ticks = plots.scale(high)
    assert ticks[0] == 0
    assert ticks[-1] >= high
    assert 2 <= len(ticks) <= 6
    step = ticks[1]
    assert ticks == [step * number for number in range(len(ticks))]
    assert str(step).rstrip("0") in {"1", "2", "5"}
    assert high == 0 or ticks[-2] < high


@given(some.lists(some.text("abcdefgh0123456789 -", min_size=1, max_size=12), max_size=120), some.floats(1, 60))
def test_labels_never_touch(labels: list[str], step: float) -> None:
    at = [LEFT + step * (place + 0.5) for place in range(len(labels))]
    ticks = plots.sparse(labels, at, LEFT + step * len(labels))
    places = [at.index(tick.at) for tick in ticks]
    assert [labels[place] for place in places] == [tick.label for tick in ticks]
    half = 6.6 / 2
    for one, two in pairwise(ticks):
        assert one.at + half * len(one.label) < two.at - half * len(two.label)
    assert all(tick.at + half * len(tick.label) <= LEFT + step * len(labels) + 8 for tick in ticks)


@given(some.lists(some.integers(0, 10**9), min_size=1, max_size=60), some.integers(1, 3))
def test_bars_stay_inside_and_are_as_high_as_they_stand_for(values: list[int], several: int) -> None:
    series = [Series(f"k{number}", "things", values) for number in range(several)]
    plot = plots.bars("Title", "Said", [str(place) for place in range(len(values))], series)
    assert len(plot.bars) == len(values) * several
    for number, bar in enumerate(plot.bars):
        assert bar.x >= LEFT
        assert bar.x + bar.width <= WIDTH - RIGHT + 1
        assert bar.width > 0
        assert 0 <= bar.y <= HEIGHT - BOTTOM
        assert bar.y + bar.height <= HEIGHT - BOTTOM + 1
        assert (bar.height > 0) == (values[number % len(values)] > 0)
    for (one, high), (two, low) in pairwise(sorted(zip(values, (bar.height for bar in plot.bars), strict=False), reverse=True)):
        assert high >= low or one == two
    assert bool(plot.series) == (several > 1)


def test_months_are_shaded_by_halves() -> None:
    plot = plots.months("Title", "Said", {"2010-01": 64, "2010-02": 32, "2010-03": 16, "2010-04": 8, "2012-12": 1})
    assert [cell.level for cell in plot.cells[:6]] == [4, 3, 2, 1, 0, 0]
    assert len(plot.cells) == 36
    assert plot.cells[-1].said == "December 2012: 1"
    assert [tick.label for tick in plot.years] == ["2010", "2011", "2012"]
    assert all(cell.x + plot.side <= plot.width and cell.y + plot.side <= plot.height for cell in plot.cells)


def test_short_numbers() -> None:
    assert [plots.short(value) for value in (0, 999, 1000, 12_500, 2_000_000, 10**9)] == ["0", "999", "1k", "12.5k", "2M", "1G"]


# Coverage


@given(
    some.lists(
        some.tuples(
            some.sampled_from("ab"), some.integers(1999, 2003), some.integers(1, 12), some.integers(0, 3), some.integers(0, 9)
        ),
        max_size=30,
        unique_by=lambda row: row[:3],
    ),
    some.dictionaries(some.none() | some.integers(-5, 3000), some.integers(1, 50)),
)
def test_nothing_is_counted_twice_or_lost(rows: list[tuple[str, int, int, int, int]], votes: dict[int | None, int]) -> None:
    counted = [Counted(site, f"{year}-{month:02d}", asked, told) for site, year, month, asked, told in rows]
    found = coverage.of([*counted, Counted("a", "", 2, 3)], votes, [("x", 1, 2)])
    assert sum(row.questions for row in found.years) == sum(found.months.values()) == sum(row.questions for row in counted)
    assert sum(row.answers for row in found.years) == sum(row.answers for row in counted)
    assert (found.undated_questions, found.undated_answers) == (2, 3)
    assert [row.year for row in found.years] == list(range(found.years[0].year, found.years[-1].year + 1)) if counted else True
    assert sum(row.answers for row in found.votes) == sum(votes.values())
    for one, two in pairwise(row for row in found.votes if row.low is not None):
        assert two.low == one.high + 1
    by_site = Counter((row.site, row.month) for row in counted if row.questions)
    for site in found.sites:
        assert site.first not in site.missing
        assert not any(by_site[site.site, month] for month in site.missing)
    assert Coverage.unpacked(found.packed()) == found


def test_a_library_tells_what_it_covers(tmp_path: Path) -> None:
    def at(year: int, month: int) -> datetime:
        return datetime(year, month, 15, tzinfo=UTC)

    posts = [
        question(1, "One", written=at(2010, 1), category="Pets"),
        answer(1, 1, "So.", votes=0, written=at(2010, 2)),
        answer(1, 2, "Or so.", votes=6, written=at(2012, 1)),
        question(2, "Two", written=at(2010, 4), category="Work"),
        answer(2, 1, "Thus.", votes=None, written=None),
        question(3, "Three", written=None, category=None),
    ]
    write_archive(tmp_path / "threads" / "a.jsonl", posts)
    build(tmp_path, engine="memory")
    found = Library(tmp_path).coverage()
    assert [tuple(row) for row in found.years] == [(2010, 2, 1), (2011, 0, 0), (2012, 0, 1)]
    assert (found.undated_questions, found.undated_answers) == (1, 1)
    assert [tuple(row) for row in found.votes] == [(0, 0, 1), (1, 1, 0), (2, 3, 0), (4, 7, 1), (None, None, 1)]
    assert [tuple(row) for row in found.categories] == [("Pets", 1, 2), ("Work", 1, 1)]
    assert found.months == {"2010-01": 1, "2010-04": 1}
    assert [tuple(row) for row in found.sites] == [("example.org", "2010-01", "2010-04", ("2010-02", "2010-03"))]
    # What a build counted is told as it is, and counted anew by the next one that changes anything.
    write_archive(tmp_path / "threads" / "b.jsonl", [question(4, "Four", written=at(2010, 2)), answer(4, 1, "Hm.")])
    build(tmp_path, engine="memory")
    assert Library(tmp_path).coverage().months == {"2010-01": 1, "2010-02": 1, "2010-04": 1}
    about = Library(tmp_path).about()
    assert about["sites"] == [("example.org", 4)]
    assert dict(about["categories"]) | {"Pets": 1, "Work": 1} == dict(about["categories"])
    assert about["years"] == [("2010", 3)]
    with closing(Store(tmp_path)) as store:
        assert all(store.tally(column) == store.count_tally(column) for column in TALLIED)

    page = BeautifulSoup(create_app(Library(tmp_path), Settings(library=tmp_path)).test_client().get("/library").text, "lxml")
    said = " ".join(page.text.split())
    assert "2 files were looked at. All of them could be read." in said
    assert "January 2010 to April 2010. No question from: March 2010." in said
    for plot in page.select("svg.plot"):
        described = [page.find(id=name) for name in plot["aria-labelledby"].split()]
        assert plot["role"] == "img"
        assert [tag.name for tag in described] == ["title", "desc"]
        assert all(tag.text.strip() for tag in described)
    assert len(page.select("svg.plot")) == 3
    tables = [
        [[cell.text for cell in row.select("th, td")] for row in table.select("tr")] for table in page.select(".behind table")
    ]
    assert tables[0] == [["Year", "Questions", "Answers"], ["2010", "3", "1"], ["2011", "0", "0"], ["2012", "0", "2"]]
    assert tables[1] == [["Votes", "Answers"], ["0", "2"], ["1", "0"], ["2–3", "0"], ["4–7", "1"]]
    assert tables[2][1][:6] == ["2010", "1", "1", "0", "1", "0"]
    assert "Of 1 more answer no archive shows the votes" in page.text
    assert "January 2010 to April 2010" in " ".join(page.select_one(".gaps").text.split())
    assert "No question from: March 2010" in " ".join(page.select_one(".gaps").text.split())
    assert not page.select("[style]")


@pytest.mark.parametrize("posts", [[answer(1, 1, "Alone.", votes=None, written=None)], [question(1, "Alone", written=None)]])
def test_a_library_with_next_to_nothing_has_a_page(tmp_path: Path, posts: list) -> None:
    write_archive(tmp_path / "threads" / "a.jsonl", posts)
    build(tmp_path, engine="memory")
    client = create_app(Library(tmp_path), Settings(library=tmp_path)).test_client()
    assert client.get("/library").status_code == 200
    assert client.get("/api/library").status_code == 200
