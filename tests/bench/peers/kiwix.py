"""Kiwix: a ZIM file with a page a thread and its full-text index, served by kiwix-serve.

It looks for pages with all the words of a question, where the others look for any of them.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from texts import Question

from . import Ask, Served, Unavailable, web
from .zim import FILE, Zim

SEARCH: Final = "search?content=threads&pageLength=10&pattern="
_FOUND: Final = re.compile(rb'<a href="/threads/A?/?([^"]+)"')


class Kiwix(Zim):
    title = "Kiwix (all words)"
    ways = ("page",)
    crowded = ("page",)

    def check(self) -> None:
        super().check()
        if not shutil.which("kiwix-serve"):
            raise Unavailable("is not installed; on Debian: apt-get install kiwix-tools")

    @contextmanager
    def serve(self, folder: Path, first: Question) -> Iterator[Served]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        said = ["kiwix-serve", "-i", "127.0.0.1", "-p", str(port), folder / FILE]
        process = subprocess.Popen(said, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        with web.served(process, lambda: f"http://127.0.0.1:{port}/", web.searching(SEARCH, first)) as served:
            yield served

    def asker(self, way: str, folder: Path, address: str) -> Ask:
        ask_page = web.asker(address, SEARCH)
        return lambda question: [found.decode() for found in _FOUND.findall(ask_page(question))]

    def cold_start(self, folder: Path, texts: Path, question: Question) -> None:
        return None


PEER = Kiwix
