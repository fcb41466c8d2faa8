"""Is it any good? Builds a library from a judged set, asks every question of it, and says how the answers stand.

corpus ─judged.posts─▶ archive ─build─▶ library ─ask─▶ ranking    both lines as they are, nothing beside them
library ─an answer a document─▶ engine ─search─▶ ranking          plain BM25: what is to be beaten
rankings ─measures─▶ values by question                           which `runs` keeps and compares
"""

from __future__ import annotations

import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import __version__, encoding, engines, judged, markup, measures, words
from .archives import jsonl
from .build import Progress, build
from .documents import Document
from .engines import Engine
from .errors import BadQuestion, BadSet, LibraryError
from .judged import Topics, Variant
from .library import Library
from .meaning import models
from .meaning.models import Tier
from .measures import PerQuery, Ranking
from .query import Query
from .store import Store


@dataclass(frozen=True, slots=True)
class Run:
    """What one way of ranking came to, by question."""

    values: PerQuery
    ranks: Mapping[str, Mapping[str, int]]
    """Question id → relevant answer → its rank, counted from 1; those not found are absent."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is known after everything was asked."""

    name: str
    """The set's: its folder's name."""
    topics: Topics
    rankings: Mapping[str, Ranking]
    run: Run
    baseline: Run
    settings: Mapping[str, Any]
    median_ms: float | None
    """Time of a question, everything included; None where none could be asked."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A set made into what can be asked, in a folder that must stay until the end."""

    topics: Topics
    library: Library
    plain: Engine
    """An answer a document, with its title and question: what plain BM25 looks through."""

    def ask_plain(self, text: str) -> Ranking:
        """The baseline: the engines' BM25 and the house's terms, each term of the question once."""
        terms = tuple((term, 1.0) for term in dict.fromkeys(words.terms(text)))
        return list(self.plain.search(Query(text, terms), "answer", measures.DEPTH).ids) if terms else []


# The line


def evaluate(
    folder: Path,
    variant: Variant,
    *,
    engine: str,
    dial: float,
    progress: Progress,
    model_of: Path | None = None,
    tier: Tier = "static",
) -> Evaluation:
    """Ask every judged question of a set, with the model of the library in `model_of` and its vectors of this tier, if any.

    Raises BadSet where the set is broken, NotInstalled where a package is missing, LibraryError where there is no room.
    """
    measures.require()
    took: list[float] = []
    with _scratch() as scratch:
        prepared = prepare(folder, variant, scratch, engine=engine, progress=progress, model_of=model_of, tier=tier)

        def ask(text: str) -> Ranking:
            try:
                results = prepared.library.ask(text, n=measures.DEPTH, dial=dial)
            except BadQuestion:
                return ()
            took.append(results.took_ms)
            return [judged.own_id(found.answer.id) for found in results.answers]

        rankings = _ask_all("Asking", ask, prepared.topics, progress)
        plain = _ask_all("Asking BM25", prepared.ask_plain, prepared.topics, progress)
        prepared.plain.close()
    settings = {
        "engine": prepared.plain.name,
        "dial": dial,
        "qrels": None if variant.duplicates else variant.qrels.name,
        "query_field": None if variant.duplicates else variant.field,
        "answers_only": variant.answers_only,
        "duplicates": variant.duplicates.name if variant.duplicates else None,
        "archives": [str(path) for path in variant.archives] or None,
        "meaning": tier if model_of else None,
        "version": __version__,
    }
    return Evaluation(
        name=folder.resolve().name,
        topics=prepared.topics,
        rankings=rankings,
        run=_run(rankings, prepared.topics),
        baseline=_run(plain, prepared.topics),
        settings=settings,
        median_ms=round(statistics.median(took), 1) if took else None,
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    try:
        with tempfile.TemporaryDirectory(prefix="askive-", ignore_cleanup_errors=True) as scratch:
            yield Path(scratch)
    except OSError as error:
        place = tempfile.gettempdir()
        raise LibraryError(f"No library could be made in {place} ({error.strerror or error})", "Make room there") from error


def prepare(
    folder: Path,
    variant: Variant,
    scratch: Path,
    *,
    engine: str,
    progress: Progress,
    model_of: Path | None = None,
    tier: Tier = "static",
) -> Prepared:
    """The library of a set, built in `scratch` like any other, and what plain BM25 looks through."""
    if model_of:
        models.lend(model_of, scratch / "library")
    archives = list(variant.archives) or [_archive(folder, variant, scratch / "corpus.jsonl")]
    build(scratch / "library", archives, engine=engine, progress=progress)
    if model_of and tier == "full":
        encoding.full(scratch / "library", progress)
    answer_ids: dict[str, list[str]] = {}
    library = Library(scratch / "library")
    plain = engines.load(library.about()["engine"]).create(scratch / "plain")
    store = Store(scratch / "library")
    try:
        plain.write(_documents(store, answer_ids))
    finally:
        store.close()
    plain.flush()
    return Prepared(judged.topics(folder, variant, answer_ids), library, plain)


def _archive(folder: Path, variant: Variant, path: Path) -> Path:
    """The corpus as an archive."""
    left_out = judged.duplicates(folder, variant.duplicates) if variant.duplicates else ()
    found = judged.posts(judged.answers(folder, left_out), answers_only=variant.answers_only)
    with path.open("w", encoding="utf-8") as file:
        lines = sum(1 for line in jsonl.write(found) if file.write(line))
    if lines == 1:  # nothing after the header
        raise BadSet(f"There is no answer in the corpus of {folder}")
    return path


def _documents(store: Store, answer_ids: dict[str, list[str]]) -> Iterator[Document]:
    """One document an answer, with its title and question; notes on the way which answers there are, by thread."""
    for thread in store.threads():
        title, question = (thread.question.title or "", thread.question.body) if thread.question else ("", "")
        asked = words.terms(f"{title}\n{markup.prose(question)}")
        answer_ids[judged.own_id(thread.id)] = [judged.own_id(answer.id) for answer in thread.answers]
        for answer in thread.answers:
            terms = Counter(asked) + Counter(words.terms(markup.prose(answer.body)))
            yield Document(id=judged.own_id(answer.id), kind="answer", terms=terms, site=answer.site)


def _ask_all(step: str, ask: Callable[[str], Ranking], topics: Topics, progress: Progress) -> dict[str, Ranking]:
    rankings = {}
    for done, (qid, text) in enumerate(topics.texts.items()):
        progress(step, done, len(topics.texts))
        rankings[qid] = ask(text)
    progress(step, len(topics.texts), len(topics.texts))
    return rankings


def _run(rankings: Mapping[str, Ranking], topics: Topics) -> Run:
    ranks = {
        qid: {answer: rank for rank, answer in enumerate(found, 1) if topics.grades[qid].get(answer)}
        for qid, found in rankings.items()
    }
    return Run(measures.per_query(rankings, topics.grades), ranks)


def write_trec(path: Path, evaluation: Evaluation) -> None:
    """The rankings as trec_eval reads them. It sorts by score and not by rank, so the scores count down with the ranks."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for qid, found in evaluation.rankings.items():
            for rank, answer in enumerate(found, 1):
                file.write(f"{qid} Q0 {answer} {rank} {len(found) - rank + 1} askive\n")
