"""Why does an answer stand where it stands? Its signals as rows of a table, beside the sentence that says it."""

from __future__ import annotations

from dataclasses import dataclass

from indexer import explanation
from indexer.showing import RankedAnswer

from .language import fixed


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score: what it is, what it means here, and its size."""

    name: str
    words: str
    number: str
    share: int
    """Length of its bar, in percent of the longest."""
    against: bool
    """Whether it counts against the answer."""


@dataclass(frozen=True, slots=True)
class Why:
    """The parts of a score with their sum, and a sentence; without parts where there is no score to take apart."""

    reasons: tuple[Reason, ...]
    total: str
    sentence: str


def of_search(answer: RankedAnswer) -> Why | None:
    """Why an answer is where it is among those found; None where nothing was weighed."""
    sentence = explanation.of_search(answer)
    if sentence is None:
        return None
    longest = max(abs(value) for value in answer.signals.values()) or 1.0
    reasons = tuple(
        Reason(
            explanation.NAMES.get(name, name),
            explanation.part(name, value, answer),
            fixed(value, 2, signed=True),
            round(100 * abs(value) / longest),
            value < 0,
        )
        for name, value in answer.signals.items()
    )
    return Why(reasons, fixed(answer.score, 2), sentence)


def of_standing(answer: RankedAnswer) -> Why | None:
    """Why an answer is among the best-rated: its votes against those that were to be expected where it stands."""
    sentence = explanation.of_standing(answer)
    return None if sentence is None else Why((), "", sentence)
