"""What was agreed for between the sessions: the nouns (codebook, section 4).

An inter-sessional activity is something the coachee is to do, try, notice, think or write about
between this session and a later one. What is found is a candidate for a person to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convo.errors import TranscriptError
from convo.labels import Role

Led = Literal["coach", "client", "collaborative"]
Kind = Literal["do", "reflect", "mixed"]
Framing = Literal["invite", "choice", "instruct", "self", "none"]
Response = Literal["keen", "accepts", "tentative", "resists", "none"]
Status = Literal["done", "partly", "not_done", "changed", "not_said"]


@dataclass(frozen=True, slots=True)
class Activity:
    """One inter-sessional activity, settled in turn ``set_turn`` of ``start_turn`` to ``end_turn``.

    ``term`` is what the speakers called it, word for word; None when they gave it no name.
    ``specific`` counts what, when, where or with whom, how much (0 to 4). ``load``: the coachee
    speaks of too much to do. ``probability`` is that of being one at all, ``by``
    the person who says that it is.

    >>> Activity(26, 28, 28, "client", "do", probability=0.6).turns
    range(26, 29)
    """

    start_turn: int
    end_turn: int
    set_turn: int
    led: Led
    type: Kind
    raised_by: Role | None = None
    term: str | None = None
    framing: Framing = "none"
    rushed: bool = False
    specific: int = 0
    response: Response = "none"
    load: bool = False
    probability: float = 1.0
    by: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.start_turn <= self.set_turn <= self.end_turn:
            raise TranscriptError(
                f"an activity of turns {self.start_turn} to {self.end_turn}, settled in turn "
                f"{self.set_turn}: turns count from 1, and it is settled within its span"
            )

    @property
    def turns(self) -> range:
        """The numbers of its turns."""
        return range(self.start_turn, self.end_turn + 1)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Whether an activity of the session before is spoken about in the next one.

    ``activity`` is its place in the list of that session, from 1. When it is not ``spoken`` about,
    ``by`` and ``turn`` are None and ``status`` is "not_said", which is a proper answer. ``turn``
    is where it is first spoken about, ``turns`` all those about it. ``status`` is what the coachee
    says, never what happened.
    """

    activity: int
    spoken: bool
    by: Role | None = None
    turn: int | None = None
    turns: tuple[int, ...] = ()
    status: Status = "not_said"
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not self.spoken and (self.turn is not None or self.status != "not_said"):
            raise TranscriptError(
                f"activity {self.activity} is not spoken about, but has turn {self.turn} and "
                f"status {self.status}: leave both out"
            )
