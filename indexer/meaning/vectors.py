"""The vectors of a library's threads on disk: derived, disposable, and none computed twice.

    data/vectors/
        static.rows, full.rows       a vector for each text that was ever encoded and is still wanted, by a hash of the text
        000007-3f9a1c.threads        which text each thread of a generation has: the same hashes, by the rows of its columns

Rows are only ever added at the end, so that what a killed build had done is there for the next one, and one that was cut off
in the middle is no row. A thread whose text changed has another hash; what nothing wants any more goes when the file is written
anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .models import Model, Tier
from .transformer import Matrix

FOLDER: Final = "vectors"
"""The folder of a library where vectors are."""

RECIPE: Final = 1
"""Changes with what of a thread is encoded, and how; rows of another recipe are of no use."""

WORN: Final = 0.3
"""A file of rows is written anew when more than this share of it is wanted by no thread. It costs a copy of what is left."""

_HEAD: Final = 256
LEVELS: Final = 127

Keys = NDArray[np.uint64]


def key(title: str, body: str) -> int:
    """What a thread's text is known by, never 0: that is what a row has which a power cut left empty."""
    said = f"{RECIPE}\0{title}\0{body}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "little") or 1


def row_type(dimensions: int) -> np.dtype[Any]:
    """How a vector is laid down: each number is a whole one, times the row's own scale."""
    return np.dtype([("key", "<u8"), ("scale", "<f4"), ("spare", "<u4"), ("vector", "i1", (dimensions,))])


def packed(keys: Sequence[int], vectors: Matrix) -> NDArray[Any]:
    """Vectors as rows."""
    rows = np.zeros(len(keys), row_type(vectors.shape[1]))
    largest = np.abs(vectors).max(axis=1, initial=0)
    scale = np.where(largest > 0, largest / LEVELS, 1).astype(np.float32)
    rows["key"] = np.asarray(keys, np.uint64)
    rows["scale"] = scale
    rows["vector"] = np.rint(vectors / scale[:, None])
    return rows


class Stored:
    """A file of rows, mapped: of one model and one tier."""

    def __init__(self, library: Path, model: Model, tier: Tier) -> None:
        """Where there is no file, or one of another model, there are no rows."""
        self.path = library / FOLDER / f"{tier}.rows"
        self.tier: Tier = tier
        self._head = _head(model, tier)
        self._type = row_type(model.dimensions(tier))
        self.mapped: NDArray[Any] = np.zeros(0, self._type)
        self.signature = signature(self.path)
        count = self._count()
        if count:
            self.mapped = np.memmap(self.path, self._type, "r", offset=_HEAD, shape=(count,))
        self.keys: Keys = np.array(self.mapped["key"])

    def _count(self) -> int:
        """Whole rows of this model in the file."""
        try:
            with self.path.open("rb") as file:
                if file.read(_HEAD) != self._head:
                    return 0
                return (os.fstat(file.fileno()).st_size - _HEAD) // self._type.itemsize
        except FileNotFoundError:
            return 0

    def add(self, rows: NDArray[Any]) -> None:
        """More rows, safely on disk when this returns. They are not among those mapped. One process at a time may do this."""
        count = self._count()
        self.path.parent.mkdir(exist_ok=True)
        if not count:
            _write(self.path, self._head, rows)
            return
        with self.path.open("r+b") as file:
            # A row that was cut off is no row.
            file.seek(_HEAD + count * self._type.itemsize)
            file.truncate()
            file.write(rows.tobytes())
            file.flush()
            os.fsync(file.fileno())

    def keep(self, wanted: Keys, *, nothing_else: bool) -> None:
        """Let go of rows that nobody wants: of all of them with `nothing_else`, or once they are a large share.

        Who has the file mapped keeps what it had.
        """
        if not len(self.keys):
            return
        kept = np.isin(self.keys, wanted)
        gone = len(kept) - int(kept.sum())
        if gone and (nothing_else or gone > WORN * len(kept)):
            _write(self.path, self._head, self.mapped[kept])


def _write(path: Path, head: bytes, rows: NDArray[Any]) -> None:
    """A file of rows, whole or not at all."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        file.write(head)
        for first in range(0, len(rows), 65536):
            file.write(rows[first : first + 65536].tobytes())
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _head(model: Model, tier: Tier) -> bytes:
    said = {"askive": "vectors", "recipe": RECIPE, "tier": tier, "model": model.card.sha256, "of": model.dimensions(tier)}
    return json.dumps(said).encode().ljust(_HEAD - 1) + b"\n"


def on_disk(library: Path) -> int:
    """Bytes that the vectors of a library take."""
    return sum(file.stat().st_size for file in (library / FOLDER).glob("*") if file.is_file())


def signature(path: Path) -> tuple[int, int, int]:
    """What tells whether a file is as it was."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns


# Which text each thread has


def _keys_file(library: Path, generation: str) -> Path:
    return library / FOLDER / f"{generation}.threads"


def save_keys(library: Path, generation: str, keys: Keys) -> None:
    """Note the key of each thread's text, by the rows of a generation's columns; 0 where it has none."""
    path = _keys_file(library, generation)
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        np.save(file, keys)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def load_keys(library: Path, generation: str) -> Keys | None:
    """What `save_keys` noted; None where it did not, or where that cannot be read."""
    try:
        keys = np.load(_keys_file(library, generation), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return keys if keys.dtype == np.uint64 and keys.ndim == 1 else None


def sweep_keys(library: Path, generations: Collection[str]) -> None:
    """Delete what was noted of generations that are gone."""
    for file in (library / FOLDER).glob("*.threads*"):
        if file.name.partition(".")[0] not in generations:
            file.unlink(missing_ok=True)
