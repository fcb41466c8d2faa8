"""What an Infodump says of some threads: the rows that matter out of tables of millions, joined in a temporary database.

Say first which threads are looked for (`want`, `want_asked`), then `read` the tables, then ask for one thread after the other.
Nothing of the dump is held in memory but a bit for each number looked for.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from typing import Final

from .infodump_tables import SITES, Progress, Table, moments, number
from .metafilter import ANONYMOUS_USER
from .metafilter_dates import FIRST_POST
from .records import one_line

WIPED: Final = 1_000_000
"""Users from this number on stand for accounts that were wiped."""

MAX_ANSWERS: Final = 20_000
"""Answers of a thread that are looked at: the longest thread of the site has half as many."""

TOLERANCE: Final = timedelta(days=1)
"""How far apart the dates of the tables of one dump may be: they are written one after the other."""

SUPPORTS: Final = 3
"""Threads that have to agree on what a category's number means."""

_CATEGORIES: Final = {("ask.metafilter.com", 14): "Human Relations"}
_TYPES: Final = {
    "www.metafilter.com": (1, 2),
    "ask.metafilter.com": (3, 4),
    "metatalk.metafilter.com": (5, 6),
    "music.metafilter.com": (8, 9),
    "fanfare.metafilter.com": (23, 24),
}
"""The types that favorites of posts and of comments have in `favoritesdata`."""

_MAX_BITS: Final = 1 << 27
_SCHEMA: Final = """
CREATE TABLE threads (id TEXT PRIMARY KEY, site TEXT, number INTEGER, category TEXT) WITHOUT ROWID;
CREATE INDEX threads_by_number ON threads (site, number);
CREATE TABLE posts (site TEXT, number INTEGER, user INTEGER, first INTEGER, second INTEGER, category INTEGER,
    favorites INTEGER, deleted INTEGER, reason TEXT, PRIMARY KEY (site, number)) WITHOUT ROWID;
CREATE INDEX posts_by_time ON posts (site, first / 60);
CREATE TABLE titles (site TEXT, number INTEGER, title TEXT, PRIMARY KEY (site, number)) WITHOUT ROWID;
CREATE TABLE comments (site TEXT, number INTEGER, id INTEGER, user INTEGER, first INTEGER, second INTEGER,
    favorites INTEGER, best INTEGER, PRIMARY KEY (site, number, id)) WITHOUT ROWID;
CREATE TABLE tags (site TEXT, number INTEGER, id INTEGER, name TEXT, PRIMARY KEY (site, number, id)) WITHOUT ROWID;
CREATE TABLE names (user INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE favorites (type INTEGER, target INTEGER, count INTEGER, PRIMARY KEY (type, target)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class DumpAnswer:
    """An answer as a dump knows it. `times` are the moments its time can mean, in seconds since 1970."""

    number: int
    user: int | None
    name: str | None
    """None also for accounts that were wiped."""
    times: tuple[int, ...]
    favorites: int | None
    best: bool | None


@dataclass(frozen=True, slots=True)
class DumpThread:
    """A thread as a dump knows it, its answers in the site's order."""

    number: int
    user: int | None
    name: str | None
    times: tuple[int, ...]
    category: int | None
    favorites: int | None
    deleted: int
    reason: str | None
    """Why it was deleted, as HTML."""
    title: str | None
    tags: tuple[str, ...]
    answers: tuple[DumpAnswer, ...]
    listed: bool
    """Whether it is in the table of threads, too, and not only its answers in theirs."""

    @property
    def anonymous(self) -> bool:
        return self.user == ANONYMOUS_USER


class Bits:
    """A set of small numbers, a bit each."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, number: int) -> None:
        if not 0 <= number < _MAX_BITS:
            return
        if number >> 3 >= len(self._bytes):
            self._bytes.extend(bytes((number >> 3) + 1 - len(self._bytes)))
        self._bytes[number >> 3] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        return 0 <= number >> 3 < len(self._bytes) and bool(self._bytes[number >> 3] >> (number & 7) & 1)

    def __bool__(self) -> bool:
        return bool(self._bytes)


class Extract:
    """The temporary database. Close it, and nothing of it is left."""

    def __init__(self) -> None:
        # An empty name is SQLite's for a file that nobody else sees and that goes with the connection.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA cache_size = -16384")
        self._db.executescript(_SCHEMA)
        self._wanted = {site: Bits() for site in SITES.values()}
        self._asked = {site: Bits() for site in SITES.values()}
        self._read: dict[tuple[str, str | None], Table] = {}
        self._lowest_and_highest: dict[str, tuple[int, int]] = {}
        self.unmatched: Counter[str] = Counter()
        """Rows that say something which cannot be used, by reason."""

    def close(self) -> None:
        self._db.close()

    # What is looked for

    def want(self, thread_id: str, site: str, thread: int, category: str | None) -> None:
        """Look for the thread of a number. `category` is what the library knows of it, to learn the dump's numbers by."""
        self._db.execute("INSERT OR REPLACE INTO threads VALUES (?, ?, ?, ?)", (thread_id, site, thread, category))
        self._wanted[site].add(thread)

    def want_asked(self, thread_id: str, site: str, time: datetime, category: str | None) -> None:
        """Look for threads that were asked in a minute, one of which `identify` can say to be this one."""
        self._db.execute("INSERT OR REPLACE INTO threads VALUES (?, ?, NULL, ?)", (thread_id, site, category))
        self._asked[site].add(_minute(int(time.timestamp())))

    def identify(self, thread_id: str, thread: int) -> None:
        """Say which number a thread has that was looked for by its minute."""
        self._db.execute("UPDATE threads SET number = ? WHERE id = ?", (thread, thread_id))

    def unknown(self) -> Iterator[tuple[str, str]]:
        """What was looked for by its minute, as (id, site), some of it perhaps identified meanwhile."""
        last = ""
        while rows := self._db.execute(
            "SELECT id, site FROM threads WHERE number IS NULL AND id > ? ORDER BY id LIMIT 500", (last,)
        ).fetchall():
            last = rows[-1][0]
            yield from rows

    def known(self) -> Iterator[tuple[str, int]]:
        """The threads whose number is known, as (site, number), each once."""
        rows = self._db.cursor().execute(
            "SELECT DISTINCT site, number FROM threads WHERE number IS NOT NULL ORDER BY site, number"
        )
        yield from rows

    # Reading

    def read(self, tables: Iterable[Table], progress: Progress) -> None:
        """Read all tables that are of use. Each says for itself what was wrong with it."""
        known = {(table.kind, table.site): table for table in tables}
        sites = [site for site in SITES.values() if self._wanted[site] or self._asked[site]]
        self._db.execute("BEGIN")
        for kind, take in (
            ("postdata", self._take_post),
            ("posttitles", self._take_title),
            ("commentdata", self._take_comment),
            ("tagdata", self._take_tag),
        ):
            for site in sites:
                if table := known.get((kind, site)):
                    key = "linkid" if kind == "tagdata" else "postid"
                    # Threads that are known by their minute only show their numbers in this one.
                    wanted = None if kind == "postdata" and self._asked[site] else self._wanted[site]
                    for thread, row in table.rows(key, wanted, progress):
                        take(site, thread, row)
                    self._read[kind, site] = table
        if (table := known.get(("usernames", None))) and sites:
            users = self._users()
            for user, row in table.rows("userid", users, progress):
                if name := one_line(unescape(row.get("name", "")), 200):
                    self._insert("INSERT OR IGNORE INTO names VALUES (?, ?)", table.name, user, name)
            self._read["usernames", None] = table
        lacking = [site for site in sites if self._lacks_favorites(site)]
        if (table := known.get(("favoritesdata", None))) and lacking:
            self._count_favorites(table, lacking, progress)
        self._db.execute("COMMIT")

    def _take_post(self, site: str, thread: int, row: dict[str, str]) -> None:
        times = self._times(row, "postdata")
        if thread not in self._wanted[site]:
            if not any(_minute(time) in self._asked[site] for time in times):
                return
            self._wanted[site].add(thread)
        reason = row.get("reason", "").strip()
        self._insert(
            "INSERT OR IGNORE INTO posts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "postdata",
            *(site, thread, number(row.get("userid")), *_two(times), number(row.get("category"))),
            *(number(row.get("favorites")), number(row.get("deleted")), None if reason in ("", "[NULL]") else reason[:2_000]),
        )

    def _take_title(self, site: str, thread: int, row: dict[str, str]) -> None:
        if title := one_line(unescape(row.get("title", ""))):
            self._insert("INSERT OR IGNORE INTO titles VALUES (?, ?, ?)", "posttitles", site, thread, title)

    def _take_comment(self, site: str, thread: int, row: dict[str, str]) -> None:
        comment = number(row.get("commentid"))
        if comment is None:
            self.unmatched["rows of commentdata without a number"] += 1
            return
        best = number(row.get("best answer?"))
        self._insert(
            "INSERT OR IGNORE INTO comments VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            "commentdata",
            *(site, thread, comment, number(row.get("userid")), *_two(self._times(row, "commentdata"))),
            *(number(row.get("faves")), None if best is None else int(best > 0)),
        )

    def _take_tag(self, site: str, thread: int, row: dict[str, str]) -> None:
        tag, name = number(row.get("tagid")), one_line(row.get("tagname"), 100)
        if tag is None or not name:
            self.unmatched["rows of tagdata without a tag"] += 1
            return
        self._insert("INSERT OR IGNORE INTO tags VALUES (?, ?, ?, ?)", "tagdata", site, thread, tag, name)

    def _times(self, row: dict[str, str], table: str) -> tuple[int, ...]:
        times = moments(row.get("datestamp", ""))
        if not times:
            self.unmatched[f"rows of {table} without a time"] += 1
        return times

    def _insert(self, sql: str, table: str, *values: int | str | None) -> None:
        if not self._db.execute(sql, values).rowcount:
            self.unmatched[f"rows of {table.partition('_')[0]} that are there twice"] += 1

    def _users(self) -> Bits:
        users = Bits()
        for (user,) in self._db.execute("SELECT user FROM posts UNION SELECT user FROM comments"):
            if user is not None and user < WIPED and user != ANONYMOUS_USER:
                users.add(user)
        return users

    def _lacks_favorites(self, site: str) -> bool:
        """Whether favorites have to be counted one by one, since no column says how many there are."""
        table = self._read.get(("commentdata", site))
        return table is not None and not table.has("faves")

    def _count_favorites(self, table: Table, sites: list[str], progress: Progress) -> None:
        comments: dict[int, Bits] = {_TYPES[site][1]: Bits() for site in sites}
        for site in sites:
            for (comment,) in self._db.execute("SELECT id FROM comments WHERE site = ?", (site,)):
                comments[_TYPES[site][1]].add(comment)
        for target, row in table.rows("target", None, progress):
            kind = number(row.get("type"))
            if kind in comments and target in comments[kind]:
                self._db.execute(
                    "INSERT INTO favorites VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1", (kind, target)
                )
        if table.whole:
            # Only a table read to its end can say that nobody marked an answer.
            for site in sites:
                self._db.execute(
                    "UPDATE comments SET favorites = coalesce((SELECT count FROM favorites WHERE type = ? AND target = id), 0)"
                    " WHERE site = ?",
                    (_TYPES[site][1], site),
                )

    # What was found

    def date(self, site: str) -> datetime | None:
        """When the dump of a part of the site was made: its answers' date, since their favorites are what it is for."""
        for kind in ("commentdata", "postdata", "tagdata"):
            table = self._read.get((kind, site))
            if table and table.date:
                return table.date
        return None

    def agrees(self, site: str) -> bool:
        """Whether the threads and the answers of a part of the site are of one dump."""
        dates = [table.date for kind in ("postdata", "commentdata") if (table := self._read.get((kind, site))) and table.date]
        return len(dates) < 2 or abs(dates[0] - dates[1]) <= TOLERANCE

    def newest(self, site: str) -> int | None:
        """The time of the newest row that was kept, in seconds since 1970: a dump is no older."""
        found: int | None = self._db.execute(
            "SELECT max(time) FROM (SELECT max(first) AS time FROM posts WHERE site = ?1 UNION ALL"
            " SELECT max(first) FROM comments WHERE site = ?1)",
            (site,),
        ).fetchone()[0]
        return found

    def covers(self, site: str) -> bool:
        """Whether there is any table of a part of the site."""
        return any(of == site for _, of in self._read)

    def is_whole(self, site: str) -> bool:
        """Whether what is not among a site's answers here was not in the dump: its table was read to its end."""
        table = self._read.get(("commentdata", site))
        return table is not None and table.whole

    def asked(self, site: str, time: datetime) -> list[int]:
        """Numbers of the threads that were asked in the same minute."""
        minute = int(time.timestamp()) // 60
        rows = self._db.execute(
            "SELECT number FROM posts WHERE site = ?1 AND (first / 60 = ?2 OR (first / 60 = ?2 - 60 AND second / 60 = ?2))"
            " ORDER BY number",
            (site, minute),
        )
        return [row[0] for row in rows]

    def categories(self, site: str) -> dict[int, str]:
        """The names of the dump's category numbers, as far as threads that have both teach them without contradiction."""
        names: dict[int, list[tuple[str, int]]] = {}
        for category, name, count in self._db.execute(
            "SELECT p.category, t.category, count(DISTINCT t.number) FROM threads t JOIN posts p USING (site, number)"
            " WHERE site = ? AND t.category IS NOT NULL AND p.category > 0 GROUP BY 1, 2",
            (site,),
        ):
            names.setdefault(category, []).append((name, count))
        sure = {each: known[0][0] for each, known in names.items() if len(known) == 1 and known[0][1] >= SUPPORTS}
        return {each: name for (of, each), name in _CATEGORIES.items() if of == site and each not in names} | sure

    def thread(self, site: str, thread: int) -> DumpThread | None:
        """What the dump says of a thread; None if nothing."""
        row = self._db.execute(
            "SELECT user, names.name, first, second, category, favorites, deleted, reason, title FROM posts"
            " LEFT JOIN names USING (user) LEFT JOIN titles USING (site, number) WHERE site = ? AND number = ?",
            (site, thread),
        ).fetchone()
        answers = tuple(
            DumpAnswer(
                *(comment, user, name),
                _both(first, second),
                favorites,
                None if best is None else bool(best),
            )
            for comment, user, name, first, second, favorites, best in self._db.execute(
                "SELECT id, user, names.name, first, second, favorites, best FROM comments LEFT JOIN names USING (user)"
                " WHERE site = ? AND number = ? ORDER BY id LIMIT ?",
                (site, thread, MAX_ANSWERS),
            )
        )
        if row is None and not answers:
            return None
        user, name, first, second, category, favorites, deleted, reason, title = row or (None,) * 9
        # Some of a thread's tags would be taken for all.
        whole = (table := self._read.get(("tagdata", site))) is not None and table.whole
        tags = self._db.execute("SELECT name FROM tags WHERE ? AND site = ? AND number = ? ORDER BY id", (whole, site, thread))
        if not self.agrees(site):
            favorites = None
        return DumpThread(
            *(thread, user, name, _both(first, second), category, favorites, deleted or 0, reason, title),
            tuple(dict.fromkeys(tag for (tag,) in tags)),
            answers,
            listed=row is not None,
        )


def _minute(time: int) -> int:
    """Minutes since MetaFilter opened, which are few enough for a bit each."""
    return (time - int(FIRST_POST.timestamp())) // 60


def _two(times: tuple[int, ...]) -> tuple[int | None, int | None]:
    return (times[0] if times else None, times[-1] if len(times) > 1 else None)


def _both(first: int | None, second: int | None) -> tuple[int, ...]:
    return tuple(time for time in (first, second) if time is not None)
