"""Files that hold other files: zip, tar and 7z, and compressed ones, opened so that a reader sees the plain archives inside."""

from __future__ import annotations

import contextlib
import re
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from ..errors import ArchiveError, DamagedArchive
from ..messages import Message, mapped, of_error
from . import compressed
from .compressed import decompressed
from .source import Report, Source
from .unpacking import BROKEN, LIMITS, MIB, UNPACK_YOURSELF, Box, Limits, Unpacking, file_name, is_damage, printable

_SEVEN_ZIP: Final = b"7z\xbc\xaf\x27\x1c"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_DIRECTORY_END: Final = b"PK\x05\x06"
_MAX_DIRECTORY: Final = 64 * MIB
"""Bytes of a zip's list of members, which is held in memory."""

_MAX_TAR_HEADER: Final = MIB
_ENDINGS: Final = re.compile(r"(?:\.(?:7z|zip|wacz|maff|tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst))+$", re.IGNORECASE)


def leaves(source: Source, report: Report, *, limits: Limits = LIMITS, folder: Path | None = None) -> Iterator[Source]:
    """The plain sources inside `source`, however deep, in order of their names; `source` itself when it holds no others.

    Each can be read only until the next is asked for. Members are unpacked below `folder` (by default the system's for
    temporary files) and are gone when the iteration ends, or is closed. Members that cannot be had are skipped with a
    word in `report`. Raises ArchiveError for a container that cannot be opened, is past the limits, or gives nothing.
    """
    yield from _open(source, report, Unpacking(limits, folder), 0)


def _open(source: Source, report: Report, unpacking: Unpacking, depth: int) -> Iterator[Source]:
    head = source.head()
    packed = compressed.compression(head) is not None
    unpack = _unpacker(source, head)
    if not packed and unpack is None:
        yield source
        return
    if depth >= unpacking.limits.depth:
        raise ArchiveError(
            Message("{source} is a container inside {depth} others", source=str(source), depth=str(depth)), UNPACK_YOURSELF
        )
    if packed or unpack is None:
        yield from _open(decompressed(source, report), report, unpacking, depth + 1)
        return
    with _temporary(source, unpacking) as top:
        box = Box(source, top, report, unpacking)
        try:
            unpack(box)
        except OSError as error:
            raise ArchiveError(
                Message(
                    "{source} cannot be unpacked in {folder} ({error})",
                    source=str(source),
                    folder=str(top.parent),
                    error=str(error.strerror or error),
                ),
                Message("Make room there, or set TMPDIR to a folder that has it"),
            ) from error
        box.check()
        failed: ArchiveError | None = None
        given = False
        for member in box.unpacked():
            try:
                for leaf in _open(member, report, unpacking, depth + 1):
                    given = True
                    yield leaf
            except ArchiveError as error:
                failed = failed or error
                report.skip(error.reason)
        if failed and not given:
            raise failed


def _unpacker(source: Source, head: bytes) -> Callable[[Box], None] | None:
    """The function that unpacks a container with these first bytes; None if it is none."""
    if head.startswith(_ZIP) or _is_page_with_zip(source, head):
        return _unpack_zip
    if head.startswith(_SEVEN_ZIP):
        return _unpack_7z
    if len(head) >= tarfile.BLOCKSIZE and head[0]:
        try:
            tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
        except (tarfile.TarError, ValueError):
            return None
        return _unpack_tar
    return None


def _is_page_with_zip(source: Source, head: bytes) -> bool:
    """Whether this is a page that is a zip too, as SingleFile can write it: the page proper is inside."""
    if source.opener or head.lstrip()[:1] != b"<":
        return False
    with source.open() as file:
        return zipfile.is_zipfile(file) and _first_member_sound(file)


def _first_member_sound(file: IO[bytes]) -> bool:
    # A page may speak about zips; only one that is a zip has members where its directory says.
    try:
        with zipfile.ZipFile(file) as archive:
            return any(info.filename.lower().endswith((".html", ".htm")) for info in archive.infolist()[:1000])
    except BROKEN:
        return False


@contextlib.contextmanager
def _temporary(source: Source, unpacking: Unpacking) -> Iterator[Path]:
    """A folder of the name that the container would have without its ending, since dumps are told apart by that."""
    name = (source.member or source.path.name).rpartition("/")[2]
    with tempfile.TemporaryDirectory(prefix="askive-", dir=unpacking.folder, ignore_cleanup_errors=True) as outer:
        top = Path(outer) / (file_name(_ENDINGS.sub("", name)).strip(". ") or "members")
        top.mkdir()
        yield top


# --- zip -----------------------------------------------------------------------------------------------------------------


def _unpack_zip(box: Box) -> None:
    path = box.on_disk()
    with path.open("rb") as file:
        if _directory_size(file, box.size or 0) > _MAX_DIRECTORY:
            raise ArchiveError(
                Message(
                    "{source} has a list of members of more than {limit} MiB",
                    source=str(box.source),
                    limit=str(_MAX_DIRECTORY // MIB),
                ),
                UNPACK_YOURSELF,
            )
        try:
            archive = zipfile.ZipFile(file)
        except BROKEN as error:
            if not is_damage(error):
                raise
            raise DamagedArchive(
                Message(
                    "{source} is a zip without a sound list of its members at its end; it may be cut off ({error})",
                    source=str(box.source),
                    error=str(error),
                )
            ) from error
        with archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
            box.announce(len(infos), sum(info.file_size for info in infos))
            for info in infos:
                _unpack_zip_member(box, archive, info)


def _unpack_zip_member(box: Box, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    mode = info.external_attr >> 16
    if info.create_system == 3 and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        box.refuse(info.filename, Message("no file but a link or a device"))
    elif info.flag_bits & 0x1:
        box.refuse(info.filename, Message("encrypted"))
    elif (path := box.place(info.filename)) is not None:
        try:
            with archive.open(info) as content:
                box.fill(path, content)
        except (*BROKEN, *compressed.errors()) as error:  # newer zips may use zstd
            if not is_damage(error):
                raise
            box.keep_damaged(info.filename, path, error)


def _directory_size(file: IO[bytes], size: int) -> int:
    """Bytes of the list of members by what the zip says; 0 where it does not."""
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(_DIRECTORY_END)
    declared = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    wide = tail.rfind(b"PK\x06\x06", 0, max(0, at))
    if declared == 0xFFFFFFFF and wide >= 0:
        declared = int.from_bytes(tail[wide + 40 : wide + 48], "little")
    return min(declared, size)


# --- tar -----------------------------------------------------------------------------------------------------------------


class _TarHeader(tarfile.TarInfo):
    """tarfile's header, strict: by default bad headers in the middle end an archive without a word."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _TarHeader:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined,unused-ignore]
            raise
        except tarfile.EmptyHeaderError as error:  # type: ignore[attr-defined,unused-ignore]
            raise tarfile.ReadError(Message("it ends without the mark that ends a tar")) from error
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(Message("a damaged header: {error}", error=str(error))) from error
        if header.type in (b"x", b"g", b"X", b"L", b"K") and header.size > _MAX_TAR_HEADER:
            raise tarfile.ReadError(Message("a name of more than a mebibyte"))
        return header


def _unpack_tar(box: Box) -> None:
    if box.source.opener is None:
        box.size = box.source.path.stat().st_size
    with box.source.open() as content:
        try:
            with tarfile.open(fileobj=content, mode="r|", tarinfo=_TarHeader) as archive:
                for info in archive:
                    box.count()
                    _unpack_tar_member(box, archive, info)
                    archive.members.clear()  # type: ignore[attr-defined]  # It would keep every header.
        except BROKEN as error:
            if not is_damage(error):
                raise
            reason = mapped(of_error(error) or type(error).__name__, lambda said: printable(said)[:300])
            if not box.found:
                raise DamagedArchive(
                    Message("{source} is a damaged tar ({reason})", source=str(box.source), reason=reason)
                ) from error
            box.warn(
                "",
                Message(
                    "the tar is cut off or damaged ({reason}) after {members} members, which are read",
                    reason=reason,
                    members=len(box.found),
                ),
            )


def _unpack_tar_member(box: Box, archive: tarfile.TarFile, info: tarfile.TarInfo) -> None:
    if info.isdir():
        return
    if not info.isreg() or info.issparse():
        box.refuse(info.name, Message("no plain file but a link, a device or sparse"))
        return
    path = box.place(info.name)
    content = archive.extractfile(info) if path is not None else None
    if path is None or content is None:
        return
    try:
        # tarfile gives nothing of a piece that is cut off, so pieces are small.
        box.fill(path, content, piece=8192)
    except BROKEN as error:
        if is_damage(error):
            box.keep_damaged(info.name, path, error)
        raise


# --- 7z ------------------------------------------------------------------------------------------------------------------


def _unpack_7z(box: Box) -> None:
    try:
        from . import seven_zip  # Its library is an extra.
    except ImportError as error:
        raise ArchiveError(
            Message("{source} is a 7z container, and the library that reads it is not installed", source=str(box.source)),
            Message("Run `pip install 'askive[7z]'`, then build again"),
        ) from error
    seven_zip.unpack(box)
