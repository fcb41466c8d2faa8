"""What is shown of the answers on one page: what each says, where it stands, and the facts that speak for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from typing import Final

from . import markup, passage, sentences, standing, words
from .engines import BM25
from .outcome import Outcome
from .passage import Span
from .query import Query
from .ranking import Ranked
from .standing import Place
from .store import Store
from .thread import Post, Thread

ASK_LENGTH: Final = 140
"""Code points of the line that tells what a question asks: one line on a desk, three on a phone."""

_LOOKED_THROUGH: Final = 4000
_SENTENCES: Final = 30
"""Code points and sentences of a question in which the one that asks is looked for."""


@dataclass(frozen=True, slots=True)
class RankedAnswer:
    """An answer on a page of results: what it says, where it stands, and why."""

    rank: int
    answer: Post
    title: str
    category: str | None
    question: Post | None
    asks: str | None
    """What the question asks, in a line of its own words; None where the title says as much."""
    endorsed_by: tuple[str, ...]
    outcome: Outcome | None
    """What the asker tells of how it went: with this answer, or else with the thread as a whole."""
    usual_votes: int | None
    """Votes that were to be expected where it stands; None where nobody knows."""
    place: Place | None
    """How few have as many votes, where that says something."""
    words: int
    """Different words of the question."""
    missing: tuple[str, ...]
    """Those of them that neither the answer nor its question has, as they were typed."""
    score: float
    signals: Mapping[str, float]
    snippet: tuple[Span, ...]
    more_in_thread: int | None
    """Answers of the same thread that were found too and rank below it; None where nobody counted."""


def page(
    ranked: Sequence[Ranked], offset: int, asked: Query, store: Store, below: Sequence[int | None] | None = None
) -> tuple[RankedAnswer, ...]:
    """The answers of one page, numbered from `offset` on; only here are their texts read. `below` is one for one with them."""
    answers = store.posts_by_number([answer.number for answer in ranked])
    thread_ids = sorted({post.thread_id for post in answers.values()})
    questions = store.posts(thread_ids)
    backers = store.backers([post.id for post in answers.values()])
    outcomes = store.outcomes(thread_ids)
    terms = _rarity(asked, store)
    typed = {word.term: asked.text[word.start : word.end] for word in words.words(asked.text)}
    in_questions = {post.id: _terms_of(post, terms, terms.keys()) for post in questions.values()}
    places = store.places(answers.values(), {post.id: post.category for post in questions.values()})
    asks = {post.id: ask_line(post) for post in questions.values()}
    shown = []
    for rank, (answer, more) in enumerate(zip(ranked, below or (None,) * len(ranked), strict=True), offset + 1):
        post = answers[answer.number]
        question = questions.get(post.thread_id)
        thread = Thread(post.thread_id, question, (), {})
        own = markup.own_words(post.body)
        asked_there = in_questions.get(post.thread_id, set())
        had = asked_there | _terms_of(post, terms, terms.keys() - asked_there)
        shown.append(
            RankedAnswer(
                rank=rank,
                answer=post,
                title=thread.title,
                category=question.category if question else None,
                question=question,
                asks=asks.get(post.thread_id),
                endorsed_by=tuple(backers.get(post.id, ())),
                outcome=_outcome_of(post.id, outcomes.get(post.thread_id, ())),
                usual_votes=standing.votes_of(answer.expected),
                place=places.get(post.id),
                words=len(terms.keys() & typed),
                missing=tuple(typed[term] for term in terms if term in typed and term not in had),
                score=answer.score,
                signals=answer.signals,
                more_in_thread=more,
                snippet=passage.best(own, terms, phrases=asked.phrases),
            )
        )
    return tuple(shown)


def ask_line(question: Post) -> str | None:
    """What a question asks, as far as a line goes: the sentence that does, or where its title asks nothing its first one.

    None where the title says as much.
    """
    prose = markup.prose(question.body)[:_LOOKED_THROUGH]
    found = [" ".join(prose[start:end].split()) for start, end in islice(sentences.bounds(prose), _SENTENCES)]
    title = set(words.terms(question.title or ""))

    def is_new(sentence: str) -> bool:
        return len(set(words.terms(sentence)) - title) >= 2

    said = next(filter(is_new, filter(_asks, found)), None)
    if said is None and not _asks(question.title or ""):
        said = next(filter(is_new, found), None)
    if said is None or len(said) <= ASK_LENGTH:
        return said
    return said[:ASK_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:—–-") + "…"


def _asks(sentence: str) -> bool:
    return sentence.rstrip("\"'”’) ").endswith(("?", "？", "؟"))


def passage_of(post: Post, asked: Query, store: Store) -> tuple[Span, ...]:
    """The part of a post that a page of results shows to a question."""
    return passage.best(markup.own_words(post.body), _rarity(asked, store), phrases=asked.phrases)


def _rarity(asked: Query, store: Store) -> dict[str, float]:
    """The terms of a question with what each is worth in a passage: the rarer the more, however often it was said."""
    known = store.vocabulary
    threads, size = known.threads_with([term for term, _ in asked.terms]), known.size()
    return {term: BM25.idf(size, min(size, threads.get(term, 0))) for term, _ in asked.terms}


def _terms_of(post: Post, terms: Collection[str], wanted: AbstractSet[str]) -> set[str]:
    """Those `wanted` of a question's terms that a post has in title, tags or text, which is read no further than it takes."""
    found: set[str] = set()
    if wanted:
        text = "\n".join((post.title or "", *post.tags, markup.prose(post.body)))
        for word in words.matches(text, terms):
            if word.term in wanted:
                found.add(word.term)
                if len(found) == len(wanted):
                    break
    return found


def _outcome_of(answer_id: str, told: Iterable[Outcome]) -> Outcome | None:
    """What is told of one answer, or else of its thread as a whole."""
    of = {outcome.to_post: outcome for outcome in told}
    return of.get(answer_id) or of.get(None)
