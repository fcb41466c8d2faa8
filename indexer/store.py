"""Here is a post id, give me the post. One SQLite file, the truth of the library. Not for searching.

A build is one transaction: the generation in force is a fact in the same file, so posts and pointer change together, and a
build that dies leaves the library as it was. Readers (WAL) see one moment of it for as long as `snapshot` lasts.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from . import merging, words
from .endorsements import Endorsement
from .errors import LibraryBusy, LibraryError, NoLibrary
from .query import Filters
from .rows import (
    PAGE_ORDER,
    POST,
    SELECT,
    Archive,
    Candidate,
    columns_of,
    to_archive,
    to_post,
    to_threads,
    with_ids,
)
from .standing import Standing, Vote
from .thread import Capture, Post, Thread

FILE: Final = "library.sqlite"
_CHUNK: Final = 500
_SCHEMA: Final = re.sub("--.*", "", files(__package__).joinpath("schema.sql").read_text("utf-8"))
SCHEMA_VERSION: Final = zlib.crc32(" ".join(_SCHEMA.split()).encode()) >> 1
"""Told by the schema itself, so that no change of it can be forgotten here."""
_YEAR: Final = "CAST(strftime('%Y', p.written, 'unixepoch') AS INTEGER)"

Order = Literal["lift", "votes", "newest", "oldest"]
_ORDERS: Final[dict[Order, str]] = {
    # Descending, SQLite puts NULL last by itself, and then takes an index for it.
    "lift": "p.lift DESC",
    "votes": "p.votes DESC",
    "newest": "p.written DESC",
    "oldest": "p.written IS NULL, p.written",
}


class Store:
    """The posts of a library. One object serves one thread of the program."""

    def __init__(self, library: Path, *, writing: bool = False) -> None:
        """Opens a library's store; with `writing`, makes it where there is none.

        Raises NoLibrary where there is none to read, LibraryError where the file is no store or of a newer Askive.
        """
        self.path = library / FILE
        if writing:
            library.mkdir(parents=True, exist_ok=True)
        elif not self.path.is_file():
            raise NoLibrary(f"There is no library in {library}")
        self._db = sqlite3.connect(self.path, timeout=2, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.create_function("fold", 1, words.fold, deterministic=True)
            # What is forgotten is overwritten, not only unlinked.
            self._db.execute("PRAGMA secure_delete = ON")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0 and writing:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
            elif version == 0:
                raise NoLibrary(f"The build of the library in {library} never ended")
            elif version != SCHEMA_VERSION:
                raise LibraryError(
                    f"{self.path} was made by another version of Askive",
                    "Use that version, or move the file away and run `askive build`",
                )
        except sqlite3.DatabaseError as error:
            raise LibraryError(f"{self.path} is no library ({error})", "Move it away and run `askive build`") from error

    def close(self) -> None:
        self._db.close()

    # Transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens at once or not at all. Raises LibraryBusy while another build writes."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise LibraryBusy(f"Another build is writing to {self.path.parent}") from error
        try:
            if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                # One by one, since `executescript` would commit what has begun.
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._db.execute("CREATE TEMP TABLE IF NOT EXISTS changed (thread_id TEXT PRIMARY KEY)")
            self._db.execute("CREATE TEMP TABLE IF NOT EXISTS stale (document_id TEXT PRIMARY KEY)")
            self._db.execute("DELETE FROM changed")
            self._db.execute("DELETE FROM stale")
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of a transaction that is taken back on its own when it fails, the rest staying."""
        self._db.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO attempt")
            self._db.execute("RELEASE attempt")
            raise
        self._db.execute("RELEASE attempt")

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
            raise LibraryError(f"{self.path} cannot be read ({error})", "Run `askive build --fresh`") from error

    def settle(self) -> None:
        """Bring what was committed into the main file, so that nothing deleted is left in it. Best effort while others read."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # Facts

    def fact(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_fact(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    # Archives

    def archive(self, key: str) -> Archive | None:
        row = self._db.execute("SELECT * FROM archives WHERE key = ?", (key,)).fetchone()
        return to_archive(row) if row else None

    def archives(self) -> list[Archive]:
        """All archives ever read, by key."""
        return [to_archive(row) for row in self._db.execute("SELECT * FROM archives ORDER BY key")]

    def set_archive(self, archive: Archive) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO archives VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(archive.key, archive.size, archive.modified, archive.sha256, archive.format, archive.status),
                *(archive.threads, archive.answers, archive.skipped, json.dumps(archive.warnings), archive.reason),
            ),
        )

    # Writing posts

    def put(self, post: Post, seen: int) -> None:
        """Add a copy of a post, made at `seen` (seconds since 1970), to what is known of it."""
        post = self._in_its_thread(post)
        copy = merging.Copy(post, seen)
        row = self._db.execute(f"SELECT {POST}, seen, number FROM posts WHERE id = ?", (post.id,)).fetchone()
        if row is None:
            self._mark(post.thread_id)
            number = self._db.execute(
                f"INSERT INTO posts ({POST}, seen) VALUES ({', '.join('?' * 18)})", (*columns_of(post), seen)
            ).lastrowid
            self._db.execute("INSERT INTO bodies VALUES (?, ?)", (number, post.body))
            self._keep_votes(number, copy)
        else:
            number = row[-1]
            body = self._db.execute("SELECT body FROM bodies WHERE number = ?", (number,)).fetchone()[0]
            known = merging.Copy(to_post((*row[:17], body)), row[-2])
            merged = merging.merge(known, copy)
            if known.seen != seen:
                self._keep_votes(number, known, copy)
            columns = ", ".join(f"{column} = ?" for column in f"{POST}, seen".split(", "))
            values = (*columns_of(merged.post), merged.seen)
            if values == tuple(row[:18]) and merged.post.body == body:
                return
            self._mark(post.thread_id)
            self._db.execute(f"UPDATE posts SET {columns} WHERE number = ?", (*values, number))
            self._db.execute("UPDATE bodies SET body = ? WHERE number = ?", (merged.post.body, number))

    def _keep_votes(self, number: int | None, *copies: merging.Copy) -> None:
        """Remember what copies of a post say of its votes; a single copy has them in the post itself."""
        said = {capture for copy in copies for capture in copy.post.history}
        if len(copies) > 1:
            said |= {Capture(datetime.fromtimestamp(c.seen, UTC), c.post.votes) for c in copies if c.post.votes is not None}
        self._db.executemany(
            "INSERT OR IGNORE INTO captures VALUES (?, ?, ?)", [(number, int(at.timestamp()), votes) for at, votes in said]
        )

    def _mark(self, thread_id: str) -> None:
        """Note that a thread is about to change, and which documents of it the index in force has."""
        if self._db.execute("INSERT OR IGNORE INTO changed VALUES (?)", (thread_id,)).rowcount:
            self._db.execute(
                "INSERT OR IGNORE INTO stale SELECT id FROM posts WHERE thread_id = ? AND (advice OR kind = 'question')",
                (thread_id,),
            )

    def _in_its_thread(self, post: Post) -> Post:
        """The post under the ids that the library knows it and its thread by, made-up ids giving way to the site's own."""
        thread_id = self.resolve(post.thread_id)
        if post.kind == "question":
            key = merging.thread_key(post)
            known = self._db.execute("SELECT thread_id FROM thread_keys WHERE key = ?", (key,)).fetchone()
            if known and known[0] != thread_id and merging.is_provisional(thread_id):
                self._alias(thread_id, known[0])
                thread_id = known[0]
            elif known and known[0] != thread_id and merging.is_provisional(known[0]):
                self._rename_thread(known[0], thread_id)
            if key and not (known and merging.is_provisional(thread_id)):
                self._db.execute("INSERT OR REPLACE INTO thread_keys VALUES (?, ?)", (key, thread_id))
            return with_ids(post, thread_id, thread_id)
        post = with_ids(post, self.resolve(post.id), thread_id)
        twin = self._twin(post)
        if twin and merging.is_provisional(twin):
            self._rename_post(twin, post.id)
        elif twin:
            self._alias(post.id, twin)
            post = with_ids(post, twin, thread_id)
        return post

    def _twin(self, post: Post) -> str | None:
        """The same answer under the other sort of id: by the same author in the same minute of the same thread."""
        if post.written is None or post.author is None:
            return None
        minute = int(post.written.timestamp()) // 60
        rows = self._db.execute(
            "SELECT id FROM posts WHERE thread_id = ? AND author = ? AND written / 60 = ? AND kind != 'question'"
            " ORDER BY position",
            (post.thread_id, post.author, minute),
        ).fetchall()
        if any(row[0] == post.id for row in rows):
            return None
        made_up = merging.is_provisional(post.id)
        return next((row[0] for row in rows if merging.is_provisional(row[0]) != made_up), None)

    def _rename_thread(self, old: str, new: str) -> None:
        self._mark(old)
        self._mark(new)
        self._rename_post(old, new)
        self._db.execute("UPDATE posts SET thread_id = ? WHERE thread_id = ?", (new, old))
        self._db.execute("UPDATE posts SET parent_id = ? WHERE parent_id = ?", (new, old))

    def _rename_post(self, old: str, new: str) -> None:
        self._alias(old, new)
        for (thread_id,) in self._db.execute("SELECT thread_id FROM posts WHERE id = ?", (old,)).fetchall():
            self._mark(thread_id)
        if not self.posts([new]):
            self._db.execute("UPDATE posts SET id = ? WHERE id = ?", (new, old))
            return
        # Both were known as two; what the made-up one has goes to the other.
        seen = self._db.execute("SELECT seen FROM posts WHERE id = ?", (old,)).fetchone()
        for post in self.posts([old]).values():
            self.delete([old])
            self.put(post, seen[0])

    def _alias(self, alias: str, post_id: str) -> None:
        self._db.execute("UPDATE aliases SET id = ? WHERE id = ?", (post_id, alias))
        self._db.execute("INSERT OR REPLACE INTO aliases VALUES (?, ?)", (alias, post_id))

    def delete(self, post_ids: Iterable[str]) -> None:
        """Take posts out for good. A deleted question leaves its answers as orphans."""
        for post_id in post_ids:
            for (thread_id,) in self._db.execute("SELECT thread_id FROM posts WHERE id = ?", (post_id,)).fetchall():
                self._mark(thread_id)
            self._db.execute("DELETE FROM posts WHERE id = ?", (post_id,))

    def delete_covered(self, covers: Callable[[Post], bool]) -> bool:
        """Delete every post that a rule covers; tells whether there was any."""
        covered = [post.id for post in self.all_posts() if covers(post)]
        self.delete(covered)
        return bool(covered)

    def clear(self) -> None:
        """Forget everything that came from archives; facts, such as the generation in force, stay."""
        self._db.execute("INSERT OR IGNORE INTO changed SELECT DISTINCT thread_id FROM posts")
        for table in ("bodies", "posts", "archives", "thread_keys", "aliases", "endorsements"):
            self._db.execute(f"DELETE FROM {table}")

    # What an enrichment needs

    def thread_ids(self, site: str) -> Iterator[str]:
        """Ids of all threads of a site, in order."""
        rows = self._db.cursor().execute("SELECT DISTINCT thread_id FROM posts WHERE site = ? ORDER BY thread_id", (site,))
        return (row[0] for row in rows)

    def seen(self, thread_id: str) -> dict[str, int]:
        """When the copy was made that each post of a thread was last taken from: seconds since 1970, by post."""
        return dict(self._db.execute("SELECT id, seen FROM posts WHERE thread_id = ?", (thread_id,)).fetchall())

    def backdate(self, thread_id: str, seen: int) -> None:
        """Hold those copies of a thread that do not say when they were made to be made at `seen` at the latest."""
        chosen = "thread_id = ?1 AND seen > ?2 AND (captured IS NULL OR captured < seen)"
        self._db.execute(
            f"UPDATE OR REPLACE captures SET seen = ?2 WHERE (number, seen) IN (SELECT number, seen FROM posts WHERE {chosen})",
            (thread_id, seen),
        )
        self._db.execute(f"UPDATE posts SET seen = ?2 WHERE {chosen}", (thread_id, seen))

    def identify(self, made_up: str, known_as: str) -> None:
        """Give a thread or a post that has a made-up id another; what is known of the two becomes one."""
        rename = self._rename_thread if self._thread_row(made_up) else self._rename_post
        rename(made_up, known_as)

    # What a build derives

    def changed(self) -> list[str]:
        """Ids of the threads that this transaction has changed so far, in order."""
        return [row[0] for row in self._db.execute("SELECT thread_id FROM changed ORDER BY thread_id")]

    def set_derived(self, thread: Thread, endorsements: Iterable[Endorsement]) -> None:
        """Keep what was found out about a thread: which posts are advice, and who backs whom."""
        endorsements = list(endorsements)
        persons: dict[tuple[str, str], set[str]] = defaultdict(set)
        for found in endorsements:
            persons[found.to_post, "backers" if found.backs else "dissenters"].add(found.author)
            if found.backs and found.favorited:
                persons[found.to_post, "favorited"].add(found.author)
        category = thread.question.category if thread.question else None
        self._db.execute("UPDATE posts SET advice = 0, lift = NULL WHERE thread_id = ?", (thread.id,))
        self._db.executemany(
            "UPDATE posts SET advice = 1, thread_category = ?, backers = ?, dissenters = ?, favorited_backers = ? WHERE id = ?",
            [
                (category, *(len(persons[answer.id, side]) for side in ("backers", "dissenters", "favorited")), answer.id)
                for answer in thread.answers
            ],
        )
        self._db.execute("DELETE FROM endorsements WHERE thread_id = ?", (thread.id,))
        self._db.executemany(
            "INSERT INTO endorsements VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(thread.id, e.by_post, e.author, e.to_post, e.backs, e.favorited, e.evidence) for e in endorsements],
        )

    def stale(self) -> list[str]:
        """Ids of the documents that the index in force has of the changed threads, whether they are still there or not."""
        return [row[0] for row in self._db.execute("SELECT document_id FROM stale")]

    def votes(self) -> Iterator[Vote]:
        """The votes of all answers that have any said of them, grouped by thread."""
        rows = self._db.cursor().execute(
            f"SELECT p.id, p.thread_id, p.site, {_YEAR}, p.votes FROM posts p"
            " WHERE p.advice AND p.votes IS NOT NULL ORDER BY p.thread_id"
        )
        return (Vote(*row) for row in rows)

    def set_standings(self, standings: Iterable[Standing]) -> None:
        self._db.executemany(
            "UPDATE posts SET lift = ?2 WHERE id = ?1 AND lift IS NOT ?2", ((s.answer_id, s.lift) for s in standings)
        )

    # Reading posts

    def resolve(self, post_id: str) -> str:
        """The id a post is known by now, for any that it was ever known by."""
        row = self._db.execute("SELECT id FROM aliases WHERE alias = ?", (post_id,)).fetchone()
        return row[0] if row else post_id

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

    def threads(self, thread_ids: Sequence[str] | None = None) -> Iterator[Thread]:
        """Threads whole, one at a time: those named, or all of them."""
        if thread_ids is None:
            yield from to_threads(self._db.cursor().execute(f"{SELECT} {PAGE_ORDER}"))
            return
        for chunk in _chunks(thread_ids):
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

    def posts(self, post_ids: Sequence[str]) -> dict[str, Post]:
        """Posts by id, those that are known."""
        found = {}
        for chunk in _chunks(post_ids):
            marks = ", ".join("?" * len(chunk))
            for row in self._db.execute(f"{SELECT} WHERE p.id IN ({marks})", chunk):
                found[row[0]] = to_post(row)
        return found

    # Reading answers to rank

    _CANDIDATE: Final = (
        "SELECT p.id, p.thread_id, p.site, p.thread_category, CASE WHEN p.anonymous THEN NULL ELSE p.author END,"
        f" {_YEAR}, p.written, p.votes, p.best, p.lift, p.backers, p.dissenters, p.favorited_backers"
        " FROM posts p WHERE p.advice"
    )

    def candidates(self, *, answer_ids: Sequence[str] = (), thread_ids: Sequence[str] = ()) -> dict[str, Candidate]:
        """The answers named, and all answers of the threads named, by id."""
        found: dict[str, Candidate] = {}
        for column, ids in (("p.id", answer_ids), ("p.thread_id", thread_ids)):
            for chunk in _chunks(ids):
                marks = ", ".join("?" * len(chunk))
                for row in self._db.execute(f"{self._CANDIDATE} AND {column} IN ({marks})", chunk):
                    found[row[0]] = Candidate._make(row)
        return found

    def browse(
        self, filters: Filters, order: Order, *, limit: int, offset: int = 0, voted: bool = False
    ) -> tuple[int, list[Candidate]]:
        """How many answers pass the filters, and a stretch of them in order; those without the order's column come last.

        With `voted`, only answers whose votes are known.
        """
        where, values = _conditions(filters)
        if voted:
            where += " AND p.votes IS NOT NULL"
        total: int = self._db.execute(f"SELECT count(*) FROM posts p WHERE p.advice {where}", values).fetchone()[0]
        rows = self._db.execute(
            f"{self._CANDIDATE} {where} ORDER BY {_ORDERS[order]}, p.id LIMIT ? OFFSET ?", (*values, limit, offset)
        )
        return total, list(map(Candidate._make, rows))

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
        for chunk in _chunks(answer_ids):
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

    # What is in the library

    def counts(self) -> dict[str, int]:
        """How many threads (with a question), answers (as sites count them), answers that are ranked, and posts there are."""
        threads, answers, ranked, posts = self._db.execute(
            "SELECT count(*) FILTER (WHERE kind = 'question'), count(*) FILTER (WHERE kind NOT IN ('question', 'comment')),"
            " count(*) FILTER (WHERE advice), count(*) FROM posts"
        ).fetchone()
        return {"threads": threads, "answers": answers, "ranked": ranked, "posts": posts}

    def tally(self, column: str) -> list[tuple[str, int]]:
        """How many questions there are of each site, category or year, most first (years: latest first)."""
        expression, order = {
            "site": ("site", "2 DESC, 1"),
            "category": ("category", "2 DESC, 1"),
            "year": ("strftime('%Y', written, 'unixepoch')", "1 DESC"),
        }[column]
        return self._db.execute(
            f"SELECT {expression}, count(*) FROM posts WHERE kind = 'question' AND {expression} IS NOT NULL"
            f" GROUP BY 1 ORDER BY {order}"
        ).fetchall()


def _conditions(filters: Filters) -> tuple[str, tuple[str | int, ...]]:
    """SQL that means what `Filters.accept` means, and its values."""
    conditions: list[str] = []
    values: list[str | int] = []
    for expression, names in (
        ("fold(p.site)", filters.sites),
        ("fold(coalesce(p.thread_category, ''))", filters.categories),
        ("CASE WHEN p.anonymous THEN '' ELSE fold(coalesce(p.author, '')) END", filters.authors),
    ):
        if names:
            conditions.append(f"{expression} IN ({', '.join('?' * len(names))})")
            values += names
    for expression, span in (("p.votes", filters.votes), (_YEAR, filters.year)):
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


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
