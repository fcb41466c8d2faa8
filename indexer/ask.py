"""The second straight line: from a typed question to ranked answers.

    text ─spelling, query.parse─▶ Query ─Engine.search─▶ Hits ─Columns─▶ ranking.rank ─▶ grouping ─▶ showing
                                        └──Meaning.near──▶ Near ──┘              only in a library with a model

It is walked over one moment of a library, which `library` has for those who ask, and a build for what it has just written.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import facets, grouping, likeness, markup, query, ranking, relaxation, showing, spelling, vocabulary, words
from .columns import Columns, Records, Rows
from .engines import Engine, Hits
from .errors import BadQuestion, NotFound
from .facets import Facets
from .grouping import Listing
from .meaning.nearest import Meaning, Near
from .messages import Joined, Message, counted, quoted
from .proximity import Pairs
from .query import NO_FILTERS, Filters, Query
from .ranking import Found, Matches, Ranked, Sort
from .relaxation import Relaxed
from .rows import PostName
from .showing import RankedAnswer
from .spelling import Correction
from .store import Order, Store
from .thread import Post

CANDIDATES: Final = 500
"""Answers, and threads, that are taken from the engine for one question. Twice as many, with twice EXPANDED, is worth at most
.002 nDCG@10 and .002 recall@100 on any judged set."""

EXPANDED: Final = 100
"""Threads, of those found by their own words or by an answer's, whose every answer is a candidate. Without those found by an
answer's, nDCG@10 on qatarliving_dev falls from .299 to .296, by subject from .314 to .308."""

MOST: Final = 2**62
"""More answers than there are: all of a set."""

PIECE: Final = 200
"""Answers whose texts are read at once where all of a set are wanted."""
DIVIDED: Final = 1_000_000
"""Answers of a library up to which is told how they divide where nothing but filters was asked: all of them are looked at."""

SIEVED: Final = 2_000
"""Threads near to a question of which those are taken that pass its filters. A bound on time, not tuned."""

MISSING_TOLD: Final = 4
"""Words of a question that nothing has, as many as are told by name."""


class Moment(NamedTuple):
    """One moment of a library: its posts, and the index that was made of them."""

    store: Store
    engine: Engine
    columns: Columns
    meaning: Meaning | None = None
    """What a model says of the threads, where the library has one."""


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
    facets: Facets = facets.NONE
    """How all the answers divide."""
    is_whole: bool = True
    """Whether these are all that match. Of very many the best are taken, and counted: narrowed, there may be more than that."""


class _Wanted(NamedTuple):
    """What part of the answers is wanted, in which order, and whether it is told how all of them divide."""

    n: int
    offset: int = 0
    dial: float = 0.5
    sort: Sort = "best"
    grouped: bool = False
    thread_id: str | None = None
    within: Filters = NO_FILTERS
    facets: bool = False


def ask(
    text: str,
    moment: Moment,
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
    """The best answers to a question as typed: see `Library.ask`."""
    started = time.perf_counter()
    store = moment.store
    asked, correction, notes = _understand(text, moment, within, exact=exact)
    within, unknown = full_names(within, store)
    thread_id = None if thread is None else thread_id_of(thread, store)
    wanted = _Wanted(n, offset, dial, sort, grouped, thread_id, within, facets=True)
    asked, (listing, divided, is_whole), relaxed = _find(asked, moment, wanted, exact=exact)
    page = showing.page(listing.answers, offset, asked, store, listing.below)
    notes = (*notes, *unknown, *(step.note for step in relaxed), *_missing(asked, moment))
    if not (asked.terms or asked.required) and listing.total and len(moment.columns.answers) > DIVIDED:
        notes = (*notes, _undivided())
    if not (listing.total or notes or asked.notes or exact):
        notes = (relaxation.nothing(asked, within),)
    return Results(
        replace(asked, text=text),
        listing.total,
        (time.perf_counter() - started) * 1000,
        moment.engine.name,
        dial,
        sort,
        offset,
        page,
        (*asked.notes, *notes),
        threads=listing.threads,
        listed=listing.listed,
        correction=correction,
        relaxed=relaxed,
        facets=divided,
        is_whole=is_whole,
    )


def order(text: str, moment: Moment, n: int) -> list[PostName]:
    """The best `n` answers to a question as typed, best first, none of them read. Raises BadQuestion as `ask` does."""
    asked, _, _ = _understand(text, moment, exact=False)
    _, found, _ = _find(asked, moment, _Wanted(n), exact=False)
    return moment.store.names([answer.number for answer in found.listing.answers])


def every(
    text: str,
    moment: Moment,
    *,
    dial: float = 0.5,
    sort: Sort = "best",
    grouped: bool = False,
    thread: str | None = None,
    within: Filters = NO_FILTERS,
    exact: bool = False,
) -> Iterator[RankedAnswer]:
    """All the answers that `ask` gives pages of, in the same order; their texts are read as they are taken.

    Raises what `ask` raises, before the first of them.
    """
    store = moment.store
    asked, _, _ = _understand(text, moment, within, exact=exact)
    within, _ = full_names(within, store)
    thread_id = None if thread is None else thread_id_of(thread, store)
    # Without words nothing is ranked, and there may be more answers than memory should hold.
    n = MOST if asked.terms or asked.required else 1
    wanted = _Wanted(n, 0, dial, sort, grouped, thread_id, within)
    asked, (listing, *_), relaxed = _find(asked, moment, wanted, exact=exact)
    if asked.terms or asked.required:
        return read_all(zip(listing.answers, listing.below, strict=True), asked, store)
    filters = asked.filters if relaxed else asked.filters.narrowed(within)
    if filters is None:
        return iter(())
    found = store.browse_all(filters, "lift" if sort == "best" else sort, thread_id=thread_id)
    return read_all(((Ranked(one.number, one.lift or 0.0, {}, one.expected), None) for one in found), asked, store)


def read_all(ranked: Iterable[tuple[Ranked, int | None]], asked: Query, store: Store) -> Iterator[RankedAnswer]:
    """What is shown of answers, however many, each with how many are below it, PIECE of them in memory at a time."""
    left, offset = iter(ranked), 0
    while piece := list(islice(left, PIECE)):
        answers, below = zip(*piece, strict=True)
        yield from showing.page(answers, offset, asked, store, below)
        offset += len(piece)


def _understand(
    text: str, moment: Moment, within: Filters = NO_FILTERS, *, exact: bool
) -> tuple[Query, Correction | None, tuple[str, ...]]:
    """What is asked, how it was mended, and what cannot be taken as typed. Raises BadQuestion when nothing is asked."""
    store, engine = moment.store, moment.engine
    correction = None if exact else spelling.correct(text, store.vocabulary, partial(together, engine))
    asked = query.parse(correction.corrected if correction and correction.applied else text)
    filters, notes = full_names(asked.filters, store)
    asked = replace(asked, filters=filters)
    if not (asked.terms or asked.required or asked.filters or within):
        raise BadQuestion(asked.notes[0] if asked.notes else Message("There are no words in the question"))
    return asked, correction, notes


class _Listed(NamedTuple):
    """What is listed on one page, in order, how all the answers divide, and whether they are all that match."""

    listing: Listing
    facets: Facets
    is_whole: bool


def _find(asked: Query, moment: Moment, wanted: _Wanted, *, exact: bool) -> tuple[Query, _Listed, tuple[Relaxed, ...]]:
    """What was asked in the end, what is listed of its answers, and what had to be let go of for that."""
    found = _list(asked, moment, wanted)
    filters = None if found.listing.total or exact else asked.filters.narrowed(wanted.within)
    for step in () if filters is None else relaxation.steps(replace(asked, filters=filters)):
        relaxed = _list(step.query, moment, wanted._replace(within=NO_FILTERS))
        if relaxed.listing.total:
            return step.query, relaxed, step.relaxed
    return asked, found, ()


def _list(asked: Query, moment: Moment, wanted: _Wanted) -> _Listed:
    """What is listed of the answers to a question."""
    n, offset, dial, sort, grouped, thread_id, within, counted = wanted
    columns = moment.columns
    if not (asked.terms or asked.required):
        return _leaf_through(asked.filters.narrowed(within), moment, wanted)
    found, is_cut = _within(within, asked, moment) if within else _search(asked, moment)
    if thread_id:
        found = found.only(found.facts["thread"] == columns.threads_of([thread_id]))
    ordered = ranking.rank(found, dial=dial, sort=sort)
    listing = (grouping.by_thread if grouped and not thread_id else grouping.flat)(ordered, offset, n)
    return _Listed(listing, facets.of_set(found.facts, columns) if counted else facets.NONE, not is_cut)


def _leaf_through(filters: Filters | None, moment: Moment, wanted: _Wanted) -> _Listed:
    """The answers that pass the filters, where nothing was asked: no thread can be the one that was meant."""
    store, columns = moment.store, moment.columns
    if filters is None:
        return _Listed(Listing((), 0, 0, 0, ()), facets.NONE, is_whole=True)
    by: Order = "lift" if wanted.sort == "best" else wanted.sort
    total, found = store.browse(filters, by, limit=wanted.n, offset=wanted.offset, thread_id=wanted.thread_id)
    of_threads = store.count_threads(filters, thread_id=wanted.thread_id)
    ranked = tuple(Ranked(one.number, one.lift or 0.0, {}, one.expected) for one in found)
    divided = facets.NONE
    if wanted.facets and len(columns.answers) <= DIVIDED:
        threads = columns.threads_of([wanted.thread_id]) if wanted.thread_id else columns.thread_names["row"].astype(np.int64)
        answers = columns.answers[columns.rows_in(threads[threads >= 0])]
        divided = facets.of_set(answers[columns.accepted(answers, filters)], columns)
    return _Listed(Listing(ranked, total, of_threads, total, (None,) * len(ranked)), divided, is_whole=True)


def _within(within: Filters, asked: Query, moment: Moment) -> tuple[Found, bool]:
    """The part of a set of results that passes more filters, and whether it was cut: what a facet has counted is in it.

    Of a set that was cut, or has nothing that passes, the question is asked anew among what passes, and finds more there.
    """
    found, is_cut = _search(asked, moment)
    kept = found.only(moment.columns.accepted(found.facts, within))
    filters = asked.filters.narrowed(within)
    if filters is None or (len(kept.rows) and not is_cut):
        return kept, is_cut and filters is not None
    further, is_cut = _search(replace(asked, filters=filters), moment)
    return kept.joined(further.only(~np.isin(further.rows, kept.rows))), is_cut


def _search(asked: Query, moment: Moment) -> tuple[Found, bool]:
    """The set of results: answers found by their own words or by their thread's, with their text scores.

    Also tells whether it was cut: whether the engine may have more answers that match well enough.
    """
    store, engine, columns, meaning = moment
    near = meaning.near(query.prose(asked.text)) if meaning else []
    nearest = _nearest(asked, near, columns)
    limit = CANDIDATES
    while True:
        by_words = engine.search(asked, "answer", limit)
        by_thread = engine.search(asked.for_threads(scores_only=True), "thread", limit)
        fitting = by_thread if not asked.required else engine.search(asked.for_threads(), "thread", limit)
        answers = _matches(by_words, columns.rows_of(by_words.ids))
        threads = _matches(by_thread, columns.threads_of(by_thread.ids))
        in_order = ranking.threads_in_order(answers, columns.answers["thread"][answers.rows], threads)
        whole = in_order
        if asked.required:
            # A thread without the required words lends them to none of its answers.
            whole = in_order[np.isin(in_order, columns.threads_of(fitting.ids))]
        rows = np.union1d(answers.rows, columns.rows_in(np.union1d(whole[:EXPANDED], nearest)))
        facts = columns.answers[rows]
        if asked.filters:
            passed = columns.accepted(facts, asked.filters)
            rows, facts = rows[passed], facts[passed]
        if asked.phrases or asked.excluded_phrases or asked.forbidden:
            passed = _check_texts(asked, facts, store)
            rows, facts = rows[passed], facts[passed]
        # Words without order found these; the phrase itself may stand further down.
        exhausted = len(by_words) < limit and len(fitting) < limit
        if not asked.phrases or exhausted or len(rows) >= CANDIDATES // 10:
            compared = in_order[: ranking.COMPARED]
            compared = np.concatenate((compared, np.setdiff1d(nearest, compared)))
            vectors = store.term_vectors([term for term, _ in asked.terms])
            alike = likeness.of_threads(asked.text, asked.terms, vectors, columns.gists(compared))
            found = ranking.text_scores(answers, threads, rows, facts, compared, alike, near, nearest)
            is_cut = len(by_words) == limit and ranking.reaches(by_words[-1].score, found)
            return _by_proximity(asked, found, store), is_cut
        limit *= 8


def _nearest(asked: Query, near: Sequence[Near], columns: Columns) -> Rows:
    """Threads that are looked at for what they mean, whatever their words; none where some words are required."""
    if asked.required or not near:
        return ranking.NOBODY
    found = [seen.nearest(SIEVED if asked.filters else ranking.NEAREST, ranking.NEAR) for seen in near]
    if asked.filters:
        found = [_with_accepted(threads, asked.filters, columns)[: ranking.NEAREST] for threads in found]
    return np.unique(np.concatenate(found))


def _with_accepted(threads: Rows, filters: Filters, columns: Columns) -> Rows:
    """Those of some threads, in their order, that have an answer which passes the filters."""
    facts = columns.answers[columns.rows_in(threads)]
    return threads[np.isin(threads, facts["thread"][columns.accepted(facts, filters)])]


def _matches(hits: Hits, rows: Rows) -> Matches:
    """Hits by their rows."""
    return Matches(rows[rows >= 0], np.array(hits.scores, np.float64)[rows >= 0])


def _by_proximity(asked: Query, found: Found, store: Store) -> Found:
    """The same with what words close together gain; the answers that come first are read for it."""
    pairs = Pairs.of(asked.text, dict(asked.terms))
    if not pairs:
        return found
    read = ranking.to_read(found)
    numbers = found.facts["number"][read].tolist()
    bodies = store.bodies(numbers)
    closeness = np.array([pairs.closeness_in(bodies[number]) for number in numbers], np.float64)
    return ranking.with_proximity(found, read, closeness)


def full_names(filters: Filters, store: Store) -> tuple[Filters, tuple[str, ...]]:
    """Sites and categories by any of their words ("category:pets"), as the full names that the library has."""
    notes: list[str] = []

    def full(wanted: tuple[str, ...], column: Literal["site", "category"]) -> tuple[str, ...]:
        known = {words.fold(name): name for name, _ in store.tally(column)} if wanted else {}
        found: list[str] = []
        for name in wanted:
            said = set(words.plain(name).split())
            fitting = [name] if name in known else [key for key in known if said <= set(words.plain(key).split())]
            found += fitting
            if not fitting:
                notes.append(_unknown(column, name, ", ".join(sorted(known.values()))))
        return tuple(found) or wanted

    filters = replace(filters, sites=full(filters.sites, "site"), categories=full(filters.categories, "category"))
    return filters, tuple(notes)


def _unknown(column: str, name: str, known: str) -> Message:
    if column == "site":
        return Message("There is no site “{name}” here; there are: {known}.", name=name, known=known)
    return Message("There is no category “{name}” here; there are: {known}.", name=name, known=known)


def thread_id_of(name: str, store: Store) -> str:
    """The id of a thread by any of its names: see `Store.find_thread`. Raises NotFound."""
    thread_id = store.find_thread(name)
    if thread_id is None:
        raise NotFound(Message("There is no thread “{name}” in this library", name=name))
    return thread_id


def together(engine: Engine, term: str, other: str) -> bool:
    """Whether any answer or thread has both terms."""
    both = Query("", required=(term, other))
    return bool(engine.search(both, "answer", 1) or engine.search(both, "thread", 1))


def _undivided() -> Message:
    return Message(
        "This library has more than {most} answers: how they divide is told only where words are looked for too.",
        most=DIVIDED,
    )


def _missing(asked: Query, moment: Moment) -> tuple[str, ...]:
    """Words of the question that nothing here has, told in a sentence."""
    wanted = {term for term, _ in asked.terms}
    wanted -= moment.store.vocabulary.threads_with(wanted).keys()
    # The vocabulary leaves out words that nobody types; here is somebody.
    wanted -= {term for term in wanted if len(term) >= vocabulary.LONGEST and together(moment.engine, term, term)}
    said = [asked.text[word.start : word.end] for word in words.words(asked.text) if word.term in wanted]
    longest = vocabulary.LONGEST
    told = quoted(word if len(word) <= longest else word[:longest] + "…" for word in dict.fromkeys(said))
    if not told:
        return ()
    if len(told) <= MISSING_TOLD:
        words_or = Joined(told, "or")
        return (counted("No answer has the word {words}.", "No answer has the words {words}.", len(told), words=words_or),)
    further = counted("{number} other of yours", "{number} others of yours", len(told) - MISSING_TOLD)
    return (Message("No answer has the words {words}.", words=Joined((*told[:MISSING_TOLD], further), "or")),)


def _check_texts(asked: Query, facts: Records, store: Store) -> NDArray[np.bool_]:
    """Which answers have every phrase, in the answer or in its question, and nothing excluded in either."""
    numbers: list[int] = facts["number"].tolist()
    answers = store.posts_by_number(numbers)
    questions = store.posts(sorted({post.thread_id for post in answers.values()}))
    posts = [*answers.values(), *questions.values()]
    texts = {post.id: f"{post.title or ''}\n{' '.join(post.tags)}\n{markup.prose(post.body)}" for post in posts}
    plain = {post_id: f" {words.plain(text)} " for post_id, text in texts.items()}
    forbidden = set(asked.forbidden)
    dropped = {post_id for post_id, text in texts.items() if forbidden and forbidden & set(words.terms(text))}

    def fits(answer: Post) -> bool:
        both = [plain[post_id] for post_id in (answer.id, answer.thread_id) if post_id in plain]
        return (
            all(any(f" {phrase} " in text for text in both) for phrase in asked.phrases)
            and not any(f" {phrase} " in text for phrase in asked.excluded_phrases for text in both)
            and not {answer.id, answer.thread_id} & dropped
        )

    return np.array([fits(answers[number]) for number in numbers], np.bool_)
