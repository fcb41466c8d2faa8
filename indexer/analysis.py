"""What does a thread come to? All that a build derives from one thread alone, by whichever process has time for it.

    rows of the store ─▶ Thread ─▶ Texts, cleaned and cut into words once ─▶ who backs whom, what became of it, form of answers,
                                                                             words, title, documents

What goes in and what comes out is plain data, so that it can travel from process to process.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from . import completion, documents, endorsements, outcome, substance, vocabulary
from .completion import Title
from .documents import Document, Said
from .endorsements import Endorsement
from .outcome import Outcome
from .rows import to_threads
from .standing import Vote
from .texts import Texts
from .thread import Thread
from .words import Numbers


class Piece(NamedTuple):
    """Some whole threads to be analysed."""

    rows: list[tuple[Any, ...]]
    """Their posts, as `rows.SELECT_NUMBERED` has them, in page order."""
    related: frozenset[str]
    """Ids of those that are related already: of these only what an index and its columns are made of is found out."""


class Ranked(NamedTuple):
    """What ranking has to know of an answer, as the store keeps it."""

    category: str | None
    outcome: bool | None
    backers: int
    dissenters: int
    favorited: int
    length: int
    asking: float
    place: int
    delay: int | None
    number: int
    """Of its post in the store."""


class Relations(NamedTuple):
    """What is kept of a thread beside its posts."""

    answers: list[Ranked]
    others: list[int]
    """Numbers of the posts that are no advice."""
    endorsements: list[Endorsement]
    outcomes: list[Outcome]
    question: int | None
    """The number of the question."""
    originals: tuple[str, ...]
    """Ids of the threads that the site says ask the same."""
    tags: tuple[str, ...]
    title: Title | None
    words: array[int]
    """The places of its words among those of all that was found."""


class Analysis(NamedTuple):
    """What a thread comes to."""

    thread_id: str
    relations: Relations | None
    """None where these are kept already."""
    votes: list[Vote]
    """Of the answers whose votes are known, in page order."""
    documents: list[Document]
    terms: array[int]
    """The places of the distinct terms of all its documents among those of all that was found."""
    counts: bytes
    """How often each occurs, at most 255 times."""


class Found(NamedTuple):
    """What the threads of a piece come to, in order. Words and terms travel once, however many threads have them."""

    threads: list[Analysis]
    words: list[str]
    terms: list[str]


def of_piece(piece: Piece) -> Found:
    """What the threads of a piece come to."""
    numbers = {row[1]: row[0] for row in piece.rows}
    words, terms = Numbers(), Numbers()
    threads = to_threads(row[1:] for row in piece.rows)
    found = [_of_thread(thread, numbers, words, terms, is_related=thread.id in piece.related) for thread in threads]
    return Found(found, list(words), list(terms))


def _of_thread(thread: Thread, numbers: Mapping[str, int], words: Numbers, terms: Numbers, *, is_related: bool) -> Analysis:
    texts = Texts()
    answers = thread.answers
    found = list(documents.of_thread(thread, texts))
    counts: Counter[str] = Counter()
    for document in found:
        counts.update(document.terms.elements() if isinstance(document.terms, Said) else document.terms)
    return Analysis(
        thread.id,
        None if is_related else _relations(thread, numbers, texts, words),
        [
            Vote(numbers[post.id], post.site, post.written.year if post.written else None, post.votes)
            for post in answers
            if post.votes is not None
        ],
        found,
        array("I", map(terms.__getitem__, counts)),
        bytes(min(count, 255) for count in counts.values()),
    )


def _relations(thread: Thread, numbers: Mapping[str, int], texts: Texts, words: Numbers) -> Relations:
    question = thread.question
    backed, told = endorsements.find(thread, texts), outcome.find(thread, texts)
    worked = {one.to_post: one.worked for one in told}
    persons = _persons(thread, backed, worked)
    category = question.category if question else None
    ranked = [
        Ranked(
            category,
            worked.get(answer.id),
            len(persons[answer.id, "backers"]),
            len(persons[answer.id, "dissenters"]),
            len(persons[answer.id, "favorited"]),
            *(form.length, form.asking, form.place, thread.delay(answer)),
            numbers[answer.id],
        )
        for answer, form in zip(thread.answers, substance.of_answers(thread, texts), strict=True)
    ]
    advice = {one.number for one in ranked}
    comments = chain.from_iterable(thread.comments.values())
    return Relations(
        ranked,
        [
            number
            for post in (*([question] if question else []), *thread.replies, *comments)
            if (number := numbers[post.id]) not in advice
        ],
        backed,
        told,
        numbers[question.id] if question else None,
        question.duplicate_of if question else (),
        question.tags if question else (),
        completion.title_of(thread),
        array("I", map(words.__getitem__, sorted(vocabulary.words_of(thread, texts)))),
    )


def _persons(
    thread: Thread, backed: Iterable[Endorsement], worked: Mapping[str | None, bool | None]
) -> Mapping[tuple[str, str], set[str]]:
    """Who is on which side of an answer, by the answer and the side."""
    asker = (thread.question.author if thread.question else None) or "anonymous"
    persons: dict[tuple[str, str], set[str]] = defaultdict(set)
    for found in backed:
        if found.author == asker and found.to_post in worked:
            # What the asker says of it is the outcome, and counts once.
            continue
        persons[found.to_post, "backers" if found.backs else "dissenters"].add(found.author)
        if found.backs and found.favorited:
            persons[found.to_post, "favorited"].add(found.author)
    return persons
