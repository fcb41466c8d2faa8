"""The web pages in a real browser, served by a real server in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote

import pytest

if os.environ.get("ASKIVE_BROWSER") != "required":
    pytest.importorskip("selenium", reason="needs selenium: pip install 'askive[test]'")

import chromium
import looks
from advice import HOSTILE, make_library
from chromium import Browser
from conftest import ROOT
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

SEARCH = "/search?q=bombed+interview+dream+job"
PAGES = {
    "home": "/",
    "results": SEARCH,
    "filtered": "/search?q=cat&votes=3&category=Pets+%26+Animals&from=2010&page=2",
    "nothing found": "/search?q=%22cat+interview%22+year:2010&best=yes&exact=1",
    "less asked": "/search?q=%22cat+interview%22+year:2010&best=yes",
    "corrected": "/search?q=intervieww+zeppelin",
    "did you mean": "/search?q=jnterview",
    "nothing asked": "/search",
    "long words": "/search?q=" + "a" * 600,
    "thread": "/thread/example.org:1",
    "an answer": "/thread/example.org:1#a-1/1",
    "thread by votes": "/thread/example.org:1?order=votes",
    "hostile thread": "/thread/example.org:3",
    "hostile question": f"/search?q={quote(HOSTILE)}+zeppelin",
    "top": "/top",
    "top of a year": "/top?year=2016&raw=1",
    "gems": "/browse/gems",
    "late": "/browse/late",
    "browse": "/browse",
    "threads": "/browse/threads",
    "threads of a tag": "/browse/threads?tag=interview&year=2012&month=5",
    "unanswered": "/browse/unanswered",
    "categories": "/browse/categories",
    "tags": "/browse/tags",
    "years": "/browse/years",
    "people": "/browse/people?begins=m",
    "person": "/browse/person?site=example.org&name=marzipan",
    "duplicates": "/browse/duplicates",
    "a passage": "/thread/example.org:1?at=1/1&q=thank+you+note#passage",
    "citation": "/cite/example.org:1/1",
    "hostile citation": "/cite/example.org:3",
    "about": "/about",
    "error": "/nowhere",
}

_SERVE = """
import sys
from pathlib import Path
from indexer.library import Library
from indexer.settings import Settings
from webui import create_app
from webui.server import serve
settings = Settings(library=Path(sys.argv[1]), port=0)
serve(create_app(Library(settings.library), settings), settings, lambda address: print(address, flush=True))
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over the library of advice.py."""
    chromium.paths()
    folder = make_library(tmp_path_factory.mktemp("library"))
    command = [sys.executable, "-c", _SERVE, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), "the server did not start"
        yield address.removesuffix("/")
        server.terminate()


@pytest.fixture(scope="module")
def _browser(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium.browser(base, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def browser(_browser: Browser) -> Browser:
    """The browser as a visitor finds it: a desk's window, light, scripts on, nothing said."""
    _browser.look(width=1100)
    _browser.driver.get("about:blank")
    _browser.said()
    _browser.requested()
    return _browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_every_page_is_drawn_well(browser: Browser, width: int, dark: bool) -> None:
    wrong = []
    for name, address in PAGES.items():
        browser.look(width=width, dark=dark)
        browser.open(address)
        browser.run("for (const closed of document.querySelectorAll('details')) closed.open = true;")
        for what in ("SIDEWAYS", "CONTRAST", "STRUCTURE", "TARGETS"):
            wrong += [f"{name}: {what.lower()}: {finding}" for finding in browser.run(getattr(looks, what))]
    assert wrong == []


def test_colours_follow_the_light(browser: Browser) -> None:
    def ground() -> str:
        browser.open("/")
        return str(browser.run("return getComputedStyle(document.body).backgroundColor"))

    by_day = ground()
    browser.look(width=1100, dark=True)
    assert ground() != by_day


def test_nothing_is_said_on_the_console_and_nothing_leaves_this_machine(browser: Browser) -> None:
    for name, address in PAGES.items():
        browser.open(address)
        said = browser.said()
        if name == "error":
            # Chromium itself tells that the page's status is 404.
            said = [line for line in said if "status of 404" not in line]
        assert said == [], name
        requested = [url for url in browser.requested() if not url.startswith(browser.base)]
        assert requested == [], name


def test_the_policy_is_in_force(browser: Browser) -> None:
    """Were a script ever to come through, it would not run: the policy refuses one that is put in by hand."""
    browser.open("/")
    browser.run(
        "const sheet = document.createElement('div'); sheet.setAttribute('style', 'color: red'); document.body.append(sheet);"
        "const attack = document.createElement('img'); attack.setAttribute('onerror', 'window.attacked = 1'); attack.src = '/nowhere.png';"
        "document.body.append(attack); const away = document.createElement('img'); away.src = 'https://evil.example/p.png';"
        "document.body.append(away);"
    )
    said = "\n".join(browser.said())
    assert "style-src" in said
    assert "img-src" in said
    assert browser.run("return window.attacked") is None


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("width", [360, 1100])
def test_from_the_box_to_an_answer(browser: Browser, width: int, scripts: bool) -> None:
    browser.look(width=width, scripts=scripts)
    browser.open("/")
    browser.driver.find_element(By.ID, "q").send_keys("bombed interview dream job")
    browser.click(".ask button", arrives=SEARCH)
    assert browser.address() == SEARCH
    card = browser.driver.find_elements(By.CSS_SELECTOR, ".card")[0]
    assert "marzipan" in card.text
    assert card.find_elements(By.TAG_NAME, "mark")
    assert "Endorsements" not in card.text
    card.find_element(By.CSS_SELECTOR, ".why summary").click()
    assert "Endorsements" in card.text
    browser.click(".card h2 a", arrives="/thread/")
    assert browser.address() == "/thread/example.org:1?at=1/1&q=bombed+interview+dream+job#passage"
    passage = browser.driver.find_element(By.CSS_SELECTOR, ":target")
    assert passage.text.startswith("Send a thank you note")
    assert browser.driver.find_element(By.CSS_SELECTOR, ".sought").get_attribute("id") == "a-1/1"
    if scripts:
        top = browser.run("return document.querySelector(':target').getBoundingClientRect().top")
        assert 0 <= top < 800
    browser.driver.find_element(By.CSS_SELECTOR, ".sought .for summary").click()
    browser.click(".sought .for details a", arrives="#a-1/3")
    assert browser.driver.find_element(By.CSS_SELECTOR, ":target").get_attribute("id") == "a-1/3"


def test_filters_dial_sorts_and_pages_without_scripts(browser: Browser) -> None:
    browser.look(width=360, scripts=False)
    browser.open("/search?q=cat")

    def total() -> str:
        return browser.driver.find_element(By.CSS_SELECTOR, ".tally strong").text

    assert total() == "25"
    browser.driver.find_element(By.CSS_SELECTOR, ".narrowing summary").click()
    browser.click(".by-votes li:nth-child(2) a", arrives="votes=10")
    assert total() == "16"
    browser.click("link=Newest", arrives="sort=newest")
    browser.click(".dial li:last-child a", arrives="dial=1")
    assert "sort=" not in browser.address()
    # The 16 are of one thread, folded to three.
    assert len(browser.driver.find_elements(By.CSS_SELECTOR, ".card")) == 3
    browser.click(".more a", arrives="thread=example.org")
    assert total() == "16"
    browser.click(".chips li:nth-child(2) a", arrives="votes=10")
    browser.click(".folding", arrives="group=0")
    browser.click(".pages a[rel=next]", arrives="page=2")
    assert len(browser.driver.find_elements(By.CSS_SELECTOR, ".card")) == 6
    browser.click(".chips a", arrives="q=cat")
    assert total() == "25"
    assert "page=" not in browser.address()
    # A new question goes on with what was chosen, and the way back is the browser's own.
    browser.driver.back()
    WebDriverWait(browser.driver, 15).until(lambda _: "page=2" in browser.address())
    box = browser.driver.find_element(By.ID, "q")
    box.clear()
    box.send_keys("door", Keys.ENTER)
    WebDriverWait(browser.driver, 15).until(lambda _: browser.address() == "/search?q=door&votes=10&dial=1&group=0")


def test_on_a_desk_the_index_lies_open_and_on_a_phone_it_is_a_line(browser: Browser) -> None:
    for width, is_open in ((1280, True), (640, False), (390, False)):
        browser.look(width=width)
        browser.open("/search?q=cat")
        found = browser.run("return document.querySelector('.narrowing .entry').checkVisibility({contentVisibilityAuto: true})")
        assert found is is_open, width


def _tab(browser: Browser) -> str:
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    return str(browser.run("const at = document.activeElement; return at.id || at.textContent.trim() || at.tagName"))


def test_everything_is_reached_by_keyboard_and_seen_when_it_is(browser: Browser) -> None:
    browser.open(SEARCH)
    usable = browser.run(
        "return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]"
        ".filter((element) => element.checkVisibility() || element.matches('.skip')).length"
    )
    reached = [_tab(browser)]
    assert reached == ["Skip to the content"]
    assert browser.run("return document.activeElement.getBoundingClientRect().top") >= 0
    while len(reached) < usable:
        reached.append(_tab(browser))
        outline = browser.run(
            "const style = getComputedStyle(document.activeElement); return [style.outlineStyle, parseFloat(style.outlineWidth)]"
        )
        assert outline[0] == "solid", reached[-1]
        assert outline[1] >= 2
    assert len(reached) == usable
    assert reached[3:7] == ["About", "Colours: as the system has them", "q", "Search"]
    browser.open(SEARCH)
    _tab(browser)
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "main"


def test_slash_puts_the_cursor_into_the_box(browser: Browser) -> None:
    browser.open("/thread/example.org:1")
    body = browser.driver.find_element(By.TAG_NAME, "body")
    body.send_keys("/")
    assert browser.run("return document.activeElement.id") == "q"
    browser.driver.switch_to.active_element.send_keys("and/or")
    assert browser.run("return document.activeElement.value") == "and/or"
    assert browser.driver.find_element(By.CSS_SELECTOR, ".hotkey").is_displayed()


def test_keys_go_from_answer_to_answer_and_open_them(browser: Browser) -> None:
    browser.open("/search?q=cat&group=0")

    def press(keys: str) -> None:
        browser.driver.switch_to.active_element.send_keys(keys)

    def at() -> list[str]:
        return list(browser.run("return [...document.querySelectorAll('.card:focus-within h2')].map((title) => title.id)"))

    press("j")
    assert at() == ["card-1"]
    press("jjk")
    assert at() == ["card-2"]
    box = browser.run("const box = document.activeElement.getBoundingClientRect(); return [box.top, box.bottom, innerHeight]")
    assert 0 <= box[0] < box[1] <= box[2]
    press("?")
    help_ = browser.driver.find_element(By.ID, "keys")
    assert help_.is_displayed()
    wrong = [
        finding for what in ("SIDEWAYS", "CONTRAST", "STRUCTURE", "TARGETS") for finding in browser.run(getattr(looks, what))
    ]
    assert wrong == []
    press("j")
    press(Keys.ESCAPE)
    assert not help_.is_displayed()
    assert at() == ["card-2"]
    href = browser.run("return document.activeElement.getAttribute('href')")
    press("t")
    WebDriverWait(browser.driver, 15).until(lambda driver: len(driver.window_handles) == 2)
    first, second = browser.driver.window_handles
    browser.driver.switch_to.window(second)
    WebDriverWait(browser.driver, 15).until(lambda _: browser.address() == href)
    browser.driver.close()
    browser.driver.switch_to.window(first)
    press("o")
    WebDriverWait(browser.driver, 15).until(lambda _: browser.address() == href)
    assert browser.said() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_are_chosen_kept_and_there_from_the_first(browser: Browser, dark: bool) -> None:
    def ground() -> str:
        return str(browser.run("return getComputedStyle(document.body).backgroundColor"))

    browser.look(width=1100, dark=dark)
    browser.open("/")
    button = browser.driver.find_element(By.CSS_SELECTOR, ".light")
    seen = {button.text: ground()}
    for _ in range(2):
        button.click()
        seen[button.text] = ground()
    assert list(seen) == ["Colours: as the system has them", "Colours: light", "Colours: dark"]
    assert seen["Colours: light"] != seen["Colours: dark"]
    assert seen["Colours: as the system has them"] == seen["Colours: dark" if dark else "Colours: light"]
    browser.open(SEARCH)
    assert ground() == seen["Colours: dark"]
    # The script that knows comes before anything is drawn: it is neither deferred nor at the end.
    assert browser.run(
        "const own = document.scripts[0]; return !own.defer && !own.async && own.parentElement.tagName === 'HEAD'"
    )
    browser.driver.find_element(By.CSS_SELECTOR, ".light").click()
    browser.open("/")
    assert ground() == seen["Colours: as the system has them"]


def _shown(browser: Browser, count: int) -> list[str]:
    """The completions, when there are so many of them."""
    WebDriverWait(browser.driver, 15).until(
        lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "#completions [role=option]")) == count
    )
    return [option.text for option in browser.driver.find_elements(By.CSS_SELECTOR, "#completions [role=option]")]


@pytest.mark.parametrize("address", ["/", SEARCH, "/thread/example.org:1"])
def test_what_is_typed_is_completed_by_keyboard_alone(browser: Browser, address: str) -> None:
    title = "My cat wakes me at 5am every day"
    browser.open(address)
    browser.driver.find_element(By.TAG_NAME, "body").send_keys("/")
    box = browser.driver.switch_to.active_element
    assert (box.get_attribute("role"), box.get_attribute("aria-expanded")) == ("combobox", "false")
    box.send_keys(Keys.BACKSPACE, "cat wak")
    assert _shown(browser, 1) == [title]
    assert box.get_attribute("aria-expanded") == "true"
    assert browser.driver.find_element(By.ID, box.get_attribute("aria-controls")).get_attribute("role") == "listbox"
    assert browser.run("return document.querySelector('.ask [role=status]').textContent") == "1 suggestion"
    box.send_keys(Keys.ARROW_DOWN)
    option = browser.driver.find_element(By.ID, box.get_attribute("aria-activedescendant"))
    assert (option.text, option.get_attribute("aria-selected"), box.get_attribute("value")) == (title, "true", title)
    # Around the end lies what was typed.
    box.send_keys(Keys.ARROW_DOWN)
    assert (box.get_attribute("value"), box.get_attribute("aria-activedescendant")) == ("cat wak", None)
    box.send_keys(Keys.ARROW_UP)
    assert box.get_attribute("value") == title
    box.send_keys(Keys.ESCAPE)
    assert (box.get_attribute("value"), box.get_attribute("aria-expanded")) == ("cat wak", "false")
    assert browser.run("return document.activeElement.id") == "q"
    box.send_keys("e")
    _shown(browser, 1)
    box.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    WebDriverWait(browser.driver, 15).until(
        lambda _: browser.address().startswith("/search?q=My+cat+wakes+me+at+5am+every+day")
    )
    assert browser.said() == []


def test_completions_are_drawn_well_hold_strangers_words_as_text_and_can_be_clicked(browser: Browser) -> None:
    for dark in (False, True):
        browser.look(width=360, dark=dark)
        browser.open("/")
        box = browser.driver.find_element(By.ID, "q")
        box.send_keys("zeppelin")
        assert _shown(browser, 1) == [f"{HOSTILE} zeppelin parking"]
        box.send_keys(Keys.ARROW_DOWN)
        wrong = [
            finding
            for what in ("SIDEWAYS", "CONTRAST", "STRUCTURE", "TARGETS")
            for finding in browser.run(getattr(looks, what))
        ]
        assert wrong == []
    assert browser.run("return document.scripts.length") == 1
    browser.click("#completions [role=option]", arrives="/search?q=%3Cscript")


def test_leaving_the_box_puts_completions_away(browser: Browser) -> None:
    browser.open("/")
    box = browser.driver.find_element(By.ID, "q")
    box.send_keys("in")
    _shown(browser, 2)
    box.send_keys(Keys.TAB)
    assert not browser.driver.find_element(By.ID, "completions").is_displayed()
    box.send_keys("x" * 5)
    _shown(browser, 0)


def test_without_scripts_the_box_is_a_plain_one(browser: Browser) -> None:
    browser.look(width=1100, scripts=False)
    browser.open("/")
    box = browser.driver.find_element(By.ID, "q")
    assert (box.get_attribute("type"), box.get_attribute("role"), box.get_attribute("aria-expanded")) == ("search", None, None)
    box.send_keys("cat wak", Keys.ENTER)
    WebDriverWait(browser.driver, 15).until(lambda _: browser.address() == "/search?q=cat+wak")
    assert browser.driver.find_elements(By.ID, "completions") == []


def test_a_correction_can_be_undone(browser: Browser) -> None:
    browser.open("/search?q=intervieww")
    assert browser.driver.find_element(By.CSS_SELECTOR, ".meant strong").text == "interview"
    assert browser.driver.find_elements(By.CSS_SELECTOR, ".card")
    browser.click(".meant a", arrives="exact=1")
    assert browser.driver.find_elements(By.CSS_SELECTOR, ".card, .meant") == []
    assert "No answer has the word “intervieww”" in browser.driver.find_element(By.CSS_SELECTOR, ".notes").text


def test_hostile_text_stays_text(browser: Browser) -> None:
    for address in (PAGES["hostile thread"], PAGES["hostile question"], "/top"):
        browser.open(address)
        scripts = browser.run("return [...document.scripts].map((script) => new URL(script.src).pathname)")
        assert scripts == ["/static/askive.js"]
        assert "<script>alert(1)</script>" in browser.driver.find_element(By.TAG_NAME, "main").text


def test_marked_matches_read_as_words(browser: Browser) -> None:
    """Marks and passages are the answer's own text, in one piece."""
    browser.open(SEARCH)
    passage = browser.driver.find_element(By.CSS_SELECTOR, ".card .passage").text
    assert passage == "Send a thank you note after the interview, and answer in it the question you froze on."


def test_on_paper_only_the_text_is_left(browser: Browser) -> None:
    browser.open("/thread/example.org:1")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        shown = browser.run(
            "return ['.box', '.masthead nav', '.sorts', '.colophon'].filter((part) => document.querySelector(part).checkVisibility())"
        )
        assert shown == []
        assert browser.driver.find_element(By.TAG_NAME, "h1").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
