"""What people say about candidates: this is an activity, that turn is no commitment.

A verdict is about a kind of candidate and a stretch of time, so it holds when turns get other
numbers or words: it is about the candidate of that kind with which it shares most time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from convo.between import Activity
from convo.codebook import CODES, ONLY_ON, Code, TurnCode
from convo.transcript import Turn

ACTIVITY = "activity"
PLAYED = "media"
_LEAST_SHARED = 0.5
"""Of the shorter of the two stretches; less is another candidate."""

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``who`` confirms or rejects the candidate from ``start`` to ``end``, in seconds.

    ``what`` is :data:`ACTIVITY`, :data:`PLAYED` or the name of a code, such as COM.
    """

    what: str
    start: float
    end: float
    confirmed: bool
    who: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """The activities that stand, and those that a person rejected."""

    activities: tuple[Activity, ...]
    rejected: tuple[Activity, ...] = ()


def judged(
    activities: Sequence[Activity], turns: Sequence[Turn], verdicts: Sequence[Verdict]
) -> Judged:
    """The activities as people see them; the last verdict on each counts."""
    times = {turn.number: turn for turn in turns}

    def stretch(one: Activity) -> tuple[float, float]:
        first, last = times[one.start_turn], times[one.end_turn]
        return first.start or 0.0, last.end or 0.0

    of = _matched(activities, stretch, [v for v in verdicts if v.what == ACTIVITY])
    kept = [(one, of.get(place)) for place, one in enumerate(activities)]
    return Judged(
        tuple(replace(a, by=v.who) if v else a for a, v in kept if v is None or v.confirmed),
        tuple(replace(a, by=v.who) for a, v in kept if v is not None and not v.confirmed),
    )


def recoded(
    codes: Sequence[TurnCode], turns: Sequence[Turn], verdicts: Sequence[Verdict]
) -> tuple[TurnCode, ...]:
    """The codes as people see them: a turn that is not what it was taken for is the next likely."""
    times = {turn.number: turn for turn in turns}

    def stretch(one: TurnCode) -> tuple[float, float]:
        turn = times[one.turn]
        return turn.start or 0.0, turn.end or 0.0

    result = list(codes)
    for what in {verdict.what for verdict in verdicts} - {ACTIVITY}:
        places = [place for place, one in enumerate(codes) if one.code == what]
        mine = [verdict for verdict in verdicts if verdict.what == what]
        of = _matched([codes[place] for place in places], stretch, mine)
        for found, verdict in of.items():
            place = places[found]
            one = replace(codes[place], by=verdict.who)
            result[place] = one if verdict.confirmed else _otherwise(one)
    return tuple(result)


def verdicts_on(
    what: str,
    stretches: Sequence[tuple[float | None, float | None]],
    verdicts: Sequence[Verdict],
) -> dict[int, Verdict]:
    """The last verdict on each candidate for ``what``, by place; those without times have none.

    >>> said = [Verdict("COM", 10.0, 14.0, True), Verdict("COM", 10.0, 14.0, False)]
    >>> of = verdicts_on("COM", [(30.0, 34.0), (11.0, 14.0)], said)
    >>> {place: one.confirmed for place, one in of.items()}
    {1: False}
    """
    timed = [
        (place, start, end)
        for place, (start, end) in enumerate(stretches)
        if start is not None and end is not None
    ]
    mine = [verdict for verdict in verdicts if verdict.what == what]
    of = _matched(timed, lambda one: one[1:], mine)
    return {timed[found][0]: verdict for found, verdict in of.items()}


def _otherwise(one: TurnCode) -> TurnCode:
    """The most probable code besides the one that it is not."""
    others: dict[Code, float] = {c: p for c, p in one.probabilities.items() if c is not one.code}
    code = max(others, key=lambda c: others[c], default=Code.DES)
    return replace(
        one,
        code=code,
        probability=others.get(code, 0.0),
        words=(),
        flags=tuple(f for f in one.flags if code in ONLY_ON.get(f.flag, CODES)),
    )


def _matched(
    candidates: Sequence[C],
    stretch: Callable[[C], tuple[float, float]],
    verdicts: Sequence[Verdict],
) -> dict[int, Verdict]:
    """The last verdict on every candidate that has one, by place."""
    of: dict[int, Verdict] = {}
    for verdict in verdicts:
        meant = verdict.start, verdict.end
        shared = [
            (_shared(stretch(one), meant), -_apart(stretch(one), meant)) for one in candidates
        ]
        best = max(range(len(shared)), key=lambda n: shared[n], default=None)
        if best is not None and shared[best][0] >= _LEAST_SHARED:
            of[best] = verdict
    return of


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How far the ends are from each other: of two that lie within each other, one is meant."""
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _shared(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How much of the shorter stretch lies in the other; of two that are equal, all of it."""
    shorter = min(one[1] - one[0], other[1] - other[0])
    overlap = min(one[1], other[1]) - max(one[0], other[0])
    return overlap / shorter if shorter > 0 else float(overlap >= 0)
