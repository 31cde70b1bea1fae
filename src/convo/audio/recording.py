"""From a file to a recording: what it is, whether it is whole, and its samples.

Whole or refused: a file that states its length and holds less than 95 % of it, or of whose sound
less than 95 % can be decoded, raises an error, because shares counted on half a conversation look
like shares of a whole one. Smaller damage is skipped and leaves silence or a slight shortening.
Containers that state no length (bare aac, amr, ogg, mp3 without a header) are taken as they are.

Several sound streams in one file are mixed like channels, each channel with the same weight.
"""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from convo.audio import channels
from convo.audio.containers import container_name, open_media, packets, sound_streams
from convo.audio.decoding import SAMPLE_RATE, Progress, Samples, Weigh, decode, too_long
from convo.audio.tally import MAX_DURATION_S, Tally, start_tally
from convo.errors import RecordingError
from convo.transcript import Recording

__all__ = [
    "MIN_DURATION_S",
    "SAMPLE_RATE",
    "Progress",
    "Samples",
    "check_sound",
    "inspect_recording",
    "read_channels",
    "read_samples",
    "speakers_on_channels",
    "write_clip",
]

# Less than this is a test of the microphone, not a conversation.
MIN_DURATION_S = 5.0
# Headers round and encoders pad, but never by a twentieth.
_WHOLE_SHARE = 0.95
# Both speakers have had the floor by then.
_HEARD_FOR_HINT_S = 600.0
# Two steps of 16 bits: dither around zero is still digital silence.
_SILENCE = 2 / 32_768


def inspect_recording(path: Path) -> Recording:
    """What ``path`` is, without decoding it: reads the file twice, once for the hash.

    ``duration`` is that of the sound (not of a longer video), within 0.1 s of the decoded samples.
    ``channels`` counts over all sound streams; ``sample_rate`` is that of the first, in Hz.

    Raises:
        RecordingError: missing, empty, unreadable, not a recording, without sound, cut off,
            shorter than 5 s or longer than 8 h.
    """
    with _reading(path):
        size = path.stat().st_size
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with open_media(path) as container:
            streams = sound_streams(container, path)
            tally = start_tally(container, path)
            for packet in packets(container):
                tally.note(packet)
            name = container_name(container, path)
            count = sum(stream.codec_context.channels for stream in streams)
            rate = streams[0].codec_context.sample_rate
    _check_whole(path, tally)
    duration = tally.end or tally.sound
    _check_length(path, duration)
    return Recording(digest, path.name, round(duration, 3), count, rate, name, size)


def read_samples(
    path: Path, channel: int | None = None, progress: Progress | None = None
) -> Samples:
    """The sound of ``path`` as float32 mono at 16 kHz, about 230 MB an hour.

    Sample 0 is where a player starts; late tracks and holes are filled with silence. ``channel``
    counts from 0 over all sound streams, None is the mean of them all. ``progress`` is told the
    seconds read so far.

    Raises:
        RecordingError: as :func:`inspect_recording`, or damaged, copy-protected, longer than 8 h,
            or without that channel.
    """

    def weigh(channels: int) -> Samples:
        if channel is None:
            return np.full((1, channels), 1 / channels, np.float32)
        if not 0 <= channel < channels:
            raise RecordingError(
                f"{path.name} has no channel {channel}: choose one from 0 to {channels - 1}"
            )
        return np.eye(channels, dtype=np.float32)[channel : channel + 1]

    return _read(path, weigh, progress)[0]


def read_channels(path: Path) -> tuple[Samples, Samples]:
    """The two channels (or two mono streams) of ``path``, each as :func:`read_samples` has it.

    Raises:
        RecordingError: as :func:`read_samples`, or it has not exactly two channels.
    """

    def weigh(channels: int) -> Samples:
        if channels != 2:
            raise RecordingError(
                f"{path.name} has {channels} channel{'s' * (channels != 1)}, not two, and speakers "
                "can only be told apart by channel in a stereo file",
                terminal="leave out --channels speakers",
            )
        return np.eye(2, dtype=np.float32)

    first, second = _read(path, weigh, None)
    return first, second


def speakers_on_channels(source: Path | tuple[Samples, Samples]) -> bool:
    """Whether ``source`` looks like one speaker a channel (two lavaliers, separate tracks).

    A hint for the user, by the rule of :func:`convo.audio.channels.one_speaker_each`; of a file the
    first ten minutes are heard. False for anything but two channels.

    Raises:
        RecordingError: the file cannot be decoded.
    """
    if not isinstance(source, Path):
        return channels.one_speaker_each(*source)
    with _reading(source), open_media(source) as container:
        count = sum(s.codec_context.channels for s in sound_streams(container, source))
    if count != 2:
        return False
    with _reading(source):
        (first, second), _ = decode(
            source, lambda _: np.eye(2, dtype=np.float32), until=_HEARD_FOR_HINT_S
        )
    return channels.one_speaker_each(first, second)


def check_sound(samples: Samples) -> None:
    """Refuse digital silence; music, noise and faint speech pass.

    Raises:
        RecordingError: there is no sample above the smallest steps of 16 bits.

    >>> check_sound(np.array([0.0, 0.01, -0.01], dtype=np.float32))
    """
    if samples.size == 0 or max(float(samples.max()), -float(samples.min())) <= _SILENCE:
        raise RecordingError(
            f"the recording is silent from beginning to end ({samples.size / SAMPLE_RATE:.0f} s of "
            "zeros): check which microphone or track was recorded"
        )


def write_clip(samples: Samples, start: float, end: float, path: Path) -> None:
    """Write ``start`` to ``end`` (seconds, cut to what there is) as a mono 16-bit wav file.

    Raises:
        RecordingError: nothing lies between ``start`` and ``end``.
    """
    first, last = (max(0, round(seconds * SAMPLE_RATE)) for seconds in (start, end))
    clip = samples[first:last]
    if clip.size == 0:
        raise RecordingError(
            f"no sound from {start:g} to {end:g} s: "
            f"choose times within 0 to {samples.size / SAMPLE_RATE:g} s"
        )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(clip, -1, 1) * 32_767).round().astype("<i2").tobytes())


def _read(path: Path, weigh: Weigh, progress: Progress | None) -> list[Samples]:
    with _reading(path):
        rows, tally = decode(path, weigh, progress=progress)
    _check_whole(path, tally)
    _check_decoded(path, tally)
    _check_length(path, rows[0].size / SAMPLE_RATE)
    return rows


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what the file system says about ``path`` into a sentence for the user."""
    try:
        if path.is_dir():
            raise RecordingError(f"{path.name} is a folder: name the recordings in it")
        if path.exists() and not path.is_file():
            raise RecordingError(f"{path.name} is no ordinary file: name a recording on disk")
        if path.stat().st_size == 0:
            raise RecordingError(f"{path.name} is empty (0 bytes): copy it again from its source")
        yield
    except FileNotFoundError as error:
        raise RecordingError(f"{path} does not exist: check the name and the folder") from error
    except OSError as error:
        raise RecordingError(
            f"{path.name} cannot be read ({error.strerror}): "
            "allow reading it, or copy it to a folder of your own"
        ) from error


def _check_whole(path: Path, tally: Tally) -> None:
    if tally.present < _WHOLE_SHARE:
        ends = _clock(tally.reached)
        raise RecordingError(
            f"{path.name} is cut off, it ends after {ends} with {tally.present:.0%} of what its "
            "header states: copy it again, or save what is left of it as a new file with an audio "
            "editor"
        )


def _check_decoded(path: Path, tally: Tally) -> None:
    if tally.decoded == 0:
        raise RecordingError(
            f"{path.name} holds sound of which nothing can be decoded: it is copy-protected or "
            "damaged, save it as wav, mp3 or m4a with the program that made it"
        )
    if tally.readable < _WHOLE_SHARE:
        raise RecordingError(
            f"{path.name} is damaged, only {tally.readable:.0%} of its sound can be decoded: copy "
            "it again, or save what is left of it as a new file with an audio editor"
        )


def _check_length(path: Path, seconds: float) -> None:
    if seconds < MIN_DURATION_S:
        raise RecordingError(
            f"{path.name} lasts {seconds:.1f} s and a recording needs at least "
            f"{MIN_DURATION_S:g} s: choose the file with the whole conversation"
        )
    if seconds > MAX_DURATION_S:
        raise RecordingError(too_long(path.name))


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds, as players show them.

    >>> _clock(3725.4)
    '1:02:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
