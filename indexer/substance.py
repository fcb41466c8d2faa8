"""Is this an answer, or talk beside it? What the form of an answer says, whatever was asked.

Measured once, by a build; how much it counts is for `ranking` to say.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from . import markup, words
from .thread import Thread

_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")


class Substance(NamedTuple):
    """The form of an answer."""

    answer_id: str
    length: int
    """Terms in it."""
    asking: float
    """The share of its sentences that are questions."""
    place: int
    """How many answers of its thread came before it."""


def of_answers(thread: Thread) -> list[Substance]:
    """The form of each answer of a thread, in order."""
    found = []
    for place, answer in enumerate(thread.answers):
        text = markup.prose(answer.body)
        ends = _SENTENCE_END.findall(text)
        asking = sum("?" in end for end in ends) / len(ends) if ends else 0.0
        found.append(Substance(answer.id, len(words.single_terms(text)), asking, place))
    return found
