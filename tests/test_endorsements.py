"""Who backs whom: the seed exactly, then one test for each rule, on sentences of our own."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import PATIENCE
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import archives, markup, names
from indexer.endorsements import Endorsement, find
from indexer.ownwords import READ
from indexer.thread import Post, PostKind, Thread

NOON = datetime(2012, 5, 1, 12, tzinfo=UTC)


def reply(place: int, author: str | None, body: str, kind: PostKind = "answer") -> Post:
    return Post(
        id=f"t:1/{place}",
        thread_id="t:1",
        kind=kind,
        site="t",
        author=author,
        body=markup.clean(body),
        position=place,
        written=NOON + timedelta(minutes=place),
    )


def thread(
    *replies: tuple[str | None, str], asker: str = "mossy stump", anonymous: bool = False, **comments: list[tuple[str, str]]
) -> Thread:
    """A thread of (author, HTML) answers; a body that begins with "RELAY " is a moderator's relay. `on_2=[…]`: comments on answer 2."""
    question = Post(
        id="t:1",
        thread_id="t:1",
        kind="question",
        site="t",
        author=asker,
        anonymous=anonymous,
        body="<p>My shed leaks. What now?</p>",
    )
    posts = []
    for place, (author, body) in enumerate(replies, 1):
        relay = body.startswith("RELAY ")
        posts.append(reply(place, author, body.removeprefix("RELAY "), "relay" if relay else "answer"))
    under = {}
    for key, written in comments.items():
        above = key.removeprefix("on_")
        under["t:1" if above == "0" else f"t:1/{above}"] = tuple(
            Post(
                id=f"c:{above}.{n}",
                thread_id="t:1",
                kind="comment",
                site="t",
                author=who,
                body=markup.clean(text),
                written=NOON + timedelta(hours=5, minutes=n),
            )
            for n, (who, text) in enumerate(written)
        )
    return Thread("t:1", question, tuple(posts), under)


def pairs(found: list[Endorsement]) -> list[tuple[str, str, str]]:
    return [(e.author, "->" if e.backs else "-X", e.to_author) for e in found]


def said(sentence: str, *names: str) -> list[tuple[str, str]]:
    """What one late sentence says of those who answered before: quilted and Ann Vole, unless told otherwise."""
    names = names or ("quilted", "Ann Vole")
    found = find(thread(*((name, "Put tar on it.") for name in names), ("latecomer", sentence)))
    assert {e.author for e in found} <= {"latecomer"}
    return [("->" if e.backs else "-X", e.to_author) for e in found]


BACKS = [("->", "quilted")]
DISPUTES = [("-X", "quilted")]


# ── The seed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_seed(found: list[Endorsement], place: dict[str, int], expected: dict[str, object]) -> None:
    named = [
        (answer["author"], end["author"], answer["index"], end["answer"], end["written_as"], end["evidence"])
        for answer in expected["answers"]
        for end in answer["endorses"]
        if end["author"]
    ]
    assert len(named) == 5
    assert [(e.author, e.to_author, place[e.by_post], place[e.to_post]) for e in found] == [row[:4] for row in named]
    for e, (*_, written_as, evidence) in zip(found, named, strict=True):
        assert e.backs
        assert written_as is None or e.written_as == written_as
        assert evidence.split(".")[0] in e.evidence
    assert [e.author for e in found if e.favorited] == ["4ster"]


def test_the_seed_cut_by_hand(shared: Path) -> None:
    expected = json.loads((shared / "seeds" / "EXPECTED.json").read_text("utf-8"))
    lines = (shared / "seeds" / expected["source"]["file"]).read_text("utf-8").split("\n")

    def body(of: dict[str, dict[str, list[int]]]) -> str:
        first, last = of["body"]["lines"]
        return markup.from_text("\n".join(lines[first - 1 : last]))

    question = Post(
        id="s:1",
        thread_id="s:1",
        kind="question",
        site="s",
        author="anonymous",
        anonymous=True,
        body=body(expected["question"]),
    )
    replies = tuple(
        Post(
            id=f"s:1/{a['index']}",
            thread_id="s:1",
            kind="relay" if a["is_moderator_relay"] else "answer",
            site="s",
            author=a["author"],
            body=body(a),
            position=a["index"],
        )
        for a in expected["answers"]
    )
    check_seed(find(Thread("s:1", question, replies, {})), {post.id: post.position for post in replies}, expected)


def test_the_seed_as_it_is_read(shared: Path) -> None:
    expected = json.loads((shared / "seeds" / "EXPECTED.json").read_text("utf-8"))
    source = archives.Source(shared / "seeds" / expected["source"]["file"])
    posts = list(archives.detect(source).read(source, archives.Report()))
    question, replies = posts[0], tuple(posts[1:])
    check_seed(find(Thread(question.id, question, replies, {})), {post.id: post.position for post in replies}, expected)


# ── Ways to agree, and to dissent ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "sentence",
    [
        "I agree with quilted.",
        "agreed w/ quilted, tar is the thing",
        "Couldn't agree more with quilted!",
        "I can't agree with quilted enough.",
        "Seconding quilted on the tar.",
        "I'll second what quilted said.",
        "nthing quilted",
        "13thing quilted.",
        "A big nth for quilted about the tar.",
        "+1 to quilted",
        "+1 quilted",
        "What quilted said.",
        "what quilted and others have said, only sooner",
        "Do what quilted says.",
        "Do exactly as quilted suggested, and buy gloves.",
        "quilted is right.",
        "quilted's right about the tar",
        "Quilted has it.",
        "quilted nailed it",
        "quilted has given you the best answer, by far",
        "quilted gave you really good advice.",
        "quilted makes a great point about the gutter.",
        "Listen to quilted.",
        "Follow quilted's advice and be done by lunch.",
        "quilted's suggestion is great, I did it twice.",
        "The suggestion from quilted is what I came to post; great advice from quilted.",
        "Echoing quilted: tar.",
        "As quilted said, tar.",
        "I'd do it like quilted describes.",
        "@quilted this. So much this.",
        "quilted, I completely agree with you.",
        "You're so right, quilted.",
        "I love quilted's idea of a second gutter.",
        "All good advice here, especially quilted's gutter.",
        "Going with quilted on this one.",
        "If you only do one thing, do what quilted says.",
        "Why not do what quilted says?",
        "I'm with quilted on the tar.",
        "Just to pile on, do what quilted says.",
        "quilted isn't wrong.",
        "Not only do I agree with quilted, I have done it.",
    ],
)
def test_agreement(sentence: str) -> None:
    assert said(sentence) == BACKS


@pytest.mark.parametrize(
    "sentence",
    [
        "I disagree with quilted.",
        "I have to respectfully disagree, at least in part, with quilted.",
        "I don't agree with quilted.",
        "I can't really agree with quilted here.",
        "Please don't do what quilted says.",
        "Whatever you do, do not follow quilted's advice.",
        "I don't think you should do what quilted says.",
        "quilted is wrong.",
        "Sorry, but quilted is dead wrong on this",
        "quilted's wrong about tar.",
        "quilted isn't right about the gutter.",
        "quilted has it backwards.",
        "Ignore quilted.",
        "Don't listen to quilted, tar is poison.",
        "quilted's advice is dangerous.",
        "quilted's advice won't work in a hard frost.",
        "What quilted says is what everybody says, and it hasn't worked once.",
        "I'd take quilted's advice with a grain of salt.",
        "I'd steer well clear of what quilted says.",
        "I'd push back on quilted.",
        "I'd not go along with quilted.",
        "@quilted I disagree.",
        "Counterpoint to quilted: it cracks.",
    ],
)
def test_dissent(sentence: str) -> None:
    assert said(sentence) == DISPUTES


@pytest.mark.parametrize(
    "sentence",
    [
        "quilted, did you try it in winter?",
        "My shed is like quilted's cat: always wet.",
        "quilted's answer made me laugh.",
        "I once met quilted.",
        "Does anyone agree with quilted?",
        "Do you agree with quilted?",
        "Should I do what quilted says?",
        "I'd agree with quilted if tar were cheap.",
        "I used to agree with quilted.",
        "I don't disagree with quilted.",
        "It looks like quilted did that already.",
        "The vet agreed, quilted's cat is fine and the weather is good.",
        "Good advice above.",
        "Seconding everyone.",
        "Nthing tar.",
        "this.",
        "This!",
        "^^",
        "+1",
        "+1 to the tar",
        "Do what they say.",
        "Listen to your mother.",
        "I agree that tar is right.",
        "quilted is right about tar and wrong about everything else, and wrong about paint.",
    ],
)
def test_a_mention_a_question_or_unnamed_praise_is_nothing(sentence: str) -> None:
    assert said(sentence) == []


def test_several_names_in_one_sentence() -> None:
    both = [("->", "quilted"), ("->", "Ann Vole")]
    assert said("I agree with quilted and Ann Vole.") == both
    assert said("Seconding quilted on the tar and Ann Vole on the gloves.") == both
    assert said("Agree with quilted, and with everything Ann Vole said.") == both
    assert said("Do what quilted says, and please ignore Ann Vole.") == [("-X", "Ann Vole"), ("->", "quilted")]


def test_the_author_says_that_it_was_favorited_too() -> None:
    for sentence in (
        "Having just favorited quilted's answer, I'd add gloves.",
        "I favourited quilted's advice.",
        "Upvoted quilted's answer.",
    ):
        found = find(thread(("quilted", "Tar."), ("late", sentence)))
        assert [(e.to_author, e.backs, e.favorited) for e in found] == [("quilted", True, True)]
    found = find(thread(("quilted", "Tar."), ("late", "I agree with quilted.")))
    assert not found[0].favorited
    assert said("My favorite is quilted's shed.") == []


def test_evidence_is_the_sentence_as_written() -> None:
    found = find(
        thread(
            ("quilted", "Tar."),
            ("late", "Hm. Then again: I’d “maybe not ever” agree — no, I <em>do</em> agree with Quilted’s plan! Bye."),
        )
    )
    assert [(e.evidence, e.written_as, e.by_post, e.to_post) for e in found] == [
        ("Then again: I’d “maybe not ever” agree — no, I do agree with Quilted’s plan!", "Quilted’s", "t:1/2", "t:1/1")
    ]


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("quilted", "QUILTED"),
        ("Mrs. Pennywhistle", "Mrs. Pennywhistle"),
        ("Mrs. Pennywhistle", "Mrs Pennywhistle"),
        ("Nelson R.", "Nelson R."),
        ("half_a_pillow", "half a pillow"),
        ("6 o'clock swill", "6 o’clock swill"),
        ("4thfloorwalkup", "4thfloorwalkup"),
        ("gus & co", "gus & co"),
        ("gus & co", "gus and co"),
        ("dr.no-really", "dr.no-really"),
        ("Big Ed's Tires", "Big Ed's Tires"),
        ("Zoë Ångström", "zoe angstrom"),
        ("C++ (and C#)", "C++ (and C#)"),
        ("☃", "☃"),
        ("Gus at the end", "Gus"),
        ("Dr. Turnip", "Turnip"),
        ("plumb bob 2", "plumb bob"),
    ],
)
def test_names_as_people_write_them(name: str, written: str) -> None:
    for sentence in (
        f"I agree with {written}.",
        f"Do what {written} says.",
        f"{written} is right.",
        f"I'd follow {written}'s advice.",
    ):
        assert said(sentence.replace("&", "&amp;"), name) == [("->", name)], sentence


def test_only_those_who_answered_earlier_can_be_meant() -> None:
    assert find(thread(("early", "I agree with quilted."), ("quilted", "Tar."))) == []


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("aeschen_karl", "aeschenkrl"),
        ("quarterturn", "quaterturn"),
        ("hindmost", "hindmsot"),
        ("Ottoline P.", "Otoline P."),
        ("slow puncture", "slow puncure"),
        ("RuthAnnOfTheLake", "RuthAnOfTheLakes"),
    ],
)
def test_misspelt_names(name: str, written: str) -> None:
    for sentence in (
        f"I agree with {written}.",
        f"Seconding {written} on tar.",
        f"do what {written} says",
        f"{written} has it right.",
    ):
        assert said(sentence, name, "Ann Vole") == [("->", name)], sentence


def test_what_is_too_far_from_a_name_or_from_agreement_is_not_a_misspelling() -> None:
    assert said("I agree with otto.", "otta") == []
    assert said("I agree with gravlpth.", "gravelpath1") == []
    assert said("I agree with hidmst.", "hindmost") == []
    assert said("I agree with gravelpat.", "gravelpath", "gravelpats") == [], "two names are as near"
    assert said("I agree with user1235.", "user1234") == [], "another number is another person"
    assert said("I met quaterturn once.", "quarterturn") == []


def test_a_word_that_was_used_before_the_person_came_is_no_misspelling() -> None:
    answers = [("first", "A gardner told me: tar."), ("gardener", "Tar."), ("late", "I agree with gardner types.")]
    assert find(thread(*answers)) == []
    assert pairs(find(thread(*answers[1:]))) == [("late", "->", "gardener")]


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("otherwise", "I agree with otherwise.", "I agree with you; otherwise is a good word, and the best tar is cheap."),
        ("at", "Seconding at, tar it.", "I agree with at least half of this and the right tar is at hand."),
        ("K", "What K said.", "I paid 5 K and I agree with the plan."),
        ("AV", "do what AV says", "I agree with AV receivers being right for a shed."),
        ("tcv", "tcv is right.", "Follow the tcv cable."),
        ("slogger", "Listen to slogger.", "I am a slogger and I agree that it is right."),
        ("this", "Agree with @this!", "I agree with this."),
        ("everyone", "@everyone: I agree", "I agree with everyone."),
        ("what", "I agree with @what.", "Do what what says."),
    ],
)
def test_names_that_are_words_need_agreement_next_to_them(name: str, yes: str, no: str) -> None:
    assert said(yes, name) == [("->", name)]
    assert said(no, name) == []


def test_two_people_with_names_alike_are_told_apart_by_spelling_or_not_at_all() -> None:
    assert said("I agree with Quilted.", "quilted", "Quilted") == [("->", "Quilted")]
    assert said("I agree with QUILTED.", "quilted", "Quilted") == []


def test_the_longest_name_is_meant() -> None:
    assert said("I agree with Brackish Bob.", "Brackish", "Brackish Bob") == [("->", "Brackish Bob")]
    assert said("I agree with Brackish.", "Brackish", "Brackish Bob") == [("->", "Brackish")]


# ── Whom and who ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_latest_answer_before_is_meant_unless_the_first_is_said() -> None:
    answers = [("quilted", "Tar."), ("quilted", "Or felt."), ("late", "I agree with quilted."), ("quilted", "Thanks!")]
    assert [e.to_post for e in find(thread(*answers))] == ["t:1/2"]
    for sentence in ("I agree with quilted's first answer.", "quilted has it right up top."):
        assert [e.to_post for e in find(thread(*answers[:2], ("late", sentence)))] == ["t:1/1"]


def test_nobody_endorses_himself_the_asker_or_a_relay() -> None:
    assert find(thread(("quilted", "Tar."), ("quilted", "As quilted said, tar. I agree with quilted."))) == []
    assert find(thread(("mossy stump", "Tar?"), ("late", "I agree with mossy stump."))) == []
    assert find(thread(("mod", 'RELAY follow-up from the OP: "Tar."'), ("late", "I agree with mod."))) == []
    note = Thread("t:1", None, (reply(1, "mod", "Be nice.", "modnote"), reply(2, "late", "mod is right.")), {})
    assert find(note) == []


def test_the_asker_who_did_what_somebody_said_backs_it() -> None:
    for sentence in (
        "I did what quilted said and it worked.",
        "Used quilted's tar, dry since March.",
        "I did the bucket test from quilted.",
        "quilted, I followed your list.",
        "I owe quilted a beer.",
    ):
        assert pairs(find(thread(("quilted", "Tar."), ("mossy stump", sentence)))) == [("mossy stump", "->", "quilted")], (
            sentence
        )
    assert said("Used quilted's tar, dry since March.") == [], "from anybody else it is a mention"
    assert find(thread(("quilted", "Tar."), ("mossy stump", "Thank you quilted!"))) == []


def test_an_anonymous_asker_speaks_through_a_relay() -> None:
    relay = ("mod", 'RELAY From the OP: "It is dry. I did what quilted said. The felt, as Ann Vole suggested, was too dear."')
    found = find(thread(("quilted", "Tar."), ("Ann Vole", "Felt."), relay, asker="anonymous", anonymous=True))
    assert pairs(found) == [("anonymous", "->", "quilted"), ("anonymous", "->", "Ann Vole")]
    assert {e.by_post for e in found} == {"t:1/3"}


def test_people_without_a_name_are_not_one_person() -> None:
    found = find(thread(("quilted", "Tar."), (None, "I agree with quilted."), (None, "Seconding quilted.")))
    assert pairs(found) == [("anonymous", "->", "quilted")] * 2


def test_one_endorsement_for_each_person_and_answer() -> None:
    twice = find(
        thread(("quilted", "Tar."), ("late", "As quilted said, tar."), ("late", "I agree with quilted. quilted has it."))
    )
    assert [(e.by_post, e.evidence) for e in twice] == [("t:1/3", "I agree with quilted.")], "the plainest"
    twice = find(thread(("quilted", "Tar."), ("late", "I agree with quilted."), ("late", "Just favorited quilted's answer.")))
    assert [(e.by_post, e.favorited) for e in twice] == [("t:1/2", True)], "the earliest, with what is known from both"
    other = find(
        thread(("quilted", "Tar."), ("late", "I agree with quilted."), ("quilted", "Felt."), ("late", "I agree with quilted."))
    )
    assert [e.to_post for e in other] == ["t:1/1", "t:1/3"], "two answers are two"


def test_who_changes_sides_is_taken_by_the_last_word() -> None:
    answers = [("quilted", "Tar."), ("late", "I agree with quilted."), ("late", "Look, quilted is wrong.")]
    assert pairs(find(thread(*answers))) == [("late", "-X", "quilted")]
    assert said("I agree with quilted. But quilted is wrong about the price.") == BACKS, (
        "a reservation in the same post changes nothing"
    )


# ── Other people's words ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        "<blockquote>I agree with quilted.</blockquote><p>Why?</p>",
        'You wrote "I completely agree with quilted" and I wonder why.',
        "You wrote “I completely agree with quilted, always” and I wonder why.",
        "<p><em>I agree with quilted</em></p><p>Really?</p>",
        "<p><em>I agree with quilted, and so does everybody else on my whole street.</em></p><p>Really, all of it?</p>",
        "I agree with quilted, and so does everybody else on my whole street. Really, all of it?",
    ],
)
def test_quoted_words_are_not_the_quoters(body: str) -> None:
    found = find(
        thread(
            ("quilted", "Tar."),
            ("neighbor", "I agree with quilted, and so does everybody else on my whole street."),
            ("late", body),
        )
    )
    assert pairs(found) == [("neighbor", "->", "quilted")]


def test_two_people_may_say_the_same_and_stress_it() -> None:
    found = find(
        thread(
            ("quilted", "Tar."),
            ("a", "Do exactly what quilted says, please."),
            ("b", "<em>Do exactly what quilted says, please.</em>"),
        )
    )
    assert [e.author for e in found] == ["a", "b"]


def test_inches_and_a_quoted_name_are_no_quotation() -> None:
    assert said('With 6" boards and 8" nails I agree with quilted about 4" tar.') == BACKS
    assert said('I agree with "quilted" here.') == BACKS


# ── Comments ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("+1, this worked", "->"),
        ("This worked for me, thanks!", "->"),
        ("Great answer.", "->"),
        ("Agreed!", "->"),
        ("@quilted +1", "->"),
        ("Thanks, that did the trick.", "->"),
        ("-1 tar burns", "-X"),
        ("This is wrong.", "-X"),
        ("I disagree.", "-X"),
        ("A good answer would say how much tar.", ""),
        ("Good answer, but it does not say how much.", ""),
        ("How much tar?", ""),
        ("@somebody +1", ""),
    ],
)
def test_a_comment_speaks_of_the_answer_above_it(comment: str, found: str) -> None:
    expected = [("passer-by", found, "quilted")] if found else []
    result = find(thread(("quilted", "Tar."), ("Ann Vole", "Felt."), on_1=[("passer-by", comment)]))
    assert pairs(result) == expected
    assert {(e.by_post, e.to_post, e.written_as) for e in result} <= {("c:1.0", "t:1/1", "")}


def test_a_bare_agreement_after_another_comment_may_mean_that_one() -> None:
    comments = [("first", "Tar burns."), ("second", "Agreed."), ("third", "+1 to this answer")]
    assert pairs(find(thread(("quilted", "Tar."), on_1=comments))) == [("third", "->", "quilted")]


def test_comments_name_answers_and_commenters() -> None:
    answers = (("quilted", "Tar."), ("Ann Vole", "Felt."))
    assert pairs(find(thread(*answers, on_1=[("c", "I agree with Ann Vole.")]))) == [("c", "->", "Ann Vole")]
    assert pairs(find(thread(*answers, on_0=[("c", "quilted's answer is great.")]))) == [("c", "->", "quilted")]
    assert find(thread(*answers, on_0=[("Ann Vole", "Which shed?"), ("c", "I agree with Ann Vole.")])) == [], (
        "her comment is meant"
    )
    assert find(thread(*answers, on_1=[("quilted", "+1, as quilted said, great answer")])) == [], "nobody backs himself"


def test_the_asker_may_say_in_a_comment_that_it_worked() -> None:
    assert pairs(find(thread(("quilted", "Tar."), on_1=[("mossy stump", "Thanks, this worked!")]))) == [
        ("mossy stump", "->", "quilted")
    ]


def test_a_comment_cannot_mean_an_answer_written_after_it() -> None:
    late = Post(
        id="t:1/9",
        thread_id="t:1",
        kind="answer",
        site="t",
        author="Ann Vole",
        body="<p>Felt.</p>",
        written=NOON + timedelta(days=9),
    )
    base = thread(("quilted", "Tar."), on_1=[("c", "I agree with Ann Vole.")])
    assert find(Thread(base.id, base.question, (*base.replies, late), base.comments)) == []


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_orphan_thread_has_endorsements_too() -> None:
    assert pairs(find(Thread("t:1", None, (reply(1, "a b c", "Tar."), reply(2, "late", "I agree with a b c.")), {}))) == [
        ("late", "->", "a b c")
    ]
    assert find(Thread("t:1", None, (), {})) == []


@pytest.mark.parametrize(
    "name",
    ["(a+)+$", ".*", "[", "\\", "(?P<names>x)", "a|b", "{0,3}", "\ue000", "\ue001 \ue000", "…", "'s", "\u0301", "%s", "ﬁn"],
)
def test_hostile_names_are_only_names(name: str) -> None:
    found = find(
        thread((name, "Tar."), ("late", f"I agree with quilted. I agree with {markup.html.escape(name)}. Do what I say."))
    )
    assert all(e.to_author == name for e in found)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=60)), max_size=5))
def test_anything_at_all_is_survived(posts: list[tuple[str, str]]) -> None:
    replies = [(author or None, f"I agree with {author}. {body} as {author} said") for author, body in posts]
    for e in find(thread(*replies, *replies)):
        assert e.evidence
        assert e.by_post != e.to_post


def test_time_grows_with_the_text_and_not_with_its_square() -> None:
    def seconds(count: int) -> float:
        crowd = [
            (
                f"neighbor {n:05} of the shed",
                f"Tar. I agree with neighbor {n // 2:05} of the shed. Seconding neighbr {n - 1:05} of the shed.",
            )
            for n in range(count)
        ]
        posts = thread(*crowd)
        start = time.perf_counter()
        assert len(find(posts)) > count // 2
        return time.perf_counter() - start

    seconds(50)
    # Sixteen times the text: some sixteen times the time, where a square would take 256.
    assert seconds(3200) < 100 * max(seconds(200), 0.05)


@pytest.mark.parametrize(
    "body",
    [
        "agree with quilted " * 100_000,
        "." * 200_000,
        '" ' * 100_000,
        "quilted, " * 50_000 + "agree",
        "I agree" + " " * 200_000 + "with quilted",
    ],
)
def test_a_huge_post_is_read_in_a_moment(body: str) -> None:
    answers = thread(("quilted", "Tar."), ("late", body))
    start = time.perf_counter()
    assert len(find(answers)) <= 1
    assert time.perf_counter() - start < PATIENCE
    assert len(body) > READ


def test_second_with_a_comma_only_counts():
    assert said("Second, quilted suggested that it leaks.") == []
    assert said("Second, @quilted suggested that it leaks.") == []
    assert said("Second quilted's tar.") == [("->", "quilted")]


_NAMES = ["Gus at the end", "half_a_pillow", "K", "otherwise", "Nelson R.", "gus & co", "☃ snow", "user12", "user13", "jennifer_parker", "Émile Zola", "mephron_"]
_SAID = [
    *("I agree with {}.", "Seconding {} here", "do what {} says", "As {} said, {} is right", "+1 for {}'s list", "{} nailed it"),
    *("That was {}", "a {} and the {} of it", "Half a pillow and snow!", "The end of otherwise good advice."),
]


@st.composite
def _written(draw):
    name = draw(st.sampled_from(_NAMES))
    cut = draw(st.integers(0, len(name)))
    name = draw(st.sampled_from([name, name.lower(), name[:cut] + name[cut + 1 :], name.split()[0], name[: cut - 1] + name[cut : cut + 1] + name[cut - 1 : cut]]))
    return draw(st.sampled_from(_SAID)).replace("{}", name)


@given(st.lists(st.tuples(st.sampled_from(_NAMES), st.lists(_written(), max_size=3).map(" ".join)), max_size=8))
def test_no_name_is_passed_over_for_being_looked_for_quickly(replies):
    written = thread(*replies)
    found = find(written)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "_FEW", -1)
        assert find(written) == found
