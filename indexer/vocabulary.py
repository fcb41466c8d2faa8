"""Which words does the library have, how do people write them, and in how many threads?

A table of the store that a build keeps: for each word the number of threads that have it in title, tags, question or
answers, and for each thread the numbers of its words, so that a thread that changed or went is taken out exactly. Whatever
no thread has any more is gone with the build.
"""

from __future__ import annotations

import sqlite3
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from . import words
from .texts import Texts
from .thread import Thread

LONGEST: Final = 40
"""Code points of a word that is kept. Nobody types longer ones; archives are full of them."""

NAME: Final = "@"
"""What stands before a word of an author's name, so that it is nobody's word."""

_BATCH: Final = 100_000
"""Words of threads in memory before they are written."""

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
        """How many threads there are."""
        return int(self._db.execute("SELECT count(*) FROM thread_words").fetchone()[0])

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
            self._db.execute(f"DELETE FROM thread_words WHERE thread_id IN ({marks})", chunk)
            self._db.executemany("UPDATE words SET threads = threads - ?2 WHERE number = ?1", sorted(gone.items()))

    def put_in(self, threads: Iterable[Thread]) -> None:
        """Put in what threads have, which are not in yet."""
        batch: list[tuple[str, set[str]]] = []
        held = 0
        for thread in threads:
            found = words_of(thread)
            batch.append((thread.id, found))
            held += len(found)
            if held >= _BATCH:
                self._put_in(batch)
                batch, held = [], 0
        self._put_in(batch)

    def let_go(self) -> None:
        """Forget the words that no thread has any more."""
        self._db.execute("DELETE FROM words WHERE threads <= 0")

    def _put_in(self, batch: Sequence[tuple[str, set[str]]]) -> None:
        counted = Counter(form for _, found in batch for form in found)
        numbers = {
            form: self._db.execute(
                "INSERT INTO words (form, term, threads) VALUES (?, ?, ?)"
                " ON CONFLICT (form) DO UPDATE SET threads = threads + excluded.threads RETURNING number",
                (form, form if form.startswith(NAME) else words.term_of(form).term, count),
            ).fetchone()[0]
            for form, count in sorted(counted.items())
        }
        self._db.executemany(
            "INSERT INTO thread_words VALUES (?, ?)",
            ((thread_id, _pack(numbers[form] for form in found)) for thread_id, found in batch),
        )


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


def _pack(numbers: Iterable[int]) -> bytes:
    rising = sorted(numbers)
    steps = array("I", (number - before for before, number in zip([0, *rising], rising, strict=False)))
    if sys.byteorder == "big":
        steps.byteswap()
    return zlib.compress(steps.tobytes(), 1)


def _unpack(packed: bytes) -> Iterator[int]:
    steps = array("I")
    steps.frombytes(zlib.decompress(packed))
    if sys.byteorder == "big":
        steps.byteswap()
    number = 0
    for step in steps:
        number += step
        yield number
