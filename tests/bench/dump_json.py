"""Synthetic dumps of the families that are JSON: Reddit, Discourse, Hacker News, Lemmy, and Askive's own exports.

Records have all the members that real ones have, since a reader has to get past them, too.
"""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final, TextIO

import bodies
import synthetic
from discussions import Said, by_time, discussions, in_lots, numbered

from indexer import markup
from indexer.archives import compressed, jsonl
from indexer.thread import Post

BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@contextmanager
def _lines(folder: Path, name: str) -> Iterator[TextIO]:
    folder.mkdir(parents=True)
    with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
        yield file


def _dumped(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


# --- Reddit --------------------------------------------------------------------------------------------------------------


def write_reddit(folder: Path, posts: int, seed: int) -> Counter[str]:
    """Submissions and comments mixed, in the order of writing; some removed, some threads with a bot's word first."""
    counts: Counter[str] = Counter()
    with _lines(folder, "advice.ndjson") as file:
        file.writelines(map(_dumped, _reddit(posts, seed, counts)))
    return counts


def write_reddit_zst(folder: Path, posts: int, seed: int) -> Counter[str]:
    """The same, compressed in frames of about 16 MiB, with the long window that such dumps declare."""
    counts: Counter[str] = Counter()
    zstd = compressed.zstd_library()
    options = {zstd.CompressionParameter.compression_level: 3, zstd.CompressionParameter.window_log: 27}
    folder.mkdir(parents=True)
    frame = 16 * 1024 * 1024
    with (folder / "advice.zst").open("wb") as file:
        compressor, size = zstd.ZstdCompressor(options=options), 0
        for record in _reddit(posts, seed, counts):
            line = _dumped(record).encode()
            file.write(compressor.compress(line))
            size += len(line)
            if size > frame:
                file.write(compressor.flush())
                compressor, size = zstd.ZstdCompressor(options=options), 0
        file.write(compressor.flush())
    return counts


def _reddit(posts: int, seed: int, counts: Counter[str]) -> Iterator[dict[str, Any]]:
    for said in by_time(discussions(posts, seed)):
        rng = Random(f"{seed} reddit {said.number}")
        if said.place == 0:
            removed = rng.random() < 0.05
            counts["questions"] += 1
            yield _submission(said, rng, removed)
            if rng.random() < 0.2:
                counts["left_out"] += 1
                yield _bots_word(said)
        else:
            gone = rng.choice(("[deleted]", "[removed]")) if rng.random() < 0.06 else None
            counts["left_out" if gone else "answers" if said.under == 0 else "comments"] += 1
            yield _comment(said, rng, gone)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = BASE36[digit] + digits
    return digits


def _markdown(said: Said) -> str:
    """A body in Markdown. Where it has to be typed, every second writer does without."""
    return bodies.as_text(said.blocks) if said.number % 2 else bodies.as_markdown(said.blocks)


def _escaped(text: str) -> str:
    """As Reddit's interface gives text away."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _of_everybody(said: Said, rng: Random) -> dict[str, Any]:
    time = int(said.written.timestamp())
    return {
        "all_awardings": [], "archived": False, "author": said.author, "author_created_utc": time - 50_000_000,
        "author_flair_background_color": None, "author_flair_css_class": None, "author_flair_richtext": [],
        "author_flair_template_id": None, "author_flair_text": None, "author_flair_text_color": None,
        "author_flair_type": "text", "author_fullname": f"t2_{_base36(1_000_000 + len(said.author) * 977 + said.thread)}",
        "author_patreon_flair": False, "author_premium": False, "can_gild": True, "created_utc": time,
        "distinguished": None, "gilded": 0, "gildings": {}, "locked": False, "no_follow": True,
        "retrieved_on": time + rng.choice((40, 200_000)), "score": said.votes, "send_replies": True, "stickied": False,
        "subreddit": "BenchAdvice", "subreddit_id": "t5_2qh1i", "subreddit_name_prefixed": "r/BenchAdvice",
        "subreddit_type": "public", "total_awards_received": 0, "treatment_tags": [],
    }  # fmt: skip


def _submission(said: Said, rng: Random, removed: bool) -> dict[str, Any]:
    native = _base36(said.number)
    slug = "_".join(said.title.lower().rstrip("?").split())[:50]
    return _of_everybody(said, rng) | {
        "allow_live_comments": False, "category": None, "content_categories": None, "contest_mode": False,
        "domain": "self.BenchAdvice", "hidden": False, "id": native, "is_crosspostable": not removed, "is_meta": False,
        "is_original_content": False, "is_reddit_media_domain": False, "is_robot_indexable": not removed, "is_self": True,
        "is_video": False, "link_flair_background_color": "", "link_flair_css_class": None, "link_flair_richtext": [],
        "link_flair_text": said.category if rng.random() < 0.6 else None, "link_flair_text_color": "dark",
        "link_flair_type": "text", "media": None, "media_embed": {}, "media_only": False, "name": f"t3_{native}",
        "num_comments": 13, "num_crossposts": 0, "over_18": False, "parent_whitelist_status": "all_ads",
        "permalink": f"/r/BenchAdvice/comments/{native}/{slug}/", "pinned": False, "pwls": 6, "quarantine": False,
        "removed_by_category": "moderator" if removed else None, "secure_media": None, "secure_media_embed": {},
        "selftext": "[removed]" if removed else _escaped(_markdown(said)), "spoiler": False,
        "suggested_sort": None, "thumbnail": "self", "thumbnail_height": None, "thumbnail_width": None,
        "title": _escaped(said.title), "top_awarded_type": None, "upvote_ratio": 0.87,
        "url": f"https://www.reddit.com/r/BenchAdvice/comments/{native}/{slug}/", "view_count": None,
        "whitelist_status": "all_ads", "wls": 6,
    }  # fmt: skip


def _comment(said: Said, rng: Random, gone: str | None) -> dict[str, Any]:
    native, thread = _base36(said.number), _base36(numbered(said.thread, 0))
    above = f"t1_{_base36(numbered(said.thread, said.under))}" if said.under else f"t3_{thread}"
    record = _of_everybody(said, rng) | {
        "associated_award": None, "body": gone or _escaped(_markdown(said)), "collapsed": False,
        "collapsed_because_crowd_control": None, "collapsed_reason": None, "comment_type": None, "controversiality": 0,
        "edited": False, "id": native, "is_submitter": False, "link_id": f"t3_{thread}", "name": f"t1_{native}", "nest_level": 1,
        "parent_id": above, "permalink": f"/r/BenchAdvice/comments/{thread}/_/{native}/", "score_hidden": False,
        "top_awarded_type": None, "unrepliable_reason": None,
    }  # fmt: skip
    return record | {"author": "[deleted]"} if gone else record


def _bots_word(said: Said) -> dict[str, Any]:
    word = said._replace(place=990, under=0, author="AutoModerator")
    return _comment(word, Random(0), None) | {"body": "Please read the rules.", "stickied": True, "distinguished": "moderator"}


# --- Discourse -----------------------------------------------------------------------------------------------------------


def write_discourse(folder: Path, posts: int, seed: int) -> Counter[str]:
    """Posts as the site's interface gives them, one a line, in the order of writing; some hidden, some mere notes of actions."""
    counts: Counter[str] = Counter()
    with _lines(folder, "posts.jsonl") as file:
        for said in by_time(discussions(posts, seed)):
            odd = said.place > 0 and said.number % 33 == 0
            counts["left_out" if odd else "answers" if said.place else "questions"] += 1
            file.write(_dumped(_discourse(said, odd)))
    return counts


def _discourse(said: Said, odd: bool) -> dict[str, Any]:
    time = f"{said.written:%Y-%m-%dT%H:%M:%S}.000Z"
    slug = "-".join(said.title.lower().rstrip("?").split())
    likes = max(0, said.votes)
    return {
        "id": said.number, "name": said.author.title(), "username": said.author,
        "avatar_template": f"/user_avatar/forum.bench.example/{said.author}/{{size}}/{said.thread % 900}_2.png",
        "created_at": time, "cooked": bodies.as_html(said.blocks, "\n"), "post_number": said.place + 1,
        "post_type": 3 if odd else 1, "updated_at": time, "reply_count": 0,
        "reply_to_post_number": said.under + 1 if said.under else None, "quote_count": 0, "incoming_link_count": 2,
        "reads": 40, "readers_count": 39, "score": 12.8, "yours": False, "topic_id": said.thread, "topic_slug": slug,
        "topic_title": said.title, "topic_html_title": html.escape(said.title), "category_id": 5,
        "display_username": said.author.title(), "primary_group_name": None, "flair_name": None, "flair_url": None,
        "flair_bg_color": None, "flair_color": None, "flair_group_id": None, "version": 1, "can_edit": False,
        "can_delete": False, "can_recover": False, "can_see_hidden_post": False, "can_wiki": False, "user_title": None,
        "bookmarked": False, "raw": bodies.as_markdown(said.blocks),
        "actions_summary": [{"id": 2, "count": likes}] if likes else [], "moderator": False, "admin": False, "staff": False,
        "user_id": 7 + said.thread % 5000, "hidden": False, "trust_level": 2, "deleted_at": None, "user_deleted": False,
        "edit_reason": None, "can_view_edit_history": True, "wiki": False, "accepted_answer": said.place > 0 and said.best,
        "reactions": [{"id": "heart", "type": "emoji", "count": likes}] if likes else [], "current_user_reaction": None,
        "reaction_users_count": likes, "current_user_used_main_reaction": False,
    }  # fmt: skip


# --- Hacker News ---------------------------------------------------------------------------------------------------------


def write_hackernews(folder: Path, posts: int, seed: int) -> Counter[str]:
    """Items of the site, one a line, in the order of their numbers; a third of the stories are no questions."""
    counts: Counter[str] = Counter()
    with _lines(folder, "items.jsonl") as file:
        # Stories have the numbers of their comments, so these are known when they are written.
        kids: dict[int, list[int]] = {}
        for said in by_time(_noting_kids(discussions(posts, seed), kids)):
            asked = said.thread % 3 > 0
            gone = said.place > 0 and said.number % 25 == 0
            if not asked or gone:
                counts["left_out"] += 1
            else:
                counts["questions" if said.place == 0 else "answers" if said.under == 0 else "comments"] += 1
            file.write(_dumped(_item(said, asked, gone, kids.pop(said.thread, []) if said.place == 0 else [])))
    return counts


def _noting_kids(threads: Iterable[list[Said]], kids: dict[int, list[int]]) -> Iterator[list[Said]]:
    for thread in threads:
        kids[thread[0].thread] = [each.number for each in thread if each.under == 0]
        yield thread


def _item(said: Said, asked: bool, gone: bool, kids: list[int]) -> dict[str, Any]:
    record: dict[str, Any] = {"by": said.author, "id": said.number, "time": int(said.written.timestamp())}
    if said.place == 0:
        title = f"Ask HN: {said.title}" if asked else said.title.rstrip("?")
        record |= {"descendants": 13, "kids": kids, "score": max(1, said.votes), "title": title, "type": "story"}
        record |= {"text": bodies.as_paragraphs(said.blocks)} if asked else {"url": f"https://example.org/{said.thread}"}
        return record
    record |= {"parent": numbered(said.thread, said.under or 0), "type": "comment"}
    return record | ({"deleted": True} if gone else {"text": bodies.as_paragraphs(said.blocks)})


# --- Lemmy ---------------------------------------------------------------------------------------------------------------


def write_lemmy(folder: Path, posts: int, seed: int) -> Counter[str]:
    """What a server's interface answers, one answer a line: a post, then its comments, fifty at a time."""
    counts: Counter[str] = Counter()
    with _lines(folder, "advice.jsonl") as file:
        for thread in discussions(posts, seed):
            file.write(_dumped({"post_view": _view(thread[0], thread), "cross_posts": [], "moderators": []}))
            counts["questions"] += 1
            for replies in in_lots(thread[1:], 50):
                file.write(_dumped({"comments": [_view(each, thread) for each in replies]}))
                for each in replies:
                    counts["left_out" if _is_removed(each) else "answers" if each.under == 0 else "comments"] += 1
    return counts


def _is_removed(said: Said) -> bool:
    return said.place > 0 and said.number % 20 == 0


def _view(said: Said, thread: list[Said]) -> dict[str, Any]:
    server, time = "https://lemmy.bench.example", f"{said.written:%Y-%m-%dT%H:%M:%S}.123456Z"
    question = thread[0]
    post = {
        "id": question.number, "name": question.title, "body": _markdown(question) if said.place == 0 else "",
        "creator_id": 5, "community_id": 2, "removed": False, "locked": False,
        "published": f"{question.written:%Y-%m-%dT%H:%M:%S}Z", "deleted": False, "nsfw": False,
        "ap_id": f"{server}/post/{question.number}", "local": True, "language_id": 37, "featured_community": False,
        "featured_local": False,
    }  # fmt: skip
    view: dict[str, Any] = {
        "creator": {
            "id": 7 + len(said.author), "name": said.author, "banned": False, "published": "2019-06-01T11:00:00Z",
            "actor_id": f"{server}/u/{said.author}", "local": True, "deleted": False, "bot_account": False, "instance_id": 1,
        },
        "post": post,
        "community": {
            "id": 2, "name": "advice", "title": "Advice", "description": "Ask and answer. Be kind.", "removed": False,
            "published": "2019-06-01T11:00:00Z", "deleted": False, "nsfw": False, "actor_id": f"{server}/c/advice", "local": True,
            "hidden": False, "posting_restricted_to_mods": False, "instance_id": 1, "visibility": "Public",
        },
        "counts": {"score": said.votes, "upvotes": max(0, said.votes), "downvotes": 0, "published": time, "child_count": 0},
        "creator_banned_from_community": False, "creator_is_moderator": False, "creator_is_admin": False,
        "subscribed": "NotSubscribed", "saved": False, "creator_blocked": False,
    }  # fmt: skip
    if said.place:
        path = [said.number]
        while above := thread[path[0] % 1000].under:
            path.insert(0, numbered(said.thread, above))
        view["comment"] = {
            "id": said.number, "creator_id": 7, "post_id": question.number, "content": _markdown(said),
            "removed": _is_removed(said), "published": time, "deleted": False, "ap_id": f"{server}/comment/{said.number}",
            "local": True, "path": ".".join(map(str, [0, *path])), "distinguished": False, "language_id": 37,
        }  # fmt: skip
    return view


# --- Askive's own --------------------------------------------------------------------------------------------------------


def write_jsonl(folder: Path, posts: int, seed: int) -> Counter[str]:
    """An export, as `askive export` writes it."""
    counts: Counter[str] = Counter()
    with _lines(folder, "export.jsonl") as file:
        file.writelines(jsonl.write(_exported(posts, seed, counts)))
    return counts


def _exported(posts: int, seed: int, counts: Counter[str]) -> Iterator[Post]:
    for thread in discussions(posts, seed):
        name = f"{synthetic.SITE}:{thread[0].number}"
        for said in thread:
            question, answer = said.place == 0, said.under == 0
            counts["questions" if question else "answers" if answer else "comments"] += 1
            yield Post(
                id=name if question else f"{name}/{said.number}",
                thread_id=name,
                kind="question" if question else "answer" if answer else "comment",
                site=synthetic.SITE,
                title=said.title if question else None,
                body=markup.clean(bodies.as_html(said.blocks, "")),
                category=said.category if question else None,
                tags=said.tags if question else (),
                author=said.author,
                written=said.written,
                position=said.place,
                parent_id=None if question or answer else f"{name}/{numbered(said.thread, said.top)}",
                votes=said.votes,
                best=None if question else said.best,
                url=f"https://{synthetic.SITE}/{said.number}",
            )
