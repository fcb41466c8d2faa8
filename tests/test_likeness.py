"""How alike a question and threads are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import latent, likeness
from indexer.likeness import Gists


class Found(NamedTuple):
    subject: float
    title: float
    exact: bool


def titles(text, *named):
    shapes = [likeness.shape(title) for title in named]
    gists = Gists(
        np.array([shape.said for shape in shapes], np.uint64),
        np.array([group for shape in shapes for group in shape.groups], np.uint32),
        np.array([count for shape in shapes for count in shape.counts], np.uint8),
        np.array([len(shape.groups) for shape in shapes], np.int32),
        np.zeros((len(named), latent.DIMENSIONS), np.int8),
    )
    alike = likeness.of_threads(text, [], {}, gists)
    return [Found(*parts) for parts in zip(alike.subject, alike.title, alike.exact, strict=True)]


def test_titles_meet_letter_by_letter():
    strike, dog, other = titles("striking thru text on git hub", "Strikethrough with GitHub", "My dog", "Cross stitch for text")
    assert strike.title > other.title > dog.title == 0


def test_a_title_that_is_the_question_is_exact_whatever_its_dress():
    same, more = titles("how do I delete my Facebook account", "How do I delete my Facebook account?", "Delete my account")
    assert same.exact
    assert not more.exact
    assert same.title == pytest.approx(1)


def test_nothing_is_like_nothing():
    assert titles("?!", "", "...") == [Found(0.0, 0.0, exact=False)] * 2


@given(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=4))
def test_likeness_is_a_share(text, named):
    for found in titles(text, *named):
        assert 0 <= found.title <= 1
        assert found.subject == 0
