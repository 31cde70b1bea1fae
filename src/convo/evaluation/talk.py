"""Phases against each reader: of the method, of average positions, of the readers themselves.

Every session is scored against each of its readers; figures are averaged over readers, then over
sessions. Absences, returns and calibration are rare or need many turns: their counts are added over
readers and sessions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Protocol

from convo.errors import EvaluationError
from convo.evaluation import agreement
from convo.evaluation.agreement import Found
from convo.evaluation.baseline import average_positions, skill
from convo.evaluation.cases import Cases, TalkCase
from convo.transcript import Phase, Segmentation, Turn

FIGURES = ("kappa", "boundary_f1_5", "pk", "share_error_points")
BEST = {"kappa": 1.0, "boundary_f1_5": 1.0, "pk": 0.0, "share_error_points": 0.0}
_log = logging.getLogger(__name__)


class Segmenter(Protocol):
    """Whatever finds the phases of a conversation."""

    def segment(self, turns: Sequence[Turn]) -> Segmentation:
        """The phases of ``turns``."""


@dataclass(frozen=True, slots=True)
class PhaseFigures:
    """How well labellings agree with readers. None where nothing could be measured."""

    kappa: float | None
    boundary_f1_5: float | None
    pk: float | None
    share_error_points: float | None
    absent: Found = field(default_factory=Found)
    returns: Found = field(default_factory=Found)


@dataclass(frozen=True, slots=True)
class TalkRow:
    """One session. ``judged`` holds (probability, right?) of every turn and reader.

    ``baseline`` is None with a single session in the folder, ``readers`` with a single reader.
    """

    case_id: str
    kind: str = ""
    method: PhaseFigures | None = None
    baseline: PhaseFigures | None = None
    readers: PhaseFigures | None = None
    judged: tuple[tuple[float, bool], ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class TalkScore:
    """One row a talk case, and what is made of them."""

    rows: tuple[TalkRow, ...] = ()
    method: str | None = None

    @property
    def failed(self) -> int:
        """Sessions that the method broke on."""
        return sum(row.failure is not None for row in self.rows)

    @property
    def complete(self) -> bool:
        """Whether figures over all sessions can be given."""
        return bool(self.rows) and not self.failed

    def figures(self, of: str = "method") -> PhaseFigures | None:
        """Over all sessions, of ``method``, ``baseline`` or ``readers``.

        None when the method failed on a session, or when there is nothing to average.
        """
        if of == "method" and not self.complete:
            return None
        return mean_figures(getattr(row, of) for row in self.rows)

    def calibration_error(self) -> float | None:
        """Expected calibration error of P(label) over all turns and readers."""
        if not self.complete or not all(row.judged for row in self.rows):
            return None
        return agreement.calibration_error(pair for row in self.rows for pair in row.judged)

    def skills(self) -> Mapping[str, tuple[float, float, float] | None]:
        """Skill over the baseline for each figure, with its 90 % interval over sessions."""
        return {name: self._skill(name) for name in FIGURES}

    def _skill(self, name: str) -> tuple[float, float, float] | None:
        both = [
            (getattr(row.method, name, None), getattr(row.baseline, name, None))
            for row in self.rows
        ]
        pairs = [(m, b) for m, b in both if m is not None and b is not None]
        if not self.complete or not pairs:
            return None
        return skill([m for m, _ in pairs], [b for _, b in pairs], BEST[name])


def score_talk(
    cases: Cases, segmenter: Segmenter, on_case: Callable[[str], None] | None = None
) -> TalkScore:
    """Segment every talk case and compare with its readers, beside floor and ceiling."""
    rows, methods = [], set()
    for case in cases.talk:
        if on_case is not None:
            on_case(case.case_id)
        others = [
            reading
            for other in cases.talk
            if other is not case
            for reading in other.readings.values()
        ]
        try:
            segmentation = segmenter.segment(case.turns)
            methods.add(segmentation.method)
            rows.append(_row(case, segmentation, others))
        except Exception as error:
            _log.debug("case %s failed", case.case_id, exc_info=True)
            rows.append(_frame(case, others, failure=f"{type(error).__name__}: {error}"))
    return TalkScore(tuple(rows), ", ".join(sorted(methods)) or None)


def _row(case: TalkCase, segmentation: Segmentation, others: Sequence[Sequence[Phase]]) -> TalkRow:
    labels = labels_of(case, segmentation)
    return _frame(case, others, against_readers(case, labels), _judged(case, segmentation, labels))


def labels_of(case: TalkCase, segmentation: Segmentation) -> tuple[Phase, ...]:
    """The phase of every turn of ``case``.

    Raises:
        EvaluationError: the spans do not cover every turn once.
    """
    labels = segmentation.labels()
    if len(labels) != len(case.turns):
        raise EvaluationError(
            f"{len(labels)} labels for the {len(case.turns)} turns of {case.case_id}: "
            "the spans must cover every turn once"
        )
    return labels


def _frame(
    case: TalkCase,
    others: Sequence[Sequence[Phase]],
    method: PhaseFigures | None = None,
    judged: tuple[tuple[float, bool], ...] = (),
    failure: str | None = None,
) -> TalkRow:
    """A row with floor and ceiling, which need no method."""
    floor = average_positions(others, len(case.turns))
    return TalkRow(
        case.case_id,
        case.kind,
        method,
        baseline=None if floor is None else against_readers(case, floor),
        readers=_readers(case),
        judged=judged,
        failure=failure,
    )


def against_readers(case: TalkCase, labels: Sequence[Phase]) -> PhaseFigures:
    """The agreement of ``labels`` with each reader, averaged."""
    found = mean_figures(compare(case.turns, labels, reading) for reading in case.readings.values())
    return found if found is not None else PhaseFigures(None, None, None, None)


def _readers(case: TalkCase) -> PhaseFigures | None:
    """Each reader scored against each other one, averaged."""
    pairs = permutations(case.readings.values(), 2)
    return mean_figures(compare(case.turns, one, other) for one, other in pairs)


def compare(
    turns: Sequence[Turn], labels: Sequence[Phase], reference: Sequence[Phase]
) -> PhaseFigures:
    """All figures of one labelling against one reading; kappa over substantive turns only."""
    kept = agreement.substantive(turns)
    return PhaseFigures(
        kappa=agreement.kappa(_only(labels, kept), _only(reference, kept)),
        boundary_f1_5=agreement.boundary_match(labels, reference),
        pk=agreement.pk(labels, reference),
        share_error_points=agreement.share_error_points(turns, labels, reference),
        absent=agreement.absences(labels, reference),
        returns=agreement.returns(labels, reference),
    )


def _only(labels: Sequence[Phase], kept: Sequence[bool]) -> list[Phase]:
    return [label for label, keep in zip(labels, kept, strict=True) if keep]


def _judged(
    case: TalkCase, segmentation: Segmentation, labels: Sequence[Phase]
) -> tuple[tuple[float, bool], ...]:
    """The probability given to the label of each turn, and whether each reader has that label."""
    if len(segmentation.probabilities) != len(labels):
        return ()
    stated = [p[label] for p, label in zip(segmentation.probabilities, labels, strict=True)]
    return tuple(
        (probability, label is right)
        for reading in case.readings.values()
        for probability, label, right in zip(stated, labels, reading, strict=True)
    )


def mean_figures(figures: Iterable[PhaseFigures | None]) -> PhaseFigures | None:
    """Each figure averaged over those that have it, counts added; None without any."""
    known = [f for f in figures if f is not None]
    if not known:
        return None
    means = {name: _mean([getattr(f, name) for f in known]) for name in FIGURES}
    return PhaseFigures(
        **means,
        absent=sum((f.absent for f in known), Found()),
        returns=sum((f.returns for f in known), Found()),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
