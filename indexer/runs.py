"""How did it do before? Runs of evaluations, kept by name and compared question by question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from . import measures
from .errors import BadSetting
from .evaluate import Evaluation, Run
from .measures import NAMES

FOLDER: Final = "runs"
"""Where runs are kept in a library: `runs/SET/NAME VARIANT.json`."""

VERSION: Final = 1
_NAME: Final = re.compile(r"\w[\w.+-]{0,60}")


@dataclass(frozen=True, slots=True)
class Saved:
    """A run of another day."""

    name: str
    saved: datetime
    run: Run
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one run to another, over the questions that both were asked."""

    questions: int
    mean: Mapping[str, float]
    """Measure → mean difference, above 0 where it got better."""
    p: Mapping[str, float]
    """Measure → how likely so large a difference is by chance."""


@dataclass(frozen=True, slots=True)
class Change:
    """A question that two runs answered differently well."""

    qid: str
    text: str
    before: float
    after: float
    """nDCG@10."""
    ranks: tuple[tuple[str, int | None, int | None], ...]
    """Relevant answers with their rank before and after, None where they were not found; as they stood before."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """An evaluation beside its baseline and a run before, if there is one."""

    evaluation: Evaluation
    to_baseline: Difference
    before: Saved | None
    since: Difference | None
    worse: tuple[Change, ...]
    """Questions that are answered worse than before, or than by the baseline where there is no run before; worst first."""
    notes: tuple[str, ...]


def compare(folder: Path, evaluation: Evaluation, name: str | None) -> Comparison:
    """Set an evaluation beside the saved run of that name, or beside the last one. Raises BadSetting as `find` does."""
    before, notes = find(folder, evaluation, name)
    run = evaluation.run
    return Comparison(
        evaluation=evaluation,
        to_baseline=difference(evaluation.baseline, run),
        before=before,
        since=difference(before.run, run) if before else None,
        worse=tuple(worse(before.run if before else evaluation.baseline, evaluation)),
        notes=(*evaluation.topics.notes, *notes),
    )


def save(folder: Path, name: str, evaluation: Evaluation) -> Path:
    """Keep a run under a name, in place of the one that had it. Gives the file."""
    if not _NAME.fullmatch(name):
        raise BadSetting(f"{name!r} is no name for a run", "Take letters, digits, dots and dashes")
    path = folder / evaluation.name / f"{name} {_variant(evaluation.settings)}.json"
    run = evaluation.run
    shape = {
        "askive": "run",
        "version": VERSION,
        "name": name,
        "saved": datetime.now(UTC).isoformat(),
        "set": evaluation.name,
        "settings": dict(evaluation.settings),
    }
    # A question a line, so that what changed from one run to the next can be read off a difference of the files.
    lines = [f"{_json(qid)}: {_json({**run.values[qid], 'ranks': run.ranks[qid]})}" for qid in run.values]
    text = f'{_json(shape)[:-1]}, "questions": {{\n' + ",\n".join(lines) + "\n}}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
    return path


def find(folder: Path, evaluation: Evaluation, name: str | None) -> tuple[Saved | None, list[str]]:
    """The run to compare with: the one of that name, or the one saved last; and what is wrong with files on the way.

    Only runs of the same set, judgments, form of the question and dial count. Raises BadSetting where a run that was asked
    for by name is not there or cannot be read.
    """
    variant = _variant(evaluation.settings)
    paths = (folder / evaluation.name).glob(f"* {variant}.json")
    found, notes = [], []
    for path in sorted(paths):
        if name is not None and path.name != f"{name} {variant}.json":
            continue
        try:
            found.append(_load(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            notes.append(f"{path} is no saved run of this version and was passed over")
    if name is not None and not found:
        raise BadSetting(
            notes[0] if notes else f"There is no saved run {name!r} of {evaluation.name} ({variant}) in {folder}",
            "`--save NAME` saves one",
        )
    return max(found, key=lambda saved: saved.saved, default=None), notes


def difference(before: Run, after: Run) -> Difference:
    """What changed, with a paired test, over the questions that both runs have."""
    both = [qid for qid in after.values if qid in before.values]
    pairs = {name: [(before.values[qid][name], after.values[qid][name]) for qid in both] for name in NAMES}
    return Difference(
        questions=len(both),
        mean={name: sum(now - then for then, now in pair) / max(1, len(both)) for name, pair in pairs.items()},
        p={name: measures.paired_p([now for _, now in pair], [then for then, _ in pair]) for name, pair in pairs.items()},
    )


def worse(before: Run, evaluation: Evaluation) -> list[Change]:
    """The questions that are answered worse than before by nDCG@10, the largest loss first."""
    after, changes = evaluation.run, []
    for qid, values in after.values.items():
        then, now = before.values.get(qid, values)["nDCG@10"], values["nDCG@10"]
        if then - now > 1e-9:
            ranks_before, ranks_after = before.ranks[qid], after.ranks[qid]
            answers = dict.fromkeys([*ranks_before, *ranks_after])
            moved = [(answer, ranks_before.get(answer), ranks_after.get(answer)) for answer in answers]
            changes.append(
                Change(qid, evaluation.topics.texts[qid], then, now, tuple(row for row in moved if row[1] != row[2]))
            )
    return sorted(changes, key=lambda change: (change.after - change.before, change.qid))


def _variant(settings: Mapping[str, Any]) -> str:
    """What two runs must share to be compared, as part of a file's name."""
    parts = [
        Path(settings["duplicates"] or settings["qrels"]).stem,
        settings["query_field"],
        "answers-only" if settings["answers_only"] else None,
        f"dial{settings['dial']:g}",
    ]
    return re.sub(r"[^\w.+-]", "_", "-".join(part for part in parts if part))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _load(path: Path) -> Saved:
    shape = json.loads(path.read_text("utf-8"))
    if (shape["askive"], shape["version"]) != ("run", VERSION):
        raise ValueError("of another version")
    questions = shape["questions"].items()
    values = {qid: {name: float(question[name]) for name in NAMES} for qid, question in questions}
    ranks = {qid: {answer: int(rank) for answer, rank in question["ranks"].items()} for qid, question in questions}
    return Saved(shape["name"], datetime.fromisoformat(shape["saved"]), Run(values, ranks), shape["settings"])
