"""What is in this file? The table of formats, and the search for the reader of a file.

A new format is one module with the four names of `Reader`, and one row here.
"""

from __future__ import annotations

from typing import Final

from ..errors import DamagedArchive, UnknownFormat
from . import jsonl, metafilter_html, metafilter_text
from .source import Reader, Report, Source

__all__ = ["FORMATS", "Reader", "Report", "Source", "detect"]

FORMATS: Final[tuple[Reader, ...]] = (jsonl, metafilter_html, metafilter_text)
"""Every format, asked in this order: the stricter its marks, the earlier."""

_REFUSED: Final = (
    (b"%PDF", "a PDF; save the page as HTML or text instead"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed; unpack it first"),
    (b"\x1f\x8b", "gzip-compressed; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z container; unpack it first"),
    (b"PK\x03\x04", "a zip container; unpack it first"),
    (b"BZh", "bzip2-compressed; unpack it first"),
    (b"\xfd7zXZ", "xz-compressed; unpack it first"),
    (b"ZIM\x04", "a ZIM file, which is not read yet"),
    (b"WARC/1.", "a WARC, which is not read yet"),
    (b"bplist00", "a Safari web archive, which is not read yet"),
)


def detect(source: Source) -> Reader:
    """The reader of a file, found from its content alone.

    Raises DamagedArchive for an empty file and UnknownFormat, saying what the file seems to be, for any other that no
    reader recognises.
    """
    head = source.head()
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise DamagedArchive(f"{source} is empty")
    for reader in FORMATS:
        if reader.recognises(head):
            return reader
    for magic, what in _REFUSED:
        if head.startswith(magic):
            raise UnknownFormat(f"{source} is {what}")
    raise UnknownFormat(f"{source} is in no format that is read here")
