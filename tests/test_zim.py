"""ZIM files of Stack Exchange sites. There is no real one here: these are written by the test with libzim itself.

Their pages are of our own writing, in the structure that sotoki 2 and 3 give theirs; the shared folder has ZIM files that are
something else, or broken.
"""

from __future__ import annotations

import html
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import PATIENCE, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.archives import sotoki, stackexchange, zim
from indexer.archives.source import Report, Source
from indexer.errors import DamagedArchive, NotAThread
from indexer.thread import Post
from tests.sotoki_pages import answer, comment, layout, page, signature

pytest.importorskip("libzim", reason="needs the extra zim")
SITE = "cooking.stackexchange.com"
ROOT_URL = f"https://{SITE}"
MADE = {"Scraper": "sotoki v3.0.2", "Name": f"{SITE}_en_all", "Title": "Seasoned Advice", "Date": "2026-02-03"}


# --- A page, as sotoki lays it out ------------------------------------------------------------------------------------

QUESTION = layout(
    '<p>Mine <em>wilts</em>. See <a href="../../questions/9/mint">this</a>, <a href="../../a/10#10">that</a> and '
    '<a href="https://example.org/" class="external-link">those</a>.</p><p><img src="../../images/abc" alt="leaf"></p>',
    signature("edited Feb 01 '17 at 10:00", "an editor", "4") + signature("asked Jan 12 '16 at 19:07", "ann", "2", owner=True),
    comment(31, "Which <code>glass</code>?") + comment(32, "Any.", "17", 0).replace(' href="../../users/5/x"', ""),
    ("basil", "storage-method"),
)
ANSWERS = answer(
    8,
    41,
    layout("<p>In water.</p>", signature("answered Jan 12 '16 at 20:15", "bob", "3"), comment(33, "+1, this worked")),
    accepted=True,
) + answer(11, -2, layout("<p>Freeze it.</p>", signature("answered Mar 01 '19 at 00:00", "123", "", deleted=True)))
OWN_EDIT = (
    '<div class="post-signature flex--item"><div class="user-info "><div class="user-action-time">edited <span title="{}" '
    'class="relativetime">Feb 01</span></div><div class="user-details"><span class="d-none">bob</span></div></div></div>'
)
TITLE = 'Where do <script> tags & "basil" go?'
PAGE = page(7, TITLE, QUESTION, ANSWERS)


def write_zim(
    path: Path, pages: dict[str, tuple[str, str]], metadata: dict[str, str], redirects: dict[str, str] | None = None
) -> Source:
    from libzim.writer import Creator, Hint, Item, StringProvider

    class Entry(Item):
        def __init__(self, path: str, title: str, content: str) -> None:
            super().__init__()
            self._said = path, title, content

        def get_path(self) -> str:
            return self._said[0]

        def get_title(self) -> str:
            return self._said[1]

        def get_mimetype(self) -> str:
            return "text/html"

        def get_contentprovider(self) -> StringProvider:
            return StringProvider(self._said[2])

        def get_hints(self) -> dict[Hint, bool]:
            return {Hint.FRONT_ARTICLE: True, Hint.COMPRESS: True}

    path.unlink(missing_ok=True)
    with Creator(path).config_indexing(False, "eng") as creator:
        for place, (title, content) in pages.items():
            creator.add_item(Entry(place, title, content))
        for place, target in (redirects or {}).items():
            creator.add_redirection(place, "", target, {})
        for key, value in metadata.items():
            creator.add_metadata(key, value)
    return Source(path)


PAGES = {
    "questions/7/where-do-script-tags": (TITLE, PAGE),
    "questions": ("Highest Voted Questions", "<html><div id='question'>no</div></html>"),
    "questions/tagged/basil": ("basil", "<html>a tag</html>"),
    "users/2/ann": ("ann", "<html>a user</html>"),
    "about": (
        "About",
        '<p>This is an offline <em>copy</em> of the “x” website at <a class="external-link" href="https://cooking.example">x</a></p>',
    ),
}
REDIRECTS = {"questions/7": "questions/7/where-do-script-tags", "a/8": "questions/7/where-do-script-tags"}


def posts_of(source: Source) -> tuple[list[Post], Report]:
    report = Report()
    return list(zim.read(source, report)), report


def posts_on(html: str, site: str = SITE) -> tuple[list[Post], Report]:
    report = Report()
    given_page = sotoki.Page(html, 7, "T", site, f"https://{site}", None)
    return list(sotoki.posts(given_page, report)), report


# --- Golden ---------------------------------------------------------------------------------------------------------


def test_a_zim_file_exactly(tmp_path):
    source = write_zim(tmp_path / "x.zim", PAGES, MADE, REDIRECTS)
    assert zim.recognises(source.head())
    posts, report = posts_of(source)
    captured = {"captured": datetime(2026, 2, 3, tzinfo=UTC)}
    same = {"site": SITE, "thread_id": f"{SITE}:7", "licence": "CC BY-SA 3.0"} | captured
    rel = 'rel="nofollow noreferrer noopener"'
    commented = datetime(2016, 1, 13, 8, 0, 1, 500000, tzinfo=UTC)
    assert posts == [
        Post(
            **same, id=f"{SITE}:7", kind="question", title=TITLE, tags=("basil", "storage-method"), author="ann", votes=12,
            written=datetime(2016, 1, 12, 19, 7, 2, 330000, tzinfo=UTC), url=f"{ROOT_URL}/questions/7",
            body=f'<p>Mine <em>wilts</em>. See <a href="{ROOT_URL}/questions/9/mint" {rel}>this</a>, '
            f'<a href="{ROOT_URL}/a/10#10" {rel}>that</a> and <a href="https://example.org/" {rel}>those</a>.</p><p>[image: leaf]</p>',
        ),
        Post(
            **same, id=f"{SITE}:c31", kind="comment", parent_id=f"{SITE}:7", position=2, author="passerby", votes=2,
            body="<p>Which <code>glass</code>?</p>", written=commented, url=f"{ROOT_URL}/questions/7#comment31_7",
        ),
        Post(
            **same, id=f"{SITE}:c32", kind="comment", parent_id=f"{SITE}:7", position=2, author="user17", votes=0,
            body="<p>Any.</p>", written=commented, url=f"{ROOT_URL}/questions/7#comment32_7",
        ),
        Post(
            **same, id=f"{SITE}:8", kind="answer", parent_id=f"{SITE}:7", position=1, author="bob", votes=41, best=True,
            body="<p>In water.</p>", written=datetime(2016, 1, 12, 20, 15, tzinfo=UTC), url=f"{ROOT_URL}/a/8",
        ),
        Post(
            **same, id=f"{SITE}:c33", kind="comment", parent_id=f"{SITE}:8", position=2, author="passerby", votes=2,
            body="<p>+1, this worked</p>", written=commented, url=f"{ROOT_URL}/questions/7#comment33_8",
        ),
        Post(
            **same | {"licence": "CC BY-SA 4.0"}, id=f"{SITE}:11", kind="answer", parent_id=f"{SITE}:7", position=1, author="user123", votes=-2, best=False,
            body="<p>Freeze it.</p>", written=datetime(2019, 3, 1, tzinfo=UTC), url=f"{ROOT_URL}/a/11",
        ),
    ]  # fmt: skip
    assert not report.warnings


@pytest.mark.parametrize(
    ("edited", "licence"),
    [
        ("", "CC BY-SA 3.0"),
        (signature("edited Feb 01 '17 at 10:00", "an editor", "4"), "CC BY-SA 3.0"),
        (signature("edited Feb 01 '19 at 10:00", "an editor", "4"), None),
        (OWN_EDIT.format("2017-02-01T10:00:00.120"), "CC BY-SA 3.0"),
        (OWN_EDIT.format("2019-02-01T10:00:00.120"), None),
        (OWN_EDIT.format("some day"), None),
        ('<div class="post-signature">edited</div>', None),
    ],
)
def test_the_licence_of_a_post_is_known_where_its_dates_settle_it(edited, licence):
    inside = layout("<p>x</p>", edited + signature("answered Jan 12 '16 at 20:15", "bob", "3"))
    assert posts_on(page(7, "T", QUESTION, answer(8, 1, inside)))[0][-1].licence == licence


@pytest.mark.parametrize(("said", "licence"), [("CC BY-SA 4.0", "CC BY-SA 4.0"), ("None", None), ("", None)])
def test_the_licence_of_a_comment_stands_behind_its_time(said, licence):
    commented = layout("<p>x</p>", "", comment(34, "?").replace("CC BY-SA 3.0", said))
    found, report = posts_on(page(7, "T", QUESTION, answer(8, 1, commented)))
    assert (found[-1].licence, found[-1].written) == (licence, datetime(2016, 1, 13, 8, 0, 1, 500_000, tzinfo=UTC))
    assert not report.warnings


def test_a_member_of_a_container_and_a_split_file_are_opened(tmp_path):
    expected = posts_of(write_zim(tmp_path / "x.zim", PAGES, MADE))[0]
    whole = (tmp_path / "x.zim").read_bytes()
    outer = tmp_path / "outer.tar"
    outer.write_bytes(b"....." + whole)

    def member():
        file = outer.open("rb")
        file.seek(5)
        return file

    assert posts_of(Source(outer, member="x.zim", opener=member))[0] == expected
    (tmp_path / "y.zimaa").write_bytes(whole[:3_000])
    (tmp_path / "y.zimab").write_bytes(whole[3_000:])
    assert posts_of(Source(tmp_path / "y.zimaa"))[0] == expected


@pytest.mark.parametrize(
    ("changes", "site"),
    [
        ({}, SITE),
        ({"Name": "kiwix.es.stackoverflow.com_es_all_nopic"}, "es.stackoverflow.com"),
        ({"Name": "mathoverflow.net_en_all"}, "mathoverflow.net"),
        ({"Name": "my-own-name"}, "cooking.example"),
        ({"Scraper": "x", "Tags": "_category:stack_exchange;stack_exchange;_videos:no"}, SITE),
    ],
)
def test_the_name_or_the_page_about_it_tells_the_site(tmp_path, changes, site):
    posts, report = posts_of(write_zim(tmp_path / "x.zim", PAGES, MADE | changes))
    assert {post.site for post in posts} == {site}
    assert not report.warnings


def test_a_site_that_cannot_be_told_is_said(tmp_path):
    pages = {path: content for path, content in PAGES.items() if path != "about"}
    posts, report = posts_of(write_zim(tmp_path / "x.zim", pages, MADE | {"Name": "x"}))
    assert {(post.site, post.url) for post in posts} == {("stackexchange", None)}
    assert "could not be told" in report.warnings[0]


def test_a_zim_file_and_the_dump_of_a_site_are_one_set_of_threads(tmp_path):
    folder = tmp_path / SITE
    folder.mkdir()
    rows = {
        "posts": [
            'Id="7" PostTypeId="1" AcceptedAnswerId="8" Score="12" Title="T" Body="x" CreationDate="2016-01-12T19:07:02.330"',
            'Id="8" PostTypeId="2" ParentId="7" Score="41" Body="x" CreationDate="2016-01-12T20:15:09.1"',
            'Id="11" PostTypeId="2" ParentId="7" Score="-2" Body="x" CreationDate="2019-03-01T00:00:20"',
        ],
        "comments": [
            f'Id="{number}" PostId="{above}" Score="{votes}" Text="x" CreationDate="2016-01-13T08:00:01.500"'
            for number, above, votes in ((31, 7, 2), (32, 7, 0), (33, 8, 2))
        ],
        "users": [],
    }
    for table, lines in rows.items():
        text = "".join(f"<row {line} />" for line in lines)
        (folder / f"{table.capitalize()}.xml").write_text(f'<?xml version="1.0" encoding="utf-8"?><{table}>{text}</{table}>')

    def known(posts: list[Post]) -> set[tuple[object, ...]]:
        return {(p.id, p.thread_id, p.parent_id, p.kind, p.site, p.votes, p.best, p.url, p.position) for p in posts}

    dumped = list(stackexchange.read(Source(folder / "Posts.xml"), Report()))
    assert known(dumped) == known(posts_of(write_zim(tmp_path / "x.zim", PAGES, MADE))[0])


# --- Pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "<script>",
        "<!--",
        "<textarea>",
        "</body>",
        "<div id='question'>",
        "<plaintext>",
        '<div id="mainbar"',
        html.escape("<b>"),
    ],
)
def test_no_title_hides_the_posts(title):
    posts, _ = posts_on(page(7, title, QUESTION, ANSWERS))
    assert [post.id for post in posts if post.kind == "answer"] == [f"{SITE}:8", f"{SITE}:11"]


@pytest.mark.parametrize(
    "said", ["answered Foo 12 '16 at 20:15", "answered Jan 41 '16 at 20:15", "Jan 12 '99 at 20:15", "soon"]
)
def test_times_that_cannot_be_are_unknown(said):
    posts, report = posts_on(page(7, "T", QUESTION, answer(8, 1, layout("<p>x</p>", signature(said, "bob", "3")))))
    assert posts[-1].written is None
    assert len(report.warnings) == 1


def test_exact_times_are_read_where_there_are_any():
    posts, _ = posts_on(page(7, "T", QUESTION, answer(8, 1, layout("x", signature("2016-01-12T20:15:09.1", "bob", "3")))))
    assert posts[-1].written == datetime(2016, 1, 12, 20, 15, 9, 100_000, tzinfo=UTC)


def test_what_a_page_does_not_show_is_unknown():
    posts, report = posts_on('<div id="question"></div><div class="answer" data-answerid="8" data-score="a lot"></div>')
    assert [(post.author, post.written, post.votes, post.body) for post in posts] == [(None, None, None, "")] * 2
    assert report.warnings == ["answer 8: its score 'a lot' is no number"]


def test_what_nobody_owns_any_more_is_nobody_in_particular_s():
    posts, _ = posts_on(page(7, "T", QUESTION, answer(8, 1, layout("x", signature("", "Community", "-1")), owner=-1), owner=-1))
    assert [post.anonymous for post in posts if post.kind != "comment"] == [True, True]


def test_bad_ids_are_skipped():
    posts, report = posts_on(
        page(7, "T", QUESTION.replace('comment-id="31"', 'comment-id="x"'), answer(0, 1, "x") + answer(8, 1, "x"))
    )
    assert [post.id for post in posts] == [f"{SITE}:7", f"{SITE}:c32", f"{SITE}:8"]
    assert report.skipped == 2


@settings(max_examples=150, deadline=None)
@given(
    place=st.integers(0, len(PAGE)),
    cut=st.integers(0, 400),
    junk=st.text(max_size=30) | st.sampled_from(["</div>", "<!--", "<"]),
)
def test_any_page_ends_in_posts_or_in_a_named_error(place, cut, junk):
    started = time.monotonic()
    try:
        posts, _ = posts_on(PAGE[:place] + junk + PAGE[place + cut :])
    except sotoki.NotAQuestion:
        return
    assert posts[0].kind == "question"
    assert time.monotonic() - started < PATIENCE


@pytest.mark.parametrize(
    "body",
    ["<div>" * 3_000, "<p>x" * 50_000, "<b>" * 50_000, "&lt;" * 100_000, '<div class="js-post-body">' * 500, "\0" * 1000],
)
def test_hostile_pages_cost_no_more_than_long_ones(body):
    started = time.monotonic()
    posts, _ = posts_on(page(7, "T", layout(body, ""), answer(8, 1, layout(body, ""))))
    assert posts
    assert time.monotonic() - started < PATIENCE


# --- What is no question-and-answer site, and what is broken ----------------------------------------------------------


def test_other_zim_files_are_refused_by_name(tmp_path, shared):
    folder = shared / "data" / "zim"
    if not folder.is_dir():
        pytest.skip("needs the ZIM files of the shared folder")
    for file, what in (
        ("wikibooks_be_all_nopic_2017-02.zim", "“Wikibooks” by Wikibooks"),
        ("small.zim", "“Test ZIM file” by N/A, made by zimwriterfs-2.2.0"),
    ):
        source = Source(folder / file)
        with pytest.raises(NotAThread) as error:
            posts_of(source)
        assert error.value.reason == f"{source} is the ZIM file {what}, which is not of a Stack Exchange site"
    for path in folder.glob("invalid*"):
        assert zim.recognises(Source(path).head())
        with pytest.raises(DamagedArchive, match="cannot be opened as a ZIM file"):
            posts_of(Source(path))


def test_a_zim_file_without_questions_is_refused(tmp_path):
    with pytest.raises(NotAThread, match="without a title"):
        posts_of(write_zim(tmp_path / "x.zim", PAGES, {}))
    with pytest.raises(NotAThread, match="holds no questions"):
        posts_of(write_zim(tmp_path / "x.zim", {"about": PAGES["about"]}, MADE))
    with pytest.raises(NotAThread, match="sotoki 1"):
        posts_of(write_zim(tmp_path / "x.zim", {"question/7.html": ("T", "<p>old</p>")}, MADE))
    with pytest.raises(DamagedArchive, match="no question that can be read"):
        posts_of(write_zim(tmp_path / "x.zim", {"questions/7/x": ("T", "<p>an error page</p>")}, MADE))


def test_a_page_without_a_question_costs_only_itself(tmp_path):
    posts, report = posts_of(write_zim(tmp_path / "x.zim", PAGES | {"questions/9/x": ("T", "<p>an error page</p>")}, MADE))
    assert len(posts) == 6
    assert report.warnings == ["page of question 9: skipped, there is no question on it"]


def test_a_page_that_is_too_large_is_skipped(tmp_path, monkeypatch):
    source = write_zim(tmp_path / "x.zim", PAGES | {"questions/9/x": ("T", PAGE + "x" * 50_000)}, MADE)
    monkeypatch.setattr(zim, "MAX_PAGE", 40_000)
    posts, report = posts_of(source)
    assert len(posts) == 6
    assert "larger than" in report.warnings[0]


def test_without_its_library_the_extra_is_named(tmp_path):
    (tmp_path / "x.zim").write_bytes(zim.MAGIC + b"x" * 200)
    code = (
        "import sys; sys.modules['libzim'] = None\n"
        "from pathlib import Path\nfrom indexer.archives import zim\nfrom indexer.archives.source import Report, Source\n"
        "from indexer.errors import ArchiveError\n"
        "try:\n    list(zim.read(Source(Path(sys.argv[1])), Report()))\nexcept ArchiveError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code, tmp_path / "x.zim"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "pip install 'askive[zim]'" in run.stdout
