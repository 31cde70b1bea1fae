"""Where speech is heard, frame by frame: what the words of a decoder are checked against.

Frames last 32 ms. The speech probability is that of Silero VAD, which faster-whisper ships.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convo.audio.engines import SAMPLE_RATE, Samples

FRAME = 512
FRAME_S = FRAME / SAMPLE_RATE
_SPEECH = 0.5  # Silero's own threshold
# White noise reaches this in 4 % of its frames, pink noise, hum and silence in none (measured).
FAINT = 0.1
_LONG_SILENCE_S, _SILENCE_LEFT_S = 20.0, 1.0
# A part decoded by itself must be long enough to be worth its own beginning without context.
_SHORTEST_PART_S, _LEEWAY_S = 30.0, 15.0
_BLOCK = FRAME * 8192  # 262 s: bounds the memory of the network
_FLOOR_DB = -120.0
# The VAD misses speech of a distant microphone: its loud frames are raised to this level.
_LOUD_DB, _LOUD_PERCENTILE, _MOST_GAIN_DB = -20.0, 99.0, 40.0


@dataclass(frozen=True, slots=True)
class Hearing:
    """``speech``: P(speech) a frame; ``level_db``: RMS level a frame, in dB of full scale."""

    speech: NDArray[np.float32]
    level_db: NDArray[np.float32]

    def frames(self, start: float, end: float) -> slice:
        """The frames that touch ``start`` to ``end`` (seconds), at least one if there is any."""
        first = min(max(int(start / FRAME_S), 0), max(len(self.speech) - 1, 0))
        last = max(int(np.ceil(end / FRAME_S)), first + 1)
        return slice(first, last)

    def seconds_above(self, probability: float, start: float, end: float) -> float:
        """For how long P(speech) is at least ``probability`` between two times."""
        return FRAME_S * int(np.sum(self.speech[self.frames(start, end)] >= probability))

    def speech_share(self, start: float, end: float) -> float:
        """The share of frames with speech between two times."""
        frames = self.speech[self.frames(start, end)]
        return float(np.mean(frames >= _SPEECH)) if frames.size else 0.0

    def voiced(self, start: float, end: float) -> tuple[float, float] | None:
        """From the first to the last frame with speech between two times, if there is one."""
        frames = self.frames(start, end)
        heard = np.flatnonzero(self.speech[frames] >= _SPEECH)
        if not heard.size:
            return None
        first, last = frames.start + int(heard[0]), frames.start + int(heard[-1]) + 1
        return max(start, first * FRAME_S), min(end, last * FRAME_S)


def listen(samples: Samples) -> Hearing:
    """Hear a recording (16 kHz mono, -1 to 1) in blocks, so that hours fit in memory."""
    starts = range(0, len(samples), _BLOCK)
    level_db = _joined([_levels(_frames(samples, start)) for start in starts])
    gain = 10 ** (_gain_db(level_db) / 20)
    model = _vad()
    speech = [model(_frames(samples, start).reshape(-1) * gain) for start in starts]
    return Hearing(_joined([np.asarray(part).reshape(-1) for part in speech]), level_db)


def _frames(samples: Samples, start: int) -> Samples:
    """The frames of the block at ``start``, the last one filled up with silence."""
    block = samples[start : start + _BLOCK]
    padded = np.pad(block, (0, -len(block) % FRAME)).astype(np.float32, copy=False)
    return padded.reshape(-1, FRAME)


def _levels(frames: Samples) -> NDArray[np.float32]:
    power = np.mean(np.square(frames), axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (_FLOOR_DB / 10))), dtype=np.float32)


def _gain_db(level_db: NDArray[np.float32]) -> np.float32:
    loud = np.percentile(level_db, _LOUD_PERCENTILE) if level_db.size else _LOUD_DB
    return np.float32(np.clip(_LOUD_DB - loud, 0.0, _MOST_GAIN_DB))


def pieces(
    hearing: Hearing, duration: float, longest_s: float, parts: int = 1
) -> list[tuple[float, float]]:
    """What to decode: all of ``duration`` seconds but long silences, in about equal pieces.

    Pieces are at most ``longest_s`` long; a stretch of some minutes is cut into at least
    ``parts``. Cuts lie in the quietest second near the equal share. Silences of 20 s and more, in
    which no frame sounds even faintly like speech, are left out: decoders invent text there.

    >>> pieces(Hearing(np.ones(4000, np.float32), np.zeros(4000, np.float32)), 100.0, 600.0)
    [(0.0, 100.0)]
    >>> pieces(Hearing(np.zeros(4000, np.float32), np.zeros(4000, np.float32)), 100.0, 600.0)
    []
    """
    found: list[tuple[float, float]] = []
    for start, end in _audible(hearing, duration):
        length = end - start
        count = math.ceil(length / longest_s)
        if count > 1 and longest_s - length / count < _LEEWAY_S / 2:
            count += 1  # or the cuts would have no room to move into a pause
        if length >= parts * _SHORTEST_PART_S:
            count = math.ceil(count / parts) * parts
        share = length / count
        leeway = max(min(_LEEWAY_S, share / 4, (longest_s - share) / 2), 0.0)
        near = [start + share * number for number in range(1, count)]
        cuts = [_quiet_time(hearing, time - leeway, time + leeway) for time in near]
        found += pairwise([start, *cuts, end])
    return found


def _audible(hearing: Hearing, duration: float) -> list[tuple[float, float]]:
    """Stretches between long silences, with a second of silence left at each side."""
    heard = np.flatnonzero(hearing.speech >= FAINT) * FRAME_S
    if not heard.size:
        return []
    breaks = np.flatnonzero(np.diff(heard) >= _LONG_SILENCE_S)
    starts = heard[np.concatenate(([0], breaks + 1))] - _SILENCE_LEFT_S
    ends = heard[np.concatenate((breaks, [heard.size - 1]))] + FRAME_S + _SILENCE_LEFT_S
    # What is shorter than a long silence at either end of the recording stays.
    first = 0.0 if starts[0] < _LONG_SILENCE_S else float(starts[0])
    last = duration if duration - ends[-1] < _LONG_SILENCE_S else float(ends[-1])
    edges = [first, *(float(edge) for edge in starts[1:])], [*(float(e) for e in ends[:-1]), last]
    return [(round(start, 3), round(end, 3)) for start, end in zip(*edges, strict=True)]


def _quiet_time(hearing: Hearing, start: float, end: float) -> float:
    """The middle of the second with the least speech, the quietest one among equals."""
    frames = hearing.frames(start, end)
    width = round(1 / FRAME_S)
    kernel = np.ones(width) / width
    speech = np.convolve(hearing.speech[frames], kernel, mode="same")
    level = np.convolve(hearing.level_db[frames], kernel, mode="same")
    best = np.lexsort((level, speech.round(2)))[0]
    middle = (int(frames.start) + int(best)) * FRAME_S
    return round(min(max(middle, start), end), 3)


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


@lru_cache(maxsize=1)
def _vad() -> Any:
    from faster_whisper.vad import get_vad_model

    return get_vad_model()
