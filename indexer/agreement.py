"""What do agreement and dissent look like in a sentence? The phrases, and how a "not", an "if" or a question turns them.

Sentences come here with every name replaced by MARK (followed by ``'s`` where it is possessive), lower-cased and with
straight apostrophes. Every repetition in a phrase is bounded, so that a hostile sentence costs no more than a long one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

MARK: Final = "\ue000"
"""Stands for a name; a private-use character, which callers take out of the text first."""


class Statement(NamedTuple):
    """What a sentence says of the name behind its `mark`-th mark, counted from 0."""

    mark: int
    backs: bool
    plain: bool
    """Said outright, not in passing ("as ▮ said")."""
    favorited: bool


class _Phrase(NamedTuple):
    """A way to agree or disagree with those in its group `names`."""

    expression: re.Pattern[str]
    backs: bool = True
    plain: bool = True
    favorited: bool = False
    asker: bool = False
    """Means something only from the asker, who tells how it went."""


# One or more names.
_JOIN = r"(?:,? and| ?&|,| ?\+| ?/|,? or|,? plus)(?: (?:also|especially|with|to|everything|what|all of)){0,3} @?"
_WHO = rf"@?(?P<names>▮(?:'s)?(?:{_JOIN}▮(?:'s)?){{0,6}})"
# Words that may stand in between without changing anything.
_ADV = (
    r"(?:(?:[a-z-]{2,12}ly|very|so|quite|all|both|100%|also|just|dead|of course|too|still|pretty|really|again|always|a lot"
    r"|here|most|much|in general|on this|already|since|kind of|sort of) ){0,3}"
)
_NOUN = (
    r"(?:advice|answers?|suggestions?|ideas?|plans?|approach|methods?|comments?|posts?|points?|respon[sc]e|reply|tips?|tricks?"
    r"|recommendations?|lists?|scripts?|steps|version|rules?|take|explanation|solution|recipe|technique|route|instructions"
    r"|diagnosis|wording|letter|reasoning|opinion|view|formula|math|arithmetic|numbers|order|warnings?|caution|words?)\b"
)
_WHAT = r"(?:(?:exactly|precisely|just|all of|all|both|most of|everything|anything|whatever|what|that) ){0,3}"
_OF = rf"(?:(?:the |that |this |all |any )?(?:[\w-]+ ){{0,3}}?{_NOUN} (?:given by |offered by |from |of |by |that ))"
_OBJECT = rf"(?:{_WHAT}|{_OF}){_WHO}"
# The same in the other branch of a phrase, where a group may not have the same name.
_WHO_TOO = _WHO.replace("names", "also")
_OBJECT_TOO = _OBJECT.replace("names", "also")
_SAID = (
    r"(?:(?:,? (?:and|&) (?:the )?(?:others?|everyone|many|several|some)(?: \w+){0,3})?"
    r"(?: (?:has|have|had|just|already|also|so|is|was|[a-z]+ly)){0,2} (?:sa(?:id|ys?|ying)|wr(?:ote|ites|itten)"
    r"|(?:suggest|recommend|mention|explain|outlin|propos|describ|advis)(?:s|es|ed|ing)?|told|tells|la(?:ys|id) out|d(?:id|oes)"
    r"|posted|not(?:es|ed)|point(?:s|ed) out|puts? it)\b)"
)
_IS = r"(?:'s| is| are| was| were|'re| sounds| seems| looks| has been| would be)"
_GOOD = (
    r"(?:good|great|excellent|best|better|easier|simpler|safer|less (?:trouble|work)|right|correct|spot[- ]on|dead[- ]on"
    r"|bang[- ]on|perfect|golden|gold|solid|sound|wonderful"
    r"|fantastic|brilliant|wise|terrific|exactly|awesome|helpful|useful|sensible|smart|lovely|(?:the |a )?winner|well worth"
    r"|worth"
    r"|the (?:key|trick|way|one|answer)|what (?:i|you|we|will|got|worked|saved)|on the (?:money|mark|nose)|genius|underrated"
    r"|important|true)\b"
)
_BAD = (
    r"(?:wrong|incorrect|mistaken|off[- ]base|misinformed|misguided|full of it|(?:half|partly|quarter) right|bad|terrible|awful"
    r"|not (?:right|correct|true|good|safe|legal)|dangerous|horrible|nonsense|risky|reckless|illegal|poor|backwards?|outdated"
    r"|out of date|misleading|unsafe|harmful|exaggerat\w+|oversimpl\w+|unhelpful|ridiculous)\b"
)
_RANK = r"(?:second|third|fourth|fifth|sixth|seventh|nth|n-th|umpteenth|\d+(?:st|nd|rd|th))"


def _phrase(
    expression: str, *, backs: bool = True, plain: bool = True, favorited: bool = False, asker: bool = False
) -> _Phrase:
    return _Phrase(re.compile(expression.replace("▮", MARK)), backs, plain, favorited, asker)


# What the asker did with advice.
_DID = (
    r"(?:did|used?|using|tried|try|took|taking|followed|set|copied|copy|stole|borrowed|made|wrote|written|said|sent|texted"
    r"|ask(?:ed)?"
    r"|printed|bought|chose|read out|live with|gave|put|more or less)"
)


# In this order: once a phrase has decided about a name, no later one is asked.
_PHRASES: Final = (
    # -- dissent --
    _phrase(rf"\bdisagree\w*(?:,? [\w']+){{0,6}}?,? with {_OBJECT}", backs=False),
    _phrase(rf"\b(?:differ|take issue|part (?:ways|company)) with {_OBJECT}", backs=False),
    _phrase(rf"\b(?:ignor(?:e|ing)|disregard(?:ing)?|discount|contrary to) {_OBJECT}", backs=False),
    _phrase(rf"\b(?:push(?:ing)? back|dissent(?:ing)?)\b,?(?: [\w-]+,?){{0,3}}? (?:on|against|from) {_OBJECT}", backs=False),
    _phrase(rf"\b(?:steer|stay|keep)(?: you)? (?:well )?(?:away|clear) (?:from|of) {_OBJECT}", backs=False),
    _phrase(
        rf"\b(?:go easy|careful|caution\w*|wary|leery|sk?c?eptical|warn(?:ing)?)(?: you)? (?:with|about|of|on"
        rf"|against) {_OBJECT}",
        backs=False,
    ),
    _phrase(rf"{_WHO}(?: [a-z]+){{0,3}} with a (?:large |big |small )?(?:grain|pinch|bag) of salt", backs=False),
    _phrase(
        rf"{_WHO}(?:{_IS} (?!not wrong)(?:[\w']+ ){{1,2}}?{_BAD}|{_IS} {_BAD}(?=[^ ]| (?:on|about|and|but|here|there|in|for"
        rf"|that|to)\b|$))",
        backs=False,
    ),
    _phrase(rf"{_WHO}(?: is| are| was| were)(?:n't| not) {_ADV}(?:{_GOOD}|quite|entirely)", backs=False),
    _phrase(
        rf"{_WHO}(?:'s| has| have| had| got| gets)(?: got)?(?: it| this| that)?(?: \w+){{0,2}} (?:wrong|backwards?)\b",
        backs=False,
    ),
    _phrase(
        rf"{_WHO} (?:[\w'-]+ ){{0,3}}?{_NOUN}(?: above| here)?"
        rf"(?:{_IS}(?:n't| not)\b| doesn't| don't| won't|{_IS} {_ADV}(?:an? )?{_BAD})",
        backs=False,
    ),
    _phrase(
        rf"(?:^\W*|\b){_WHAT}{_WHO}{_SAID}[^.;:]{{0,60}}?"
        rf"(?:{_IS} {_ADV}(?:an? )?(?:not\b|{_BAD})| (?:isn't|wasn't|doesn't|won't|hasn't|didn't) \w+)",
        backs=False,
    ),
    _phrase(rf"{_WHO},? (?:i {_ADV}disagree|you(?:'re| are) {_ADV}{_BAD})", backs=False),
    _phrase(rf"\bcounter-? ?(?:point|anecdote|example|argument)s? to {_OBJECT}", backs=False),
    _phrase(rf"\b(?:bad|terrible|dangerous|wrong|awful) (?:advice|answer|idea),?(?: from| by)? {_WHO}", backs=False),
    # -- the favorite button, said in words --
    _phrase(rf"\b(?:if|wish) (?:only )?(?:i|we) could (?:\w+ )?(?:favou?rite|upvote) {_OBJECT}", favorited=True),
    _phrase(rf"\b(?:favou?rit(?:ed|ing)|faved|upvot(?:ed|ing)|i(?:'ll)? favou?rite) {_ADV}{_OBJECT}", favorited=True),
    _phrase(rf"{_WHO}[^.;]{{0,50}},? (?:(?:and|so|which) )?(?:i(?:'ve)? )?(?:have |just )?favou?rited\b", favorited=True),
    _phrase(rf"\bga?ve {_WHO}[^.;]{{0,30}} an? favou?rite\b", favorited=True),
    # -- agreement, said outright --
    _phrase(
        rf"\b(?:can't|cannot|couldn't|can not|could not) agree (?:more(?: strongly)? with {_OBJECT}|with {_OBJECT_TOO} (?:more"
        rf"|enough))"
    ),
    _phrase(
        rf"\b(?:agree(?:d|s|ing)?|concur(?:s|red)?|in agreement|sid(?:e|es|ing)|(?:i'm|i am|we're)) "
        rf"(?:[\w%]+ ){{0,2}}?(?:with|w/) {_OBJECT}"
    ),
    _phrase(
        # "Second, ▮ suggested …" only counts.
        rf"(?!\W*{_RANK}, @?▮{_SAID})"
        rf"(?:\b{_RANK}'?-?(?:ing|ed)\b|\b(?:echo|co-?sign|endors|reiterat|repeat|applaud|emphasiz|underscor)(?:ing|ed)"
        rf"|\b(?:i|i'd|i'll|will|would|to|must|also|can|we|just|gladly|hereby|strongly|heartily|let me|and) "
        rf"(?:{_RANK}|echo|co-?sign|endorse|reiterate)|^\W*(?:{_RANK}|ditto|echo)|\b(?:ditto|amen|kudos|props|hats off)"
        rf"|\ban? (?:\w+ )?(?:nth|second|vote|thumbs up|\+ ?1)(?= (?:for|to)\b)"
        rf"|\+ ?1(?:,?0+|\d+)?),?(?: (?:to|for|on|with))? (?:the )?{_OBJECT}"
    ),
    _phrase(
        r"(?:\b(?:do|did|done|doing|tr(?:y|ied|ying)|follow\w*|go(?:ing)?|went|back to|start\w*|stick\w*|with|lov(?:e|ed|ing)"
        r"|this|that's|it's"
        r"|yes|yep|yeah|exactly|also|plus|basically|pretty much|is|say|but|was|were|of|again|remember|re-?read|heed|do it)\b"
        r"|^|[,;:–—(^-])\W{0,3}(?:(?:with|exactly|just|precisely|all of|largely|nearly|almost|more or less|to|the way) ){0,2}"
        rf"(?:what|everything|whatever|all that|all|exactly) {_WHO}{_SAID}"
    ),
    _phrase(
        rf"\b(?:(?:listen\w*|pay\w* attention|defer) to|(?:go(?:ing)?|went) (?:along )?with|heed\w*|follow\w*|trust\w*"
        rf"|stick\w* with) {_OBJECT}"
    ),
    _phrase(rf"\b(?:do|did|done|doing|try|tried) (?:exactly |just )?as {_WHO}{_SAID}"),
    _phrase(rf"{_WHO}{_IS} {_ADV}(?:an? |the |your |my )?{_GOOD}"),
    _phrase(rf"{_WHO}(?: is| was| are)(?:n't| not) {_ADV}wrong"),
    _phrase(rf"{_WHO}(?:'s|'ve| has| have| had) {_ADV}(?:got )?(?:it|this)\b(?! to\b| been| \w+ed\b)"),
    _phrase(
        rf"{_WHO}(?:'s|'ve)? ?{_ADV}(?:has|have|had|'ve|got|gave|gives?|offers?|offered|made|makes?|raises?|posted|wrote)"
        rf"(?: (?:given|offered|got|made|posted))?(?: you| us| me)? {_ADV}(?:(?:the|an?|some|your|\w+) )?(?:very "
        rf"|really )?{_GOOD}"
    ),
    _phrase(
        rf"{_WHO}(?:'s| has| have)? ?{_ADV}(?:nail(?:ed|s) (?:it|this|that)|hit (?:it|the nail)|call(?:ed|s) (?:it|this)"
        rf"|gets (?:it|this)"
        r"|got (?:it|this) right|beat me to|sa(?:id|ys) (?:it|this) (?:all|best|better|well|perfectly)|for the win|ftw"
        r"|with the win"
        r"|puts? (?:it|this) (?:\w+ )?(?:best|better|well|perfectly)|sum(?:s|med) (?:it|this) up|knows (?:what|his|her|their)"
        r"|speaks? (?:the )?(?:truth|wisdom)|wins|covered (?:it|this)|(?:just )?saved (?:me|us|my|our))\b"
    ),
    _phrase(rf"{_WHO} (?:[\w'-]+ ){{0,4}}?{_NOUN}(?: above| here)?{_IS} {_ADV}(?:by far )?(?:an? |the |your |my )?{_GOOD}"),
    _phrase(
        rf"{_WHO} (?:[\w'-]+ ){{1,5}}?(?:worked|works|saved|helped|fixed|solved|did it|did the trick|does the trick|paid off)\b"
    ),
    _phrase(rf"\b(?:what|everything) {_WHO}{_SAID}[^.;:]{{0,60}} (?:worked|helped|goes (?:double|for)|saved)\b"),
    _phrase(rf"{_WHO}{_SAID}[^.;:,]{{0,30}}?{_IS} {_ADV}(?:an? |the )?(?:{_GOOD}|gem\b|lifesaver|godsend)"),
    _phrase(
        r"\b(?:t(?:ake|aking|ook)|us(?:e|ed|ing)|tr(?:y|ied|ying)|cop(?:y|ied)|adopt(?:ed)?|do|did|doing|lov(?:e|ed|ing)"
        r"|liked?|favor"
        r"|prefer|appreciate|support|back|recommend|re-?read|print|set|steal|stole|show (?:your|him|her|them)(?: \w+)?) "
        rf"{_ADV}(?:all of |exactly )?(?P<names>▮'s) (?:[\w'-]+ ){{0,3}}?{_NOUN}"
    ),
    _phrase(rf"^\W*(?:(?:then|and|so|now|please|otherwise),? )?(?:do|use|try|start with|make) {_ADV}(?P<names>▮'s) \w"),
    _phrase(
        rf"\b(?:good|great|excellent|wonderful|helpful|nth\w*|{_RANK}\w*|agree\w*|advice|answers|love|like)\b[^.;]{{0,60}}"
        rf"\b(?:especially|particularly|esp|notably|above all)\.? {_OBJECT}"
    ),
    _phrase(
        r"\b(?:good|great|excellent|best|wonderful|nice|perfect|terrific) (?:advice|answers?|points?|ideas?|suggestions?|call"
        r"|one|tips?)"
        rf"(?: above| here)?,?(?: from| by)? {_WHO}"
    ),
    _phrase(
        rf"(?:\b(?:well said|exactly|agreed|seconded|amen|bless you|good call)|\byou(?:'re| are| were) {_ADV}right|^\W*yes to"
        rf"|\^+),? {_WHO}(?<!'s)(?=[^\w' ]| -|$)"
    ),
    _phrase(
        rf"{_WHO}[,:]? (?:-+ )?(?:i {_ADV}agree|agreed\b|{_ADV}this[.!:]|yes[.!]|\+ ?1|exactly[.!,]|seconded|well said"
        rf"|absolutely[.!]|amen"
        rf"|spot[- ]on|you(?:'re| are| were) {_ADV}(?:right|correct|spot))(?! to\b)"
    ),
    _phrase(r"(?P<names>▮'s) (?:[\w'-]+ ){1,3}?is (?:what|how|the way|exactly|spot[- ]on|the best|best|right)\b"),
    _phrase(rf"\b(?:marked|flagged|marking|flagging) {_OBJECT}[^.;]{{0,30}} (?:best|fantastic)"),
    # -- the asker telling how it went: what was used was good enough to be used --
    _phrase(
        rf"\b{_DID}(?: out| up)?(?: her| him| them)? {_ADV}(?:the )?(?P<names>▮)(?:'s)? \w",
        asker=True,
    ),
    _phrase(rf"\b{_DID}\b[^.;:,]{{1,60}}? (?:(?:from|by) {_WHO}|(?:(?:that|which) )?{_WHO_TOO}{_SAID})", asker=True),
    _phrase(rf"{_WHO}[,:] (?:i|we) (?:just |have )?{_DID} your\b", asker=True),
    _phrase(rf"\bowe {_WHO} (?:an?|my|some)\b", asker=True),
    _phrase(rf"{_WHO}[,:] i owe you\b", asker=True),
    _phrase(
        rf"\bthanks to {_WHO}(?:,? whom| for (?:making|getting|pushing|telling|the (?:push|nudge|idea|tip))"
        r"|[^.;]{0,60} (?:worked|saved|helped|got|finally|fixed|solved))\b",
        asker=True,
    ),
    _phrase(rf"\b(?:glad(?: that)?|because) {_WHO} (?:told|said|suggested|made|pushed|talked)\b", asker=True),
    # -- agreement in passing --
    _phrase(
        rf"\b(?:as|(?<!looks )(?<!sounds )(?<!seems )like|the way|which is what|is what|was what) {_WHO}{_SAID}",
        plain=False,
    ),
    _phrase(rf"{_WHO} (?:has|have|had) an? (?:fair |valid |)point\b(?!,? (?:but|though|however))", plain=False),
    _phrase(
        rf"\b(?:per|to add to|adding to|add(?:ing)? on to|expand(?:ing)? on|build(?:ing)? on|piggyback\w* on|same as) {_OBJECT}"
        rf"(?='s (?:[\w'-]+ ){{0,3}}?{_NOUN}|[.,;:!)]|{_SAID}|$)",
        plain=False,
    ),
)
# "seconding ▮ on the letter and ▯ on the bank": the names that follow.
_AND_ALSO: Final = re.compile(
    r" (?:on|about|re|regarding|for)\b[^;:.▮]{1,60}?(?:,? and|,|;| &)(?: (?:also|with|to|what|everything)){0,2}"
    r" (?P<names>▮(?:'s)?)(?= (?:on|about|re|for|regarding|here|too|says|said)\b|[.,;!)]|$)".replace("▮", MARK)
)

_CLAUSE: Final = re.compile(r"[,;:.()!?–—]|--|\b(?:but|and|so|because|though|then)\b")
_NOT: Final = re.compile(
    r"\b(?:not|never|don't|dont|doesn't|didn't|didnt|can't|cannot|won't|wouldn't|shouldn't|isn't|aren't|wasn't|haven't|hardly"
    r"|refuse"
    r"|nobody should|no one should|avoid|against|stop|instead of|rather than)\b"
)
_STILL_YES: Final = re.compile(
    r"\b(?:not only|not just|don't just|why not|why don't|can't help but|don't forget|don't hesitate|no reason not"
    r"|not sure why)\b"
)
_UNREAL: Final = re.compile(r"\b(?:if|whether|unless|used to|would have|would've|tempted|almost|nearly|until)\b")
_ASKS: Final = re.compile(
    r"^\W*(?:(?:and|but|so|or|also),? )?(?:do|does|did|is|are|was|has|have|should|could|would|who|whose|how|what if|anyone"
    r"|anybody|any)\b"
)
_LEAD: Final = 60


def statements(sentence: str, *, by_asker: bool = False) -> Iterator[Statement]:
    """What `sentence` says of each name in it, at most once a name and in no order; names merely mentioned are left out."""
    decided: set[int] = set()
    for phrase in _PHRASES:
        if phrase.asker and not by_asker:
            continue
        for found in phrase.expression.finditer(sentence):
            group = "names" if found["names"] else "also"
            marks = list(_marks(sentence, *found.span(group)))
            more = _AND_ALSO.match(sentence, found.end()) if phrase.plain else None
            while more:
                marks.extend(_marks(sentence, *more.span("names")))
                more = _AND_ALSO.match(sentence, more.end())
            fresh = [mark for mark in marks if mark not in decided]
            decided.update(fresh)
            backs = _turned(phrase, sentence, found.start(), found.end())
            if backs is not None:
                for mark in fresh:
                    yield Statement(mark, backs, phrase.plain, phrase.favorited and backs)


def _marks(sentence: str, start: int, end: int) -> range:
    first = sentence.count(MARK, 0, start)
    return range(first, first + sentence.count(MARK, start, end))


def _turned(phrase: _Phrase, sentence: str, start: int, end: int) -> bool | None:
    """Whether the phrase backs or disputes after all, given the words around it; None if it does neither."""
    lead = _CLAUSE.split(sentence[max(0, start - _LEAD) : start])[-1]
    if _UNREAL.search(lead) or (re.search(r"(?:'d|\bwould) ?$", lead) and re.match(r"[^.;]{0,40}\bif\b", sentence[end:])):
        return None
    if sentence.rstrip(" )\"'").endswith("?") and not _STILL_YES.search(lead):
        asks = _ASKS.match(sentence) and not re.match(r"\W*(?:can|may|could) (?:i|we)\b", sentence)
        if asks or not _CLAUSE.search(sentence[end:].rstrip("?) ")):
            return None
    if phrase.backs and re.match(r"[^.;]{0,80}\b(?:and|but) (?:\w+ )?wrong (?:about|on)\b", sentence[end:]):
        return None
    near = lead if phrase.plain else " ".join(lead.split()[-2:])
    if not _NOT.search(near) or _STILL_YES.search(near):
        return phrase.backs
    # "I don't disagree with ▮" and "not as ▮ said" say too little; "don't do what ▮ says" is dissent.
    return False if phrase.backs and phrase.plain and not phrase.asker else None


_PRAISE: Final = re.compile(
    r"\W*(?:\+ ?1\b|upvoted|this (?:is (?:the (?:best |right |correct )?answer|right|correct|it\b|true|good advice|great)"
    r"|(?:\w+ )?(?:worked|works|helped|solved|fixed|saved))|(?:(?:very|really|such a|a|what a) )?(?:great|good|excellent|best"
    r"|perfect|nice"
    r"|brilliant|awesome|fantastic|wonderful|correct|right|amazing) (?:answer|advice|suggestion|tip|idea|solution|explanation)"
    r"(?! (?:would|should|could|to this|must|needs|here))|(?:it |that )?worked (?:for me|perfectly|great|like)|can confirm"
    r"|confirmed"
    r"|(?:many )?thank(?:s| you)\b[^.]{0,60}\b(?:worked|works|solved|fixed|did the trick|helped))"
)
_ASSENT: Final = re.compile(
    rf"\W*(?:(?:i )?{_ADV}agree(?:d)?\b(?! (?:that this|to|with(?! (?:this|that|you|all|everything|the above))))"
    r"|exactly[.! ]|seconded|absolutely\W|well said|spot on|this[.!]"
    rf"|you(?:'re| are) {_ADV}right)"
)
_REPROOF: Final = re.compile(
    rf"\W*(?:-1\b|downvoted|(?:sorry,? (?:but )?)?(?:i )?{_ADV}disagree\b|(?:sorry,? (?:but )?)?(?:no,? )?this (?:answer "
    rf"|advice )?is,? (?:actually,? )?"
    rf"{_ADV}{_BAD}|(?:please )?(?:don't|do not) do this|(?:bad|terrible|dangerous|wrong) (?:advice|answer|idea))"
)
_RESERVED: Final = re.compile(r"\b(?:but|however|though|except|unfortunately|didn't|doesn't|not)\b")


def of_post_above(sentence: str, *, alone: bool) -> bool | None:
    """Whether a comment that begins with `sentence` backs (True) or disputes (False) the post it stands under.

    Only if it is `alone` may it do so by a bare "Agreed", which may else agree with a comment between.
    """
    if _REPROOF.match(sentence):
        return False if alone or re.match(r"\W*(?:-1|downvoted|(?:please )?do)", sentence) else None
    if found := (_PRAISE.match(sentence) or (_ASSENT.match(sentence) if alone else None)):
        return None if _RESERVED.search(sentence, found.end()) and not re.match(r"\W*(?:\+|upvoted)", sentence) else True
    return None


_RANKED: Final = re.compile(
    rf"(?:{_RANK}'?-?(?:ing|ed)?|(?:echo|co-?sign|endors|reiterat|follow|trust|heed|favou?rit|upvot)\w*)"
)
_BEFORE: Final = frozenset(
    "with w to what everything whatever ditto 1 agreed exactly especially particularly per ignore faved".split()
)
_SPOKEN: Final = frozenset(
    "says said say suggested suggests recommended recommends wrote writes advised advises described describes mentioned"
    " nailed gave called has have is was are".split()
)
_BEING: Final = frozenset("have has is was are".split())
_AROUND: Final = frozenset("and or as like by from of did do used tried took than same that the".split())


def introduces(token: str) -> bool:
    """Whether a name may be expected right after this (folded) word of agreement."""
    return token in _BEFORE or bool(_RANKED.fullmatch(token))


def may_introduce(token: str) -> bool:
    """Whether a name is at least possible right after this word."""
    return token in _AROUND or introduces(token)


def follows(token: str, *, word: bool = False) -> bool:
    """Whether this word, right after another, speaks of what a person said or is; after a common `word`, only said."""
    return token in _SPOKEN and not (word and token in _BEING)


def means_first(sentence: str) -> bool:
    """Whether the sentence speaks of a person's first answer."""
    return bool(_FIRST.search(sentence))


_FIRST: Final = re.compile(
    r"\b(?:up top|at the top|(?:very |original |initial |first ){1,2}(?:answer|comment|post|reply|suggestion|response))\b"
)
