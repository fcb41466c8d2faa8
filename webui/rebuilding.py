"""The build that was started from a browser: one at a time, in a process of its own, so that the server stays quick."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, Literal

from werkzeug.utils import secure_filename

import indexer
from indexer.build import THREADS
from indexer.errors import AskiveError
from indexer.messages import Message, unpacked_within
from indexer.settings import Settings

Phase = Literal["idle", "running", "ended", "failed", "cancelled"]

PART: Final = ".upload-"
"""How files begin that are being sent; hidden ones are read by no build."""

_ASKED: Final = 3
_PATIENCE: Final = 1.5
"""How often, and after how many seconds each time, a cancelled build is asked to end by itself."""

_LAST: Final = 2_000
"""Characters of what a process said when it died that are told."""


class BuildRuns(AskiveError):
    """Another build that was started from a browser is at work."""

    hint = Message("Wait for it to end, or cancel it")


@dataclass(frozen=True, slots=True)
class State:
    """Where the build is, or how the last one ended."""

    phase: Phase = "idle"
    step: str = ""
    done: int = 0
    total: int = 0
    started: datetime | None = None
    report: dict[str, Any] | None = None
    """As `askive build` gives it."""
    error: str | None = None
    hint: str | None = None
    archives: tuple[dict[str, Any], ...] = ()
    """Of a build that failed because nothing could be read."""
    gate: dict[str, Any] | None = None
    """Of a build that was refused since the library would have got worse."""

    @property
    def share(self) -> int:
        """How much of the step is done, in percent."""
        return min(100, 100 * self.done // self.total) if self.total else 0


class Rebuilds:
    """Starts builds of one library, and knows how they go. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._state = State()
        self._process: subprocess.Popen[str] | None = None
        self._watching: threading.Thread | None = None
        self._cancelled = False

    @property
    def state(self) -> State:
        with self._lock:
            return self._state

    def start(self, paths: Sequence[Path] | None, *, force: bool = False) -> None:
        """Build from some paths, or from everything in the library's threads/. Raises BuildRuns while one is at work."""
        request = {
            "paths": None if paths is None else list(map(str, paths)),
            "engine": self._settings.engine,
            "jobs": self._settings.jobs,
            "force": force,
        }
        # The package that this process runs, wherever a build is started from.
        found = os.pathsep.join(filter(None, (str(Path(indexer.__file__).parent.parent), os.environ.get("PYTHONPATH"))))
        with self._lock:
            if self._state.phase == "running":
                raise BuildRuns(Message("A build is at work already"))
            self._state, self._cancelled = State("running", started=datetime.now(UTC)), False
            self._process = subprocess.Popen(  # noqa: S603  # our own module, arguments as a list
                [sys.executable, "-m", "indexer.watched", str(self._settings.library), json.dumps(request)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={**os.environ, "PYTHONPATH": found},
                start_new_session=True,
            )
            self._watching = threading.Thread(target=self._watch, args=(self._process,), daemon=True)
            self._watching.start()

    def cancel(self) -> None:
        """Have the build end; the library stays as it was. Returns when it has ended."""
        with self._lock:
            process = self._process
            self._cancelled = process is not None
        if process is None:
            return
        if os.name == "posix":
            for _ in range(_ASKED):
                # An interrupt can be lost where it meets a callback from C.
                process.send_signal(signal.SIGINT)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_PATIENCE)
                    break
            else:
                # With the processes that read archives for it. Whatever kills a build, the library stays as it was.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        else:
            process.terminate()
        process.wait()
        with self._lock:
            watching = self._watching
        if watching:
            watching.join()

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Follow a build to its end."""
        ended: dict[str, Any] | None = None
        complaint: list[str] = []
        listening = threading.Thread(target=_keep_end, args=(process.stderr, complaint), daemon=True)
        listening.start()
        # Closes what it says at the end, and waits for it.
        with process:
            for line in process.stdout or ():
                said = unpacked_within(json.loads(line))
                if "step" in said:
                    with self._lock:
                        self._state = replace(self._state, step=said["step"], done=said["done"], total=said["total"])
                else:
                    ended = said
            listening.join()
        with self._lock:
            self._process = None
            self._state = self._ended(ended, process.returncode, "".join(complaint))

    def _ended(self, said: dict[str, Any] | None, code: int, complaint: str) -> State:
        state = replace(self._state, done=0, total=0)
        if said and "report" in said:
            return replace(state, phase="ended", report=said["report"])
        if self._cancelled:
            return replace(state, phase="cancelled")
        if said:
            archives = tuple(said.get("archives", ()))
            return replace(
                state,
                phase="failed",
                error=said["error"],
                hint=said["hint"],
                archives=archives,
                gate=said.get("gate"),
            )
        why = complaint.strip().rpartition("\n")[2] or Message("it ended with {code}", code=str(code))
        error = Message("The build broke off: {why}", why=why)
        return replace(state, phase="failed", error=error, hint=Message("The library is as it was"))


def _keep_end(stream: IO[str] | None, kept: list[str]) -> None:
    """Keep the end of what a process complains of, and let it never wait for somebody to listen."""
    for line in stream or ():
        kept.append(line[:_LAST])
        del kept[:-20]


# Files that are sent


def begin(library: Path) -> IO[bytes]:
    """A new file in the library for something that is being sent; hidden until it is whole."""
    folder = library / THREADS
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{PART}{secrets.token_hex(8)}").open("x+b")


def sweep(library: Path) -> None:
    """Delete what was never sent to its end."""
    for left in (library / THREADS).glob(f"{PART}*"):
        left.unlink(missing_ok=True)


def keep(library: Path, sent: Iterable[tuple[Path, str]]) -> list[Path]:
    """Give files that were sent their names in threads/, none of which was there before; several get a folder together.

    Several may be one archive, whose parts know each other by name and place.
    """
    files = list(sent)
    folder = library / THREADS
    if len(files) > 1:
        folder = _new_folder(folder / f"{datetime.now(UTC):uploaded-%Y-%m-%d}")
    kept = []
    for file, name in files:
        target = _reserve(folder, secure_filename(name) or "archive")
        file.replace(target)
        kept.append(target)
    return kept


def _new_folder(wanted: Path) -> Path:
    number = 1
    while True:
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def _reserve(folder: Path, name: str) -> Path:
    """An empty file of a name that nothing had, with a number in it where it takes one."""
    stem, ending = re.fullmatch(r"(.+?)((?:\.\w{1,8}){0,2})", name[-200:]).groups()  # type: ignore[union-attr]  # it fits any name
    number = 1
    while True:
        target = folder / (name[-200:] if number == 1 else f"{stem}-{number}{ending}")
        try:
            target.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            return target
