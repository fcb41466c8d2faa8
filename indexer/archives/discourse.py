"""Topics of Discourse forums as JSON: as the site's API and exporters give them, in any mixture.

    {"post_stream": {"posts": [{"id": 285, "post_number": 2, "cooked": "<p>…", …}], "stream": [281, 285]}, "title": "…", …}
    {"latest_posts": [{"id": 285, "topic_id": 20, "topic_title": "…", "post_number": 2, "cooked": "<p>…", …}]}
    {"id": 285, "topic_id": 20, "topic_title": "…", "post_number": 2, "cooked": "<p>…", …}

One object a line, one document, or an array; posts in any order. Post number 1 is the question, all others are answers,
those that reply to an answer too: the site shows one level, and such a reply is as often advice as it is a remark.

- Votes are the likes (`actions_summary`, id 2): 0 where a post has none, unknown where nothing is said of likes.
- An answer is best, or is not, where the plugin for accepted answers is in use; else nobody knows.
- A topic of more than 20 posts is given in parts; a copy that has the first part only says so on the question.
- Notes of the software (post_type 3) and whispers among the staff (4) are left out, as is what was hidden or deleted; a
  question stays, without its text. What a moderator posts as such (2) is a modnote.
- A topic is closed where the staff closed it and the copy is whole; one that closed by itself after some time is not.
- Which site it is shows in the addresses of its people's pictures; else the folder's name says it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final
from urllib.parse import urlsplit

from .. import markup
from ..errors import DamagedArchive, NotAThread
from ..messages import Message, of_error
from ..thread import Post, PostKind
from . import discourse_markup
from .records import MAX_LINE, document, integer, moment, names_of, objects, one_line, openings, prose
from .source import HEAD, MAX_PAGE, Report, Source

name = "discourse"
about = "Topics of a Discourse forum as JSON: topic files, or posts one object a line"

UNKNOWN_SITE: Final = "discourse"
"""The site of an archive that does not show which it is of."""

EARLIEST: Final = datetime(1980, 1, 1, tzinfo=UTC)
"""Forums hold imported mailing lists that are older than the software."""

_SCAN: Final = 16 * 1024 * 1024
"""Bytes in which the site's name is looked for."""

_CLOSING: Final = frozenset({"closed", "autoclosed"})
"""What the notes on closing begin with; then `.enabled` or `.disabled`."""

_LIKE: Final = 2
_MODERATOR: Final = 2
_LEFT_OUT: Final = {
    3: Message("notes of the software are left out"),
    4: Message("whispers among the staff are left out"),
}
_GONE: Final = {
    "deleted": (Message("posts that were deleted are left out"), Message("its text was deleted")),
    "hidden": (Message("posts that were hidden are left out"), Message("its text was hidden")),
}
"""Why a text is not to be shown: what is said of those that are left out, and of a question that is not."""

_POST: Final = frozenset({"topic_id", "post_number", "cooked"})
_REFUSED: Final = {
    "topic_list": Message("a list of topics"),
    "category_list": Message("a list of categories"),
    "grouped_search_result": Message("a list of search results"),
}
_MARKS: Final = (_POST, {"post_stream"}, {"latest_posts"}, {"errors", "error_type"}, *({name} for name in _REFUSED))
"""What shows a JSON object to be a Discourse site's, also where it holds no posts: any of these sets of names."""

_AVATAR: Final = re.compile(r'([^"]{0,200}?)\\?/user_avatar\\?/([A-Za-z0-9.-]{1,253})\\?/')
_AVATAR_IN: Final = re.compile(rb'"avatar_template"\s{0,9}:\s{0,9}"' + _AVATAR.pattern.encode())
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,10}[a-z]{2,24}")
_SLUG: Final = re.compile(r"[^\s/?#\"<>\\\x00-\x1f\x7f\ud800-\udfff]{1,300}")
_ENTITY: Final = re.compile(r"&(?:[a-zA-Z]{2,10}|#\d{1,7});")


class _Unreadable(ValueError):
    """A record that is no post, or lacks what a post cannot be without."""


class _Refused(ValueError):
    """A record that is something else of the site's; the text says what."""


@dataclass(frozen=True, slots=True)
class _Site:
    name: str
    root: str | None
    """What a path of the site is put behind; None where the site is not known."""
    base: str = ""
    """The path that the forum has its own under."""


@dataclass(frozen=True, slots=True)
class _Topic:
    """What the record that a post stands in says of all its posts."""

    record: Mapping[str, Any]
    missing: int = 0
    of: int = 0
    """How many of its posts are not in the copy, and how many there are."""
    accepted: frozenset[int] | None = None
    """The numbers of accepted posts; None where only the posts can tell."""
    closed: datetime | None = None


def recognises(head: bytes) -> bool:
    records = list(openings(head))
    if records:
        return any(record.keys() >= marks for record in records for marks in _MARKS)
    # A document over many lines, or a record that is longer than what is looked at.
    names = names_of(head)
    return any(names >= marks for marks in _MARKS)


def read(source: Source, report: Report) -> Iterator[Post]:
    """The posts of an archive, a record at a time.

    Raises NotAThread where the site gave something else (an error, a list of topics), DamagedArchive where nothing can be
    read.
    """
    reading = _Reading(_site_of(source), source, report)
    if reading.site.root is None:
        report.warn(
            Message(
                "which site it is could not be told, so it is called {site}; name the folder like the site", site=UNKNOWN_SITE
            )
        )
    refused: str | None = None
    for where, record in _records(source, report):
        try:
            yield from reading.posts(record, where)
        except _Refused as error:
            refused = refused or of_error(error)
            report.skip(Message("it is {why}", why=of_error(error)), where)
        except _Unreadable as error:
            report.skip(of_error(error), where)
    if not reading.found and refused:
        raise NotAThread(
            Message("{source} is {refused} of a Discourse site", source=str(source), refused=refused),
            Message("Save the JSON of the topics themselves: /t/NUMBER.json"),
        )
    if not reading.found:
        raise DamagedArchive(Message("{source} holds no Discourse post that can be read", source=str(source)))
    # First, since the list of warnings ends at some length.
    report.warnings[:0] = [Message("{number} {what}", number=count, what=what) for what, count in sorted(reading.tally.items())]


def _records(source: Source, report: Report) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The JSON objects of an archive, however they are laid out."""
    head = source.head().removeprefix(b"\xef\xbb\xbf").strip()
    lined = head.startswith(b"[") or any(openings(head))
    if not lined and (b"\n" in head or _one_long_line(source)):
        said = Report()
        try:
            record = json.loads(document(source, said))
        except (ValueError, RecursionError, DamagedArchive):
            record = None  # Lines, then, of which the first ones are bad.
        if isinstance(record, dict):
            report.warnings += said.warnings
            yield "the document", record
            return
    yield from objects(source, report)


def _one_long_line(source: Source) -> bool:
    """Whether a file is a single line that is longer than a record may be, and still no longer than a page."""
    with source.open() as file:
        first = file.readline(MAX_PAGE + 1)
        return MAX_LINE <= len(first) <= MAX_PAGE and not file.read(1)


class _Reading:
    """One archive, being read."""

    def __init__(self, site: _Site, source: Source, report: Report) -> None:
        self.site = site
        self.found = 0
        """Posts that could be read, also those that are left out."""
        self.tally: Counter[str] = Counter()
        self._captured = source.captured
        self._report = report

    def posts(self, record: Mapping[str, Any], where: str) -> Iterator[Post]:
        """The posts of one record. Raises _Refused or _Unreadable for one that holds none."""
        stream, latest = record.get("post_stream"), record.get("latest_posts")
        if isinstance(stream, dict) and isinstance(stream.get("posts"), list):
            yield from self._each(stream["posts"], self._topic(record, stream), where)
        elif isinstance(latest, list):
            yield from self._each(latest, _Topic({}), where)
        elif "post_number" in record and ("cooked" in record or "raw" in record):
            yield from self._each([record], _Topic({}), where)
        else:
            raise _refusal(record) or _Unreadable(Message("neither a topic nor a post of Discourse"))

    def _topic(self, record: Mapping[str, Any], stream: Mapping[str, Any]) -> _Topic:
        ids = stream.get("stream")
        everything = {number for value in ids if (number := integer(value))} if isinstance(ids, list) else set()
        here = {integer(post.get("id")) for post in stream["posts"] if isinstance(post, dict)}
        missing = len(everything - here)
        if missing:
            self._report.warn(
                Message(
                    "{missing} of its {number} posts are not in this copy: a site gives 20 at a time",
                    missing=missing,
                    number=len(everything),
                ),
                f"topic {integer(record.get('id')) or '?'}",
            )
        listed = record.get("accepted_answers")
        marks = [record.get("accepted_answer"), *(listed if isinstance(listed, list) else ())]
        accepted = {integer(mark.get("post_number")) for mark in marks if isinstance(mark, dict)}
        closed = None if missing else _closed(record, stream["posts"])
        return _Topic(record, missing, len(everything), frozenset(n for n in accepted if n) or None, closed)

    def _each(self, records: list[Any], topic: _Topic, where: str) -> Iterator[Post]:
        for record in records:
            if not isinstance(record, dict):
                self._report.skip(Message("a post cannot be {kind}", kind=type(record).__name__), where)
                continue
            number = integer(record.get("id"))
            try:
                post = self._post(record, topic, f"post {number}" if number else where)
            except _Unreadable as error:
                self._report.skip(of_error(error), f"{where}, post {number}" if number else where)
                continue
            self.found += 1
            if post:
                yield post

    def _post(self, record: Mapping[str, Any], topic: _Topic, where: str) -> Post | None:
        native, place = integer(record.get("id")), integer(record.get("post_number"))
        thread = integer(record.get("topic_id")) or integer(topic.record.get("id"))
        if not native or not place or not thread or min(native, place, thread) < 1:
            raise _Unreadable(Message("its id, topic_id or post_number is missing or no number"))
        self._notice_site(record)
        type_ = integer(record.get("post_type"))
        gone = _gone(record)
        if type_ in _LEFT_OUT or (gone and place > 1):
            self.tally[_LEFT_OUT.get(type_ or 0) or _GONE[gone or "hidden"][0]] += 1
            return None
        question = place == 1
        kind: PostKind = "question" if question else "modnote" if type_ == _MODERATOR else "answer"
        body = "" if gone else self._body(record)
        if not body and not question:
            self.tally[Message("posts without any text are left out")] += 1
            return None
        return Post(
            id=f"{self.site.name}:{thread}" if question else f"{self.site.name}:p{native}",
            thread_id=f"{self.site.name}:{thread}",
            kind=kind,
            site=self.site.name,
            title=_title(record, topic) if question else None,
            body=body,
            position=place - 1,
            tags=_tags(record, topic) if question else (),
            author=one_line(record.get("username"), 100),
            written=self._written(record, where),
            votes=self._votes(record, where),
            best=_best(record, topic, place) if kind == "answer" else None,
            url=self._url(record, topic, thread, place),
            captured=self._captured,
            closed=topic.closed if question else None,
            warnings=_warnings(topic, gone) if question else (),
        )

    def _body(self, record: Mapping[str, Any]) -> str:
        if isinstance(record.get("cooked"), str):
            return discourse_markup.clean(prose(record["cooked"]), self._resolve)
        return markup.from_text(prose(record.get("raw")))

    def _resolve(self, href: str) -> str | None:
        """A link of a body as one that leads somewhere outside the forum, too. Targets inside a body are not kept."""
        if href.startswith("//"):
            return f"https:{href}"
        if href.startswith("/"):
            return self.site.root and self.site.root + href
        return href if ":" in href and not href.startswith("#") else None

    def _written(self, record: Mapping[str, Any], where: str) -> datetime | None:
        created = record.get("created_at")
        written = moment(created, EARLIEST, self._captured)
        if written is None and created is not None:
            self._report.warn(Message("its date {date} is none, or cannot be right", date=repr(str(created)[:40])), where)
        return written

    def _votes(self, record: Mapping[str, Any], where: str) -> int | None:
        actions = record.get("actions_summary")
        if not isinstance(actions, list):
            return None
        for action in actions:
            if isinstance(action, dict) and integer(action.get("id")) == _LIKE and action.get("count") is not None:
                likes = integer(action["count"])
                if likes is None or likes < 0:
                    self._report.warn(Message("its likes cannot be {likes}", likes=repr(str(action["count"])[:40])), where)
                    return None
                return likes
        return 0

    def _url(self, record: Mapping[str, Any], topic: _Topic, thread: int, place: int) -> str | None:
        if self.site.root is None:
            return None
        slug = record.get("topic_slug") or topic.record.get("slug")
        named = f"{slug}/" if isinstance(slug, str) and _SLUG.fullmatch(slug) and not slug.isdecimal() else ""
        address = f"{self.site.root}{self.site.base}/t/{named}{thread}"
        return address if place == 1 else f"{address}/{place}"

    def _notice_site(self, record: Mapping[str, Any]) -> None:
        avatar = record.get("avatar_template")
        found = _AVATAR.match(avatar) if isinstance(avatar, str) else None
        if found and found[2].lower() != self.site.name and _HOST.fullmatch(found[2].lower()):
            said = Message("posts show pictures of {host}; a file should hold one site only", host=found[2].lower())
            self.tally[said] += 1


def _refusal(record: Mapping[str, Any]) -> _Refused | None:
    """What a record is that holds no posts, if it is known."""
    for mark, what in _REFUSED.items():
        if mark in record:
            return _Refused(what)
    errors = record.get("errors")
    if not isinstance(errors, list) and "error_type" not in record:
        return None
    said = next((text for text in errors if one_line(text)), None) if isinstance(errors, list) else None
    said = one_line(said, 200) or one_line(record.get("error_type"), 100) or "unknown"
    return _Refused(Message("an error message ({said})", said=said.rstrip(".")))


def _gone(record: Mapping[str, Any]) -> str | None:
    """Why a post's text is not to be shown."""
    if record.get("deleted_at") or record.get("user_deleted") is True:
        return "deleted"
    return "hidden" if record.get("hidden") is True or record.get("cooked_hidden") is True else None


def _title(record: Mapping[str, Any], topic: _Topic) -> str | None:
    plain, marked = (
        one_line(topic.record.get(of_topic)) or one_line(record.get(of_post))
        for of_topic, of_post in (("title", "topic_title"), ("fancy_title", "topic_html_title"))
    )
    if plain is None or (plain == marked and _ENTITY.search(plain)):
        # One of the two is always escaped; where they are the same, both are.
        return one_line(unescape(marked)) if marked else None
    return plain


def _tags(record: Mapping[str, Any], topic: _Topic) -> tuple[str, ...]:
    """The topic's tags: names, or since 2025 objects that have one."""
    tags = topic.record.get("tags") or record.get("tags")
    names = (one_line(tag.get("name") if isinstance(tag, dict) else tag, 100) for tag in tags) if isinstance(tags, list) else ()
    return tuple(dict.fromkeys(tag for tag in names if tag))


def _best(record: Mapping[str, Any], topic: _Topic, place: int) -> bool | None:
    mark = record.get("accepted_answer")
    if topic.accepted is not None:
        return place in topic.accepted or mark is True
    return mark if isinstance(mark, bool) else None


def _closed(record: Mapping[str, Any], posts: list[Any]) -> datetime | None:
    """When the staff closed a topic that is closed: the last of the notes on closing, unless the software speaks of itself."""
    notes = [post for post in posts if isinstance(post, dict) and str(post.get("action_code")).partition(".")[0] in _CLOSING]
    last = max(notes, key=lambda note: integer(note.get("post_number")) or 0, default={})
    by_staff = record.get("closed") is True and last.get("action_code") == "closed.enabled"
    return moment(last.get("created_at"), EARLIEST) if by_staff else None


def _warnings(topic: _Topic, gone: str | None) -> tuple[str, ...]:
    warnings = [_GONE[gone][1]] if gone else []
    if topic.missing:
        warnings.append(Message("{missing} of its {number} posts are not in this copy", missing=topic.missing, number=topic.of))
    return tuple(warnings)


def _site_of(source: Source) -> _Site:
    """The forum that an archive is of: by the first picture of a person, the page's address, or the folder's name."""
    found = _avatar_in(source)
    if found:
        return found
    if source.url and (host := (urlsplit(source.url).hostname or "").lower()) and _HOST.fullmatch(host):
        return _Site(host, f"https://{host}")
    folders = [*source.path.absolute().parts[-4:-1], *source.member.split("/")[:-1]]
    for folder in reversed(folders):
        if _HOST.fullmatch(folder.lower()):
            return _Site(folder.lower(), f"https://{folder.lower()}")
    return _Site(UNKNOWN_SITE, None)


def _avatar_in(source: Source) -> _Site | None:
    """The site in the first address of a picture that it holds for itself; uploads have its host name in their path."""
    kept = b""
    with source.open() as file:
        for _ in range(0, _SCAN, HEAD):
            try:
                block = file.read(HEAD)
            except (DamagedArchive, EOFError, OSError):
                return None  # Reading the records will come to it, and say so.
            for found in _AVATAR_IN.finditer(kept + block):
                before, host = (part.decode("utf-8", errors="replace").replace("\\", "") for part in found.groups())
                if _HOST.fullmatch(host.lower()):
                    base = before if re.fullmatch(r"(?:/[\w.-]+)+", before) else ""
                    return _Site(host.lower(), f"https://{host.lower()}", base)
            if not block:
                return None
            kept = block[-512:]
    return None
