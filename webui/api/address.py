"""One address for programs, and what one request to it has to go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from indexer import shapes
from indexer.ask import Results
from indexer.errors import BadQuestion
from indexer.library import Library
from indexer.settings import Settings

from ..asked import Asked, Reader
from ..glance import Glances
from . import cursors, parameters
from .parameters import Parameter
from .schemas import Schema

Gives = Callable[["Given"], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address: how it is called, what it takes, and what it gives."""

    rule: str
    """As Flask writes it."""
    name: str
    about: str
    give: Gives
    """Makes a response, or what becomes JSON."""
    parameters: tuple[Parameter, ...] = ()
    content: Mapping[str, Schema]
    """Media type → schema."""
    gives: str = "What was asked for."
    errors: tuple[int, ...] = ()
    """Statuses that this one may answer with beside those that all may."""


class Given:
    """What one request has to go by: the library, and its parameters, which are as the table says."""

    def __init__(self, library: Library, settings: Settings, glances: Glances, address: Address, **path: str) -> None:
        parameters.check(address.parameters, request.args)
        self.library = library
        self.settings = settings
        self.glances = glances
        self.address = address
        self.path = path
        self.reader = Reader(request.args)

    def n(self, usual: int | None = None) -> int:
        most = max(parameters.MOST, usual or 0)
        return self.reader.number("n", "number of answers", 1, most) or usual or self.settings.results

    def asked(self) -> Asked:
        """The search that is asked for: every answer listed, unless it says otherwise."""
        return self.reader.asked(self.settings.dial, grouped=False)

    def offset(self, n: int) -> int:
        """Where the page begins that is asked for, by number or by cursor."""
        cursor, page = request.args.get("cursor"), self.reader.page()
        if cursor is None:
            return (page - 1) * n
        if "page" in request.args:
            raise BadQuestion("A page is asked for by `cursor` or by `page`, not by both", "Leave one of them out")
        return cursors.take(cursor, request.path, request.args, self.library.stamp())

    def following(self, offset: int, total: int) -> str | None:
        """The cursor of what comes after a page that ended at `offset`."""
        if offset >= total:
            return None
        return cursors.give(offset, request.path, request.args, self.library.stamp())

    def page(self, results: Results) -> dict[str, Any]:
        """A page of results, with where it goes on."""
        end = results.offset + len(results.answers)
        following = self.following(end, results.listed) if results.answers else None
        return shapes.results(results) | {"next": following}
