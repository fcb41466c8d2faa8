"""Votes against expectation."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import pytest
from conftest import answer, question
from hypothesis import given as examples
from hypothesis import strategies as st

from indexer.standing import (
    SPREAD,
    SPREAD_PRIOR,
    THREAD_PRIOR,
    YEAR_PRIOR,
    Expectations,
    Place,
    Vote,
    Votes,
    place,
    scale,
    votes_of,
)


class Given(NamedTuple):
    """An answer with votes; those of a thread come together."""

    name: str
    thread: str
    site: str
    year: int
    votes: int


def packed(given):
    votes = Votes()
    for _, thread in groupby(enumerate(given), key=lambda each: each[1].thread):
        votes.add([Vote(number, one.site, one.year, one.votes) for number, one in thread])
    return votes


def standings(given, expectations=None):
    if expectations is None:
        expectations = Expectations()
        expectations.put_in(packed(given))
    return {given[standing.number].name: standing for standing in expectations.standings(packed(given))}


def lifts(given):
    return {name: standing.lift for name, standing in standings(given).items()}


def test_the_formula_by_hand():
    votes = [Given("a", "t", "s", 2010, 0), Given("b", "t", "s", 2010, 7)]
    site = (0 + math.log(8)) / 2
    year = (math.log(8) + YEAR_PRIOR * site) / (2 + YEAR_PRIOR)
    thread = (math.log(8) + THREAD_PRIOR * year) / (2 + THREAD_PRIOR)
    spread = math.sqrt((math.log(8) ** 2 / 2 + SPREAD_PRIOR * SPREAD**2) / (2 + SPREAD_PRIOR))
    unit = SPREAD / spread
    assert unit < 1
    assert lifts(votes) == pytest.approx({"a": -thread * unit, "b": (math.log(8) - thread) * unit})
    assert [standing.expected for standing in standings(votes).values()] == pytest.approx([thread, thread])


def test_the_best_of_two_sites_meet_fairly():
    """Hundreds where votes are dear, and thousands where they are cheap: the same place among their own."""

    def site(name: str, generosity: float) -> list[Given]:
        values = [math.log(41) if i == 0 else (i % 8) / 4 for i in range(800)]
        return [
            Given(f"{name}{i}", f"{name}-{i // 8}", name, 2010, round(math.expm1(generosity * value)))
            for i, value in enumerate(values)
        ]

    dear, cheap = site("d", 1.5), site("c", 2.5)
    assert (dear[0].votes, cheap[0].votes) == (262, 10_763)
    found = lifts(dear + cheap)
    assert found["d0"] == pytest.approx(found["c0"], rel=0.1)


def test_a_site_on_which_hardly_anybody_votes_is_not_made_to_spread():
    quiet = [Given(f"q{i}", f"t{i // 5}", "quiet", 2010, int(i % 9 == 0)) for i in range(500)]
    assert max(lifts(quiet).values()) < scale(1)


def test_what_was_to_be_expected_is_told_in_votes():
    assert [votes_of(scale(votes)) for votes in (-7, 0, 3, 1200)] == [-7, 0, 3, 1200]
    assert votes_of(None) is None


def test_three_in_a_quiet_thread_outrank_thirty_in_a_loud_one():
    quiet = [Given(f"q{i}", "quiet", "s", 2010, 3 if i == 0 else 0) for i in range(10)]
    loud = [Given(f"l{i}", "loud", "s", 2010, 30) for i in range(10)]
    rest = [Given(f"r{i}", f"t{i // 10}", "s", 2010, i % 3) for i in range(300)]
    found = lifts(quiet + loud + rest)
    assert found["q0"] > found["l0"]


def test_a_lone_answer_leans_on_its_year():
    votes = [Given("lone", "t", "s", 2010, 5), *(Given(f"r{i}", f"u{i}", "s", 2010, 1) for i in range(200))]
    found = standings(votes)
    assert scale(1) < found["lone"].expected < scale(2)
    assert found["lone"].lift > 0


def test_votes_below_zero_are_mirrored():
    assert scale(-7) == -scale(7)
    assert scale(0) == 0


def test_nothing_to_compare():
    assert lifts([]) == {}


@examples(st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([2010, 2011, None]), st.integers(-5, 50)), max_size=4), max_size=8))
def test_what_is_taken_out_leaves_what_would_be_without_it(threads):
    given = [Given("", str(number), *one) for number, thread in enumerate(threads) for one in thread]
    kept = [one for one in given if int(one.thread) % 2]
    expectations, without = Expectations(), Expectations()
    expectations.put_in(packed(given))
    expectations = Expectations(expectations.pack())
    expectations.take_out(packed([one for one in given if not int(one.thread) % 2]))
    without.put_in(packed(kept))
    assert [one[1:] for one in expectations.standings(packed(kept))] == [pytest.approx(one[1:]) for one in without.standings(packed(kept))]


def test_a_place_is_told_among_a_crowd_and_only_where_it_says_something():
    assert place([("Pets", 1, 100), ("site", 30, 1000)]) == Place(1, "Pets")
    assert place([("Pets", 1, 99), ("site", 30, 1000)]) == Place(3, "site")
    assert place([("site", 31, 1000)]) == Place(4, "site")  # rounded up: it is among that many
    assert place([("Pets", 26, 100), ("site", 1, 1000)]) is None
    assert place([("site", 3, 99)]) is None
    assert place([]) is None


def voted(thread, place, body, votes):
    return replace(answer(thread, 1, body, votes=votes), id=f"example.org:{thread}/{place}", position=place)


def test_places_count_those_with_as_many_votes(library_of):
    posts = [question(1, "Pets?", category="Pets"), question(2, "Work?", category="Work"), question(3, "None?", category=None)]
    posts += [voted(1, n, f"Feed it {n}.", n // 2) for n in range(1, 121)]
    posts += [voted(2, n, f"Ask the boss {n}.", 1000 + n) for n in range(1, 41)]
    posts += [voted(3, n, f"Never {n}.", None if n == 1 else -n) for n in range(1, 41)]
    library = library_of(*posts)
    found = {one.answer.id: one.place for one in library.ask("category:pets", n=200).answers}
    assert found["example.org:1/120"] == Place(1, "Pets")  # the only one with 60
    assert found["example.org:1/119"] == found["example.org:1/118"] == Place(3, "Pets")  # three have 59 and more, of 120
    assert found["example.org:1/1"] is None
    # Work has too few of its own: 40 of 199 on the site.
    work = {one.answer.id: one.place for one in library.ask("category:work", n=200).answers}
    assert work["example.org:2/40"] == Place(1, "example.org")
    assert work["example.org:2/1"] == Place(21, "example.org")
    assert {one.place for one in library.ask("never", n=200).answers} == {None}
    # Another build counts anew.
    library = library_of(*(voted(2, n, f"Ask again {n}.", 5000) for n in range(41, 141)))
    assert {one.place for one in library.ask("ask boss", n=200).answers if one.answer.id == "example.org:2/40"} == {None}
