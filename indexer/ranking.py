"""In which order, and why? Every weight of the ranking lives here, with the evaluation that set it.

    score = text × substance × (1 + boost)

`text` is what the words say: the BM25 of the answer and, weighted, that of its thread; for the threads that come first by
these, also how alike they and the question are (`likeness`), and how close together they have its words (`proximity`).
`substance` takes off for what is hardly an answer. `boost` is
what the community says: votes against expectation, endorsements, the best-answer mark, the asker's word on how it went. It
multiplies, saturates and is capped, so that votes lift a good answer over an equal one and never rescue one off the point.

The evaluations named below are nDCG@10 on development sets; `askive evaluate` repeats them.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from .engines import Hit
from .likeness import Likeness
from .rows import Candidate

Sort = Literal["best", "votes", "newest", "oldest"]
SORTS: Final[tuple[Sort, ...]] = ("best", "votes", "newest", "oldest")

THREAD_WEIGHT: Final = 2.0
"""What the match of the thread's title and question counts for beside the answer's own. From 1 to 2: stackfaq_dev .783 → .815,
qatarliving_dev by subject .293 → .303, se_beer_2020 .768 → .775; 3 changes each by .004 at most, up or down."""

SIBLING_WEIGHT: Final = 0.5
"""What the best match among the thread's answers counts for: a thread in which somebody says it in the asker's words is about
it. From 0 to 0.5: stackfaq_dev .815 → .822, qatarliving_dev by subject .303 → .310 (recall@100 .555 → .581), se_beer_2020
.775 → .774."""

SUBJECT_WEIGHT: Final = 1.0
"""What a thread gains that is about the very same thing (`latent`), as a share of the best text score. From 0 to 0.8:
stackfaq_dev .837 → .856, qatarliving_dev .321 → .342, by subject .345 → .368, discourse_delving's answers alone .411 →
.468; from 1 to 1.5 each changes by .015 at most, up and down."""

TITLE_WEIGHT: Final = 0.3
"""What a thread gains whose title has the question's words, letter by letter, as a share of the best text score. From 0 to 0.4:
stackfaq_dev .845 → .852, se_beer_2020's accepted answers .806 → .824, discourse_delving .875 → .905; qatarliving_dev .332 →
.326, by subject .359 → .346 (its titles are less than a question)."""

EXACT_WEIGHT: Final = 1.0
"""The same for a title that is the question, word by word: that thread was meant, and stands first. A rule, not tuned."""

PROXIMITY_WEIGHT: Final = 0.1
"""What a thread gains in one of whose answers the question's words stand close together, as a share of the best text score.
From 0 to 0.1: stackfaq_dev .854 → .857, qatarliving_dev .335 → .339, by subject .348 → .353, se_beer_2020's duplicates .483 →
.497, discourse_delving's answers alone .467 → .474; se_beer_2020's accepted answers .831 → .833, with votes .931 → .930."""

READ: Final = 30
"""Answers, the best by their text scores, whose texts are read for that. From 30 to 100 no set changes by more than .001;
each costs a question 0.03 to 0.07 ms."""

COMPARED: Final = 100
"""Threads that are looked at for their likeness. From 50 to 200 no set changes by more than .002."""

FLOOR: Final = 0.15
"""Answers below this share of the best text score are no answers to the question. At 0.15 recall@100 loses at most .001 on
stackfaq_dev, qatarliving_dev by subject and se_beer_2020, and 37 to 79 of 100 answers found, the worst, are gone."""

SHORT_WEIGHT: Final = 0.2
"""The share of its text score that an answer without a word would lose: a remark matches a question better than it answers
it. From 0 to 0.2: qatarliving_dev .308 → .319, by subject .329 → .340, se_beer_2020's accepted answers .774 → .798;
stackfaq_dev .852 → .851."""

SHORT: Final = 15
"""Terms of an answer that loses half of that. With 8, 15 and 30 no set but se_beer_2020 (.783, .798, .803) changes by .003."""

ASKING_WEIGHT: Final = 0.15
"""The share that an answer loses which does nothing but ask. From 0 to 0.1: qatarliving_dev .308 → .329, by subject .329 →
.346, se_beer_2020's accepted answers .774 → .780; the others change by .004 at most."""

LATE_WEIGHT: Final = 0.02
"""The share that an answer loses for each unit of ln(1 + answers before it): talk drifts. From 0 to 0.03: qatarliving_dev
.341 → .350, by subject .354 → .365, se_beer_2020's accepted answers .802 → .816, discourse_delving .885 → .893; se_beer_2020's
24 duplicates .476 → .453; stackfaq_dev does not change."""

LATEST: Final = 100
"""Answers before an answer beyond which nothing more is lost."""

VOTES_WEIGHT: Final = 0.25
"""Boost for a lift of one, that is for 1.7 more votes where none were to be expected. se_beer_2020, accepted answers: none
.774, 0.25 .914, 0.4 .910, 0.6 .906; multiplying by 1 + 0.25 · ln(1 + votes) instead .909."""

ENDORSEMENT_WEIGHT: Final = 0.25
"""Boost for the first person who backs an answer in words; further ones add less and less. About what the third
vote adds, by judgement: of the judged sets only our own has endorsements (tests/judgments), where without them nDCG@10 was
.014 higher (one-sided p .055), which one assessor's grades do not settle."""

BEST_WEIGHT: Final = 0.3
"""Boost for an answer that the asker or the site marked as best. It cannot be judged by se_beer_2020, whose judgments are that
mark; as an endorsement by the one person who tried it, it counts as one."""

OUTCOME_WEIGHT: Final = 0.1
"""Boost for an answer of which the asker says that it worked, and as much against one that did not help; the asker then
counts among its backers no more. Small, since on the 140 topics over the sample it does not pay: 0 .635, 0.1 .632 (p = .17;
MRR@10 .732 → .734), 0.2 .625 (p = .02 against 0.1); counted among the backers as well, 0 .629 and 0.2 .623. In se_beer_2020
askers tell it of 3 answers in 2,277, too few to judge by: of two that worked one is the accepted one."""

BOOST_CAP: Final = 1.5
"""What the boost tends to, and never reaches; downwards half of the text is the limit. A bound, not tuned."""


class TextScore(NamedTuple):
    """What the words say for an answer, by where they stand; the text score is their sum."""

    answer: float
    thread: float
    siblings: float
    subject: float = 0.0
    title: float = 0.0
    proximity: float = 0.0
    nearby: float = 0.0
    """The proximity in another answer of the thread, as far as it is closer there."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An answer in its place, with the parts that its score is made of: they add up to it."""

    candidate: Candidate
    score: float
    signals: Mapping[str, float]


def _best_of_thread(own: Mapping[str, float], candidates: Iterable[Candidate]) -> dict[str, float]:
    """The best match among the answers of each thread."""
    best: dict[str, float] = {}
    for candidate in candidates:
        best[candidate.thread_id] = max(best.get(candidate.thread_id, 0.0), own.get(candidate.id, 0.0))
    return best


def threads_in_order(answers: Iterable[Hit], threads: Iterable[Hit], found: Mapping[str, Candidate]) -> list[str]:
    """Ids of the threads that were found, by their own words or by those of an answer in `found`, best first."""
    of_thread = dict(threads)
    best = _best_of_thread(dict(answers), found.values())
    scores = {
        thread_id: THREAD_WEIGHT * of_thread.get(thread_id, 0.0) + (1 + SIBLING_WEIGHT) * best.get(thread_id, 0.0)
        for thread_id in {*of_thread, *best}
    }
    return sorted(scores, key=lambda thread_id: (-scores[thread_id], thread_id))


def text_scores(
    answers: Iterable[Hit],
    threads: Iterable[Hit],
    candidates: Mapping[str, Candidate],
    alike: Mapping[str, Likeness] = MappingProxyType({}),
) -> dict[str, TextScore]:
    """The text score of each candidate; `alike` is by thread.

    Those that stay below FLOOR of the best are left out: what is left is the set of results, whatever the dial and sort.
    """
    own = dict(answers)
    of_thread = dict(threads)
    best_sibling = _best_of_thread(own, candidates.values())
    matched = {
        candidate.id: (
            own.get(candidate.id, 0.0),
            THREAD_WEIGHT * of_thread.get(candidate.thread_id, 0.0),
            SIBLING_WEIGHT * best_sibling[candidate.thread_id],
        )
        for candidate in candidates.values()
    }
    best = max(map(sum, matched.values()), default=0.0)
    gained = {
        thread_id: (
            SUBJECT_WEIGHT * best * found.subject,
            best * (TITLE_WEIGHT * found.title + EXACT_WEIGHT * found.exact),
        )
        for thread_id, found in alike.items()
    }
    scores = {
        answer_id: TextScore(*match, *gained.get(candidates[answer_id].thread_id, ())) for answer_id, match in matched.items()
    }
    floor = FLOOR * max(map(sum, scores.values()), default=0.0)
    return {answer_id: score for answer_id, score in scores.items() if sum(score) >= floor}


def to_read(scores: Mapping[str, TextScore]) -> list[str]:
    """Ids of the answers that are worth a look at how close together they have the question's words."""
    return heapq.nsmallest(READ, scores, key=lambda answer_id: (-sum(scores[answer_id]), answer_id))


def with_proximity(
    scores: Mapping[str, TextScore], candidates: Mapping[str, Candidate], closeness: Mapping[str, float]
) -> dict[str, TextScore]:
    """The same scores with what answers and threads gain by proximity; `closeness` has the answers that were read."""
    unit = PROXIMITY_WEIGHT * max(map(sum, scores.values()), default=0.0)
    closest = _best_of_thread(closeness, (candidates[answer_id] for answer_id in closeness))
    gained = dict(scores)
    for answer_id, score in scores.items():
        most = closest.get(candidates[answer_id].thread_id, 0.0)
        if most:
            own = closeness.get(answer_id, 0.0)
            gained[answer_id] = score._replace(proximity=unit * own, nearby=unit * (most - own))
    return gained


def rank(
    scores: Mapping[str, TextScore], candidates: Mapping[str, Candidate], *, dial: float = 0.5, sort: Sort = "best"
) -> list[Ranked]:
    """The answers of `scores` in order. `dial` goes from 0, the text alone, to 1, the community twice over.

    Dial and sort change the order, never the set. Answers without the sort's column come last, equals by score, then id.
    """
    ranked = [_score(candidates[answer_id], score, dial) for answer_id, score in scores.items()]
    return sorted(ranked, key=lambda answer: (_sort_key(answer.candidate, sort), -answer.score, answer.candidate.id))


def _score(candidate: Candidate, found: TextScore, dial: float) -> Ranked:
    text = sum(found)
    signals = {
        "answer text": found.answer,
        "thread text": found.thread,
        "thread's answers": found.siblings,
        "same subject": found.subject,
        "title": found.title,
    }
    signals |= {name: gain for name, gain in (("proximity", found.proximity), ("thread's proximity", found.nearby)) if gain}
    signals |= {name: -text * lost for name, lost in lacking(candidate).items() if lost}
    text = sum(signals.values())
    parts = community(candidate)
    raw = 2 * dial * sum(parts.values())
    boost = BOOST_CAP * math.tanh(raw / BOOST_CAP) if raw > 0 else math.tanh(2 * raw) / 2
    # Saturation is shared out, so that the parts still add up to the score.
    share = boost / sum(parts.values()) if raw else 0.0
    signals |= {name: text * share * part for name, part in parts.items() if part}
    return Ranked(candidate, sum(signals.values()), signals)


def lacking(candidate: Candidate) -> dict[str, float]:
    """The shares of its text score that an answer loses for its form; together less than half."""
    return {
        "short answer": SHORT_WEIGHT * SHORT / (candidate.length + SHORT),
        "asks itself": ASKING_WEIGHT * candidate.asking,
        "late answer": LATE_WEIGHT * math.log1p(min(candidate.place, LATEST)),
    }


def community(candidate: Candidate) -> dict[str, float]:
    """The parts of the boost before saturation. What is not known (None) is neutral."""
    # Somebody who says "I favorited this" is among the votes already.
    backing = candidate.backers - 0.5 * candidate.favorited_backers - candidate.dissenters
    return {
        "votes": VOTES_WEIGHT * (candidate.lift or 0.0),
        "endorsements": ENDORSEMENT_WEIGHT * math.copysign(math.log2(1 + abs(backing)), backing),
        "best answer": BEST_WEIGHT if candidate.best else 0.0,
        "asker's outcome": OUTCOME_WEIGHT * (0 if candidate.outcome is None else 1 if candidate.outcome else -1),
    }


def _sort_key(candidate: Candidate, sort: Sort) -> float:
    if sort == "votes":
        return math.inf if candidate.votes is None else -candidate.votes
    if sort == "newest":
        return math.inf if candidate.written is None else -candidate.written
    if sort == "oldest":
        return math.inf if candidate.written is None else candidate.written
    return 0.0
