"""The first straight line: from archives to a library that answers.

    archives ─detect─▶ reader ─Post─▶ Store.put            every archive first, so that threads become whole
    Store.threads ─Thread─▶ documents ─Document─▶ Engine   a new generation beside the old one, checked, then made current

All of it is one transaction of the store, and the generation in force is a fact in the store: whatever kills a build at
whatever moment, the library is what it was, and what was left half done on disk is swept away by the next build.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from . import archives, documents, endorsements, engines, forgetting
from .archives import Report, Source
from .documents import Document
from .engines import Engine
from .errors import ArchiveError, LibraryError, NoLibrary
from .rows import Archive
from .standing import Expectations
from .writing import WritableStore

log = logging.getLogger(__name__)

THREADS: Final = "threads"
"""The folder of a library where archives are kept as found."""

KEPT: Final = 2
"""Generations on disk: the one in force, and the one before it, which a server may still be reading."""

REWRITE_SHARE: Final = 0.3
"""When more than this share of all threads changed, a new index is written faster and smaller than the old one is mended."""

Progress = Callable[[str, int, int], None]
"""Called as (step, done, of all): "Reading" archives, "Relating" threads (who backs whom), "Indexing" threads."""


def _silent(_step: str, _done: int, _total: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """What happened to one archive: `status` is read, unchanged or failed."""

    path: Path
    archive: Archive
    status: str


class NothingRead(NoLibrary):
    """A build that ended without a single post in the library; `rows` says why for each archive."""

    def __init__(self, reason: str, hint: str, *, rows: tuple[Row, ...]) -> None:
        super().__init__(reason, hint)
        self.rows = rows


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `threads` and `answers` count the whole library after it."""

    rows: tuple[Row, ...]
    left_out: int
    """Files that only belong to a saved page (pictures, styles) or are hidden."""
    threads: int
    answers: int
    changed: int
    """Threads that are new or other than before."""
    generation: str
    engine: str
    took_s: float


def build(
    library: Path,
    paths: Sequence[Path] | None = None,
    *,
    engine: str = "whoosh",
    fresh: bool = False,
    progress: Progress = _silent,
) -> BuildReport:
    """Read archives (by default all in the library's `threads/`; none with an empty `paths`) and make them answerable.

    Archives that have not changed since they were read are not read again. With `fresh` the library starts from nothing
    but its archives. Rules of what to forget are kept to in any case.

    Raises NothingRead when the library would be left without a post, NoLibrary for a path that is not there, LibraryBusy
    while another build is at work, LibraryError when something cannot be written.
    """
    started = time.monotonic()
    engines.load(engine)
    paths = [library / THREADS] if paths is None else paths
    found, left_out = find(paths)
    store = WritableStore(library)
    try:
        with store.transaction():
            if fresh:
                store.clear()
            _sweep(library, store)
            forgotten = forgetting.load(library)
            purged = bool(forgotten) and store.delete_covered(forgotten.covers)
            rows = []
            for number, path in enumerate(found):
                progress("Reading", number, len(found))
                rows.append(_read(library, path, store, forgotten))
            progress("Reading", len(found), len(found))
            changed = store.changed()
            if not store.counts()["posts"] and not forgotten:
                raise NothingRead(*_nothing(paths, rows), rows=tuple(rows))
            generation = store.fact("generation")
            if changed or generation is None or store.fact("engine") != engine or not _opens(library, store):
                generation = finish(library, store, engine, progress, keep=1 if purged else KEPT)
            counts = store.counts()
        store.settle()
    except sqlite3.Error as error:
        raise LibraryError(
            f"{store.path} could not be written ({error})", "Make room or permissions, then build again"
        ) from error
    finally:
        store.close()
    took = time.monotonic() - started
    return BuildReport(
        tuple(rows), left_out, counts["threads"], counts["answers"], len(changed), generation, engine, round(took, 3)
    )


def finish(library: Path, store: WritableStore, engine: str, progress: Progress, *, keep: int = KEPT) -> str:
    """What has to follow in a transaction that changed posts: all that depends on them, and a new generation, now in force.

    Gives the generation's name. `keep` is how many generations stay on disk.
    """
    changed = store.changed()
    _derive(store, changed, progress)
    generation = _index(library, store, engine, changed, progress)
    _sweep(library, store, keep=keep)
    return generation


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
            raise NoLibrary(f"{path} does not exist", "Name a file or folder of archives, or put them into data/threads")
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


def _read(library: Path, path: Path, store: WritableStore, forgotten: forgetting.Forgotten) -> Row:
    """Put all posts of one archive into the store, or none of them and the reason why."""
    key = _key(library, path)
    known = store.archive(key)
    try:
        stat = path.stat()
        # What failed is tried again each time: it costs little, and a newer Askive may read it.
        if known and known.status != "read":
            known = None
        if known and (known.size, known.modified) == (stat.st_size, stat.st_mtime_ns):
            return Row(path, known, "unchanged")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = f"{path} cannot be opened ({error.strerror or error})"
        return Row(path, Archive(key, 0, 0, "", None, "failed", reason=reason), "failed")
    archive = Archive(key, stat.st_size, stat.st_mtime_ns, digest, None, "failed")
    if known and known.sha256 == digest:
        archive = replace(known, modified=stat.st_mtime_ns)
        store.set_archive(archive)
        return Row(path, archive, "unchanged")
    archive = _read_new(archive, path, store, forgotten)
    store.set_archive(archive)
    return Row(path, archive, archive.status)


def _read_new(archive: Archive, path: Path, store: WritableStore, forgotten: forgetting.Forgotten) -> Archive:
    source, report = Source(path), Report()
    file_time = archive.modified // 1_000_000_000
    threads = answers = 0
    try:
        with store.attempt():
            for post in archives.read(source, report):
                if forgotten.covers(post):
                    continue
                # A file's own date is a weak hint, but the only one where the copy does not say when it was made.
                store.put(post, int(post.captured.timestamp()) if post.captured else file_time)
                threads += post.kind == "question"
                answers += post.kind not in {"question", "comment"}
    except ArchiveError as error:
        archive = replace(archive, reason=str(error))
    except OSError as error:
        archive = replace(archive, reason=f"{path} cannot be read ({error.strerror or error})")
    else:
        archive = replace(archive, status="read", threads=threads, answers=answers)
    warnings = tuple(report.warnings)
    if report.unlisted:
        warnings += (f"and {report.unlisted:,} more",)
    return replace(archive, format=", ".join(report.formats) or None, skipped=report.skipped, warnings=warnings)


def _key(library: Path, path: Path) -> str:
    """What an archive is known by: its path inside the library, so that a library can be moved, or else where it is."""
    absolute = path.resolve()
    root = library.resolve()
    return str(absolute.relative_to(root)) if absolute.is_relative_to(root) else str(absolute)


def _derive(store: WritableStore, changed: Sequence[str], progress: Progress) -> None:
    """Find out anew what depends on whole threads, and on all threads together."""
    for done, thread in enumerate(store.threads(changed)):
        progress("Relating", done, len(changed))
        store.set_derived(thread, endorsements.find(thread))
    progress("Relating", len(changed), len(changed))
    expectations = Expectations(store.votes())
    store.set_standings(expectations.standings(store.votes()))


def _index(library: Path, store: WritableStore, name: str, changed: Sequence[str], progress: Progress) -> str:
    """Write the generation that fits the store as it now is, check it, and make it the one in force."""
    base = store.fact("generation")
    generation = f"{int(base.partition('-')[0]) + 1 if base else 1:06d}-{secrets.token_hex(3)}"
    folder = engines.folder(library, generation)
    folder.parent.mkdir(parents=True, exist_ok=True)
    total = store.counts()["threads"]
    if base and store.fact("engine") == name and len(changed) <= REWRITE_SHARE * total and _opens(library, store):
        index = engines.load(name).extend(engines.folder(library, base), folder)
        index.remove(store.stale())
        rewritten: Sequence[str] | None = changed
    else:
        index = engines.load(name).create(folder)
        rewritten = None
    try:
        index.write(_documents(store, rewritten, len(changed) if rewritten is not None else total, progress))
        index.flush()
        _check(index, store)
    finally:
        index.close()
    _fsync(folder.parent)
    store.set_fact("engine", name)
    store.set_fact("generation", generation)
    return generation


def _documents(store: WritableStore, thread_ids: Sequence[str] | None, total: int, progress: Progress) -> Iterator[Document]:
    for done, thread in enumerate(store.threads(thread_ids)):
        progress("Indexing", done, total)
        yield from documents.of_thread(thread)
    progress("Indexing", total, total)


def _check(index: Engine, store: WritableStore) -> None:
    """A new index must hold exactly the store's threads and answers before anything is switched to it."""
    counts, state = store.counts(), index.state()
    if (state.threads, state.answers) != (counts["threads"], counts["ranked"]):
        raise LibraryError(
            f"The new index holds {state.threads} threads and {state.answers} answers, the store {counts['threads']} and"
            f" {counts['ranked']}; the library stays as it was",
            "Run `askive build --fresh`",
        )


def _opens(library: Path, store: WritableStore) -> bool:
    """Whether the generation in force is there and whole."""
    generation, name = store.fact("generation"), store.fact("engine")
    if generation is None or name is None:
        return False
    try:
        engines.load(name).open(engines.folder(library, generation)).close()
    except LibraryError:
        return False
    return True


def _sweep(library: Path, store: WritableStore, keep: int = KEPT) -> None:
    """Delete generations that nothing points to: left-overs of builds that died, and all but the last `keep`."""
    current = store.fact("generation")
    found = sorted(folder for folder in (library / "index").glob("*") if folder.is_dir())
    # Names begin with a running number, so what comes after the one in force was never finished.
    finished = [folder for folder in found if current and folder.name <= current]
    for folder in found:
        if folder not in finished[-keep:]:
            log.info("deleting the index %s", folder.name)
            shutil.rmtree(folder, ignore_errors=True)


def _fsync(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _nothing(paths: Sequence[Path], rows: Sequence[Row]) -> tuple[str, str]:
    """Why there is no library after a build, and what to do."""
    if not rows:
        where = f"in {paths[0]}" if paths else "left"
        return f"There are no archives {where}", "Put saved threads there, or name them: `askive build PATH`"
    if len(rows) == 1:
        return f"Nothing could be read: {rows[0].archive.reason or f'there are no posts in {rows[0].path}'}", ""
    reasons = "; ".join(row.archive.reason or f"there are no posts in {row.path}" for row in rows[:3])
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return f"Nothing could be read: {reasons}{more}", "`askive build --help` lists the formats that are read"
