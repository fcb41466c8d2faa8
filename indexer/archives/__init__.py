"""What is in this file? The table of formats, and the search for the reader of a file.

A new format is one module with the four names of `Reader`, and one row here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import ArchiveError, DamagedArchive, UnknownFormat
from ..messages import Message
from ..thread import Post
from . import (
    compressed,
    containers,
    discourse,
    hackernews,
    infodump_tables,
    jsonl,
    lemmy,
    metafilter_html,
    metafilter_text,
    mhtml,
    reddit,
    stackexchange,
    warc,
    webarchive,
    zim,
)
from .source import Reader, Report, Source

__all__ = ["FORMATS", "Reader", "Report", "Source", "belonging", "detect", "read"]

FORMATS: Final[tuple[Reader, ...]] = (
    jsonl,
    stackexchange,
    zim,
    warc,
    discourse,
    reddit,
    hackernews,
    lemmy,
    mhtml,
    webarchive,
    metafilter_html,
    metafilter_text,
)
"""Every format, asked in this order: the stricter its marks, the earlier."""

_REFUSED: Final = (
    (b"%PDF", Message("a PDF; save the page as HTML or text instead")),
    (b"SQLite format 3\0", Message("an SQLite database")),
    (b"\x89PNG", Message("a picture")),
    (b"\xff\xd8\xff", Message("a picture")),
    (b"GIF8", Message("a picture")),
    (b"\xff\xfe", Message("in UTF-16, which only some formats are read in; save it as UTF-8")),
    (b"\xfe\xff", Message("in UTF-16, which only some formats are read in; save it as UTF-8")),
)


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of whatever is in a file, containers opened, in any order.

    A member of a container that cannot be read is skipped with a word in `report`. Raises ArchiveError when there is nothing
    to be had from the file at all.
    """
    failures: list[ArchiveError] = []
    finished = False
    for leaf in containers.leaves(source, report):
        try:
            reader = detect(leaf)
            report.formats[reader.name] = None
            yield from reader.read(leaf, report)
            finished = True
        except ArchiveError as error:
            if leaf is source:
                raise
            failures.append(error)
    if len(failures) == 1 and not finished:
        raise failures[0]
    for failure in failures:
        report.skip(failure.reason)
    if failures and not finished:
        raise ArchiveError(
            Message(
                "Nothing in {source} could be read; the first of its {members} members: {reason}",
                source=str(source),
                members=len(failures),
                reason=failures[0].told,
            )
        )


def belonging(source: Source) -> tuple[Path, ...]:
    """The files whose change means that an archive has to be read again: its own, and those that are read together with it.

    Raises OSError for a file that cannot be opened.
    """
    try:
        return (source.path, *stackexchange.beside(compressed.decompressed(source, Report())))
    except ArchiveError:
        # Reading it will say why.
        return (source.path,)


def detect(source: Source) -> Reader:
    """The reader of a file, found from its content alone.

    Raises DamagedArchive for an empty file, NotAThread for a table without text, and UnknownFormat, saying what the file
    seems to be, for any other that no reader recognises.
    """
    head = source.head()
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise DamagedArchive(Message("{source} is empty", source=str(source)))
    for reader in FORMATS:
        if reader.recognises(head):
            return reader
    if infodump_tables.recognises(head):
        raise infodump_tables.refuse(source)
    for magic, what in _REFUSED:
        if head.startswith(magic):
            raise UnknownFormat(Message("{source} is {what}", source=str(source), what=what))
    raise UnknownFormat(Message("{source} is in no format that is read here", source=str(source)))
