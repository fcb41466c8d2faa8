"""An answer as it is shown on a page of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from indexer import explanation
from indexer.outcome import Outcome
from indexer.passage import Span
from indexer.showing import RankedAnswer
from indexer.standing import Place
from indexer.thread import Post

from .. import addresses, explain
from ..asked import Browsed
from ..language import say


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """How it went, in the asker's words."""

    said: str
    """Whose word it is, and of what."""
    text: str
    href: str
    """Where it is said."""
    worked: bool | None


@dataclass(frozen=True, slots=True)
class Card:
    """A ranked answer. What the archive does not say is None and shows as nothing."""

    rank: int
    href: str
    title: str
    category: str | None
    category_href: str | None
    site: str | None
    """Where it is from, in a library of several sites."""
    asks: str | None
    """What the question asks, in a line; said once of a thread."""
    snippet: tuple[Span, ...]
    votes: int | None
    place: Place | None
    """How few have as many votes."""
    is_best: bool
    backing: str | None
    """Who backs it, in few words: "KokuRyu and 2 others"."""
    backers: str
    """All of their names."""
    author: str | None
    written: datetime | None
    outcome: OutcomeView | None
    why: explain.Why | None
    continues: bool
    """Whether the card before it is of the same thread, so that its title need not be as large again."""
    more: int
    """Answers of the same thread that were found too; told by the last card of a thread."""
    more_href: str


def cards(
    answers: Iterable[RankedAnswer],
    why: Callable[[RankedAnswer], explain.Why | None],
    more: Callable[[str], str] | None = None,
    *,
    with_sites: bool = False,
    question: str = "",
) -> tuple[Card, ...]:
    """The cards of a page, in order.

    `why` says in which way their places are explained, `more` where all answers of a thread are listed. With a question, they
    lead to the passages that they show.
    """
    made: list[Card] = []
    page = list(answers)
    for number, ranked in enumerate(page):
        thread_id = ranked.answer.thread_id
        continues = number > 0 and page[number - 1].answer.thread_id == thread_id
        card = _card(ranked, why(ranked), question, continues=continues, with_sites=with_sites)
        if more and ranked.more_in_thread and (number + 1 == len(page) or page[number + 1].answer.thread_id != thread_id):
            card = replace(card, more=ranked.more_in_thread, more_href=more(thread_id))
        made.append(card)
    return tuple(made)


def _card(ranked: RankedAnswer, why: explain.Why | None, question: str, *, continues: bool, with_sites: bool) -> Card:
    post = ranked.answer
    category = ranked.category
    return Card(
        rank=ranked.rank,
        href=addresses.answer(post, question if any(span.match for span in ranked.snippet) else ""),
        title=ranked.title,
        category=category,
        category_href=addresses.top(Browsed(category=category)) if category else None,
        site=post.site if with_sites else None,
        asks=None if continues else ranked.asks,
        snippet=ranked.snippet,
        votes=post.votes,
        place=ranked.place,
        is_best=bool(post.best),
        backing=explanation.backed(ranked.endorsed_by) if ranked.endorsed_by else None,
        backers=", ".join(ranked.endorsed_by),
        author=author(post),
        written=post.written,
        outcome=_outcome(ranked, continues=continues),
        why=why,
        continues=continues,
        more=0,
        more_href="",
    )


def _outcome(ranked: RankedAnswer, *, continues: bool) -> OutcomeView | None:
    """How it went; what is told of the whole thread is said once."""
    told = ranked.outcome
    if told is None or (told.to_post is None and continues):
        return None
    return outcome(told, addresses.thread_place(ranked.answer.thread_id, told.by_post))


def outcome(told: Outcome, href: str) -> OutcomeView:
    return OutcomeView(explanation.outcome(told.worked), told.text, href, told.worked)


def author(post: Post) -> str | None:
    """Who wrote a post, as far as it is known. Nobody is named who asked not to be."""
    return say("anonymous") if post.anonymous else post.author
