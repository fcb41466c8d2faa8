"""How fast is it, and how large? Askive and what people use in its place, on the same texts and questions, in one run.

    python tests/bench/speed.py [--sizes 10000 100000] [--peers askive-tantivy raw …] [--questions 200] [--rounds 3] [--out FOLDER]

A build begins with the posts in one file and ends when they can be searched and are safe on disk. Askive reads the exchange
format, cleans, merges, stores, relates, indexes and checks; it is asked in three ways: `ask` is `Library.ask` in a process, ten
answers with snippets and all that is said of them; `api` and `page` are the same through `askive serve`, as JSON and as the page
of results. The others get the posts parsed, or bare engines the terms of the house; each gives its ten best posts for any of the
words (small words left out), with their texts where it has them; Kiwix gives pages that have all words. See `peers/`.

Every build, and everyone who asks, is a process of its own. All are open at the same time and get each question in turns. Cold
starts are from a new process to its first answer, its files still in the system's cache. Eight users ask without a pause.
Memory is that of whole trees of processes: see `measuring.py`. Figures are medians over rounds; what takes long has only one.

A peer that this machine lacks, and one that would take too long, is a row that says so. The figures are written to a JSON file,
a table for the manual and a picture. A million answers need 15 GB in the system's temporary folder (TMPDIR names another).
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final, NoReturn

import asking
import chart
import growth
import peers
import reporting
import synthetic
import texts as given
from asking import Built
from measuring import ROOT, Failed, say, step
from peers import Unavailable
from processes import machine

LONG_BUILD: Final = 30.0
"""Seconds after which a build is not repeated."""

BEGIN: Final = 7200.0
"""Seconds that writing the texts may take."""


def run(arguments: argparse.Namespace, about: dict[str, Any], work: Path) -> None:
    """All peers at all sizes; smaller ones tell which would take too long. What there is is kept after each size."""
    results: list[dict[str, Any]] = []
    for answers in sorted(arguments.sizes):
        folder = work / str(answers)
        folder.mkdir()
        results.append(_size(arguments, answers, folder, results[-1] if results else None))
        print(reporting.tables(results[-1]), flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        figures = about | {"sizes": results}
        (arguments.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
        (arguments.out / "speed.md").write_text(reporting.manual(figures), "utf-8")
        (arguments.out / "speed.svg").write_text(chart.draw(figures), "utf-8")
    print(reporting.closing(about | {"sizes": results}), flush=True)


def _size(arguments: argparse.Namespace, answers: int, folder: Path, before: dict[str, Any] | None) -> dict[str, Any]:
    say(f"{answers:,} answers: writing the texts")
    texts = folder / "texts"
    texts.mkdir()
    amounts = arguments.questions, arguments.seed, arguments.additions, arguments.each
    about = step(given.prepare, texts, answers, *amounts, limit=BEGIN)
    size: dict[str, Any] = {key: about[key] for key in ("answers", "threads", "documents", "questions", "archive_bytes")}
    rows = {name: _row(name) for name in arguments.peers}
    builds = _builds(arguments, rows, texts, folder, size, before)
    for built in builds:
        rows[built.name] |= _attempt("cold_ms", asking.cold_start, built, texts, arguments.rounds)
    say(f"  asking {', '.join(built.peer.title for built in builds)}")
    with ExitStack() as stack:
        askers, servers = asking.series(builds, texts, arguments.rounds, stack)
        for built in builds:
            _asked(built, [asker for asker in askers if asker.built is built], servers.get(built.name), rows, texts)
    size["rows"] = list(rows.values())
    library = next((built.folder for built in builds if built.name == growth.NAME), None)
    if library and arguments.additions:
        say(f"  {arguments.additions} additions of {arguments.each:,} answers")
        size |= _attempt("growth", growth.grow, library, texts, folder, arguments.additions, _limit(arguments, growth.NAME))
        size["growth"]["each"] = arguments.each
    return size


def _attempt(name: str, function: Callable[..., Any], *given_to_it: Any) -> dict[str, Any]:
    """What a step found, under a name. One that fails says so and costs no other its figures."""
    try:
        found = function(*given_to_it)
    except Exception as error:  # noqa: BLE001  # after hours, nothing may be lost
        say(f"  failed: {error}")
        return {name: {"failed": str(error)}}
    return {} if found is None else {name: found}


def _row(name: str) -> dict[str, Any]:
    row = {"name": name, "title": peers.load(name).title}
    try:
        step(peers.checked, name, limit=60)
    except (Unavailable, Failed) as error:
        row["unavailable"] = str(error)
    return row


def _limit(arguments: argparse.Namespace, name: str) -> float:
    return float(60 * arguments.minutes * peers.load(name).patience)


def _builds(
    arguments: argparse.Namespace,
    rows: dict[str, dict[str, Any]],
    texts: Path,
    folder: Path,
    size: dict[str, Any],
    before: dict[str, Any] | None,
) -> list[Built]:
    """Build everything that can be, in turns; the last of a peer's builds is the one that is asked."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in rows}
    for turn in range(arguments.rounds):
        for name, row in rows.items():
            if "unavailable" in row or (turn and found[name][-1]["took_s"] > LONG_BUILD):
                continue
            limit, expected = _limit(arguments, name), _expected(name, size["answers"], before)
            if expected > limit:
                row["unavailable"] = f"left out: a build would take about {expected / 60:,.0f} minutes"
                continue
            say(f"  building {row['title']}" + (f", round {turn + 1}" if turn else ""))
            shutil.rmtree(folder / name, ignore_errors=True)
            built = _attempt("figures", peers.load(name).build, texts, folder / name, limit)["figures"]
            if "failed" in built:
                row["unavailable"] = f"its build failed: {built['failed']}"
            found[name].append(built)
    for name, runs in found.items():
        if "unavailable" not in rows[name]:
            figures = {key: median(each[key] for each in runs) for key, value in runs[0].items() if not isinstance(value, str)}
            figures |= {"rounds": len(runs), "posts_per_s": (size["answers"] + size["threads"]) / figures["took_s"]}
            rows[name]["build"] = figures
    return [Built(name, peers.load(name), folder / name) for name, row in rows.items() if "build" in row]


def _expected(name: str, answers: int, before: dict[str, Any] | None) -> float:
    """Seconds that a build may take, by the next smaller size; 0 where there is none to tell."""
    row = next((row for row in before["rows"] if row["name"] == name), {}) if before else {}
    if before and "build" in row:
        return float(row["build"]["took_s"] * answers / before["answers"])
    return float("inf") if before and "left out" in row.get("unavailable", "") else 0.0


def _asked(
    built: Built, askers: Sequence[asking.Asker], server: peers.Served | None, rows: dict[str, dict[str, Any]], texts: Path
) -> None:
    """Enter what a peer's askers found into its row, and what many users do to its server."""
    row = rows[built.name]
    row["ways"] = {asker.way: asker.figures() for asker in askers}
    peaks = [asker.memory for asker in askers if not asker.server]
    if server:
        row["serve_cold_ms"] = server.cold_ms
        served = [asker.memory for asker in askers if asker.server]
        for way in built.peer.crowded:
            say(f"  {asking.USERS} users ask {built.peer.title} ({way})")
            row["ways"][way] |= _attempt("crowd", asking.crowd, built, way, server, texts)
        crowds = [row["ways"][way]["crowd"] for way in built.peer.crowded]
        row["serve_peak_bytes"] = max([memory.peak for memory in served] + [each.get("peak_bytes", 0) for each in crowds])
        row["serve_own_bytes"] = max([memory.own for memory in served] + [each.get("own_peak_bytes", 0) for each in crowds])
    if peaks:
        row["ask_peak_bytes"] = max(memory.peak for memory in peaks)
        row["ask_own_bytes"] = max(memory.own for memory in peaks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="answers [10000 100000]")
    parser.add_argument("--peers", nargs="+", choices=peers.NAMES, default=list(peers.NAMES), metavar="NAME")
    parser.add_argument("--questions", type=int, default=200, help="questions asked of each [200]")
    parser.add_argument("--rounds", type=int, default=3, help="times that everything is measured, unless it takes long [3]")
    parser.add_argument("--minutes", type=float, default=10, help="minutes that a build of other than Askive's may take [10]")
    parser.add_argument("--additions", type=int, default=50, help="further archives that a library is given one by one [50]")
    parser.add_argument("--each", type=int, default=1000, help="answers of each of them [1000]")
    parser.add_argument("--seed", type=int, default=synthetic.SEED)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench", help="folder for the figures [build/bench]")
    arguments = parser.parse_args()
    if min([*arguments.sizes, arguments.rounds]) < 1 or arguments.questions < 2:
        parser.error("there must be something to measure: sizes and rounds from 1, questions from 2")
    signal.signal(signal.SIGTERM, _interrupted)
    about = {"date": date.today().isoformat(), **machine(("whoosh3", "tantivy", "libzim", "psycopg")), "seed": arguments.seed}
    arguments.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="askive-bench-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o711)  # a server that runs as somebody else has to get through
        try:
            run(arguments, about, Path(place))
        except KeyboardInterrupt:
            say("interrupted; everything that was started is stopped, and what was written for it is deleted")
            raise SystemExit(130) from None
    say(f"done in {(time.monotonic() - started) / 60:.0f} minutes; figures, table and picture are in {arguments.out}")


def _interrupted(_number: int, _frame: object) -> NoReturn:
    """SIGTERM means what Ctrl-C means."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
