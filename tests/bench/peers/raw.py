"""Tantivy as it comes: one index of all documents with the house's terms as tokens, and its own choice of writing threads.

It keeps no text, no positions and of columns what could be sorted by; it does not count matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import texts as given
from texts import Entry, Question

from . import TOP, Ask, Peer, Unavailable

HEAP: Final = 256_000_000
"""Bytes of postings in memory, of all its threads."""


class RawTantivy(Peer):
    title = "raw Tantivy"

    def check(self) -> None:
        try:
            import_module("tantivy")
        except ImportError as error:
            raise Unavailable(f"needs a package: pip install tantivy ({error})") from error

    def write(self, texts: Path, folder: Path) -> dict[str, Any]:
        self.fill(folder, given.entries(texts))
        return {}

    def fill(self, folder: Path, entries: Iterator[Entry]) -> None:
        import tantivy

        folder.mkdir()
        writer = _index(tantivy, folder).writer(HEAP)
        for entry in entries:
            writer.add_document(tantivy.Document(**{key: value for key, value in entry._asdict().items() if value is not None}))
        writer.commit()
        writer.wait_merging_threads()

    def asker(self, way: str, folder: Path, address: str) -> Ask:
        import tantivy

        schema, searcher = _schema(tantivy), _index(tantivy, folder).searcher()

        def weighed(term: str, weight: float) -> Any:
            wanted = tantivy.Query.term_query(schema, "terms", term, "freq")
            return wanted if weight == 1 else tantivy.Query.boost_query(wanted, weight)

        def ask(question: Question) -> list[str]:
            parts = [(tantivy.Occur.Should, weighed(term, weight)) for term, weight in question.terms]
            hits = searcher.search(tantivy.Query.boolean_query(parts), TOP, count=False).hits
            return [searcher.doc(place)["id"][0] for _, place in hits]

        return ask


def _schema(tantivy: Any) -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("terms", tokenizer_name="terms", index_option="freq")
    for column in ("kind", "site", "category", "author"):
        builder.add_text_field(column, fast=True, tokenizer_name="raw", index_option="basic")
    for column in ("votes", "year", "best"):
        builder.add_integer_field(column, fast=True)
    return builder.build()


def _index(tantivy: Any, folder: Path) -> Any:
    index = tantivy.Index(_schema(tantivy), path=str(folder))
    index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


PEER = RawTantivy
