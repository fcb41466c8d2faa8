"""What a reader is given: the bytes of one archive to read, and a report to write down what could not be read."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from ..errors import DamagedArchive
from ..messages import Message, Value, mapped
from ..thread import Post

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER: Final = 256 * 1024

HEAD = 65_536
"""Bytes of a file that a reader may look at to say whether it is its own."""

MAX_PAGE = 64 * 1024 * 1024
"""Bytes of a single page; formats that hold many threads are streamed and have no such limit."""

_MISREAD = re.compile("[\u00c2-\u00f4]")
# windows-1252 as browsers have it: its five gaps are the control characters that latin-1 has there.
_TO_BYTE = {ord(bytes([byte]).decode("cp1252")): byte for byte in range(0x80, 0xA0) if byte not in b"\x81\x8d\x8f\x90\x9d"}

MAX_WARNINGS = 200
"""Warnings kept word for word for one archive; past it they are only counted."""

MAX_WARNING = 2_000
"""Characters of a warning that are kept: it may quote the archive, which may say anything at any length."""


@dataclass(slots=True)
class Gauge:
    """Tells how far the reading of an archive has come."""

    read: int = 0
    """Bytes read from files on disk so far. What is read twice counts twice."""


class _Watched(io.FileIO):
    """A file whose reading a gauge shows."""

    def __init__(self, path: Path, gauge: Gauge) -> None:
        super().__init__(path)
        self._gauge = gauge

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        read = super().readinto(buffer)
        self._gauge.read += read or 0
        return read


@dataclass(frozen=True, slots=True)
class Source:
    """One archive as found: a file, a member of a container, or a page out of a web archive.

    `str()` is what people are told; the bytes come from `open`, again from the start at each call.
    """

    path: Path
    """The file, or the one that `opener` takes the bytes out of."""
    member: str = ""
    """Where inside that file: "archive/Posts.xml", an address."""
    opener: Callable[[], BinaryIO] | None = None
    url: str | None = None
    """The page's address, where what it came out of knows."""
    captured: datetime | None = None
    """When the page was saved, aware, where what it came out of knows."""
    gauge: Gauge | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.path}: {self.member}" if self.member else str(self.path)

    def open(self) -> BinaryIO:
        if self.opener:
            return self.opener()
        return io.BufferedReader(_Watched(self.path, self.gauge), _BUFFER) if self.gauge else self.path.open("rb")

    def head(self) -> bytes:
        """The first bytes, enough to tell the format by."""
        with self.open() as file:
            return file.read(HEAD)

    def content(self, limit: int = MAX_PAGE) -> bytes:
        """All bytes of a page-sized archive.

        Raises DamagedArchive when there are more than `limit`, since no page of a thread is that large.
        """
        with self.open() as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise DamagedArchive(
                Message(
                    "{source} is larger than {limit} MiB, which no single page is",
                    source=str(self),
                    limit=str(limit // 1024**2),
                )
            )
        return data

    def beside(self, name: str) -> Source | None:
        """The file of that name in the same folder, whatever its case, as dumps of several tables have them."""
        if self.opener:
            return None
        for path in self.path.parent.iterdir():
            if path.name.lower() == name.lower() and path.is_file():
                return replace(
                    self, path=path, member="".join(self.member.rpartition("/")[:2]) + path.name if self.member else ""
                )
        return None


@dataclass(slots=True)
class Report:
    """What a reader says of one archive besides its posts. Nothing is left out without a word here."""

    formats: dict[str, None] = field(default_factory=dict)
    """Names of the formats found, in order: more than one only in a container."""
    skipped: int = 0
    warnings: list[str] = field(default_factory=list)
    unlisted: int = 0
    """Warnings beyond MAX_WARNINGS, counted only."""

    def warn(self, what: str, where: str = "") -> None:
        """Note something that was read, but not with certainty. `where` is a line or an id."""
        if len(self.warnings) < MAX_WARNINGS:
            said = Message("{where}: {what}", where=_place(where), what=what) if where else what
            self.warnings.append(mapped(said, _storable) if len(said) <= MAX_WARNING else _storable(said[:MAX_WARNING]))
        else:
            self.unlisted += 1

    def skip(self, what: str, where: str = "") -> None:
        """Note a record that could not be read at all and was left out."""
        self.skipped += 1
        self.warn(Message("skipped, {what}", what=what), where)


def _storable(text: str) -> str:
    """It may quote what is half a character or a zero byte, which nothing could store."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


_PLACES: Final[Mapping[str, Callable[[Value], Message]]] = {
    "line": lambda number: Message("line {number}", number=number),
    "element": lambda number: Message("element {number}", number=number),
    "row": lambda number: Message("row {number}", number=number),
    "byte": lambda number: Message("byte {number}", number=number),
    "entry": lambda number: Message("entry {number}", number=number),
    "topic": lambda number: Message("topic {number}", number=number),
    "question": lambda number: Message("question {number}", number=number),
    "answer": lambda number: Message("answer {number}", number=number),
    "comment": lambda number: Message("comment {number}", number=number),
    "post": lambda number: Message("post {number}", number=number),
    "link": lambda number: Message("link {number}", number=number),
    "page of question": lambda number: Message("page of question {number}", number=number),
}
_PLACE: Final = re.compile(rf"(?:(.*), )?({'|'.join(_PLACES)}) (\S+)(?: \(Id (\d+)\))?", re.DOTALL)


def _place(where: str) -> str:
    """A place as a message. Readers make one of every record, and few are ever told: so they are text until then."""
    found = _PLACE.fullmatch(where)
    if not found:
        return where
    outer, kind, number, row_id = found.groups()
    place = _PLACES[kind](int(number.replace(",", "")) if "," in number and number.replace(",", "").isdecimal() else number)
    if row_id:
        place = Message("{place} (Id {id})", place=place, id=row_id)
    return Message("{outer}, {place}", outer=_place(outer), place=place) if outer else place


class Reader(Protocol):
    """One archive format: a module with these four names, listed in the table of formats."""

    @property
    def name(self) -> str:
        """The format's name in reports: short, lower case, hyphens."""

    @property
    def about(self) -> str:
        """What a person would call such a file, in a line."""

    def recognises(self, head: bytes) -> bool:
        """Whether the first bytes of a file are of this format. By content, never by the file's name."""

    def read(self, source: Source, report: Report) -> Iterator[Post]:
        """The posts of an archive, in any order. Raises ArchiveError when there is nothing to be had from it."""


def decode(data: bytes) -> str:
    """Text of unknown encoding: by its byte order mark, else strict UTF-8, else windows-1252; line ends become LF."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, errors="replace")
            break
    else:
        try:
            # Not final: a file that was cut off inside its last character is UTF-8 all the same.
            text = codecs.getincrementaldecoder("utf-8")().decode(data)
        except UnicodeDecodeError:
            # Never latin-1: what it has for control characters are curly quotes in the wild.
            text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def repaired(text: str) -> str:
    """`text` undone of a reading of UTF-8 as latin-1 or windows-1252, if all of it was so misread; else as it is."""
    if not _MISREAD.search(text):
        return text
    try:
        return text.translate(_TO_BYTE).encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
