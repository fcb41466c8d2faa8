"""Which engine should a build write with, if nobody says? By the size of the library, and told in a line."""

from __future__ import annotations

from typing import Final, NamedTuple

from ..errors import NotInstalled
from ..messages import Message
from . import AUTO, FAST, load

SMALL: Final = "whoosh"
LARGE: Final = "tantivy"

CROSSOVER: Final = 10_000
"""Posts from which on `LARGE` is taken. Whoosh and Tantivy, the engine alone, 500 answers and threads a question, two busy
cores, 2026-11-24. 3,000 documents: writing 0.40 and 0.38 s, a question 0.9 and 0.9 ms, opening 4 and 41 ms. 10,000: 1.27 and
0.65 s, 1.7 and 1.4 ms, 13 and 32 ms. 30,000: 3.5 and 1.6 s, 6.6 and 2.1 ms, 51 and 56 ms."""

BACK: Final = 0.5
"""Share of CROSSOVER below which a library goes back to SMALL, so that one that grows and shrinks about it is not written
again and again."""


class Choice(NamedTuple):
    """An engine, and why it is that one."""

    engine: str
    why: str


def choose(wanted: str, posts: int, current: str | None) -> Choice:
    """The engine to write a library of so many posts with; `current` is the one it has.

    Raises BadSetting for an engine that is not there, NotInstalled for one that was asked for by name and cannot be used.
    """
    if wanted != AUTO:
        load(wanted)
        return Choice(wanted, Message("as set"))
    if posts < CROSSOVER * (BACK if current == LARGE else 1):
        return Choice(
            SMALL, Message("auto: {posts} posts, below the crossover of {crossover}", posts=posts, crossover=CROSSOVER)
        )
    try:
        load(LARGE)
    except NotInstalled:
        return Choice(
            SMALL,
            Message(
                "auto: {posts} posts are enough for {engine}, which is not installed. {hint}",
                posts=posts,
                engine=LARGE,
                hint=FAST,
            ),
        )
    if posts < CROSSOVER:
        return Choice(
            LARGE, Message("auto: {posts} posts, not far below the crossover of {crossover}", posts=posts, crossover=CROSSOVER)
        )
    return Choice(LARGE, Message("auto: {posts} posts, above the crossover of {crossover}", posts=posts, crossover=CROSSOVER))
