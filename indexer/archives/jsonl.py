"""Askive's own exchange format: one JSON object a line, first a header, then a post each. Written by `askive export`.

    {"askive": "posts", "version": 1}
    {"id": "ask.metafilter.com:85958", "thread_id": "ask.metafilter.com:85958", "kind": "question", "title": "…", …}

Every field of `Post` stands under its own name; times are ISO 8601 with a zone; a field that is absent has the Post's
default. Unknown fields are ignored, so that later versions can add some. Bodies are HTML, cleaned again on reading.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from .. import markup
from ..errors import DamagedArchive
from ..messages import Message, of_error
from ..thread import POST_KINDS, Capture, Post
from .source import Report, Source

name = "askive-jsonl"
about = "Askive's own exchange format, as `askive export` writes it"

VERSION = 1
MAX_LINE = 16 * 1024 * 1024
"""Bytes of one record; a longer line is skipped without being held."""

_DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Post)}
_TIMES = frozenset({"written", "captured", "closed"})
_LISTS = frozenset({"tags", "warnings", "duplicate_of"})
_TEXTS = frozenset({"id", "thread_id", "kind", "site", "body", "parent_id", "title", "category", "author", "url", "licence"})
_NUMBERS = frozenset({"position", "votes"})
_FLAGS = frozenset({"anonymous", "best"})
_HISTORY = "history"
_ID = re.compile(r"[^:\s]{1,255}:\S{1,1000}")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def recognises(head: bytes) -> bool:
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
    return line.startswith(b"{") and b'"askive"' in line[:200]


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of an export, streamed. A bad line is skipped and named by its number."""
    with source.open() as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
            encoding = "utf-8-sig" if number == 1 else "utf-8"
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                text = line.decode(encoding, errors="replace")
                report.warn(Message("is not UTF-8; some letters are lost"), f"line {number}")
            if not text.strip():
                continue
            try:
                record = json.loads(text)
                if isinstance(record, dict) and "askive" in record:
                    _check_header(record, source)
                else:
                    yield from_record(record)
            except (ValueError, TypeError, RecursionError) as error:
                report.skip(Message("not a post ({error})", error=of_error(error)), f"line {number}")


def write(posts: Iterable[Post]) -> Iterator[str]:
    """The lines of an export of `posts`, each with its newline."""
    yield json.dumps({"askive": "posts", "version": VERSION}) + "\n"
    for post in posts:
        yield json.dumps(to_record(post), ensure_ascii=False) + "\n"


def to_record(post: Post) -> dict[str, Any]:
    """A post as a JSON object, without the fields that have their default."""
    record: dict[str, Any] = {}
    for name, default in _DEFAULTS.items():
        value = getattr(post, name)
        if name == _HISTORY and value:
            record[name] = [[capture.at.isoformat(), capture.votes] for capture in value]
        elif value != default:
            record[name] = (
                value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
            )
    return record


def from_record(record: Mapping[str, Any]) -> Post:
    """The post of a JSON object. Raises ValueError or TypeError, saying which field is wrong."""
    if not isinstance(record, Mapping):
        raise TypeError(Message("not an object"))
    values: dict[str, Any] = {}
    for name in _DEFAULTS:
        value = record.get(name)
        if value is None:
            continue
        values[name] = _value(name, value)
    missing = {"id", "thread_id", "kind", "site"} - values.keys()
    if missing:
        raise ValueError(Message("no {names}", names=", ".join(sorted(missing))))
    if values["kind"] not in POST_KINDS:
        raise ValueError(Message("unknown kind {kind}", kind=repr(values["kind"])))
    for name in ("id", "thread_id", "parent_id"):
        if name in values and not _ID.fullmatch(values[name]):
            raise ValueError(Message("{name} is not of the form site:native", name=name))
    if values["id"].partition(":")[0] != values["site"]:
        raise ValueError(Message("id is of another site"))
    if (values["kind"] == "question") != (values["id"] == values["thread_id"]):
        raise ValueError(Message("a question, and nothing else, has its thread's id"))
    if values.get("position", 0) < 0:
        raise ValueError(Message("position is below 0"))
    if not _ADDRESS.match(values.get("url", "")):
        values.pop("url", None)
    values["body"] = markup.clean(values.get("body", ""), collapse=False)
    return Post(**values)


def _value(name: str, value: Any) -> Any:
    if name in _TIMES and isinstance(value, str):
        time = datetime.fromisoformat(value)
        if time.tzinfo is None:
            raise ValueError(Message("{name} has no time zone", name=name))
        try:
            return time.astimezone(UTC)
        except OverflowError as error:
            raise ValueError(Message("{name} is before the first year or after the last", name=name)) from error
    if name == _HISTORY and isinstance(value, list):
        return tuple(Capture(_value("captured", at), _value("votes", votes)) for at, votes in value)
    if name in _LISTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(_text(item) for item in value)
    if name in _TEXTS and isinstance(value, str):
        return _text(value)
    if name in _FLAGS and isinstance(value, bool):
        return value
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return value
    raise TypeError(Message("{name} cannot be {kind}", name=name, kind=type(value).__name__))


def _text(value: str) -> str:
    """`value` as it can be stored: JSON can write halves of characters, and nothing after this could take one."""
    return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _check_header(record: Mapping[str, Any], source: Source) -> None:
    version = record.get("version")
    if version != VERSION:
        raise DamagedArchive(
            Message(
                "{source} is of version {version} of the format; this Askive reads {own}",
                source=str(source),
                version=repr(version),
                own=str(VERSION),
            ),
            Message("Use a newer Askive"),
        )
