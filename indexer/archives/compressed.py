"""Compressed files as plain ones: gzip, bzip2, xz and zstd, decompressed as they are read and never onto disk.

What can be decoded is kept: a stream that ends too early, or goes bad, ends there with a warning, and a bomb is refused.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, BinaryIO, Final, Protocol

from ..errors import ArchiveError, DamagedArchive
from ..messages import Message
from .source import Report, Source

CHUNK: Final = 65_536
"""Compressed bytes that are taken at a time."""

BUFFER: Final = 262_144

MAX_RATIO: Final = 250
"""Decompressed bytes for each compressed one; dumps of text have 3 to 30."""

FREE: Final = 64 * 1024 * 1024
"""Decompressed bytes up to which no ratio is looked at: this much harms nobody, and small files may repeat themselves."""

MAX_GUESSES: Final = 10_000
"""Places that are tried for the beginning of a sound member after a damaged one."""

MAX_DICTIONARY: Final = 16 * 1024 * 1024

_ZSTD_DICTIONARY: Final = b"\x5d\x2a\x4d\x18"
"""The skippable frame in which a `.warc.zst` carries the dictionary of all its frames."""

_SEAM: Final = b"\r\n\r\n"
"""What is put between a damaged member and the next sound one, so that a torn line does not run into a whole one."""

_SAME: Final = 5
"""Bytes by which a member is known to begin as the file does ("WARC/")."""


class Decoder(Protocol):
    """What bz2, lzma and zstd have alike: decodes one member, and gives at most `max_length` bytes a call."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decoder with the ways of the other three. What stands before damage is given before the damage is named."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._saved = b""
        self._error: zlib.error | None = None

    @property
    def eof(self) -> bool:
        return self._inner.eof and self._error is None

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail and not self._inner.eof and self._error is None

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._error is None:
            data = self._inner.unconsumed_tail + data
            before = self._inner.copy()
            try:
                return self._inner.decompress(data, max_length)
            except zlib.error as error:
                self._error, self._inner = error, before
                self._saved = self._before_damage(data)
        found, self._saved = self._saved[:max_length], self._saved[max_length:]
        if not found:
            raise self._error
        return found

    def _before_damage(self, data: bytes) -> bytes:
        """All that `data` gives up to where it is damaged, which zlib itself would drop: a wrong checksum costs nothing."""
        found, at, step = [], 0, len(data)
        inner = self._inner
        while step:
            trial = inner.copy()
            try:
                found.append(trial.decompress(data[at : at + step]))
            except zlib.error:
                step //= 2
                continue
            inner, at = trial, at + step
            step = min(step, len(data) - at)
        return b"".join(found)


@dataclass(frozen=True, slots=True)
class Compression:
    """One way to compress: its name, how a member of it begins, and a new decoder for a file with this beginning."""

    name: str
    begins: re.Pattern[bytes]
    decoder: Callable[[bytes], Callable[[], Decoder]]


def _zstd_decoder(beginning: bytes) -> Callable[[], Decoder]:
    zstd = zstd_library()
    # What is compressed with --long=31, as the Reddit dumps are, is refused by default.
    options = {zstd.DecompressionParameter.window_log_max: 31}
    dictionary = None
    if beginning.startswith(_ZSTD_DICTIONARY):
        size = int.from_bytes(beginning[4:8], "little")
        content = beginning[8 : 8 + size]
        if len(content) < size:
            raise DamagedArchive(
                Message("the zstd dictionary is cut off, or larger than {limit} MiB", limit=str(MAX_DICTIONARY // 1024**2))
            )
        try:
            if content.startswith(b"\x28\xb5\x2f\xfd"):
                content = zstd.ZstdDecompressor().decompress(content, MAX_DICTIONARY)
            dictionary = zstd.ZstdDict(content)
        except (zstd.ZstdError, ValueError, EOFError) as error:
            raise DamagedArchive(Message("the zstd dictionary is damaged ({error})", error=str(error))) from error
    return lambda: zstd.ZstdDecompressor(zstd_dict=dictionary, options=options)


def zstd_library() -> ModuleType:
    """The zstd module of Python 3.14, or its backport. Raises ArchiveError, naming the extra, where there is neither."""
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # only from Python 3.14 on
    except ImportError:
        try:
            from backports import zstd
        except ImportError as error:
            raise ArchiveError(
                Message("reading zstd needs a library that is not installed"),
                Message("Run `pip install 'askive[zst]'`, then build again"),
            ) from error
    module: ModuleType = zstd
    return module


COMPRESSIONS: Final = (
    Compression("gzip", re.compile(rb"\x1f\x8b\x08"), lambda _: _Gzip),
    Compression("bzip2", re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), lambda _: bz2.BZ2Decompressor),
    Compression("xz", re.compile(rb"\xfd7zXZ\0"), lambda _: lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2**31)),
    Compression("zstd", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), _zstd_decoder),
)


def compression(head: bytes) -> Compression | None:
    """How a file with these first bytes is compressed, if it is."""
    return next((each for each in COMPRESSIONS if each.begins.match(head)), None)


def beginning(head: bytes, size: int = 512) -> bytes:
    """The first bytes of what is compressed in a file with the first bytes `head`; none where that cannot be said."""
    kind = compression(head)
    if kind is None:
        return b""
    damaged = errors()
    try:
        return kind.decoder(head)().decompress(head, size)
    except ArchiveError:
        return b""
    except damaged:
        return b""


def errors() -> tuple[type[Exception], ...]:
    """What decoders raise for data that is damaged."""
    found: tuple[type[Exception], ...] = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError)
    try:
        return (*found, zstd_library().ZstdError)
    except ArchiveError:
        return found


@dataclass(frozen=True, slots=True)
class Decompressed(Source):
    """What is compressed in another source. Its name and its neighbours are those of that other."""

    compressed: Source | None = None
    again: Callable[[Source], Source] = lambda source: source
    """Decompresses a neighbour that is compressed too."""

    def __str__(self) -> str:
        return str(self.compressed)

    def beside(self, name: str) -> Source | None:
        """The file of that name in the same folder, or the one that has it compressed, as this one is."""
        if self.compressed is None or self.compressed.opener:
            return None
        packed = self.compressed.beside(name + self.compressed.path.suffix) if self.compressed.path.suffix else None
        if packed is not None:
            return self.again(packed)
        return self.compressed.beside(name)


def decompressed(source: Source, report: Report) -> Source:
    """The plain content of a compressed source, opened when it is read; `source` itself if it is not compressed.

    Reading it raises DamagedArchive when not a byte can be decoded, ArchiveError for a bomb, or when the library that
    it takes is not installed. Whatever else goes wrong ends the stream and is said in `report`, once.
    """
    head = source.head()
    kind = compression(head)
    if kind is None:
        return source
    found = kind
    said: set[str] = set()

    def warn(what: str) -> None:
        # A source is opened more than once: to look what it is, and to read it.
        if what not in said:
            said.add(what)
            report.warn(what, str(source))

    def open_stream() -> BinaryIO:
        file = source.open()
        try:
            if head.startswith(_ZSTD_DICTIONARY):
                with source.open() as whole:
                    new_decoder = found.decoder(whole.read(MAX_DICTIONARY))
            else:
                new_decoder = found.decoder(head)
        except DamagedArchive as error:
            file.close()
            raise DamagedArchive(Message("{source}: {reason}", source=str(source), reason=error.reason)) from error
        except ArchiveError as error:
            file.close()
            raise ArchiveError(Message("{source}: {reason}", source=str(source), reason=error.reason), error.hint) from error
        return io.BufferedReader(_Stream(file, found, new_decoder, str(source), warn), BUFFER)

    return Decompressed(
        path=source.path,
        member=source.member,
        opener=open_stream,
        url=source.url,
        captured=source.captured,
        compressed=source,
        again=lambda other: decompressed(other, report),
    )


class _Stream(io.RawIOBase):
    """The decompressed bytes of a file of one or more members, as far as they can be decoded."""

    def __init__(
        self, file: BinaryIO, kind: Compression, decoder: Callable[[], Decoder], where: str, warn: Callable[[str], None]
    ) -> None:
        self._file, self._kind, self._new, self._where, self._warn = file, kind, decoder, where, warn
        self._errors = errors()
        self._decoder: Decoder | None = decoder()
        self._fed = b""
        """What the decoder was given last."""
        self._fresh = True
        """Whether that begins where the member does."""
        self._pending = b""
        """What is read from the file and not given to the decoder yet."""
        self._taken = self._given = 0
        self._first = b""
        self._seam = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        while self._decoder is not None:
            data, self._seam = (self._seam, b"") if self._seam else (self._decode(len(buffer)), self._seam)
            if data:
                buffer[: len(data)] = data
                self._given += len(data)
                self._first += data[: _SAME - len(self._first)]
                if self._given > FREE and self._given > MAX_RATIO * self._taken:
                    self._decoder = None
                    raise ArchiveError(
                        Message(
                            "{source} grows to more than {ratio} times its size when it is unpacked, as a decompression bomb"
                            " does",
                            source=self._where,
                            ratio=str(MAX_RATIO),
                        ),
                        Message("If you trust it, unpack it yourself and name what comes out"),
                    )
                return len(data)
        return 0

    def _decode(self, size: int) -> bytes:
        """The next bytes, or none, which is not the end as long as there is a decoder."""
        decoder = self._decoder
        if decoder is None or decoder.eof:
            self._next_member()
            return b""
        data = b""
        if decoder.needs_input:
            data = self._pending or self._take()
            self._pending = b""
            if not data:
                self._end(Message("its {kind} data ends in the middle; what comes before that is read", kind=self._kind.name))
                return b""
            # A member begins where the decoder has not been given anything yet.
            self._fresh, self._fed = not self._fed, data
        try:
            return decoder.decompress(data, size)
        except self._errors as error:
            self._resume(str(error))
            return b""

    def _take(self) -> bytes:
        data = self._file.read(CHUNK)
        self._taken += len(data)
        return data

    def _next_member(self) -> None:
        """Go on with the member after the one that has ended. Padding with zeros ends a file, other bytes do so with a word."""
        data = self._decoder.unused_data if self._decoder else b""
        while len(data := data.lstrip(b"\0")) < 32 and (more := self._take()):
            data += more
        if self._kind.begins.match(data):
            self._begin(data)
            return
        self._decoder = None
        if data:
            self._warn(Message("after its {kind} data stands something else, which is left out", kind=self._kind.name))

    def _begin(self, data: bytes) -> None:
        self._decoder, self._pending, self._fed = self._new(), data, b""

    def _resume(self, reason: str) -> None:
        """After damage, go on with the next member that begins as the file does; without one this is the end.

        Records of a WARC are members of their own, so one bad record does not cost all that follow.
        """
        begun = self._taken
        data, at = self._fed, 0 if self._fresh else -1
        for _ in range(MAX_GUESSES if self._first else 0):
            while not (found := self._kind.begins.search(data, at + 1)):
                more = self._take()
                if not more:
                    break
                data, at = data[-31:] + more, -1
            if not found:
                break
            at = found.start()
            if len(data) - at < 4096:
                data, at = data[at:] + self._take(), 0
            try:
                sound = self._new().decompress(data[at : at + 4096], _SAME) == self._first
            except self._errors:
                continue
            if sound:
                self._begin(data[at:])
                self._seam = _SEAM
                self._warn(
                    Message(
                        "its {kind} data is damaged before byte {begun} ({reason}); what stands after it is read",
                        kind=self._kind.name,
                        begun=begun,
                        reason=reason,
                    )
                )
                return
        self._end(
            Message(
                "its {kind} data is damaged before byte {begun} ({reason}); what comes before that is read",
                kind=self._kind.name,
                begun=begun,
                reason=reason,
            )
        )

    def _end(self, reason: str) -> None:
        self._decoder = None
        if not self._given:
            raise DamagedArchive(
                Message("{source}: not a byte of its {kind} data can be decoded", source=self._where, kind=self._kind.name)
            )
        self._warn(reason)
