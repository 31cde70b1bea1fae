"""Phases found in a recording, beside those found in the reference turns of the same session.

Both come from the same segmenter and are compared with the same readers. Recognised turns are not
those that the readers marked, so each is given the phase of the reference turn it overlaps most in
time. Roles are assigned by the words alone, as for a session of which nobody has said anything.

Shares are those of the recognised turns in their assigned roles, on both sides: their error is that
of the phases. What words and roles add to it is in the scores of the recorded talk itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from convo.conversation import attribution, roles
from convo.conversation.cues import Cues
from convo.errors import EvaluationError
from convo.evaluation.cases import Cases, TalkCase
from convo.evaluation.speech import SpeechResult
from convo.evaluation.talk import (
    BEST,
    FIGURES,
    PhaseFigures,
    Segmenter,
    TalkRow,
    TalkScore,
    against_readers,
    labels_of,
    mean_figures,
)
from convo.transcript import Turn

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One session: figures from the ``reference`` turns and from the ``recording``.

    ``failure`` says why one of them is missing.
    """

    case_id: str
    kind: str = ""
    reference: PhaseFigures | None = None
    recording: PhaseFigures | None = None
    failure: str | None = None

    def loss(self, figure: str) -> float | None:
        """How much further from perfect the recording is: above 0 is worse. None without both."""
        before, after = (getattr(side, figure, None) for side in (self.reference, self.recording))
        if before is None or after is None:
            return None
        return float(abs(BEST[figure] - after) - abs(BEST[figure] - before))


@dataclass(frozen=True, slots=True)
class RecordedScore:
    """One row a talk case with a recording and times; ``left_out`` has the others, with reasons."""

    rows: tuple[RecordedRow, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Sessions of which one side is missing."""
        return sum(row.failure is not None for row in self.rows)

    def figures(self, of: str = "recording") -> PhaseFigures | None:
        """Over all sessions, from the ``recording`` or the ``reference``; None if one failed."""
        return None if self.failed else mean_figures(getattr(row, of) for row in self.rows)

    def loss(self) -> Mapping[str, float | None]:
        """Each figure's mean loss over the sessions that have both sides; None if one failed."""
        return {name: None if self.failed else self._mean_loss(name) for name in FIGURES}

    def _mean_loss(self, figure: str) -> float | None:
        known = [loss for row in self.rows if (loss := row.loss(figure)) is not None]
        return sum(known) / len(known) if known else None


def score_recorded(
    cases: Cases,
    heard: Mapping[Path, SpeechResult],
    talk: TalkScore,
    segmenter: Segmenter,
    cues: Cues,
    options: roles.RolesOptions | None = None,
) -> RecordedScore:
    """Segment what was recognised of every recorded talk case, and set it beside ``talk``.

    ``heard`` holds what was recognised, by recording: nothing is recognised here. ``talk`` is the
    score of the same cases from their reference turns, by the same ``segmenter``.
    """
    reference = {row.case_id: row for row in talk.rows}
    recorded = [case for case in cases.talk if case.recording is not None]
    left_out = {case.case_id: reason for case in recorded if (reason := _untimed(case.turns))}
    rows = []
    for case in recorded:
        if case.case_id in left_out:
            continue
        before = reference[case.case_id]
        try:
            turns = heard_turns(_result(case, heard), cues, options)
            rows.append(_row(before, carried(case, turns), segmenter))
        except Exception as error:
            _log.debug("case %s failed", case.case_id, exc_info=True)
            failure = f"{type(error).__name__}: {error}"
            rows.append(RecordedRow(case.case_id, case.kind, before.method, failure=failure))
    return RecordedScore(tuple(rows), left_out)


def heard_turns(
    result: SpeechResult, cues: Cues, options: roles.RolesOptions | None = None
) -> tuple[Turn, ...]:
    """The turns of a recognised recording, in the roles that their words speak for.

    Raises:
        EvaluationError: there are no words.
    """
    turns = attribution.turns(result.words)
    if not turns:
        raise EvaluationError("no words were recognised: there are no phases to find")
    return roles.with_roles(turns, roles.assign_roles(turns, cues, options))


def carried(case: TalkCase, turns: Sequence[Turn]) -> TalkCase:
    """The session in ``turns``, with each reader's phases carried over to them by time."""
    places = by_time(case.turns, turns)
    readings = {
        reader: tuple(reading[place] for place in places)
        for reader, reading in case.readings.items()
    }
    return TalkCase(case.case_id, tuple(turns), readings, case.kind, case.recording)


def by_time(reference: Sequence[Turn], turns: Sequence[Turn]) -> tuple[int, ...]:
    """For each of ``turns`` the index of the reference turn that it overlaps most, or the nearest.

    Of turns that it overlaps as much, the shortest, then the first: "mm-hm" said into a long turn
    is that "mm-hm", not the long turn. All turns need times.

    >>> told = [Turn(1, "A", "Why?", 0.0, 2.0), Turn(2, "B", "It rained.", 2.0, 6.0)]
    >>> by_time(told, [Turn(1, "X", "Why? It", 0.0, 3.0), Turn(2, "Y", "rained.", 7.0, 8.0)])
    (0, 1)

    Raises:
        EvaluationError: a turn has no times.
    """
    stretches = [_times(turn) for turn in reference]

    def closeness(place: int, start: float, end: float) -> tuple[float, float]:
        begin, stop = stretches[place]
        # where they do not overlap this is below 0, and minus the distance
        return min(stop, end) - max(begin, start), begin - stop

    return tuple(
        max(range(len(stretches)), key=lambda place: closeness(place, *times))
        for times in map(_times, turns)
    )


def _times(turn: Turn) -> tuple[float, float]:
    if turn.start is None or turn.end is None:
        raise EvaluationError(f"turn {turn.number} has no times: nothing can be carried over to it")
    return turn.start, turn.end


def _untimed(turns: Sequence[Turn]) -> str | None:
    """Why phases cannot be carried over from ``turns``; None if they can."""
    missing = sum(turn.start is None or turn.end is None for turn in turns)
    # a few turns without times would pass their neighbours' phases on as their own
    return f"{missing} of its {len(turns)} turns have no start or no end" if missing else None


def _result(case: TalkCase, heard: Mapping[Path, SpeechResult]) -> SpeechResult:
    if case.recording is None or case.recording not in heard:
        raise EvaluationError("its recording was not recognised")
    return heard[case.recording]


def _row(before: TalkRow, heard: TalkCase, segmenter: Segmenter) -> RecordedRow:
    labels = labels_of(heard, segmenter.segment(heard.turns))
    after = against_readers(heard, labels)
    failure = None if before.failure is None else f"from its reference turns: {before.failure}"
    return RecordedRow(heard.case_id, heard.kind, before.method, after, failure)
