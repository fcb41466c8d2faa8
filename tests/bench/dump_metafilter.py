"""Synthetic archives of Ask MetaFilter: pages in containers, web archives and files of their own, text copies, an Infodump.

The pages are those of `tests/pages.py`, in both skins.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import plistlib
import quopri
import tarfile
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

import bodies
from discussions import Said, discussions, in_lots

from indexer.archives.infodump_tables import COLUMNS
from indexer.archives.metafilter import CATEGORIES
from tests import pages

FIRST_NUMBER: Final = 200_000
IN_A_FILE: Final = 20
"""Text copies in one file."""

SAVED: Final = timedelta(days=400)
"""How long after a question its page is saved."""
DUMPED: Final = datetime(2026, 3, 4, 6, 39, 16, tzinfo=UTC)


def threads(posts: int, seed: int, counts: Counter[str]) -> Iterator[pages.Thread]:
    """Threads of `posts` questions and answers together, counted."""
    for said in discussions(posts, seed):
        counts["questions"] += 1
        counts["answers"] += len(said) - 1
        yield _authored(said)


def _authored(said: list[Said]) -> pages.Thread:
    question, categories = said[0], sorted(CATEGORIES)
    paragraphs = bodies.as_authored(question.blocks).split("\n\n", 1)
    return pages.Thread(
        title=question.title,
        asker=question.author,
        asked=question.written.replace(tzinfo=None, microsecond=0),
        number=FIRST_NUMBER + question.thread,
        above=paragraphs[0],
        below=paragraphs[1] if len(paragraphs) > 1 else "",
        category=categories[len(question.category) % len(categories)],
        tags=tuple("".join(tag.split()) for tag in question.tags),
        favorites=max(0, question.votes),
        answers=tuple(
            pages.Answer(
                author=each.author,
                written=each.written.replace(tzinfo=None, microsecond=0),
                body=bodies.as_authored(each.blocks),
                number=each.number,
                favorites=max(0, each.votes),
                best=each.best,
            )
            for each in said[1:]
        ),
    )


def _page(thread: pages.Thread) -> str:
    return (pages.modern if thread.number % 2 else pages.classic)(thread)


def _saved_at(thread: pages.Thread) -> datetime:
    return (thread.asked + SAVED).replace(tzinfo=UTC)


# --- Pages in containers -----------------------------------------------------------------------------------------------


def write_zip(folder: Path, posts: int, seed: int) -> Counter[str]:
    """Pages in a zip, a file each."""
    counts: Counter[str] = Counter()
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "pages.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=4) as container:
        for thread in threads(posts, seed, counts):
            container.writestr(f"ask.metafilter.com/{thread.number}/{thread.slug}.html", _page(thread))
    return counts


def write_tar(folder: Path, posts: int, seed: int) -> Counter[str]:
    """Pages in a compressed tar, as wget and tar leave them."""
    counts: Counter[str] = Counter()
    folder.mkdir(parents=True)
    with tarfile.open(folder / "pages.tar.gz", "w:gz", compresslevel=4) as container:
        for thread in threads(posts, seed, counts):
            content = pages.wget(_page(thread), thread).encode()
            member = tarfile.TarInfo(f"ask.metafilter.com/{thread.number}/{thread.slug}.html")
            member.size = len(content)
            container.addfile(member, io.BytesIO(content))
            container.members.clear()  # type: ignore[attr-defined]  # It would keep every header.
    return counts


# --- Text copies -------------------------------------------------------------------------------------------------------


def write_text(folder: Path, posts: int, seed: int) -> Counter[str]:
    """Text copies, several in a file."""
    counts: Counter[str] = Counter()
    folder.mkdir(parents=True)
    for number, some in enumerate(in_lots(threads(posts, seed, counts), IN_A_FILE)):
        (folder / f"{number:06}.txt").write_text("\n\n".join(map(pages.text_copy, some)) + "\n", "utf-8")
    return counts


# --- Web archives ------------------------------------------------------------------------------------------------------


def write_warc(folder: Path, posts: int, seed: int) -> Counter[str]:
    """A crawl: requests, pages, pictures; one page in a hundred was found unchanged later, and counts twice."""
    counts: Counter[str] = Counter()
    folder.mkdir(parents=True)
    with (folder / "crawl.warc.gz").open("wb") as file:
        file.write(_record("warcinfo", "", DUMPED, b"software: bench\r\n", "application/warc-fields"))
        for thread in threads(posts, seed, counts):
            time, path = _saved_at(thread), thread.path
            request = f"GET {path} HTTP/1.1\r\nHost: ask.metafilter.com\r\n\r\n".encode()
            file.write(_record("request", thread.url, time, request, "application/http; msgtype=request"))
            body = _page(thread).encode()
            head = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=UTF-8\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n".encode()
            digest = "sha1:" + base64.b32encode(hashlib.sha1(body).digest()).decode()
            response = "application/http; msgtype=response"
            file.write(_record("response", thread.url, time, head + body, response, {"WARC-Payload-Digest": digest}))
            if thread.number % 5 == 0:
                picture = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG" + hashlib.sha512(body).digest() * 40
                file.write(
                    _record("response", f"https://ask.metafilter.com/images/{thread.number}.png", time, picture, response)
                )
            if thread.number % 100 == 0:
                again = {"WARC-Payload-Digest": digest, "WARC-Refers-To-Target-URI": thread.url}
                again["WARC-Refers-To-Date"] = f"{time:%Y-%m-%dT%H:%M:%SZ}"
                later = time + timedelta(days=30)
                file.write(_record("revisit", thread.url, later, head, response, again))
                counts.update({"questions": 1, "answers": len(thread.answers)})
    return counts


def _record(kind: str, url: str, time: datetime, block: bytes, content: str, more: dict[str, str] | None = None) -> bytes:
    """A record, compressed as a member of its own."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {url} {time}")
    headers = {"WARC-Type": kind, "WARC-Record-ID": f"<urn:uuid:{name}>", "WARC-Date": f"{time:%Y-%m-%dT%H:%M:%SZ}"}
    headers |= ({"WARC-Target-URI": url} if url else {}) | (more or {})
    headers |= {"Content-Type": content, "Content-Length": str(len(block))}
    head = "WARC/1.0\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"
    return gzip.compress(head.encode() + block + b"\r\n\r\n", 4, mtime=0)


def write_mhtml(folder: Path, posts: int, seed: int) -> Counter[str]:
    """A folder of pages that Chrome saved, with a style sheet each."""
    return _write_files(folder, posts, seed, _mhtml, "mhtml")


def _mhtml(thread: pages.Thread) -> bytes:
    boundary = f"----MultipartBoundary--{thread.number:042}----"
    head = (
        f"From: <Saved by Blink>\r\nSnapshot-Content-Location: {thread.url}\r\nSubject: {thread.title} | Ask MetaFilter\r\n"
        f"Date: {_saved_at(thread):%a, %d %b %Y %H:%M:%S} -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n"
        f'\ttype="text/html";\r\n\tboundary="{boundary}"\r\n\r\n\r\n'
    )
    page = quopri.encodestring(_page(thread).encode()).replace(b"\n", b"\r\n")
    part = f"--{boundary}\r\nContent-Type: {{}}\r\nContent-Transfer-Encoding: {{}}\r\nContent-Location: {{}}\r\n\r\n"
    style = base64.encodebytes(b".copy{font-size:10pt}" * 300).replace(b"\n", b"\r\n")
    return b"".join(
        (
            head.encode(),
            part.format("text/html", "quoted-printable", thread.url).encode() + page + b"\r\n",
            part.format("text/css", "base64", "https://cdn.mefi.us/styles/askmefi.css").encode() + style,
            f"--{boundary}--\r\n".encode(),
        )
    )


def write_webarchive(folder: Path, posts: int, seed: int) -> Counter[str]:
    """A folder of pages that Safari saved, with a style sheet each."""
    return _write_files(folder, posts, seed, _webarchive, "webarchive")


def _webarchive(thread: pages.Thread) -> bytes:
    def resource(url: str, data: bytes, kind: str) -> dict[str, object]:
        return {
            "WebResourceData": data,
            "WebResourceURL": url,
            "WebResourceMIMEType": kind,
            "WebResourceTextEncodingName": "UTF-8",
            "WebResourceFrameName": "",
        }

    style = resource("https://cdn.mefi.us/styles/askmefi.css", b".copy{font-size:10pt}" * 300, "text/css")
    page = resource(thread.url, _page(thread).encode(), "text/html")
    return plistlib.dumps({"WebMainResource": page, "WebSubresources": [style]}, fmt=plistlib.FMT_BINARY)


def _write_files(folder: Path, posts: int, seed: int, saved: Callable[[pages.Thread], bytes], ending: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for thread in threads(posts, seed, counts):
        # A folder of a hundred thousand files is no pleasure.
        place = folder / f"{thread.number // 1000}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{thread.slug[:80]} {thread.number}.{ending}").write_bytes(saved(thread))
    return counts


# --- Infodump ----------------------------------------------------------------------------------------------------------


def write_infodump(folder: Path, posts: int, seed: int) -> Counter[str]:
    """The site's tables of the same threads, one to a zip; `rows` is how many there are. Votes have grown since the copies.

    Who favorited what is left out: such dumps count favorites beside each post, and then that table is not read.
    """
    counts: Counter[str] = Counter()
    folder.mkdir(parents=True)
    categories = sorted(CATEGORIES)
    names: dict[int, str] = {}
    with ExitStack() as stack:
        tables = {
            name: _Table(stack, folder, name, counts)
            for name in ("postdata_askme", "posttitles_askme", "commentdata_askme", "tagdata_askme", "usernames")
        }
        for thread in threads(posts, seed, Counter()):
            asker = pages.user_number(thread.asker)
            names.setdefault(asker, thread.asker)
            more = thread.favorites + 1
            category = categories.index(thread.category or "") + 1
            answers = len(thread.answers)
            tables["postdata_askme"].row(thread.number, asker, _stamp(thread.asked), category, answers, more, 0, "[NULL]")
            tables["posttitles_askme"].row(thread.number, thread.title)
            for place, tag in enumerate(thread.tags):
                tables["tagdata_askme"].row(thread.number * 10 + place, thread.number, _stamp(thread.asked), tag)
            for each in thread.answers:
                person = pages.user_number(each.author)
                names.setdefault(person, each.author)
                votes = each.favorites + each.number % 2
                tables["commentdata_askme"].row(each.number, thread.number, person, _stamp(each.written), votes, int(each.best))
        for number, name in names.items():
            tables["usernames"].row(number, "Jul 14 1999  3:03:04:930PM", name)
    return counts


class _Table:
    """A table under writing, in a zip of its own."""

    def __init__(self, stack: ExitStack, folder: Path, name: str, counts: Counter[str]) -> None:
        container = stack.enter_context(zipfile.ZipFile(folder / f"{name}.txt.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=4))
        member = stack.enter_context(container.open(f"{name}.txt", "w", force_zip64=True))
        self._file: TextIO = stack.enter_context(io.TextIOWrapper(member, "utf-8", newline=""))
        self._counts = counts
        columns = COLUMNS[name.partition("_")[0]]
        self._file.write(f"{DUMPED:%a %b} {DUMPED.day:2d} {DUMPED:%H:%M:%S %Y}\r\n" + "\t".join(columns) + "\r\n")

    def row(self, *values: object) -> None:
        self._counts["rows"] += 1
        self._file.write("\t".join(map(str, values)) + "\r\n")


def _stamp(time: datetime) -> str:
    """As the dumps of today have it, in the site's own time."""
    return f"{time:%b} {time.day:2d} {time.year} {time:%I:%M:%S}:123{time:%p}"
