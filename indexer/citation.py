"""How is a thread or an answer cited? As a line of text, as BibTeX and as CSL-JSON, with its origin and the date of the copy.

What an archive does not say is left out, and no name is given to who asked to have none. Formats keep to their own words,
which are English, whatever language a page speaks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from . import words
from .thread import UNTITLED, Post

_KINDS: Final = {
    "question": "Question",
    "answer": "Answer",
    "selfanswer": "Answer",
    "comment": "Comment",
    "relay": "Note by a moderator",
    "modnote": "Note by a moderator",
}
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
# What TeX takes for something of its own. Letters of other scripts stay: biber and every newer BibTeX read UTF-8.
_TEX: Final = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{char: f"\\{char}" for char in "{}%$&#_"},
}
_SPECIAL: Final = re.compile("[" + re.escape("".join(_TEX)) + "]")
_SPACES: Final = re.compile(r"\s+")
_NO_KEY: Final = re.compile(r"[^a-z0-9]+")
_VERBATIM: Final = "".join(chr(code) for code in range(33, 127) if chr(code) not in '{}\\"<>^`|')


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A thread or a post of it, as it is cited."""

    id: str
    thread_id: str
    kind: str
    """What it is, in a word: "Answer"."""
    title: str
    """Of its thread."""
    site: str
    author: str | None
    written: datetime | None
    captured: datetime | None
    """When the copy was saved that this is cited from."""
    url: str | None
    licence: str | None

    def text(self) -> str:
        """One line for people, "marzipan: Answer to “Title”. example.org, 2012-05-01. https://… (copy of 2020-06-01)." """
        to = "" if self.kind in {"Question", "Thread"} else f"{self.kind} to "
        who = f"{self.author}: " if self.author else ""
        where = ", ".join(part for part in (self.site, _day(self.written)) if part)
        copy = f" (copy of {_day(self.captured)})" if self.captured else ""
        parts = [f"{who}{to}“{self.title}”.", f"{where}.", f"{self.url or self.id}{copy}."]
        return _SPACES.sub(" ", " ".join(parts + ([f"{self.licence}."] if self.licence else [])))

    def bibtex(self) -> str:
        """An entry for BibTeX and biblatex, in UTF-8."""
        fields = {
            # A name is one name, and a title keeps its capitals, inside of braces of their own.
            "author": self.author and f"{{{_tex(self.author)}}}",
            "title": f"{{{_tex(self.title)}}}",
            "year": self.written and f"{self.written.year:04d}",
            "month": self.written and _MONTHS[self.written.month - 1],
            "date": _day(self.written),
            "howpublished": _tex(f"{self.kind} on {self.site}"),
            "url": self.url and quote(self.url, safe=_VERBATIM),
            "urldate": _day(self.captured),
            "note": _tex("; ".join(self._notes())),
        }
        known = {name: value for name, value in fields.items() if value}
        lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'},\n" for name, value in known.items()]
        return f"@misc{{{self.key},\n{''.join(lines)}}}\n"

    def csl(self) -> dict[str, Any]:
        """An item of CSL-JSON, as Zotero, Pandoc and citation processors read it (citationstyles.org, schema 1.0.2)."""
        item = {
            "id": self.key,
            "type": "post",
            "genre": self.kind,
            "title": self.title,
            "author": [{"literal": self.author}] if self.author else None,
            "container-title": self.site,
            "issued": _date_parts(self.written),
            "accessed": _date_parts(self.captured),
            "URL": self.url,
            "note": "; ".join(self._notes()),
        }
        return {name: value for name, value in item.items() if value is not None}

    @property
    def key(self) -> str:
        """What the entry is called, in ASCII letters, digits and hyphens."""
        return f"askive-{_NO_KEY.sub('-', words.fold(self.id)).strip('-') or 'post'}"

    def _notes(self) -> list[str]:
        return [f"Archived as {self.id}"] + ([f"Licence: {self.licence}"] if self.licence else [])


def of(post: Post | None, question: Post | None, thread_id: str) -> Citation:
    """The citation of a post, or of a thread by its question; of neither where the question is in no archive."""
    cited = post or question
    url = (cited.url if cited else None) or (question.url if question else None)
    return Citation(
        id=cited.id if cited else thread_id,
        thread_id=thread_id,
        kind=_KINDS[cited.kind] if cited else "Thread",
        title=_SPACES.sub(" ", (question.title if question else None) or UNTITLED),
        site=thread_id.partition(":")[0],
        author=None if cited is None else "anonymous" if cited.anonymous else cited.author,
        written=cited.written if cited else None,
        captured=(cited.captured if cited else None) or (question.captured if question else None),
        url=url if url is not None and url.startswith(("http://", "https://")) else None,
        licence=(cited.licence if cited else None) or None,
    )


def _tex(text: str) -> str:
    return _SPACES.sub(" ", _SPECIAL.sub(lambda found: _TEX[found.group()], text)).strip()


def _day(time: datetime | None) -> str | None:
    return None if time is None else f"{time.astimezone(UTC):%Y-%m-%d}"


def _date_parts(time: datetime | None) -> dict[str, list[list[int]]] | None:
    return None if time is None else {"date-parts": [[time.year, time.month, time.day]]}
