"""Did the library get worse by this build? Questions that it holds the answers to itself, asked before and after.

    threads that both have and that are as they were ─▶ topics
        a title, or a sentence of the question → the thread's best answers · a sentence of an answer → that answer
        the title of a duplicate → the answers of its original
    topics ─ask─▶ ranks in the generation in force ┐
    topics ─ask─▶ ranks in the one just written    ┴▶ Verdict

A rank counts only answers that both libraries have: a new thread that answers as well is what a library grows for, and no
loss (as in condensed lists: Sakai, Alternatives to Bpref, 2007). So it sees an index that lost or mixed up what it had; it
does not see what is wrong with new threads alone, nor a thread whose text another copy has changed.
"""

from __future__ import annotations

import heapq
import logging
import math
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Final, NamedTuple

from . import ask, generations, markup, sentences, words
from .ask import Moment
from .errors import AskiveError, BadQuestion, LibraryError
from .generations import Index
from .meaning.nearest import Meaning
from .messages import Joined, Message, counted
from .store import Store
from .thread import Post, Thread

log = logging.getLogger(__name__)

LEAST: Final = 20
"""Topics below which nothing is judged."""

MOST: Final = 100
"""Topics that are asked."""

LOOKED_AT: Final = 4 * MOST
"""Threads that are looked at for topics, and duplicates; many make none."""

SECONDS: Final = 2.0
"""After so long no other topic is begun, unless there are fewer than LEAST."""

DEPTH: Final = 10
"""Ranks that count, as in MRR@10."""

FAR: Final = 1000
"""Answers of a ranking that are looked through for them, however many of those are new."""

MARGIN: Final = 0.1
"""How far MRR@10 must fall for a build to be refused. With one part added to the other, or half of it forgotten, the sample
falls by .001 at most; with no words of answers in the index by .19, with each document taken for another by .77."""

LEVEL: Final = 0.01
"""And how unlikely it must be that so many topics got worse by chance."""

SHARE: Final = 0.01
"""How much the shares of threads that have a vector may differ for generations to be asked by meaning too."""

OPENING: Final = 1000
"""Characters of a post in which a sentence is looked for that can be asked."""

TELLING: Final = 8
"""Different words that such a sentence has at least."""

WORST: Final = 3
"""Topics that a refusal names."""


class Topic(NamedTuple):
    """A question with answers that are known."""

    text: str
    relevant: frozenset[str]
    left_out: str | None
    """The thread that the question is taken from, where its own answers do not count."""


class Change(NamedTuple):
    """How a topic is answered: the rank of its first relevant answer, None below DEPTH."""

    text: str
    before: int | None
    after: int | None

    @property
    def gain(self) -> float:
        return _reciprocal(self.after) - _reciprocal(self.before)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of two generations."""

    topics: int
    before: float
    """MRR@10 of the generation in force, over the answers that both have."""
    after: float
    """The same of the new one."""
    p: float
    """How likely it is by chance that so many of the topics that changed got worse."""
    worse: tuple[Change, ...]
    """The topics that got worse, the largest loss first."""

    @property
    def clearly_worse(self) -> bool:
        return self.before - self.after > MARGIN and self.p < LEVEL

    def figures(self) -> dict[str, Any]:
        """What is kept with a generation."""
        return {"topics": self.topics, "before": round(self.before, 4), "after": round(self.after, 4), "p": round(self.p, 6)}


class GotWorse(LibraryError):
    """A build that was not put in force, because known questions are answered clearly worse; `verdict` says how much."""

    def __init__(self, verdict: Verdict) -> None:
        named = [
            Message("“{question}” from {before} to {after}", question=c.text, before=_place(c.before), after=_place(c.after))
            for c in verdict.worse[:WORST]
        ]
        if len(verdict.worse) > WORST:
            named.append(counted("and {number} more", "and {number} more", len(verdict.worse) - WORST))
        super().__init__(
            Message(
                "The new index answers clearly worse: over {topics} questions whose answers are known MRR@10 fell from {before}"
                " to {after} ({changes}); the library stays as it was",
                topics=verdict.topics,
                before=f"{verdict.before:.3f}",
                after=f"{verdict.after:.3f}",
                changes=Joined(tuple(named), ";"),
            ),
            Message("If it is meant to be so, run the same command with `--force`: `askive build --force`"),
        )
        self.verdict = verdict


def judge(library: Path, store: Store, index: Index) -> Verdict | None:
    """Ask the library in force and what is about to take its place the same questions.

    `store` and `index` are those of the build at work, written and not yet in force. None where nothing is in force, where
    it cannot be read, or where too few topics are in both.
    """
    started = time.monotonic()
    try:
        with ExitStack() as stack:
            old = stack.enter_context(closing(Store(library)))
            stack.enter_context(old.snapshot())
            generation, name = old.fact("generation"), old.fact("engine")
            if generation is None or name is None:
                return None
            known = generations.load(library, generation, name)
            stack.enter_context(closing(known.engine))
            if not _alike(known.meaning, index.meaning):
                known, index = known._replace(meaning=None), index._replace(meaning=None)
            before, after = Moment(old, *known), Moment(store, *index)
            changes: list[Change] = []
            for topic in topics(old, store):
                changes.append(_ask(topic, before, after))
                if len(changes) == MOST or (len(changes) >= LEAST and time.monotonic() - started > SECONDS):
                    break
    except AskiveError as error:
        # What is broken is the library in force, and this build may be what mends it.
        log.info("there is nothing to compare the new index with: %s", error)
        return None
    return _verdict(changes) if len(changes) >= LEAST else None


def _alike(one: Meaning | None, other: Meaning | None) -> bool:
    """Whether two generations know the meaning of as many threads by the same model. Else both are asked by words alone.

    A model that was taken away, or threads that wait for their vectors, are no matter of better or worse.
    """
    if one is None or other is None or one.model.card.sha256 != other.model.card.sha256:
        return False
    return one.shares.keys() == other.shares.keys() and all(
        abs(share - other.shares[tier]) <= SHARE for tier, share in one.shares.items()
    )


def topics(old: Store, new: Store) -> Iterator[Topic]:
    """Topics from all over the library, in an order that only ids decide; those of duplicates, the harder ones, by turns."""
    threads = sorted(((thread_id, None) for thread_id in old.spread(LOOKED_AT)), key=_shuffled)
    duplicates = heapq.nsmallest(LOOKED_AT, ((original, duplicate) for duplicate, original in old.duplicates()), key=_shuffled)
    turns = chain.from_iterable(zip_longest(threads, duplicates))
    for thread_id, duplicate in filter(None, turns):
        thread = _unchanged(thread_id, old, new)
        asked = thread if duplicate is None else _unchanged(duplicate, old, new)
        if thread is None or asked is None or asked.question is None or not asked.question.title:
            continue
        if not thread.answers:
            continue
        if duplicate:
            yield Topic(asked.question.title, _ids(thread.answers), duplicate)
        else:
            yield topic_of(thread)


def topic_of(thread: Thread) -> Topic:
    """What is asked for a thread: its title, a sentence of its question, or one of its best answer, as the id decides.

    An exact title is found by its letters alone. Only the others show what became of the words of questions and answers.
    """
    good = best(thread)
    kind = zlib.crc32(thread.id.encode()) % 3
    if kind == 1 and thread.question and (said := telling_sentence(thread.question)):
        return Topic(said, _ids(good), None)
    if kind == 2 and (said := telling_sentence(good[0])):
        return Topic(said, _ids(good[:1]), None)
    return Topic(thread.title, _ids(good), None)


def telling_sentence(post: Post) -> str | None:
    """The first sentence near the beginning of a post that says enough to be asked."""
    text = markup.prose(post.body)[:OPENING]
    said = (text[start:end].strip() for start, end in sentences.bounds(text))
    return next((sentence for sentence in said if len(set(words.terms(sentence))) >= TELLING), None)


def _ids(posts: Iterable[Post]) -> frozenset[str]:
    return frozenset(post.id for post in posts)


def best(thread: Thread) -> Sequence[Post]:
    """The answers of a thread that its title should bring up: the marked ones, those with most votes, or all of them."""
    marked = [answer for answer in thread.answers if answer.best]
    most = max((answer.votes or 0 for answer in thread.answers), default=0)
    return marked or [answer for answer in thread.answers if (answer.votes or 0) == most]


def sign_test(worse: int, better: int) -> float:
    """How likely it is that so many or more of the topics that changed got worse, if either was as likely.

    The one-sided sign test, exact (Dixon and Mood, The Statistical Sign Test, 1946). It asks nothing of the differences.
    """
    changed = worse + better
    return sum(math.comb(changed, count) for count in range(worse, changed + 1)) / math.ldexp(1, changed)


def _verdict(changes: Sequence[Change]) -> Verdict:
    worse = sorted((change for change in changes if change.gain < 0), key=lambda change: (change.gain, change.text))
    better = sum(change.gain > 0 for change in changes)
    before, after = (
        sum(map(_reciprocal, ranks)) / len(changes)
        for ranks in ([change.before for change in changes], [change.after for change in changes])
    )
    return Verdict(len(changes), before, after, sign_test(len(worse), better), tuple(worse))


def _unchanged(thread_id: str, old: Store, new: Store) -> Thread | None:
    """The thread, if both have it and it says the same in both."""
    thread, other = old.thread(thread_id), new.thread(thread_id)
    return thread if thread and other and _said(thread) == _said(other) else None


def _said(thread: Thread) -> tuple[object, ...]:
    """What decides how a thread is found and ranked. When a copy was made and what was doubtful of it do not."""
    question = thread.question
    return (
        question and (question.title, question.body, question.tags, question.category),
        [(answer.id, answer.body, answer.votes, answer.best) for answer in thread.answers],
    )


def _ask(topic: Topic, before: Moment, after: Moment) -> Change:
    then = _rank(topic, before, after)
    try:
        now = _rank(topic, after, before)
    except LibraryError:  # a new index that cannot be read answers nothing
        now = None
    return Change(topic.text, then, now)


def _rank(topic: Topic, asked: Moment, other: Moment) -> int | None:
    """The rank of the first relevant answer among those that the other library has too; None where it is below DEPTH."""
    try:
        found = ask.order(topic.text, asked, FAR)
    except BadQuestion:
        return None
    above: list[str] = []
    for name in found:
        if name.id in topic.relevant:
            rank = 1 + other.store.count_ranked(above)
            return rank if rank <= DEPTH else None
        if name.thread_id != topic.left_out:
            above.append(name.id)
    return None


def _reciprocal(rank: int | None) -> float:
    return 1 / rank if rank else 0.0


def _place(rank: int | None) -> Message:
    return Message("rank {rank}", rank=rank) if rank else Message("below rank {depth}", depth=DEPTH)


def _shuffled(topic: tuple[str, str | None]) -> tuple[int, str, str]:
    """A sort key that has nothing to do with how ids are given."""
    thread_id, duplicate = topic
    return zlib.crc32(f"{thread_id} {duplicate}".encode()), thread_id, duplicate or ""
