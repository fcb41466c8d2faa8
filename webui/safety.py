"""What protects the reader's browser: headers on every response, and no answer to a foreign Host.

Archived pages were written by strangers. Their markup is cleaned when it is read; the policy below holds even if that
should ever fail: nothing inline runs or styles, nothing is loaded from anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from hashlib import sha256
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path, PurePath
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request
from werkzeug.datastructures import Headers

from indexer.errors import AskiveError
from indexer.messages import Message, mapped
from indexer.settings import Settings

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Sent with every response, pages, files and errors alike."""


def guard(app: Flask, host: str, url: str = "") -> None:
    """Put the headers on all that `app` sends and, where it listens on loopback only, refuse foreign Host headers.

    A name of somebody else's that resolves to 127.0.0.1 would otherwise let their page read the library (DNS rebinding).
    The name in `url`, by which a proxy may ask, is not foreign.
    """
    own = {name for name in (host.lower(), _hostname(urlsplit(url).netloc)) if name}

    def check_host() -> None:
        sent = request.environ.get("HTTP_HOST")
        if sent and not (is_loopback(_hostname(sent)) or _hostname(sent) in own):
            abort(400)

    def add_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        # A rebuilt library shows at once; a browser may keep a copy, but has to ask whether it still holds.
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    if is_loopback(host):
        app.before_request(check_host)
    app.after_request(add_headers)


def is_loopback(host: str) -> bool:
    """Whether a host name or address can be reached from this machine alone."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _hostname(sent: str) -> str:
    """The name in a Host header, without the port: "[::1]:8000" → "::1"."""
    if sent.startswith("["):
        return sent[1:].partition("]")[0].lower()
    return sent.partition(":")[0].lower()


# Who may change the library

_CSRF: Final = "form"
"""The field of a form that says that it is one of ours."""

_FORWARDED: Final = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


class MayNotWrite(AskiveError):
    """A request to change the library from somebody who may not, or from another site's page."""


def who_may_write(request: Request, settings: Settings) -> Literal["all", "token", "none"]:
    """Whether whoever sends a request may change the library: as they are, with the token, or not at all.

    Without a token it is this machine alone, and nothing that came through a proxy: there, everybody seems to be it.
    """
    if settings.token:
        return "token"
    near = is_loopback(request.remote_addr or "") and is_loopback(_hostname(request.environ.get("HTTP_HOST") or "localhost"))
    return "all" if near and not any(name in request.headers for name in _FORWARDED) else "none"


def check_writer(request: Request, settings: Settings, secret: str) -> None:
    """Raises MayNotWrite unless a request may change the library and was sent by a form of ours or with the token.

    `secret` is what our forms have in them. What another site's page sends is refused before its body is read.
    """
    allowed = who_may_write(request, settings)
    if allowed == "none":
        raise MayNotWrite(
            Message("Only somebody at the server itself may build"),
            Message("Set a token on the server (ASKIVE_TOKEN), and build with that"),
        )
    if is_from_elsewhere(request.headers, request.environ.get("HTTP_HOST")):
        raise MayNotWrite(
            Message("This was sent by a page of another site"),
            Message("Begin again from the library's own page"),
        )
    given = request.authorization
    if allowed == "token" and given is not None:
        # Only a program sends this header; it has no form.
        if given.type == "bearer" and _same(given.token or "", settings.token):
            return
        raise MayNotWrite(Message("That is not the token"), Message("It is the setting `token` of the server"))
    if not _same(request.form.get(_CSRF, ""), secret):
        raise MayNotWrite(
            Message("This form is not of this server, or older than its last start"),
            Message("Load the page again"),
        )
    if allowed == "token" and not _same(request.form.get("token", ""), settings.token):
        raise MayNotWrite(Message("That is not the token"), Message("It is the setting `token` of the server"))


def is_from_elsewhere(headers: Mapping[str, str] | Headers, host: str | None) -> bool:
    """Whether a browser says that another site's page has sent a request."""
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site is not None:
        # Our own forms are sent with the origin "null", since our pages send no referrer.
        return site not in {"same-origin", "none"}
    return origin not in {None, "null"} and _netloc(origin or "") != (host or "").lower()


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _same(given: str, wanted: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing of either."""
    one, other = (sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, wanted))
    return compare_digest(one, other)


def without_places(told: Any, library: Path) -> Any:
    """The same without where things lie on the server's disk: nobody's business who only reads."""
    if isinstance(told, dict):
        told = {name: without_places(value, library) for name, value in told.items()}
        path = told.get("path")
        return told | {"path": PurePath(path).name if PurePath(path).is_absolute() else path} if isinstance(path, str) else told
    if isinstance(told, list | tuple):
        return [without_places(each, library) for each in told]
    if isinstance(told, str):
        places = (f"{library.resolve()}/", f"{library.absolute()}/", f"{library}/")
        return mapped(told, lambda text: reduce(lambda said, place: said.replace(place, ""), places, text))
    return told
