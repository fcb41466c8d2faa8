"""How much of a page does one thread fill? Ranked answers, folded by thread.

Every thread is listed once, by the answer of it that ranks first; the others of the set are counted under it. One thread
may be just what was meant, as when its title is the question: then several of its answers are what is looked for. So the
first thread shows as many as stand together at the head of the ranking, before any other thread's, up to LEADING.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .columns import Rows
from .ranking import Ranked, Ranking

LEADING: Final = 3
"""Answers of the first thread that are listed, at most. By judgement: with three the next thread is still seen without
scrolling past a page, on the desk at least."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A stretch of a set's answers, in the order they are listed in, and what there is beside it."""

    answers: tuple[Ranked, ...]
    total: int
    """Answers in the set."""
    threads: int | None
    """Threads that they are from; None where nobody counted."""
    listed: int
    """Answers that are listed, on this page or another: all, or those that stand for their threads."""
    below: tuple[int | None, ...]
    """For each answer, how many of its thread rank below it: below the last one that is listed, those folded away."""


def flat(ranking: Ranking, offset: int, n: int) -> Listing:
    """A stretch of all answers."""
    return _listing(ranking, np.arange(len(ranking)), offset, n)


def by_thread(ranking: Ranking, offset: int, n: int) -> Listing:
    """A stretch of the answers folded by thread; threads stand in the order of their first answers."""
    threads = ranking.facts["thread"]
    leading = int(np.argmin(np.append(threads[:LEADING] == threads[:1], False)))
    firsts = np.unique(threads, return_index=True)[1]
    return _listing(ranking, np.union1d(np.arange(leading), firsts), offset, n)


def _listing(ranking: Ranking, listed: Rows, offset: int, n: int) -> Listing:
    threads = ranking.facts["thread"]
    shown = [int(place) for place in listed[offset : offset + n]]
    return Listing(
        tuple(ranking[place] for place in shown),
        len(ranking),
        len(np.unique(threads)),
        len(listed),
        tuple(int(np.count_nonzero(threads[place + 1 :] == threads[place])) for place in shown),
    )
