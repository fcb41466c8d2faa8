"""A thread's page: the question and everything written under it, in order or by votes, a page of it at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from indexer import citation
from indexer.library import Library, ThreadPage
from indexer.thread import Post, Thread

from .. import addresses
from ..asked import Browsed
from ..language import day, say
from ..paging import Pager, pager
from .card import OutcomeView, author
from .post import COMMENTS, Posts, PostView, Sought, every_post

MENTIONED: Final = 10
"""Threads that ask the same and are named; the rest is counted."""

POSTS: Final = 200
"""Posts on one page of a thread, comments among them: some 200 kB at usual lengths, drawn at once on an old phone."""

GUIDED: Final = 12
"""Follow-ups that are listed above the answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the address of a thread's page asks for besides the thread."""

    by_votes: bool = False
    page: int | None = None
    """None where the place is told by a post alone."""
    at: str | None = None
    """The post to be at, by its id or the site's own part of it."""
    comments: str | None = None
    """The post whose comments are all to be shown, in the same way."""
    question: str = ""
    """What was asked where the reader comes from: the post's passage that says most to it is marked."""


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
class Signpost:
    """A place in the thread that is worth going to at once."""

    what: str
    href: str


@dataclass(frozen=True, slots=True)
class CitationView:
    """How a thread is cited, and where the other forms are."""

    text: str
    href: str
    bibtex_href: str
    csl_href: str


@dataclass(frozen=True, slots=True)
class ThreadView:
    """What a thread's page shows. `asides` are what askers and moderators wrote, where answers stand by votes."""

    title: str
    site: str
    category: str | None
    category_href: str | None
    tags: tuple[tuple[str, str], ...]
    """Names and addresses."""
    question: PostView | None
    """None also where it is on another page, which `question_href` leads to."""
    question_href: str
    is_orphan: bool
    outcome: OutcomeView | None
    """What the asker tells of how it all went."""
    signposts: tuple[Signpost, ...]
    answers: tuple[PostView, ...]
    asides: tuple[PostView, ...]
    commented: PostView | None
    """The one post whose comments fill the page."""
    total: int
    """Answers proper."""
    has_votes: bool
    by_votes: bool
    by_page_href: str
    by_votes_href: str
    pager: Pager
    is_long: bool
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
    citation: CitationView
    search_href: str | None
    """Back to the answers to the question that the reader comes from."""


class Layout:
    """Which post of a thread stands on which of its pages."""

    def __init__(self, whole: Thread, *, by_votes: bool) -> None:
        self.whole = whole
        self.by_votes = by_votes
        self.asides = [post for post in whole.replies if not whole.is_advice(post)] if by_votes else []
        replies: Sequence[Post] = whole.replies
        if by_votes:
            # Where votes are alike, the earlier one comes first: the sort is stable.
            replies = sorted(whole.answers, key=lambda post: -math.inf if post.votes is None else post.votes, reverse=True)
        self.pages: list[list[Post]] = [[]]
        room = POSTS
        for post in replies:
            weight = 1 + min(COMMENTS, len(whole.comments.get(post.id, ())))
            if self.pages[-1] and weight > room:
                self.pages.append([])
                room = POSTS
            self.pages[-1].append(post)
            room -= weight
        self._numbers = {post.id: number for number, page in enumerate(self.pages, 1) for post in page}

    def page_of(self, post: Post) -> int:
        """The page on which a post stands; what stands on every page is on the first."""
        return self._numbers.get(post.id) or self._numbers.get(post.parent_id or "", 1)

    def is_folded(self, post: Post) -> bool:
        """Whether a comment is one of those that have a page of their own."""
        return post.kind == "comment" and post not in self.whole.comments.get(post.parent_id or "", ())[:COMMENTS]

    def permalink(self, post: Post) -> str:
        """The address of a post, in whatever order the thread is read."""
        return addresses.thread(self.whole.id, post, alone=len(self.pages) == 1 and not self.is_folded(post))

    def find(self, name: str | None) -> Post | None:
        """A post by its id, or by the site's own part of it."""
        if not name:
            return None
        full = f"{self.whole.site}:{name}"
        return next((post for post in every_post(self.whole) if post.id in {name, full}), None)


def thread(library: Library, page: ThreadPage, reading: Reading, search_href: str | None = None) -> ThreadView:
    """The page of a thread. `search_href` leads back to where the reader comes from, if that was a question."""
    whole = page.thread
    layout = Layout(whole, by_votes=reading.by_votes)
    sought = layout.find(reading.at)
    if sought is whole.question and not reading.question:
        sought = None
    if sought and layout.is_folded(sought):
        commented: Post | None = layout.find(sought.parent_id)
    else:
        commented = layout.find(reading.comments)
    passage = library.passage(reading.question, sought) if sought and reading.question else None
    people = library.known_people(whole.site, {post.author for post in every_post(whole) if post.author})
    if commented is not None:
        return _comments_page(page, layout, commented, reading, sought, passage, people)
    number = reading.page or (layout.page_of(sought) if sought else 1)
    here = layout.pages[number - 1] if number <= len(layout.pages) else []
    on_page = {post.id for post in [*here, *layout.asides]}

    def href(post: Post) -> str:
        """Where a post is, from this page."""
        near = {post.id, post.parent_id} & on_page or (number == 1 and whole.id in {post.id, post.parent_id})
        return f"#{addresses.fragment(post)}" if near and not layout.is_folded(post) else layout.permalink(post)

    posts = Posts(page, href, layout.permalink, Sought(sought.id if sought else None, passage), people)
    question = whole.question if number == 1 else None
    return _view(
        page,
        layout,
        posts,
        question=question,
        answers=tuple(posts.view(post) for post in here),
        asides=tuple(posts.view(post) for post in layout.asides) if number == 1 else (),
        commented=None,
        signposts=_signposts(whole, href) if number == 1 else (),
        pager=pager(number, len(layout.pages), 1, lambda to: addresses.thread(whole.id, by_votes=reading.by_votes, page=to)),
        similar=tuple((near.title, addresses.thread(near.thread_id)) for near in library.similar(whole.id)),
        search_href=search_href if reading.question else None,
    )


def _comments_page(
    page: ThreadPage,
    layout: Layout,
    post: Post,
    reading: Reading,
    sought: Post | None,
    passage: str | None,
    people: Collection[str],
) -> ThreadView:
    """The page of one post and its comments, when there are too many for its thread's page."""
    comments = page.thread.comments.get(post.id, ())
    place = comments.index(sought) if sought in comments else 0
    number = reading.page or place // POSTS + 1
    here = comments[(number - 1) * POSTS : number * POSTS]
    shown = {comment.id for comment in here} | {post.id}

    def href(other: Post) -> str:
        return f"#{addresses.fragment(other)}" if other.id in shown else layout.permalink(other)

    few = ThreadPage(
        Thread(page.thread.id, page.thread.question, page.thread.replies, {post.id: here}),
        *(page.endorsements, page.outcomes, page.missing_later, page.originals, page.duplicates),
    )
    posts = Posts(
        few, href, layout.permalink, Sought(sought.id if sought else None, passage), people, shown_comments=POSTS
    )
    return _view(
        page,
        layout,
        posts,
        question=None,
        answers=(),
        asides=(),
        commented=posts.view(post),
        signposts=(),
        pager=pager(number, len(comments), POSTS, lambda to: addresses.comments(page.thread.id, post, page=to)),
        similar=(),
        search_href=None,
    )


def _view(
    page: ThreadPage,
    layout: Layout,
    posts: Posts,
    *,
    question: Post | None,
    answers: tuple[PostView, ...],
    asides: tuple[PostView, ...],
    commented: PostView | None,
    signposts: tuple[Signpost, ...],
    pager: Pager,
    similar: tuple[tuple[str, str], ...],
    search_href: str | None,
) -> ThreadView:
    whole = page.thread
    asked = whole.question
    category = asked.category if asked else None
    original = addresses.original(asked.url if asked else None)
    return ThreadView(
        title=whole.title,
        site=whole.site,
        category=category,
        category_href=addresses.top(Browsed(category=category)) if category else None,
        tags=tuple((tag, addresses.tag(tag)) for tag in (asked.tags if asked else ())),
        question=posts.view(question) if question else None,
        question_href=addresses.thread(whole.id),
        is_orphan=asked is None,
        outcome=posts.outcome(None),
        signposts=signposts,
        answers=answers,
        asides=asides,
        commented=commented,
        total=len(whole.answers),
        has_votes=any(post.votes is not None for post in whole.answers),
        by_votes=layout.by_votes,
        by_page_href=addresses.thread(whole.id),
        by_votes_href=addresses.thread(whole.id, by_votes=True),
        pager=pager,
        is_long=len(answers) > GUIDED or commented is not None,
        original=original,
        original_shown=addresses.shown(original) if original else "",
        asker=author(asked) if asked else None,
        captured=asked.captured if asked else None,
        licence=asked.licence if asked else None,
        licence_href=addresses.licence(asked.licence) if asked else None,
        closed=asked.closed if asked else None,
        originals=_mentions(page.originals),
        duplicates=_mentions(page.duplicates),
        similar=similar,
        citation=CitationView(
            citation.of(None, asked, whole.id).text(),
            *(addresses.cite(whole.id), addresses.cite(whole.id, "bibtex"), addresses.cite(whole.id, "csl")),
        ),
        search_href=search_href,
    )


def _signposts(whole: Thread, href: Callable[[Post], str]) -> tuple[Signpost, ...]:
    """The best answer, the one with most votes, and where the asker comes back; nothing in a thread seen at a glance."""
    answers = whole.answers
    found = []
    for post in answers:
        if post.best:
            name = author(post)
            what = say("Best answer, by {name}", name=name) if name else say("Best answer")
            found.append(Signpost(what, href(post)))
    voted = [post for post in answers if post.votes is not None]
    if len(voted) > 1:
        most = max(voted, key=lambda post: post.votes or 0)
        if not most.best and (most.votes or 0) > 0:
            name = author(most)
            what = say("Most votes, by {name}", name=name) if name else say("Most votes")
            found.append(Signpost(what, href(most)))
    found += [
        Signpost(say("The asker, {day}", day=day(post.written)) if post.written else say("The asker"), href(post))
        for post in whole.replies
        if post.kind == "relay" or (post.kind == "answer" and whole.by_asker(post))
    ]
    return tuple(found[:GUIDED]) if len(whole.replies) > 3 else ()


def _mentions(titles: Mapping[str, str | None]) -> Mentions:
    found = (
        Mention(title or thread_id, None if title is None else addresses.thread(thread_id))
        for thread_id, title in titles.items()
    )
    return Mentions(tuple(islice(found, MENTIONED)), max(0, len(titles) - MENTIONED))
