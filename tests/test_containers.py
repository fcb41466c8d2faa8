"""Containers are opened as if they were not there, and nothing hostile in them gets anywhere."""

from __future__ import annotations

import bz2
import collections
import contextlib
import gzip
import io
import lzma
import os
import resource
import stat
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PATIENCE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.archives import Report, Source
from indexer.archives.compressed import beginning, compression, decompressed
from indexer.archives.containers import leaves
from indexer.archives.unpacking import LIMITS, Limits
from indexer.errors import ArchiveError, DamagedArchive

py7zr = pytest.importorskip("py7zr")
zstd = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

TEXT = "".join(f'{{"id": "{number}", "body": "Café {number * number}"}}\n' for number in range(4000)).encode()
FILES = {"Posts.xml": b"<posts>" + TEXT, "Users.xml": b"<users/>", "sub/notes.txt": "naïve\n".encode()}


# --- Containers of our own making ----------------------------------------------------------------------------------------


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def seven(
    files: dict[str, bytes], password: str | None = None, *, header: bool = False, filters: list[dict[str, int]] | None = None
) -> bytes:
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", password=password, header_encryption=header, filters=filters) as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return file.getvalue()


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}
PACK: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "stored.zip": lambda files: zipped(files, zipfile.ZIP_STORED),
    "lzma.zip": lambda files: zipped(files, zipfile.ZIP_LZMA),
    "tar": tarred,
    "gnu.tar": lambda files: tarred(files, tarfile.GNU_FORMAT),
    "ustar.tar": lambda files: tarred(files, tarfile.USTAR_FORMAT),
    "7z": seven,
    "zstd.7z": lambda files: seven(files, filters=[{"id": py7zr.FILTER_ZSTD, "level": 3}]),
}


class Opened:
    """What comes out of a file, read while it can be."""

    def __init__(self, content: bytes, folder: Path, name: str = "example.org.7z", limits: Limits = LIMITS) -> None:
        self.file = folder / name
        self.file.write_bytes(content)
        self.report = Report()
        self.temporary = folder / "temporary"
        self.temporary.mkdir(exist_ok=True)
        self.content: dict[str, bytes] = {}
        self.folders: set[str] = set()
        self.paths: list[Path] = []
        for leaf in leaves(Source(self.file), self.report, limits=limits, folder=self.temporary):
            self.content[str(leaf).removeprefix(str(self.file)).removeprefix(": ")] = leaf.content(10**9)
            self.folders.add(leaf.path.parent.name)
            self.paths.append(leaf.path)
        assert not any(self.temporary.iterdir())

    def said(self, words: str) -> bool:
        return any(words in warning for warning in self.report.warnings)


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Opened]:
    def open_it(content: bytes, name: str = "example.org.7z", limits: Limits = LIMITS) -> Opened:
        return Opened(content, tmp_path, name, limits)

    return open_it


Open = Callable[..., Opened]


# --- What is in them comes out ----------------------------------------------------------------------------------------------


def test_a_plain_file_is_its_own_leaf(tmp_path: Path) -> None:
    for number, content in enumerate(
        (b"", b"text", b"<html>", b"\0" * 600, b"BZh is a name", b"PK", "é".encode("utf-16"), b"a" * 1000, TEXT)
    ):
        source = Source(tmp_path / f"{number}")
        source.path.write_bytes(content)
        assert list(leaves(source, Report())) == [source]


@pytest.mark.parametrize("ending", PACK)
def test_members_come_in_order_under_their_names(ending: str, opened: Open) -> None:
    found = opened(PACK[ending](dict(reversed(FILES.items()))), f"beer.example.org.{ending}")
    assert found.content == FILES
    assert list(found.content) == sorted(FILES)
    assert found.folders == {f"beer.example.org.{ending}".removesuffix(f".{ending.rpartition('.')[2]}"), "sub"}
    assert not any(path.exists() for path in found.paths)
    assert (found.report.warnings, found.report.skipped) == ([], 0)


@pytest.mark.parametrize("ending", COMPRESS)
def test_a_compressed_file_is_read_without_a_copy_on_disk(ending: str, opened: Open) -> None:
    found = opened(COMPRESS[ending](TEXT), f"posts.jsonl.{ending}")
    assert found.content == {"": TEXT}
    assert found.paths == [found.file]
    twice = opened(COMPRESS[ending](TEXT[:50_000]) + COMPRESS[ending](TEXT[50_000:]))
    assert twice.content == {"": TEXT}
    padded = opened(COMPRESS[ending](TEXT) + b"\0" * 512)
    assert padded.content == {"": TEXT}
    assert [each.report.warnings for each in (found, twice, padded)] == [[], [], []]


@pytest.mark.parametrize("ending", COMPRESS)
def test_a_compressed_tar_is_a_tar(ending: str, opened: Open) -> None:
    found = opened(COMPRESS[ending](tarred(FILES)), f"beer.tar.{ending}")
    assert found.content == FILES
    assert found.folders == {"beer", "sub"}


def test_containers_in_containers_are_opened(opened: Open) -> None:
    inner = {
        "a.7z": seven({"x.txt": b"x"}),
        "b.tar.gz": gzip.compress(tarred({"y.txt": b"y"})),
        "c.gz": gzip.compress(b"z"),
        "d.txt": b"d",
    }
    found = opened(zipped(inner), "all.zip")
    assert found.content == {"a.7z: x.txt": b"x", "b.tar.gz: y.txt": b"y", "c.gz": b"z", "d.txt": b"d"}
    assert found.folders == {"all", "a", "b"}
    packed = opened(gzip.compress(zipped({"x": b"x"})), "x.zip.gz")
    assert packed.content == {"x": b"x"}


def test_neighbours_are_found_in_the_container_and_beside_compressed_files(tmp_path: Path) -> None:
    archive = tmp_path / "dump.7z"
    archive.write_bytes(seven({"Posts.xml": b"p", "users.XML": b"u", "sub/x": b"x"}))
    for leaf in leaves(Source(archive), Report()):
        found = leaf.beside("Users.xml")
        if leaf.member != "sub/x":
            assert found is not None
            assert (found.content(), str(found)) == (b"u", f"{archive}: users.XML")
            assert leaf.beside("Votes.xml") is None
    for table in ("Posts", "Users"):
        (tmp_path / f"{table}.xml.gz").write_bytes(gzip.compress(table.encode()))
    (tmp_path / "Tags.xml").write_bytes(b"tags")
    (posts,) = leaves(Source(tmp_path / "Posts.xml.gz"), Report())
    beside = {name: posts.beside(f"{name}.xml") for name in ("Users", "Tags", "Votes")}
    assert {name: found and found.content() for name, found in beside.items()} == {
        "Users": b"Users",
        "Tags": b"tags",
        "Votes": None,
    }


def test_the_temporary_folder_goes_when_nobody_reads_on(tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    archive.write_bytes(zipped(FILES))
    folder = tmp_path / "temporary"
    folder.mkdir()
    iterator = leaves(Source(archive), Report(), folder=folder)
    leaf = next(iterator)
    assert leaf.path.is_relative_to(folder)
    assert leaf.path.exists()
    iterator.close()  # type: ignore[attr-defined]
    assert not any(folder.iterdir())


def test_parts_of_saved_pages_and_hidden_files_are_left_out_quietly(opened: Open) -> None:
    files = {
        "A page.html": b"<html>",
        "A page_files/x.html": b"<html>",
        "A page_files/sub/y.js": b"",
        "my_files/z.html": b"z",
        ".DS_Store": b"",
        "__MACOSX/A page.html": b"",
        "a/.git/config": b"",
        "./b.txt": b"b",
    }
    found = opened(zipped(files))
    assert set(found.content) == {"A page.html", "my_files/z.html", "b.txt"}
    assert found.report.warnings == []
    wacz = {
        "datapackage.json": b"{}",
        "archive/data.warc.gz": gzip.compress(b"WARC/1.0\r\n"),
        "indexes/index.cdx": b"x",
        "pages/pages.jsonl": b"{}",
    }
    assert opened(zipped(wacz)).content == {"archive/data.warc.gz": b"WARC/1.0\r\n"}


def test_a_page_that_is_a_zip_too_gives_the_page_inside(opened: Open) -> None:
    shell = b"<!DOCTYPE html><html><script>unpack()</script><!--" + b" " * 100_000
    found = opened(shell + zipped({"index.html": b"<html>the page"}), "saved.html")
    assert found.content == {"index.html": b"<html>the page"}
    page = b"<html>" + b"about PK\x05\x06 and " + b"PK\x03\x04" * 30
    assert opened(page, "saved.html").content == {"": page}


def wide_frame(data: bytes) -> bytes:
    """A zstd frame with a window of 2 GiB, of raw blocks."""
    blocks = [data[at : at + 100_000] for at in range(0, len(data), 100_000)]
    heads = [(len(block) << 3 | (block is blocks[-1])).to_bytes(3, "little") for block in blocks]
    return (
        b"\x28\xb5\x2f\xfd\x00"
        + bytes([(31 - 10) << 3])
        + b"".join(head + block for head, block in zip(heads, blocks, strict=True))
    )


@pytest.mark.parametrize("frames", [1, 3])
def test_zstd_as_the_reddit_dumps_have_it(frames: int, opened: Open) -> None:
    size = len(TEXT) // frames + 1
    packed = b"".join(wide_frame(TEXT[at : at + size]) for at in range(0, len(TEXT), size))
    with pytest.raises(zstd.ZstdError, match="too much memory"):
        zstd.decompress(packed)
    found = opened(packed, "RC_2012-01.zst")
    assert found.content == {"": TEXT}
    assert found.report.warnings == []
    skippable = b"\x50\x2a\x4d\x18" + struct.pack("<I", 5) + b"hello"
    assert opened(skippable + packed).content == {"": TEXT}


def test_zstd_with_its_dictionary_in_front_as_warcs_have_it(opened: Open) -> None:
    dictionary = zstd.train_dict([f"WARC/1.0 line {number} of many".encode() for number in range(2000)], 4000)
    frames = zstd.compress(b"WARC/1.0 line 1", zstd_dict=dictionary) + zstd.compress(b"WARC/1.0 line 2", zstd_dict=dictionary)
    for content in (dictionary.dict_content, zstd.compress(dictionary.dict_content)):
        head = b"\x5d\x2a\x4d\x18" + struct.pack("<I", len(content)) + content
        assert opened(head + frames).content == {"": b"WARC/1.0 line 1WARC/1.0 line 2"}
        with pytest.raises(DamagedArchive, match="dictionary is cut off"):
            opened(head[: len(head) // 2])
    with pytest.raises(DamagedArchive):
        opened(b"\x5d\x2a\x4d\x18" + struct.pack("<I", 8) + b"\x28\xb5\x2f\xfdxxxx" + frames)


def test_how_a_file_is_compressed_shows_in_its_first_bytes() -> None:
    for ending, compress in COMPRESS.items():
        packed = compress(b"WARC/1.0 and more")
        found = compression(packed)
        assert found is not None, ending
        assert beginning(packed, 8) == b"WARC/1.0"
        assert beginning(packed[:3]) == b""
    assert compression(b"BZh9") is None
    assert beginning(b"WARC/1.0") == b""


# --- Real containers -----------------------------------------------------------------------------------------------------------


def test_a_real_dump_comes_out_as_its_own_tables_say(shared: Path) -> None:
    source = shared / "data" / "se_beer_2020" / "source"
    seen = 0
    for leaf in leaves(Source(source / "beer.stackexchange.com.7z"), Report()):
        assert leaf.path.parent.name == "beer.stackexchange.com"
        twin = source / f"{leaf.member}.gz"
        if twin.exists():
            seen += 1
            (plain,) = leaves(Source(twin), Report())
            assert leaf.content(10**9) == plain.content(10**9) == gzip.decompress(twin.read_bytes())
    assert seen == 7


def test_another_library_decompresses_the_same(shared: Path) -> None:
    for path in (shared / "data").rglob("*.gz"):
        (leaf,) = leaves(Source(path), Report())
        assert zlib.crc32(leaf.content(10**9)) == zlib.crc32(gzip.decompress(path.read_bytes()))


# --- Hostile containers ----------------------------------------------------------------------------------------------------------

HOSTILE = [
    "../out.txt",
    "a/../../out.txt",
    "/tmp/out.txt",
    "\\out.txt",
    "..\\out.txt",
    "C:out.txt",
    "c:\\out.txt",
    "//host/share/x",
    "..",
    "a/..",
    "/",
]


@pytest.mark.parametrize("pack", [zipped, tarred, seven], ids=["zip", "tar", "7z"])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_lead_out_are_refused_by_name(
    name: str, pack: Callable[[dict[str, bytes]], bytes], opened: Open, tmp_path: Path
) -> None:
    content = pack({"safe.txt": b"safe", "QQ": b"evil"})
    content = renamed(content, pack, name)
    before = set(tmp_path.rglob("*")) | set(tmp_path.parent.glob("*"))
    refused, found = "", None
    try:
        found = opened(content, "box.zip")
    except ArchiveError as error:
        refused = error.reason
    assert found or "box.zip" in refused
    if found:
        assert found.content.get("safe.txt") == b"safe"
        assert not any(b"evil" in content for content in found.content.values())
        if not name.endswith("/"):  # A folder by its name, which nobody wants.
            assert found.report.skipped == 1
            assert found.said("is a name that leads out of the container")
    assert set(tmp_path.rglob("*")) | set(tmp_path.parent.glob("*")) <= before | {tmp_path / "box.zip", tmp_path / "temporary"}
    assert not Path("/tmp/out.txt").exists()


def renamed(content: bytes, pack: Callable[[dict[str, bytes]], bytes], name: str) -> bytes:
    """A container whose second member has a name that libraries would not write."""
    if pack is tarred:
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as archive:
            for each, data in (("safe.txt", b"safe"), (name, b"evil")):
                info = tarfile.TarInfo(each)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return file.getvalue()
    if pack is zipped:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("safe.txt", b"safe")
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, b"evil")
        return file.getvalue()
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w") as archive:
        archive.writestr(b"safe", "safe.txt")
        archive.writestr(b"evil", "QQ")
        archive.header.files_info.files[-1]["filename"] = name
    return file.getvalue()


def test_links_and_devices_are_never_made(opened: Open) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for kind, name in (
            (tarfile.SYMTYPE, "sym"),
            (tarfile.LNKTYPE, "hard"),
            (tarfile.CHRTYPE, "dev"),
            (tarfile.FIFOTYPE, "fifo"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("sym/below.txt")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"b"))
    found = opened(file.getvalue(), "x.tar")
    assert found.content == {"sym/below.txt": b"b"}
    assert found.report.skipped == 4
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("ok", "ok")
    found = opened(file.getvalue(), "x.zip")
    assert found.content == {"ok": b"ok"}
    assert found.said("link: skipped, it is no file but a link or a device")
    with pytest.raises(ArchiveError, match="gives nothing: link is no file"):
        opened(file.getvalue().replace(b"ok", b".k"), "x.zip")


def test_links_in_7z_are_never_made(opened: Open, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "ok").write_text("ok")
    with py7zr.SevenZipFile(tmp_path / "made.7z", "w") as archive:
        archive.writeall(folder, "")
    found = opened((tmp_path / "made.7z").read_bytes())
    assert found.content == {"ok": b"ok"}
    assert found.said("link: skipped, it is no plain file")


@pytest.mark.parametrize("header", [True, False])
def test_encrypted_containers_are_refused_by_name(header: bool, opened: Open) -> None:
    with pytest.raises(ArchiveError, match=r"is encrypted[.] Unpack it with its password"):
        opened(seven({"x": b"x"}, "secret", header=header))
    content = zipped({"x": b"x"}, zipfile.ZIP_STORED)
    flagged = content[:6] + b"\1" + content[7:]
    at = flagged.index(b"PK\x01\x02") + 8
    flagged = flagged[:at] + b"\1" + flagged[at + 1 :]
    with pytest.raises(ArchiveError, match="gives nothing: x is encrypted"):
        opened(flagged)


def test_the_same_name_twice_and_a_file_as_a_folder(opened: Open) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("a", "a/b", "c/d", "c"):
            archive.writestr(name, name)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", "again")
    found = opened(file.getvalue())
    assert found.content == {"a": b"a", "c/d": b"c/d"}
    assert found.report.skipped == 3


def test_long_strange_and_foreign_names_are_kept(opened: Open) -> None:
    names = ["é" * 120 + ".html", "x" * 255 + ".txt", "日本.txt", "a b?c*:d.html", "\x1b[31mred\n.txt", "CON"]
    found = opened(zipped({name: name.encode() for name in names}))
    assert sorted(found.content.values()) == sorted(name.encode() for name in names)
    assert all("\x1b" not in name and "\n" not in name for name in found.content)
    raw = tarred({"QQQQ.txt": b"x"}, tarfile.USTAR_FORMAT).replace(b"QQQQ", b"\xff\xfe\xe9\x80")
    checksum = sum(raw[:148]) + 256 + sum(raw[156:512])
    found = opened(raw[:148] + f"{checksum:06o}\0 ".encode() + raw[156:])
    assert list(found.content.values()) == [b"x"]
    assert next(iter(found.content)).encode()


@pytest.mark.parametrize("ending", COMPRESS)
def test_a_bomb_of_one_file_is_refused_by_name(ending: str, tmp_path: Path) -> None:
    bomb = tmp_path / f"bomb.{ending}"
    zeros = COMPRESS[ending](b"\0" * (32 * 1024 * 1024))
    bomb.write_bytes(zeros * 12)
    (leaf,) = leaves(Source(bomb), Report())
    with leaf.open() as file, pytest.raises(ArchiveError, match="as a decompression bomb does"):
        collections.deque(iter(lambda: file.read(1_000_000), b""), maxlen=0)


def test_bombs_are_refused_before_or_while_they_are_unpacked(opened: Open) -> None:
    zeros = b"\0" * (70 * 1024 * 1024)
    for content in (
        zipped({"a": zeros}),
        seven({"a": zeros}),
        gzip.compress(tarred({"a": zeros})),
        gzip.compress(zipped({"a": zeros})),
    ):
        with pytest.raises(ArchiveError, match="as a decompression bomb does"):
            opened(content)
    lying = bytearray(zipped({"a": zeros}))
    central = lying.index(b"PK\x01\x02")
    for at in (22, central + 24):
        lying[at : at + 4] = struct.pack("<I", 100)
    found = None
    with contextlib.suppress(ArchiveError):
        found = opened(bytes(lying))
    assert found is None or len(found.content["a"]) <= 100


def test_zips_in_zips_without_end_are_refused(opened: Open) -> None:
    content = zipped({"x.txt": b"x"})
    for depth in range(8):
        content = zipped({"in.zip": content, f"{depth}.txt": b"x"})
    found = opened(content)
    assert len(found.content) == LIMITS.depth
    assert found.said("is a container inside 4 others")


@pytest.mark.parametrize("pack", [zipped, tarred, seven], ids=["zip", "tar", "7z"])
def test_the_limits_are_kept_to(pack: Callable[[dict[str, bytes]], bytes], opened: Open) -> None:
    many = pack({f"{number}": b"x" * 100 for number in range(50)})
    assert len(opened(many, limits=Limits(members=50)).content) == 50
    with pytest.raises(ArchiveError, match=r"holds more than 49 members[.] Unpack it yourself"):
        opened(many, limits=Limits(members=49))
    for limits in (Limits(total_bytes=4999), Limits(member_bytes=99)):
        with pytest.raises(ArchiveError, match="grows past all measure"):
            opened(many, limits=limits)
    nested = zipped(
        {"a": pack({f"{number}": b"x" for number in range(30)}), "b": pack({f"{number}": b"x" for number in range(30)})}
    )
    found = opened(nested, limits=Limits(members=50))
    assert len(found.content) == 30
    assert found.said("holds more than 50 members")


@pytest.mark.parametrize("declared", [0xFFFFFFF0])
def test_more_than_the_disk_has_room_for_is_refused_before_it_is_unpacked(declared: int, opened: Open) -> None:
    content = bytearray(zipped({f"{number}": b"x" for number in range(20_000)}, zipfile.ZIP_STORED))
    at = content.index(b"PK\x01\x02")
    while at >= 0:
        content[at + 24 : at + 28] = struct.pack("<I", declared)
        at = content.find(b"PK\x01\x02", at + 40)
    limits = Limits(total_bytes=2**60, member_bytes=2**60, ratio=10**12)
    with pytest.raises(ArchiveError, match=r"holds 80000[.]0 GiB, and .* has room for \d+[.]\d[.] Set TMPDIR"):
        opened(bytes(content), limits=limits)


@pytest.mark.skipif(os.name != "posix", reason="sets a limit of the system's for the size of files")
@pytest.mark.parametrize("pack", [zipped, tarred, seven], ids=["zip", "tar", "7z"])
def test_a_member_that_cannot_be_written_is_named(pack: Callable[[dict[str, bytes]], bytes], tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    archive.write_bytes(pack({"x": os.urandom(300_000)}))
    code = (
        "import resource, signal, sys; from pathlib import Path; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from indexer.archives import Report, Source; from indexer.archives.containers import leaves; from indexer.errors import ArchiveError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: list(leaves(Source(Path(sys.argv[1])), Report()))\n"
        "except ArchiveError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(archive)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert "cannot be unpacked in" in done.stdout, done.stderr
    assert "TMPDIR" in done.stdout


@pytest.mark.parametrize(
    ("library", "content"), [("py7zr", seven({"x": b"x"})), ("backports.zstd", zstd.compress(b"x"))], ids=["7z", "zst"]
)
def test_a_missing_library_is_named_with_the_command_that_installs_it(
    library: str, content: bytes, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setitem(sys.modules, "compression", None)
    monkeypatch.delitem(sys.modules, "indexer.archives.seven_zip", raising=False)
    import backports

    monkeypatch.delattr(backports, "zstd", raising=False)
    import indexer.archives

    monkeypatch.delattr(indexer.archives, "seven_zip", raising=False)
    extra = {"py7zr": "7z"}.get(library, "zst")
    with pytest.raises(ArchiveError, match=rf"example.org.7z.*not installed. Run `pip install 'askive\[{extra}\]'`"):
        opened(content)


# --- Damaged containers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", COMPRESS)
def test_a_stream_that_is_cut_off_keeps_what_came_before(ending: str, opened: Open) -> None:
    noise = b"".join(b"%d %b\n" % (number, os.urandom(20).hex().encode()) for number in range(40_000))
    packed = COMPRESS[ending](noise)
    kept = 0
    for place in (*range(12, 40), len(packed) // 3, len(packed) // 2, len(packed) - 100, len(packed) - 9, len(packed) - 1):
        try:
            found = opened(packed[:place])
        except DamagedArchive:
            assert place < len(packed) // 2
            continue
        kept += 1
        assert noise.startswith(found.content[""])
        assert found.report.warnings == [
            f"{found.file}: its {_name(ending)} data ends in the middle; what comes before that is read"
        ]
        if place == len(packed) // 2 and ending in ("gz", "zst"):
            assert len(found.content[""]) > len(noise) // 3
    assert kept >= 3


def _name(ending: str) -> str:
    return {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}[ending]


@pytest.mark.parametrize("ending", COMPRESS)
def test_damage_in_the_middle_keeps_what_came_before(ending: str, opened: Open) -> None:
    noise = os.urandom(3_000_000)
    packed = bytearray(
        zstd.compress(noise, options={zstd.CompressionParameter.checksum_flag: 1})
        if ending == "zst"
        else COMPRESS[ending](noise)
    )
    middle = len(packed) // 2
    packed[middle : middle + 300] = bytes(300)
    found = opened(bytes(packed))
    assert found.said("data is damaged before byte")
    assert found.said("what comes before that is read")
    assert len(found.content[""]) >= 800_000


def test_a_wrong_checksum_of_gzip_costs_nothing(opened: Open) -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 1
    found = opened(bytes(packed))
    assert found.content == {"": TEXT}
    assert found.said("incorrect data check")


def test_members_after_a_damaged_one_are_read_if_they_begin_as_the_file_does(opened: Open) -> None:
    bad = bytearray(gzip.compress(b'{"id": 2, "x": "' + os.urandom(50_000).hex().encode() + b'"}\n'))
    bad[30_000:30_020] = bytes(20)
    good = gzip.compress(b'{"id": 1}\n')
    foreign = gzip.compress(b"something else")
    found = opened(good + bytes(bad) + foreign + gzip.compress(b'{"id": 3}\n'))
    lines = found.content[""].split()
    assert lines[0:2] == [b'{"id":', b"1}"]
    assert found.content[""].endswith(b'\r\n\r\n{"id": 3}\n')
    assert b"something else" not in found.content[""]
    assert found.said("what stands after it is read")


def test_what_stands_after_the_end_is_named(opened: Open) -> None:
    found = opened(gzip.compress(b"text") + b"and then some garbage that is long enough to be seen")
    assert found.content == {"": b"text"}
    assert found.said("after its gzip data stands something else")


def test_a_cut_off_tar_keeps_the_members_before(opened: Open) -> None:
    content = tarred({f"{number}.txt": bytes([65 + number]) * 30_000 for number in range(5)})
    found = opened(content[:90_000])
    assert list(found.content) == ["0.txt", "1.txt", "2.txt"]
    assert found.content["1.txt"] == b"B" * 30_000
    assert b"C" * 16_384 in found.content["2.txt"]
    assert found.said("the tar is cut off or damaged")
    packed = opened(gzip.compress(content)[:-40])
    assert packed.content
    assert packed.report.warnings


def test_garbage_between_the_members_of_a_tar_is_no_silent_end(opened: Open) -> None:
    content = bytearray(tarred({f"{number}.txt": b"x" * 512 for number in range(5)}, tarfile.USTAR_FORMAT))
    content[2048:2560] = b"garbage." * 64
    found = opened(bytes(content))
    assert list(found.content) == ["0.txt", "1.txt"]
    assert found.said("a damaged header")


def test_a_tar_without_its_end_is_named(opened: Open) -> None:
    content = tarred({f"{number}.txt": b"x" * 512 for number in range(5)}, tarfile.USTAR_FORMAT)
    found = opened(content[:3072])
    assert len(found.content) == 3
    assert found.said("without the mark that ends a tar")


def test_a_tar_header_that_would_fill_the_memory_is_refused(tmp_path: Path, opened: Open) -> None:
    for kind in (b"x", b"L", b"g"):
        info = tarfile.TarInfo("x")
        info.size, info.type = 50 * 1024 * 1024, kind
        content = info.tobuf(tarfile.USTAR_FORMAT) + b"\0" * (50 * 1024 * 1024)
        with pytest.raises(DamagedArchive, match="more than a mebibyte"):
            opened(tarred({"a": b"a"}, tarfile.USTAR_FORMAT)[:0] + content)


def test_cut_off_containers_are_refused_by_name(opened: Open) -> None:
    for content, words in ((zipped(FILES), "is a zip without a sound list"), (seven(FILES), "is a 7z without a sound list")):
        for place in (10, 40, len(content) // 2, len(content) - 30, len(content) - 1):
            with pytest.raises(DamagedArchive, match=words):
                opened(content[:place])


def test_damaged_members_keep_what_came_out_and_cost_no_other(opened: Open) -> None:
    noise = os.urandom(600_000)
    files = {"a.txt": b"first " * 100, "b.bin": noise, "c.txt": b"last " * 100}
    content = bytearray(zipped(files))
    at = content.index(b"b.bin") + 400_000
    content[at : at + 50] = bytes(50)
    found = opened(bytes(content))
    assert found.content["a.txt"] == files["a.txt"]
    assert found.content["c.txt"] == files["c.txt"]
    assert found.said("b.bin: it is damaged")
    content = bytearray(seven(files))
    content[400_000:400_050] = bytes(50)
    found = opened(bytes(content))
    assert found.content["a.txt"] == files["a.txt"]
    assert found.report.warnings


def test_one_bad_container_inside_costs_no_other(opened: Open) -> None:
    found = opened(
        zipped({"a.7z": seven(FILES)[:60], "b.txt": b"b", "c.zip": zipped(FILES)[:90], "d.gz": b"\x1f\x8b\x08\0garbage"}),
        "all.zip",
    )
    assert "b.txt" in found.content
    assert found.report.skipped >= 2
    with pytest.raises(DamagedArchive, match=r"all.zip: a.7z is a 7z without"):
        opened(zipped({"a.7z": seven(FILES)[:60]}), "all.zip")


# --- Whatever the bytes -------------------------------------------------------------------------------------------------------------


SMALL = {"a.txt": b"some text " * 30, "sub/b.txt": b"more", "c.gz": gzip.compress(b"inner")}


def survives(content: bytes, folder: Path) -> None:
    """Nothing but leaves and ArchiveErrors comes of a file, and nothing is left of it."""
    file = folder / "fuzz"
    file.write_bytes(content)
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    limits = Limits(members=1000, member_bytes=10**7, total_bytes=10**7)
    refused = str(file)
    try:
        for leaf in leaves(Source(file), Report(), limits=limits, folder=temporary):
            str(leaf).encode()
            with leaf.open() as opened_leaf:
                while opened_leaf.read(100_000):
                    pass
            leaf.beside("c.gz")
    except ArchiveError as error:
        refused = error.reason
    assert str(file) in refused
    assert not any(temporary.iterdir())


def test_7z_with_a_damaged_header_and_a_true_checksum_of_it(tmp_path: Path) -> None:
    content = seven(SMALL, filters=[{"id": py7zr.FILTER_COPY}])
    offset, size = struct.unpack("<QQ", content[12:28])
    header = bytearray(content[32 + offset : 32 + offset + size])

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=3))
    def run(changes: list[tuple[float, int]]) -> None:
        damaged = bytearray(header)
        for where, value in changes:
            damaged[min(int(where * len(damaged)), len(damaged) - 1)] = value
        start = struct.pack("<QQI", offset, len(damaged), zlib.crc32(damaged))
        survives(
            content[:8] + struct.pack("<I", zlib.crc32(start)) + start + content[32 : 32 + offset] + bytes(damaged), tmp_path
        )

    run()


def test_memory_does_not_grow_with_a_stream(tmp_path: Path) -> None:
    file = tmp_path / "big.gz"
    with gzip.open(file, "wb", 1) as out:
        for number in range(60):
            out.write(b"".join(b"%d some line of text %d\n" % (line, number) for line in range(40_000)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    total = 0
    (leaf,) = leaves(Source(file), Report())
    with leaf.open() as lines:
        for line in lines:
            total += len(line)
    assert total > 60_000_000
    assert time.monotonic() - start < PATIENCE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024


def test_decompressing_what_is_not_compressed_is_the_file_itself(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"plain")
    source = Source(file)
    assert decompressed(source, Report()) is source


def test_members_without_a_name_are_refused(opened: Open) -> None:
    content = bytearray(zipped({"x": b"nameless", "b.txt": b"b"}))
    for at in (content.index(b"PK\x03\x04") + 26, content.index(b"PK\x01\x02") + 28):
        # What was the name is an extra field now.
        content[at : at + 4] = struct.pack("<HH", 0, 1)
    found = opened(bytes(content))
    assert found.content == {"b.txt": b"b"}
    assert found.report.skipped == 1
