"""Nothing that strangers wrote runs, loads or leads away, whichever way it comes: archived, typed, completed, fed or exported."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from lxml import etree
from playwright.sync_api import Error, Page

from . import attacks
from .attacks import Beacon
from .chromium import Visitors

_CONFINED = """
// Whatever on the page could run, load or lead to where no page of ours leads.
() => {
  const wrong = [];
  const ours = new Set([location.origin]);
  for (const element of document.querySelectorAll("*")) {
    const said = element.outerHTML.slice(0, 150);
    if (element.matches("script:not([src]), iframe, frame, object, embed, base, meta[http-equiv], style, video, audio, template, math, noscript")) wrong.push(said);
    if (element.namespaceURI.endsWith("svg") && !element.closest("svg.bar, svg.plot, .key svg")) wrong.push(said);
    for (const {name, value} of element.attributes) {
      if (name.startsWith("on") || name === "style" || name === "srcdoc" || name === "formaction") wrong.push(`${name}: ${said}`);
      if (["src", "srcset", "action", "poster", "data", "xlink:href"].includes(name) && !ours.has(new URL(value, location).origin)) wrong.push(`${name}: ${said}`);
    }
    if (element.matches("link[href]") && !ours.has(new URL(element.href).origin)) wrong.push(said);
    if (element.matches("a[href]") && !["http:", "https:", "mailto:"].includes(element.protocol)) wrong.push(said);
  }
  for (const id of ["main", "q"]) if (document.querySelectorAll(`[id="${id}"]`).length > 1) wrong.push(`the id ${id} twice`);
  return wrong;
}
"""

_PROVOKE = """
// Everything that a reader may do to a thing without leaving the page, done to all things at once.
() => {
  for (const closed of document.querySelectorAll("details")) closed.open = true;
  for (const element of document.querySelectorAll("main *")) {
    for (const type of ["mouseover", "mouseenter", "mousemove", "pointerover", "pointerenter", "focus", "focusin", "toggle", "animationstart", "error", "load"]) {
      element.dispatchEvent(new Event(type, {bubbles: false}));
    }
    if (!element.closest("a[href], button, summary, form")) element.dispatchEvent(new MouseEvent("click", {bubbles: true}));
  }
}
"""


_PARAMETERS = (
    "q category site tag author from to year month votes best sort dial page group exact thread raw order at comments begins name"
    " format n cursor lang"
).split()


def _look(page: Page) -> list[str]:
    wrong = page.evaluate(_CONFINED)
    page.evaluate(_PROVOKE)
    return [f"{page.url}: {finding}" for finding in wrong]


def _look_in_time(page: Page) -> list[str]:
    """The same on a page without a policy, where an attack may keep the page from ever answering."""
    script = f"() => {{ const wrong = ({_CONFINED})(); ({_PROVOKE})(); return JSON.stringify(wrong); }}"
    found: list[str] = json.loads(page.wait_for_function(script, timeout=5000).json_value())
    return found


def _run_together(text: str | None) -> str:
    return "".join(str(text).split())


def _ways_in(text: str) -> list[str]:
    """Every address that takes words from whoever asks, with an attack in each of them."""
    named = dict.fromkeys(_PARAMETERS, text)
    return [
        f"/search?q={quote_plus(text)}",
        f"/search?{urlencode(named | {'q': attacks.WORD})}",
        f"/search?{urlencode({'q': attacks.WORD, 'category': text, 'tag': text, 'site': text, 'thread': text})}",
        f"/thread/{quote(text, safe='')}",
        f"/thread/example.org:1?{urlencode(named)}",
        f"/cite/{quote(text, safe='')}",
        f"/{quote(text, safe='')}",
    ]


@pytest.fixture
def corpus(beacon: Beacon) -> tuple[str, ...]:
    return attacks.texts(beacon.address)


def test_the_attacks_work_where_nothing_is_cleaned(arrive: Visitors) -> None:
    """What this file would see: most of the corpus, put raw on a page without a policy, is noticed."""
    with attacks.listen() as listening:
        page = arrive("odd")
        raw = f"http://{listening.address}/raw"
        noticed = set()
        for text in attacks.texts(listening.address):
            listening.page = f"<!doctype html><main id=main><input id=q>{text}</main>"
            try:
                page.goto(raw)
                found = _look_in_time(page)
                page.wait_for_timeout(10)
            except Error as error:
                found = [str(error)]  # led away, or held up, while it was looked at
                page = arrive("odd")
            found += [seen for seen in arrive.wrong() if seen != f"request: {raw}"]
            if found:
                noticed.add(text)
        page.close()
        arrive.wrong()
        missed = set(attacks.texts(listening.address)) - noticed
        assert len(noticed) > 3 * len(missed), missed
        loaded = {call.split()[1] for call in listening.asked if call.startswith("GET ")}
        assert {"/mixed-case", "/image.png", "/sheet.css", "/style.png", "/refresh"} <= loaded


def test_the_policy_is_the_second_line(arrive: Visitors) -> None:
    """Were an attack ever to come through, it would neither run nor load; and it would be seen here."""
    page = arrive()
    page.goto("/")
    page.evaluate("""() => {
      const put = (html) => { const box = document.createElement("div"); box.innerHTML = html; document.body.append(box); };
      put("<img src=/nowhere.png onerror='window.attacked = 1'>");
      put("<p style='color: red'>red</p>");
      put("<img src=https://evil.example/p.png>");
      const script = document.createElement("script"); script.textContent = "window.attacked = 2"; document.body.append(script);
    }""")
    page.wait_for_timeout(100)
    assert page.evaluate("() => window.attacked") is None
    seen = "\n".join(arrive.wrong())
    for directive in ("script-src", "style-src", "img-src"):
        assert f"policy: {directive}" in seen, directive


def test_archived_attacks_stay_text(arrive: Visitors, corpus: tuple[str, ...]) -> None:
    page = arrive("odd")
    wrong = []
    for number, text in enumerate(corpus, 100):
        page.goto(f"/thread/example.org:{number}")
        wrong += _look(page)
        # It is there, as text, whole: in the title and in the answer that quotes it.
        shown = _run_together(text.replace("\0", ""))
        assert shown in _run_together(page.locator("h1").text_content()), text
        assert shown in _run_together(page.locator(f"[id='a-{number}/2'] .prose").text_content()), text
        assert page.locator("#main").count() == page.locator("#q").count() == 1
    assert wrong == []


@pytest.mark.parametrize(
    "address",
    [
        f"/search?q={attacks.WORD}&group=0",
        f"/search?q={attacks.WORD}&sort=votes",
        f"/search?q={attacks.WORD}&sort=oldest&group=0&page=3",
        "/top?raw=1",
        "/browse",
        "/browse/threads",
        "/browse/categories",
        "/browse/tags",
        "/browse/people",
        "/browse/duplicates",
        "/browse/late",
        "/browse/gems",
        "/library",
        "/",
    ],
)
def test_lists_of_attacks_stay_text(arrive: Visitors, address: str) -> None:
    page = arrive("odd")
    wrong = []
    for _ in range(4):
        page.goto(address)
        wrong += _look(page)
        following = page.locator(".pages [rel=next]")
        if not following.count():
            break
        address = str(following.get_attribute("href"))
    assert wrong == []


def test_attacks_as_input_stay_text(arrive: Visitors, corpus: tuple[str, ...]) -> None:
    page = arrive("odd")
    wrong = []
    for place, text in enumerate(corpus):
        # Each attack comes in by two of the ways; over the corpus each way meets a fourth of it, of every kind.
        ways = _ways_in(text)
        for way in (ways[place % len(ways)], ways[(place + 3) % len(ways)]):
            response = page.goto(way)
            assert response is not None
            assert response.status < 500, way
            assert set(response.headers) & {"set-cookie", "location"} == set()
            wrong += _look(page)
    assert wrong == []


def test_typed_attacks_and_attacks_that_complete_stay_text(arrive: Visitors, corpus: tuple[str, ...]) -> None:
    page = arrive("odd")
    page.goto("/")
    box, options = page.locator("#q"), page.locator("#completions [role=option]")
    offered = set()
    for start in ("perf", "script", "img", "svg", "press", "alert", "href", "onerror"):
        with page.expect_response(lambda response: "/api/complete" in response.url):
            box.fill(start)
        page.wait_for_timeout(30)
        for option in options.all():
            offered.add(option.inner_text())
            assert option.evaluate("(option) => option.children.length") == 0
    assert any("<" in text for text in offered)
    for text in corpus:
        box.fill(text[:60])
    page.wait_for_timeout(200)
    assert _look(page) == []
    box.fill(corpus[0])
    box.press("Enter")
    page.wait_for_url("**/search?q=*")
    assert page.locator("#q").input_value() == corpus[0]
    assert _look(page) == []


def test_data_opened_in_the_browser_is_no_page(arrive: Visitors) -> None:
    """JSON, tables and feeds say what they are, and a browser that is led there takes them for nothing else."""
    page = arrive("odd")
    for address, media in {
        f"/api/search?q={attacks.WORD}&n=100": "application/json",
        "/api/thread/example.org:100": "application/json",
        "/api/complete?q=script": "application/json",
        f"/search.atom?q={attacks.WORD}&n=100": "application/atom+xml",
        "/newest.atom": "application/atom+xml",
        "/opensearch.xml": "application/opensearchdescription+xml",
    }.items():
        answer = page.request.get(address)
        assert answer.status == 200, address
        assert answer.headers["content-type"].startswith(media), address
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        if answer.headers.get("content-disposition", "inline").startswith("inline"):
            try:
                page.goto(address)
            except Error as error:
                # A type that Chromium saves instead of showing.
                saved = error.message
            else:
                saved = "Download"
            assert "Download" in saved or "ERR_ABORTED" in saved, address


def test_feeds_hold_attacks_as_text(arrive: Visitors, corpus: tuple[str, ...]) -> None:
    page = arrive("odd")
    feed = etree.fromstring(page.request.get(f"/search.atom?q={attacks.WORD}&n=100").body())
    names = {"atom": "http://www.w3.org/2005/Atom"}
    titles = feed.xpath("//atom:entry/atom:title", namespaces=names)
    assert len(titles) > 50
    assert all(len(title) == 0 for title in titles)
    assert any(corpus[0] in title.text for title in titles)
    assert feed.xpath("//*[namespace-uri() != 'http://www.w3.org/2005/Atom' and namespace-uri() != 'http://a9.com/-/spec/opensearch/1.1/']") == []
    # Content that readers take for HTML is cleaned before: shown in a page without a policy, nothing happens.
    shown = "".join(feed.xpath("//atom:entry/atom:*[@type='html']/text()", namespaces=names))
    with attacks.listen() as unguarded:
        unguarded.page = f"<!doctype html><link rel=icon href=data:,><main id=main><input id=q>{shown}</main>"
        raw = f"http://{unguarded.address}/raw"
        page.goto(raw)
        assert [finding for finding in _look_in_time(page) if "the id" not in finding and "data:," not in finding] == []
        page.close()
        assert [seen for seen in arrive.wrong() if not seen.startswith(f"request: {raw}") and "data:," not in seen] == []


def test_exports_hold_attacks_as_text(arrive: Visitors, corpus: tuple[str, ...]) -> None:
    page = arrive("odd")
    for form in ("csv", "jsonl"):
        answer = page.request.get(f"/search.{form}?q={attacks.WORD}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "\n" not in answer.headers["content-disposition"]
        if form == "csv":
            cells = [cell for row in csv.reader(io.StringIO(answer.text())) for cell in row]
            # A spreadsheet takes what begins like this for a formula.
            assert [cell for cell in cells if cell[:1] in {"=", "+", "@", "\t", "\r"}] == []
            assert any("=HYPERLINK" in cell for cell in cells)
        else:
            assert all(json.loads(line) for line in answer.text().removesuffix("\n").split("\n"))
    for text in corpus:
        answer = page.request.get(f"/search.csv?{urlencode({'q': f'{attacks.WORD} {text}'})}")
        assert answer.status in {200, 400, 404}
        assert "set-cookie" not in answer.headers
    with page.expect_download() as saved:
        page.goto(f"/search?q={attacks.WORD}")
        page.locator("a[href*='.csv']").first.click()
    assert saved.value.suggested_filename.endswith(".csv")
