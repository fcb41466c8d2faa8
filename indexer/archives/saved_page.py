"""Where and when was this page saved, and what did saving do to it? Encodings, addresses and links of saved HTML.

Whoever saves a page marks it in a comment and rewrites its links: browsers ("saved from url"), SingleFile, HTTrack, wget
(which leaves no mark) and the Wayback Machine. Here their marks are read and their links turned back.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

from bs4.dammit import EncodingDetector

from .metafilter import unwrap
from .source import HEAD, decode, repaired

MAX_ADDRESS: Final = 4_000
"""Code points of the longest link that is looked at; no browser follows longer ones."""

_SAVED_FROM: Final = re.compile(r"\s*saved from url=\(\d+\)\s*(\S+)")
_SINGLEFILE: Final = re.compile(r"\s*(?:Page saved with|Archive processed by) SingleFile")
_SINGLEFILE_URL: Final = re.compile(r"^[ \t]*url:[ \t]*(\S+)", re.MULTILINE)
_SINGLEFILE_DATE: Final = re.compile(r"saved date:\s*\w{3} (\w{3} \d{1,2} \d{4} \d\d:\d\d:\d\d) GMT([+-]\d{4})")
_HTTRACK: Final = re.compile(r"\s*Mirrored from (\S+) by HTTrack Website Copier/[^,\n]{0,80},\s*([^\n]{0,60})")
_WAYBACK: Final = re.compile(
    r"FILE ARCHIVED ON (\d\d:\d\d:\d\d \w{3} \d{1,2}, \d{4}) AND RETRIEVED FROM THE\s+INTERNET ARCHIVE"
)
_TOOLBAR: Final = re.compile(r"\s*BEGIN WAYBACK TOOLBAR INSERT")

_OTHER_CHARSETS: Final = ("cp", "windows", "iso8859", "iso2022", "shift", "euc", "gb", "big5", "koi8", "mac")

_HOST_FOLDER: Final = re.compile(r"/((?:[a-z0-9-]+\.)+[a-z]{2,})(/.*)", re.IGNORECASE)
_PAGE_SUFFIX: Final = re.compile(r"(?:(?<=/)index)?\.html?$")
_PAGE_TYPES: Final = (".html", ".htm", ".cfm", ".mefi", ".php", ".asp", ".jpg", ".png", ".gif", ".pdf")


def decode_page(data: bytes) -> str:
    """The text of a page: by its byte order mark, else as UTF-8, else in the charset it declares, else windows-1252.

    A page that was saved after being read in the wrong encoding (`â€™` for `’`) is repaired, if all of it can be.
    """
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decode(data)
    try:
        return repaired(_lines(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and error.reason == "unexpected end of data":
            return repaired(_lines(data[: error.start].decode("utf-8")))
    declared = EncodingDetector.find_declared_encoding(data[:HEAD], is_html=True)
    if declared:
        try:
            if codecs.lookup(declared).name.startswith(_OTHER_CHARSETS):
                return _lines(data.decode(declared))
        except (LookupError, ValueError):
            pass  # A charset that does not exist or does not fit says nothing.
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    if sum(1 for character in text if character > "\x7f") > 5 * bad:
        return _lines(text)
    return decode(data)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a page was saved from, and when, as far as the tool that saved it says so."""

    url: str | None = None
    """Through the Wayback Machine, the address of the page itself."""
    captured: datetime | None = None
    """The earliest time of all that are named: when the site gave the page away."""
    wayback: bool = False
    """A copy of the Wayback Machine, whose links lead to other copies of it."""


def provenance(comments: Iterable[str], addresses: Iterable[str] = ()) -> Provenance:
    """Where and when a page was saved, from its comments and the addresses it gives for itself (canonical and such)."""
    urls: list[str] = []
    times: list[datetime | None] = []
    wayback = False
    for comment in comments:
        if found := _SAVED_FROM.match(comment):
            urls.append(found[1])
        elif _SINGLEFILE.match(comment):
            url, date = _SINGLEFILE_URL.search(comment), _SINGLEFILE_DATE.search(comment)
            urls += [url[1]] if url else []
            times += [_time(f"{date[1]} {date[2]}", "%b %d %Y %H:%M:%S %z")] if date else []
        elif found := _HTTRACK.match(comment):
            urls.append("https://" + found[1])
            times.append(_mail_time(found[2]))
        elif found := _WAYBACK.search(comment):
            wayback = True
            times.append(_time(f"{found[1]} +0000", "%H:%M:%S %b %d, %Y %z"))
        elif _TOOLBAR.match(comment):
            wayback = True
    first: str | None = None
    for address in [*urls, *addresses]:
        original, captured = unwrap(address.strip()[:MAX_ADDRESS])
        wayback = wayback or captured is not None
        times.append(captured)
        if first is None and original.startswith(("http://", "https://")) and len(address) <= MAX_ADDRESS:
            first = original
    return Provenance(first, min((time for time in times if time), default=None), wayback)


def _time(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _mail_time(text: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def original_link(href: str, page: str | None, saved: Provenance) -> str | None:
    """A link of a saved page as it was on the site, absolute; None for one that leads nowhere from here.

    `page` is the page's own address, which relative links are taken from. Mirrors are undone where their folders say
    the host (`../../www.metafilter.com/user/1.html`).
    """
    href = href.strip()
    if not href or len(href) > MAX_ADDRESS:
        return None
    if saved.wayback:
        original, captured = unwrap(href)
        # Somebody's own link to the Wayback Machine has another time than the page, and stays.
        if captured is not None and (captured == saved.captured or not re.match(r"https?:", href)):
            href = original
    try:
        if urlsplit(href).scheme:
            return href
        if not page:
            return None
        url = urljoin(page, href)
        parts = urlsplit(url)
    except ValueError:
        return None
    if href.startswith("/"):
        return url
    path = parts.path
    mirrored = _HOST_FOLDER.fullmatch(path)
    host = parts.netloc
    if mirrored and href.startswith("../") and not mirrored[1].lower().endswith(_PAGE_TYPES):
        host, path = mirrored[1], mirrored[2]
    if host.endswith("metafilter.com"):
        path = _PAGE_SUFFIX.sub("", path)
    return parts._replace(netloc=host, path=path).geturl()
