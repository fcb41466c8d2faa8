"""How do results look on a terminal, and in a pipe? What the command prints, apart from what it does."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click
from tqdm import tqdm

from . import explanation, settings, shapes
from .ask import Results
from .build import BuildReport
from .forgetting import Rule
from .purging import Covered, Holder, Purge
from .settings import Settings
from .spelling import Correction

MENTIONED: Final = 10
"""Threads that ask the same and are named; the rest is counted."""


def print_json(shape: object) -> None:
    click.echo(json.dumps(shape, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, a plain line a step in a pipe; on stderr both, so that stdout is only the result."""
    bars: dict[str, tqdm[Any]] = {}

    def on_terminal(step: str, done: int, total: int) -> None:
        if step not in bars:
            for earlier in bars.values():
                earlier.close()
            bars[step] = tqdm(total=total, desc=step, unit=f" {_unit(step)}", unit_scale=_unit(step) == "B", leave=False)
        bars[step].update(done - bars[step].n)

    said: set[str] = set()

    def in_pipe(step: str, _done: int, total: int) -> None:
        if step not in said:
            said.add(step)
            click.echo(f"{step} {total:,} {_unit(step)} …", err=True)

    try:
        yield on_terminal if sys.stderr.isatty() else in_pipe
    finally:
        for bar in bars.values():
            bar.close()


def _unit(step: str) -> str:
    """What a step is counted in: bytes of archives, or of a table ("Reading postdata_askme"), questions, or threads."""
    return "B" if step.startswith("Reading") else "questions" if step.startswith("Asking") else "threads"


def print_report(report: BuildReport) -> None:
    counted = {status: sum(row.status == status for row in report.rows) for status in ("read", "unchanged", "failed")}
    for row in shapes.rows(report.rows):
        if row["status"] != "unchanged" and (row["reason"] or row["warnings"] or len(report.rows) <= 20):
            print_row(row)
    said = ", ".join(f"{count:,} {status}" for status, count in counted.items() if count)
    if report.left_out:
        said += f"; {report.left_out:,} files left out that belong to saved pages or are hidden"
    click.echo(f"Archives: {said}{' (going on from where an interrupted build had stopped)' if report.resumed else ''}")
    click.echo(
        f"The library holds {report.threads:,} threads and {report.answers:,} answers"
        f" ({report.changed:,} threads new or changed, {report.took_s:.1f} s, engine {report.engine}, {report.engine_why})"
    )
    if report.gate:
        click.echo(gate(report.gate.figures()))


def meaning(known: Mapping[str, Any] | None) -> str:
    """Which model a library has, and for how many of its threads."""
    if known is None:
        return "By words alone: the library has no model (askive model --help)"
    shares = ", ".join(f"{share:.0%} of the threads {tier}" for tier, share in known["shares"].items())
    size = f"{known['bytes'] / 1e6:.1f} MB"
    return f"Meaning by {known['model']} ({shares or 'no thread is encoded: run `askive build`'}; {size})"


def gate(figures: dict[str, Any]) -> str:
    """The line that says what became of the questions whose answers a library knows."""
    return (
        f"Over {figures['topics']:,} questions whose answers are known MRR@10 is {figures['after']:.3f},"
        f" {figures['before']:.3f} before the last change"
    )


def print_row(row: dict[str, Any]) -> None:
    what = f"{row['threads']:,} threads, {row['answers']:,} answers" if row["status"] != "failed" else row["reason"]
    skipped = f", {row['skipped']:,} records skipped" if row["skipped"] else ""
    click.echo(f"{row['status']:>9}  {row['path']}: {what}{skipped}")
    for warning in row["warnings"][:5]:
        click.echo(f"           {warning}")
    if len(row["warnings"]) > 5:
        click.echo(f"           and {len(row['warnings']) - 5:,} more warnings (--json lists them)")


def print_results(results: Results, as_json: bool, *, why: bool = False) -> None:
    shape = shapes.results(results)
    if as_json:
        print_json(shape)
        return
    if correction := results.correction:
        click.echo(_correction(correction), err=True)
    for note in shape["notes"]:
        click.echo(note, err=True)
    if results.relaxed:
        click.echo("With --exact, only what was asked for.", err=True)
    if not shape["answers"]:
        click.echo("No answers. Try fewer or other words.")
        return
    told: set[str] = set()
    for place, (answer, ranked) in enumerate(zip(shape["answers"], results.answers, strict=True), 1):
        votes = _votes(answer["votes"])
        best = " · best answer" if answer["best"] else ""
        backed = f" · backed by {', '.join(answer['endorsed_by'])}" if answer["endorsed_by"] else ""
        click.echo(click.style(f"{answer['rank']:>3}. {answer['title']}", bold=True) + f"  {answer['category'] or ''}")
        passage = "".join(click.style(s["text"], bold=True) if s["match"] else s["text"] for s in answer["snippet"])
        click.echo(textwrap.fill(passage, width=96, initial_indent="     ", subsequent_indent="     "))
        if answer["outcome"] and (answer["outcome"]["worked"] is not None or answer["thread_id"] not in told):
            told.add(answer["thread_id"])
            said = f"{explanation.outcome(answer['outcome']['worked'])}: “{answer['outcome']['text']}”"
            click.echo(textwrap.fill(said, width=96, initial_indent="     ", subsequent_indent="     "))
        date = (answer["written"] or "")[:10]
        click.echo(click.style(f"     {answer['author'] or 'unknown'} {date}{votes}{best}{backed}  [{answer['id']}]", dim=True))
        if why and answer["why"]:
            click.echo(textwrap.fill(answer["why"], width=96, initial_indent="     ", subsequent_indent="     "))
            for name, value in answer["signals"].items():
                meaning = explanation.part(name, value, ranked)
                click.echo(click.style(f"     {value:+8.2f}  {name}: {meaning}", dim=True))
            if answer["signals"]:
                click.echo(click.style(f"     {answer['score']:8.2f}  the sum, which the order by best goes by", dim=True))
        more = answer["more_in_thread"] if shape["listed"] < shape["total"] else 0
        if more and [later["thread_id"] for later in shape["answers"][place : place + 1]] != [answer["thread_id"]]:
            click.echo(click.style(f"     +{more:,} more in this thread (--thread {answer['thread_id']})", dim=True))
    in_threads = f" in {shape['threads']:,} threads" if shape["threads"] else ""
    least = "" if shape["whole"] else "at least "
    click.echo(f"{least}{shape['total']:,} answers{in_threads}, found in {shape['took_ms']:.0f} ms")


def _correction(correction: Correction) -> str:
    if correction.applied:
        return f"Showing answers for: {correction.corrected}\nSearch instead for what you typed: --exact"
    return f"Did you mean: {correction.corrected}"


def print_suggestions(shape: dict[str, Any]) -> None:
    for completion in shape["completions"]:
        click.echo(completion["text"] + (f"  [{completion['thread_id']}]" if completion["thread_id"] else ""))
    print_similar(shape["similar"])


def print_similar(similar: list[dict[str, Any]]) -> None:
    if similar:
        click.echo(click.style("\nSimilar questions", bold=True))
    for neighbour in similar:
        click.echo(f"{neighbour['title']}  [{neighbour['thread_id']}]")


def print_thread(shape: dict[str, Any]) -> None:
    click.echo(click.style(shape["title"], bold=True) + f"  [{shape['id']}]")
    if shape["closed"] or shape["duplicate_of"]:
        click.echo(_closing(shape))
    if shape["duplicates"]:
        click.echo(f"Asked again: {_few(shape['duplicates'])}")
    if shape["question"]:
        _print_post(shape["question"] | {"kind": "question"}, shape["licence"])
    for reply in shape["answers"]:
        _print_post(reply, shape["licence"])
    click.echo(click.style(f"\n{_attribution(shape)}", dim=True))
    for warning in shape["warnings"]:
        click.echo(f"Note: {warning}", err=True)


def _closing(shape: dict[str, Any]) -> str:
    said = f"Closed on {shape['closed'][:10]}" if shape["closed"] else ""
    originals = f"duplicate of {_few(shape['duplicate_of'])}" if shape["duplicate_of"] else ""
    return f"{said} as a {originals}" if said and originals else said or f"A {originals}"


def _few(ids: list[str]) -> str:
    return ", ".join(ids[:MENTIONED]) + (f" and {len(ids) - MENTIONED:,} more" if len(ids) > MENTIONED else "")


def _attribution(shape: dict[str, Any]) -> str:
    """Who asked where, and what has to be said of it wherever it is quoted."""
    question = shape["question"] or {}
    asker = "anonymous" if question.get("anonymous") else question.get("author")
    return ", ".join(
        [
            f"Asked by {asker} on {shape['site']}" if asker else f"From {shape['site']}",
            *([shape["url"]] if shape["url"] else []),
            *([shape["licence"]] if shape["licence"] else []),
            *([f"saved on {shape['captured'][:10]}"] if shape["captured"] else []),
        ]
    )


def _print_post(post: dict[str, Any], licence: str | None) -> None:
    """A post; its licence only where it is another than the thread's."""
    said = {"relay": " (the asker, through a moderator)", "modnote": " (moderator)"}.get(post["kind"], "")
    votes = _votes(post["votes"])
    best = " · best answer" if post.get("best") else ""
    backed = f" · backed by {', '.join(post['endorsed_by'])}" if post.get("endorsed_by") else ""
    other = f" · {post['licence']}" if post["licence"] and post["licence"] != licence else ""
    written = (post["written"] or "")[:16]
    click.echo(click.style(f"\n── {post['author'] or 'unknown'}{said} {written}{votes}{best}{backed}{other}", dim=True))
    for line in post["body"].split("\n"):
        click.echo(textwrap.fill(line, width=96) if line else "")
    if post.get("outcome"):
        click.echo(textwrap.fill(f"{explanation.outcome(post['outcome']['worked'])}: “{post['outcome']['text']}”", width=96))


def _votes(votes: int | None) -> str:
    return "" if votes is None else f" · {votes:,} {'vote' if votes == 1 else 'votes'}"


def print_settings(chosen: Settings, as_json: bool) -> None:
    values = {row.name: str(getattr(chosen, row.name)) for row in settings.SETTINGS}
    if chosen.token:
        values["token"] = "(set)"  # noqa: S105  # said instead of the token
    if as_json:
        print_json(values)
        return
    for row in settings.SETTINGS:
        click.echo(f"{row.name} = {values[row.name]}   [{row.variable}]")
        click.echo(textwrap.fill(row.help, width=96, initial_indent="    ", subsequent_indent="    "))


# What is forgotten


def print_rules(rules: Sequence[Rule], as_json: bool) -> None:
    if as_json:
        print_json({"rules": [{"number": number} | rule.as_json() for number, rule in enumerate(rules, 1)]})
        return
    for number, rule in enumerate(rules, 1):
        click.echo(f"{number:>3}  {rule.kind:<8} {rule.name}")
    if not rules:
        click.echo("There are no rules: nothing is kept out.")


def print_covered(covered: Covered, as_json: bool) -> None:
    if as_json:
        print_json({"covered": covered.posts, "threads": covered.threads, "posts": covered.of})
    else:
        click.echo(f"{covered.posts:,} of {covered.of:,} posts would go, in {covered.threads:,} threads; nothing was done")


def print_purge(purge: Purge, rules: Sequence[Rule], as_json: bool) -> None:
    covered = purge.covered
    if as_json:
        print_json(
            {
                "forgotten": covered.posts,
                "threads": covered.threads,
                "rules": [rule.as_json() for rule in rules],
                "answers": purge.answers,
                "held_open": purge.held_open,
            }
        )
        return
    click.echo(
        f"{covered.posts:,} posts in {covered.threads:,} threads forgotten, and kept out of every build from now on;"
        f" {purge.answers:,} answers are left"
    )
    click.echo("The archives are as they were: `askive forget --archives` lists those that still hold something of it")
    if purge.held_open:
        click.echo(
            "Somebody still reads the library as it was before (a long export, a program that hangs): its text stays in"
            " library.sqlite-wal until they end and the next build runs",
            err=True,
        )


def print_undone(rules: Sequence[Rule], as_json: bool) -> None:
    if as_json:
        print_json({"undone": [rule.as_json() for rule in rules]})
        return
    for rule in rules:
        click.echo(f"Taken back: {rule.kind} {rule.name}")
    click.echo("What was kept out comes back with the next `askive build` of the archives that have it")


def print_holders(found: Iterable[Holder], as_json: bool) -> None:
    """Archives that still hold something; a plain path a line, for other programs too."""
    if as_json:
        print_json({"archives": [{"path": str(each.path), "posts": each.posts, "reason": each.why} for each in found]})
        return
    for each in found:
        click.echo(str(each.path))
        said = f"{each.posts:,} posts" if each.posts is not None else f"cannot be told: {each.why}"
        click.echo(f"{each.path}: {said}", err=True)
