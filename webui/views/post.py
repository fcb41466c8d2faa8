"""A post as its thread's page shows it: what it says, who backs it, whom it quotes, and where it is found again.

This is the one place where archived HTML is put on a page as HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import quote

from markupsafe import Markup, escape

from indexer import locating
from indexer.library import ThreadPage
from indexer.quoting import Sources
from indexer.thread import Post, Thread

from .. import addresses
from ..language import say
from .card import OutcomeView, author, outcome

Voice = Literal["question", "answer", "asker", "relay", "modnote", "comment"]

COMMENTS: Final = 50
"""Comments on one post that stand on its thread's page; the rest has a page of its own."""


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
    permalink: str
    cite_href: str
    voice: Voice
    label: str | None
    author: str | None
    author_href: str | None
    """Where all that they answered is listed."""
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
    more_comments: int
    """Comments that are not shown here, and where all are."""
    comments_href: str | None
    history: tuple[tuple[datetime, int], ...]
    """How the votes went from copy to copy; empty where they did not change."""
    missing_since: datetime | None
    """The date of a later copy that does not have this answer."""
    licence: str | None
    """Where it is another than the thread's."""
    original: str | None
    """Its own address where it was archived from."""
    warnings: tuple[str, ...]
    is_sought: bool
    """Whether the address asks for this one."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What an address asks for on a thread's page: a post, and the passage of it that is to be marked."""

    post_id: str | None = None
    passage: str | None = None


class Posts:
    """Makes the views of one thread's posts. `href` tells where a post of the thread is, seen from the page that is made, and
    `permalink` its address for everywhere."""

    def __init__(
        self,
        page: ThreadPage,
        href: Callable[[Post], str],
        permalink: Callable[[Post], str],
        sought: Sought,
        people: Collection[str] = (),
        shown_comments: int = COMMENTS,
    ) -> None:
        self._page = page
        self._href = href
        self._permalink = permalink
        self._sought = sought
        self._people = people
        self._shown_comments = shown_comments
        self._posts = {post.id: post for post in every_post(page.thread)}
        self._sources = Sources(page.thread)
        self._ties: dict[tuple[str, bool, str], dict[tuple[str, str], str]] = {}
        """By side and post: who is tied to it with which other post, and the words that tell."""
        for found in page.endorsements:
            by, to = (found.author, found.by_post), (found.to_author, found.to_post)
            self._ties.setdefault(("to", found.backs, found.to_post), {}).setdefault(by, found.evidence)
            self._ties.setdefault(("by", found.backs, found.by_post), {}).setdefault(to, found.evidence)

    def view(self, post: Post) -> PostView:
        whole = self._page.thread
        voice = voice_of(post, whole)
        comments = whole.comments.get(post.id, ())
        shown = comments[: self._shown_comments]
        licence = post.licence if whole.question is None or post.licence != whole.question.licence else None
        return PostView(
            anchor=addresses.anchor(post),
            permalink=self._permalink(post),
            cite_href=addresses.cite(post.id),
            voice=voice,
            label=_label(post, voice),
            author=author(post),
            author_href=addresses.person(whole.site, post.author) if self._has_page(post) and post.author else None,
            written=post.written,
            votes=post.votes,
            is_best=bool(post.best),
            body=self._body(post),
            backed_by=self._of("to", True, post),
            disputed_by=self._of("to", False, post),
            outcome=self.outcome(post.id),
            backs=self._of("by", True, post),
            disputes=self._of("by", False, post),
            comments=tuple(self.view(comment) for comment in shown),
            more_comments=len(comments) - len(shown),
            comments_href=addresses.comments(whole.id, post) if len(comments) > len(shown) else None,
            history=_history(post),
            missing_since=self._page.missing_later.get(post.id),
            licence=licence,
            original=addresses.original(post.url) if post.kind != "question" else None,
            warnings=post.warnings,
            is_sought=post.id == self._sought.post_id,
        )

    def outcome(self, post_id: str | None) -> OutcomeView | None:
        """What is told of one answer, or of the thread as a whole."""
        told = next((outcome for outcome in self._page.outcomes if outcome.to_post == post_id), None)
        if told is None:
            return None
        by = self._posts.get(told.by_post)
        return outcome(told, self._href(by) if by else f"#{quote(addresses.anchor_of(told.by_post))}")

    def _has_page(self, post: Post) -> bool:
        return not post.anonymous and post.author in self._people

    def _of(self, side: Literal["to", "by"], backs: bool, post: Post) -> tuple[Tie, ...]:
        ties = self._ties.get((side, backs, post.id), {})
        return tuple(
            Tie(name or say("anonymous"), self._href(self._posts[other]), evidence)
            for (name, other), evidence in ties.items()
            if other in self._posts
        )

    def _body(self, post: Post) -> Markup:
        """A body as HTML, with links from quotations to what they quote, and a passage marked where one is sought.

        `markup.clean` made it when it was read, and nothing else writes bodies into the store; what is put into it here is
        escaped.
        """
        body = locating.inserted(
            post.body,
            [
                (quotation.end, self._whence(self._posts[quotation.of_post], is_block=quotation.is_block))
                for quotation in self._sources.quoted_by(post)
            ],
        )
        if post.id == self._sought.post_id:
            body = _with_passage(body, self._sought.passage)
        return Markup(_with_wide_tables(body))  # noqa: S704  # the one place; clean by the store's contract

    def _whence(self, source: Post, *, is_block: bool) -> str:
        """A link to where a quotation is from, as HTML."""
        name = author(source)
        said = say("{name} wrote this", name=name) if name else say("Where this is from")
        link = f'<a class="whence" href="{escape(self._href(source))}"><bdi>{escape(said)}</bdi></a>'
        return f'<p class="whence">{link}</p>' if is_block else f" {link}"


def _with_wide_tables(body: str) -> str:
    """A body whose tables can be pushed along where they are wider than the page, by keyboard too.

    Tables have no attributes in a clean body, and "<" in its text is escaped.
    """
    opening = f'<div class="wide" tabindex="0" role="group" aria-label="{escape(say("Table"))}"><table>'
    return body.replace("<table>", opening).replace("</table>", "</table></div>")


def _with_passage(body: str, passage: str | None) -> str:
    """A body with a passage marked; the place to jump to is its beginning where it cannot be found."""
    stretches: Sequence[locating.Stretch] = locating.find(body, passage) if passage else ()
    if not stretches:
        return f'<span id="{addresses.PASSAGE}"></span>{body}'
    return locating.marked(body, stretches, f'<mark id="{addresses.PASSAGE}">', "<mark>", "</mark>")


def every_post(whole: Thread) -> Iterable[Post]:
    """All posts of a thread, comments last."""
    if whole.question:
        yield whole.question
    yield from whole.replies
    for comments in whole.comments.values():
        yield from comments


def voice_of(post: Post, whole: Thread) -> Voice:
    """Who is speaking in a post."""
    if post.kind == "answer" and whole.by_asker(post):
        return "asker"
    return "answer" if post.kind == "selfanswer" else post.kind


def _label(post: Post, voice: Voice) -> str | None:
    labels: Mapping[Voice, str] = {
        "asker": say("The asker follows up"),
        "relay": say("The asker, through a moderator"),
        "modnote": say("A moderator’s note"),
    }
    return say("The asker’s own answer") if post.kind == "selfanswer" else labels.get(voice)


def _history(post: Post) -> tuple[tuple[datetime, int], ...]:
    """The votes of each copy that said something else than the one before; () where the copies agree."""
    told = [
        capture for number, capture in enumerate(post.history) if not number or capture.votes != post.history[number - 1].votes
    ]
    return tuple((capture.at, capture.votes) for capture in told) if len(told) > 1 else ()
