"""Which part of an answer to show, and where in it the question's words are.

A passage is a run of whole sentences. Of all runs that fit, the one with the most weight in different words of the question
is taken; among equals the one that reads best from its first word on.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NamedTuple

import regex

from . import sentences, words

LENGTH: Final = 300
"""Code points of a passage, at most: three lines on a desk, six on a phone."""

PHRASES: Final = 8
"""Phrases of a question that are marked."""

_CLAUSE: Final = 120
"""Code points of the pieces that a sentence too long for a passage is taken in."""
_SHORT: Final = 0.4
"""A passage shorter than this share of its length goes on into a sentence that has no room as a whole."""
_REPEATS: Final = 4
"""Repetitions that count beside a good beginning."""
_SPACES: Final = re.compile(r"\s+")
_TO_FOLD: Final = re.compile(r"\s{2,}|[^\S ]")
"""White space that is more than a space."""
_CLAUSE_END: Final = re.compile(r"[,;:)—–][\"'”’]?\s")
_CHARACTER: Final = regex.compile(r"\X")
_LEANING: Final = re.compile(
    r"\W*+(?:and|but|so|or|also|then|however|that|this|these|those|it|they|he|she|which|who|because|though|plus|instead|such"
    r"|otherwise|besides|anyway|therefore|too|there|both|neither|another|same)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a passage; `match` tells whether it is one of the question's words, or a phrase of it."""

    text: str
    match: bool


class _Match(NamedTuple):
    start: int
    end: int
    key: str
    """The term or phrase."""


class _Unit(NamedTuple):
    """What a passage is put together from: a sentence, or a piece of one that is too long."""

    start: int
    end: int
    opens: bool
    """Whether a sentence begins here."""


def best(text: str, terms: Mapping[str, float], length: int = LENGTH, *, phrases: Collection[str] = ()) -> tuple[Span, ...]:
    """The passage of `text` that says most to a question of these terms (with their weights), as spans; () for no text.

    White space is folded. Only a sentence longer than a passage is cut: after a clause, else between words, else between
    characters as readers see them. "…" stands where the text goes on. `phrases` are folded words between single spaces.
    Takes time linear in the length of `text`.
    """
    text = _TO_FOLD.sub(_fold, unicodedata.normalize("NFC", text).strip())
    if not text:
        return ()
    weights = _whole_numbers(terms)
    weights |= dict.fromkeys(phrases, 2 * max(weights.values(), default=1000))
    matches = _matches(text, terms, list(phrases)[:PHRASES])
    if len(text) <= length:
        return tuple(_spans(text, matches, 0, len(text)))
    last = matches[-1].end if matches else 0
    units = list(takewhile(lambda unit: unit.start <= last + length, _units(text, length)))
    start, end = _window(text, units, matches, weights, length)
    return tuple(_spans(text, matches, start, end))


def _fold(space: re.Match[str]) -> str:
    """White space as one space, one line break or one blank line: the last two tell sentences apart."""
    breaks = space.group().count("\n")
    return " " if not breaks else "\n" if breaks == 1 else "\n\n"


def _whole_numbers(terms: Mapping[str, float]) -> dict[str, int]:
    """Weights of which sums are exact, so that equals are equal."""
    return {term: max(1, round(1000 * weight)) for term, weight in terms.items()}


def _matches(text: str, terms: Mapping[str, float], phrases: Sequence[str]) -> list[_Match]:
    """Where the words and phrases of the question are, in order and without overlaps; a phrase has precedence."""
    found: list[_Match] = []
    for match in sorted(_phrases(text, phrases)):
        if not found or match.start >= found[-1].end:
            found.append(match)
    starts, ends = [match.start for match in found], [match.end for match in found]
    for word in words.matches(text, terms):
        before = bisect_right(starts, word.start) - 1
        if before < 0 or ends[before] <= word.start:
            found.append(_Match(word.start, _whole(text, word.end), word.term))
    return sorted(found)


def _phrases(text: str, phrases: Sequence[str]) -> Iterator[_Match]:
    if not phrases:
        return
    forms = list(words.forms(text))
    offsets = [0]
    for _, _, form in forms:
        offsets.append(offsets[-1] + len(form) + 1)
    plain = " " + " ".join(form for _, _, form in forms) + " "
    for phrase in phrases:
        at = plain.find(f" {phrase} ")
        while at >= 0:
            first = bisect_left(offsets, at)
            last = first + phrase.count(" ")
            yield _Match(forms[first][0], _whole(text, forms[last][1]), phrase)
            at = plain.find(f" {phrase} ", at + len(phrase) + 1)


def _whole(text: str, end: int) -> int:
    """The end of a word with the marks that sit on its last letter."""
    while end < len(text) and _is_mark(text[end]):
        end += 1
    return end


def _is_mark(char: str) -> bool:
    return not char.isascii() and (char == "\u200d" or unicodedata.category(char)[0] == "M")


# Units


def _units(text: str, length: int) -> Iterator[_Unit]:
    for start, end in _sentences(text):
        at = start
        while end - start > length and end - at > min(_CLAUSE, length):
            cut = _cut(text, at, at + min(_CLAUSE, length))
            yield _Unit(at, cut, at == start)
            at = _skip_space(text, cut)
        if at < end:
            yield _Unit(at, end, at == start)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a text without the white space between them."""
    start = 0
    for _, past in sentences.bounds(text):
        following = _skip_space(text, past)
        if following < len(text) and _is_mark(text[following]):
            continue
        end = past
        while end > start and text[end - 1].isspace():
            end -= 1
        if end > start:
            yield start, end
        start = following


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _cut(text: str, start: int, limit: int) -> int:
    """Where a text may be cut at the latest: after a clause, else between words, else between characters."""
    least = start + (limit - start) // 3
    for ending in (_CLAUSE_END, _SPACES):
        ends = [found.end() - 1 for found in ending.finditer(text, least, limit + 1)]
        ends = [end for end in ends if start < end and not _is_mark(text[end + 1])]
        if ends:
            return ends[-1]
    whole = start
    for char in _CHARACTER.finditer(text, start, limit + 1):
        if char.end() > limit:
            break
        whole = char.end()
    return whole if whole > start else limit


# The best run of units


def _window(
    text: str, units: Sequence[_Unit], matches: Sequence[_Match], weights: Mapping[str, int], length: int
) -> tuple[int, int]:
    """Where the best passage starts and ends."""
    firsts = [match.start for match in matches]
    inside = [_inside(matches[bisect_left(firsts, unit.start) : bisect_left(firsts, unit.end)], unit) for unit in units]
    counts: dict[str, int] = {}
    different = repeats = past = chosen = 0
    best = (-1, 0, 0)
    ends: list[int] = []
    for first, unit in enumerate(units):
        while past < len(units) and (units[past].end - unit.start <= length or past == first):
            for key in inside[past]:
                counts[key] = counts.get(key, 0) + 1
                different += weights[key] if counts[key] == 1 else 0
                repeats += counts[key] > 1
            past += 1
        ends.append(past)
        reads = min(repeats, _REPEATS) + 2 * _opening(text, unit, has_match=bool(inside[first]))
        following = bisect_left(firsts, unit.start)
        value = (different, reads, unit.start - firsts[following] if following < len(firsts) else 0)
        if value > best:
            best, chosen = value, first
        for key in inside[first]:
            counts[key] -= 1
            different -= weights[key] if not counts[key] else 0
            repeats -= counts[key] > 0
    start, past = units[chosen].start, ends[chosen]
    end = min(units[past - 1].end, start + length)
    if past < len(units) and end - start < _SHORT * length:
        end = _cut(text, units[past].start, start + length)
    return start, end


def _inside(matches: Sequence[_Match], unit: _Unit) -> list[str]:
    return [match.key for match in matches if match.end <= unit.end]


def _opening(text: str, unit: _Unit, *, has_match: bool) -> int:
    """How well a passage reads that begins with `unit`: on its own, with a word of the question, at the head of a paragraph."""
    if not unit.start:
        return 4
    if not unit.opens or _LEANING.match(text, unit.start, unit.start + 40):
        return 0
    return 1 + has_match + (text[unit.start - 1] == "\n" and text[unit.start - 2] == "\n")


# Setting it


def _spans(text: str, matches: Sequence[_Match], start: int, end: int) -> Iterator[Span]:
    if start:
        yield Span("… ", match=False)
    position = start
    for match in matches:
        if match.start < start or match.end > end:
            continue
        if match.start > position:
            yield Span(_one_line(text[position : match.start]), match=False)
        yield Span(_one_line(text[match.start : match.end]), match=True)
        position = match.end
    if position < end:
        yield Span(_one_line(text[position:end]), match=False)
    if end < len(text):
        yield Span(" …", match=False)


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text)
