"""The first page: the box, questions to begin with, and the best answers there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from indexer import query
from indexer.settings import Settings
from indexer.showing import RankedAnswer

from .. import addresses, explain
from ..asked import Asked, Browsed
from ..glance import Glance
from ..language import say, say_of
from .card import Card, cards

EXAMPLES: Final = 6
CARDS: Final = 4
SITES: Final = 3
_LONGEST_EXAMPLE: Final = 70
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s|\s[—–(]")


@dataclass(frozen=True, slots=True)
class Example:
    """A question to try."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """What the first page shows."""

    asked: Asked
    examples: tuple[Example, ...]
    holds: str
    """What is in the library, in a sentence."""
    cards: tuple[Card, ...]
    top_href: str


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
        cards=cards(_spread(first_of_threads)[:CARDS], explain.of_standing),
        top_href=addresses.top(Browsed()),
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
