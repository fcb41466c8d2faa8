"""JSON records out of a dump: an object a line, or one document. What is shared by the readers of such dumps.

Nothing here holds more than one record, but for a document, which is no larger than a page may be.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..errors import DamagedArchive
from ..messages import Message
from .source import HEAD, MAX_PAGE, Report, Source

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of one record; a longer line is skipped without being held."""

_BOM: Final = b"\xef\xbb\xbf"
_SPACES = re.compile(r"[\s\x00-\x1f\x7f]+")
_WHOLE = re.compile(r"\s*[+-]?\d{1,18}(?:\.0*)?\s*", re.ASCII)
_BETWEEN = re.compile(r"[\s,]*")


def lines(source: Source, report: Report) -> Iterator[tuple[int, bytes]]:
    """The lines of a dump that are not blank, with their numbers from 1; the last may lack its newline.

    A file that breaks off inside (a container cut short) ends there with a warning. Raises DamagedArchive if there is not one
    line before that.
    """
    with source.open() as file:
        number = 0
        while True:
            number += 1
            try:
                line = file.readline(MAX_LINE)
                if len(line) == MAX_LINE and not line.endswith(b"\n"):
                    while line and not line.endswith(b"\n"):
                        line = file.readline(MAX_LINE)
                    report.skip(Message("longer than {limit} MiB", limit=str(MAX_LINE // 1024**2)), f"line {number}")
                    continue
            except (DamagedArchive, EOFError, OSError) as error:
                reason = error.reason if isinstance(error, DamagedArchive) else str(error)
                if number == 1:
                    raise DamagedArchive(
                        Message("{source} cannot be read ({reason})", source=str(source), reason=reason)
                    ) from error
                report.warn(
                    Message("the archive breaks off here, what follows is lost ({reason})", reason=reason), f"line {number}"
                )
                return
            if not line:
                return
            if number == 1:
                line = line.removeprefix(_BOM)
            if not line.isspace() and line:
                yield number, line


def load(line: bytes, number: int, report: Report) -> Any:
    """What a line says, or None with a word in the report: broken, cut off at the file's end, or `null`."""
    try:
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("utf-8", errors="replace")
            report.warn(Message("is not UTF-8; some letters are lost"), f"line {number}")
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        cut = not line.endswith(b"\n")
        report.skip(
            Message("the file ends inside this record") if cut else Message("not JSON ({error})", error=_short(error)),
            f"line {number}",
        )
        return None


def objects(source: Source, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of a file and where each stands, whether they come one a line, as an array, or as one document.

    Raises DamagedArchive for a single document that is not whole; of an array that is not, what comes before the break is read.
    """
    start = source.head().removeprefix(_BOM).lstrip()
    if start.startswith(b"[") or start.partition(b"\n")[0].strip() == b"{":
        for where, value in _of_document(source, report):
            yield from _checked(value, where, report)
        return
    for number, line in lines(source, report):
        value = load(line, number, report)
        if value is not None:
            yield from _checked(value, f"line {number}", report)


def openings(head: bytes) -> Iterator[dict[str, Any]]:
    """Objects that whole lines among a file's first bytes say, to tell its format by."""
    for line in head.removeprefix(_BOM).split(b"\n")[:20]:
        if line.lstrip().startswith(b"{"):
            try:
                value = json.loads(line.decode("utf-8", errors="replace"))
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                yield value


def names_of(head: bytes) -> frozenset[str]:
    """Every member name among a file's first bytes, if they are JSON: for a record too long, or too pretty, for `openings`."""
    start = head.removeprefix(_BOM).lstrip()
    if not start.startswith((b"{", b"[")):
        return frozenset()
    return frozenset(name.decode() for name in re.findall(rb'(?<!\\)"([a-z_]{2,40})"\s*:', start[:HEAD]))


def integer(value: Any) -> int | None:
    """A whole number, however it is written (7, 7.0, "7"), or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            return None
        value = int(value.partition(".")[0])
    elif isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = int(value)
    return value if isinstance(value, int) and abs(value) < 2**53 else None


def one_line(value: Any, limit: int = 2_000) -> str | None:
    """A name or a title on one line without control characters or halves of characters; None if nothing is left."""
    if not isinstance(value, str):
        return None
    text = value[: 4 * limit].encode("utf-8", "replace").decode("utf-8")
    return _SPACES.sub(" ", text).strip()[:limit] or None


def prose(value: Any) -> str:
    """A body as text that can be stored; "" for anything else."""
    return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "") if isinstance(value, str) else ""


def moment(value: Any, earliest: datetime, latest: datetime | None = None) -> datetime | None:
    """A time, UTC, out of seconds since 1970 or ISO 8601 (UTC where it has no zone).

    None for what is no time between `earliest` and a day after `latest`, by default now.
    """
    time: datetime | None = None
    if isinstance(value, str) and "-" in value[1:]:
        try:
            time = datetime.fromisoformat(value.strip())
            time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    else:
        if isinstance(value, str) and re.fullmatch(r"\d{1,12}\.\d{1,9}", value, re.ASCII):
            value = float(value)
        seconds = integer(value)
        if seconds is not None and 0 < seconds < 2**33:
            time = datetime.fromtimestamp(seconds, UTC)
    return time if time and earliest <= time <= (latest or datetime.now(UTC)) + timedelta(days=1) else None


def document(source: Source, report: Report) -> str:
    """All of a dump that is one document, as text. Raises DamagedArchive where it is larger than a page may be."""
    data = source.content(MAX_PAGE).removeprefix(_BOM)
    try:
        return data.decode("utf-8").strip()
    except UnicodeDecodeError:
        report.warn(Message("the document is not UTF-8; some letters are lost"))
        return data.decode("utf-8", errors="replace").strip()


def _of_document(source: Source, report: Report) -> Iterator[tuple[str, Any]]:
    text = document(source, report)
    try:
        if not text.startswith("["):
            yield "the document", json.loads(text)
            return
    except (ValueError, RecursionError) as error:
        raise DamagedArchive(
            Message("{source} is broken or cut off JSON ({error})", source=str(source), error=_short(error))
        ) from error
    decoder = json.JSONDecoder()
    number, place = 0, _between(text, 1)
    while not text.startswith("]", place):
        number += 1
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            report.skip(
                Message("the array breaks off here, what follows is lost ({error})", error=_short(error)), f"element {number}"
            )
            return
        yield f"element {number}", value
        place = _between(text, place)


def _between(text: str, place: int) -> int:
    match = _BETWEEN.match(text, place)
    return match.end() if match else place


def _checked(value: Any, where: str, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield where, value
    elif value is not None:
        report.skip(Message("a record cannot be {kind}", kind=type(value).__name__), where)


def _short(error: Exception) -> str:
    return Message("nested too deeply") if isinstance(error, RecursionError) else str(error)[:200]
