"""How does a text become tokens? By the vocabulary and the rules that a model was made with, as its tokenizer.json has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import BadModel
from ..messages import Message
from .sources import missing


class Tokens:
    """The tokenizer of a model."""

    def __init__(self, file: Path) -> None:
        """Raises BadModel for a file that is no tokenizer, NotInstalled without the package that reads it."""
        try:
            from tokenizers import Tokenizer
        except ModuleNotFoundError as error:
            raise missing("tokenizers") from error
        try:
            self._tokenizer: Any = Tokenizer.from_file(str(file))
        except Exception as error:
            raise BadModel(Message("{file} cannot be read ({error})", file=str(file), error=str(error))) from error
        # Texts are cut and laid side by side here, not there.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        marks = self._tokenizer.encode("")
        self._marks = [int(number) for number in marks.ids]
        self._special = frozenset(
            number for number, token in self._tokenizer.get_added_tokens_decoder().items() if token.special
        )

    @property
    def count(self) -> int:
        """How many tokens there are."""
        return int(self._tokenizer.get_vocab_size())

    @property
    def silent(self) -> frozenset[int]:
        """Tokens that stand for no text: marks of beginning and end, and what is unknown."""
        return self._special

    def plain(self, texts: Sequence[str], longest: int) -> list[list[int]]:
        """The tokens of each text, at most so many, without marks around them."""
        found = self._tokenizer.encode_batch(_cut(texts, longest), add_special_tokens=False)
        return [encoding.ids[:longest] for encoding in found]

    def marked(self, texts: Sequence[str], longest: int) -> list[list[int]]:
        """The same with the marks that the transformer was taught with."""
        return [self.around(numbers) for numbers in self.plain(texts, longest - len(self._marks))]

    def around(self, numbers: Sequence[int]) -> list[int]:
        """Tokens between the marks of beginning and end."""
        return [*self._marks[:1], *numbers, *self._marks[1:]]


def _cut(texts: Sequence[str], longest: int) -> list[str]:
    """As much of each text as can matter: hardly any token takes up more than ten characters with the space around it."""
    return [text[: longest * 10] for text in texts]
