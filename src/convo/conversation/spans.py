"""Spans of phases: made of labels, put right by a person, found again in other turns."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

from convo.conversation.decoding import Floats
from convo.errors import TranscriptError
from convo.transcript import Boundary, Confirmation, Phase, PhaseSpan, Segmentation, Turn

LETTERS: Mapping[str, Phase] = {
    "O": Phase.ORIENTATION,
    "S": Phase.SCRUTINY,
    "C": Phase.CO_CONSTRUCTION,
    "F": Phase.FRAME,
}
"""The short names of phases that people mark with (codebook, section 2)."""

Anchors = tuple[tuple[float, Phase], ...]
"""Where each span begins, in seconds from the start of the recording, and its phase, in order."""


def spans_of(
    labels: Sequence[Phase], by_phase: Mapping[Phase, Floats] | None = None
) -> tuple[PhaseSpan, ...]:
    """The spans of turns with these labels; an orientation after work begins a new cycle.

    ``by_phase`` has P(phase) of every turn, from which a span gets the mean of its own.

    >>> [(s.phase.value, s.start_turn, s.end_turn) for s in spans_of([Phase.FRAME] * 2)]
    [('frame', 1, 2)]
    """
    spans: list[PhaseSpan] = []
    start, cycle, worked = 0, 1, False
    for phase, run in groupby(labels):
        end = start + len(list(run))
        if phase is Phase.ORIENTATION and worked:
            cycle, worked = cycle + 1, False
        worked = worked or phase in (Phase.SCRUTINY, Phase.CO_CONSTRUCTION)
        mean = float(by_phase[phase][start:end].mean()) if by_phase else None
        spans.append(PhaseSpan(phase, start + 1, end, cycle, mean))
        start = end
    return tuple(spans)


def anchors(turns: Sequence[Turn], labels: Sequence[Phase]) -> Anchors:
    """What a person said of these turns, by time, so that it holds for other turns as well.

    Raises:
        TranscriptError: there is not one label a turn, or a turn has no time.

    >>> talk = [Turn(1, "A", "Hi.", 0.4, 0.9), Turn(2, "B", "Well.", 1.2, 9.0)]
    >>> [(start, phase.value) for start, phase in anchors(talk, [Phase.FRAME, Phase.SCRUTINY])]
    [(0.4, 'frame'), (1.2, 'scrutiny')]
    """
    if len(labels) != len(turns):
        raise TranscriptError(f"{len(labels)} phases for {len(turns)} turns: give one a turn")
    starts = _starts(turns)
    return tuple((starts[span.start_turn - 1], span.phase) for span in spans_of(labels))


def labels_at(turns: Sequence[Turn], said: Anchors) -> tuple[Phase, ...]:
    """The phase of every turn when each span begins with the turn that starts nearest to it.

    The same turns give the same labels (if no two begin at the same moment). With other turns a
    span may be lost that is shorter than the turns there.

    Raises:
        TranscriptError: nothing is said, or a turn has no time.
    """
    if not said:
        raise TranscriptError("no phase is said of any turn: mark the turns again")
    starts = _starts(turns)
    labels = [said[0][1]] * len(turns)
    for moment, phase in said[1:]:
        first = min(range(len(starts)), key=lambda n: abs(starts[n] - moment), default=0)
        labels[first:] = [phase] * (len(labels) - first)
    return tuple(labels)


def put_right(
    found: Segmentation, labels: Sequence[Phase], who: str, day: datetime.date
) -> Segmentation:
    """The phases as ``who`` wants them on ``day``; what the machine found is kept inside.

    Nothing is in doubt any more, so there is no probability, window, sample or reason for review.
    """
    spans = spans_of(labels)
    return Segmentation(
        spans=spans,
        boundaries=tuple(
            Boundary(s.start_turn, before.phase, s.phase, s.start_turn, s.start_turn, None)
            for before, s in pairwise(spans)
        ),
        probabilities=(),
        method=f"put right by {who} on {day.isoformat()}",
        names=found.names,
        confirmed=Confirmation(who, day, found.found),
    )


def _starts(turns: Sequence[Turn]) -> list[float]:
    starts = [turn.start for turn in turns if turn.start is not None]
    if len(starts) < len(turns):
        raise TranscriptError(
            f"{len(turns) - len(starts)} of {len(turns)} turns have no time: only phases of a "
            "session that was recorded can be put right"
        )
    return starts
