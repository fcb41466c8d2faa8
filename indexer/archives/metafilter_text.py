"""Reader of plain-text copies of MetaFilter threads: what selecting a page and pasting it into an editor leaves.

    TITLE
    March 12, 2008 3:09 PM   Subscribe

    The question.
    posted by NAME to CATEGORY (16 answers total) 8 users marked this as a favorite
    An answer; its byline comes after it.
    posted by NAME at 3:17 PM on March 12, 2008 [2 favorites]

    « Older … | … Newer »
    This thread is closed to new comments.

Links, emphasis and ids are lost in such a copy. A file may hold several threads.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, TypeVar

from .. import markup
from ..errors import DamagedArchive, NotAThread
from ..messages import Message, of_error
from ..thread import Post
from .metafilter import ASK, METAFILTER, AnswerCopy, ThreadCopy, posts
from .metafilter_bylines import (
    MAX_BYLINE,
    SPACE,
    QuestionByline,
    fold_space,
    is_blank,
    is_footer,
    may_be_byline,
    parse_answer_byline,
    parse_question_byline,
)
from .metafilter_dates import GRACE, HeaderDate, Stamp, find_header_date
from .metafilter_quoted import Candidate, Setting, own_bylines
from .source import Report, Source, decode, repaired

name = "metafilter-text"
about = "a thread of Ask MetaFilter or MetaFilter, copied as plain text"

MAX_LINES: Final = 2_000_000
"""Lines of one file: no thread comes near it, and every line costs memory."""

HEADER_LINES: Final = 5
"""Lines with text on them among which a thread's date stands."""

LISTED: Final = 3
"""Rows of a list of threads that make a file such a list, when nothing else is in it."""

_BINARY: Final = 4_096
_DATE_HINT: Final = re.compile(r"[0-9]{4}\W{1,6}(?:at\W{1,3})?[0-9]{1,2}:[0-9]{2}", re.IGNORECASE)
_AFTER_DATE: Final = re.compile(
    r"(?:[|•·-] ?|(?:subscribe|rss|feed|add to favorites|add to activity|remove from activity|share|flag)\b ?)*", re.IGNORECASE
)
_SITE_NAME: Final = re.compile(r" \| (?:Ask )?MetaFilter$", re.IGNORECASE)
_LISTING: Final = re.compile(
    r"posted by .+ \((?:[0-9,]{1,9}|no) (?:answers?|comments?)(?: total)?\)(?: [0-9,]+ users? marked .{1,40}| ?\[.{1,80}\])?",
    re.IGNORECASE,
)
_LINE_ENDS: Final = str.maketrans({"\f": "\n", "\v": "\n", "\u2028": "\n", "\u2029": "\n", "\0": None})
_PREFIX: Final = " \t>|"


def recognises(head: bytes) -> bool:
    """By the lines that only such a copy has; a file that only mentions one byline is something else."""
    try:
        page = _Page(repaired(_text_of(head)))
    except ValueError:
        return False
    start = next(iter(page.nonblank(0)), 0)
    dated = page.header(start, len(page.lines)) is not None
    closed = any(is_footer(line) for line in page.lines if "«" in line or "closed" in line)
    score = 3 * bool(page.questions) + min(6, 2 * len(page.answers)) + 2 * dated + closed
    # With no date at all the bylines alone have to do.
    return score >= 5 or len(page.answers) >= 2 or bool(page.questions) or page.listed >= LISTED


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of the threads in a file, thread after thread.

    Raises NotAThread for anything else in text, lists of threads included, and DamagedArchive for a copy that was cut off
    before its first byline.
    """
    data = source.content()
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise DamagedArchive(Message("{source} is empty", source=str(source)))
    try:
        text = _text_of(data)
    except ValueError as error:
        raise NotAThread(
            Message("{source} is {what}, not text", source=str(source), what=of_error(error)),
            Message("Give the file the ending of what it is"),
        ) from None
    if text.count("\n") > MAX_LINES:
        raise DamagedArchive(
            Message("{source} has more than {limit} lines, which no thread has", source=str(source), limit=str(MAX_LINES))
        )
    sound = repaired(text)
    if sound != text:
        report.warn(Message("its letters had been decoded wrongly (Ã© for é); they are repaired"))
    page = _Page(sound)
    _refuse_others(page, source)
    starts = page.threads()
    for start, stop in zip(starts, [*starts[1:], len(page.lines)], strict=True):
        copy = _Thread(page, start, stop).copy(report)
        yield from posts(copy, report, f"line {start + 1}")


def _refuse_others(page: _Page, source: Source) -> None:
    """Raises NotAThread or DamagedArchive for a page on which no thread can be."""
    first = next(iter(page.nonblank(0)), 0)
    header = page.header(first, len(page.lines))
    single = header is not None and len(page.questions) == 1
    if not page.answers and page.listed >= LISTED and not single and page.listed > len(page.threads()):
        raise NotAThread(Message("{source} is a list of threads, not a thread", source=str(source)))
    if page.questions or len(page.answers) >= 2 or (header and page.answers):
        return
    if header:
        end = Message("line {number}", number=str(len(page.lines)))
        raise DamagedArchive(
            Message("{source} ends at {end}, before the byline of its question", source=str(source), end=end),
            Message("Copy the whole page again"),
        )
    raise NotAThread(Message("{source} has no line that ends a question or an answer on MetaFilter", source=str(source)))


# --- Bytes to lines ------------------------------------------------------------------------------------------------


def _text_of(data: bytes) -> str:
    """The text of a file with LF line ends. Raises ValueError, saying what it is, for one that is no text."""
    start = data[:_BINARY]
    if b"\0" in start and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        even, odd = start[::2].count(0), start[1::2].count(0)
        if min(even, odd) * 10 > max(even, odd) or max(even, odd) * 4 < len(start):
            raise ValueError(Message("binary"))
        data = (codecs.BOM_UTF16_LE if odd > even else codecs.BOM_UTF16_BE) + data
    return decode(data).translate(_LINE_ENDS)


def _unprefixed(lines: list[str]) -> list[str]:
    """Lines without the prefix that all of them have, as in an indented or a quoted copy (`> `)."""
    written = [line for line in lines if line.strip(_PREFIX)]
    if not written or written[0][0] not in _PREFIX:
        return lines
    low, high = min(written), max(written)
    length = next((index for index, pair in enumerate(zip(low, high, strict=False)) if pair[0] != pair[1]), len(low))
    prefix = low[: min(length, len(low) - len(low.lstrip(_PREFIX)))]
    if not prefix:
        return lines
    return [line.removeprefix(prefix) if line.startswith(prefix) else line.strip(_PREFIX) for line in lines]


# --- Lines to threads ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """A line that reads as a question's byline."""

    start: int
    end: int
    byline: QuestionByline


@dataclass(frozen=True, slots=True)
class _Header:
    """Where a thread begins: its title line, or its date line if the title is on that or missing."""

    start: int
    end: int
    title: str | None
    stamp: Stamp


_Byline = TypeVar("_Byline", _Asked, Candidate)


def _within(bylines: Sequence[_Byline], start: int, stop: int) -> Sequence[_Byline]:
    """Those of `bylines`, which are in the order of lines, that stand from line `start` to before `stop`."""
    first, last = (bisect_left(bylines, line, key=lambda each: each.start) for line in (start, stop))
    return bylines[first:last]


class _Page:
    """The lines of a file, and which of them are bylines."""

    def __init__(self, text: str) -> None:
        self.lines = _unprefixed(text.split("\n"))
        self.questions: list[_Asked] = []
        self.answers: list[Candidate] = []
        self.listed = 0
        """Lines that stand under every entry of a list of threads."""
        line = 0
        while line < len(self.lines):
            line = self._read_byline(line) if may_be_byline(self.lines[line]) else line + 1

    def _read_byline(self, line: int) -> int:
        """Notes what a line that opens as a byline is, and returns the next to look at."""
        # A hard-wrapped copy has bylines on two or three lines; the longest that makes one is it.
        for end in range(min(line + 3, len(self.lines)), line, -1):
            parts = self.lines[line:end]
            if sum(map(len, parts)) > MAX_BYLINE or any(is_blank(part) or may_be_byline(part) for part in parts[1:]):
                continue
            joined = " ".join(parts)
            if answer := parse_answer_byline(joined):
                self.answers.append(Candidate(line, end, answer))
                return end
            question = parse_question_byline(joined)
            if question and (question.total is not None or len(parts) == 1):
                self.questions.append(_Asked(line, end, question))
                self.listed += 1
                return end
            self.listed += end == line + 1 and bool(_LISTING.fullmatch(fold_space(joined)))
        return line + 1

    def nonblank(self, start: int) -> Iterator[int]:
        return (line for line in range(start, len(self.lines)) if not is_blank(self.lines[line]))

    def date_on(self, line: int) -> HeaderDate | None:
        """The date that a line ends with, as a header's does."""
        text = self.lines[line]
        if len(text) > MAX_BYLINE or not _DATE_HINT.search(text):
            return None
        date = find_header_date(fold_space(text))
        return date if date and _AFTER_DATE.fullmatch(date.after) else None

    def header(self, start: int, stop: int) -> _Header | None:
        """The header among the first lines from `start` on."""
        bylines: list[_Asked | Candidate] = [*self.questions[:1], *self.answers[:1]]
        stop = min([stop, *(each.start for each in bylines if each.start >= start)])
        top = [line for line in islice(self.nonblank(start), HEADER_LINES) if line < stop]
        dates = [(line, date) for line in top if (date := self.date_on(line))]
        alone = [(line, date) for line, date in dates if not date.before]
        for line, date in dates:
            # A title may end with a date of its own; then the next line is the header's.
            if not date.before or not any(line < other and top.index(other) == top.index(line) + 1 for other, _ in alone):
                return self._header_at(line, date, start)
        return None

    def _header_at(self, line: int, date: HeaderDate, floor: int) -> _Header:
        title, start = date.before, line
        above = line - 1
        while not title and above >= floor and start == line:
            if not is_blank(self.lines[above]):
                if len(self.lines[above]) <= MAX_BYLINE and not is_footer(self.lines[above]):
                    title, start = fold_space(self.lines[above]), above
                break
            above -= 1
        return _Header(start, line + 1, _SITE_NAME.sub("", title) or None, date.stamp)

    def threads(self) -> list[int]:
        """The first line of each thread: it has a header, and then a question's byline before any answer's."""
        starts = [0]
        ended = None
        bylines: list[_Asked | Candidate] = [*self.questions, *self.answers]
        for each in sorted(bylines, key=lambda each: each.start):
            if isinstance(each, _Asked) and ended is not None:
                for line in range(ended, each.start):
                    if date := self.date_on(line):
                        starts.append(self._header_at(line, date, ended).start)
                        break
            ended = each.end
        return starts


class _Thread:
    """One thread of a page: its lines from `start` to before `stop`."""

    def __init__(self, page: _Page, start: int, stop: int) -> None:
        self.page = page
        self.stop = stop
        self.start = next((line for line in page.nonblank(start) if line < stop), start)
        self.candidates = _within(page.answers, start, stop)
        self.questions = _within(page.questions, start, stop)
        starts = [*(each.start for each in self.questions), *(each.start for each in self.candidates)]
        self.header = page.header(self.start, min(starts, default=stop))
        self.warnings: list[str] = []

    def copy(self, report: Report) -> ThreadCopy:
        """The thread as this copy shows it; lines under it that are left out are named in `report`."""
        question = self._question()
        border = question.end if question else self.header.end if self.header else self.start
        below = [each for each in self.candidates if each.start >= border]
        byline = question.byline if question else None
        asked = self.header.stamp if self.header else None
        total = byline.total if byline else None
        accepted, uncertain = own_bylines(below, Setting(self.page.lines, border, self.stop, asked, total))
        self.warnings += uncertain
        if not self.header:
            self.warnings.append(Message("no date line: when the question was asked is not known, nor is its title"))
        if byline is None:
            self.warnings.append(Message("no byline of the question: where it ends and the first answer begins is not known"))
        body_stop = question.start if question else accepted[0].start if accepted else self.stop
        answers = [*self._answers(accepted, border if question else body_stop)]
        cut = question is not None and not accepted and self._cut_at(question.end) and total != 0
        if byline and cut and not byline.shows_favorites:
            self.warnings.append(Message("the copy ends in the question's byline: its favorites are not known"))
        last = accepted[-1].end if accepted else border if question else self.stop
        if accepted:
            answers[-1] = self._sure_to_its_end(accepted[-1], answers[-1], accepted[:-1], total)
        answers += self._rest(last, report)
        return ThreadCopy(
            site=METAFILTER if byline and byline.comments else ASK,
            title=self.header.title if self.header else None,
            asker=byline.author if byline else None,
            category=byline.category if byline else None,
            asked=asked,
            body=markup.from_text(self._question_text(body_stop)),
            favorites=None if byline is None or (cut and not byline.shows_favorites) else byline.favorites,
            shows_favorites=byline is not None and byline.shows_favorites,
            total=total,
            answers=answers,
            warnings=tuple(self.warnings),
        )

    def _question(self) -> _Asked | None:
        """The byline that is the question's, not one that an answer quotes from elsewhere."""
        asked = self.header.stamp.utc() if self.header else None
        first = self.candidates[0].start if self.candidates else self.stop
        own = [each for each in self.questions if each.start < first]
        if not own and asked:
            # The question itself may quote an older answer with its byline.
            times = [(each.start, each.byline.stamp.utc(asked.year)) for each in self.candidates]
            first = next((line for line, time in times if time is None or time >= asked - GRACE), self.stop)
            own = [each for each in self.questions if each.start < first]
        if len(own) < 2:
            return own[0] if own else None
        counts = [len(_within(self.candidates, each.end, self.stop)) for each in own]
        far = [
            count + 1 if each.byline.total is None else abs(each.byline.total - count)
            for each, count in zip(own, counts, strict=True)
        ]
        if far.count(min(far)) > 1:
            self.warnings.append(Message("several lines read as the question's byline; the first is taken"))
        return own[far.index(min(far))]

    def _question_text(self, stop: int) -> str:
        lines = self.page.lines[self.header.end if self.header else self.start : stop]
        return "\n".join(line for line in lines if line.strip(SPACE).lower() != "[more inside]")

    def _answers(self, accepted: Sequence[Candidate], start: int) -> Iterator[AnswerCopy]:
        for each in accepted:
            byline = each.byline
            yield AnswerCopy(
                body=markup.from_text("\n".join(self.page.lines[start : each.start])),
                author=byline.author,
                stamp=byline.stamp,
                staff=byline.staff,
                favorites=byline.favorites,
                shows_favorites=byline.shows_favorites,
            )
            start = each.end

    def _rest(self, start: int, report: Report) -> Iterator[AnswerCopy]:
        """What stands under the last byline: the page's footer, or an answer without its end."""
        rest = [line for line in range(start, self.stop) if not is_blank(self.page.lines[line])]
        footer = next((line for line in rest if is_footer(self.page.lines[line])), None)
        if footer is not None:
            between = [line for line in rest if line < footer]
            if between:
                what = Message(
                    "{number} lines between the last answer and the page's footer are left out", number=str(len(between))
                )
                report.warn(what, f"line {between[0] + 1}")
            return
        if not rest:
            return
        # The last lines may be the beginning of the byline itself.
        stop = rest[-1] + 1
        for line in range(stop - 1, max(start, stop - 3) - 1, -1):
            if is_blank(self.page.lines[line]):
                break
            if may_be_byline(self.page.lines[line]) and not parse_answer_byline(self.page.lines[line]):
                stop = line
        body = markup.from_text("\n".join(self.page.lines[start:stop]))
        yield AnswerCopy(body=body, favorites=None, warnings=(Message("unfinished answer: the copy ends before its byline"),))

    def _cut_at(self, end: int) -> bool:
        """Whether the file ends right here, without so much as a newline."""
        return end >= len(self.page.lines)

    def _sure_to_its_end(
        self, last: Candidate, answer: AnswerCopy, earlier: Sequence[Candidate], total: int | None
    ) -> AnswerCopy:
        """The last answer; where the file may end inside its byline, without what is then not known: favorites, or the day."""
        if not self._cut_at(last.end):
            return answer
        whole = total == len(earlier) + 1
        dated = all(each.byline.stamp.year for each in earlier) if earlier else not whole
        if last.byline.stamp.year is None and dated:
            return AnswerCopy(
                body=answer.body, favorites=None, warnings=(Message("unfinished answer: the copy ends in its byline"),)
            )
        if whole or last.byline.shows_favorites:
            return answer
        return replace(answer, favorites=None, warnings=(Message("the copy ends in this byline: its favorites are not known"),))
