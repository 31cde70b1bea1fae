"""Voices known from earlier sessions of the same pair: who of two speakers is the coach?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from convo.transcript import SpeakerSegment

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


def anchored(speaker: str, segments: Sequence[SpeakerSegment]) -> str:
    """A speaker with a second of its talk, such as ``SPEAKER_01@62.40``.

    So it stays true when speakers are told apart anew and get other labels. Somebody who is heard
    in no segment has no such second.
    """
    own = [segment for segment in segments if segment.speaker == speaker]
    if not own:
        return speaker
    longest = max(own, key=lambda segment: segment.duration)
    return f"{speaker}@{(longest.start + longest.end) / 2:.2f}"


def speaker_at(said: str, segments: Sequence[SpeakerSegment]) -> str:
    """Whom :func:`anchored` meant, among the speakers of these segments.

    >>> speaker_at("SPEAKER_01@62.40", [SpeakerSegment(60.0, 70.0, "SPEAKER_00")])
    'SPEAKER_00'
    """
    speaker, at, second = said.rpartition("@")
    if not at or not segments:
        return speaker or said
    moment = float(second)
    return min(segments, key=lambda s: max(s.start - moment, moment - s.end, 0.0)).speaker


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
