"""Processes that answer in place of the server's: the same answers, from any of them, whatever becomes of one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from pathlib import Path

import psutil
import pytest
from conftest import ROOT
from serving import running, served

ADDRESSES = (
    "/",
    "/search?q=cat+wakes+me+at+5am",
    "/search?q=%22",
    "/api/search?q=cat+wakes+me",
    "/search.csv?q=cat",
    "/top",
    "/people",
    "/nowhere",
    "/library/build",
    "/api/build",
    "/openapi.json",
    "/static/mark.svg",
    "/favicon.ico",
)


def _until(is_so: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def _workers(server: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(server).children() if "spawn_main" in " ".join(child.cmdline())]


def _have_answered(server: int, address: str, number: int) -> Callable[[], bool]:
    """Whether so many workers are there, and each has had something to do since it waited for it."""
    readers = ThreadPoolExecutor(2 * number)

    def have() -> bool:
        workers = _workers(server)
        before = [sum(worker.cpu_times()[:2]) for worker in workers]
        list(readers.map(_get, [f"{address}/search?q=cat+wakes+me+at+5am+interview+{n}" for n in range(20 * number)]))
        after = [sum(worker.cpu_times()[:2]) for worker in workers]
        return len(workers) == number and all(more > less for less, more in zip(before, after, strict=True))

    return have


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _get(address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, _lower(response.headers), response.read()
    except urllib.error.HTTPError as error:
        return error.code, _lower(error.headers), error.read()


def _same(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, dict[str, str], bytes]:
    """An answer without what is another each time: when it was sent, how long it took, what forms are known by."""
    status, headers, body = answer
    for changing in (rb"\d+([.,]\d+)?(&nbsp;|\s|\xc2\xa0)ms", rb'"took_ms":\s*[\d.]+', rb'name="form" value="[^"]*"'):
        body = re.sub(changing, b"", body)
    kept = {name: value for name, value in headers.items() if name not in {"date", "content-length", "etag"}}
    return status, kept, body


def test_workers_answer_as_the_server_does(sample_library: Path) -> None:
    with served(sample_library, workers=1) as alone, running(sample_library, workers=2) as (address, server):
        _until(_have_answered(server.pid, address, 2))
        for path in ADDRESSES:
            for headers in ({}, {"Accept-Language": "de"}, {"Host": "evil.example"}):
                assert _same(_get(address + path, **headers)) == _same(_get(alone + path, **headers)), (path, headers)


def test_what_a_browser_has_holds_whoever_answers(sample_library: Path) -> None:
    with running(sample_library, workers=2) as (address, server):
        _, headers, _ = _get(f"{address}/top")  # by the server itself, or whoever is first
        _until(_have_answered(server.pid, address, 2))
        with ThreadPoolExecutor(4) as readers:
            again = list(readers.map(lambda _: _get(f"{address}/top", **{"If-None-Match": headers["etag"]}), range(20)))
        assert {status for status, _, _ in again} == {304}


def test_a_worker_that_dies_is_replaced_and_nobody_notices(sample_library: Path) -> None:
    with running(sample_library, workers=2) as (address, server):
        _until(_have_answered(server.pid, address, 2))
        for died in _workers(server.pid):
            died.kill()
            assert _get(f"{address}/search?q=cat")[0] == 200
        assert _get(f"{address}/search?q=cat")[0] == 200
        _until(_have_answered(server.pid, address, 2))


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_server(end: signal.Signals, sample_library: Path) -> None:
    with running(sample_library, workers=2) as (address, server):
        _until(_have_answered(server.pid, address, 2))
        workers = _workers(server.pid)
        server.send_signal(end)
        _until(lambda: not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers))


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("after", [0.0, 0.3, 2.0])
def test_ctrl_c_is_quiet_however_far_the_workers_are(after: float, sample_library: Path) -> None:
    """Ctrl-C goes to the server and all its workers at once."""
    command = [sys.executable, "-m", "indexer", "serve", "--library", str(sample_library), "--port", "0"]
    environment = {**os.environ, "PYTHONWARNINGS": "error", "ASKIVE_WORKERS": "2"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT, start_new_session=True
    ) as server:
        try:
            assert server.stdout is not None
            assert "Askive is at" in server.stdout.readline()
            time.sleep(after)
            os.killpg(server.pid, signal.SIGINT)
            out, err = server.communicate(timeout=20)
        finally:
            server.kill()
    assert (server.returncode, out, err) == (0, "", "")
