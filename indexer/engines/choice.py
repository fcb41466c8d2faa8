"""Which engine should a build write with, if nobody says? By the size of the library, and told in a line."""

from __future__ import annotations

from typing import Final, NamedTuple

from ..errors import NotInstalled
from . import AUTO, FAST, load

SMALL: Final = "whoosh"
LARGE: Final = "tantivy"

CROSSOVER: Final = 10_000
"""Posts from which on `LARGE` is taken."""

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
        return Choice(wanted, "as set")
    if posts < CROSSOVER * (BACK if current == LARGE else 1):
        return Choice(SMALL, f"auto: {posts:,} posts, below the crossover of {CROSSOVER:,}")
    try:
        load(LARGE)
    except NotInstalled:
        return Choice(SMALL, f"auto: {posts:,} posts are enough for {LARGE}, which is not installed. {FAST}")
    if posts < CROSSOVER:
        return Choice(LARGE, f"auto: {posts:,} posts, not far below the crossover of {CROSSOVER:,}")
    return Choice(LARGE, f"auto: {posts:,} posts, above the crossover of {CROSSOVER:,}")
