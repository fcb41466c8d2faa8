"""A model of language small enough for tests: a sentence-transformers folder of a few kilobytes, with weights by chance.

Words that are to mean the same get the same vector. The rest is noise, which is fine: what is tested is the house, not the model.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

SIZE, WIDE, LAYERS, HEADS, LONGEST = 32, 64, 2, 4, 128
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": SIZE,
    "intermediate_size": WIDE,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "max_position_embeddings": LONGEST,
    "layer_norm_eps": 1e-12,
}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = """the a i my me is it to of in and do how what not was you on for with from at cat cats dog dogs kitten feline wakes
    night morning sleep nocturnal rouses job boss fired sacked dismissed interview bombed deposit landlord rent bread flour oven
    dough bake baking car engine oil garden tomato soil tax refund money doctor pain knee run running shoe shoes coffee grinder
    play hungry feed food early late loud quiet door open closed window old new""".split()
ALIKE = [("fired", "sacked", "dismissed"), ("cat", "kitten", "feline"), ("wakes", "rouses"), ("bread", "dough")]


def vocabulary() -> dict[str, int]:
    return {token: number for number, token in enumerate([*SPECIAL, *WORDS, *(f"##{letter}" for letter in "abcdefghijklmnop")])}


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """All matrices of a BERT encoder, by their names."""
    chance = np.random.default_rng(seed)

    def matrix(*shape: int, scale: float = 0.05) -> np.ndarray:
        return chance.normal(0, scale, shape).astype(np.float32)

    numbers = vocabulary()
    found = {
        "embeddings.word_embeddings.weight": matrix(len(numbers), SIZE, scale=1.0),
        "embeddings.position_embeddings.weight": matrix(LONGEST, SIZE, scale=0.02),
        "embeddings.token_type_embeddings.weight": matrix(2, SIZE, scale=0.02),
        "embeddings.LayerNorm.weight": 1 + matrix(SIZE),
        "embeddings.LayerNorm.bias": matrix(SIZE),
    }
    for group in ALIKE:
        for word in group[1:]:
            found["embeddings.word_embeddings.weight"][numbers[word]] = found["embeddings.word_embeddings.weight"][
                numbers[group[0]]
            ]
    for layer in range(LAYERS):
        for name, shape in {
            "attention.self.query": (SIZE, SIZE),
            "attention.self.key": (SIZE, SIZE),
            "attention.self.value": (SIZE, SIZE),
            "attention.output.dense": (SIZE, SIZE),
            "intermediate.dense": (WIDE, SIZE),
            "output.dense": (SIZE, WIDE),
        }.items():
            found[f"encoder.layer.{layer}.{name}.weight"] = matrix(*shape)
            found[f"encoder.layer.{layer}.{name}.bias"] = matrix(shape[0])
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            found[f"encoder.layer.{layer}.{name}.weight"] = 1 + matrix(SIZE)
            found[f"encoder.layer.{layer}.{name}.bias"] = matrix(SIZE)
    return found


def write(folder: Path, *, config: dict | None = None, pooling: str = "mean", seed: int = 0) -> Path:
    """The folder, as sentence-transformers saves one."""
    pytest.importorskip("safetensors")
    tokenizers = pytest.importorskip("tokenizers")
    from safetensors.numpy import save_file
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import BertProcessing

    folder.mkdir(parents=True, exist_ok=True)
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "config.json").write_text(json.dumps(CONFIG | (config or {})))
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n\n# Tiny\n")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": LONGEST}))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    chosen = {"pooling_mode_mean_tokens": pooling == "mean", "pooling_mode_cls_token": pooling == "first"}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": SIZE, **chosen}))
    save_file(weights(seed), folder / "model.safetensors")
    numbers = vocabulary()
    tokenizer = tokenizers.Tokenizer(WordPiece(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", numbers["[SEP]"]), ("[CLS]", numbers["[CLS]"]))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
