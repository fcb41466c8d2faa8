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

from .words import Numbers

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
_NOTHING: Final = 1e-10
"""Share of the largest squared singular value below which another one is nothing but rounding."""
_CHUNK: Final = 16
"""Rows that are multiplied at once: few enough for what they need to stay near the processor."""
_HEAD: Final = struct.Struct("<II")
_NUMBER: Final = np.dtype("=u4")

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


class Threads:
    """The terms of a library's threads on their way through a build, kept on disk: vectors are learnt after the last one."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)
        self._numbers = Numbers()
        self._count = 0

    def add(self, terms: Sequence[str], threads: Iterable[tuple[str, array[int], bytes]]) -> None:
        """Add threads by their ids, each with the places of its terms among these, and how often each of them occurs."""
        numbers = np.fromiter(map(self._numbers.__getitem__, terms), _NUMBER, len(terms))
        for thread_id, places, counts in threads:
            name = thread_id.encode("utf-8", "surrogatepass")
            theirs = numbers[np.frombuffer(places, _NUMBER)] if places else numbers[:0]
            self._file.write(b"".join((_HEAD.pack(len(name), len(theirs)), name, theirs.tobytes(), counts)))
            self._count += 1

    def __iter__(self) -> Iterator[tuple[str, NDArray[np.uint32], NDArray[np.uint8]]]:
        """Each thread's id, the numbers of its terms, and how often each occurs."""
        self._file.seek(0)
        while head := self._file.read(_HEAD.size):
            named, size = _HEAD.unpack(head)
            name = self._file.read(named).decode("utf-8", "surrogatepass")
            numbers = np.frombuffer(self._file.read(size * _NUMBER.itemsize), _NUMBER)
            yield name, numbers, np.frombuffer(self._file.read(size), np.uint8)

    def vectors(self, space: Space) -> Iterator[tuple[str, bytes]]:
        """The vector of each thread that has one, by id."""
        vectors = np.frombuffer(b"".join(space.terms.values()), "<f2").reshape(-1, DIMENSIONS).astype(np.float64)
        places = {term: place for place, term in enumerate(space.terms)}
        rows = np.fromiter((places.get(term, -1) for term in self._numbers), np.int64, len(self._numbers))
        damped = np.array([_damped(count) for count in range(256)])
        for thread_id, numbers, counts in self:
            known = rows[numbers]
            total = damped[counts[known >= 0]] @ vectors[known[known >= 0]]
            length = float(np.sqrt(total @ total))
            if length:
                yield thread_id, np.rint(total * (127 / length)).astype(np.int8).tobytes()

    def _documents(self) -> NDArray[np.int64]:
        """In how many threads each term is."""
        documents = np.zeros(len(self._numbers), np.int64)
        for _, numbers, _ in self:
            documents[numbers] += 1
        return documents

    def learn(self) -> Space:
        """The vectors of the terms."""
        documents = self._documents()
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
            found = columns[numbers]
            here = counts[found >= 0]
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
        basis = _orthonormal(turned.times(matrix.times(basis)))
    _, turn = _principal(matrix.times(basis))
    leading: Matrix = (basis @ turn.astype(np.float32))[:, :size]
    return leading


def _principal(tall: Matrix) -> tuple[Vector, NDArray[np.float64]]:
    """The squared singular values of a tall matrix, largest first, and its right singular vectors, a column each."""
    # By way of the small matrix of its columns' products: a decomposition of the tall one takes ten times as long.
    exact = tall.astype(np.float64)
    squares, vectors = np.linalg.eigh(exact.T @ exact)
    return squares[::-1], vectors[:, ::-1]


def _orthonormal(tall: Matrix) -> Matrix:
    """Columns of length 1 at right angles that span what the columns of a tall matrix do; fewer where some add nothing."""
    squares, vectors = _principal(tall)
    kept = squares > _NOTHING * squares[0]
    basis: Matrix = tall @ (vectors[:, kept] / np.sqrt(squares[kept])).astype(np.float32)
    return basis
