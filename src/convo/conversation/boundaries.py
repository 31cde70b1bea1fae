"""Boundaries between phases: where, how surely, what speaks for them, when to look again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from pydantic import Field

from convo.conversation.decoding import Floats
from convo.options import Options
from convo.transcript import NO_CLEAR_PHASES, Boundary, Phase, PhaseSpan, Turn

_NO_DOUBT = 1e-9


class BoundaryOptions(Options):
    """How boundaries are described and when they are for review (requirements of honest doubt).

    ``window_mass`` is the probability of a boundary's window, ``near_turns`` the distance within
    which its probability is counted. Boundaries below ``review_probability``, or with another place
    more than ``rival_turns`` away above ``rival_probability``, are for review, and so are sessions
    of fewer than ``short_session_turns`` substantive turns or with more than ``max_unattributed``
    (0 to 1) of their words belonging to nobody. A session whose substantive turns have the phase
    shown for them with a mean probability below ``clear_probability`` has no clear phases, nor has
    one whose words take away less than ``clear_gain`` (0 to 1) of the doubt that the usual order
    and length of phases leave by themselves: such phases would be shown whatever was said.
    """

    window_mass: float = Field(default=0.8, gt=0, lt=1)
    near_turns: int = Field(default=3, ge=0)
    review_probability: float = Field(default=0.5, ge=0, le=1)
    rival_turns: int = Field(default=10, ge=1)
    rival_probability: float = Field(default=0.25, ge=0, le=1)
    short_session_turns: int = Field(default=12, ge=1)
    max_unattributed: float = Field(default=0.05, ge=0, le=1)
    clear_probability: float = Field(default=0.45, ge=0, le=1)
    clear_gain: float = Field(default=0.35, ge=0, le=1)


def boundary(
    before: PhaseSpan,
    after: PhaseSpan,
    starts: Floats,
    leaning: Mapping[Phase, Floats],
    options: BoundaryOptions,
) -> Boundary:
    """The boundary between two neighbouring spans.

    ``starts`` is P(the phase of ``after`` begins at that turn), ``leaning`` what the cues of each
    turn say for each phase. The window holds the wanted part of the mass that lies between the
    second turn of ``before`` and the last of ``after``.
    """
    here = after.start_turn - 1
    low, high = before.start_turn, after.end_turn - 1  # 0-based: from the second turn of `before`
    earliest, latest = _window(starts[low : high + 1], here - low, options.window_mass)
    near = starts[max(low, here - options.near_turns) : here + options.near_turns + 1]
    return Boundary(
        turn=here + 1,
        before=before.phase,
        after=after.phase,
        earliest=low + earliest + 1,
        latest=low + latest + 1,
        probability=float(min(1.0, near.sum())),
        evidence=_evidence(before, after, leaning),
    )


def _window(mass: Floats, centre: int, share: float) -> tuple[int, int]:
    """The stretch around ``centre`` that holds ``share`` of ``mass``, grown to the heavier side."""
    low = high = centre
    held, wanted = float(mass[centre]), share * float(mass.sum())
    while held < wanted and (low > 0 or high < len(mass) - 1):
        left = float(mass[low - 1]) if low > 0 else -1.0
        right = float(mass[high + 1]) if high < len(mass) - 1 else -1.0
        if left > right:
            low, held = low - 1, held + left
        else:
            high, held = high + 1, held + right
    return low, high


def _evidence(
    before: PhaseSpan, after: PhaseSpan, leaning: Mapping[Phase, Floats]
) -> tuple[int, ...]:
    """Up to two turns at the beginning of ``after`` whose cues speak most for the change."""
    first = after.start_turn - 1
    turns = range(first, min(after.end_turn, first + 6))
    speaks = {t: float(leaning[after.phase][t] - leaning[before.phase][t]) for t in turns}
    strongest = sorted((t for t in turns if speaks[t] > 0), key=lambda t: -speaks[t])[:2]
    return tuple(sorted(t + 1 for t in strongest))


def no_clear_phases(
    solid: Sequence[bool],
    spans: Sequence[PhaseSpan],
    heard: Mapping[Phase, Floats],
    unheard: Mapping[Phase, Floats],
    options: BoundaryOptions,
) -> tuple[str, ...]:
    """The sentence that says so, if the phases are too unsure over the whole session; else none.

    ``solid`` marks the substantive turns. ``heard`` holds P(phase) of every turn, ``unheard`` what
    it would be if nothing that is said told anything.
    """
    if not any(solid):
        return ()
    sure, guessed = _mean_of_shown(solid, spans, heard), _mean_of_shown(solid, spans, unheard)
    # where only one phase is possible, nothing is left in doubt
    gain = max(0.0, sure - guessed) / (1 - guessed) if guessed < 1 - _NO_DOUBT else 1.0
    if sure < options.clear_probability:
        why = f"on average a turn has the phase shown for it with a probability of only {sure:.0%}"
    elif gain < options.clear_gain:
        why = "what is said tells little more than the usual order and length of phases"
    else:
        return ()
    return (f"{NO_CLEAR_PHASES}: {why}, so what is shown is no more than the best guess",)


def _mean_of_shown(
    solid: Sequence[bool], spans: Sequence[PhaseSpan], by_phase: Mapping[Phase, Floats]
) -> float:
    parts = [by_phase[span.phase][span.start_turn - 1 : span.end_turn] for span in spans]
    return float(np.concatenate(parts)[np.array(solid, dtype=bool)].mean())


def reasons_for_review(
    turns: Sequence[Turn],
    solid: int,
    spans: Sequence[PhaseSpan],
    boundaries: Sequence[Boundary],
    starts: Mapping[Phase, Floats],
    options: BoundaryOptions,
) -> tuple[str, ...]:
    """Why a person should look at these phases; ``solid`` counts the substantive turns."""
    reasons: list[str] = []
    if solid < options.short_session_turns:
        reasons.append(f"only {solid} substantive turns: too short to tell phases apart")
    for found, (before, after) in zip(boundaries, pairwise(spans), strict=True):
        name = f"the change to {found.after} at turn {turns[found.turn - 1].number}"
        if found.probability is not None and found.probability < options.review_probability:
            reasons.append(f"{name} is uncertain ({found.probability:.0%} within three turns)")
        rival = _rival(starts[found.after], before, after, options)
        if rival is not None:
            reasons.append(f"{name} might as well lie near turn {turns[rival - 1].number}")
    words = sum(turn.word_count for turn in turns)
    nobody = sum(turn.word_count for turn in turns if turn.speaker is None)
    if words and nobody / words > options.max_unattributed:
        reasons.append(f"{nobody / words:.0%} of the words belong to no speaker")
    return tuple(reasons)


def _rival(
    starts: Floats, before: PhaseSpan, after: PhaseSpan, options: BoundaryOptions
) -> int | None:
    """Another place for the boundary, far away and probable; None if there is none."""
    here = after.start_turn - 1
    width = np.ones(2 * options.near_turns + 1)
    around = np.convolve(starts, width)[options.near_turns : options.near_turns + len(starts)]
    places = np.arange(len(starts))
    local = (places >= before.start_turn) & (places < after.end_turn)
    far = np.abs(places - here) > options.rival_turns
    around = np.where(local & far, around, 0.0)
    best = int(around.argmax())
    return best + 1 if around[best] > options.rival_probability else None
