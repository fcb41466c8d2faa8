"""What is fuzzed: every reader, containers, an Infodump, markup and questions, each as a function of bytes that must not fail.

An input that stands for a folder holds its files one after another, each behind a line of `PART`.
"""

from __future__ import annotations

import io
import itertools
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from indexer import archives, markup, plainmarkup, query, words
from indexer.archives import FORMATS, Reader, Report, Source, infodump_tables
from indexer.archives.source import HEAD
from indexer.build import build
from indexer.errors import ArchiveError
from indexer.thread import Post
from tests.formats import contract
from tests.formats.samples import HERE, INFODUMP, KINDS, joined, samples

PART: Final = re.compile(rb"^=====([\w.]{1,40})=====\n", re.MULTILINE)
MAX_SEED: Final = 60_000

JSON: Final = (b"null", b"true", b"{}", b"[]", b'"', b"\\ud800", b"\\u0000", b"1e999", b"-1", b"9" * 30, b"NaN", b"[" * 200, b'{"a":' * 99)  # fmt: skip
MARKUP: Final = (
    b"<div>", b"</div>", b"<p>", b"<!--", b"-->", b"<script>", b"<svg>", b"<table><tr><td>", b"<a href=", b"javascript:", b"&#0;", b"&#x",
    b"<![CDATA[", b"]]>", b"<pre>", b"<br>", b"<blockquote>", b"<em>", b"<ul><li>", b"<h1>", b"<img alt=x>", b"&lt;", b"<base href=", b"<math>",
)  # fmt: skip
MAIL: Final = (b"\r\n\r\n", b"\r\n", b"Content-Type: ", b"text/html", b"; charset=utf-16", b"Content-Transfer-Encoding: base64\r\n", b"=\r\n", b"=3D")  # fmt: skip
TOKENS: Final[dict[str, tuple[bytes, ...]]] = {
    "stackexchange": (b"<row ", b" />", b"&#0;", b"&#xD800;", b"&lt;", b"<!--", b"<![CDATA[", b"<!DOCTYPE a [", b"</posts>", b'Id="1"', b"<?xml ?>"),
    "metafilter-html": (*MARKUP, b"posted by x at 3:00 PM on May 1", b'<div class="comments">', b'<span class="smallcopy">', b"/web/2013/"),
    "metafilter-text": (b"posted by ", b" at 3:17 PM on March 12, 2008", b"posted by a to b (2 answers total)\n", b"\xc2\xa0", b"\n\n", b"March 12, 2008 3:09 PM   Subscribe\n"),
    "warc": (b"WARC/1.0\r\n", b"WARC-Type: response\r\n", b"Content-Length: 30\r\n", b"HTTP/1.1 200 OK\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"1f\r\n", *MAIL),
    "mhtml": (*MAIL, b"MIME-Version: 1.0\r\n", b"multipart/related; boundary=a\r\n", b"--a\r\n", b"--a--\r\n", *MARKUP),
    "webarchive": (b"<dict>", b"<key>WebMainResource</key>", b"<data>", b"<array>", b"bplist00", b"\xd1\x01\x02", b"<string>", *MARKUP),
    "zim": (b"ZIM\x04", b"\xff\xff\xff\xff", b"\0\0\0\0", b"questions/7/x"),
    "containers": (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\0", b"../", b"ustar", b"\xff\xff\xff\xff"),
    INFODUMP: (b"\t", b"\n", b"Wed Mar  4 06:39:16 2015\n", b"Mar 12 2008 03:09:00:123PM", b"2008-03-12 15:09:00.123", b"9" * 30, b"200123", b"2876001", b"-1", b"[NULL]"),
    "markup": (*MARKUP, b"</p>", b"\n", b"  ", b"<li>", b"<dl><dd>", b"<tr>", b"<b>", b"</b>", b"<a>", b"title=", b"<q>", b"<summary>", b"\xc2\xa0"),
    "query": (b'"', b"-", b"site:", b"author:", b"category:", b"year:2010..2012", b"votes:>=", b"best:yes", b"..", b"'", b"\xe2\x80\x9c", b"\xe2\x80\x9d", b"\xcc\x81"),
}  # fmt: skip
"""Words of each format, which no fuzzer finds by chance. What is not named here is JSON."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to fuzz: `run` raises for any input that it should have taken and did not."""

    name: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    tokens: tuple[bytes, ...]


def find() -> dict[str, Target]:
    """Every target by its name."""
    runs: dict[str, Callable[[bytes], None]] = {reader.name: _reading(reader) for reader in FORMATS}
    runs |= {"containers": _containers, INFODUMP: _enriched, "tables": _tables, "markup": _markup, "query": _query}
    return {name: Target(name, run, tuple(_seeds(name)), TOKENS.get(name, JSON)) for name, run in runs.items()}


def _seeds(name: str) -> Iterable[bytes]:
    if name == "query":
        yield b'"night bird" -owl site:ask.metafilter.com author:ann votes:>=3 year:2008..2012 best:yes'
    elif name == "markup":
        for format_name in ("askive-jsonl", "stackexchange", "discourse"):
            for kind in KINDS:
                yield from (
                    post.body.encode()
                    for sample in samples(format_name, kind)
                    for post in archives.jsonl.read(Source(sample.expected), Report())
                )
        yield b"".join(MARKUP)
    else:
        for kind in KINDS:
            for sample in samples(INFODUMP if name == "tables" else name, kind):
                data = _joined_files(sample.path) if sample.path.is_dir() else sample.path.read_bytes()
                if len(data) <= MAX_SEED:
                    yield data


def _joined_files(folder: Path) -> bytes:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.parent.name != "threads"]
    return b"".join(b"=====%s=====\n%s" % (file.name.encode(), file.read_bytes()) for file in files)


def _write_parts(data: bytes, folder: Path) -> list[Path]:
    """The files of an input that stands for a folder."""
    pieces = PART.split(data)
    written = []
    for name, content in zip(pieces[1::2], pieces[2::2], strict=True):
        path = folder / name.decode()
        if not path.is_dir():
            path.write_bytes(content)
            written.append(path)
    return written


# --- What must hold ---------------------------------------------------------------------------------------------------------


def _read(posts: Iterable[Post], where: str) -> None:
    """Take all posts there are; whatever ends them names its file, and all are valid."""
    reason = where
    found: list[Post] = []
    try:
        for post in posts:
            found.append(post)  # noqa: PERF402  # What came before an error counts.
    except ArchiveError as error:
        reason = error.reason
    assert where in reason, f"{reason} names no file"
    reason.encode()
    contract.check(found)


def _reading(reader: Reader) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        assert reader.recognises(data[:HEAD]) in (True, False)
        if reader.name == "stackexchange" and PART.match(data):
            with tempfile.TemporaryDirectory() as folder:
                site = Path(folder) / "tea.stackexchange.com"
                site.mkdir()
                for file in _write_parts(data, site):
                    report = Report()
                    _read(reader.read(Source(file), report), file.name)
            return
        report = Report()
        _read(reader.read(Source(Path("fuzzed"), opener=lambda: io.BytesIO(data)), report), "fuzzed")
        _said(report)

    return run


def _said(report: Report) -> None:
    assert report.skipped >= 0
    for warning in report.warnings:
        warning.encode()
        assert len(warning) < 5_000, "a warning without end"


def _containers(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fuzzed"
        file.write_bytes(data)
        report = Report()
        _read(archives.read(Source(file), report), "fuzzed")
        _said(report)
        assert [path.name for path in Path(folder).iterdir()] == ["fuzzed"]


@cache
def _library() -> Path:
    """A library to join dumps to, made once."""
    folder = Path(tempfile.mkdtemp(prefix="askive-fuzz-"))
    build(folder, [HERE / INFODUMP / "golden" / "joined" / "threads"], engine="memory")
    return folder


def _enriched(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "dump"
        dump.mkdir()
        _write_parts(data, dump)
        library = Path(folder) / "library"
        shutil.copytree(_library(), library)
        contract.check(joined(library, dump).posts)


def _tables(data: bytes) -> None:
    """The tables by themselves, which is a hundred times as fast as to join them."""
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder)
        _write_parts(data, dump)
        try:
            tables, wrong = infodump_tables.find(dump)
        except ArchiveError:
            return
        for table in tables:
            for number, row in table.rows(table.columns[0], None, lambda *_: None):
                assert row
                assert number == int(number)
                for moment in infodump_tables.moments(row.get("datestamp", "")):
                    datetime.fromtimestamp(moment, UTC)
                infodump_tables.number(row.get("favorites"))
            for warning in (*table.warnings, *wrong):
                assert len(warning.encode()) < 5_000


def _markup(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for resolve, collapse in itertools.product((None, lambda href: href, lambda _: None), (True, False)):
        plain = plainmarkup.flat(_controlled(text), resolve, collapse=collapse)
        assert plain is None or plain == markup._parsed(_controlled(text), resolve, collapse=collapse), "the short way differs"
    for body in (
        markup.clean(text),
        markup.clean(text, collapse=False),
        markup.from_text(text),
        markup.clean(text, lambda href: href),
    ):
        contract.check_body(body)
        for quotes in (True, False):
            markup.prose(body, quotes=quotes).encode()


def _controlled(text: str) -> str:
    return markup._CONTROLS.sub(" ", text)


def _query(data: bytes) -> None:
    asked = query.parse(data.decode("utf-8", "replace"))
    assert all(term and weight >= 1 for term, weight in asked.terms)
    assert not {term for term, _ in asked.terms} & set(asked.forbidden)
    assert set(asked.required) <= {term for term, _ in asked.terms} | set(asked.forbidden)
    for phrase in (*asked.phrases, *asked.excluded_phrases):
        assert words.plain(phrase) == phrase
