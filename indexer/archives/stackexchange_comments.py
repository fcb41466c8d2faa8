"""Comments of Stack Exchange to safe HTML: they are kept as typed, in a small dialect of Markdown.

`code`, *emphasis*, **strong**, [links](https://example.org), bare addresses and [tag:names]; no blocks, no HTML.
"""

from __future__ import annotations

import html
import re
from typing import Final

from .. import markup

MAX_MARKED: Final = 30_000
"""Code points of a comment in which marks are looked for. The site allows 600."""

_DEPTH: Final = 3
"""Marks inside marks."""

# Every part is bounded or ends at its own delimiter, so that a hostile comment costs no more than a long one.
_MARK: Final = re.compile(
    r"(?<!`)(?P<ticks>`{1,3})(?!`)(?P<code>.{1,600}?)(?<!`)(?P=ticks)(?!`)"
    r"|\[(?P<text>[^\[\]\n]{1,300})\]\((?P<href>https?://[^\s()<>\"]{1,2000}(?:\([^\s()<>\"]{0,200}\)[^\s()<>\"]{0,200}){0,5})"
    r"(?:\s{1,5}\"[^\"\n]{0,200}\")?\)"
    r"|\[tag:(?P<tag>[^\s\[\]]{1,60})\]"
    r"|(?P<url>\bhttps?://[^\s<>\"`]{1,2000})"
    r"|(?<![\w*])\*\*(?=[^\s*])(?P<strong>[^\n]{1,600}?)(?<=[^\s*])\*\*(?![\w*])"
    r"|(?<![\w*])\*(?=[^\s*])(?P<star>[^\n*]{1,600}?)(?<=\S)\*(?![\w*])"
    r"|(?<!\w)_(?=[^\s_])(?P<line>[^\n]{1,600}?)(?<=[^\s_])_(?!\w)",
    re.IGNORECASE,
)
_BEGINS: Final = re.compile(r"[`\[*_]|http", re.IGNORECASE)
"""What every mark has in it."""

_BLANK_LINE: Final = re.compile(r"\n\s*\n")
_AFTER_ADDRESS: Final = ".,;:!?'*_"


def html_of(text: str) -> str:
    """Safe HTML for the text of a comment."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > MAX_MARKED:
        return markup.from_text(text)
    paragraphs = (_inline(part, _DEPTH).replace("\n", "<br>") for part in _BLANK_LINE.split(text))
    return markup.clean("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs))


def _inline(text: str, depth: int) -> str:
    """Marks turned into elements, all else escaped."""
    if not depth or not _BEGINS.search(text):
        return html.escape(text, quote=False)
    done, place = [], 0
    for found in _MARK.finditer(text):
        done += [html.escape(text[place : found.start()], quote=False), _element(found, depth - 1)]
        place = found.end()
    return "".join([*done, html.escape(text[place:], quote=False)])


def _element(found: re.Match[str], depth: int) -> str:
    """The element of one mark."""
    part, inside = next((name, value) for name, value in found.groupdict().items() if value is not None and name != "ticks")
    if part == "code":
        return f"<code>{html.escape(inside.strip(), quote=False)}</code>"
    if part == "tag":
        return html.escape(inside, quote=False)
    if part == "text":
        # No link stands inside a link.
        return f'<a href="{html.escape(found["href"])}">{_inline(inside, 0)}</a>'
    if part == "url":
        address = inside.rstrip(_AFTER_ADDRESS)
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(_AFTER_ADDRESS)
        return f'<a href="{html.escape(address)}">{html.escape(address, quote=False)}</a>{html.escape(inside[len(address) :])}'
    name = "strong" if part == "strong" else "em"
    return f"<{name}>{_inline(inside, depth)}</{name}>"
