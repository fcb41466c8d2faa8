"""A list of threads: all of them, or those of a site, category, tag, year or month, or without answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from indexer import catalogue
from indexer.catalogue import ListedThread, ThreadOrder
from indexer.library import Library

from .. import addresses
from ..asked import Browsed
from ..browsed import Listed
from ..glance import Glance
from ..language import later, month_name, say
from ..paging import Pager, pager
from .top import CHOICES, YEARS, Chip, Facet, facets

THREADS: Final = 30
"""How many are on a page."""

THREAD_SORTS: Final[dict[ThreadOrder, str]] = {
    "newest": later("Newest"),
    "oldest": later("Oldest"),
    "answers": later("Most answers"),
}
@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread in a list."""

    title: str
    href: str
    category: str | None
    category_href: str | None
    tags: tuple[tuple[str, str], ...]
    written: datetime | None
    votes: int | None
    answers: int


@dataclass(frozen=True, slots=True)
class ThreadsPage:
    """What a list of threads shows."""

    heading: str
    lead: str | None
    listed: Listed
    notes: tuple[str, ...]
    chips: tuple[Chip, ...]
    total: int
    rows: tuple[ThreadRow, ...]
    sorts: tuple[Facet, ...]
    sites: tuple[Facet, ...]
    categories: tuple[Facet, ...]
    years: tuple[Facet, ...]
    months: tuple[Facet, ...]
    top_href: str | None
    """The best answers of the same, where there is such a shelf."""
    pager: Pager


def threads(library: Library, listed: Listed, notes: Sequence[str], glance: Glance) -> ThreadsPage:
    """A list of threads."""
    total, found = read_threads(library, listed, THREADS)
    months = _months_of(library, listed) if listed.year is not None else ()
    browsed = Browsed(site=listed.site, category=listed.category, year=listed.year)
    has_shelf = listed.tag is None and listed.month is None and not listed.unanswered
    return ThreadsPage(
        heading=say("Threads without answers") if listed.unanswered else say("Threads"),
        lead=say("Nobody but the asker answered these, as far as this library knows.") if listed.unanswered else None,
        listed=listed,
        notes=tuple(notes),
        chips=_chips(listed),
        total=total,
        rows=tuple(map(_row, found)),
        sorts=tuple(
            Facet(say(name), addresses.threads(listed.but(sort=sort)), None, sort == listed.sort)
            for sort, name in THREAD_SORTS.items()
            if not (listed.unanswered and sort == "answers")
        ),
        sites=facets(
            glance.sites, say("All sites"), listed.site, lambda name: addresses.threads(listed.but(site=name)), CHOICES
        ),
        categories=facets(
            glance.categories,
            say("All categories"),
            listed.category,
            lambda name: addresses.threads(listed.but(category=name)),
            CHOICES,
        ),
        years=facets(
            glance.years,
            say("All years"),
            None if listed.year is None else str(listed.year),
            lambda year: addresses.threads(listed.but(year=year and int(year), month=None)),
            YEARS,
        ),
        months=months,
        top_href=addresses.top(browsed) if has_shelf and browsed != Browsed() else None,
        pager=pager(listed.page, total, THREADS, lambda page: addresses.threads(listed.but(page=page))),
    )


def read_threads(library: Library, listed: Listed, n: int) -> tuple[int, tuple[ListedThread, ...]]:
    """How many threads there are in a list, and those of one page."""
    with library.browse() as browsing:
        return catalogue.threads(browsing.store, listed.wanted, listed.sort, n=n, offset=(listed.page - 1) * n)


def _row(thread: ListedThread) -> ThreadRow:
    category = thread.category
    return ThreadRow(
        title=thread.title,
        href=addresses.thread(thread.id),
        category=category,
        category_href=addresses.threads(Listed(category=category)) if category else None,
        tags=tuple((tag, addresses.tag(tag)) for tag in thread.tags),
        written=thread.written,
        votes=thread.votes,
        answers=thread.answers,
    )


def _chips(listed: Listed) -> tuple[Chip, ...]:
    chips = []
    if listed.site:
        chips.append((say("Site: {name}", name=listed.site), listed.but(site=None)))
    if listed.category:
        chips.append((say("Category: {name}", name=listed.category), listed.but(category=None)))
    if listed.tag:
        chips.append((say("Tag: {name}", name=listed.tag), listed.but(tag=None)))
    if listed.year is not None:
        if listed.month is not None:
            when = say("{month} {year}", month=month_name(listed.month), year=listed.year)
            chips.append((when, listed.but(month=None)))
        else:
            chips.append((say("From {year}", year=listed.year), listed.but(year=None, month=None)))
    return tuple(Chip(name, addresses.threads(without)) for name, without in chips)


def _months_of(library: Library, listed: Listed) -> tuple[Facet, ...]:
    """The months of the year that is listed, those that have any threads."""
    with library.browse() as browsing:
        found = [month for month in catalogue.months(browsing.store, listed.site) if month.year == listed.year]
    tally = [(str(month), threads) for _, month, threads in reversed(found)]
    chosen = facets(
        tally,
        say("All months"),
        None if listed.month is None else str(listed.month),
        lambda month: addresses.threads(listed.but(month=month and int(month))),
    )
    return tuple(
        Facet(month_name(int(one.name)), one.href, one.total, one.is_current) if one.total is not None else one
        for one in chosen
    )
