# Whoosh has few annotations.
# mypy: allow-untyped-calls
"""The embedded default: an index of Whoosh's, scored by the house's formula.

Questions are scored term by term over whole posting lists, in the order of the terms. Whoosh's own searcher goes document by
document through trees of matchers: six times as slow, with lengths kept in one byte, statistics that count removed
documents, and sums whose last digits, and so the order of equals, depend on the segment.

Whoosh never calls fsync; `flush` does. Its table of contents is a pickle; ours is JSON, with a checksum for every file.
"""

from __future__ import annotations

import io
import json
import os
import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nlargest
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from whoosh.codec.whoosh3 import W3Segment
from whoosh.filedb.filetables import FileFormatError
from whoosh.writing import NO_MERGE

from ..documents import Document, DocumentKind
from ..query import Filters, Query
from . import BM25, EngineState, Hit, Hits, contents
from .contents import Measure
from .whoosh_segments import (
    CODEC,
    COLUMNS,
    FILE_NAME,
    KINDS,
    SPILL,
    UNKNOWN,
    Postings,
    Reader,
    Segment,
    Storage,
    TermsReader,
    Writer,
    merge,
)

_MARK = {"engine": "whoosh", "format": 2}

_DAMAGE = (OSError, EOFError, ValueError, LookupError, TypeError, OverflowError, struct.error, FileFormatError, RecursionError)
"""What reading bytes that are not as we wrote them raises."""


class _Contents(NamedTuple):
    """The table of contents: the segments, and the size and checksum of each of their files."""

    segments: tuple[Segment, ...]
    files: dict[str, Measure]


def _load(folder: Path) -> _Contents:
    """The table of contents of a folder whose files are all as they were left. Raises ForeignIndex for any other folder."""
    try:
        found = contents.load(folder, _MARK)
        files = {name: _file(folder, name, *parts) for name, parts in found["files"].items()}
        segments = tuple(_segment(files, *parts) for parts in found["segments"])
    except (*_DAMAGE, AttributeError) as error:
        raise contents.foreign(folder, "whoosh") from error
    return _Contents(segments, files)


def _segment(files: dict[str, Measure], name: str, documents: int, deleted: list[int]) -> Segment:
    size, _ = files[f"MAIN_{name}.id.col"]
    if not 0 <= documents < size or not set(deleted) <= set(range(documents)):
        raise ValueError("more documents than ids")
    return Segment(name, documents, tuple(deleted))


def _file(folder: Path, name: str, size: object, checksum: object) -> Measure:
    if not FILE_NAME.fullmatch(name):
        raise ValueError("no file of ours")
    return contents.check(folder / name, size, checksum)


# Searching


class _View:
    """What the index held when this view was made. Never changes, so that threads need no lock."""

    def __init__(self, storage: Storage, segments: Sequence[Segment]) -> None:
        self._readers = [Reader(storage, segment.opened()) for segment in segments]
        self._starts = list(accumulate((reader.doc_count_all() for reader in self._readers), initial=0))
        self._columns = [{name: reader.column_reader(name, translate=False) for name in COLUMNS} for reader in self._readers]
        self._deleted = [frozenset(segment.deleted) for segment in segments]
        self.counts: dict[DocumentKind, int] = dict.fromkeys(KINDS, 0)
        self._norms = self._work_out_norms()

    def _work_out_norms(self) -> array[float]:
        """The norm of each document, by number. Removed documents count for nothing."""
        kinds: list[int] = []
        lengths: list[int] = []
        gone: set[int] = set()
        for start, columns, deleted in zip(self._starts, self._columns, self._deleted, strict=False):
            kinds += columns["kind"].load()
            lengths += columns["length"].load()
            gone.update(start + document for document in deleted)
        totals = dict.fromkeys(KINDS, 0)
        for document, (number, length) in enumerate(zip(kinds, lengths, strict=True)):
            if document not in gone:
                self.counts[KINDS[number]] += 1
                totals[KINDS[number]] += length
        means = [totals[kind] / (self.counts[kind] or 1) or 1.0 for kind in KINDS]
        norms = {pair: BM25.norm(pair[1], means[pair[0]]) for pair in set(zip(kinds, lengths, strict=True))}
        return array("d", map(norms.__getitem__, zip(kinds, lengths, strict=True)))

    def postings(self, field: str, term: str) -> Postings:
        """The postings of a term in all segments, without those of removed documents."""
        documents: list[int] = []
        frequencies: list[int] = []
        for start, reader, deleted in zip(self._starts, self._readers, self._deleted, strict=False):
            for document, frequency in zip(*reader.terms.postings(field, term), strict=True):
                if document not in deleted:
                    documents.append(start + document)
                    frequencies.append(frequency)
        return Postings(documents, frequencies)

    def count(self, field: DocumentKind, term: str) -> int:
        """How many documents of a kind have a term."""
        if any(self._deleted):
            return len(self.postings(field, term).documents)
        return sum(reader.terms.count(field, term) for reader in self._readers)

    def search(self, query: Query, kind: DocumentKind, limit: int) -> Hits:
        scores = self._scores(query.terms or tuple((term, 1.0) for term in query.required), kind)
        for term in query.required:
            scores = {document: scores[document] for document in self.postings(kind, term).documents if document in scores}
        for term in query.forbidden:
            for document in self.postings(kind, term).documents:
                scores.pop(document, None)
        return self._best(scores, query.filters, limit) if scores and limit > 0 else Hits()

    def _scores(self, terms: Iterable[tuple[str, float]], kind: DocumentKind) -> dict[int, float]:
        """The score of each document with any of the terms. The order of sums and products is that of `BM25`, to the digit."""
        scores: dict[int, float] = {}
        norms = self._norms
        top = BM25.K1 + 1
        total = sum(self.counts.values())
        for term, weight in terms:
            documents, frequencies = self.postings(kind, term)
            found = len(documents) + sum(self.count(other, term) for other in KINDS if other != kind)
            lift = weight * BM25.idf(total, found)
            gains = [lift * (tf * top / (tf + norms[document])) for document, tf in zip(documents, frequencies, strict=True)]
            if not scores:
                scores = dict(zip(documents, gains, strict=True))
                continue
            get = scores.get
            for document, gain in zip(documents, gains, strict=True):
                scores[document] = get(document, 0.0) + gain
        return scores

    def _best(self, scores: dict[int, float], filters: Filters, limit: int) -> Hits:
        """The best documents that pass the filters. Columns are read from the top down, and no further than it takes."""
        kept: list[Hit] = []
        if not filters:
            least = nlargest(limit, scores.values())[-1]
            kept = [Hit(self._text(document, "id"), score) for document, score in scores.items() if score >= least]
        else:
            for document in sorted(scores, key=scores.__getitem__, reverse=True):
                if len(kept) >= limit and scores[document] < kept[limit - 1].score:
                    break
                if self._passes(document, filters):
                    kept.append(Hit(self._text(document, "id"), scores[document]))
        return Hits.of(sorted(kept, key=lambda hit: (-hit.score, hit.id))[:limit])

    def _passes(self, document: int, filters: Filters) -> bool:
        """Whether the filters accept a document. Only the columns that they ask for are read."""
        return filters.accept(
            site=self._text(document, "site") if filters.sites else "",
            category=self._text(document, "category") if filters.categories else None,
            author=self._text(document, "author") if filters.authors else None,
            votes=self._whole(document, "votes") if filters.votes else None,
            year=self._whole(document, "year") if filters.year else None,
            best=bool(self._value(document, "best")) if filters.best is not None else None,
            tags=json.loads(self._value(document, "tags")) if filters.tags else (),
        )

    def _value(self, document: int, column: str) -> Any:
        segment = bisect_right(self._starts, document) - 1
        return self._columns[segment][column][document - self._starts[segment]]

    def _text(self, document: int, column: str) -> str:
        return str(self._value(document, column), "utf-8", "surrogatepass")

    def _whole(self, document: int, column: str) -> int | None:
        value = int(self._value(document, column))
        return None if value == UNKNOWN else value


# The engine


def create(folder: Path) -> WhooshEngine:
    """A new, empty index in a folder that does not exist yet."""
    folder.mkdir(parents=True)
    return WhooshEngine(folder, _Contents((), {}), writable=True)


def extend(base: Path, folder: Path) -> WhooshEngine:
    """A new index that starts with the segments of `base`, which cost no copy where the file system has hard links.

    Raises ForeignIndex where `base` holds no index.
    """
    held = _load(base)
    folder.mkdir(parents=True)
    for name in held.files:
        contents.link(base / name, folder / name)
    return WhooshEngine(folder, held, writable=True)


def open(folder: Path) -> WhooshEngine:  # the name that every engine's module gives it
    """An index for reading. Raises ForeignIndex where the folder holds none that is whole and of this engine's making."""
    return WhooshEngine(folder, _load(folder), writable=False)


class WhooshEngine:
    """A Whoosh index in a folder. Any number of threads may search it; one may write at the same time."""

    name = "whoosh"
    exact = True

    def __init__(self, folder: Path, held: _Contents, *, writable: bool) -> None:
        self._folder = folder
        self._storage = Storage(str(folder))
        self._writable = writable
        self._writer: Writer | None = None
        self._files = held.files
        self._segments = held.segments
        """All that have been written, flushed or not."""
        self._lookups: dict[str, TermsReader] = {}
        """Terms of `_segments` by their ids, to find the documents in that are to be removed."""
        try:
            self._view = _View(self._storage, held.segments)
        except _DAMAGE as error:
            raise contents.foreign(folder, "whoosh") from error

    def write(self, documents: Iterable[Document]) -> None:
        for document in documents:
            writer = self._begin()
            self._forget(writer, document.id)
            writer.put(document)
            if writer.doc_count() >= SPILL:
                self._commit(NO_MERGE)

    def remove(self, ids: Iterable[str]) -> None:
        for name in ids:
            self._forget(self._begin(), name)

    def flush(self) -> None:
        self._begin()
        self._commit(merge)
        self._files = dict(self._sync_files())
        contents.save(self._folder, _MARK | _Contents(self._segments, self._files)._asdict())
        for path in self._folder.iterdir():
            if path.name != contents.NAME and path.name not in self._files:
                path.unlink()
        self._view = _View(self._storage, self._segments)

    def search(self, query: Query, kind: DocumentKind, limit: int) -> Hits:
        try:
            return self._view.search(query, kind, limit)
        except (struct.error, ValueError, IndexError) as error:
            raise contents.foreign(self._folder, "whoosh") from error

    def state(self) -> EngineState:
        size = sum(path.stat().st_size for path in self._folder.iterdir() if path.is_file())
        removed = sum(len(segment.deleted) for segment in self._segments)
        return EngineState(self._view.counts["thread"], self._view.counts["answer"], size, removed)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
            self._writer = None
        self._lookups = {}
        self._view = _View(self._storage, ())

    def _begin(self) -> Writer:
        if not self._writable:
            raise io.UnsupportedOperation("this index was opened for reading")
        if self._writer is None:
            self._writer = Writer(self._storage, self._segments)
            opened = self._lookups
            self._lookups = {
                segment.segid: opened.get(segment.segid) or CODEC.terms_reader(self._storage, segment)
                for segment in self._writer.segments
            }
        return self._writer

    def _forget(self, writer: Writer, name: str) -> None:
        """Remove a document wherever it is: in the segment being written, or in an earlier one."""
        number = writer.names.pop(name, None)
        if number is not None:
            writer.newsegment.delete_document(number)
            return
        for segment in writer.segments:
            for number in self._lookups[segment.segid].postings("name", name).documents:
                segment.delete_document(number)

    def _commit(self, policy: Callable[[Writer, list[W3Segment]], list[W3Segment]]) -> None:
        if self._writer is not None:
            self._writer.commit(mergetype=policy)
            self._segments = self._writer.committed
            self._writer = None

    def _sync_files(self) -> Iterator[tuple[str, Measure]]:
        """Make the files of all segments safe on disk. Yields their names and what `measure` says of them."""
        ids = {segment.id for segment in self._segments}
        for path in sorted(self._folder.iterdir()):
            parts = FILE_NAME.fullmatch(path.name)
            if not parts or parts["segment"] not in ids:
                continue
            if path.name not in self._files:
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            yield path.name, self._files.get(path.name) or contents.measure(path)
