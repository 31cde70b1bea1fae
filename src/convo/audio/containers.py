"""What a container says about the sound in it, believed as little as possible.

Files come from strangers: the name and its ending count for nothing, only containers that hold
sound are tried, and no file can make another one be opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convo.errors import RecordingError

if TYPE_CHECKING:
    import av

# Errors in a row after which a damaged file is given up instead of being searched byte by byte.
_MAX_ERRORS = 1_000
# Containers of sound. Playlists and scripts (hls, concat, dash), which open further files, are out.
_DEMUXERS = (
    "wav,w64,mp3,mov,aac,flac,ogg,asf,amr,aiff,caf,matroska,avi,mpegts,mpeg,flv,au,ape,wv,tta"
)


@contextmanager
def open_media(path: Path) -> Iterator[av.container.InputContainer]:
    """The opened container of ``path``.

    Raises:
        RecordingError: the bytes are not an audio or video file.
    """
    import av

    try:
        container = av.open(
            str(path.resolve()),
            metadata_errors="ignore",
            options={"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"},
        )
    except (av.FFmpegError, ValueError) as error:
        raise RecordingError(_unreadable(path)) from error
    with container:
        yield container


def _unreadable(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(12)
    if start[4:8] == b"ftyp":
        return (
            f"{path.name} is a cut-off video or m4a ({path.stat().st_size} bytes without the index "
            "that is written last): copy it again, or let the program that recorded it finish it"
        )
    return (
        f"{path.name} cannot be read as sound or video, it begins with {start!r}: choose the "
        "recording itself, or save it as wav, mp3, m4a or mp4 with the program that made it"
    )


def container_name(container: av.container.InputContainer, path: Path) -> str:
    """The container's own name; where it has several, the one the file calls itself.

    The bytes decide: a wav file named ``.mp3`` is ``wav``.
    """
    names = container.format.name.split(",")
    ending = path.suffix.lower().removeprefix(".")
    return ending if ending in names else str(names[0])


def sound_streams(container: av.container.InputContainer, path: Path) -> list[av.AudioStream]:
    """The sound streams that can be decoded, at least one.

    Raises:
        RecordingError: there is none.
    """
    found = list(container.streams.audio)
    if not found:
        raise RecordingError(
            f"{path.name} has no sound track: choose the file with the sound, or record with the "
            "microphone on"
        )
    usable = [s for s in found if s.codec_context is not None and s.codec_context.channels > 0]
    if not usable and all(s.codec_context is not None for s in found):
        raise RecordingError(_unreadable(path))  # taken for sound by its name only
    if not usable:
        raise RecordingError(
            f"{path.name} holds sound in a form that cannot be decoded: it is copy-protected or "
            "very rare, save it as wav, mp3 or m4a with the program that made it"
        )
    return usable


def packets(container: av.container.InputContainer) -> Iterator[av.Packet[Any]]:
    """All packets, over damaged places, until the end or until there is no more sense in it."""
    import av

    errors = 0
    while True:
        try:
            for packet in container.demux():
                errors = 0
                yield packet
            return
        except av.EOFError:
            return
        except av.FFmpegError:
            errors += 1
            if errors > _MAX_ERRORS:
                return
