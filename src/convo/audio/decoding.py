"""Sound out of any container, laid on the clock that a player shows.

Packets carry times, and the times rule: a track that starts late, a hole left by a lost
connection and the priming samples of an encoder all keep the words where a player would play them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from convo.audio.containers import open_media, packets, sound_streams
from convo.audio.tally import MAX_DURATION_S, Clock, Tally, start_tally
from convo.errors import RecordingError

if TYPE_CHECKING:
    import av

Samples = npt.NDArray[np.float32]
Progress = Callable[[float], None]
Weigh = Callable[[int], Samples]

SAMPLE_RATE = 16_000
_PROGRESS_EVERY_S = 10.0
# Samples collected before they are resampled: halves the time against doing it frame by frame.
_BLOCK = 16_384


def too_long(name: str) -> str:
    """The sentence for a recording that is not a session any more."""
    return f"{name} lasts more than {MAX_DURATION_S / 3600:g} h: cut it into one file a session"


class Sink(Protocol):
    """Takes the sound of a file, block by block at 16 kHz; blocks may overlap and leave holes."""

    def add(self, block: Samples, at: int, first_channel: int) -> None:
        """Take ``block`` (channels x samples) at sample ``at``."""
        ...


SinkT = TypeVar("SinkT", bound=Sink)


class _Timeline:
    """Rows of samples that grow as sound is laid on; row r mixes channels by ``weights[r]``."""

    def __init__(self, name: str, weights: Samples, seconds: float) -> None:
        self.name, self.weights = name, weights
        self.length = 0
        size = int(min(seconds, MAX_DURATION_S) * SAMPLE_RATE) + SAMPLE_RATE
        self._rows = [np.zeros(size, np.float32) for _ in weights]

    def add(self, block: Samples, at: int, first_channel: int) -> None:
        """Lay ``block`` (channels x samples) at sample ``at``, over what is already there."""
        end = at + block.shape[1]
        if end > MAX_DURATION_S * SAMPLE_RATE:
            raise RecordingError(too_long(self.name))
        if end > self._rows[0].size:
            for row in self._rows:
                row.resize(end + end // 4, refcheck=False)  # in place, so the peak stays low
        if not np.isfinite(block).all():
            block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        mix = self.weights[:, first_channel : first_channel + block.shape[0]] @ block
        for row, samples in zip(self._rows, mix, strict=True):
            row[at:end] += samples
        self.length = max(self.length, end)

    def rows(self) -> list[Samples]:
        return [row[: self.length] for row in self._rows]


@dataclass(slots=True)
class _Track:
    """One sound stream on its way to 16 kHz.

    A run is a stretch of frames without a hole and of one format: it has its own resampler, and
    only its first frame is placed by the clock, so that jitter cannot cut samples out or in.
    """

    stream: av.AudioStream
    layout: str
    timeline: Sink
    first_channel: int
    channels: int
    clock: Clock
    decoded: float = 0.0
    _run_start: float = 0.0
    _run_seconds: float = 0.0
    _written: int = 0
    _free_from: int = 0
    _format: tuple[object, ...] | None = None
    _fifo: Any = None
    _resampler: Any = None

    def read(self, packet: av.Packet[Any]) -> None:
        """Lay what ``packet`` holds on the timeline; the tally shows that a damaged one is lost."""
        import av

        try:
            for frame in self.stream.decode(packet):
                if frame.samples and frame.sample_rate > 0:
                    self._take(frame)
        except av.FFmpegError:
            return

    def _take(self, frame: av.AudioFrame) -> None:
        format_ = (frame.format.name, frame.layout.name, frame.sample_rate)
        expected = self._run_start + self._run_seconds
        start = self.clock.place(frame.time, expected)
        if format_ != self._format or start != expected:
            self._begin_run(start, format_)
        seconds = frame.samples / frame.sample_rate
        self._run_seconds += seconds
        frame.pts = None  # the run keeps the time from here on
        self._fifo.write(frame)
        if self._fifo.samples >= _BLOCK:
            self._lay(self._resampler.resample(self._fifo.read()))

    def finish(self) -> None:
        """Lay what is still held back; a format that cannot be converted is lost as damaged."""
        import av

        resampler, self._resampler = self._resampler, None
        if resampler is not None:
            with suppress(av.FFmpegError):
                if self._fifo.samples:
                    self._lay(resampler.resample(self._fifo.read()))
                self._lay(resampler.resample(None))

    def _begin_run(self, start: float, format_: tuple[object, ...]) -> None:
        import av

        self.finish()
        self._free_from = max(0, self._free_from, self._position())
        self._run_start, self._run_seconds, self._written = start, 0.0, 0
        self._format = format_
        self._fifo = av.AudioFifo()
        self._resampler = av.AudioResampler("flt", self.layout, SAMPLE_RATE)

    def _position(self) -> int:
        return round(self._run_start * SAMPLE_RATE) + self._written

    def _lay(self, frames: list[av.AudioFrame | None]) -> None:
        for frame in frames:
            if frame is not None:
                # interleaved: planes beyond the eighth would be read outside their memory
                flat = frame.to_ndarray().astype(np.float32, copy=False)
                block = flat.reshape(-1, self.channels).T
                at = self._position()
                self._written += block.shape[1]
                self.decoded += block.shape[1] / SAMPLE_RATE
                overlap = min(max(0, self._free_from - at), block.shape[1])
                if overlap < block.shape[1]:
                    self.timeline.add(block[:, overlap:], at + overlap, self.first_channel)


def decode(
    path: Path,
    weigh: Weigh,
    *,
    until: float | None = None,
    progress: Progress | None = None,
) -> tuple[list[Samples], Tally]:
    """The rows of samples that ``weigh`` asks for, at 16 kHz, and the tally of the file.

    ``weigh`` takes the number of channels over all sound streams and returns an array of shape
    (rows, channels). Samples are float32, nominally within -1 and 1; all rows have one length.
    With ``until``, decoding stops after that many seconds.
    """

    def make(channels: int, seconds: float) -> _Timeline:
        return _Timeline(path.name, weigh(channels), until or seconds)

    timeline, tally = decode_into(path, make, until=until, progress=progress)
    return timeline.rows(), tally


def decode_into(
    path: Path,
    make: Callable[[int, float], SinkT],
    *,
    until: float | None = None,
    progress: Progress | None = None,
) -> tuple[SinkT, Tally]:
    """The sink that ``make`` gives, after it took the sound of ``path``, and the tally of the file.

    ``make`` is told the number of channels over all sound streams and the seconds that the file
    states, 0 if it does not.
    """
    with open_media(path) as container:
        streams = sound_streams(container, path)
        tally = start_tally(container, path)
        channels = [s.codec_context.channels for s in streams]
        timeline = make(sum(channels), (container.duration or 0) / 1_000_000)
        tracks = {}
        for number, stream in enumerate(streams):
            layout, first = stream.codec_context.layout.name, sum(channels[:number])
            tracks[stream.index] = _Track(
                stream, layout, timeline, first, channels[number], tally.clock()
            )
        _run(container, tracks, tally, until, progress)
    return timeline, tally


def _run(
    container: av.container.InputContainer,
    tracks: dict[int, _Track],
    tally: Tally,
    until: float | None,
    progress: Progress | None,
) -> None:
    reported = 0.0
    for packet in packets(container):
        tally.note(packet)
        if packet.stream_index in tracks:
            tracks[packet.stream_index].read(packet)
        if progress and tally.end - reported >= _PROGRESS_EVERY_S:
            reported = tally.end
            progress(reported)
        if until is not None and tally.end >= until:
            break
    for track in tracks.values():
        track.finish()
    tally.decoded = sum(track.decoded for track in tracks.values())
