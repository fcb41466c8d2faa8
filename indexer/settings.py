"""Every knob as (name, default, help): `askive.toml` in the library, overruled by the environment, overruled by flags.

Settings are passed on as a value; nothing in the house looks them up on its own.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from .errors import BadSetting

FILE: Final = "askive.toml"

MEANINGS: Final = ("static", "full")
"""What a build may compute of a model: see `meaning`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force. The table below says what each is for."""

    library: Path = Path("data")
    engine: str = "auto"
    host: str = "127.0.0.1"
    port: int = 8000
    url: str = ""
    dial: float = 0.5
    results: int = 10
    threads: int = 4
    workers: int = 0
    jobs: int = 0
    token: str = ""
    upload: int = 1024
    meaning: str = "static"
    language: str = "auto"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the manual: what a setting is called where, and what it is for."""

    name: str
    default: object
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"ASKIVE_{self.name.upper()}"


_HELP: Final = {
    "library": "The folder of the library: threads/ with the archives as found, and all that is derived from them.",
    "engine": "The search engine a build writes with: whoosh, tantivy, memory, or auto: tantivy for all but small libraries.",
    "host": "The address the server listens on. 127.0.0.1 keeps it to this machine; 0.0.0.0 shows the library to the network.",
    "port": "The port the server listens on.",
    "url": "Where readers find the server, if not under that: https://answers.example.org, say, behind a proxy.",
    "dial": "What counts when nothing else is said: 0 the text alone, 1 the community as much as it can, 0.5 in between.",
    "results": "Answers on a page, on the web and on the terminal.",
    "threads": "Requests the server works on at the same time.",
    "workers": "Processes that answer questions: 0 for one a processor, up to 4; 1 leaves them to the server's own.",
    "token": "What has to be given to build from a browser, 12 characters or more; without one, only this machine may.",
    "upload": "MB that may be sent to the server for a build at once.",
    "meaning": "What a build computes in a library with a model: static, or full, which takes long and finds more.",
    "jobs": "Processes that read archives for a build; 0 for as many as the machine has processors.",
    "language": "What pages speak: en, de, or auto: what the reader's browser asks for.",
}

_SHORTEST_TOKEN: Final = 12
_URL: Final = re.compile(r"https?://(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?", re.ASCII)

SETTINGS: Final = tuple(Setting(field.name, field.default, _HELP[field.name]) for field in fields(Settings))
"""All settings, in the order of the manual."""


def load(flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force: defaults < askive.toml < ASKIVE_… variables < `flags` that are not None.

    Raises BadSetting for an unknown name, a value of the wrong kind or one out of range.
    """
    values: dict[str, Any] = {}
    given = {name: value for name, value in flags.items() if value is not None}
    from_environment = {s.name: environment[s.variable] for s in SETTINGS if environment.get(s.variable)}
    library = Path(given.get("library") or from_environment.get("library") or Settings().library)
    file = library / FILE
    if file.is_file():
        try:
            written = tomllib.loads(file.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSetting(f"{file} cannot be read: {error}", "Mend the file or move it away") from error
        for name, value in written.items():
            if name not in _HELP or name == "library":
                raise BadSetting(f"{file} sets {name!r}, which is no setting of the file")
            values[name] = _typed(name, value, f"{file}")
    for name, value in from_environment.items():
        values[name] = _typed(name, value, f"The variable ASKIVE_{name.upper()}")
    for name, value in given.items():
        values[name] = _typed(name, value, f"--{name}")
    values["library"] = library
    return Settings(**values)


def _typed(name: str, value: object, where: str) -> object:
    default = getattr(Settings(), name)
    shown = "(a token)" if name == "token" else repr(value)
    wrong = BadSetting(f"{where} gives {name} the value {shown}, which is not a {type(default).__name__}")
    if isinstance(value, bool):
        raise wrong
    try:
        typed = type(default)(value)
    except (TypeError, ValueError):
        raise wrong from None
    if name == "meaning" and typed not in MEANINGS:
        raise BadSetting(f"{where} gives {name} the value {value!r}; it is {' or '.join(MEANINGS)}")
    if name == "url" and typed and not _URL.fullmatch(str(typed)):
        raise BadSetting(f"{where} gives url the value {value!r}", "It is http:// or https://, a host, and nothing after it")
    limits = {
        "dial": (0.0, 1.0),
        "port": (0, 65535),
        "results": (1, 1000),
        "threads": (1, 64),
        "workers": (0, 64),
        "jobs": (0, 64),
        "upload": (1, 1_000_000),
    }
    if name in limits and not limits[name][0] <= typed <= limits[name][1]:
        low, high = limits[name]
        raise BadSetting(f"{where} gives {name} the value {value!r}; it goes from {low:g} to {high:g}")
    if name == "token" and 0 < len(str(typed)) < _SHORTEST_TOKEN:
        raise BadSetting(f"{where} gives a token of fewer than {_SHORTEST_TOKEN} characters", "Take one that nobody guesses")
    return typed
