"""Leafing through: every list holds what it says, whole, in a steady order, in one address, and fast on a large library."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from advice import make_library
from bs4 import BeautifulSoup
from conftest import SAMPLE, answer, question, write_archive

from indexer import browse_shapes, catalogue, forgetting, shapes
from indexer.browsing import LATE_S, Among
from indexer.build import build
from indexer.catalogue import Wanted
from indexer.errors import NotFound
from indexer.forgetting import Rule
from indexer.library import Library
from indexer.persons import is_somebody
from indexer.settings import Settings
from webui import create_app

PAGES = (
    "/browse",
    "/top",
    "/top?raw=1",
    "/browse/gems",
    "/browse/late",
    "/browse/threads",
    "/browse/unanswered",
    "/browse/categories",
    "/browse/tags",
    "/browse/years",
    "/browse/people",
    "/browse/duplicates",
)
ASKED = datetime(2012, 5, 1, 12, tzinfo=UTC)


def shelf_posts():
    """Threads of which some answers are gems, some are late, and some nearly so."""
    posts = [question(1, "How do I clean a kettle?", tags=("kettle", "Home"), author="asker")]
    posts += [
        answer(1, 1, "Vinegar, and time.", author="loud", votes=40),
        answer(1, 2, "Citric acid is better.", author="gem", votes=1),
        answer(1, 3, "Citric acid, as gem says. Seconding gem.", author="backer", votes=2),
        answer(1, 4, "Baking soda.", author="doubted", votes=1),
        answer(1, 5, "I agree with doubted.", author="backer2", votes=2),
        answer(1, 6, "I don't agree with doubted at all.", author="doubter", votes=2),
        answer(1, 7, "Late and loud.", author="latecomer", votes=50, written=ASKED + timedelta(seconds=LATE_S)),
        answer(1, 8, "Late and quiet.", author="quiet", votes=0, written=ASKED + timedelta(days=30)),
        answer(1, 9, "Nearly late.", author="nearly", votes=50, written=ASKED + timedelta(seconds=LATE_S - 1)),
        answer(1, 10, "No votes are known.", author="unvoted", votes=None, best=True),
    ]
    posts += [question(2, "Does anybody answer?", category="Grab Bag", tags=("home",), author="asker", written=ASKED.replace(year=2020))]
    posts += [answer(2, 1, "I only wanted to say that I still wonder.", author="asker", written=ASKED.replace(year=2020, month=6))]
    posts += [question(3, "When was this asked?", category=None, written=None), answer(3, 1, "Nobody knows.", author="deleted", votes=1)]
    return posts


@pytest.fixture
def library(tmp_path):
    write_archive(tmp_path / "threads" / "a.jsonl", shelf_posts())
    build(tmp_path, engine="memory")
    return Library(tmp_path)


@pytest.fixture(scope="module")
def sample(sample_library):
    return Library(sample_library)


@pytest.fixture(scope="module")
def client(sample_library):
    return create_app(Library(sample_library), Settings(library=sample_library)).test_client()


@pytest.fixture(scope="module")
def advice(tmp_path_factory):
    folder = make_library(tmp_path_factory.mktemp("advice"))
    return create_app(Library(folder), Settings(library=folder)).test_client()


@pytest.fixture(scope="module")
def beer(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("beer")
    build(folder, [shared / "data" / "se_beer_2020" / "source" / "beer.stackexchange.com.7z"], engine="memory")
    return Library(folder)


def soup(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return BeautifulSoup(response.text, "lxml")


def shelf(library, name, among=None, *, raw=False):
    """Ids of all answers of a shelf, read by pages of seven."""
    found, offset = [], 0
    with library.browse() as browsing:
        while True:
            page = browsing.answers(name, among or Among(), raw=raw, n=7, offset=offset)
            found += [one.answer.id for one in page.answers]
            offset += 7
            if offset >= page.total:
                assert len(found) == len(set(found)) == page.total
                return found


class Known(NamedTuple):
    """An answer with what a build found out about it."""

    id: str
    thread_id: str
    category: str | None
    votes: int | None
    best: int | None
    lift: float | None
    backers: int
    dissenters: int
    outcome: int | None


def every_answer(library):
    """Every ranked answer, with the seconds after its question, and its post."""
    with library.browse() as browsing:
        store = browsing.store
        threads = {whole.id: whole for whole in store.threads()}
        columns = ", ".join(Known._fields).replace("category", "thread_category")
        found = [Known(*row) for row in store.select(f"SELECT {columns} FROM posts WHERE advice")]
        posts = {post.id: post for whole in threads.values() for post in whole.replies}
        return [(one, threads[one.thread_id].delay(posts[one.id]), posts[one.id]) for one in found]


# Shelves


def test_gems_are_vouched_for_disputed_by_nobody_and_passed_by(library):
    assert shelf(library, "gems") == ["example.org:1/2"]


def test_late_answers_came_a_week_after_and_stand_out(library):
    assert shelf(library, "late") == ["example.org:1/7"]


def test_shelves_of_the_sample_are_what_they_are_said_to_be(sample):
    answers = every_answer(sample)

    def vouched(one):
        return one.backers + 2 * (one.outcome or 0) + (one.best or 0)

    gems = {
        one.id
        for one, _, _ in answers
        if one.lift is not None and one.lift <= 0 and not one.dissenters and one.outcome != 0 and vouched(one)
    }
    late = {one.id for one, delay, _ in answers if one.lift is not None and one.lift > 0 and delay is not None and delay >= 7 * 86400}
    assert len(gems) > 10
    assert late
    assert set(shelf(sample, "gems")) == gems
    assert set(shelf(sample, "late")) == late
    known = {one.id: one for one, _, _ in answers}
    order = [(-vouched(known[name]), known[name].lift) for name in shelf(sample, "gems")]
    assert order == sorted(order)
    lifts = [known[name].lift for name in shelf(sample, "late")]
    assert lifts == sorted(lifts, reverse=True)


def test_the_top_is_every_answer_with_votes_by_standing_or_by_votes(sample):
    known = {one.id: one for one, _, _ in every_answer(sample)}
    voted = {name for name, one in known.items() if one.votes is not None}
    for raw, column in ((False, "lift"), (True, "votes")):
        found = shelf(sample, "top", raw=raw)
        assert set(found) == voted
        values = [getattr(known[name], column) for name in found]
        assert values == sorted(values, reverse=True)
        assert found == shelf(sample, "top", raw=raw)


@pytest.mark.parametrize("name", ["top", "gems", "late"])
def test_filters_part_a_shelf_and_lose_nothing(sample, name):
    whole = shelf(sample, name)
    with sample.browse() as browsing:
        categories = catalogue.categories(browsing.store)
    by_category = [one for category, _ in categories for one in shelf(sample, name, Among(category=category))]
    by_year = [one for year in range(2000, 2030) for one in shelf(sample, name, Among(year=year))]
    assert sorted(by_category) == sorted(by_year) == sorted(whole)
    assert shelf(sample, name, Among(site="ask.metafilter.com")) == whole
    known = {one.id: one for one, _, _ in every_answer(sample)}
    for category, _ in categories:
        assert {known[one].category for one in shelf(sample, name, Among(category=category))} <= {category}


def test_a_category_is_found_by_any_of_its_words_and_another_is_told(sample):
    full = sample.top(category="Work & Money", n=3)
    assert [one.answer.id for one in sample.top(category="money", n=3).answers] == [one.answer.id for one in full.answers]
    missing = sample.top(category="submarines")
    assert (missing.total, missing.answers) == (0, ())
    assert "There is no category “submarines” here" in missing.notes[0]
    for year in (0, -5, 10_000, 10**9):
        assert sample.top(year=year).total in {0, full.total, sample.top().total}


# Threads, tags, years


def listed(library, **wanted):
    with library.browse() as browsing:
        total, found = catalogue.threads(browsing.store, Wanted(**wanted), "newest", n=1000, offset=0)
    assert total == len(found)
    return [one.id.partition(":")[2] for one in found]


def test_lists_of_threads(library):
    assert listed(library) == ["2", "1", "3"]
    assert listed(library, category="Grab Bag") == ["2"]
    assert listed(library, tag="home") == listed(library, tag="HOME") == ["2", "1"]
    assert listed(library, year=2012) == listed(library, year=2012, month=5) == ["1"]
    assert listed(library, year=2012, month=6) == []
    assert listed(library, unanswered=True) == ["2"]
    assert listed(library, site="nowhere.org") == []
    with library.browse() as browsing:
        store = browsing.store
        assert [one.answers for one in catalogue.threads(store, Wanted(), "answers", n=9, offset=0)[1]] == [10, 1, 0]
        assert [one.id[-1] for one in catalogue.threads(store, Wanted(), "oldest", n=9, offset=0)[1]] == ["1", "2", "3"]
        assert catalogue.tags(store, "threads", n=9, offset=0) == (2, (("home", 2), ("kettle", 1)))
        assert catalogue.tags(store, "name", n=1, offset=1) == (2, (("kettle", 1),))
        assert catalogue.months(store) == ((2020, 5, 1), (2012, 5, 1))
        assert dict(catalogue.categories(store)) == {"Pets & Animals": 1, "Grab Bag": 1}


def test_lists_of_the_sample_part_it(sample):
    everything = listed(sample)
    with sample.browse() as browsing:
        store = browsing.store
        whole = {thread.id.partition(":")[2]: thread for thread in store.threads()}
        months = catalogue.months(store)
        tags = catalogue.tags(store, "threads", n=1000, offset=0)[1]
    assert sorted(everything) == sorted(whole)
    assert sorted(name for year, month, _ in months for name in listed(sample, year=year, month=month)) == sorted(everything)
    for year, month, threads in months:
        assert len(listed(sample, year=year, month=month)) == threads
    said = Counter(tag.lower() for thread in whole.values() for tag in {*thread.question.tags})
    assert dict(tags) == said
    assert sorted(listed(sample, tag=tags[0].name)) == sorted(
        name for name, thread in whole.items() if tags[0].name in {tag.lower() for tag in thread.question.tags}
    )


@pytest.mark.parametrize(("year", "month"), [(1, 1), (9999, 12), (9999, None), (0, None), (10_000, 1), (2012, 13), (2012, 0)])
def test_spans_of_odd_times_are_empty_or_whole(year, month):
    start, end = catalogue.span(year, month)
    assert (start < end) == (1 <= year <= 9999 and month in {None, *range(1, 13)})


def test_the_span_of_a_year_is_that_of_its_months():
    spans = [catalogue.span(2012, month) for month in range(1, 13)]
    assert catalogue.span(2012) == (spans[0][0], spans[-1][1])
    assert all(first[1] == second[0] for first, second in pairwise(spans))
    assert spans[1][1] - spans[1][0] == 29 * 86400


# People


@pytest.mark.parametrize(
    "name",
    [
        *"anonymous Anonymous [deleted] deleted user10473 user-12 anon42 [removed] Guest guest_7 (unknown)".split(),
        *("[deleted by user]", "Deleted User", "account deleted", "Former member", "Account has been suspended"),
        *("anonymous coward", "…", ""),
    ],
)
def test_nobodys_names(name):
    assert not is_somebody(name)


@pytest.mark.parametrize("name", ["KokuRyu", "deletedscenes", "user", "Anonymouse", "42", "Mrs. Dunnock", "usergroup", "Ana Nym", "ghostwriter", "☃", "删除"])
def test_somebodys_names(name):
    assert is_somebody(name) == (name != "user")


def test_people_are_those_who_answered_under_a_name_of_their_own(sample):
    answers = Counter(
        post.author for _, _, post in every_answer(sample) if post.author and not post.anonymous and is_somebody(post.author)
    )
    with sample.browse() as browsing:
        total, found = catalogue.people(browsing.store, "answers", n=10_000, offset=0)
        for one in found[:: len(found) // 20]:
            results = browsing.of_person(one, n=1000)
            assert {answer.answer.author for answer in results.answers} == {one.name}
            assert results.total == len(results.answers) == one.answers
            lifts = [answer.score for answer in results.answers if answer.answer.votes is not None]
            assert lifts == sorted(lifts, reverse=True)
    assert {one.name: one.answers for one in found} == answers
    assert total == len(answers) > 300
    assert [one.answers for one in found] == sorted(answers.values(), reverse=True)


def test_nobody_has_a_page(library, client):
    with library.browse() as browsing:
        assert "deleted" not in {one.name for one in catalogue.people(browsing.store, "name", n=99, offset=0)[1]}
        for name in ("deleted", "nobody here", "asker"):
            with pytest.raises(NotFound):
                catalogue.person(browsing.store, "example.org", name)
    for name in ("anonymous", "[deleted]", ""):
        for address in ("/browse/person", "/api/browse/person"):
            response = client.get(address, query_string={"site": "ask.metafilter.com", "name": name})
            assert response.status_code == 404
    assert "anonymous" not in {row.bdi.text for row in soup(client, "/browse/people?begins=a").select(".cloud a")}


def test_names_are_found_by_how_they_begin(sample):
    with sample.browse() as browsing:
        every = [one.name for one in catalogue.people(browsing.store, "name", n=1000, offset=0)[1]]
        for begins in ("q", "Q", "mrs", "x\U0010ffff", "%", "_"):
            found = [one.name for one in catalogue.people(browsing.store, "name", begins=begins, n=1000, offset=0)[1]]
            assert found == [name for name in every if name.lower().startswith(begins.lower())]


def test_who_is_forgotten_is_in_no_list(library, tmp_path):
    with library.browse() as browsing:
        assert catalogue.person(browsing.store, "example.org", "gem").answers == 1
    forgetting.add(tmp_path, Rule("author", "gem"))
    build(tmp_path, engine="memory")
    with Library(tmp_path).browse() as browsing:
        with pytest.raises(NotFound):
            catalogue.person(browsing.store, "example.org", "gem")
        assert browsing.answers("gems", n=9).total == 0


def test_what_changes_in_an_archive_changes_in_the_lists(library, tmp_path):
    more = [answer(2, 2, "I do.", author="helpful", votes=3, written=ASKED.replace(year=2020, day=9))]
    write_archive(tmp_path / "threads" / "b.jsonl", more)
    build(tmp_path, engine="memory")
    assert listed(library, unanswered=True) == []
    with library.browse() as browsing:
        assert catalogue.person(browsing.store, "example.org", "helpful").answers == 1


# By chance, and asked again


def test_chance_leads_to_a_thread_with_a_good_answer_and_a_seed_to_the_same_one(sample, client):
    good = {one.thread_id for one, _, _ in every_answer(sample) if (one.lift or 0) >= 0.5 or one.outcome == 1 or one.best == 1}
    with sample.browse() as browsing:
        seeds = {str(seed): browsing.at_random(str(seed)) for seed in range(60)}
        assert {browsing.at_random() for _ in range(20)} <= good
    assert set(seeds.values()) <= good
    assert len(set(seeds.values())) > 15
    for seed in ("1", "1", "x" * 5000, "\x00", "é"):
        response = client.get("/random", query_string={"seed": seed})
        assert response.status_code == 302
        assert client.get(response.headers["Location"]).status_code == 200
    assert client.get("/random?seed=1").headers["Location"] == f"/thread/{seeds['1']}"
    assert client.get("/random?seed=1").headers["Cache-Control"] == "no-store"
    assert client.get("/api/browse/random?seed=1").json == {"thread_id": seeds["1"]}


def test_chance_finds_something_in_any_library(library_of):
    library = library_of(question(1, "Only a question"))
    with library.browse() as browsing:
        assert browsing.at_random() == "example.org:1"
    library = library_of(question(2, "Another"), answer(2, 1, "x", votes=None))
    with library.browse() as browsing:
        assert browsing.at_random() == "example.org:2"


def test_what_was_asked_again_is_told_with_its_original(advice):
    page = soup(advice, "/browse/duplicates")
    told = {row.select_one(".title").get_text(" ", strip=True): [one.text.strip() for one in row.select(".again li")] for row in page.select(".rows > li")}
    assert told["My cat wakes me at 5am every day"] == ["The dog wants breakfast at dawn"]
    assert told["example.org:77 not in this library"] == ["The dog wants breakfast at dawn"]
    given = advice.get("/api/browse/duplicates").json
    assert given["total"] == len(given["originals"]) == len(told) == 14


def test_a_real_sites_lists(beer):
    assert len(listed(beer, unanswered=True)) == 42
    with beer.browse() as browsing:
        total, found = catalogue.asked_again(browsing.store, n=5, offset=0)
        assert (total, len(found[0].duplicates)) == (21, 3)
        people = {one.name for one in catalogue.people(browsing.store, "name", n=5000, offset=0)[1]}
    # Who left the site is called so in its dumps.
    assert not {name for name in people if re.fullmatch(r"user\d+", name)}
    assert len(people) > 600
    answers = every_answer(beer)
    late = {one.id for one, delay, _ in answers if one.lift is not None and one.lift > 0 and delay is not None and delay >= LATE_S}
    assert set(shelf(beer, "late")) == late
    assert len(late) > 100


# Pages and their JSON


@pytest.mark.parametrize("address", PAGES)
def test_every_link_of_a_list_leads_somewhere(client, address):
    page = soup(client, address)
    assert page.h1.text.strip()
    links = {link["href"].partition("#")[0] for link in page.select("main a[href^='/']")}
    for link in sorted(links)[::3]:
        assert client.get(link).status_code in {200, 302}, link


def test_the_index_names_every_list_and_counts_it(client):
    page = soup(client, "/browse")
    doors = {door.a["href"]: door.select_one(".count") for door in page.select(".doors li")}
    assert set(doors) == {address for address in PAGES if address != "/browse"} | {"/random"}
    for address, count in doors.items():
        tally = soup(client, address).select_one(".tally strong") if address != "/random" else None
        if tally:
            assert count.text == tally.text, address


@pytest.mark.parametrize(
    ("address", "items"),
    [
        ("/browse/threads", ".rows .title a"),
        ("/browse/threads?sort=answers", ".rows .title a"),
        ("/browse/tags", ".cloud a"),
        ("/browse/people?sort=name", ".cloud a"),
        ("/top?category=Work+%26+Money", ".card h2 a"),
        ("/browse/gems", ".card h2 a"),
    ],
)
def test_pages_of_a_list_hold_each_thing_once(client, address, items):
    total = int(soup(client, address).select_one(".tally strong").text)
    seen, pages = [], 0
    while address:
        page = soup(client, address)
        seen += [link["href"] for link in page.select(items)]
        following = page.select_one(".pages a[rel=next]")
        address, pages = following["href"] if following else None, pages + 1
    assert pages > 1
    assert len(seen) == len(set(seen)) == total


def test_filters_are_read_and_taken_away_one_by_one(client):
    page = soup(client, "/browse/threads?category=Work+%26+Money&year=2023&month=4")
    chips = {chip.bdi.text: chip["href"] for chip in page.select(".chips a")}
    assert chips == {
        "Category: Work & Money": "/browse/threads?year=2023&month=4",
        "April 2023": "/browse/threads?category=Work+%26+Money&year=2023",
    }
    assert page.select_one(".facets[aria-label=Months] [aria-current]").bdi.text == "April"
    shelves = soup(client, "/browse/gems?category=Work+%26+Money&year=2023")
    assert [chip.bdi.text for chip in shelves.select(".chips a")] == ["Category: Work & Money", "From 2023"]
    assert shelves.select_one(".shelves [aria-current]").text == "Hidden gems"


def test_what_gems_and_late_answers_are_is_said_on_their_pages(client):
    assert "no more votes than is usual where it stands" in soup(client, "/browse/gems").select_one(".lead").text
    assert "a week or more after the question" in soup(client, "/browse/late").select_one(".lead").text


@pytest.mark.parametrize(
    "query", ["page=0", "page=99999999999", "year=abc", "month=13&year=2012", "month=5", "sort=worst", "category=%22%00", "tag=%F0%9F%90%88", "site=x", "n=x", "begins=" + "z" * 9000]
)
@pytest.mark.parametrize("address", [*PAGES, "/browse/person?site=ask.metafilter.com&name=K"])
def test_bad_input_gives_a_list_or_a_plain_message(client, address, query):
    response = client.get(f"{address}{'&' if '?' in address else '?'}{query}")
    assert response.status_code == 200
    assert client.get(f"/api{address}".replace("/top", "/browse/top") + f"{'&' if '?' in address else '?'}{query}").status_code in {200, 400}


def test_json_twins_say_what_the_pages_say(client, sample):
    def said(address):
        """Without the cursor of the next page, which no page has."""
        return {name: value for name, value in client.get(address).json.items() if name != "next"}

    with sample.browse() as browsing:
        store = browsing.store
        for name in ("top", "gems", "late"):
            assert said(f"/api/browse/{name}?n=3&page=2") | {"took_ms": 0} == shapes.results(browsing.answers(name, n=3, offset=3)) | {"took_ms": 0}
        total, found = catalogue.threads(store, Wanted(year=2023), "oldest", n=2, offset=2)
        assert said("/api/browse/threads?year=2023&sort=oldest&n=2&page=2") == browse_shapes.threads(total, found, 2)
        assert said("/api/browse/categories") == browse_shapes.tally("categories", catalogue.categories(store))
        assert said("/api/browse/years") == browse_shapes.months(catalogue.months(store))
        total, tags = catalogue.tags(store, "name", n=5, offset=5)
        assert said("/api/browse/tags?sort=name&n=5&page=2") == browse_shapes.tally("tags", tags, total, 5)
        total, people = catalogue.people(store, "answers", begins="m", n=4, offset=0)
        assert said("/api/browse/people?begins=M&n=4") == browse_shapes.people(total, people, 0)
        given = client.get("/api/browse/person?site=ask.metafilter.com&name=K&sort=votes").json
        assert (given["name"], given["total"]) == ("K", 8)
        assert {one["author"] for one in given["answers"]} == {"K"}
    counts = client.get("/api/browse").json
    assert counts["threads"] == 70
    assert counts["gems"] == client.get("/api/browse/gems").json["total"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/browse/threads?sort=worst", 400),
        ("/api/browse/threads?n=0", 400),
        ("/api/browse/threads?n=101", 400),
        ("/api/browse/gems?year=abc", 400),
        ("/api/browse/people?page=0", 400),
        ("/api/browse/person?site=x&name=y", 404),
        ("/api/browse/nothing", 404),
    ],
)
def test_json_errors(client, address, status):
    response = client.get(address)
    assert response.status_code == status
    assert response.json.keys() == {"error", "hint"}


def test_a_library_of_nothing_but_questions_has_pages_too(library_of, tmp_path):
    library = library_of(question(1, "Is anybody there?", category=None, tags=()))
    bare = create_app(library, Settings(library=tmp_path / "library")).test_client()
    for address in PAGES:
        page = soup(bare, address)
        assert page.h1
    for address in ("/browse/gems", "/browse/late", "/browse/categories", "/browse/tags", "/browse/people", "/browse/duplicates"):
        assert soup(bare, address).select(".empty"), address


# Speed: that no list walks over posts


def test_no_list_walks_over_posts(sample, monkeypatch):
    """Whatever is listed, SQLite finds it in an index that holds all it needs, or by the numbers of one page."""
    with sample.browse() as browsing:
        store, asked = browsing.store, []
        plain = store.select
        monkeypatch.setattr(store, "select", lambda statement, values=(): asked.append((statement, values)) or plain(statement, values))
        for name in ("top", "gems", "late"):
            for among in (Among(), Among(category="Work & Money"), Among(year=2012, site="ask.metafilter.com")):
                browsing.answers(name, among, n=3)
        browsing.answers("top", raw=True, n=3)
        browsing.answers("top", Among(year=2012), raw=True, n=3)
        for order in catalogue._THREAD_ORDERS:
            for wanted in (Wanted(), Wanted(category="Work & Money", year=2012), Wanted(unanswered=True), Wanted(tag="sleep", site="x")):
                catalogue.threads(store, wanted, order, n=3, offset=0)
        for order in catalogue._PEOPLE_ORDERS:
            someone = catalogue.people(store, order, begins="m", n=3, offset=0)[1][0]
        for order in ("standing", "votes", "newest"):
            browsing.of_person(someone, order, n=3)
        for listing in (catalogue.sites, catalogue.categories, catalogue.months):
            listing(store)
        for order in catalogue._TAG_ORDERS:
            catalogue.tags(store, order, n=3, offset=0)
        catalogue.asked_again(store, n=3, offset=0)
        browsing.at_random("seed")
        plans = {statement: [row[3] for row in plain(f"EXPLAIN QUERY PLAN {statement}", values)] for statement, values in asked}
    assert len(plans) > 40
    for statement, plan in plans.items():
        walks = [step for step in plan if re.match(r"SCAN (posts|p)\b", step) and "INDEX" not in step]
        assert not walks, (statement, plan)
        if "INDEXED BY" in statement and "lift DESC, number" in statement and "WHERE advice AND lift IS NOT NULL ORDER" in statement:
            assert not any("TEMP B-TREE FOR ORDER BY" in step for step in plan), plan


def test_who_browses_cannot_write(sample):
    with sample.browse() as browsing, pytest.raises(sqlite3.OperationalError, match="attempt to write"):
        browsing.store.select("DELETE FROM people")


def test_the_sample_is_what_these_tests_think(sample):
    assert len(list(SAMPLE.iterdir())) > 50
    assert sample.about()["threads"] == 70
