"""Changes that keep enough of a format for what is behind its first checks to be reached: words, records, values and checksums."""

from __future__ import annotations

import hashlib
import json
import random
import struct
import zlib
from collections.abc import Sequence
from typing import Any, Final

VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**53, -(2**63), 10**400, 1e308, float("nan"), "", "\0", "\ud800", "x" * 3000, "<script>alert(1)</script>",
    "javascript:alert(1)", "../../x", "2024-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00", "0001-01-01", "1580000000", [], {}, [[]], [None], {"id": 1},
)  # fmt: skip
"""What stands in a field of JSON where nobody expects it."""


def mutate(data: bytes, chance: random.Random, tokens: Sequence[bytes], others: Sequence[bytes], most: int) -> bytes:
    """The input with a few changes, at most `most` bytes of it."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        change = chance.choice((_token, _token, _value, _value, _line, _bytes, _cut, _splice))
        data = change(data, chance, tokens, others)
    return sealed(data[:most])


def sealed(data: bytes) -> bytes:
    """The input with the checksums that its format has over everything, made true again: a forger would."""
    if data.startswith(b"ZIM\x04") and len(data) >= 96:
        return data[:-16] + hashlib.md5(data[:-16], usedforsecurity=False).digest()
    if data.startswith(b"7z\xbc\xaf\x27\x1c") and len(data) >= 32:
        offset, size = struct.unpack("<QQ", data[12:28])
        start = data[12:28] + struct.pack(
            "<I", zlib.crc32(data[32 + offset : 32 + offset + size]) if offset + size < len(data) else 0
        )
        return data[:8] + struct.pack("<I", zlib.crc32(start)) + start + data[32:]
    return data


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _token(data: bytes, chance: random.Random, tokens: Sequence[bytes], _others: Sequence[bytes]) -> bytes:
    at = _place(data, chance)
    token = chance.choice(tokens)
    return data[:at] + token + data[at + chance.choice((0, 0, len(token), 1)) :]


def _bytes(data: bytes, chance: random.Random, _tokens: Sequence[bytes], _others: Sequence[bytes]) -> bytes:
    at = _place(data, chance)
    new = chance.choice((b"\0", b"\xff", b"\xff\xff\xff\xff", b"\x80", chance.randbytes(1), chance.randbytes(8)))
    return data[:at] + new + data[at + chance.choice((0, len(new))) :]


def _cut(data: bytes, chance: random.Random, _tokens: Sequence[bytes], _others: Sequence[bytes]) -> bytes:
    at, size = _place(data, chance), chance.choice((1, 4, 30, 300, len(data)))
    piece = data[at : at + size]
    return data[:at] + chance.choice((b"", piece * 2, piece[::-1], b"\0" * len(piece))) + data[at + size :]


def _line(data: bytes, chance: random.Random, _tokens: Sequence[bytes], _others: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    if chance.random() < 0.5:
        lines.insert(first, lines[second])
    return b"\n".join(lines)


def _splice(data: bytes, chance: random.Random, _tokens: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    at, size = _place(other, chance), chance.choice((10, 100, 1000))
    here = _place(data, chance)
    return data[:here] + other[at : at + size] + data[here + chance.choice((0, size)) :]


def _value(data: bytes, chance: random.Random, tokens: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    """JSON with a value, or a name, that is another; other inputs are changed by a word."""
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    try:
        lines, at = (lines, at) if lines[at].startswith((b"{", b"[")) and len(lines[at]) > 3 else ([data], 0)
        record = json.loads(lines[at])
    except (ValueError, RecursionError):
        return _token(data, chance, tokens, others)
    inside: list[dict[str, Any] | list[Any]] = []
    _gather(record, inside)
    if not inside:
        return data
    where = chance.choice(inside)
    name: Any = chance.choice(list(where)) if isinstance(where, dict) else chance.randrange(len(where))
    match chance.randrange(5):
        case 0:
            del where[name]
        case 1 if isinstance(where, dict):
            where[chance.choice(list(chance.choice([each for each in inside if isinstance(each, dict)])))] = where[name]
        case 2:
            source = chance.choice(inside)
            where[name] = json.loads(json.dumps(chance.choice(list(source.values()) if isinstance(source, dict) else source)))
        case _:
            where[name] = chance.choice(VALUES)
    lines[at] = json.dumps(record).encode()
    return b"\n".join(lines)


def _gather(value: Any, found: list[dict[str, Any] | list[Any]]) -> None:
    if isinstance(value, dict | list) and value:
        found.append(value)
        for each in list(value.values()) if isinstance(value, dict) else value:
            _gather(each, found)
