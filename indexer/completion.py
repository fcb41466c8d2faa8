"""What might a question that is being typed become? Titles that have its words, and words that begin like its last one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from . import words
from .thread import Thread
from .vocabulary import Vocabulary

_ENDINGS: Final = 12
"""Words that an unfinished one may become: those in most titles."""

_LOOKED_AT: Final = 1_000
"""Titles with the rarest word typed, those that weigh most, that are looked at for the others."""

_MOST_WORDS: Final = 12
"""Words typed that are looked up; the longer a question, the less its next word can be told from titles."""

_LONGEST: Final = 300
"""Code points of a title that are kept here."""

_CHUNK: Final = 500
_AFTER: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Completion:
    """A question that what was typed may become: the title of a thread, or typed words with the last one ended."""

    text: str
    thread_id: str | None


class Title(NamedTuple):
    """A title as it is kept to be looked up."""

    thread_id: str
    text: str
    plain: str
    weight: int
    """The thread's answers and their votes: what has more of them is shown first."""


def title_of(thread: Thread) -> Title | None:
    """The title of a thread that has one."""
    if not thread.question or not thread.question.title:
        return None
    text = " ".join(thread.question.title.split())[:_LONGEST]
    return Title(thread.id, text, words.plain(text), sum(1 + max(answer.votes or 0, 0) for answer in thread.answers))


class Titles:
    """The titles of a library by their words, to be looked up, and to be kept by a build."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def complete(
        self, typed: str, limit: int, vocabulary: Vocabulary, correct: Callable[[str], str | None]
    ) -> list[Completion]:
        """At most `limit` completions: titles that begin as typed, titles with the words typed, then ends of the last word.

        `correct` gives the word that an unknown one was meant to be; it is asked where nothing begins as typed.
        """
        said = words.plain(typed).split()[-_MOST_WORDS:]
        if not said or limit < 1:
            return []
        finished = typed[-1:].isspace()
        found = self._with_words(said, limit, finished=finished)
        if not found:
            known = [word for word in said if vocabulary.starting(word, 1) or self._is_in_titles(word)]
            meant = [word if word in known else correct(word) or word for word in said]
            if meant != said:
                said, finished = meant, finished or said[-1] not in known
                found = self._with_words(said, limit, finished=finished)
        if not finished and len(said[-1]) > 1 and (len(said) == 1 or not found):
            found += _endings(said, vocabulary, limit)
        return list({words.plain(completion.text): completion for completion in reversed(found)}.values())[::-1][:limit]

    def _with_words(self, said: Sequence[str], limit: int, *, finished: bool) -> list[Completion]:
        """Titles with all of some words, the last of them perhaps unfinished."""
        whole, last = (said, None) if finished else (said[:-1], said[-1])
        keys = [[word] for word in dict.fromkeys(whole)] + ([self._endings(last)] if last else [])
        rarest = min(keys, key=self._count)
        rows: dict[int, tuple[str, int, str, str]] = {}
        for word in rarest:
            for number, *row in self._db.execute(
                "SELECT t.number, t.plain, t.weight, t.thread_id, t.title FROM title_words w JOIN titles t USING (number)"
                " WHERE w.word = ? ORDER BY w.weight DESC, w.number LIMIT ?",
                (word, _LOOKED_AT // len(rarest)),
            ):
                rows[number] = tuple(row)
        begins = " ".join(said) + (" " if finished else "")
        fitting = []
        for number, (said_there, weight, thread_id, title) in rows.items():
            plain = f" {said_there} "
            if all(f" {word} " in plain for word in whole) and (last is None or f" {last}" in plain):
                together = plain.find(f" {begins}")
                fitting.append((0 if together == 0 else 1 if together > 0 else 2, -weight, number, thread_id, title))
        return [Completion(title, thread_id) for *_, thread_id, title in sorted(fitting)[: limit * 2]]

    def _endings(self, start: str) -> list[str]:
        rows = self._db.execute(
            "SELECT word FROM title_words WHERE word >= ? AND word < ? GROUP BY word"
            " ORDER BY word != ?, count(*) DESC, word LIMIT ?",
            (start, start + _AFTER, start, _ENDINGS),
        )
        return [row[0] for row in rows] or [start]

    def _count(self, any_of: Sequence[str]) -> int:
        """How many titles have any of some words, as far as it matters."""
        marks = ", ".join("?" * len(any_of))
        counted = f"SELECT count(*) FROM (SELECT 1 FROM title_words WHERE word IN ({marks}) LIMIT ?)"
        return int(self._db.execute(counted, (*any_of, 10 * _LOOKED_AT)).fetchone()[0])

    def _is_in_titles(self, word: str) -> bool:
        """Whether a word, a stop word perhaps, is in any title."""
        return self._db.execute("SELECT 1 FROM title_words WHERE word = ? LIMIT 1", (word,)).fetchone() is not None

    # What a build keeps

    def take_out(self, thread_ids: Sequence[str]) -> None:
        """Take out the titles that these threads had when they were last put in."""
        for start in range(0, len(thread_ids), _CHUNK):
            chunk = thread_ids[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            known = self._db.execute(f"SELECT number, plain, weight FROM titles WHERE thread_id IN ({marks})", chunk).fetchall()
            self._db.executemany(
                "DELETE FROM title_words WHERE word = ? AND weight = ? AND number = ?",
                ((word, weight, number) for number, plain, weight in known for word in set(plain.split())),
            )
            self._db.execute(f"DELETE FROM titles WHERE thread_id IN ({marks})", chunk)

    def put_in(self, titles: Iterable[Title]) -> None:
        """Put in titles of threads that have none here yet."""
        first = (self._db.execute("SELECT max(number) FROM titles").fetchone()[0] or 0) + 1
        numbered = list(enumerate(titles, first))
        self._db.executemany("INSERT INTO titles VALUES (?, ?, ?, ?, ?)", [(number, *title) for number, title in numbered])
        said = {(word, title.weight, number) for number, title in numbered for word in title.plain.split()}
        self._db.executemany("INSERT INTO title_words VALUES (?, ?, ?)", sorted(said))


def _endings(said: Sequence[str], vocabulary: Vocabulary, limit: int) -> list[Completion]:
    """What was typed with its last word ended in the ways that most threads have it, each word in one of its forms."""
    by_term: dict[str, str] = {}
    for known in vocabulary.starting(said[-1], 2 * limit):
        by_term.setdefault(words.term_of(known.form).term, known.form)
    return [Completion(" ".join([*said[:-1], form]), None) for form in by_term.values() if form != said[-1]]
