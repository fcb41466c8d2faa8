"""How does a copy of a post get into the store? The half of the store that writes, for builds and enrichment.

What is written becomes the library all at once: see `steps`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from . import merging
from .derived import GIVEN, DerivingStore
from .forgetting import Forgotten
from .rows import COLUMNS, POST, CopyRow, columns_of, to_copy, to_post, with_ids
from .thread import Capture, Post

_FORGOTTEN: Final = "forgotten"
"""The fact that tells by which rules all posts were looked at."""


class WritableStore(DerivingStore):
    """The posts of a library, to be read and written. One object in all processes is open at a time."""

    # Writing posts

    def put_all(self, copies: Sequence[CopyRow]) -> None:
        """Add copies of posts to what is known of them, in order: what `put` does one by one, faster for what is new."""
        ids = [columns[0] for columns, *_ in copies]
        if not self._are_plainly_new(copies):
            for copy in copies:
                self.put(*to_copy(copy))
            return
        known = {row[0] for row in self._db.execute(f"SELECT id FROM posts WHERE id IN ({GIVEN})", (json.dumps(ids),))}
        new: dict[str, CopyRow] = {}
        again = []
        for copy in copies:
            post_id = copy[0][0]
            if post_id in known or post_id in new:
                again.append(copy)
            else:
                new[post_id] = copy
        self.mark({columns[1] for columns, *_ in new.values()})
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
            self._db.execute(f"SELECT 1 FROM aliases WHERE alias IN ({GIVEN}) LIMIT 1", (given,)).fetchone()
            or self._db.execute(
                f"SELECT 1 FROM posts WHERE thread_id IN ({GIVEN}) AND id GLOB '*:t-*' LIMIT 1", (given,)
            ).fetchone()
        ):
            return False
        keys = {}
        for columns, body, *_ in copies:
            if columns[2] == "question" and (key := merging.thread_key(to_post((*columns, body)))):
                keys[key] = columns[1]
        known = self._db.execute(f"SELECT thread_id FROM thread_keys WHERE key IN ({GIVEN})", (json.dumps(list(keys)),))
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
        self.mark((thread_id,))

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

    def forget(self, forgotten: Forgotten) -> bool:
        """Delete every post that a rule covers; tells whether the rules are others than last time, or there was any.

        All posts are looked at when the rules have changed, else those of the threads that this build has changed.
        """
        new = (self.fact(_FORGOTTEN) or "") != forgotten.digest
        covered: list[str] = []
        if forgotten:
            looked_at = self.all_posts() if new else (post for thread in self.threads(self.changed()) for post in thread.posts)
            covered = [post.id for post in looked_at if forgotten.covers(post)]
        self.delete(covered)
        if covered:
            # Words that were theirs alone have vectors; the next index is written, and vectors learnt, from what is left.
            self._db.execute("DELETE FROM term_vectors")
        if new:
            for archive in self.archives():
                warnings, reason = forgotten.withhold(archive.warnings), archive.reason
                reason = reason and forgotten.withhold([reason])[0]
                self.set_archive(replace(archive, warnings=warnings, reason=reason))
            self.set_fact(_FORGOTTEN, forgotten.digest)
        return new or bool(covered)

    def read_again(self) -> None:
        """Have the next build read every archive again, as if it had changed."""
        self._db.execute("UPDATE archives SET modified = 0, sha256 = ''")

    def clear(self) -> None:
        """Forget everything that came from archives; facts, such as the generation in force, stay."""
        self.forget_derived()
        for table in ("bodies", "posts", "archives", "thread_keys", "aliases"):
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
