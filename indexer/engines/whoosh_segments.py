# Whoosh has few annotations.
# mypy: allow-untyped-calls
"""How the engine “whoosh” keeps postings, columns and segments in files.

Useful for writing a segment and for reading one; the engine beside this module searches them and says which of them count.

From Whoosh come the schema, the writer, segments, columns and the hash table of terms. Ours, each through a class that Whoosh
means to be subclassed, are:

- `_Codec`: posting lists are plain arrays, half the size of Whoosh's pickled blocks and much quicker to write and to read.
- `_File`: nothing is ever unpickled. A pickle from elsewhere can run code, and Whoosh would read one for the table of contents,
  one for the terms and one for each block of postings.
- `_Pool`: postings are gathered in arrays while writing, not in a list of tuples to be sorted.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import re
import sys
from array import array
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import accumulate
from operator import sub
from pathlib import Path
from typing import Any, NamedTuple, cast

from whoosh.codec.whoosh3 import W3Codec, W3PerDocReader, W3Segment
from whoosh.columns import NumericColumn, VarBytesColumn
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.filetables import HashReader, HashWriter
from whoosh.filedb.structfile import BufferFile
from whoosh.formats import Existence
from whoosh.index import TOC, FileIndex
from whoosh.reading import SegmentReader
from whoosh.writing import PostingPool, SegmentWriter

from ..documents import Document, DocumentKind

_INDEX = "MAIN"
FILE_NAME = re.compile(r"MAIN_(?P<segment>[0-9a-z]+)\.[a-z_.]+")

SPILL = 50_000
"""Documents in memory before they become a segment; also the most that a merger puts together, since it works in memory."""
_MOST_DELETED = 1 / 3
"""Share of removed documents from which a segment is written anew."""

UNKNOWN = -(2**63)
"""What a column of numbers holds for None; known numbers are kept within ±(2**63 - 1)."""
KINDS: tuple[DocumentKind, ...] = ("thread", "answer")


# Posting lists


class _Terms(FieldType):
    """A field of prepared terms with their frequencies. Nothing is analysed, and no positions are kept."""

    format = Existence()

    def __init__(self) -> None:
        """Whoosh's own wants an analyzer."""

    def index(self, value: Any, **_: Any) -> Generator[tuple[bytes, int, float, bytes], Any, None]:
        for term, frequency in value.items():
            yield _bytes(term), frequency, frequency, b""


_SCHEMA = Schema(
    thread=_Terms(),
    answer=_Terms(),
    name=_Terms(),
    id=COLUMN(VarBytesColumn()),
    kind=COLUMN(NumericColumn("B")),
    length=COLUMN(NumericColumn("I")),
    site=COLUMN(VarBytesColumn()),
    category=COLUMN(VarBytesColumn()),
    author=COLUMN(VarBytesColumn()),
    tags=COLUMN(VarBytesColumn()),
    votes=COLUMN(NumericColumn("q", default=UNKNOWN)),
    year=COLUMN(NumericColumn("q", default=UNKNOWN)),
    best=COLUMN(NumericColumn("B")),
)
"""`name` is the id once more, as a term to find its document by. A column costs a few bytes a document; Whoosh's numeric
fields would write some ten terms for each number."""
COLUMNS = tuple(name for name, field in _SCHEMA.items() if field.column_type)
_FIELDS = tuple(sorted(name for name, field in _SCHEMA.items() if field.indexed))


class Postings(NamedTuple):
    """The documents with a term, by number and rising, and how often it occurs in each."""

    documents: Sequence[int]
    frequencies: Sequence[int]


_NONE = Postings((), ())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _pack(postings: Postings) -> bytes:
    """Two type codes, the steps from document to document and the frequencies, in the narrowest arrays that hold them."""
    steps = array("I", map(sub, postings.documents, [0, *postings.documents[:-1]]))
    columns = [array(_narrowest(max(numbers)), numbers) for numbers in (steps, postings.frequencies)]
    if sys.byteorder == "big":
        for column in columns:
            column.byteswap()
    return b"".join([column.typecode.encode() for column in columns] + [column.tobytes() for column in columns])


def _narrowest(most: int) -> str:
    return "B" if most < 1 << 8 else "H" if most < 1 << 16 else "I"


def _unpack(packed: bytes) -> Postings:
    """What `_pack` packed. Raises ValueError for other bytes."""
    columns = array(chr(packed[0])), array(chr(packed[1]))
    count, rest = divmod(len(packed) - 2, columns[0].itemsize + columns[1].itemsize)
    if rest:
        raise ValueError("a posting list is cut short")
    middle = 2 + count * columns[0].itemsize
    for column, part in zip(columns, (packed[2:middle], packed[middle:]), strict=True):
        column.frombytes(part)
        if sys.byteorder == "big":
            column.byteswap()
    return Postings(list(accumulate(columns[0])), columns[1])


class _Pool(PostingPool):
    """Postings gathered while a segment is being written: for each term one array of documents and frequencies in turn."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[bytes, array[int]]] = {name: {} for name in _FIELDS}

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        field, term, document, frequency, _ = item
        lists = self._fields[field]
        numbers = lists.get(term)
        if numbers is None:
            numbers = lists[term] = array("I")
        numbers.append(document)
        numbers.append(int(frequency))

    def iter_postings(self) -> Iterator[tuple[str, bytes, Postings]]:
        for field, lists in self._fields.items():
            for term in sorted(lists):
                numbers = lists[term]
                yield field, term, Postings(numbers[::2], numbers[1::2])

    def cleanup(self) -> None:
        self._fields.clear()


# Files and segments


class _File(BufferFile):
    """A file read by position from a memory map, which any number of threads may share. It never unpickles."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else io.BytesIO()
        self._buf = cast(Any, content if size else b"")  # whatever can be sliced into bytes
        self._name = path.name
        self.file = cast(Any, content)
        self.onclose = None
        self.is_real = self.is_closed = False

    def read_pickle(self) -> Any:
        raise ValueError("an index of ours holds no pickles")


class Storage(FileStorage):
    def open_file(self, name: str, **_: Any) -> _File:
        return _File(Path(self.folder, name))


class _TableWriter(HashWriter):
    def _write_extras(self) -> None:
        """Nothing, where Whoosh writes a pickle."""


class _Table(HashReader):
    def _read_extras(self) -> None:
        self.extras = {}


class _TermsWriter:
    """Writes a segment's posting lists to a hash table, under the number of the field and the term."""

    def __init__(self, table: _TableWriter) -> None:
        self._table = table
        self.is_closed = False

    def add_postings(self, _schema: Schema, _lengths: None, items: Iterable[tuple[str, bytes, Postings]]) -> None:
        for field, term, postings in items:
            self._table.add(_key(field, term), _pack(postings))

    def close(self) -> None:
        self._table.close()
        self.is_closed = True


class TermsReader:
    def __init__(self, table: _Table) -> None:
        self._table = table

    def postings(self, field: str, term: str) -> Postings:
        packed = self._table.get(_key(field, _bytes(term)))
        return _NONE if packed is None else _unpack(packed)

    def count(self, field: str, term: str) -> int:
        """How many documents have a term, removed ones too."""
        packed = self._table.get(_key(field, _bytes(term)))
        return 0 if packed is None else (len(packed) - 2) // sum(array(chr(code)).itemsize for code in packed[:2])

    def items(self) -> Iterator[tuple[str, bytes, Postings]]:
        for key, packed in self._table.items():
            yield _FIELDS[key[0]], key[1:], _unpack(packed)

    def indexed_field_names(self) -> tuple[str, ...]:
        return _FIELDS

    def close(self) -> None:
        self._table.close()


def _key(field: str, term: bytes) -> bytes:
    return bytes((_FIELDS.index(field),)) + term


class _PerDocReader(W3PerDocReader):
    """Columns without stored fields and lengths, which Whoosh would unpickle or look for in vain."""

    def stored_fields(self, *_: Any) -> dict[str, Any]:
        return {}

    def doc_field_length(self, *_: Any) -> int:
        return 0


class _Codec(W3Codec):
    """Whoosh's columns and segments, with posting lists of our own."""

    length_stats = False

    def field_writer(self, storage: FileStorage, segment: W3Segment) -> _TermsWriter:
        return _TermsWriter(_TableWriter(segment.create_file(storage, self.TERMS_EXT)))

    def terms_reader(self, storage: FileStorage, segment: W3Segment) -> TermsReader:
        length = storage.file_length(segment.make_filename(self.TERMS_EXT))
        return TermsReader(_Table(segment.open_file(storage, self.TERMS_EXT), length))

    def per_document_reader(self, storage: FileStorage, segment: W3Segment) -> _PerDocReader:
        return _PerDocReader(storage, segment)


CODEC = _Codec()


class Segment(NamedTuple):
    """A segment as the table of contents has it. Whoosh's own is changed in place by whoever removes a document."""

    id: str
    documents: int
    deleted: tuple[int, ...]

    def opened(self) -> W3Segment:
        return W3Segment(CODEC, _INDEX, doccount=self.documents, segid=self.id, deleted=set(self.deleted) or None)


class Reader(SegmentReader):
    """One segment, open."""

    def __init__(self, storage: FileStorage, segment: W3Segment) -> None:
        super().__init__(storage, _SCHEMA, segment, codec=CODEC)

    @property
    def terms(self) -> TermsReader:
        return cast(TermsReader, self._terms)


class _Index(FileIndex):
    """Segments as Whoosh's writer wants to be told of them."""

    def __init__(self, storage: FileStorage, segments: Iterable[Segment]) -> None:
        self.storage = storage
        self.indexname = _INDEX
        self._schema = _SCHEMA
        self._opened = [segment.opened() for segment in segments]

    def _read_toc(self) -> TOC:
        return TOC(_SCHEMA, self._opened, 0)


class Writer(SegmentWriter):
    """Writes one segment and marks documents of earlier ones as removed. Nothing of it counts before `flush` of the engine."""

    committed: tuple[Segment, ...]

    def __init__(self, storage: FileStorage, segments: Iterable[Segment]) -> None:
        super().__init__(_Index(storage, segments), codec=CODEC, compound=False)
        self.pool = _Pool()
        self.names: dict[str, int] = {}
        """The number of each document of the new segment that has not been removed, by id."""

    def put(self, document: Document) -> None:
        self.names[document.id] = self.docnum
        self.add_document(
            **{document.kind: document.terms},
            name={document.id: 1},
            id=_bytes(document.id),
            kind=KINDS.index(document.kind),
            length=document.length,
            site=_bytes(document.site),
            category=_bytes(document.category or ""),
            author=_bytes(document.author or ""),
            tags=json.dumps(document.tags).encode(),
            votes=_number(document.votes),
            year=_number(document.year),
            best=int(document.best or False),
        )

    def add_postings_to_pool(self, reader: Reader, startdoc: int, docmap: dict[int, int] | None) -> None:
        for field, term, postings in reader.terms.items():
            for document, frequency in zip(*postings, strict=True):
                if docmap is None:
                    self.pool.add((field, term, startdoc + document, frequency, b""))
                elif document in docmap:
                    self.pool.add((field, term, docmap[document], frequency, b""))

    def _commit_toc(self, segments: list[W3Segment]) -> None:
        self.committed = tuple(
            Segment(segment.segid, segment.doc_count_all(), tuple(sorted(segment.deleted_docs()))) for segment in segments
        )


def _number(value: int | None) -> int:
    return UNKNOWN if value is None else max(UNKNOWN + 1, min(value, -UNKNOWN - 1))


def merge(writer: Writer, segments: list[W3Segment]) -> list[W3Segment]:
    """Whoosh's merge policy: put small segments together, and drop what was removed.

    A segment is taken in only when it is no larger than all smaller ones and the new documents together. So every document is
    written again at most as often as the index can double, and the number of segments grows with the logarithm of its size
    until they are large enough to be left alone.
    """
    left = []
    together = writer.doc_count()
    for segment in sorted(segments, key=lambda segment: int(segment.doc_count())):
        count = segment.doc_count()
        worn = segment.deleted_count() > segment.doc_count_all() * _MOST_DELETED
        if together + count <= SPILL and (count <= together or worn):
            together += count
            if count:  # of a segment with nothing left, nothing is left
                writer.add_reader(Reader(writer.storage, segment))
        else:
            left.append(segment)
    return left
