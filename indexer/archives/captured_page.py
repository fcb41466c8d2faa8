"""Pages out of web archives: each is handed to the page readers, with its address and the time of its capture."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message as email_message
from typing import Final

from ..errors import NotAThread
from ..messages import Message
from ..thread import Post
from . import metafilter_html
from .source import Reader, Report, Source

PAGE_READERS: Final[tuple[Reader, ...]] = (metafilter_html,)
"""Readers of a single saved page, asked in this order."""

PAGE_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})

FIRST_PAGE: Final = datetime(1991, 8, 6, tzinfo=UTC)
"""No page was captured before there was any."""

_CONTROLS: Final = re.compile(r"[\x00-\x20\x7f]")
_CHARSETS: Final = ("cp", "windows", "iso8859", "latin", "iso2022", "shift", "euc", "gb", "big5", "koi8", "mac", "utf", "ascii")
"""How the names of Python's codecs for written text begin; it has others, from bz2 to punycode."""


@dataclass(frozen=True, slots=True)
class CapturedPage(Source):
    """A page that lies in a web archive, decoded, in memory."""

    archive: str = ""

    def __str__(self) -> str:
        return f"{self.archive}: {self.url[:300]}" if self.url else self.archive


def page(archive: Source, payload: bytes, *, url: str, captured: datetime | None, charset: str | None) -> CapturedPage:
    """A page as a source of its own, in UTF-8 if the archive's word for its charset is right."""
    data = as_utf8(payload, charset)
    url = _CONTROLS.sub("", url.strip().removeprefix("<").removesuffix(">")).encode("utf-8", "replace").decode("utf-8")
    return CapturedPage(
        path=archive.path,
        member=url,
        opener=lambda: io.BytesIO(data),
        url=url or archive.url,
        captured=captured or archive.captured,
        archive=str(archive),
    )


def read_page(found: Source, report: Report) -> list[Post] | None:
    """The posts of a page; None where no reader knows it. What its reader says goes into `report`, with the address before.

    Raises ArchiveError as the reader does.
    """
    head = found.head()
    reader = next((each for each in PAGE_READERS if each.recognises(head)), None)
    if reader is None:
        return None
    said = Report()
    try:
        return list(reader.read(found, said))
    finally:
        report.skipped += said.skipped
        report.unlisted += said.unlisted
        for warning in said.warnings:
            report.warn(warning, found.url or "")


def of_another_site(source: Source, url: str | None) -> NotAThread:
    """The error for a page that no reader knows."""
    if not url:
        return NotAThread(Message("{source} holds a page of a site that is not read here", source=str(source)))
    said = Message("{source} holds a page of a site that is not read here ({url})", source=str(source), url=url[:300])
    return NotAThread(said)


def as_utf8(payload: bytes, charset: str | None) -> bytes:
    """A page from the charset that its server named. UTF-8 stays as it is, and so does what does not fit its charset.

    Old servers named latin-1 for everything; bytes that happen to be UTF-8 are UTF-8.
    """
    if not charset or payload.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return payload
    try:
        name = codecs.lookup(charset.strip("\"' ")).name
    except (LookupError, ValueError):
        return payload
    if name in {"iso8859-1", "latin-1", "ascii"}:
        name = "cp1252"  # As browsers do: what latin-1 has for control characters are curly quotes on the web.
    if not name.startswith(_CHARSETS) or name in {"utf-7", "utf-8", "utf-8-sig"}:
        return payload
    try:
        if not name.startswith("utf"):
            codecs.getincrementaldecoder("utf-8")().decode(payload)
            return payload
    except UnicodeDecodeError:
        pass
    try:
        return codecs.BOM_UTF8 + payload.decode(name).encode("utf-8")
    except (UnicodeError, LookupError):
        return payload


def media_type(value: str) -> tuple[str, str | None]:
    """The type and the charset of a Content-Type: ("text/html", "utf-8")."""
    message = email_message.Message()
    message["Content-Type"] = value[:1000].replace("\r", " ").replace("\n", " ")
    try:
        return message.get_content_type().strip(), message.get_content_charset()
    except (ValueError, LookupError, TypeError, AttributeError):  # email breaks on some RFC 2231 values
        return value.partition(";")[0].strip().lower(), None


def sane(time: datetime | None, warn: Callable[[str], None]) -> datetime | None:
    """A time of capture in UTC, or None with a warning where that cannot be."""
    if time is None:
        return None
    try:
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (OverflowError, ValueError):
        time = FIRST_PAGE - timedelta(days=1)
    if not FIRST_PAGE <= time <= datetime.now(UTC) + timedelta(days=2):
        warn(Message("a capture cannot be of {time}; its time is taken as unknown", time=f"{time:%Y-%m-%d}"))
        return None
    return time
