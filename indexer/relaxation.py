"""What may be asked instead of a question that nothing answers, one step after the other, and how is that said?

First phrases become their words, then words that were asked for need not all be there; then one filter goes, the least
telling one first, and only then all of them. What was excluded stays out: who takes something out means it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from .query import Filters, Query, Range

What = Literal["phrase", "words", "best", "votes", "year", "author", "tag", "category", "site"]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A condition of a question that was let go of: its kind, what it said, and what the asker is told."""

    what: What
    text: str
    note: str


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


def nothing(asked: Query, within: Filters) -> str:
    """What is said where no step helped."""
    if asked.filters.narrowed(within) is None:
        return "Nothing can pass both what is typed and what was chosen."
    if asked.forbidden or asked.excluded_phrases:
        return "Whatever else is asked for here has what you left out."
    return "No answer passes this filter." if asked.filters or within else "No answer has all of this."


def _without_order(asked: Query) -> Iterator[Step]:
    """The question with the words of its phrases in any order, then with any of the words it insists on."""
    if asked.phrases:
        said = _listed(asked.phrases, "phrase", "phrases")
        note = f"No answer has the {said}; these have {'its' if len(asked.phrases) == 1 else 'their'} words."
        yield Step(replace(asked, phrases=()), (Relaxed("phrase", " ".join(f'"{phrase}"' for phrase in asked.phrases), note),))
    if asked.required and len({term for term, _ in asked.terms} | {*asked.required}) > 1:
        note = "No answer has all of what is in quotes; these have some of it."
        typed = " ".join(f'"{said}"' for said in asked.phrases or asked.required)
        yield Step(replace(asked, phrases=(), required=()), (Relaxed("words", typed, note),))


def _without_filter(asked: Query) -> Iterator[tuple[Filters, Relaxed]]:
    """The filters without one of them, for each."""
    filters = asked.filters
    if filters.best is not None:
        typed = f"best:{'yes' if filters.best else 'no'}"
        said = "that is marked best" if filters.best else "that is not marked best"
        yield replace(filters, best=None), Relaxed("best", typed, f"Nothing {said}; shown whatever the mark.")
    if filters.votes is not None:
        note = f"Nothing with {_said(filters.votes, 'or more', 'or fewer')} votes; shown with any number."
        yield replace(filters, votes=None), Relaxed("votes", f"votes:{_typed(filters.votes)}", note)
    if filters.year is not None:
        note = f"Nothing from {_said(filters.year, 'or later', 'or earlier')}; shown from all years."
        yield replace(filters, year=None), Relaxed("year", f"year:{_typed(filters.year)}", note)
    less: tuple[tuple[What, tuple[str, ...], Filters, str, str], ...] = (
        ("author", filters.authors, replace(filters, authors=()), "by", "from everybody"),
        ("tag", filters.tags, replace(filters, tags=()), "with the", "whatever the tags"),
        ("category", filters.categories, replace(filters, categories=()), "in", "from all categories"),
        ("site", filters.sites, replace(filters, sites=()), "from", "from all sites"),
    )
    for what, names, without, where, everywhere in less:
        if names:
            note = (
                f"Nothing {where} {_listed(names, what, _PLURALS[what], 'and' if what == 'tag' else 'or')}; shown {everywhere}."
            )
            yield without, Relaxed(what, " ".join(f'{what}:"{name}"' for name in names), note)


_PLURALS = {"author": "authors", "tag": "tags", "category": "categories", "site": "sites"}


def _listed(names: tuple[str, ...], one: str, many: str, joined: str = "and") -> str:
    quoted = [f"“{name}”" for name in names]
    if len(quoted) == 1:
        return f"{one} {quoted[0]}"
    return f"{many} {', '.join(quoted[:-1])} {joined} {quoted[-1]}"


def _typed(span: Range) -> str:
    if span.low == span.high:
        return str(span.low)
    return f"{'' if span.low is None else span.low}..{'' if span.high is None else span.high}"


def _said(span: Range, above: str, below: str) -> str:
    if span.high is None:
        return f"{span.low} {above}"
    if span.low is None:
        return f"{span.high} {below}"
    return str(span.low) if span.low == span.high else f"{span.low} to {span.high}"
