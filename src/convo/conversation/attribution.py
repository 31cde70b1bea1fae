"""WORDS → TURNS: every word gets its speaker, and runs of words by one speaker become turns.

A word whose speaker is unknown keeps ``speaker=None``: it is counted and shown, never given away.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from convo.options import Options
from convo.transcript import SpeakerSegment, Turn, Word

Milliseconds = NDArray[np.int64]


class AttributionOptions(Options):
    """How words find their speaker."""

    max_gap_s: float = Field(default=1.0, ge=0.0)
    """A word further than this from all heard speech stays unattributed: it is as likely invented
    in a silence as it is spoken."""
    reassign: bool = True
    """Whether groups of words are given to the more similar of the voices. The diariser often
    misses a short answer between two questions; a whole answer heard by itself is clear."""
    pause_s: float = Field(default=0.25, gt=0.0)
    """A pause of this length ends a group of words, as does the end of a sentence."""
    silence_s: float = Field(default=0.15, gt=0.0)
    """So does a silence of this length between heard speech: where words come without punctuation
    and without pauses this is all there is to cut at (there, cpWER fell by three points)."""
    min_group_s: float = Field(default=0.2, gt=0.0)
    """Shorter groups have no voice to speak of and follow their surroundings."""
    clear_group_s: float = Field(default=1.5, gt=0.0)
    """Groups of at least this length shape the picture of a voice."""
    well_known_s: float = Field(default=10.0, ge=0.0)
    """Clear speech of each speaker from which the speaker segments, too, follow the voices: on a
    30 s call, with 2 s of it, that raised the diarisation error from 5.6 to 7.2 %."""
    rounds: int = Field(default=2, ge=1)
    """How often voices and assignment are estimated from each other; the third changes nothing."""
    voice_weight: float = Field(default=170.0, ge=0.0)
    """Log-odds for each unit of cosine, times how far apart the voices are. Twice the mean over the
    variance of a group's cosine difference, which hardly differs between recordings."""
    diariser_weight: float = Field(default=1.2, ge=0.0)
    """Log-odds for the diariser's speaker; it is right about four times in five on short groups.
    Counts twice for clear groups."""
    sentence_change: float = Field(default=0.5, gt=0.0, lt=1.0)
    """Probability that the speaker changes after a sentence: no opinion."""
    pause_change: float = Field(default=0.15, gt=0.0, lt=1.0)
    """Probability that the speaker changes within a sentence."""


def attribute_words(
    words: Sequence[Word],
    segments: Sequence[SpeakerSegment],
    options: AttributionOptions | None = None,
) -> tuple[Word, ...]:
    """Give each word the speaker whose segments cover most of it; none is lost, order is kept.

    A word that no segment covers goes to the nearest segment edge (0 inside a segment), at most
    ``max_gap_s`` away, otherwise to None. Ties go to the label that sorts first. Times count in
    whole milliseconds; segments may overlap and come in any order.

    >>> floor = [SpeakerSegment(0, 2, "A"), SpeakerSegment(2, 4, "B")]
    >>> [w.speaker for w in attribute_words([Word("so", 1.8, 2.1), Word("eh", 9, 9)], floor)]
    ['A', None]
    """
    chosen = options or AttributionOptions()
    speakers = sorted({segment.speaker for segment in segments})
    if not words or not speakers:
        return tuple(word.said_by(None) for word in words)
    starts = _milliseconds([word.start for word in words])
    ends = _milliseconds([word.end for word in words])
    closeness = np.stack(
        [
            _closeness(starts, ends, [s for s in segments if s.speaker == speaker])
            for speaker in speakers
        ]
    )
    best = closeness.argmax(axis=0)
    near = closeness.max(axis=0) >= -round(chosen.max_gap_s * 1000)
    return tuple(
        word.said_by(speakers[index] if close else None)
        for word, index, close in zip(words, best.tolist(), near.tolist(), strict=True)
    )


def turns(words: Sequence[Word]) -> tuple[Turn, ...]:
    """Maximal runs of words by one speaker, numbered from 1; no word is in two turns.

    Unattributed words make turns of their own, with speaker None.

    >>> talk = [Word("How", 0, 1, 1, "A"), Word("so?", 1, 2, 1, "A"), Word("Well.", 3, 4, 1, "B")]
    >>> [(turn.number, turn.speaker, turn.text, turn.end) for turn in turns(talk)]
    [(1, 'A', 'How so?', 2), (2, 'B', 'Well.', 4)]
    """
    runs = [list(run) for _, run in groupby(words, key=lambda word: word.speaker)]
    return tuple(_turn(number, run) for number, run in enumerate(runs, 1))


def _turn(number: int, run: Sequence[Word]) -> Turn:
    text = " ".join(word.text for word in run)
    return Turn(number, run[0].speaker, text, run[0].start, run[-1].end)


def _milliseconds(seconds: Sequence[float]) -> Milliseconds:
    # Whole numbers, so that equal cover is equal whichever way it was summed.
    return np.rint(np.asarray(seconds, dtype=np.float64) * 1000).astype(np.int64)


def _closeness(
    starts: Milliseconds, ends: Milliseconds, segments: Sequence[SpeakerSegment]
) -> Milliseconds:
    """Per word: the milliseconds that one speaker covers or, if none, minus the distance."""
    begins, stops = _union(segments)
    cover = _covered_until(ends, begins, stops) - _covered_until(starts, begins, stops)
    following = np.searchsorted(begins, ends, side="right")
    far = np.iinfo(np.int64).max // 4
    ahead = np.append(begins, far)[following] - ends
    behind = starts - np.insert(stops, 0, -far)[following]
    return np.where(cover > 0, cover, -np.maximum(np.minimum(ahead, behind), 0))


def _covered_until(times: Milliseconds, begins: Milliseconds, stops: Milliseconds) -> Milliseconds:
    total = np.concatenate([[0], np.cumsum(stops - begins)])
    entered = np.searchsorted(begins, times, side="right")
    inside = np.maximum(np.insert(stops, 0, 0)[entered] - times, 0)
    return np.asarray(total[entered] - np.where(entered > 0, inside, 0), dtype=np.int64)


def _union(segments: Sequence[SpeakerSegment]) -> tuple[Milliseconds, Milliseconds]:
    """Disjoint stretches in order that cover the same time."""
    begins = _milliseconds([segment.start for segment in segments])
    stops = _milliseconds([segment.end for segment in segments])
    order = np.argsort(begins, kind="stable")
    begins, reach = begins[order], np.maximum.accumulate(stops[order])
    fresh = np.append(True, begins[1:] > reach[:-1])
    return begins[fresh], reach[np.append(fresh[1:], True)]
