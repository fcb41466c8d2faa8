"""PostgreSQL's full text, as redd-archiver's users have it: a column of words with a GIN index, ordered by ts_rank.

The bench starts a server for itself, in a folder of its own and on a socket there, with the settings it comes with.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from weakref import finalize

import measuring
import texts as given
from texts import Question

from . import TOP, Ask, Peer, Served, Unavailable, web
from .fts5 import COLUMNS

USER: Final = "postgres"
"""Whose the server is when the bench is root's, as which it refuses to run."""

SETUP: Final = 120.0
"""Seconds that making an empty database may take."""

TYPES: Final = {"votes": "integer", "written": "timestamptz"}


class Postgres(Peer):
    title = "PostgreSQL"
    crowded = ("ask",)

    def check(self) -> None:
        _program("initdb")
        try:
            import_module("psycopg")
        except ImportError as error:
            raise Unavailable(f"needs a package: pip install 'psycopg[binary]' ({error})") from error
        if os.geteuid() == 0:
            import pwd

            try:
                pwd.getpwnam(USER)
            except KeyError as error:
                raise Unavailable(f"refuses to run as root, and there is no user {USER}") from error

    def build(self, texts: Path, folder: Path, limit: float) -> dict[str, Any]:
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        said = [_program("initdb"), "-D", folder / "data", "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"]
        measuring.command(said, SETUP, cwd=folder, **_owner())
        with self.serve(folder, None) as server:
            return measuring.step(self._load, texts, server.address, limit=limit, servers=[server.pid])

    def _load(self, texts: Path, address: str) -> dict[str, Any]:
        return self.fill(address, given.posts(texts))

    def fill(self, address: str, posts: Iterable[dict[str, Any]]) -> dict[str, Any]:
        import psycopg

        with psycopg.connect(address, autocommit=True) as database:
            columns = ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in COLUMNS)
            database.execute(
                f"CREATE TABLE post ({columns}, words tsvector"
                " GENERATED ALWAYS AS (to_tsvector('english', title || ' ' || body)) STORED)"
            )
            with database.cursor().copy(f"COPY post ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                for post in posts:
                    copy.write_row([post[name] for name in COLUMNS])
            database.execute("CREATE INDEX post_words ON post USING gin (words)")
            database.execute("VACUUM ANALYZE post")
            sizes = database.execute("SELECT pg_total_relation_size('post'), pg_relation_size('post_words')").fetchone()
        return dict(zip(("disk_bytes", "index_bytes"), sizes or (), strict=True))

    @contextmanager
    def serve(self, folder: Path, first: Question | None) -> Iterator[Served]:
        address = f"host={folder} user=bench dbname=postgres"

        def answers(address: str) -> None:
            import psycopg

            try:
                with closing(psycopg.connect(address)) as database:
                    if first:
                        _asking(database)(first)
            except psycopg.OperationalError as error:
                raise ConnectionError(str(error)) from error

        said = [_program("postgres"), "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(said, stdout=log, stderr=log, cwd=folder, start_new_session=True, **_owner())
            # SIGINT is its fast way to stop.
            with web.served(process, lambda: address, answers, signal.SIGINT) as served:
                yield served

    def asker(self, way: str, folder: Path, address: str) -> Ask:
        import psycopg

        database = psycopg.connect(address, autocommit=True)
        ask = _asking(database)
        finalize(ask, database.close)  # it lives as long as somebody may ask
        return ask

    def cold_start(self, folder: Path, texts: Path, question: Question) -> None:
        return None


def _owner() -> dict[str, Any]:
    """As whom the server's programs run, as options of Popen."""
    return {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}


def _asking(database: Any) -> Ask:
    def ask(question: Question) -> list[str]:
        found = database.execute(
            """SELECT id, title, body, votes FROM post, websearch_to_tsquery('english', %s) AS asked
               WHERE words @@ asked ORDER BY ts_rank(words, asked) DESC LIMIT %s""",
            (" or ".join(question.words), TOP),
        )
        return [row[0] for row in found.fetchall()]

    return ask


def _program(name: str) -> str:
    """Where a program of the server's is; Debian keeps them out of the way, one folder a version."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    found = next((str(place / name) for place in places if (place / name).exists()), shutil.which(name))
    if not found:
        raise Unavailable("is not installed; on Debian: apt-get install postgresql")
    return found


PEER = Postgres
