"""The only definition of a word."""

from __future__ import annotations

from importlib.resources import files

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


_PARTS = st.sampled_from(["AT&T", "_a&b", "x_a&b", "C#", "c++", "o''b", "it’s", "ʼtis", "–", "…", "\u00a0", "\u0301", "É", "ß", "½", "İ", "_", "100%", "-"])


@given(st.lists(st.one_of(_PARTS, st.text(max_size=4), st.sampled_from([" ", "The", "cats"]))).map("".join))
def test_words_are_the_same_whether_looked_for_or_cut(text):
    assert words.single_terms(text) == [word.term for word in words.words(text) if not word.is_stop]
    said = words.cut(text)
    forms = {form for _, _, form in words.forms(text)} | {words.fold(compound) for compound in said.compounds}
    assert words.distinct([said]) == forms - words.STOP_WORDS
    assert (said + words.cut("Feed the e-mail")).terms() == words.terms(text + "\nFeed the e-mail")


@pytest.mark.parametrize("text", ["state-of-the-art", "a--b", "-x-", "thirteen-letter-x", "in-to", "x" * 15 + "-" + "y" * 15])
def test_not_every_hyphen_makes_a_compound(text):
    assert words.terms(text) == words.single_terms(text)


TRICKY = st.text(st.sampled_from("aAtT os'’ʼ&_+#-.\u00adé\u03010"), max_size=30)
LIKELY = st.sampled_from(
    ["o'clock", "AT&T", "R&D", "dying", "lie", "C++", "cats", "cat's", "snake_case", "x''y'z", "black&white", "ties"]
)
SENTENCES = st.lists(LIKELY | TRICKY, max_size=8).map(" ".join)


@given(
    SENTENCES,
    st.lists(
        st.sampled_from(["oclock", "at&t", "t", "a", "die", "lie", "c++", "cat", "case", "yz", "white", "tie", "o", "cafe"])
    ),
)
def test_matches_are_the_words_with_a_wanted_term(text, wanted):
    assert list(words.matches(text, wanted)) == [w for w in words.words(text) if w.term in wanted and not w.is_stop]


@given(SENTENCES)
def test_every_word_of_a_text_matches_its_own_term(text):
    terms = {word.term for word in words.words(text) if not word.is_stop}
    assert list(words.matches(text, terms)) == [word for word in words.words(text) if not word.is_stop]


def test_the_stemmer_changes_the_last_letter_of_a_stem_at_most():
    known = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text("utf-8-sig").split()[::2]
    assert len(known) > 80_000
    for word in known:
        if "'" not in word:
            assert word.startswith(words._beginning(words.term_of(word).term)), word
