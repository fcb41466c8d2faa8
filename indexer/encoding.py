"""Which threads have no vector yet, and who makes them? What a build and its slow second half do for search by meaning.

    Store.questions ─key─▶ keys of a generation            which text each thread has
    texts without a row ─Model.encode─▶ Stored.add         static: within every build; full: afterwards, in steps that last

A library without a model has none of this. Vectors go by what they are of, so that what was computed for one generation is
there for the next one, and a build that was killed goes on where it stopped.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import numpy as np

from . import generations, markup
from .columns import UNKNOWN, Columns
from .errors import BadModel, LibraryError, NoLibrary, NotInstalled
from .meaning import models, vectors
from .meaning.models import TIERS, Model
from .meaning.vectors import Keys, Stored
from .messages import Message
from .steps import locked
from .store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")

Progress = Callable[[str, int, int], None]

BATCH: Final = {"static": 4096, "full": 64}
"""Threads that are encoded and written in one step: what a kill can lose, and how often the disk has to be waited for."""

READ: Final = 20_000
"""Characters of a question's HTML that are read; as many tokens as are encoded stand in far less."""

LOCK: Final = "vectors.lock"
"""Held while a file of vectors is written to."""

_AT_WORK: Final = "encoding.lock"


def text(title: str, body: str) -> str:
    """What of a thread is encoded."""
    return f"{title}\n{markup.prose(body[:READ])}"


# Within every build


class Before(NamedTuple):
    """What a generation was made from: another one, and the threads that changed since."""

    generation: str
    changed: Sequence[str]


def static(library: Path, store: Store, generation: str, progress: Progress, before: Before | None = None) -> None:
    """Encode the threads of a generation that have no static vector yet. Does nothing in a library without a model.

    The time is that of the threads that changed, where that is known.
    A model that cannot be used is told in the log: what is built then answers by words. Raises LibraryError.
    """
    model = _known(library)
    if model is None:
        return
    try:
        model.open("static")
    except (BadModel, NotInstalled) as error:
        log.warning("The threads are not encoded. %s", error)
        _static(library, store, generation, model, progress, before, encode=False)
    else:
        _static(library, store, generation, model, progress, before, encode=True)


def _static(
    library: Path, store: Store, generation: str, model: Model, progress: Progress, before: Before | None, *, encode: bool
) -> None:
    """Note which text each thread has, which keeps its vectors from being swept away; and encode those that have none."""
    stored = Stored(library, model, "static")
    columns = Columns(generations.columns(library, generation))
    noted = _noted(library, generation, columns)
    if noted is not None and (not encode or _have_rows(noted, stored)):
        return
    known = set(stored.keys.tolist())
    keys = np.zeros(len(columns.threads), np.uint64)
    kept = _kept(library, before) if before else None
    if before and kept is not None and (not encode or _have_rows(kept, stored)):
        keys[: len(kept)] = kept
        questions, total = store.questions(before.changed), len(before.changed)
    else:
        questions, total = store.questions(), len(keys)
    done = 0
    for batch in _batches(questions, BATCH["static"]):
        found = [vectors.key(title, body) for _, title, body in batch]
        keys[columns.threads_of(thread_id for thread_id, _, _ in batch)] = np.array(found, np.uint64)
        if encode:
            missing = {key: text(title, body) for key, (_, title, body) in zip(found, batch, strict=True) if key not in known}
            _encode(library, model, stored, missing, lambda wanted: wanted)
            known |= missing.keys()
        progress("Encoding", done, total)
        done += len(batch)
    progress("Encoding", total, total)
    vectors.save_keys(library, generation, keys)


def _noted(library: Path, generation: str, columns: Columns) -> Keys | None:
    """The keys of a generation's threads, if they are of these columns."""
    keys = vectors.load_keys(library, generation)
    return keys if keys is not None and len(keys) == len(columns.threads) else None


def _have_rows(keys: Keys, stored: Stored) -> bool:
    return bool(np.isin(keys[keys != 0], stored.keys).all())


def _kept(library: Path, before: Before) -> Keys | None:
    """The keys of the generation before without those of threads that changed, whose rows of columns stay where they are."""
    columns = Columns(generations.columns(library, before.generation))
    keys = _noted(library, before.generation, columns)
    if keys is not None:
        gone = columns.threads_of(before.changed)
        keys[gone[gone >= 0]] = 0
    return keys


def _encode(
    library: Path, model: Model, stored: Stored, texts: dict[int, str], still: Callable[[set[int]], Collection[int]]
) -> None:
    """Make and keep the vectors of texts by their keys, of those that are `still` wanted when they are there."""
    if not texts:
        return
    found = model.encode(list(texts.values()), stored.tier)
    rows = vectors.packed(list(texts), found)
    with closing(_writing(library)):
        wanted = still(set(texts))
        try:
            stored.add(rows[[key in wanted for key in texts]])
        except OSError as error:
            raise LibraryError(
                Message("{file} could not be written ({error})", file=str(stored.path), error=str(error)),
                Message("Make room or permissions, then build again"),
            ) from error


def sweep(library: Path, generations_kept: Sequence[str], *, nothing_else: bool) -> None:
    """Let go of vectors that no generation's threads have, once they are many; of every one with `nothing_else`.

    Where nobody can say which those are, all stay, or with `nothing_else` none.
    """
    if not (library / vectors.FOLDER).is_dir():
        return
    model = _known(library)
    with closing(_writing(library)):
        vectors.sweep_keys(library, generations_kept)
        kept = [keys for name in generations_kept if (keys := vectors.load_keys(library, name)) is not None]
        if model and len(kept) == len(generations_kept):
            wanted = np.unique(np.concatenate([*kept, np.zeros(0, np.uint64)]))
            for tier in TIERS:
                Stored(library, model, tier).keep(wanted, nothing_else=nothing_else)
        elif nothing_else:
            shutil.rmtree(library / vectors.FOLDER)


def _writing(library: Path) -> sqlite3.Connection:
    """The right to write vectors, which others have for moments."""
    return locked(library, LOCK, Message("Another build is writing vectors in {folder}", folder=str(library)), patience=600)


def discard(library: Path) -> None:
    """Delete all vectors: their model is gone."""
    if (library / vectors.FOLDER).is_dir():
        with closing(_writing(library)):
            shutil.rmtree(library / vectors.FOLDER)


def _known(library: Path) -> Model | None:
    try:
        return models.load(library)
    except BadModel as error:
        log.warning("The threads are not encoded. %s", error)
        return None


def _batches(found: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(found)
    while batch := list(islice(left, size)):
        yield batch


# Afterwards


def full(library: Path, progress: Progress) -> int:
    """Encode the threads that have no full vector yet, newest and most voted first; tells how many texts were encoded.

    What was done lasts, whenever it is stopped. A build may take place meanwhile. Raises BadModel, NotInstalled, NoLibrary, and
    LibraryBusy where another process is at it.
    """
    model = models.load(library)
    if model is None:
        raise BadModel(f"The library in {library} has no model", "Run `askive model add` first")
    model.open("full")
    encoded = 0
    said = Message("Another build is encoding the threads of {folder}", folder=str(library))
    with closing(locked(library, _AT_WORK, said)):
        generation = None
        while generation != (generation := _in_force(library)):
            # Once more where a build ended meanwhile: its threads may be other ones.
            encoded += _full(library, model, generation, progress)
    return encoded


def _in_force(library: Path) -> str:
    with closing(Store(library)) as store:
        generation = store.fact("generation")
    if generation is None:
        raise NoLibrary(f"The library in {library} has no index")
    return generation


def _full(library: Path, model: Model, generation: str, progress: Progress) -> int:
    columns = Columns(generations.columns(library, generation))
    keys = _noted(library, generation, columns)
    if keys is None:
        raise NoLibrary(f"The library in {library} was built without its model")
    stored = Stored(library, model, "full")
    total = len(np.unique(keys[keys != 0]))
    missing = np.flatnonzero((keys != 0) & ~np.isin(keys, stored.keys))
    ids = _names(library, columns, missing)
    done = total - len(np.unique(keys[missing]))
    encoded = 0

    def still(wanted: set[int]) -> set[int]:
        """What a build forgot or changed while it was encoded is not kept."""
        current = vectors.load_keys(library, _in_force(library))
        return wanted & set(current[np.isin(current, list(wanted))].tolist()) if current is not None else set()

    known = set(stored.keys.tolist())
    for batch in _batches(_urgent(columns, missing), BATCH["full"]):
        progress("Encoding", done + encoded, total)
        with closing(Store(library)) as store:
            found = list(store.questions(ids[row] for row in batch if row in ids))
        texts = {vectors.key(title, body): text(title, body) for _, title, body in found}
        texts = {key: said for key, said in texts.items() if key not in known}
        _encode(library, model, stored, texts, still)
        known |= texts.keys()
        encoded += len(texts)
    progress("Encoding", total, total)
    return encoded


def _names(library: Path, columns: Columns, rows: Iterable[int]) -> dict[int, str]:
    """The ids of threads by their rows."""
    wanted = set(map(int, rows))
    names: dict[int, str] = {}
    with closing(Store(library)) as store:
        for batch in _batches(store.asked(), 10_000):
            found = columns.threads_of(batch).tolist()
            names |= {row: name for row, name in zip(found, batch, strict=True) if row in wanted}
    return names


def _urgent(columns: Columns, rows: Collection[int]) -> list[int]:
    """Threads in the order in which their vectors are wanted: by turns the newest, and those with the most votes."""
    answers = columns.answers
    newest = np.full(len(columns.threads), UNKNOWN)
    np.maximum.at(newest, answers["thread"], answers["written"])
    votes = np.zeros(len(columns.threads), np.int64)
    np.maximum.at(votes, answers["thread"], np.maximum(answers["votes"], 0))
    among = np.asarray(rows)
    orders = (among[np.argsort(column[among], kind="stable")[::-1]].tolist() for column in (newest, votes))
    return list(dict.fromkeys(chain.from_iterable(zip(*orders, strict=True))))
