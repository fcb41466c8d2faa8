"""Write the samples that nobody can write by hand: binary ones, pages, and what becomes of golden samples by damage.

`python -m tests.formats.make` writes those that are missing, `--all` all of them anew. The other samples are edited as they are.
The builders are those of the formats' own tests. Two ZIM files and 7z containers of the same content are never the same to the byte.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import plistlib
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # The tests' modules import each other by their own names.

import test_containers as containers
import test_infodump as infodump
import test_webarchives as web
import test_zim as zims

from tests import pages
from tests.formats.samples import HERE, samples
from tests.pages import Answer

THREAD = pages.Thread(
    title="Café & cat: does “5 am” feeding work?",
    category="Pets & Animals",
    tags=("cat", "c++"),
    asker="sleepless in Tulsa",
    asked=datetime(2011, 11, 5, 21, 14),
    number=200123,
    favorites=14,
    above="The cat — mine — wakes me at <em>five</em>.",
    answers=(
        Answer(author="4ster", written=datetime(2011, 11, 5, 21, 17), number=2876001, body="Feed it later.", favorites=2),
        Answer(
            author="walks, slowly [!]",
            written=datetime(2011, 11, 5, 21, 23),
            number=2876010,
            best=True,
            body="An “automatic” feeder.\n\nIt <strong>works</strong>.",
        ),
        Answer(author="sleepless in Tulsa", written=datetime(2011, 11, 6, 9, 0), number=2876020, body="Thank you!"),
    ),
)
HOSTILE = replace(
    THREAD,
    title="../../etc/passwd <script>alert(1)</script>",
    asker="../../x",
    above="<script>alert(1)</script> An ordinary question.",
    answers=(
        Answer(
            author="<img src=x onerror=alert(1)>",
            written=THREAD.asked + timedelta(minutes=1),
            number=2876001,
            body='<a href="javascript:alert(1)">go</a> <iframe src="//example.org"></iframe><p onclick="x()">hi</p>',
        ),
    ),
)
CELLAR = replace(
    infodump.CAT,
    title="A humming cellar",
    number=200321,
    asked=infodump.at(7000),
    answers=(Answer(author="Ann", written=infodump.at(7009), number=2879000, body="It is the fridge above."),),
)
HOSTILE_PAGE = pages.modern(HOSTILE).replace(
    "An ordinary question.", 'An <a href=" jAvAsCrIpT&#58;alert(1)" onmouseover=x()>ordinary</a> question.<svg onload=x()>'
)
NO_THREAD = (
    "<html><head><title>Ask MetaFilter | questions</title></head><body class='subsite-askmefi'><p>Nothing.</p></body></html>"
)
MADE = zims.MADE | {"Name": "cooking.stackexchange.com_en_all"}
POSTS = (HERE / "askive-jsonl" / "golden" / "threads.jsonl").read_bytes()
MORE = POSTS.replace(b"example.org:1", b"example.org:7")
TWO = {"threads/one.jsonl": POSTS, "threads/two.jsonl": MORE}
BOMB = POSTS + b" " * (68 * 1024 * 1024)


def zim(content: dict[str, tuple[str, str]], metadata: dict[str, str] | None = None) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return zims.write_zim(Path(folder) / "x.zim", content, metadata or MADE).path.read_bytes()


def tar_of(*infos: tarfile.TarInfo) -> bytes:
    file = io.BytesIO(containers.tarred(TWO))
    with tarfile.open(fileobj=file, mode="a") as archive:
        for info in infos:
            archive.addfile(info)
    return file.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def names_7z() -> bytes:
    """A 7z with a name that its library would not write."""
    file = io.BytesIO()
    with containers.py7zr.SevenZipFile(file, "w") as archive:
        archive.writestr(MORE, "ok.jsonl")
        archive.writestr(POSTS, "QQ")
        archive.header.files_info.files[-1]["filename"] = "a/../../up.jsonl"
    return file.getvalue()


def encrypted() -> bytes:
    """A zip that says of each member that it is encrypted."""
    content = bytearray(containers.zipped({"secret.jsonl": POSTS}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def dump(folder: Path) -> None:
    (folder / "threads").mkdir(parents=True)
    (folder / "threads" / "page.html").write_text(pages.classic(infodump.CAT), "utf-8")
    (folder / "threads" / "copy.txt").write_text(pages.text_copy(CELLAR), "utf-8")
    infodump.dump(folder / "dump", infodump.FULL, zipped=False)


def dump_damaged(change: Callable[[Path], object]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        dump(folder)
        change(folder / "dump")

    return write


def spoil(table: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        file = folder / f"{table}.txt"
        file.write_bytes(change(file.read_bytes()))

    return dump_damaged(damage)


SAMPLES: dict[str, Callable[[], bytes] | Callable[[Path], None]] = {
    "metafilter-html/golden/classic.html": lambda: pages.classic(THREAD).encode(),
    "metafilter-html/golden/modern.html": lambda: pages.modern(THREAD).encode(),
    "metafilter-html/broken/empty.html": NO_THREAD.encode,
    "metafilter-html/broken/hostile.html": HOSTILE_PAGE.encode,
    "metafilter-text/golden/copy.txt": lambda: pages.text_copy(THREAD).encode(),
    "mhtml/golden/page.mhtml": lambda: web.mht(pages.modern(THREAD)),
    "mhtml/golden/base64.mhtml": lambda: web.mht(pages.classic(THREAD), encoding="base64"),
    "mhtml/broken/empty.mhtml": lambda: web.mht(NO_THREAD),
    "mhtml/broken/hostile.mhtml": lambda: web.mht(HOSTILE_PAGE, url="file:///../../etc/passwd"),
    "webarchive/golden/binary.webarchive": lambda: web.safari(pages.classic(THREAD).encode()),
    "webarchive/golden/xml.webarchive": lambda: web.safari(pages.classic(THREAD).encode(), fmt=plistlib.FMT_XML),
    "webarchive/broken/empty.webarchive": lambda: web.safari(b""),
    "webarchive/broken/hostile.webarchive": lambda: web.safari(HOSTILE_PAGE.encode(), charset="../../x"),
    "webarchive/broken/entities.webarchive": lambda: (
        b'<?xml version="1.0"?>\n<!DOCTYPE plist [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n<plist version="1.0"><dict>'
        b"<key>WebMainResource</key><string>&b;</string></dict></plist>"
    ),
    "warc/golden/records.warc": lambda: web.INFO
    + web.response(pages.modern(THREAD), url=THREAD.url)
    + web.record("request", b"GET / HTTP/1.1\r\n\r\n", url=THREAD.url)
    + web.response(pages.modern(THREAD), url=THREAD.url, date="2020-08-07T06:05:04Z"),
    "warc/golden/members.warc.gz": lambda: web.per_record(
        web.INFO, web.response(web.chunked(pages.classic(THREAD).encode()), "Transfer-Encoding: chunked", url=THREAD.url)
    ),
    "warc/golden/resource.warc": lambda: web.record("resource", pages.classic(THREAD).encode(), "Content-Type: text/html")
    + web.record("resource", b"\x89PNG", "Content-Type: image/png", url="http://example.org/x.png"),
    "warc/broken/empty.warc": lambda: web.INFO,
    "warc/broken/wrong-lengths.warc": lambda: web.record("response", web.answered(NO_THREAD.encode()), length=7)
    + web.record("response", web.answered(pages.classic(THREAD).encode()), url=THREAD.url, length=10**14)
    + web.response(pages.modern(THREAD), url=THREAD.url),
    "warc/broken/hostile.warc": lambda: web.response(HOSTILE_PAGE, url="http://[::1/../../x", date="9999-99-99T00:00:00Z")
    + b"WARC/1.0\r\n" + b"WARC-Type: response\r\n" * 50 + b"Content-Length: -1\r\n\r\n"
    + web.response(HOSTILE_PAGE, "Content-Encoding: ../../x", url="javascript:alert(1)"),
    "warc/broken/bomb.warc": lambda: web.response(
        gzip.compress(b"<html>" + BOMB), "Content-Encoding: gzip", url="http://example.org/bomb"
    ),
    "zim/golden/site.zim": lambda: zim(zims.PAGES),
    "zim/broken/empty.zim": lambda: zim({"about": zims.PAGES["about"]}),
    "zim/broken/other.zim": lambda: zim(zims.PAGES, {"Title": "../../x <script>", "Creator": "somebody"}),
    "zim/broken/hostile.zim": lambda: zim(
        zims.PAGES
        | {
            "questions/7/where-do-script-tags": (
                "</title><script>alert(1)</script>",
                zims.PAGE.replace("<p>In water.</p>", "<p onclick=x()>In <a href='javascript:alert(1)'>water</a>.<script>x</script></p>")
                .replace('data-answerid="11"', 'data-answerid="../../x"')
                .replace("</body>", zims.answer(7, 1, "called like its question") + "</body>"),
            )
        }
    ),
    **{f"containers/golden/folder.{ending}": lambda pack=pack: pack(TWO) for ending, pack in containers.PACK.items()},
    "containers/golden/folder.tar.gz": lambda: gzip.compress(containers.tarred(TWO), mtime=0),
    "containers/golden/one.gz": lambda: gzip.compress(POSTS, mtime=0),
    "containers/golden/one.bz2": lambda: bz2.compress(POSTS),
    "containers/golden/one.xz": lambda: lzma.compress(POSTS),
    "containers/golden/one.zst": lambda: containers.COMPRESS["zst"](POSTS),
    "containers/golden/zip-in-zst.zst": lambda: containers.COMPRESS["zst"](containers.zipped(TWO)),
    "containers/broken/nothing": bytes,
    "containers/broken/no-members.zip": lambda: containers.zipped({}),
    "containers/broken/no-members.7z": lambda: containers.seven({}),
    "containers/broken/names.zip": lambda: containers.zipped({"../up.jsonl": POSTS, "/root.jsonl": POSTS, "C:\\x.jsonl": POSTS, "ok.jsonl": MORE}),
    "containers/broken/names.tar": lambda: containers.tarred({"../up.jsonl": POSTS, "/root.jsonl": POSTS, "a\nb.jsonl": MORE}),
    "containers/broken/names.7z": names_7z,
    "containers/broken/links.tar": lambda: tar_of(link("link", "/etc/passwd"), link("hard", "../../x", tarfile.LNKTYPE), link("pipe", "", tarfile.FIFOTYPE)),
    "containers/broken/encrypted.zip": encrypted,
    "containers/broken/encrypted.7z": lambda: containers.seven({"secret.jsonl": POSTS}, "secret", header=True),
    "containers/broken/bomb.bz2": lambda: bz2.compress(BOMB),
    "containers/broken/bomb.gz": lambda: gzip.compress(BOMB, mtime=0),
    "containers/broken/bomb.zst": lambda: containers.COMPRESS["zst"](BOMB),
    "containers/broken/bomb.zip": lambda: containers.zipped({"zeros": BOMB}),
    "containers/broken/bomb.7z": lambda: containers.seven({"zeros": BOMB}),
    "containers/broken/too-deep.gz": lambda: gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(POSTS))))),
    "containers/broken/member-damaged.zip": lambda: containers.zipped(TWO, zipfile.ZIP_STORED).replace(b"Zo\xc3\xab", b"ZOE!"),
    "infodump/golden/joined": dump,
    "infodump/broken/empty": spoil("commentdata_askme", lambda _: b""),
    "infodump/broken/truncated": spoil("commentdata_askme", lambda data: data[: len(data) * 2 // 3]),
    "infodump/broken/garbage": spoil("postdata_askme", lambda data: data[: len(data) // 2] + bytes(range(256)) + data[len(data) // 2 :]),
    "infodump/broken/wrong-encoding": spoil("tagdata_askme", lambda data: data.decode().encode("utf-16")),
    "infodump/broken/hostile": spoil("usernames", lambda data: data.replace(b"Ann", b"../../<script>alert(1)</script>\0")),
    "infodump/broken/not-tables": dump_damaged(lambda folder: [file.write_bytes(b"<html>403") for file in folder.iterdir()]),
}  # fmt: skip
"""Where each lies, and what writes it: bytes, or a folder."""


GARBAGE = bytes(range(256))
TEXT = frozenset(
    {"askive-jsonl", "stackexchange", "reddit", "hackernews", "lemmy", "discourse", "metafilter-html", "metafilter-text"}
)


def damaged(name: str, path: Path) -> dict[str, bytes]:
    """What may become of a golden sample on its way: cut off, overwritten in the middle, in another encoding."""
    data, ending = path.read_bytes(), "".join(path.suffixes)
    middle = len(data) // 2 if name != "zim" else 3_000  # its pages; most of it is a table of nothing
    found = {
        "truncated": data[: len(data) * 3 // 5],
        "garbage": data[:middle] + GARBAGE + data[middle:],
        "zeros": data[:middle] + b"\0" * 512 + data[middle + 512 :],
    }
    if name in TEXT:
        found["utf-16"] = data.decode().encode("utf-16")
        found["windows-1252"] = data.decode("utf-8-sig").encode("windows-1252")
    return {f"{kind}{ending}": content for kind, content in found.items() if content != data}


def main(arguments: list[str]) -> None:
    anew = "--all" in arguments
    for place, make in SAMPLES.items():
        path = HERE / place
        if path.exists() and not anew:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if place.startswith("infodump/"):
            make(path)  # type: ignore[call-arg]
        else:
            path.write_bytes(make())  # type: ignore[call-arg,arg-type]
    for name in sorted({*TEXT, "mhtml", "webarchive", "warc", "zim"}):
        golden = samples(name, "golden")[-1].path  # as good as any other
        for kind, content in damaged(name, golden / "Posts.xml" if golden.is_dir() else golden).items():
            # The folder of a dump names its site, in which there is no hyphen.
            place = f"{kind.removesuffix('.xml').replace('-', '')}.stackexchange.com/Posts.xml" if golden.is_dir() else kind
            path = HERE / name / "broken" / place
            if anew or not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1:])
