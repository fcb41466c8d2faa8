"""What must not be in the library, whatever the archives say: rules that outlive every build.

They are kept beside the archives in `forgotten.jsonl`, not in the store, so that a library built anew from nothing still
keeps to them. A rule names a thread, a post or an author; it holds at reading, and what was read before it is deleted.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from . import words
from .errors import LibraryError
from .thread import Post

FILE: Final = "forgotten.jsonl"
RuleKind = Literal["thread", "post", "author"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to forget: all of a thread, one post, or all that an author wrote."""

    kind: RuleKind
    name: str


class Forgotten:
    """The rules in force."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules
        self._threads = {rule.name for rule in rules if rule.kind == "thread"}
        self._posts = {rule.name for rule in rules if rule.kind == "post"}
        self._authors = {words.fold(rule.name) for rule in rules if rule.kind == "author"}

    def covers(self, post: Post) -> bool:
        """Whether a post must not be kept."""
        return (
            post.thread_id in self._threads
            or post.id in self._posts
            or (post.author is not None and not post.anonymous and words.fold(post.author) in self._authors)
        )

    def __bool__(self) -> bool:
        return bool(self.rules)


def load(library: Path) -> Forgotten:
    """The rules of a library. Raises LibraryError for a file with a broken line: a rule must not be lost silently."""
    file = library / FILE
    if not file.exists():
        return Forgotten([])
    rules = []
    for number, line in enumerate(file.read_text("utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            rule = Rule(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise LibraryError(
                f"{file}, line {number}, is no rule ({error})", "Mend the line; no build runs without it"
            ) from error
        if rule.kind not in get_args(RuleKind) or not isinstance(rule.name, str):
            raise LibraryError(f"{file}, line {number}, is no rule", "Mend the line; no build runs without it")
        rules.append(rule)
    return Forgotten(rules)


def add(library: Path, rule: Rule) -> None:
    """Write down one more rule, safely on disk before anything is deleted."""
    with (library / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(rule), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
