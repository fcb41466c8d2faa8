"""Where does the time of reading and storing go?

    python tests/bench/profiling.py [--families stackexchange reddit] [--posts 50000] [--step store|read|build] [--top 25] [--seed 1]

Some hundred times a second of processor time it is noted where the program is. What libraries do counts for the function of
Askive's that called them. "self" is what a function does without other functions of Askive's, "with" is together with them.
Only the process itself is looked at: what other processes do is not here.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

import reading
import streams
import synthetic
from dumps import FAMILIES
from processes import fresh

import indexer

EVERY: Final = 0.004
"""Seconds of processor time between two looks."""

HOME: Final = str(Path(indexer.__file__).parent) + "/"
STEPS: Final[dict[str, Callable[[str, Path, Path], dict[str, Any]]]] = {
    "read": reading.read,
    "store": reading.store,
    "build": lambda _name, folder, library: streams.whole_build(folder, library),
}


def profiled(step: str, name: str, folder: Path, library: Path) -> dict[str, Any]:
    """A step's looks: how often each function was the innermost of Askive's, and how often it was anywhere on the way."""
    innermost: Counter[str] = Counter()
    anywhere: Counter[str] = Counter()

    def look(_signal: int, frame: FrameType | None) -> None:
        way = []
        while frame:
            code = frame.f_code
            if code.co_filename.startswith(HOME):
                way.append(f"{code.co_filename.removeprefix(HOME)} {code.co_qualname}")
            frame = frame.f_back
        innermost[way[0] if way else "(elsewhere)"] += 1
        anywhere.update(set(way))

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        found = STEPS[step](name, folder, library)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {"innermost": innermost, "anywhere": anywhere, "cpu_s": found["cpu_s"]}


def table(name: str, step: str, posts: int, found: dict[str, Any], top: int) -> str:
    innermost, anywhere = found["innermost"], found["anywhere"]
    looks = innermost.total() or 1
    rooms: Counter[str] = Counter()
    for function, count in innermost.items():
        rooms[function.partition(" ")[0]] += count
    lines = [
        f"\n{name}, {step}: {posts:,} posts, {found['cpu_s']:.1f} s of processor time, {looks:,} looks",
        f"{'self':>7}{'with':>7}",
    ]
    lines += [
        f"{count / looks:>7.1%}{anywhere[function] / looks:>7.1%}  {function}" for function, count in innermost.most_common(top)
    ]
    lines += ["by room", *(f"{count / looks:>7.1%}         {room}" for room, count in rooms.most_common(12))]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=["stackexchange", "reddit"], metavar="NAME")
    parser.add_argument("--posts", type=int, default=50_000)
    parser.add_argument("--step", choices=STEPS, default="store", help="read, read and store, or the whole build [store]")
    parser.add_argument("--top", type=int, default=25, help="functions that are shown [25]")
    parser.add_argument("--seed", type=int, default=synthetic.SEED)
    arguments = parser.parse_args()
    for name in arguments.families:
        with tempfile.TemporaryDirectory() as place:
            work = Path(place)
            fresh(reading.write, name, work / "dump", arguments.posts, arguments.seed)
            found = fresh(profiled, arguments.step, name, work / "dump", work / "library")
        print(table(name, arguments.step, arguments.posts, found, arguments.top), flush=True)


if __name__ == "__main__":
    main()
