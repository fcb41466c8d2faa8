"""What did the asker mean? Typed text to a Query, free of any engine's syntax.

A question is taken as it is. A few forms mean something of their own, and only when they are well formed:

    "a phrase"            these words, in this order
    -word  -"a phrase"    not this
    category:pets         also site:, author:, tag:
    votes:>=3             also votes:3, votes:3..10, votes:<5, year:2008..2012
    best:yes              marked best by the asker or the site

Whatever else is typed, quotes without a partner, colons, brackets and all, is words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from . import words
from .messages import Message
from .words import Word

MAX_QUESTION = 10_000
"""Code points of a question that are read; what is pasted beyond it cannot sharpen the search."""

FRAME_WEIGHT: Final = 0.5
"""Weight of the words that questions are made of, whatever they are about ("is it possible", "any advice please"). nDCG@10
from 1 to 0.5: stackfaq_dev .852 → .856, qatarliving_dev .350 → .350, by subject .365 → .369; at 0 it falls on all three."""

OPENING_WEIGHT: Final = 2.0
"""Weight of the first sentence of a long question, which asks, beside the story that follows. From 1 to 2: qatarliving_dev
.327 → .339; the other sets have no long questions."""

LONG_QUESTION: Final = 20
"""Terms beyond which a question is long."""

_FRAME: Final = frozenset(
    words.terms(
        """
        way ways possible possibly want need like know anyone anybody somebody someone anything something
        please help advice advise suggestion suggest recommend recommendation best good better looking look
        find get thank thanks hi hello hey guys dear folks everyone all question wonder wondering tell idea
        ideas appreciate appreciated kindly regards cheers sure try trying tried really actually currently
        somehow able option options easiest easy simple quick quickly there make go going got give think thing
        things lot much many also even still well use using one two see say said new come take now may might
        must shall us
        """
    )
)
_SENTENCE_END = re.compile(r"[.?!]+(?=\s|$)|\n")
_PIECE = re.compile(
    r"""(?P<minus>(?<!\S)-(?!-))?
        (?:
          (?:(?P<field>\b(?a:category|site|author|tag|votes|year|best)):(?P<value>"[^"]*"|[^\s"]+))
        | "(?P<phrase>[^"]*)"
        | (?P<word>\S+?(?=["\s]|$)|\S)
        )""",
    re.VERBOSE | re.IGNORECASE,
)
_RANGE = re.compile(r"^(?:(?P<low>-?\d{1,9})?\.\.(?P<high>-?\d{1,9})?|(?P<op>>=|<=|>|<|=)?(?P<value>-?\d{1,9}))$")
# What is around a word, words joined as in prose, and capitals where prose has none: IRS, iPhone.
_AROUND = re.compile(r"^[^\w]+|[^\w+#]+$")
_PROSE = re.compile(r"[^\W\d_]+(?:['’ʼ-][^\W\d_]+)*")
_CODE = re.compile(r"[a-z][A-Z]|\b[A-Z]{2,5}\b")
_YES = frozenset({"yes", "true", "1", "y"})
_NO = frozenset({"no", "false", "0", "n"})


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from `low` to `high`, both included; None leaves that side open."""

    low: int | None = None
    high: int | None = None

    def __contains__(self, number: int | None) -> bool:
        """Whether the number is inside. None, a number nobody knows, is outside of every range."""
        return number is not None and (self.low is None or number >= self.low) and (self.high is None or number <= self.high)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a document's columns must be. Names are compared folded; of several in one tuple any will do, but of tags, which a
    thread has several of, all must be there. Empty means all documents."""

    sites: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    votes: Range | None = None
    year: Range | None = None
    best: bool | None = None

    def __bool__(self) -> bool:
        return self != NO_FILTERS

    def accept(
        self,
        *,
        site: str,
        category: str | None,
        author: str | None,
        votes: int | None,
        year: int | None,
        best: bool | int | None,
        tags: Collection[str] = (),
    ) -> bool:
        """Whether columns pass. The exact meaning of every filter, which each engine has to match."""
        return (
            (not self.sites or words.fold(site) in self.sites)
            and (not self.categories or words.fold(category or "") in self.categories)
            and (not self.authors or words.fold(author or "") in self.authors)
            and (not self.tags or {*self.tags} <= {words.fold(tag) for tag in tags})
            and (self.votes is None or votes in self.votes)
            and (self.year is None or year in self.year)
            and (self.best is None or bool(best) is self.best)
        )

    def of_thread(self) -> Filters:
        """The filters that can be asked of a thread as a whole; the rest is asked of its answers."""
        return Filters(sites=self.sites, categories=self.categories, tags=self.tags)

    def narrowed(self, other: Filters) -> Filters | None:
        """The filters that pass what both pass; None where they name different things, so that nothing can."""
        sites, categories = _shared(self.sites, other.sites), _shared(self.categories, other.categories)
        authors = _shared(self.authors, other.authors)
        if sites is None or categories is None or authors is None or {self.best, other.best} >= {True, False}:
            return None
        return Filters(
            sites=sites,
            categories=categories,
            authors=authors,
            tags=(*self.tags, *other.tags),
            votes=_overlap(self.votes, other.votes),
            year=_overlap(self.year, other.year),
            best=self.best if other.best is None else other.best,
        )


NO_FILTERS: Final = Filters()


def _shared(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...] | None:
    """What names let pass that others do too; none at all let everything pass."""
    if not names or not others:
        return names or others
    return tuple(name for name in names if name in others) or None


def _overlap(span: Range | None, other: Range | None) -> Range | None:
    if span is None or other is None:
        return span or other
    low = max((end for end in (span.low, other.low) if end is not None), default=None)
    high = min((end for end in (span.high, other.high) if end is not None), default=None)
    return Range(low, high)


@dataclass(frozen=True, slots=True)
class Query:
    """A question understood.

    An engine finds the documents with any of `terms`, all of `required`, none of `forbidden`, that pass `filters`.
    `phrases` and `excluded_phrases` are folded words between single spaces (`words.plain`): engines hold no word order,
    so these are checked on the text itself, among the documents that have all of a phrase's words.
    """

    text: str
    terms: tuple[tuple[str, float], ...] = ()
    """Terms with their weight: how often each was said, and where; what every question is made of weighs less."""
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded_phrases: tuple[str, ...] = ()
    filters: Filters = NO_FILTERS
    notes: tuple[str, ...] = ()
    """What could not be taken as typed, in words for the asker."""

    def for_threads(self, *, scores_only: bool = False) -> Query:
        """The same question asked of threads; with `scores_only`, phrases may be missing from the question's text."""
        return replace(self, filters=self.filters.of_thread(), required=() if scores_only else self.required)


def parse(text: str) -> Query:
    """The meaning of a typed question. Never fails: what is no form of ours is words."""
    said_at: list[tuple[str, int]] = []
    stops: Counter[str] = Counter()
    required: dict[str, None] = {}
    forbidden: dict[str, None] = {}
    phrases: list[str] = []
    excluded: list[str] = []
    filters = NO_FILTERS
    notes: list[str] = []
    if len(text) > MAX_QUESTION:
        notes.append(Message("Only the first {number} characters of the question were read.", number=MAX_QUESTION))
    kept = _readable(text)
    for piece in _PIECE.finditer(kept):
        said = piece.group()
        if piece["field"] and not piece["minus"]:
            narrowed = _narrow(filters, piece["field"].lower(), piece["value"].strip('"'))
            if narrowed is None:
                notes.append(Message("“{said}” is no filter, so it was searched as words.", said=said))
            else:
                filters = narrowed
                continue
        inside = piece["phrase"] if piece["phrase"] is not None else said.lstrip("-")
        plain = words.plain(inside)
        found = words.single_terms(inside)
        if piece["minus"] and plain:
            if " " in plain:
                excluded.append(plain)
            else:
                forbidden.update(dict.fromkeys(found))
            continue
        if piece["phrase"] is not None and " " in plain:
            phrases.append(plain)
            required.update(dict.fromkeys(found))
        elif piece["phrase"] is not None:
            required.update(dict.fromkeys(found))
        said_at += ((term, piece.start()) for term in words.terms(inside))
        stops.update(word.term for word in words.words(inside) if word.is_stop)
    return Query(
        text=text,
        terms=tuple((term, weight) for term, weight in _weigh(said_at, kept).items() if term not in forbidden),
        required=tuple(required),
        forbidden=tuple(forbidden),
        phrases=tuple(phrases),
        excluded_phrases=tuple(excluded),
        filters=filters,
        notes=tuple(notes) + _nothing_left({term for term, _ in said_at} - {*forbidden}, stops, phrases, forbidden or excluded),
    )


def _weigh(said_at: list[tuple[str, int]], text: str) -> dict[str, float]:
    """The weight of each term, of all terms and where in the text each was said."""
    end = _SENTENCE_END.search(text) if len(said_at) > LONG_QUESTION else None
    opening = end.start() if end else 0
    weights: dict[str, float] = {}
    for term, start in said_at:
        weight = (FRAME_WEIGHT if term in _FRAME else 1.0) * (OPENING_WEIGHT if start < opening else 1.0)
        weights[term] = weights.get(term, 0.0) + weight
    return weights


def free_words(text: str) -> Iterator[Word]:
    """The words of a question that may be slips: in no quotes, no filter and no exclusion, and nothing that looks like code."""
    for piece in _PIECE.finditer(_readable(text)):
        said = piece["word"]
        if said is None or piece["minus"] or piece["field"]:
            continue
        core = _AROUND.sub("", said)
        if _PROSE.fullmatch(core) and not _CODE.search(core):
            for word in words.words(said):
                yield word._replace(start=piece.start("word") + word.start, end=piece.start("word") + word.end)


def prose(text: str) -> str:
    """A question without what is filtered and excluded, for those who read it as a sentence."""
    said = [
        piece["phrase"] if piece["phrase"] is not None else piece.group()
        for piece in _PIECE.finditer(_readable(text))
        if not piece["minus"] and not (piece["field"] and _narrow(Filters(), piece["field"].lower(), piece["value"].strip('"')))
    ]
    return " ".join(said)


def _readable(text: str) -> str:
    """The part of a question that is read, letter for letter in its place."""
    # Half of a character is none, and no database takes it.
    whole = text[:MAX_QUESTION].encode("utf-8", "replace").decode()
    return whole.replace("\0", " ").replace("“", '"').replace("”", '"')


def _nothing_left(
    wanted: Collection[str], stops: Collection[str], phrases: Collection[str], excluded: Collection[str]
) -> tuple[str, ...]:
    if not wanted and excluded:
        return (Message("What to leave out can only be left out of something; add words to look for."),)
    if wanted or not stops:
        return ()
    if phrases:
        return (Message("A phrase of nothing but small words cannot be looked up; add a word that matters."),)
    return (Message("These words are in every question; add one that says what yours is about."),)


def _narrow(filters: Filters, field: str, value: str) -> Filters | None:
    """`filters` with one more condition, or None where the value makes no sense for the field."""
    folded = words.fold(value).strip()
    if field == "best":
        return replace(filters, best=folded in _YES) if folded in _YES | _NO else None
    if field in {"votes", "year"}:
        span = _range(folded)
        return None if span is None else replace(filters, votes=span) if field == "votes" else replace(filters, year=span)
    if not folded:
        return None
    if field == "category":
        return replace(filters, categories=(*filters.categories, folded))
    if field == "site":
        return replace(filters, sites=(*filters.sites, folded))
    if field == "tag":
        return replace(filters, tags=(*filters.tags, folded))
    return replace(filters, authors=(*filters.authors, folded))


def _range(value: str) -> Range | None:
    found = _RANGE.match(value)
    if not found:
        return None
    if found["value"] is None:
        low, high = found["low"], found["high"]
        return Range(int(low) if low else None, int(high) if high else None) if low or high else None
    number = int(found["value"])
    ranges: dict[str, Callable[[int], Range]] = {
        ">=": lambda n: Range(n, None),
        "<=": lambda n: Range(None, n),
        ">": lambda n: Range(n + 1, None),
        "<": lambda n: Range(None, n - 1),
    }
    op = found["op"] or "="
    return ranges[op](number) if op in ranges else Range(number, number)
