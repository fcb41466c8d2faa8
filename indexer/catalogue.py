"""What is there to leaf through? Threads by site, category, tag and time; the people in them; questions that were asked twice.

Everything here reads one moment of a store and comes in an order that is the same each time it is asked. Each query looks at
an index that holds all it needs (`schema.sql`), so that none of them walks over posts.
"""

from __future__ import annotations

import json
from calendar import timegm
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Final, Literal, NamedTuple

from . import words
from .errors import NotFound
from .messages import Message
from .persons import is_somebody
from .store import Store
from .thread import UNTITLED

ThreadOrder = Literal["newest", "oldest", "answers"]
PeopleOrder = Literal["answers", "standing", "name"]
TagOrder = Literal["threads", "name"]

_THREAD_ORDERS: Final[dict[ThreadOrder, str]] = {
    "newest": "p.written DESC, p.number",
    "oldest": "p.written NULLS LAST, p.number",
    "answers": "p.answers DESC, p.number",
}
_PEOPLE_ORDERS: Final[dict[PeopleOrder, str]] = {
    "answers": "answers DESC, folded, site, name",
    "standing": "standing DESC, folded, site, name",
    "name": "folded, site, name",
}
_TAG_ORDERS: Final[dict[TagOrder, str]] = {"threads": "2 DESC, 1", "name": "1"}

@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which threads are listed. What is None is free; a month is of its year."""

    site: str | None = None
    category: str | None = None
    tag: str | None = None
    year: int | None = None
    month: int | None = None
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class ListedThread:
    """A thread as a list has it."""

    id: str
    title: str
    site: str
    category: str | None
    tags: tuple[str, ...]
    written: datetime | None
    votes: int | None
    answers: int
    """Those that are ranked."""


class Tally(NamedTuple):
    """How many threads there are of something."""

    name: str
    threads: int


class Month(NamedTuple):
    """How many threads there are of one month."""

    year: int
    month: int
    threads: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has answered under a name of their own on a site."""

    site: str
    name: str
    answers: int
    standing: float
    """How far their answers stood above what was usual where they stood, added up: in units of ln(1 + votes)."""


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """Threads that the site says ask the same: an original, and what was asked again. A title is None where it is not here."""

    original: str
    title: str | None
    duplicates: Mapping[str, str | None]


def threads(store: Store, wanted: Wanted, order: ThreadOrder, *, n: int, offset: int) -> tuple[int, tuple[ListedThread, ...]]:
    """How many threads are wanted, and a stretch of them."""
    chosen, values = _chosen(wanted)
    total: int = store.select(f"SELECT count(*) FROM {chosen}", values)[0][0]
    numbers = store.select(
        f"SELECT p.number FROM {chosen} ORDER BY {_THREAD_ORDERS[order]} LIMIT ? OFFSET ?", (*values, n, offset)
    )
    return total, _listed(store, [number for (number,) in numbers])


def _chosen(wanted: Wanted) -> tuple[str, tuple[str | int, ...]]:
    """What chooses the questions of threads, and its values: from the index that has them all, or by a tag."""
    values: list[str | int] = []
    conditions = ["p.kind = 'question'"]
    source = "posts p INDEXED BY questions"
    if wanted.tag is not None:
        # Crossed, so that SQLite begins with the tag and not with all posts.
        source = "tags t CROSS JOIN posts p ON p.id = t.thread_id"
        conditions.append("t.tag = ?")
        values.append(words.fold(wanted.tag))
    for column, name in (("site", wanted.site), ("category", wanted.category)):
        if name is not None:
            conditions.append(f"p.{column} = ?")
            values.append(name)
    if wanted.year is not None:
        conditions.append("p.written >= ? AND p.written < ?")
        values += span(wanted.year, wanted.month)
    if wanted.unanswered:
        conditions.append("p.answers = 0")
    return f"{source} WHERE {' AND '.join(conditions)}", tuple(values)


def span(year: int, month: int | None = None) -> tuple[int, int]:
    """The first second of a year or month and the first one after it, since 1970, in UTC; the same where there is none."""
    if not MINYEAR <= year <= MAXYEAR or month not in {None, *range(1, 13)}:
        return 0, 0
    following = year * 12 + (12 if month is None else month)
    return timegm((year, month or 1, 1, 0, 0, 0)), _first_second(following)


def _first_second(months_since_0: int) -> int:
    """The beginning of a month; after the last one that dates have, the end of time."""
    year, month = divmod(months_since_0, 12)
    return timegm((year, month + 1, 1, 0, 0, 0)) if year <= MAXYEAR else 2**53


def _listed(store: Store, numbers: Sequence[int]) -> tuple[ListedThread, ...]:
    if not numbers:
        return ()
    marks = ", ".join("?" * len(numbers))
    rows = store.select(
        f"SELECT number, id, title, site, category, written, votes, answers FROM posts WHERE number IN ({marks})", numbers
    )
    tagged: dict[str, list[str]] = {}
    for thread_id, tag in store.select(
        "SELECT thread_id, said FROM tags WHERE thread_id IN (SELECT value FROM json_each(?)) ORDER BY thread_id, tag",
        (json.dumps([row[1] for row in rows]),),
    ):
        tagged.setdefault(thread_id, []).append(tag)
    found = {
        number: ListedThread(
            *(thread_id, title or UNTITLED, site, category, tuple(tagged.get(thread_id, ()))),
            *(None if written is None else datetime.fromtimestamp(written, UTC), votes, answers),
        )
        for number, thread_id, title, site, category, written, votes, answers in rows
    }
    return tuple(found[number] for number in numbers)


# What there is of each kind


def sites(store: Store) -> tuple[Tally, ...]:
    """The sites, those with most threads first."""
    return _tally(store, "site", None)


def categories(store: Store, site: str | None = None) -> tuple[Tally, ...]:
    """The categories, of one site or all, those with most threads first."""
    return _tally(store, "category", site)


def _tally(store: Store, column: str, site: str | None) -> tuple[Tally, ...]:
    of_site, values = ("", ()) if site is None else ("AND site = ?", (site,))
    rows = store.select(
        f"SELECT {column}, count(*) FROM posts INDEXED BY questions WHERE kind = 'question' AND {column} IS NOT NULL {of_site}"
        " GROUP BY 1 ORDER BY 2 DESC, 1",
        values,
    )
    return tuple(Tally(*row) for row in rows)


def months(store: Store, site: str | None = None) -> tuple[Month, ...]:
    """The months from which there are threads, the latest first."""
    of_site, values = ("", ()) if site is None else ("AND site = ?", (site,))
    rows = store.select(
        "SELECT CAST(strftime('%Y', written, 'unixepoch') AS INTEGER), CAST(strftime('%m', written, 'unixepoch') AS INTEGER),"
        f" count(*) FROM posts INDEXED BY questions WHERE kind = 'question' AND written IS NOT NULL {of_site}"
        " GROUP BY 1, 2 ORDER BY 1 DESC, 2 DESC",
        values,
    )
    return tuple(Month(*row) for row in rows)


def tags(store: Store, order: TagOrder, *, n: int, offset: int) -> tuple[int, tuple[Tally, ...]]:
    """How many tags there are, and a stretch of them, in lower case: sites do not agree on capitals."""
    total: int = store.select("SELECT count(DISTINCT tag) FROM tags")[0][0]
    ordered = f"GROUP BY 1 ORDER BY {_TAG_ORDERS[order]} LIMIT ? OFFSET ?"
    rows = store.select(f"SELECT tag, count(*) FROM tags {ordered}", (n, offset))
    return total, tuple(Tally(*row) for row in rows)


# People


def people(
    store: Store, order: PeopleOrder, *, begins: str = "", site: str | None = None, n: int, offset: int
) -> tuple[int, tuple[Person, ...]]:
    """How many people have answered, and a stretch of them; with `begins`, those whose names begin so, in whatever case."""
    conditions, values = ["1"], list[str | int]()
    if folded := words.fold(begins).strip():
        # What comes after every name that begins so.
        conditions.append("folded >= ? AND folded < ?")
        values += [folded, folded + "\U0010ffff"]
    if site is not None:
        conditions.append("site = ?")
        values.append(site)
    chosen = f"FROM people WHERE {' AND '.join(conditions)}"
    total: int = store.select(f"SELECT count(*) {chosen}", values)[0][0]
    rows = store.select(
        f"SELECT site, name, answers, standing {chosen} ORDER BY {_PEOPLE_ORDERS[order]} LIMIT ? OFFSET ?", (*values, n, offset)
    )
    return total, tuple(Person(*row) for row in rows)


def person(store: Store, site: str, name: str) -> Person:
    """Somebody by the name on a site. Raises NotFound, also for names that are nobody's."""
    rows = store.select("SELECT site, name, answers, standing FROM people WHERE site = ? AND name = ?", (site, name))
    if not rows or not is_somebody(name):
        raise NotFound(
            Message("Nobody has answered as “{name}” on “{site}” in this library", name=name, site=site),
            Message("`askive info` lists the sites"),
        )
    return Person(*rows[0])


def known_people(store: Store, site: str, names: Collection[str]) -> frozenset[str]:
    """Those of some names under which somebody has answered on a site."""
    wanted = json.dumps(list(names))
    rows = store.select("SELECT name FROM people WHERE site = ? AND name IN (SELECT value FROM json_each(?))", (site, wanted))
    return frozenset(name for (name,) in rows if is_somebody(name))


# Asked more than once

_ORIGINAL: Final = (
    "FROM duplicates d JOIN posts p USING (number) LEFT JOIN aliases a ON a.alias = d.original"
    " WHERE p.id != coalesce(a.id, d.original)"
)


def asked_again(store: Store, *, n: int, offset: int) -> tuple[int, tuple[AskedAgain, ...]]:
    """How many questions were asked more than once, and a stretch of them, those asked most often first."""
    total: int = store.select(f"SELECT count(DISTINCT coalesce(a.id, d.original)) {_ORIGINAL}")[0][0]
    rows = store.select(
        f"SELECT coalesce(a.id, d.original), count(DISTINCT p.id) {_ORIGINAL} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ? OFFSET ?",
        (n, offset),
    )
    originals = [original for original, _ in rows]
    duplicates = store.duplicates_of(originals)
    titles = store.titles([*originals, *(name for names in duplicates.values() for name in names)])
    return total, tuple(
        AskedAgain(original, titles.get(original), {name: titles.get(name) for name in duplicates.get(original, ())})
        for original in originals
    )
