"""Post and Thread: what people wrote, in the house's own shape whatever the archive's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, get_args

PostKind = Literal["question", "answer", "selfanswer", "comment", "relay", "modnote"]
POST_KINDS: frozenset[str] = frozenset(get_args(PostKind))

UNTITLED = "(untitled question)"
"""Something to click on where the archive has no title."""


class Capture(NamedTuple):
    """What one copy of a post said of its votes, and when that copy was made."""

    at: datetime
    votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One thing that somebody wrote: a question, an answer, or a comment on one of them.

    `id` and `thread_id` have the form ``site:native``; a question's two ids are equal. `relay` is the asker speaking
    through a moderator and `modnote` a moderator speaking as such: both are shown in place and never ranked. `selfanswer`
    is an answer by the asker on a site that tells answers from follow-ups; elsewhere what askers add is no advice.
    Whatever the archive does not show is None (votes, best, author, written), never 0, False or a guess.
    """

    id: str
    thread_id: str
    kind: PostKind
    site: str
    body: str = ""
    """Safe HTML, as `markup.clean` leaves it."""
    position: int = 0
    """Order on the page: 0 for the question, then 1, 2, …"""
    parent_id: str | None = None
    title: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    author: str | None = None
    anonymous: bool = False
    written: datetime | None = None
    """Aware, in UTC."""
    votes: int | None = None
    best: bool | None = None
    url: str | None = None
    captured: datetime | None = None
    """When this copy was saved, aware, in UTC, where the copy says so."""
    warnings: tuple[str, ...] = ()
    """What the reader was not sure of, in words for people."""
    history: tuple[Capture, ...] = ()
    """The votes of each copy, oldest first, where there are several copies."""
    licence: str | None = None
    """What the author put it under, as the site calls it: "CC BY-SA 4.0"."""
    closed: datetime | None = None
    """When the site closed the question, as unfit or asked before; aware, in UTC. None where it is not closed, or not known.

    A thread that only became too old to answer, or is locked for a while, is not closed.
    """
    duplicate_of: tuple[str, ...] = ()
    """Ids of the threads that the site says ask the same. Empty: none, or not known."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A question with everything written under it. Made only by the store, since dumps come out of order.

    `question` is None for an orphan: answers whose question is in no archive read so far.
    """

    id: str
    question: Post | None
    replies: tuple[Post, ...]
    """Answers of all kinds, relays and modnotes in page order, without comments."""
    comments: dict[str, tuple[Post, ...]]
    """Comments by the id of the post they stand under."""

    @property
    def answers(self) -> tuple[Post, ...]:
        """Answers proper, in page order: what is ranked. Excludes what the asker added, which is no advice."""
        return tuple(post for post in self.replies if self.is_advice(post))

    @property
    def posts(self) -> Iterator[Post]:
        """Everything in it: the question, what stands under it, and the comments."""
        if self.question:
            yield self.question
        yield from self.replies
        for comments in self.comments.values():
            yield from comments

    @property
    def title(self) -> str:
        return (self.question.title if self.question else None) or UNTITLED

    @property
    def site(self) -> str:
        return self.id.partition(":")[0]

    def by_asker(self, post: Post) -> bool:
        """Whether the asker is speaking: by own name, in a self-answer, or through a moderator's relay.

        An anonymous asker's name proves nothing: every anonymous question shares it.
        """
        if post.kind in {"relay", "selfanswer"}:
            return True
        asker = self.question.author if self.question and not self.question.anonymous else None
        return asker is not None and post.author == asker

    def delay(self, post: Post) -> int | None:
        """Seconds from the question to a post; None where either time is not known."""
        if self.question is None or self.question.written is None or post.written is None:
            return None
        return int((post.written - self.question.written).total_seconds())

    def is_advice(self, post: Post) -> bool:
        """Whether the post is an answer by somebody other than the asker, or one that the site itself counts as an answer."""
        return post.kind == "selfanswer" or (post.kind == "answer" and not self.by_asker(post))
