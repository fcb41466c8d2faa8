"""The addresses of what is leafed through, and of threads: pages, and the same as JSON under /api/browse/."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from indexer import browse_shapes, catalogue, shapes
from indexer.browsing import Shelf
from indexer.citation import Citation
from indexer.errors import BadQuestion
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
from .views.top import ask as ask_shelf
from .views.top import top

MOST: Final = 100
"""Things that one request to the API may ask for."""


def add_browsing(app: Flask, library: Library, settings: Settings, glances: Glances) -> None:
    """Put the addresses on the application."""
    _add_thread(app, library, settings)
    _add_shelves(app, library, settings, glances)
    _add_lists(app, library, settings, glances)
    _add_api_shelves(app, library, settings)
    _add_api_lists(app, library)


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


# The same as JSON. What a page would note and pass over is an error here: programs read no notes.


def _add_api_shelves(app: Flask, library: Library, settings: Settings) -> None:
    def shelf(name: Shelf) -> Response:
        reader = Reader(request.args)
        browsed, n = reader.browsed(), reader.number("n", "number of answers", 1, MOST) or settings.results
        _refuse(reader)
        return jsonify(shapes.results(ask_shelf(library, browsed, n, name)))

    app.add_url_rule("/api/browse/top", "api_browse_top", lambda: shelf("top"))
    app.add_url_rule("/api/browse/gems", "api_browse_gems", lambda: shelf("gems"))
    app.add_url_rule("/api/browse/late", "api_browse_late", lambda: shelf("late"))

    @app.get("/api/browse/person", endpoint="api_browse_person")
    def _person() -> Response:
        reader = Reader(request.args)
        sort, page = reader.one_of("sort", PERSON_ORDERS), reader.page()
        n = reader.number("n", "number of answers", 1, MOST) or settings.results
        _refuse(reader)
        site, name = request.args.get("site", ""), request.args.get("name", "")
        someone, results = people.read_person(library, site, name, sort, page, n)
        return jsonify(browse_shapes.person(someone) | shapes.results(results))

    @app.get("/api/browse/random", endpoint="api_browse_random")
    def _random() -> Response:
        said = jsonify({"thread_id": _at_random(library)})
        said.headers["Cache-Control"] = "no-store"
        return said

    @app.get("/api/cite/<path:name>", endpoint="api_cite")
    def _cite(name: str) -> Response:
        return jsonify(browse_shapes.citation(library.cite(name)))


def _add_api_lists(app: Flask, library: Library) -> None:
    def stretch(reader: Reader, usual: int) -> tuple[int, int]:
        """How many are wanted, and from which page of so many."""
        n = reader.number("n", "number of threads", 1, MOST) or usual
        page = reader.page()
        _refuse(reader)
        return n, page

    def threads(*, unanswered: bool) -> Response:
        reader = Reader(request.args)
        wanted = listed(reader, unanswered=unanswered)
        n, page = stretch(reader, lists.THREADS)
        total, found = lists.read_threads(library, wanted, n)
        return jsonify(browse_shapes.threads(total, found, (page - 1) * n))

    app.add_url_rule("/api/browse/threads", "api_browse_threads", lambda: threads(unanswered=False))
    app.add_url_rule("/api/browse/unanswered", "api_browse_unanswered", lambda: threads(unanswered=True))

    @app.get("/api/browse", endpoint="api_browse")
    def _browse() -> Response:
        return jsonify(browse.read_totals(library)._asdict())

    @app.get("/api/browse/categories", endpoint="api_browse_categories")
    def _categories() -> Response:
        return _tally("categories", catalogue.categories)

    @app.get("/api/browse/years", endpoint="api_browse_years")
    def _years() -> Response:
        with library.browse() as browsing:
            return jsonify(browse_shapes.months(catalogue.months(browsing.store, Reader(request.args).name("site"))))

    def _tally(name: str, read: Any) -> Response:
        with library.browse() as browsing:
            return jsonify(browse_shapes.tally(name, read(browsing.store, Reader(request.args).name("site"))))

    @app.get("/api/browse/tags", endpoint="api_browse_tags")
    def _tags() -> Response:
        reader = Reader(request.args)
        sort = reader.one_of("sort", TAG_ORDERS)
        n, page = stretch(reader, browse.TAGS)
        total, found = browse.read_tags(library, sort, page, n)
        return jsonify(browse_shapes.tally("tags", found, total, (page - 1) * n))

    @app.get("/api/browse/people", endpoint="api_browse_people")
    def _people() -> Response:
        reader = Reader(request.args)
        wanted = crowd(reader)
        n, page = stretch(reader, people.PEOPLE)
        total, found = people.read_people(library, wanted, n)
        return jsonify(browse_shapes.people(total, found, (page - 1) * n))

    @app.get("/api/browse/duplicates", endpoint="api_browse_duplicates")
    def _duplicates() -> Response:
        n, page = stretch(Reader(request.args), browse.DUPLICATES)
        total, found = browse.read_duplicates(library, page, n)
        return jsonify(browse_shapes.duplicates(total, found, (page - 1) * n))


def _refuse(reader: Reader) -> None:
    if reader.notes:
        raise BadQuestion(" ".join(reader.notes).rstrip("."), "Leave the parameter out, or give it a value of its kind")
