"""Evaluation: measures and tests against hand-worked figures, judged sets sound and broken, runs kept and compared."""

from __future__ import annotations

import gzip
import json
import math
import sys
from collections import Counter
from itertools import product

import pytest
from click.testing import CliRunner
from conftest import ROOT, SAMPLE

from indexer import evaluate, judged, measures, runs, words
from indexer.cli import main
from indexer.errors import BadSet, BadSetting, NotInstalled
from indexer.judged import Variant
from indexer.library import Library

TEXTS = [
    # answer, thread, title, question, text, votes
    ("a1", "t1", "Cat wakes me at five", "She meows until I feed her.", "Feed the cat later in the evening.", 4),
    ("a2", "t1", "Cat wakes me at five", "She meows until I feed her.", "Get an automatic feeder, cats learn quickly.", None),
    ("a3", "t2", "Landlord keeps my deposit", "He says the carpet is worn.", "Wear of a carpet is not damage. Write a letter.", 9),
    ("a4", "t2", "Landlord keeps my deposit", "He says the carpet is worn.", "Small claims court is cheap.", 0),
    ("a5", "t3", "My cat ate the landlord's carpet", "The deposit is gone, right?", "Offer to mend it.", -1),
    ("a6", "t4", "A cheap carpet?", "For a small room.", "Markets sell remnants; a remnant carpet is cheap.", 2),
]
QUESTIONS = [
    {"qid": "q1", "text": "my cat wakes me up, what to do about the cat?", "subject": "cat wakes me"},
    {"qid": "q2", "text": "landlord deposit worn carpet"},
    {"qid": "q3", "text": "nobody judged this"},
    {"qid": "q4", "text": "zeppelin"},
]
QRELS = [("q1", "a1", 2), ("q1", "a2", 1), ("q1", "a5", 0), ("q2", "a3", 1), ("q4", "a6", 1)]


def rows():
    keys = ("answer_id", "thread_id", "title", "question", "answer", "votes")
    return [dict(zip(keys, text, strict=True)) for text in TEXTS]


def write_set(folder, *, corpus=None, questions=QUESTIONS, qrels=QRELS, packed=False):
    folder.mkdir(exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in (rows() if corpus is None else corpus))
    if packed:
        (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    else:
        (folder / "corpus.jsonl").write_text(lines, "utf-8")
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in questions), "utf-8")
    (folder / "qrels.tsv").write_text("".join("\t".join(map(str, row)) + "\n" for row in qrels), "utf-8")
    return folder


@pytest.fixture
def tiny(tmp_path):
    return write_set(tmp_path / "tiny")


def run(*arguments, code=0):
    result = CliRunner().invoke(main, ["evaluate", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def run_json(*arguments):
    return json.loads(run(*arguments, "--json").stdout)


def evaluated(folder, variant=None, engine="memory", dial=0.5):
    return evaluate.evaluate(folder, variant or Variant(), engine=engine, dial=dial, progress=lambda *_: None)


# Measures


def test_measures_are_those_worked_out_by_hand():
    rankings = {"q1": ["a9", "a2", "a1"], "q2": ["a3"], "q3": [], "q4": [f"x{n}" for n in range(10)] + ["a6"]}
    grades = {"q1": {"a1": 2, "a2": 1, "a5": 0}, "q2": {"a3": 1, "a7": 1}, "q3": {"a1": 1}, "q4": {"a6": 1}}
    found = measures.per_query(rankings, grades)
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert found["q1"]["nDCG@10"] == pytest.approx((1 / math.log2(3) + 2 / math.log2(4)) / ideal)
    assert found["q1"]["MRR@10"] == pytest.approx(1 / 2)
    assert found["q1"]["recall@100"] == 1
    assert found["q2"]["nDCG@10"] == pytest.approx(1 / (1 + 1 / math.log2(3)))
    assert (found["q2"]["MRR@10"], found["q2"]["recall@100"]) == (1, 0.5)
    assert found["q3"] == dict.fromkeys(measures.NAMES, 0)
    assert found["q4"] == {"nDCG@10": 0, "MRR@10": 0, "recall@100": 1}
    assert measures.means(found)["recall@100"] == pytest.approx((1 + 0.5 + 0 + 1) / 4)


def test_equal_scores_stay_in_their_order():
    # trec_eval by itself would turn equal scores round by name.
    found = measures.per_query({"q": ["a", "b"], "r": ["b", "a"]}, {"q": {"a": 1}, "r": {"a": 1}})
    assert (found["q"]["MRR@10"], found["r"]["MRR@10"]) == (1, 0.5)


def test_the_paired_test_counts_all_signs_where_there_are_few():
    these, those = [0.9, 0.8, 0.7, 0.6, 0.9], [0.5, 0.6, 0.1, 0.5, 0.95]
    differences = [this - that for this, that in zip(these, those, strict=True)]
    means = [sum(s * d for s, d in zip(signs, differences, strict=True)) for signs in product((1, -1), repeat=5)]
    # Twice the smaller tail, never above 1.
    upper = sum(value >= sum(differences) - 1e-12 for value in means) / len(means)
    assert measures.paired_p(these, those) == pytest.approx(min(1, 2 * upper))
    assert measures.paired_p(those, these) == pytest.approx(min(1, 2 * upper))


def test_the_paired_test_tells_noise_from_gain():
    noise = [math.sin(n) for n in range(200)]
    assert measures.paired_p(noise, noise) == 1
    assert measures.paired_p(noise, [-value for value in noise]) > 0.5
    assert measures.paired_p([value + 0.5 for value in noise], noise) < 0.001
    shaken = [value + 0.1 * math.cos(7 * n) for n, value in enumerate(noise)]
    assert measures.paired_p([value + 0.05 for value in shaken], noise) < 0.001
    assert measures.paired_p(shaken, noise) == measures.paired_p(shaken, noise) > 0.05


def test_the_interval_is_the_one_of_the_central_limit():
    values = [float(n % 2) for n in range(400)]
    low, high = measures.interval(values)
    assert low == pytest.approx(0.5 - 1.96 * 0.5 / 20, abs=0.006)
    assert high == pytest.approx(0.5 + 1.96 * 0.5 / 20, abs=0.006)
    assert measures.interval([0.25]) == measures.interval([0.25, 0.25]) == (0.25, 0.25)


# The line


def independent_bm25(text, documents):
    """Answer ids by BM25 as the books have it; k1 1.2, b 0.75."""
    bags = {name: Counter(words.terms(document)) for name, document in documents.items()}
    mean = sum(sum(bag.values()) for bag in bags.values()) / len(bags)
    scores = {}
    for name, bag in bags.items():
        for term in set(words.terms(text)):
            containing = sum(term in other for other in bags.values())
            idf = math.log(1 + (len(bags) - containing + 0.5) / (containing + 0.5))
            saturated = bag[term] * 2.2 / (bag[term] + 1.2 * (0.25 + 0.75 * sum(bag.values()) / mean))
            scores[name] = scores.get(name, 0) + idf * saturated
    found = [name for name, score in scores.items() if score > 0]
    return sorted(found, key=lambda name: (-round(scores[name], 9), name))


@pytest.mark.parametrize("engine", ["memory", "whoosh"])
@pytest.mark.parametrize("answers_only", [False, True])
def test_the_baseline_is_plain_bm25(tiny, engine, answers_only):
    found = evaluated(tiny, Variant(answers_only=answers_only), engine=engine)
    documents = {name: text if answers_only else f"{title}\n{asked}\n{text}" for name, _, title, asked, text, _ in TEXTS}
    rankings = {qid: independent_bm25(text, documents) for qid, text in found.topics.texts.items()}
    assert found.baseline.values == measures.per_query(rankings, found.topics.grades)
    assert found.baseline.ranks == {
        qid: {name: rank for rank, name in enumerate(ranking, 1) if found.topics.grades[qid].get(name)}
        for qid, ranking in rankings.items()
    }


@pytest.mark.parametrize("packed", [False, True])
def test_questions_take_the_way_of_any_question(tmp_path, packed):
    folder = write_set(tmp_path / "tiny", packed=packed)
    found = evaluated(folder)
    evaluate.prepare(folder, Variant(), tmp_path, engine="memory", progress=lambda *_: None)
    library = Library(tmp_path / "library")
    for qid, text in found.topics.texts.items():
        shown = [answer.answer.id.rpartition("/")[2] for answer in library.ask(text, n=100).answers]
        assert list(found.rankings[qid]) == shown
    assert found.rankings["q1"][:2] == ["a1", "a2"]
    posts = {post.id: post for post in library.posts()}
    assert [posts[f"judged:answer/{row[0]}"].votes for row in TEXTS] == [4, None, 9, 0, -1, 2]
    assert posts["judged:thread/t2"].title == "Landlord keeps my deposit"
    assert [posts[f"judged:answer/{name}"].position for name in ("a3", "a4", "a6")] == [1, 2, 1]


def test_questions_without_a_relevant_answer_are_left_out_and_told(tiny):
    found = run_json(tiny, "--library", tiny.parent)
    assert found["queries"] == 3
    assert found["notes"] == ["1 of 4 questions have no relevant answer and are left out"]


def test_a_question_that_finds_nothing_counts_as_nothing(tiny):
    found = evaluated(tiny)
    assert found.rankings["q4"] == []
    assert set(found.run.values["q4"].values()) == {0.0}
    write_set(tiny, questions=[*QUESTIONS, {"qid": "q5", "text": "What if????"}], qrels=[*QRELS, ("q5", "a1", 1)])
    assert set(evaluated(tiny).run.values["q5"].values()) == {0.0}


def test_the_short_form_is_asked(tiny):
    found = evaluated(tiny, Variant(field="subject"))
    assert found.topics.texts == {"q1": "cat wakes me"}


def test_answers_only_leaves_titles_and_questions_out_of_the_index(tiny):
    assert "a5" in evaluated(tiny).rankings["q2"]
    found = evaluated(tiny, Variant(answers_only=True))
    assert "a5" not in found.rankings["q2"]


def test_duplicates_are_asked_and_not_indexed(tiny):
    (tiny / "dups.tsv").write_text("t3\tt2\tMy cat ate the landlord's carpet\n", "utf-8")
    found = evaluated(tiny, Variant(duplicates=tiny / "dups.tsv"))
    assert found.topics.texts == {"t3": "My cat ate the landlord's carpet"}
    assert found.topics.grades == {"t3": {"a3": 1, "a4": 1}}
    assert "a5" not in found.rankings["t3"]
    assert run_json(tiny, "--duplicates", "dups.tsv", "--library", tiny.parent)["settings"]["duplicates"] == "dups.tsv"


def test_chains_of_duplicates_end_at_the_thread_that_is_indexed(tiny):
    (tiny / "dups.tsv").write_text("t3\tt2\tcarpet eaten\nt2\tt1\tdeposit\n", "utf-8")
    assert judged.duplicates(tiny, tiny / "dups.tsv") == {"t3": ("t1", "carpet eaten"), "t2": ("t1", "deposit")}
    (tiny / "dups.tsv").write_text("t3\tt2\tcarpet eaten\nt2\tt3\tdeposit\n", "utf-8")
    with pytest.raises(BadSet, match="circle"):
        judged.duplicates(tiny, tiny / "dups.tsv")


def test_archives_stand_in_for_a_corpus():
    found = evaluated(ROOT / "tests" / "judgments", Variant(archives=(SAMPLE,)))
    assert len(found.topics.texts) == 140
    assert not found.topics.notes
    assert measures.means(found.run.values)["nDCG@10"] > measures.means(found.baseline.values)["nDCG@10"] > 0.4


def test_the_real_set_gives_known_figures(shared):
    found = evaluated(shared / "data" / "stackfaq_dev")
    assert len(found.run.values) == 600
    baseline = measures.means(found.baseline.values)
    # The folder's own reference, measured with other stop words.
    assert baseline["nDCG@10"] == pytest.approx(0.756, abs=0.01)
    assert baseline["MRR@10"] == pytest.approx(0.818, abs=0.01)
    assert baseline["recall@100"] == pytest.approx(0.985, abs=0.005)
    assert measures.means(found.run.values)["nDCG@10"] > 0.81


# The command


def test_the_json_has_its_shape(tiny):
    found = run_json(tiny, "--library", tiny.parent, "--engine", "memory", "--dial", 0.25)
    assert found["set"] == "tiny"
    assert set(found["metrics"]) == set(found["baseline"]) == {"nDCG@10", "MRR@10", "recall@100"}
    assert all(0 <= value <= 1 for key in ("metrics", "baseline") for value in found[key].values())
    assert found["settings"].items() >= {"engine": "memory", "dial": 0.25, "qrels": "qrels.tsv", "query_field": "text"}.items()
    assert found["before"] is found["since"] is None
    for name, (low, high) in found["intervals"]["metrics"].items():
        assert low <= found["metrics"][name] <= high


def test_judgments_are_found_in_the_set_or_elsewhere(tiny, tmp_path):
    (tiny / "other.tsv").write_text("q2\ta4\t1\n", "utf-8")
    (tmp_path / "else.tsv").write_text("q2\ta4\t1\n", "utf-8")
    inside = run_json(tiny, "--qrels", "other.tsv", "--library", tmp_path)
    outside = run_json(tiny, "--qrels", tmp_path / "else.tsv", "--library", tmp_path)
    assert inside["queries"] == outside["queries"] == 1
    assert inside["metrics"] == outside["metrics"]


def test_the_table_has_both_and_the_questions_that_got_worse(tiny):
    lines = run(tiny, "--library", tiny.parent, "--worse").stdout.splitlines()
    assert lines[0].startswith("tiny: 3 questions")
    assert [line.split()[0] for line in lines[2:5]] == list(measures.NAMES)
    assert "with plain BM25" in lines[5]


def test_a_run_is_written_as_trec_eval_reads_it(tiny, tmp_path):
    run(tiny, "--library", tmp_path, "--run", tmp_path / "out.run", "--engine", "memory")
    lines = [line.split(" ") for line in (tmp_path / "out.run").read_text("utf-8").splitlines()]
    found = evaluated(tiny)
    assert [(qid, answer, int(rank)) for qid, _, answer, rank, _, _ in lines] == [
        (qid, answer, rank) for qid, ranking in found.rankings.items() for rank, answer in enumerate(ranking, 1)
    ]
    assert {(line[1], line[5]) for line in lines} == {("Q0", "askive")}
    by_score = sorted(lines, key=lambda line: (line[0], -float(line[4])))
    assert by_score == sorted(lines, key=lambda line: (line[0], int(line[3])))


def test_a_saved_run_is_what_the_next_is_compared_with(tiny, tmp_path):
    first = run_json(tiny, "--library", tmp_path, "--save", "first")
    assert first["before"] is None
    again = run_json(tiny, "--library", tmp_path)
    assert again["before"]["name"] == "first"
    assert again["before"]["metrics"] == first["metrics"]
    assert again["since"]["mean"] == dict.fromkeys(measures.NAMES, 0)
    assert again["since"]["p"] == dict.fromkeys(measures.NAMES, 1)
    assert again["worse"] == []
    # Other judgments, form or dial: another thing.
    assert run_json(tiny, "--library", tmp_path, "--dial", 0)["before"] is None
    assert run_json(tiny, "--library", tmp_path, "--query-field", "subject")["before"] is None
    run_json(tiny, "--library", tmp_path, "--save", "second")
    assert run_json(tiny, "--library", tmp_path)["before"]["name"] == "second"
    assert run_json(tiny, "--library", tmp_path, "--against", "first")["before"]["name"] == "first"
    assert "there is no saved run" in run(tiny, "--library", tmp_path, "--against", "third", code=1).stderr.lower()


def test_what_got_worse_is_told_with_ranks(tiny, tmp_path):
    run(tiny, "--library", tmp_path, "--save", "good", "--engine", "memory")
    good = evaluated(tiny)
    swapped = [row | {"answer": "Nothing here?"} if row["answer_id"] == "a1" else row for row in rows()]
    write_set(tiny, corpus=swapped)
    found = run_json(tiny, "--library", tmp_path, "--engine", "memory")
    assert [row["qid"] for row in found["worse"]] == ["q1"]
    worse = found["worse"][0]
    assert worse["text"] == QUESTIONS[0]["text"]
    assert worse["before"] > worse["after"]
    ranks = {row["id"]: (row["before"], row["after"]) for row in worse["ranks"]}
    assert ranks["a1"][0] == good.run.ranks["q1"]["a1"] == 1
    assert ranks["a1"][1] is None or ranks["a1"][1] > 1
    assert "q1" in run(tiny, "--library", tmp_path, "--worse", "--engine", "memory").stdout


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"askive": "run", "version": 99}', '{"askive": "run", "version": 1}'])
def test_a_damaged_run_is_passed_over_and_told(tiny, tmp_path, damage):
    run(tiny, "--library", tmp_path, "--save", "first")
    path = next((tmp_path / "runs").rglob("first*.json"))
    path.write_text(damage, "utf-8")
    found = run(tiny, "--library", tmp_path)
    assert "passed over" in found.stderr
    assert "passed over" in run(tiny, "--library", tmp_path, "--against", "first", code=1).stderr


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", ".hidden", "x" * 80])
def test_a_run_has_a_name_that_is_one(tiny, tmp_path, name):
    with pytest.raises(BadSetting):
        runs.save(tmp_path, name, evaluated(tiny))


def test_a_run_that_cannot_be_written_is_told(tiny, tmp_path):
    assert "cannot be written" in run(tiny, "--library", tmp_path, "--run", tmp_path / "no" / "x.run", code=1).stderr


def test_missing_libraries_are_named_with_what_installs_them(tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(NotInstalled, match=r"pip install 'askive\[evaluate\]'"):
        evaluated(tiny)


# Broken sets


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("corpus.jsonl", None, "has neither corpus.jsonl.gz nor corpus.jsonl"),
        ("corpus.jsonl", b"", "no answer"),
        ("corpus.jsonl", b"{", "line 1 is not JSON"),
        ("corpus.jsonl", b"[]", "no JSON object"),
        ("corpus.jsonl", b"\xff\xfe{}", "not UTF-8"),
        ("corpus.jsonl", b"[" * 200_000, "not JSON"),
        ("corpus.jsonl", b'{"answer_id": "a b"}', "answer_id"),
        ("corpus.jsonl", b'{"answer_id": "a", "thread_id": "\\ud800"}', "thread_id"),
        ("corpus.jsonl", b'{"answer_id": "a", "thread_id": "t", "title": 5}', "title is no text"),
        ("queries.jsonl", None, "does not exist"),
        ("queries.jsonl", b"", "No question"),
        ("queries.jsonl", b'{"qid": "q1"}', "text is missing"),
        ("queries.jsonl", b'{"qid": "q1", "text": "a"}\n{"qid": "q1", "text": "b"}', "line 2: there is a question q1 already"),
        ("qrels.tsv", None, "does not exist"),
        ("qrels.tsv", b"", "no question has a relevant answer"),
        ("qrels.tsv", b"q1\ta1\t0\n", "no question has a relevant answer"),
        ("qrels.tsv", b"q1\tunknown\t1\n", "no question has a relevant answer"),
        ("qrels.tsv", b"unknown\ta1\t1\n", "no question has a relevant answer"),
        ("qrels.tsv", b"q1 a1 1\n", "3 columns"),
        ("qrels.tsv", b"q1\ta1\tgood\n", "whole number"),
        ("qrels.tsv", b"q1\ta1\t99999999999999999999\n", "beyond"),
        ("qrels.tsv", b"q1\ta\0\t1\n", "3 columns"),
        ("qrels.tsv", b"q1\ta1\t1\nq1\ta1\t2\n", "judged twice"),
    ],
)
def test_a_broken_set_ends_in_a_plain_line(tiny, file, content, said):
    if content is None:
        (tiny / file).unlink()
    else:
        (tiny / file).write_bytes(content)
    found = run(tiny, "--engine", "memory", "--library", tiny.parent, code=1)
    assert said in found.stderr
    assert found.stderr.splitlines()[-1].startswith("askive: ")
    assert not found.stdout


@pytest.mark.parametrize(
    "change", [{"votes": "3"}, {"votes": True}, {"votes": 1.5}, {"votes": math.inf}, {"votes": math.nan}, {"date": "once"}, {"date": 7}]
)
def test_values_that_cannot_be_end_in_a_plain_line(tiny, change):
    write_set(tiny, corpus=[row | change for row in rows()])
    assert next(iter(change)) in run(tiny, "--library", tiny.parent, code=1).stderr


def test_text_that_no_file_can_hold_is_mended(tiny):
    write_set(tiny, corpus=[row | {"title": "cat \ud800"} for row in rows()], questions=[{"qid": "q1", "text": "cat \udfff"}])
    assert run_json(tiny, "--library", tiny.parent)["queries"] == 1


def test_names_may_be_of_any_script(tiny):
    corpus = [row | {"answer_id": f"отв/{row['answer_id']}"} for row in rows()]
    write_set(tiny, corpus=corpus, questions=[{"qid": "第1", "text": "cat wakes"}], qrels=[("第1", "отв/a1", 1)])
    found = evaluated(tiny)
    assert found.run.ranks == {"第1": {"отв/a1": 1}}
    assert found.run.values["第1"]["nDCG@10"] == 1


def test_no_room_is_told(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate.tempfile, "tempdir", str(tmp_path / "gone"))
    assert "No library could be made in" in run(tiny, "--library", tmp_path, code=1).stderr


def test_an_answer_twice_is_no_corpus(tiny):
    write_set(tiny, corpus=[*rows(), rows()[0]])
    assert "line 7: there is an answer a1 already" in run(tiny, "--library", tiny.parent, code=1).stderr


def test_a_damaged_gzip_is_told(tmp_path):
    folder = write_set(tmp_path / "tiny", packed=True)
    whole = (folder / "corpus.jsonl.gz").read_bytes()
    for damaged in (whole[:40], b"no gzip", whole[:30] + b"\0\0\0" + whole[33:]):
        (folder / "corpus.jsonl.gz").write_bytes(damaged)
        assert "askive: " in run(folder, "--library", tmp_path, code=1).stderr


def test_no_folder_is_told(tmp_path):
    assert "is no folder" in run(tmp_path / "none", "--library", tmp_path, code=1).stderr


def test_judgments_of_strangers_are_told(tiny):
    write_set(tiny, qrels=[*QRELS, ("q1", "gone", 1), ("q9", "a1", 1), ("q2", "gone", 0)])
    notes = run_json(tiny, "--library", tiny.parent)["notes"]
    assert notes[:2] == [
        "1 judged questions are not in queries.jsonl and cannot be asked, such as q9",
        "1 relevant answers are not in the corpus and count as not found, such as gone",
    ]


def test_optional_values_reach_the_library(tiny):
    change = {"author": "Ann", "date": "2014-01-21T20:31:18.540", "category": "Pets", "votes": 3.0, "accepted": True}
    write_set(tiny, corpus=[row | change for row in rows()])
    answer = next(judged.answers(tiny))
    question, post = list(judged.posts([answer]))
    assert (question.category, post.author, post.votes, post.best) == ("Pets", "Ann", 3, None)
    assert post.written.isoformat() == "2014-01-21T20:31:18.540000+00:00"
