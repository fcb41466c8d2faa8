"""How close together words stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import proximity, words
from indexer.proximity import Pairs


def pairs(question, **weights):
    return Pairs.of(question, dict.fromkeys(words.single_terms(question), 1.0) | weights)


def test_neighbours_in_the_question_are_looked_for_close_together_in_either_order():
    asked = pairs("save the failed job interview")
    assert asked.closeness("I saved what had failed: jobs and interviews.") == 1
    assert asked.closeness("Your interview for a job") == pytest.approx(1 / 3)
    assert asked.closeness("A failed job. Some jobs are for interviews.") == pytest.approx(2 / 3)
    assert asked.closeness("A job is a job.") == 0


def test_words_far_apart_are_not_together_though_each_is_there():
    asked = pairs("sourdough starter")
    apart = "x" * (proximity.CLOSE - len("sourdough  "))
    assert asked.closeness(f"sourdough {apart} starter") == 1
    assert asked.closeness(f"sourdough x{apart}x starter") == 0
    assert asked.closeness(f"sourdough {apart} {apart} starter and sourdough") == 1


def test_a_pair_weighs_what_its_lighter_word_does_and_is_counted_once():
    asked = pairs("best sourdough starter, sourdough starter", best=0.5)
    assert asked.closeness("the best sourdough") == pytest.approx(0.5 / 1.5)
    assert asked.closeness("a sourdough starter") == pytest.approx(1 / 1.5)


def test_words_without_a_weight_are_passed_over():
    assert Pairs.of("cat -dog mouse", {"cat": 1.0, "mous": 1.0}).closeness("cat and mouse") == 1


@pytest.mark.parametrize("question", ["", "?!", "cat", "cat, cat", "of the"])
def test_without_two_words_there_is_nothing_to_look_for(question):
    assert not pairs(question)
    assert pairs(question).closeness("a cat") == 0


def test_of_a_body_the_beginning_is_read_and_its_tags_are_not():
    long = "<p>" + "x " * (proximity.READ // 2)
    assert pairs("cat dog").closeness_in(f"<p>cat <b>dog</b></p>{long}</p>") == 1
    assert pairs("cat dog").closeness_in(f"{long}cat dog</p>") == 0
    assert pairs("cat dog").closeness_in(f'<p>dog <a href="https://cats.example/{"x" * proximity.CLOSE}">cat</a></p>') == 1
    assert pairs("cat href").closeness_in('<p>cat <a href="https://cats.example/">x</a></p>') == 0


@given(st.text(max_size=60), st.text(max_size=120))
def test_closeness_is_a_share_and_a_question_is_close_to_itself(question, text):
    asked = pairs(question)
    assert 0 <= asked.closeness(text) <= 1
    if asked:
        assert asked.closeness(question) == pytest.approx(1)
