"""Whether the two channels of a recording carry one speaker each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from convo.audio.decoding import SAMPLE_RATE, Samples

# Short enough to fall between two turns, long enough to hold a syllable.
_FRAME_S = 0.1
# A frame counts as speech if one channel is within this of that channel's loud frames.
_SPEECH_BELOW_LOUD_DB = 25.0
# A stereo microphone in the middle of a table gives at most about 6 dB between the channels, a
# microphone worn by one speaker is 10 dB and more louder than the one worn by the other.
_OWNED_DB = 8.0
# Both must have the floor, if only for listening sounds, and together nearly all the time.
_LEAST_SHARE = 0.03
_OWNED_SHARE = 0.6
_FLOOR_DB = -90.0


def one_speaker_each(first: Samples, second: Samples) -> bool:
    """Whether speech is now on the one, now on the other channel, instead of on both.

    The level of each channel (10 frames a second) is measured against its own loud frames, so that
    a microphone set lower does not matter. Speech "belongs" to a channel that is 8 dB above the
    other. The answer is yes if at least 60 % of the speech belongs to either channel, and at least
    3 % to each. Two equal channels, a stereo microphone in the room, and a silent channel give no.

    >>> rng = np.random.default_rng(0)
    >>> voice, turn = rng.standard_normal(320_000) / 10, np.arange(320_000) // 32_000 % 2
    >>> one_speaker_each(np.float32(voice * turn), np.float32(voice * (1 - turn)))
    True
    >>> one_speaker_each(np.float32(voice), np.float32(voice))
    False
    """
    levels = [_levels(channel) for channel in (first, second)]
    loud = [float(np.percentile(level, 95)) if level.size else _FLOOR_DB for level in levels]
    if min(loud) <= _FLOOR_DB:
        return False
    left, right = (level - top for level, top in zip(levels, loud, strict=True))
    speech = np.maximum(left, right) > -_SPEECH_BELOW_LOUD_DB
    lead = (left - right)[speech]
    on_left, on_right = float(np.mean(lead > _OWNED_DB)), float(np.mean(lead < -_OWNED_DB))
    return min(on_left, on_right) >= _LEAST_SHARE and on_left + on_right >= _OWNED_SHARE


def _levels(channel: Samples) -> npt.NDArray[np.float64]:
    """Level of each frame in dB of full scale, never below -90."""
    size = round(_FRAME_S * SAMPLE_RATE)
    frames = channel[: channel.size // size * size].reshape(-1, size)
    power = np.einsum("fs,fs->f", frames, frames, dtype=np.float64) / size
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (_FLOOR_DB / 10))))
