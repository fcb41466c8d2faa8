"""Lemmy: what its interface answers about a post and its comments, as one document or one answer a line.

    {"post_view": {"post": {"id", "name", "body", "ap_id", "published", …}, "creator", "community", "counts": {"score"}}}
    {"comments": [{"comment": {"id", "content", "path": "0.12.34", "ap_id", …}, "creator", "post", "community", "counts"}]}

Also lists of posts, single views, and the newer shape, in which times end in `_at`, actors have an `ap_id`, scores stand in the
post itself and lists are called `items`. Numbers are each server's own, so posts go by the address they were first given,
the same on every server: a thread is `community's server:number`, or with the author's server before the number, where that
is another one.

`path` tells a comment's ancestors: directly under the post it is an answer, deeper ones are comments under the answer they
descend from, or under the question where that is removed or not in the file. Votes are the score, negative too. Removed and
deleted texts are left out, what stands below them stays. Comments that a moderator marked as official are modnotes.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from .. import markup
from ..errors import DamagedArchive
from ..messages import Message, of_error
from ..thread import Post, PostKind
from . import markdown
from .records import integer, moment, names_of, objects, one_line, openings, prose
from .source import Report, Source

name = "lemmy"
about = "Lemmy: posts and comments as JSON from its interface"

BEGAN: Final = datetime(2019, 1, 1, tzinfo=UTC)

_MARKS: Final = (frozenset({"post_view", "ap_id"}), frozenset({"creator", "community", "ap_id"}))
_LISTS: Final = ("posts", "comments", "items")
_NATIVE = re.compile(r"/(?:post|comment|c/[^/]+/p|objects)/(?P<number>[\w-]{1,64})(?:/[^?#]*)?", re.ASCII)
_PATH = re.compile(r"0(?:\.\d{1,15}){1,200}", re.ASCII)


class _Unreadable(ValueError):
    """A view without what makes a post of it."""


@dataclass(frozen=True, slots=True)
class _Thread:
    """What a post's address and community say of the thread."""

    id: str
    site: str
    category: str | None


def recognises(head: bytes) -> bool:
    if any("post_view" in record or "comment_view" in record for record in openings(head)):
        return True
    names = names_of(head)
    return any(names >= marks for marks in _MARKS)


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of a file, streamed: first questions and answers, then, on a second reading, the comments below answers."""
    tally: Counter[str] = Counter()
    readable = 0
    # The answers kept, by their numbers on the server the file is from, and the questions; "" is a temporary file of SQLite's.
    with closing(sqlite3.connect("", isolation_level=None, check_same_thread=False)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("CREATE TABLE answers (thread TEXT, number TEXT, id TEXT, PRIMARY KEY (thread, number)) WITHOUT ROWID")
        db.execute("CREATE TABLE questions (thread TEXT PRIMARY KEY) WITHOUT ROWID")
        for where, view in _views(source, report):
            try:
                if "comment" not in view:
                    post = _question(view, where, report, tally)
                    if post:
                        db.execute("INSERT OR IGNORE INTO questions VALUES (?)", (post.id,))
                elif len(path := _path(view)) > 1:
                    _thread(view)
                    _address(view["comment"])
                    post = None
                else:
                    post = _reply(view, None, where, report, tally)
                    if post:
                        db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (post.thread_id, path[0], post.id))
            except _Unreadable as error:
                report.skip(of_error(error), where)
                continue
            readable += 1
            if post:
                yield post
        yield from _second_reading(source, db, report, tally)
    if not readable:
        raise DamagedArchive(Message("{source} holds no post or comment of Lemmy's that can be read", source=str(source)))
    # First, since the list of warnings ends at some length.
    report.warnings[:0] = [Message("{what}: {number}", what=what, number=count) for what, count in sorted(tally.items())]


def _second_reading(source: Source, db: sqlite3.Connection, report: Report, tally: Counter[str]) -> Iterator[Post]:
    """The comments on comments, and those questions that are in the file only as what a comment is about."""
    for where, view in _views(source, Report()):
        if "comment" not in view:
            continue
        try:
            thread = _thread(view)
            path = _path(view)
            if not db.execute("SELECT 1 FROM questions WHERE thread = ?", (thread.id,)).fetchone():
                db.execute("INSERT INTO questions VALUES (?)", (thread.id,))
                # The scores and, mostly, the creator beside it are the comment's.
                about = {"post": view["post"], "community": view.get("community"), "creator": _creator_of_post(view)}
                post = _question(about, where, report, tally)
                if post:
                    yield post
            if len(path) > 1:
                row = db.execute("SELECT id FROM answers WHERE thread = ? AND number = ?", (thread.id, path[0])).fetchone()
                post = _reply(view, row[0] if row else thread.id, where, report, tally)
                if post and row is None:
                    tally[Message("comments put under the question, the answer above them being left out or elsewhere")] += 1
                if post:
                    yield post
        except _Unreadable:
            continue


def _views(source: Source, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every view of a post or of a comment in a file. A view of a comment has a `comment`."""
    for where, record in objects(source, report):
        found: list[Any] = [record[key] for key in ("post_view", "comment_view") if key in record]
        for key in _LISTS:
            if isinstance(record.get(key), list):
                found += record[key]
        if not found and ("comment" in record or "post" in record):
            found = [record]
        if not found:
            report.skip(Message("no post or comment of Lemmy's"), where)
        for place, view in enumerate(found, 1):
            place_in = where if len(found) == 1 else f"{where}, {place}"
            if isinstance(view, dict) and isinstance(view.get("post"), dict) and isinstance(view.get("comment", {}), dict):
                yield place_in, view
            else:
                report.skip(Message("no view of a post or a comment"), place_in)


def _question(view: Mapping[str, Any], where: str, report: Report, tally: Counter[str]) -> Post | None:
    thread, post = _thread(view), view["post"]
    removed = post.get("removed") is True or post.get("deleted") is True
    title = one_line(post.get("name"))
    if removed and not title:
        tally[Message("removed posts without a title left out")] += 1
        return None
    body = ""
    if not removed:
        address = post.get("url")
        linked = markup.clean(markdown.link(address)) if isinstance(address, str) else ""
        body = markdown.from_lemmy(prose(post.get("body"))) + linked
    return Post(
        id=thread.id,
        thread_id=thread.id,
        kind="question",
        site=thread.site,
        title=title,
        body=body,
        category=thread.category,
        author=_author(view, thread),
        written=_written(post, where, report),
        votes=_votes(view, post),
        url=post["ap_id"],
        warnings=(Message("its text was removed or deleted"),) if removed else (),
    )


def _reply(view: Mapping[str, Any], parent: str | None, where: str, report: Report, tally: Counter[str]) -> Post | None:
    """An answer, or with a `parent` a comment under that post; None, counted, for what is left out."""
    thread, comment = _thread(view), view["comment"]
    server, number = _address(comment)
    if comment.get("removed") is True or comment.get("deleted") is True:
        tally[Message("removed or deleted comments left out")] += 1
        return None
    body = markdown.from_lemmy(prose(comment.get("content")))
    if not body:
        tally[Message("comments without any text left out")] += 1
        return None
    kind: PostKind = "comment"
    if parent is None:
        kind = "modnote" if comment.get("distinguished") is True else "answer"
    return Post(
        id=f"{thread.id}/{number}" if server == thread.site else f"{thread.id}/{server}/{number}",
        thread_id=thread.id,
        kind=kind,
        site=thread.site,
        body=body,
        # Answers come sorted as somebody asked for them; by time, then.
        position=1,
        parent_id=parent,
        category=thread.category,
        author=_author(view, thread),
        written=_written(comment, where, report),
        votes=_votes(view, comment),
        url=comment["ap_id"],
    )


def _thread(view: Mapping[str, Any]) -> _Thread:
    server, number = _address(view["post"])
    community = view.get("community")
    site, category = server, None
    if isinstance(community, dict):
        site = _server(community.get("actor_id") or community.get("ap_id")) or server
        called = one_line(community.get("name"), 200)
        category = f"c/{called}" if called else None
    return _Thread(f"{site}:{number}" if site == server else f"{site}:{server}/{number}", site, category)


def _address(post: Mapping[str, Any]) -> tuple[str, str]:
    """The server and the number in the address that a post or comment was first given."""
    address = post.get("ap_id")
    server = _server(address)
    match = _NATIVE.fullmatch(urlsplit(address).path.rstrip("/")) if server and isinstance(address, str) else None
    if server is None or match is None:
        raise _Unreadable(
            Message("a post without an address that tells its number: {address}", address=repr(str(address)[:80]))
        )
    return server, match["number"]


def _server(address: Any) -> str | None:
    if not (isinstance(address, str) and address.isascii() and len(address) <= 2_000):
        return None
    if not re.fullmatch(r"https?://[^\s\"<>\\\x00-\x1f\x7f]+", address):
        return None
    try:
        host = urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return None
    # No port: a colon ends the site in an id.
    return host if re.fullmatch(r"[a-z0-9.-]{1,253}", host) else None


def _path(view: Mapping[str, Any]) -> list[str]:
    """The numbers from the answer down to the comment itself."""
    path = view["comment"].get("path")
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise _Unreadable(Message("a comment whose path cannot be {path}", path=repr(str(path)[:80])))
    return path.split(".")[1:]


def _author(view: Mapping[str, Any], thread: _Thread) -> str | None:
    """A person's name, with the server they are from where it is not the thread's: names repeat between servers."""
    creator = view.get("creator")
    if not isinstance(creator, dict) or creator.get("deleted") is True:
        return None
    called = one_line(creator.get("name"), 200)
    home = _server(creator.get("actor_id") or creator.get("ap_id"))
    return f"{called}@{home}" if called and home and home != thread.site else called


def _creator_of_post(view: Mapping[str, Any]) -> Any:
    creator = view.get("creator")
    same = isinstance(creator, dict) and creator.get("id") is not None and creator.get("id") == view["post"].get("creator_id")
    return creator if same else None


def _votes(view: Mapping[str, Any], post: Mapping[str, Any]) -> int | None:
    counts = view.get("counts")
    return integer(counts.get("score") if isinstance(counts, dict) else post.get("score"))


def _written(post: Mapping[str, Any], where: str, report: Report) -> datetime | None:
    value = post.get("published") or post.get("published_at")
    written = moment(value, BEGAN)
    if written is None and value is not None:
        report.warn(Message("impossible date {date}", date=str(value)[:40]), where)
    return written
