"""The tuner finds what there is to find, judges it on questions that had no say, and leaves the constants as they were."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bench import tune
from conftest import ROOT

from indexer import ranking
from indexer.errors import BadSet, BadSetting
from indexer.judged import Variant

JUDGMENTS = ROOT / "tests" / "judgments"
SPEC = f"{JUDGMENTS},archives={ROOT / 'data' / 'threads' / 'sample'}"


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    return tune.Judge(SPEC, tmp_path_factory.mktemp("tune"), "memory")


@pytest.fixture
def constants():
    return [tune.parse_constant("THREAD_WEIGHT=0,1,5"), tune.parse_constant("FLOOR=0.3")]


def toy(*values):
    """Constants of nothing in particular."""
    return [tune.Constant(name, ranking, name, 1.0, values) for name in ("A", "B")]


def test_remembering_changes_no_answer(judge, constants):
    plain = tune.Library(judge._library.folder)
    for value in (0.0, 5.0):
        with tune.patched(constants, (("FLOOR", 0.3), ("THREAD_WEIGHT", value))):
            for text in list(judge.topics.texts.values())[:40]:
                expected = [answer.answer.id for answer in plain.ask(text, n=100).answers]
                # Asked twice: found, then remembered.
                assert judge._ask(text) == judge._ask(text) == expected


def test_constants_come_back_whatever_happens(constants):
    before = ranking.THREAD_WEIGHT, ranking.FLOOR
    inside = []

    def fail():
        with tune.patched(constants, (("FLOOR", 0.3), ("THREAD_WEIGHT", 7.0))):
            inside.append((ranking.THREAD_WEIGHT, ranking.FLOOR))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert inside == [(7.0, 0.3)]
    assert before == (ranking.THREAD_WEIGHT, ranking.FLOOR)


def test_a_point_is_worked_out_once(judge, constants):
    trial = tune.Trial([judge], constants, "nDCG@10")
    now = tune.weights_of({constant.name: constant.current for constant in constants})
    other = tune.weights_of(dict(now) | {"THREAD_WEIGHT": 0.0})
    assert trial.values(now) is trial.values(now)
    assert trial.values(now) != trial.values(other)
    assert trial.goal(now, list(trial.values(now))) == pytest.approx(sum(trial.values(now).values()) / 140)


def test_the_search_climbs_and_stays_where_nothing_is_gained():
    def goal(weights):
        point = dict(weights)
        return -((point["A"] - 3) ** 2) - (point["A"] - point["B"]) ** 2 / 4

    assert dict(tune.search(goal, toy(0.0, 2.0, 3.0, 4.0), 5)) == {"A": 3.0, "B": 3.0}
    assert dict(tune.search(lambda _: 0.5, toy(0.0, 2.0), 5)) == {"A": 1.0, "B": 1.0}


def test_folds_hold_every_question_once_and_paraphrases_together(judge):
    folds = tune.folds_of([judge], 5, 1)
    assert sorted(key for fold in folds for key in fold) == sorted((judge.name, qid) for qid in judge.topics.texts)
    assert max(map(len, folds)) - min(map(len, folds)) < 10
    where = {qid: number for number, fold in enumerate(folds) for _, qid in fold}
    relevant = {}
    for qid, grades in judge.topics.grades.items():
        relevant.setdefault(frozenset(answer for answer, grade in grades.items() if grade), set()).add(where[qid])
    assert all(len(numbers) == 1 for numbers in relevant.values())
    assert folds == tune.folds_of([judge], 5, 1) != tune.folds_of([judge], 5, 2)


def test_large_sets_count_no_more_than_small_ones():
    assert tune.macro_mean({("a", str(n)): 1.0 for n in range(9)} | {("b", "0"): 0.0}) == 0.5


def test_sets_are_named_with_their_variant():
    folder, variant, dial, tier = tune.parse_set("x/y,qrels=q.tsv,field=subject,dial=0,answers-only")
    assert (str(folder), dial, tier) == ("x/y", 0.0, None)
    assert variant == Variant(qrels=Path("q.tsv"), field="subject", answers_only=True)


@pytest.mark.parametrize("spec", ["x,colour=red", "x,field=body", "x,dial=much", "x,meaning=deep"])
def test_a_set_that_is_no_set_is_told(spec):
    with pytest.raises(BadSetting):
        tune.parse_set(spec)


@pytest.mark.parametrize("spec", ["NOTHING", "nowhere.THREAD_WEIGHT", "SORTS", "THREAD_WEIGHT=a,b"])
def test_a_constant_that_is_none_is_told(spec):
    with pytest.raises(BadSetting):
        tune.parse_constant(spec)


def test_constants_of_other_rooms_can_be_named():
    found = tune.parse_constant("passage.LENGTH=100")
    assert (found.module.__name__, found.values) == ("indexer.passage", (100.0,))


def test_every_number_of_the_ranking_is_tried():
    found = {constant.name: constant for constant in tune.all_constants()}
    assert {"THREAD_WEIGHT", "VOTES_WEIGHT"} <= found.keys()
    assert all(len(constant.values) == 5 and constant.current not in constant.values for constant in found.values())


def test_a_missing_set_is_told(tmp_path):
    with pytest.raises(BadSet):
        tune.Judge(str(tmp_path / "none"), tmp_path, "memory")


def test_the_command_prints_its_tables_and_writes_nothing():
    source = ROOT / "indexer" / "ranking.py"
    before = source.read_bytes()
    command = [sys.executable, "tests/bench/tune.py", SPEC, "--constant", "THREAD_WEIGHT=0,4", "--folds", "2", "--rounds", "1"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT), "PATH": ""}, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "mean of the sets" in done.stdout
    assert done.stdout.count("THREAD_WEIGHT") == 3
    assert source.read_bytes() == before
