"""What does a sentence look like that tells how it went? The phrases of askers who come back, and what takes them back again.

Sentences come here as for `agreement`: names replaced by MARK, lower-cased, with straight apostrophes. Every repetition in a
phrase is bounded.
"""

from __future__ import annotations

import re
from typing import Final

from .agreement import MARK


def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression.replace("▮", MARK))


# Words that may stand in between without changing anything.
_ADV: Final = (
    r"(?:(?:[a-z-]{2,12}ly|indeed|just|also|all|both|already|in fact|in the end|of course|even|now|still|then|very much|kind of"
    r"|sort of|more or less|first|so far) ){0,3}"
)
_NOUN: Final = (
    r"(?:advice|answers?|suggestions?|ideas?|plans?|approach|method|tips?|tricks?|recommendations?|lists?|scripts?|steps"
    r"|version|solution|recipe|technique|route|instructions|fix|wording|letter|lines?|thing|way|workaround|settings?|command)\b"
)
_IT: Final = (
    r"(?:this|that|it|which|everything|all of (?:it|this|that)|both"
    rf"|(?:the|your|his|her|that|this) (?:[\w'-]+ ){{0,3}}?{_NOUN}|▮'s (?:[\w'-]+ ){{0,2}}?[\w'-]+)"
)
_HAS: Final = r"(?:'s| has| have|'ve| had)?"
_I: Final = r"(?:i|we)(?:'ve| have| had)?"
_WELL: Final = (
    r"(?:perfectly|great|like (?:a charm|magic|a dream)|a (?:treat|charm)|beautifully|wonderfully|brilliantly|flawlessly"
    r"|a lot better|much better)"
)
_TROUBLE: Final = r"(?:the|my|our) (?:[\w'-]+ ){0,2}?(?:problem|issue|mystery|trouble|thing)\b"
# "Worked" as of a job, of somebody else's case, or of another time.
_NOT_OF_THIS: Final = (
    r"(?! (?:at (?!once|last)|in (?!the end|under|about|less|minutes|seconds|my case)|there\b|together\b|under |hard|overtime"
    r"|as (?!promised|described|expected|advertised|intended|predicted|hoped|suggested|you|he|she|they|▮|a charm|well\b)"
    r"|on (?!the first|my first|day|me\b|it\b|him\b|her\b|our\b|my\b)|nights|from |by |before|until |previously|in the past"
    r"|last|(?:fine|well|great) (?:before|until)))"
)
_WORKED: Final = (
    _compiled(rf"(?<!\w){_IT}{_HAS} {_ADV}worked\b{_NOT_OF_THIS}"),
    _compiled(
        r"\b(?:it|this|that|everything|which)(?: now| all)? works(?: now| just| really| absolutely)? "
        rf"(?:now\b|again\b|{_WELL})"
    ),
    _compiled(
        rf"(?:^\W*|[,;:–—-] |\band (?:it )?)(?:{_ADV})worked (?:out )?(?:{_WELL}|for (?:me|us)\b|out (?:fine|well|great))"
    ),
    _compiled(
        rf"(?<!\w){_IT}{_HAS} {_ADV}(?:did the trick|paid off|took care of (?:it|the|my)|got rid of (?:it|the|my|them)\b"
        rf"|(?:solved|fixed|cured|resolved) (?:it\b|this\b|that\b|everything|{_TROUBLE})"
        r"|made (?:all the|a (?:huge|big|real|massive|world of)) difference|saved (?:me|us|my (?!time)|our|the day))"
    ),
    _compiled(rf"(?:^\W*|[,;] |\band )(?:{_ADV})it (?:{_ADV})resolved\b(?! (?:to|in favou?r)\b)"),
    _compiled(rf"^\W*(?:{_ADV})(?:did the trick|(?:solved|fixed|cured) {_TROUBLE})"),
    _compiled(
        r"\b(?:i|we)(?:'ve)? (?:finally |just |actually |even )?(?:got|landed|won|passed|was offered|were offered"
        r"|have been offered) (?:the|my|our) (?:whole |full |entire |new )?(?:job|deposit|money back|refund|raise|exam|test"
        r"|case|appeal|visa|position|offer|apartment|house|promotion|scholarship|loan|licen[cs]e)\b"
    ),
    _compiled(
        r"(?:^\W*|[,;–—-] |\band )(?:(?:the|my|our|this) )?(?:problem|issue|mystery|case) (?:(?:is|was|has been) (?:now|finally"
        r"|all|completely) |has been |was |now |finally )?(?:solved|fixed|resolved|gone)\b"
        r"(?! (?:in|by|for|via|with|since|as)\b)"
    ),
    _compiled(r"^\W*(?:(?:yes|yep|ok|okay|all|now|finally|update|edit|eta),?:? )*(?:solved|sorted)[.!]"),
    _compiled(
        r"^\W*(?:(?:yes|yep|ha|wow|oh|ah)[,!.]* )?that (?:was|turned out to be) (?:exactly |precisely |indeed )?(?:it"
        r"|the (?:problem|culprit|cause|issue|trick|one))(?=\W|$)"
    ),
    _compiled(r"^\W*(?:(?:yes|yep|wow|oh my god|oh|ah|omg)[,!.]* )?that(?:'s| is) (?:it|the one)(?:!| *,? thank)"),
    _compiled(r"\bwas all (?:i|we|it) (?:had to do|needed|took)\b"),
    _compiled(
        rf"\b{_I} tried [^.;?]{{1,80}}?(?:\band|,) (?:it |that )?(?:{_ADV})(?:worked|fixed (?:it|the|my)|solved (?:it|the|my)"
        rf"|did the trick)"
    ),
    _compiled(
        rf"\b{_I} (?:tried|did|followed|used) (?:this|that|it|your|▮'s)\b[^.;?]{{0,80}}(?:\band|,) (?:it |that )?(?:{_ADV})"
        r"(?:worked|fixed|solved|did the trick|(?:was|is) (?:perfect|great|excellent|delicious|fantastic|wonderful|amazing))"
    ),
)
_BEGUN: Final = rf"(?:^\W*(?:{_ADV})|\b{_I} {_ADV})"
_FOLLOWED: Final = (
    _compiled(
        rf"{_BEGUN}(?:took (?:your|▮'s|everyone's|everybody's|the|this) (?:\w+ )?advice|followed (?:your|▮'s|everyone's|the"
        rf"|all the|this|all your) (?:[\w'-]+ ){{0,2}}?{_NOUN})"
    ),
    _compiled(
        rf"{_BEGUN}(?:did (?:(?:exactly|precisely|just) |(?:nearly|almost) exactly |pretty much |more or less "
        rf"|everything )?(?:what|as) (?:you|▮|everyone|everybody)|did (?:everything )?(?:the way )?▮(?:'s)?|did (?:your"
        rf"|▮'s) (?:[\w'-]+ ){{0,2}}?{_NOUN}|used (?:▮'s|your) (?:[\w'-]+ ){{0,3}}?{_NOUN})"
    ),
    _compiled(
        rf"{_BEGUN}(?:went with|opted for|settled on|decided on|decided to go with|(?:ended|wound) up (?:using|doing|buying"
        r"|getting|taking|going with|with|making|trying)) (?:exactly )?(?:this|that|these|your|▮|yours|it)(?!\w)(?! to\b)"
    ),
)
_CHOSE: Final = _compiled(
    rf"{_BEGUN}(?:went with|opted for|settled on|(?:ended|wound) up (?:\w+ing|with)|decided on|chose to|decided to go with"
    r"|did (?:a mix|a version|some version) of)\b"
)
_FAILED: Final = (
    _compiled(
        rf"(?<!\w)(?:{_IT}|they|neither(?: one)?|none of (?:it|these|this|them|that)|nothing){_HAS} {_ADV}(?:didn't|did not"
        rf"|hasn't"
        r"|has not|haven't|never|failed to|still doesn't|still won't) (?:really |quite |seem to |even |actually |exactly "
        r"|help or )*(?:work(?:ed)?|help(?:ed)?|fix|solve|make (?:any|a|much|the) difference|do (?:the trick|anything"
        r"|much))\b(?! (?:that way|like that|that i|that the|that my|out that))"
    ),
    _compiled(
        rf"\b{_I} {_ADV}tried (?:this|that|it|your|▮'s|these|those|them|both|all|the)\b[^.;?]{{0,90}}?\b(?:no luck"
        rf"|little (?:success"
        r"|luck|effect)|no (?:success|avail|difference|effect|change|improvement)|didn't|did not|without (?:any )?(?:success"
        r"|luck|effect)|doesn't work|still (?:no|not|doesn't|isn't|won't|have|get))\b"
    ),
    _compiled(
        rf"^\W*(?:{_ADV})tried (?:this|that|it|your|▮'s|these|those|both)\b[^.;?]{{0,60}}?\b(?:no luck|little (?:success|luck)"
        r"|no (?:success|avail|difference|effect)|didn't|did not|doesn't work|without (?:any )?(?:success|luck))\b"
    ),
    _compiled(
        r"^\W*(?:(?:still|sadly|unfortunately|nope|no|alas|sorry),? )?no luck\b(?! (?:finding|getting|on google|with google"
        r"|searching))"
    ),
    _compiled(rf"(?<!\w)(?:{_IT}|which) {_ADV}(?:only )?made (?:it|things|matters|everything) (?:\w+ )?worse"),
    _compiled(
        rf"\b(?:none|neither(?: one)?|nothing)(?: of (?:it|this|that|these|those|them))?(?: has| have)? {_ADV}(?:worked|helped"
        r"|did the trick)\b"
    ),
    _compiled(rf"(?<!\w)(?:{_IT}) {_ADV}had no (?:effect|impact)\b"),
)

_UNREAL: Final = re.compile(
    r"\b(?:if|whether|unless|will|won't|going to|gonna|plan|planning|hope|hopes|hoping|hopefully|should|would|could|might|may"
    r"|must|let me|about to|maybe|perhaps|wonder|wondering|wish|supposed to|suppose|as soon as|once|until|when you|when someone"
    r"|how to|try to|trying to|want to|like to|used to|in case|so that|to see|imagine|assuming|presumably|tempted|considering"
    r"|almost|you|how|why|idea|whatever)\b|'d\b|'ll\b"
)
_BY_OTHERS: Final = re.compile(
    r"\b(?:says?|said|told|tells|claims?|claimed|swears?|heard|read|reports?|reported|apparently|supposedly|allegedly"
    r"|reportedly|friends?|brother|sister|mother|father|mom|mum|dad|neighbou?r|coworker|colleague|cousin|uncle|aunt|roommate"
    r"|people|somebody|someone|others|anyone|anybody|everyone who|he|she|they|guy|article|video|website|doctor|vet)\b"
)
_BEFORE_NOW: Final = re.compile(
    r"\b(?:last (?:time|year|summer|winter|month)|in the past|years ago|when i was|as a (?:kid|child|teenager|student)"
    r"|back (?:in|when)|the (?:first|last) time|once before|previously|used to|before (?:asking|posting|i (?:posted|asked)))\b"
)
# "The thing that worked" says it of the thing; "I can confirm that worked" says it outright.
_ASSERTS: Final = _compiled(
    r"(?:▮(?:'s)?|^\s*@\S+|\b(?:yes|yep|yeah|well|actually|ok|okay|and|also|great|thanks|think|believe|confirm|sure|glad|happy))\W*$"
)
_REPORTS: Final = re.compile(r"\b(?:let|tell|telling|letting) you(?: all| guys| know)*(?: that)?\b")
_ELSEWHERE: Final = re.compile(
    r" (?:if|unless)\b|[^.,;!]{0,25}? for (?!(?:me|us|now|my|our|this|two|three|several)\b(?! (?:friend|brother|sister|mother"
    r"|father|mom|mum|dad|cousin|uncle|aunt|neighbou?r))|the (?:first|whole|most)|\d|a (?:while|few|couple|week|month|day"
    r"|night))"
)
_CLAUSE: Final = re.compile(r"[,;:.()!?–—]|--|\b(?:but|and|so|because|though|then)\b")
_NOT: Final = re.compile(r"\b(?:not|never|don't|doesn't|didn't|can't|cannot|isn't|wasn't|hardly|nothing|no|nobody|none)\b")
_LEAD: Final = 90


_TOLD_IN: Final = re.compile(
    r"work|help|trick|paid off|took care|got|solve|lved|fix|cured|difference|saved|tried|luck|made |had no |did|hasn't|has not"
    r"|haven't|never|failed to|still |landed|won|passed|offered|problem|issue|mystery|case|rted|that|was all |followed|used"
    r"|advice|opted for|settled on|went with| up |decided"
)
"""What has to be in a sentence for any of the phrases above to be."""


def tells(sentence: str) -> bool | None:
    """Whether a sentence by the asker says that advice worked or was followed (True), or that it did not help (False)."""
    if not _TOLD_IN.search(sentence) or not _is_told(sentence):
        return None
    for phrases, worked in ((_FAILED, False), (_WORKED, True), (_FOLLOWED, True)):
        for phrase in phrases:
            if any(_is_fact(sentence, found, worked=worked) for found in phrase.finditer(sentence)):
                return worked
    return None


def says_choice(sentence: str) -> bool:
    """Whether a sentence says what the asker did in the end, without saying whose advice it was."""
    return _is_told(sentence) and any(_is_fact(sentence, found, worked=True) for found in _CHOSE.finditer(sentence))


def _is_told(sentence: str) -> bool:
    return not sentence.rstrip(" )\"'").endswith("?") and not _BEFORE_NOW.search(sentence)


def _is_fact(sentence: str, found: re.Match[str], *, worked: bool) -> bool:
    """Whether the words around a phrase leave it what it says: a fact, of the asker's own case."""
    lead = _CLAUSE.split(sentence[max(0, found.start() - _LEAD) : found.start()])[-1]
    lead = _REPORTS.sub("", lead)
    if _UNREAL.search(lead) or _BY_OTHERS.search(lead) or _ELSEWHERE.match(sentence, found.end()):
        return False
    if found.group().startswith(("that ", "which ")) and lead.strip() and not _ASSERTS.search(lead):
        return False
    return not (worked and _NOT.search(lead))


_NUMBER: Final = (
    r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,3}|several|a few|a couple(?: of)?|some|many)"
)
_ACCOUNT: Final = (
    # Such as "Final update:" or "Six-week report."
    _compiled(
        r"\W*(?:(?:just|here's|here is|an?|one|the|small|quick|short|brief|final|last|late|long|overdue|belated|another|happy"
        r"|sad|obligatory|little|promised|more) |(?:\w+ )?"
        rf"{_NUMBER}[ -](?:hour|day|week|month|year)[ -]){{0,4}}?(?:update|report|follow-?up|outcome|post-?mortem|epilogue"
        r"|conclusion|final (?:count|tally|word|result|score))(?: [\w-]+ (?:weeks?|months?|days?"
        r"|years?)(?: \w+)?)?(?=\W*(?:[.:,!;—–(]|- |-- |for (?:any|those|every|whoever|you|the curious|posterity)|to (?:close"
        r"|say)|since i|from the asker|$))"
    ),
    # Such as "Six weeks later" or "Ten weeks on."
    _compiled(
        r"\W*(?:(?:so|ok|okay|well|hi all|hi everyone|hello|almost|nearly|about|just over|exactly|roughly|update|it's been"
        rf"|it has been|and),? ){{0,3}}(?:\w+ )?{_NUMBER}[ -](?:and a half |or so |full |long )?(?:hours?|days?|nights?|weeks?"
        rf"|weekends?"
        r"|months?|years?)(?: and a half)?(?: (?:later|on|in|after|out|report)\b(?!\w)|, (?:reporting|checking|coming) )"
    ),
    _compiled(
        r"\W*(?:(?:so|ok|okay|well|hi),? ){0,2}(?:reporting (?:back|in)|checking (?:back )?in|closing (?:the loop|this|out)"
        r"|back (?:home|again) (?:now|from|with)|back home[.!]|as promised|in the end,? (?:i|we)\b|it'?s done|all done|done[.!]"
        r"|success[.!])"
    ),
    _compiled(
        r"\W*(?:(?:so|hi all|hi everyone|hello|and),? ){0,2}(?:i )?(?:just )?(?:wanted|thought i'd"
        r"|promised)(?: \w+)? ?(?:to )?(?:let you|report|update|follow up|come back|close the loop|say (?:that|how) (?:it|this"
        r"|i))"
    ),
    _compiled(
        r"\W*(?:one (?:more|last)(?: thing)?,? )?for (?:posterity|anyone (?:who finds|finding|reading|wondering|curious|else)"
        r"|those (?:who|wondering|curious)|whoever finds)"
    ),
)
_DONE: Final = re.compile(
    r"(?:^\W*|\b(?:i|we|he|she|they|it|everything|(?:my|our|her|his) [\w'-]+(?: [\w'-]+)?) )(?:finally |just |also |eventually "
    r"|then |never |even |all |actually |ended up |both ){0,2}(?:got|didn't get|passed|failed|won|lost|quit|stayed|left|bought"
    r"|signed|filed|moved|accepted|ordered|paid|sold|returned|found|kept|settled|came (?:out|back|off|up|down)|turned (?:out"
    r"|it down|them down)|rose|stopped|is gone|are gone|went|agreed|refunded|offered|worked|called|wrote|apologi[sz]ed|finished"
    r"|made|married|broke up|hired|fixed|replaced|dropped|fell|adopted|started|sent|told|asked|gave|cost|saved|survived|healed"
    r"|cleared|recovered|chose|decided|took|did|tried|had|dumped|dismissed|booked|flew|visited|love[ds]?|was|were)\b"
)
_CAME: Final = re.compile(
    r"\b(?:is|are|was|were|has been|have been) (?:all |completely |finally |now )?(?:gone|fixed|healed|solved|over|settled"
    r"|approved)\b"
)
_IN_THE_END: Final = re.compile(
    r"\b(?:in the end|ended up|(?:didn't|did not|never) get|got (?:it|the|my|our|out|him|her|them|a)|won|lost|passed|approved"
    r"|refunded|reissued|signed|accepted|hired|is gone|are gone|was gone|stopped|turned out|keeping|moved (?:out|in)|married"
    r"|came out|cleared|stayed|dropped|paid|cut it|agreed|said yes|offered|gave (?:me|us)|best [^.]{0,20}ever|nothing there"
    r"|no longer|glad)\b"
)
_OURS: Final = re.compile(r"\b(?:i|i'm|i've|we|we're|we've|my|our|me|us)\b")
_GRATITUDE: Final = re.compile(r"\W*(?:many )?(?:thanks?|thank you)\b")


def begins_account(sentence: str) -> bool:
    """Whether a post that begins with this sentence is an account of how it went."""
    return not sentence.endswith("?") and any(phrase.match(sentence) for phrase in _ACCOUNT)


def says_what_came(sentence: str, *, first: bool) -> int:
    """How much a sentence of an account says of what came of it, from 0, nothing, to 3. `first`: the account begins with it."""
    if sentence.endswith("?") or _GRATITUDE.match(sentence):
        return 0
    body = sentence.partition(":")[2] if first and ":" in sentence[:40] else sentence
    if len(body.split()) < 4 or not (_DONE.search(body) or _CAME.search(body)):
        return 0
    return 1 + bool(_OURS.search(body)) + bool(_IN_THE_END.search(body))
