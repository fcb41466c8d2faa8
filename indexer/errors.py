"""Everything that can go wrong, each with a hint that names the next step.

AskiveError
├── ArchiveError          a file that no thread can be read from
│   ├── UnknownFormat     no reader recognises it
│   ├── NotAThread        recognised, and it is no thread (a front page, a login wall)
│   └── DamagedArchive    recognised, and broken beyond reading
├── LibraryError
│   ├── NoLibrary         nothing has been built here yet
│   ├── LibraryBusy       another build is writing
│   └── ForeignIndex      an index that this library did not build
├── NotFound              no thread or answer by that name
├── BadQuestion           a question that cannot be asked at all
├── BadSetting            a setting with a value it cannot have
├── BadModel              a folder that holds no model that can be used
├── BadSet                a judged set that nothing can be measured with
└── NotInstalled          a library that only some commands need
"""

from __future__ import annotations

from .messages import Message


class AskiveError(Exception):
    """The base of all errors meant for the person at the keyboard.

    `reason` says what is wrong, `hint` what to do next, both as messages where they may be read on a page; `str()` gives both.
    """

    hint: str = ""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        self.reason = reason
        if hint is not None:
            self.hint = hint
        super().__init__(self.told)

    @property
    def told(self) -> str:
        """What is wrong, and what to do."""
        if not self.hint:
            return self.reason
        if self.reason.endswith("."):
            return Message("{reason} {hint}", reason=self.reason, hint=self.hint)
        return Message("{reason}. {hint}", reason=self.reason, hint=self.hint)


class ArchiveError(AskiveError):
    """A file that no thread can be read from; the build reports it and goes on."""


class UnknownFormat(ArchiveError):
    """No reader recognises the file's content."""

    hint = Message("`askive build --help` lists the formats that are read")


class NotAThread(ArchiveError):
    """The content is recognised, and it is not a thread: a front page, a login wall."""

    hint = Message("Save the page of the thread itself")


class DamagedArchive(ArchiveError):
    """The format is recognised, but the content is broken beyond reading."""

    hint = Message("Fetch or save the file again")


class LibraryError(AskiveError):
    """The library as a whole cannot be used."""


class NoLibrary(LibraryError):
    """Nothing has been built at this place yet."""

    hint = Message("Run `askive build` first")


class LibraryBusy(LibraryError):
    """Another build is writing to this library."""

    hint = Message("Wait for it to end, then run the command again")


class ForeignIndex(LibraryError):
    """The index on disk is not the one this library's own build left there."""

    hint = Message("Run `askive build --fresh` to make a new index")


class NotFound(AskiveError):
    """No thread or answer is known by that name."""

    hint = Message("`askive ask` prints the ids of what it finds")


class BadQuestion(AskiveError):
    """A question that cannot be asked at all, such as an empty one."""

    hint = Message("Type some words of what you want to know")


class BadSetting(AskiveError):
    """A setting has a value that it cannot have."""

    hint = Message("`askive info --settings` lists every setting")


class BadModel(AskiveError):
    """A folder or package that holds no model of sentences, or one that cannot be used."""


class BadSet(AskiveError):
    """A judged set that nothing can be measured with: a file that is missing or broken, or nothing relevant in it."""


class NotInstalled(AskiveError):
    """A library that only some commands need is not installed."""
