"""Which parameters do the addresses for programs take? One table, which checks what is sent and which the document shows.

Pages pass over what they cannot take and say so; programs read no notes, so here it is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from werkzeug.datastructures import MultiDict

from indexer import query
from indexer.errors import BadQuestion
from indexer.ranking import SORTS

from ..browsed import PEOPLE_ORDERS, PERSON_ORDERS, TAG_ORDERS, THREAD_ORDERS

MOST: Final = 100
"""Answers, threads or completions that one request may ask for."""

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name, what it does, and what it may be, as a JSON schema."""

    name: str
    about: str
    schema: Mapping[str, Any]
    required: bool = False
    place: Literal["query", "path"] = "query"

    def refusal(self, said: str) -> str | None:
        """What is wrong with a value as it was sent; None if nothing is."""
        schema = self.schema.get("items", self.schema)
        shown = f"“{said[:40]}” is no value of “{self.name}”"
        if schema["type"] in {"integer", "number"}:
            whole = schema["type"] == "integer"
            if not (_WHOLE if whole else _DECIMAL).fullmatch(said):
                return f"{shown}, which takes {'whole numbers' if whole else 'numbers'}"
            if not schema["minimum"] <= float(said) <= schema.get("maximum", math.inf):
                return f"{shown}, which goes from {schema['minimum']} to {schema.get('maximum', 'any')}"
        elif "enum" in schema:
            if said not in schema["enum"]:
                return f"{shown}; there are {', '.join(schema['enum'])}"
        elif len(said) > schema.get("maxLength", math.inf):
            return f"“{self.name}” is longer than {schema['maxLength']} characters"
        elif not re.search(schema.get("pattern", ""), said):
            return shown
        return None


def check(known: Sequence[Parameter], sent: MultiDict[str, str]) -> None:
    """Raises BadQuestion where a parameter that was sent is none of those known, or has a value that it cannot have."""
    table = {parameter.name: parameter for parameter in known if parameter.place == "query"}
    for name, said in sent.items(multi=True):
        if name not in table:
            there = f"there are {', '.join(table)}" if table else "it takes none"
            raise BadQuestion(f"There is no parameter “{name[:40]}” at this address; {there}", "Leave it out, or mend its name")
        if refusal := table[name].refusal(said):
            raise BadQuestion(refusal, "Leave the parameter out, or give it a value of its kind")
    for name, parameter in table.items():
        if len(sent.getlist(name)) > parameter.schema.get("maxItems", math.inf):
            raise BadQuestion(f"There are more than {parameter.schema['maxItems']} of “{name}”", "Leave some of them out")
        if parameter.required and name not in sent:
            raise BadQuestion(f"The parameter “{name}” is missing", parameter.about)


def _whole(low: int, high: int, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high, **more}


_FLAG: Final = {"type": "string", "enum": ["yes", "no", "1", "0", "true", "false"]}
_YEAR: Final = _whole(1, 9999)
_TEXT: Final = {"type": "string"}
_NAME: Final = {"type": "string", "maxLength": 200}
_EXAMPLES: Final = ["job interview", "cat -dog votes:>=3", '"thank you note" best:yes']

QUESTION: Final = Parameter(
    "q",
    'The question, with the forms that the search box knows: "phrases", -exclusions, category:, site:, author:, votes:,'
    f" year:, best:. After {query.MAX_QUESTION:,} characters it is cut, and a note says so.",
    {**_TEXT, "examples": _EXAMPLES},
)
TYPED: Final = Parameter("q", "What has been typed so far; a space at its end says that the last word is whole.", _TEXT)
LIKE: Final = Parameter("q", "The question that others are to be like.", _TEXT)
_SITE: Final = Parameter("site", "Only this site; any of the words of its name will do.", _NAME)
FILTERS: Final = (
    _SITE,
    Parameter("category", "Only this category; any of its words will do.", _NAME),
    Parameter(
        "tag",
        "Only answers to questions with this tag; may be there several times.",
        {"type": "array", "items": _NAME, "maxItems": 10},
    ),
    Parameter("from", "Only answers written in this year or later.", _YEAR),
    Parameter("to", "Only answers written in this year or earlier.", _YEAR),
    Parameter("votes", "Only answers with so many votes or more.", _whole(-(10**9) + 1, 10**9 - 1)),
    Parameter("best", "Only answers that are marked best.", _FLAG),
    Parameter("thread", "Only answers of this thread.", _NAME),
)
ORDER: Final = (
    Parameter("dial", "0 the text alone, 1 the community as much as it can.", {"type": "number", "minimum": 0, "maximum": 1}),
    Parameter("sort", "The order; the set is the same in each.", {"type": "string", "enum": list(SORTS)}),
    Parameter("group", "List every thread once, by its best answer.", _FLAG),
    Parameter("exact", "Mend no spelling, and rather find nothing than ask for less.", _FLAG),
)
ASKED: Final = (QUESTION, *FILTERS, *ORDER)
"""What a search is made of."""

BROWSED: Final = (
    _SITE,
    Parameter("category", "Only this category; any of its words will do.", _NAME),
    Parameter("year", "Only answers written in this year.", _YEAR),
    Parameter("raw", "By the bare number of votes, not by votes against what thread and year usually give.", _FLAG),
)
"""What the top answers are narrowed by."""

CURSOR: Final = Parameter(
    "cursor",
    "Where to go on: `next` of the page before, with the parameters that it was given for. When the library has changed"
    " since, the answer is 410 and the list has to be begun again.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$"},
)
PAGED: Final = (Parameter("page", "Which page, from 1 on; `cursor` is the safer way.", _whole(1, 10**9, default=1)), CURSOR)


def how_many(what: str, usual: int) -> Parameter:
    return Parameter("n", f"How many {what}.", _whole(1, max(MOST, usual), default=usual))


SITE: Final = Parameter("site", "Only this site, by its name as the library has it.", _NAME)
LISTED: Final = (
    SITE,
    Parameter("category", "Only this category, by its name.", _NAME),
    Parameter("tag", "Only threads with this tag.", _NAME),
    Parameter("year", "Only threads of this year.", _YEAR),
    Parameter("month", "Only threads of this month of the year.", _whole(1, 12)),
    Parameter("sort", "The order.", {"type": "string", "enum": list(THREAD_ORDERS)}),
)
"""What a list of threads is narrowed by."""

CROWD: Final = (
    SITE,
    Parameter("begins", "Only people whose names begin like this, in whatever case.", {"type": "string", "maxLength": 100}),
    Parameter("sort", "The order.", {"type": "string", "enum": list(PEOPLE_ORDERS)}),
)
PERSON: Final = (
    Parameter("site", "The site that somebody is known on.", _NAME, required=True),
    Parameter("name", "Their name there.", _NAME, required=True),
    Parameter("sort", "The order of their answers.", {"type": "string", "enum": list(PERSON_ORDERS)}),
)
TAGS: Final = (Parameter("sort", "The order.", {"type": "string", "enum": list(TAG_ORDERS)}),)
SEED: Final = Parameter("seed", "Always the same thread for the same seed.", _NAME)
POST: Final = Parameter(
    "post_id", "A post or a thread, by any id it was ever known by.", {"type": "string", "minLength": 1}, True, "path"
)
THREAD: Final = Parameter(
    "thread_id",
    "A thread by its id, the id of one of its posts, its address or the site's own number. Slashes may be written %2F.",
    {"type": "string", "minLength": 1},
    required=True,
    place="path",
)
