"""Pages that Safari saved: `.webarchive`, a property list with the page and its pictures."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator
from typing import Any, Final
from xml.parsers.expat import ExpatError

from ..errors import DamagedArchive, NotAThread
from ..messages import Message
from ..thread import Post
from . import captured_page
from .captured_page import PAGE_TYPES
from .source import Report, Source

name = "webarchive"
about = "a page saved by Safari (.webarchive)"

MAX_FILE: Final = 256 * 1024 * 1024
"""Bytes of a file, pictures included. A property list cannot be read but as a whole."""

_XML: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<\?xml[^>]{0,200}>\s*<!DOCTYPE plist|\s*<plist\b")


def recognises(head: bytes) -> bool:
    """Whether this is a property list, if binary, or one with a page in it, if XML."""
    return head.startswith(b"bplist0") or (bool(_XML.match(head)) and b"WebMainResource" in head)


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of the page. Raises NotAThread for other property lists and pages, DamagedArchive for a broken one."""
    try:
        content = plistlib.loads(source.content(MAX_FILE))
    except (
        ExpatError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        OverflowError,
        RecursionError,
        MemoryError,
    ) as error:
        # What plistlib raises depends on where the damage is.
        raise DamagedArchive(
            Message(
                "{source} is a damaged property list ({error})",
                source=str(source),
                error=str(str(error) or type(error).__name__),
            )
        ) from error
    main = content.get("WebMainResource") if isinstance(content, dict) else None
    if not isinstance(main, dict):
        raise NotAThread(
            Message("{source} is a property list without a page in it", source=str(source)),
            Message("Save the page in Safari as a web archive"),
        )
    data, url = main.get("WebResourceData"), _text(main.get("WebResourceURL"))
    if not isinstance(data, bytes) or _text(main.get("WebResourceMIMEType"), "text/html").lower() not in PAGE_TYPES:
        raise NotAThread(
            Message("{source} holds no page but a file of another kind ({url})", source=str(source), url=url[:300])
            if url
            else Message("{source} holds no page but a file of another kind", source=str(source))
        )
    charset = _text(main.get("WebResourceTextEncodingName")) or None
    page = captured_page.page(source, data, url=url, captured=None, charset=charset)
    posts = captured_page.read_page(page, report)
    if posts is None:
        raise captured_page.of_another_site(source, url)
    yield from posts


def _text(value: Any, default: str = "") -> str:
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) and value else default
