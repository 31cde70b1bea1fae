"""What a turn does: the codes and flags of the codebook, section 3, as nouns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Code(StrEnum):
    """The primary function of a turn: ten codes, and two for talk that carries no content."""

    ASK = "ASK"
    RFL = "RFL"
    INF = "INF"
    SUG = "SUG"
    CHL = "CHL"
    AFF = "AFF"
    DES = "DES"
    EVA = "EVA"
    REA = "REA"
    COM = "COM"
    BCK = "BCK"
    FRM = "FRM"


CODES = tuple(Code)
"""All codes in the order in which models and weights have them."""


class Flag(StrEnum):
    """What may be said of a turn besides its code.

    ``BLD`` only of SUG and COM, ``OPEN`` and ``FUT`` only of ASK.
    """

    ART = "ART"
    TRN = "TRN"
    BLD = "BLD"
    INI = "INI"
    OPEN = "OPEN"
    FUT = "FUT"


ONLY_ON: Mapping[str, tuple[Code, ...]] = {
    Flag.OPEN: (Code.ASK,),
    Flag.FUT: (Code.ASK,),
    Flag.BLD: (Code.SUG, Code.COM),
}
"""The flags that not every code can have."""


class Artefact(StrEnum):
    """A thing that is looked at or recalled together."""

    VIDEO = "video"
    CHART = "chart"
    DOCUMENT = "document"
    PUPIL_WORK = "pupil_work"
    DATA = "data"
    RECALL = "recall"


@dataclass(frozen=True, slots=True)
class TurnFlag:
    """One flag of a turn. ``artefact`` says of which type it is, for ``ART`` alone.

    ``words`` are those of the turn that speak for it. A ``joint`` reference is one that the other
    speaker makes to the same type of artefact within four turns.
    """

    flag: Flag
    probability: float
    words: tuple[str, ...] = ()
    artefact: Artefact | None = None
    joint: bool = False


@dataclass(frozen=True, slots=True)
class TurnCode:
    """What turn ``turn`` (its number) does: the most probable code, and its flags.

    ``words`` are those of the turn, in lower case without marks, that speak most for the code; a
    turn may have none, because its length or its neighbours decided. ``probabilities`` hold every
    code and sum to 1. ``by`` is the person who said what the turn is, or is not.
    """

    turn: int
    code: Code
    probability: float
    words: tuple[str, ...] = ()
    flags: tuple[TurnFlag, ...] = ()
    probabilities: Mapping[Code, float] = field(default_factory=dict, repr=False)
    by: str | None = None

    def flag(self, flag: Flag) -> TurnFlag | None:
        """The first flag of that name, None if the turn has none.

        >>> TurnCode(1, Code.ASK, 0.9, flags=(TurnFlag(Flag.OPEN, 0.8),)).flag(Flag.FUT) is None
        True
        """
        return next((one for one in self.flags if one.flag is flag), None)
