"""What people change in a session: passages that are no ordinary talk, and who changed how much."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from convo.labels import Passage


@dataclass(frozen=True, slots=True)
class PassageSpan:
    """A stretch of a recording that is no ordinary talk, in seconds.

    Words of a private one count in the totals only if both people agreed to that (``counted``).
    """

    start: float
    end: float
    kind: Passage
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """``who`` made ``times`` corrections of a ``kind`` on a ``day``; they touched so many words."""

    kind: str
    who: str
    day: datetime.date
    times: int
    words: int
