"""Pages in the reader's language: which one, complete catalogues, and no English left on a page that is not English."""

from __future__ import annotations

import ast
import json
import pickle
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from urllib.parse import quote, urlsplit

import pytest
from advice import make_library
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, Comment, Doctype, Tag
from conftest import ROOT
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from indexer import archives, errors, explanation, messages, ranking
from indexer.archives import Report, Source, jsonl
from indexer.errors import ArchiveError, BadSetting
from indexer.explanation import Facts
from indexer.importing import find
from indexer.library import Library
from indexer.messages import Clauses, Joined, Message, counted, quoted
from indexer.settings import Settings
from tests.formats import samples
from webui import create_app, language
from webui.language import (
    CATALOGUES,
    LANGUAGES,
    again,
    age,
    day,
    fixed,
    is_for_programs,
    listed,
    minute,
    month_name,
    number,
    say,
    say_of,
)
from webui.views import build as build_page

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
TRANSLATED = LANGUAGES[1:]
THREAD = "/thread/ask.metafilter.com:9004895"
STARTS = (
    "/",
    "/search",
    "/search?q=bombed+interview+dream+job",
    "/search?q=job&votes=1&from=2005&category=Work+%26+Money&tag=interview",
    "/search?q=job&page=900",
    "/search?q=intervieww+landlord",
    "/search?q=jnterview",
    "/search?q=" + quote('"cat landlord" year:2010') + "&best=yes",
    "/search?q=" + quote('"cat landlord" year:2010') + "&best=yes&exact=1",
    "/search?q=" + quote("cat votes:many category:nowhere zzxqy qqwzy") + "&exact=1",
    "/search?q=the+of+and",
    "/search?q=-cat",
    "/search?q=job&dial=9&sort=cleverest&votes=many&page=none&from=x",
    "/search?q=" + quote("cat author:nobody"),
    "/search?q=" + quote("cat votes:>=900"),
    f"{THREAD}?order=votes",
    "/cite/ask.metafilter.com:9004895",
    "/thread/nowhere:1",
    "/browse/person?site=nowhere&name=nobody",
    "/browse/people?begins=qqq",
    "/browse/threads?year=2014&month=5",
    "/library/build",
    "/nowhere",
)
PAGES_OF_A_KIND = 4
"""Pages that are looked at of those that one template makes."""


@pytest.fixture(scope="module")
def app(sample_library: Path) -> Flask:
    return create_app(Library(sample_library), Settings(library=sample_library))


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def in_german(app: Flask) -> Iterator[None]:
    with app.test_request_context("/", headers=GERMAN):
        yield


# Catalogues


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What `make messages` collects."""
    file = tmp_path_factory.mktemp("messages") / "messages.pot"
    command = ["pybabel", "-q", "extract", "-F", str(ROOT / "pyproject.toml"), "-o", str(file)]
    CommandLineInterface().run([*command, str(ROOT / "indexer"), str(ROOT / "webui")])
    with file.open("rb") as opened:
        return read_po(opened)


def _catalogue(tag: str) -> Catalog:
    with (CATALOGUES / f"{tag}.po").open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"))


def _said(message_id: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (message_id,) if isinstance(message_id, str) else tuple(message_id)


def _blanks(text: str) -> set[str]:
    """What is filled into a message, in either way of writing it, and its markup."""
    braces = {name for _, name, _, _ in Formatter().parse(re.sub(r"%\(\w+\)s", "", text)) if name is not None}
    tags = {re.sub(r' lang="\w+"', "", tag) for tag in re.findall(r"<[^>]+>", text)}
    return braces | set(re.findall(r"%\(\w+\)s", text)) | tags


def test_there_is_another_language() -> None:
    assert "de" in TRANSLATED


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalogue_has_every_message_and_no_other(tag: str, collected: Catalog) -> None:
    assert len(collected) > 300
    assert {message.id for message in _catalogue(tag)} == {message.id for message in collected}


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_message_is_translated_with_all_that_is_filled_in(tag: str) -> None:
    catalogue = _catalogue(tag)
    for message in catalogue:
        if not message.id:
            continue
        ids, strings = _said(message.id), _said(message.string)
        assert not message.fuzzy, ids
        assert all(strings), ids
        assert len(strings) == (catalogue.num_plurals if message.pluralizable else 1), ids
        for string in strings:
            assert _blanks(string) == set().union(*map(_blanks, ids)), ids
            assert string[-1:].isspace() == ids[0][-1:].isspace(), ids
            assert string.count("%") == ids[-1].count("%"), ids
        assert not list(message.check(catalogue)), ids


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalogue_uses_the_quotation_marks_of_its_language(tag: str) -> None:
    marks = {"de": "„“"}
    for message in _catalogue(tag):
        for string in _said(message.string):
            if message.id and tag in marks:
                assert not re.search(r"“[^„]*”", string), string
                assert string.count("„") == string.count("“"), string


def test_every_signal_has_a_name() -> None:
    source = Path(ranking.__file__).read_text("utf-8")
    names = set(re.findall(r'"([a-z\' ]+)": \w+_WEIGHT', source)) | {*ranking._TOLD, explanation.PROXIMITY}
    assert len(names) > 6
    assert names <= explanation.NAMES.keys()


# No English left


def _house_words(html: str) -> list[str]:
    """What a page says that is not archived: its text, and the attributes that are read out, without names and code."""
    page = BeautifulSoup(html, "lxml")
    spoken: list[str] = []
    for tag in page.find_all(True):
        if _is_archived(tag):
            continue
        spoken += [str(tag[name]) for name in ("aria-label", "placeholder", "alt") if tag.get(name)]
        spoken += [str(value) for name, value in tag.attrs.items() if name.startswith("data-") and name not in {"data-complete", "data-languages", "data-opens"}]
        if tag.name not in {"title", "style", "script"}:
            spoken += [str(text) for text in tag.find_all(string=True, recursive=False) if not isinstance(text, Comment | Doctype)]
    return [" ".join(text.split()) for text in spoken if text.strip()]


def _is_archived(tag: Tag) -> bool:
    return any(
        one.name in {"bdi", "code", "kbd", "pre"} or (one.get("lang") is not None and one.name != "html")
        for one in [tag, *tag.parents]
        if isinstance(one, Tag)
    )


def _pieces(text: str) -> list[str]:
    """The stretches of words in a message, without what is filled in and without markup."""
    bare = re.split(r"<[^>]+>|%\(\w+\)s|\{\w+\}|%%", text)
    return [" ".join(piece.split()).strip(" :;,.()“”…") for piece in bare if re.search(r"[a-z]{2}", piece)]


def _english(tag: str) -> tuple[set[str], set[str]]:
    """Pieces of English messages that the language says otherwise: those of several words, and single words."""
    told = [message for message in _catalogue(tag) if message.id]
    own = {piece for message in told for string in _said(message.string) for piece in _pieces(string)}
    pieces = {piece for message in told for text in _said(message.id) for piece in _pieces(text)}
    pieces -= own | {f"{piece[:1].lower()}{piece[1:]}" for piece in own}
    return {piece for piece in pieces if " " in piece}, {piece for piece in pieces if " " not in piece}


def _left(html: str, english: tuple[set[str], set[str]]) -> list[str]:
    several, single = english
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(several, key=len, reverse=True)))})(?!\w)")
    bare = re.compile(r"[\d.,−+×•▲✓\s]*")
    found = []
    for said in _house_words(html):
        words = bare.sub("", said, count=1).strip(" :;,.()“”…")
        if pattern.search(said) or words in single or words[:1].lower() + words[1:] in single:
            found.append(said)
    return found


def _crawl(client: FlaskClient, headers: dict[str, str], starts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pages from some on, following links, a few of each kind."""
    adapter = client.application.url_map.bind("localhost")
    waiting, seen, kinds = list(starts), set(starts), dict[str, int]()
    while waiting:
        address = waiting.pop(0)
        response = client.get(address, headers=headers)
        if response.mimetype != "text/html":
            continue
        if response.status_code in {301, 302}:
            continue
        yield address, response.text
        for link in BeautifulSoup(response.text, "lxml").select("a[href]"):
            to = str(link["href"]).partition("#")[0]
            if not to.startswith("/") or to in seen or "lang=" in to:
                continue
            endpoint = str(adapter.match(urlsplit(to).path)[0])
            kinds[endpoint] = kinds.get(endpoint, 0) + 1
            if kinds[endpoint] <= PAGES_OF_A_KIND:
                seen.add(to)
                waiting.append(to)


def test_no_english_is_left_on_a_german_page(client: FlaskClient) -> None:
    english = _english("de")
    looked_at = 0
    for address, html in _crawl(client, GERMAN, STARTS):
        looked_at += 1
        assert '<html lang="de"' in html, address
        assert _left(html, english) == [], address
    assert looked_at > 50


def test_english_would_be_noticed(client: FlaskClient) -> None:
    english = _english("de")
    for address, html in _crawl(client, {"Accept-Language": "en"}, STARTS[:8]):
        assert len(_left(html, english)) > 10, address


def test_german_is_noticed_in_errors_made_in_the_library(client: FlaskClient) -> None:
    said = BeautifulSoup(client.get("/thread/nowhere:1", headers=GERMAN).text, "lxml")
    assert said.h1 is not None
    assert said.h1.text == "In dieser Bibliothek gibt es keinen Thread „nowhere:1“"
    assert client.get("/api/thread/nowhere:1", headers=GERMAN).get_json() == {
        "error": "There is no thread “nowhere:1” in this library",
        "hint": "`askive ask` prints the ids of what it finds",
    }


def test_archived_words_keep_their_own_language(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get(THREAD, headers=GERMAN).text, "lxml")
    assert all(prose["lang"] == "" and prose["dir"] == "auto" for prose in page.select(".prose, h1"))
    results = BeautifulSoup(client.get(STARTS[2], headers=GERMAN).text, "lxml")
    assert results.select(".passage")
    assert all(said["lang"] == "" for said in results.select(".passage, .card h2 a, .asks"))


def test_programs_are_told_the_same_in_every_language(client: FlaskClient) -> None:
    for address in ("/api/search?q=cat+year:2030", "/api/nowhere", "/api/search?q=x&dial=9", "/api/top", f"/api{THREAD}"):
        said = [client.get(address, headers=headers) for headers in ({}, GERMAN)]
        plain = [re.sub(rb'"took_ms":[\d.]+', b"", one.data) for one in said]
        assert plain[0] == plain[1], address
        assert "Content-Language" not in said[1].headers
        assert "Accept-Language" not in said[1].headers.get("Vary", "")


# Which language


@pytest.mark.parametrize(
    ("address", "accepted", "setting", "spoken"),
    [
        ("/", None, "auto", "en"),
        ("/", "de", "auto", "de"),
        ("/", "de-CH", "auto", "de"),
        ("/", "DE", "auto", "de"),
        ("/", "fr, de;q=0.5", "auto", "de"),
        ("/", "en, de", "auto", "en"),
        ("/", "de;q=0.3, en;q=0.7", "auto", "en"),
        ("/", "fr, ja", "auto", "en"),
        ("/", "*", "auto", "en"),
        ("/", "de;q=0", "auto", "en"),
        ("/?lang=de", "en", "auto", "de"),
        ("/?lang=en", "de", "auto", "en"),
        ("/?lang=xx", "de", "auto", "de"),
        ("/?lang=../../etc/passwd", None, "auto", "en"),
        ("/?lang=", "de", "auto", "de"),
        ("/", "de", "en", "en"),
        ("/", "en", "de", "de"),
        ("/?lang=en", "de", "de", "en"),
    ],
)
def test_which_language_is_spoken(sample_library: Path, address: str, accepted: str | None, setting: str, spoken: str) -> None:
    client = create_app(Library(sample_library), Settings(library=sample_library, language=setting)).test_client()
    response = client.get(address, headers={"Accept-Language": accepted} if accepted is not None else {})
    assert f'<html lang="{spoken}" dir="ltr"' in response.text
    assert response.headers["Content-Language"] == spoken
    assert "Accept-Language" in response.headers["Vary"]
    assert ("Deine Frage" in response.text) == (spoken == "de")


def test_a_language_nobody_speaks_is_no_setting(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="auto, en, de"):
        create_app(Library(make_library(tmp_path)), Settings(library=tmp_path, language="tlh"))


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=200))
def test_whatever_a_browser_accepts_it_gets_a_page(client: FlaskClient, accepted: str) -> None:
    response = client.get("/search", headers={"Accept-Language": accepted})
    assert response.status_code == 200
    assert response.headers["Content-Language"] in LANGUAGES


def test_links_and_forms_go_on_in_the_language_that_was_chosen(client: FlaskClient) -> None:
    for address in ("/?lang=de", STARTS[2] + "&lang=de", "/browse/people?lang=de", f"{THREAD}?lang=de", "/nowhere?lang=de"):
        page = BeautifulSoup(client.get(address).text, "lxml")
        for link in page.select("a[href^='/']"):
            to = str(link["href"])
            assert ("lang=de" in to) != is_for_programs(urlsplit(to).path), link
        for form in page.select("form[action]"):
            assert [kept["value"] for kept in form.select("input[name=lang]")] == ["de"]
    unasked = client.get("/", headers=GERMAN).text
    assert "lang=de" not in unasked.partition('<nav class="languages"')[0]
    assert client.get("/random?lang=de").location.endswith("?lang=de")


def test_every_page_leads_to_itself_in_other_languages(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/search?q=a%26b+%3Cc%3E&tag=x&tag=y&lang=de").text, "lxml")
    links = {str(link["hreflang"]): link for link in page.select(".languages a")}
    assert {tag: str(link["href"]) for tag, link in links.items()} == {
        tag: f"?q=a%26b+%3Cc%3E&tag=x&tag=y&lang={tag}" for tag in LANGUAGES
    }
    assert [link.text for link in links.values()] == ["English", "Deutsch"]
    assert [tag for tag, link in links.items() if link.get("aria-current")] == ["de"]
    # A path of a stranger's making is not linked to.
    strange = BeautifulSoup(client.get("//evil.example/x").text, "lxml")
    assert [str(link["href"]) for link in strange.select(".languages a")] == ["?lang=en", "?lang=de"]


# How things are said


def test_a_message_is_its_english_text() -> None:
    said = Message("{name} has {number} of {words}", name="A {b} %s", number=-1200, words=Joined(quoted("xyz"), "or"))
    assert said == "A {b} %s has −1,200 of “x”, “y” or “z”"
    assert counted("{number} vote", "{number} votes", -1) == "−1 vote"
    assert [counted("one", "many", count) for count in (0, 1, 2)] == ["many", "one", "many"]
    assert Message("{clauses}.", clauses=Clauses((Message("ah"), Message("oh")))) == "Ah; oh."


NAMES = st.text(max_size=9)
MESSAGES = st.recursive(
    st.builds(lambda name, amount: Message("x {name} {amount}", name=name, amount=amount), NAMES, st.integers()),
    lambda inner: st.builds(
        lambda items, clauses, count: counted("{a} {b}", "{a} {b} {number}", count, a=Joined(items, "and"), b=Clauses(clauses)),
        st.lists(inner | NAMES, max_size=3).map(tuple),
        st.lists(inner, max_size=3).map(tuple),
        st.integers(),
    ),
    max_leaves=5,
)


@given(MESSAGES)
def test_a_message_comes_through_files_and_processes_as_it_was(said: Message) -> None:
    for there in (messages.unpacked(messages.packed(said)), pickle.loads(pickle.dumps(said))):
        assert there == said
        assert isinstance(there, Message)
        assert (there.template, there.many, there.how_many) == (said.template, said.many, said.how_many)
        assert there.values == said.values


@given(st.text() | st.text().map(lambda rest: f'{{"message": {rest}') | st.sampled_from([
    '{"message": "{x}", "many": null, "how_many": 1, "values": {}}',
    '{"message": "{x.y}", "many": null, "how_many": 1, "values": {"x": "z"}}',
    '{"message": "x", "many": null, "how_many": 1, "values": {"template": "z"}}',
    '{"message": "{x:>99}", "many": null, "how_many": 1, "values": {"x": "z"}}',
    '{"message": "{x!r}", "many": null, "how_many": 1, "values": {"x": "z"}}',
    '{"message": "{x[0]}", "many": null, "how_many": 1, "values": {"x": "z"}}',
    '{"message": "{", "many": null, "how_many": 1, "values": {}}',
    '{"message": 3}',
    '{"message": ' * 2000,
]))
def test_what_is_no_message_stays_as_it_is(text: str) -> None:
    assert messages.unpacked(text) == text
    assert messages.unpacked(messages.packed(text)) == text


@pytest.mark.usefixtures("in_german")
def test_numbers_times_and_lists_are_written_as_the_language_has_them() -> None:
    moment = datetime(2012, 3, 5, 14, 7, tzinfo=UTC)
    assert (number(-1234567), fixed(1234.5, 2), fixed(-0.5, 2, signed=True)) == ("−1.234.567", "1.234,50", "−0,50")
    assert (day(moment), minute(moment)) == ("5. März 2012", "5. März 2012, 14:07")
    assert (month_name(3), month_name(5)) == ("März", "Mai")
    assert (listed(["A", "B", "C"]), listed(["A", "B", "C"], "or"), listed(["A"])) == ("A, B und C", "A, B oder C", "A")
    ages = [age(moment, replace_year) for replace_year in (
        datetime(2024, 3, 5, 15, tzinfo=UTC), datetime(2013, 3, 6, tzinfo=UTC), datetime(2012, 5, 6, tzinfo=UTC),
        datetime(2012, 3, 6, 15, tzinfo=UTC), datetime(2012, 3, 5, 15, tzinfo=UTC),
    )]
    assert ages == ["vor 12 Jahren", "vor 1 Jahr", "vor 2 Monaten", "vor 1 Tag", "heute"]
    assert [say_of("{number} answer", "{number} answers", count) for count in (0, 1, 1234)] == [
        "0 Antworten", "1 Antwort", "1.234 Antworten",
    ]
    assert say("Site: {name}", name="{x}") == "Website: {x}"


def test_english_is_written_as_it_is_in_england() -> None:
    moment = datetime(2012, 3, 5, 14, 7, tzinfo=UTC)
    assert (number(-1234567), fixed(1234.5, 2), fixed(0.5, 2, signed=True)) == ("−1,234,567", "1,234.50", "+0.50")
    assert (day(moment), minute(moment), month_name(3, "abbreviated")) == ("5 March 2012", "5 March 2012, 14:07", "Mar")
    assert (listed(["A", "B", "C"]), listed(["A", "B", "C"], "or")) == ("A, B and C", "A, B or C")


NOTHING = Facts(words=0, missing=(), close=False, votes=None, usual=None, backers=(), disputed=False, best=False, worked=None)


@pytest.mark.usefixtures("in_german")
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        ({"words": 1}, "Enthält dein Wort."),
        ({"words": 5, "close": True}, "Enthält alle 5 Wörter deiner Frage, nah beieinander."),
        ({"words": 5, "missing": ("a", "b")}, "Enthält 3 der 5 Wörter deiner Frage (nicht „a“ oder „b“)."),
        ({"votes": 1, "usual": 0}, "1 Stimme, üblich wären hier keine."),
        ({"votes": 1200, "usual": 1000}, "1.200 Stimmen, üblich wären hier etwa 1.000."),
        ({"backers": ("ann", "bo")}, "Zuspruch in Worten von ann und bo."),
        ({"backers": ("ann", "bo", "cy")}, "Zuspruch in Worten von ann und 2 weiteren."),
        (
            {"words": 5, "missing": ("x",), "votes": 12, "usual": 3, "best": True, "worked": True},
            "Enthält 4 der 5 Wörter deiner Frage (nicht „x“); 12 Stimmen, üblich wären hier etwa 3; als beste markiert; wer fragte, hat es so gemacht.",
        ),
    ],
)
def test_why_an_answer_is_here_is_said_in_german(changes: dict[str, object], sentence: str) -> None:
    assert again(explanation.sentence(replace(NOTHING, **changes))) == sentence


def test_notes_are_said_in_the_readers_language(client: FlaskClient) -> None:
    page = client.get("/search?q=" + quote("cat zzxqy qqwzy votes:many") + "&exact=1", headers=GERMAN).text
    notes = [note.text for note in BeautifulSoup(page, "lxml").select(".notes li")]
    assert "„votes:many“ ist kein Filter und wurde deshalb als Wörter gesucht." in notes
    assert "In keiner Antwort stehen die Wörter „zzxqy“, „qqwzy“ oder „many“." in notes or any("„zzxqy“" in note for note in notes)


def test_all_of_english_is_needed_to_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A catalogue that is not whole leaves the rest in English, and harms nothing."""
    (tmp_path / "de.po").write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\nmsgid "today"\nmsgstr "heute"\n', "utf-8")
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    catalogue = language._catalogue("de", language.language("de").locale)
    assert (catalogue.gettext("today"), catalogue.gettext("Search")) == ("heute", "Search")


def test_what_a_browser_keeps_is_told_apart_by_language(client: FlaskClient) -> None:
    english, british, german = (
        client.get("/search?q=cat", headers={"Accept-Language": accepted}) for accepted in ("en", "en-GB;q=0.8", "de")
    )
    assert english.headers["ETag"] == british.headers["ETag"] != german.headers["ETag"]
    again_in_german = client.get("/search?q=cat", headers={**GERMAN, "If-None-Match": german.headers["ETag"]})
    assert again_in_german.status_code == 304
    assert "Accept-Language" in again_in_german.headers["Vary"]
    assert client.get("/search?q=cat", headers={**GERMAN, "If-None-Match": english.headers["ETag"]}).status_code == 200


def test_how_a_build_failed_is_said_in_german(tmp_path: Path) -> None:
    folder = make_library(tmp_path)
    (folder / "forgotten.jsonl").write_text("no rule\n", "utf-8")
    app = create_app(Library(folder), Settings(library=folder, engine="memory", jobs=1))
    client = app.test_client()
    secret = BeautifulSoup(client.get("/library/build").text, "lxml").select_one("input[name=form]")
    assert secret is not None
    assert client.post("/library/build?lang=de", data={"form": secret["value"]}).location.endswith("/library/build?lang=de")
    app.extensions["rebuilds"]._watching.join(60)
    told = client.get("/library/build?lang=de").text
    assert "Der Aufbau misslang" in told
    assert "forgotten.jsonl, Zeile 1, ist keine Regel" in told
    assert "Berichtige die Zeile" in told
    state = client.get("/api/build", headers=GERMAN).get_json()
    assert "forgotten.jsonl, line 1, is no rule" in state["error"]
    assert client.post("/library/build?lang=de", data={"form": "x"}).status_code == 403


# What readers remark, and what goes wrong in a build


def _messages(said: messages.Value) -> Iterator[Message]:
    """A message, and those that are filled into it."""
    match said:
        case Message():
            yield said
            for value in said.values.values():
                yield from _messages(value)
        case Joined() | Clauses():
            for item in said.items:
                yield from _messages(item)


def test_whatever_is_said_of_a_sample_is_said_in_every_language() -> None:
    """Of all formats' samples, those that are broken in every way that is known of among them."""
    said: set[str] = set()
    for sample in (sample for kind in samples.KINDS for sample in samples.every(kind) if sample.format != samples.INFODUMP):
        report = Report()
        for file in find([sample.path])[0]:
            try:
                posts = list(archives.read(Source(file), report))
                # What an archive in the exchange format tells of its posts is told as it is.
                said |= {warning for post in posts for warning in post.warnings if jsonl.name not in report.formats}
            except ArchiveError as error:
                said.add(error.told)
        said.update(report.warnings)
    assert len(said) > 150
    assert [one for one in said if not isinstance(one, Message)] == []
    templates = {message.template for one in said for message in _messages(one)}
    assert len(templates) > 100
    for tag in TRANSLATED:
        catalogue = _catalogue(tag)
        assert {template for template in templates if catalogue.get(template) is None} == set()


ROOMS = ("archives", "engines", "build.py", "importing.py", "store.py", "steps.py", "library.py", "ask.py", "gate.py", "forgetting.py")
"""Where something can go wrong that a page then tells of."""

NOT_ON_PAGES = ("infodump_extract.py", "infodump_tables.py")
SAYING = {"warn", "skip", "refuse"} | {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.AskiveError)}


def test_nothing_is_said_in_plain_english_where_pages_tell_of_it() -> None:
    looked_at, plain = 0, []
    for file in sorted((ROOT / "indexer").rglob("*.py")):
        if not {file.name, file.parent.name} & set(ROOMS) or file.name in NOT_ON_PAGES:
            continue
        for call in (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)):
            if (call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)) in SAYING:
                looked_at += 1
                said = call.args[0] if call.args else call
                if isinstance(said, ast.JoinedStr) or (isinstance(said, ast.Constant) and said.value):
                    plain.append(f"{file.name}:{call.lineno}")
    assert looked_at > 150
    assert plain == []


def test_what_a_reader_remarks_is_told_in_german_from_the_library_and_from_a_build(tmp_path: Path) -> None:
    folder = make_library(tmp_path)
    (folder / "threads" / "cut.jsonl").write_text('{"askive": "posts", "version": 1}\n{"id": \n', "utf-8")
    (folder / "threads" / "late.pdf").write_bytes(b"%PDF-1.7 of nobody")
    app = create_app(Library(folder), Settings(library=folder, engine="memory", jobs=1))
    client = app.test_client()
    secret = BeautifulSoup(client.get("/library/build").text, "lxml").select_one("input[name=form]")
    assert secret is not None
    client.post("/library/build", data={"form": secret["value"]})
    app.extensions["rebuilds"]._watching.join(60)
    for address in ("/library/build?lang=de", "/library?lang=de"):
        page = BeautifulSoup(client.get(address).text, "lxml")
        remarks = {item.text: item.get("lang") for item in page.select(".warnings li")}
        assert any(said.startswith("Zeile 2: ausgelassen, kein Beitrag (") for said in remarks), address
        assert set(remarks.values()) == {None}
        assert "threads/late.pdf ist ein PDF; speichere die Seite stattdessen als HTML oder Text" in page.text, address
    for address, archives_of in (("/api/build", lambda told: told["report"]), ("/api/library", lambda told: told)):
        told = archives_of(client.get(address, headers=GERMAN).get_json())["archives"]
        reasons = {archive["path"]: archive["reason"] for archive in told}
        assert (reasons["threads/late.pdf"] or "").startswith("threads/late.pdf is a PDF; save the page as HTML or text instead")


def test_remarks_of_a_library_of_before_stay_as_they_are(tmp_path: Path) -> None:
    folder = make_library(tmp_path)
    with closing(sqlite3.connect(folder / "library.sqlite")) as db, db:
        db.execute("UPDATE archives SET warnings = ?, reason = reason", (json.dumps(["line 7: something of <b>before</b>"]),))
    page = BeautifulSoup(create_app(Library(folder), Settings(library=folder)).test_client().get("/library?lang=de").text, "lxml")
    remarks = page.select(".warnings li")
    assert {(item.text, item["lang"]) for item in remarks} == {("line 7: something of <b>before</b>", "en")}


@given(MESSAGES, st.sampled_from([str.upper, lambda text: text.replace("x", ""), lambda text: f"{text}{{}}"]))
def test_what_is_filled_in_can_be_changed(said: Message, change: Callable[[str], str]) -> None:
    changed = messages.mapped(said, change)
    assert isinstance(changed, Message)
    assert (changed.template, changed.how_many) == (said.template, said.how_many)
    assert messages.mapped(said, str) == said
    assert messages.mapped("plain", change) == change("plain")


@given(st.recursive(MESSAGES | st.text() | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)))
def test_messages_come_through_json_wherever_they_stand(told: object) -> None:
    there = messages.unpacked_within(json.loads(json.dumps(messages.packed_within(told))))
    assert there == told


def test_every_step_of_a_build_has_a_name() -> None:
    """Those of commands alone are never watched."""
    source = "".join((ROOT / "indexer" / f"{room}.py").read_text("utf-8") for room in ("build", "encoding"))
    steps = set(re.findall(r'progress\("(\w+)"', source))
    assert len(steps) > 2
    assert steps == build_page._STEPS.keys() - {""}


def test_an_error_is_told_in_sentences() -> None:
    assert [ArchiveError(reason, "Mend it").told for reason in ("It broke", "It broke.")] == ["It broke. Mend it"] * 2
    assert ArchiveError("It broke", "").told == "It broke"


def test_places_are_said_again() -> None:
    report = Report()
    for where in ("line 12", "Posts.xml, row 1,204 (Id 7)", "line 3, post 9", "https://example.org/line 3", "byte 12,004"):
        report.warn(Message("not well-formed XML"), where)
    english = ["line 12", "Posts.xml, row 1,204 (Id 7)", "line 3, post 9", "https://example.org/line 3", "byte 12,004"]
    assert report.warnings == [f"{where}: not well-formed XML" for where in english]


@pytest.mark.usefixtures("in_german")
def test_places_are_said_in_german() -> None:
    report = Report()
    for where in ("line 12", "Posts.xml, row 1,204 (Id 7)", "line 3, post 9", "https://example.org/line 3"):
        report.skip(Message("its score {score} is no number", score="'é'"), where)
    places = ["Zeile 12", "Posts.xml, Zeile 1.204 (Id 7)", "Zeile 3, Beitrag 9", "https://example.org/line 3"]
    assert list(map(again, report.warnings)) == [f"{where}: ausgelassen, die Bewertung 'é' ist keine Zahl" for where in places]
