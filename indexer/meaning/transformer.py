"""What does a sentence mean, as the transformer says? A BERT encoder's forward pass in numpy, for folders of `sources`.

    tokens ─embeddings─▶ layers of (attention, feed-forward) ─pooling─▶ one vector of length 1 a text

As in Devlin et al., BERT (2019), and to the last digits what the model's own program gives. Texts of one batch stand one behind
the other in one long matrix, so nothing is spent on padding; only attention looks at them one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import BadModel
from ..messages import Message

Matrix = NDArray[np.float32]

WORD_VECTORS: Final = "embeddings.word_embeddings.weight"
"""What the largest of the weights is called."""

TOKENS: Final = 2048
"""Tokens that go through the layers at once: the working matrices of a batch stay near 30 MB."""

ROWS: Final = 256
"""Tokens that the feed-forward part takes at once: its widest matrix then stays in the processor's cache. Threads of 62 tokens
a second on two cores: whole batches 101, 512 rows 113, 256 rows 119."""

_ERF: Final = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
"""Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: erf to within 1.5e-7."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """The weights of one layer, each matrix as it is multiplied with from the right."""

    qkv: Matrix
    """Query, key and value side by side, the query scaled beforehand."""
    qkv_bias: Matrix
    out: Matrix
    out_bias: Matrix
    norm: tuple[Matrix, Matrix]
    wide: Matrix
    wide_bias: Matrix
    narrow: Matrix
    narrow_bias: Matrix
    wide_norm: tuple[Matrix, Matrix]


class Transformer:
    """A model that encodes sequences of token numbers."""

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Matrix], *, first_token: bool) -> None:
        """`weights` by the names they have in BERT; `first_token` tells whether the first token stands for the text, or the
        mean of all. Raises BadModel where something is missing or of another shape."""
        self._heads = int(config["num_attention_heads"])
        self._epsilon = np.float32(config.get("layer_norm_eps", 1e-12))
        self._first_token = first_token
        self.dimensions = int(config["hidden_size"])
        self.longest = int(config["max_position_embeddings"])
        """Tokens of the longest text."""

        def take(name: str, *shape: int) -> Matrix:
            found = weights.get(name)
            if found is None or (shape and found.shape != shape):
                raise BadModel(
                    Message(
                        "The model's weights have no {name} of the shape {shape}, which its configuration asks for",
                        name=name,
                        shape=str(shape),
                    )
                )
            return np.ascontiguousarray(found, np.float32)

        size, wide = self.dimensions, int(config["intermediate_size"])
        if size % self._heads:
            raise BadModel(Message("The model's configuration splits its width into unequal heads"))
        self._words = take(WORD_VECTORS)
        if self._words.ndim != 2 or self._words.shape[1] != size:
            raise BadModel(Message("The model's word vectors are of another width than its configuration says"))
        self._places = take("embeddings.position_embeddings.weight", self.longest, size)
        self._places = self._places + take("embeddings.token_type_embeddings.weight")[0]
        self._norm = take("embeddings.LayerNorm.weight", size), take("embeddings.LayerNorm.bias", size)
        self._layers = []
        for number in range(int(config["num_hidden_layers"])):
            at = f"encoder.layer.{number}"

            def part(name: str, *shape: int, at: str = at) -> Matrix:
                return take(f"{at}.{name}", *shape)

            scale = np.float32((size // self._heads) ** -0.5)
            names = [f"attention.self.{name}" for name in ("query", "key", "value")]
            qkv = [part(f"{name}.weight", size, size).T for name in names]
            bias = [part(f"{name}.bias", size) for name in names]
            qkv[0], bias[0] = qkv[0] * scale, bias[0] * scale
            self._layers.append(
                _Layer(
                    np.ascontiguousarray(np.hstack(qkv)),
                    np.concatenate(bias),
                    np.ascontiguousarray(part("attention.output.dense.weight", size, size).T),
                    part("attention.output.dense.bias", size),
                    (part("attention.output.LayerNorm.weight", size), part("attention.output.LayerNorm.bias", size)),
                    np.ascontiguousarray(part("intermediate.dense.weight", wide, size).T),
                    part("intermediate.dense.bias", wide),
                    np.ascontiguousarray(part("output.dense.weight", size, wide).T),
                    part("output.dense.bias", size),
                    (part("output.LayerNorm.weight", size), part("output.LayerNorm.bias", size)),
                )
            )

    @property
    def vocabulary(self) -> int:
        """Tokens that have a vector."""
        return len(self._words)

    def encode(self, texts: Sequence[Sequence[int]]) -> Matrix:
        """A vector of length 1 for each text, given as the numbers of its tokens, none of them empty."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        by_length = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        while by_length:
            batch: list[int] = []
            room = TOKENS
            while by_length and (not batch or len(texts[by_length[-1]]) <= room):
                batch.append(by_length.pop())
                room -= len(texts[batch[-1]])
            vectors[batch] = self._batch([texts[number] for number in batch])
        return vectors

    def _batch(self, texts: Sequence[Sequence[int]]) -> Matrix:
        lengths = [len(text) for text in texts]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        tokens = np.concatenate([np.asarray(text, np.int64) for text in texts])
        places = np.concatenate([np.arange(length) for length in lengths])
        state = _normed(self._words[tokens] + self._places[places], *self._norm, self._epsilon)
        # Texts of one length are looked at together.
        alike: dict[int, list[int]] = defaultdict(list)
        for number, length in enumerate(lengths):
            alike[length].append(int(starts[number]))
        groups = [np.asarray(found)[:, None] + np.arange(length) for length, found in alike.items()]
        for layer in self._layers:
            state = self._forward(layer, state, groups)
        if self._first_token:
            pooled = state[starts[:-1]]
        else:
            pooled = np.add.reduceat(state, starts[:-1], axis=0)
            pooled /= np.asarray(lengths, np.float32)[:, None]
        return unit(pooled)

    def _forward(self, layer: _Layer, state: Matrix, groups: Sequence[NDArray[np.int64]]) -> Matrix:
        seen = np.empty_like(state)
        qkv = state @ layer.qkv
        qkv += layer.qkv_bias
        for rows in groups:
            count, length = rows.shape
            # (texts, tokens, 3, heads, width) to three of (texts, heads, tokens, width)
            split = qkv[rows].reshape(count, length, 3, self._heads, -1).transpose(2, 0, 3, 1, 4)
            query, key, value = split
            weights = query @ key.transpose(0, 1, 3, 2)
            weights -= weights.max(axis=-1, keepdims=True)
            np.exp(weights, out=weights)
            weights /= weights.sum(axis=-1, keepdims=True)
            seen[rows] = (weights @ value).transpose(0, 2, 1, 3).reshape(count, length, -1)
        seen = seen @ layer.out
        seen += layer.out_bias
        seen += state
        state = _normed(seen, *layer.norm, self._epsilon)
        result = np.empty_like(state)
        for first in range(0, len(state), ROWS):
            part = state[first : first + ROWS]
            wide = part @ layer.wide
            wide += layer.wide_bias
            narrow = _gelu(wide) @ layer.narrow
            narrow += layer.narrow_bias
            narrow += part
            result[first : first + ROWS] = _normed(narrow, *layer.wide_norm, self._epsilon)
        return result


def unit(vectors: Matrix) -> Matrix:
    """The same vectors with the length of 1; those of nothing stay nothing."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    found: Matrix = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return found


def _normed(state: Matrix, weight: Matrix, bias: Matrix, epsilon: np.float32) -> Matrix:
    """Layer normalisation, in place."""
    state -= state.mean(axis=1, keepdims=True)
    spread = np.einsum("ij,ij->i", state, state)[:, None] / np.float32(state.shape[1])
    state /= np.sqrt(spread + epsilon)
    state *= weight
    state += bias
    return state


def _gelu(x: Matrix) -> Matrix:
    """x · (1 + erf(x / √2)) / 2, in place."""
    size = np.abs(x)
    size *= np.float32(0.5**0.5)
    step = size * np.float32(0.3275911)
    step += np.float32(1)
    np.reciprocal(step, out=step)
    np.multiply(size, size, out=size)
    np.negative(size, out=size)
    np.exp(size, out=size)
    # The polynomial by Horner's rule; what is left of 1 is the error function of |x|.
    rest = step * np.float32(_ERF[-1])
    for factor in reversed(_ERF[:-1]):
        rest += np.float32(factor)
        rest *= step
    rest *= size
    np.subtract(np.float32(1), rest, out=rest)
    np.copysign(rest, x, out=rest)
    rest += np.float32(1)
    x *= rest
    x *= np.float32(0.5)
    return x
