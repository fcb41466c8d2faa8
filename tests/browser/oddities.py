"""A library of all that is hard to show: the posts of advice.py, attacks, long words, other scripts, and a thread of 5,000 answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import advice
from conftest import answer, question, write_archive

from indexer.build import build
from indexer.thread import Post

from . import attacks

CROWD: Final = 5_000
_LONG: Final = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
_ADDRESS: Final = "https://example.org/" + "a-very-long-path-without-any-end/" * 12
_CODE: Final = "    def cut(tarpaulin, with_shears=True): return tarpaulin.snip(" + ", ".join(f"edge_{n}=None" for n in range(40)) + ")"


def long_words() -> list[Post]:
    """A thread in which nothing can be broken where one would like to."""
    asked = question(
        11, f"Tarpaulin {_LONG}", f"What about {_LONG}?\n\n{_ADDRESS}", category=f"Tents{_LONG}", tags=(_LONG, "tarpaulin", _LONG[::-1]),
        author=_LONG, url=_ADDRESS, votes=123_456_789, licence=f"Licence {_LONG}",
    )  # fmt: skip
    body = (
        f"<p>Cut the tarpaulin. {_LONG}</p><pre>{_CODE}</pre><p><code>{_CODE.strip()}</code></p><blockquote>{_LONG}</blockquote>"
        f"<table><tr>{''.join(f'<td>tarpaulin{n}</td>' for n in range(30))}</tr></table><p><a href='{_ADDRESS}'>{_ADDRESS}</a></p>"
        f"<ul><li>{_LONG}<ul><li>{_LONG}<ul><li>{_LONG}</li></ul></li></ul></li></ul>"
    )
    return [
        asked,
        replace(answer(11, 1, "", author=_LONG, votes=-98_765_432), body=body, best=True),
        answer(11, 2, f"Do what {_LONG} says about the tarpaulin.", author="W" * 200, votes=3),
        answer(11, 3, f"{_LONG}, exactly.", author="folder", kind="comment", parent_id="example.org:11/1"),
    ]


def other_scripts() -> list[Post]:
    """Threads written from right to left, without spaces, and in letters of many bytes."""
    hebrew = question(
        12,
        "איך מתקנים דלת שחורקת בלילה?",
        "הדלת בחדר השינה חורקת כל לילה. ניסיתי שמן (WD-40, פעמיים) ולא עזר.\n\nמה עושים?",
        category="בית וגינה",
        tags=("דלת", "שמן"),
        author="משה כהן",
        votes=12,
    )
    chinese = question(13, "怎么让猫咪早上五点不叫醒我？", "每天早上五点它都会叫。", category="宠物", tags=("猫",), author="小李", votes=5)
    return [
        hebrew,
        answer(12, 1, "קודם כל מפרקים את הציר ומנקים אותו. אחר כך שמים גריז, לא שמן.", author="נגר ותיק", votes=31, best=True),
        answer(12, 2, "I agree with נגר ותיק, גריז and not WD-40!", author="squeaky_door", votes=4),
        chinese,
        answer(13, 1, "睡觉前陪它玩，再喂一顿。不要在它叫的时候起床。🐈‍⬛🏳️‍🌈👩‍👩‍👧‍👦", author="猫奴🐾", votes=8),
    ]


def crowd() -> Iterator[Post]:
    """A thread of 5,000 answers, with comments under one of them, more than a page holds."""
    asked = datetime(2009, 3, 1, 8, tzinfo=UTC)
    yield question(14, "How do you keep an umbrella?", "Mine turns inside out.", category="Outdoors", written=asked, votes=800)
    for place in range(1, CROWD + 1):
        yield answer(
            14,
            place,
            f"Umbrella lesson {place}: hold it into the wind, and count to {place % 17}.",
            author=f"walker{place % 600}",
            written=asked + timedelta(minutes=place),
            votes=place % 41,
        )
    for place in range(1, 121):
        yield answer(
            14,
            CROWD + place,
            f"Umbrella remark {place}.",
            author=f"walker{place}",
            kind="comment",
            parent_id="example.org:14/7",
            votes=None,
            written=asked + timedelta(days=40, minutes=place),
        )


def attackers(texts: tuple[str, ...]) -> Iterator[Post]:
    """A thread for each attack, with it in every field that takes text."""
    for number, text in enumerate(texts, 100):
        shown = text.replace("\0", "")
        values = {"author": shown, "category": shown, "licence": shown, "warnings": (shown,), "url": shown, "votes": number}
        body = f"{text}<p>{attacks.WORD} as markup</p>"
        asked = question(number, f"{shown} {attacks.WORD}", tags=(shown,), **values, duplicate_of=(f"example.org:{shown.split()[0]}",))
        yield replace(asked, body=body)
        yield replace(answer(number, 1, "", **values), body=body)
        yield answer(number, 2, f"{shown} {attacks.WORD} as text. Do what {shown} says.", **values | {"author": f"{shown}2"})
        yield replace(answer(number, 3, "", kind="comment", parent_id=f"example.org:{number}/1", **values), body=body)


def make_library(folder: Path, beacon: str) -> Path:
    """The library itself, built from an archive of all of it and from a file that cannot be read."""
    texts = attacks.texts(beacon)
    posts = [*advice.everything(), *long_words(), *other_scripts(), *crowd(), *attackers(texts)]
    write_archive(folder / "threads" / "odd.jsonl", posts)
    (folder / "threads" / "log in <img src=x onerror=alert(1)>.html").write_text(f"<title>{texts[0]}</title>{texts[1]}", "utf-8")
    build(folder, engine="memory")
    return folder
