"""What does a build keep of threads beside their posts, and which of them has it yet to go through?

All of it follows from the posts (`analysis`, `standing`). A thread is marked before it changes; from then on it counts for
nothing, until the build has gone through it again. So what is kept of a large library is brought up to date in the time that
the threads take that changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from . import persons, words
from .analysis import Found, Piece
from .rows import PAGE_ORDER, SELECT_NUMBERED
from .standing import Expectations, Vote, Votes
from .steps import SteppedStore
from .store import COUNTED, SCHEMA, YEAR

GIVEN: Final = "SELECT value FROM json_each(?)"
_IN_CHANGED: Final = "thread_id IN (SELECT thread_id FROM changed)"
_CHANGED: Final = 1000
_PIECE: Final = 100
"""Threads that are analysed together, by one process."""

_ANSWERED: Final = "advice AND NOT anonymous AND author IS NOT NULL"
_PEOPLE: Final = f"SELECT site, author, count(*), total(max(coalesce(lift, 0), 0)) FROM posts WHERE {_ANSWERED}"

_INDEXES: Final = {
    found[1]: found[0]
    for found in re.finditer(r"CREATE INDEX (\w+) ON posts [^;]*", SCHEMA)
    if "advice" in found[0] or "answers" in found[0]
}
"""Those over what is derived, by name: how each is made."""

_DERIVED: Final = (
    *("endorsements", "outcomes", "people", "words", "thread_words", "titles", "title_words", "tags", "vote_counts"),
    *("term_vectors", "thread_vectors"),
)


class DerivingStore(SteppedStore):
    """A store that keeps what follows from its posts."""

    # Threads that change

    def mark(self, thread_ids: Iterable[str]) -> None:
        """Note that threads are about to change, and which documents of them the index in force has."""
        wanted = sorted(thread_ids)
        given = json.dumps(wanted)
        known = {row[0] for row in self._db.execute(f"SELECT thread_id FROM changed WHERE thread_id IN ({GIVEN})", (given,))}
        if known:
            self._db.execute(f"UPDATE changed SET derived = 0 WHERE derived AND thread_id IN ({GIVEN})", (given,))
        new = [thread_id for thread_id in wanted if thread_id not in known]
        self._db.executemany("INSERT INTO changed VALUES (?, 0)", [(thread_id,) for thread_id in new])
        self._leave_out(new)

    def _leave_out(self, thread_ids: Sequence[str]) -> None:
        """Have threads that are about to change count for nothing, until the build has gone through them again."""
        given = json.dumps(thread_ids)
        counted = self._db.execute(f"{COUNTED} WHERE thread_id IN ({GIVEN})", (given,)).fetchone()
        if not counted[-1]:
            return
        documents = f"SELECT id FROM posts WHERE thread_id IN ({GIVEN}) AND (advice OR kind = 'question')"
        self._db.execute(f"INSERT OR IGNORE INTO stale {documents}", (given,))
        answered = f"SELECT site, author FROM posts WHERE {_ANSWERED} AND thread_id IN ({GIVEN})"
        self._db.execute(f"INSERT OR IGNORE INTO stale_people {answered}", (given,))
        self._count(counted, -1)
        voted = f"SELECT number, site, {YEAR}, votes FROM posts p WHERE thread_id IN ({GIVEN}) AND advice AND votes NOT NULL"
        votes = Votes()
        votes.add([Vote._make(row) for row in self._db.execute(voted, (given,))])
        expectations = self.expectations()
        expectations.take_out(votes)
        self.set_expectations(expectations)

    def _count(self, counted: Sequence[int], sign: int) -> None:
        held = self.held()
        self.set_fact("counts", json.dumps([have + sign * more for have, more in zip(held, counted, strict=True)]))

    def expectations(self) -> Expectations:
        """What votes are usual, by all threads but those that this build has changed."""
        return Expectations(self.fact("usual"))

    def set_expectations(self, expectations: Expectations) -> None:
        self.set_fact("usual", expectations.pack())

    def forget_derived(self) -> None:
        """Keep nothing, and have every thread gone through again."""
        self._db.execute("INSERT OR REPLACE INTO changed SELECT DISTINCT thread_id, 0 FROM posts")
        for table in _DERIVED:
            self._db.execute(f"DELETE FROM {table}")
        self._db.execute("DELETE FROM facts WHERE name IN ('counts', 'usual', 'threads with words')")

    def changed(self) -> Iterator[str]:
        """Ids of the threads that this build has changed so far, in order."""
        return self._in_order("changed")

    def count_changed(self) -> int:
        """How many threads this build has changed so far."""
        return int(self._db.execute("SELECT count(*) FROM changed").fetchone()[0])

    def nothing_left(self) -> None:
        """The new index is in force: nothing has changed since."""
        self._count(self._db.execute(f"{COUNTED} WHERE {_IN_CHANGED}").fetchone(), 1)
        for table in ("changed", "stale", "stale_people"):
            self._db.execute(f"DELETE FROM {table}")

    def pieces(self, *, every: bool) -> Iterator[Piece]:
        """Threads that changed, or all, whole and in the order of their ids, some at a time."""
        ids = self._in_order("posts" if every else "changed")
        while chunk := list(islice(ids, _PIECE)):
            given = json.dumps(chunk)
            asked = f"SELECT thread_id FROM changed WHERE NOT derived AND thread_id IN ({GIVEN})"
            unrelated = {row[0] for row in self._db.execute(asked, (given,))}
            rows = self._db.execute(f"{SELECT_NUMBERED} WHERE p.thread_id IN ({GIVEN}) {PAGE_ORDER}", (given,)).fetchall()
            yield Piece(rows, frozenset(chunk) - unrelated)

    def _in_order(self, table: str) -> Iterator[str]:
        """Ids of the threads of a table, in order; it may be written to meanwhile."""
        last = ""
        while rows := self._db.execute(
            f"SELECT DISTINCT thread_id FROM {table} WHERE thread_id > ? ORDER BY thread_id LIMIT {_CHANGED}", (last,)
        ).fetchall():
            yield from (row[0] for row in rows)
            last = rows[-1][0]

    def forget_what_is_gone(self) -> None:
        """Take out what is kept of threads of which this build has left nothing."""
        gone = self._db.execute(
            "SELECT thread_id FROM changed c WHERE NOT derived"
            " AND NOT EXISTS (SELECT 1 FROM posts WHERE thread_id = c.thread_id)"
        )
        ids = [row[0] for row in gone.fetchall()]
        self._take_out(ids)
        self._db.executemany("UPDATE changed SET derived = 1 WHERE thread_id = ?", [(thread_id,) for thread_id in ids])

    def _take_out(self, thread_ids: Sequence[str]) -> None:
        named = [(thread_id,) for thread_id in thread_ids]
        for table in ("endorsements", "outcomes", "tags"):
            self._db.executemany(f"DELETE FROM {table} WHERE thread_id = ?", named)
        self.title_words.take_out(thread_ids)
        self.vocabulary.take_out(thread_ids)

    def set_relations(self, found: Found) -> None:
        """Keep what threads came to: which posts are advice, who backs whom, how it went, and which words there are.

        Before it lasts, words have to be settled: `step_related`.
        """
        kept = [(one.thread_id, one.relations) for one in found.threads if one.relations]
        if not kept:
            return
        self._take_out([thread_id for thread_id, _ in kept])
        each = [relations for _, relations in kept]
        self._db.executemany(
            "UPDATE posts SET advice = 0, lift = NULL, delay = NULL WHERE number = ? AND advice",
            [(number,) for relations in each for number in relations.others],
        )
        self._db.executemany(
            "UPDATE posts SET advice = 1, lift = NULL, thread_category = ?, outcome = ?, backers = ?, dissenters = ?,"
            " favorited_backers = ?, length = ?, asking = ?, place = ?, delay = ? WHERE number = ?",
            [answer for relations in each for answer in relations.answers],
        )
        asked = [(relations.question, relations) for relations in each if relations.question is not None]
        self._db.executemany(
            "UPDATE posts SET answers = ?2 WHERE number = ?1 AND answers != ?2",
            [(number, len(relations.answers)) for number, relations in asked],
        )
        self._db.executemany("DELETE FROM duplicates WHERE number = ?", [(number,) for number, _ in asked])
        self._db.executemany(
            "INSERT OR IGNORE INTO duplicates VALUES (?, ?)",
            [(number, original) for number, relations in asked for original in relations.originals],
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO tags VALUES (?, ?, ?)",
            [(thread_id, words.fold(tag), tag) for thread_id, relations in kept for tag in relations.tags],
        )
        self._db.executemany(
            "INSERT INTO endorsements VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (thread_id, e.by_post, e.author, e.to_post, e.backs, e.favorited, e.evidence)
                for thread_id, relations in kept
                for e in relations.endorsements
            ],
        )
        self._db.executemany(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?)",
            [(thread_id, o.by_post, o.to_post, o.worked, o.text) for thread_id, relations in kept for o in relations.outcomes],
        )
        self.title_words.put_in(relations.title for relations in each if relations.title)
        self.vocabulary.put_in(found.words, ((thread_id, relations.words) for thread_id, relations in kept))
        self._db.executemany("UPDATE changed SET derived = 1 WHERE thread_id = ?", [(thread_id,) for thread_id, _ in kept])

    def step_related(self) -> None:
        """Make what was kept of threads so far last, where the build goes step by step."""
        self.vocabulary.settle()
        self.step()

    def place(self, votes: Votes, *, among: Expectations) -> None:
        """Keep how the votes of answers stand against what is usual, which is learnt from them and from what is known."""
        among.put_in(votes)
        self.set_expectations(among)
        self._db.executemany(
            "UPDATE posts SET lift = ?2, expected = ?3 WHERE number = ?1 AND (lift IS NOT ?2 OR expected IS NOT ?3)",
            among.standings(votes),
        )

    # What follows from all threads together

    def drop_indexes(self) -> None:
        """Go without the indexes over what is derived: when most of it changes, making them anew takes less time."""
        for name in _INDEXES:
            self._db.execute(f"DROP INDEX IF EXISTS {name}")

    def make_indexes(self) -> None:
        """Have all indexes again, whether this build has dropped them or one that was interrupted."""
        there = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        for name, statement in _INDEXES.items():
            if name not in there:
                self._db.execute(statement)

    def add_up(self, *, every: bool) -> None:
        """Keep what follows from all threads: who has answered, how votes fall. With `every`, not only few of them changed."""
        if every:
            self._db.execute("DELETE FROM people")
            self._put_people(self._db.execute(f"{_PEOPLE} GROUP BY site, author"))
        else:
            answered = f"SELECT site, author FROM posts WHERE {_ANSWERED} AND {_IN_CHANGED}"
            self._db.execute(f"INSERT OR IGNORE INTO stale_people {answered}")
            stale = self._db.execute("SELECT site, name FROM stale_people").fetchall()
            self._db.executemany("DELETE FROM people WHERE site = ? AND name = ?", stale)
            for each in stale:
                self._put_people(self._db.execute(f"{_PEOPLE} AND site = ? AND author = ? GROUP BY site, author", each))
        self._count_votes()

    def _put_people(self, found: Iterable[tuple[str, str, int, float]]) -> None:
        self._db.executemany(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?)",
            [
                (site, name, words.fold(name), answers, standing)
                for site, name, answers, standing in found
                if persons.is_somebody(name)
            ],
        )

    def _count_votes(self) -> None:
        """Count how the votes of all answers fall, on each site and in each of its categories."""
        self._db.execute("DELETE FROM vote_counts")
        whole = "SELECT site, '', votes, count(*) FROM posts WHERE advice AND votes IS NOT NULL GROUP BY 1, 3"
        parts = (
            "SELECT site, thread_category, votes, count(*) FROM posts"
            " WHERE advice AND votes IS NOT NULL AND thread_category != '' GROUP BY 1, 2, 3"
        )
        self._db.execute(
            f"WITH fallen (site, category, votes, answers) AS ({whole} UNION ALL {parts})"
            " INSERT INTO vote_counts SELECT site, category, votes, sum(answers) OVER (PARTITION BY site, category"
            " ORDER BY votes DESC), sum(answers) OVER (PARTITION BY site, category) FROM fallen"
        )

    def set_term_vectors(self, vectors: Mapping[str, bytes]) -> None:
        """Keep the vectors of terms, all of them; those of threads go with the terms that they were made of."""
        self._db.execute("DELETE FROM thread_vectors")
        self._db.execute("DELETE FROM term_vectors")
        self._db.executemany("INSERT INTO term_vectors VALUES (?, ?)", vectors.items())

    def all_term_vectors(self) -> dict[str, bytes]:
        return dict(self._db.execute("SELECT term, vector FROM term_vectors"))

    def set_thread_vectors(self, vectors: Iterable[tuple[str, bytes]]) -> None:
        """Keep the vectors of threads; of those that changed, and have none here, none is left."""
        self._db.execute("DELETE FROM thread_vectors WHERE thread_id IN (SELECT thread_id FROM changed)")
        self._db.executemany("INSERT OR REPLACE INTO thread_vectors VALUES (?, ?)", vectors)

    def stale(self) -> Iterator[str]:
        """Ids of the documents that the index in force has of the changed threads, whether they are still there or not."""
        return (row[0] for row in self._db.cursor().execute("SELECT document_id FROM stale"))

