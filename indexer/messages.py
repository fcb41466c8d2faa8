"""What does the house say to people? English sentences that know what they were made of, so that others can say them again.

A `Message` is its finished English text, and a `str` like any other: the command line prints it and JSON holds it. It also
keeps its template and its values, by which whoever has a dictionary says the same in another language. A template is a whole
sentence or a whole label, since other languages order and bend words otherwise; what people wrote is always a value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final, Literal, Self

MINUS: Final = "\N{MINUS SIGN}"
_OPENING: Final = '{"message": '


@dataclass(frozen=True, slots=True)
class Joined:
    """A value that is several: "A, B or C", or, without a word between, "a, b, c" and "a; b; c".

    Items are names, or messages of their own.
    """

    items: tuple[str, ...]
    by: Literal["and", "or", ",", ";"]

    def __str__(self) -> str:
        if self.by in {",", ";"}:
            return f"{self.by} ".join(self.items)
        *others, last = self.items or ("",)
        return f"{', '.join(others)} {self.by} {last}" if others else last


@dataclass(frozen=True, slots=True)
class Clauses:
    """A value that is the clauses of one sentence, each of which could stand alone: "Marked as best; the asker took it up"."""

    items: tuple[str, ...]

    def __str__(self) -> str:
        said = "; ".join(self.items)
        return f"{said[:1].upper()}{said[1:]}"


Value = str | int | Joined | Clauses
"""What may be filled in: names and messages, numbers, several of them. A year or an id is text, since it is no amount."""


class Message(str):
    """A finished English text, with the template and the values that it was made of."""

    __slots__ = ("how_many", "many", "template", "values")
    template: str
    many: str | None
    """The template for several things, where a number decides; `template` is then the one for a single thing."""
    how_many: int
    values: Mapping[str, Value]

    def __new__(cls, template: str, *, many: str | None = None, how_many: int = 1, **values: Value) -> Self:
        chosen = template if many is None or how_many == 1 else many
        made = super().__new__(cls, chosen.format_map({name: _english(value) for name, value in values.items()}))
        made.template, made.many, made.how_many, made.values = template, many, how_many, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.template, self.many, self.how_many, dict(self.values))


def counted(one: str, many: str, count: int, **values: Value) -> Message:
    """A message about so many things, which are `{number}` in it."""
    return Message(one, many=many, how_many=abs(count), **({"number": count} | values))


def quoted(names: Iterable[str]) -> tuple[Message, ...]:
    """Names in the quotation marks of the language that they are said in."""
    return tuple(Message("“{name}”", name=name) for name in names)


def mapped(said: str, change: Callable[[str], str]) -> str:
    """A text with all that was filled in changed; one that is no message is changed as a whole."""
    if not isinstance(said, Message):
        return change(said)
    values = {name: _mapped(value, change) for name, value in said.values.items()}
    return Message(said.template, many=said.many, how_many=said.how_many, **values)


def _mapped(value: Value, change: Callable[[str], str]) -> Value:
    match value:
        case int():
            return value
        case Joined():
            return Joined(tuple(mapped(item, change) for item in value.items), value.by)
        case Clauses():
            return Clauses(tuple(mapped(item, change) for item in value.items))
    return mapped(value, change)


def of_error(error: Exception) -> str:
    """What an exception says, as the message that it was raised with, if it was one."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, Message) else str(error)


def packed(said: str) -> str:
    """A text for a file or a pipe, from which `unpacked` makes the message again that it was."""
    if not isinstance(said, Message):
        # An archive may say what reads like a packed message, and is none.
        return packed(Message("{text}", text=said)) if said.startswith(_OPENING) else said
    return json.dumps(_plain(said), ensure_ascii=False)


def packed_within(told: Any) -> Any:
    """JSON with each text in it packed."""
    match told:
        case dict():
            return {name: packed_within(value) for name, value in told.items()}
        case list() | tuple():
            return [packed_within(value) for value in told]
    return packed(told) if isinstance(told, str) else told


def unpacked_within(told: Any) -> Any:
    """JSON with each text in it unpacked."""
    match told:
        case dict():
            return {name: unpacked_within(value) for name, value in told.items()}
        case list():
            return [unpacked_within(value) for value in told]
    return unpacked(told) if isinstance(told, str) else told


def unpacked(text: str) -> str:
    """What was packed; a text that never was a message, or is no longer one, as it is."""
    if not text.startswith(_OPENING):
        return text
    try:
        made = _made(json.loads(text))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return text
    return made if isinstance(made, Message) else text


def _plain(value: Value) -> Any:
    """A value as JSON: messages and what is joined as objects, names and numbers as they are."""
    match value:
        case Message():
            values = {name: _plain(each) for name, each in value.values.items()}
            return {"message": value.template, "many": value.many, "how_many": value.how_many, "values": values}
        case Joined():
            return {"joined": [_plain(item) for item in value.items], "by": value.by}
        case Clauses():
            return {"clauses": [_plain(item) for item in value.items]}
    return value


def _made(value: Any) -> Any:
    match value:
        case {"message": str(template), "many": None | str() as many, "how_many": int(how_many), "values": dict(values)}:
            if not all(map(_names_alone, (template, many or ""))):
                raise ValueError("no template of ours")
            return Message(template, many=many, how_many=how_many, **{name: _made(each) for name, each in values.items()})
        case {"joined": list(items), "by": "and" | "or" | "," | ";" as by}:
            return Joined(tuple(map(_made, items)), by)
        case {"clauses": list(items)}:
            return Clauses(tuple(map(_made, items)))
    return value


def _names_alone(template: str) -> bool:
    """Whether a template fills in values as they are: a width, or an attribute of one, could cost or tell anything."""
    return all(
        name is None or (name.isidentifier() and not spec and conversion is None)
        for _, name, spec, conversion in Formatter().parse(template)
    )


def _again(template: str, many: str | None, how_many: int, values: Mapping[str, Value]) -> Message:
    return Message(template, many=many, how_many=how_many, **values)


def _english(value: Value) -> str:
    return f"{value:,}".replace("-", MINUS) if isinstance(value, int) else str(value)
