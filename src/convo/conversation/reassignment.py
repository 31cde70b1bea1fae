"""Whole groups of words, given to the more similar of the voices.

A diariser hears ten seconds at a time and often misses the short answer between two questions. Cut
at pauses and sentence ends, the same answer can be heard by itself and compared with the voices in
the clear groups of the recording. A Viterbi search weighs likeness, the diariser's opinion and how
probable a change of speaker is at each cut; voices and assignment are estimated in turns.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from convo.conversation.attribution import AttributionOptions
from convo.transcript import SpeakerSegment, Word

Vectors = NDArray[np.float32]  # shape = (groups or speakers, dimension), rows of length 1 or 0
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "？", "！")
_CAP = 12.0  # log-odds: more than this no voice can prove
_LIKENESS_SPAN = (0.4, 2.0)  # how far length weakens or strengthens likeness, in clear groups


@dataclass(frozen=True, slots=True)
class WordGroup:
    """Consecutive words of one speaker with no pause and no sentence end between them."""

    start: float
    end: float
    speaker: str
    ends_sentence: bool

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


def word_groups(
    words: Sequence[Word], options: AttributionOptions, heard: Sequence[SpeakerSegment] = ()
) -> tuple[WordGroup, ...]:
    """The attributed words in groups, in order; unattributed words belong to none.

    Silences between the ``heard`` segments end a group too: word times are drawn out over pauses,
    and some decodings have no punctuation.

    >>> said = [Word("Pain?", 0, 1, 1, "A"), Word("No.", 1, 2, 1, "A"), Word("Eh", 2, 3)]
    >>> [(group.start, group.ends_sentence) for group in word_groups(said, AttributionOptions())]
    [(0, True), (1, True)]
    """
    silences = _silences(heard, options.silence_s)
    return tuple(
        WordGroup(run[0].start, max(word.end for word in run), speaker, _ends_sentence(run[-1]))
        for run in _runs(words, options.pause_s, silences)
        if (speaker := run[0].speaker) is not None
    )


def reassign(
    groups: Sequence[WordGroup], voices_of_groups: Vectors, options: AttributionOptions
) -> tuple[tuple[str, ...], Mapping[str, tuple[float, ...]]]:
    """The most probable speaker of every group, and one voice a speaker.

    ``voices_of_groups`` has one row a group, all zero where nothing could be heard. With fewer than
    two speakers, or a speaker never heard, groups keep their speaker and there are no voices.
    """
    speakers = sorted({group.speaker for group in groups})
    first = np.array([speakers.index(group.speaker) for group in groups], dtype=np.int64)
    lengths = np.array([group.duration for group in groups])
    heard = np.abs(voices_of_groups).sum(axis=1) > 0
    current, voices = first, None
    for _ in range(options.rounds if len(speakers) > 1 else 0):
        voices = _voices(voices_of_groups, np.where(heard, lengths, 0), current, options)
        if voices is None or len(voices) < len(speakers):
            return tuple(group.speaker for group in groups), {}
        belief = _likeness(voices_of_groups @ voices.T, voices, lengths, options)
        belief[~heard] = 0
        trust = options.diariser_weight * (1 + (lengths >= options.clear_group_s))
        belief[np.arange(len(groups)), first] += trust
        current = _most_probable(belief, _change_log_odds(groups, len(speakers), options))
    labels = tuple(speakers[index] for index in current)
    kept = voices if voices is not None else np.zeros((0, 0))
    return labels, {
        speaker: tuple(float(value) for value in voice)
        for speaker, voice in zip(speakers, kept, strict=False)
    }


def with_floor(
    segments: Sequence[SpeakerSegment], given: Sequence[tuple[float, float, str]]
) -> tuple[SpeakerSegment, ...]:
    """``segments`` without overlap, after each stretch (start, end, speaker) is given away whole.

    >>> with_floor([SpeakerSegment(0, 9, "A")], [(2, 4, "B")])[1]
    SpeakerSegment(start=2, end=4, speaker='B')
    """
    pieces = [piece for s in segments for piece in _outside(s, given)]
    stretches = [SpeakerSegment(*stretch) for stretch in given if stretch[1] > stretch[0]]
    return tuple(sorted(pieces + stretches))


def with_speaker(
    segments: Sequence[SpeakerSegment], given: Sequence[tuple[float, float, str, str]]
) -> tuple[SpeakerSegment, ...]:
    """``segments`` after speech in each stretch (start, end, from, to) changed its speaker.

    Others who speak in the stretch are left alone, and so are pauses in it.

    >>> [s.speaker for s in with_speaker([SpeakerSegment(0, 9, "A")], [(2, 4, "A", "B")])]
    ['A', 'B', 'A']
    """
    changed: list[SpeakerSegment] = []
    for segment in segments:
        mine = [(start, end, to) for start, end, old, to in given if old == segment.speaker]
        changed += _outside(segment, mine)
        for start, end, to in mine:
            low, high = max(start, segment.start), min(end, segment.end)
            if low < high:
                changed.append(SpeakerSegment(low, high, to))
    return tuple(_joined(sorted(changed, key=lambda s: (s.speaker, s.start, s.end))))


def _silences(heard: Sequence[SpeakerSegment], shortest_s: float) -> list[float]:
    """The middles of silences of at least this length, in order."""
    ordered = sorted(heard)
    quiet_from = accumulate((segment.end for segment in ordered), max)
    return [
        (end + segment.start) / 2
        for end, segment in zip(quiet_from, ordered[1:], strict=False)
        if segment.start - end >= shortest_s
    ]


def _runs(words: Sequence[Word], pause_s: float, silences: Sequence[float]) -> Iterator[list[Word]]:
    run: list[Word] = []
    for word in words:
        if run and (
            word.speaker != run[-1].speaker
            or word.start - run[-1].end >= pause_s
            or _ends_sentence(run[-1])
            or _next(silences, _centre(run[-1])) <= _centre(word)
        ):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _centre(word: Word) -> float:
    return (word.start + word.end) / 2


def _next(moments: Sequence[float], after: float) -> float:
    index = bisect_right(moments, after)
    return moments[index] if index < len(moments) else math.inf


def _ends_sentence(word: Word) -> bool:
    return word.text.rstrip("\"'”’)»").endswith(_SENTENCE_ENDS)


def _voices(
    vectors: Vectors, lengths: NDArray[np.float64], owner: NDArray[np.int64], o: AttributionOptions
) -> NDArray[np.float64] | None:
    """One unit row a speaker, from its clear groups or else from all; None if one is unheard."""
    rows = []
    for speaker in range(int(owner.max()) + 1):
        mine = np.where(owner == speaker, lengths, 0)
        clear = np.where(mine >= o.clear_group_s, mine, 0)
        total = (clear if clear.any() else mine) @ vectors
        if not total.any():
            return None
        rows.append(total / np.linalg.norm(total))
    return np.stack(rows)


def _likeness(
    cosines: NDArray[np.float64],
    voices: NDArray[np.float64],
    lengths: NDArray[np.float64],
    options: AttributionOptions,
) -> NDArray[np.float64]:
    """Log-likelihood of each speaker against the best one, shape = (groups, speakers)."""
    count = len(voices)
    alike = ((voices @ voices.T).sum() - count) / (count * (count - 1))
    weight = (
        options.voice_weight
        * (1 - alike)
        * np.clip(lengths / options.clear_group_s, *_LIKENESS_SPAN)
    )
    behind = cosines - cosines.max(axis=1, keepdims=True)
    return np.asarray(np.maximum(weight[:, None] * behind, -_CAP), dtype=np.float64)


def _change_log_odds(
    groups: Sequence[WordGroup], speakers: int, options: AttributionOptions
) -> list[float]:
    """For each cut between groups: log P(this other speaker) - log P(the same)."""
    changes = [
        options.sentence_change if group.ends_sentence else options.pause_change
        for group in groups[:-1]
    ]
    return [float(np.log(p / (speakers - 1)) - np.log(1 - p)) for p in changes]


def _most_probable(belief: NDArray[np.float64], changes: Sequence[float]) -> NDArray[np.int64]:
    """Viterbi: the row-wise choice with the greatest sum of beliefs and changes."""
    total, came_from = belief[0].copy(), []
    for row, change in zip(belief[1:], changes, strict=True):
        step = total[:, None] + change * (1 - np.eye(len(total)))
        came_from.append(step.argmax(axis=0))
        total = step.max(axis=0) + row
    path = [int(total.argmax())]
    for back in reversed(came_from):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1], dtype=np.int64)


def _outside(
    segment: SpeakerSegment, stretches: Sequence[tuple[float, float, str]]
) -> list[SpeakerSegment]:
    """What is left of ``segment`` without the stretches."""
    left = [(segment.start, segment.end)]
    for start, end, _ in stretches:
        if start < segment.end and end > segment.start:
            left = [
                piece
                for low, high in left
                for piece in ((low, min(high, start)), (max(low, end), high))
                if piece[0] < piece[1]
            ]
    return [SpeakerSegment(low, high, segment.speaker) for low, high in left]


def _joined(segments: Sequence[SpeakerSegment]) -> list[SpeakerSegment]:
    """Touching and overlapping segments of one speaker become one; in order of time."""
    joined: list[SpeakerSegment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if last and last.speaker == segment.speaker and segment.start <= last.end:
            joined[-1] = SpeakerSegment(last.start, max(last.end, segment.end), last.speaker)
        else:
            joined.append(segment)
    return sorted(joined)
