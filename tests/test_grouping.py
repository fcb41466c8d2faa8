"""One thread does not fill the page, and nothing is lost by it."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import answer, question
from hypothesis import given
from hypothesis import strategies as st
from test_ranking import fact, facts

from indexer import grouping
from indexer.errors import NotFound
from indexer.grouping import Listing
from indexer.library import Library
from indexer.ranking import SORTS, Ranking


def ranked(threads: str) -> Ranking:
    """A ranking: a letter for the thread of each answer, whose number is its place."""
    known = facts(*(fact(number=place, thread=ord(thread)) for place, thread in enumerate(threads)))
    return Ranking(known, np.ones(len(known)), {})


def folded(threads: str) -> Listing:
    return grouping.by_thread(ranked(threads), 0, len(threads))


def listed(threads: str) -> str:
    return "".join(str(one.number) for one in folded(threads).answers)


def test_every_thread_is_listed_once():
    assert listed("abacbca") == "013"


def test_the_thread_that_was_meant_shows_three():
    assert listed("aaaaabab") == "0125"
    assert listed("aabaab") == "012"
    assert listed("abaaab") == "01"
    assert listed("aabbbb") == "012"


def test_an_answer_counts_those_of_its_thread_below_it():
    listing = folded("aaaaabab")
    assert listing.below == (5, 4, 3, 1)
    assert (listing.total, listing.threads, listing.listed) == (8, 2, 4)


@given(st.text(st.sampled_from("abcde"), max_size=40))
def test_nothing_is_lost(threads):
    listing = folded(threads)
    flat = grouping.flat(ranked(threads), 0, len(threads))
    assert (listing.total, listing.threads) == (flat.total, flat.threads) == (len(threads), len(set(threads)))
    assert listing.listed == len(listing.answers) <= len(set(threads)) + grouping.LEADING - 1
    places = [one.number for one in listing.answers]
    assert places == sorted(places)
    assert {threads[place] for place in places} == set(threads)
    last = {threads[place]: below for place, below in zip(places, listing.below, strict=True)}
    assert sum(last.values()) + listing.listed == len(threads)
    assert [one.number for one in flat.answers] == list(range(len(threads)))


@given(st.text(st.sampled_from("abc"), max_size=20), st.integers(0, 25), st.integers(0, 5))
def test_a_stretch_is_a_part_of_the_whole(threads, offset, n):
    whole, part = folded(threads), grouping.by_thread(ranked(threads), offset, n)
    assert [one.number for one in part.answers] == [one.number for one in whole.answers][offset : offset + n]
    assert part.below == whole.below[offset : offset + n]


@pytest.fixture
def cats(library_of) -> Library:
    posts = []
    for number in range(1, 6):
        posts.append(question(number, f"The cat of thread {number}", "It wakes me."))
        posts += [
            answer(number, place, f"Feed the cat {'late ' * place}", votes=place * number) for place in range(1, number + 1)
        ]
    return library_of(*posts)


def test_dial_sort_and_folding_change_the_order_and_never_the_set(cats):
    everything = {answer.answer.id for answer in cats.ask("cat", n=100).answers}
    threads = {name.partition("/")[0] for name in everything}
    assert len(everything) == 15
    for sort in SORTS:
        for dial in (0.0, 0.5, 1.0):
            flat = cats.ask("cat", n=100, dial=dial, sort=sort)
            assert {one.answer.id for one in flat.answers} == everything
            folded = cats.ask("cat", n=100, dial=dial, sort=sort, grouped=True)
            assert (folded.total, folded.threads, folded.listed) == (15, 5, len(folded.answers))
            assert {one.answer.thread_id for one in folded.answers} == threads
            order = [one.answer.id for one in flat.answers]
            assert [one.answer.id for one in folded.answers] == sorted(
                (one.answer.id for one in folded.answers), key=order.index
            )


def test_pages_of_a_folded_list_join(cats):
    whole = cats.ask("cat", n=100, grouped=True)
    pages = [cats.ask("cat", n=2, offset=offset, grouped=True) for offset in range(0, whole.listed, 2)]
    assert [one.answer.id for page in pages for one in page.answers] == [one.answer.id for one in whole.answers]
    assert [one.rank for page in pages for one in page.answers] == list(range(1, whole.listed + 1))
    assert {page.listed for page in pages} == {whole.listed}


def test_the_folded_ones_are_one_question_away(cats):
    folded = cats.ask("cat", n=100, grouped=True)
    last = {one.answer.thread_id: one for one in folded.answers}
    for thread_id, one in last.items():
        within = cats.ask("cat", n=100, thread=thread_id, grouped=True)
        shown = [answer.answer.id for answer in folded.answers if answer.answer.thread_id == thread_id]
        assert within.total == len(within.answers) == len(shown) + one.more_in_thread
        assert {answer.answer.thread_id for answer in within.answers} == {thread_id}
    with pytest.raises(NotFound):
        cats.ask("cat", thread="example.org:77")


def test_a_list_of_filters_alone_is_never_folded(cats):
    found = cats.ask("votes:>=1", n=100, grouped=True)
    assert (len(found.answers), found.total, found.listed, found.threads) == (15, 15, 15, 5)
    assert cats.ask("votes:>=1", thread="example.org:3").total == 3
