"""How close together do the words of a question stand in a text? What an index without word order cannot tell.

Two words that follow one another in the question, but for stop words, belong together: a text that has them close together
means the same by them. Only texts that were found already are read.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from . import markup, words

CLOSE: Final = 80
"""Characters from the beginning of one word to that of the other, at most. nDCG@10 with 40, 80 and 120: qatarliving_dev by
subject .363, .363, .361, se_beer_2020's duplicates .481, .483, .480, all else within .002."""

READ: Final = 20_000
"""Characters of a body that are read: a bound on time, not tuned."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of a question's words, each with its share of the whole."""

    shares: Mapping[tuple[str, str], float]
    partners: Mapping[str, tuple[tuple[str, str], ...]]
    """For each term the pairs that it is in."""

    @classmethod
    def of(cls, text: str, weights: Mapping[str, float]) -> Pairs:
        """The pairs of a question. A pair weighs what the lighter of its terms does; words without a weight are passed over."""
        said = [word.term for word in words.words(text) if word.term in weights and not word.is_stop]
        together = {
            (one, other) if one < other else (other, one): min(weights[one], weights[other])
            for one, other in pairwise(said)
            if one != other
        }
        total = sum(together.values())
        partners: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for pair in together:
            for term in pair:
                partners[term].append(pair)
        return cls(
            {pair: weight / total for pair, weight in together.items()} if total else {},
            {term: tuple(pairs) for term, pairs in partners.items()} if total else {},
        )

    def __bool__(self) -> bool:
        return bool(self.shares)

    def closeness(self, text: str) -> float:
        """The share, from 0 to 1, of the pairs that stand close together somewhere in a text, in either order."""
        last: dict[str, int] = {}
        found: set[tuple[str, str]] = set()
        for word in words.matches(text, self.partners):
            for pair in self.partners[word.term]:
                other = pair[0] if pair[1] == word.term else pair[1]
                if word.start - last.get(other, -math.inf) <= CLOSE:
                    found.add(pair)
            last[word.term] = word.start
        return min(1.0, sum(self.shares[pair] for pair in found))

    def closeness_in(self, body: str) -> float:
        """The same for the body of a post, which is safe HTML."""
        # A tag that is cut here is a word or two more.
        return self.closeness(markup.prose(body[:READ]))
