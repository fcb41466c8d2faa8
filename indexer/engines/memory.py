"""The exact reference: dicts and the formula, for tests, for small libraries, and for judging the other engines by.

Everything is held in memory. A folder holds one file, a line of JSON that says what follows and then a line for each document,
and it has the same life as the folder of any other engine.
"""

from __future__ import annotations

import io
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..documents import Document, DocumentKind
from ..query import Query
from . import BM25, EngineState, Hit, Hits, contents, sync_folder

_FILE = "documents.jsonl"
_MARK = {"engine": "memory", "format": 2}
_COLUMNS = {
    "id": (str,),
    "kind": (str,),
    "terms": (dict,),
    "site": (str,),
    "category": (str, type(None)),
    "author": (str, type(None)),
    "votes": (int, type(None)),
    "year": (int, type(None)),
    "best": (bool, type(None)),
    "tags": (list,),
}


def create(folder: Path) -> MemoryEngine:
    """A new, empty index in a folder that does not exist yet."""
    folder.mkdir(parents=True)
    return MemoryEngine(folder, {}, writable=True)


def extend(base: Path, folder: Path) -> MemoryEngine:
    """A new index that starts with what `base` holds. Raises ForeignIndex where `base` holds none."""
    documents = _load(base)
    folder.mkdir(parents=True)
    return MemoryEngine(folder, documents, writable=True)


def open(folder: Path) -> MemoryEngine:  # the name that every engine's module gives it
    """An index for reading. Raises ForeignIndex where the folder holds none."""
    return MemoryEngine(folder, _load(folder), writable=False)


@dataclass(slots=True)
class _Collection:
    """The documents of one kind, and where each term occurs."""

    documents: dict[str, Document] = field(default_factory=dict)
    postings: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """Term → document id → frequency."""
    lengths: dict[str, int] = field(default_factory=dict)

    def add(self, document: Document) -> None:
        self.documents[document.id] = document
        self.lengths[document.id] = document.length
        for term, frequency in document.terms.items():
            self.postings[term][document.id] = frequency

    def search(self, query: Query, limit: int, idf_of: Callable[[str], float]) -> Hits:
        wanted = query.terms or tuple((term, 1.0) for term in query.required)
        scores: dict[str, float] = {}
        mean = sum(self.lengths.values()) / len(self.lengths) if self.lengths else 0.0
        for term, weight in wanted:
            found = self.postings.get(term, {})
            idf = idf_of(term)
            for name, frequency in found.items():
                scores[name] = scores.get(name, 0.0) + weight * idf * BM25.gain(frequency, self.lengths[name], mean)
        hits = [Hit(name, score) for name, score in scores.items() if self._passes(self.documents[name], query)]
        return Hits.of(sorted(hits, key=lambda hit: (-hit.score, hit.id))[: max(limit, 0)])

    @staticmethod
    def _passes(document: Document, query: Query) -> bool:
        return (
            all(term in document.terms for term in query.required)
            and not any(term in document.terms for term in query.forbidden)
            and query.filters.accept(
                site=document.site,
                category=document.category,
                author=document.author,
                votes=document.votes,
                year=document.year,
                best=document.best,
                tags=document.tags,
            )
        )


class MemoryEngine:
    """An index in memory. Searching is safe from several threads: a search works on what was there when it began."""

    name = "memory"
    exact = True

    def __init__(self, folder: Path, documents: dict[str, Document], *, writable: bool) -> None:
        self._folder = folder
        self._documents = documents
        self._writable = writable
        self._collections = _collections(documents)

    def write(self, documents: Iterable[Document]) -> None:
        self._need_writable()
        for document in documents:
            self._documents[document.id] = document

    def remove(self, ids: Iterable[str]) -> None:
        self._need_writable()
        for name in ids:
            self._documents.pop(name, None)

    def flush(self) -> None:
        self._need_writable()
        _save(self._folder, self._documents)
        self._collections = _collections(self._documents)

    def search(self, query: Query, kind: DocumentKind, limit: int) -> Hits:
        collections = self._collections
        documents = sum(len(collection.documents) for collection in collections.values())

        def idf(term: str) -> float:
            # Without `get` a word that nobody uses would get a list of its own.
            return BM25.idf(documents, sum(len(collection.postings.get(term, ())) for collection in collections.values()))

        return collections[kind].search(query, limit, idf)

    def state(self) -> EngineState:
        counts = {kind: len(collection.documents) for kind, collection in self._collections.items()}
        file = self._folder / _FILE
        return EngineState(counts["thread"], counts["answer"], file.stat().st_size if file.exists() else 0)

    def close(self) -> None:
        """Let go of the documents; what was not flushed is dropped."""
        self._documents = {}
        self._collections = _collections({})

    def _need_writable(self) -> None:
        if not self._writable:
            raise io.UnsupportedOperation("this index was opened for reading")


def _collections(documents: dict[str, Document]) -> dict[DocumentKind, _Collection]:
    kinds: dict[DocumentKind, _Collection] = {"thread": _Collection(), "answer": _Collection()}
    for document in documents.values():
        kinds[document.kind].add(document)
    return kinds


def _save(folder: Path, documents: dict[str, Document]) -> None:
    """Write all documents to a new file and switch to it, so that a crash leaves the old file or the new one, whole."""
    fresh = folder / f"{_FILE}.new"
    with fresh.open("w", encoding="ascii") as file:
        file.write(json.dumps({**_MARK, "documents": len(documents)}) + "\n")
        for document in documents.values():
            file.write(json.dumps({**document._asdict(), "terms": dict(document.terms)}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / _FILE)
    sync_folder(folder)


def _load(folder: Path) -> dict[str, Document]:
    try:
        with (folder / _FILE).open(encoding="ascii") as file:
            mark = json.loads(next(file, ""))
            documents = [_document(json.loads(line)) for line in file]
    except (OSError, ValueError, RecursionError) as error:
        raise contents.foreign(folder, "memory") from error
    if mark != {**_MARK, "documents": len(documents)}:
        raise contents.foreign(folder, "memory")
    return {document.id: document for document in documents}


def _document(record: object) -> Document:
    """The document of a line. Raises ValueError for anything else."""
    if not isinstance(record, dict) or record.keys() != _COLUMNS.keys():
        raise ValueError("the line is no document")
    if not all(isinstance(record[name], types) for name, types in _COLUMNS.items()):
        raise ValueError("a column has a value of another type")
    if record["kind"] not in ("thread", "answer") or not all(type(count) is int for count in record["terms"].values()):
        raise ValueError("no kind or frequency of ours")
    if not all(isinstance(tag, str) for tag in record["tags"]):
        raise ValueError("no tag of ours")
    return Document(**(record | {"tags": tuple(record["tags"])}))
