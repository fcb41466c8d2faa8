"""The addresses of the site. Each takes its parameters, asks the library, and hands one dataclass to one template."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, jsonify, make_response, render_template, request, send_from_directory

from indexer import shapes
from indexer.ask import Library
from indexer.errors import BadQuestion
from indexer.settings import Settings

from .asked import Reader
from .glance import Glances
from .views.about import about
from .views.home import home
from .views.search import ask, search
from .views.thread import thread
from .views.top import ask as ask_top
from .views.top import top

MOST: Final = 100
"""Answers that one request to the API may ask for."""


def add_routes(app: Flask, library: Library, settings: Settings, glances: Glances) -> None:
    """Put every address on the application."""
    _add_pages(app, library, settings, glances)
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

    @app.get("/thread/<path:thread_id>", endpoint="thread")
    def _thread(thread_id: str) -> str:
        page = thread(library.thread(thread_id), by_votes=request.args.get("order") == "votes")
        return render_template("thread.html", page=page)

    @app.get("/top", endpoint="top")
    def _top() -> str:
        reader = Reader(request.args)
        browsed = reader.browsed()
        return render_template("top.html", page=top(library, browsed, reader.notes, glances.newest(), settings))

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

    @app.get("/api/", endpoint="api_nothing", defaults={"address": ""})
    @app.get("/api/<path:address>", endpoint="api_nothing")
    def _nothing(address: str) -> Response:
        there_are = "There are /api/search?q=, /api/thread/ID and /api/top"
        return make_response(jsonify({"error": f"There is no /api/{address}", "hint": there_are}), 404)


def _refuse(reader: Reader) -> None:
    if reader.notes:
        raise BadQuestion(" ".join(reader.notes).rstrip("."), "Leave the parameter out, or give it a value of its kind")
