"""The only definition of a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import words


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Cats and dogs", ["cat", "dog"]),
        ("C++ or C# at 41", ["c++", "c#", "41"]),
        ("a résumé, the RESUME", ["resum", "resum"]),
        ("It's Alice & Bob's", ["alic", "bob"]),
        ("won't sleep", ["wont", "sleep"]),
        ("it’s O’Brien’s", ["obrien"]),
        ("snake_case self-doubt", ["snake", "case", "self", "doubt", "selfdoubt"]),
        ("", []),
        ("the of and", []),
        ("🐈 猫", ["猫"]),
        ("ﬁling ½", ["file", "1⁄2"]),
    ],
)
def test_terms(text, terms):
    assert words.terms(text) == terms


def test_words_say_where_they_stand():
    text = "The cat’s naps"
    assert [(text[w.start : w.end], w.term, w.is_stop) for w in words.words(text)] == [
        ("The", "the", True),
        ("cat’s", "cat", False),
        ("naps", "nap", False),
    ]


def test_plain_keeps_small_words_so_that_phrases_are_exact():
    assert words.plain("To be,  or NOT\n“to be”?") == "to be or not to be"


@given(st.text())
def test_any_text_has_words_within_it(text):
    for word in words.words(text):
        assert 0 <= word.start < word.end <= len(text)
    assert words.plain(words.plain(text)).split() == words.plain(text).split() or not text.isascii()


@pytest.mark.parametrize("text", ["state-of-the-art", "a--b", "-x-", "thirteen-letter-x", "in-to", "x" * 15 + "-" + "y" * 15])
def test_not_every_hyphen_makes_a_compound(text):
    assert words.terms(text) == words.single_terms(text)
