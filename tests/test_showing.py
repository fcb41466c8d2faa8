"""What a card tells of a question beside its title."""

from __future__ import annotations

import pytest
from conftest import question

from indexer.showing import ASK_LENGTH, ask_line


@pytest.mark.parametrize(
    ("title", "body", "said"),
    [
        (
            "Cat at 5am",
            "She sings at the door. How do I make her stop before breakfast? Thanks.",
            "How do I make her stop before breakfast?",
        ),
        ("Cat at 5am", "She sings at the door. I have tried everything.", "She sings at the door."),
        # The title asks, and what comes first in the body does not.
        ("How do I make the cat stop?", "She sings at the door. I have tried everything.", None),
        # The title again, and nothing else.
        ("How do I make the cat stop?", "How do I make the cat stop?", None),
        ("Cat stops", "", None),
        ("חתול", "למה היא שרה ליד הדלת בבוקר?", "למה היא שרה ליד הדלת בבוקר?"),
        ("Quoted", "He said “where does this bicycle belong?” Then left.", "He said “where does this bicycle belong?”"),
    ],
)
def test_the_line_that_asks(title, body, said):
    assert ask_line(question(1, title, body)) == said


def test_a_long_line_is_cut_between_words():
    line = ask_line(question(1, "Title", "How " + "terribly, " * 30 + "long is this?"))
    assert line.endswith("terribly…")
    assert len(line) <= ASK_LENGTH + 1
    assert len(ask_line(question(1, "Title", "a" * 300 + " zebra"))) <= ASK_LENGTH + 1
