"""The records of a WARC, one by one, and the HTTP answers in them. Damage is cut out, and reading goes on after it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from ..errors import ArchiveError, DamagedArchive
from ..messages import Message
from . import compressed
from .source import MAX_PAGE, Report

MAX_LINE: Final = 65_536
MAX_HEADER: Final = 1_048_576
"""Bytes of all header lines of a record together."""

BEGINNING: Final = 65_536
"""Bytes of a record that are looked at to say whether the rest is wanted."""

_VERSION: Final = re.compile(rb"WARC/[01]\.\d{1,2}[ \t]*\r?\n?")
_NEXT: Final = re.compile(rb"(?:\r?\n)(?=WARC/[01]\.\d{1,2}\r?\n)")
_STATUS: Final = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})[^\n]*\n")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_CONTROLS: Final = re.compile(r"[\x00-\x20\x7f]")
_CHUNK: Final = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\n]{0,1000})?\r?\n")


class _Input:
    """The bytes of a file with a way back, for what turns out to belong to the next record."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._back = b""
        self._at = 0
        """Where in `_back` the next byte is; at its end, it is in the file."""
        self._returned = 0
        self.offset = 0

    @property
    def lies(self) -> bool:
        """Whether so much was given back that lengths are not to be believed any more, lest all is read again and again."""
        return self._returned > 4 * MAX_PAGE

    def line(self) -> bytes:
        """The next line with its end, or as much of it as MAX_LINE."""
        end = self._back.find(b"\n", self._at, self._at + MAX_LINE) + 1 or min(len(self._back), self._at + MAX_LINE)
        found, self._at = self._back[self._at : end], end
        if not found.endswith(b"\n") and len(found) < MAX_LINE:
            found += self._file.readline(MAX_LINE - len(found))
        self.offset += len(found)
        return found

    def read(self, size: int) -> bytes:
        found = self._back[self._at : self._at + size]
        self._at += len(found)
        if len(found) < size:
            found += self._file.read(size - len(found))
        self.offset += len(found)
        return found

    def give_back(self, data: bytes) -> None:
        """Undo the reading of `data`, which must be the bytes that were read last."""
        self._returned += len(data)
        self.offset -= len(data)
        if self._at >= len(data) and self._at < len(self._back):
            self._at -= len(data)
        else:
            self._back, self._at = data + self._back[self._at :], 0


class Record:
    """One record. Its block is read when it is asked for, and skipped if it is not."""

    def __init__(self, file: _Input, offset: int, headers: dict[str, str]) -> None:
        self._file, self._headers = file, headers
        self.offset = offset
        self.type = self.get("warc-type").lower()
        self.url = _CONTROLS.sub("", self.get("warc-target-uri")).removeprefix("<").removesuffix(">")
        self.length = _length(self.get("content-length"))
        """Bytes of the block as declared; -1 where that is missing or no number."""
        self.damage = ""
        """What is wrong with the block, as soon as it is read."""
        self.too_large = False
        """Whether there is more of the block than a page can have, and it is not given."""
        self._read = b""
        self._skipped = 0
        self._done = False

    def get(self, name: str) -> str:
        return self._headers.get(name, "")

    def begin(self) -> bytes:
        """The first bytes of the block."""
        if not self._read and not self._done:
            if self.length < 0:
                self._read_to_next()
            else:
                self._read = self._file.read(min(self.length, BEGINNING))
        return self._read[:BEGINNING]

    def block(self) -> bytes:
        """All bytes of the block, as far as they are there; see `damage`."""
        self.begin()
        if not self._done:
            wanted = min(self.length, MAX_PAGE) - len(self._read)
            # In steps: the length may be a lie, and space is taken before it shows.
            parts = [self._read]
            while wanted > 0 and (data := self._file.read(min(wanted, BEGINNING))):
                parts.append(data)
                wanted -= len(data)
                if self._file.lies and _NEXT.search(data):
                    break
            self._read = b"".join(parts)
            if wanted > 0 or self.length <= MAX_PAGE:
                self._finish(missing=wanted)
            else:
                self._cut()
                self.too_large = not self._done
        return self._read

    def end(self) -> None:
        """Go behind the block."""
        self.begin()
        if self._done:
            return
        missing = self.length - len(self._read)
        while missing > 0 and (data := self._file.read(min(missing, 1_048_576))):
            missing -= len(data)
            self._skipped += len(data)
        self._finish(missing=missing)

    def _read_to_next(self) -> None:
        """The block of a record without a length: everything before the next record."""
        parts: list[bytes] = []
        size = 0
        fresh = True
        while line := self._file.line():
            if fresh and _VERSION.fullmatch(line):
                self._file.give_back(line)
                break
            fresh = line.endswith(b"\n")
            size += len(line)
            if size <= MAX_PAGE:
                parts.append(line)
        self._read = b"".join(parts).removesuffix(b"\r\n").removesuffix(b"\r\n")
        self._done = True
        self.damage = Message("it does not say how long it is")

    def _finish(self, missing: int) -> None:
        """Check that the next record, or the end, comes after the block; find out where the block really ends if not."""
        self._done = True
        if missing > 0:
            self.damage = Message("{missing} bytes are missing", missing=missing)
        else:
            between = b""
            while (line := self._file.line()) in (b"\r\n", b"\n"):
                between += line
                if len(between) > 64:
                    break
            self._file.give_back(line)
            if not line or _VERSION.fullmatch(line):
                return
            self._file.give_back(between)
            self.damage = Message("its length is wrong")
        if not self._skipped:
            self._cut()

    def _cut(self) -> None:
        """End a block that reaches into the records after it, as one that was cut short does, where they begin."""
        swallowed = _NEXT.search(self._read)
        if swallowed:
            self._done = True
            self._file.give_back(self._read[swallowed.end() :])
            self._read = self._read[: swallowed.start()].removesuffix(b"\r\n")
            self.damage = Message("it is shorter than it says")


def records(file: BinaryIO, report: Report) -> Iterator[Record]:
    """The records of a WARC in their order. Each can be read until the next is asked for.

    What stands between records and is none is skipped with a word in `report`.
    """
    content = _Input(file)
    while True:
        offset = content.offset
        found, skipped = _find(content)
        if skipped:
            report.skip(Message("{skipped} bytes that are no record", skipped=skipped), f"byte {offset:,}")
        if not found:
            return
        offset = content.offset
        headers = _headers(content)
        if headers is None:
            report.skip(Message("a record whose header has no end"), f"byte {offset:,}")
            continue
        record = Record(content, offset, headers)
        yield record
        record.end()
        if record.damage:
            what = Message("the record of {url}", url=record.url[:300]) if record.url else Message("a record")
            report.warn(
                Message("{what} is damaged: {damage}; what there is of it is read", what=what, damage=record.damage),
                f"byte {offset:,}",
            )


def _find(content: _Input) -> tuple[bool, int]:
    """Go behind the next line that begins a record. Whether there is one, and how many bytes, blanks apart, stood before."""
    skipped = 0
    fresh = True
    while line := content.line():
        if fresh and _VERSION.fullmatch(line):
            return True, skipped
        fresh = line.endswith(b"\n")
        if line.strip(b"\0\r\n \t"):
            skipped += len(line)
    return False, skipped


def _headers(content: _Input) -> dict[str, str] | None:
    """The header lines of a record by their names in lower case; None if they do not end."""
    lines: list[bytes] = []
    size = 0
    while line := content.line():
        if line in (b"\r\n", b"\n"):
            return _fields(lines)
        if _VERSION.fullmatch(line):
            content.give_back(line)
            return None
        size += len(line)
        if size > MAX_HEADER or not line.endswith(b"\n"):
            return None
        lines.append(line)
    return None


def _fields(lines: list[bytes]) -> dict[str, str]:
    """Header lines as values by name; the first of a name counts. Lines that begin with space go on with the one before."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        text = line.decode("utf-8", errors="replace").replace("\0", "")
        if text[:1] in (" ", "\t"):
            current.append(text.strip())
            continue
        name, colon, value = text.partition(":")
        if not colon:
            current = []
            continue
        current = [value.strip()]
        found.setdefault(name.strip().lower(), current)
    return {name: " ".join(values) for name, values in found.items()}


def _length(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else -1


# --- HTTP ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an HTTP answer."""

    status: int
    size: int
    """Bytes of the head; the body begins after them."""
    headers: dict[str, str]

    def get(self, name: str) -> str:
        return self.headers.get(name, "")

    def payload(self, body: bytes, where: str) -> tuple[bytes, str]:
        """The body as the page it is: chunks joined, decompressed. With it, what is wrong with it, if anything.

        Raises DamagedArchive for a page that is too large or cannot be decompressed at all, ArchiveError where the
        library that it takes is not installed.
        """
        damage = ""
        if "chunked" in self.get("transfer-encoding").lower():
            body, whole = _dechunked(body)
            damage = "" if whole else Message("its last chunk is missing")
        for encoding in reversed([each.strip().lower() for each in self.get("content-encoding").split(",")][-3:]):
            body, whole = _decoded(body, encoding, where)
            damage = damage or ("" if whole else Message("its {kind} data is cut off or damaged", kind=encoding))
        return body, damage


def http(block: bytes) -> Answer | None:
    """The head of the HTTP answer that a block begins with, if it does."""
    status = _STATUS.match(block)
    if not status:
        return None
    # A head without any header has no empty line of its own.
    end = _HEAD_END.search(block, status.end() - 2)
    size = end.end() if end else len(block)
    return Answer(int(status[1]), size, _fields(block[status.end() : size].splitlines()))


def _dechunked(body: bytes) -> tuple[bytes, bool]:
    """A body without the sizes of its chunks, and whether its end is there. Bodies that were joined before stay as they are."""
    parts: list[bytes] = []
    at = 0
    while found := _CHUNK.match(body, at):
        size = int(found[1], 16)
        if not size:
            return b"".join(parts), True
        parts.append(body[found.end() : found.end() + size])
        at = found.end() + size
        line_end = next((each for each in (b"\r\n", b"\n") if body.startswith(each, at)), b"")
        if not line_end:
            break
        at += len(line_end)
    if len(parts) < 2 and at < len(body):
        return body, True  # What looked like a size was none.
    return b"".join(parts), False


def _decoded(body: bytes, encoding: str, where: str) -> tuple[bytes, bool]:
    """A body decompressed, and whether all of it could be. One that is not compressed whatever its header says stays."""
    if encoding in ("gzip", "x-gzip"):
        return _inflated(body, 31, where) if body.startswith(b"\x1f\x8b") else (body, True)
    if encoding == "deflate":
        # Half of all servers meant zlib's form by this, the others the bare one.
        try:
            return _inflated(body, 15, where)
        except DamagedArchive:
            return _inflated(body, -15, where)
    if encoding == "zstd" and body.startswith(b"\x28\xb5\x2f\xfd"):
        damaged = compressed.errors()
        try:
            found: bytes = compressed.zstd_library().ZstdDecompressor().decompress(body, MAX_PAGE + 1)
        except damaged as error:
            raise DamagedArchive(
                Message("{source} cannot be decompressed from zstd ({error})", source=where, error=str(error))
            ) from error
        return _limited(found, where), True
    if encoding == "br":
        return _limited(_unbrotlied(body, where), where), True
    return body, True


def _inflated(body: bytes, bits: int, where: str) -> tuple[bytes, bool]:
    """As much of a body as zlib can inflate, in steps, since what stands before damage is to be kept."""
    decoder = zlib.decompressobj(wbits=bits)
    parts: list[bytes] = []
    room = MAX_PAGE + 1
    for at in range(0, len(body), 4096):
        try:
            parts.append(decoder.decompress(decoder.unconsumed_tail + body[at : at + 4096], room))
        except zlib.error as error:
            if not any(parts):
                raise DamagedArchive(
                    Message("{source} cannot be decompressed ({error})", source=where, error=str(error))
                ) from error
            return b"".join(parts), False
        room -= len(parts[-1])
        if room <= 0:
            break
    return _limited(b"".join(parts), where), decoder.eof


def _limited(body: bytes, where: str) -> bytes:
    if len(body) > MAX_PAGE:
        raise DamagedArchive(
            Message(
                "{source} is larger than {limit} MiB, which no single page is", source=where, limit=str(MAX_PAGE // 1024**2)
            )
        )
    return body


def _unbrotlied(body: bytes, where: str) -> bytes:
    try:
        import brotli  # type: ignore[import-untyped,import-not-found,unused-ignore]  # an extra, and without type hints
    except ImportError as error:
        raise ArchiveError(
            Message("{source} is compressed with Brotli, and the library that reads it is not installed", source=where),
            Message("Run `pip install 'askive[warc]'`, then build again"),
        ) from error
    decoder = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    try:
        data = body
        while size <= MAX_PAGE:
            parts.append(decoder.process(data, output_buffer_limit=MAX_PAGE))
            size += len(parts[-1])
            data = b""
            if decoder.is_finished() or decoder.can_accept_more_data():
                break
    except brotli.error as error:
        raise DamagedArchive(
            Message("{source} cannot be decompressed from Brotli ({error})", source=where, error=str(error))
        ) from error
    return b"".join(parts)
