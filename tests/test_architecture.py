"""The house is as ARCHITECTURE.md draws it, and the manual tells the truth."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest
from conftest import ROOT

from indexer import archives, cli, engines, settings

FLOORS = [
    {"messages", "processes"},
    {"errors"},
    {"thread", "settings"},
    {"words", "markup", "plainmarkup", "sentences"},
    {"texts"},
    {"query", "coverage", "documents", "agreement", "names", "judged", "measures", "ownwords", "telling", "latent", "substance", "proximity", "persons", "locating", "citation", "meaning"},
    {"archives", "engines", "endorsements", "outcome", "standing", "merging", "forgetting", "passage", "rows", "quoting"},
    {"likeness"},
    {"vocabulary", "relaxation", "columns"},
    {"completion", "spelling", "generations", "facets"},
    {"analysis"},
    {"store"},
    {"steps"},
    {"derived"},
    {"writing", "ranking", "similarity", "grouping", "importing", "catalogue", "encoding"},
    {"showing", "infodump_matching"},
    {"ask", "explanation"},
    {"browsing"},
    {"gate", "library"},
    {"build"},
    {"infodump", "evaluate", "purging"},
    {"shapes", "runs", "watched", "browse_shapes"},
    {"webui", "terminal", "scoreboard"},
    {"cli"},
    {"__main__"},
]
ALONE = {"archives", "engines", "endorsements", "outcome"}
ONLY_HERE = {
    "safetensors": {"indexer/meaning"},
    "tokenizers": {"indexer/meaning"},
    "numkong": {"indexer/meaning"},
    "whoosh": {"indexer/engines"},
    "tantivy": {"indexer/engines"},
    "bs4": {"indexer/archives", "indexer/markup.py"},
    "lxml": {"indexer/archives", "indexer/markup.py"},
    "nh3": {"indexer/markup.py"},
    "Stemmer": {"indexer/words.py"},
    "sqlite3": {
        "indexer/store.py",
        "indexer/vocabulary.py",
        "indexer/completion.py",
        "indexer/steps.py",
        "indexer/encoding.py",  # names the lock that steps gives
        "indexer/build.py",
        "indexer/infodump.py",
        "indexer/archives",
    },
    "rapidfuzz": {"indexer/spelling.py", "indexer/names.py"},
    "symspellpy": {"indexer/spelling.py"},
    "flask": {"webui"},
    "babel": {"webui/language.py"},
    "waitress": {"webui"},
    "libzim": {"indexer/archives"},
    "markdown_it": {"indexer/archives"},
    "click": {"indexer/cli.py", "indexer/terminal.py"},
    "tqdm": {"indexer/terminal.py"},
    "ir_measures": {"indexer/measures.py"},
    "scipy": {"indexer/measures.py"},
    "numpy": {
        "indexer/measures.py",
        "indexer/engines",
        "indexer/meaning",
        *(f"indexer/{room}.py" for room in ("columns", "latent", "likeness", "ranking", "grouping", "facets", "ask", "standing", "vocabulary", "encoding", "library")),
    },
}
SOURCES = sorted(path for folder in ("indexer", "webui") for path in (ROOT / folder).rglob("*.py"))


def floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return "webui" if parts[0] == "webui" else parts[1].removesuffix(".py")


def imports(path: Path) -> list[str]:
    """Full names of what a module imports, relative imports resolved."""
    package = list(path.relative_to(ROOT).parts[:-1])
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            found += [f"{start}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_floors_below(path):
    here = room(path)
    if path.name == "__init__.py" and path.parent.name == "indexer":
        return
    for name in imports(path):
        parts = name.split(".")
        there = "webui" if parts[0] == "webui" else parts[1] if parts[0] == "indexer" and len(parts) > 1 else None
        if there is None or there in (here, "__version__"):
            continue
        assert floor(there) < floor(here) or (floor(there) == floor(here) and not {here, there} & ALONE), (
            f"{path} imports {name}"
        )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_libraries_stay_in_their_rooms(path):
    where = str(path.relative_to(ROOT))
    for name in imports(path):
        for library, rooms in ONLY_HERE.items():
            if name.split(".")[0] == library:
                assert any(where.startswith(allowed) for allowed in rooms), f"{where} imports {name}"


def test_banned_words_are_in_no_name():
    banned = re.compile(r"manager|handler|helper|\butil|\bcommon\b|process_data", re.IGNORECASE)
    names = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in SOURCES}
    for where, text in names.items():
        for node in ast.walk(ast.parse(text)):
            name = getattr(node, "name", "") if isinstance(node, ast.ClassDef | ast.FunctionDef) else ""
            assert not (isinstance(name, str) and banned.search(name)), f"{where}: {name}"
        assert not banned.search(Path(where).stem)


def test_every_path_in_the_architecture_exists():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = set(re.findall(r"`((?:indexer|webui|tests|data/threads|\.ci)/[\w./-]*)`", text))
    assert len(named) > 20
    for name in named:
        assert (ROOT / name).exists(), f"ARCHITECTURE.md names {name}"


def test_every_room_is_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    for path in (ROOT / "indexer").iterdir():
        if path.suffix == ".py" and not path.name.startswith("_"):
            assert f"`indexer/{path.name}`" in text, path.name


def test_the_manual_has_every_command_option_setting_and_format():
    text = (ROOT / "README.md").read_text("utf-8")
    for name, command in cli.main.commands.items():
        assert f"askive {name}" in text, name
        for option in command.params:
            if isinstance(option, click.Option):
                assert any(f"`{spelling}" in text for spelling in option.opts), f"{name} {option.opts}"
    for setting in settings.SETTINGS:
        assert setting.variable in text, setting.variable
    for reader in archives.FORMATS:
        assert f"`{reader.name}`" in text, reader.name
    for engine in engines.ENGINES:
        assert engine in text


def test_the_manual_names_no_command_that_is_not_there():
    for manual in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        text = (ROOT / manual).read_text("utf-8")
        commands = set(re.findall(r"`askive (\w+)", text)) | set(re.findall(r"^\s*askive (\w+)", text, re.MULTILINE))
        assert commands <= set(cli.main.commands), manual
        verbs = set(re.findall(r"`make (\w+)`", text))
        assert verbs <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)), manual


def test_hints_name_commands_that_are_there():
    for path in SOURCES:
        for command in re.findall(r"`askive (\w+)", path.read_text("utf-8")):
            assert command in cli.main.commands, f"{path.name}: askive {command}"


def test_every_file_the_manual_links_to_is_there():
    for manual in ROOT.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", manual.read_text("utf-8")):
            assert (ROOT / target).exists(), f"{manual.name} links to {target}"
