"""Which model does this library have? Added once from a folder or a package, kept with the library, taken away without a trace.

data/models/NAME/
    model.json            name, licence, where from, hash
    config.json           of the transformer
    words.npy             its vectors of tokens, of which a text needs few: mapped, not read
    layers.safetensors    all its other weights
    tokenizer.json        how text becomes tokens
    static.npy            the static model distilled from it: a row a token, 16 bits a number
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import BadModel, NotFound
from ..messages import Message
from . import sources
from .sources import CONFIG, TOKENIZER, Source
from .static import Static, distil
from .tokens import Tokens
from .transformer import WORD_VECTORS, Matrix, Transformer

FOLDER: Final = "models"
"""The folder of a library where its model is."""

Tier = Literal["static", "full"]
TIERS: Final[tuple[Tier, ...]] = ("static", "full")

VERSION: Final = 1
_CARD: Final = "model.json"
_STATIC: Final = "static.npy"
_WORDS: Final = "words.npy"
_LAYERS: Final = "layers.safetensors"

LONGEST: Final = 64
"""Tokens of a text that are encoded: a title and the beginning of the question fit into it. With 256 for static vectors, and
128 for full ones, nDCG@10 changes by .006 at most on stackfaq_dev and qatarliving_dev, up and down."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is recorded of a model."""

    name: str
    source: str
    """The folder or package it was added from."""
    licence: str | None
    sha256: str
    pooling: str
    longest: int
    dimensions: int
    static_dimensions: int
    added: int
    """Seconds since 1970."""
    bytes: int
    """What it takes on disk."""


class Model:
    """A library's model, opened. Its parts are read when they are needed first."""

    def __init__(self, folder: Path) -> None:
        """Raises BadModel where the folder is not as `add` leaves it."""
        self.folder = folder
        try:
            said = json.loads((folder / _CARD).read_text("utf-8"))
            if said.pop("askive") != "model" or said.pop("version") != VERSION:
                said = Message("The model in {folder} was added by another version of Askive", folder=str(folder))
                raise BadModel(said, _AGAIN)
            self.card = Card(**said)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise _damaged(folder, type(error).__name__) from error

    def dimensions(self, tier: Tier) -> int:
        """Numbers in a vector."""
        return self.card.static_dimensions if tier == "static" else self.card.dimensions

    def open(self, tier: Tier) -> None:
        """Read what a tier needs, so that nothing can fail later. Raises BadModel, NotInstalled."""
        for _ in (self._tokens, self._static if tier == "static" else self._transformer):
            pass

    def encode(self, texts: Sequence[str], tier: Tier) -> Matrix:
        """A vector of length 1 for each text; of zeros for one that says nothing. Raises BadModel, NotInstalled."""
        if tier == "static":
            return self._static.encode(self._tokens.plain(texts, LONGEST))
        return self._transformer.encode(self._tokens.marked(texts, min(LONGEST, self.card.longest)))

    @cached_property
    def _tokens(self) -> Tokens:
        return Tokens(self.folder / TOKENIZER)

    @cached_property
    def _static(self) -> Static:
        try:
            tokens: NDArray[np.float16] = np.load(self.folder / _STATIC, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise _damaged(self.folder, str(error)) from error
        if tokens.dtype != np.float16 or tokens.ndim != 2 or tokens.shape[1] != self.card.static_dimensions:
            raise _damaged(self.folder, Message("{file} has another shape", file=_STATIC))
        return Static(tokens)

    @cached_property
    def _transformer(self) -> Transformer:
        try:
            config = json.loads((self.folder / CONFIG).read_text("utf-8"))
            words = np.load(self.folder / _WORDS, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise _damaged(self.folder, str(error)) from error
        weights = sources.weights(self.folder / _LAYERS) | {WORD_VECTORS: words}
        return Transformer(config, weights, first_token=self.card.pooling == "first")


_AGAIN: Final = Message("Run `askive model remove` and add it again")


def _damaged(folder: Path, why: str) -> BadModel:
    return BadModel(Message("The model in {folder} is damaged ({why})", folder=str(folder), why=why), _AGAIN)


def load(library: Path) -> Model | None:
    """The model of a library, if it has one. Raises BadModel where it is damaged."""
    folders = _folders(library)
    return Model(folders[0]) if folders else None


def cards(library: Path) -> list[Card]:
    """What is recorded of each model that is there."""
    return [Model(folder).card for folder in _folders(library)]


def add(library: Path, name: str, progress: Callable[[str, int, int], None]) -> Card:
    """Keep a model with a library: a copy of its files, and the static model distilled from it.

    Raises BadModel where there is none, where it cannot be used, or where the library has another one; NotInstalled.
    """
    source = sources.find(name)
    have = cards(library)
    if have:
        if have[0].sha256 == source.sha256:
            return have[0]
        raise BadModel(
            f"The library has the model {have[0].name} already",
            f"Run `askive model remove {have[0].name}` before adding another",
        )
    root = library / FOLDER
    root.mkdir(parents=True, exist_ok=True)
    unfinished = root / f".{os.getpid()}.part"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        card = _make(source, name, unfinished, progress)
        target = root / _plain(source.name)
        unfinished.replace(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return card


def remove(library: Path, name: str) -> Card:
    """Delete a library's model. Raises NotFound."""
    for folder in _folders(library):
        try:
            card = Model(folder).card
        except BadModel:
            # What is damaged goes by the name of its folder.
            card = Card(folder.name, "", None, "", "", 0, 0, 0, 0, 0)
        if name in {card.name, folder.name}:
            shutil.rmtree(folder)
            return card
    raise NotFound(f"The library has no model {name!r}", "`askive model list` names the one it has")


def lend(library: Path, other: Path) -> None:
    """Let another library use the model of this one, as long as it is there. Raises BadModel where it has none."""
    folders = _folders(library)
    if not folders:
        raise BadModel(f"The library in {library} has no model", "Run `askive model add` first")
    (other / FOLDER).mkdir(parents=True, exist_ok=True)
    (other / FOLDER / folders[0].name).symlink_to(folders[0].resolve(), target_is_directory=True)


def _folders(library: Path) -> list[Path]:
    return sorted(path for path in (library / FOLDER).glob("*") if path.is_dir() and not path.name.startswith("."))


def _make(source: Source, name: str, folder: Path, progress: Callable[[str, int, int], None]) -> Card:
    tokens = Tokens(source.tokenizer)
    weights = sources.weights(source.weights)
    transformer = Transformer(source.config, weights, first_token=source.pooling == "first")
    if tokens.count > transformer.vocabulary:
        raise BadModel(f"The tokenizer in {source.folder} has {tokens.count:,} tokens, the weights {transformer.vocabulary:,}")
    static = distil(
        transformer, lambda number: tokens.around([number]), sorted(tokens.silent), lambda *done: progress("Distilling", *done)
    )
    if not np.isfinite(static).all():
        raise BadModel(f"The model in {source.folder} computes numbers that are none")
    np.save(folder / _STATIC, static)
    (folder / CONFIG).write_text(json.dumps(dict(source.config)), "utf-8")
    np.save(folder / _WORDS, weights.pop(WORD_VECTORS).astype(np.float32))
    sources.save_weights(folder / _LAYERS, weights)
    shutil.copyfile(source.tokenizer, folder / TOKENIZER)
    card = Card(
        name=_plain(source.name),
        source=name,
        licence=source.licence,
        sha256=source.sha256,
        pooling=source.pooling,
        longest=source.longest,
        dimensions=transformer.dimensions,
        static_dimensions=int(static.shape[1]),
        added=int(time.time()),
        bytes=sum(file.stat().st_size for file in folder.iterdir()),
    )
    written: dict[str, Any] = {"askive": "model", "version": VERSION, **asdict(card)}
    (folder / _CARD).write_text(json.dumps(written, indent=1, ensure_ascii=False), "utf-8")
    return card


def _plain(name: str) -> str:
    """A name that a folder can have."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "model"
