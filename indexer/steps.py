"""How does what is written become the library, all at once?

A build is one transaction: the generation in force is a fact in the same file, so posts and pointer change together, and a
build that dies leaves the library as it was. One that is too large to be begun again goes step by step: in a file of its own,
from which a later build can go on, and which becomes the library in one transaction at the end.
"""

from __future__ import annotations

import json
import logging
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from .errors import LibraryBusy, LibraryError
from .messages import Message, packed
from .rows import Archive
from .store import FILE, SCHEMA, SCHEMA_VERSION, STAMP, Store

log = logging.getLogger(__name__)

WORK: Final = "building.sqlite"
"""Where a build that goes step by step writes, until all of it is done."""

_LOG: Final = 16_384
"""Pages, of 4 KiB, that wait in SQLite's log until they are moved to their places. Steps would else do so every few times."""

LOCK: Final = "library.lock"
"""Held by whoever writes to the store."""
_PURPOSE: Final = "purpose"
"""The fact that tells a later build whether what an interrupted one left is its own."""


class SteppedStore(Store):
    """A store that can be written to, in one step or in many. One object in all processes is open at a time."""

    def __init__(self, library: Path) -> None:
        """Opens a library's store, and makes it where there is none.

        Raises LibraryBusy while another one is open, LibraryError where the file is no store of ours or cannot be written.
        """
        library.mkdir(parents=True, exist_ok=True)
        self._library = library
        self._stepwise = False
        self._lock = locked(library, LOCK, Message("Another build is writing to {folder}", folder=str(library)))
        try:
            self._connect(library / FILE)
        except BaseException:
            self._lock.close()
            raise

    def _connect(self, path: Path) -> bool:
        """Opens one of the two files; tells whether there is a schema in it yet."""
        self.path = path
        made = self._open()
        if not made:
            self._db.execute("PRAGMA journal_mode = WAL")
        # Of a step that a power cut takes back, nothing is lost that the archives do not still have.
        self._db.execute(f"PRAGMA synchronous = {'NORMAL' if self._stepwise else 'FULL'}")
        self._db.execute("PRAGMA cache_size = -65536")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {_LOG}")
        # What is forgotten is overwritten, not only unlinked.
        self._db.execute("PRAGMA secure_delete = ON")
        return made

    def close(self) -> None:
        super().close()
        self._lock.close()

    # All at once, or step by step

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens at once or not at all; step by step, everything since the last step."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                # One by one, since `executescript` would commit what has begun.
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            yield
            self.set_fact(STAMP, f"{datetime.now(UTC).isoformat(timespec='seconds')} {secrets.token_hex(4)}")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def step_by_step(self, purpose: Mapping[str, Any]) -> bool:
        """From here on, write to a file beside the library's, to which each `step` is final; `settle` puts all in place.

        Tells whether this continues a build that was interrupted: one for the same purpose, of the same library.
        """
        made = bool(self._db.execute("PRAGMA user_version").fetchone()[0])
        told = json.dumps({**purpose, "base": self.fact("generation") if made else None}, sort_keys=True)
        self._db.close()
        self._stepwise = True
        work = self._library / WORK
        if work.exists():
            try:
                if self._connect(work) and self.fact(_PURPOSE) == told:
                    return True
            except (LibraryError, sqlite3.Error):
                # Of another Askive, or damaged: nothing is in it that the archives do not have.
                log.warning("%s cannot be continued", work)
            self._db.close()
            _delete(work)
        if made:
            _copy(self._library / FILE, work)
        self._connect(work)
        with self.transaction():
            self.set_fact(_PURPOSE, told)
        return False

    def step(self) -> None:
        """Where the build goes step by step, make what was done so far last. Elsewhere nothing lasts before the end."""
        if self._stepwise:
            self._db.execute("COMMIT")
            self._db.execute("BEGIN IMMEDIATE")

    def settle(self) -> None:
        """What was committed is the library from here on, and nothing deleted is left in its file, unless others still read."""
        if self._stepwise:
            work, file = self._library / WORK, self._library / FILE
            self._db.close()
            self._stepwise = False
            if self._connect(file):
                _copy(work, file)
            else:
                self._db.close()
                _delete(file)
                work.replace(file)
                self._connect(file)
            self._db.execute("DELETE FROM facts WHERE name = ?", (_PURPOSE,))
            _delete(work)
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def discard(self) -> None:
        """Delete what an interrupted build has left, which may have posts that are to be forgotten."""
        if not self._stepwise:
            _delete(self._library / WORK)

    def set_fact(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def set_archive(self, archive: Archive) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO archives VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(archive.key, archive.size, archive.modified, archive.sha256, archive.format, archive.status),
                *(archive.threads, archive.answers, archive.skipped, json.dumps(list(map(packed, archive.warnings)))),
                archive.reason and packed(archive.reason),
                archive.reached,
            ),
        )


def empty_log(library: Path) -> bool:
    """Overwrite what the library's file and log still have of states before the last; False while somebody reads one."""
    with closing(sqlite3.connect(library / FILE, timeout=2)) as db:
        return not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def is_under_way(library: Path) -> bool:
    """Whether an interrupted build has left something that the same build can go on from."""
    return (library / WORK).exists()


def locked(library: Path, name: str, said: Message, patience: float = 2) -> sqlite3.Connection:
    """A right that one process has at a time, held until it is closed or the process ends.

    Raises LibraryBusy with what is `said` of the other one after `patience` seconds.
    """
    lock = sqlite3.connect(library / name, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise LibraryBusy(said) from error
        raise LibraryError(
            Message("{folder} cannot be written to ({error})", folder=str(library), error=str(error)),
            Message("Make room or permissions, then try again"),
        ) from error
    return lock


def _copy(source: Path, target: Path) -> None:
    """Make one database hold what another does, in one transaction; who reads it meanwhile keeps what it had."""
    with closing(sqlite3.connect(source)) as have, closing(sqlite3.connect(target)) as get:
        have.backup(get)


def _delete(file: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
