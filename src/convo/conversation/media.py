"""MEDIA: stretches in which a recording is played, whose words leave every share.

A clip of a lesson holds the coachee's own voice and those of children, so no pipeline can tell it
from talk by the voice. A person marks it; the words then belong to nobody in the room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from pydantic import field_validator

from convo.options import Options
from convo.transcript import SpeakerSegment, Word

MEDIA = "MEDIA"
"""The speaker of what is played."""
Span = tuple[float, float]
_CLOCK = r"(?:(\d+):)?(\d{1,3}):(\d{2}(?:\.\d+)?)"
_SPAN = re.compile(rf"\s*{_CLOCK}\s*[-–]\s*{_CLOCK}\s*")


class MediaOptions(Options):
    """``spans`` are the stretches in which something is played, such as ``["12:30-14:05"]``."""

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
