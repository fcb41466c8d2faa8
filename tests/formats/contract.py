"""What must hold of every reader whatever the bytes: the claims that the contract suite and the fuzzer put to all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, Final

from indexer import markup
from indexer.thread import POST_KINDS, Post

_ID: Final = re.compile(r"[^:\s]+:\S(?:.*\S)?", re.DOTALL)
_TAGS: Final = frozenset(
    "a abbr acronym b blockquote br caption cite code dd del details dfn dl dt em hr i ins kbd li ol p pre q s samp small strike"
    " strong sub summary sup table tbody td tfoot th thead tr tt u ul var".split()
)
_ATTRIBUTES: Final = {"a": {"href", "rel"}, "abbr": {"title"}, "acronym": {"title"}}
_HREF: Final = re.compile(r"(?:https?|mailto):|#", re.IGNORECASE)


class _Safe(HTMLParser):
    """Reads a body with another parser than the one that cleaned it, and stops at anything that could load, run or style."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, f"<{tag}> in a body"
        for name, value in attributes:
            assert name in _ATTRIBUTES.get(tag, ()), f"<{tag} {name}> in a body"
            assert name != "href" or _HREF.match((value or "").lstrip()), f"a link to {value}"  # as browsers read it

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration in a body: {decl}")

    handle_pi = unknown_decl = handle_comment = handle_decl


@lru_cache(maxsize=10_000)
def check_body(body: str) -> None:
    """A body is safe HTML, and stays as it is when it is cleaned again."""
    parser = _Safe(convert_charrefs=True)
    parser.feed(body)
    parser.close()
    assert markup.clean(body, collapse=False) == body, "cleaning a body again changes it"


def check(posts: Iterable[Post]) -> None:
    """Every post can be stored, shown and exported: ids, kinds, times, votes and bodies are what `Post` says they are."""
    for post in posts:
        for text in _texts(post):
            text.encode()  # no halves of characters
            assert "\0" not in text, "a zero byte in a text"
        for name in (post.id, post.thread_id, *post.duplicate_of, *([post.parent_id] if post.parent_id is not None else [])):
            assert _ID.fullmatch(name), f"{name!r} is no id"
            assert len(name) < 2_000, "an id without end"
        assert post.kind in POST_KINDS
        assert (post.id == post.thread_id) == (post.kind == "question"), f"{post.id} is a {post.kind} of {post.thread_id}"
        assert post.id.startswith(f"{post.site}:"), f"{post.id} on {post.site}"
        assert post.position >= 0
        assert post.best in (None, True, False)
        _check_number(post.position)
        _check_number(post.votes)
        for time in (post.written, post.captured, post.closed):
            _check_time(time)
        for capture in post.history:
            _check_time(capture.at)
            _check_number(capture.votes)
        assert post.url is None or re.match(r"https?://", post.url), f"the address {post.url}"
        check_body(post.body)


def _texts(post: Post) -> list[str]:
    named = [post.id, post.thread_id, post.site, post.body, *post.tags, *post.warnings]
    maybe = (post.parent_id, post.title, post.category, post.author, post.url, post.licence)
    return named + [text for text in maybe if text is not None]


def _check_number(value: Any) -> None:
    assert value is None or (type(value) is int and abs(value) < 2**53), f"the number {value!r}"


def _check_time(value: datetime | None) -> None:
    assert value is None or value.tzinfo is UTC, f"the time {value!r} is not in UTC"
