"""What does a text mean, quickly? One vector a token, distilled once from a transformer; a text is the mean of its tokens.

    each token alone ─Transformer─▶ vectors ─principal components─▶ 256 numbers ─weighted by rarity─▶ the static model

As Tulkens and van Dongen do it (Model2Vec, 2024): what a transformer says of a word by itself is part of what it says of a
text, at a thousandth of the time. Weights are those of Arora, Liang and Ma (A Simple but Tough-to-Beat Baseline for Sentence
Embeddings, 2017), with a token's place in the vocabulary, which begins with the commonest, for how common it is (Zipf).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .transformer import Matrix, Transformer, unit

DIMENSIONS: Final = 256
"""Numbers in a vector at most."""

COMMON: Final = 1e-4
"""How common a token is that weighs half."""

_AT_ONCE: Final = 1024


class Static:
    """A model that encodes sequences of token numbers by adding up their vectors."""

    def __init__(self, tokens: NDArray[np.float16]) -> None:
        """`tokens` has a row for each; it may be mapped from a file."""
        self._tokens = tokens
        self.dimensions = int(tokens.shape[1])

    @property
    def vocabulary(self) -> int:
        """Tokens that have a vector."""
        return len(self._tokens)

    def encode(self, texts: Sequence[Sequence[int]]) -> Matrix:
        """A vector of length 1 for each text; of zeros for one without tokens."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        filled = [number for number, text in enumerate(texts) if len(text)]
        if not filled:
            return vectors
        tokens = np.concatenate([np.asarray(texts[number], np.int64) for number in filled])
        starts = np.cumsum([0, *(len(texts[number]) for number in filled)])[:-1]
        vectors[filled] = np.add.reduceat(self._tokens[tokens].astype(np.float32), starts, axis=0)
        return unit(vectors)


def distil(
    model: Transformer, around: Callable[[int], Sequence[int]], silent: Sequence[int], progress: Callable[[int, int], None]
) -> NDArray[np.float16]:
    """The vectors of all tokens of a transformer's vocabulary.

    `around` gives the sequence that the model is shown for a token (with its marks of beginning and end); `silent` are tokens
    that stand for no text. `progress` is called with tokens done and of all.
    """
    count = model.vocabulary
    vectors = np.zeros((count, model.dimensions), np.float32)
    for first in range(0, count, _AT_ONCE):
        progress(first, count)
        numbers = range(first, min(count, first + _AT_ONCE))
        vectors[first : first + len(numbers)] = model.encode([around(number) for number in numbers])
    progress(count, count)
    turned = _even(_principal(vectors, DIMENSIONS))
    share = 1 / np.arange(1, count + 1)
    share /= share.sum()
    turned *= (COMMON / (COMMON + share)).astype(np.float32)[:, None]
    turned[list(silent)] = 0
    return turned.astype(np.float16)


def _even(vectors: Matrix) -> Matrix:
    """The vectors turned as a whole, so that no number is much larger than others: eight bits then tell more of each.

    Of the hundred nearest among 100,000, 96 were found among vectors that were not turned; see `make meaning`.
    """
    size = vectors.shape[1]
    turn, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((size, size)))
    turned: Matrix = vectors @ turn.astype(np.float32)
    return turned


def _principal(vectors: Matrix, most: int) -> Matrix:
    """The vectors around their mean in as many of their principal directions, those with most spread first."""
    centred = vectors - vectors.mean(axis=0)
    spread: Any = centred.T @ centred
    _, directions = np.linalg.eigh(spread.astype(np.float64))
    turned: Matrix = centred @ directions[:, ::-1][:, :most].astype(np.float32)
    return turned
