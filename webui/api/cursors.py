"""Where does a list go on? Cursors for programs that walk through one: opaque, checked, and honest when the list has changed.

A cursor holds how far a program has come, in which list and in which state of the library. So nothing is remembered here
between two requests, and a page can never begin in the middle of another list.
"""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Final

from werkzeug.datastructures import MultiDict

from indexer.errors import AskiveError, BadQuestion

_FORM: Final = struct.Struct(">BQ8s8s")
_VERSION: Final = 1
_CHECK: Final = 6
"""Bytes that tell a cursor from a string that only looks like one."""

PAGING: Final = frozenset({"cursor", "page", "n"})
"""Parameters that do not make another list of it."""


class ListChanged(AskiveError):
    """The library was written to since a cursor was given out; what would come next, nobody can say."""

    def __init__(self) -> None:
        super().__init__("The library has changed since this cursor was given", "Begin the list again, without a cursor")


def give(offset: int, address: str, parameters: MultiDict[str, str], stamp: str) -> str:
    """The cursor of the place `offset` in a list."""
    packed = _FORM.pack(_VERSION, offset, _digest(_list(address, parameters), 8), _digest(stamp, 8))
    return urlsafe_b64encode(packed + _check(packed)).decode().rstrip("=")


def take(cursor: str, address: str, parameters: MultiDict[str, str], stamp: str) -> int:
    """The offset that a cursor stands for. Raises BadQuestion for one of another list, ListChanged for one of another state."""
    try:
        packed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        packed = b""
    body, check = packed[:-_CHECK], packed[-_CHECK:]
    if len(body) != _FORM.size or check != _check(body) or body[0] != _VERSION:
        raise BadQuestion("This is no cursor of ours", "Take `next` of the page before as it is")
    _, offset, of_list, of_state = _FORM.unpack(body)
    if of_list != _digest(_list(address, parameters), 8):
        raise BadQuestion("This cursor belongs to another list", "Send it with the parameters that it was given for")
    if of_state != _digest(stamp, 8):
        raise ListChanged
    return int(offset)


def _list(address: str, parameters: MultiDict[str, str]) -> str:
    return repr((address, sorted((name, said) for name, said in parameters.items(multi=True) if name not in PAGING)))


def _check(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=_CHECK, person=b"askive cursor").digest()


def _digest(text: str, size: int) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()
