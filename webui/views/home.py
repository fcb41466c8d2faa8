"""The first page: the box, questions to begin with, and the best answers there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flask import url_for

from indexer import query
from indexer.settings import Settings
from indexer.showing import RankedAnswer

from .. import addresses, explain
from ..asked import Asked, Browsed
from ..glance import Glance
from ..language import say, say_of
from .card import Card, cards
from .library import Count

EXAMPLES: Final = 6
CARDS: Final = 4
COUNTS: Final = 12
"""Sites, categories and years that are named with their questions."""
SITES: Final = 3
_LONGEST_EXAMPLE: Final = 70
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s|\s[—–(]")


@dataclass(frozen=True, slots=True)
class Example:
    """A question to try."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """A thread of this day in another year."""

    title: str
    href: str
    year: int


@dataclass(frozen=True, slots=True)
class HomePage:
    """What the first page shows."""

    asked: Asked
    examples: tuple[Example, ...]
    holds: str
    """What is in the library, in a sentence."""
    year: int | None
    """The year that the best answers are of."""
    cards: tuple[Card, ...]
    top_href: str
    on_this_day: tuple[Remembered, ...]
    random_href: str
    sites: tuple[Count, ...]
    categories: tuple[Count, ...]
    years: tuple[Count, ...]
    more_href: str
    """Where all of the library is told."""


def home(glance: Glance, settings: Settings) -> HomePage:
    """The first page of a library."""
    first_of_threads = list(_first_of_each(glance.top, "thread"))
    examples = [text for answer in _spread(first_of_threads) if (text := _example(answer.title))]
    return HomePage(
        asked=Asked(dial=settings.dial),
        examples=tuple(
            Example(text, addresses.search(Asked(question=text, dial=settings.dial), settings))
            for text in list(dict.fromkeys(examples))[:EXAMPLES]
        ),
        holds=_holds(glance),
        year=glance.year,
        cards=cards(
            _spread(list(_first_of_each(glance.top_of_year, "thread")))[:CARDS],
            explain.of_standing,
            with_sites=len(glance.sites) > 1,
        ),
        top_href=addresses.top(Browsed(year=glance.year)),
        on_this_day=tuple(
            Remembered(found.title, addresses.thread(found.thread_id), found.year) for found in glance.on_this_day
        ),
        random_href=addresses.random(),
        sites=tuple(Count(name, total, None) for name, total in glance.sites[:COUNTS]) if len(glance.sites) > 1 else (),
        categories=tuple(
            Count(name, total, addresses.top(Browsed(category=name))) for name, total in glance.categories[:COUNTS]
        ),
        years=tuple(Count(name, total, addresses.top(Browsed(year=int(name)))) for name, total in glance.years[:COUNTS]),
        more_href=url_for("library"),
    )


def _holds(glance: Glance) -> str:
    answers = say_of("{number} answer", "{number} answers", glance.answers)
    threads = say_of("{number} thread", "{number} threads", glance.threads)
    sites = ", ".join(site for site, _ in glance.sites[:SITES])
    if not sites:
        return say("{answers} in {threads}.", answers=answers, threads=threads)
    if glance.span is None:
        return say("{answers} in {threads} from {sites}.", answers=answers, threads=threads, sites=sites)
    return say(
        "{answers} in {threads} from {sites}, {years}.", answers=answers, threads=threads, sites=sites, years=glance.span
    )


def _example(title: str) -> str | None:
    """The first sentence of a title, if it is short enough to be typed and says what it is about."""
    text = _SENTENCE_END.split(title, maxsplit=1)[0].strip().removesuffix(".")
    return text if 8 <= len(text) <= _LONGEST_EXAMPLE and len(query.parse(text).terms) >= 2 else None


def _first_of_each(answers: Sequence[RankedAnswer], what: str) -> Iterator[RankedAnswer]:
    seen = set()
    for answer in answers:
        key = answer.answer.thread_id if what == "thread" else answer.category
        if key not in seen:
            seen.add(key)
            yield answer


def _spread(answers: Sequence[RankedAnswer]) -> list[RankedAnswer]:
    """The answers with one of each category first, so that the first page shows what there is."""
    first = list(_first_of_each(answers, "category"))
    chosen = {answer.answer.id for answer in first}
    return first + [answer for answer in answers if answer.answer.id not in chosen]
