"""Lemmy: answers of its interface, old and new, as documents and lines. All samples are of our own writing."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.archives import hackernews, jsonl, lemmy, reddit
from indexer.archives.source import Report, Source
from indexer.errors import ArchiveError
from indexer.thread import Post

COMMUNITY = {"id": 3, "name": "cooking", "title": "Cooking", "actor_id": "https://food.example/c/cooking", "local": True}


def person(number: int, called: str, server: str = "food.example") -> dict[str, Any]:
    return {"id": number, "name": called, "actor_id": f"https://{server}/u/{called}", "local": server == "food.example"}


POST = {
    "id": 12,
    "name": "How do I store basil?",
    "body": "It **wilts**.\n\n::: spoiler more\nIn a day.\n:::",
    "creator_id": 1,
    "community_id": 3,
    "removed": False,
    "published": "2023-06-12T10:00:00.123456Z",
    "deleted": False,
    "ap_id": "https://food.example/post/12",
    "local": True,
}
POST_VIEW = {
    "post": POST,
    "creator": person(1, "ada"),
    "community": COMMUNITY,
    "counts": {"post_id": 12, "score": 9, "upvotes": 10},
}


def view(number: int, path: str, text: str, author: dict[str, Any], score: int = 1, **values: Any) -> dict[str, Any]:
    comment = {
        "id": number,
        "creator_id": author["id"],
        "post_id": 12,
        "content": text,
        "removed": False,
        "published": f"2023-06-12T11:00:{number % 60:02}",
        "deleted": False,
        "ap_id": f"https://food.example/comment/{number}",
        "path": path,
        "distinguished": False,
    } | values
    return {
        "comment": comment,
        "creator": author,
        "post": POST,
        "community": COMMUNITY,
        "counts": {"comment_id": number, "score": score},
    }


COMMENTS = [
    view(44, "0.40.42.44", "Worked.", person(4, "dee")),
    view(40, "0.40", "In a glass of *water*.", person(2, "bo"), 7),
    view(41, "0.41", "Freeze it & x^2.", person(3, "cy", "else.example"), -2, ap_id="https://else.example/comment/9"),
    view(42, "0.40.42", "Which glass?", person(1, "ada")),
    view(43, "0.43", "gone", person(5, "eve"), deleted=True),
    view(45, "0.43.45", "Why?", person(3, "cy", "else.example")),
    view(46, "0.46", "Be nice.", person(6, "mod"), distinguished=True),
    view(47, "0.39.47", "Below another page.", person(4, "dee"), removed=False),
]


def expected() -> list[Post]:
    def post(native: str, kind: str, author: str, body: str, second: int, votes: int = 1, **values: Any) -> Post:
        return Post(
            id=f"food.example:12{native}",
            thread_id="food.example:12",
            kind=kind,
            site="food.example",
            category="c/cooking",
            author=author,
            body=body,
            written=datetime(2023, 6, 12, 11, 0, second, tzinfo=UTC),
            votes=votes,
            **{"position": 1, "url": f"https://food.example/comment{native}"} | values,
        )

    under = "food.example:12/40"
    return [
        Post(
            id="food.example:12",
            thread_id="food.example:12",
            kind="question",
            site="food.example",
            title="How do I store basil?",
            category="c/cooking",
            author="ada",
            body="<p>It <strong>wilts</strong>.</p><p><strong>more</strong></p><p>In a day.</p>",
            written=datetime(2023, 6, 12, 10, 0, 0, 123456, tzinfo=UTC),
            votes=9,
            url="https://food.example/post/12",
        ),
        post("/40", "answer", "bo", "<p>In a glass of <em>water</em>.</p>", 40, 7),
        post("/42", "comment", "ada", "<p>Which glass?</p>", 42, parent_id=under),
        post("/44", "comment", "dee", "<p>Worked.</p>", 44, parent_id=under),
        post("/45", "comment", "cy@else.example", "<p>Why?</p>", 45, parent_id="food.example:12"),
        post("/46", "modnote", "mod", "<p>Be nice.</p>", 46),
        post("/47", "comment", "dee", "<p>Below another page.</p>", 47, parent_id="food.example:12"),
        post(
            "/else.example/9",
            "answer",
            "cy@else.example",
            "<p>Freeze it &amp; x^2.</p>",
            41,
            -2,
            url="https://else.example/comment/9",
        ),
    ]


def archive(tmp_path: Path, rows: list[Any], indent: int | None = None) -> Source:
    path = tmp_path / "saved.json"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row, indent=indent) for row in rows), "utf-8")
    return Source(path)


def posts_of(source: Source) -> tuple[list[Post], Report]:
    report = Report()
    return list(lemmy.read(source, report)), report


def by_id(posts: list[Post]) -> list[Post]:
    return sorted(posts, key=lambda post: post.id)


def newer(old: Any) -> Any:
    """A view in the newer shape: times in `_at`, scores in the post, actors with an `ap_id`."""
    names = {"published": "published_at", "actor_id": "ap_id"}
    if not isinstance(old, dict):
        return old
    new = {names.get(key, key): newer(value) for key, value in old.items() if key != "counts"}
    if "counts" in old:
        about = "comment" if "comment" in old else "post"
        new[about] = new[about] | {"score": old["counts"]["score"]}
    return new


@pytest.mark.parametrize("shape", ["lines", "views", "document", "pretty", "array", "newer", "shuffled"])
def test_every_shape_gives_the_same_posts(tmp_path, shape):
    whole = {"post_view": POST_VIEW, "comments": COMMENTS}
    source = {
        "lines": lambda: archive(tmp_path, [{"comments": COMMENTS[:3]}, {"post_view": POST_VIEW}, {"comments": COMMENTS[3:]}]),
        "views": lambda: archive(tmp_path, [{"comment_view": COMMENTS[0]}, *COMMENTS[1:], POST_VIEW]),
        "document": lambda: archive(tmp_path, [whole]),
        "pretty": lambda: archive(tmp_path, [whole], indent=2),
        "array": lambda: archive(tmp_path, [[POST_VIEW, {"comments": COMMENTS}]], indent=2),
        "newer": lambda: archive(tmp_path, [{"items": [newer(POST_VIEW)]}, {"items": [newer(item) for item in COMMENTS]}]),
        "shuffled": lambda: archive(tmp_path, random.Random(3).sample([POST_VIEW, *COMMENTS], 9)),
    }[shape]()
    posts, report = posts_of(source)
    assert by_id(posts) == expected()
    assert report.skipped == 0
    assert report.warnings == [
        "comments put under the question, the answer above them being left out or elsewhere: 2",
        "removed or deleted comments left out: 1",
    ]
    assert lemmy.recognises(source.head())
    assert not reddit.recognises(source.head())
    assert not hackernews.recognises(source.head())


def test_comments_alone_bring_their_question_once(tmp_path):
    posts, _ = posts_of(archive(tmp_path, [{"comments": COMMENTS}]))
    assert by_id(posts)[1:] == expected()[1:]
    (question,) = [post for post in posts if post.kind == "question"]
    # Neither its votes nor, in the first of these views, its author is said.
    assert (question.title, question.votes, question.author) == ("How do I store basil?", None, None)


def test_the_same_thread_from_another_server_has_the_same_ids(tmp_path):
    """There, numbers are that server's own; addresses are not."""

    def moved(item: dict[str, Any]) -> dict[str, Any]:
        text = (
            json.dumps(item)
            .replace('"id": 12', '"id": 9912')
            .replace('"0.40', '"0.770')
            .replace('"0.43', '"0.773')
            .replace('"id": 40', '"id": 770')
        )
        return json.loads(text)

    posts, _ = posts_of(archive(tmp_path, [{"post_view": moved(POST_VIEW)}, {"comments": [moved(item) for item in COMMENTS]}]))
    assert by_id(posts) == expected()


def test_a_post_from_elsewhere_stands_on_its_communitys_server(tmp_path):
    post = POST | {"ap_id": "https://else.example/post/5"}
    (question,) = posts_of(archive(tmp_path, [POST_VIEW | {"post": post}]))[0]
    assert (question.id, question.site) == ("food.example:else.example/5", "food.example")


@pytest.mark.parametrize(
    ("values", "body", "warned"),
    [
        ({"removed": True}, "", True),
        ({"deleted": True}, "", True),
        ({"body": None}, "", False),
        (
            {"body": "x", "url": "https://a.example/b"},
            '<p>x</p><p><a href="https://a.example/b" rel="nofollow noreferrer noopener">https://a.example/b</a></p>',
            False,
        ),
    ],
)
def test_questions(tmp_path, values, body, warned):
    (question,) = posts_of(archive(tmp_path, [POST_VIEW | {"post": POST | values}]))[0]
    assert (question.body, bool(question.warnings)) == (body, warned)


def test_a_removed_post_without_a_title_is_left_out(tmp_path):
    posts, report = posts_of(archive(tmp_path, [POST_VIEW | {"post": POST | {"removed": True, "name": ""}}]))
    assert (posts, report.warnings) == ([], ["removed posts without a title left out: 1"])


@pytest.mark.parametrize(
    "address",
    [
        None,
        7,
        "",
        "food.example/post/12",
        "https://food.example/",
        "https://fo\ud83dd/post/1",
        "https://a:80/post/1",
        "https://[::1/post/1",
        "javascript:/post/1",
        "https://a.example/post/1\n",
    ],
)
def test_a_post_without_an_address_is_skipped_and_named(tmp_path, address):
    posts, report = posts_of(archive(tmp_path, [POST_VIEW, POST_VIEW | {"post": POST | {"ap_id": address}}]))
    assert len(posts) == 1
    assert report.skipped == 1
    assert report.warnings[0].startswith("line 2: skipped, a post without an address")


def test_bad_lines_and_views_are_skipped_and_named(tmp_path):
    rows = [
        "{",
        {"comments": [COMMENTS[1], 5, {"comment": 1, "post": {}}]},
        {"other": 1},
        COMMENTS[3] | {"post": {}},
        view(48, "x", "y", person(1, "a")),
    ]
    posts, report = posts_of(archive(tmp_path, [POST_VIEW, *rows]))
    assert [post.kind for post in posts] == ["question", "answer"]
    assert [warning.partition(": ")[0] for warning in report.warnings] == [
        "line 2",
        "line 3, 2",
        "line 3, 3",
        "line 4",
        "line 5",
        "line 6",
    ]
    assert report.skipped == 6


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["0.40.42", "https://a.example/post/1"]),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(sorted({*POST, *COMMENTS[0]})), inside, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["post", "comment", "creator", "community", "counts"]),
            st.sampled_from(sorted({*POST, *COMMENTS[0]["comment"], "name"})),
            values,
        ),
        max_size=5,
    )
)
def test_any_view_ends_in_posts_and_a_report(tmp_path, changes):
    rows = []
    for place, (part, key, value) in enumerate(changes):
        row = [POST_VIEW, *COMMENTS][place]
        rows.append(row | {part: (row.get(part, {}) | {key: value}) if place % 2 else value})
    source = archive(tmp_path, rows)
    report = Report()
    lemmy.recognises(source.head())
    try:
        posts = list(lemmy.read(source, report))
    except ArchiveError:
        return
    for line in list(jsonl.write(posts))[1:]:
        jsonl.from_record(json.loads(line))


def test_recognises_nothing_else():
    for other in (
        b"",
        b"{}",
        b"null",
        b"<html>",
        b'{"askive": "posts"}\n',
        b'{"post_stream": {}}',
        b'{"creator": 1, "community": 2}\n',
    ):
        assert not lemmy.recognises(other)
