"""The addresses of what is leafed through, and of threads: pages, whose twins for programs are in `api/lists`."""

from __future__ import annotations

import json
from typing import Final

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from indexer.browsing import Shelf
from indexer.citation import Citation
from indexer.library import Library
from indexer.settings import Settings

from . import addresses
from .asked import Asked, Reader
from .browsed import PERSON_ORDERS, TAG_ORDERS, crowd, listed
from .glance import Glances
from .views import browse, people
from .views import threads as lists
from .views.cite import FORMS, cite
from .views.thread import Reading, thread
from .views.top import top

MOST: Final = 100
"""Things that one request to the API may ask for."""


def add_browsing(app: Flask, library: Library, settings: Settings, glances: Glances) -> None:
    """Put the addresses on the application."""
    _add_thread(app, library, settings)
    _add_shelves(app, library, settings, glances)
    _add_lists(app, library, settings, glances)


def _add_thread(app: Flask, library: Library, settings: Settings) -> None:
    @app.get("/thread/<path:thread_id>", endpoint="thread")
    def _thread(thread_id: str) -> str:
        whole = library.thread(thread_id)
        reader = Reader(request.args)
        # A post's id leads to its thread, and to its place there.
        at = reader.text("at") or (thread_id if thread_id != whole.thread.id else None)
        reading = Reading(
            by_votes=reader.text("order") == "votes",
            page=reader.number("page", "page", 1, 10**18),
            at=at,
            comments=reader.text("comments") or None,
            question=reader.text("q"),
        )
        page = thread(library, whole, reading, addresses.search(Asked(question=reading.question, dial=settings.dial), settings))
        return render_template("thread.html", page=page)

    @app.get("/cite/<path:name>", endpoint="cite")
    def _cite(name: str) -> str | Response:
        cited = library.cite(name)
        form = request.args.get("format")
        if form in FORMS:
            return _cited(cited, form)
        return render_template("cite.html", page=cite(cited))


def _cited(cited: Citation, form: str) -> Response:
    """A citation by itself, to be saved or read by a program."""
    content = {
        "text": f"{cited.text()}\n",
        "bibtex": cited.bibtex(),
        "csl": json.dumps([cited.csl()], ensure_ascii=False, indent=2) + "\n",
    }
    said = make_response(content[form])
    said.headers["Content-Type"] = FORMS[form]
    return said


def _add_shelves(app: Flask, library: Library, settings: Settings, glances: Glances) -> None:
    def shelf(name: Shelf) -> str:
        reader = Reader(request.args)
        browsed = reader.browsed()
        page = top(library, browsed, reader.notes, glances.newest(), settings, name)
        return render_template("top.html", page=page)

    app.add_url_rule("/top", "top", lambda: shelf("top"))
    app.add_url_rule("/browse/gems", "gems", lambda: shelf("gems"))
    app.add_url_rule("/browse/late", "late", lambda: shelf("late"))


def _add_lists(app: Flask, library: Library, settings: Settings, glances: Glances) -> None:
    @app.get("/browse", endpoint="browse")
    def _browse() -> str:
        return render_template("browse.html", page=browse.browse(library, glances.newest()))

    def threads(*, unanswered: bool) -> str:
        reader = Reader(request.args)
        wanted = listed(reader, unanswered=unanswered)
        return render_template("threads.html", page=lists.threads(library, wanted, reader.notes, glances.newest()))

    app.add_url_rule("/browse/threads", "threads", lambda: threads(unanswered=False))
    app.add_url_rule("/browse/unanswered", "unanswered", lambda: threads(unanswered=True))

    @app.get("/browse/categories", endpoint="categories")
    def _categories() -> str:
        site = Reader(request.args).name("site")
        return render_template("categories.html", page=browse.categories(library, site, glances.newest()))

    @app.get("/browse/tags", endpoint="tags")
    def _tags() -> str:
        reader = Reader(request.args)
        page = browse.tags(library, reader.one_of("sort", TAG_ORDERS), reader.page(), reader.notes)
        return render_template("tags.html", page=page)

    @app.get("/browse/years", endpoint="years")
    def _years() -> str:
        page = browse.years(library, Reader(request.args).name("site"), glances.newest())
        return render_template("years.html", page=page)

    @app.get("/browse/people", endpoint="people")
    def _people() -> str:
        reader = Reader(request.args)
        page = people.people(library, crowd(reader), reader.notes, glances.newest())
        return render_template("people.html", page=page)

    @app.get("/browse/person", endpoint="person")
    def _person() -> str:
        reader = Reader(request.args)
        site, name = request.args.get("site", ""), request.args.get("name", "")
        sort, number = reader.one_of("sort", PERSON_ORDERS), reader.page()
        page = people.person(library, site, name, sort, number, reader.notes, settings)
        return render_template("person.html", page=page)

    @app.get("/browse/duplicates", endpoint="duplicates")
    def _duplicates() -> str:
        reader = Reader(request.args)
        page = browse.duplicates(library, reader.page(), reader.notes)
        return render_template("duplicates.html", page=page)

    @app.get("/random", endpoint="random")
    def _random() -> AnyResponse:
        said = redirect(url_for("thread", thread_id=_at_random(library)))
        said.headers["Cache-Control"] = "no-store"
        return said


def _at_random(library: Library) -> str:
    with library.browse() as browsing:
        return browsing.at_random(request.args.get("seed"))
