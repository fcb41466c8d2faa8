"""Which page of how many, and the links to the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link to a page; without an address it is the page itself, without a number a gap between pages."""

    number: int | None
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Pager:
    """Where among the pages one is. `previous` and `next` are None at the ends."""

    page: int
    pages: int
    links: tuple[PageLink, ...]
    previous: str | None
    next: str | None

    @property
    def is_past_end(self) -> bool:
        return self.page > max(1, self.pages)


def pager(page: int, total: int, length: int, address: Callable[[int], str]) -> Pager:
    """The pages of `total` things, `length` on each. `address` gives the address of a page by its number."""
    pages = -(-total // length)
    near = sorted({*range(max(1, page - 1), min(pages, page + 1) + 1), 1, pages}) if pages else []
    links: list[PageLink] = []
    for number in near:
        if links and links[-1].number is not None and number - links[-1].number > 1:
            links.append(PageLink(None))
        links.append(PageLink(number, None if number == page else address(number)))
    previous = address(min(page - 1, pages)) if page > 1 and pages else None
    return Pager(page, pages, tuple(links), previous, address(page + 1) if page < pages else None)
