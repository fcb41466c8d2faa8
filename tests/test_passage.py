"""The part of an answer that is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer import passage, words

LONG = (
    "Nothing of note is said here. " * 20 + "Call the interviewer, say thank you, and ask again. " + "And so on it goes. " * 20
)


def test_the_passage_has_the_words_and_marks_them():
    spans = passage.best(LONG, {"interview", "call"})
    assert [span.text for span in spans if span.match] == ["Call", "interviewer"]
    shown = "".join(span.text for span in spans)
    assert shown.startswith("… Call the interviewer")
    assert shown.endswith(" …")
    assert len(shown) <= passage.LENGTH + 4


def test_a_short_answer_is_shown_whole():
    spans = passage.best("Call  them\n\nnow.", {"call"})
    assert "".join(span.text for span in spans) == "Call them now."
    assert spans[0].match


def test_without_a_match_the_beginning_is_shown():
    assert "".join(span.text for span in passage.best(LONG, {"zebra"})).startswith("Nothing of note")


def test_nothing_said_nothing_shown():
    assert passage.best("", {"x"}) == ()


@given(st.text(max_size=800), st.integers(1, 60))
def test_spans_are_a_stretch_of_the_text(text, length):
    spans = passage.best(text, {word.term for word in words.words(text)}, length)
    shown = "".join(span.text for span in spans).removeprefix("… ").removesuffix(" …")
    assert shown in " ".join(text.split())
    assert len(shown) <= length
