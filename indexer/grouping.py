"""How much of a page does one thread fill? Ranked answers, folded by thread.

Every thread is listed once, by the answer of it that ranks first; the others of the set are counted under it. One thread
may be just what was meant, as when its title is the question: then several of its answers are what is looked for. So the
first thread shows as many as stand together at the head of the ranking, before any other thread's, up to LEADING.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from .ranking import Ranked

LEADING: Final = 3
"""Answers of the first thread that are listed, at most. By judgement: with three the next thread is still seen without
scrolling past a page, on the desk at least."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A stretch of a set's answers, in the order they are listed in, and what there is beside it."""

    answers: tuple[Ranked, ...]
    total: int
    """Answers in the set."""
    threads: int
    """Threads that they are from."""
    listed: int
    """Answers that are listed, on this page or another: all, or those that stand for their threads."""
    below: Mapping[str, int]
    """Answer → answers of its thread that rank below it: below the last one that is listed, those folded away."""

    def cut(self, offset: int, n: int) -> Listing:
        """The same with fewer answers: those of one page."""
        return replace(self, answers=self.answers[offset : offset + n])


def flat(ranked: Sequence[Ranked]) -> Listing:
    """Every answer listed."""
    return _listing(ranked, ranked)


def by_thread(ranked: Sequence[Ranked]) -> Listing:
    """The answers folded by thread; threads stand in the order of their first answers."""
    first = ranked[0].candidate.thread_id if ranked else None
    listed = list(takewhile(lambda answer: answer.candidate.thread_id == first, ranked[:LEADING]))
    seen = {first}
    for answer in ranked[len(listed) :]:
        if answer.candidate.thread_id not in seen:
            seen.add(answer.candidate.thread_id)
            listed.append(answer)
    return _listing(listed, ranked)


def _listing(listed: Sequence[Ranked], ranked: Sequence[Ranked]) -> Listing:
    counts: Counter[str] = Counter()
    below = {}
    for answer in reversed(ranked):
        below[answer.candidate.id] = counts[answer.candidate.thread_id]
        counts[answer.candidate.thread_id] += 1
    return Listing(tuple(listed), len(ranked), len(counts), len(listed), below)
