"""A real `askive serve` over a library, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

_COMMAND: Final = "from indexer.cli import main; main()"

# Ages and "on this day" follow the clock. Where pictures are taken it stands still, in the two rooms that look at it.
_AT: Final = """
import datetime, importlib, os
class Still(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromisoformat(os.environ["TODAY"]).astimezone(tz)
for room in ("webui.glance", "webui.language"):
    importlib.import_module(room).datetime = Still
"""


def environment() -> dict[str, str]:
    """Ours without settings of Askive, so that a library is served as everybody finds it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASKIVE_")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def askive(*arguments: str) -> None:
    """Run the command and wait for it."""
    subprocess.run([sys.executable, "-c", _COMMAND, *arguments], check=True, env=environment(), capture_output=True)


@contextmanager
def served(library: Path, today: datetime | None = None) -> Iterator[str]:
    """The address of a server over `library`, without the slash at its end. `today` stops its clock."""
    program = _COMMAND if today is None else _AT + _COMMAND
    command = [sys.executable, "-c", program, "serve", "--library", str(library), "--port", "0", "--json"]
    clock = {} if today is None else {"TODAY": today.isoformat()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment() | clock) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            assert said, "the server did not start"
            address = str(json.loads(said)["url"])
            assert address.startswith("http://127.0.0.1:")
            yield address.removesuffix("/")
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
