"""A shelf of answers that stand out: the best-rated, hidden gems, late ones; by site, category and year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from indexer.ask import Results
from indexer.browsing import Among, Shelf
from indexer.library import Library
from indexer.settings import Settings
from indexer.showing import RankedAnswer

from .. import addresses, explain
from ..asked import Browsed
from ..glance import Glance
from ..language import later, say
from ..paging import Pager, pager
from .card import Card, cards

SHELVES: Final[dict[Shelf, str]] = {
    "top": later("Top answers"),
    "gems": later("Hidden gems"),
    "late": later("Late answers"),
}

CHOICES: Final = 8
"""Categories and sites that are offered, those with most threads; the rest is on a page of its own."""

YEARS: Final = 12
"""Years that are offered, the latest ones."""

_LEADS: Final[dict[str, str]] = {
    "top": later(
        "By how far their votes stand above what their thread and year usually give: three votes in a quiet thread can mean"
        " more than thirty in a loud one."
    ),
    "votes": later("By votes, the most first."),
    "gems": later(
        "Somebody vouches for each of these: the asker came back to say that it worked, or marked it best, or others in the"
        " thread back it in words. Nobody there speaks against it. Yet it has no more votes than is usual where it stands:"
        " most readers passed it by. Those that most people vouch for come first, and among them the most overlooked."
    ),
    "late": later(
        "Written a week or more after the question, when nearly everybody had gone, and still with more votes than is usual"
        " where they stand. Those that stand out most come first."
    ),
}
_NOTHING: Final[dict[Shelf, str]] = {
    "top": later("No answer here has votes to go by."),
    "gems": later("No answer here was passed by though somebody vouches for it, as far as this library can tell."),
    "late": later("No answer here came late and is well rated, as far as this library can tell."),
}


@dataclass(frozen=True, slots=True)
class Facet:
    """One site, category or year to choose, with its threads; `total` is None for "all"."""

    name: str
    href: str
    total: int | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address of the same list without it."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class ShelfPage:
    """What the page of a shelf shows."""

    shelf: Shelf
    heading: str
    lead: str
    nothing: str
    shelves: tuple[Facet, ...]
    browsed: Browsed
    notes: tuple[str, ...]
    chips: tuple[Chip, ...]
    total: int
    cards: tuple[Card, ...]
    sites: tuple[Facet, ...]
    categories: tuple[Facet, ...]
    years: tuple[Facet, ...]
    by_standing_href: str
    by_votes_href: str
    pager: Pager


def ask(library: Library, browsed: Browsed, n: int, shelf: Shelf = "top") -> Results:
    """The answers of one page of a shelf."""
    among = Among(site=browsed.site, category=browsed.category, year=browsed.year)
    with library.browse() as browsing:
        return browsing.answers(shelf, among, raw=browsed.raw, n=n, offset=(browsed.page - 1) * n)


def top(
    library: Library, browsed: Browsed, notes: Sequence[str], glance: Glance, settings: Settings, shelf: Shelf = "top"
) -> ShelfPage:
    """The page of a shelf."""
    results = ask(library, browsed, settings.results, shelf)
    by_votes = browsed.raw and shelf == "top"
    lead = "votes" if by_votes else shelf

    def address(changed: Browsed) -> str:
        return addresses.shelf(shelf, changed)

    return ShelfPage(
        shelf=shelf,
        heading=say(SHELVES[shelf]),
        lead=say(_LEADS[lead]),
        nothing=say(_NOTHING[shelf]),
        shelves=tuple(
            Facet(say(name), addresses.shelf(other, browsed.but(raw=False)), None, other == shelf)
            for other, name in SHELVES.items()
        ),
        browsed=browsed,
        notes=(*notes, *results.notes),
        chips=_chips(browsed, address),
        total=results.total,
        cards=cards(results.answers, _nothing if by_votes else explain.of_standing),
        sites=facets(glance.sites, say("All sites"), browsed.site, lambda name: address(browsed.but(site=name)), CHOICES),
        categories=facets(
            glance.categories,
            say("All categories"),
            browsed.category,
            lambda name: address(browsed.but(category=name)),
            CHOICES,
        ),
        years=facets(
            glance.years,
            say("All years"),
            None if browsed.year is None else str(browsed.year),
            lambda year: address(browsed.but(year=year and int(year))),
            YEARS,
        ),
        by_standing_href=address(browsed.but(raw=False)),
        by_votes_href=address(browsed.but(raw=True)),
        pager=pager(browsed.page, results.total, settings.results, lambda page: address(browsed.but(page=page))),
    )


def facets(
    tally: Sequence[tuple[str, int]],
    every: str,
    current: str | None,
    href: Callable[[str | None], str],
    most: int | None = None,
) -> tuple[Facet, ...]:
    """All, then each of what there is, or the most frequent ones and the current one; () where there is no choice."""
    if len(tally) < 2:
        return ()
    shown = list(tally if most is None else tally[:most])
    shown += [one for one in tally[len(shown) :] if one[0] == current]
    chosen = (Facet(name, href(name), total, name == current) for name, total in shown)
    return (Facet(every, href(None), None, current is None), *chosen)


def _chips(browsed: Browsed, address: Callable[[Browsed], str]) -> tuple[Chip, ...]:
    chips = []
    if browsed.site:
        chips.append(Chip(say("Site: {name}", name=browsed.site), address(browsed.but(site=None))))
    if browsed.category:
        chips.append(Chip(say("Category: {name}", name=browsed.category), address(browsed.but(category=None))))
    if browsed.year is not None:
        chips.append(Chip(say("From {year}", year=browsed.year), address(browsed.but(year=None))))
    return tuple(chips)


def _nothing(answer: RankedAnswer) -> None:
    """By votes alone there is nothing to explain: the votes are on the card."""
