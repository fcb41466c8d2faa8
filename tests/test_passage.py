"""The part of an answer that is shown."""

from __future__ import annotations

import unicodedata

import regex
from conftest import answer, question
from hypothesis import example, given
from hypothesis import strategies as st

from indexer import markup, passage, words

LONG = (
    "Nothing of note is said here. " * 20 + "Call the interviewer, say thank you, and ask again. " + "And so on it goes. " * 20
)


def shown(text, terms, length=passage.LENGTH, **more):
    return "".join(span.text for span in passage.best(text, dict.fromkeys(terms, 1.0), length, **more))


def normal(text):
    return unicodedata.normalize("NFC", text)


def marked(text, terms, **more):
    return [span.text for span in passage.best(text, dict.fromkeys(terms, 1.0), **more) if span.match]


def test_the_passage_has_the_words_and_marks_them():
    assert marked(LONG, {"interview", "call"}) == ["Call", "interviewer"]
    passage_shown = shown(LONG, {"interview", "call"})
    assert passage_shown.startswith("… Call the interviewer")
    assert passage_shown.endswith(" …")
    assert len(passage_shown) <= passage.LENGTH + 4


def test_it_is_whole_sentences():
    text = "Wait a week, e.g. until Monday. " * 12 + "Then ask Dr. Smith for the deposit. " + "He will say no. " * 30
    found = shown(text, {"deposit"})
    assert found.startswith("… Wait a week, e.g. until Monday. Then ask Dr. Smith for the deposit. He will say no. He")
    assert found.endswith("He will say no. …")


def test_a_short_answer_is_shown_whole():
    spans = passage.best("Call  them\n\nnow.", {"call": 1.0})
    assert "".join(span.text for span in spans) == "Call them now."
    assert spans[0].match


def test_without_a_match_the_beginning_is_shown():
    assert shown(LONG, {"zebra"}).startswith("Nothing of note")


def test_nothing_said_nothing_shown():
    assert passage.best("", {"x": 1.0}) == ()
    assert passage.best(" \n\t", {"x": 1.0}) == ()


def test_different_words_come_before_repeats():
    text = "Cat cat cat cat. " + "Nothing of note. " * 30 + "The cat is awake. " + "Nothing of note. " * 30
    assert "awake" in shown(text, {"cat", "awak"})


def test_rare_words_come_before_common_ones():
    text = "A good job. " + "Nothing of note. " * 30 + "The deposit is gone. " + "Nothing of note. " * 30
    spans = passage.best(text, {"good": 1.0, "job": 1.0, "deposit": 6.0})
    assert "deposit" in "".join(span.text for span in spans)


def test_of_equals_the_one_that_reads_well_is_taken():
    filler = "Nothing of note is said here, nor has it been said before, nor is it going to be said. " * 5
    text = f"{filler}\n\nAnd it keeps the deposit. {filler}\n\nA landlord keeps the deposit. {filler}"
    assert "A landlord keeps" in shown(text, {"deposit"})


def test_words_are_marked_whatever_their_inflection():
    assert marked("He was interviewed; interviews, INTERVIEWING. Not interned.", {"interview"}) == [
        "interviewed",
        "interviews",
        "INTERVIEWING",
    ]


def test_a_phrase_is_marked_as_one_small_words_and_all():
    text = "I was out of the blue, out of breath. Out  of\nthe Blue!"
    assert marked(text, {"out", "blue"}, phrases=["out of the blue"]) == ["out of the blue", "Out of the Blue"]


def test_a_long_sentence_is_cut_after_a_clause():
    text = "and so it went on and on, " * 60 + "until the deposit came back, " + "and so it went on and on, " * 60
    found = shown(text, {"deposit"})
    assert "until the deposit came back," in found
    assert found.startswith(("… and so it went", "… until the"))
    assert found.endswith("on and on, …")


def test_a_sentence_that_has_no_room_is_begun_rather_than_left_out():
    text = "Yes. " + "It depends on the state and on what the lease says about the deposit and the keys " * 6
    found = shown(text, {"zebra"})
    assert found.startswith("Yes. It depends on the state")
    assert found.endswith(" …")


def test_characters_stay_whole():
    family = "👨‍👩‍👧‍👦"
    for text in (family * 300, "e\u0323\u0302" * 900, "🇩🇪🇫🇷" * 400, "각" * 900):
        characters = regex.findall(r"\X", shown(text, set()).removesuffix(" …"))
        assert len(characters) > 20
        assert characters == regex.findall(r"\X", normal(text))[: len(characters)]


def test_a_mark_covers_the_accent_of_its_last_letter():
    assert marked("Cafe\u0323\u0301 noir", words.terms("cafe")) == ["Caf\u1eb9\u0301"]


def test_an_answers_own_words_are_shown_and_not_what_it_quotes():
    body = markup.clean(
        "<blockquote>He keeps my deposit<blockquote>deposit!</blockquote>still</blockquote><p>Write to him.</p>"
    )
    assert markup.own_words(body) == "Write to him."
    assert markup.own_words(markup.clean("<blockquote>Nothing else</blockquote>")) == "Nothing else"
    assert markup.own_words(markup.clean("<p><i>Is it normal to keep a deposit?</i></p><p>No.</p>")) == "No."
    assert markup.own_words(markup.clean("<i>Is it normal to keep a deposit?</i><br>No. <i>Never.</i>")) == "No. Never."
    assert markup.own_words(markup.from_text("> is it normal\n> to keep it?\nNo, 3 > 2.")) == "No, 3 > 2."


TEXTS = st.text(max_size=800) | st.text(st.sampled_from("ab e.,!?。\n\t\u0301\u200d👩🇩é\ud800ü"), max_size=800)


@given(TEXTS, st.integers(1, 60), st.booleans())
@example("a. \u0301b " * 40, 10, True)
def test_spans_are_a_stretch_of_the_text(text, length, any_terms):
    terms = {word.term: 1.0 for word in words.words(text)} if any_terms else {"b": 1.0}
    spans = passage.best(text, terms, length)
    whole = " ".join(normal(text).split())
    found = "".join(span.text for span in spans).removeprefix("… ").removesuffix(" …")
    assert found in whole
    assert len(found) <= length
    assert bool(found) == bool(whole)


@given(TEXTS, st.integers(20, 60))
def test_no_character_is_cut(text, length):
    whole = " ".join(normal(text).split())
    bounds = {0, *(found.end() for found in regex.finditer(r"\X", whole))}
    if max((found.end() - found.start() for found in regex.finditer(r"\X", whole)), default=0) > 20:
        return
    spans = passage.best(text, {}, length)
    found = "".join(span.text for span in spans).removeprefix("… ").removesuffix(" …")
    at = whole.find(found)
    places = []
    while at >= 0:
        places.append((at, at + len(found)))
        at = whole.find(found, at + 1)
    assert any({start, end} <= bounds for start, end in places)


@given(
    st.lists(st.sampled_from("cat cats Cat's dog the of it runs running. ran, çats CAT! \n".split(" "))), st.integers(20, 200)
)
def test_marks_are_exactly_the_matching_words(parts, length):
    text = " ".join(parts)
    spans = passage.best(text, {"cat": 1.0, "run": 2.0}, length)
    found = "".join(span.text for span in spans)
    expected = [found[word.start : word.end] for word in words.words(found) if word.term in {"cat", "run"}]
    assert [span.text for span in spans if span.match] == expected


@given(st.text(max_size=300), st.sets(st.sampled_from(["cat", "run", "é", "x", "ß"])))
def test_the_fast_way_to_the_wanted_words_is_the_same(text, wanted):
    wanted |= set(words.terms(text)[::2])
    assert list(words.matches(text, wanted)) == [w for w in words.words(text) if w.term in wanted and not w.is_stop]


def test_a_librarys_rare_words_come_first(library_of):
    posts = []
    for number in range(1, 12):
        posts += [question(number, f"A good job number {number}"), answer(number, 1, "A good job.")]
    filler = "Nothing of note is said in this sentence. " * 20
    posts.append(answer(1, 2, f"It is a good job. {filler} Ask for the deposit. {filler}"))
    found = library_of(*posts).ask("good job deposit", n=30).answers
    (shown,) = ("".join(span.text for span in one.snippet) for one in found if one.answer.id.endswith("1/2"))
    assert "Ask for the deposit." in shown
