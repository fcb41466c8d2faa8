"""The reader of plain-text copies of MetaFilter threads: the seed to the letter, then every rule with a thread of its own."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import PATIENCE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import markup
from indexer.archives import metafilter_text as reader
from indexer.archives.source import Report, Source
from indexer.errors import ArchiveError, DamagedArchive, NotAThread
from indexer.thread import Post

Reading = tuple[list[Post], Report]
Read = Callable[[str | bytes], Reading]

HEADER = "How do I carry a canoe alone?\nMay 4, 2011 9:00 AM \u00a0 Subscribe\n\n"
QUESTION = HEADER + "It is long and I am short.\n\nWhat would you do?\n"
ASKED = "posted by paddle to Sports, Hobbies, & Recreation ({} total) 4 users marked this as a favorite\n"
FOOTER = "« Older Which glue?   |   Whose key is this? Newer »\nThis thread is closed to new comments.\n"


def thread(*answers: tuple[str, str], count: str | None = None, footer: str = FOOTER, question: str = QUESTION) -> str:
    """A text copy with these answers, each a body and what follows `posted by ` in its byline."""
    count = count or f"{len(answers)} answer{'' if len(answers) == 1 else 's'}"
    return question + ASKED.format(count) + "".join(f"{body}\nposted by {by}\n\n" for body, by in answers) + footer


YOKE = ("Buy a yoke. It rests on the shoulders.", "heron at 9:30 AM on May 4, 2011 [2 favorites]")
CART = ("A cart with two wheels.\n\nMine folds up.", "otter at 10:05 AM on May 4, 2011")
FRIEND = ("Ask whoever stands at the landing.", "heron at 8:00 PM on May 4, 2011 [1 favorite]")
SLED = ("I drag mine over the grass.", "stoat at 7:15 AM on May 5, 2011")
ROOF = ("Leave it on the car until the water.", "newt at 7:45 AM on May 5, 2011")
ALL = (YOKE, CART, FRIEND, SLED, ROOF)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(content: str | bytes) -> Reading:
        path = tmp_path / "copy.txt"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        report = Report()
        return list(reader.read(Source(path), report)), report

    return run


def said(posts: list[Post]) -> list[tuple[str | None, str]]:
    """Who said what, as prose, without the question."""
    return [(post.author, markup.prose(post.body)) for post in posts if post.kind != "question"]


def expected(*answers: tuple[str, str]) -> list[tuple[str, str]]:
    return [(by.partition(" at ")[0], body) for body, by in answers]


# --- The seed ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seed(shared: Path) -> bytes:
    return (shared / "seeds" / "ask-metafilter-2008-interview.txt").read_bytes()


@pytest.fixture(scope="module")
def truth(shared: Path):
    return json.loads((shared / "seeds" / "EXPECTED.json").read_text("utf-8"))


def digest(post: Post) -> str:
    return hashlib.sha256(markup.prose(post.body).encode()).hexdigest()


def test_seed_is_read_exactly(seed, truth, read):
    (question, *answers), report = read(seed)
    wanted = truth["question"]
    assert report == Report()
    assert question.kind == "question"
    assert (question.title, question.author, question.anonymous) == (
        wanted["title"],
        wanted["asker"],
        wanted["asker_is_anonymous"],
    )
    assert (question.category, question.votes, question.tags) == (wanted["category"], wanted["favorites"], ())
    assert question.written == datetime.fromisoformat(wanted["posted_at"])
    assert question.site == truth["source"]["site"]
    assert digest(question) == wanted["body"]["sha256"]
    assert (question.url, question.best, question.warnings) == (None, None, ())
    assert len(answers) == len(truth["answers"]) == wanted["answers_total"]
    for position, (answer, expect) in enumerate(zip(answers, truth["answers"], strict=True), 1):
        assert (answer.author, answer.votes, answer.best) == (expect["author"], expect["favorites"], expect["is_best"])
        assert answer.written == datetime.fromisoformat(expect["posted_at_utc"])
        assert digest(answer) == expect["body"]["sha256"]
        assert answer.kind == ("relay" if expect["is_moderator_relay"] else "answer")
        assert (answer.position, answer.url, answer.warnings, answer.thread_id) == (position, None, (), question.id)
    assert len({post.id for post in answers}) == len(answers)


@pytest.mark.parametrize(
    "changed",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.decode().encode("utf-16-be"),
        lambda data: data.decode().encode("cp1252"),
        lambda data: data + b"\n\n \n",
        lambda data: b"\n\xc2\xa0\n" + data,
        lambda data: b"\n".join(b"    " + line for line in data.split(b"\n")),
        lambda data: b"\n".join((b"> " + line).rstrip() for line in data.split(b"\n")),
        lambda data: data.replace(b"\n\n", b"\n\xc2\xa0\n"),
        lambda data: data.replace("\u00a0 Subscribe".encode(), b""),
    ],
    ids=[
        "crlf",
        "cr",
        "bom",
        "utf-16",
        "bare-utf-16-be",
        "cp1252",
        "blank-end",
        "blank-start",
        "indented",
        "quoted",
        "nbsp",
        "amp",
    ],
)
def test_seed_in_other_dress_is_the_same(seed, read, changed):
    assert read(changed(seed)) == read(seed)


def test_seed_with_wrong_letters_is_repaired(seed, read):
    posts, report = read(seed.decode().encode().decode("cp1252").encode())
    assert posts == read(seed)[0]
    assert len(report.warnings) == 1


def test_seed_cut_anywhere_is_a_prefix_or_a_named_refusal(seed, read):
    whole, _ = read(seed)
    line_ends = [at + more for at, byte in enumerate(seed) if byte == 10 for more in (0, 1)]
    bracket = seed.index(b"[3 favorites]")
    cuts = {*range(0, len(seed), 97), *line_ends, *range(bracket - 20, bracket + 15), *range(len(seed) - 150, len(seed) - 95)}
    refused = 0
    for cut in sorted(cuts):
        try:
            (question, *answers), _ = read(seed[:cut])
        except ArchiveError:
            refused += 1
            continue
        finished = [answer for answer in answers if not answer.warnings]
        assert finished == whole[1 : len(finished) + 1], cut
        assert len(answers) - len(finished) <= 1
        assert (question.id, question.body, question.author) == (whole[0].id, whole[0].body, whole[0].author)
        assert question.warnings or len(finished) == 16
    # Without the whole byline of the question nothing can be had, and with it everything up to the cut.
    border = seed.index(b"\n", seed.index(b" total)"))
    assert refused < sum(cut < border for cut in cuts) + 1
    assert refused >= sum(cut < border - 60 for cut in cuts)


def test_seed_is_recognised_by_content(seed):
    assert reader.recognises(seed)
    assert reader.recognises(seed[:3000])
    assert not reader.recognises(seed[:2000])


# --- Whole threads -------------------------------------------------------------------------------------------------


def test_a_thread(read):
    (question, *answers), report = read(thread(*ALL))
    assert report == Report()
    assert (question.title, question.author, question.votes) == ("How do I carry a canoe alone?", "paddle", 4)
    assert question.category == "Sports, Hobbies, & Recreation"
    assert question.body == "<p>It is long and I am short.</p><p>What would you do?</p>"
    assert said(answers) == expected(*ALL)
    assert [answer.votes for answer in answers] == [2, 0, 1, 0, 0]
    assert answers[0].written == datetime(2011, 5, 4, 16, 30, tzinfo=UTC)


def test_no_answers(read):
    posts, report = read(thread(count="0 answers"))
    assert len(posts) == 1
    assert report == Report()
    assert len(read(QUESTION + "posted by paddle to Shopping (no answers)\n")[0]) == 1


def test_one_answer_in_the_singular(read):
    posts, report = read(thread(("Rope.", "elk at 9:30 AM on May 4, 2011 [1 favorite]")))
    assert said(posts) == [("elk", "Rope.")]
    assert posts[1].votes == 1
    assert report == Report()


@pytest.mark.parametrize(
    "header",
    [
        "How do I carry a canoe alone? May 4, 2011 9:00 AM Subscribe\n\n",
        "How do I carry a canoe alone? | Ask MetaFilter\nMay 4, 2011 9:00 AM\n",
        "\n\nHow do I carry a canoe alone?\n\nMay 4, 2011 09:00\n",
        "Ask MetaFilter\n\nHow do I carry a canoe alone?\nMay 4, 2011 9:00 AM RSS feed Subscribe\n",
    ],
)
def test_other_headers(read, header):
    posts, _ = read(thread(*ALL, question=header + "It is long and I am short.\n\nWhat would you do?\n"))
    assert posts == read(thread(*ALL))[0]


def test_title_with_a_date_of_its_own(read):
    title = "What was that light on May 1, 2011 8:00 PM"
    for header in (f"{title}\nMay 4, 2011 9:00 AM Subscribe\n", f"{title} May 4, 2011 9:00 AM Subscribe\n"):
        question = read(header + "I saw it.\n" + ASKED.format("0 answers"))[0][0]
        assert question.title == title
        assert question.written == datetime(2011, 5, 4, 16, tzinfo=UTC)


def test_date_of_a_later_line_is_the_question_s_own_text(read):
    text = "How long?\nMay 4, 2011 9:00 AM\n\nIt began on\nMay 1, 2011 8:00 PM\nand goes on.\n"
    question = read(text + ASKED.format("0 answers"))[0][0]
    assert question.written == datetime(2011, 5, 4, 16, tzinfo=UTC)
    assert "May 1, 2011" in question.body


def test_controls_of_logged_in_readers(read):
    answers = [
        ("Push it.", "elk at 9:30 on May 4, 2011 [15 favorites +] [!]"),
        ("Pull it.", "emu at 9:40 on May 4, 2011 [has favorites +] [!]"),
        ("Leave it.", "eel at 16:50 on May 4, 2011 [+] [!]"),
    ]
    posts, _ = read(thread(*answers))
    assert [post.votes for post in posts[1:]] == [15, None, 0]
    assert posts[3].written == datetime(2011, 5, 4, 23, 50, tzinfo=UTC)


def test_years_left_out(read):
    text = thread(("Rope.", "elk at 9:30 AM on December 31, 2018"), ("Tape.", "emu at 9:30 AM on January 2"))
    posts, report = read(text.replace("May 4, 2011", "December 30, 2018"))
    assert [post.written and post.written.year for post in posts] == [2018, 2018, 2019]
    assert report == Report()


def test_relay_and_moderator_s_note(read):
    text = thread(
        ('update from the OP: "It is aluminium."', "elk at 9:30 AM on May 4, 2011"),
        ("[A few comments removed, carry on.]", "jessamyn at 9:40 AM on May 4, 2011"),
        ("Best answer: Sell it.", "emu at 9:50 AM on May 4, 2011"),
        ("Response by poster: I will.", "eel at 9:55 AM on May 4, 2011"),
    ).replace("posted by paddle", "posted by anonymous")
    posts, _ = read(text)
    assert posts[0].anonymous
    assert [post.kind for post in posts[1:]] == ["relay", "modnote", "answer", "answer"]
    assert [post.best for post in posts[1:]] == [None, None, True, None]
    assert said(posts)[2:] == [("emu", "Sell it."), ("eel", "I will.")]


def test_fold_marker_is_no_text(read):
    question = read(thread(YOKE, question=QUESTION.replace("\n\nWhat", "\n[more inside]\n\nWhat")))[0][0]
    assert question.body == "<p>It is long and I am short.</p><p>What would you do?</p>"


def test_other_parts_of_the_site(read):
    posts, _ = read(thread(*ALL).replace("(5 answers total)", "(5 comments total)"))
    assert {post.site for post in posts} == {"www.metafilter.com"}


def test_names_with_the_byline_s_own_words(read):
    text = thread(("Yes.", "at at 9:30 AM on May 4, 2011"), ("No.", "back to (staff) bed at 9:40 AM on May 4, 2011"))
    posts, _ = read(text.replace("posted by paddle to", "posted by on to off to"))
    assert [post.author for post in posts] == ["on to off", "at", "back to (staff) bed"]


def test_ids_are_those_of_every_copy(read):
    posts, _ = read(thread(*ALL))
    later, _ = read(thread(*ALL[:1], *ALL[2:], ("Sink it.", "gnu at 8:00 AM on May 5, 2011"), count="5 answers"))
    assert later[0].id == posts[0].id
    assert [post.id for post in later[1:5]] == [posts[place].id for place in (1, 3, 4, 5)]


def test_several_threads_in_a_file(read):
    other = (
        "Which glue?\nMay 3, 2011 1:00 PM Subscribe\n\nFor oak.\nposted by adze to Home & Garden (1 answer total)\nHide glue.\n"
    )
    other += "posted by elk at 2:00 PM on May 3, 2011\n\n"
    posts, report = read(thread(*ALL) + "\n" + other + FOOTER + thread(count="0 answers", footer="").replace("canoe", "piano"))
    titles = [post.title for post in posts if post.kind == "question"]
    assert titles == ["How do I carry a canoe alone?", "Which glue?", "How do I carry a piano alone?"]
    assert said([post for post in posts if post.thread_id == posts[6].id]) == [("elk", "Hide glue.")]
    assert report == Report()


# --- Bylines that are quoted ---------------------------------------------------------------------------------------


def test_quoted_byline_above_an_answer_s_own(read):
    quoting = ("otter says it.\n\nposted by otter at 10:05 AM on May 4, 2011", "crow at 8:00 AM on May 5, 2011")
    for answer in (quoting, (quoting[0] + "\n\n\u00a0", quoting[1])):
        posts, report = read(thread(*ALL, answer))
        assert [author for author, _ in said(posts)] == ["heron", "otter", "heron", "stoat", "newt", "crow"]
        assert "posted by otter" in posts[6].body
        assert report == Report()


def test_quoted_byline_with_text_right_below(read):
    quoting = ("Ha!\nposted by gnu at 7:50 AM on May 5, 2011\nThat was well said.", "crow at 8:00 AM on May 5, 2011")
    posts, report = read(thread(*ALL, quoting))
    assert said(posts) == expected(*ALL, quoting)
    assert report == Report()


def test_copies_without_blank_lines_keep_their_answers(read):
    posts, _ = read(thread(*ALL, footer="").replace("\n\n", "\n"))
    assert [author for author, _ in said(posts)] == ["heron", "otter", "heron", "stoat", "newt"]


@pytest.mark.parametrize(
    "quoted",
    [
        "gnu at 7:50 on May 5, 2011",
        "gnu at 7:50 AM on May 5",
        "gnu at 7:50 AM on May 5, 2011 [has favorites +] [!]",
    ],
    ids=["clock", "year", "controls"],
)
def test_quoted_byline_in_another_style(read, quoted):
    quoting = (f"Ha!\nposted by {quoted}\n\nThat was well said.", "crow at 8:00 AM on May 5, 2011")
    posts, report = read(thread(*ALL, quoting))
    assert said(posts) == expected(*ALL, quoting)
    assert report == Report()


def test_quoted_byline_without_the_controls_of_the_page(read):
    quoting = ("Ha!\nposted by gnu at 7:50 AM on May 5, 2011\n\nThat was well said.", "crow at 8:00 AM on May 5, 2011 [+] [!]")
    plain = [(body, by.partition(" [")[0] + " [+] [!]") for body, by in ALL]
    assert said(read(thread(*plain, quoting))[0]) == expected(*plain, quoting)


def test_quoted_byline_older_than_the_question(read):
    quoting = ("Ha!\nposted by gnu at 7:50 AM on May 1, 2011\n\nThat was well said.", "elk at 9:20 AM on May 4, 2011")
    posts, report = read(thread(quoting, *ALL))
    assert said(posts) == expected(quoting, *ALL)
    assert report == Report()


def test_answers_of_another_time_zone_are_kept(read):
    posts, report = read(thread(*ALL).replace("May 4, 2011 9:00 AM", "May 6, 2011 9:00 AM"))
    assert len(posts) == 6
    assert "zone" in report.warnings[0]


def test_quoted_byline_under_the_words_that_it_belongs_to(read):
    quoting = (
        "“A cart with two wheels.\n\nMine folds up.”\nposted by otter at 10:05 AM on May 4, 2011\n\nNot mine.",
        "crow at 10:05 AM on May 4, 2011",
    )
    posts, report = read(thread(YOKE, CART, quoting, FRIEND))
    assert said(posts) == expected(YOKE, CART, quoting, FRIEND)
    assert report == Report()


def test_two_answers_in_one_minute_are_two(read):
    again = ("And it floats.", CART[1])
    posts, report = read(thread(YOKE, CART, again, FRIEND))
    assert said(posts) == expected(YOKE, CART, again, FRIEND)
    assert len({post.id for post in posts}) == 5
    assert report == Report()


def test_quoted_byline_out_of_the_order_of_time(read):
    quoting = ("Two wheels?\nposted by otter at 10:05 AM on May 4, 2011\n\nNot mine.", "crow at 8:00 AM on May 5, 2011")
    posts, report = read(thread(*ALL, quoting))
    assert said(posts) == expected(*ALL, quoting)
    assert report == Report()


def test_last_byline_before_the_footer_is_kept_though_out_of_order(read):
    late = ("Rope.", "elk at 9:40 AM on May 4, 2011")
    posts, _ = read(thread(YOKE, CART, late))
    assert said(posts)[-1][0] == "elk"


def test_quoted_byline_in_an_answer_that_is_cut_off(read):
    text = thread(*ALL, count="9 answers", footer="") + "Two wheels?\nposted by otter at 10:05 AM on May 4, 2011\n\nNot mi"
    posts, _ = read(text)
    assert said(posts)[:5] == expected(*ALL)
    assert posts[6].author is None
    assert "posted by otter" in posts[6].body


def test_count_settles_what_is_doubtful(read):
    twice = ("And it floats.", CART[1])
    assert len(read(thread(YOKE, CART, twice, FRIEND, count="3 answers"))[0]) == 4
    posts, report = read(thread(YOKE, CART, twice, FRIEND, count="2 answers"))
    assert len(posts) == 5
    assert len(report.warnings) == 2


def test_answers_of_a_picture_only_are_kept_where_the_count_says_so(read):
    picture = ("", "gnu at 7:20 AM on May 5, 2011")
    posts, report = read(thread(YOKE, CART, FRIEND, SLED, picture, ROOF))
    assert said(posts) == expected(YOKE, CART, FRIEND, SLED, picture, ROOF)
    assert report == Report()


def test_question_that_quotes_an_older_answer(read):
    quoting = QUESTION + "Ha!\nposted by gnu at 7:50 AM on May 1, 2011\n\nBut how?\n"
    posts, report = read(thread(*ALL, question=quoting))
    assert posts[0].author == "paddle"
    assert "posted by gnu" in posts[0].body
    assert said(posts) == expected(*ALL)
    assert report == Report()


def test_question_that_quotes_another_question(read):
    quoting = QUESTION + "posted by gnu to Shopping (40 answers total)\n\nBut how?\n"
    posts, report = read(thread(*ALL, question=quoting))
    assert posts[0].author == "paddle"
    assert said(posts) == expected(*ALL)
    assert report == Report()
    _, report = read(thread(*ALL, question=quoting.replace("40", "5")))
    assert any("several lines" in warning for warning in report.warnings)


def test_answer_that_quotes_a_question(read):
    quoting = ("Ha!\nposted by gnu to Shopping (40 answers total)\n\nSame thing.", "crow at 8:00 AM on May 5, 2011")
    posts, report = read(thread(*ALL, quoting))
    assert said(posts) == expected(*ALL, quoting)
    assert report == Report()


def test_prose_that_opens_as_a_byline(read):
    answer = ("posted by my dad on Facebook at 3\n\n« Older is better.", "crow at 8:00 AM on May 5, 2011")
    assert said(read(thread(*ALL, answer))[0]) == expected(*ALL, answer)


# --- Copies that lack something ------------------------------------------------------------------------------------


def test_counts_that_differ_are_told(read):
    posts, report = read(thread(*ALL, count="16 answers"))
    assert len(posts) == 6
    assert report.warnings == ["line 1: the page counts 16 answers, the copy has 5"]
    assert posts[0].warnings == ("the page counts 16 answers, the copy has 5",)
    assert len(read(thread(*ALL, count="2 answers"))[0]) == 6


def test_no_footer(read):
    posts, report = read(thread(*ALL, footer="").rstrip("\n"))
    assert said(posts) == expected(*ALL)
    assert posts == read(thread(*ALL))[0]
    assert report == Report()


def test_cut_off_inside_an_answer(read):
    text = thread(*ALL, count="6 answers", footer="") + "I would"
    *posts, last = read(text)[0]
    assert said(posts) == expected(*ALL)
    assert (last.author, last.votes, last.kind, markup.prose(last.body)) == (None, None, "answer", "I would")
    assert "unfinished answer" in last.warnings[0]
    *posts, last = read(text + " go.\nposted by crow at 8:0")[0]
    assert (last.author, markup.prose(last.body)) == (None, "I would go.")


def test_cut_off_inside_a_byline_that_still_reads_as_one(read):
    text = thread(*ALL, count="9 answers", footer="")
    (*_, last), _ = read(text + "Go.\nposted by crow at 8:00 AM on May 5, 2011")
    assert (last.author, last.votes) == ("crow", None)
    assert last.warnings
    (*_, last), _ = read(text + "Go.\nposted by crow at 8:00 AM on May 5")
    assert (last.author, last.written) == (None, None)
    question = read(QUESTION + "posted by paddle to Shopping (3 answers total)")[0][0]
    assert question.votes is None
    assert question.warnings


def test_text_between_the_last_answer_and_the_footer_is_told(read):
    text = thread(*ALL, footer="Tags: canoe, back\n" + FOOTER)
    posts, report = read(text)
    assert said(posts) == expected(*ALL)
    line = text[: text.index("Tags:")].count("\n") + 1
    assert report.warnings == [f"line {line}: 1 lines between the last answer and the page's footer are left out"]


def test_no_date(read):
    posts, report = read(thread(*ALL, question="It is long.\n"))
    assert (posts[0].written, posts[0].title, posts[0].author, posts[0].body) == (None, None, "paddle", "<p>It is long.</p>")
    assert said(posts) == expected(*ALL)
    assert "no date line" in report.warnings[0]


def test_no_byline_of_the_question(read):
    posts, report = read("".join(line for line in thread(*ALL).splitlines(keepends=True) if "answers total" not in line))
    assert (posts[0].author, posts[0].category, posts[0].votes) == (None, None, None)
    assert "Buy a yoke" in posts[0].body
    assert said(posts) == [("heron", ""), *expected(*ALL[1:])]
    assert "no byline of the question" in report.warnings[0]


def test_asker_by_an_extractor_s_label_where_the_byline_is_missing(read):
    text = thread(YOKE, ("Response by poster: Thanks.", "paddle at 11:00 PM on May 4, 2011"))
    posts, _ = read("".join(line for line in text.splitlines(keepends=True) if "answers total" not in line))
    assert posts[0].author == "paddle"


def test_wrapped_bylines(read):
    text = (
        thread(*ALL)
        .replace("May 4, 2011 [", "May 4,\n2011 [")
        .replace("on May 5,", "on\nMay 5,")
        .replace("(5 answers", "(5\nanswers")
    )
    assert text != thread(*ALL)
    posts, report = read(text)
    assert posts == read(thread(*ALL))[0]
    assert report == Report()


@pytest.mark.parametrize("newline", ["\f", "\u2028", "\v"])
def test_odd_line_ends(read, newline):
    text = thread(*ALL)
    assert [post.author for post in read(text.replace("\n\n", newline + "\n"))[0]] == [post.author for post in read(text)[0]]


# --- What is no thread ---------------------------------------------------------------------------------------------


LIST = "".join(
    f"Question {number}\nSome words about it. [more inside]\nposted by elk to Shopping at 9:{number:02} AM ({number} answers)\n\n"
    for number in range(1, 9)
)


@pytest.mark.parametrize(
    ("content", "error", "reason"),
    [
        ("", DamagedArchive, "empty"),
        (b"\xef\xbb\xbf", DamagedArchive, "empty"),
        (b"\xff\xfe", DamagedArchive, "empty"),
        (" \r\n\n", DamagedArchive, "empty"),
        (thread(*ALL).encode()[:300] + b"\0\1\2\0", NotAThread, "binary"),
        ("Dear diary,\n\nnothing.\n", NotAThread, "no line"),
        ("Somebody wrote:\nposted by elk at 9:00 AM on May 4, 2011\n", NotAThread, "no line"),
        (QUESTION, DamagedArchive, "before the byline"),
        (LIST, NotAThread, "list of threads"),
        (LIST.replace("answers)", "answers total)"), NotAThread, "list of threads"),
        ("\n" * 2_000_002 + "x", DamagedArchive, "lines"),
    ],
    ids=[
        "empty",
        "bom",
        "utf-16-bom",
        "blank",
        "binary",
        "prose",
        "one-byline",
        "no-byline",
        "list",
        "list-of-totals",
        "lines",
    ],
)
def test_refused_by_name(read, content, error, reason):
    with pytest.raises(error, match=reason):
        read(content)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (thread(*ALL), True),
        (thread(count="0 answers"), True),
        (thread(*ALL, question="It is long.\n", footer=""), True),
        ("\n\n".join(f"{body}\nposted by {by}" for body, by in ALL), True),
        (LIST, True),
        (QUESTION, False),
        ("Somebody wrote:\nposted by elk at 9:00 AM on May 4, 2011\n", False),
        ("Dear diary,\nMay 4, 2011 9:00 AM\n\nThis thread is closed to new comments.", False),
        ("", False),
    ],
)
def test_recognition(text, known):
    assert reader.recognises(text.encode()) is known
    assert reader.recognises(text.encode("utf-16")) is known
    assert not reader.recognises(b"\0" + text.encode())


# --- Hostile input -------------------------------------------------------------------------------------------------

pieces = st.sampled_from([
    *thread(*ALL).splitlines(keepends=True),
    *(f"posted by {by}\n" for _, by in ALL),
    "posted by elk at 25:00 on May 40\n", "posted by ", "posted by a to b to Shopping\n", "\u00c2\u00a0\n", "> ", "\u00a0\n", "\n", "\0",
    "posted by gnu at 7:50 on May 5 [has favorites +] [!]\n", "May 4, 2011 9:00 AM\n", "«", "\ud7ff\U0001f600", "January 1, 1990 0:00\n",
])  # fmt: skip


def read_or_none(read: Read, content: bytes) -> list[Post] | None:
    """The posts of any bytes whatever, or None where the reader refuses them by name; any other error is a failure."""
    try:
        return read(content)[0]
    except ArchiveError:
        return None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400) | st.lists(pieces, max_size=40).map(lambda parts: "".join(parts).encode()))
def test_anything_gives_posts_or_a_named_error(read, content):
    reader.recognises(content)
    posts = read_or_none(read, content)
    if posts is not None:
        assert posts[0].kind == "question"
        assert all(markup.clean(post.body, collapse=False) == post.body for post in posts)
        if sum(post.kind == "question" for post in posts) == 1:
            assert len({post.id for post in posts}) == len(posts)


def minute(number: int) -> str:
    return f"{number // 60 % 12 or 12}:{number % 60:02} {'AP'[number // 720 % 2]}M on May {number // 1440 + 5}, 2011"


@pytest.mark.parametrize(
    ("content", "replies"),
    [
        (lambda: thread(*((f"Reason {number}.", f"elk at {minute(number)}") for number in range(10_000))), 10_000),
        (lambda: thread(*(("Same.", "elk at 9:30 AM on May 4, 2011") for _ in range(10_000))), None),
        (lambda: thread(*(("x y " * 500, "elk at 9:30 AM on May 4, 2011") for _ in range(2_000))), None),
        (lambda: QUESTION + ASKED.format("1 answer") + "posted by " * 1_000_000, 1),
        (lambda: QUESTION + ASKED.format("1 answer") + "[ a b" * 2_000_000 + f"\nposted by {YOKE[1]}\n", 1),
        (lambda: QUESTION + ASKED.format("10000 answers") + f"posted by {YOKE[1]}\n" * 10_000, 1),
        (lambda: QUESTION * 3_000 + ASKED.format("1 answer") * 3_000 + f"Go.\nposted by {YOKE[1]}\n", 1),
        (lambda: thread(YOKE) * 3_000, 3_000),
        (lambda: "posted by a to b to c (1 answers tota)\n" * 30_000 + thread(YOKE), 1),
    ],
    ids=[
        "bylines",
        "same-minute",
        "same-text",
        "one-line",
        "bracket-line",
        "bare-bylines",
        "headers",
        "threads",
        "near-bylines",
    ],
)
def test_time_is_linear(read, content, replies):
    text = content()
    begun = time.perf_counter()
    posts, _ = read(text)
    assert time.perf_counter() - begun < PATIENCE
    if replies is not None:
        assert sum(post.kind != "question" for post in posts) == replies
