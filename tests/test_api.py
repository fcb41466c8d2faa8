"""The addresses for programs: that what they give is what their own description says, over a real server, and nothing else."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
from advice import HOSTILE, hostile, make_library
from bs4 import BeautifulSoup
from conftest import answer, question, write_archive
from flask.testing import FlaskClient
from lxml import etree
from openapi_spec_validator import OpenAPIV31SpecValidator
from serving import served
from werkzeug.datastructures import MultiDict

from indexer import markup, shapes
from indexer.build import build
from indexer.errors import BadQuestion, BadSetting
from indexer.library import Library
from indexer.settings import Settings, load
from indexer.thread import Post
from webui import create_app
from webui.api import cursors, openapi, schemas
from webui.api.addresses import ADDRESSES
from webui.api.exports import CSV
from webui.api.parameters import ASKED, BROWSED
from webui.asked import Asked, Browsed, Reader
from webui.delivery import LEAST

ATOM = "{http://www.w3.org/2005/Atom}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="module")
def library(folder: Path) -> Library:
    return Library(folder)


@pytest.fixture(scope="module")
def client(library: Library, folder: Path) -> FlaskClient:
    return create_app(library, Settings(library=folder)).test_client()


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with served(folder) as address:
        yield address


def client_of(folder: Path) -> FlaskClient:
    return create_app(Library(folder), Settings(library=folder)).test_client()


# The description


def test_the_document_is_openapi(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    assert document == json.loads(json.dumps(openapi.document(ADDRESSES)))
    assert len({operation["get"]["operationId"] for operation in document["paths"].values()}) == len(ADDRESSES)


def test_every_parameter_that_pages_read_is_described() -> None:
    """What an address of a search or of the top answers may say is in the table, and the two agree on what it may be."""
    asked = Asked(
        question="x", site="s", category="y", tags=("t",), since=1, until=2, votes=3, best=True, dial=0.1, sort="votes", grouped=False, thread="z",
        exact=True,
    )  # fmt: skip
    assert set(asked.parameters(0.5)) == {parameter.name for parameter in ASKED}
    assert set(Browsed(site="s", category="y", year=1, raw=True).parameters()) == {parameter.name for parameter in BROWSED}
    for parameter in (*ASKED, *BROWSED):
        low, high = parameter.schema.get("minimum"), parameter.schema.get("maximum")
        values = [(low, True), (high, True), (low - 1, False), (high + 1, False)] if low is not None else []
        values += [(said, True) for said in parameter.schema.get("enum", ())]
        for value, is_fine in values:
            reader = Reader({parameter.name: str(value)})
            reader.asked(0.5)
            reader.browsed()
            assert (not reader.notes) == is_fine, (parameter.name, value)
            assert (parameter.refusal(str(value)) is None) == is_fine


def test_the_live_server_does_as_the_document_says(server: str, tmp_path: Path) -> None:
    """Schemathesis makes up requests from the document, sound and unsound ones, and holds what comes to it."""
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{server}/api/openapi.json", "--no-color"),
            *("--seed", "20261125", "--max-examples", "12", "--suppress-health-check", "all"),
            # A question may be well formed and hold no word to look for, a cursor be one of another list.
            *("--exclude-checks", "positive_data_acceptance"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8_000:] + run.stderr[-2_000:]
    # All but the document itself, which it has read.
    assert f"Selected: {len(ADDRESSES) - 1}/{len(ADDRESSES) - 1}" in run.stdout
    assert int(re.search(r"([\d,]+) generated", run.stdout)[1].replace(",", "")) > 500


def check(shape: Any, name: str) -> None:
    """That a shape is as the document says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas.COMPONENTS}}
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(shape)


def test_what_is_given_has_every_field_of_its_schema_and_no_other(client: FlaskClient) -> None:
    for address, name in {
        "/api/": "Index",
        "/api/openapi.json": "Document",
        "/api/search?q=interview+cat&n=100": "Results",
        "/api/search?q=intervieww": "Results",
        "/api/search?q=%22cat+interview%22": "Results",
        "/api/top": "Results",
        "/api/newest": "Results",
        "/api/search?tag=interview&category=Work+%26+Money&site=example.org": "Results",
        "/api/browse": "Totals",
        "/api/browse/top?site=example.org": "Results",
        "/api/browse/gems": "Results",
        "/api/browse/late": "Results",
        "/api/browse/threads": "Threads",
        "/api/browse/threads?tag=interview&year=2012&month=5&sort=answers": "Threads",
        "/api/browse/unanswered": "Threads",
        "/api/browse/categories": "Categories",
        "/api/browse/tags": "Tags",
        "/api/browse/years": "Months",
        "/api/browse/people?begins=M": "People",
        "/api/browse/person?site=example.org&name=marzipan": "PersonsAnswers",
        "/api/browse/duplicates": "Duplicates",
        "/api/browse/random?seed=x": "Random",
        "/api/cite/example.org:1/1": "Citation",
        "/api/cite/example.org:3": "Citation",
        "/api/build": "Build",
        "/api/library": "Library",
        "/api/library?n=1": "Library",
        "/api/thread/example.org:1": "Thread",
        "/api/thread/example.org:3": "Thread",
        "/api/thread/example.org:4": "Thread",
        "/api/thread/example.org:5": "Thread",
        "/api/complete?q=cat": "Completions",
        "/api/complete?q=cat&format=opensearch": "Suggestions",
        "/api/similar?q=cat": "SimilarTo",
        "/api/similar/example.org:1": "Similar",
    }.items():
        response = client.get(address)
        assert response.status_code == 200, address
        check(response.get_json(force=True), name)
    for address in (
        "/api/search",
        "/api/thread/nobody:1",
        "/api/nothing",
        "/search.csv",
        "/search.atom?q=the",
        "/top.jsonl?year=x",
    ):
        response = client.get(address)
        assert response.status_code in {400, 404}
        check(response.json, "Error")
    for line in client.get("/search.jsonl?q=interview+cat+zeppelin").text.splitlines():
        check(json.loads(line), "Exported")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/api/search?q=cat&catgory=pets", "There is no parameter “catgory” at this address; there are q, site, category, tag"),
        ("/api/search?q=cat&n=0", "“0” is no value of “n”, which goes from 1 to 100"),
        ("/api/search?q=cat&n=many", "“many” is no value of “n”, which takes whole numbers"),
        ("/api/search?q=cat&best=perhaps", "“perhaps” is no value of “best”; there are yes, no"),
        ("/api/search?q=cat&page=2&cursor=abc", "not by both"),
        ("/api/openapi.json?x=1", "it takes none"),
        ("/api/search?q=cat&category=" + "x" * 201, "longer than 200"),
    ],
)
def test_what_cannot_be_taken_is_an_error(client: FlaskClient, address: str, said: str) -> None:
    response = client.get(address)
    assert response.status_code == 400
    assert said in response.json["error"]


# Cursors


@pytest.mark.parametrize(
    ("address", "parameters"),
    [
        ("/api/search", {"q": "cat"}),
        ("/api/search", {"q": "cat interview", "group": "1"}),
        ("/api/top", {}),
        ("/api/newest", {}),
    ],
)
def test_cursors_lead_through_a_list_once(client: FlaskClient, address: str, parameters: dict[str, str]) -> None:
    found, cursor, sizes = [], None, iter([1, 7, 3, *[5] * 100])
    while True:
        page = client.get(address, query_string=parameters | {"n": next(sizes)} | ({"cursor": cursor} if cursor else {})).json
        assert page["offset"] == len(found)
        found += [answer["id"] for answer in page["answers"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(found) == len(set(found)) == page["listed"]
    assert found == [answer["id"] for answer in client.get(address, query_string=parameters | {"n": 100}).json["answers"]]


def test_a_cursor_is_checked(client: FlaskClient) -> None:
    cursor = client.get("/api/search?q=cat&n=2").json["next"]
    for address, said in (
        (f"/api/search?q=dog&cursor={cursor}", "another list"),
        (f"/api/top?cursor={cursor}", "another list"),
        (f"/api/search?q=cat&cursor={cursor[:-1]}", "no cursor"),
        (f"/api/search?q=cat&cursor={('A' if cursor[5] != 'A' else 'B').join((cursor[:5], cursor[6:]))}", "no cursor"),
        ("/api/search?q=cat&cursor=AAAA", "no cursor"),
    ):
        response = client.get(address)
        assert response.status_code == 400, address
        assert said in response.json["error"]
    assert client.get(f"/api/search?q=cat&n=5&cursor={cursor}").status_code == 200
    assert (
        cursors.take(cursors.give(2**40, "/a", MultiDict({"q": "x"}), "s"), "/a", MultiDict({"q": "x", "n": "3"}), "s") == 2**40
    )


def test_a_list_that_changed_under_a_cursor_says_so(tmp_path: Path) -> None:
    folder = make_library(tmp_path)
    client = client_of(folder)
    cursor = client.get("/api/search?q=cat&n=2").json["next"]
    write_archive(folder / "threads" / "more.jsonl", [question(9, "Another cat"), answer(9, 1, "Cat it is.")])
    build(folder, engine="memory")
    response = client.get(f"/api/search?q=cat&n=2&cursor={cursor}")
    assert response.status_code == 410
    assert "has changed" in response.json["error"]
    assert client.get("/api/search?q=cat&n=2").json["next"] != cursor


# What goes over the wire

CONDITIONAL = ("/", "/search?q=cat", "/thread/example.org:1", "/top", "/api/search?q=cat", "/search.csv?q=cat", "/newest.atom")


@pytest.mark.parametrize("address", CONDITIONAL)
def test_what_a_browser_has_is_not_sent_again(client: FlaskClient, address: str) -> None:
    first = client.get(address)
    etag = first.headers["ETag"]
    for method in ("GET", "HEAD"):
        again = client.open(address, method=method, headers={"If-None-Match": etag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
        assert "Accept-Encoding" in again.headers["Vary"]
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get(address, headers={"If-None-Match": "*"}).status_code == 200
    other = client.get(address + ("&" if "?" in address else "?") + "n=3")
    assert other.headers.get("ETag") != etag


def test_errors_have_no_etag_and_are_never_304(client: FlaskClient) -> None:
    for address in ("/nowhere", "/api/search?q=", "/thread/nobody:1"):
        response = client.get(address, headers={"If-None-Match": "*"})
        assert response.status_code in {400, 404}
        assert "ETag" not in response.headers


def test_every_write_makes_other_etags(tmp_path: Path) -> None:
    folder = make_library(tmp_path)
    client = client_of(folder)
    before = {address: client.get(address).headers["ETag"] for address in CONDITIONAL}
    # Nothing an answer is made of changes, but the list of archives does.
    (folder / "threads" / "b.html").write_text("<title>Log in</title>", "utf-8")
    build(folder, engine="memory")
    for address, etag in before.items():
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 200
    assert "b.html" in client.get("/library").text


@pytest.mark.parametrize("address", [*CONDITIONAL, "/static/askive.css", "/search.jsonl?q=cat", "/opensearch.xml", "/top.csv"])
def test_compression_changes_nothing_but_the_size(client: FlaskClient, address: str) -> None:
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": "br, gzip;q=0.8"})
    head = client.head(address, headers={"Accept-Encoding": "gzip"})
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Content-Encoding" not in plain.headers
    if len(plain.data) < LEAST:
        assert "Content-Encoding" not in packed.headers
        return
    assert packed.headers["Content-Encoding"] == "gzip"
    unpacked = gzip.decompress(packed.data)
    assert len(packed.data) < len(unpacked)
    assert re.sub(rb'"took_ms":[\d.]+|\d+ ms', b"", unpacked) == re.sub(rb'"took_ms":[\d.]+|\d+ ms', b"", plain.data)
    assert head.data == b""
    assert head.headers["Content-Encoding"] == "gzip"
    assert head.headers.get("ETag", "W/").startswith("W/")
    for refused in ("", "identity", "gzip;q=0", "br"):
        with client.get(address, headers={"Accept-Encoding": refused}) as response:
            assert "Content-Encoding" not in response.headers
    for response in (plain, packed, head):
        response.close()


def test_tiny_answers_and_errors_are_left_as_they_are(client: FlaskClient) -> None:
    for address in ("/api/complete?q=cat", "/api/search", "/nowhere"):
        assert "Content-Encoding" not in client.get(address, headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize("address", [openapi.template(address.rule) for address in ADDRESSES])
def test_head_is_as_get(client: FlaskClient, address: str) -> None:
    address = address.replace("{thread_id}", "example.org:1").replace("{post_id}", "example.org:1/1")
    address += "?site=example.org&name=marzipan" if "person" in address else ""
    address += "?q=cat" if "search" in address and "open" not in address else ""
    given, head = client.get(address), client.head(address)
    assert given.status_code == head.status_code == 200
    assert head.data == b""
    varying = {"Content-Length"} if "took_ms" in given.text else set()
    assert {name: value for name, value in head.headers.items() if name not in varying} == {
        name: value for name, value in given.headers.items() if name not in varying
    }
    assert client.post(address).status_code == 405


# Exports


def test_an_export_has_all_answers_in_the_order_of_the_pages(client: FlaskClient) -> None:
    for address, parameters in (
        ("search", {"q": "cat"}),
        ("search", {"q": "cat interview", "sort": "votes", "dial": "0.75"}),
        ("search", {"q": "interview cat", "group": "1"}),
        ("search", {"votes": "3", "sort": "newest"}),
        ("search", {"category": "Pets & Animals"}),
        ("search", {"q": "interview", "tag": "interview"}),
        ("search", {"q": "category:pets", "votes": "9"}),
        ("top", {"site": "example.org", "category": "pets"}),
        ("top", {"raw": "1"}),
        ("top", {"year": "2016"}),
    ):
        pages, cursor = [], None
        while True:
            page = client.get(f"/api/{address}", query_string=parameters | ({"cursor": cursor} if cursor else {})).json
            pages += page["answers"]
            cursor = page["next"]
            if cursor is None:
                break
        lines = [json.loads(line) for line in client.get(f"/{address}.jsonl", query_string=parameters).text.splitlines()]
        assert [{name: line[name] for name in pages[0]} for line in lines] == pages, parameters
        table = list(csv.DictReader(io.StringIO(client.get(f"/{address}.csv", query_string=parameters).text)))
        told = [(row["id"], "" if row["votes"] is None else str(row["votes"])) for row in pages]
        assert [(row["id"], row["votes"]) for row in table] == told
        assert [row["body"] for row in table] == [line["body"] for line in lines]


def test_exports_are_files_with_harmless_names(client: FlaskClient) -> None:
    for asked, name in (
        ("cat wakes me", "askive-cat-wakes-me.csv"),
        ('cat "\r\nX: y', "askive-cat-x-y.csv"),
        ("cat ../../é", "askive-cat.csv"),
        ("cat " + "x" * 300, "askive-cat-" + "x" * 56 + ".csv"),
    ):
        response = client.get("/search.csv", query_string={"q": asked})
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response.content_type == "text/csv; charset=utf-8"


FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0", "\uff1d1+1", "\n=HYPERLINK(1)")


def test_no_cell_of_a_table_is_a_formula(tmp_path: Path) -> None:
    posts = [
        question(1, "=1+1 zeppelin", category="@cat", author="+me", tags=("=tag",)),
        *(
            replace(
                answer(1, place, "zeppelin", author=formula, votes=-3, url=formula),
                body=markup.clean(f'<pre>{formula} zeppelin, "quoted"\nline</pre>'),
            )
            for place, formula in enumerate(FORMULAS, 1)
        ),
    ]
    write_archive(tmp_path / "threads" / "a.jsonl", posts)
    build(tmp_path, engine="memory")
    text = client_of(tmp_path).get("/search.csv?q=zeppelin").text
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 1 + len(FORMULAS)
    width = len(rows[0])
    for row in rows[1:]:
        assert len(row) == width
        values = dict(zip(rows[0], row, strict=True))
        assert values.pop("votes") == "-3"
        for cell in values.values():
            assert not re.match(r"\s*[=+@\-\t\r＝＋－＠]", cell), cell
        assert "quoted" in values["body"]


def test_a_large_set_is_streamed_and_one_moment_of_the_library(tmp_path: Path) -> None:
    posts: list[Post] = []
    for thread in range(30):
        posts += [
            question(thread, f"Question {thread}"),
            *(answer(thread, place, "Some words.", votes=1) for place in range(1, 21)),
        ]
    write_archive(tmp_path / "threads" / "a.jsonl", posts)
    build(tmp_path, engine="memory")
    library = Library(tmp_path)
    stream = library.every("votes:1")
    taken = iter(stream)
    first = next(taken)
    # Another question, and a build that deletes all of it, in the middle of the export.
    assert library.ask("words").total
    (tmp_path / "threads" / "a.jsonl").unlink()
    write_archive(tmp_path / "threads" / "b.jsonl", posts[:2])
    build(tmp_path, engine="memory", fresh=True)
    assert library.about()["answers"] == 1
    assert len({first.answer.id, *(ranked.answer.id for ranked in taken)}) == 600
    stream.close()
    with pytest.raises(BadQuestion):
        library.every("")


# Feeds and search boxes


def xml(response: Any) -> etree._Element:
    return etree.fromstring(response.data, etree.XMLParser(resolve_entities=False, no_network=True))


def check_feed(feed: etree._Element) -> list[etree._Element]:
    """The rules of RFC 4287 for what a feed and its entries have to have, and how often."""
    assert feed.tag == ATOM + "feed"
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    for element in (feed, *feed.iter(ATOM + "entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1, name
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", element.findtext(ATOM + "id"))
        for name in ("updated", "published"):
            for time in element.findall(ATOM + name):
                assert re.fullmatch(moment, time.text)
        assert len(element.findall(ATOM + "author")) == 1
        assert element.findtext(f"{ATOM}author/{ATOM}name").strip()
        links = {link.get("rel"): link for link in element.findall(ATOM + "link")}
        assert len(links) == len(element.findall(ATOM + "link"))
        assert links["alternate"].get("href").startswith("http://")
        assert element.find(ATOM + "title").get("type") == "text"
        assert {child.tag for child in element} <= {
            ATOM + name for name in ("id title updated link generator author entry published category summary content").split()
        }
    assert [link.get("type") for link in feed.findall(ATOM + "link") if link.get("rel") == "self"] == ["application/atom+xml"]
    entries = feed.findall(ATOM + "entry")
    assert len({entry.findtext(ATOM + "id") for entry in entries}) == len(entries)
    for entry in entries:
        assert len(entry.findall(ATOM + "content")) == 1
        assert entry.find(ATOM + "content").get("type") == "html"
        assert not len(entry.find(ATOM + "content"))
        assert all(category.get("term") for category in entry.findall(ATOM + "category"))
    return entries


def test_a_saved_search_is_a_valid_feed(client: FlaskClient, library: Library) -> None:
    response = client.get("/search.atom?q=cat&n=5", headers={"Host": "localhost:8000"})
    assert response.content_type == "application/atom+xml; charset=utf-8"
    entries = check_feed(xml(response))
    expected = library.ask("cat", n=5, sort="newest").answers
    assert [entry.find(ATOM + "link").get("href") for entry in entries] == [
        f"http://localhost:8000/thread/example.org:2#a-2/{ranked.answer.id.partition('/')[2]}" for ranked in expected
    ]
    assert [entry.findtext(ATOM + "updated") for entry in entries] == [ranked.answer.written.isoformat() for ranked in expected]
    assert entries[0].findtext(ATOM + "content") == expected[0].answer.body
    page = client.get(xml(response).find(f"{ATOM}link[@rel='alternate']").get("href").removeprefix("http://localhost:8000"))
    assert page.status_code == 200
    by_age = check_feed(xml(client.get("/search.atom?q=cat&n=5&sort=oldest")))
    assert [entry.findtext(ATOM + "id") for entry in by_age] != [entry.findtext(ATOM + "id") for entry in entries]
    assert check_feed(xml(client.get("/search.atom?q=cat&exact=1&votes=999"))) == []


def test_ids_of_feeds_stay_the_same(client: FlaskClient, tmp_path: Path) -> None:
    def ids(client: FlaskClient, address: str, host: str) -> list[str]:
        feed = xml(client.get(address, headers={"Host": host}))
        return [element.findtext(ATOM + "id") for element in (feed, *feed.iter(ATOM + "entry"))]

    elsewhere = client_of(make_library(tmp_path, engine="whoosh"))
    assert ids(client, "/search.atom?q=cat&votes=3", "localhost") == ids(
        elsewhere, "/search.atom?votes=3&q=cat", "127.0.0.1:81"
    )
    assert ids(client, "/newest.atom", "localhost")[0] == ids(client, "/newest.atom?n=3", "localhost")[0]
    assert ids(client, "/newest.atom", "localhost")[0] != ids(client, "/search.atom?q=cat", "localhost")[0]


def test_the_newest_answers_are_a_feed(client: FlaskClient, library: Library) -> None:
    feed = xml(client.get("/newest.atom"))
    times = [entry.findtext(ATOM + "published") for entry in check_feed(feed)]
    assert times == sorted(times, reverse=True)
    assert len(times) == 30
    assert datetime.fromisoformat(feed.findtext(ATOM + "updated")) <= datetime.now(UTC)
    assert library.stamp().startswith(feed.findtext(ATOM + "updated"))


def test_what_strangers_wrote_stays_text_in_feeds(tmp_path: Path) -> None:
    odd = "]]> <![CDATA[ &amp; \x00\x0b\ufffe\ud800 <entry/>"
    posts = [
        *hostile(),
        question(7, f"zeppelin {odd}".replace("\ud800", ""), category="</feed>", author="<b>"),
        answer(7, 1, "The zeppelin ]]> <b onclick=x> again", author=HOSTILE, written=None),
        answer(7, 2, "Zeppelin \x0b", author="nobody", anonymous=True),
    ]
    write_archive(tmp_path / "threads" / "a.jsonl", posts)
    build(tmp_path, engine="memory")
    client = client_of(tmp_path)
    asked = f"zeppelin {HOSTILE}{odd}".replace("\ud800", "")
    feed = xml(client.get("/search.atom", query_string={"q": asked}))
    assert check_feed(feed)
    assert HOSTILE in feed.findtext(ATOM + "title")
    entries = check_feed(xml(client.get("/search.atom?q=zeppelin")))
    assert len(entries) == 2
    bodies = "".join(entry.findtext(ATOM + "content") for entry in entries)
    assert "&lt;b onclick=x&gt;" in bodies
    assert "<b onclick" not in bodies
    assert {entry.findtext(f"{ATOM}author/{ATOM}name") for entry in entries} == {HOSTILE, "anonymous"}
    assert "1970-01-01T00:00:00+00:00" in {entry.findtext(ATOM + "updated") for entry in entries}


def test_a_browser_can_add_askive(client: FlaskClient) -> None:
    for page in ("/", "/search?q=cat", "/thread/example.org:1"):
        assert (
            'rel="search" type="application/opensearchdescription+xml" title="Askive" href="/opensearch.xml"'
            in client.get(page).text
        )
    response = client.get("/opensearch.xml", headers={"Host": "127.0.0.1:8000"})
    assert response.mimetype == "application/opensearchdescription+xml"
    described = xml(response)
    assert described.tag == OPENSEARCH + "OpenSearchDescription"
    assert 0 < len(described.findtext(OPENSEARCH + "ShortName")) <= 16
    assert 0 < len(described.findtext(OPENSEARCH + "Description")) <= 1024
    urls = {url.get("type"): url.get("template") for url in described.findall(OPENSEARCH + "Url")}
    page = urls["text/html"].replace("{searchTerms}", "cat+wakes")
    assert page == "http://127.0.0.1:8000/search?q=cat+wakes"
    suggested = client.get(
        urls["application/x-suggestions+json"].removeprefix("http://127.0.0.1:8000").replace("{searchTerms}", "cat+wak")
    )
    assert suggested.get_json(force=True) == ["cat wak", ["My cat wakes me at 5am every day"]]
    assert urls["application/opensearchdescription+xml"].endswith("/opensearch.xml")


def test_a_host_header_that_is_none_is_written_nowhere(library: Library, folder: Path) -> None:
    client = create_app(library, Settings(library=folder, host="0.0.0.0")).test_client()
    for host in ("<script>", 'a"b', "a b", "a/b", "a@b"):
        for address in ("/opensearch.xml", "/newest.atom"):
            response = client.get(address, headers={"Host": host})
            assert response.status_code == 400
            assert host not in response.text
    assert "http://library.lan:8080/search" in client.get("/opensearch.xml", headers={"Host": "library.lan:8080"}).text


# A real server


LIES = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Port": "443",
    "Forwarded": "for=127.0.0.1;host=evil.example;proto=https",
}


def fetched(address: str, headers: dict[str, str]) -> str:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as response:
        return response.read().decode()


def test_behind_a_proxy_whole_addresses_are_those_that_are_set(folder: Path) -> None:
    with served(folder, url="https://answers.example.org") as server:
        for headers in ({}, LIES, {"Host": "answers.example.org"}, {"Host": "answers.example.org", **LIES}):
            for address in ("/opensearch.xml", "/newest.atom", "/search.atom?q=cat"):
                said = fetched(server + address, headers)
                found = set(re.findall(r'(?:href|template)="(\w+://[^/"]*)', said))
                assert found == {"https://answers.example.org"}, (address, headers)
                assert "evil.example" not in said
        with pytest.raises(urllib.error.HTTPError, match="400"):
            fetched(f"{server}/opensearch.xml", {"Host": "evil.example"})


def test_what_a_request_says_of_proxies_is_not_believed(server: str) -> None:
    for address in ("/opensearch.xml", "/newest.atom"):
        assert fetched(server + address, LIES) == fetched(server + address, {})
        assert f'="{server}/' in fetched(server + address, LIES)


@pytest.mark.parametrize("url", ["answers.example.org", "https://example.org/askive", "javascript:alert(1)", "https://a b", "https://x/?y", "https://a@b"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadSetting):
        load({}, {"ASKIVE_URL": url})
    assert load({}, {"ASKIVE_URL": "http://[::1]:8443/"}).url == "http://[::1]:8443/"


def test_over_the_wire(server: str) -> None:
    for address in ("/search.jsonl?q=cat", "/search.csv?votes=1", "/api/search?q=cat", "/"):
        request = urllib.request.Request(server + address, headers={"Accept-Encoding": "gzip"})
        with (
            urllib.request.urlopen(request, timeout=10) as packed,
            urllib.request.urlopen(server + address, timeout=10) as plain,
        ):
            unpacked = gzip.decompress(packed.read())
            assert re.sub(rb'"took_ms":[\d.]+', b"", unpacked) == re.sub(rb'"took_ms":[\d.]+', b"", plain.read())
            assert "Accept-Encoding" in packed.headers["Vary"]
        request = urllib.request.Request(server + address, method="HEAD")
        with urllib.request.urlopen(request, timeout=10) as head:
            assert head.read() == b""
            assert head.status == 200


def test_a_thread_tells_who_quotes_whom(tmp_path: Path) -> None:
    said = "Send a short thank you note, and answer in it the question you froze on."
    posts = [
        question(1, "Bombed the interview, can it be saved?", "I froze when they asked me about failure."),
        answer(1, 1, said),
        replace(answer(1, 2, ""), body=markup.clean(f"<blockquote>{said}</blockquote><p>and “I froze when they asked me” too</p>")),
        replace(answer(1, 3, ""), kind="comment", parent_id="example.org:1/1", body=markup.clean(f"<em>{said}</em> Really?")),
    ]
    build(tmp_path, [write_archive(tmp_path / "quotes.jsonl", posts)], engine="memory", jobs=1)
    shape = create_app(Library(tmp_path), Settings(library=tmp_path)).test_client().get("/api/thread/example.org:1").get_json()
    check(shape, "Thread")
    first, second = shape["answers"]
    assert first["quotes"] == []
    assert second["quotes"] == [
        {"post_id": "example.org:1/1", "text": said},
        {"post_id": "example.org:1", "text": "“I froze when they asked me”"},
    ]
    assert [comment["quotes"] for comment in first["comments"]] == [[{"post_id": "example.org:1/1", "text": said}]]


def test_the_shapes_of_the_command_line_are_those_of_the_api(client: FlaskClient, library: Library) -> None:
    shape = shapes.results(library.ask("interview", n=3))
    given = client.get("/api/search?q=interview&n=3").json
    assert list(given) == [*shape, "next"]
    assert CSV.head.startswith("rank,id,thread_id")


def test_pages_lead_to_the_files_of_their_set(client: FlaskClient) -> None:
    for address in (
        "/search?q=cat&votes=3&sort=votes&page=2&group=0&dial=0.75",
        "/top?category=pets&raw=1",
        "/search?q=thank+intervieww",
    ):
        page = BeautifulSoup(client.get(address).text, "lxml")
        links = [link["href"] for link in page.select(".files a, link[rel=alternate]")]
        assert len(links) == (4 if "search" in address else 2)
        total = int(page.select_one(".tally strong").text)
        for link in links:
            response = client.get(link)
            assert response.status_code == 200, link
            if ".jsonl" in link:
                assert len(response.text.splitlines()) == total


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/api/browse/threads", "threads"),
        ("/api/browse/tags", "tags"),
        ("/api/browse/people", "people"),
        ("/api/browse/duplicates", "originals"),
        ("/api/browse/person?site=example.org&name=person1", "answers"),
        ("/api/library", "archives"),
    ],
)
def test_every_list_goes_on_by_cursor(client: FlaskClient, address: str, name: str) -> None:
    whole = client.get(address).json[name]
    assert len(whole) > 1 or "tags" in address
    found, cursor = [], None
    while True:
        sent = [*parse_qsl(urlsplit(address).query), ("n", "1")] + ([("cursor", cursor)] if cursor else [])
        page = client.get(urlsplit(address).path, query_string=MultiDict(sent)).json
        found += page[name]
        cursor = page["next"]
        if cursor is None:
            break
        assert len(page[name]) == 1

    def told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{key: value for key, value in row.items() if key != "took_ms"} for row in rows]

    assert told(found) == told(whole)
