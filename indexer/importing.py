"""What do the archives of a build hold? Many files to copies of posts, read by several processes at once, given in order.

Readers are independent of each other, and take most of an import's time. Each archive is read by one process, which leaves
what it finds in a file beside the library; the build takes it from there while the next archives are read already. So memory
stays flat however large an archive is, and the order of posts is the same however many processes there are.
"""

from __future__ import annotations

import hashlib
import marshal
import shutil
import struct
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from . import archives
from .archives import Report, Source
from .archives.source import Gauge
from .errors import ArchiveError, NoLibrary
from .forgetting import Forgotten
from .messages import Message, counted
from .processes import Processes
from .rows import Archive, CopyRow, copy_row

SPOOL: Final = "reading"
"""The folder beside the library where archives being read leave their posts. Deleted by the build, or by the next one."""

BATCH: Final = 1000
"""Posts handed over at once."""

AHEAD: Final = 2
"""Archives beyond the number of processes that are read before their turn: they take disk until it comes."""

WORTH_PROCESSES: Final = 8 * 1024 * 1024
"""Bytes of archives below which starting processes takes longer than it saves: half a second each, as measured."""

_LENGTH: Final = struct.Struct("<Q")
_WAIT: Final = 0.01
"""Seconds between looks for the next batch of another process."""


@dataclass(frozen=True, slots=True)
class Task:
    """One archive to read."""

    path: Path
    archive: Archive
    """What it is known by; `size` counts all of its files."""
    digest: str | None
    """What its content was when it was last read; if it still is, it is not read again."""
    skip: int
    """Posts at its beginning that an interrupted build has taken already."""
    forgotten: Forgotten


class Batch(NamedTuple):
    """Some posts of an archive, in order."""

    copies: list[CopyRow]
    reached: int
    """Posts of the archive that the reader has given so far, forgotten ones among them."""
    read: int
    """Bytes of the archive that have been read so far, about."""


@dataclass(slots=True)
class Reading:
    """One archive being read: its batches, and after the last of them what came of it."""

    task: Task
    archive: Archive
    """As known so far; whole once the batches have ended."""
    batches: Iterator[Batch] = field(default_factory=lambda: iter(()))

    @property
    def status(self) -> str:
        """What a build reports of it: read, failed, or unchanged, since its content turned out to be what it was."""
        return "unchanged" if self.archive is self.task.archive and self.archive.status == "read" else self.archive.status


def find(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """The archives under some paths, in order, and how many files were left out as mere parts of a saved page.

    Folders are searched through; a file that is named is always an archive. Raises NoLibrary for a path that is not there.
    """
    found: dict[Path, None] = {}
    left_out = 0
    for path in paths:
        if path.is_file():
            found[path] = None
        elif path.is_dir():
            for file in sorted(path.rglob("*")):
                if not file.is_file():
                    continue
                if _belongs_to_page(file, path) or any(part.startswith(".") for part in file.relative_to(path).parts):
                    left_out += 1
                else:
                    found[file] = None
        else:
            raise NoLibrary(
                Message("{path} does not exist", path=str(path)),
                Message("Name a file or folder of archives, or put them into data/threads"),
            )
    return list(found), left_out


def _belongs_to_page(file: Path, top: Path) -> bool:
    """Whether a file lies in the folder of pictures and styles that a browser saves beside a page ("Title_files")."""
    return any(
        folder.name.endswith("_files")
        and any((folder.parent / (folder.name.removesuffix("_files") + ending)).is_file() for ending in (".html", ".htm"))
        for folder in file.relative_to(top).parents
        if folder.name
        for folder in (top / folder,)
    )


def key(library: Path, path: Path) -> str:
    """What an archive is known by: its path inside the library, so that a library can be moved, or else where it is."""
    absolute = path.resolve()
    root = library.resolve()
    return str(absolute.relative_to(root)) if absolute.is_relative_to(root) else str(absolute)


def task(library: Path, path: Path, known: Archive | None, forgotten: Forgotten) -> Task | Archive:
    """What is to be done about an archive: a task, or, where nothing is, what is known of it.

    What failed is tried again each time: it costs little, and a newer Askive may read it.
    """
    name = key(library, path)
    try:
        stats = [file.stat() for file in archives.belonging(Source(path))]
    except OSError as error:
        reason = Message("{path} cannot be opened ({error})", path=str(path), error=str(error.strerror or error))
        return Archive(name, 0, 0, "", None, "failed", reason=reason)
    size, modified = sum(stat.st_size for stat in stats), max(stat.st_mtime_ns for stat in stats)
    if known and known.status == "read" and (known.size, known.modified) == (size, modified):
        return known
    archive = Archive(name, size, modified, "", None, "failed")
    if known and known.status == "read":
        return Task(path, replace(known, size=size, modified=modified), known.sha256, 0, forgotten)
    if known and known.status == "partial" and (known.size, known.modified) == (size, modified):
        return Task(path, archive, None, known.reached, forgotten)
    return Task(path, archive, None, 0, forgotten)


def readings(library: Path, tasks: Sequence[Task], processes: Processes) -> Iterator[Reading]:
    """The archives of some tasks, one after the other. The batches of each must be taken before the next is asked for."""
    if processes.number == 1 or sum(task.archive.size for task in tasks) < WORTH_PROCESSES:
        for task in tasks:
            reading = Reading(task, task.archive)
            reading.batches = _read(reading)
            yield reading
        return
    sweep(library)
    spool = library / SPOOL
    spool.mkdir()
    try:
        left = ((task, spool / str(number)) for number, task in enumerate(tasks))
        waiting: deque[tuple[Task, Path, Future[Archive | None]]] = deque()
        while True:
            for task, file in islice(left, processes.number + AHEAD - len(waiting)):
                file.touch()
                waiting.append((task, file, processes.submit(_leave, task, file)))
            if not waiting:
                return
            task, file, future = waiting.popleft()
            if future.done() and isinstance(future.exception(), BrokenExecutor):
                # Another archive's process died and took this one with it.
                file.write_bytes(b"")
                future = processes.submit(_leave, task, file)
            reading = Reading(task, task.archive)
            reading.batches = _left(reading, file, future)
            yield reading
            file.unlink()
    except BaseException:
        # Nobody waits for what is being read any more.
        processes.stop()
        raise
    finally:
        sweep(library)


def sweep(library: Path) -> None:
    """Delete what reading processes left that never came to an end."""
    shutil.rmtree(library / SPOOL, ignore_errors=True)


def _leave(task: Task, file: Path) -> Archive | None:
    """What another process does: read an archive, and leave its batches in a file for `_left`. None if it is unchanged."""
    reading = Reading(task, task.archive)
    with file.open("wb") as left:
        for batch in _read(reading):
            packed = marshal.dumps(tuple(batch))
            left.write(_LENGTH.pack(len(packed)) + packed)
            left.flush()
    return None if reading.archive is task.archive else reading.archive


def _left(reading: Reading, file: Path, future: Future[Archive | None]) -> Iterator[Batch]:
    """The batches that another process leaves in a file, each as soon as it is there."""
    with file.open("rb") as left:
        while True:
            ended = future.done()
            while packed := _whole(left):
                yield Batch(*marshal.loads(packed))  # noqa: S302  # Written by a process of this very build.
            if ended:
                break
            time.sleep(_WAIT)
    try:
        reading.archive = future.result() or reading.archive
    except BrokenExecutor:
        reason = Message("{path}: the process that read it was killed, perhaps for want of memory", path=str(reading.task.path))
        reading.archive = replace(reading.archive, status="failed", reason=reason)


def _whole(file: BinaryIO) -> bytes | None:
    """The next record of a file that grows, or None while it is not all there."""
    begin = file.tell()
    head = file.read(_LENGTH.size)
    if len(head) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        packed = file.read(length)
        if len(packed) == length:
            return packed
    file.seek(begin)
    return None


def _read(reading: Reading) -> Iterator[Batch]:
    """Read one archive in this process. What came before a failure is given, and the archive says that it failed."""
    task, report, gauge = reading.task, Report(), Gauge()
    archive = replace(task.archive, status="failed")
    # A file's own date is a weak hint, but the only one where the copy does not say when it was made.
    file_time = archive.modified // 1_000_000_000
    copies: list[CopyRow] = []
    given = threads = answers = 0
    reason: str | None = None
    try:
        archive = replace(archive, sha256=_digest(archives.belonging(Source(task.path))))
        if archive.sha256 == task.digest:
            return
        for given, post in enumerate(archives.read(Source(task.path, gauge=gauge), report), 1):
            if task.forgotten.covers(post):
                continue
            threads += post.kind == "question"
            answers += post.kind not in {"question", "comment"}
            if given > task.skip:
                copies.append(copy_row(post, int(post.captured.timestamp()) if post.captured else file_time))
            if len(copies) >= BATCH:
                yield Batch(copies, given, min(gauge.read, archive.size))
                copies = []
    except ArchiveError as error:
        reason = error.told
    except OSError as error:
        reason = Message("{path} cannot be read ({error})", path=str(task.path), error=str(error.strerror or error))
    if copies:
        yield Batch(copies, given, min(gauge.read, archive.size))
    if reason and given:
        reason = Message("{reason} (the {number} posts before that are kept)", reason=reason, number=given)
    warnings = tuple(report.warnings)
    if report.unlisted:
        warnings += (counted("and {number} more", "and {number} more", report.unlisted),)
    reading.archive = replace(
        archive,
        format=", ".join(report.formats) or None,
        status="failed" if reason else "read",
        threads=threads,
        answers=answers,
        skipped=report.skipped,
        warnings=task.forgotten.withhold(warnings),
        reason=reason and task.forgotten.withhold([reason])[0],
    )


def _digest(files: Sequence[Path]) -> str:
    """The SHA-256 of an archive's content; of one that is several files, of their names and digests."""
    digests = []
    for path in files:
        with path.open("rb") as file:
            digests.append((path.name, hashlib.file_digest(file, "sha256").hexdigest()))
    if len(digests) == 1:
        return digests[0][1]
    return hashlib.sha256(repr(digests).encode()).hexdigest()
