"""The page from which the library is built anew: what can be read, how the build goes, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from indexer.settings import Settings

from .. import safety
from ..language import again, later, say
from ..rebuilding import State

EVERY_S: Final = 2
"""Seconds after which a page without scripts looks again."""

_STEPS: Final = {
    "": later("Starting"),
    "Reading": later("Reading archives"),
    "Encoding": later("Working out what threads mean"),
    "Indexing": later("Writing the index"),
}


@dataclass(frozen=True, slots=True)
class BuildPage:
    """What the page shows."""

    state: State
    step: str
    rows: tuple[dict[str, Any], ...]
    """The archives of the last build, those first that could not be read."""
    allowed: Literal["all", "token", "none"]
    secret: str
    note: str | None
    """What was wrong with what was sent."""
    upload: int
    every_s: int
    is_first: bool
    """Whether there is no library yet."""
    error: str | None


def build(
    state: State,
    settings: Settings,
    *,
    secret: str,
    allowed: Literal["all", "token", "none"],
    note: str | None,
    is_first: bool,
) -> BuildPage:
    """The page of builds."""
    told = state.report["archives"] if state.report else list(state.archives)
    rows = safety.without_places(told, settings.library)
    return BuildPage(
        state=state,
        step=say(_STEPS.get(state.step.partition(" ")[0], state.step)),
        rows=tuple(sorted(rows, key=lambda row: (row["status"] != "failed", row["status"] == "unchanged", row["path"]))),
        allowed=allowed,
        secret=secret,
        note=note,
        upload=settings.upload,
        every_s=EVERY_S,
        is_first=is_first,
        error=state.error and again(safety.without_places(state.error, settings.library)),
    )
