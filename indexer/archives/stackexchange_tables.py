"""The rows of a table of a Stack Exchange dump, streamed, whatever happened to the file.

A table is one root element and in it one `<row …/>` a record, with all values as attributes. Since `<` never stands bare
in an attribute, `<row` marks a record's beginning even in a damaged file: it is cut there into pieces of whole rows, each
parsed by lxml on its own. So memory does not grow with the file, a bad row costs that row only, and nothing before the
first row (a DTD and its entities, say) reaches the parser at all.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator, Mapping
from typing import BinaryIO, Final, cast

from lxml import etree

from ..messages import Message
from .source import Report, Source

TABLES: Final = frozenset({"posts", "users", "comments", "votes", "postlinks", "tags", "badges", "posthistory"})
"""Root elements of the files of a dump; `posts` is Posts.xml, and so on."""

MAX_ROW: Final = 16 * 1024 * 1024
"""Bytes of one row, as UTF-8; a longer one is skipped without being held."""

CHUNK: Final = 256 * 1024
"""Bytes read at a time, and about as many parsed at a time."""

Row = Mapping[str, str]
"""The attributes of a row by name. A value that is null in the database has none."""

_ROOT: Final = re.compile(rf"<({'|'.join(sorted(TABLES))})(?:\s[^<>]*?)?(?:/>|>\s*(?:<row\s|</|<?r?o?w?\Z))")
_BEFORE_ROOT: Final = (("<?", "?>"), ("<!--", "-->"), ("<!DOCTYPE", ">"))
_SPACE: Final = re.compile(r"[\s\ufeff]*")
_DECLARED: Final = re.compile(rb"""\s*<\?xml\s[^>]{0,80}encoding\s*=\s*["']([\w.-]{1,40})""")
_SINGLE_BYTE: Final = re.compile(rb"(?:iso-?8859-?1|latin-?1|(?:windows-|cp)1252)", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));")
_ILLEGAL: Final = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ID: Final = re.compile(rb"""\sId\s*=\s*["'](-?\d{1,18})["']""")
_BEGIN: Final = b"<row"


def table_of(head: bytes) -> str | None:
    """Which table a file is, by its first bytes; None if it is none of a dump's."""
    text = head.decode(_encoding(head) or "utf-8", errors="replace")
    place = _after_space(text, 0)
    while not (root := _ROOT.match(text, place)):
        end = next((end for begin, end in _BEFORE_ROOT if text.startswith(begin, place)), None)
        if end == ">" and 0 <= text.find("[", place) < text.find(">", place):
            # A document type with declarations of its own.
            end = "]>"
        found = text.find(end, place) if end else -1
        if end is None or found < 0:
            return None
        place = _after_space(text, found + len(end))
    return root[1]


def _after_space(text: str, place: int) -> int:
    """Where the next thing begins that is no white space."""
    blank = _SPACE.match(text, place)
    return blank.end() if blank else place


def rows(source: Source, report: Report) -> Iterator[Row]:
    """The rows of a table in the file's order. What is no row is skipped and named by its place and Id.

    Of a file that was cut off, the rows before the cut.
    """
    return iter(_Table(source, report))


class _Table:
    """One pass over a file."""

    def __init__(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._name = (source.member or source.path.name).rpartition("/")[2]
        self._number = 0
        """How many rows began before the piece at hand."""
        # Belt and braces: a piece holds no DTD, and an entity that nothing declares is an error.
        self._parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=True,
            recover=False,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )

    def __iter__(self) -> Iterator[Row]:
        with self._source.open() as file:
            rest = yield from self._whole_pieces(file)
        end = rest.rfind(b"</" + (table_of(self._source.head()) or "").encode())
        if end < 0 and (_BEGIN in rest or not rest.rstrip().endswith(b"/>")):
            self._report.warn(Message("the file ends in the middle; what came before was read"), self._name)
        yield from self._rows(rest[:end] if end >= 0 else rest)

    def _whole_pieces(self, file: BinaryIO) -> Generator[Row, None, bytes]:
        """The rows of all pieces that another row follows. Returns what is left, which begins with the last row if any."""
        held = b""
        for chunk in _utf8(file):
            held += chunk
            cut = held.rfind(_BEGIN)
            if cut > 0:
                yield from self._rows(held[:cut])
                held = held[cut:]
            elif len(held) > MAX_ROW:
                if cut == 0:
                    self._number += 1
                    self._report.skip(
                        Message("longer than {limit} MiB", limit=str(MAX_ROW // 1024**2)), self._where(0, held[:1000])
                    )
                # Of what is no row or no more wanted, enough to see a mark that the next chunk completes.
                held = held[-len(_BEGIN) :]
        return held

    def _rows(self, piece: bytes) -> Iterator[Row]:
        """The rows of a piece; what stands in it before the first row is passed over."""
        start = piece.find(_BEGIN)
        if start < 0:
            return
        piece = piece[start:]
        root = self._parse(piece)
        if root is not None:
            yield from self._children(root)
            return
        places = [match.start() for match in re.finditer(_BEGIN, piece)]
        for place, end in zip(places, [*places[1:], len(piece)], strict=True):
            root = self._parse(piece[place:end])
            if root is None:
                root = self._repaired(piece[place:end])
            if root is not None:
                yield from self._children(root)
            else:
                self._number += 1

    def _children(self, root: etree._Element) -> Iterator[Row]:
        for child in root:
            self._number += 1
            if child.tag != "row":
                self._report.skip(Message("<{tag}> is no row", tag=str(child.tag)), self._where(0))
                continue
            if child.tail and not child.tail.isspace():
                self._report.warn(Message("something that is no row follows it"), self._where(0, child.get("Id")))
            # Of XML that was decoded, names and values are text.
            yield cast("Row", child.attrib)

    def _parse(self, piece: bytes) -> etree._Element | None:
        try:
            return etree.fromstring(b"<r>" + piece + b"</r>", self._parser)
        except etree.XMLSyntaxError:
            return None

    def _repaired(self, row: bytes) -> etree._Element | None:
        """A single row that is no XML as it stands, or None if no repair is safe."""
        report, where = self._report, self._where(1, row)
        if b"\0" in row:
            # A block of the file was lost; the row may end in what was another's end.
            report.skip(Message("it has zero bytes in it"), where)
            return None
        try:
            text = row.decode("utf-8")
        except UnicodeDecodeError:
            text = row.decode("cp1252", errors="replace")
            report.warn(Message("not in UTF-8, read as windows-1252"), where)
        legal, removed = _ILLEGAL.subn("", text)
        if removed:
            report.warn(Message("control characters in it were left out"), where)
        fixed = _REFERENCE.sub(_legal, legal).encode()
        root = self._parse(fixed)
        if root is None:
            # What follows a row up to the next is no part of it.
            row, end, _ = fixed.partition(b"/>")
            root = self._parse(row + end)
            if root is None:
                report.skip(Message("not well-formed XML"), where)
            else:
                report.warn(Message("something that is no row follows it"), where)
        return root

    def _where(self, after: int, row: bytes | str | None = None) -> str:
        if isinstance(row, bytes):
            found = _ID.search(row)
            row = found[1].decode() if found else None
        return f"{self._name}, row {self._number + after:,}" + (f" (Id {row})" if row else "")


def _legal(reference: re.Match[str]) -> str:
    """A character reference, or nothing where it stands for what is no character in XML."""
    digits = (reference[1] or reference[2]).lstrip("0")
    if not digits or len(digits) > 7:
        return ""
    code = int(digits, 16 if reference[1] else 10)
    legal = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return reference[0] if legal else ""


def _encoding(head: bytes) -> str | None:
    """What a file has to be decoded from, by its first bytes; None for UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, b"<\0")):
        return "utf-16-le"
    if head.startswith((codecs.BOM_UTF16_BE, b"\0<")):
        return "utf-16-be"
    # Other declarations are not believed: whoever converts a file forgets them.
    declared = _DECLARED.match(head)
    return "cp1252" if declared and _SINGLE_BYTE.fullmatch(declared[1]) else None


def _utf8(file: BinaryIO) -> Iterator[bytes]:
    """A file in UTF-8, in chunks."""
    chunk = file.read(CHUNK)
    encoding = _encoding(chunk)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace") if encoding else None
    while chunk:
        yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk
        chunk = file.read(CHUNK)
