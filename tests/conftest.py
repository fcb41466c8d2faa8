"""Fixtures that several rooms' tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from indexer import markup
from indexer.archives import jsonl
from indexer.build import build
from indexer.library import Library
from indexer.thread import Post

# A busy machine is no finding. In CI the same examples are tried each time; at a desk new ones are.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

PATIENCE = 60.0
"""Seconds after which a hostile input counts as one that hangs. Speed is measured by `make bench`, not here."""

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "data" / "threads" / "sample"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real dumps and judged sets, no part of the project: beside the checkout, or where ASKIVE_SHARED says."""
    folder = Path(os.environ.get("ASKIVE_SHARED", ROOT.parent / "shared"))
    if not (folder / "seeds").is_dir():
        pytest.skip("needs the folder of real data (set ASKIVE_SHARED)")
    return folder


@pytest.fixture(scope="session")
def sample_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library built from the sample with the default engine. Read it, do not change it."""
    folder = tmp_path_factory.mktemp("sample")
    build(folder, [SAMPLE])
    return folder


def question(number: int | str, title: str, body: str = "", **values: Any) -> Post:
    """A question of thread `number` on a made-up site."""
    name = f"example.org:{number}"
    values = {"author": "asker", "written": datetime(2012, 5, 1, 12, tzinfo=UTC), "category": "Pets & Animals"} | values
    return Post(
        id=name, thread_id=name, kind="question", site="example.org", title=title, body=markup.from_text(body), **values
    )


def answer(number: int, place: int, body: str, **values: Any) -> Post:
    """The answer at `place` (1, 2, …) of thread `number`, `place` minutes after its question."""
    name = f"example.org:{number}"
    values = {
        "author": f"person{place}",
        "written": datetime(2012, 5, 1, 12, tzinfo=UTC) + timedelta(minutes=place),
        "votes": 0,
        "kind": "answer",
        "position": place,
    } | values
    return Post(id=f"{name}/{place}", thread_id=name, site="example.org", body=markup.from_text(body), **values)


def write_archive(path: Path, posts: Sequence[Post]) -> Path:
    """An archive in the exchange format that holds some posts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(jsonl.write(posts)), "utf-8")
    return path


@pytest.fixture
def library_of(tmp_path: Path) -> Callable[..., Library]:
    """A function that makes a library of posts, or adds posts to the one it made before."""
    counter = iter(range(1000))

    def make(*posts: Post, engine: str = "memory") -> Library:
        archive = write_archive(tmp_path / "library" / "threads" / f"{next(counter)}.jsonl", posts)
        build(tmp_path / "library", [archive], engine=engine)
        return Library(tmp_path / "library")

    return make
