"""A small library with everything in it that pages have to show, and with everything that must not come through."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from conftest import answer, question, write_archive

from indexer.build import build
from indexer.thread import Post

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
HOSTILE_BODY = (
    "<p onclick=alert(3) style='color:red'>stay <b>bold</b></p><script>alert(4)</script><img src=https://evil.example/p.png>"
    "<a href='javascript:alert(5)'>press</a><style>*{display:none}</style><iframe src=//evil.example></iframe>"
    "<svg onload=alert(6)></svg><form action=//evil.example><input name=q></form><p id=main>id</p>"
)

_CAT_WORDS = (
    "Feed her from a timer so that breakfast is the machine's business and no longer yours.",
    "Play with the cat until she pants, then feed her, then go to bed yourself.",
    "Earplugs and a shut door. The cat gives up after two bad weeks.",
    "Mine woke me because of a thyroid. Have the cat seen by a vet before you train anything.",
    "Never feed the cat within an hour of getting up, whatever she sings.",
)


def interview() -> list[Post]:
    """A thread with all kinds of posts: 1/1 is backed by two people and disputed by one, 1/2 shows no votes."""
    return [
        question(
            1,
            "Bombed the interview for my dream job. Can it be saved?",
            "I froze when they asked about failure.\n\nWhat now?",
            category="Work & Money",
            tags=("interview", "dreamjob"),
            votes=61,
            author="specimen",
            url="https://example.org/1/bombed-the-interview",
        ),
        answer(
            1,
            1,
            "Send a thank you note after the interview, and answer in it the question you froze on.",
            author="marzipan",
            votes=87,
            best=True,
        ),
        answer(1, 2, "Panels forgive a bad interview more easily than you think.", author="gravelroad", votes=None),
        answer(1, 3, "I agree with marzipan. Send the note.", author="Ottoline", votes=21),
        answer(1, 4, "Do I mention that I froze?", author="specimen", votes=2),
        answer(1, 5, "I don't agree with marzipan at all.", author="bargepole", votes=0),
        answer(
            1,
            6,
            "From the asker, who would rather not say more: the interview went well.",
            author="mod",
            kind="relay",
            votes=None,
        ),
        answer(1, 7, "A few comments removed; please keep to the question.", author="mod", kind="modnote", votes=None),
        answer(
            1,
            8,
            "Do what marzipan says, it got me my job.",
            author="saltbox",
            votes=-3,
            warnings=("The byline was cut short.",),
        ),
        answer(1, 9, "Breathe before the next interview.", author=None, anonymous=True, votes=1),
        answer(1, 10, "This worked, thank you.", author="latecomer", kind="comment", parent_id="example.org:1/1", votes=None),
    ]


def cats() -> list[Post]:
    """A thread of 25 answers, enough for three pages."""
    asked = question(
        2, "My cat wakes me at 5am every day", "How do I make the cat stop?", written=datetime(2016, 3, 1, tzinfo=UTC), votes=9
    )
    return [asked] + [
        answer(
            2,
            place,
            f"{_CAT_WORDS[place % 5]} It took us {place} weeks.",
            votes=place,
            written=datetime(2016, 3, 1, 8, place, tzinfo=UTC),
        )
        for place in range(1, 26)
    ]


def hostile() -> list[Post]:
    """A thread whose every field attacks the page. The bodies go into the archive as they are."""
    values = {"author": HOSTILE, "category": HOSTILE, "warnings": (HOSTILE,), "url": "javascript:alert(7)"}
    return [
        Post(
            id="example.org:3", thread_id="example.org:3", kind="question", site="example.org", title=HOSTILE + " zeppelin parking",
            tags=(HOSTILE,), body=HOSTILE_BODY, **values,
        ),
        Post(
            id='example.org:3/"><b>', thread_id="example.org:3", kind="answer", site="example.org", position=1, votes=4,
            body=HOSTILE_BODY + "<p>Moor the zeppelin outside.</p>", **values,
        ),
    ]  # fmt: skip


def orphan() -> list[Post]:
    """An answer whose question is in no archive."""
    return [answer(4, 1, "Stilts, for the zeppelin.", votes=3)]


def asked_again() -> list[Post]:
    """A question that was closed as a duplicate of one in the library and of one that is in none, under a licence; and a hostile one."""
    copy = {"captured": datetime(2020, 6, 1, tzinfo=UTC), "licence": "CC BY-SA 3.0"}
    asked = question(
        5,
        "The dog wants breakfast at dawn",
        "Again.",
        closed=datetime(2016, 4, 2, 9, tzinfo=UTC),
        duplicate_of=("example.org:2", "example.org:77"),
        url="https://example.org/5/breakfast",
        **copy,
    )
    hostile = question(
        6,
        "Who asked this before?",
        licence=HOSTILE,
        duplicate_of=tuple(f"example.org:{HOSTILE}{number}" for number in range(12)),
    )
    return [
        asked,
        answer(5, 1, "See there.", **copy),
        answer(5, 2, "Breakfast can wait.", **copy | {"licence": "CC BY-SA 4.0"}),
        hostile,
        answer(6, 1, "Nobody."),
    ]


def everything() -> list[Post]:
    """All the posts of the library."""
    return [*interview(), *cats(), *hostile(), *orphan(), *asked_again()]


def make_library(folder: Path, engine: str = "memory") -> Path:
    """The library itself, built from an archive of the posts and a file that cannot be read."""
    write_archive(folder / "threads" / "advice.jsonl", everything())
    (folder / "threads" / "login <b>page.html").write_text("<title>Log in</title><p>Members only.</p>", "utf-8")
    build(folder, engine=engine)
    return folder
