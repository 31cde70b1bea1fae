"""How well two labellings of the same turns agree: plain functions on phases, no I/O.

A *boundary* is the index (from 0) of a turn whose phase differs from that of the turn before.
Spans that meet with the same label (a new cycle of it) have no boundary between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from convo.conversation import phases
from convo.conversation.media import is_played
from convo.transcript import Phase, Role, Turn

BOUNDARY_WINDOW_TURNS = 5
CALIBRATION_BINS = 10
CONTENT = (Phase.ORIENTATION, Phase.SCRUTINY, Phase.CO_CONSTRUCTION)


@dataclass(frozen=True, slots=True)
class Found:
    """``found`` of ``total`` cases. Counts add; they are never averaged.

    >>> (Found(1, 1) + Found(0, 3)).rate
    0.25
    >>> Found(0, 0).rate is None
    True
    """

    found: int = 0
    total: int = 0

    @property
    def rate(self) -> float | None:
        """Between 0 and 1, or None when there was nothing to find."""
        return self.found / self.total if self.total else None

    def __add__(self, other: Found) -> Found:
        return Found(self.found + other.found, self.total + other.total)


def substantive(turns: Sequence[Turn]) -> tuple[bool, ...]:
    """Which turns are neither a backchannel nor speech from a played recording (codebook, 1).

    A backchannel holds nothing but listening words (``mm-hm``, ``yeah``, ``right`` ...) and answers
    no question: see :func:`convo.conversation.cues.is_backchannel`.

    >>> said = [("A", "It froze."), ("B", "Mm-hmm. Right."), ("B", "Did you see?"), ("A", "Yes.")]
    >>> substantive([Turn(n, who, text) for n, (who, text) in enumerate(said, start=1)])
    (True, False, True, True)
    """
    own = phases.substantive(turns)
    return tuple(not is_played(turn) and said for turn, said in zip(turns, own, strict=True))


def kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> float | None:
    """Cohen's kappa; 1 when both give every turn the same single label, None without turns.

    >>> O, S = Phase.ORIENTATION, Phase.SCRUTINY
    >>> kappa([O, O, S, S], [O, O, O, S])
    0.5
    """
    n = len(one)
    if not n:
        return None
    observed = sum(a == b for a, b in zip(one, other, strict=True)) / n
    left, right = Counter(one), Counter(other)
    expected = sum(left[label] * right[label] for label in left) / n**2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)


def boundaries(labels: Sequence[Phase]) -> tuple[int, ...]:
    """Indices of the turns at which the phase changes."""
    return tuple(i for i, (a, b) in enumerate(pairwise(labels), start=1) if a != b)


def boundary_match(
    hypothesis: Sequence[Phase],
    reference: Sequence[Phase],
    window: int = BOUNDARY_WINDOW_TURNS,
) -> float:
    """Mean of precision and recall of boundaries, each matched within ``window`` turns.

    A boundary is matched when the other side has one at most ``window`` turns away, whatever the
    labels. Two labellings without boundaries agree (1); only one without is 0.

    >>> O, S = Phase.ORIENTATION, Phase.SCRUTINY
    >>> boundary_match([O] * 4 + [S] * 20, [O] * 9 + [S] * 15)
    1.0
    """
    left, right = boundaries(hypothesis), boundaries(reference)
    if not left or not right:
        return float(left == right)
    return (_near(left, right, window) + _near(right, left, window)) / 2


def _near(these: Sequence[int], those: Sequence[int], window: int) -> float:
    return sum(any(abs(a - b) <= window for b in those) for a in these) / len(these)


def pk(hypothesis: Sequence[Phase], reference: Sequence[Phase]) -> float | None:
    """How often two turns half a mean reference span apart are wrongly judged together or apart.

    0 is best; None for a single turn, where nothing can be judged.
    """
    n = len(reference)
    if n < 2:
        return None
    k = max(1, round(n / (len(boundaries(reference)) + 1) / 2))
    left, right = (_boundaries_up_to(labels) for labels in (hypothesis, reference))
    apart = [(lab[k:] - lab[:-k]) > 0 for lab in (left, right)]
    return float(np.mean(apart[0] != apart[1]))


def _boundaries_up_to(labels: Sequence[Phase]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    changed = np.zeros(len(labels), dtype=np.int64)
    changed[list(boundaries(labels))] = 1
    return np.cumsum(changed)


def coachee_share(turns: Sequence[Turn], labels: Sequence[Phase], phase: Phase) -> float | None:
    """The coachee's part of the words that coach and coachee say in ``phase``; None without any."""
    words: Counter[Role | None] = Counter()
    for turn, label in zip(turns, labels, strict=True):
        if label is phase:
            words[turn.role] += turn.word_count
    total = words[Role.COACH] + words[Role.COACHEE]
    return words[Role.COACHEE] / total if total else None


def share_error_points(
    turns: Sequence[Turn], hypothesis: Sequence[Phase], reference: Sequence[Phase]
) -> float | None:
    """Error of the coachee's share in points: mean over the phases that both labellings have.

    All four labels count, the frame too. None when the labellings have no phase in common.
    """
    errors = []
    for phase in Phase:
        shares = [coachee_share(turns, labels, phase) for labels in (hypothesis, reference)]
        if shares[0] is not None and shares[1] is not None:
            errors.append(100 * abs(shares[0] - shares[1]))
    return sum(errors) / len(errors) if errors else None


def absences(hypothesis: Sequence[Phase], reference: Sequence[Phase]) -> Found:
    """How many of the phases that the reference lacks the hypothesis lacks too (frame aside)."""
    missing = set(CONTENT) - set(reference)
    return Found(len(missing - set(hypothesis)), len(missing))


def returns(hypothesis: Sequence[Phase], reference: Sequence[Phase]) -> Found:
    """How many returns to a phase are found again (frame aside).

    A return is a span whose phase was there before. It is found when the hypothesis gives the phase
    to more than half of its turns, and leaves the phase somewhere since the span before.
    """
    found = Found()
    last: dict[Phase, int] = {}
    start = 0
    for phase, run in groupby(reference):
        end = start + sum(1 for _ in run)
        if phase in last:
            kept = sum(label is phase for label in hypothesis[start:end])
            left = any(label is not phase for label in hypothesis[last[phase] : end])
            found += Found(int(2 * kept > end - start and left), 1)
        if phase in CONTENT:
            last[phase] = end - 1
        start = end
    return found


def calibration_error(judged: Iterable[tuple[float, bool]]) -> float | None:
    """Expected calibration error of (probability, right?) pairs in ten bins of equal width.

    The mean over turns of the gap between stated probability and observed accuracy of the bin.

    >>> calibration_error([(0.75, True), (0.75, True), (0.75, False), (0.75, True)])
    0.0
    >>> calibration_error([]) is None
    True
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability, right in judged:
        place = min(int(probability * CALIBRATION_BINS), CALIBRATION_BINS - 1)
        bins.setdefault(place, []).append((probability, right))
    total = sum(len(members) for members in bins.values())
    if not total:
        return None
    gaps = (abs(sum(p - right for p, right in members)) for members in bins.values())
    return sum(gaps) / total
