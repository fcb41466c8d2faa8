"""The fast engine, for all but small libraries: an index of Tantivy's for each kind, since statistics are an index's own.

Tantivy's score is `BM25`, whose lengths are rounded as Tantivy keeps them; that the house's idf is that of both kinds goes into
the weights. It is worked out in 32 bits and in an order of its own, so that scores are rounded to PRECISION here, and ties are
ties again. Removed documents count in the statistics until their segment is merged: `EngineState.removed`.

What was flushed is never written to again. A folder holds numbered editions; a writer starts the next one with links to the
files of the last, and the table of contents switches to it, so Tantivy's own locks, mergers and left-overs touch nothing else.
"""

from __future__ import annotations

import ctypes
import io
import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from tantivy import Index, IndexWriter, Searcher

from ..documents import Document, DocumentKind
from ..errors import LibraryError
from ..messages import Message
from ..query import Query
from . import BM25, EngineState, Hits, contents, sync_folder
from .contents import Measure
from .tantivy_fields import SCHEMA, entry, ids, token, wanted, with_term, with_tokenizer

_MARK: Final = {"engine": "tantivy", "format": 2}
_KINDS: Final[tuple[DocumentKind, ...]] = ("answer", "thread")

_FILE: Final = re.compile(r"(?:answer|thread)/(?:meta\.json|[0-9a-f]{32}\.(?:idx|pos|term|store|fast|fieldnorm|\d+\.del))")

_HEAP: Final[dict[DocumentKind, int]] = {"answer": 64_000_000, "thread": 32_000_000}
"""Bytes of postings in memory before they become a segment."""

PRECISION: Final = 4
"""Digits after the point that scores have. Sums of a question's terms in 32 bits differ by about one in a million."""

SPARE: Final = 64
"""Documents that are asked for beyond the limit, to see whether equal scores are cut."""

MOST_EQUALS: Final = 8
"""The limit is exceeded by at most this factor to find all equals at the cut; which of more are kept is left to Tantivy."""


def create(folder: Path) -> TantivyEngine:
    """A new, empty index in a folder that does not exist yet."""
    folder.mkdir(parents=True)
    return TantivyEngine(folder, None, writable=True)


def extend(base: Path, folder: Path) -> TantivyEngine:
    """A new index that starts with the segments of `base`, which cost no copy where the file system has hard links.

    Raises ForeignIndex where `base` holds no index.
    """
    held = _load(base)
    folder.mkdir(parents=True)
    engine = TantivyEngine(folder, held, writable=True)
    engine.begin()
    return engine


def open(folder: Path) -> TantivyEngine:  # the name that every engine's module gives it
    """An index for reading. Raises ForeignIndex where the folder holds none that is whole and of this engine's making."""
    return TantivyEngine(folder, _load(folder), writable=False)


# Editions


@dataclass(frozen=True, slots=True)
class _Edition:
    """What one flush left: a folder with an index for each kind."""

    folder: Path
    files: Mapping[str, Measure]
    """By name within the folder."""

    def link_to(self, folder: Path) -> None:
        for name in self.files:
            contents.link(self.folder / name, folder / name)


def _load(folder: Path) -> _Edition:
    """The edition in force, whose files are all as they were left. Raises ForeignIndex for any other folder."""
    try:
        found = contents.load(folder, _MARK)
        edition = folder / f"{int(found['edition'])}"
        files = {name: _checked(edition, name, *parts) for name, parts in found["files"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise contents.foreign(folder, "tantivy") from error
    return _Edition(edition, files)


def _checked(edition: Path, name: str, size: object, checksum: object) -> Measure:
    if not _FILE.fullmatch(name):
        raise ValueError("no file of ours")
    return contents.check(edition / name, size, checksum)


@contextmanager
def _sound(folder: Path) -> Iterator[None]:
    """Tell of files that Tantivy cannot make sense of, although they are as they were left, in our own words."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise contents.foreign(folder, "tantivy", error) from error
    except BaseException as error:  # a panic in Rust is no Exception, so that it is not taken for one by mistake
        if type(error).__name__ == "PanicException":
            raise contents.foreign(folder, "tantivy", error) from error
        raise


def _unwritable(folder: Path, error: Exception) -> LibraryError:
    """What to raise when Tantivy could not write: it makes a ValueError of everything."""
    return LibraryError(
        Message("{file} could not be written ({error})", file=str(folder), error=str(error)),
        Message("Make room or permissions, then build again"),
    )


def _live(index: Path) -> set[str]:
    """The names of the files that an index of Tantivy's consists of, by its own table."""
    live = {"meta.json"}
    for segment in json.loads((index / "meta.json").read_bytes())["segments"]:
        name = segment["segment_id"].replace("-", "")
        live |= {f"{name}.{part}" for part in ("idx", "pos", "term", "store", "fast", "fieldnorm")}
        if segment["deletes"]:
            live.add(f"{name}.{segment['deletes']['opstamp']}.del")
    return live


def _removed(index: Path) -> int:
    segments = json.loads((index / "meta.json").read_bytes())["segments"]
    return sum(segment["deletes"]["num_deleted_docs"] for segment in segments if segment["deletes"])


# Searching


class _View:
    """What the index held when this view was made. Never changes, so that threads need no lock."""

    def __init__(self, edition: _Edition | None) -> None:
        self._searchers: dict[DocumentKind, Searcher] = {}
        self.counts: dict[DocumentKind, int] = dict.fromkeys(_KINDS, 0)
        self._held: dict[DocumentKind, int] = dict.fromkeys(_KINDS, 0)
        """Documents that count in the statistics, removed ones too."""
        if edition:
            for kind in _KINDS:
                self._searchers[kind] = _searcher(edition, kind)
                self.counts[kind] = self._searchers[kind].num_docs
                self._held[kind] = self.counts[kind] + _removed(edition.folder / kind)

    @property
    def removed(self) -> int:
        return sum(self._held.values()) - sum(self.counts.values())

    def search(self, query: Query, kind: DocumentKind, limit: int) -> Hits:
        most = self.counts[kind]
        if limit <= 0 or not most or not (query.terms or query.required):
            return Hits()
        searcher, asked = self._searchers[kind], wanted(query, lambda said: self._lift(kind, said))
        count = limit + SPARE
        while True:
            found = searcher.search(asked, min(count, most), count=False).hits
            least = found[min(limit, len(found)) - 1][0] - 10**-PRECISION if found else 0.0
            if len(found) < count or found[-1][0] < least or count > limit * MOST_EQUALS:
                break
            count *= 4
        kept = [(score, place) for score, place in found if score >= least]
        names = ids(searcher, [place for _, place in kept])
        scores = np.round([score for score, _ in kept], PRECISION)
        in_order = sorted(zip((-scores).tolist(), names, strict=True))[:limit]
        return Hits([name for _, name in in_order], [-less for less, _ in in_order])

    def _lift(self, kind: DocumentKind, said: str) -> float:
        """The idf of a term among all documents, by the one among those of its kind, which Tantivy multiplies with."""
        found = {each: with_term(searcher, said) for each, searcher in self._searchers.items()}
        theirs = _idf_in_32_bits(self._held[kind], found[kind])
        return BM25.idf(sum(self._held.values()), sum(found.values())) / theirs if theirs else 1.0


def _idf_in_32_bits(documents: int, with_term: int) -> float:
    """`BM25.idf` to the digits that Tantivy has. Of a term in nearly all documents these are few."""
    share = _float32(_float32(documents - with_term + 0.5) / _float32(with_term + 0.5))
    return _float32(math.log(_float32(1.0 + share)))


def _float32(number: float) -> float:
    return ctypes.c_float(number).value


def _searcher(edition: _Edition, kind: DocumentKind) -> Searcher:
    """The index of a kind, opened. Raises ValueError where it is none of ours.

    To open one Tantivy has to write a lock beside it, and goes on watching the folder. So it is shown a folder of links, which
    can go as soon as all files are open; the index may lie where nothing can be written.
    """
    with tempfile.TemporaryDirectory(prefix="askive-", ignore_cleanup_errors=True) as place:
        for name in edition.files:
            if name.startswith(kind):
                path = (edition.folder / name).resolve()
                try:
                    (Path(place) / path.name).symlink_to(path)
                except OSError:  # Windows leaves links to administrators
                    contents.link(path, Path(place) / path.name)
        opened = Index.open(place)
        if opened.schema != SCHEMA:
            raise ValueError("the index is of another make")
        opened.config_reader("manual")
        return opened.searcher()


# Writing


class _Seen:
    """Has this id perhaps been written before? A Bloom filter: never a wrong no, and for five million ids 2 % wrong yeses.

    Tantivy looks for a removed id in every segment, which nobody needs for the ids of a new index. 8 MB, whatever is written.
    """

    _BITS = 26

    def __init__(self) -> None:
        self._bits = bytearray(1 << self._BITS - 3)

    def add(self, name: str) -> bool:
        """Note an id; tells whether it may have been here before."""
        digest = hash(name)
        known = True
        for shift in (0, 32):
            place, bit = divmod(digest >> shift & (1 << self._BITS) - 1, 8)
            known = known and bool(self._bits[place] & 1 << bit)
            self._bits[place] |= 1 << bit
        return known


@dataclass(slots=True)
class _Writer:
    """The next edition at work."""

    folder: Path
    writers: dict[DocumentKind, IndexWriter] = field(default_factory=dict)

    @classmethod
    def begin(cls, folder: Path, base: _Edition | None) -> _Writer:
        new = cls(folder)
        for kind in _KINDS:
            (folder / kind).mkdir(parents=True)
        if base:
            base.link_to(folder)
        for kind in _KINDS:
            index = with_tokenizer(Index(SCHEMA, str(folder / kind)))
            index.config_reader("manual")  # it would look for changes from time to time, and leave a lock
            new.writers[kind] = index.writer(_HEAP[kind], 1)
        return new

    def put(self, document: Document) -> None:
        self.writers[document.kind].add_document(entry(document))

    def forget(self, name: str) -> None:
        for writer in self.writers.values():
            writer.delete_documents_by_term("key", token(name))

    def finish(self, known: Mapping[str, Measure]) -> _Edition:
        """Make everything safe on disk. Files that are `known` are so already."""
        for writer in self.writers.values():
            writer.commit()
            writer.wait_merging_threads()
        self.writers.clear()
        files = {}
        for kind in _KINDS:
            place = self.folder / kind
            live = _live(place)
            for path in sorted(place.iterdir()):
                if path.name not in live:
                    path.unlink()
                    continue
                name = f"{kind}/{path.name}"
                if path.name == "meta.json" or name not in known:
                    with path.open("rb") as file:
                        os.fsync(file.fileno())
                    files[name] = contents.measure(path)
                else:
                    files[name] = known[name]
            sync_folder(place)
        sync_folder(self.folder)
        return _Edition(self.folder, files)

    def drop(self) -> None:
        for writer in self.writers.values():
            with suppress(ValueError, RuntimeError):  # one that failed has nothing left to take back
                writer.rollback()
        self.writers.clear()
        shutil.rmtree(self.folder, ignore_errors=True)


class TantivyEngine:
    """An index in a folder. Any number of threads may search it; one may write at the same time."""

    name = "tantivy"
    exact = False

    def __init__(self, folder: Path, edition: _Edition | None, *, writable: bool) -> None:
        self._folder = folder
        self._edition = edition
        self._writable = writable
        self._writer: _Writer | None = None
        self._seen = _Seen() if writable and edition is None else None
        with _sound(folder):
            self._view = _View(edition)

    def write(self, documents: Iterable[Document]) -> None:
        for document in documents:
            writer = self.begin()
            if self._seen is None or self._seen.add(document.id):
                writer.forget(document.id)
            try:
                writer.put(document)
            except (OSError, ValueError) as error:
                raise _unwritable(self._folder, error) from error

    def remove(self, ids: Iterable[str]) -> None:
        for name in ids:
            self.begin().forget(name)

    def flush(self) -> None:
        writer = self.begin()
        try:
            edition = writer.finish(self._edition.files if self._edition else {})
        except (OSError, ValueError) as error:
            raise _unwritable(self._folder, error) from error
        self._writer = None
        contents.save(self._folder, _MARK | {"edition": int(edition.folder.name), "files": edition.files})
        self._edition = edition
        self._view = _View(edition)
        for path in self._folder.iterdir():
            if path.is_dir() and path != edition.folder:
                shutil.rmtree(path, ignore_errors=True)

    def search(self, query: Query, kind: DocumentKind, limit: int) -> Hits:
        with _sound(self._folder):
            return self._view.search(query, kind, limit)

    def state(self) -> EngineState:
        size = sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())
        return EngineState(self._view.counts["thread"], self._view.counts["answer"], size, self._view.removed)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.drop()
            self._writer = None
        self._view = _View(None)

    def begin(self) -> _Writer:
        """The next edition at work; from here on nothing depends on the base."""
        if not self._writable:
            raise io.UnsupportedOperation("this index was opened for reading")
        if self._writer is None:
            number = int(self._edition.folder.name) + 1 if self._edition else 1
            self._writer = _Writer.begin(self._folder / str(number), self._edition)
        return self._writer
