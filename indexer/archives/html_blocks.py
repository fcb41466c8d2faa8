"""A page of HTML cut into blocks, each with a small tree of its own.

For pages whose markup cannot be trusted to balance: a block ends where the next one begins, whatever is still open, so
an unclosed `<em>` or a missing `</div>` in one post never reaches the next. The parser is lxml's (libxml2), driven by
events: one pass, linear in the size of the page, no tree of the whole page and so no limit on its depth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

MAX_DEPTH: Final = 100
"""Open elements in one block; tags nested deeper are left out, their text stays."""

MAX_COMMENTS: Final = 50
"""Comments of the page that are kept, whole ones of up to MAX_COMMENT code points."""

MAX_COMMENT: Final = 5_000

_DROPPED: Final = frozenset("script style svg math iframe object embed textarea select button".split())
_TRANSPARENT: Final = frozenset({"noscript", "template"})
"""Elements that are left out without their content, since they are shown where scripts do not run."""

_KEPT: Final = frozenset("class id name href title alt rel content property value charset".split())
_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,20}")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(slots=True, eq=False)
class Block:
    """A part of the page: `root` holds the element that began it and whatever follows up to the next block's beginning.

    The first block of a page begins with the page itself. Elements carry only attributes that say what they are or where
    they lead; scripts, styles and drawings are left out.
    """

    root: Any
    """The lxml element `block`, a wrapper that is no part of the page."""
    start: Any
    """The element that began the block, as the wrapper's first child; the wrapper itself in the page's first block."""
    anchor: str | None = None
    """The name of an empty `<a name=…>` that stands directly before the block."""
    inside: frozenset[str] = frozenset()
    """The ids of the elements that were open where the block began."""
    unclosed: tuple[Any, ...] = ()
    """Elements of the block that were still open where the file ended."""

    @property
    def classes(self) -> frozenset[str]:
        return classes_of(self.start)


def classes_of(element: Any) -> frozenset[str]:
    """The class names of an element, in lower case."""
    return frozenset((element.get("class") or "").lower().split())


def text_of(element: Any) -> str:
    """All text in an element."""
    return "".join(element.itertext())


@dataclass(slots=True)
class Page:
    """A page as blocks in order, and the comments in it."""

    blocks: list[Block] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    """Names of the elements the page has, of those that are not dropped."""


def cut(text: str, begins: Callable[[str, frozenset[str]], bool], containers: frozenset[str] = frozenset()) -> Page:
    """Cut a page into blocks. `begins` says whether an element, by its name and classes, begins one.

    `containers` are the ids of elements that blocks are to know of when they stand inside.
    """
    cutter = _Cutter(begins, containers)
    # Typed loosely: the hints ask a target for methods that lxml does not.
    target: Any = cutter
    parser = etree.HTMLParser(target=target, huge_tree=True)
    # Fed in one piece: what is open after that and before `close` is open because the file ends there.
    parser.feed(text or " ")
    cutter.ended()
    parser.close()
    return cutter.page


class _Cutter:
    """The parser's target: builds one small tree after another."""

    def __init__(self, begins: Callable[[str, frozenset[str]], bool], containers: frozenset[str]) -> None:
        self.page = Page()
        self._begins = begins
        self._containers = containers
        self._open: list[tuple[Any, str | None]] = []
        """What is open on the page: the element, or None where it is left out, and its id if it is a container."""
        self._inside: list[str] = []
        self._base = 0
        """How much of that was open when the present block began, and is no part of it."""
        self._dropping = 0
        """How many open elements are inside one that is left out with its content, itself included."""
        self._anchor: str | None = None
        # Typed loosely: the hints know nothing of the element that `start` returns.
        self._builder: Any
        self._builder = etree.TreeBuilder()
        root: Any = self._builder.start("block", {})
        self._block = Block(root, root)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        begins = self._begins(tag, frozenset((attributes.get("class") or "").lower().split()))
        if begins:
            self._begin()
        elif self._dropping or tag in _DROPPED:
            self._dropping += 1
            self._open.append((None, None))
            return
        self.page.tags.add(tag)
        kept = {name: _CONTROLS.sub("", value or "") for name, value in attributes.items() if name in _KEPT}
        self._anchor = (kept.get("name") or kept.get("id")) if tag == "a" else None
        container = kept.get("id") if kept.get("id") in self._containers else None
        if container:
            self._inside.append(container)
        if tag in _TRANSPARENT or len(self._open) - self._base >= MAX_DEPTH:
            self._open.append((None, container))
            return
        element: Any = self._builder.start(tag if _NAME.fullmatch(tag) else "span", kept)
        self._open.append((element, container))
        if begins:
            self._block.start = element

    def end(self, _tag: str) -> None:
        if not self._open:
            return
        element, container = self._open.pop()
        if container:
            self._inside.pop()
        if len(self._open) < self._base:
            self._base -= 1
        elif self._dropping:
            self._dropping -= 1
        elif element is not None:
            self._builder.end(element.tag)

    def data(self, data: str) -> None:
        if not self._dropping:
            if self._anchor and not data.isspace():
                self._anchor = None
            self._builder.data(_CONTROLS.sub("", data))

    def comment(self, text: str) -> None:
        if len(self.page.comments) < MAX_COMMENTS and len(text) <= MAX_COMMENT:
            self.page.comments.append(text)

    def pi(self, target: str, data: str | None = None) -> None:
        """Processing instructions are nothing to a browser."""

    def ended(self) -> None:
        """The file has ended; whatever is open now was never closed."""
        self._block.unclosed = tuple(element for element, _ in self._open[self._base :] if element is not None)

    def close(self) -> None:
        self._finish()

    def _begin(self) -> None:
        anchor, inside = self._anchor, frozenset(self._inside[-MAX_DEPTH:])
        self._finish()
        self._base = len(self._open)
        self._dropping = 0
        self._builder = etree.TreeBuilder()
        self._block = Block(self._builder.start("block", {}), None, anchor, inside)

    def _finish(self) -> None:
        for element, _ in reversed(self._open[self._base :]):
            if element is not None:
                self._builder.end(element.tag)
        self._builder.end("block")
        self._builder.close()
        self.page.blocks.append(self._block)
