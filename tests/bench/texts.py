"""What all peers are given: the same posts, in the form that each of them takes, and the same questions.

A folder of texts holds

    archive.jsonl     the posts in the exchange format, which Askive reads
    posts.jsonl       the posts parsed, their markup gone: what a peer with a tokeniser of its own is filled from
    documents.tsv     the terms of the house, a document a line: what bare engines are filled from
    questions.jsonl   the questions as typed, their words without the small ones, and their terms
    added/0001.jsonl  archives of further threads
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from indexer.documents import Document

WARM_UP: Final = 5
"""Questions that come before those that count."""

CHUNK: Final = 50
"""Threads that are written at a time."""


class Question(NamedTuple):
    """A question for all peers."""

    text: str
    words: list[str]
    """Those that carry matter, as typed, each once: small words would cost peers that keep them most of their time."""
    terms: list[tuple[str, float]]
    """The house's, with their weights."""


class Entry(NamedTuple):
    """A document as bare engines get it: its columns, and its terms in one line, as often as they occur."""

    id: str
    kind: str
    site: str
    category: str | None
    author: str | None
    votes: int | None
    year: int | None
    best: int
    terms: str


def questions(folder: Path) -> list[Question]:
    with (folder / "questions.jsonl").open(encoding="utf-8") as lines:
        return [Question(**json.loads(line)) for line in lines]


def entries(folder: Path) -> Iterator[Entry]:
    """The analysed documents, one by one. Reading them costs little, since it is part of every bare engine's time."""
    with (folder / "documents.tsv").open(encoding="utf-8") as table:
        for line in table:
            name, kind, site, category, author, votes, year, best, terms = line.rstrip("\n").split("\t")
            numbers = int(votes) if votes else None, int(year) if year else None, int(best)
            yield Entry(name, kind, site, category or None, author or None, *numbers, terms)


def posts(folder: Path) -> Iterator[dict[str, Any]]:
    """The parsed posts, threads together: id, thread, kind, title, category, author, votes, written, body."""
    with (folder / "posts.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


# Writing them


class _Written(NamedTuple):
    """A thread in all forms."""

    answers: int
    documents: int
    archive: str
    posts: str
    table: str


def prepare(folder: Path, answers: int, asked: int, seed: int, additions: int, each: int) -> dict[str, Any]:
    """Write everything; `additions` further archives have `each` answers. Tells what is in it."""
    # Peers have this module in their processes too, and should not pay for the house and what it takes to write.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    import synthetic

    from indexer.archives import jsonl

    counts: Counter[str] = Counter()
    header = next(jsonl.write(()))
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        threads = _threads(processes, seed)
        with (
            (folder / "archive.jsonl").open("w", encoding="utf-8") as archive,
            (folder / "posts.jsonl").open("w", encoding="utf-8") as parsed,
            (folder / "documents.tsv").open("w", encoding="utf-8") as table,
        ):
            archive.write(header)
            for thread in _until(answers, threads, seed):
                archive.write(thread.archive)
                parsed.write(thread.posts)
                table.write(thread.table)
                counts.update(answers=thread.answers, threads=1, documents=thread.documents)
        (folder / "added").mkdir()
        for number in range(1, additions + 1):
            with addition(folder, number).open("w", encoding="utf-8") as archive:
                archive.write(header)
                archive.writelines(thread.archive for thread in _until(each, threads, seed))
        processes.shutdown(cancel_futures=True)
    _write_questions(folder, synthetic.questions(asked + WARM_UP, counts["threads"], seed))
    return {**counts, "questions": asked, "archive_bytes": (folder / "archive.jsonl").stat().st_size}


def addition(folder: Path, number: int) -> Path:
    """The archive of further threads with a number, from 1 on."""
    return folder / "added" / f"{number:04}.jsonl"


def _threads(processes: Executor, seed: int) -> Iterator[tuple[int, _Written]]:
    """Threads without end, numbered, written by all processors, a few chunks ahead."""
    first, ahead = 1, []
    while True:
        while len(ahead) < 6:
            ahead.append((first, processes.submit(_written, range(first, first + CHUNK), seed)))
            first += CHUNK
        start, chunk = ahead.pop(0)
        yield from enumerate(chunk.result(), start)


def _until(answers: int, threads: Iterable[tuple[int, _Written]], seed: int) -> Iterator[_Written]:
    """Threads with so many answers together; the last one is cut short where it would have too many."""
    if answers <= 0:
        return
    for number, thread in threads:
        yield thread if thread.answers <= answers else _write(number, seed, answers)
        answers -= thread.answers
        if answers <= 0:
            return


def _written(numbers: Iterable[int], seed: int) -> list[_Written]:
    return [_write(number, seed) for number in numbers]


def _write(number: int, seed: int, most: int | None = None) -> _Written:
    import synthetic

    from indexer import documents, markup
    from indexer.archives import jsonl
    from indexer.thread import Thread

    whole = synthetic.thread(number, seed)[: None if most is None else most + 1]
    _, *archive = jsonl.write(whole)
    parsed = [
        {
            "id": post.id,
            "thread": post.thread_id,
            "kind": post.kind,
            "title": post.title or "",
            "category": whole[0].category,
            "author": post.author,
            "votes": post.votes,
            "written": post.written.isoformat() if post.written else None,
            "body": markup.prose(post.body),
        }
        for post in whole
    ]
    table = [entry(each) for each in documents.of_thread(Thread(whole[0].id, whole[0], tuple(whole[1:]), {}))]
    return _Written(
        len(whole) - 1,
        len(table),
        "".join(archive),
        "".join(json.dumps(post, ensure_ascii=False) + "\n" for post in parsed),
        "".join("\t".join("" if value is None else str(value) for value in each) + "\n" for each in table),
    )


def entry(document: Document) -> Entry:
    """A document of the house as bare engines get it."""
    terms = " ".join(Counter(document.terms).elements())
    names = document.id, document.kind, document.site, document.category, document.author
    return Entry(*names, document.votes, document.year, int(document.best or 0), terms)


def _write_questions(folder: Path, asked: Iterable[str]) -> None:
    from indexer import query, words

    with (folder / "questions.jsonl").open("w", encoding="utf-8") as lines:
        for text in asked:
            matter = [text[word.start : word.end] for word in words.words(text) if not word.is_stop]
            question = Question(text, list(dict.fromkeys(matter)), list(query.parse(text).terms))
            lines.write(json.dumps(question._asdict(), ensure_ascii=False) + "\n")
