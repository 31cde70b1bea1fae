"""What readers marked as agreed for between the sessions: ``activities-<reader>.csv`` and more.

::

    activities-<reader>.csv   isa_id,start_turn,end_turn,set_turn,led,type,term,framing,...
    followups-<reader>.csv    isa_of,reviewed,review_by,review_start_turn,status,...

``isa_of`` names an activity of an earlier session of the same sequence by its ``isa_id``, with the
name of that session and a colon before it where the numbers begin anew in every session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convo.between import Activity
from convo.errors import EvaluationError
from convo.evaluation.marks import Row, marks, turn_number

_ACTIVITY = ("isa_id", "start_turn", "end_turn", "set_turn", "led", "type")
_FOLLOW_UP = ("isa_of", "reviewed")


@dataclass(frozen=True, slots=True)
class MarkedActivity:
    """One activity as a reader marked it; ``led`` and the others as written in the file."""

    isa_id: str
    start_turn: int
    end_turn: int
    set_turn: int
    led: str
    type: str
    framing: str = ""
    response: str = ""
    rushed: bool = False
    term: str = ""

    @property
    def span(self) -> tuple[int, int]:
        """First and last turn."""
        return self.start_turn, self.end_turn

    def bare(self) -> Activity:
        """The span alone, as an activity: who led and what kind it is are not told."""
        settled = min(max(self.set_turn, self.start_turn), self.end_turn)
        return Activity(self.start_turn, self.end_turn, settled, "collaborative", "do")


@dataclass(frozen=True, slots=True)
class MarkedFollowUp:
    """Whether the activity ``isa_of`` of an earlier session is spoken about."""

    isa_of: str
    spoken: bool
    turn: int | None = None
    status: str = ""

    @property
    def place(self) -> tuple[str | None, str]:
        """The session that is named, if one is, and the activity."""
        session, colon, activity = self.isa_of.rpartition(":")
        return (session if colon else None), activity


@dataclass(frozen=True, slots=True)
class Agreed:
    """All readings of one session, by reader. ``sequence`` and ``number`` place it among others."""

    sequence: str = ""
    number: int = 0
    activities: Mapping[str, tuple[MarkedActivity, ...]] = field(default_factory=dict)
    follow_ups: Mapping[str, tuple[MarkedFollowUp, ...]] = field(default_factory=dict)


def read_agreed(case: Path, head: Mapping[str, object], turns: int) -> Agreed:
    """What the files of one case say; ``head`` is the top of its ``turns.json``.

    Raises:
        EvaluationError: a column is missing, or a value does not fit.
    """
    number = head.get("session")
    names = [str(head[key]) for key in ("coach", "coachee") if key in head]
    return Agreed(
        sequence=f"{_series(case)}: {' and '.join(names)}" if len(names) == 2 else "",
        number=number if isinstance(number, int) else 0,
        activities={
            file.stem.removeprefix("activities-"): tuple(
                _activity(row, where, turns) for where, row in marks(file, _ACTIVITY)
            )
            for file in sorted(case.glob("activities-*.csv"))
        },
        follow_ups={
            file.stem.removeprefix("followups-"): tuple(
                _follow_up(row, where) for where, row in marks(file, _FOLLOW_UP)
            )
            for file in sorted(case.glob("followups-*.csv"))
        },
    )


def _series(case: Path) -> str:
    """The name of a case without its last number: ``demo`` for ``demo-2``."""
    return case.resolve().name.rpartition("-")[0]


def _activity(row: Row, where: str, turns: int) -> MarkedActivity:
    start, end, settled = (turn_number(row, key, where) for key in _ACTIVITY[1:4])
    if not 1 <= start <= end <= turns or not 1 <= settled <= turns:
        raise EvaluationError(
            f"{where} runs from turn {start} to {end}, settled in turn {settled}: "
            f"turns.json has turns 1 to {turns}"
        )
    return MarkedActivity(
        row["isa_id"].strip(),
        start,
        end,
        settled,
        row["led"].strip(),
        row["type"].strip(),
        framing=row.get("framing", "").strip(),
        response=row.get("response", "").strip(),
        rushed=row.get("rushed", "").strip() == "yes",
        term=row.get("term", "").strip(),
    )


def _follow_up(row: Row, where: str) -> MarkedFollowUp:
    if row["reviewed"].strip() not in ("yes", "no"):
        raise EvaluationError(f"{where} has reviewed={row['reviewed']!r}: use yes or no")
    turn = row.get("review_start_turn", "").strip()
    return MarkedFollowUp(
        row["isa_of"].strip(),
        row["reviewed"].strip() == "yes",
        turn_number(row, "review_start_turn", where) if turn else None,
        row.get("status", "").strip(),
    )
