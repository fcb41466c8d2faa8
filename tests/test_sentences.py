"""Where sentences end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import sentences


def split(text: str, inside: frozenset[int] = frozenset()) -> list[str]:
    return [text[start:end].strip() for start, end in sentences.bounds(text, inside) if text[start:end].strip()]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Call them. Say thanks! Why not? Fine…", ["Call them.", "Say thanks!", "Why not?", "Fine…"]),
        ("Bring snacks, e.g. nuts, i.e. protein. Then go.", ["Bring snacks, e.g. nuts, i.e. protein.", "Then go."]),
        ("Ask Dr. Smith at St. Mary's. He knows.", ["Ask Dr. Smith at St. Mary's.", "He knows."]),
        ("Feed it at 5 a.m. sharp. Then sleep.", ["Feed it at 5 a.m. sharp.", "Then sleep."]),
        ("I woke at 5 a.m. The cat was there.", ["I woke at 5 a.m.", "The cat was there."]),
        ("Soap, towels, etc. I packed it all.", ["Soap, towels, etc.", "I packed it all."]),
        ("It costs $3.50 at example.com now. Cheap!", ["It costs $3.50 at example.com now.", "Cheap!"]),
        ("1. Call the bank. 2. Write it down.", ["1. Call the bank.", "2. Write it down."]),
        ("a. soak it\nb. dry it", ["a. soak it", "b. dry it"]),
        ("Is it no. 5? No. Please don't.", ["Is it no. 5?", "No.", "Please don't."]),
        ("Milk\nEggs\nBread", ["Milk", "Eggs", "Bread"]),
        ("Milk\n\neggs", ["Milk", "eggs"]),
        (
            "This line was broken by the width of the mail that\nit was written in. So it goes.",
            ["This line was broken by the width of the mail that\nit was written in.", "So it goes."],
        ),
        ("i did it. it worked. wow", ["i did it.", "it worked.", "wow"]),
        ("Well... maybe. Or not", ["Well... maybe.", "Or not"]),
        ("Well... Maybe.", ["Well...", "Maybe."]),
        ("“Why?” she asked. “No!” He left.", ["“Why?” she asked.", "“No!”", "He left."]),
        ('He said "stop." I stopped.', ['He said "stop."', "I stopped."]),
        ("(It was late.) We left.", ["(It was late.)", "We left."]),
        ("彼に電話して。それから寝る！はい", ["彼に電話して。", "それから寝る！", "はい"]),
        ("「行く。」と言った", ["「行く。」", "と言った"]),
        ("पहला वाक्य। दूसरा वाक्य।", ["पहला वाक्य।", "दूसरा वाक्य।"]),
        ("ماذا تفعل؟ اتصل بهم.", ["ماذا تفعل؟", "اتصل بهم."]),
        ("Really?! Yes!!! OK", ["Really?!", "Yes!!!", "OK"]),
        ("", []),
    ],
)
def test_sentences(text, parts):
    assert split(text) == parts


def test_a_mark_inside_a_name_ends_nothing():
    assert split("Ask what? ever first.") == ["Ask what?", "ever first."]
    assert split("Ask what? ever first.", frozenset({8})) == ["Ask what? ever first."]


@given(st.text(st.sampled_from('ab.!?…\n "”)1。')))
def test_sentences_cover_the_text(text):
    found = list(sentences.bounds(text))
    assert "".join(text[start:end] for start, end in found) == text
    assert all(start < end for start, end in found)
