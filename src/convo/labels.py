"""Who speaks in which role, and what the two are doing together: the words for both."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Who helps and who is helped; OTHER is a third person in the room."""

    COACH = "coach"
    COACHEE = "coachee"
    OTHER = "other"


class Phase(StrEnum):
    """What the two people are doing together (codebook, section 2)."""

    ORIENTATION = "orientation"
    SCRUTINY = "scrutiny"
    CO_CONSTRUCTION = "co-construction"
    FRAME = "frame"


class Passage(StrEnum):
    """A stretch of the recording that is no ordinary talk of the two; a person marks it.

    MEDIA is a recording that is played, OTHER anything else that is not the session. PRIVATE is
    talk that leaves every report and export.
    """

    MEDIA = "media"
    PRIVATE = "private"
    OTHER = "other"
