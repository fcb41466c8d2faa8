"""The facets of a set of answers as links: each narrows the set by one value, and says how many answers are left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from indexer.facets import Facets, NumberShare

from ..asked import Asked
from ..language import number, say

SHOWN: Final = 8
"""Values of a group that are seen at once."""

SINGLE_YEARS: Final = 10
"""Years up to which each has a link of its own; more of them are taken together in spans of SPAN."""

SPAN: Final = 5


@dataclass(frozen=True, slots=True)
class Value:
    """One value that narrows the set, and the answers that are left with it."""

    name: str
    total: int
    href: str


@dataclass(frozen=True, slots=True)
class Group:
    """The values of one kind: those seen at once, and the rest."""

    key: str
    name: str
    values: tuple[Value, ...]
    rest: tuple[Value, ...]


def groups(asked: Asked, found: Facets, address: Callable[[Asked], str]) -> tuple[Group, ...]:
    """The groups that have anything to narrow by."""

    def group(key: str, name: str, values: Iterable[tuple[str, int, Asked]]) -> Group:
        made = tuple(Value(said, total, address(narrower)) for said, total, narrower in values)
        # One value more is shorter than a line that opens the rest.
        shown = len(made) if len(made) == SHOWN + 1 else SHOWN
        return Group(key, name, made[:shown], made[shown:])

    every = (
        group("site", say("Site"), ((name, total, asked.but(site=name)) for name, total in found.sites)),
        group("category", say("Category"), ((name, total, asked.but(category=name)) for name, total in found.categories)),
        group("tag", say("Tag"), ((name, total, asked.but(tags=(*asked.tags, name))) for name, total in found.tags)),
        group(
            "votes",
            say("Votes"),
            ((say("{number} or more", number=number(least)), total, asked.but(votes=least)) for least, total in found.votes),
        ),
        group("marked", say("Marked"), [(say("Best answer"), found.best, asked.but(best=True))] if found.best else []),
        group(
            "year",
            say("Year"),
            ((_span(since, until), total, asked.but(since=since, until=until)) for since, until, total in spans(found.years)),
        ),
    )
    return tuple(made for made in every if made.values)


def spans(years: Sequence[NumberShare]) -> list[tuple[int, int, int]]:
    """Years, latest first, one by one or taken together: from, to, and answers. What narrows nothing is left out."""
    if len(years) <= SINGLE_YEARS:
        return [(year, year, total) for year, total in years]
    taken: dict[int, int] = {}
    for year, total in years:
        taken[year // SPAN] = taken.get(year // SPAN, 0) + total
    return [(start * SPAN, start * SPAN + SPAN - 1, total) for start, total in taken.items()]


def _span(since: int, until: int) -> str:
    return str(since) if since == until else say("{since} to {until}", since=since, until=until)
