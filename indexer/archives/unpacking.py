"""The temporary folder that a container is unpacked into: where its members may lie, and how much of them there may be.

Nothing that a container says of itself is believed. Names cannot lead out of the folder, and there are limits on members,
bytes and growth; what is past them is refused by name.
"""

from __future__ import annotations

import lzma
import re
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from ..errors import ArchiveError
from ..messages import Message
from . import compressed
from .source import Report, Source

MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB

UNPACK_YOURSELF: Final = Message("Unpack it yourself and name the folder")

_DRIVE: Final = re.compile(r"[A-Za-z]:")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")

BROKEN: Final[tuple[type[Exception], ...]] = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError, TypeError, KeyError,
    IndexError, AttributeError, AssertionError, NotImplementedError, OverflowError, MemoryError, RuntimeError, OSError,
)  # fmt: skip
"""What the libraries raise for damaged containers, by reading and by fuzzing them; and OSError, see `is_damage`."""


def is_damage(error: Exception) -> bool:
    """Whether it is the container that is to blame: bz2 raises for bad data what the system does for a full disk."""
    return not isinstance(error, OSError) or error.errno is None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a container may hold. Past any of these it is refused as a whole, and named."""

    members: int = 200_000
    depth: int = 4
    """Containers within containers, compression included."""
    member_bytes: int = 256 * GIB
    total_bytes: int = 1024 * GIB
    ratio: int = compressed.MAX_RATIO
    """Bytes unpacked for each byte of the container, past `free`."""
    free: int = compressed.FREE


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Unpacked(Source):
    """A member of a container. It lies in a temporary folder as long as the container is read."""

    container: str = ""

    def __str__(self) -> str:
        return f"{self.container}: {self.member}"


@dataclass(slots=True)
class Unpacking:
    """The limits, and how much of them is used up by one file and all that is in it."""

    limits: Limits
    folder: Path | None
    members: int = 0
    taken: int = 0


@dataclass(slots=True)
class Box:
    """One container being unpacked: takes its members one by one and keeps to the limits."""

    source: Source
    top: Path
    report: Report
    unpacking: Unpacking
    taken: int = 0
    """Bytes unpacked so far."""
    refused: list[str] = field(default_factory=list)
    found: dict[str, None] = field(default_factory=dict)
    """The members that were unpacked, by name."""
    size: int | None = None
    """Bytes of the container, where known."""

    def announce(self, members: int, total: int) -> None:
        """What the container says it holds, before anything is unpacked. Raises ArchiveError past the limits."""
        self._count(members)
        if total > self.unpacking.limits.total_bytes or self._grows(total):
            self._bomb()
        room = shutil.disk_usage(self.top).free
        if total > room:
            raise ArchiveError(
                Message(
                    "{source} holds {size} GiB, and {folder} has room for {room}",
                    source=str(self.source),
                    size=f"{total / GIB:.1f}",
                    folder=str(self.top.parent),
                    room=f"{room / GIB:.1f}",
                ),
                Message("Set TMPDIR to a folder with more room, or unpack it yourself and name the folder"),
            )

    def count(self) -> None:
        """Note one more member, of a container that does not say how many it has."""
        self._count(1)

    def _count(self, more: int) -> None:
        self.unpacking.members += more
        if self.unpacking.members > self.unpacking.limits.members:
            raise ArchiveError(
                Message(
                    "{source} holds more than {limit} members", source=str(self.source), limit=self.unpacking.limits.members
                ),
                UNPACK_YOURSELF,
            )

    def _grows(self, total: int) -> bool:
        return self.size is not None and total > max(self.unpacking.limits.free, self.unpacking.limits.ratio * self.size)

    def _bomb(self) -> None:
        raise ArchiveError(
            Message(
                "{source} grows past all measure when it is unpacked, as a decompression bomb does", source=str(self.source)
            ),
            Message("If you trust it, unpack it yourself and name the folder"),
        )

    def refuse(self, name: str, why: str) -> None:
        """Leave a member out, by name."""
        self.refused.append(Message("{source} is {what}", source=printable(name)[:300], what=why))
        self.report.skip(Message("it is {why}", why=why), f"{self.source}: {printable(name)[:300]}")

    def warn(self, name: str, what: str) -> None:
        self.report.warn(what, f"{self.source}: {printable(name)[:300]}" if name else str(self.source))

    def place(self, name: str) -> Path | None:
        """Where a member of that name is to lie, or None where there must not be one; that is said in the report."""
        shown = printable(name).replace("\\", "/")
        parts = [part for part in shown.split("/") if part not in ("", ".")]
        if shown.startswith("/") or _DRIVE.match(shown) or ".." in parts or not parts:
            self.refuse(name, Message("a name that leads out of the container"))
            return None
        if parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts):
            return None  # What hidden files are beside archives, they are here too: nothing that anybody wrote.
        member = "/".join(parts)
        path = self._path(member)
        if member in self.found or path.exists():
            self.refuse(name, Message("there twice"))
            return None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            self.refuse(name, Message("a file and a folder at once"))
            return None
        self.found[member] = None
        return path

    def _path(self, member: str) -> Path:
        """Where a member lies. Made anew each time: a path takes more memory than a name, and there are many."""
        return self.top.joinpath(*map(file_name, member.split("/")))

    def fill(self, path: Path, content: IO[bytes], piece: int = MIB // 4) -> None:
        """Write a member, `piece` bytes at a time. What could be read stays when reading fails."""
        with path.open("xb") as file:
            size = 0
            while data := content.read(piece):
                size += len(data)
                self.grow(len(data), size)
                file.write(data)

    def grow(self, more: int, size: int) -> None:
        """Note bytes that are unpacked, of a member that has `size` so far. Raises ArchiveError past the limits."""
        self.taken += more
        self.unpacking.taken += more
        limits = self.unpacking.limits
        if size > limits.member_bytes or self.unpacking.taken > limits.total_bytes or self._grows(self.taken):
            self._bomb()

    def keep_damaged(self, name: str, path: Path, error: Exception) -> None:
        """Keep what came out of a member before it turned out to be damaged; leave it out if that is nothing."""
        reason = printable(str(error) or type(error).__name__)[:300]
        if path.exists() and path.stat().st_size:
            self.warn(name, Message("it is damaged ({reason}); what could be unpacked is read", reason=reason))
        else:
            self.found = {member: None for member in self.found if self._path(member) != path}
            self.refuse(name, Message("damaged ({reason})", reason=reason))

    def on_disk(self) -> Path:
        """The container as a file: itself, or a copy where it comes out of a stream. The library that opens it has to seek."""
        if self.source.opener is None:
            path = self.source.path
        else:
            path = self.top.parent / "container"
            with self.source.open() as content:
                self.fill(path, content)
        self.size = path.stat().st_size
        self.taken = 0
        return path

    def check(self) -> None:
        """Raises ArchiveError when there were members and none of them could be had."""
        if not self.found:
            raise ArchiveError(
                Message(
                    "{source} gives nothing: {reason}",
                    source=str(self.source),
                    reason=self.refused[0] if self.refused else Message("it has no members"),
                ),
                UNPACK_YOURSELF if self.refused else Message("Fetch it again"),
            )

    def unpacked(self) -> Iterator[Source]:
        """The members in order of their names, without those that only belong to others."""
        saved = any("_files/" in name for name in self.found)
        pages = {name.rpartition(".")[0] for name in self.found if saved and name.lower().endswith((".html", ".htm"))}
        wacz = "datapackage.json" in self.found and any(name.startswith("archive/") for name in self.found)
        for name in sorted(self.found):
            if wacz and not name.startswith("archive/"):
                continue
            folders = name.split("/")[:-1]
            if any(
                folder.endswith("_files") and "/".join([*folders[:depth], folder.removesuffix("_files")]) in pages
                for depth, folder in enumerate(folders)
            ):
                continue
            yield Unpacked(path=self._path(name), member=name, container=str(self.source))


def printable(name: str) -> str:
    """A member's name that can be shown and stored, whatever bytes it was made of."""
    return _CONTROLS.sub("\ufffd", name.encode("utf-8", "replace").decode("utf-8"))


def file_name(part: str) -> str:
    """A part of a name as file systems take it, which have 255 bytes for it."""
    encoded = part.encode("utf-8", "replace")
    if len(encoded) <= 240:
        return encoded.decode("utf-8")
    return f"{encoded[:200].decode('utf-8', 'ignore')}~{zlib.crc32(encoded):08x}{Path(part).suffix[-20:]}"
