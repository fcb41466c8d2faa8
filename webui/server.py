"""Waitress around the application: listens, says where, and stops cleanly."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from types import FrameType
from typing import Any, Final, NoReturn

import waitress.server
import waitress.wasyncore
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from indexer.errors import BadSetting
from indexer.settings import Settings

from .build_routes import BUILD
from .rebuilding import sweep
from .safety import is_from_elsewhere
from .workers import Workers

_LARGEST_BODY: Final = 64 * 1024
"""Bytes of what may be sent to any address but that of builds: all questions come in the address."""


def serve(app: Flask, settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM. `announce` is called once with the address, when it really listens.

    Raises BadSetting where the host or port cannot be listened on.
    """
    # On a busy machine it would note each moment in which a question waits for the one before.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with _stopped_by_sigterm():
        sockets = _listen(settings.host, settings.port)
        sweep(settings.library)
        workers = Workers(app.wsgi_app, settings)
        channels: dict[int, Any] = {}
        try:
            workers.start()
            server = waitress.server.create_server(
                workers,
                map=channels,
                sockets=sockets,
                threads=settings.threads,
                ident="",
                # And a little, for what stands around files in a form.
                max_request_body_size=settings.upload * 1_000_000 + _LARGEST_BODY,
                # Nothing believes them; that they are there says that a proxy stands in between (`safety`).
                clear_untrusted_proxy_headers=False,
            )
            for each in (server, *channels.values()):
                if isinstance(each, waitress.server.BaseWSGIServer):
                    each.channel_class = _Channel
            announce(_address(settings.host, sockets[0].getsockname()[1]))
            server.run()
        except KeyboardInterrupt:
            # Before the server runs; from there on it ends on it by itself.
            pass
        finally:
            # Connections that browsers keep open would otherwise outlive the server.
            waitress.wasyncore.close_all(channels, ignore_all=True)
            workers.stop()
            app.extensions["rebuilds"].cancel()


class _Parser(HTTPRequestParser):
    """Decides by its head how much of a request is taken in: nothing large but files for a build, sent by a page of ours."""

    path: str

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        names = {"Sec-Fetch-Site": "SEC_FETCH_SITE", "Origin": "ORIGIN"}
        named = {name: self.headers[key] for name, key in names.items() if key in self.headers}
        if self.path != BUILD or is_from_elsewhere(named, self.headers.get("HOST")):
            self.adj = copy(self.adj)
            self.adj.max_request_body_size = _LARGEST_BODY


class _Channel(HTTPChannel):
    parser_class = _Parser


def _listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on every address that a host stands for: "localhost" is often two. Of those some may not exist here."""
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
            # Where any free port will do, all addresses have to get the same one.
            chosen = port or (sockets[0].getsockname()[1] if sockets else 0)
            try:
                sockets.append(socket.create_server((str(address[0]), chosen), family=family))
            except OSError as error:
                if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                    raise
                missing = error
        if missing and not sockets:
            raise missing
    except (OSError, UnicodeError) as error:
        for bound in sockets:
            bound.close()
        raise _refusal(host, port, error) from error
    return sockets


def _refusal(host: str, port: int, error: OSError | UnicodeError) -> BadSetting:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return BadSetting(f"Port {port} on {host} is taken", f"Choose another: `askive serve --port {port % 65535 + 1}`")
    if number == errno.EACCES:
        return BadSetting(f"Port {port} needs more rights than this program has", "Choose another: `askive serve --port 8000`")
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return BadSetting(
        f"Cannot listen on {host}, port {port} ({said})", "Listen on this machine: `askive serve --host 127.0.0.1`"
    )


def _address(host: str, port: int) -> str:
    """What to open in a browser. A server that listens everywhere is on this machine too."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # said, not bound
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM means what Ctrl-C means. Signals can only be taken in a program's main thread; elsewhere nothing is changed."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
