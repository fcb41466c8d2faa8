"""In which language does a page speak? The one place through which every word of ours on a page goes.

Templates say `_("…")` and `{% trans %}…{% endtrans %}`, views say `say("…", name=value)`. Messages are whole sentences with
named places to fill in; what people wrote, and names, go through none of it.
"""

from __future__ import annotations

from flask import Flask


def speak(app: Flask) -> None:
    """Let the templates of `app` say things."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # the extension adds it


def say(message: str, **values: object) -> str:
    """A message in the reader's language, with `{name}` filled in for each value."""
    return message.format_map(values) if values else message
