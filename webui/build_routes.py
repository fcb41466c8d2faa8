"""Where a library is built from a browser: files are dropped or a folder is named, progress is watched, the report is read."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

from flask import Flask, Request, Response, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from indexer.errors import AskiveError, BadSetting
from indexer.library import Library
from indexer.messages import Message
from indexer.settings import Settings

from . import rebuilding, safety
from .language import number, say, told
from .rebuilding import Rebuilds, State
from .views.build import build as build_page

BUILD: Final = "/library/build"
VOLATILE: Final = ("build", "build_start", "build_cancel", "api_build")
"""Endpoints that are another each time."""

_FIELDS: Final = 1_000
_FORM: Final = 500_000
"""Bytes of a form in memory beside its files; it also has to hold what is read of a file at once."""


class UploadRequest(Request):
    """A request whose files go straight to where they are to be."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.endpoint == "build_start":
            part = rebuilding.begin(current_app.config["LIBRARY"])
            g.setdefault("parts", []).append(part)
            return part
        return super()._get_file_stream(total_content_length, content_type, filename, content_length)


def add_building(app: Flask, library: Library, settings: Settings) -> Rebuilds:
    """Put the addresses for building on the application."""
    app.request_class = UploadRequest
    app.config["LIBRARY"] = settings.library
    rebuilds, secret = Rebuilds(settings), secrets.token_urlsafe(32)

    def page(note: str | None = None, status: int = 200) -> Response:
        allowed = safety.who_may_write(request, settings)
        text = render_template(
            "build.html",
            page=build_page(rebuilds.state, settings, secret=secret, allowed=allowed, note=note, is_first=not library.is_there),
        )
        response = make_response(text, status)
        # It holds what forms are known by.
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.get(BUILD, endpoint="build")
    def _show() -> Response:
        return page()

    @app.post(BUILD, endpoint="build_start")
    def _start() -> Response | BaseResponse:
        request.max_content_length = settings.upload * 1_000_000
        request.max_form_memory_size, request.max_form_parts = _FORM, _FIELDS
        try:
            safety.check_writer(request, settings, secret)
            paths = _wanted(settings)
            rebuilds.start(paths, force=request.form.get("force") == "1")
        except safety.MayNotWrite as error:
            return page(told(error), 403)
        except RequestEntityTooLarge:
            return page(_too_large(settings.upload), 413)
        except AskiveError as error:
            return page(told(error), 409 if isinstance(error, rebuilding.BuildRuns) else 400)
        except OSError as error:
            return page(say("The files could not be kept ({reason}).", reason=error.strerror or error), 507)
        finally:
            drop_parts()
        return redirect(url_for("build"), 303)

    @app.post(f"{BUILD}/cancel", endpoint="build_cancel")
    def _cancel() -> Response | BaseResponse:
        try:
            safety.check_writer(request, settings, secret)
        except safety.MayNotWrite as error:
            return page(told(error), 403)
        rebuilds.cancel()
        return redirect(url_for("build"), 303)

    return rebuilds


def lead_there() -> BaseResponse:
    """Where every page leads to before there is a library."""
    response = redirect(url_for("build"), 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def drop_parts() -> None:
    """Close the files that were sent; those that were not kept go."""
    for part in g.get("parts", ()):
        part.close()
        Path(part.name).unlink(missing_ok=True)


def shape(state: State, library: Path) -> dict[str, Any]:
    """How a build goes, as JSON, without where things lie on the server's disk."""
    told = asdict(state) | {"started": state.started and state.started.isoformat(), "archives": list(state.archives)}
    return dict(safety.without_places(told, library))


def _too_large(upload: int) -> str:
    return say("That is more than {upload} MB, which is the most that may be sent.", upload=number(upload))


def _wanted(settings: Settings) -> list[Path] | None:
    """What is to be read: files that were sent, a folder that was named, or everything that is there."""
    sent = [file for file in request.files.getlist("files") if file.filename]
    folder = request.form.get("folder", "").strip()
    if sent and folder:
        raise BadSetting(Message("Send files or name a folder, not both"), "")
    if sent:
        parts = []
        for file in sent:
            file.stream.flush()
            parts.append((Path(file.stream.name), str(file.filename)))
        return rebuilding.keep(settings.library, parts)
    if not folder:
        return None
    path = Path(folder)
    if "\0" in folder or not path.is_absolute() or not path.exists():
        raise BadSetting(
            Message("There is no folder or file {folder} on the server", folder=folder[:200]),
            Message("Give its whole path, as the server knows it"),
        )
    return [path]
