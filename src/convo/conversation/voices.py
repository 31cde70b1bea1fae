"""Voices known from earlier sessions of the same pair: who of two speakers is the coach?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Voice = Sequence[float]

# An assumption, not yet fitted on real pairs: a margin of 0.25 between the two ways of giving the
# voices to the roles means 95 %, one of 0.5 means 99.8 %.
_STEEPNESS = 12.0


def similarity(one: Voice, other: Voice) -> float:
    """Cosine of the angle between two embeddings, -1 to 1; 0 if either is all zero.

    >>> similarity((1.0, 0.0), (0.0, 2.0))
    0.0
    """
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    norm = math.hypot(*one) * math.hypot(*other)
    return dot / norm if norm else 0.0


def coach_probabilities(
    voices: Mapping[str, Voice], coach: Voice | None, coachee: Voice | None
) -> dict[str, float]:
    """P(is the coach) of each of exactly two speakers, from kept voices of the pair.

    Empty when nothing is known or when there are not two voices to tell apart.

    >>> heard = {"A": (1.0, 0.0), "B": (0.0, 1.0)}
    >>> coach_probabilities(heard, coach=(1.0, 0.1), coachee=None)["A"] > 0.99
    True
    """
    if len(voices) != 2 or (coach is None and coachee is None):
        return {}
    first, second = sorted(voices)
    margin = 0.0
    if coach is not None:
        margin += similarity(voices[first], coach) - similarity(voices[second], coach)
    if coachee is not None:
        margin += similarity(voices[second], coachee) - similarity(voices[first], coachee)
    probability = 1 / (1 + math.exp(-_STEEPNESS * margin))
    return {first: probability, second: 1 - probability}
