"""Reddit dumps, and what its reader shares with others: records of JSON, descent of comments, Markdown.

All samples are of our own writing, in the shapes that Pushshift's and Arctic Shift's dumps have had over the years.
"""

from __future__ import annotations

import io
import json
import random
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import PATIENCE, write_archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import markup
from indexer.archives import descent, jsonl, markdown, records, reddit
from indexer.archives.descent import Descent
from indexer.archives.source import Report, Source
from indexer.build import build
from indexer.errors import ArchiveError, DamagedArchive
from indexer.library import Library
from indexer.thread import Post

LATER = 1580900000

SUBMISSION = {
    "id": "f1",
    "title": "How do I keep &amp; store fresh basil?",
    "selftext": "Mine wilts in a *day*.\n\n&gt; keep it dry\n\nthey said &amp;amp; meant it.",
    "author": "thyme_lord",
    "created_utc": 1580000000,
    "retrieved_on": LATER,
    "score": 12,
    "num_comments": 7,
    "subreddit": "AskCulinary",
    "permalink": "/r/AskCulinary/comments/f1/how_do_i_keep/",
    "is_self": True,
    "link_flair_text": "Ingredient &amp; Question",
    "url": "https://www.reddit.com/r/AskCulinary/comments/f1/how_do_i_keep/",
    "stickied": False,
    "removed_by_category": None,
}


def comment(native: str, parent: str, body: str, **values: object) -> dict[str, object]:
    return {
        "id": native,
        "link_id": "t3_f1",
        "parent_id": parent,
        "body": body,
        "author": f"user_{native}",
        "created_utc": 1580000000 + int(native, 36) % 1000,
        "retrieved_on": LATER,
        "score": 3,
        "subreddit": "AskCulinary",
    } | values


SAMPLE = [
    # A grandchild before its parent, and both before the answer.
    comment("c9", "t1_c5", "Worked here too."),
    comment("c5", "t1_c1", "And which glass?"),
    SUBMISSION,
    comment("c1", "t3_f1", "In a glass of **water**, like [flowers](https://example.org/f).", score=41),
    comment("c2", "t3_f1", "Freeze it.", score=-4, created_utc="1580000002", author="[deleted]"),
    comment("c3", "t3_f1", "[removed]", author="gone"),
    comment("c4", "t1_c3", "Why was that removed?"),
    comment("c6", "t3_f1", "Please read the rules.", author="AutoModerator", stickied=True, distinguished="moderator"),
    comment("c7", "t3_f1", "Thanks, the glass works!", author="thyme_lord", is_submitter=True),
    comment("c8", "t3_f1", "Keep it civil.", distinguished="moderator", author="mod1"),
    comment("ca", "t3_zz", "An orphan, its question in another file.", link_id="t3_zz", subreddit="Cooking", permalink=None),
    comment("cb", "t1_b0", "Under a comment of another file."),
]


def archive(tmp_path: Path, rows: list[object], end: str = "\n") -> Source:
    path = tmp_path / "dump"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + end, "utf-8")
    return Source(path)


def posts_of(source: Source) -> tuple[list[Post], Report]:
    report = Report()
    return list(reddit.read(source, report)), report


def left_out(report: Report) -> int:
    """How many records the report's summary says were left out on purpose."""
    counts = [warning.rpartition(" left out: ") for warning in report.warnings if not warning.startswith("comments put under")]
    return sum(int(count) for _, said, count in counts if said)


def only(tmp_path: Path, row: dict[str, object]) -> Post:
    posts, _ = posts_of(archive(tmp_path, [row]))
    (post,) = posts
    return post


# --- Golden ---------------------------------------------------------------------------------------------------------


def test_a_dump_exactly(tmp_path):
    posts, report = posts_of(archive(tmp_path, SAMPLE))
    captured = datetime.fromtimestamp(LATER, UTC)

    def reply(native: str, kind: str, body: str, **values: object) -> Post:
        defaults = {
            "id": f"reddit.com:f1/{native}",
            "thread_id": "reddit.com:f1",
            "category": "r/AskCulinary",
            "author": f"user_{native}",
            "votes": 3,
            "written": datetime.fromtimestamp(1580000000 + int(native, 36) % 1000, UTC),
            "url": f"https://www.reddit.com/r/AskCulinary/comments/f1/_/{native}/",
        }
        return Post(kind=kind, site="reddit.com", body=f"<p>{body}</p>", position=1, captured=captured, **(defaults | values))

    link = '<a href="https://example.org/f" rel="nofollow noreferrer noopener">flowers</a>'
    assert posts == [
        Post(
            id="reddit.com:f1",
            thread_id="reddit.com:f1",
            kind="question",
            site="reddit.com",
            category="r/AskCulinary",
            title="How do I keep & store fresh basil?",
            body="<p>Mine wilts in a <em>day</em>.</p><blockquote><p>keep it dry</p></blockquote><p>they said &amp; meant it.</p>",
            tags=("Ingredient & Question",),
            author="thyme_lord",
            written=datetime.fromtimestamp(1580000000, UTC),
            votes=12,
            url="https://www.reddit.com/r/AskCulinary/comments/f1/how_do_i_keep/",
            captured=captured,
        ),
        reply("c1", "answer", f"In a glass of <strong>water</strong>, like {link}.", votes=41),
        reply("c2", "answer", "Freeze it.", votes=-4, author=None, written=datetime.fromtimestamp(1580000002, UTC)),
        reply("c7", "answer", "Thanks, the glass works!", author="thyme_lord"),
        reply("c8", "modnote", "Keep it civil.", author="mod1"),
        reply(
            "ca",
            "answer",
            "An orphan, its question in another file.",
            id="reddit.com:zz/ca",
            thread_id="reddit.com:zz",
            category="r/Cooking",
            url="https://www.reddit.com/r/Cooking/comments/zz/_/ca/",
        ),
        reply("c9", "comment", "Worked here too.", parent_id="reddit.com:f1/c1"),
        reply("c5", "comment", "And which glass?", parent_id="reddit.com:f1/c1"),
        reply("c4", "comment", "Why was that removed?", parent_id="reddit.com:f1"),
        reply("cb", "comment", "Under a comment of another file.", parent_id="reddit.com:f1"),
    ]
    assert report.skipped == 0
    assert report.warnings == [
        "comments by AutoModerator and other bots left out: 1",
        "comments put under the question, the answer above them being elsewhere: 1",
        "comments put under the question, the answer above them being left out: 1",
        "removed or deleted comments left out: 1",
    ]


def test_any_order_gives_the_same_posts(tmp_path):
    expected = sorted(posts_of(archive(tmp_path, SAMPLE))[0], key=lambda post: post.id)
    for seed in range(20):
        rows = SAMPLE.copy()
        random.Random(seed).shuffle(rows)
        assert sorted(posts_of(archive(tmp_path, rows))[0], key=lambda post: post.id) == expected


def test_a_library_of_submissions_and_comments_in_two_files(tmp_path):
    """Through the exchange format, as a build would put them; the thread is whole and every comment is under its answer."""
    files = []
    for number, rows in enumerate(([SUBMISSION], [row for row in SAMPLE if "body" in row])):
        posts, _ = posts_of(archive(tmp_path, rows))
        files.append(write_archive(tmp_path / f"{number}.jsonl", posts))
    build(tmp_path / "library", files, engine="memory")
    thread = Library(tmp_path / "library").thread("reddit.com:f1").thread
    assert [post.id for post in thread.answers] == ["reddit.com:f1/c2", "reddit.com:f1/c1"], "the earlier one first"
    assert {key: [post.id for post in posts] for key, posts in thread.comments.items()} == {
        "reddit.com:f1/c1": ["reddit.com:f1/c5", "reddit.com:f1/c9"],
        "reddit.com:f1": ["reddit.com:f1/c4", "reddit.com:f1/cb"],
    }


# --- Single records ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "votes"),
    [
        ({"score": 5}, 5),
        ({"score": -7}, -7),
        ({"score": 0}, 0),
        ({"score": "12"}, 12),
        ({"score": 12.0}, 12),
        # Captured five days later: nobody voted.
        ({"score": 1}, 1),
        # Captured minutes later, or who knows when: nothing is known; any other score is people's.
        ({"score": 1, "retrieved_on": 1580001000}, None),
        ({"score": 1, "retrieved_on": None}, None),
        ({"score": 1, "created_utc": None}, None),
        ({"score": 2, "retrieved_on": 1580001000}, 2),
        # The second capture counts, where there was one.
        ({"score": 1, "retrieved_on": 1580001000, "_meta": {"retrieved_2nd_on": 1580200000}}, 1),
        ({"score": 1, "retrieved_on": 1580001000, "_meta": {"note": "no_2nd_retrieval"}}, None),
        ({"score": 5, "score_hidden": True}, None),
        ({"score": None}, None),
        ({"score": True}, None),
        ({"score": "many"}, None),
        ({"score": 1e400}, None),
        ({"score": 10**30}, None),
        ({"score": []}, None),
    ],
)
def test_votes(tmp_path, values, votes):
    post = only(tmp_path, comment("c1", "t3_f1", "Water.") | values)
    assert (post.votes, post.best) == (votes, None)


def test_a_submission_with_a_hidden_score(tmp_path):
    assert only(tmp_path, SUBMISSION | {"hide_score": True}).votes is None


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (1370000000, 1370000000),
        (1370000000.0, 1370000000),
        ("1370000000", 1370000000),
        ("1370000000.5", 1370000000),
    ],
)
def test_times_of_all_types(tmp_path, created, expected):
    assert only(tmp_path, comment("c1", "t3_f1", "x y", created_utc=created)).written == datetime.fromtimestamp(expected, UTC)


@pytest.mark.parametrize("created", [0, -1, 1, 10**12, "yesterday", 1e300, float("nan"), [1], True, LATER + 90_000])
def test_impossible_times_are_none_with_a_warning(tmp_path, created):
    posts, report = posts_of(archive(tmp_path, [comment("c1", "t3_f1", "x y", created_utc=created)]))
    assert [post.written for post in posts] == [None]
    assert any(warning.startswith("line 1: impossible date") for warning in report.warnings)


def test_ids_as_numbers(tmp_path):
    answer = comment("c1", "t3_f1", "answer", link_id=int("f1", 36), parent_id=int("f1", 36), id=int("c1", 36))
    below = comment("c2", "t1_c1", "below", parent_id=int("c1", 36))
    posts, _ = posts_of(archive(tmp_path, [below, answer]))
    assert [(post.id, post.kind, post.parent_id) for post in posts] == [
        ("reddit.com:f1/c1", "answer", None),
        ("reddit.com:f1/c2", "comment", "reddit.com:f1/c1"),
    ]


def test_a_reply_under_an_answer_of_another_thread_stands_under_its_own_question(tmp_path):
    rows = [comment("c1", "t3_zz", "elsewhere", link_id="t3_zz"), comment("c2", "t1_c1", "astray")]
    posts, _ = posts_of(archive(tmp_path, rows))
    assert posts[1].parent_id == "reddit.com:f1"


@pytest.mark.parametrize("body", ["[deleted]", "[removed]", "[ Removed by Reddit ]", " [Removed]\n", "[unavailable]"])
def test_what_is_gone_is_left_out(tmp_path, body):
    posts, report = posts_of(archive(tmp_path, [comment("c1", "t3_f1", body), SUBMISSION]))
    assert [post.kind for post in posts] == ["question"]
    assert report.warnings == ["removed or deleted comments left out: 1"]


def test_what_its_author_deleted_before_the_second_capture_is_left_out(tmp_path):
    gone = comment("c1", "t3_f1", "My address is…", _meta={"was_deleted_later": True, "removal_type": "deleted"})
    back = comment("c2", "t3_f1", "Restored.", _meta={"was_initially_deleted": True, "removal_type": "removed"})
    posts, _ = posts_of(archive(tmp_path, [gone, back]))
    assert [post.id for post in posts] == ["reddit.com:f1/c2"]


@pytest.mark.parametrize(
    "author", ["AutoModerator", "automoderator", "AmputatorBot", "image_linker_bot", "HelperBot_", "sneakpeekbot"]
)
def test_bots_are_left_out(tmp_path, author):
    posts, report = posts_of(
        archive(tmp_path, [comment("c1", "t3_f1", "Beep.", author=author), comment("c2", "t1_c1", "good bot")])
    )
    assert [(post.id, post.parent_id) for post in posts] == [("reddit.com:f1/c2", "reddit.com:f1")]
    assert "comments by AutoModerator and other bots left out: 1" in report.warnings


@pytest.mark.parametrize("author", ["Abbot", "robot", "bottle", "Botany"])
def test_people_who_sound_like_bots_stay(tmp_path, author):
    assert only(tmp_path, comment("c1", "t3_f1", "I am a person.", author=author)).author == author


def test_stickied_comments_are_left_out_and_stickied_submissions_are_not(tmp_path):
    rows = [SUBMISSION | {"stickied": True}, comment("c1", "t3_f1", "Read the FAQ.", stickied=True)]
    posts, report = posts_of(archive(tmp_path, rows))
    assert [post.kind for post in posts] == ["question"]
    assert report.warnings == ["stickied comments left out: 1"]


@pytest.mark.parametrize(
    ("values", "kept", "body"),
    [
        # A title alone is a question.
        ({"selftext": ""}, True, ""),
        ({"selftext": "", "num_comments": 0}, True, ""),
        ({"selftext": "[removed]"}, True, ""),
        ({"selftext": "[deleted]", "author": "[deleted]"}, True, ""),
        ({"selftext": "[removed]", "num_comments": 0}, False, ""),
        ({"selftext": "Still here", "removed_by_category": "moderator"}, True, ""),
        ({"selftext": "Still here", "removed_by_category": "automod_filtered"}, True, "<p>Still here</p>"),
        ({"selftext": "Still here", "_meta": {"was_deleted_later": True}, "num_comments": 0}, False, ""),
        ({"title": "[deleted by user]", "selftext": "[removed]"}, True, ""),
        ({"is_self": False, "selftext": "", "url": "https://example.org/a?b=1&amp;c=2", "num_comments": 0}, False, ""),
        (
            {"is_self": False, "selftext": "", "url": "https://example.org/a?b=1&amp;c=2"},
            True,
            '<p><a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noreferrer noopener">https://example.org/a?b=1&amp;c=2</a></p>',
        ),
        ({"is_self": False, "selftext": "", "url": "javascript:alert(1)", "num_comments": 0}, True, ""),
        # Early rows do not say what they are.
        ({"is_self": None, "selftext": "", "url": "http://www.reddit.com/r/x/comments/f1/y/", "num_comments": 0}, True, ""),
    ],
)
def test_which_submissions_are_questions(tmp_path, values, kept, body):
    posts, report = posts_of(archive(tmp_path, [SUBMISSION | values]))
    assert [post.body for post in posts] == ([body] if kept else [])
    assert kept or len(report.warnings) == 1


def test_a_removed_question_keeps_its_title_and_says_so(tmp_path):
    post = only(tmp_path, SUBMISSION | {"selftext": "[removed]"})
    assert (post.title, post.author) == ("How do I keep & store fresh basil?", "thyme_lord")
    assert post.warnings == ("its text was removed or deleted",)
    assert only(tmp_path, SUBMISSION | {"title": "[deleted by user]"}).title is None


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"permalink": "/r/a/comments/f1/x/c1/"}, "https://www.reddit.com/r/a/comments/f1/x/c1/"),
        ({"permalink": "http://www.reddit.com/r/a/comments/f1/x/c1"}, "https://www.reddit.com/r/a/comments/f1/x/c1"),
        ({}, "https://www.reddit.com/r/AskCulinary/comments/f1/_/c1/"),
        ({"permalink": "javascript:alert(1)"}, "https://www.reddit.com/r/AskCulinary/comments/f1/_/c1/"),
        ({"permalink": '/r/a/"><script>'}, "https://www.reddit.com/r/AskCulinary/comments/f1/_/c1/"),
        ({"permalink": 7, "subreddit": "../../evil"}, "https://www.reddit.com/comments/f1/_/c1/"),
    ],
)
def test_addresses(tmp_path, values, url):
    assert only(tmp_path, comment("c1", "t3_f1", "x y", **values)).url == url


def test_profiles_and_unknown_subreddits(tmp_path):
    assert only(tmp_path, SUBMISSION | {"subreddit": "u_thyme"}).category == "u/thyme"
    assert only(tmp_path, SUBMISSION | {"subreddit": "a b"}).category is None
    assert only(tmp_path, {key: value for key, value in SUBMISSION.items() if key != "subreddit"}).category is None


def test_a_later_copy_in_the_same_file_wins(tmp_path):
    early = comment("c1", "t3_f1", "Water.", score=2, retrieved_on=1580001000)
    late = comment("c1", "t3_f1", "Water!", score=20, retrieved_on=LATER)
    for number, rows in enumerate(([early, late], [late, early])):
        posts, _ = posts_of(archive(tmp_path, rows))
        file = write_archive(tmp_path / f"{number}.jsonl", posts)
        build(tmp_path / f"library{number}", [file], engine="memory")
        (post,) = Library(tmp_path / f"library{number}").thread("reddit.com:f1").thread.answers
        assert (post.votes, post.body) == (20, "<p>Water!</p>")


def test_only_what_is_shown_counts_as_put_under_the_question(tmp_path):
    rows = [comment("c2", "t1_b0", "[deleted]"), comment("c3", "t1_b0", "Shown.")]
    _, report = posts_of(archive(tmp_path, rows))
    assert report.warnings == [
        "comments put under the question, the answer above them being elsewhere: 1",
        "removed or deleted comments left out: 1",
    ]


def test_a_copy_that_is_kept_counts_for_what_is_below(tmp_path):
    kept, gone, below = comment("c1", "t3_f1", "Water."), comment("c1", "t3_f1", "[deleted]"), comment("c2", "t1_c1", "Yes")
    for rows in ([kept, gone, below], [gone, below, kept]):
        assert posts_of(archive(tmp_path, rows))[0][-1].parent_id == "reddit.com:f1/c1"


def test_hostile_names_and_texts_are_storable(tmp_path):
    row = SUBMISSION | {
        "title": "a\u0000b\ud83d\n<script>alert(1)</script>",
        "selftext": "c\u0000d \ud83d <script>alert(1)</script> <img src=x onerror=y>",
        "author": "x\u0000\n" + "y" * 100_000,
        "link_flair_text": "\ud83d\u0000",
    }
    post = only(tmp_path, row)
    assert post.title == "ab? <script>alert(1)</script>"
    assert post.body == "<p>cd ? &lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=y&gt;</p>"
    assert post.author == "x " + "y" * 98
    assert post.tags == ("?",)
    build(tmp_path / "library", [write_archive(tmp_path / "a.jsonl", [post])], engine="memory")


# --- Broken files -------------------------------------------------------------------------------------------------------


def test_bad_lines_are_skipped_by_number(tmp_path):
    rows = [
        SUBMISSION,
        '{"id": "c1", "li',
        "",
        "[1, 2]",
        "7",
        '"text"',
        "null",
        '{"other": 1}',
        comment("c1", "t3_f1", "Water."),
    ]
    rows += [
        comment("c0", "t3_f1", "x", id="c!"),
        comment("c2", "t5_f1", "x"),
        comment("c3", "t3_f1", "x", link_id=None),
        "{" * 5_000,
    ]
    rows += ['{"a":' * 50_000, "9" * 10_000]
    posts, report = posts_of(archive(tmp_path, rows))
    assert [post.id for post in posts] == ["reddit.com:f1", "reddit.com:f1/c1"]
    skipped = [int(warning.partition(":")[0].removeprefix("line ")) for warning in report.warnings]
    assert skipped == [2, 4, 5, 6, 8, 10, 11, 12, 13, 14, 15]
    assert report.skipped == len(skipped)


def test_the_last_line_may_lack_its_newline(tmp_path):
    posts, report = posts_of(archive(tmp_path, [SUBMISSION, comment("c1", "t3_f1", "Water.")], end=""))
    assert (len(posts), report.warnings) == (2, [])


def test_cut_at_every_place(tmp_path):
    """Whatever is before the cut is there, and the record that was cut is named; no cut ends in anything but that."""
    whole = archive(tmp_path, SAMPLE).path.read_bytes()
    ends = [place for place in range(len(whole)) if whole[place : place + 1] == b"\n"]
    for cut in range(0, len(whole), 7):
        path = tmp_path / "cut"
        path.write_bytes(whole[:cut])
        complete = sum(end <= cut for end in ends)
        report = Report()
        try:
            posts = list(reddit.read(Source(path), report))
        except DamagedArchive:
            assert complete == 0
            continue
        assert complete > 0
        inside = cut not in ends and cut - 1 not in ends
        assert report.skipped == inside
        assert inside == any("the file ends inside this record" in warning for warning in report.warnings)
        assert len({post.id for post in posts}) == len(posts) <= 10


def test_letters_of_several_bytes_at_the_edge_of_reads(tmp_path):
    text = "日本語é😀" * 30_000
    posts, report = posts_of(archive(tmp_path, [json.dumps(comment("c1", "t3_f1", text), ensure_ascii=False)] * 3))
    assert [markup.prose(post.body) for post in posts] == [text] * 3
    assert report.warnings == []


def test_another_encoding_is_read_with_a_warning(tmp_path):
    path = tmp_path / "dump"
    path.write_bytes(json.dumps(comment("c1", "t3_f1", "café noir"), ensure_ascii=False).encode("cp1252") + b"\n")
    posts, report = posts_of(Source(path))
    assert posts[0].body == "<p>caf\ufffd noir</p>"
    assert report.warnings == ["line 1: is not UTF-8; some letters are lost"]
    path.write_text(json.dumps(SUBMISSION), "utf-16")
    assert not reddit.recognises(path.read_bytes())


def test_a_byte_order_mark_and_windows_line_ends(tmp_path):
    path = tmp_path / "dump"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(json.dumps(row) for row in SAMPLE).encode())
    posts, _ = posts_of(Source(path))
    assert reddit.recognises(path.read_bytes())
    assert posts == posts_of(archive(tmp_path, SAMPLE))[0]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"garbage\n" * 50, b"{}\n", b"\0" * 5_000, b"[]", b"\xff\xfe\x00"])
def test_nothing_to_be_had_is_said(tmp_path, content):
    path = tmp_path / "dump"
    path.write_bytes(content)
    with pytest.raises(DamagedArchive, match="dump"):
        posts_of(Source(path))


def test_a_line_too_long_is_not_held(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "MAX_LINE", 1_000)
    rows = [SUBMISSION, '{"body": "' + "x" * 50_000, comment("c1", "t3_f1", "Water.")]
    posts, report = posts_of(archive(tmp_path, rows))
    assert [post.kind for post in posts] == ["question", "answer"]
    assert [warning.partition(":")[0] for warning in report.warnings] == ["line 2"]


class Broken(io.BytesIO):
    """A container cut short: it gives what it has and then raises."""

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        if not line:
            raise EOFError("the stream ends early")
        return line


def test_a_container_that_breaks_off_keeps_what_came_before(tmp_path):
    content = archive(tmp_path, SAMPLE).path.read_bytes()
    report = Report()
    posts = list(reddit.read(Source(tmp_path / "dump.zst", opener=lambda: Broken(content)), report))
    assert len(posts) == 10
    assert [warning for warning in report.warnings if "breaks off" in warning] == [
        f"line {len(SAMPLE) + 1}: the archive breaks off here, what follows is lost (the stream ends early)"
    ]
    with pytest.raises(DamagedArchive, match="cannot be read"):
        list(reddit.read(Source(tmp_path / "dump.zst", opener=lambda: Broken(b"")), Report()))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["t3_f1", "t1_c1", "[removed]"]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(sorted(SUBMISSION)), inside, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.dictionaries(st.sampled_from(sorted({*SUBMISSION, *comment("c", "t3_f", ""), "_meta"})), values), max_size=4)
)
def test_any_record_ends_in_posts_and_a_report(tmp_path, changes):
    rows = [(SAMPLE[number * 3] | change) for number, change in enumerate(changes)]
    path = tmp_path / "fuzz"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    report = Report()
    try:
        posts = list(reddit.read(Source(path), report))
    except ArchiveError:
        return
    for line in list(jsonl.write(posts))[1:]:
        jsonl.from_record(json.loads(line))
    assert len(posts) + report.skipped + left_out(report) == len(rows), "every record is a post, skipped, or counted"


# --- Recognising ----------------------------------------------------------------------------------------------------------


def test_recognises_by_content(tmp_path):
    for row in SAMPLE:
        assert reddit.recognises(json.dumps(row).encode() + b"\n")
    long = json.dumps(SUBMISSION | {"selftext": "x" * 100_000}).encode()[:65_536]
    assert not reddit.recognises(long), "what would tell comes after the text"
    assert reddit.recognises(
        json.dumps(dict(sorted(SUBMISSION.items(), reverse=True)) | {"zz": "x" * 100_000}).encode()[:65_536]
    )
    assert reddit.recognises(b'{"cut": \n' + json.dumps(SUBMISSION).encode() + b"\n")
    for other in (
        b"",
        b"{}",
        b'{"askive": "posts", "version": 1}\n',
        b"<html>",
        b'{"title": "x"}\n',
        b'{"id": 1, "type": "story", "title": "x"}',
    ):
        assert not reddit.recognises(other)


# --- Size -------------------------------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_dump(tmp_path, monkeypatch):
    monkeypatch.setattr(descent, "_BATCH", 200)

    def peak(count: int) -> int:
        path = tmp_path / "large"
        with path.open("w") as file:
            for number in range(count):
                parent = "t3_f1" if number % 10 == 0 else f"t1_{reddit._base36(1_000_000 + number - 1)}"
                file.write(json.dumps(comment(reddit._base36(1_000_000 + number), parent, "Some water.")) + "\n")
        tracemalloc.start()
        posts = sum(1 for _ in reddit.read(Source(path), Report()))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert posts == count
        return top

    small, large = peak(1_500), peak(6_000)
    assert large < small * 1.3


def test_a_chain_of_replies_takes_linear_time():
    """Deep, upside down, or biting its own tail: no way up is walked twice."""
    size = 50_000
    for numbers in (range(1, size), range(size, 1, -1)):
        tree = Descent()
        first, *rest = numbers
        tree.answer(first, 7, kept=True)
        for above, number in zip(numbers, rest, strict=False):
            tree.under(number, above)
        started = time.monotonic()
        tree.settle()
        assert time.monotonic() - started < PATIENCE
        assert tree.place(rest[-1]) == (7, first, None)
        tree.close()
    tree = Descent()
    for number in range(1, 1_000):
        tree.under(number, number % 999 + 1)
    tree.settle()
    assert tree.place(5) is None
    tree.close()


def test_mixed_up_ids_are_resolved():
    numbers = list(range(1, 200))
    random.Random(4).shuffle(numbers)
    parents: dict[int, int] = {}
    tree = Descent()
    for place, number in enumerate(numbers):
        if place < 5:
            tree.answer(number, 1_000, kept=place != 2)
        else:
            parents[number] = numbers[random.Random(number).randrange(place)]
            tree.under(number, parents[number])
    tree.settle()
    for number in numbers:
        top = number
        while top in parents:
            top = parents[top]
        assert tree.place(number) == (1_000, None if top == numbers[2] else top, None)
    tree.close()


# --- Markdown ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n\ntwo\nthree", "<p>one</p><p>two three</p>"),
        ("one  \ntwo", "<p>one<br>two</p>"),
        ("&lt;b&gt;x&lt;/b&gt;", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("typed: &amp;lt;", "<p>typed: &lt;</p>"),
        ("a &amp;amp;amp; b", "<p>a &amp;amp; b</p>"),
        ("AT&amp;T &amp; co", "<p>AT&amp;T &amp; co</p>"),
        ("&gt; quoted\n\nanswer", "<blockquote><p>quoted</p></blockquote><p>answer</p>"),
        ("&gt;!the end!&lt; is sad", "<p>the end is sad</p>"),
        ("it is &gt;!a *dog*!&lt;, no &gt;!cat", "<p>it is a <em>dog</em>, no &gt;!cat</p>"),
        ("&gt;!one\n\ntwo!&lt;", "<blockquote><p>!one</p></blockquote><p>two!&lt;</p>"),
        ("x^2 and ^(so it *is*) and ^", "<p>x<sup>2</sup> and <sup>so it <em>is</em></sup> and ^</p>"),
        (
            "^(see [here](https://example.org/) ok)",
            '<p><sup>see <a href="https://example.org/" rel="nofollow noreferrer noopener">here</a> ok</sup></p>',
        ),
        ("~~no~~ **yes**", "<p><s>no</s> <strong>yes</strong></p>"),
        ("# Head\n\n* a\n* b", "<p><strong>Head</strong></p><ul><li>a</li><li>b</li></ul>"),
        (
            "|a|b|\n|-|-|\n|1|2|",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
        ),
        ("    code  here", "<pre>code  here</pre>"),
        ("![a cat](https://example.org/c.png)", "<p>[image: a cat]</p>"),
        ("[r](/r/Cooking)", '<p><a href="https://www.reddit.com/r/Cooking" rel="nofollow noreferrer noopener">r</a></p>'),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>"),
        ("[x](../up)", '<p><a rel="nofollow noreferrer noopener">x</a></p>'),
        (
            "(https://example.org/a_(b)).",
            '<p>(<a href="https://example.org/a_(b)" rel="nofollow noreferrer noopener">https://example.org/a_(b)</a>).</p>',
        ),
        ("&amp;#x200B;\n\ntext", "<p>text</p>"),
        ("`a <b> ^c`", "<p><code>a &lt;b&gt; ^c</code></p>"),
    ],
)
def test_markdown_of_reddit(text, expected):
    assert markdown.from_reddit(text) == expected
    assert markup.clean(expected) == expected


@given(st.text(alphabet="ab .,é\n\t 1'\"-+=)", max_size=60))
def test_plain_text_is_read_the_same_without_a_parser(text):
    assert markdown.from_reddit(text) == markup.clean(markdown._REDDIT.render(text.replace("\r", "\n")))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab*_~`[]()<>!|^&#:;/ \n\\-1.xht", max_size=80))
def test_any_markdown_is_safe_and_stays_as_it_is(text):
    safe = markdown.from_reddit(text)
    assert markup.clean(safe) == safe or markup.prose(markup.clean(safe)) == markup.prose(safe)
    assert "<script" not in safe


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "*",
        "_",
        "`",
        "![",
        "&gt;",
        "> ",
        "- ",
        "|a",
        "\\[",
        "<",
        "^(",
        "^a",
        "[a](",
        "*a_ ",
        "http://",
        "`\n",
        "**_",
        ">!",
        ">!a!<",
        "[](",
    ],
)
def test_hostile_markdown_takes_bounded_time(piece):
    started = time.monotonic()
    markdown.from_reddit(piece * (markdown.MAX_MARKDOWN // len(piece)))
    markdown.from_reddit(piece * 200_000)
    assert time.monotonic() - started < PATIENCE
