"""MEDIA: stretches in which a recording is played, whose words leave every share.

A clip of a lesson holds the coachee's own voice and those of children, so no pipeline can tell it
from talk by the voice. A person marks it; the words then belong to nobody in the room, and nothing
is looked for in them. Their phase is that of the talk around them (codebook, rule U5).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from pydantic import field_validator

from convo.options import Options
from convo.transcript import Segmentation, SpeakerSegment, Turn, Word

MEDIA = "MEDIA"
"""The speaker of what is played."""
Span = tuple[float, float]
_CLOCK = r"(?:(\d+):)?(\d{1,3}):(\d{2}(?:\.\d+)?)"
_SPAN = re.compile(rf"\s*{_CLOCK}\s*[-–]\s*{_CLOCK}\s*")


class MediaOptions(Options):
    """What is known to be played.

    ``spans`` are the stretches in which it is, such as ``["12:30-14:05"]``: a clip holds the
    coachee's own voice and those of children, so its words and seconds leave every share.
    """

    spans: tuple[str, ...] = ()

    @field_validator("spans")
    @classmethod
    def _are_times(cls, spans: tuple[str, ...]) -> tuple[str, ...]:
        for span in spans:
            parse_span(span)
        return spans

    @property
    def seconds(self) -> tuple[Span, ...]:
        """The spans in seconds from the start, in order; those that touch are one.

        >>> MediaOptions(spans=("1:30-2:00", "1:00:00-1:00:05", "0:50-1:40")).seconds
        ((50.0, 120.0), (3600.0, 3605.0))
        """
        merged: list[Span] = []
        for start, end in sorted(parse_span(span) for span in self.spans):
            if merged and start <= merged[-1][1]:
                start, end = merged[-1][0], max(end, merged.pop()[1])
            merged.append((start, end))
        return tuple(merged)


def parse_span(text: str) -> Span:
    """``12:30-14:05`` or ``1:02:00-1:03:10`` in seconds.

    Raises:
        ValueError: it is no such span, or ends before it begins.

    >>> parse_span("12:30-14:05")
    (750.0, 845.0)
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no stretch of time: write it as 12:30-14:05")
    start, end = (_seconds(*found.groups()[side : side + 3]) for side in (0, 3))
    if end <= start:
        raise ValueError(f"{text!r} ends before it begins: write the earlier time first")
    return start, end


def _seconds(hours: str | None, minutes: str, seconds: str) -> float:
    return round(3600 * int(hours or 0) + 60 * int(minutes) + float(seconds), 3)


def as_media(words: Iterable[Word], spans: Sequence[Span]) -> tuple[Word, ...]:
    """The same words, those whose middle lies in a span said by :data:`MEDIA`.

    >>> said = [Word("so", 1.0, 1.2, speaker="A"), Word("sit", 3.0, 3.2, speaker="A")]
    >>> [word.speaker for word in as_media(said, [(2.0, 4.0)])]
    ['A', 'MEDIA']
    """
    return tuple(
        word.said_by(MEDIA)
        if any(start <= (word.start + word.end) / 2 < end for start, end in spans)
        else word
        for word in words
    )


def is_played(turn: Turn) -> bool:
    """Whether the turn comes from a recording that is played."""
    return turn.speaker == MEDIA


def in_room(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns without what is played; they keep their numbers.

    >>> [turn.number for turn in in_room([Turn(1, MEDIA, "Sit down."), Turn(2, "A", "There.")])]
    [2]
    """
    return tuple(turn for turn in turns if not is_played(turn))


def with_media(found: Segmentation, turns: Sequence[Turn]) -> Segmentation:
    """The phases ``found`` in the turns of the room, for all ``turns``.

    What is played has the phase of the turn before it, at the very start that of the first turn.
    """
    room = [place for place, turn in enumerate(turns) if not is_played(turn)]
    if len(room) == len(turns):
        return found
    number = [turns[place].number for place in room]
    row = [max(bisect_right(room, place) - 1, 0) for place in range(len(turns))]
    starts = [turns[0].number, *(number[span.start_turn - 1] for span in found.spans[1:])]
    ends = [*(start - 1 for start in starts[1:]), turns[-1].number]
    return replace(
        found,
        spans=tuple(
            replace(span, start_turn=start, end_turn=end)
            for span, start, end in zip(found.spans, starts, ends, strict=True)
        ),
        boundaries=tuple(
            replace(
                one,
                turn=number[one.turn - 1],
                earliest=number[one.earliest - 1],
                latest=number[one.latest - 1],
                evidence=tuple(number[turn - 1] for turn in one.evidence),
            )
            for one in found.boundaries
        ),
        probabilities=tuple(found.probabilities[place] for place in row),
        samples=tuple(tuple(sample[place] for place in row) for sample in found.samples),
    )


def without_media(
    segments: Iterable[SpeakerSegment], spans: Sequence[Span]
) -> tuple[SpeakerSegment, ...]:
    """The speaker segments outside all spans, cut where a span begins or ends.

    >>> without_media([SpeakerSegment(0.0, 10.0, "A")], [(2.0, 4.0)])  # doctest: +ELLIPSIS
    (SpeakerSegment(start=0.0, end=2.0, ...), SpeakerSegment(start=4.0, end=10.0, ...))
    """
    kept: list[SpeakerSegment] = []
    for segment in segments:
        edges = [segment.start, segment.end]
        edges += [t for span in spans for t in span if segment.start < t < segment.end]
        kept += [
            replace(segment, start=start, end=end)
            for start, end in pairwise(sorted(edges))
            if not any(first <= (start + end) / 2 < last for first, last in spans)
        ]
    return tuple(kept)
