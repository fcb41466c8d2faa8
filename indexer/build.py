"""The first straight line: from archives to a library that answers.

    archives ─detect─▶ reader ─Post─▶ Store.put                 every archive first, so that threads become whole
    Store.pieces ─Thread─▶ analysis ─Document─▶ Engine.write    a new generation beside the old one, checked, then made current
                                    └─Relations─▶ Store         who backs whom, what became of it, which words there are

All of it becomes the library at once, in one transaction of the store, and the generation in force is a fact in the store:
whatever kills a build at whatever moment, the library is what it was. What a large build had done by then is gone on with by
the next one like it; all else that was left half done on disk is swept away.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final

from . import analysis, columns, coverage, encoding, engines, forgetting, gate, generations, importing, latent, messages
from .analysis import Found
from .columns import Columns
from .engines import AUTO, Engine, EngineState, sync_folder
from .engines.choice import Choice, choose
from .errors import LibraryError, NoLibrary, NotInstalled
from .gate import GotWorse, Verdict
from .generations import Index
from .meaning import nearest
from .messages import Joined, Message, counted
from .processes import Processes
from .rows import Archive
from .standing import Expectations, Votes
from .store import TALLIED, TALLIES, Store
from .writing import WritableStore

log = logging.getLogger(__name__)

THREADS: Final = "threads"
"""The folder of a library where archives are kept as found."""

NAMED: Final = 3
"""Archives of which is said why nothing could be read from them."""

KEPT: Final = 2
"""Generations on disk: the one in force, and the one before it, which a server may still be reading."""

REWRITE_SHARE: Final = 0.3
"""When more than this share of all threads changed, a new index is written faster and smaller than the old one is mended."""

WORN: Final = 0.2
"""When more than this share of an index is documents that were removed, it is written anew too: they take room, and weigh on
the statistics of an engine that does not forget at once."""

LARGE: Final = 64 * 1024 * 1024
"""Bytes of archives, about a minute's reading, from which on a build can be interrupted and gone on with."""

STEP: Final = 5000
"""Threads that are analysed in one step."""

WORTH_PROCESSES: Final = 6
"""Pieces from which on starting processes, half a second each, takes less time than it saves."""

Progress = Callable[[str, int, int], None]
"""Called as (step, done, of all): "Reading" bytes of archives, "Indexing" threads."""


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
    engine_why: str
    """What decided that it is this one."""
    resumed: bool
    """Whether it went on from where an interrupted build had stopped."""
    gate: Verdict | None
    """How the new generation answers beside the one before; None where none was written, or there was nothing to compare."""
    took_s: float


def build(
    library: Path,
    paths: Sequence[Path] | None = None,
    *,
    engine: str | None = AUTO,
    fresh: bool = False,
    force: bool = False,
    jobs: int = 0,
    progress: Progress = _silent,
    large: int = LARGE,
) -> BuildReport:
    """Read archives (by default all in the library's `threads/`; none with an empty `paths`) and make them answerable.

    Archives that have not changed since they were read are not read again. With `fresh` the library starts from nothing
    but its archives. Rules of what to forget are kept to in any case. `engine` is a name, "auto" for the one that suits the
    library's size, or None for the one it has. `jobs` is how many processes read archives and analyse threads (0: one a
    processor). A build of `large` bytes of archives and more goes step by step, so that when it is interrupted, the same
    build goes on from there; a smaller one begins again.

    What answers clearly worse than the library did before does not become the library, unless with `force` (see `gate`).

    Raises NothingRead when the library would be left without a post, GotWorse when it would get worse, NoLibrary for a path
    that is not there, LibraryBusy while another build is at work, LibraryError when something cannot be written.
    """
    started = time.monotonic()
    choose(engine or AUTO, 0, None)
    paths = [library / THREADS] if paths is None else paths
    found, left_out = importing.find(paths)
    processes = Processes(jobs)
    store = WritableStore(library)
    try:
        resumed = _is_large(found, large) and store.step_by_step({"fresh": fresh, "paths": [str(path) for path in found]})
        with store.transaction():
            if fresh and not resumed:
                store.clear()
            sweep(library, store)
            purged = store.forget(forgetting.load(library))
            rows = _read(library, found, store, processes, progress)
            # Copies that became one may be covered only now, and rules may have come that are newer than the build.
            purged |= store.forget(forgotten := forgetting.load(library))
            changed = store.count_changed()
            if not store.counts()["posts"] and not forgotten:
                raise NothingRead(*_nothing(paths, rows), rows=tuple(rows))
            generation, verdict = store.fact("generation"), None
            chosen = _choose(store, engine)
            if changed or generation is None or store.fact("engine") != chosen.engine or not _in_force(library, store):
                generation, verdict = finish(library, store, chosen, processes, progress, force=force)
            else:
                store.set_fact("engine_why", messages.packed(chosen.why))
                encoding.static(library, store, generation, progress)
            counts = store.counts()
        store.settle()
        sweep(library, store, keep=1 if purged else KEPT)
        if purged:
            store.discard()
            importing.sweep(library)
        encoding.sweep(library, [kept.name for kept in (library / "index").glob("*")], nothing_else=purged)
    except sqlite3.Error as error:
        raise LibraryError(
            Message("{file} could not be written ({error})", file=str(store.path), error=str(error)),
            Message("Make room or permissions, then build again"),
        ) from error
    finally:
        processes.stop()
        store.close()
    took = time.monotonic() - started
    return BuildReport(
        rows=tuple(rows),
        left_out=left_out,
        threads=counts["threads"],
        answers=counts["answers"],
        changed=changed,
        generation=generation,
        engine=chosen.engine,
        engine_why=chosen.why,
        resumed=resumed,
        gate=verdict,
        took_s=round(took, 3),
    )


def _is_large(found: Sequence[Path], large: int) -> bool:
    """Whether there is so much to read that an interrupted build should be able to go on."""
    return sum(path.stat().st_size for path in found if path.is_file()) >= large


def _choose(store: WritableStore, wanted: str | None) -> Choice:
    current = store.fact("engine")
    if wanted is None and current:
        return Choice(current, messages.unpacked(store.fact("engine_why") or "as set"))
    return choose(wanted or AUTO, store.counts()["posts"], current)


def finish(
    library: Path, store: WritableStore, chosen: Choice | None, processes: Processes, progress: Progress, *, force: bool
) -> tuple[str, Verdict | None]:
    """What has to follow in a transaction that changed posts: all that depends on them, and a new generation, now in force.

    Without a choice the engine stays. Gives the generation's name, and how it compares with the one before. Raises GotWorse as
    `build` does.
    """
    generation, verdict = _index(library, store, chosen or _choose(store, None), processes, progress, force=force)
    store.set_fact(coverage.FACT, store.count_coverage().packed())
    store.set_fact(TALLIES, json.dumps({column: store.count_tally(column) for column in TALLIED}))
    store.nothing_left()
    return generation, verdict


def _read(library: Path, found: Sequence[Path], store: WritableStore, processes: Processes, progress: Progress) -> list[Row]:
    """Put the posts of all archives that are new or other than before into the store; a row for each, in their order."""
    forgotten = forgetting.load(library)
    rows: dict[Path, Row] = {}
    tasks = []
    for path in found:
        task = importing.task(library, path, store.archive(importing.key(library, path)), forgotten)
        if isinstance(task, importing.Task):
            tasks.append(task)
        else:
            rows[path] = Row(path, task, "unchanged" if task.status == "read" else "failed")
    total = sum(task.archive.size for task in tasks)
    done = 0
    for current in importing.readings(library, tasks, processes):
        progress("Reading", done, total)
        for batch in current.batches:
            store.put_all(batch.copies)
            store.set_archive(replace(current.archive, status="partial", reached=batch.reached))
            store.step()
            progress("Reading", done + batch.read, total)
        done += current.task.archive.size
        store.set_archive(current.archive)
        rows[current.task.path] = Row(current.task.path, current.archive, current.status)
    progress("Reading", total, total)
    return [rows[path] for path in found]


def _index(
    library: Path, store: WritableStore, chosen: Choice, processes: Processes, progress: Progress, *, force: bool
) -> tuple[str, Verdict | None]:
    """Write the generation that fits the store as it now is, check it, and make it the one in force."""
    base = store.fact("generation")
    generation = f"{int(base.partition('-')[0]) + 1 if base else 1:06d}-{secrets.token_hex(3)}"
    folder = generations.folder(library, generation)
    folder.mkdir(parents=True)
    space = latent.Space(store.all_term_vectors())
    mended = base if space.terms and _can_be_mended(library, store, chosen) else None
    engine = engines.load(chosen.engine)
    if mended:
        index = engine.extend(generations.terms(library, mended), generations.terms(library, generation))
        index.remove(store.stale())
    else:
        index = engine.create(generations.terms(library, generation))
    threads, votes = latent.Threads(), Votes()
    try:
        for found in _analyses(store, processes, progress, every=not mended):
            index.write(document for one in found.threads for document in one.documents)
            threads.add(found.terms, ((one.thread_id, one.terms, one.counts) for one in found.threads))
            for one in found.threads:
                votes.add(one.votes)
        store.place(votes, among=store.expectations() if mended else Expectations())
        store.make_indexes()
        store.add_up(every=not mended)
        if not mended:
            space = threads.learn()
            store.set_term_vectors(space.terms)
        store.set_thread_vectors(threads.vectors(space))
        index.flush()
        _check(index, store)
        numbers = generations.columns(library, generation)
        if mended:
            columns.extend(generations.columns(library, mended), numbers, store.changed(), store.thread_rows(changed=True))
        else:
            columns.write(numbers, store.thread_rows())
        before = encoding.Before(mended, list(store.changed())) if mended else None
        encoding.static(library, store, generation, progress, before)
        held_by_row = Columns(numbers)
        meaning = nearest.opened(library, generation, len(held_by_row.threads))
        verdict = gate.judge(library, store, Index(index, held_by_row, meaning))
    finally:
        threads.close()
        index.close()
    if verdict and verdict.clearly_worse and not force and not _has_to_go(library):
        shutil.rmtree(folder, ignore_errors=True)
        raise GotWorse(verdict)
    for place in (folder, folder.parent):
        sync_folder(place)
    store.set_fact("engine", chosen.engine)
    store.set_fact("engine_why", messages.packed(chosen.why))
    store.set_fact("generation", generation)
    store.set_fact("gate", json.dumps(verdict and verdict.figures()))
    return generation, verdict


def _can_be_mended(library: Path, store: WritableStore, chosen: Choice) -> bool:
    """Whether the index in force can be the beginning of the next one, with less work than writing all of it."""
    if store.fact("engine") != chosen.engine or store.count_changed() > REWRITE_SHARE * store.counts()["threads"]:
        return False
    held = _in_force(library, store)
    return held is not None and held.removed <= WORN * (held.threads + held.answers)


def _analyses(store: WritableStore, processes: Processes, progress: Progress, *, every: bool) -> Iterator[Found]:
    """What the threads come to that changed, or all of them, in order; what the store keeps of it is kept on the way."""
    total = store.counts()["threads"] if every else store.count_changed()
    store.forget_what_is_gone()
    if store.count_changed() > REWRITE_SHARE * store.counts()["threads"]:
        store.drop_indexes()
    pieces, done, lasting = store.pieces(every=every), 0, 0
    first = list(islice(pieces, WORTH_PROCESSES))
    spread = processes if len(first) == WORTH_PROCESSES else Processes(1)
    for found in spread.map(analysis.of_piece, chain(first, pieces)):
        progress("Indexing", done, total)
        store.set_relations(found)
        done += len(found.threads)
        if done - lasting >= STEP:
            store.step_related()
            lasting = done
        yield found
    store.step_related()
    progress("Indexing", total, total)


def _check(index: Engine, store: WritableStore) -> None:
    """A new index must hold exactly the store's threads and answers before anything is switched to it."""
    counts, state = store.counts(), index.state()
    if (state.threads, state.answers) != (counts["threads"], counts["ranked"]):
        raise LibraryError(
            Message(
                "The new index holds {threads} threads and {answers} answers, the store {stored} and {ranked};"
                " the library stays as it was",
                threads=state.threads,
                answers=state.answers,
                stored=counts["threads"],
                ranked=counts["ranked"],
            ),
            Message("Run `askive build --fresh`"),
        )


def _has_to_go(library: Path) -> bool:
    """Whether the library in force holds what must be forgotten. What takes its place is then no matter of better or worse."""
    forgotten = forgetting.load(library)
    with closing(Store(library)) as store:
        return bool(forgotten) and any(map(forgotten.covers, store.all_posts()))


def _in_force(library: Path, store: WritableStore) -> EngineState | None:
    """What the generation in force holds, if it is there and whole."""
    generation, name = store.fact("generation"), store.fact("engine")
    if generation is None or name is None:
        return None
    try:
        index = generations.load(library, generation, name)
    except (LibraryError, NotInstalled):
        return None
    state = index.engine.state()
    index.engine.close()
    return state


def sweep(library: Path, store: WritableStore, keep: int = KEPT) -> None:
    """Delete generations that nothing points to: left-overs of builds that died, and all but the last `keep`."""
    current = store.fact("generation")
    found = sorted(folder for folder in (library / "index").glob("*") if folder.is_dir())
    # Names begin with a running number, so what comes after the one in force was never finished.
    finished = [folder for folder in found if current and folder.name <= current]
    for folder in found:
        if folder not in finished[-keep:]:
            log.info("deleting the index %s", folder.name)
            shutil.rmtree(folder, ignore_errors=True)


def _nothing(paths: Sequence[Path], rows: Sequence[Row]) -> tuple[str, str]:
    """Why there is no library after a build, and what to do."""
    if not rows:
        none_in = Message("There are no archives in {folder}", folder=str(paths[0])) if paths else None
        hint = Message("Put saved threads there, or name them: `askive build PATH`")
        return none_in or Message("There are no archives left"), hint
    reasons = [row.archive.reason or Message("there are no posts in {file}", file=str(row.path)) for row in rows[:NAMED]]
    if len(rows) > NAMED:
        reasons.append(counted("and {number} more", "and {number} more", len(rows) - NAMED))
    said = Message("Nothing could be read: {reasons}", reasons=Joined(tuple(reasons), ";"))
    return said, "" if len(rows) == 1 else Message("`askive build --help` lists the formats that are read")
