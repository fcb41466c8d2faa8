"""What do the posts of a thread say? Each cleaned of markup and cut into words once, whoever asks for it and however often."""

from __future__ import annotations

from . import markup, words
from .thread import Post
from .words import Cut


class Texts:
    """The texts of posts that are read together, such as a thread's, and their words."""

    def __init__(self) -> None:
        self._prose: dict[str, str] = {}
        self._cuts: dict[str, Cut] = {}

    def prose(self, post: Post) -> str:
        """See `markup.prose`."""
        found = self._prose.get(post.body)
        if found is None:
            found = self._prose[post.body] = markup.prose(post.body)
        return found

    def unquoted(self, post: Post) -> str:
        """The same without block quotations."""
        quotes = "<blockquote" in post.body or "<q" in post.body
        return markup.prose(post.body, quotes=False) if quotes else self.prose(post)

    def cut(self, text: str) -> Cut:
        """See `words.cut`."""
        found = self._cuts.get(text)
        if found is None:
            found = self._cuts[text] = words.cut(text)
        return found

    def words_of(self, post: Post) -> Cut:
        """The words of a post's prose."""
        return self.cut(self.prose(post))
