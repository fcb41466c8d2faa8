"""SQLite's FTS5 as Datasette's users have it: a table of posts, and an index beside it with the porter tokeniser and bm25."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from weakref import finalize

import texts as given
from texts import Question

from . import TOP, Ask, Peer, Unavailable

FILE: Final = "posts.sqlite"
COLUMNS: Final = ("id", "thread", "kind", "title", "category", "author", "votes", "written", "body")


class Fts5(Peer):
    title = "SQLite FTS5"

    def check(self) -> None:
        with closing(sqlite3.connect(":memory:")) as database:
            try:
                database.execute("CREATE VIRTUAL TABLE word USING fts5(text)")
            except sqlite3.OperationalError as error:
                raise Unavailable(f"is not in this Python's SQLite ({error})") from error

    def write(self, texts: Path, folder: Path) -> dict[str, Any]:
        return self.fill(folder, given.posts(texts))

    def fill(self, folder: Path, posts: Iterable[dict[str, Any]]) -> dict[str, Any]:
        folder.mkdir()
        with closing(sqlite3.connect(folder / FILE)) as database:
            with database:
                database.execute(f"CREATE TABLE post ({', '.join(COLUMNS)})")
                places = ", ".join(f":{name}" for name in COLUMNS)
                database.executemany(f"INSERT INTO post VALUES ({places})", posts)
            before = (folder / FILE).stat().st_size
            with database:
                database.execute(
                    "CREATE VIRTUAL TABLE post_fts USING fts5(title, body, content='post', tokenize='porter unicode61')"
                )
                database.execute("INSERT INTO post_fts (rowid, title, body) SELECT rowid, title, body FROM post")
        return {"index_bytes": (folder / FILE).stat().st_size - before}

    def sizes(self, folder: Path) -> dict[str, int]:
        return {"disk_bytes": (folder / FILE).stat().st_size}

    def asker(self, way: str, folder: Path, address: str) -> Ask:
        database = sqlite3.connect(folder / FILE)

        def ask(question: Question) -> list[str]:
            found = database.execute(
                """SELECT post.id, post.title, post.body, post.votes
                   FROM (SELECT rowid, rank FROM post_fts WHERE post_fts MATCH ? ORDER BY rank LIMIT ?) AS hit
                   JOIN post ON post.rowid = hit.rowid ORDER BY hit.rank""",
                (" OR ".join(f'"{word}"' for word in question.words), TOP),
            )
            return [row[0] for row in found]

        finalize(ask, database.close)  # it lives as long as somebody may ask
        return ask


PEER = Fts5
