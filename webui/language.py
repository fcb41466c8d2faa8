"""In which language does a page speak? The one place through which every word of ours on a page goes.

Templates say `_("…")` and `{% trans %}…{% pluralize %}…{% endtrans %}`; views say `say("…", name=value)`, `say_of` where a
number decides between one and several, and `later` for a message in a table, which is said when it is taken from there.
Messages are whole sentences (or whole labels) with named places to fill in; what people wrote, and names, go through none of
it. Numbers, days and ages are written here too.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from flask import Flask

LANGUAGE: Final = "en"
"""What pages are said to be in."""


def speak(app: Flask) -> None:
    """Let the templates of `app` say things."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    app.jinja_env.filters.update(number=number, day=day, minute=minute, age=age)
    app.jinja_env.globals["language"] = LANGUAGE


def say(message: str, **values: object) -> str:
    """A message in the reader's language, with `{name}` filled in for each value."""
    return message.format_map(values) if values else message


def say_of(one: str, many: str, count: int, **values: object) -> str:
    """A message about so many things; `{number}` in it is how many, as numbers are written."""
    return say(one if count == 1 else many, number=number(count), **values)


def later(message: str) -> str:
    """A message that is said later, by `say`: as it is, and found by whoever collects what is to be translated."""
    return message


# How numbers and times are written


def number(value: int) -> str:
    return f"{value:,}".replace("-", "\N{MINUS SIGN}")


def day(time: datetime) -> str:
    return f"{time.day} {time:%B} {time.year}"


def minute(time: datetime) -> str:
    return f"{time.day} {time:%B} {time.year}, {time:%H:%M}"


def age(time: datetime, now: datetime | None = None) -> str:
    """How long ago a moment is: "12 years ago", in whole years, months or days that have passed."""
    now = now or datetime.now(UTC)
    months = (now.year - time.year) * 12 + now.month - time.month - ((now.day, now.time()) < (time.day, time.time()))
    if months >= 12:
        return say_of("{number} year ago", "{number} years ago", months // 12)
    if months >= 1:
        return say_of("{number} month ago", "{number} months ago", months)
    days = (now - time).days
    return say_of("{number} day ago", "{number} days ago", days) if days >= 1 else say("today")
