"""Reddit dumps: submissions and comments, one JSON object a line, as Pushshift, Arctic Shift and the torrents have them.

    {"id": "k2x9a1", "title": "…", "selftext": "…", "subreddit": "AskCulinary", "created_utc": 1580000000, …}
    {"id": "gd5", "link_id": "t3_k2x9a1", "parent_id": "t3_k2x9a1", "body": "…", …}

Both kinds may stand in one file, months and subreddits mixed, in any order. A comment on the submission is an answer. A
deeper one is a comment under the answer it descends from, for which the file is read twice; where the way up leaves the
file, or ends at a removed answer, it stands under the question.

- A link post is a question only if somebody commented on it; its link then ends its body. One to itself always is.
- Removed and deleted texts are left out, what stands below them stays. A removed question keeps its title, and stays only
  if it has comments. `automod_filtered` is no removal: it means that a moderator had yet to look at the time of capture.
- AutoModerator, bots by name and stickied comments are left out. A comment that a moderator marked as official is a modnote.
- The author `[deleted]` is nobody. Nobody is known to have a best answer: Reddit has no such mark.
- Votes are the score, negative too. They are unknown where the score was hidden, and where it is 1, as every post's is at
  birth, unless the capture (the second one, if there is one) came SETTLED after the post. Any other score says that people
  did vote, and is kept however early it was taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .. import markup
from ..errors import DamagedArchive
from ..messages import Message, of_error
from ..thread import Post, PostKind
from . import markdown
from .descent import Descent
from .records import integer, lines, load, moment, names_of, one_line, openings, prose
from .source import Report, Source

name = "reddit"
about = "A Reddit dump: submissions or comments, one JSON object a line (Pushshift, Arctic Shift)"

SITE: Final = "reddit.com"
BEGAN: Final = datetime(2005, 6, 1, tzinfo=UTC)
SETTLED: Final = timedelta(hours=24)
"""How long after a post a capture must have come for a score of 1 to mean anything. Arctic Shift's second is at 36 hours."""

_ID = re.compile(r"[0-9a-z]{1,12}", re.ASCII)
_GONE = frozenset({"[deleted]", "[removed]", "[deleted by user]", "[unavailable]"})
_BOTS = frozenset("automoderator autotldr totesmessenger remindmebot sneakpeekbot imguralbumbot haikusbot decronym".split())
_BOT = re.compile(r".*(?:[_-]bot|Bot|BOT)[_-]?", re.DOTALL)
_OFFICIAL: Final = ("moderator", "admin")
_PENDING: Final = "automod_filtered"
_PERMALINK = re.compile(
    r"(?:https?://(?:\w{2,3}\.)?reddit\.com)?(?P<path>/(?:r|u|user)/[^\s\"<>\\?#\x00-\x1f\x7f\ud800-\udfff]{1,500})", re.ASCII
)
_TOP_LEVEL: Final = (b'"parent_id":"t3_', b'"parent_id": "t3_')
"""A quotation mark inside a text is escaped, so neither can stand anywhere but in front of the value."""


class _Unreadable(ValueError):
    """A record that is no submission and no comment, or has no ids."""


@dataclass(slots=True)
class _Comment:
    """The ids of a comment, base 36, and its parent: another comment, or None on the submission itself."""

    native: str
    thread: str
    parent: str | None


def recognises(head: bytes) -> bool:
    if any(_is_comment(record) or _is_submission(record) for record in openings(head)):
        return True
    # One record alone may be longer than what is looked at.
    return b"\n" not in head.strip() and (names := names_of(head)) >= {"subreddit"} and bool(_kinds(names))


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of a dump, streamed: first questions and answers, then, on a second reading, the comments below answers."""
    tally: Counter[str] = Counter()
    nested = found_again = readable = 0
    with closing(Descent()) as descent:
        for number, line in lines(source, report):
            record = load(line, number, report)
            if record is None:
                continue
            where = f"line {number}"
            try:
                comment = _ids(record)
                if comment is None:
                    post = _question(record, where, report, tally)
                elif comment.parent is None:
                    post = _reply(record, comment, None, where, report, tally)
                    descent.answer(int(comment.native, 36), int(comment.thread, 36), kept=post is not None)
                else:
                    post = None
                    descent.under(int(comment.native, 36), int(comment.parent, 36))
                    nested += 1
            except _Unreadable as error:
                report.skip(of_error(error), where)
                continue
            readable += 1
            if post:
                yield post
        if nested:
            descent.settle()
            for comment, record, where in _nested(source):
                found_again += 1
                parent, astray = _answer_above(comment, descent)
                post = _reply(record, comment, parent, where, report, tally)
                if post:
                    tally[astray] += bool(astray)
                    yield post
    if nested != found_again:
        report.warn(
            Message(
                "of {nested} comments on comments, {found_again} were found on the second reading",
                nested=nested,
                found_again=found_again,
            )
        )
    if not readable:
        raise DamagedArchive(Message("{source} holds no submission or comment that can be read", source=str(source)))
    # First, since the list of warnings ends at some length.
    report.warnings[:0] = [
        Message("{what}: {number}", what=what, number=count) for what, count in sorted(tally.items()) if count
    ]


def _nested(source: Source) -> Iterator[tuple[_Comment, Mapping[str, Any], str]]:
    """The comments on comments, once more. What is wrong with lines was reported on the first reading."""
    silent = Report()
    for number, line in lines(source, silent):
        if _TOP_LEVEL[0] in line or _TOP_LEVEL[1] in line or b"link_id" not in line:
            continue
        record = load(line, number, silent)
        try:
            comment = _ids(record)
        except _Unreadable:
            continue
        if comment and comment.parent is not None:
            yield comment, record, f"line {number}"


def _answer_above(comment: _Comment, descent: Descent) -> tuple[str, str]:
    """The id of what a nested comment is shown under: the answer it descends from, or the question and what is said of that."""
    place = descent.place(int(comment.native, 36))
    if place and place.top and place.thread == int(comment.thread, 36):
        return f"{SITE}:{comment.thread}/{_base36(place.top)}", ""
    left_out = Message("comments put under the question, the answer above them being left out")
    elsewhere = Message("comments put under the question, the answer above them being elsewhere")
    return f"{SITE}:{comment.thread}", left_out if place and place.top is None else elsewhere


def _question(record: Mapping[str, Any], where: str, report: Report, tally: Counter[str]) -> Post | None:
    native = _native(record.get("id"), "t3_")
    if native is None:
        raise _Unreadable(Message("a submission without an id"))
    lonely = integer(record.get("num_comments")) == 0
    title = one_line(markdown.unescape(prose(record.get("title"))))
    text = prose(record.get("selftext"))
    removed = _is_gone(text) or _removed_later(record) or (record.get("removed_by_category") or _PENDING) != _PENDING
    if title and _is_gone(title):
        title = None
    if lonely and (removed or not title):
        tally[Message("removed submissions without comments left out")] += 1
        return None
    address = _linked(record, text)
    if lonely and address:
        tally[Message("link posts without comments left out")] += 1
        return None
    body = "" if removed else markdown.from_reddit(text) + (markup.clean(markdown.link(address)) if address else "")
    subreddit = _subreddit(record)
    flair = one_line(markdown.unescape(prose(record.get("link_flair_text"))), 100)
    captured, written = _times(record, where, report)
    fallback = f"/r/{subreddit}/comments/{native}/" if subreddit else f"/comments/{native}/"
    return Post(
        id=f"{SITE}:{native}",
        thread_id=f"{SITE}:{native}",
        kind="question",
        site=SITE,
        title=title,
        body=body,
        category=_category(subreddit),
        tags=(flair,) if flair else (),
        author=_author(record),
        written=written,
        votes=_votes(record, written, captured),
        url=_url(record, fallback),
        captured=captured,
        warnings=(Message("its text was removed or deleted"),) if removed else (),
    )


def _reply(
    record: Mapping[str, Any], comment: _Comment, parent: str | None, where: str, report: Report, tally: Counter[str]
) -> Post | None:
    """An answer, or with a `parent` a comment under that post; None, counted, for what is left out."""
    text = prose(record.get("body"))
    author = _author(record)
    reason = _left_out(record, text, author)
    if reason:
        tally[reason] += 1
        return None
    body = markdown.from_reddit(text)
    if not body:
        tally[Message("comments without any text left out")] += 1
        return None
    kind: PostKind = "comment"
    if parent is None:
        kind = "modnote" if record.get("distinguished") in _OFFICIAL else "answer"
    captured, written = _times(record, where, report)
    subreddit = _subreddit(record)
    fallback = f"/r/{subreddit}" if subreddit else ""
    return Post(
        id=f"{SITE}:{comment.thread}/{comment.native}",
        thread_id=f"{SITE}:{comment.thread}",
        kind=kind,
        site=SITE,
        body=body,
        # Dumps do not tell the order on the page; by time, then.
        position=1,
        parent_id=parent,
        category=_category(subreddit),
        author=author,
        written=written,
        votes=_votes(record, written, captured),
        url=_url(record, f"{fallback}/comments/{comment.thread}/_/{comment.native}/"),
        captured=captured,
    )


def _left_out(record: Mapping[str, Any], text: str, author: str | None) -> str | None:
    """Why a comment is not kept, as the report counts it."""
    if _is_gone(text) or _removed_later(record) or record.get("removal_reason"):
        return Message("removed or deleted comments left out")
    if author and (author.casefold() in _BOTS or _BOT.fullmatch(author)):
        return Message("comments by AutoModerator and other bots left out")
    if record.get("stickied") is True:
        return Message("stickied comments left out")
    return None


def _is_gone(text: str) -> bool:
    text = text.strip().casefold()
    return text in _GONE or text.startswith("[ removed by reddit")


def _removed_later(record: Mapping[str, Any]) -> bool:
    """Whether a dump with two captures says that the second found it gone. The text is in the dump; its author or a moderator
    took it back."""
    meta = record.get("_meta")
    return isinstance(meta, dict) and meta.get("was_deleted_later") is True


def _times(record: Mapping[str, Any], where: str, report: Report) -> tuple[datetime | None, datetime | None]:
    """When the copy was made, and when the post was written."""
    meta = record.get("_meta")
    again = meta.get("retrieved_2nd_on") if isinstance(meta, dict) else None
    captured = next(
        (time for value in (again, record.get("retrieved_on"), record.get("retrieved_utc")) if (time := moment(value, BEGAN))),
        None,
    )
    created = record.get("created_utc")
    written = moment(created, BEGAN, captured)
    if written is None and created is not None:
        report.warn(Message("impossible date {date}", date=str(created)[:40]), where)
    return captured, written


def _votes(record: Mapping[str, Any], written: datetime | None, captured: datetime | None) -> int | None:
    if record.get("score_hidden") is True or record.get("hide_score") is True:
        return None
    score = integer(record.get("score"))
    settled = written and captured and captured - written >= SETTLED
    return None if score == 1 and not settled else score


def _author(record: Mapping[str, Any]) -> str | None:
    author = one_line(record.get("author"), 100)
    return None if author is None or _is_gone(author) else author


def _subreddit(record: Mapping[str, Any]) -> str | None:
    subreddit = one_line(record.get("subreddit"), 100)
    return subreddit if subreddit and re.fullmatch(r"[\w.-]+", subreddit, re.ASCII) else None


def _category(subreddit: str | None) -> str | None:
    if subreddit is None:
        return None
    return f"u/{subreddit[2:]}" if subreddit.startswith("u_") else f"r/{subreddit}"


def _url(record: Mapping[str, Any], fallback: str) -> str:
    permalink = record.get("permalink")
    match = _PERMALINK.fullmatch(permalink) if isinstance(permalink, str) else None
    return f"https://www.reddit.com{match['path'] if match else fallback}"


def _linked(record: Mapping[str, Any], text: str) -> str | None:
    """The address that a link post is about; None for a post that is its own text."""
    address = record.get("url")
    own = record.get("is_self") is True or (record.get("is_self") is None and bool(text))
    if own or not isinstance(address, str) or not markdown.link(address):
        return None
    native = _native(record.get("id"), "t3_")
    # A post of old dumps that do not say `is_self` has its own address.
    return None if f"/comments/{native}/" in address else markdown.unescape(prose(address))[:2_000]


def _ids(record: Any) -> _Comment | None:
    """The ids of a comment; None for a submission."""
    if not isinstance(record, dict):
        raise _Unreadable(Message("a record cannot be {kind}", kind=type(record).__name__))
    if _is_submission(record):
        return None
    if not _is_comment(record):
        raise _Unreadable(Message("neither a submission nor a comment"))
    native, thread = _native(record.get("id"), "t1_"), _native(record.get("link_id"), "t3_")
    if native is None or thread is None:
        raise _Unreadable(Message("a comment without an id or without its submission's"))
    parent = record.get("parent_id")
    if parent is None or (isinstance(parent, str) and parent.startswith("t3_")):
        return _Comment(native, thread, None)
    above = _native(parent, "t1_")
    if above is None:
        raise _Unreadable(Message("a comment whose parent cannot be {parent}", parent=repr(str(parent)[:40])))
    # Without its prefix only the number tells what it is.
    bare = not (isinstance(parent, str) and parent.startswith("t1_"))
    return _Comment(native, thread, None if bare and above == thread else above)


def _native(value: Any, prefix: str) -> str | None:
    """An id in base 36 without its prefix; some dumps have the number instead."""
    if isinstance(value, str):
        value = value.removeprefix(prefix).lower()
        return value.lstrip("0") or None if _ID.fullmatch(value) else None
    number = integer(value)
    return _base36(number) if number is not None and number > 0 else None


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def _is_comment(record: Mapping[str, Any]) -> bool:
    return "link_id" in record and "body" in record


def _is_submission(record: Mapping[str, Any]) -> bool:
    return "title" in record and "link_id" not in record and ("num_comments" in record or "selftext" in record)


def _kinds(names: frozenset[str]) -> bool:
    return names >= {"link_id", "body"} or names >= {"title", "num_comments"}
