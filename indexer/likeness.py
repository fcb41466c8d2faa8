"""How alike are a question and the threads it found? What takes a closer look than an engine's sum over terms.

Only the best threads are looked at, so that the time of a question does not depend on how many there are.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from . import latent, words
from .rows import Gist

LETTERS: Final = 3
"""Letters that titles are compared by at a time. nDCG@10 from 3 to 4 or 5 changes by .003 at most on any judged set."""


class Likeness(NamedTuple):
    """How alike a question and a thread are, each from 0 to 1."""

    subject: float
    """What they are about (`latent`)."""
    title: float
    """The title, by its letters: inflections, compounds and slips of the pen still meet."""
    exact: bool
    """Whether the title is the question."""


def of_threads(
    text: str, terms: Sequence[tuple[str, float]], vectors: Mapping[str, bytes], gists: Mapping[str, Gist]
) -> dict[str, Likeness]:
    """The likeness of each thread to a question."""
    asked = latent.question(terms, vectors)
    said, letters = _letters(text)
    titles = {thread_id: _title(gist.title) for thread_id, gist in gists.items()}
    found_in = Counter(group for _, title in titles.values() for group in title)
    # What all these titles share says nothing: rarity is that among the threads at hand.
    rarity = {
        group: math.log(1 + (len(titles) - found_in[group] + 0.5) / (found_in[group] + 0.5)) for group in {*found_in, *letters}
    }
    length = _length(letters, rarity)
    return {
        thread_id: Likeness(
            latent.likeness(asked, gist.vector) if asked and gist.vector else 0.0,
            _cosine(letters, titles[thread_id][1], rarity, length),
            bool(said) and titles[thread_id][0] == said,
        )
        for thread_id, gist in gists.items()
    }


def _letters(text: str) -> tuple[str, Mapping[str, int]]:
    """The plain words of a text, and how often groups of letters occur in those that matter, beginnings and ends marked."""
    plain = words.plain(text)
    groups: Counter[str] = Counter()
    for word in plain.split():
        if word not in words.STOP_WORDS:
            marked = f"^{word}$"
            groups.update(marked[start : start + LETTERS] for start in range(max(1, len(marked) - LETTERS + 1)))
    return plain, groups


_title = lru_cache(maxsize=2_000)(_letters)
"""The same of a title: those come up again and again."""


def _length(groups: Mapping[str, int], rarity: Mapping[str, float]) -> float:
    return math.sqrt(sum((count * rarity[group]) ** 2 for group, count in groups.items()))


def _cosine(asked: Mapping[str, int], title: Mapping[str, int], rarity: Mapping[str, float], length: float) -> float:
    shared = sum(count * asked[group] * rarity[group] ** 2 for group, count in title.items() if group in asked)
    return min(1.0, shared / (length * _length(title, rarity))) if shared else 0.0
