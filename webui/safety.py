"""What protects the reader's browser: headers on every response, and no answer to a foreign Host.

Archived pages were written by strangers. Their markup is cleaned when it is read; the policy below holds even if that
should ever fail: nothing inline runs or styles, nothing is loaded from anywhere else.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from flask import Flask, Response, abort, request

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


def guard(app: Flask, host: str) -> None:
    """Put the headers on all that `app` sends and, where it listens on loopback only, refuse foreign Host headers.

    A name of somebody else's that resolves to 127.0.0.1 would otherwise let their page read the library (DNS rebinding).
    Nothing else in the house looks at the Host header.
    """

    def check_host() -> None:
        sent = request.environ.get("HTTP_HOST")
        if sent and not _names_this_machine(_hostname(sent), host):
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


def _names_this_machine(name: str, host: str) -> bool:
    return is_loopback(name) or name == host.lower()


def _hostname(sent: str) -> str:
    """The name in a Host header, without the port: "[::1]:8000" → "::1"."""
    if sent.startswith("["):
        return sent[1:].partition("]")[0].lower()
    return sent.partition(":")[0].lower()
