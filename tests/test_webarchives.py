"""Pages out of WARC, WACZ, MHTML and Safari's web archives are read as the plain page is, and damage costs only itself."""

from __future__ import annotations

import base64
import gzip
import io
import plistlib
import quopri
import re
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import PATIENCE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.archives import Report, Source, metafilter_html, mhtml, warc, webarchive
from indexer.archives.captured_page import as_utf8, media_type
from indexer.archives.containers import leaves
from indexer.archives.source import MAX_PAGE
from indexer.archives.warc_records import http, records
from indexer.errors import ArchiveError, DamagedArchive, NotAThread, UnknownFormat
from indexer.thread import Post
from tests import pages
from tests.pages import Answer

ASKED = datetime(2011, 11, 5, 21, 14)
CAPTURED = datetime(2019, 8, 7, 6, 5, 4, tzinfo=UTC)

THREAD = pages.Thread(
    title="Café & cat: does “5 am” feeding work?",
    category="Pets & Animals",
    tags=("cat", "c++"),
    asker="sleepless at 5 in Tulsa",
    asked=ASKED,
    number=200123,
    favorites=14,
    above="A teaser.",
    below="The story, with <em>emphasis</em>.\n\nL’Oréal has no part in it.",
    answers=(
        Answer(author="4ster", written=ASKED + timedelta(minutes=3), number=2876001, body="Feed it later.", favorites=2),
        Answer(
            author="walks, slowly [!]",
            written=ASKED + timedelta(minutes=9),
            number=2876010,
            best=True,
            body="An “automatic” feeder = peace.",
        ),
    ),
)
OTHER = replace(THREAD, title="Why is my cellar humming?", number=200777)
SKINS = {"classic": pages.classic, "modern": pages.modern}
STAMP = "2019-08-07T06:05:04Z"


# --- Archives of our own writing -----------------------------------------------------------------------------------------


def record(
    kind: str, block: bytes, *headers: str, url: str = THREAD.url, date: str = STAMP, length: int | None = None
) -> bytes:
    lines = ["WARC/1.0", f"WARC-Type: {kind}", f"WARC-Date: {date}", *headers]
    lines += [f"WARC-Target-URI: {url}"] if url else []
    lines += [f"Content-Length: {len(block) if length is None else length}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def answered(body: bytes, *headers: str, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {kind}"] if kind else []), *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def response(body: bytes | str, *headers: str, url: str = THREAD.url, date: str = STAMP, **http_values: str) -> bytes:
    payload = body.encode() if isinstance(body, str) else body
    names = [each for each in headers if each.startswith("WARC-")]
    rest = [each for each in headers if not each.startswith("WARC-")]
    return record("response", answered(payload, *rest, **http_values), *names, url=url, date=date)


INFO = record("warcinfo", b"software: test\r\n", url="")


def per_record(*parts: bytes) -> bytes:
    """Gzipped as WARCs are: each record a member of its own."""
    return b"".join(gzip.compress(each) for each in parts)


def mht(
    page: str, *, encoding: str = "quoted-printable", charset: str = "utf-8", url: str = THREAD.url, extra: bytes = b""
) -> bytes:
    data = page.encode(charset)
    body = {"quoted-printable": quopri.encodestring, "base64": base64.encodebytes, "8bit": bytes}[encoding](data)
    return b"\r\n".join(
        [
            b"From: <Saved by Blink>",
            f"Snapshot-Content-Location: {url}".encode(),
            b"Subject: =?utf-8?Q?Caf=C3=A9?=",
            b"Date: Wed, 7 Aug 2019 06:05:04 -0000",
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="----MultipartBoundary--abc----"',
            b"",
            b"",
            *([b"------MultipartBoundary--abc----", extra] if extra else []),
            b"------MultipartBoundary--abc----",
            f'Content-Type: text/html; charset="{charset}"'.encode(),
            b"Content-ID: <frame-1@mhtml.blink>",
            f"Content-Transfer-Encoding: {encoding}".encode(),
            f"Content-Location: {url}".encode(),
            b"",
            body,
            b"------MultipartBoundary--abc----",
            b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: http://example.org/x.png",
            b"",
            b"iVBORw0KGgo=",
            b"------MultipartBoundary--abc------",
            b"",
        ]
    )


def safari(
    page: bytes, kind: str = "text/html", charset: str = "UTF-8", fmt: plistlib.PlistFormat = plistlib.FMT_BINARY
) -> bytes:
    main = {
        "WebResourceData": page,
        "WebResourceURL": THREAD.url,
        "WebResourceMIMEType": kind,
        "WebResourceTextEncodingName": charset,
        "WebResourceFrameName": "",
    }
    picture = {"WebResourceData": b"\x89PNG", "WebResourceURL": "http://example.org/x.png", "WebResourceMIMEType": "image/png"}
    return plistlib.dumps({"WebMainResource": main, "WebSubresources": [picture]}, fmt=fmt)


# --- Reading -------------------------------------------------------------------------------------------------------------


class Reading:
    """The posts and the report of a file's content, found and opened as a build would."""

    def __init__(self, content: bytes, folder: Path, name: str = "archive") -> None:
        file = folder / name
        file.write_bytes(content)
        self.report = Report()
        self.posts: list[Post] = []
        for leaf in leaves(Source(file), self.report):
            head = leaf.head()
            reader = next(each for each in (warc, mhtml, webarchive, metafilter_html) if each.recognises(head))
            self.posts += reader.read(leaf, self.report)

    def said(self, words: str) -> bool:
        return any(words in warning for warning in self.report.warnings)


Read = Callable[..., Reading]


@pytest.fixture
def reading(tmp_path: Path) -> Read:
    return lambda content, name="archive": Reading(content, tmp_path, name)


def plain(page: str, folder: Path) -> list[Post]:
    file = folder / "plain.html"
    file.write_text(page, "utf-8")
    return list(metafilter_html.read(Source(file), Report()))


def wacz(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("datapackage.json", '{"profile": "data-package"}')
        archive.writestr("archive/data.warc.gz", content)
        archive.writestr("indexes/index.cdx.gz", gzip.compress(b"com,example)/ 2019"))
        archive.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0"}\n')
    return file.getvalue()


WRAPPINGS: dict[str, Callable[[str], bytes]] = {
    "warc": lambda page: INFO + response(page),
    "warc, a gzip member a record": lambda page: per_record(INFO, response(page)),
    "warc, one gzip": lambda page: gzip.compress(INFO + response(page)),
    "warc, chunked": lambda page: INFO + response(chunked(page.encode()), "Transfer-Encoding: chunked"),
    "warc, gzip": lambda page: INFO + response(gzip.compress(page.encode()), "Content-Encoding: gzip"),
    "warc, deflate": lambda page: INFO + response(zlib.compress(page.encode()), "Content-Encoding: deflate"),
    "warc, bare deflate": lambda page: INFO + response(zlib.compress(page.encode(), wbits=-15), "Content-Encoding: deflate"),
    "warc, chunked gzip": lambda page: response(
        chunked(gzip.compress(page.encode())), "Transfer-Encoding: chunked", "Content-Encoding: gzip"
    ),
    "warc, headers that are no longer true": lambda page: response(
        page, "Transfer-Encoding: chunked", "Content-Encoding: gzip"
    ),
    "warc, utf-16": lambda page: response(page.encode("utf-16-le"), kind="text/html; charset=utf-16le"),
    "warc, latin-1 by its header, and it is not": lambda page: response(page, kind="text/html; charset=iso-8859-1"),
    "warc, no type": lambda page: response(page, kind=""),
    "warc resource": lambda page: record("resource", page.encode(), "Content-Type: text/html"),
    "wacz": lambda page: wacz(per_record(INFO, response(page))),
    "mhtml": mht,
    "mhtml, base64": lambda page: mht(page, encoding="base64"),
    "mhtml, utf-16": lambda page: mht(page, encoding="base64", charset="utf-16"),
    "mhtml, 8bit": lambda page: mht(page, encoding="8bit"),
    "mhtml, LF": lambda page: mht(page).replace(b"\r\n", b"\n"),
    "mhtml, another part first": lambda page: mht(page, extra=b"Content-Type: text/css\r\n\r\n.x { color: red }"),
    "safari": lambda page: safari(page.encode()),
    "safari, xml": lambda page: safari(page.encode(), fmt=plistlib.FMT_XML),
    "safari, utf-16": lambda page: safari(page.encode("utf-16"), charset="UTF-16"),
}


def chunked(body: bytes, size: int = 1000) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("skin", SKINS)
def test_a_page_in_an_archive_gives_the_posts_of_the_plain_page(
    skin: str, wrapping: str, reading: Read, tmp_path: Path
) -> None:
    page = SKINS[skin](THREAD)
    read = reading(WRAPPINGS[wrapping](page))
    assert len(read.posts) == 3
    assert [replace(post, captured=None) for post in read.posts] == plain(page, tmp_path)
    assert {post.captured for post in read.posts} == {None if wrapping.startswith("safari") else CAPTURED}
    assert (read.report.warnings, read.report.skipped) == ([], 0)


def test_brotli_and_zstd_answers(reading: Read) -> None:
    brotli = pytest.importorskip("brotli")
    zstd = pytest.importorskip("backports.zstd")
    page = pages.modern(THREAD)
    one = response(brotli.compress(page.encode()), "Content-Encoding: br")
    two = response(zstd.compress(page.encode()), "Content-Encoding: zstd")
    assert reading(one).posts == reading(two).posts == reading(response(page)).posts
    assert reading(response(page)).posts


def test_a_missing_library_for_brotli_is_named(reading: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "brotli", None)
    page = response(b"\x0b\x02\x80", "Content-Encoding: br") + response(pages.modern(OTHER), url=OTHER.url)
    read = reading(page)
    assert len(read.posts) == 3
    assert read.report.skipped == 1
    assert read.said("Brotli")


@pytest.mark.parametrize("charset", ["windows-1252", "iso-8859-1"])
def test_the_charset_of_the_http_header_is_kept_to(charset: str, reading: Read, tmp_path: Path) -> None:
    page = re.sub(r"<meta charset[^>]*>", "", pages.modern(THREAD))
    read = reading(response(page.encode("cp1252"), kind=f'text/html; charset="{charset}"'))
    assert [replace(post, captured=None) for post in read.posts] == plain(page, tmp_path)
    cyrillic = page.replace("A teaser.", "Кошка не спит.").replace("é", "e").replace("“", "").replace("”", "").replace("’", "")
    cyrillic = cyrillic.replace("«", "").replace("»", "").replace("©", "")
    read = reading(response(cyrillic.encode("koi8-r"), kind="text/html; charset=koi8-r"))
    assert "Кошка не спит." in read.posts[0].body


def test_charsets_that_say_nothing_leave_the_page_alone() -> None:
    page = "é".encode("cp1252")
    for charset in (
        None,
        "",
        "bz2",
        "punycode",
        "idna",
        "utf-7",
        "no-such",
        "x" * 5000,
        "undefined",
        "\0",
        "rot13",
        "unicode_escape",
    ):
        assert as_utf8(page, charset) == page
    assert as_utf8(b"\xef\xbb\xbf\xc3\xa9", "cp1252") == b"\xef\xbb\xbf\xc3\xa9"
    assert as_utf8(b"\xff\xfea\x00", "utf-16-be") == b"\xff\xfea\x00"
    assert as_utf8("漢字".encode("shift_jis"), "Shift_JIS").decode("utf-8-sig") == "漢字"


def test_types_are_read_whatever_they_look_like() -> None:
    assert media_type('Text/HTML; Charset="UTF-8"') == ("text/html", "utf-8")
    assert media_type("text/html;charset*=x'y'%ff;charset*0=a")[0] == "text/html"
    assert media_type("\r\n\0;;;")[0]


# --- WARC: captures and revisits ---------------------------------------------------------------------------------------------


def test_the_address_and_time_of_the_capture_are_the_posts(reading: Read) -> None:
    page = re.sub(r"<(?:link|meta)\b[^>]*metafilter\.com[^>]*>", "", pages.classic(THREAD))
    bare = re.sub(r'<a name="\d+"></a>|(?<=<a )href="[^"]*"|\bid="[^"]*\d+"|favorited/\d/\d+', "", page)
    read = reading(response(bare))
    assert read.posts[0].id == "ask.metafilter.com:200123"
    assert read.posts[0].url == "https://ask.metafilter.com/200123"
    archived = reading(response(bare, url=f"https://web.archive.org/web/20150102030405/{THREAD.url}")).posts
    assert archived[0].id == "ask.metafilter.com:200123"
    assert {post.captured for post in archived} == {datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC)}


def test_the_pages_own_address_wins_only_if_it_is_of_the_site(reading: Read) -> None:
    saved = pages.singlefile(pages.modern(THREAD), THREAD, CAPTURED - timedelta(days=30))
    read = reading(response(saved, url="https://mirror.example.org/x"))
    assert read.posts[0].id == "ask.metafilter.com:200123"
    assert read.posts[0].captured == CAPTURED - timedelta(days=30)
    foreign = pages.saved_by_browser(
        re.sub(r"<(?:link|meta)\b[^>]*metafilter\.com[^>]*>", "", pages.modern(THREAD)),
        THREAD,
        "https://proxy.example.org/page",
    )
    assert reading(response(foreign)).posts[0].id == "ask.metafilter.com:200123"


def test_several_captures_all_come_with_their_times(reading: Read) -> None:
    later = replace(THREAD, favorites=20)
    read = reading(
        response(pages.modern(THREAD))
        + response(pages.modern(later), date="2021-01-01T00:00:00.123Z")
        + response("<html>gone", status="410 Gone", date="2022-01-01T00:00:00Z")
    )
    votes = {post.captured: post.votes for post in read.posts if post.kind == "question"}
    assert votes == {CAPTURED: 14, datetime(2021, 1, 1, 0, 0, 0, 123000, tzinfo=UTC): 20}
    assert read.said("pages that are errors or redirects (1)")


REVISITS = {
    "by digest": ["WARC-Payload-Digest: sha1:AAAA"],
    "by id": ["WARC-Refers-To: <urn:uuid:1>"],
    "by address and date": [f"WARC-Refers-To-Target-URI: {THREAD.url}", f"WARC-Refers-To-Date: {STAMP}"],
}


@pytest.mark.parametrize("headers", REVISITS.values(), ids=REVISITS)
@pytest.mark.parametrize("first", [True, False])
def test_a_revisit_is_the_page_again(headers: list[str], first: bool, reading: Read) -> None:
    original = response(pages.modern(THREAD), "WARC-Payload-Digest: sha1:AAAA", "WARC-Record-ID: <urn:uuid:1>")
    other = response(pages.modern(OTHER), "WARC-Payload-Digest: sha1:BBBB", "WARC-Record-ID: <urn:uuid:2>", url=OTHER.url)
    again = record("revisit", answered(b""), *headers, date="2020-02-02T02:02:02Z")
    last = record("revisit", b"", *headers, date="2020-03-03T03:03:03Z")
    parts = [again, last, other, original] if first else [original, other, again, last]
    read = reading(per_record(INFO, *parts))
    times = [post.captured for post in read.posts if post.id == "ask.metafilter.com:200123"]
    assert sorted(filter(None, times)) == [CAPTURED, datetime(2020, 3, 3, 3, 3, 3, tzinfo=UTC)]
    assert [post.captured for post in read.posts if post.id == "ask.metafilter.com:200777"] == [CAPTURED]
    assert (read.report.warnings, read.report.skipped) == ([], 0)


def test_revisits_of_what_is_not_there_are_counted(reading: Read) -> None:
    lost = record("revisit", answered(b""), "WARC-Payload-Digest: sha1:ZZZZ")
    picture = record("revisit", answered(b"", kind="image/png"), "WARC-Payload-Digest: sha1:YYYY")
    read = reading(response(pages.modern(THREAD)) + lost + lost + picture)
    assert read.said("revisits of pages that are of other sites or not in the file (2)")
    with pytest.raises(NotAThread, match=r"revisits .* \(2\)"):
        reading(lost + lost)


def test_what_is_left_out_is_counted_and_named(reading: Read) -> None:
    index = '<html><head><title>MetaFilter | Community Weblog</title></head><body class="subsite-mefi"><h2 class="posttitle">x</h2></body></html>'
    read = reading(
        INFO
        + response(index, url="https://www.metafilter.com/")
        + response("<html><title>Example</title>", url="http://example.org/")
        + response(b"\x89PNG", kind="image/png")
        + response("moved", status="301 Moved")
        + record("request", b"GET / HTTP/1.1\r\n\r\n")
        + response(pages.modern(THREAD))
    )
    assert len(read.posts) == 3
    assert read.report.skipped == 1
    assert read.said("https://www.metafilter.com/ is a")
    assert read.said("left out: pages of other sites (1), pages that are errors or redirects (1)")


def test_a_crawl_without_threads_is_refused_by_name(reading: Read) -> None:
    with pytest.raises(NotAThread, match="holds no page of a site that is read here: records"):
        reading(INFO + response(b"\x89PNG", kind="image/png"))
    with pytest.raises(NotAThread, match="the first of them"):
        reading(response('<html><title>Ask MetaFilter | x</title><body class="subsite-askmefi"></body>'))
    with pytest.raises(UnknownFormat, match=r"is an ARC file.*warcio recompress"):
        reading(b"filedesc://x.arc 0.0.0.0 20100101000000 text/plain 76\n1 0 InternetArchive\n")
    with pytest.raises(UnknownFormat, match="is an ARC file"):
        reading(gzip.compress(b"filedesc://x.arc 0.0.0.0 20100101000000 text/plain 76\n"))


@pytest.mark.parametrize(
    "date", ["", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "1969-01-01T00:00:00Z", "2019-13-13"]
)
def test_absurd_times_are_unknown(date: str, reading: Read) -> None:
    read = reading(response(pages.modern(THREAD), date=date))
    assert len(read.posts) == 3
    assert {post.captured for post in read.posts} == {None}


def test_the_dates_of_the_drafts_are_read(reading: Read) -> None:
    assert reading(response(pages.modern(THREAD), date="20190807060504")).posts[0].captured == CAPTURED


# --- WARC: damage --------------------------------------------------------------------------------------------------------------


GOOD = response(pages.modern(OTHER), url=OTHER.url)
BODY = answered(pages.modern(THREAD).encode())


@pytest.mark.parametrize("wrong", [-2000, -7, -1, 1, 3, 60, 700, 10**6, 10**14])
def test_a_wrong_length_costs_no_other_record(wrong: int, reading: Read) -> None:
    broken = record("response", BODY, length=len(BODY) + wrong)
    read = reading(INFO + broken + GOOD + GOOD)
    assert [post.id for post in read.posts].count("ask.metafilter.com:200777") == 2
    assert "ask.metafilter.com:200123" in {post.id for post in read.posts}
    if wrong not in (-1, 1, 3):  # The page ends in a blank line and two come after it: these are harmless.
        assert read.said("is damaged") or read.report.skipped
    assert len(read.posts) == 9 or read.report.warnings


@pytest.mark.parametrize(
    "length", ["", "Content-Length: -5\r\n", "Content-Length: many\r\n", "Content-Length: 99999999999999999999\r\n"]
)
def test_a_missing_length_is_found_out(length: str, reading: Read) -> None:
    broken = re.sub(rb"Content-Length: \d+\r\n", length.encode(), record("response", BODY), count=1)
    read = reading(broken + GOOD)
    assert len(read.posts) == 6
    assert read.said("does not say how long it is")


def test_garbage_between_records_is_counted(reading: Read) -> None:
    read = reading(GOOD + b"garbage\n\0\xff\n" + response(pages.modern(THREAD)) + b"\n\n")
    assert len(read.posts) == 6
    assert read.report.skipped == 1
    assert read.said("bytes that are no record")


@pytest.mark.parametrize("place", [20, 60, 300, -9, -4])
def test_one_bad_gzip_member_costs_no_other(place: int, reading: Read) -> None:
    bad = bytearray(gzip.compress(record("response", BODY)))
    bad[place] ^= 0x55
    read = reading(per_record(INFO) + bytes(bad) + per_record(GOOD, GOOD))
    assert [post.id for post in read.posts].count("ask.metafilter.com:200777") == 2
    assert read.said("gzip data is damaged before byte")
    if place < 0:
        assert "ask.metafilter.com:200123" in {post.id for post in read.posts}


def test_a_page_too_large_to_be_one_is_skipped(reading: Read) -> None:
    bomb = response(gzip.compress(b"<html>" + b" " * (MAX_PAGE + 10)), "Content-Encoding: gzip", url="http://example.org/bomb")
    read = reading(bomb + GOOD)
    assert len(read.posts) == 3
    assert read.said("http://example.org/bomb is larger than 64 MiB")
    read = reading(b"".join([response(b"<html>" + b" " * (MAX_PAGE + 10)), GOOD]))
    assert len(read.posts) == 3
    assert read.said("is larger than 64 MiB")


def test_large_files_that_are_no_pages_are_never_held(tmp_path: Path) -> None:
    file = tmp_path / "video.warc"
    size = 96 * 1024 * 1024
    with file.open("wb") as out:
        head = answered(b"", kind="video/mp4")
        out.write(record("response", head, length=len(head) + size).removesuffix(b"\r\n\r\n"))
        for _ in range(96):
            out.write(b"\0" * (1024 * 1024))
        out.write(b"\r\n\r\n" + GOOD)
    tracemalloc.start()
    posts = list(warc.read(Source(file), Report()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(posts) == 3
    assert peak < 16 * 1024 * 1024


def test_hostile_lines_take_linear_time(tmp_path: Path) -> None:
    for content in (
        b"WARC/1.0\r\nX: " + b"a" * 5_000_000,
        b"WARC/1.0\r\n" + b"X: y\r\n" * 300_000,
        b"WARC/1.0\r\n" * 100_000,
        b"WARC/1.0\r\n\r\n" * 50_000,
        (b"WARC/1.0\r\nContent-Length: 60000\r\n\r\n" + b"x" * 100 + b"\r\n") * 10_000,
        record("resource", b"x" * 100, "Content-Type: text/html", length=60_000_000) * 20_000,
        b"WARC/1.0\r\nWARC-Type: response\r\n\r\n" + b"\n" * 1_000_000,
        b"HTTP/1.1 200 OK\n" + b"\r\n \t" * 300_000,
        response(b"5\r\n" * 300_000, "Transfer-Encoding: chunked"),
        response(b"1\r\nx\r\n" * 300_000, "Transfer-Encoding: chunked"),
        gzip.compress(b"WARC/1.0\r\n")[:-3] + b"\x1f\x8b\x08" * 1_000_000,
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=a\r\n\r\n"
        + b"--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 50_000,
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=" + b"a" * 200_000 + b"\r\n\r\n" + b"--a" * 1_000_000,
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; x=" + b"; a*1*=''%ff" * 10_000,
        plistlib.dumps({"WebMainResource": "x"}, fmt=plistlib.FMT_XML).replace(b"<string>x</string>", b"<array>" * 200_000),
    ):
        start = time.monotonic()
        outcome(content, tmp_path)
        assert time.monotonic() - start < PATIENCE, content[:60]


def test_heads_of_http_answers() -> None:
    block = b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\na: d\r\nno colon\r\nE:\r\n\r\nbody"
    found = http(block)
    assert found is not None
    assert (found.status, found.headers, found.size) == (200, {"a": "b c", "e": ""}, block.index(b"body"))
    bare = http(b"HTTP/1.0 204\r\n\r\n")
    assert bare is not None
    assert (bare.status, bare.headers, bare.size) == (204, {}, 16)
    assert http(b"<html>") is None
    assert http(b"") is None


# --- MHTML and Safari ---------------------------------------------------------------------------------------------------------


def test_mhtml_without_parts_and_of_old_explorers(reading: Read, tmp_path: Path) -> None:
    page = pages.classic(THREAD)
    single = b"From: <Saved by Microsoft Internet Explorer 5>\r\nSubject: x\r\nDate: Wed, 7 Aug 2019 06:05:04 -0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html;\r\n\tcharset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Location: http://ask.metafilter.com/200123/x\r\n\r\n"
    read = reading(single + quopri.encodestring(page.encode()))
    assert [replace(post, captured=None) for post in read.posts] == plain(page, tmp_path)
    nested = mht(page).replace(
        b"------MultipartBoundary--abc----\r\nContent-Type: text/html",
        b"------MultipartBoundary--abc----\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain\r\n\r\nplain\r\n--inner\r\nContent-Type: text/html",
        1,
    )
    assert reading(nested).posts == read.posts


def test_torsos_of_single_pages_are_named(reading: Read) -> None:
    page = pages.modern(THREAD)
    whole = mht(page)
    read = reading(whole[: whole.index(b"automatic") + 30])
    assert len(read.posts) >= 2
    assert read.said("the file ends in the middle of the page")
    with pytest.raises(DamagedArchive, match="has no part that is a page"):
        reading(whole[: whole.index(b"Content-Type: text/html")])
    with pytest.raises(DamagedArchive, match="is a damaged property list"):
        reading(safari(page.encode())[:-200])
    with pytest.raises(NotAThread, match="a property list without a page"):
        reading(plistlib.dumps({"a": 1}, fmt=plistlib.FMT_BINARY))
    with pytest.raises(NotAThread, match="a file of another kind"):
        reading(safari(b"%PDF", kind="application/pdf"))
    with pytest.raises(NotAThread, match=r"a page of a site that is not read here \(https://ask"):
        reading(safari(b"<html>hello"))
    with pytest.raises(NotAThread, match="a page of a site that is not read here"):
        reading(mht("<html>hello"))


def test_only_their_own_files_are_recognised() -> None:
    own = {warc: INFO, mhtml: mht("x"), webarchive: safari(b"x")}
    others = [
        b"",
        b"{}",
        b"<?xml version='1.0'?><posts>",
        pages.modern(THREAD).encode(),
        b"From: me\n\nhello",
        b"\x1f\x8b",
        b"Question: how?\nwhy?",
        b"BZh",
    ]
    for reader, content in own.items():
        for other in own:
            assert other.recognises(content) == (other is reader)
        assert not any(reader.recognises(each) for each in others)
    assert warc.recognises(per_record(INFO))
    assert not warc.recognises(gzip.compress(b"{}"))


# --- Real archives ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("example.warc", r"records \(6\), among them pages of other sites \(1\), revisits"),
        ("example.warc.gz", r"records \(6\), among them pages of other sites \(1\), revisits"),
        ("example-trunc.warc", r"records \(4\), among them pages of other sites \(1\)"),
        ("example-bad.warc.gz.bad", r"records \(6\), among them pages of other sites \(1\), pages that are errors"),
        ("example-resource.warc.gz", r"records \(3\), among them pages of other sites \(1\)"),
    ],
)
def test_real_archives_end_in_counts(name: str, outcome: str, shared: Path) -> None:
    report = Report()
    (leaf,) = leaves(Source(shared / "data" / "warc" / name), report)
    assert warc.recognises(leaf.head())
    with pytest.raises(NotAThread, match=outcome):
        list(warc.read(leaf, report))


@pytest.mark.parametrize("name", ["example.warc", "example.warc.gz", "example-resource.warc.gz"])
def test_another_library_reads_the_same_records(name: str, shared: Path) -> None:
    warcio = pytest.importorskip("warcio.archiveiterator")
    path = shared / "data" / "warc" / name
    ours = []
    (leaf,) = leaves(Source(path), Report())
    with leaf.open() as file:
        for each in records(file, Report()):
            block = each.block()
            answer = http(block) if each.type in ("response", "revisit") else None
            body = answer.payload(block[answer.size :], "x")[0] if answer else block
            ours.append((each.type, each.url, answer and answer.status, body if each.type in ("response", "resource") else b""))
    theirs = []
    with path.open("rb") as file:
        for each in warcio.ArchiveIterator(file):
            answer = each.http_headers if each.rec_type in ("response", "revisit") else None
            body = each.content_stream().read()
            theirs.append(
                (
                    each.rec_type,
                    each.rec_headers.get_header("WARC-Target-URI") or "",
                    answer and int(answer.get_statuscode()),
                    body if each.rec_type in ("response", "resource") else b"",
                )
            )
    assert ours == theirs
    assert len(ours) >= 3


# --- Whatever the bytes ------------------------------------------------------------------------------------------------------------


def outcome(content: bytes, folder: Path) -> str:
    """What becomes of a file by each reader: never anything but posts or an ArchiveError."""
    found = []
    file = folder / "fuzz"
    file.write_bytes(content)
    for reader in (warc, mhtml, webarchive):
        report = Report()
        reader.recognises(content[:65_536])
        try:
            found.append(f"{len(list(reader.read(Source(file), report)))} posts")
        except ArchiveError as error:
            found.append(f"{type(error).__name__}: {error.reason}")
    assert all("posts" in each or str(file) in each for each in found)
    return ", ".join(found)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [
                    b"WARC/1.0\r\n",
                    b"WARC-Type: response\r\n",
                    b"Content-Length: 30\r\n",
                    b"\r\n\r\n",
                    b"HTTP/1.1 200 OK\r\n",
                    b"Content-Type: text/html\r\n",
                    b"Transfer-Encoding: chunked\r\n",
                    b"Content-Encoding: deflate\r\n",
                    b"1f\r\n",
                    b"--a\r\n",
                    b"MIME-Version: 1.0\r\n",
                    b"Content-Type: multipart/related; boundary=a\r\n",
                    b"WARC-Target-URI: http://[::1\r\n",
                    b"bplist00",
                    b"<plist><dict>",
                    b"\x1f\x8b\x08",
                ]
            ),
        ),
        max_size=14,
    )
)
def test_any_mixture_of_their_parts_is_survived(tmp_path: Path, parts: list[bytes]) -> None:
    outcome(b"".join(parts), tmp_path)
