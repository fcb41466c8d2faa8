"""From archives to a library: incremental, merged, atomic, whatever kills it."""

from __future__ import annotations

import gzip
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest
from advice import make_library
from conftest import answer, question, write_archive

from indexer import engines, forgetting, importing, markup
from indexer.archives import jsonl
from indexer.build import NothingRead, build
from indexer.errors import LibraryBusy, LibraryError, NoLibrary
from indexer.forgetting import Rule
from indexer.library import Library
from indexer.thread import Post
from indexer.writing import WritableStore

CAT = [
    question(1, "Cat wakes me at 5am"),
    answer(1, 1, "Feed the cat later, from a timer.", votes=9),
    answer(1, 2, "Close the door."),
]
DOG = [question(2, "Dog barks at other dogs"), answer(2, 1, "Keep your distance and carry treats.", votes=4)]
GENERATIONS = "index"


def answers(library: Path, text: str) -> list[str]:
    return [found.answer.id for found in Library(library).ask(text).answers]


def statuses(report) -> dict[str, str]:
    return {row.path.name: row.status for row in report.rows}


@pytest.fixture
def folder(tmp_path):
    write_archive(tmp_path / "library" / "threads" / "cat.jsonl", CAT)
    return tmp_path / "library"


@pytest.mark.parametrize("engine", engines.ENGINES)
def test_an_archive_added_later_is_all_that_is_read(folder, engine):
    first = build(folder, engine=engine)
    assert statuses(first) == {"cat.jsonl": "read"}
    write_archive(folder / "threads" / "dog.jsonl", DOG)
    second = build(folder, engine=engine)
    assert statuses(second) == {"cat.jsonl": "unchanged", "dog.jsonl": "read"}
    assert (second.threads, second.answers, second.changed) == (2, 3, 1)
    assert answers(folder, "dog barks") == ["example.org:2/1"]
    assert set(answers(folder, "cat wakes me")) == {"example.org:1/1", "example.org:1/2"}


def test_nothing_new_changes_nothing(folder):
    first = build(folder, engine="memory")
    second = build(folder, engine="memory")
    assert second.generation == first.generation
    assert second.changed == 0


def test_an_archive_touched_but_the_same_is_not_read_again(folder):
    build(folder, engine="memory")
    os.utime(folder / "threads" / "cat.jsonl", (1, 1))
    assert statuses(build(folder, engine="memory")) == {"cat.jsonl": "unchanged"}


def test_votes_of_the_later_capture_win_in_either_order(tmp_path):
    early = [Post(**{**_fields(post), "captured": datetime(2013, 1, 1, tzinfo=UTC)}) for post in CAT]
    late = [Post(**{**_fields(post), "captured": datetime(2020, 1, 1, tzinfo=UTC), "votes": 4}) for post in CAT[:2]]
    exports = []
    for order in ((early, late), (late, early)):
        library = tmp_path / str(len(exports))
        for number, posts in enumerate(order):
            build(library, [write_archive(tmp_path / f"{len(exports)}-{number}.jsonl", posts)], engine="memory")
        exports.append(list(Library(library).posts()))
    assert exports[0] == exports[1]
    votes = {post.id: post.votes for post in exports[0]}
    assert [(capture.at.year, capture.votes) for capture in exports[0][1].history] == [(2013, 9), (2020, 4)]
    page = Library(tmp_path / "1").thread("example.org:1")
    # The second answer is in the early copy only: nothing is lost, and it is told.
    assert {name: time.year for name, time in page.missing_later.items()} == {"example.org:1/2": 2020}
    again = write_archive(tmp_path / "export.jsonl", exports[0])
    build(tmp_path / "again", [again], engine="memory")
    assert list(Library(tmp_path / "again").posts()) == exports[0]
    assert votes == {"example.org:1": 4, "example.org:1/1": 4, "example.org:1/2": 0}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_later_copy_that_shows_no_votes_takes_nothing_from_those_between(tmp_path, order):
    shown = [(2010, 3), (2013, 5), (2020, None)]
    copies = [
        [replace(CAT[0], captured=time), replace(CAT[1], captured=time, votes=votes)]
        for year, votes in shown
        for time in (datetime(year, 1, 1, tzinfo=UTC),)
    ]
    for number in order:
        build(tmp_path, [write_archive(tmp_path / "in" / f"{number}.jsonl", copies[number])], engine="memory")
    said = {post.id: post for post in Library(tmp_path).posts()}["example.org:1/1"]
    assert said.votes == 5
    assert [(capture.at.year, capture.votes) for capture in said.history] == [(2010, 3), (2013, 5)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_copies_say_of_closing_and_rights_is_one_in_any_order(tmp_path, order):
    def day(year: int) -> datetime:
        return datetime(year, 1, 1, tzinfo=UTC)

    said = [
        {"captured": day(2012), "closed": day(2011), "duplicate_of": ("example.org:9",), "licence": "CC BY-SA 3.0"},
        {"captured": day(2016), "closed": day(2015), "duplicate_of": ("example.org:8", "example.org:7")},
        {"captured": day(2020), "licence": "CC BY-SA 4.0"},
    ]
    for number in order:
        copy = [replace(CAT[0], **said[number]), *CAT[1:]]
        build(tmp_path, [write_archive(tmp_path / "in" / f"{number}.jsonl", copy)], engine="memory")
    found = next(post for post in Library(tmp_path).posts() if post.kind == "question")
    assert (found.closed, found.licence) == (day(2015), "CC BY-SA 4.0")
    assert found.duplicate_of == ("example.org:7", "example.org:8", "example.org:9")
    exported = write_archive(tmp_path / "export.jsonl", list(Library(tmp_path).posts()))
    build(tmp_path / "again", [exported], engine="memory")
    assert list(Library(tmp_path / "again").posts()) == list(Library(tmp_path).posts())


def test_a_copy_without_ids_joins_the_one_with_ids_in_either_order(tmp_path):
    def copy(thread_id, answer_id, body):
        written = datetime(2012, 5, 1, 12, tzinfo=UTC)
        asked = Post(
            id=thread_id, thread_id=thread_id, kind="question", site="s.org", title="Why?", author="asker", written=written
        )
        said = Post(
            id=answer_id,
            thread_id=thread_id,
            kind="answer",
            site="s.org",
            author="x",
            written=written,
            position=1,
            body=body,
            votes=1,
        )
        return [asked, said]

    linked = markup.clean("See <a href='https://example.org'>this</a>.")
    copies = [copy("s.org:77", "s.org:77/5", linked), copy("s.org:t-abc", "s.org:t-abc/1", markup.from_text("See this."))]
    for order in (copies, copies[::-1]):
        library = tmp_path / order[0][0].id.replace(":", "-")
        for number, posts in enumerate(order):
            build(library, [write_archive(tmp_path / f"{number}.jsonl", posts)], engine="whoosh")
        posts = list(Library(library).posts())
        assert [post.id for post in posts] == ["s.org:77", "s.org:77/5"]
        assert posts[1].body == linked
        assert Library(library).thread("s.org:t-abc").thread.id == "s.org:77"
        assert answers(library, "see this why") == ["s.org:77/5"]


def test_an_export_with_halves_of_characters_is_stored_without_them(tmp_path):
    line = '{"id": "s:1", "thread_id": "s:1", "kind": "question", "site": "s", "title": "a", "tags": ["b\\ud83d"], "licence": "c\\u0000"}'
    (tmp_path / "in.jsonl").write_text('{"askive": "posts", "version": 1}\n' + line, "utf-8")
    build(tmp_path, [tmp_path / "in.jsonl"], engine="memory")
    (found,) = Library(tmp_path).posts()
    assert (found.tags, found.licence) == (("b?",), "c")


def test_export_and_build_give_the_identical_library(sample_library, tmp_path):
    first = "".join(jsonl.write(Library(sample_library).posts()))
    (tmp_path / "export.jsonl").write_text(first, "utf-8")
    report = build(tmp_path / "again", [tmp_path / "export.jsonl"])
    assert "".join(jsonl.write(Library(tmp_path / "again").posts())) == first
    assert (report.threads, report.answers) == tuple(Library(sample_library).about()[key] for key in ("threads", "answers"))
    for text in ("bombed interview", "landlord deposit", "cat"):
        assert answers(tmp_path / "again", text) == answers(sample_library, text)


def test_malformed_archives_are_rows_with_reasons(folder):
    (folder / "threads" / "empty.txt").write_bytes(b"")
    (folder / "threads" / "noise.bin").write_bytes(bytes(range(256)) * 40)
    (folder / "threads" / "photo.html").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    broken = (folder / "threads" / "cat.jsonl").read_text("utf-8").splitlines()
    broken[2:2] = ["{not json", '{"id": "x"}', "[]", '{"id": 5, "thread_id": "a", "kind": "answer", "site": "s"}']
    (folder / "threads" / "broken.jsonl").write_text("\n".join(broken), "utf-8")
    report = build(folder, engine="memory")
    rows = {row.path.name: row for row in report.rows}
    assert statuses(report) == {
        "broken.jsonl": "read",
        "cat.jsonl": "read",
        "empty.txt": "failed",
        "noise.bin": "failed",
        "photo.html": "failed",
    }
    assert rows["broken.jsonl"].archive.skipped == 4
    assert "line 3" in rows["broken.jsonl"].archive.warnings[0]
    for name in ("empty.txt", "noise.bin", "photo.html"):
        assert name in (rows[name].archive.reason or "")
    assert "picture" in (rows["photo.html"].archive.reason or "")


def test_containers_say_what_of_their_members_could_not_be_read(folder):
    build(folder, engine="memory")
    (folder / "threads" / "note.txt.gz").write_bytes(gzip.compress(b"just a note"))
    with zipfile.ZipFile(folder / "threads" / "notes.zip", "w") as notes:
        for name in ("a.txt", "b.txt"):
            notes.writestr(name, "just a note")
    with zipfile.ZipFile(folder / "threads" / "mixed.zip", "w") as mixed:
        mixed.writestr("a.txt", "just a note")
        mixed.write(write_archive(folder.parent / "dog.jsonl", DOG), "dog.jsonl")
    rows = {row.path.name: row.archive for row in build(folder, engine="memory").rows}
    assert (rows["note.txt.gz"].status, rows["note.txt.gz"].skipped, rows["note.txt.gz"].warnings) == ("failed", 0, ())
    assert (rows["notes.zip"].status, rows["notes.zip"].skipped) == ("failed", 2)
    assert "2 members" in (rows["notes.zip"].reason or "")
    assert (rows["mixed.zip"].status, rows["mixed.zip"].answers, rows["mixed.zip"].skipped) == ("read", 1, 1)
    assert rows["mixed.zip"].format == "askive-jsonl"


def test_of_an_archive_that_fails_half_way_what_came_before_is_kept(folder):
    newer = '{"askive": "posts", "version": 99}\n'
    write_archive(folder / "threads" / "half.jsonl", DOG)
    with (folder / "threads" / "half.jsonl").open("a") as file:
        file.write(newer)
    report = build(folder, engine="memory")
    assert statuses(report) == {"cat.jsonl": "read", "half.jsonl": "failed"}
    assert "the 2 posts before that are kept" in report.rows[1].archive.reason
    assert answers(folder, "dog barks") == ["example.org:2/1"]
    # It is tried again each time, and nothing comes twice.
    assert statuses(build(folder, engine="memory")) == {"cat.jsonl": "unchanged", "half.jsonl": "failed"}
    assert len(list(Library(folder).posts())) == 5


def test_nothing_readable_is_an_error_with_every_reason(tmp_path):
    (tmp_path / "threads").mkdir()
    (tmp_path / "threads" / "x.txt").write_text("just a note")
    with pytest.raises(NothingRead) as raised:
        build(tmp_path)
    assert "x.txt" in str(raised.value)
    assert [row.status for row in raised.value.rows] == ["failed"]
    with pytest.raises(NoLibrary):
        Library(tmp_path)


def test_a_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NoLibrary, match="nowhere"):
        build(tmp_path, [tmp_path / "nowhere"])


def test_files_that_belong_to_a_saved_page_are_left_out(tmp_path):
    (tmp_path / "Page_files").mkdir()
    for name in ("Page.html", "Page_files/style.css", "Page_files/frame.html", ".hidden", "other.txt"):
        (tmp_path / name).write_text("x")
    found, left_out = importing.find([tmp_path])
    assert [path.name for path in found] == ["Page.html", "other.txt"]
    assert left_out == 3


def test_an_open_library_takes_up_a_new_generation(folder):
    build(folder, engine="whoosh")
    library = Library(folder)
    assert library.ask("dog barks cat").total == 2
    write_archive(folder / "threads" / "dog.jsonl", DOG)
    build(folder, engine="whoosh")
    assert library.ask("dog barks").answers[0].answer.id == "example.org:2/1"


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_changing_the_engine_changes_only_the_engine(folder, engine):
    build(folder, engine="memory")
    before = answers(folder, "cat wakes")
    report = build(folder, engine=engine)
    assert report.engine == engine
    assert statuses(report) == {"cat.jsonl": "unchanged"}
    assert answers(folder, "cat wakes") == before


def test_a_lost_index_is_written_again_from_the_store(folder):
    first = build(folder, engine="whoosh")
    for file in (folder / GENERATIONS / first.generation).rglob("*"):
        if file.is_file():
            file.unlink()
    with pytest.raises(LibraryError):
        Library(folder)
    second = build(folder, engine="whoosh")
    assert statuses(second) == {"cat.jsonl": "unchanged"}
    assert answers(folder, "cat wakes")


@pytest.mark.parametrize(
    ("engine", "name"), [("whoosh", "contents.json"), ("tantivy", "contents.json"), ("memory", "documents.jsonl")]
)
def test_an_index_of_an_older_make_is_written_again(folder, engine, name):
    first = build(folder, engine=engine)
    marked = folder / GENERATIONS / first.generation / "terms" / name
    marked.write_text(marked.read_text().replace('"format": 2', '"format": 1', 1))
    with pytest.raises(LibraryError):
        Library(folder)
    second = build(folder, engine=engine)
    assert (second.changed, statuses(second)) == (0, {"cat.jsonl": "unchanged"})
    assert second.generation > first.generation
    assert answers(folder, "cat wakes")


def test_old_generations_go_but_the_last(folder):
    for number in range(5):
        write_archive(folder / "threads" / f"{number}.jsonl", [question(10 + number, "Why?"), answer(10 + number, 1, "So.")])
        report = build(folder, engine="memory")
    left = sorted(path.name for path in (folder / GENERATIONS).iterdir())
    assert left[-1] == report.generation
    assert len(left) == 2


def test_two_builds_at_once_do_not_mix(folder):
    build(folder, engine="memory")
    store = WritableStore(folder)
    with store.transaction(), pytest.raises(LibraryBusy):
        build(folder, engine="memory")
    store.close()
    build(folder, engine="memory")


def test_questions_are_answered_while_a_build_writes(folder):
    """Readers see the old state of things until the very end, and then all of the new one."""
    build(folder, engine="whoosh")
    for number in range(100, 140):
        write_archive(
            folder / "threads" / f"{number}.jsonl", [question(number, "A question of dogs"), answer(number, 1, "Dogs bark.")]
        )
    library = Library(folder)
    seen: set[int] = set()
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            about = library.about()
            assert about["index"].answers == about["ranked"]
            seen.add(about["answers"])

    asker = threading.Thread(target=ask)
    asker.start()
    build(folder, engine="whoosh")
    time.sleep(0.1)
    stop.set()
    asker.join()
    assert seen == {2, 42}


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
@pytest.mark.parametrize("rule", [Rule("thread", "example.org:1"), Rule("post", "example.org:1/1"), Rule("author", "PERSON1")])
def test_what_is_forgotten_stays_forgotten(folder, rule, engine):
    build(folder, engine=engine)
    assert answers(folder, "feed the cat timer")[0] == "example.org:1/1"
    forgetting.add(folder, rule)
    build(folder, (), engine=engine)
    for _ in range(2):
        assert "example.org:1/1" not in [post.id for post in Library(folder).posts()]
        assert "example.org:1/1" not in answers(folder, "feed the cat timer")
        build(folder, engine=engine, fresh=True)
    for file in folder.rglob("*"):
        if file.is_file() and file.parent.name != "threads":
            assert b"from a timer" not in file.read_bytes()


def test_nothing_of_a_forgotten_thread_is_in_any_table(tmp_path):
    library = make_library(tmp_path)
    forgetting.add(library, Rule("thread", "example.org:1"))
    build(library, engine="memory")
    with closing(sqlite3.connect(library / "library.sqlite")) as db:
        left = "\n".join(db.iterdump())
    assert "cat wakes me" in left
    for said in ("marzipan", "Ottoline", "bombed the interview", "example.org:1'"):
        assert said not in left


def test_a_rule_survives_whatever_is_in_a_name(folder):
    build(folder, engine="memory")
    odd = [Rule("author", "line\u2028end"), Rule("author", 'quo"te\\'), Rule("author", "new\nline")]
    for rule in odd:
        forgetting.add(folder, rule)
    assert forgetting.load(folder).rules == odd


def test_a_broken_rule_stops_every_build(folder):
    build(folder, engine="memory")
    (folder / forgetting.FILE).write_text('{"kind": "author"}\n')
    with pytest.raises(LibraryError, match="line 1"):
        build(folder, engine="memory")


def _fields(post: Post) -> dict:
    return {name: getattr(post, name) for name in Post.__slots__}


def _built(folder: Path, engine: str = "auto") -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "indexer", "build", "--library", str(folder), "--engine", engine],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_kill_at_any_moment_leaves_the_old_library_answering(folder, engine):
    """A real process, killed for real: before, between and after every step that writes."""
    build(folder, engine=engine)
    started = time.monotonic()
    write_archive(folder / "threads" / "warm.jsonl", [question(900, "Warm up"), answer(900, 1, "Yes.")])
    process = _built(folder, engine)
    assert process.wait() == 0
    whole = time.monotonic() - started
    chance = random.Random(7)
    killed = 0
    known = 3
    for number in range(12):
        posts = [
            post
            for i in range(25)
            for post in (question(1000 + 50 * number + i, f"Owl {i}"), answer(1000 + 50 * number + i, 1, f"Owls {i}."))
        ]
        write_archive(folder / "threads" / f"owl{number}.jsonl", posts)
        process = _built(folder, engine)
        try:
            process.wait(timeout=chance.uniform(0.35, 1.1) * whole)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        library = Library(folder)
        about = library.about()
        assert about["index"].answers == about["ranked"]
        assert about["answers"] in {known, 3 + 25 * (number + 1)}
        known = about["answers"]
        assert library.ask("cat wakes me").answers[0].answer.id == "example.org:1/1"
    assert killed >= 3
    assert build(folder, engine=engine).answers == 3 + 25 * 12
    assert len(list((folder / GENERATIONS).iterdir())) <= 2
    assert len(answers(folder, "owl")) == 10
