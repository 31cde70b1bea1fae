"""RECORDING → SEGMENTS: who speaks when, by a pyannote pipeline or by the channels of a recording.

Times are rounded to milliseconds and cut at the end of the recording; speakers are numbered in the
order in which they are first heard.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveInt

from convo.audio.models import check_diarization
from convo.options import Options
from convo.transcript import Diarization, SpeakerSegment

Samples = NDArray[np.float32]  # mono at 16 kHz, -1 to 1
Progress = Callable[[float], None]  # seconds of audio that are done

SAMPLE_RATE = 16_000
LEFT, RIGHT = "SPEAKER_00", "SPEAKER_01"
_MIN_SAMPLES = SAMPLE_RATE // 10
# Measured parts of the time: hearing windows, then comparing voices, then putting it together.
_PARTS = {"bundled": (0.30, 0.67), "community-1": (0.20, 0.75)}
_LEVEL_S = 0.02
_SMOOTHED = 15  # levels are compared over 0.3 s, longer than a syllable


class SegmentsOptions(Options):
    """How speakers are told apart."""

    model: str = "auto"
    """``bundled``, ``community-1``, the folder of a pyannote pipeline, or ``auto``: community-1 if
    it lies on this machine, else bundled."""
    speakers: PositiveInt | Literal["auto"] = 2
    """Knowing the number is the largest gain in accuracy there is; ``auto`` counts voices."""
    step: float = Field(default=0.25, gt=0.0, le=1.0)
    """How far each ten-second window moves on, in windows: 0.1 takes 2.7 times as long and was
    not better, 0.5 loses a point and a half."""
    channels: Literal["mixed", "speakers"] = "mixed"
    """``speakers``: each channel of a stereo recording is one speaker, as two clip-on microphones
    or Zoom's separate tracks give it."""
    bleed_db: float = Field(default=9.0, ge=0.0)
    """On separate channels: a speaker this much quieter than the other, both measured against
    their own usual level, is the other's voice in the wrong microphone."""


def diarize(
    samples: Samples, options: SegmentsOptions, progress: Progress | None = None
) -> Diarization:
    """Who speaks when. No speech gives no segments.

    ``progress`` is called with seconds of audio done, never falling, ending at the duration.

    Raises:
        ConfigError: no such model.
        ModelError: the weights are missing, altered or refused.
    """
    weights = check_diarization(options.model)
    seconds = len(samples) / SAMPLE_RATE
    steps = _Steps(seconds, _PARTS[weights.name], progress)
    if len(samples) < _MIN_SAMPLES or not np.any(samples):
        steps.finish()
        return Diarization((), (), {}, weights.name)
    from convo.audio.diarizer import load_pipeline

    count = None if options.speakers == "auto" else options.speakers
    pipeline = load_pipeline(weights, options.step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as: fewer voices were heard than were asked for
        output = pipeline(_as_file(samples), num_speakers=count, hook=steps)
    steps.finish()
    return _diarization(output, weights.name, seconds)


def diarize_channels(
    left: Samples, right: Samples, options: SegmentsOptions, progress: Progress | None = None
) -> Diarization:
    """Who speaks when, one speaker on each channel; the left one is SPEAKER_00.

    Speech counts for a channel only where its level is not ``bleed_db`` below that of the other.
    Where both speak, the exclusive form has the louder. There are no voices.

    Raises:
        ModelError: the weights are missing or altered.
    """
    seconds = min(len(left), len(right)) / SAMPLE_RATE
    channels = [channel[: min(len(left), len(right))] for channel in (left, right)]
    active = []
    for number, channel in enumerate(channels):
        active.append(_activity(channel, options.step))
        if progress is not None:
            progress(seconds * (number + 1) / len(channels))
    level = np.stack(
        [_usual_level(channel, heard) for channel, heard in zip(channels, active, strict=True)]
    )
    speaks = np.stack(active) & (level >= level[::-1] - options.bleed_db)
    alone = speaks & ((level >= level[::-1]) | ~speaks[::-1])
    alone[1] &= ~alone[0]
    return Diarization(_stretches(speaks, seconds), _stretches(alone, seconds), {}, "channels")


class _Steps:
    """What pyannote reports of its steps, as seconds of audio."""

    def __init__(
        self, seconds: float, parts: tuple[float, float], progress: Progress | None
    ) -> None:
        self._seconds, self._progress, self._done = seconds, progress, 0.0
        self._span = {"segmentation": (0.0, parts[0]), "embeddings": parts}

    def __call__(
        self,
        step: str,
        artefact: Any,
        file: Any = None,
        total: float | None = None,
        completed: float | None = None,
    ) -> None:
        if step in self._span and total and completed is not None:
            start, part = self._span[step]
            self._reach(self._seconds * (start + part * min(completed / total, 1.0)))

    def finish(self) -> None:
        self._reach(self._seconds)

    def _reach(self, seconds: float) -> None:
        self._done = max(self._done, float(seconds))
        if self._progress is not None:
            self._progress(self._done)


def _as_file(samples: Samples) -> dict[str, Any]:
    import torch

    wave = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32))[None]
    return {"waveform": wave, "sample_rate": SAMPLE_RATE, "uri": "recording"}


def _diarization(output: Any, source: str, seconds: float) -> Diarization:
    segments = _tracks(output.speaker_diarization, seconds)
    exclusive = _tracks(output.exclusive_speaker_diarization, seconds)
    heard = dict.fromkeys(segment.speaker for segment in segments)
    names = {label: f"SPEAKER_{number:02d}" for number, label in enumerate(heard)}
    vectors = np.asarray(output.speaker_embeddings)
    voices = {
        names[label]: _unit(vector)
        for label, vector in zip(output.speaker_diarization.labels(), vectors, strict=False)
        if label in names and np.any(vector) and not np.isnan(vector).any()
    }
    return Diarization(_named(segments, names), _named(exclusive, names), voices, source)


def _tracks(annotation: Any, seconds: float) -> list[SpeakerSegment]:
    found = []
    for span, _, label in annotation.itertracks(yield_label=True):
        start, end = round(max(span.start, 0.0), 3), round(min(span.end, seconds), 3)
        if start < end:
            found.append(SpeakerSegment(start, end, str(label)))
    return sorted(found)


def _named(
    segments: Iterable[SpeakerSegment], names: Mapping[str, str]
) -> tuple[SpeakerSegment, ...]:
    return tuple(
        sorted(
            SpeakerSegment(s.start, s.end, names[s.speaker]) for s in segments if s.speaker in names
        )
    )


def _unit(vector: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple((vector / np.linalg.norm(vector)).astype(float).tolist())


def _activity(channel: Samples, step: float) -> NDArray[np.bool_]:
    """Whether anyone is heard, for every 20 ms."""
    active = np.zeros(math.ceil(len(channel) / SAMPLE_RATE / _LEVEL_S), dtype=np.bool_)
    if len(channel) < _MIN_SAMPLES or not np.any(channel):
        return active
    from convo.audio.diarizer import load_activity

    speech: Any = load_activity(step)(_as_file(channel))
    for span in speech.get_timeline().support():
        active[max(round(span.start / _LEVEL_S), 0) : round(span.end / _LEVEL_S)] = True
    return active


def _usual_level(channel: Samples, active: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Level in dB for every 20 ms, 0 where the channel's own speaker is as loud as usual."""
    size = round(_LEVEL_S * SAMPLE_RATE)
    whole = np.zeros(len(active) * size, dtype=np.float32)
    whole[: len(channel)] = channel
    power = np.square(whole.reshape(-1, size)).mean(axis=1, dtype=np.float64)
    smooth = np.convolve(power, np.full(_SMOOTHED, 1 / _SMOOTHED), mode="same")
    level = 10 * np.log10(smooth + 1e-12)
    # The loudest tenth of what is heard is the channel's own speaker, whatever bleeds in.
    return np.asarray(level - (np.percentile(level[active], 90) if active.any() else 0.0))


def _stretches(active: NDArray[np.bool_], seconds: float) -> tuple[SpeakerSegment, ...]:
    found = []
    for speaker, row in zip((LEFT, RIGHT), active, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(np.int8)))
        for first, last in edges.reshape(-1, 2).tolist():
            start, end = round(first * _LEVEL_S, 3), round(min(last * _LEVEL_S, seconds), 3)
            if start < end:
                found.append(SpeakerSegment(start, end, speaker))
    return tuple(sorted(found))
