"""A body as each kind of site writes it: HTML, Markdown, and what Ask MetaFilter's writers type."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from typing import Final

from discussions import Block, Run

_TAGS: Final = {"em": "em", "strong": "strong", "code": "code"}
_MARKS: Final = {"em": "*", "strong": "**", "code": "`"}
_SPECIAL: Final = re.compile(r"([*_`\[\]])")


def escape(text: str) -> str:
    return html.escape(text, quote=False)


def as_html(blocks: Sequence[Block], between: str = "\n\n") -> str:
    """As Stack Exchange and Discourse render what people typed."""
    return between.join(_html_block(block) for block in blocks)


def _html_block(block: Block) -> str:
    if block.kind in ("ul", "ol"):
        items = "\n".join(f"<li>{html_runs(part)}</li>" for part in block.parts)
        return f"<{block.kind}>\n{items}\n</{block.kind}>"
    inside = html_runs(block.parts[0])
    if block.kind == "quote":
        return f"<blockquote>\n  <p>{inside}</p>\n</blockquote>"
    if block.kind == "code":
        return f"<pre>{inside}\n</pre>"
    return f"<h2>{inside}</h2>" if block.kind == "heading" else f"<p>{inside}</p>"


def html_runs(runs: Sequence[Run]) -> str:
    return "".join(
        f'<a href="{html.escape(run.address)}" rel="nofollow noreferrer">{escape(run.text)}</a>'
        if run.style == "a"
        else f"<{_TAGS[run.style]}>{escape(run.text)}</{_TAGS[run.style]}>"
        if run.style
        else escape(run.text)
        for run in runs
    )


def as_paragraphs(blocks: Sequence[Block]) -> str:
    """As Hacker News has it: a `<p>` between paragraphs, that nothing closes, and little else."""
    parts = []
    for block in blocks:
        for part in block.parts:
            shown = "".join(
                f'<a href="{html.escape(run.address)}" rel="nofollow">{html.escape(run.address)[:60]}</a>'
                if run.style == "a"
                else f"<i>{html.escape(run.text)}</i>"
                if run.style in ("em", "strong")
                else html.escape(run.text)
                for run in part
            )
            parts.append(f"<pre><code>  {shown}\n</code></pre>" if block.kind == "code" else shown)
    return "<p>".join(parts)


def as_markdown(blocks: Sequence[Block]) -> str:
    return "\n\n".join(_markdown_block(block) for block in blocks)


def _markdown_block(block: Block) -> str:
    if block.kind in ("ul", "ol"):
        mark = "*" if block.kind == "ul" else "1."
        return "\n".join(f"{mark} {markdown_runs(part)}" for part in block.parts)
    if block.kind == "code":
        return "\n".join(f"    {line}" for line in block.parts[0][0].text.split("\n"))
    inside = markdown_runs(block.parts[0])
    return f"> {inside}" if block.kind == "quote" else f"## {inside}" if block.kind == "heading" else inside


def markdown_runs(runs: Sequence[Run]) -> str:
    return "".join(
        f"[{run.text}]({run.address})"
        if run.style == "a"
        else f"{_MARKS[run.style]}{run.text}{_MARKS[run.style]}"
        if run.style
        else _SPECIAL.sub(r"\\\1", run.text)
        for run in runs
    )


def as_text(blocks: Sequence[Block]) -> str:
    """Paragraphs, without anything that would mean something in Markdown."""
    return "\n\n".join(" ".join(run.text for run in part) for block in blocks if block.kind != "code" for part in block.parts)


def as_authored(blocks: Sequence[Block]) -> str:
    """As the pages of Ask MetaFilter are authored in `tests/pages.py`."""
    shapes: dict[str, Callable[[str], str]] = {
        "quote": lambda inside: f"<blockquote>{inside}</blockquote>",
        "heading": lambda inside: f"<strong>{inside}</strong>",
    }
    parts = []
    for block in blocks:
        shown = [_authored_runs(part) for part in block.parts]
        if block.kind in ("ul", "ol"):
            parts.append(f"<ul>{''.join(f'<li>{item}</li>' for item in shown)}</ul>")
        else:
            parts.append(shapes.get(block.kind, str)(shown[0]))
    return "\n\n".join(parts)


def _authored_runs(runs: Sequence[Run]) -> str:
    return "".join(
        f'<a href="{html.escape(run.address)}">{escape(run.text)}</a>'
        if run.style == "a"
        else f"<{run.style}>{escape(run.text)}</{run.style}>"
        if run.style in ("em", "strong")
        else escape(run.text)
        for run in runs
    )
