"""What a page's address asks for. Everything that a page shows follows from its address and the library."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self, TypeVar

from werkzeug.datastructures import MultiDict

from indexer import query, words
from indexer.query import Filters, Range
from indexer.ranking import SORTS, Sort

from .language import later, say

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+|"')
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST_NAME: Final = 200
"""Code points of the name of a site, a category or a tag that are read."""

_MOST_NAMES: Final = 10
"""Tags that are read."""


_Choice = TypeVar("_Choice", bound=str)

Number = Literal["year", "month", "page", "number of votes", "number of answers", "number of completions", "number of threads"]
"""What a number in an address may stand for."""

_NOT: Final[Mapping[Number, str]] = {
    "year": later("“{said}” is no year, so it was left out."),
    "month": later("“{said}” is no month, so it was left out."),
    "page": later("“{said}” is no page, so it was left out."),
    "number of votes": later("“{said}” is no number of votes, so it was left out."),
    "number of answers": later("“{said}” is no number of answers, so it was left out."),
    "number of completions": later("“{said}” is no number of completions, so it was left out."),
    "number of threads": later("“{said}” is no number of threads, so it was left out."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search as its address puts it: the question as typed, the part of its answers that was chosen, and which page of them.

    Controls and facets choose a part of the set (`Library.ask`, `within`); what is typed makes the set.
    """

    question: str = ""
    site: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    votes: int | None = None
    best: bool = False
    dial: float = 0.5
    sort: Sort = "best"
    grouped: bool = True
    """Whether a thread is listed once, and not by every answer."""
    thread: str | None = None
    """The one thread that is asked."""
    exact: bool = False
    page: int = 1

    @property
    def within(self) -> Filters:
        """The part of the set that the controls choose."""
        return Filters(
            sites=_folded(self.site),
            categories=_folded(self.category),
            tags=_folded(*self.tags),
            votes=None if self.votes is None else Range(self.votes, None),
            year=None if self.since is self.until is None else Range(self.since, self.until),
            best=self.best or None,
        )

    @property
    def asks(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.question or self.within)

    @property
    def is_narrowed(self) -> bool:
        """Whether any control chooses a part."""
        return self != self.without_filters()

    def but(self, **changes: Any) -> Self:
        """The same with some things changed, from its first page on."""
        return replace(self, **({"page": 1} | changes))

    def without_filters(self) -> Self:
        nothing: dict[str, Any] = {"site": None, "category": None, "tags": (), "since": None, "until": None, "votes": None}
        return replace(self, best=False, thread=None, **nothing)

    def parameters(self, usual_dial: float) -> dict[str, str | list[str]]:
        """The parameters of the address, those that say something."""
        said = {
            "q": self.question,
            "site": self.site,
            "category": self.category,
            "from": self.since,
            "to": self.until,
            "votes": self.votes,
            "best": "yes" if self.best else None,
            "dial": None if self.dial == usual_dial else f"{self.dial:g}",
            "sort": None if self.sort == "best" else self.sort,
            "group": None if self.grouped else "0",
            "thread": self.thread,
            "exact": "1" if self.exact else None,
            "page": None if self.page == 1 else self.page,
        }
        single = {name: str(value) for name, value in said.items() if value is not None}
        return single | ({"tag": list(self.tags)} if self.tags else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsed:
    """What the address of a shelf of answers asks for."""

    site: str | None = None
    category: str | None = None
    year: int | None = None
    raw: bool = False
    page: int = 1

    def but(self, **changes: Any) -> Self:
        return replace(self, **({"page": 1} | changes))

    def parameters(self) -> dict[str, str]:
        said = {
            "site": self.site,
            "category": self.category,
            "year": self.year,
            "raw": "1" if self.raw else None,
            "page": None if self.page == 1 else self.page,
        }
        return {name: str(value) for name, value in said.items() if value is not None}


class Reader:
    """Takes parameters as they were sent, and notes in words whatever it could not take."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._arguments = arguments if isinstance(arguments, MultiDict) else MultiDict[str, str](arguments)
        self.notes: list[str] = []

    def text(self, name: str) -> str:
        """What was typed, on one line. One character more than is searched is kept, so that the cut is noticed and told."""
        return _line(self._arguments.get(name, ""))

    def typed(self, name: str) -> str:
        """What is being typed: as `text`, with a space at its end that says that the last word is whole."""
        text = self.text(name)
        return f"{text} " if text and self._arguments[name][-1:].isspace() else text

    def name(self, name: str) -> str | None:
        """A name that can stand in quotes."""
        return self.text(name).replace('"', " ")[:_LONGEST_NAME].strip() or None

    def names(self, name: str) -> tuple[str, ...]:
        """The names that a parameter gives, which may be there several times."""
        sent = [_line(value)[:_LONGEST_NAME].strip() for value in self._arguments.getlist(name)[:_MOST_NAMES]]
        return tuple(dict.fromkeys(filter(None, sent)))

    def number(self, name: str, what: Number, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`; None where nothing or nothing of the kind was sent."""
        said = self.text(name)
        if not said:
            return None
        if not _WHOLE.fullmatch(said) or not low <= int(said) <= high:
            self.notes.append(say(_NOT[what], said=_short(said)))
            return None
        return int(said)

    def dial(self, usual: float) -> float:
        said = self.text("dial")
        if not said:
            return usual
        try:
            dial = float(said)
        except ValueError:
            dial = -1.0
        if not 0 <= dial <= 1:
            message = later("“{said}” is no position of the dial, which goes from 0 to 1; {usual} was taken.")
            self.notes.append(say(message, said=_short(said), usual=f"{usual:g}"))
            return usual
        return dial

    def sort(self) -> Sort:
        return self.one_of("sort", SORTS)

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in {"yes", "1", "true", "on"}

    def page(self) -> int:
        """Pages count from 1; how many there are is not known yet."""
        return self.number("page", "page", 1, 10**18) or 1

    def asked(self, usual_dial: float, *, grouped: bool = True) -> Asked:
        """The search that an address asks for; `grouped` unless it says otherwise."""
        since, until = self.number("from", "year", 1, 9999), self.number("to", "year", 1, 9999)
        if since is not None and until is not None and since > until:
            since, until = until, since
        return Asked(
            question=self.text("q"),
            site=next(iter(self.names("site")), None),
            category=next(iter(self.names("category")), None),
            tags=self.names("tag"),
            since=since,
            until=until,
            votes=self.number("votes", "number of votes", -(10**9) + 1, 10**9 - 1),
            best=self.flag("best"),
            dial=self.dial(usual_dial),
            sort=self.sort(),
            grouped=self.flag("group") if self.text("group") else grouped,
            thread=self.name("thread"),
            exact=self.flag("exact"),
            page=self.page(),
        )

    def browsed(self) -> Browsed:
        """The shelf of answers that an address asks for."""
        return Browsed(
            site=self.name("site"),
            category=self.name("category"),
            year=self.number("year", "year", 1, 9999),
            raw=self.flag("raw"),
            page=self.page(),
        )

    def one_of(self, name: str, choices: Sequence[_Choice]) -> _Choice:
        """One of some words, the first where none or another was sent."""
        said = self.text(name)
        for choice in choices:
            if choice == said:
                return choice
        if said:
            self.notes.append(say("“{said}” is no order; there are {orders}.", said=_short(said), orders=", ".join(choices)))
        return choices[0]


def typed_filters(question: str) -> list[tuple[str, str]]:
    """The filters among the words of a question, each with the question as it reads without it."""
    found = []
    for token in _TOKEN.finditer(question):
        if ":" in token.group():
            parsed = query.parse(token.group())
            if parsed.filters and not parsed.terms:
                rest = f"{question[: token.start()].rstrip()} {question[token.end() :].lstrip()}".strip()
                found.append((token.group(), rest))
    return found[:20]


def _folded(*names: str | None) -> tuple[str, ...]:
    """Names as filters compare them."""
    return tuple(words.fold(name).strip() for name in names if name)


def _line(said: str) -> str:
    return _CONTROLS.sub(" ", said[: query.MAX_QUESTION + 1]).strip()


def _short(said: str) -> str:
    return said if len(said) <= 40 else said[:39] + "…"
