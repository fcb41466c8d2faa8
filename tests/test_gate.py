"""A build that makes the library clearly worse is refused, and nothing else is."""

from __future__ import annotations

import json
import random
import shutil
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import answer, question, write_archive

from indexer import documents, engines, forgetting, gate, generations, markup, words
from indexer.ask import Moment, order
from indexer.build import build
from indexer.cli import main
from indexer.engines import whoosh
from indexer.errors import ForeignIndex
from indexer.forgetting import Rule
from indexer.gate import GotWorse
from indexer.library import Library
from indexer.steps import is_under_way
from indexer.store import Store
from indexer.thread import Thread


@pytest.fixture(scope="module")
def sample(sample_library):
    """The sample's threads, each a list of its posts."""
    return [list(posts) for _, posts in groupby(Library(sample_library).posts(), key=lambda post: post.thread_id)]


@pytest.fixture(scope="module")
def threads(sample):
    """Some of them."""
    return sample[:30]


@pytest.fixture(scope="module")
def built(tmp_path_factory, threads):
    folder = tmp_path_factory.mktemp("gate")
    build(folder / "library", [archive_of(folder, threads)], engine="memory")
    return folder / "library"


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch):
    """All topics are asked, however busy the machine is."""
    monkeypatch.setattr(gate, "SECONDS", 600.0)


@pytest.fixture
def library(built, tmp_path):
    return Path(shutil.copytree(built, tmp_path / "library"))


def archive_of(folder, threads, name="all"):
    return write_archive(folder / "archives" / f"{name}.jsonl", [post for thread in threads for post in thread])


def more(folder, count=3):
    """An archive with something new, so that there is an index to write."""
    posts = [post for n in range(count) for post in (question(n, f"Owl number {n}"), answer(n, 1, "Leave it be."))]
    return write_archive(folder / "archives" / "more.jsonl", posts)


def state(library):
    """All that a visitor could tell a change by."""
    opened = Library(library)
    asked = ("dream job", "landlord deposit", "cat at night", "brother", "house")
    answers = {text: [found.answer.id for found in opened.ask(text).answers] for text in asked}
    return opened.about()["generation"], answers, len(list(opened.posts())), sorted((library / "index").iterdir())


def without_words(monkeypatch):
    """From here on, what builds write has none of the words that people wrote."""
    sound = documents.of_thread

    def broken(thread, texts):
        return (found._replace(terms={"nothing": 1}) for found in sound(thread, texts))

    monkeypatch.setattr(documents, "of_thread", broken)


# What is refused


@pytest.mark.parametrize("large", [0, 1 << 30], ids=["step by step", "at once"])
def test_an_index_without_words_is_refused_and_the_library_stays(library, tmp_path, monkeypatch, large):
    before = state(library)
    with monkeypatch.context() as patch:
        without_words(patch)
        for _ in range(2):
            with pytest.raises(GotWorse) as raised:
                build(library, [more(tmp_path, 30)], engine="whoosh", large=large)
            assert state(library) == before
    found = raised.value.verdict
    assert found.topics >= 25
    assert found.after < found.before - gate.MARGIN
    assert "askive build --force" in str(raised.value)
    assert f"“{found.worse[0].text}” from rank {found.worse[0].before} to" in str(raised.value)
    assert is_under_way(library) == (large == 0)
    # Mended, the same build goes through.
    report = build(library, [more(tmp_path, 30)], engine="whoosh", large=large)
    assert report.resumed == (large == 0)
    assert state(library)[0] == report.generation != before[0]
    assert Library(library).ask("owl").total == 30


@pytest.mark.parametrize("large", [0, 1 << 30], ids=["step by step", "at once"])
def test_force_makes_it_the_library_and_keeps_the_figures(library, tmp_path, monkeypatch, large):
    generation = state(library)[0]
    without_words(monkeypatch)
    with pytest.raises(GotWorse):
        build(library, [more(tmp_path, 30)], engine="whoosh", large=large)
    report = build(library, [more(tmp_path, 30)], engine="whoosh", large=large, force=True)
    assert report.gate
    assert report.gate.clearly_worse
    about = Library(library).about()
    assert generation != about["generation"] == report.generation
    assert about["gate"] == report.gate.figures()


def test_an_index_without_the_words_of_answers_is_refused(tmp_path, sample, monkeypatch):
    build(tmp_path / "library", [archive_of(tmp_path, sample)], engine="memory")
    sound = documents.of_thread

    def broken(thread, texts):
        return (found._replace(terms={"nothing": 1}) if found.kind == "answer" else found for found in sound(thread, texts))

    monkeypatch.setattr(documents, "of_thread", broken)
    with pytest.raises(GotWorse):
        build(tmp_path / "library", (), engine="whoosh")


def test_an_engine_that_finds_the_wrong_documents_is_refused(library, monkeypatch):
    sound = whoosh.WhooshEngine.search
    monkeypatch.setattr(whoosh.WhooshEngine, "search", lambda self, *asked: sound(self, *asked)[-3:])
    before = state(library)
    with pytest.raises(GotWorse):
        build(library, (), engine="whoosh")
    assert state(library) == before


def test_an_engine_that_cannot_be_asked_is_refused(library, monkeypatch):
    def fail(*_):
        raise ForeignIndex("The postings of “cat” are damaged")

    monkeypatch.setattr(whoosh.WhooshEngine, "search", fail)
    with pytest.raises(GotWorse) as raised:
        build(library, (), engine="whoosh")
    assert raised.value.verdict.after == 0


# What is not


@pytest.mark.parametrize("seed", range(3))
def test_growth_is_never_refused(tmp_path, sample, seed):
    chance = random.Random(seed)
    shuffled = chance.sample(sample, len(sample))
    cut = chance.randint(25, 50)
    build(tmp_path / "library", [archive_of(tmp_path, shuffled[:cut], "first")], engine="memory")
    found = build(tmp_path / "library", [archive_of(tmp_path, shuffled[cut:], "second")], engine="memory").gate
    assert found
    assert found.before - found.after < gate.MARGIN / 3
    assert found.topics >= cut - 5


def test_new_threads_that_answer_the_same_are_no_loss(library, tmp_path, threads):
    """Each thread twice more on other days, with more votes: they stand among the old ones, and nothing is lost."""
    copies = []
    for number, (asked, *replies) in enumerate(threads):
        for days in (1, 2):
            name, later = f"example.org:{number}-{days}", timedelta(days=days)
            copies.append(replace(asked, id=name, thread_id=name, site="example.org", written=asked.written + later))
            for place, post in enumerate(post for post in replies if post.kind == "answer"):
                values = {"thread_id": name, "site": "example.org", "votes": (post.votes or 0) + 50}
                copies.append(replace(post, id=f"{name}/{place}", written=post.written and post.written + later, **values))
    found = build(library, [write_archive(tmp_path / "copies.jsonl", copies)], engine="memory").gate
    assert found
    assert found.topics == len(threads)
    assert found.before - found.after < gate.MARGIN / 3
    sites = [found.answer.site for found in Library(library).ask(threads[0][0].title, n=9).answers]
    assert sites.count("example.org") >= 5


@pytest.mark.parametrize("fresh", [False, True])
def test_forgetting_a_third_is_never_refused(library, threads, tmp_path, fresh):
    for thread in threads[:10]:
        forgetting.add(library, Rule("thread", thread[0].thread_id))
    found = build(library, [archive_of(tmp_path, threads)], engine="memory", fresh=fresh).gate
    assert found
    assert found.topics == len(threads) - 10
    assert found.before - found.after < gate.MARGIN / 3


@pytest.mark.parametrize("fresh", [False, True])
def test_what_must_be_forgotten_goes_whatever_the_new_index_is_like(library, threads, tmp_path, monkeypatch, fresh):
    without_words(monkeypatch)
    forgetting.add(library, Rule("thread", threads[0][0].thread_id))
    report = build(library, [archive_of(tmp_path, threads)], engine="whoosh", fresh=fresh)
    assert report.gate
    assert report.gate.clearly_worse
    assert threads[0][0].id not in [post.id for post in Library(library).posts()]


def test_a_library_that_cannot_be_read_any_more_is_replaced(library, tmp_path, threads, monkeypatch):
    for file in (library / "index").rglob("*"):
        if file.is_file():
            file.write_bytes(b"noise")
    without_words(monkeypatch)
    assert build(library, [archive_of(tmp_path, threads)], engine="memory").gate is None
    assert Library(library).about()["gate"] is None


def test_there_is_no_gate_without_a_library_or_without_enough_that_is_known(tmp_path, threads):
    assert build(tmp_path / "library", [archive_of(tmp_path, threads[: gate.LEAST - 1])], engine="memory").gate is None
    assert build(tmp_path / "library", [more(tmp_path)], engine="memory").gate is None
    assert build(tmp_path / "library", [more(tmp_path)], engine="memory").gate is None
    assert Library(tmp_path / "library").about()["gate"] is None


# Topics and ranks


def topics_of(library, newer=None):
    old, new = Store(library), Store(newer or library)
    try:
        return list(gate.topics(old, new))
    finally:
        old.close()
        new.close()


def test_a_title_asks_for_the_best_answers_and_a_duplicate_for_those_of_its_original(library_of):
    library = library_of(
        question(1, "Marked"), answer(1, 1, "a", votes=9), answer(1, 2, "b", votes=2, best=True),
        question(2, "Voted"), answer(2, 1, "a", votes=9), answer(2, 2, "b", votes=9), answer(2, 3, "c", votes=3),
        question(3, "Nobody voted"), answer(3, 1, "a", votes=None), answer(3, 2, "b", votes=None),
        question(4, "Marked again", duplicate_of=("example.org:1", "example.org:99")), answer(4, 1, "See there."),
        question(5, "Unanswered"), answer(5, 1, "I am the asker.", author="asker"),
        answer(6, 1, "An orphan."),
    )  # fmt: skip
    found = {topic.text: topic for topic in topics_of(library.folder) if topic.left_out is None}
    ids = {text: sorted(name.rpartition("/")[2] for name in topic.relevant) for text, topic in found.items()}
    assert ids == {"Marked": ["2"], "Voted": ["1", "2"], "Nobody voted": ["1", "2"], "Marked again": ["1"]}
    (again,) = [topic for topic in topics_of(library.folder) if topic.left_out]
    assert again == ("Marked again", {"example.org:1/1", "example.org:1/2"}, "example.org:4")


def test_a_rank_counts_what_both_have_and_nothing_of_the_thread_that_asks(tmp_path):
    asked = [
        question(1, "Owl in the attic"),
        answer(1, 1, "Open the attic and wait, it will leave by itself, in a week or in two."),
    ]
    again = [
        question(2, "Owl in the attic again"),
        answer(2, 1, "The owl in the attic, again.", votes=9),
        answer(2, 2, "An owl. Attic."),
    ]
    new = [question(3, "Owl in the attic"), answer(3, 1, "An owl in the attic: owl, attic, owl.", votes=30)]
    libraries = []
    for number, posts in enumerate(([*asked, *again], [*asked, *again, *new])):
        build(tmp_path / str(number), [write_archive(tmp_path / f"{number}.jsonl", posts)], engine="memory")
        libraries.append(tmp_path / str(number))
    with ExitStack() as stack:
        old, grown = (moment(library, stack) for library in libraries)
        relevant = frozenset({"example.org:1/1"})
        found = [answer.id for answer in order("owl in the attic again", grown, 10)]
        assert found.index("example.org:1/1") > max(found.index(f"example.org:{name}") for name in ("2/1", "3/1"))
        as_asked, left_out = (gate.Topic("owl in the attic again", relevant, name) for name in (None, "example.org:2"))
        above = found[: found.index("example.org:1/1")]
        assert gate._rank(as_asked, grown, grown) == len(above) + 1
        assert gate._rank(as_asked, grown, old) == len(above)
        assert gate._rank(left_out, grown, old) == 1
        assert gate._rank(gate.Topic("platypus", relevant, None), grown, old) is None
        assert gate._rank(gate.Topic("…", relevant, None), grown, old) is None


def moment(library, stack):
    store = stack.enter_context(closing(Store(library)))
    index = generations.load(library, store.fact("generation"), "memory")
    stack.enter_context(closing(index.engine))
    return Moment(store, *index)


def test_other_threads_are_asked_for_by_a_sentence_of_the_question_or_of_the_best_answer(sample):
    found = {"title": 0, "question": 0, "answer": 0}
    for asked, *replies in sample:
        thread = Thread(asked.id, asked, tuple(post for post in replies if post.kind != "comment"), {})
        good = gate.best(thread)
        text, relevant, _ = gate.topic_of(thread)
        if text == asked.title:
            found["title"] += 1
        elif text in markup.prose(asked.body):
            found["question"] += 1
        else:
            found["answer"] += 1
            assert text in markup.prose(good[0].body)
            assert relevant == {good[0].id}
            continue
        assert relevant == {answer.id for answer in good}
        assert text == asked.title or len(set(words.terms(text))) >= gate.TELLING
    assert min(found.values()) >= 10


def test_threads_that_say_something_else_now_make_no_topics(tmp_path):
    def made(name, *posts):
        build(tmp_path / name, [write_archive(tmp_path / f"{name}.jsonl", posts)], engine="memory")
        return tmp_path / name

    first = [question(n, f"Question {n}") for n in range(6)]
    old = made("old", *first, *(answer(n, 1, "So.", votes=1) for n in range(6)))
    new = made(
        "new",
        *first[:4],
        replace(first[4], title="Another question"),
        answer(0, 1, "So.", votes=1),
        answer(1, 1, "So.", votes=2),
        answer(2, 1, "Otherwise.", votes=1),
        answer(3, 1, "So.", votes=1),
        answer(3, 2, "Too.", votes=1),
        answer(4, 1, "So.", votes=1),
    )
    assert [topic.text for topic in topics_of(old, new)] == ["Question 0"]


def test_the_order_of_topics_does_not_depend_on_that_of_reading(tmp_path, threads):
    texts = []
    for number, given in enumerate((threads, threads[::-1])):
        build(tmp_path / str(number), [archive_of(tmp_path, given, str(number))], engine="memory")
        texts.append([topic.text for topic in topics_of(tmp_path / str(number))])
    assert texts[0] == texts[1]
    assert len(texts[0]) == len(threads)


def test_threads_are_taken_from_all_over_a_library(tmp_path):
    posts = [post for n in range(300) for post in (question(n, f"Why {n}?"), answer(n, 1, "So."))]
    build(tmp_path, [write_archive(tmp_path / "in.jsonl", posts)], engine="memory")
    store = Store(tmp_path)
    numbers = sorted(int(name.partition(":")[2]) for name in store.spread(30))
    assert numbers == sorted(int(name.partition(":")[2]) for name in store.spread(30))
    assert len(numbers) == 30
    assert {number // 30 for number in numbers} == set(range(10))
    assert len(store.spread(10_000)) == 300
    store.close()


def test_the_sign_test_is_that_of_the_tables():
    assert gate.sign_test(0, 0) == 1
    assert gate.sign_test(0, 5) == 1
    assert gate.sign_test(5, 0) == 1 / 32
    assert gate.sign_test(9, 1) == 11 / 1024
    assert gate.sign_test(10, 10) == pytest.approx(0.588, abs=0.0005)
    assert gate.sign_test(100, 0) < 1e-29


# What is said of it


def run(*arguments, code=0):
    result = CliRunner().invoke(main, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def test_the_command_refuses_in_a_line_and_takes_force(library, tmp_path, monkeypatch):
    options = ("build", more(tmp_path, 30), "--library", library, "--engine", "whoosh")
    without_words(monkeypatch)
    refused = run(*options, "--json", code=1)
    said = json.loads(refused.stdout)["gate"]
    assert said["topics"] >= 25
    assert said["before"] - said["after"] > gate.MARGIN
    assert set(said["worse"][0]) == {"text", "before", "after"}
    (line,) = [line for line in refused.stderr.splitlines() if line.startswith("askive:")]
    assert "the library stays as it was" in line
    assert "Traceback" not in refused.stderr
    forced = json.loads(run(*options, "--json", "--force").stdout)
    assert forced["gate"] == said
    told = json.loads(run("info", "--json", "--library", library).stdout)["gate"]
    assert told == {key: value for key, value in said.items() if key != "worse"}
    assert f"MRR@10 is {said['after']:.3f}, {said['before']:.3f} before" in run("info", "--library", library).stdout


def test_engines_agree_on_the_figures(library):
    for engine in engines.ENGINES:
        if engine != "memory":
            found = build(library, (), engine=engine).gate
            assert found
            assert (found.before, found.p, found.worse) == (found.after, 1, ())
