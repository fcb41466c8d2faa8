"""Where does everything stand in a plot? Bars, ticks and labels in plain numbers, for `templates/_plots.html` to draw as SVG.

A plot is drawn at the width of a phone and grows with the page. Ticks are round numbers; labels are left out before they touch.
Colours come from the style sheet by the names of classes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .language import month_name, number, say

WIDTH: Final = 400
HEIGHT: Final = 200
LEFT: Final = 44
RIGHT: Final = 4
TOP: Final = 10
BOTTOM: Final = 26
_GLYPH: Final = 6.6
"""Units that a letter of a label takes at most; it is set in 12."""

_SPACE: Final = 8
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, `kind` the class that gives it its colour, `said` what it stands for in words."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at one place of an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class BarPlot:
    """Bars over names, one or several beside each other for each."""

    title: str
    said: str
    """What is to be seen, for those who do not see it."""
    bars: tuple[Bar, ...]
    names: tuple[Tick, ...]
    values: tuple[Tick, ...]
    series: tuple[tuple[str, str], ...]
    """Class and name of each of several series."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Cell:
    """A month: `level` 0 for none, then 1 to 4."""

    x: float
    y: float
    level: int
    said: str


@dataclass(frozen=True, slots=True)
class MonthPlot:
    """A square for every month, a row for every year."""

    title: str
    said: str
    cells: tuple[Cell, ...]
    years: tuple[Tick, ...]
    months: tuple[Tick, ...]
    width: int
    height: int
    side: int


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one kind, one for each name of a plot."""

    kind: str
    name: str
    values: Sequence[int]


def bars(title: str, said: str, names: Sequence[str], series: Sequence[Series]) -> BarPlot:
    """A plot of values of zero and more over names."""
    floor, span = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    ticks = scale(max((value for each in series for value in each.values), default=0))
    high = ticks[-1]
    step = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    gap = min(step * 0.25, 6.0)
    width = (step - gap) / len(series)
    drawn = [
        Bar(
            x=round(LEFT + place * step + gap / 2 + nth * width, 2),
            y=round(floor - span * value / high, 2),
            # A value that is there is to be seen, however small it is beside the others.
            width=round(max(width - (1 if width > 3 else 0), 0.5), 2),
            height=round(max(span * value / high, 1.0 if value else 0.0), 2),
            kind=each.kind,
            said=say("{name}: {value} {what}", name=names[place], value=number(value), what=each.name),
        )
        for nth, each in enumerate(series)
        for place, value in enumerate(each.values)
    ]
    at = [round(LEFT + (place + 0.5) * step, 2) for place in range(len(names))]
    return BarPlot(
        title,
        said,
        tuple(drawn),
        sparse(names, at, WIDTH - RIGHT),
        tuple(Tick(round(floor - span * value / high, 2), short(value)) for value in ticks),
        tuple((each.kind, each.name) for each in series) if len(series) > 1 else (),
    )


def months(title: str, said: str, counts: Mapping[str, int]) -> MonthPlot:
    """A plot of counts by month ("2012-05"), from the first year to the last."""
    years = sorted({int(month[:4]) for month in counts})
    spanned = range(years[0], years[-1] + 1) if years else range(0)
    most = max(counts.values(), default=0)
    side = 26
    cells = [
        Cell(
            x=LEFT + month * side,
            y=16 + row * side,
            level=_level(count := counts.get(f"{year:04d}-{month + 1:02d}", 0), most),
            said=say("{month} {year}: {count}", month=month_name(month + 1), year=year, count=number(count)),
        )
        for row, year in enumerate(spanned)
        for month in range(12)
    ]
    at = [LEFT + (month + 0.5) * side for month in range(12)]
    return MonthPlot(
        title,
        said,
        tuple(cells),
        tuple(Tick(16 + (row + 0.5) * side, str(year)) for row, year in enumerate(spanned)),
        sparse([month_name(month, "abbreviated") for month in range(1, 13)], at, LEFT + 12 * side + 10),
        WIDTH,
        16 + len(spanned) * side + 4,
        side,
    )


def scale(high: float) -> list[int]:
    """Round numbers from 0 to `high` or just above it, about _TICKS apart: 1, 2 or 5 times a power of ten, and whole."""
    if high <= 0:
        return [0, 1]
    rough = high / _TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = max(1, round(next(times * power for times in (1, 2, 5, 10) if times * power >= rough * 0.999)))
    return [step * nth for nth in range(math.ceil(high / step) + 1)]


def sparse(labels: Sequence[str], at: Sequence[float], end: float) -> tuple[Tick, ...]:
    """Every label, or every second, third, … of them, so that centred on their places none touches the next or the edge."""
    if not labels:
        return ()
    widths = [len(label) * _GLYPH for label in labels]
    for every in range(1, len(labels) + 1):
        chosen = range(0, len(labels), every)
        pairs = itertools.pairwise(chosen)
        if all(at[one] + widths[one] / 2 + _SPACE <= at[two] - widths[two] / 2 for one, two in pairs):
            return tuple(Tick(at[place], labels[place]) for place in chosen if at[place] + widths[place] / 2 <= end + _SPACE)
    return ()


def short(value: int) -> str:
    """A number in few letters, for the tick of an axis: 1,200 is "1.2k"."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if abs(value) >= size:
            return f"{number(float(f'{value / size:.3g}'))}{letter}"
    return number(value)


def _level(count: int, most: int) -> int:
    """Which of four shades a count has beside the greatest; each is half as much as the next."""
    if not count:
        return 0
    return max(1, 4 - int(math.log2(most / count)))
