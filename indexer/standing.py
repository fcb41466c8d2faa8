"""How do an answer's votes stand against what its thread, year and site usually give?

Three votes in a quiet thread can mean more than thirty in a loud one. Votes are compared on a logarithmic scale with what
was to be expected there, and small groups lean on larger ones (empirical Bayes shrinkage): a thread's mean on its year's,
a year's on its site's.
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


class Vote(NamedTuple):
    """What is needed of an answer to place it: rows come grouped by thread."""

    answer_id: str
    thread_id: str
    site: str
    year: int | None
    votes: int


class Standing(NamedTuple):
    """`lift`: by how many units of ln(1 + votes) an answer is above (or below) what was to be expected of it."""

    answer_id: str
    lift: float


@dataclass(slots=True)
class _Sum:
    total: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        self.total += value
        self.count += 1

    def mean(self, prior: float, weight: float) -> float:
        """The mean with `weight` imagined members of value `prior`."""
        return (self.total + weight * prior) / (self.count + weight)


def scale(votes: int) -> float:
    """Votes on the scale they are compared on: ln(1 + votes), mirrored for votes below zero."""
    return math.copysign(math.log1p(abs(votes)), votes)


def usual(votes: int | None, lift: float | None) -> int | None:
    """The votes that were to be expected of an answer that has `votes` and this lift; None where nobody knows."""
    if votes is None or lift is None:
        return None
    expected = scale(votes) - lift
    return round(math.copysign(math.expm1(abs(expected)), expected))


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
            for vote in thread:
                yield Standing(vote.answer_id, scale(vote.votes) - expected)
