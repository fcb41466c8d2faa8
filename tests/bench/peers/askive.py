"""Askive from end to end, by its own commands: `askive build`, `askive ask`, `askive serve`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import measuring
from texts import Question

from . import TOP, Ask, Peer, Served, Unavailable, web

COMMAND: Final = (sys.executable, "-m", "indexer")


class Askive(Peer):
    """A library whose index is of the engine `name`."""

    ways = ("ask", "api", "page")
    crowded = ("api", "page")

    def __init__(self, name: str) -> None:
        self._name = name
        self.title = f"Askive with {name.capitalize()}"
        self.patience = 12 if name == "tantivy" else 1  # the one that all is about

    def check(self) -> None:
        from indexer import engines
        from indexer.errors import NotInstalled

        try:
            engines.load(self._name)
        except NotInstalled as error:
            raise Unavailable(str(error)) from error

    def build(self, texts: Path, folder: Path, limit: float) -> dict[str, Any]:
        return self.add([texts / "archive.jsonl"], folder, limit) | self.sizes(folder)

    def add(self, archives: list[Path], folder: Path, limit: float) -> dict[str, Any]:
        """Read archives into the library, which may have others; tells what it took."""
        said = [*COMMAND, "build", "--library", folder, "--engine", self._name, "--json", *archives]
        done = measuring.command(said, limit)
        report = json.loads(done.output)
        assert report["engine"] == self._name, report["engine_why"]
        return done.figures | {"generation": report["generation"]}

    def sizes(self, folder: Path) -> dict[str, int]:
        return {"disk_bytes": measuring.on_disk(folder), "index_bytes": measuring.on_disk(folder / "index")}

    @contextmanager
    def serve(self, folder: Path, first: Question) -> Iterator[Served]:
        said = [*COMMAND, "serve", "--library", str(folder), "--port", "0", "--json"]
        process = subprocess.Popen(said, cwd=measuring.ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)

        def where() -> str:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise measuring.Failed("`askive serve` ended at once")
            return str(json.loads(line)["url"])

        with web.served(process, where, web.searching("search?q=", first)) as served:
            yield served

    def asker(self, way: str, folder: Path, address: str) -> Ask:
        if way == "api":
            ask_api = web.asker(address, "api/search?q=")
            return lambda question: [answer["id"] for answer in json.loads(ask_api(question))["answers"]]
        if way == "page":
            ask_page = web.asker(address, "search?q=")
            # An answer is an article, and nothing else on the page is.
            return lambda question: ["card"] * ask_page(question).count(b"<article")

        from indexer.library import Library

        library = Library(folder)
        return lambda question: [found.answer.id for found in library.ask(question.text, n=TOP).answers]

    def cold_start(self, folder: Path, texts: Path, question: Question) -> float:
        done = measuring.command([*COMMAND, "ask", "--library", folder, "--json", question.text], 4 * measuring.GRACE)
        assert "answers" in json.loads(done.output)
        return done.figures["took_s"] * 1000


PEER = Askive
