"""Where things are on this site, and which foreign addresses may be linked to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import current_app, url_for

from indexer.settings import Settings
from indexer.thread import Post

from .asked import Asked, Browsed

_SPACES = re.compile(r"\s")
_CREATIVE_COMMONS = re.compile(r"CC (BY(?:-NC)?(?:-ND|-SA)?) (\d\.\d)")


def search(asked: Asked, settings: Settings) -> str:
    return url_for("search", **asked.parameters(settings.dial))  # type: ignore[arg-type]  # values are strings, names are not checked


def top(browsed: Browsed) -> str:
    return url_for("top", **browsed.parameters())  # type: ignore[arg-type]  # as above


def thread(thread_id: str, post: Post | None = None, *, by_votes: bool = False) -> str:
    """A thread's page, and the place on it where a post stands."""
    return url_for("thread", thread_id=thread_id, _anchor=anchor(post) if post else None, order="votes" if by_votes else None)


def thread_place(thread_id: str, post_id: str) -> str:
    """The place on a thread's page where the post of an id stands."""
    return url_for("thread", thread_id=thread_id, _anchor=anchor_of(post_id))


def random() -> str:
    """A good thread that chance chooses."""
    return url_for("random") if "random" in current_app.view_functions else "/random"


def anchor(post: Post) -> str:
    """The id of a post's element on its thread's page: `a-` and the part of its id that is the site's own."""
    return anchor_of(post.id)


def anchor_of(post_id: str) -> str:
    """The same, by a post's id."""
    return "a-" + _SPACES.sub("-", post_id.partition(":")[2] or post_id)


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
