"""A recording for the ear: what a browser can play of it, and the outline of its loudness."""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from convo.audio.containers import open_media, sound_streams
from convo.audio.decoding import SAMPLE_RATE, Samples, decode_into
from convo.audio.recording import read_samples
from convo.errors import RecordingError
from convo.files import disk_error

if TYPE_CHECKING:
    import av

MOST_PEAKS = 4_000  # about two a pixel of a wide screen
_BUCKET = SAMPLE_RATE // 20
_BLOCK = 10 * SAMPLE_RATE
_BIT_RATE = 64_000
# What every browser plays and finds its way in: containers that tell where each second lies.
_PLAYED = {
    "mov": ("audio/mp4", ("aac", "mp3")),
    "mp3": ("audio/mpeg", ("mp3", "mp3float")),
    "wav": ("audio/wav", ("pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le")),
    "flac": ("audio/flac", ("flac",)),
    "ogg": ("audio/ogg", ("opus", "libopus", "vorbis")),
    "matroska": ("audio/webm", ("opus", "libopus", "vorbis")),
}


def browser_type(path: Path) -> str | None:
    """The media type under which browsers play ``path`` as it is; None where they need a copy.

    A file with several sound tracks needs one: browsers play only the first.

    Raises:
        RecordingError: it is not a recording.
    """
    with open_media(path) as container:
        streams = sound_streams(container, path)
        kind, codecs = _PLAYED.get(container.format.name.split(",")[0], ("", ()))
        played = len(streams) == 1 and streams[0].codec_context.name in codecs
        return kind if played and streams[0].codec_context.channels <= 2 else None


def peaks(path: Path) -> list[int]:
    """How loud each moment is, from 0 to 100, at most :data:`MOST_PEAKS` of equal length.

    Loudness is relative to the loudest moment. Memory does not grow with the sound.

    Raises:
        RecordingError: it is not a recording.
    """
    outline, _ = decode_into(path, _Outline)
    found = outline.buckets[: -(-outline.length // _BUCKET)]
    together = max(1, -(-found.size // MOST_PEAKS))
    found = np.pad(found, (0, -found.size % together)).reshape(-1, together).max(axis=1)
    loudest = float(found.max(initial=0.0)) or 1.0
    return [round(float(value) / loudest * 100) for value in found]


class _Outline:
    """The loudest sample of every twentieth of a second over all channels."""

    def __init__(self, channels: int, seconds: float) -> None:
        self.length = 0
        self.buckets: npt.NDArray[np.float32] = np.zeros(1, np.float32)

    def add(self, block: Samples, at: int, first_channel: int) -> None:
        """Take ``block`` (channels x samples) at sample ``at``."""
        first, end = at // _BUCKET, at + block.shape[1]
        lead = at - first * _BUCKET
        loud = np.abs(np.nan_to_num(block)).max(axis=0)
        whole = np.pad(loud, (lead, -(lead + loud.size) % _BUCKET))
        heard = whole.reshape(-1, _BUCKET).max(axis=1)
        last = first + heard.size
        if last > self.buckets.size:
            self.buckets.resize(last + last // 4, refcheck=False)
        np.maximum(self.buckets[first:last], heard, out=self.buckets[first:last])
        self.length = max(self.length, end)


def write_listening_copy(path: Path, copy: Path) -> None:
    """Write ``path`` as an mp3 file that every browser plays, on the same clock, mono.

    Raises:
        RecordingError: ``path`` cannot be decoded.
        StoreError: ``copy`` cannot be written.
    """
    samples = read_samples(path)
    made = copy.with_suffix(".part")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        _encode(samples, made)
        os.replace(made, copy)
    except OSError as error:
        with suppress(OSError):
            made.unlink()
        raise disk_error(error, copy) from error


def _encode(samples: Samples, path: Path) -> None:
    import av

    try:
        with av.open(str(path), "w", format="mp3") as container:
            stream: Any = container.add_stream("libmp3lame", rate=SAMPLE_RATE, layout="mono")
            stream.bit_rate = _BIT_RATE
            for first in range(0, samples.size, _BLOCK):
                frame = _frame(samples[first : first + _BLOCK], first)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (av.FFmpegError, ValueError) as error:
        raise RecordingError(f"{path.stem} could not be made playable: {error}") from error


def _frame(samples: Samples, first: int) -> av.AudioFrame:
    import av

    whole = (np.clip(samples, -1, 1) * 32_767).astype(np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(whole, format="s16p", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), first
    return frame
