"""How documents and queries are said to Tantivy: the schema, strings as tokens, ids in numbers, filters that add no score.

Nothing is analysed there. A document's terms are given as text in which each stands as often as it occurs, and a tokeniser that
cuts at spaces takes it apart again, so frequencies and lengths are ours.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np
import tantivy

from .. import words
from ..documents import Document, Said
from ..query import Filters, Query, Range

_ID_WORDS: Final = tuple(f"id{number}" for number in range(5))
_ID_BYTES: Final = 8 * len(_ID_WORDS)
_PACKED: Final = struct.Struct(f">{len(_ID_WORDS)}q")
"""An id of up to 40 bytes lies in five columns of numbers. From there 500 are read in a third of the time that stored fields
take, which are compressed in blocks; what ids share costs no space in a column."""

_LONGEST: Final = 200
"""Code points of a string that is its own token; a token may have 65,530 bytes."""

_MOST: Final = 2**63 - 1


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("terms", tokenizer_name="terms", index_option="freq")
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    for column in ("site", "category", "author", "tag"):
        builder.add_text_field(column, tokenizer_name="raw", index_option="basic")
    for column in ("votes", "year"):
        builder.add_integer_field(column, fast=True)
    builder.add_integer_field("best", indexed=True)
    for word in _ID_WORDS:
        builder.add_integer_field(word, fast=True)
    builder.add_bytes_field("id", stored=True)  # where it is too long for the columns
    return builder.build()


SCHEMA: Final = _schema()


def with_tokenizer(index: tantivy.Index) -> tantivy.Index:
    """The index, which has to be told what its tokeniser is each time it is opened."""
    index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


# Strings


def token(text: str) -> str:
    """A string as one token: itself, or a digest of what would be cut, is too long or is no Unicode."""
    if text.isalnum() and len(text) <= _LONGEST:
        return text
    if 0 < len(text) <= _LONGEST and text.isprintable() and " " not in text:
        return text
    return "\1" + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@lru_cache(maxsize=10_000)
def _name(text: str | None) -> str:
    """A column of names as filters compare it: folded, and nobody is the same as an empty name."""
    return token("=" + words.fold(text or ""))


def ids(searcher: tantivy.Searcher, places: Sequence[tantivy.DocAddress]) -> list[str]:
    """The ids of documents."""
    columns = [searcher.fast_field_values(word, list(places)) for word in _ID_WORDS]
    if None in columns[0]:
        return [
            _text(searcher.doc(place)["id"][0] if packed[0] is None else _PACKED.pack(*packed).rstrip(b"\0"))
            for place, *packed in zip(places, *columns, strict=True)
        ]
    # As bytes of a fixed length, which numpy gives without the zeros behind them.
    return list(map(_text, np.array(columns, ">i8").T.copy().view(f"S{_ID_BYTES}").ravel().tolist()))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def with_term(searcher: tantivy.Searcher, said: str) -> int:
    """How many documents have a token among their terms, removed ones too."""
    return searcher.doc_freq("terms", said)


# Documents


def entry(document: Document) -> tantivy.Document:
    """What is written of a document."""
    written = tantivy.Document()
    # Field by field: a third of the time that a dictionary takes.
    written.add_text("terms", _tokens(document.terms))
    written.add_text("key", token(document.id))
    written.add_text("site", _name(document.site))
    written.add_text("category", _name(document.category))
    written.add_text("author", _name(document.author))
    for tag in document.tags:
        written.add_text("tag", _name(tag))
    written.add_integer("best", int(bool(document.best)))
    for column, number in (("votes", document.votes), ("year", document.year)):
        if number is not None:
            written.add_integer(column, _within(number))
    data = document.id.encode("utf-8", "surrogatepass")
    if len(data) > _ID_BYTES or data.endswith(b"\0"):
        written.add_bytes("id", data)
    else:
        for word, number in zip(_ID_WORDS, _PACKED.unpack(data.ljust(_ID_BYTES, b"\0")), strict=True):
            written.add_integer(word, number)
    return written


def _tokens(terms: Mapping[str, int]) -> str:
    """Terms as the text that the tokeniser takes apart."""
    if isinstance(terms, Said) and terms.text.isprintable() and max(map(len, terms.text.split(" "))) <= _LONGEST:
        return terms.text
    return "".join(f"{token(term)} " * frequency for term, frequency in terms.items())


def _within(number: int) -> int:
    return max(-_MOST, min(number, _MOST))


# Queries


def wanted(query: Query, lift: Callable[[str], float]) -> tantivy.Query:
    """A query that has terms or required ones. `lift` is what the score of a token is multiplied with, whatever its weight."""
    scoring = query.terms or tuple((term, 1.0) for term in query.required)
    parts = [
        (tantivy.Occur.Should, tantivy.Query.boost_query(_term(said), weight * lift(said)))
        for said, weight in ((token(term), weight) for term, weight in scoring)
    ]
    conditions = [(tantivy.Occur.Must, _silent(_term(token(term)))) for term in query.required]
    conditions += [(tantivy.Occur.Must, _silent(condition)) for condition in _conditions(query.filters)]
    conditions += [(tantivy.Occur.MustNot, _term(token(term))) for term in query.forbidden]
    any_of = tantivy.Query.boolean_query(parts)
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, any_of), *conditions]) if conditions else any_of


def _term(said: str) -> tantivy.Query:
    return tantivy.Query.term_query(SCHEMA, "terms", said, "freq")


def _silent(condition: tantivy.Query) -> tantivy.Query:
    """A condition that has to be met and adds nothing to the score."""
    return tantivy.Query.const_score_query(condition, 0.0)


def _conditions(filters: Filters) -> Iterable[tantivy.Query]:
    for column, names in (("site", filters.sites), ("category", filters.categories), ("author", filters.authors)):
        if names:
            # The filter's names are folded already, and are compared as they are.
            yield tantivy.Query.term_set_query(SCHEMA, column, [token("=" + name) for name in names])
    for tag in filters.tags:
        yield tantivy.Query.term_query(SCHEMA, "tag", token("=" + tag), "basic")
    for column, span in (("votes", filters.votes), ("year", filters.year)):
        if span is not None:
            yield _in_range(column, span)
    if filters.best is not None:
        yield tantivy.Query.term_query(SCHEMA, "best", int(filters.best), "basic")


def _in_range(column: str, span: Range) -> tantivy.Query:
    if span.low is None and span.high is None:
        return tantivy.Query.exists_query(column)
    low, high = (None if end is None else _within(end) for end in (span.low, span.high))
    return tantivy.Query.range_query(SCHEMA, column, tantivy.FieldType.Integer, low, high)
