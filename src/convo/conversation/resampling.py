"""How far a figure could move: other turns might have been said, and phases may lie elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from convo.conversation.shares import SharesOptions
from convo.conversation.talk import PAIR, Flags, Talk
from convo.transcript import Phase

Floats = NDArray[np.float64]
Interval = tuple[float, float]
_INDEX = {phase: number for number, phase in enumerate(Phase)}


class Resamples:
    """The turns of a talk drawn again and again, and its phases in all their samples.

    Turns are drawn role by role, within the phase as one of its samples has it: turns alternate,
    so how many each of the two takes is no chance.
    """

    def __init__(self, talk: Talk, options: SharesOptions) -> None:
        self._options = options
        self._dice = np.random.default_rng(options.seed)
        self._roles = [talk.of(role) for role in PAIR]
        self._labels = np.array([_INDEX[label] for label in talk.labels])
        self._samples = np.array([[_INDEX[p] for p in row] for row in talk.samples])
        self._drawn: dict[Phase | None, Floats] = {}

    def inside(self, phase: Phase | None) -> Flags:
        """Which turns are in ``phase``."""
        if phase is None:
            return np.ones(len(self._labels), dtype=np.bool_)
        return np.asarray(self._labels == _INDEX[phase], dtype=np.bool_)

    def placed(self, phase: Phase | None) -> NDArray[np.bool_]:
        """The same in every sample of the phases, one row each."""
        if phase is None or not len(self._samples):
            return self.inside(phase)[None, :]
        return np.asarray(self._samples == _INDEX[phase], dtype=np.bool_)

    def drawn(self, phase: Phase | None) -> Floats:
        """How often every turn was drawn, one row a resample."""
        if phase not in self._drawn:
            placed = self.placed(phase)
            size = self._options.resamples
            rows = np.zeros((size, len(self._labels)))
            for number in range(size):
                inside = placed[number % len(placed)]
                for role in self._roles:
                    places = np.flatnonzero(inside & role)
                    if places.size:
                        again = places[self._dice.integers(places.size, size=places.size)]
                        rows[number] += np.bincount(again, minlength=rows.shape[1])
            self._drawn[phase] = rows
        return self._drawn[phase]

    def of(self, values: Floats, point: float) -> Interval | None:
        """The interval of ``values``, one a resample or sample; it always holds ``point``.

        None where the figure could be had in no resample.
        """
        known = values[np.isfinite(values)]
        if not known.size:
            return None
        tail = (1 - self._options.interval) / 2
        low, high = np.quantile(known, [tail, 1 - tail])
        return min(float(low), point), max(float(high), point)

    def medians(self, phase: Phase | None, places: Sequence[int], values: Floats) -> Floats:
        """The median of ``values``, which belong to ``places``, in every resample."""
        weights = self.drawn(phase)[:, list(places)]
        order = np.argsort(values)
        heaped = np.cumsum(weights[:, order], axis=1)
        total = heaped[:, -1] if heaped.size else np.zeros(len(heaped))
        middle: Floats = np.full(len(weights), np.nan)
        some = total > 0
        if some.any():
            lower = (heaped[some] >= (total[some] / 2)[:, None]).argmax(axis=1)
            upper = (heaped[some] > (total[some] / 2)[:, None]).argmax(axis=1)
            middle[some] = (values[order][lower] + values[order][upper]) / 2
        return middle

    @cached_property
    def phases(self) -> tuple[Phase | None, ...]:
        """The whole session, and every phase that occurs."""
        return (None, *(p for n, p in enumerate(Phase) if (self._labels == n).any()))
