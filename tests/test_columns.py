"""What is picked out of the columns is what the store has; filters mean what filters mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from test_store import FILTERS, MANY, categories, stored, tags

from indexer import columns, likeness
from indexer.columns import UNKNOWN, Columns
from indexer.errors import ForeignIndex


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = stored(tmp_path_factory.mktemp("many"), MANY)
    yield store
    store.close()


@pytest.fixture(scope="module")
def folder(store, tmp_path_factory):
    place = tmp_path_factory.mktemp("generation") / "columns"
    columns.write(place, store.thread_rows())
    return place


@pytest.fixture(scope="module")
def mapped(folder):
    return Columns(folder)


def test_every_answer_is_there_under_its_id(mapped, store):
    answers = [post for post in MANY if post.kind != "question"]
    rows = mapped.rows_of([*(post.id for post in answers), "example.org:1", "nobody"])
    assert sorted(rows[:-2]) == list(range(len(answers)))
    assert rows[-2:].tolist() == [-1, -1]
    for post, fact in zip(answers, mapped.answers[rows[:-2]], strict=True):
        assert store.posts_by_number([int(fact["number"])])[int(fact["number"])] == post
        assert fact["votes"] == (UNKNOWN if post.votes is None else post.votes)
        assert fact["written"] == (UNKNOWN if post.written is None else post.written.timestamp())
        assert fact["best"] == (-1 if post.best is None else post.best)
        assert np.isnan(fact["lift"])


def test_a_threads_answers_lie_together_in_page_order(mapped, store):
    for thread in store.threads():
        (row,) = mapped.threads_of([thread.id])
        rows = mapped.rows_in(np.array([row]))
        assert rows.tolist() == mapped.rows_of([post.id for post in thread.answers]).tolist()
        assert set(mapped.answers["thread"][rows]) <= {row}
    assert mapped.threads_of(["example.org:77"]).tolist() == [-1]
    assert sorted(mapped.rows_in(np.arange(3))) == list(range(len(mapped.answers)))
    assert mapped.rows_in(np.zeros(0, np.int64)).tolist() == []


def test_tags_are_those_of_the_threads(mapped, store):
    ids = [thread.id for thread in store.threads()]
    counts, tags = mapped.tags_of(mapped.threads_of(ids))
    wanted = [thread.question.tags if thread.question else () for thread in store.threads()]
    assert counts.tolist() == [len(named) for named in wanted]
    assert [mapped.tags[tag] for tag in tags] == [name for named in wanted for name in named]
    assert len(set(wanted)) > 1


def test_the_title_of_a_thread_is_there_by_its_shape(mapped):
    gists = mapped.gists(mapped.threads_of(["example.org:2", "example.org:3"]))
    shape = likeness.shape("Two")
    assert gists.said.tolist() == [shape.said, 0]
    assert tuple(gists.groups) == shape.groups
    assert gists.lengths.tolist() == [len(shape.groups), 0]
    assert not gists.vectors.any()


@given(FILTERS)
def test_filters_mean_what_filters_mean(mapped, store, filters):
    passed = mapped.accepted(mapped.answers, filters)
    for fact, found in zip(mapped.answers, passed, strict=True):
        post = store.posts_by_number([int(fact["number"])])[int(fact["number"])]
        assert found == filters.accept(
            site=post.site,
            category=categories(store)[post.thread_id],
            author=None if post.anonymous else post.author,
            votes=post.votes,
            year=post.written.year if post.written else None,
            best=post.best,
            tags=tags(store)[post.thread_id],
        )


def test_extended_columns_say_what_new_ones_would(tmp_path, store):
    threads = list(store.thread_rows())
    first, second, third = threads
    grown = second._replace(title="Two, and more", answers=second.answers[:1])
    columns.write(tmp_path / "one", [first, second])
    columns.extend(tmp_path / "one", tmp_path / "two", [second.id, third.id, "unheard of"], [grown, third])
    columns.write(tmp_path / "new", [first, grown, third])
    extended, new = Columns(tmp_path / "two"), Columns(tmp_path / "new")
    ids = [answer.id for thread in threads for answer in thread.answers]
    assert (extended.rows_of(ids) < 0).tolist() == (new.rows_of(ids) < 0).tolist()
    for thread in threads:
        rows = []
        for known in (extended, new):
            (row,) = known.threads_of([thread.id])
            gist = known.gists(np.array([row]))
            facts = known.answers[known.rows_in(np.array([row]))]
            assert set(facts["thread"]) == {row}
            assert (
                known.rows_of([answer.id for answer in thread.answers][: len(facts)]).tolist()
                == known.rows_in(np.array([row])).tolist()
            )
            names = [known.sites[site] for site in facts["site"]], [known.categories[name] for name in facts["category"]]
            facts = facts.copy()
            for field in ("thread", "site", "category"):
                facts[field] = 0
            tags = [known.tags[tag] for tag in known.tags_of(np.array([row]))[1]]
            rows.append((facts.tobytes(), names, tags, [column.tolist() for column in (gist.said, gist.groups, gist.counts)]))
        assert rows[0] == rows[1]
    columns.extend(tmp_path / "two", tmp_path / "three", [thread.id for thread in threads], [])
    nothing = Columns(tmp_path / "three")
    assert set(nothing.rows_of(ids)) == set(nothing.threads_of([thread.id for thread in threads])) == {-1}


def test_a_library_of_nothing_has_columns_too(tmp_path):
    columns.write(tmp_path / "none", [])
    nothing = Columns(tmp_path / "none")
    assert nothing.rows_of(["a"]).tolist() == nothing.threads_of(["a"]).tolist() == [-1]


@pytest.mark.parametrize("name", ["answers.dat", "threads.dat", "letters.dat", "tags.dat", "answer_names.dat", "columns.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_columns_that_are_not_whole_are_refused(folder, tmp_path, name, damage):
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in folder.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    if damage == "missing":
        (broken / name).unlink()
    elif damage == "cut":
        (broken / name).write_bytes((folder / name).read_bytes()[:-3])
    else:
        (broken / name).write_bytes(b"[]")
    with pytest.raises(ForeignIndex):
        Columns(broken)
