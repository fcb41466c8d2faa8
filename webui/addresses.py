"""Where things are on this site, and which foreign addresses may be linked to."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

from flask import current_app, url_for

from indexer.browsing import Shelf
from indexer.settings import Settings
from indexer.thread import Post

from .asked import Asked, Browsed
from .browsed import Crowd, Listed

PASSAGE: Final = "passage"
"""The id of the passage that an address asks for."""

SURELY_FIRST: Final = 3
"""Answers of a thread that are on its first page whatever comments they have: see `views.thread`."""

_SPACES = re.compile(r"\s")
_CREATIVE_COMMONS = re.compile(r"CC (BY(?:-NC)?(?:-ND|-SA)?) (\d\.\d)")


def search(asked: Asked, settings: Settings) -> str:
    return url_for("search", **asked.parameters(settings.dial))  # type: ignore[arg-type]  # values are strings, names are not checked


def top(browsed: Browsed) -> str:
    return shelf("top", browsed)


def shelf(name: Shelf, browsed: Browsed) -> str:
    """A shelf of answers: the best-rated, hidden gems, late ones."""
    return url_for(name, **browsed.parameters())  # type: ignore[arg-type]  # as above


def threads(listed: Listed) -> str:
    """A list of threads."""
    return url_for("unanswered" if listed.unanswered else "threads", **listed.parameters())  # type: ignore[arg-type]  # as above


def tag(name: str) -> str:
    """The threads with a tag."""
    return threads(Listed(tag=name))


def categories(site: str | None = None) -> str:
    return url_for("categories", site=site)


def tags(sort: str | None = None, page: int = 1) -> str:
    return url_for("tags", sort=sort, page=None if page == 1 else page)


def years(site: str | None = None) -> str:
    return url_for("years", site=site)


def duplicates(page: int = 1) -> str:
    return url_for("duplicates", page=None if page == 1 else page)


def at_random() -> str:
    return url_for("random")


def by_author(name: str) -> str:
    """Answers that a person wrote, in the search box: to be asked for more."""
    return url_for("search", q=f'author:"{name}"')


def people(crowd: Crowd) -> str:
    """A list of people."""
    return url_for("people", **crowd.parameters())  # type: ignore[arg-type]  # as above


def person(site: str, name: str, *, sort: str | None = None, page: int = 1) -> str:
    """Somebody's answers. Names may have anything in them, and so are parameters, never part of a path."""
    return url_for("person", site=site, name=name, sort=sort, page=None if page == 1 else page)


def cite(name: str, form: str | None = None) -> str:
    """How a thread or a post is cited."""
    return url_for("cite", name=name, format=form)


def thread(
    thread_id: str,
    post: Post | None = None,
    *,
    by_votes: bool = False,
    page: int = 1,
    alone: bool = True,
    question: str = "",
) -> str:
    """A thread's page, and the place on it where a post stands.

    Where the thread is more than one page, or nobody knows (`alone` is off), the address names the post too, since what comes
    after the # is not sent. With a question the place is the passage of the post that says most to it.
    """
    named = post is not None and (question or not alone)
    return url_for(
        "thread",
        thread_id=thread_id,
        order="votes" if by_votes else None,
        page=None if page == 1 else page,
        at=_own(post.id) if post and named else None,
        q=question or None,
        _anchor=None if post is None else PASSAGE if question else anchor(post),
    )


def answer(post: Post, question: str = "") -> str:
    """The place of an answer, for those who have not seen its thread."""
    return thread(post.thread_id, post, alone=post.position <= SURELY_FIRST, question=question)


def comments(thread_id: str, post: Post, page: int = 1) -> str:
    """The page of a post's comments, where they are too many for its thread's."""
    return url_for("thread", thread_id=thread_id, comments=_own(post.id), page=None if page == 1 else page)


def thread_place(thread_id: str, post_id: str) -> str:
    """The place on a thread's page where the post of an id stands."""
    return url_for("thread", thread_id=thread_id, at=_own(post_id), _anchor=anchor_of(post_id))


def _own(post_id: str) -> str:
    """The site's own part of a post's id."""
    return post_id.partition(":")[2] or post_id


def fragment(post: Post) -> str:
    """The place of a post on the page that one is on, as it stands after the #."""
    return quote(anchor(post))


def random() -> str:
    """A good thread that chance chooses."""
    return url_for("random") if "random" in current_app.view_functions else "/random"


def anchor(post: Post) -> str:
    """The id of a post's element on its thread's page: `a-` and the part of its id that is the site's own."""
    return anchor_of(post.id)


def anchor_of(post_id: str) -> str:
    """The same, by a post's id."""
    return "a-" + _SPACES.sub("-", _own(post_id))


def original(url: str | None) -> str | None:
    """The address a post was archived from, if it is one that a browser may follow: an archive can claim any."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def licence(name: str | None) -> str | None:
    """Where the text of a licence stands, for those that say so by their name."""
    found = _CREATIVE_COMMONS.fullmatch(name) if name else None
    return f"https://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/" if found else None


def shown(url: str) -> str:
    """An address as it is read: without the scheme, and not longer than a line."""
    bare = re.sub(r"^https?://(www\.)?", "", url).rstrip("/")
    return bare if len(bare) <= 60 else bare[:59] + "…"
