"""What every copy of a MetaFilter thread has in it, whatever its format: bylines, speakers, addresses, ids.

The readers of saved pages and of plain-text copies take a file apart into a `ThreadCopy`, and `posts` makes its Posts,
so that two copies of one thread give equal posts as far as the copies say the same.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from .. import markup, words
from ..messages import Message
from ..thread import Post, PostKind
from .metafilter_bylines import (
    CATEGORIES,
    AnswerByline,
    QuestionByline,
    fold_space,
    parse_answer_byline,
    parse_question_byline,
)
from .metafilter_dates import HeaderDate, Stamp, find_header_date, parse_stamp, parse_time, written_times
from .source import Report

__all__ = [
    "ANONYMOUS",
    "ANONYMOUS_USER",
    "CATEGORIES",
    "STAFF",
    "Address",
    "AnswerByline",
    "AnswerCopy",
    "HeaderDate",
    "QuestionByline",
    "Stamp",
    "ThreadCopy",
    "answer_id",
    "find_header_date",
    "fold_space",
    "kind_of",
    "parse_address",
    "parse_answer_byline",
    "parse_question_byline",
    "parse_stamp",
    "parse_time",
    "posts",
    "strip_labels",
    "thread_id",
    "unnumbered_answer_id",
    "unnumbered_thread_id",
    "unwrap",
    "written_times",
]

ASK: Final = "ask.metafilter.com"
METAFILTER: Final = "www.metafilter.com"

ANONYMOUS: Final = "anonymous"
ANONYMOUS_USER: Final = 17564
"""The account that every anonymous question shares, and that wiped accounts show."""

STAFF: Final = frozenset(
    {
        "cortex",
        "eyebrows mcgee",
        "frimble",
        "goodnewsfortheinsane",
        "jessamyn",
        "lobstermitten",
        "mathowie",
        "pb",
        "restless_nomad",
        "taz",
        "vacapinta",
    }
)
"""Names of moderators, in lower case: bylines carry no badge in older copies."""

FAVORITES_SINCE: Final = datetime(2006, 5, 1, tzinfo=UTC)

# --- Who speaks ----------------------------------------------------------------------------------------------------

RELAY_OPENING: Final = 120
"""Characters of a body in which a relay says that it is one."""

_ASKER: Final = r"(?:the |our )?(?:(?:anonymous|original|anon) )?(?:OP|asker|poster|questioner|anonymous|anon)\b"
_RELAY: Final = re.compile(
    rf"\b(?P<what>follow[- ]?up|update|message|note|response|reply|clarification|addendum)\b[^.!?\n]{{0,40}}?"
    rf"\b(?:from|on behalf of|by)\s+{_ASKER}"
    rf"|\b(?:post(?:ed|ing)?|writing|sent|relay(?:ed|ing)?|add(?:ed|ing)?)\b[^.!?\n]{{0,30}}?\bon behalf of\s+{_ASKER}"
    rf"|^\W*from\s+{_ASKER}(?=[^.!?\n]{{0,30}}[:\]\n])",
    re.IGNORECASE,
)
# Others mention an update too ("seeing the update from the OP, …"): a relay opens with it or introduces it.
_LEAD_IN: Final = re.compile(
    r"\W*(?:(?:mod(?:erator)?|anonymous|anon|quick|brief|small|short|an?|one|another|further|final|late|this|here|is|are|the|some"
    r"|following|below|i|am|m|ve|s|have|been|was|asked|to|just|post(?:ing|ed)?|pass(?:ing|ed)?|on|along|relay(?:ing|ed)?"
    r"|add(?:ing|ed)?|got|received|e-?mail(?:ed)?|and|poster|op|asker)\b\W*)*",
    re.IGNORECASE,
)
_INTRODUCES: Final = re.compile(r"[^.,;!?\n]{0,30}?[:\]\n]")
_FOLKS: Final = re.compile(r"\s*\[\s*folks\b", re.IGNORECASE)

MAX_LABELS: Final = 3
"""Labels taken off one body: there are three kinds."""

_LABEL_NAMES: Final = r"(response by poster|best answer|mod(?:erator)? note)"
_LABEL: Final = re.compile(
    rf"<p>(?:<(b|strong|em|i|small)>\s*{_LABEL_NAMES}\s*:?\s*</\1>\s*:?|(?P<inline>(?:<(?:b|strong|em|i|small)>){{0,4}})\s*{_LABEL_NAMES}\s*:)"
    r"\s*(?:<br>\s*)*(?:</p>)?",
    re.IGNORECASE,
)


def strip_labels(body: str) -> tuple[str, frozenset[str]]:
    """Safe HTML without the labels that open it, and these in lower case: `best answer`, `mod note`, `response by poster`.

    Extractors (and later pages) put them before what the author wrote.
    """
    labels: set[str] = set()
    for _ in range(MAX_LABELS):
        found = _LABEL.match(body)
        if not found:
            break
        label = (found[2] or found[4]).lower()
        labels.add("mod note" if label.startswith("mod") else label)
        body = body[found.end() :]
        if not found.group().endswith("</p>"):
            body = f"<p>{found['inline'] or ''}{body}"
    return body, frozenset(labels)


def kind_of(prose: str, *, author: str | None, staff: bool, anonymous_thread: bool, labelled_note: bool = False) -> PostKind:
    """Whether an answer's prose is advice, the asker speaking through a moderator (relay), or a moderator's own notice."""
    staff = staff or (author or "").lower() in STAFF
    if (anonymous_thread or staff) and _opens_as_relay(prose, staff):
        return "relay"
    if staff and (labelled_note or _opens_as_note(prose)):
        return "modnote"
    return "answer"


def _opens_as_note(prose: str) -> bool:
    """Whether the first paragraph is a remark in square brackets: some words, not the `[1]` of a footnote."""
    first = prose.lstrip().partition("\n")[0].rstrip()
    return bool(_FOLKS.match(first)) or (first.startswith("[") and first.endswith("]") and len(first.split()) > 2)


def _opens_as_relay(prose: str, staff: bool) -> bool:
    found = _RELAY.search(prose[: RELAY_OPENING * 2])
    if not found or found.start() >= RELAY_OPENING:
        return False
    if staff or _LEAD_IN.fullmatch(prose[: found.start()]):
        return True
    return bool(_INTRODUCES.match(prose, found.end()))


# --- Addresses and ids ---------------------------------------------------------------------------------------------

_WAYBACK: Final = re.compile(r"^(?:https?:)?(?://(?:web\.)?archive\.org)?/web/([0-9]{4,14})(?:[a-z]{2}_)?/", re.IGNORECASE)
_HOST: Final = re.compile(r"^(?:([a-z0-9]+)[.-])?metafilter[.-]com(?:\.|-|$)")
_MIRRORED: Final = re.compile(r"/(?:https?:/{1,2})?((?:[a-z0-9]+\.)?metafilter\.com\.?(?::[0-9]+)?/.*)$", re.IGNORECASE)
_PATH: Final = re.compile(r"^(?:/(?:mefi|comments\.mefi|comments\.cfm))?/([0-9]{1,7})(?:\.html?)?(?:/|$)", re.IGNORECASE)
_FRAGMENT: Final = re.compile(r"^(?:c|comment-?)?([0-9]{1,10})$")


@dataclass(frozen=True, slots=True)
class Address:
    """What an address on MetaFilter points at."""

    site: str
    """`ask.metafilter.com`, `www.metafilter.com`, …: thread numbers are counted on each by itself."""
    thread: int | None = None
    comment: int | None = None
    captured: datetime | None = None
    """When the Wayback Machine took the page, for addresses of its copies."""


def parse_address(url: str) -> Address | None:
    """The MetaFilter page that an address points at, through archives and mirrors; None for any other address."""
    url = url.strip()
    if len(url) > 4_000:
        return None
    url, captured = unwrap(url)
    if not re.match(r"(?:[a-z]+:)?//", url, re.IGNORECASE):
        url = "//" + url
    for _ in range(3):
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").rstrip(".").lower()
        except ValueError:
            return None
        if known := _HOST.match(host):
            break
        mirrored = _MIRRORED.search(url)
        if not mirrored:
            return None
        url = "//" + mirrored[1]
    else:
        return None
    sub = known[1]
    site = f"{sub}.metafilter.com" if sub else METAFILTER
    thread = _PATH.match(unquote(parts.path))
    number = int(thread[1]) if thread else 0
    comment = _FRAGMENT.match(parts.fragment)
    return Address(site, number or None, int(comment[1]) if comment and number else None, captured)


def unwrap(url: str) -> tuple[str, datetime | None]:
    """An address of the Wayback Machine as the one it was made of, and the time of the capture; any other as it is."""
    captured = None
    while found := _WAYBACK.match(url):
        captured = _capture_time(found[1]) or captured
        url = url[found.end() :]
    return url, captured


def _capture_time(digits: str) -> datetime | None:
    """The time of a Wayback capture from its 4 to 14 digits, in UTC; what is missing is the earliest possible."""
    padded = digits + "00000101000000"[len(digits) :]
    try:
        return datetime.strptime(padded, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def thread_id(site: str, number: int) -> str:
    """The id of a thread, and of its question, whose number is known."""
    return f"{site}:{number}"


def answer_id(thread: str, comment: int) -> str:
    """The id of an answer whose number is known, in the thread of id `thread`."""
    return f"{thread}/{comment}"


def unnumbered_thread_id(site: str, title: str | None, asked: datetime | None, asker: str | None, body: str = "") -> str:
    """The id of a thread whose number the copy does not show: the same for every copy of it.

    `body`, the question as safe HTML, takes part only where title or time is missing.
    """
    parts = [" ".join(words.fold(title or "").split()), asked.isoformat() if asked else "", asker or ""]
    if not title or not asked:
        parts.append(words.plain(markup.prose(body))[:500])
    return f"{site}:t-{_digest(parts, 12)}"


def unnumbered_answer_id(thread: str, author: str | None, written: datetime | None, occurrence: int) -> str:
    """The id of an answer whose number the copy does not show, whatever else is in the copy.

    `occurrence` counts from 1 the answers by the same author in the same minute.
    """
    return f"{thread}/{_digest([author or '', written.isoformat() if written else '', str(occurrence)], 10)}"


def _digest(parts: list[str], length: int) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:length]


# --- Copies to posts -----------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class AnswerCopy:
    """An answer as a copy shows it. `body` is safe HTML, labels and all; `stamp` is None where no byline was found."""

    body: str
    author: str | None = None
    stamp: Stamp | None = None
    staff: bool = False
    favorites: int | None = 0
    shows_favorites: bool = False
    best: bool | None = None
    number: int | None = None
    """The comment's number on the site."""
    anonymous: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class ThreadCopy:
    """A thread as a copy shows it, before anything is concluded from it. `body` is safe HTML."""

    site: str = ASK
    number: int | None = None
    title: str | None = None
    asker: str | None = None
    anonymous: bool = False
    category: str | None = None
    tags: tuple[str, ...] = ()
    asked: Stamp | None = None
    body: str = ""
    favorites: int | None = 0
    shows_favorites: bool = False
    total: int | None = None
    """Answers as the page counts them."""
    captured: datetime | None = None
    answers: list[AnswerCopy] = field(default_factory=list)
    warnings: tuple[str, ...] = ()


def posts(copy: ThreadCopy, report: Report, where: str = "") -> Iterator[Post]:
    """The posts of a thread: the question, then what stands under it in page order.

    Whatever is uncertain about the thread goes on the question and into `report`; `where` names the thread there.
    """
    bodies = [strip_labels(answer.body) for answer in copy.answers]
    asker = copy.asker or _labelled_asker(copy, [labels for _, labels in bodies])
    asked, times, warnings = written_times(copy.asked, [answer.stamp for answer in copy.answers], copy.captured)
    warnings = [*copy.warnings, *warnings]
    finished = sum(1 for answer in copy.answers if answer.author is not None)
    if copy.total is not None and copy.total != finished:
        warnings.append(
            Message("the page counts {total} answers, the copy has {finished}", total=str(copy.total), finished=str(finished))
        )
    for warning in warnings:
        report.warn(warning, where)
    if copy.number:
        name, url = thread_id(copy.site, copy.number), f"https://{copy.site}/{copy.number}"
    else:
        name, url = unnumbered_thread_id(copy.site, copy.title, asked, asker, copy.body), None
    counted = _favorites_counted(copy, asked, times)
    question = Post(
        id=name,
        thread_id=name,
        kind="question",
        site=copy.site,
        body=copy.body,
        title=copy.title,
        category=copy.category,
        tags=copy.tags,
        author=asker,
        anonymous=copy.anonymous or _is_anonymous(asker),
        written=asked,
        votes=copy.favorites if counted else None,
        url=url,
        captured=copy.captured,
        warnings=tuple(warnings),
    )
    yield question
    seen: Counter[tuple[str | None, datetime | None]] = Counter()
    for position, (answer, (body, labels), written) in enumerate(zip(copy.answers, bodies, times, strict=True), 1):
        seen[answer.author, written] += 1
        for warning in answer.warnings:
            report.warn(warning, where)
        yield replace(
            question,
            id=answer_id(name, answer.number)
            if answer.number
            else unnumbered_answer_id(name, answer.author, written, seen[answer.author, written]),
            kind=kind_of(
                markup.prose(body),
                author=answer.author,
                staff=answer.staff,
                anonymous_thread=question.anonymous,
                labelled_note="mod note" in labels,
            ),
            body=body,
            position=position,
            title=None,
            category=None,
            tags=(),
            author=answer.author,
            anonymous=answer.anonymous or _is_anonymous(answer.author),
            written=written,
            votes=answer.favorites if counted and answer.author is not None else None,
            best=True if "best answer" in labels else answer.best,
            url=f"{url}#{answer.number}" if url and answer.number else None,
            warnings=answer.warnings,
        )


def _is_anonymous(name: str | None) -> bool:
    return name is not None and name.lower() == ANONYMOUS


def _labelled_asker(copy: ThreadCopy, labels: list[frozenset[str]]) -> str | None:
    """The asker, in a copy without the question's byline, if an extractor marked the answers that are the asker's."""
    names = {answer.author for answer, each in zip(copy.answers, labels, strict=True) if "response by poster" in each}
    return names.pop() if len(names) == 1 else None


def _favorites_counted(copy: ThreadCopy, asked: datetime | None, times: list[datetime | None]) -> bool:
    """Whether no favorites shown means that there are none, and not that the site had no favorites yet."""
    if copy.shows_favorites or any(answer.shows_favorites for answer in copy.answers):
        return True
    first = asked or min((time for time in times if time), default=None)
    return first is not None and first >= FAVORITES_SINCE
