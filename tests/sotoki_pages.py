"""Pages of questions as sotoki 2 and 3 write them into ZIM files: the structure is theirs, the words are what is given."""

from __future__ import annotations


def signature(said: str, name: str, number: str, *, deleted: bool = False, owner: bool = False) -> str:
    card = (
        f'<div class="s-user-card s-user-card__deleted"><time class="s-user-card--time" datetime="{said}">{said}</time>'
        f'<div class="s-user-card--info">{name}</div></div>'
        if deleted
        else f'<div class="s-user-card s-user-card"><time class="s-user-card--time" datetime="{said}">{said}</time>'
        f'<a href="../../users/{number}/x" class="s-avatar"></a><div class="s-user-card--info"><a href="../../users/{number}/x" '
        f'class="s-user-card--link">{name}</a><ul class="s-user-card--awards"><li title="reputation score">9,001</li></ul></div></div>'
    )
    return f'<div class="post-signature {" owner" if owner else ""} flex--item">{card}</div>'


def comment(number: int, text: str, name: str = "passerby", votes: int = 2) -> str:
    return (
        f'<li id="comment-{number}" class="comment js-comment " data-comment-id="{number}" data-comment-owner-id="5" '
        f'data-comment-score="{votes}"><div class="comment-score"><span class="warm">{votes}</span></div>'
        f'<div class="comment-text"><div class="comment-body"><span class="comment-copy">{text}</span> –&nbsp;<a '
        f'href="../../users/5/x" class="comment-user owner">{name}</a><span class="comment-date" dir="ltr"><a class="comment-link" '
        f'href="../../questions/7/x#comment{number}_7"><span title="2016-01-13T08:00:01.500 License: CC BY-SA 3.0" '
        f'class="relativetime-clean">Jan 13 \'16 at 8:00</span></a></span></div></div></li>'
    )


def layout(body: str, signatures: str, comments: str = "", tags: tuple[str, ...] = ()) -> str:
    links = "".join(f'<a href="../../questions/tagged/{tag}" class="post-tag js-gps-track" rel="tag">{tag}</a>' for tag in tags)
    return (
        '<div class="post-layout"><div class="votecell"><div class="js-vote-count" data-value="1">1</div></div>'
        f'<div class="postcell"><div class="s-prose js-post-body" itemprop="text">{body}</div>'
        f'<div class="mt24"><div class="post-taglist">{links}</div></div><div>{signatures}</div></div>'
        f'<div class="js-post-comments-component"><ul class="comments-list">{comments}</ul></div></div>'
    )


def answer(number: int, votes: object, inside: str, *, accepted: bool = False, owner: int = 3) -> str:
    return (
        f'<a name="{number}"></a><div id="answer-{number}" class="answer {" accepted-answer" if accepted else ""}" '
        f'data-answerid="{number}" data-ownerid="{owner}" data-score="{votes}">{inside}</div>'
    )


def page(number: int, title: str, question: str, answers: str, *, votes: object = 12, owner: int = 2) -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{title} - Seasoned Advice</title></head><body><h1><a class='question-hyperlink'>"
        f'{title}</a></h1><div title="2016-01-12 19:07:53Z"><time itemprop="dateCreated" datetime="2016-01-12T19:07:02.330" '
        'class="fromnow">Jan 12</time></div><div><time class="fromnow" datetime="2020-01-01T00:00:00">2020</a></div>'
        f'<div id="mainbar" role="main"><div id="question" class="question" data-questionid="{number}" data-ownerid="{owner}" '
        f'data-score="{votes}">{question}</div><div id="answers"><h2 data-answercount="9">2 Answers</h2>{answers}</div></div>'
        '<div id="sidebar"><div class="answer">Linked</div></div></body></html>'
    )
