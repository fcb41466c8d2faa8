"""The words of a library: counted right, kept right by builds in steps, and gone with what is forgotten."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest
from conftest import SAMPLE, answer, question, write_archive
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from indexer import documents, forgetting, vocabulary, words
from indexer.build import build
from indexer.forgetting import Rule
from indexer.library import Library
from indexer.store import SCHEMA, Store
from indexer.vocabulary import LONGEST, Vocabulary


def counted(folder) -> dict[str, int]:
    return dict(Store(folder)._db.execute("SELECT form, threads FROM words"))


def of_threads(folder) -> dict[str, set[str]]:
    db = Store(folder)._db
    forms = dict(db.execute("SELECT number, form FROM words"))
    return {
        thread: {forms[number] for number in vocabulary._unpack(packed)}
        for thread, packed in db.execute("SELECT thread_id, words FROM thread_words")
    }


def titles(folder) -> list[tuple[str, str, int]]:
    db = Store(folder)._db
    listed = db.execute("SELECT t.thread_id, w.word, w.weight FROM title_words w JOIN titles t USING (number, weight)").fetchall()
    assert len(listed) == db.execute("SELECT count(*) FROM title_words").fetchone()[0]
    return sorted(listed)


def test_words_are_counted_by_threads(library_of):
    library = library_of(
        question(1, "Naps for the cat", "It naps.", tags=("Catnap",)),
        answer(1, 1, "The CAT’s naps, and caf\u00e9s.", author="Eva Quilted"),
        answer(1, 2, "My thanks!", author="asker"),
        question(2, "Cats", anonymous=True, author="hidden"),
    )
    assert counted(library.folder) == {
        **dict.fromkeys(["naps", "cat's", "cat", "catnap", "cafes", "cats", "@eva", "@quilted"], 1),
        "@asker": 1,
    }
    known = Store(library.folder).vocabulary
    assert known.threads_with(["cat", "nap", "thank", "@eva"]) == {"cat": 3, "nap": 1}
    assert (known.is_name("Quilted"), known.is_name("cat"), known.is_name("hidden"), known.size()) == (True, False, False, 2)
    assert [word.form for word in known.starting("cat", 2)] == ["cat", "cat's"]


def test_what_nobody_types_is_not_kept(library_of):
    library = library_of(question(1, "x" * LONGEST + " " + "y" * (LONGEST + 1)))
    assert counted(library.folder) == {"x" * LONGEST: 1, "@asker": 1}


def test_every_word_of_the_index_is_known(sample_library):
    store = Store(sample_library)
    for thread in store.threads():
        known = {words.term_of(form).term for form in vocabulary.words_of(thread)}
        for shadow in documents.of_thread(thread):
            assert {term for term in shadow.terms if len(term) < LONGEST} <= known
    with_terms = store.vocabulary.threads_with({"cat", "landlord", "zxqv"})
    assert with_terms.keys() == {"cat", "landlord"}


POSTS = [
    question(1, "Cat wakes me", "Every morning the cat cries."),
    answer(1, 1, "Feed the cat late.", votes=3),
    question(2, "Dog barks", "At the mail."),
    answer(2, 1, "Draw the curtains, says the landlord.", author="Quilted"),
    answer(2, 2, "Get a cat."),
    question(3, "Dog barks", "Again and again."),
]


@given(st.lists(st.lists(st.sampled_from(POSTS), min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_library_built_in_steps_knows_what_one_built_at_once_knows(tmp_path_factory, steps):
    folder, at_once = tmp_path_factory.mktemp("steps"), tmp_path_factory.mktemp("once")
    archives = [write_archive(folder / "threads" / f"{number}.jsonl", posts) for number, posts in enumerate(steps)]
    for archive in archives:
        build(folder, [archive], engine="memory")
    build(at_once, archives, engine="memory")
    assert (counted(folder), of_threads(folder), titles(folder)) == (counted(at_once), of_threads(at_once), titles(at_once))
    build(folder, archives, engine="memory", fresh=True, large=1)
    assert (counted(folder), of_threads(folder), titles(folder)) == (counted(at_once), of_threads(at_once), titles(at_once))


def test_a_thread_that_changes_takes_its_old_words_along(library_of):
    then, later = datetime(2015, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
    library_of(question(1, "Cat wakes me", "Oh the noise.", captured=then), answer(1, 1, "Feed it.", captured=then))
    library = library_of(question(1, "Cat wakes us", "Oh the racket.", captured=later))
    found = counted(library.folder)
    assert "noise" not in found
    assert found["racket"] == 1
    assert [title for title, *_ in titles(library.folder)].count("example.org:1") == 3


def test_what_is_forgotten_is_nobodys_word(tmp_path):
    archive = write_archive(tmp_path / "threads" / "a.jsonl", POSTS)
    build(tmp_path, [archive], engine="memory")
    before = Library(tmp_path)
    assert before.complete("cat wa")
    assert before.similar_to("cat morning")
    assert before.ask("curtaisn").correction.corrected == "curtains"
    forgetting.add(tmp_path, Rule("thread", "example.org:1"))
    forgetting.add(tmp_path, Rule("author", "Quilted"))
    build(tmp_path, (), engine="memory")
    library = Library(tmp_path)
    assert not counted(tmp_path).keys() & {"wakes", "morning", "curtains", "landlord", "@quilted"}
    assert "cat" in counted(tmp_path)
    assert of_threads(tmp_path).keys() == {"example.org:2", "example.org:3"}
    for typed in ("c", "cat", "cat wa", "wakes", "morn"):
        assert not [completion for completion in library.complete(typed) if "wakes" in completion.text.lower()]
    assert "example.org:1" not in {neighbour.thread_id for neighbour in library.similar_to("cat wakes me morning dog")}
    assert library.ask("curtaisn").correction is None
    # Not only out of sight: nothing of it is left in the file.
    assert b"curtains" not in (tmp_path / "library.sqlite").read_bytes()


def test_the_sample_has_words_for_everything(sample_library):
    assert Store(sample_library).vocabulary.size() == 70
    assert SAMPLE.is_dir()


def in_memory(forms) -> Vocabulary:
    db = sqlite3.connect(":memory:")
    for statement in SCHEMA.split(";"):
        db.execute(statement)
    db.executemany("INSERT INTO words (form, term, threads) VALUES (?, ?, 1)", [(form, form) for form in forms])
    return Vocabulary(db)


LETTERS = st.text("abcé猫", min_size=3, max_size=8)


@given(LETTERS, st.sets(LETTERS, max_size=20), st.integers(1, 2))
def test_all_words_near_enough_are_among_those_that_resemble(word, forms, edits):
    found = [known.form for known in in_memory(forms).resembling(word, edits, 1)]
    assert len(found) == len(set(found))
    for form in forms:
        distance = OSA.distance(word, form)
        first_kept = word[0] == form[0] or (distance == 1 and form[0] in "abc")
        if distance <= edits and first_kept:
            assert form in found


@given(st.sets(st.integers(1, 2**31)))
def test_numbers_are_packed_and_unpacked(numbers):
    assert vocabulary._unpack(vocabulary._pack(list(numbers))) == sorted(numbers)


@pytest.mark.parametrize("count", [0, 1, 501])
def test_any_number_of_terms_can_be_looked_up(library_of, count):
    library = library_of(question(1, "Cat"))
    assert Store(library.folder).vocabulary.threads_with([*(f"w{n}" for n in range(count)), "cat"]) == {"cat": 1}
