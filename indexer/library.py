"""The one door to a library, for command line, web and evaluation: a folder opened for asking, browsing and looking up."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from . import (
    ask,
    catalogue,
    citation,
    documents,
    encoding,
    generations,
    messages,
    query,
    ranking,
    showing,
    similarity,
    spelling,
    words,
)
from .ask import Moment, Results
from .browsing import EVERYTHING, Among, Browsing, Shelf
from .citation import Citation
from .columns import Columns
from .completion import Completion
from .coverage import Coverage
from .endorsements import Endorsement
from .errors import NoLibrary, NotFound
from .generations import Index
from .meaning import models, nearest, vectors
from .meaning.nearest import Near
from .messages import Message
from .outcome import Outcome
from .query import NO_FILTERS, Filters, Query
from .ranking import Ranked, Sort
from .rows import Archive
from .showing import RankedAnswer
from .store import Store
from .thread import UNTITLED, Post, Thread

MEANING_SECONDS: Final = 10
"""How long vectors that were added beside a generation may wait to be taken up. Opening them takes a moment each time."""


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A thread with who backs whom in it; its posts have the votes of each of their copies."""

    thread: Thread
    endorsements: tuple[Endorsement, ...]
    outcomes: tuple[Outcome, ...]
    missing_later: Mapping[str, datetime]
    """Ids of answers that a later copy of the thread does not have, with the date of that copy."""
    originals: Mapping[str, str | None]
    """Ids of the threads that the site says this one is a duplicate of, with their titles; None for one that is not here."""
    duplicates: Mapping[str, str | None]
    """Threads that are duplicates of this one, in the same way."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A thread whose question is like another."""

    thread_id: str
    title: str
    category: str | None
    score: float
    linked: bool
    """Whether the site says that they ask the same."""


class Stream:
    """All answers of a set, one at a time, of one moment of the library however long it takes. To be closed."""

    def __init__(self, answers: Iterator[RankedAnswer], opened: ExitStack) -> None:
        self._answers = answers
        self._opened = opened

    def __iter__(self) -> Iterator[RankedAnswer]:
        return self._answers

    def close(self) -> None:
        self._opened.close()


class Anniversary(NamedTuple):
    """A thread that was asked on this day of another year."""

    thread_id: str
    title: str
    year: int


class Library:
    """A data folder opened for asking. Safe to use from several threads of the program at once.

    A build that ends while the library is open is taken up at the next question; a question is answered by one generation
    from its first word to its last.
    """

    def __init__(self, folder: Path, *, awaited: bool = False) -> None:
        """Raises NoLibrary where nothing has been built, ForeignIndex where the index is not what the build left.

        One that is `awaited` may still have to be built: until then whatever is asked raises NoLibrary.
        """
        self.folder = folder
        self._local = threading.local()
        self._lock = threading.Lock()
        self._generation: tuple[str, Index] | None = None
        self._meaning_seen: tuple[float, object] = 0.0, None
        with suppress(NoLibrary) if awaited else nullcontext(), self._moment() as store:
            self._index(store)

    @property
    def is_there(self) -> bool:
        """Whether anything has been built."""
        try:
            with self._moment() as store:
                return store.fact("generation") is not None
        except NoLibrary:
            return False

    def ask(
        self,
        text: str,
        *,
        n: int = 10,
        offset: int = 0,
        dial: float = 0.5,
        sort: Sort = "best",
        grouped: bool = False,
        thread: str | None = None,
        within: Filters = NO_FILTERS,
        exact: bool = False,
    ) -> Results:
        """The best answers to a question as typed.

        With `grouped`, a thread does not fill the page: it is listed by its best answer (`grouping`), and `n` and `offset`
        count those listed. With `thread`, named as for `thread()`, only its answers are asked for, each of them listed.
        `within` takes a part of the set: what a facet of it counts, and what it counts is what is there.
        Slips of the pen are mended, and where nothing meets all conditions fewer are asked; `exact` does neither.

        Raises BadQuestion when there is nothing to look for, NotFound where there is no such thread.
        """
        with self._moment() as store:
            moment = Moment(store, *self._index(store))
            return ask.ask(
                text,
                moment,
                n=n,
                offset=offset,
                dial=dial,
                sort=sort,
                grouped=grouped,
                thread=thread,
                within=within,
                exact=exact,
            )

    def top(
        self, *, n: int = 10, offset: int = 0, category: str | None = None, year: int | None = None, raw: bool = False
    ) -> Results:
        """The best-rated answers: by votes against what their thread and year usually give, or with `raw` by votes."""
        with self.browse() as browsing:
            return browsing.answers("top", Among(category=category, year=year or None), raw=raw, n=n, offset=offset)

    @contextmanager
    def browse(self) -> Iterator[Browsing]:
        """One moment of the library, to be leafed through."""
        with self._moment() as store:
            yield Browsing(store, self._index(store).engine.name)

    def newest(self, *, n: int = 10, offset: int = 0) -> Results:
        """The answers that were written last."""
        started = time.perf_counter()
        asked = Query("")
        with self._moment() as store:
            total, found = store.browse(Filters(), "newest", limit=n, offset=offset)
            page = showing.page([Ranked(one.number, 0.0, {}, one.expected) for one in found], offset, asked, store)
            name = self._index(store).engine.name
        took = (time.perf_counter() - started) * 1000
        return Results(asked, total, took, name, 1.0, "newest", offset, page, (), threads=None, listed=total)

    def every(
        self,
        text: str,
        *,
        dial: float = 0.5,
        sort: Sort = "best",
        grouped: bool = False,
        thread: str | None = None,
        within: Filters = NO_FILTERS,
        exact: bool = False,
    ) -> Stream:
        """All the answers that `ask` gives pages of, for an export. Raises what `ask` raises."""
        return self._stream(
            lambda moment: ask.every(
                text, moment, dial=dial, sort=sort, grouped=grouped, thread=thread, within=within, exact=exact
            )
        )

    def every_on(self, shelf: Shelf, among: Among = EVERYTHING, *, raw: bool = False) -> Stream:
        """All the answers of a shelf, for an export."""
        return self._stream(lambda moment: Browsing(moment.store, moment.engine.name).all_answers(shelf, among, raw=raw))

    def thread(self, name: str) -> ThreadPage:
        """A thread by its id, one of its posts' ids, its address or its number. Raises NotFound."""
        with self._moment() as store:
            thread = self._thread(name, store)
            replies = tuple(store.with_history(thread.replies))
            question = next(store.with_history([thread.question]), None) if thread.question else None
            thread = replace(thread, question=question, replies=replies)
            originals = store.originals([thread.id]).get(thread.id, [])
            duplicates = store.duplicates_of([thread.id]).get(thread.id, [])
            titles = store.titles([*originals, *duplicates])
            return ThreadPage(
                thread,
                tuple(store.endorsements_of(thread.id)),
                tuple(store.outcomes([thread.id]).get(thread.id, ())),
                store.missing_later(thread.id),
                originals={original: titles.get(original) for original in originals},
                duplicates={duplicate: titles.get(duplicate) for duplicate in duplicates},
            )

    def complete(self, typed: str, n: int = 8) -> tuple[Completion, ...]:
        """What a question that is being typed may become: titles with its words, then words that begin like its last one."""
        with self._moment() as store:
            known = store.vocabulary

            def meant(word: str) -> str | None:
                found = spelling.suggest(word, known, known.size())
                return found.form if found else None

            return tuple(store.title_words.complete(typed[: query.MAX_QUESTION], n, known, meant))

    def similar(self, name: str, n: int = 5) -> tuple[Neighbour, ...]:
        """The threads whose questions are most like that of a thread, named as for `thread`. Raises NotFound."""
        with self._moment() as store:
            thread_id = ask.thread_id_of(name, store)
            # What is compared is the question; a long thread need not be read for it.
            thread = Thread(thread_id, store.posts([thread_id]).get(thread_id), (), {})
            shadow = next(documents.of_thread(thread), None)
            if shadow is None or shadow.kind != "thread":
                return ()
            known = store.vocabulary
            title = set(words.terms(thread.title))
            asked = similarity.telling(shadow.terms, known.threads_with, known.size(), title=title, least=2)
            linked = store.originals([thread.id]).get(thread.id, []) + store.duplicates_of([thread.id]).get(thread.id, [])
            said = encoding.text(thread.title, thread.question.body if thread.question else "")
            return self._neighbours(asked, said, n, store, but=thread.id, linked=linked)

    def similar_to(self, text: str, n: int = 5) -> tuple[Neighbour, ...]:
        """The threads whose questions are most like a typed one."""
        with self._moment() as store:
            known, counts = store.vocabulary, dict(query.parse(text).terms)
            asked = similarity.telling(counts, known.threads_with, known.size())
            return self._neighbours(asked, query.prose(text), n, store)

    def on_this_day(self, today: date, n: int = 3) -> tuple[Anniversary, ...]:
        """Threads that were asked on this day of other years, those with most answers first."""
        with self._moment() as store:
            found = store.asked_on(today.month, today.day, today.year, n)
            titles = store.titles([thread_id for thread_id, _ in found])
            return tuple(Anniversary(thread_id, titles[thread_id], year) for thread_id, year in found)

    def passage(self, text: str, post: Post) -> str | None:
        """The part of a post that says most to a typed question, in one piece; None where it has none of its words."""
        with self._moment() as store:
            spans = showing.passage_of(post, query.parse(text), store)
        if not any(span.match for span in spans):
            return None
        return "".join(span.text for span in spans).removeprefix("… ").removesuffix(" …")

    def cite(self, name: str) -> Citation:
        """How a post is cited, or a thread by any of its names. Raises NotFound."""
        with self._moment() as store:
            post_id = store.resolve(name)
            post = store.posts([post_id]).get(post_id)
            thread_id = post.thread_id if post else ask.thread_id_of(name, store)
            return citation.of(post, store.posts([thread_id]).get(thread_id), thread_id)

    def known_people(self, site: str, names: Collection[str]) -> frozenset[str]:
        """Those of some names on a site that have a page of their own."""
        with self._moment() as store:
            return catalogue.known_people(store, site, names)

    def post_id(self, name: str) -> str:
        """The id of a post, for any id it was ever known by. Raises NotFound."""
        with self._moment() as store:
            post_id = store.resolve(name)
            if post_id not in store.posts([post_id]):
                raise NotFound(Message("There is no post “{name}” in this library", name=name))
            return post_id

    def posts(self) -> Iterator[Post]:
        """Every post of one moment of the library, threads together and in order."""
        with self._moment() as store:
            yield from store.with_history(store.all_posts())

    def about(self) -> dict[str, Any]:
        """What is in the library: counts, tallies by site, category and year, archives, engine and generation."""
        with self._moment() as store:
            engine = self._index(store).engine
            archives: list[Archive] = store.archives()
            return {
                "library": str(self.folder),
                **store.counts(),
                "sites": store.tally("site"),
                "categories": store.tally("category"),
                "years": store.tally("year"),
                "engine": engine.name,
                "engine_why": messages.unpacked(store.fact("engine_why") or "") or None,
                "generation": store.fact("generation"),
                "gate": json.loads(store.fact("gate") or "null"),
                "index": engine.state(),
                "store_bytes": store.path.stat().st_size,
                "written": store.stamp().partition(" ")[0],
                "meaning": self._about_meaning(store),
                "archives": archives,
            }

    def coverage(self) -> Coverage:
        """Which years, votes, categories and months the library covers."""
        with self._moment() as store:
            return store.coverage()

    def stamp(self) -> str:
        """What is another after every write to the library, its vectors too: what was given out before may no longer be so.

        Begins with the time of the last write, ISO 8601 with a zone.
        """
        with self._moment() as store:
            self._index(store)
            meaning = blake2b(repr(self._meaning_seen[1]).encode(), digest_size=6).hexdigest()
            return f"{store.stamp()} {meaning}"

    def _about_meaning(self, store: Store) -> dict[str, Any] | None:
        """The library's model, which share of its threads has vectors of it, and what both take on disk; None without one."""
        meaning = self._index(store).meaning
        cards = [meaning.model.card] if meaning else models.cards(self.folder)
        shares = meaning.shares if meaning else {}
        if not cards:
            return None
        size = cards[0].bytes + vectors.on_disk(self.folder)
        return {"model": cards[0].name, "licence": cards[0].licence, "shares": shares, "bytes": size}

    # One moment of the library

    def _stream(self, answers: Callable[[Moment], Iterator[RankedAnswer]]) -> Stream:
        """A set's answers over a connection of their own: they are taken while other questions come and go."""
        with ExitStack() as opened:
            store = opened.enter_context(closing(Store(self.folder)))
            opened.enter_context(store.snapshot())
            found = answers(Moment(store, *self._index(store)))
            return Stream(found, opened.pop_all())

    @contextmanager
    def _moment(self) -> Iterator[Store]:
        store: Store | None = getattr(self._local, "store", None)
        if store is None:
            store = self._local.store = Store(self.folder)
        with store.snapshot():
            yield store

    def _index(self, store: Store) -> Index:
        """The generation that is in force at the store's moment."""
        generation, name = store.fact("generation"), store.fact("engine")
        if generation is None or name is None:
            raise NoLibrary(Message("The library in {folder} has no index", folder=str(self.folder)))
        with self._lock:
            # The one before is not closed here: a question may still be running on it. It goes when nobody holds it.
            if self._generation is None or self._generation[0] != generation:
                self._generation = generation, generations.load(self.folder, generation, name)
                self._meaning_seen = time.monotonic(), nearest.seen(self.folder, generation)
            elif time.monotonic() - self._meaning_seen[0] > MEANING_SECONDS:
                self._refresh_meaning(*self._generation)
            return self._generation[1]

    def _refresh_meaning(self, generation: str, index: Index) -> None:
        """Take up vectors that were added beside the generation, or a model that came or went."""
        seen = nearest.seen(self.folder, generation)
        if seen != self._meaning_seen[1]:
            meaning = nearest.opened(self.folder, generation, len(index.columns.threads), index.meaning)
            self._generation = generation, index._replace(meaning=meaning)
        self._meaning_seen = time.monotonic(), seen

    def _thread(self, name: str, store: Store) -> Thread:
        thread = store.thread(ask.thread_id_of(name, store))
        if thread is None:
            raise NotFound(Message("There is no thread “{name}” in this library", name=name))
        return thread

    def _neighbours(
        self, asked: Query, said: str, n: int, store: Store, but: str | None = None, linked: Sequence[str] = ()
    ) -> tuple[Neighbour, ...]:
        """The threads that a query finds, and those that mean what is `said`; before all that the site says ask the same."""
        index = self._index(store)
        wanted = n + 1 + len(linked)
        count = max(wanted, ranking.COMPARED) if index.meaning else wanted
        scores = dict(index.engine.search(asked, "thread", count)) if asked.terms else {}
        if index.meaning:
            scores = _with_meaning(scores, index.columns, index.meaning.near(said), store)
        ids = [thread_id for thread_id in dict.fromkeys([*linked, *scores]) if thread_id != but]
        posts = store.posts(ids)
        found = [posts[thread_id] for thread_id in ids if thread_id in posts][:n]
        return tuple(
            Neighbour(post.id, post.title or UNTITLED, post.category, scores.get(post.id, 0.0), linked=post.id in linked)
            for post in found
        )


def _with_meaning(scores: Mapping[str, float], columns: Columns, near: Sequence[Near], store: Store) -> dict[str, float]:
    """The threads that words found with their scores, and those nearest in meaning, ordered by both; best first."""
    in_order = columns.threads_of(scores)
    nearest = np.unique(np.concatenate([seen.nearest(ranking.NEAREST, ranking.NEAR) for seen in near]))
    # A thread that nobody answered has no name here, and nothing to offer.
    nearest = nearest[columns.threads["answers"][nearest] > 0]
    nearest = np.setdiff1d(nearest, in_order)
    names = store.names(columns.answers["number"][columns.threads["first"][nearest]].tolist())
    found = dict(scores) | {name.thread_id: 0.0 for name in names}
    best = max(scores.values(), default=0.0) or 1.0
    gained = ranking.by_meaning(near, np.concatenate((in_order, nearest)), in_order)
    together = {thread: score + best * gain for (thread, score), gain in zip(found.items(), gained.tolist(), strict=True)}
    return dict(sorted(together.items(), key=lambda one: (-one[1], one[0])))
