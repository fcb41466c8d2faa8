"""A citation says what is known, in forms that other programs read, and never more."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import bibtexparser
import pytest
from advice import HOSTILE, make_library
from bs4 import BeautifulSoup
from conftest import answer, question
from hypothesis import given
from hypothesis import strategies as st

from indexer import citation
from indexer.build import build
from indexer.errors import NotFound
from indexer.library import Library
from indexer.settings import Settings
from webui import create_app

ASKED = question(
    1,
    "Is 50% & more of a {deposit} \\ theft?",
    url="https://example.org/1/a_b%20c#d",
    captured=datetime(2020, 6, 1, 23, 30, tzinfo=UTC),
    licence="CC BY-SA 3.0",
)
ANSWER = answer(1, 1, "Yes.", author="Zoë_Ö", written=datetime(2012, 5, 1, 12, 1, tzinfo=UTC), licence="CC BY-SA 4.0")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = make_library(tmp_path_factory.mktemp("cite"))
    return create_app(Library(folder), Settings(library=folder)).test_client()


def parsed(text: str) -> dict[str, str]:
    """The fields of the one entry of a BibTeX file, by an independent reader."""
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    (entry,) = library.entries
    assert entry.entry_type == "misc"
    return {"key": entry.key, **{field.key: field.value for field in entry.fields}}


def test_an_answer_is_cited_with_its_own_author_time_and_licence_and_its_threads_title():
    cited = citation.of(ANSWER, ASKED, ASKED.id)
    assert cited.text() == (
        "Zoë_Ö: Answer to “Is 50% & more of a {deposit} \\ theft?”. example.org, 2012-05-01."
        " https://example.org/1/a_b%20c#d (copy of 2020-06-01). CC BY-SA 4.0."
    )
    fields = parsed(cited.bibtex())
    assert fields == {
        "key": "askive-example-org-1-1",
        "author": "{Zoë\\_Ö}",
        "title": "{Is 50\\% \\& more of a \\{deposit\\} \\textbackslash{} theft?}",
        "year": "2012",
        "month": "may",
        "date": "2012-05-01",
        "howpublished": "Answer on example.org",
        "url": "https://example.org/1/a_b%20c#d",
        "urldate": "2020-06-01",
        "note": "Archived as example.org:1/1; Licence: CC BY-SA 4.0",
    }
    assert cited.csl() == {
        "id": "askive-example-org-1-1",
        "type": "post",
        "genre": "Answer",
        "title": ASKED.title,
        "author": [{"literal": "Zoë_Ö"}],
        "container-title": "example.org",
        "issued": {"date-parts": [[2012, 5, 1]]},
        "accessed": {"date-parts": [[2020, 6, 1]]},
        "URL": "https://example.org/1/a_b%20c#d",
        "note": "Archived as example.org:1/1; Licence: CC BY-SA 4.0",
    }


def test_what_is_not_known_is_left_out():
    bare = question(1, "Why?", author=None, written=None)
    cited = citation.of(None, bare, bare.id)
    assert cited.text() == "“Why?”. example.org. example.org:1."
    assert parsed(cited.bibtex()).keys() == {"key", "title", "howpublished", "note"}
    assert cited.csl().keys() == {"id", "type", "genre", "title", "container-title", "note"}
    orphan = citation.of(None, None, "example.org:9")
    assert orphan.text() == "“(untitled question)”. example.org. example.org:9."


def test_nobody_is_named_who_asked_not_to_be():
    cited = citation.of(answer(1, 1, "x", author="secret", anonymous=True), ASKED, ASKED.id)
    for said in (cited.text(), cited.bibtex(), json.dumps(cited.csl())):
        assert "secret" not in said
        assert "anonymous" in said


def test_only_addresses_that_can_be_followed_are_cited():
    for url in ("javascript:alert(1)", "file:///etc/passwd", "not an address"):
        assert citation.of(answer(1, 1, "x", url=url), question(1, "Why?"), "example.org:1").url is None


@given(st.text(min_size=1, max_size=80), st.text(max_size=40), st.text(max_size=40))
def test_whatever_people_wrote_is_one_whole_entry(title, author, path):
    asked = question("1", title, author=author, url=f"https://example.org/{path}")
    cited = citation.of(None, asked, asked.id)
    fields = parsed(cited.bibtex())
    assert set(fields) <= {"key", "author", "title", "year", "month", "date", "howpublished", "url", "note"}
    assert "\n" not in cited.text()
    assert json.loads(json.dumps(cited.csl())) == cited.csl()


def test_addresses_give_each_form_by_itself(client):
    forms = {
        "text": "text/plain; charset=utf-8",
        "bibtex": "application/x-bibtex; charset=utf-8",
        "csl": "application/vnd.citationstyles.csl+json",
    }
    for form, kind in forms.items():
        response = client.get(f"/cite/example.org:1/1?format={form}")
        assert (response.status_code, response.headers["Content-Type"]) == (200, kind)
        assert "marzipan" in response.text
    given = client.get("/api/cite/example.org:1/1").json
    assert given["text"] + "\n" == client.get("/cite/example.org:1/1?format=text").text
    assert given["bibtex"] == client.get("/cite/example.org:1/1?format=bibtex").text
    assert [given["csl"]] == json.loads(client.get("/cite/example.org:1/1?format=csl").text)
    assert given["thread_id"] == "example.org:1"


def test_the_page_has_every_form_and_leads_back(client):
    page = BeautifulSoup(client.get("/cite/example.org:1/1").text, "lxml")
    given = client.get("/api/cite/example.org:1/1").json
    text, bibtex, csl = page.select(".quotable")
    assert text.text == given["text"]
    assert bibtex.text.strip() == given["bibtex"].strip()
    assert json.loads(csl.text) == [given["csl"]]
    back = client.get(page.select_one(".kicker a")["href"])
    assert BeautifulSoup(back.text, "lxml").find(id="a-1/1")


def test_hostile_words_stay_words_in_every_form(client):
    for name in ("example.org:3", 'example.org:3/"><b>'):
        for form in ("text", "bibtex", "csl"):
            response = client.get(f"/cite/{name}", query_string={"format": form})
            assert response.status_code == 200
            assert response.headers["Content-Type"].partition(";")[0] != "text/html"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
        page = client.get(f"/cite/{name}").text
        assert "<script>alert" not in page
        assert HOSTILE in BeautifulSoup(page, "lxml").select_one(".quotable").text


def test_what_is_not_here_is_not_cited(client, tmp_path):
    for address in ("/cite/nobody:1", "/cite/example.org:1/99", "/api/cite/nobody:1"):
        assert client.get(address).status_code == 404
    library = Library(make_library(tmp_path))
    with pytest.raises(NotFound):
        library.cite("nobody:1")


def test_every_name_of_a_thread_leads_to_the_same_citation(client):
    said = {client.get(f"/cite/{name}?format=text").text for name in ("example.org:5", "5", "https://example.org/5/breakfast")}
    (text,) = said
    assert text == (
        "asker: “The dog wants breakfast at dawn”. example.org, 2012-05-01. https://example.org/5/breakfast"
        " (copy of 2020-06-01). CC BY-SA 3.0.\n"
    )


def test_a_real_sites_answer(shared, tmp_path):
    build(tmp_path, [shared / "data" / "se_beer_2020" / "source" / "beer.stackexchange.com.7z"], engine="memory")
    assert Library(tmp_path).cite("beer.stackexchange.com:5019").text() == (
        "Ken Graham: Answer to “Difference between Whiskey and Bourbon?”. beer.stackexchange.com, 2016-05-23."
        " https://beer.stackexchange.com/a/5019. CC BY-SA 3.0."
    )
