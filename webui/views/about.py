"""What is in the library, where it came from, and what was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from flask import url_for

from indexer.rows import Archive
from indexer.settings import Settings

from .. import addresses
from ..asked import Browsed
from ..glance import Glance
from ..paging import Pager, pager

ROWS: Final = 100
"""Archives on a page."""


@dataclass(frozen=True, slots=True)
class Count:
    """A name with its questions, linked to the top answers of that name where there is such a page."""

    name: str
    total: int
    href: str | None = None


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """One archive and what came of it."""

    name: str
    format: str | None
    was_read: bool
    threads: int
    answers: int
    skipped: int
    reason: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AboutPage:
    """What the about page shows."""

    threads: int
    answers: int
    posts: int
    span: str | None
    sites: tuple[Count, ...]
    categories: tuple[Count, ...]
    years: tuple[Count, ...]
    engine: str
    generation: str | None
    index_size: str
    archives: int
    unread: int
    """Archives that nothing could be read from."""
    skipped: int
    """Records that were left out of archives otherwise read."""
    rows: tuple[ArchiveRow, ...]
    pager: Pager


def about(glance: Glance, page: int, settings: Settings) -> AboutPage:
    """The about page; its list of archives has pages of its own, with those that say something went wrong first."""
    archives = sorted(glance.archives, key=lambda archive: (archive.status == "read", not archive.skipped, archive.key))
    first = (page - 1) * ROWS
    return AboutPage(
        threads=glance.threads,
        answers=glance.answers,
        posts=glance.posts,
        span=glance.span,
        sites=tuple(Count(name, total) for name, total in glance.sites),
        categories=tuple(Count(name, total, addresses.top(Browsed(category=name))) for name, total in glance.categories),
        years=tuple(Count(name, total, addresses.top(Browsed(year=int(name)))) for name, total in glance.years),
        engine=f"{glance.engine} ({glance.engine_why})" if glance.engine_why else glance.engine,
        generation=glance.generation,
        index_size=_size(glance.index_bytes),
        archives=len(archives),
        unread=sum(archive.status != "read" for archive in archives),
        skipped=sum(archive.skipped for archive in archives),
        rows=tuple(_row(archive, settings.library) for archive in archives[first : first + ROWS]),
        pager=pager(page, len(archives), ROWS, lambda number: url_for("about", page=number if number > 1 else None)),
    )


def _row(archive: Archive, library: Path) -> ArchiveRow:
    key = PurePath(archive.key)
    # Where things lie on the server's disk is nobody's business who only reads.
    name = key.name if key.is_absolute() else archive.key
    places: Sequence[str] = (f"{library.resolve()}/", f"{library}/", f"{key.parent}/" if key.is_absolute() else "")
    return ArchiveRow(
        name=name,
        format=archive.format,
        was_read=archive.status == "read",
        threads=archive.threads,
        answers=archive.answers,
        skipped=archive.skipped,
        reason=archive.reason and _without(archive.reason, places),
        warnings=tuple(_without(warning, places) for warning in archive.warnings),
    )


def _without(text: str, places: Sequence[str]) -> str:
    for place in places:
        if place:
            text = text.replace(place, "")
    return text


def _size(size: int) -> str:
    if size < 1_000_000:
        return f"{max(1, size // 1000):,} kB"
    return f"{size / 1e6:,.1f} MB"
