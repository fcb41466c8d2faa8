"""How is an evaluation told? As a table for people and as JSON for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Final

from . import measures
from .evaluate import Run
from .runs import Comparison, Difference

WORST: Final = 20
"""Questions that got worse that are printed; the JSON has all of them."""


def shape(found: Comparison) -> dict[str, Any]:
    """The JSON of `evaluate`."""
    evaluation, before = found.evaluation, found.before
    return {
        "set": evaluation.name,
        "queries": len(evaluation.topics.texts),
        "metrics": measures.means(evaluation.run.values),
        "baseline": measures.means(evaluation.baseline.values),
        "settings": dict(evaluation.settings),
        "intervals": {
            name: {measure: list(bounds) for measure, bounds in _intervals(run).items()}
            for name, run in (("metrics", evaluation.run), ("baseline", evaluation.baseline))
        },
        "to_baseline": _difference(found.to_baseline),
        "before": before
        and {
            "name": before.name,
            "saved": before.saved.isoformat(),
            "metrics": measures.means(before.run.values),
            "settings": dict(before.settings),
        },
        "since": found.since and _difference(found.since),
        "worse": [
            {
                "qid": change.qid,
                "text": change.text,
                "before": change.before,
                "after": change.after,
                "ranks": [{"id": answer, "before": then, "after": now} for answer, then, now in change.ranks],
            }
            for change in found.worse
        ],
        "median_ms": evaluation.median_ms,
        "notes": list(found.notes),
    }


def table(found: Comparison) -> Iterator[str]:
    """Lines: each measure of this run and of the baseline with its interval, and what changed since the run before."""
    evaluation, before = found.evaluation, found.before
    said = [
        name if value is True else f"{name} {', '.join(value) if isinstance(value, list) else value}"
        for name, value in evaluation.settings.items()
        if value is not None and value is not False
    ]
    if evaluation.median_ms is not None:
        said.append(f"{evaluation.median_ms:g} ms a question")
    yield f"{evaluation.name}: {len(evaluation.topics.texts):,} questions, {', '.join(said)}"
    since = f"since {before.name}" if before else ""
    yield f"{'':<11} {'this run':<22} {'plain BM25':<22} {'difference':<17} {since}".rstrip()
    runs = (evaluation.run, evaluation.baseline)
    means, intervals = [measures.means(run.values) for run in runs], [_intervals(run) for run in runs]
    for name in measures.NAMES:
        columns = [
            f"{mean[name]:.4f} ({bounds[name][0]:.3f}–{bounds[name][1]:.3f})".ljust(22)
            for mean, bounds in zip(means, intervals, strict=True)
        ]
        columns += [
            f"{difference.mean[name]:+.4f} {_p(difference.p[name])}".ljust(17)
            for difference in (found.to_baseline, found.since)
            if difference
        ]
        yield f"{name:<11} {' '.join(columns)}".rstrip()
    if before and found.since:
        yield f"{before.name}: saved {before.saved:%Y-%m-%d %H:%M} UTC, {found.since.questions:,} questions of both"


def worse(found: Comparison) -> Iterator[str]:
    """Lines: the questions that got worse, with the ranks of their relevant answers."""
    than = found.before.name if found.before else "plain BM25"
    yield f"{len(found.worse):,} questions have a lower nDCG@10 than with {than}:"
    for change in found.worse[:WORST]:
        yield f"{change.before:.3f} → {change.after:.3f}  {change.qid}  {textwrap.shorten(change.text, 160)}"
        yield "    ranks " + ", ".join(f"{answer} {_rank(then)} → {_rank(now)}" for answer, then, now in change.ranks[:6])
    if len(found.worse) > WORST:
        yield f"and {len(found.worse) - WORST:,} more (--json lists them)"


def _intervals(run: Run) -> dict[str, tuple[float, float]]:
    return {name: measures.interval([value[name] for value in run.values.values()]) for name in measures.NAMES}


def _difference(found: Difference) -> dict[str, Any]:
    return {"queries": found.questions, "mean": dict(found.mean), "p": dict(found.p)}


def _p(p: float) -> str:
    return "p<.001" if p < 0.001 else f"p={p:.3f}".replace("0.", ".")


def _rank(rank: int | None) -> str:
    return "–" if rank is None else str(rank)
