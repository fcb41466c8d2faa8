"""Who is measured: Askive, and what people use in its place, each behind the same few methods.

A peer is filled from the texts of the bench (`texts.py`) and asked its questions. Only its own process has its libraries, and
one that only asks has nothing of the bench either: what measures is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from texts import Question

TOP: Final = 10
"""Answers that a question asks for."""

Ask = Callable[[Question], Sequence[str]]
"""Asks one question; gives ids of what comes first, or whatever else tells that something was found."""


class Unavailable(Exception):
    """A peer that this machine does not have; the message says what is missing and how it is got."""

    portable = True


class Served(NamedTuple):
    """A server at work: the process at the root of its tree, and where it is asked."""

    pid: int
    address: str
    cold_ms: float
    """From its start to the first answer."""


class Peer:
    """One of those measured. `ways` are how it is asked; `crowded` those of them that many can ask at once."""

    title: str
    ways: tuple[str, ...] = ("ask",)
    crowded: tuple[str, ...] = ()
    patience = 1
    """How many times the limit of time its build may take."""

    def check(self) -> None:
        """Raises Unavailable where this machine lacks what is needed."""

    def build(self, texts: Path, folder: Path, limit: float) -> dict[str, Any]:
        """Fill `folder`, which does not exist yet; tells what that took, and the sizes. Raises TooLong, Failed."""
        import measuring

        return measuring.step(self.write, texts, folder, limit=limit) | self.sizes(folder)

    def write(self, texts: Path, folder: Path) -> dict[str, Any]:
        """The work of a build, in a process of its own."""
        raise NotImplementedError

    def sizes(self, folder: Path) -> dict[str, int]:
        """`disk_bytes`, everything, and `index_bytes`, of that what is for searching alone, where it can be told apart."""
        import measuring

        found = measuring.on_disk(folder)
        return {"disk_bytes": found, "index_bytes": found}

    @contextmanager
    def serve(self, folder: Path, first: Question) -> Iterator[Served | None]:
        """The server, while the block runs, after it has answered `first`."""
        yield None

    def asker(self, way: str, folder: Path, address: str) -> Ask:
        """Opened for asking in one way, in the calling thread's own connection."""
        raise NotImplementedError

    def cold_start(self, folder: Path, texts: Path, question: Question) -> float | None:
        """Milliseconds from the start of a process to its first answer; None where that is the server's."""
        import sys

        import measuring

        script = Path(__file__).parent.parent / "cold.py"
        done = measuring.command([sys.executable, script, type(self).__module__, folder, texts], measuring.GRACE * 4)
        return done.figures["took_s"] * 1000


NAMES: Final = ("askive-whoosh", "askive-tantivy", "engine", "raw", "fts5", "postgres", "kiwix", "xapian")
"""In the order of the tables."""


def load(name: str) -> Peer:
    """The peer of a name."""
    room, _, variant = name.partition("-")
    module = import_module(f"peers.{room}")
    peer: Peer = module.PEER(variant) if variant else module.PEER()
    return peer


def checked(name: str) -> dict[str, Any]:
    """A peer's title, if this machine has it."""
    peer = load(name)
    peer.check()
    return {"title": peer.title}
