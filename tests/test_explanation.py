"""The sentence that says why: every number and name in it is a fact, and what did not count is not in it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import explanation, markup, shapes, words
from indexer.explanation import Facts
from indexer.library import Library
from indexer.proximity import Pairs

NOTHING = Facts(words=0, missing=(), close=False, votes=None, usual=None, backers=(), disputed=False, best=False, worked=None)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        ({"words": 1}, "Matches your word."),
        ({"words": 1, "missing": ("cat",)}, "Matches none of your words itself."),
        ({"words": 2}, "Matches both of your words."),
        ({"words": 5, "close": True}, "Matches all 5 of your words, close together."),
        ({"words": 5, "missing": ("dream",)}, "Matches 4 of your 5 words (not “dream”)."),
        ({"words": 5, "missing": ("a", "b")}, "Matches 3 of your 5 words (not “a” or “b”)."),
        ({"words": 9, "missing": ("a", "b", "c")}, "Matches 6 of your 9 words."),
        ({"words": 3, "missing": ("a", "b", "c")}, "Matches none of your 3 words."),
        ({"votes": 12, "usual": 3}, "12 votes where about 3 would be usual."),
        ({"votes": 1, "usual": 0}, "1 vote where none would be usual."),
        ({"votes": -3, "usual": -1}, "−3 votes where about −1 would be usual."),
        ({"votes": 1200, "usual": 1000}, "1,200 votes where about 1,000 would be usual."),
        ({"votes": 3}, ""),
        ({"backers": ("ann",)}, "Backed in words by ann."),
        ({"backers": ("ann", "bo")}, "Backed in words by ann and bo."),
        ({"backers": ("ann", "bo", "cy")}, "Backed in words by ann and 2 others."),
        ({"disputed": True}, "Disputed by others in the thread."),
        ({"best": True, "worked": True}, "Marked as best; the asker took it up."),
        ({"worked": False}, "The asker says it did not help."),
        ({"words": 2, "missing": ("a", "b"), "meant": True}, "Matches none of your 2 words; near to your question in meaning."),
        (
            {"words": 5, "missing": ("x",), "votes": 12, "usual": 3, "backers": ("ann", "a", "b")},
            "Matches 4 of your 5 words (not “x”); 12 votes where about 3 would be usual; backed in words by ann and 2 others.",
        ),
    ],
)
def test_facts_as_a_sentence(changes, sentence):
    assert explanation.sentence(replace(NOTHING, **changes)) == sentence


FACTS = st.builds(
    lambda words, missing, **rest: Facts(words=words, missing=tuple("x" for _ in range(min(words, missing))), **rest),
    words=st.integers(0, 40),
    missing=st.integers(0, 40),
    close=st.booleans(),
    votes=st.none() | st.integers(-(10**6), 10**6),
    usual=st.none() | st.integers(-(10**6), 10**6),
    backers=st.lists(st.sampled_from(["ann", "bo", "cy"]), max_size=9).map(tuple),
    disputed=st.booleans(),
    best=st.booleans(),
    worked=st.none() | st.booleans(),
    meant=st.booleans(),
)


@given(FACTS)
def test_the_numbers_of_a_sentence_are_the_facts(known):
    said = [int(found.replace(",", "").replace("−", "-")) for found in re.findall(r"−?\d[\d,]*", explanation.sentence(known))]
    expected = []
    matched = known.words - len(known.missing)
    if known.words > 1 and matched == known.words:
        expected += [known.words] if known.words > 2 else []
    elif known.words > 1:
        expected += [matched, known.words] if matched else [known.words]
    if known.votes is not None and known.usual is not None:
        expected += [known.votes] + ([known.usual] if known.usual else [])
    expected += [len(known.backers) - 1] if len(known.backers) > 2 else []
    assert said == expected


def test_on_the_sample_the_sentence_is_true(sample_library):
    sample = Library(sample_library)
    text = "bombed the interview for my dream job at the zoo, can it be saved?"
    asked = set(words.terms(text))
    for found in sample.ask(text, n=50).answers:
        assert found.question is not None
        known = explanation.facts(found)
        had = set(words.terms(f"{found.title} {' '.join(found.question.tags)} {markup.prose(found.question.body)}"))
        had |= set(words.terms(markup.prose(found.answer.body)))
        assert (known.words, len(known.missing)) == (len(asked), len(asked - had))
        assert {words.term_of(word).term for word in known.missing} == asked - had
        assert shapes.results(sample.ask(text, n=50))["answers"][found.rank - 1]["why"] == explanation.sentence(known)
        if known.worked is not None:
            assert found.outcome is not None
            assert known.worked == found.outcome.worked
            assert found.question.author not in known.backers
        if known.votes is not None:
            assert known.votes == found.answer.votes
            assert known.usual is not None
            assert (known.votes >= known.usual) == (found.signals["votes"] >= 0) or known.votes == known.usual


def test_what_did_not_count_is_not_said(sample_library):
    sample = Library(sample_library)
    for found in sample.ask("landlord keeps my deposit", n=20, dial=0.0).answers:
        assert re.fullmatch(r"Matches [^;]*\.", explanation.of_search(found) or "")


def test_words_are_said_to_be_close_together_only_of_the_answer_that_has_them_so(sample_library):
    sample = Library(sample_library)
    close = set()
    for found in sample.ask("landlord keeps my security deposit", n=40).answers:
        pairs = Pairs.of("landlord keeps my security deposit", dict.fromkeys(["landlord", "keep", "secur", "deposit"], 1.0))
        said = ", close together" in (explanation.of_search(found) or "")
        assert not said or pairs.closeness_in(found.answer.body)
        assert said == ("proximity" in found.signals)
        close.add(said)
    assert close == {True, False}


def test_the_best_rated_have_a_sentence_too(sample_library):
    best = Library(sample_library).top(n=1).answers[0]
    assert explanation.why(best) == f"{best.answer.votes} votes where about {best.usual_votes} would be usual."
