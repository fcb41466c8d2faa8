"""Saved MetaFilter pages: every skin and every tool that saves them gives the same posts, and no bad page a traceback."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import PATIENCE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import markup
from indexer.archives import Report, Source, detect, metafilter_html, metafilter_text
from indexer.archives.saved_page import Provenance, original_link, provenance, repaired
from indexer.errors import ArchiveError, DamagedArchive, NotAThread
from indexer.thread import Post
from tests import pages
from tests.pages import Answer

SAVED = datetime(2019, 8, 7, 6, 5, 4, tzinfo=UTC)
ASKED = datetime(2011, 11, 5, 21, 14)


def at(minutes: int) -> datetime:
    return ASKED + timedelta(minutes=minutes)


THREAD = pages.Thread(
    title="Café & cat: does “5 am” feeding < 6 am work? | Part 2",
    category="Pets & Animals",
    tags=("cat", "early-waking", "c++"),
    asker="sleepless at 5 in Tulsa",
    asked=ASKED,
    number=200123,
    favorites=14,
    above='A "teaser" that states the ask; it\'s short.',
    below='The story, with <em>emphasis</em>.\n\nAnd <a href="http://example.org/a?b=1&amp;c=2">a link</a>.<br>A line of its own.',
    answers=(
        Answer(author="I'm Not Even Supposed To Be Here Today!", written=at(3), number=2876001, body="Feed it later."),
        Answer(
            author="4ster",
            written=at(17),
            number=2876010,
            favorites=1,
            best=True,
            body="Two things:\n\n<ul><li>an automatic feeder</li>\n<li>patience &amp; <strong>earplugs</strong></li></ul>\n\nL’Oréal has no part in it.",
        ),
        Answer(author="sleepless at 5 in Tulsa", written=at(17), number=2876011, favorites=2, body="Thanks so far!"),
        Answer(
            author="walks to school, slowly [!]",
            written=at(60 * 30),
            number=2876500,
            favorites=1204,
            best=True,
            body="<blockquote>an automatic feeder</blockquote>\nThis. "
            f'<a href="{pages.SITE}/200123/Caf#2876010">4ster</a> has it; see <a href="{pages.SITE}/199000/Other-Cat#2800000">here</a>.',
        ),
        Answer(
            author="mild moderator", written=at(60 * 31), number=2876501, staff=True, body="I have a cat too, and it is asleep."
        ),
    ),
)
ANONYMOUS = replace(
    THREAD,
    title="Can this be saved?",
    asker="anonymous",
    category="Work & Money",
    number=200124,
    answers=(
        THREAD.answers[0],
        Answer(
            author="mild moderator", written=at(9), number=2876005, staff=True, body='follow-up from the asker: "Thanks, all."'
        ),
        *THREAD.answers[3:],
    ),
)

SKINS = {"classic": pages.classic, "modern": pages.modern}
TOOLS: dict[str, Callable[[str, pages.Thread], str]] = {
    "as sent": lambda page, _: page,
    "browser": pages.saved_by_browser,
    "wayback": lambda page, thread: pages.wayback(page, thread, SAVED),
    "singlefile": lambda page, thread: pages.singlefile(page, thread, SAVED),
    "httrack": lambda page, thread: pages.httrack(page, thread, SAVED),
    "wget": pages.wget,
    "wayback, then browser": lambda page, thread: pages.saved_by_browser(
        pages.wayback(page, thread, SAVED), thread, pages.archived(thread, SAVED)
    ),
    "wayback, then singlefile": lambda page, thread: pages.singlefile(
        pages.wayback(page, thread, SAVED), thread, SAVED + timedelta(days=9), pages.archived(thread, SAVED)
    ),
    "wayback twice": lambda page, thread: pages.wayback(
        pages.wayback(page, thread, SAVED), thread, SAVED + timedelta(days=9), pages.archived(thread, SAVED)
    ),
}


class Reading:
    """The posts and the report of one file's content."""

    def __init__(self, content: str | bytes, folder: Path) -> None:
        file = folder / "archive"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        self.report = Report()
        reader = detect(Source(file))
        assert reader is metafilter_html, reader.name
        self.posts: list[Post] = list(reader.read(Source(file), self.report))

    @property
    def question(self) -> Post:
        return self.posts[0]

    @property
    def answers(self) -> list[Post]:
        return self.posts[1:]


@pytest.fixture
def reading(tmp_path: Path) -> Callable[[str | bytes], Reading]:
    return lambda content: Reading(content, tmp_path)


Read = Callable[[str | bytes], Reading]


def utc(local: datetime) -> datetime:
    return local.replace(tzinfo=ZoneInfo("America/Los_Angeles")).astimezone(UTC)


# --- Equal posts for equal threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("skin", SKINS)
def test_what_was_authored_is_what_is_read(skin: str, reading: Read) -> None:
    read = reading(SKINS[skin](THREAD))
    question = read.question
    assert (question.id, question.thread_id, question.kind, question.position) == (
        "ask.metafilter.com:200123",
        "ask.metafilter.com:200123",
        "question",
        0,
    )
    assert (question.title, question.category, question.tags) == (THREAD.title, THREAD.category, THREAD.tags)
    assert (question.author, question.anonymous, question.votes) == (THREAD.asker, False, 14)
    assert question.written == utc(ASKED)
    assert question.url == "https://ask.metafilter.com/200123"
    assert question.body == (
        '<p>A "teaser" that states the ask; it\'s short.</p><p>The story, with <em>emphasis</em>.</p><p>And '
        '<a href="http://example.org/a?b=1&amp;c=2" rel="nofollow noreferrer noopener">a link</a>.<br>A line of its own.</p>'
    )
    assert [post.author for post in read.answers] == [answer.author for answer in THREAD.answers]
    assert [post.votes for post in read.answers] == [0, 1, 2, 1204, 0]
    assert [post.best for post in read.answers] == [False, True, False, True, False]
    assert [post.written for post in read.answers] == [utc(answer.written) for answer in THREAD.answers]
    assert [post.position for post in read.answers] == [1, 2, 3, 4, 5]
    assert [post.id for post in read.answers] == [f"ask.metafilter.com:200123/{answer.number}" for answer in THREAD.answers]
    assert {post.kind for post in read.answers} == {"answer"}
    assert [markup.prose(post.body) for post in read.answers] == [pages.plain(answer.body) for answer in THREAD.answers]
    assert 'href="#2876010"' in read.answers[3].body
    assert 'href="https://ask.metafilter.com/199000/Other-Cat#2800000"' in read.answers[3].body
    assert (read.report.warnings, read.report.skipped) == ([], 0)


@pytest.mark.parametrize("thread", [THREAD, ANONYMOUS], ids=["named", "anonymous"])
@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("skin", SKINS)
def test_however_it_was_saved_a_thread_gives_equal_posts(skin: str, tool: str, thread: pages.Thread, reading: Read) -> None:
    expected = reading(pages.modern(thread)).posts
    found = reading(TOOLS[tool](SKINS[skin](thread), thread)).posts
    assert [replace(post, captured=None) for post in found] == expected
    marked = {"wayback", "singlefile", "httrack"} & set(re.findall(r"\w+", tool))
    assert {post.captured for post in found} == {SAVED if marked else None}


@pytest.mark.parametrize("thread", [THREAD, ANONYMOUS], ids=["named", "anonymous"])
def test_a_text_copy_says_the_same(thread: pages.Thread, reading: Read, tmp_path: Path) -> None:
    def said(posts: list[Post]) -> list[tuple[object, ...]]:
        return [(post.kind, post.author, post.anonymous, post.written, post.votes, markup.prose(post.body)) for post in posts]

    file = tmp_path / "copy.txt"
    file.write_text(pages.text_copy(thread), "utf-8")
    copied = list(metafilter_text.read(Source(file), Report()))
    assert said(copied) == said(reading(pages.classic(thread)).posts)


def test_a_relay_is_told_from_advice(reading: Read) -> None:
    read = reading(pages.modern(ANONYMOUS))
    assert read.question.anonymous
    assert [post.kind for post in read.answers] == ["answer", "relay", "answer", "answer"]


@pytest.mark.parametrize("skin", SKINS)
def test_without_any_address_the_ids_are_those_of_a_text_copy(skin: str, reading: Read, tmp_path: Path) -> None:
    thread = replace(THREAD, favorites=0, answers=tuple(replace(answer, favorites=0) for answer in THREAD.answers))
    page = SKINS[skin](thread)
    page = re.sub(r'<(?:link|meta)\b[^>]*metafilter\.com[^>]*>|<a name="\d+"></a>|(?<=<a )href="[^"]*"|\bid="c?\d+"', "", page)
    file = tmp_path / "copy.txt"
    file.write_text(pages.text_copy(thread), "utf-8")
    copied = list(metafilter_text.read(Source(file), Report()))
    found = reading(page).posts
    assert [post.id for post in found] == [post.id for post in copied]
    assert found[0].url is None


@pytest.mark.parametrize("skin", SKINS)
def test_the_number_is_found_in_links_where_no_head_names_it(skin: str, reading: Read) -> None:
    page = re.sub(r"<(?:link|meta)\b[^>]*metafilter\.com[^>]*>", "", SKINS[skin](THREAD))
    found = reading(page).posts
    assert found == reading(SKINS[skin](THREAD)).posts
    bare = replace(THREAD, favorites=0)
    page = re.sub(r"<(?:link|meta)\b[^>]*metafilter\.com[^>]*>", "", SKINS[skin](bare))
    assert reading(page).question.id == "ask.metafilter.com:200123"


def test_no_answers_and_one_answer(reading: Read) -> None:
    none = replace(THREAD, answers=())
    one = replace(THREAD, favorites=1, answers=THREAD.answers[1:2])
    for skin in SKINS.values():
        assert reading(skin(none)).answers == []
        read = reading(skin(one))
        assert (read.question.votes, [post.votes for post in read.answers], read.report.warnings) == (1, [1], [])


# --- Real pages ---------------------------------------------------------------------------------------------------------


def test_a_real_page_of_2013(shared: Path) -> None:
    source, report = Source(shared / "data/metafilter_html/post-page.html"), Report()
    assert detect(source) is metafilter_html
    question, *answers = metafilter_html.read(source, report)
    assert question.id == "www.metafilter.com:127658"
    assert question.title == "How Having a Boyfriend Can Help You Get the Boyfriend of Your Dreams"
    assert (question.author, question.category, question.votes) == ("Charlemagne In Sweatpants", None, 12)
    assert question.tags == ("reductress", "feminism", "satire")
    assert question.written == datetime(2013, 5, 3, 2, 2, tzinfo=UTC)
    assert [post.author for post in answers] == [
        "percor",
        "windykites",
        "The Whelk",
        "BrotherCaine",
        "phunniemee",
        "anotherpanacea",
        "George_Spiggott",
        "ThatCanadianGirl",
    ]
    assert [post.votes for post in answers] == [0, 3, 1, 1, 0, 0, 0, 0]
    assert [post.written.minute for post in answers if post.written] == [10, 17, 19, 37, 40, 41, 43, 45]
    assert {post.best for post in answers} == {None}, "MetaFilter proper has no best answers"
    assert answers[2].body == "<p><em>L’Oréal Launches Line of Anti-Bullying Makeup for Young Girls</em></p><p>I laughed.</p>"
    assert answers[7].id == "www.metafilter.com:127658/4957407"
    assert report.warnings == []


def test_a_real_front_page_is_no_thread(shared: Path) -> None:
    source = Source(shared / "data/metafilter_html/metafilter-index-0.html")
    assert detect(source) is metafilter_html
    with pytest.raises(NotAThread, match="front or index page"):
        list(metafilter_html.read(source, Report()))


# --- Broken markup --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "breakage",
    [
        lambda page: page.replace("Feed it later.", "<em>Feed it later."),
        lambda page: page.replace("Feed it later.", "<b><i><strong><ul><li>Feed it later."),
        lambda page: page.replace("Feed it later.", "<a href='http://example.org/'>Feed it later."),
        lambda page: page.replace("</span></div>", "</span>"),
        lambda page: page.replace("Feed it later.<br>", "Feed it later.</div><br>"),
        lambda page: page.replace("Feed it later.<br>", "Feed it later.</div></div></div></div></body></html><br>"),
        lambda page: page.replace(
            '<a name="2876010"></a><div class="comments best">', '<a name="2876010"></a><div><div class="comments best">'
        ),
        lambda page: page.replace("Feed it later.", "Feed it later.<!-- a comment -- with > and <div class='comments'> -->"),
        lambda page: page.replace("Feed it later.", "Feed it <svg><title>later</title></svg>later."),
        lambda page: page.replace("Feed it later.", "Feed it later.<noscript><template>"),
        lambda page: page.replace("Feed it later.", "Feed\0 it\0 later."),
        lambda page: page.replace("Feed it later.", "Feed it later.&#0;&#1;&#xFFFF;&#xD800;").replace("\ufffd", ""),
        lambda page: page.replace("\n", "\r\n"),
        lambda page: page.replace("\n", "\r"),
    ],
)
@pytest.mark.parametrize("skin", SKINS)
def test_every_answer_comes_out_by_itself(skin: str, breakage: Callable[[str], str], reading: Read) -> None:
    expected = reading(SKINS[skin](THREAD)).answers
    page = breakage(SKINS[skin](THREAD))
    found = reading(page).answers
    assert [post.id for post in found] == [post.id for post in expected]
    assert [(post.author, post.written, post.votes, post.best) for post in found] == [
        (post.author, post.written, post.votes, post.best) for post in expected
    ]
    assert markup.prose(found[0].body).replace("\ufffd", "").strip() == "Feed it later."
    assert [post.body for post in found[1:]] == [post.body for post in expected[1:]]


def test_an_unclosed_question_keeps_to_itself(reading: Read) -> None:
    for skin in SKINS.values():
        read = reading(
            skin(THREAD).replace("teaser", "<em><b>teaser").replace(f"{pages.total(THREAD)}\n\t", f"{pages.total(THREAD)}\n")
        )
        assert read.question.author == THREAD.asker
        assert read.answers == reading(skin(THREAD)).answers


def test_what_looks_like_an_answer_and_is_none(reading: Read) -> None:
    page = pages.modern(THREAD)
    assert page.count('class="comments') > len(THREAD.answers) + 3
    furniture = (
        '<div class="comments"><script>var ad = "posted by ad at 1:00 PM on May 1, 2012";</script></div>'
        '<div class="comments">You are not currently logged in. <a href="/login/">Log in</a></div>'
        '<form id="commentform"><div class="comments" id="prevDiv">Mine<br><span class="smallcopy">posted by '
        '<a href="/user/3">me</a> at 1:00 PM on May 1, 2012</span></div></form>'
    )
    assert reading(page.replace('<div class="tagline">', furniture + '<div class="tagline">')).posts == reading(page).posts


def test_an_answer_that_a_broken_preview_would_swallow_is_kept(reading: Read) -> None:
    page = pages.modern(THREAD).replace('<div id="newcomments">', '<div id="newcommentsmsg"><div id="newcomments">')
    assert reading(page).posts == reading(pages.modern(THREAD)).posts


def test_the_same_comment_twice_is_kept_once_and_reported(reading: Read) -> None:
    page = pages.classic(THREAD)
    answer = re.search(r'<a name="2876010">.*?</span></div>', page, re.DOTALL)
    assert answer
    read = reading(page.replace('<p class="copy whitesmallcopy"', answer[0] + '<p class="copy whitesmallcopy"'))
    assert read.posts == reading(page).posts
    assert (read.report.skipped, read.report.warnings) == (1, ["skipped, comment 2876010 is on the page twice"])


def test_an_answer_without_a_byline_is_kept_with_a_warning(reading: Read) -> None:
    page = pages.classic(THREAD)
    read = reading(page.replace("at <a", "some time, <a", 1))
    first = read.answers[0]
    assert (first.author, first.written, first.votes, first.best) == (None, None, None, None)
    assert markup.prose(first.body) == "Feed it later."
    assert first.warnings == ("comment 2876001 has no byline",)
    assert len(read.answers) == len(THREAD.answers)


def test_counted_and_found_answers_may_differ(reading: Read) -> None:
    read = reading(pages.modern(THREAD).replace("(5 answers total)", "(3 answers total)"))
    assert len(read.answers) == 5
    assert read.report.warnings == list(read.question.warnings) == ["the page counts 3 answers, the copy has 5"]


def test_a_byline_quoted_in_an_answer_is_prose(reading: Read) -> None:
    quoted = "As somebody said:\n\nposted by zombie flanders at 9:17 on July 27 [has favorites +] [!]"
    thread = replace(THREAD, answers=(replace(THREAD.answers[0], body=quoted), *THREAD.answers[1:]))
    for skin in SKINS.values():
        answers = reading(skin(thread)).answers
        assert [answer.author for answer in answers] == [answer.author for answer in THREAD.answers]
        assert markup.prose(answers[0].body) == quoted


@pytest.mark.parametrize(
    "controls", ["[add to activity] [add to favorites]", "[remove from activity]", "<a href='#'>something new</a>"]
)
def test_what_logged_in_readers_see_in_the_byline_of_a_question(controls: str, reading: Read) -> None:
    page = pages.modern(THREAD)
    changed = page.replace(f"{pages.total(THREAD)}\n\t", f"{pages.total(THREAD)} {controls}\n\t")
    assert changed != page
    assert reading(changed).posts == reading(page).posts


def test_a_question_without_a_date_is_kept_with_a_warning(reading: Read) -> None:
    read = reading(re.sub(r"(<h1.*?)<span class=\"smallcopy\">.*?</h1>", r"\1</h1>", pages.classic(THREAD), flags=re.DOTALL))
    assert (read.question.title, read.question.written) == (THREAD.title, None)
    assert read.question.warnings == ("the page shows no date for its question",)
    assert [answer.written for answer in read.answers] == [utc(answer.written) for answer in THREAD.answers]


def test_answers_without_their_question_are_kept_with_a_warning(reading: Read) -> None:
    page = pages.classic(THREAD)
    start, end = page.index('<div class="copy">'), page.index('<div class="copy" style')
    read = reading(page[:start] + page[end:])
    assert (read.question.title, read.question.body, read.question.votes) == (THREAD.title, "", None)
    assert read.question.warnings == ("the page has answers and no question",)
    assert [replace(post, best=None) for post in read.answers] == [replace(post, best=None) for post in reading(page).answers]


# --- Votes, best answers, dates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "votes"),
    [
        ("[1 favorite]", 1),
        ("[15 favorites +] [!]", 15),
        ("[+] [!]", 0),
        ("[has favorites +] [!]", None),
        ("", 0),
        ("[<a href='/favorited/4/2876001'>3 favorites</a>]", 3),
        ("[<a href='/favorited/4/2876001' title='7 users marked this as favorite'>♥</a>]", 7),
        ("[2 favorites] [a control of tomorrow] [!]", 2),
        ("[2 favorites, 1 today]", None),
        ("[a control of tomorrow]", 0),
    ],
)
def test_favorites_of_an_answer(clause: str, votes: int | None, reading: Read) -> None:
    page = pages.modern(THREAD).replace('<span id="favcnt42876001"></span>', clause)
    read = reading(page)
    assert (read.answers[0].votes, read.answers[0].author) == (votes, THREAD.answers[0].author)


def early(year: int, month: int, votes: int = 0) -> pages.Thread:
    shift = datetime(year, month, 9, 10, 0) - ASKED
    answers = tuple(replace(answer, written=answer.written + shift, favorites=0, best=False) for answer in THREAD.answers)
    return replace(THREAD, asked=ASKED + shift, favorites=votes, answers=answers)


def test_no_favorites_is_unknown_before_the_site_had_any(reading: Read) -> None:
    for skin in SKINS.values():
        assert {post.votes for post in reading(skin(early(2006, 4))).posts} == {None}
        assert {post.votes for post in reading(skin(early(2006, 6))).posts} == {0}
        late = early(2006, 4, votes=2)
        assert [post.votes for post in reading(skin(late)).posts] == [2, 0, 0, 0, 0, 0]


def test_no_best_answer_is_unknown_before_the_site_had_any(reading: Read) -> None:
    for skin in SKINS.values():
        assert {post.best for post in reading(skin(early(2005, 1))).answers} == {None}
        assert {post.best for post in reading(skin(early(2005, 2))).answers} == {False}
        thread = early(2005, 1)
        thread = replace(thread, answers=(replace(thread.answers[0], best=True), *thread.answers[1:]))
        assert [post.best for post in reading(skin(thread)).answers] == [True, False, False, False, False]


def test_a_clock_of_24_hours_is_read(reading: Read) -> None:
    page = re.sub(r">9:(\d\d) PM</a>", r">21:\1</a>", pages.classic(THREAD))
    assert ">21:17</a>" in page
    assert reading(page).posts == reading(pages.classic(THREAD)).posts


def test_years_left_out_are_those_of_the_capture(reading: Read) -> None:
    for skin in SKINS.values():
        assert reading(skin(THREAD, current_year=2011)).posts == reading(skin(THREAD)).posts
        late = replace(THREAD.answers[-1], written=datetime(2012, 4, 5, 6, 7))
        thread = replace(THREAD, answers=(*THREAD.answers[:-1], late))
        assert reading(skin(thread, current_year=2012)).posts == reading(skin(thread)).posts
        eve = replace(THREAD.answers[-1], written=datetime(2012, 12, 5, 6, 7))
        thread = replace(THREAD, answers=(*THREAD.answers[:-1], eve))
        saved = pages.wayback(skin(thread, current_year=2012), thread, datetime(2012, 12, 24, tzinfo=UTC))
        assert [post.written for post in reading(saved).posts] == [post.written for post in reading(skin(thread)).posts]


def test_a_deleted_thread_is_kept_with_the_reason(reading: Read) -> None:
    reason = '<p class="reason">This post was deleted for the following reason: not a question -- cortex</p>'
    expected = reading(pages.modern(THREAD)).posts
    for place in ('<div class="copy" id=', '<div class="miseperator">'):
        read = reading(pages.modern(THREAD).replace(place, reason + place))
        assert read.question.warnings == ("This post was deleted for the following reason: not a question -- cortex",)
        assert [replace(post, warnings=()) for post in read.posts] == expected


# --- Encodings --------------------------------------------------------------------------------------------------------------


# As browsers have it: the five bytes that windows-1252 leaves open are control characters.
_WINDOWS_1252 = [bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(256)]


def test_any_encoding_gives_the_same_posts(reading: Read) -> None:
    page = pages.classic(THREAD).replace("&copy;", "©")
    expected = reading(page).posts
    assert "L’Oréal" in expected[2].body
    for content in (
        page.encode("cp1252"),
        b"\xef\xbb\xbf" + page.encode(),
        page.encode("utf-16"),
        page.encode().decode("latin-1").encode(),
        "".join(_WINDOWS_1252[byte] for byte in page.encode()).encode(),
        page.replace("<head>", "<head><meta charset=windows-1252>").encode("cp1252"),
        page.replace("<head>", "<head><meta charset=nonsense>").encode("cp1252"),
    ):
        assert reading(content).posts == expected


def test_one_bad_byte_does_not_spoil_a_page(reading: Read) -> None:
    page = pages.classic(THREAD).encode().replace(b"Thanks so far!", b"Thanks \x92so far!")
    answers = reading(page).answers
    assert "L’Oréal" in answers[1].body
    assert answers[2].body == "<p>Thanks \ufffdso far!</p>"


def test_misread_text_is_repaired_only_as_a_whole() -> None:
    assert repaired("L’Oréal".encode().decode("latin-1")) == "L’Oréal"
    assert repaired("L’Oréal".encode().decode("cp1252")) == "L’Oréal"
    mixed = "â€™ is a misread ’"
    assert repaired(mixed) == mixed
    assert repaired("déjà vu à Genève") == "déjà vu à Genève"


# --- Pages that are no threads -----------------------------------------------------------------------------------------------

_HEAD = '<!DOCTYPE html><html><head><title>{} | MetaFilter</title></head><body class="subsite-mefi">{}</body></html>'


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (_HEAD.format("Login", "<p>You need to be logged in to see this.</p>"), "a login page"),
        ("<html><head><title>Just a moment...</title></head><body>Checking ask.metafilter.com</body></html>", "Cloudflare"),
        ("<html><head><title>Attention Required! | Cloudflare</title></head><body>metafilter.com</body></html>", "Cloudflare"),
        (
            "<html><head><title>500 - ColdFusion error</title></head><body>ask.metafilter.com</body></html>",
            "error page of the server",
        ),
        (_HEAD.format("Page not found", "<p>No such thing</p>"), "nothing was found"),
        ('<html><head><title>MetaFilter</title></head><frameset><frame src="a.html"></frameset></html>', "a frameset"),
        (
            "<!-- saved from url=(0037)https://www.metafilter.com/user/17564 --><html><body><h1>profile</h1></body></html>",
            "a user's page",
        ),
        (
            "<!-- saved from url=(0035)https://ask.metafilter.com/tags/cat --><html><body><h2>cat</h2></body></html>",
            "a page of a tag",
        ),
        (_HEAD.format("Front", '<h2 class="posttitle">One</h2><div class="copy post">Text</div>'), "front or index page"),
        (_HEAD.format("About", "<p>About us</p>"), "no question and no answers"),
        (
            "<!-- saved from url=(0028)https://ask.metafilter.com/5 --><html><body>"
            + "".join(
                f'<div class="comments">Text<br><span class="smallcopy">posted by <a href="/user/1">x</a> at '
                f'<a href="/{n}/s#{n}{n}">1:00 PM</a> on May 1, 2012</span></div>'
                for n in (81, 82)
            ),
            "a list of comments",
        ),
    ],
)
def test_other_pages_are_refused_by_name(page: str, reason: str, reading: Read) -> None:
    with pytest.raises(NotAThread, match=reason):
        reading(page)


def test_a_thread_page_without_its_thread_is_damaged(reading: Read) -> None:
    page = pages.classic(THREAD)
    with pytest.raises(DamagedArchive, match="cut off before"):
        reading(page[: page.index("<body")])


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><title>A blog about MetaFilter</title></head><body>see <a href='https://ask.metafilter.com/5/x'>this</a></body></html>",
        "<!-- saved from url=(0019)https://example.org/ --><html><body><div class='comments'>posted by me</div></body></html>",
        "<html><head><title>Not found</title></head><body>nothing</body></html>",
        "plain text about | Ask MetaFilter",
        "",
    ],
)
def test_other_sites_are_not_recognised(page: str) -> None:
    assert not metafilter_html.recognises(page.encode())


@pytest.mark.parametrize(
    "piece", ["\n", "<link rel=", "<meta ", "<title> ", "<title>not found ", "saved from url=(1)", "<body ", "url:", "<!-- "]
)
def test_a_head_of_anything_is_judged_at_once(piece: str) -> None:
    started = time.monotonic()
    metafilter_html.recognises(("<html>metafilter" + piece * 66_000).encode()[:65_536])
    assert time.monotonic() - started < PATIENCE


def test_marks_of_every_kind_are_recognised() -> None:
    for skin in SKINS.values():
        for tool in TOOLS.values():
            assert metafilter_html.recognises(tool(skin(THREAD), THREAD).encode()[:65_536])
    for page in (
        f"<!doctype html><html><head><link href={pages.SITE}/5/x rel=canonical>",
        '<html><head><meta property="og:url" content="https://ask.metafilter.com/5/x">',
        "<html><head><title>Why? | Ask MetaFilter</title>",
        '<html><body class="subsite-askmefi thread">',
        '<div class="copy"><h1 class=posttitle>Why?</h1><span class=smallcopy>',
        "<html><head><style>.smallcopy{} .whitesmallcopy{}" + "x" * 65_000,
    ):
        assert metafilter_html.recognises(page.encode()), page[:80]


# --- Cut, mutated and hostile pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["as sent", "browser", "singlefile", "wayback"])
@pytest.mark.parametrize("skin", SKINS)
def test_a_page_cut_anywhere_gives_a_beginning_or_a_named_refusal(skin: str, tool: str, reading: Read) -> None:
    content = TOOLS[tool](SKINS[skin](THREAD), THREAD).encode()
    whole = reading(content).posts
    lengths = set()
    for end in {
        *range(200, len(content), len(content) // 150),
        *(found.end() for found in re.finditer(rb"posted by", content)),
    }:
        if tool == "singlefile" and end < 81_000:
            continue
        try:
            found = reading(content[:end])
        except ArchiveError:
            continue
        question, *answers = found.posts
        lengths.add(len(answers))
        assert question.id == whole[0].id
        assert len(answers) == len(whole) - 1 or found.report.warnings, f"cut at {end}"
        for position, (answer, expected) in enumerate(zip(answers, whole[1:], strict=False)):
            if answer.author is None:
                assert position == len(answers) - 1
                assert answer.id == expected.id
                assert answer.warnings
                assert markup.prose(expected.body).startswith(markup.prose(answer.body)[:-12])
            else:
                assert replace(answer, captured=None) == replace(expected, captured=None), f"cut at {end}"
        if question.author is not None:
            assert (question.body, question.votes, question.category) == (whole[0].body, whole[0].votes, whole[0].category)
    assert lengths >= set(range(len(THREAD.answers) + 1))


_SHARDS = st.sampled_from(
    [
        "<div>",
        "</div>",
        '<div class="comments">',
        '<div class="copy">',
        "<em>",
        "</span>",
        '<span class="smallcopy">',
        "<!--",
        "-->",
        "<script>",
        "<svg>",
        "<table><tr>",
        '"',
        "'",
        "<",
        ">",
        "&#0;",
        "\0",
        "\ud7ff",
        '<a name="1">',
        '<a href="http://[bad">',
        '<a href="/web/2013/',
        "<h1 class=posttitle>",
        "posted by x at 3:00 PM on May 1",
        "<base href='javascript:x'>",
        "<frameset>",
        "</html>",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_mutated_pages_give_posts_or_a_named_refusal(data: st.DataObject, tmp_path: Path) -> None:
    skin = data.draw(st.sampled_from(sorted(SKINS)))
    tool = data.draw(st.sampled_from(sorted(set(TOOLS) - {"singlefile", "wayback, then singlefile"})))
    page = TOOLS[tool](SKINS[skin](THREAD), THREAD)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(page)))
        length = data.draw(st.sampled_from([0, 0, 1, 5, 40, 400]))
        page = page[:place] + data.draw(st.one_of(_SHARDS, st.text(max_size=8))) + page[place + length :]
    content = page.encode(data.draw(st.sampled_from(["utf-8", "cp1252", "utf-16"])), errors="replace")
    file = tmp_path / "page"
    file.write_bytes(content)
    try:
        posts = list(metafilter_html.read(Source(file), Report()))
    except ArchiveError:
        return
    assert posts[0].kind == "question"
    assert len({post.id for post in posts}) == len(posts)
    for post in posts:
        _assert_safe(post.body)


def _assert_safe(body: str) -> None:
    assert markup.clean(body, collapse=False) == body
    for tag in re.findall(r"<[^>]*>", body):
        assert re.fullmatch(
            r"</?[a-z0-9]+>|<a(?: href=\"(?:https?:|mailto:|#)[^\"]*\")?(?: rel=\"[a-z ]*\")?>|<(?:abbr|acronym)(?: title=\"[^\"]*\")?>",
            tag,
        ), tag
        assert not re.match(r"</?(?:script|style|img|iframe|svg|form|input|link|meta|object|embed|span|div)\b", tag), tag


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '<b onclick="alert(1)" style="x" id="y" class="z">bold</b>',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java&#9;script:alert(1)">x</a>',
        '<a href=" &#1;javascript:alert(1)">x</a>',
        '<a href="/web/20130101000000/javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<a href="vbscript:x" onmouseover="x">x</a>',
        '<img src="http://example.org/x.gif" onerror="alert(1)" alt="a picture">',
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        "<style>@import 'x'</style><iframe src=x></iframe><object data=x></object>",
        '<form action="x"><input name="y"><button>go</button></form>',
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
        '<template><script>alert(1)</script></template><base href="javascript:x">',
    ],
)
@pytest.mark.parametrize("tool", TOOLS)
def test_nothing_that_runs_survives(attack: str, tool: str, reading: Read) -> None:
    page = TOOLS[tool](pages.modern(THREAD).replace("Feed it later.", f"Feed {attack} it later."), THREAD)
    body = reading(page).answers[0].body
    _assert_safe(body)
    assert markup.prose(body).startswith("Feed")
    assert markup.prose(body).endswith("it later.")


@pytest.mark.parametrize(
    "page",
    [
        '<div class="comments">x<em><b>' * 20_000,
        '<a name="1"></a><div class="comments">x<span class="smallcopy">posted by ' * 10_000,
        "<b>" * 100_000 + "x",
        "<!-- " * 200_000,
        '<a "' * 200_000,
        "<p class=reason>" * 50_000,
        "&amp;" * 100_000,
        "x " * 3_000_000,
    ],
)
def test_hostile_pages_take_linear_time(page: str, reading: Read) -> None:
    whole = pages.classic(THREAD)
    started = time.monotonic()
    for place in ("Feed it later.", '<p class="copy whitesmallcopy"'):
        assert reading(whole.replace(place, page + place, 1)).posts
    assert time.monotonic() - started < PATIENCE


def test_ten_thousand_answers(reading: Read) -> None:
    answers = tuple(
        Answer(author=f"user {n % 700}", written=at(n), number=2876000 + n, body=f"Answer {n}.") for n in range(10_000)
    )
    started = time.monotonic()
    read = reading(pages.modern(replace(THREAD, answers=answers)))
    assert [post.id.rpartition("/")[2] for post in read.answers] == [str(answer.number) for answer in answers]
    assert time.monotonic() - started < PATIENCE


# --- Where and when a page was saved, and its links ----------------------------------------------------------------------------


def test_marks_of_the_tools() -> None:
    assert provenance([" saved from url=(0014)about:internet "]) == Provenance()
    assert provenance(["\n Page saved with SingleFile \n url: https://a.org/x \n saved date: nonsense\n"]) == Provenance(
        "https://a.org/x"
    )
    dated = (
        "\n Archive processed by SingleFile \n url: https://a.org/x \n saved date: Wed Aug 07 2019 08:05:04 GMT+0200 (CEST)\n"
    )
    assert provenance([dated]) == Provenance("https://a.org/x", SAVED)
    assert provenance(
        [" Mirrored from a.org/x.html by HTTrack Website Copier/3.x [XR&CO'2014], Wed, 07 Aug 2019 06:05:04 GMT "]
    ) == Provenance("https://a.org/x.html", SAVED)
    assert provenance(["saved from url=(0099)https://web.archive.org/web/20190807060504/http://a.org/"]) == Provenance(
        "http://a.org/", SAVED, True
    )


@pytest.mark.parametrize(
    ("href", "original"),
    [
        ("/user/1", "https://ask.metafilter.com/user/1"),
        ("#5", "https://ask.metafilter.com/7/Slug#5"),
        ("../user/1.html", "https://ask.metafilter.com/user/1"),
        ("../../www.metafilter.com/user/1.html", "https://www.metafilter.com/user/1"),
        ("../index.html", "https://ask.metafilter.com/"),
        ("Slug.html#5", "https://ask.metafilter.com/7/Slug#5"),
        ("//example.org/a", "https://example.org/a"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("https://web.archive.org/web/2005/http://example.org/", "https://web.archive.org/web/2005/http://example.org/"),
        ("http://[bad", None),
        ("x" * 5_000, None),
        ("", None),
    ],
)
def test_links_are_turned_back(href: str, original: str | None) -> None:
    page = "https://ask.metafilter.com/7/Slug"
    assert original_link(href, page, Provenance(page)) == original
    if original and not href.startswith(("#", "../", "https://web", "Slug", "mailto")):
        archived = Provenance(page, SAVED, True)
        assert original_link(f"/web/20190807060504/{original}", page, archived) == original
        assert original_link(f"https://web.archive.org/web/20190807060504/{original}", page, archived) == original


# --- Authored threads ----------------------------------------------------------------------------------------------------------

AUTHORED = """\
title: My cat wakes me up. Help?
category: Pets & Animals
tags: cat, sleep
asker: sleepless
date: 2011-02-03 21:14
favorites: 14
---
A teaser.
+++
The story.

More.
=== author: quilted; date: 2011-02-03 21:31; favorites: 12; best
Paragraphs &amp; <em>more</em>.

Two.
=== author: taz-ish; date: 2011-02-04 08:05; staff
Another.
"""


def test_authored_threads_are_parsed() -> None:
    thread = pages.parse_authored(AUTHORED, 177001, 2550000)
    assert (thread.title, thread.category, thread.tags) == ("My cat wakes me up. Help?", "Pets & Animals", ("cat", "sleep"))
    assert (thread.above, thread.below, thread.favorites) == ("A teaser.", "The story.\n\nMore.", 14)
    first, second = thread.answers
    assert (first.author, first.favorites, first.best, first.staff, first.number) == ("quilted", 12, True, False, 2550000)
    assert first.body == "Paragraphs &amp; <em>more</em>.\n\nTwo."
    assert (second.written, second.best, second.staff) == (datetime(2011, 2, 4, 8, 5), False, True)
    assert second.number > first.number


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("category: Pets & Animals", "category: Pets", 2),
        ("tags:", "tag:", 3),
        ("tags: cat, sleep", "title: again", 3),
        ("date: 2011-02-03 21:14", "date: yesterday", 1),
        ("2011-02-03 21:31", "2011-02-03 21:00", 13),
        ("2011-02-04 08:05", "2011-02-03 21:30", 17),
        ("; best", "; worst", 13),
        ("favorites: 12", "favorites: many", 13),
        ("author: quilted; ", "", 13),
        ("&amp;", "&", 14),
        ("<em>more</em>", "<em>more", 14),
        ("<em>more</em>", "<img src=x>", 14),
        ("Another.\n", "", 18),
        ("---\n", "", 1),
    ],
)
def test_slips_in_authored_threads_are_named_by_line(old: str, new: str, line: int) -> None:
    assert old in AUTHORED
    with pytest.raises(ValueError, match=rf"^line {line}: "):
        pages.parse_authored(AUTHORED.replace(old, new), 1, 1)
