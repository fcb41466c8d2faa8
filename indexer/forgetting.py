"""What must not be in the library, whatever the archives say: rules that outlive every build.

They are kept beside the archives in `forgotten.jsonl`, not in the store, so that a library built anew from nothing still
keeps to them. A rule names a thread, a post or an author, or says what no post may have in it; it holds at reading, and what
was read before it is deleted. What a rule covers is always a whole post: text with holes in it would tell where to look.
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal, get_args

import regex

from . import markup, words
from .errors import BadSetting, LibraryError
from .messages import Message
from .thread import Post

FILE: Final = "forgotten.jsonl"
RuleKind = Literal["thread", "post", "author", "text", "pattern"]

PATIENCE: Final = 0.5
"""Seconds that a pattern may take over one text. Where it takes longer, the post is kept out: that is the side to err on."""

LONGEST: Final = 1_000
"""Characters of a text or a pattern."""

_UNSEEN: Final = regex.compile(r"\p{Cf}")
"""What stands in a text without being seen: joiners, soft hyphens."""

WITHHELD: Final = Message("(withheld: it mentions what is to be forgotten)")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to forget: all of a thread, one post, all that an author wrote, or every post that has a text in it."""

    kind: RuleKind
    name: str
    """An id, an author's name, words as they stand in a post (case, accents and spacing do not count), or a pattern."""
    also: tuple[str, ...] = ()
    """Of a thread or a post, other ids that copies may have it under."""

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name} | ({"also": list(self.also)} if self.also else {})


class Forgotten:
    """The rules in force. Raises BadSetting where one of them cannot be a rule."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules
        self._threads = {name for rule in rules if rule.kind == "thread" for name in (rule.name, *rule.also)}
        self._posts = {name for rule in rules if rule.kind == "post" for name in (rule.name, *rule.also)}
        self._authors = {words.fold(rule.name) for rule in rules if rule.kind == "author"}
        self._texts = [_plain(rule.name) for rule in rules if rule.kind == "text"]
        self._patterns = [_compiled(rule.name) for rule in rules if rule.kind == "pattern"]
        if not all(self._texts):
            raise BadSetting(Message("A text to forget has no letter in it"), "Say which words no post may have")

    @property
    def digest(self) -> str:
        """What is another when the rules are."""
        return sha256(json.dumps([rule.as_json() for rule in self.rules]).encode()).hexdigest() if self.rules else ""

    def covers(self, post: Post) -> bool:
        """Whether a post must not be kept."""
        return (
            post.thread_id in self._threads
            or post.id in self._posts
            or (post.author is not None and not post.anonymous and words.fold(post.author) in self._authors)
            or bool((self._texts or self._patterns) and self._is_in(_said(post)))
        )

    def too_slow(self, post: Post) -> bool:
        """Whether a pattern takes too long over a post to tell."""
        return any(_found(pattern, text) is None for pattern in self._patterns for text in _said(post))

    def withhold(self, remarks: Iterable[str]) -> tuple[str, ...]:
        """What is said of an archive, without what names a rule's thread, post or author, or has its text."""
        return tuple(WITHHELD if self._names(remark) else remark for remark in remarks)

    def _names(self, remark: str) -> bool:
        plain = f" {words.plain(remark)} "
        return (
            any(name in remark for name in (*self._threads, *self._posts))
            or any(f" {words.plain(author)} " in plain for author in self._authors)
            or self._is_in((remark,))
        )

    def _is_in(self, said: Sequence[str]) -> bool:
        # A pattern that cannot be decided in time (None) counts as found.
        return any(text in _plain(each) for text in self._texts for each in said) or any(
            _found(pattern, each) is not False for pattern in self._patterns for each in said
        )

    def __bool__(self) -> bool:
        return bool(self.rules)


def _said(post: Post) -> tuple[str, ...]:
    """All that a post says: as it is read, and with the addresses that its links go to."""
    named = post.author if post.author and not post.anonymous else ""
    return (post.title or "", *post.tags, named, post.url or "", markup.prose(post.body), html.unescape(post.body))


def _plain(text: str) -> str:
    return words.fold(" ".join(_UNSEEN.sub("", text).split()))


def _compiled(pattern: str) -> regex.Pattern[str]:
    """Raises BadSetting for a pattern that is none, or that no post could do without."""
    if len(pattern) > LONGEST:
        raise BadSetting(Message("A pattern has {number} characters at most", number=LONGEST), "Take several shorter ones")
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE)
        matches_nothing = compiled.search("", timeout=PATIENCE) is not None
    except (regex.error, TimeoutError, RecursionError, OverflowError) as error:
        said = Message("“{pattern}” is no pattern that can be used ({error})", pattern=pattern, error=str(error))
        raise BadSetting(said, "Mend it, or take --text") from error
    if matches_nothing:
        said = Message("“{pattern}” is found in every text, even in none", pattern=pattern)
        raise BadSetting(said, "Say what has to be there")
    return compiled


def _found(pattern: regex.Pattern[str], text: str) -> bool | None:
    """Whether a pattern is found in a text; None where that takes too long to tell."""
    try:
        return pattern.search(text, timeout=PATIENCE) is not None
    except TimeoutError:
        return None


def load(library: Path) -> Forgotten:
    """The rules of a library. Raises LibraryError for a file with a broken line: a rule must not be lost silently."""
    rules = []
    for number, line in _lines(library):
        try:
            rule = Rule(**json.loads(line))
            rule = Rule(rule.kind, rule.name, tuple(rule.also))
        except (ValueError, TypeError) as error:
            raise _broken(library, number, str(error)) from error
        if rule.kind not in get_args(RuleKind) or not all(isinstance(name, str) for name in (rule.name, *rule.also)):
            raise _broken(library, number)
        try:
            Forgotten([rule])
        except BadSetting as error:
            raise _broken(library, number, error.reason) from error
        rules.append(rule)
    return Forgotten(rules)


def _broken(library: Path, number: int, why: str | None = None) -> LibraryError:
    file, line, hint = str(library / FILE), str(number), Message("Mend the line; no build runs without it")
    if why is None:
        return LibraryError(Message("{file}, line {line}, is no rule", file=file, line=line), hint)
    return LibraryError(Message("{file}, line {line}, is no rule ({why})", file=file, line=line, why=why), hint)


def _lines(library: Path) -> Iterator[tuple[int, str]]:
    """The lines of the file that say something, with their numbers."""
    file = library / FILE
    if file.exists():
        for number, line in enumerate(file.read_text("utf-8").split("\n"), 1):
            if line.strip():
                yield number, line


def add(library: Path, rule: Rule) -> None:
    """Write down one more rule, safely on disk before anything is deleted."""
    with (library / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(rule.as_json(), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def replace_all(library: Path, rules: Iterable[Rule]) -> None:
    """Write down these rules in place of all others, at once."""
    unfinished = library / f"{FILE}.part"
    with unfinished.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(rule.as_json(), ensure_ascii=False) + "\n" for rule in rules)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(library / FILE)
