"""A facet's number is how many answers it leads to, and nothing is offered that divides nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from bs4 import BeautifulSoup
from conftest import answer, question, write_archive
from hypothesis import given
from hypothesis import strategies as st

from indexer import ask, engines, facets, words
from indexer import columns as columns_of
from indexer.build import build
from indexer.columns import ANSWER, UNKNOWN, AnswerRow, Columns, ThreadRow
from indexer.facets import NONE
from indexer.library import Library
from indexer.query import Filters, Range
from indexer.settings import Settings
from webui import create_app

KINDS = ["Work", "Pets", None]
POSTS = [
    post
    for n in range(1, 31)
    for post in (
        question(n, f"Cat question number{n}", category=KINDS[n % 3], tags=[("cats",), ("cats", "Vet"), ()][n % 3]),
        *(
            answer(
                n,
                place,
                f"The cat wants food {'food ' * (n % 5)} word{place}",
                votes=[None, 0, 2, 12, 150][(n + place) % 5],
                best=(place == 1 and n % 4 == 0) or None,
                written=datetime(2005 + (n + place) % 6, 3, 1, tzinfo=UTC),
            )
            for place in range(1, 2 + n % 4)
        ),
    )
]


@pytest.fixture(scope="module", params=sorted(engines.ENGINES))
def library(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    build(folder, [write_archive(folder / "threads" / "a.jsonl", POSTS)], engine=request.param)
    return Library(folder)


def narrowings(found):
    """What each value of some facets leads to, with its number."""
    yield from ((Filters(sites=(words.fold(share.name),)), share.answers) for share in found.sites)
    yield from ((Filters(categories=(words.fold(share.name),)), share.answers) for share in found.categories)
    yield from ((Filters(tags=(words.fold(share.name),)), share.answers) for share in found.tags)
    yield from ((Filters(year=Range(share.number, share.number)), share.answers) for share in found.years)
    yield from ((Filters(votes=Range(share.number, None)), share.answers) for share in found.votes)
    if found.best:
        yield Filters(best=True), found.best


@pytest.mark.parametrize("text", ["cat food", "cat", "word2 food", "cat year:2006..2008", "cat category:pets", "best:no"])
def test_a_facets_number_is_how_many_answers_it_leads_to(library, text):
    wide = library.ask(text, n=1000)
    offered = list(narrowings(wide.facets))
    assert offered
    for within, number in offered:
        narrow = library.ask(text, n=1000, within=within)
        assert 0 < number < wide.total
        assert narrow.total == len(narrow.answers) == number, (text, within)
        assert {found.answer.id for found in narrow.answers} <= {found.answer.id for found in wide.answers}
        # And once more from there.
        for further, fewer in list(narrowings(narrow.facets))[:3]:
            if (both := within.narrowed(further)) is not None:
                assert library.ask(text, within=both).total == fewer


def test_facets_are_the_same_in_every_order_and_on_every_page(library):
    told = {
        library.ask("cat food", sort=sort, dial=dial, offset=offset, grouped=grouped).facets
        for sort in ("best", "votes", "oldest")
        for dial in (0, 1)
        for offset in (0, 20)
        for grouped in (True, False)
    }
    assert len(told) == 1


def test_what_divides_nothing_is_not_told(library):
    assert library.ask("cat food").facets.sites == ()
    assert library.ask("cat", within=Filters(categories=("pets",))).facets.categories == ()
    # All pets have two tags in common.
    assert library.ask("cat", within=Filters(categories=("pets",))).facets.tags == ()
    assert library.ask("cat", thread="example.org:1").facets.categories == ()
    assert library.ask("zebra", exact=True).facets == NONE


def test_words_and_filters_alone_divide_alike(library):
    """Every answer has the word, so that both ways of finding them find all."""
    asked, leafed = library.ask("cat", n=1, within=Filters(year=Range(2005))), library.ask("year:2005..", n=1)
    assert asked.total == leafed.total
    assert asked.facets == leafed.facets


def test_a_narrowing_that_has_nothing_of_the_set_asks_anew(library_of):
    """What matches far worse than the best is no result; where it is all that passes, it is."""
    library = library_of(
        question(1, "Rusty bicycle chain falls off", category="Travel"),
        answer(1, 1, "A rusty bicycle chain falls off where it is worn: a new chain."),
        question(2, "Necklace", category="Shopping"),
        answer(2, 1, f"It falls from the neck. {'They know a lot of things about gold and silver. ' * 9}"),
        *(answer(n, 1, f"It falls apart. {'More is said of other matters in this one. ' * 9}") for n in range(3, 20)),
    )
    text = "rusty bicycle chain falls off"
    assert [found.answer.id for found in library.ask(text).answers] == ["example.org:1/1"]
    narrow = library.ask(text, within=Filters(categories=("shopping",)))
    assert [found.answer.id for found in narrow.answers] == ["example.org:2/1"]
    assert narrow.relaxed == ()


def test_what_is_typed_and_what_is_chosen_both_hold(library):
    within = Filters(categories=("work",))
    assert library.ask("cat category:work category:pets", within=within).total == library.ask("cat category:work").total
    nothing = library.ask("cat category:pets", within=within)
    assert (nothing.total, nothing.notes) == (0, ("Nothing can pass both what is typed and what was chosen.",))
    assert library.ask("category:pets", within=within).total == 0
    relaxed = library.ask("cat", within=Filters(year=Range(1990, 1990)))
    assert [step.what for step in relaxed.relaxed] == ["year"]


FILTERS = st.builds(
    Filters,
    sites=st.sampled_from([(), ("a",), ("a", "b")]),
    categories=st.sampled_from([(), ("x",), ("y", "x")]),
    tags=st.sampled_from([(), ("t",), ("u",)]),
    votes=st.none() | st.builds(Range, st.none() | st.integers(0, 3), st.none() | st.integers(0, 3)),
    best=st.none() | st.booleans(),
)
COLUMNS = st.fixed_dictionaries(
    {
        "site": st.sampled_from("abc"),
        "category": st.sampled_from(["X", "y", None]),
        "author": st.none(),
        "votes": st.none() | st.integers(0, 3),
        "year": st.none(),
        "best": st.none() | st.booleans(),
        "tags": st.sampled_from([(), ("T",), ("t", "u")]),
    }
)


@given(FILTERS, FILTERS, COLUMNS)
def test_narrowed_filters_pass_what_both_pass(one, other, columns):
    both = one.narrowed(other)
    passes = one.accept(**columns) and other.accept(**columns)
    assert (both is not None and both.accept(**columns)) == passes


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    """Two threads and the names that records of answers give by number."""
    place = tmp_path_factory.mktemp("generation") / "columns"
    row = AnswerRow(1, "a:1/1", None, None, None, None, 0.0, 9, 0, None, "a", "x", 0, 0, 0, None, None)
    other = row._replace(number=2, id="b:2/1", site="b", category=None)
    columns_of.write(
        place, [ThreadRow("a:1", "T", ["Tag", "tag"], None, [row]), ThreadRow("b:2", "U", ["tAG", "new"], None, [other])]
    )
    return Columns(place)


def records(rows):
    """Records of answers of which only what divides them is known."""
    made = np.zeros(len(rows), ANSWER)
    for record, (site, category, year, votes, best, thread) in zip(made, rows, strict=True):
        record["site"], record["category"], record["best"], record["thread"] = site, category, best, thread
        record["votes"] = UNKNOWN if votes is None else votes
        record["written"] = UNKNOWN if year is None else int(datetime(year, 7, 1, tzinfo=UTC).timestamp())
    return made


ROWS = st.lists(
    st.tuples(
        st.sampled_from([0, 1]),
        st.sampled_from([0, 1]),
        st.none() | st.integers(1965, 1972),
        st.none() | st.integers(-2, 40),
        st.sampled_from([-1, 0, 1]),
        st.sampled_from([0, 1]),
    ),
    max_size=12,
)


@given(ROWS)
def test_facets_count(columns, rows):
    found, total = facets.of_set(records(rows), columns), len(rows)

    def dividing(counts):
        return {value: count for value, count in counts.items() if count < total}

    sites, categories, years, votes, best, threads = zip(*rows, strict=True) if rows else ((),) * 6
    assert dict(found.sites) == dividing(Counter("ab"[site] for site in sites))
    assert dict(found.categories) == dividing(Counter("x" for category in categories if category == 0))
    assert dict(found.tags) == dividing(Counter("new" for thread in threads if thread == 1))
    assert list(found.years) == sorted(dividing(Counter(year for year in years if year)).items(), reverse=True)
    for least, count in found.votes:
        assert count == sum(given is not None and given >= least for given in votes)
        assert 0 < count < total
    assert len({count for _, count in found.votes}) == len(found.votes)
    marked = sum(mark == 1 for mark in best)
    assert found.best == (marked if marked < total else 0)


def test_names_come_with_most_answers_first(library):
    for shares in (library.ask("cat food").facets.categories, library.ask("cat food").facets.tags):
        assert list(shares) == sorted(shares, key=lambda share: (-share.answers, share.name))


def test_what_a_later_build_changed_is_counted_once(library_of):
    """Columns grow by what changed; what was there before is counted no more."""
    threads = [
        post
        for n in range(1, 12)
        for post in (
            question(n, f"Lamp {n}?", category="Home", tags=("lamp",), captured=datetime(2019, 1, 1, tzinfo=UTC)),
            answer(n, 1, f"Oil {n}.", votes=n),
        )
    ]
    library_of(*threads)
    library = library_of(
        replace(threads[0], category="Garden", tags=("LAMP", "lamp", "torch"), captured=datetime(2020, 1, 1, tzinfo=UTC))
    )
    found = library.ask("best:no").facets
    assert (found.categories, found.tags) == ((("Home", 10), ("Garden", 1)), (("torch", 1),))
    assert library.ask("tag:torch").total == library.ask("oil tag:torch").total == 1


# More than is looked at


def test_a_set_that_was_cut_says_so(tmp_path, monkeypatch):
    posts = [question(number, f"Where do zebras sleep, part {number}?", category=f"C{number % 2}") for number in range(40)]
    posts += [answer(number, 1, "Zebras sleep standing.", votes=number) for number in range(40)]
    build(tmp_path, [write_archive(tmp_path / "zebras.jsonl", posts)], engine="memory")
    opened = Library(tmp_path)
    whole = opened.ask("zebras sleep")
    assert (whole.total, whole.is_whole) == (40, True)
    monkeypatch.setattr(ask, "CANDIDATES", 10)
    monkeypatch.setattr(ask, "EXPANDED", 10)
    cut = opened.ask("zebras sleep")
    assert (cut.total < 40, cut.is_whole) == (True, False)
    counted = dict(cut.facets.categories)
    narrow = opened.ask("zebras sleep", within=Filters(categories=("c1",)))
    # At least what was said, and never more than there is.
    assert counted["C1"] <= narrow.total <= 20
    client = create_app(opened, Settings(library=tmp_path)).test_client()
    page = BeautifulSoup(client.get("/search?q=zebras+sleep").text, "lxml")
    assert page.select_one(".tally").text.startswith(f"At least {cut.total} answers")
    assert {count.text for count in page.select(".by-category .count")} == {f"{counted[name]}+" for name in ("C0", "C1")}
    assert "only the best are counted" in page.select_one(".narrowing").text
    assert client.get("/api/search?q=zebras+sleep").get_json()["whole"] is False
    monkeypatch.undo()
    assert "At least" not in client.get("/search?q=zebras+sleep&n=1").text


def test_what_is_not_divided_says_so(tmp_path, monkeypatch):
    build(tmp_path, [write_archive(tmp_path / "a.jsonl", [question(1, "Why?"), answer(1, 1, "Zebras.", best=True), answer(1, 2, "No.")])], engine="memory")
    opened = Library(tmp_path)
    assert opened.ask("best:yes").notes == ()
    monkeypatch.setattr(ask, "DIVIDED", 1)
    said = opened.ask("votes:>=0")
    assert said.facets == NONE
    assert said.notes == ("This library has more than 1 answers: how they divide is told only where words are looked for too.",)
    assert opened.ask("zebras").notes == ()
