"""Hacker News, "Ask HN": items as its own interface gives them, one a line, or whole threads as Algolia's does.

    {"by": "…", "id": 121003, "kids": [121016, 121109], "score": 25, "time": 1203647620, "title": "Ask HN: …", "type": "story"}
    {"by": "…", "id": 121016, "parent": 121003, "text": "…<p>…", "time": 1203648000, "type": "comment"}
    {"id": 121003, "type": "story", "author": "…", "points": 25, "created_at_i": 1203647620, "children": [{…}, …], …}

Items may come in any order, stories of all sorts mixed, as in the whole site's dump (numbers may be text, as BigQuery writes
them). Only stories that are asked are kept, and what stands under them; an item names only its parent, so that comments whose
story is not in the file cannot be placed, and the file is read twice. Comments on the story are answers, deeper ones
comments under the answer they descend from. The site ranks comments by votes it does not show: their votes are unknown, their
order is kept. Items that are deleted or dead are left out, what stands below them stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final

from .. import markup
from ..errors import DamagedArchive
from ..messages import Message
from ..thread import Post
from . import markdown
from .descent import Descent
from .records import integer, moment, names_of, objects, one_line, openings, prose
from .source import Report, Source

name = "hackernews"
about = "Hacker News, “Ask HN”: items one a line, or threads from its search's interface"

SITE: Final = "news.ycombinator.com"
CATEGORY: Final = "Ask HN"
BEGAN: Final = datetime(2006, 10, 1, tzinfo=UTC)

_TYPES = frozenset({"story", "comment", "job", "poll", "pollopt"})
# "Ask YC" and "Ask News.YC" until the site got its name.
_ASKED = re.compile(r"\W*Ask (?:HN|YC|News\.YC)\b", re.IGNORECASE)
_GONE = frozenset({"[deleted]", "[dead]", "[flagged]", "[flagged] [dead]", "[delayed]"})
_WHOLE_THREAD = frozenset({"author", "children", "created_at_i"})


def recognises(head: bytes) -> bool:
    if any(_is_item(record) or record.keys() >= _WHOLE_THREAD for record in openings(head)):
        return True
    return names_of(head) >= _WHOLE_THREAD


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of all questions in a dump, streamed: first the questions, then, on a second reading, what is under them."""
    tally: Counter[str] = Counter()
    comments = readable = 0
    with closing(Descent()) as descent:
        for where, record in objects(source, report):
            number = _number(record, "id")
            if number is None or not (_is_item(record) or "children" in record):
                report.skip(Message("no item of Hacker News"), where)
            elif "children" in record:
                readable += 1
                yield from _thread(record, number, where, report, tally)
            elif record.get("type") == "comment":
                readable += 1
                parent = _number(record, "parent")
                if parent is None:
                    report.skip(Message("a comment without a parent"), where)
                    continue
                comments += 1
                descent.under(number, parent, kept=not _is_gone(record))
            else:
                readable += 1
                if _is_asked(record, tally):
                    descent.thread(number)
                    kids = record.get("kids")
                    descent.rank([kid for kid in map(integer, kids) if kid] if isinstance(kids, list) else [])
                    yield _question(record, number, where, report)
        if comments:
            descent.settle()
            yield from _placed(source, descent, report, tally)
    if not readable:
        raise DamagedArchive(Message("{source} holds no item of Hacker News that can be read", source=str(source)))
    # First, since the list of warnings ends at some length.
    report.warnings[:0] = [Message("{what}: {number}", what=what, number=count) for what, count in sorted(tally.items())]


def _placed(source: Source, descent: Descent, report: Report, tally: Counter[str]) -> Iterator[Post]:
    """The comments of questions, on a second reading of single items."""
    for where, record in objects(source, Report()):
        number = _number(record, "id")
        if record.get("type") != "comment" or "children" in record or number is None or _number(record, "parent") is None:
            continue
        place = descent.place(number)
        if place is None:
            tally[Message("comments left out, no question above them is in this file")] += 1
        elif place.top == number:
            yield _comment(record, number, place.thread, None, place.rank or 1, where, report)
        elif _is_gone(record):
            tally[Message("deleted or dead comments left out")] += 1
        else:
            yield _comment(record, number, place.thread, place.top or place.thread, 1, where, report)


def _thread(record: Mapping[str, Any], number: int, where: str, report: Report, tally: Counter[str]) -> Iterator[Post]:
    """The posts of a thread that is one object, its comments inside each other."""
    if record.get("type") == "comment":
        tally[Message("comments saved without their story left out")] += 1
        return
    if not _is_asked(record, tally):
        return
    yield _question(record, number, where, report)
    # (item, the answer it stands under or None at the top, rank); a stack, since threads are deeper than calls may be.
    stack: list[tuple[Any, int | None, int]] = [(child, None, rank) for rank, child in _children(record)]
    while stack:
        item, top, rank = stack.pop()
        native = _number(item, "id") if isinstance(item, dict) else None
        if native is None:
            report.skip(Message("a comment without a number"), where)
            continue
        gone = _is_gone(item)
        if gone:
            tally[Message("deleted or dead comments left out")] += 1
        else:
            yield _comment(item, native, number, top, 1 if top else rank, where, report)
        # Below an answer that is gone, comments stand under the question.
        below = top or (number if gone else native)
        stack += [(child, below, rank) for _, child in _children(item)]


def _children(item: Mapping[str, Any]) -> list[tuple[int, Any]]:
    children = item.get("children")
    return list(enumerate(children, 1)) if isinstance(children, list) else []


def _question(record: Mapping[str, Any], number: int, where: str, report: Report) -> Post:
    address = record.get("url")
    linked = markup.clean(markdown.link(address)) if isinstance(address, str) else ""
    points = record.get("score") if "score" in record else record.get("points")
    return Post(
        id=f"{SITE}:{number}",
        thread_id=f"{SITE}:{number}",
        kind="question",
        site=SITE,
        title=one_line(record.get("title")),
        body=markup.clean(prose(record.get("text")), _on_site) + linked,
        category=CATEGORY,
        author=_author(record),
        written=_written(record, where, report),
        votes=integer(points),
        url=f"https://{SITE}/item?id={number}",
    )


def _comment(
    record: Mapping[str, Any], number: int, thread: int, parent: int | None, rank: int, where: str, report: Report
) -> Post:
    """An answer at its rank, or with a `parent` a comment under that answer or, if it is the thread's own, the question."""
    above = None if parent is None else f"{SITE}:{thread}" if parent == thread else f"{SITE}:{thread}/{parent}"
    return Post(
        id=f"{SITE}:{thread}/{number}",
        thread_id=f"{SITE}:{thread}",
        kind="answer" if parent is None else "comment",
        site=SITE,
        body=markup.clean(prose(record.get("text")), _on_site),
        position=rank,
        parent_id=above,
        category=CATEGORY,
        author=_author(record),
        written=_written(record, where, report),
        url=f"https://{SITE}/item?id={number}",
    )


def _is_item(record: Mapping[str, Any]) -> bool:
    kind = record.get("type")
    return isinstance(kind, str) and kind in _TYPES and "id" in record and ("time" in record or "by" in record)


def _is_asked(record: Mapping[str, Any], tally: Counter[str]) -> bool:
    asked = record.get("type") in ("story", "poll") and _ASKED.match(one_line(record.get("title")) or "")
    if asked and not (record.get("deleted") is True or record.get("dead") is True):
        return True
    what = Message("questions left out, deleted or dead") if asked else Message("items left out, no “Ask HN”")
    tally[what] += 1
    return False


def _is_gone(record: Mapping[str, Any]) -> bool:
    text = prose(record.get("text")).strip()
    return record.get("deleted") is True or record.get("dead") is True or not text or text in _GONE


def _author(record: Mapping[str, Any]) -> str | None:
    return one_line(record.get("by") or record.get("author"), 100)


def _written(record: Mapping[str, Any], where: str, report: Report) -> datetime | None:
    value = next((record[key] for key in ("time", "created_at_i", "created_at") if record.get(key) is not None), None)
    written = moment(value, BEGAN)
    if written is None and value is not None:
        report.warn(Message("impossible date {date}", date=str(value)[:40]), where)
    return written


def _number(record: Mapping[str, Any], key: str) -> int | None:
    number = integer(record.get(key))
    return number if number is not None and number > 0 else None


def _on_site(href: str) -> str | None:
    if href.startswith(("http://", "https://", "mailto:")):
        return href
    return f"https://{SITE}/{href}" if href.startswith(("item?id=", "user?id=")) else None
