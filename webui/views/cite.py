"""The page on which a citation stands in every form, to be copied."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from indexer.citation import Citation

from .. import addresses

FORMS: Final = {
    "text": "text/plain; charset=utf-8",
    "bibtex": "application/x-bibtex; charset=utf-8",
    "csl": "application/vnd.citationstyles.csl+json",
}
"""The forms in which a citation is given by itself, with what they are sent as."""


@dataclass(frozen=True, slots=True)
class CitePage:
    title: str
    back_href: str
    text: str
    bibtex: str
    bibtex_href: str
    csl: str
    csl_href: str


def cite(cited: Citation) -> CitePage:
    """The page of a citation."""
    return CitePage(
        title=cited.title,
        back_href=addresses.thread_place(cited.thread_id, cited.id),
        text=cited.text(),
        bibtex=cited.bibtex().rstrip(),
        bibtex_href=addresses.cite(cited.id, "bibtex"),
        csl=json.dumps([cited.csl()], ensure_ascii=False, indent=2),
        csl_href=addresses.cite(cited.id, "csl"),
    )
