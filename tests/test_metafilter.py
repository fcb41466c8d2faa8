"""What both readers of MetaFilter share: bylines, times, speakers, addresses, ids, and the way from a copy to posts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import markup
from indexer.archives import metafilter as mf
from indexer.archives.metafilter_dates import ZONE, written_times
from indexer.archives.source import Report


def stamp(text: str) -> mf.Stamp:
    byline = mf.parse_answer_byline(f"posted by somebody at {text}")
    assert byline is not None, text
    return byline.stamp


def local(time: datetime | None) -> str:
    assert time is not None
    return f"{time:%Y-%m-%dT%H:%MZ}"


# --- Bylines -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "author", "favorites", "shows", "controls"),
    [
        ("posted by plum at 3:17 PM on March 12, 2008", "plum", 0, False, False),
        ("posted by plum at 3:17 PM on March 12, 2008 [1 favorite]", "plum", 1, True, False),
        ("posted by plum at 3:17 PM on March 12, 2008 [1 favorites]", "plum", 1, True, False),
        ("posted by plum at 3:17 PM on March 12, 2008 [0 favorites]", "plum", 0, True, False),
        ("posted by plum at 3:17 PM on March 12, 2008 [1,234 favourites]", "plum", 1234, True, False),
        ("posted by plum at 3:17 PM on March 12, 2008 [15 favorites +] [!]", "plum", 15, True, True),
        ("posted by plum at 3:17 PM on March 12, 2008 [+] [!]", "plum", 0, True, True),
        ("posted by plum at 15:17 on March 12 [has favorites +] [⚑]", "plum", None, True, True),
        ("posted\u00a0by plum  at\u00a03:17\u202fPM\u00a0 on\n\tMar. 12,\u00a02008", "plum", 0, False, False),
        ("posted by plum at 3:17 PM\u00c2\u00a0 on March 12, 2008", "plum", 0, False, False),
        ("posted by at at 3:17 PM on March 12, 2008", "at", 0, False, False),
        ("posted by off to at 9 at 3:17 PM on March 12, 2008", "off to at 9", 0, False, False),
        ("posted by 5 PM, on [!] at 3:17 PM on March 12, 2008", "5 PM, on [!]", 0, False, False),
    ],
)
def test_answer_byline(line, author, favorites, shows, controls):
    byline = mf.parse_answer_byline(line)
    assert byline is not None
    assert (byline.author, byline.favorites, byline.shows_favorites, byline.controls) == (author, favorites, shows, controls)
    assert (byline.stamp.month, byline.stamp.day, byline.stamp.hour, byline.stamp.minute) == (3, 12, 15, 17)


@pytest.mark.parametrize(
    "line",
    [
        "posted by plum at 13:75 PM on March 12, 2008",
        "posted by plum at 13:15 PM on March 12, 2008",
        "posted by plum at 0:15 AM on March 12, 2008",
        "posted by plum at 24:00 on March 12, 2008",
        "posted by plum at 3:17 PM on February 30, 2008",
        "posted by plum at 3:17 PM on February 29, 2007",
        "posted by plum at 3:17 PM on March 0, 2008",
        "posted by plum at 3:17 PM on Mars 12, 2008",
        "posted by plum at 3:17 PM on March 12, 9999",
        "posted by plum at 3:17 PM on March 12, 2008 [-3 favorites]",
        "posted by plum at 3:17 PM on March 12, 2008 [99999999999 favorites]",
        "posted by plum at 3:17 PM on March 12, 2008, as I recall",
        "I saw it posted by plum at 3:17 PM on March 12, 2008",
        "posted by my dad on Facebook at 3",
        "posted by at 3:17 PM on March 12, 2008",
        "posted by " + "x" * 10_000 + " at 3:17 PM on March 12, 2008",
        "",
    ],
)
def test_lines_that_are_no_answer_byline(line):
    assert mf.parse_answer_byline(line) is None


def test_clock():
    assert [
        (s.hour, s.minute) for s in map(stamp, ["12:05 AM on May 1", "12:05 PM on May 1", "0:05 on May 1", "23:59 on May 1"])
    ] == [
        (0, 5),
        (12, 5),
        (0, 5),
        (23, 59),
    ]
    assert stamp("0:05 on May 1").clock24
    assert not stamp("12:05 a.m. on May 1").clock24


def test_badge_of_staff():
    byline = mf.parse_answer_byline("posted by fig (staff) at 3:17 PM on March 12, 2008")
    assert byline is not None
    assert byline.staff
    assert byline.author == "fig"


@pytest.mark.parametrize(
    ("line", "author", "category", "total", "favorites"),
    [
        ("posted by plum to Work & Money (16 answers total) 8 users marked this as a favorite", "plum", "Work & Money", 16, 8),
        ("posted by plum to Work & Money (1 answer total) 1 users marked this as favorite", "plum", "Work & Money", 1, 1),
        ("posted by plum to Work & Money at 3:09 PM (1,016 answers total)", "plum", "Work & Money", 1016, 0),
        ("posted by plum at 3:09 PM to Work & Money (3 answers total)", "plum", "Work & Money", 3, 0),
        ("posted by back to back to Pets & Animals (3 answers total)", "back to back", "Pets & Animals", 3, 0),
        ("posted by back to back to Knitting (3 answers total)", "back to back", "Knitting", 3, 0),
        (
            "posted by on to Education to Clothing, Beauty, & Fashion (3 answers total)",
            "on to Education",
            mf.CATEGORIES[0],
            3,
            0,
        ),
        ("posted by back to school (3 comments total)", "back to school", None, 3, 0),
        ("posted by plum to grab bag (no answers)", "plum", "Grab Bag", None, 0),
        ("posted by plum to Grab Bag", "plum", "Grab Bag", None, 0),
        (
            "posted by plum to Shopping at 15:09 (7 answers total) [remove from activity] [add to favorites] 2 users marked this as a favorite [!]",
            "plum",
            "Shopping",
            7,
            2,
        ),
    ],
)
def test_question_byline(line, author, category, total, favorites):
    byline = mf.parse_question_byline(line)
    assert byline is not None
    assert (byline.author, byline.category, byline.total, byline.favorites) == (author, category, total, favorites)


def test_question_byline_has_its_time_and_what_it_counts():
    asked = mf.parse_question_byline("posted by plum (staff) to Work & Money at 3:09 PM (16 answers total)")
    assert asked is not None
    assert asked.time == (15, 9)
    assert asked.staff
    assert not asked.comments
    told = mf.parse_question_byline("posted by plum at 3:09 PM (16 comments total)")
    assert told is not None
    assert told.comments


@pytest.mark.parametrize(
    "line",
    [
        "posted by plum",
        "posted by plum to me",
        "posted by plum at 3:09 PM (16 answers)",
        "posted by plum to Work & Money (-1 answers total)",
        "posted by plum to Work & Money (16 answers total), I think",
        "it was posted by plum to Work & Money (16 answers total)",
    ],
)
def test_lines_that_are_no_question_byline(line):
    assert mf.parse_question_byline(line) is None


@given(st.text(alphabet="posted by at to on AM(staff)[+]!0123456789:,&Mar ", max_size=120))
def test_no_line_breaks_the_byline_parsers(text):
    for line in (text, f"posted by {text}", f"posted by {text} at 3:17 PM on March 12, 2008 {text}"):
        answer, question = mf.parse_answer_byline(line), mf.parse_question_byline(line)
        assert answer is None or answer.author
        assert question is None or question.author


def test_header_takes_the_rightmost_date():
    found = mf.find_header_date("Who was here on May 1, 2001 1:00 PM? March 12, 2008 3:09 PM Subscribe")
    assert found is not None
    assert found.before == "Who was here on May 1, 2001 1:00 PM?"
    assert (found.stamp.year, found.stamp.month, found.stamp.hour, found.after) == (2008, 3, 15, "Subscribe")
    assert mf.find_header_date("On March 12 of some year") is None
    assert mf.find_header_date("February 30, 2008 3:09 PM") is None


# --- Times ---------------------------------------------------------------------------------------------------------


def dated(header: str, *answers: str, captured: datetime | None = None) -> tuple[list[str | None], list[str]]:
    found = mf.find_header_date(header) if header else None
    _, times, warnings = written_times(found.stamp if found else None, [stamp(each) for each in answers], captured)
    return [each and f"{each:%Y-%m-%d}" for each in times], warnings


def test_zone_changes_with_summer_time_and_its_older_rules():
    assert local(stamp("3:09 PM on March 12, 2008").utc()) == "2008-03-12T22:09Z"
    assert local(stamp("3:09 PM on March 12, 2006").utc()) == "2006-03-12T23:09Z"
    assert local(stamp("3:09 PM on April 3, 2006").utc()) == "2006-04-03T22:09Z"


def test_hour_that_autumn_repeats_keeps_the_order():
    header = mf.find_header_date("November 2, 2008 12:30 AM")
    assert header is not None
    _, times, _ = written_times(
        header.stamp, [stamp(f"{time} on November 2, 2008") for time in ("1:40 AM", "1:10 AM", "1:50 AM")]
    )
    assert [local(time) for time in times] == ["2008-11-02T08:40Z", "2008-11-02T09:10Z", "2008-11-02T09:50Z"]


def test_hour_that_spring_leaves_out_is_shifted_forward():
    assert local(stamp("2:30 AM on March 9, 2008").utc()) == "2008-03-09T10:30Z"


def test_years_left_out_are_the_question_s_if_that_keeps_order():
    assert dated("May 2, 2013 7:02 PM", "8:00 PM on May 2", "9:00 AM on May 3") == (["2013-05-03", "2013-05-03"], [])


def test_years_left_out_across_new_year():
    assert dated("December 30, 2018 1:00 PM", "1:00 PM on December 31, 2018", "1:00 PM on January 2") == (
        ["2018-12-31", "2019-01-02"],
        [],
    )
    assert dated("December 30, 2018 1:00 PM", "1:00 PM on January 2", "1:00 PM on January 3") == (
        ["2019-01-02", "2019-01-03"],
        [],
    )


def test_a_year_that_is_shown_is_not_the_one_left_out():
    # The next such date after the answer before would be in 2018, which the page would have shown just like March.
    assert dated("March 12, 2018 1:00 PM", "2:00 PM on March 12, 2018", "2:00 PM on April 5")[0] == ["2018-03-12", "2019-04-05"]


def test_years_that_contradict_each_other_are_taken_from_the_order():
    times, warnings = dated("December 30, 2018 1:00 PM", "1:00 PM on December 31", "1:00 PM on January 2")
    assert times == ["2018-12-31", "2019-01-02"]
    assert "order" in warnings[0]


def test_year_left_out_is_not_after_the_capture():
    captured = datetime(2018, 12, 31, tzinfo=UTC)
    times, warnings = dated("March 12, 2018 1:00 PM", "2:00 PM on March 12, 2018", "2:00 PM on April 5", captured=captured)
    assert times[1] == "2018-04-05"
    assert warnings


def test_without_a_header_years_come_from_the_capture_or_stay_unknown():
    assert dated("", "2:00 PM on April 5") == ([None], ["the year of 1 of 1 answers is not known"])
    assert dated("", "2:00 PM on April 5", captured=datetime(2013, 6, 1, tzinfo=UTC))[0] == ["2013-04-05"]


def test_leap_day_finds_its_year():
    assert dated("March 1, 2011 1:00 PM", "2:00 PM on February 29")[0] == ["2012-02-29"]
    assert dated("February 1, 2011 1:00 PM", "2:00 PM on February 29")[0] == ["2012-02-29"]


def test_times_out_of_all_bounds_are_warned_of():
    assert any("older" in warning for warning in dated("May 1, 1998 1:00 PM")[1])
    assert any("later" in warning for warning in dated("May 1, 2013 1:00 PM", captured=datetime(2012, 1, 1, tzinfo=UTC))[1])
    assert any("zone" in warning for warning in dated("May 1, 2013 1:00 PM", "9:00 AM on May 1, 2013")[1])


@given(
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(1, 28), st.integers(0, 23), st.none() | st.integers(1999, 2030)), max_size=12
    ),
    st.integers(1999, 2030),
)
def test_any_stamps_get_times_or_none(parts, year):
    stamps = [mf.Stamp(month, day, hour, 0, shown) for month, day, hour, shown in parts]
    asked, times, _ = written_times(mf.Stamp(6, 15, 12, 0, year), stamps)
    assert asked is not None
    assert len(times) == len(stamps)
    shared = {time.astimezone(ZONE).year for time, each in zip(times, stamps, strict=True) if time and each.year is None}
    assert len(shared) <= 2
    assert all(time.astimezone(ZONE).year == each.year for time, each in zip(times, stamps, strict=True) if time and each.year)


# --- Who speaks ----------------------------------------------------------------------------------------------------

RELAYS = [
    'follow-up from OP: "I took the train."',
    "[This is a followup from the asker.]\n\nI took the train.",
    "From the OP:\n\nI took the train.",
    "Posted on behalf of the asker: I took the train.",
    "Anonymous update from the original poster: I took the train.",
    "I've been asked to post this message from the anonymous poster.\nI took the train.",
    "Mod note: an update from the asker:\n\nI took the train.",
]


@pytest.mark.parametrize("prose", RELAYS)
def test_relays_of_anonymous_askers(prose):
    assert mf.kind_of(prose, author="plum", staff=False, anonymous_thread=True) == "relay"
    assert mf.kind_of(prose, author="Jessamyn", staff=False, anonymous_thread=False) == "relay"
    assert mf.kind_of(prose, author="plum", staff=True, anonymous_thread=False) == "relay"
    assert mf.kind_of(prose, author="plum", staff=False, anonymous_thread=False) == "answer"


@pytest.mark.parametrize(
    "prose",
    [
        "Having seen the update from the OP, I would take the train.",
        "Take the train. " * 10 + "follow-up from OP: none",
        "Take a message from the asker's own words. Then go.",
        "I agree with the poster above.",
        "",
    ],
)
def test_answers_that_only_mention_the_asker(prose):
    assert mf.kind_of(prose, author="plum", staff=False, anonymous_thread=True) == "answer"


def test_notes_of_moderators():
    def kind(prose: str, *, staff: bool, labelled: bool = False) -> str:
        return mf.kind_of(prose, author="plum", staff=staff, anonymous_thread=False, labelled_note=labelled)

    assert kind("[A few comments removed, please stay with the question.]", staff=True) == "modnote"
    assert kind("[folks, take it to MetaTalk", staff=True) == "modnote"
    assert kind("Two removed.", staff=True, labelled=True) == "modnote"
    assert kind("[A few comments removed, please stay with the question.]", staff=False) == "answer"
    assert kind("[1] is the book that I would read.", staff=True) == "answer"
    assert kind("I would read the book.", staff=True) == "answer"


@pytest.mark.parametrize(
    ("body", "labels", "rest"),
    [
        ("<p>Best answer: Soak it.</p>", {"best answer"}, "<p>Soak it.</p>"),
        ("<p>Best answer: Response by poster: Done.</p>", {"best answer", "response by poster"}, "<p>Done.</p>"),
        ("<p><b>Mod note:</b> Two removed.</p>", {"mod note"}, "<p>Two removed.</p>"),
        ("<p><b>Mod note: Two removed.</b></p>", {"mod note"}, "<p><b>Two removed.</b></p>"),
        ("<p>Best answer:</p><p>Soak it.</p>", {"best answer"}, "<p>Soak it.</p>"),
        ("<p>Best answer:<br>Soak it.</p>", {"best answer"}, "<p>Soak it.</p>"),
        ("<p>The best answer: soak it.</p>", set(), "<p>The best answer: soak it.</p>"),
        ("<p>Best answers are short.</p>", set(), "<p>Best answers are short.</p>"),
        ("", set(), ""),
    ],
)
def test_labels_are_taken_off_the_start_only(body, labels, rest):
    assert mf.strip_labels(body) == (rest, labels)


# --- Addresses and ids ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "site", "thread", "comment"),
    [
        ("https://ask.metafilter.com/123456/How-to-fold-a-map#987654", "ask.metafilter.com", 123456, 987654),
        ("http://ask.metafilter.com/mefi/1234#56", "ask.metafilter.com", 1234, 56),
        ("http://ask.metafilter.com./123456", "ask.metafilter.com", 123456, None),
        ("//ask.metafilter.com/123456/rss", "ask.metafilter.com", 123456, None),
        ("ask.metafilter.com/123456/index.html", "ask.metafilter.com", 123456, None),
        ("https://ask.metafilter.com/123456/%C3%A9t%C3%A9/amp?x=1", "ask.metafilter.com", 123456, None),
        ("http://metafilter.com/123456", "www.metafilter.com", 123456, None),
        ("HTTP://WWW.MetaFilter.com:80/123456/", "www.metafilter.com", 123456, None),
        ("https://metatalk.metafilter.com/2345/", "metatalk.metafilter.com", 2345, None),
        ("https://ask.metafilter.com.proxy.example.org/123456/", "ask.metafilter.com", 123456, None),
        ("https://mirror.example.org/ask.metafilter.com/123456/x", "ask.metafilter.com", 123456, None),
        ("https://ask.metafilter.com/tags/maps", "ask.metafilter.com", None, None),
        ("https://ask.metafilter.com/", "ask.metafilter.com", None, None),
        ("https://web.archive.org/web/2010id_/http://ask.metafilter.com/77/#5", "ask.metafilter.com", 77, 5),
        ("/web/20100102030405/http://ask.metafilter.com/77", "ask.metafilter.com", 77, None),
    ],
)
def test_addresses(url, site, thread, comment):
    address = mf.parse_address(url)
    assert address is not None
    assert (address.site, address.thread, address.comment) == (site, thread, comment)


@pytest.mark.parametrize(
    "url", ["https://example.org/123", "https://notmetafilter.com/123", "http://[", "", "mailto:a@b", "x" * 9999]
)
def test_other_addresses(url):
    assert mf.parse_address(url) is None


def test_wayback_addresses_give_the_time_of_the_inner_capture():
    inner = (
        "https://web.archive.org/web/20200101000000/http://web.archive.org/web/20100203040506im_/http://ask.metafilter.com/77/x"
    )
    address = mf.parse_address(inner)
    assert address is not None
    assert address.captured == datetime(2010, 2, 3, 4, 5, 6, tzinfo=UTC)
    odd = mf.parse_address("/web/20109999999999/http://ask.metafilter.com/77/x")
    assert odd is not None
    assert odd.captured is None


@given(st.text(max_size=200))
def test_no_address_breaks_the_parser(text):
    for url in (text, f"https://ask.metafilter.com/{text}", f"//web.archive.org/web/2010/{text}"):
        address = mf.parse_address(url)
        assert address is None or address.site.endswith("metafilter.com")


def test_ids():
    when = datetime(2008, 3, 12, 22, 9, tzinfo=UTC)
    assert mf.thread_id("ask.metafilter.com", 85958) == "ask.metafilter.com:85958"
    assert mf.answer_id("ask.metafilter.com:85958", 1276543) == "ask.metafilter.com:85958/1276543"
    name = mf.unnumbered_thread_id("ask.metafilter.com", "How  to fold a Map?", when, "plum")
    assert name == mf.unnumbered_thread_id("ask.metafilter.com", "how to fold a map?", when, "plum", "<p>Anything.</p>")
    assert name.startswith("ask.metafilter.com:t-")
    assert len(name) == len("ask.metafilter.com:t-") + 12
    assert name != mf.unnumbered_thread_id("ask.metafilter.com", "How to fold a map?", when, "fig")
    bare = mf.unnumbered_thread_id("ask.metafilter.com", None, None, None, "<p>One.</p>")
    assert bare != mf.unnumbered_thread_id("ask.metafilter.com", None, None, None, "<p>Two.</p>")
    first, second = (mf.unnumbered_answer_id(name, "plum", when, number) for number in (1, 2))
    assert first.startswith(f"{name}/")
    assert len(first) == len(name) + 11
    assert first != second


# --- Copies to posts -----------------------------------------------------------------------------------------------


def a_copy(**values) -> mf.ThreadCopy:
    header = mf.find_header_date(values.pop("date", "March 12, 2008 3:09 PM"))
    answers = [
        mf.AnswerCopy(
            body=markup.from_text("Fold it twice."), author="fig", stamp=stamp("4:00 PM on March 12, 2008"), number=11
        ),
        mf.AnswerCopy(
            body=markup.from_text("Best answer: Roll it."), author="anonymous", stamp=stamp("5:00 PM on March 12, 2008")
        ),
    ]
    return mf.ThreadCopy(
        **{
            "title": "A map?",
            "asker": "plum",
            "asked": header and header.stamp,
            "total": 2,
            "answers": answers,
            "body": "<p>How?</p>",
        }
        | values
    )


def test_numbered_posts():
    report = Report()
    question, first, second = mf.posts(a_copy(number=77), report)
    assert (question.id, question.thread_id, question.url) == ("ask.metafilter.com:77",) * 2 + (
        "https://ask.metafilter.com/77",
    )
    assert (first.id, first.url) == ("ask.metafilter.com:77/11", "https://ask.metafilter.com/77#11")
    assert second.id.startswith("ask.metafilter.com:77/")
    assert second.url is None
    assert [post.position for post in (question, first, second)] == [0, 1, 2]
    assert (first.best, second.best) == (None, True)
    assert second.anonymous
    assert second.body == "<p>Roll it.</p>"
    assert (question.title, first.title, question.votes, first.votes) == ("A map?", None, 0, 0)
    assert not report.warnings


def test_favorites_before_there_were_any_are_unknown():
    early = a_copy(date="March 12, 2005 3:09 PM")
    assert {post.votes for post in mf.posts(early, Report())} == {None}
    early.answers[0].favorites, early.answers[0].shows_favorites = 2, True
    assert [post.votes for post in mf.posts(early, Report())] == [0, 2, 0]


def test_a_different_count_is_reported():
    report = Report()
    question = next(mf.posts(a_copy(total=5), report, "line 1"))
    assert question.warnings == ("the page counts 5 answers, the copy has 2",)
    assert report.warnings == ["line 1: the page counts 5 answers, the copy has 2"]


def test_ids_of_equal_minutes_are_told_apart_and_stay_when_others_go():
    copy = a_copy(total=None)
    copy.answers = [
        mf.AnswerCopy(body=f"<p>{text}</p>", author=author, stamp=stamp("4:00 PM on March 12, 2008"))
        for text, author in (("One.", "fig"), ("Two.", "pear"), ("Three.", "fig"))
    ]
    ids = [post.id for post in mf.posts(copy, Report())]
    assert len(set(ids)) == 4
    del copy.answers[1]
    assert [post.id for post in mf.posts(copy, Report())] == [ids[0], ids[1], ids[3]]
