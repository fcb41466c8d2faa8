"""A question's page as sotoki writes it into a ZIM file: to the posts on it.

Ids are those of the Stack Exchange reader, so that a ZIM and a dump of one site are one set of threads. What is peculiar:

- The title is written unescaped: `<script>` in one swallows what follows in the head of the page. So the page is read from
  the question's text on, and the title is taken from the ZIM's own list.
- Of two signatures under a post the first is the editor's. Deleted users are called by their numbers.
- Only a question's and comments' times are exact; the others read "answered Jan 12 '16 at 19:07", UTC.
- The number of answers in the page's head is a constant.
- Comments say their licence, posts only when they were written and edited. Nothing tells closed questions or duplicates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lxml.etree import LxmlError
from lxml.html import HtmlElement, HTMLParser, document_fromstring, tostring

from .. import markup
from ..messages import Message
from ..thread import Post
from . import stackexchange_licences
from .records import integer, moment, one_line
from .source import Report

FIRST_POST: Final = datetime(2008, 7, 1, tzinfo=UTC)
"""No site of the network is older."""

_BEGINNING: Final = '<div id="question"'
_ASKED: Final = re.compile(r'itemprop="dateCreated" datetime="([^"]{1,60})"')
_MOMENT: Final = re.compile(r"([A-Z][a-z]{2}) (\d\d?) '(\d\d) at (\d\d):(\d\d)")
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_LICENCE: Final = re.compile(r" License: (CC BY-SA \d\.\d)\s*")
_UP: Final = re.compile(r"(?:\.\./)+")
_COMMUNITY: Final = "-1"
"""The user that owns what nobody owns any more."""


class NotAQuestion(ValueError):
    """A page that has no question on it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page out of a ZIM file, and what the file says of it."""

    html: str
    number: int
    """The question's, from the page's path."""
    title: str | None
    site: str
    root: str | None
    """What addresses of the site begin with, if it is known."""
    captured: datetime | None


def posts(page: Page, report: Report) -> Iterator[Post]:
    """The question, its answers and their comments. Raises NotAQuestion for a page without."""
    start = page.html.find(_BEGINNING, max(page.html.find('<div id="mainbar"'), 0))
    if start < 0:
        raise NotAQuestion(Message("there is no question on it"))
    try:
        root = document_fromstring(page.html[start:], parser=HTMLParser(huge_tree=True))
    except (LxmlError, ValueError) as error:
        raise NotAQuestion(Message("it cannot be parsed ({error})", error=str(error))) from error
    question = next((element for element in root.iter("div") if element.get("id") == "question"), None)
    if question is None:
        raise NotAQuestion(Message("it cannot be parsed"))
    reading = _Reading(page, report)
    yield from reading.question(question, _ASKED.search(page.html, 0, start))
    for answer in root.iter("div"):
        if "answer" in _classes(answer) and answer.get("data-answerid"):
            yield from reading.answer(answer)


class _Reading:
    """One page, being read."""

    def __init__(self, page: Page, report: Report) -> None:
        self._page = page
        self._report = report
        self._thread = f"{page.site}:{page.number}"

    def question(self, element: HtmlElement, asked: re.Match[str] | None) -> Iterator[Post]:
        page = self._page
        author, signed = self._signature(element)
        written = self._time(asked[1] if asked else signed, f"question {page.number}")
        tags = (one_line(tag.text_content(), 100) for tag in element.find_class("post-tag"))
        yield Post(
            id=self._thread,
            thread_id=self._thread,
            kind="question",
            site=page.site,
            title=page.title,
            body=self._body(element, "js-post-body"),
            tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
            author=author,
            anonymous=element.get("data-ownerid") == _COMMUNITY,
            written=written,
            votes=self._votes(element.get("data-score"), f"question {page.number}"),
            url=page.root and f"{page.root}/questions/{page.number}",
            captured=page.captured,
            licence=self._licence(element),
        )
        yield from self._comments(element, self._thread, page.number)

    def answer(self, element: HtmlElement) -> Iterator[Post]:
        page = self._page
        number = integer(element.get("data-answerid"))
        if number is None or number < 1 or number == page.number:
            self._report.skip(Message("an answer whose id is no number of its own"), f"question {page.number}")
            return
        author, signed = self._signature(element)
        yield Post(
            id=f"{page.site}:{number}",
            thread_id=self._thread,
            kind="answer",
            site=page.site,
            body=self._body(element, "js-post-body"),
            # As the dump's reader has it: the page's order is by votes.
            position=1,
            parent_id=self._thread,
            author=author,
            anonymous=element.get("data-ownerid") == _COMMUNITY,
            written=self._time(signed, f"answer {number}"),
            votes=self._votes(element.get("data-score"), f"answer {number}"),
            best="accepted-answer" in _classes(element),
            url=page.root and f"{page.root}/a/{number}",
            captured=page.captured,
            licence=self._licence(element),
        )
        yield from self._comments(element, f"{page.site}:{number}", number)

    def _comments(self, element: HtmlElement, parent: str, above: int) -> Iterator[Post]:
        page = self._page
        for comment in element.find_class("js-comment"):
            number = integer(comment.get("data-comment-id"))
            if number is None or number < 1:
                self._report.skip(Message("a comment whose id is no number"), f"question {page.number}")
                continue
            names = comment.find_class("comment-user")
            times = [span.get("title") or "" for date in comment.find_class("comment-date") for span in date.iter("span")]
            # The comment's licence stands behind the time.
            title = next(filter(None, times), "")
            licence = _LICENCE.search(title)
            yield Post(
                id=f"{page.site}:c{number}",
                thread_id=self._thread,
                kind="comment",
                site=page.site,
                body=self._body(comment, "comment-copy"),
                position=2,
                parent_id=parent,
                author=_name(names[0]) if names else None,
                anonymous=comment.get("data-comment-owner-id") == _COMMUNITY,
                written=self._time(title.partition(" License")[0], f"comment {number}"),
                votes=self._votes(comment.get("data-comment-score"), f"comment {number}"),
                url=page.root and f"{page.root}/questions/{page.number}#comment{number}_{above}",
                captured=page.captured,
                licence=licence[1] if licence else None,
            )

    def _body(self, element: HtmlElement, name: str) -> str:
        bodies = element.find_class(name)
        if not bodies:
            return ""
        return markup.clean(tostring(bodies[0], encoding="unicode", with_tail=False), self._resolve)

    def _resolve(self, href: str) -> str | None:
        """A link of a body as one that leads to the site, not into the ZIM file."""
        if href.startswith("//"):
            return f"https:{href}"
        if href.startswith(("../", "/")):
            path = _UP.sub("", href.lstrip("/"), count=1)
            return self._page.root and f"{self._page.root}/{path}"
        return href if ":" in href and not href.startswith("#") else None

    def _signature(self, element: HtmlElement) -> tuple[str | None, str | None]:
        """Who wrote a post, and when, as the signature has it."""
        signatures = element.find_class("post-signature")
        if not signatures:
            return None, None
        links = signatures[-1].find_class("s-user-card--link") or signatures[-1].find_class("s-user-card--info")
        times = (time.get("datetime") for time in signatures[-1].iter("time"))
        return _name(links[0]) if links else None, next(times, None)

    def _licence(self, element: HtmlElement) -> str | None:
        """By the dates of all signatures under a post: who edits an own post signs in another way than others do."""
        dates: list[datetime | None] = []
        for signature in element.find_class("post-signature"):
            said = [time.get("datetime") for time in signature.iter("time")]
            said += [span.get("title") for action in signature.find_class("user-action-time") for span in action.iter("span")]
            dates.append(_moment(said[0]) if said and said[0] else None)
        return stackexchange_licences.by_dates(*dates)

    def _time(self, text: str | None, where: str) -> datetime | None:
        if not text:
            return None
        written = _moment(text)
        if written is None:
            self._report.warn(Message("its date {text} is none, or cannot be right", text=repr(text[:40])), where)
        return written

    def _votes(self, text: str | None, where: str) -> int | None:
        votes = integer(text)
        if text and votes is None:
            self._report.warn(Message("its score {text} is no number", text=repr(text[:40])), where)
        return votes


def _moment(text: str) -> datetime | None:
    """A time as it is written ("answered Jan 12 '16 at 19:07"), or an exact one."""
    found = _MOMENT.search(text)
    if found and found[1] in _MONTHS:
        month = _MONTHS.index(found[1]) + 1
        text = f"20{found[3]}-{month:02}-{int(found[2]):02}T{found[4]}:{found[5]}+00:00"
    return moment(text, FIRST_POST)


def _name(element: HtmlElement) -> str | None:
    """A user's name; of a deleted one the number is left, or nothing."""
    shown = one_line(element.text_content(), 100)
    if shown is None or shown == "None":
        return None
    return f"user{shown}" if shown.isdecimal() and not element.get("href") else shown


def _classes(element: HtmlElement) -> list[str]:
    return (element.get("class") or "").split()
