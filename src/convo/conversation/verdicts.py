"""What people say about candidates, by time, so that it holds when a session is read anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LEAST_SHARED = 0.5
"""Of the shorter of two stretches; less is another candidate."""


@dataclass(frozen=True, slots=True)
class Said:
    """``who`` confirms or rejects the candidate for ``what`` from ``start`` to ``end``, in seconds.

    ``what`` is the kind of a motif, or the code of a turn.
    """

    what: str
    start: float
    end: float
    confirmed: bool
    who: str = ""


def verdict(what: str, start: float | None, end: float | None, said: Iterable[Said]) -> bool | None:
    """Whether a candidate is confirmed (True) or rejected; None while nobody has said.

    The last word on it counts; without times nothing is known to be about it.

    >>> said = [Said("COM", 10.0, 14.0, True), Said("COM", 10.0, 14.0, False)]
    >>> verdict("COM", 11.0, 14.0, said), verdict("COM", 30.0, 34.0, said)
    (False, None)
    """
    found = None
    if start is None or end is None:
        return found
    for one in said:
        shorter = min(end - start, one.end - one.start)
        shared = min(end, one.end) - max(start, one.start)
        near = shared >= LEAST_SHARED * shorter if shorter > 0 else shared >= 0
        if one.what == what and near:
            found = one.confirmed
    return found
