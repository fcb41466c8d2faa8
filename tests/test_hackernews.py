"""Hacker News: single items in any order, whole threads, and what is left out. All samples are of our own writing."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.archives import hackernews, jsonl, lemmy, reddit
from indexer.archives.source import Report, Source
from indexer.errors import ArchiveError
from indexer.thread import Post

NOON = 1300000000

ITEMS: list[dict[str, object]] = [
    {"by": "dee", "id": 109, "parent": 105, "text": "And <i>then</i>?", "time": NOON + 90, "type": "comment"},
    {"by": "cy", "id": 105, "kids": [109], "parent": 102, "text": "Which one?", "time": NOON + 50, "type": "comment"},
    {
        "by": "ada",
        "descendants": 6,
        "id": 100,
        "kids": [104, 102, 103],
        "score": 25,
        "text": 'I sleep badly.<p>What helps? See <a href="item?id=7">this</a>.',
        "time": NOON,
        "title": "Ask HN: How do you sleep?",
        "type": "story",
    },
    {
        "by": "bo",
        "id": 102,
        "kids": [105],
        "parent": 100,
        "text": "Earplugs.<p>Good &amp; cheap.",
        "time": NOON + 20,
        "type": "comment",
    },
    {"deleted": True, "id": 103, "kids": [106], "parent": 100, "time": NOON + 30, "type": "comment"},
    {"by": "eve", "id": 104, "parent": 100, "text": "Dark curtains.", "time": NOON + 40, "type": "comment"},
    {"by": "fay", "id": 106, "parent": 103, "text": "Why deleted?", "time": NOON + 60, "type": "comment"},
    {"by": "spam", "dead": True, "id": 107, "parent": 102, "text": "Buy pills", "time": NOON + 70, "type": "comment"},
    {"by": "gil", "id": 108, "parent": 107, "text": "No thanks.", "time": NOON + 80, "type": "comment"},
    {"by": "hal", "id": 200, "score": 3, "time": NOON, "title": "A link", "type": "story", "url": "https://example.org/"},
    {"by": "ida", "id": 201, "parent": 200, "text": "Nice link.", "time": NOON + 5, "type": "comment"},
    {"by": "jo", "id": 301, "parent": 299, "text": "Of another file.", "time": NOON + 5, "type": "comment"},
]


def archive(tmp_path: Path, rows: list[object], end: str = "\n") -> Source:
    path = tmp_path / "items"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + end, "utf-8")
    return Source(path)


def posts_of(source: Source) -> tuple[list[Post], Report]:
    report = Report()
    return list(hackernews.read(source, report)), report


def expected() -> list[Post]:
    def post(number: int, kind: str, author: str, body: str, seconds: int, **values: object) -> Post:
        return Post(
            id="news.ycombinator.com:100" if number == 100 else f"news.ycombinator.com:100/{number}",
            thread_id="news.ycombinator.com:100",
            kind=kind,
            site="news.ycombinator.com",
            category="Ask HN",
            author=author,
            body=body,
            written=datetime.fromtimestamp(NOON + seconds, UTC),
            url=f"https://news.ycombinator.com/item?id={number}",
            **values,
        )

    link = '<a href="https://news.ycombinator.com/item?id=7" rel="nofollow noreferrer noopener">this</a>'
    under = "news.ycombinator.com:100/102"
    return [
        post(
            100,
            "question",
            "ada",
            f"<p>I sleep badly.</p><p>What helps? See {link}.</p>",
            0,
            votes=25,
            title="Ask HN: How do you sleep?",
        ),
        post(102, "answer", "bo", "<p>Earplugs.</p><p>Good &amp; cheap.</p>", 20, position=2),
        post(104, "answer", "eve", "<p>Dark curtains.</p>", 40, position=1),
        post(105, "comment", "cy", "<p>Which one?</p>", 50, position=1, parent_id=under),
        post(106, "comment", "fay", "<p>Why deleted?</p>", 60, position=1, parent_id="news.ycombinator.com:100"),
        post(108, "comment", "gil", "<p>No thanks.</p>", 80, position=1, parent_id=under),
        post(109, "comment", "dee", "<p>And <i>then</i>?</p>", 90, position=1, parent_id=under),
    ]


def by_id(posts: list[Post]) -> list[Post]:
    return sorted(posts, key=lambda post: post.id)


def nested(number: int) -> dict[str, object]:
    """The same thread as the search's interface gives it: one object."""
    item = next(item for item in ITEMS if item["id"] == number)
    kids = item.get("kids") or [other["id"] for other in ITEMS if other.get("parent") == number]
    # Unlike `kids`, this interface also has what is dead.
    kids = [*kids, *(other["id"] for other in ITEMS if other.get("parent") == number and other["id"] not in kids)]
    return {
        "id": number,
        "created_at": "2011-03-13T07:06:40.000Z",
        "created_at_i": item["time"],
        "type": item["type"],
        "author": item.get("by"),
        "title": item.get("title"),
        "url": None,
        "text": None if item.get("dead") else item.get("text"),
        "points": item.get("score"),
        "parent_id": item.get("parent"),
        "story_id": 100,
        "children": [nested(kid) for kid in kids],
        "options": [],
    }


def test_items_exactly(tmp_path):
    posts, report = posts_of(archive(tmp_path, ITEMS))
    assert by_id(posts) == expected()
    assert report.skipped == 0
    assert report.warnings == [
        "comments left out, no question above them is in this file: 2",
        "deleted or dead comments left out: 2",
        "items left out, no “Ask HN”: 1",
    ]


def test_any_order_gives_the_same_posts(tmp_path):
    for seed in range(20):
        rows = ITEMS.copy()
        random.Random(seed).shuffle(rows)
        assert by_id(posts_of(archive(tmp_path, rows))[0]) == expected()


@pytest.mark.parametrize("indent", [None, 2])
def test_a_whole_thread_is_the_same_as_its_items(tmp_path, indent):
    path = tmp_path / "thread.json"
    path.write_text(json.dumps(nested(100), indent=indent))
    posts, report = posts_of(Source(path))
    assert by_id(posts) == expected()
    assert report.warnings == ["deleted or dead comments left out: 2"]
    assert hackernews.recognises(path.read_bytes())


def test_an_array_of_items(tmp_path):
    path = tmp_path / "items.json"
    whole = json.dumps(ITEMS, indent=1)
    path.write_text(whole)
    assert by_id(posts_of(Source(path))[0]) == expected()
    path.write_text(whole[: whole.index('"Why deleted')])
    posts, report = posts_of(Source(path))
    assert len(posts) == 5
    assert [warning for warning in report.warnings if warning.startswith("element 7: skipped, the array breaks off")]


def test_numbers_as_text(tmp_path):
    rows = [
        {key: str(value) if isinstance(value, int) and value is not True else value for key, value in item.items()}
        for item in ITEMS
    ]
    assert by_id(posts_of(archive(tmp_path, rows))[0]) == expected()


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({}, True),
        ({"title": "ask hn - anything"}, True),
        ({"title": "Ask YC: 2007"}, True),
        ({"title": "Ask HN: A link", "url": "https://example.org/"}, True),
        ({"type": "poll"}, True),
        ({"title": "Tell HN: x"}, False),
        ({"title": "Task HN: x"}, False),
        ({"title": "Ask HNers"}, False),
        ({"title": None}, False),
        ({"type": "job"}, False),
        ({"dead": True}, False),
        ({"deleted": True}, False),
        ({"type": ["story"]}, False),
    ],
)
def test_which_stories_are_questions(tmp_path, values, kept):
    posts, report = posts_of(archive(tmp_path, [ITEMS[2] | values, ITEMS[9], ITEMS[5]]))
    assert [post.kind for post in posts] == (["question", "answer"] if kept else [])
    assert report.warnings


def test_a_comment_saved_alone_is_left_out(tmp_path):
    posts, report = posts_of(archive(tmp_path, [nested(102)]))
    assert (posts, report.warnings) == ([], ["comments saved without their story left out: 1"])


def test_a_deep_thread(tmp_path):
    item: dict[str, object] = nested(109)
    for number in range(1_000, 1_200):
        item = nested(105) | {"id": number, "children": [item]}
    posts, _ = posts_of(archive(tmp_path, [nested(100) | {"children": [item]}]))
    assert len(posts) == 202
    assert {post.parent_id for post in posts[2:]} == {"news.ycombinator.com:100/1199"}
    path = tmp_path / "deeper"
    path.write_text("[" * 100_000)
    with pytest.raises(ArchiveError):
        posts_of(Source(path))


def test_impossible_dates_and_votes(tmp_path):
    posts, report = posts_of(archive(tmp_path, [ITEMS[2] | {"time": 5, "score": "x"}, ITEMS[5] | {"time": 10**15}]))
    assert [(post.written, post.votes) for post in posts] == [(None, None)] * 2
    assert report.warnings == ["line 1: impossible date 5", "line 2: impossible date 1000000000000000"]


def test_bad_lines_are_skipped_by_number(tmp_path):
    rows: list[object] = [
        "null",
        ITEMS[2],
        "[]",
        "{",
        '{"id": 0, "type": "story", "by": "x"}',
        '{"id": 5}',
        '{"id": 6, "type": "comment", "by": "x"}',
    ]
    posts, report = posts_of(archive(tmp_path, rows))
    assert len(posts) == 1
    assert [int(warning.partition(":")[0].removeprefix("line ")) for warning in report.warnings] == [3, 4, 5, 6, 7]
    assert report.skipped == 5


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["comment", "story", "100", 102]),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "text", "children", "by"]), inside)
    ),
    max_leaves=5,
)
names = sorted({*ITEMS[2], *nested(100), "parent", "dead", "deleted"})


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([*ITEMS, nested(100)]), st.dictionaries(st.sampled_from(names), values, max_size=3)),
        max_size=5,
    )
)
def test_any_item_ends_in_posts_and_a_report(tmp_path, changes):
    source = archive(tmp_path, [item | change for item, change in changes])
    report = Report()
    hackernews.recognises(source.head())
    try:
        posts = list(hackernews.read(source, report))
    except ArchiveError:
        return
    for line in list(jsonl.write(posts))[1:]:
        jsonl.from_record(json.loads(line))


def test_recognises_by_content():
    for item in ITEMS:
        assert hackernews.recognises(json.dumps(item).encode() + b"\n")
        assert not reddit.recognises(json.dumps(item).encode() + b"\n")
        assert not lemmy.recognises(json.dumps(item).encode() + b"\n")
    assert hackernews.recognises(json.dumps(nested(100)).encode()[:400])
    for other in (
        b"",
        b"{}",
        b"null",
        b"<html>",
        b'{"askive": "posts"}\n',
        b'{"id": 1, "type": "story"}\n',
        b'{"id": 1, "type": [], "by": 2}\n',
    ):
        assert not hackernews.recognises(other)
