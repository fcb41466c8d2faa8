"""A question never ends in silence because of its syntax: every text, on every engine, is results or a plain message."""

from __future__ import annotations

import pytest
from conftest import answer, question, write_archive
from hypothesis import given
from hypothesis import strategies as st

from indexer import engines, query, relaxation, shapes
from indexer.build import build
from indexer.errors import BadQuestion
from indexer.library import Library

THREADS = [
    question(1, "AT&T or Alice & Bob's phone plan?", "It's the C++ of plans."),
    answer(1, 1, "AT&T. Alice and Bob are small.", votes=3, best=True),
    answer(1, 2, "Learn C++ and node.js instead, or .NET.", author="Quilted"),
    question(2, "Is C# easier than the alphabet?", "C and sharp", category="Computers"),
    answer(2, 1, "The .NET one is. R&D uses it; it's fine. סלט שלום", votes=1),
    question(3, "Cat wakes me", category="Grab Bag", tags=("Cats", "early morning")),
    answer(3, 1, "Feed the cat at night; wake up late.", votes=9),
    answer(3, 2, "Play with the cat.", written=None),
]
ENGINES = sorted(engines.ENGINES)


@pytest.fixture(scope="module", params=ENGINES)
def library(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    build(folder, [write_archive(folder / "threads" / "a.jsonl", THREADS)], engine=request.param)
    return Library(folder)


def ids(results) -> set[str]:
    return {found.answer.id.partition(":")[2] for found in results.answers}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("AT&T", {"1/1"}),
        ("at&t!", {"1/1"}),
        ('"AT&T"', {"1/1"}),
        ("C++", {"1/2"}),
        ("c++?", {"1/2"}),
        ("C#", {"2/1"}),
        ("R&D", {"2/1"}),
        ("node.js", {"1/2"}),
        (".NET", {"1/2", "2/1"}),
        ("it's alice", {"1/1"}),
        ("שלום", {"2/1"}),
        ("\u202eשלום\u202c", {"2/1"}),
        ("cat AND night OR NOT zebra", {"3/1"}),
        ("+cat^2 ~night* /feed/", {"3/1"}),
        ("SELECT * FROM posts; DROP TABLE cat; --night", {"3/1"}),
        ('cat "night', {"3/1"}),
        ("cat: night:", {"3/1"}),
        ("(((cat night", {"3/1"}),
        ("😀 cat 😀 night", {"3/1"}),
        ("cat\0night", {"3/1"}),
        ("c\u00adat n\u200dight", {"3/1"}),
        ("ca\u0301t ni\u0300ght", {"3/1"}),
        ("cat\u2028night\x1b[31m", {"3/1"}),
    ],
)
def test_punctuation_is_no_syntax(library, text, found):
    results = library.ask(text)
    assert found <= ids(results)
    assert library.ask(text, exact=True).total


def test_alice_and_bob(library):
    assert ids(library.ask("Alice & Bob")) == ids(library.ask("alice bob")) >= {"1/1"}
    assert ids(library.ask('"Alice & Bob\'s phone"')) == {"1/1", "1/2"}


@pytest.mark.parametrize(
    "text", ["", " ", "it's", "?!", "😀", '""', "the of", "-cat", "cat -cat", '-"wake up"', "\ud800", "AND"]
)
def test_what_says_nothing_is_told_so(library, text):
    with pytest.raises(BadQuestion) as told:
        library.ask(text)
    assert told.value.reason


PIECES = st.sampled_from(
    [
        *"\"“”-:*~^+/\\()[]{}&'’#@!;\0\u202e\u200d\u0301😀\ud800",
        *"cat night AT&T C++ C# .NET node.js -cat category: category:pets category:zzz author:Quilted author:nobody votes:>=3".split(),
        *"votes:99.. year:2012 year:1990 best:yes best:no landlrd AND OR NOT שלום -- <b> &amp; %00 1=1".split(),
        *('"wake_up"', '"cat feed"', '-"wake up"'),
    ]
)


def asked(library, text, **options):
    """Results, or None where the asker was told in words that there is nothing to look for."""
    try:
        return library.ask(text, **options)
    except BadQuestion as told:
        return None if told.reason else pytest.fail("refused without a word")


@given(
    text=st.text() | st.lists(PIECES, max_size=8).map(" ".join) | st.lists(PIECES, max_size=8).map("".join), exact=st.booleans()
)
def test_any_text_ends_in_results_or_a_plain_message(library, text, exact):
    results = asked(library, text, n=3, exact=exact)
    if results is None:
        return
    assert results.query.text == text
    assert results.total >= len(results.answers)
    # Nothing found is never left without a word, unless the asker wants it so.
    assert results.total or results.notes or exact
    if exact:
        assert (results.correction, results.relaxed) == (None, ())
    shapes.results(results)


@pytest.mark.parametrize(
    "text", ["cat " * 2500, "zxqv" * 2500, '"' * 10_000, "cat -" * 2000, "קשקוש " * 1700, "category:x " * 900]
)
def test_ten_thousand_characters_are_a_question(library, text):
    results = asked(library, text)
    assert results is None or results.total or results.notes


def test_half_a_character_is_none(library):
    assert asked(library, "author:\ud800", exact=True).total == 0
    assert ids(library.ask("cat\ud800night")) == ids(library.ask("cat night"))


def test_answers_have_the_tags_of_their_question(library):
    assert ids(library.ask("cat tag:cats")) == ids(library.ask('tag:CATS tag:"early morning"')) == {"3/1", "3/2"}
    assert ids(library.ask("cat tag:early")) == ids(library.ask("cat"))  # let go of: a tag is not a word of it
    assert library.ask("alice tag:cats", exact=True).total == 0


# What is asked instead


def test_a_phrase_becomes_its_words(library):
    results = library.ask('"night feed"')
    assert ids(results) == {"3/1"}
    assert [(step.what, step.text) for step in results.relaxed] == [("phrase", '"night feed"')]
    assert results.notes == ("No answer has the phrase “night feed”; these have its words.",)
    assert library.ask('"night feed"', exact=True).total == 0


def test_words_in_quotes_need_not_all_be_there(library):
    results = library.ask('"cat" "plan" node')
    assert results.total
    assert [step.what for step in results.relaxed] == ["words"]
    assert ids(library.ask('"cat plan" node')) == ids(library.ask("cat plan node"))
    assert [(step.what, step.text) for step in library.ask('"cat plan" node').relaxed] == [("words", '"cat plan"')]


@pytest.mark.parametrize(
    ("text", "relaxed", "note"),
    [
        ("cat best:yes", ["best"], "Nothing that is marked best; shown whatever the mark."),
        ("alice best:no votes:99..", ["votes"], "Nothing with 99 or more votes; shown with any number."),
        ("cat votes:..-1", ["votes"], "Nothing with −1 or fewer votes; shown with any number."),
        ("cat year:1990", ["year"], "Nothing from 1990; shown from all years."),
        ("cat year:..1990", ["year"], "Nothing from 1990 or earlier; shown from all years."),
        ("cat author:nobody", ["author"], "Nothing by author “nobody”; shown from everybody."),
        ("cat category:computers", ["category"], "Nothing in category “computers”; shown from all categories."),
        ("cat tag:sharp", ["tag"], "Nothing with the tag “sharp”; shown whatever the tags."),
        ("cat tag:cats tag:x", ["tag"], "Nothing with the tags “cats” and “x”; shown whatever the tags."),
        ("cat site:elsewhere", ["site"], "Nothing from site “elsewhere”; shown from all sites."),
        ("cat author:nobody author:noone", ["author"], "Nothing by authors “nobody” or “noone”; shown from everybody."),
        ("best:yes year:2030", ["best", "year"][1:], "Nothing from 2030; shown from all years."),
    ],
)
def test_the_filter_that_stands_in_the_way_goes(library, text, relaxed, note):
    results = library.ask(text)
    assert results.total
    assert [step.what for step in results.relaxed] == relaxed
    assert note in results.notes
    assert library.ask(text, exact=True).total == 0
    # What was let go of is told as it can be typed.
    assert query.parse(results.relaxed[0].text).filters


def test_all_filters_go_only_when_one_is_not_enough(library):
    results = library.ask("cat best:yes year:1990")
    assert [step.what for step in results.relaxed] == ["best", "year"]
    assert ids(results) == ids(library.ask("cat"))
    results = library.ask('"night feed" category:computers')
    assert [step.what for step in results.relaxed] == ["phrase", "category"]


def test_what_is_left_out_stays_out(library):
    results = library.ask("cat -feed -play")
    assert (results.total, results.relaxed) == (0, ())
    assert results.notes == ("Whatever else is asked for here has what you left out.",)
    assert ids(library.ask('"feed night" -play')) == {"3/1"}


def test_a_lone_filter_stays(library):
    assert library.ask("year:1990").total == 0
    assert library.ask("year:1990").notes == ("No answer passes this filter.",)
    assert list(relaxation.steps(query.parse("year:1990"))) == []


def test_missing_words_are_told(library):
    assert library.ask("zxqv cat").notes == ("No answer has the word “zxqv”.",)
    assert library.ask("zxqv Qzzx cat").notes == ("No answer has the words “zxqv” or “Qzzx”.",)
    many = library.ask("cat " + " ".join(f"zxq{letter}" for letter in "abcdefgh")).notes
    assert many == ("No answer has the words “zxqa”, “zxqb”, “zxqc”, “zxqd” or 4 others of yours.",)
    assert library.ask("cats in the night").notes == ()


def test_a_slip_is_mended_and_can_be_had_back(library):
    results = library.ask("alphabte")
    assert results.correction.corrected == "alphabet"
    assert results.query.text == "alphabte"
    assert ids(results) == ids(library.ask("alphabet"))
    assert results.notes == ()
    undone = library.ask("alphabte", exact=True)
    assert (undone.total, undone.correction, undone.notes) == (0, None, ("No answer has the word “alphabte”.",))
    shape = shapes.results(results)
    assert shape["correction"] == {"typed": "alphabte", "corrected": "alphabet", "applied": True}
    assert shape["question"] == "alphabte"
    assert shapes.results(library.ask("cat year:1990"))["relaxed"] == [{"what": "year", "text": "year:1990"}]
