"""In which language does a page speak? The one place through which every word of ours on a page goes.

Templates say `_("…")` and `{% trans %}…{% pluralize %}…{% endtrans %}`; views say `say("…", name=value)`, `say_of` where a
number decides between one and several, and `later` for a message in a table, which is said when it is taken from there. What
the library says comes as a `Message`, which is said again here wherever a template shows one. Messages are whole sentences (or
whole labels) with named places to fill in; what people wrote, and names, go through none of it. Numbers, days, ages and lists
are written here too.

English is what is written in the code; every other language is a catalogue, `languages/de.po`. Which one is spoken is decided
once a request: by `?lang=` in the address, which links then go on with, else by the setting, else by what the browser asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode

from babel import Locale, dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, current_app, g, has_request_context, request

from indexer.errors import AskiveError, BadSetting
from indexer.messages import MINUS, Clauses, Joined, Message, Value

CATALOGUES: Final = Path(__file__).parent / "languages"

ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, *sorted(file.stem for file in CATALOGUES.glob("*.po")))
"""Tags of the languages that are spoken, English first."""

AUTO: Final = "auto"

PARAMETER: Final = "lang"
"""Of an address, the language that its reader chose."""

_WRITTEN_AS: Final = {ENGLISH: "en-GB"}
"""Where a language is written in several ways, the one that is taken: "5 March 2024", and "A, B or C"."""

_EXACTLY: Final = float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """A language that pages can be in."""

    tag: str
    name: str
    """As those call it who speak it."""
    direction: str
    """ltr or rtl."""
    locale: Locale
    catalogue: NullTranslations


@cache
def language(tag: str) -> Language:
    """One of `LANGUAGES`. Its catalogue is read when it is first spoken."""
    locale = Locale.parse(_WRITTEN_AS.get(tag, tag), sep="-")
    name = Locale.parse(tag, sep="-").get_display_name() or tag
    return Language(tag, name, locale.text_direction, locale, NullTranslations() if tag == ENGLISH else _catalogue(tag, locale))


def _catalogue(tag: str, locale: Locale) -> GNUTranslations:
    compiled = BytesIO()
    with (CATALOGUES / f"{tag}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale))
    compiled.seek(0)
    return GNUTranslations(compiled)


def speak(app: Flask, setting: str) -> None:
    """Let `app` say things in its readers' languages. Raises BadSetting for a language that is not spoken here."""
    if setting not in {AUTO, *LANGUAGES}:
        raise BadSetting(f"There is no language called {setting!r}", f"Choose one of: {', '.join((AUTO, *LANGUAGES))}")
    app.config["LANGUAGE"] = setting
    jinja = app.jinja_env
    jinja.add_extension("jinja2.ext.i18n")
    jinja.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    jinja.finalize = _finalize
    jinja.filters.update(number=number, fixed=fixed, day=day, minute=minute, age=age)
    jinja.globals.update(language=current, languages=offered, chosen_language=_chosen, is_english=_is_english)
    app.url_defaults(_keep)
    app.after_request(_tell)


# Which language is spoken


def is_for_programs(path: str) -> bool:
    """Whether an address is one for programs: what is said there is English, and what goes wrong there is told as JSON."""
    return path.startswith("/api/") or path.endswith((".csv", ".jsonl", ".atom", ".xml"))


def current() -> Language:
    """The language of the page that is being made; English outside of pages, and to programs."""
    if not has_request_context() or is_for_programs(request.path):
        return language(ENGLISH)
    if "language" not in g:
        g.language = language(_chosen() or _preferred())
    spoken: Language = g.language
    return spoken


def offered() -> tuple[tuple[Language, str], ...]:
    """Every language there is, each with the address of the same page in it; none where a page cannot be asked for again."""
    if request.method not in {"GET", "HEAD"} or len(LANGUAGES) < 2:
        return ()
    # Without a path it is relative to the page itself. A path of somebody else's making could lead anywhere.
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return tuple((language(tag), f"?{urlencode([*asked, (PARAMETER, tag)])}") for tag in LANGUAGES)


def _chosen() -> str | None:
    asked = request.args.get(PARAMETER)
    return asked if asked in LANGUAGES else None


def _preferred() -> str:
    setting: str = current_app.config["LANGUAGE"]
    return request.accept_languages.best_match(LANGUAGES, ENGLISH) if setting == AUTO else setting


def _keep(endpoint: str, values: dict[str, Any]) -> None:
    """Go on in the language that an address has, but for what no person reads."""
    is_page = not (endpoint.startswith("api_") or endpoint in {"static", "favicon"})
    if is_page and has_request_context() and not is_for_programs(request.path) and (chosen := _chosen()):
        values.setdefault(PARAMETER, chosen)


def _tell(response: Response) -> Response:
    """Say which language it is, and that another one might have been sent."""
    if "language" in g:
        response.content_language.add(g.language.tag)
        response.vary.add("Accept-Language")
    return response


# How things are said


def say(message: str, **values: object) -> str:
    """A message in the reader's language, with `{name}` filled in for each value."""
    said = _gettext(message)
    return said.format_map({name: _finalize(value) for name, value in values.items()}) if values else said


def say_of(one: str, many: str, count: int, **values: object) -> str:
    """A message about so many things; `{number}` in it is how many, as numbers are written."""
    return _ngettext(one, many, abs(count)).format_map({"number": number(count)} | values)


def later(message: str) -> str:
    """A message that is said later, by `say`: as it is, and found by whoever collects what is to be translated."""
    return message


def again(said: str) -> str:
    """What the library says, in the reader's language; a text that is no message as it is."""
    if not isinstance(said, Message):
        return said
    template = _gettext(said.template) if said.many is None else _ngettext(said.template, said.many, said.how_many)
    return template.format_map({name: _value(value) for name, value in said.values.items()})


def _is_english(said: str) -> bool:
    """Whether a text stays English on a page in another language, since nothing tells what it was made of."""
    return not isinstance(said, Message) and current().tag != ENGLISH


def told(error: AskiveError) -> str:
    """What is wrong, and what to do."""
    return again(error.told)


def listed(items: Sequence[str], by: str = "and") -> str:
    """Several things in a sentence: "A, B and C", "A, B or C", "a, b, c", "a; b; c"."""
    if by in {",", ";"}:
        return f"{by} ".join(items)
    return lists.format_list(items, "or" if by == "or" else "standard", current().locale)


def _value(value: Value) -> str:
    match value:
        case int():
            return number(value)
        case Joined():
            return listed([again(item) for item in value.items], value.by)
        case Clauses():
            said = "; ".join(map(again, value.items))
            return f"{said[:1].upper()}{said[1:]}"
    return again(value)


def _finalize(shown: object) -> object:
    """What a template shows: messages are said again wherever they turn up."""
    return again(shown) if isinstance(shown, Message) else shown


def _gettext(message: str) -> str:
    return current().catalogue.gettext(message)


def _ngettext(one: str, many: str, count: int) -> str:
    return current().catalogue.ngettext(one, many, count)


# How numbers and times are written


def number(value: float) -> str:
    return numbers.format_decimal(value, locale=current().locale).replace("-", MINUS)


def fixed(value: float, places: int, *, signed: bool = False) -> str:
    """A number with so many decimal places."""
    pattern = f"#,##0.{'0' * places}"
    written = numbers.format_decimal(value, f"+{pattern};-{pattern}" if signed else pattern, locale=current().locale)
    return written.replace("-", MINUS)


def day(time: datetime) -> str:
    return dates.format_date(time, "long", locale=current().locale)


def minute(time: datetime) -> str:
    return say("{day}, {time}", day=day(time), time=f"{time:%H:%M}")


def month_name(month: int, width: Literal["wide", "abbreviated"] = "wide") -> str:
    """The name of a month by its number: "March", or "Mar" for `abbreviated`."""
    name: str = dates.get_month_names(width, "stand-alone", current().locale)[month]
    return name


def age(time: datetime, now: datetime | None = None) -> str:
    """How long ago a moment is: "12 years ago", in whole years, months or days that have passed."""
    now = now or datetime.now(UTC)
    months = (now.year - time.year) * 12 + now.month - time.month - ((now.day, now.time()) < (time.day, time.time()))
    days = (now - time).days
    if months < 1 and days < 1:
        return say("today")
    # Whole units are handed over as days of Babel's own count, which then come out as they are.
    unit, passed = ("year", months // 12 * 365) if months >= 12 else ("month", months * 30) if months >= 1 else ("day", days)
    return dates.format_timedelta(
        -timedelta(days=passed),
        granularity=unit,  # type: ignore[arg-type]  # a literal
        threshold=_EXACTLY,
        add_direction=True,
        locale=current().locale,
    )
