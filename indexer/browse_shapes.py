"""The JSON shapes of what is leafed through, beside those of `shapes`: threads, tallies, people, citations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from .catalogue import AskedAgain, ListedThread, Month, Person, Tally
from .citation import Citation


def threads(total: int, found: Iterable[ListedThread], offset: int) -> dict[str, Any]:
    """A stretch of a list of threads."""
    return {
        "total": total,
        "offset": offset,
        "threads": [
            asdict(one) | {"tags": list(one.tags), "written": one.written and one.written.isoformat()} for one in found
        ],
    }


def tally(name: str, found: Sequence[Tally], total: int | None = None, offset: int = 0) -> dict[str, Any]:
    """What there is of a kind, with how many threads of each: all of it, or a stretch."""
    rows = [{"name": one.name, "threads": one.threads} for one in found]
    return {"total": len(rows) if total is None else total, "offset": offset, name: rows}


def months(found: Sequence[Month]) -> dict[str, Any]:
    """The months from which there are threads."""
    return {"total": len(found), "months": [month._asdict() for month in found]}


def people(total: int, found: Iterable[Person], offset: int) -> dict[str, Any]:
    """A stretch of the people who answered."""
    return {"total": total, "offset": offset, "people": list(map(person, found))}


def person(someone: Person) -> dict[str, Any]:
    return asdict(someone) | {"standing": round(someone.standing, 6)}


def duplicates(total: int, found: Iterable[AskedAgain], offset: int) -> dict[str, Any]:
    """A stretch of what was asked more than once."""
    return {
        "total": total,
        "offset": offset,
        "originals": [
            {
                "thread_id": one.original,
                "title": one.title,
                "duplicates": [{"thread_id": name, "title": title} for name, title in one.duplicates.items()],
            }
            for one in found
        ],
    }


def citation(cited: Citation) -> dict[str, Any]:
    """How something is cited, in every form."""
    return {
        "id": cited.id,
        "thread_id": cited.thread_id,
        "text": cited.text(),
        "bibtex": cited.bibtex(),
        "csl": cited.csl(),
    }
