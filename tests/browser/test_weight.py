"""How much goes over the wire until a page stands, counted by the browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from .chromium import Visitors
from .pages import INTERVIEW, SEARCH

KILOBYTE = 1000


def _visit(page: Page, address: str) -> list[tuple[str, int]]:
    """The address of each request that was sent, and the bytes that came for it, heads included."""
    session = page.context.new_cdp_session(page)
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def began(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def ended(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    session.on("Network.requestWillBeSent", began)
    session.on("Network.loadingFinished", ended)
    session.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    # What the browser has it does not ask for, and then nothing comes: the mark of a page is its icon too.
    return [(address, int(sizes[request])) for request, address in addresses.items() if sizes.get(request)]


@pytest.mark.parametrize("address", ["/", SEARCH, "/search?q=landlord+keeps+my+deposit", INTERVIEW])
def test_a_page_needs_little(arrive: Visitors, address: str) -> None:
    """With everything it needs, in a browser that has nothing yet: at most 40 kB, in at most 4 requests."""
    came = _visit(arrive(), address)
    assert len(came) <= 4, came
    assert came[0][0].endswith(address)
    assert sum(size for _, size in came) <= 40 * KILOBYTE, came


def test_what_a_browser_has_is_not_sent_again(arrive: Visitors) -> None:
    page = arrive()
    cold = sum(size for _, size in _visit(page, SEARCH))
    warm = sum(size for _, size in _visit(page, SEARCH))
    assert warm < cold / 4
