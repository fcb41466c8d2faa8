"""Web archives in the WARC format, as crawlers write them: the pages inside are handed to the page readers.

The records are read here and not by a library: archives in the wild have wrong lengths, damaged members and lines without
an end, and one bad record must not cost the others, nor a long one all memory.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..errors import ArchiveError, DamagedArchive, NotAThread, UnknownFormat
from ..messages import Joined, Message
from ..thread import Post
from . import captured_page, compressed
from .captured_page import PAGE_TYPES, media_type
from .source import MAX_PAGE, Report, Source
from .warc_records import Record, http, records

name = "warc"
about = "a web archive (WARC, plain or compressed, also inside a WACZ) with pages of a site that is read here"

_BEGINS: Final = re.compile(rb"\s{0,16}(?:WARC/[01]\.\d|filedesc://)")
_PAGE_BEGINS: Final = re.compile(rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!doctype html|<html|<head|<body|<!--)", re.IGNORECASE)


def recognises(head: bytes) -> bool:
    """Whether this is a WARC, or an ARC, its forerunner, which is refused by name; compressed ones are looked into."""
    return bool(_BEGINS.match(head) or _BEGINS.match(compressed.beginning(head)))


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of all pages, each with the time of its capture, so that later captures win over earlier ones.

    A revisit says that a page was the same again: its posts come a second time, with the later time. Raises NotAThread
    when there is no page of a site that is read here.
    """
    source = compressed.decompressed(source, report)
    if source.head().lstrip().startswith(b"filedesc://"):
        raise UnknownFormat(
            Message("{source} is an ARC file, the forerunner of WARC", source=str(source)),
            Message("Convert it: `warcio recompress FILE NEW.warc.gz`"),
        )
    reading = _Reading(source, report)
    with closing(reading.seen):
        try:
            yield from reading.posts()
        except sqlite3.Error as error:
            raise ArchiveError(
                Message(
                    "{source} cannot be read: what is to be remembered of its pages cannot be stored ({error})",
                    source=str(source),
                    error=str(error),
                ),
                Message("Make room in the system's folder for temporary files, or set TMPDIR to one that has it"),
            ) from error


@dataclass(slots=True)
class _Tally:
    """What became of the pages."""

    records: int = 0
    pages: int = 0
    foreign: int = 0
    failed: int = 0
    errors: int = 0
    unresolved: int = 0
    reason: str = ""
    """Of the first page that failed."""


class _Reading:
    """One WARC under reading. What it has to remember of pages and revisits lies on disk, however many there are."""

    def __init__(self, source: Source, report: Report) -> None:
        self.source, self.report = source, report
        self.tally = _Tally()
        self.given = 0
        # The empty name is a file of SQLite's own that is deleted when it is closed.
        self.seen = sqlite3.connect("")
        self.seen.executescript(
            "CREATE TABLE page (offset INTEGER PRIMARY KEY, id TEXT, digest TEXT, url TEXT, time TEXT);"
            "CREATE TABLE revisit (of_id TEXT, digest TEXT, url TEXT, of_url TEXT, of_time TEXT, time TEXT);"
        )

    def posts(self) -> Iterator[Post]:
        for record in self._records(self.report):
            self.tally.records += 1
            if record.type == "revisit":
                self._note_revisit(record)
            else:
                yield from self._page_posts(record, None)
        yield from self._revisited()
        self._conclude()

    def _records(self, report: Report) -> Iterator[Record]:
        with self.source.open() as file:
            yield from records(file, report)

    def _page_posts(self, record: Record, again: str | None) -> Iterator[Post]:
        """The posts of a record that holds a page; `again` is the time of a later visit that found it unchanged."""
        report = self.report if again is None else Report()
        try:
            payload = self._payload(record, report)
            if payload is None:
                return
            body, charset = payload
            url = record.url
            captured = captured_page.sane(_time(again or record.get("warc-date")), lambda what: report.warn(what, url))
            page = captured_page.page(self.source, body, url=url, captured=captured, charset=charset)
            posts = captured_page.read_page(page, report)
        except ArchiveError as error:
            if again is None:
                self.tally.failed += 1
                self.tally.reason = self.tally.reason or error.reason
                self.report.skip(error.reason)
            return
        if posts is None:
            self.tally.foreign += again is None
            return
        if again is None:
            self._note_page(record)
        self.given += len(posts)
        yield from posts

    def _payload(self, record: Record, report: Report) -> tuple[bytes, str | None] | None:
        """The page in a record and its charset; None for what is no page. Raises ArchiveError for one that cannot be had."""
        if record.type not in ("response", "resource"):
            return None
        first = record.begin()
        answer = http(first) if record.type == "response" else None
        if answer is None:
            kind, charset = media_type(record.get("content-type"))
            is_page = kind in PAGE_TYPES
        else:
            kind, charset = media_type(answer.get("content-type")) if answer.get("content-type") else ("", None)
            is_page = kind in PAGE_TYPES or (not kind and bool(_PAGE_BEGINS.match(first[answer.size :])))
        if not is_page:
            return None
        if answer is not None and answer.status != 200:
            self.tally.errors += 1
            return None
        self.tally.pages += 1
        where = f"{self.source}: {record.url[:300]}"
        block = record.block()
        if record.too_large:
            raise DamagedArchive(
                Message(
                    "{source} is larger than {limit} MiB, which no single page is", source=where, limit=str(MAX_PAGE // 1024**2)
                )
            )
        if answer is None:
            return block, charset
        body, damage = answer.payload(block[answer.size :], where)
        if damage and not record.damage:
            report.warn(
                Message("its record is damaged ({damage}); what there is of the page is read", damage=damage), record.url
            )
        return body, charset

    # --- Revisits ---------------------------------------------------------------------------------------------------

    def _note_page(self, record: Record) -> None:
        values = [record.get(each) for each in ("warc-record-id", "warc-payload-digest", "warc-target-uri", "warc-date")]
        self.seen.execute("INSERT OR IGNORE INTO page VALUES (?, ?, ?, ?, ?)", [record.offset, *values])

    def _note_revisit(self, record: Record) -> None:
        answer = http(record.begin())
        if answer is not None:
            kind = media_type(answer.get("content-type"))[0] if answer.get("content-type") else "text/html"
            if kind not in PAGE_TYPES or answer.status not in (200, 304):
                return
        names = (
            "warc-refers-to",
            "warc-payload-digest",
            "warc-target-uri",
            "warc-refers-to-target-uri",
            "warc-refers-to-date",
            "warc-date",
        )
        self.seen.execute("INSERT INTO revisit VALUES (?, ?, ?, ?, ?, ?)", [record.get(each) for each in names])

    def _revisited(self) -> Iterator[Post]:
        """The posts of pages that were found unchanged later on, once more, from a second pass over the file."""
        total = self.seen.execute("SELECT count(*) FROM revisit").fetchone()[0]
        if not total:
            return
        # An empty digest or id says nothing; the same page at two addresses has its own id in its posts anyway.
        self.seen.executescript(
            "CREATE INDEX by_id ON page (id); CREATE INDEX by_digest ON page (digest); CREATE INDEX by_url ON page (url, time);"
            "CREATE TABLE again AS SELECT offset, revisit.rowid AS number, revisit.time AS time FROM revisit JOIN page"
            "  ON page.id = revisit.of_id AND page.id != ''"
            " UNION SELECT offset, revisit.rowid, revisit.time FROM revisit JOIN page"
            "  ON page.digest = revisit.digest AND page.digest != ''"
            " UNION SELECT offset, revisit.rowid, revisit.time FROM revisit JOIN page"
            "  ON page.url = revisit.of_url AND page.time = revisit.of_time AND page.url != '';"
            "CREATE TABLE latest AS SELECT offset, max(time) AS time FROM again GROUP BY offset;"
            "CREATE UNIQUE INDEX latest_by_offset ON latest (offset);"
        )
        resolved = self.seen.execute("SELECT count(DISTINCT number) FROM again").fetchone()[0]
        self.tally.unresolved = total - resolved
        if not resolved:
            return
        last = self.seen.execute("SELECT max(offset) FROM latest").fetchone()[0]
        for record in self._records(Report()):
            found = self.seen.execute("SELECT time FROM latest WHERE offset = ?", [record.offset]).fetchone()
            if found and found[0] > record.get("warc-date"):
                yield from self._page_posts(record, found[0])
            if record.offset >= last:
                break

    # --- The end ----------------------------------------------------------------------------------------------------

    def _conclude(self) -> None:
        """Say what was left out. Raises ArchiveError where nothing was had."""
        tally = self.tally
        left_out = [
            Message("{what} ({number})", what=what, number=count)
            for count, what in (
                (tally.foreign, Message("pages of other sites")),
                (tally.errors, Message("pages that are errors or redirects")),
                (tally.unresolved, Message("revisits of pages that are of other sites or not in the file")),
            )
            if count
        ]
        if self.given:
            if left_out:
                self.report.warn(Message("left out: {parts}", parts=Joined(tuple(left_out), ",")))
            return
        if not tally.records:
            raise DamagedArchive(Message("{source} has no record that can be read", source=str(self.source)))
        if tally.failed:
            raise NotAThread(
                Message(
                    "{source} holds no thread; pages that were refused ({failed}), the first of them: {reason}",
                    source=str(self.source),
                    failed=tally.failed,
                    reason=tally.reason,
                )
            )
        source, number = str(self.source), tally.records
        said = Message("{source} holds no page of a site that is read here: records ({number})", source=source, number=number)
        if left_out:
            said = Message(
                "{source} holds no page of a site that is read here: records ({number}), among them {parts}",
                source=source,
                number=number,
                parts=Joined(tuple(left_out), ","),
            )
        raise NotAThread(said)


def _time(text: str) -> datetime | None:
    """A WARC-Date, also in the form of the drafts: 20140103030322."""
    text = text.strip()
    try:
        if re.fullmatch(r"[0-9]{14}", text):
            return datetime.strptime(text + "+0000", "%Y%m%d%H%M%S%z")
        return datetime.fromisoformat(text)
    except ValueError:
        return None
