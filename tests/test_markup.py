"""What comes in is safe, flat and stays as it is when it comes in again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import markup

HOSTILE = [
    "<script>alert(1)</script>hi",
    "<img src=x onerror=alert(1)>hi",
    "<a href='javascript:alert(1)'>hi</a>",
    "<a href='java&#9;script:alert(1)'>hi</a>",
    "<a href=' &#1; data:text/html,<script>alert(1)</script>'>hi</a>",
    "<svg><script>alert(1)</script></svg>hi",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>hi",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>hi",
    "<iframe src=//evil.example></iframe>hi",
    "<form action=//evil.example><input name=q>hi</form>",
    "<base href=//evil.example>hi<a href=x>y</a>",
    "<p style='background:url(//evil.example)' onclick=x id=a class=b data-x=1>hi</p>",
    "<template><img src=x onerror=alert(1)></template>hi",
    "<meta http-equiv=refresh content='0;url=//evil.example'>hi",
    "<<script>script>alert(1)<</script>/script>hi",
    "hi<style>@import '//evil.example'</style><link rel=stylesheet href=//evil.example>",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_runs_loads_or_styles_survives(hostile):
    safe = markup.clean(hostile)
    # What stands inside an open <style> is no text.
    assert "hi" in markup.prose(safe) or "<mglyph><style>" in hostile
    lowered = safe.lower()
    for bad in (
        "<script",
        "<img",
        "<iframe",
        "<form",
        "<style",
        "<svg",
        "<meta",
        "<base",
        " on",
        "javascript:",
        "style=",
        "evil.example'",
    ):
        assert bad not in lowered.replace("&lt;", "")
    assert 'src="' not in lowered


@pytest.mark.parametrize(
    ("archived", "safe"),
    [
        ("one<br /><br />\r\ntwo", "<p>one</p><p>two</p>"),
        ("one<br>\n two ", "<p>one<br>two</p>"),
        ("<div>one</div>two", "<p>one</p><p>two</p>"),
        ("<h2>Title</h2>text", "<p><strong>Title</strong></p><p>text</p>"),
        ("a<hr>b", "<p>a</p><hr><p>b</p>"),
        ("<ul><li>a<li><p>b</p></ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul>loose<li>a</ul>", "<ul><li>loose</li><li>a</li></ul>"),
        ("<blockquote>q</blockquote>r", "<blockquote><p>q</p></blockquote><p>r</p>"),
        ("<pre>\n  a\n b</pre>", "<pre>  a\n b</pre>"),
        ("see <img alt='a cat' src=c.jpg>", "<p>see [image: a cat]</p>"),
        ("<em>open", "<p><em>open</em></p>"),
        ("<a href='#123'>above</a>", '<p><a href="#123" rel="nofollow noreferrer noopener">above</a></p>'),
        ("<a href='/local'>x</a>", '<p><a rel="nofollow noreferrer noopener">x</a></p>'),
        ("&lt;b&gt; &amp;amp;", "<p>&lt;b&gt; &amp;amp;</p>"),
        ("<table><tr><td>a<td>b</table>", "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>"),
        ("<!-- c --><p></p> \n", ""),
        ("&#xe;a&#1;b &#xfffe;", "<p>a b</p>"),
        ("&#xe", ""),
        ("", ""),
    ],
)
def test_clean(archived, safe):
    assert markup.clean(archived) == safe


def test_links_are_resolved_by_the_reader_that_knows_the_page():
    safe = markup.clean(
        "<a href='../x'>a</a> <a href='y'>b</a>", lambda href: "https://example.org/x" if href == "../x" else None
    )
    assert 'href="https://example.org/x"' in safe
    assert safe.count("href") == 1


def test_a_resolver_cannot_let_a_dangerous_link_in():
    assert "javascript" not in markup.clean("<a href='y'>b</a>", lambda href: "javascript:alert(1)")


def test_text_keeps_its_lines_paragraphs_and_spaces():
    text = "one  two\n three\n\n<b> & more"
    assert markup.from_text(text) == "<p>one  two<br> three</p><p>&lt;b&gt; &amp; more</p>"
    assert markup.prose(markup.from_text(text)) == text


def test_prose_without_quotes_is_the_writers_own_words():
    safe = markup.clean("<blockquote>his words</blockquote>my words")
    assert markup.prose(safe) == "his words\n\nmy words"
    assert markup.prose(safe, quotes=False) == "my words"


@pytest.mark.parametrize("tag", ["div", "blockquote", "em", "b", "ul", "table", "font"])
def test_nesting_without_end_costs_the_markup_and_not_the_text(tag):
    safe = markup.clean(f"<{tag}>" * 20_000 + "deep &lt;script&gt; <script>alert(1)</script>" + "<em>" * 20_000)
    assert "deep <script>" in markup.prose(safe)
    assert "<script" not in safe


def test_paragraphs_that_nobody_closes_are_no_nesting():
    assert markup.clean("<p>one" * 1000) == "<p>one</p>" * 1000


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<br>",
            "<em>",
            "</em>",
            "<ul>",
            "<li>",
            "</ul>",
            "<pre>",
            "</pre>",
            "<blockquote>",
            "</blockquote>",
            "<td>",
            "<table>",
            "<a href='#1'>",
            "</a>",
            "<b>",
            "<h1>",
            "<div>",
            "&amp;",
            "&lt;",
            "<",
            "x",
            "y z",
            " ",
            "\n",
            "\xa0",
            "<hr>",
            "<dl><dt>",
        ]
    )
    | st.text(max_size=5),
    max_size=25,
).map("".join)


@given(FRAGMENTS)
def test_cleaning_again_changes_nothing(archived):
    once = markup.clean(archived)
    assert markup.clean(once, collapse=False) == once
    assert markup.clean(once) == once


@given(st.text())
def test_any_text_survives_a_round_trip_through_the_exchange_format(text):
    once = markup.from_text(text)
    assert markup.clean(once, collapse=False) == once
