"""How does a copy of a post get into the store? The half of the store that writes, for builds and enrichment.

What is written becomes the library all at once: see `steps`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from . import merging, persons, words
from .endorsements import Endorsement
from .outcome import Outcome
from .rows import COLUMNS, POST, CopyRow, columns_of, to_copy, to_post, with_ids
from .standing import Standing, Vote
from .steps import SteppedStore
from .store import YEAR
from .substance import Substance
from .thread import Capture, Post, Thread

_GIVEN: Final = "SELECT value FROM json_each(?)"
_CHANGED: Final = 1000


class WritableStore(SteppedStore):
    """The posts of a library, to be read and written. One object in all processes is open at a time."""

    # Writing posts

    def put_all(self, copies: Sequence[CopyRow]) -> None:
        """Add copies of posts to what is known of them, in order: what `put` does one by one, faster for what is new."""
        ids = [columns[0] for columns, *_ in copies]
        if not self._are_plainly_new(copies):
            for copy in copies:
                self.put(*to_copy(copy))
            return
        known = {row[0] for row in self._db.execute(f"SELECT id FROM posts WHERE id IN ({_GIVEN})", (json.dumps(ids),))}
        new: dict[str, CopyRow] = {}
        again = []
        for copy in copies:
            post_id = copy[0][0]
            if post_id in known or post_id in new:
                again.append(copy)
            else:
                new[post_id] = copy
        self._mark_all({columns[1] for columns, *_ in new.values()})
        first = (self._db.execute("SELECT max(number) FROM posts").fetchone()[0] or 0) + 1
        numbered = list(enumerate(new.values(), first))
        self._db.executemany(
            f"INSERT INTO posts (number, {POST}, seen) VALUES ({', '.join('?' * (COLUMNS + 2))})",
            [(number, *columns, seen) for number, (columns, _, seen, _) in numbered],
        )
        self._db.executemany("INSERT INTO bodies VALUES (?, ?)", [(number, body) for number, (_, body, _, _) in numbered])
        self._db.executemany(
            "INSERT OR IGNORE INTO captures VALUES (?, ?, ?)",
            [(number, at, votes) for number, (*_, history) in numbered for at, votes in history],
        )
        for copy in again:
            self.put(*to_copy(copy))

    def _are_plainly_new(self, copies: Sequence[CopyRow]) -> bool:
        """Whether copies need no look at other ids than their own, because neither they nor their threads have others.

        Notes what the questions among them can be recognised by if so.
        """
        named = {name for columns, *_ in copies for name in columns[:2]}
        if any(merging.is_provisional(name) for name in named):
            return False
        given = json.dumps(list(named))
        if (
            self._db.execute(f"SELECT 1 FROM aliases WHERE alias IN ({_GIVEN}) LIMIT 1", (given,)).fetchone()
            or self._db.execute(
                f"SELECT 1 FROM posts WHERE thread_id IN ({_GIVEN}) AND id GLOB '*:t-*' LIMIT 1", (given,)
            ).fetchone()
        ):
            return False
        keys = {}
        for columns, body, *_ in copies:
            if columns[2] == "question" and (key := merging.thread_key(to_post((*columns, body)))):
                keys[key] = columns[1]
        known = self._db.execute(f"SELECT thread_id FROM thread_keys WHERE key IN ({_GIVEN})", (json.dumps(list(keys)),))
        if any(merging.is_provisional(thread_id) for (thread_id,) in known):
            return False
        self._db.executemany("INSERT OR REPLACE INTO thread_keys VALUES (?, ?)", keys.items())
        return True

    def put(self, post: Post, seen: int) -> None:
        """Add a copy of a post, made at `seen` (seconds since 1970), to what is known of it."""
        post = self._in_its_thread(post)
        copy = merging.Copy(post, seen)
        row = self._db.execute(f"SELECT {POST}, seen, votes_seen, number FROM posts WHERE id = ?", (post.id,)).fetchone()
        if row is None:
            self._mark(post.thread_id)
            number = self._db.execute(
                f"INSERT INTO posts ({POST}, seen) VALUES ({', '.join('?' * (COLUMNS + 1))})", (*columns_of(post), seen)
            ).lastrowid
            self._db.execute("INSERT INTO bodies VALUES (?, ?)", (number, post.body))
            self._keep_votes(number, copy)
        else:
            number = row[-1]
            body = self._db.execute("SELECT body FROM bodies WHERE number = ?", (number,)).fetchone()[0]
            known = merging.Copy(to_post((*row[:COLUMNS], body)), *row[COLUMNS:-1])
            merged = merging.merge(known, copy)
            if known.seen != seen:
                self._keep_votes(number, known, copy)
            columns = ", ".join(f"{column} = ?" for column in f"{POST}, seen, votes_seen".split(", "))
            values = (*columns_of(merged.post), merged.seen, merged.votes_seen)
            if values == tuple(row[:-1]) and merged.post.body == body:
                return
            self._mark(post.thread_id)
            self._db.execute(f"UPDATE posts SET {columns} WHERE number = ?", (*values, number))
            self._db.execute("UPDATE bodies SET body = ? WHERE number = ?", (merged.post.body, number))

    def _keep_votes(self, number: int | None, *copies: merging.Copy) -> None:
        """Remember what copies of a post say of its votes; a single copy has them in the post itself."""
        said = {capture for copy in copies for capture in copy.post.history}
        if len(copies) > 1:
            said |= {Capture(datetime.fromtimestamp(c.votes_at, UTC), c.post.votes) for c in copies if c.post.votes is not None}
        self._db.executemany(
            "INSERT OR IGNORE INTO captures VALUES (?, ?, ?)", [(number, int(at.timestamp()), votes) for at, votes in said]
        )

    def _mark(self, thread_id: str) -> None:
        """Note that a thread is about to change, and which documents of it the index in force has."""
        self._mark_all((thread_id,))

    def _mark_all(self, thread_ids: Iterable[str]) -> None:
        marked = [
            thread_id
            for thread_id in sorted(thread_ids)
            if self._db.execute(
                "INSERT INTO changed VALUES (?, 0) ON CONFLICT DO UPDATE SET derived = 0 WHERE derived", (thread_id,)
            ).rowcount
        ]
        if marked:
            self._db.execute(
                "INSERT OR IGNORE INTO stale SELECT id FROM posts"
                f" WHERE thread_id IN ({_GIVEN}) AND (advice OR kind = 'question')",
                (json.dumps(marked),),
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
                # What is left of the thread is related anew; of one that is gone, no name or quotation stays.
                self._db.execute("DELETE FROM endorsements WHERE thread_id = ?", (thread_id,))
                self._db.execute("DELETE FROM outcomes WHERE thread_id = ?", (thread_id,))
                if thread_id == post_id:
                    self._db.execute("DELETE FROM thread_keys WHERE thread_id = ?", (thread_id,))
            self._db.execute("DELETE FROM posts WHERE id = ?", (post_id,))

    def delete_covered(self, covers: Callable[[Post], bool]) -> bool:
        """Delete every post that a rule covers; tells whether there was any."""
        covered = [post.id for post in self.all_posts() if covers(post)]
        self.delete(covered)
        if covered:
            # Words that were theirs alone have vectors; the next index is written, and vectors learnt, from what is left.
            self._db.execute("DELETE FROM term_vectors")
        return bool(covered)

    def clear(self) -> None:
        """Forget everything that came from archives; facts, such as the generation in force, stay."""
        self._db.execute("INSERT OR REPLACE INTO changed SELECT DISTINCT thread_id, 0 FROM posts")
        derived = (
            "endorsements",
            "outcomes",
            "people",
            "words",
            "thread_words",
            "titles",
            "title_words",
            "tags",
            "vote_counts",
            "term_vectors",
            "thread_vectors",
        )
        for table in ("bodies", "posts", "archives", "thread_keys", "aliases", *derived):
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
        self._db.execute(f"UPDATE posts SET seen = ?2, votes_seen = min(votes_seen, ?2) WHERE {chosen}", (thread_id, seen))

    def identify(self, made_up: str, known_as: str) -> None:
        """Give a thread or a post that has a made-up id another; what is known of the two becomes one."""
        rename = self._rename_thread if self._thread_row(made_up) else self._rename_post
        rename(made_up, known_as)

    # What a build derives

    def changed(self, *, derived: bool = True) -> Iterator[str]:
        """Ids of the threads that this build has changed so far, in order; without `derived`, those still to be related."""
        last = ""
        wanted = "thread_id > ?" if derived else "thread_id > ? AND NOT derived"
        while rows := self._db.execute(
            f"SELECT thread_id FROM changed WHERE {wanted} ORDER BY thread_id LIMIT {_CHANGED}", (last,)
        ).fetchall():
            yield from (row[0] for row in rows)
            last = rows[-1][0]

    def count_changed(self, *, derived: bool = True) -> int:
        """How many there are of them."""
        return int(self._db.execute(f"SELECT count(*) FROM changed{'' if derived else ' WHERE NOT derived'}").fetchone()[0])

    def nothing_left(self) -> None:
        """The new index is in force: nothing has changed since."""
        self._db.execute("DELETE FROM changed")
        self._db.execute("DELETE FROM stale")

    def set_derived(self, thread: Thread, endorsements: Iterable[Endorsement], outcomes: Iterable[Outcome]) -> None:
        """Keep what was found out about a thread: which posts are advice, who backs whom, and how it went."""
        endorsements, outcomes = list(endorsements), list(outcomes)
        worked = {outcome.to_post: outcome.worked for outcome in outcomes}
        asker = (thread.question.author if thread.question else None) or "anonymous"
        persons: dict[tuple[str, str], set[str]] = defaultdict(set)
        for found in endorsements:
            if found.author == asker and found.to_post in worked:
                # What the asker says of it is the outcome, and counts once.
                continue
            persons[found.to_post, "backers" if found.backs else "dissenters"].add(found.author)
            if found.backs and found.favorited:
                persons[found.to_post, "favorited"].add(found.author)
        category = thread.question.category if thread.question else None
        self._db.execute(
            "UPDATE posts SET advice = 0, lift = NULL, delay = NULL, answers = 0 WHERE thread_id = ?", (thread.id,)
        )
        self._db.executemany(
            "UPDATE posts SET advice = 1, thread_category = ?, outcome = ?, backers = ?, dissenters = ?, favorited_backers = ?,"
            " delay = ? WHERE id = ?",
            [
                (
                    *(category, worked.get(answer.id)),
                    *(len(persons[answer.id, side]) for side in ("backers", "dissenters", "favorited")),
                    *(thread.delay(answer), answer.id),
                )
                for answer in thread.answers
            ],
        )
        self._db.execute("UPDATE posts SET answers = ? WHERE id = ?", (len(thread.answers), thread.id))
        self._db.execute("DELETE FROM duplicates WHERE number IN (SELECT number FROM posts WHERE thread_id = ?)", (thread.id,))
        self._db.executemany(
            "INSERT OR IGNORE INTO duplicates SELECT number, ? FROM posts WHERE id = ?",
            [(original, thread.id) for original in (thread.question.duplicate_of if thread.question else ())],
        )
        self._db.execute("DELETE FROM endorsements WHERE thread_id = ?", (thread.id,))
        self._db.executemany(
            "INSERT INTO endorsements VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(thread.id, e.by_post, e.author, e.to_post, e.backs, e.favorited, e.evidence) for e in endorsements],
        )
        self._db.execute("DELETE FROM outcomes WHERE thread_id = ?", (thread.id,))
        self._db.executemany(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?)",
            [(thread.id, outcome.by_post, outcome.to_post, outcome.worked, outcome.text) for outcome in outcomes],
        )
        self._db.execute("UPDATE changed SET derived = 1 WHERE thread_id = ?", (thread.id,))

    def keep_words(self) -> None:
        """Keep the words, titles and tags of the threads that changed, and forget those of threads that are gone."""
        changed = self.changed()
        while ids := list(islice(changed, _CHANGED)):
            self.title_words.take_out(ids)
            self.vocabulary.take_out(ids)
            self.vocabulary.put_in(self.title_words.put_in(self.threads(ids)))
            self._keep_tags(ids)
            self.step()
        self.vocabulary.let_go()

    def _keep_tags(self, thread_ids: Sequence[str]) -> None:
        given = (json.dumps(thread_ids),)
        self._db.execute(f"DELETE FROM tags WHERE thread_id IN ({_GIVEN})", given)
        self._db.execute(
            "INSERT OR IGNORE INTO tags SELECT p.id, fold(t.value), t.value FROM posts p, json_each(p.tags) t"
            f" WHERE p.kind = 'question' AND p.id IN ({_GIVEN})",
            given,
        )

    def set_substance(self, found: Iterable[Substance]) -> None:
        """Keep the form of answers."""
        self._db.executemany(
            "UPDATE posts SET length = ?, asking = ?, place = ? WHERE id = ?",
            ((form.length, form.asking, form.place, form.answer_id) for form in found),
        )

    def set_people(self) -> None:
        """Keep who has answered under a name of their own, of all threads that there are."""
        self._db.execute("DELETE FROM people")
        found = self._db.execute(
            "SELECT site, author, count(*), total(max(coalesce(lift, 0), 0)) FROM posts"
            " WHERE advice AND NOT anonymous AND author IS NOT NULL GROUP BY site, author"
        )
        self._db.executemany(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?)",
            [
                (site, name, words.fold(name), answers, standing)
                for site, name, answers, standing in found.fetchall()
                if persons.is_somebody(name)
            ],
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

    def votes(self) -> Iterator[Vote]:
        """The votes of all answers that have any said of them, grouped by thread."""
        rows = self._db.cursor().execute(
            f"SELECT p.id, p.thread_id, p.site, {YEAR}, p.votes FROM posts p"
            " WHERE p.advice AND p.votes IS NOT NULL ORDER BY p.thread_id"
        )
        return (Vote(*row) for row in rows)

    def count_votes(self) -> None:
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

    def set_standings(self, standings: Iterable[Standing]) -> None:
        self._db.executemany(
            "UPDATE posts SET lift = ?2, expected = ?3 WHERE id = ?1 AND (lift IS NOT ?2 OR expected IS NOT ?3)", standings
        )
