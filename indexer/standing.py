"""How do an answer's votes stand against what its thread, year and site usually give?

Three votes in a quiet thread can mean more than thirty in a loud one. Votes are compared on a logarithmic scale with what
was to be expected there, and small groups lean on larger ones (empirical Bayes shrinkage): a thread's mean on its year's,
a year's on its site's. Where a site's votes are spread widely, what is above or below that counts for less, so that 40
favorites where 100 are the most and 400 points where 1,000 are meet fairly.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

YEAR_PRIOR: Final = 50.0
"""Answers that the site's mean counts for in the mean of a year."""

THREAD_PRIOR: Final = 5.0
"""Answers that the year's mean counts for in the mean of a thread."""


SPREAD: Final = 0.8
"""The widest standard deviation of ln(1 + votes) that a site has without its lifts being told smaller: se_beer_2020's is 0.80,
and the weight of votes in `ranking` was set there. Sites that spread less, where hardly anybody votes, are left as they are:
blown up to this, discourse_delving (0.41) fell from .896 to .861 nDCG@10."""

SPREAD_PRIOR: Final = 50.0
"""Answers of such a site that count in the spread of any: a dozen answers say little of how votes fall."""


CROWD: Final = 100
"""Answers that a category, or a site, must have for a place among them to be told in percent: from there each is one answer."""

TOLD_PERCENT: Final = 25
"""A place below the best quarter is not told: it says nothing for an answer."""


class Place(NamedTuple):
    """How few have as many votes as an answer: it is among so many percent of those that `of` names, a category or a site."""

    percent: int
    of: str


def place(groups: Iterable[tuple[str, int, int]]) -> Place | None:
    """An answer's place in the first group that is a CROWD, if it is worth telling.

    Groups are triples: a name, how many of its answers have at least as many votes, and how many it has.
    """
    for name, reached, answers in groups:
        if answers >= CROWD:
            percent = -(-100 * reached // answers)
            return Place(percent, name) if percent <= TOLD_PERCENT else None
    return None


class Vote(NamedTuple):
    """What is needed of an answer to place it: rows come grouped by thread."""

    answer_id: str
    thread_id: str
    site: str
    year: int | None
    votes: int


class Standing(NamedTuple):
    """Where an answer stands."""

    answer_id: str
    lift: float
    """How far it is above (or below) what was to be expected: in ln(1 + votes), as if no site spread wider than SPREAD."""
    expected: float
    """What was to be expected: ln(1 + votes)."""


@dataclass(slots=True)
class _Sum:
    total: float = 0.0
    squares: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        self.total += value
        self.squares += value * value
        self.count += 1

    def mean(self, prior: float, weight: float) -> float:
        """The mean with `weight` imagined members of value `prior`."""
        return (self.total + weight * prior) / (self.count + weight)

    def spread(self, prior: float, weight: float) -> float:
        """The standard deviation with `weight` imagined members of spread `prior`."""
        around = max(0.0, self.squares - self.total * self.total / self.count) if self.count else 0.0
        return math.sqrt((around + weight * prior * prior) / (self.count + weight))


def scale(votes: int) -> float:
    """Votes on the scale they are compared on: ln(1 + votes), mirrored for votes below zero."""
    return math.copysign(math.log1p(abs(votes)), votes)


def votes_of(value: float | None) -> int | None:
    """About how many votes a value of the scale stands for."""
    return None if value is None else round(math.copysign(math.expm1(abs(value)), value))


class Expectations:
    """What sites and years usually give, gathered in a first pass; `standings` is the second."""

    def __init__(self, votes: Iterable[Vote]) -> None:
        self._sites: dict[str, _Sum] = defaultdict(_Sum)
        self._years: dict[tuple[str, int | None], _Sum] = defaultdict(_Sum)
        for vote in votes:
            value = scale(vote.votes)
            self._sites[vote.site].add(value)
            self._years[vote.site, vote.year].add(value)

    def usual(self, site: str, year: int | None) -> float:
        """The mean of a site's year, in the scale's units."""
        site_sum = self._sites[site]
        site_mean = site_sum.total / site_sum.count if site_sum.count else 0.0
        return self._years[site, year].mean(site_mean, YEAR_PRIOR)

    def standings(self, votes: Iterable[Vote]) -> Iterator[Standing]:
        """The standing of every answer. `votes` must come grouped by thread; one thread is held at a time."""
        for _, group in groupby(votes, key=lambda vote: vote.thread_id):
            thread = list(group)
            usual = self.usual(thread[0].site, thread[0].year)
            total = _Sum()
            for vote in thread:
                total.add(scale(vote.votes))
            expected = total.mean(usual, THREAD_PRIOR)
            unit = min(1.0, SPREAD / self._sites[thread[0].site].spread(SPREAD, SPREAD_PRIOR))
            for vote in thread:
                yield Standing(vote.answer_id, (scale(vote.votes) - expected) * unit, expected)
