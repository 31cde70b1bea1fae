"""How much of a file is there, and when: what it states, what went by, what is missing.

Time 0 is where a player starts: the earliest time of any stream, without the priming samples.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import av

# Containers whose duration is stated, not guessed from the size; an mp3 may state it too.
_STATES_DURATION = frozenset(
    ["wav", "w64", "mov", "flac", "asf", "aiff", "caf", "matroska", "avi", "flv", "au", "ape", "wv"]
)
# Containers that hold nothing but sound, so that all other bytes are damage, also those that are
# taken for the end of a frame which then has more bytes than the largest possible one.
_BARE_SOUND = {"mp3": 2_881, "aac": 8_191, "amr": 61}
# Containers in which a damaged stretch is passed over and only shows as a hole in time.
_PASSES_OVER = frozenset(["ogg", "matroska", "asf"])
# A hole this long is damage if at least half the bytes it should have had lie there unread;
# without such bytes nothing was recorded (a pause, a muted microphone, a lost connection).
# Flac numbers its samples and knows no pause: there every hole is damage.
_HOLE_S = 1.0
_UNREAD_SHARE = 0.5
# How many packets back the unread bytes of a hole may begin: pages and blocks hold many packets.
_LOOK_BACK = 64
# Sizes from here on are what programs write that cannot know the size in advance.
_SIZE_UNKNOWN = 0x7FFF_0000
# Long enough for a day's workshop, short enough (1.8 GB of samples) that a small file which
# unpacks to endless silence cannot fill the memory.
MAX_DURATION_S = 8 * 3600.0
# Times in mkv, webm and wma are whole milliseconds and jitter; beyond this it is a real hole.
_CLOCK_TOLERANCE_S = 0.05
# A clock that jumps back further than this has started again (joined files), it does not overlap.
_CLOCK_RESTART_S = 1.0
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


@dataclass(slots=True)
class Clock:
    """The times of one stream, in seconds from ``zero``, made to run on when the clock is set anew.

    >>> clock = Clock(zero=10.0, limit=100.0)
    >>> clock.place(15.0, expected=2.0)  # a hole of three seconds
    5.0
    >>> clock.place(0.0, expected=6.0), clock.place(1.0, expected=7.0)  # two files joined
    (6.0, 7.0)
    """

    zero: float
    limit: float
    tolerance: float = _CLOCK_TOLERANCE_S

    def place(self, time: float | None, expected: float) -> float:
        """Where the sound stamped ``time`` starts: at ``expected`` unless it really says other."""
        if time is None:
            return expected
        jump = time - self.zero - expected
        if abs(jump) <= self.tolerance:
            return expected
        if jump < -_CLOCK_RESTART_S or expected + jump > self.limit:
            self.zero += jump
            return expected
        return expected + jump


@dataclass(slots=True)
class Tally:
    """What went by while a container was read, in seconds from the start a player shows.

    ``stated`` and ``stated_bytes`` are in the header, or None. ``reached`` is the end of the last
    packet of any stream, ``end`` that of the last sound. ``sound`` adds up the sound packets,
    ``decoded`` what became samples, ``lost`` the holes that damage has made.
    """

    container: str
    zero: float
    file_bytes: int
    stated: float | None
    stated_bytes: int | None
    reached: float = 0.0
    end: float = 0.0
    sound: float = 0.0
    decoded: float = 0.0
    lost: float = 0.0
    _sound_bytes: int = 0
    _ticks: dict[int, float] = field(default_factory=dict, repr=False)
    _ends: dict[int, float] = field(default_factory=dict, repr=False)
    _clocks: dict[int, Clock] = field(default_factory=dict, repr=False)
    _usual: float = 0.0
    _bytes: _Bytes = field(default_factory=lambda: _Bytes(), repr=False)

    def clock(self, tolerance: float = _CLOCK_TOLERANCE_S) -> Clock:
        """A clock for one sound stream, which believes no time beyond the end of the file."""
        limit = MAX_DURATION_S if self.stated is None else self.stated + 1.0
        return Clock(self.zero, limit, tolerance)

    def note(self, packet: av.Packet[Any]) -> None:
        """Take ``packet`` into account; one that an edit list cuts off counts for nothing."""
        if packet.is_discard or not packet.size:
            return
        self._bytes.note(packet.pos, packet.size)
        index = packet.stream_index
        if index not in self._ticks:  # fractions are slow and packets many
            self._ticks[index] = float(packet.time_base)
        tick = self._ticks[index]
        time = None if packet.pts is None else packet.pts * tick
        duration = (packet.duration or 0) * tick
        if packet.stream.type == "audio":
            self._note_sound(index, time, duration, packet.size)
        elif time is not None:
            self.reached = max(self.reached, time - self.zero + duration)

    def _note_sound(self, index: int, time: float | None, duration: float, size: int) -> None:
        clock = self._clocks.setdefault(index, self.clock(tolerance=0.0))
        expected = self._ends.get(index, 0.0)
        start = clock.place(time, expected)
        if start - expected >= _HOLE_S and self.sound and self._is_damage(start - expected):
            self.lost += start - expected
        if duration < _HOLE_S or not self._usual:
            self._usual = duration  # mp4 stretches the packet before a hole over the hole
        self._ends[index] = start + duration
        self.end = max(self.end, start + duration)
        self.reached = max(self.reached, self.end)
        self.sound += self._usual
        if size <= _BARE_SOUND.get(self.container, size):
            self._sound_bytes += size

    def _is_damage(self, hole: float) -> bool:
        due = hole * self._sound_bytes / self.sound
        passed_over = self.container in _PASSES_OVER and self._bytes.unread() >= _UNREAD_SHARE * due
        return passed_over or self.container == "flac"

    @property
    def present(self) -> float:
        """The part of the stated duration and size that the file has, 1 if it states neither."""
        # some headers state a duration and some the last time
        by_time = (self.reached + self.zero) / self.stated if self.stated else 1.0
        by_bytes = self.file_bytes / self.stated_bytes if self.stated_bytes else 1.0
        return min(1.0, by_time, by_bytes)

    @property
    def readable(self) -> float:
        """The part of the present sound that became samples."""
        whole = self.sound + self.lost
        by_time = self.decoded / whole if whole else 1.0
        bare = self.container in _BARE_SOUND
        return min(1.0, by_time, self._sound_bytes / self.file_bytes if bare else 1.0)


class _Bytes:
    """Where in the file packets lie, and how many bytes between them belong to none."""

    def __init__(self) -> None:
        self._unread: deque[int] = deque([0], maxlen=_LOOK_BACK)
        self._end = self._pos = -1

    def note(self, pos: int | None, size: int) -> None:
        if pos is None or pos < 0:
            return
        if pos == self._pos:  # one more packet of the same page
            self._end += size
            return
        skipped = max(0, pos - self._end) if self._end >= 0 else 0
        self._unread.append(self._unread[-1] + skipped)
        self._pos, self._end = pos, pos + size

    def unread(self) -> int:
        """Bytes passed over lately."""
        return self._unread[-1] - self._unread[0]


def start_tally(container: av.container.InputContainer, path: Path) -> Tally:
    """An empty tally that knows where the clock of ``container`` starts and should end."""
    name = container.format.name.split(",")[0]
    with path.open("rb") as file:
        head = file.read(4096)
        tag = _id3_size(head)
        file.seek(tag)
        states = name in _STATES_DURATION or (name == "mp3" and _is_counted(file.read(512)))
    duration = (container.duration or 0) / 1_000_000
    return Tally(
        container=name,
        zero=max(0.0, (container.start_time or 0) / 1_000_000),
        file_bytes=max(1, path.stat().st_size - tag),
        stated=duration if states and duration > 0 else None,
        stated_bytes=_stated_bytes(head),
    )


def _id3_size(head: bytes) -> int:
    """Bytes of the tag (title, cover) in front of an mp3.

    >>> _id3_size(b"ID3" + bytes([4, 0, 0, 0, 0, 1, 2]))
    140
    """
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


def _is_counted(first_frame: bytes) -> bool:
    """Whether the first frame of an mp3 states how many there are."""
    return any(mark in first_frame for mark in (b"Xing", b"Info", b"VBRI"))


def _stated_bytes(head: bytes) -> int | None:
    """The size that a wav, avi, caf or wma file states of itself, None if it does not know.

    >>> _stated_bytes(b"RIFF" + (1000).to_bytes(4, "little") + b"WAVE")
    1008
    """
    size = None
    if head[:4] == b"RIFF":
        size = 8 + int.from_bytes(head[4:8], "little")
        size = None if size >= _SIZE_UNKNOWN else size
    elif head[:4] == b"caff":
        size = _caf_bytes(head)
    elif (at := head.find(_ASF_FILE_PROPERTIES)) >= 0:
        size = int.from_bytes(head[at + 40 : at + 48], "little")
    return size or None


def _caf_bytes(head: bytes) -> int | None:
    """Up to the end of the sound in a caf file."""
    at = 8
    while at + 12 <= len(head):
        kind, size = struct.unpack(">4sq", head[at : at + 12])
        at += 12 + size
        if kind == b"data":
            return at if size >= 0 else None
        if size < 0:
            return None
    return None
