"""Is this an answer, or talk beside it? What the form of an answer says, whatever was asked.

Measured once, by a build; how much it counts is for `ranking` to say.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .texts import Texts
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


def of_answers(thread: Thread, texts: Texts | None = None) -> list[Substance]:
    """The form of each answer of a thread, in order."""
    texts = texts or Texts()
    found = []
    for place, answer in enumerate(thread.answers):
        ends = _SENTENCE_END.findall(texts.prose(answer))
        asking = sum("?" in end for end in ends) / len(ends) if ends else 0.0
        found.append(Substance(answer.id, len(texts.words_of(answer).single_terms()), asking, place))
    return found
