"""Everything by keyboard alone: reached, seen when it is, and used."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .chromium import Visitors
from .pages import DEPOSIT, INTERVIEW, QUESTION, SAMPLE, SEARCH

_HERE = "() => { const at = document.activeElement; return at.id || at.textContent.trim().replace(/\\s+/g, ' ') || at.title || at.tagName; }"

_USABLE = """
() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
  .filter((element) => element.matches(".skip") || element.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}))
  .length
"""

_SEEN = """
// Whether one sees where one is: an outline, and nothing in front of it or outside the window.
() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  if (style.outlineStyle !== "solid" || parseFloat(style.outlineWidth) < 2) return `no outline: ${at.outerHTML.slice(0, 100)}`;
  const box = at.getClientRects()[0];
  if (box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth) return `outside: ${at.outerHTML.slice(0, 100)}`;
  const top = document.elementFromPoint(box.left + Math.min(box.width, 8) / 2, box.top + Math.min(box.height, 8) / 2 + 2);
  if (top && !at.contains(top) && !top.contains(at)) return `behind ${top.outerHTML.slice(0, 100)}: ${at.outerHTML.slice(0, 100)}`;
  return "";
}
"""


def _here(page: Page) -> str:
    return str(page.evaluate(_HERE))


def _tab_to(page: Page, selector: str, most: int = 150) -> None:
    """Press Tab until what a selector names has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached from {page.url}")


def test_from_question_to_cited_answer_by_tab_and_enter(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    page.goto("/")
    _tab_to(page, "#q")
    page.keyboard.type("landlord keeps my deposit")
    page.keyboard.press("Enter")
    page.wait_for_url("**" + DEPOSIT)
    _tab_to(page, ".card h2 a")
    page.keyboard.press("Enter")
    page.wait_for_url("**#passage")
    # The focus begins where the passage is: the answer's own links come next.
    _tab_to(page, ".sought a[href*='/cite/']", most=12)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cite/**")
    assert "quietly litigious" in page.locator("main").inner_text()


def test_from_question_to_cited_answer_by_hotkeys(arrive: Visitors) -> None:
    page = arrive()
    page.goto(INTERVIEW)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_url("**" + SEARCH)
    page.keyboard.press("j")
    expect(page.locator(".card h2 a").nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(".card h2 a").nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(page.locator(".card h2 a").nth(0)).to_be_focused()
    with page.context.expect_page() as opened:
        page.keyboard.press("t")
    opened.value.wait_for_url("**#a-9004895/90069113")
    opened.value.close()
    page.keyboard.press("o")
    page.wait_for_url("**#a-9004895/90069113")
    _tab_to(page, ".sought a[href*='/cite/']", most=12)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cite/**")
    page.go_back()
    page.keyboard.press("j")
    assert page.evaluate("() => document.activeElement.matches('.post .permalink')")


def test_hotkeys_leave_what_is_typed_alone(arrive: Visitors) -> None:
    page = arrive()
    page.goto(SEARCH)
    page.keyboard.press("/")
    page.keyboard.type("to/jk?")
    assert page.locator("#q").input_value() == "to/jk?"
    page.locator("#q").blur()
    page.keyboard.press("Control+k")
    page.keyboard.press("Alt+j")
    assert not page.evaluate("() => document.activeElement.matches('.card a')")


def test_the_keys_are_told_and_put_away(arrive: Visitors) -> None:
    page = arrive()
    page.goto(SEARCH)
    page.keyboard.press("j")
    before = _here(page)
    page.keyboard.press("?")
    told = page.locator("#keys")
    assert told.is_visible()
    for key in ("/", "j", "k", "o", "t", "?"):
        assert told.locator("kbd", has_text=key).first.is_visible()
    assert page.evaluate("() => document.activeElement.closest('#keys') !== null")
    # Keys mean nothing else meanwhile, and the focus stays inside.
    page.keyboard.press("j")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement === document.body || document.activeElement.closest('#keys') !== null")
    page.keyboard.press("Escape")
    assert not told.is_visible()
    assert _here(page) == before
    # By pointer too, for those who do not know the key.
    page.locator(".hotkey button").click()
    assert told.is_visible()
    told.locator("button").click()
    assert not told.is_visible()


def test_the_skip_link_comes_first_and_skips(arrive: Visitors, scripts: bool) -> None:
    page = arrive(scripts=scripts)
    for address in ("/", SEARCH, INTERVIEW, "/browse", "/library", "/nowhere"):
        page.goto(address)
        page.keyboard.press("Tab")
        skip = page.locator(".skip")
        expect(skip).to_be_focused()
        assert skip.evaluate("(link) => link.getBoundingClientRect().top") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('main, body > footer') !== null"), address


@pytest.mark.parametrize("name", ["home", "results", "narrowed", "thread", "passage", "top", "browse", "library"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everything_is_reached_in_order_and_seen_when_it_is(arrive: Visitors, name: str, width: int) -> None:
    page = arrive(width=width)
    page.goto(SAMPLE[name].partition("#")[0])
    usable = min(page.evaluate(_USABLE), 90)
    assert page.locator("[tabindex]:not([tabindex='-1'], [tabindex='0'])").count() == 0
    wrong = []
    reached: list[str] = []
    for _ in range(usable):
        page.keyboard.press("Tab")
        reached.append(_here(page))
        wrong.append(page.evaluate(_SEEN))
    assert [finding for finding in wrong if finding] == []
    assert "BODY" not in reached
    assert reached[0] == "Skip to the content"
    assert reached.index("q") < 10


@pytest.mark.parametrize("address", ["/", SEARCH, INTERVIEW])
def test_what_is_typed_is_completed(arrive: Visitors, address: str) -> None:
    page = arrive("odd" if address == "/" else "sample")
    page.goto(address)
    typed, title = ("cat wak", "My cat wakes me at 5am every day") if address == "/" else ("landlord is kee", "My landlord is keeping")
    page.keyboard.press("/")
    box, list_ = page.locator("#q"), page.locator("#completions")
    expect(box).to_have_attribute("role", "combobox")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Backspace")
    page.keyboard.type(typed)
    expect(list_.locator("[role=option]").first).to_contain_text(title)
    count = list_.locator("[role=option]").count()
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".ask [role=status]")).to_have_text(f"{count} suggestion{'s' if count > 1 else ''}")
    page.keyboard.press("ArrowDown")
    option = list_.locator("[aria-selected=true]")
    assert option.get_attribute("id") == box.get_attribute("aria-activedescendant")
    assert box.input_value() == option.inner_text()
    # Around the end lies what was typed.
    page.keyboard.press("ArrowUp")
    assert box.input_value() == typed
    expect(box).not_to_have_attribute("aria-activedescendant", "completion-0")
    page.keyboard.press("ArrowUp")
    assert box.input_value() == list_.locator("[role=option]").last.inner_text()
    page.keyboard.press("Escape")
    assert box.input_value() == typed
    expect(list_).to_be_hidden()
    expect(box).to_be_focused()
    page.keyboard.type("e" if address == "/" else "p")
    expect(list_.locator("[role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    chosen = box.input_value()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    assert page.locator("#q").input_value() == chosen


def test_completions_are_put_away_when_one_leaves_and_can_be_clicked(arrive: Visitors) -> None:
    page = arrive(width=390)
    page.goto("/")
    page.locator("#q").press_sequentially("landlord")
    options = page.locator("#completions [role=option]")
    expect(options.first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#completions")).to_be_hidden()
    page.locator("#q").press_sequentially(" i")
    expect(options.first).to_be_visible()
    chosen = options.first.inner_text()
    options.first.click()
    page.wait_for_url("**/search?q=*")
    assert page.locator("#q").input_value() == chosen


def test_colours_follow_the_system_until_one_chooses(arrive: Visitors) -> None:
    def ground() -> str:
        return str(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))

    page = arrive(dark=False)
    page.goto("/")
    day = ground()
    page.emulate_media(color_scheme="dark")
    night = ground()
    assert day != night
    page.emulate_media(color_scheme="light")
    button = page.locator("button.light")
    _tab_to(page, "button.light", most=12)
    seen = {}
    for _ in range(3):
        page.keyboard.press("Enter")
        seen[button.inner_text()] = ground()
    assert len(seen) == 3
    assert sorted(seen.values()) == sorted([day, day, night])
    # Dark by choice under a light system holds on every page, and from the first moment on.
    while ground() != night:
        button.click()
    page.goto(SEARCH)
    assert ground() == night
    page.emulate_media(color_scheme="dark")
    while page.evaluate("() => document.documentElement.dataset.theme") != "light":
        button.click()
    page.reload()
    assert ground() == day


def test_a_chosen_colour_is_there_before_anything_is_drawn(arrive: Visitors) -> None:
    page = arrive()
    page.goto("/")
    while page.evaluate("() => document.documentElement.dataset.theme") != "dark":
        page.locator("button.light").click()
    page.add_init_script("""
      new MutationObserver(() => {
        if (document.body && window.atFirst === undefined) window.atFirst = document.documentElement.dataset.theme ?? "none";
      }).observe(document, {childList: true, subtree: true});
    """)
    page.goto(SEARCH)
    assert page.evaluate("() => window.atFirst") == "dark"


def test_without_scripts_colours_are_the_systems(arrive: Visitors) -> None:
    grounds = set()
    for dark in (False, True):
        page = arrive(scripts=False, dark=dark)
        page.goto("/")
        assert not page.locator("button.light").is_visible()
        grounds.add(page.locator("body").evaluate("(body) => getComputedStyle(body).backgroundColor"))
    assert len(grounds) == 2
