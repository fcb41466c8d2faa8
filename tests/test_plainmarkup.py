"""What is read tag by tag is what a parser and the sanitiser would have made of it, to the letter."""

from __future__ import annotations

import pytest
from conftest import SAMPLE
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexer import archives, markup, plainmarkup
from indexer.archives import Report, Source

WORDS = [
    "tea",
    " tea ",
    "\n",
    "  ",
    " &amp; ",
    "&lt;p&gt;",
    "&quot;a&quot;",
    "&#39;",
    "&nbsp;",
    "\u00a0",
    "1 > 0",
    "a & b",
    "é ع 😀",
    "\t",
    "don't",
]
TAGS = [
    *(
        "<p>",
        "</p>",
        "<blockquote>",
        "</blockquote>",
        "<ul>",
        "</ul>",
        "<ol>",
        "</ol>",
        "<li>",
        "</li>",
        "<h2>",
        "</h2>",
        "<hr>",
    ),
    *(
        "<em>",
        "</em>",
        "<strong>",
        "</strong>",
        "<b>",
        "</b>",
        "<code>",
        "</code>",
        "<sup>",
        "</sup>",
        "<br>",
        "<br />",
        "<br/>",
    ),
    *("<pre>", "</pre>", "<pre><code>x &lt; 1\n\ny</code></pre>", '<a href="https://example.org/a?b=1&amp;c=2#d">', "</a>"),
    *(
        '<a href="http://ex.org" rel="nofollow" title="A title">',
        '<a href="https://xn--ls8h.la/">',
        '<a href="http://1.2.3.999/">',
    ),
    *('<img src="a.png" alt="a view">', '<img src="a.png" alt="">', "<script>", "<div>", "<!-- no -->", '<p class="x">', "<P>"),
]
INLINE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("".join)
PLAIN = st.recursive(
    INLINE,
    lambda inside: st.one_of(
        st.builds("<p>{}</p>\n".format, inside),
        st.builds("<{0}>{1}</{0}>".format, st.sampled_from(["em", "strong", "code", "b", "h3", "blockquote", "sup"]), inside),
        st.builds('<a href="https://example.org/x_(y)">{}</a>'.format, inside),
        st.builds("<ul>\n{}</ul>".format, st.lists(st.builds("<li>{}</li>\n".format, inside), max_size=3).map("".join)),
        st.builds("{}<br>{}".format, inside, inside),
        st.lists(inside, max_size=3).map("".join),
    ),
    max_leaves=12,
)
ANYHOW = st.lists(st.sampled_from([*TAGS, *WORDS]), max_size=24).map("".join)


def agree(archived: str, *, collapse: bool) -> str | None:
    archived = markup._CONTROLS.sub(" ", archived)
    plain = plainmarkup.flat(archived, None, collapse=collapse)
    if plain is not None:
        assert plain == markup._parsed(archived, None, collapse=collapse)
    return plain


@hypothesis_settings(max_examples=300)
@given(PLAIN, st.booleans())
def test_plain_markup_is_what_the_parsers_make_of_it(archived, collapse):
    agree(archived, collapse=collapse)


@hypothesis_settings(max_examples=300)
@given(ANYHOW, st.booleans())
def test_tags_in_any_order_are_what_the_parsers_make_of_them_or_not_plain(archived, collapse):
    agree(archived, collapse=collapse)


@given(st.text(), st.booleans())
def test_any_text_is_what_the_parsers_make_of_it_or_not_plain(text, collapse):
    agree(f"<p>{text}</p>", collapse=collapse)
    agree(text, collapse=collapse)


@pytest.mark.parametrize(
    "archived",
    [
        '<p>one</p>\n\n<p>two <em>three</em> <a href="https://example.org/a?b=1&amp;c=2" rel="nofollow">four</a></p>',
        "<blockquote>\n  <p>said</p>\n</blockquote>\n<ul>\n<li>one</li>\n<li><p>two</p>\n<p>three</p></li>\n</ul>",
        "<pre><code>if a &lt; b:\n    return\n</code></pre>",
        "one<br>two<br><br>three",
        "<h2>Head</h2><p>x &amp; y</p><hr>",
    ],
)  # fmt: skip
def test_everyday_bodies_are_plain(archived):
    assert agree(archived, collapse=True) is not None


@pytest.mark.parametrize(
    "archived",
    [
        "<p onclick=x>a</p>",
        '<a href="javascript:alert(1)">a</a>',
        '<a href="https://example.org" onclick="x">a</a>',
        '<a href="https://example.org/&quot; onclick=&quot;x">a</a>',
        "<p>a <script>b</script></p>",
        "<p>a",
        "<em><p>a</p></em>",
        '<a href="https://a.org">b<a href="https://c.org">d</a></a>',
        "a < b",
        "<p>&copy;</p>",
    ],
)  # fmt: skip
def test_what_a_parser_might_see_more_in_is_not_plain(archived):
    assert plainmarkup.flat(archived, None, collapse=True) is None


def test_a_link_that_the_reader_would_turn_is_not_plain():
    link = '<a href="https://example.org/a">a</a>'
    assert plainmarkup.flat(link, lambda href: href, collapse=True) is not None
    assert plainmarkup.flat(link, lambda _: "https://example.org/b", collapse=True) is None
    assert plainmarkup.flat(link, lambda _: None, collapse=True) is None


def test_the_samples_bodies_come_back_as_they_are():
    bodies = [post.body for path in SAMPLE.iterdir() for post in archives.read(Source(path), Report())]
    assert len(bodies) > 800
    assert sum(agree(body, collapse=False) == body for body in bodies) > 0.95 * len(bodies)
