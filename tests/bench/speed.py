"""How fast is it, and how large? Askive and the engines beside it, on the same texts and questions, in one run.

    python tests/bench/speed.py [--sizes 1000 10000] [--questions 200] [--rounds 3] [--seed 1] [--json FILE]

Askive is measured from end to end: `build` reads an archive of synthetic threads, stores and indexes it, `Library.ask` finds,
ranks and shows ten answers, and a cold start is the whole command `askive ask` in a new process.

The bare engines get documents that are analysed already: the same terms, the same columns, one document for each answer and one
for each thread, kept apart. A question asks each for its ten best answers and ten best threads with any of its terms. They keep
no text. SQLite FTS5 is contentless with bm25(); raw Tantivy indexes without positions, in one thread, and does not count matches.
Both hold what they are given as it is, with their own tokeniser cutting at spaces alone.

Every build and every series of questions runs in a fresh process, whose peak memory includes Python and the house's imports.
All rows take turns: a round runs each once, and what takes long is left out of further rounds. Figures are medians over rounds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date
from importlib import import_module
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any, Final, NamedTuple, Protocol

import synthetic
from processes import fresh, machine

from indexer import documents, engines, query
from indexer.archives import jsonl
from indexer.build import build
from indexer.documents import Document, DocumentKind
from indexer.errors import NotInstalled
from indexer.library import Library
from indexer.query import Query
from indexer.thread import Thread

LONG_RUN: Final = 40.0
"""Seconds after which a row is not measured again in further rounds."""

BUDGET: Final = 210.0
"""Seconds after which no further round begins."""

WARM_UP: Final = 5
COLD_STARTS: Final = 3
TOP: Final = 10

Found = list[list[str]]
"""Ids of the best answers, and of the best threads."""


class Row(NamedTuple):
    """A line of the table: what it is called, who does it, and what it is compared with."""

    title: str
    bare: bool
    name: str


ROWS: Final = (
    Row("Askive with Whoosh", False, "whoosh"),
    Row("Askive with Tantivy", False, "tantivy"),
    Row("Askive with memory", False, "memory"),
    Row("engine: Whoosh", True, "whoosh"),
    Row("engine: Tantivy", True, "tantivy"),
    Row("engine: raw Tantivy", True, "raw"),
    Row("engine: SQLite FTS5", True, "fts5"),
)
BASES: Final = {"Askive with Whoosh": "A", "engine: SQLite FTS5": "S"}
"""Rows that others are compared with, and the letter of the comparison."""


class Unavailable(Exception):
    """A peer that this machine does not have."""


# The bare engines


class Entry(NamedTuple):
    """A document as the bare engines get it: its columns, and its terms in one line, as often as they occur."""

    id: str
    kind: DocumentKind
    site: str
    category: str | None
    author: str | None
    votes: int | None
    year: int | None
    best: int
    terms: str

    @classmethod
    def of(cls, entry: Document) -> Entry:
        text = " ".join(Counter(entry.terms).elements())
        return cls(
            entry.id, entry.kind, entry.site, entry.category, entry.author, entry.votes, entry.year, int(entry.best or 0), text
        )

    def document(self) -> Document:
        return Document(**self._asdict() | {"terms": Counter(self.terms.split()), "best": bool(self.best)})


class Peer(Protocol):
    """An engine with two collections, answers and threads, in a folder of its own."""

    def write(self, folder: Path, entries: Iterator[Entry]) -> None:
        """Index everything, safe on disk. `folder` does not exist yet."""

    def open(self, folder: Path) -> Callable[[Query], Found]:
        """A function that answers questions."""


class Ours:
    """An engine of the house, without the house around it."""

    def __init__(self, name: str) -> None:
        try:
            self._module = engines.load(name)
        except NotInstalled as error:
            raise Unavailable(str(error)) from error

    def write(self, folder: Path, entries: Iterator[Entry]) -> None:
        engine = self._module.create(folder)
        engine.write(entry.document() for entry in entries)
        engine.flush()
        engine.close()

    def open(self, folder: Path) -> Callable[[Query], Found]:
        engine = self._module.open(folder)
        return lambda asked: [[hit.id for hit in engine.search(asked, kind, TOP)] for kind in ("answer", "thread")]


class Tantivy:
    """Two indexes of Tantivy, since its statistics are those of an index and the house's those of a kind."""

    def __init__(self) -> None:
        try:
            self._tantivy: Any = import_module("tantivy")
        except ImportError as error:
            raise Unavailable(f"cannot be imported ({error})") from error
        builder = self._tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("terms", tokenizer_name="terms", index_option="freq")
        for column in ("site", "category", "author"):
            builder.add_text_field(column, fast=True, tokenizer_name="raw", index_option="basic")
        for column in ("votes", "year", "best"):
            builder.add_integer_field(column, fast=True)
        self._schema = builder.build()

    def _index(self, folder: Path) -> Any:
        folder.mkdir(parents=True, exist_ok=True)
        index = self._tantivy.Index(self._schema, path=str(folder))
        splitter = self._tantivy.TextAnalyzerBuilder(self._tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer("terms", splitter)
        return index

    def write(self, folder: Path, entries: Iterator[Entry]) -> None:
        writers = {
            kind: self._index(folder / kind).writer(heap_size=64_000_000, num_threads=1) for kind in ("answer", "thread")
        }
        for entry in entries:
            values = {name: value for name, value in entry._asdict().items() if name != "kind" and value is not None}
            writers[entry.kind].add_document(self._tantivy.Document(**values))
        for writer in writers.values():
            writer.commit()
            writer.wait_merging_threads()

    def open(self, folder: Path) -> Callable[[Query], Found]:
        searchers = [self._index(folder / kind).searcher() for kind in ("answer", "thread")]
        query_class, should = self._tantivy.Query, self._tantivy.Occur.Should

        def search(asked: Query) -> Found:
            parts = [(should, query_class.term_query(self._schema, "terms", term, "freq")) for term in _said(asked)]
            wanted = query_class.boolean_query(parts)
            return [[s.doc(place)["id"][0] for _, place in s.search(wanted, TOP, count=False).hits] for s in searchers]

        return search


class Fts5:
    """Two contentless FTS5 tables, and a plain one with the columns."""

    def write(self, folder: Path, entries: Iterator[Entry]) -> None:
        folder.mkdir(parents=True)
        with closing(sqlite3.connect(folder / "fts5.sqlite")) as database, database:
            for kind in ("answer", "thread"):
                # Everything but spaces belongs to a word: what is not ASCII does so anyway, and these occur in terms.
                try:
                    database.execute(
                        f"""CREATE VIRTUAL TABLE {kind} USING fts5(terms, content='', tokenize="ascii tokenchars '+#'")"""
                    )
                except sqlite3.OperationalError as error:
                    raise Unavailable(f"cannot be used ({error})") from error
            database.execute(
                "CREATE TABLE document (number INTEGER PRIMARY KEY, id, kind, site, category, author, votes, year, best)"
            )
            for number, entry in enumerate(entries):
                database.execute("INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (number, *entry[:-1]))
                database.execute(f"INSERT INTO {entry.kind} (rowid, terms) VALUES (?, ?)", (number, entry.terms))

    def open(self, folder: Path) -> Callable[[Query], Found]:
        database = sqlite3.connect(folder / "fts5.sqlite")

        def search(asked: Query) -> Found:
            wanted = " OR ".join(f'"{term}"' for term in _said(asked))
            return [
                [
                    name
                    for (name,) in database.execute(
                        f"""SELECT document.id FROM (SELECT rowid, rank FROM {kind} WHERE {kind} MATCH ? ORDER BY rank LIMIT ?) AS hit
                            JOIN document ON number = hit.rowid ORDER BY hit.rank""",
                        (wanted, TOP),
                    )
                ]
                for kind in ("answer", "thread")
            ]

        return search


def _said(asked: Query) -> list[str]:
    """The terms of a question, as often as they weigh."""
    return [term for term, weight in asked.terms for _ in range(int(weight))]


PEERS: Final[dict[str, Callable[[], Peer]]] = {
    "whoosh": lambda: Ours("whoosh"),
    "tantivy": lambda: Ours("tantivy"),
    "raw": Tantivy,
    "fts5": Fts5,
}


# The steps, each done by a fresh process


def prepare(folder: Path, answers: int, questions: int, seed: int) -> dict[str, Any]:
    """Write the archive, its analysed documents and the questions."""
    counts: Counter[str] = Counter()
    with (
        (folder / "posts.jsonl").open("w", encoding="utf-8") as posts,
        (folder / "documents.tsv").open("w", encoding="utf-8") as table,
    ):
        for number, thread in enumerate(synthetic.threads(answers, seed)):
            header, *lines = jsonl.write(thread)
            posts.writelines(lines if number else [header, *lines])
            counts.update(post.kind for post in thread)
            for entry in documents.of_thread(Thread(thread[0].id, thread[0], tuple(thread[1:]), {})):
                counts["documents"] += 1
                table.write("\t".join("" if field is None else str(field) for field in Entry.of(entry)) + "\n")
    asked = synthetic.questions(questions + WARM_UP, counts["question"], seed)
    (folder / "questions.txt").write_text("\n".join(asked), "utf-8")
    return {
        "answers": counts["answer"],
        "threads": counts["question"],
        "documents": counts["documents"],
        "archive_bytes": (folder / "posts.jsonl").stat().st_size,
    }


def build_askive(folder: Path, library: Path, engine: str) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        build(library, [folder / "posts.jsonl"], engine=engine)
    except NotInstalled as error:
        raise Unavailable(str(error)) from error
    took = time.perf_counter() - started
    index = sum(path.stat().st_size for path in (library / "index").rglob("*") if path.is_file())
    return {
        "build_s": took,
        "store_bytes": sum(path.stat().st_size for path in library.glob("library.sqlite*")),
        "index_bytes": index,
    }


def ask_askive(folder: Path, library: Path, engine: str) -> dict[str, Any]:
    opened = Library(library)
    return _latencies(_questions(folder), lambda text: [[found.answer.id for found in opened.ask(text, n=TOP).answers]])


def build_bare(folder: Path, index: Path, name: str) -> dict[str, Any]:
    peer = PEERS[name]()
    started = time.perf_counter()
    peer.write(index, _entries(folder))
    took = time.perf_counter() - started
    return {"build_s": took, "index_bytes": sum(path.stat().st_size for path in index.rglob("*") if path.is_file())}


def ask_bare(folder: Path, index: Path, name: str) -> dict[str, Any]:
    search = PEERS[name]().open(index)
    return _latencies([query.parse(text) for text in _questions(folder)], search)


def _latencies(asked: Sequence[Any], answer: Callable[[Any], Found]) -> dict[str, Any]:
    """Milliseconds that questions take, the first few apart, and which answers came first."""
    took: list[float] = []
    found: list[list[str]] = []
    for question in asked:
        started = time.perf_counter()
        answers = answer(question)[0]
        took.append((time.perf_counter() - started) * 1000)
        found.append(answers)
    cuts = quantiles(took[WARM_UP:], n=100, method="inclusive")
    return {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98], "found": found[WARM_UP:]}


def _questions(folder: Path) -> list[str]:
    return (folder / "questions.txt").read_text("utf-8").splitlines()


def _entries(folder: Path) -> Iterator[Entry]:
    """The analysed documents, one by one. Reading them costs little, since it is part of every bare engine's time."""
    with (folder / "documents.tsv").open(encoding="utf-8") as table:
        for line in table:
            name, kind, site, category, author, votes, year, best, terms = line.rstrip("\n").split("\t")
            numbers = int(votes) if votes else None, int(year) if year else None, int(best)
            yield Entry(
                name, "answer" if kind == "answer" else "thread", site, category or None, author or None, *numbers, terms
            )


# The run


def measure(row: Row, folder: Path) -> dict[str, Any]:
    """One round of a row: build, cold starts, questions."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        made = Path(place) / "made"
        try:
            built = fresh(build_bare if row.bare else build_askive, folder, made, row.name)
        except Unavailable as error:
            return {"unavailable": str(error)}
        cold = {} if row.bare else {"cold_ms": _cold_start(made, _questions(folder)[:COLD_STARTS])}
        asked = fresh(ask_bare if row.bare else ask_askive, folder, made, row.name)
    return built | cold | asked | {"build_peak_bytes": built["peak_bytes"], "ask_peak_bytes": asked["peak_bytes"]}


def _cold_start(library: Path, asked: Sequence[str]) -> float:
    """Milliseconds from nothing to printed answers: the command in a new process, the median of several questions."""
    took = []
    for text in asked:
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "indexer", "ask", "--library", str(library), "--json", text],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        took.append((time.perf_counter() - started) * 1000)
    return median(took)


def run(sizes: Sequence[int], questions: int, rounds: int, seed: int, work: Path) -> list[dict[str, Any]]:
    """All rows at all sizes, in turns."""
    started = time.monotonic()
    results = []
    for answers in sizes:
        folder = work / str(answers)
        folder.mkdir()
        about = fresh(prepare, folder, answers, questions, seed)
        runs: dict[Row, list[dict[str, Any]]] = {row: [] for row in ROWS}
        took = dict.fromkeys(ROWS, 0.0)
        for number in range(rounds):
            if number and time.monotonic() - started > BUDGET:
                break
            for row in ROWS:
                if number and (took[row] > LONG_RUN or "unavailable" in runs[row][0]):
                    continue
                begun = time.monotonic()
                runs[row].append(measure(row, folder))
                took[row] = time.monotonic() - begun
        found = [summary(row, runs[row], answers) for row in ROWS]
        reference = next(runs[row][0]["found"] for row in ROWS if row.title == "engine: Whoosh")
        for row, line in zip(ROWS, found, strict=True):
            if row.bare and "unavailable" not in line:
                line["same"] = _agreement(reference, runs[row][0]["found"])
        results.append(
            {key: value for key, value in about.items() if key != "peak_bytes"} | {"questions": questions, "rows": found}
        )
        print(table(results[-1]), flush=True)
        shutil.rmtree(folder)
    return results


def summary(row: Row, runs: Sequence[dict[str, Any]], answers: int) -> dict[str, Any]:
    """A row's medians over its rounds."""
    line: dict[str, Any] = {"row": row.title, "rounds": len(runs)}
    if "unavailable" in runs[0]:
        return line | {"unavailable": runs[0]["unavailable"]}
    figures = [name for name in runs[0] if name not in {"found", "peak_bytes"}]
    line |= {name: median(run[name] for run in runs) for name in figures}
    return line | {"answers_per_s": answers / line["build_s"]}


def _agreement(reference: Found, found: Found) -> float:
    """The share of the reference's first answers that are among the first answers here: are they the same terms?"""
    return mean(len(set(ours) & set(theirs)) / len(ours) for ours, theirs in zip(reference, found, strict=True) if ours)


_COLUMNS: Final = (
    ("answers/s", "answers_per_s", 1.0, "{:,.0f}"),
    ("store MB", "store_bytes", 1e-6, "{:,.1f}"),
    ("index MB", "index_bytes", 1e-6, "{:,.1f}"),
    ("build peak MB", "build_peak_bytes", 1e-6, "{:,.0f}"),
    ("ask peak MB", "ask_peak_bytes", 1e-6, "{:,.0f}"),
    ("cold ms", "cold_ms", 1.0, "{:,.0f}"),
    ("p50 ms", "p50_ms", 1.0, "{:,.2f}"),
    ("p95 ms", "p95_ms", 1.0, "{:,.2f}"),
    ("p99 ms", "p99_ms", 1.0, "{:,.2f}"),
    ("same ten", "same", 100.0, "{:.0f} %"),
    ("rounds", "rounds", 1, "{}"),
)
_RATIOS: Final = (("answers/s", "answers_per_s"), ("index", "index_bytes"), ("p50", "p50_ms"), ("p95", "p95_ms"))


def table(size: dict[str, Any]) -> str:
    """The figures of one size, and their ratios to those of the rows to compare with."""
    lines = [
        f"\n{size['answers']:,} answers in {size['threads']:,} threads ({size['archive_bytes'] / 1e6:.1f} MB), {size['questions']} questions",
        "".join([f"{'':<22}", *(f"{title:>15}" for title, *_ in _COLUMNS)]),
    ]
    by_title = {line["row"]: line for line in size["rows"]}
    for line in size["rows"]:
        if "unavailable" in line:
            lines.append(f"{line['row']:<22}  {line['unavailable']}")
            continue
        cells = [form.format(line[key] * factor) if key in line else "–" for _, key, factor, form in _COLUMNS]
        lines.append("".join([f"{line['row']:<22}", *(f"{cell:>15}" for cell in cells)]))
    bases = [(letter, by_title[title]) for title, letter in BASES.items() if "unavailable" not in by_title[title]]
    lines.append(
        "".join([f"{'ratio to':<22}", *(f"{f'{title} /{letter}':>15}" for letter, _ in bases for title, _ in _RATIOS)])
    )
    for line in size["rows"]:
        if "unavailable" not in line:
            cells = [f"{line[key] / base[key]:,.3g}×" for _, base in bases for _, key in _RATIOS]
            lines.append("".join([f"{line['row']:<22}", *(f"{cell:>15}" for cell in cells)]))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000], help="answers of each library [1000 10000]")
    parser.add_argument("--questions", type=int, default=200, help="questions asked of each library [200]")
    parser.add_argument("--rounds", type=int, default=3, help="times that each row is measured, unless it takes long [3]")
    parser.add_argument("--seed", type=int, default=synthetic.SEED)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    arguments = parser.parse_args()
    if min([*arguments.sizes, arguments.rounds]) < 1 or arguments.questions < 2:
        parser.error("there must be something to measure: sizes and rounds from 1, questions from 2")
    about = {"date": date.today().isoformat(), **machine(("whoosh3", "tantivy"))}
    named = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    print(f"Askive's speed on {about['date']}: {about['system']}, {about['cores']} cores, {named}")
    with tempfile.TemporaryDirectory() as work:
        results = run(arguments.sizes, arguments.questions, arguments.rounds, arguments.seed, Path(work))
    print(
        f"\n/{', /'.join(f'{letter}: to {title}' for title, letter in BASES.items())}. Rates: more is better; the rest: less is."
    )
    print("same ten: how much of Whoosh's first ten answers the bare engine has among its own.")
    if arguments.json:
        arguments.json.write_text(json.dumps({**about, "seed": arguments.seed, "sizes": results}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
