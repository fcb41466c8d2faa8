"""Two copies of one post, and what is true of it: the rules by which copies of a thread become one.

Copies come in any order: two merge the same whichever is put first, and votes, closing and duplicates do so among any number.
Of three or more, what only some of them show (a best mark, a category) can still come from the one that was merged last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from . import markup, words
from .thread import Post

PROVISIONAL = "t-"
"""How the native part of an id begins that a reader made up, since the copy (a text copy, say) shows none."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A post as one archive has it, and when that archive was made: seconds since 1970."""

    post: Post
    seen: int
    votes_seen: int | None = None
    """When the votes were said, where that is earlier: they were filled in from another copy."""

    @property
    def votes_at(self) -> int:
        return self.seen if self.votes_seen is None else self.votes_seen


def is_provisional(post_id: str) -> bool:
    """Whether an id was made up by a reader and gives way to the site's own."""
    return post_id.partition(":")[2].startswith(PROVISIONAL)


def thread_key(question: Post) -> str | None:
    """What two copies of a question share even when only one of them shows an id; None if too little is known.

    Title, minute and asker together: titles repeat, and a minute has several questions.
    """
    if not question.title or question.written is None:
        return None
    minute = int(question.written.timestamp()) // 60
    return f"{question.site}|{words.plain(question.title)}|{minute}|{words.fold(question.author or '')}"


def merge(one: Copy, other: Copy) -> Copy:
    """One copy out of two of the same post.

    The later capture is believed, votes first of all, since favorites are also taken back; what it does not show is
    filled in from the earlier one. Of two bodies that read the same, the one with links and emphasis stays.
    """
    earlier, later = sorted((one, other), key=lambda copy: (copy.seen, not is_provisional(copy.post.id), _weight(copy.post)))
    old, new = earlier.post, later.post
    body = new.body or old.body
    if old.body and new.body and len(old.body) > len(new.body) and _reads_as(old.body) == _reads_as(new.body):
        body = old.body
    # By the time of the votes themselves: a later copy without any must not carry old ones past those in between.
    said = max(
        (copy for copy in (later, earlier) if copy.post.votes is not None), key=lambda copy: copy.votes_at, default=later
    )
    merged = replace(
        new,
        id=old.id if is_provisional(new.id) else new.id,
        body=body,
        parent_id=new.parent_id or old.parent_id,
        title=_fuller(old.title, new.title),
        category=new.category or old.category,
        tags=new.tags or old.tags,
        author=new.author or old.author,
        written=_finer(old.written, new.written),
        votes=said.post.votes,
        best=old.best if new.best is None else new.best,
        url=new.url or old.url,
        captured=new.captured or old.captured,
        licence=new.licence or old.licence,
        # A question that is closed twice has the later date in the later copy. One that was opened again cannot be told from
        # one whose closing a copy does not show.
        closed=max(filter(None, (old.closed, new.closed)), default=None),
        # United: copies that do not show duplicates are common, taken back ones rare, and all of them ask much the same.
        duplicate_of=tuple(sorted({*new.duplicate_of, *old.duplicate_of})),
    )
    return Copy(merged, later.seen, None if said.votes_at == later.seen else said.votes_at)


def _weight(post: Post) -> tuple[int, str]:
    return len(post.body), post.body


def _reads_as(body: str) -> str:
    return words.plain(markup.prose(body))


def _finer(old: datetime | None, new: datetime | None) -> datetime | None:
    """The newer time, unless the older one is of the same minute and has the seconds, too, which pages do not show."""
    if old and new and not new.second and old.replace(second=0) == new:
        return old
    return new or old


def _fuller(old: str | None, new: str | None) -> str | None:
    """The newer title, unless it is the older one cut short, as page heads do."""
    if old and new and len(old) > len(new) and old.startswith(new.rstrip(". …")):
        return old
    return new or old
