"""7z containers, with py7zr, which writes its members where the limits say and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import py7zr
from py7zr.exceptions import ArchiveError as SevenZipError
from py7zr.exceptions import PasswordRequired
from py7zr.io import Py7zIO, WriterFactory

from ..errors import ArchiveError, DamagedArchive
from ..messages import Message
from . import compressed
from .unpacking import BROKEN, Box, is_damage

_DAMAGED: Final[tuple[type[Exception], ...]] = (*BROKEN, SevenZipError, *compressed.errors())


class _Member(Py7zIO):
    """Takes the bytes of one member to where it is to lie, within the limits."""

    def __init__(self, box: Box, path: Path) -> None:
        self._box, self._file = box, path.open("xb")
        self._written = 0

    def write(self, s: bytes | bytearray) -> int:
        self._written += len(s)
        self._box.grow(len(s), self._written)
        return self._file.write(s)

    def read(self, _size: int | None = None) -> bytes:
        return b""

    def seek(self, _offset: int, _whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        self._file.flush()

    def size(self) -> int:
        return self._written

    def close(self) -> None:
        self._file.close()


class _Members(WriterFactory):
    """Gives each member its place, by its number, and knows which of them are not whole yet."""

    def __init__(self, box: Box, places: dict[str, Path]) -> None:
        self._box, self._places = box, places
        self.begun: list[tuple[str, _Member]] = []

    def create(self, filename: str) -> _Member:
        number = Path(filename).name
        member = _Member(self._box, self._places[number])
        self.begun.append((number, member))
        return member


def unpack(box: Box) -> None:
    """Unpack a 7z. Raises ArchiveError for one that is encrypted, damaged beyond use, or past the limits."""
    with box.on_disk().open("rb") as file:
        encrypted = ArchiveError(
            Message("{source} is encrypted", source=str(box.source)), Message("Unpack it with its password and name the folder")
        )
        try:
            archive = py7zr.SevenZipFile(file)
            protected = archive.needs_password()
            files = [(str(number), each) for number, each in enumerate(archive.files) if not each.is_directory]
            total = sum(each.uncompressed for _, each in files)
            names = {number: str(each.filename) for number, each in files}
        except PasswordRequired as error:
            raise encrypted from error
        except _DAMAGED as error:
            if not is_damage(error):
                raise
            raise DamagedArchive(
                Message(
                    "{source} is a 7z without a sound list of its members at its end; it may be cut off ({error})",
                    source=str(box.source),
                    error=str(error),
                )
            ) from error
        if protected:
            raise encrypted
        box.announce(len(files), total)
        places: dict[str, Path] = {}
        for number, each in files:
            if not each.is_file:
                box.refuse(names[number], Message("no plain file but a link or a device"))
            elif (path := box.place(names[number])) is not None:
                places[number] = path
                # By its number a member cannot be anywhere else than in its place, whatever its name.
                each.file_properties()["filename"] = number
        members = _Members(box, places)
        try:
            archive.extract(box.top, list(places), factory=members)
        except PasswordRequired as error:
            raise encrypted from error
        except _DAMAGED as error:
            if not is_damage(error):
                raise
            _keep(box, members, names, places, error)
        finally:
            for _, member in members.begun:
                member.close()


def _keep(box: Box, members: _Members, names: dict[str, str], places: dict[str, Path], error: Exception) -> None:
    """After damage, keep the members that are whole, and what there is of the one that is not."""
    for _, member in members.begun:
        member.close()
    begun = {number for number, _ in members.begun}
    if members.begun:
        number = members.begun[-1][0]
        box.keep_damaged(names[number], places[number], error)
    for number, path in places.items():
        if number not in begun:
            box.keep_damaged(names[number], path, error)
