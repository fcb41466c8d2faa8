"""Xapian over the very index that Kiwix has in its ZIM file, asked for pages with any of the words, as the others are."""

from __future__ import annotations

import mmap
import os
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from texts import Question

from . import TOP, Ask, Unavailable
from .zim import FILE, Zim

PLACE: Final = "place"
"""A file with the place of the index in the ZIM file, in bytes."""

_BEGINS: Final = b"\x0f\x0dXapian Glass"


class Xapian(Zim):
    title = "Kiwix's Xapian (any word)"

    def check(self) -> None:
        super().check()
        try:
            import_module("xapian")
        except ImportError as error:
            raise Unavailable(f"needs a package: pip install xapian-bindings-binary ({error})") from error

    def write(self, texts: Path, folder: Path) -> dict[str, Any]:
        super().write(texts, folder)
        note_place(folder)
        return {}

    def asker(self, way: str, folder: Path, address: str) -> Ask:
        import xapian

        database = _database(xapian, folder / FILE, int((folder / PLACE).read_text("ascii")))
        enquire, stem = xapian.Enquire(database), xapian.Stem("en")

        def ask(question: Question) -> list[str]:
            terms = [stem(word.lower()) for word in question.words]
            enquire.set_query(xapian.Query(xapian.Query.OP_OR, terms))
            return [match.document.get_data().decode() for match in enquire.get_mset(0, TOP)]

        return ask


def note_place(folder: Path) -> None:
    """Find the full-text index, which lies in the ZIM file as it is. There is one of titles alone beside it, of fewer words."""
    import xapian

    file, found = folder / FILE, []
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place = content.find(_BEGINS)
        while place >= 0:
            found.append((_database(xapian, file, place).get_average_length(), place))
            place = content.find(_BEGINS, place + 1)
    (folder / PLACE).write_text(str(max(found)[1]), "ascii")


def _database(xapian: Any, file: Path, place: int) -> Any:
    descriptor = os.open(file, os.O_RDONLY)  # Xapian closes it
    os.lseek(descriptor, place, os.SEEK_SET)
    return xapian.Database(descriptor)


PEER = Xapian
