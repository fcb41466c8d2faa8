"""The truth of a library: what goes in comes out, and browsing means what filters mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from conftest import answer, question
from hypothesis import given
from hypothesis import strategies as st

from indexer import analysis
from indexer.errors import LibraryError, NoLibrary
from indexer.query import Filters, Range
from indexer.store import Store
from indexer.thread import Post
from indexer.writing import WritableStore

MANY = [
    question(1, "One", category="Pets & Animals", tags=("Cats", "5am")),
    answer(1, 1, "a", author="Ann", votes=5, best=True),
    answer(1, 2, "b", author="ann", votes=None, best=False),
    answer(1, 3, "c", author=None, votes=0, written=None),
    question(2, "Two", category=None, tags=("cats", "CATS"), written=datetime(2020, 12, 31, 23, 59, tzinfo=UTC)),
    answer(2, 1, "d", author="Zoë", votes=-3, written=datetime(2021, 1, 1, tzinfo=UTC)),
    answer(2, 2, "e", author="Bob", votes=9, written=datetime(2020, 12, 31, 23, 59, 59, tzinfo=UTC)),
    answer(3, 1, "an orphan", author="Bob", votes=2),
    replace(answer(2, 3, "f"), author="anonymous", anonymous=True),
]


def relate(store):
    store.forget_what_is_gone()
    for piece in store.pieces(every=False):
        store.set_relations(analysis.of_piece(piece))
    store.step_related()


def stored(folder, posts):
    store = WritableStore(folder)
    with store.transaction():
        for post in posts:
            store.put(post, 0)
        relate(store)
        store.nothing_left()
    return store


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    store = stored(tmp_path_factory.mktemp("many"), MANY)
    yield store
    store.close()


def test_what_goes_in_comes_out(many):
    assert sorted(many.all_posts(), key=lambda post: post.id) == sorted(MANY, key=lambda post: post.id)


def test_a_thread_is_whole_and_in_order_whatever_order_it_came_in(tmp_path):
    posts = [
        answer(1, 2, "second"),
        replace(answer(1, 9, "on the first"), kind="comment", parent_id="example.org:1/1"),
        answer(1, 1, "first"),
        question(1, "Why?"),
        replace(answer(1, 8, "on the question"), kind="comment", parent_id="example.org:1"),
    ]
    store = stored(tmp_path, posts)
    thread = store.thread("example.org:1")
    assert thread.title == "Why?"
    assert [post.position for post in thread.replies] == [1, 2]
    assert [post.position for post in thread.comments["example.org:1/1"]] == [9]
    assert [post.position for post in thread.comments["example.org:1"]] == [8]
    store.close()


def test_an_orphans_thread_has_no_question(many):
    thread = many.thread("example.org:3")
    assert thread.question is None
    assert [post.id for post in thread.answers] == ["example.org:3/1"]


NAMES = st.lists(st.sampled_from(["ann", "bob", "zoe", "nobody"]), max_size=2).map(tuple)
RANGES = st.none() | st.builds(Range, st.none() | st.integers(-4, 10), st.none() | st.integers(-4, 10))
YEARS = st.none() | st.builds(Range, st.none() | st.integers(2011, 2022), st.none() | st.integers(2011, 2022))
FILTERS = st.builds(
    Filters,
    sites=st.sampled_from([(), ("example.org",), ("other",)]),
    categories=st.sampled_from([(), ("pets & animals",), ("",), ("other", "pets & animals")]),
    authors=NAMES,
    tags=st.lists(st.sampled_from(["cats", "5am", "5"]), max_size=2).map(tuple),
    votes=RANGES,
    year=YEARS,
    best=st.none() | st.booleans(),
)


def numbered(store):
    found = {}
    for number in range(1, len(MANY) + 1):
        found |= store.posts_by_number([number])
    return found


def categories(store):
    """What the posts of each thread count as in."""
    return {thread.id: thread.question.category if thread.question else None for thread in store.threads()}


def tags(store):
    return {thread.id: thread.question.tags if thread.question else () for thread in store.threads()}


@given(FILTERS, st.sampled_from(["lift", "votes", "newest", "oldest"]), st.integers(0, 5), st.integers(0, 5))
def test_browsing_means_what_filters_mean(many, filters, order, limit, offset):
    posts = {number: post for number, post in numbered(many).items() if post.kind != "question"}
    passing = {
        number
        for number, post in posts.items()
        if filters.accept(
            site=post.site,
            category=categories(many)[post.thread_id],
            author=None if post.anonymous else post.author,
            votes=post.votes,
            year=post.written.year if post.written else None,
            best=post.best,
            tags=tags(many)[post.thread_id],
        )
    }
    total, whole = many.browse(filters, order, limit=100)
    assert total == len(passing)
    assert {one.number for one in whole} == passing
    assert many.browse(filters, order, limit=limit, offset=offset) == (total, whole[offset : offset + limit])
    written = {number: post.written for number, post in posts.items()}
    known = [
        value for one in whole if (value := {"votes": one.votes, "lift": one.lift}.get(order, written[one.number])) is not None
    ]
    assert known == sorted(known, reverse=order != "oldest")


def test_tags_follow_their_question(tmp_path):
    store = stored(tmp_path, MANY)
    assert [store.count_threads(Filters(tags=(tag,))) for tag in ("cats", "5am", "dogs")] == [2, 1, 0]
    with store.transaction():
        store.put(replace(MANY[0], tags=("dogs",)), 1)
        store.delete(["example.org:2"])
        relate(store)
    assert [store.count_threads(Filters(tags=(tag,))) for tag in ("cats", "5am", "dogs")] == [0, 0, 1]
    store.close()


@pytest.mark.parametrize(
    ("name", "thread"),
    [
        ("example.org:1", "example.org:1"),
        ("example.org:1/2", "example.org:1"),
        ("2", "example.org:2"),
        ("example.org:3", "example.org:3"),
        ("example.org:4", None),
        ("", None),
        ("%", None),
    ],
)
def test_a_thread_is_found_by_any_of_its_names(many, name, thread):
    assert many.find_thread(name) == thread


def test_a_file_that_is_no_store_is_named(tmp_path):
    with pytest.raises(NoLibrary):
        Store(tmp_path)
    (tmp_path / "library.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(LibraryError, match="no library"):
        Store(tmp_path)


def test_a_store_of_another_askive_is_refused(tmp_path):
    store = stored(tmp_path, MANY)
    store._db.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(LibraryError, match="another version"):
        Store(tmp_path)


def test_damage_found_while_reading_is_a_plain_error(tmp_path):
    stored(tmp_path, MANY).close()
    data = (tmp_path / "library.sqlite").read_bytes()
    (tmp_path / "library.sqlite").write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    store = Store(tmp_path)
    with pytest.raises(LibraryError, match="cannot be read"), store.snapshot():
        list(store.all_posts())
    store.close()


def test_putting_the_same_again_changes_nothing(tmp_path):
    store = stored(tmp_path, MANY)
    with store.transaction():
        for post in MANY:
            store.put(post, 0)
        assert list(store.changed()) == []
    store.close()


# Which threads ask the same


def closed(number: int | str, *originals: int | str) -> Post:
    return question(number, f"Again, {number}?", duplicate_of=tuple(f"example.org:{name}" for name in originals))


def test_duplicates_are_asked_from_both_ends(tmp_path):
    store = stored(tmp_path, [question(1, "First"), closed(2, 1, 9), closed(3, 1), closed(4), answer(2, 1, "an answer")])
    pairs = [(f"example.org:{a}", f"example.org:{b}") for a, b in ((2, 1), (2, 9), (3, 1))]
    assert list(store.duplicates()) == pairs
    every = [f"example.org:{number}" for number in range(1, 10)]
    assert store.originals(every) == {"example.org:2": ["example.org:1", "example.org:9"], "example.org:3": ["example.org:1"]}
    assert store.duplicates_of(every) == {
        "example.org:1": ["example.org:2", "example.org:3"],
        "example.org:9": ["example.org:2"],
    }
    assert store.originals([]) == store.duplicates_of([]) == store.duplicates_of(["example.org:2"]) == {}
    store.close()


def test_duplicates_go_with_their_question_and_stay_with_a_lost_original(tmp_path):
    store = stored(tmp_path, [question(1, "First"), closed(2, 1), closed(3, 1)])
    with store.transaction():
        store.delete(["example.org:1", "example.org:2"])
    assert list(store.duplicates()) == [("example.org:3", "example.org:1")]
    with store.transaction():
        store.clear()
    assert list(store.duplicates()) == []
    store.close()


def test_duplicates_follow_made_up_ids_to_the_sites_own(tmp_path):
    store = stored(tmp_path, [closed("t-2", "t-1"), closed(3, "t-1"), closed(4, "t-3")])
    with store.transaction():
        store.put(closed("t-1"), 0)
        for old, new in (("t-1", 1), ("t-2", 2), ("t-3", 4)):
            store.identify(f"example.org:{old}", f"example.org:{new}")
    assert list(store.duplicates()) == [("example.org:2", "example.org:1"), ("example.org:3", "example.org:1")]
    assert store.duplicates_of(["example.org:1"]) == {"example.org:1": ["example.org:2", "example.org:3"]}
    assert store.originals(["example.org:2"]) == {"example.org:2": ["example.org:1"]}
    store.close()


def test_duplicates_read_anew_take_the_place_of_those_before(tmp_path):
    store = stored(tmp_path, [closed(2, 1)])
    with store.transaction():
        store.put(closed(2, 5), 1)
        relate(store)
    assert list(store.duplicates()) == [("example.org:2", "example.org:1"), ("example.org:2", "example.org:5")]
    store.close()


def whole_second(time: datetime) -> datetime:
    return time.replace(microsecond=0)


@given(
    st.builds(
        Post,
        id=st.just("s:1"),
        thread_id=st.just("s:1"),
        kind=st.just("question"),
        site=st.just("s"),
        title=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        votes=st.none() | st.integers(-(2**40), 2**40),
        best=st.none() | st.booleans(),
        tags=st.lists(st.text(st.characters(exclude_categories=["Cs"]))).map(tuple),
        licence=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        closed=st.none() | st.datetimes(datetime(2008, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)).map(whole_second),
        duplicate_of=st.sets(st.text(st.characters(exclude_categories=["Cs"]))).map(sorted).map(tuple),
    )
)
def test_any_post_survives(tmp_path_factory, post):
    store = stored(tmp_path_factory.mktemp("any"), [post])
    assert list(store.all_posts()) == [post]
    store.close()
