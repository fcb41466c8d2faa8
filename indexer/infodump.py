"""What does the site itself count? A MetaFilter Infodump joined to threads that the library has already.

The dump is taken as one more copy of each thread, without text: exact favorites, best answers, tags, names, and times to
the second. A thread with the site's ids is joined by them; one from a copy without ids is found by minute and title,
confirmed by its answers, and gets the site's ids. Nothing new comes in, since a post without its text is of no use.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from . import forgetting, markup, merging, words
from .archives import infodump_tables, metafilter
from .archives.infodump_extract import TOLERANCE, DumpAnswer, DumpThread, Extract
from .archives.infodump_tables import SITES, Table
from .build import KEPT, Progress, finish, sweep
from .errors import LibraryError
from .infodump_matching import fits, minute_of, pairs
from .messages import Message
from .processes import Processes
from .rows import with_ids
from .store import Store
from .thread import Post, Thread
from .writing import WritableStore

MAX_REASON: Final = 300
"""Characters of the reason for a deletion that are told."""

_DELETED: Final = Message("deleted on the site")
_DELETED_CODES: Final = frozenset({1, 3})
_CHUNK: Final = 200


@dataclass(frozen=True, slots=True)
class TableRead:
    """What became of one table of the dump."""

    name: str
    path: Path
    date: datetime | None
    """When it was made, UTC, if it says so."""
    rows: int
    broken: int
    whole: bool


@dataclass(frozen=True, slots=True)
class EnrichReport:
    """What an Infodump did for a library."""

    tables: tuple[TableRead, ...]
    threads: int
    """MetaFilter threads in the library."""
    matched: int
    """Those of them that are in the dump."""
    identified: int
    """Those of the matched that came from copies without ids, and have the site's now."""
    answers: int
    """Answers that are in both."""
    unmatched: Mapping[str, int]
    """What could not be joined, in words, and how often."""
    changed: int
    """Posts that are other than before."""
    warnings: tuple[str, ...]
    generation: str
    took_s: float


def _silent(_step: str, _done: int, _total: int) -> None:
    """No progress is shown."""


def enrich(library: Path, folder: Path, *, force: bool = False, progress: Progress = _silent) -> EnrichReport:
    """Join the tables of an Infodump in `folder` to the library's threads, and index what has changed.

    All or nothing, like a build. The same dump again changes nothing, and dumps may come in any order. Progress is in
    bytes for tables and in threads for the rest.

    Raises NoLibrary where nothing was built, UnknownFormat or DamagedArchive for a folder without a table that can be read,
    GotWorse as a build does unless with `force`, LibraryBusy while a build is at work, LibraryError when something cannot
    be written.
    """
    started = time.monotonic()
    tables, warnings = infodump_tables.find(folder)
    Store(library).close()
    processes = Processes()
    store = WritableStore(library)
    extract = Extract()
    try:
        with store.transaction():
            join = _Join(store, extract, progress)
            join.look()
            extract.read(tables, progress)
            join.identify()
            join.apply()
            generation = store.fact("generation") or ""
            purged = False
            if store.count_changed():
                purged = store.forget(forgetting.load(library))
                generation, _ = finish(library, store, None, processes, progress, force=force)
        store.settle()
        sweep(library, store, keep=1 if purged else KEPT)
    except sqlite3.Error as error:
        raise LibraryError(
            f"{store.path} or the temporary folder could not be written ({error})", "Make room or permissions, then try again"
        ) from error
    finally:
        processes.stop()
        store.close()
        extract.close()
    warnings += [warning for table in tables for warning in table.warnings] + join.warnings + _differing(tables)
    broken = Counter({f"rows of {table.name} that cannot be read": table.broken for table in tables})
    return EnrichReport(
        tuple(TableRead(t.name, t.source.path, t.date, t.read, t.broken, t.whole) for t in tables if t.read),
        *(join.threads, join.matched, join.identified, join.answers),
        dict(+(join.unmatched + extract.unmatched + broken)),
        *(join.changed, tuple(warnings), generation, round(time.monotonic() - started, 3)),
    )


def _differing(tables: Iterable[Table]) -> list[str]:
    """A warning if the tables are of different dumps."""
    dates = sorted((table.date, table.name) for table in tables if table.read and table.date)
    if not dates or dates[-1][0] - dates[0][0] <= TOLERANCE:
        return []
    (first, oldest), (last, newest) = dates[0], dates[-1]
    return [f"the tables are of different dumps: {oldest} of {first:%Y-%m-%d}, {newest} of {last:%Y-%m-%d}"]


class _Join:
    """The threads of a library beside the rows of a dump."""

    def __init__(self, store: WritableStore, extract: Extract, progress: Progress) -> None:
        self._store = store
        self._extract = extract
        self._progress = progress
        self._dates: dict[str, datetime | None] = {}
        self._categories: dict[str, dict[int, str]] = {}
        self.threads = self.matched = self.identified = self.answers = self.changed = 0
        self.unmatched: Counter[str] = Counter()
        self.warnings: list[str] = []

    def look(self) -> None:
        """Tell the extract which threads the library has."""
        for site in SITES.values():
            ids = self._store.thread_ids(site)
            while chunk := list(islice(ids, _CHUNK)):
                self.threads += len(chunk)
                questions = self._store.posts(chunk)
                for thread_id in chunk:
                    self._look_for(thread_id, site, questions.get(thread_id))
        if not self.threads:
            self.warnings.append("there is no thread of MetaFilter in the library")

    def _look_for(self, thread_id: str, site: str, question: Post | None) -> None:
        category = question.category if question else None
        number = infodump_tables.number(thread_id.partition(":")[2])
        if number is not None:
            self._extract.want(thread_id, site, number, category)
        elif question and question.title and question.written:
            self._extract.want_asked(thread_id, site, question.written, category)
        else:
            self.unmatched["threads without id, or title and time"] += 1

    def identify(self) -> None:
        """Find out which of the dump's threads those are that come from copies without ids."""
        for thread_id, site in self._extract.unknown():
            thread = self._store.thread(thread_id)
            if thread is None or thread.question is None or thread.question.written is None:
                continue
            found = [self._extract.thread(site, number) for number in self._extract.asked(site, thread.question.written)]
            fitting = [dump for dump in found if dump and fits(thread, dump, whole=self._extract.is_whole(site))]
            if len(fitting) == 1:
                self.identified += 1
                self._extract.identify(thread_id, fitting[0].number)
                self._unite(thread_id, metafilter.thread_id(site, fitting[0].number))
            else:
                self.unmatched[f"text copies that {'several threads' if fitting else 'no thread'} of the dump can be"] += 1

    def _unite(self, made_up: str, known_as: str) -> None:
        """Make one thread of two that the dump shows to be the same, and one of the answers that both have."""
        two = self._store.thread(known_as) is not None
        self._store.identify(made_up, known_as)
        thread = self._store.thread(known_as) if two else None
        if thread is None:
            return
        same: dict[tuple[str, str | None, datetime | None, int], Post] = {}
        times: Counter[tuple[str, str, str | None, datetime | None]] = Counter()
        # What has the site's id comes first, for the others to become.
        for post in sorted(thread.replies, key=lambda post: merging.is_provisional(post.id)):
            said = words.plain(markup.prose(post.body)), post.author, post.written and post.written.replace(second=0)
            copy = post.id.partition("/")[0]
            times[copy, *said] += 1
            first = same.setdefault((*said, times[copy, *said]), post)
            if first is not post and merging.is_provisional(post.id):
                self._store.identify(post.id, first.id)

    def apply(self) -> None:
        """Give each thread what the dump has of it."""
        for site in SITES.values():
            self._categories[site] = self._extract.categories(site)
            if self._extract.covers(site):
                self._dates[site] = self._date(site)
        for done, (site, number) in enumerate(self._extract.known()):
            self._progress("Joining", done, self.threads)
            thread = self._store.thread(metafilter.thread_id(site, number))
            dump, date = self._extract.thread(site, number), self._dates.get(site)
            if thread is None:
                continue
            if dump and date:
                self.matched += 1
                before = {post.id: post for post in _posts(thread)}
                self._take(thread, dump, date)
                after = self._store.thread(thread.id)
                self.changed += sum(before.get(post.id) != post for post in _posts(after)) if after else 0
            else:
                self.unmatched["threads that are not in the dump" if date else "threads of a site that the dump lacks"] += 1
        self._progress("Joining", self.threads, self.threads)

    def _date(self, site: str) -> datetime | None:
        """The day that a site's part of the dump stands for."""
        date, newest = self._extract.date(site), self._extract.newest(site)
        if date is None and newest is not None:
            date = datetime.fromtimestamp(newest, UTC)
            self.warnings.append(f"{site}: the dump is held to be of {date:%Y-%m-%d}, when its newest row here was written")
        if not self._extract.agrees(site):
            self.warnings.append(f"{site}: favorites of questions are left out, their table being of another dump")
        return date

    def _take(self, thread: Thread, dump: DumpThread, date: datetime) -> None:
        """Put the dump's copy of a thread beside what the library knows of it."""
        made = int(date.timestamp())
        joined = pairs(thread, dump)
        copies = [(post, _as_answer(post, answer, thread, date)) for post, answer in joined]
        if thread.question and dump.listed:
            category = self._categories[thread.site].get(dump.category or 0)
            copies.insert(0, (thread.question, _as_question(thread.question, dump, category, date)))
        seen = self._store.seen(thread.id)
        undated = {post.id for post in _posts(thread) if seen.get(post.id, 0) > max(made, _seconds(post.captured))}
        if undated and (last := _made_before(thread, copies, undated, made)):
            self._store.backdate(thread.id, last)
            undated = set()
        for post, copy in copies:
            if merging.is_provisional(post.id):
                self._store.identify(post.id, copy.id)
            if replace(copy, body=post.body) != post:
                # Of a copy made after the dump, nobody knows when: no date of the dump may stand on it.
                self._store.put(replace(copy, captured=None) if post.id in undated else copy, made)
        self._leave(thread, {post.id for post, _ in joined}, made)
        self.answers += len(joined)
        self.unmatched["answers of the dump that are in no copy"] += len(dump.answers) - len(joined)

    def _leave(self, thread: Thread, joined: set[str], made: int) -> None:
        """What becomes of answers that were not found: they stay, and the store tells that a later copy has them no more."""
        whole = self._extract.is_whole(thread.site)
        for post in thread.replies:
            if post.id in joined:
                continue
            nameless = merging.is_provisional(post.id) and (post.author is None or post.written is None)
            if nameless or not whole:
                # That it was not found says nothing here: it is held to be in this copy too, its votes unknown.
                self._store.put(replace(post, body="", votes=None, captured=None), made)
            if post.written and post.written.timestamp() > made:
                self.unmatched["answers written after the dump"] += 1
            elif nameless:
                self.unmatched["answers without author or time"] += 1
            elif whole:
                self.unmatched["answers that are not in the dump"] += 1
            else:
                self.unmatched["answers not found in tables that are not whole"] += 1


# --- The dump's copy of a post ---------------------------------------------------------------------------------------


def _as_answer(post: Post, answer: DumpAnswer, thread: Thread, date: datetime) -> Post:
    """An answer as the dump has it: what it does not know is as in the library, but for the text, which is left to that."""
    url = f"https://{thread.site}/{thread.id.partition(':')[2]}#{answer.number}"
    return replace(
        with_ids(post, metafilter.answer_id(thread.id, answer.number), thread.id),
        body="",
        author=post.author or answer.name,
        written=_time(answer.times, post.written) or post.written,
        votes=answer.favorites,
        best=answer.best,
        url=post.url or url,
        captured=None if answer.favorites is None else date,
        history=(),
    )


def _as_question(post: Post, dump: DumpThread, category: str | None, date: datetime) -> Post:
    warnings = [warning for warning in post.warnings if not warning.startswith(_DELETED)]
    if dump.deleted in _DELETED_CODES:
        reason = " ".join(markup.prose(markup.clean(dump.reason or "")).split())[:MAX_REASON]
        warnings.append(Message("deleted on the site: {reason}", reason=reason) if reason else _DELETED)
    unnamed = post.author is None and dump.anonymous
    return replace(
        post,
        body="",
        title=post.title or dump.title,
        category=post.category or category,
        tags=post.tags if set(post.tags) == set(dump.tags) else dump.tags,
        author=metafilter.ANONYMOUS if unnamed else post.author or dump.name,
        anonymous=post.anonymous or unnamed,
        written=_time(dump.times, post.written) or post.written,
        votes=dump.favorites,
        url=post.url or f"https://{post.site}/{dump.number}",
        captured=None if dump.favorites is None else date,
        warnings=tuple(warnings),
        history=(),
    )


def _time(moments: tuple[int, ...], known: datetime | None) -> datetime | None:
    """The moment that is meant: of two, the one in the minute that the copy says."""
    if not moments:
        return None
    meant = next((moment for moment in moments if known and moment // 60 == minute_of(known)), moments[0])
    return datetime.fromtimestamp(meant, UTC)


def _made_before(thread: Thread, copies: Sequence[tuple[Post, Post]], undated: set[str], made: int) -> int | None:
    """The earliest that a thread's undated copy can have been made, if that was before the dump; None if it was later.

    Such a copy is held to be as young as its file, which is often the day on which somebody unpacked it. Favorites are
    seldom taken back: if the dump has at least as many, it is the later one of the two.
    """
    last = max(_seconds(post.written) for post in _posts(thread))
    if not 0 < last < made:
        return None
    both = [(old.votes, new.votes) for old, new in copies if old.id in undated and None not in (old.votes, new.votes)]
    return last if sum(new or 0 for _, new in both) >= sum(old or 0 for old, _ in both) else None


def _posts(thread: Thread) -> Iterator[Post]:
    """The question and what stands under it."""
    if thread.question:
        yield thread.question
    yield from thread.replies


def _seconds(time: datetime | None) -> int:
    return int(time.timestamp()) if time else 0
