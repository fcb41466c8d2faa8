"""Which years, votes, categories and months does a library cover, and where has it gaps? Counted once, by each build.

Counting a million answers takes seconds, so what came of it is a fact of the store, changed with the posts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple, Self

FACT: Final = "coverage"

_NEVER: Final = ""


class Counted(NamedTuple):
    """What a store tells, one row for every site and month: a month is "2012-05", or "" where nobody knows."""

    site: str
    month: str
    questions: int
    answers: int


class Year(NamedTuple):
    """Questions asked, and answers written, in one year."""

    year: int
    questions: int
    answers: int


class Bin(NamedTuple):
    """Answers with so many votes, `low` to `high`; both None for those whose votes nobody knows."""

    low: int | None
    high: int | None
    answers: int


class Category(NamedTuple):
    """A category with its questions and their answers that are ranked."""

    name: str
    questions: int
    answers: int


class Span(NamedTuple):
    """The months of one site, and those between the first and the last from which there is no question."""

    site: str
    first: str
    last: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a library covers. Answers are those that are ranked."""

    years: tuple[Year, ...]
    """From the first to the last, those between them without a post too."""
    undated_questions: int
    undated_answers: int
    votes: tuple[Bin, ...]
    """On a scale of powers of two, from the fewest votes to the most; what nobody knows comes last."""
    categories: tuple[Category, ...]
    """Those with most questions first."""
    months: Mapping[str, int]
    """Month ("2012-05") to questions, of all sites."""
    sites: tuple[Span, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "years": [row._asdict() for row in self.years],
            "undated_questions": self.undated_questions,
            "undated_answers": self.undated_answers,
            "votes": [row._asdict() for row in self.votes],
            "categories": [row._asdict() for row in self.categories],
            "months": [{"month": month, "questions": count} for month, count in self.months.items()],
            "sites": [row._asdict() | {"missing": list(row.missing)} for row in self.sites],
        }

    def packed(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> Self:
        known = json.loads(text)
        return cls(
            tuple(Year(*row) for row in known["years"]),
            known["undated_questions"],
            known["undated_answers"],
            tuple(Bin(*row) for row in known["votes"]),
            tuple(Category(*row) for row in known["categories"]),
            known["months"],
            tuple(Span(site, first, last, tuple(missing)) for site, first, last, missing in known["sites"]),
        )


def of(counted: Sequence[Counted], votes: Mapping[int | None, int], categories: Sequence[tuple[str, int, int]]) -> Coverage:
    """What a library covers, of its counts; `votes` are answers by their votes."""
    years: dict[int, list[int]] = {}
    months: dict[str, int] = {}
    for row in counted:
        if row.month == _NEVER:
            continue
        of_year = years.setdefault(int(row.month[:4]), [0, 0])
        of_year[0] += row.questions
        of_year[1] += row.answers
        if row.questions:
            months[row.month] = months.get(row.month, 0) + row.questions
    spanned = range(min(years), max(years) + 1) if years else ()
    undated = [row for row in counted if row.month == _NEVER]
    return Coverage(
        tuple(Year(year, *years.get(year, (0, 0))) for year in spanned),
        sum(row.questions for row in undated),
        sum(row.answers for row in undated),
        tuple(_bins(votes)),
        tuple(Category(*row) for row in categories),
        dict(sorted(months.items())),
        tuple(_spans(counted)),
    )


def _bins(votes: Mapping[int | None, int]) -> Iterator[Bin]:
    """Below zero, zero, one, then to 3, 7, 15 and so on, as far as there are any; each bin twice as wide as the one before."""
    known = {count: answers for count, answers in votes.items() if count is not None}
    if known:
        below = sum(answers for count, answers in known.items() if count < 0)
        if below:
            yield Bin(min(known), -1, below)
        low, high = 0, 0
        while low <= max(known):
            yield Bin(low, high, sum(answers for count, answers in known.items() if low <= count <= high))
            low, high = high + 1, 2 * high + 1
    if votes.get(None):
        yield Bin(None, None, votes[None])


def _spans(counted: Sequence[Counted]) -> Iterator[Span]:
    for site, rows in groupby(sorted(counted), key=lambda row: row.site):
        had = {row.month for row in rows if row.questions and row.month != _NEVER}
        if had:
            first, last = min(had), max(had)
            yield Span(site, first, last, tuple(month for month in _between(first, last) if month not in had))


def _between(first: str, last: str) -> Iterator[str]:
    """The months from one to another, both included."""
    begin, end = (12 * int(month[:4]) + int(month[5:]) - 1 for month in (first, last))
    return (f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(begin, end + 1))
