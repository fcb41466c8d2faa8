"""Which thread of an Infodump is it that a copy without ids was made of, and which of its answers are which?

Titles repeat and a minute has several questions, so a thread is known by both and confirmed by who answered when.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from . import merging, words
from .archives.infodump_extract import DumpAnswer, DumpThread
from .archives.infodump_tables import number
from .thread import Post, Thread

AGREEING: Final = 0.8
"""Share of a copy's answers that the dump must have, by author and minute, for the two to be one thread."""

SLACK: Final = 2
"""By how many answers a copy and the dump may differ: some are deleted later."""

ENOUGH: Final = 3
"""Minutes of answers that may stand for a title where the dump has none."""


def fits(thread: Thread, dump: DumpThread, *, whole: bool) -> bool:
    """Whether a thread of the dump that was asked in the same minute is the one that a copy without ids was made of.

    `whole`: the dump has all answers of the thread, and not just some of them.
    """
    question = thread.question
    if question is None or not _same_title(question.title, dump.title):
        return False
    certain = dump.title is not None and _same_name(question, dump)
    dated = [post for post in thread.replies if post.author and post.written]
    if not dated or not (whole or dump.answers):
        return certain
    last = max(minute_of(post.written) for post in dated if post.written)
    # Answers that came after the copy was made are no contradiction.
    known = [answer for answer in dump.answers if any(moment // 60 <= last for moment in answer.times)]
    if whole and abs(len(known) - len(thread.replies)) > SLACK:
        return False
    said: Counter[tuple[str | None, int]] = Counter()
    for answer in known:
        for moment in answer.times:
            said[words.fold(answer.name) if answer.name else None, moment // 60] += 1
    named = nameless = 0
    for post in dated:
        name, minute = words.fold(post.author or ""), minute_of(post.written)
        if said[name, minute]:
            said[name, minute] -= 1
            named += 1
        elif said[None, minute]:
            said[None, minute] -= 1
            nameless += 1
    if named + nameless >= AGREEING * len(dated):
        return certain or named > 0 or (nameless >= ENOUGH and dump.title is not None)
    return certain and len(dated) - named - nameless <= SLACK


def _same_title(copy: str | None, dump: str | None) -> bool:
    """Whether two titles can be one: equal as words, one of them perhaps cut short; nothing is known against none."""
    if copy is None or dump is None:
        return True
    if words.plain(copy) == words.plain(dump):
        return True
    cut, whole = sorted((copy, dump), key=len)
    return cut.endswith(("...", "…")) and words.fold(whole).startswith(words.fold(cut.rstrip(". …")))


def _same_name(question: Post, dump: DumpThread) -> bool:
    if question.anonymous:
        return dump.anonymous
    return bool(question.author and dump.name) and words.fold(question.author or "") == words.fold(dump.name or "")


def pairs(thread: Thread, dump: DumpThread) -> list[tuple[Post, DumpAnswer]]:
    """The answers that a copy and the dump both have, in the dump's order.

    By id; else by author and minute in order; else by the minute alone where only one of each is left, since accounts are
    renamed and wiped.
    """
    found: dict[int, tuple[Post, DumpAnswer]] = {}
    by_number = {answer.number: answer for answer in dump.answers}
    rest: list[Post] = []
    for post in thread.replies:
        if merging.is_provisional(post.id):
            rest += [post] if post.author and post.written else []
        elif answer := by_number.get(number(post.id.rpartition("/")[2]) or 0):
            found[answer.number] = post, answer
    for post, answer in _in_turn(rest, dump, found, by_name=True):
        found[answer.number] = post, answer
    joined = {post.id for post, _ in found.values()}
    alone = Counter(minute_of(post.written) for post in rest if post.id not in joined)
    single = [post for post in rest if post.id not in joined and alone[minute_of(post.written)] == 1]
    for post, answer in _in_turn(single, dump, found, by_name=False):
        found[answer.number] = post, answer
    return [found[each] for each in sorted(found)]


def _in_turn(
    posts: Iterable[Post], dump: DumpThread, found: Mapping[int, object], *, by_name: bool
) -> list[tuple[Post, DumpAnswer]]:
    """Each post with the dump's next answer of its minute and, with `by_name`, author; or else with the only one left of it."""
    free: dict[tuple[str, int], deque[DumpAnswer]] = defaultdict(deque)
    for answer in dump.answers:
        if answer.number not in found and (answer.name or not by_name):
            for minute in {moment // 60 for moment in answer.times}:
                free[words.fold(answer.name or "") if by_name else "", minute].append(answer)
    taken: dict[int, tuple[Post, DumpAnswer]] = {}
    for post in posts:
        turn = free[words.fold(post.author or "") if by_name else "", minute_of(post.written)]
        # In the hour that autumn repeats an answer stands in two minutes.
        while turn and turn[0].number in taken:
            turn.popleft()
        if turn and (by_name or len(turn) == 1):
            taken[turn[0].number] = post, turn[0]
    return list(taken.values())


def minute_of(written: datetime | None) -> int:
    """Minutes since 1970, which is as exact as copies are; -1 for no time."""
    return int(written.timestamp()) // 60 if written else -1
