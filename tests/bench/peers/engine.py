"""Askive's engine over Tantivy without the house around it: its index writer and its searches, of the house's terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import texts as given
from texts import Entry, Question

from . import TOP, Ask, Peer, Unavailable


class HouseEngine(Peer):
    """An engine of the house by its name."""

    def __init__(self, name: str = "tantivy") -> None:
        self._name = name
        self.title = f"Askive's engine alone, {name.capitalize()}"

    def check(self) -> None:
        from indexer import engines
        from indexer.errors import NotInstalled

        try:
            engines.load(self._name)
        except NotInstalled as error:
            raise Unavailable(str(error)) from error

    def write(self, texts: Path, folder: Path) -> dict[str, Any]:
        self.fill(folder, given.entries(texts))
        return {}

    def fill(self, folder: Path, entries: Iterator[Entry]) -> None:
        from indexer import engines
        from indexer.documents import Document

        engine = engines.load(self._name).create(folder)
        engine.write(
            Document(**entry._asdict() | {"terms": Counter(entry.terms.split()), "best": bool(entry.best)}) for entry in entries
        )
        engine.flush()
        engine.close()

    def asker(self, way: str, folder: Path, address: str) -> Ask:
        from indexer import engines
        from indexer.query import Query

        engine = engines.load(self._name).open(folder)

        def ask(question: Question) -> list[str]:
            asked = Query(question.text, terms=tuple((term, weight) for term, weight in question.terms))
            engine.search(asked, "thread", TOP)
            return [hit.id for hit in engine.search(asked, "answer", TOP)]

        return ask


PEER = HouseEngine
