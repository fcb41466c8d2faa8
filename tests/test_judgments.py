"""The form of our own judged set: `tests/judgments/`."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from indexer import markup, query, words
from indexer.library import Library

FOLDER = Path(__file__).parent / "judgments"
TOPICS = [json.loads(line) for line in (FOLDER / "queries.jsonl").read_text("utf-8").splitlines()]
JUDGED = [tuple(line.split("\t")) for line in (FOLDER / "qrels.tsv").read_text("utf-8").splitlines()]


def grades():
    """qid → answer id → grade."""
    found = defaultdict(dict)
    for qid, answer_id, grade in JUDGED:
        found[qid][answer_id] = int(grade)
    return found


@pytest.fixture(scope="module")
def sample(sample_library):
    """Thread id → the thread as the library has it."""
    library = Library(sample_library)
    ids = dict.fromkeys(post.thread_id for post in library.posts())
    return {thread_id: library.thread(thread_id).thread for thread_id in ids}


def test_there_are_enough_topics_and_each_is_told_apart():
    assert len(TOPICS) >= 60
    assert max(Counter(topic["qid"] for topic in TOPICS).values()) == 1
    assert max(Counter(words.plain(topic["text"]) for topic in TOPICS).values()) == 1
    for topic in TOPICS:
        assert set(topic) - {"subject"} == {"qid", "text", "kind", "thread_id"}
        assert all(value.strip() == value != "" for value in topic.values())


def test_topics_are_spread_over_the_sample(sample):
    meant = Counter(topic["thread_id"] for topic in TOPICS)
    assert set(meant) <= set(sample)
    assert len(meant) >= 55
    assert max(meant.values()) <= 2
    assert all(
        any(
            grade >= 2 and answer_id.startswith(topic["thread_id"] + "/") for answer_id, grade in grades()[topic["qid"]].items()
        )
        for topic in TOPICS
    )


def test_every_topic_is_judged_well_enough():
    assert set(grades()) == {topic["qid"] for topic in TOPICS}
    assert max(Counter((qid, answer_id) for qid, answer_id, _ in JUDGED).values()) == 1
    for qid, judged in grades().items():
        assert set(judged.values()) <= {0, 1, 2, 3}, qid
        assert 6 <= len(judged) <= 14, qid
        assert max(judged.values()) >= 2, qid
        assert min(judged.values()) == 0, qid


def test_what_is_judged_is_advice_in_the_sample(sample):
    advice = {answer.id for thread in sample.values() for answer in thread.answers}
    assert {answer_id for _, answer_id, _ in JUDGED} <= advice


def test_no_relevant_answer_is_shut_out_by_its_own_topic(sample):
    answers = {answer.id: (answer, thread) for thread in sample.values() for answer in thread.answers}
    for topic in TOPICS:
        asked = query.parse(topic["text"])
        assert not asked.notes, topic["qid"]
        for answer_id, grade in grades()[topic["qid"]].items():
            if not grade:
                continue
            answer, thread = answers[answer_id]
            prose = f" {words.plain(markup.prose(answer.body))} "
            assert all(f" {phrase} " in prose for phrase in asked.phrases), (topic["qid"], answer_id)
            assert not set(asked.forbidden) & set(words.terms(prose)), (topic["qid"], answer_id)
            category = words.fold(thread.question.category)
            assert all(name in category for name in asked.filters.categories), (topic["qid"], answer_id)
            assert answer.votes in asked.filters.votes if asked.filters.votes else True, (topic["qid"], answer_id)
            assert answer.written.year in asked.filters.year if asked.filters.year else True, (topic["qid"], answer_id)
            assert bool(answer.best) or not asked.filters.best, (topic["qid"], answer_id)


def test_every_kind_is_explained():
    explained = set(re.findall(r"`([a-z-]+)`", (FOLDER / "README.md").read_text("utf-8")))
    assert {topic["kind"] for topic in TOPICS} <= explained
