"""Stretches that are no talk of the two: nothing is looked for in them.

A clip of a lesson holds the coachee's own voice and those of children, so no pipeline can tell it
from talk by the voice. A person marks it (:data:`MEDIA`), or marks what is private or something
else. The phase of such a stretch is that of the talk around it (codebook, rule U5).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from convo.transcript import Segmentation, Turn

MEDIA = "MEDIA"
"""The speaker of what is played."""
Span = tuple[float, float]
_CLOCK = r"(?:(\d+):)?(\d{1,3}):(\d{2}(?:\.\d+)?)"
_SPAN = re.compile(rf"\s*{_CLOCK}\s*[-–]\s*{_CLOCK}\s*")


def parse_span(text: str) -> Span:
    """``12:30-14:05`` or ``1:02:00-1:03:10`` in seconds.

    Raises:
        ValueError: it is no such span, or ends before it begins.

    >>> parse_span("12:30-14:05")
    (750.0, 845.0)
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no stretch of time: write it as 12:30-14:05")
    start, end = (_seconds(*found.groups()[side : side + 3]) for side in (0, 3))
    if end <= start:
        raise ValueError(f"{text!r} ends before it begins: write the earlier time first")
    return start, end


def _seconds(hours: str | None, minutes: str, seconds: str) -> float:
    return round(3600 * int(hours or 0) + 60 * int(minutes) + float(seconds), 3)


def is_played(turn: Turn) -> bool:
    """Whether the turn comes from a recording that is played."""
    return turn.speaker == MEDIA


def is_talk(turn: Turn) -> bool:
    """Whether the turn is ordinary talk of people in the room."""
    return turn.passage is None and not is_played(turn)


def in_room(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns that are talk; they keep their numbers.

    >>> [turn.number for turn in in_room([Turn(1, MEDIA, "Sit down."), Turn(2, "A", "There.")])]
    [2]
    """
    return tuple(turn for turn in turns if is_talk(turn))


def with_media(found: Segmentation, turns: Sequence[Turn]) -> Segmentation:
    """The phases ``found`` in the turns of the room, for all ``turns``.

    What is no talk has the phase of the turn before it, at the very start that of the first turn.
    """
    room = [place for place, turn in enumerate(turns) if is_talk(turn)]
    if len(room) == len(turns):
        return found
    number = [turns[place].number for place in room]
    row = [max(bisect_right(room, place) - 1, 0) for place in range(len(turns))]
    starts = [turns[0].number, *(number[span.start_turn - 1] for span in found.spans[1:])]
    ends = [*(start - 1 for start in starts[1:]), turns[-1].number]
    return replace(
        found,
        spans=tuple(
            replace(span, start_turn=start, end_turn=end)
            for span, start, end in zip(found.spans, starts, ends, strict=True)
        ),
        boundaries=tuple(
            replace(
                one,
                turn=number[one.turn - 1],
                earliest=number[one.earliest - 1],
                latest=number[one.latest - 1],
                evidence=tuple(number[turn - 1] for turn in one.evidence),
            )
            for one in found.boundaries
        ),
        probabilities=tuple(found.probabilities[place] for place in row),
        samples=tuple(tuple(sample[place] for place in row) for sample in found.samples),
    )
