"""The best-rated answers, by category and year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from indexer.ask import Results
from indexer.library import Library
from indexer.settings import Settings
from indexer.showing import RankedAnswer

from .. import addresses, explain
from ..asked import Browsed
from ..glance import Glance
from ..paging import Pager, pager
from .card import Card, cards


@dataclass(frozen=True, slots=True)
class Facet:
    """One category or year to choose, with its questions; `total` is None for "all"."""

    name: str
    href: str
    total: int | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class TopPage:
    """What the page of top answers shows."""

    heading: str
    browsed: Browsed
    notes: tuple[str, ...]
    total: int
    cards: tuple[Card, ...]
    categories: tuple[Facet, ...]
    years: tuple[Facet, ...]
    by_standing_href: str
    by_votes_href: str
    pager: Pager


def ask(library: Library, browsed: Browsed, n: int) -> Results:
    """The top answers of one page."""
    return library.top(n=n, offset=(browsed.page - 1) * n, category=browsed.category, year=browsed.year, raw=browsed.raw)


def top(library: Library, browsed: Browsed, notes: Sequence[str], glance: Glance, settings: Settings) -> TopPage:
    """The page of top answers."""
    results = ask(library, browsed, settings.results)
    where = f" in {browsed.category}" if browsed.category else ""
    when = f" of {browsed.year}" if browsed.year is not None else ""
    return TopPage(
        heading=f"Top answers{where}{when}",
        browsed=browsed,
        notes=(*notes, *results.notes),
        total=results.total,
        cards=cards(results.answers, _nothing if browsed.raw else explain.of_standing),
        categories=_facets(glance.categories, "All categories", browsed.category, lambda name: browsed.but(category=name)),
        years=_facets(
            glance.years,
            "All years",
            None if browsed.year is None else str(browsed.year),
            lambda year: browsed.but(year=year and int(year)),
        ),
        by_standing_href=addresses.top(browsed.but(raw=False)),
        by_votes_href=addresses.top(browsed.but(raw=True)),
        pager=pager(browsed.page, results.total, settings.results, lambda page: addresses.top(browsed.but(page=page))),
    )


def _facets(
    tally: Sequence[tuple[str, int]], every: str, current: str | None, chosen: Callable[[str | None], Browsed]
) -> tuple[Facet, ...]:
    facets = [Facet(name, addresses.top(chosen(name)), total, name == current) for name, total in tally]
    return (Facet(every, addresses.top(chosen(None)), None, current is None), *facets)


def _nothing(answer: RankedAnswer) -> None:
    """By votes alone there is nothing to explain: the votes are on the card."""
