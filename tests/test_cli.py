"""The command, as a process would call it: shapes, exit codes, plain errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from conftest import SAMPLE, answer, question, write_archive

from indexer.cli import main

ANSWER_KEYS = {
    *(
        "rank",
        "id",
        "thread_id",
        "title",
        "category",
        "author",
        "anonymous",
        "written",
        "votes",
        "best",
        "endorsed_by",
        "score",
    ),
    *("outcome", "signals", "snippet", "url"),
}


def run(*arguments, code=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def run_json(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).stdout)


def test_ask_has_its_shape(sample_library):
    found = run_json("ask", "bombed interview dream job", "--library", sample_library, "-n", 5)
    assert {"question", "total", "took_ms", "engine", "dial", "answers"} <= found.keys()
    assert found["question"] == "bombed interview dream job"
    assert len(found["answers"]) == 5 <= found["total"]
    for rank, row in enumerate(found["answers"], 1):
        assert row.keys() >= ANSWER_KEYS
        assert row["rank"] == rank
        assert row["written"] is None or datetime.fromisoformat(row["written"]).tzinfo
        assert sum(row["signals"].values()) == pytest.approx(row["score"], abs=1e-4)
        assert (
            any(span["match"] for span in row["snippet"])
            or "answer text" not in row["signals"]
            or not row["signals"]["answer text"]
        )


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("bombed interview dream job", "interview"),
        ("cat wakes me at 5am", "cat"),
        ("landlord keeps my deposit", "deposit"),
    ],
)
def test_a_visitor_is_helped(sample_library, asked, title):
    found = run_json("ask", asked, "--library", sample_library)
    assert title in found["answers"][0]["title"].lower()
    assert found["answers"][0]["votes"]


def test_filters_narrow(sample_library):
    found = run_json("ask", 'category:"Pets & Animals" votes:>=3 cat', "--library", sample_library, "-n", 50)["answers"]
    assert found
    assert all(row["category"] == "Pets & Animals" and row["votes"] >= 3 for row in found)
    only = run_json("ask", "best:yes", "year:2008..2012", "--library", sample_library, "-n", 50)["answers"]
    assert only
    assert all(row["best"] and 2008 <= int(row["written"][:4]) <= 2012 for row in only)


def test_a_phrase_and_what_is_excluded(sample_library):
    whole = run_json("ask", "cat", "-n", 200, "--library", sample_library)
    minus = run_json("ask", "-n", 200, "cat -feeder", "--library", sample_library)
    assert 0 < minus["total"] < whole["total"]
    for row in minus["answers"]:
        shown = run_json("show", row["thread_id"], "--library", sample_library)
        body = next(reply["body"] for reply in shown["answers"] if reply["id"] == row["id"])
        assert "feeder" not in body.lower().split()


def test_a_phrase_is_in_every_answer_or_its_question(sample_library):
    found = run_json("ask", '"dream job"', "-n", 200, "--library", sample_library)["answers"]
    assert found
    for row in found:
        shown = run_json("show", row["thread_id"], "--library", sample_library)
        body = next(reply["body"] for reply in shown["answers"] if reply["id"] == row["id"])
        said = f"{shown['title']} {shown['question']['body']} {body}".lower()
        assert "dream job" in said


@pytest.mark.parametrize("sort", ["best", "votes", "newest", "oldest"])
def test_sort_and_dial_keep_the_set(sample_library, sort):
    sets = {
        tuple(
            sorted(
                row["id"]
                for row in run_json("ask", "dog walks", "--library", sample_library, "-n", 500, "--sort", sort, "--dial", dial)[
                    "answers"
                ]
            )
        )
        for dial in (0, 0.5, 1)
    }
    assert len(sets) == 1
    assert len(next(iter(sets))) > 5


def test_show_has_its_shape(sample_library):
    first = run_json("ask", "cat wakes me at 5am", "--library", sample_library)["answers"][0]
    shown = run_json("show", first["thread_id"], "--library", sample_library)
    assert {"id", "site", "title", "category", "tags", "url", "question", "answers", "warnings"} <= shown.keys()
    assert {"author", "anonymous", "written", "votes", "body"} <= shown["question"].keys()
    for reply in shown["answers"]:
        assert {"id", "kind", "author", "written", "votes", "best", "endorsed_by", "endorses", "body"} <= reply.keys()
        assert "<" not in reply["body"]
    assert run_json("show", first["id"], "--library", sample_library) == shown


def test_show_says_what_was_asked_before_and_whose_it_is(tmp_path):
    copy = {"licence": "CC BY-SA 3.0", "captured": datetime(2020, 6, 1, tzinfo=UTC)}
    closed = question(
        2,
        "Why again?",
        closed=datetime(2012, 6, 1, tzinfo=UTC),
        duplicate_of=("example.org:1",),
        url="https://example.org/2",
        **copy,
    )
    other = answer(2, 2, "Thus.", licence="CC BY-SA 4.0")
    bare = question(3, "Why ever?", author=None, duplicate_of=tuple(f"example.org:x{number:02}" for number in range(12)))
    write_archive(
        tmp_path / "threads" / "a.jsonl",
        [question(1, "Why?"), closed, answer(2, 1, "So.", licence="CC BY-SA 3.0"), other, bare, answer(3, 1, "No.")],
    )
    run("build", "--library", tmp_path)
    lines = run("show", "example.org:2", "--library", tmp_path).stdout.splitlines()
    assert lines[1] == "Closed on 2012-06-01 as a duplicate of example.org:1"
    assert [line for line in lines if "CC BY-SA 4.0" in line] == ["── person2 2012-05-01T12:02 · 0 votes · CC BY-SA 4.0"]
    assert lines[-1] == "Asked by asker on example.org, https://example.org/2, CC BY-SA 3.0, saved on 2020-06-01"
    assert "Asked again: example.org:2" in run("show", "example.org:1", "--library", tmp_path).stdout.splitlines()
    lines = run("show", "example.org:3", "--library", tmp_path).stdout.splitlines()
    assert lines[1] == f"A duplicate of {', '.join(f'example.org:x{number:02}' for number in range(10))} and 2 more"
    assert lines[-1] == "From example.org"


def test_spelling_and_conditions_are_told_and_exact_undoes_both(sample_library):
    told = run("ask", "--library", sample_library, "landlrd depsoit")
    assert told.stderr.startswith("Showing answers for: landlord deposit\nSearch instead for what you typed: --exact\n")
    exact = run("ask", "--library", sample_library, "--exact", "--json", "landlrd depsoit")
    assert (json.loads(exact.stdout)["total"], json.loads(exact.stdout)["correction"]) == (0, None)
    less = run("ask", "--library", sample_library, "cat year:1950")
    assert "Nothing from 1950; shown from all years." in less.stderr
    assert json.loads(run("ask", "--library", sample_library, "--json", "cat year:1950").stdout)["relaxed"] == [
        {"what": "year", "text": "year:1950"}
    ]
    assert "Did you mean: landlord" in run("ask", "--library", sample_library, "kandlord cat").stderr


def test_suggest_and_similar_have_their_shapes(sample_library):
    found = json.loads(run("suggest", "--library", sample_library, "--json", "-n", "3", "cat wak").stdout)
    assert list(found) == ["question", "completions", "similar"]
    assert found["completions"][0]["text"].startswith("Cat wakes me at 5am")
    thread = found["completions"][0]["thread_id"]
    assert list(found["similar"][0]) == ["thread_id", "title", "category", "score", "linked"]
    told = run("suggest", "--library", sample_library, "cat wak").stdout
    assert told.startswith(f"Cat wakes me at 5am every single morning. How do I make it stop?  [{thread}]")
    shape = json.loads(run("show", "--library", sample_library, "--similar", "--json", thread).stdout)
    assert len(shape["similar"]) == 5
    assert thread not in {near["thread_id"] for near in shape["similar"]}
    assert "Similar questions" in run("show", "--library", sample_library, "--similar", thread).stdout
    assert "similar" not in json.loads(run("show", "--library", sample_library, "--json", thread).stdout)


def test_top_has_the_answers_shape_and_follows_its_options(sample_library):
    raw = run_json("top", "--raw", "-n", 20, "--library", sample_library)["answers"]
    assert [row["votes"] for row in raw] == sorted((row["votes"] for row in raw), reverse=True)
    assert raw[0].keys() >= ANSWER_KEYS
    pets = run_json("top", "--category", "pets", "--library", sample_library)["answers"]
    assert pets
    assert {row["category"] for row in pets} == {"Pets & Animals"}
    assert [row["id"] for row in run_json("top", "-n", 20, "--library", sample_library)["answers"]] != [
        row["id"] for row in raw
    ]


def test_build_has_its_shape_and_exit_codes(tmp_path):
    write_archive(tmp_path / "threads" / "a.jsonl", [question(1, "Why?"), answer(1, 1, "Because.")])
    (tmp_path / "threads" / "b.txt").write_text("a note")
    built = run_json("build", "--library", tmp_path)
    assert {"archives", "threads", "answers", "took_s"} <= built.keys()
    assert [(row["status"], row["format"], row["threads"], row["answers"]) for row in built["archives"]] == [
        ("read", "askive-jsonl", 1, 1),
        ("failed", None, 0, 0),
    ]
    for row in built["archives"]:
        assert row.keys() == {"path", "format", "status", "threads", "answers", "skipped", "warnings", "reason"}
    assert run_json("build", "--library", tmp_path)["archives"][0]["status"] == "unchanged"
    failed = run("build", tmp_path / "threads" / "b.txt", "--library", tmp_path / "other", "--json", code=1)
    assert "b.txt" in failed.stderr
    assert json.loads(failed.stdout)["archives"][0]["status"] == "failed"


def test_export_and_forget(tmp_path):
    write_archive(tmp_path / "threads" / "a.jsonl", [question(1, "Why?"), answer(1, 1, "Because."), answer(1, 2, "Who knows.")])
    run("build", "--library", tmp_path)
    assert len(run("export", "--library", tmp_path).stdout.splitlines()) == 4
    assert run_json("export", tmp_path / "out.jsonl", "--library", tmp_path)["posts"] == 3
    assert run_json("forget", "--author", "person1", "--library", tmp_path)["forgotten"] == 1
    assert "Because" not in run("export", "--library", tmp_path).stdout
    run("forget", "--library", tmp_path, code=2)
    run("forget", "--post", "nobody", "--library", tmp_path, code=1)


def test_info_names_archives_and_settings(sample_library):
    told = run_json("info", "--library", sample_library)
    assert told["threads"] >= 60
    assert told["answers"] >= 500
    assert len(told["archives"]) >= 60
    assert "dial" in run_json("info", "--settings", "--library", sample_library)


def test_info_says_which_engine_and_why(sample_library):
    told = run_json("info", "--library", sample_library)
    assert told["engine"] == "whoosh"
    assert told["engine_why"] == f"auto: {told['posts']:,} posts, below the crossover of 10,000"
    assert f"Engine whoosh ({told['engine_why']})" in run("info", "--library", sample_library).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "x", "--library", "nowhere"], "askive build"),
        (["show", "nothing", "--library", "SAMPLE"], "no thread"),
        (["ask", "the of", "--library", "SAMPLE"], "about"),
        (["ask", "cat", "--dial", "7", "--library", "SAMPLE"], "dial"),
        (["build", "nowhere", "--library", "NEW"], "nowhere"),
        (["enrich", "nowhere", "--library", "SAMPLE"], "nowhere"),
        (["build", "--engine", "magic", "--library", "NEW"], "magic"),
    ],
)
def test_errors_are_one_plain_line(sample_library, tmp_path, arguments, said):
    places = {"SAMPLE": str(sample_library), "NEW": str(tmp_path / "new")}
    result = run(*(places.get(argument, argument) for argument in arguments), code=1)
    assert result.stdout == ""
    assert result.stderr.startswith("askive: ")
    assert len(result.stderr.strip().splitlines()) == 1
    assert said in result.stderr


@pytest.mark.parametrize(
    "odd",
    [
        '"',
        "''",
        "a\0b cat",
        "🐈 cat",
        "((",
        "cat OR AND NOT",
        "cat*",
        "x" * 10_000,
        "votes:zz cat",
        "\ud800 cat",
        "cat:",
        ":",
        "-",
    ],
)
def test_any_question_gets_results_or_a_plain_message(sample_library, odd):
    result = CliRunner().invoke(main, ["ask", "--library", str(sample_library), "--json", "--", odd], catch_exceptions=False)
    assert result.exit_code in {0, 1}
    if result.exit_code:
        assert result.stderr.startswith("askive: ")
    else:
        json.loads(result.stdout)


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_every_verb_explains_itself(verb):
    told = run(verb, "--help").stdout
    assert "--library" in told
    assert "--json" in told
    assert len(told.splitlines()) > 6


def test_as_a_process_it_pipes_quietly(tmp_path):
    """Plain lines on stderr, the result alone on stdout, and no traceback when the reader stops reading."""
    command = [sys.executable, "-m", "indexer"]
    built = subprocess.run(
        [*command, "build", str(SAMPLE), "--library", str(tmp_path), "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(built.stdout)["threads"] >= 60
    assert "\r" not in built.stderr
    export = subprocess.Popen([*command, "export", "--library", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    export.stdout.readline()
    export.stdout.close()
    assert b"Traceback" not in export.stderr.read()
    export.stderr.close()
    export.wait()
    environment = {**os.environ, "ASKIVE_LIBRARY": str(tmp_path), "ASKIVE_RESULTS": "2"}
    asked = subprocess.run([*command, "ask", "cat", "--json"], capture_output=True, text=True, check=True, env=environment)
    assert len(json.loads(asked.stdout)["answers"]) == 2
