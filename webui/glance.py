"""What the library holds at a glance: what every page's controls, the first page and the about page choose from."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from indexer.library import Anniversary, Library
from indexer.rows import Archive
from indexer.showing import RankedAnswer

from .language import say

SHOWN: Final = 60
"""Top answers that the first page chooses from."""


FEW: Final = 4
"""Threads that a year must have answers with votes from to be the one that the first page tells of."""

YEARS_TRIED: Final = 4

REMEMBERED: Final = 4
"""Threads of this day in other years."""


@dataclass(frozen=True, slots=True)
class Glance:
    """Counts of one moment of the library. Tallies are (name, questions)."""

    threads: int
    answers: int
    posts: int
    sites: Sequence[tuple[str, int]]
    categories: Sequence[tuple[str, int]]
    years: Sequence[tuple[str, int]]
    archives: Sequence[Archive]
    engine: str
    engine_why: str | None
    """What decided that it is this one."""
    generation: str | None
    index_bytes: int
    store_bytes: int
    meaning: Mapping[str, Any] | None
    """See `Library.about`."""
    written: str
    """When the library was last written to, ISO 8601 with a zone."""
    top: Sequence[RankedAnswer]
    year: int | None
    """The last year of which there are answers with votes."""
    top_of_year: Sequence[RankedAnswer]
    on_this_day: Sequence[Anniversary]

    @property
    def span(self) -> str | None:
        """The years the questions are from: "2004 to 2024"."""
        years = sorted(int(year) for year, _ in self.years)
        if not years:
            return None
        return str(years[0]) if years[0] == years[-1] else say("{since} to {until}", since=years[0], until=years[-1])


class Glances:
    """Gives the newest glance, taking another after every write and each day. Safe to use from several threads.

    Counting a large library for every page would be slower than searching it.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._last: tuple[tuple[str, date], Glance] | None = None

    def newest(self) -> Glance:
        moment = self._library.stamp(), datetime.now(UTC).date()
        with self._lock:
            if self._last is None or self._last[0] != moment:
                self._last = moment, _take(self._library)
            return self._last[1]


def _take(library: Library) -> Glance:
    about = library.about()
    year, top_of_year = _last_year(library, about["years"])
    return Glance(
        threads=about["threads"],
        answers=about["answers"],
        posts=about["posts"],
        sites=about["sites"],
        categories=about["categories"],
        years=about["years"],
        archives=about["archives"],
        engine=about["engine"],
        engine_why=about["engine_why"],
        generation=about["generation"],
        index_bytes=about["index"].bytes,
        store_bytes=about["store_bytes"],
        meaning=about["meaning"],
        written=about["written"],
        top=library.top(n=SHOWN).answers,
        year=year,
        top_of_year=top_of_year,
        on_this_day=library.on_this_day(datetime.now(UTC).date(), REMEMBERED),
    )


def _last_year(library: Library, years: Sequence[tuple[str, int]]) -> tuple[int | None, Sequence[RankedAnswer]]:
    """The last year of which some answers stand out, with those; a year that has just begun has none yet."""
    best: tuple[int | None, Sequence[RankedAnswer]] = (None, ())
    for year in [int(name) for name, _ in years[:YEARS_TRIED]]:
        found = library.top(n=FEW * 5, year=year).answers
        if len({answer.answer.thread_id for answer in found}) >= FEW:
            return year, found
        if len(found) > len(best[1]):
            best = year, found
    return best
