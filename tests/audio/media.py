"""Recordings made on the spot, in every container the installed PyAV can write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

Samples = np.ndarray  # float32, shape (channels, samples) or (samples,)
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


@dataclass(frozen=True)
class Kind:
    """A file ending with the muxer and the codec that write it, at a rate the codec knows."""

    suffix: str
    muxer: str
    codec: str
    rate: int = 44_100
    channels: int = 1
    video: bool = False
    delay: float = 0.0
    """Seconds of codec delay that the container cannot state, so that players play them too."""
    bit_rate: int | None = None

    def __str__(self) -> str:
        return f"{self.suffix}-{self.codec}" + ("-video" if self.video else "")


KINDS = (
    Kind("wav", "wav", "pcm_s16le"),
    Kind("mp3", "mp3", "libmp3lame"),
    Kind("m4a", "ipod", "aac"),
    Kind("m4a", "ipod", "alac", channels=2),
    Kind("aac", "adts", "aac", delay=0.023),
    Kind("flac", "flac", "flac"),
    Kind("ogg", "ogg", "vorbis", channels=2),
    Kind("opus", "ogg", "libopus", 48_000),
    Kind("wma", "asf", "wmav2", delay=0.046, bit_rate=64_000),
    Kind("amr", "amr", "libopencore_amrnb", 8_000, delay=0.01),
    Kind("3gp", "3gp", "libopencore_amrnb", 8_000, delay=0.01),
    Kind("3gp", "3gp", "aac", 16_000),
    Kind("aiff", "aiff", "pcm_s16be"),
    Kind("caf", "caf", "pcm_s16le"),
    Kind("mp4", "mp4", "aac", video=True),
    Kind("mov", "mov", "aac", video=True),
    Kind("mkv", "matroska", "libopus", 48_000, video=True),
    Kind("mkv", "matroska", "aac", video=True),
    Kind("webm", "webm", "libopus", 48_000),
    Kind("avi", "avi", "libmp3lame", video=True, delay=0.025),
    Kind("mts", "mpegts", "aac", video=True, delay=0.023),
)


def write_kind(kind: Kind, path: Path, samples: Samples, **more: Any) -> Path:
    """Write ``samples`` (at ``kind.rate``) as ``kind``, the same on each of its channels."""
    return write_media(
        path,
        np.stack([samples] * kind.channels),
        kind.rate,
        muxer=kind.muxer,
        codec=kind.codec,
        video=kind.video,
        bit_rate=kind.bit_rate,
        **more,
    )


def bursts(seconds: float, rate: int, starts: Sequence[float] = (1.0, 3.0, 5.5)) -> Samples:
    """Silence with a 440 Hz tone of 0.3 s at each of ``starts``."""
    time = np.arange(round(seconds * rate)) / rate
    on = np.zeros(time.size, dtype=bool)
    for start in starts:
        on |= (time >= start) & (time < start + 0.3)
    return (0.5 * np.sin(2 * np.pi * 440 * time) * on).astype(np.float32)


def tone(seconds: float, rate: int = 16_000, hertz: float = 440.0) -> Samples:
    """A steady tone at half of full scale."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def noise(seconds: float, rate: int = 16_000, seed: int = 0) -> Samples:
    """White noise, which no codec can shrink to nothing."""
    generator = np.random.default_rng(seed)
    return (0.1 * generator.standard_normal(round(seconds * rate))).astype(np.float32)


def onsets(samples: Samples, rate: int = 16_000) -> list[float]:
    """Seconds at which the level rises out of silence."""
    loud = np.flatnonzero(np.abs(samples) > 0.1)
    return [float(i) / rate for i in loud[np.diff(loud, prepend=-rate) > 0.2 * rate]]


def write_media(
    path: Path,
    tracks: Samples | Sequence[Samples],
    rate: int = 16_000,
    *,
    muxer: str | None = None,
    codec: str = "pcm_s16le",
    video: bool = False,
    start: float = 0.0,
    hole: tuple[float, float] | None = None,
    options: dict[str, str] | None = None,
    bit_rate: int | None = None,
) -> Path:
    """Write one audio stream a track (and a grey picture for ``video``).

    ``start`` shifts the sound against the picture; packets that begin inside ``hole`` (seconds)
    are left out, as in a call that lost its connection.
    """
    tracks = [tracks] if isinstance(tracks, np.ndarray) else list(tracks)
    with av.open(str(path), "w", format=muxer, options=options or {}) as container:
        streams = []
        for track in tracks:
            track = np.atleast_2d(track)
            stream = container.add_stream(codec, rate=rate)
            stream.codec_context.layout = LAYOUTS[track.shape[0]]
            if codec == "vorbis":
                stream.codec_context.options = {"strict": "experimental"}
            if bit_rate:
                stream.codec_context.bit_rate = bit_rate
            streams.append(stream)
        picture = container.add_stream("mpeg4", rate=5) if video else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        longest = max(np.atleast_2d(track).shape[1] for track in tracks) / rate
        packets = []
        for track, stream in zip(tracks, streams, strict=True):
            packets += _encode(np.atleast_2d(track), stream, rate, start)
        if picture is not None:
            packets += _pictures(picture, longest + start)
        packets.sort(key=lambda packet: float(packet.dts * packet.time_base))
        for packet in packets:
            if hole and hole[0] <= float(packet.pts * packet.time_base) < hole[1]:
                continue
            container.mux(packet)
    return path


def _encode(track: Samples, stream: av.AudioStream, rate: int, start: float) -> list[av.Packet]:
    context = stream.codec_context
    context.open()
    layout = LAYOUTS[track.shape[0]]
    resampler = av.AudioResampler(context.format, layout, rate, frame_size=context.frame_size)
    packets = []
    source = av.AudioFrame.from_ndarray(np.ascontiguousarray(track), "fltp", layout)
    source.sample_rate, source.time_base, source.pts = rate, Fraction(1, rate), 0
    position = round(start * rate)
    for frame in [*resampler.resample(source), *resampler.resample(None)]:
        frame.pts, frame.time_base = position, Fraction(1, rate)
        position += frame.samples
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _pictures(stream: av.VideoStream, seconds: float) -> list[av.Packet]:
    packets = []
    for number in range(max(1, round(seconds * 5))):
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, np.uint8), "rgb24")
        frame.pts, frame.time_base = number, Fraction(1, 5)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def write_mute_video(path: Path, seconds: float) -> Path:
    """A grey picture and no sound track."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(_pictures(stream, seconds))
    return path
