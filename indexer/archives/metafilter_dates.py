"""When was this written? MetaFilter's stamps (local time, often without a year) to aware times in UTC.

A page shows America/Los_Angeles time to minutes, and leaves the year out where it was the current one when the page was
saved. So all stamps without a year on one page share one year, which is inferred here from those that have one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from ..messages import Message

ZONE: Final = ZoneInfo("America/Los_Angeles")
"""What logged-out readers are shown, summer time and the older American rules for it included."""

GRACE: Final = timedelta(minutes=5)
"""How far an answer may stand before its question: the two clocks of one page need not agree to the minute."""

FIRST_POST: Final = datetime(1999, 7, 14, tzinfo=UTC)
"""When MetaFilter opened; nothing on it is older."""

_SLACK: Final = timedelta(hours=1)
"""Answers that were loaded into an open page may stand this far out of order without meaning a new year."""

_YEARS: Final = range(1990, 2200)
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NUMBER: Final = {name: number for number, name in enumerate(_MONTHS, 1)} | {
    **{name[:3]: number for number, name in enumerate(_MONTHS, 1)},
    "sept": 9,
}

TIME: Final = r"[0-9]{1,2}:[0-9]{2}(?: ?[AaPp]\.?[Mm]\b\.?)?"
MONTH: Final = "(?:" + "|".join(_MONTHS) + r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?: ?([ap])\.?m\b\.?)?", re.IGNORECASE)
_HEADER_DATE: Final = re.compile(rf"(?<!\w)({MONTH}) ([0-9]{{1,2}}), ?([0-9]{{4}}),? (?:at )?({TIME})(?![0-9:])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A local time as a page shows it. `year` is None where the page leaves it out."""

    month: int
    day: int
    hour: int
    minute: int
    year: int | None = None
    clock24: bool = False
    """Shown as 15:09, which is a logged-in reader's preference."""

    def in_year(self, year: int) -> datetime | None:
        """The local time in `year`, or None on a February 29 that the year has not."""
        try:
            return datetime(year, self.month, self.day, self.hour, self.minute, tzinfo=ZONE)
        except ValueError:
            return None

    def utc(self, year: int | None = None, not_before: datetime | None = None) -> datetime | None:
        """The aware time in UTC, in the stamp's own year or else `year`; None when neither is known.

        An hour that autumn repeats is read as the first, unless only the second keeps to `not_before`; an hour that
        spring leaves out is shifted forward.
        """
        year = self.year if self.year is not None else year
        local = self.in_year(year) if year is not None else None
        if local is None:
            return None
        first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        if not_before is not None and first < not_before <= second:
            return second
        return first


@dataclass(frozen=True, slots=True)
class HeaderDate:
    """The date line of a thread: its stamp, and the text before and after it on the line."""

    before: str
    stamp: Stamp
    after: str


def parse_time(text: str) -> tuple[int, int, bool] | None:
    """Hour, minute and whether the clock has 24 hours; None for a time that no clock shows (13:75 PM)."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hour, minute, half = int(found[1]), int(found[2]), (found[3] or "").lower()
    if minute > 59 or (half and not 1 <= hour <= 12) or hour > 23:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, minute, not half


def parse_stamp(time: str, month: str, day: str, year: str | None = None) -> Stamp | None:
    """A stamp of its parts as written; None where there is no such day or time (February 30)."""
    clock = parse_time(time)
    number = _MONTH_NUMBER.get(month.rstrip(".").lower())
    if clock is None or number is None or (year is not None and int(year) not in _YEARS):
        return None
    hour, minute, clock24 = clock
    stamp = Stamp(number, int(day), hour, minute, int(year) if year is not None else None, clock24)
    # 2000 had a February 29: without a year that day may exist.
    return stamp if stamp.in_year(stamp.year or 2000) else None


def find_header_date(line: str) -> HeaderDate | None:
    """The rightmost whole date of a line whose white space is folded, since a title may hold a date of its own."""
    for found in reversed(list(_HEADER_DATE.finditer(line))):
        stamp = parse_stamp(found[4], found[1], found[2], found[3])
        if stamp:
            return HeaderDate(line[: found.start()].strip(), stamp, line[found.end() :].strip())
    return None


def written_times(
    header: Stamp | None, stamps: Sequence[Stamp | None], captured: datetime | None = None
) -> tuple[datetime | None, list[datetime | None], list[str]]:
    """The times of a question and of its answers in page order, in UTC, and what is uncertain about them.

    `captured` is when the page was saved, where known: it bounds the year of the stamps that have none.
    """
    asked = header.utc() if header else None
    years, warnings = _years(header, stamps, captured)
    times: list[datetime | None] = []
    previous = asked
    for stamp, year in zip(stamps, years, strict=True):
        time = stamp.utc(year, previous) if stamp else None
        times.append(time)
        previous = time or previous
    undated = sum(1 for stamp, time in zip(stamps, times, strict=True) if stamp and time is None)
    if undated:
        warnings.append(
            Message("the year of {undated} of {number} answers is not known", undated=str(undated), number=str(len(stamps)))
        )
    if asked and any(time < asked - GRACE for time in times if time):
        warnings.append(
            Message("answers stand before the question: the times may be in the zone of the reader who saved the page")
        )
    known = [time for time in (asked, *times) if time]
    if known and min(known) < FIRST_POST:
        warnings.append(Message("a time is older than MetaFilter"))
    if known and captured and max(known) > captured + timedelta(days=1):
        warnings.append(Message("a time is later than the day on which the page was saved"))
    return asked, times, warnings


def _years(
    header: Stamp | None, stamps: Sequence[Stamp | None], captured: datetime | None
) -> tuple[list[int | None], list[str]]:
    """The year of each stamp. Those that show none share one: the smallest that no other shows and that keeps order."""
    years = [stamp.year if stamp else None for stamp in stamps]
    bare = [index for index, stamp in enumerate(stamps) if stamp and stamp.year is None]
    if not bare:
        return years, []
    latest = captured.astimezone(ZONE).year if captured else None
    warnings: list[str] = []
    if header is None or header.year is None:
        shared: list[int | None] = [latest] * len(bare)
    else:
        year = max([header.year, *(shown + 1 for shown in years if shown is not None)])
        shared = [year] * len(bare)
        if year == header.year:
            shared, warnings = _across_new_year(header, header.year, [stamps[index] for index in bare])
        if latest is not None and header.year <= latest < max(each for each in shared if each):
            shared = [min(each, latest) if each else None for each in shared]
            warnings = [Message("the years that the page leaves out do not fit the day on which it was saved")]
    for index, each in zip(bare, shared, strict=True):
        years[index] = each
    return years, warnings


def _across_new_year(header: Stamp, year: int, stamps: Sequence[Stamp | None]) -> tuple[list[int | None], list[str]]:
    """Years of stamps that show none, when no stamp shows a later year than the question's, `year`."""
    asked = header.in_year(year) or datetime(year, 1, 1, tzinfo=ZONE)
    # A leap year to compare days in, since the year is what is sought.
    local = [(stamp.in_year(2000) if stamp else None) or datetime(2000, 1, 1, tzinfo=ZONE) for stamp in stamps]
    start = asked.replace(year=2000) - GRACE
    early = [time < start for time in local]
    leap = any(stamp is not None and stamp.in_year(year) is None for stamp in stamps)
    if not any(early) and not leap:
        return [year] * len(stamps), []
    if leap and not any(early):
        return [next(later for later in range(year, year + 8) if later % 4 == 0 and later != 2100)] * len(stamps), []
    if all(later >= earlier - _SLACK for earlier, later in pairwise(local)):
        return [year + 1] * len(stamps), []
    warning = Message("the page leaves out years that cannot be one and the same; they are taken from the order")
    if early == sorted(early):
        return [year + 1 if each else year for each in early], [warning]
    return [year + 1 if 2 * sum(early) > len(early) else year] * len(stamps), [warning]
