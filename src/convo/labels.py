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
