"""Phases by constrained dynamic programming over what every turn says (codebook, section 2).

What a turn says comes from hand-written cues and, if there is one, from a trained reader of turns.
The cues alone are the small fallback, and always name the turns that speak for a boundary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated, Literal, Protocol

import numpy as np
from pydantic import Field, StringConstraints, field_validator

from convo.conversation.boundaries import (
    BoundaryOptions,
    boundary,
    no_clear_phases,
    reasons_for_review,
)
from convo.conversation.cues import STATES, Cues, PhaseCues, Weights, cue_hits, is_backchannel
from convo.conversation.decoding import Floats, Ints, Lattice, best_path, draw, posterior
from convo.conversation.media import in_room, with_media
from convo.conversation.spans import spans_of
from convo.transcript import Phase, Role, Segmentation, Turn

_FRAME = Phase.FRAME
_PHASES = (_FRAME, Phase.ORIENTATION, Phase.SCRUTINY, Phase.CO_CONSTRUCTION, _FRAME, _FRAME)
_KINDS = {phase: np.array([kind is phase for kind in _PHASES]) for phase in Phase}
_FREE = np.array([state in ("opening", "closing") for state in STATES])
_ONLY_AT_START = np.array([state == "opening" for state in STATES])
_IMPOSSIBLE = -1e30

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class PhasesOptions(BoundaryOptions):
    """How phases are found, besides how their boundaries are described.

    Codebook A1: a span holds at least ``min_substantive_turns`` with both people contributing, or
    ``min_words`` words; frame at the very start or end may be shorter. ``samples`` labellings,
    drawn with ``seed``, carry the uncertainty into the shares.

    ``method`` "learned" adds a trained reader of turns to the cues; "cues" leaves it out. Its log
    probabilities count ``learned_weight`` times, so that many unsure turns do not make one sure
    span; ``start_weight`` is that of its feeling for first turns, ``cue_weight`` that of the cues
    beside it. P(phase) of a turn is then that over all cuttings into spans and, to a part of
    ``turn_weight`` (0 to 1), what the reader makes of the turn by itself.

    The reader learned from written talk, and takes for orientation much of how people examine and
    plan when they speak freely. ``leaning`` is added to its log probabilities, in full where at
    least ``free_talk`` of the turns only show listening (written talk has few of them, real talk
    many), else in proportion. All these were chosen on sessions that it never saw.

    ``without`` lists phases that this kind of session does not have, such as a debrief without
    orientation; frame is always possible. ``names`` are a programme's own names of phases, such as
    {scrutiny = "Looking closely"}: they are shown to people, what is stored keeps the usual ones.
    """

    min_substantive_turns: int = Field(default=4, ge=1)
    min_words: int = Field(default=100, ge=1)
    method: Literal["learned", "cues"] = "learned"
    learned_weight: float = Field(default=0.25, ge=0)
    start_weight: float = Field(default=0.5, ge=0)
    cue_weight: float = Field(default=0.3, ge=0)
    turn_weight: float = Field(default=0.45, ge=0, le=1)
    leaning: Mapping[Phase, float] = {Phase.ORIENTATION: -1.0, Phase.CO_CONSTRUCTION: 1.5}
    free_talk: float = Field(default=0.15, gt=0, le=1)
    samples: int = Field(default=200, ge=0)
    seed: int = 20
    without: tuple[Phase, ...] = ()
    names: Mapping[Phase, Name] = {}

    @field_validator("without")
    @classmethod
    def _is_possible(cls, without: tuple[Phase, ...]) -> tuple[Phase, ...]:
        if _FRAME in without:
            raise ValueError("frame cannot be switched off, every session may greet: leave it out")
        # one order, so that the same phases always give the same result and are computed once
        return tuple(phase for phase in Phase if phase in without)

    @field_validator("names")
    @classmethod
    def _differ(cls, names: Mapping[Phase, str]) -> Mapping[Phase, str]:
        own = {name.casefold(): phase for phase, name in names.items()}
        if len(own) < len(names) or any(
            own.get(phase.value, phase) is not phase for phase in Phase
        ):
            raise ValueError("two phases have the same name: nobody could tell them apart")
        return names


@dataclass(frozen=True, slots=True)
class TurnScores:
    """What a trained reader makes of n turns, in natural logs.

    ``phases`` is n by 4, log P(phase) in the order of :class:`~convo.transcript.Phase`; ``starts``
    has n values, log P(a span starts here); ``codes`` is n by 12, log P(turn code).
    """

    phases: Floats
    starts: Floats
    codes: Floats


class Reader(Protocol):
    """A trained reader of turns; ``version`` names its weights."""

    @property
    def version(self) -> str:
        """What the results depend on."""
        ...

    def __call__(self, turns: Sequence[Turn]) -> TurnScores:
        """The scores of every turn."""
        ...


class PhaseSegmenter:
    """Cues and a trained reader as emissions of a semi-Markov chain, solved exactly.

    Without a reader the cues stand alone. Linear in the turns.
    """

    def __init__(
        self, cues: Cues, options: PhasesOptions | None = None, reader: Reader | None = None
    ) -> None:
        """Cues with their weights, as :func:`~convo.conversation.cues.parse_cues` reads them."""
        self._cues = cues
        self._options = options or PhasesOptions()
        self._reader = reader

    @property
    def name(self) -> str:
        """``encoder-dp-2`` with a reader, ``cues-dp-1`` without."""
        return "cues-dp-1" if self._reader is None else "encoder-dp-2"

    @property
    def version(self) -> str:
        """The versions of the cues and of the weights."""
        return self._cues.version + (f"+{self._reader.version}" if self._reader else "")

    @property
    def method(self) -> str:
        """What readers see: provisional until it is shown to beat a method that reads nothing."""
        model = f"model {self._reader.version}, " if self._reader else ""
        return f"{self.name} (provisional), {model}cues {self._cues.version}"

    def segment(self, turns: Sequence[Turn]) -> Segmentation:
        """The most probable phase of every turn, in spans that are sustained (codebook A1).

        What is played is not read: it has the phase of the talk around it.
        """
        room = in_room(turns)
        return with_media(self._segment(room), turns) if room else self._nothing(turns)

    def _nothing(self, turns: Sequence[Turn]) -> Segmentation:
        options, spans = self._options, spans_of([_FRAME] * len(turns))
        review = ("nobody speaks: no phases",)
        return Segmentation(spans, (), (), self.method, (), review, options.names, options.without)

    def _segment(self, turns: tuple[Turn, ...]) -> Segmentation:
        options = self._options
        lattice, cue_says = _lattice(turns, self._cues.phases, options)
        solid = substantive(turns)
        scores = _leaning(self._reader(turns), solid, options) if self._reader else None
        if scores is not None:
            lattice = _with_scores(lattice, scores, options)
        lattice, phases = _without(lattice, options.without)
        belief = posterior(lattice)
        by_phase = _by_phase(belief.states, phases)
        if scores is not None:
            by_phase = _blended(by_phase, scores, options)
        states = np.stack([by_phase[phase] for phase in phases], axis=1)
        path = best_path(_fewest_errors(lattice, states))
        labels = [phases[state] for start, end, state in path for _ in range(start, end + 1)]
        spans = spans_of(labels, by_phase)
        starts = _by_phase(belief.starts, phases)
        leaning = {phase: cue_says[:, kind].max(axis=1) for phase, kind in _KINDS.items()}
        boundaries = tuple(
            boundary(before, after, starts[after.phase], leaning, options)
            for before, after in pairwise(spans)
        )
        drawn = draw(lattice, options.samples, options.seed)
        return Segmentation(
            spans=spans,
            boundaries=boundaries,
            probabilities=tuple(
                {phase: float(by_phase[phase][row]) for phase in Phase} for row in range(len(turns))
            ),
            method=self.method,
            samples=tuple(tuple(phases[state] for state in row) for row in drawn),
            review=(
                *no_clear_phases(solid, spans, by_phase, self._unheard(turns), options),
                *reasons_for_review(turns, sum(solid), spans, boundaries, starts, options),
            ),
            names=options.names,
            without=options.without,
        )

    def _unheard(self, turns: tuple[Turn, ...]) -> dict[Phase, Floats]:
        """P(phase) of every turn as it would be if nothing that is said told anything."""
        silent = self._cues.phases.model_copy(update={"cues": ()})
        lattice, _ = _lattice(turns, silent, self._options)
        if self._reader is not None:
            nothing = TurnScores(*(np.zeros((len(turns), *size)) for size in ((4,), (), (12,))))
            scores = _leaning(nothing, substantive(turns), self._options)
            lattice = _with_scores(lattice, scores, self._options)
        lattice, phases = _without(lattice, self._options.without)
        return _by_phase(posterior(lattice).states, phases)


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


def _leaning(scores: TurnScores, solid: Sequence[bool], options: PhasesOptions) -> TurnScores:
    """The scores with each phase more or less probable throughout, as far as people talk freely."""
    freely = min(1.0, (1 - sum(solid) / len(solid)) / options.free_talk)
    lean = np.array([options.leaning.get(phase, 0.0) for phase in Phase])
    phases = scores.phases + freely * lean
    return replace(scores, phases=phases - np.logaddexp.reduce(phases, axis=1, keepdims=True))


def _with_scores(lattice: Lattice, scores: TurnScores, options: PhasesOptions) -> Lattice:
    """The lattice of the cues, weighed down, with what the reader makes of every turn."""
    order = tuple(Phase)
    column = [order.index(phase) for phase in _PHASES]
    starts = options.start_weight * scores.starts[:, None]
    lattice = _weighed_down(lattice, options.cue_weight)
    return replace(
        lattice,
        emission=lattice.emission + options.learned_weight * scores.phases[:, column],
        enter=lattice.enter + np.where(np.arange(len(starts))[:, None] > 0, starts, 0.0),
    )


def _weighed_down(lattice: Lattice, weight: float) -> Lattice:
    """All scores times ``weight``; what is impossible stays so."""
    return replace(
        lattice,
        emission=weight * lattice.emission,
        enter=weight * lattice.enter,
        change=_weighed(lattice.change, weight),
        first=_weighed(lattice.first, weight),
        last=_weighed(lattice.last, weight),
    )


def _without(lattice: Lattice, absent: Sequence[Phase]) -> tuple[Lattice, tuple[Phase, ...]]:
    """The lattice with no state of the ``absent`` phases, and the phase of each state left.

    A state that is not there has no probability at all, whatever the scores are.
    """
    kept = [state for state, phase in enumerate(_PHASES) if phase not in absent]
    left = Lattice(
        emission=lattice.emission[:, kept],
        enter=lattice.enter[:, kept],
        change=lattice.change[np.ix_(kept, kept)],
        first=lattice.first[kept],
        last=lattice.last[kept],
        latest_start=lattice.latest_start[:, kept],
        only_at_start=lattice.only_at_start[kept],
    )
    return left, tuple(_PHASES[state] for state in kept)


def _weighed(scores: Floats, weight: float) -> Floats:
    return np.where(scores > _IMPOSSIBLE / 2, weight * scores, _IMPOSSIBLE)


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


def _blended(
    by_phase: Mapping[Phase, Floats], scores: TurnScores, options: PhasesOptions
) -> dict[Phase, Floats]:
    """P(phase) over all cuttings, and in part that of each turn by itself."""
    own = np.exp(scores.phases) * [phase not in options.without for phase in Phase]
    own /= own.sum(axis=1, keepdims=True)
    part = options.turn_weight
    return {
        phase: (1 - part) * by_phase[phase] + part * own[:, column]
        for column, phase in enumerate(Phase)
    }


def _fewest_errors(lattice: Lattice, states: Floats) -> Lattice:
    """The lattice whose best path has the most turns right on average, under the same rules.

    ``states`` is n by k: P(phase of the state) for every turn.
    """
    rules = _weighed_down(lattice, 0.0)
    np.fill_diagonal(rules.change, 0.0)
    return replace(rules, emission=states)


def _by_phase(states: Floats, phases: Sequence[Phase]) -> dict[Phase, Floats]:
    """Sums over the states (columns) of each phase; 0 for a phase that has none."""
    kinds = {phase: np.array([kind is phase for kind in phases]) for phase in Phase}
    return {phase: states[:, kind].sum(axis=1) for phase, kind in kinds.items()}
