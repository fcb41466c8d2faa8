"""Safe HTML for markup that is plain enough to be read tag by tag: most bodies of most archives, at a tenth of a parser's cost.

What is plain is a small language: a few elements without attributes, links with ordinary addresses, everything closed where
it was opened. `flat` either recognises the whole of a body as that, and then says exactly what `markup.clean` would say after
parsing it, or gives None and leaves the body to the parsers. Nothing of the markup itself gets through: tags are written anew
from the names below, and text in which a parser could see anything but text is not plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

REL: Final = "nofollow noreferrer noopener"
BLANK: Final = " \t\r\f\v\u00a0\u2007\u202f\u200b\ufeff"
"""White space of which alone no paragraph is made."""

TAG: Final = re.compile(r"<[^>]*>")

_DEPTH: Final = 16
"""Elements inside each other. What nests deeper is not plain."""

_INLINE: Final = {f"<{name}>": name for name in "b cite code del em i ins kbd s small strike strong sub sup tt u var".split()}
_BLOCKS: Final = {f"<{name}>": name for name in "p blockquote ul ol li h1 h2 h3 h4 h5 h6".split()}
_CLOSED_INLINE: Final = {f"</{name}>": name for name in ["a", *_INLINE.values()]}
_CLOSED_BLOCKS: Final = {f"</{name}>": name for name in _BLOCKS.values()}
_BREAKS: Final = frozenset({"<br>", "<br/>", "<br />"})
_RULES: Final = frozenset({"<hr>", "<hr/>", "<hr />"})
_LISTS: Final = frozenset({"ul", "ol"})
_FLOW: Final = frozenset({"", "blockquote", "li"})
"""What blocks may stand in; "" is the body itself."""

_PIECE: Final = re.compile(r"(<p>[^<>&]+</p>|<pre>[^<>\r]*</pre>|<pre><code>[^<>\r]*</code></pre>|<[^<>]*>)")
"""What a body is split at: tags, and whole elements that hold nothing but text."""

_LABEL: Final = "(?!xn--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LINK: Final = re.compile(
    rf'<a href="(https?://(?:{_LABEL}\.){{1,8}}[A-Za-z]{{2,24}}(?:[/?#](?:[A-Za-z0-9._~%!$\'()*+,;=:@/?#-]|&amp;)*)?)"'
    r'(?: rel="[a-z ]*")?(?: title="[^"&]*")?>'
)
_IMAGE: Final = re.compile(r'<img src="[^"]*" alt="([^"&]*)"(?: title="[^"]*")? ?/?>')
_NOT_TEXT: Final = re.compile(r"[<>]|&(?!(?:amp|lt|gt|quot|nbsp|#39);)")
_SPACES: Final = re.compile(r"[\t\r\n\f][ \t\r\n\f]*| [ \t\r\n\f]+")
"""Runs of white space that are not one space already."""

_FOLDED: Final = " \t\r\n\f"
_MORE_SPACES: Final = re.compile("  +")
_PARTED: Final = re.compile(r"(?:\s*<br>\s*){2,}")
_AROUND_BREAK: Final = re.compile(" *<br> *")


class _NotPlainError(Exception):
    """The body needs a parser."""


def flat(markup: str, resolve: Callable[[str], str | None] | None, *, collapse: bool) -> str | None:
    """What `markup.clean` makes of plain markup that has no control characters; None for markup that is not plain."""
    if "\r" in markup and not collapse:
        return None
    try:
        return _Reading(resolve, collapse).of(markup)
    except _NotPlainError:
        return None


def folded(text: str, *, collapse: bool) -> str:
    """Text as it is shown: what is no line break in markup is only how the archive's file was wrapped."""
    return _SPACES.sub(" ", text) if collapse else text.replace("\n", " ")


def paragraphs(run: Iterable[str], *, collapse: bool) -> list[str]:
    """The paragraphs of a run of inline markup: two line breaks in a row part them."""
    text = "".join(run)
    parts = _PARTED.split(text) if collapse and "<br>" in text else (text,)
    return [f"<p>{inside}</p>" for part in parts if (inside := trimmed(part, collapse=collapse))]


def trimmed(inside: str, *, collapse: bool) -> str:
    """Inline markup without white space and line breaks around it; "" where there is nothing else."""
    inside = inside.strip(" \n")
    if "<" not in inside and "  " not in inside:
        return inside if inside.strip(BLANK) else ""
    while inside.startswith("<br>") or inside.endswith("<br>"):
        inside = inside.removeprefix("<br>").removesuffix("<br>").strip(" \n")
    if collapse:
        # Emphasis with nothing in it leaves its space beside another.
        inside = _AROUND_BREAK.sub("<br>", _MORE_SPACES.sub(" ", inside))
    return inside if TAG.sub("", inside).strip(BLANK) else ""


def listed(blocks: Sequence[str]) -> str:
    """The inside of a list's item: a lone paragraph stands there bare."""
    return blocks[0][3:-4] if len(blocks) == 1 and blocks[0].startswith("<p>") else "".join(blocks)


class _Open(NamedTuple):
    """A block whose end is still to come."""

    name: str
    blocks: list[str]
    """Finished blocks inside it."""
    run: list[str]
    """Pieces of text and inline markup since the last of them."""


class _Reading:
    """One pass over the tags of a body."""

    def __init__(self, resolve: Callable[[str], str | None] | None, collapse: bool) -> None:
        self._resolve = resolve
        self._collapse = collapse
        self._top = _Open("", [], [])
        self._outer: list[_Open] = []
        self._inline: list[tuple[str, int]] = []
        """Inline elements that are open, each with its place in the run."""
        self._visible = -1
        """The place in the run of its last piece of text that is not blank."""

    def of(self, markup: str) -> str:
        pieces = _PIECE.split(markup)
        if pieces[0].strip(_FOLDED if self._collapse else " \n") and not _entities(pieces[0]).strip():
            # Blank to the parser, which then drops it, and visible to everybody else.
            raise _NotPlainError
        for index, piece in enumerate(pieces):
            if index % 2:
                self._tag(piece)
            elif piece:
                self._text(piece)
        if self._outer or self._inline:
            raise _NotPlainError
        self._end_run()
        return "".join(self._top.blocks).replace("\u00a0", "&nbsp;")

    def _tag(self, tag: str) -> None:
        if tag.startswith("<p>") and len(tag) > 3:
            self._paragraph(tag)
        elif name := _BLOCKS.get(tag):
            self._open(name)
        elif name := _CLOSED_BLOCKS.get(tag):
            self._close(name)
        elif name := _CLOSED_INLINE.get(tag):
            self._close_inline(name)
        elif name := _INLINE.get(tag):
            self._open_inline(name, tag)
        elif tag.startswith("<a "):
            self._open_inline("a", self._link(tag))
        elif tag in _BREAKS and not self._inline and self._top.name not in _LISTS and self._top.name[:1] != "h":
            self._top.run.append("<br>")
        else:
            self._rarer(tag)

    def _rarer(self, tag: str) -> None:
        image = _IMAGE.fullmatch(tag)
        if image and self._top.name not in _LISTS:
            alt = image[1].strip()
            self._text(f"[image: {alt}]" if alt else "[image]")
        elif not self._inline and self._top.name in _FLOW and (tag in _RULES or (tag.startswith("<pre>") and tag != "<pre>")):
            self._end_run()
            inside = _entities(TAG.sub("", tag)).strip("\n")
            if tag in _RULES:
                self._top.blocks.append("<hr>")
            elif inside.strip():
                self._top.blocks.append(f"<pre>{inside}</pre>")
        else:
            raise _NotPlainError

    def _paragraph(self, written: str) -> None:
        """A paragraph without tags and references in it."""
        if self._inline or self._top.name not in _FLOW:
            raise _NotPlainError
        self._end_run()
        inside = folded(written[3:-4], collapse=self._collapse).strip(" ")
        if inside.strip(BLANK):
            self._top.blocks.append(f"<p>{inside}</p>")

    def _text(self, text: str) -> None:
        if _NOT_TEXT.search(text):
            raise _NotPlainError
        if "&" in text:
            text = _entities(text)
        text = folded(text, collapse=self._collapse)
        visible = bool(text.strip(BLANK))
        if visible and self._top.name in _LISTS:
            raise _NotPlainError
        if visible:
            self._visible = len(self._top.run)
        self._top.run.append(text)

    def _open(self, name: str) -> None:
        here = self._top.name
        if self._inline or len(self._outer) >= _DEPTH or (here not in _LISTS if name == "li" else here not in _FLOW):
            raise _NotPlainError
        self._end_run()
        self._outer.append(self._top)
        self._top = _Open(name, [], [])

    def _close(self, name: str) -> None:
        closed = self._top
        if name != closed.name or self._inline:
            raise _NotPlainError
        if name[0] == "h":
            inside = trimmed("".join(closed.run), collapse=self._collapse)
            closed.blocks.extend([f"<p><strong>{inside}</strong></p>"] if inside else [])
            closed.run.clear()
            self._visible = -1
        self._end_run()
        self._top = self._outer.pop()
        if name == "p" or name[0] == "h":
            self._top.blocks.extend(closed.blocks)
        elif closed.blocks:
            inside = listed(closed.blocks) if name == "li" else "".join(closed.blocks)
            self._top.blocks.append(f"<{name}>{inside}</{name}>")

    def _open_inline(self, name: str, written: str) -> None:
        if len(self._inline) >= _DEPTH or self._top.name in _LISTS:
            raise _NotPlainError
        self._inline.append((name, len(self._top.run)))
        self._top.run.append(written)

    def _close_inline(self, name: str) -> None:
        opened, place = self._inline.pop() if self._inline else ("", 0)
        if opened != name or self._visible < place:
            raise _NotPlainError
        self._top.run.append(f"</{name}>")

    def _link(self, tag: str) -> str:
        found = _LINK.fullmatch(tag)
        if not found or any(name == "a" for name, _ in self._inline):
            raise _NotPlainError
        if self._resolve:
            address = found[1].replace("&amp;", "&")
            if self._resolve(address) != address:
                raise _NotPlainError
        return f'<a href="{found[1]}" rel="{REL}">'

    def _end_run(self) -> None:
        if self._top.run:
            self._top.blocks.extend(paragraphs(self._top.run, collapse=self._collapse))
            self._top.run.clear()
            self._visible = -1


def _entities(text: str) -> str:
    """Text with those character references resolved that the house does not write, and white space as itself."""
    return text.replace("&quot;", '"').replace("&#39;", "'").replace("&nbsp;", "\u00a0")
