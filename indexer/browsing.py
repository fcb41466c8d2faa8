"""Which answers stand out, whatever is asked? The best-rated, those that votes passed by, those that came late, a person's.

One `Browsing` is one moment of a library. What it lists are ranked answers as a question's are, in an order that is the same
each time, with nothing in their signals: they stand where they stand by one thing alone.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from . import ask, catalogue, query, showing, words
from .ask import Results
from .catalogue import Person, span
from .errors import NotFound
from .messages import Message
from .query import Query
from .ranking import Ranked
from .showing import RankedAnswer
from .store import Store

Shelf = Literal["top", "gems", "late"]
PersonOrder = Literal["standing", "votes", "newest"]

LATE_S: Final = 7 * 24 * 3600
"""Seconds after the question from which on an answer is late: nearly all come on the first day or two. The index
`late_answers` has it, too."""

GOOD: Final = 0.5
"""The lift from which on an answer makes its thread worth being met by chance: some 65 % more votes than usual."""

_VOUCHED: Final = "backers + 2 * coalesce(outcome, 0) + coalesce(best, 0)"
"""How much people vouch for an answer: one for each who backs it in words and for the mark of a best answer, two for an asker
who says that it worked."""


class _Kind(NamedTuple):
    """What of answers is listed, in SQL over columns that an index holds, best first."""

    where: str
    order: str
    whole: str
    """The index that has them all in order."""
    filtered: str
    """The index that filters choose among them in."""


_KINDS: Final[dict[str, _Kind]] = {
    "top": _Kind("lift IS NOT NULL", "lift DESC, number", "posts_by_lift", "answers_to_browse"),
    "votes": _Kind("votes IS NOT NULL", "votes DESC, number", "posts_by_votes", "answers_to_browse"),
    "gems": _Kind(
        f"lift <= 0 AND dissenters = 0 AND coalesce(outcome, 1) AND {_VOUCHED} > 0",
        f"{_VOUCHED} DESC, lift, number",
        *("gems", "gems"),
    ),
    "late": _Kind(f"lift > 0 AND delay >= {LATE_S}", "lift DESC, number", "late_answers", "late_answers"),
}
_PERSON_ORDERS: Final[dict[PersonOrder, str]] = {
    "standing": "lift DESC, number",
    "votes": "votes DESC, number",
    "newest": "written DESC, number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """Which answers are looked at: those of a site, of a category (by any of its words), of a year."""

    site: str | None = None
    category: str | None = None
    year: int | None = None

    @property
    def query(self) -> Query:
        """The same as what is typed into the box."""
        parts = [f'site:"{self.site}"'] if self.site else []
        parts += [f'category:"{self.category}"'] if self.category else []
        parts += [f"year:{self.year}"] if self.year is not None else []
        return query.parse(" ".join(parts))


EVERYTHING: Final = Among()


class Browsing:
    """What can be browsed in one moment of a library."""

    def __init__(self, store: Store, engine: str) -> None:
        self.store = store
        self._engine = engine

    def answers(self, shelf: Shelf, among: Among = EVERYTHING, *, raw: bool = False, n: int, offset: int = 0) -> Results:
        """A stretch of a shelf: `top` by votes against expectation or, with `raw`, by bare votes; `gems`, for which somebody
        vouches and that votes passed by; `late` ones that are well rated all the same."""
        started = time.perf_counter()
        asked, notes, kind, chosen, values = self._chosen(shelf, among, raw=raw)
        by = "votes" if raw and shelf == "top" else "best"
        return self._results(asked, notes, chosen, values, kind.order, by, n=n, offset=offset, started=started)

    def all_answers(self, shelf: Shelf, among: Among = EVERYTHING, *, raw: bool = False) -> Iterator[RankedAnswer]:
        """All of a shelf in order; texts are read as they are taken."""
        asked, _, kind, chosen, values = self._chosen(shelf, among, raw=raw)
        score = "votes" if raw and shelf == "top" else "lift"
        rows = self.store.each(f"SELECT number, {score}, expected FROM {chosen} ORDER BY {kind.order}", values)
        ranked = ((Ranked(number, float(score or 0), {}, expected), None) for number, score, expected in rows)
        return ask.read_all(ranked, asked, self.store)

    def _chosen(
        self, shelf: Shelf, among: Among, *, raw: bool
    ) -> tuple[Query, tuple[str, ...], _Kind, str, tuple[str | int, ...]]:
        """What a shelf is asked for, and what chooses its answers in SQL, with its values."""
        asked = among.query
        filters, notes = ask.full_names(asked.filters, self.store)
        asked = replace(asked, filters=filters)
        kind = _KINDS["votes" if raw and shelf == "top" else shelf]
        conditions, values = self._conditions(asked, among)
        chosen = f"posts INDEXED BY {kind.filtered if conditions else kind.whole} WHERE advice AND {kind.where}{conditions}"
        return asked, notes, kind, chosen, values

    def of_person(self, someone: Person, order: PersonOrder = "standing", *, n: int, offset: int = 0) -> Results:
        """A stretch of somebody's answers."""
        chosen = (
            "posts INDEXED BY answers_by_author"
            " WHERE advice AND NOT anonymous AND author IS NOT NULL AND site = ? AND author = ?"
        )
        asked, started = Query(""), time.perf_counter()
        values = (someone.site, someone.name)
        by = {"standing": "best"}.get(order, order)
        return self._results(asked, (), chosen, values, _PERSON_ORDERS[order], by, n=n, offset=offset, started=started)

    def at_random(self, seed: str | None = None) -> str:
        """The id of a thread with a good answer in it, any of them, or the one that a seed leads to. Raises NotFound."""
        last: int = self.store.select("SELECT coalesce(max(number), 0) FROM posts")[0][0]
        start = int.from_bytes(hashlib.sha256(seed.encode()).digest()) % (last + 1) if seed else secrets.randbelow(last + 1)
        # Without the sign, SQLite would rather sort all good answers than look at the next few posts.
        for good in (f"advice AND (+lift >= {GOOD} OR outcome = 1 OR best = 1)", "advice", "kind = 'question'"):
            for side in (">=", "<"):
                rows = self.store.select(
                    f"SELECT thread_id FROM posts WHERE number {side} ? AND {good} ORDER BY number LIMIT 1", (start,)
                )
                if rows:
                    return str(rows[0][0])
        raise NotFound(
            Message("There is no thread in this library"), Message("Put archives into its threads/ and run `askive build`")
        )

    def _conditions(self, asked: Query, among: Among) -> tuple[str, tuple[str | int, ...]]:
        """The filters as SQL over the columns that indexes hold, and its values: names as the library spells them."""
        conditions, values = "", list[str | int]()
        for column, wanted, known in (
            ("thread_category", asked.filters.categories, catalogue.categories),
            ("site", asked.filters.sites, catalogue.sites),
        ):
            if wanted:
                # Where the library has no such name, none is what is asked for; an empty list is more than SQLite takes.
                names = [name for name, _ in known(self.store) if words.fold(name) in wanted] or list(wanted)
                conditions += f" AND {column} IN ({', '.join('?' * len(names))})"
                values += names
        if among.year is not None:
            conditions += " AND written >= ? AND written < ?"
            values += span(among.year)
        return conditions, tuple(values)

    def _results(
        self,
        asked: Query,
        notes: tuple[str, ...],
        chosen: str,
        values: tuple[str | int, ...],
        order: str,
        by: str,
        *,
        n: int,
        offset: int,
        started: float,
    ) -> Results:
        total: int = self.store.select(f"SELECT count(*) FROM {chosen}", values)[0][0]
        # Only those on the page are read; the ones before it are passed over in the index.
        rows = self.store.select(f"SELECT number FROM {chosen} ORDER BY {order} LIMIT ? OFFSET ?", (*values, n, offset))
        numbers = [number for (number,) in rows]
        marks = ", ".join("?" * len(numbers))
        known = {
            number: Ranked(number, float((votes if by == "votes" else lift) or 0), {}, expected)
            for number, votes, lift, expected in (
                self.store.select(f"SELECT number, votes, lift, expected FROM posts WHERE number IN ({marks})", numbers)
                if numbers
                else ()
            )
        }
        ranked = [known[number] for number in numbers]
        page = showing.page(ranked, offset, asked, self.store)
        took = (time.perf_counter() - started) * 1000
        return Results(asked, total, took, self._engine, 1.0, by, offset, page, notes, threads=None, listed=total)


