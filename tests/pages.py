"""Threads as the site and the tools that save it would write them: text copies, pages in both skins, and saved pages.

The tests read one thread back from all of these, and the sample archives are written with it. Bodies are authored text:
paragraphs parted by blank lines, with the inline tags of `ALLOWED_TAGS`.
"""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urljoin, urlsplit

from indexer.archives.metafilter import ANONYMOUS_USER, CATEGORIES

ALLOWED_TAGS = frozenset({"em", "strong", "a", "blockquote", "ul", "li", "br"})
SITE = "https://ask.metafilter.com"
MAIN_SITE = "https://www.metafilter.com"
NBSP = "\u00a0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as authored. `written` is naive, in the site's local time; `number` is the comment's."""

    author: str
    written: datetime
    body: str
    number: int
    favorites: int = 0
    best: bool = False
    staff: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A thread as authored. `above` is the teaser that the front page would show, `below` what is behind the fold."""

    title: str
    asker: str
    asked: datetime
    number: int
    above: str
    below: str = ""
    category: str | None = None
    tags: tuple[str, ...] = ()
    favorites: int = 0
    answers: tuple[Answer, ...] = ()
    older: str = "What is this thing in the cellar?"
    newer: str = "Songs about maps"
    closed: bool = True

    @property
    def slug(self) -> str:
        return "-".join(re.sub(r"[^A-Za-z0-9\s-]", "", self.title).split())

    @property
    def path(self) -> str:
        return f"/{self.number}/{self.slug}"

    @property
    def url(self) -> str:
        return SITE + self.path


# --- Parts that all renderings share ---------------------------------------------------------------------------------


def clock(time: datetime) -> str:
    """`3:09 PM`."""
    return f"{time.hour % 12 or 12}:{time.minute:02d} {'AM' if time.hour < 12 else 'PM'}"


def day(time: datetime, current_year: int | None = None) -> str:
    """`March 12, 2008`, without the year if that is the current one."""
    return f"{time:%B} {time.day}" + ("" if time.year == current_year else f", {time.year}")


def total(thread: Thread) -> str:
    return f"({len(thread.answers)} answer{'' if len(thread.answers) == 1 else 's'} total)"


def marked(count: int) -> str:
    return f"{count} user{'' if count == 1 else 's'} marked this as a favorite"


def favorites(count: int) -> str:
    return f"{count} favorite{'' if count == 1 else 's'}"


def user_number(name: str) -> int:
    return ANONYMOUS_USER if name == "anonymous" else 100 + zlib.crc32(name.encode()) % 200_000


def plain(body: str) -> str:
    """What is left of an authored body in a text copy: no links, no emphasis, list items as lines."""
    text = re.sub(r"</li>\s*<li>", "\n", body)
    text = re.sub(r"\s*</?(?:blockquote|ul)>\s*", "\n\n", text)
    text = re.sub(r"<br>\n?", "\n", text)
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def markup(body: str) -> str:
    """An authored body as the site renders it: line breaks as `<br />`, and none around quotes and lists."""
    text = re.sub(r"<br>\n?", "\n", body.strip("\n"))
    text = re.sub(r"\s*(</?(?:blockquote|ul|li)>)\s*", r"\1", text)
    pieces = re.split(r"(<[^>]*>)", text)
    pieces[::2] = [piece.replace('"', "&quot;").replace("\n", "<br />\n") for piece in pieces[::2]]
    return "".join(pieces)


# --- A text copy -------------------------------------------------------------------------------------------------------


def text_copy(thread: Thread, current_year: int | None = None) -> str:
    """The thread as "select all, copy" in a browser gives it, without a newline at its end."""
    lines = [thread.title, f"{day(thread.asked)} {clock(thread.asked)} {NBSP} Subscribe", "", plain(thread.above)]
    if thread.below:
        lines += ["", plain(thread.below)]
    category = f" to {thread.category}" if thread.category else ""
    tail = f" {marked(thread.favorites)}" if thread.favorites else ""
    lines.append(f"posted by {thread.asker}{category} {total(thread)}{tail}")
    for answer in thread.answers:
        staff = " (staff)" if answer.staff else ""
        tail = f" [{favorites(answer.favorites)}]" if answer.favorites else ""
        stamp = f"at {clock(answer.written)} on {day(answer.written, current_year)}"
        lines += [plain(answer.body), f"posted by {answer.author}{staff} {stamp}{tail}", ""]
    lines.append(f"« Older {thread.older} {NBSP * 2}|{NBSP * 2} {thread.newer} Newer »")
    if thread.closed:
        lines.append("This thread is closed to new comments.")
    return "\n".join(lines)


# --- Pages as the site sends them ----------------------------------------------------------------------------------------


def user_link(name: str, staff: bool = False) -> str:
    mark = ' class="staff"' if staff else ""
    badge = " (staff)" if staff else ""
    return f'<a href="{MAIN_SITE}/user/{user_number(name)}" target="_self"{mark}>{html.escape(name)}</a>{badge}'


def category_link(thread: Thread) -> str:
    if not thread.category:
        return ""
    slug = re.sub(r"[^a-z]+", "-", thread.category.lower().replace("&", "")).strip("-")
    return f' to <a href="{SITE}/category/{slug}" target="_self">{html.escape(thread.category)}</a>'


def classic(thread: Thread, current_year: int | None = None) -> str:
    """The page in the skin of about 2005 to 2014."""
    url, title = thread.url, html.escape(thread.title)
    tags = "\n".join(
        f'<a href="{SITE}/tags/{quote(tag)}" style="font-size:11px;" rel="tag">{html.escape(tag)}</a><br>'
        for tag in thread.tags
    )
    taglist = f'<div class="tags">\nTags:\n<div id="taglist">\n{tags}\n</div>\n</div><br>' if thread.tags else ""
    question = markup(thread.above) + (f"<br />\n<br />\n{markup(thread.below)}" if thread.below else "")
    fav = f'<a href="{MAIN_SITE}/favorited/3/{thread.number}" style="font-weight:normal;" target="_self">{marked(thread.favorites)}</a>'
    answers = "\n".join(_classic_answer(thread, answer, current_year) for answer in thread.answers)
    closed = (
        "This thread is closed to new comments."
        if thread.closed
        else 'You are not currently logged in. <a href="/login/">Log in</a>'
    )
    return f"""<!DOCTYPE HTML>
<html>
<head>
<meta http-equiv="X-UA-Compatible" content="IE=edge">
<script type="text/javascript">var _sf_startpt=(new Date()).getTime()</script>
<title>{title} | Ask MetaFilter</title>
<link href="http://cdn.mefi.us/styles/askmefi/comments050113-min.css" rel="stylesheet" type="text/css">
<style type="text/css">
.copy{{font-size:10pt;font-family:Verdana,sans-serif;}}
.smallcopy{{font-size:8pt;font-family:Verdana,sans-serif;}}
</style>
<meta property="og:url" content="{url}">
<meta property="og:title" content="{title}">
<base target="_self">
<link rel="canonical" href="{url}" id="canonical">
<link rel="alternate" type="application/rss+xml" title="Comments on: {title}" href="{url}/rss">
</head>
<body id="body">
<a href="#content" class="skip">skip to main content</a> <div id="logo"><a href="{SITE}/" target="_self"><img src="/images/askmefi/askmefi.png" alt="Ask MetaFilter"></a></div>
<div id="topline"><ul id="navglobal"><li><a href="{MAIN_SITE}/" target="_self">MetaFilter</a></li><li><a href="{SITE}/" target="_self">AskMeFi</a></li></ul></div>
<a name="content"></a>
<div id="page">
<div style="float:right;">
<div align="right">
{taglist}
</div>
</div>
<h1 class="posttitle threedee">{title}<br>
<span class="smallcopy">{day(thread.asked)} <span>{clock(thread.asked)}</span> &nbsp; <a href="{url}/rss"><i class="feedicon"></i></a> <a href="{url}/rss">Subscribe</a></span></h1>

<div class="copy">{question}<br>
<span class="smallcopy">posted by {user_link(thread.asker)}{category_link(thread)} {total(thread)}
\t
<span id="favcnt3{thread.number}">{fav if thread.favorites else ""}</span>
</span></div><br>

<div class="copy" style="margin-right:0px;padding:0;margin-bottom:12px;float:left;">
<script type="text/javascript"><!--
google_ad_client = "ca-pub-0000000000000000";
//-->
</script>
</div>
<div style="clear:left;height:1px;">&nbsp;</div>

{answers}
<p class="copy whitesmallcopy" style="font-size:11px;">
<a href="/{thread.number - 1}/m-m" target="_self">&laquo; Older</a> {html.escape(thread.older)}&nbsp;&nbsp;|&nbsp;&nbsp; {html.escape(thread.newer)} <a href="/{thread.number + 1}/n" target="_self">Newer &raquo;</a></p>
<br>
<div class="comments" style="margin-bottom:12px;">
<script type="text/javascript" src="http://pagead2.googlesyndication.com/pagead/show_ads.js"></script>
<div class="comments">{closed}<br><br></div>
<br><br>
<div id="related" class="recently copy"><div style="margin-bottom:4px;">Related Questions</div>
<a href="{SITE}/11823/A-question-of-old" style="font-weight:normal;">A question of old...</a>
<span class="smallcopy">January 20, 2005</span><br>
</div>
</div>
<br clear="all">
<div id="footer">
<span class="fineprint">&copy; 1999-{thread.asked.year} <a href="http://www.metafilter.net/" target="_self">MetaFilter Network Inc.</a><br>
All posts are &copy; their original authors.</span>
</div>
<script type="text/javascript">
var hash = window.location.hash.substr(1);
</script>
</body>
</html>
"""


def _classic_answer(thread: Thread, answer: Answer, current_year: int | None) -> str:
    fav = ""
    if answer.favorites:
        title = f"{marked(answer.favorites).replace('as a', 'as')}"
        fav = f' [<a href="/favorited/4/{answer.number}" style="font-weight:normal;" title="{title}">{favorites(answer.favorites)}</a>]'
    return (
        f'<a name="{answer.number}"></a><div class="comments{_answer_classes(thread, answer)}">{markup(answer.body)}<br>'
        f'<span class="smallcopy">posted by {user_link(answer.author, answer.staff)} at '
        f'<a href="{thread.path}#{answer.number}" target="_self">{clock(answer.written)}</a>  on {day(answer.written, current_year)}{fav} '
        "</span></div><br><br> "
    )


def _answer_classes(thread: Thread, answer: Answer) -> str:
    asker = " bestleft" if answer.author == thread.asker and thread.asker != "anonymous" else ""
    return (" best" if answer.best else "") + asker


def modern(thread: Thread, current_year: int | None = None) -> str:
    """The page in the skin since about 2014. The last answer stands among those that were loaded later."""
    url, title = thread.url, html.escape(thread.title)
    window = thread.title if len(thread.title) <= 72 else thread.title[:69] + "..."
    fold = f'<div class="miseperator"> {markup(thread.below)}</div>' if thread.below else ""
    fav = f'<a href="/favorited/3/{thread.number}" style="font-weight:normal;" target="_self">{marked(thread.favorites)}</a>'
    answers = [_modern_answer(thread, answer, current_year) for answer in thread.answers]
    tags = ", ".join(
        f'<a class="taglink" href="{SITE}/tags/{quote(tag)}" title="{html.escape(tag)}">{html.escape(tag[:18])}</a>'
        for tag in thread.tags
    )
    closed = (
        "This thread is closed to new comments."
        if thread.closed
        else 'You are not logged in, either <a href="/login/">login</a> or create an account to post messages'
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(window)} | Ask MetaFilter</title>
<link rel="canonical" href="{url}" id="canonical">
<meta property="og:title" content="{title}">
<meta property="og:url" content="{url}">
<meta property="og:site_name" content="Ask MetaFilter">
<link rel="stylesheet" type="text/css" href="//cdn.metafilter.com/styles/askmefi/modern.css">
<script>var userid = 0, threadid = {thread.number};</script>
</head>
<body id="body" class="subsite-askmefi thread">
<header><a href="{SITE}/"><svg viewBox="0 0 10 10"><title>Ask MetaFilter</title><path d="M0 0h10v10z"/></svg></a>
<nav><a href="/home/popular">Popular</a> <a href="/tags/">Tags</a> <a href="/login/">Login</a></nav></header>
<div id="posts">
<h1 class="posttitle threedee">{title} <span class="smallcopy">{day(thread.asked)} <span>{clock(thread.asked)}</span> &nbsp; <a href="{url}/rss"><svg><title>RSS feed for this thread</title></svg></a> <a href="{url}/rss">Subscribe</a></span></h1>
<div class="copy" id="post3{thread.number}">{markup(thread.above)}
{fold}<span class="smallcopy postbyline">posted by {user_link(thread.asker)}
\t{category_link(thread)} at {clock(thread.asked)} {total(thread)}
\t<span id="favcnt3{thread.number}">{fav if thread.favorites else ""}</span></span></div>
<div class="copy" style="clear:both"><script async src="//pagead2.googlesyndication.com/pagead/js/adsbygoogle.js"></script></div>
{"".join(answers[:-1])}
<div id="newcomments">{"".join(answers[-1:])}</div>
<div class="comments" id="newcommentsmsg" style="display:none"><a href="#" onclick="return shownew()">2 new comments, show</a></div>
<div class="comments"><span class="whitesmallcopy"><a href="/{thread.number - 1}/m" target="_self">« Older</a> {html.escape(thread.older)} &nbsp;|&nbsp; {html.escape(thread.newer)} <a href="/{thread.number + 1}/n" target="_self">Newer »</a></span></div>
<div class="comments" id="prevDiv"><span id="preview"></span><br><span class="smallcopy">posted by <a href="{MAIN_SITE}/user/1">somebody</a> at {clock(thread.asked)} on {day(thread.asked)}</span></div>
<div class="comments">{closed}</div>
<div class="tagline">Tags: {tags}</div>
<div id="commentform"><form action="/contribute/post_comment.mefi" method="post"><textarea name="comment"></textarea><div class="comments" id="prevDiv2"></div></form></div>
<comment id="c0"></comment>
</div>
<footer><span class="fineprint">© 1999-{thread.asked.year} MetaFilter Network Inc.<br>All posts are © their original authors.</span></footer>
<script>document.write("<div class='comments'>never</div>")</script>
</body>
</html>
"""


def _modern_answer(thread: Thread, answer: Answer, current_year: int | None) -> str:
    fav = ""
    if answer.favorites:
        title = f"{marked(answer.favorites).replace('as a', 'as')}"
        fav = f'[<a href="/favorited/4/{answer.number}" title="{title}">{favorites(answer.favorites)}</a>]'
    return (
        f'<a name="{answer.number}"></a><div class="comments{_answer_classes(thread, answer)}" id="c{answer.number}">{markup(answer.body)}<br>'
        f'<span class="smallcopy">posted by {user_link(answer.author, answer.staff)} at '
        f'<a href="{thread.path}#{answer.number}" target="_self">{clock(answer.written)}</a>\n\ton {day(answer.written, current_year)}'
        f' <span id="favcnt4{answer.number}">{fav}</span></span></div>\n'
    )


# --- Pages as tools save them ----------------------------------------------------------------------------------------------

_LINK = re.compile(r'\b(href|src)="([^"]*)"')


def _relink(page: str, link: Callable[[str, str], str]) -> str:
    """`page` with every address replaced by what `link(attribute, address)` gives."""
    return _LINK.sub(lambda found: f'{found[1]}="{link(found[1], found[2])}"', page)


def archived(thread: Thread, captured: datetime) -> str:
    """The address of the Wayback Machine's copy of a thread."""
    return f"https://web.archive.org/web/{captured.astimezone(UTC):%Y%m%d%H%M%S}/{thread.url}"


def saved_by_browser(page: str, thread: Thread, url: str | None = None) -> str:
    """The page as a browser's "web page, complete" writes it: from the living page, with absolute links.

    `url` is what stands in the address bar, here and below: the thread's own if it is None.
    """
    url = url or thread.url

    def link(attribute: str, address: str) -> str:
        if attribute == "src" or address.endswith(".css"):
            return f"./{thread.slug}_files/{address.rpartition('/')[2]}"
        return urljoin(url, address)

    page = _relink(page, link).replace("<br />", "<br>").replace("&quot;", '"').replace('<base target="_self">', "")
    page = re.sub(r"(?<=\w)'(?=\w)", "&#39;", page) if "&#39;" not in page else page
    head, html_tag, rest = page.partition("<html")
    meta = '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">'
    rest = rest.replace("<head>", f"<head>{meta}", 1).replace(
        "</head>", '<!--<base target="_self">--><base href="."></head>', 1
    )
    return f"{head}<!-- saved from url=({len(url):04d}){url} -->\n{html_tag}{rest}"


def wayback(page: str, thread: Thread, captured: datetime, url: str | None = None) -> str:
    """The page as the Wayback Machine replays it. `captured` is aware."""
    url = url or thread.url
    stamp = f"{captured.astimezone(UTC):%Y%m%d%H%M%S}"

    def link(attribute: str, address: str) -> str:
        if address.startswith("#"):
            return address
        kind = "im_" if attribute == "src" else ""
        host = "https://web.archive.org" if attribute == "href" and "/user/" in address else ""
        return f"{host}/web/{stamp}{kind}/{urljoin(url, address)}"

    page = _relink(page, link)
    page = page.replace(
        "<head>", '<head><script type="text/javascript" src="/_static/js/bundle-playback.js" charset="utf-8"></script>', 1
    )
    toolbar = (
        "<!-- BEGIN WAYBACK TOOLBAR INSERT -->\n"
        f'<div id="wm-ipp-base" lang="en"><a href="/web/{stamp}*/{url}">12 captures</a><span class="c">13 Mar 2008</span></div>\n'
        "<!-- END WAYBACK TOOLBAR INSERT -->"
    )
    page = re.sub(r"(<body[^>]*>)", lambda found: found[1] + toolbar, page, count=1)
    return page + (
        f"<!--\n     FILE ARCHIVED ON {captured.astimezone(UTC):%H:%M:%S %b %d, %Y} AND RETRIEVED FROM THE\n"
        "     INTERNET ARCHIVE ON 10:11:12 Jan 02, 2024.\n     JAVASCRIPT APPENDED BY WAYBACK MACHINE, COPYRIGHT INTERNET ARCHIVE.\n-->\n"
    )


def singlefile(page: str, thread: Thread, saved: datetime, url: str | None = None, inlined: int = 80_000) -> str:
    """The page as SingleFile writes it: no scripts, attributes without quotes, no optional tags, resources inlined.

    `saved` is aware; `inlined` is the size of the style sheet that is put before everything else.
    """

    url = url or thread.url

    def link(attribute: str, address: str) -> str:
        if attribute == "src":
            return "data:image/png;base64,iVBORw0KGgo="
        return address if address.startswith("#") else urljoin(url, address)

    page = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
    page = re.sub(r"<link [^>]*stylesheet[^>]*>", "", page)
    page = _relink(page, link).replace("<br />", "<br>").replace("&quot;", '"')
    page = re.sub(r'="([A-Za-z0-9_./:#;,=+%-]+)"', r"=\1", page)
    style = "<style>.page{background:url(data:font/woff2;base64," + "A" * inlined + ")}</style>"
    page = re.sub(r"</?head>|</body>|</html>|</p>|</li>|<body>", "", page)
    mark = (
        f"<!--\n Page saved with SingleFile \n url: {url} \n"
        f" saved date: {saved.astimezone(UTC):%a %b %d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)\n-->"
    )
    return re.sub(r"(<html[^>]*>)", lambda found: found[1] + mark + "<meta charset=utf-8>" + style, page, count=1)


def httrack(page: str, thread: Thread, mirrored: datetime) -> str:
    """The page as HTTrack mirrors it, among folders by host. `mirrored` is aware."""

    def link(attribute: str, address: str) -> str:
        if address.startswith("#"):
            return address
        parts = urlsplit(urljoin(thread.url, address))
        host = parts.netloc
        if not host.endswith("metafilter.com") or parts.path in ("", "/"):
            return urljoin(thread.url, address)
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        if host == "ask.metafilter.com" and parts.path == thread.path:
            return f"{thread.slug}.html{fragment}"
        up = ".." if host == "ask.metafilter.com" else f"../../{host}"
        return f"{up}{parts.path}.html{fragment}"

    page = _relink(page, link)
    mark = (
        f"<!-- Mirrored from {thread.url.removeprefix('https://')} by HTTrack Website Copier/3.x [XR&CO'2014], "
        f"{mirrored.astimezone(UTC):%a, %d %b %Y %H:%M:%S} GMT -->\n"
    )
    charset = '<!-- Added by HTTrack --><meta http-equiv="content-type" content="text/html;charset=utf-8" /><!-- /Added by HTTrack -->'
    before, tag, rest = page.partition("<html")
    return before + tag + rest.replace("<head>", f"{mark}<head>{charset}", 1)


def wget(page: str, thread: Thread) -> str:
    """The page as `wget -k -p -E` leaves it: links to what was fetched too are relative, the rest absolute; no mark."""

    def link(attribute: str, address: str) -> str:
        if address.startswith("#"):
            return address
        parts = urlsplit(urljoin(thread.url, address))
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        if parts.netloc == "ask.metafilter.com" and parts.path == thread.path:
            return f"{quote(thread.slug)}.html{fragment}"
        if parts.netloc == "ask.metafilter.com" and parts.path.startswith("/tags/"):
            return f"..{parts.path}.html"
        return urljoin(thread.url, address)

    return _relink(page, link)


# --- Authored threads --------------------------------------------------------------------------------------------------------

_HEADER_KEYS = ("title", "category", "tags", "asker", "date", "favorites")
_TAG = re.compile(r"</?([a-z]+)(?: href=\"[^\"<>]*\")?>")


def parse_authored(text: str, thread_id: int, first_comment_id: int) -> Thread:
    """A thread from the form that the sample's authors write. Raises ValueError, naming the line, for any slip in it.

    The answers get numbers that rise from `first_comment_id` with the minutes between them, as the site's do.
    """
    lines = text.replace("\r\n", "\n").removeprefix("\ufeff").split("\n")
    head_end = next((index for index, line in enumerate(lines) if line == "---"), None)
    if head_end is None:
        raise ValueError("line 1: no --- after the header")
    header = _header(lines[:head_end])
    starts = [index for index, line in enumerate(lines) if line.startswith("===")]
    bounds = [*starts, len(lines)]
    question = lines[head_end + 1 : bounds[0]]
    fold = question.index("+++") if "+++" in question else len(question)
    asked = _date(header["date"], 1)
    answers: list[Answer] = []
    previous, number = asked, first_comment_id
    for start, end in zip(starts, bounds[1:], strict=True):
        fields = _answer_fields(lines[start], start + 1)
        written = _date(fields["date"], start + 1)
        if written < previous:
            raise ValueError(f"line {start + 1}: {written} is before what stands above it ({previous})")
        number += 1 + int((written - previous).total_seconds() // 60) % 97 if answers else 0
        previous = written
        answers.append(
            Answer(
                author=fields["author"],
                written=written,
                body=_authored_body(lines[start + 1 : end], start + 2),
                number=number,
                favorites=_count(fields.get("favorites", "0"), start + 1),
                best="best" in fields,
                staff="staff" in fields,
            )
        )
    return Thread(
        title=header["title"],
        category=header.get("category"),
        tags=tuple(tag.strip() for tag in header.get("tags", "").split(",") if tag.strip()),
        asker=header["asker"],
        asked=asked,
        favorites=_count(header.get("favorites", "0"), 1),
        number=thread_id,
        above=_authored_body(question[:fold], head_end + 2),
        below=_authored_body(question[fold + 1 :], head_end + fold + 3) if fold < len(question) else "",
        answers=tuple(answers),
    )


def _header(lines: list[str]) -> dict[str, str]:
    header: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        key, colon, value = line.partition(":")
        if not colon or key not in _HEADER_KEYS or key in header or not value.strip():
            raise ValueError(f"line {number}: not one of {', '.join(_HEADER_KEYS)}, or twice, or empty: {line!r}")
        header[key] = value.strip()
    if missing := {"title", "asker", "date"} - header.keys():
        raise ValueError(f"line 1: no {', '.join(sorted(missing))}")
    if header.get("category") not in (None, *CATEGORIES):
        raise ValueError(f"line {list(header).index('category') + 1}: no category of the site: {header['category']!r}")
    return header


def _answer_fields(line: str, number: int) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in line.removeprefix("===").split(";"):
        key, _, value = (piece.strip() for piece in part.partition(":"))
        if (
            key not in ("author", "date", "favorites", "best", "staff")
            or key in fields
            or (key in ("best", "staff")) == bool(value)
        ):
            raise ValueError(f"line {number}: {part.strip()!r} is no field of an answer, or is there twice, or lacks its value")
        fields[key] = value
    if not {"author", "date"} <= fields.keys():
        raise ValueError(f"line {number}: an answer needs author and date")
    return fields


def _authored_body(lines: list[str], first: int) -> str:
    for number, line in enumerate(lines, first):
        for name in _TAG.findall(line):
            if name not in ALLOWED_TAGS:
                raise ValueError(f"line {number}: <{name}> is not allowed")
        rest = _TAG.sub("", line)
        if "<" in rest or ">" in rest or re.search(r"&(?!#?\w{2,8};)", rest):
            raise ValueError(f"line {number}: a bare <, > or &")
        if line in ("---", "+++"):
            raise ValueError(f"line {number}: a second {line}")
    body = "\n".join(line.rstrip() for line in lines).strip("\n")
    if not body:
        raise ValueError(f"line {first}: nothing is written here")
    for name in ALLOWED_TAGS - {"br"}:
        if len(re.findall(rf"<{name}\b", body)) != body.count(f"</{name}>"):
            raise ValueError(f"line {first}: <{name}> is not closed")
    return re.sub(r"\n{3,}", "\n\n", body)


def _date(text: str, number: int) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M")
    except ValueError:
        raise ValueError(f"line {number}: no date of the form 2011-02-03 21:14: {text!r}") from None


def _count(text: str, number: int) -> int:
    if not re.fullmatch("[0-9]{1,6}", text):
        raise ValueError(f"line {number}: no count: {text!r}")
    return int(text)
