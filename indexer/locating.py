"""Where in a body do some words stand? Text is found in safe HTML by its letters alone, whatever tags are between them.

For whoever has prose that came from a body (a passage, a quotation) and wants to point at it on the page.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from .plainmarkup import TAG

# Marks sit on letters and are none: with them away, a composed letter and its parts are the same.
_NO_LETTER: Final = re.compile(r"[\W_]+")
_UNIT: Final = re.compile(r"&(?:#\w+|\w+);|.", re.DOTALL)


class Stretch(NamedTuple):
    """A stretch of HTML in which there is text and no tag: offsets."""

    start: int
    end: int


def letters(text: str) -> str:
    """The letters and digits of a text, folded: what texts are compared by."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    return _NO_LETTER.sub("", text.lower())


def letters_of(safe: str) -> str:
    """The letters and digits of safe HTML, tags left out."""
    return letters(html.unescape(TAG.sub("", safe)))


def texts(safe: str) -> Iterator[Stretch]:
    """The text of safe HTML, in order: what is between its tags."""
    start = 0
    for tag in TAG.finditer(safe):
        if tag.start() > start:
            yield Stretch(start, tag.start())
        start = tag.end()
    if start < len(safe):
        yield Stretch(start, len(safe))


def find(safe: str, wanted: str) -> list[Stretch]:
    """Where the words of a text stand first, punctuation beside them and all; [] where they do not stand in one piece."""
    needle = letters(wanted)
    # Three steps, the dear one last: most bodies do not have the words, and need not be taken apart.
    if not needle or needle not in letters_of(safe):
        return []
    offsets: list[int] = []
    ends: list[int] = []
    found: list[str] = []
    for stretch in texts(safe):
        for unit in _UNIT.finditer(safe, stretch.start, stretch.end):
            for letter in letters(html.unescape(unit.group())):
                found.append(letter)
                offsets.append(unit.start())
                ends.append(unit.end())
    at = "".join(found).find(needle)
    if at < 0:
        return []
    return list(_between(safe, offsets[at], ends[at + len(needle) - 1]))


def _between(safe: str, start: int, end: int) -> Iterator[Stretch]:
    """The texts between two offsets, each with what belongs to its first and last word."""
    for stretch in texts(safe):
        first, last = max(start, stretch.start), min(end, stretch.end)
        if first >= last:
            continue
        while first == start > stretch.start and _belongs(safe[first - 1]):
            first, start = first - 1, start - 1
        while last == end < stretch.end and _belongs(safe[last]):
            last, end = last + 1, end + 1
        if safe[first:last].strip():
            yield Stretch(first, last)


def _belongs(char: str) -> bool:
    """Whether a character beside a word is of it: a full stop, a quotation mark; not a space, nor part of a reference."""
    return not char.isspace() and char not in "&;<>" and not char.isalnum()


def marked(safe: str, stretches: Sequence[Stretch], opening: str, again: str, closing: str) -> str:
    """Safe HTML with each of some stretches between tags: `opening` before the first of them, `again` before the others."""
    pieces, at = [], 0
    for number, stretch in enumerate(stretches):
        pieces += [safe[at : stretch.start], again if number else opening, safe[stretch.start : stretch.end], closing]
        at = stretch.end
    return "".join([*pieces, safe[at:]])


def inserted(safe: str, what: Sequence[tuple[int, str]]) -> str:
    """Safe HTML with something put in at each of some offsets, which come in order."""
    pieces, at = [], 0
    for offset, markup in what:
        pieces += [safe[at:offset], markup]
        at = offset
    return "".join([*pieces, safe[at:]])


