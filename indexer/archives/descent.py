"""Under which answer does a nested comment stand? Dumps name only a comment's parent, and come in any order.

The whole tree is written to a temporary file that SQLite deletes by itself, so memory stays flat however long the dump.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

_BATCH: Final = 5_000
_ROUNDS: Final = 20
"""Passes over what is unresolved. Ids grow with time, so one pass is enough for all but a few parents with a higher id."""

_ITSELF: Final = -1
"""The `top` of a thread's own post."""
_NONE: Final = 0
"""The `top` of what stands under no answer that is kept."""


class Place(NamedTuple):
    """Where a post stands: its thread, the top-level answer above it (or it itself), and that answer's rank on the page."""

    thread: int
    top: int | None
    """None where that answer was left out."""
    rank: int | None


class Descent:
    """A tree of posts by number. Add all of them in any order, `settle`, then ask for the place of each."""

    def __init__(self) -> None:
        # "" is a temporary database on disk, gone when it is closed.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA cache_size = -16384")
        self._db.execute(
            "CREATE TABLE posts (id INTEGER PRIMARY KEY, parent INTEGER, kept INTEGER, thread INTEGER, top INTEGER)"
        )
        self._db.execute("CREATE TABLE ranks (id INTEGER PRIMARY KEY, rank INTEGER)")
        self._db.execute("BEGIN")
        self._added: list[tuple[int, int | None, bool, int | None, int | None]] = []

    def close(self) -> None:
        self._db.close()

    def thread(self, number: int) -> None:
        """A thread's own post, where it has a number of the same kind as its comments."""
        self._add(number, None, True, number, _ITSELF)

    def answer(self, number: int, thread: int, *, kept: bool) -> None:
        """A top-level comment of a known thread. What stands under one that is not kept stands under no answer."""
        self._add(number, None, kept, thread, number if kept else _NONE)

    def under(self, number: int, parent: int, *, kept: bool = True) -> None:
        """A post of which only the parent is known."""
        self._add(number, parent, kept, None, None)

    def rank(self, numbers: Sequence[int]) -> None:
        """The answers of one thread in page order; the first has rank 1."""
        self._db.executemany("INSERT OR REPLACE INTO ranks VALUES (?, ?)", ((n, rank) for rank, n in enumerate(numbers, 1)))

    def settle(self) -> None:
        """Find every post's thread and answer. Linear in their number: what is entangled on purpose stays unresolved."""
        self._write()
        # A chain whose ids fall instead of rising is resolved by walking the other way.
        for direction in range(_ROUNDS):
            if not self._walk(rising=direction % 2 == 0) and direction:
                break

    def place(self, number: int) -> Place | None:
        """Where a post stands, or None if the way up from it leaves the dump."""
        row = self._db.execute(
            "SELECT thread, top, rank FROM posts LEFT JOIN ranks ON ranks.id = posts.top"
            " WHERE posts.id = ? AND top IS NOT NULL",
            (number,),
        ).fetchone()
        return Place(row[0], row[1] or None, row[2]) if row else None

    def _add(self, number: int, parent: int | None, kept: bool, thread: int | None, top: int | None) -> None:
        self._added.append((number, parent, kept, thread, top))
        if len(self._added) >= _BATCH:
            self._write()

    def _write(self) -> None:
        # Of two copies of a post, the one that is kept counts.
        self._db.executemany(
            "INSERT INTO posts VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET parent = excluded.parent,"
            " kept = excluded.kept, thread = excluded.thread, top = excluded.top WHERE excluded.kept >= posts.kept",
            self._added,
        )
        self._added.clear()

    def _walk(self, *, rising: bool) -> int:
        """One pass over the unresolved posts in the order of their ids; tells how many found their place."""
        order, beyond, last = ("ASC", ">", -(2**63)) if rising else ("DESC", "<", 2**63 - 1)
        found = 0
        while rows := self._db.execute(
            f"SELECT c.id, c.kept, c.parent, p.thread, p.top FROM posts c LEFT JOIN posts p ON p.id = c.parent"
            f" WHERE c.top IS NULL AND c.id {beyond} ? ORDER BY c.id {order} LIMIT {_BATCH}",
            (last,),
        ).fetchall():
            places: dict[int, tuple[int, int]] = {}
            for number, kept, parent, known_thread, known_top in rows:
                thread, top = places.get(parent, (known_thread, known_top))
                if top is not None:
                    places[number] = (thread, top if top != _ITSELF else number if kept else _NONE)
            self._db.executemany(
                "UPDATE posts SET thread = ?, top = ? WHERE id = ?",
                [(thread, top, number) for number, (thread, top) in places.items()],
            )
            found += len(places)
            last = rows[-1][0]
        return found
