"""Markdown as forums write it, to safe HTML. Raw HTML in it is text; the sanitiser has the last word, as everywhere.

CommonMark with tables and strikethrough, and bare addresses become links. Of what only one site has, `from_reddit` knows
`>!spoilers!<` (shown without their marks: nothing here hides text) and `^superscript`, `from_lemmy` the `::: spoiler` fence.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .. import markup

MAX_MARKDOWN: Final = 50_000
"""Code points that are read as Markdown, as many as any of these sites takes; a longer text is shown as it stands."""

Resolve = Callable[[str], str | None]

_MARKED = re.compile(r"[*_`~\[\]<>#|^\\&\0]|://|  \n|^(?: {4}| *\t| {0,3}(?:[-+=]|\d{1,9}[.)]))", re.MULTILINE)
"""Anything that could mean something in Markdown. Most posts have none of it, and parsing costs more than all the rest."""
_PARAGRAPHS = re.compile(r"\n(?:[ \t]*\n)+")
_SPOILER_MARKS = re.compile(r">!|!<|\n[ \t]*\n")
_FENCE = re.compile(r"^:::[ \t]*(?:spoiler[ \t]+(?P<title>[^\n]*))?$", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>\"\\^`{|}]{1,2000}", re.IGNORECASE)
_RAISED = re.compile(r"\^(?:\((?P<words>(?:[^()^\n]|\([^()^\n]*\)){1,500})\)|(?P<word>[\w+-]{1,100}))")
_FILLER = re.compile(r"&#x200b;|\u200b|\ufeff", re.IGNORECASE)


def from_reddit(text: str, *, escaped: bool = True) -> str:
    """Safe HTML for a body of Reddit's. `escaped` takes back, once, the `&amp; &lt; &gt;` that its dumps are written with."""
    if escaped:
        text = unescape(text)
    return _render(_REDDIT, _open_spoilers(text) if ">!" in text else text, _on_reddit)


def from_lemmy(text: str) -> str:
    """Safe HTML for a body of Lemmy's. The title of a spoiler stands over it in bold."""
    if ":::" in text:
        text = _FENCE.sub(lambda fence: f"\n**{fence['title'].strip()}**\n" if (fence["title"] or "").strip() else "\n", text)
    return _render(_PLAIN, text, None)


def unescape(text: str) -> str:
    """Text as it was typed, out of Reddit's escapes: one layer only, since people also type `&lt;`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text


def link(address: str) -> str:
    """A paragraph that links to an address, before cleaning; "" for one that is no web address."""
    if not address.lower().startswith(("http://", "https://")):
        return ""
    safe = html.escape(address)
    return f'<p><a href="{safe}">{safe}</a></p>'


def _render(parser: MarkdownIt, text: str, resolve: Resolve | None) -> str:
    if len(text) > MAX_MARKDOWN:
        return markup.from_text(text)
    text = _FILLER.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if _MARKED.search(text):
        return markup.clean(parser.render(text), resolve)
    return markup.clean("".join(f"<p>{html.escape(part, quote=False)}</p>" for part in _PARAGRAPHS.split(text)))


def _on_reddit(href: str) -> str | None:
    if href.startswith(("http://", "https://", "mailto:")):
        return href
    return f"https://www.reddit.com{href}" if href.startswith(("/r/", "/u/", "/user/", "/wiki/", "/message/")) else None


def _open_spoilers(text: str) -> str:
    """`text` without the marks of those spoilers that end in the paragraph they begin in."""
    pieces, done, start = [], 0, -1
    for mark in _SPOILER_MARKS.finditer(text):
        if mark[0] == ">!":
            start = mark.start() if start < 0 else start
        elif mark[0] == "!<" and start >= 0:
            pieces += [text[done:start], text[start + 2 : mark.start()].strip(" ")]
            done, start = mark.end(), -1
        elif mark[0] != "!<":
            start = -1
    return "".join((*pieces, text[done:]))


def _superscript(state: StateInline, silent: bool) -> bool:
    """The inline rule of `^word` and `^(some words)`."""
    match = _RAISED.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("sup_open", "sup", 1)
        inside: list[Token] = []
        state.md.inline.parse(match["words"] or match["word"], state.md, state.env, inside)
        state.tokens += inside
        state.tokens_meta += [None] * len(inside)
        state.push("sup_close", "sup", -1)
    state.pos = match.end()
    return True


def _link_addresses(state: StateCore) -> None:
    """The core rule that makes links of addresses standing in the text."""
    for block in state.tokens:
        if block.type != "inline" or "://" not in block.content or not block.children:
            continue
        children: list[Token] = []
        inside = 0
        for token in block.children:
            inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "text" and not inside and "://" in token.content:
                children += _with_links(token.content)
            else:
                children.append(token)
        block.children = children


def _with_links(text: str) -> list[Token]:
    tokens, done = [], 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(".,:;!?'*_~")
        # A bracket belongs to the address only if it was opened in it.
        while address.endswith((")", "]")) and address.count(address[-1]) > address.count("(" if address[-1] == ")" else "["):
            address = address[:-1].rstrip(".,:;!?'*_~")
        tokens += [
            Token("text", "", 0, content=text[done : match.start()]),
            Token("link_open", "a", 1, attrs={"href": address}),
            Token("text", "", 0, content=address),
            Token("link_close", "a", -1),
        ]
        done = match.start() + len(address)
    return [*tokens, Token("text", "", 0, content=text[done:])]


def _parser(*, superscript: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.core.ruler.push("addresses", _link_addresses)
    if superscript:
        parser.inline.ruler.before("emphasis", "superscript", _superscript)
    return parser


_PLAIN: Final = _parser(superscript=False)
_REDDIT: Final = _parser(superscript=True)
