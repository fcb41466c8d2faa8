"""Why is this answer here? Facts of a ranked answer, and the messages that say them, for web, command and JSON alike.

A sentence is put together from facts alone, and says nothing that did not count: with the dial at the text alone there is no
word of votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .messages import Clauses, Joined, Message, counted, quoted
from .showing import RankedAnswer

PROXIMITY: Final = "proximity"
"""The signal of an answer in which words of the question stand close together."""

MEANING: Final = "meaning"
"""The signal of an answer whose thread a model holds for near to the question."""

_WORDS: Final = ("answer text", "thread text", "thread's answers")
"""The signals of what the words match."""

MISSING_NAMED: Final = 2
"""Words of the question that an answer lacks, as many as are named."""

NAMES: Final = {
    "answer text": Message("Answer text"),
    "thread text": Message("Thread text"),
    "thread's answers": Message("Thread’s answers"),
    "same subject": Message("Same subject"),
    PROXIMITY: Message("Proximity"),
    "thread's proximity": Message("Thread’s proximity"),
    "title": Message("Title"),
    MEANING: Message("Meaning"),
    "short answer": Message("Short answer"),
    "asks itself": Message("Asks itself"),
    "late answer": Message("Late answer"),
    "votes": Message("Votes"),
    "endorsements": Message("Endorsements"),
    "best answer": Message("Best answer"),
    "asker's outcome": Message("Asker’s outcome"),
}
"""What signals are called."""

_ALWAYS: Final = {
    "same subject": Message("how much the thread is about what was asked, in whatever words"),
    PROXIMITY: Message("words of the question stand close together in it"),
    "thread's proximity": Message("in another answer of its thread they stand closer together"),
    "title": Message("how like the question its title is, letter by letter"),
    MEANING: Message("how near its question is to yours in what it means, as the model reads both"),
    "short answer": Message("there is little in it"),
    "asks itself": Message("it asks rather than answers"),
    "late answer": Message("it came late in its thread, where talk drifts"),
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
    """The facts as one sentence, a message but where there are none."""
    said: list[Message] = []
    if known.words:
        matching = _matching(known.words - len(known.missing), known.words, known.missing)
        said.append(Message("{matching}, close together", matching=matching) if known.close else matching)
    if known.meant:
        said.append(Message("near to your question in meaning"))
    if known.votes is not None and known.usual is not None:
        said.append(votes_against(known.votes, known.usual))
    if known.backers:
        said.append(backed_in_words(known.backers))
    if known.disputed:
        said.append(Message("disputed by others in the thread"))
    if known.best:
        said.append(Message("marked as best"))
    if known.worked is not None:
        said.append(Message("the asker took it up") if known.worked else Message("the asker says it did not help"))
    return _sentence(said) if said else ""


def of_search(answer: RankedAnswer) -> str | None:
    """Why an answer is where it is among those found; None where nothing was weighed."""
    return sentence(facts(answer)) or None if answer.signals else None


def of_standing(answer: RankedAnswer) -> str | None:
    """What an answer's votes are to be held against: "where about 3 would be usual"; None where nobody knows."""
    usual = answer.usual_votes
    if usual is None:
        return None
    return Message("where about {usual} would be usual", usual=usual) if usual else Message("where none would be usual")


def why(answer: RankedAnswer) -> str | None:
    """A sentence in any case: for an answer found, or for one among the best-rated."""
    if answer.signals or answer.usual_votes is None or answer.answer.votes is None:
        return of_search(answer)
    return _sentence([votes_against(answer.answer.votes, answer.usual_votes)])


def part(name: str, value: float, answer: RankedAnswer) -> Message:
    """What one signal means for this answer."""
    match name:
        case "answer text" if value:
            return Message("how well the answer’s own words meet the question")
        case "answer text":
            return Message("the answer has none of the question’s words")
        case "thread text" if value:
            return Message("how well its thread meets the question")
        case "thread text":
            return Message("the thread’s question has none of its words")
        case "thread's answers" if value:
            return Message("how well the thread’s other answers meet the question")
        case "thread's answers":
            return Message("its other answers do not meet the question")
        case "votes":
            return _votes_part(answer.answer.votes, above=value > 0)
        case "endorsements" if value < 0:
            return Message("others in the thread dispute it")
        case "endorsements":
            backers = facts(answer).backers
            return backed_in_words(backers) if backers else Message("backed in words by others in the thread")
        case "best answer":
            return Message("marked as best by the asker or the site")
        case "asker's outcome" if value > 0:
            return Message("the asker came back: it was taken up")
        case "asker's outcome":
            return Message("the asker came back: it did not help")
    return _ALWAYS.get(name) or (Message("raises it") if value > 0 else Message("lowers it"))


def outcome(worked: bool | None) -> Message:
    """What stands before the asker's own words."""
    if worked is None:
        return Message("The asker came back")
    return Message("The asker took it up") if worked else Message("It did not help the asker")


def backed(persons: Sequence[str]) -> Message:
    """Who backs an answer, in few words: "backed by KokuRyu and 2 others"."""
    if len(persons) <= 2:
        return Message("backed by {names}", names=Joined(tuple(persons), "and"))
    return counted(
        "backed by {name} and {number} other", "backed by {name} and {number} others", len(persons) - 1, name=persons[0]
    )


def backed_in_words(persons: Sequence[str]) -> Message:
    """The same, where it is told that words are what they back it with."""
    if len(persons) <= 2:
        return Message("backed in words by {names}", names=Joined(tuple(persons), "and"))
    return counted(
        "backed in words by {name} and {number} other",
        "backed in words by {name} and {number} others",
        len(persons) - 1,
        name=persons[0],
    )


def votes_against(votes: int, usual: int) -> Message:
    """Votes, and what they are to be held against."""
    if not usual:
        return counted("{number} vote where none would be usual", "{number} votes where none would be usual", votes)
    return counted(
        "{number} vote where about {usual} would be usual",
        "{number} votes where about {usual} would be usual",
        votes,
        usual=usual,
    )


def _votes_part(votes: int | None, *, above: bool) -> Message:
    if votes is None:
        if above:
            return Message("more than is usual in its thread and year")
        return Message("fewer than is usual in its thread and year")
    if above:
        return counted(
            "{number} vote: more than is usual in its thread and year",
            "{number} votes: more than is usual in its thread and year",
            votes,
        )
    return counted(
        "{number} vote: fewer than is usual in its thread and year",
        "{number} votes: fewer than is usual in its thread and year",
        votes,
    )


def _matching(matched: int, words: int, missing: Sequence[str]) -> Message:
    if words == 1:
        return Message("matches your word") if matched else Message("matches none of your words itself")
    if matched == words:
        if words == 2:
            return Message("matches both of your words")
        return Message("matches all {words} of your words", words=words)
    if not matched:
        return Message("matches none of your {words} words", words=words)
    if len(missing) > MISSING_NAMED:
        return Message("matches {matched} of your {words} words", matched=matched, words=words)
    lacking = Joined(quoted(missing), "or")
    return Message("matches {matched} of your {words} words (not {lacking})", matched=matched, words=words, lacking=lacking)


def _sentence(clauses: Sequence[Message]) -> Message:
    return Message("{clauses}.", clauses=Clauses(tuple(clauses)))
