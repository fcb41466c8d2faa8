"""Which words does the library have, how do people write them, and in how many threads?

A table of the store that a build keeps: for each word the number of threads that have it in title, tags, question or
answers, and for each thread the numbers of its words, so that a thread that changed or went is taken out exactly. Whatever
no thread has any more is gone with the build.
"""

from __future__ import annotations

import sqlite3
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import words
from .texts import Texts
from .thread import Thread

LONGEST: Final = 40
"""Code points of a word that is kept. Nobody types longer ones; archives are full of them."""

NAME: Final = "@"
"""What stands before a word of an author's name, so that it is nobody's word."""

_MOST: Final = 300_000
"""Words whose numbers a build remembers: a bound on its memory."""

_NOTHING: Final = np.zeros((2, 0), np.int64)
_CHUNK: Final = 500
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
_AFTER: Final = "\U0010ffff"


class Known(NamedTuple):
    """A word as it is read, and how many threads have it."""

    form: str
    threads: int


class Vocabulary:
    """The words of a library, to be looked up, and to be kept by a build."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._numbers: dict[str, int] = {}
        """Of words that a build has come across."""
        self._has_all = False
        """Whether these are all that the library has."""
        self._next: int | None = None
        """The number of the next new word."""
        self._new: dict[str, int] = {}
        """Words that are not written yet."""
        self._gained: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        """Numbers of words, and in how many threads they are that were put in and are not counted yet."""
        self._lost: set[int] = set()
        """Numbers of words that threads were taken out of."""

    def threads_with(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many threads each term is, those that are in any. A thread counts once for each form of a term."""
        wanted = list(dict.fromkeys(terms))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            rows = self._db.execute(f"SELECT term, sum(threads) FROM words WHERE term IN ({marks}) GROUP BY term", chunk)
            found.update(row for row in rows if not row[0].startswith(NAME))
        return found

    def size(self) -> int:
        """How many threads there are: kept as a fact, since each question asks."""
        known = self._db.execute("SELECT value FROM facts WHERE name = 'threads with words'").fetchone()
        return int(known[0]) if known else 0

    def _grow(self, by: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES ('threads with words', ?)", (str(self.size() + by),))

    def is_name(self, word: str) -> bool:
        """Whether a word is part of some author's name."""
        return self._db.execute("SELECT 1 FROM words WHERE form = ?", (NAME + words.fold(word),)).fetchone() is not None

    def resembling(self, word: str, most_edits: int, least_threads: int) -> list[Known]:
        """Words that may be within so many edits of a folded one: of such a length, and with the same first letter.

        Where the first letter itself is wrong, missing, too much or swapped with the second, all else is as it should be.
        """
        beginnings = {letter + rest for letter in _ALPHABET for rest in (word, word[1:])} | {word[1:], word[1::-1] + word[2:]}
        others = sorted(other for other in beginnings if other[:1] != word[0])
        rows = self._db.execute(
            "SELECT form, threads FROM words WHERE form >= ? AND form < ? AND length(form) BETWEEN ? AND ? AND threads >= ?"
            f" UNION ALL SELECT form, threads FROM words WHERE form IN ({', '.join('?' * len(others))}) AND threads >= ?",
            (
                *(word[0], word[0] + _AFTER, len(word) - most_edits, len(word) + most_edits, least_threads),
                *(*others, least_threads),
            ),
        )
        return list(map(Known._make, rows))

    def starting(self, prefix: str, limit: int) -> list[Known]:
        """The words in most threads that start with a folded prefix, most first."""
        rows = self._db.execute(
            "SELECT form, threads FROM words WHERE form >= ? AND form < ? ORDER BY threads DESC, form LIMIT ?",
            (prefix, prefix + _AFTER, limit),
        )
        return list(map(Known._make, rows))

    # What a build keeps

    def take_out(self, thread_ids: Sequence[str]) -> None:
        """Take out what these threads had when they were last put in."""
        for start in range(0, len(thread_ids), _CHUNK):
            chunk = thread_ids[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            gone: Counter[int] = Counter()
            for (packed,) in self._db.execute(f"SELECT words FROM thread_words WHERE thread_id IN ({marks})", chunk):
                gone.update(_unpack(packed))
            self._grow(-self._db.execute(f"DELETE FROM thread_words WHERE thread_id IN ({marks})", chunk).rowcount)
            self._db.executemany("UPDATE words SET threads = threads - ?2 WHERE number = ?1", sorted(gone.items()))
            self._lost.update(gone)

    def put_in(self, forms: Sequence[str], threads: Iterable[tuple[str, array[int]]]) -> None:
        """Put in threads by their ids, each with the places of its words among these. They count from the next `settle` on."""
        numbers = np.array(self._numbers_of(forms), np.int64)
        rows, together = [], np.zeros(len(forms), np.int64)
        for thread_id, places in threads:
            held = np.frombuffer(places, np.uint32) if places else np.zeros(0, np.uint32)
            together[held] += 1
            rows.append((thread_id, _pack(numbers[held])))
        self._gained.append((numbers, together))
        self._db.executemany("INSERT INTO thread_words VALUES (?, ?)", rows)
        self._grow(len(rows))
        if len(self._numbers) > _MOST:
            self.settle()
            self._numbers.clear()
            self._has_all = False

    def _numbers_of(self, forms: Sequence[str]) -> list[int]:
        """The numbers of words; those that the library does not have yet are given one."""
        if self._next is None:
            self._next = (self._db.execute("SELECT max(number) FROM words").fetchone()[0] or 0) + 1
            self._has_all = self._next == 1
        unknown = sorted(form for form in forms if form not in self._numbers)
        for start in range(0, 0 if self._has_all else len(unknown), _CHUNK):
            chunk = unknown[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            self._numbers.update(self._db.execute(f"SELECT form, number FROM words WHERE form IN ({marks})", chunk))
        for form in unknown:
            if form not in self._numbers:
                self._numbers[form] = self._new[form] = self._next
                self._next += 1
        return list(map(self._numbers.__getitem__, forms))

    def settle(self) -> None:
        """Count what was put in, and forget the words that no thread has any more. Has to come before what is done is kept."""
        numbers, counts = (np.concatenate(part) for part in zip(*self._gained, strict=True)) if self._gained else _NOTHING
        known, place = np.unique(numbers, return_inverse=True)
        together = np.bincount(place, counts, len(known)).astype(np.int64)
        gained = dict(zip(known.tolist(), together.tolist(), strict=True))
        self._db.executemany(
            "INSERT INTO words VALUES (?, ?, ?, ?)",
            (
                (number, form, form if form.startswith(NAME) else words.term_of(form).term, gained.pop(number))
                for form, number in sorted(self._new.items())
            ),
        )
        self._db.executemany("UPDATE words SET threads = threads + ?2 WHERE number = ?1", sorted(gained.items()))
        left = [(number,) for number in sorted(self._lost)]
        if self._db.executemany("DELETE FROM words WHERE number = ? AND threads <= 0", left).rowcount > 0:
            self._numbers.clear()
            self._has_all = False
        for settled in (self._new, self._gained, self._lost):
            settled.clear()


def words_of(thread: Thread, texts: Texts | None = None) -> set[str]:
    """The words that a thread is found by, and those of its authors' names, marked as such."""
    texts = texts or Texts()
    question = thread.question
    posts = [*([question] if question else []), *thread.answers]
    cuts = [texts.words_of(post) for post in posts]
    if question:
        cuts.append(words.cut("\n".join((question.title or "", *question.tags))))
    found = {form for form in words.distinct(cuts) if len(form) <= LONGEST}
    authors = {post.author for post in (*posts, *thread.replies) if post.author and not post.anonymous}
    return found | {NAME + word for author in authors for word in words.plain(author).split() if len(word) <= LONGEST}


def _pack(numbers: Any) -> bytes:
    rising = np.sort(numbers)
    return zlib.compress(np.diff(rising, prepend=0).astype("<u4").tobytes(), 1)


def _unpack(packed: bytes) -> list[int]:
    found: list[int] = np.cumsum(np.frombuffer(zlib.decompress(packed), "<u4"), dtype=np.int64).tolist()
    return found
