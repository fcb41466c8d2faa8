"""How fast is each family of archives read, and in how much memory? Beside a plain loop over the same file, in one run.

    python tests/bench/reading.py [--families stackexchange reddit …] [--posts 10000] [--rounds 3] [--seed 1] [--json FILE]

Each family has three rows: the loop goes over the dump with the format's usual library and keeps nothing (the limit), `read`
makes posts of everything and drops them, `store` is a build up to the moment when all posts are in the store: read, cleaned,
merged and written, but not yet related, indexed and committed. For an Infodump, posts are its rows, and `store` is
`askive enrich` on a library of the same threads as text copies, up to the same moment.

Rates are posts per second of processor time, of all processes together: what one core does, whether or not others are busy.
Each step runs in a fresh process, whose peak memory includes Python and the imports. The steps of a family take turns, and
figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final

import synthetic
from dumps import FAMILIES
from processes import fresh, machine, timed

from indexer import archives
from indexer.archives import Report, Source
from indexer.build import Progress, build
from indexer.infodump import enrich

BUDGET: Final = 30.0
"""Seconds after which a family's next round does not begin."""

LOOPED: Final = 0.5
"""Seconds of processor time for which a plain loop is repeated, since one may be over before it is warm."""

STEPS: Final = ("loop", "read", "store")
INFODUMP: Final = "infodump"


# The steps, each done by a fresh process


def write(name: str, folder: Path, posts: int, seed: int) -> dict[str, Any]:
    """Write a dump; tells what is in it."""
    found: dict[str, Any] = {}
    with timed(found):
        found["counts"] = FAMILIES[name].write(folder, posts, seed)
    return found | {"bytes": sum(path.stat().st_size for path in files(folder))}


def loop(name: str, folder: Path, _library: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"cpu_s": 0.0}
    took = []
    while not took or sum(took) < LOOPED:
        with timed(found):
            FAMILIES[name].loop(folder)
        took.append(found["cpu_s"])
    return found | {"cpu_s": median(took)}


def read(name: str, folder: Path, _library: Path) -> dict[str, Any]:
    """Read a dump; what was found has to be what was written."""
    found: dict[str, Any] = {}
    kinds: Counter[str] = Counter()
    formats: dict[str, None] = {}
    with timed(found):
        for path in files(folder):
            report = Report()
            for post in archives.read(Source(path), report):
                kinds[post.kind] += 1
            formats |= report.formats
    questions, comments = kinds.pop("question", 0), kinds.pop("comment", 0)
    return found | {
        "counts": Counter(questions=questions, answers=kinds.total(), comments=comments),
        "formats": list(formats),
    }


def store(name: str, folder: Path, library: Path) -> dict[str, Any]:
    """Read and store a dump, or join it to a library that is there."""
    if name == INFODUMP:
        return _until_stored(lambda progress: enrich(library, folder, progress=progress))
    return _until_stored(lambda progress: build(library, [folder], engine="memory", progress=progress))


class _Stored(Exception):
    """Everything has been read and stored."""


def _until_stored(run: Callable[[Progress], object]) -> dict[str, Any]:
    def progress(step: str, _done: int, _total: int) -> None:
        if step == "Indexing":
            raise _Stored

    found: dict[str, Any] = {}
    try:
        with timed(found):
            run(progress)
    except _Stored:
        return found
    raise RuntimeError("the build ended without the step that comes after storing")


def prepare_library(folder: Path, library: Path) -> dict[str, Any]:
    build(library, [folder], engine="memory")
    return {}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


# The run


def measure(name: str, posts: int, rounds: int, seed: int, work: Path) -> dict[str, Any]:
    """All steps of a family, in turns."""
    dump, library = work / "dump", work / "library"
    written = fresh(write, name, dump, posts, seed)
    counts: Counter[str] = written["counts"]
    if name == INFODUMP:
        fresh(write, "metafilter-text", work / "copies", posts, seed)
        fresh(prepare_library, work / "copies", library)
    steps = {"loop": loop, "read": read, "store": store}
    if name == INFODUMP:
        del steps["read"]
    runs: dict[str, list[dict[str, Any]]] = {step: [] for step in steps}
    started = time.monotonic()
    for number in range(rounds):
        if number and time.monotonic() - started > BUDGET:
            break
        for step, function in steps.items():
            # A build that was stopped leaves an empty library, and one that was joined to as it was.
            runs[step].append(fresh(function, name, dump, library))
    expected = {kind: counts[kind] for kind in ("questions", "answers", "comments") if counts[kind]}
    for found in runs.get("read", ()):
        if dict(+found["counts"]) != expected or found["formats"] != [FAMILIES[name].format]:
            raise RuntimeError(f"{name}: {dict(found['counts'])} read as {found['formats']}, where {expected} were written")
    number_of = counts["rows"] or sum(expected.values())
    line: dict[str, Any] = {"family": name, "posts": number_of, "bytes": written["bytes"], "rounds": len(runs["loop"])}
    for step, found in runs.items():
        line[step] = {key: median(run[key] for run in found) for key in ("cpu_s", "took_s", "peak_bytes")}
        line[step]["posts_per_s"] = number_of / max(line[step]["cpu_s"], 1e-6)
    return line


HEAD: Final = (
    f"{'':<16}{'posts':>9}{'MB':>8} │{'loop':>9}{'read':>9}{'store':>9} posts/s │{'read':>7}{'store':>7} × loop"
    f" │{'loop':>6}{'read':>6}{'store':>6} peak MB │ rounds  the loop is of"
)


def row(line: dict[str, Any]) -> str:
    """A family's figures in a line."""
    there = [line.get(step) for step in STEPS]
    rates = "".join(f"{found['posts_per_s']:>9,.0f}" if found else f"{'–':>9}" for found in there)
    times = "".join(f"{found['cpu_s'] / line['loop']['cpu_s']:>7.1f}" if found else f"{'–':>7}" for found in there[1:])
    peaks = "".join(f"{found['peak_bytes'] / 1e6:>6.0f}" if found else f"{'–':>6}" for found in there)
    return (
        f"{line['family']:<16}{line['posts']:>9,}{line['bytes'] / 1e6:>8.1f} │{rates}         │{times}       │{peaks}         "
        f"│ {line['rounds']:>6}  {FAMILIES[line['family']].loop_is}"
    )


def run(families: Sequence[str], posts: int, rounds: int, seed: int) -> list[dict[str, Any]]:
    print(HEAD, flush=True)
    lines = []
    for name in families:
        with tempfile.TemporaryDirectory() as work:
            lines.append(measure(name, posts, rounds, seed, Path(work)))
        print(row(lines[-1]), flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES), metavar="NAME", help="[all]")
    parser.add_argument("--posts", type=int, default=10_000, help="posts of each dump [10000]")
    parser.add_argument("--rounds", type=int, default=3, help="times that each step is measured, unless it takes long [3]")
    parser.add_argument("--seed", type=int, default=synthetic.SEED)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    arguments = parser.parse_args()
    if min(arguments.posts, arguments.rounds) < 1:
        parser.error("there must be something to measure: posts and rounds from 1")
    about = {"date": date.today().isoformat(), **machine(("lxml", "nh3", "markdown-it-py", "warcio", "libzim"))}
    named = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    print(f"Reading by family on {about['date']}: {about['system']}, {about['cores']} cores, {named}")
    lines = run(arguments.families, arguments.posts, arguments.rounds, arguments.seed)
    if arguments.json:
        arguments.json.write_text(json.dumps({**about, "seed": arguments.seed, "families": lines}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
