"""The web pages and their JSON twins, asked over a real library through the whole application."""

from __future__ import annotations

import gzip
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from advice import HOSTILE, cats, interview, make_library
from bs4 import BeautifulSoup
from conftest import ROOT, answer, question, write_archive
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from indexer import shapes
from indexer.build import build
from indexer.errors import BadSetting
from indexer.explanation import backed
from indexer.facets import NumberShare
from indexer.library import Library
from indexer.query import Filters, Range
from indexer.settings import Settings
from webui import create_app
from webui.asked import Asked, Reader, typed_filters
from webui.language import age, say_of
from webui.paging import pager
from webui.safety import HEADERS
from webui.server import serve
from webui.views.narrowing import spans

INTERVIEW = "/search?q=bombed+interview+dream+job"
PAGES = (
    "/",
    INTERVIEW,
    "/search",
    "/search?q=cat&page=2",
    "/thread/example.org:1",
    "/thread/example.org:3",
    "/thread/example.org:5",
    "/thread/example.org:6",
    "/top",
    "/library",
    "/nowhere",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="module")
def library(folder: Path) -> Library:
    return Library(folder)


@pytest.fixture(scope="module")
def client(library: Library, folder: Path) -> FlaskClient:
    return create_app(library, Settings(library=folder)).test_client()


def soup(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.text, "lxml")


def text(response: TestResponse) -> str:
    return " ".join(soup(response).get_text(" ").split())


# What pages show


def test_home_shows_examples_counts_and_top_answers(client: FlaskClient, library: Library) -> None:
    page = soup(client.get("/"))
    assert page.select_one("form[action='/search'] input[name=q]")
    examples = list(page.select(".examples a"))
    assert "Bombed the interview for my dream job" in [link.text for link in examples]
    for link in examples:
        found = client.get(link["href"])
        assert found.status_code == 200
        assert soup(found).select(".card"), link.text
    about = library.about()
    assert f"{about['answers']} answers in {about['threads']} threads from example.org, 2012 to 2016." in text(client.get("/"))
    assert page.select(".card h3 a[href^='/thread/']")


def test_a_card_shows_all_that_is_known_and_leads_to_the_answer(client: FlaskClient) -> None:
    page = soup(client.get(INTERVIEW))
    cards = {card.select_one(".author").text if card.select_one(".author") else None: card for card in page.select(".card")}
    first = page.select(".card")[0]
    assert first is cards["marzipan"]
    assert first.select_one("h2 a").text == "Bombed the interview for my dream job. Can it be saved?"
    assert first.select_one("h2 a")["href"] == "/thread/example.org:1?at=1/1&q=bombed+interview+dream+job#passage"
    assert first.select_one(".kicker a").text == "Work & Money"
    assert "interview" in [mark.text for mark in first.select("mark")]
    assert first.select_one(".votes").get_text().split() == ["▲", "87", "votes"]
    assert not first.select(".asks, .site")  # its title asks, and there is one site
    assert re.fullmatch(r"1 May 2012 \(\d+ years ago\)", first.select_one("time").parent.text.split(", ", 1)[1])
    assert first.select_one(".best")
    assert "backed by Ottoline and 2 others" in first.select_one(".backed").text
    assert first.select_one("time")["datetime"].startswith("2012-05-01T12:01")
    rows = {
        row.select_one("th").text: row.select_one(".number").text
        for row in first.select(".why tr")
        if row.select_one(".number")
    }
    assert {"Answer text", "Thread text", "Endorsements", "Best answer", "Score"} <= rows.keys()
    parts = [float(number.replace("−", "-")) for name, number in rows.items() if name != "Score"]
    assert sum(parts) == pytest.approx(float(rows["Score"]), abs=0.01 * len(parts))
    assert "backed in words by Ottoline and 2 others" in first.select_one(".why").text


def test_what_the_archive_does_not_say_is_not_shown(client: FlaskClient) -> None:
    cards = soup(client.get(f"{INTERVIEW}&group=0")).select(".card")
    by_author = {card.select_one(".author").text: card for card in cards}
    assert not by_author["gravelroad"].select(".votes, .best, .backed")
    assert "−3" in by_author["saltbox"].select_one(".votes").text
    assert "anonymous" in by_author
    # Neither the relay, nor the moderator, nor the asker gives advice.
    assert not {"mod", "specimen"} & by_author.keys()


def test_anchors_of_cards_are_on_the_thread_page(client: FlaskClient) -> None:
    for asked in (INTERVIEW, "/search?q=cat", "/search?q=zeppelin", "/top"):
        for link in soup(client.get(asked)).select(".card h2 a"):
            address, _, fragment = link["href"].partition("#")
            thread = client.get(address)
            assert thread.status_code == 200
            assert soup(thread).find(id=urllib.parse.unquote(fragment)), link["href"]


def test_dial_and_sorts_are_links_that_change_the_order_only(client: FlaskClient) -> None:
    page = soup(client.get("/search?q=interview"))
    totals, orders = set(), set()
    links = [*page.select(".sorts a"), *page.select(".dial a")]
    assert len(links) == 4 + 5
    assert [link.text for link in page.select(".sorts a[aria-current], .dial a[aria-current]")] == ["Best", "Both alike"]
    for link in links:
        turned = soup(client.get(link["href"]))
        totals.add(turned.select_one(".tally strong").text)
        orders.add(tuple(link["href"] for link in turned.select(".card h2 a")))
    assert len(totals) == 1
    assert len(orders) > 1
    by_votes = soup(client.get("/search?q=interview&sort=votes"))
    votes = [
        int(card.select_one(".votes").text.split()[1].replace("−", "-"))
        for card in by_votes.select(".card")
        if card.select_one(".votes")
    ]
    assert votes == sorted(votes, reverse=True)
    assert not by_votes.select(".dial a[aria-current]")


def test_paging_shows_every_answer_once(client: FlaskClient) -> None:
    address: str | None = "/search?q=cat&group=0"
    ranks, links, pages = [], [], 0
    while address:
        page = soup(client.get(address))
        ranks += [int(rank.text) for rank in page.select(".rank")]
        links += [link["href"] for link in page.select(".card h2 a")]
        following = page.select_one(".pages a[rel=next]")
        address, pages = following["href"] if following else None, pages + 1
    assert pages == 3
    assert ranks == list(range(1, 26))
    assert len(set(links)) == 25


def test_filter_controls_and_chips(client: FlaskClient) -> None:
    page = soup(client.get("/search?q=cat+votes:>=3&from=2015&to=2017&category=Pets+%26+Animals&votes=20&dial=0.75"))
    chips = {
        chip.get_text().replace("Take away the filter: ", "").strip(" ×\n"): chip["href"]
        for chip in page.select(".chips a:not(.all)")
    }
    assert list(chips) == ["Category: Pets & Animals", "2015 to 2017", "20 votes or more", "votes:>=3"]
    # A new question in the box goes on with what was chosen.
    kept = {field["name"]: field["value"] for field in page.select(".box input[type=hidden]")}
    assert kept == {"category": "Pets & Animals", "from": "2015", "to": "2017", "votes": "20", "dial": "0.75"}
    assert not soup(client.get(page.select_one(".chips .all")["href"])).select(".chips")
    without = soup(client.get(chips["votes:>=3"]))
    assert without.select_one("#q")["value"] == "cat"
    assert len(without.select(".chips a:not(.all)")) == 3
    assert without.select_one(".tally strong").text == "6"
    assert soup(client.get("/search?q=cat&from=2017&exact=1")).select_one(".empty")
    assert soup(client.get("/search?best=yes")).select_one(".tally strong").text == "1"


def test_facets_narrow_with_one_tap_and_say_what_is_left(client: FlaskClient) -> None:
    page = soup(client.get("/search?q=cat+interview+note+panels&dial=0.25&sort=votes&group=0"))
    groups = {group.select_one("h3").text: group.select("a.entry") for group in page.select(".narrowing .group")}
    assert list(groups) == ["Category", "Tag", "Votes", "Marked", "Year"]
    total = int(page.select_one(".tally strong").text)
    for links in groups.values():
        for link in links:
            count = int(link.select_one(".count").text)
            narrowed = soup(client.get(link["href"]))
            assert 0 < count < total
            assert narrowed.select_one(".tally strong").text == str(count), link
            (chip,) = narrowed.select(".chips a")
            assert chip.select_one("bdi").text
            assert soup(client.get(chip["href"])).select_one(".tally strong").text == str(total)
            for field, value in {"dial": "0.25", "sort": "votes", "group": "0"}.items():
                assert f"{field}={value}" in link["href"]
    twice = soup(client.get("/search?q=interview&tag=interview&tag=dreamjob"))
    assert len(twice.select(".chips a:not(.all)")) == 2
    assert len(twice.select(".box input[name=tag]")) == 2
    assert not soup(client.get("/search?q=bombed&best=yes")).select(".narrowing")


def test_many_years_are_taken_together() -> None:
    years = [NumberShare(year, 2) for year in range(2015, 2003, -1)]
    assert spans(years) == [(2015, 2019, 2), (2010, 2014, 10), (2005, 2009, 10), (2000, 2004, 2)]
    assert spans(years[:2]) == [(2015, 2015, 2), (2014, 2014, 2)]


def test_home_tells_of_the_last_year_of_this_day_and_of_chance(library_of: Callable[..., Library], tmp_path: Path) -> None:
    today = datetime.now(UTC)
    posts = []
    for number in range(1, 7):
        year = 2010 + number // 2
        asked = today.replace(year=year, day=min(today.day, 28), hour=9)
        posts += [
            question(number, f"How does lamp number{number} work?", written=asked, category="Home"),
            answer(number, 1, f"With oil of kind {number}.", votes=number, written=asked),
        ]
    folder = tmp_path / "library"
    page = soup(create_app(library_of(*posts), Settings(library=folder)).test_client().get("/"))
    assert page.select_one("#top").text == "The best of 2012"
    assert page.select_one(".heading a")["href"] == "/top?year=2012"
    assert [time["datetime"][:4] for time in page.select(".cards time")] == ["2012", "2012"]
    if today.day <= 28:
        assert [when.text for when in page.select("#today + ul .when")] == ["2010", "2011", "2011", "2012"]
    assert page.select_one(".holds a")["href"] == "/random"
    entries = {entry.select_one(".name").text: entry.select_one(".count").text for entry in page.select(".glance .entry")}
    assert entries == {"Home": "6", "2013": "1", "2012": "2", "2011": "2", "2010": "1"}


def test_a_page_of_results_is_light(client: FlaskClient) -> None:
    """All that a cold browser asks for: the page, a sheet, a script and a mark, less than 40 kB as they are sent with gzip."""
    response = client.get("/search?q=cat+interview&group=0")
    page = soup(response)
    # What may be added, a feed and a search engine, is fetched by nobody who does not ask for it.
    links = page.select("link[rel=icon], link[rel=stylesheet]")
    assert {tag["rel"][0] for tag in page.select("link")} == {"icon", "stylesheet", "search", "expect", "alternate"}
    needs = {tag["href"] for tag in links} | {tag["src"] for tag in page.select("[src]")}
    assert len(needs) == 3
    sent = [response.data]
    for address in needs:
        with client.get(address) as asset:
            sent.append(asset.data)
    assert sum(len(gzip.compress(data)) for data in sent) < 40_000


def test_a_lone_quote_does_not_swallow_the_controls(client: FlaskClient) -> None:
    found = client.get("/api/search", query_string={"q": 'cat "wakes', "votes": "24"}).json
    assert {answer["votes"] for answer in found["answers"]} == {24, 25}


def test_an_empty_page_of_results_helps(client: FlaskClient) -> None:
    page = soup(client.get("/search", query_string={"q": '"cat interview"', "votes": "5", "exact": "1"}))
    assert "Nothing in this library answers that" in page.text
    wider = page.select(".wider a")
    assert wider
    for link in wider:
        assert soup(client.get(link["href"])).select_one(".tally strong").text == link.text.split()[0]


def test_a_slip_is_mended_and_can_be_had_back(client: FlaskClient) -> None:
    page = soup(client.get("/search?q=thank+intervieww&votes=20&category=Work+%26+Money&dial=0.75"))
    meant = page.select_one(".meant")
    assert meant.text == "Showing answers for thank interview. Search instead for thank intervieww"
    assert page.select_one("#q")["value"] == "thank intervieww"
    assert page.select(".card mark")
    back = soup(client.get(meant.a["href"]))
    assert not back.select(".meant")
    assert back.select_one("#q")["value"] == "thank intervieww"
    assert "“intervieww”" in back.select_one(".notes").text
    assert len(back.select(".chips a:not(.all)")) == 2
    offered = soup(client.get("/search?q=jnterview&votes=20")).select_one(".meant")
    assert offered.text == "Did you mean interview?"
    assert soup(client.get(offered.a["href"])).select_one("#q")["value"] == "interview"


def test_what_was_let_go_of_is_told_and_can_be_had_back(client: FlaskClient) -> None:
    page = soup(client.get("/search", query_string={"q": '"cat interview"', "votes": "5"}))
    assert page.select(".card")
    assert [note.text for note in page.select(".notes li")] == [
        "No answer has all of what is in quotes; these have some of it."
    ]
    assert soup(client.get(page.select_one(".meant a")["href"])).select_one(".empty")


def test_a_thread_names_others_like_it(client: FlaskClient, library: Library) -> None:
    for name in ("example.org:1", "example.org:2"):
        named = {link["href"]: link.text for link in soup(client.get(f"/thread/{name}")).select(".similar a")}
        assert named == {f"/thread/{near.thread_id}": near.title for near in library.similar(name)}
        assert f"/thread/{name}" not in named
    assert not soup(client.get("/thread/example.org:4")).select(".similar")


def test_completions_and_neighbours_as_json(client: FlaskClient, library: Library) -> None:
    title = "My cat wakes me at 5am every day"
    found = client.get("/api/complete?q=cat+wak").json
    assert found == {"question": "cat wak", "completions": [{"text": title, "thread_id": "example.org:2"}]}
    assert client.get("/api/complete?q=cat+wak+").json["completions"] == []
    assert client.get("/api/complete?q=").json == {"question": "", "completions": []}
    for_browsers = client.get("/api/complete?q=cat+wak&format=opensearch")
    assert for_browsers.mimetype == "application/x-suggestions+json"
    assert for_browsers.get_json(force=True) == ["cat wak", [title]]
    like = client.get("/api/similar?q=bombed+interview&n=1").json
    assert [near["thread_id"] for near in like["similar"]] == ["example.org:1"]
    assert client.get("/api/similar/example.org:1").json["similar"] == shapes.neighbours(library.similar("example.org:1"))
    assert client.get("/api/similar/nowhere:1").status_code == 404
    assert client.get("/api/complete?q=cat&n=many").status_code == 400


def test_notes_say_what_was_not_understood(client: FlaskClient) -> None:
    assert "“votes:many” is no filter" in text(client.get("/search?q=cat+votes:many"))
    assert "There is no category “cars” here" in text(client.get("/search?q=cat+category:cars"))
    assert "These words are in every question" in text(client.get("/search?q=how+do+I"))
    assert "past the end" in text(client.get("/search?q=cat&page=9999999999"))


def test_thread_page(client: FlaskClient) -> None:
    page = soup(client.get("/thread/example.org:1"))
    posts = page.select("article[id^='a-1/']")
    assert [post["id"] for post in posts] == [f"a-1/{place}" for place in range(1, 10)]
    voice = {post["id"]: post["class"][1] for post in posts}
    assert [voice[f"a-1/{place}"] for place in (1, 4, 6, 7)] == ["answer", "asker", "relay", "modnote"]
    first = posts[0]
    assert first.select_one(".best")
    assert [link["href"] for link in first.select(".ties .for a")] == ["#a-1/3", "#a-1/8", "#a-1/10"]
    assert [link["href"] for link in first.select(".ties .against a")] == ["#a-1/5"]
    assert [link["href"] for link in posts[2].select(".ties a")] == ["#a-1/1"]
    assert first.select_one(".comments").find(id="a-1/10")
    assert "The byline was cut short." in posts[7].select_one(".warnings").text
    assert not posts[1].select(".votes")
    assert page.select_one(".attribution a")["href"] == "https://example.org/1/bombed-the-interview"
    assert [paragraph.text for paragraph in page.select(".question .prose p")] == [
        "I froze when they asked about failure.",
        "What now?",
    ]
    for link in page.select("a[href^='#a-']"):
        assert page.find(id=urllib.parse.unquote(link["href"][1:]))


def test_a_closed_thread_names_what_was_asked_before_and_its_rights(client: FlaskClient) -> None:
    page = soup(client.get("/thread/example.org:5"))
    closed = page.select_one(".question .closed")
    assert " ".join(closed.text.split()) == (
        "Closed on 2 April 2016 as a duplicate of My cat wakes me at 5am every day, example.org:77"
    )
    assert [link["href"] for link in closed.select("a")] == ["/thread/example.org:2"]
    line = page.select_one(".source .attribution")
    assert " ".join(line.text.split()) == (
        "Asked by asker on example.org, example.org/5/breakfast, saved on 1 June 2020, CC BY-SA 3.0"
    )
    assert [link["href"] for link in line.select("a")] == [
        "https://example.org/5/breakfast",
        "https://creativecommons.org/licenses/by-sa/3.0/",
    ]
    # A post says its licence where it is another than the thread's.
    assert [[said.text for said in post.select(".licence")] for post in page.select("section .post")] == [[], ["CC BY-SA 4.0"]]
    original = soup(client.get("/thread/example.org:2"))
    assert not original.select(".closed")
    assert [link["href"] for link in original.select(".source > li > a[href^='/thread/']")] == ["/thread/example.org:5"]
    assert text(client.get("/thread/example.org:2")).count("Asked again: The dog wants breakfast at dawn") == 1


def test_more_originals_than_are_named_are_counted(client: FlaskClient) -> None:
    page = soup(client.get("/thread/example.org:6"))
    said = page.select_one(".closed").text
    assert said.startswith("A duplicate of example.org:<script>alert(1)</script>")
    assert said.endswith(" and 2 more")
    assert not page.select(".closed a, .attribution a")
    assert page.select_one(".attribution").text == f"Asked by asker on example.org, {HOSTILE}"


def test_the_api_tells_closing_rights_and_duplicates(client: FlaskClient) -> None:
    shown = client.get("/api/thread/example.org:5").json
    assert {key: shown[key] for key in ("licence", "captured", "closed", "duplicate_of", "duplicates", "url")} == {
        "licence": "CC BY-SA 3.0",
        "captured": "2020-06-01T00:00:00+00:00",
        "closed": "2016-04-02T09:00:00+00:00",
        "duplicate_of": ["example.org:2", "example.org:77"],
        "duplicates": [],
        "url": "https://example.org/5/breakfast",
    }
    assert [(reply["licence"], reply["url"]) for reply in shown["answers"]] == [("CC BY-SA 3.0", None), ("CC BY-SA 4.0", None)]
    assert client.get("/api/thread/example.org:2").json["duplicates"] == ["example.org:5"]


def test_thread_page_by_votes(client: FlaskClient) -> None:
    page = soup(client.get(soup(client.get("/thread/example.org:1")).select(".sorts a")[1]["href"]))
    order = [post["id"] for post in page.select("section > article")]
    assert order == [f"a-1/{place}" for place in (1, 3, 9, 5, 8, 2, 4, 6, 7)]
    assert "From the asker and the moderators" in page.text


def test_thread_is_found_by_its_other_names(client: FlaskClient) -> None:
    title = soup(client.get("/thread/example.org:1")).h1.text
    for name in ("1", "example.org:1/3", quote("https://example.org/1/bombed-the-interview")):
        assert soup(client.get(f"/thread/{name}")).h1.text == title
    assert "in no archive read so far" in text(client.get("/thread/example.org:4"))


def test_top_by_category_year_and_order(client: FlaskClient) -> None:
    page = soup(client.get("/top"))
    assert page.h1.text == "Top answers"
    facets = {link.get_text(" ").split()[0]: link["href"] for link in page.select(".facets a")}
    of_2016 = soup(client.get(facets["2016"]))
    assert of_2016.select_one(".tally strong").text == "25"
    assert of_2016.select_one(".facets a[aria-current][href*='2016']")
    raw = soup(client.get(page.select(".sorts a")[1]["href"]))
    votes = [int(card.select_one(".votes").text.split()[1]) for card in raw.select(".card")]
    assert votes == sorted(votes, reverse=True)
    assert votes[0] == 87
    assert "would be usual" in text(client.get("/top"))
    assert soup(client.get("/top", query_string={"category": "Work & Money"})).select_one(".chips").text.split() == (
        "Take away the filter: Category: Work & Money ×".split()
    )


def test_about_says_what_was_read_and_what_was_not(client: FlaskClient, folder: Path) -> None:
    response = client.get("/library")
    page = soup(response)
    rows = page.select(".archives > li")
    assert [row.select_one("code").text for row in rows] == ["threads/login <b>page.html", "threads/advice.jsonl"]
    assert "Not read." in rows[0].text
    assert "5 threads, 39 answers" in rows[1].text
    assert "memory (as set)" in page.text
    assert str(folder) not in response.text


def test_the_page_about_askive_has_moved(client: FlaskClient) -> None:
    moved = client.get("/about")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/library")


def test_about_does_not_say_where_archives_lie_on_the_disk(tmp_path: Path) -> None:
    elsewhere = write_archive(tmp_path / "elsewhere" / "a.jsonl", interview())
    broken = tmp_path / "elsewhere" / "b.jsonl"
    broken.write_text("no thread at all", "utf-8")
    build(tmp_path / "library", [elsewhere, broken], engine="memory")
    response = create_app(Library(tmp_path / "library"), Settings(library=tmp_path / "library")).test_client().get("/library")
    assert {code.text for code in soup(response).select(".archives code")} == {"a.jsonl", "b.jsonl"}
    assert str(tmp_path) not in response.text


def test_a_build_shows_at_once(tmp_path: Path) -> None:
    write_archive(tmp_path / "threads" / "a.jsonl", interview())
    build(tmp_path, engine="memory")
    client = create_app(Library(tmp_path), Settings(library=tmp_path)).test_client()
    assert soup(client.get("/search?q=cat")).select_one(".empty")
    write_archive(tmp_path / "threads" / "b.jsonl", cats())
    build(tmp_path, engine="memory")
    assert soup(client.get("/search?q=cat")).select_one(".tally strong").text == "25"


def test_a_thread_tells_how_votes_rose_and_what_a_later_copy_lacks(tmp_path: Path) -> None:
    asked, first, second = question(1, "Why?"), answer(1, 1, "So.", votes=3), answer(1, 2, "Or so.", votes=1)
    early, late = datetime(2010, 5, 1, tzinfo=UTC), datetime(2015, 6, 1, tzinfo=UTC)
    write_archive(tmp_path / "threads" / "a.jsonl", [replace(post, captured=early) for post in (asked, first, second)])
    write_archive(tmp_path / "threads" / "b.jsonl", [replace(asked, captured=late), replace(first, captured=late, votes=12)])
    build(tmp_path, engine="memory")
    page = soup(create_app(Library(tmp_path), Settings(library=tmp_path)).test_client().get("/thread/example.org:1"))
    told = [" ".join(article.select_one(".byline").text.split()) for article in page.select("section .post")]
    assert "Votes over time: 3 on 1 May 2010, 12 on 1 June 2015" in told[0]
    assert "Not in the copy" not in told[0]
    assert "Not in the copy of 1 June 2015" in told[1]
    assert "Votes over time" not in told[1]


# JSON


def test_api_gives_the_shapes_of_the_house(client: FlaskClient, library: Library) -> None:
    found = client.get("/api/search?q=interview&n=3&dial=0.75&sort=votes").json
    expected = shapes.results(library.ask("interview", n=3, dial=0.75, sort="votes"))
    assert found.pop("next")
    assert found | {"took_ms": 0} == expected | {"took_ms": 0}
    assert list(found) == list(expected)
    assert client.get("/api/thread/example.org:1").json == shapes.thread(library.thread("example.org:1"))
    top = client.get("/api/top?year=2016&raw=1&page=2").json
    assert top.pop("next")
    assert top | {"took_ms": 0} == shapes.results(library.top(year=2016, raw=True, n=10, offset=10)) | {"took_ms": 0}
    for given in (*found["answers"], *top["answers"]):
        assert given["votes"] is None or isinstance(given["votes"], int)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/search", 400),
        ("/api/search?q=", 400),
        ("/api/search?q=the", 400),
        ("/api/search?q=cat&dial=nan", 400),
        ("/api/search?q=cat&n=0", 400),
        ("/api/search?q=cat&sort=worst", 400),
        ("/api/top?year=abc", 400),
        ("/api/thread/nobody:1", 404),
        ("/api/nothing", 404),
    ],
)
def test_api_errors(client: FlaskClient, address: str, status: int) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert response.json.keys() == {"error", "hint"}
    assert all(response.json.values())


# Safety


@pytest.mark.parametrize(
    "address", [*PAGES, "/api/search?q=cat", "/api/thread/x", "/static/askive.css", "/favicon.ico", "/static/../app.py"]
)
def test_headers_on_every_response(client: FlaskClient, address: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        response = client.open(address, method=method)
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in response.headers
        assert response.status_code in {200, 404, 400, 405}
        assert method != "HEAD" or response.data == b""
        response.close()


def test_headers_and_a_plain_page_even_when_the_server_fails(tmp_path: Path) -> None:
    write_archive(tmp_path / "threads" / "a.jsonl", interview())
    build(tmp_path, engine="memory")
    app = create_app(Library(tmp_path), Settings(library=tmp_path))

    @app.get("/fail")
    def fail() -> str:
        raise RuntimeError("secret")

    response = app.test_client().get("/fail")
    assert response.status_code == 500
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert "Something went wrong here" in response.text
    assert "secret" not in response.text


def test_our_own_files_are_kept_until_they_change(client: FlaskClient) -> None:
    page = soup(client.get("/"))
    addresses = {tag[name] for name in ("href", "src") for tag in page.find_all(attrs={name: re.compile("^/static/")})}
    assert {address.partition("?")[0] for address in addresses} == {f"/static/{name}" for name in ("askive.css", "askive.js", "mark.svg")}
    for address in addresses:
        with client.get(address) as kept:
            assert "immutable" in kept.headers["Cache-Control"], address
        # Under an address that may mean another file tomorrow it is asked for again.
        for other in (address.partition("?")[0], address[:-1] + "x", "/static/nothing?v=" + address[-12:]):
            with client.get(other) as asked:
                assert asked.headers["Cache-Control"] == "no-cache", other


def _attacks(page: BeautifulSoup) -> list[str]:
    """All that may not be on a page of ours, whoever wrote what is on it."""
    found = [str(tag) for tag in page.find_all(["style", "iframe", "object", "embed", "base"])]
    found += [str(tag) for tag in page.find_all("script") if not re.fullmatch(r"/static/askive\.js\?v=\w+", tag.get("src", "")) or tag.text]
    found += [str(tag) for tag in page.find_all("img") if not tag["src"].startswith("/static/")]
    found += [str(tag) for tag in page.find_all("form") if tag.get("method") != "dialog" and tag["action"] != "/search"]
    for tag in page.find_all(True):
        found += [f"{name} on {tag.name}" for name in tag.attrs if name.startswith("on") or name == "style"]
        found += [
            str(tag)
            for name in ("href", "src", "action")
            if re.match(r"\s*(javascript|data|vbscript):", tag.get(name, ""), re.IGNORECASE)
        ]
    return found


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/search?q=zeppelin",
        "/thread/example.org:3",
        "/thread/example.org:3?order=votes",
        "/top",
        "/library",
        f"/search?q={quote(HOSTILE)}",
        f"/search?q=cat&category={quote(HOSTILE)}&sort={quote(HOSTILE)}&dial={quote(HOSTILE)}&from={quote(HOSTILE)}",
        f"/search?q=cat+author:{quote(HOSTILE)}",
        f"/top?category={quote(HOSTILE)}&year={quote(HOSTILE)}",
        f"/thread/{quote(HOSTILE, safe='')}",
        f"/{quote(HOSTILE, safe='')}",
    ],
)
def test_nothing_written_by_strangers_becomes_markup(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code in {200, 404}
    assert "<script>alert" not in response.text
    page = soup(response)
    assert _attacks(page) == []
    # An id from a body would take the place of the page's own.
    assert [tag.name for tag in page.find_all(id="main")] == ["main"]


def test_hostile_text_is_shown_as_text(client: FlaskClient) -> None:
    page = soup(client.get("/thread/example.org:3"))
    assert page.h1.text.startswith("<script>alert(1)</script>")
    assert page.select_one(".question .author").text == HOSTILE
    assert page.select_one(".question .prose b").text == "bold"
    assert not page.select(".attribution a")
    assert soup(client.get("/search", query_string={"q": HOSTILE})).select_one("#q")["value"] == HOSTILE


def test_archived_html_is_set_as_html_in_one_place_only() -> None:
    sources = {path: path.read_text("utf-8") for path in (ROOT / "webui").rglob("*") if path.suffix in {".py", ".html"}}
    assert [path.name for path, source in sources.items() for _ in re.findall(r"\bMarkup\(", source)] == ["post.py"]
    assert not [path for path, source in sources.items() if re.search(r"\|\s*safe\b|autoescape|render_template_string", source)]
    assert not [
        path for path, source in sources.items() if path.suffix == ".html" and re.search(r"\son\w+=|\sstyle=|<style", source)
    ]


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "cat " * 2500,
        "q=" + quote("🐈" * 2600),
        "q=" + quote("🐈‍⬛ cat \U0010ffff"),
        "q=" + "a" * 10_000,
        "q=" + "%22" * 5001,
        "q=cat%00%00",
        "q=%22",
        "q='%22cat",
        "q=%ED%A0%80cat",
        "q=%FF%FE",
        "q=(((((((cat",
        "q=" + quote('category:"' * 500),
        "q=" + quote('-cat -"cat wakes" year:9999999999..1'),
        "q=cat&page=-1",
        "q=cat&page=9999999999",
        "q=cat&page=" + "9" * 5000,
        "q=cat&page=%D9%A3",
        "q=cat&dial=nan",
        "q=cat&dial=inf",
        "q=cat&dial=abc",
        "q=cat&dial=-0.0",
        "q=cat&dial=1e400",
        "q=cat&sort=zzz",
        "q=cat&from=abc&to=-5",
        "q=cat&from=2020&to=2010",
        "q=cat&votes=abc",
        "q=cat&votes=-99999999999999999999",
        "q=cat&category=%22%22%00",
        "q=cat&best=perhaps",
        "q=cat&q=dog&unknown=1",
        "&&&==&",
    ],
)  # fmt: skip
def test_bad_input_gives_results_or_a_plain_message(client: FlaskClient, query: str) -> None:
    response = client.get(f"/search?{query}")
    assert response.status_code == 200
    page = soup(response)
    assert page.select(".card") or page.select(".notes li") or page.select(".empty, .lead")
    assert client.get(f"/api/search?{query}").status_code in {200, 400}
    assert client.get(f"/top?{query.replace('from=', 'year=')}").status_code == 200
    assert client.get(f"/library?{query}").status_code == 200


@pytest.mark.parametrize("said", ["inf", "nan", "-1", "2", "abc", "0x1"])
def test_a_dial_out_of_range_is_noted(client: FlaskClient, said: str) -> None:
    page = soup(client.get(f"/search?q=cat&dial={said}"))
    assert f"“{said}” is no position of the dial" in page.select_one(".notes").text
    assert page.select_one(".dial a[aria-current]").text == "Both alike"


@pytest.mark.parametrize(
    "path",
    [
        "/thread/../../etc/passwd",
        "/thread/%2e%2e/%2e%2e/etc/passwd",
        "/thread/..%2f..%2flibrary.sqlite",
        "/thread/%00",
        "/thread/%ED%A0%80",
        "/thread/" + "a" * 5000,
        "/thread//double//slash",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%5capp.py",
        "/static//etc/passwd",
        "/static/%00",
        "/library.sqlite",
    ],
)
def test_no_path_leads_out(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "Location" not in response.headers
    assert "root:" not in response.text
    assert "import" not in response.text


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:8000", "127.0.0.2", "[::1]", "[::1]:8000"]
)
def test_own_hosts_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", "]", "a b"],
)
def test_foreign_hosts_are_refused_on_loopback(client: FlaskClient, host: str) -> None:
    for address in ("/", "/api/search?q=cat", "/static/askive.css", "/nowhere"):
        response = client.get(address, headers={"Host": host})
        assert response.status_code == 400
        assert "wakes" not in response.text
        assert host not in response.text


def test_hosts_are_free_where_the_network_is_let_in(library: Library, folder: Path) -> None:
    open_app = create_app(library, Settings(library=folder, host="0.0.0.0"))
    response = open_app.test_client().get("/", headers={"Host": "askive.example"})
    assert response.status_code == 200
    assert "askive.example" not in response.text
    own_name = create_app(library, Settings(library=folder, host="localhost")).test_client()
    assert own_name.get("/", headers={"Host": "evil.example"}).status_code == 400


# Words


def test_every_word_of_ours_goes_through_the_language() -> None:
    """What is left of a template without what is said in `_()` and `{% trans %}` has no words but names of ours and code."""
    for path in sorted((ROOT / "webui" / "templates").glob("*.html")):
        rest = re.sub(
            r"\{%-? *trans.*?endtrans *-?%\}|\{% block kind %\}.*?endblock|<code>.*?</code>|<kbd>.*?</kbd>",
            "",
            path.read_text("utf-8"),
            flags=re.DOTALL,
        )
        rest = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<!doctype html>", "", rest, flags=re.DOTALL)
        attributes = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', rest)
        words = " ".join([*attributes, BeautifulSoup(rest, "lxml").get_text(" ")])
        assert set(re.findall(r"[^\W\d_]+", words)) <= {"Askive", "BibTeX", "CSL", "JSON"}, path.name


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ((2024, 6, 15, 11), "today"),
        ((2024, 6, 14, 11), "1 day ago"),
        ((2024, 5, 16), "30 days ago"),
        ((2024, 5, 15), "1 month ago"),
        ((2023, 6, 16), "11 months ago"),
        ((2023, 6, 15), "1 year ago"),
        ((1024, 1, 1), "1000 years ago"),
        ((2030, 1, 1), "today"),
    ],
)
def test_ages(written: tuple[int, ...], said: str) -> None:
    assert age(datetime(*written, tzinfo=UTC), datetime(2024, 6, 15, 12, tzinfo=UTC)) == said


def test_one_and_many() -> None:
    assert [say_of("{number} vote by {name}", "{number} votes by {name}", count, name="A") for count in (0, 1, 2000)] == [
        "0 votes by A",
        "1 vote by A",
        "2,000 votes by A",
    ]


# Parts


def test_what_was_chosen_is_read_and_years_are_put_in_order() -> None:
    reader = Reader({"q": ' two\nwords" ', "from": "2012", "to": "2008", "votes": "3", "category": 'A "B"', "best": "yes"})
    asked = reader.asked(0.5)
    assert asked.question == 'two words"'
    assert asked.within == Filters(categories=('a "b"',), year=Range(2008, 2012), votes=Range(3, None), best=True)
    assert reader.notes == []
    assert Asked(question="x", since=2010).within == Filters(year=Range(2010, None))
    assert Asked(until=2010, tags=("Ä", "b"), site="S").within == Filters(("s",), tags=("a", "b"), year=Range(None, 2010))
    assert not Asked(question="x").within


def test_parameters_say_only_what_is_not_usual() -> None:
    assert Asked(question="x").parameters(0.5) == {"q": "x"}
    assert Asked(question="x").parameters(0.3) == {"q": "x", "dial": "0.5"}
    asked = Asked(question="x", dial=0.25, sort="votes", page=3, since=2001, best=True, tags=("a", "b c"), site="s")
    assert Reader(asked.parameters(0.5)).asked(0.5) == asked


def test_typed_filters_can_be_taken_away() -> None:
    assert typed_filters('cat category:"Work & Money" 5:30 votes:3 no:filter') == [
        ('category:"Work & Money"', "cat 5:30 votes:3 no:filter"),
        ("votes:3", 'cat category:"Work & Money" 5:30 no:filter'),
    ]


def test_pager() -> None:
    def numbers(page: int, total: int) -> list[int | None]:
        return [link.number for link in pager(page, total, 10, str).links]

    assert numbers(1, 0) == []
    assert numbers(1, 10) == [1]
    assert numbers(1, 11) == [1, 2]
    assert numbers(6, 130) == [1, None, 5, 6, 7, None, 13]
    assert [link.href for link in pager(2, 25, 10, str).links] == ["1", None, "3"]
    past = pager(9, 25, 10, str)
    assert (past.is_past_end, past.previous, past.next) == (True, "3", None)


def test_backers_are_named_in_few_words() -> None:
    assert [backed(people) for people in (["A"], ["A", "B"], ["A", "B", "C"])] == [
        "backed by A",
        "backed by A and B",
        "backed by A and 2 others",
    ]


# The server


def test_serve_says_where_and_stops_cleanly_on_sigterm(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from indexer.library import Library; from indexer.settings import Settings;"
        "from webui import create_app; from webui.server import serve;"
        "s = Settings(library=Path(sys.argv[1]), port=0);"
        "serve(create_app(Library(s.library), s), s, lambda address: print(address, flush=True)); print('stopped')"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d+/", address)
            with urllib.request.urlopen(address, timeout=10) as response:
                assert response.status == 200
                assert response.headers.get("Server") is None
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=10)
        finally:
            server.kill()
    assert (server.returncode, out.strip(), err) == (0, "stopped", "")


def test_a_taken_port_names_the_next_command(library: Library, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(library=folder, port=port)
        with pytest.raises(BadSetting) as raised:
            serve(create_app(library, settings), settings, lambda _: pytest.fail("announced a server that does not listen"))
    assert str(port) in raised.value.reason
    assert f"askive serve --port {port + 1}" in raised.value.hint


def test_a_host_that_is_not_ours_is_a_bad_setting(library: Library, folder: Path) -> None:
    for host in ("192.0.2.1", "no such host"):
        settings = Settings(library=folder, host=host, port=0)
        with pytest.raises(BadSetting):
            serve(create_app(library, settings), settings, lambda _: pytest.fail("announced a server that does not listen"))


def test_a_thread_without_votes_shows_none(tmp_path: Path) -> None:
    posts = [
        question(1, "Quiet thread about parking"),
        answer(1, 1, "Park outside.", votes=None),
        answer(1, 2, "Park inside.", votes=None),
    ]
    write_archive(tmp_path / "threads" / "a.jsonl", posts)
    build(tmp_path, engine="memory")
    client = create_app(Library(tmp_path), Settings(library=tmp_path)).test_client()
    for address in ("/", "/search?q=parking", "/thread/1", "/library", "/top"):
        response = client.get(address)
        assert response.status_code == 200
        assert not soup(response).select(".votes")
    assert "No answer here has votes to go by" in client.get("/top").text
