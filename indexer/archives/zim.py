"""ZIM files of Stack Exchange sites, as sotoki makes them for Kiwix. Read with libzim, which is an extra.

Other ZIM files (encyclopaedias, books, crawled sites) hold no questions and are refused by name. The pages are read in the
order of their paths, one at a time; libzim keeps the few clusters of pages that this order goes to and fro between.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import ArchiveError, DamagedArchive, NotAThread
from ..messages import Message, of_error
from ..thread import Post
from . import sotoki
from .records import moment, one_line
from .source import MAX_PAGE, Report, Source
from .stackexchange_site import UNKNOWN_SITE

if TYPE_CHECKING:
    from libzim.reader import Archive

name = "zim"
about = "A ZIM file of a Stack Exchange site, as sotoki makes them for Kiwix"

MAGIC: Final = b"ZIM\x04"

_OLDEST: Final = datetime(2007, 1, 1, tzinfo=UTC)
"""There was no ZIM file before."""

_METADATA: Final = ("Title", "Creator", "Publisher", "Scraper", "Name", "Tags", "Date")
_TAG: Final = "stack_exchange"
_QUESTION: Final = re.compile(r"(?:[AC]/)?questions/(\d{1,12})/[^/]*")
_OLD_QUESTION: Final = re.compile(r"(?:[AC]/)?question/\d{1,12}(?:\.html)?")
_SITE: Final = re.compile(r"(?:kiwix\.)?((?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24})(?:_|$)")
_SITE_IN_ABOUT: Final = re.compile(r'website at <a class="external-link" href="https?://([a-z0-9.-]{4,253})"')

_DAMAGE: Final = (RuntimeError, ValueError, LookupError, OSError, MemoryError)
"""What libzim raises for a damaged file: as a rule RuntimeError, UnicodeDecodeError for a damaged path."""


def recognises(head: bytes) -> bool:
    return head.startswith(MAGIC)


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of a ZIM file, a page at a time.

    Raises NotAThread for a ZIM file that sotoki did not make or that holds no questions, DamagedArchive for one that cannot
    be opened, ArchiveError where libzim is not installed.
    """
    with _opened(source) as archive:
        said = {key: text for key in _METADATA if (text := _said(archive, key))}
        _check_maker(source, said)
        try:
            if archive.has_checksum and not archive.check():
                report.warn(Message("its checksum is wrong, so it is damaged somewhere; what can be read is read"))
        except _DAMAGE as error:
            report.warn(Message("its checksum cannot be read ({error})", error=_short(error)))
        found = 0
        for page in _pages(source, archive, said, report):
            try:
                for post in sotoki.posts(page, report):
                    found += 1
                    yield post
            except sotoki.NotAQuestion as error:
                report.skip(of_error(error), f"page of question {page.number}")
        if not found:
            raise DamagedArchive(
                Message(
                    "{source} holds no question that can be read ({remark})", source=str(source), remark=report.warnings[-1]
                )
            )


@contextmanager
def _opened(source: Source) -> Iterator[Archive]:
    """A ZIM file opened by libzim, which opens files only; a member of a container is copied into one for that long."""
    try:
        from libzim.reader import Archive  # It is an extra.
    except ImportError as error:
        raise ArchiveError(
            Message("{source} is a ZIM file, and what reads those is not installed", source=str(source)),
            Message("Run `pip install 'askive[zim]'`, then build again"),
        ) from error
    with ExitStack() as copies:
        path = source.path
        try:
            if source.opener:
                path = Path(copies.enter_context(tempfile.TemporaryDirectory(prefix="askive-"))) / "copy.zim"
                with source.open() as file, path.open("wb") as copy:
                    shutil.copyfileobj(file, copy)
            archive = Archive(path)
        except (*_DAMAGE, EOFError) as error:
            raise DamagedArchive(
                Message("{source} cannot be opened as a ZIM file ({error})", source=str(source), error=_short(error))
            ) from error
        yield archive


def _said(archive: Archive, key: str) -> str | None:
    """A line of a ZIM file's metadata, if it can be read."""
    try:
        return one_line(archive.get_metadata(key)[:4_000].decode("utf-8", errors="replace"), 500)
    except _DAMAGE:
        return None


def _check_maker(source: Source, said: Mapping[str, str]) -> None:
    if "sotoki" in said.get("Scraper", "").lower() or _TAG in re.split("[;:]", said.get("Tags", "")):
        return
    title = said.get("Title") or said.get("Name")
    creator = said.get("Creator") or said.get("Publisher")
    what = Message("“{name}”", name=title) if title else Message("without a title")
    if creator:
        what = Message("{what} by {creator}", what=what, creator=creator)
    if "Scraper" in said:
        what = Message("{what}, made by {maker}", what=what, maker=said["Scraper"])
    raise NotAThread(
        Message("{source} is the ZIM file {what}, which is not of a Stack Exchange site", source=str(source), what=what),
        Message("Of ZIM files only those that sotoki made are read; Kiwix has them under Stack Exchange"),
    )


def _pages(source: Source, archive: Archive, said: Mapping[str, str], report: Report) -> Iterator[sotoki.Page]:
    """The pages of questions. Raises NotAThread if there are none."""
    site = _site_of(archive, said)
    root = site and f"https://{site}"
    if site is None:
        report.warn(Message("which site it is could not be told, so it is called {site}", site=UNKNOWN_SITE))
    captured = moment(said.get("Date", "-"), _OLDEST) or source.captured
    pages, old, skipped = 0, False, report.skipped
    for place in range(archive.all_entry_count):
        try:
            entry = archive._get_entry_by_id(place)  # noqa: SLF001  # There is no other way to walk through an archive.
            path = entry.path
            old = old or bool(_OLD_QUESTION.fullmatch(path))
            question = _QUESTION.fullmatch(path)
            if question is None or entry.is_redirect:
                continue
            item = entry.get_item()
            if item.size > MAX_PAGE:
                report.skip(Message("larger than {limit} MiB", limit=str(MAX_PAGE // 1024**2)), path)
                continue
            html = bytes(item.content).decode("utf-8", errors="replace")
            title = one_line(entry.title) if entry.title != path else None
        except _DAMAGE as error:
            report.skip(Message("it cannot be read ({error})", error=_short(error)), f"entry {place}")
            continue
        pages += 1
        yield sotoki.Page(html, int(question[1]), title, site or UNKNOWN_SITE, root, captured)
    if pages or report.skipped > skipped:
        return
    if old:
        raise NotAThread(
            Message("{source} was made by sotoki 1, whose pages are not read", source=str(source)),
            Message("Get the newer ZIM file of that site from Kiwix"),
        )
    raise NotAThread(
        Message("{source} holds no questions", source=str(source)), Message("Get the ZIM file of the whole site from Kiwix")
    )


def _site_of(archive: Archive, said: Mapping[str, str]) -> str | None:
    """The host name of the site: it begins the ZIM file's name, and stands on the page about it."""
    found = _SITE.match(said.get("Name", ""))
    if found is None:
        try:
            about = bytes(archive.get_entry_by_path("about").get_item().content[:1_000_000])
        except _DAMAGE:
            return None
        found = _SITE_IN_ABOUT.search(about.decode("utf-8", errors="replace"))
    return found[1] if found else None


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:200]
