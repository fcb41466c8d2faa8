"""How does a set of answers divide? By sites, categories, tags, years, votes and best marks, with how many answers each has.

Only what divides the set is told: a value that every answer has, or none, leads nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from .columns import UNKNOWN, Columns, Records, years

TAGS: Final = 20
"""Tags that are told, those of most answers: a set of a thousand answers can have thousands."""

NAMES: Final = 100
"""Sites and categories that are told, at most."""

LEAST_VOTES: Final = (1, 3, 10, 30, 100, 300, 1000, 3000)
"""The bands of votes: so many or more. About a third of a scale of tens each, as votes fall."""


class Share(NamedTuple):
    """A name, with how many answers of the set have it."""

    name: str
    answers: int


class NumberShare(NamedTuple):
    """The same of a number: a year, or the least votes of a band."""

    number: int
    answers: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What divides a set of answers, with exact counts. Names with most answers first, years latest first, bands rising."""

    sites: tuple[Share, ...] = ()
    categories: tuple[Share, ...] = ()
    tags: tuple[Share, ...] = ()
    years: tuple[NumberShare, ...] = ()
    votes: tuple[NumberShare, ...] = ()
    """Answers with at least so many votes."""
    best: int = 0
    """Answers that are marked best; 0 where none is, or each."""

    def __bool__(self) -> bool:
        return self != NONE


NONE: Final = Facets()


def of_set(answers: Records, columns: Columns) -> Facets:
    """The facets of a set of answers."""
    total = len(answers)
    threads, of_thread = np.unique(answers["thread"], return_counts=True)
    counts, tags = columns.tags_of(threads)
    # Each tag of a thread once, however often and however it is written.
    pairs = np.unique(np.repeat(np.arange(len(threads)), counts) + columns.alike[tags] * len(threads))
    tagged, of_tag = np.unique(pairs // max(1, len(threads)), return_inverse=True)
    with_tag = np.bincount(of_tag, of_thread[pairs % max(1, len(threads))], len(tagged))
    written = answers["written"]
    dated, of_year = np.unique(years(written[written != UNKNOWN]), return_counts=True)
    best = int(np.count_nonzero(answers["best"] == 1))
    return Facets(
        sites=_names(*np.unique(answers["site"], return_counts=True), columns.sites, total, NAMES),
        categories=_names(*np.unique(answers["category"], return_counts=True), columns.categories, total, NAMES),
        tags=_names(tagged, with_tag, columns.tags, total, TAGS),
        years=tuple(
            NumberShare(year, count)
            for year, count in zip(dated[::-1].tolist(), of_year[::-1].tolist(), strict=True)
            if count < total
        ),
        votes=_bands(answers["votes"], total),
        best=best if best < total else 0,
    )


def _names(numbers: Any, counts: Any, names: Sequence[str], total: int, most: int) -> tuple[Share, ...]:
    """Names by their numbers, those of most answers."""
    counted = zip(numbers.tolist(), counts.tolist(), strict=True)
    found = [(-int(count), names[number]) for number, count in counted if 0 < count < total and names[number]]
    return tuple(Share(name, -less) for less, name in nsmallest(most, found))


def _bands(votes: Records, total: int) -> tuple[NumberShare, ...]:
    """The bands that divide the set; of two with the same answers, the higher one says more."""
    reached = [NumberShare(least, int(np.count_nonzero(votes >= least))) for least in LEAST_VOTES]
    return tuple(band for band, above in pairwise([*reached, NumberShare(0, 0)]) if above.answers < band.answers < total)
