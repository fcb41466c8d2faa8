"""Does a name stand for a person? Not where an account is anonymous, deleted or wiped: nobody's answers are gathered under it.

Readers leave such names away where their format says so. What is caught here are the names themselves, in whatever archive,
since to gather what somebody took their name from would undo what they asked for.
"""

from __future__ import annotations

import re
from typing import Final

from . import words

# As they stand in archives, folded and without brackets. Stack Exchange calls who has left "user10473"; so it does who never
# chose a name. Discourse calls them "anon10473", Reddit "[deleted]", GitHub's and other forums' words are the others.
_NOBODY: Final = re.compile(
    r"(?:anonymous|anon|unknown|nobody|guest|ghost|community|system|moderator|automoderator|none|null|user|member)"
    r"(?:[ _-]*(?:user|account|member|poster|author|coward))?[ _-]*\d*"
    r"|(?:(?:user|account|member|author|poster|profile)[ _-]+)?(?:(?:has been|was|is|self)[ _-]*)?"
    r"(?:deleted|removed|wiped|suspended|banned|closed|disabled|deactivated|unavailable|erased|withheld|redacted)"
    r"(?:[ _-]*(?:by[ _-]+)?(?:user|account|member|author|moderator))?[ _-]*\d*"
    r"|(?:ex|former)[ _-]+(?:user|account|member)[ _-]*\d*"
)
_AROUND: Final = " []()<>{}*-_.,:;"


def is_somebody(name: str) -> bool:
    """Whether a name is one that a person goes by."""
    plain = words.fold(name).strip(_AROUND)
    return bool(plain) and _NOBODY.fullmatch(plain) is None
