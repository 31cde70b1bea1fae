"""The floor: what a method reaches that never reads a word, and how far another is above it.

*Average positions*: every session is cut into opening frame, orientation, scrutiny,
co-construction and closing frame, each as long as its median part of the turns in the other
sessions. Leaving the session itself out keeps the floor honest.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from convo.evaluation.agreement import CONTENT
from convo.transcript import Phase

ORDER = (Phase.FRAME, *CONTENT, Phase.FRAME)
_RESAMPLES, _SEED = 2000, 20250101


def parts(labels: Sequence[Phase]) -> tuple[float, ...]:
    """The part of the turns in opening frame, orientation, scrutiny, co-construction, the end.

    Returns to a phase are pooled with it; frame talk in the middle is left out.

    >>> F, O, S, C = Phase.FRAME, *CONTENT
    >>> parts([F, O, S, S, C, S, C, F, F, F])
    (0.1, 0.1, 0.3, 0.2, 0.3)
    """
    opening, closing = _leading_frame(labels), _leading_frame(labels[::-1])
    counts = (opening, *(sum(label is phase for label in labels) for phase in CONTENT), closing)
    return tuple(count / len(labels) for count in counts)


def _leading_frame(labels: Sequence[Phase]) -> int:
    return next((i for i, label in enumerate(labels) if label is not Phase.FRAME), len(labels))


def average_positions(known: Sequence[Sequence[Phase]], turns: int) -> tuple[Phase, ...] | None:
    """Labels of a session of ``turns`` turns, from the labellings of other sessions.

    None when there is no other session to learn from.

    >>> F, O, S, C = Phase.FRAME, *CONTENT
    >>> [p.value[0] for p in average_positions([[O, S, S, C], [O, S, S, C]], 8)]
    ['o', 'o', 's', 's', 's', 's', 'c', 'c']
    """
    if not known:
        return None
    columns = zip(*(parts(labels) for labels in known), strict=True)
    lengths = [median(column) for column in columns]
    if not sum(lengths):
        return None
    ends = np.round(np.cumsum(lengths) / sum(lengths) * turns)
    places = np.searchsorted(ends, np.arange(turns), side="right")
    return tuple(ORDER[place] for place in places)


def skill(
    method: Sequence[float], baseline: Sequence[float], best: float
) -> tuple[float, float, float] | None:
    """What part of the way from the baseline to ``best`` a method goes, with its 90 % interval.

    The two hold one figure a session, in the same order; sessions are drawn again, with
    replacement, for the interval. None without two sessions, or when the baseline is perfect.

    >>> skill([0.5, 0.5], [0.0, 0.0], best=1.0)
    (0.5, 0.5, 0.5)
    >>> skill([0.25, 0.25], [0.5, 0.5], best=0.0)
    (0.5, 0.5, 0.5)
    """
    pairs = np.array([method, baseline])
    n = pairs.shape[1]
    if n < 2:
        return None
    drawn = np.random.default_rng(_SEED).integers(0, n, size=(_RESAMPLES, n))
    means = np.column_stack([pairs.mean(axis=1), pairs[:, drawn].mean(axis=2)])
    room = best - means[1]
    if room[0] == 0:
        return None
    values = (means[0] - means[1])[room != 0] / room[room != 0]
    low, high = np.quantile(values[1:], [0.05, 0.95]) if len(values) > 1 else (values[0],) * 2
    return float(values[0]), float(low), float(high)
