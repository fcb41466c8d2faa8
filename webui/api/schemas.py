"""What do answers of the API look like? JSON schemas of the house's shapes (`indexer/shapes.py`), each with every field.

Tests hold real answers to them, and allow no field that is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from indexer.ranking import SORTS
from indexer.thread import POST_KINDS

Schema = Mapping[str, Any]


def _object(**fields: Schema) -> dict[str, Any]:
    """An object that always has all of these fields and no other."""
    return {"type": "object", "required": list(fields), "additionalProperties": False, "properties": fields}


def _list(of: Schema) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _or_null(schema: Schema) -> dict[str, Any]:
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_WHOLE: Final = {"type": "integer"}
_NUMBER: Final = {"type": "number"}
_YES: Final = {"type": "boolean"}
_TIME: Final = {"type": "string", "format": "date-time"}
_CURSOR: Final = _or_null({"type": "string", "description": "What `cursor` takes for the next page; null after the last."})

_SHARES: Final = _list(_object(name=_TEXT, answers=_COUNT))
_RANKED: Final[dict[str, Schema]] = {
    "rank": {"type": "integer", "minimum": 1},
    "id": _TEXT,
    "thread_id": _TEXT,
    "title": _TEXT,
    "asks": _or_null(_TEXT),
    "category": _or_null(_TEXT),
    "author": _or_null(_TEXT),
    "anonymous": _YES,
    "written": _or_null(_TIME),
    "votes": _or_null(_WHOLE),
    "standing": _or_null(_object(percent=_COUNT, of=_TEXT)),
    "best": _or_null(_YES),
    "endorsed_by": _list(_TEXT),
    "outcome": _or_null(ref("Outcome")),
    "score": _NUMBER,
    "signals": {"type": "object", "additionalProperties": _NUMBER},
    "why": _or_null(_TEXT),
    "snippet": _list(_object(text=_TEXT, match=_YES)),
    "more_in_thread": _or_null(_COUNT),
    "url": _or_null(_TEXT),
}

_POST: Final[dict[str, Schema]] = {
    "id": _TEXT,
    "kind": {"type": "string", "enum": sorted(POST_KINDS)},
    "author": _or_null(_TEXT),
    "anonymous": _YES,
    "written": _or_null(_TIME),
    "votes": _or_null(_WHOLE),
    "history": _list(_object(at=_TIME, votes=_WHOLE)),
    "body": _TEXT,
    "url": _or_null(_TEXT),
    "licence": _or_null(_TEXT),
}

_QUOTES: Final = {
    **_list(_object(post_id=_TEXT, text=_TEXT)),
    "description": "What it quotes of other posts of the thread, in the order of its body: whose post, and which words.",
}

_TALLY: Final = _object(name=_TEXT, threads=_COUNT)
_PERSON: Final[dict[str, Schema]] = {"site": _TEXT, "name": _TEXT, "answers": _COUNT, "standing": _NUMBER}
_NAMED: Final[dict[str, Schema]] = {"thread_id": _TEXT, "title": _or_null(_TEXT)}

_RESULTS: Final[dict[str, Schema]] = {
    "question": _TEXT,
    "total": _COUNT,
    "whole": {**_YES, "description": "Whether that is all; else `total` and `facets` count the best of very many."},
    "threads": _or_null(_COUNT),
    "listed": _COUNT,
    "took_ms": {"type": "number", "minimum": 0},
    "engine": _TEXT,
    "dial": {"type": "number", "minimum": 0, "maximum": 1},
    "sort": {"type": "string", "enum": list(SORTS)},
    "offset": _COUNT,
    "notes": _list(_TEXT),
    "correction": _or_null(ref("Correction")),
    "relaxed": _list(_object(what=_TEXT, text=_TEXT)),
    "facets": ref("Facets"),
    "answers": _list(ref("Answer")),
}

COMPONENTS: Final[dict[str, Schema]] = {
    "Error": _object(error=_TEXT, hint=_TEXT),
    "Outcome": _object(post_id=_TEXT, text=_TEXT, worked=_or_null(_YES)),
    "Correction": _object(typed=_TEXT, corrected=_TEXT, applied=_YES),
    "Answer": _object(**_RANKED),
    "Results": _object(
        **_RESULTS,
        next=_CURSOR,
    ),
    "Exported": _object(
        **_RANKED, site=_TEXT, tags=_list(_TEXT), licence=_or_null(_TEXT), captured=_or_null(_TIME), body=_TEXT
    ),
    "Post": _object(**_POST, quotes=_QUOTES),
    "Reply": _object(
        **_POST,
        quotes=_QUOTES,
        by_asker=_YES,
        best=_or_null(_YES),
        endorsed_by=_list(_TEXT),
        endorses=_list(_TEXT),
        outcome=_or_null(ref("Outcome")),
        missing_since=_or_null(_TIME),
        comments=_list(ref("Post")),
    ),
    "Question": _object(**{name: schema for name, schema in _POST.items() if name != "kind"}),
    "Thread": _object(
        id=_TEXT,
        site=_TEXT,
        title=_TEXT,
        category=_or_null(_TEXT),
        tags=_list(_TEXT),
        url=_or_null(_TEXT),
        licence=_or_null(_TEXT),
        captured=_or_null(_TIME),
        closed=_or_null(_TIME),
        duplicate_of=_list(_TEXT),
        duplicates=_list(_TEXT),
        question=_or_null(ref("Question")),
        answers=_list(ref("Reply")),
        outcome=_or_null(ref("Outcome")),
        warnings=_list(_TEXT),
    ),
    "Neighbour": _object(thread_id=_TEXT, title=_TEXT, category=_or_null(_TEXT), score=_NUMBER, linked=_YES),
    "SimilarTo": _object(question=_TEXT, similar=_list(ref("Neighbour"))),
    "Similar": _object(thread_id=_TEXT, similar=_list(ref("Neighbour"))),
    "Completions": _object(question=_TEXT, completions=_list(_object(text=_TEXT, thread_id=_or_null(_TEXT)))),
    "Suggestions": {
        "description": "The form that browsers know: what was typed, then completions.",
        "type": "array",
        "items": {"oneOf": [_TEXT, _list(_TEXT)]},
        "minItems": 2,
        "maxItems": 2,
    },
    "Facets": _object(
        **dict.fromkeys(("sites", "categories", "tags"), _SHARES),
        **dict.fromkeys(("years", "votes"), _list(_object(number=_WHOLE, answers=_COUNT))),
        best=_COUNT,
    ),
    "Totals": _object(**dict.fromkeys("top gems late threads unanswered duplicates categories tags people".split(), _COUNT)),
    "Threads": _object(
        total=_COUNT,
        offset=_COUNT,
        threads=_list(
            _object(
                id=_TEXT,
                title=_TEXT,
                site=_TEXT,
                category=_or_null(_TEXT),
                tags=_list(_TEXT),
                written=_or_null(_TIME),
                votes=_or_null(_WHOLE),
                answers=_COUNT,
            )
        ),
        next=_CURSOR,
    ),
    "Categories": _object(total=_COUNT, offset=_COUNT, categories=_list(_TALLY)),
    "Tags": _object(total=_COUNT, offset=_COUNT, tags=_list(_TALLY), next=_CURSOR),
    "Months": _object(total=_COUNT, months=_list(_object(year=_WHOLE, month=_WHOLE, threads=_COUNT))),
    "People": _object(total=_COUNT, offset=_COUNT, people=_list(_object(**_PERSON)), next=_CURSOR),
    "PersonsAnswers": _object(**{**_PERSON, **_RESULTS}, next=_CURSOR),
    "Duplicates": _object(
        total=_COUNT,
        offset=_COUNT,
        originals=_list(_object(**_NAMED, duplicates=_list(_object(**_NAMED)))),
        next=_CURSOR,
    ),
    "Random": _object(thread_id=_TEXT),
    "Citation": _object(
        id=_TEXT,
        thread_id=_TEXT,
        text=_TEXT,
        bibtex=_TEXT,
        csl={"type": "object", "required": ["id", "type"], "description": "An item of CSL-JSON."},
    ),
    "Index": _object(
        askive=_TEXT,
        threads=_COUNT,
        answers=_COUNT,
        posts=_COUNT,
        addresses=_list(_object(address=_TEXT, about=_TEXT)),
    ),
    "Library": _object(
        threads=_COUNT,
        answers=_COUNT,
        posts=_COUNT,
        engine=_TEXT,
        engine_why=_or_null(_TEXT),
        meaning=_or_null(
            _object(
                model=_TEXT,
                licence=_or_null(_TEXT),
                shares={"type": "object", "additionalProperties": _NUMBER},
                bytes=_COUNT,
            )
        ),
        generation=_or_null(_TEXT),
        written=_TEXT,
        bytes=_object(index=_COUNT, store=_COUNT),
        years=_list(_object(year=_WHOLE, questions=_COUNT, answers=_COUNT)),
        undated_questions=_COUNT,
        undated_answers=_COUNT,
        votes=_list(_object(low=_or_null(_WHOLE), high=_or_null(_WHOLE), answers=_COUNT)),
        categories=_list(_object(name=_TEXT, questions=_COUNT, answers=_COUNT)),
        months=_list(_object(month=_TEXT, questions=_COUNT)),
        sites=_list(_object(site=_TEXT, first=_TEXT, last=_TEXT, missing=_list(_TEXT))),
        archives=_list(ref("Archive")),
        next=_CURSOR,
    ),
    "Build": _object(
        phase={"type": "string", "enum": ["idle", "running", "ended", "failed", "cancelled"]},
        step=_TEXT,
        done=_COUNT,
        total=_COUNT,
        started=_or_null(_TIME),
        report=_or_null(ref("BuildReport")),
        error=_or_null(_TEXT),
        hint=_or_null(_TEXT),
        archives=_list(ref("Archive")),
        gate=_or_null(ref("Gate")),
    ),
    "BuildReport": _object(
        archives=_list(ref("Archive")),
        threads=_COUNT,
        answers=_COUNT,
        took_s={"type": "number", "minimum": 0},
        changed=_COUNT,
        left_out=_COUNT,
        engine=_TEXT,
        engine_why=_TEXT,
        generation=_TEXT,
        resumed=_YES,
        gate=_or_null(ref("Gate")),
    ),
    "Gate": _object(
        topics=_COUNT,
        before=_NUMBER,
        after=_NUMBER,
        p=_NUMBER,
        worse=_list(_object(text=_TEXT, before=_or_null(_WHOLE), after=_or_null(_WHOLE))),
    ),
    "Archive": _object(
        path=_TEXT,
        format=_or_null(_TEXT),
        status={"type": "string", "enum": ["read", "unchanged", "failed", "partial"]},
        threads=_COUNT,
        answers=_COUNT,
        skipped=_COUNT,
        warnings=_list(_TEXT),
        reason=_or_null(_TEXT),
    ),
    "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
}
