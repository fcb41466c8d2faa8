"""Any markup to safe HTML, and safe HTML to prose.

`clean` is the one door through which archived markup enters the house: what it returns is a flat run of blocks
(paragraphs, quotes, lists, preformatted text) with inline emphasis and links. Nothing in it loads, runs or styles anything.
Plain markup is read tag by tag (`plainmarkup`); of all other the sanitiser has the last word. `clean` is idempotent, so that
an exported body comes back unchanged.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

import nh3
from lxml.html import HtmlElement, fragment_fromstring

from . import plainmarkup
from .plainmarkup import BLANK, REL, TAG, folded, trimmed

MAX_BODY = 2_000_000
"""Code points of one body that are kept: past it a body is a mistake or an attack."""

_INLINE = frozenset("a abbr acronym b br cite code del dfn em i ins kbd q s samp small strike strong sub sup tt u var".split())
_BLOCKS = frozenset("blockquote dd dl dt li ol p pre ul".split())
_TABLE = frozenset("table thead tbody tfoot tr th td caption hr details summary".split())
_ALLOWED = set(_INLINE | _BLOCKS | _TABLE)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNWRAPPED_BLOCKS = frozenset({"div", "section", "article", "center", "address", "figure"})
_DROPPED = {
    "script",
    "style",
    "svg",
    "math",
    "template",
    "noscript",
    "iframe",
    "object",
    "embed",
    "head",
    "title",
    "textarea",
    "select",
}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n{3,}")
_QUOTE = re.compile(r"<(blockquote|q)\b[^>]*>.*?</\1>", re.DOTALL)
_BLOCKQUOTE = re.compile(r"<(/?)blockquote>")
# How forums without a mark for quotations have them: the question's words in italics, the answer below.
_EMPHASISED_LINE = re.compile(r"(<p>|<br>)<(em|i)>(?:(?!</?(?:em|i)>).){20,2000}</\2>(?=</p>|<br>)", re.DOTALL)
_QUOTED_LINE = re.compile(r"(?:(?<=<p>)|(?<=<br>))(?:&gt;|›)(?:(?!<br>|</p>).)*", re.DOTALL)
_STEADY = frozenset({"p", "br", "blockquote", "ul", "ol", "li", "pre", "div", "a", "b", "code", "em", "i", "strong", "small"})
_PASSES = 5
_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_NOT_NESTING = frozenset({"br", "hr", "img", "input", "p", "li", "dt", "dd", "td", "th", "tr", "option", "meta", "link"})
_DEPTH = 200
"""Elements inside each other. No writer nests this deep, parsers take quadratic time for it, and lxml loses the text."""


def clean(markup: str, resolve: Callable[[str], str | None] | None = None, *, collapse: bool = True) -> str:
    """Safe HTML for any markup whatever, as a flat run of blocks; "" if nothing readable is left.

    `resolve` turns an href as archived into the one to keep, or None to drop the link and keep its text; without it only
    absolute http, https and mailto links and fragments stay. `collapse` folds runs of white space as a browser would;
    bodies that come from plain text keep theirs.
    """
    markup = _CONTROLS.sub(" ", markup[:MAX_BODY])
    plain = plainmarkup.flat(markup, resolve, collapse=collapse)
    return _parsed(markup, resolve, collapse=collapse) if plain is None else plain


def _parsed(markup: str, resolve: Callable[[str], str | None] | None, *, collapse: bool) -> str:
    """What `clean` makes of markup that needs a parser."""
    if _is_too_deep(markup):
        return from_text(html.unescape(TAG.sub("\n", markup)))
    safe, odd = _flatten(markup, resolve, collapse=collapse)
    for _ in range(_PASSES if odd else 0):
        again, _odd = _flatten(safe, None, collapse=collapse)
        if again == safe:
            break
        safe = again
    return safe


def _is_too_deep(markup: str) -> bool:
    depth = 0
    for closing, name in _OPENING.findall(markup):
        if name.lower() not in _NOT_NESTING:
            depth = max(0, depth + (-1 if closing else 1))
            if depth > _DEPTH:
                return True
    return False


def _flatten(markup: str, resolve: Callable[[str], str | None] | None, *, collapse: bool) -> tuple[str, bool]:
    """One pass of `clean`, and whether the result may be parsed a little differently the next time."""
    known = nh3.clean(
        markup,
        tags=_ALLOWED | _HEADINGS | _UNWRAPPED_BLOCKS | {"img"},
        clean_content_tags=_DROPPED,
        attributes={"*": set(), "a": {"href"}, "abbr": {"title"}, "acronym": {"title"}, "img": {"alt"}},
        url_schemes={"http", "https", "mailto"},
        url_relative=(lambda href: href) if resolve else (lambda href: href if href.startswith("#") else None),
        link_rel=None,
    )
    # References to characters are these characters now, and lxml takes no controls.
    root = fragment_fromstring(_CONTROLS.sub(" ", known), create_parent="div")
    for link in root.iter("a"):
        href = link.get("href")
        kept = resolve(href) if resolve and href else href
        if kept:
            link.set("href", kept)
        else:
            link.attrib.pop("href", None)
    regrouped = _Blocks(collapse)
    blocks = "".join(regrouped.of(root))
    safe = nh3.clean(
        blocks,
        tags=_ALLOWED,
        attributes={"*": set(), "a": {"href"}, "abbr": {"title"}, "acronym": {"title"}},
        url_schemes={"http", "https", "mailto"},
        url_relative=lambda href: href if href.startswith("#") else None,
        link_rel=REL,
    )
    return safe, regrouped.odd


def from_text(text: str) -> str:
    """Safe HTML for plain text: blank lines part paragraphs, single newlines become `<br>`, spaces stay as they are."""
    paragraphs: list[list[str]] = [[]]
    for line in _CONTROLS.sub(" ", text[:MAX_BODY]).split("\n"):
        if line.strip(BLANK):
            paragraphs[-1].append(html.escape(line, quote=False))
        elif paragraphs[-1]:
            paragraphs.append([])
    return clean("".join(f"<p>{'<br>'.join(lines)}</p>" for lines in paragraphs if lines), collapse=False)


def prose(safe: str, *, quotes: bool = True) -> str:
    """The text of safe HTML as a reader sees it: a blank line between blocks, a newline for `<br>`.

    With `quotes` off, block quotations are left out: they are somebody else's words.
    """
    if not quotes:
        safe = _QUOTE.sub("\n\n", safe)
    text = safe.replace("<br>", "\n").replace("</p>", "\n\n").replace("</pre>", "\n\n").replace("</li>", "\n")
    text = text.replace("<blockquote>", "\n\n").replace("</blockquote>", "\n\n").replace("</ul>", "\n").replace("</ol>", "\n")
    text = text.replace("</tr>", "\n").replace("</td>", " ").replace("</th>", " ").replace("</dt>", "\n").replace("</dd>", "\n")
    text = html.unescape(TAG.sub("", text))
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def own_words(safe: str) -> str:
    """The prose of safe HTML without what its author quotes as a block: block quotations, lines all in italics, "> " lines.

    Where nothing else is left, all of it.
    """
    kept = _QUOTED_LINE.sub("", _EMPHASISED_LINE.sub(r"\1", "".join(_outside_quotes(safe)))).strip()
    return (kept and prose(kept)) or prose(safe)


def _outside_quotes(safe: str) -> Iterator[str]:
    """What of safe HTML stands in no block quotation, however deep these are."""
    depth = start = 0
    for tag in _BLOCKQUOTE.finditer(safe):
        if not depth:
            yield safe[start : tag.start()]
        depth = max(0, depth + (-1 if tag.group(1) else 1))
        start = tag.end()
    if not depth:
        yield safe[start:]


class _Blocks:
    """Regroups a parsed fragment into blocks: inline runs become paragraphs, two line breaks in a row part them."""

    def __init__(self, collapse: bool) -> None:
        self.collapse = collapse
        self.odd = False
        """Whether there was anything that a parser may take a little differently once it is flat: tables, headings, blocks or
        line breaks inside emphasis."""

    def of(self, parent: HtmlElement) -> Iterator[str]:
        """The blocks inside `parent`, serialised in order."""
        run: list[str] = []
        if parent.text:
            run.append(self._text(parent.text))
        for child in parent:
            tag = str(child.tag)
            if tag in _INLINE or tag == "img":
                run.append(self._inline(child))
            else:
                yield from self._paragraphs(run)
                run = []
                yield from self._block(child, tag)
            if child.tail:
                run.append(self._text(child.tail))
        yield from self._paragraphs(run)

    def _block(self, element: HtmlElement, tag: str) -> Iterator[str]:
        self.odd = self.odd or tag not in _STEADY
        if tag == "hr":
            yield "<hr>"
        elif tag == "pre":
            text = "".join(element.itertext()).strip("\n")
            if text.strip():
                yield f"<pre>{html.escape(text, quote=False)}</pre>"
        elif tag in _HEADINGS:
            inside = trimmed("".join(self._pieces(element)), collapse=self.collapse)
            if inside:
                yield f"<p><strong>{inside}</strong></p>"
        elif tag in {"li", "dt", "dd", "td", "th", "summary", "caption"}:
            blocks = list(self.of(element))
            inside = plainmarkup.listed(blocks)
            if inside or tag in {"td", "th"}:
                yield f"<{tag}>{inside}</{tag}>"
        elif tag in _ALLOWED and tag != "p":
            parts = list(self.of(element))
            items = {"ul": ("<li>",), "ol": ("<li>",), "dl": ("<dd>", "<dt>")}.get(tag)
            if items:
                # Only items may stand here.
                parts = [part if part.startswith(items) else _item(items[0], part) for part in parts]
            if parts:
                yield f"<{tag}>{''.join(parts)}</{tag}>"
        else:
            yield from self.of(element)

    def _paragraphs(self, run: list[str]) -> list[str]:
        return plainmarkup.paragraphs(run, collapse=self.collapse)

    def _inline(self, element: HtmlElement) -> str:
        tag = str(element.tag)
        if tag == "br":
            return "<br>"
        if tag == "img":
            alt = (element.get("alt") or "").strip()
            return self._text(f"[image: {alt}]") if alt else "[image]"
        inside = "".join(self._pieces(element))
        self.odd = self.odd or tag not in _STEADY or "<br>" in inside
        if not TAG.sub("", inside).strip(BLANK):
            return "<br>" if "<br>" in inside else (" " if inside else "")
        attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in sorted(element.attrib.items()))
        return f"<{tag}{attributes}>{inside}</{tag}>"

    def _pieces(self, element: HtmlElement) -> Iterator[str]:
        if element.text:
            yield self._text(element.text)
        for child in element:
            # A block inside inline markup (an unclosed <em> around paragraphs) keeps its text and its break.
            yield self._inline(child) if child.tag in _INLINE or child.tag == "img" else self._inline_block(child)
            if child.tail:
                yield self._text(child.tail)

    def _inline_block(self, element: HtmlElement) -> str:
        self.odd = True
        return "<br>" + "".join(self._pieces(element)) + "<br>"

    def _text(self, text: str) -> str:
        return html.escape(folded(text, collapse=self.collapse), quote=False)


def _item(opening: str, block: str) -> str:
    """A block as an item of a list."""
    return f"{opening}{block[3:-4] if block.startswith('<p>') else block}</{opening[1:]}"
