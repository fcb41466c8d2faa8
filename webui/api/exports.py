"""A whole result set as a file: a table for spreadsheets, or JSON lines. Streamed, however many answers it has."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from flask import Response

from indexer import shapes
from indexer.library import Stream
from indexer.showing import RankedAnswer

_TOGETHER: Final = 100
"""Answers that are sent at once."""

_FORMULA: Final = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
"""As OWASP lists them, with the wide forms that spreadsheets of East Asia take for the same."""

_PLAIN: Final = re.compile(r"[^a-z0-9]+")

_COLUMNS: Final = (
    "rank id thread_id site title category tags author anonymous written votes best endorsed_by outcome score more_in_thread"
    " url licence captured body"
).split()
"""Of the table. What is made of several parts (signals, snippets) is in the JSON lines."""


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file."""

    ending: str
    media: str
    about: str
    lines: Callable[[Iterable[dict[str, Any]]], str]
    head: str = ""


def _as_json(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _as_table(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _as_csv(rows: Iterable[dict[str, Any]]) -> str:
    return _as_table([_cell(row[column]) for column in _COLUMNS] for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = ", ".join(value)
    elif isinstance(value, dict):
        value = value["text"]
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    # A cell that begins like a formula would be run as one by a spreadsheet; the apostrophe says that it is text.
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


CSV: Final = Form(
    "csv",
    "text/csv",
    "A table in UTF-8 with a line of names first, in the form of RFC 4180. An apostrophe stands before text that a spreadsheet"
    " would take for a formula.",
    _as_csv,
    _as_table([_COLUMNS]),
)
JSONL: Final = Form("jsonl", "application/x-ndjson", "One object a line, each an answer with its text (`Exported`).", _as_json)


def send(stream: Stream, form: Form, name: str) -> Response:
    """A response that gives all answers of a set, `name` in the name of the file, and closes the stream at its end."""
    response = Response(_pieces(stream, form), content_type=form.media + ("; charset=utf-8" if form is CSV else ""))
    response.call_on_close(stream.close)
    plain = _PLAIN.sub("-", name.lower()).strip("-")[:60].strip("-")
    response.headers["Content-Disposition"] = f'attachment; filename="askive{"-" + plain if plain else ""}.{form.ending}"'
    return response


def _pieces(stream: Iterable[RankedAnswer], form: Form) -> Iterator[bytes]:
    if form.head:
        yield form.head.encode()
    left = iter(stream)
    while answers := list(islice(left, _TOGETHER)):
        # Half a character, which nothing should have let in, is no reason to break off in the middle of a file.
        yield form.lines(map(shapes.exported, answers)).encode("utf-8", "replace")
