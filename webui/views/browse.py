"""Pages of what there is to leaf through: all ways in, categories, tags, years, and what was asked again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from indexer import catalogue
from indexer.catalogue import AskedAgain, Tally
from indexer.library import Library

from .. import addresses
from ..asked import Browsed
from ..browsed import Crowd, Listed
from ..glance import Glance
from ..language import month_name, say
from ..paging import Pager, pager
from .top import CHOICES, Facet, facets

TAGS: Final = 120
DUPLICATES: Final = 20
"""How many of each are on a page."""

_LEVELS: Final = 4
"""Shades in which months with more threads are set."""

@dataclass(frozen=True, slots=True)
class Door:
    """A way into the library, with what is behind it."""

    name: str
    href: str
    about: str
    total: int | None


@dataclass(frozen=True, slots=True)
class DoorGroup:
    """Ways in that belong together."""

    name: str
    doors: tuple[Door, ...]


@dataclass(frozen=True, slots=True)
class BrowsePage:
    """What the page of all ways in shows."""

    groups: tuple[DoorGroup, ...]
    categories: tuple[Facet, ...]
    years: tuple[Facet, ...]


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category, with its threads and its best answers."""

    name: str
    threads: int
    href: str
    top_href: str


@dataclass(frozen=True, slots=True)
class CategoriesPage:
    rows: tuple[CategoryRow, ...]
    sites: tuple[Facet, ...]
    without: int
    """Threads that have no category."""


@dataclass(frozen=True, slots=True)
class TagsPage:
    notes: tuple[str, ...]
    total: int
    tags: tuple[Facet, ...]
    sorts: tuple[Facet, ...]
    pager: Pager


@dataclass(frozen=True, slots=True)
class MonthCell:
    """A month of a year; `level` says how many threads it has beside others, from 0 for none."""

    name: str
    short: str
    threads: int
    href: str
    level: int


@dataclass(frozen=True, slots=True)
class YearRow:
    year: int
    threads: int
    href: str
    top_href: str
    months: tuple[MonthCell, ...]


@dataclass(frozen=True, slots=True)
class YearsPage:
    years: tuple[YearRow, ...]
    sites: tuple[Facet, ...]


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """Originals, each with what was asked again; a title without an address is of a thread that is not here."""

    notes: tuple[str, ...]
    total: int
    rows: tuple[tuple[tuple[str, str | None], tuple[tuple[str, str | None], ...]], ...]
    pager: Pager


class Totals(NamedTuple):
    """How much there is to leaf through."""

    top: int
    gems: int
    late: int
    threads: int
    unanswered: int
    duplicates: int
    categories: int
    tags: int
    people: int


def read_totals(library: Library) -> Totals:
    with library.browse() as browsing:
        store = browsing.store
        return Totals(
            top=browsing.answers("top", n=0).total,
            gems=browsing.answers("gems", n=0).total,
            late=browsing.answers("late", n=0).total,
            threads=catalogue.threads(store, Listed().wanted, "newest", n=0, offset=0)[0],
            unanswered=catalogue.threads(store, Listed(unanswered=True).wanted, "newest", n=0, offset=0)[0],
            duplicates=catalogue.asked_again(store, n=0, offset=0)[0],
            categories=len(catalogue.categories(store)),
            tags=catalogue.tags(store, "threads", n=0, offset=0)[0],
            people=catalogue.people(store, "answers", n=0, offset=0)[0],
        )


# All ways in


def browse(library: Library, glance: Glance) -> BrowsePage:
    """The page of all ways in."""
    top, gems, late, threads, unanswered, again, _, tags, people = read_totals(library)
    answers = (
        Door(say("Top answers"), addresses.top(Browsed()), say("By votes, against what is usual where they stand."), top),
        Door(say("Most votes"), addresses.top(Browsed(raw=True)), say("By the bare number of votes."), top),
        Door(
            say("Hidden gems"),
            addresses.shelf("gems", Browsed()),
            say("Somebody vouches for them, and votes passed them by."),
            gems,
        ),
        Door(
            say("Late answers"),
            addresses.shelf("late", Browsed()),
            say("A week or more after the question, and well rated all the same."),
            late,
        ),
    )
    kept = (
        Door(say("All threads"), addresses.threads(Listed()), say("The newest first, or those most answered."), threads),
        Door(
            say("Without answers"),
            addresses.threads(Listed(unanswered=True)),
            say("Questions that nobody but their asker wrote under."),
            unanswered,
        ),
        Door(say("Asked again"), addresses.duplicates(), say("Questions that their site calls duplicates."), again),
        Door(say("One by chance"), addresses.at_random(), say("A thread with a good answer in it."), None),
    )
    ways = (
        Door(say("Categories"), addresses.categories(), say("What it is about, as its site sorts it."), len(glance.categories)),
        Door(say("Tags"), addresses.tags(), say("What it is about, in its asker’s words."), tags),
        Door(say("Years"), addresses.years(), say("When it was asked, month by month."), len(glance.years)),
        Door(say("People"), addresses.people(Crowd()), say("Who answered, under a name of their own."), people),
    )
    return BrowsePage(
        groups=(
            DoorGroup(say("Answers that stand out"), answers),
            DoorGroup(say("Threads"), kept),
            DoorGroup(say("By subject, time and person"), ways),
        ),
        categories=facets(glance.categories, say("All categories"), None, _threads_of("category"), CHOICES)[1:],
        years=facets(glance.years, say("All years"), None, _threads_of("year"))[1:],
    )


def _threads_of(what: str) -> Callable[[str | None], str]:
    def href(name: str | None) -> str:
        return addresses.threads(Listed(year=int(name)) if what == "year" and name else Listed(category=name))

    return href


# Categories, tags, years


def categories(library: Library, site: str | None, glance: Glance) -> CategoriesPage:
    """All categories."""
    with library.browse() as browsing:
        found = catalogue.categories(browsing.store, site)
        total, _ = catalogue.threads(browsing.store, Listed(site=site).wanted, "newest", n=0, offset=0)
    return CategoriesPage(
        rows=tuple(
            CategoryRow(
                name,
                threads,
                addresses.threads(Listed(site=site, category=name)),
                addresses.top(Browsed(site=site, category=name)),
            )
            for name, threads in found
        ),
        sites=facets(glance.sites, say("All sites"), site, addresses.categories, CHOICES),
        without=total - sum(threads for _, threads in found),
    )


def tags(library: Library, sort: catalogue.TagOrder, page: int, notes: Sequence[str]) -> TagsPage:
    """Tags, those of most threads first or by name."""
    total, found = read_tags(library, sort, page, TAGS)
    return TagsPage(
        notes=tuple(notes),
        total=total,
        tags=tuple(Facet(name, addresses.tag(name), threads, is_current=False) for name, threads in found),
        sorts=(
            Facet(say("Most threads"), addresses.tags(), None, sort == "threads"),
            Facet(say("By name"), addresses.tags("name"), None, sort == "name"),
        ),
        pager=pager(page, total, TAGS, lambda to: addresses.tags(None if sort == "threads" else sort, to)),
    )


def read_tags(library: Library, sort: catalogue.TagOrder, page: int, n: int) -> tuple[int, tuple[Tally, ...]]:
    with library.browse() as browsing:
        return catalogue.tags(browsing.store, sort, n=n, offset=(page - 1) * n)


def years(library: Library, site: str | None, glance: Glance) -> YearsPage:
    """Years and their months."""
    with library.browse() as browsing:
        found = catalogue.months(browsing.store, site)
    most = max((threads for *_, threads in found), default=0)
    rows = []
    for year, months in groupby(found, key=lambda month: month.year):
        counts = {month: threads for _, month, threads in months}
        rows.append(
            YearRow(
                year,
                sum(counts.values()),
                addresses.threads(Listed(site=site, year=year)),
                addresses.top(Browsed(site=site, year=year)),
                tuple(
                    MonthCell(
                        month_name(month),
                        month_name(month, "abbreviated"),
                        counts.get(month, 0),
                        addresses.threads(Listed(site=site, year=year, month=month)),
                        -(-_LEVELS * counts.get(month, 0) // most),
                    )
                    for month in range(1, 13)
                ),
            )
        )
    return YearsPage(tuple(rows), facets(glance.sites, say("All sites"), site, addresses.years, CHOICES))


# Asked again


def duplicates(library: Library, page: int, notes: Sequence[str]) -> DuplicatesPage:
    """Questions that were asked more than once."""
    total, found = read_duplicates(library, page, DUPLICATES)
    return DuplicatesPage(
        notes=tuple(notes),
        total=total,
        rows=tuple(
            (_mention(one.original, one.title), tuple(_mention(*again) for again in one.duplicates.items())) for one in found
        ),
        pager=pager(page, total, DUPLICATES, addresses.duplicates),
    )


def read_duplicates(library: Library, page: int, n: int) -> tuple[int, tuple[AskedAgain, ...]]:
    with library.browse() as browsing:
        return catalogue.asked_again(browsing.store, n=n, offset=(page - 1) * n)


def _mention(thread_id: str, title: str | None) -> tuple[str, str | None]:
    return title or thread_id, None if title is None else addresses.thread(thread_id)


