"""The addresses of the site. Each takes its parameters, asks the library, and hands one dataclass to one template."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from flask import Flask, Response, jsonify, make_response, render_template, request, send_from_directory

from indexer import shapes
from indexer.errors import BadQuestion
from indexer.library import Library
from indexer.settings import Settings

from .asked import Reader
from .browse_routes import add_browsing
from .glance import Glances
from .views.about import about
from .views.home import home
from .views.search import ask, search
from .views.top import ask as ask_top

MOST: Final = 100
"""Answers that one request to the API may ask for."""


COMPLETIONS: Final = 8
NEIGHBOURS: Final = 5


def add_routes(app: Flask, library: Library, settings: Settings, glances: Glances) -> None:
    """Put every address on the application."""
    _add_pages(app, library, settings, glances)
    add_browsing(app, library, settings, glances)
    _add_api(app, library, settings)

    def favicon() -> Response:
        return send_from_directory(str(app.static_folder), "mark.svg")

    for address in ("/favicon", "/favicon.ico", "/favicon.svg"):
        app.add_url_rule(address, "favicon", favicon)


def _add_pages(app: Flask, library: Library, settings: Settings, glances: Glances) -> None:
    @app.get("/", endpoint="home")
    def _home() -> str:
        return render_template("home.html", page=home(glances.newest(), settings))

    @app.get("/search", endpoint="search")
    def _search() -> str:
        reader = Reader(request.args)
        asked = reader.asked(settings.dial)
        page = search(library, asked, reader.notes, glances.newest(), settings)
        return render_template("search.html", page=page)

    @app.get("/about", endpoint="about")
    def _about() -> str:
        return render_template("about.html", page=about(glances.newest(), Reader(request.args).page(), settings))


def _add_api(app: Flask, library: Library, settings: Settings) -> None:
    """The same as JSON. What a page would note and pass over is an error here: programs read no notes."""

    @app.get("/api/search", endpoint="api_search")
    def _search() -> Response:
        reader = Reader(request.args)
        asked = reader.asked(settings.dial, grouped=False)
        n = reader.number("n", "number of answers", 1, MOST) or settings.results
        _refuse(reader)
        return jsonify(shapes.results(ask(library, asked, n)))

    @app.get("/api/thread/<path:thread_id>", endpoint="api_thread")
    def _thread(thread_id: str) -> Response:
        return jsonify(shapes.thread(library.thread(thread_id)))

    @app.get("/api/top", endpoint="api_top")
    def _top() -> Response:
        reader = Reader(request.args)
        browsed, n = reader.browsed(), reader.number("n", "number of answers", 1, MOST) or settings.results
        _refuse(reader)
        return jsonify(shapes.results(ask_top(library, browsed, n)))

    @app.get("/api/complete", endpoint="api_complete")
    def _complete() -> Response:
        reader = Reader(request.args)
        typed, n = reader.typed("q"), reader.number("n", "number of completions", 1, MOST) or COMPLETIONS
        _refuse(reader)
        found = library.complete(typed, n)
        if request.args.get("format") == "opensearch":
            said = make_response(jsonify([typed, [completion.text for completion in found]]))
            said.headers["Content-Type"] = "application/x-suggestions+json"
            return said
        return jsonify({"question": typed, "completions": list(map(asdict, found))})

    @app.get("/api/similar", endpoint="api_similar_to")
    def _similar_to() -> Response:
        reader = Reader(request.args)
        asked, n = reader.text("q"), reader.number("n", "number of threads", 1, MOST) or NEIGHBOURS
        _refuse(reader)
        return jsonify({"question": asked, "similar": shapes.neighbours(library.similar_to(asked, n))})

    @app.get("/api/similar/<path:thread_id>", endpoint="api_similar")
    def _similar(thread_id: str) -> Response:
        reader = Reader(request.args)
        n = reader.number("n", "number of threads", 1, MOST) or NEIGHBOURS
        _refuse(reader)
        return jsonify({"thread_id": thread_id, "similar": shapes.neighbours(library.similar(thread_id, n))})

    @app.get("/api/", endpoint="api_nothing", defaults={"address": ""})
    @app.get("/api/<path:address>", endpoint="api_nothing")
    def _nothing(address: str) -> Response:
        there_are = "There are /api/search?q=, /api/thread/ID, /api/top, /api/complete?q= and /api/similar/ID"
        return make_response(jsonify({"error": f"There is no /api/{address}", "hint": there_are}), 404)


def _refuse(reader: Reader) -> None:
    if reader.notes:
        raise BadQuestion(" ".join(reader.notes).rstrip("."), "Leave the parameter out, or give it a value of its kind")
