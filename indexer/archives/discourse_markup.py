"""The `cooked` HTML of Discourse posts to safe HTML: what a person wrote stays, what the software put around it goes.

- A quotation of another post becomes a block quote with the quoted person's name in front. An elided mail trail, too, is a
  quotation.
- A onebox, the preview of a linked page, holds somebody else's words: the link stays.
- Emoji become their names (`:smile:`), the frame of a picture becomes the picture, mentions and hashtags become plain text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lxml.etree import LxmlError
from lxml.html import HtmlElement, HTMLParser, fragment_fromstring, tostring
from lxml.html.builder import E

from .. import markup

_PREVIEWS: Final = frozenset({"onebox", "lazyYT", "lazy-video-container", "youtube-onebox", "vimeo-onebox", "tiktok-onebox"})
_FURNITURE: Final = frozenset({"anchor", "avatar", "footnote-backref", "poll-info", "poll-buttons", "quote-controls"})
_PLAIN: Final = frozenset({"mention", "mention-group", "hashtag", "hashtag-cooked", "lightbox"})

# To what elements are renamed, in place: taking one out would copy the text around it each time.
_TEXT: Final = "span"
_NOTHING: Final = "object"


def clean(cooked: str, resolve: Callable[[str], str | None]) -> str:
    """Safe HTML for a post; `resolve` as for `markup.clean`."""
    cooked = cooked[: markup.MAX_BODY]
    if "class=" in cooked:
        parser = HTMLParser(huge_tree=True)
        try:
            root = fragment_fromstring(cooked, create_parent="div", parser=parser)
        except (LxmlError, ValueError):
            root = None
        # What is nested too deeply would be lost: better with its furniture than not at all.
        if root is not None and not parser.error_log.filter_from_fatals():
            _undress(root)
            cooked = tostring(root, encoding="unicode")
    return markup.clean(cooked, resolve)


def _undress(root: HtmlElement) -> None:
    for element in root.iter("a", "aside", "details", "div", "img"):
        classes = frozenset((element.get("class") or "").split())
        if not classes:
            continue
        if element.tag in {"aside", "div"} and classes & _PREVIEWS:
            _link(element)
        elif element.tag == "aside" and "quote" in classes:
            _quotation(element)
        elif element.tag == "details" and "elided" in classes:
            element.tag = "blockquote"
            for summary in element.findall("summary"):
                summary.tag = _NOTHING
        elif element.tag == "img" and "emoji" in classes:
            element.tag, element.text = _TEXT, element.get("title") or element.get("alt")
        elif classes & _FURNITURE or ("meta" in classes and _is_in_frame(element)):
            element.tag = _NOTHING
        elif element.tag == "a" and classes & _PLAIN:
            element.tag = _TEXT


def _quotation(aside: HtmlElement) -> None:
    """Move the name above a quotation into it, so that both are seen to be a quotation."""
    quoted = aside.find("blockquote")
    title = next((div for div in aside.findall("div") if "title" in (div.get("class") or "").split()), None)
    if quoted is not None and title is not None:
        name = " ".join(title.text_content().split())
        title.tag = _NOTHING
        paragraph = E.p(name)
        paragraph.tail, quoted.text = quoted.text, None
        quoted.insert(0, paragraph)


def _link(preview: HtmlElement) -> None:
    """Leave of a preview the address that it is of, which is what its writer typed."""
    links = (link.get("href") for link in preview.iter("a"))
    address = preview.get("data-onebox-src") or next((href for href in links if href), None)
    preview.clear(keep_tail=True)
    preview.tag = "p"
    if address:
        preview.append(E.a(address, href=address))


def _is_in_frame(element: HtmlElement) -> bool:
    parent = element.getparent()
    # A frame that was come by before has its new name already, not a new class.
    return parent is not None and (parent.get("class") or "").startswith("lightbox")
