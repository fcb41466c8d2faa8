"""The second straight line: from a typed question to ranked answers. `Library` is the one door for all who ask."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from . import (
    documents,
    engines,
    grouping,
    likeness,
    markup,
    query,
    ranking,
    relaxation,
    showing,
    similarity,
    spelling,
    vocabulary,
    words,
)
from .completion import Completion
from .endorsements import Endorsement
from .engines import Engine
from .errors import BadQuestion, NoLibrary, NotFound
from .grouping import Listing
from .outcome import Outcome
from .query import Filters, Query
from .ranking import Ranked, Sort, TextScore
from .relaxation import Relaxed
from .rows import Archive, Candidate
from .showing import RankedAnswer
from .spelling import Correction
from .store import Order, Store
from .thread import UNTITLED, Post, Thread

CANDIDATES: Final = 500
"""Answers, and threads, that are taken from the engine for one question. Twice as many, with twice EXPANDED, is worth at most
.002 nDCG@10 and .002 recall@100 on any judged set, and reading candidates is the largest part of a question's time."""

EXPANDED: Final = 100
"""Threads, of those found by their own words or by an answer's, whose every answer is a candidate. Without those found by an
answer's, nDCG@10 on qatarliving_dev falls from .299 to .296, by subject from .314 to .308."""

MISSING_TOLD: Final = 4
"""Words of a question that nothing has, as many as are told by name."""


@dataclass(frozen=True, slots=True)
class Results:
    """A page of ranked answers, and what can be said of all of them."""

    query: Query
    total: int
    took_ms: float
    engine: str
    dial: float
    sort: str
    offset: int
    answers: tuple[RankedAnswer, ...]
    notes: tuple[str, ...]
    """What the asker should know of how the question was taken."""
    threads: int | None
    """Threads that all the answers are from; None where nobody counted."""
    listed: int
    """Answers that are listed on any page: all, or those that stand for their threads."""
    correction: Correction | None = None
    """What the question may have been meant to be, and whether that is what was asked."""
    relaxed: tuple[Relaxed, ...] = ()
    """Conditions that were let go of, because nothing met all of them."""


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


class Library:
    """A data folder opened for asking. Safe to use from several threads of the program at once.

    A build that ends while the library is open is taken up at the next question; a question is answered by one generation
    from its first word to its last.
    """

    def __init__(self, folder: Path) -> None:
        """Raises NoLibrary where nothing has been built, ForeignIndex where the index is not what the build left."""
        self.folder = folder
        self._local = threading.local()
        self._lock = threading.Lock()
        self._generation: tuple[str, Engine] | None = None
        with self._moment() as store:
            self._engine(store)

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
        exact: bool = False,
    ) -> Results:
        """The best answers to a question as typed.

        With `grouped`, a thread does not fill the page: it is listed by its best answer (`grouping`), and `n` and `offset`
        count those listed. With `thread`, named as for `thread()`, only its answers are asked for, each of them listed.
        Slips of the pen are mended, and where nothing meets all conditions fewer are asked; `exact` does neither.

        Raises BadQuestion when there is nothing to look for, NotFound where there is no such thread.
        """
        started = time.perf_counter()
        with self._moment() as store:
            engine = self._engine(store)
            correction = None if exact else spelling.correct(text, store.vocabulary, partial(_together, engine))
            asked = query.parse(correction.corrected if correction and correction.applied else text)
            asked, notes = self._resolve_names(asked, store)
            if not (asked.terms or asked.required or asked.filters):
                raise BadQuestion(" ".join(asked.notes) or "There are no words in the question")
            thread_id = None if thread is None else _thread_id(thread, store)
            list_of = partial(
                self._list, store, engine, n=n, offset=offset, dial=dial, sort=sort, grouped=grouped, thread_id=thread_id
            )
            listing = list_of(asked)
            relaxed: tuple[Relaxed, ...] = ()
            for step in () if listing.total or exact else relaxation.steps(asked):
                listing = list_of(step.query)
                if listing.total:
                    asked, relaxed = step.query, step.relaxed
                    break
            page = self._page(listing.answers, offset, asked, store, listing.below)
            notes += (*(step.note for step in relaxed), *_missing(asked, store, engine))
            if not (listing.total or notes or asked.notes or exact):
                notes = (relaxation.nothing(asked),)
        took = (time.perf_counter() - started) * 1000
        return Results(
            replace(asked, text=text),
            listing.total,
            took,
            engine.name,
            dial,
            sort,
            offset,
            page,
            (*asked.notes, *notes),
            threads=listing.threads,
            listed=listing.listed,
            correction=correction,
            relaxed=relaxed,
        )

    def top(
        self, *, n: int = 10, offset: int = 0, category: str | None = None, year: int | None = None, raw: bool = False
    ) -> Results:
        """The best-rated answers: by votes against what their thread and year usually give, or with `raw` by votes."""
        started = time.perf_counter()
        parts = [f'category:"{category}"'] if category else []
        parts += [f"year:{year}"] if year else []
        asked = query.parse(" ".join(parts))
        with self._moment() as store:
            asked, notes = self._resolve_names(asked, store)
            order: Order = "votes" if raw else "lift"
            total, found = store.browse(asked.filters, order, limit=n, offset=offset, voted=True)
            ranked = [Ranked(candidate, float((candidate.votes if raw else candidate.lift) or 0), {}) for candidate in found]
            page = self._page(ranked, offset, asked, store)
            name = self._engine(store).name
        took = (time.perf_counter() - started) * 1000
        by = "votes" if raw else "best"
        return Results(asked, total, took, name, 1.0, by, offset, page, notes, threads=None, listed=total)

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
            thread = self._thread(name, store)
            shadow = next(documents.of_thread(thread), None)
            if shadow is None or shadow.kind != "thread":
                return ()
            known = store.vocabulary
            title = set(words.terms(thread.title))
            asked = similarity.telling(shadow.terms, known.threads_with, known.size(), title=title, least=2)
            linked = store.originals([thread.id]).get(thread.id, []) + store.duplicates_of([thread.id]).get(thread.id, [])
            return self._neighbours(asked, n, store, but=thread.id, linked=linked)

    def similar_to(self, text: str, n: int = 5) -> tuple[Neighbour, ...]:
        """The threads whose questions are most like a typed one."""
        with self._moment() as store:
            known, counts = store.vocabulary, dict(query.parse(text).terms)
            return self._neighbours(similarity.telling(counts, known.threads_with, known.size()), n, store)

    def post_id(self, name: str) -> str:
        """The id of a post, for any id it was ever known by. Raises NotFound."""
        with self._moment() as store:
            post_id = store.resolve(name)
            if post_id not in store.posts([post_id]):
                raise NotFound(f"There is no post {name!r} in this library")
            return post_id

    def posts(self) -> Iterator[Post]:
        """Every post of one moment of the library, threads together and in order."""
        with self._moment() as store:
            yield from store.with_history(store.all_posts())

    def about(self) -> dict[str, Any]:
        """What is in the library: counts, tallies by site, category and year, archives, engine and generation."""
        with self._moment() as store:
            engine = self._engine(store)
            archives: list[Archive] = store.archives()
            return {
                "library": str(self.folder),
                **store.counts(),
                "sites": store.tally("site"),
                "categories": store.tally("category"),
                "years": store.tally("year"),
                "engine": engine.name,
                "generation": store.fact("generation"),
                "gate": json.loads(store.fact("gate") or "null"),
                "index": engine.state(),
                "archives": archives,
            }

    # One moment of the library

    @contextmanager
    def _moment(self) -> Iterator[Store]:
        store: Store | None = getattr(self._local, "store", None)
        if store is None:
            store = self._local.store = Store(self.folder)
        with store.snapshot():
            yield store

    def _engine(self, store: Store) -> Engine:
        """The engine of the generation that is in force at the store's moment."""
        generation, name = store.fact("generation"), store.fact("engine")
        if generation is None or name is None:
            raise NoLibrary(f"The library in {self.folder} has no index")
        with self._lock:
            # The one before is not closed here: a question may still be running on it. It goes when nobody holds it.
            if self._generation is None or self._generation[0] != generation:
                self._generation = generation, engines.load(name).open(engines.folder(self.folder, generation))
            return self._generation[1]

    def _thread(self, name: str, store: Store) -> Thread:
        thread = store.thread(_thread_id(name, store))
        if thread is None:
            raise NotFound(f"There is no thread {name!r} in this library")
        return thread

    def _neighbours(
        self, asked: Query, n: int, store: Store, but: str | None = None, linked: Sequence[str] = ()
    ) -> tuple[Neighbour, ...]:
        """The threads that a query finds, those before all that the site says ask the same."""
        scores = dict(self._engine(store).search(asked, "thread", n + 1 + len(linked))) if asked.terms else {}
        ids = [thread_id for thread_id in dict.fromkeys([*linked, *scores]) if thread_id != but]
        posts = store.posts(ids)
        found = [posts[thread_id] for thread_id in ids if thread_id in posts][:n]
        return tuple(
            Neighbour(post.id, post.title or UNTITLED, post.category, scores.get(post.id, 0.0), linked=post.id in linked)
            for post in found
        )

    # The line itself

    def _list(
        self,
        store: Store,
        engine: Engine,
        asked: Query,
        *,
        n: int,
        offset: int,
        dial: float,
        sort: Sort,
        grouped: bool,
        thread_id: str | None,
    ) -> Listing:
        """What is listed of the answers to a question on one page, in order."""
        if not (asked.terms or asked.required):
            # Nothing was asked, so no thread can be the one that was meant: this list is leafed through as it is.
            order: Order = "lift" if sort == "best" else sort
            total, found = store.browse(asked.filters, order, limit=n, offset=offset, thread_id=thread_id)
            ranked = [Ranked(candidate, candidate.lift or 0.0, {}) for candidate in found]
            return Listing(tuple(ranked), total, store.count_threads(asked.filters, thread_id=thread_id), total, {})
        scores, candidates = self._search(asked, store, engine)
        ranked = ranking.rank(scores, candidates, dial=dial, sort=sort)
        if thread_id:
            ranked = [answer for answer in ranked if answer.candidate.thread_id == thread_id]
        return (grouping.by_thread if grouped and not thread_id else grouping.flat)(ranked).cut(offset, n)

    def _search(self, asked: Query, store: Store, engine: Engine) -> tuple[dict[str, TextScore], dict[str, Candidate]]:
        """The set of results: answers found by their own words or by their thread's, with their text scores."""
        limit = CANDIDATES
        while True:
            answers = engine.search(asked, "answer", limit)
            threads = engine.search(asked.for_threads(scores_only=True), "thread", limit)
            fitting = threads if not asked.required else engine.search(asked.for_threads(), "thread", limit)
            candidates = store.candidates(answer_ids=[hit.id for hit in answers])
            in_order = ranking.threads_in_order(answers, threads, candidates)
            # Where words are required, a thread without them lends them to none of its answers.
            whole = {hit.id for hit in fitting} if asked.required else in_order
            candidates |= store.candidates(thread_ids=[thread_id for thread_id in in_order if thread_id in whole][:EXPANDED])
            if asked.filters:
                candidates = {key: value for key, value in candidates.items() if _accepts(asked.filters, value)}
            if asked.phrases or asked.excluded_phrases or asked.forbidden:
                candidates = _check_texts(asked, candidates, store)
            # Words without order found these; the phrase itself may stand further down.
            exhausted = len(answers) < limit and len(fitting) < limit
            if not asked.phrases or exhausted or len(candidates) >= CANDIDATES // 10:
                gists = store.gists(in_order[: ranking.COMPARED])
                vectors = store.term_vectors([term for term, _ in asked.terms])
                alike = likeness.of_threads(asked.text, asked.terms, vectors, gists)
                return ranking.text_scores(answers, threads, candidates, alike), candidates
            limit *= 8

    def _page(
        self, ranked: Sequence[Ranked], offset: int, asked: Query, store: Store, below: Mapping[str, int] | None = None
    ) -> tuple[RankedAnswer, ...]:
        return showing.page(ranked, offset, asked, store, below)

    def _resolve_names(self, asked: Query, store: Store) -> tuple[Query, tuple[str, ...]]:
        """Sites and categories by any of their words ("category:pets"), as the full names that the library has."""
        notes: list[str] = []

        def full(wanted: tuple[str, ...], column: str) -> tuple[str, ...]:
            known = {words.fold(name): name for name, _ in store.tally(column)} if wanted else {}
            found: list[str] = []
            for name in wanted:
                said = set(words.plain(name).split())
                fitting = [name] if name in known else [key for key in known if said <= set(words.plain(key).split())]
                found += fitting
                if not fitting:
                    notes.append(f"There is no {column} “{name}” here; there are: {', '.join(sorted(known.values()))}.")
            return tuple(found) or wanted

        filters = replace(
            asked.filters, sites=full(asked.filters.sites, "site"), categories=full(asked.filters.categories, "category")
        )
        return replace(asked, filters=filters), tuple(notes)


class OneMoment(Library):
    """A store and an engine that need not be in force, asked like any library: to judge what a build made before it counts."""

    def __init__(self, store: Store, engine: Engine) -> None:
        """Both stay the caller's, to be closed there. For one thread of the program."""
        self.store, self.engine = store, engine
        self._ranked: list[Candidate] = []

    def order(self, text: str, n: int) -> list[Candidate]:
        """The best `n` answers to a question as typed, best first, none of them read. Raises BadQuestion as `ask` does."""
        self._ranked = []
        self.ask(text, n=n)
        return self._ranked

    @contextmanager
    def _moment(self) -> Iterator[Store]:
        yield self.store

    def _engine(self, store: Store) -> Engine:
        del store
        return self.engine

    def _page(self, ranked: Sequence[Ranked], *_: Any) -> tuple[RankedAnswer, ...]:
        self._ranked = [answer.candidate for answer in ranked]
        return ()


def _thread_id(name: str, store: Store) -> str:
    thread_id = store.find_thread(name)
    if thread_id is None:
        raise NotFound(f"There is no thread {name!r} in this library")
    return thread_id


def _together(engine: Engine, term: str, other: str) -> bool:
    """Whether any answer or thread has both terms."""
    both = Query("", required=(term, other))
    return bool(engine.search(both, "answer", 1) or engine.search(both, "thread", 1))


def _missing(asked: Query, store: Store, engine: Engine) -> tuple[str, ...]:
    """Words of the question that nothing here has, told in a sentence."""
    wanted = {term for term, _ in asked.terms}
    wanted -= store.vocabulary.threads_with(wanted).keys()
    # The vocabulary leaves out words that nobody types; here is somebody.
    wanted -= {term for term in wanted if len(term) >= vocabulary.LONGEST and _together(engine, term, term)}
    said = [asked.text[word.start : word.end] for word in words.words(asked.text) if word.term in wanted]
    longest = vocabulary.LONGEST
    quoted = [f"“{word if len(word) <= longest else word[:longest] + '…'}”" for word in dict.fromkeys(said)]
    if not quoted:
        return ()
    if len(quoted) == 1:
        return (f"No answer has the word {quoted[0]}.",)
    if len(quoted) <= MISSING_TOLD:
        return (f"No answer has the words {', '.join(quoted[:-1])} or {quoted[-1]}.",)
    return (f"No answer has the words {', '.join(quoted[:MISSING_TOLD])} or {len(quoted) - MISSING_TOLD:,} others of yours.",)


def _accepts(filters: Filters, answer: Candidate) -> bool:
    return filters.accept(
        site=answer.site, category=answer.category, author=answer.author, votes=answer.votes, year=answer.year, best=answer.best
    )


def _check_texts(asked: Query, candidates: dict[str, Candidate], store: Store) -> dict[str, Candidate]:
    """The candidates that have every phrase, in the answer or in its question, and nothing excluded in either."""
    posts = store.posts([*candidates, *{candidate.thread_id for candidate in candidates.values()}])
    texts = {post.id: f"{post.title or ''}\n{' '.join(post.tags)}\n{markup.prose(post.body)}" for post in posts.values()}
    plain = {post_id: f" {words.plain(text)} " for post_id, text in texts.items()}
    forbidden = set(asked.forbidden)
    dropped = {post_id for post_id, text in texts.items() if forbidden and forbidden & set(words.terms(text))}

    def fits(candidate: Candidate) -> bool:
        both = [plain[post_id] for post_id in (candidate.id, candidate.thread_id) if post_id in plain]
        return (
            all(any(f" {phrase} " in text for text in both) for phrase in asked.phrases)
            and not any(f" {phrase} " in text for phrase in asked.excluded_phrases for text in both)
            and not {candidate.id, candidate.thread_id} & dropped
        )

    return {post_id: candidate for post_id, candidate in candidates.items() if fits(candidate)}
