"""The contract that every engine keeps: the same documents, the same scores, the same order, the same life of a folder."""

from __future__ import annotations

import io
import json
import math
import os
import pickle
import shutil
import threading
import zlib
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import fields, index
from whoosh.filedb.filetables import HashWriter
from whoosh.filedb.structfile import StructFile

from indexer.documents import Document
from indexer.engines import BM25, ENGINES, Hit, load
from indexer.errors import BadSetting, ForeignIndex, LibraryError
from indexer.query import Filters, Query, Range


def doc(name, text="", kind="answer", **columns):
    return Document(id=name, kind=kind, terms=Counter(text.split()), **{"site": "mefi", **columns})


def ask(text="", *, required="", forbidden="", **filters):
    return Query(
        text=text,
        terms=tuple((term, float(count)) for term, count in Counter(text.split()).items()),
        required=tuple(required.split()),
        forbidden=tuple(forbidden.split()),
        filters=Filters(**filters),
    )


def ids(engine, query, kind="answer", limit=100):
    return [hit.id for hit in engine.search(query, kind, limit)]


BYTES = list(range(40))  # the lengths that a byte can hold: from 40 on in steps that double with every eighth
while len(BYTES) < 200:
    BYTES += range(BYTES[-1] + 2 ** ((len(BYTES) - 40) // 8), 10**9, 2 ** ((len(BYTES) - 40) // 8 + 1))[:8]


def as_in_a_byte(length):
    return max(held for held in BYTES if held <= length)


def expected(documents, query, kind, limit):
    """What the contract says, worked out the long way round."""
    those = [document for document in documents if document.kind == kind]
    mean = sum(document.length for document in those) / len(those) if those else 0.0
    hits = []
    for document in those:
        score, found = 0.0, False
        for term, weight in query.terms or [(term, 1.0) for term in query.required]:
            if tf := document.terms.get(term):
                found = True
                n = sum(term in other.terms for other in documents)
                idf = math.log(1 + (len(documents) - n + 0.5) / (n + 0.5))
                score += weight * idf * (tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * as_in_a_byte(document.length) / mean)))
        columns = {name: getattr(document, name) for name in ("site", "category", "author", "votes", "year", "best", "tags")}
        if (
            found
            and all(term in document.terms for term in query.required)
            and not any(term in document.terms for term in query.forbidden)
            and query.filters.accept(**columns)
        ):
            hits.append(Hit(document.id, score))
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]


def same(found, wanted, engine):
    """The same hits in the same order; where the engine is not exact, but for scores that are next to equal."""
    if engine.exact:
        assert [hit.id for hit in found] == [hit.id for hit in wanted]
        assert [hit.score for hit in found] == pytest.approx([hit.score for hit in wanted], rel=1e-6)
        return
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in wanted], abs=2e-4, rel=1e-6)
    wanted_scores = dict(wanted)
    for hit in found:
        assert hit.score == pytest.approx(wanted_scores.get(hit.id, wanted[-1].score), abs=2e-4, rel=1e-6)


@pytest.fixture(params=list(ENGINES))
def module(request):
    return load(request.param)


@pytest.fixture
def build(module, tmp_path):
    """Make an index of some documents: flushed, and with as many flushes as there are batches."""
    made = []

    def make(*batches):
        engine = module.create(tmp_path / f"made{len(made)}")
        made.append(engine)
        for batch in batches:
            engine.write(batch)
            engine.flush()
        return engine

    yield make
    for engine in made:
        engine.close()


PETS = [
    doc("a1", "cat cat dog"),
    doc("a2", "cat fish fish fish"),
    doc("a3", "dog bird"),
    doc("t1", "cat cat cat cat bird house garden", kind="thread"),
]


# Finding and scoring


def test_scores_are_those_worked_out_by_hand(build):
    """Three answers of 3, 4 and 2 terms: the mean is 3, in which the thread has no part, as it has in the number of documents."""
    engine = build(PETS)
    cat = 0.35667494393873245  # ln(1 + (4 - 3 + .5) / (3 + .5)) = ln 10/7
    same(engine.search(ask("cat"), "answer", 9), [Hit("a1", cat * 4.4 / 3.2), Hit("a2", cat * 2.2 / 2.5)], engine)
    bird = 0.6931471805599453  # ln(1 + (4 - 2 + .5) / (2 + .5)) = ln 2
    same(engine.search(ask("bird"), "answer", 9), [Hit("a3", bird * 2.2 / 1.9)], engine)
    # A lone thread has the mean length: 4 · 2.2 / (4 + 1.2)
    same(engine.search(ask("cat"), "thread", 9), [Hit("t1", cat * 8.8 / 5.2)], engine)


def test_scores_of_terms_add_up_by_weight(build):
    engine = build(PETS)
    one = {hit.id: hit.score for hit in engine.search(ask("cat"), "answer", 9)}
    other = {hit.id: hit.score for hit in engine.search(ask("dog"), "answer", 9)}
    both = {hit.id: hit.score for hit in engine.search(ask("cat dog dog"), "answer", 9)}
    added = {"a1": one["a1"] + 2 * other["a1"], "a2": one["a2"], "a3": 2 * other["a3"]}
    assert both == pytest.approx(added, abs=1e-9 if engine.exact else 5e-4)


def test_required_and_forbidden_terms(build):
    engine = build(PETS)
    assert ids(engine, ask("cat dog", required="dog")) == ["a1", "a3"]
    assert ids(engine, ask("cat dog", required="cat dog")) == ["a1"]
    assert ids(engine, ask("cat dog", forbidden="fish")) == ["a1", "a3"]
    assert ids(engine, ask("cat", required="cat", forbidden="cat")) == []
    assert ids(engine, ask("cat", required="unheard")) == []
    assert ids(engine, ask("cat", required="bird")) == []


def test_required_terms_alone_score(build):
    engine = build(PETS)
    assert engine.search(ask(required="cat"), "answer", 9) == engine.search(ask("cat"), "answer", 9)


def test_nothing_asked_finds_nothing(build):
    engine = build(PETS)
    assert ids(engine, ask()) == []
    assert ids(engine, ask(forbidden="dog")) == []
    assert ids(engine, ask(sites=("mefi",))) == []
    assert ids(engine, ask("unheard")) == []


@pytest.mark.parametrize(("limit", "count"), [(-1, 0), (0, 0), (1, 1), (2, 2), (1000, 2)])
def test_limit(build, limit, count):
    assert len(ids(build(PETS), ask("cat"), limit=limit)) == count


def test_equal_scores_go_by_id_and_the_cut_does_too(build):
    """Written backwards and in several batches, so that neither the order of writing nor the segment decides."""
    batches = [[doc(f"x{i:02}", "cat dog") for i in range(start, start + 10)][::-1] for start in (20, 0, 10)]
    engine = build(*batches)
    assert ids(engine, ask("cat dog"), limit=12) == [f"x{i:02}" for i in range(12)]
    assert ids(engine, ask("dog cat", sites=("mefi",)), limit=5) == [f"x{i:02}" for i in range(5)]


FILTERED = [
    doc(
        "all",
        "cat",
        site="MeFi",
        category="Work & Money",
        author="Éva",
        votes=3,
        year=2010,
        best=True,
        tags=("Thé", "job interview"),
    ),
    doc("low", "cat", site="se", category="pets", author="eva", votes=-2, year=2004, best=False, tags=("the", "\0", '"', "")),
    doc("none", "cat", site="se"),
    doc("big", "cat", site="mefi", category="", author="", votes=10**30, year=9999),
]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"sites": ("mefi",)}, {"all", "big"}),
        ({"sites": ("mefi", "se")}, {"all", "low", "none", "big"}),
        ({"categories": ("work & money",)}, {"all"}),
        ({"categories": ("pets", "work & money")}, {"all", "low"}),
        ({"authors": ("eva",)}, {"all", "low"}),
        ({"tags": ("the",)}, {"all", "low"}),
        ({"tags": ("the", "job interview")}, {"all"}),
        ({"tags": ("job",)}, set()),
        ({"tags": ("\0", '"')}, {"low"}),
        ({"votes": Range(3, 3)}, {"all"}),
        ({"votes": Range(None, 3)}, {"all", "low"}),
        ({"votes": Range(3, None)}, {"all", "big"}),
        ({"votes": Range(None, None)}, {"all", "low", "big"}),
        ({"year": Range(2004, 2010)}, {"all", "low"}),
        ({"best": True}, {"all"}),
        ({"best": False}, {"low", "none", "big"}),
        ({"sites": ("se",), "year": Range(None, 2010), "best": False}, {"low"}),
    ],
)
def test_filters(build, filters, found):
    engine = build(FILTERED)
    assert set(ids(engine, ask("cat", **filters))) == found
    plain = {hit.id: hit.score for hit in engine.search(ask("cat"), "answer", 9)}
    assert all(hit.score == plain[hit.id] for hit in engine.search(ask("cat", **filters), "answer", 9))


def test_filters_reach_below_the_best(build):
    documents = [doc(f"x{i:03}", "cat " * (i + 1), votes=i) for i in range(100)]
    engine = build(documents)
    query = ask("cat", votes=Range(None, 9))
    same(engine.search(query, "answer", 5), expected(documents, query, "answer", 5), engine)


STRANGE = ["c++", "é", "e\u0301", "😀", "", " ", "a b", "\0", "x" * 10_000, "\ud800", "thread", "Cat", "{", "*", "cat~2"]


def test_any_string_is_a_term_or_an_id(build):
    engine = build([Document(id=f"id {term}", kind="answer", terms={term: 2, "all": 1}, site=term) for term in STRANGE])
    for term in STRANGE:
        assert ids(engine, Query("", terms=((term, 1.0),))) == [f"id {term}"]
    assert ids(engine, ask("all")) == sorted(f"id {term}" for term in STRANGE)
    engine.remove([f"id {term}" for term in STRANGE])
    engine.flush()
    assert ids(engine, ask("all")) == []


def test_documents_without_terms_count_and_are_never_found(build):
    documents = [doc("a1", "cat cat dog"), doc("a2", "cat"), doc("empty"), doc("t", kind="thread")]
    engine = build(documents)
    same(engine.search(ask("cat"), "answer", 9), expected(documents, ask("cat"), "answer", 9), engine)
    assert (engine.state().threads, engine.state().answers) == (1, 3)
    assert ids(engine, ask("cat"), "thread") == []
    assert ids(build([doc("empty")]), ask("cat")) == []


def test_many_documents_and_frequencies(build):
    """Past 255 and past 65,535, where narrow numbers end."""
    documents = [doc(f"x{i:04}", f"word{i % 3} rare{i % 301} all") for i in range(700)]
    documents += [
        Document(id=f"long{n}", kind="answer", terms={"all": n, "long": 1}, site="s") for n in (255, 256, 65_535, 65_536)
    ]
    engine = build(documents)
    for query in (ask("all"), ask("long all"), ask("rare300"), ask("word1 rare7 all", required="word1")):
        same(engine.search(query, "answer", 50), expected(documents, query, "answer", 50), engine)


TERMS = st.sampled_from(["a", "b", "c", "d", "é", "😀"])
DOCUMENTS = st.builds(
    Document,
    id=st.sampled_from([f"id{n}" for n in range(8)]),
    kind=st.sampled_from(["thread", "answer"]),
    terms=st.dictionaries(TERMS, st.integers(1, 300), max_size=5),
    site=st.sampled_from(["mefi", "SE"]),
    category=st.sampled_from([None, "", "Pets", "Work & Money"]),
    author=st.sampled_from([None, "Éva", "bob"]),
    votes=st.none() | st.integers(-3, 12),
    year=st.none() | st.integers(2003, 2007),
    best=st.none() | st.booleans(),
    tags=st.sampled_from([(), ("Tag",), ("tag", "Ö"), ("x", "o\u0308")]),
)
RANGES = st.none() | st.builds(Range, st.none() | st.integers(-3, 12), st.none() | st.integers(0, 12))
QUERIES = st.builds(
    Query,
    text=st.just(""),
    terms=st.lists(st.tuples(TERMS, st.sampled_from([1.0, 2.0, 0.5])), max_size=4, unique_by=lambda pair: pair[0]).map(tuple),
    required=st.lists(TERMS, max_size=2, unique=True).map(tuple),
    forbidden=st.lists(TERMS, max_size=1).map(tuple),
    filters=st.builds(
        Filters,
        sites=st.sampled_from([(), (), ("se",)]),
        categories=st.sampled_from([(), (), ("pets",), ("pets", "")]),
        authors=st.sampled_from([(), (), ("eva", "bob")]),
        tags=st.sampled_from([(), (), ("tag",), ("tag", "o")]),
        votes=RANGES,
        year=st.none() | st.just(Range(2004, 2006)),
        best=st.sampled_from([None, None, True, False]),
    ),
)
BATCHES = st.lists(DOCUMENTS, min_size=2, max_size=7)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), BATCHES),
        st.tuples(st.just("remove"), st.lists(DOCUMENTS, min_size=1, max_size=2)),
        st.tuples(st.sampled_from(["flush", "extend"]), st.just([])),
    ),
    max_size=6,
)


HISTORY = {"first": BATCHES, "steps": STEPS, "queries": st.lists(QUERIES, min_size=1, max_size=6), "limit": st.integers(1, 6)}


@pytest.mark.parametrize("name", [name for name in ENGINES if name != "tantivy"])
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**HISTORY)
def test_any_history_any_query(name, tmp_path_factory, first, steps, queries, limit):
    check_history(load(name), tmp_path_factory.mktemp("history"), first, steps, queries, limit)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**HISTORY)
def test_any_history_any_query_of_tantivy(tmp_path_factory, first, steps, queries, limit):
    """Fewer, since Tantivy waits for the disk at every flush."""
    check_history(load("tantivy"), tmp_path_factory.mktemp("history"), first, steps, queries, limit)


def check_history(module, root, first, steps, queries, limit):
    """Whatever was written, replaced, removed, flushed and extended: what is found is what is there.

    The statistics are exact, or an engine that is not owns up to what it has not forgotten yet.
    """
    truth = {}
    engine = module.create(root / "0")
    for step, documents in [("write", first), *steps, ("flush", [])]:
        if step == "write":
            engine.write(iter(documents))
            truth.update({document.id: document for document in documents})
        elif step == "remove":
            engine.remove(document.id for document in documents)
            for document in documents:
                truth.pop(document.id, None)
        else:
            engine.flush()
            if step == "extend":
                engine.close()
                engine = module.extend(root / str(len(list(root.iterdir())) - 1), root / str(len(list(root.iterdir()))))
    state = engine.state()
    engine.close()
    engine = module.open(root / str(len(list(root.iterdir())) - 1))
    assert engine.state() == state
    assert Counter(document.kind for document in truth.values()) == Counter({"thread": state.threads, "answer": state.answers})
    for query in queries:
        for kind in ("thread", "answer"):
            if engine.exact or not state.removed:
                same(engine.search(query, kind, limit), expected(truth.values(), query, kind, limit), engine)
            assert set(ids(engine, query, kind)) == {hit.id for hit in expected(truth.values(), query, kind, 100)}
            assert len(ids(engine, query, kind, limit)) == len(expected(truth.values(), query, kind, limit))
    engine.close()
    shutil.rmtree(root)


# The life of a folder


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_nothing_shows_before_flush(module, tmp_path):
    engine = module.create(tmp_path / "index")
    engine.write(PETS)
    assert ids(engine, ask("cat")) == []
    engine.flush()
    assert ids(engine, ask("cat")) == ["a1", "a2"]
    engine.remove(["a1"])
    engine.write([doc("a2", "horse")])
    assert ids(engine, ask("cat")) == ["a1", "a2"]
    engine.close()
    engine = module.open(tmp_path / "index")
    assert ids(engine, ask("cat")) == ["a1", "a2"]
    engine.close()


def test_what_is_flushed_is_there_when_opened_again(module, tmp_path):
    engine = module.create(tmp_path / "index")
    engine.write(FILTERED)
    engine.flush()
    before, state = engine.search(ask("cat", best=False), "answer", 9), engine.state()
    engine.close()
    engine = module.open(tmp_path / "index")
    assert engine.search(ask("cat", best=False), "answer", 9) == before
    assert engine.state() == state
    assert state.bytes == sum(len(data) for data in contents(tmp_path / "index").values()) > 0
    engine.close()


def test_empty_index(module, tmp_path):
    engine = module.create(tmp_path / "index")
    assert (engine.state().threads, engine.state().answers) == (0, 0)
    assert ids(engine, ask("cat")) == []
    engine.write([])
    engine.remove(["nobody"])
    engine.flush()
    engine.close()
    engine = module.open(tmp_path / "index")
    assert ids(engine, ask("cat")) == []
    engine.close()
    engine = module.extend(tmp_path / "index", tmp_path / "next")
    engine.write(PETS)
    engine.flush()
    assert ids(engine, ask("cat")) == ["a1", "a2"]
    engine.close()


def test_a_known_id_is_replaced(build):
    """Within one batch, between writes, and after a flush; also where it changes sides."""
    engine = build([doc("x", "old"), doc("y", "same"), doc("x", "new")])
    assert (ids(engine, ask("old")), ids(engine, ask("new"))) == ([], ["x"])
    engine.write([doc("x", "newer")])
    engine.write([doc("x", "newest")])
    engine.flush()
    assert [ids(engine, ask(word)) for word in ("new", "newer", "newest", "same")] == [[], [], ["x"], ["y"]]
    engine.write([doc("x", "thread", kind="thread")])
    engine.flush()
    assert (ids(engine, ask("newest")), ids(engine, ask("thread"), "thread")) == ([], ["x"])
    assert (engine.state().threads, engine.state().answers) == (1, 1)


@pytest.mark.parametrize("gone", [1, 2, 6, 9])
def test_removed_documents_leave_no_trace_in_the_scores(build, gone):
    """However many they are: few that an engine may only mark, or so many that it clears them out."""
    left = [doc(f"left{i}", "cat dog " * (i + 1)) for i in range(6)]
    engine = build(left + [doc(f"gone{i}", "cat fish bird fish") for i in range(gone)], [doc("late", "cat")])
    engine.remove([f"gone{i}" for i in range(gone)] + ["late", "nobody", "gone0"])
    engine.flush()
    found, wanted = engine.search(ask("cat dog"), "answer", 9), build(left).search(ask("cat dog"), "answer", 9)
    if engine.exact or not engine.state().removed:
        assert found == wanted
    assert {hit.id for hit in found} == {hit.id for hit in wanted}
    assert ids(engine, ask("fish")) == []


def test_removed_and_written_again(build):
    engine = build(PETS)
    engine.remove(["a1", "a2"])
    engine.write([doc("a1", "cat cat dog")])
    engine.remove(["a1"])
    engine.write([doc("a1", "cat again")])
    engine.flush()
    assert ids(engine, ask("cat again")) == ["a1"]
    engine.remove(["a1", "a3", "t1"])
    engine.flush()
    assert (engine.state().threads, engine.state().answers) == (0, 0)
    assert ids(engine, ask("cat dog")) == []


def test_extend_leaves_the_base_as_it_is(module, build, tmp_path):
    build(PETS, [doc("a4", "cat owl")]).close()
    base = tmp_path / "made0"
    before = contents(base)
    engine = module.extend(base, tmp_path / "next")
    assert sorted(ids(engine, ask("cat"))) == ["a1", "a2", "a4"]
    engine.write([doc("a2", "horse"), doc("a5", "cat")])
    engine.remove(["a1"])
    engine.flush()
    engine.write([doc("a6", "cat")])
    engine.flush()
    assert sorted(ids(engine, ask("cat horse"))) == ["a2", "a4", "a5", "a6"]
    assert contents(base) == before
    old = module.open(base)
    assert sorted(ids(old, ask("cat"))) == ["a1", "a2", "a4"]
    shutil.rmtree(base)
    assert sorted(ids(old, ask("cat"))) == ["a1", "a2", "a4"], "who has it open goes on reading"
    assert sorted(ids(engine, ask("cat horse"))) == ["a2", "a4", "a5", "a6"]
    old.close()
    engine.close()


def test_many_small_batches_are_like_one(build):
    documents = [doc(f"x{i:03}", f"cat word{i % 7} " * (1 + i % 5), votes=i) for i in range(150)]
    one, many = build(documents), build(*[documents[i : i + 3] for i in range(0, 150, 3)])
    for query in (ask("cat word3"), ask("word1 word2", votes=Range(10, 40)), ask("cat", required="word6")):
        assert many.search(query, "answer", 200) == one.search(query, "answer", 200)


def test_an_opened_index_takes_nothing(module, build, tmp_path):
    build(PETS).close()
    before = contents(tmp_path / "made0")
    engine = module.open(tmp_path / "made0")
    for change in (lambda: engine.write(PETS), lambda: engine.remove(["a1"]), engine.flush):
        with pytest.raises(io.UnsupportedOperation):
            change()
    engine.close()
    assert contents(tmp_path / "made0") == before


def test_create_and_extend_want_a_folder_of_their_own(module, build, tmp_path):
    build(PETS).close()
    with pytest.raises(FileExistsError):
        module.create(tmp_path / "made0")
    with pytest.raises(FileExistsError):
        module.extend(tmp_path / "made0", tmp_path / "made0")


def test_documents_are_taken_one_by_one(build):
    """A stream that breaks off has left what came before."""

    def stream():
        yield from PETS
        raise ZeroDivisionError

    engine = build()
    with pytest.raises(ZeroDivisionError):
        engine.write(stream())
    engine.flush()
    assert ids(engine, ask("cat")) == ["a1", "a2"]


def test_threads_search_while_another_writes(build):
    documents = [doc(f"x{i:03}", f"cat word{i % 7} " * (1 + i % 5), votes=i % 9) for i in range(300)]
    engine = build(documents[:100], documents[100:])
    queries = [ask("cat word3"), ask("word1 word2", votes=Range(2, 5)), ask("cat", required="word6")]

    def found(query):
        """Scores as well, unless what is replaced weighs on them."""
        return engine.search(query, "answer", 50) if engine.exact else set(ids(engine, query, limit=300))

    wanted = [found(query) for query in queries]
    wrong = []

    def search():
        for _ in range(20):
            wrong.extend(query for query, hits in zip(queries, wanted, strict=True) if found(query) != hits)

    threads = [threading.Thread(target=search) for _ in range(6)]
    for thread in threads:
        thread.start()
    for document in documents[:5]:
        engine.write([document])
        engine.flush()
    for thread in threads:
        thread.join()
    assert not wrong


def test_flush_reaches_the_disk(module, build, tmp_path, monkeypatch):
    """Every file there is, and the folder that names them, has been synced since it was last written to."""
    synced, really = {}, os.fsync

    def spy(handle):
        really(handle)
        found = os.fstat(handle)
        synced[found.st_ino] = found.st_size

    monkeypatch.setattr(os, "fsync", spy)
    build(PETS).close()
    engine = module.extend(tmp_path / "made0", tmp_path / "next")
    engine.write([doc("a4", "cat owl")])
    engine.flush()
    engine.close()
    for folder in (tmp_path / "made0", tmp_path / "next"):
        assert folder.stat().st_ino in synced
        for path in folder.rglob("*"):
            assert path.stat().st_ino in synced
            assert path.is_dir() or synced[path.stat().st_ino] == path.stat().st_size


# Folders that are not what they should be


def test_no_folder_of_ours(module, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "other").mkdir()
    for name in ("contents.json", "documents.jsonl", "meta.json"):
        (tmp_path / "other" / name).write_text('{"engine": "another"}\n')
    for name in ("missing", "empty", "file", "other"):
        with pytest.raises(ForeignIndex):
            module.open(tmp_path / name)
        with pytest.raises(ForeignIndex):
            module.extend(tmp_path / name, tmp_path / "next")
        assert not (tmp_path / "next").exists()


def test_unflushed_folder(module, tmp_path):
    engine = module.create(tmp_path / "index")
    engine.write(PETS)
    engine.close()
    with pytest.raises(ForeignIndex):
        module.open(tmp_path / "index")


@pytest.mark.parametrize("writer", ENGINES)
def test_index_of_another_engine(module, tmp_path, writer):
    engine = load(writer).create(tmp_path / "index")
    engine.write(PETS)
    engine.flush()
    engine.close()
    if load(writer) is module:
        assert module.open(tmp_path / "index").state().answers == 3
    else:
        with pytest.raises(ForeignIndex):
            module.open(tmp_path / "index")


def test_cut_or_missing_files(module, build, tmp_path):
    build(PETS, FILTERED).close()
    for path in sorted(path for path in (tmp_path / "made0").rglob("*") if path.is_file()):
        data = path.read_bytes()
        for cut in {0, 1, len(data) // 2, len(data) - 2}:
            if 0 <= cut < len(data):
                path.write_bytes(data[:cut])
                with pytest.raises(ForeignIndex):
                    module.open(tmp_path / "made0")
        path.unlink()
        with pytest.raises(ForeignIndex):
            module.open(tmp_path / "made0")
        path.write_bytes(data)
    assert module.open(tmp_path / "made0").state().answers == 7


def test_no_engine_by_that_name():
    with pytest.raises(BadSetting, match="whoosh"):
        load("whosh")


def test_formula():
    assert [BM25.rounded(length) for length in range(10_000)] == [as_in_a_byte(length) for length in range(10_000)]
    assert BM25.idf(3, 2) == pytest.approx(math.log(1.6))
    assert BM25.idf(10, 10) > 0
    assert BM25.gain(2, 3, 3) == pytest.approx(4.4 / 3.2)
    assert BM25.gain(1, 100, 10) < BM25.gain(1, 10, 10) < BM25.gain(2, 10, 10) < 2.2


# Whoosh alone


class Payload:
    """What a pickle that means harm does when it is loaded: here, make a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.fixture
def whoosh(tmp_path):
    """A Whoosh index with two segments, a payload, and a way to make the table of contents agree with changed files."""
    engine = load("whoosh").create(tmp_path / "index")
    engine.write([doc(f"x{i}", f"cat dog word{i}", votes=i) for i in range(30)])
    engine.flush()
    engine.write([doc("late", "cat cat bird")])
    engine.flush()
    engine.close()
    folder = tmp_path / "index"

    def forge():
        table = json.loads((folder / "contents.json").read_text())
        names = [path.name for path in folder.iterdir() if path.name in table["files"]]
        table["files"] = {name: [(folder / name).stat().st_size, zlib.crc32((folder / name).read_bytes())] for name in names}
        (folder / "contents.json").write_text(json.dumps(table))

    def use():
        """Everything that reads: whether it still works is another matter."""
        try:
            engine = load("whoosh").open(folder)
            for query in (ask("cat dog", votes=Range(1, 9)), ask("bird word3", sites=("mefi",), best=False)):
                engine.search(query, "answer", 9)
            engine.close()
            engine = load("whoosh").extend(folder, tmp_path / "next")
            engine.write([doc("x1", "cat"), *(doc(f"y{i}", "cat owl") for i in range(40))])
            engine.flush()
        except ForeignIndex:
            return False
        return True

    run = tmp_path / "the payload ran"
    return SimpleNamespace(folder=folder, payload=pickle.dumps(Payload(run)), run=run, forge=forge, use=use)


def test_the_payload_is_live(whoosh):
    pickle.loads(whoosh.payload)
    assert whoosh.run.exists()
    assert whoosh.use()


def test_changed_files_are_refused(whoosh):
    for path in sorted(whoosh.folder.iterdir()):
        data = path.read_bytes()
        for changed in (whoosh.payload, data + whoosh.payload, data[:-1] + bytes([data[-1] ^ 1]) if data else b"x"):
            path.write_bytes(changed)
            with pytest.raises(ForeignIndex):
                load("whoosh").open(whoosh.folder)
        path.write_bytes(data)
    assert not whoosh.run.exists()


def test_no_pickle_is_loaded_from_files_with_forged_checksums(whoosh, tmp_path):
    for path in sorted(whoosh.folder.glob("MAIN_*")):
        data = path.read_bytes()
        for changed in (whoosh.payload, whoosh.payload + data, data + whoosh.payload):
            path.write_bytes(changed)
            whoosh.forge()
            whoosh.use()
            shutil.rmtree(tmp_path / "next", ignore_errors=True)
        path.write_bytes(data)
        whoosh.forge()
    assert not whoosh.run.exists()
    assert whoosh.use()


def test_no_pickle_is_loaded_where_whoosh_itself_keeps_them(whoosh, tmp_path):
    """A whole index as Whoosh writes it, every pickle of which does harm; once alone, and once among files of ours."""
    (tmp_path / "foreign").mkdir()
    foreign = index.create_in(str(tmp_path / "foreign"), fields.Schema(text=fields.TEXT(stored=True)))
    with foreign.writer() as writer:
        writer.add_document(text="cat")
    for path in (tmp_path / "foreign").glob("*.toc"):
        path.write_bytes(path.read_bytes()[:-40] + whoosh.payload)
        shutil.copy(path, whoosh.folder)
    with pytest.raises(ForeignIndex):
        load("whoosh").open(tmp_path / "foreign")
    for path in whoosh.folder.glob("*.trm"):
        with path.open("wb") as file:
            table = HashWriter(StructFile(file))
            table.extras["fieldmap"] = Payload(whoosh.run)
            table.add(b"\0cat", whoosh.payload)
            table.close()
    whoosh.forge()
    assert not whoosh.use()
    assert not whoosh.run.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table["segments"].append(["../../etc", 1, []]),
        lambda table: table["segments"].append([1, 2]),
        lambda table: table.update(segments=None),
        lambda table: table.update(files=[]),
        lambda table: table["files"].update({"../secret": [0, 0]}),
        lambda table: table.update(format=1),
        lambda table: table["segments"][0].__setitem__(1, 10**12),
        lambda table: table["segments"][0].__setitem__(1, -1),
        lambda table: table["segments"][0].__setitem__(2, ["x"]),
    ],
)
def test_table_of_contents_of_another_make(whoosh, change):
    table = json.loads((whoosh.folder / "contents.json").read_text())
    change(table)
    (whoosh.folder / "contents.json").write_text(json.dumps(table))
    with pytest.raises(ForeignIndex):
        load("whoosh").open(whoosh.folder)


def test_segments_stay_few_and_documents_are_seldom_written_again(tmp_path):
    engine = load("whoosh").create(tmp_path / "index")
    known, written = set(), 0
    for batch in range(64):
        engine.write([doc(f"x{batch}.{i}", "cat dog") for i in range(4)])
        engine.flush()
        segments = json.loads((tmp_path / "index" / "contents.json").read_text())["segments"]
        written += sum(documents for name, documents, _ in segments if name not in known)
        known = {name for name, _, _ in segments}
        assert len(segments) <= 7
    assert written <= 256 * 8
    assert ids(engine, ask("cat"), limit=999) == sorted(f"x{batch}.{i}" for batch in range(64) for i in range(4))
    engine.close()


# Tantivy alone


@pytest.fixture
def tantivy(tmp_path):
    """An index of Tantivy with two segments and removed documents, and what reads all of it."""
    engine = load("tantivy").create(tmp_path / "index")
    engine.write([doc(f"x{i}", f"cat dog word{i}", votes=i, category="pets") for i in range(300)])
    engine.flush()
    engine.write([doc("x1", "cat cat bird"), doc("t", "cat", kind="thread")])
    engine.flush()
    assert engine.state().removed == 1
    engine.close()
    folder = tmp_path / "index"

    def forge():
        table = json.loads((folder / "contents.json").read_text())
        for name in table["files"]:
            data = (folder / str(table["edition"]) / name).read_bytes()
            table["files"][name] = [len(data), zlib.crc32(data)]
        (folder / "contents.json").write_text(json.dumps(table))

    def use():
        """Everything that reads: whether it still works is another matter."""
        try:
            engine = load("tantivy").open(folder)
            for query in (ask("cat dog", votes=Range(1, 9)), ask("bird word3", sites=("mefi",), best=False)):
                engine.search(query, "answer", 9)
                engine.search(query, "thread", 9)
            engine.close()
        except ForeignIndex:
            return False
        return True

    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return SimpleNamespace(folder=folder, files=files, forge=forge, use=use)


def test_changed_files_of_tantivy_are_refused(tantivy):
    assert tantivy.use()
    for path in tantivy.files:
        data = path.read_bytes()
        for place in (0, len(data) // 2, len(data) - 1):
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            assert not tantivy.use(), f"{path.name} changed at {place}"
        path.write_bytes(data)
    assert tantivy.use()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_damage_with_forged_checksums_ends_in_words(tantivy):
    """Tantivy panics at some of it, in its own threads or in ours; the next question must find all as it was."""
    for path in tantivy.files:
        data = path.read_bytes()
        if path.name == "contents.json":
            continue
        for changed in (b"", data[: len(data) // 2], bytes(len(data)), b"\xff" * len(data), data[::-1]):
            path.write_bytes(changed)
            tantivy.forge()
            tantivy.use()
        path.write_bytes(data)
    tantivy.forge()
    assert tantivy.use()


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.update(edition="../../etc"),
        lambda table: table.update(edition=10**30),
        lambda table: table.update(files=[]),
        lambda table: table.update(files={}),
        lambda table: table["files"].update({"answer/../../secret": [0, 0]}),
        lambda table: table["files"].update({"answer/meta.json": None}),
        lambda table: table.update(format=1),
    ],
)
def test_tantivy_table_of_contents_of_another_make(tantivy, change):
    table = json.loads((tantivy.folder / "contents.json").read_text())
    change(table)
    (tantivy.folder / "contents.json").write_text(json.dumps(table))
    with pytest.raises(ForeignIndex):
        load("tantivy").open(tantivy.folder)


def test_fifty_small_additions_leave_nothing_behind(tmp_path):
    module = load("tantivy")
    documents = [doc(f"x{i:05}", f"cat word{i % 997} word{i % 61} term{i}", votes=i) for i in range(3_000)]
    fresh = module.create(tmp_path / "fresh")
    fresh.write(documents)
    fresh.flush()
    engine = module.create(tmp_path / "0")
    engine.write(documents[:2_000])
    engine.flush()
    for number in range(50):
        engine.close()
        engine = module.extend(tmp_path / str(number), tmp_path / str(number + 1))
        engine.write(documents[2_000 + 20 * number :][:20])
        engine.flush()
    last = tmp_path / "50"
    table = json.loads((last / "contents.json").read_text())
    edition = f"{table['edition']}"
    assert {str(path.relative_to(last)) for path in last.rglob("*") if path.is_file()} == {
        "contents.json",
        *(f"{edition}/{name}" for name in table["files"]),
    }
    for kind in ("answer", "thread"):
        segments = json.loads((last / edition / kind / "meta.json").read_text())["segments"]
        named = {segment["segment_id"].replace("-", "") for segment in segments}
        assert {path.name.split(".")[0] for path in (last / edition / kind).iterdir()} == {"meta", *named}
        assert len(named) <= 16
    assert engine.state().bytes <= 1.3 * fresh.state().bytes
    query = ask("cat word7", votes=Range(10, 2_900))
    assert engine.search(query, "answer", 50) == fresh.search(query, "answer", 50)
    engine.close()
    fresh.close()


def test_an_index_can_lie_where_nothing_can_be_written(tantivy):
    before = contents(tantivy.folder)
    for path in (*tantivy.files, *{path.parent for path in tantivy.files}):
        path.chmod(path.stat().st_mode & ~0o222)
    assert tantivy.use()
    for path in (*tantivy.files, *{path.parent for path in tantivy.files}):
        path.chmod(path.stat().st_mode | 0o200)
    assert contents(tantivy.folder) == before


def test_what_cannot_be_written_is_told(tmp_path):
    engine = load("tantivy").create(tmp_path / "index")
    engine.write(PETS)
    (tmp_path / "index").rename(tmp_path / "gone")
    with pytest.raises(LibraryError, match="could not be written"):
        engine.flush()
    engine.close()


def test_equals_beyond_the_most_are_as_many_as_asked_for(tmp_path):
    engine = load("tantivy").create(tmp_path / "index")
    engine.write(doc(f"x{i:05}", "cat") for i in reversed(range(4_000)))
    engine.flush()
    assert ids(engine, ask("cat"), limit=1_000) == [f"x{i:05}" for i in range(1_000)]
    assert len(set(ids(engine, ask("cat"), limit=2))) == 2
    engine.close()
