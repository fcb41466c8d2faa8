"""A quotation leads to the post whose words it has, and to no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import answer, question

from indexer import markup
from indexer.build import build
from indexer.library import Library
from indexer.quoting import Sources
from indexer.thread import Thread

SAID = "Send a short thank you note, and answer in it the question you froze on."


def thread(*bodies: str) -> Thread:
    """A thread whose second answer says SAID; what is given are the answers after it."""
    asked = question(1, "Bombed the interview for my dream job, can it be saved?", "I froze when they asked me about failure.")
    replies = [answer(1, 1, "Panels forgive more easily than you would think they do."), answer(1, 2, SAID)]
    replies += [replace(answer(1, place, ""), body=markup.clean(body)) for place, body in enumerate(bodies, 3)]
    return Thread("example.org:1", asked, tuple(replies), {})


def quoted(*bodies: str) -> list[str]:
    """Which posts the last of some answers quotes, by the end of their ids."""
    whole = thread(*bodies)
    return [found.of_post.removeprefix("example.org:1") for found in Sources(whole).quoted_by(whole.replies[-1])]


@pytest.mark.parametrize(
    "body",
    [
        f"<blockquote>{SAID}</blockquote>Yes.",
        f"<blockquote><p>{SAID}</p><p>I never said this, it is an addition.</p></blockquote>Yes.",
        f"<p><i>{SAID}</i></p><p>Yes.</p>",
        f"<p>As somebody says, <em>{SAID.upper()}</em> Yes.</p>",
        f"<p>&gt; {SAID}</p><p>Yes.</p>",
        "<p>“Send a <b>short</b> thank you note” is right.</p>".replace("<b>", "").replace("</b>", ""),
        '<p>"answer in it the question you froze on" is right.</p>',
        "<blockquote>Send a short thank you note […] the question you froze on</blockquote>",
        "<q>send a short thank you note — and answer in it the question</q>",
    ],
)
def test_every_way_to_quote_leads_to_what_is_quoted(body):
    assert quoted(body) == ["/2"]


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{SAID}</p>",  # said again, and not as a quotation
        "<p>“thank you note”</p>",  # too little to be of anybody
        "<blockquote>Nobody in this thread has ever said such a thing before.</blockquote>",
        "<p>A <a href='https://example.org/\"Send a short thank you note, and answer in it\"'>link</a></p>",
    ],
)
def test_what_is_no_quotation_leads_nowhere(body):
    assert quoted(body) == []


def test_who_quotes_a_quotation_quotes_its_first_author():
    again = f"<blockquote>{SAID}</blockquote>"
    assert quoted(again, again) == ["/2"]
    assert quoted("<blockquote>I froze when they asked me about failure.</blockquote>") == [""]


def test_nobody_quotes_what_comes_later():
    whole = thread(f"<blockquote>{SAID}</blockquote>", "<p>Nothing.</p>")
    early = replace(whole, replies=(whole.replies[2], whole.replies[1]))
    assert Sources(early).quoted_by(early.replies[0]) == []


def test_several_quotations_come_in_order_with_where_they_end():
    body = f"<blockquote>{SAID}</blockquote><p>and “Panels forgive more easily than you would think” too</p>"
    whole = thread(body)
    found = Sources(whole).quoted_by(whole.replies[-1])
    html = whole.replies[-1].body
    assert [(one.of_post[-2:], one.is_block) for one in found] == [("/2", True), ("/1", False)]
    assert html[found[0].end :].startswith("</blockquote>")
    assert html[: found[1].end].endswith("think”")


def test_a_comment_may_quote_the_post_it_stands_under():
    whole = thread("<p>Nothing.</p>")
    comment = replace(answer(1, 9, ""), kind="comment", parent_id="example.org:1/2", body=f"<p><em>{SAID}</em> Really?</p>")
    under_the_first = replace(comment, parent_id="example.org:1/1")
    assert [found.of_post for found in Sources(whole).quoted_by(comment)] == ["example.org:1/2"]
    assert Sources(whole).quoted_by(under_the_first) == []


def test_a_real_site_quotes(shared, tmp_path):
    build(tmp_path, [shared / "data" / "se_beer_2020" / "source" / "beer.stackexchange.com.7z"], engine="memory")
    pairs = []
    with Library(tmp_path).browse() as browsing:
        for whole in browsing.store.threads():
            sources = Sources(whole)
            posts = [*whole.replies, *(comment for comments in whole.comments.values() for comment in comments)]
            pairs += [(post.id.partition(":")[2], found.of_post.partition(":")[2]) for post in posts for found in sources.quoted_by(post)]
    assert len(pairs) > 50
    assert pairs.count(("2162", "2158")) == 3
    assert ("c5605", "1062") in pairs
