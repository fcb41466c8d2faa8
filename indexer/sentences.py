"""Where does a sentence end? For prose as people type it: lists, wrapped lines, "e.g.", "5 a.m.", three dots, other scripts."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Final

# Ideographic and Indic marks end a sentence without a space after them. Whatever closes belongs to what it closes.
_END: Final = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？｡؟۔।॥]+[\"”’」』）)\]]*|\n\s*")
_ABBREVIATION: Final = re.compile(
    r"(?<![^\W\d_])(?:mrs?|ms|dr|st|prof|rev|gen|sgt|capt|jr|sr|vs|cf|e\.?g|i\.?e|esp|etc|approx|ca|al|inc|ltd"
    r"|co|corp|dept|apt|ave|blvd|mins?|hrs?|yrs?|lbs?|oz|ft|(?:[^\W\d_]\.){0,4}[^\W\d_])$",
    re.IGNORECASE,
)
_BEFORE_NUMBER: Final = re.compile(r"(?<![^\W\d_])(?:nos?|figs?|vols?|pp|ch|sec)$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\s+\d")
_LONGEST_ABBREVIATION: Final = 10
_NUMBER_OF_LIST: Final = re.compile(r"\s*[(\[]?(?:\d{1,3}|[^\W\d_])")
_BEGINS: Final = re.compile(r"\s+(?:I|You|The|We|It|They|He|She|And|But|If|My|Your|This|That|Just|Don't|Then|So)\b")
_GOES_ON: Final = re.compile(r"\s+[^\W\d_]")
_WRAPPED: Final = 40
"""A line at least this long may have been broken by its width; it goes on if the next begins in lower case."""


def bounds(text: str, inside: Container[int] = ()) -> Iterator[tuple[int, int]]:
    """The bounds of each sentence, white space and all: together they cover `text`. Takes time linear in its length.

    A mark at an offset that is `inside` something, such as the full stop of a name, ends no sentence.
    """
    start = line = 0
    for end in _END.finditer(text):
        if end.group().startswith("\n"):
            ends = not _is_wrapped(text, line, end)
            line = end.end()
        else:
            ends = end.start() not in inside and not _goes_on(text, start, end)
        if ends:
            yield start, end.end()
            start = end.end()
    if start < len(text):
        yield start, len(text)


def _is_wrapped(text: str, line: int, end: re.Match[str]) -> bool:
    long_enough = end.group().count("\n") == 1 and end.start() - line >= _WRAPPED
    return long_enough and text[end.end() : end.end() + 1].islower()


def _goes_on(text: str, start: int, end: re.Match[str]) -> bool:
    """Whether a sentence that began at `start` goes on after a mark that could have ended it."""
    mark = end.group()
    if mark == ".":
        if _NUMBER_OF_LIST.fullmatch(text, start, end.start()):
            return True
        before = max(start, end.start() - _LONGEST_ABBREVIATION)
        if _ABBREVIATION.search(text, before, end.start()):
            return not _BEGINS.match(text, end.end())
        return bool(_BEFORE_NUMBER.search(text, before, end.start()) and _NUMBER.match(text, end.end()))
    if mark.startswith(("...", "…")) or mark[-1] in "\"'”’»)]":
        # "Well … maybe", "“Why?” she asked". Who writes without capitals still ends a sentence with one plain mark.
        following = _GOES_ON.match(text, end.end())
        return following is not None and following.group()[-1].islower()
    return False
