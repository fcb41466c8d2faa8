"""The least that reading a dump costs: each format's usual library going over the file, and nothing kept.

These are the limits that the readers are measured against. Pages are parsed by lxml, since nobody can tell what is on a page
without; what a library hands over is not looked at.
"""

from __future__ import annotations

import email
import json
import plistlib
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree
from lxml.html import document_fromstring

from indexer.archives import compressed


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def xml_rows(folder: Path) -> int:
    count = 0
    for path in _files(folder):
        for _, row in etree.iterparse(path, tag="row"):
            count += 1
            row.clear()
            # What was read hangs on the root.
            while row.getprevious() is not None:
                del row.getparent()[0]
    return count


def json_lines(folder: Path) -> int:
    count = 0
    for path in _files(folder):
        with path.open("rb") as file:
            count += _loaded(file)
    return count


def json_lines_zst(folder: Path) -> int:
    zstd = compressed.zstd_library()
    count = 0
    for path in _files(folder):
        with zstd.open(path, "rb", options={zstd.DecompressionParameter.window_log_max: 31}) as file:
            count += _loaded(file)
    return count


def _loaded(lines: Iterable[bytes]) -> int:
    count = 0
    for line in lines:
        json.loads(line)
        count += 1
    return count


def text_lines(folder: Path) -> int:
    count = 0
    for path in _files(folder):
        with path.open(encoding="utf-8") as file:
            count += sum(1 for _ in file)
    return count


def table_rows(folder: Path) -> int:
    count = 0
    for path in _files(folder):
        with zipfile.ZipFile(path) as container:
            for name in container.namelist():
                with container.open(name) as file:
                    for line in file:
                        line.rstrip(b"\r\n").split(b"\t")
                        count += 1
    return count


def zip_pages(folder: Path) -> int:
    count = 0
    for path in _files(folder):
        with zipfile.ZipFile(path) as container:
            for name in container.namelist():
                document_fromstring(container.read(name))
                count += 1
    return count


def tar_pages(folder: Path) -> int:
    count = 0
    for path in _files(folder):
        with tarfile.open(path, "r|gz") as container:
            for member in container:
                content = container.extractfile(member)
                if content:
                    document_fromstring(content.read())
                    count += 1
                container.members.clear()  # type: ignore[attr-defined]  # It would keep every header.
    return count


def warc_pages(folder: Path) -> int:
    from warcio.archiveiterator import ArchiveIterator  # Only the bench and the tests need it.

    count = 0
    for path in _files(folder):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                headers = record.http_headers
                if record.rec_type == "response" and "html" in (headers.get_header("Content-Type") or ""):
                    document_fromstring(record.content_stream().read())
                    count += 1
    return count


def zim_pages(folder: Path) -> int:
    from libzim.reader import Archive  # It is an extra.

    count = 0
    for path in _files(folder):
        archive = Archive(path)
        for place in range(archive.all_entry_count):
            entry = archive._get_entry_by_id(place)
            if entry.path.startswith("questions/") and not entry.is_redirect:
                document_fromstring(bytes(entry.get_item().content))
                count += 1
    return count


def mhtml_pages(folder: Path) -> int:
    count = 0
    for path in _files(folder):
        with path.open("rb") as file:
            parts = email.message_from_binary_file(file).walk()
            page = next(part for part in parts if part.get_content_type() == "text/html")
            document_fromstring(page.get_payload(decode=True))
            count += 1
    return count


def webarchive_pages(folder: Path) -> int:
    count = 0
    for path in _files(folder):
        with path.open("rb") as file:
            document_fromstring(plistlib.load(file)["WebMainResource"]["WebResourceData"])
            count += 1
    return count
