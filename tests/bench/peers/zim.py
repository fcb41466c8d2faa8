"""A ZIM file with a page a thread and a full-text index, as Kiwix's readers have it."""

from __future__ import annotations

import html
from collections.abc import Iterable
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import texts as given

from . import Peer, Unavailable

FILE: Final = "threads.zim"


class Zim(Peer):
    """A peer whose folder holds a ZIM file."""

    def check(self) -> None:
        try:
            import_module("libzim")
        except ImportError as error:
            raise Unavailable(f"needs a package: pip install libzim ({error})") from error

    def write(self, texts: Path, folder: Path) -> dict[str, Any]:
        fill(folder, given.posts(texts))
        return {}

    def sizes(self, folder: Path) -> dict[str, int]:
        return {"disk_bytes": super().sizes(folder)["disk_bytes"]}


def fill(folder: Path, posts: Iterable[dict[str, Any]]) -> None:
    """Write the ZIM file of some posts, a page a thread."""
    from libzim.writer import Creator, Hint, Item, StringProvider

    class Page(Item):  # type: ignore[misc]  # libzim has no types
        def __init__(self, path: str, title: str, content: str) -> None:
            super().__init__()
            self._path, self._title, self._content = path, title, content

        def get_path(self) -> str:
            return self._path

        def get_title(self) -> str:
            return self._title

        def get_mimetype(self) -> str:
            return "text/html"

        def get_contentprovider(self) -> Any:
            return StringProvider(self._content)

        def get_hints(self) -> dict[Any, Any]:
            return {Hint.FRONT_ARTICLE: True}

    folder.mkdir()
    with Creator(folder / FILE).config_indexing(True, "eng") as creator:
        for thread, together in groupby(posts, key=lambda post: post["thread"]):
            question, *answers = together
            title = html.escape(question["title"])
            paragraphs = (f"<p>{html.escape(post['body'])}</p>" for post in (question, *answers))
            page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{'<hr>'.join(paragraphs)}</body></html>"
            creator.add_item(Page(thread.partition(":")[2], question["title"], page))
        for name, value in {"Title": "Threads", "Language": "eng", "Name": "threads"}.items():
            creator.add_metadata(name, value)
