"""What is in a judged set? A folder with answers, questions, and who judged which answer how for which question.

    corpus.jsonl.gz    an answer a line: answer_id, thread_id, title, question, answer, votes (or null), and maybe author,
    (or .jsonl)        date, category; what else is there is not used, since it may be what was judged (`accepted`)
    queries.jsonl      a question a line: qid, text, and maybe subject, its short form
    qrels.tsv          qid TAB answer_id TAB grade; above 0 is relevant, and what is not judged counts as 0
    duplicates.tsv     maybe, for use as judgments: duplicate's thread_id TAB original's thread_id TAB the duplicate's title

A set is what rankings are measured by, so a line that is no record ends the reading: a BadSet names file and line.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, cast

from . import markup
from .errors import BadSet
from .thread import Post

Field = Literal["text", "subject"]
FIELDS: Final[tuple[Field, ...]] = ("text", "subject")

SITE: Final = "judged"
MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of one record: as much as the exchange format takes."""

MAX_GRADE: Final = 1000
"""trec_eval makes room for every grade up to the highest."""

_MADE: Final = re.compile(rf"^{SITE}:(?:answer|thread)/")
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Variant:
    """What is asked of a set, and of which index."""

    qrels: Path = Path("qrels.tsv")
    field: Field = "text"
    answers_only: bool = False
    """The index holds the answers alone: no titles, no questions."""
    duplicates: Path | None = None
    """Ask the titles of closed duplicates; the answers of their originals are relevant, and the duplicates are not indexed."""
    archives: tuple[Path, ...] = ()
    """What to build the library of instead of the corpus; the judgments then name answers by the ids of posts."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A line of the corpus."""

    id: str
    thread_id: str
    title: str
    question: str
    text: str
    votes: int | None
    author: str | None
    written: datetime | None
    category: str | None


@dataclass(frozen=True, slots=True)
class Topics:
    """The questions that have a relevant answer, by id, each with its judgments: answer id → grade."""

    texts: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...]
    """What was left out, in words for people."""


# The corpus


def answers(folder: Path, left_out: Iterable[str] = ()) -> Iterator[Answer]:
    """The answers of a set in order, but for those of some threads. Raises BadSet at the first broken line."""
    if not folder.is_dir():
        raise BadSet(f"{folder} is no folder")
    path = next((file for name in ("corpus.jsonl.gz", "corpus.jsonl") if (file := folder / name).is_file()), None)
    if path is None:
        raise BadSet(f"{folder} has neither corpus.jsonl.gz nor corpus.jsonl")
    left_out, known = frozenset(left_out), set()
    for where, record in _records(path):
        answer = Answer(
            id=_name(record, "answer_id", where),
            thread_id=_name(record, "thread_id", where),
            title=_text(record, "title", where),
            question=_text(record, "question", where),
            text=_text(record, "answer", where),
            votes=_votes(record, where),
            author=_text(record, "author", where, "") or None,
            written=_time(record, where),
            category=_text(record, "category", where, "") or None,
        )
        if answer.id in known:
            raise BadSet(f"{where}: there is an answer {answer.id} already")
        known.add(answer.id)
        if answer.thread_id not in left_out:
            yield answer


def posts(found: Iterable[Answer], *, answers_only: bool = False) -> Iterator[Post]:
    """The same as posts of a site, each thread's question before its answers, which stand in the order of the corpus."""
    positions: dict[str, int] = defaultdict(int)
    for answer in found:
        thread_id = f"{SITE}:thread/{answer.thread_id}"
        if not positions[answer.thread_id] and not answers_only:
            yield Post(
                id=thread_id,
                thread_id=thread_id,
                kind="question",
                site=SITE,
                title=answer.title,
                category=answer.category,
                body=markup.from_text(answer.question),
            )
        positions[answer.thread_id] += 1
        yield Post(
            id=f"{SITE}:answer/{answer.id}",
            thread_id=thread_id,
            kind="answer",
            site=SITE,
            position=positions[answer.thread_id],
            author=answer.author,
            written=answer.written,
            votes=answer.votes,
            body=markup.from_text(answer.text),
        )


def own_id(post_id: str) -> str:
    """What the judgments call an answer or a thread: the set's own id where `posts` made the post, else the post's."""
    return _MADE.sub("", post_id)


# Questions and judgments


def topics(folder: Path, variant: Variant, answer_ids: Mapping[str, Iterable[str]]) -> Topics:
    """What is asked, and what is relevant to it. `answer_ids` are the answers that are indexed, by thread.

    Raises BadSet for a file that is missing or broken, and where no question has a relevant answer.
    """
    if variant.duplicates:
        return _of_duplicates(located(folder, variant.duplicates), answer_ids)
    texts, without = _queries(folder / "queries.jsonl", variant.field)
    if not texts:
        raise BadSet(f"No question of {folder / 'queries.jsonl'} has a {variant.field!r}", "Choose another --query-field")
    path = located(folder, variant.qrels)
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    known = {answer for thread in answer_ids.values() for answer in thread}
    strange_answers: dict[str, None] = {}
    strange_questions: dict[str, None] = {}
    for where, (qid, answer, grade) in _columns(path, 3):
        try:
            value = int(grade)
        except ValueError:
            raise BadSet(f"{where}: the grade {grade[:40]!r} is no whole number") from None
        if abs(value) > MAX_GRADE:
            raise BadSet(f"{where}: the grade {grade[:40]} is beyond {MAX_GRADE}")
        if answer in grades[qid]:
            raise BadSet(f"{where}: question {qid} and answer {answer} are judged twice")
        grades[qid][answer] = max(0, value)
        if qid not in texts and qid not in without:
            strange_questions[qid] = None
        if answer not in known and value > 0:
            strange_answers[answer] = None
    notes = [
        f"{len(names):,} {what}, such as {next(iter(names))}"
        for names, what in (
            (strange_questions, "judged questions are not in queries.jsonl and cannot be asked"),
            (strange_answers, "relevant answers are not in the corpus and count as not found"),
        )
        if names
    ]
    return _judged(path, texts, grades, known, notes)


def _queries(path: Path, field: Field) -> tuple[dict[str, str], set[str]]:
    """The questions by id, and the ids of those that lack the field."""
    texts: dict[str, str] = {}
    without: set[str] = set()
    for where, record in _records(path):
        qid = _name(record, "qid", where)
        if qid in texts or qid in without:
            raise BadSet(f"{where}: there is a question {qid} already")
        if text := _text(record, field, where, _MISSING if field == "text" else ""):
            texts[qid] = text
        else:
            without.add(qid)
    return texts, without


def duplicates(folder: Path, path: Path) -> dict[str, tuple[str, str]]:
    """Thread of a duplicate → thread of its original and title of the duplicate; chains are followed to their end."""
    path = located(folder, path)
    found: dict[str, tuple[str, str]] = {}
    for where, (duplicate, original, title) in _columns(path, 3):
        if duplicate in found:
            raise BadSet(f"{where}: thread {duplicate} is a duplicate twice")
        found[duplicate] = original, title
    resolved = {}
    for duplicate, (original, title) in found.items():
        seen, last = {duplicate}, original
        while last in found and last not in seen:
            seen.add(last)
            last = found[last][0]
        if last in seen:
            raise BadSet(f"{path}: the duplicates of thread {duplicate} go round in a circle")
        resolved[duplicate] = last, title
    return resolved


def _of_duplicates(path: Path, answer_ids: Mapping[str, Iterable[str]]) -> Topics:
    found = duplicates(path.parent, path)
    grades = {duplicate: dict.fromkeys(answer_ids.get(original, ()), 1) for duplicate, (original, _) in found.items()}
    known = {answer for thread in answer_ids.values() for answer in thread}
    return _judged(path, {duplicate: title for duplicate, (_, title) in found.items()}, grades, known, [])


def _judged(
    path: Path, texts: Mapping[str, str], grades: Mapping[str, Mapping[str, int]], known: set[str], notes: list[str]
) -> Topics:
    asked = {qid: text for qid, text in texts.items() if any(grades.get(qid, {}).values())}
    if not any(answer in known for qid in asked for answer, grade in grades[qid].items() if grade):
        raise BadSet(f"By {path}, no question has a relevant answer in the corpus", "Are judgments and corpus of one set?")
    if len(asked) < len(texts):
        notes.append(f"{len(texts) - len(asked):,} of {len(texts):,} questions have no relevant answer and are left out")
    return Topics(asked, {qid: grades[qid] for qid in asked}, tuple(notes))


# Files


def located(folder: Path, path: Path) -> Path:
    """A file that is named by its path, or by its name in the set's folder."""
    return path if path.is_file() else folder / path


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise BadSet(f"{path} does not exist") from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadSet(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a text file that are not blank, each with where it stands."""
    with _opened(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
            where = f"{path}, line {number}"
            if len(line) == MAX_LINE:
                raise BadSet(f"{where} is too long")
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                raise BadSet(f"{where} is not UTF-8") from None
            if text.strip():
                yield where, text


def _records(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for where, line in _lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise BadSet(f"{where} is not JSON") from None
        if not isinstance(record, dict):
            raise BadSet(f"{where} is no JSON object")
        yield where, record


def _columns(path: Path, count: int) -> Iterator[tuple[str, list[str]]]:
    for where, line in _lines(path):
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) != count or not all(columns) or "\0" in line:
            raise BadSet(f"{where} has not {count} columns with a tabulator between them")
        yield where, columns


def _name(record: Mapping[str, Any], key: str, where: str) -> str:
    """An id. White space would break the lines of judgments and run files."""
    value = record.get(key)
    name = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not name or name.split() != [name] or "\0" in name or not _is_unicode(name):
        raise BadSet(f"{where}: {key} is missing or no name")
    return name


def _text(record: Mapping[str, Any], key: str, where: str, default: object = _MISSING) -> str:
    value = record.get(key)
    if value is None and default is not _MISSING:
        value = default
    if not isinstance(value, str):
        raise BadSet(f"{where}: {key} is {'missing' if value is None else 'no text'}")
    # A lone surrogate can be written in JSON, and nothing after this could store it.
    return value.encode("utf-8", "replace").decode("utf-8")


def _votes(record: Mapping[str, Any], where: str) -> int | None:
    value = record.get("votes")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1 or abs(value) >= 2**53:
        raise BadSet(f"{where}: votes is no whole number")
    return int(value)


def _time(record: Mapping[str, Any], where: str) -> datetime | None:
    """When it was written; UTC where no zone is named."""
    value = record.get("date")
    if value is None or value == "":
        return None
    try:
        written = datetime.fromisoformat(value)
        return written.replace(tzinfo=UTC) if written.tzinfo is None else written.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise BadSet(f"{where}: date is no date of the form 2014-01-21T20:31:18") from None


def _is_unicode(text: str) -> bool:
    """Whether a text has no lone surrogates, which JSON can spell and nothing can store."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
