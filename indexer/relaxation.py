"""What may be asked instead of a question that nothing answers, one step after the other, and how is that said?

First phrases become their words, then words that were asked for need not all be there; then one filter goes, the least
telling one first, and only then all of them. What was excluded stays out: who takes something out means it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from .messages import Joined, Message, counted, quoted
from .query import Filters, Query, Range

What = Literal["phrase", "words", "best", "votes", "year", "author", "tag", "category", "site"]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A condition of a question that was let go of: its kind, what it said, and what the asker is told."""

    what: What
    text: str
    note: Message


@dataclass(frozen=True, slots=True)
class Step:
    """A question that asks for less than another, and in what."""

    query: Query
    relaxed: tuple[Relaxed, ...]


def steps(asked: Query) -> Iterator[Step]:
    """What to ask instead, in this order. The question itself is not among it."""
    looser = list(_without_order(asked))
    yield from looser
    dropped = list(_without_filter(asked))
    if not asked.terms and len(dropped) < 2:
        return  # without its only condition it asks for nothing
    for step in [Step(asked, ()), *looser]:
        for filters, gone in dropped:
            yield Step(replace(step.query, filters=filters), (*step.relaxed, gone))
    if asked.terms and len(dropped) > 1:
        for step in [Step(asked, ()), *looser]:
            yield Step(replace(step.query, filters=Filters()), (*step.relaxed, *(gone for _, gone in dropped)))


def nothing(asked: Query, within: Filters) -> Message:
    """What is said where no step helped."""
    if asked.filters.narrowed(within) is None:
        return Message("Nothing can pass both what is typed and what was chosen.")
    if asked.forbidden or asked.excluded_phrases:
        return Message("Whatever else is asked for here has what you left out.")
    return Message("No answer passes this filter.") if asked.filters or within else Message("No answer has all of this.")


def _without_order(asked: Query) -> Iterator[Step]:
    """The question with the words of its phrases in any order, then with any of the words it insists on."""
    if asked.phrases:
        note = counted(
            "No answer has the phrase {phrases}; these have its words.",
            "No answer has the phrases {phrases}; these have their words.",
            len(asked.phrases),
            phrases=Joined(quoted(asked.phrases), "and"),
        )
        yield Step(replace(asked, phrases=()), (Relaxed("phrase", " ".join(f'"{phrase}"' for phrase in asked.phrases), note),))
    if asked.required and len({term for term, _ in asked.terms} | {*asked.required}) > 1:
        note = Message("No answer has all of what is in quotes; these have some of it.")
        typed = " ".join(f'"{said}"' for said in asked.phrases or asked.required)
        yield Step(replace(asked, phrases=(), required=()), (Relaxed("words", typed, note),))


def _without_filter(asked: Query) -> Iterator[tuple[Filters, Relaxed]]:
    """The filters without one of them, for each."""
    filters = asked.filters
    if filters.best is not None:
        typed = f"best:{'yes' if filters.best else 'no'}"
        yield replace(filters, best=None), Relaxed("best", typed, _of_best(best=filters.best))
    if filters.votes is not None:
        yield replace(filters, votes=None), Relaxed("votes", f"votes:{_typed(filters.votes)}", _of_votes(filters.votes))
    if filters.year is not None:
        yield replace(filters, year=None), Relaxed("year", f"year:{_typed(filters.year)}", _of_years(filters.year))
    less: tuple[tuple[What, tuple[str, ...], Filters], ...] = (
        ("author", filters.authors, replace(filters, authors=())),
        ("tag", filters.tags, replace(filters, tags=())),
        ("category", filters.categories, replace(filters, categories=())),
        ("site", filters.sites, replace(filters, sites=())),
    )
    for what, names, without in less:
        if names:
            yield without, Relaxed(what, " ".join(f'{what}:"{name}"' for name in names), _of_names(what, names))


def _of_best(*, best: bool) -> Message:
    if best:
        return Message("Nothing that is marked best; shown whatever the mark.")
    return Message("Nothing that is not marked best; shown whatever the mark.")


def _of_votes(span: Range) -> Message:
    low, high = span.low, span.high
    if low is not None and high is None:
        return Message("Nothing with {low} or more votes; shown with any number.", low=low)
    if low is None:
        return Message("Nothing with {high} or fewer votes; shown with any number.", high=high or 0)
    if low == high:
        return counted(
            "Nothing with {number} vote; shown with any number.", "Nothing with {number} votes; shown with any number.", low
        )
    return Message("Nothing with {low} to {high} votes; shown with any number.", low=low, high=high or 0)


def _of_years(span: Range) -> Message:
    low, high = str(span.low), str(span.high)
    if span.high is None:
        return Message("Nothing from {year} or later; shown from all years.", year=low)
    if span.low is None:
        return Message("Nothing from {year} or earlier; shown from all years.", year=high)
    if low == high:
        return Message("Nothing from {year}; shown from all years.", year=low)
    return Message("Nothing from {since} to {until}; shown from all years.", since=low, until=high)


def _of_names(what: What, names: tuple[str, ...]) -> Message:
    number = len(names)
    match what:
        case "author":
            return counted(
                "Nothing by author {names}; shown from everybody.",
                "Nothing by authors {names}; shown from everybody.",
                number,
                names=Joined(quoted(names), "or"),
            )
        case "tag":
            return counted(
                "Nothing with the tag {names}; shown whatever the tags.",
                "Nothing with the tags {names}; shown whatever the tags.",
                number,
                names=Joined(quoted(names), "and"),
            )
        case "category":
            return counted(
                "Nothing in category {names}; shown from all categories.",
                "Nothing in categories {names}; shown from all categories.",
                number,
                names=Joined(quoted(names), "or"),
            )
    return counted(
        "Nothing from site {names}; shown from all sites.",
        "Nothing from sites {names}; shown from all sites.",
        number,
        names=Joined(quoted(names), "or"),
    )


def _typed(span: Range) -> str:
    if span.low == span.high:
        return str(span.low)
    return f"{'' if span.low is None else span.low}..{'' if span.high is None else span.high}"

