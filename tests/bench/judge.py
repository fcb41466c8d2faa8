"""Is the ranking any good? Builds a library from each judged set, asks every question of it, and prints the usual measures.

    python tests/bench/judge.py SET... [--engine memory] [--dial 0.5]

A set is a folder with `corpus.jsonl.gz` (an answer a line: answer_id, thread_id, title, question, answer, votes, and maybe
author, date, category), `queries.jsonl` (qid, text, maybe subject) and one or more `qrels*.tsv` (qid, answer_id, grade). It goes
through the exchange format and the same two lines that a user's archives and questions take. Questions without a relevant
answer are left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ir_measures
from ir_measures import RR, R, nDCG

from indexer import markup
from indexer.archives import jsonl
from indexer.ask import Library
from indexer.build import build
from indexer.errors import BadQuestion
from indexer.thread import Post

MEASURES = (nDCG @ 10, RR @ 10, R @ 100)
SITE = "judged"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET")
    parser.add_argument("--engine", default="memory", help="memory (default) or whoosh; the scores are the same")
    parser.add_argument("--dial", type=float, nargs="*", default=[0.0, 0.5], help="default: 0, the text alone, and 0.5")
    arguments = parser.parse_args()
    print(f"{'set':<20} {'judgments':<20} {'question':<9} {'dial':>4} {'asked':>6}  {'nDCG@10':>8} {'MRR@10':>8} {'R@100':>8}")
    for folder in arguments.sets:
        with tempfile.TemporaryDirectory() as library:
            judge(folder, Path(library), arguments.engine, arguments.dial)


def judge(folder: Path, library: Path, engine: str, dials: list[float]) -> None:
    """Print a row for each file of judgments, form of the question and dial."""
    corpus = library / "corpus.jsonl"
    with corpus.open("w", encoding="utf-8") as file:
        file.writelines(jsonl.write(_posts(folder)))
    build(library, [corpus], engine=engine)
    opened = Library(library)
    with (folder / "queries.jsonl").open(encoding="utf-8") as file:
        queries = [json.loads(line) for line in file]
    for judgments in sorted(folder.glob("qrels*.tsv")):
        lines = (line.split("\t") for line in judgments.read_text("utf-8").splitlines())
        qrels = [ir_measures.Qrel(qid, answer, int(grade)) for qid, answer, grade in lines]
        positive = {qrel.query_id for qrel in qrels if qrel.relevance > 0}
        qrels = [qrel for qrel in qrels if qrel.query_id in positive]
        for field in ("text", "subject"):
            asked = [query for query in queries if query["qid"] in positive and query.get(field)]
            if not asked:
                continue
            for dial in dials:
                run = [hit for query in asked for hit in _run(opened, query["qid"], query[field], dial)]
                found = ir_measures.calc_aggregate(MEASURES, qrels, run)
                scores = " ".join(f"{found[measure]:8.4f}" for measure in MEASURES)
                print(f"{folder.name:<20} {judgments.name:<20} {field:<9} {dial:>4} {len(asked):>6}  {scores}", flush=True)


def _run(library: Library, qid: str, text: str, dial: float) -> Iterator[ir_measures.ScoredDoc]:
    # A judged question is plain words; its punctuation must not be taken for a filter or a phrase.
    try:
        results = library.ask(text.replace('"', " ").replace(":", " ").replace(" -", " "), n=100, dial=dial)
    except BadQuestion:
        return
    for answer in results.answers:
        # Ties in the score are broken by rank, as a reader of the page would.
        yield ir_measures.ScoredDoc(qid, answer.answer.id.partition(":")[2], -float(answer.rank))


def _posts(folder: Path) -> Iterator[Post]:
    threads: set[str] = set()
    with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row: dict[str, Any] = json.loads(line)
            thread_id = f"{SITE}:thread-{row['thread_id']}"
            if thread_id not in threads:
                threads.add(thread_id)
                yield Post(
                    id=thread_id,
                    thread_id=thread_id,
                    kind="question",
                    site=SITE,
                    title=row["title"],
                    category=row.get("category"),
                    body=markup.from_text(row["question"]),
                )
            written = row.get("date")
            yield Post(
                id=f"{SITE}:{row['answer_id']}",
                thread_id=thread_id,
                kind="answer",
                site=SITE,
                position=len(threads),
                author=row.get("author"),
                written=datetime.fromisoformat(written).replace(tzinfo=UTC) if written else None,
                votes=row["votes"],
                body=markup.from_text(row["answer"]),
            )


if __name__ == "__main__":
    main()
