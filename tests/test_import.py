"""Imports at scale: in several processes, in batches, gone on with after being stopped, and the same library whatever way."""

from __future__ import annotations

import gzip
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import ROOT, SAMPLE, answer, question, write_archive
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexer import archives, forgetting, importing, steps
from indexer.archives import Source, jsonl
from indexer.build import build
from indexer.errors import LibraryBusy, NoLibrary
from indexer.forgetting import Forgotten, Rule
from indexer.library import Library
from indexer.processes import Processes
from indexer.rows import copy_row
from indexer.steps import WORK
from indexer.thread import Post
from indexer.writing import WritableStore


def export(library: Path) -> str:
    return "".join(jsonl.write(Library(library).posts()))


def many(threads: int, first: int = 0) -> list[Post]:
    return [
        post
        for number in range(first, first + threads)
        for post in (
            question(number, f"Owl number {number}?", f"What does owl {number} eat?", votes=number % 5),
            answer(number, 1, f"Mice, and voles number {number}.", votes=number % 7),
            answer(number, 2, "I agree with person1.", votes=1),
        )
    ]


# Posts in batches


POSTS = st.builds(
    lambda kind, thread, place, made_up, at, votes, author, body: Post(
        id=f"s.org:{'t-' if made_up else ''}{thread}" + ("" if kind == "question" else f"/{'t-' if made_up else ''}{place}"),
        thread_id=f"s.org:{'t-' if made_up else ''}{thread}",
        kind=kind,
        site="s.org",
        title=f"Title {thread}" if kind == "question" else None,
        author=author,
        written=datetime(2012, 5, 1, 12, thread if kind == "question" else place, tzinfo=UTC),
        captured=datetime(2013 + at, 1, 1, tzinfo=UTC),
        votes=votes,
        body=body,
    ),
    st.sampled_from(["question", "answer", "comment"]),
    st.integers(0, 2),
    st.integers(1, 3),
    st.booleans(),
    st.integers(0, 3),
    st.none() | st.integers(-3, 9),
    st.sampled_from(["ann", "bob"]),
    st.sampled_from(["", "<p>a</p>", "<p>b</p>"]),
)


@hypothesis_settings(max_examples=60)
@given(st.lists(POSTS, max_size=14), st.integers(1, 14))
def test_posts_in_batches_are_what_posts_one_by_one_are(tmp_path_factory, posts, size):
    exports, changed = [], []
    for batched in (False, True):
        folder = tmp_path_factory.mktemp("store")
        store = WritableStore(folder)
        with store.transaction():
            if batched:
                for start in range(0, len(posts), size):
                    store.put_all([copy_row(post, int(post.captured.timestamp())) for post in posts[start : start + size]])
            else:
                for post in posts:
                    store.put(post, int(post.captured.timestamp()))
            exports.append(list(store.with_history(store.all_posts())))
            changed.append(list(store.changed()))
        store.close()
    assert exports[0] == exports[1]
    assert changed[0] == changed[1]


# Several processes


def test_archives_read_by_several_processes_give_the_same_library(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "WORTH_PROCESSES", 0)
    write_archive(tmp_path / "in" / "large.jsonl", many(1500))
    (tmp_path / "in" / "broken.txt").write_bytes(b"\0" * 10)
    reports = [build(tmp_path / str(jobs), [SAMPLE, tmp_path / "in"], jobs=jobs) for jobs in (1, 3)]
    assert export(tmp_path / "1") == export(tmp_path / "3")
    assert [(row.path, row.status, row.archive) for row in reports[0].rows] == [
        (row.path, row.status, row.archive) for row in reports[1].rows
    ]
    assert not (tmp_path / "3" / importing.SPOOL).exists()
    again = build(tmp_path / "3", [SAMPLE, tmp_path / "in"], jobs=3)
    assert {row.status for row in again.rows} == {"unchanged", "failed"}


def test_an_archive_touched_but_the_same_is_told_by_another_process_too(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "WORTH_PROCESSES", 0)
    paths = [write_archive(tmp_path / f"{n}.jsonl", many(2, 10 * n)) for n in range(3)]
    build(tmp_path / "library", paths, jobs=2, engine="memory")
    os.utime(paths[1], (1, 1))
    assert [row.status for row in build(tmp_path / "library", paths, jobs=2, engine="memory").rows] == ["unchanged"] * 3


def test_a_reading_process_that_is_killed_is_one_failed_archive(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "WORTH_PROCESSES", 0)
    paths = [write_archive(tmp_path / f"{n}.jsonl", many(3000, 5000 * n)) for n in range(3)]
    processes = Processes(2)
    tasks = [importing.task(tmp_path, path, None, Forgotten([])) for path in paths]
    found = []
    for current in importing.readings(tmp_path, tasks, processes):
        for number, _batch in enumerate(current.batches):
            if current.task.path == paths[0] and number == 0:
                for process in list(processes._pool._processes.values()):
                    process.kill()
        found.append((current.status, current.archive.reason))
    # The first may have been whole already; whatever was under way with it is read once more.
    assert found[0][0] == "read" or "killed" in found[0][1]
    assert [status for status, _ in found[1:]] == ["read", "read"]


# Step by step


def fields(library: Path) -> dict:
    about = Library(library).about()
    return {name: about[name] for name in ("threads", "answers", "ranked", "posts", "sites", "years")}


@pytest.mark.parametrize("engine", ["memory", "whoosh"])
def test_a_large_build_gives_the_library_that_a_small_one_gives(tmp_path, engine):
    first, second = (write_archive(tmp_path / f"{n}.jsonl", many(40, 30 * n)) for n in range(2))
    for name, large in (("small", 1 << 40), ("large", 0)):
        build(tmp_path / name, [first], engine=engine, large=large)
        build(tmp_path / name, [first, second], engine=engine, large=large)
    assert export(tmp_path / "small") == export(tmp_path / "large")
    assert fields(tmp_path / "small") == fields(tmp_path / "large")
    assert not steps.is_under_way(tmp_path / "large")
    asked = [Library(tmp_path / name).ask("what do owls eat, mice?").answers for name in ("small", "large")]
    assert [(found.answer.id, found.score) for found in asked[0]] == [(found.answer.id, found.score) for found in asked[1]]


def test_readers_keep_the_old_library_until_a_large_build_ends(tmp_path, monkeypatch):
    build(tmp_path, [write_archive(tmp_path / "a.jsonl", many(5))])
    library = Library(tmp_path)
    seen = []

    def look(_step, _done, _total):
        seen.append(library.about()["threads"])

    build(tmp_path, [write_archive(tmp_path / "b.jsonl", many(20, 100))], large=0, progress=look)
    assert set(seen) == {5}
    assert library.about()["threads"] == 25
    assert library.ask("owl number 111").answers


class Stopped(Exception):
    pass


def stop_at(count: int):
    calls = iter(range(10**9))

    def progress(_step, _done, _total):
        if next(calls) == count:
            raise Stopped

    return progress


def test_an_interrupted_large_build_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 50)
    monkeypatch.setattr("indexer.build.STEP", 10)
    monkeypatch.setattr("indexer.derived._PIECE", 5)
    paths = [write_archive(tmp_path / f"{n}.jsonl", many(100, 1000 * n)) for n in range(2)]
    build(tmp_path / "whole", paths, engine="memory")
    taken = []
    put_all = WritableStore.put_all

    def counted(store, copies):
        taken.append(len(copies))
        put_all(store, copies)

    monkeypatch.setattr(WritableStore, "put_all", counted)
    moment = 0
    stops = 0
    while True:
        moment += 3
        try:
            report = build(tmp_path / "steps", paths, engine="memory", large=0, progress=stop_at(moment))
            break
        except Stopped:
            stops += 1
            # What the library was, which is nothing, stays until the end.
            with pytest.raises(NoLibrary):
                Library(tmp_path / "steps")
    assert stops > 3
    assert report.resumed
    assert export(tmp_path / "steps") == export(tmp_path / "whole")
    assert fields(tmp_path / "steps") == fields(tmp_path / "whole")
    # Each post was stored about once: at most a batch for every stop comes twice.
    assert 600 <= sum(taken) <= 600 + 50 * stops


def test_another_build_does_not_go_on_with_what_it_is_not_about(tmp_path):
    first, other = (write_archive(tmp_path / f"{n}.jsonl", many(10, 1000 * n)) for n in range(2))
    with pytest.raises(Stopped):
        build(tmp_path / "library", [first], large=0, progress=stop_at(2))
    assert steps.is_under_way(tmp_path / "library")
    report = build(tmp_path / "library", [other], large=0)
    assert (report.resumed, report.threads) == (False, 10)
    assert not steps.is_under_way(tmp_path / "library")


def test_what_a_damaged_left_over_holds_is_begun_again(tmp_path):
    path = write_archive(tmp_path / "a.jsonl", many(10))
    with pytest.raises(Stopped):
        build(tmp_path / "library", [path], large=0, progress=stop_at(2))
    (tmp_path / "library" / WORK).write_bytes(b"no database" * 1000)
    report = build(tmp_path / "library", [path], large=0)
    assert (report.resumed, report.threads) == (False, 10)


def test_what_is_forgotten_between_a_stop_and_going_on_stays_out(tmp_path):
    path = write_archive(tmp_path / "a.jsonl", many(30))
    with pytest.raises(Stopped):
        build(tmp_path / "library", [path], large=0, progress=stop_at(3))
    forgetting.add(tmp_path / "library", Rule("thread", "example.org:7"))
    report = build(tmp_path / "library", [path], large=0)
    assert report.resumed
    assert report.threads == 29
    assert "owl 7 " not in export(tmp_path / "library")


def test_only_one_writes_at_a_time_whichever_way(tmp_path):
    path = write_archive(tmp_path / "a.jsonl", many(3))

    refused = []

    def second(_step, _done, _total):
        if not refused:
            with pytest.raises(LibraryBusy) as raised:
                build(tmp_path / "library", [path])
            refused.append(raised.value)

    build(tmp_path / "library", [path], large=0, progress=second)
    assert refused


COMMAND = """
import sys
from pathlib import Path
from indexer import build, importing
importing.BATCH = 40
importing.WORTH_PROCESSES = 0
build.STEP = 20
if __name__ == "__main__":
    build.build(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]], jobs=2, large=0)
"""


def test_kill_at_any_moment_of_a_large_build_in_processes(tmp_path):
    """Real processes, killed for real: the old library answers, nothing is left running, and the next build completes."""
    script = tmp_path / "run.py"
    script.write_text(COMMAND)
    old = write_archive(tmp_path / "old.jsonl", many(5))
    paths = [write_archive(tmp_path / f"{n}.jsonl", many(300, 1000 * (n + 1))) for n in range(4)]
    build(tmp_path / "whole", [old])
    build(tmp_path / "whole", paths)
    build(tmp_path / "killed", [old])
    command = [sys.executable, str(script), str(tmp_path / "killed"), *map(str, paths)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    chance = random.Random(3)
    kills = 0
    while kills < 12:
        with (tmp_path / "said").open("w") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        try:
            process.wait(timeout=chance.uniform(0.4, 1.6))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            assert Library(tmp_path / "killed").about()["threads"] in {5, 1205}
            assert Library(tmp_path / "killed").ask("owl number 3").answers
            continue
        assert process.returncode == 0, (tmp_path / "said").read_text()
        break
    build(tmp_path / "killed", paths)
    assert kills
    assert export(tmp_path / "killed") == export(tmp_path / "whole")
    time.sleep(0.5)
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(script) not in running


# What belongs to an archive


@pytest.mark.parametrize(("ending", "pack"), [("", bytes), (".gz", gzip.compress)])
def test_a_dump_is_read_again_when_only_one_of_its_tables_changes(tmp_path, ending, pack):
    dump = tmp_path / "beer.stackexchange.com"
    dump.mkdir()

    def write(name, text):
        (dump / f"{name}{ending}").write_bytes(pack(text.encode()))

    row = '<row Id="1" PostTypeId="1" CreationDate="2014-01-01T00:00:00.000" Score="3" Title="Which hops?" Body="&lt;p&gt;Which?&lt;/p&gt;" OwnerUserId="7" />'
    write("Posts.xml", f"<posts>\n{row}\n</posts>")
    write("Users.xml", '<users>\n<row Id="7" DisplayName="Ann" />\n</users>')
    build(tmp_path / "library", [dump], engine="memory")
    assert [post.author for post in Library(tmp_path / "library").posts()] == ["Ann"]
    write("Users.xml", '<users>\n<row Id="7" DisplayName="Beatrice" />\n</users>')
    report = build(tmp_path / "library", [dump], engine="memory")
    assert {row.path.name: row.status for row in report.rows}[f"Posts.xml{ending}"] == "read"
    assert [post.author for post in Library(tmp_path / "library").posts()] == ["Beatrice"]


def test_how_far_the_reading_has_come_is_told_in_bytes(tmp_path):
    path = write_archive(tmp_path / "a.jsonl", many(5000))
    told = []
    build(tmp_path / "library", [path], engine="memory", progress=lambda step, done, total: told.append((step, done, total)))
    read = [(done, total) for step, done, total in told if step == "Reading"]
    assert {total for _, total in read} == {path.stat().st_size}
    assert [done for done, _ in read] == sorted(done for done, _ in read)
    assert len({done for done, _ in read}) > 5
    assert read[-1][0] == path.stat().st_size


FORMATS = ROOT / "tests" / "formats"
GOLDEN = [
    *sorted(path for path in FORMATS.glob("*/golden/*") if path.is_file() and not path.name.endswith(".expected.jsonl")),
    *sorted(FORMATS.glob("stackexchange/golden/*/Posts.xml")),
]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: str(path.relative_to(FORMATS)))
def test_every_reader_can_be_begun_again_at_any_post(path):
    """To go on within an archive is to pass over its first posts, so reading it again must give the same ones."""
    first, second = (list(archives.read(Source(path), archives.Report())) for _ in range(2))
    assert first
    assert first == second
