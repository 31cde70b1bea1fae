"""Phases by cues and constrained dynamic programming (codebook, section 2).

Provisional by name and nature: hand-written cues do not settle phases, they propose them. Anything
with the shape of :class:`Segmenter` can take its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Protocol

import numpy as np
from pydantic import Field

from convo.conversation.boundaries import BoundaryOptions, boundary, reasons_for_review
from convo.conversation.cues import STATES, Cues, PhaseCues, Weights, cue_hits, is_backchannel
from convo.conversation.decoding import Floats, Ints, Lattice, best_path, draw, posterior
from convo.transcript import Phase, PhaseSpan, Role, Segmentation, Turn

_FRAME = Phase.FRAME
_PHASES = (_FRAME, Phase.ORIENTATION, Phase.SCRUTINY, Phase.CO_CONSTRUCTION, _FRAME, _FRAME)
_KINDS = {phase: np.array([kind is phase for kind in _PHASES]) for phase in Phase}
_FREE = np.array([state in ("opening", "closing") for state in STATES])
_ONLY_AT_START = np.array([state == "opening" for state in STATES])
_IMPOSSIBLE = -1e30


class PhasesOptions(BoundaryOptions):
    """How phases are found, besides how their boundaries are described.

    Codebook A1: a span holds at least ``min_substantive_turns`` with both people contributing, or
    ``min_words`` words; frame at the very start or end may be shorter. ``samples`` labellings,
    drawn with ``seed``, carry the uncertainty into the shares.
    """

    min_substantive_turns: int = Field(default=4, ge=1)
    min_words: int = Field(default=100, ge=1)
    samples: int = Field(default=200, ge=0)
    seed: int = 20


class Segmenter(Protocol):
    """Any method that divides a session into phases; ``version`` changes with its results."""

    @property
    def name(self) -> str:
        """The method, as it is stored with every result."""
        ...

    @property
    def version(self) -> str:
        """What, besides the code, the results depend on."""
        ...

    def segment(self, turns: Sequence[Turn]) -> Segmentation:
        """The phases of ``turns``, gapless; no spans when there are no turns."""
        ...


class CueSegmenter:
    """Cue weights as emissions of a semi-Markov chain, solved exactly. Linear in the turns."""

    name = "cues-dp-1"

    def __init__(self, cues: Cues, options: PhasesOptions | None = None) -> None:
        """Cues with their weights, as :func:`~convo.conversation.cues.parse_cues` reads them."""
        self._cues = cues
        self._options = options or PhasesOptions()

    @property
    def version(self) -> str:
        """The version of the cues."""
        return self._cues.version

    @property
    def method(self) -> str:
        """What readers see: provisional until people have confirmed it."""
        return f"{self.name} (provisional), cues {self.version}"

    def segment(self, turns: Sequence[Turn]) -> Segmentation:
        """The most probable phase of every turn, in spans that are sustained (codebook A1)."""
        if not turns:
            return Segmentation((), (), (), self.method, review=("nobody speaks: no phases",))
        turns = tuple(turns)
        lattice, cue_says = _lattice(turns, self._cues.phases, self._options)
        belief = posterior(lattice)
        spans = _spans(best_path(_fewest_errors(lattice, belief.states)), belief.states)
        starts = _by_phase(belief.starts)
        leaning = {phase: cue_says[:, kind].max(axis=1) for phase, kind in _KINDS.items()}
        boundaries = tuple(
            boundary(before, after, starts[after.phase], leaning, self._options)
            for before, after in pairwise(spans)
        )
        drawn = draw(lattice, self._options.samples, self._options.seed)
        by_phase = _by_phase(belief.states)
        return Segmentation(
            spans=spans,
            boundaries=boundaries,
            probabilities=tuple(
                {phase: float(by_phase[phase][row]) for phase in Phase} for row in range(len(turns))
            ),
            method=self.method,
            samples=tuple(tuple(_PHASES[state] for state in row) for row in drawn),
            review=reasons_for_review(
                turns, sum(substantive(turns)), spans, boundaries, starts, self._options
            ),
        )


def substantive(turns: Sequence[Turn]) -> tuple[bool, ...]:
    """Which turns are more than a backchannel.

    >>> substantive([Turn(1, "A", "What did she do?"), Turn(2, "B", "Left."), Turn(3, "A", "Mm.")])
    (True, True, False)
    """
    return tuple(
        not is_backchannel(turn, turns[place - 1] if place else None)
        for place, turn in enumerate(turns)
    )


def latest_starts(turns: Sequence[Turn], options: PhasesOptions) -> Ints:
    """For each turn the latest turn from which a span up to here is sustained; -1 if none is."""
    solid = substantive(turns)
    people = [name for name, _ in _main_speakers(turns)]
    last_word_of = dict.fromkeys(people, -1)
    words = np.concatenate([[0], np.cumsum([turn.word_count for turn in turns])])
    seen: list[int] = []
    found = np.empty(len(turns), dtype=np.int64)
    for place, turn in enumerate(turns):
        if solid[place]:
            seen.append(place)
            if turn.speaker in last_word_of:
                last_word_of[turn.speaker] = place
        enough = len(seen) >= options.min_substantive_turns
        by_turns = seen[-options.min_substantive_turns] if enough else -1
        by_turns = min([by_turns, *last_word_of.values()])
        by_words = int(np.searchsorted(words, words[place + 1] - options.min_words, "right")) - 1
        found[place] = max(by_turns, by_words)
    return found


def _main_speakers(turns: Sequence[Turn]) -> list[tuple[str, int]]:
    people = Counter(t.speaker for t in turns if t.speaker is not None and t.role != Role.OTHER)
    return people.most_common(2)


def _lattice(
    turns: tuple[Turn, ...], cues: PhaseCues, options: PhasesOptions
) -> tuple[Lattice, Floats]:
    """The scores of a session, and beside them what the cues alone say of each turn."""
    hits = cue_hits(turns, cues.cues)
    leaning = hits @ _table([cue.weights for cue in cues.cues]) / cues.temperature
    enter = hits @ _table([cue.starts for cue in cues.cues]) / cues.temperature
    limit = latest_starts(turns, options)
    limit[-1] = max(limit[-1], 0)  # the whole session may always be one span
    latest = np.where(_FREE, np.arange(len(turns))[:, None], limit[:, None])
    lattice = Lattice(
        emission=leaning + _places(cues, len(turns)) / cues.temperature,
        enter=enter,
        change=_scores([cues.next.get(state, {}) for state in STATES]) / cues.temperature,
        first=_scores([cues.first])[0] / cues.temperature,
        last=_scores([cues.last])[0] / cues.temperature,
        latest_start=latest,
        only_at_start=_ONLY_AT_START,
    )
    return lattice, leaning + enter


def _table(weights: Sequence[Weights]) -> Floats:
    rows = [[one.get(state, 0.0) for state in STATES] for one in weights]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(STATES))


def _scores(rows: Sequence[Weights]) -> Floats:
    return np.array([[row.get(state, _IMPOSSIBLE) for state in STATES] for row in rows])


def _places(cues: PhaseCues, turns: int) -> Floats:
    """The weak prior of place: straight lines between evenly spaced points."""
    at = np.linspace(0.0, 1.0, turns) if turns > 1 else np.zeros(1)
    columns = []
    for state in STATES:
        points = cues.places.get(state, (0.0,))
        columns.append(np.interp(at, np.linspace(0.0, 1.0, len(points)), points))
    return np.stack(columns, axis=1)


def _fewest_errors(lattice: Lattice, states: Floats) -> Lattice:
    """The lattice whose best path has the most turns right on average, under the same rules."""
    allowed = np.where(lattice.change > _IMPOSSIBLE / 2, 0.0, _IMPOSSIBLE)
    np.fill_diagonal(allowed, 0.0)
    return Lattice(
        emission=states,
        enter=np.zeros_like(states),
        change=allowed,
        first=np.where(lattice.first > _IMPOSSIBLE / 2, 0.0, _IMPOSSIBLE),
        last=np.where(lattice.last > _IMPOSSIBLE / 2, 0.0, _IMPOSSIBLE),
        latest_start=lattice.latest_start,
        only_at_start=lattice.only_at_start,
    )


def _by_phase(states: Floats) -> dict[Phase, Floats]:
    return {phase: states[:, kind].sum(axis=1) for phase, kind in _KINDS.items()}


def _spans(path: Sequence[tuple[int, int, int]], states: Floats) -> tuple[PhaseSpan, ...]:
    """Spans of phases; frames side by side are one, a new orientation begins a new cycle."""
    by_phase = _by_phase(states)
    spans: list[PhaseSpan] = []
    cycle, worked = 1, False
    for phase, kinds in groupby(path, key=lambda span: _PHASES[span[2]]):
        parts = list(kinds)
        start, end = parts[0][0], parts[-1][1]
        if phase is Phase.ORIENTATION and worked:
            cycle, worked = cycle + 1, False
        worked = worked or phase in (Phase.SCRUTINY, Phase.CO_CONSTRUCTION)
        mean = float(by_phase[phase][start : end + 1].mean())
        spans.append(PhaseSpan(phase, start + 1, end + 1, cycle, mean))
    return tuple(spans)
