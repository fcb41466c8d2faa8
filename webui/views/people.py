"""Pages of people who answered under a name of their own, and of one person's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indexer import catalogue
from indexer.ask import Results
from indexer.browsing import PersonOrder
from indexer.catalogue import PeopleOrder, Person
from indexer.library import Library
from indexer.settings import Settings

from .. import addresses, explain
from ..browsed import Crowd
from ..glance import Glance
from ..language import later, say
from ..paging import Pager, pager
from .card import Card, cards
from .top import CHOICES, Facet, facets

PEOPLE: Final = 60
"""How many are on a page."""

PEOPLE_SORTS: Final[dict[PeopleOrder, str]] = {
    "answers": later("Most answers"),
    "standing": later("By standing"),
    "name": later("By name"),
}
PERSON_SORTS: Final[dict[PersonOrder, str]] = {
    "standing": later("By standing"),
    "votes": later("Most votes"),
    "newest": later("Newest"),
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    name: str
    site: str
    href: str
    answers: int


@dataclass(frozen=True, slots=True)
class PeoplePage:
    crowd: Crowd
    notes: tuple[str, ...]
    total: int
    rows: tuple[PersonRow, ...]
    sorts: tuple[Facet, ...]
    sites: tuple[Facet, ...]
    has_sites: bool
    pager: Pager


@dataclass(frozen=True, slots=True)
class PersonPage:
    name: str
    site: str
    notes: tuple[str, ...]
    total: int
    cards: tuple[Card, ...]
    sorts: tuple[Facet, ...]
    search_href: str
    pager: Pager


def people(library: Library, crowd: Crowd, notes: Sequence[str], glance: Glance) -> PeoplePage:
    """People who answered."""
    total, found = read_people(library, crowd, PEOPLE)
    return PeoplePage(
        crowd=crowd,
        notes=tuple(notes),
        total=total,
        rows=tuple(PersonRow(one.name, one.site, addresses.person(one.site, one.name), one.answers) for one in found),
        sorts=tuple(
            Facet(say(name), addresses.people(crowd.but(sort=sort)), None, sort == crowd.sort)
            for sort, name in PEOPLE_SORTS.items()
        ),
        sites=facets(
            glance.sites, say("All sites"), crowd.site, lambda name: addresses.people(crowd.but(site=name)), CHOICES
        ),
        has_sites=len(glance.sites) > 1 and crowd.site is None,
        pager=pager(crowd.page, total, PEOPLE, lambda page: addresses.people(crowd.but(page=page))),
    )


def read_people(library: Library, crowd: Crowd, n: int) -> tuple[int, tuple[Person, ...]]:
    with library.browse() as browsing:
        offset = (crowd.page - 1) * n
        return catalogue.people(browsing.store, crowd.sort, begins=crowd.begins, site=crowd.site, n=n, offset=offset)


def person(
    library: Library, site: str, name: str, sort: PersonOrder, page: int, notes: Sequence[str], settings: Settings
) -> PersonPage:
    """Somebody's answers. Raises NotFound, also for names that are nobody's."""
    someone, results = read_person(library, site, name, sort, page, settings.results)

    def href(to: PersonOrder, number: int = 1) -> str:
        return addresses.person(site, name, sort=None if to == "standing" else to, page=number)

    return PersonPage(
        name=someone.name,
        site=someone.site,
        notes=tuple(notes),
        total=results.total,
        cards=cards(results.answers, explain.of_standing),
        sorts=tuple(Facet(say(label), href(to), None, to == sort) for to, label in PERSON_SORTS.items()),
        search_href=addresses.by_author(someone.name),
        pager=pager(page, results.total, settings.results, lambda number: href(sort, number)),
    )


def read_person(
    library: Library, site: str, name: str, sort: PersonOrder, page: int, n: int
) -> tuple[Person, Results]:
    with library.browse() as browsing:
        someone = catalogue.person(browsing.store, site, name)
        return someone, browsing.of_person(someone, sort, n=n, offset=(page - 1) * n)
