"""The byline of a question or an answer as a page has it: a span of links, whose targets say more than the line's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from .html_blocks import Block, classes_of, text_of
from .metafilter import (
    ANONYMOUS_USER,
    AnswerByline,
    QuestionByline,
    fold_space,
    parse_answer_byline,
    parse_question_byline,
)

Byline = TypeVar("Byline", AnswerByline, QuestionByline)

MAX_LINE: Final = 4_000
"""Code points of a span that may be a byline, its indentation included."""

_FAVORITED: Final = re.compile(r"/favorited/(\d{1,2})/(\d{1,10})")
_COUNT: Final = re.compile(r"\d{1,3}(?:,\d{3}){1,2}|\d{1,9}")
_USER: Final = re.compile(r"/user/(\d{1,9})\b")
_TOTAL: Final = re.compile(r"\((?:\d[\d,]*|no) (?:answer|comment)s?(?: total)?\)")
_POSTED: Final = "posted by "


@dataclass(slots=True)
class Signed(Generic[Byline]):
    """A block with the byline that was found in it."""

    block: Block
    span: Any
    byline: Byline

    @property
    def links(self) -> list[Any]:
        return list(self.span.iter("a"))

    @property
    def author(self) -> str:
        """The name as linked: the line's text alone cannot tell a name that has " at " or " to " in it."""
        line = fold_space(text_of(self.span))[len(_POSTED) :]
        linked = next((name for link in self.links if (name := fold_space(text_of(link)))), "")
        return linked if linked and line.startswith(linked) else self.byline.author

    @property
    def anonymous(self) -> bool:
        """By the account that all anonymous questions share."""
        found = _USER.search(self.links[0].get("href") or "") if self.links else None
        return found is not None and int(found[1]) == ANONYMOUS_USER

    @property
    def staff(self) -> bool:
        return self.byline.staff or any("staff" in classes_of(link) for link in self.links)

    @property
    def category(self) -> str | None:
        """What is linked after the line's "to"."""
        for link in self.links[1:]:
            previous, parent = link.getprevious(), link.getparent()
            before = previous.tail if previous is not None else parent.text
            if fold_space(before or "").rpartition(" ")[2] == "to":
                return fold_space(text_of(link)) or None
        return None

    @property
    def favorites(self) -> tuple[int | None, bool]:
        """How many favorites, None where the page hides it, and whether the line has a clause of them at all."""
        for link in self.links:
            if _FAVORITED.search(link.get("href") or ""):
                words = fold_space(text_of(link))
                count = _COUNT.search(words) or _COUNT.search(link.get("title") or "")
                if count:
                    return int(count[0].replace(",", "")), True
        return self.byline.favorites, self.byline.shows_favorites

    @property
    def favorited(self) -> tuple[int, int] | None:
        """Type and number of the post, as the link to its favorites has them."""
        found = next((found for link in self.links if (found := _FAVORITED.search(link.get("href") or ""))), None)
        return (int(found[1]), int(found[2])) if found else None


def small_spans(block: Block) -> Iterator[Any]:
    """The spans that may hold a byline, in page order."""
    return (span for span in block.root.iter("span") if not classes_of(span).isdisjoint({"smallcopy", "postbyline"}))


def signed(block: Block, read: Callable[[str], Byline | None]) -> Signed[Byline] | None:
    """The block with its byline, if it has one.

    The last that is the block's own child is it; else the last deeper in it (an unclosed `<em>` swallows the byline);
    else the first after it (one `</div>` too many). A byline in which the file ends is none: its date may be half.
    """
    own: Signed[Byline] | None = None
    deeper: Signed[Byline] | None = None
    after: Signed[Byline] | None = None
    for span in small_spans(block):
        if any(span is unclosed for unclosed in block.unclosed):
            continue
        text = fold_space(text_of(span)[:MAX_LINE])
        byline = read(text) if text.lower().startswith(_POSTED) else None
        if byline is None:
            continue
        found = Signed(block, span, byline)
        if span.getparent() is block.start:
            own = found
        elif any(above is block.start for above in span.iterancestors()):
            deeper = found
        else:
            after = after or found
    return own or deeper or after


def answer_byline(text: str) -> AnswerByline | None:
    """The byline of an answer, also with controls after it that nobody has met yet."""
    byline = parse_answer_byline(text)
    line = text
    for _ in range(10):
        if byline is not None or " [" not in line:
            break
        line = line.rpartition(" [")[0]
        byline = parse_answer_byline(line)
    if byline is not None and "favorite" in text[len(line) :]:
        return replace(byline, favorites=None, shows_favorites=True)
    return byline


def question_byline(text: str) -> QuestionByline | None:
    """The byline of a question, also with controls after it that nobody has met yet."""
    byline = parse_question_byline(text)
    total = _TOTAL.search(text) if byline is None else None
    return parse_question_byline(text[: total.end()]) if total else byline


def cut_from(span: Any, root: Any) -> None:
    """Remove from the tree under `root` the span, and whatever stands after it on the page."""
    element = span
    while element is not root:
        parent = element.getparent()
        for later in list(element.itersiblings()):
            parent.remove(later)
        element.tail = None
        if element is span:
            parent.remove(element)
        element = parent
