"""Threads of any number that are for an index what real ones are: the texts that speed is measured on.

    python tests/bench/synthetic.py ANSWERS FILE [--seed 1]

writes an archive in the exchange format. The words mean nothing, but what an index feels is as in real advice: a few words
are everywhere and half of all words occur once, however many there are (Zipf–Mandelbrot, with inflected forms for the stemmer,
and a faster fall beyond the first 80,000), a thread keeps to its topic and a person to what was just said (burstiness), lengths and thread sizes are log-normal, votes have a heavy tail and
many zeros, some people write a lot, and some back each other. Set by comparing shares of stop words, repetitions, document
frequencies by rank and the growth of the vocabulary with two advice forums of 2,000 and 9,000 answers.

A thread depends on the seed and its own number alone: a larger archive begins with the smaller one, and nothing is held.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from indexer.archives import jsonl
from indexer.thread import Post

SITE: Final = "bench.example"
SEED: Final = 1

ANSWERS_PER_THREAD: Final = 13.6
"""Mean, as on Ask MetaFilter; the median is 10."""

SUBJECTS: Final = 1500
"""What people ask about again and again; a thread is about one of them."""

CATEGORIES: Final = (
    "computers & internet",
    "human relations",
    "health & fitness",
    "home & garden",
    "work & money",
    "travel & transportation",
    "media & arts",
    "food & drink",
    "society & culture",
    "pets & animals",
    "shopping",
    "law & government",
    "education",
    "writing & language",
    "science & nature",
    "clothing, beauty, & fashion",
    "sports, hobbies, & recreation",
    "grab bag",
)

_SMALL_WORDS: Final = (
    "the to i a and of you that it is in for my have be on with are but this was as if or they at your can do what so we an"
    " from there me by will about would when one more all had some how which who has he been she out up them their any then"
    " no were because than other just could him only her over into should these also its did our very same too where after"
    " being before most those does through between both while under again own such few each during once until"
).split()
_STOP_SHARE: Final = 0.46
_TOPIC_SHARE: Final = 0.30
"""Of the words that carry matter: how many come from the thread's topic, and …"""
_REPEAT_SHARE: Final = 0.08
"""… how many say again what the same post said already, and …"""
_RARE_SHARE: Final = 0.02
"""… how many are of the endless supply of names, slips and borrowings, so that a community never runs out of new words."""
_RARE_EXPONENT: Final = 1.7
"""Of the frequency by rank beyond _LEMMAS, where real ones fall faster than before."""

_LEMMAS: Final = 80_000
_TOPICAL: Final = 30_000
_FORMS: Final = (("", 0.62), ("s", 0.23), ("ing", 0.15))
_CONSONANTS, _VOWELS, _ENDINGS = "bdfgklmnprtvz", "aiou", "nrtkm"
_SYLLABLES: Final = tuple(c + v for c in _CONSONANTS for v in _VOWELS)
_AUTHORS: Final = 20_000
_FIRST: Final = datetime(2004, 1, 2, 9, tzinfo=UTC)
_MINUTES_BETWEEN_THREADS: Final = 31.0
_THREADS_UNTIL_TODAY: Final = 370_000
"""From the first day on; further threads start over at it."""


class _Words(NamedTuple):
    """Words to draw from, with their cumulative weights."""

    words: Sequence[str]
    weights: Sequence[float]

    def draw(self, rng: Random, count: int) -> list[str]:
        return rng.choices(self.words, cum_weights=self.weights, k=count) if count > 0 else []


class Topic(NamedTuple):
    """What a thread is about: its words, the most telling first, and its category."""

    words: _Words
    category: str


@lru_cache(maxsize=1)
def _small_words() -> _Words:
    return _Words(_SMALL_WORDS, _zipf(len(_SMALL_WORDS), shift=1.5, exponent=1.0))


@lru_cache(maxsize=1)
def _general_words() -> _Words:
    """Every form of every lemma, by frequency."""
    lemma_weights = ((rank + 10.0) ** -1.2 for rank in range(1, _LEMMAS + 1))
    forms = [(lemma + ending) for lemma in map(_lemma, range(_LEMMAS)) for ending, _ in _FORMS]
    return _Words(forms, list(accumulate(weight * share for weight in lemma_weights for _, share in _FORMS)))


@lru_cache(maxsize=1)
def _topic_ranks() -> list[float]:
    """Cumulative weights of lemmas as topic words, for which neither the commonest nor the rarest words serve."""
    return list(accumulate((rank + 60.0) ** -1.1 for rank in range(_TOPICAL)))


@lru_cache(maxsize=1)
def _author_weights() -> list[float]:
    return _zipf(_AUTHORS, shift=20.0, exponent=0.9)


@lru_cache(maxsize=1)
def _subject_weights() -> list[float]:
    return _zipf(SUBJECTS, shift=15.0, exponent=0.8)


def _zipf(count: int, *, shift: float, exponent: float) -> list[float]:
    return list(accumulate((rank + shift) ** -exponent for rank in range(1, count + 1)))


def _lemma(number: int) -> str:
    """A pronounceable word for a number; no two are the same, and the commoner ones are shorter."""
    base = len(_SYLLABLES)
    syllables, span = 2, base**2 * len(_ENDINGS)
    while number >= span:
        number -= span
        syllables, span = syllables + 1, span * base
    # Neighbours in frequency must not be neighbours in the alphabet.
    code, ending = divmod(number * 7_919 % span, len(_ENDINGS))
    parts = []
    for _ in range(syllables):
        code, part = divmod(code, base)
        parts.append(_SYLLABLES[part])
    return "".join(parts) + _ENDINGS[ending]


def _author(number: int) -> str:
    return f"{_lemma(number * 5)}{_lemma(number * 3 + 1)}" if number % 3 else f"{_lemma(number * 2)}{number % 100}"


def _rng(seed: int, what: str, number: int) -> Random:
    return Random(f"{seed} {what} {number}")


def topic(number: int, seed: int = SEED) -> Topic:
    """What thread `number` is about: words of a subject that other threads are about as well, and some of its own."""
    rng = _rng(seed, "topic", number)
    subject = rng.choices(range(SUBJECTS), cum_weights=_subject_weights())[0]
    shared = _subject(subject, seed)
    lemmas = rng.sample(shared, 14)
    lemmas += [_lemma(rank) for rank in rng.choices(range(_TOPICAL), cum_weights=_topic_ranks(), k=8)]
    rng.shuffle(lemmas)
    return Topic(
        _Words(lemmas, _zipf(len(lemmas), shift=2.0, exponent=1.0)),
        _category(subject, seed),
    )


@lru_cache(maxsize=SUBJECTS)
def _subject(number: int, seed: int) -> list[str]:
    rng = _rng(seed, "subject", number)
    ranks = dict.fromkeys(rng.choices(range(_TOPICAL), cum_weights=_topic_ranks(), k=60))
    return [_lemma(rank) for rank in ranks]


@lru_cache(maxsize=SUBJECTS)
def _category(subject: int, seed: int) -> str:
    weights = _zipf(len(CATEGORIES), shift=1.0, exponent=0.8)
    return _rng(seed, "category", subject).choices(CATEGORIES, cum_weights=weights)[0]


def _text(rng: Random, count: int, about: Topic, topical: float) -> list[str]:
    """The words of a post in order."""
    stops = sum(rng.random() < _STOP_SHARE for _ in range(count))
    matter = count - stops
    on_topic, again = round(matter * topical), round(matter * _REPEAT_SHARE)
    rare = sum(rng.random() < _RARE_SHARE for _ in range(matter - on_topic - again))
    said = about.words.draw(rng, on_topic) + _general_words().draw(rng, matter - on_topic - again - rare)
    said += [_rare_word(rng) for _ in range(rare)]
    said += rng.choices(said, k=matter - len(said)) if said else []
    said += _small_words().draw(rng, count - len(said))
    rng.shuffle(said)
    return said


def _rare_word(rng: Random) -> str:
    """One beyond _LEMMAS, of any rank: the larger a community, the more of them were never said before."""
    return _lemma(int(_LEMMAS * (1.0 - rng.random()) ** (-1.0 / (_RARE_EXPONENT - 1.0))))


def _body(rng: Random, said: list[str], opening: str = "") -> str:
    """Safe HTML: sentences in paragraphs, now and then with emphasis or a link."""
    sentences = [opening] if opening else []
    start = 0
    while start < len(said):
        end = start + rng.randint(5, 22)
        sentence = " ".join(said[start:end])
        sentences.append(sentence[0].upper() + sentence[1:] + rng.choice(("." * 7) + "?" + "!"))
        start = end
    if rng.random() < 0.2:
        place = rng.randrange(len(sentences))
        if rng.random() < 0.5:
            sentences[place] = f"<em>{sentences[place]}</em>"
        else:
            address = f"https://example.org/{rng.randrange(100_000)}"
            sentences[place] += f' <a href="{address}" rel="nofollow noreferrer noopener">{said[0]}</a>'
    paragraphs = []
    start = 0
    while start < len(sentences):
        end = start + rng.randint(2, 6)
        paragraphs.append(f"<p>{' '.join(sentences[start:end])}</p>")
        start = end
    return "".join(paragraphs)


def _length(rng: Random, median: float, spread: float, most: int) -> int:
    return max(3, min(round(median * rng.lognormvariate(0.0, spread)), most))


def thread(number: int, seed: int = SEED) -> list[Post]:
    """Thread `number` (1, 2, …): the question, then its answers in page order."""
    rng = _rng(seed, "thread", number)
    about = topic(number, seed)
    name = f"{SITE}:{number}"
    asked = _FIRST + timedelta(minutes=(number % _THREADS_UNTIL_TODAY) * _MINUTES_BETWEEN_THREADS + rng.randrange(30))
    anonymous = rng.random() < 0.08
    asker, *people = (_author(n) for n in rng.choices(range(_AUTHORS), cum_weights=_author_weights(), k=41))
    # Some archives show no votes at all, and loud threads get more of them.
    loudness = None if rng.random() < 0.03 else rng.gauss(-0.5, 0.8)
    title = " ".join(_text(rng, rng.randint(5, 11), about, 0.7))
    question = Post(
        id=name,
        thread_id=name,
        kind="question",
        site=SITE,
        title=title[0].upper() + title[1:] + "?",
        body=_body(rng, _text(rng, _length(rng, 120, 0.75, 3000), about, _TOPIC_SHARE)),
        category=about.category,
        tags=tuple(dict.fromkeys(about.words.draw(rng, rng.randint(2, 5)))),
        author="anonymous" if anonymous else asker,
        anonymous=anonymous,
        written=asked,
        votes=_votes(rng, loudness),
        url=f"https://{SITE}/{number}",
    )
    count = round(9.9 * rng.lognormvariate(0.0, 0.797))
    best = {place for place in range(1, count + 1) if rng.random() < 0.06}
    posts = [question]
    written = asked
    for place in range(1, count + 1):
        written += timedelta(seconds=round(60 * rng.lognormvariate(2.5, 1.4)))
        follow_up = not anonymous and rng.random() < 0.06
        earlier = [post.author for post in posts[1:] if post.author]
        backs = earlier and rng.random() < 0.05
        posts.append(
            Post(
                id=f"{name}/{place}",
                thread_id=name,
                kind="answer",
                site=SITE,
                position=place,
                body=_body(
                    rng,
                    _text(rng, _length(rng, 55, 0.866, 4000), about, _TOPIC_SHARE),
                    f"I agree with {rng.choice(earlier)}." if backs else "",
                ),
                author=asker if follow_up else rng.choice(people),
                written=written,
                votes=_votes(rng, None if loudness is None else loudness - 0.02 * place),
                best=place in best,
                url=f"https://{SITE}/{number}#{place}",
            )
        )
    return posts


def _votes(rng: Random, loudness: float | None) -> int | None:
    return None if loudness is None else min(int(rng.lognormvariate(loudness, 1.2)), 2000)


def threads(answers: int, seed: int = SEED) -> Iterator[list[Post]]:
    """Threads with `answers` answers together; the last one is cut short where it would have too many."""
    number = 0
    while answers > 0:
        number += 1
        posts = thread(number, seed)[: answers + 1]
        answers -= len(posts) - 1
        yield posts


def questions(count: int, among: int, seed: int = SEED) -> list[str]:
    """Questions of 3 to 12 words as people type them, each about what one of the first `among` threads is about."""
    rng = _rng(seed, "questions", among)
    asked = []
    for _ in range(count):
        about = topic(rng.randint(1, among), seed)
        length = rng.randint(3, 12)
        # Short ones are key words, long ones are sentences.
        small = sum(rng.random() < 0.05 * (length - 3) for _ in range(length - 2))
        general = sum(rng.random() < 0.3 for _ in range(length - 2 - small))
        matter = about.words.draw(rng, length - small - general) + _general_words().draw(rng, general)
        said = matter + _small_words().draw(rng, small)
        rng.shuffle(said)
        asked.append(" ".join(said))
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=int, help="how many answers")
    parser.add_argument("file", type=Path, help="the archive to write")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    with arguments.file.open("w", encoding="utf-8") as file:
        file.writelines(jsonl.write(post for posts in threads(arguments.answers, arguments.seed) for post in posts))


if __name__ == "__main__":
    main()
