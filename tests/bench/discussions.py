"""Discussions of any number, as every kind of forum has them: what the synthetic dumps are written from.

A question, and replies that stand under it or under each other, as people write them one after the other. Their words,
lengths, votes and people are those of `synthetic.py`; here they get what posts have besides words: links, emphasis, code,
lists, quotations. How often was counted on the posts of an advice site of Stack Exchange.

Texts come from POOL threads, over and over, since drawing them takes longer than reading them; every second text has a word
that no other has, so that the vocabulary grows as it does in a real dump. Ids, times and the shape of a thread are its own.
A discussion depends on the seed and its own number alone: a larger dump begins with the smaller one, and nothing is held.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from itertools import islice
from random import Random
from typing import Final, Literal, NamedTuple, TypeVar

import synthetic

from indexer.thread import Post

POOL: Final = 1500
"""Threads that texts are drawn for: about 20,000 posts."""

FIRST: Final = datetime(2019, 6, 3, 9, tzinfo=UTC)
"""When the first question is asked: all sites are there by then."""
BETWEEN: Final = timedelta(minutes=2)
"""From one question to the next: so many that a few hundred discussions go on at the same time."""

T = TypeVar("T")

_TAG: Final = re.compile(r"<[^>]*>")
_SENTENCE: Final = re.compile(r"(?<=[.?!]) ")


class Run(NamedTuple):
    """A piece of text; `style` is "" for plain text, and `address` is where a link leads."""

    style: Literal["", "em", "strong", "code", "a"]
    text: str
    address: str = ""


class Block(NamedTuple):
    """A paragraph, or something else in its place. Lists have several parts, each an item; code is a single run of lines."""

    kind: Literal["p", "quote", "ul", "ol", "code", "heading"]
    parts: tuple[tuple[Run, ...], ...]


class Said(NamedTuple):
    """A question or a reply."""

    thread: int
    """The discussion's number: 1, 2, …"""
    place: int
    """0 for the question, then in the order of writing."""
    under: int | None
    """The place of what it replies to; None for the question."""
    top: int
    """The place of the reply to the question that it stands under, or its own."""
    title: str
    """The discussion's, as are `category` and `tags`."""
    category: str
    tags: tuple[str, ...]
    author: str
    written: datetime
    votes: int
    best: bool
    blocks: tuple[Block, ...]

    @property
    def number(self) -> int:
        """One that no other post has; later ones have higher ones, in a discussion strictly."""
        return numbered(self.thread, self.place)

    @property
    def brief(self) -> tuple[Run, ...]:
        """The first paragraph, for what is a mere comment."""
        return self.blocks[-1].parts[0]


def numbered(thread: int, place: int) -> int:
    """The number of the post at a place of a discussion."""
    return thread * 1000 + place


def discussions(posts: int, seed: int = synthetic.SEED, *, most: int | None = None) -> Iterator[list[Said]]:
    """Discussions of `posts` questions and replies together, with up to `most` replies each; the last one is cut short."""
    number = 0
    while posts > 0:
        number += 1
        said = discussion(number, seed)[: posts if most is None else min(posts, most + 1)]
        posts -= len(said)
        yield said


def in_lots(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Things, so many at a time."""
    rest = iter(things)
    while lot := list(islice(rest, size)):
        yield lot


def by_time(threads: Iterable[list[Said]]) -> Iterator[Said]:
    """What was said in the order of writing, as sites number it; holds the discussions that go on at the same time."""
    waiting: list[tuple[datetime, int, int, Said]] = []
    for said in threads:
        while waiting and waiting[0][0] < said[0].written:
            yield heappop(waiting)[-1]
        for each in said:
            heappush(waiting, (each.written, each.thread, each.place, each))
    while waiting:
        yield heappop(waiting)[-1]


def discussion(number: int, seed: int = synthetic.SEED) -> list[Said]:
    """Discussion `number` (1, 2, …): the question, then the replies in the order of writing."""
    rng = Random(f"{seed} discussion {number}")
    drawn = _drawn((number - 1) % POOL + 1, seed)
    question = drawn[0].post
    moved = FIRST + number * BETWEEN - (question.written or FIRST)
    tops: list[int] = []
    said: list[Said] = []
    for place, (post, blocks) in enumerate(drawn):
        # About as many replies to the question as to other replies; people answer what was said last.
        under = None if place == 0 else 0 if place == 1 or rng.random() < 0.5 else max(1, place - 1 - int(rng.expovariate(0.5)))
        tops.append(place if not under else tops[under])
        votes = post.votes if post.votes is not None else rng.randrange(-3, 6)
        said.append(
            Said(
                thread=number,
                place=place,
                under=under,
                top=tops[place],
                title=question.title or "",
                category=question.category or "",
                tags=question.tags,
                author=post.author or "",
                written=(post.written or FIRST) + moved,
                votes=votes if rng.random() > 0.04 else -votes,
                best=bool(post.best),
                blocks=_with_own_word(blocks, number, place) if (number + place) % 2 else blocks,
            )
        )
    return said


class _Drawn(NamedTuple):
    post: Post
    blocks: tuple[Block, ...]


@lru_cache(maxsize=POOL)
def _drawn(number: int, seed: int) -> tuple[_Drawn, ...]:
    """A thread of the pool, its bodies in blocks."""
    rng = Random(f"{seed} blocks {number}")
    return tuple(_Drawn(post, _blocks(rng, post.body)) for post in synthetic.thread(number, seed))


def _blocks(rng: Random, body: str) -> tuple[Block, ...]:
    """The paragraphs of a body, some made into something else, with runs in them. The last one is always a paragraph."""
    paragraphs = [_SENTENCE.split(_TAG.sub("", part)) for part in body.split("</p>") if part]
    blocks: list[Block] = []
    for sentences in paragraphs[:-1]:
        shape = rng.random()
        if shape < 0.19 and len(sentences) > 2:
            items = tuple((Run("", sentence),) for sentence in sentences)
            blocks.append(Block("ul" if shape < 0.13 else "ol", items))
        elif shape < 0.32:
            blocks.append(Block("quote", ((Run("", " ".join(sentences)),),)))
        elif shape < 0.37:
            lines = [f"{'  ' * (n % 3)}{sentence.lower()} = a < b && c" for n, sentence in enumerate(sentences)]
            blocks.append(Block("code", ((Run("code", "\n".join(lines)),),)))
        elif shape < 0.43:
            blocks.append(Block("heading", ((Run("", sentences[0].rstrip(".?!")),),)))
        else:
            blocks.append(Block("p", (_runs(rng, sentences),)))
    blocks.append(Block("p", (_runs(rng, paragraphs[-1]),)))
    return tuple(blocks)


def _runs(rng: Random, sentences: list[str]) -> tuple[Run, ...]:
    """Sentences, now and then with a link, emphasis or code in them."""
    runs: list[Run] = []
    plain: list[str] = []
    for sentence in sentences:
        chance = rng.random()
        words = sentence.split(" ")
        if chance > 0.22 or len(words) < 6:
            plain.append(sentence)
            continue
        cut = rng.randrange(2, len(words) - 2)
        runs.append(Run("", " ".join([*plain, *words[:cut], ""])))
        plain = [" ".join(words[cut + 2 :])]
        marked = " ".join(words[cut : cut + 2])
        if chance < 0.15:
            runs.append(Run("a", marked, f"https://example.org/{words[0].lower()}/{rng.randrange(100_000)}?a=1&b=2"))
        else:
            runs.append(Run("em" if chance < 0.175 else "strong" if chance < 0.205 else "code", marked))
        plain[0] = " " + plain[0]
    runs.append(Run("", " ".join(plain)))
    return tuple(runs)


def _with_own_word(blocks: tuple[Block, ...], number: int, place: int) -> tuple[Block, ...]:
    word, rest = "", number * 1000 + place
    while rest:
        rest, digit = divmod(rest, 20)
        word += "bcdfghjklmnpqrstvwxz"[digit] + "aeiou"[digit % 5]
    last = blocks[-1]
    return (*blocks[:-1], Block(last.kind, ((*last.parts[0], Run("", f" See {word}.")),)))
