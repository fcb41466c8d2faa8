"""Synthetic dumps of a Stack Exchange site: the folder of XML files, and the ZIM file that sotoki makes of it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final, TextIO

import bodies
from discussions import Said, by_time, discussions, numbered

from indexer.archives.stackexchange import WATERMARK
from tests import sotoki_pages

SITE: Final = "bench.stackexchange.com"
MOST: Final = 6
"""Answers and comments of a question: about as many as the sites have."""

_ATTRIBUTE: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#xA;", "\r": "&#xD;", "\t": "&#x9;"}
)


def write(folder: Path, posts: int, seed: int) -> Counter[str]:
    """The tables that hold posts and people, in the order of writing. Half as many users as posts, most of them silent."""
    place = folder / SITE
    place.mkdir(parents=True)
    people: dict[str, int] = {}
    counts: Counter[str] = Counter()
    with (
        _table(place, "Posts") as posts_xml,
        _table(place, "Comments") as comments_xml,
        _table(place, "PostLinks") as links_xml,
    ):
        for said in by_time(discussions(posts, seed, most=MOST)):
            person = people.setdefault(said.author, 10 + len(people))
            if said.place == 0 or _is_answer(said):
                counts["questions" if said.place == 0 else "answers"] += 1
                posts_xml.write(_row(**_post(said, person, Random(f"{seed} stackexchange {said.number}"))))
                if said.place == 0 and said.thread % 20 == 19:
                    links_xml.write(_row(**_link(said)))
                if said.number % 97 == 0:
                    # The description of a tag, which is no part of a thread.
                    wiki = {"Id": numbered(said.thread, 900), "PostTypeId": 4, "CreationDate": _date(said.written), "Score": 0}
                    posts_xml.write(_row(**wiki, Body="Questions about this."))
            else:
                counts["comments"] += 1
                comments_xml.write(_row(**_comment(said, person)))
        for number in (WATERMARK + 1, WATERMARK + 10):
            counts["left_out"] += 1
            posts_xml.write(_row(Id=number, PostTypeId=1, CreationDate="2025-01-01T00:00:00.000", Score=0, Body="<p>x</p>"))
    with _table(place, "Users") as users_xml:
        for name, number in people.items():
            users_xml.write(_row(**_user(name, number)))
        for number in range(10 + len(people), posts // 2):
            users_xml.write(_row(**_user(f"user{number}", number)))
    return counts


@contextmanager
def _table(folder: Path, name: str) -> Iterator[TextIO]:
    with (folder / f"{name}.xml").open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'\ufeff<?xml version="1.0" encoding="utf-8"?>\n<{name.lower()}>\n')
        yield file
        file.write(f"</{name.lower()}>\n")


def _row(**values: Any) -> str:
    inside = " ".join(f'{name}="{str(value).translate(_ATTRIBUTE)}"' for name, value in values.items() if value is not None)
    return f"  <row {inside} />\n"


def _is_answer(said: Said) -> bool:
    return said.place in (1, 3) or (said.place == 5 and said.thread % 3 == 0)


def _above(said: Said) -> int:
    """The place of the post that a comment stands under."""
    return 3 if said.top == 3 else 1 if said.place > 1 and said.thread % 2 else 0


def _post(said: Said, person: int, rng: Random) -> dict[str, Any]:
    question = said.place == 0
    # The people of some posts have left; their names stand in the row.
    gone = rng.random() < 0.02
    accepted = next((place for place in (1, 3) if rng.random() < 0.25), None) if question else None
    values: dict[str, Any] = {"Id": said.number, "PostTypeId": 1 if question else 2}
    if question:
        values["AcceptedAnswerId"] = accepted and numbered(said.thread, accepted)
    else:
        values["ParentId"] = numbered(said.thread, 0)
    values |= {"CreationDate": _date(said.written), "Score": said.votes}
    if question:
        values["ViewCount"] = 40 + said.votes * 31
    values |= {
        "Body": bodies.as_html(said.blocks) + "\n",
        "OwnerUserId": None if gone else person,
        "OwnerDisplayName": f"user{person}" if gone else None,
        "LastEditorUserId": person if rng.random() < 0.4 else None,
        "LastActivityDate": _date(said.written),
    }
    if question:
        values |= {"Title": said.title, "Tags": "".join(f"<{tag}>" for tag in said.tags), "AnswerCount": 2}
        values["ClosedDate"] = _date(said.written) if _is_duplicate(said) else None
    return values | {"CommentCount": 2, "ContentLicense": "CC BY-SA 4.0"}


def _is_duplicate(said: Said) -> bool:
    return said.thread % 60 == 59


def _link(said: Said) -> dict[str, Any]:
    """A question that another one links to, or duplicates."""
    return {
        "Id": said.thread,
        "CreationDate": _date(said.written),
        "PostId": said.number,
        "RelatedPostId": numbered(said.thread - 7, 0),
        "LinkTypeId": 3 if _is_duplicate(said) else 1,
    }


def _comment(said: Said, person: int) -> dict[str, Any]:
    return {
        "Id": said.number,
        "PostId": numbered(said.thread, _above(said)),
        "Score": max(0, said.votes),
        "Text": bodies.markdown_runs(said.brief)[:600],
        "CreationDate": _date(said.written),
        "UserId": person,
        "ContentLicense": "CC BY-SA 4.0",
    }


def _user(name: str, number: int) -> dict[str, Any]:
    return {
        "Id": number,
        "Reputation": 1 + number % 7000,
        "CreationDate": "2018-01-21T20:22:30.660",
        "DisplayName": name,
        "LastAccessDate": "2024-04-22T18:31:35.170",
        "Location": "Somewhere" if number % 3 else None,
        "AboutMe": "<p>I ask & I answer.</p>\n" if number % 4 == 0 else None,
        "Views": number % 40,
        "UpVotes": number % 90,
        "DownVotes": 0,
        "AccountId": number * 3,
    }


def _date(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}"


# --- ZIM -----------------------------------------------------------------------------------------------------------------


def write_zim(folder: Path, posts: int, seed: int) -> Counter[str]:
    """The same site as a ZIM file: a page a question, with pages of users and tags among them."""
    from libzim.writer import Creator, Hint, Item, StringProvider  # It is an extra.

    class Entry(Item):  # type: ignore[misc,unused-ignore]
        def __init__(self, path: str, title: str, content: str) -> None:
            super().__init__()
            self._said = path, title, content

        def get_path(self) -> str:
            return self._said[0]

        def get_title(self) -> str:
            return self._said[1]

        def get_mimetype(self) -> str:
            return "text/html"

        def get_contentprovider(self) -> Any:
            return StringProvider(self._said[2])

        def get_hints(self) -> dict[Any, bool]:
            return {Hint.FRONT_ARTICLE: True, Hint.COMPRESS: True}

    counts: Counter[str] = Counter()
    folder.mkdir(parents=True)
    with _silence(), Creator(folder / f"{SITE}_en_all.zim").config_indexing(False, "eng") as creator:
        for thread in discussions(posts, seed, most=MOST):
            number = thread[0].number
            path = f"questions/{number}/{'-'.join(thread[0].title.lower().rstrip('?').split())}"
            creator.add_item(Entry(path, thread[0].title, _page(thread)))
            creator.add_redirection(f"questions/{number}", "", path, {})
            creator.add_item(Entry(f"users/{number}/x", thread[0].author, f"<html><body>{thread[0].author}</body></html>"))
            counts.update("questions" if each.place == 0 else "answers" if _is_answer(each) else "comments" for each in thread)
        metadata = {"Scraper": "sotoki v3.0.2", "Name": f"{SITE}_en_all", "Title": "Bench", "Date": "2026-02-03"}
        for key, value in metadata.items():
            creator.add_metadata(key, value)
    return counts


@contextmanager
def _silence() -> Iterator[None]:
    """libzim prints what it does, past Python's own `sys.stdout`."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _page(thread: Sequence[Said]) -> str:
    question = thread[0]
    answers = [each for each in thread if _is_answer(each)]
    return sotoki_pages.page(
        question.number,
        bodies.escape(question.title),
        _layout(question, thread),
        "".join(
            sotoki_pages.answer(each.number, each.votes, _layout(each, thread), accepted=place == 0 and each.thread % 3 == 0)
            for place, each in enumerate(sorted(answers, key=lambda each: -each.votes))
        ),
        votes=question.votes,
    )


def _layout(said: Said, thread: Sequence[Said]) -> str:
    comments = (each for each in thread[1:] if not _is_answer(each) and _above(each) == said.place)
    time = f"{said.written:%b %d '%y at %H:%M}"
    return sotoki_pages.layout(
        bodies.as_html(said.blocks),
        sotoki_pages.signature(f"{'answered' if said.place else 'asked'} {time}", said.author, str(said.number)),
        "".join(_comments(comments)),
        said.tags if said.place == 0 else (),
    )


def _comments(comments: Iterator[Said]) -> Iterator[str]:
    for each in comments:
        yield sotoki_pages.comment(each.number, bodies.html_runs(each.brief), each.author, max(0, each.votes))
