"""Which words tell most of what a thread or a typed question is about? What similar threads are looked for by."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from .engines import BM25
from .query import Query

MOST_TERMS: Final = 60
TITLE: Final = 2.0
"""Terms that are looked for, those that weigh most, and how much more a term of the title weighs than one of the text. Of the
17 duplicates in se_beer_2020 with both halves there, 11 have the other half among the first five with 60 and 2, 10 with 20 and
2, 11 with 15 and 1, 10 with 30 and 1: too few to tell these apart. In the sample, 15 and 1 follow a story's rare words."""


def telling(
    counts: Mapping[str, float],
    threads_with: Callable[[Iterable[str]], Mapping[str, int]],
    size: int,
    *,
    title: Collection[str] = (),
    least: int = 1,
) -> Query:
    """A query for the terms of a text that tell most, given how often each occurs in it and in how many threads.

    `size` is the number of threads. Terms in fewer than `least` threads lead nowhere: 2 for a thread's own.
    """
    said = {
        term: ((1 + math.log(counts[term])) * (TITLE if term in title else 1.0), BM25.idf(size, min(threads, size)))
        for term, threads in threads_with(counts).items()
        if threads >= least
    }
    best = sorted(said, key=lambda term: (-math.prod(said[term]), term))[:MOST_TERMS]
    return Query("", terms=tuple((term, said[term][0]) for term in best))
