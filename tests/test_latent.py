"""Words that go together in the library meet; and nothing that a build brings along breaks it."""

from __future__ import annotations

import random
from array import array
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import latent

JOBS = [f"{word} job boss office {n}" for n in range(8) for word in ("fired", "sacked")]
PETS = [f"{word} cat vet purr {n}" for n in range(8) for word in ("kitten", "feline")]


def add(threads, name, counts):
    threads.add(list(counts), [(name, array("I", range(len(counts))), bytes(min(count, 255) for count in counts.values()))])


def learnt(texts):
    threads = latent.Threads()
    for number, text in enumerate(texts):
        add(threads, f"t{number}", Counter(text.split()))
    space = threads.learn()
    found = dict(threads.vectors(space))
    threads.close()
    return space, found


def like(asked, vector):
    (found,) = latent.likeness(asked, np.frombuffer(vector, np.int8)[None])
    return float(found)


def likeness(space, vector, *terms):
    asked = latent.question([(term, 1.0) for term in terms], space.terms)
    return None if asked is None else like(asked, vector)


def test_words_meet_that_stand_with_the_same_others(monkeypatch):
    monkeypatch.setattr(latent, "THREADS_EACH", 16)
    space, found = learnt(JOBS + PETS)
    fired, sacked, kitten = found["t0"], found["t1"], found["t16"]
    assert likeness(space, sacked, "fired") > 0.5
    assert likeness(space, fired, "fired") > 0.5
    assert likeness(space, kitten, "fired") < 0.1


def test_the_singular_vectors_are_those_of_the_matrix():
    """Against the exact decomposition: a thread asked with all its own words is most like itself."""
    draw = random.Random(1)
    texts = [" ".join(draw.choices([f"w{n}" for n in range(60)], k=12)) for _ in range(50)]
    space, found = learnt(texts)
    for number, text in enumerate(texts):
        asked = latent.question(Counter(text.split()).items(), space.terms)
        likest = max(found, key=lambda name, asked=asked: like(asked, found[name]))
        assert likest == f"t{number}"
        assert like(asked, found[likest]) == pytest.approx(1, abs=0.02)


def test_a_thread_folded_in_later_has_the_vector_it_would_have_had():
    space, found = learnt(JOBS + PETS)
    later = latent.Threads()
    add(later, "later", Counter(reversed(JOBS[0].split())))
    assert dict(later.vectors(space)) == {"later": found["t0"]}
    later.close()


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["alone"], ["same", "same"], ["a b", "a b", ""], ["x"] * 300])
def test_small_and_odd_libraries(texts):
    space, found = learnt(texts)
    assert all(len(vector) == latent.DIMENSIONS for vector in found.values())
    assert likeness(space, next(iter(found.values()), b"\0" * latent.DIMENSIONS), "nobody said this") is None


@given(st.lists(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 10**6), max_size=6), max_size=12))
def test_any_threads_have_vectors_or_none(counts):
    threads = latent.Threads()
    for number, terms in enumerate(counts):
        add(threads, f"\udcff{number}", terms)
    space = threads.learn()
    for name, vector in threads.vectors(space):
        asked = latent.question(counts[int(name[1:])].items(), space.terms)
        assert asked is not None
        assert 0 <= like(asked, vector) < 1.01
    threads.close()


def test_the_sample_is_even_and_bounded(monkeypatch):
    monkeypatch.setattr(latent, "SAMPLE", 5)
    space, found = learnt(JOBS + PETS)
    assert len(found) == len(JOBS + PETS)
    assert likeness(space, found["t0"], "job") > likeness(space, found["t16"], "job")


def test_the_vocabulary_is_bounded_by_the_commonest(monkeypatch):
    monkeypatch.setattr(latent, "VOCABULARY", 4)
    space, _ = learnt(JOBS + PETS)
    assert len(space.terms) == 4
    assert {"job", "boss", "office"} & set(space.terms)
