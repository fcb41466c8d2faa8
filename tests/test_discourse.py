"""Discourse forums: topic files, streams of posts, and whatever else a site gives under the same addresses.

All samples but those of the shared folder are of our own writing, in the shapes of the site's API.
"""

from __future__ import annotations

import gzip
import io
import json
import time
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import PATIENCE, write_archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.archives import discourse, discourse_markup
from indexer.archives.source import Report, Source
from indexer.build import build
from indexer.errors import ArchiveError, DamagedArchive, NotAThread
from indexer.store import Store
from indexer.thread import Post

HOST = "forum.example.org"


def post(number: int, cooked: str, **values: object) -> dict[str, object]:
    return {
        "id": 100 + number,
        "username": f"user{number}",
        "avatar_template": f"/user_avatar/{HOST}/user{number}/{{size}}/{number}_2.png",
        "created_at": f"2023-10-05T15:{number:02}:29.336Z",
        "cooked": cooked,
        "post_number": number,
        "post_type": 1,
        "reply_to_post_number": None,
        "score": 99.4,
        "topic_id": 7,
        "topic_slug": "keeping-basil",
        "actions_summary": [],
        "hidden": False,
        "deleted_at": None,
        "user_deleted": False,
    } | values


def like(count: object) -> list[dict[str, object]]:
    return [{"id": 3, "count": 9}, {"id": 2, "count": count}]


TOPIC = {
    "post_stream": {
        "posts": [
            post(2, "<p>In a glass of water.</p>", actions_summary=like(5), accepted_answer=True),
            post(1, "<p>Mine wilts.</p>", actions_summary=like(3), accepted_answer=False),
            post(3, "", post_type=3, action_code="closed.enabled"),
            post(4, "<p>Not for the public.</p>", post_type=4),
            post(5, "<p>Please be kind.</p>", post_type=2, username="mod", accepted_answer=False),
            post(6, "<p>(post deleted by author)</p>", user_deleted=True),
            post(7, "<p>This post was flagged.</p>", hidden=True),
            post(
                8,
                "<p>Freeze it.</p>",
                reply_to_post_number=2,
                actions_summary=[{"id": 2, "can_act": True}],
                accepted_answer=False,
            ),
        ],
        "stream": [101, 102, 103, 104, 105, 106, 107, 108],
    },
    "id": 7,
    "title": "Keeping basil & mint",
    "fancy_title": "Keeping basil &amp; mint",
    "slug": "keeping-basil",
    "tags": ["herbs", {"id": 3, "name": "kitchen", "slug": "kitchen"}, "herbs"],
}


def archive(tmp_path: Path, *rows: object, name: str = "dump") -> Source:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows), "utf-8")
    return Source(path)


def posts_of(source: Source) -> tuple[list[Post], Report]:
    report = Report()
    return list(discourse.read(source, report)), report


def only(tmp_path: Path, **values: object) -> Post:
    (one,) = posts_of(archive(tmp_path, post(2, "<p>Yes.</p>") | values))[0]
    return one


# --- Golden ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "codes", "closed"),
    [
        ({"closed": True}, ["closed.enabled"], 3),
        ({"closed": True}, ["closed.enabled", "closed.disabled", "closed.enabled"], 5),
        ({"closed": True}, ["closed.enabled", "closed.disabled", "autoclosed.enabled"], None),
        ({"closed": True}, ["autoclosed.enabled"], None),
        ({"closed": True}, [None, 5, ["closed.enabled"]], None),
        ({"closed": False}, ["closed.enabled", "closed.disabled"], None),
        ({}, ["closed.enabled"], None),
    ],
)
def test_when_the_staff_closed_a_topic(tmp_path, values, codes, closed):
    notes = [post(number, "", post_type=3, action_code=code) for number, code in enumerate(codes, 3)]
    posts = [post(1, "<p>Mine wilts.</p>"), post(2, "<p>In water.</p>"), *notes[::-1]]
    whole = {"id": 7, "title": "Basil", "post_stream": {"posts": posts, "stream": [one["id"] for one in posts]}} | values
    found = posts_of(archive(tmp_path, whole))[0]
    assert [one.closed and one.closed.minute for one in found] == [closed, None]
    whole["post_stream"]["stream"].append(999)
    assert [one.closed for one in posts_of(archive(tmp_path, whole))[0]] == [None, None]


def test_a_topic_exactly(tmp_path):
    posts, report = posts_of(archive(tmp_path, TOPIC))
    site = {"site": HOST, "thread_id": f"{HOST}:7"}
    address = f"https://{HOST}/t/keeping-basil/7"

    def minute(number: int) -> datetime:
        return datetime(2023, 10, 5, 15, number, 29, 336000, tzinfo=UTC)

    assert posts == [
        Post(
            **site, id=f"{HOST}:p102", kind="answer", body="<p>In a glass of water.</p>", position=1, author="user2",
            written=minute(2), votes=5, best=True, url=f"{address}/2",
        ),
        Post(
            **site, id=f"{HOST}:7", kind="question", title="Keeping basil & mint", body="<p>Mine wilts.</p>", author="user1",
            written=minute(1), votes=3, tags=("herbs", "kitchen"), url=address,
        ),
        Post(
            **site, id=f"{HOST}:p105", kind="modnote", body="<p>Please be kind.</p>", position=4, author="mod",
            written=minute(5), votes=0, url=f"{address}/5",
        ),
        Post(
            **site, id=f"{HOST}:p108", kind="answer", body="<p>Freeze it.</p>", position=7, author="user8",
            written=minute(8), votes=0, best=False, url=f"{address}/8",
        ),
    ]  # fmt: skip
    assert report.skipped == 0
    assert report.warnings == [
        "1 notes of the software are left out",
        "1 posts that were deleted are left out",
        "1 posts that were hidden are left out",
        "1 whispers among the staff are left out",
    ]


def test_every_layout_gives_the_same_posts(tmp_path):
    expected = posts_of(archive(tmp_path, TOPIC))[0]
    loose = [row | {"topic_title": "Keeping basil & mint", "tags": TOPIC["tags"]} for row in TOPIC["post_stream"]["posts"]]
    pretty = json.dumps(TOPIC, indent=1)
    for rows in (
        ["\ufeff" + json.dumps(TOPIC)],
        [pretty],
        [pretty.replace("{\n", "{ ", 1)],
        [json.dumps([TOPIC])],
        [json.dumps([TOPIC], indent=2)],
        [{"latest_posts": loose}],
        loose,
        ["\n", json.dumps(loose)],
        ["not json\n", *loose],
        [{"post_stream": {"posts": loose[:3]}, "title": "Keeping basil & mint"}, *loose[3:]],
        [TOPIC | {"junk": "x" * 80_000}],
    ):
        source = archive(tmp_path, *rows)
        assert discourse.recognises(source.head())
        assert posts_of(source)[0] == expected, rows


def test_a_line_longer_than_a_record_may_be_is_read_if_it_is_all_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr("indexer.archives.records.MAX_LINE", 70_000)
    monkeypatch.setattr(discourse, "MAX_LINE", 70_000)
    long = TOPIC | {"junk": "x" * 80_000}
    assert len(posts_of(archive(tmp_path, long))[0]) == 4
    posts, report = posts_of(archive(tmp_path, long, post(2, "<p>Short.</p>")))
    assert len(posts) == 1
    assert report.skipped == 1


@pytest.mark.parametrize(
    ("actions", "votes"),
    [
        ([], 0),
        ([{"id": 2, "count": 4}], 4),
        ([{"id": "2", "count": "4"}], 4),
        ([{"id": 2}], 0),
        ([{"id": 2, "count": None}], 0),
        ([{"id": 3, "count": 4}], 0),
        ([7, None, {"id": 2, "count": 4}], 4),
        ([{"id": 2, "count": -4}], None),
        ([{"id": 2, "count": "many"}], None),
        (None, None),
        ("none", None),
    ],
)
def test_likes_are_votes_and_unknown_ones_are_none(tmp_path, actions, votes):
    assert only(tmp_path, actions_summary=actions).votes == votes


def test_without_a_word_of_likes_nobody_knows(tmp_path):
    row = post(2, "<p>Yes.</p>")
    del row["actions_summary"]
    assert posts_of(archive(tmp_path, row))[0][0].votes is None


def test_best_answers_are_known_only_with_the_plugin(tmp_path):
    plain = [post(1, "<p>Q</p>"), post(2, "<p>A</p>"), post(3, "<p>B</p>")]

    def marks(**topic: object) -> list[bool | None]:
        return [p.best for p in posts_of(archive(tmp_path, {"post_stream": {"posts": plain}, "id": 7} | topic))[0]]

    assert marks() == [None, None, None]
    assert marks(accepted_answer=None, accepted_answers=[]) == [None, None, None]
    assert marks(accepted_answer={"post_number": 3, "username": "user3"}) == [None, False, True]
    assert marks(accepted_answers=[{"post_number": 2}, {"post_number": 3}]) == [None, True, True]
    assert only(tmp_path, accepted_answer=False).best is False
    assert only(tmp_path, accepted_answer=True, post_number=1).best is None


def test_the_first_part_of_a_long_topic_says_so(tmp_path):
    rows = [post(number, "<p>x</p>") for number in range(1, 21)]
    stream = {"posts": rows, "stream": [*range(101, 158)]}
    posts, report = posts_of(archive(tmp_path, {"post_stream": stream, "id": 7, "title": "Long"}))
    assert posts[0].warnings == ("37 of its 57 posts are not in this copy",)
    assert report.warnings == ["topic 7: 37 of its 57 posts are not in this copy: a site gives 20 at a time"]
    # The other parts have no list of all posts.
    posts, report = posts_of(archive(tmp_path, {"post_stream": {"posts": rows[1:]}, "id": 7}))
    assert len(posts) == 19
    assert not report.warnings


@pytest.mark.parametrize("gone", [{"hidden": True}, {"deleted_at": "2024-01-01T00:00:00Z"}, {"user_deleted": True}])
def test_a_question_whose_text_is_gone_keeps_its_title(tmp_path, gone):
    (question,) = posts_of(archive(tmp_path, post(1, "<p>(topic deleted by author)</p>", topic_title="Basil?", **gone)))[0]
    assert (question.title, question.body) == ("Basil?", "")
    assert question.warnings[0].startswith("its text was ")


@pytest.mark.parametrize(
    ("plain", "marked", "title"),
    [
        ("A & B", "A &amp; B", "A & B"),
        ("A &amp; B", "A &amp; B", "A & B"),
        ("What does &amp; mean?", "What does &amp;amp; mean?", "What does &amp; mean?"),
        (None, "B&rsquo;s", "B’s"),
        ("  A\n B\x00 ", None, "A B"),
        (None, None, None),
        (["x"], 7, None),
    ],
)
def test_titles_are_unescaped_once(tmp_path, plain, marked, title):
    row = post(1, "<p>Q</p>", topic_title=plain, topic_html_title=marked)
    assert posts_of(archive(tmp_path, row))[0][0].title == title


# --- Bodies ---------------------------------------------------------------------------------------------------------

QUOTE = (
    '<aside class="quote no-group" data-username="ann" data-post="8" data-topic="7">\n<div class="title">\n'
    '<div class="quote-controls"></div>\n<img alt="" src="https://x.example/a.png" class="avatar"> ann:</div>\n'
    "<blockquote>\n<p>Keep it dry.</p>\n</blockquote>\n</aside>\n<p>I disagree.</p>"
)


@pytest.mark.parametrize(
    ("cooked", "body"),
    [
        (QUOTE, "<blockquote><p>ann:</p><p>Keep it dry.</p></blockquote><p>I disagree.</p>"),
        (
            QUOTE.replace("<p>Keep", QUOTE.replace("ann", "bob") + "<p>Keep"),
            (
                "<blockquote><p>ann:</p><blockquote><p>bob:</p><p>Keep it dry.</p></blockquote><p>I disagree.</p>"
                "<p>Keep it dry.</p></blockquote><p>I disagree.</p>"
            ),
        ),
        (
            (
                '<p>See</p><aside class="onebox allowlistedgeneric" data-onebox-src="https://x.example/p?a=1&amp;b=2"><header '
                'class="source"><a href="https://x.example/p">x.example</a></header><article class="onebox-body"><h3>Their title</h3>'
                "<p>Their words</p></article></aside><p>there.</p>"
            ),
            (
                '<p>See</p><p><a href="https://x.example/p?a=1&amp;b=2" rel="nofollow noreferrer noopener">'
                "https://x.example/p?a=1&amp;b=2</a></p><p>there.</p>"
            ),
        ),
        (
            '<div class="youtube-onebox lazy-video-container"><a href="https://v.example/1"><img class="thumb"></a></div>',
            '<p><a href="https://v.example/1" rel="nofollow noreferrer noopener">https://v.example/1</a></p>',
        ),
        ('<aside class="onebox"><p>Nothing to link to</p></aside>', ""),
        ('<p>Good <img src="/i.png" title=":smile:" class="emoji" alt=":smile:"> day</p>', "<p>Good :smile: day</p>"),
        (
            (
                '<p>Hello <a class="mention" href="/u/ann">@ann</a> of <a class="hashtag-cooked" href="/c/k/3"><svg><use/></svg>'
                "<span>kitchen</span></a></p>"
            ),
            "<p>Hello @ann of kitchen</p>",
        ),
        (
            (
                '<p>So:</p><div class="lightbox-wrapper"><a class="lightbox" href="https://x.example/big.png" title="basil"><img '
                'src="https://x.example/small.png" alt="basil"><div class="meta"><span class="filename">basil</span><span '
                'class="informations">759×265 5.33 KB</span></div></a></div><p>See?</p>'
            ),
            "<p>So:</p><p>[image: basil]</p><p>See?</p>",
        ),
        (
            (
                '<h2><a name="why-1" class="anchor" href="#why-1"></a>Why</h2><p>Because<sup class="footnote-ref"><a '
                'href="#footnote-1">[1]</a></sup></p><ol><li><p>Trust me <a href="#ref-1" class="footnote-backref">↩︎</a></p></li></ol>'
            ),
            "<p><strong>Why</strong></p><p>Because<sup><a>[1]</a></sup></p><ol><li>Trust me</li></ol>",
        ),
        (
            (
                '<p>Thanks!</p><details class="elided"><summary title="Show trimmed content">···</summary><p>On Monday, ann wrote:</p>'
                "</details>"
            ),
            "<p>Thanks!</p><blockquote><p>On Monday, ann wrote:</p></blockquote>",
        ),
        (
            (
                '<p class="x"><a href="/t/other/9">other</a> <a href="//x.example/">x</a> <a href="upload://abc">u</a> '
                '<a href="javascript:alert(1)">j</a></p><script>alert(1)</script>'
            ),
            (
                f'<p><a href="https://{HOST}/t/other/9" rel="nofollow noreferrer noopener">other</a> '
                '<a href="https://x.example/" rel="nofollow noreferrer noopener">x</a> <a>u</a> <a>j</a></p>'
            ),
        ),
    ],
)
def test_what_the_software_puts_around_a_text_goes(tmp_path, cooked, body):
    got = (
        only(tmp_path, cooked=cooked).body if body else "".join(p.body for p in posts_of(archive(tmp_path, post(1, cooked)))[0])
    )
    # A link that leads nowhere keeps its text.
    assert got.replace("<a rel=", "<a href= rel=").replace(' href= rel="nofollow noreferrer noopener"', "") == body


def test_without_html_the_text_as_typed_is_taken(tmp_path):
    assert only(tmp_path, cooked=None, raw="Wash <it>\nfirst").body == "<p>Wash &lt;it&gt;<br>first</p>"


@pytest.mark.parametrize(
    "cooked",
    [
        '<img class="emoji" alt=":x:">' * 40_000,
        '<a class="mention">' * 40_000 + "end",
        '<aside class="quote"><div class="title">n</div><blockquote>' * 3_000 + "end",
        '<aside class="onebox">' * 20_000 + "end",
        '<aside class="quote">' + '<div class="title">n</div>' * 20_000 + "<blockquote>q</blockquote></aside>",
        '<div class="' + "x " * 500_000 + '">end</div>',
    ],
)
def test_hostile_bodies_cost_no_more_than_long_ones(cooked):
    started = time.monotonic()
    discourse_markup.clean(cooked, lambda href: href)
    assert time.monotonic() - started < PATIENCE


def test_what_is_nested_too_deeply_to_be_undressed_is_not_lost():
    assert "end" in discourse_markup.clean("<p>start</p>" + '<span class="x">' * 50_000 + "end", lambda href: href)


# --- Which site -----------------------------------------------------------------------------------------------------


def bare(**values: object) -> dict[str, object]:
    return post(2, "<p>Yes.</p>", avatar_template="/letter_avatar_proxy/v4/letter/s/ac8455/{size}.png") | values


@pytest.mark.parametrize(
    ("avatar", "site", "url"),
    [
        ("/user_avatar/a.example/u/{size}/1_2.png", "a.example", "https://a.example/t/keeping-basil/7/2"),
        ("/talk/user_avatar/A.example/u/{size}/1_2.png", "a.example", "https://a.example/talk/t/keeping-basil/7/2"),
        ("https://cdn.example/x/user_avatar/a.example/u/1.png", "a.example", "https://a.example/t/keeping-basil/7/2"),
        ("//cdn.example/user_avatar/a.example/u/1.png", "a.example", "https://a.example/t/keeping-basil/7/2"),
        ("/user_avatar/localhost/u/1.png", "discourse", None),
        (None, "discourse", None),
    ],
)
def test_a_person_s_picture_tells_the_site(tmp_path, avatar, site, url):
    for text in (json.dumps(bare(avatar_template=avatar)), json.dumps(bare(avatar_template=avatar)).replace("/", "\\/")):
        posts, report = posts_of(archive(tmp_path, text))
        assert (posts[0].site, posts[0].url) == (site, url)
        assert bool(report.warnings) == (url is None)


def test_a_picture_quoted_in_a_body_does_not(tmp_path):
    quoted = (
        '<p>"avatar_template": "/user_avatar/other.example/u/1.png"</p><img src="https://o.example/user_avatar/o.example/u/1">'
    )
    rows = [bare(cooked=quoted), *(bare(id=n, cooked="x" * 3_000) for n in range(200, 260)), post(3, "<p>x</p>")]
    assert {p.site for p in posts_of(archive(tmp_path, *rows))[0]} == {HOST}


def test_else_the_address_or_the_folder_tells_it(tmp_path):
    source = archive(tmp_path, bare(), name="talk.example.org/topics/7.json")
    assert posts_of(source)[0][0].id == "talk.example.org:p102"
    member = Source(source.path, member="b.example/7.json", opener=lambda: io.BytesIO(json.dumps(bare()).encode()))
    assert posts_of(member)[0][0].site == "b.example"
    page = Source(source.path, url="https://C.example/t/7.json", captured=datetime(2024, 1, 1, tzinfo=UTC))
    assert posts_of(page)[0][0].site == "c.example"
    assert posts_of(page)[0][0].captured == datetime(2024, 1, 1, tzinfo=UTC)


def test_two_sites_in_one_file_are_noticed(tmp_path):
    rows = [post(1, "<p>Q</p>"), post(2, "<p>A</p>", avatar_template="/user_avatar/b.example/u/1.png")]
    assert posts_of(archive(tmp_path, *rows))[1].warnings == [
        "1 posts show pictures of b.example; a file should hold one site only"
    ]


# --- What is no thread ----------------------------------------------------------------------------------------------

LIMITED = {"errors": ["You’ve performed this action too many times, please try again later."], "error_type": "rate_limit"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (LIMITED, "an error message (You’ve performed this action too many times, please try again later)"),
        ({"errors": None, "error_type": "not_logged_in"}, "an error message (not_logged_in)"),
        ({"users": [], "topic_list": {"topics": [{"id": 7}]}}, "a list of topics"),
        ({"category_list": {"categories": []}}, "a list of categories"),
        ({"posts": [], "grouped_search_result": {}}, "a list of search results"),
    ],
)
def test_what_else_a_site_gives_is_refused_by_name(tmp_path, row, said):
    for text in (json.dumps(row), json.dumps(row, indent=1), json.dumps([row])):
        source = archive(tmp_path, text)
        assert discourse.recognises(source.head())
        with pytest.raises(NotAThread) as error:
            posts_of(source)
        assert error.value.reason == f"{source} is {said} of a Discourse site"
    # Among posts it is only skipped.
    posts, report = posts_of(archive(tmp_path, post(2, "<p>Yes.</p>"), row))
    assert (len(posts), report.skipped, report.warnings) == (1, 1, [f"line 2: skipped, it is {said}"])


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"askive": "posts", "version": 1}\n',
        b'{"id": "c1", "link_id": "t3_x", "body": "cooked"}\n',
        b'{"post": {"id": 1}, "comments": []}',
        b"<html>post_stream</html>",
        b'{"id": 1, "title": "\\"post_stream\\": "}',
    ],
)
def test_other_json_is_not_recognised(head):
    assert not discourse.recognises(head)


@pytest.mark.parametrize(
    "text", ["{}", '{"post_stream": {}}', '{"post_stream": null}', "{", "[", "7", '"x"', "[[[[", "\0" * 50]
)
def test_nothing_to_be_had_is_a_damaged_archive(tmp_path, text):
    with pytest.raises(DamagedArchive):
        posts_of(archive(tmp_path, text))


# --- Damage ---------------------------------------------------------------------------------------------------------


def test_a_bad_record_costs_only_itself(tmp_path):
    good = post(9, "<p>Good.</p>")
    rows = [
        "not json\n",
        "[1, 2]\n",
        {"id": 5, "cooked": "no number", "post_number": None},
        post(2, "x", id=None),
        post(3, "x", topic_id="many"),
        post(4, "x", post_number=-1),
        {"post_stream": {"posts": [None, 7, post(5, "<p>In a part.</p>"), {"cooked": "x"}]}, "id": 7},
        good,
        json.dumps(good)[:50],
    ]
    posts, report = posts_of(archive(tmp_path, *rows))
    assert [p.body for p in posts] == ["<p>In a part.</p>", "<p>Good.</p>"]
    assert report.skipped == 10
    assert any("line 5, post 103" in warning for warning in report.warnings)


def test_hostile_values_end_as_text_or_as_nothing(tmp_path):
    (one,) = posts_of(
        archive(
            tmp_path,
            post(
                1,
                "<p>a\x00b\ud83d</p>",
                topic_title="\ud83d \u2028" + "t" * 100_000,
                username=["x"],
                created_at="0001-01-01T00:00:00+23:59",
                topic_slug="../../<script>",
                tags=[None, {"name": 7}, "a\nb", {}],
            ),
        )
    )[0]
    assert one.body == "<p>ab?</p>"
    assert one.title.startswith("? ttt")
    assert len(one.title) <= 2_000
    assert (one.author, one.written, one.tags) == (None, None, ("a b",))
    assert one.url == f"https://{HOST}/t/7"
    json.dumps(one.body + one.title).encode()


@pytest.mark.parametrize("created", ["2999-01-01T00:00:00Z", "1700-01-01T00:00:00Z", "soon", 7.5e300, {}, ""])
def test_absurd_dates_are_unknown(tmp_path, created):
    posts, report = posts_of(archive(tmp_path, post(2, "<p>x</p>", created_at=created)))
    assert posts[0].written is None
    assert len(report.warnings) == 1


def survives(data: bytes, folder: Path) -> list[Post]:
    path = folder / "broken"
    path.write_bytes(data)
    report = Report()
    started = time.monotonic()
    posts = []
    try:
        posts = list(discourse.read(Source(path), report))
    except ArchiveError as error:
        assert str(error)  # noqa: PT017  # either end is a good one
    assert time.monotonic() - started < PATIENCE
    assert isinstance(discourse.recognises(data[:65_536]), bool)
    for one in posts:
        json.dumps([one.body, one.title, one.author, one.id]).encode()
    return posts


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([QUOTE, "7", "2024-01-01"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*TOPIC, *post(1, "")]), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(st.sampled_from([*post(1, ""), "accepted_answer", "tags"]), _JSON, max_size=4),
    topic=_JSON,
    lines=st.booleans(),
)
def test_any_json_in_any_field_ends_in_posts_or_in_a_named_error(tmp_path, changes, topic, lines):
    changed = post(2, "<p>x</p>") | changes
    whole = (topic if isinstance(topic, dict) else {"title": topic}) | {
        "post_stream": {"posts": [changed, topic], "stream": topic}
    }
    rows = [changed, whole, topic]
    survives(("\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)).encode(), tmp_path)


def test_memory_does_not_grow_with_the_stream(tmp_path):
    def peak(count: int) -> int:
        path = tmp_path / f"stream{count}"
        with path.open("w", encoding="utf-8") as file:
            for number in range(1, count):
                file.write(json.dumps(post(number, f"<p>{'word ' * 100}</p>", id=number)) + "\n")
        tracemalloc.start()
        assert sum(1 for _ in discourse.read(Source(path), Report())) == count - 1
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(3_000) < 1.2 * peak(1_000)


# --- In a library ---------------------------------------------------------------------------------------------------


def test_a_later_copy_of_a_post_wins_and_posts_come_in_any_order(tmp_path):
    early = archive(tmp_path, TOPIC)
    late = archive(tmp_path, post(2, "<p>In a glass of water.</p>", actions_summary=like(9)), name="later")
    seen = [Source(source.path, captured=datetime(year, 1, 1, tzinfo=UTC)) for source, year in ((late, 2025), (early, 2024))]
    posts = [one for source in seen for one in posts_of(source)[0]]
    library = tmp_path / "library"
    build(library, [write_archive(library / "threads" / "posts.jsonl", posts)], engine="memory")
    thread = Store(library).thread(f"{HOST}:7")
    assert thread is not None
    assert [(one.id, one.votes) for one in thread.answers] == [(f"{HOST}:p102", 9), (f"{HOST}:p108", 0)]


# --- The real thing -------------------------------------------------------------------------------------------------


def test_the_real_stream_equals_an_independent_count(shared, tmp_path):
    packed = shared / "data" / "discourse_delving" / "source" / "posts.raw.jsonl.gz"
    if not packed.is_file():
        pytest.skip("needs the Discourse stream of the shared folder")
    raw = gzip.decompress(packed.read_bytes())
    source = Source(tmp_path / "posts")
    source.path.write_bytes(raw)
    assert discourse.recognises(source.head())

    rows = [json.loads(line) for line in raw.splitlines()]
    shown = [row for row in rows if row["post_number"] == 1 or not row["user_deleted"]]
    likes = {row["id"]: next((action["count"] for action in row["actions_summary"] if action["id"] == 2), 0) for row in shown}
    posts, report = posts_of(source)
    answers = [one for one in posts if one.kind == "answer"]
    assert len(posts) == len(shown) == len({one.id for one in posts})
    assert len(answers) == sum(row["post_number"] != 1 for row in shown) == 3_984
    assert {one.thread_id for one in posts} == {f"delvingbitcoin.org:{row['topic_id']}" for row in shown}
    assert [one.id.rpartition(":")[2] for one in posts] == [
        str(row["topic_id"]) if row["post_number"] == 1 else f"p{row['id']}" for row in shown
    ]
    assert [one.votes for one in posts] == list(likes.values())
    assert sum(bool(one.votes) for one in answers) == 1_156
    assert [one.author for one in posts] == [row["username"] for row in shown]
    assert [one.written for one in posts] == [datetime.fromisoformat(row["created_at"]) for row in shown]
    assert Counter(one.best for one in answers) == Counter(
        row.get("accepted_answer") for row in shown if row["post_number"] != 1
    )
    assert sum(not one.body for one in posts) == sum(row["user_deleted"] for row in shown) == 7
    assert report.warnings == ["48 posts that were deleted are left out"]
    assert report.skipped == 0
    assert not any("avatar" in one.body and "<img" in one.body for one in posts)
