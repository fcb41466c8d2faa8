"""Steps of a bench in processes of their own, and what their figures depend on."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib import metadata
from multiprocessing import get_context
from typing import Any


def fresh(step: Callable[..., dict[str, Any]], *arguments: object, data_limit: int | None = None) -> dict[str, Any]:
    """What a step finds in a process of its own, with that process's peak of memory.

    With `data_limit` the system gives the process and its children no more bytes than that each, mapped files apart.
    """
    setup = (_limit, (data_limit,)) if data_limit else (None, ())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=setup[0], initargs=setup[1]) as process:
        found = process.submit(step, *arguments).result()
        peak = process.submit(_peak).result()
    return found | {"peak_bytes": peak}


def _limit(data: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))


def _peak() -> int:
    """Bytes of this process at its largest, and of the largest of its children, which work at the same time."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(each).ru_maxrss for each in who) * (1 if sys.platform == "darwin" else 1024)


@contextmanager
def timed(found: dict[str, Any]) -> Iterator[None]:
    """Adds to `found` how long the block takes: `took_s` by the clock, `cpu_s` of processors, children included."""
    started, used = time.perf_counter(), _used()
    try:
        yield
    finally:
        found |= {"took_s": time.perf_counter() - started, "cpu_s": _used() - used}


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def machine(packages: Iterable[str]) -> dict[str, Any]:
    """What figures depend on besides the code."""
    versions = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in packages:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "absent"
    return {"system": f"{platform.system()} {platform.machine()}", "cores": os.cpu_count(), "versions": versions}
