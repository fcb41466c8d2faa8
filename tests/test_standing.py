"""Votes against expectation."""

from __future__ import annotations

import math

import pytest

from indexer.standing import THREAD_PRIOR, YEAR_PRIOR, Expectations, Vote, scale


def lifts(votes):
    return {standing.answer_id: standing.lift for standing in Expectations(votes).standings(votes)}


def test_the_formula_by_hand():
    votes = [Vote("a", "t", "s", 2010, 0), Vote("b", "t", "s", 2010, 7)]
    site = (0 + math.log(8)) / 2
    year = (math.log(8) + YEAR_PRIOR * site) / (2 + YEAR_PRIOR)
    thread = (math.log(8) + THREAD_PRIOR * year) / (2 + THREAD_PRIOR)
    assert lifts(votes) == pytest.approx({"a": -thread, "b": math.log(8) - thread})


def test_three_in_a_quiet_thread_outrank_thirty_in_a_loud_one():
    quiet = [Vote(f"q{i}", "quiet", "s", 2010, 3 if i == 0 else 0) for i in range(10)]
    loud = [Vote(f"l{i}", "loud", "s", 2010, 30) for i in range(10)]
    rest = [Vote(f"r{i}", f"t{i // 10}", "s", 2010, i % 3) for i in range(300)]
    found = lifts(quiet + loud + rest)
    assert found["q0"] > found["l0"]


def test_a_lone_answer_leans_on_its_year():
    found = lifts([Vote("lone", "t", "s", 2010, 5), *(Vote(f"r{i}", f"u{i}", "s", 2010, 1) for i in range(200))])
    assert 0 < found["lone"] < scale(5) - scale(1)


def test_votes_below_zero_are_mirrored():
    assert scale(-7) == -scale(7)
    assert scale(0) == 0


def test_nothing_to_compare():
    assert lifts([]) == {}
