"""How soon is something to be seen? First paint of pages over loopback, in Chromium, at 100,000 answers.

    python -m tests.browser.paint [--answers 100000] [--rounds 15] [--seed 1] [--library DIR]

Every visit is a new one, with nothing kept from before. "First paint" is the browser's own first contentful paint, from the moment
it sets out; "first byte" is when the server's answer begins, so that the rest is the browser's share. Figures are medians, with the
slowest in ten beside them. A library that is named is used as it is; else one of synthetic threads is built, which takes minutes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final
from urllib.parse import quote_plus

from indexer.archives import jsonl
from indexer.library import Library
from tests.bench import synthetic

from . import chromium
from .serving import askive, served

_TIMES: Final = """
() => new Promise((resolve) => {
  const told = () => {
    const [painted] = performance.getEntriesByName("first-contentful-paint");
    const [visit] = performance.getEntriesByType("navigation");
    if (painted) resolve({paint: painted.startTime, byte: visit.responseStart, done: visit.loadEventEnd});
    else requestAnimationFrame(told);
  };
  told();
})
"""


def _write(folder: Path, answers: int, seed: int) -> int:
    """An archive of synthetic threads; how many there are."""
    threads = 0
    with (folder / "posts.jsonl").open("w", encoding="utf-8") as archive:
        for threads, thread in enumerate(synthetic.threads(answers, seed), 1):
            header, *lines = jsonl.write(thread)
            archive.writelines(lines if threads > 1 else [header, *lines])
    return threads


def _addresses(library: Path, threads: int, seed: int, rounds: int) -> dict[str, list[str]]:
    asked = synthetic.questions(rounds, threads, seed)
    found = [Library(library).ask(question, n=1).answers for question in asked]
    return {
        "home": ["/"] * rounds,
        "results": [f"/search?q={quote_plus(question)}" for question in asked],
        "thread": [f"/thread/{answers[0].answer.thread_id}" for answers in found if answers],
        "top": ["/top"] * rounds,
    }


def measure(base: str, addresses: dict[str, list[str]], path: str) -> dict[str, list[dict[str, float]]]:
    """What each visit took, in milliseconds."""
    times: dict[str, list[dict[str, float]]] = {name: [] for name in addresses}
    with chromium.browser(path) as started:
        for name, visited in addresses.items():
            for address in visited:
                context = started.new_context(base_url=base, viewport={"width": 1280, "height": 800})
                page = context.new_page()
                page.goto(address)
                took: dict[str, Any] = page.evaluate(_TIMES)
                times[name].append({key: float(value) for key, value in took.items()})
                context.close()
    return times


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--answers", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=15)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--library", type=Path)
    options = asked.parse_args()
    path = chromium.find()
    if path is None:
        raise SystemExit(chromium.MISSING)
    with tempfile.TemporaryDirectory() as made:
        library = options.library or Path(made) / "library"
        if options.library:
            threads = max(1, options.answers // 12)
        else:
            threads = _write(Path(made), options.answers, options.seed)
            askive("build", f"{made}/posts.jsonl", "--library", str(library))
        with served(library) as base:
            times = measure(base, _addresses(library, threads, options.seed, options.rounds), path)
    print(f"{'page':10}{'first paint':>22}{'first byte':>22}{'all there':>22}   (ms: median, slowest in ten)")
    for name, took in times.items():
        columns = [[visit[key] for visit in took] for key in ("paint", "byte", "done")]
        cells = (f"{median(column):8.0f} {quantiles(column, n=10, method='inclusive')[-1]:8.0f}" for column in columns)
        print(f"{name:10}" + "".join(f"{cell:>22}" for cell in cells))


if __name__ == "__main__":
    main()
