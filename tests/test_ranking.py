"""The order, and that it can be explained."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import ranking
from indexer.engines import Hit
from indexer.likeness import Likeness
from indexer.ranking import TextScore
from indexer.rows import Candidate


def candidate(name="a", **values):
    default = {"thread_id": "t", "site": "s", "category": None, "author": None, "year": None, "written": None, "votes": None}
    default |= {"best": None, "lift": None, "backers": 0, "dissenters": 0, "favorited_backers": 0}
    default |= {"length": 10**9, "asking": 0.0, "place": 0}
    return Candidate(id=name, **(default | values))


def order(candidates, text=None, **how):
    scores = {c.id: TextScore((text or {}).get(c.id, 1.0), 0.0, 0.0) for c in candidates}
    return [r.candidate.id for r in ranking.rank(scores, {c.id: c for c in candidates}, **how)]


def test_of_two_equal_answers_the_better_voted_comes_first():
    assert order([candidate("a", votes=0, lift=-0.5), candidate("b", votes=9, lift=1.5)]) == ["b", "a"]


def test_votes_never_rescue_an_answer_off_the_point():
    assert order([candidate("a"), candidate("b", votes=10**6, lift=13.0, backers=50, best=True)], {"a": 10.0, "b": 3.0}) == [
        "a",
        "b",
    ]


def test_what_worked_for_the_asker_rises_and_what_did_not_falls():
    told = [candidate("a"), candidate("b", outcome=1), candidate("c", outcome=0)]
    assert order(told) == ["b", "a", "c"]
    assert ranking.community(told[1])["asker's outcome"] == -ranking.community(told[2])["asker's outcome"] > 0


def test_unknown_votes_are_neutral_and_not_zero():
    assert order([candidate("a", votes=0, lift=-1.0), candidate("b"), candidate("c", votes=5, lift=1.0)]) == ["c", "b", "a"]


def test_a_backer_who_also_voted_counts_less():
    assert order([candidate("a", backers=1, favorited_backers=1), candidate("b", backers=1)]) == ["b", "a"]


def test_dissent_counts_against():
    assert order([candidate("a", dissenters=1), candidate("b"), candidate("c", backers=1)]) == ["c", "b", "a"]


def test_best_mark_lifts():
    assert order([candidate("a", best=False), candidate("b", best=True)]) == ["b", "a"]


def test_the_dial_at_zero_is_the_text_alone():
    pair = [candidate("a", lift=5.0, votes=500, best=True), candidate("b")]
    assert order(pair, {"a": 1.0, "b": 1.01}, dial=0.0) == ["b", "a"]
    assert order(pair, {"a": 1.0, "b": 1.01}, dial=1.0) == ["a", "b"]


@pytest.mark.parametrize(("sort", "expected"), [("votes", "bac"), ("newest", "abc"), ("oldest", "bac")])
def test_sorts_put_what_is_unknown_last(sort, expected):
    three = [candidate("a", votes=1, written=20), candidate("b", votes=2, written=10), candidate("c")]
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
    found = {
        str(i): candidate(
            str(i),
            lift=lift,
            best=best,
            backers=backers,
            dissenters=dissenters,
            length=length,
            asking=asking,
            place=place,
        )
        for i, (_, lift, best, backers, dissenters, length, asking, place) in enumerate(drawn)
    }
    scores = {
        str(i): TextScore(text, text / 4, 0.0, text / 16, text / 16, text / 16, text / 16) for i, (text, *_) in enumerate(drawn)
    }
    for sort in ranking.SORTS:
        ranked = ranking.rank(scores, found, dial=dial, sort=sort)
        assert {r.candidate.id for r in ranked} == set(found)
        for r in ranked:
            assert sum(r.signals.values()) == pytest.approx(r.score)
            assert r.score >= 0
            assert r.score <= 1.5 * (1 + ranking.BOOST_CAP) * scores[r.candidate.id].answer
    best = ranking.rank(scores, found, dial=dial)
    assert all(x.score >= y.score for x, y in itertools.pairwise(best))


def test_a_threads_answers_are_found_by_their_question_and_by_each_other():
    found = {c.id: c for c in (candidate("a"), candidate("b"), candidate("x", thread_id="u"))}
    scores = ranking.text_scores([Hit("a", 2.0)], [Hit("t", 3.0)], found)
    assert scores["a"] == TextScore(2.0, 6.0, 1.0)
    assert scores["b"] == TextScore(0.0, 6.0, 1.0)
    assert "x" not in scores


def test_far_below_the_best_is_no_answer():
    found = {c.id: c for c in (candidate("a"), candidate("b", thread_id="u"))}
    assert set(ranking.text_scores([Hit("a", 10.0), Hit("b", 1.0)], [], found)) == {"a"}


def test_what_is_hardly_an_answer_comes_after_one_that_is():
    assert order([candidate("a", length=1), candidate("b", length=40)]) == ["b", "a"]
    assert order([candidate("a", asking=1.0), candidate("b")]) == ["b", "a"]
    assert order([candidate("a", place=9), candidate("b")]) == ["b", "a"]
    assert order([candidate("a", length=0, asking=1.0, place=10**6), candidate("b")], {"a": 2.0, "b": 1.0}) == ["a", "b"]


def test_a_thread_about_the_same_gains_a_share_of_the_best_score():
    found = {c.id: c for c in (candidate("a"), candidate("b", thread_id="u"))}
    alike = {"u": Likeness(subject=0.5, title=0.5, exact=False)}
    scores = ranking.text_scores([Hit("a", 10.0), Hit("b", 9.0)], [], found, alike)
    assert scores["a"] == TextScore(10.0, 0.0, 5.0)
    gained = 15 * ranking.SUBJECT_WEIGHT * 0.5, pytest.approx(15 * ranking.TITLE_WEIGHT * 0.5)
    assert scores["b"] == TextScore(9.0, 0.0, 4.5, *gained)


def test_a_thread_gains_by_the_answer_with_the_words_closest_together():
    found = {c.id: c for c in (candidate("a"), candidate("b"), candidate("c"), candidate("x", thread_id="u"))}
    scores = {"a": TextScore(10.0, 0.0, 0.0), **dict.fromkeys("bcx", TextScore(2.0, 4.0, 2.0))}
    closer = ranking.with_proximity(scores, found, {"b": 0.5, "c": 0.25})
    unit = 10 * ranking.PROXIMITY_WEIGHT
    assert [(closer[name].proximity / unit, closer[name].nearby / unit) for name in "abc"] == [(0, 0.5), (0.5, 0), (0.25, 0.25)]
    assert closer["x"] == scores["x"]
    assert [score._replace(proximity=0.0, nearby=0.0) for score in closer.values()] == list(scores.values())
    ranked = {answer.candidate.id: answer for answer in ranking.rank(closer, found)}
    assert ranked["b"].signals["proximity"] == pytest.approx(unit * 0.5)
    assert {"proximity", "thread's proximity"}.isdisjoint(ranked["x"].signals)
    assert ranking.with_proximity({}, {}, {}) == {}


def test_the_best_by_their_text_are_read():
    scores = {f"{n:03}": TextScore(float(n % 50), 0.0, 0.0) for n in range(100)}
    assert ranking.to_read(scores)[:4] == ["049", "099", "048", "098"]
    assert len(ranking.to_read(scores)) == ranking.READ


def test_a_title_that_is_the_question_comes_first():
    found = {c.id: c for c in (candidate("a"), candidate("b", thread_id="u"))}
    alike = {"t": Likeness(0.9, 0.9, exact=False), "u": Likeness(0.9, 1.0, exact=True)}
    scores = ranking.text_scores([Hit("a", 10.0), Hit("b", 4.0)], [], found, alike)
    assert sum(scores["b"]) > sum(scores["a"])


def test_threads_in_order_are_those_found_by_themselves_or_by_an_answer():
    found = {c.id: c for c in (candidate("a"), candidate("b", thread_id="u"))}
    assert ranking.threads_in_order([Hit("a", 1.0), Hit("b", 5.0)], [Hit("t", 2.0), Hit("v", 0.1)], found) == ["u", "t", "v"]
