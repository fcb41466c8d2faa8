"""Which threads are nearest to a question? Every vector is looked at: exact, and quick enough to need no index.

Vectors are whole numbers of eight bits, and the processor multiplies 64 of them at once where numkong is installed.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .. import sentences
from ..errors import BadModel, NotInstalled
from . import models
from .models import TIERS, Model, Tier
from .transformer import Matrix
from .vectors import FOLDER, LEVELS, Keys, Stored, load_keys, signature

log = logging.getLogger(__name__)

Rows = NDArray[np.int64]
"""Rows of threads in a generation's columns."""

UNRELATED: Final[Mapping[Tier, float]] = {"static": 0.5, "full": 0.3}
"""The cosine of texts that have nothing to do with each other, or below; what lies above it is spread from 0 to 1. Full vectors
from 0 to 0.3, at the same weight, nDCG@10: stackfaq_dev .951 → .959, se_beer_2020's duplicates .566 → .626, qatarliving_dev
.360 → .354; static ones change by .004 at most from 0.2 to 0.5."""

SECOND_LOOK: Final = 2
"""Times as many threads as are wanted are looked at again, with all digits of the question: recall@100 among 100,000 synthetic
threads, static vectors, from .9745 to .9795; 4 and 8 times as many give the same."""

NEGLIGIBLE: Final = 0.001
"""The share of threads for which it is not worth while to ask the next tier."""

_BLOCK: Final = 8192


class Near:
    """How near all threads are to one question, as one tier sees it."""

    def __init__(self, threads: Threads, asked: Matrix, share: float) -> None:
        self.tier = threads.tier
        self._threads, self._asked = threads, asked
        self.share = share
        """How much this tier has to say: the share of threads with its vectors, for `static` of those without fuller ones."""
        self._cosines = threads.cosines(asked)

    def likeness(self, threads: Rows) -> NDArray[np.float64]:
        """How alike question and threads are, from 0 to 1; NaN for threads without a vector."""
        found = self._cosines[threads].astype(np.float64)
        unrelated = UNRELATED[self.tier]
        return np.where(np.isnan(found), np.nan, np.clip((found - unrelated) / (1 - unrelated), 0, 1))

    def nearest(self, count: int, least: float) -> Rows:
        """The threads that are nearest and at least so alike, the nearest first."""
        cosines = np.nan_to_num(self._cosines, nan=-1.0)
        looked = min(SECOND_LOOK * count, len(cosines))
        if not looked:
            return np.zeros(0, np.int64)
        found: Rows = np.argpartition(cosines, len(cosines) - looked)[len(cosines) - looked :]
        found = found[np.nan_to_num(self.likeness(found)) >= least]
        return found[np.lexsort((found, -self._threads.exact(self._asked, found)))][:count]


class Threads:
    """The vectors that the threads of a generation have in one tier."""

    def __init__(self, keys: Keys, stored: Stored) -> None:
        self.tier: Tier = stored.tier
        order = np.argsort(stored.keys, kind="stable")
        at = np.searchsorted(stored.keys, keys, sorter=order)
        at[at == len(order)] = 0
        row = order[at] if len(order) else np.full(len(keys), -1)
        row[(keys == 0) | (stored.keys[row] != keys if len(order) else True)] = -1
        self._row = row.astype(np.int32)
        self._vectors: NDArray[np.int8] = stored.mapped["vector"]
        self._scales = np.array(stored.mapped["scale"])
        asked = int(np.count_nonzero(keys))
        self.share = int(np.count_nonzero(row >= 0)) / asked if asked else 0.0
        """Of the threads with a question, those that have a vector."""

    def cosines(self, asked: Matrix) -> NDArray[np.float32]:
        """The cosine of each thread with a question, the mean over its parts; NaN for threads without a vector."""
        middle = asked.mean(axis=0)
        largest = np.abs(middle).max(initial=0)
        if not largest or not len(self._scales):
            return np.full(len(self._row), np.nan, np.float32)
        scale = np.float32(largest / LEVELS)
        found = _dots(self._vectors, np.rint(middle / scale).astype(np.int8))
        found *= self._scales
        found *= scale
        return np.where(self._row >= 0, found[self._row], np.float32(np.nan))

    def exact(self, asked: Matrix, threads: Rows) -> NDArray[np.float32]:
        """The same of some threads that have a vector, with all digits of the question."""
        rows = self._row[threads]
        found: Matrix = (self._vectors[rows].astype(np.float32) @ asked.mean(axis=0)) * self._scales[rows]
        return found


def _dots(vectors: NDArray[np.int8], asked: NDArray[np.int8]) -> NDArray[np.float32]:
    """The dot product of each vector with one."""
    try:
        import numkong
    except ModuleNotFoundError:
        pass  # numpy does it too, in twice the time
    else:
        found: Matrix = np.asarray(numkong.cdist(asked[None], vectors, "dot"))[0].astype(np.float32)
        return found
    products = np.empty(len(vectors), np.float32)
    wide = asked.astype(np.float32)
    for first in range(0, len(vectors), _BLOCK):
        np.matmul(vectors[first : first + _BLOCK].astype(np.float32), wide, out=products[first : first + _BLOCK])
    return products


class Meaning:
    """What a library with a model knows of the meaning of its threads, at one generation."""

    def __init__(self, library: Path, model: Model, keys: Keys, tiers: Collection[Tier] = TIERS) -> None:
        """`keys` are those of the generation's threads; no other `tiers` are looked at. Raises BadModel, NotInstalled."""
        self.model, self.keys = model, keys
        stored = {tier: Stored(library, model, tier) for tier in TIERS if tier in tiers}
        self._threads: list[Threads] = []
        left = 1.0
        for tier in reversed(TIERS):
            # Where all have full vectors, the others are of no use and not even read.
            if tier in stored and left > NEGLIGIBLE and (threads := Threads(keys, stored[tier])).share:
                model.open(tier)
                self._threads.append(threads)
                left -= threads.share
        self.shares: dict[Tier, float] = {threads.tier: threads.share for threads in self._threads}
        """The share of the threads that have a vector, by tier, of those tiers that are asked."""

    def near(self, text: str) -> list[Near]:
        """How near all threads are to a question, by each tier that has vectors."""
        found, left = [], 1.0
        for threads in self._threads:
            found.append(Near(threads, self.model.encode(parts(text), threads.tier), min(threads.share, left)))
            left -= threads.share
        return found


def opened(library: Path, generation: str, threads: int, before: Meaning | None = None) -> Meaning | None:
    """What is known of the meaning of a generation's `threads`; None where there is no model, or no vectors.

    What was opened `before` lends its model, which takes time to read. One that cannot be used is told in the log: a library
    then answers by words, as it did before it had a model.
    """
    try:
        model = models.load(library)
        if before and model and model.card == before.model.card:
            model = before.model
        keys = load_keys(library, generation) if model else None
        found = Meaning(library, model, keys) if model and keys is not None and len(keys) == threads else None
    except (BadModel, NotInstalled) as error:
        log.warning("Ranking by words alone. %s", error)
        return None
    return found if found and found.shares else None


def seen(library: Path, generation: str) -> tuple[tuple[int, int, int], ...]:
    """What tells whether there is more to open than there was."""
    files = [library / FOLDER / name for name in (f"{generation}.threads", *(f"{tier}.rows" for tier in TIERS))]
    return tuple(map(signature, [library / models.FOLDER, *files]))


def parts(text: str) -> list[str]:
    """What of a question is encoded: all of it, and its first sentence, which asks, where more follows.

    With both, nDCG@10 on qatarliving_dev is .371, with all of it alone .354; the other sets have no long questions.
    """
    text = text.strip()
    start, end = next(sentences.bounds(text), (0, 0))
    first = text[start:end].strip()
    return [text, first] if first and first != text else [text]
