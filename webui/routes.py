"""The addresses of the site. Each takes its parameters, asks the library, and hands one dataclass to one template."""

from __future__ import annotations

from flask import Flask, Response, redirect, render_template, request, send_from_directory, url_for
from werkzeug.wrappers import Response as BaseResponse

from indexer.library import Library
from indexer.settings import Settings

from .api.addresses import add_api
from .asked import Reader
from .browse_routes import add_browsing
from .glance import Glances
from .views.home import home
from .views.library import library as about_library
from .views.search import search


def add_routes(app: Flask, library: Library, settings: Settings, glances: Glances) -> None:
    """Put every address on the application."""
    _add_pages(app, library, settings, glances)
    add_browsing(app, library, settings, glances)
    add_api(app, library, settings, glances)

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

    @app.get("/library", endpoint="library")
    def _library() -> str:
        page = about_library(glances.newest(), library.coverage(), Reader(request.args).page(), settings)
        return render_template("library.html", page=page)

    @app.get("/about", endpoint="about")
    def _about() -> BaseResponse:
        return redirect(url_for("library"), 301)
