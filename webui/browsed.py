"""What the address of a list asks for: of threads, of people, of tags. As `asked`, for those who leaf through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Self

from indexer.browsing import PersonOrder
from indexer.catalogue import PeopleOrder, TagOrder, ThreadOrder, Wanted

from .asked import Reader

THREAD_ORDERS: Final[tuple[ThreadOrder, ...]] = ("newest", "oldest", "answers")
PEOPLE_ORDERS: Final[tuple[PeopleOrder, ...]] = ("answers", "standing", "name")
PERSON_ORDERS: Final[tuple[PersonOrder, ...]] = ("standing", "votes", "newest")
TAG_ORDERS: Final[tuple[TagOrder, ...]] = ("threads", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list of threads."""

    site: str | None = None
    category: str | None = None
    tag: str | None = None
    year: int | None = None
    month: int | None = None
    unanswered: bool = False
    sort: ThreadOrder = "newest"
    page: int = 1

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            site=self.site,
            category=self.category,
            tag=self.tag,
            year=self.year,
            month=self.month if self.year is not None else None,
            unanswered=self.unanswered,
        )

    def but(self, **changes: Any) -> Self:
        """The same with some things changed, from its first page on."""
        return replace(self, **({"page": 1} | changes))

    def parameters(self) -> dict[str, str]:
        """The parameters of the address; whether threads have answers is told by its path."""
        said = {
            "site": self.site,
            "category": self.category,
            "tag": self.tag,
            "year": self.year,
            "month": self.month,
            "sort": None if self.sort == THREAD_ORDERS[0] else self.sort,
            "page": None if self.page == 1 else self.page,
        }
        return {name: str(value) for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """A list of people."""

    site: str | None = None
    begins: str = ""
    """What their names begin with."""
    sort: PeopleOrder = "answers"
    page: int = 1

    def but(self, **changes: Any) -> Self:
        return replace(self, **({"page": 1} | changes))

    def parameters(self) -> dict[str, str]:
        said = {
            "site": self.site,
            "begins": self.begins or None,
            "sort": None if self.sort == PEOPLE_ORDERS[0] else self.sort,
            "page": None if self.page == 1 else self.page,
        }
        return {name: str(value) for name, value in said.items() if value is not None}


def listed(reader: Reader, *, unanswered: bool = False) -> Listed:
    """The list of threads that an address asks for."""
    return Listed(
        site=reader.name("site"),
        category=reader.name("category"),
        tag=reader.name("tag"),
        year=reader.number("year", "year", 1, 9999),
        month=reader.number("month", "month", 1, 12),
        unanswered=unanswered,
        sort=reader.one_of("sort", THREAD_ORDERS),
        page=reader.page(),
    )


def crowd(reader: Reader) -> Crowd:
    """The list of people that an address asks for."""
    return Crowd(
        site=reader.name("site"),
        begins=reader.text("begins")[:100],
        sort=reader.one_of("sort", PEOPLE_ORDERS),
        page=reader.page(),
    )
