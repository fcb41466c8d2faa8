"""In which order, and why? Every weight of the ranking lives here, with the evaluation that set it.

    score = text × substance × (1 + boost)

`text` is what the words say: the BM25 of the answer and, weighted, that of its thread; for the threads that come first by
these, also how alike they and the question are (`likeness`), and how close together they have its words (`proximity`);
in a library with a model, also how near they are to the question in what they mean (`meaning`). `substance` takes off for what
is hardly an answer. `boost` is what the community says: votes against expectation, endorsements, the best-answer mark, the
asker's word on how it went. It multiplies, saturates and is capped, so that votes lift a good answer over an equal one and
never rescue one off the point.

The evaluations named below are nDCG@10 on development sets; `askive evaluate` repeats them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .columns import UNKNOWN, Records, Rows
from .likeness import Likeness
from .meaning.nearest import Near

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

FULL_WEIGHT: Final = 4.0
"""What a thread gains that means the very same to a transformer, as a share of the best text score, once all threads have full
vectors; while they have not, in proportion. At 0, 2, 4, 5 and 8: stackfaq_dev .857, .943, .957, .960, .964, qatarliving_dev
.338, .366, .370, .371, .361, by subject .353, .368, .371, .366, .357, se_beer_2020's duplicates .512, .609, .626, .644, .661,
our own topics .658, .720, .744, .749, .750. Cross-validated, folds choose 5 or 8, for the sets of paraphrases; the real
questions would not. While half of the threads have vectors: stackfaq_dev .856, qatarliving_dev .340, our own topics .680."""

STATIC_WEIGHT: Final = 0.4
"""The same of static vectors. From 0 to 0.4: stackfaq_dev .857 → .863 (p .02), qatarliving_dev .339 → .346, by subject
.353 → .359, our own topics .658 → .652 (p .07), se_beer_2020's 24 duplicates .512 → .492 (p .5).
Cross-validated it is worth nothing or little: what words have to do with each other, `latent` learns from the library."""

NEAREST: Final = 30
"""Threads, those a model holds for nearest, that are looked at though no word found them. From 20 to 200 no set changes."""

NEAR: Final = 0.2
"""How alike they are at least. By judgement: so that nonsense finds nothing."""

NEUTRAL: Final = 30
"""Threads, the first by their words, whose likeness a thread without a vector is given: it neither gains nor loses by that."""

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


_TOLD: Final = ("answer text", "thread text", "thread's answers", "same subject", "title")
"""Signals that are told of every answer; the others where they count."""

Scores = NDArray[np.float64]

NOBODY: Final[Rows] = np.zeros(0, np.int64)
"""No rows."""


class Matches(NamedTuple):
    """What an engine found of one kind: rows of answers or of threads, each once, and their scores."""

    rows: Rows
    scores: Scores


@dataclass(frozen=True, slots=True)
class Found:
    """Answers that were found, and what the words say for each, by where they stand: the text score is their sum."""

    rows: Rows
    facts: Records
    """What is known of each, fields as in `columns.ANSWER`."""
    answer: Scores
    thread: Scores
    siblings: Scores
    subject: Scores
    title: Scores
    proximity: Scores
    nearby: Scores
    """The proximity in another answer of the thread, as far as it is closer there."""
    meaning: Scores
    """What a model says of the thread."""

    @property
    def words(self) -> Scores:
        """The text score without what a model says."""
        parts = (self.answer, self.thread, self.siblings, self.subject, self.title, self.proximity, self.nearby)
        words: Scores = np.sum(parts, axis=0)
        return words

    @property
    def text(self) -> Scores:
        return self.words + self.meaning

    def only(self, kept: NDArray[Any]) -> Found:
        """Some of them."""
        return Found(*(getattr(self, part.name)[kept] for part in fields(self)))

    def joined(self, other: Found) -> Found:
        """These and others."""
        return Found(*(np.concatenate((getattr(self, part.name), getattr(other, part.name))) for part in fields(self)))


@dataclass(frozen=True, slots=True)
class Ranked:
    """An answer in its place, with the parts that its score is made of: they add up to it."""

    number: int
    """Of its post in the store."""
    score: float
    signals: Mapping[str, float]
    expected: float | None = None
    """See `standing.Standing`."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Answers in order, the best first, with the parts of their scores; an array each, taken apart only where it is shown."""

    facts: Records
    scores: Scores
    signals: Mapping[str, Scores]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, place: int) -> Ranked:
        parts = {name: float(values[place]) for name, values in self.signals.items()}
        fact = self.facts[place]
        return Ranked(
            int(fact["number"]),
            float(self.scores[place]),
            {name: part for name, part in parts.items() if part or name in _TOLD},
            None if np.isnan(fact["expected"]) else float(fact["expected"]),
        )

    def only(self, kept: NDArray[Any] | slice) -> Ranking:
        """Some of them."""
        return Ranking(self.facts[kept], self.scores[kept], {name: values[kept] for name, values in self.signals.items()})


def threads_in_order(answers: Matches, their_threads: Rows, threads: Matches) -> Rows:
    """Threads that were found, by their own words or by those of an answer, best first."""
    known, place = np.unique(np.concatenate((threads.rows, their_threads)), return_inverse=True)
    own, best = np.zeros((2, len(known)))
    own[place[: len(threads.rows)]] = threads.scores
    np.maximum.at(best, place[len(threads.rows) :], answers.scores)
    scores = THREAD_WEIGHT * own + (1 + SIBLING_WEIGHT) * best
    in_order: Rows = known[np.lexsort((known, -scores))]
    return in_order


def text_scores(
    answers: Matches,
    threads: Matches,
    rows: Rows,
    facts: Records,
    compared: Rows,
    alike: Likeness,
    near: Sequence[Near] = (),
    nearest: Rows = NOBODY,
) -> Found:
    """The text scores of answers, whose `rows` ascend; `alike` is of the threads `compared`, which words found in this order.
    `nearest` are threads that were found for what they mean.

    Those that stay below FLOOR of the best are left out: what is left is the set of results, whatever the dial and sort. What
    passes by its words alone passes with a model too.
    """
    known, of = np.unique(facts["thread"], return_inverse=True)
    own = _placed(rows, answers)
    thread = THREAD_WEIGHT * _placed(known, threads)[of]
    siblings = SIBLING_WEIGHT * _best_of_thread(of, own, len(known))[of]
    best = np.max(own + thread + siblings, initial=0.0)
    subject = SUBJECT_WEIGHT * best * _placed(known, Matches(compared, alike.subject))[of]
    title = best * _placed(known, Matches(compared, TITLE_WEIGHT * alike.title + EXACT_WEIGHT * alike.exact))[of]
    nothing = np.zeros(len(rows))
    meant = by_meaning(near, known, compared)
    # Nothing means the question more than the question itself.
    meant[_placed(known, Matches(compared, alike.exact.astype(np.float64))) > 0] = np.max(meant, initial=0.0)
    # Where no word was found at all, meaning alone orders.
    meaning = (best or 1.0) * meant[of]
    found = Found(rows, facts, own, thread, siblings, subject, title, nothing, nothing, meaning)
    by_words, text = found.words, found.text
    passed = by_words >= FLOOR * np.max(by_words, initial=0.0)
    if near:
        passed = (passed & (by_words > 0)) | (np.isin(known, nearest)[of] & (text >= FLOOR * np.max(text, initial=0.0)))
    return found.only(passed)


def by_meaning(near: Sequence[Near], known: Rows, in_order: Rows) -> Scores:
    """What each of the `known` threads gains by what it means, as a share of the best score; `in_order` as words have them."""
    gained = np.zeros(len(known))
    for seen in near:
        first, likeness = seen.likeness(in_order[:NEUTRAL]), seen.likeness(known)
        told = first[~np.isnan(first)] if not np.isnan(first).all() else likeness[~np.isnan(likeness)]
        neutral = float(told.mean()) if len(told) else 0.0
        weight = FULL_WEIGHT if seen.tier == "full" else STATIC_WEIGHT
        gained += weight * seen.share * np.where(np.isnan(likeness), neutral, likeness)
    return gained


def reaches(score: float, found: Found) -> bool:
    """Whether an answer that nothing but its own words speak for would be in the set, with what its thread has by it."""
    return (1 + SIBLING_WEIGHT) * score >= FLOOR * float(np.max(found.words, initial=0.0))


def _placed(among: Rows, matches: Matches) -> Scores:
    """The score of each of some ascending rows, 0 for those that did not match."""
    scores = np.zeros(len(among))
    if len(among):
        places = np.minimum(np.searchsorted(among, matches.rows), len(among) - 1)
        there = among[places] == matches.rows
        scores[places[there]] = matches.scores[there]
    return scores


def _best_of_thread(of: Rows, scores: Scores, threads: int) -> Scores:
    """The best score among the answers of each thread; `of` says which one an answer is of."""
    best = np.zeros(threads)
    np.maximum.at(best, of, scores)
    return best


def to_read(found: Found) -> Rows:
    """Places among what was found of the answers that are worth a look at how close together they have the question's words."""
    return _order(found.facts, found.text)[:READ]


def with_proximity(found: Found, read: Rows, closeness: Scores) -> Found:
    """The same with what answers and threads gain by proximity; `closeness` is of the answers that were read."""
    known, of = np.unique(found.facts["thread"], return_inverse=True)
    own = np.zeros(len(found.rows))
    own[read] = closeness
    unit = PROXIMITY_WEIGHT * np.max(found.words, initial=0.0)
    closest = _best_of_thread(of, own, len(known))[of]
    return replace(found, proximity=unit * own, nearby=unit * (closest - own))


def rank(found: Found, *, dial: float = 0.5, sort: Sort = "best") -> Ranking:
    """The answers in order. `dial` goes from 0, the text alone, to 1, the community twice over.

    Dial and sort change the order, never the set. Answers without the sort's column come last; equals by score, then by their
    place in their thread.
    """
    signals = _signals(found, dial)
    scores = np.sum(list(signals.values()), axis=0)
    order = _order(found.facts, scores, sort)
    return Ranking(found.facts, scores, signals).only(order)


def _signals(found: Found, dial: float) -> dict[str, Scores]:
    """The parts of each answer's score."""
    told = (found.answer, found.thread, found.siblings, found.subject, found.title)
    signals = dict(zip(_TOLD, told, strict=True)) | {"proximity": found.proximity, "thread's proximity": found.nearby}
    signals |= {"meaning": found.meaning}
    text = found.text
    signals |= {name: -text * lost for name, lost in lacking(found.facts).items()}
    text = np.sum(list(signals.values()), axis=0)
    parts = community(found.facts)
    together = np.sum(list(parts.values()), axis=0)
    raw = 2 * dial * together
    boost = np.where(raw > 0, BOOST_CAP * np.tanh(raw / BOOST_CAP), np.tanh(2 * raw) / 2)
    # Saturation is shared out, so that the parts still add up to the score.
    share = np.divide(boost, together, out=np.zeros(len(text)), where=raw != 0)
    return signals | {name: text * share * part for name, part in parts.items()}


def lacking(facts: Records) -> dict[str, Scores]:
    """The shares of their text scores that answers lose for their form; together less than half."""
    return {
        "short answer": SHORT_WEIGHT * SHORT / (facts["length"] + float(SHORT)),
        "asks itself": ASKING_WEIGHT * facts["asking"],
        "late answer": LATE_WEIGHT * np.log1p(np.minimum(facts["place"], LATEST)),
    }


def community(facts: Records) -> dict[str, Scores]:
    """The parts of the boost before saturation. What is not known is neutral."""
    # Somebody who says "I favorited this" is among the votes already.
    backing = facts["backers"] - 0.5 * facts["favorited"] - facts["dissenters"]
    return {
        "votes": VOTES_WEIGHT * np.nan_to_num(facts["lift"]),
        "endorsements": ENDORSEMENT_WEIGHT * np.copysign(np.log2(1 + np.abs(backing)), backing),
        "best answer": BEST_WEIGHT * (facts["best"] == 1),
        "asker's outcome": OUTCOME_WEIGHT * ((facts["outcome"] == 1) * 1.0 - (facts["outcome"] == 0)),
    }


def _order(facts: Records, scores: Scores, sort: Sort = "best") -> Rows:
    """Places in order: by the sort, then by score, then in a way that depends on nothing but the answers."""
    keys: list[NDArray[Any]] = [facts["key"], facts["place"], -scores]
    if sort != "best":
        column = facts["votes" if sort == "votes" else "written"]
        keys += [column if sort == "oldest" else -column, column == UNKNOWN]
    return np.lexsort(keys)
