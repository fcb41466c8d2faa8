"""Dumps of Stack Exchange sites: a folder with Posts.xml and, beside it, Users.xml, Comments.xml and PostLinks.xml.

Posts.xml is the archive; the other tables are read with it. Each file is read once, front to back. What one row has to
know of another (names of users, duplicates, the thread of a comment's post, the answer that a question accepted) goes through
a temporary database on disk, so that memory does not grow with the dump; an answer that comes before its question waits there.

Which site it is stands nowhere in the files: it is taken from the name of the folder, or of a container beside them.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from .. import markup
from ..errors import DamagedArchive, NotAThread, UnknownFormat
from ..messages import Message
from ..thread import Post
from . import stackexchange_comments, stackexchange_licences
from .source import Report, Source
from .stackexchange_site import UNKNOWN_SITE, site_of
from .stackexchange_tables import Row, rows, table_of

name = "stackexchange"
about = "A Stack Exchange dump: Posts.xml, with Users.xml, Comments.xml and PostLinks.xml beside it"

WATERMARK: Final = 1_000_000_000
"""Posts with this Id and above were never written by anybody: dumps since 2025 hold some, to be told apart by."""

FIRST_POST: Final = datetime(2008, 7, 1, tzinfo=UTC)
"""No site of the network is older."""

_QUESTION: Final = 1
_ANSWER: Final = 2
_COMMUNITY: Final = -1
"""The user that owns what nobody owns any more."""

_DUPLICATE: Final = 3
"""The type of link that leads from a question to the one that it was closed as a duplicate of."""

_BESIDE: Final = {"users": "Users.xml", "postlinks": "PostLinks.xml", "comments": "Comments.xml"}
"""The tables that are read with the posts, and their files."""

_NO_THREAD: Final = 0
"""In place of a thread's number: posts of kinds that are no part of any (tag wikis, elections)."""

_LARGEST: Final = 2**53
_LONGEST_LICENCE: Final = 100
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_TAG: Final = re.compile(r"[^<>|\s]+")

_SCHEMA: Final = """
    PRAGMA journal_mode = OFF;
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, thread INTEGER NOT NULL, accepted INTEGER, owner TEXT);
    CREATE TABLE duplicates (question INTEGER, original INTEGER, PRIMARY KEY (question, original)) WITHOUT ROWID;
    CREATE TABLE waiting (number INTEGER PRIMARY KEY, row TEXT NOT NULL);
    BEGIN;
"""


def recognises(head: bytes) -> bool:
    return table_of(head) is not None


def beside(source: Source) -> tuple[Path, ...]:
    """The files that are read together with a Posts.xml, those that are there; none for any other file."""
    if table_of(source.head()) != "posts":
        return ()
    return tuple(found.path for file in _BESIDE.values() if (found := source.beside(file)))


def read(source: Source, report: Report) -> Iterator[Post]:
    """Questions and answers in the order of Posts.xml, then the comments. Nothing for a table that Posts.xml is beside.

    Raises NotAThread for a table without its Posts.xml and for one without any question or answer; DamagedArchive when
    no row can be read, or when the disk has no room for the join.
    """
    table = table_of(source.head())
    if table is None:
        raise UnknownFormat(Message("{source} is no table of a Stack Exchange dump", source=str(source)))
    if table != "posts":
        if source.beside("Posts.xml") is None:
            raise NotAThread(
                Message(
                    "{source} holds the {table} of a Stack Exchange dump, whose Posts.xml is missing",
                    source=str(source),
                    table=table,
                ),
                Message("Put Posts.xml of the same dump into the same folder"),
            )
        return
    try:
        # A database without a name is a temporary file that SQLite deletes by itself, and that is in memory while small.
        with closing(sqlite3.connect("", isolation_level=None)) as join:
            join.executescript(_SCHEMA)
            yield from _Dump(source, report, join).posts()
    except sqlite3.Error as error:
        raise DamagedArchive(
            Message("{source} could not be joined with its other tables ({error})", source=str(source), error=str(error)),
            Message("Make room in the folder for temporary files"),
        ) from error


class _Asked(NamedTuple):
    """Of a question: the number of the answer it accepted, and who asked, as `_owner` has it."""

    accepted: int | None
    owner: str | None


class _Dump:
    """One pass over the tables of a dump."""

    def __init__(self, source: Source, report: Report, join: sqlite3.Connection) -> None:
        self._source = source
        self._report = report
        self._join = join
        found = site_of(source)
        self._site = found or UNKNOWN_SITE
        self._root = f"https://{found}" if found else None
        """What addresses begin with, if it is known."""
        self._latest = datetime.now(UTC) + timedelta(days=1)
        self._watermarks = 0
        self._orphans = 0

    def posts(self) -> Iterator[Post]:
        report = self._report
        if self._root is None:
            report.warn(
                Message(
                    "which site it is could not be told, so it is called {site}; name the folder like the site", site=self._site
                )
            )
        self._read_users()
        self._read_duplicates()
        noted = self._noted()
        read = 0
        for post in self._questions_and_answers():
            read += 1
            yield post
        if not read and self._noted() > noted:
            raise DamagedArchive(
                Message(
                    "No post could be read from {source} ({remark})",
                    source=str(self._source),
                    remark=(report.warnings or [""])[-1],
                )
            )
        if not read:
            raise NotAThread(
                Message("{source} holds neither questions nor answers", source=str(self._source)),
                Message("Use Posts.xml of the whole dump"),
            )
        if self._watermarks:
            report.skipped += self._watermarks
            report.warn(
                Message(
                    "{number} posts with an Id of {least} and above were left out: nobody wrote them",
                    number=self._watermarks,
                    least=WATERMARK,
                )
            )
        if self._orphans:
            report.warn(Message("the questions of {number} answers are not in the dump", number=self._orphans))
        yield from self._comments()

    def _noted(self) -> int:
        """How much has been reported so far."""
        return len(self._report.warnings) + self._report.unlisted

    # Tables

    def _beside(self, table: str, without: str) -> Source | None:
        """Another table of the dump, or None with a warning of what is missing `without` it."""
        file = _BESIDE[table]
        beside = self._source.beside(file)
        if beside is None:
            self._report.warn(Message("there is no {file} beside it, so {without}", file=file, without=without))
        elif table_of(beside.head()) != table:
            self._report.warn(
                Message("{source} is no table of {table}, so {without}", source=str(beside), table=table, without=without)
            )
            return None
        return beside

    def _read_users(self) -> None:
        users = self._beside("users", Message("users are called by their numbers"))
        if users:
            named = (
                (user, shown)
                for row in rows(users, self._report)
                if (user := _integer(row, "Id")) is not None and (shown := _line(row.get("DisplayName")))
            )
            self._join.executemany("INSERT OR REPLACE INTO users VALUES (?, ?)", named)

    def _read_duplicates(self) -> None:
        links = self._beside("postlinks", Message("it is not known which questions are duplicates"))
        for row in rows(links, self._report) if links else ():
            kind, question, original = (_integer(row, name) for name in ("LinkTypeId", "PostId", "RelatedPostId"))
            if kind is None or question is None or original is None:
                self._report.skip(Message("a number is missing in it"), f"link {row.get('Id', '')[:30]}")
            elif kind == _DUPLICATE and question != original and 0 < question < WATERMARK and 0 < original < WATERMARK:
                self._join.execute("INSERT OR IGNORE INTO duplicates VALUES (?, ?)", (question, original))

    def _questions_and_answers(self) -> Iterator[Post]:
        for row in rows(self._source, self._report):
            number, kind = _integer(row, "Id"), _integer(row, "PostTypeId")
            where = f"post {row.get('Id', '')[:30]}"
            if number is None or number <= 0 or kind is None:
                self._report.skip(Message("its Id or PostTypeId is no number"), where)
            elif number >= WATERMARK or (_integer(row, "ParentId") or 0) >= WATERMARK:
                self._watermarks += 1
            elif kind == _QUESTION:
                self._place(number, number, _integer(row, "AcceptedAnswerId"), _owner(row))
                yield self._question(number, row)
            elif kind == _ANSWER:
                parent = _integer(row, "ParentId")
                if parent is None or parent <= 0 or parent == number:
                    self._report.skip(Message("an answer that does not name its question"), where)
                    continue
                self._place(number, parent)
                asked = self._asked(parent)
                if asked is None:
                    self._join.execute("INSERT INTO waiting (row) VALUES (?)", (json.dumps(dict(row)),))
                else:
                    yield self._answer(number, parent, row, asked)
            else:
                self._place(number, _NO_THREAD)
        yield from self._waiting_answers()

    def _waiting_answers(self) -> Iterator[Post]:
        """The answers that came before their question, or without it."""
        for (held,) in self._join.execute("SELECT row FROM waiting ORDER BY number"):
            row: Row = json.loads(held)
            number, parent = int(row["Id"]), int(row["ParentId"])
            asked = self._asked(parent)
            self._orphans += asked is None
            yield self._answer(number, parent, row, asked)

    def _comments(self) -> Iterator[Post]:
        comments = self._beside("comments", "there are no comments")
        lost = 0
        for row in rows(comments, self._report) if comments else ():
            number, parent = _integer(row, "Id"), _integer(row, "PostId")
            if number is None or parent is None:
                self._report.skip(Message("its Id or PostId is no number"), f"comment {row.get('Id', '')[:30]}")
                continue
            known = self._join.execute("SELECT thread FROM posts WHERE id = ?", (parent,)).fetchone()
            if known is None:
                lost += parent < WATERMARK
            elif known[0] != _NO_THREAD:
                yield self._comment(number, parent, known[0], row)
        if lost:
            self._report.skipped += lost
            self._report.warn(Message("{lost} comments were left out, since their posts are not in the dump", lost=lost))

    # The join

    def _place(self, number: int, thread: int, accepted: int | None = None, owner: str | None = None) -> None:
        self._join.execute("INSERT OR REPLACE INTO posts VALUES (?, ?, ?, ?)", (number, thread, accepted, owner))

    def _asked(self, question: int) -> _Asked | None:
        """What an answer has to know of its question; None if that has not been read."""
        row = self._join.execute("SELECT accepted, owner FROM posts WHERE id = ?1 AND thread = ?1", (question,)).fetchone()
        return _Asked(*row) if row else None

    def _author(self, row: Row, user: str, fallback: str) -> tuple[str | None, bool]:
        """The author's name, and whether it is one that nobody in particular has."""
        shown = _line(row.get(fallback))
        number = _integer(row, user)
        if number == _COMMUNITY:
            return shown or "Community", not shown
        if number is None:
            # The account was deleted; what is left is the name at the time, or "user" and its number.
            return shown, False
        known = self._join.execute("SELECT name FROM users WHERE id = ?", (number,)).fetchone()
        return known[0] if known else shown or f"user{number}", False

    # Posts

    def _question(self, number: int, row: Row) -> Post:
        author, anonymous = self._author(row, "OwnerUserId", "OwnerDisplayName")
        return Post(
            id=f"{self._site}:{number}",
            thread_id=f"{self._site}:{number}",
            kind="question",
            site=self._site,
            body=markup.clean(row.get("Body", ""), self._resolve),
            title=_line(row.get("Title")),
            tags=tuple(dict.fromkeys(_TAG.findall(row.get("Tags", "")))),
            author=author,
            anonymous=anonymous,
            written=self._time(row, "CreationDate", f"post {number}"),
            votes=self._votes(row, f"post {number}"),
            url=self._root and f"{self._root}/questions/{number}",
            licence=self._licence(row),
            closed=self._time(row, "ClosedDate", f"post {number}"),
            duplicate_of=tuple(
                f"{self._site}:{original}"
                for (original,) in self._join.execute("SELECT original FROM duplicates WHERE question = ?", (number,))
            ),
        )

    def _answer(self, number: int, parent: int, row: Row, asked: _Asked | None) -> Post:
        owner = _owner(row)
        author, anonymous = self._author(row, "OwnerUserId", "OwnerDisplayName")
        return Post(
            id=f"{self._site}:{number}",
            thread_id=f"{self._site}:{parent}",
            kind="selfanswer" if asked and owner is not None and owner == asked.owner else "answer",
            site=self._site,
            body=markup.clean(row.get("Body", ""), self._resolve),
            # The site's own order is by votes; all equal here, so that the thread is in the order of writing.
            position=1,
            parent_id=f"{self._site}:{parent}",
            author=author,
            anonymous=anonymous,
            written=self._time(row, "CreationDate", f"post {number}"),
            votes=self._votes(row, f"post {number}"),
            best=number == asked.accepted if asked else None,
            url=self._root and f"{self._root}/a/{number}",
            licence=self._licence(row),
        )

    def _comment(self, number: int, parent: int, thread: int, row: Row) -> Post:
        author, anonymous = self._author(row, "UserId", "UserDisplayName")
        return Post(
            # Comments are numbered apart from posts.
            id=f"{self._site}:c{number}",
            thread_id=f"{self._site}:{thread}",
            kind="comment",
            site=self._site,
            body=stackexchange_comments.html_of(row.get("Text", "")),
            position=2,
            parent_id=f"{self._site}:{parent}",
            author=author,
            anonymous=anonymous,
            written=self._time(row, "CreationDate", f"comment {number}"),
            votes=self._votes(row, f"comment {number}"),
            url=self._root and f"{self._root}/questions/{thread}#comment{number}_{parent}",
            licence=self._licence(row),
        )

    def _resolve(self, href: str) -> str | None:
        """A link of a body as one that leads somewhere outside the site, too."""
        if href.startswith("//"):
            return f"https:{href}"
        if href.startswith("/"):
            return self._root and self._root + href
        return href if href.startswith("#") or ":" in href else None

    def _licence(self, row: Row) -> str | None:
        said = _line(row.get("ContentLicense"))
        if said:
            return said[:_LONGEST_LICENCE]
        dates = [row[name] for name in ("CreationDate", "LastEditDate") if row.get(name)]
        return stackexchange_licences.by_dates(*map(_moment, dates))

    def _time(self, row: Row, name: str, where: str) -> datetime | None:
        text = row.get(name)
        if not text:
            return None
        time = _moment(text)
        if time is None:
            self._report.warn(Message("its date {text} is none", text=repr(text[:40])), where)
            return None
        if not FIRST_POST <= time <= self._latest:
            self._report.warn(Message("its date {text} cannot be right", text=repr(text[:40])), where)
            return None
        return time

    def _votes(self, row: Row, where: str) -> int | None:
        votes = _integer(row, "Score")
        if row.get("Score") and (votes is None or abs(votes) >= _LARGEST):
            self._report.warn(Message("its score {score} is no number", score=repr(row["Score"][:40])), where)
            return None
        return votes


def _moment(text: str) -> datetime | None:
    """A time of a dump; without a zone, as dumps have it, it is UTC."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _owner(row: Row) -> str | None:
    """What two posts of one person share: the number of the account, or of a deleted one the name that was left."""
    number = _integer(row, "OwnerUserId")
    if number is None:
        left = _line(row.get("OwnerDisplayName"))
        return f"deleted {left}" if left else None
    return None if number == _COMMUNITY else str(number)


def _integer(row: Row, name: str) -> int | None:
    value = row.get(name, "")
    return int(value) if _INTEGER.fullmatch(value) else None


def _line(text: str | None) -> str | None:
    """A name or title in one line; None where nothing of it is left."""
    return " ".join(text.split()) or None if text else None
