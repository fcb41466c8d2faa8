"""A thread's page: who says what, who backs and quotes whom, the passage that was found, and threads of any size."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from advice import HOSTILE
from bs4 import BeautifulSoup
from conftest import answer, question, write_archive

from indexer import markup
from indexer.build import build
from indexer.library import Library
from indexer.settings import Settings
from webui import create_app
from webui.views import post as post_view
from webui.views import thread as thread_view

LONG = 450
"""Answers of the long thread."""
SAID = "Send a short thank you note, and answer in it the question you froze on."


def client_of(folder):
    return create_app(Library(folder), Settings(library=folder)).test_client()


def soup(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return BeautifulSoup(response.text, "lxml")


def place(client, address):
    """What an address with a fragment leads to."""
    path, _, fragment = address.partition("#")
    return soup(client, path).find(id=unquote(fragment))


def crowd():
    """A thread in which one answer is backed by four people and quoted in several ways."""
    return [
        question(1, "Bombed the interview for my dream job. Can it be saved?", "I froze when they asked about failure."),
        answer(1, 1, SAID, author="marzipan", votes=9, url="https://example.org/1#1"),
        answer(1, 2, "I agree with marzipan.", author="one"),
        answer(1, 3, "What marzipan said.", author="two"),
        answer(1, 4, "Seconding marzipan.", author="three"),
        answer(1, 5, "Marzipan is right.", author="four"),
        replace(answer(1, 6, "", author="quoter"), body=markup.clean(f"<blockquote>{SAID}</blockquote><p>Not so.</p>")),
        replace(answer(1, 7, "", author="hinter"), body=markup.clean("<p>“I froze when they asked about failure.” So did I.</p>")),
        answer(1, 8, "It went well, thank you.", author="asker"),
        answer(1, 9, "A stranger.", author=None, anonymous=True),
        answer(1, 10, "Somebody who left.", author="[deleted]"),
    ]


def long():
    """A thread of several pages, in which late answers back and quote early ones, and one has many comments."""
    start = datetime(2013, 1, 1, tzinfo=UTC)
    first = [question(2, "What would you tell a new cat owner?", "I have never had one.", author="asker")]
    for number in range(1, LONG + 1):
        said = f"Piece of advice number {number}, about cat{number} and nothing else at all."
        if number == LONG:
            said = f"I agree with person7. {said}"
        reply = replace(
            answer(2, 1, said, votes=number % 50),
            id=f"example.org:2/{number}", position=number, author=f"person{number}",
            written=start + timedelta(minutes=number),
        )
        if number == LONG - 1:
            quoted = "Piece of advice number 3, about cat3 and nothing else at all."
            reply = replace(reply, body=f"<blockquote><p>{quoted}</p></blockquote><p>Indeed.</p>")
        first.append(reply)
    comments = [
        replace(
            answer(2, 1, f"Remark {number}.", kind="comment", votes=None),
            id=f"example.org:2/c{number}", parent_id="example.org:2/5", position=0, author=f"talker{number}",
            written=start + timedelta(days=1, minutes=number),
        )
        for number in range(1, 261)
    ]
    return [*first, *comments]


def odd():
    """A thread in other scripts, with names and words that are hard to set."""
    return [
        question(3, "למה החתול שלי מעיר אותי?", "בכל בוקר.", author="דנה", tags=("חתולים", HOSTILE)),
        answer(3, 1, "x" * 500 + " Feed the cat late, and then go to bed.", author="y" * 300),
        replace(answer(3, 2, "", author=HOSTILE), body="<p>Feed the cat late, and then go to bed.</p>"),
        replace(
            answer(3, 3, "", author="z"),
            body="<blockquote><p>Feed the cat late, and then go to bed.</p></blockquote><p>Why?</p>",
        ),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("threads")
    write_archive(folder / "threads" / "a.jsonl", [*crowd(), *long(), *odd()])
    build(folder, engine="memory")
    return folder


@pytest.fixture(scope="module")
def client(folder):
    return client_of(folder)


# Who backs and quotes whom


def test_endorsements_are_links_both_ways_and_many_are_told_in_few_words(client):
    page = soup(client, "/thread/example.org:1")
    backed = page.find(id="a-1/1").select_one(".for")
    assert backed.summary.text == "one and 3 others back this"
    names = {link.text: link["href"] for link in backed.select("li a")}
    assert names == {"one": "#a-1/2", "two": "#a-1/3", "three": "#a-1/4", "four": "#a-1/5"}
    assert "I agree with marzipan." in backed.text
    for name, href in names.items():
        back = page.find(id=href[1:])
        assert back.select_one(".author").text == name
        assert [(link.text, link["href"]) for link in back.select(".ties a")] == [("marzipan", "#a-1/1")]
        assert back.select_one(".ties").text.split() == ["backs", "marzipan"]


def test_quotations_lead_to_what_they_quote(client):
    page = soup(client, "/thread/example.org:1")
    block = page.find(id="a-1/6").blockquote
    assert (block.select_one("a.whence")["href"], block.select_one("a.whence").text) == ("#a-1/1", "marzipan wrote this")
    inline = page.find(id="a-1/7").select_one("a.whence")
    assert (inline["href"], inline.text) == ("#a-1", "asker wrote this")
    assert "So did I." in inline.next_sibling
    assert len(page.select("a.whence")) == 2


def test_a_hostile_name_is_only_a_name_where_it_is_quoted(client):
    page = soup(client, "/thread/example.org:3")
    links = list(page.select("a.whence"))
    assert [link["href"] for link in links] == ["#a-3/1"]
    assert links[0].text == f"{'y' * 300} wrote this"
    assert not page.select("script:not([src]), img[onerror]")
    assert [tag.text for tag in page.select(".tags a bdi")] == ["חתולים", HOSTILE]


def test_the_asker_moderators_and_others_are_told_apart_and_found_at_once(client):
    page = soup(client, "/thread/example.org:1")
    assert page.find(id="a-1/8")["class"] == ["post", "asker"]
    assert page.find(id="a-1/8")["aria-label"] == "The asker follows up, by asker"
    posts = {link.text: link["href"] for link in page.select(".signposts a")}
    assert posts == {"Most votes, by marzipan": "#a-1/1", "The asker, 1 May 2012": "#a-1/8"}
    assert not soup(client, "/thread/example.org:3").select(".signposts")


def test_people_have_a_page_unless_they_are_nobody(client):
    page = soup(client, "/thread/example.org:1")
    links = {post["id"]: post.select_one(".author a") for post in page.select("section .post")}
    for anchor, link in links.items():
        name = page.find(id=anchor).select_one(".author").text
        if name in {"anonymous", "[deleted]", "asker"}:
            assert link is None, name
        else:
            assert soup(client, link["href"]).h1.text == name


def test_peoples_words_go_their_own_way(client):
    page = soup(client, "/thread/example.org:3")
    assert page.h1["dir"] == "auto"
    assert all(prose["dir"] == "auto" for prose in page.select(".prose"))
    listed = soup(client, "/browse/threads")
    assert all(title["dir"] == "auto" for title in listed.select(".title a"))


# Addresses of posts


def test_permalinks_of_a_short_thread_stand_on_its_one_page(client):
    page = soup(client, "/thread/example.org:1")
    links = [post.select_one(".permalink")["href"] for post in page.select("section .post")]
    assert links == [f"/thread/example.org:1#a-1/{number}" for number in range(1, 11)]
    original = page.find(id="a-1/1").select_one(".quietly a")
    assert (original["href"], original["rel"]) == ("https://example.org/1#1", ["nofollow", "noreferrer", "noopener"])
    for post in page.select("section .post"):
        assert client.get(post.select(".quietly a")[-1]["href"]).status_code == 200


def test_a_long_thread_is_read_by_pages_and_nothing_is_lost(client):
    address, seen, pages = "/thread/example.org:2", [], 0
    while address:
        page = soup(client, address)
        here = [post["id"] for post in page.select("section.answers > .post")]
        comments = page.select(".comment")
        assert len(here) + len(comments) <= thread_view.POSTS
        seen += here
        following = page.select_one(".pages a[rel=next]")
        address, pages = following["href"] if following else None, pages + 1
    assert pages == 3
    assert seen == [f"a-2/{number}" for number in range(1, LONG + 1)]
    past = soup(client, "/thread/example.org:2?page=99")
    assert "past the end" in past.text
    assert soup(client, "/thread/example.org:2?page=2").select_one(".question .lead a")["href"] == "/thread/example.org:2"


def test_by_votes_every_answer_stands_once_the_most_first(client):
    address, votes, seen = "/thread/example.org:2?order=votes", [], set()
    while address:
        page = soup(client, address)
        for post in page.select("section.answers > .post"):
            votes.append(int(post.select_one(".votes").text.split()[1]))
            seen.add(post["id"])
        following = page.select_one(".pages a[rel=next]")
        address = following["href"] if following else None
        assert not address or "order=votes" in address
    assert votes == sorted(votes, reverse=True)
    assert len(seen) == len(votes) == LONG


def test_every_permalink_finds_its_page_from_any_other(client):
    for address in ("/thread/example.org:2", "/thread/example.org:2?page=2", "/thread/example.org:2?order=votes"):
        posts = soup(client, address).select("section.answers > .post")
        for post in posts[:: len(posts) // 4]:
            found = place(client, post.select_one(".permalink")["href"])
            assert found["id"] == post["id"]
            assert "sought" in found["class"]


@pytest.mark.parametrize("name", [f"example.org:2/{LONG}", "example.org:2/1", "example.org:2/c3", "example.org:2/c250"])
def test_a_posts_own_id_is_an_address_too(client, name):
    page = soup(client, f"/thread/{name}")
    assert page.h1.text == "What would you tell a new cat owner?"
    assert [post["id"] for post in page.select(".sought")] == [f"a-{name.partition(':')[2]}"]


def test_ties_and_quotations_reach_over_pages(client):
    last = soup(client, "/thread/example.org:2?page=3")
    backs = last.find(id=f"a-2/{LONG}").select_one(".ties a")
    assert place(client, backs["href"])["id"] == "a-2/7"
    quotes = last.find(id=f"a-2/{LONG - 1}").select_one("a.whence")
    assert place(client, quotes["href"])["id"] == "a-2/3"
    back = place(client, "/thread/example.org:2#a-2/7").select_one(".for a")
    assert place(client, back["href"])["id"] == f"a-2/{LONG}"


def test_many_comments_have_pages_of_their_own(client):
    post = soup(client, "/thread/example.org:2").find(id="a-2/5")
    assert len(post.select(".comment")) == post_view.COMMENTS
    more = post.select_one(".more a")
    assert more.text == "+210 more comments"
    address, seen = more["href"], []
    while address:
        page = soup(client, address)
        assert [article["id"] for article in page.select("section > .post")] == ["a-2/5"]
        seen += [comment["id"] for comment in page.select(".comment")]
        following = page.select_one(".pages a[rel=next]")
        address = following["href"] if following else None
    assert seen == [f"a-2/c{number}" for number in range(1, 261)]
    late = soup(client, "/thread/example.org:2?at=2/c255")
    assert [comment["id"] for comment in late.select(".sought")] == ["a-2/c255"]
    assert place(client, late.find(id="a-2/c255").select_one(".permalink")["href"])["id"] == "a-2/c255"


@pytest.mark.parametrize("query", ["at=nobody", "page=0", "page=-1", "page=x", "comments=nobody", "at=%00", "order=worst", "q=%22", "at=1/1&q=" + "a" * 9000])
def test_odd_addresses_show_the_thread(client, query):
    assert soup(client, f"/thread/example.org:1?{query}").h1.text.startswith("Bombed the interview")


# The passage that was found


def passages(client, question_text):
    """Of each card of a search: the passage it shows, and what is marked where it leads to."""
    for card in soup(client, f"/search?q={question_text}&group=0").select(".card"):
        link = card.select_one("h2 a")["href"]
        if link.endswith("#passage"):
            shown = card.select_one(".passage").text
            page = soup(client, link.partition("#")[0])
            assert page.find(id="passage") is not None, link
            sought = page.select_one(".sought")
            yield shown.strip("… "), "".join(mark.text for mark in sought.select(".prose mark")), sought


def letters(text):
    return re.sub(r"[\W_]+", "", text.lower())


def test_a_card_leads_to_its_passage_and_back(client):
    found = list(passages(client, "thank+you+note"))
    assert found
    for shown, marked, _ in found:
        assert shown == marked
    link = soup(client, "/search?q=thank+you+note").select_one(".card h2 a")["href"]
    page = soup(client, link.partition("#")[0])
    assert page.select_one(".kicker a")["href"] == "/search?q=thank+you+note"
    assert page.find(id="passage").name == "mark"
    assert len(page.select("#passage")) == 1


def test_a_passage_of_a_late_page_is_found_there(client):
    link = soup(client, "/search?q=cat444").select_one(".card h2 a")["href"]
    page = soup(client, link.partition("#")[0])
    assert "cat444" in page.find(id="passage").text
    assert page.select_one(".pages [aria-current]").text.split()[-1] == "3"


def test_a_slip_that_was_mended_is_marked_as_it_was_meant(client):
    found = list(passages(client, "shorrt+thank+you+note"))
    assert [shown == marked for shown, marked, _ in found] == [True] * len(found)
    assert found


def test_a_question_that_is_not_in_the_post_marks_nothing_and_still_leads_there(client):
    page = soup(client, "/thread/example.org:1?at=1/9&q=zeppelin")
    assert not page.select(".prose mark")
    assert page.find(id="a-1/9").find(id="passage") is not None


@pytest.mark.parametrize("asked", ["landlord+keeps+my+deposit", "cat+wakes+me+at+5am", "bombed+interview+dream+job", "turmeric+stain+dress"])
def test_every_card_over_the_sample_leads_to_what_it_shows(sample_library, asked):
    client = client_of(sample_library)
    found = list(passages(client, asked))
    assert len(found) > 3
    missed = [(shown, marked) for shown, marked, _ in found if letters(shown) != letters(marked)]
    # A passage that steps over a quotation stands in no one piece.
    assert len(missed) <= len(found) // 5


def test_the_seed_has_everything(shared, tmp_path):
    build(tmp_path, [shared / "seeds" / "ask-metafilter-2008-interview.txt"], engine="memory")
    client = client_of(tmp_path)
    (link,) = {row.a["href"] for row in soup(client, "/browse/threads").select(".title")}
    page = soup(client, link)
    assert page.select(".ties .for")
    assert page.select(".post.relay")
    for tie in page.select(".ties a, .outcome a, .signposts a, a.whence"):
        assert place(client, tie["href"] if tie["href"].startswith("/") else link + tie["href"]) is not None
