"""The command `askive`: each verb reads its arguments, walks one of the house's lines, and prints what came of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from . import (
    __version__,
    archives,
    encoding,
    forgetting,
    judged,
    purging,
    ranking,
    runs,
    scoreboard,
    settings,
    shapes,
    terminal,
)
from .archives import jsonl
from .build import NothingRead, build
from .errors import AskiveError, BadModel, BadSetting
from .evaluate import evaluate, write_trec
from .forgetting import Rule
from .gate import GotWorse
from .infodump import enrich
from .library import Library
from .meaning import models
from .meaning.models import Tier
from .steps import is_under_way

F = TypeVar("F", bound=Callable[..., Any])

_FORMATS: Final = "\n".join(f"  {reader.name:<18} {reader.about}" for reader in archives.FORMATS)

_FORCE: Final = "Make it the library even if it answers clearly worse than before."


class _Commands(click.Group):
    """Turns everything that can go wrong into one plain line on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AskiveError as error:
            click.echo(f"askive: {error}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            # The reader of our output (head, less) has enough. What is left in the buffer has nowhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="askive")
def main() -> None:
    """Askive: ask a question, get the best answers a community ever gave.

    Reads archived advice threads into a library, offline, and ranks their answers by relevance and by votes.

    \b
    A first session:
      askive build ~/saved-threads        read archives into the library ./data
      askive ask "bombed interview dream job"
      askive serve                        the same in a browser

    Every command takes --library DIR (the library to use, ./data by default) and --json (for programs).
    """


def _shared(command: F) -> F:
    """The two options that every command has."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)
    return click.option(
        "--library", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="The library to use. [default: data]"
    )(command)


@main.command("build", epilog=f"\b\nFormats, told by content and never by name:\n{_FORMATS}")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--engine", metavar="NAME", help="The engine to write with: whoosh, tantivy, memory or auto. [default: auto]")
@click.option("--fresh", is_flag=True, help="Start from nothing but the archives, reading all of them again.")
@click.option("--force", is_flag=True, help=_FORCE)
@click.option("--jobs", type=int, metavar="N", help="Processes that read and analyse. [default: 0, one a processor]")
@click.option(
    "--meaning",
    type=click.Choice(settings.MEANINGS),
    help="With a model: what is computed of it, static within the build, or full, which goes on after it. [default: static]",
)
@_shared
def build_command(
    paths: tuple[Path, ...],
    engine: str | None,
    fresh: bool,
    force: bool,
    jobs: int | None,
    meaning: str | None,
    library: Path | None,
    as_json: bool,
) -> None:
    """Read archives into the library and index them.

    PATH is a file or a folder of archives; without one, everything in the library's threads/ is read. Archives that have not
    changed are not read again, and a thread that several archives hold becomes one. The library keeps answering while a
    build is at work, and keeps answering as before if it is interrupted. After a large import was interrupted, the same
    command goes on from where it stopped.

    Before the new index takes the place of the old one, both are asked questions whose answers the library knows. If the new
    one answers clearly worse, the library stays as it was.

    In a library with a model (see `askive model`), --meaning full computes, when the build has ended, what the transformer says
    of each thread, newest and most voted first. That may take hours; the library answers meanwhile with what there is, and the
    same command goes on where it was stopped.

    Exit code 0: the library can be used. 1: nothing could be read, or the library would have got worse.
    """
    chosen = settings.load({"library": library, "engine": engine, "jobs": jobs, "meaning": meaning})
    if meaning == "full" and not models.cards(chosen.library):
        raise BadModel(f"The library in {chosen.library} has no model", "Run `askive model add` first")
    try:
        with terminal.progress() as progress:
            report = build(
                chosen.library,
                paths or None,
                engine=chosen.engine,
                fresh=fresh,
                force=force,
                jobs=chosen.jobs,
                progress=progress,
            )
    except KeyboardInterrupt:
        more = "; the same command goes on from here" if is_under_way(chosen.library) else ""
        click.echo(f"\naskive: interrupted; the library is as it was before{more}", err=True)
        sys.exit(130)
    except NothingRead as error:
        if as_json:
            terminal.print_json({"archives": shapes.rows(error.rows), "threads": 0, "answers": 0, "took_s": 0.0})
        raise
    except GotWorse as error:
        if as_json:
            terminal.print_json({"gate": shapes.gate(error.verdict)})
        raise
    encoded = None
    if chosen.meaning == "full" and models.cards(chosen.library):
        try:
            with terminal.progress() as progress:
                encoded = encoding.full(chosen.library, progress)
        except KeyboardInterrupt:
            click.echo("\naskive: interrupted; what was encoded is in use, and the same command goes on from here", err=True)
            sys.exit(130)
    if as_json:
        terminal.print_json(shapes.built(report) | {"encoded": encoded})
    else:
        terminal.print_report(report)
        if encoded is not None:
            click.echo(f"{encoded:,} threads encoded")


@main.command()
@click.argument("question", nargs=-1, required=True)
@click.option("-n", "n", type=click.IntRange(1, 1000), help="How many answers. [default: 10]")
@click.option("--dial", type=float, help="0: the text alone. 1: the community as much as it can. [default: 0.5]")
@click.option("--sort", type=click.Choice(ranking.SORTS), default="best", show_default=True, help="The order of the answers.")
@click.option(
    "--grouped/--flat", default=None, help="List each thread once, or every answer. [default: grouped; flat with --json]"
)
@click.option("--why", is_flag=True, help="Say why each answer is where it is.")
@click.option("--thread", metavar="ID", help="List the answers of one thread only.")
@click.option("--exact", is_flag=True, help="Mend no spelling, and rather find nothing than ask for less.")
@_shared
def ask(
    question: tuple[str, ...],
    n: int | None,
    dial: float | None,
    sort: ranking.Sort,
    grouped: bool | None,
    thread: str | None,
    why: bool,
    exact: bool,
    library: Path | None,
    as_json: bool,
) -> None:
    """Ask a question and print the best answers.

    \b
    In the question you may write
      "a phrase"              these words in this order
      -word  -"a phrase"      not this
      category:pets           also site:, author: and tag:
      votes:>=3  year:2008..2012  best:yes
    A question that begins with a minus goes after --:  askive ask -- -cat dog
    """
    chosen = settings.load({"library": library, "results": n, "dial": dial})
    results = Library(chosen.library).ask(
        _text(question),
        n=chosen.results,
        dial=chosen.dial,
        sort=sort,
        grouped=not as_json if grouped is None else grouped,
        thread=thread,
        exact=exact,
    )
    terminal.print_results(results, as_json, why=why)


def _text(arguments: tuple[str, ...]) -> str:
    """The arguments as one question. Bytes of the terminal that are no text cannot be looked for, nor printed again."""
    return " ".join(arguments).encode("utf-8", "replace").decode("utf-8")


@main.command()
@click.option("-n", "n", type=click.IntRange(1, 1000), help="How many answers. [default: 10]")
@click.option("--category", help="Only this category; any of its words will do.")
@click.option("--year", type=int, help="Only answers written in this year.")
@click.option("--raw", is_flag=True, help="By the bare number of votes.")
@_shared
def top(n: int | None, category: str | None, year: int | None, raw: bool, library: Path | None, as_json: bool) -> None:
    """Print the top-rated answers: by votes against what their thread and year usually give."""
    chosen = settings.load({"library": library, "results": n})
    terminal.print_results(Library(chosen.library).top(n=chosen.results, category=category, year=year, raw=raw), as_json)


@main.command()
@click.argument("text", nargs=-1, required=True)
@click.option("-n", "n", type=click.IntRange(1, 100), default=8, show_default=True, help="How many of each kind.")
@_shared
def suggest(text: tuple[str, ...], n: int, library: Path | None, as_json: bool) -> None:
    """Print what a question that is being typed may become, and questions that are like it."""
    opened = Library(settings.load({"library": library}).library)
    typed = _text(text)
    shape = shapes.suggestions(typed, opened.complete(typed, n), opened.similar_to(typed, n))
    if as_json:
        terminal.print_json(shape)
    else:
        terminal.print_suggestions(shape)


@main.command()
@click.argument("thread")
@click.option("--similar", is_flag=True, help="Name the threads whose questions are most like it.")
@_shared
def show(thread: str, similar: bool, library: Path | None, as_json: bool) -> None:
    """Print a thread whole.

    THREAD is its id as `ask` prints it, the id of an answer in it, its address, or the site's own number.
    """
    opened = Library(settings.load({"library": library}).library)
    shape = shapes.thread(opened.thread(thread))
    if similar:
        shape["similar"] = shapes.neighbours(opened.similar(thread))
    if as_json:
        terminal.print_json(shape)
    else:
        terminal.print_thread(shape)
        terminal.print_similar(shape.get("similar", []))


@main.command()
@click.option("--host", help="The address to listen on. [default: 127.0.0.1, this machine only]")
@click.option("--port", type=int, help="The port to listen on; 0 takes a free one. [default: 8000]")
@click.option("--language", metavar="TAG", help="What pages speak: en, de, or auto, as browsers ask for it. [default: auto]")
@_shared
def serve(host: str | None, port: int | None, language: str | None, library: Path | None, as_json: bool) -> None:
    """Serve the library to browsers.

    A build that ends meanwhile is taken up without a restart; where there is no library yet, its first build is started from
    a browser. Ctrl-C stops the server. With --json the address is printed as {"url": …} once the server listens.
    """
    # Only this command needs the web's packages, and they take time to load.
    from webui import create_app
    from webui.server import serve as serve_app

    chosen = settings.load({"library": library, "host": host, "port": port, "language": language})
    opened = Library(chosen.library, awaited=True)

    def announce(url: str) -> None:
        click.echo(json.dumps({"url": url}) if as_json else f"Askive is at {url} (Ctrl-C stops it)")
        if not opened.is_there and not as_json:
            click.echo(f"There is no library in {chosen.library} yet: build it there, or with `askive build`")

    serve_app(create_app(opened, chosen), chosen, announce)


@main.command()
@click.option("--settings", "show_settings", is_flag=True, help="List every setting with the value in force.")
@_shared
def info(show_settings: bool, library: Path | None, as_json: bool) -> None:
    """Tell what is in the library, which archives it was read from and what could not be read."""
    chosen = settings.load({"library": library})
    if show_settings:
        terminal.print_settings(chosen, as_json)
        return
    about = Library(chosen.library).about()
    rows = [shapes.archive(archive, archive.key) for archive in about["archives"]]
    shape = about | {"archives": rows, "index": {"bytes": about["index"].bytes}}
    if as_json:
        terminal.print_json(shape)
        return
    click.echo(f"{about['threads']:,} threads and {about['answers']:,} answers in {chosen.library}")
    click.echo(f"Engine {about['engine']}" + (f" ({about['engine_why']})" if about["engine_why"] else ""))
    click.echo(terminal.meaning(about["meaning"]))
    click.echo(f"Generation {about['generation']}, index of {about['index'].bytes / 1e6:,.1f} MB")
    if about["gate"]:
        click.echo(terminal.gate(about["gate"]))
    for name in ("sites", "categories", "years"):
        click.echo(f"{name.capitalize()}: " + ", ".join(f"{value} ({count:,})" for value, count in about[name]))
    for row in rows:
        terminal.print_row(row)


@main.command("enrich")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--force", is_flag=True, help=_FORCE)
@_shared
def enrich_command(folder: Path, force: bool, library: Path | None, as_json: bool) -> None:
    """Join a MetaFilter Infodump in DIR to threads that the library has: exact favorites, best answers, tags, names.

    DIR holds the dump's tables, NAME.txt or NAME.txt.zip, or is the one zip with all of them. Threads saved without the
    site's ids get them. All or nothing, like a build; `askive build --fresh` forgets it again.
    """
    with terminal.progress() as progress:
        report = enrich(settings.load({"library": library}).library, folder, force=force, progress=progress)
    if as_json:
        terminal.print_json(
            {
                "tables": [
                    {"name": t.name, "path": str(t.path), "date": t.date.isoformat() if t.date else None, "rows": t.rows}
                    for t in report.tables
                ],
                "threads": report.threads,
                "matched": report.matched,
                "identified": report.identified,
                "answers": report.answers,
                "unmatched": dict(report.unmatched),
                "changed": report.changed,
                "warnings": list(report.warnings),
                "took_s": report.took_s,
            }
        )
        return
    for table in report.tables:
        click.echo(f"{table.path}: {table.rows:,} rows" + (f", made {table.date:%Y-%m-%d}" if table.date else ""))
    for warning in report.warnings:
        click.echo(warning, err=True)
    for reason, count in report.unmatched.items():
        click.echo(f"Not joined: {count:,} {reason}")
    click.echo(
        f"{report.matched:,} of {report.threads:,} threads are in the dump, with {report.answers:,} answers"
        f" ({report.identified:,} threads got the site's ids, {report.changed:,} posts changed, {report.took_s:.1f} s)"
    )


@main.command("evaluate")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--qrels", type=click.Path(path_type=Path), metavar="FILE", help="The judgments. [default: qrels.tsv of DIR]")
@click.option(
    "--query-field", "field", type=click.Choice(judged.FIELDS), default="text", show_default=True, help="What of it to ask."
)
@click.option(
    "--duplicates",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ask the titles of the duplicates in FILE, which are not indexed; relevant are the answers of their originals.",
)
@click.option(
    "--archives",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Build the library of these archives; DIR then needs no corpus, and judges posts by their ids.",
)
@click.option("--answers-only", is_flag=True, help="Index the answers alone, without titles and questions.")
@click.option("--engine", metavar="NAME", help="The search engine: whoosh, tantivy, memory or auto. [default: auto]")
@click.option("--dial", type=float, help="0: the text alone. 1: the community as much as it can. [default: 0.5]")
@click.option(
    "--meaning",
    type=click.Choice(settings.MEANINGS),
    help="Ask by meaning too, with the model of the library in --library. [default: by words alone]",
)
@click.option("--run", "run_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a TREC run.")
@click.option("--save", metavar="NAME", help="Keep this run in the library's runs/, for later ones to be compared with.")
@click.option("--against", metavar="NAME", help="Compare with this saved run. [default: the one saved last]")
@click.option("--worse", is_flag=True, help="List the questions that got worse, with the ranks of their relevant answers.")
@_shared
def evaluate_command(
    folder: Path,
    qrels: Path | None,
    field: judged.Field,
    duplicates: Path | None,
    archives: tuple[Path, ...],
    answers_only: bool,
    engine: str | None,
    dial: float | None,
    meaning: Tier | None,
    run_file: Path | None,
    save: str | None,
    against: str | None,
    worse: bool,
    library: Path | None,
    as_json: bool,
) -> None:
    """Measure the ranking on the judged set in DIR, beside plain BM25 and the run saved last.

    DIR holds corpus.jsonl.gz (or .jsonl), queries.jsonl and qrels.tsv. A library is built of it for the time being, and every
    question takes the way of any question. Printed are means over the questions that have a relevant answer, with 95 %
    intervals (bootstrap over the questions) and, for differences, the p of a paired randomisation test.

    The library in --library is not asked; saved runs are kept in its folder runs/.
    """
    chosen = settings.load({"library": library, "engine": engine, "dial": dial})
    if duplicates and qrels:
        raise click.UsageError("Take --qrels or --duplicates, not both.")
    if archives and (duplicates or answers_only):
        raise click.UsageError("--duplicates and --answers-only need the corpus of DIR, not --archives.")
    variant = judged.Variant(qrels or Path("qrels.tsv"), field, answers_only, duplicates, archives)
    with terminal.progress() as progress:
        found = evaluate(
            folder,
            variant,
            engine=chosen.engine,
            dial=chosen.dial,
            progress=progress,
            model_of=chosen.library if meaning else None,
            tier=meaning or "static",
        )
    kept = chosen.library / runs.FOLDER
    compared = runs.compare(kept, found, against)
    try:
        if run_file:
            write_trec(run_file, found)
        if save:
            runs.save(kept, save, found)
    except OSError as error:
        raise BadSetting(f"{error.filename} cannot be written ({error.strerror})", "Name another file or folder") from error
    if as_json:
        terminal.print_json(scoreboard.shape(compared))
        return
    for note in compared.notes:
        click.echo(note, err=True)
    for line in scoreboard.table(compared):
        click.echo(line)
    if worse:
        for line in scoreboard.worse(compared):
            click.echo(line)


@main.group("model")
def model_group() -> None:
    """Search by meaning: add, list or remove the library's model of language.

    With a model, threads are found that say it in other words than the question. It is a folder as sentence-transformers saves
    it, or a package that carries one; it is read and computed by Askive itself, and no network is ever asked. Every one of
    these takes --library DIR and --json.
    """


@model_group.command("add")
@click.argument("name", metavar="PACKAGE-OR-FOLDER")
@_shared
def model_add(name: str, library: Path | None, as_json: bool) -> None:
    """Keep a model with the library, and distil its static form, which takes about a minute.

    It is copied, so the package or folder is not needed any longer. The next `askive build` makes use of it.
    """
    chosen = settings.load({"library": library})
    with terminal.progress() as progress:
        card = models.add(chosen.library, name, progress)
    if as_json:
        terminal.print_json(asdict(card))
        return
    click.echo(f"{_about_model(card)}\nRun `askive build` to use it, and `askive build --meaning full` to use all of it.")


@model_group.command("list")
@_shared
def model_list(library: Path | None, as_json: bool) -> None:
    """Name the library's model: its licence, its hash, and what it takes on disk."""
    chosen = settings.load({"library": library})
    cards = models.cards(chosen.library)
    if as_json:
        terminal.print_json({"models": [asdict(card) for card in cards]})
        return
    for card in cards:
        click.echo(_about_model(card))
    if not cards:
        click.echo(f"The library in {chosen.library} has no model: it answers by words")


@model_group.command("remove")
@click.argument("name")
@_shared
def model_remove(name: str, library: Path | None, as_json: bool) -> None:
    """Delete a model from the library with all that was computed of it. It then answers by words, as it did before."""
    chosen = settings.load({"library": library})
    card = models.remove(chosen.library, name)
    encoding.discard(chosen.library)
    if as_json:
        terminal.print_json({"removed": card.name})
    else:
        click.echo(f"{card.name} removed; the library answers by words")


def _about_model(card: models.Card) -> str:
    licence = f"licence {card.licence}" if card.licence else "of unknown licence"
    return f"{card.name}: {licence}, {card.bytes / 1e6:,.0f} MB, sha256 {card.sha256}"


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
@_shared
def export(file: Path, library: Path | None, as_json: bool) -> None:
    """Write every post of the library to FILE (or standard output) as JSON lines.

    `askive build FILE --library OTHER` reads them back into an identical library. The format is JSON either way.
    """
    lines = jsonl.write(Library(settings.load({"library": library}).library).posts())
    if str(file) == "-":
        for line in lines:
            click.echo(line, nl=False)
        return
    # Whole or not at all: what was there before stays until the new file is complete.
    unfinished = file.with_name(file.name + ".part")
    with unfinished.open("w", encoding="utf-8", newline="\n") as output_file:
        count = sum(map(bool, map(output_file.write, lines))) - 1
    unfinished.replace(file)
    if as_json:
        terminal.print_json({"file": str(file), "posts": count})
    else:
        click.echo(f"{count:,} posts written to {file}")


@main.command("forget")
@click.option("--thread", "threads", multiple=True, metavar="ID", help="A whole thread.")
@click.option("--post", "posts", multiple=True, metavar="ID", help="One answer, comment or question.")
@click.option("--author", "authors", multiple=True, metavar="NAME", help="Everything a person wrote under this name.")
@click.option("--text", "texts", multiple=True, metavar="WORDS", help="Every post that has these words, in one piece.")
@click.option("--pattern", "patterns", multiple=True, metavar="REGEX", help="Every post in which this pattern is found.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken out.")
@click.option("--force", is_flag=True, help="Even if a text or pattern covers most of the library.")
@click.option("--list", "as_list", is_flag=True, help="List the rules in force.")
@click.option("--undo", "numbers", multiple=True, type=int, metavar="NUMBER", help="Take back a rule, by its number in --list.")
@click.option("--archives", "as_archives", is_flag=True, help="List the archives that still hold what is to be forgotten.")
@_shared
def forget_command(
    threads: tuple[str, ...],
    posts: tuple[str, ...],
    authors: tuple[str, ...],
    texts: tuple[str, ...],
    patterns: tuple[str, ...],
    dry_run: bool,
    force: bool,
    as_list: bool,
    numbers: tuple[int, ...],
    as_archives: bool,
    library: Path | None,
    as_json: bool,
) -> None:
    """Take something out of the library and keep it out, whatever the archives say.

    What is covered is always the whole post. --text and --pattern look at title, tags, author, text and links; upper and
    lower case do not count. What others wrote about a person stays, unless --text or --pattern covers it.

    The rule is kept in the library's forgotten.jsonl, which every build keeps to. The archives themselves are not touched:
    --archives reads them again and lists those that still hold something. A rule that is taken back with --undo lets the
    next `askive build` read in again what it kept out.
    """
    folder = settings.load({"library": library}).library
    named = bool(threads + posts + authors + texts + patterns)
    if sum((named, as_list, bool(numbers), as_archives)) != 1:
        rules_of = "--thread, --post, --author, --text, --pattern"
        raise click.UsageError(f"Say what to forget ({rules_of}), or --list, --undo or --archives.")
    if as_list:
        terminal.print_rules(forgetting.load(folder).rules, as_json)
    elif numbers:
        terminal.print_undone(purging.undo(folder, numbers), as_json)
    elif as_archives:
        terminal.print_holders(purging.holders(folder), as_json)
    else:
        before = Library(folder)
        rules = [purging.rule_for_thread(before, name) for name in threads]
        rules += [purging.rule_for_post(before, name) for name in posts]
        rules += [Rule("author", name) for name in authors]
        rules += [Rule("text", text) for text in texts]
        rules += [Rule("pattern", pattern) for pattern in patterns]
        if dry_run:
            terminal.print_covered(purging.look(folder, rules), as_json)
        else:
            terminal.print_purge(purging.forget(folder, rules, force=force), rules, as_json)
