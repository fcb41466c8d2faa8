"""What must be known of every answer and thread to rank it, its text aside? Numbers, column by column, mapped from disk.

A question looks at some thousands of answers. As rows of the store they cost more time than all the rest together; as records
in a mapped file they are picked out at once, and only what is looked at comes into memory. They belong to a generation of the
index: written by the same build, replaced by the next, never changed.

Answers lie by thread, in page order. A row is the place of an answer, or of a thread, among its like.
"""

from __future__ import annotations

import json
import os
import shutil
from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import latent, likeness, words
from .errors import ForeignIndex
from .likeness import Gists
from .messages import Message
from .query import Filters, Range

Rows = NDArray[np.int64]
Records = NDArray[Any]

UNKNOWN: Final = np.iinfo(np.int64).min
"""Stands where a whole number is not known; NaN does where any number may be, -1 where it is yes or no."""

ANSWER: Final = np.dtype(
    [
        ("number", "<i8"),  # of its post in the store
        ("key", "<u8"),  # a digest of its id
        ("written", "<i8"),  # seconds since 1970
        ("votes", "<i8"),
        ("lift", "<f8"),  # see `standing`, as for the next
        ("expected", "<f8"),
        ("asking", "<f8"),  # see `substance`, as for the next two
        ("length", "<i4"),
        ("place", "<i4"),
        ("author", "<u8"),  # a digest of the folded name; 0 for nobody
        ("thread", "<i4"),  # the row of its thread
        ("site", "<u4"),  # numbers of names, as for the next
        ("category", "<u4"),
        ("backers", "<i4"),  # persons who back it in words
        ("dissenters", "<i4"),
        ("favorited", "<i4"),  # backers who say that they also voted: they are in `votes` already
        ("best", "i1"),
        ("outcome", "i1"),  # whether it worked for the asker
    ]
)

THREAD: Final = np.dtype(
    [
        ("said", "<u8"),  # see `likeness.Shape`
        ("first", "<i8"),  # the row of its first answer
        ("answers", "<i4"),
        ("groups", "<i4"),  # how many groups of letters its title has
        ("letters", "<i8"),  # where they begin
        ("tags", "<i4"),  # how many it has
        ("tagged", "<i8"),  # where they begin
        ("vector", "i1", (latent.DIMENSIONS,)),  # zeros where it has none
    ]
)

LETTERS: Final = np.dtype([("group", "<u4"), ("count", "u1")])

TAG: Final = np.dtype([("name", "<u4")])

NAME: Final = np.dtype([("key", "<u8"), ("row", "<u8")])
"""By ascending key: from the digest of an id to a row. Of half the width, a row would put every other key across a boundary of
words, and to search those numpy copies all of them."""

_KINDS: Final = {"answers": ANSWER, "threads": THREAD, "letters": LETTERS, "tags": TAG}
_TABLE: Final = "columns.json"
_BATCH: Final = 20_000
"""Records in memory before they are written."""


class AnswerRow(NamedTuple):
    """An answer as the store has it. Fields are those of ANSWER; names as texts, what is not known None."""

    number: int
    id: str
    written: int | None
    votes: int | None
    lift: float | None
    expected: float | None
    asking: float
    length: int
    place: int
    author: str | None
    """None for anonymous ones too."""
    site: str
    category: str | None
    backers: int
    dissenters: int
    favorited: int
    best: int | None
    outcome: int | None


class ThreadRow(NamedTuple):
    """A thread as the store has it."""

    id: str
    title: str
    tags: Sequence[str]
    vector: bytes | None
    answers: Sequence[AnswerRow]


def digest(text: str) -> int:
    """A name in 64 bits. Of five million, two are the same once in a million libraries."""
    return int.from_bytes(_digested(text), "little")


def _digested(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


# Reading


class Columns:
    """The numbers of one generation, mapped."""

    def __init__(self, folder: Path) -> None:
        """Raises ForeignIndex where the folder does not hold what `write` left."""
        try:
            table = json.loads((folder / _TABLE).read_bytes())
            sizes = table["records"]
            self.answers = _mapped(folder, "answers", ANSWER, sizes)
            self.threads = _mapped(folder, "threads", THREAD, sizes)
            self._letters = _mapped(folder, "letters", LETTERS, sizes)
            self._tags = _mapped(folder, "tags", TAG, sizes)
            self.answer_names = _mapped(folder, "answer_names", NAME, sizes)
            self.thread_names = _mapped(folder, "thread_names", NAME, sizes)
            self.sites: list[str] = table["sites"]
            self.categories: list[str] = table["categories"]
            self.tags: list[str] = table["tags"]
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            said = Message("{folder} holds no whole columns ({error})", folder=str(folder), error=str(error))
            raise ForeignIndex(said) from error

    def rows_of(self, answer_ids: Iterable[str]) -> Rows:
        """The rows of answers by their ids; -1 for one that is not there."""
        return _find(self.answer_names, answer_ids)

    def threads_of(self, thread_ids: Iterable[str]) -> Rows:
        """The rows of threads by their ids; -1 for one that is not there."""
        return _find(self.thread_names, thread_ids)

    def rows_in(self, threads: Rows) -> Rows:
        """The rows of all answers of some threads, thread after thread."""
        found = self.threads[threads]
        return _ranges(found["first"], found["answers"])

    def accepted(self, answers: Records, filters: Filters) -> NDArray[np.bool_]:
        """Which answers pass the filters: `Filters.accept`, for all of them at once."""
        passed = np.ones(len(answers), np.bool_)
        if filters.sites:
            passed &= np.isin(answers["site"], _numbers(self.sites, filters.sites))
        if filters.categories:
            passed &= np.isin(answers["category"], _numbers(self.categories, filters.categories))
        if filters.authors:
            passed &= np.isin(answers["author"], np.array([digest(name) for name in filters.authors], np.uint64))
        if filters.votes is not None:
            passed &= _within(answers["votes"], filters.votes)
        if filters.year is not None:
            passed &= (answers["written"] != UNKNOWN) & _within(years(answers["written"]), filters.year)
        if filters.best is not None:
            passed &= (answers["best"] == 1) == filters.best
        if filters.tags:
            threads, of = np.unique(answers["thread"], return_inverse=True)
            counts, tags = self.tags_of(threads)
            places = np.repeat(np.arange(len(threads)), counts)
            for tag in filters.tags:
                has = np.zeros(len(threads), np.bool_)
                has[places[self.alike[tags] == self._by_fold.get(tag, -1)]] = True
                passed &= has[of]
        return passed

    @cached_property
    def _by_fold(self) -> dict[str, int]:
        """The number of the first tag of all that are written alike, but for case and accents."""
        first: dict[str, int] = {}
        for number, tag in enumerate(self.tags):
            first.setdefault(words.fold(tag), number)
        return first

    @cached_property
    def alike(self) -> NDArray[np.int64]:
        """For each tag that number."""
        return np.array([self._by_fold[words.fold(tag)] for tag in self.tags], np.int64)

    def tags_of(self, threads: Rows) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
        """How many tags each of some threads has, and all of these, thread after thread, by their numbers among `tags`."""
        found = self.threads[threads]
        return found["tags"], self._tags["name"][_ranges(found["tagged"], found["tags"])]

    def gists(self, threads: Rows) -> Gists:
        """What is compared with a question of some threads."""
        found = self.threads[threads]
        letters = self._letters[_ranges(found["letters"], found["groups"])]
        return Gists(found["said"], letters["group"], letters["count"], found["groups"], found["vector"])


def _mapped(folder: Path, name: str, kind: np.dtype[Any], sizes: dict[str, int]) -> Records:
    size, path = sizes[name], folder / f"{name}.dat"
    if path.stat().st_size != size * kind.itemsize:
        raise ValueError(f"{name} was cut")
    # An empty file cannot be mapped.
    return np.memmap(path, kind, "r").view(np.ndarray) if size else np.zeros(0, kind)


def _find(names: Records, ids: Iterable[str]) -> Rows:
    wanted = np.frombuffer(b"".join(map(_digested, ids)), "<u8")
    if not len(names):
        return np.full(len(wanted), -1, np.int64)
    places = np.minimum(np.searchsorted(names["key"], wanted), len(names) - 1)
    found = names[places]
    rows: Rows = np.where(found["key"] == wanted, found["row"].astype(np.int64), -1)
    return rows


def _ranges(first: NDArray[Any], lengths: NDArray[Any]) -> Rows:
    """The numbers from each first one on, as many as the lengths say."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    ranges: Rows = np.arange(total) + np.repeat(first - ends + lengths, lengths)
    return ranges


def _numbers(known: Sequence[str], wanted: Iterable[str]) -> list[int]:
    named = set(wanted)
    return [number for number, name in enumerate(known) if words.fold(name) in named]


def _within(numbers: NDArray[Any], span: Range) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = numbers != UNKNOWN
    if span.low is not None:
        inside &= numbers >= span.low
    if span.high is not None:
        inside &= numbers <= span.high
    return inside


def years(seconds: NDArray[Any]) -> NDArray[np.int64]:
    """The years, in UTC, of seconds since 1970."""
    return seconds.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970


# Writing


class _File:
    """Records on their way to disk, some of them still in memory; those of `before` come first."""

    def __init__(self, path: Path, kind: np.dtype[Any], before: Path | None) -> None:
        if before:
            shutil.copyfile(before, path)
        self._file, self._kind = path.open("ab"), kind
        self._waiting: list[tuple[Any, ...]] = []
        self.size = self._file.tell() // kind.itemsize

    def add(self, *record: Any) -> None:
        self._waiting.append(record)
        self.size += 1
        if len(self._waiting) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        np.array(self._waiting, self._kind).tofile(self._file)
        self._waiting = []

    def close(self) -> None:
        self._flush()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def write(folder: Path, threads: Iterable[ThreadRow]) -> None:
    """Write the columns of all threads of a library into a folder that is not there yet."""
    _write(folder, threads, None, ())


def extend(base: Path, folder: Path, changed: Iterable[str], threads: Iterable[ThreadRow]) -> None:
    """The same, given those of a library as it was before some threads changed, and these as they are now, if they still are.

    The time is that of copying a file, and of the threads that changed. Their old records stay, and nothing leads to them.
    Raises ForeignIndex where `base` holds no columns.
    """
    _write(folder, threads, base, changed)


def _write(folder: Path, threads: Iterable[ThreadRow], base: Path | None, changed: Iterable[str]) -> None:
    old = Columns(base) if base else None
    folder.mkdir(parents=True)
    writing = _Writing(folder, base, old)
    try:
        for thread in threads:
            writing.add(thread)
    finally:
        writing.close()
    names, thread_names = np.zeros((2, 0), NAME)
    if old:
        gone = old.threads_of(changed)
        gone = gone[gone >= 0]
        names, thread_names = _without(old.answer_names, old.rows_in(gone)), _without(old.thread_names, gone)
    sizes = writing.sizes
    sizes["answer_names"] = _write_names(folder, "answer_names", names, writing.answer_keys, writing.new_answers)
    sizes["thread_names"] = _write_names(folder, "thread_names", thread_names, writing.thread_keys, writing.new_threads)
    table = {"records": sizes, "sites": list(writing.sites), "categories": list(writing.categories), "tags": list(writing.tags)}
    with (folder / _TABLE).open("w", encoding="utf-8") as file:
        json.dump(table, file)
        file.flush()
        os.fsync(file.fileno())


class _Writing:
    """What has been written so far."""

    def __init__(self, folder: Path, base: Path | None, old: Columns | None) -> None:
        self._files = {
            name: _File(folder / f"{name}.dat", kind, base and base / f"{name}.dat") for name, kind in _KINDS.items()
        }
        self._answers, self._threads, self._letters, self._tags = self._files.values()
        self.new_answers, self.new_threads = self._answers.size, self._threads.size
        """The first rows that are new."""
        self.answer_keys = array("Q")
        self.thread_keys = array("Q")
        self.sites = _numbered(old.sites if old else ())
        self.categories = _numbered(old.categories if old else ())
        self.tags = _numbered(old.tags if old else ())

    @property
    def sizes(self) -> dict[str, int]:
        return {name: file.size for name, file in self._files.items()}

    def add(self, thread: ThreadRow) -> None:
        row, shape = self._threads.size, likeness.shape(thread.title)
        vector = tuple(np.frombuffer(thread.vector, np.int8)) if thread.vector else (0,) * latent.DIMENSIONS
        self._threads.add(
            *(shape.said, self._answers.size, len(thread.answers)),
            *(len(shape.groups), self._letters.size, len(thread.tags), self._tags.size, vector),
        )
        for tag in thread.tags:
            self._tags.add(self.tags.setdefault(tag, len(self.tags)))
        for group, count in zip(shape.groups, shape.counts, strict=True):
            self._letters.add(group, count)
        self.thread_keys.append(digest(thread.id))
        for answer in thread.answers:
            key = digest(answer.id)
            self.answer_keys.append(key)
            self._answers.add(
                *(answer.number, key),
                *(UNKNOWN if known is None else known for known in (answer.written, answer.votes)),
                *(np.nan if known is None else known for known in (answer.lift, answer.expected)),
                *(answer.asking, answer.length, answer.place),
                digest(words.fold(answer.author)) if answer.author else 0,
                row,
                self.sites.setdefault(answer.site, len(self.sites)),
                self.categories.setdefault(answer.category or "", len(self.categories)),
                *(answer.backers, answer.dissenters, answer.favorited),
                *(-1 if known is None else known for known in (answer.best, answer.outcome)),
            )

    def close(self) -> None:
        for file in self._files.values():
            file.close()


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _without(names: Records, rows: Rows) -> Records:
    kept: Records = names[~np.isin(names["row"], rows)]
    return kept


def _write_names(folder: Path, name: str, kept: Records, keys: array[int], first: int) -> int:
    """Write names that are kept, and those of new rows from `first` on; tells how many they are."""
    new = np.zeros(len(keys), NAME)
    new["key"], new["row"] = np.frombuffer(keys, np.uint64) if keys else 0, first + np.arange(len(keys))
    names = np.concatenate((kept, new))
    with (folder / f"{name}.dat").open("wb") as file:
        names[np.argsort(names["key"], kind="stable")].tofile(file)
        file.flush()
        os.fsync(file.fileno())
    return len(names)
