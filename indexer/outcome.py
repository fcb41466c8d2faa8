"""What became of it? Where askers come back and say how it went, and whose answer it was that worked or did not.

Askers tell it in a follow-up, through a moderator's relay, in a comment, or in an "Update:" added to the question. What is
looked for is an account of what was done and what came of it, in sentences of the past:

- "This worked", "went with ▮'s list", "tried it, no luck": found by the sentence alone.
- "Six weeks later: …", "Update.", "Reporting back": the post is an account; of its sentences one that says what came of it is
  kept, and whoever is named in it with approval is the one whose answer it was.

Gratitude, plans ("I'll try that"), hypotheses, questions, what others say and what was so before are none. Rather too few than
a wrong one: it is shown as the asker's word. Which answer is meant follows from the name in the sentence, from the answer that
a comment stands under, or from the answer that is directly replied to; else it is the thread's and nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from . import agreement, telling
from .names import Mention, People, Person
from .ownwords import Text, marked, plain, read, sentences_of
from .texts import Texts
from .thread import Post, Thread
from .words import fold

LONGEST: Final = 280
"""Code points of a sentence that are kept."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The asker's word on how it went, in one sentence."""

    by_post: str
    to_post: str | None
    """The answer it concerns; None where it is told of the thread as a whole."""
    worked: bool | None
    """Whether it worked, or was what the asker went with; None where it is told and belongs to no one answer."""
    text: str


_QUESTION_UPDATE: Final = re.compile(r"^\W*(?:final )?(?:update|edit|eta|follow-?up|outcome)\b[^\w?]", re.IGNORECASE)
_TO_ALL: Final = re.compile(
    r"(?:many |so many )?(?:thanks|thank you|thx),? (?:so much,? )?(?:to )?(?:you )?(?:all|everyone|everybody|guys|folks)\b",
    re.IGNORECASE,
)
_OUTRIGHT: Final = 70
"""A sentence as short as this that says "it worked" means the asker's case, and not something it speaks of."""


def find(thread: Thread, texts: Texts | None = None) -> list[Outcome]:
    """What the asker tells of how it went: of each answer at most one, the last word on it, then the thread's."""
    texts = texts or Texts()
    updates = list(_updates(thread.question, texts)) if thread.question else []
    if not updates and not any(map(thread.by_asker, chain(thread.replies, *thread.comments.values()))):
        return []
    people = People(thread, texts)
    told = _Told()
    if thread.question:
        for text in updates:
            _read_account(thread.question, text, people, told, above=None, is_account=False)
    answers = {answer.id: answer for answer in thread.answers}
    for reply in thread.replies:
        if thread.by_asker(reply) and reply.kind != "selfanswer":
            text = read(reply, texts)
            above = answers.get(reply.parent_id or "")
            _read_account(reply, text, people, told, above=above, is_account=_begins_account(text))
        people.enter(reply)
    for post in (thread.question, *thread.replies):
        spoke: set[str] = set()
        for comment in thread.comments.get(post.id, ()) if post else ():
            if post and thread.by_asker(comment):
                text = read(comment, texts)
                above = answers.get(post.id) if _speaks_to(post, text) else None
                _read_account(comment, text, people, told, above=above, is_account=_begins_account(text), spoke=spoke)
            elif post and comment.author != post.author:
                spoke.add(fold(comment.author or ""))
    return told.outcomes()


def _updates(question: Post, texts: Texts) -> Iterator[Text]:
    """The parts of a question that the asker added later."""
    blocks = texts.unquoted(question).split("\n\n")
    for number, block in enumerate(blocks):
        if _QUESTION_UPDATE.match(block):
            text = "\n\n".join(blocks[number:])
            yield Text(text, text)
            return


def _begins_account(text: Text) -> bool:
    first = next((plain(text.own[start:end]) for start, end in sentences_of(text.own) if text.own[start:end].strip()), "")
    return telling.begins_account(first)


def _speaks_to(post: Post, text: Text) -> bool:
    """Whether a comment speaks to the post it stands under: not by an @ to another commenter, nor to all."""
    body = text.own.lstrip()
    if _TO_ALL.match(body):
        return False
    if not body.startswith("@"):
        return True
    name = fold(post.author or "")
    return bool(name) and fold(body[1:]).startswith((name, name.replace(" ", "")))


class _Sentence(NamedTuple):
    """A sentence of an account: as shown, plain with marks, and the people in it."""

    shown: str
    said: str
    here: Sequence[Mention]


def _sentences(text: Text, people: People) -> Iterator[_Sentence]:
    mentions = people.mentions(text.own)
    at = 0
    for start, end in sentences_of(text.own, mentions):
        here = []
        while at < len(mentions) and mentions[at].start < end:
            here.append(mentions[at])
            at += 1
        said, _ = marked(text.own, start, end, here)
        if said:
            yield _Sentence(_short(" ".join(text.shown[start:end].split())), said, here)


def _short(sentence: str) -> str:
    if len(sentence) <= LONGEST:
        return sentence
    return sentence[: sentence.rfind(" ", 0, LONGEST) if " " in sentence[1:LONGEST] else LONGEST].rstrip(" ,;:") + " …"


def _read_account(
    post: Post, text: Text, people: People, told: _Told, *, above: Post | None, is_account: bool, spoke: Container[str] = ()
) -> None:
    """Collect what a post by the asker tells.

    `above` is the answer that it speaks to; `spoke` are those who have spoken among the same comments, whose names mean what
    they said there.
    """
    best: tuple[int, _Sentence] | None = None
    for number, sentence in enumerate(_sentences(text, people)):
        verdict = telling.tells(sentence.said)
        answers = []
        if is_account or verdict is not None:
            answers = [
                answer
                for person in _meant(sentence, verdict)
                if fold(person.name) not in spoke and (answer := _answer_of(person, post, above))
            ]
        if verdict is not None and not answers and above is not None and _names_nobody_but(above, sentence):
            answers = [above]
        for answer in answers:
            told.of_answer(Outcome(post.id, answer.id, verdict is not False, sentence.shown))
        if answers:
            weight = 0
        elif is_account:
            weight = _weight(sentence.said, verdict, first=not number)
        else:
            # Outside of an account only the plainest words are believed.
            weight = int(verdict is not None and len(sentence.said) <= _OUTRIGHT)
        # Of sentences that tell of an end the last, since accounts are told in order; of others the first.
        if weight and (best is None or weight > best[0] or weight == best[0] == 3):
            best = weight, sentence
    if best is not None:
        told.of_thread(Outcome(post.id, None, None, best[1].shown), weight=int(is_account))


def _names_nobody_but(answer: Post, sentence: _Sentence) -> bool:
    return all(mention.person and answer in mention.person.answers for mention in sentence.here)


def _weight(sentence: str, verdict: bool | None, *, first: bool) -> int:
    """How much a sentence of an account says; 0 for nothing."""
    if verdict is not None:
        return 5
    return 4 if telling.says_choice(sentence) else telling.says_what_came(sentence, first=first)


def _meant(sentence: _Sentence, verdict: bool | None) -> Iterator[Person]:
    """Those whom a sentence names as the ones whose advice was taken, or did not help."""
    marks: Iterable[int] = range(len(sentence.here))
    if verdict is not False and sentence.here:
        marks = sorted({said.mark for said in agreement.statements(sentence.said, by_asker=True) if said.backs})
    for mark in marks:
        if person := sentence.here[mark].person:
            yield person


def _answer_of(person: Person, post: Post, above: Post | None) -> Post | None:
    """The answer that is meant by a person's name in `post`: the one it speaks to, or the person's latest before it."""
    if above in person.answers:
        return above
    when = post.written
    before = [a for a in person.answers if when is None or a.written is None or a.written <= when]
    return before[-1] if before else None


class _Told:
    """Outcomes, one for each answer: the last word on it. Of the thread, the last account, else the last word."""

    def __init__(self) -> None:
        self._of_answers: dict[str, Outcome] = {}
        self._of_thread: tuple[int, Outcome] | None = None

    def of_answer(self, outcome: Outcome) -> None:
        held = self._of_answers.get(outcome.to_post or "")
        # Within one post the first word stands: what follows is detail.
        if held is None or held.by_post != outcome.by_post:
            self._of_answers[outcome.to_post or ""] = outcome

    def of_thread(self, outcome: Outcome, *, weight: int) -> None:
        if self._of_thread is None or weight >= self._of_thread[0]:
            self._of_thread = weight, outcome

    def outcomes(self) -> list[Outcome]:
        return [*self._of_answers.values(), *([self._of_thread[1]] if self._of_thread else [])]
