"""Whose byline is this? In a text copy, people who quote an earlier answer often quote its byline too.

Such a line looks exactly like the end of an answer. Here it is told from the real ones by where it stands, by how it
differs from the others on the page, and by its time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from ..messages import Message
from .metafilter_bylines import AnswerByline, fold_space, is_blank, is_footer
from .metafilter_dates import GRACE, Stamp, written_times

NEARLY_ALL: Final = 0.9
"""The share of the other bylines that have to agree before one that differs is taken for a quotation."""

MAX_COMPARED: Final = 8
"""Answers by one author in one minute that are searched for part of a line, …"""

MAX_SAID: Final = 20_000
"""… and code points of each; past either only whole lines are compared."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that reads as an answer's byline: it stands at line `start` and ends before line `end`."""

    start: int
    end: int
    byline: AnswerByline


@dataclass(frozen=True, slots=True)
class Setting:
    """What a thread's candidates are judged against."""

    lines: Sequence[str]
    first: int
    """The line on which the first answer begins."""
    stop: int
    """The line after the thread's last."""
    asked: Stamp | None
    total: int | None
    """Answers as the page counts them."""


def own_bylines(candidates: Sequence[Candidate], setting: Setting) -> tuple[list[Candidate], list[str]]:
    """The candidates that end an answer, and what is uncertain about them. The rules apply in this order."""
    if not candidates:
        return [], []
    warnings: list[str] = []
    followed = [_followed_by_byline(each, after, setting) for each, after in pairwise(candidates)]
    bare = [each for each, is_bare in zip(candidates, followed, strict=False) if is_bare and _blank_after(each, setting)]
    kept = [each for each, is_bare in zip(candidates, [*followed, False], strict=True) if not is_bare]
    kept = _with_space_after(kept, setting)
    kept = _in_one_style(kept)
    kept = _after_the_question(kept, setting)
    kept = _not_repeated(kept, setting)
    kept = _in_order(kept, setting, warnings)
    if bare and setting.total == len(kept) + len(bare):
        # Exactly the missing answers: they had nothing but a picture in them, and text copies lose pictures.
        kept = sorted([*kept, *bare], key=lambda each: each.start)
    return _as_counted(kept, setting, warnings), warnings


def _followed_by_byline(candidate: Candidate, after: Candidate, setting: Setting) -> bool:
    """An answer cannot be empty: with nothing between, the first byline is in the second's answer."""
    return all(is_blank(setting.lines[line]) for line in range(candidate.end, after.start))


def _blank_after(candidate: Candidate, setting: Setting) -> bool:
    line = candidate.end
    return line >= setting.stop or is_blank(setting.lines[line]) or is_footer(setting.lines[line])


def _with_space_after(candidates: list[Candidate], setting: Setting) -> list[Candidate]:
    """Without those that text follows directly, in a copy that has a blank line after nearly all."""
    spaced = [_blank_after(each, setting) for each in candidates]
    if spaced and setting.total == len(candidates):
        # What follows the last one is then some footer that is not known here.
        spaced[-1] = True
    return _unlike_others(candidates, spaced, odd=False)


def _in_one_style(candidates: list[Candidate]) -> list[Candidate]:
    """Without those whose clock, year or controls are not those of the page: they were copied from elsewhere."""
    clocks = [each.byline.clock24 for each in candidates]
    long_clock = 2 * sum(clocks)
    if long_clock != len(clocks):
        candidates = [each for each in candidates if each.byline.clock24 == (long_clock > len(clocks))]
    candidates = _years_first(candidates)
    for odd in (False, True):
        candidates = _unlike_others(candidates, [each.byline.controls for each in candidates], odd=odd)
    return candidates


def _unlike_others(candidates: list[Candidate], marks: list[bool], *, odd: bool) -> list[Candidate]:
    """Without those whose mark is `odd`, if nearly all the others, and more than one, have the other."""
    strange = marks.count(odd)
    others = len(marks) - strange
    if not strange or others < 2 or others < NEARLY_ALL * (len(marks) - 1):
        return candidates
    return [each for each, mark in zip(candidates, marks, strict=True) if mark != odd]


def _years_first(candidates: list[Candidate]) -> list[Candidate]:
    """Without those that break the pattern of a page: first bylines with a year, then, after a New Year, without."""
    dated = [each.byline.stamp.year is not None for each in candidates]
    after = dated.count(False)
    best, border, before = after, 0, 0
    for index, has_year in enumerate(dated, 1):
        before += has_year
        after -= not has_year
        # Of two that fit as well the later one: it keeps the last byline, which ends the thread.
        if before + after >= best:
            best, border = before + after, index
    if best == len(candidates) or 2 * best <= len(candidates):
        return candidates
    return [each for index, each in enumerate(candidates) if dated[index] == (index < border)]


def _times(candidates: Sequence[Candidate], asked: Stamp | None) -> list[datetime | None]:
    return written_times(asked, [each.byline.stamp for each in candidates])[1]


def _after_the_question(candidates: list[Candidate], setting: Setting) -> list[Candidate]:
    """Without those older than the question; but if most are, it is the reader's own time zone that they show."""
    asked = setting.asked.utc() if setting.asked else None
    if asked is None:
        return candidates
    times = _times(candidates, setting.asked)
    late = [each for each, time in zip(candidates, times, strict=True) if time is None or time >= asked - GRACE]
    return late if 2 * len(late) >= len(candidates) else candidates


def _not_repeated(candidates: list[Candidate], setting: Setting) -> list[Candidate]:
    """Without those that repeat author and minute of an earlier one, under a line of that one's answer."""
    kept: list[Candidate] = []
    said: dict[tuple[str, Stamp], list[str]] = defaultdict(list)
    spoken: dict[tuple[str, Stamp], set[str]] = defaultdict(set)
    start = setting.first
    for each in candidates:
        key = (each.byline.author, each.byline.stamp)
        above = next((line for line in range(each.start - 1, start - 1, -1) if not is_blank(setting.lines[line])), None)
        last = fold_space(setting.lines[above]).strip(" \"'“”‘’>") if above is not None else ""
        if last and (last in spoken[key] or any(last in text for text in said[key])):
            continue
        body = [fold_space(line) for line in setting.lines[start : each.start] if not is_blank(line)]
        kept.append(each)
        start = each.end
        spoken[key].update(body)
        if len(said[key]) < MAX_COMPARED:
            said[key].append("\n".join(body)[:MAX_SAID])
    return kept


def _in_order(candidates: list[Candidate], setting: Setting, warnings: list[str]) -> list[Candidate]:
    """Those on the longest run of times that never goes back; nobody answers before somebody further up.

    The last one ends the thread and is kept, unless other text than a footer follows: that copy was cut off inside an
    answer, and the byline may be a quotation in it.
    """
    times = _times(candidates, setting.asked)
    dated = [index for index, time in enumerate(times) if time is not None]
    known = [time for time in times if time is not None]
    if not dated:
        return candidates
    run = _longest_run(known)
    if run and run[-1] != len(known) - 1:
        ending = [*_longest_run([time for time in known[:-1] if time <= known[-1]]), 0]
        lost = len(run) - len(ending)
        rest = next((line for line in setting.lines[candidates[-1].end : setting.stop] if not is_blank(line)), None)
        whole = rest is None or is_footer(rest)
        if lost <= 0 or (whole and 2 * len(ending) > len(known)):
            fitting = [index for index, time in enumerate(known[:-1]) if time <= known[-1]]
            run = [*(fitting[index] for index in ending[:-1]), len(known) - 1]
    if 2 * len(run) <= len(known):
        warnings.append(Message("the answers are in no order of time, so that quoted ones cannot be told"))
        return candidates
    out = set(dated) - {dated[index] for index in run}
    return [each for index, each in enumerate(candidates) if index not in out]


def _longest_run(times: Sequence[datetime]) -> list[int]:
    """Indices of the longest non-decreasing subsequence."""
    ends: list[datetime] = []
    last: list[int] = []
    before: list[int] = []
    for index, time in enumerate(times):
        place = bisect_right(ends, time)
        before.append(last[place - 1] if place else -1)
        if place == len(ends):
            ends.append(time)
            last.append(index)
        else:
            ends[place] = time
            last[place] = index
    run: list[int] = []
    index = last[-1] if last else -1
    while index >= 0:
        run.append(index)
        index = before[index]
    return run[::-1]


def _as_counted(candidates: list[Candidate], setting: Setting, warnings: list[str]) -> list[Candidate]:
    """Without the doubtful ones, if just these are more than the page counts."""
    doubtful = {*_doubles(candidates), *_close(candidates, lambda each: _blank_after(each, setting))}
    surplus = len(candidates) - setting.total if setting.total is not None else 0
    if not doubtful or not surplus:
        return candidates
    if surplus == len(doubtful):
        return [each for each in candidates if each not in doubtful]
    warnings.append(
        Message(
            "{doubtful} of {number} answers may be quotations with their bylines",
            doubtful=str(len(doubtful)),
            number=str(len(candidates)),
        )
    )
    return candidates


def _doubles(candidates: Iterable[Candidate]) -> Iterable[Candidate]:
    """Those with author and minute of an earlier one."""
    seen: set[tuple[str, Stamp]] = set()
    for each in candidates:
        key = (each.byline.author, each.byline.stamp)
        if key in seen:
            yield each
        seen.add(key)


def _close(candidates: Sequence[Candidate], is_spaced: Callable[[Candidate], bool]) -> Iterable[Candidate]:
    """Those that text follows directly, in a copy where most have a blank line after."""
    close = [each for each in candidates if not is_spaced(each)]
    return close if 2 * len(close) < len(candidates) else ()
