"""Pages that a browser saved as one file: MHTML (`.mht`, `.mhtml`), a mail message with the page and its pictures as parts."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from email import message as email_message
from email import policy
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Final

from ..errors import DamagedArchive
from ..messages import Message
from ..thread import Post
from . import captured_page
from .captured_page import PAGE_TYPES
from .source import MAX_PAGE, Report, Source

name = "mhtml"
about = "a page saved as one file by Chrome, Edge, Opera or Internet Explorer (MHTML)"

MAX_LINE: Final = 1_048_576
MAX_PARTS: Final = 10_000
MAX_HEADER: Final = 262_144

_HEADER_LINE: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,16}[A-Za-z][A-Za-z0-9-]{1,60}:[ \t]")
_MARKS: Final = re.compile(
    rb"^content-type:\s{0,99}multipart/related|^from:[^\n]{0,99}\bsaved by\b|^snapshot-content-location:",
    re.IGNORECASE | re.MULTILINE,
)
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")


def recognises(head: bytes) -> bool:
    """Whether this begins with the header of a mail message that is a saved page."""
    if not _HEADER_LINE.match(head):
        return False
    header = re.split(rb"\r?\n\r?\n", head.lstrip()[:16_384], maxsplit=1)[0]
    return bool(_MARKS.search(header))


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of the page. Raises NotAThread where there is none in it that a reader knows, DamagedArchive for a torso."""
    with source.open() as file:
        parts = _Parts(file, str(source))
        payload, part = parts.page()
        if payload is None or part is None:
            raise DamagedArchive(Message("{source} has no part that is a page; it may be cut off", source=str(source)))
        if not parts.ended:
            report.warn(Message("the file ends in the middle of the page; what there is of it is read"), str(source))
    url = parts.address(part)
    captured = captured_page.sane(_date(parts.header.get("Date")), lambda what: report.warn(what, str(source)))
    page = captured_page.page(source, payload, url=url, captured=captured, charset=part.get_content_charset())
    posts = captured_page.read_page(page, report)
    if posts is None:
        raise captured_page.of_another_site(source, url)
    yield from posts


class _Parts:
    """The parts of a message, read one after the other until the page is found; pictures are never held."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        self._file, self._where = file, where
        self._boundaries: set[bytes] = set()
        self.header = self._next_header()
        self.ended = False
        """Whether the end of the page was seen."""
        self._note(self.header)

    def page(self) -> tuple[bytes | None, email_message.Message | None]:
        """The first part that is a page, decoded, and its header; None and None where there is none."""
        part = self.header
        for _ in range(MAX_PARTS):
            if part.get_content_maintype() != "multipart" and part.get_content_type() in PAGE_TYPES:
                body = b"".join(self._body(keep=True))
                # A message of a single part has no boundary to end with.
                self.ended = self.ended or not self._boundaries
                return _decoded(body, str(part.get("Content-Transfer-Encoding", ""))), part
            for _ in self._body(keep=False):
                pass
            if not self.ended:
                break
            self.ended = False
            part = self._next_header()
            self._note(part)
        return None, None

    def address(self, part: email_message.Message) -> str:
        """The page's address; none where the saving browser gave it a name of its own (`cid:`)."""
        for value in (
            self.header.get("Snapshot-Content-Location"),
            part.get("Content-Location"),
            self.header.get("Content-Location"),
        ):
            url = re.sub(r"\s+", "", str(value or ""))
            if url.startswith(("http://", "https://")):
                return url
        return ""

    def _note(self, part: email_message.Message) -> None:
        boundary = part.get_boundary() if part.get_content_maintype() == "multipart" else None
        if boundary:
            self._boundaries.add(b"--" + boundary.encode("utf-8", "surrogateescape").rstrip())

    def _next_header(self) -> email_message.Message:
        lines: list[bytes] = []
        size = 0
        begun = False
        while (line := self._file.readline(MAX_LINE)) and (line.strip() or not begun):
            # Blank lines before the first header are no end of it.
            begun = begun or bool(line.strip())
            size += len(line)
            if size > MAX_HEADER:
                raise DamagedArchive(Message("{source} has a header without an end", source=self._where))
            lines.append(line)
        data = b"".join(lines).removeprefix(b"\xef\xbb\xbf").lstrip()
        return BytesHeaderParser(policy=policy.compat32).parsebytes(data)

    def _body(self, *, keep: bool) -> Iterator[bytes]:
        """The lines up to the next boundary."""
        size = 0
        fresh = True
        while line := self._file.readline(MAX_LINE):
            if fresh and line.startswith(b"--") and self._is_boundary(line):
                self.ended = True
                return
            fresh = line.endswith(b"\n")
            if keep:
                size += len(line)
                if size > 3 * MAX_PAGE:
                    raise DamagedArchive(
                        Message(
                            "{source} is larger than {limit} MiB, which no single page is",
                            source=self._where,
                            limit=str(MAX_PAGE // 1024**2),
                        )
                    )
                yield line

    def _is_boundary(self, line: bytes) -> bool:
        line = line.rstrip()
        return line in self._boundaries or (line.endswith(b"--") and line[:-2] in self._boundaries)


def _decoded(body: bytes, encoding: str) -> bytes:
    encoding = encoding.strip().lower()
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == "base64":
        data = _NOT_BASE64.sub(b"", body)
        # A file that is cut off ends anywhere; a single character of the last group says nothing.
        data = data[: len(data) - 1] if len(data) % 4 == 1 else data
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    return body


def _date(value: object) -> datetime | None:
    try:
        return parsedate_to_datetime(str(value)) if value else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
