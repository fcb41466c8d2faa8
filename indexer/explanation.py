"""Why is this answer here? Facts of a ranked answer, and the English that says them, for web, command and JSON alike.

A sentence is put together from facts alone, and says nothing that did not count: with the dial at the text alone there is no
word of votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .showing import RankedAnswer

PROXIMITY: Final = "proximity"
"""The signal of an answer in which words of the question stand close together."""

MEANING: Final = "meaning"
"""The signal of an answer whose thread a model holds for near to the question."""

_WORDS: Final = ("answer text", "thread text", "thread's answers")
"""The signals of what the words match."""

MISSING_NAMED: Final = 2
"""Words of the question that an answer lacks, as many as are named."""


_ALWAYS: Final = {
    "same subject": "how much the thread is about what was asked, in whatever words",
    PROXIMITY: "words of the question stand close together in it",
    "thread's proximity": "in another answer of its thread they stand closer together",
    "title": "how like the question its title is, letter by letter",
    MEANING: "how near its question is to yours in what it means, as the model reads both",
    "short answer": "there is little in it",
    "asks itself": "it asks rather than answers",
    "late answer": "it came late in its thread, where talk drifts",
}
"""What signals mean that mean the same for every answer."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What speaks for an answer, or against it. What did not count, or nobody knows, is None or empty."""

    words: int
    """Different words of the question."""
    missing: tuple[str, ...]
    """Those that neither the answer nor its question has, as they were typed."""
    close: bool
    """Whether they stand close together."""
    votes: int | None
    usual: int | None
    """Votes that were to be expected there."""
    backers: tuple[str, ...]
    disputed: bool
    """Whether more people dispute it than back it."""
    best: bool
    worked: bool | None
    """What the asker says of it."""
    meant: bool = False
    """Whether what its thread means says more for it than its words do."""


def facts(answer: RankedAnswer) -> Facts:
    """The facts of an answer to a question."""
    signals = {name: value for name, value in answer.signals.items() if value}
    backing = signals.get("endorsements", 0.0)
    worked = answer.outcome.worked if answer.outcome and "asker's outcome" in signals else None
    # Who says that it worked is not named among the backers again.
    asker = answer.question.author if answer.question and worked is not None else None
    return Facts(
        words=answer.words,
        missing=answer.missing,
        close=signals.get(PROXIMITY, 0.0) > 0,
        votes=answer.answer.votes if "votes" in signals else None,
        usual=answer.usual_votes if "votes" in signals else None,
        backers=tuple(name for name in answer.endorsed_by if name != asker) if backing > 0 else (),
        disputed=backing < 0,
        best="best answer" in signals,
        worked=worked,
        meant=signals.get(MEANING, 0.0) > sum(signals.get(name, 0.0) for name in _WORDS),
    )


def sentence(known: Facts) -> str:
    """The facts as one sentence."""
    matched = known.words - len(known.missing)
    said = []
    if known.words:
        said.append(_matching(matched, known.words, known.missing) + (", close together" if known.close else ""))
    if known.meant:
        said.append("near to your question in meaning")
    if known.votes is not None and known.usual is not None:
        said.append(f"{votes(known.votes)} {against(known.usual)}")
    if known.backers:
        said.append(f"backed in words by {names(known.backers)}")
    if known.disputed:
        said.append("disputed by others in the thread")
    if known.best:
        said.append("marked as best")
    if known.worked is not None:
        said.append("the asker took it up" if known.worked else "the asker says it did not help")
    joined = "; ".join(said)
    return f"{joined[:1].upper()}{joined[1:]}." if joined else ""


def of_search(answer: RankedAnswer) -> str | None:
    """Why an answer is where it is among those found; None where nothing was weighed."""
    return sentence(facts(answer)) or None if answer.signals else None


def of_standing(answer: RankedAnswer) -> str | None:
    """What an answer's votes are to be held against: "where about 3 would be usual"; None where nobody knows."""
    return None if answer.usual_votes is None else against(answer.usual_votes)


def why(answer: RankedAnswer) -> str | None:
    """A sentence in any case: for an answer found, or for one among the best-rated."""
    standing = of_standing(answer)
    if answer.signals or standing is None or answer.answer.votes is None:
        return of_search(answer)
    return f"{votes(answer.answer.votes)} {standing}."


def part(name: str, value: float, answer: RankedAnswer) -> str:
    """What one signal means for this answer."""
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
            said = f"{votes(answer.answer.votes)}: " if answer.answer.votes is not None else ""
            return f"{said}{'more' if value > 0 else 'fewer'} than is usual in its thread and year"
        case "endorsements" if value < 0:
            return "others in the thread dispute it"
        case "endorsements":
            return f"backed in words by {names(facts(answer).backers) or 'others in the thread'}"
        case "best answer":
            return "marked as best by the asker or the site"
        case "asker's outcome":
            return "the asker came back: it was taken up" if value > 0 else "the asker came back: it did not help"
    return _ALWAYS.get(name) or ("raises it" if value > 0 else "lowers it")


def outcome(worked: bool | None) -> str:
    """What stands before the asker's own words."""
    if worked is None:
        return "The asker came back"
    return "The asker took it up" if worked else "It did not help the asker"


def names(persons: Sequence[str]) -> str:
    """Persons in few words: "KokuRyu and 2 others"."""
    if len(persons) <= 2:
        return " and ".join(persons)
    return f"{persons[0]} and {len(persons) - 1:,} others"


def votes(count: int) -> str:
    number = f"{count:,}".replace("-", "\N{MINUS SIGN}")
    return f"{number} vote" if abs(count) == 1 else f"{number} votes"


def against(usual: int) -> str:
    """What votes are held against."""
    number = f"{usual:,}".replace("-", "\N{MINUS SIGN}")
    return f"where {'none' if usual == 0 else f'about {number}'} would be usual"


def _matching(matched: int, words: int, missing: Sequence[str]) -> str:
    if words == 1:
        return "matches your word" if matched else "matches none of your words itself"
    if matched == words:
        return f"matches all {words:,} of your words" if words > 2 else "matches both of your words"
    lacks = f" (not {' or '.join(f'“{word}”' for word in missing)})" if len(missing) <= MISSING_NAMED and matched else ""
    return f"matches {f'{matched:,}' if matched else 'none'} of your {words:,} words{lacks}"
