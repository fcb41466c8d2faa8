"""Are slips of the pen mended, and is what is well spelt left alone? Makes slips in the questions of judged sets and counts.

    python tests/bench/slips.py [--seed 1] [--try EDIT=3 ...] SET...

A set is a folder as `askive evaluate` takes it. Of each question one word that the library has is spelt wrongly once (long
words sometimes twice): a letter is left out, put in, hit beside its key, swapped with the next, doubled, or not doubled. What
comes out as another word that is known is left out. A slip counts as mended when the correction, applied or offered, has the
word in any of its inflections. Then every question is asked as it is, and what would be changed of it is listed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from indexer import judged, spelling, words
from indexer.archives import jsonl
from indexer.ask import together
from indexer.build import build
from indexer.judged import Variant
from indexer.library import Library
from indexer.spelling import Correction

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SHORTEST = 5


def beside(letter: str) -> str:
    """The keys next to a letter's."""
    near = ""
    for row, keys in enumerate(KEYS):
        if letter in keys:
            at = keys.index(letter)
            near = keys[max(at - 1, 0) : at] + keys[at + 1 : at + 2]
            for other in (row - 1, row + 1):
                near += KEYS[other][max(at - 1, 0) : at + 1] if 0 <= other < len(KEYS) else ""
    return near or "e"


def slip(word: str, rng: Random) -> str:
    """A word spelt wrongly once, from its second letter on."""
    at = rng.randrange(1, len(word))
    doubled = [place for place in range(1, len(word)) if word[place] == word[place - 1]]
    kind = rng.choice(["left out", "put in", "beside", "swapped", "doubled"])
    if kind == "put in":
        return word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at:]
    if kind == "beside":
        return word[:at] + rng.choice(beside(word[at])) + word[at + 1 :]
    if kind == "swapped" and at < len(word) - 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "doubled":
        return word[: doubled[0]] + word[doubled[0] + 1 :] if doubled else word[:at] + word[at - 1] + word[at:]
    return word[:at] + word[at + 1 :]


class Slip(NamedTuple):
    """A question with one word spelt wrongly."""

    text: str
    meant: str
    typed: str


def slips(library: Library, questions: list[str], rng: Random) -> Iterator[Slip]:
    """A slip for each question that has a word to make one of."""
    with library._moment() as store:
        for text in questions:
            known = store.vocabulary.threads_with(words.terms(text))
            fit = [
                word
                for word in text.split()
                if word.isalpha() and word.islower() and len(word) >= SHORTEST and known.get(words.term_of(word).term)
            ]
            if not fit:
                continue
            meant = rng.choice(fit)
            typed = slip(meant, rng)
            if len(meant) > 8 and rng.random() < 0.3:
                typed = slip(typed, rng)
            term = words.term_of(typed).term
            if typed not in spelling.english() and not words.term_of(typed).is_stop and not store.vocabulary.threads_with([term]):
                yield Slip(" ".join(typed if word == meant else word for word in text.split()), meant, typed)


def corrector(library: Library):
    def correct(text: str) -> Correction | None:
        with library._moment() as store:
            return spelling.correct(text, store.vocabulary, partial(together, library._index(store).engine))

    return correct


def measure(library: Library, questions: list[str], seed: int) -> tuple[int, int, int]:
    """Of how many slips how many are mended, and how many become another word."""
    correct = corrector(library)
    made = list(slips(library, questions, Random(seed)))
    mended = wrong = 0
    for one in made:
        found = correct(one.text)
        instead = [b for a, b in zip(one.text.split(), found.corrected.split(), strict=True) if a == one.typed] if found else []
        right = bool(instead) and words.terms(instead[0]) == words.terms(one.meant)
        mended += right
        wrong += bool(instead) and instead[0] != one.typed and not right
    return len(made), mended, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--try", dest="tried", action="append", default=[], metavar="NAME=VALUE", help="a constant of spelling")
    arguments = parser.parse_args()
    for name, _, value in (said.partition("=") for said in arguments.tried):
        setattr(spelling, name, float(value))
    for folder in arguments.sets:
        with tempfile.TemporaryDirectory() as scratch:
            corpus = Path(scratch) / "corpus.jsonl"
            with corpus.open("w", encoding="utf-8") as file:
                file.writelines(jsonl.write(judged.posts(judged.answers(folder))))
            build(Path(scratch) / "library", [corpus], engine="memory")
            library = Library(Path(scratch) / "library")
            questions = list(judged._queries(folder / "queries.jsonl", Variant().field)[0].values())
            made, mended, wrong = measure(library, questions, arguments.seed)
            started = time.process_time()
            changed = [(text, found) for text in questions if (found := corrector(library)(text))]
            took = (time.process_time() - started) * 1000 / len(questions)
        print(f"{folder.name}: {made:,} slips, {mended:,} mended, {wrong:,} made another word")
        print(f"  {len(questions):,} questions as they are, {took:.2f} ms each:")
        for text, found in changed:
            pairs = [f"{a} → {b}" for a, b in zip(text.split(), found.corrected.split(), strict=True) if a != b]
            print(f"    {'changed' if found.applied else 'offered'}: {', '.join(pairs)}")


if __name__ == "__main__":
    main()
