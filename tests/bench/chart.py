"""The figures of a run as a picture: how long a question takes, and how fast an index is built, at each size.

    python tests/bench/chart.py FIGURES.json PICTURE.svg

The same figures give the same bytes. Its colours follow the reader's, light or dark. Both scales are logarithmic.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final, NamedTuple

from reporting import WAYS

LABELS: Final = 215
PANEL: Final = 420
GAP: Final = 44
LINE: Final = 19
HEAD: Final = 46
WIDTH: Final = LABELS + 2 * PANEL + 2 * GAP + 40

STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.faint { fill: #57606a; } .head { font-weight: 600; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.paper { fill: #ffffff; } .grid { stroke: #d0d7de; stroke-width: 1; }
.ours { fill: #b35900; stroke: #b35900; } .theirs { fill: #57606a; stroke: #57606a; }
.span { stroke-width: 6; stroke-linecap: round; opacity: .45; } .tail { stroke-width: 1.5; opacity: .7; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .faint { fill: #9198a1; }
  .paper { fill: #0d1117; } .grid { stroke: #30363d; }
  .ours { fill: #f0883e; stroke: #f0883e; } .theirs { fill: #9198a1; stroke: #9198a1; }
}
"""


class Scale(NamedTuple):
    """A logarithmic axis: powers of ten from `low` to `high` across a panel that begins at `left`."""

    left: int
    low: int
    high: int

    @classmethod
    def of(cls, left: int, values: Sequence[float]) -> Scale:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(left, low, max(high, low + 1))

    def at(self, value: float) -> float:
        place = (math.log10(max(value, 10.0**self.low)) - self.low) / (self.high - self.low)
        return self.left + PANEL * min(place, 1.0)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


class Line(NamedTuple):
    """A line of the picture: one way of asking a peer, with its build where it is the first of them."""

    title: str
    ours: bool
    took: dict[str, float]
    rate: float | None
    note: str = ""


def draw(figures: dict[str, Any]) -> str:
    """The picture as SVG."""
    groups = [(f"{size['answers']:,} answers", list(_lines(size))) for size in figures["sizes"]]
    every = [line for _, lines in groups for line in lines]
    times = Scale.of(LABELS + GAP, [took for line in every for took in line.took.values()] or [1.0])
    rates = Scale.of(LABELS + PANEL + 2 * GAP + 10, [line.rate for line in every if line.rate] or [1.0])
    body, top = [], HEAD
    for title, lines in groups:
        body.append(_text(8, top + 13, title, "head"))
        top += LINE + 4
        for line in lines:
            body += _drawn(line, top, times, rates)
            top += LINE
        top += 12
    for scale in (times, rates):
        for tick in scale.ticks():
            x = scale.at(tick)
            body.insert(0, f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{HEAD}" y2="{top - 8}"/>')
            body.append(_text(x, HEAD - 6, f"{tick:,.10g}", "faint middle"))
    body.append(_text(times.left, 16, "a question, milliseconds: median, 95th and 99th percentile", "head"))
    body.append(_text(rates.left, 16, "posts indexed a second", "head"))
    body.append(
        _text(8, top + 8, f"measured on {figures['date']}, {figures['cores']} cores; both scales are logarithmic", "faint")
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 20}" width="{WIDTH}" height="{top + 20}" role="img">'
        f"<title>How long a question takes, and how fast an index is built</title><style>{STYLE}</style>\n"
        f'<rect class="paper" width="100%" height="100%"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _lines(size: dict[str, Any]) -> Iterator[Line]:
    for row in size["rows"]:
        ours = row["name"].startswith("askive")
        if "unavailable" in row:
            yield Line(row["title"], ours, {}, None, row["unavailable"].split(":")[0].split(";")[0][:60])
            continue
        rate: float | None = row["build"]["posts_per_s"]
        for way, found in row["ways"].items():
            if way == "api":
                continue
            took = {key: found[key] for key in ("p50_ms", "p95_ms", "p99_ms") if found.get(key)}
            title = row["title"] if rate else f"… {WAYS[way]}"
            yield Line(title, ours, took, rate, "" if took else "failed")
            rate = None


def _drawn(line: Line, top: int, times: Scale, rates: Scale) -> Iterator[str]:
    """One line, whose middle is 9 below `top`."""
    kind, y = "ours" if line.ours else "theirs", top + 9
    yield _text(LABELS, y + 4, line.title, "end")
    if line.note:
        yield _text(times.left + 6, y + 4, line.note, "faint")
    if line.took:
        p50, p95, p99 = (times.at(line.took[key]) for key in ("p50_ms", "p95_ms", "p99_ms"))
        yield f'<line class="{kind} tail" x1="{p50:.1f}" x2="{p99:.1f}" y1="{y}" y2="{y}"/>'
        yield f'<line class="{kind} span" x1="{p50:.1f}" x2="{p95:.1f}" y1="{y}" y2="{y}"/>'
        yield f'<circle class="{kind}" cx="{p50:.1f}" cy="{y}" r="4.5"/>'
    if line.rate:
        end = rates.at(line.rate)
        yield f'<circle class="{kind}" cx="{end:.1f}" cy="{y}" r="4.5"/>'
        yield _text(end + 9, y + 4, f"{line.rate:,.0f}", "faint")


def _text(x: float, y: float, said: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(said)}</text>'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", type=Path, help="what speed.py wrote")
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    arguments.picture.write_text(draw(json.loads(arguments.figures.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()
