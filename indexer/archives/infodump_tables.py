"""The tables of a MetaFilter Infodump: when each was made, what its columns are, and its rows one at a time.

An Infodump is a folder of tab-separated tables, plain or one to a zip. It has what is countable about posts (favorites, best
answers, tags, names, times to the second) and none of what was said, so it is no archive to build from: it is joined to
threads that a library already has (`indexer/infodump.py`).
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from ..errors import ArchiveError, DamagedArchive, NotAThread, UnknownFormat
from ..messages import Message
from .metafilter_dates import FIRST_POST, parse_stamp
from .source import Source

SITES: Final = {
    "askme": "ask.metafilter.com",
    "mefi": "www.metafilter.com",
    "meta": "metatalk.metafilter.com",
    "music": "music.metafilter.com",
    "fanfare": "fanfare.metafilter.com",
}
"""The part of the site that each ending of a table's name stands for."""

COLUMNS: Final = {
    "postdata": ("postid", "userid", "datestamp", "category", "comments", "favorites", "deleted", "reason"),
    "posttitles": ("postid", "title"),
    "commentdata": ("commentid", "postid", "userid", "datestamp", "faves", "best answer?"),
    "tagdata": ("tagid", "linkid", "linkdate", "tagname"),
    "usernames": ("userid", "joindate", "name"),
    "favoritesdata": ("faveid", "faver", "favee", "type", "target", "parent", "datestamp"),
}
"""The tables that are read, with the columns they have had: what a table is read by when it does not say its own."""

OF_SITE: Final = frozenset({"postdata", "posttitles", "commentdata", "tagdata"})
"""The tables that there is one of for each part of the site; of the others there is one."""

MAX_TABLE: Final = 16 * 1024**3
"""Bytes of an unpacked table: the largest one there is has less than a tenth of it."""

MAX_RATIO: Final = 200
"""How much smaller than its content a zipped table may be; tables of numbers shrink to a fifth."""

MAX_LINE: Final = 64 * 1024
"""Bytes of a row; a longer one is counted as broken and not held."""

MAX_NUMBER: Final = 10
"""Digits of the largest number that a row can have."""

_BLANK: Final = 20
"""Empty lines that may stand before a table."""

_BUFFER: Final = 1 << 13
"""Bytes unpacked at a time. Those before a break are lost with it, so they are few."""

_TICK: Final = 20_000
"""Rows between two words of progress."""

_DAYS: Final = r"(?:mon|tue|wed|thu|fri|sat|sun)"
_DATE_LINE: Final = re.compile(rf"{_DAYS} ([a-z]{{3}}) +(\d{{1,2}}) (\d\d:\d\d):(\d\d) (\d{{4}})", re.IGNORECASE | re.ASCII)
_ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d:\d\d):(\d\d)(?:\.\d{1,9})?", re.ASCII)
_WORDED: Final = re.compile(
    r"([a-z]{3}) +(\d{1,2}) +(\d{4}) +(\d{1,2}:\d\d)(?::(\d\d)(?::\d{1,3})?)? ?([ap]m)", re.IGNORECASE | re.ASCII
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,  # a way of packing that Python does not have
    RuntimeError,  # an encrypted member
    ValueError,  # what broken headers give
)

Progress = Callable[[str, int, int], None]
"""Called as (step, done, of all)."""


class Numbers(Protocol):
    """A set of numbers that can be asked for one."""

    def __contains__(self, number: int) -> bool: ...


@dataclass(slots=True)
class Table:
    """A table as found. What its rows are like is known after they have been read: `rows` counts as it goes."""

    name: str
    """As the site names it: "commentdata_askme"."""
    source: Source
    size: int
    """Bytes, unpacked."""
    date: datetime | None
    """When the table was made, UTC, if it says so."""
    columns: tuple[str, ...]
    read: int = 0
    """Rows."""
    broken: int = 0
    """Rows that say nothing: without the number they are known by, or endless."""
    whole: bool = False
    """Whether it was read to its end."""
    warnings: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The name without the part of the site: "commentdata"."""
        return self.name.partition("_")[0]

    @property
    def site(self) -> str | None:
        """The part of the site it is about, for tables that there are several of."""
        return SITES[self.name.partition("_")[2]] if self.kind in OF_SITE else None

    def has(self, column: str) -> bool:
        return column in self.columns

    def rows(self, key: str, wanted: Numbers | None, progress: Progress) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows as column → text, each with its number in column `key`: those whose number is in `wanted`, or all.

        A short row lacks its last columns; what a row has too much belongs to its last column. A table that breaks off ends
        there with a warning.
        """
        if key not in self.columns:
            self.warnings.append(f"{self.name} has no column “{key}”: it is left out")
            return
        place, last = self.columns.index(key), len(self.columns) - 1
        step, done = f"Reading {self.name}", 0
        try:
            with _opened(self.source) as file:
                _head(file, self.name, str(self.source))
                line = b"\n"
                for line in _lines(file):
                    if self.read % _TICK == 0:
                        progress(step, done, self.size)
                    done += len(line)
                    if line.isspace():
                        continue
                    self.read += 1
                    try:
                        number = int(line.split(b"\t", place + 1)[place])
                    except (IndexError, ValueError):
                        self.broken += 1
                        continue
                    if wanted is None or number in wanted:
                        text = line.rstrip(b"\r\n").decode("utf-8", "replace")
                        yield number, dict(zip(self.columns, text.split("\t", last), strict=False))
        except DamagedArchive as error:
            self.warnings.append(error.reason)
        except _UNREADABLE as error:
            self.warnings.append(f"{self.source} breaks off after row {self.read:,} ({_short(error)}): what follows is lost")
        else:
            self.whole = line.endswith(b"\n")
            if not self.whole:
                self.warnings.append(f"{self.source} ends in the middle of row {self.read:,}: what follows is lost")
        progress(step, self.size, self.size)


def find(folder: Path) -> tuple[list[Table], list[str]]:
    """The tables of an Infodump in a folder (or a single file), and what is wrong with those that cannot be read.

    Raises UnknownFormat where there is none at all, DamagedArchive where all are broken.
    """
    tables: dict[str, Table] = {}
    wrong: list[str] = []
    files = [folder] if folder.is_file() else sorted(folder.iterdir()) if folder.is_dir() else []
    found = [found for file in files if file.is_file() for found in _sources(file, wrong)]
    # Plain files before zips before what is one of many in a zip, so that what somebody unpacked and mended is taken.
    for name, source, size in sorted(found, key=lambda each: (each[0], bool(each[1].member), each[1].path.name.lower())):
        if name in tables:
            wrong.append(f"{source} is left out: {tables[name].source} is the same table")
            continue
        try:
            with _opened(source) as file:
                date, columns, warnings = _head(file, name, str(source))
        except DamagedArchive as error:
            wrong.append(error.reason)
        except _UNREADABLE as error:
            wrong.append(f"{source} cannot be read ({_short(error)})")
        else:
            tables[name] = Table(name, source, size, date, columns, warnings=warnings)
    if not tables and wrong:
        raise DamagedArchive("; ".join(wrong[:3]))
    if not tables:
        raise UnknownFormat(
            f"There are no tables of an Infodump in {folder}",
            "Put postdata_askme.txt.zip, commentdata_askme.txt.zip, posttitles_askme.txt.zip and usernames.txt.zip there",
        )
    return list(tables.values()), wrong


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file are a table of an Infodump."""
    lines = head.removeprefix(b"\xef\xbb\xbf")[:2_000].decode("utf-8", "replace").splitlines()[:2]
    if len(lines) < 2 or not _DATE_LINE.fullmatch(lines[0].strip()):
        return False
    names = _names(lines[1])
    return "\t" in lines[1] and any(columns[0] in names for columns in COLUMNS.values())


def refuse(source: Source) -> NotAThread:
    """The error for a table that was given to be read as an archive."""
    return NotAThread(
        Message("{source} is a table of a MetaFilter Infodump, which holds no text", source=str(source)),
        Message("`askive enrich FOLDER` joins such tables to threads that are in the library"),
    )


def moments(text: str) -> tuple[int, ...]:
    """The moments that a `datestamp` can mean, in seconds since 1970: none, one, or two in the hour that autumn repeats.

    Both forms of the dumps are Pacific time and name no zone.
    """
    if found := _ISO.fullmatch(text.strip()):
        year, number, day, time, seconds = found.groups()
        month = _MONTHS[int(number) - 1] if 1 <= int(number) <= 12 else ""
    elif found := _WORDED.fullmatch(text.strip()):
        month, day, year, time, seconds, half = found.groups()
        time += half
    else:
        return ()
    stamp = parse_stamp(time, month, day, year)
    first = stamp.utc() if stamp else None
    if stamp is None or first is None or first < FIRST_POST or int(seconds or 0) > 59:
        return ()
    second = stamp.utc(not_before=first + timedelta(seconds=1)) or first
    return tuple(int(each.timestamp()) + int(seconds or 0) for each in dict.fromkeys((first, second)))


def number(text: str | None) -> int | None:
    """A number of a row, or None for what is none."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER else None


# --- Files -----------------------------------------------------------------------------------------------------------


def _sources(file: Path, wrong: list[str]) -> Iterator[tuple[str, Source, int]]:
    """The tables in a file, by name: itself, or the members of a zip. Nothing of a zip is written to disk."""
    name = _table_name(file.name)
    try:
        with file.open("rb") as opened:
            packed = opened.read(4) == b"PK\x03\x04"
        if not packed:
            if name:
                yield name, Source(file), file.stat().st_size
            return
        with zipfile.ZipFile(file) as container:
            members = [(member, _table_name(member.filename) or name) for member in container.infolist()]
    except _UNREADABLE as error:
        if name or file.suffix.lower() == ".zip":
            wrong.append(f"{file} cannot be read ({_short(error)}): fetch it again")
        return
    files = [(member, table) for member, table in members if not member.is_dir()]
    for member, table in files:
        # A zip of one file is the table it is named after, whatever that file is called.
        if table and (len(files) == 1 or _table_name(member.filename)):
            yield table, Source(file, member.filename), member.file_size


def _table_name(name: str) -> str | None:
    """The table that a file is, by its name; None for any other file."""
    stem = name.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".zip").removesuffix(".txt")
    kind, _, part = stem.partition("_")
    known = part in SITES if kind in OF_SITE else kind in COLUMNS and not part
    return stem if known else None


@contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    """The bytes of a table, unpacked as they are read. Raises DamagedArchive for a zip that is a trap."""
    if not source.member:
        with source.path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(source.path) as container:
        member = container.getinfo(source.member)
        if member.flag_bits & 1:
            raise DamagedArchive(f"{source} is encrypted")
        # What zipfile gives out is never more than this says.
        if member.file_size > MAX_TABLE or member.file_size > MAX_RATIO * max(member.compress_size, 8_192):
            raise DamagedArchive(f"{source} would unpack to {member.file_size:,} bytes, which no table has")
        with container.open(member) as packed, io.BufferedReader(packed, _BUFFER) as file:  # type: ignore[type-var] # IO[bytes] is readable
            yield file


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines that are left of a file; of an endless one, its first bytes."""
    while line := file.readline(MAX_LINE):
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            # Without a number, so that it counts as broken.
            line = b"-\n"
        yield line


def _head(file: BinaryIO, name: str, where: str) -> tuple[datetime | None, tuple[str, ...], list[str]]:
    """Read a table's date and column names, leaving the file at its first row. Raises DamagedArchive for what is no table."""
    expected = COLUMNS[name.partition("_")[0]]
    warnings: list[str] = []
    date: datetime | None = None
    place, line = _next(file)
    line = line.removeprefix(b"\xef\xbb\xbf")
    if line.lstrip()[:1] == b"<":
        raise DamagedArchive(f"{where} is a web page in place of the table: fetch it again")
    if found := _DATE_LINE.fullmatch(line.decode("utf-8", "replace").strip()):
        date = _made(*found.groups())
        place, line = _next(file)
    if date is None:
        warnings.append(f"{name} does not say when it was made")
    names = _names(line.decode("utf-8", "replace"))
    if expected[0] in names:
        return date, names, warnings
    fields = line.rstrip(b"\r\n").split(b"\t")
    if not fields[0].strip().isdigit() or len(fields) < 2:
        raise DamagedArchive(f"{where} is no table: neither column names nor a row are in it")
    warnings.append(f"{name} does not name its columns: they are taken to be {', '.join(expected)}")
    file.seek(place)
    return date, expected, warnings


def _next(file: BinaryIO) -> tuple[int, bytes]:
    """The next line that is not blank, of a few, and where it begins."""
    place = file.tell()
    line = file.readline(MAX_LINE)
    for _ in range(_BLANK):
        if not line.isspace():
            break
        place = file.tell()
        line = file.readline(MAX_LINE)
    return place, line


def _names(line: str) -> tuple[str, ...]:
    return tuple(" ".join(name.lower().split()) for name in line.split("\t"))


def _made(month: str, day: str, time: str, seconds: str, year: str) -> datetime | None:
    """The date of a table's first line, which is in UTC."""
    stamp = parse_stamp(time, month, day, year)
    if stamp is None or stamp.year is None or int(seconds) > 59:
        return None
    made = datetime(stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, int(seconds), tzinfo=UTC)
    return made if FIRST_POST < made < datetime.now(UTC) + timedelta(days=366) else None


def _short(error: Exception) -> str:
    reason = error.reason if isinstance(error, ArchiveError) else str(error)
    return (reason or type(error).__name__)[:200]
