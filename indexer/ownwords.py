"""What does a post say in its author's own words? Sentence by sentence, with the names of others marked.

For `endorsements` and `outcome`, which ask what a sentence makes of a person or of advice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from . import agreement, sentences
from .markup import prose
from .names import BLOT, Mention
from .texts import Texts
from .thread import Post

READ: Final = 50_000
"""Code points of one post that are read."""

# An inch mark follows a digit and so opens nothing.
_QUOTED: Final = re.compile(r"(?<![\w\"])\"(?=\S)[^\"\n]{1,600}(?<=\S)\"(?!\w)|“[^”\n]{1,600}”")
_ITALIC_LINE: Final = re.compile(r"(?<=<p>)<(em|i)>(?:(?!</\1>).){20,2000}</\1>(?=</p>|<br>)", re.DOTALL)
_RELAYED: Final = re.compile(r"[^\n\"“:]{1,80}:\s*[\"“]")
_LONGEST: Final = 800
_APOSTROPHES: Final = str.maketrans({"’": "'", "ʼ": "'", "‘": "'"})
_POSSESSIVE: Final = re.compile(r"['’ʼ]s?(?!\w)")
_OPENING: Final = frozenset({'"', "“"})
_CLOSING: Final = frozenset({'"', "”"})


class Text(NamedTuple):
    """A post as it stands, and the same with what is quoted blotted out, at the same offsets."""

    shown: str
    own: str


def read(post: Post, texts: Texts) -> Text:
    """The words of a post; in a relay, those that the moderator quotes: they are the asker's."""
    italic = "<p><em>" in post.body or "<p><i>" in post.body
    text = (prose(_ITALIC_LINE.sub("", post.body), quotes=False) if italic else "") or texts.unquoted(post)
    text = text[:READ]
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace(agreement.MARK, " ").replace(BLOT, " ")
    if post.kind == "relay":
        opening = _RELAYED.match(text)
        text = text[opening.end() :] if opening else text
        return Text(text, text)
    return Text(text, _QUOTED.sub(_blotted, text) if '"' in text or "“" in text else text)


def _blotted(quote: re.Match[str]) -> str:
    """Nothing to read, at the same length. One to three words may be a name and stay; so does the end of a sentence."""
    words = quote.group()
    if len(words.split()) < 4:
        return words
    return BLOT * (len(words) - 2) + (words[-2:] if words[-2] in ".!?" else BLOT * 2)


def plain(text: str) -> str:
    """A text as phrases are looked up in it: lower case, straight apostrophes, single spaces, "…" for what is blotted."""
    if not text.isascii():
        text = re.sub(f"{BLOT}+", "…", text).translate(_APOSTROPHES)
    return " ".join(text.lower().split())


def sentences_of(text: str, names: Sequence[Mention] = ()) -> Iterator[tuple[int, int]]:
    """The bounds of each sentence, very long ones in pieces; a full stop inside a name ends none."""
    inside = {offset for name in names for offset in range(name.start, name.end)}
    for start, end in sentences.bounds(text, inside):
        for begin in range(start, end, _LONGEST):
            yield begin, min(end, begin + _LONGEST)


def marked(text: str, start: int, end: int, here: Sequence[Mention]) -> tuple[str, list[str]]:
    """A sentence, plain, with a mark for each name `here`; and the names as they were written, with their possessive."""
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
    return plain("".join([*pieces, text[at:end]])), written
