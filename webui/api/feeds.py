"""What a feed reader and a browser's search box take: Atom feeds of answers, and the OpenSearch description.

Both name this server by its whole address, since what reads them keeps it: the one that is set, or else the one that it was
asked under. What a request says of proxies is not believed, since anybody can say it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode, urljoin
from uuid import NAMESPACE_URL, uuid5

from flask import Response, abort, render_template, request, url_for

from indexer.ask import Results
from indexer.settings import Settings
from indexer.showing import RankedAnswer

from .. import addresses
from ..asked import Asked
from ..language import say

ATOM: Final = "application/atom+xml"
OPENSEARCH: Final = "application/opensearchdescription+xml"

ENTRIES: Final = 30

_HOST: Final = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands where nobody knows when an answer was written or saved, since a feed has to say something."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer of a feed."""

    id: str
    title: str
    href: str
    author: str
    published: datetime | None
    updated: datetime
    category: str | None
    summary: str
    body: str
    """Safe HTML."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed."""

    id: str
    title: str
    self_href: str
    page_href: str
    updated: datetime
    entries: tuple[Entry, ...]


def of_search(asked: Asked, results: Results, stamp: str, settings: Settings) -> Response:
    """The feed of a saved search."""
    as_page = asked if "sort" in request.args else asked.but(sort="best")
    return _feed(_said(asked), addresses.search(as_page.but(grouped=True), settings), results, stamp, settings)


def _said(asked: Asked) -> str:
    """A search in few words: what was typed, and what was chosen among it."""
    chosen = (asked.site, asked.category, *asked.tags)
    return " · ".join(filter(None, (asked.question, *chosen))) or say("answers")


def of_newest(results: Results, stamp: str, settings: Settings) -> Response:
    """The feed of the answers that were written last."""
    return _feed("", url_for("home"), results, stamp, settings)


def _feed(asked: str, page: str, results: Results, stamp: str, settings: Settings) -> Response:
    here = _here(settings)
    # What is asked makes the feed what it is, not where the server is found, nor the order of the parameters.
    said = urlencode(sorted((name, value) for name, value in request.args.items(multi=True) if name != "n"))
    feed = Feed(
        id=_urn(f"feed:{request.path}?{said}"),
        title=_xml(f"Askive: {asked}" if asked else "Askive: newest answers"),
        self_href=_xml(urljoin(here, request.full_path.rstrip("?"))),
        page_href=_xml(urljoin(here, page)),
        updated=_written(stamp),
        entries=tuple(_entry(answer, here) for answer in results.answers),
    )
    return Response(render_template("feed.xml", feed=feed), content_type=f"{ATOM}; charset=utf-8")


def _entry(ranked: RankedAnswer, here: str) -> Entry:
    post = ranked.answer
    return Entry(
        id=_urn(f"post:{post.id}"),
        title=_xml(ranked.title),
        href=_xml(urljoin(here, addresses.thread(post.thread_id, post))),
        author=_xml((None if post.anonymous else post.author) or "anonymous"),
        published=post.written,
        updated=post.written or post.captured or _NEVER,
        category=ranked.category and _xml(ranked.category),
        summary=_xml("".join(span.text for span in ranked.snippet)),
        body=_xml(post.body),
    )


def opensearch(settings: Settings) -> Response:
    """What a browser needs to add Askive to its search engines, completions included."""
    here = _here(settings)
    page = urljoin(here, url_for("search")) + "?q={searchTerms}"
    suggestions = urljoin(here, url_for("api_complete")) + "?q={searchTerms}&format=opensearch"
    text = render_template(
        "opensearch.xml",
        page=page,
        suggestions=suggestions,
        itself=urljoin(here, url_for("api_opensearch")),
        home=urljoin(here, url_for("home")),
        icon=urljoin(here, url_for("static", filename="mark.svg")),
    )
    return Response(text, content_type=f"{OPENSEARCH}; charset=utf-8")


def _here(settings: Settings) -> str:
    """The address of this server, with a slash at its end. A Host header that is none is not written anywhere."""
    if settings.url:
        return f"{settings.url.rstrip('/')}/"
    host = request.environ.get("HTTP_HOST") or "{SERVER_NAME}:{SERVER_PORT}".format_map(request.environ)
    if not _HOST.fullmatch(host):
        abort(400)
    return f"{request.scheme}://{host}/"


def _urn(name: str) -> str:
    """An id that is the same on every server and never another's."""
    return uuid5(NAMESPACE_URL, f"askive:{name}").urn


def _written(stamp: str) -> datetime:
    try:
        return datetime.fromisoformat(stamp.partition(" ")[0])
    except ValueError:
        return _NEVER


def _xml(text: str) -> str:
    """The text without the characters that no XML document may hold, however they are written."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
