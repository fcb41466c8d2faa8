"""How is work spread over the machine's processors? Functions of this package, run by other processes, in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

_AHEAD: Final = 2
"""Calls for each process that wait for it: enough to keep it busy, few enough to keep memory flat."""


class Processes:
    """Up to `number` processes, started when there is work for them. With one, this process does the work itself."""

    def __init__(self, number: int = 0) -> None:
        """0 stands for as many as there are processors to run on."""
        self.number = number or processors()
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> Future[R]:
        """Have a function called by another process. Arguments and result travel, so both are plain data."""
        if self._pool is None:
            # A fresh interpreter: a fork of one that has threads or open databases could inherit them in any state.
            self._pool = ProcessPoolExecutor(self.number, multiprocessing.get_context("spawn"), _begin)
        try:
            return self._pool.submit(function, *arguments, **named)
        except BrokenExecutor:
            self.stop()
            return self.submit(function, *arguments, **named)

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """The function's results for some items, in their order. Items are taken a few ahead, results held as few.

        What a process that was killed should have done, this one does.
        """
        if self.number == 1:
            yield from map(function, items)
            return
        waiting: deque[tuple[T, Future[R]]] = deque()
        for item in items:
            waiting.append((item, self.submit(function, item)))
            if len(waiting) > self.number * _AHEAD:
                yield _result(function, *waiting.popleft())
        while waiting:
            yield _result(function, *waiting.popleft())

    def stop(self) -> None:
        """End the processes, whatever they are at. More work starts new ones."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            running = list((pool._processes or {}).values())  # noqa: SLF001  # Python 3.14 has terminate_workers().
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.terminate()
            pool.shutdown(wait=True)


def _result(function: Callable[[T], R], item: T, future: Future[R]) -> R:
    try:
        return future.result()
    except BrokenExecutor:
        return function(item)


def processors() -> int:
    """How many processors there are to run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin() -> None:
    """What each process does first: leave Ctrl-C to the one that started it, and end when that one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
