"""Dumps of Stack Exchange: exact posts of a small dump, the real one recounted, and whatever goes wrong in the wild."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import shutil
import time
import tracemalloc
import xml.parsers.expat
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from conftest import PATIENCE
from hypothesis import given
from hypothesis import strategies as st

from indexer import archives, markup
from indexer.archives import stackexchange as reader
from indexer.archives.source import Report, Source
from indexer.archives.stackexchange_comments import html_of
from indexer.archives.stackexchange_tables import CHUNK, MAX_ROW, rows, table_of
from indexer.errors import ArchiveError, DamagedArchive, NotAThread, UnknownFormat
from indexer.thread import Post

SITE = "tea.stackexchange.com"
DAY = "2014-01-21T20:26:05.383"
QUESTION = {"Id": 1, "PostTypeId": 1, "CreationDate": DAY, "Score": 19, "Body": "<p>Which pot?</p>", "Title": "Pots"}
ANSWER = {"Id": 2, "PostTypeId": 2, "ParentId": 1, "CreationDate": DAY, "Score": 3, "Body": "<p>A clay one.</p>"}


def row(**values) -> str:
    return "<row " + " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items()) + " />"


def table(name: str, *records: dict | str) -> bytes:
    """A table as dumps have it: byte order mark, declaration, a row a line. A record that is text stands as it is."""
    lines = "".join(f"  {record if isinstance(record, str) else row(**record)}\n" for record in records)
    return f'\ufeff<?xml version="1.0" encoding="utf-8"?>\n<{name}>\n{lines}</{name}>'.encode()


def dump(
    folder: Path, posts: bytes, users: bytes | None = None, comments: bytes | None = None, links: bytes | None = None
) -> Source:
    """A dump on disk; by default with nothing in the tables beside its posts."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (("Posts", posts), ("Users", users), ("Comments", comments), ("PostLinks", links)):
        (folder / f"{name}.xml").write_bytes(table(name.lower()) if data is None else data)
    return Source(folder / "Posts.xml")


def read(source: Source) -> tuple[list[Post], Report]:
    report = Report()
    return list(reader.read(source, report)), report


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / SITE


# Exact


def test_a_small_dump_is_read_exactly(folder):
    posts = table(
        "posts",
        QUESTION
        | {
            "AcceptedAnswerId": 3,
            "OwnerUserId": 7,
            "Tags": "<green-tea><pots>",
            "ClosedDate": "2014-02-01T10:00:00.250",
            "ContentLicense": "CC BY-SA 4.0",
            "Body": '<p>Which <a href="/q/9">pot</a>?</p>',
        },
        ANSWER | {"Score": -4, "OwnerDisplayName": "user90"},
        ANSWER | {"Id": 3, "OwnerUserId": 8, "CreationDate": "2014-01-21T20:30:17"},
        ANSWER | {"Id": 4, "OwnerUserId": -1},
        {"Id": 5, "PostTypeId": 4, "Body": "<p>wiki</p>", "CreationDate": DAY, "Score": 0},
    )
    users = table(
        "users",
        {"Id": -1, "DisplayName": "Community"},
        {"Id": 7, "DisplayName": "Zoë & <co>"},
        {"Id": 8, "DisplayName": " B  B "},
    )
    comments = table(
        "comments",
        {"Id": 1, "PostId": 3, "Score": 2, "Text": "+1, *this* worked", "CreationDate": DAY, "UserId": 7},
        {"Id": 2, "PostId": 1, "Score": 0, "Text": "a < b", "CreationDate": DAY, "UserDisplayName": "user90"},
        {"Id": 3, "PostId": 5, "Score": 0, "Text": "of a wiki", "CreationDate": DAY, "UserId": 7},
    )
    links = table(
        "postlinks",
        {"Id": 1, "PostId": 1, "RelatedPostId": 90, "LinkTypeId": 3},
        {"Id": 2, "PostId": 1, "RelatedPostId": 80, "LinkTypeId": 1},
        {"Id": 3, "PostId": 1, "RelatedPostId": 70, "LinkTypeId": 3},
        {"Id": 4, "PostId": 80, "RelatedPostId": 1, "LinkTypeId": 3},
    )
    found, report = read(dump(folder, posts, users, comments, links))
    written = datetime(2014, 1, 21, 20, 26, 5, 383_000, tzinfo=UTC)
    link = '<a href="https://tea.stackexchange.com/q/9" rel="nofollow noreferrer noopener">pot</a>'
    thread = {"thread_id": f"{SITE}:1", "site": SITE, "written": written, "licence": "CC BY-SA 3.0"}
    reply = thread | {"parent_id": f"{SITE}:1", "kind": "answer", "position": 1, "body": "<p>A clay one.</p>"}
    said = thread | {"kind": "comment", "position": 2}
    assert found == [
        Post(
            **(thread | {"id": f"{SITE}:1", "kind": "question", "title": "Pots", "tags": ("green-tea", "pots")})
            | {"licence": "CC BY-SA 4.0", "closed": datetime(2014, 2, 1, 10, 0, 0, 250_000, tzinfo=UTC)},
            duplicate_of=(f"{SITE}:70", f"{SITE}:90"),
            body=f"<p>Which {link}?</p>",
            author="Zoë & <co>",
            votes=19,
            url=f"https://{SITE}/questions/1",
        ),
        Post(**reply, id=f"{SITE}:2", author="user90", votes=-4, best=False, url=f"https://{SITE}/a/2"),
        Post(
            **(reply | {"written": datetime(2014, 1, 21, 20, 30, 17, tzinfo=UTC)}),
            id=f"{SITE}:3",
            author="B B",
            votes=3,
            best=True,
            url=f"https://{SITE}/a/3",
        ),
        Post(**reply, id=f"{SITE}:4", author="Community", anonymous=True, votes=3, best=False, url=f"https://{SITE}/a/4"),
        Post(
            **(said | {"id": f"{SITE}:c1", "parent_id": f"{SITE}:3", "author": "Zoë & <co>", "votes": 2}),
            body="<p>+1, <em>this</em> worked</p>",
            url=f"https://{SITE}/questions/1#comment1_3",
        ),
        Post(
            **(said | {"id": f"{SITE}:c2", "parent_id": f"{SITE}:1", "author": "user90", "votes": 0}),
            body="<p>a &lt; b</p>",
            url=f"https://{SITE}/questions/1#comment2_1",
        ),
    ]
    assert report == Report()


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"Tags": "<a><b-c>"}, ("a", "b-c")),
        ({"Tags": "|a|c++|.net|"}, ("a", "c++", ".net")),
        ({"Tags": "|a|a|"}, ("a",)),
        ({"Tags": ""}, ()),
        ({}, ()),
    ],
)
def test_tags_in_both_encodings_empty_and_missing(folder, tags, expected):
    found, report = read(dump(folder, table("posts", QUESTION | tags)))
    assert (found[0].tags, report.warnings) == (expected, [])


def test_answers_may_come_before_their_question_or_without_it(folder):
    late = {"Id": 9, "AcceptedAnswerId": 3}
    posts = table(
        "posts", ANSWER | {"ParentId": 9}, ANSWER | {"Id": 3, "ParentId": 9}, QUESTION | late, ANSWER | {"Id": 4, "ParentId": 5}
    )
    found, report = read(dump(folder, posts))
    assert {post.id: (post.thread_id, post.best) for post in found} == {
        f"{SITE}:9": (f"{SITE}:9", None),
        f"{SITE}:2": (f"{SITE}:9", False),
        f"{SITE}:3": (f"{SITE}:9", True),
        # Whether the question accepted it is unknown.
        f"{SITE}:4": (f"{SITE}:5", None),
    }
    assert report.warnings == ["the questions of 1 answers are not in the dump"]


def test_an_accepted_answer_that_is_not_in_the_dump_leaves_the_others_not_best(folder):
    found, _ = read(dump(folder, table("posts", QUESTION | {"AcceptedAnswerId": 99}, ANSWER)))
    assert [post.best for post in found] == [None, False]


def test_invented_posts_are_left_out_and_counted(folder):
    invented = QUESTION | {"Id": 1_000_000_001, "OwnerUserId": -1}
    posts = table("posts", QUESTION, invented, ANSWER | {"Id": 1_000_000_010}, ANSWER | {"ParentId": 1_000_000_001})
    found, report = read(dump(folder, posts, comments=table("comments", {"Id": 1, "PostId": 1_000_000_001, "Text": "?"})))
    assert [post.id for post in found] == [f"{SITE}:1"]
    assert report.skipped == 3
    assert report.warnings == ["3 posts with an Id of 1,000,000,000 and above were left out: nobody wrote them"]


@pytest.mark.parametrize(
    ("values", "author", "anonymous"),
    [
        ({"OwnerUserId": 7}, "Ann", False),
        ({"OwnerUserId": 7, "OwnerDisplayName": "old name"}, "Ann", False),
        ({"OwnerUserId": 8, "OwnerDisplayName": "gone"}, "gone", False),
        ({"OwnerUserId": 8}, "user8", False),
        ({"OwnerDisplayName": "user8"}, "user8", False),
        ({"OwnerUserId": "", "OwnerDisplayName": " "}, None, False),
        ({}, None, False),
        ({"OwnerUserId": -1}, "Community", True),
        ({"OwnerUserId": -1, "OwnerDisplayName": "moved here"}, "moved here", False),
    ],
)
def test_who_wrote_a_post(folder, values, author, anonymous):
    users = table("users", {"Id": 7, "DisplayName": "Ann"}, {"Id": 9}, {"Id": "x", "DisplayName": "X"})
    found, _ = read(dump(folder, table("posts", QUESTION | values), users))
    assert (found[0].author, found[0].anonymous) == (author, anonymous)


def test_without_the_other_tables_users_go_by_their_numbers(folder):
    source = dump(folder, table("posts", QUESTION | {"OwnerUserId": 7}))
    (folder / "Users.xml").unlink()
    (folder / "Comments.xml").unlink()
    (folder / "PostLinks.xml").unlink()
    found, report = read(source)
    assert [post.author for post in found] == ["user7"]
    assert report.warnings == [
        "there is no Users.xml beside it, so users are called by their numbers",
        "there is no PostLinks.xml beside it, so it is not known which questions are duplicates",
        "there is no Comments.xml beside it, so there are no comments",
    ]


def test_a_page_in_place_of_a_table_beside_is_named(folder):
    found, report = read(dump(folder, table("posts", QUESTION), b"<html>Not found</html>", table("users"), b""))
    assert len(found) == 1
    assert [warning.partition(" is ")[2] for warning in report.warnings] == [
        "no table of users, so users are called by their numbers",
        "no table of postlinks, so it is not known which questions are duplicates",
        "no table of comments, so there are no comments",
    ]


@pytest.mark.parametrize(
    ("asker", "answerer", "kind"),
    [
        ({"OwnerUserId": 7}, {"OwnerUserId": 7}, "selfanswer"),
        ({"OwnerUserId": 7}, {"OwnerUserId": 8}, "answer"),
        ({"OwnerUserId": -1}, {"OwnerUserId": -1}, "answer"),
        ({"OwnerDisplayName": "user8"}, {"OwnerDisplayName": "user8"}, "selfanswer"),
        ({"OwnerDisplayName": "user8"}, {"OwnerDisplayName": "user9"}, "answer"),
        ({"OwnerDisplayName": "7"}, {"OwnerUserId": 7}, "answer"),
        ({}, {}, "answer"),
    ],
)
def test_who_answers_an_own_question(folder, asker, answerer, kind):
    found, _ = read(dump(folder, table("posts", QUESTION | asker, ANSWER | answerer)))
    assert found[1].kind == kind


@pytest.mark.parametrize(
    ("values", "licence"),
    [
        ({"ContentLicense": " CC BY-SA  2.5 "}, "CC BY-SA 2.5"),
        ({"ContentLicense": "CC BY-SA 4.0", "CreationDate": "2010-01-01T00:00:00"}, "CC BY-SA 4.0"),
        ({"ContentLicense": "x" * 1000}, "x" * 100),
        ({"CreationDate": "2011-04-07T23:59:59.999"}, "CC BY-SA 2.5"),
        ({"CreationDate": "2011-04-08T00:00:00"}, "CC BY-SA 3.0"),
        ({"CreationDate": "2018-05-01T23:59:59.999", "LastEditDate": ""}, "CC BY-SA 3.0"),
        ({"CreationDate": "2018-05-02T00:00:00", "ContentLicense": " "}, "CC BY-SA 4.0"),
        ({"CreationDate": "2012-01-01T00:00:00", "LastEditDate": "2017-01-01T00:00:00"}, "CC BY-SA 3.0"),
        ({"CreationDate": "2012-01-01T00:00:00", "LastEditDate": "2019-01-01T00:00:00"}, None),
        ({"CreationDate": "2012-01-01T00:00:00", "LastEditDate": "later"}, None),
        ({"CreationDate": "1999-01-01T00:00:00"}, None),
        ({"CreationDate": ""}, None),
    ],
)
def test_the_licence_as_said_or_by_the_dates_that_settle_it(folder, values, licence):
    found, _ = read(dump(folder, table("posts", QUESTION | values)))
    assert found[0].licence == licence


@pytest.mark.parametrize(
    ("link", "skipped"),
    [
        ({"PostId": 1, "RelatedPostId": 1}, 0),
        ({"PostId": 1, "RelatedPostId": reader.WATERMARK}, 0),
        ({"PostId": 1, "RelatedPostId": -5}, 0),
        ({"PostId": 1, "RelatedPostId": "x"}, 1),
        ({"PostId": 1}, 1),
        ({"RelatedPostId": 1}, 1),
        ({"PostId": 1, "RelatedPostId": 5, "LinkTypeId": ""}, 1),
        ({"PostId": 1, "RelatedPostId": 5, "LinkTypeId": "9" * 5000}, 1),
    ],
)
def test_links_that_lead_nowhere_are_left_out(folder, link, skipped):
    sound = {"Id": 2, "PostId": 1, "RelatedPostId": 3, "LinkTypeId": 3}
    links = table("postlinks", {"Id": 1, "LinkTypeId": 3} | link, sound, sound)
    found, report = read(dump(folder, table("posts", QUESTION), links=links))
    assert found[0].duplicate_of == (f"{SITE}:3",)
    assert (report.skipped, report.warnings) == (skipped, ["link 1: skipped, a number is missing in it"] * skipped)


def test_what_belongs_to_a_dump_is_its_tables_that_are_read(folder):
    posts = dump(folder, table("posts", QUESTION))
    (folder / "Badges.xml").write_bytes(table("badges"))
    (folder / "Comments.xml").unlink()
    (folder / "Users.xml").rename(folder / "users.xml")
    assert archives.belonging(posts) == (posts.path, folder / "users.xml", folder / "PostLinks.xml")
    posts.path.rename(folder / "renamed")
    renamed = Source(folder / "renamed")
    assert archives.belonging(renamed) == (renamed.path, folder / "users.xml", folder / "PostLinks.xml")
    for name, data in (("users.xml", None), ("page.html", b"<html>"), ("empty", b""), ("dump.7z", b"7z\xbc\xaf\x27\x1c")):
        if data is not None:
            (folder / name).write_bytes(data)
        assert archives.belonging(Source(folder / name)) == (folder / name,)
    with pytest.raises(FileNotFoundError):
        archives.belonging(Source(folder / "nothing"))


def test_comments_of_posts_that_are_not_there_are_counted(folder):
    lost = [{"Id": number, "PostId": 77, "Text": "?"} for number in (1, 2)]
    found, report = read(dump(folder, table("posts", QUESTION), comments=table("comments", *lost, {"Id": "", "PostId": 1})))
    assert len(found) == 1
    assert report.skipped == 3
    assert report.warnings[-1] == "2 comments were left out, since their posts are not in the dump"


@pytest.mark.parametrize(
    ("values", "field", "expected", "warned"),
    [
        ({"CreationDate": "2008-07-31T21:42:52"}, "written", datetime(2008, 7, 31, 21, 42, 52, tzinfo=UTC), False),
        ({"CreationDate": "2012-01-01T01:00:00+01:00"}, "written", datetime(2012, 1, 1, tzinfo=UTC), False),
        ({"CreationDate": ""}, "written", None, False),
        ({"CreationDate": "yesterday"}, "written", None, True),
        ({"CreationDate": "1970-01-01T00:00:00"}, "written", None, True),
        ({"CreationDate": "9999-12-31T23:59:59-23:00"}, "written", None, True),
        ({"CreationDate": "2999-01-01T00:00:00"}, "written", None, True),
        ({"ClosedDate": "2012-01-01T01:00:00"}, "closed", datetime(2012, 1, 1, 1, tzinfo=UTC), False),
        ({"ClosedDate": ""}, "closed", None, False),
        ({"ClosedDate": "soon"}, "closed", None, True),
        ({"ClosedDate": "2999-01-01T00:00:00"}, "closed", None, True),
        ({"Score": "-12"}, "votes", -12, False),
        ({"Score": ""}, "votes", None, False),
        ({"Score": "1e3"}, "votes", None, True),
        ({"Score": "9" * 18}, "votes", None, True),
        ({"Score": "9" * 5000}, "votes", None, True),
        ({"Score": "٣"}, "votes", None, True),
        ({"Title": ""}, "title", None, False),
        ({"Title": "Is 1 < 2 &\n so?"}, "title", "Is 1 < 2 & so?", False),
        ({"Body": ""}, "body", "", False),
        (
            {"Body": '<p onclick="x()">a<script>b</script><img src="http://x/y.png" alt="a cup"></p>'},
            "body",
            "<p>a[image: a cup]</p>",
            False,
        ),
        (
            {"Body": '<a href="//e.org/x">y</a>'},
            "body",
            '<p><a href="https://e.org/x" rel="nofollow noreferrer noopener">y</a></p>',
            False,
        ),
        ({"Body": '<a href="x.html">y</a>'}, "body", '<p><a rel="nofollow noreferrer noopener">y</a></p>', False),
    ],
)
def test_values_that_are_odd(folder, values, field, expected, warned):
    found, report = read(dump(folder, table("posts", QUESTION | values)))
    assert getattr(found[0], field) == expected
    assert bool(report.warnings) == warned
    assert all("post 1" in warning for warning in report.warnings)


@pytest.mark.parametrize("broken", [{"Id": ""}, {"Id": "x"}, {"Id": -5}, {"PostTypeId": ""}, {"PostTypeId": "question"}])
def test_a_row_without_its_numbers_is_skipped_and_named(folder, broken):
    found, report = read(dump(folder, table("posts", QUESTION, QUESTION | {"Id": 3} | broken)))
    assert (len(found), report.skipped) == (1, 1)
    assert report.warnings[0].startswith("post ")


def test_an_answer_that_names_no_question_is_skipped(folder):
    orphan = {name: value for name, value in ANSWER.items() if name != "ParentId"}
    found, report = read(dump(folder, table("posts", QUESTION, orphan)))
    assert (len(found), report.skipped, report.warnings) == (
        1,
        1,
        ["post 2: skipped, an answer that does not name its question"],
    )


# The file and its neighbours


@pytest.mark.parametrize("name", ["users", "comments", "votes", "postlinks", "tags", "badges", "posthistory"])
def test_other_tables_belong_to_their_posts(folder, name):
    dump(folder, table("posts", QUESTION))
    path = folder / f"{name}.xml"
    path.write_bytes(table(name, {"Id": 1}))
    assert reader.recognises(path.read_bytes())
    assert read(Source(path)) == ([], Report())
    (folder / "Posts.xml").unlink()
    with pytest.raises(NotAThread, match=r"Posts\.xml is missing"):
        read(Source(path))


@pytest.mark.parametrize(
    ("place", "site"),
    [
        ("beer.stackexchange.com/Posts.xml", "beer.stackexchange.com"),
        ("Beer.StackExchange.com.7z/posts.xml", "beer.stackexchange.com"),
        ("stackoverflow.com-Posts/Posts.xml", "stackoverflow.com"),
        ("es.meta.stackoverflow.com (1)/xml/Posts.xml", "es.meta.stackoverflow.com"),
        ("superuser.com/math.stackexchange.com/Posts.xml", "math.stackexchange.com"),
        ("mathoverflow.net_2020/Posts.xml", "mathoverflow.net"),
        ("dump/askubuntu.com-Posts.xml", "askubuntu.com"),
    ],
)
def test_the_site_is_named_by_the_folder(tmp_path, place, site):
    path = tmp_path / place
    source = dump(path.parent, table("posts", QUESTION))
    source.path.rename(path)
    found, report = read(Source(path))
    assert (found[0].id, found[0].site, report.warnings) == (f"{site}:1", site, [])


@pytest.mark.parametrize("place", ["dump", "stackexchange.com", "notstackoverflow.comics", "2020.stackexchange"])
def test_a_folder_that_names_no_site_is_warned_about(tmp_path, place):
    found, report = read(dump(tmp_path / place, table("posts", QUESTION | {"Body": '<a href="/a/1">x</a>'})))
    assert (found[0].id, found[0].url) == ("stackexchange:1", None)
    assert "href" not in found[0].body
    assert len(report.warnings) == 1
    assert "which site" in report.warnings[0]


def test_a_lone_container_beside_names_the_site(tmp_path):
    source = dump(tmp_path / "source", table("posts", QUESTION))
    (tmp_path / "source" / "beer.stackexchange.com.7z").touch()
    assert read(source)[0][0].site == "beer.stackexchange.com"
    decompressed = Source(tmp_path / "source" / "Posts.xml.gz", "", lambda: source.path.open("rb"))
    assert read(decompressed)[0][0].site == "beer.stackexchange.com"
    (tmp_path / "source" / "tea.stackexchange.com.7z").touch()
    assert read(source)[0][0].site == "stackexchange"


def test_a_member_of_a_container_is_named_by_its_path_inside():
    data = table("posts", QUESTION)
    source = Source(Path("all.zip"), "dumps/tea.stackexchange.com/Posts.xml", lambda: io.BytesIO(data))
    found, report = read(source)
    assert found[0].site == SITE
    assert [warning.partition(" beside")[0] for warning in report.warnings] == [
        f"there is no {name}.xml" for name in ("Users", "PostLinks", "Comments")
    ]


# Recognising


@pytest.mark.parametrize(
    "head",
    [
        b"<posts><row Id='1'/></posts>",
        b"<posts></posts>",
        b"<users/>",
        b"<comments>\n  <ro",
        b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- a dump -->\n<!DOCTYPE tags [<!ENTITY a 'b'>]>\n<tags xmlns:x='y'>\n<row ",
        table("posts", QUESTION).decode("utf-8-sig").encode("utf-16"),
        table("votes").decode("utf-8-sig").encode("utf-16-be"),
    ],
)
def test_tables_are_recognised(head):
    assert reader.recognises(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<html><body><posts><row Id='1'/></posts>",
        b"<posts user='x'><post href='y'/></posts>",
        b"<postsrow><row/>",
        b"<?xml version='1.0'",
        b"<!-- <posts><row Id='1'/>",
        b"posts",
        b'{"posts": []}',
        b"\xff\xfe",
        bytes(range(256)),
    ],
)
def test_other_files_are_not(tmp_path, head):
    assert not reader.recognises(head)
    path = tmp_path / "x"
    path.write_bytes(head)
    with pytest.raises(UnknownFormat):
        read(Source(path))


@pytest.mark.parametrize(
    "head",
    [b"<!---->" * 9000, b"<??>" * 16000, b"<posts " * 9000, b" " * 65536, b"<!DOCTYPE [" * 6000, b"<posts a" + b" " * 65000],
)
def test_hostile_heads_cost_no_time(head):
    started = time.perf_counter()
    assert table_of(head) is None
    assert time.perf_counter() - started < PATIENCE


# Broken files


def small_dump() -> bytes:
    return table(
        "posts",
        QUESTION | {"AcceptedAnswerId": 2, "Body": "<p>Größe — 茶</p>\n<p>x</p>"},
        *(ANSWER | {"Id": number, "Body": f"<p>Ünser {number}</p>"} for number in range(2, 12)),
    )


def test_a_file_cut_anywhere_keeps_what_came_before(folder):
    data = small_dump()
    whole, _ = read(dump(folder, data))
    ends = [at + 2 for at in range(len(data)) if data[at : at + 2] == b"/>"]
    for cut in range(len(data) - 1):
        complete = sum(end <= cut for end in ends)
        source = dump(folder, data[:cut])
        if not complete:
            with pytest.raises(ArchiveError):
                read(source)
            continue
        found, report = read(source)
        assert found == whole[:complete]
        if cut <= data.rindex(b"</"):
            assert "the file ends in the middle" in " ".join(report.warnings)
        # Only a row that had begun was lost.
        assert report.skipped == (data[:cut].count(b"<row") > complete)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8", "utf-8-sig"])
def test_other_encodings_of_the_same_file_give_the_same_posts(folder, encoding):
    data = small_dump()
    whole, _ = read(dump(folder, data))
    again, report = read(dump(folder, data.decode("utf-8-sig").encode(encoding)))
    assert (again, report) == (whole, Report())
    declared = data.replace(b'encoding="utf-8"', b'encoding="utf-16"')
    assert read(dump(folder, declared)) == (whole, Report())


def test_utf_16_cut_inside_a_character_keeps_what_came_before(folder):
    data = codecs.BOM_UTF16_LE + small_dump().decode("utf-8-sig").encode("utf-16-le")
    found, report = read(dump(folder, data[: len(data) // 2 | 1]))
    assert 2 < len(found) < 11
    assert report.warnings


def test_declared_and_undeclared_windows_1252(folder):
    text = small_dump().decode("utf-8-sig").replace("茶", "tea")
    whole, _ = read(dump(folder, text.encode()))
    declared = text.replace('encoding="utf-8"', 'encoding="ISO-8859-1"').encode("cp1252")
    assert read(dump(folder, declared)) == (whole, Report())
    found, report = read(dump(folder, text.encode("cp1252")))
    assert found == whole
    assert report.warnings[0] == "Posts.xml, row 1 (Id 1): not in UTF-8, read as windows-1252"
    assert len(report.warnings) == 11


@pytest.mark.parametrize(
    "reference",
    [
        "&#x1F;",
        "&#x0;",
        "&#0;",
        "&#31;",
        "&#x001f;",
        "&#xB;",
        "&#xFFFE;",
        "&#65535;",
        "&#xD83D;",
        "&#56320;",
        "&#x110000;",
        f"&#{'9' * 5000};",
        f"&#x{'0' * 5000}8;",
    ],
)
def test_references_to_what_is_no_character_are_left_out(folder, reference):
    odd = row(**QUESTION | {"Body": "<p>a@&#x1F600;b</p>"}).replace("@", reference).replace("&amp;#x1F600;", "&#x1F600;")
    found, report = read(dump(folder, table("posts", odd, ANSWER)))
    assert [post.body for post in found] == ["<p>a😀b</p>", "<p>A clay one.</p>"]
    assert report == Report()


def test_line_breaks_by_reference_stay(folder):
    found, _ = read(dump(folder, table("posts", row(**QUESTION | {"Body": "<pre>a@b\n\tc</pre>"}).replace("@", "&#xA;"))))
    assert found[0].body == "<pre>a\nb\n\tc</pre>"


@pytest.mark.parametrize(
    ("garbage", "said"),
    [
        (b"\x01\x02", "control characters in it were left out"),
        (b"\0\0\0", "skipped, it has zero bytes in it"),
        (b'" < "', "skipped, not well-formed XML"),
        (b"&nbsp;", "skipped, not well-formed XML"),
        (b'" Score="5', "skipped, not well-formed XML"),
        (b'"/> lost </row>', "something that is no row follows it"),
        (b'"/>\n</posts><?xml version="1.0"?>\n<posts>', "something that is no row follows it"),
        (b'"/> lost words <!--', "something that is no row follows it"),
    ],
)
def test_garbage_costs_the_row_that_it_is_in_and_is_named(folder, garbage, said):
    data = small_dump()
    place = data.index(b" 5&lt;")
    found, report = read(dump(folder, data[:place] + garbage + data[place:]))
    lost = said.startswith("skipped")
    assert [int(post.id.partition(":")[2]) for post in found] == [number for number in range(1, 12) if number != 5 or not lost]
    assert report.warnings == [f"Posts.xml, row 5 (Id 5): {said}"]
    assert report.skipped == lost


def test_bad_rows_are_named_by_their_place_in_the_file(folder):
    posts = table("posts", "<row Id=1 />", QUESTION, "<row Id='3' Id='3' />", ANSWER, "<row <", QUESTION | {"Id": 9})
    found, report = read(dump(folder, posts))
    assert len(found) == 3
    assert report.skipped == 3
    assert [warning.partition(":")[0] for warning in report.warnings] == [
        "Posts.xml, row 1",
        "Posts.xml, row 3 (Id 3)",
        "Posts.xml, row 5",
    ]


def test_text_between_rows_is_named(folder):
    found, report = read(dump(folder, table("posts", QUESTION, "oops", ANSWER, "<raw/>", ANSWER | {"Id": 3})))
    assert len(found) == 3
    assert len(report.warnings) == 2


def test_rows_over_several_lines_in_other_quotes_and_with_end_tags(folder):
    odd = "<row\n\tId='1' PostTypeId='1'\n Title='A \"pot\"'\n Body='&lt;p&gt;x > y /&gt;'\n></row>"
    found, report = read(dump(folder, table("posts", odd, ANSWER)))
    assert [(post.title, post.body) for post in found] == [('A "pot"', "<p>x &gt; y /&gt;</p>"), (None, "<p>A clay one.</p>")]
    assert report == Report()


def test_nothing_is_fetched_and_nothing_expands(folder, tmp_path):
    (tmp_path / "secret").write_text("the secret")
    bomb = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    head = (
        f'<?xml version="1.0"?><!DOCTYPE posts [<!ENTITY b0 "b">{bomb}<!ENTITY s SYSTEM "file://{tmp_path}/secret">]>\n<posts>'
    )
    evil = "".join(row(**QUESTION | {"Id": n, "Title": "T@"}).replace("@", f"&{name};") for n, name in ((1, "b9"), (2, "s")))
    inside = f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{tmp_path}/secret">]>{row(**QUESTION | {"Id": 3})}<x>&s;</x>'
    data = f"{head}{evil}{inside}{row(**ANSWER)}</posts>".encode()
    assert reader.recognises(data)
    found, report = read(dump(folder, data))
    assert {post.id for post in found} <= {f"{SITE}:2", f"{SITE}:3"}
    assert "secret" not in repr(found)
    assert report.skipped == 2


def test_a_row_without_end_is_skipped_without_being_held(folder):
    size = 2 * MAX_ROW
    source = dump(folder, table("posts", QUESTION, ANSWER | {"Body": "x" * size}, ANSWER | {"Id": 3}))
    tracemalloc.start()
    found, report = read(source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [post.id for post in found] == [f"{SITE}:1", f"{SITE}:3"]
    assert report.warnings == ["Posts.xml, row 2 (Id 2): skipped, longer than 16 MiB"]
    # What is held, and the same with one chunk more.
    assert peak < 2.2 * MAX_ROW


def test_a_long_row_is_read(folder):
    found, report = read(dump(folder, table("posts", QUESTION | {"Body": "<p>" + "word " * 400_000 + "</p>"}, ANSWER)))
    assert len(found) == 2
    assert len(found[0].body) > 1_900_000
    assert report == Report()


@pytest.mark.parametrize(
    "data", [b"<posts>", b"<posts/>", b"<posts></posts>", table("posts"), b"<posts>" + b"\0" * 9000 + b"</posts>"]
)
def test_an_empty_table_is_an_error_by_name(folder, data):
    source = dump(folder, data)
    with pytest.raises(ArchiveError, match=r"Posts\.xml"):
        list(reader.read(source, Report()))


def test_a_table_of_nothing_but_garbage_is_damaged(folder):
    with pytest.raises(DamagedArchive, match="not well-formed"):
        read(dump(folder, b"<posts><row Id=1 <row Id='2' Id='2'/></posts>"))


def test_users_and_comments_cut_in_the_middle_are_named_by_their_file(folder):
    users = table("users", {"Id": 7, "DisplayName": "Ann"}, {"Id": 8, "DisplayName": "Bob"})
    comments = table("comments", *({"Id": n, "PostId": 1, "Text": "yes", "CreationDate": DAY} for n in (1, 2)))
    source = dump(folder, table("posts", QUESTION | {"OwnerUserId": 7}), users[:-22], comments[:-22])
    found, report = read(source)
    assert [(post.id, post.author) for post in found] == [(f"{SITE}:1", "Ann"), (f"{SITE}:c1", None)]
    assert [warning.partition(",")[0].partition(":")[0] for warning in report.warnings] == ["Users.xml"] * 2 + [
        "Comments.xml"
    ] * 2


class Slow(io.BytesIO):
    """A file that gives few bytes at a time, as pipes and unpackers do, and counts them."""

    given = 0

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(min(self.most, size if size and size > 0 else self.most))
        Slow.given += len(data)
        return data


@pytest.mark.parametrize("most", [1, 2, 3, 5, 7, 64, 1000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_borders_of_chunks_may_be_anywhere(most, encoding):
    data = small_dump().decode("utf-8-sig").replace(" 5&lt;", " 5&#x1F;\x02&lt;").encode(encoding)
    # One look at the beginning tells the encoding, so that it is read whole.
    whole = [dict(record) for record in rows(Source(Path("Posts.xml"), "", lambda: io.BytesIO(data)), Report())]
    source = Source(Path("Posts.xml"), "", lambda: io.BufferedReader(Slow(data, most), buffer_size=64))
    report = Report()
    assert [dict(record) for record in rows(source, report)] == whole
    assert len(whole) == 11
    assert len(report.warnings) == 1


def test_posts_come_before_the_file_is_read_to_its_end():
    data = table("posts", *(QUESTION | {"Id": number} for number in range(1, 20_000)))
    assert len(data) > 8 * CHUNK
    source = Source(Path(f"{SITE}/Posts.xml"), "", lambda: Slow(data, CHUNK))
    Slow.given = 0
    posts = reader.read(source, Report())
    assert next(posts).id == f"{SITE}:1"
    # Some looks at the head, and what is parsed at once.
    assert Slow.given <= 4 * CHUNK
    posts.close()


def test_memory_does_not_grow_with_the_dump(folder):
    def peak(count: int) -> int:
        # All answers come before their question, everybody has a name, and every file is larger than a chunk.
        answers = (ANSWER | {"Id": n, "ParentId": count + 9, "OwnerUserId": n, "Body": "a " * 200} for n in range(1, count))
        users = table("users", *({"Id": n, "DisplayName": f"name {n}", "AboutMe": "b " * 200} for n in range(1, count)))
        source = dump(folder, table("posts", *answers, QUESTION | {"Id": count + 9}), users)
        tracemalloc.start()
        assert sum(1 for _ in reader.read(source, Report())) == count
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return memory

    few = peak(1_500)
    assert peak(6_000) < 1.3 * few


# Comments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain <b>text</b> & so", "<p>plain &lt;b&gt;text&lt;/b&gt; &amp; so</p>"),
        ("*this*, **that** and _it_", "<p><em>this</em>, <strong>that</strong> and <em>it</em></p>"),
        ("2*3*4, snake_case_name, a * b * c, ** x **", "<p>2*3*4, snake_case_name, a * b * c, ** x **</p>"),
        ("**very *much* so**", "<p><strong>very <em>much</em> so</strong></p>"),
        ("use `a*b*c <i>` or ``x`y``", "<p>use <code>a*b*c &lt;i&gt;</code> or <code>x`y</code></p>"),
        ("a ` b", "<p>a ` b</p>"),
        (
            '[see](http://e.org/a_(b)_c "title").',
            '<p><a href="http://e.org/a_(b)_c" rel="nofollow noreferrer noopener">see</a>.</p>',
        ),
        (
            "(http://e.org/a?b=1&c=2).",
            '<p>(<a href="http://e.org/a?b=1&amp;c=2" rel="nofollow noreferrer noopener">http://e.org/a?b=1&amp;c=2</a>).</p>',
        ),
        ("*[x](https://e.org)*", '<p><em><a href="https://e.org" rel="nofollow noreferrer noopener">x</a></em></p>'),
        (
            "[a <b> & *c*](http://e.org)",
            '<p><a href="http://e.org" rel="nofollow noreferrer noopener">a &lt;b&gt; &amp; *c*</a></p>',
        ),
        ("[x](javascript:alert(1)) [edit] @Bob", "<p>[x](javascript:alert(1)) [edit] @Bob</p>"),
        (
            '[x](https://e.org/"onclick="y)',
            '<p>[x](<a href="https://e.org/" rel="nofollow noreferrer noopener">https://e.org/</a>"onclick="y)</p>',
        ),
        ("see [tag:green-tea]", "<p>see green-tea</p>"),
        ("one\n\ntwo\nthree", "<p>one</p><p>two<br>three</p>"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_marks_of_a_comment(text, expected):
    assert html_of(text) == expected


def test_marks_of_a_comment_that_no_site_would_allow_stay_as_they_are():
    assert html_of("*a* " + "x" * 30_000).startswith("<p>*a* x")


@pytest.mark.parametrize(
    "unit", ["*a ", "**a ", "_a ", "`", "` a", "``a` ", "[", "[a](http://", "[a](http://b(", "http://", "[tag:", "\n", "a_b*"]
)
def test_hostile_comments_cost_no_time(unit):
    started = time.perf_counter()
    html_of((unit * 30_000)[:30_000])
    html_of((unit * 300_000)[:300_000])
    assert time.perf_counter() - started < PATIENCE


# Fuzz


@given(text=st.text(alphabet=st.sampled_from("*_`[]()<>&\"'\n ax:/.htps\\@é"), max_size=80) | st.text(max_size=80))
def test_any_comment_gives_safe_html(text):
    body = html_of(text)
    assert markup.clean(body) == body


# The real dump


@pytest.fixture(scope="module")
def beer(shared, tmp_path_factory) -> Path:
    """The real dump, unpacked."""
    packed = shared / "data" / "se_beer_2020" / "source"
    if not packed.is_dir():
        pytest.skip("needs the Stack Exchange dump of the real data")
    folder = tmp_path_factory.mktemp("dump") / "beer.stackexchange.com"
    folder.mkdir()
    for path in packed.glob("*.xml.gz"):
        with gzip.open(path) as source, (folder / path.stem).open("wb") as target:
            shutil.copyfileobj(source, target)
    return folder


def recount(path: Path) -> list[dict[str, str]]:
    """The rows of a table by another parser."""
    found: list[dict[str, str]] = []
    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: found.append(attributes) if name == "row" else None
    with path.open("rb") as file:
        parser.ParseFile(file)
    return found


def test_the_real_dump_equals_a_recount(beer):
    found, report = read(Source(beer / "Posts.xml"))
    assert report == Report()
    site = "beer.stackexchange.com"
    expected = [record for record in recount(beer / "Posts.xml") if record["PostTypeId"] in "12"]
    questions = {record["Id"]: record for record in expected if record["PostTypeId"] == "1"}
    names = {record["Id"]: " ".join(record["DisplayName"].split()) for record in recount(beer / "Users.xml")}
    posts = {post.id: post for post in found if post.kind != "comment"}
    assert len(posts) == len(expected)
    for record in expected:
        post = posts[f"{site}:{record['Id']}"]
        assert post.votes == int(record["Score"])
        assert post.author == (names[record["OwnerUserId"]] if "OwnerUserId" in record else record["OwnerDisplayName"])
        assert post.written == datetime.fromisoformat(record["CreationDate"] + "+00:00")
        assert bool(post.body) == bool(record["Body"].strip())
        if record["PostTypeId"] == "1":
            assert (post.kind, post.title, post.best) == ("question", " ".join(record["Title"].split()), None)
            assert "".join(f"<{tag}>" for tag in post.tags) == record["Tags"]
        else:
            own = record.get("OwnerUserId", "nobody") == questions[record["ParentId"]].get("OwnerUserId")
            assert (post.kind, post.thread_id) == ("selfanswer" if own else "answer", f"{site}:{record['ParentId']}")
            assert post.best == (questions[record["ParentId"]].get("AcceptedAnswerId") == record["Id"])
    answers = [post for post in found if post.kind in {"answer", "selfanswer"}]
    assert (len(answers), len({post.thread_id for post in answers}), len(questions)) == (2277, 987, 1029)
    assert sum(post.best is True for post in answers) == sum("AcceptedAnswerId" in record for record in questions.values())


def test_the_comments_of_the_real_dump_equal_a_recount(beer):
    found, _ = read(Source(beer / "Posts.xml"))
    site = "beer.stackexchange.com"
    threads = {post.id: post.thread_id for post in found if post.kind != "comment"}
    comments = {post.id: post for post in found if post.kind == "comment"}
    expected = [record for record in recount(beer / "Comments.xml") if f"{site}:{record['PostId']}" in threads]
    assert len(comments) == len(expected) > 3000
    for record in expected:
        post = comments[f"{site}:c{record['Id']}"]
        assert post.votes == int(record["Score"])
        assert post.thread_id == threads[f"{site}:{record['PostId']}"]
        assert post.parent_id == f"{site}:{record['PostId']}"
        assert post.author
        assert post.body


def test_closing_rights_and_duplicates_of_the_real_dump_equal_a_recount(beer, shared):
    site = "beer.stackexchange.com"
    posts = {post.id: post for post in read(Source(beer / "Posts.xml"))[0]}
    expected = {f"{site}:{record['Id']}": record for record in recount(beer / "Posts.xml") if record["PostTypeId"] in "12"}
    said = expected | {f"{site}:c{record['Id']}": record for record in recount(beer / "Comments.xml")}
    assert all(post.licence == said[name]["ContentLicense"] for name, post in posts.items())
    assert {post.licence for post in posts.values()} == {"CC BY-SA 3.0", "CC BY-SA 4.0"}
    closed = {name: record["ClosedDate"] for name, record in expected.items() if "ClosedDate" in record}
    assert {name: post.closed for name, post in posts.items() if post.closed} == {
        name: datetime.fromisoformat(f"{time}+00:00") for name, time in closed.items()
    }
    assert len(closed) == 76
    links = {
        (f"{site}:{link['PostId']}", f"{site}:{link['RelatedPostId']}")
        for link in recount(beer / "PostLinks.xml")
        if link["LinkTypeId"] == "3" and f"{site}:{link['PostId']}" in expected
    }
    assert {(name, original) for name, post in posts.items() for original in post.duplicate_of} == links
    judged = (shared / "data" / "se_beer_2020" / "duplicates.tsv").read_text("utf-8").splitlines()
    assert links == {(f"{site}:{line.split(chr(9))[0]}", f"{site}:{line.split(chr(9))[1]}") for line in judged}
    assert len(links) == 24


def test_dates_settle_no_licence_of_the_real_dump_otherwise_than_it_says(beer):
    """Without what dumps say since 2020, most licences are still known, and none is another."""
    for name in ("Posts.xml", "Comments.xml"):
        said = (beer / name).read_bytes()
        (beer / "old").mkdir(exist_ok=True)
        (beer / "old" / name).write_bytes(re.sub(rb' ContentLicense="[^"]*"', b"", said))
    told, settled = ({post.id: post.licence for post in read(Source(place / "Posts.xml"))[0]} for place in (beer, beer / "old"))
    assert settled.keys() == told.keys()
    assert all(licence in {None, told[name]} for name, licence in settled.items())
    assert 0 < sum(licence is None for licence in settled.values()) < len(told) / 50


def test_the_packed_dump_and_its_tables_are_the_same_posts(beer, shared):
    packed = Source(shared / "data" / "se_beer_2020" / "source" / "beer.stackexchange.com.7z")
    report = Report()
    unpacked = {post.id: post for post in archives.read(packed, report)}
    assert unpacked == {post.id: post for post in read(Source(beer / "Posts.xml"))[0]}
    assert (report.skipped, report.warnings) == (0, [])


def test_the_choices_of_askers_in_the_judged_set_are_best(beer, shared):
    found, _ = read(Source(beer / "Posts.xml"))
    best = {post.id for post in found if post.best}
    judged = (shared / "data" / "se_beer_2020" / "qrels_accepted.tsv").read_text("utf-8").splitlines()
    assert {f"beer.stackexchange.com:{line.split(chr(9))[1]}" for line in judged} <= best
    assert len(judged) == 376
