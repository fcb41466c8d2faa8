"""Was a word meant to be another one that the library has?

A word of the question that no thread has is compared with the library's own words. What comes of it is only offered, unless
the word as typed is sure to find nothing and the other is sure enough to be meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from . import query, words
from .vocabulary import Vocabulary

MOST_LOOKED_AT: Final = 5
"""Words of one question that are compared with all others. With more unknown than that, and those most of its words, it is
in a language that the library does not speak."""

EDIT: Final = 6.0
DOUBLED: Final = 2.0
FIRST_LETTER: Final = 2.5
TOGETHER: Final = 2.0
"""What counts against a candidate for each edit, instead of that where only a letter was doubled or was not, and for a wrong
first letter; and for it, for each word it stands with; all in units of ln(threads). `tests/bench/slips.py` mends, of 1,370
slips in the questions of stackfaq_dev, se_beer_2020 and qatarliving_dev, 1,323; with 3 for an edit 1,319 and with 8 1,318, with
6 for a doubled letter 1,321, with 0 for the first letter 1,320, with 0 for company 1,311."""

RARE: Final = 2
COMMONER: Final = 50
"""A word that hardly any thread has may be a slip as well: it is offered where another is so many times as common."""

_DOUBLE = re.compile(r"(.)\1")
_RARE_LOOKED_AT: Final = 2
_IN_DOUBT: Final = 3
_OTHERS: Final = 2
"""Candidates that are asked which of them stands together with how many of the other words."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A question that may have been meant: as typed, as corrected, and whether that is what was searched."""

    typed: str
    corrected: str
    applied: bool


class Candidate(NamedTuple):
    """A word that may have been meant, and how well that fits: the logarithm of how common it is, less its distance."""

    form: str
    threads: int
    distance: int
    score: float


Together = Callable[[str, str], bool]
"""Whether any one document has both of two terms."""


class Company(NamedTuple):
    """The other words of a question, those that tell most: what stands with them is more likely meant."""

    together: Together
    others: Sequence[str]

    def choose(self, candidates: Sequence[Candidate]) -> Candidate | None:
        """The candidate that fits best, of some in the order in which they fit by themselves."""
        # Who is further behind than company can make good is not asked about.
        within = [one for one in candidates if one.score > candidates[0].score - TOGETHER * len(self.others)]
        if len(within) < 2:
            return next(iter(candidates), None)
        return max(within, key=lambda one: one.score + TOGETHER * self._met(words.term_of(one.form).term))

    def _met(self, term: str) -> int:
        return sum(self.together(term, other) for other in self.others)


@cache
def english() -> frozenset[str]:
    """Words that are spelt well, whether the library has them or not."""
    table = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text("utf-8-sig")
    return frozenset(line.partition(" ")[0] for line in table.splitlines())


def correct(text: str, vocabulary: Vocabulary, together: Together) -> Correction | None:
    """The question with its slips mended, or None where there are none that can be.

    Words in quotes and filters, names of authors, and what looks like code stays as it is, whatever it is.
    """
    free = list(query.free_words(text))
    known = vocabulary.threads_with(word.term for word in words.words(text[: query.MAX_QUESTION]))
    doubtful = {text[word.start : word.end]: word for word in free if not word.is_stop and known.get(word.term, 0) <= RARE}
    unknown = sum(word.term not in known for word in doubtful.values())
    if not doubtful or (unknown > MOST_LOOKED_AT and 2 * unknown > len({word.term for word in free if not word.is_stop})):
        return None
    size = vocabulary.size()
    company = Company(together, sorted(known, key=known.__getitem__)[:_OTHERS])
    sure: dict[str, str] = {}
    offered: dict[str, str] = {}
    for typed, word in [item for item in doubtful.items() if item[1].term not in known][:MOST_LOOKED_AT]:
        folded = words.form_of(typed) or typed
        found = None if vocabulary.is_name(folded) else suggest(folded, vocabulary, size, company)
        # The list of English words takes longer to open than all the rest, so it is asked last.
        if found and folded not in english():
            is_sure = _is_sure(folded, found) and not _is_a_name(text, word, free)
            (sure if is_sure else offered)[typed] = found.form
    if not sure:
        offered |= _commoner(doubtful, known, vocabulary, size)
    chosen = sure or offered
    if not chosen:
        return None
    return Correction(text, _replaced(text, free, chosen), bool(sure))


def _commoner(doubtful: dict[str, words.Word], known: dict[str, int], vocabulary: Vocabulary, size: int) -> dict[str, str]:
    """What words that hardly any thread has may have been meant to be, by the words themselves."""
    found = {}
    rare = [(typed, known[word.term]) for typed, word in doubtful.items() if 0 < known.get(word.term, 0) * COMMONER <= size]
    for typed, threads in sorted(rare, key=lambda item: item[1])[:_RARE_LOOKED_AT]:
        folded = words.form_of(typed) or typed
        if folded not in english() and not vocabulary.is_name(folded):
            meant = suggest(folded, vocabulary, size, most_edits=1, least_threads=threads * COMMONER)
            if meant:
                found[typed] = meant.form
    return found


def suggest(
    folded: str,
    vocabulary: Vocabulary,
    size: int,
    company: Company | None = None,
    *,
    most_edits: int = 2,
    least_threads: int | None = None,
) -> Candidate | None:
    """The word that another one was most likely meant to be, or None. `size` is the number of threads."""
    edits = min(_most_edits(folded), most_edits)
    if not edits:
        return None
    # What a single thread has may be somebody else's slip, unless there are few threads.
    least = least_threads or (1 if size < 1_000 else 2)
    common = {known.form: known.threads for known in vocabulary.resembling(folded, edits, least)}
    common |= dict.fromkeys((word for word in words.STOP_WORDS if abs(len(word) - len(folded)) <= edits), size or 1)
    near = process.extract(folded, list(common), scorer=OSA.distance, score_cutoff=edits, limit=None)
    term = words.term_of(folded).term
    candidates = [
        Candidate(form, common[form], int(distance), _score(folded, form, int(distance), common[form]))
        for form, distance, _ in near
        if form.isalpha() and len(form) > 2 and _fits(folded, form, int(distance)) and words.term_of(form).term != term
    ]
    best = sorted(candidates, key=lambda candidate: (-candidate.score, candidate.form))[:_IN_DOUBT]
    return company.choose(best) if company else next(iter(best), None)


def _most_edits(word: str) -> int:
    return 0 if len(word) < 3 or not word.isalpha() else 1 if len(word) < 7 else 2


def _fits(typed: str, form: str, distance: int) -> bool:
    """Whether a form is near enough: of a short word only swapped letters are a slip, and few get the first one wrong."""
    if len(typed) == 3:
        return sorted(typed) == sorted(form)
    return distance == 1 or typed[0] == form[0]


def _is_sure(typed: str, found: Candidate) -> bool:
    """Whether enough of a word is as it should be to take the other for it unasked."""
    if typed[0] != found.form[0]:
        return typed[:2] == found.form[1::-1]
    return found.distance == 1 or len(typed) >= 8


def _is_a_name(text: str, word: words.Word, free: Sequence[words.Word]) -> bool:
    """Whether a word has a capital that neither the beginning of a sentence nor the asker's habit gives it."""
    before = text[: word.start].rstrip()
    return (
        text[word.start].isupper()
        and bool(before)
        and before[-1] not in ".!?:;"
        and any(text[other.start].islower() for other in free)
    )


def _score(typed: str, form: str, distance: int, threads: int) -> float:
    slip = DOUBLED if _DOUBLE.sub(r"\1", typed) == _DOUBLE.sub(r"\1", form) else EDIT * distance
    return math.log(threads) - slip - FIRST_LETTER * (typed[0] != form[0])


def _replaced(text: str, free: Sequence[words.Word], chosen: dict[str, str]) -> str:
    """The text with each chosen word put in the place of the typed one, in capitals where that was."""
    parts = []
    end = 0
    for word in free:
        typed = text[word.start : word.end]
        if typed in chosen:
            meant = chosen[typed]
            if typed[0].isupper():
                meant = meant.upper() if typed.isupper() else meant.capitalize()
            parts += [text[end : word.start], meant]
            end = word.end
    return "".join([*parts, text[end:]])
