"""How is something taken out of a library for good, who else holds it, and how is a rule taken back?

A rule is on disk before anything is deleted, and holds with every build from then on (`forgetting`). Then the posts that it
covers go, an index without them is written, and all files that may still have their words are deleted or overwritten.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import archives, forgetting, steps
from .archives import Report, Source, metafilter
from .build import build
from .errors import ArchiveError, BadSetting, LibraryBusy
from .forgetting import Forgotten, Rule
from .library import Library
from .store import Store
from .thread import Thread
from .writing import WritableStore

WIDE: Final = 0.5
"""A text or pattern that covers more than this share of all posts is hardly meant so."""

_METAFILTER: Final = "metafilter.com"
"""Of its threads there are copies as text, which show no ids."""

_WAIT: Final = 5.0
"""Seconds for readers to end that still hold the state of before."""


@dataclass(frozen=True, slots=True)
class Covered:
    """What rules cover in a library: its posts, and the threads that they are of."""

    posts: int
    threads: int
    of: int
    """Posts in the library."""


@dataclass(frozen=True, slots=True)
class Purge:
    """What was taken out."""

    covered: Covered
    answers: int
    """Those that are left."""
    held_open: bool
    """Whether somebody still reads the state of before, so that its text is in the library's log until they end."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An archive as found, and how many posts it has that are to be forgotten; None where that cannot be told."""

    path: Path
    posts: int | None
    why: str | None = None


def rule_for_thread(library: Library, name: str) -> Rule:
    """The rule for a thread by any of its names. Raises NotFound."""
    thread = library.thread(name).thread
    return Rule("thread", thread.id, _other_threads(library, thread))


def rule_for_post(library: Library, name: str) -> Rule:
    """The rule for a post by any id it was ever known by. Raises NotFound."""
    post_id = library.post_id(name)
    thread = library.thread(post_id).thread
    also = set(_aliases(library, post_id))
    if post_id == thread.id:
        also |= set(_other_threads(library, thread))
    same: dict[object, int] = {}
    for post in thread.replies:
        minute = post.written and post.written.replace(second=0, microsecond=0)
        occurrence = same[post.author, minute] = same.get((post.author, minute), 0) + 1
        if post.id == post_id:
            threads = _other_threads(library, thread)
            also |= {metafilter.unnumbered_answer_id(each, post.author, minute, occurrence) for each in threads}
    return Rule("post", post_id, tuple(sorted(also - {post_id})))


def _other_threads(library: Library, thread: Thread) -> tuple[str, ...]:
    """Ids that copies of a thread may have it under, those not yet read too: one without ids gets one made of what it says."""
    also = set(_aliases(library, thread.id))
    asked = thread.question
    if asked and asked.written and thread.site.endswith(_METAFILTER):
        minute = asked.written.replace(second=0, microsecond=0)
        also.add(metafilter.unnumbered_thread_id(thread.site, asked.title, minute, asked.author))
    return tuple(sorted(also - {thread.id}))


def _aliases(library: Library, post_id: str) -> list[str]:
    with closing(Store(library.folder)) as store:
        return store.aliases(post_id)


def look(library: Path, rules: Sequence[Rule]) -> Covered:
    """What rules would cover, without doing anything. Raises BadSetting for a pattern that takes too long over some post."""
    covering = Forgotten(list(rules))
    posts, threads, total = 0, set(), 0
    with closing(Store(library)) as store, store.snapshot():
        for post in store.all_posts():
            total += 1
            if covering.too_slow(post):
                raise BadSetting(f"The pattern takes too long over the post {post.id}", "Write it plainer, or take --text")
            if covering.covers(post):
                posts += 1
                threads.add(post.thread_id)
    return Covered(posts, len(threads), total)


def forget(library: Path, rules: Sequence[Rule], *, force: bool = False) -> Purge:
    """Write down rules, and take out what they cover.

    Raises BadSetting for a rule that cannot be one, or that covers most of the library unless with `force`; LibraryBusy while
    a build is at work: the rules are written down then, and hold with the next build.
    """
    covered = look(library, rules)
    if covered.posts > WIDE * covered.of and not force and any(rule.kind in {"text", "pattern"} for rule in rules):
        raise BadSetting(
            f"That covers {covered.posts:,} of {covered.of:,} posts", "Narrow it down; --dry-run only counts, --force does it"
        )
    for rule in rules:
        forgetting.add(library, rule)
    try:
        report = build(library, (), engine=None)
    except LibraryBusy as error:
        raise LibraryBusy(
            f"{error.reason}; the rules are written down, but nothing is deleted yet",
            "Run `askive build` when it has ended: every build keeps to them",
        ) from error
    return Purge(covered, report.answers, held_open=not _overwritten(library))


def _overwritten(library: Path) -> bool:
    until = time.monotonic() + _WAIT
    while not steps.empty_log(library):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def undo(library: Path, numbers: Sequence[int]) -> list[Rule]:
    """Take rules back by their numbers in the file, from 1 on; gives them.

    What they kept out is in the library again after a build that reads its archives, which the next one does.
    """
    rules = forgetting.load(library).rules
    for number in numbers:
        if not 1 <= number <= len(rules):
            raise BadSetting(f"There is no rule {number}", "`askive forget --list` numbers them")
    with closing(WritableStore(library)) as store:
        forgetting.replace_all(library, [rule for number, rule in enumerate(rules, 1) if number not in numbers])
        with store.transaction():
            store.read_again()
    return [rules[number - 1] for number in sorted(set(numbers))]


def holders(library: Path) -> Iterator[Holder]:
    """The archives that were read and still have posts that are to be forgotten: each is read again to tell."""
    forgotten = forgetting.load(library)
    with closing(Store(library)) as store:
        known = store.archives()
    for archive in known:
        path = library / archive.key
        if not path.exists():
            continue
        try:
            found = sum(map(forgotten.covers, archives.read(Source(path), Report())))
        except (ArchiveError, OSError) as error:
            yield Holder(path, None, str(error))
            continue
        if found:
            yield Holder(path, found)
