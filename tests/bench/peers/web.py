"""Servers that speak HTTP: started, waited for, asked over connections that stay open, and stopped."""

from __future__ import annotations

import http.client
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit
from weakref import finalize

import measuring
from texts import Question

from . import Served

LIMIT: Final = 120.0
"""Seconds that an answer may take."""

START: Final = 300.0
"""Seconds that a server may take to its first answer."""


class Refused(Exception):
    """An answer that is none."""


def asker(address: str, path: str) -> Callable[[Question], bytes]:
    """Sends questions to `path` and what is asked behind it. Raises Refused, OSError."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=LIMIT)

    def ask(question: Question) -> bytes:
        try:
            connection.request("GET", place.path + path + quote_plus(question.text))
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()  # the next question begins anew
            raise
        if answer.status != 200:
            raise Refused(f"status {answer.status}")
        return body

    finalize(ask, connection.close)  # it lives as long as somebody may ask
    return ask


def searching(path: str, question: Question) -> Callable[[str], object]:
    """Asks a question of a server at an address."""
    return lambda address: asker(address, path)(question)


@contextmanager
def served(
    process: subprocess.Popen[Any], where: Callable[[], str], answers: Callable[[str], object], how: int = 15
) -> Iterator[Served]:
    """A server that has just been started, from its first answer until the block ends; `how` is the signal that ends it."""
    started = time.perf_counter()
    # One that never says where it is would be waited for without end.
    patience = threading.Timer(START, process.kill)
    patience.start()
    try:
        address = where()
        while True:
            try:
                answers(address)
                break
            except (OSError, http.client.HTTPException) as error:
                if process.poll() is not None or time.perf_counter() - started > START:
                    raise measuring.Failed(f"the server does not answer ({error})") from error
                time.sleep(0.01)
        patience.cancel()
        yield Served(process.pid, address, (time.perf_counter() - started) * 1000)
    finally:
        patience.cancel()
        measuring.end(process, how)
