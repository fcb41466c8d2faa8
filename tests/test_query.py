"""Typed text to a Query: every form, and everything that is none."""

from __future__ import annotations

import time

import pytest
from conftest import PATIENCE
from hypothesis import given
from hypothesis import strategies as st

from indexer import words
from indexer.query import FRAME_WEIGHT, LONG_QUESTION, MAX_QUESTION, OPENING_WEIGHT, Filters, Query, Range, parse


def terms(text):
    return dict(parse(text).terms)


def test_words_become_terms_with_weights():
    query = parse("Bombed interview, dream job interviews")
    assert dict(query.terms) == {"bomb": 1.0, "interview": 2.0, "dream": 1.0, "job": 1.0}
    assert (query.required, query.forbidden, query.phrases, query.filters, query.notes) == ((), (), (), Filters(), ())
    assert query.text == "Bombed interview, dream job interviews"


def test_a_phrase_requires_its_words_and_keeps_their_order():
    query = parse('how "Dream  Job" offer')
    assert query.phrases == ("dream job",)
    assert query.required == ("dream", "job")
    assert terms('how "Dream  Job" offer') == {"dream": 1.0, "job": 1.0, "offer": 1.0}


def test_typographic_quotes_make_phrases():
    assert parse("“dream job”").phrases == ("dream job",)


def test_a_quoted_word_is_required_and_no_phrase():
    query = parse('cat "dogs"')
    assert (query.required, query.phrases) == (("dog",), ())


def test_minus_forbids():
    query = parse('cat -dogs -"wake up" -well-known')
    assert query.terms == (("cat", 1.0),)
    assert query.forbidden == ("dog",)
    assert query.excluded_phrases == ("wake up", "well known")


def test_a_forbidden_term_is_not_searched():
    assert (parse("cat -cat").terms, parse("-cat cats").terms) == ((), ())
    assert parse("cat -cat").forbidden == ("cat",)


def test_minus_inside_and_by_itself_is_no_form():
    assert terms("cat-dog") == {"cat": 1.0, "dog": 1.0, "catdog": 1.0}
    assert terms("cat - dog") == {"cat": 1.0, "dog": 1.0}
    assert parse("cat - dog").forbidden == ()


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("category:Pets", Filters(categories=("pets",))),
        ('category:"Work & Money"', Filters(categories=("work & money",))),
        ("category:pets category:food", Filters(categories=("pets", "food"))),
        ("site:MeFi", Filters(sites=("mefi",))),
        ("tag:Visa", Filters(tags=("visa",))),
        ('tag:"job interview" tag:c++', Filters(tags=("job interview", "c++"))),
        ('author:"Éva B."', Filters(authors=("eva b.",))),
        ("AUTHOR:bob", Filters(authors=("bob",))),
        ("votes:3", Filters(votes=Range(3, 3))),
        ("votes:=3", Filters(votes=Range(3, 3))),
        ("votes:-3", Filters(votes=Range(-3, -3))),
        ("votes:>=3", Filters(votes=Range(3, None))),
        ("votes:>3", Filters(votes=Range(4, None))),
        ("votes:<=3", Filters(votes=Range(None, 3))),
        ("votes:<5", Filters(votes=Range(None, 4))),
        ("votes:3..10", Filters(votes=Range(3, 10))),
        ("votes:3..", Filters(votes=Range(3, None))),
        ("votes:..-1", Filters(votes=Range(None, -1))),
        ("year:2008..2012", Filters(year=Range(2008, 2012))),
        ("year:..2010", Filters(year=Range(None, 2010))),
        ("year:2004 year:2005", Filters(year=Range(2005, 2005))),
        ("best:yes", Filters(best=True)),
        ("best:No", Filters(best=False)),
        ("votes:>=3 year:2010 best:1", Filters(votes=Range(3, None), year=Range(2010, 2010), best=True)),
    ],
)
def test_filters(text, filters):
    query = parse(f"cat {text} dog")
    assert query.filters == filters
    assert query.terms == (("cat", 1.0), ("dog", 1.0))
    assert query.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "votes:many",
        "votes:..",
        "votes:3...5",
        "votes:>",
        "votes:1234567890",
        "year:2010s",
        "best:maybe",
        'category:""',
        'author:" "',
    ],
)
def test_what_looks_like_a_filter_and_is_none_is_words(text):
    query = parse(f"{text} cat")
    assert query.filters == Filters()
    assert [note for note in query.notes if text in note]
    assert set(words.terms(f"{text} cat")) == {term for term, _ in query.terms}


@pytest.mark.parametrize(
    "text", ["mysite:x", "ſite:x", "sİte:x", "url:x", "votes: 3", "category:", "http://site/votes", ":", "(category:pets)"]
)
def test_other_colons_are_words(text):
    query = parse(text)
    assert query.filters == Filters()
    assert {term for term, _ in query.terms} == set(words.terms(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("C++", {"c++"}),
        ("C# or c++?", {"c#", "c++"}),
        ('"', set()),
        ('cat "dog', {"cat", "dog"}),
        ('"cat" "dog', {"cat", "dog"}),
        ("cat\0dog", {"cat", "dog"}),
        ("(cat) [dog] {bird}* fish~2 ^", {"cat", "dog", "bird", "fish", "2"}),
        ("cat AND dog OR NOT bird", {"cat", "dog", "bird"}),
        ("it's the cat's bowl", {"cat", "bowl"}),
        ("caf\u00e9 CAFE\u0301", {"cafe"}),
        ("😀 cat 😀", {"cat"}),
        ("\ud800 cat", {"cat"}),
        ("<script>alert(1)</script>", {"script", "alert", "1"}),
    ],
)
def test_punctuation_is_harmless(text, found):
    assert found <= set(terms(text)) <= found | {"not", "or"}
    assert parse(text).filters == Filters()


@pytest.mark.parametrize("text", ["", " ", "?!", "😀", "\0", '""', "-", "--", '-""'])
def test_nothing_said(text):
    query = parse(text)
    assert (query.terms, query.required, query.forbidden, query.phrases, query.excluded_phrases) == ((), (), (), (), ())


@pytest.mark.parametrize("text", ["the", "it's", "What is it?", '"it"', '"it is the"'])
def test_nothing_but_small_words_is_explained(text):
    query = parse(text)
    assert query.terms == ()
    assert len(query.notes) == 1


def test_for_threads_asks_only_what_a_thread_has():
    query = parse('cat "dream job" category:pets tag:job site:mefi votes:>3 author:bob year:2010 best:yes')
    asked = query.for_threads()
    assert asked.filters == Filters(categories=("pets",), sites=("mefi",), tags=("job",))
    assert (asked.terms, asked.required) == (query.terms, ("dream", "job"))
    assert query.for_threads(scores_only=True).required == ()


def test_a_long_question_is_cut_and_says_so():
    query = parse("cat " * MAX_QUESTION)
    assert terms("cat " * MAX_QUESTION) == {"cat": MAX_QUESTION / 4}
    assert len(query.notes) == 1
    assert parse("c" * MAX_QUESTION).notes == ()


def test_ranges_and_filters():
    assert 3 in Range(3, 3)
    assert None not in Range()
    assert (4 in Range(None, 3), -4 in Range(None, 3), 4 in Range(5, None)) == (False, True, False)
    assert not Filters()
    assert Filters(best=False)
    nobody = {"site": "mefi", "category": None, "author": None, "votes": None, "year": None, "best": None}
    assert Filters().accept(**nobody)
    assert Filters(best=False).accept(**nobody)
    assert not Filters(best=True).accept(**nobody)
    assert not Filters(votes=Range(None, 3)).accept(**nobody)
    assert not Filters(authors=("bob",)).accept(**nobody)
    assert not Filters(tags=("visa",)).accept(**nobody)
    assert not Filters(tags=("visa", "job")).accept(**nobody, tags=("Visa",))
    assert Filters(tags=("visa", "job")).accept(**nobody, tags=("other", "Jób", "Visa"))
    assert Filters(sites=("mefi",), authors=("eva",)).accept(**{**nobody, "site": "MeFi", "author": "Éva"})


ODD = [
    '"',
    "-",
    '"a ',
    '-"',
    "site:",
    'site:"',
    "votes:",
    "a'",
    "C++",
    "\u0301",
    "😀",
    "(",
    "votes:>=",
    "'",
    "a-",
    "ing",
    '"-"site:"',
    "\0",
    "..",
    "1",
]


@pytest.mark.parametrize("odd", ODD)
def test_time_grows_with_length_and_no_faster(odd):
    """10 kB takes milliseconds; at quadratic cost it would be seconds."""
    began = time.perf_counter()
    assert isinstance(parse((odd * MAX_QUESTION)[:MAX_QUESTION]), Query)
    assert time.perf_counter() - began < PATIENCE


PIECES = st.sampled_from(
    [*ODD, " ", "cat", "the", "category:", "pets", "year:2008..2012", "best:yes", "-cat", "“", "”", "don't", "é"]
)


@given(st.text() | st.lists(PIECES, max_size=30).map("".join) | st.lists(PIECES, max_size=30).map(" ".join))
def test_any_text_is_a_question(text):
    query = parse(text)
    assert all(term and weight >= FRAME_WEIGHT for term, weight in query.terms)
    assert not {term for term, _ in query.terms} & set(query.forbidden)
    assert set(query.required) <= {term for term, _ in query.terms} | set(query.forbidden)
    for phrase in (*query.phrases, *query.excluded_phrases):
        assert words.plain(phrase) == phrase
        assert " " in phrase


def test_what_every_question_is_made_of_weighs_less():
    assert terms("is it possible to strikethrough text") == {"possibl": FRAME_WEIGHT, "strikethrough": 1.0, "text": 1.0}


def test_the_first_sentence_of_a_long_question_weighs_more():
    story = " ".join(f"story{number}" for number in range(LONG_QUESTION))
    long = terms(f"Bombed interview? Interview {story}")
    assert long["bomb"] == OPENING_WEIGHT
    assert long["interview"] == OPENING_WEIGHT + 1
    assert long["story0"] == 1
    assert terms("Bombed interview? Story")["bomb"] == 1


def test_a_compound_is_required_by_its_words_and_looked_for_as_one():
    query = parse('"e-mail"')
    assert query.required == ("e", "mail")
    assert dict(query.terms) == {"e": 1.0, "mail": 1.0, "email": 1.0}
    assert parse("cat -e-mail").excluded_phrases == ("e mail",)
