"""The fuzzer finds what is there to be found, and its targets take what they begin with."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from conftest import ROOT

from tests.formats.samples import NAMES
from tests.fuzz import fuzz, mutations
from tests.fuzz.fuzz import Findings
from tests.fuzz.targets import Target, find

TARGETS = find()


def test_there_is_a_target_for_every_format() -> None:
    assert set(TARGETS) == {*NAMES, "tables", "markup", "query"}
    assert "tests.fuzz.fuzz" in (ROOT / "Makefile").read_text("utf-8")


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_its_seeds(name: str) -> None:
    assert TARGETS[name].seeds
    assert TARGETS[name].tokens
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_mutations_are_the_same_each_time_and_bounded(name: str) -> None:
    target = TARGETS[name]
    for number in range(20):
        seed = target.seeds[number % len(target.seeds)]
        first, second = (mutations.mutate(seed, random.Random(number), target.tokens, target.seeds, 3000) for _ in range(2))
        assert first == second
        assert len(first) <= 3000


def planted(data: bytes) -> None:
    if b"[NULL]" in data and b"\t" in data:
        raise KeyError("planted")
    if data.count(b"\n") > 40:
        raise RuntimeError("another")


def test_what_is_planted_is_found_once_and_made_small(tmp_path: Path) -> None:
    target = Target("planted", planted, (b"one\ntwo\n" * 20,), (b"[NULL]", b"\t"))
    found = Findings(target, tmp_path / "findings")
    fuzz._blindly(found, target, 4096, 2.0, tmp_path, random.Random(1))
    inputs = [path.read_bytes() for path in (tmp_path / "findings").iterdir() if path.suffix != ".txt"]
    assert found.runs > 10
    assert sorted(inputs) in ([b"\n" * 41, b"[NULL]\t"], [b"\n" * 41, b"\t[NULL]"])
    reports = [path.read_text("utf-8") for path in (tmp_path / "findings").glob("*.txt")]
    assert {report.rstrip().rpartition("\n")[2] for report in reports} == {"KeyError: 'planted'", "RuntimeError: another"}


def test_true_checksums_are_put_on_forged_containers() -> None:
    (zim, *_), (box, *_) = TARGETS["zim"].seeds, [seed for seed in TARGETS["containers"].seeds if seed.startswith(b"7z")]
    assert mutations.sealed(zim) == zim
    assert mutations.sealed(box) == box
    assert mutations.sealed(zim[:3000] + b"x" + zim[3001:])[-16:] != zim[-16:]
    assert mutations.sealed(box[:-4] + b"xxxx")[28:32] != box[28:32]
