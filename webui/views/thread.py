"""A thread's page: the question and everything written under it, and who backs whom.

This is the one place where archived HTML is put on a page as HTML.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, Literal
from urllib.parse import quote

from markupsafe import Markup

from indexer.endorsements import Endorsement
from indexer.library import Neighbour, ThreadPage
from indexer.thread import Post, Thread

from .. import addresses
from ..asked import Browsed
from .card import OutcomeView, author, outcome

Voice = Literal["question", "answer", "asker", "relay", "modnote", "comment"]
_LABELS: Mapping[Voice, str] = {
    "asker": "The asker follows up",
    "relay": "The asker, through a moderator",
    "modnote": "A moderator’s note",
}

MENTIONED: Final = 10
"""Threads that ask the same and are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Somebody who backs or disputes an answer, with the post that does it and what it says."""

    name: str
    href: str
    evidence: str


@dataclass(frozen=True, slots=True)
class PostView:
    """One post. `voice` says who is speaking, `label` says it in words where it is not simply an answer."""

    anchor: str
    voice: Voice
    label: str | None
    author: str | None
    written: datetime | None
    votes: int | None
    is_best: bool
    body: Markup
    backed_by: tuple[Tie, ...]
    disputed_by: tuple[Tie, ...]
    outcome: OutcomeView | None
    """What the asker tells of how it went with this answer."""
    backs: tuple[Tie, ...]
    disputes: tuple[Tie, ...]
    comments: tuple[PostView, ...]
    history: str | None
    """How the votes went from copy to copy, in words."""
    missing_since: datetime | None
    """The date of a later copy that does not have this answer."""
    licence: str | None
    """Where it is another than the thread's."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """Another thread: a link where the library has it, else its bare id."""

    title: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Mentions:
    """Threads that ask the same, and how many there are beyond those."""

    threads: tuple[Mention, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ThreadView:
    """What a thread's page shows. `asides` are what askers and moderators wrote, where answers stand by votes."""

    title: str
    site: str
    category: str | None
    category_href: str | None
    tags: tuple[str, ...]
    question: PostView | None
    outcome: OutcomeView | None
    """What the asker tells of how it all went."""
    answers: tuple[PostView, ...]
    asides: tuple[PostView, ...]
    total: int
    """Answers proper."""
    has_votes: bool
    by_votes: bool
    by_page_href: str
    by_votes_href: str
    original: str | None
    original_shown: str
    asker: str | None
    captured: datetime | None
    licence: str | None
    licence_href: str | None
    closed: datetime | None
    originals: Mentions
    """Threads that this one is a duplicate of."""
    duplicates: Mentions
    similar: tuple[tuple[str, str], ...]
    """Titles and addresses of threads whose questions are like this one."""


def thread(page: ThreadPage, similar: Iterable[Neighbour] = (), *, by_votes: bool = False) -> ThreadView:
    """The page of a thread, its answers in page order or by votes."""
    whole = page.thread
    question = whole.question
    ties = _Ties(whole, page.endorsements)
    replies, asides = list(whole.replies), []
    if by_votes:
        replies = sorted(whole.answers, key=lambda post: -math.inf if post.votes is None else post.votes, reverse=True)
        asides = [post for post in whole.replies if not whole.is_advice(post)]
    category = question.category if question else None
    original = addresses.original(question.url if question else None)
    return ThreadView(
        title=whole.title,
        site=whole.site,
        category=category,
        category_href=addresses.top(Browsed(category=category)) if category else None,
        tags=question.tags if question else (),
        question=_post(question, page, ties) if question else None,
        outcome=_outcome(page, None),
        answers=tuple(_post(post, page, ties) for post in replies),
        asides=tuple(_post(post, page, ties) for post in asides),
        total=len(whole.answers),
        has_votes=any(post.votes is not None for post in whole.answers),
        by_votes=by_votes,
        by_page_href=addresses.thread(whole.id),
        by_votes_href=addresses.thread(whole.id, by_votes=True),
        original=original,
        original_shown=addresses.shown(original) if original else "",
        asker=author(question) if question else None,
        captured=question.captured if question else None,
        licence=question.licence if question else None,
        licence_href=addresses.licence(question.licence) if question else None,
        closed=question.closed if question else None,
        originals=_mentions(page.originals),
        duplicates=_mentions(page.duplicates),
        similar=tuple((neighbour.title, addresses.thread(neighbour.thread_id)) for neighbour in similar),
    )


def _mentions(titles: Mapping[str, str | None]) -> Mentions:
    found = (
        Mention(title or thread_id, None if title is None else addresses.thread(thread_id))
        for thread_id, title in titles.items()
    )
    return Mentions(tuple(islice(found, MENTIONED)), max(0, len(titles) - MENTIONED))


class _Ties:
    """Who backs or disputes whom, by post and in both directions, as links that stay on the page."""

    def __init__(self, whole: Thread, endorsements: Iterable[Endorsement]) -> None:
        self._anchors = {post.id: addresses.anchor(post) for post in _every_post(whole)}
        self._by_post: dict[tuple[str, bool, str], dict[str, Tie]] = {}
        for found in endorsements:
            self._add(("to", found.backs, found.to_post), found.author, found.by_post, found.evidence)
            self._add(("by", found.backs, found.by_post), found.to_author, found.to_post, found.evidence)

    def _add(self, side: tuple[str, bool, str], name: str, other_id: str, evidence: str) -> None:
        if other_id in self._anchors:
            tie = Tie(name or "anonymous", f"#{quote(self._anchors[other_id])}", evidence)
            self._by_post.setdefault(side, {}).setdefault(f"{name} {other_id}", tie)

    def of(self, side: Literal["to", "by"], backs: bool, post: Post) -> tuple[Tie, ...]:
        return tuple(self._by_post.get((side, backs, post.id), {}).values())


def _every_post(whole: Thread) -> Iterable[Post]:
    if whole.question:
        yield whole.question
    yield from whole.replies
    for comments in whole.comments.values():
        yield from comments


def _post(post: Post, page: ThreadPage, ties: _Ties) -> PostView:
    whole = page.thread
    voice = _voice(post, whole)
    return PostView(
        anchor=addresses.anchor(post),
        voice=voice,
        label="The asker’s own answer" if post.kind == "selfanswer" else _LABELS.get(voice),
        author=author(post),
        written=post.written,
        votes=post.votes,
        is_best=bool(post.best),
        body=_body(post),
        backed_by=ties.of("to", True, post),
        disputed_by=ties.of("to", False, post),
        outcome=_outcome(page, post.id),
        backs=ties.of("by", True, post),
        disputes=ties.of("by", False, post),
        comments=tuple(_post(comment, page, ties) for comment in whole.comments.get(post.id, ())),
        history=_history(post),
        missing_since=page.missing_later.get(post.id),
        licence=post.licence if whole.question is None or post.licence != whole.question.licence else None,
        warnings=post.warnings,
    )


def _outcome(page: ThreadPage, post_id: str | None) -> OutcomeView | None:
    """What is told of one answer, or of the thread as a whole."""
    told = next((outcome for outcome in page.outcomes if outcome.to_post == post_id), None)
    return None if told is None else outcome(told, f"#{quote(addresses.anchor_of(told.by_post))}")


def _history(post: Post) -> str | None:
    """ "3 in May 2010, 12 in June 2015", or None where the copies agree."""
    told = [
        capture for number, capture in enumerate(post.history) if not number or capture.votes != post.history[number - 1].votes
    ]
    return ", ".join(f"{capture.votes:,} in {capture.at:%B %Y}" for capture in told) if len(told) > 1 else None


def _voice(post: Post, whole: Thread) -> Voice:
    if post.kind == "answer" and whole.by_asker(post):
        return "asker"
    return "answer" if post.kind == "selfanswer" else post.kind


def _body(post: Post) -> Markup:
    """A body as HTML. `markup.clean` made it when it was read, and nothing else writes bodies into the store."""
    return Markup(post.body)  # noqa: S704  # the one place; clean by the store's contract
