"""Who backs whom in this thread? Answers whose author somebody names and agrees with, or disputes, in words.

A post is read sentence by sentence. `names` finds those who answered before, `agreement` says what the sentence makes
of them: "I agree with ▮", "do what ▮ says", "please don't do what ▮ says". A mere mention is nothing.

- Whom: that person's latest answer before the endorsing post, or the first where the sentence says so ("▮'s first
  answer", "up top"). Never oneself, the asker, a relay or a moderator's note.
- Who: the post's author. The asker's own "I did what ▮ said" counts, under the asker's name; so it does in a relay.
  Whoever has no name is "anonymous".
- Comments: "+1, this worked" under an answer backs that answer, unless it speaks to another comment there.
- One per person and answer. The last post in which the person speaks of the answer decides between backing and dissent;
  of the evidence for that side the plainest is kept, then the earliest. `favorited` holds if any of it says so.
- Unnamed agreement ("good advice above", "this.") is for nobody. Words in quotation marks, block quotes or a line
  all in italics, and long sentences copied from an earlier post, are not the quoter's.
- A name that is also a word (`otherwise`, `at`, `K`) is one only right next to a word of agreement. A shortened or
  misspelt name counts there too, if it is near to one name only and was no word of the thread before that person came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from . import agreement
from .names import People, Person
from .ownwords import Text, marked, plain, read, sentences_of
from .texts import Texts
from .thread import Post, Thread
from .words import fold


@dataclass(frozen=True, slots=True)
class Endorsement:
    """One person backing another's answer in words, or, with `backs` False, disputing it."""

    by_post: str
    author: str
    """Who endorses."""
    to_post: str
    """Id of the endorsed answer."""
    to_author: str
    backs: bool
    evidence: str
    """The sentence."""
    written_as: str
    """The name as it stands in the sentence; "" where a comment speaks of the answer it stands under."""
    favorited: bool
    """The text says that its author also favorited the answer, which is then not independent of the votes."""


def find(thread: Thread, texts: Texts | None = None) -> list[Endorsement]:
    """Every endorsement and dissent of a thread: those in replies in page order, then those in comments."""
    texts = texts or Texts()
    people = People(thread, texts)
    earlier = _Earlier()
    found = _Found()
    asker = (thread.question.author if thread.question else None) or "anonymous"
    if thread.question:
        earlier.add(read(thread.question, texts))
    for reply in thread.replies:
        if reply.kind != "modnote":
            text = read(reply, texts)
            author = asker if reply.kind == "relay" else reply.author
            for said in _named(text, people, earlier, by_asker=thread.by_asker(reply)):
                if said.person and said.person.answers:
                    found.add(reply, author, said.person.answers[0 if said.of_first else -1], said)
            earlier.add(text)
        people.enter(reply)
    for post in (thread.question, *thread.replies):
        if post and post.id in thread.comments:
            _read_comments(thread, texts, post, people, found)
    return found.endorsements()


def _read_comments(thread: Thread, texts: Texts, post: Post, people: People, found: _Found) -> None:
    """What the comments under `post` say of it, if it is advice, and of answers whose authors they name."""
    name = fold(post.author or "")
    spoke: set[str] = set()
    for comment in thread.comments[post.id]:
        text = read(comment, texts)
        if thread.is_advice(post) and (said := _of_post_above(text, name, alone=not spoke)):
            found.add(comment, comment.author, post, said)
        for said in _named(text, people, _Earlier(), by_asker=thread.by_asker(comment)):
            # Between comments, a name means the person's comment.
            if said.person is None or fold(said.person.name) in spoke:
                continue
            when = comment.written
            answers = [a for a in said.person.answers if when is None or a.written is None or a.written <= when]
            if thread.is_advice(post) and fold(said.person.name) == name:
                answers = [post]
            if answers:
                found.add(comment, comment.author, answers[0 if said.of_first else -1], said)
        if comment.author is None or fold(comment.author) != name:
            spoke.add(fold(comment.author or ""))


class _Said(NamedTuple):
    """What one sentence says of one person, or of the post above it."""

    person: Person | None
    backs: bool
    plain: bool
    favorited: bool
    evidence: str
    written_as: str = ""
    of_first: bool = False


def _of_post_above(text: Text, name: str, *, alone: bool) -> _Said | None:
    """What a comment's first sentence says of the post by `name` that it stands under; `alone`: no other comment precedes."""
    body = text.own.lstrip()
    to_author = False
    if body.startswith("@"):
        to_author = bool(name) and fold(body[1:]).startswith((name, name.replace(" ", "")))
        if not to_author:
            return None
        body = body[1 + len(name) :] if fold(body[1:]).startswith(name) else body.partition(" ")[2]
    start, end = next(sentences_of(body, []), (0, 0))
    backs = agreement.of_post_above(plain(body[start:end]), alone=alone or to_author)
    return None if backs is None else _Said(None, backs, plain=True, favorited=False, evidence=body[start:end].strip())


class _Found:
    """Endorsements, with one place for each person and answer."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], tuple[Endorsement, bool]] = {}

    def add(self, by: Post, author: str | None, to: Post, said: _Said) -> None:
        if author is not None and to.author is not None and fold(author) == fold(to.author):
            return
        new = Endorsement(
            by.id, author or "anonymous", to.id, to.author or "", said.backs, said.evidence, said.written_as, said.favorited
        )
        key = (fold(author) if author else by.id, to.id)
        held, plain = self._held.get(key, (new, said.plain))
        if held.backs != new.backs:
            # Within one post the first word stands: what follows is a reservation.
            if held.by_post != new.by_post:
                self._held[key] = new, said.plain
            return
        favorited = held.favorited or new.favorited
        if said.plain and not plain:
            held, plain = new, True
        self._held[key] = replace(held, favorited=favorited), plain

    def endorsements(self) -> list[Endorsement]:
        return [endorsement for endorsement, _ in self._held.values()]


_COPIED: Final = 60
"""A sentence at least this long is not written twice by chance."""

_QUICK_LOOKS: Final = 50
"""Sentences of one thread that are looked for in whole texts: mostly few are, and in a long thread that would take long."""


class _Earlier:
    """The long sentences of earlier posts. These are cut into sentences only when one is there that may be copied."""

    def __init__(self) -> None:
        self._texts: list[Text] = []
        self._plain: list[str] = []
        self._sentences: set[str] = set()
        self._cut = 0
        """How many of the texts have been cut into sentences."""
        self._quick_looks = _QUICK_LOOKS

    def add(self, text: Text) -> None:
        self._texts.append(text)

    def have(self, sentence: str) -> bool:
        """Whether one of them is this one, plain."""
        if self._quick_looks:
            self._quick_looks -= 1
            self._plain += [plain(text.own) for text in self._texts[len(self._plain) :]]
            # A sigma is another letter where a text ends.
            if not any(sentence in said or "σ" in said or "ς" in said for said in self._plain):
                return False
        for text in self._texts[self._cut :]:
            bounds = sentences_of(text.own, [])
            self._sentences.update(plain(text.own[start:end]) for start, end in bounds if end - start >= _COPIED)
        self._cut = len(self._texts)
        return sentence in self._sentences


def _named(text: Text, people: People, earlier: _Earlier, *, by_asker: bool) -> Iterator[_Said]:
    """What a text says of those it names, sentence by sentence, but for sentences that stood in an `earlier` post."""
    mentions = people.mentions(text.own)
    at = 0
    for start, end in sentences_of(text.own, mentions) if mentions else ():
        here = []
        while at < len(mentions) and mentions[at].start < end:
            here.append(mentions[at])
            at += 1
        if not here or earlier.have(plain(text.own[start:end])):
            continue
        said_of, written = marked(text.own, start, end, here)
        of_first = agreement.means_first(said_of)
        evidence = text.shown[start:end].strip()
        for said in agreement.statements(said_of, by_asker=by_asker):
            yield _Said(here[said.mark].person, said.backs, said.plain, said.favorited, evidence, written[said.mark], of_first)
