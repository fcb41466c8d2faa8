"""Processes that answer in place of the server's own, so that questions of several readers use several processors.

The server's process listens, waits its turn, and does itself what changes something, streams, or is a mere file. What is left,
all that asks the library, goes to whichever worker is idle. Each opens the library on its own; its files are mapped, so that
most of what they hold is there once. A worker that dies is replaced, and what it should have answered the server answers.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any, Final

from indexer.library import Library
from indexer.processes import processors
from indexer.settings import Settings

from . import build_routes

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST: Final = 4
"""Workers that are started unless the settings name a number: each takes 60 MB and more of its own."""

_BEGIN: Final = ("/static/", "/favicon", build_routes.BUILD, "/api/build")
_END: Final = (".csv", ".jsonl")
"""How addresses begin and end that the server answers itself: files, builds, of which it alone knows, and what is sent piece by
piece."""

_PATIENCE: Final = 5.0
"""Seconds that a worker has to end by itself."""

_LOOK: Final = 1.0
"""Seconds after which somebody who waits looks whether there are workers still."""

log = logging.getLogger(__name__)

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status, headers and body."""


@dataclass(frozen=True, slots=True)
class _Worker:
    """A process, and the line to it."""

    process: BaseProcess
    line: Connection

    def answer(self, asked: dict[str, str]) -> Answer:
        """What it answers. Raises OSError or EOFError where it died."""
        self.line.send(asked)
        answer: Answer = self.line.recv()
        return answer

    def stop(self) -> None:
        """End it. Its line is left to whoever may be listening there at the moment."""
        self.process.terminate()
        self.process.join(_PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Workers:
    """A WSGI application that has another one's requests answered by processes that run the same one.

    They start in the background, and until one is ready the application answers itself.
    """

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._number = settings.workers or min(processors(), MOST)
        self._lock = threading.Lock()
        self._started: set[_Worker] = set()
        self._ready: set[_Worker] = set()
        self._idle: LifoQueue[_Worker] = LifoQueue()
        """The last one first: what it has just read is still at hand."""
        self._ended = False

    def start(self) -> None:
        for _ in range(self._number if self._number > 1 else 0):
            self._add()

    def stop(self) -> None:
        """End them, whatever they are at."""
        with self._lock:
            self._ended = True
            workers = list(self._started)
        for worker in workers:
            worker.stop()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        worker = self._next() if _is_question(environ["REQUEST_METHOD"], environ["PATH_INFO"]) else None
        if worker is None:
            return self._app(environ, start_response)
        try:
            status, headers, body = worker.answer({name: value for name, value in environ.items() if type(value) is str})
        except (OSError, EOFError):
            if self._drop(worker):
                log.warning("A worker ended with %s; another takes its place", worker.process.exitcode)
                self._add()
            return self._app(environ, start_response)
        self._idle.put(worker)
        start_response(status, headers)
        return [body]

    def _next(self) -> _Worker | None:
        """The next worker that is idle, as soon as one is; None where there is none at all."""
        while self._ready:
            try:
                return self._idle.get(timeout=_LOOK)
            except Empty:
                pass
        return None

    def _add(self) -> None:
        """Start a worker, which joins the others once it is ready."""
        threading.Thread(target=self._begin, daemon=True).start()

    def _begin(self) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Ctrl-C is the server's, which ends the workers. What this thread starts inherits that, but for the tracker, which
            # would be started with the first of them and undo it.
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        context = multiprocessing.get_context("spawn")
        line, its = context.Pipe()
        worker = _Worker(context.Process(target=_work, args=(self._settings, its), daemon=True), line)
        with self._lock:
            if self._ended:
                return
            worker.process.start()
            self._started.add(worker)
        its.close()
        try:
            line.recv()
        except (OSError, EOFError):
            if self._drop(worker):
                log.warning("A worker could not start; the others answer for it")
            return
        self._ready.add(worker)
        self._idle.put(worker)

    def _drop(self, worker: _Worker) -> bool:
        """Have done with a worker that died; whether that was not by the server's own end."""
        with self._lock:
            self._started.discard(worker)
            self._ready.discard(worker)
            ended = self._ended
        worker.stop()
        worker.line.close()
        return not ended


def _is_question(method: str, path: str) -> bool:
    return method in {"GET", "HEAD"} and not path.startswith(_BEGIN) and not path.endswith(_END)


def _work(settings: Settings, line: Connection) -> None:
    """What a worker does, until nobody is at the other end."""
    from . import create_app

    app = create_app(Library(settings.library, awaited=True), settings)
    line.send(None)
    while True:
        try:
            line.send(_answered(app.wsgi_app, line.recv()))
        except (OSError, EOFError):
            return


def _answered(app: Callable[..., Iterable[bytes]], asked: dict[str, str]) -> Answer:
    """What an application answers, as a whole."""
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        head[:] = status, headers
        return body.write

    body = BytesIO()
    own = {
        "wsgi.version": (1, 0),
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    pieces = app(asked | own, start_response)
    try:
        for piece in pieces:
            body.write(piece)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    status, headers = head
    return status, headers, body.getvalue()
