"""What the form of an answer says."""

from __future__ import annotations

import pytest

from indexer import markup, substance
from indexer.thread import Post, Thread


def answers(*texts):
    return tuple(
        Post(id=str(n), thread_id="t", kind="answer", site="s", position=n, body=markup.from_text(text))
        for n, text in enumerate(texts)
    )


@pytest.mark.parametrize(
    ("text", "length", "asking"),
    [
        ("Call them. Be polite.", 2, 0.0),
        ("Really? Why?? See http://x.org/a?b=c for more.", 7, 2 / 3),
        ("Did you?!", 0, 1.0),
        ("no end", 2, 0.0),
        ("", 0, 0.0),
    ],
)
def test_length_and_asking(text, length, asking):
    (found,) = substance.of_answers(Thread("t", None, answers(text), {}))
    assert found.asking == pytest.approx(asking)
    assert found.length == length


def test_place_counts_answers_from_the_first():
    found = substance.of_answers(Thread("t", None, answers("a cat", "a dog", "a bird"), {}))
    assert [(form.answer_id, form.place) for form in found] == [("0", 0), ("1", 1), ("2", 2)]
