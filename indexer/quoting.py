"""Whose words does a post quote? Quotations that stand in an earlier post of the same thread, each with that post.

A quotation is what its author set apart as one: a block, a line or words in italics, a "> " line, words between quotation
marks. It is found by its letters, so that neither emphasis nor a curly apostrophe matters, and only where there are enough of
them to be no accident. Where several posts have them, they are the first one's: the others quote, too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from . import locating
from .thread import Post, Thread

LEAST: Final = 20
"""Letters of a quotation that are looked for: some four words. Of fewer, "I don't know" is a quotation of half the thread."""

_READ: Final = 50_000
"""Letters of one post that are looked in."""
_WORK: Final = 1_000_000_000
"""Letters that are looked through for one thread: a second or so. Reached by thousands of long posts that quote each other."""
_BLOCK: Final = re.compile(r"<(/?)blockquote>")
_EMPHASISED: Final = re.compile(r"<(em|i|q)>((?:(?!</?\1>).){20,4000})</\1>", re.DOTALL)
_LINE: Final = re.compile(r"(?:(?<=<p>)|(?<=<br>))(?:&gt;|›)((?:(?!<br>|</p>).){20,4000})", re.DOTALL)
_BETWEEN_MARKS: Final = re.compile(r"“([^”“]{20,2000})”|«([^»«]{20,2000})»|(?<![\w\"])\"(?=\S)([^\"]{20,2000})(?<=\S)\"(?!\w)")
# What is left out of a quotation, or stands between its paragraphs.
_GAP: Final = re.compile(r"\[?(?:…|\.\.\.)\]?|</p>|<br>|</li>")


class Quotation(NamedTuple):
    """Words of another post."""

    end: int
    """Where in the body they end: an offset, of a block quotation before its closing tag."""
    is_block: bool
    of_post: str
    """The id of the post that they are from."""
    html: str
    """The words, as they stand in the body."""


class Sources:
    """The posts of a thread, as they may be quoted by later ones."""

    def __init__(self, thread: Thread) -> None:
        self._posts = ([thread.question] if thread.question else []) + list(thread.replies)
        self._places = {post.id: place for place, post in enumerate(self._posts)}
        self._work = _WORK
        self._starts: list[int] = []
        self._letters = ""

    def quoted_by(self, post: Post) -> list[Quotation]:
        """What a post quotes of earlier ones, in order; a comment may quote the post it stands under, too."""
        found = list(_quotations(post.body))
        if not found:
            return []
        if not self._letters:
            self._read()
        place = self._places.get(post.id)
        parent = self._places.get(post.parent_id or "", len(self._posts) - 1)
        before = place if place is not None else parent + 1
        quotations = [
            Quotation(end, is_block, source.id, html)
            for end, is_block, html in found
            if (source := self._source(html, before)) is not None and source.id != post.id
        ]
        return sorted(quotations)

    def _read(self) -> None:
        pieces, at = [], 0
        for post in self._posts:
            title = locating.letters(post.title or "")
            said = f"{title} {locating.letters_of(post.body)[:_READ]} "
            self._starts.append(at)
            pieces.append(said)
            at += len(said)
        self._letters = "".join(pieces) or " "

    def _source(self, quoted: str, before: int) -> Post | None:
        """The first of the posts before a place that has the words of a quotation, or else its longest piece."""
        end = self._starts[before] if before < len(self._starts) else len(self._letters)
        whole = locating.letters_of(quoted)
        longest = max((locating.letters_of(piece) for piece in _GAP.split(quoted)), key=len)
        for wanted in dict.fromkeys((whole, longest)):
            if len(wanted) < LEAST or self._work < end:
                continue
            self._work -= end
            at = self._letters.find(wanted, 0, end)
            if at >= 0:
                return self._posts[bisect_right(self._starts, at) - 1]
        return None


def _quotations(safe: str) -> Iterator[tuple[int, bool, str]]:
    """Every quotation of a body: where it ends, whether it is a block, and its HTML. None is inside another."""
    taken: list[tuple[int, int]] = []
    for start, end, past in _blocks(safe):
        taken.append((start, past))
        yield end, True, safe[start:end]
    for pattern in (_LINE, _EMPHASISED):
        for found in pattern.finditer(safe):
            if _is_free(found.start(), found.end(), taken):
                taken.append(found.span())
                yield found.end(), False, found.group(found.lastindex or 0)
    for stretch in locating.texts(safe):
        for found in _BETWEEN_MARKS.finditer(safe, stretch.start, stretch.end):
            if _is_free(found.start(), found.end(), taken):
                yield found.end(), False, found.group()


def _blocks(safe: str) -> Iterator[tuple[int, int, int]]:
    """The outermost block quotations: where each begins, where its closing tag begins, and what comes after that."""
    depth = start = 0
    for tag in _BLOCK.finditer(safe):
        if not tag.group(1):
            start = tag.end() if not depth else start
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                yield start, tag.start(), tag.end()


def _is_free(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return all(end <= other or start >= past for other, past in taken)
