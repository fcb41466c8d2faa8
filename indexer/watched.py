"""A build that another program watches: `python -m indexer.watched LIBRARY REQUEST` says what it does as JSON lines.

Lines are {"step", "done", "total"}; the last one is {"report"} as `askive build --json` has it, or {"error", "hint"}, with
"gate" where the library would have got worse, all texts as `messages.packed` has them. An interrupt ends it and leaves the
library as it was.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from . import shapes
from .build import build
from .errors import AskiveError
from .gate import GotWorse
from .messages import packed_within

EVERY: Final = 0.2
"""Seconds between two lines of one step."""


def main(library: str, request: str) -> None:
    wanted: dict[str, Any] = json.loads(request)
    paths = wanted["paths"]
    said: tuple[str, float] = ("", 0.0)

    def progress(step: str, done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if step != said[0] or now - said[1] >= EVERY or done == total:
            said = step, now
            _say({"step": step, "done": done, "total": total})

    try:
        report = build(
            Path(library),
            None if paths is None else list(map(Path, paths)),
            engine=wanted["engine"],
            jobs=wanted["jobs"],
            force=wanted["force"],
            progress=progress,
        )
    except GotWorse as error:
        _say({**_told(error), "gate": shapes.gate(error.verdict)})
    except AskiveError as error:
        rows = getattr(error, "rows", ())
        _say({**_told(error), "archives": shapes.rows(rows)})
    else:
        _say({"report": shapes.built(report)})


def _told(error: AskiveError) -> dict[str, str]:
    return {"error": error.reason, "hint": error.hint}


def _say(line: dict[str, Any]) -> None:
    try:
        sys.stdout.write(json.dumps(packed_within(line)) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody watches any more; the build goes on, since all of it or nothing becomes the library.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # until the process ends


if __name__ == "__main__":
    main(*sys.argv[1:])
