"""The samples of every format: one folder a format, in it `golden/` and `broken/`, and beside each sample what comes of it.

A sample is a file, or a folder where the files of a format belong together. `NAME.expected.jsonl` beside it is what reading
it must give, in the exchange format: the header says the format found, what was skipped, and every warning and error; then
follow the posts. `python -m tests.formats.expect` shows where the two differ, and `--write` takes what comes for what is expected.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexer import archives
from indexer.archives import FORMATS, jsonl
from indexer.archives.source import Report, Source
from indexer.build import build
from indexer.errors import ArchiveError
from indexer.importing import find
from indexer.infodump import enrich
from indexer.library import Library
from indexer.thread import Post

HERE = Path(__file__).resolve().parent
EXPECTED = ".expected.jsonl"
INFODUMP = "infodump"
"""No format to build from: a sample is a folder with `threads/` of a library and the `dump/` that is joined to it."""

NAMES = (*(reader.name for reader in FORMATS), "containers", INFODUMP)
KINDS = ("golden", "broken")


@dataclass(frozen=True, slots=True)
class Sample:
    """An archive of our own writing."""

    format: str
    kind: str
    path: Path

    def __str__(self) -> str:
        return f"{self.format}/{self.kind}/{self.path.name}"

    @property
    def expected(self) -> Path:
        return self.path.with_name(self.path.name + EXPECTED)


@dataclass(slots=True)
class Outcome:
    """What came of reading a sample."""

    posts: list[Post] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    skipped: int = 0
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Why there is nothing to be had, for each file of which that is so."""

    @property
    def silent(self) -> bool:
        """Whether nothing was said but posts."""
        return not (self.skipped or self.warnings or self.errors)

    def lines(self) -> str:
        """As it stands in a file of what is expected."""
        said = {"formats": self.formats, "skipped": self.skipped, "warnings": self.warnings, "errors": self.errors}
        header: dict[str, Any] = {"askive": "posts", "version": jsonl.VERSION}
        header |= {name: value for name, value in said.items() if value}
        return json.dumps(header, ensure_ascii=False) + "\n" + "".join(list(jsonl.write(self.posts))[1:])


def samples(name: str, kind: str) -> list[Sample]:
    """The golden or the broken samples of a format, in order."""
    folder = HERE / name / kind
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [Sample(name, kind, path) for path in found if not path.name.endswith(EXPECTED)]


def every(kind: str) -> Iterator[Sample]:
    for name in NAMES:
        yield from samples(name, kind)


def outcome(path: Path, name: str = "") -> Outcome:
    """What comes of a file or folder, found and opened as a build does; of the format `name` where that makes a difference."""
    found = _joined(path) if name == INFODUMP else _read(path)
    here = f"{path.parent}/"
    "".join((*found.warnings, *found.errors)).encode()  # they are stored and printed
    assert all(str(path) in error for error in found.errors), f"an error that names no file: {found.errors}"
    found.warnings = [warning.replace(here, "") for warning in found.warnings]
    found.errors = [error.replace(here, "") for error in found.errors]
    return found


def _read(path: Path) -> Outcome:
    found, report = Outcome(), Report()
    for file in find([path])[0]:
        try:
            for post in archives.read(Source(file), report):
                found.posts.append(post)
        except ArchiveError as error:
            found.errors.append(error.reason)
    found.formats, found.skipped, found.warnings = list(report.formats), report.skipped, report.warnings
    return found


def _joined(path: Path) -> Outcome:
    """A library of the sample's threads after its dump was joined to it."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder)
        build(library, [path / "threads"], engine="memory")
        return joined(library, path / "dump")


def joined(library: Path, dump: Path) -> Outcome:
    found = Outcome()
    try:
        report = enrich(library, dump)
    except ArchiveError as error:
        found.errors.append(error.reason)
    else:
        found.warnings = [*report.warnings, *(f"{count} not joined: {what}" for what, count in report.unmatched.items())]
        found.skipped = sum(table.broken for table in report.tables)
    # The time that a copy was made is that of its file, where it does not say.
    found.posts = list(Library(library).posts())
    return found
