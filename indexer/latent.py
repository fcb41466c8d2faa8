"""What is a thread about, beyond its words? "Fired", "laid off" and "let go" meet here, because they do in the archive.

Latent semantic analysis (Deerwester et al., Indexing by Latent Semantic Analysis, 1990): terms that occur in the same threads,
or in threads like these, get vectors that point the same way. A thread's vector is the sum of those of its terms; so is a
question's, and the cosine says how alike they are.

Vectors are learnt by a build from an even sample of the threads, and of all of them from then on. Answering needs no more
than a few kilobytes: the vectors of the question's terms and those of the threads it found.
"""

from __future__ import annotations

import math
import struct
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

DIMENSIONS: Final = 64
"""Numbers in a vector. From 64 to 100, nDCG@10: stackfaq_dev .859 → .859, qatarliving_dev .349 → .351, by subject .366 → .369,
discourse_delving's answers alone .466 → .472; at twice the time."""

IDF_POWER: Final = 0.75
"""How much rarer terms weigh more. nDCG@10 at 0.5, 0.75 and 1: stackfaq_dev .860, .859, .856, qatarliving_dev by subject .363,
.366, .370, se_beer_2020's duplicates .448, .460, .491."""

THREADS_EACH: Final = 2
"""Threads for each dimension at least: with as many dimensions as threads nothing is learnt. On the 60 threads of stackfaq_dev
nDCG@10 is .854 with 10 dimensions, .860 with 30, .860 with all."""

SAMPLE: Final = 10_000
"""Threads that vectors are learnt from at most: a bound on time and memory, not tuned."""

VOCABULARY: Final = 50_000
"""Terms that have a vector at most, the commonest: a bound on time and space. Without those of a single thread nDCG@10 on
stackfaq_dev falls from .841 to .837."""

_OVERSAMPLING: Final = 16
_ITERATIONS: Final = 3
_CHUNK: Final = 512
_HEAD: Final = struct.Struct("<II")

Vector = NDArray[np.float64]


# Asking


def question(weights: Iterable[tuple[str, float]], vectors: Mapping[str, bytes]) -> Vector | None:
    """The vector of a question, of length 1; None where none of its terms has one."""
    known = [(packed, weight) for term, weight in weights if (packed := vectors.get(term)) is not None]
    total = _sum(known) if known else None
    length = math.sqrt(total @ total) if total is not None else 0.0
    return total / length if total is not None and length else None


def likeness(asked: Vector | None, threads: NDArray[np.int8]) -> Vector:
    """How much each thread is about what was asked, given their vectors, a row each: the cosine, from 0 (or less) to 1."""
    if asked is None:
        return np.zeros(len(threads))
    return np.maximum(0.0, threads @ asked / 127)


def _sum(known: Sequence[tuple[bytes, float]]) -> Vector:
    """The sum of packed vectors of terms, each as often as it was said, repetitions damped."""
    vectors = np.frombuffer(b"".join(packed for packed, _ in known), "<f2").reshape(-1, DIMENSIONS).astype(np.float64)
    return np.array([_damped(count) for _, count in known]) @ vectors


def _damped(count: float) -> float:
    return 1 + math.log(count) if count > 1 else count


# Learning


@dataclass(frozen=True, slots=True)
class Space:
    """The vectors of terms, packed: what all others are made of."""

    terms: Mapping[str, bytes]

    def thread(self, counts: Mapping[str, int]) -> bytes | None:
        """The vector of a thread with these terms, packed; None where none of them has one."""
        known = [(packed, count) for term, count in counts.items() if (packed := self.terms.get(term)) is not None]
        if not known:
            return None
        total = _sum(known)
        length = float(np.sqrt(total @ total))
        return np.rint(total * (127 / length)).astype(np.int8).tobytes() if length else None


class Threads:
    """The terms of a library's threads on their way through a build, kept on disk: vectors are learnt after the last one."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)
        self._numbers: dict[str, int] = {}
        self._documents = array("I")
        """For each term, how many threads have it."""
        self._count = 0

    def add(self, thread_id: str, counts: Mapping[str, int]) -> None:
        numbers = array("I", (self._numbers.setdefault(term, len(self._numbers)) for term in counts))
        self._documents.extend([0] * (len(self._numbers) - len(self._documents)))
        for number in numbers:
            self._documents[number] += 1
        name = thread_id.encode("utf-8", "surrogatepass")
        self._file.write(_HEAD.pack(len(name), len(numbers)) + name + numbers.tobytes())
        self._file.write(bytes(min(count, 255) for count in counts.values()))
        self._count += 1

    def __iter__(self) -> Iterator[tuple[str, array[int], bytes]]:
        """Each thread's id, the numbers of its terms, and how often each occurs."""
        self._file.seek(0)
        while head := self._file.read(_HEAD.size):
            named, size = _HEAD.unpack(head)
            name = self._file.read(named).decode("utf-8", "surrogatepass")
            numbers = array("I")
            numbers.frombytes(self._file.read(size * numbers.itemsize))
            yield name, numbers, self._file.read(size)

    def vectors(self, space: Space) -> Iterator[tuple[str, bytes]]:
        """The vector of each thread that has one, by id."""
        terms = list(self._numbers)
        for thread_id, numbers, counts in self:
            vector = space.thread({terms[number]: count for number, count in zip(numbers, counts, strict=True)})
            if vector is not None:
                yield thread_id, vector

    def learn(self) -> Space:
        """The vectors of the terms."""
        documents = np.frombuffer(self._documents, np.uint32) if self._documents else np.zeros(0, np.uint32)
        kept = np.sort(np.argsort(documents, kind="stable")[::-1][:VOCABULARY])
        if not len(kept):
            return Space({})
        idf = np.log(1 + (self._count - documents[kept] + 0.5) / (documents[kept] + 0.5)) ** IDF_POWER
        columns = np.full(len(documents), -1)
        columns[kept] = np.arange(len(kept))
        weighted = _Sparse.of(self._sample(columns, idf), len(kept))
        vectors = np.zeros((len(kept), DIMENSIONS), np.float32)
        found = _leading(weighted, DIMENSIONS)
        vectors[:, : found.shape[1]] = found * idf[:, None]
        packed = vectors.astype("<f2")
        terms = list(self._numbers)
        return Space({terms[number]: packed[row].tobytes() for row, number in enumerate(kept)})

    def _sample(self, columns: Any, idf: Any) -> Iterator[tuple[Any, Any]]:
        """Rows to learn from: the columns and weights of a thread's terms, with the length of 1."""
        step = -(-self._count // SAMPLE)
        for number, (_, numbers, counts) in enumerate(self):
            if number % step:
                continue
            found = columns[np.frombuffer(numbers, np.uint32)] if numbers else np.zeros(0, np.int64)
            here = np.frombuffer(counts, np.uint8)[found >= 0]
            found = found[found >= 0]
            weights = (1 + np.log(here)) * idf[found]
            length = np.sqrt(weights @ weights)
            if length:
                yield found, weights / length

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class _Sparse:
    """A matrix row by row: where each row starts, and the columns and values in it. No row is empty."""

    starts: Any
    columns: Any
    values: Matrix
    rows: Any
    """Numbers of the rows that are not empty."""
    height: int
    width: int

    @classmethod
    def of(cls, rows: Iterable[tuple[Any, Any]], width: int) -> _Sparse:
        kept = list(rows)
        starts = np.cumsum([0, *(len(columns) for columns, _ in kept)])
        columns = np.concatenate([np.zeros(0, np.int64), *(columns for columns, _ in kept)])
        values = np.concatenate([np.zeros(0), *(weights for _, weights in kept)]).astype(np.float32)
        return cls(starts, columns, values, np.arange(len(kept)), len(kept), width)

    def turned(self) -> _Sparse:
        """The same with rows for columns."""
        order = np.argsort(self.columns, kind="stable")
        rows, starts = np.unique(self.columns[order], return_index=True)
        across = np.repeat(self.rows, np.diff(self.starts))[order]
        return _Sparse(np.append(starts, len(order)), across, self.values[order], rows, self.width, self.height)

    def times(self, dense: Matrix) -> Matrix:
        product = np.zeros((self.height, dense.shape[1]), np.float32)
        for first in range(0, len(self.rows), _CHUNK):
            starts = self.starts[first : first + _CHUNK + 1]
            part = slice(starts[0], starts[-1])
            scaled = self.values[part, None] * dense[self.columns[part]]
            product[self.rows[first : first + _CHUNK]] = np.add.reduceat(scaled, starts[:-1] - starts[0])
        return product


def _leading(matrix: _Sparse, size: int) -> Matrix:
    """The leading right singular vectors, a column each, as Halko, Martinsson and Tropp find them (2011)."""
    turned = matrix.turned()
    size = min(size, -(-matrix.height // THREADS_EACH), matrix.width)
    wide = min(size + _OVERSAMPLING, matrix.height, matrix.width)
    basis = np.random.default_rng(0).standard_normal((matrix.width, wide), np.float32)
    for _ in range(_ITERATIONS):
        basis = np.linalg.qr(turned.times(matrix.times(basis)))[0]
    _, _, right = np.linalg.svd(matrix.times(basis), full_matrices=False)
    leading: Matrix = (basis @ right.T)[:, :size]
    return leading
