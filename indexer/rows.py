"""How is a post laid down in the store? Rows to the house's types, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from .messages import packed, unpacked
from .thread import Capture, Post, PostKind, Thread

POST: Final = (
    "id, thread_id, kind, site, position, parent_id, title, category, tags, author, anonymous, written, votes, best, url,"
    " captured, warnings, licence, closed, duplicate_of"
)
COLUMNS: Final = POST.count(",") + 1
SELECT: Final = (
    f"SELECT {', '.join(f'p.{column}' for column in POST.split(', '))}, b.body FROM posts p JOIN bodies b USING (number)"
)
SELECT_NUMBERED: Final = SELECT.replace("SELECT ", "SELECT number, ", 1)
PAGE_ORDER: Final = "ORDER BY p.thread_id, p.position, p.written, p.id"


CopyRow = tuple[tuple[Any, ...], str, int, tuple[tuple[int, int], ...]]
"""A copy of a post as plain data that can go from process to process: columns of `POST`, body, when the copy was made, and the
history of its votes. Times are seconds since 1970."""


class PostName(NamedTuple):
    """Which post, and in which thread."""

    id: str
    thread_id: str


class Leafed(NamedTuple):
    """An answer in a list that is leafed through, as it stands there."""

    number: int
    votes: int | None
    lift: float | None
    """See `standing.Standing`, as for the next."""
    expected: float | None


@dataclass(frozen=True, slots=True)
class Archive:
    """What is known of one archive read before, and what came of it."""

    key: str
    size: int
    modified: int
    sha256: str
    format: str | None
    status: str
    """read, failed, or partial: a build was interrupted in the middle of it."""
    threads: int = 0
    answers: int = 0
    skipped: int = 0
    warnings: tuple[str, ...] = ()
    reason: str | None = None
    reached: int = 0
    """Of a partial one, how many posts at its beginning have been taken."""


def with_ids(post: Post, post_id: str, thread_id: str) -> Post:
    """The post under other ids, a comment on the question moving with it."""
    if post.id == post_id and post.thread_id == thread_id:
        return post
    values = {name: getattr(post, name) for name in Post.__slots__}
    if post.parent_id == post.thread_id:
        values["parent_id"] = thread_id
    return Post(**(values | {"id": post_id, "thread_id": thread_id}))


def to_threads(rows: Iterable[tuple[Any, ...]]) -> Iterator[Thread]:
    """Threads of rows that come grouped by thread and in page order; one thread is held at a time."""
    for thread_id, group in groupby((to_post(row) for row in rows), key=lambda post: post.thread_id):
        question: Post | None = None
        replies: list[Post] = []
        comments: dict[str, list[Post]] = {}
        for post in group:
            if post.kind == "question":
                question = post
            elif post.kind == "comment":
                comments.setdefault(post.parent_id or thread_id, []).append(post)
            else:
                replies.append(post)
        yield Thread(thread_id, question, tuple(replies), {parent: tuple(posts) for parent, posts in comments.items()})


def columns_of(post: Post) -> tuple[Any, ...]:
    """A post as the columns of `POST`."""
    return (
        *(post.id, post.thread_id, post.kind, post.site, post.position, post.parent_id, post.title, post.category),
        *(_list(post.tags), post.author, int(post.anonymous), _seconds(post.written), post.votes),
        *(None if post.best is None else int(post.best), post.url, _seconds(post.captured)),
        *(_list(tuple(map(packed, post.warnings))), post.licence, _seconds(post.closed)),
        json.dumps(sorted(post.duplicate_of), ensure_ascii=False) if post.duplicate_of else None,
    )


def to_post(row: Sequence[Any]) -> Post:
    """The post of a row of `SELECT`."""
    kind: PostKind = row[2]
    return Post(
        id=row[0],
        thread_id=row[1],
        kind=kind,
        site=row[3],
        position=row[4],
        parent_id=row[5],
        title=row[6],
        category=row[7],
        tags=tuple(json.loads(row[8])) if row[8] != "[]" else (),
        author=row[9],
        anonymous=bool(row[10]),
        written=_time(row[11]),
        votes=row[12],
        best=None if row[13] is None else bool(row[13]),
        url=row[14],
        captured=_time(row[15]),
        warnings=tuple(map(unpacked, json.loads(row[16]))) if row[16] != "[]" else (),
        licence=row[17],
        closed=_time(row[18]),
        duplicate_of=tuple(json.loads(row[19])) if row[19] else (),
        body=row[20],
    )


def copy_row(post: Post, seen: int) -> CopyRow:
    """A copy of a post, made at `seen`, as plain data."""
    return columns_of(post), post.body, seen, tuple((int(at.timestamp()), votes) for at, votes in post.history)


def to_copy(row: CopyRow) -> tuple[Post, int]:
    """The post of a `copy_row`, and when the copy was made."""
    columns, body, seen, history = row
    post = to_post((*columns, body))
    if history:
        post = replace(post, history=tuple(Capture(datetime.fromtimestamp(at, UTC), votes) for at, votes in history))
    return post, seen


def to_archive(row: tuple[Any, ...]) -> Archive:
    archive = Archive(*row)
    reason = archive.reason and unpacked(archive.reason)
    return replace(archive, warnings=tuple(map(unpacked, json.loads(row[9]))), reason=reason)


def _list(texts: tuple[str, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False) if texts else "[]"


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
