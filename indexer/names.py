"""Who is meant by this name? The answerers of one thread, as later posts call them: in other case and spacing,
shortened (`Gus` for `Gus at the end`), or misspelt.

Names are compared by their folded letters and digits alone, so `half_a_pillow` is found in "half a pillow", and looked
up, never searched for: the cost of a text does not grow with the number of people, and no name is ever a pattern.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, chain
from typing import Final, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from . import agreement
from .texts import Texts
from .thread import Post, Thread
from .words import STOP_WORDS, Cut, fold

BLOT: Final = "\ue001"
"""Stands in for each character of a text that is not to be read."""

# Letters and digits, or else signs, so that `gus & co` has three tokens and `☃` has one. A name of full stops has none.
_TOKEN: Final = re.compile(rf"[^\W_]+|[^\s\w.,;:!?'’ʼ\"“”()\[\]{{}}…@/*<>–—‑{BLOT}-]+")
# What these mean in "agree with …" is seldom a person of that name; with an @ they are believed.
_NOBODY: Final = frozenset(
    "this that these those it all everyone everybody anyone anybody above you he him she her them they me i us we others"
    " other both most op someone somebody who what poster posters people".split()
)
# Words that are taken as user names for fun; any other is known by its use in the thread.
_COMMON: Final = STOP_WORDS | frozenset(
    "otherwise however anyway maybe perhaps instead actually still plus yes nobody nothing something everything nowhere"
    " somewhere always never sometimes often indeed really just now today tomorrow later soon good bad right wrong best".split()
)
_TITLES: Final = frozenset("mr mrs ms dr miss sir the a an".split())
_DETERMINERS: Final = frozenset("the a an my your his her our their its this that these those any some no every".split())
# What may follow a name that is also a word: after anything else it was the word.
_AFTER: Final = frozenset(
    "on about re regarding here too also and or in as for but except completely entirely that above 100 s".split()
)
_NAME_TOKENS: Final = 8
_MISSPELT: Final = range(6, 25)
"""Lengths of names that may be misspelt."""
_CROWD: Final = 8
"""With more names than this alike, a misspelling says nothing."""
_FEW: Final = 500
"""Names that texts are looked through for one by one: more are looked up, at a cost that does not grow with their number."""
_TRIES: Final = 50_000
"""Words of one thread that are held against the names: bounds the work on a thread made to be slow."""


@dataclass(slots=True)
class Person:
    """Somebody who replied in the thread, under one name."""

    name: str
    tail: str
    """What follows the last letter, digit or sign of the name: the full stop of `Nelson R.`"""
    came: int
    """Place of the first reply among the thread's, from 0."""
    answers: list[Post] = field(default_factory=list)
    """The answers so far that are advice, in page order."""


class Mention(NamedTuple):
    """Where a text has somebody's name; `person` is None where several are spelt so alike that nobody can tell."""

    start: int
    end: int
    person: Person | None


class _Token(NamedTuple):
    start: int
    end: int
    folded: str


def _tokens(text: str) -> list[_Token]:
    return [_Token(token.start(), token.end(), _folded(token.group())) for token in _TOKEN.finditer(text)]


def _folded(token: str) -> str:
    folded = fold(token)
    return "and" if folded == "&" else folded


def _key(tokens: list[_Token]) -> str:
    return "".join(token.folded for token in tokens)


class _OfPieces(dict[str, tuple[str, ...]]):
    """The folded tokens of pieces of texts, worked out once for each; begins anew when it is full."""

    MOST = 50_000

    def __missing__(self, piece: str) -> tuple[str, ...]:
        if len(self) >= self.MOST:
            self.clear()
        self[piece] = found = tuple(map(_folded, _TOKEN.findall(piece)))
        return found


_OF_PIECES: Final = _OfPieces()


def _folded_tokens(cut: Cut) -> list[str]:
    """What `_tokens` finds, without where it stands and in a tenth of the time. No piece of a text parts a token."""
    together = "".join(cut.pieces)
    if together.isascii() and together.isalnum():
        return cut.pieces
    return list(chain.from_iterable(map(_OF_PIECES.__getitem__, cut.pieces)))


class _Beside(dict[str, int]):
    """Whether a shortened or misspelt name may stand right after a word (1), right before it (2), either (3) or neither."""

    MOST = 50_000

    def __missing__(self, word: str) -> int:
        if len(self) >= self.MOST:
            self.clear()
        self[word] = found = agreement.may_introduce(word) + 2 * (word == "s" or agreement.follows(word))
        return found


_BESIDE: Final = _Beside()


class People:
    """The answerers of a thread. `enter` each reply after reading it: nobody is spoken of before having written."""

    def __init__(self, thread: Thread, texts: Texts) -> None:
        self._thread = thread
        self._texts = texts
        self._all: dict[str, dict[str, Person]] = {}
        """Key -> name -> person, for everybody in the thread."""
        self._here: set[str] = set()
        """Keys of those who have entered."""
        self._beginnings: set[str] = set()
        """What these begin with."""
        self._used: list[frozenset[str]] = []
        """The words of posts, from the question on, as far as somebody has asked for them."""
        self._near: dict[str, list[str]] | None = None
        self._far: set[str] = set()
        """Words that were held against all names, and are nobody's misspelt name for sure."""
        self._tries = _TRIES
        counts = {1}
        for place, reply in enumerate(thread.replies):
            key, tokens = _name(reply.author or "")
            if reply.author and tokens:
                person = Person(reply.author, reply.author[tokens[-1].end :], place)
                self._all.setdefault(key, {}).setdefault(reply.author, person)
                counts.add(min(_NAME_TOKENS, len(tokens)))
        self._short = self._short_forms()
        self._counts = sorted(counts | {2}, reverse=True)
        """How many tokens a name may have, the most first."""
        self._inexact_counts = range(max(counts), 0, -1)
        self._misspelt: dict[int, list[str]] = {}
        """Keys that may be misspelt, by how many letters of them may be wrong."""
        for key in self._all:
            if len(key) in _MISSPELT:
                self._misspelt.setdefault(_slips(key), []).append(key)
        self._lengths = {
            length
            for slips, keys in self._misspelt.items()
            for key in keys
            for length in range(len(key) - slips, len(key) + slips + 1)
        }

    def _short_forms(self) -> dict[str, set[str]]:
        """What long names may be shortened to, and whose names those are: the first words, or all without the title."""
        found: dict[str, set[str]] = {}
        for key, people in self._all.items():
            for name in people:
                tokens = _name(name)[1][:_NAME_TOKENS]
                shorter = [tokens[:count] for count in range(1, len(tokens))]
                if tokens[0].folded in _TITLES:
                    shorter.append(tokens[1:])
                for form in shorter:
                    telling = any(token.folded not in STOP_WORDS | _TITLES and not token.folded.isdigit() for token in form)
                    if telling and len(_key(form)) >= (2 if name[form[0].start].isupper() else 4):
                        found.setdefault(_key(form), set()).add(key)
        return found

    def enter(self, reply: Post) -> None:
        """Make `reply` one that later posts may speak of."""
        key, _ = _name(reply.author or "")
        if reply.author and key:
            if key not in self._here:
                self._here.add(key)
                self._beginnings.update(accumulate(key))
            if self._thread.is_advice(reply):
                self._all[key][reply.author].answers.append(reply)

    def mentions(self, text: str) -> list[Mention]:
        """Every name of somebody here in `text`, in order, without overlaps; inexact ones next to words of agreement."""
        if not self._may_name(_folded_tokens(self._texts.cut(text))):
            return []
        tokens = _tokens(text)
        taken: set[int] = set()
        found = []
        for first, past, person in self._exact(text, tokens):
            taken.update(range(first, past))
            found.append(Mention(tokens[first].start, tokens[past - 1].end, person))
        if self._lengths or self._short:
            for first, past, person in self._inexact(text, tokens, taken):
                found.append(Mention(tokens[first].start, tokens[past - 1].end, person))
        return sorted(found, key=lambda mention: mention.start)

    def _may_name(self, tokens: Sequence[str]) -> bool:
        """Whether a text with these folded tokens can have a name in it: what rules out most texts before a closer look."""
        if len(self._all) > _FEW:
            return True
        has = "".join(tokens).__contains__
        if any(map(has, self._here)) or any(map(has, self._short)):
            return True
        if not self._lengths:
            return False
        beside = [(at, side) for at, side in enumerate(map(_BESIDE.__getitem__, tokens)) if side]
        for count in self._inexact_counts:
            starts = {at + 1 for at, side in beside if side & 1} | {at - count for at, side in beside if side & 2}
            runs = {"".join(tokens[at : at + count]) for at in starts if 0 <= at <= len(tokens) - count}
            if not all(map(self._is_far, runs - self._far)):
                return True
        return False

    def _is_far(self, written: str) -> bool:
        """Whether tokens that were written so are no misspelling of any name for sure."""
        if written in self._far:
            return True
        if len(written) in self._lengths and any(
            process.extractOne(written, keys, scorer=OSA.distance, score_cutoff=slips)
            for slips, keys in self._misspelt.items()
        ):
            return False
        self._far.add(written)
        return True

    def _exact(self, text: str, tokens: list[_Token]) -> Iterator[tuple[int, int, Person | None]]:
        at = 0
        while at < len(tokens):
            for count in self._counts if tokens[at].folded in self._beginnings else ():
                run = tokens[at : at + count]
                key = _key(run)
                if len(run) < count or key not in self._here:
                    continue
                written = text[run[0].start : run[-1].end]
                person = self._named(key, written)
                if "\n" not in written and self._is_name(text, tokens, at, at + count, person):
                    yield at, at + count, person
                    at += count - 1
                    break
            at += 1

    def _named(self, key: str, written: str) -> Person | None:
        """Who of those here is called so; of several spelt nearly alike, only the one spelt exactly so."""
        people = self._all[key] if key in self._here else {}
        return people.get(written) or (next(iter(people.values())) if len(people) == 1 else None)

    def _is_name(self, text: str, tokens: list[_Token], at: int, past: int, person: Person | None) -> bool:
        """Whether words that are somebody's name are the name here, too."""
        run = tokens[at:past]
        if text[max(0, run[0].start - 1) : run[0].start] == "@":
            return True
        if len(run) == 1 and run[0].folded in _NOBODY:
            return False
        word = all(token.folded in _COMMON for token in run) or (len(run) == 1 and self._is_word(run[0], person))
        short = len(run) == 1 and len(run[0].folded) <= 3
        return not (word or short) or self._stands_as_name(text, tokens, at, past, word=word)

    def _stands_as_name(self, text: str, tokens: list[_Token], at: int, past: int, *, word: bool) -> bool:
        """Whether words stand right next to a word of agreement, and not as part of a longer phrase."""
        before = tokens[at - 1].folded if at else ""
        after = tokens[past].folded if past < len(tokens) else ""
        ends = not after or not text[tokens[past - 1].end : tokens[past].start].isspace()
        if agreement.introduces(before):
            return ends or after in _AFTER or agreement.follows(after)
        opens = not before or not text[tokens[at - 1].end : tokens[at].start].isspace()
        return before not in _DETERMINERS and (agreement.follows(after, word=word) or (ends and (opens or before == "and")))

    def _is_word(self, token: _Token, person: Person | None) -> bool:
        """Whether the thread used the word before that person came, when it could not yet be the name."""
        came = person.came if person else 0
        posts = (self._thread.question, *self._thread.replies)
        # The question comes before the first reply, whose place is 0.
        for post in posts[len(self._used) : came + 1]:
            text = _normal(f"{post.title or ''}\n{self._texts.prose(post)}"[:50_000]) if post else ""
            self._used.append(frozenset(_folded_tokens(self._texts.cut(text))))
        return any(token.folded in used for used in self._used[: came + 1])

    def _inexact(self, text: str, tokens: list[_Token], taken: set[int]) -> Iterator[tuple[int, int, Person]]:
        """Shortened and misspelt names, the nearest first."""
        past = 0
        for at in range(len(tokens)):
            if at < past or at in taken:
                continue
            introduced = at > 0 and agreement.may_introduce(tokens[at - 1].folded)
            best: tuple[int, int, Person] | None = None
            for count in self._inexact_counts:
                run = tokens[at : at + count]
                after = tokens[at + count].folded if at + count < len(tokens) else ""
                if len(run) < count or not (introduced or after == "s" or agreement.follows(after)):
                    continue
                if not taken.isdisjoint(range(at, at + count)):
                    continue
                person, slips = self._shortened_to(text, tokens, at, at + count), 0
                if person is None:
                    person, slips = self._nearest(run)
                if person and (best is None or slips < best[0]):
                    best = (slips, count, person)
            if best and not (at and tokens[at - 1].folded in _DETERMINERS):
                past = at + best[1]
                yield at, past, best[2]

    def _shortened_to(self, text: str, tokens: list[_Token], at: int, past: int) -> Person | None:
        """Whose name is shortened here: the one person's that begins so, written as it begins."""
        run = tokens[at:past]
        keys = self._short.get(_key(run), set())
        person = self._named(next(iter(keys)), "") if len(keys) == 1 else None
        if person is None or not self._stands_as_name(text, tokens, at, past, word=False) or self._is_word(run[0], person):
            return None
        written = text[run[0].start : run[-1].end]
        return person if "\n" not in written and (written in person.name or (written.islower() and len(written) > 4)) else None

    def _nearest(self, run: list[_Token]) -> tuple[Person | None, int]:
        """Who is meant by a misspelt name, and by how many letters: the only one within a letter of it (two, in long names)."""
        written = _key(run)
        if len(written) not in self._lengths or written in self._all or self._tries <= 0:
            return None, 0
        if all(token.folded in STOP_WORDS or len(token.folded) <= 2 for token in run):
            return None, 0
        if len(self._all) <= _FEW and self._is_far(written):
            return None, 0
        self._tries -= 1
        if self._near is None:
            self._near = {}
            for key in self._all:
                for shorter in _shortened(key, _slips(key)) if len(key) in _MISSPELT else ():
                    crowd = self._near.setdefault(shorter, [])
                    if len(crowd) <= _CROWD:
                        crowd.append(key)
        close: set[str] = set()
        for shorter in _shortened(written, 2 if len(written) >= 8 else 1):
            crowd = self._near.get(shorter, [])
            if len(crowd) > _CROWD:
                return None, 0
            close.update(crowd)
        near = [key for key in close if _digits(key) == _digits(written) and OSA.distance(key, written) <= _slips(key)]
        person = self._named(near[0], "") if len(near) == 1 else None
        if person is None or all(token.folded in STOP_WORDS or self._is_word(token, person) for token in run):
            return None, 0
        return person, OSA.distance(near[0], written)


@lru_cache(maxsize=20_000)
def _name(author: str) -> tuple[str, list[_Token]]:
    """The key and the tokens of a name."""
    tokens = _tokens(_normal(author))
    return _key(tokens), tokens


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _slips(key: str) -> int:
    """How many letters of a name may be wrong."""
    return 2 if len(key) >= 10 else 1


def _digits(key: str) -> str:
    """`user12` is nobody's misspelling of `user13`."""
    return "".join(char for char in key if char.isdigit())


def _shortened(word: str, by: int) -> set[str]:
    """`word` and all that is left of it without `by` or fewer letters: two words a slip apart share one of these."""
    every, last = {word}, {word}
    for _ in range(by):
        last = {short[:place] + short[place + 1 :] for short in last for place in range(len(short))}
        every |= last
    return every
