"""The order, and that it can be explained."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import columns, ranking
from indexer.columns import UNKNOWN
from indexer.likeness import Likeness
from indexer.ranking import Found, Matches


def fact(name="a", thread=0, **values):
    """What is known of an answer: nothing but what is said."""
    unknown = {"written": UNKNOWN, "votes": UNKNOWN, "lift": np.nan, "expected": np.nan, "best": -1, "outcome": -1}
    values = unknown | {"number": ord(name[0]), "key": ord(name[0]), "thread": thread, "length": 10**9} | values
    record = np.zeros(1, columns.ANSWER)
    for field, value in values.items():
        record[field] = value
    return record


def facts(*records):
    return np.concatenate([*records, np.zeros(0, columns.ANSWER)])


def found(*records, answer=None, thread=0.0, siblings=0.0, subject=0.0, title=0.0, proximity=0.0, nearby=0.0, meaning=0.0):
    known = facts(*records)
    parts = (1.0 if answer is None else answer, thread, siblings, subject, title, proximity, nearby, meaning)
    return Found(np.arange(len(known)), known, *(np.broadcast_to(np.array(part, float), len(known)) for part in parts))


def names(ranked):
    return [chr(answer.number) for answer in (ranked[place] for place in range(len(ranked)))]


def order(records, text=None, **how):
    given_text = [(text or {}).get(chr(record["number"][0]), 1.0) for record in records]
    return names(ranking.rank(found(*records, answer=given_text), **how))


def matches(*hits):
    return Matches(np.array([row for row, _ in hits], np.int64), np.array([score for _, score in hits], float))


NO_THREADS = np.zeros(0, np.int64), Likeness(np.zeros(0), np.zeros(0), np.zeros(0, bool))


def text_scores(answers, threads, known, compared=NO_THREADS):
    return ranking.text_scores(matches(*answers), matches(*threads), np.arange(len(known)), known, *compared)


def parts(found, place):
    return tuple(float(getattr(found, part)[place]) for part in ("answer", "thread", "siblings", "subject", "title"))


def test_of_two_equal_answers_the_better_voted_comes_first():
    assert order([fact("a", votes=0, lift=-0.5), fact("b", votes=9, lift=1.5)]) == ["b", "a"]


def test_votes_never_rescue_an_answer_off_the_point():
    assert order([fact("a"), fact("b", votes=10**6, lift=13.0, backers=50, best=True)], {"a": 10.0, "b": 3.0}) == [
        "a",
        "b",
    ]


def test_what_worked_for_the_asker_rises_and_what_did_not_falls():
    told = [fact("a"), fact("b", outcome=1), fact("c", outcome=0)]
    assert order(told) == ["b", "a", "c"]
    assert ranking.community(facts(*told))["asker's outcome"].tolist() == [0, ranking.OUTCOME_WEIGHT, -ranking.OUTCOME_WEIGHT]


def test_unknown_votes_are_neutral_and_not_zero():
    assert order([fact("a", votes=0, lift=-1.0), fact("b"), fact("c", votes=5, lift=1.0)]) == ["c", "b", "a"]


def test_a_backer_who_also_voted_counts_less():
    assert order([fact("a", backers=1, favorited=1), fact("b", backers=1)]) == ["b", "a"]


def test_dissent_counts_against():
    assert order([fact("a", dissenters=1), fact("b"), fact("c", backers=1)]) == ["c", "b", "a"]


def test_best_mark_lifts():
    assert order([fact("a", best=False), fact("b", best=True)]) == ["b", "a"]


def test_the_dial_at_zero_is_the_text_alone():
    pair = [fact("a", lift=5.0, votes=500, best=True), fact("b")]
    assert order(pair, {"a": 1.0, "b": 1.01}, dial=0.0) == ["b", "a"]
    assert order(pair, {"a": 1.0, "b": 1.01}, dial=1.0) == ["a", "b"]


@pytest.mark.parametrize(("sort", "expected"), [("votes", "bac"), ("newest", "abc"), ("oldest", "bac")])
def test_sorts_put_what_is_unknown_last(sort, expected):
    three = [fact("a", votes=1, written=20), fact("b", votes=2, written=10), fact("c")]
    assert "".join(order(three, sort=sort)) == expected


@given(
    st.floats(0, 1),
    st.lists(
        st.tuples(
            st.floats(0.1, 50),
            st.floats(-5, 9) | st.none(),
            st.booleans() | st.none(),
            st.integers(0, 9),
            st.integers(0, 9),
            st.integers(0, 300),
            st.floats(0, 1),
            st.integers(0, 300),
        ),
        max_size=8,
    ),
)
def test_signals_add_up_and_dial_and_sort_keep_the_set(dial, drawn):
    known = [
        fact(
            chr(97 + i),
            lift=np.nan if lift is None else lift,
            best=-1 if best is None else best,
            backers=backers,
            dissenters=dissenters,
            length=length,
            asking=asking,
            place=place,
        )
        for i, (_, lift, best, backers, dissenters, length, asking, place) in enumerate(drawn)
    ]
    text = np.array([text for text, *_ in drawn])
    shares = dict.fromkeys(("subject", "title", "proximity", "nearby"), text / 16)
    scored = found(*known, answer=text, thread=text / 4, **shares)
    for sort in ranking.SORTS:
        ranked = ranking.rank(scored, dial=dial, sort=sort)
        assert sorted(names(ranked)) == [chr(97 + i) for i in range(len(drawn))]
        for r in (ranked[place] for place in range(len(ranked))):
            assert sum(r.signals.values()) == pytest.approx(r.score)
            assert r.score >= 0
            assert r.score <= 1.5 * (1 + ranking.BOOST_CAP) * text[r.number - 97]
    best = ranking.rank(scored, dial=dial).scores
    assert all(x >= y for x, y in itertools.pairwise(best))


def test_a_threads_answers_are_found_by_their_question_and_by_each_other():
    scores = text_scores([(0, 2.0)], [(0, 3.0)], facts(fact("a"), fact("b"), fact("x", thread=1)))
    assert scores.rows.tolist() == [0, 1]
    assert parts(scores, 0) == (2.0, 6.0, 1.0, 0, 0)
    assert parts(scores, 1) == (0.0, 6.0, 1.0, 0, 0)


def test_far_below_the_best_is_no_answer():
    assert text_scores([(0, 10.0), (1, 1.0)], [], facts(fact("a"), fact("b", thread=1))).rows.tolist() == [0]


def test_what_was_found_and_then_left_out_gives_nothing_to_others():
    scores = text_scores([(0, 10.0), (1, 2.0), (7, 50.0)], [(4, 9.0)], facts(fact("a"), fact("b", thread=1)))
    assert [parts(scores, place)[:3] for place in (0, 1)] == [(10.0, 0.0, 5.0), (2.0, 0.0, 1.0)]


def test_nothing_found_is_nothing_ranked():
    nothing = text_scores([], [], facts())
    assert len(ranking.rank(ranking.with_proximity(nothing, np.zeros(0, np.int64), np.zeros(0)))) == 0


def test_what_is_hardly_an_answer_comes_after_one_that_is():
    assert order([fact("a", length=1), fact("b", length=40)]) == ["b", "a"]
    assert order([fact("a", asking=1.0), fact("b")]) == ["b", "a"]
    assert order([fact("a", place=9), fact("b")]) == ["b", "a"]
    assert order([fact("a", length=0, asking=1.0, place=10**6), fact("b")], {"a": 2.0, "b": 1.0}) == ["a", "b"]


def alike(threads, subject, title, exact):
    return np.array(threads), Likeness(np.array(subject), np.array(title), np.array(exact))


def test_a_thread_about_the_same_gains_a_share_of_the_best_score():
    known = facts(fact("a"), fact("b", thread=1))
    scores = text_scores([(0, 10.0), (1, 9.0)], [], known, alike([1, 5], [0.5, 1.0], [0.5, 1.0], [False, True]))
    assert parts(scores, 0) == (10.0, 0.0, 5.0, 0, 0)
    gained = 15 * ranking.SUBJECT_WEIGHT * 0.5, pytest.approx(15 * ranking.TITLE_WEIGHT * 0.5)
    assert parts(scores, 1) == (9.0, 0.0, 4.5, *gained)


def test_a_thread_gains_by_the_answer_with_the_words_closest_together():
    known = (fact("a"), fact("b"), fact("c"), fact("x", thread=1))
    scores = found(*known, answer=[10.0, 2.0, 2.0, 2.0], thread=[0.0, 4.0, 4.0, 4.0], siblings=[0.0, 2.0, 2.0, 2.0])
    closer = ranking.with_proximity(scores, np.array([1, 2]), np.array([0.5, 0.25]))
    unit = 10 * ranking.PROXIMITY_WEIGHT
    assert (closer.proximity / unit).tolist() == [0, 0.5, 0.25, 0]
    assert (closer.nearby / unit).tolist() == [0.5, 0, 0.25, 0]
    assert (replace(closer, proximity=scores.proximity, nearby=scores.nearby).text == scores.text).all()
    ranked = {answer.number: answer for answer in map(ranking.rank(closer).__getitem__, range(4))}
    assert ranked[ord("b")].signals["proximity"] == pytest.approx(unit * 0.5)
    assert {"proximity", "thread's proximity"}.isdisjoint(ranked[ord("x")].signals)


def test_the_best_by_their_text_are_read():
    many = found(*(fact(number=n, key=n) for n in range(100)), answer=[float(n % 50) for n in range(100)])
    assert ranking.to_read(many)[:4].tolist() == [49, 99, 48, 98]
    assert len(ranking.to_read(many)) == ranking.READ


def test_a_title_that_is_the_question_comes_first():
    known = facts(fact("a"), fact("b", thread=1))
    scores = text_scores([(0, 10.0), (1, 4.0)], [], known, alike([0, 1], [0.9, 0.9], [0.9, 1.0], [False, True]))
    assert scores.text[1] > scores.text[0]


def test_threads_in_order_are_those_found_by_themselves_or_by_an_answer():
    in_order = ranking.threads_in_order(matches((0, 1.0), (1, 5.0)), np.array([0, 1]), matches((0, 2.0), (2, 0.1)))
    assert in_order.tolist() == [1, 0, 2]


def test_equals_are_in_the_order_of_their_thread():
    assert order([fact("a", place=2), fact("b", place=1)], {"a": 1.0, "b": 1.0}, dial=0.0)[0] == "b"
    assert order([fact("b", key=1), fact("a", key=2)]) == ["b", "a"]
