"""Which weights should the ranking have? Tries values for named constants on judged sets, with cross-validation.

    python tests/bench/tune.py SET... [--constant NAME[=VALUE,VALUE…]]… [--folds 5] [--rounds 2] [--measure nDCG@10] [--seed 1]

A SET is a folder as `askive evaluate` takes it, with what that command's options say behind commas:

    data/se_beer_2020,qrels=qrels_accepted.tsv,dial=0     data/qatarliving_dev,field=subject     data/x,answers-only
    data/se_beer_2020,duplicates=duplicates.tsv           tests/judgments,archives=data/threads/sample

    data/stackfaq_dev,meaning=full     with the model of the library in ./data (or where ASKIVE_LIBRARY says)

A NAME is a number in `indexer/ranking.py`, or `room.NAME` for one of another room that is looked up at each question (not one
that the index is made with). Without --constant all numbers of the ranking are tried, each at 0, 1/2, 3/4, 4/3 and 2 times its value.

Coordinate search: one constant after the other takes the value with the best mean over sets of their means over questions. It is
done for each fold on the questions outside of it and judged on those inside, so that the held-out figures are of questions that had no
say. Questions with the same relevant answers (paraphrases) stay in one fold. What the engine finds and the store reads is
found once and remembered; the ranking is done anew for each value. Nothing is written: constants are changed by people, with the figures.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from indexer import evaluate, judged, measures
from indexer.engines import Engine, Hits
from indexer.errors import AskiveError, BadQuestion, BadSetting
from indexer.judged import Topics, Variant
from indexer.library import Library
from indexer.meaning.models import TIERS, Tier
from indexer.meaning.nearest import Meaning, Near
from indexer.query import Query
from indexer.store import Store

MODEL_OF: Final = Path(os.environ.get("ASKIVE_LIBRARY", "data"))
"""The library whose model is used where a SET asks for one."""

FACTORS: Final = (0.0, 0.5, 0.75, 4 / 3, 2.0)

Weights = tuple[tuple[str, float], ...]
"""Names of constants with values, in the order of the names: one point of the search."""

Question = tuple[str, str]
"""A set's name and a question's id."""


class Constant(NamedTuple):
    """A number to be tuned, and the values to try beside the one it has."""

    name: str
    module: ModuleType
    attribute: str
    current: float
    values: tuple[float, ...]


# Asking often and fast


class Remembering(Library):
    """A library that finds and reads only once whatever weights cannot change, and shows nothing but ids."""

    def __init__(self, folder: Path) -> None:
        self._found: dict[tuple[Query, str, int], Hits] = {}
        self._near: dict[str, list[Near]] = {}
        super().__init__(folder)

    def _index(self, store: Store) -> Any:
        index = super()._index(store)
        meaning = index.meaning and _Overlaid(index.meaning, near=partial(self._nearest, index.meaning))
        return index._replace(engine=_Overlaid(index.engine, search=partial(self._hits, index.engine)), meaning=meaning)

    def _nearest(self, meaning: Meaning, text: str) -> list[Near]:
        if text not in self._near:
            self._near[text] = meaning.near(text)
        return self._near[text]

    def _hits(self, engine: Engine, asked: Query, kind: Any, limit: int) -> Hits:
        key = asked, kind, limit
        if key not in self._found:
            found = engine.search(asked, kind, limit)
            self._found[key] = Hits(list(map(sys.intern, found.ids)), found.scores)
        return self._found[key]


class _Overlaid:
    """An object with some methods in place of its own."""

    def __init__(self, under: object, **methods: Callable[..., Any]) -> None:
        self._under = under
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._under, name)


class Judge:
    """A judged set that can be asked again and again."""

    def __init__(self, spec: str, scratch: Path, engine: str) -> None:
        folder, variant, self.dial, tier = parse_set(spec)
        self.name = ",".join([folder.resolve().name, *spec.split(",")[1:]])
        prepared = evaluate.prepare(
            folder,
            variant,
            scratch,
            engine=engine,
            progress=lambda *_: None,
            model_of=MODEL_OF if tier else None,
            tier=tier or "static",
        )
        prepared.plain.close()
        self.topics: Topics = prepared.topics
        self._library = Remembering(prepared.library.folder)

    def values(self, measure: str) -> dict[Question, float]:
        """The measure for each question, with the constants as they are now."""
        found = measures.per_query({qid: self._ask(text) for qid, text in self.topics.texts.items()}, self.topics.grades)
        return {(self.name, qid): values[measure] for qid, values in found.items()}

    def _ask(self, text: str) -> list[str]:
        try:
            results = self._library.ask(text, n=measures.DEPTH, dial=self.dial)
        except BadQuestion:
            return []
        return [judged.own_id(found.answer.id) for found in results.answers]


# The search


class Trial:
    """Values by question for points of the search, each worked out once."""

    def __init__(self, judges: Sequence[Judge], constants: Sequence[Constant], measure: str) -> None:
        self._judges, self._constants, self._measure = judges, constants, measure
        self._known: dict[Weights, dict[Question, float]] = {}

    def values(self, weights: Weights) -> Mapping[Question, float]:
        if weights not in self._known:
            with patched(self._constants, weights):
                self._known[weights] = {key: value for judge in self._judges for key, value in judge.values(self._measure).items()}
            if sys.stderr.isatty():
                print(f"\r{len(self._known)} points tried ", end="", file=sys.stderr, flush=True)
        return self._known[weights]

    def goal(self, weights: Weights, questions: Sequence[Question]) -> float:
        """The mean over sets of their means over those questions."""
        return macro_mean({key: self.values(weights)[key] for key in questions})


@contextmanager
def patched(constants: Sequence[Constant], weights: Weights) -> Iterator[None]:
    """The constants with other values for as long as it lasts."""
    values = dict(weights)
    try:
        for constant in constants:
            setattr(constant.module, constant.attribute, values[constant.name])
        yield
    finally:
        for constant in constants:
            setattr(constant.module, constant.attribute, constant.current)


def search(goal: Callable[[Weights], float], constants: Sequence[Constant], rounds: int) -> Weights:
    """The best point that coordinate search finds from the current values; of equals the one with fewer changes."""
    point = {constant.name: constant.current for constant in constants}
    best = goal(weights_of(point))
    for _ in range(rounds):
        before = dict(point)
        for constant in constants:
            for value in constant.values:
                tried = point | {constant.name: value}
                found = goal(weights_of(tried))
                if found > best + 1e-6:
                    best, point = found, tried
        if point == before:
            break
    return weights_of(point)


def weights_of(point: Mapping[str, float]) -> Weights:
    return tuple(sorted(point.items()))


def folds_of(judges: Sequence[Judge], count: int, seed: int) -> list[list[Question]]:
    """The questions of all sets in folds of about the same size, those with the same relevant answers together."""
    folds: list[list[Question]] = [[] for _ in range(count)]
    for judge in judges:
        groups: dict[frozenset[str], list[Question]] = defaultdict(list)
        for qid, grades in judge.topics.grades.items():
            groups[frozenset(answer for answer, grade in grades.items() if grade)].append((judge.name, qid))
        shuffled = sorted(groups.values())
        random.Random(seed).shuffle(shuffled)
        for number, group in enumerate(shuffled):
            folds[number % count] += group
    return folds


def macro_mean(values: Mapping[Question, float]) -> float:
    sets: dict[str, list[float]] = defaultdict(list)
    for (name, _), value in values.items():
        sets[name].append(value)
    return sum(sum(found) / len(found) for found in sets.values()) / max(1, len(sets))


# What is said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--constant", action="append", default=[], metavar="NAME[=VALUE,VALUE…]")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2, help="how often to go through the constants (default: 2)")
    parser.add_argument("--measure", choices=measures.NAMES, default=measures.NAMES[0])
    parser.add_argument("--engine", default="memory", help="memory (default) or whoosh; the scores are the same")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.folds < 2:
        parser.error("cross-validation takes two folds or more")
    started = time.monotonic()
    try:
        constants = [parse_constant(spec) for spec in arguments.constant] or all_constants()
        with ExitStack() as stack:
            judges = []
            for spec in arguments.sets:
                scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="askive-tune-")))
                judges.append(Judge(spec, scratch, arguments.engine))
            tune(judges, constants, arguments)
    except AskiveError as error:
        sys.exit(f"tune: {error}")
    print(f"{time.monotonic() - started:.0f} s")


def tune(judges: Sequence[Judge], constants: Sequence[Constant], arguments: argparse.Namespace) -> None:
    trial = Trial(judges, constants, arguments.measure)
    current = weights_of({constant.name: constant.current for constant in constants})
    before = trial.values(current)
    questions = list(before)
    print_slopes(trial, constants, judges, current)
    chosen: list[Weights] = []
    held_out: dict[Question, float] = {}
    for fold in folds_of(judges, arguments.folds, arguments.seed):
        inside = set(fold)
        training = [key for key in questions if key not in inside]
        chosen.append(search(lambda weights, training=training: trial.goal(weights, training), constants, arguments.rounds))
        held_out |= {key: trial.values(chosen[-1])[key] for key in fold}
    final = search(lambda weights: trial.goal(weights, questions), constants, arguments.rounds)
    print(f"\n{'constant':<28} {'now':>8} {'all':>8}   chosen in each fold")
    for constant in constants:
        values = "  ".join(f"{dict(weights)[constant.name]:.4g}" for weights in chosen)
        print(f"{constant.name:<28} {constant.current:>8.4g} {dict(final)[constant.name]:>8.4g}   {values}")
    print(f"\n{arguments.measure:<44} {'questions':>9} {'now':>7} {'held out':>9} {'difference':>11} {'p':>6}   all (seen)")
    after = trial.values(final)
    for judge in judges:
        keys = [key for key in questions if key[0] == judge.name]
        print_row(judge.name, keys, before, held_out, after)
    # Weighted so that the mean over all questions is the mean over sets.
    sizes = {judge.name: len(judge.topics.texts) * len(judges) / len(questions) for judge in judges}
    weighted = [{key: value / sizes[key[0]] for key, value in values.items()} for values in (before, held_out, after)]
    print_row("mean of the sets", questions, *weighted)


def print_slopes(trial: Trial, constants: Sequence[Constant], judges: Sequence[Judge], current: Weights) -> None:
    """What each value of each constant alone changes on each set: a look at the ground before the search."""
    before = trial.values(current)
    print("change on " + ", ".join(judge.name for judge in judges) + ", each value alone")
    for constant in constants:
        for value in constant.values:
            values = trial.values(weights_of(dict(current) | {constant.name: value}))
            changes = []
            for judge in judges:
                keys = [key for key in before if key[0] == judge.name]
                changes.append(sum(values[key] - before[key] for key in keys) / len(keys))
            print(f"{constant.name:<28} {constant.current:>8g} → {value:<9.4g}" + " ".join(f"{change:+.4f}" for change in changes))


def print_row(name: str, keys: Sequence[Question], *columns: Mapping[Question, float]) -> None:
    now, held_out, seen = ([column[key] for key in keys] for column in columns)
    means = [sum(column) / len(keys) for column in (now, held_out, seen)]
    p = measures.paired_p(held_out, now)
    print(
        f"{name:<44} {len(keys):>9} {means[0]:>7.4f} {means[1]:>9.4f} {means[1] - means[0]:>+11.4f} {p:>6.3f}"
        f"   {means[2]:.4f} ({means[2] - means[0]:+.4f})",
        flush=True,
    )


# Arguments


def parse_set(spec: str) -> tuple[Path, Variant, float, Tier | None]:
    """Folder, variant, dial and tier of a SET. Raises BadSetting."""
    folder, *options = spec.split(",")
    given = dict(option.partition("=")[::2] for option in options)
    unknown = given.keys() - {"qrels", "field", "dial", "answers-only", "duplicates", "archives", "meaning"}
    if unknown:
        raise BadSetting(f"{spec} has an option {min(unknown)!r}, which is none")
    field = given.get("field", "text")
    if field not in judged.FIELDS:
        raise BadSetting(f"{spec} asks for a field {field!r}; there are {', '.join(judged.FIELDS)}")
    try:
        dial = float(given.get("dial", 0.5))
    except ValueError:
        raise BadSetting(f"{spec} has a dial that is no number") from None
    tier: Any = given.get("meaning")
    if tier is not None and tier not in TIERS:
        raise BadSetting(f"{spec} asks for a meaning {tier!r}; there are {', '.join(TIERS)}")
    variant = Variant(
        qrels=Path(given.get("qrels", "qrels.tsv")),
        field=field,
        answers_only="answers-only" in given,
        duplicates=Path(given["duplicates"]) if "duplicates" in given else None,
        archives=(Path(given["archives"]),) if "archives" in given else (),
    )
    return Path(folder), variant, dial, tier


def parse_constant(spec: str) -> Constant:
    """A constant to tune, by NAME[=VALUE,VALUE…]. Raises BadSetting."""
    name, _, values = spec.partition("=")
    room, _, attribute = name.rpartition(".")
    try:
        module = import_module(f"indexer.{room or 'ranking'}")
        current = getattr(module, attribute)
    except (ImportError, AttributeError) as error:
        raise BadSetting(f"There is no constant {name} ({error})") from None
    if not is_number(current):
        raise BadSetting(f"{name} is no number")
    try:
        tried = tuple(float(value) for value in values.split(",")) if values else tuple(current * by for by in FACTORS)
    except ValueError:
        raise BadSetting(f"{values} are no numbers with commas between") from None
    return Constant(name, module, attribute, current, tuple(dict.fromkeys(value for value in tried if value != current)))


def all_constants() -> list[Constant]:
    """Every number of the ranking."""
    names = [name for name, value in vars(import_module("indexer.ranking")).items() if name.isupper() and is_number(value)]
    return [parse_constant(name) for name in names]


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


if __name__ == "__main__":
    main()
