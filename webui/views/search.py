"""The page of results: ranked answers to a question, and every way to turn and to narrow them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from indexer.ask import Results
from indexer.errors import BadQuestion
from indexer.library import Library
from indexer.ranking import SORTS, Sort
from indexer.settings import Settings
from indexer.spelling import Correction

from .. import addresses, explain
from ..asked import Asked, Browsed, typed_filters
from ..glance import Glance
from ..language import again, later, say, say_of
from ..paging import Pager, pager
from .card import Card, cards
from .narrowing import Group, groups

DIAL: Final = (
    (0.0, later("The words alone")),
    (0.25, later("Mostly the words")),
    (0.5, later("Both alike")),
    (0.75, later("Mostly the community")),
    (1.0, later("The community, as much as it can")),
)
"""The positions of the dial, and what each of them means."""

SORT_NAMES: Final[dict[Sort, str]] = {
    "best": later("Best"),
    "votes": later("Most votes"),
    "newest": later("Newest"),
    "oldest": later("Oldest"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, as a link; the current one is where the reader is."""

    name: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address of the same search without it."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Wider:
    """A search that asks for less, for when nothing was found, and how many answers it has."""

    name: str
    href: str
    total: int


@dataclass(frozen=True, slots=True)
class Meant:
    """A question that may have been meant. `applied` says that its answers are shown; `href` leads to the other one."""

    text: str
    applied: bool
    href: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What a page of results shows. `results` parts are None where nothing was asked."""

    asked: Asked
    kept: tuple[tuple[str, str], ...]
    """Parameters that a new question in the box goes on with."""
    chips: tuple[Chip, ...]
    all_href: str | None
    """The same without what narrows it, where several things do."""
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    meant: Meant | None
    strict_href: str | None
    """The same without anything let go of, where something was."""
    total: int | None
    is_whole: bool
    """Whether there are no more than that."""
    threads: int | None
    """Threads that the answers are from."""
    folding: Choice | None
    """The same answers folded by thread, or all of them; None where that is one."""
    took_ms: int
    cards: tuple[Card, ...]
    dial: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    pager: Pager | None
    wider: tuple[Wider, ...]
    said: dict[str, str | list[str]]
    """The parameters of the search from its first page on, for its files and its feed."""
    top_href: str


def ask(library: Library, asked: Asked, n: int) -> Results:
    """The results of one page. Raises BadQuestion."""
    return library.ask(
        asked.question,
        n=n,
        offset=(asked.page - 1) * n,
        dial=asked.dial,
        sort=asked.sort,
        grouped=asked.grouped,
        thread=asked.thread,
        within=asked.within,
        exact=asked.exact,
    )


def search(library: Library, asked: Asked, notes: Sequence[str], glance: Glance, settings: Settings) -> SearchPage:
    """The page of results. A question that cannot be asked is answered by a note, not by an error."""
    results: Results | None = None
    said = list(notes)
    if asked.asks:
        try:
            results = ask(library, asked, settings.results)
            said += results.notes
        except BadQuestion as error:
            said.append(_sentence(again(error.reason)))
    nearest = min(DIAL, key=lambda step: abs(step[0] - asked.dial))

    def address(turned: Asked) -> str:
        return addresses.search(turned, settings)

    chips = _chips(asked, settings)
    return SearchPage(
        asked=asked,
        kept=_kept(asked, settings),
        chips=chips,
        all_href=address(asked.but(**_without_any(asked))) if len(chips) > 1 else None,
        groups=groups(asked, results.facets, address) if results else (),
        notes=tuple(dict.fromkeys(said)),
        meant=_meant(asked, results.correction, settings) if results and results.correction else None,
        strict_href=address(asked.but(exact=True)) if results and results.relaxed else None,
        total=results.total if results else None,
        is_whole=results is None or results.is_whole,
        threads=results.threads if results else None,
        folding=_folding(asked, results, settings) if results else None,
        took_ms=max(1, round(results.took_ms)) if results else 0,
        cards=cards(
            results.answers,
            explain.of_search,
            more=_in_thread(asked, settings) if asked.grouped else None,
            with_sites=len(glance.sites) > 1,
            question=_answered(asked, results.correction),
        )
        if results
        else (),
        dial=tuple(
            Choice(
                say(name),
                address(asked.but(dial=value, sort="best")),
                asked.sort == "best" and value == nearest[0],
            )
            for value, name in DIAL
        ),
        sorts=tuple(Choice(say(SORT_NAMES[sort]), address(asked.but(sort=sort)), sort == asked.sort) for sort in SORTS),
        pager=pager(asked.page, results.listed, settings.results, lambda page: address(asked.but(page=page)))
        if results
        else None,
        wider=_wider(library, asked, settings) if results and not results.total else (),
        said=asked.but().parameters(settings.dial),
        top_href=addresses.top(Browsed()),
    )


def _kept(asked: Asked, settings: Settings) -> tuple[tuple[str, str], ...]:
    """A new question keeps what was chosen, its order and its dial; it is about no one thread, and may be mended again."""
    kept = asked.but(question="", thread=None, exact=False).parameters(settings.dial)
    pairs = [(name, each) for name, value in kept.items() for each in (value if isinstance(value, list) else [value])]
    return tuple((name, value) for name, value in pairs if name != "q")


def _folding(asked: Asked, results: Results, settings: Settings) -> Choice | None:
    if asked.thread or results.total == results.threads or not (results.query.terms or results.query.required):
        return None
    name = say("List every answer") if asked.grouped else say("Fold answers of one thread")
    return Choice(name, addresses.search(asked.but(grouped=not asked.grouped), settings), is_current=False)


def _in_thread(asked: Asked, settings: Settings) -> Callable[[str], str]:
    """Where every answer of a thread to the question is listed."""
    return lambda thread_id: addresses.search(asked.but(thread=thread_id), settings)


def _answered(asked: Asked, correction: Correction | None) -> str:
    """The question that answers are shown to, as it is typed into the box: what its words are is marked in them."""
    return correction.corrected if correction and correction.applied else asked.question


def _meant(asked: Asked, correction: Correction, settings: Settings) -> Meant:
    corrected = correction.corrected
    other = asked.but(exact=True) if correction.applied else asked.but(question=corrected)
    return Meant(corrected, correction.applied, addresses.search(other, settings))


def _chips(asked: Asked, settings: Settings) -> tuple[Chip, ...]:
    """Every filter in force, those that were chosen and those typed, each to be taken away by itself."""
    chips = []
    if asked.site:
        chips.append((say("Site: {name}", name=asked.site), asked.but(site=None)))
    if asked.category:
        chips.append((say("Category: {name}", name=asked.category), asked.but(category=None)))
    chips += [
        (say("Tag: {name}", name=tag), asked.but(tags=tuple(other for other in asked.tags if other != tag)))
        for tag in asked.tags
    ]
    if asked.since is not None or asked.until is not None:
        chips.append((_years(asked.since, asked.until), asked.but(since=None, until=None)))
    if asked.votes is not None:
        chips.append((say_of("{number} vote or more", "{number} votes or more", asked.votes), asked.but(votes=None)))
    if asked.best:
        chips.append((say("Marked best"), asked.but(best=False)))
    if asked.thread:
        chips.append((say("In one thread"), asked.but(thread=None)))
    chips += [(typed, asked.but(question=rest)) for typed, rest in typed_filters(asked.question)]
    return tuple(Chip(name, addresses.search(without, settings)) for name, without in chips)


def _without_any(asked: Asked) -> dict[str, object]:
    """What changes where nothing chosen or typed narrows a question."""
    question = asked.question
    while found := typed_filters(question):
        question = found[0][1]
    bare = asked.without_filters()
    names = ("site", "category", "tags", "since", "until", "votes", "best", "thread")
    return {name: getattr(bare, name) for name in names} | {"question": question}


def _years(since: int | None, until: int | None) -> str:
    if since == until:
        return say("From {year}", year=since)
    if since is None:
        return say("Until {year}", year=until)
    return say("Since {year}", year=since) if until is None else say("{since} to {until}", since=since, until=until)


def _wider(library: Library, asked: Asked, settings: Settings) -> tuple[Wider, ...]:
    """Searches that differ from one without results by asking for less, those that have any."""
    tries = []
    if asked.is_narrowed:
        tries.append((say("The same in all that was found"), asked.without_filters()))
    if typed_filters(asked.question):
        tries.append((say("The same words without any filter"), replace(asked, **_without_any(asked))))  # type: ignore[arg-type]  # fields by name
    if '"' in asked.question:
        tries.append((say("The same words in any order"), asked.but(question=asked.question.replace('"', " ").strip())))
    wider = []
    for name, less in tries:
        try:
            total = library.ask(less.question, n=1, within=less.within, thread=less.thread, exact=True).total
        except BadQuestion:
            continue
        if total:
            wider.append(Wider(name, addresses.search(less.but(), settings), total))
    return tuple(wider)


def _sentence(reason: str) -> str:
    return reason if reason.endswith((".", "?", "!")) else f"{reason}."
