"""The Flask application: the addresses, and what is sent when something goes wrong."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from indexer.errors import AskiveError, BadQuestion, BadSetting, LibraryError, NoLibrary, NotFound
from indexer.library import Library
from indexer.settings import Settings

from . import build_routes, delivery, files, language, safety
from .api.cursors import ListChanged
from .glance import Glances
from .language import is_for_programs, later, say
from .routes import add_routes

log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[AskiveError], int], ...] = (
    (NotFound, 404),
    (ListChanged, 410),
    (BadQuestion, 400),
    (BadSetting, 400),
    (LibraryError, 503),
)

_PLAIN: dict[int, tuple[str, str]] = {
    400: (later("This request could not be understood"), later("Go back, or begin again from the search page.")),
    404: (
        later("There is no such page"),
        later("The address may be mistyped. Searching for a few words of the thread's title will find it."),
    ),
    405: (later("This page can only be read"), later("Askive answers GET and HEAD requests.")),
    413: (later("This request is too large"), later("Askive answers questions of up to some thousand words.")),
    500: (later("Something went wrong here"), later("It is not your question's fault. The server's log says more.")),
}
"""What is wrong and what to do, for the errors of HTTP itself. Other statuses are told as 400 is."""


def create_app(library: Library, settings: Settings) -> Flask:
    """The application over an open library. Keeps no session and sets no cookie; only a build may be sent to it."""
    app = Flask(__package__ or "webui")
    # An address with two slashes in a row is another address, not one to be sent away from.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it, the base class does not say so
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.speak(app, settings.language)
    safety.guard(app, settings.host, settings.url)
    files.keep(app)
    delivery.deliver(app, library, settings, build_routes.VOLATILE)
    add_routes(app, library, settings, Glances(library))
    app.extensions["rebuilds"] = build_routes.add_building(app, library, settings)
    app.register_error_handler(AskiveError, _say_askive_error)
    app.register_error_handler(HTTPException, _say_http_error)
    return app


def _say_askive_error(error: AskiveError) -> BaseResponse:
    if isinstance(error, NoLibrary) and not is_for_programs(request.path):
        return build_routes.lead_there()
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return _say(error.reason, error.hint, status)


def _say_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    reason, hint = _PLAIN[status if status in _PLAIN else 500 if status >= 500 else 400]
    said = _say(say(reason), say(hint), status)
    if status == 405:
        said.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ("GET", "HEAD", "OPTIONS")))
    return said


def _say(reason: str, hint: str, status: int) -> Response:
    """An error in the form of the address that was asked for: a page for people, an object for programs."""
    if is_for_programs(request.path):
        return make_response(jsonify({"error": reason, "hint": hint}), status)
    return make_response(render_template("error.html", status=status, reason=reason, hint=hint), status)
