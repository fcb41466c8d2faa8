"""How long does a browser keep what is ours? Sheet, script and mark have addresses that change with them, and are kept."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request

KEPT: Final = "public, max-age=31536000, immutable"


def keep(app: Flask) -> None:
    """Let `url_for` mark files with what is in them, and have browsers keep what is asked for with its mark."""
    folder = Path(str(app.static_folder))
    marks = {path.relative_to(folder).as_posix(): _mark(path) for path in folder.rglob("*") if path.is_file()}

    def mark(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and values.get("filename") in marks:
            values.setdefault("v", marks[values["filename"]])

    def let_keep(response: Response) -> Response:
        asked = (request.view_args or {}).get("filename")
        if request.endpoint == "static" and asked in marks and request.args.get("v") == marks[asked]:
            response.headers["Cache-Control"] = KEPT
        return response

    app.url_defaults(mark)
    app.after_request(let_keep)


def _mark(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=6).hexdigest()
