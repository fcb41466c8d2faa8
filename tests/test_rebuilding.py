"""Building the library from a browser: a real server, real builds in their own process, and everybody who may not."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from conftest import answer, question, write_archive
from flask.testing import FlaskClient
from serving import served

from indexer.archives import jsonl
from indexer.build import build
from indexer.errors import BadSetting, LibraryError, NoLibrary
from indexer.library import Library
from indexer.settings import Settings, load
from indexer.thread import Post
from webui import create_app, rebuilding
from webui.rebuilding import BuildRuns, Rebuilds, State

BUILD = "/library/build"
TOKEN = "correct horse battery"
PATIENCE = 60


def posts(thread: int, count: int = 2) -> list[Post]:
    return [question(thread, f"Question {thread}"), *(answer(thread, n, f"Zeppelin {thread}.") for n in range(1, count + 1))]


def archive(*threads: int) -> bytes:
    return "".join(jsonl.write([post for thread in threads for post in posts(thread)])).encode()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    write_archive(folder / "threads" / "a.jsonl", posts(1))
    build(folder, engine="memory")
    return folder


@pytest.fixture
def server(library: Path) -> Iterator[str]:
    with served(library, engine="memory") as address:
        yield address


@pytest.fixture
def client(library: Path) -> FlaskClient:
    return create_app(Library(library), Settings(library=library, engine="memory")).test_client()


class Sender:
    """What a browser does with the form of a page."""

    def __init__(self, server: str, headers: dict[str, str] | None = None) -> None:
        self.server = server
        self.headers = headers or {}

    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.fetch(BUILD)[1], "lxml")

    def fetch(self, address: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
        request = urllib.request.Request(self.server + address, data, self.headers | (headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def send(
        self, files: dict[str, bytes] | None = None, address: str = BUILD, headers: dict[str, str] | None = None, **fields: str
    ) -> tuple[int, str]:
        if "form" not in fields and not (headers or {}).get("Authorization"):
            fields["form"] = self.page().select_one("input[name=form]")["value"]
        boundary = uuid4().hex
        parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
        for name, content in (files or {}).items():
            head = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: application/octet-stream'
            parts.append(head.encode() + b"\r\n\r\n" + content)
        body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
        return self.fetch(address, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"} | (headers or {}))

    def state(self) -> dict[str, Any]:
        return json.loads(self.fetch("/api/build")[1])

    def ended(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while (state := self.state())["phase"] == "running":
            assert time.monotonic() < until
            time.sleep(0.05)
        return state


def found(server: str, question: str) -> int:
    return json.loads(Sender(server).fetch(f"/api/search?q={urllib.parse.quote(question)}&exact=1")[1])["total"]


# The first library


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_library_is_built_in_the_browser(tmp_path: Path, workers: int) -> None:
    folder = tmp_path / "not" / "there"
    with served(folder, engine="memory", workers=workers) as address:
        sender = Sender(address)
        for page in ("/", "/search?q=zeppelin", "/library", "/thread/example.org:1", "/browse/people", "/random", "/nowhere"):
            status, told = sender.fetch(page)
            assert ("There is no library yet." in told) == (page != "/nowhere"), page
            assert status == (404 if page == "/nowhere" else 200)
            assert "form-action" not in told
        status, told = sender.fetch("/?lang=de")
        assert "Es gibt noch keine Bibliothek." in told
        for program in ("/api/search?q=zeppelin", "/search.csv?q=zeppelin", "/newest.atom", "/api/"):
            status, told = sender.fetch(program)
            assert (status, json.loads(told)["hint"]) == (503, "Run `askive build` first"), program
        assert sender.state()["phase"] == "idle"
        assert not folder.exists()
        # Who may build is the same as ever.
        assert sender.send({"a.jsonl": archive(1)}, headers={"X-Forwarded-For": "10.0.0.1"})[0] == 403
        assert sender.send({"a.jsonl": archive(1)}, form="x")[0] == 403
        assert sender.send({"a.jsonl": b"nothing"})[0] == 200
        assert sender.ended()["phase"] == "failed"
        assert "There is no library yet." in sender.fetch("/")[1]
        assert sender.send({"b.jsonl": archive(1, 2)})[0] == 200
        assert sender.ended()["phase"] == "ended"
        assert found(address, "zeppelin") == 4
        for page in ("/", "/search?q=zeppelin", "/library", BUILD):
            assert "There is no library yet." not in sender.fetch(page)[1], page


def test_only_a_library_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(NoLibrary):
        Library(tmp_path)
    waited = Library(tmp_path, awaited=True)
    assert not waited.is_there
    with pytest.raises(NoLibrary):
        waited.ask("zeppelin")
    build(tmp_path, [write_archive(tmp_path / "a.jsonl", posts(1))], engine="memory")
    assert waited.is_there
    assert waited.ask("zeppelin").total == 2
    (tmp_path / "library.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(LibraryError):
        Library(tmp_path, awaited=True)


# Builds


def test_files_that_are_dropped_become_the_library_of_a_running_server(library: Path, server: str) -> None:
    sender = Sender(server)
    assert sender.state()["phase"] == "idle"
    assert found(server, "zeppelin") == 2
    status, _ = sender.send({"new threads.jsonl": archive(2, 3)})
    assert status == 200
    state = sender.ended()
    assert state["phase"] == "ended"
    assert {(row["path"], row["status"]) for row in state["report"]["archives"]} == {("threads/new_threads.jsonl", "read")}
    assert found(server, "zeppelin") == 6
    assert (library / "threads" / "new_threads.jsonl").read_bytes() == archive(2, 3)
    told = sender.page()
    assert "It holds 3 threads and 6 answers" in told.text
    assert "threads/new_threads.jsonl" in told.text
    assert str(library) not in str(told)
    assert str(library) not in json.dumps(state)


def test_nothing_that_is_there_is_overwritten(library: Path, server: str) -> None:
    sender = Sender(server)
    before = (library / "threads" / "a.jsonl").read_bytes()
    for number in (2, 3):
        sender.send({"a.jsonl": archive(number)})
        assert sender.ended()["phase"] == "ended"
    assert (library / "threads" / "a.jsonl").read_bytes() == before
    assert {path.name for path in (library / "threads").iterdir()} == {"a.jsonl", "a-2.jsonl", "a-3.jsonl"}
    sender.send({"Posts.xml": b"<posts/>", "../../Users.xml": b"<users/>"})
    assert sender.ended()["phase"] == "ended"
    folder = next(path for path in (library / "threads").iterdir() if path.is_dir())
    assert {path.name for path in folder.iterdir()} == {"Posts.xml", "Users.xml"}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../evil.jsonl", "evil.jsonl"),
        ("/etc/passwd", "etc_passwd"),
        ("..", "archive"),
        (".hidden", "hidden"),
        ("con.jsonl", "con.jsonl"),
        ("a\x00b.jsonl", "ab.jsonl"),
        ("é ü.tar.gz", "e_u.tar.gz"),
        ("x" * 300 + ".jsonl", "x" * 194 + ".jsonl"),
        ("日本", "archive"),
    ],
)
def test_names_are_made_safe(tmp_path: Path, name: str, kept: str) -> None:
    for ending in ("", "-2"):
        with rebuilding.begin(tmp_path) as part:
            part.write(b"x")
        (target,) = rebuilding.keep(tmp_path, [(Path(part.name), name)])
        stem, _, rest = kept.partition(".")
        wanted = f"{stem}{ending}{'.' + rest if rest else ''}"
        if len(kept) <= 190:
            assert target == tmp_path / "threads" / wanted
        assert target.parent == tmp_path / "threads"
        assert target.read_bytes() == b"x"
    assert not list(tmp_path.rglob(f"{rebuilding.PART}*"))


def test_a_folder_on_the_server_is_read(tmp_path: Path, server: str) -> None:
    sender = Sender(server)
    write_archive(tmp_path / "elsewhere" / "b.jsonl", posts(5))
    sender.send(folder=str(tmp_path / "elsewhere"))
    state = sender.ended()
    assert [row["path"] for row in state["report"]["archives"]] == ["b.jsonl"]
    assert found(server, "zeppelin") == 4
    for folder in (str(tmp_path / "nowhere"), "relative", "a\0b", "<script>"):
        status, page = sender.send(folder=folder)
        assert status == 400
        assert "There is no folder or file" in page
        assert "<script>" not in page.partition("<main")[2].replace("<script src", "")
    status, page = sender.send({"c.jsonl": archive(6)}, folder=str(tmp_path))
    assert (status, "not both" in page) == (400, True)


def test_a_build_that_fails_is_told_and_leaves_the_library(library: Path, server: str, tmp_path: Path) -> None:
    sender = Sender(server)
    sender.send({"page.html": b"<title>Log in</title><p>Members only."})
    state = sender.ended()
    assert state["phase"] == "ended"
    assert [row["status"] for row in state["report"]["archives"]] == ["failed"]
    assert "Not read." in sender.page().text
    (library / "forgotten.jsonl").write_text("no rule\n")
    sender.send()
    state = sender.ended()
    assert state["phase"] == "failed"
    assert "is no rule" in state["error"]
    assert "The build failed; the library is as it was before" in sender.page().text
    assert str(tmp_path) not in str(sender.page())
    assert found(server, "zeppelin") == 2


def test_one_build_at_a_time_quick_pages_and_cancelling(library: Path, server: str) -> None:
    sender = Sender(server)
    many = "".join(jsonl.write([post for thread in range(10, 6_000) for post in posts(thread, 4)])).encode()
    status, page = sender.send({"many.jsonl": many})
    assert status == 200, page
    assert sender.state()["phase"] == "running"
    page = sender.page()
    assert page.select_one("noscript meta[http-equiv=refresh]")
    assert page.select_one("progress")
    assert not page.select("input[name=files]")
    status, told = sender.send({"b.jsonl": archive(2)}, form=page.select_one("input[name=form]")["value"])
    assert (status, "at work already" in told) == (409, True)
    for _ in range(3):
        assert found(server, "zeppelin") == 2
    status, _ = sender.send(address=f"{BUILD}/cancel", form=page.select_one("input[name=form]")["value"])
    assert status == 200
    assert sender.state()["phase"] == "cancelled"
    assert "was cancelled" in sender.page().text
    assert found(server, "zeppelin") == 2
    # The lock is free again, and the next build goes as if nothing had been.
    (library / "threads" / "many.jsonl").unlink()
    sender.send()
    assert sender.ended()["phase"] == "ended"


def test_progress_is_told(library: Path) -> None:
    write_archive(library / "threads" / "b.jsonl", [post for thread in range(10, 1500) for post in posts(thread)])
    rebuilds = Rebuilds(Settings(library=library, engine="memory"))
    rebuilds.start(None)
    with pytest.raises(BuildRuns):
        rebuilds.start(None)
    steps: dict[str, list[State]] = {}
    while (state := rebuilds.state).phase == "running":
        steps.setdefault(state.step, []).append(state)
        time.sleep(0.01)
    assert state.phase == "ended"
    assert {"Reading", "Indexing"} & steps.keys()
    for states in steps.values():
        assert all(0 <= one.share <= 100 for one in states)
        assert [one.done for one in states] == sorted(one.done for one in states)
    rebuilds.cancel()
    assert rebuilds.state.phase == "ended"


def test_a_process_that_dies_is_told(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONOPTIMIZE", "not a number")
    monkeypatch.setattr(rebuilding.sys, "executable", str(library / "no-python"))
    with pytest.raises(OSError, match="no-python"):
        Rebuilds(Settings(library=library)).start(None)
    monkeypatch.undo()
    rebuilds = Rebuilds(Settings(library=library))
    rebuilds.start(None)
    os.kill(rebuilds._process.pid, 9)
    while (state := rebuilds.state).phase == "running":
        time.sleep(0.01)
    assert state.phase == "failed"
    assert "broke off" in state.error


# Who may


def form_of(client: FlaskClient, **environ: Any) -> str | None:
    page = BeautifulSoup(client.get(BUILD, **environ).text, "lxml")
    field = page.select_one("input[name=form]")
    return field and field["value"]


ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:81"},
    {"Origin": "http://[half"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
@pytest.mark.parametrize("address", [BUILD, f"{BUILD}/cancel"])
def test_what_another_site_sends_is_refused(client: FlaskClient, headers: dict[str, str], address: str, library: Path) -> None:
    response = client.post(address, data={"form": form_of(client)}, headers=headers)
    assert response.status_code == 403
    assert "another site" in response.text
    assert client.get("/api/build").json["phase"] == "idle"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": "null"}, {"Origin": "http://localhost"}], ids=str
)
def test_what_browsers_send_of_our_own_forms_is_taken(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.post(f"{BUILD}/cancel", data={"form": form_of(client)}, headers=headers)
    assert (response.status_code, response.headers.get("Location")) == (303, BUILD)
    assert client.post(f"{BUILD}/cancel", data={"form": "x"}, headers=headers).status_code == 403


def test_a_form_of_ours_is_needed(client: FlaskClient, library: Path) -> None:
    for form in (None, "", "x" * 43, form_of(client)[:-1]):
        response = client.post(BUILD, data={} if form is None else {"form": form})
        assert response.status_code == 403
        assert "not of this server" in response.text
    other = create_app(Library(library), Settings(library=library)).test_client()
    assert form_of(other) != form_of(client)
    assert client.post(BUILD, data={"form": form_of(other)}).status_code == 403
    page = client.get(BUILD)
    assert page.headers["Cache-Control"] == "no-store"
    assert "ETag" not in page.headers
    assert "Content-Encoding" not in client.get(BUILD, headers={"Accept-Encoding": "gzip"}).headers
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize(
    "environ",
    [
        {"environ_base": {"REMOTE_ADDR": "192.168.1.7"}},
        {"headers": {"X-Forwarded-For": "192.168.1.7"}},
        {"headers": {"Via": "1.1 proxy"}},
        {"headers": {"Host": "library.lan"}},
    ],
    ids=str,
)
def test_without_a_token_only_this_machine_may(library: Path, environ: dict[str, Any]) -> None:
    client = create_app(Library(library), Settings(library=library, host="0.0.0.0")).test_client()
    ours = form_of(client)
    assert form_of(client, **environ) is None
    assert "Only somebody at the server itself may build" in client.get(BUILD, **environ).text
    for address in (BUILD, f"{BUILD}/cancel"):
        assert client.post(address, data={"form": ours}, **environ).status_code == 403
    assert client.get("/api/build").json["phase"] == "idle"


def test_with_a_token_whoever_has_it_may_from_anywhere(library: Path) -> None:
    with served(library, engine="memory", token=TOKEN) as server:
        sender = Sender(server)
        assert sender.page().select_one("input[name=token][type=password]")
        for wrong in ({}, {"token": ""}, {"token": TOKEN[:-1]}, {"token": TOKEN + "x"}):
            status, page = sender.send({"b.jsonl": archive(2)}, **wrong)
            assert (status, "not the token" in page) == (403, True)
        for wrong_header in ("Bearer x", f"Basic {TOKEN}", "Bearer"):
            assert sender.send(headers={"Authorization": wrong_header})[0] == 403
        assert sender.state()["phase"] == "idle"
        assert not list((library / "threads").glob("b*"))
        assert sender.send({"b.jsonl": archive(2)}, token=TOKEN)[0] == 200
        assert sender.ended()["phase"] == "ended"
        assert sender.send({"c.jsonl": archive(3)}, headers={"Authorization": f"Bearer {TOKEN}"})[0] == 200
        assert sender.ended()["phase"] == "ended"
        assert found(server, "zeppelin") == 6
        assert TOKEN not in str(sender.page())


def test_nothing_refused_is_kept(library: Path, client: FlaskClient) -> None:
    from io import BytesIO

    response = client.post(BUILD, data={"form": "wrong", "files": (BytesIO(b"x" * 100_000), "x.jsonl")})
    assert response.status_code == 403
    assert {path.name for path in (library / "threads").iterdir()} == {"a.jsonl"}
    broken = b'--b\r\nContent-Disposition: form-data; name="files"; filename="x"\r\n\r\n' + b"y" * 100_000
    client.post(BUILD, data=broken, content_type="multipart/form-data; boundary=b")
    assert {path.name for path in (library / "threads").iterdir()} == {"a.jsonl"}
    (library / "threads" / f"{rebuilding.PART}left").write_bytes(b"x")
    with served(library):
        pass
    assert {path.name for path in (library / "threads").iterdir()} == {"a.jsonl"}


def test_what_is_too_large_is_refused(library: Path) -> None:
    with served(library, engine="memory", upload=1) as server:
        sender = Sender(server)
        form = sender.page().select_one("input[name=form]")["value"]
        status, page = sender.send({"big.jsonl": b"x" * 1_030_000}, form=form)
        assert (status, "more than 1 MB" in page) == (413, True)
        # What is no build is not even taken in, nor what another site sends.
        for address, headers in (("/search", {}), (BUILD, {"Origin": "https://evil.example"}), ("/", {})):
            # The server may answer and hang up before all is sent.
            with suppress(urllib.error.URLError, ConnectionError):
                assert sender.send({"x": b"x" * 200_000}, address=address, headers=headers, form=form)[0] == 413
        assert {path.name for path in (library / "threads").iterdir()} == {"a.jsonl"}
        assert sender.state()["phase"] == "idle"


def test_a_token_that_is_too_short_is_no_setting(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="fewer than 12") as raised:
        load({"library": tmp_path}, {"ASKIVE_TOKEN": "hunter2"})
    assert "hunter2" not in str(raised.value)
    assert load({"library": tmp_path}, {"ASKIVE_TOKEN": TOKEN}).token == TOKEN


def test_the_server_takes_its_build_with_it(library: Path) -> None:
    write_archive(library / "threads" / "b.jsonl", [post for thread in range(10, 6_000) for post in posts(thread)])
    with served(library, engine="memory") as server:
        Sender(server).send()
        assert Sender(server).state()["phase"] == "running"
    # Were one left at work, this would be refused.
    (library / "threads" / "b.jsonl").unlink()
    assert build(library, engine="memory").threads == 1
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server)
