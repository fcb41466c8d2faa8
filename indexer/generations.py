"""What is a generation, and where does it lie? One complete index of a library: the terms in an engine, and the columns.

index/000007-…/terms/     the engine's own folder
index/000007-…/columns/   what ranking has to know of every answer and thread
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from . import engines
from .columns import Columns
from .engines import Engine
from .meaning import nearest
from .meaning.nearest import Meaning


class Index(NamedTuple):
    """A generation opened for reading."""

    engine: Engine
    columns: Columns
    meaning: Meaning | None = None
    """Beside it: what a model says of its threads."""


def folder(library: Path, generation: str) -> Path:
    """Where all of a generation lies."""
    return library / "index" / generation


def terms(library: Path, generation: str) -> Path:
    """Where its engine's part lies."""
    return folder(library, generation) / "terms"


def columns(library: Path, generation: str) -> Path:
    """Where its columns lie."""
    return folder(library, generation) / "columns"


def load(library: Path, generation: str, engine: str) -> Index:
    """Open a generation. Raises ForeignIndex where it is not what a build left, NotInstalled as `engines.load` does."""
    found = Columns(columns(library, generation))
    meaning = nearest.opened(library, generation, len(found.threads))
    return Index(engines.load(engine).open(terms(library, generation)), found, meaning)
