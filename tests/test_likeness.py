"""How alike a question and threads are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import likeness
from indexer.rows import Gist


def titles(text, *named):
    found = likeness.of_threads(text, [], {}, {str(n): Gist(title, None) for n, title in enumerate(named)})
    return [found[str(n)] for n in range(len(named))]


def test_titles_meet_letter_by_letter():
    strike, dog, other = titles("striking thru text on git hub", "Strikethrough with GitHub", "My dog", "Cross stitch for text")
    assert strike.title > other.title > dog.title == 0


def test_a_title_that_is_the_question_is_exact_whatever_its_dress():
    same, more = titles("how do I delete my Facebook account", "How do I delete my Facebook account?", "Delete my account")
    assert same.exact
    assert not more.exact
    assert same.title == pytest.approx(1)


def test_nothing_is_like_nothing():
    assert titles("?!", "", "...") == [likeness.Likeness(0.0, 0.0, exact=False)] * 2


@given(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=4))
def test_likeness_is_a_share(text, named):
    for found in titles(text, *named):
        assert 0 <= found.title <= 1
        assert found.subject == 0
