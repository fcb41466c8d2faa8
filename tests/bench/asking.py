"""How long does a question take? Asked by one alone, of all peers in turns, and by many at once.

Whoever asks is a process of its own, so that peers share nothing, and all are open at the same time: each question goes to one
after the other, and what else the machine does meets all of them alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import mean, median
from typing import Any, Final, NamedTuple

import measuring
import peers
import psutil
import texts as given
from measuring import Memory, Worker, say
from peers import Peer, Served
from texts import WARM_UP, Question

LIMIT: Final = 150.0
"""Seconds that one answer may take."""

PATIENCE: Final = 90.0
"""Seconds of asking, after which a peer is asked no further questions of a series."""

LOOK: Final = 25
"""Questions between two looks at memory, in between of which nobody is disturbed."""

COLD_STARTS: Final = 3
"""As many as there are rounds, at most."""

USERS: Final = 8
CROWD_QUESTIONS: Final = 50
"""Questions that each of them asks at most, one after the other without a pause, …"""
CROWD_SECONDS: Final = 60.0
"""… or for so long."""


class Built(NamedTuple):
    """A peer that can be asked."""

    name: str
    peer: Peer
    folder: Path


# One alone


@dataclass(slots=True)
class Asker:
    """One way of asking a peer, by a process of its own."""

    built: Built
    way: str
    server: Served | None
    worker: Worker
    rounds: list[list[float]] = field(default_factory=list)
    """Milliseconds of every question, round by round."""
    found: list[int] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    spent: float = 0.0
    processes: list[psutil.Process] = field(default_factory=list)
    """Of a server's tree, as they were at the last look."""
    stopped: str = ""
    """Why it is asked no more, if it broke down."""

    @property
    def roots(self) -> list[int]:
        """The processes whose memory and processor time are those of the answers."""
        return [self.server.pid if self.server else self.worker.process.pid or 0]

    def ask(self, number: int) -> None:
        counts = number >= WARM_UP
        if self.stopped or (self.spent > PATIENCE and counts):
            return
        # What a server takes is seen from outside, in steps of the system's clock, so that only its sum tells something.
        before = measuring.used(self.processes)
        try:
            self.worker.connection.send(number)
            took, cpu, found = self.worker.receive(LIMIT)
        except Exception as error:  # noqa: BLE001  # a peer that fails is a row that says so
            self.stopped = str(error)
            return
        if counts:
            self.spent += took / 1000
            self.rounds[-1].append(took)
            self.found.append(found)
            self.cpu.append((measuring.used(self.processes) - before) * 1000 if self.server else cpu)

    def look(self) -> None:
        self.memory.look(self.roots)
        self.processes = measuring.tree(self.roots) if self.server else []

    def figures(self) -> dict[str, Any]:
        asked = [took for took in self.rounds if took]
        if not asked:
            return {"failed": self.stopped or "was not asked"}
        spreads = [measuring.spread(took) for took in asked]
        line: dict[str, Any] = {key: median(each[key] for each in spreads) for key in spreads[0]}
        line |= {"asked": len(asked[0]), "rounds": len(asked), "cpu_ms": mean(self.cpu)}
        line["found_nothing"] = sum(not count for count in self.found) / len(self.found)
        return line | ({"failed": self.stopped} if self.stopped else {})


def series(
    builds: Sequence[Built], texts: Path, rounds: int, stack: ExitStack, *, ways: Sequence[str] = ()
) -> tuple[list[Asker], dict[str, Served]]:
    """Ask every peer all questions in turns, in every way that it has or in some. Askers and servers stay until the stack closes."""
    servers: dict[str, Served] = {}
    askers: list[Asker] = []
    for built in builds:
        wanted = [way for way in built.peer.ways if way in ways or not ways]
        server = _server(built, texts, min(rounds, COLD_STARTS), stack) if {*wanted} & {*built.peer.crowded} else None
        servers |= {built.name: server} if server else {}
        askers += [_asker(built, way, server, texts, stack) for way in wanted if server or way not in built.peer.crowded]
    count = len(given.questions(texts))
    for turn in range(rounds):
        begun = time.monotonic()
        _round(askers, count)
        if turn + 1 < rounds and time.monotonic() - begun > PATIENCE:
            break
    return askers, servers


def _round(askers: Sequence[Asker], count: int) -> None:
    """Each question goes to all, one after the other."""
    for asker in askers:
        asker.rounds.append([])
        asker.spent = 0.0
        asker.look()
    for number in range(count):
        for asker in askers:
            asker.ask(number)
        if number % LOOK == 0 or number == count - 1:
            for asker in askers:
                asker.look()


def _asker(built: Built, way: str, server: Served | None, texts: Path, stack: ExitStack) -> Asker:
    served = server if way in built.peer.crowded else None
    worker = Worker.start(_answer, built.name, way, built.folder, served.address if served else "", texts)
    stack.callback(worker.end)
    return Asker(built, way, served, worker)


def _server(built: Built, texts: Path, times: int, stack: ExitStack) -> Served | None:
    try:
        return stack.enter_context(_started(built, texts, times))
    except measuring.Failed as error:
        say(f"  {built.peer.title}: {error}")
        return None


@contextmanager
def _started(built: Built, texts: Path, times: int) -> Iterator[Served | None]:
    """A peer's server; its cold start is the median of some."""
    first = given.questions(texts)[0]
    cold = []
    for _ in range(times - 1):
        with built.peer.serve(built.folder, first) as server:
            cold += [server.cold_ms] if server else []
    with built.peer.serve(built.folder, first) as server:
        yield server and server._replace(cold_ms=median([*cold, server.cold_ms]))


def _answer(connection: Connection, name: str, way: str, folder: Path, address: str, texts: Path) -> None:
    """Answer questions by their numbers with the milliseconds that they took, of the clock and of this process."""
    questions = given.questions(texts)
    ask = peers.load(name).asker(way, folder, address)
    while True:
        question = questions[connection.recv()]
        used, started = time.process_time(), time.perf_counter()
        found = ask(question)
        took = time.perf_counter() - started
        connection.send((took * 1000, (time.process_time() - used) * 1000, len(found)))


def cold_start(built: Built, texts: Path, times: int) -> float | None:
    """Milliseconds from a new process to its first answer, the median of some."""
    question = given.questions(texts)[0]
    took = [built.peer.cold_start(built.folder, texts, question) for _ in range(min(times, COLD_STARTS))]
    known = [each for each in took if each is not None]
    return median(known) if known else None


# Many at once


def crowd(built: Built, way: str, server: Served, texts: Path, users: int = USERS) -> dict[str, Any]:
    """What many users get who ask at the same time, each as soon as the answer before is there."""
    found = measuring.step(
        _crowd, built.name, way, built.folder, server.address, texts, users, limit=CROWD_SECONDS + LIMIT, servers=[server.pid]
    )
    return {key: value for key, value in found.items() if key not in {"took_s", "cpu_s"}}


def _crowd(name: str, way: str, folder: Path, address: str, texts: Path, users: int) -> dict[str, Any]:
    questions, peer = given.questions(texts)[WARM_UP:], peers.load(name)
    took: list[float] = []
    errors: list[str] = []

    def use(user: int, ask: peers.Ask) -> None:
        until = time.perf_counter() + CROWD_SECONDS
        for number in range(min(CROWD_QUESTIONS, len(questions))):
            started = time.perf_counter()
            if started > until:
                break
            try:
                ask(_of_user(questions, user, users, number))
            except Exception as error:  # noqa: BLE001  # whatever goes wrong for a user is an error
                errors.append(f"{type(error).__name__}: {error}")
            else:
                took.append((time.perf_counter() - started) * 1000)

    asking = [peer.asker(way, folder, address) for _ in range(users)]
    threads = [threading.Thread(target=use, args=each, daemon=True) for each in enumerate(asking)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    line: dict[str, Any] = {
        "users": users,
        "asked": len(took) + len(errors),
        "errors": len(errors),
        "error": (errors or [""])[0],
    }
    return line | {"per_s": len(took) / seconds} | (measuring.spread(took) if took else {})


def _of_user(questions: Sequence[Question], user: int, users: int, number: int) -> Question:
    """Users begin at different questions, so that nobody finds what another has just warmed."""
    return questions[(len(questions) * user // users + number) % len(questions)]
