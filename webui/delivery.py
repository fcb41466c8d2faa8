"""What goes over the wire again, and how large: validators that make an answer worth keeping, and compression.

All that a page shows follows from its address, the request's language and the library, so an ETag is known before anything is
looked up; it is another after every write to the library.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Final

from flask import Flask, Response, g, request

from indexer import __version__
from indexer.library import Library
from indexer.settings import Settings

from .language import current

LEAST: Final = 1_000
"""Bytes below which compression saves nothing: all of it fits into one packet."""

_LEVEL: Final = 6
_GZIP: Final = 16 + zlib.MAX_WBITS
_TEXT: Final = frozenset(
    "application/json application/x-suggestions+json application/x-ndjson application/atom+xml application/xml"
    " application/opensearchdescription+xml application/javascript image/svg+xml".split()
)
_READ: Final = ("GET", "HEAD")
# Whatever of a request may show in an answer beside its address.
_SAID: Final = ("Host", "Cookie")


def deliver(app: Flask, library: Library, settings: Settings, volatile: Iterable[str] = ()) -> None:
    """Answer 304 where what a browser has still holds, and compress what is worth it.

    `volatile` names the endpoints that are another each time.
    """
    without = {"static", "favicon", "random", "api_browse_random", None, *volatile}
    made_by = f"{__version__} {settings!r} {_newest(Path(app.root_path))}"

    def unchanged() -> Response | None:
        if request.method not in _READ or request.endpoint in without:
            return None
        # Before anything is looked up: what is written meanwhile then makes this ETag too old, never too young.
        today = datetime.now(UTC).date()
        said = (made_by, library.stamp(), request.full_path, current().tag, *map(request.headers.get, _SAID), today)
        g.etag = blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        asked = request.if_none_match
        if not asked.star_tag and asked.contains_weak(g.etag):
            response = Response(status=304)
            response.set_etag(g.etag, weak=True)
            return response
        return None

    def finish(response: Response) -> Response:
        if response.status_code == 200 and "etag" in g and "ETag" not in response.headers:
            response.set_etag(g.etag, weak=True)
        response.vary.add("Accept-Encoding")
        if response.status_code == 200 and request.method in _READ and request.accept_encodings["gzip"] > 0:
            _compress(response)
        return response

    app.before_request(unchanged)
    app.after_request(finish)


def _compress(response: Response) -> None:
    media = response.mimetype or ""
    if not (media.startswith("text/") or media in _TEXT) or response.content_encoding:
        return
    # What is never kept may hold a secret; beside words of a stranger its length would tell of it.
    if response.cache_control.no_store:
        return
    if response.is_streamed and not response.direct_passthrough:
        response.response = _compressed(response.iter_encoded())
    else:
        response.direct_passthrough = False
        whole = response.get_data()
        if len(whole) < LEAST:
            return
        response.set_data(b"".join(_compressed([whole])))
    response.content_encoding = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _newest(folder: Path) -> int:
    """When the program itself was changed last, in nanoseconds."""
    return max(path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
