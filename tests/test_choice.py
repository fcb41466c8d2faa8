"""Which engine a build takes if nobody says: by size, told in a line, and without a library noticing anything but speed."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT, SAMPLE, answer, question, write_archive

from indexer import engines, judged
from indexer.archives import jsonl
from indexer.build import WORN, build
from indexer.engines import choice
from indexer.engines.choice import choose
from indexer.errors import BadSetting, NotInstalled
from indexer.library import Library


@pytest.fixture
def small_crossover(monkeypatch):
    monkeypatch.setattr(choice, "CROSSOVER", 40)


@pytest.fixture
def without_tantivy(monkeypatch):
    """A machine that has not got the package."""
    really = engines.import_module

    def refuse(name, package):
        if name == ".tantivy":
            raise ModuleNotFoundError("No module named 'tantivy'", name="tantivy")
        return really(name, package)

    monkeypatch.setattr(engines, "import_module", refuse)


def threads(first, count):
    for number in range(first, first + count):
        yield question(number, f"The cat wakes me, night {number}")
        yield answer(number, 1, "Feed the cat from a timer.", votes=number)


def archived(folder, name, first, count):
    write_archive(folder / "threads" / f"{name}.jsonl", list(threads(first, count)))


def found(folder):
    return [ranked.answer.id for ranked in Library(folder).ask("cat timer", n=100).answers]


@pytest.mark.parametrize(
    ("posts", "current", "engine"),
    [
        (0, None, "whoosh"),
        (39, None, "whoosh"),
        (40, None, "tantivy"),
        (40, "whoosh", "tantivy"),
        (39, "tantivy", "tantivy"),
        (20, "tantivy", "tantivy"),
        (19, "tantivy", "whoosh"),
        (39, "memory", "whoosh"),
    ],
)
def test_by_size_and_not_back_and_forth(small_crossover, posts, current, engine):
    chosen = choose("auto", posts, current)
    assert chosen.engine == engine
    assert f"{posts} posts" in chosen.why
    assert "40" in chosen.why


def test_what_is_asked_for_by_name_is_taken():
    assert choose("memory", 10**9, "tantivy") == ("memory", "as set")
    with pytest.raises(BadSetting, match="auto, whoosh"):
        choose("best", 1, None)


def test_without_the_package_all_goes_on_and_says_so(small_crossover, without_tantivy, tmp_path):
    archived(tmp_path, "many", 100, 30)
    report = build(tmp_path)
    assert report.engine == "whoosh"
    assert "not installed" in report.engine_why
    assert "askive[fast]" in report.engine_why
    assert len(found(tmp_path)) == 30
    with pytest.raises(NotInstalled, match="askive\\[fast\\]"):
        build(tmp_path, engine="tantivy")


def test_a_library_written_with_what_is_gone_says_so_and_is_built_again(small_crossover, tmp_path, request):
    archived(tmp_path, "many", 100, 30)
    assert build(tmp_path).engine == "tantivy"
    request.getfixturevalue("without_tantivy")
    with pytest.raises(NotInstalled, match="askive\\[fast\\]"):
        Library(tmp_path)
    assert build(tmp_path).engine == "whoosh"
    assert len(found(tmp_path)) == 30


def test_a_library_that_grows_changes_its_engine_at_a_build(small_crossover, tmp_path):
    archived(tmp_path, "few", 100, 15)
    assert build(tmp_path).engine == "whoosh"
    library, before = Library(tmp_path), found(tmp_path)
    archived(tmp_path, "more", 200, 10)
    report = build(tmp_path)
    assert (report.engine, report.engine_why) == ("tantivy", "auto: 50 posts, above the crossover of 40")
    about = library.about()
    assert (about["engine"], about["engine_why"]) == (report.engine, report.engine_why)
    assert {*before} < {*found(tmp_path)}
    build(tmp_path / "other", [tmp_path / "threads"], engine="whoosh")
    assert found(tmp_path) == found(tmp_path / "other")
    assert found(tmp_path) == [ranked.answer.id for ranked in library.ask("cat timer", n=100).answers]
    assert build(tmp_path).generation == report.generation
    # What keeps its engine is not written again, and neither is what only changed its mind.
    kept = build(tmp_path, (), engine="tantivy")
    assert (kept.generation, kept.engine_why) == (report.generation, "as set")
    assert build(tmp_path, (), engine=None).engine_why == "as set"


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_a_worn_index_is_written_anew(tmp_path, engine):
    """The same thread again and again, other each time: what was removed never takes more than its share."""
    archived(tmp_path, "all", 100, 40)
    build(tmp_path, engine=engine)
    shares = []
    for number in range(8):
        posts = [question(101, "The cat wakes me"), answer(101, 1, "Feed the cat from a timer.", votes=number * 5)]
        posts += [question(300 + number, "A dog wakes me"), answer(300 + number, 1, "Feed the dog.")]
        write_archive(tmp_path / "threads" / "again.jsonl", posts)
        build(tmp_path, engine=engine)
        index = Library(tmp_path).about()["index"]
        shares.append(index.removed / (index.threads + index.answers))
    assert max(shares) <= WORN
    assert shares != sorted(shares)
    assert len(found(tmp_path)) >= 40


def same_first_ten(folder, archives, asked):
    """Both engines' answers to all questions: the same, in the same order, but where scores are as good as equal."""
    for engine in ("whoosh", "tantivy"):
        build(folder / engine, archives, engine=engine)
    exact, fast = (Library(folder / engine) for engine in ("whoosh", "tantivy"))
    for text in asked:
        one, other = exact.ask(text), fast.ask(text)
        assert [ranked.score for ranked in other.answers] == pytest.approx([r.score for r in one.answers], rel=1e-3), text
        scores = {ranked.answer.id: ranked.score for ranked in one.answers}
        last = min(scores.values(), default=0.0)
        for ranked in other.answers:
            assert ranked.score == pytest.approx(scores.get(ranked.answer.id, last), rel=1e-3), text


def test_both_engines_show_the_same_first_ten_of_the_sample(tmp_path):
    lines = (ROOT / "tests" / "judgments" / "queries.jsonl").read_text("utf-8").splitlines()
    same_first_ten(tmp_path, [SAMPLE], [json.loads(line)["text"] for line in lines])


@pytest.mark.parametrize("name", ["stackfaq_dev", "qatarliving_dev"])
def test_both_engines_show_the_same_first_ten_of_a_judged_set(shared, tmp_path, name):
    folder = shared / "data" / name
    with (tmp_path / "corpus.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(jsonl.write(judged.posts(judged.answers(folder, ()), answers_only=False)))
    lines = (folder / "queries.jsonl").read_text("utf-8").splitlines()
    same_first_ten(tmp_path, [tmp_path / "corpus.jsonl"], [json.loads(line)["text"] for line in lines[:100]])
