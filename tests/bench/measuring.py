"""What does it take? Time, processor time and memory of a step or a command and all that it starts, within a limit of time.

Memory is that of whole trees of processes, looked at again and again: on Linux each page counts once, however many of them
share it. `peak_bytes` has everything, `own_peak_bytes` what remains without mapped files, which the system may drop at any time.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import psutil
from processes import timed

ROOT: Final = Path(__file__).resolve().parent.parent.parent
"""The project, where `python -m indexer` is the command."""

EVERY: Final = 0.2
"""Seconds between two looks at memory."""

GRACE: Final = 15.0
"""Seconds that a process has to end by itself, after it was asked to."""


class TooLong(Exception):
    """A step went over its limit and was stopped."""


class Failed(Exception):
    """A command ended with an error; the message is the end of what it said."""


def say(what: str) -> None:
    """A line of progress."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


# Memory and processors


@dataclass(slots=True)
class Memory:
    """The peaks of trees of processes over some looks, and what their processes took of processors."""

    peak: int = 0
    own: int = 0
    times: dict[int, float] = field(default_factory=dict)
    """Seconds of each process when it was last seen."""

    def look(self, roots: Iterable[int]) -> None:
        processes = tree(roots)
        found = [_memory(process) for process in processes]
        self.peak = max(self.peak, sum(whole for whole, _ in found))
        self.own = max(self.own, sum(own for _, own in found))
        for process in processes:
            with suppress(psutil.Error):
                took = process.cpu_times()
                self.times[process.pid] = took.user + took.system

    def figures(self) -> dict[str, int]:
        return {"peak_bytes": self.peak, "own_peak_bytes": self.own}


def tree(roots: Iterable[int]) -> list[psutil.Process]:
    """Processes with all that they started and that still run."""
    found: dict[int, psutil.Process] = {}
    for root in roots:
        with suppress(psutil.Error):
            first = psutil.Process(root)
            found |= {process.pid: process for process in (first, *first.children(recursive=True))}
    return list(found.values())


def _memory(process: psutil.Process) -> tuple[int, int]:
    """Bytes of a process: its share of everything, and of what is no mapped file."""
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii").splitlines()[1:]
    except OSError:
        if sys.platform == "linux":
            return 0, 0  # it has just ended
        with suppress(psutil.Error):
            return process.memory_info().rss, process.memory_info().rss
        return 0, 0
    sizes = {name: int(value.split()[0]) * 1024 for name, _, value in (line.partition(":") for line in lines)}
    return sizes.get("Pss", 0), sizes.get("Pss_Anon", sizes.get("Pss", 0)) + sizes.get("Pss_Shmem", 0)


def used(processes: Iterable[psutil.Process]) -> float:
    """Seconds of processor time that processes, and children of theirs that have ended, have taken so far."""
    total = 0.0
    for process in processes:
        with suppress(psutil.Error):
            took = process.cpu_times()
            total += took.user + took.system + took.children_user + took.children_system
    return total


@contextmanager
def watched(roots: Sequence[int]) -> Iterator[Memory]:
    """Look at the memory of trees of processes while the block runs."""
    memory, over = Memory(), threading.Event()

    def look() -> None:
        while not over.wait(EVERY):
            memory.look(roots)

    watcher = threading.Thread(target=look, daemon=True)
    memory.look(roots)
    watcher.start()
    try:
        yield memory
    finally:
        over.set()
        watcher.join()


# Ending what was started


def end(process: subprocess.Popen[Any] | BaseProcess, how: int = signal.SIGTERM) -> None:
    """Ask a process that leads a group to end, and see to it that the whole group does."""
    group = process.pid or 0
    if group <= 0:
        return
    if _running(process):
        with suppress(ProcessLookupError):
            os.kill(group, how)
        _wait(process, GRACE)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    _wait(process, GRACE)
    if isinstance(process, subprocess.Popen) and process.stdout:
        process.stdout.close()


def _running(process: subprocess.Popen[Any] | BaseProcess) -> bool:
    return process.is_alive() if isinstance(process, BaseProcess) else process.poll() is None


def _wait(process: subprocess.Popen[Any] | BaseProcess, seconds: float) -> None:
    if isinstance(process, BaseProcess):
        process.join(seconds)
    else:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)


# Commands


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed, and what it took."""

    output: str
    figures: dict[str, float]


def command(arguments: Sequence[str | Path], limit: float, **options: Any) -> Done:
    """Run a command in a group of its own; `options` are those of Popen. Raises TooLong, Failed."""
    started, used = time.perf_counter(), _used_by_ended()
    process = subprocess.Popen(
        list(map(str, arguments)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **({"cwd": ROOT} | options),
    )
    try:
        with watched([process.pid]) as memory:
            output, errors = process.communicate(timeout=limit)
            took = time.perf_counter() - started
    except subprocess.TimeoutExpired as error:
        raise TooLong(f"stopped after {limit:,.0f} s") from error
    finally:
        end(process)
    if process.returncode:
        raise Failed(errors.strip()[-400:] or f"ended with {process.returncode}")
    # The system's sum lacks what nobody waited for, ours the last moments of each process.
    cpu = max(_used_by_ended() - used, sum(memory.times.values()))
    return Done(output, {"took_s": took, "cpu_s": cpu, **memory.figures()})


def _used_by_ended() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# Steps


@dataclass(slots=True)
class Worker:
    """A process of its own that runs a function, which gets the connection to us as its first argument."""

    process: BaseProcess
    connection: Connection
    memory: Memory = field(default_factory=Memory)

    @classmethod
    def start(cls, function: Callable[..., None], *arguments: object) -> Worker:
        here, there = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=_led, args=(function, there, *arguments))
        process.start()
        there.close()
        return cls(process, here)

    def receive(self, limit: float) -> Any:
        """What it sends next; an exception that it sends is raised. Raises TooLong, Failed."""
        try:
            if not self.connection.poll(limit):
                raise TooLong(f"stopped after {limit:,.0f} s")
            found = self.connection.recv()
        except EOFError as error:
            raise Failed("its process ended in the middle") from error
        if isinstance(found, Exception):
            raise found
        return found

    def end(self) -> None:
        self.connection.close()
        end(self.process)


def _led(function: Callable[..., None], connection: Connection, *arguments: object) -> None:
    """Run a function in a group of its own. Ctrl-C reaches the bench itself, which then ends this process."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # some libraries print what they do
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # at once, since the bench itself clears up
    try:
        function(connection, *arguments)
    except EOFError:
        pass  # nobody wants more
    except Exception as error:  # noqa: BLE001  # it is told where it is waited for
        connection.send(error if isinstance(error, (TooLong, Failed)) else _portable(error))


def _portable(error: Exception) -> Exception:
    """An error that another process can have: those of some libraries cannot be pickled."""
    own = getattr(error, "portable", False)
    return error if own else Failed(f"{type(error).__name__}: {error}"[:400])


def step(
    function: Callable[..., dict[str, Any]], *arguments: object, limit: float, servers: Sequence[int] = ()
) -> dict[str, Any]:
    """What a function finds in a process of its own, and what it took.

    With `servers`, their memory is what counts, without the process's own; their processor time counts beside it.
    Raises TooLong, Failed, and what the function raises.
    """
    before = used(tree(servers))
    worker = Worker.start(_once, function, *arguments)
    try:
        with watched(servers or [worker.process.pid or 0]) as memory:
            found: dict[str, Any] = worker.receive(limit)
    finally:
        worker.end()
    found["cpu_s"] += used(tree(servers)) - before
    return found | memory.figures()


def _once(connection: Connection, function: Callable[..., dict[str, Any]], *arguments: object) -> None:
    took: dict[str, Any] = {}
    with timed(took):
        found = function(*arguments)
    connection.send(took | found)


# Figures


def spread(took: Sequence[float]) -> dict[str, float]:
    """Percentiles of some times in milliseconds."""
    if len(took) == 1:
        return dict.fromkeys(("p50_ms", "p95_ms", "p99_ms"), took[0])
    cuts = quantiles(took, n=100, method="inclusive")
    return {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98]}


def on_disk(*places: Path) -> int:
    """Bytes of files and of folders with all that is in them; what has several names counts once."""
    files = [path for place in places for path in ([place] if place.is_file() else place.rglob("*")) if path.is_file()]
    return sum({(found.st_dev, found.st_ino): found.st_size for found in (path.stat() for path in files)}.values())
