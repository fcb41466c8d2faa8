"""Words are found in bodies whatever tags, references and marks are between them."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from indexer import locating, markup

BODY = (
    "<p>Send a <b>thank you</b> note &amp; <em>answer</em> the question.</p>"
    "<blockquote><p>Panels forgive.</p></blockquote><p>“Café, naïve” they say.<br>And so on.</p>"
)


def found(wanted: str, body: str = BODY) -> list[str]:
    return [body[stretch.start : stretch.end] for stretch in locating.find(body, wanted)]


@pytest.mark.parametrize(
    ("wanted", "stretches"),
    [
        ("thank you note", ["thank you", " note"]),
        ("NOTE & answer", ["note &amp; ", "answer"]),
        ("Panels forgive. “Cafe\u0301, nai\u0308ve”", ["Panels forgive.", "“Café, naïve”"]),
        ("they say. And so on.", ["they say.", "And so on."]),
        ("Send", ["Send"]),
        ("no such words", []),
        ("…", []),
        ("", []),
    ],
)
def test_words_are_found_with_what_belongs_to_them(wanted, stretches):
    assert found(wanted) == stretches


def test_marks_stand_around_the_words_and_nothing_else_changes():
    marked = locating.marked(BODY, locating.find(BODY, "thank you note & answer"), '<mark id="x">', "<mark>", "</mark>")
    assert [mark.text for mark in BeautifulSoup(marked, "lxml").select("mark")] == ["thank you", " note & ", "answer"]
    assert marked.count('id="x"') == 1
    assert marked.replace('<mark id="x">', "").replace("<mark>", "").replace("</mark>", "") == BODY


@given(st.text(max_size=300), st.integers(0, 300), st.integers(1, 80))
def test_every_part_of_any_body_that_has_letters_is_found_in_it(text, start, length):
    body = markup.clean(text)
    prose = markup.prose(body)
    part = prose[start : start + length]
    if locating.letters(part):
        stretches = locating.find(body, part)
        assert locating.letters(part) in "".join(locating.letters_of(body[one.start : one.end]) for one in stretches)
        assert not any({"<", ">"} & set(body[one.start : one.end]) for one in stretches)
