"""What a question that is being typed may become."""

from __future__ import annotations

import pytest
from conftest import answer, question
from hypothesis import given
from hypothesis import strategies as st

from indexer.library import Library


@pytest.fixture
def library(library_of):
    return library_of(
        question(1, "Landlord keeps my deposit"),
        answer(1, 1, "Sue.", votes=2),
        question(2, "My landlord is loud"),
        *(answer(2, place, "Move.", votes=50) for place in (1, 2, 3)),
        question(3, "The deposit my landlord  keeps"),
        answer(3, 1, "Ask.", votes=9),
        question(4, "How do I quit?"),
        question(5, "How do I cook quinoa?"),
        answer(5, 1, "Rinse it.", votes=None),
        question(6, "C++ or C#"),
        question(7, "Landlord keeps my deposit"),
    )


def titles(library, typed, n=8):
    return [completion.text for completion in library.complete(typed, n) if completion.thread_id]


def others(library, typed, n=8):
    return [completion.text for completion in library.complete(typed, n) if not completion.thread_id]


def test_titles_that_begin_as_typed_come_first_then_those_with_most_behind_them(library):
    loud, first, third = "My landlord is loud", "Landlord keeps my deposit", "The deposit my landlord keeps"
    assert titles(library, "landlord") == [first, loud, third]
    assert titles(library, "Landlord K") == [first, third]
    assert titles(library, "my landlord ") == [loud, third, first]
    assert titles(library, "deposit landlord") == [third, first]
    assert titles(library, "landlord", 1) == [first]


def test_a_title_is_said_once_and_leads_to_its_best_thread(library):
    assert [c.thread_id for c in library.complete("landlord keeps my")][:1] == ["example.org:1"]
    assert len(titles(library, "landlord keeps my dep")) == 2


def test_a_space_ends_the_word(library):
    assert titles(library, "how do i qui") == ["How do I quit?", "How do I cook quinoa?"]
    assert titles(library, "how do i quit ") == ["How do I quit?"]
    assert titles(library, "how do i qui ") == []


def test_small_words_and_odd_ones_count(library):
    assert titles(library, "how do") == ["How do I cook quinoa?", "How do I quit?"]
    assert titles(library, "c") == ["C++ or C#", "How do I cook quinoa?"]
    assert titles(library, "c+") == ["C++ or C#", "How do I cook quinoa?"]
    assert titles(library, "c++ ") == ["C++ or C#"]


def test_words_of_the_library_end_what_no_title_does(library):
    assert others(library, "rin") == ["rinse"]
    assert others(library, "landlord rin") == ["landlord rinse"]
    assert others(library, "landlord dep") == []
    assert others(library, "rinse") == []


def test_slips_are_forgiven(library):
    assert titles(library, "landlrd dep") == titles(library, "landlord dep")
    assert titles(library, "landlord depsoit") == titles(library, "landlord deposit")
    assert titles(library, "landlord zxqvbn") == []


@pytest.mark.parametrize("typed", ["", " ", "?", '"', "zxqv", "the zxqv", "\ud800", "@asker", "%", "_"])
def test_nothing_comes_of_nothing(library, typed):
    assert library.complete(typed) == ()


def test_a_number_of_none_is_none(library):
    assert library.complete("landlord", 0) == ()


@given(typed=st.text() | st.text("landore ") | st.sampled_from(["landlord " * 2000, "a" * 20_000, "la\0nd", "l\U0010ffff"]))
def test_anything_can_be_typed(sample_library, typed):
    found = Library(sample_library).complete(typed, 5)
    assert len(found) <= 5
    assert all(completion.text for completion in found)


def test_similar_questions_are_found_for_threads_and_texts(sample_library):
    library = Library(sample_library)
    landlord = next(c.thread_id for c in library.complete("my landlord is keeping"))
    found = library.similar(landlord, 4)
    assert landlord not in {neighbour.thread_id for neighbour in found}
    assert len(found) == 4
    assert [neighbour.score for neighbour in found] == sorted((n.score for n in found), reverse=True)
    assert not any(neighbour.linked for neighbour in found)
    assert library.similar_to("landlord keeps security deposit")[0].thread_id == landlord
    titles = " ".join(neighbour.title for neighbour in found)
    assert "Mice in my old apartment" in titles
    assert "Roommate is two months behind" in titles
    assert library.similar_to("the of zxqv") == ()


def test_what_the_site_says_asks_the_same_comes_first(library_of):
    library = library_of(
        question(1, "Bread will not rise", "The dough is flat."),
        question(2, "Flat dough", "Bread will not rise.", duplicate_of=("example.org:3", "example.org:99")),
        question(3, "Yeast"),
    )
    assert [(near.thread_id, near.linked) for near in library.similar("example.org:2")] == [
        ("example.org:3", True),
        ("example.org:1", False),
    ]
    assert [near.thread_id for near in library.similar("example.org:3")] == ["example.org:2"]


def test_an_orphan_is_like_nothing(library_of):
    library = library_of(question(1, "A cat"), answer(2, 1, "Feed the cat."))
    assert library.similar("example.org:2") == ()
    assert library.similar("example.org:1") == ()
