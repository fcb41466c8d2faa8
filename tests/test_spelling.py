"""Slips of the pen: which are mended, which only offered, and what is never touched."""

from __future__ import annotations

from functools import partial

import pytest
from conftest import answer, question

from indexer import ask, spelling
from indexer.library import Library
from indexer.store import Store


@pytest.fixture(scope="module")
def correct(sample_library):
    """A function that gives the corrected question and whether it is searched, or None."""
    library, store = Library(sample_library), Store(sample_library)
    engine = library._index(store).engine

    def asked(text):
        found = spelling.correct(text, store.vocabulary, partial(ask.together, engine))
        return found and (found.corrected, found.applied)

    return asked


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("landlrd", "landlord"),
        ("my landlord keeps my depsoit", "my landlord keeps my deposit"),
        ("bombed intervew, dream job!", "bombed interview, dream job!"),
        ("Intervew", "Interview"),
        ("INTERVEW", "INTERVIEW"),
        ("tommatoes with blak bottoms", "tomatoes with black bottoms"),
        ("mattres", "mattress"),
        ("teh cat", "the cat"),
        ("sourdouhg sourdouhg", "sourdough sourdough"),
        ("(landlrd) depsoit's", "(landlord) depsoit's"),
        ("well-knwon landlord", "well-known landlord"),
        ('"dream job" intervew', '"dream job" interview'),
        ("-cat landlrd", "-cat landlord"),
        ("category:pets landlrd", "category:pets landlord"),
    ],
)
def test_a_word_that_nothing_has_is_mended(correct, typed, meant):
    assert correct(typed) == (meant, True)


@pytest.mark.parametrize(
    "typed",
    [
        "cat wakes me at 5am",
        "can this job interview be saved? I totally bombed",
        '"landlrd"',
        "“landlrd depsoit”",
        "-landlrd cat",
        "author:landlrd",
        'category:"landlrd pets"',
        "votes:landlrd",
        "landlrd.py",
        "C:\\landlrd",
        "https://landlrd.example/",
        "landlrd@example.org",
        "landlrd_keeps",
        "landlrd2",
        "landlrd++",
        "landLrd",
        "giraffe",  # well spelt, and near to nothing that the asker may have meant
        "HVAC or CATT",
        "zxqvbn",
        "kat",  # three letters say too little
        "xx",
        "",
        "?!",
        "猫猫猫",
    ],
)
def test_nothing_else_is_touched(correct, typed):
    assert correct(typed) is None


def test_names_of_authors_are_no_slips(correct, sample_library):
    assert Store(sample_library).vocabulary.is_name("bramblejam")
    assert correct("what did Bramblejam say") is None


def test_a_language_that_the_library_does_not_speak_is_left_alone(correct):
    assert correct("meine katze weckt jeden morgen pünktlich um fünf uhr miauend unsere familie") is None


def test_what_may_be_a_name_is_offered(correct):
    assert correct("what would Landlrd do") == ("what would Landlord do", False)
    assert correct("Landlrd keeps it") == ("Landlord keeps it", True)


def test_a_wrong_first_letter_is_offered(correct):
    assert correct("kandlord") == ("landlord", False)
    assert correct("alndlord") == ("landlord", True)


def test_a_rare_word_beside_a_common_one_is_offered(library_of):
    threads = [question(number, "My landlord again") for number in range(spelling.COMMONER)]
    library = library_of(*threads, question(999, "The landlrod"), answer(999, 1, "The landlrod, yes."))
    results = library.ask("landlrod")
    assert results.total == 1
    assert (results.correction.corrected, results.correction.applied) == ("landlord", False)


def test_the_word_that_stands_with_the_others_is_preferred(library_of):
    library = library_of(
        *(question(number, "A lantern") for number in range(5)),
        *(question(number, "Lantero festival") for number in range(10, 13)),
        answer(10, 1, "The festival."),
    )
    assert library.ask("lanterm", n=1).correction.corrected == "lantern"
    assert library.ask("festival lanterx", n=1).correction.corrected == "festival lantero"


def test_only_a_few_words_are_looked_at(library_of, monkeypatch):
    library = library_of(question(1, "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"))
    looked = []
    monkeypatch.setattr(spelling, "suggest", lambda word, *_: looked.append(word))
    library.ask("two three four five six seven eight nine ten thirteen fourteen " + " ".join(f"qwxz{c}" for c in "abcdefghij"))
    assert len(looked) == spelling.MOST_LOOKED_AT
