"""Under which licence does a text of Stack Exchange stand? For archives that do not say it themselves.

Dumps say it of every post and comment since 2020. Before, it follows from the dates, by the rule that the site then announced
(meta.stackexchange.com/questions/347758): each revision stands under the licence that was in force on its day. So it is
certain of a text whose first and last revision fall in one period. Of the others it is not: a change of the tags is no revision
of the text, and a rollback brings the older licence back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_PERIODS: Final = (
    (datetime(2018, 5, 2, tzinfo=UTC), "CC BY-SA 4.0"),
    (datetime(2011, 4, 8, tzinfo=UTC), "CC BY-SA 3.0"),
    (datetime(2008, 7, 1, tzinfo=UTC), "CC BY-SA 2.5"),
)
"""From which day each licence was in force, latest first."""


def by_dates(*dates: datetime | None) -> str | None:
    """The licence of a text by the dates of its first and last revision; None where they do not settle it."""
    found = {next((licence for since, licence in _PERIODS if date and date >= since), None) for date in dates}
    return found.pop() if len(found) == 1 else None
