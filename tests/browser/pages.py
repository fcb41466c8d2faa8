"""Every page there is, by library: what is drawn well here is drawn well."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus

import advice

from . import attacks

QUESTION: Final = "bombed interview dream job"
SEARCH: Final = "/search?q=" + quote_plus(QUESTION)
DEPOSIT: Final = "/search?q=landlord+keeps+my+deposit"
"""A question whose first answer has a passage with words of it."""

INTERVIEW: Final = "/thread/ask.metafilter.com:9004895"
"""The sample's thread that answers it."""
BEST: Final = "ask.metafilter.com:9004895/90069113"
"""And its best answer."""

SAMPLE: Final = {
    "home": "/",
    "results": SEARCH,
    "narrowed": "/search?q=job&votes=10&from=2013&category=Work+%26+Money&page=2",
    "every answer, newest first": "/search?q=job&sort=newest&group=0&page=2",
    "one thread": SEARCH + "&thread=ask.metafilter.com:9004895",
    "past the end": "/search?q=job&page=900",
    "corrected": "/search?q=intervieww+landlord",
    "did you mean": "/search?q=jnterview",
    "less asked": "/search?q=%22cat+landlord%22+year:2010&best=yes",
    "nothing found": "/search?q=%22cat+landlord%22+year:2010&best=yes&exact=1",
    "nothing asked": "/search",
    "wrong settings": "/search?q=job&dial=9&sort=cleverest&votes=many&page=none",
    "thread": INTERVIEW,
    "thread by votes": INTERVIEW + "?order=votes",
    "passage": f"{INTERVIEW}?at={quote('9004895/90069113')}&q={quote_plus(QUESTION)}#passage",
    "citation": "/cite/" + BEST,
    "top": "/top",
    "top of a year": "/top?year=2016&raw=1",
    "top of a category": "/top?category=Pets+%26+Animals",
    "gems": "/browse/gems",
    "late": "/browse/late",
    "browse": "/browse",
    "threads": "/browse/threads",
    "threads of a month": "/browse/threads?year=2014&month=5",
    "unanswered": "/browse/unanswered",
    "categories": "/browse/categories",
    "tags": "/browse/tags",
    "years": "/browse/years",
    "people": "/browse/people?begins=m",
    "person": "/browse/person?site=ask.metafilter.com&name=oneandahalfcats",
    "duplicates": "/browse/duplicates",
    "library": "/library",
    "building": "/library/build",
    "no such page": "/nowhere",
    "no such thread": "/thread/example.org:404",
}

_LONG: Final = "https://example.org/" + "a" * 600


class Odd(NamedTuple):
    """A page of the odd library."""

    address: str
    is_of_a_kind: bool = False
    """Whether it has parts that no page of the sample has."""


ODD: Final = {
    "home": Odd("/"),
    "interview": Odd("/thread/example.org:1", is_of_a_kind=True),
    "interview by votes": Odd("/thread/example.org:1?order=votes", is_of_a_kind=True),
    "orphan": Odd("/thread/example.org:4"),
    "asked again": Odd("/thread/example.org:5", is_of_a_kind=True),
    "long words": Odd("/thread/example.org:11", is_of_a_kind=True),
    "long words found": Odd("/search?q=tarpaulin", is_of_a_kind=True),
    "long words asked": Odd("/search?q=" + quote(_LONG)),
    "long words cited": Odd("/cite/example.org:11/1", is_of_a_kind=True),
    "right to left": Odd("/thread/example.org:12"),
    "right to left found": Odd("/search?q=" + quote("דלת")),
    "no spaces": Odd("/thread/example.org:13"),
    "crowd": Odd("/thread/example.org:14"),
    "crowd's last page": Odd("/thread/example.org:14?page=26"),
    "crowd's comments": Odd("/thread/example.org:14?comments=14/7", is_of_a_kind=True),
    "attacks found": Odd(f"/search?q={attacks.WORD}&group=0&page=3"),
    "an attack": Odd("/thread/example.org:100"),
    "attack cited": Odd("/cite/example.org:101"),
    "attack asked": Odd(f"/search?q={quote(advice.HOSTILE)}+zeppelin"),
    "top": Odd("/top"),
    "threads": Odd("/browse/threads"),
    "categories": Odd("/browse/categories"),
    "tags": Odd("/browse/tags"),
    "people": Odd("/browse/people"),
    "duplicates": Odd("/browse/duplicates", is_of_a_kind=True),
    "library": Odd("/library", is_of_a_kind=True),
    "no such thread": Odd("/thread/" + quote(advice.HOSTILE)),
}
