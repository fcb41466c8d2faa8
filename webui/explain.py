"""Why does an answer stand where it stands? Its signals in words, beside the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.ask import RankedAnswer
from indexer.standing import scale


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
    """The parts of a score and their sum, or a plain sentence where there is no score to take apart."""

    reasons: tuple[Reason, ...]
    total: str
    sentence: str | None = None


def of_search(answer: RankedAnswer) -> Why | None:
    """Why an answer is where it is among those found; None where nothing was weighed."""
    if not answer.signals:
        return None
    longest = max(abs(value) for value in answer.signals.values()) or 1.0
    reasons = tuple(
        Reason(
            name.capitalize().replace("'", "’"),
            _words(name, value, answer),
            _signed(value),
            round(100 * abs(value) / longest),
            value < 0,
        )
        for name, value in answer.signals.items()
    )
    return Why(reasons, f"{answer.score:.2f}")


def of_standing(answer: RankedAnswer) -> Why | None:
    """Why an answer is among the best-rated: its votes against those that were to be expected where it stands."""
    votes = answer.answer.votes
    if votes is None:
        return None
    on_scale = scale(votes) - answer.score
    expected = round(math.copysign(math.expm1(abs(on_scale)), on_scale))
    usual = "none" if expected == 0 else f"about {expected:,}"
    return Why((), "", f"where {usual} would be usual")


def backing(names: Sequence[str]) -> str | None:
    """Who backs an answer, in few words: "KokuRyu and 2 others"."""
    if not names:
        return None
    if len(names) <= 2:
        return " and ".join(names)
    return f"{names[0]} and {len(names) - 1} others"


def _words(name: str, value: float, answer: RankedAnswer) -> str:
    votes = answer.answer.votes
    match name:
        case "answer text":
            return (
                "how well the answer’s own words meet the question" if value else "the answer has none of the question’s words"
            )
        case "thread text":
            return "how well its thread meets the question" if value else "the thread’s question has none of its words"
        case "thread's answers":
            return (
                "how well the thread’s other answers meet the question"
                if value
                else "its other answers do not meet the question"
            )
        case "votes":
            said = f"{_votes(votes)}: " if votes is not None else ""
            return f"{said}{'more' if value > 0 else 'fewer'} than is usual in its thread and year"
        case "endorsements" if value < 0:
            return "others in the thread dispute it"
        case "endorsements":
            backers = backing(answer.endorsed_by)
            return f"backed in words by {backers}" if backers else "backed in words by others in the thread"
        case "best answer":
            return "marked as best by the asker or the site"
    return "raises it" if value > 0 else "lowers it"


def _votes(votes: int) -> str:
    number = f"{votes:,}".replace("-", "\N{MINUS SIGN}")
    return f"{number} vote" if abs(votes) == 1 else f"{number} votes"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
