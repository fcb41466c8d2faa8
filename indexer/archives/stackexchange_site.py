"""Which site is a dump of Stack Exchange from? It stands nowhere in the files."""

from __future__ import annotations

import re
from typing import Final

from .source import Source

UNKNOWN_SITE: Final = "stackexchange"
"""The site of a dump whose folder does not name one."""

_SITE: Final = re.compile(
    r"(?<![a-z0-9.])((?:[a-z0-9]+\.){1,3}stackexchange\.com"
    r"|(?:[a-z0-9]+\.){0,2}(?:(?:stackoverflow|superuser|serverfault|askubuntu|stackapps)\.com|mathoverflow\.net))(?![a-z0-9])"
)
_CONTAINERS: Final = frozenset({".7z", ".zip"})


def site_of(source: Source) -> str | None:
    """The host name of the site that a dump is of: the name of the file, the folder it is in, or one further up; else of
    the only container beside it."""
    nearest_first = [*reversed(source.member.split("/")), *reversed(source.path.absolute().parts)]
    for part in nearest_first:
        if found := _SITE.search(part.lower()):
            return found[1]
    if source.member or not source.path.parent.is_dir():
        return None
    beside = {
        found[1]
        for path in source.path.parent.iterdir()
        if path.suffix.lower() in _CONTAINERS and (found := _SITE.search(path.name.lower()))
    }
    return beside.pop() if len(beside) == 1 else None
