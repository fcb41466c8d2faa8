"""A model is read without being run, computed as its makers do, and kept with a library; vectors last and none is made twice."""

from __future__ import annotations

import json
import math
import sys

import numpy as np
import pytest
import tiny_model
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import BadModel, NotFound, NotInstalled
from indexer.meaning import models, nearest, sources, static, tokens, transformer, vectors
from indexer.meaning.nearest import Meaning, Threads
from indexer.meaning.vectors import Stored

pytest.importorskip("tokenizers")


def silent(*_):
    """No progress is shown."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def library(folder, tmp_path_factory):
    """A library's folder with the model, and no posts."""
    place = tmp_path_factory.mktemp("library")
    models.add(place, str(folder), silent)
    return place


@pytest.fixture(scope="module")
def model(library):
    return models.load(library)


# Reading


def test_a_model_is_recognised_with_its_licence(folder):
    found = sources.find(str(folder))
    assert (found.name, found.licence, found.pooling, found.longest) == ("tiny", "apache-2.0", "mean", 128)
    assert found.sha256 == sources.find(str(folder)).sha256


def test_a_package_is_found_without_being_imported(tmp_path, monkeypatch):
    package = tmp_path / "some_model"
    tiny_model.write(package / "model")
    (package / "__init__.py").write_text("raise SystemExit('this must not run')")
    monkeypatch.syspath_prepend(tmp_path)
    assert sources.find("some-model").folder == package / "model"
    assert "some_model" not in sys.modules


def test_pickled_weights_are_refused(tmp_path):
    folder = tiny_model.write(tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BadModel, match=r"pickled .*run what somebody put there"):
        sources.find(str(folder))


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("modules.json", "{}", "no list of parts"),
        ("modules.json", "[" * 100_000, "cannot be read"),
        ("modules.json", '[{"type": "x.Transformer", "path": "../.."}]', "outside of its folder"),
        ("modules.json", '[{"type": "x.Transformer", "path": ""}, {"type": "x.Dense", "path": ""}]', "a part Dense"),
        ("modules.json", "[]", "names no transformer"),
        ("config.json", '{"model_type": "mpnet"}', "computes BERT encoders"),
        ("config.json", json.dumps(tiny_model.CONFIG | {"hidden_act": "relu"}), "hidden_act"),
        ("config.json", json.dumps(tiny_model.CONFIG | {"hidden_size": 10**12}), "from 1 to 4,096"),
        ("config.json", json.dumps(tiny_model.CONFIG | {"num_hidden_layers": True}), "num_hidden_layers"),
        ("config.json", "\xff", "cannot be read"),
        ("1_Pooling/config.json", '{"pooling_mode_max_tokens": true}', "pools its tokens"),
    ],
)
def test_what_is_no_model_is_refused_in_plain_words(tmp_path, file, text, said):
    folder = tiny_model.write(tmp_path / "broken")
    (folder / file).write_text(text, "latin-1")
    with pytest.raises(BadModel, match=said):
        sources.find(str(folder))


@pytest.mark.parametrize("file", ["modules.json", "config.json", "model.safetensors", "tokenizer.json"])
def test_a_model_without_one_of_its_files_is_refused(tmp_path, file):
    folder = tiny_model.write(tmp_path / "broken")
    (folder / file).unlink()
    with pytest.raises(BadModel):
        sources.find(str(folder))


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_damaged_files_are_told_when_a_model_is_added(tmp_path, file):
    folder = tiny_model.write(tmp_path / "broken")
    (folder / file).write_bytes((folder / file).read_bytes()[:-200])
    with pytest.raises(BadModel):
        models.add(tmp_path / "library", str(folder), silent)
    assert models.cards(tmp_path / "library") == []


def test_weights_of_another_shape_than_the_configuration_says_are_refused(tmp_path):
    folder = tiny_model.write(tmp_path / "broken", config={"intermediate_size": 63})
    with pytest.raises(BadModel, match=r"intermediate\.dense"):
        models.add(tmp_path / "library", str(folder), silent)


def test_a_name_that_is_nothing_is_told(tmp_path):
    with pytest.raises(BadModel, match="no folder"):
        sources.find("no-such-package-anywhere")
    with pytest.raises(BadModel, match=r"modules\.json"):
        sources.find(str(tmp_path))


def test_without_its_packages_the_extra_is_named(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(NotInstalled, match=r"askive\[meaning\]"):
        models.add(tmp_path, str(folder), silent)


# Computing


def reference(numbers, found, config):
    """BERT as its paper has it, a number at a time and in 64 bits."""
    found = {name: matrix.astype(np.float64) for name, matrix in found.items()}

    def dense(x, name):
        return x @ found[f"{name}.weight"].T + found[f"{name}.bias"]

    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + config["layer_norm_eps"])
        return x * found[f"{name}.weight"] + found[f"{name}.bias"]

    x = found["embeddings.word_embeddings.weight"][numbers] + found["embeddings.position_embeddings.weight"][: len(numbers)]
    x = norm(x + found["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    width = config["hidden_size"] // config["num_attention_heads"]
    for layer in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{layer}"
        query, key, value = (dense(x, f"{at}.attention.self.{name}") for name in ("query", "key", "value"))
        heads = []
        for head in range(config["num_attention_heads"]):
            part = slice(head * width, (head + 1) * width)
            scores = np.exp(query[:, part] @ key[:, part].T / math.sqrt(width))
            heads.append(scores / scores.sum(-1, keepdims=True) @ value[:, part])
        x = norm(x + dense(np.hstack(heads), f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        wide = dense(x, f"{at}.intermediate.dense")
        wide *= np.vectorize(lambda y: (1 + math.erf(y / math.sqrt(2))) / 2)(wide)
        x = norm(x + dense(wide, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    return x


@pytest.mark.parametrize("first_token", [False, True])
def test_the_transformer_computes_what_its_definition_says(first_token):
    found = tiny_model.weights()
    ours = transformer.Transformer(tiny_model.CONFIG, found, first_token=first_token)
    chance = np.random.default_rng(1)
    texts = [chance.integers(0, ours.vocabulary, size).tolist() for size in (1, 3, 17, 3, 128)]
    for text, vector in zip(texts, ours.encode(texts), strict=True):
        states = reference(text, found, tiny_model.CONFIG)
        pooled = states[0] if first_token else states.mean(0)
        assert np.abs(pooled / np.linalg.norm(pooled) - vector).max() < 1e-6


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=60), room=st.integers(1, 500))
def test_a_text_means_the_same_in_whatever_company(sizes, room):
    ours = transformer.Transformer(tiny_model.CONFIG, tiny_model.weights(), first_token=False)
    chance = np.random.default_rng(len(sizes))
    texts = [chance.integers(0, ours.vocabulary, size).tolist() for size in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transformer, "TOKENS", room)
        patch.setattr(transformer, "ROWS", 1 + room // 7)
        together = ours.encode(texts)
    alone = np.vstack([ours.encode([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-5


def test_a_static_text_is_the_mean_of_its_tokens():
    table = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float16)
    found = static.Static(table).encode([[1, 2, 2], [], [7]])
    mean = table[[1, 2, 2]].astype(float).mean(0)
    assert np.allclose(found[0], mean / np.linalg.norm(mean), atol=1e-3)
    assert not found[1].any()
    assert np.isclose(np.linalg.norm(found[2]), 1)


def test_marks_stand_for_no_text(model):
    distilled = np.load(model.folder / "static.npy")
    assert not distilled[: len(tiny_model.SPECIAL)].any()
    assert distilled[len(tiny_model.SPECIAL) :].any(axis=1).all()


@pytest.mark.parametrize("tier", models.TIERS)
def test_words_that_mean_the_same_are_near_and_others_are_not(model, tier):
    fired, sacked, oven = model.encode(["i was fired", "i was sacked", "the oven"], tier)
    assert fired @ sacked > 0.99
    assert fired @ oven < 0.9


@given(text=st.text(max_size=60))
def test_any_text_can_be_encoded(model, text):
    for tier in models.TIERS:
        found = model.encode([text], tier)
        assert found.shape == (1, model.dimensions(tier))
        assert np.isfinite(found).all()


def test_texts_of_any_length_are_cut_to_what_is_encoded(library, model):
    found = tokens.Tokens(model.folder / "tokenizer.json")
    assert [len(text) for text in found.marked(["cat " * 500, "cat", ""], 64)] == [64, 3, 2]
    assert [len(text) for text in found.plain(["cat " * 500, "cat", ""], 64)] == [64, 1, 0]
    with pytest.raises(BadModel):
        tokens.Tokens(library / "models")


# Keeping


def test_a_model_is_kept_with_what_is_known_of_it(library, folder):
    (card,) = models.cards(library)
    assert (card.name, card.licence, card.sha256) == ("tiny", "apache-2.0", sources.find(str(folder)).sha256)
    assert models.add(library, str(folder), silent) == card


def test_a_library_has_one_model_at_a_time(library, tmp_path):
    other = tiny_model.write(tmp_path / "other", seed=1)
    with pytest.raises(BadModel, match="has the model tiny already"):
        models.add(library, str(other), silent)


def test_a_model_that_is_damaged_is_told_and_can_be_removed(folder, tmp_path):
    models.add(tmp_path, str(folder), silent)
    (tmp_path / "models" / "tiny" / "model.json").write_text("{}")
    with pytest.raises(BadModel, match="damaged"):
        models.load(tmp_path)
    models.remove(tmp_path, "tiny")
    assert models.load(tmp_path) is None
    with pytest.raises(NotFound):
        models.remove(tmp_path, "tiny")


def test_an_addition_that_is_interrupted_leaves_nothing(folder, tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.add(tmp_path, str(folder), stop)
    assert list((tmp_path / "models").iterdir()) == []


# Vectors


@pytest.fixture
def own(folder, tmp_path):
    models.add(tmp_path, str(folder), silent)
    return models.load(tmp_path), tmp_path


def chance_vectors(count, seed=0):
    return transformer.unit(np.random.default_rng(seed).normal(size=(count, tiny_model.SIZE)).astype(np.float32))


def test_a_vector_on_disk_is_the_vector(own):
    model, library = own
    found = chance_vectors(50)
    Stored(library, model, "full").add(vectors.packed(range(1, 51), found))
    rows = Stored(library, model, "full")
    assert rows.keys.tolist() == list(range(1, 51))
    back = rows.mapped["vector"] * rows.mapped["scale"][:, None]
    assert np.abs(back - found).max() < 1 / 127 / 2


def test_rows_are_added_and_what_was_cut_off_is_none(own):
    model, library = own
    for first in (1, 11, 21):
        rows = Stored(library, model, "full")
        rows.add(vectors.packed(range(first, first + 10), chance_vectors(10, first)))
        with rows.path.open("ab") as file:
            file.write(b"half a row")
    rows = Stored(library, model, "full")
    assert rows.keys.tolist() == list(range(1, 31))
    rows.path.write_bytes(rows.path.read_bytes()[:300])
    assert Stored(library, model, "full").keys.tolist() == []


def test_rows_of_another_model_are_none_and_are_written_over(own, tmp_path):
    model, library = own
    Stored(library, model, "full").add(vectors.packed([1], chance_vectors(1)))
    other = tmp_path / "other"
    models.add(other, str(tiny_model.write(tmp_path / "second", seed=1)), silent)
    (other / "vectors").symlink_to(library / "vectors")
    rows = Stored(other, models.load(other), "full")
    assert rows.keys.tolist() == []
    rows.add(vectors.packed([2], chance_vectors(1)))
    assert Stored(other, models.load(other), "full").keys.tolist() == [2]
    assert Stored(library, model, "full").keys.tolist() == []


def test_what_is_wanted_no_more_goes_at_once_or_when_it_is_much(own):
    model, library = own
    Stored(library, model, "full").add(vectors.packed(range(1, 11), chance_vectors(10)))
    mapped = Stored(library, model, "full").mapped

    def left(*wanted, nothing_else=False):
        Stored(library, model, "full").keep(np.array(wanted, np.uint64), nothing_else=nothing_else)
        return Stored(library, model, "full").keys.tolist()

    assert left(*range(1, 10)) == list(range(1, 11))
    assert left(*range(1, 10), nothing_else=True) == list(range(1, 10))
    assert left(1, 2, 3) == [1, 2, 3]
    assert mapped["key"].tolist() == list(range(1, 11))


def test_keys_tell_texts_apart():
    assert len({vectors.key(*said) for said in [("a", "b"), ("a", "c"), ("ab", ""), ("", "ab"), ("a\0b", "")]}) == 5
    assert vectors.key("\ud800", "") == vectors.key("\ud800", "")


# Nearest


def of_threads(own, keys, found):
    model, library = own
    Stored(library, model, "full").add(vectors.packed([int(key) for key in keys], found))
    return model, library


@pytest.mark.parametrize("fast", [True, False])
def test_the_nearest_are_those_with_the_highest_cosines(own, fast, monkeypatch):
    if fast:
        pytest.importorskip("numkong")
    else:
        monkeypatch.setitem(sys.modules, "numkong", None)
    found = chance_vectors(20_000)
    model, library = of_threads(own, range(1, 20_001), found)
    # Threads in another order than rows; some without a question, some without a vector.
    keys = np.concatenate((np.arange(20_000, 0, -1), [0, 0, 77_777])).astype(np.uint64)
    threads = Threads(keys, Stored(library, model, "full"))
    assert threads.share == pytest.approx(20_000 / 20_001)
    asked = chance_vectors(2, seed=9)
    exact = (found @ asked.T).mean(axis=1)[::-1]
    near = nearest.Near(threads, asked, 1.0)
    cosines = threads.cosines(asked)
    assert np.isnan(cosines[20_000:]).all()
    assert np.abs(cosines[:20_000] - exact).max() < 0.005
    best = near.nearest(100, 0.0)
    assert len(set(best.tolist()) & set(np.argsort(-exact)[:100].tolist())) >= 98
    assert (np.diff(exact[best]) <= 0.005).all()


def test_threads_with_the_same_text_share_a_row(own):
    model, library = of_threads(own, [5], chance_vectors(1))
    threads = Threads(np.array([5, 0, 5], np.uint64), Stored(library, model, "full"))
    likeness = nearest.Near(threads, chance_vectors(1), 1.0).likeness(np.arange(3))
    assert likeness[0] == likeness[2] > 0.98
    assert np.isnan(likeness[1])


def test_each_tier_speaks_for_the_threads_that_have_none_fuller(own):
    model, library = own
    dims = model.dimensions("static")
    Stored(library, model, "static").add(vectors.packed([1, 2, 3, 4], transformer.unit(np.ones((4, dims), np.float32))))
    keys = np.array([1, 2, 3, 4], np.uint64)
    assert [(near.tier, near.share) for near in Meaning(library, model, keys).near("the cat")] == [("static", 1.0)]
    Stored(library, model, "full").add(vectors.packed([1], chance_vectors(1)))
    shares = [(near.tier, near.share) for near in Meaning(library, model, keys).near("the cat")]
    assert shares == [("full", 0.25), ("static", 0.75)]
    Stored(library, model, "full").add(vectors.packed([2, 3, 4], chance_vectors(3)))
    assert Meaning(library, model, keys).shares == {"full": 1.0}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("the cat", ["the cat"]),
        ("The cat wakes me. It is early.", ["The cat wakes me. It is early.", "The cat wakes me."]),
        ("  ", [""]),
    ],
)
def test_a_long_question_is_encoded_whole_and_by_its_first_sentence(text, parts):
    assert nearest.parts(text) == parts
