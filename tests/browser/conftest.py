"""The servers, the browser and its visitors, for all browser tests.

Of a package's scope, not of the session's: Playwright keeps an event loop running, which nothing else should meet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

if os.environ.get("ASKIVE_BROWSER") != "required":
    pytest.importorskip("playwright", reason="needs playwright: pip install 'askive[test]'")

from playwright.sync_api import Browser

from . import attacks, chromium, oddities
from .attacks import Beacon
from .chromium import Visitors
from .serving import served


@pytest.fixture(scope="package")
def _browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        if os.environ.get("ASKIVE_BROWSER") == "required":
            pytest.fail(chromium.MISSING)
        pytest.skip(chromium.MISSING)
    with chromium.browser(path) as started:
        yield started


@pytest.fixture(scope="package")
def beacon() -> Iterator[Beacon]:
    with attacks.listen() as listening:
        yield listening


@pytest.fixture(scope="package")
def _servers(
    _browser: Browser, beacon: Beacon, sample_library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Servers over the sample, and over the library of everything odd."""
    odd = oddities.make_library(tmp_path_factory.mktemp("odd"), beacon.address)
    with served(sample_library) as sample_address, served(odd) as odd_address:
        yield {"sample": sample_address, "odd": odd_address}


@pytest.fixture
def arrive(_browser: Browser, _servers: dict[str, str], beacon: Beacon) -> Iterator[Visitors]:
    """A function that lets a visitor in: `arrive("odd", scripts=False)` gives a tab. At the end nothing wrong has been seen."""
    visitors = Visitors(_browser, dict(_servers))
    yield visitors
    visitors.leave()
    assert visitors.wrong() == []
    assert beacon.asked == []


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)
