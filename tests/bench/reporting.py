"""The figures of a run for people: tables and ratios for a terminal, a table for the manual, and what the figures are held to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

Row = dict[str, Any]

BASE: Final = "askive-tantivy"
"""The row that the others are compared with."""

COMPARED: Final = 100_000
"""Answers, the size at which ratios to others are promised."""

WAYS: Final = {"ask": "ask", "api": "over HTTP, JSON", "page": "over HTTP, page"}


class Column(NamedTuple):
    """A column of figures: where they are in a row, and how they are written."""

    title: str
    path: str
    form: str = "{:,.0f}"
    factor: float = 1.0

    def value(self, row: Row) -> float | None:
        found: Any = row
        for name in self.path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found * self.factor if isinstance(found, int | float) else None  # what failed is told elsewhere

    def cell(self, row: Row) -> str:
        value = self.value(row)
        return "–" if value is None else self.form.format(value)


BUILD: Final = (
    Column("posts/s", "build.posts_per_s"),
    Column("build s", "build.took_s", "{:,.1f}"),
    Column("CPU s", "build.cpu_s", "{:,.1f}"),
    Column("rounds", "build.rounds"),
    Column("disk MB", "build.disk_bytes", "{:,.1f}", 1e-6),
    Column("index MB", "build.index_bytes", "{:,.1f}", 1e-6),
    Column("peak MB", "build.peak_bytes", factor=1e-6),
    Column("own", "build.own_peak_bytes", factor=1e-6),
)
RUNNING: Final = (
    Column("ask peak MB", "ask_peak_bytes", factor=1e-6),
    Column("own", "ask_own_bytes", factor=1e-6),
    Column("serve peak MB", "serve_peak_bytes", factor=1e-6),
    Column("own", "serve_own_bytes", factor=1e-6),
    Column("cold ms", "cold_ms"),
    Column("serve cold", "serve_cold_ms"),
)
QUESTIONS: Final = (
    Column("p50 ms", "p50_ms", "{:,.2f}"),
    Column("p95", "p95_ms", "{:,.2f}"),
    Column("p99", "p99_ms", "{:,.2f}"),
    Column("CPU ms", "cpu_ms", "{:,.2f}"),
    Column("asked", "asked"),
    Column("rounds", "rounds"),
    Column("none found", "found_nothing", "{:.0f} %", 100),
    Column("8 users: p50", "crowd.p50_ms", "{:,.1f}"),
    Column("p95", "crowd.p95_ms", "{:,.1f}"),
    Column("p99", "crowd.p99_ms", "{:,.1f}"),
    Column("answers/s", "crowd.per_s", "{:,.1f}"),
    Column("errors", "crowd.errors"),
)


def asked(row: Row) -> Row:
    """What asking a row found: of its ways the one with the least around it."""
    ways: Row = row.get("ways", {})
    return next((ways[way] for way in WAYS if "p50_ms" in ways.get(way, {})), {})


RATIOS: Final[tuple[tuple[str, Callable[[Row], float | None]], ...]] = (
    ("build rate", lambda row: row.get("build", {}).get("posts_per_s")),
    ("build CPU", lambda row: row.get("build", {}).get("cpu_s")),
    ("disk", lambda row: row.get("build", {}).get("disk_bytes")),
    ("build peak", lambda row: row.get("build", {}).get("peak_bytes")),
    ("cold", lambda row: Column("", "cold_ms").value(row) or row.get("serve_cold_ms")),
    ("p50", lambda row: asked(row).get("p50_ms")),
    ("p95", lambda row: asked(row).get("p95_ms")),
    ("p99", lambda row: asked(row).get("p99_ms")),
    ("CPU/question", lambda row: asked(row).get("cpu_ms")),
)


# For a terminal


def tables(size: dict[str, Any]) -> str:
    """The figures of one size, and their ratios to those of BASE."""
    archive = size["archive_bytes"] / 1e6
    lines = [f"\n{size['answers']:,} answers in {size['threads']:,} threads ({archive:,.1f} MB), {size['questions']} questions"]
    there = [row for row in size["rows"] if "unavailable" not in row]
    for title, columns in (("build", BUILD), ("memory and cold starts", RUNNING)):
        lines += _table(title, [column.title for column in columns], [(row["title"], _cells(columns, row)) for row in there])
    asked_in = [(_way(row, way), found) for row in there for way, found in row["ways"].items()]
    heads = [column.title for column in QUESTIONS]
    lines += _table("a question", heads, [(title, _cells(QUESTIONS, found)) for title, found in asked_in])
    base = next((row for row in there if row["name"] == BASE), None)
    if base:
        ratios = [(row["title"], [_ratio(figure(row), figure(base)) for _, figure in RATIOS]) for row in there]
        lines += _table(f"as a multiple of {base['title']}", [title for title, _ in RATIOS], ratios)
    lines += [f"\n{row['title']}: {row['unavailable']}" for row in size["rows"] if "unavailable" in row]
    for title, found in asked_in:
        lines += [f"\n{title}: {said['failed']}" for said in (found, found.get("crowd", {})) if "failed" in said]
    return "\n".join([*lines, *_growth(size)])


def _cells(columns: Sequence[Column], row: Row) -> list[str]:
    return [column.cell(row) for column in columns]


def _way(row: Row, way: str) -> str:
    return str(row["title"]) if way == "ask" else f"{row['title']}, {WAYS[way].removeprefix('over ')}"


def _table(title: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    first = max(len(name) for name in [title, *(name for name, _ in rows)])
    widths = [max(map(len, column)) + 2 for column in zip(heads, *(cells for _, cells in rows), strict=True)]
    return ["", *(_line(name, first, cells, widths) for name, cells in [(title, heads), *rows])]


def _line(title: str, first: int, cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"{title:<{first}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _ratio(value: float | None, base: float | None) -> str:
    return f"{value / base:,.3g}×" if value is not None and base else "–"


def _growth(size: dict[str, Any]) -> list[str]:
    found = size.get("growth")
    if not found:
        return []
    if "failed" in found:
        return ["", f"additions: {found['failed']}"]
    took = f"first {found['first_s']:.1f} s, median {found['median_s']:.1f} s ({found['cpu_s']:.1f} s of processors)"
    peak = f"peak {found['peak_bytes'] / 1e6:,.0f} MB"
    return [
        "",
        f"{found['additions']} additions of {found['each']:,} answers: {took}, slowest {found['slowest_s']:.1f} s, {peak}",
        "afterwards, as a multiple of the same built at once: "
        + ", ".join(f"{name} {ratio:.2f}×" for name, ratio in _grown(found)),
    ]


def _grown(found: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """What a grown library is as a multiple of the same built at once."""
    for title, key in (("size", "disk_bytes"), ("p50", "p50_ms"), ("p95", "p95_ms")):
        if key in found["grown"] and key in found["fresh"]:
            yield title, found["grown"][key] / found["fresh"][key]


class Bound(NamedTuple):
    """Something that is promised, and how it came out."""

    what: str
    most: float
    here: float


def closing(figures: dict[str, Any]) -> str:
    """What the figures are held to, and how they came out in this run."""
    rows = [*_bounds(figures)]
    if not rows:
        return ""
    lines = ["\nheld to" + " " * 73 + f"{'bound':>10}{'here':>12}"]
    lines += [f"{what:<80}{most:>10,.4g}{here:>12,.4g}  {'ok' if here <= most else 'NOT MET'}" for what, most, here in rows]
    return "\n".join(lines)


def _bounds(figures: dict[str, Any]) -> Iterator[Bound]:
    """What is promised, as figures that should be at most their bounds."""
    rates: dict[int, float] = {}
    for size in figures["sizes"]:
        rows = {row["name"]: row for row in size["rows"] if "build" in row}
        if BASE in rows:
            rates[size["answers"]] = rows[BASE]["build"]["posts_per_s"]
            for bound in (*_of_questions(rows, size["answers"]), *_of_builds(rows, size)):
                yield bound._replace(what=f"{size['answers']:,} answers: {bound.what}")
    for answers, rate in rates.items():
        if answers * 10 in rates:
            fall = 100 * (1 - rates[answers * 10] / rate)
            yield Bound(f"fall of the build rate from {answers:,} to {answers * 10:,} answers, %", 25.0, fall)


def _of_questions(rows: dict[str, Row], answers: int) -> Iterator[Bound]:
    ways = rows[BASE]["ways"]
    ask, page = ways["ask"], ways.get("page", {})
    theirs = asked(rows.get("fts5", {}))
    if "p50_ms" in ask:
        yield Bound("a question, p95 in ms", 40.0, ask["p95_ms"])
        if answers <= COMPARED:
            yield Bound("a question, p50 in ms", 10.0, ask["p50_ms"])
        if answers == COMPARED and theirs:
            yield Bound("p50 by that of SQLite FTS5", 1 / 5, ask["p50_ms"] / theirs["p50_ms"])
        if "p50_ms" in page:
            yield Bound("what HTTP and the page add to the p50, ms", 15.0, page["p50_ms"] - ask["p50_ms"])
    for way, found in ways.items():
        crowd = found.get("crowd", {})
        if "p99_ms" in crowd and "p50_ms" in found:
            yield Bound(f"errors with {crowd['users']} users ({way})", 0, crowd["errors"])
            yield Bound(f"their p99 by the p50 of one alone ({way})", 10.0, crowd["p99_ms"] / found["p50_ms"])


def _of_builds(rows: dict[str, Row], size: dict[str, Any]) -> Iterator[Bound]:
    ours = rows[BASE]
    for name, bound in (("raw", 2.0), ("askive-whoosh", 1 / 8)):
        if name in rows and size["answers"] == COMPARED:
            rate = rows[name]["build"]["posts_per_s"] / ours["build"]["posts_per_s"]
            yield Bound(f"build rate of {rows[name]['title']} by ours", bound, rate)
    yield Bound("peak of the build, MB", 1500.0, ours["build"]["peak_bytes"] / 1e6)
    if "serve_peak_bytes" in ours:
        yield Bound("peak of the server, MB", 500.0, ours["serve_peak_bytes"] / 1e6)
        yield Bound("start of the server to its first answer, ms", 2000.0, ours["serve_cold_ms"])
    grown = size.get("growth", {})
    if "grown" in grown:
        yield Bound(f"adding {grown['each']:,} answers, median s", 10.0, grown["median_s"])
        for title, ratio in _grown(grown):
            yield Bound(f"{title} after {grown['additions']} additions by a fresh build's", 1.3, ratio)


# For the manual


_BUILT: Final = (("build.posts_per_s", 1.0), ("build.disk_bytes", 1e-6), ("build.peak_bytes", 1e-6))
_ASKED: Final = ("p50_ms", "p95_ms", "cpu_ms")
_HEADS: Final = (
    "posts/s",
    "disk MB",
    "build peak MB",
    "cold start ms",
    "question p50 ms",
    "p95 ms",
    "CPU ms",
    "8 users p99 ms",
)


def manual(figures: dict[str, Any]) -> str:
    """The table of the README: what people notice at each size, with ratios to BASE behind."""
    versions = ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
    lines = [f"Measured {figures['date']} on {figures['cores']} cores ({figures['system']}; {versions}):\n"]
    for size in figures["sizes"]:
        lines += [f"| {size['answers']:,} answers | {' | '.join(_HEADS)} |", "|---" + "|---:" * len(_HEADS) + "|"]
        base = next((row for row in size["rows"] if row["name"] == BASE and "build" in row), {})
        for row in size["rows"]:
            lines += _manual_rows(row, base)
        lines.append("")
    return "\n".join(lines)


def _manual_rows(row: Row, base: Row) -> Iterator[str]:
    if "unavailable" in row:
        yield f"| {row['title']} | {row['unavailable']} {'| ' * (len(_HEADS) - 1)}|"
        return
    for place, (way, found) in enumerate(row["ways"].items()):
        cells = [_compared(row, base, path, factor) for path, factor in _BUILT] if not place else [""] * len(_BUILT)
        alone = Column("", "cold_ms").value(row) if way == "ask" else None
        cells.append(_figure(alone or row.get("serve_cold_ms")))
        cells += [_compared(found, asked(base), key) for key in _ASKED]
        cells.append(_figure(found.get("crowd", {}).get("p99_ms")))
        yield f"| {row['title'] if way == 'ask' else _way(row, way) if not place else f'… {WAYS[way]}'} | {' | '.join(cells)} |"


def _compared(row: Row, base: Row, path: str, factor: float = 1.0) -> str:
    """A figure with its ratio to the base's behind."""
    value, theirs = (Column("", path, factor=factor).value(each) for each in (row, base))
    if row is base or not theirs or value is None:
        return _figure(value)
    ratio = value / theirs
    return f"{_figure(value)} ({f'{ratio:,.0f}' if ratio >= 10 else f'{ratio:.2g}'}×)"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if value >= 20 else f"{value:,.1f}" if value >= 2 else f"{value:,.2f}"
