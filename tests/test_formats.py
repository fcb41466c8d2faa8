"""Every format is held to one contract by its samples in `tests/formats/`: golden ones exactly, damaged ones by what is said of them.

The samples are listed there by folder, so that a format without them fails here.
"""

from __future__ import annotations

import itertools
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import test_containers as containers
from conftest import PATIENCE

from indexer.archives import FORMATS, Source, infodump_tables, jsonl
from indexer.archives.containers import leaves
from indexer.archives.source import Report
from indexer.build import build
from indexer.library import Library
from tests.formats import contract, damage
from tests.formats.samples import INFODUMP, KINDS, NAMES, Outcome, Sample, every, joined, outcome, samples

GOLDEN = list(every("golden"))
BROKEN = list(every("broken"))
FILES = [sample for sample in GOLDEN if sample.format != INFODUMP]
LINES = frozenset({"askive-jsonl", "reddit", "discourse", "hackernews", "lemmy"})
"""Formats of a record a line: cut between two lines, they are whole."""


def files_of(sample: Sample) -> dict[str, bytes]:
    """A sample's files by their paths below the sample's own folder."""
    if sample.path.is_file():
        return {sample.path.name: sample.path.read_bytes()}
    return {
        str(file.relative_to(sample.path.parent)): file.read_bytes()
        for file in sorted(sample.path.rglob("*"))
        if file.is_file()
    }


def archive_of(sample: Sample) -> Path:
    """The file that damage is done to: the sample, or the table of it that holds the posts."""
    return sample.path if sample.path.is_file() else sample.path / "Posts.xml"


# --- The folders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_format_has_its_samples(name: str) -> None:
    assert samples(name, "golden")
    assert len(samples(name, "broken")) >= 5
    for kind in KINDS:
        for sample in samples(name, kind):
            assert sample.expected.is_file(), f"python -m tests.formats.expect --write {sample}"


def test_every_folder_is_of_a_format() -> None:
    folders = {path.name for path in Path(contract.__file__).parent.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(NAMES)


@pytest.mark.parametrize("sample", [*GOLDEN, *BROKEN], ids=str)
def test_a_sample_gives_what_is_expected_of_it(sample: Sample) -> None:
    started = time.monotonic()
    found = outcome(sample.path, sample.format)
    assert time.monotonic() - started < PATIENCE
    assert found.lines() == sample.expected.read_text("utf-8"), "read the diff of `python -m tests.formats.expect`"
    contract.check(found.posts)
    # What is expected is an archive in the exchange format, and says the same when it is read.
    report = Report()
    assert list(jsonl.read(Source(sample.expected), report)) == found.posts
    assert not report.warnings


@pytest.mark.parametrize("sample", GOLDEN, ids=str)
def test_golden_samples_are_whole(sample: Sample) -> None:
    found = outcome(sample.path, sample.format)
    assert len(found.posts) >= 3
    assert len({(post.id, post.captured) for post in found.posts}) == len(found.posts)
    assert not found.errors
    assert not found.skipped


# --- Recognised by content ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", FILES, ids=str)
def test_one_reader_and_no_other_recognises_a_golden_sample(sample: Sample) -> None:
    for leaf in leaves(Source(archive_of(sample)), Report()):
        head = leaf.head()
        recognised = [reader.name for reader in FORMATS if reader.recognises(head)]
        assert recognised == ["askive-jsonl" if sample.format == "containers" else sample.format]
        assert not infodump_tables.recognises(head)


@pytest.mark.parametrize("name", ["x", "page.html", "Posts.xml", "a.7z", "photo.jpg", "x.warc.gz", "…"])
def test_the_name_of_a_file_says_nothing(name: str, tmp_path: Path) -> None:
    for sample in FILES:
        if sample.path.is_file():
            shutil.copy(sample.path, tmp_path / name)
            assert outcome(tmp_path / name).posts == outcome(sample.path).posts, sample


def test_tables_of_an_infodump_are_no_archive() -> None:
    for file in (samples(INFODUMP, "golden")[0].path / "dump").iterdir():
        found = outcome(file)
        assert not found.posts
        assert found.errors == [f"{file.name} is a table of a MetaFilter Infodump, which holds no text"]


# --- Damage -----------------------------------------------------------------------------------------------------------------


class Damaged:
    """A golden sample in a folder of its own, where damage is done to it."""

    def __init__(self, sample: Sample, folder: Path) -> None:
        self.sample = sample
        self.path = folder / sample.path.name
        if sample.path.is_dir():
            shutil.copytree(sample.path, self.path)
        else:
            shutil.copy(sample.path, self.path)
        self.file = self.path / "Posts.xml" if sample.path.is_dir() else self.path
        self.data = self.file.read_bytes()
        self.whole = outcome(self.path)
        self.slow = 4 if sample.format in ("zim", "containers") else 1

    def read(self, data: bytes) -> Outcome:
        """What comes of the file with other content. Whatever that is, posts are valid and errors name the file."""
        self.file.write_bytes(data)
        started = time.monotonic()
        found = outcome(self.path)
        assert time.monotonic() - started < PATIENCE
        contract.check(found.posts)
        return found

    def said(self, found: Outcome) -> bool:
        """Whether more was said, or something else, than of the whole file."""
        return (found.skipped, found.warnings, found.errors) != (self.whole.skipped, self.whole.warnings, self.whole.errors)


@pytest.fixture(params=FILES, ids=str)
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> Damaged:
    return Damaged(request.param, tmp_path)


def test_a_file_cut_off_gives_what_came_before_and_says_so(damaged: Damaged) -> None:
    ids = {post.id for post in damaged.whole.posts}
    for place, data in damage.cuts(damaged.data, damaged.slow):
        found = damaged.read(data)
        assert len(found.posts) <= len(damaged.whole.posts), f"cut at {place}"
        # The id of a text copy's answer is made of its byline, and the last one may have lost that.
        assert {post.id for post in found.posts if not post.warnings} <= ids, f"cut at {place}"
        between = damaged.sample.format in LINES and (data.endswith(b"\n") or damaged.data[place : place + 1] == b"\n")
        # What a page has of tags stands under all the rest.
        same = [replace(post, tags=()) for post in found.posts] == [replace(post, tags=()) for post in damaged.whole.posts]
        assert same or damaged.said(found) or between, f"cut at {place}: lost without a word"


def test_damage_costs_no_post_without_a_word_and_makes_none(damaged: Damaged) -> None:
    for what, data in damage.changed(damaged.data, damaged.slow):
        found = damaged.read(data)
        assert len(found.posts) <= len(damaged.whole.posts), what
        assert len(found.posts) == len(damaged.whole.posts) or damaged.said(found), f"{what}: lost without a word"


def test_another_encoding_gives_the_same_posts_or_is_named(damaged: Damaged) -> None:
    for encoding, data in damage.encoded(damaged.data):
        found = damaged.read(data)
        assert found.posts == damaged.whole.posts or damaged.said(found), encoding


def test_a_file_twice_over_gives_no_new_posts(damaged: Damaged) -> None:
    found = damaged.read(damage.twice(damaged.data))
    often = Counter(post.id for post in damaged.whole.posts)
    assert all(count <= 2 * often[name] for name, count in Counter(post.id for post in found.posts).items())
    assert found.posts or found.errors


@pytest.mark.parametrize("table", sorted(file.name for file in (samples(INFODUMP, "golden")[0].path / "dump").iterdir()))
def test_damage_to_a_table_of_an_infodump_ends_in_a_report(table: str, tmp_path: Path) -> None:
    sample = samples(INFODUMP, "golden")[0].path
    build(tmp_path / "library", [sample / "threads"], engine="memory")
    whole = len(list(Library(tmp_path / "library").posts()))
    dump = tmp_path / "dump"
    shutil.copytree(sample / "dump", dump)
    data = (dump / table).read_bytes()
    several = (damage.cuts(data, 8), damage.changed(data, 8), damage.encoded(data), [("twice", damage.twice(data))])
    for what, content in itertools.chain.from_iterable(several):
        shutil.copytree(tmp_path / "library", tmp_path / "copy")
        (dump / table).write_bytes(content)
        found = joined(tmp_path / "copy", dump)
        contract.check(found.posts)
        assert len(found.posts) == whole, f"{what}: a table adds no post and takes none away"
        shutil.rmtree(tmp_path / "copy")


# --- Containers -------------------------------------------------------------------------------------------------------------

PACKED: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    **{ending: containers.PACK[ending] for ending in ("zip", "tar", "7z")},
    **{ending: lambda files, pack=pack: pack(next(iter(files.values()))) for ending, pack in containers.COMPRESS.items()},
}


@pytest.mark.parametrize("sample", FILES, ids=str)
def test_a_golden_sample_in_any_container_gives_the_same_posts(sample: Sample, tmp_path: Path) -> None:
    files = files_of(sample)
    posts = outcome(sample.path).posts
    deep = sample.path.suffix == ".zst" and "zip" in sample.path.name
    for number, (outer, inner) in enumerate(itertools.product(PACKED, [None, *PACKED])):
        # A container in each other container, one after another over the samples; every sample in each by itself.
        if (inner is not None and (number + GOLDEN.index(sample)) % 7) or (deep and inner):
            continue
        if len(files) > 1 and (inner or outer) in containers.COMPRESS:
            continue
        content = files if inner is None else {f"{sample.path.name}.{inner}": PACKED[inner](files)}
        path = tmp_path / f"{sample.path.name}.{outer}"
        path.write_bytes(PACKED[outer](content))
        found = outcome(path)
        assert found.posts == posts, f"{inner} in {outer}: {found.errors or found.warnings}"


# --- Builds -------------------------------------------------------------------------------------------------------------------


def test_a_broken_sample_of_every_format_does_not_hinder_the_good_ones(tmp_path: Path) -> None:
    threads = tmp_path / "threads"
    for sample in (*FILES, *(broken for broken in BROKEN if broken.format != INFODUMP)):
        place = threads / sample.format / sample.kind
        place.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if sample.path.is_dir() else shutil.copy)(sample.path, place / sample.path.name)
    report = build(tmp_path, engine="memory")
    archives = [file for file in threads.rglob("*") if file.is_file()]
    assert sorted(row.path for row in report.rows) == sorted(archives)
    rows = {row.path: row for row in report.rows}
    for sample in FILES:
        for file in files_of(sample):
            assert rows[threads / sample.format / sample.kind / file].status == "read"
    for row in report.rows:
        assert row.status == "read" or str(row.path) in (row.archive.reason or "")
    library = Library(tmp_path)
    for sample in FILES:
        for post in outcome(sample.path).posts:
            assert library.thread(post.thread_id)  # by its alias, where it became one with another copy
