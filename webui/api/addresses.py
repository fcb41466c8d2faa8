"""Which addresses are there for programs, and what does each give? One table, which is served and which the document shows."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any, Final

from flask import Flask, Response, current_app, jsonify, make_response, request

from indexer import __version__, shapes
from indexer.ask import Results
from indexer.library import Library
from indexer.settings import Settings

from .. import build_routes
from ..asked import Asked
from ..glance import Glances
from ..views import library as about_library
from . import exports, feeds, openapi
from .address import Address, Given
from .lists import LISTS, among
from .parameters import ASKED, BROWSED, LIKE, PAGED, THREAD, TYPED, Parameter, how_many
from .schemas import Schema, ref

COMPLETIONS: Final = 8
NEIGHBOURS: Final = 5


def _index(given: Given) -> dict[str, Any]:
    glance = given.glances.newest()
    return {
        "askive": __version__,
        "threads": glance.threads,
        "answers": glance.answers,
        "posts": glance.posts,
        "addresses": [{"address": openapi.template(address.rule), "about": address.about} for address in ADDRESSES],
    }


def _document(_given: Given) -> dict[str, Any]:
    return openapi.document(ADDRESSES)


def _ask(given: Given, asked: Asked, n: int, offset: int = 0) -> Results:
    return given.library.ask(
        asked.question,
        n=n,
        offset=offset,
        dial=asked.dial,
        sort=asked.sort,
        grouped=asked.grouped,
        thread=asked.thread,
        within=asked.within,
        exact=asked.exact,
    )


def _search(given: Given) -> dict[str, Any]:
    n = given.n()
    return given.page(_ask(given, given.asked(), n, given.offset(n)))


def _top(given: Given) -> dict[str, Any]:
    browsed, n = given.reader.browsed(), given.n()
    offset = given.offset(n)
    with given.library.browse() as browsing:
        found = browsing.answers("top", among(browsed), raw=browsed.raw, n=n, offset=offset)
    return given.page(found)


def _newest(given: Given) -> dict[str, Any]:
    n = given.n()
    return given.page(given.library.newest(n=n, offset=given.offset(n)))


def _thread(given: Given) -> dict[str, Any]:
    return shapes.thread(given.library.thread(given.path["thread_id"]))


def _complete(given: Given) -> Response | dict[str, Any]:
    typed = given.reader.typed("q")
    found = given.library.complete(typed, given.n(COMPLETIONS))
    if request.args.get("format") == "opensearch":
        said = make_response(jsonify([typed, [completion.text for completion in found]]))
        said.headers["Content-Type"] = "application/x-suggestions+json"
        return said
    return {"question": typed, "completions": list(map(asdict, found))}


def _similar_to(given: Given) -> dict[str, Any]:
    asked = given.reader.text("q")
    return {"question": asked, "similar": shapes.neighbours(given.library.similar_to(asked, given.n(NEIGHBOURS)))}


def _similar(given: Given) -> dict[str, Any]:
    thread_id = given.path["thread_id"]
    found = given.library.similar(thread_id, given.n(NEIGHBOURS))
    return {"thread_id": thread_id, "similar": shapes.neighbours(found)}


def _library(given: Given) -> dict[str, Any]:
    n = given.n(about_library.ROWS)
    offset, glance = given.offset(n), given.glances.newest()
    archives = about_library.in_order(glance.archives)
    page = archives[offset : offset + n]
    return {
        "threads": glance.threads,
        "answers": glance.answers,
        "posts": glance.posts,
        "engine": glance.engine,
        "engine_why": glance.engine_why,
        "meaning": glance.meaning,
        "generation": glance.generation,
        "written": glance.written,
        "bytes": {"index": glance.index_bytes, "store": glance.store_bytes},
        **given.library.coverage().as_json(),
        "archives": [about_library.shown(archive, given.settings.library) for archive in page],
        "next": given.following(offset + len(page), len(archives)) if page else None,
    }


def _build(given: Given) -> dict[str, Any]:
    return build_routes.shape(current_app.extensions["rebuilds"].state, given.settings.library)


def _export_search(given: Given, form: exports.Form) -> Response:
    asked = given.asked()
    stream = given.library.every(
        asked.question,
        dial=asked.dial,
        sort=asked.sort,
        grouped=asked.grouped,
        thread=asked.thread,
        within=asked.within,
        exact=asked.exact,
    )
    return exports.send(stream, form, f"{asked.question} {asked.category or ''}")


def _export_top(given: Given, form: exports.Form) -> Response:
    browsed = given.reader.browsed()
    stream = given.library.every_on("top", among(browsed), raw=browsed.raw)
    return exports.send(stream, form, f"top {browsed.category or ''} {browsed.year or ''}")


def _feed_search(given: Given) -> Response:
    # A feed is read for what is new in it, so that comes first unless the address says otherwise.
    asked = given.asked()
    asked = asked if "sort" in request.args else asked.but(sort="newest")
    stamp = given.library.stamp()
    return feeds.of_search(asked, _ask(given, asked, given.n(feeds.ENTRIES)), stamp, given.settings)


def _feed_newest(given: Given) -> Response:
    stamp = given.library.stamp()
    return feeds.of_newest(given.library.newest(n=given.n(feeds.ENTRIES)), stamp, given.settings)


def _opensearch(given: Given) -> Response:
    return feeds.opensearch(given.settings)


def _json(schema: str) -> dict[str, Schema]:
    return {"application/json": ref(schema)}


_CSV: Final[dict[str, Schema]] = {exports.CSV.media: {"type": "string"}}
_JSONL: Final[dict[str, Schema]] = {exports.JSONL.media: {"type": "string"}}
_ATOM: Final[dict[str, Schema]] = {feeds.ATOM: {"type": "string"}}
_ANSWERS: Final = how_many("answers", 10)
_FORMAT: Final = Parameter(
    "format", "The form: an object, or the list that browsers know.", {"type": "string", "enum": ["json", "opensearch"]}
)

ADDRESSES: Final = (
    Address(
        rule="/api/",
        name="index",
        about="What is in the library, and which addresses there are.",
        give=_index,
        content=_json("Index"),
    ),
    Address(rule="/api/openapi.json", name="document", about="This document.", give=_document, content=_json("Document")),
    Address(
        rule="/api/search",
        name="search",
        about="The best answers to a question.",
        give=_search,
        parameters=(*ASKED, _ANSWERS, *PAGED),
        content=_json("Results"),
        gives="A page of ranked answers.",
        errors=(404, 410),
    ),
    Address(
        rule="/api/top",
        name="top",
        about="The best-rated answers.",
        give=_top,
        parameters=(*BROWSED, _ANSWERS, *PAGED),
        content=_json("Results"),
        gives="A page of answers.",
        errors=(410,),
    ),
    Address(
        rule="/api/newest",
        name="newest",
        about="The answers that were written last.",
        give=_newest,
        parameters=(_ANSWERS, *PAGED),
        content=_json("Results"),
        gives="A page of answers.",
        errors=(410,),
    ),
    Address(
        rule="/api/thread/<path:thread_id>",
        name="thread",
        about="A thread whole.",
        give=_thread,
        parameters=(THREAD,),
        content=_json("Thread"),
        errors=(404,),
    ),
    *LISTS,
    Address(
        rule="/api/complete",
        name="complete",
        about="What a question that is being typed may become.",
        give=_complete,
        parameters=(TYPED, how_many("completions", COMPLETIONS), _FORMAT),
        content={"application/json": ref("Completions"), "application/x-suggestions+json": ref("Suggestions")},
    ),
    Address(
        rule="/api/similar",
        name="similar_to",
        about="The threads whose questions are most like a typed one.",
        give=_similar_to,
        parameters=(LIKE, how_many("threads", NEIGHBOURS)),
        content=_json("SimilarTo"),
    ),
    Address(
        rule="/api/similar/<path:thread_id>",
        name="similar",
        about="The threads whose questions are most like that of a thread.",
        give=_similar,
        parameters=(THREAD, how_many("threads", NEIGHBOURS)),
        content=_json("Similar"),
        errors=(404,),
    ),
    Address(
        rule="/api/library",
        name="library",
        about="What is in the library by year, votes, category and month, and which archives it was read from.",
        give=_library,
        parameters=(how_many("archives", about_library.ROWS), *PAGED),
        content=_json("Library"),
        gives="Counts, and a page of archives.",
        errors=(410,),
    ),
    Address(
        rule="/api/build",
        name="build",
        about="How the build goes that was started from a browser, or how the last one ended.",
        give=_build,
        content=_json("Build"),
    ),
    Address(
        rule="/search.csv",
        name="search_csv",
        about="All answers to a question as a table.",
        give=partial(_export_search, form=exports.CSV),
        parameters=ASKED,
        content=_CSV,
        gives=exports.CSV.about,
        errors=(404,),
    ),
    Address(
        rule="/search.jsonl",
        name="search_jsonl",
        about="All answers to a question, one JSON object a line.",
        give=partial(_export_search, form=exports.JSONL),
        parameters=ASKED,
        content=_JSONL,
        gives=exports.JSONL.about,
        errors=(404,),
    ),
    Address(
        rule="/top.csv",
        name="top_csv",
        about="All rated answers as a table.",
        give=partial(_export_top, form=exports.CSV),
        parameters=BROWSED,
        content=_CSV,
        gives=exports.CSV.about,
    ),
    Address(
        rule="/top.jsonl",
        name="top_jsonl",
        about="All rated answers, one JSON object a line.",
        give=partial(_export_top, form=exports.JSONL),
        parameters=BROWSED,
        content=_JSONL,
        gives=exports.JSONL.about,
    ),
    Address(
        rule="/search.atom",
        name="search_feed",
        about="A search as a feed, newest answers first unless `sort` says otherwise.",
        give=_feed_search,
        parameters=(*ASKED, how_many("answers", feeds.ENTRIES)),
        content=_ATOM,
        gives="An Atom feed (RFC 4287).",
        errors=(404,),
    ),
    Address(
        rule="/newest.atom",
        name="newest_feed",
        about="The answers that were written last, as a feed.",
        give=_feed_newest,
        parameters=(how_many("answers", feeds.ENTRIES),),
        content=_ATOM,
        gives="An Atom feed (RFC 4287).",
    ),
    Address(
        rule="/opensearch.xml",
        name="opensearch",
        about="What a browser needs to add Askive to its search engines.",
        give=_opensearch,
        content={feeds.OPENSEARCH: {"type": "string"}},
        gives="An OpenSearch 1.1 description.",
    ),
)
"""All of them, in the order of the document."""


def add_api(app: Flask, library: Library, settings: Settings, glances: Glances) -> None:
    """Put every address for programs on the application."""

    def serve(address: Address, **path: str) -> Response:
        given = address.give(Given(library, settings, glances, address, **path))
        return given if isinstance(given, Response) else make_response(jsonify(given))

    for address in ADDRESSES:
        app.add_url_rule(address.rule, f"api_{address.name}", partial(serve, address))

    def nothing(address: str) -> Response:
        said = {"error": f"There is no /api/{address}", "hint": "/api/ lists what there is, /api/openapi.json describes it"}
        return make_response(jsonify(said), 404)

    app.add_url_rule("/api/<path:address>", "api_nothing", nothing)
