"""Where speech is heard, frame by frame: what the words of a decoder are checked against.

Frames last 32 ms. The speech probability is that of Silero VAD, which faster-whisper ships.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convo.audio.engines import SAMPLE_RATE, Samples

FRAME = 512
FRAME_S = FRAME / SAMPLE_RATE
_SPEECH = 0.5  # Silero's own threshold
_BLOCK = FRAME * 8192  # 262 s: bounds the memory of the network
_FLOOR_DB = -120.0


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

    def speech_peak(self, start: float, end: float) -> float:
        """The highest P(speech) between two times; 0 beyond the recording."""
        return float(self.speech[self.frames(start, end)].max(initial=0.0))

    def speech_share(self, start: float, end: float) -> float:
        """The share of frames with speech between two times."""
        frames = self.speech[self.frames(start, end)]
        return float(np.mean(frames >= _SPEECH)) if frames.size else 0.0

    def level(self, start: float, end: float) -> float:
        """The loudest frame between two times, in dB of full scale."""
        return float(self.level_db[self.frames(start, end)].max(initial=_FLOOR_DB))

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
    model = _vad()
    speech, levels = [], []
    for start in range(0, len(samples), _BLOCK):
        block = samples[start : start + _BLOCK]
        padded = np.pad(block, (0, -len(block) % FRAME)).astype(np.float32, copy=False)
        speech.append(np.asarray(model(padded), dtype=np.float32).reshape(-1))
        power = np.mean(np.square(padded.reshape(-1, FRAME)), axis=1)
        levels.append(10 * np.log10(np.maximum(power, 10 ** (_FLOOR_DB / 10))))
    return Hearing(_joined(speech), _joined(levels))


def pieces(hearing: Hearing, duration: float, longest_s: float) -> list[tuple[float, float]]:
    """Cut ``duration`` seconds into pieces of at most ``longest_s``, each cut in a silence.

    The cut lies in the quietest second of the last third of a piece.

    >>> still = Hearing(np.zeros(4000, np.float32), np.zeros(4000, np.float32))
    >>> pieces(still, 100.0, 600.0)
    [(0.0, 100.0)]
    """
    cuts, start = [0.0], 0.0
    while duration - start > longest_s:
        start = _quiet_time(hearing, start + longest_s * 2 / 3, start + longest_s)
        cuts.append(start)
    return list(zip(cuts, [*cuts[1:], duration], strict=True))


def _quiet_time(hearing: Hearing, start: float, end: float) -> float:
    """The middle of the second with the least speech, the quietest one among equals."""
    frames = hearing.frames(start, end)
    width = round(1 / FRAME_S)
    kernel = np.ones(width) / width
    speech = np.convolve(hearing.speech[frames], kernel, mode="same")
    level = np.convolve(hearing.level_db[frames], kernel, mode="same")
    best = np.lexsort((level, speech.round(2)))[0]
    return round(min(max((frames.start + int(best)) * FRAME_S, start), end), 3)


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


@lru_cache(maxsize=1)
def _vad() -> Any:
    from faster_whisper.vad import get_vad_model

    return get_vad_model()
