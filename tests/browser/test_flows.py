"""What people do here, with scripts and without: from a question to an answer, and everywhere in between."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from .chromium import Visitors
from .pages import BEST, DEPOSIT, INTERVIEW, ODD, QUESTION, SAMPLE, SEARCH


def _number(text: str) -> int:
    found = re.search(r"[\d,]+", text)
    assert found, text
    return int(found[0].replace(",", ""))


def _total(page: Page) -> int:
    """The answers that the page says there are."""
    return _number(page.locator(".tally strong").inner_text())


def _asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def _follow(page: Page, link: Locator) -> None:
    """Click a link and wait for where it leads."""
    there = link.evaluate("(link) => link.href")
    link.click()
    page.wait_for_url(lambda url: url == there)


def _titles(page: Page) -> list[str]:
    return page.locator(".card h2 a").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")


def _through(page: Page) -> list[str]:
    """Where every answer of the list is, page by page to its end."""
    found = _titles(page)
    while page.locator(".pages [rel=next]").count():
        _follow(page, page.locator(".pages [rel=next]"))
        found += _titles(page)
    return found


def _in_window(place: Locator) -> bool:
    return bool(place.evaluate("(element) => { const box = element.getBoundingClientRect(); return box.top > -1 && box.top < innerHeight; }"))


@pytest.mark.parametrize("width", [390, 1280])
def test_from_the_box_to_the_answer(arrive: Visitors, scripts: bool, width: int) -> None:
    page = arrive(scripts=scripts, width=width)
    page.goto("/")
    page.fill("#q", QUESTION)
    page.click(".ask button")
    page.wait_for_url("**" + SEARCH)
    card = page.locator(".card").first
    assert "Bombed the interview" in card.locator("h2").inner_text()
    assert "94" in card.locator(".votes").inner_text()
    assert card.locator(".best").is_visible()
    _follow(page, card.locator("h2 a"))
    assert page.locator(":target").get_attribute("id") == "a-9004895/90069113"
    assert _in_window(page.locator(":target"))
    page.go_back()
    page.wait_for_url("**" + SEARCH)
    assert page.locator("#q").input_value() == QUESTION


@pytest.mark.parametrize("width", [390, 1280])
def test_from_a_card_to_its_passage(arrive: Visitors, scripts: bool, width: int) -> None:
    page = arrive(scripts=scripts, width=width)
    page.goto(DEPOSIT)
    card = page.locator(".card").first
    assert "landlord" in card.locator("h2").inner_text()
    shown = card.locator("mark").first.inner_text()
    _follow(page, card.locator("h2 a"))
    assert page.url.endswith("#passage")
    passage = page.locator(".sought :target")
    assert _in_window(passage)
    assert shown.lower() in str(passage.text_content()).lower()


def test_the_first_page_leads_everywhere(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto("/")
    for section in ("#examples", "#top", "#glance"):
        assert page.locator(section).is_visible(), section
    _follow(page, page.locator(".examples a").first)
    assert _total(page) > 0
    page.goto("/")
    _follow(page, page.locator(".card h3 a").first)
    assert page.locator(".thread h1").is_visible()
    page.goto("/")
    _follow(page, page.locator(".glance a.entry").first)
    assert "/search" in page.url or "/browse" in page.url or "/top" in page.url
    page.goto("/")
    page.locator(".holds a").click()
    page.wait_for_url(re.compile("/thread/"))
    assert page.locator(".thread h1").is_visible()


def test_on_this_day_is_of_this_day(arrive: Visitors) -> None:
    """Whatever today is: what is remembered leads to a thread of another year's same day."""
    page = arrive()
    page.goto("/")
    for remembered in page.locator("section:has(#today) li a").all():
        assert re.match(r"(19|20)\d\d", remembered.inner_text())


def test_facets_narrow_by_as_many_as_they_say(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto("/search?q=job")
    every = _total(page)
    trail = [(page.url, every)]
    for group in ("category", "votes", "year"):
        value = page.locator(f".by-{group} a.entry").first
        left = _number(value.locator(".count").inner_text())
        assert 0 < left <= trail[-1][1]
        _follow(page, value)
        assert _total(page) == left, group
        trail.append((page.url, left))
    assert page.locator(".chips li a:not(.all)").count() == 3
    # Back, step by step, with what was there.
    for address, total in reversed(trail[:-1]):
        page.go_back()
        page.wait_for_url(address)
        assert _total(page) == total
    for address, _ in trail[1:]:
        page.go_forward()
        page.wait_for_url(address)
    # A chip takes one filter away, and the last all.
    _follow(page, page.locator(".chips li a:not(.all)").first)
    assert page.locator(".chips li a:not(.all)").count() == 2
    assert _total(page) >= trail[-1][1]
    # A new question goes on with what was chosen.
    page.fill("#q", "interview")
    page.press("#q", "Enter")
    page.wait_for_url("**q=interview**")
    assert page.locator(".chips li a:not(.all)").count() == 2
    page.go_back()
    _follow(page, page.locator(".chips .all"))
    assert _total(page) == every
    assert page.locator(".chips").count() == 0
    assert page.url == trail[0][0]


def test_facets_on_a_phone_lie_behind_one_tap(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts, width=390)
    page.goto("/search?q=job")
    value = page.locator(".by-category a.entry").first
    assert not value.is_visible()
    page.locator(".narrowing > details > summary").click()
    assert value.is_visible()
    _follow(page, value)
    assert page.locator(".chips li").count() >= 1


def test_every_order_has_the_same_answers(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto("/search?q=interview&votes=20&group=0")
    total = _total(page)
    seen: set[frozenset[str]] = set()
    orders = [link.get_attribute("href") for link in page.locator(".sorts a, .dial a").all()]
    assert len(orders) == 9
    firsts = set()
    for order in orders:
        page.goto(str(order))
        assert _total(page) == total, order
        assert page.locator(".sorts [aria-current], .dial [aria-current]").count() >= 1
        everything = _through(page)
        assert len(everything) == total
        firsts.add(everything[0])
        seen.add(frozenset(everything))
    assert len(seen) == 1
    assert len(firsts) > 1


def test_pages_go_on_where_the_last_one_ended(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto("/search?q=job")
    everything = _through(page)
    assert len(everything) == len(set(everything))
    assert page.locator(".pages [aria-current]").inner_text().endswith(str(int(_asked(page)["page"][0])))
    _follow(page, page.locator(".pages [rel=prev]"))
    page.go_back()
    assert not page.locator(".pages [rel=next]").count()
    page.goto(SAMPLE["past the end"])
    _follow(page, page.locator(".lead a"))
    assert page.locator(".card").count() > 0


def test_one_thread_is_folded_and_opens(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(SEARCH)
    more = page.locator(".more a").first
    beyond = _number(more.inner_text())
    title = more.locator("xpath=ancestor::article").locator("h2").inner_text()
    shown = page.locator(".card h2", has_text=title).count()
    _follow(page, more)
    assert _total(page) == beyond + shown
    assert page.locator(".chips li").count() >= 1
    page.go_back()
    _follow(page, page.locator(".folding"))
    assert _asked(page)["group"] == ["0"]


def test_slips_are_mended_and_can_be_undone(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto("/search?q=intervieww")
    assert page.locator(".meant strong").inner_text() == "interview"
    assert page.locator(".card").count() > 0
    _follow(page, page.locator(".meant a"))
    assert _asked(page)["exact"] == ["1"]
    assert page.locator(".card").count() == 0
    assert "intervieww" in page.locator(".notes").inner_text()


def test_what_was_let_go_of_is_named(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(SAMPLE["less asked"])
    assert page.locator(".notes li").count() >= 1
    assert page.locator(".card").count() > 0
    _follow(page, page.locator(".meant a", has_text="exactly"))
    assert page.locator(".card").count() == 0
    assert page.locator(".empty .lead").is_visible()
    _follow(page, page.locator(".wider a, .empty p a").first)
    assert page.locator(".card").count() > 0


def test_why_this_adds_up(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(SEARCH)
    why = page.locator(".card").first.locator(".why")
    assert not why.locator("table").is_visible()
    why.locator("summary").click()
    assert why.locator("table").is_visible()
    parts = [float(part.replace("\N{MINUS SIGN}", "-")) for part in why.locator("tbody .number").all_inner_texts()]
    total = float(why.locator("tfoot .number").inner_text().replace("\N{MINUS SIGN}", "-"))
    assert len(parts) > 3
    assert sum(parts) == pytest.approx(total, abs=0.01 * len(parts))


def test_a_thread_is_read_in_order_or_by_votes(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(INTERVIEW)

    def order() -> list[int]:
        return [_number(votes) for votes in page.locator("section > .post:not(.asker) > .byline .votes").all_text_contents()]

    written = order()
    assert written != sorted(written, reverse=True)
    _follow(page, page.locator(".sorts a", has_text="votes"))
    by_votes = order()[: len(written)]
    assert by_votes == sorted(by_votes, reverse=True)
    page.go_back()
    assert order() == written


def test_who_backs_whom_leads_both_ways(arrive: Visitors, scripts: bool) -> None:
    page = arrive("odd", scripts=scripts)
    page.goto(ODD["interview"].address)
    backed = page.locator("[id='a-1/1']")
    crowd = backed.locator(".for details")
    if crowd.count():
        crowd.locator("summary").click()
    _follow(page, backed.locator(".for a", has_text="Ottoline").first)
    assert page.url.endswith("#a-1/3")
    backer = page.locator(":target")
    assert "agree with marzipan" in backer.inner_text()
    _follow(page, backer.locator(".ties a", has_text="marzipan").first)
    assert page.url.endswith("#a-1/1")


def test_every_answer_has_an_address_of_its_own(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(INTERVIEW)
    last = page.locator("section > .post").last
    anchor = last.get_attribute("id")
    _follow(page, last.locator(".permalink").first)
    assert page.locator(":target").get_attribute("id") == anchor
    assert _in_window(page.locator(":target"))


def test_similar_questions_lead_on(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(INTERVIEW)
    before = page.locator("h1").inner_text()
    _follow(page, page.locator(".similar a").first)
    assert page.locator("h1").inner_text() != before
    assert page.locator("section > .post").count() > 0


def test_from_an_answer_back_to_the_answers(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(DEPOSIT)
    _follow(page, page.locator(".card h2 a").first)
    _follow(page, page.locator(".question .kicker a", has_text="Back"))
    assert "/search" in page.url
    assert page.locator("#q").input_value() == "landlord keeps my deposit"


def test_an_answer_is_cited(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(SAMPLE["passage"])
    _follow(page, page.locator(".sought .byline a", has_text="cite"))
    assert BEST in page.url.replace("%3A", ":").replace("%2F", "/")
    said = page.locator("main").inner_text()
    for part in ("oneandahalfcats", "2014", "ask.metafilter.com", "@", '"id"'):
        assert part in said, part
    _follow(page, page.locator(".kicker a"))
    assert page.locator("h1").inner_text().startswith("Bombed the interview")


def test_every_door_of_browsing_opens(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto("/browse")
    doors = [str(link.get_attribute("href")) for link in page.locator(".doors a").all()]
    assert len(doors) >= 8
    for door in doors:
        response = page.goto(door)
        assert response is not None
        assert response.status == 200, door
        assert page.locator("h1").is_visible()


def test_browsing_narrows_by_one_tap_each(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto("/browse/threads")
    every = _total(page)
    year = page.locator(".facets[aria-label=Years] a:not([aria-current])").first
    left = _number(year.locator(".count").inner_text())
    _follow(page, year)
    assert _total(page) == left < every
    assert page.locator(".rows > li").count() == min(left, 30)
    _follow(page, page.locator(".facets[aria-label=Months] a:not([aria-current])").first)
    assert 0 < _total(page) <= left
    _follow(page, page.locator(".chips a").first)
    _follow(page, page.locator(".chips a").first)
    assert _total(page) == every


def test_top_answers_by_standing_and_by_votes(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto("/top")
    total = _total(page)
    _follow(page, page.locator(".sorts a:not([aria-current])").first)
    assert _total(page) == total
    votes = [_number(text) for text in page.locator(".card .votes").all_inner_texts()]
    assert votes == sorted(votes, reverse=True)
    _follow(page, page.locator(".facets a:not([aria-current])").first)
    assert 0 < _total(page) < total


def test_a_person_has_a_page_and_who_wants_no_name_has_none(arrive: Visitors, scripts: bool) -> None:
    page = arrive("odd", scripts=scripts)
    page.goto(ODD["interview"].address)
    assert page.locator("[id='a-1/9'] .author a").count() == 0
    _follow(page, page.locator("[id='a-1/1'] .author a").first)
    assert page.locator("h1").inner_text() == "marzipan"
    assert page.locator("main a", has_text="Bombed the interview").count() >= 1
    page.goto("/browse/people?begins=mar")
    assert page.locator("main a", has_text="marzipan").count() == 1


def test_the_library_page_tells_what_was_left_out(arrive: Visitors, scripts: bool) -> None:
    page = arrive("odd", scripts=scripts)
    page.goto("/library")
    unread = page.locator(".archives .unread")
    assert unread.count() == 1
    assert "no format that is read here" in unread.inner_text()
    assert "<img src=x onerror=alert(1)>" in unread.inner_text()


@pytest.mark.parametrize(("address", "status"), [("/nowhere", 404), ("/thread/example.org:404", 404), ("/cite/nothing", 404), ("/thread/", 404)])
def test_what_is_not_there_says_so(arrive: Visitors, scripts: bool, address: str, status: int) -> None:
    page = arrive(scripts=scripts)
    response = page.goto(address)
    assert response is not None
    assert response.status == status
    assert page.locator("h1").is_visible()
    # The box is there to begin again.
    page.fill("#q", "landlord keeps my deposit")
    page.press("#q", "Enter")
    page.wait_for_url("**/search?q=landlord+keeps+my+deposit*")
    assert _total(page) > 0


def test_no_page_is_lost_when_asked_for_nonsense(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto(SAMPLE["wrong settings"])
    assert page.locator(".notes li").count() >= 3
    assert page.locator(".card").count() > 0


def _shape(address: str) -> tuple[str, frozenset[str]]:
    """What kind of link it is: the path's first two parts, and the names of what it asks for."""
    split = urlsplit(address)
    return "/".join(split.path.split("/")[:3 if "browse" in split.path or "api" in split.path else 2]), frozenset(parse_qs(split.query))


def _links(page: Page, base: str) -> Iterable[str]:
    for href in page.locator("a[href], link[href]").evaluate_all("(links) => links.map((link) => link.href)"):
        if href.startswith(base + "/"):
            yield href


def test_no_link_leads_nowhere(arrive: Visitors) -> None:
    """One link of each kind, of every page, is followed; and what is said to be on the same page is there."""
    page = arrive(scripts=False)
    base = arrive.base("sample")
    tried: set[tuple[str, frozenset[str]]] = set()
    wrong = []
    for name, address in SAMPLE.items():
        page.goto(address)
        here = page.url.partition("#")[0]
        ids = set(page.locator("[id]").evaluate_all("(all) => all.map((one) => one.id)"))
        for link in set(_links(page, base)):
            there, _, fragment = link.partition("#")
            if there == here and fragment:
                if unquote(fragment) not in ids:
                    wrong.append(f"{name}: nothing is at {link}")
            elif _shape(link) not in tried:
                tried.add(_shape(link))
                status = page.request.get(link).status
                # A page that says that there is none is not there in another language either.
                if status >= 400 and there.partition("?")[0] != here.partition("?")[0]:
                    wrong.append(f"{name}: {status} {link}")
    assert wrong == []
    assert len(tried) > 20


def test_without_scripts_nothing_is_offered_that_needs_them(arrive: Visitors) -> None:
    page = arrive(scripts=False)
    for address in ("/", SEARCH, INTERVIEW, "/library"):
        page.goto(address)
        for button in page.locator("button:visible").all():
            assert button.evaluate("(button) => button.type === 'submit' && Boolean(button.form)"), button.inner_text()
        expect(page.locator("#q")).to_have_attribute("type", "search")
        assert page.locator("#completions").count() == 0
