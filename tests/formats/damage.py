"""What happens to files on their way: cut off, flipped bits, foreign bytes, lost blocks, another encoding, doubled."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

SMALL: Final = 700
"""Bytes of a file that is cut at every place; of a larger one so many places are drawn."""

CUTS: Final = 48
FLIPS: Final = 24
BLOCKS: Final = 8
GARBAGE: Final = bytes(range(256))


def cuts(data: bytes, slow: int = 1) -> Iterator[tuple[int, bytes]]:
    """Beginnings of a file. The places are the same each time; `slow` readers get fewer."""
    places = range(len(data)) if len(data) <= SMALL // slow else sorted(_random(data).sample(range(len(data)), CUTS // slow))
    for place in places:
        yield place, data[:place]


def changed(data: bytes, slow: int = 1) -> Iterator[tuple[str, bytes]]:
    """The file with single bytes changed, foreign ones put in, and blocks lost or replaced; nothing in it is more than it was."""
    chance = _random(data)
    for _ in range(FLIPS // slow):
        place = chance.randrange(len(data))
        yield f"byte {place} changed", data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :]
    for _ in range(max(1, BLOCKS // slow)):
        place, size = chance.randrange(len(data)), chance.choice([1, 16, 200, 4096])
        yield f"garbage at {place}", data[:place] + GARBAGE + data[place:]
        yield f"{size} zeros at {place}", data[:place] + b"\0" * len(data[place : place + size]) + data[place + size :]
        yield f"{size} bytes lost at {place}", data[:place] + data[place + size :]
        noise = chance.randbytes(len(data[place : place + size]))
        yield f"{size} bytes of noise at {place}", data[:place] + noise + data[place + size :]


def encoded(data: bytes) -> Iterator[tuple[str, bytes]]:
    """A text in the encodings that editors and shells save it in."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "shift_jis"):
        try:
            yield encoding, text.encode(encoding)
        except UnicodeEncodeError:
            continue


def twice(data: bytes) -> bytes:
    """A file joined to itself; of text, on a line of its own."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data * 2
    return data + b"\n" + data


def _random(data: bytes) -> random.Random:
    return random.Random(data)
