"""The JSON shapes of what the house gives out: the same on the command line (`--json`) and under `/api/`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from . import explanation, markup
from .ask import Results
from .build import BuildReport, Row
from .completion import Completion
from .facets import NumberShare, Share
from .gate import Verdict
from .library import Neighbour, ThreadPage
from .outcome import Outcome
from .quoting import Sources
from .rows import Archive
from .showing import RankedAnswer
from .thread import Post


def results(page: Results) -> dict[str, Any]:
    """The shape of `ask` and `top`."""
    return {
        "question": page.query.text,
        "total": page.total,
        "whole": page.is_whole,
        "threads": page.threads,
        "listed": page.listed,
        "took_ms": round(page.took_ms, 1),
        "engine": page.engine,
        "dial": page.dial,
        "sort": page.sort,
        "offset": page.offset,
        "notes": list(page.notes),
        "correction": page.correction and asdict(page.correction),
        "relaxed": [{"what": step.what, "text": step.text} for step in page.relaxed],
        "facets": {name: _shares(getattr(page.facets, name)) for name in ("sites", "categories", "tags", "years", "votes")}
        | {"best": page.facets.best},
        "answers": [_answer(answer) for answer in page.answers],
    }


def _shares(shares: Iterable[Share | NumberShare]) -> list[dict[str, Any]]:
    return [share._asdict() for share in shares]


def _answer(ranked: RankedAnswer) -> dict[str, Any]:
    post = ranked.answer
    return {
        "rank": ranked.rank,
        "id": post.id,
        "thread_id": post.thread_id,
        "title": ranked.title,
        "asks": ranked.asks,
        "category": ranked.category,
        "author": post.author,
        "anonymous": post.anonymous,
        "written": _time(post.written),
        "votes": post.votes,
        "standing": ranked.place and ranked.place._asdict(),
        "best": post.best,
        "endorsed_by": list(ranked.endorsed_by),
        "outcome": _outcome(ranked.outcome),
        "score": round(ranked.score, 6),
        "signals": {name: round(value, 6) for name, value in ranked.signals.items()},
        "why": explanation.why(ranked),
        "snippet": [{"text": span.text, "match": span.match} for span in ranked.snippet],
        "more_in_thread": ranked.more_in_thread,
        "url": post.url,
    }


def exported(ranked: RankedAnswer) -> dict[str, Any]:
    """An answer as a file of a whole result set has it: as in `ask`, with its text and where it comes from."""
    post, question = ranked.answer, ranked.question
    return _answer(ranked) | {
        "site": post.site,
        "tags": list(question.tags) if question else [],
        "licence": post.licence,
        "captured": _time(post.captured),
        "body": markup.prose(post.body),
    }


def suggestions(typed: str, completions: Iterable[Completion], similar: Iterable[Neighbour]) -> dict[str, Any]:
    """The shape of `suggest`: what a question that is being typed may become, and which threads are like it."""
    return {"question": typed, "completions": list(map(asdict, completions)), "similar": neighbours(similar)}


def neighbours(found: Iterable[Neighbour]) -> list[dict[str, Any]]:
    """Threads whose questions are like another, the likest first."""
    return [asdict(neighbour) | {"score": round(neighbour.score, 6)} for neighbour in found]


def thread(page: ThreadPage) -> dict[str, Any]:
    """The shape of `show`. Bodies are prose; `answers` holds every reply in page order, each with its kind."""
    question = page.thread.question
    endorsed: dict[str, list[str]] = {}
    endorses: dict[str, list[str]] = {}
    for found in page.endorsements:
        if found.backs:
            endorsed.setdefault(found.to_post, []).append(found.author)
            endorses.setdefault(found.by_post, []).append(found.to_author)
    outcomes = {outcome.to_post: outcome for outcome in page.outcomes}
    sources = Sources(page.thread)
    warnings = [warning for post in (question, *page.thread.replies) if post for warning in post.warnings]
    return {
        "id": page.thread.id,
        "site": page.thread.site,
        "title": page.thread.title,
        "category": question.category if question else None,
        "tags": list(question.tags) if question else [],
        "url": question.url if question else None,
        "licence": question.licence if question else None,
        "captured": _time(question.captured) if question else None,
        "closed": _time(question.closed) if question else None,
        "duplicate_of": list(page.originals),
        "duplicates": list(page.duplicates),
        "question": question and {key: value for key, value in _post(question).items() if key != "kind"},
        "answers": [
            _post(reply)
            | _quotes(reply, sources)
            | {
                "by_asker": page.thread.by_asker(reply),
                "best": reply.best,
                "endorsed_by": list(dict.fromkeys(endorsed.get(reply.id, ()))),
                "endorses": list(dict.fromkeys(endorses.get(reply.id, ()))),
                "outcome": _outcome(outcomes.get(reply.id)),
                "missing_since": _time(page.missing_later.get(reply.id)),
                "comments": [_post(comment) | _quotes(comment, sources) for comment in page.thread.comments.get(reply.id, ())],
            }
            for reply in page.thread.replies
        ],
        "outcome": _outcome(outcomes.get(None)),
        "warnings": warnings,
    }


def _outcome(told: Outcome | None) -> dict[str, Any] | None:
    return told if told is None else {"post_id": told.by_post, "text": told.text, "worked": told.worked}


def _quotes(post: Post, sources: Sources) -> dict[str, Any]:
    """Whose words a post quotes: posts of the same thread, each with the words, in the order of the body."""
    found = sources.quoted_by(post)
    return {"quotes": [{"post_id": quoted.of_post, "text": markup.prose(quoted.html)} for quoted in found]}


def _post(post: Post) -> dict[str, Any]:
    return {
        "id": post.id,
        "kind": post.kind,
        "author": post.author,
        "anonymous": post.anonymous,
        "written": _time(post.written),
        "votes": post.votes,
        "history": [{"at": _time(capture.at), "votes": capture.votes} for capture in post.history],
        "body": markup.prose(post.body),
        "url": post.url,
        "licence": post.licence,
    }


def archive(known: Archive, path: str, status: str | None = None) -> dict[str, Any]:
    """One row of `build` and `info`: an archive under the path it goes by, and what came of it."""
    return {
        "path": path,
        "format": known.format,
        "status": status or known.status,
        "threads": known.threads,
        "answers": known.answers,
        "skipped": known.skipped,
        "warnings": list(known.warnings),
        "reason": known.reason,
    }


def rows(found: Iterable[Row]) -> list[dict[str, Any]]:
    """The archives of a build, and what came of each."""
    return [archive(row.archive, str(row.path), row.status) for row in found]


def built(report: BuildReport) -> dict[str, Any]:
    """The shape of `build`."""
    return {
        "archives": rows(report.rows),
        "threads": report.threads,
        "answers": report.answers,
        "took_s": report.took_s,
        "changed": report.changed,
        "left_out": report.left_out,
        "engine": report.engine,
        "engine_why": report.engine_why,
        "generation": report.generation,
        "resumed": report.resumed,
        "gate": report.gate and gate(report.gate),
    }


def gate(verdict: Verdict) -> dict[str, Any]:
    """How a new index answers beside the one before, in `build`."""
    worse = [{"text": change.text, "before": change.before, "after": change.after} for change in verdict.worse]
    return verdict.figures() | {"worse": worse}


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
