"""Feed every reader what no one would write, and keep what it cannot take: `python -m tests.fuzz.fuzz [--seconds 20] [TARGET …]`.

Begins with the golden and broken samples. With atheris the code that an input reaches guides what is tried next; without it
(it has wheels for Linux on x86-64 only) inputs are changed blindly. Each target runs in a process of its own, so that a crash
of a library in C, or an input that takes longer than `TIME_OUT`, is a finding like any other.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

ROOT: Final = Path(__file__).resolve().parent.parent.parent
FOLDER: Final = ROOT / "build" / "fuzz"
TIME_OUT: Final = 15
"""Seconds for one input, with instrumented code on a busy machine."""

MAX_MEMORY: Final = 2_500
"""Mebibytes of a target's process."""

MINIMISING: Final = 5.0
"""Seconds that a finding is made smaller for."""

GUIDED: Final = importlib.util.find_spec("atheris") is not None


class Findings:
    """What a target could not take: one input for each place that an error came from, as small as could be made at once."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target, self.folder = target, folder
        self.runs = 0
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, data: bytes) -> None:
        self.runs += 1
        said = self._error(data)
        if said is None:
            return
        name = hashlib.sha256(_where(said).encode()).hexdigest()[:12]
        if (self.folder / name).exists():
            return
        smallest = _smaller(data, lambda less: (again := self._error(less)) is not None and _where(again) == _where(said))
        (self.folder / name).write_bytes(smallest)
        (self.folder / f"{name}.txt").write_text(self._error(smallest) or said, "utf-8")

    def _error(self, data: bytes) -> str | None:
        try:
            self.target.run(data)
        except Exception as error:  # noqa: BLE001  # That is what is looked for.
            return "".join(traceback.format_exception(error))
        return None


def _where(said: str) -> str:
    """The kind of an error and the place in the house it came from, out of its traceback."""
    places = [
        line.strip() for line in said.splitlines() if line.startswith('  File "') and ("indexer" in line or "contract" in line)
    ]
    return f"{places[-1] if places else ''} {said.rstrip().rpartition(chr(10))[2].partition(':')[0]}"


def _smaller(data: bytes, still: Callable[[bytes], bool]) -> bytes:
    """A part of an input of which the same is true, found by leaving out ever smaller pieces."""
    until, size = time.monotonic() + MINIMISING, len(data) // 2
    while size and time.monotonic() < until:
        at = 0
        while at < len(data) and time.monotonic() < until:
            less = data[:at] + data[at + size :]
            if still(less):
                data = less
            else:
                at += size
        size //= 2
    return data


# --- In the process of a target ----------------------------------------------------------------------------------------------


def run(name: str, seconds: float, folder: Path, seed: int) -> None:
    """Fuzz one target for some seconds. Ends the process early where an input kills it; that input is left in `folder`."""
    if GUIDED:
        import atheris

        instrumented: Any = atheris.instrument_imports(include=["indexer"])
    else:
        instrumented = nullcontext()
    with instrumented:
        from tests.fuzz import mutations, targets
    target = targets.find()[name]
    most = max(4_096, *(2 * len(data) for data in target.seeds))
    findings = Findings(target, folder / "findings")
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for data in target.seeds:
        (corpus / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
    if not GUIDED:
        _blindly(findings, target, most, seconds, folder, random.Random(seed))
        return

    def mutated(data: bytes, max_size: int, number: int) -> bytes:
        chance = random.Random(number)
        if chance.random() < 0.4:
            return mutations.sealed(atheris.Mutate(data, max_size))
        return mutations.mutate(data, chance, target.tokens, target.seeds, max_size)

    arguments = [
        sys.argv[0], f"-max_total_time={int(seconds)}", f"-timeout={TIME_OUT}", f"-rss_limit_mb={MAX_MEMORY}", f"-max_len={most}",
        f"-seed={seed}", f"-artifact_prefix={folder / 'findings'}/", "-print_final_stats=1", "-verbosity=1", str(corpus),
    ]  # fmt: skip
    atheris.Setup(arguments, findings, custom_mutator=mutated)
    atheris.Fuzz()


def _blindly(findings: Findings, target: Target, most: int, seconds: float, folder: Path, chance: random.Random) -> None:
    """Change seeds at random until the time is up. An input that is not done in time ends the process, as libFuzzer does."""
    from tests.fuzz import mutations

    started = time.monotonic()
    current = folder / "findings" / "timeout-or-crash"
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, lambda *_: os._exit(70))
    while time.monotonic() - started < seconds:
        data = mutations.mutate(chance.choice(target.seeds), chance, target.tokens, target.seeds, most)
        current.write_bytes(data)
        if hasattr(signal, "SIGALRM"):
            signal.alarm(TIME_OUT)
        findings(data)
    if hasattr(signal, "SIGALRM"):
        signal.alarm(0)
    current.unlink()
    print(f"stat::number_of_executed_units: {findings.runs}")


# --- In the process that starts them -----------------------------------------------------------------------------------------


def fuzz(name: str, seconds: float) -> tuple[int, list[Path]]:
    """Fuzz a target for some seconds, anew where an input killed it; gives the number of inputs and what was found."""
    folder = FOLDER / name
    shutil.rmtree(folder / "findings", ignore_errors=True)
    (folder / "findings").mkdir(parents=True)
    until = time.monotonic() + seconds
    runs, starts = 0, 0
    while (left := until - time.monotonic()) > 1 and starts < 20:
        starts += 1
        command = [sys.executable, "-m", "tests.fuzz.fuzz", "--only", json.dumps([name, left, str(folder), starts])]
        with (folder / "log.txt").open("wb") as log:
            ended = subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, check=False).returncode
        said = (folder / "log.txt").read_text("utf-8", "replace")
        runs += sum(int(line.rpartition(":")[2]) for line in said.splitlines() if "number_of_executed_units" in line)
        died = folder / "findings" / "timeout-or-crash"
        if died.exists():
            died.rename(died.with_name(f"timeout-or-crash-{starts}"))
        if ended and not any((folder / "findings").iterdir()):
            raise SystemExit(f"{name} could not be run at all:\n{said[-3000:]}")
    return runs, sorted(path for path in (folder / "findings").iterdir() if path.suffix != ".txt")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="formats, containers, infodump, tables, markup, query; all by default")
    parser.add_argument("--seconds", type=float, default=20, help="for each target (default 20)")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        name, seconds, folder, seed = json.loads(asked.only)
        run(name, seconds, Path(folder), seed)
        return 0
    from tests.fuzz import targets

    known = list(targets.find())
    if unknown := set(asked.targets) - set(known):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if not GUIDED:
        print("atheris is not installed (there is none for this platform, or not the extra `fuzz`): inputs are changed blindly")
    found: dict[str, list[Path]] = {}
    for name in asked.targets or known:
        runs, found[name] = fuzz(name, asked.seconds)
        print(f"{name:16} {runs:10,} inputs  {len(found[name])} findings", flush=True)
    for name, paths in found.items():
        for path in paths:
            print(_report(name, path))
    return int(any(found.values()))


def _report(name: str, path: Path) -> str:
    """What was found, and how it is kept from coming back."""
    said = path.with_name(f"{path.name}.txt")
    what = (
        said.read_text("utf-8").rstrip().rpartition("\n")[2][:300] if said.exists() else "took too long, or killed the process"
    )
    if name in ("markup", "query"):
        keep = f"as a case in tests/test_{name}.py"
    else:
        home = "infodump" if name == "tables" else name
        keep = (
            f"in tests/formats/{home}/broken/ under a name that says what is wrong with it,"
            f" then run `python -m tests.formats.expect --write {home}`"
        )
    return f"\n{path.relative_to(ROOT)}\n  {what}\n  Mend it, and keep it {keep}"


if __name__ == "__main__":
    sys.exit(main())
