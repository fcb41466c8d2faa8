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

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from . import agreement
from .markup import prose
from .names import BLOT, Mention, People, Person
from .thread import Post, Thread
from .words import fold

READ: Final = 50_000
"""Code points of one post in which endorsements are looked for."""


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


def find(thread: Thread) -> list[Endorsement]:
    """Every endorsement and dissent of a thread: those in replies in page order, then those in comments."""
    people = People(thread)
    earlier: set[str] = set()
    found = _Found()
    asker = (thread.question.author if thread.question else None) or "anonymous"
    if thread.question:
        earlier.update(_long_sentences(_read(thread.question)))
    for reply in thread.replies:
        if reply.kind != "modnote":
            text = _read(reply)
            author = asker if reply.kind == "relay" else reply.author
            for said in _named(text, people, earlier, by_asker=thread.by_asker(reply)):
                if said.person and said.person.answers:
                    found.add(reply, author, said.person.answers[0 if said.of_first else -1], said)
            earlier.update(_long_sentences(text))
        people.enter(reply)
    for post in (thread.question, *thread.replies):
        if post and post.id in thread.comments:
            _read_comments(thread, post, people, found)
    return found.endorsements()


def _read_comments(thread: Thread, post: Post, people: People, found: _Found) -> None:
    """What the comments under `post` say of it, if it is advice, and of answers whose authors they name."""
    name = fold(post.author or "")
    spoke: set[str] = set()
    for comment in thread.comments[post.id]:
        text = _read(comment)
        if thread.is_advice(post) and (said := _of_post_above(text, name, alone=not spoke)):
            found.add(comment, comment.author, post, said)
        for said in _named(text, people, frozenset(), by_asker=thread.by_asker(comment)):
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


def _of_post_above(text: _Text, name: str, *, alone: bool) -> _Said | None:
    """What a comment's first sentence says of the post by `name` that it stands under; `alone`: no other comment precedes."""
    body = text.own.lstrip()
    to_author = False
    if body.startswith("@"):
        to_author = bool(name) and fold(body[1:]).startswith((name, name.replace(" ", "")))
        if not to_author:
            return None
        body = body[1 + len(name) :] if fold(body[1:]).startswith(name) else body.partition(" ")[2]
    start, end = next(_sentences(body, []), (0, 0))
    backs = agreement.of_post_above(_plain(body[start:end]), alone=alone or to_author)
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


class _Text(NamedTuple):
    """A post as it stands, and the same with what is quoted blotted out, at the same offsets."""

    shown: str
    own: str


# An inch mark follows a digit and so opens nothing.
_QUOTED: Final = re.compile(r"(?<![\w\"])\"(?=\S)[^\"\n]{1,600}(?<=\S)\"(?!\w)|“[^”\n]{1,600}”")
_ITALIC_LINE: Final = re.compile(r"(?<=<p>)<(em|i)>(?:(?!</\1>).){20,2000}</\1>(?=</p>|<br>)", re.DOTALL)
_RELAYED: Final = re.compile(r"[^\n\"“:]{1,80}:\s*[\"“]")
_END: Final = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’)\]]*(?=\s)|\n+")
_TITLE: Final = re.compile(r"\b(?:mrs?|ms|dr|st|prof|rev|jr|sr|vs|e\.?g|i\.?e|esp|etc|[^\W\d_])$", re.IGNORECASE)
_BEGINS: Final = re.compile(r"\s+(?:I|You|The|We|It|They|He|She|And|But|If|My|Your|This|That|Just|Don't)\b")
_LONGEST: Final = 800
_COPIED: Final = 60
"""A sentence at least this long is not written twice by chance."""
_APOSTROPHES: Final = str.maketrans({"’": "'", "ʼ": "'", "‘": "'"})


def _read(post: Post) -> _Text:
    """The words of a post; in a relay, those that the moderator quotes: they are the asker's."""
    text = prose(_ITALIC_LINE.sub("", post.body), quotes=False) or prose(post.body, quotes=False)
    text = unicodedata.normalize("NFC", text[:READ])
    text = text.replace(agreement.MARK, " ").replace(BLOT, " ")
    if post.kind == "relay":
        opening = _RELAYED.match(text)
        text = text[opening.end() :] if opening else text
        return _Text(text, text)
    return _Text(text, _QUOTED.sub(_blotted, text))


def _blotted(quote: re.Match[str]) -> str:
    """Nothing to read, at the same length. One to three words may be a name and stay; so does the end of a sentence."""
    words = quote.group()
    if len(words.split()) < 4:
        return words
    return BLOT * (len(words) - 2) + (words[-2:] if words[-2] in ".!?" else BLOT * 2)


def _plain(text: str) -> str:
    return " ".join(re.sub(f"{BLOT}+", "…", text).translate(_APOSTROPHES).lower().split())


def _sentences(text: str, names: list[Mention]) -> Iterator[tuple[int, int]]:
    """The bounds of each sentence; a full stop inside a name, or after a title or initial, ends none."""
    inside = {offset for name in names for offset in range(name.start, name.end)}
    start = 0
    for end in _END.finditer(text):
        if end.start() in inside and not end.group().startswith("\n"):
            continue
        short = end.group() == "." and _TITLE.search(text, max(start, end.start() - 6), end.start())
        if short and not _BEGINS.match(text, end.end()):
            continue
        yield from _pieces(start, end.end())
        start = end.end()
    yield from _pieces(start, len(text))


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    for begin in range(start, end, _LONGEST):
        yield begin, min(end, begin + _LONGEST)


def _long_sentences(text: _Text) -> Iterator[str]:
    return (_plain(text.own[start:end]) for start, end in _sentences(text.own, []) if end - start >= _COPIED)


def _named(text: _Text, people: People, earlier: set[str] | frozenset[str], *, by_asker: bool) -> Iterator[_Said]:
    """What a text says of those it names, sentence by sentence, but for sentences that stood in an `earlier` post."""
    mentions = people.mentions(text.own)
    at = 0
    for start, end in _sentences(text.own, mentions) if mentions else ():
        here = []
        while at < len(mentions) and mentions[at].start < end:
            here.append(mentions[at])
            at += 1
        if not here or (earlier and _plain(text.own[start:end]) in earlier):
            continue
        marked, written = _marked(text.own, start, end, here)
        of_first = agreement.means_first(marked)
        evidence = text.shown[start:end].strip()
        for said in agreement.statements(marked, by_asker=by_asker):
            yield _Said(here[said.mark].person, said.backs, said.plain, said.favorited, evidence, written[said.mark], of_first)


_POSSESSIVE: Final = re.compile(r"['’ʼ]s?(?!\w)")
_OPENING: Final = frozenset({'"', "“"})
_CLOSING: Final = frozenset({'"', "”"})


def _marked(text: str, start: int, end: int, here: list[Mention]) -> tuple[str, list[str]]:
    """A sentence with a mark for each name, and the names as they were written, with their possessive."""
    pieces = []
    written = []
    at = start
    for mention in here:
        tail = mention.person.tail if mention.person else ""
        past = mention.end + (len(tail) if text.startswith(tail, mention.end) else 0)
        possessive = _POSSESSIVE.match(text, past)
        past = possessive.end() if possessive else past
        written.append(text[mention.start : past])
        before = text[at : mention.start]
        quoted = before[-1:] in _OPENING and text[past : past + 1] in _CLOSING
        pieces += [before[:-1] if quoted else before, agreement.MARK, "'s" if possessive else ""]
        at = past + quoted
    return _plain("".join([*pieces, text[at:end]])), written
