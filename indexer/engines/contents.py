"""Is this folder as it was left? A table of contents in JSON, with the size and checksum of every file.

For engines whose library would otherwise open whatever lies in a folder. Checksums are against damage, not against malice.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import ForeignIndex
from ..messages import Message
from . import sync_folder

NAME: Final = "contents.json"

Measure = tuple[int, int]
"""Size and CRC-32 of a file."""


def save(folder: Path, table: Mapping[str, Any]) -> None:
    """Switch the folder to this table, all at once. The files it names have to be safe on disk already."""
    fresh = folder / f"{NAME}.new"
    with fresh.open("w", encoding="ascii") as file:
        json.dump(table, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / NAME)
    sync_folder(folder)


def load(folder: Path, mark: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a folder. Raises OSError where there is none, ValueError or LookupError where it does not bear the mark."""
    found = json.loads((folder / NAME).read_bytes())
    if not isinstance(found, dict) or {name: found[name] for name in mark} != mark:
        raise ValueError("the index is of another make")
    return found


def foreign(folder: Path, engine: str, error: BaseException | None = None) -> ForeignIndex:
    """What is raised for a folder whose files are not as an engine left them."""
    where = str(folder)
    if error is None:
        return ForeignIndex(Message("{folder} holds no whole index of the engine “{engine}”", folder=where, engine=engine))
    return ForeignIndex(
        Message(
            "{folder} holds no whole index of the engine “{engine}” ({error})", folder=where, engine=engine, error=str(error)
        )
    )


def measure(path: Path) -> Measure:
    size = checksum = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            size += len(part)
            checksum = zlib.crc32(part, checksum)
    return size, checksum


def check(path: Path, size: object, checksum: object) -> Measure:
    """What `measure` says of a file. Raises ValueError where that is not what is expected."""
    found = measure(path)
    if found != (size, checksum):
        raise ValueError(f"{path.name} has changed")
    return found


def link(old: Path, new: Path) -> None:
    """Have a file under a second name, which costs no copy where the file system has hard links. Neither may be changed."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)
