"""Which part of an answer to show, and where in it the question's words are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from . import words
from .words import Word

LENGTH: Final = 300
"""Code points of a passage, about: three lines on a desk, six on a phone."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a passage; `match` tells whether it is one of the question's words."""

    text: str
    match: bool


def best(text: str, terms: Collection[str], length: int = LENGTH) -> tuple[Span, ...]:
    """The passage of `text` with the most different words of the question, as spans; its beginning if it has none.

    It starts and ends between words, at a sentence's beginning where one is near, and white space is folded.
    """
    text = " ".join(text.split())
    matches = [word for word in words.words(text) if not word.is_stop and word.term in terms]
    start = _sentence_start(text, _densest(matches, length), length) if len(text) > length else 0
    end = min(len(text), start + length)
    if end < len(text):
        end = text.rfind(" ", start + length // 2, end) if " " in text[start + length // 2 : end] else end
    spans: list[Span] = [Span("… ", False)] if start else []
    position = start
    for word in matches:
        if word.start < start or word.end > end:
            continue
        if word.start > position:
            spans.append(Span(text[position : word.start], False))
        spans.append(Span(text[word.start : word.end], True))
        position = word.end
    if position < end:
        spans.append(Span(text[position:end], False))
    if end < len(text):
        spans.append(Span(" …", False))
    return tuple(spans)


def _densest(matches: Sequence[Word], length: int) -> int:
    """Where the window of `length` begins that holds the most different terms, then the most matches, then the first."""
    best_start, best_value, first = 0, (0, 0), 0
    counts: dict[str, int] = {}
    for last, word in enumerate(matches):
        counts[word.term] = counts.get(word.term, 0) + 1
        while first < last and word.end - matches[first].start > length:
            term = matches[first].term
            counts[term] -= 1
            if not counts[term]:
                del counts[term]
            first += 1
        value = (len(counts), last - first)
        if value > best_value:
            best_start, best_value = matches[first].start, value
    return best_start


def _sentence_start(text: str, match: int, length: int) -> int:
    """Where to begin so that the match at `match` is read with what leads up to it."""
    earliest = max(0, match - length // 4)
    if earliest == 0:
        return 0
    for end in (". ", "? ", "! "):
        found = text.rfind(end, earliest, match)
        if found >= 0:
            return found + 2
    return text.find(" ", earliest) + 1
