"""How do an answer's votes stand against what its thread, year and site usually give?

Three votes in a quiet thread can mean more than thirty in a loud one. Votes are compared on a logarithmic scale with what
was to be expected there, and small groups lean on larger ones (empirical Bayes shrinkage): a thread's mean on its year's,
a year's on its site's. Where a site's votes are spread widely, what is above or below that counts for less, so that 40
favorites where 100 are the most and 400 points where 1,000 are meet fairly.
"""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    """What is needed of an answer to place it."""

    number: int
    """Of its post in the store."""
    site: str
    year: int | None
    votes: int


class Votes:
    """The votes of many answers, thread by thread, in a few bytes each."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, int | None], int] = {}
        """A number for each site and year."""
        self._numbers, self._votes = array("q"), array("q")
        self._groups, self._sizes = array("I"), array("I")

    def add(self, thread: Sequence[Vote]) -> None:
        """Add the answers of a thread, in page order."""
        for number, site, year, votes in thread:
            self._numbers.append(number)
            self._groups.append(self.groups.setdefault((site, year), len(self.groups)))
            self._votes.append(votes)
        if thread:
            self._sizes.append(len(thread))

    @property
    def numbers(self) -> NDArray[np.int64]:
        return _as_array(self._numbers, np.int64)

    @property
    def group(self) -> NDArray[np.int64]:
        """The number of each answer's group."""
        return _as_array(self._groups, np.uint32).astype(np.int64)

    @property
    def values(self) -> NDArray[np.float64]:
        """Votes on the scale they are compared on."""
        votes = _as_array(self._votes, np.int64).astype(np.float64)
        return np.copysign(np.log1p(np.abs(votes)), votes)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many answers each thread has."""
        return _as_array(self._sizes, np.uint32).astype(np.int64)


class Standing(NamedTuple):
    """Where an answer stands."""

    number: int
    """Of its post in the store."""
    lift: float
    """How far it is above (or below) what was to be expected: in ln(1 + votes), as if no site spread wider than SPREAD."""
    expected: float
    """What was to be expected: ln(1 + votes)."""


def scale(votes: int) -> float:
    """Votes on the scale they are compared on: ln(1 + votes), mirrored for votes below zero."""
    return math.copysign(math.log1p(abs(votes)), votes)


def votes_of(value: float | None) -> int | None:
    """About how many votes a value of the scale stands for."""
    return None if value is None else round(math.copysign(math.expm1(abs(value)), value))


class Usual(NamedTuple):
    """What was given to some answers: sums over votes on the scale they are compared on."""

    total: float = 0.0
    squares: float = 0.0
    answers: int = 0

    def plus(self, other: Usual, sign: int = 1) -> Usual:
        return Usual(self.total + sign * other.total, self.squares + sign * other.squares, self.answers + sign * other.answers)

    def mean(self, prior: float, weight: float) -> float:
        """The mean with `weight` imagined members of value `prior`."""
        return (self.total + weight * prior) / (self.answers + weight)

    def spread(self, prior: float, weight: float) -> float:
        """The standard deviation with `weight` imagined members of spread `prior`."""
        around = max(0.0, self.squares - self.total * self.total / self.answers) if self.answers else 0.0
        return math.sqrt((around + weight * prior * prior) / (self.answers + weight))


class Expectations:
    """What sites and years usually give, kept from build to build: a thread that changes is taken out, then put in anew."""

    def __init__(self, kept: str | None = None) -> None:
        """`kept` is what `pack` gave."""
        self._years = {(site, year): Usual(*sums) for site, year, *sums in json.loads(kept or "[]")}

    def pack(self) -> str:
        return json.dumps([(*group, *usual) for group, usual in sorted(self._years.items(), key=str)])

    def put_in(self, votes: Votes, sign: int = 1) -> None:
        """Have these answers count; with a negative sign, no more."""
        values, group, size = votes.values, votes.group, len(votes.groups)
        sums = (np.bincount(group, weights, size).tolist() for weights in (values, values * values, None))
        for named, *usual in zip(votes.groups, *sums, strict=True):
            together = self._years.get(named, Usual()).plus(Usual(*usual), sign)
            if together.answers > 0:
                self._years[named] = together
            else:
                self._years.pop(named, None)

    def take_out(self, votes: Votes) -> None:
        self.put_in(votes, -1)

    def standings(self, votes: Votes) -> Iterator[Standing]:
        """The standing of every answer."""
        values, group, sizes = votes.values, votes.group, votes.sizes
        if not len(values):
            return
        starts = np.cumsum(sizes) - sizes
        usual, unit = (np.array(each) for each in zip(*self._usual(votes.groups), strict=True))
        first = group[starts]
        expected = (np.add.reduceat(values, starts) + THREAD_PRIOR * usual[first]) / (sizes + THREAD_PRIOR)
        lifts = (values - np.repeat(expected, sizes)) * np.repeat(unit[first], sizes)
        yield from map(Standing, votes.numbers.tolist(), lifts.tolist(), np.repeat(expected, sizes).tolist())

    def _usual(self, groups: Iterable[tuple[str, int | None]]) -> Iterator[tuple[float, float]]:
        """The mean of each site's year, and what lifts of that site are multiplied with."""
        sites: dict[str, Usual] = {}
        for (site, _), year in self._years.items():
            sites[site] = sites.get(site, Usual()).plus(year)
        for group in groups:
            whole = sites.get(group[0], Usual())
            mean = whole.total / whole.answers if whole.answers else 0.0
            unit = min(1.0, SPREAD / whole.spread(SPREAD, SPREAD_PRIOR))
            yield self._years.get(group, Usual()).mean(mean, YEAR_PRIOR), unit


def _as_array(numbers: array[int], kind: Any) -> NDArray[Any]:
    return np.frombuffer(numbers, kind) if numbers else np.zeros(0, kind)
