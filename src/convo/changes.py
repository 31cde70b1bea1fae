"""What people change in a session: passages, who changed how much, and what they are asked to."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

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


ONE_SPEAKER_EACH = (
    "each channel of the recording seems to hold one speaker, but both were read as one"
)
"""The reason to look that has the remedy ``channels``."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What helps if a ``reason`` to look is right; how to ask for it each surface says itself.

    ``channels``: read the recording again, each channel as one speaker. ``media``: mark from
    ``start`` to ``end`` (seconds, None without times) as played from a recording.
    """

    reason: str
    kind: Literal["channels", "media"]
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """``who`` made ``times`` corrections of a ``kind`` on a ``day``; they touched so many words."""

    kind: str
    who: str
    day: datetime.date
    times: int
    words: int
