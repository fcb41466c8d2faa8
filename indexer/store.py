"""Here is a post id, give me the post. One SQLite file, the truth of the library. Not for searching.

This is the half that reads; what a build writes goes through `writing`. Readers (WAL) see one moment of the library for as
long as `snapshot` lasts, whatever is written meanwhile.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from . import coverage, standing, words
from .columns import AnswerRow, ThreadRow
from .completion import Titles
from .coverage import Counted, Coverage
from .endorsements import Endorsement
from .errors import LibraryError, NoLibrary
from .messages import Message
from .outcome import Outcome
from .query import Filters
from .rows import (
    PAGE_ORDER,
    SELECT,
    SELECT_NUMBERED,
    Archive,
    Leafed,
    PostName,
    to_archive,
    to_post,
    to_threads,
)
from .standing import Place
from .thread import UNTITLED, Capture, Post, Thread
from .vocabulary import Vocabulary

T = TypeVar("T")

FILE: Final = "library.sqlite"
_CHUNK: Final = 500
SCHEMA: Final = re.sub("--.*", "", files(__package__).joinpath("schema.sql").read_text("utf-8"))
SCHEMA_VERSION: Final = zlib.crc32(" ".join(SCHEMA.split()).encode()) >> 1
"""Told by the schema itself, so that no change of it can be forgotten here."""
STAMP: Final = "written"
"""The fact that is another after every write: when it was, and a random part, since two may fall into one second."""

COUNTED: Final = (
    "SELECT count(*) FILTER (WHERE kind = 'question'), count(*) FILTER (WHERE kind NOT IN ('question', 'comment')),"
    " count(*) FILTER (WHERE advice), count(*) FROM posts"
)
"""What is counted of some posts: see `Store.counts`."""
YEAR: Final = "CAST(strftime('%Y', p.written, 'unixepoch') AS INTEGER)"

Tallied = Literal["site", "category", "year"]
TALLIES: Final = "tallies"
"""The fact that keeps what `Store.tally` tells."""
TALLIED: Final[dict[Tallied, tuple[str, str]]] = {
    "site": ("site", "2 DESC, 1"),
    "category": ("category", "2 DESC, 1"),
    "year": ("strftime('%Y', written, 'unixepoch')", "1 DESC"),
}
"""What is counted of questions, and the order that it is told in."""

Order = Literal["lift", "votes", "newest", "oldest"]
_ORDERS: Final[dict[Order, str]] = {
    # Descending, SQLite puts NULL last by itself, and then takes an index for it.
    "lift": "p.lift DESC",
    "votes": "p.votes DESC",
    "newest": "p.written DESC",
    "oldest": "p.written IS NULL, p.written",
}


class Store:
    """The posts of a library, to be read. One object serves one thread of the program."""

    def __init__(self, library: Path) -> None:
        """Opens a library's store for reading.

        Raises NoLibrary where there is none, LibraryError where the file is no store or of another Askive.
        """
        self.path = library / FILE
        if not self.path.is_file():
            raise NoLibrary(Message("There is no library in {folder}", folder=str(library)))
        if not self._open():
            self.close()
            raise NoLibrary(Message("The build of the library in {folder} never ended", folder=str(library)))
        self._db.execute("PRAGMA query_only = ON")

    def _open(self) -> bool:
        """Connects to the file; tells whether there is a schema in it yet."""
        self._db = sqlite3.connect(self.path, timeout=2, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.create_function("fold", 1, words.fold, deterministic=True)
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise LibraryError(
                Message("{file} is no library ({error})", file=str(self.path), error=str(error)),
                Message("Move it away and run `askive build`"),
            ) from error
        if version not in {0, SCHEMA_VERSION}:
            raise LibraryError(
                Message("{file} was made by another version of Askive", file=str(self.path)),
                Message("Use that version, or move the file away and run `askive build`"),
            )
        self.vocabulary = Vocabulary(self._db)
        self.title_words = Titles(self._db)
        return bool(version)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment, whatever a build commits meanwhile.

        Raises LibraryError when the file turns out to be damaged.
        """
        try:
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise LibraryError(
                Message("{file} cannot be read ({error})", file=str(self.path), error=str(error)),
                Message("Run `askive build --fresh`"),
            ) from error

    def select(self, statement: str, values: Sequence[str | int | float | None] = ()) -> list[tuple[Any, ...]]:
        """Rows for those who browse: `browsing` and `catalogue` put their own questions."""
        return self._db.execute(statement, values).fetchall()

    def each(self, statement: str, values: Sequence[str | int | float | None] = ()) -> Iterator[tuple[Any, ...]]:
        """The same, one row at a time."""
        return self._db.cursor().execute(statement, values)

    # Facts and archives

    def fact(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def stamp(self) -> str:
        """What is another after every write to the library, whatever was written."""
        return self.fact(STAMP) or self.fact("generation") or ""

    def archive(self, key: str) -> Archive | None:
        row = self._db.execute("SELECT * FROM archives WHERE key = ?", (key,)).fetchone()
        return to_archive(row) if row else None

    def archives(self) -> list[Archive]:
        """All archives ever read, by key."""
        return [to_archive(row) for row in self._db.execute("SELECT * FROM archives ORDER BY key")]

    # Reading posts

    def resolve(self, post_id: str) -> str:
        """The id a post is known by now, for any that it was ever known by."""
        row = self._db.execute("SELECT id FROM aliases WHERE alias = ?", (post_id,)).fetchone()
        return row[0] if row else post_id

    def aliases(self, post_id: str) -> list[str]:
        """Other ids that a post or a thread was known by."""
        return [row[0] for row in self._db.execute("SELECT alias FROM aliases WHERE id = ? ORDER BY alias", (post_id,))]

    def find_thread(self, name: str) -> str | None:
        """The id of the thread that a person means by an id, a post's id, a page's address or a site's bare number."""
        # One after the other: only the address has no index.
        rows = self._db.execute("SELECT thread_id FROM posts WHERE id = ?", (self.resolve(name),)).fetchall()
        if not rows and (orphans := self._thread_row(name)):
            # Its question is in no archive, so that no post has the thread's own id.
            rows = [orphans]
        if not rows and "://" in name:
            rows = self._db.execute("SELECT DISTINCT thread_id FROM posts WHERE url = ? LIMIT 2", (name,)).fetchall()
        if not rows and name.isalnum():
            sites = [row[0] for row in self._db.execute("SELECT DISTINCT site FROM posts")]
            rows = [row for site in sites if (row := self._thread_row(f"{site}:{name}"))]
        return rows[0][0] if len(rows) == 1 else None

    def _thread_row(self, thread_id: str) -> tuple[str] | None:
        row: tuple[str] | None = self._db.execute(
            "SELECT thread_id FROM posts WHERE thread_id = ? LIMIT 1", (self.resolve(thread_id),)
        ).fetchone()
        return row

    def thread(self, thread_id: str) -> Thread | None:
        """A whole thread, or None where none of it is known."""
        return next(self.threads([thread_id]), None)

    def threads(self, thread_ids: Iterable[str] | None = None) -> Iterator[Thread]:
        """Threads whole, one at a time: those named, or all of them."""
        if thread_ids is None:
            yield from to_threads(self._db.cursor().execute(f"{SELECT} {PAGE_ORDER}"))
            return
        for chunk in chunks(thread_ids):
            marks = ", ".join("?" * len(chunk))
            rows = self._db.cursor().execute(f"{SELECT} WHERE p.thread_id IN ({marks}) {PAGE_ORDER}", chunk)
            yield from to_threads(rows)

    def all_posts(self) -> Iterator[Post]:
        """Every post, threads together and in order: what an export writes."""
        rows = self._db.cursor().execute(f"{SELECT} {PAGE_ORDER}")
        return (to_post(row) for row in rows)

    def with_history(self, posts: Iterable[Post]) -> Iterator[Post]:
        """The same posts, with the votes of each of their copies."""
        if self._db.execute("SELECT 1 FROM captures LIMIT 1").fetchone() is None:
            yield from posts
            return
        for post in posts:
            rows = self._db.execute(
                "SELECT c.seen, c.votes FROM captures c JOIN posts p USING (number) WHERE p.id = ? ORDER BY c.seen", (post.id,)
            ).fetchall()
            yield replace(post, history=tuple(Capture(datetime.fromtimestamp(at, UTC), votes) for at, votes in rows))

    def missing_later(self, thread_id: str) -> dict[str, datetime]:
        """Answers that a later copy of their thread does not have, with the date of that copy."""
        rows = self._db.execute(
            "SELECT p.id, q.seen FROM posts p JOIN posts q ON q.id = p.thread_id"
            " WHERE p.thread_id = ? AND p.kind != 'comment' AND p.seen < q.seen",
            (thread_id,),
        )
        return {post_id: datetime.fromtimestamp(seen, UTC) for post_id, seen in rows}

    def spread(self, count: int) -> list[str]:
        """Ids of at most `count` threads from all over the library, always the same ones, long threads more likely."""
        last: int = self._db.execute("SELECT coalesce(max(number), 0) FROM posts").fetchone()[0]
        numbers = sorted({1 + place * last // count for place in range(count)})
        at = "SELECT thread_id FROM posts WHERE number >= value ORDER BY number LIMIT 1"
        rows = self._db.execute(f"SELECT DISTINCT ({at}) FROM json_each(?)", (json.dumps(numbers),))
        return [row[0] for row in rows if row[0] is not None]

    def posts(self, post_ids: Sequence[str]) -> dict[str, Post]:
        """Posts by id, those that are known."""
        found = {}
        for chunk in chunks(post_ids):
            marks = ", ".join("?" * len(chunk))
            for row in self._db.execute(f"{SELECT} WHERE p.id IN ({marks})", chunk):
                found[row[0]] = to_post(row)
        return found

    def posts_by_number(self, numbers: Sequence[int]) -> dict[int, Post]:
        """Posts by their number in the store, those that are known."""
        found = {}
        for chunk in chunks(numbers):
            marks = ", ".join("?" * len(chunk))
            for number, *row in self._db.execute(f"{SELECT_NUMBERED} WHERE p.number IN ({marks})", chunk):
                found[number] = to_post(row)
        return found

    def names(self, numbers: Sequence[int]) -> list[PostName]:
        """Which posts these are, one for one."""
        found: dict[int, PostName] = {}
        for chunk in chunks(numbers):
            marks = ", ".join("?" * len(chunk))
            rows = self._db.execute(f"SELECT number, id, thread_id FROM posts WHERE number IN ({marks})", chunk)
            found |= {number: PostName(*names) for number, *names in rows}
        return [found[number] for number in numbers]

    def count_ranked(self, post_ids: Sequence[str]) -> int:
        """How many of these posts are answers that are ranked."""
        given = "SELECT value FROM json_each(?)"
        counted = self._db.execute(f"SELECT count(*) FROM posts WHERE advice AND id IN ({given})", (json.dumps(post_ids),))
        return int(counted.fetchone()[0])

    def bodies(self, numbers: Sequence[int]) -> dict[int, str]:
        """The bodies of posts by number, of those that are known: all that reading them needs, in a fraction of the time."""
        found: dict[int, str] = {}
        for chunk in chunks(numbers):
            marks = ", ".join("?" * len(chunk))
            found.update(self._db.execute(f"SELECT number, body FROM bodies WHERE number IN ({marks})", chunk))
        return found

    def asked_on(self, month: int, day: int, but: int, limit: int) -> list[tuple[str, int]]:
        """Threads that were asked on a day of the year, but of one year, with the year; those with most answers first."""
        answers = "(SELECT count(*) FROM posts a WHERE a.thread_id = p.id AND a.advice)"
        return self._db.execute(
            f"SELECT p.id, {YEAR} FROM posts p WHERE p.kind = 'question' AND strftime('%m-%d', p.written, 'unixepoch') = ?"
            f" AND {YEAR} != ? AND {answers} > 0 ORDER BY {answers} DESC, p.id LIMIT ?",
            (f"{month:02}-{day:02}", but, limit),
        ).fetchall()

    def titles(self, thread_ids: Sequence[str]) -> dict[str, str]:
        """Titles of those of some threads that are known."""
        rows = self._db.execute(
            "SELECT thread_id, max(CASE kind WHEN 'question' THEN title END) FROM posts"
            " WHERE thread_id IN (SELECT value FROM json_each(?)) GROUP BY thread_id",
            (json.dumps(thread_ids),),
        )
        return {thread_id: title or UNTITLED for thread_id, title in rows}

    # Reading answers to rank

    def thread_rows(self, *, changed: bool = False) -> Iterator[ThreadRow]:
        """What ranking has to know of threads and their answers, in the order of their ids: what `columns` are made of.

        Of every thread, or of those that the build at work has changed.
        """
        these = "thread_id IN (SELECT thread_id FROM changed)" if changed else "1"
        vectors = self._db.cursor().execute(f"SELECT thread_id, vector FROM thread_vectors WHERE {these} ORDER BY thread_id")
        waiting: tuple[str, bytes | None] = next(vectors, ("", None))
        rows = self._db.cursor().execute(
            "SELECT p.thread_id, p.kind = 'question', p.title, p.tags, p.number, p.id, p.written, p.votes, p.lift, p.expected, "
            " p.asking, p.length, p.place, CASE WHEN p.anonymous THEN NULL ELSE p.author END, p.site, p.thread_category,"
            " p.backers, p.dissenters, p.favorited_backers, p.best, p.outcome FROM posts p"
            f" WHERE {these} AND (p.advice OR p.kind = 'question') {PAGE_ORDER}"
        )
        for thread_id, group in groupby(rows, key=itemgetter(0)):
            while waiting[0] < thread_id and (following := next(vectors, None)):
                waiting = following
            title, tags, answers = "", "[]", []
            for _, is_question, said, tagged, *answer in group:
                if is_question:
                    title, tags = said or "", tagged
                else:
                    answers.append(AnswerRow._make(answer))
            yield ThreadRow(thread_id, title, json.loads(tags), waiting[1] if waiting[0] == thread_id else None, answers)

    def asked(self) -> Iterator[str]:
        """The ids of all threads that have a question."""
        return (row[0] for row in self._db.cursor().execute("SELECT id FROM posts WHERE kind = 'question'"))

    def questions(self, thread_ids: Iterable[str] | None = None) -> Iterator[tuple[str, str, str]]:
        """Ids, titles and bodies of questions: of the threads named, or of all, in the order of their ids."""
        columns = "p.id, coalesce(p.title, ''), b.body"
        select = f"SELECT {columns} FROM posts p JOIN bodies b USING (number) WHERE p.kind = 'question'"
        if thread_ids is None:
            yield from self._db.cursor().execute(f"{select} ORDER BY p.thread_id")
            return
        for chunk in chunks(thread_ids):
            marks = ", ".join("?" * len(chunk))
            yield from self._db.cursor().execute(f"{select} AND p.id IN ({marks})", chunk)

    def term_vectors(self, terms: Sequence[str]) -> dict[str, bytes]:
        """The vectors of those terms that have one."""
        found: dict[str, bytes] = {}
        for chunk in chunks(terms):
            marks = ", ".join("?" * len(chunk))
            found.update(self._db.execute(f"SELECT term, vector FROM term_vectors WHERE term IN ({marks})", chunk))
        return found

    def browse(
        self,
        filters: Filters,
        order: Order,
        *,
        limit: int,
        offset: int = 0,
        voted: bool = False,
        thread_id: str | None = None,
    ) -> tuple[int, list[Leafed]]:
        """How many answers pass the filters, and a stretch of them in order; those without the order's column come last.

        With `voted`, only answers whose votes are known; with `thread_id`, only those of this thread.
        """
        where, values = _conditions(filters, thread_id, voted=voted)
        total: int = self._db.execute(f"SELECT count(*) FROM posts p WHERE p.advice {where}", values).fetchone()[0]
        rows = self._db.execute(
            "SELECT p.number, p.votes, p.lift, p.expected FROM posts p"
            f" WHERE p.advice {where} ORDER BY {_ORDERS[order]}, p.id LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return total, list(map(Leafed._make, rows))

    def browse_all(
        self, filters: Filters, order: Order, *, voted: bool = False, thread_id: str | None = None
    ) -> Iterator[Leafed]:
        """All of the answers that `browse` gives stretches of, one at a time."""
        where, values = _conditions(filters, thread_id, voted=voted)
        rows = self._db.cursor().execute(
            "SELECT p.number, p.votes, p.lift, p.expected FROM posts p"
            f" WHERE p.advice {where} ORDER BY {_ORDERS[order]}, p.id",
            values,
        )
        return map(Leafed._make, rows)

    def count_threads(self, filters: Filters, *, thread_id: str | None = None) -> int:
        """How many threads the answers are from that pass the filters."""
        where, values = _conditions(filters, thread_id)
        counted = self._db.execute(f"SELECT count(DISTINCT p.thread_id) FROM posts p WHERE p.advice {where}", values)
        return int(counted.fetchone()[0])

    def places(self, answers: Iterable[Post], categories: Mapping[str, str | None]) -> dict[str, Place]:
        """How few answers of the category, or site, have as many votes as each of some answers, where that is worth telling.

        `categories` are those of their threads.
        """
        asked = [
            (answer.id, answer.site, categories.get(answer.thread_id) or "", answer.votes)
            for answer in answers
            if answer.votes is not None
        ]
        rows = self._db.execute(
            "SELECT json_extract(j.value, '$[0]'), v.category, v.reached, v.answers FROM json_each(?) j JOIN vote_counts v"
            " ON v.site = json_extract(j.value, '$[1]') AND v.category IN (json_extract(j.value, '$[2]'), '')"
            " AND v.votes = json_extract(j.value, '$[3]') ORDER BY 1, 2 DESC",
            (json.dumps(asked),),
        ).fetchall()
        sites = {answer_id: site for answer_id, site, *_ in asked}
        groups: dict[str, list[tuple[str, int, int]]] = {}
        for answer_id, category, reached, count in rows:
            groups.setdefault(answer_id, []).append((category or sites[answer_id], reached, count))
        return {answer_id: place for answer_id, those in groups.items() if (place := standing.place(those))}

    def endorsements_of(self, thread_id: str) -> list[Endorsement]:
        """Who backs whom in a thread, in page order."""
        rows = self._db.execute(
            "SELECT e.by_post, e.author, e.to_post, p.author, e.backs, e.evidence, e.favorited FROM endorsements e"
            " JOIN posts p ON p.id = e.to_post WHERE e.thread_id = ? ORDER BY e.rowid",
            (thread_id,),
        )
        return [
            Endorsement(by, author, to, to_author or "", bool(backs), said, "", bool(fav))
            for by, author, to, to_author, backs, said, fav in rows
        ]

    def backers(self, answer_ids: Sequence[str]) -> dict[str, list[str]]:
        """Names of those who back each answer in words, each once, in page order."""
        names: dict[str, list[str]] = {}
        for chunk in chunks(answer_ids):
            marks = ", ".join("?" * len(chunk))
            rows = self._db.execute(
                "SELECT to_post, author FROM endorsements WHERE backs AND author IS NOT NULL"
                f" AND to_post IN ({marks}) ORDER BY rowid",
                chunk,
            )
            for answer_id, author in rows:
                known = names.setdefault(answer_id, [])
                if author not in known:
                    known.append(author)
        return names

    def outcomes(self, thread_ids: Sequence[str]) -> dict[str, list[Outcome]]:
        """What the askers of these threads tell of how it went, by thread: of single answers first."""
        found: dict[str, list[Outcome]] = {}
        for chunk in chunks(thread_ids):
            marks = ", ".join("?" * len(chunk))
            rows = self._db.execute(
                f"SELECT thread_id, by_post, to_post, worked, told FROM outcomes WHERE thread_id IN ({marks}) ORDER BY rowid",
                chunk,
            )
            for thread_id, by, to, worked, told in rows:
                found.setdefault(thread_id, []).append(Outcome(by, to, None if worked is None else bool(worked), told))
        return found

    # Which threads ask the same

    _DUPLICATES: Final = (
        "SELECT DISTINCT p.id, coalesce(a.id, d.original) FROM duplicates d JOIN posts p USING (number)"
        " LEFT JOIN aliases a ON a.alias = d.original WHERE p.id != coalesce(a.id, d.original)"
    )

    def duplicates(self) -> Iterator[tuple[str, str]]:
        """Pairs (duplicate, original) of thread ids, as the sites say them. The original may be in no archive read so far."""
        return self._db.cursor().execute(f"{self._DUPLICATES} ORDER BY 1, 2")

    def originals(self, thread_ids: Sequence[str]) -> dict[str, list[str]]:
        """What each of some threads is a duplicate of, for those that are one."""
        named = "p.id IN (SELECT value FROM json_each(?))"
        found: dict[str, list[str]] = {}
        for duplicate, original in self._db.execute(f"{self._DUPLICATES} AND {named} ORDER BY 1, 2", (json.dumps(thread_ids),)):
            found.setdefault(duplicate, []).append(original)
        return found

    def duplicates_of(self, thread_ids: Sequence[str]) -> dict[str, list[str]]:
        """Which threads are duplicates of each of some threads, for those that have any."""
        # By any id that an original was ever known by.
        given = "SELECT value FROM json_each(?1)"
        named = f"d.original IN ({given} UNION ALL SELECT alias FROM aliases WHERE id IN ({given}))"
        found: dict[str, list[str]] = {}
        for duplicate, original in self._db.execute(f"{self._DUPLICATES} AND {named} ORDER BY 1, 2", (json.dumps(thread_ids),)):
            found.setdefault(original, []).append(duplicate)
        return found

    # What is in the library

    def counts(self) -> dict[str, int]:
        """How many threads (with a question), answers (as sites count them), answers that are ranked, and posts there are."""
        changed = self._db.execute(f"{COUNTED} WHERE thread_id IN (SELECT thread_id FROM changed)").fetchone()
        counted = (kept + more for kept, more in zip(self.held(), changed, strict=True))
        return dict(zip(("threads", "answers", "ranked", "posts"), counted, strict=True))

    def held(self) -> tuple[int, int, int, int]:
        """The same of those threads that no build has changed and not gone through since: so nobody has to count millions."""
        threads, answers, ranked, posts = json.loads(self.fact("counts") or "[0, 0, 0, 0]")
        return threads, answers, ranked, posts

    def coverage(self) -> Coverage:
        """What the library covers, as its last build counted it."""
        kept = self.fact(coverage.FACT)
        return Coverage.unpacked(kept) if kept else self.count_coverage()

    def count_coverage(self) -> Coverage:
        """The same, counted: a look at every post."""
        rows = self._db.execute(
            "SELECT site, coalesce(strftime('%Y-%m', written, 'unixepoch'), ''), count(*) FILTER (WHERE kind = 'question'),"
            " count(*) FILTER (WHERE advice) FROM posts WHERE advice OR kind = 'question' GROUP BY 1, 2"
        )
        votes = self._db.execute("SELECT votes, count(*) FROM posts WHERE advice GROUP BY 1")
        categories = self._db.execute(
            "SELECT category, sum(questions), sum(answers) FROM ("
            " SELECT category, count(*) AS questions, 0 AS answers FROM posts"
            " WHERE kind = 'question' AND category IS NOT NULL GROUP BY 1"
            " UNION ALL SELECT thread_category, 0, count(*) FROM posts"
            " WHERE advice AND thread_category IS NOT NULL GROUP BY 1) GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return coverage.of(list(map(Counted._make, rows)), dict(votes.fetchall()), categories.fetchall())

    def tally(self, column: Tallied) -> list[tuple[str, int]]:
        """How many questions there are of each site, category or year, most first (years: latest first), as the last build
        counted them."""
        kept = json.loads(self.fact(TALLIES) or "{}").get(column)
        return self.count_tally(column) if kept is None else [(name, questions) for name, questions in kept]

    def count_tally(self, column: Tallied) -> list[tuple[str, int]]:
        """The same, counted: a look at every question."""
        expression, order = TALLIED[column]
        return self._db.execute(
            f"SELECT {expression}, count(*) FROM posts WHERE kind = 'question' AND {expression} IS NOT NULL"
            f" GROUP BY 1 ORDER BY {order}"
        ).fetchall()


def _conditions(
    filters: Filters, thread_id: str | None = None, *, voted: bool = False
) -> tuple[str, tuple[str | int, ...]]:
    """SQL that means what `Filters.accept` means, and its values; with a thread's id, of that thread alone."""
    conditions: list[str] = ["p.thread_id = ?"] if thread_id else []
    if voted:
        conditions.append("p.votes IS NOT NULL")
    values: list[str | int] = [thread_id] if thread_id else []
    for expression, names in (
        ("fold(p.site)", filters.sites),
        ("fold(coalesce(p.thread_category, ''))", filters.categories),
        ("CASE WHEN p.anonymous THEN '' ELSE fold(coalesce(p.author, '')) END", filters.authors),
    ):
        if names:
            conditions.append(f"{expression} IN ({', '.join('?' * len(names))})")
            values += names
    for tag in filters.tags:
        conditions.append("p.thread_id IN (SELECT thread_id FROM tags WHERE tag = ?)")
        values.append(tag)
    for expression, span in (("p.votes", filters.votes), (YEAR, filters.year)):
        if span is None:
            continue
        # What nobody knows is outside of every range.
        conditions.append(f"{expression} IS NOT NULL")
        for bound, sign in ((span.low, ">="), (span.high, "<=")):
            if bound is not None:
                conditions.append(f"{expression} {sign} ?")
                values.append(bound)
    if filters.best is not None:
        conditions.append(f"coalesce(p.best, 0) = {int(filters.best)}")
    return "".join(f" AND {condition}" for condition in conditions), tuple(values)


def chunks(ids: Iterable[T]) -> Iterator[Sequence[T]]:
    """`ids`, or numbers, in pieces that one statement can take."""
    left = iter(ids)
    while chunk := list(islice(left, _CHUNK)):
        yield chunk
