"""MetaFilter threads as saved web pages, in the skins of 2003 to today, whatever tool saved them.

A page is cut into blocks (`html_blocks`): one with the title, one with the question, one an answer. Each ends in a byline,
which is what tells an answer from an advertisement, a notice or a live preview that has the same class. What stands after
the byline is furniture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from lxml import etree

from .. import markup
from ..errors import DamagedArchive, NotAThread
from ..messages import Message
from ..thread import Post
from . import html_blocks as blocks
from . import metafilter
from .html_blocks import Block, Page, classes_of, text_of
from .metafilter import ASK, METAFILTER, AnswerByline, AnswerCopy, QuestionByline, Stamp, ThreadCopy, fold_space
from .metafilter_spans import Signed, answer_byline, cut_from, question_byline, signed, small_spans
from .saved_page import Provenance, decode_page, original_link, provenance
from .source import Report, Source

name = "metafilter-html"
about = "a saved page of an Ask MetaFilter thread (browser, SingleFile, HTTrack, wget or Wayback Machine)"

BEST_SINCE: Final = datetime(2005, 2, 1, tzinfo=UTC)
"""When askers got to mark best answers. From then on an answer without the mark is none; before, nobody could say."""

_FURNITURE: Final = frozenset({"commentform", "prevDiv", "prevDiv2", "newcommentsmsg"})
"""Ids of the parts that show previews and notices in the guise of answers."""

_HEAD_MARKS: Final = re.compile(
    r"""saved\ from\ url=\(\d+\)\S{0,60}metafilter[.-]com
    | ^[\ \t]*url:\s*\S{0,60}metafilter[.-]com
    | Mirrored\ from\ \S{0,60}metafilter\.com
    | <link\b(?=[^>]{0,400}\brel=["']?canonical\b)[^>]{0,400}\bhref=["']?[^"'>\s]{0,80}\bmetafilter\.com
    | <meta\b[^>]{0,200}\b(?:og|twitter):url\b[^>]{0,200}\bmetafilter\.com
    | <title[^>]{0,80}>[^<]{0,300}\|\ (?:Ask\ )?(?:MetaFilter|MetaTalk)\s*<
    | <title[^>]{0,80}>\s*(?:Ask\ )?MetaFilter\ \|
    | <body\b[^>]{0,200}\bsubsite-\w
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_HTML: Final = re.compile(
    r"<!doctype html|<html|<head|<body|<!-- saved from|<title|<meta|<frameset|<div|<h1|<span|<a ", re.IGNORECASE
)
_WRAPPED: Final = re.compile(
    r"\A\s*(?:WARC/|bplist0|(?:<\?xml[^>]{0,200}>\s*)?(?:<!DOCTYPE plist|<plist))|^MIME-Version:", re.IGNORECASE | re.MULTILINE
)
"""What holds a page as a web archive or a mail does, with marks of its own."""
_OWN_NAMES: Final = (
    r"\bposttitle\b",
    r"\bsmallcopy\b",
    r"\bwhitesmallcopy\b",
    r"\bmiseperator\b",
    r"\bfavcnt",
    r"\bbestleft\b",
)
_TITLE: Final = re.compile(r"<title[^>]{0,80}>([^<]{0,300})<", re.IGNORECASE)
_SITE_NAME: Final = re.compile(r"\bmetafilter\b", re.IGNORECASE)

_SITE_OF_SUFFIX: Final = {"ask metafilter": ASK, "metafilter": METAFILTER, "metatalk": "metatalk.metafilter.com"}
_SITE_OF_BODY: Final = {"subsite-askmefi": ASK, "subsite-mefi": METAFILTER, "subsite-metatalk": "metatalk.metafilter.com"}
_SITE_OF_TYPE: Final = {
    1: METAFILTER,
    2: METAFILTER,
    3: ASK,
    4: ASK,
    5: "metatalk.metafilter.com",
    6: "metatalk.metafilter.com",
}
"""The site by the number that its favorites carry for the type of a post or comment."""

_TITLE_FRAME: Final = re.compile(r"^\(\d+\)\s+|\s*\|\s*(?:Ask MetaFilter|MetaFilter|MetaTalk)$", re.IGNORECASE)
_DIGITS: Final = re.compile(r"[0-9]{1,10}")
_TAG: Final = re.compile(r"/tags/([^/?#]+)")

# What a page that is no thread says of itself, in its title or its first words.
_OTHER_PAGES: Final = (
    (
        r"just a moment|attention required|cloudflare|checking your browser",
        Message("a Cloudflare check, which stood before the page"),
    ),
    (
        r"coldfusion|error occurred while processing|internal server error|^50\d\b|bad gateway",
        Message("an error page of the server"),
    ),
    (r"not found|^404\b", Message("an error page: nothing was found there")),
    (r"need to be logged in|^log ?in\b|login \|", Message("a login page")),
)
_PAGE_BY_PATH: Final = (
    (r"/user/|/activity/|/contribute/", Message("a user's page")),
    (r"/tags(?:/|$)", Message("a page of a tag")),
    (r"/archived?\b|/archive\.|/popular|/home/|/category/|/search", Message("an index page, which lists threads")),
    (r"/login|/newuser", Message("a login page")),
)


def recognises(head: bytes) -> bool:
    """Whether this is HTML of a MetaFilter site: by what wrapper, address or title say, or by the site's own class names."""
    text = head.decode("utf-16", errors="replace") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head.decode("latin-1")
    if not _HTML.search(text, 0, 4096) or _WRAPPED.search(text, 0, 4096):
        return False
    if _HEAD_MARKS.search(text) or sum(1 for own in _OWN_NAMES if re.search(own, text)) >= 2:
        return True
    # Pages that stand in a thread's place are recognised in order to be refused by name.
    title = _TITLE.search(text)
    return bool(_SITE_NAME.search(text)) and (
        "<frameset" in text.lower() or (title is not None and _other_page(title[1]) is not None)
    )


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of one page. Raises NotAThread, saying what the page is, or DamagedArchive for the torso of a thread."""
    text = decode_page(source.content())
    page = blocks.cut(text, _begins_block, _FURNITURE)
    copy = _Reading(page, given=source).copy(str(source), report)
    yield from metafilter.posts(copy, report)


def _begins_block(tag: str, classes: frozenset[str]) -> bool:
    return (tag == "div" and not classes.isdisjoint({"copy", "comments"})) or (tag == "h1" and "posttitle" in classes)


@dataclass(slots=True)
class _Reading:
    """A page under reading: what is found in it, step by step."""

    page: Page
    given: Source
    """What the archive that the page came out of says of it: its address, and when it was captured."""
    question: Signed[QuestionByline] | None = None
    unsigned_question: Block | None = None
    answers: list[Signed[AnswerByline]] = field(default_factory=list)
    unfinished: list[Block] = field(default_factory=list)
    saved: Provenance = field(default_factory=Provenance)
    site: str = ASK
    number: int | None = None
    address: str | None = None

    def copy(self, where: str, report: Report) -> ThreadCopy:
        """The thread on the page. Raises NotAThread or DamagedArchive, naming `where`."""
        self._sort_blocks()
        self._place()
        if not (self.question or self.unsigned_question or self.answers):
            raise self._refusal(where)
        threads = {address.thread for each in self.answers if (address := self._time_link(each)) and address.thread}
        if len(threads) > 1 and not self.question:
            raise NotAThread(Message("{source} is a list of comments from several threads", source=where))
        title, asked = self._heading()
        # Read before the bodies, which leave it out.
        reason = next((fold_space(text_of(each)) for each in self._all("p") if "reason" in classes_of(each)), "")
        copy = ThreadCopy(site=self.site, number=self.number, title=title, asked=asked, captured=self.saved.captured)
        copy.tags = self._tags()
        self._ask(copy)
        self._answer(copy, report)
        if asked is None:
            copy.warnings += (Message("the page shows no date for its question"),)
        if reason:
            copy.warnings += (reason,)
        return copy

    # --- What is which --------------------------------------------------------------------------------------------

    def _sort_blocks(self) -> None:
        """Find the question and the answers among the blocks."""
        titled = False
        for block in self.page.blocks:
            classes = block.classes
            titled = titled or "posttitle" in classes
            if "copy" in classes and "post" not in classes and not self.question:
                self.question = signed(block, question_byline)
                if not self.question and titled and not self.unsigned_question and "recently" not in classes:
                    self.unsigned_question = block if text_of(block.start).strip() else None
            elif "comments" in classes and not self._is_furniture(block):
                if found := signed(block, answer_byline):
                    self.answers.append(found)
                elif _number(block.anchor) and text_of(block.start).strip():
                    self.unfinished.append(block)
        if self.question:
            self.unsigned_question = None

    @staticmethod
    def _is_furniture(block: Block) -> bool:
        """A preview or a notice, which has no number; an answer has, also where broken markup puts it among them."""
        return bool((block.inside | {block.start.get("id")}) & _FURNITURE) and not _number(block.anchor)

    def _place(self) -> None:
        """Find out the site, the thread's number, and where and when the page was saved."""
        own = [link.get("href") for link in self._all("link") if "canonical" in (link.get("rel") or "").lower().split()]
        own += [meta.get("content") for meta in self._all("meta") if _meta_name(meta) in ("og:url", "twitter:url")]
        addresses = [address for address in own if address]
        addresses += [self.given.url] if self.given.url else []
        self.saved = provenance(self.page.comments, addresses)
        if self.given.captured:
            times = [time for time in (self.saved.captured, self.given.captured) if time]
            self.saved = replace(self.saved, captured=min(times))
        self.site = self._site()
        for url in filter(None, [self.saved.url, *addresses]):
            address = metafilter.parse_address(url)
            if address and address.thread:
                self.site, self.number = address.site, address.thread
                self.address = url if "//" in url else f"https://{url}"
                break
        if self.address is None and self.saved.url and metafilter.parse_address(self.saved.url):
            self.address = self.saved.url
        if self.number is None:
            favorited = self.question.favorited if self.question else None
            linked = next(
                (address.thread for each in self.answers if (address := self._time_link(each)) and address.thread), None
            )
            self.number = favorited[1] if favorited else linked
        if self.number and self.address is None:
            self.address = f"https://{self.site}/{self.number}/"

    def _site(self) -> str:
        """The site, for pages without an address: by the title's end, the page's class, or the type of its favorites."""
        title = self._first_text("title").rpartition("|")[2].strip().lower()
        if title in _SITE_OF_SUFFIX:
            return _SITE_OF_SUFFIX[title]
        for body in self._all("body"):
            if named := classes_of(body) & _SITE_OF_BODY.keys():
                return _SITE_OF_BODY[min(named)]
        for each in (self.question, *self.answers):
            if each and (favorited := each.favorited) and favorited[0] in _SITE_OF_TYPE:
                return _SITE_OF_TYPE[favorited[0]]
        return METAFILTER if self.question and self.question.byline.comments else ASK

    def _heading(self) -> tuple[str | None, Stamp | None]:
        """Title and date of the thread."""
        heading = next((block.start for block in self.page.blocks if "posttitle" in block.classes), None)
        if heading is None:
            return self._window_title(), None
        line = metafilter.find_header_date(fold_space(text_of(heading)))
        title = line.before if line else fold_space(text_of(heading))
        small = next((span for span in heading.iter("span") if "smallcopy" in classes_of(span)), None)
        if small is not None:
            line = metafilter.find_header_date(fold_space(text_of(small)))
            cut_from(small, heading)
            title = fold_space(text_of(heading))
        return title or self._window_title(), line.stamp if line else None

    def _window_title(self) -> str | None:
        """The title as the browser's window had it, which is cut where it is long."""
        return _TITLE_FRAME.sub("", fold_space(self._first_text("title"))) or None

    def _tags(self) -> tuple[str, ...]:
        tags: dict[str, None] = {}
        for link in self._all("a"):
            if "tag" in (link.get("rel") or "").lower().split() or "taglink" in classes_of(link):
                found = _TAG.search(_path(link.get("href") or ""))
                tag = unquote(re.sub(r"\.html?$", "", found[1])) if found else link.get("title") or text_of(link)
                tags[fold_space(tag)] = None
        return tuple(tag for tag in tags if tag)

    # --- Posts ----------------------------------------------------------------------------------------------------

    def _ask(self, copy: ThreadCopy) -> None:
        if self.question:
            byline = self.question.byline
            copy.asker, copy.anonymous = self.question.author, self.question.anonymous
            copy.category = self.question.category or byline.category
            copy.total = byline.total
            copy.favorites, copy.shows_favorites = self.question.favorites
            copy.body = self._body(self.question.block, self.question.span)
        elif self.unsigned_question is not None:
            copy.favorites = None
            copy.body = self._body(self.unsigned_question, None)
            copy.warnings += (Message("the page has no byline under its question"),)
        else:
            copy.favorites = None
            copy.warnings += (Message("the page has answers and no question"),)

    def _answer(self, copy: ThreadCopy, report: Report) -> None:
        seen: set[int] = set()
        order = {id(block): position for position, block in enumerate(self.page.blocks)}
        found: list[tuple[int, AnswerCopy]] = [(order[id(each.block)], self._answer_copy(each)) for each in self.answers]
        for block in self.unfinished:
            number = _number(block.anchor)
            copied = AnswerCopy(
                body=self._body(block, None),
                number=number,
                favorites=None,
                warnings=(Message("comment {number} has no byline", number=str(number)),),
            )
            found.append((order[id(block)], copied))
        found.sort(key=lambda each: each[0])
        marks_best = any(answer.best for _, answer in found) or self._since_best(copy.asked)
        for _, answer in found:
            if answer.number in seen:
                report.skip(Message("comment {number} is on the page twice", number=str(answer.number)))
                continue
            if answer.number:
                seen.add(answer.number)
            if answer.author is not None:
                answer.best = answer.best or (False if marks_best else None)
            copy.answers.append(answer)

    def _answer_copy(self, answer: Signed[AnswerByline]) -> AnswerCopy:
        favorites, shows = answer.favorites
        linked, favorited = self._time_link(answer), answer.favorited
        return AnswerCopy(
            body=self._body(answer.block, answer.span),
            author=answer.author,
            stamp=answer.byline.stamp,
            staff=answer.staff,
            favorites=favorites,
            shows_favorites=shows,
            best=True if answer.block.classes & {"best", "besta"} else None,
            number=_number(answer.block.anchor) or (linked and linked.comment) or (favorited[1] if favorited else None),
            anonymous=answer.anonymous,
        )

    def _since_best(self, asked: Stamp | None) -> bool:
        """Whether the asker could have marked best answers: on Ask MetaFilter alone, and not in its first year."""
        when = asked.utc() if asked and self.site == ASK else None
        return when is not None and when >= BEST_SINCE

    def _time_link(self, answer: Signed[AnswerByline]) -> metafilter.Address | None:
        """Where the answer's time leads, which is the answer itself."""
        for link in answer.links[1:]:
            href = link.get("href") or ""
            if "#" in href:
                page = self.address or f"https://{self.site}/"
                absolute = original_link(href, page, self.saved)
                address = absolute and metafilter.parse_address(absolute)
                if address and address.comment:
                    return address
                return metafilter.Address(self.site, None, _number(href.rpartition("#")[2]))
        return None

    def _body(self, block: Block, byline: Any) -> str:
        """Safe HTML of what stands in a block before its byline; without one, of the element that began the block."""
        part = block.root if byline is not None else block.start
        if byline is None:
            byline = next((span for span in reversed(list(small_spans(block))) if _begins_byline(text_of(span))), None)
        if byline is not None:
            cut_from(byline, block.root)
        for reason in [each for each in part.iter("p") if "reason" in classes_of(each)]:
            reason.clear(keep_tail=True)
        part.tail = None
        return markup.clean(etree.tostring(part, encoding="unicode", method="html"), self._resolve)

    def _resolve(self, href: str) -> str | None:
        if href.startswith("#"):
            return href if _number(href[1:]) else None
        url = original_link(href, self.address, self.saved)
        address = metafilter.parse_address(url) if url and "#" in url else None
        if address and address.comment and self.number and (address.site, address.thread) == (self.site, self.number):
            return f"#{address.comment}"
        return url

    # --- Pages that are no threads --------------------------------------------------------------------------------

    def _refusal(self, where: str) -> NotAThread | DamagedArchive:
        if "frameset" in self.page.tags:
            return NotAThread(Message("{source} is a frameset: what it shows is in other files", source=where))
        title = fold_space(self._first_text("title"))
        text = "".join(text_of(block.root)[:2_000] for block in self.page.blocks[:5])
        other = _other_page(title) or _other_page(fold_space(text)[:2_000])
        if other:
            return NotAThread(Message("{source} is {what}", source=where, what=other))
        path = _path(self.saved.url or "")
        for pattern, what in _PAGE_BY_PATH:
            if not self.number and re.match(pattern, path):
                return NotAThread(Message("{source} is {what}", source=where, what=what))
        listed = sum(1 for block in self.page.blocks if {"copy", "post"} <= block.classes)
        if listed or any("posttitle" in classes_of(heading) for heading in self._all("h2")):
            return NotAThread(Message("{source} is a front or index page, which lists threads", source=where))
        if self.number or any("posttitle" in block.classes for block in self.page.blocks):
            return DamagedArchive(
                Message(
                    "{source} is a thread's page without a question or an answer in it, or it is cut off before them",
                    source=where,
                )
            )
        return NotAThread(Message("{source} is a page of MetaFilter that has no question and no answers", source=where))

    def _all(self, tag: str) -> Iterator[Any]:
        for block in self.page.blocks:
            yield from block.root.iter(tag)

    def _first_text(self, tag: str) -> str:
        return next((text_of(element) for element in self._all(tag)), "")


def _other_page(text: str) -> str | None:
    """What a page is that says this of itself, if it is known to stand in place of threads."""
    return next((what for pattern, what in _OTHER_PAGES if re.search(pattern, text, re.IGNORECASE)), None)


def _begins_byline(text: str) -> bool:
    """Whether a span begins as a byline does, as far as the file goes."""
    return "posted by".startswith(fold_space(text[:200])[:9].lower())


def _number(text: str | None) -> int | None:
    """The number of a comment from an anchor's name, if it is one."""
    return int(text) or None if text and _DIGITS.fullmatch(text) else None


def _meta_name(meta: Any) -> str:
    return (meta.get("property") or meta.get("name") or "").lower()


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
