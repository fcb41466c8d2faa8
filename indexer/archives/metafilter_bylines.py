"""The lines that say who wrote what on MetaFilter, taken apart: `posted by NAME at TIME on DATE [3 favorites]`.

Both work on one visible line, its white space folded, and give None for any line that is something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .. import words
from . import metafilter_dates as dates
from .metafilter_dates import Stamp, parse_stamp, parse_time

CATEGORIES: Final = (
    "Clothing, Beauty, & Fashion",
    "Computers & Internet",
    "Education",
    "Food & Drink",
    "Grab Bag",
    "Health & Fitness",
    "Home & Garden",
    "Human Relations",
    "Law & Government",
    "Media & Arts",
    "Pets & Animals",
    "Religion & Philosophy",
    "Science & Nature",
    "Shopping",
    "Society & Culture",
    "Sports, Hobbies, & Recreation",
    "Technology",
    "Travel & Transportation",
    "Work & Money",
    "Writing & Language",
)
"""Ask MetaFilter's categories, as its bylines write them."""

MAX_BYLINE: Final = 500
"""Characters of the longest line that is looked at as a byline."""

MAX_CATEGORY: Final = 80
"""Characters of ` to CATEGORY`, generously."""

SPACE: Final = " \t\n\r\f\v\u00a0\u2007\u202f\u200b\ufeff"
# An Â before a no-break space is that space's own first byte, read in the wrong encoding.
_SPACES: Final = re.compile(rf"(?:\u00c2(?=\u00a0)|[{SPACE}])+")
_COUNT: Final = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,2}|[0-9]{1,9})"
_CONTROL: Final = r"\[(?:\+|!|⚑|✓|quote|edit|delete|flag|flagged|(?:un)?mark(?: as)? best(?: answer)?|best answer)\]|⚑"
_ANSWER: Final = re.compile(
    rf"posted by (?P<name>.+?)(?P<staff> \(staff\))? at (?P<time>{dates.TIME}) on"
    rf" (?P<month>{dates.MONTH}) (?P<day>[0-9]{{1,2}})(?:, ?(?P<year>[0-9]{{4}}))?"
    rf"(?P<tail>(?: ?(?:\[{_COUNT} favou?rites?(?: \+)?\]|\[has favou?rites?(?: \+)?\]|{_CONTROL}))*)",
    re.IGNORECASE,
)
_FAVORITES: Final = re.compile(rf"\[(?:(?P<count>{_COUNT})|(?P<hidden>has)) favou?rites?(?P<plus> \+)?\]", re.IGNORECASE)
_QUESTION: Final = re.compile(
    rf"posted by (?P<who>.+?)"
    rf"(?: \((?:(?P<total>{_COUNT}) (?P<noun>answer|comment)s? total|no (?P<none>answer|comment)s?(?: total)?)\)"
    rf"(?P<tail>(?: ?\[[^\][]{{1,40}}\])*"
    rf"(?: (?P<count>{_COUNT}) users? marked this as (?:a )?favou?rite)?(?: ?(?:\[[^\][]{{1,40}}\]|⚑))*))?",
    re.IGNORECASE,
)
_CLOCK_AT_END: Final = re.compile(rf"^(?P<before>.+?) at (?P<time>{dates.TIME})$", re.IGNORECASE)
_FOOTER: Final = re.compile(
    r"(?:Â)?« ?(?:Older\b.*|O(?:l(?:de?)?)?)?|.*\bNewer (?:Â)?»"
    r"|(?:this thread is closed to new comments|this thread has been archived and is closed"
    r"|this thread is over 30 days old|you are not \(currently\) logged in|you are not currently logged in"
    r"|related (?:questions|posts)\b|join (?:ask )?metafilter\b).*",
    re.IGNORECASE,
)
_BRACKETED_COUNT: Final = re.compile(rf"\[({_COUNT}) favou?rites?(?: \+)?\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerByline:
    """The line under an answer, taken apart."""

    author: str
    stamp: Stamp
    staff: bool = False
    """It carries the badge `(staff)`; older copies never do."""
    favorites: int | None = 0
    """None where the page says that there are some and hides how many (`[has favorites +]`)."""
    shows_favorites: bool = False
    """It has a clause about favorites, so that this copy would have shown them elsewhere too."""
    controls: bool = False
    """It has what only logged-in readers see, such as `[!]`."""

    @property
    def clock24(self) -> bool:
        return self.stamp.clock24


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionByline:
    """The line under a question, taken apart."""

    author: str
    staff: bool = False
    category: str | None = None
    time: tuple[int, int] | None = None
    """Hour and minute, where shown; the day is in the header."""
    total: int | None = None
    """Answers as the page counts them, deleted ones left out: a hint, not a limit."""
    favorites: int = 0
    shows_favorites: bool = False
    comments: bool = False
    """It counts comments instead of answers, as every part of the site but Ask MetaFilter does."""
    controls: bool = False


def fold_space(text: str) -> str:
    """`text` on one line, every run of white space as a single space."""
    return _SPACES.sub(" ", text).strip(" ")


def is_blank(line: str) -> bool:
    """Whether a line has nothing to be seen on it."""
    return not line.strip(SPACE) or (len(line) < MAX_BYLINE and not fold_space(line))


def is_footer(line: str) -> bool:
    """Whether a line is one of those that stand under the last answer: older and newer, closed, not logged in."""
    return len(line) <= MAX_BYLINE and bool(_FOOTER.fullmatch(fold_space(line)))


def may_be_byline(line: str) -> bool:
    """Whether a line opens as bylines do, so that taking it apart is worth the time."""
    return line[:80].lstrip(SPACE)[:9].lower() == "posted by"


def parse_answer_byline(text: str) -> AnswerByline | None:
    """The byline of an answer that `text`, one visible line, consists of; else None, also for impossible dates."""
    found = _ANSWER.fullmatch(fold_space(text)) if len(text) <= MAX_BYLINE else None
    stamp = found and parse_stamp(found["time"], found["month"], found["day"], found["year"])
    if not found or not stamp:
        return None
    tail = found["tail"]
    favorites = _FAVORITES.search(tail)
    return AnswerByline(
        author=found["name"],
        stamp=stamp,
        staff=bool(found["staff"]),
        favorites=0 if not favorites else None if favorites["hidden"] else _number(favorites["count"]),
        shows_favorites=bool(favorites) or "[+]" in tail,
        controls="[+]" in tail or "[!]" in tail or "⚑" in tail or "]" in _FAVORITES.sub("", tail) or " +]" in tail,
    )


def parse_question_byline(text: str) -> QuestionByline | None:
    """The byline of a question that `text`, one visible line, consists of; else None.

    It has a count of answers, or at the least one of the known categories.
    """
    found = _QUESTION.fullmatch(fold_space(text)) if len(text) <= MAX_BYLINE else None
    if not found:
        return None
    noun = (found["noun"] or found["none"] or "").lower()
    who, time = _cut_clock(found["who"])
    name, category = _cut_category(who, known_only=noun != "answer")
    if not noun and category is None:
        return None
    if time is None:
        name, time = _cut_clock(name)
    staff = name.lower().endswith(" (staff)")
    tail = found["tail"] or ""
    bracketed = _BRACKETED_COUNT.search(tail)
    count = found["count"] or (bracketed and bracketed[1])
    return QuestionByline(
        author=name[: -len(" (staff)")] if staff else name,
        staff=staff,
        category=category,
        time=time,
        total=_number(found["total"]) if found["total"] else None,
        favorites=_number(count) if count else 0,
        shows_favorites=bool(count) or "[+]" in tail,
        comments=noun == "comment",
        controls="[" in _BRACKETED_COUNT.sub("", tail),
    )


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _cut_clock(text: str) -> tuple[str, tuple[int, int] | None]:
    """`text` without a final ` at TIME`, and that time."""
    found = _CLOCK_AT_END.match(text)
    clock = found and parse_time(found["time"])
    if not found or not clock:
        return text, None
    return found["before"], clock[:2]


def _category_key(text: str) -> str:
    return " ".join(words.fold(text).replace(",", " ").replace("&", " and ").split())


_CATEGORY_BY_KEY: Final = {_category_key(category): category for category in CATEGORIES}


def _cut_category(text: str, *, known_only: bool) -> tuple[str, str | None]:
    """Name and category of `NAME to CATEGORY`. A name may hold " to " itself, so the known categories decide first."""
    borders = [found.start() for found in re.finditer(r"(?<=\S) to (?=\S)", text)]
    for border in reversed(borders):
        if len(text) - border > MAX_CATEGORY:
            break
        known = _CATEGORY_BY_KEY.get(_category_key(text[border + 4 :]))
        if known:
            return text[:border], known
    if borders and not known_only:
        return text[: borders[-1]], text[borders[-1] + 4 :]
    return text, None
