"""A real server over a library, in a process of its own, for tests that speak HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import ROOT

_PROGRAM = """
import json, sys
from pathlib import Path
from indexer.library import Library
from indexer.settings import Settings
from webui import create_app
from webui.server import serve
settings = Settings(**json.loads(sys.argv[2]) | {"library": Path(sys.argv[1])})
serve(create_app(Library(settings.library, awaited=True), settings), settings, lambda address: print(address, flush=True))
"""


@contextmanager
def served(library: Path, **settings: object) -> Iterator[str]:
    """The address of a server over `library`, without the slash at its end; what it logs goes to this process's stderr."""
    with running(library, **settings) as (address, _):
        yield address


@contextmanager
def running(library: Path, **settings: object) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The same, with the process. It leads a group of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    arguments = [sys.executable, "-c", _PROGRAM, str(library), json.dumps({"port": 0} | settings)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:")
            yield address.rstrip("/"), server
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
