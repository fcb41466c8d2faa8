"""Which documents match these terms? The seam between the house and whatever library holds the inverted index.

An engine holds terms and columns, no prose and no word order, in a folder of its own that can be thrown away and built
again. All engines score by the same formula (`BM25` below), so that changing the engine changes the speed and nothing else but
the order of what is as good as equal: `Engine.exact`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from operator import eq
from pathlib import Path
from typing import Final, NamedTuple, Protocol, Self, cast, overload

from ..documents import Document, DocumentKind
from ..errors import BadSetting, NotInstalled
from ..messages import Joined, Message
from ..query import Query


class Hit(NamedTuple):
    """All that an engine says of a document that matches."""

    id: str
    score: float


class Hits(Sequence[Hit]):
    """Documents that match, best first: ids and scores, since a question looks at a thousand of them and at none alone."""

    def __init__(self, ids: Sequence[str] = (), scores: Sequence[float] = ()) -> None:
        self.ids, self.scores = ids, scores

    @classmethod
    def of(cls, hits: Iterable[Hit]) -> Self:
        return cls(*zip(*hits, strict=True))

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> Hit: ...
    @overload
    def __getitem__(self, place: slice) -> Hits: ...
    def __getitem__(self, place: int | slice) -> Hit | Hits:
        if isinstance(place, slice):
            return Hits(self.ids[place], self.scores[place])
        return Hit(self.ids[place], self.scores[place])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # as of any list


@dataclass(frozen=True, slots=True)
class EngineState:
    """What an engine holds: documents by kind, and bytes on disk."""

    threads: int
    answers: int
    bytes: int
    removed: int = 0
    """Documents that were removed or replaced and still take room."""


class Engine(Protocol):
    """One inverted index in one folder.

    A folder is written by one engine at a time, which may flush it several times; from then on it is never changed, apart
    from being deleted. What has been opened for reading raises io.UnsupportedOperation when written to. `search` may be
    called from any number of threads at once.
    """

    @property
    def name(self) -> str: ...

    @property
    def exact(self) -> bool:
        """Whether scores are those of the formula to the last digit, and removed documents count for nothing at once.

        Otherwise scores are within 0.0002 of the formula's, and removed documents that still take room count in the statistics.
        """

    def write(self, documents: Iterable[Document]) -> None:
        """Add documents; one whose id is known already replaces it. Takes them one by one, so that memory stays flat."""

    def remove(self, ids: Iterable[str]) -> None:
        """Take documents out. Ids that are not there are nothing to worry about."""

    def flush(self) -> None:
        """Make everything written so far safe on disk and visible to `search`."""

    def search(self, query: Query, kind: DocumentKind, limit: int) -> Hits:
        """The best `limit` documents of a kind, best first, equal scores by id.

        They have any of the query's terms, all the required and none of the forbidden ones, and pass the filters.
        A query without terms but with required ones scores by those; with neither it matches nothing.
        """

    def state(self) -> EngineState: ...

    def close(self) -> None:
        """Let go of files; whatever was not flushed is dropped."""


class EngineModule(Protocol):
    """A module of this folder: the three ways to come by an engine."""

    def create(self, folder: Path) -> Engine:
        """A new, empty index in a folder that does not exist yet."""

    def extend(self, base: Path, folder: Path) -> Engine:
        """A new index that starts with what `base` holds; `base` is left as it is. Raises ForeignIndex as `open` does."""

    def open(self, folder: Path) -> Engine:
        """An index for reading. Raises ForeignIndex where the folder holds none that this engine left there."""


ENGINES: Final[dict[str, str]] = {"whoosh": "whoosh", "tantivy": "tantivy", "memory": "memory"}
"""Engine name → module of this folder."""

AUTO: Final = "auto"
"""What stands for the engine that suits the library's size, see `choice`."""

FAST: Final = Message("Install it with: pip install 'askive[fast]'")


def load(name: str) -> EngineModule:
    """The module of an engine.

    Raises BadSetting for a name that is not in the table, NotInstalled where the library it stands on is missing.
    """
    if name not in ENGINES:
        raise BadSetting(
            Message("There is no engine called {name}", name=repr(name)),
            Message("Choose one of: {names}", names=Joined((AUTO, *ENGINES), ",")),
        )
    try:
        return cast(EngineModule, import_module(f".{ENGINES[name]}", __package__))
    except ImportError as error:
        raise NotInstalled(
            Message("The engine “{name}” needs a package that is not installed ({error})", name=name, error=str(error)), FAST
        ) from error


class BM25:
    """The text score of every engine: Okapi BM25 with the non-negative idf.

        idf = ln(1 + (N - n + 0.5) / (n + 0.5))
        score = Σ weight · idf · tf · (k1 + 1) / (tf + k1 · (1 - b + b · rounded length / mean length))

    with N documents of both kinds, n of them with the term, and the mean length of the same kind. How common a word is, is
    better known from all documents than from the titles alone: nDCG@10 from the own kind to both: stackfaq_dev .822 → .831,
    discourse_delving .841 → .868, qatarliving_dev .299 → .296, by subject .314 → .316. Robertson and Zaragoza, The
    Probabilistic Relevance Framework: BM25 and Beyond (2009), with k1 and b at their usual values; the + 1 inside the
    logarithm, as in Lucene, keeps common terms from counting against a document.
    """

    K1: Final = 1.2
    B: Final = 0.75

    @staticmethod
    def idf(documents: int, with_term: int) -> float:
        return math.log(1 + (documents - with_term + 0.5) / (with_term + 0.5))

    @staticmethod
    def rounded(length: int) -> int:
        """A length as it counts: exact up to 40, from there rounded down by at most a ninth.

        Lucene and what comes after it keep lengths in a byte, with four binary digits of what is beyond 24. nDCG@10 from
        exact lengths: stackfaq_dev .8546 → .8542, qatarliving_dev by subject .3466 → .3482.
        """
        beyond = length - 24
        shift = max(0, beyond.bit_length() - 4) if beyond > 0 else 0
        return length if not shift else (beyond >> shift << shift) + 24

    @classmethod
    def norm(cls, length: int, mean_length: float) -> float:
        """The part of the gain that depends on the document alone. An engine can work it out once for each document."""
        return cls.K1 * (1 - cls.B + cls.B * cls.rounded(length) / mean_length)

    @classmethod
    def gain(cls, frequency: float, length: int, mean_length: float) -> float:
        """What a term that occurs `frequency` times adds, before weight and idf."""
        return frequency * (cls.K1 + 1) / (frequency + cls.norm(length, mean_length))


def sync_folder(folder: Path) -> None:
    """Make the names in a folder safe on disk, as fsync of the files in it does for what they hold."""
    if os.name == "nt":  # Windows opens no folders, and writes names through by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
