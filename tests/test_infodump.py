"""An Infodump beside a library: exact numbers where the two are one thread, and nothing anywhere else."""

from __future__ import annotations

import io
import itertools
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SAMPLE, answer, question, write_archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import forgetting
from indexer.archives import Source, infodump_tables
from indexer.archives.infodump_tables import COLUMNS, moments
from indexer.build import build
from indexer.errors import ArchiveError, AskiveError, DamagedArchive, NoLibrary, UnknownFormat
from indexer.forgetting import Rule
from indexer.infodump import EnrichReport, enrich
from indexer.library import Library
from indexer.thread import Post
from tests import pages
from tests.pages import Answer, user_number

DUMPED = datetime(2015, 3, 4, 6, 39, 16, tzinfo=UTC)
BEFORE = datetime(2014, 1, 1, tzinfo=UTC)
AFTER = datetime(2016, 1, 1, tzinfo=UTC)
ASKED = datetime(2011, 11, 5, 21, 14)


def at(minutes: int) -> datetime:
    return ASKED + timedelta(minutes=minutes)


def said(author: str, minutes: int, number: int, body: str, **values: Any) -> Answer:
    return Answer(author=author, written=at(minutes), number=number, body=body, **values)


CAT = pages.Thread(
    title="Café & cat: does “5 am” feeding work? | Part 2",
    category="Pets & Animals",
    tags=("cat", "earlywaking"),
    asker="sleepless in Tulsa",
    asked=ASKED,
    number=200123,
    favorites=4,
    above="The cat wakes me at five.",
    answers=(
        said("Ann", 3, 2876001, "Feed the cat from a timer.", favorites=2),
        said("4ster", 17, 2876010, "Close the bedroom door on the cat.", favorites=1),
        said("Ann", 17, 2876011, "And feed the cat before bed."),
        said("Ann", 17, 2876012, "Every day, I mean. The cat will learn."),
        said("slow walker", 1800, 2876500, "Buy the cat a toy.", favorites=5),
    ),
)
TRUE_VOTES = {2876001: 12, 2876010: 0, 2876011: 7, 2876012: 3, 2876500: 41}
BEST = {2876011, 2876500}


# --- Making dumps ----------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """A table's row, by column."""

    table: str
    values: dict[str, object]


def iso(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}.930"


def worded(time: datetime) -> str:
    return f"{time:%b} {time.day:2d} {time.year} {time:%I:%M:%S}:123{time:%p}"


def rows_of(
    thread: pages.Thread,
    votes: dict[int, int] | None = None,
    best: Iterable[int] = (),
    stamp: Callable[[datetime], str] = worded,
) -> list[Row]:
    """A thread as the site would dump it: everything half a minute after the minute that pages show."""
    votes = votes or {}
    half = timedelta(seconds=30)
    names = {thread.asker, *(each.author for each in thread.answers)}
    rows = [
        Row(
            "postdata_askme",
            {
                "postid": thread.number,
                "userid": user_number(thread.asker),
                "datestamp": stamp(thread.asked + half),
                "category": 7,
                "comments": len(thread.answers),
                "favorites": votes.get(thread.number, 99),
                "deleted": 0,
                "reason": "[NULL]",
            },
        ),
        Row("posttitles_askme", {"postid": thread.number, "title": thread.title}),
        *(
            Row("tagdata_askme", {"tagid": 10 * thread.number + n, "linkid": thread.number, "linkdate": "", "tagname": tag})
            for n, tag in enumerate((*thread.tags, "late"))
        ),
        *(
            Row(
                "commentdata_askme",
                {
                    "commentid": each.number,
                    "postid": thread.number,
                    "userid": user_number(each.author),
                    "datestamp": stamp(each.written + half),
                    "faves": votes.get(each.number, each.favorites),
                    "best answer?": int(each.number in set(best)),
                },
            )
            for each in thread.answers
        ),
    ]
    return rows + [Row("usernames", {"userid": user_number(name), "joindate": "", "name": name}) for name in sorted(names)]


NOISE = rows_of(
    replace(
        CAT,
        number=199999,
        title="Another cat",
        asker="noise",
        asked=at(1),
        answers=tuple(replace(each, number=each.number + 100_000) for each in CAT.answers),
    )
)


def dump(
    folder: Path,
    rows: Sequence[Row],
    *,
    date: datetime | None = DUMPED,
    zipped: bool = True,
    end: str = "\r\n",
    names: bool = True,
    without: Sequence[str] = (),
) -> Path:
    """Tables as files; `without` names tables or columns that this dump lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in dict.fromkeys(row.table for row in rows):
        if table in without:
            continue
        columns = [column for column in COLUMNS[table.partition("_")[0]] if column not in without]
        lines = [f"{date:%a %b} {date.day:2d} {date:%H:%M:%S %Y}"] if date else []
        lines += ["\t".join(columns)] if names else []
        found = ["\t".join(str(row.values[column]) for column in columns) for row in rows if row.table == table]
        lines += dict.fromkeys(found)
        text = "".join(line + end for line in lines).encode()
        if zipped:
            with zipfile.ZipFile(folder / f"{table}.txt.zip", "w", zipfile.ZIP_DEFLATED) as container:
                container.writestr(f"{table}.txt", text)
        else:
            (folder / f"{table}.txt").write_bytes(text)
    return folder


def library_with(folder: Path, *files: str, engine: str = "memory") -> Path:
    """A library of threads as pages or text copies."""
    for number, text in enumerate(files):
        path = folder / "threads" / f"{number}.{'html' if text.startswith('<') else 'txt'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    build(folder, engine=engine)
    return folder


def text_copy(thread: pages.Thread) -> str:
    return pages.text_copy(thread)


def wayback(thread: pages.Thread, captured: datetime) -> str:
    return pages.wayback(pages.classic(thread), thread, captured)


def posts_of(library: Path) -> list[Post]:
    return list(Library(library).posts())


def by_id(library: Path) -> dict[str, Post]:
    return {post.id: post for post in posts_of(library)}


COPIES = {
    "classic": pages.classic,
    "modern": pages.modern,
    "text": text_copy,
    "early page": lambda thread: wayback(thread, BEFORE),
}
FULL = [*NOISE, *rows_of(CAT, TRUE_VOTES, BEST)]


# --- What is joined --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize(
    ("stamp", "zipped", "end"), [(iso, True, "\r\n"), (worded, True, "\n"), (iso, False, "\n"), (worded, False, "\r\n")]
)
def test_every_copy_gets_the_sites_own_numbers(tmp_path, copy, stamp, zipped, end):
    library = library_with(tmp_path / "library", COPIES[copy](CAT))
    folder = dump(tmp_path / "dump", [*NOISE, *rows_of(CAT, TRUE_VOTES, BEST, stamp)], zipped=zipped, end=end)
    report = enrich(library, folder)
    found = by_id(library)
    name = "ask.metafilter.com:200123"
    assert set(found) == {name, *(f"{name}/{number}" for number in TRUE_VOTES)}
    for written in CAT.answers:
        post = found[f"{name}/{written.number}"]
        assert (post.votes, post.best) == (TRUE_VOTES[written.number], written.number in BEST)
        assert post.author == written.author
        assert written.body in post.body
        assert post.written.second == 30
        assert post.written == (written.written + timedelta(seconds=30)).replace(tzinfo=UTC) + timedelta(
            hours=8 if written.written > datetime(2011, 11, 6, 2) else 7
        )
        assert post.url == f"https://ask.metafilter.com/200123#{written.number}"
        assert post.captured == DUMPED
    asked = found[name]
    assert asked.votes == 99
    assert asked.tags == ("cat", "earlywaking", "late")
    assert asked.category == "Pets & Animals"
    assert "wakes me at five" in asked.body
    assert (report.threads, report.matched, report.answers, report.changed) == (1, 1, 5, 6)
    assert report.identified == (copy == "text")
    assert report.warnings == ()
    assert report.unmatched == {}
    assert {table.name: (table.date, table.whole) for table in report.tables} == dict.fromkeys(
        ("postdata_askme", "posttitles_askme", "commentdata_askme", "tagdata_askme", "usernames"), (DUMPED, True)
    )
    assert Library(library).thread(name).missing_later == {}


@pytest.mark.parametrize("copy", COPIES)
def test_the_same_dump_again_changes_nothing(tmp_path, copy):
    library = library_with(tmp_path / "library", COPIES[copy](CAT))
    folder = dump(tmp_path / "dump", FULL)
    first = enrich(library, folder)
    before = posts_of(library)
    again = enrich(library, folder)
    assert again.changed == 0
    assert again.generation == first.generation
    assert posts_of(library) == before
    assert again.answers == first.answers
    assert build(library, engine="memory").changed == 0
    assert posts_of(library) == before


@pytest.mark.parametrize("engine", ["memory", "whoosh"])
def test_the_order_of_answers_is_by_the_new_votes(tmp_path, engine):
    library = library_with(tmp_path / "library", text_copy(replace(CAT, answers=CAT.answers[:3])), engine=engine)
    votes = {2876001: 0, 2876010: 0, 2876011: 900}
    enrich(library, dump(tmp_path / "dump", rows_of(CAT, votes)))
    top = Library(library).top(raw=True).answers
    assert [found.answer.author for found in top] == ["Ann", "4ster", "Ann"] or top[0].answer.votes == 900
    assert top[0].answer.id == "ask.metafilter.com:200123/2876011"
    found = Library(library).ask("cat votes:>=900").answers
    assert [each.answer.id for each in found] == ["ask.metafilter.com:200123/2876011"]
    assert Library(library).ask("cat feed", dial=1.0).answers[0].answer.votes == 900


def test_links_to_a_text_copy_keep_working(tmp_path):
    library = library_with(tmp_path / "library", text_copy(CAT))
    old = [post.id for post in posts_of(library)]
    assert all(":t-" in name for name in old)
    enrich(library, dump(tmp_path / "dump", FULL))
    for name in old:
        assert Library(library).thread(name).thread.id == "ask.metafilter.com:200123"
    # The same copy, read anew under another name, joins its thread.
    report = build(library, [write(tmp_path / "again.txt", text_copy(CAT) + "\n")], engine="memory")
    assert (report.threads, report.answers) == (1, 5)
    # By its file's date it is the latest; the dump, once more, knows better.
    enrich(library, tmp_path / "dump")
    assert {post.votes for post in posts_of(library)} == {99, *TRUE_VOTES.values()}
    assert enrich(library, tmp_path / "dump").changed == 0


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_dumps_and_pages_come_in_any_order(tmp_path):
    late = replace(CAT, answers=tuple(replace(each, favorites=each.favorites + 50) for each in CAT.answers), favorites=60)
    pages_ = [wayback(CAT, BEFORE), wayback(late, datetime(2015, 9, 1, tzinfo=UTC))]
    dumps = [
        dump(tmp_path / "2012", rows_of(CAT, dict.fromkeys(TRUE_VOTES, 1)), date=datetime(2012, 1, 1, 7, tzinfo=UTC)),
        dump(tmp_path / "2015", FULL),
        dump(tmp_path / "2017", rows_of(late, dict.fromkeys(TRUE_VOTES, 70), BEST), date=datetime(2017, 1, 1, tzinfo=UTC)),
    ]
    steps = [("page", page) for page in pages_[1:]] + [("dump", folder) for folder in dumps]
    outcomes = []
    for seed in range(6):
        order = random.Random(seed).sample(steps, len(steps))
        library = library_with(tmp_path / f"library{seed}", pages_[0])
        for number, (kind, step) in enumerate(order):
            if kind == "dump":
                enrich(library, step)
            else:
                build(library, [write(tmp_path / f"{seed}-{number}.html", step)], engine="memory")
        outcomes.append(posts_of(library))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert {(post.votes, post.written.second) for post in outcomes[0][1:]} == {(70, 30)}
    assert [(capture.at.year, capture.votes) for capture in outcomes[0][1].history] == [
        *((2012, 1), (2014, 2), (2015, 12), (2015, 52), (2017, 70))
    ]


def test_dumps_of_a_copy_without_date_come_in_any_order(tmp_path):
    dumps = [
        dump(tmp_path / str(year), rows_of(CAT, dict.fromkeys(TRUE_VOTES, votes)), date=datetime(year, 1, 1, 9, tzinfo=UTC))
        # The first has fewer than the copy, so that the copy is held to be later than it.
        for year, votes in ((2012, 1), (2014, 12), (2016, 13))
    ]
    outcomes = []
    for number, order in enumerate(itertools.permutations(dumps)):
        library = library_with(tmp_path / f"library{number}", text_copy(CAT))
        for folder in order:
            enrich(library, folder)
        outcomes.append(posts_of(library))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert {(post.votes, post.captured.year) for post in outcomes[0][1:]} == {(13, 2016)}
    assert [(capture.at.year, capture.votes) for capture in outcomes[0][1].history] == [
        (2011, 2),
        (2012, 1),
        (2014, 12),
        (2016, 13),
    ]


def test_a_page_saved_after_the_dump_is_believed_and_filled_in(tmp_path):
    bare = replace(CAT, tags=(), category=None)
    library = library_with(tmp_path / "library", wayback(bare, AFTER))
    enrich(library, dump(tmp_path / "dump", FULL))
    found = by_id(library)
    assert [found[f"ask.metafilter.com:200123/{each.number}"].votes for each in CAT.answers] == [2, 1, 0, 0, 5]
    assert found["ask.metafilter.com:200123"].tags == ("cat", "earlywaking", "late")
    assert found["ask.metafilter.com:200123"].captured == AFTER


def test_a_copy_of_unknown_date_with_more_favorites_is_the_later_one(tmp_path):
    loved = replace(CAT, answers=tuple(replace(each, favorites=each.favorites + 100) for each in CAT.answers))
    library = library_with(tmp_path / "library", text_copy(loved))
    enrich(library, dump(tmp_path / "dump", FULL))
    found = by_id(library)
    assert [found[f"ask.metafilter.com:200123/{each.number}"].votes for each in CAT.answers] == [102, 101, 100, 100, 105]
    assert {found[f"ask.metafilter.com:200123/{number}"].best for number in BEST} == {True}
    assert {post.captured for post in found.values()} == {None}
    assert enrich(library, tmp_path / "dump").changed == 0


def test_what_is_gone_from_the_site_stays_and_is_told(tmp_path):
    rows = [row for row in FULL if row.values.get("commentid") != 2876001]
    for name, copy in COPIES.items():
        library = library_with(tmp_path / name, copy(CAT))
        report = enrich(library, dump(tmp_path / "dump", rows))
        assert report.unmatched == {"answers that are not in the dump": 1}
        page = Library(library).thread("ask.metafilter.com:200123")
        gone = [post for post in page.thread.replies if post.id in page.missing_later]
        assert [(post.author, post.position) for post in gone] == [("Ann", 1)]
        assert set(page.missing_later.values()) == {DUMPED}
        assert enrich(library, tmp_path / "dump").changed == 0


def test_tables_that_are_missing_say_nothing_of_what_is_gone(tmp_path):
    library = library_with(tmp_path / "library", pages.classic(CAT))
    report = enrich(library, dump(tmp_path / "dump", FULL, without=["commentdata_askme"]))
    assert report.unmatched == {"answers not found in tables that are not whole": 5}
    page = Library(library).thread("ask.metafilter.com:200123")
    assert page.missing_later == {}
    assert page.thread.question.votes == 99
    assert [post.votes for post in page.thread.replies] == [2, 1, 0, 0, 5]


def test_threads_without_their_question_are_joined_too(tmp_path):
    library = library_with(tmp_path / "library", pages.classic(CAT))
    report = enrich(library, dump(tmp_path / "dump", FULL, without=["postdata_askme", "posttitles_askme"]))
    assert report.answers == 5
    assert by_id(library)["ask.metafilter.com:200123"].votes == 4
    assert by_id(library)["ask.metafilter.com:200123/2876500"].votes == 41


def test_favorites_are_counted_where_no_column_counts_them(tmp_path):
    favorites = [
        Row(
            "favoritesdata",
            {"faveid": n, "faver": n, "favee": 1, "type": kind, "target": target, "parent": 200123, "datestamp": iso(ASKED)},
        )
        for n, (kind, target) in enumerate([(4, 2876001)] * 8 + [(2, 2876001)] * 3 + [(4, 2876500), (4, 17), (3, 200123)])
    ]
    library = library_with(tmp_path / "library", text_copy(replace(CAT, answers=CAT.answers[:4])))
    enrich(library, dump(tmp_path / "dump", [*FULL, *favorites], without=["faves"]))
    found = by_id(library)
    assert [found[f"ask.metafilter.com:200123/{n}"].votes for n in (2876001, 2876010, 2876011)] == [8, 0, 0]


# --- Which thread it is ----------------------------------------------------------------------------------------------


def test_a_copy_made_early_is_known_by_what_it_has(tmp_path):
    many = tuple(said(f"late{n}", 5000 + n, 2877000 + n, "More.") for n in range(30))
    library = library_with(tmp_path / "library", text_copy(CAT))
    report = enrich(library, dump(tmp_path / "dump", rows_of(replace(CAT, answers=CAT.answers + many), TRUE_VOTES)))
    assert (report.identified, report.answers) == (1, 5)
    assert report.unmatched == {"answers of the dump that are in no copy": 30}


@pytest.mark.parametrize(
    "other",
    [
        replace(CAT, title="Quite another question"),
        replace(CAT, asked=at(1)),
        replace(CAT, asker="somebody", answers=tuple(replace(each, author=f"x{each.author}") for each in CAT.answers)),
        replace(CAT, answers=tuple(replace(each, written=each.written + timedelta(minutes=1)) for each in CAT.answers)),
        replace(CAT, answers=CAT.answers[:1]),
    ],
    ids=["title", "minute", "people", "times", "count"],
)
def test_another_thread_is_not_taken_for_it(tmp_path, other):
    library = library_with(tmp_path / "library", text_copy(CAT))
    before = posts_of(library)
    rows = rows_of(other)
    if other.asker != CAT.asker:
        # By minute alone: the names are other people's.
        rows = [row for row in rows if row.table != "posttitles_askme"]
    report = enrich(library, dump(tmp_path / "dump", rows))
    assert report.matched == 0
    assert report.unmatched == {"text copies that no thread of the dump can be": 1}
    assert posts_of(library) == before


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_thread_with_few_answers_is_known_by_its_asker(tmp_path, count):
    for asker in ("anonymous", "Ann"):
        thread = replace(CAT, asker=asker, answers=CAT.answers[:count])
        library = library_with(tmp_path / asker, text_copy(thread))
        report = enrich(library, dump(tmp_path / "dump", [*NOISE, *rows_of(thread, TRUE_VOTES)]))
        assert (report.identified, report.answers) == (1, count)
        assert by_id(library)["ask.metafilter.com:200123"].anonymous == (asker == "anonymous")
        assert by_id(library)["ask.metafilter.com:200123"].votes == 99


def test_two_threads_that_fit_are_told_and_left(tmp_path):
    twin = replace(CAT, number=200124, answers=tuple(replace(each, number=each.number + 1000) for each in CAT.answers))
    library = library_with(tmp_path / "library", text_copy(CAT))
    report = enrich(library, dump(tmp_path / "dump", [*rows_of(CAT), *rows_of(twin)]))
    assert report.unmatched == {"text copies that several threads of the dump can be": 1}


@pytest.mark.parametrize("missing", [["posttitles_askme"], ["usernames"], ["tagdata_askme"], ["commentdata_askme"]])
def test_a_text_copy_is_known_without_one_of_the_tables(tmp_path, missing):
    library = library_with(tmp_path / "library", text_copy(CAT))
    report = enrich(library, dump(tmp_path / "dump", FULL, without=missing))
    # Who asked is in usernames; who answered, in commentdata and usernames.
    assert report.identified == 1
    votes = sorted(post.votes for post in posts_of(library))
    if missing == ["usernames"]:
        # Three answers of one minute cannot be told apart without names.
        assert (report.answers, votes[-2:]) == (2, [41, 99])
    elif missing != ["commentdata_askme"]:
        assert votes == sorted([99, *TRUE_VOTES.values()])


def test_renamed_and_wiped_accounts_are_known_by_the_minute(tmp_path):
    rows = rows_of(CAT, TRUE_VOTES)
    ids = {user_number("4ster"): 1_000_007, user_number("slow walker"): 17564}
    for row in rows:
        if row.table == "commentdata_askme":
            row.values["userid"] = ids.get(row.values["userid"], row.values["userid"])
    rows += [Row("usernames", {"userid": n, "joindate": "", "name": "WIPED"}) for n in ids.values()]
    library = library_with(tmp_path / "library", text_copy(CAT))
    report = enrich(library, dump(tmp_path / "dump", rows))
    assert report.answers == 5
    names = {post.author for post in posts_of(library)}
    assert names == {"sleepless in Tulsa", "Ann", "4ster", "slow walker"}


def test_names_are_filled_in_where_a_copy_has_none(tmp_path):
    posts = [
        replace(
            post,
            id=post.id.replace("example.org:1", "ask.metafilter.com:200123").replace("/1", "/2876001"),
            site="ask.metafilter.com",
        )
        for post in (question(1, "Cat", author=None), answer(1, 1, "Feed it.", author=None, votes=None))
    ]
    posts = [replace(post, thread_id="ask.metafilter.com:200123") for post in posts]
    write_archive(tmp_path / "library" / "threads" / "a.jsonl", posts)
    build(tmp_path / "library", engine="memory")
    enrich(tmp_path / "library", dump(tmp_path / "dump", FULL))
    assert [(post.author, post.votes) for post in posts_of(tmp_path / "library")] == [("sleepless in Tulsa", 99), ("Ann", 12)]


def test_a_name_that_must_be_forgotten_does_not_come_in(tmp_path):
    test_names_are_filled_in_where_a_copy_has_none(tmp_path / "first")
    library = tmp_path / "library"
    posts = [
        replace(post, author=None, votes=None, captured=None, history=(), written=None)
        for post in posts_of(tmp_path / "first" / "library")
    ]
    write_archive(library / "threads" / "a.jsonl", posts)
    build(library, engine="memory")
    forgetting.add(library, Rule("author", "ann"))
    enrich(library, tmp_path / "first" / "dump")
    assert [post.author for post in posts_of(library)] == ["sleepless in Tulsa"]


def test_two_copies_that_the_dump_shows_to_be_one_thread_become_one(tmp_path):
    cut = replace(CAT, title="Café & cat: does “5 am”...", above="The cat wakes me at five.")
    library = library_with(tmp_path / "library", text_copy(CAT), text_copy(cut), pages.classic(replace(CAT, asker="Renamed")))
    assert len(Library(library).about()["archives"]) == 3
    assert len(posts_of(library)) == 3 * 6
    report = enrich(library, dump(tmp_path / "dump", FULL))
    assert report.identified == 2
    found = by_id(library)
    assert set(found) == {"ask.metafilter.com:200123", *(f"ask.metafilter.com:200123/{n}" for n in TRUE_VOTES)}
    assert found["ask.metafilter.com:200123"].title == CAT.title
    assert {n: found[f"ask.metafilter.com:200123/{n}"].votes for n in TRUE_VOTES} == TRUE_VOTES
    assert enrich(library, tmp_path / "dump").changed == 0


def threads_with(categories: Sequence[str | None]) -> list[pages.Thread]:
    return [
        replace(
            CAT,
            number=300000 + n,
            title=f"Cat number {n}",
            category=category,
            asked=ASKED + timedelta(days=n),
            answers=(said("Ann", 1440 * n + 2, 2900000 + n, f"Advice number {n}."),),
        )
        for n, category in enumerate(categories)
    ]


@pytest.mark.parametrize(
    ("known", "learned"),
    [
        (["Pets & Animals"] * 3, "Pets & Animals"),
        (["Pets & Animals"] * 2, None),
        (["Pets & Animals"] * 5 + ["Travel & Transportation"], None),
    ],
)
@pytest.mark.parametrize("copy", [pages.classic, text_copy])
def test_categories_are_learned_where_threads_agree(tmp_path, known, learned, copy):
    threads = threads_with([*known, None])
    library = library_with(tmp_path / "library", *(copy(thread) for thread in threads))
    folder = dump(tmp_path / "dump", [row for thread in threads for row in rows_of(thread)])
    enrich(library, folder)
    assert by_id(library)[f"ask.metafilter.com:{threads[-1].number}"].category == learned
    assert enrich(library, folder).changed == 0


def test_deleted_threads_say_why(tmp_path):
    rows = rows_of(CAT)
    rows[0].values |= {"deleted": 3, "reason": "<b>Double</b>, see\tthe <a href='/1'>other</a> -- mod"}
    library = library_with(tmp_path / "library", pages.classic(CAT))
    enrich(library, dump(tmp_path / "dump", rows))
    assert by_id(library)["ask.metafilter.com:200123"].warnings[-1] == "deleted on the site: Double, see the other -- mod"
    assert enrich(library, tmp_path / "dump").changed == 0


def test_other_parts_of_the_site_and_other_sites_are_left_alone(tmp_path):
    library = tmp_path / "library"
    write_archive(library / "threads" / "a.jsonl", [question(200123, CAT.title), answer(200123, 1, "Elsewhere.")])
    build(library, engine="memory")
    report = enrich(library, dump(tmp_path / "dump", FULL))
    assert (report.threads, report.matched, report.changed) == (0, 0, 0)
    assert "no thread of MetaFilter" in report.warnings[0]
    main = [Row(row.table.replace("askme", "mefi"), row.values) for row in rows_of(CAT)]
    ask = library_with(tmp_path / "ask", pages.classic(CAT))
    report = enrich(ask, dump(tmp_path / "mefi", main))
    assert report.unmatched == {"threads of a site that the dump lacks": 1}


def test_the_whole_sample_is_joined(tmp_path):
    """Every thread of the sample gets what a dump made of the sample says, whatever format it came in."""
    library = tmp_path / "library"
    build(library, [SAMPLE], engine="memory")
    rows: list[Row] = []
    expected: dict[tuple[str, str, int], int] = {}
    posts = [post for post in posts_of(library) if post.site == "ask.metafilter.com"]
    numbers: dict[str, int] = {}
    for number, post in enumerate(posts):
        native = post.thread_id.partition(":")[2]
        thread = numbers.setdefault(post.thread_id, int(native) if native.isdigit() else 900_000 + number)
        own = post.id.rpartition("/")[2]
        zone = infodump_tables.moments(iso(post.written.replace(tzinfo=None)))[0] - int(post.written.timestamp())
        local = iso((post.written - timedelta(seconds=zone)).replace(tzinfo=None))
        user = 17564 if post.anonymous else user_number(post.author)
        if post.kind == "question":
            values = (thread, user, local, 0, 0, number, 0, "[NULL]")
            rows.append(Row("postdata_askme", dict(zip(COLUMNS["postdata"], values, strict=True))))
            rows.append(Row("posttitles_askme", {"postid": thread, "title": post.title}))
        else:
            values = (
                int(own) if own.isdigit() and ":t-" not in post.id else 9_000_000 + number,
                thread,
                user,
                local,
                1000 + number,
                1,
            )
            rows.append(Row("commentdata_askme", dict(zip(COLUMNS["commentdata"], values, strict=True))))
            expected[post.body, post.author, post.position] = 1000 + number
        rows.append(Row("usernames", {"userid": user, "joindate": "", "name": post.author}))
    report = enrich(library, dump(tmp_path / "dump", rows, date=datetime.now(UTC)))
    assert (report.threads, report.matched) == (len(numbers), len(numbers))
    assert report.identified == sum(1 for name in numbers if ":t-" in name) > 5
    assert report.answers == len(expected)
    found = [post for post in posts_of(library) if post.site == "ask.metafilter.com"]
    assert not [post.id for post in found if ":t-" in post.id]
    assert {(p.body, p.author, p.position): p.votes for p in found if p.kind != "question"} == expected


# --- Times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("1999-07-14 15:03:04.930", ["1999-07-14T22:03:04"]),
        ("2008-03-12 15:09:00", ["2008-03-12T22:09:00"]),
        ("Mar 12 2008 03:09:00:123PM", ["2008-03-12T22:09:00"]),
        ("Mar  2 2008 03:09:07:123AM", ["2008-03-02T11:09:07"]),
        ("Jan  1 2010 12:00:00:000AM", ["2010-01-01T08:00:00"]),
        ("Jan  1 2010 12:30PM", ["2010-01-01T20:30:00"]),
        # The hour that autumn repeats, and the one that spring leaves out.
        ("Nov  6 2011 01:30:30:000AM", ["2011-11-06T08:30:30", "2011-11-06T09:30:30"]),
        ("2011-03-13 02:30:30.000", ["2011-03-13T10:30:30"]),
        # Before 2007 summer time ended in October.
        ("2005-10-30 01:15:00", ["2005-10-30T08:15:00", "2005-10-30T09:15:00"]),
        *(
            (text, [])
            for text in (
                "",
                "[NULL]",
                "2011-02-30 01:00:00",
                "Foo 12 2008 03:09:00:123PM",
                "1990-01-01 00:00:00",
                "2011-13-01 00:00:00",
                "99:99",
                "2011-01-01 00:00:75",
            )
        ),
    ],
)
def test_times_of_both_forms_are_pacific(text, times):
    assert [datetime.fromtimestamp(each, UTC).replace(tzinfo=None).isoformat() for each in moments(text)] == times


def test_an_answer_of_the_repeated_hour_keeps_the_one_its_page_proves(tmp_path):
    night = datetime(2011, 11, 6, 1, 50)
    thread = replace(
        CAT,
        asked=night,
        answers=(
            Answer(author="Ann", written=datetime(2011, 11, 6, 1, 55), number=2876001, body="First."),
            Answer(author="4ster", written=datetime(2011, 11, 6, 1, 20), number=2876002, body="An hour later."),
        ),
    )
    for copy in (pages.classic, text_copy):
        library = library_with(tmp_path / copy.__name__, copy(thread))
        before = [post.written for post in posts_of(library)]
        assert before[2] - before[1] == timedelta(minutes=25)
        assert enrich(library, dump(tmp_path / "dump", rows_of(thread))).answers == 2
        assert [post.written for post in posts_of(library)] == [time + timedelta(seconds=30) for time in before]


# --- What goes wrong -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page_library(tmp_path_factory):
    return library_with(tmp_path_factory.mktemp("page") / "library", pages.classic(CAT))


def test_a_web_page_in_place_of_a_zip_is_named(tmp_path):
    library = library_with(tmp_path / "library", pages.classic(CAT))
    folder = dump(tmp_path / "dump", FULL)
    (folder / "commentdata_askme.txt.zip").write_text("\n<!DOCTYPE html><html><title>403 Forbidden</title>")
    report = enrich(library, folder)
    assert any("commentdata_askme.txt.zip is a web page" in warning for warning in report.warnings)
    assert by_id(library)["ask.metafilter.com:200123"].votes == 99


def test_a_folder_without_a_table_is_named(tmp_path, page_library):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UnknownFormat, match="no tables"):
        enrich(page_library, tmp_path)
    with pytest.raises(UnknownFormat, match="no tables"):
        enrich(page_library, tmp_path / "nowhere")
    (tmp_path / "usernames.txt").write_text("<html>")
    with pytest.raises(DamagedArchive, match="web page"):
        enrich(page_library, tmp_path)


def test_without_a_library_nothing_is_made(tmp_path):
    with pytest.raises(NoLibrary):
        enrich(tmp_path / "library", dump(tmp_path / "dump", FULL))
    assert not (tmp_path / "library").exists()


def test_a_zip_that_is_a_trap_is_refused(tmp_path, page_library):
    folder = dump(tmp_path / "dump", rows_of(CAT), without=["commentdata_askme"])
    with zipfile.ZipFile(folder / "commentdata_askme.txt.zip", "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("commentdata_askme.txt", b"0" * 50_000_000)
    assert any("would unpack to 50,000,000 bytes" in warning for warning in enrich(page_library, folder).warnings)


def test_one_zip_may_hold_all_tables(tmp_path):
    library = library_with(tmp_path / "library", text_copy(CAT))
    folder = dump(tmp_path / "plain", FULL, zipped=False)
    (tmp_path / "all").mkdir()
    with zipfile.ZipFile(tmp_path / "all" / "infodump-all.zip", "w") as container:
        for file in folder.iterdir():
            container.write(file, f"../infodump/{file.name}")
        container.writestr("infodump/README", "no table")
    report = enrich(library, tmp_path / "all")
    assert (report.identified, report.answers, report.warnings) == (1, 5, ())
    assert enrich(library, tmp_path / "all" / "infodump-all.zip").changed == 0


def test_the_same_table_twice_is_told(tmp_path):
    library = library_with(tmp_path / "library", pages.classic(CAT))
    dump(tmp_path / "dump", FULL)
    report = enrich(library, dump(tmp_path / "dump", FULL, zipped=False))
    assert sum("is the same table" in warning for warning in report.warnings) == 5
    assert report.answers == 5


@pytest.mark.parametrize("zipped", [True, False])
def test_tables_without_names_or_dates_are_read_by_what_is_known(tmp_path, zipped):
    library = library_with(tmp_path / "library", pages.classic(CAT))
    report = enrich(library, dump(tmp_path / "dump", FULL, names=False, date=None, zipped=zipped))
    assert report.answers == 5
    assert any("does not name its columns" in warning for warning in report.warnings)
    # The newest row says the least age of a dump.
    assert any("held to be of 2011-11-07" in warning for warning in report.warnings)
    assert {n: by_id(library)[f"ask.metafilter.com:200123/{n}"].best for n in TRUE_VOTES} == {n: n in BEST for n in TRUE_VOTES}


def test_columns_are_known_by_name_and_late_ones_may_be_missing(tmp_path):
    library = library_with(tmp_path / "library", pages.classic(CAT))
    folder = dump(tmp_path / "dump", FULL, without=["deleted", "reason", "commentdata_askme"])
    (folder / "commentdata_askme.txt").write_bytes(
        b"\xef\xbb\xbfWed Mar  4 06:39:16 2015\nnew\tFaves\tPostID\t commentid \tbest  answer?\n"
        b"x\t77\t200123\t2876001\t1\n\n"
        b"x\t78\t200123\t2876010\n"
        b"x\tmany\t200123\t2876011\t0\tmore\tthan\tis\tright\n"
        b"x\t79\tnone\t2876012\t0\n"
        b"x\t80\t200123\t\t0\n"
        b"x\n" + b"9" * 200_000 + b"\t1\n"
        b"x\t81\t200123\t99999999999999999999\t0\n"
        b"x\t82\t99999999999999999999999999\t1\t0\n"
        b"x\t5\t200123\t2876001\t0\n"
        b"x\t3\t200123\t2876500\t1"
    )
    report = enrich(library, folder)
    found = by_id(library)
    assert found["ask.metafilter.com:200123/2876001"].votes == 77
    assert (found["ask.metafilter.com:200123/2876010"].votes, found["ask.metafilter.com:200123/2876010"].best) == (78, False)
    assert found["ask.metafilter.com:200123/2876011"].votes == 0
    assert found["ask.metafilter.com:200123/2876500"].votes == 3
    assert report.unmatched["rows of commentdata_askme that cannot be read"] == 3
    assert report.unmatched["rows of commentdata that are there twice"] == 1
    assert report.unmatched["rows of commentdata without a number"] == 2


def test_bad_bytes_in_a_tag_are_replaced(tmp_path):
    library = library_with(tmp_path / "library", pages.classic(replace(CAT, tags=())))
    folder = dump(tmp_path / "dump", rows_of(CAT), without=["tagdata_askme"])
    (folder / "tagdata_askme.txt").write_bytes(
        b"Wed Mar  4 06:39:16 2015\r\ntagid\tlinkid\tlinkdate\ttagname\r\n"
        b"1\t200123\t\tcaf\xe9\r\n2\t200123\t\ta\x00b\x1b[31m\tc\r\n3\t200123\r\n4\t200123\t\t\xed\xa0\x80\r\n"
    )
    enrich(library, folder)
    assert by_id(library)["ask.metafilter.com:200123"].tags == ("caf\ufffd", "a b [31m c", "\ufffd\ufffd\ufffd")


def test_tables_of_different_dumps_are_told(tmp_path):
    library = library_with(tmp_path / "library", pages.classic(CAT))
    dump(tmp_path / "dump", FULL)
    comments = [row for row in FULL if row.table == "commentdata_askme"]
    report = enrich(library, dump(tmp_path / "dump", comments, date=DUMPED + timedelta(days=400)))
    assert any("of different dumps" in warning for warning in report.warnings)
    assert by_id(library)["ask.metafilter.com:200123"].votes == 4
    assert by_id(library)["ask.metafilter.com:200123/2876500"].votes == 41


def test_a_table_that_breaks_off_is_read_so_far(tmp_path):
    threads = threads_with(["Pets & Animals"] * 40)
    rows = [row for thread in threads for row in rows_of(thread, {each.number: 7 for each in thread.answers})]
    many = replace(CAT, number=9, answers=CAT.answers[:1])
    rows += [replace(row, values=row.values | {"commentid": n}) for n in range(300) for row in rows_of(many)[-3:-2]]
    folder = dump(tmp_path / "dump", rows)
    with zipfile.ZipFile(folder / "commentdata_askme.txt.zip") as container:
        text = container.read("commentdata_askme.txt")
    (folder / "commentdata_askme.txt.zip").write_bytes(stored_with_wrong_sum(text))
    library = library_with(tmp_path / "library", *(pages.classic(thread) for thread in threads))
    report = enrich(library, folder)
    assert any("breaks off after row" in warning for warning in report.warnings)
    assert not next(table for table in report.tables if table.name == "commentdata_askme").whole
    assert all(Library(library).thread(f"ask.metafilter.com:{thread.number}").missing_later == {} for thread in threads)


def stored_with_wrong_sum(text: bytes) -> bytes:
    """A zip whose member is whole but for its checksum, which is found out at its end."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as container:
        container.writestr("commentdata_askme.txt", text)
    return packed.getvalue().replace(text, text[:-9] + b"9" + text[-8:])


def test_zips_that_are_cut_off_never_end_in_a_traceback(tmp_path, page_library):
    folder = dump(tmp_path, FULL)
    file = next(folder.glob("commentdata_askme*"))
    whole = file.read_bytes()
    for cut in [*range(90), *range(90, len(whole), 37)]:
        file.write_bytes(whole[:cut])
        assert isinstance(enrich(page_library, folder), EnrichReport)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["postdata_askme", "commentdata_askme", "tagdata_askme", "usernames", "posttitles_askme", "favoritesdata"]),
    st.binary(max_size=200)
    | st.lists(
        st.lists(
            st.sampled_from(["200123", "2876001", "0", "-1", "", "x", "9" * 30, iso(ASKED), worded(at(3)), "\0", "é"]),
            max_size=9,
        ),
        max_size=9,
    ).map(lambda rows: "\n".join("\t".join(row) for row in rows).encode()),
    st.booleans(),
)
def test_whatever_is_in_a_table_ends_in_a_report(tmp_path, page_library, table, content, headed):
    folder = dump(tmp_path / "dump", FULL, zipped=False)
    for old in folder.glob("*"):
        if old.name.startswith("favorites"):
            old.unlink()
    head = f"Wed Mar  4 06:39:16 2015\n{chr(9).join(COLUMNS[table.partition('_')[0]])}\n".encode() if headed else b""
    (folder / f"{table}.txt").write_bytes(head + content)
    assert isinstance(enrich(page_library, folder), EnrichReport)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.integers(0, 2000))
def test_whatever_is_in_a_zip_ends_in_a_report(tmp_path, page_library, noise, place):
    folder = dump(tmp_path / "dump", FULL)
    file = folder / "commentdata_askme.txt.zip"
    whole = file.read_bytes()
    place %= len(whole)
    file.write_bytes(whole[:place] + noise + whole[place + len(noise) :])
    try:
        enrich(page_library, folder)
    except AskiveError:
        pytest.fail("one broken table must not stop the others")


# --- Size ------------------------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_dump(tmp_path, page_library):
    peaks = []
    for count in (3_000, 300_000):
        folder = dump(tmp_path / str(count), FULL, zipped=False)
        with (folder / "commentdata_askme.txt").open("a") as file:
            for n in range(count):
                file.write(f"{3_000_000 + n}\t{400_000 + n // 13}\t{n % 9999}\tMar 12 2008 03:09:00:123PM\t{n % 7}\t0\r\n")
        code = (
            "import resource, sys; from pathlib import Path; from indexer.infodump import enrich;"
            "report = enrich(Path(sys.argv[1]), Path(sys.argv[2]));"
            "print(sum(t.rows for t in report.tables), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, page_library, folder], cwd=ROOT, capture_output=True, text=True, check=True
        )
        rows, peak = map(int, done.stdout.split())
        assert rows > count
        peaks.append(peak * (1 if sys.platform == "darwin" else 1024))
    assert peaks[1] - peaks[0] < 8_000_000


# --- Beside the archives ---------------------------------------------------------------------------------------------


def test_a_table_is_told_from_an_archive(tmp_path):
    folder = dump(tmp_path, FULL, zipped=False)
    for file in folder.iterdir():
        assert infodump_tables.recognises(file.read_bytes()[:65_536])
    for head in (
        b"",
        b"Wed Mar  4 06:39:16 2015\n",
        b"Wed Mar  4 06:39:16 2015\nposted by Ann at 3:09 PM\n",
        b"postid\ttitle\n",
    ):
        assert not infodump_tables.recognises(head)
    assert isinstance(infodump_tables.refuse(Source(tmp_path / "usernames.txt")), ArchiveError)
