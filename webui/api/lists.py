"""What is leafed through, for programs: the twins of the pages under /browse, and of citations."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from flask import request

from indexer import browse_shapes, catalogue
from indexer.browsing import Among, Shelf

from ..asked import Browsed
from ..browsed import PERSON_ORDERS, TAG_ORDERS, crowd, listed
from ..views import browse, people, threads
from .address import Address, Given
from .parameters import BROWSED, CROWD, LISTED, PAGED, PERSON, POST, SEED, SITE, TAGS, how_many
from .schemas import ref


def among(browsed: Browsed) -> Among:
    """The part of the library that the answers of a shelf are from."""
    return Among(site=browsed.site, category=browsed.category, year=browsed.year)


def _shelf(given: Given, shelf: Shelf) -> dict[str, Any]:
    browsed, n = given.reader.browsed(), given.n()
    offset = given.offset(n)
    with given.library.browse() as browsing:
        found = browsing.answers(shelf, among(browsed), raw=browsed.raw, n=n, offset=offset)
    return given.page(found)


def _person(given: Given) -> dict[str, Any]:
    n = given.n()
    offset, order = given.offset(n), given.reader.one_of("sort", PERSON_ORDERS)
    with given.library.browse() as browsing:
        someone = catalogue.person(browsing.store, request.args["site"], request.args["name"])
        found = browsing.of_person(someone, order, n=n, offset=offset)
    return browse_shapes.person(someone) | given.page(found)


def _random(given: Given) -> dict[str, Any]:
    with given.library.browse() as browsing:
        return {"thread_id": browsing.at_random(given.reader.name("seed"))}


def _cite(given: Given) -> dict[str, Any]:
    return browse_shapes.citation(given.library.cite(given.path["post_id"]))


def _totals(given: Given) -> dict[str, Any]:
    return browse.read_totals(given.library)._asdict()


def _threads(given: Given, *, unanswered: bool) -> dict[str, Any]:
    wanted, n = listed(given.reader, unanswered=unanswered), given.n(threads.THREADS)
    offset = given.offset(n)
    with given.library.browse() as browsing:
        total, found = catalogue.threads(browsing.store, wanted.wanted, wanted.sort, n=n, offset=offset)
    return browse_shapes.threads(total, found, offset) | _next(given, offset + len(found), total)


def _categories(given: Given) -> dict[str, Any]:
    with given.library.browse() as browsing:
        return browse_shapes.tally("categories", catalogue.categories(browsing.store, given.reader.name("site")))


def _years(given: Given) -> dict[str, Any]:
    with given.library.browse() as browsing:
        return browse_shapes.months(catalogue.months(browsing.store, given.reader.name("site")))


def _tags(given: Given) -> dict[str, Any]:
    order, n = given.reader.one_of("sort", TAG_ORDERS), given.n(browse.TAGS)
    offset = given.offset(n)
    with given.library.browse() as browsing:
        total, found = catalogue.tags(browsing.store, order, n=n, offset=offset)
    return browse_shapes.tally("tags", found, total, offset) | _next(given, offset + len(found), total)


def _people(given: Given) -> dict[str, Any]:
    wanted, n = crowd(given.reader), given.n(people.PEOPLE)
    offset = given.offset(n)
    with given.library.browse() as browsing:
        total, found = catalogue.people(browsing.store, wanted.sort, begins=wanted.begins, site=wanted.site, n=n, offset=offset)
    return browse_shapes.people(total, found, offset) | _next(given, offset + len(found), total)


def _duplicates(given: Given) -> dict[str, Any]:
    n = given.n(browse.DUPLICATES)
    offset = given.offset(n)
    with given.library.browse() as browsing:
        total, found = catalogue.asked_again(browsing.store, n=n, offset=offset)
    return browse_shapes.duplicates(total, found, offset) | _next(given, offset + len(found), total)


def _next(given: Given, end: int, total: int) -> dict[str, Any]:
    return {"next": given.following(end, total)}


_SHELVES: Final[dict[Shelf, str]] = {
    "top": "The best-rated answers.",
    "gems": "Answers for which somebody vouches and that votes passed by.",
    "late": "Answers that came late and stand above what is usual all the same.",
}

LISTS: Final = (
    Address(
        rule="/api/browse",
        name="browse",
        about="How much there is to leaf through.",
        give=_totals,
        content={"application/json": ref("Totals")},
    ),
    *(
        Address(
            rule=f"/api/browse/{shelf}",
            name=f"browse_{shelf}",
            about=about,
            give=partial(_shelf, shelf=shelf),
            parameters=(*BROWSED, how_many("answers", 10), *PAGED),
            content={"application/json": ref("Results")},
            gives="A page of answers.",
            errors=(410,),
        )
        for shelf, about in _SHELVES.items()
    ),
    *(
        Address(
            rule=f"/api/browse/{name}",
            name=f"browse_{name}",
            about=about,
            give=partial(_threads, unanswered=name == "unanswered"),
            parameters=(*LISTED, how_many("threads", threads.THREADS), *PAGED),
            content={"application/json": ref("Threads")},
            gives="A page of threads.",
            errors=(410,),
        )
        for name, about in (("threads", "Threads."), ("unanswered", "Threads that nobody but the asker answered."))
    ),
    Address(
        rule="/api/browse/categories",
        name="browse_categories",
        about="The categories with their threads.",
        give=_categories,
        parameters=(SITE,),
        content={"application/json": ref("Categories")},
    ),
    Address(
        rule="/api/browse/years",
        name="browse_years",
        about="The months from which there are threads, the latest first.",
        give=_years,
        parameters=(SITE,),
        content={"application/json": ref("Months")},
    ),
    Address(
        rule="/api/browse/tags",
        name="browse_tags",
        about="The tags with their threads.",
        give=_tags,
        parameters=(*TAGS, how_many("tags", browse.TAGS), *PAGED),
        content={"application/json": ref("Tags")},
        gives="A page of tags.",
        errors=(410,),
    ),
    Address(
        rule="/api/browse/people",
        name="browse_people",
        about="The people who answered under a name of their own.",
        give=_people,
        parameters=(*CROWD, how_many("people", people.PEOPLE), *PAGED),
        content={"application/json": ref("People")},
        gives="A page of people.",
        errors=(410,),
    ),
    Address(
        rule="/api/browse/person",
        name="browse_person",
        about="Somebody's answers.",
        give=_person,
        parameters=(*PERSON, how_many("answers", 10), *PAGED),
        content={"application/json": ref("PersonsAnswers")},
        gives="Who it is, and a page of their answers.",
        errors=(404, 410),
    ),
    Address(
        rule="/api/browse/duplicates",
        name="browse_duplicates",
        about="Questions that their site says were asked again, with those that did.",
        give=_duplicates,
        parameters=(how_many("questions", browse.DUPLICATES), *PAGED),
        content={"application/json": ref("Duplicates")},
        gives="A page of questions.",
        errors=(410,),
    ),
    Address(
        rule="/api/browse/random",
        name="browse_random",
        about="A thread with a good answer in it.",
        give=_random,
        parameters=(SEED,),
        content={"application/json": ref("Random")},
        errors=(404,),
    ),
    Address(
        rule="/api/cite/<path:post_id>",
        name="cite",
        about="How a thread or a post is cited.",
        give=_cite,
        parameters=(POST,),
        content={"application/json": ref("Citation")},
        errors=(404,),
    ),
)
"""All of them."""
