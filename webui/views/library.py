"""What is in the library, by year, votes, category and month; where it came from, and what was left out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any, Final

from flask import url_for

from indexer import shapes
from indexer.coverage import Bin, Coverage, Span
from indexer.messages import mapped
from indexer.rows import Archive
from indexer.settings import Settings

from .. import addresses, plots
from ..asked import Browsed
from ..glance import Glance
from ..language import again, fixed, later, listed, month_name, number, say
from ..paging import Pager, pager
from ..plots import BarPlot, MonthPlot, Series

ROWS: Final = 100
"""Archives on a page."""

CATEGORIES: Final = 30
"""Categories that have a bar; the table behind has all."""

GAPS: Final = 24
"""Months without a question that are named for a site; the rest is counted."""

Table = tuple[tuple[str, ...], ...]

_OF_TIER: Final = {
    "static": later("{share} of the threads have quick vectors"),
    "full": later("{share} of the threads have full vectors"),
}
"""What is told of each kind of vectors."""


@dataclass(frozen=True, slots=True)
class Count:
    """A name with its questions, linked to the page of that name where there is one."""

    name: str
    total: int
    href: str | None = None


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category with its bar: `share` is its questions in percent of the most that any has."""

    name: str
    href: str
    questions: str
    answers: str
    share: float


@dataclass(frozen=True, slots=True)
class GapRow:
    """The months of a site, and those in between that have no question."""

    site: str
    first: str
    last: str
    missing: tuple[str, ...]
    more: int


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
class LibraryPage:
    """What the page about the library shows. A plot is None where there is nothing to draw."""

    threads: int
    answers: int
    posts: int
    span: str | None
    sites: Sequence[tuple[str, int]]
    years: BarPlot | None
    years_table: Table
    years_hrefs: tuple[tuple[str, str], ...]
    undated: int
    votes: BarPlot | None
    votes_table: Table
    unvoted: int
    """Answers whose votes no archive shows."""
    categories: tuple[CategoryRow, ...]
    more_categories: int
    months: MonthPlot | None
    months_table: Table
    month_names: list[str]
    gaps: tuple[GapRow, ...]
    engine: str
    meaning: str | None
    """The model and how much of the library it knows; None without one."""
    generation: str | None
    index_size: str
    store_size: str
    written: datetime | None
    archives: int
    unread: int
    """Archives that nothing could be read from."""
    skipped: int
    """Records that were left out of archives otherwise read."""
    rows: tuple[ArchiveRow, ...]
    pager: Pager


def library(glance: Glance, coverage: Coverage, page: int, settings: Settings) -> LibraryPage:
    """The page about the library; its list of archives has pages of its own."""
    archives = in_order(glance.archives)
    first = (page - 1) * ROWS
    known = [each for each in coverage.votes if each.low is not None]
    return LibraryPage(
        threads=glance.threads,
        answers=glance.answers,
        posts=glance.posts,
        span=glance.span,
        sites=glance.sites,
        years=_years(coverage) if coverage.years else None,
        years_table=tuple((str(row.year), number(row.questions), number(row.answers)) for row in coverage.years),
        years_hrefs=tuple((name, addresses.top(Browsed(year=int(name)))) for name, _ in glance.years),
        undated=coverage.undated_questions + coverage.undated_answers,
        votes=_votes(known) if known else None,
        votes_table=tuple((_range(each), number(each.answers)) for each in known),
        unvoted=sum(each.answers for each in coverage.votes if each.low is None),
        categories=_categories(coverage),
        more_categories=max(0, len(coverage.categories) - CATEGORIES),
        months=_months(coverage) if coverage.months else None,
        months_table=_months_table(coverage),
        month_names=[month_name(month, "abbreviated") for month in range(1, 13)],
        gaps=tuple(map(_gaps, coverage.sites)),
        engine=f"{glance.engine} ({again(glance.engine_why)})" if glance.engine_why else glance.engine,
        meaning=_meaning(glance.meaning) if glance.meaning else None,
        generation=glance.generation,
        index_size=size(glance.index_bytes),
        store_size=size(glance.store_bytes),
        written=datetime.fromisoformat(glance.written) if glance.written else None,
        archives=len(archives),
        unread=sum(archive.status != "read" for archive in archives),
        skipped=sum(archive.skipped for archive in archives),
        rows=tuple(_row(archive, settings.library) for archive in archives[first : first + ROWS]),
        pager=pager(page, len(archives), ROWS, lambda to: url_for("library", page=to if to > 1 else None)),
    )


def _meaning(known: Mapping[str, Any]) -> str:
    """Which model the library has, what it takes, and how much of the library it knows."""
    # Rounded down: what is not done must not seem so.
    shares = [say(_OF_TIER[tier], share=f"{number(int(100 * share))} %") for tier, share in known["shares"].items()]
    licence = known["licence"] or say("licence unknown")
    name = say("{model} ({licence}, {size} with its vectors)", model=known["model"], licence=licence, size=size(known["bytes"]))
    return f"{name}: {listed(shares)}" if shares else name


def in_order(archives: Sequence[Archive]) -> list[Archive]:
    """Archives, those first that say something went wrong."""
    return sorted(archives, key=lambda archive: (archive.status == "read", not archive.skipped, archive.key))


def shown(archive: Archive, library: Path) -> dict[str, Any]:
    """An archive as `build` tells it, without where things lie on the server's disk: nobody's business who only reads."""
    key = PurePath(archive.key)
    places = (f"{library.resolve()}/", f"{library}/", f"{key.parent}/" if key.is_absolute() else "")

    def bare(text: str) -> str:
        for place in filter(None, places):
            text = text.replace(place, "")
        return text

    told = shapes.archive(archive, key.name if key.is_absolute() else archive.key)
    reason = told["reason"] and mapped(told["reason"], bare)
    return told | {"reason": reason, "warnings": [mapped(warning, bare) for warning in told["warnings"]]}


def _row(archive: Archive, library: Path) -> ArchiveRow:
    told = shown(archive, library)
    return ArchiveRow(
        name=told["path"],
        format=told["format"],
        was_read=told["status"] == "read",
        threads=told["threads"],
        answers=told["answers"],
        skipped=told["skipped"],
        reason=told["reason"],
        warnings=tuple(told["warnings"]),
    )


def _years(coverage: Coverage) -> BarPlot:
    rows = coverage.years
    most = max(rows, key=lambda row: row.answers)
    said = say(
        "From {first} to {last}. The most answers are from {year}: {answers}, to {questions} questions asked then.",
        first=rows[0].year,
        last=rows[-1].year,
        year=most.year,
        answers=number(most.answers),
        questions=number(most.questions),
    )
    return plots.bars(
        say("Questions and answers by year"),
        said,
        [str(row.year) for row in rows],
        [
            Series("questions", say("questions"), [row.questions for row in rows]),
            Series("answers", say("answers"), [row.answers for row in rows]),
        ],
    )


def _votes(known: Sequence[Bin]) -> BarPlot:
    most = max(known, key=lambda each: each.answers)
    total = sum(each.answers for each in known)
    said = say(
        "Of {total} answers whose votes are known, most have {range} votes: {answers}. Each bar is twice as wide a range as"
        " the one before it.",
        total=number(total),
        range=_range(most),
        answers=number(most.answers),
    )
    names = [_range(each, brief=True) for each in known]
    return plots.bars(
        say("Answers by votes"), said, names, [Series("answers", say("answers"), [each.answers for each in known])]
    )


def _range(each: Bin, *, brief: bool = False) -> str:
    low, high = each.low or 0, each.high or 0
    if high < 0:
        return "< 0" if brief else say("fewer than 0")
    if low == high:
        return number(low)
    return f"{plots.short(low)}+" if brief else f"{number(low)}\N{EN DASH}{number(high)}"


def _categories(coverage: Coverage) -> tuple[CategoryRow, ...]:
    most = max((row.questions for row in coverage.categories), default=0) or 1
    return tuple(
        CategoryRow(
            row.name,
            addresses.top(Browsed(category=row.name)),
            number(row.questions),
            number(row.answers),
            round(100 * row.questions / most, 1),
        )
        for row in coverage.categories
    )


def _months(coverage: Coverage) -> MonthPlot:
    missing = sum(len(site.missing) for site in coverage.sites)
    said = say("Darker months have more questions, up to {most}.", most=number(max(coverage.months.values()))) + " "
    said += say("No site has a month without one.") if not missing else say("The months without one are listed below, by site.")
    return plots.months(say("Questions by month"), said, coverage.months)


def _months_table(coverage: Coverage) -> Table:
    years = sorted({int(month[:4]) for month in coverage.months})
    spanned = range(years[0], years[-1] + 1) if years else range(0)
    return tuple(
        (str(year), *(number(coverage.months.get(f"{year:04d}-{month:02d}", 0)) for month in range(1, 13))) for year in spanned
    )


def _gaps(site: Span) -> GapRow:
    def name(month: str) -> str:
        return say("{month} {year}", month=month_name(int(month[5:])), year=int(month[:4]))

    missing = tuple(map(name, site.missing[:GAPS]))
    return GapRow(site.site, name(site.first), name(site.last), missing, max(0, len(site.missing) - GAPS))


def size(bytes_: int) -> str:
    """A size as it is written."""
    return f"{number(max(1, bytes_ // 1000))} kB" if bytes_ < 1_000_000 else f"{fixed(bytes_ / 1e6, 1)} MB"
