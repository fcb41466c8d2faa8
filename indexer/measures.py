"""How good is a ranking, and is the difference between two of them real? ir-measures counts, scipy resamples.

nDCG@10 has linear gains and a logarithm of base 2 as its discount (trec_eval's `ndcg_cut`), MRR@10 is the reciprocal rank of
the first relevant answer among the first ten, recall@100 the share of the relevant ones among the first hundred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from .errors import NotInstalled

if TYPE_CHECKING:
    import numpy as np

NAMES: Final = ("nDCG@10", "MRR@10", "recall@100")
DEPTH: Final = 100
"""Answers of a ranking that are looked at."""

RESAMPLES: Final = 9_999
SEED: Final = 20_200_620
"""The same runs give the same intervals and the same p."""
_AT_ONCE: Final = 2_000_000
"""Numbers that are resampled at a time, for the memory's sake."""

Ranking = Sequence[str]
"""Answer ids, best first."""

PerQuery = Mapping[str, Mapping[str, float]]
"""Question id → name of the measure → value."""


def require() -> None:
    """Raises NotInstalled, with the command that helps, where the libraries are missing."""
    try:
        import ir_measures  # noqa: F401 - only whether they are there
        import scipy.stats  # noqa: F401
    except ImportError as error:
        raise NotInstalled(
            f"Evaluation needs libraries that are not installed ({error.name})", "Run `pip install 'askive[evaluate]'`"
        ) from error


def per_query(rankings: Mapping[str, Ranking], grades: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, float]]:
    """The measures of each question in `grades`; one that found nothing has 0 in all of them."""
    import ir_measures

    measures = dict(zip((ir_measures.nDCG @ 10, ir_measures.RR @ 10, ir_measures.R @ 100), NAMES, strict=True))
    # By rank and not by score, so that equal scores stay in the order in which they are shown.
    run = {qid: {answer: -float(rank) for rank, answer in enumerate(found)} for qid, found in rankings.items() if found}
    values = {qid: dict.fromkeys(NAMES, 0.0) for qid in grades}
    for metric in ir_measures.iter_calc(list(measures), {qid: dict(judged) for qid, judged in grades.items()}, run):
        values[metric.query_id][measures[metric.measure]] = float(metric.value)
    return values


def means(values: PerQuery) -> dict[str, float]:
    """The mean of each measure over all questions."""
    return {name: sum(value[name] for value in values.values()) / len(values) for name in NAMES}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Where the mean lies with 95 % confidence: percentiles of the means of resampled questions (Efron's bootstrap)."""
    import numpy as np
    from scipy import stats

    if len(set(values)) == 1:  # nothing to resample
        return values[0], values[0]
    found = stats.bootstrap(
        (np.asarray(values),), np.mean, n_resamples=RESAMPLES, batch=_batch(values), method="percentile", rng=_rng()
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def paired_p(these: Sequence[float], those: Sequence[float]) -> float:
    """How likely a mean difference at least this large, either way, is if each question's two values are exchangeable.

    A paired randomisation test (Smucker, Allan and Carterette, A Comparison of Statistical Significance Tests for
    Information Retrieval Evaluation, 2007): exact where the questions are few, by resampling otherwise.
    """
    import numpy as np
    from scipy import stats

    differences = np.asarray(these) - np.asarray(those)
    if len(differences) < 2 or not differences.any():
        return 1.0

    def mean(values: np.ndarray[Any, Any], axis: int) -> Any:
        return np.mean(values, axis=axis)

    found = stats.permutation_test(
        (differences,),
        mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=_batch(these),
        rng=_rng(),
    )
    return float(found.pvalue)


def _batch(values: Sequence[float]) -> int:
    return max(1, _AT_ONCE // len(values))


def _rng() -> Any:
    import numpy as np

    return np.random.default_rng(SEED)
