"""Prose to terms. The only definition of a word: index, query, marks and endorsements all use this one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

import Stemmer

# Accents that stand apart from their letter, Hebrew and Arabic points, soft hyphens and joiners: part of a word, and no
# difference between words.
_UNSEEN = (
    r"\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    r"\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u200c\u200d\u2060\ufeff"
)
_LETTERS = rf"[^\W_]+(?:[{_UNSEEN}]+[^\W_]*)*"
# A word is letters and digits, held together by apostrophes, with the marks that make a name of it: C++, C#, AT&T.
_WORD = re.compile(
    rf"{_LETTERS}(?:&(?:(?<=\b\w&)|(?<=\b\w\w&))[^\W_]{{1,2}}(?![^\W_]))?(?:['’ʼ]{_LETTERS})*(?:\+\+|\#(?<=\b\w\#))?"
)
_COMPOUND = re.compile(r"(?<![\w-])([^\W_]+)-([^\W_]+)(?![\w-])")
_LONGEST_COMPOUND = 20
_MARKS = re.compile(rf"[{_UNSEEN}]")
_FOREIGN = re.compile(rf"[^\W\x00-\x7f]|[{_UNSEEN}]")
_STEMMER = Stemmer.Stemmer("english", 0)

# Words that carry grammar and no matter. Question words are here, since every question has them; "not" and its like are
# not, since they turn what is said around. Without them nDCG@10 on se_beer_2020 rises from .767 to .771.
STOP_WORDS = frozenset(
    """
    a about above after again against all am an and any are as at be because been before being below between both but by
    can could did do does doing down during each few for from further had has have having he he'd he'll he's her here
    here's hers herself him himself his how how's i i'd i'll i'm i've if in into is it it's its itself just let's me more
    most my myself of off on once only or other our ours ourselves out over own same she she'd she'll she's should so some
    such than that that's the their theirs them themselves then there there's these they they'd they'll they're they've
    this those through to too under until up very was we we'd we'll we're we've were what what's when when's where where's
    which while who who's whom why why's will with would you you'd you'll you're you've your yours yourself yourselves
    """.split()
)


class Numbers(dict[str, int]):
    """A number for each of some strings, from 0 in the order in which they are asked for."""

    def __missing__(self, string: str) -> int:
        self[string] = number = len(self)
        return number


class Word(NamedTuple):
    """A word of a text: where it stands (offsets in code points) and the term it is known by."""

    start: int
    end: int
    term: str
    is_stop: bool


def fold(text: str) -> str:
    """Lower case without accents, compatibility forms or what is not seen: the form in which words are compared."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).lower()


@lru_cache(maxsize=50_000)
def term_of(word: str) -> Word:
    """The term a single word is known by, as a Word over the whole of it."""
    return _term_of(word)


def _term_of(word: str) -> Word:
    folded = fold(word).replace("’", "'").replace("ʼ", "'")
    stop = folded in STOP_WORDS
    if not stop and "'" in folded:
        folded = folded.removesuffix("'s")
        folded = folded.replace("'", "")
    return Word(0, len(word), folded if stop else _STEMMER.stemWord(folded), stop)


def form_of(word: str) -> str | None:
    """A single word as it is read, folded, or None for a stop word."""
    folded = fold(word).replace("’", "'").replace("ʼ", "'")
    return None if folded in STOP_WORDS else folded


def words(text: str) -> Iterator[Word]:
    """Every word of `text` in order, stop words included and told apart."""
    for found in _WORD.finditer(text):
        _, _, term, is_stop = term_of(found.group())
        yield Word(found.start(), found.end(), term, is_stop)


def matches(text: str, wanted: Collection[str]) -> Iterator[Word]:
    """The words of `text` whose term is wanted, in order and without stop words: `words`, faster in a long text."""
    if _FOREIGN.search(text):
        yield from (word for word in words(text) if word.term in wanted and not word.is_stop)
        return
    past = 0
    for place in sorted(_possible(text, wanted)):
        if place >= past and (found := _WORD.match(text, place)):
            past = found.end()
            _, _, term, is_stop = term_of(found.group())
            if term in wanted and not is_stop:
                yield Word(place, past, term, is_stop)


def _possible(text: str, wanted: Collection[str]) -> set[int]:
    """Where words begin, in a text without foreign letters, that may have a wanted term."""
    lower = text.lower()
    places = set()
    for beginning in {_beginning(term) for term in wanted}:
        for at in _everywhere(lower, beginning):
            if _start(text, at) == at:
                places.add(at)
    # What is joined by these is in the term, but not in its place.
    for joint in "'’&":
        places.update(_start(text, at) for at in _everywhere(text, joint))
    for at in _everywhere(text, "&"):
        places.add(at + 1)
    return places


def _everywhere(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _start(text: str, at: int) -> int:
    """Where the word begins that has the character at a place."""
    while at and (text[at - 1].isalnum() or (text[at - 1] in "'’" and text[at - 2 : at - 1].isalnum())):
        at -= 1
    return at


def _beginning(term: str) -> str:
    """What each word with a term begins with: the stemmer changes the last letter at most, but for "dying" and its like."""
    return term[: 1 if term[1:] == "ie" else max(1, len(term) - 1)]


def forms(text: str) -> Iterator[tuple[int, int, str]]:
    """Every word of `text` as written but folded, with where it stands: what phrases are made of."""
    for found in _WORD.finditer(text):
        yield found.start(), found.end(), fold(found.group()).replace("’", "'").replace("ʼ", "'")


class Cut:
    """A text cut into words, once for all who need its terms or its forms."""

    __slots__ = ("_single", "compounds", "pieces")

    def __init__(self, pieces: list[str], compounds: list[str]) -> None:
        self.pieces = pieces
        """What stands between marks that are in no word, in order, capitals of ASCII made small: mostly one word each."""
        self.compounds = compounds
        """Its compounds, each as one word."""
        self._single: list[str] | None = None

    def terms(self) -> list[str]:
        """The terms in order, with repetitions, without stop words; then those of compounds.

        Others write "e-mail" as one word: it is looked up as that, too. nDCG@10 from without to with: stackfaq_dev .856 →
        .858, qatarliving_dev .350 → .353, se_beer_2020's duplicates .448 → .459.
        """
        single = self.single_terms()
        return single + [word.term for word in map(term_of, self.compounds) if not word.is_stop] if self.compounds else single

    def __add__(self, other: Cut) -> Cut:
        return Cut(self.pieces + other.pieces, self.compounds + other.compounds)

    def single_terms(self) -> list[str]:
        """The terms in order, compounds taken apart and not as one word."""
        if self._single is None:
            self._single = list(chain.from_iterable(map(_TERMS.__getitem__, self.pieces)))
        return self._single


def cut(text: str) -> Cut:
    """`text` in pieces, none of which parts a word, in a tenth of the time that it takes to look for words."""
    compounds = _compounds(text) if "-" in text else []
    if not text.isascii():
        for mark, plain_mark in _TYPOGRAPHIC:
            text = text.replace(mark, plain_mark)
    return Cut(text.translate(_BETWEEN).split(), compounds)


def distinct(cuts: Iterable[Cut]) -> set[str]:
    """The distinct words of texts as they are read, folded, without stop words; compounds also as one word."""
    pieces: set[str] = set()
    for one in cuts:
        pieces.update(one.pieces, one.compounds)
    return set(chain.from_iterable(map(_FORMS.__getitem__, pieces)))


def terms(text: str) -> list[str]:
    """See `Cut.terms`."""
    return cut(text).terms()


def single_terms(text: str) -> list[str]:
    """See `Cut.single_terms`."""
    return cut(text).single_terms()


def _compounds(text: str) -> list[str]:
    """The compounds of `text`, each as one word."""
    parts = (part for piece in text.split() if "-" in piece for part in _COMPOUND.findall(piece))
    return [word for word in map("".join, parts) if len(word) <= _LONGEST_COMPOUND]


# What is in no word and beside none that it changes. Signs stay: they part words, but are some of people's names.
_BETWEEN: Final = {number: chr(number).lower() for number in range(128)} | dict.fromkeys(map(ord, '.,;:!?"()[]{}@/*<>-'), " ")
_TYPOGRAPHIC: Final = (("’", "'"), ("“", " "), ("”", " "), ("…", " "), ("–", " "), ("—", " "), ("\u00a0", " "))
"""What makes most texts that are not ASCII other than ASCII, and what it is as good as."""


class _OfPieces(dict[str, tuple[str, ...]]):
    """What pieces come to, worked out once for each; begins anew when it is full, since most of a text is a few words."""

    MOST = 100_000

    def __init__(self, made_of: Callable[[str], str | None]) -> None:
        super().__init__()
        self._made_of = made_of

    def __missing__(self, piece: str) -> tuple[str, ...]:
        if len(self) >= self.MOST:
            self.clear()
        self[piece] = found = tuple(made for word in _WORD.findall(piece) if (made := self._made_of(word)) is not None)
        return found


def _carried(word: str) -> str | None:
    """The term of a word that is no stop word."""
    found = _term_of(word)
    return None if found.is_stop else found.term


_TERMS: Final = _OfPieces(_carried)
_FORMS: Final = _OfPieces(form_of)


def plain(text: str) -> str:
    """`text` as its folded words between single spaces: what phrases are looked up in, stop words and all."""
    return " ".join(form for _, _, form in forms(text))
