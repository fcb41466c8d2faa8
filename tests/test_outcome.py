"""What became of it: sentences of our own that tell how it went, many that only seem to, and whose answer it was."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from re import _parser as parser

import pytest
from conftest import PATIENCE
from hypothesis import given
from hypothesis import strategies as st
from test_endorsements import thread

from indexer import forgetting, shapes, telling
from indexer.agreement import MARK
from indexer.archives import jsonl
from indexer.build import build
from indexer.forgetting import Rule
from indexer.library import Library
from indexer.outcome import LONGEST, Outcome, find
from indexer.store import FILE
from indexer.thread import Thread

WORKED = [
    "this worked",
    "that totally worked, thank you!",
    "your suggestion worked perfectly",
    "it worked!",
    "it worked in the end.",
    "it worked on the first try",
    "it worked for my cat too, in three days",
    "the trick with the vinegar did it, i mean: the vinegar trick worked",
    "thanks, that fixed the problem",
    "all of it worked as promised",
    "worked like a charm",
    "well, it works now",
    "this works beautifully, no more squeak",
    "problem solved",
    "and the problem is finally gone",
    "solved!",
    "that was it! a loose screw",
    "that turned out to be the culprit",
    "that's the one!",
    "letting it dry was all i had to do",
    "i tried it and it was delicious",
    "i did what you said, and it fixed the drip",
    "this saved me three hundred dollars",
    "your list made all the difference",
    "eventually it resolved at a lower setting.",
    "i got the job",
    "we got our deposit back: well, we got the deposit, every cent",
    "i passed the exam",
    "i took your advice",
    "we followed your plan to the letter",
    "i did exactly what you said",
    f"i went with {MARK}'s suggestion",
    f"did {MARK}'s list first",
    f"we used {MARK}'s script on the phone",
    "ended up going with this",
    "went with this",
    "so i finally took everyone's advice",
    "i can confirm that worked",
    "just wanted to let you all know that it worked",
]
FAILED = [
    "this didn't work",
    "sadly it did not help",
    "tried this, no luck",
    "i tried your trick with little success",
    "we tried it for two weeks and it didn't change a thing",
    "no luck, still squeaking",
    "it made things worse",
    "none of it helped, none of these worked: none of them worked",
    "the vinegar trick never worked",
    "i've already tried this without success",
    "it had no effect",
    f"{MARK}'s method did not work, sorry",
    "neither of them: neither worked, nothing worked, and nothing has helped so far, it hasn't worked",
    "that still doesn't work",
]
NEITHER = [
    # gratitude
    "thanks everyone!",
    "thank you, this is so helpful",
    "this is great advice",
    "great answer, exactly what i needed",
    "that helps, thanks",
    "your answer helped me understand it",
    # plans
    "i'll try that",
    "i'll report back if it worked",
    "going to go with this, thank you",
    "i think i will go with the second one",
    "we are planning to take your advice",
    "i might try this tonight",
    "i would have gone with this, had i known",
    # hypotheses and questions
    "if that worked i would be surprised",
    "did that work for you?",
    "i wonder whether it worked",
    "i hope this worked",
    "would this fix the problem",
    "it should have worked",
    "unless it worked, of course",
    # other people's stories, other times, other things
    "my friend says it worked",
    "i have read that this worked for others",
    "it worked for my sister",
    "she told me it did the trick",
    "they say it cured the problem",
    "it worked well for years",
    "it worked last time",
    "it used to work: it worked before",
    "i tried this in the past and it didn't help",
    "i worked at a bakery",
    "the place where i worked",
    "that's how it worked",
    "something that worked",
    "it worked fine until yesterday",
    "this worked for most people here",
    "i don't think that worked",
    "it doesn't work that way",
    "it doesn't help that he is my boss",
    "no luck finding it on google",
    "i tried to call him",
    "i did not take your advice",
    "as you said, this works well with beans",
    "you followed your plan",
    "fixed, thanks",  # the typo
    "the issue was fixed in version 5",
    "this problem was solved by the romans",
    "i went to the shop with this in mind",
]


@pytest.mark.parametrize("sentence", WORKED)
def test_it_worked(sentence):
    assert telling.tells(sentence) is True


@pytest.mark.parametrize("sentence", FAILED)
def test_it_did_not_help(sentence):
    assert telling.tells(sentence) is False


@pytest.mark.parametrize("sentence", NEITHER)
def test_nothing_is_told(sentence):
    assert telling.tells(sentence) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "update!",
        "update, since i hate threads that just stop.",
        "final update:",
        "six-week report.",
        "two weeks later: it rose.",
        "ten weeks on.",
        "a year later, as promised.",
        "almost seven weeks, reporting back.",
        "reporting in.",
        "closing the loop.",
        "outcome: she said yes.",
        "just wanted to report back.",
        "for anyone finding this later:",
        "one more, for whoever finds this page.",
        "done.",
    ],
)
def test_a_post_that_begins_so_is_an_account(sentence):
    assert telling.begins_account(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "i will update you.",
        "update on what?",
        "any update?",
        "a follow-up question: what about the roof?",
        "two weeks is too long.",
        "one day at a time.",
        "thanks for the report.",
        "the report says no.",
        "i updated my question.",
        "three questions.",
    ],
)
def test_a_post_that_begins_so_is_none(sentence):
    assert not telling.begins_account(sentence)


def told(found: Thread) -> dict[str | None, tuple[bool | None, str]]:
    outcomes = find(found)
    assert all(isinstance(outcome, Outcome) for outcome in outcomes)
    return {outcome.to_post: (outcome.worked, outcome.text) for outcome in outcomes}


def test_the_one_who_is_named_is_meant():
    found = told(
        thread(
            ("fern", "Tar the seam."),
            ("Old Nail", "Tear it down."),
            ("mossy stump", "<p>Six weeks later. I did what fern said, and it is dry.</p><p>We had a party in it.</p>"),
        )
    )
    assert found == {
        "t:1/1": (True, "I did what fern said, and it is dry."),
        None: (None, "We had a party in it."),
    }


def test_in_an_account_whoever_was_right_is_meant():
    found = told(thread(("fern", "Tar."), ("mossy stump", "<p>Update. Fern was right about the seam.</p>")))
    assert found["t:1/1"] == (True, "Fern was right about the seam.")


def test_outside_of_an_account_agreement_is_no_outcome():
    assert told(thread(("fern", "Tar."), ("mossy stump", "<p>Fern is right about the seam.</p>"))) == {}


def test_what_did_not_help_is_told_of_the_one_named():
    found = told(thread(("fern", "Tar."), ("mossy stump", "<p>I tried fern's tar with little success.</p>")))
    assert found == {"t:1/1": (False, "I tried fern's tar with little success.")}


def test_without_a_name_it_is_the_threads():
    found = told(thread(("fern", "Tar."), ("moss", "Felt."), ("mossy stump", "<p>Thank you all. It worked!</p>")))
    assert found == {None: (None, "It worked!")}


def test_a_comment_speaks_of_the_answer_above_it():
    found = told(thread(("fern", "Tar."), ("moss", "Felt."), on_2=[("mossy stump", "Tried this, no luck.")]))
    assert found == {"t:1/2": (False, "Tried this, no luck.")}
    found = told(thread(("fern", "Tar."), ("moss", "Felt."), on_2=[("mossy stump", "@moss that worked, thank you")]))
    assert found == {"t:1/2": (True, "@moss that worked, thank you")}


def test_a_comment_to_somebody_else_does_not():
    found = told(
        thread(("fern", "Tar."), ("moss", "Felt."), on_2=[("ivy", "Or wait."), ("mossy stump", "@ivy that worked, thank you")])
    )
    assert found == {None: (None, "@ivy that worked, thank you")}


def test_a_comment_to_all_is_the_threads():
    found = told(thread(("fern", "Tar."), ("moss", "Felt."), on_2=[("mossy stump", "Thank you all. It worked.")]))
    assert found == {None: (None, "It worked.")}


def test_only_the_asker_tells():
    assert told(thread(("fern", "Tar."), ("moss", "It worked!"), on_1=[("ivy", "This worked, thank you.")])) == {}


def test_an_anonymous_asker_tells_through_a_relay_only():
    relay = 'RELAY <p>From the asker: "Two months on. I did what fern said. It held."</p>'
    found = told(thread(("fern", "Tar."), ("mod", relay), asker="anonymous", anonymous=True))
    assert found["t:1/1"] == (True, "I did what fern said.")
    found = told(thread(("fern", "Tar."), ("anonymous", "It worked!"), asker="anonymous", anonymous=True))
    assert found == {}


def test_the_last_word_counts():
    found = told(
        thread(
            ("fern", "Tar."),
            ("mossy stump", "I did what fern said."),
            ("mossy stump", "Update. Fern's tar did not work after all."),
        )
    )
    assert found["t:1/1"] == (False, "Fern's tar did not work after all.")


def test_what_is_quoted_is_not_the_askers():
    body = "<blockquote>It worked!</blockquote><p>Glad to hear of it.</p>"
    assert told(thread(("fern", "It worked!"), ("mossy stump", body))) == {}


def test_a_question_may_be_followed_by_its_outcome():
    asked = thread(("fern", "Tar."))
    assert asked.question is not None
    body = "<p>My shed leaks. It worked with felt.</p><p>Edit: I tried tar and it worked.</p>"
    question = replace(asked.question, body=body)
    found = told(replace(asked, question=question))
    assert found == {None: (None, "Edit: I tried tar and it worked.")}


def test_a_long_sentence_is_shortened():
    body = f"<p>I did what fern said, and it {'really ' * 200}worked.</p>"
    (worked, text) = told(thread(("fern", "Tar."), ("mossy stump", body)))["t:1/1"]
    assert worked is True
    assert text.endswith(" …")
    assert len(text) <= LONGEST + 2


@given(
    st.lists(
        st.sampled_from(["it", "worked", "fern", "i", "did", "what", "said", "update", ".", "two weeks later", "\n", "not"])
    )
)
def test_whatever_is_written_an_outcome_is_the_askers_and_of_an_answer(words):
    asked = thread(("fern", "Tar."), ("mossy stump", " ".join(words)), on_1=[("mossy stump", " ".join(words[::-1]))])
    for outcome in find(asked):
        assert outcome.by_post in {"t:1/2", "c:1.0"}
        assert outcome.to_post in {"t:1/1", None}
        assert (outcome.worked is None) == (outcome.to_post is None)
        assert outcome.text


@pytest.mark.parametrize(
    "piece", ["it worked ", "i tried this ", "two weeks ", "my my my ", "a " * 20, "really ", ", ", "update "]
)
def test_a_hostile_post_is_read_in_good_time(piece):
    started = time.monotonic()
    find(thread(("fern", "Tar."), ("mossy stump", piece * (60_000 // len(piece)))))
    assert time.monotonic() - started < PATIENCE


def test_the_sample_tells_it_on_cards_pages_and_in_json(sample_library):
    sample = Library(sample_library)
    found = sample.ask("bombed the interview for my dream job", n=20)
    by_author = {answer.answer.author: answer for answer in found.answers if answer.answer.thread_id.endswith(":9004895")}
    told = by_author["Wrenfield"].outcome
    assert told is not None
    assert told.worked is True
    assert told.text == "I took Wrenfield's card in my notebook and used it twice."
    assert by_author["Wrenfield"].signals["asker's outcome"] > 0
    whole = by_author["marzipan_fox"].outcome
    assert whole is not None
    assert (whole.worked, whole.to_post) == (None, None)
    shape = shapes.results(found)["answers"][by_author["Wrenfield"].rank - 1]
    assert shape["outcome"] == {"post_id": told.by_post, "text": told.text, "worked": True}
    assert whole.text == "So, not saved exactly, but it stopped being the worst thing I ever did."
    page = shapes.thread(sample.thread("9004895"))
    assert {reply["author"]: reply["outcome"] for reply in page["answers"]}["Wrenfield"] == shape["outcome"]
    assert page["outcome"] == {"post_id": whole.by_post, "text": whole.text, "worked": None}


def test_the_askers_word_counts_once(library_of):
    asked = thread(("fern", "Tar."), ("moss", "I agree with fern."), ("mossy stump", "I did what fern said."))
    assert asked.question is not None
    with library_of(asked.question, *asked.replies)._moment() as store:
        (fern,) = (found for thread in store.thread_rows() for found in thread.answers if found.author == "fern")
        assert (fern.backers, fern.outcome) == (1, 1)
        assert store.backers([fern.id]) == {fern.id: ["moss", "mossy stump"]}


def test_what_is_forgotten_is_told_no_more(tmp_path):
    asked = thread(("fern", "Tar."), ("mossy stump", "I did what fern said."), on_1=[("mossy stump", "This worked.")])
    assert asked.question is not None
    archive = tmp_path / "threads" / "shed.jsonl"
    archive.parent.mkdir()
    comments = [replace(comment, id="t:1/c", parent_id="t:1/1") for comment in asked.comments["t:1/1"]]
    posts = [asked.question, *asked.replies, *comments]
    archive.write_text("".join(jsonl.write(posts)), "utf-8")
    build(tmp_path)
    assert [outcome.by_post for outcome in Library(tmp_path).thread("t:1").outcomes] == ["t:1/c"]
    forgetting.add(tmp_path, Rule("thread", "t:1"))
    build(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("SELECT count(*) FROM outcomes").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM endorsements").fetchone() == (0,)


def _needed(items) -> set[str] | None:
    """Strings of which every match of a parsed pattern has one; None where it needs none."""
    found, run = [], ""
    for operation, value in [*items, (None, None)]:
        if str(operation) == "LITERAL":
            run += chr(value)
            continue
        found, run = found + ([{run}] if run else []), ""
        if str(operation) == "SUBPATTERN":
            found.append(_needed(value[3]))
        elif str(operation) == "BRANCH":
            branches = list(map(_needed, value[1]))
            found.append(None if None in branches else set().union(*branches))
        elif str(operation) == "MAX_REPEAT" and value[0]:
            found.append(_needed(value[2]))
    # The one that says most: nothing short in it, and few.
    return max(filter(None, found), key=lambda strings: (min(map(len, strings)) > 2, min(map(len, strings)) / len(strings)), default=None)


@pytest.mark.parametrize("phrase", [*telling._WORKED, *telling._FOLLOWED, *telling._FAILED], ids=lambda phrase: phrase.pattern[:50])
def test_no_phrase_is_passed_over_for_want_of_its_words(phrase):
    needed = _needed(parser.parse(phrase.pattern))
    assert needed
    for said in needed:
        assert telling._TOLD_IN.search(said), said


def test_what_a_phrase_needs_is_found_out():
    assert _needed(parser.parse(r"(?:is |was )?(?:gone|so(?:lv|rt)ed)\b")) == {"gone", "so"}
    assert _needed(parser.parse(r"\w+(?:a|b*)")) is None
