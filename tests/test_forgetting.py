"""What is forgotten is gone from every place that shows it or keeps it, at once and for good."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pages
import pytest
from conftest import ROOT, answer, question, write_archive
from serving import served
from test_infodump import CAT

from indexer import archives, forgetting, importing, purging, steps
from indexer.archives import jsonl
from indexer.build import build
from indexer.errors import BadSetting, LibraryBusy, LibraryError
from indexer.forgetting import WITHHELD, Forgotten, Rule
from indexer.library import Library
from indexer.markup import clean
from indexer.thread import Post
from indexer.writing import WritableStore

NAME = "Zephyrine Quillfeather"
SECRET = "xylotherapy"
NEEDLES = (b"quillfeather", b"zephyrine", SECRET.encode(), SECRET[:-1].encode(), b"marimba ward")
"""What nobody else says: the name and the words, as they stand in files, in whatever case."""


def threads() -> list[Post]:
    """Three threads of which the first has an answer by NAME about SECRET; others back it without saying either."""
    return [
        question(1, "How do I sleep again?", "I lie awake.", category="Health"),
        answer(1, 1, f"What helped me was {SECRET} in the marimba ward of a clinic.", author=NAME, votes=50, best=True),
        answer(1, 2, "Warm milk, and no telephone in bed.", votes=3),
        answer(1, 3, "I agree with the first answer.", votes=1),
        question(2, "Which instrument for a loud house?", "We sleep badly.", category="Music"),
        answer(2, 1, "A marimba is gentle to sleep by.", votes=4),
        question(3, "Why does the cat wake me?", "Sleep is over at five."),
        answer(3, 1, "Feed the cat later and sleep.", votes=2),
    ]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    write_archive(folder / "threads" / "a.jsonl", threads())
    build(folder, engine="whoosh")
    return folder


def left_in(folder: Path, needles: tuple[bytes, ...] = NEEDLES) -> list[tuple[str, bytes]]:
    """Which of some strings any file of a library still has, but archives as found and the rules themselves."""
    found = []
    for file in sorted(folder.rglob("*")):
        name = str(file.relative_to(folder))
        if file.is_file() and not name.startswith("threads/") and name != forgetting.FILE:
            content = file.read_bytes().lower()
            found += [(name, needle) for needle in needles if needle in content]
    return found


RULES = {
    "author": Rule("author", NAME.upper()),
    "post": Rule("post", "example.org:1/1"),
    "text": Rule("text", "XYLOTHERAPY  in\nthe márimba"),
    "pattern": Rule("pattern", r"xylo\w+ in"),
}


@pytest.mark.parametrize("engine", ["whoosh", "tantivy", "memory"])
@pytest.mark.parametrize("kind", RULES)
def test_nothing_is_left_in_any_file(tmp_path: Path, kind: str, engine: str) -> None:
    folder = tmp_path / "library"
    write_archive(folder / "threads" / "a.jsonl", threads())
    build(folder, engine=engine)
    assert {needle for _, needle in left_in(folder)} >= {SECRET.encode(), b"quillfeather"}
    purge = purging.forget(folder, [RULES[kind]])
    assert (purge.covered.posts, purge.covered.threads, purge.covered.of) == (1, 1, 8)
    assert not purge.held_open
    assert left_in(folder) == []
    for fresh in (False, True, False):
        write_archive(folder / "threads" / "b.jsonl", [question(9, "Another"), answer(9, 1 + fresh, "Sleep.")])
        build(folder, engine=engine, fresh=fresh)
        assert left_in(folder) == []
    assert len(list(Library(folder).posts())) == 7 + 3


def test_a_whole_thread_goes(library: Path) -> None:
    purge = purging.forget(library, [purging.rule_for_thread(Library(library), "example.org:1/2")])
    assert purge.covered.posts == 4
    assert left_in(library, (*NEEDLES, b"warm milk", b"how do i sleep again", b"lie awake")) == []
    build(library, engine="whoosh", fresh=True)
    assert left_in(library, (*NEEDLES, b"warm milk")) == []


# Each exit, of a server that runs meanwhile

ASKED = f"{SECRET} marimba ward sleep"
EXITS = {
    "the first page": "/",
    "a page of results": f"/search?q={quote(ASKED)}&exact=1",
    "results by name": f"/search?q=author:{quote(json.dumps(NAME))}&exact=1",
    "a thread's page": "/thread/example.org:1",
    "top answers": "/top",
    "the library page": "/library",
    "the API's search": "/api/search?q=sleep&n=100",
    "the API's thread": "/api/thread/example.org:1",
    "hidden gems": "/browse/gems",
    "people": "/browse/people",
    "people by letter": "/browse/people?begins=z",
    "a person": f"/browse/person?site=example.org&name={quote(NAME)}",
    "a citation": "/cite/example.org:1/1",
    "a post": "/thread/example.org:1/1",
    "the API's people": "/api/browse/people",
    "the API's person": f"/api/browse/person?site=example.org&name={quote(NAME)}",
    "the API's citation": "/api/cite/example.org:1/1",
    "the API's top": "/api/top",
    "the API's newest": "/api/newest",
    "completion": "/api/complete?q=sleep+xylo",
    "completion of a word": "/api/complete?q=xylo",
    "completion for browsers": "/api/complete?q=xylo&format=opensearch",
    "spelling": "/api/search?q=xylotherapi+sleep",
    "similar questions": "/api/similar?q=sleep",
    "similar to a thread": "/api/similar/example.org:2",
    "a table": "/search.csv?q=sleep",
    "JSON lines": "/search.jsonl?q=sleep",
    "a table of all": "/top.csv",
    "JSON lines of all": "/top.jsonl",
    "a feed": "/search.atom?q=sleep",
    "the feed of the newest": "/newest.atom",
}
SHOWING_NEITHER = {"the library page", "similar questions", "similar to a thread", "completion", "hidden gems"}
"""Exits that show neither name nor words of this answer before; they are to show none afterwards either."""

GONE = {"a person", "a citation", "a post", "the API's person", "the API's citation"}
ECHOED = {
    "a page of results": {SECRET, "marimba ward"},
    "results by name": {"quillfeather"},
    "a person": {"quillfeather"},
    "the API's person": {"quillfeather"},
}
"""Exits that show what was asked, which has the words in it: there the answer itself must be gone."""


@pytest.fixture
def server(library: Path) -> Iterator[str]:
    with served(library) as address:
        yield address


def fetch(address: str, etag: str | None = None) -> tuple[int, str, str]:
    request = urllib.request.Request(address, headers={"If-None-Match": etag} if etag else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode(), response.headers.get("ETag", "")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers.get("ETag", "")


def said(body: str) -> set[str]:
    return {word for word in ("quillfeather", SECRET, "marimba ward", "what helped me was") if word in body.lower()}


def test_it_is_gone_at_every_exit_of_a_running_server(library: Path, server: str) -> None:
    before = {name: fetch(server + address) for name, address in EXITS.items()}
    assert all(status == 200 for status, _, _ in before.values())
    showing = {name for name, (_, body, _) in before.items() if said(body)}
    assert showing >= set(EXITS) - SHOWING_NEITHER
    done = subprocess.run(
        [sys.executable, "-m", "indexer", "forget", "--library", str(library), "--author", NAME],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "1 posts in 1 threads forgotten" in done.stdout
    assert "held" not in done.stderr
    for name, address in EXITS.items():
        etag = before[name][2]
        status, body, _ = fetch(server + address, etag)
        assert status in ({404} if name in GONE else {200}), name
        assert said(body) <= ECHOED.get(name, set()), name
        assert status != 304
    # The spelling knows the word no more, and offers nothing for it.
    assert json.loads(fetch(f"{server}/api/search?q=xylotherapi+sleep")[1])["correction"] is None
    assert left_in(library) == []
    build(library, engine="whoosh", fresh=True)
    for name, address in EXITS.items():
        assert said(fetch(server + address)[1]) <= ECHOED.get(name, set()), name
    assert "held_open" not in done.stdout


def test_it_is_gone_from_the_command_line(library: Path) -> None:
    purging.forget(library, [RULES["author"]])
    for command in (["export"], ["ask", "sleep", "--why"], ["show", "example.org:1"], ["top"], ["suggest", "xylo"], ["info"]):
        done = subprocess.run(
            [sys.executable, "-m", "indexer", *command, "--library", str(library)],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert said(done.stdout + done.stderr) == set(), command


# What rules cover


def test_a_text_is_found_wherever_a_post_may_say_it() -> None:
    texts = Forgotten([Rule("text", "jane@doe.example")])
    for values in (
        {"title": "Ask Jane@Doe.example"},
        {"tags": ("jane@doe.example",)},
        {"author": "jane@doe.example"},
        {"url": "https://x.example/jane@doe.example"},
        {"body": clean("<p>jane<b>@doe</b>.example</p>")},
        {"body": clean('<a href="https://x.example/?q=jane@doe.example&amp;b">she</a>')},
        {"body": clean("<p>JANE\N{SOFT HYPHEN}@doe.exam\N{ZERO WIDTH SPACE}ple</p>")},
    ):
        assert texts.covers(replace(question(1, "Why?"), **values)), values
    assert not texts.covers(question(1, "jane at doe.example"))
    assert not Forgotten([Rule("text", "jane")]).covers(question(1, "jan e", author="jane", anonymous=True))


@pytest.mark.parametrize("pattern", ["", "x*", "(", "a{999999999999}", "(?P<n>", "x" * 1001, "^"])
def test_what_cannot_be_a_pattern_is_refused(library: Path, pattern: str) -> None:
    with pytest.raises(BadSetting):
        purging.forget(library, [Rule("pattern", pattern)])
    assert not (library / forgetting.FILE).exists()


def test_a_pattern_that_blows_up_is_refused_and_at_reading_keeps_out(library: Path, tmp_path: Path) -> None:
    hostile = "a" * 4000 + "!"
    rule = Rule("pattern", r"^(a|a|aa)+$")
    write_archive(library / "threads" / "b.jsonl", [question(8, "Long"), answer(8, 1, hostile), answer(8, 2, "aaa")])
    build(library)
    with pytest.raises(BadSetting, match="too long over the post"):
        purging.look(library, [rule])
    with pytest.raises(BadSetting):
        purging.forget(library, [rule])
    assert not (library / forgetting.FILE).exists()
    # An archive that comes after the rule: what cannot be told in time stays out.
    (library / "threads" / "b.jsonl").unlink()
    build(library, fresh=True)
    forgetting.add(library, rule)
    write_archive(library / "threads" / "b.jsonl", [question(8, "Long"), answer(8, 1, hostile), answer(8, 2, "Fine.")])
    build(library)
    assert [post.id for post in Library(library).posts() if post.thread_id == "example.org:8"] == [
        "example.org:8",
        "example.org:8/2",
    ]


def test_a_pattern_that_covers_most_of_a_library_is_asked_about_again(library: Path) -> None:
    with pytest.raises(BadSetting, match="of 8 posts"):
        purging.forget(library, [Rule("pattern", "[aeiou]")])
    assert not (library / forgetting.FILE).exists()
    assert purging.look(library, [Rule("pattern", "[aeiou]")]).posts > 4
    assert purging.forget(library, [Rule("pattern", "[aeiou]")], force=True).answers == 0


def test_remarks_on_archives_that_name_it_are_withheld(library: Path) -> None:
    store = WritableStore(library)
    with closing(store), store.transaction():
        known = store.archives()[0]
        remarks = (f"line 3: the byline of {NAME} was cut", "line 4: something else", f"line 5: “{SECRET} in the marimba ward”")
        store.set_archive(replace(known, warnings=remarks, reason=f"damaged after {NAME}"))
    purging.forget(library, [RULES["author"], RULES["pattern"]])
    known = Library(library).about()["archives"][0]
    assert known.warnings == (WITHHELD, "line 4: something else", WITHHELD)
    assert known.reason == WITHHELD
    assert left_in(library) == []
    assert Forgotten([Rule("author", "Ann")]).withhold(["Annabel said", "so did ANN."]) == ("Annabel said", WITHHELD)


def test_other_copies_of_a_forgotten_thread_do_not_come_in(tmp_path: Path) -> None:
    """A copy without the site's ids, which is read only after the thread was forgotten by its own."""
    thread = CAT
    folder = tmp_path / "library"
    (folder / "threads").mkdir(parents=True)
    (folder / "threads" / "a.html").write_bytes(pages.classic(thread).encode())
    build(folder)
    asked = next(post for post in Library(folder).posts() if post.kind == "question")
    assert ":t-" not in asked.id
    text = pages.text_copy(thread).encode()
    (tmp_path / "other" / "threads").mkdir(parents=True)
    (tmp_path / "other" / "threads" / "b.txt").write_bytes(text)
    build(tmp_path / "other")
    alone = list(Library(tmp_path / "other").posts())
    assert ":t-" in alone[0].id
    post = next(post for post in Library(folder).posts() if post.kind == "answer")
    twin = next(other for other in alone if (other.author, other.written) == (post.author, post.written))
    of_post = purging.rule_for_post(Library(folder), post.id)
    assert twin.id in of_post.also
    purging.forget(folder, [purging.rule_for_thread(Library(folder), asked.id)])
    (folder / "threads" / "b.txt").write_bytes(text)
    for fresh in (False, True):
        build(folder, fresh=fresh)
        assert list(Library(folder).posts()) == []


def test_a_merge_does_not_bring_it_back(tmp_path: Path) -> None:
    """A copy that shows no name, and later one that does: together they are by the one who is forgotten."""
    folder = tmp_path / "library"
    write_archive(folder / "threads" / "a.jsonl", [question(1, "Why?"), answer(1, 1, SECRET, author=None)])
    build(folder)
    forgetting.add(folder, Rule("author", NAME))
    assert [post.author for post in Library(folder).posts()] == ["asker", None]
    store = WritableStore(folder)
    with closing(store), store.transaction():
        store.put(answer(1, 1, SECRET, author=NAME), 2_000_000_000)
        assert store.forget(forgetting.load(folder))
    assert [post.id for post in Library(folder).posts()] == ["example.org:1"]


# Where else it may lie


def test_what_an_interrupted_build_left_goes_too(library: Path) -> None:
    store = WritableStore(library)
    store.step_by_step({"fresh": False})
    with closing(store), store.transaction():
        store.put(answer(4, 1, SECRET, author=NAME), 1)
    assert steps.is_under_way(library)
    spool = library / importing.SPOOL
    spool.mkdir()
    (spool / "0").write_text(SECRET)
    assert {"building.sqlite", "reading/0"} <= {name for name, _ in left_in(library)}
    purging.forget(library, [RULES["text"], RULES["author"]])
    assert not steps.is_under_way(library)
    assert left_in(library) == []


def test_a_reader_of_the_state_before_is_told(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "_WAIT", 0.2)
    stream = Library(library).every("sleep")
    next(iter(stream))
    purge = purging.forget(library, [RULES["author"]])
    assert purge.held_open
    stream.close()
    assert purging._overwritten(library)
    assert left_in(library) == []


def test_rules_that_are_added_while_a_build_runs_hold_with_the_next(library: Path) -> None:
    store = WritableStore(library)
    with closing(store), pytest.raises(LibraryBusy, match="the rules are written down"):
        purging.forget(library, [RULES["author"]])
    build(library)
    assert left_in(library) == []


def test_archives_that_still_hold_it_are_listed(library: Path, tmp_path: Path) -> None:
    elsewhere = write_archive(tmp_path / "elsewhere" / "c.jsonl", [question(7, "Where?"), answer(7, 1, "Here.", author=NAME)])
    write_archive(library / "threads" / "b.jsonl", [question(6, "What?"), answer(6, 1, "This.")])
    build(library, [library / "threads", elsewhere])
    purging.forget(library, [RULES["author"]])
    found = {(holder.path, holder.posts) for holder in purging.holders(library)}
    assert found == {(library / "threads" / "a.jsonl", 1), (elsewhere, 1)}
    elsewhere.unlink()
    assert [holder.path.name for holder in purging.holders(library)] == ["a.jsonl"]


def test_a_rule_can_be_taken_back(library: Path) -> None:
    purging.forget(library, [RULES["author"], Rule("thread", "example.org:3")])
    assert [rule.kind for rule in forgetting.load(library).rules] == ["author", "thread"]
    for number in (0, 3, -1):
        with pytest.raises(BadSetting, match="no rule"):
            purging.undo(library, [number])
    assert purging.undo(library, [1, 1]) == [RULES["author"]]
    assert [rule.name for rule in forgetting.load(library).rules] == ["example.org:3"]
    build(library)
    ids = [post.id for post in Library(library).posts()]
    assert "example.org:1/1" in ids
    assert "example.org:3" not in ids
    assert not {"example.org:3", "example.org:3/1"} & set(ids)


def test_the_command_lists_counts_and_takes_back(library: Path) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "indexer", "forget", "--library", str(library), *arguments],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout

    assert "no rules" in run("--list")
    assert json.loads(run("--author", NAME, "--dry-run", "--json")) == {"covered": 1, "threads": 1, "posts": 8}
    assert "1 of 8 posts would go" in run("--text", SECRET, "--dry-run")
    assert not (library / forgetting.FILE).exists()
    told = json.loads(run("--author", NAME, "--pattern", "warm milk", "--json"))
    assert (told["forgotten"], told["threads"], told["answers"], told["held_open"]) == (2, 1, 3, False)
    assert [rule["number"] for rule in json.loads(run("--list", "--json"))["rules"]] == [1, 2]
    assert NAME in run("--list")
    assert run("--archives").strip() == str(library / "threads" / "a.jsonl")
    assert json.loads(run("--archives", "--json"))["archives"][0]["posts"] == 2
    assert "Taken back: pattern warm milk" in run("--undo", "2")
    build(library)
    assert "example.org:1/2" in [post.id for post in Library(library).posts()]
    run(code=2)
    run("--list", "--author", NAME, code=2)
    run("--pattern", "(", code=1)


@pytest.mark.parametrize(
    "line", ['{"kind": "pattern", "name": "("}', '{"kind": "text", "name": " "}', '{"kind": "post", "name": "x", "also": 3}']
)
def test_a_rule_that_cannot_be_one_stops_every_build(library: Path, line: str) -> None:
    (library / forgetting.FILE).write_text(line + "\n")
    with pytest.raises(LibraryError, match="line 1"):
        build(library)
    assert len(list(Library(library).posts())) == 8
    with closing(sqlite3.connect(library / "library.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_export_read_elsewhere_does_not_have_it(library: Path, tmp_path: Path) -> None:
    purging.forget(library, [RULES["text"]])
    (tmp_path / "out.jsonl").write_text("".join(jsonl.write(Library(library).posts())), "utf-8")
    build(tmp_path / "other", [tmp_path / "out.jsonl"])
    assert left_in(tmp_path / "other") == []
    assert archives.FORMATS
