"""What does search by meaning cost? Encoding, disk, time of a question, memory, and whether the nearest are the nearest.

    python tests/bench/meaning.py MODEL [--threads 100000 400000] [--encoded 300] [--json]

MODEL is a package or a folder, as for `askive model add`. Rates are of synthetic threads, which are as long as real ones. Large numbers
of vectors are made of real ones, with noise, since encoding so many would take hours; they lie on disk and are searched as any.
A question's time is what it takes more than one by words alone: to be encoded, compared with every thread, and the nearest picked.
All times are of one processor, by its own clock, so that other work on the machine counts little.
Recall is of the hundred nearest by exact cosines of 32-bit numbers. Each size is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is there

import numpy as np
import processes
import synthetic

from indexer import encoding
from indexer.errors import AskiveError
from indexer.meaning import models, nearest, vectors
from indexer.meaning.models import TIERS, Model, Tier
from indexer.meaning.transformer import Matrix, unit
from indexer.meaning.vectors import Stored

QUESTIONS = 40
NEAREST = 100
NOISE = 0.9
"""Length of what is added to a real vector of length 1 to make another: cosines around .74."""


def texts(count: int) -> list[str]:
    """What is encoded of synthetic threads."""
    found = []
    for number in range(count):
        asked = synthetic.thread(number)[0]
        found.append(encoding.text(asked.title or "", asked.body))
    return found


def encode(library: Path, tier: Tier, count: int) -> dict[str, Any]:
    """Threads a second."""
    model = open_model(library)
    said = texts(count)
    model.encode(said[:8], tier)
    found: dict[str, Any] = {"threads": count}
    with processes.timed(found):
        for first in range(0, count, encoding.BATCH[tier]):
            model.encode(said[first : first + encoding.BATCH[tier]], tier)
    found["rate"] = count / found["cpu_s"]
    found["bytes_a_thread"] = vectors.row_type(model.dimensions(tier)).itemsize + 8
    return found


def open_model(library: Path) -> Model:
    model = models.load(library)
    if model is None:
        raise SystemExit("there is no model")
    return model


def made(real: Matrix, count: int, seed: int) -> Matrix:
    """Vectors like real ones."""
    chance = np.random.default_rng(seed)
    noise = chance.normal(0, NOISE / real.shape[1] ** 0.5, (count, real.shape[1])).astype(np.float32)
    return unit(real[chance.integers(0, len(real), count)] + noise)


def lay(library: Path, tier: Tier, real: Matrix, count: int) -> None:
    """Vectors of so many threads on disk."""
    model = open_model(library)
    for first in range(0, count, 50_000):
        size = min(50_000, count - first)
        keys = range(first + 1, first + 1 + size)
        Stored(library, model, tier).add(vectors.packed(keys, made(real, size, first)))
    vectors.save_keys(library, generation(count), np.random.default_rng(0).permutation(count).astype(np.uint64) + 1)


def generation(count: int) -> str:
    return f"{count:06d}-bench"


def ask(library: Path, tier: Tier, count: int) -> dict[str, Any]:
    """The time of questions, in milliseconds, and what memory grew by."""
    before, mapped = resident()
    keys = vectors.load_keys(library, generation(count))
    assert keys is not None
    meaning = nearest.Meaning(library, open_model(library), keys, [tier])
    questions = synthetic.questions(QUESTIONS, count)
    rows = np.arange(0, count, max(1, count // 600))
    took = []
    for number, question in enumerate(questions):
        started = time.thread_time()
        for near in meaning.near(question):
            near.nearest(30, 0.2)
            near.likeness(rows)
        if number >= 3:
            took.append((time.thread_time() - started) * 1000)
    return {"median_ms": statistics.median(took), "best_ms": min(took), **grown(before, mapped)}


def recall(library: Path, tier: Tier, count: int) -> dict[str, Any]:
    """How many of the nearest by exact cosines are among the nearest as they are found."""
    keys = vectors.load_keys(library, generation(count))
    assert keys is not None
    model = open_model(library)
    threads = nearest.Threads(keys, Stored(library, model, tier))
    real = model.encode(texts(REAL[tier]), tier)
    exact = np.concatenate([made(real, min(50_000, count - first), first) for first in range(0, count, 50_000)])
    shares = []
    for asked in made(real, QUESTIONS, 77):
        best = np.argpartition(-(exact @ asked), NEAREST)[:NEAREST] + 1
        found = keys[nearest.Near(threads, asked[None], 1.0).nearest(NEAREST, 0.0)]
        shares.append(np.isin(best, found).mean())
    return {"recall": float(np.mean(shares))}


REAL: dict[Tier, int] = {"static": 5000, "full": 300}
"""Real vectors that others are made of."""


def resident() -> tuple[int, int]:
    """Bytes of this process in memory, and how many of them are of files, which the system takes back when it needs room."""
    with Path("/proc/self/statm").open() as file:
        _, all_pages, of_files, *_ = file.read().split()
    return int(all_pages) * 4096, int(of_files) * 4096


def grown(before: int, mapped: int) -> dict[str, int]:
    """What memory grew by since then."""
    now, of_files = resident()
    return {"grown_bytes": now - before, "mapped_bytes": of_files - mapped}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--threads", nargs="*", type=int, default=[100_000, 400_000], metavar="N")
    parser.add_argument("--encoded", type=int, default=300, metavar="N", help="threads encoded in full to measure the rate")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found: dict[str, Any] = {"machine": processes.machine(["numpy", "numkong", "tokenizers", "safetensors"])}
    with tempfile.TemporaryDirectory(prefix="askive-meaning-") as scratch:
        library = Path(scratch)
        started = time.process_time()
        try:
            card = models.add(library, arguments.model, lambda *_: None)
        except AskiveError as error:
            sys.exit(f"meaning: {error}")
        found["model"] = {"name": card.name, "bytes": card.bytes, "added_s": time.process_time() - started}
        say(arguments, f"{card.name}: {card.bytes / 1e6:.0f} MB, added in {found['model']['added_s']:.0f} s")
        model = open_model(library)
        for tier in TIERS:
            row = found[f"encode {tier}"] = processes.fresh(
                encode, library, tier, arguments.encoded * (20 if tier == "static" else 1)
            )
            say(arguments, f"{tier:<7} {row['rate']:>9,.0f} threads a second, {row['bytes_a_thread']} bytes each")
            real = model.encode(texts(REAL[tier]), tier)
            for count in arguments.threads:
                (library / vectors.FOLDER / f"{tier}.rows").unlink(missing_ok=True)
                lay(library, tier, real, count)
                row = found[f"{tier} {count}"] = processes.fresh(ask, library, tier, count) | processes.fresh(
                    recall, library, tier, count
                )
                say(
                    arguments,
                    f"{tier:<7} {count:>9,} threads: a question +{row['median_ms']:.1f} ms (at best {row['best_ms']:.1f}),"
                    f" memory +{row['grown_bytes'] / 1e6:.0f} MB, {row['mapped_bytes'] / 1e6:.0f} of them mapped files, recall@{NEAREST} {row['recall']:.4f}",
                )
    if arguments.json:
        print(json.dumps(found, indent=1))


def say(arguments: argparse.Namespace, line: str) -> None:
    if not arguments.json:
        print(line, flush=True)


if __name__ == "__main__":
    main()
