"""What people said about a recording, kept beside what the machine found and never over it."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from filelock import FileLock

from convo.errors import StoreError
from convo.files import disk_error, read_bytes

_FILE = "corrections.jsonl"


UNDO = "undo"
"""The kind of a correction that takes another one back; its value is the other's name."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word; ``when`` is UTC. The kinds are described in ``docs/corrections.md``.

    Kind ``coach`` has a value such as ``SPEAKER_01@62.40``: a speaker, and a second of its talk.
    Kind ``phases`` has ``[[0.4,"frame"],[62.4,"scrutiny"]]``: the second at which each begins.
    """

    kind: str
    value: str
    who: str
    when: datetime

    @property
    def name(self) -> str:
        """Twelve characters that no other correction of the recording has."""
        said = f"{self.kind}\n{self.value}\n{self.who}\n{self.when.isoformat()}"
        return hashlib.sha256(said.encode()).hexdigest()[:12]


def save_correction(
    root: Path, recording_id: str, kind: str, value: str, who: str | None = None
) -> Correction:
    """Add one correction to those of a recording; earlier ones stay, the last of a kind counts.

    ``who`` is by default the name under which the user is logged in, or ``unknown``.

    Raises:
        StoreError: the recording is unknown here, or the folder cannot be written.
    """
    path = _path(root, recording_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            correction = Correction(kind, value, who or _user(), _next_time(path.parent))
            line = json.dumps(asdict(correction) | {"when": correction.when.isoformat()})
            with path.open("ab+") as file:
                _drop_torn_line(cast(BinaryIO, file))
                file.write(line.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise disk_error(error, path) from error
    return correction


def read_corrections(root: Path, recording_id: str) -> tuple[Correction, ...]:
    """All corrections of a recording, oldest first, none if nobody made one.

    Raises:
        StoreError: a line is damaged.
    """
    return corrections_in(_path(root, recording_id).parent)


def last_correction(root: Path, recording_id: str, kind: str) -> Correction | None:
    """The correction of a kind that counts, None if nobody made one.

    Raises:
        StoreError: a line is damaged.
    """
    said = [one for one in in_force(read_corrections(root, recording_id)) if one.kind == kind]
    return said[-1] if said else None


def in_force(corrections: Sequence[Correction]) -> tuple[Correction, ...]:
    """Those that nobody took back, oldest first; taking back an undo brings its correction back.

    >>> first = Correction("coach", "A@1.00", "Sam", datetime(2026, 3, 4, tzinfo=UTC))
    >>> undone = Correction(UNDO, first.name, "Sam", datetime(2026, 3, 5, tzinfo=UTC))
    >>> redone = Correction(UNDO, undone.name, "Sam", datetime(2026, 3, 6, tzinfo=UTC))
    >>> [len(in_force(said)) for said in ([first], [first, undone], [first, undone, redone])]
    [1, 0, 1]
    """
    kept: list[Correction] = []
    taken_back: set[str] = set()
    for one in reversed(corrections):
        if one.name in taken_back:
            continue
        if one.kind == UNDO:
            taken_back.add(one.value)
        else:
            kept.append(one)
    return tuple(reversed(kept))


def corrections_in(home: Path) -> tuple[Correction, ...]:
    """The same for the folder of a recording."""
    path = home / _FILE
    if not path.is_file():
        return ()
    *lines, _torn = read_bytes(path).split(b"\n")  # a line counts from its line end on
    return tuple(_parse(line, path) for line in lines if line)


def _path(root: Path, recording_id: str) -> Path:
    if len(recording_id) < 16 or not recording_id.isalnum():
        raise StoreError(
            f"{recording_id!r} is no recording id: use the SHA-256 of the recording's bytes"
        )
    return root / recording_id[:16] / _FILE


def _next_time(home: Path) -> datetime:
    """Now, or just after the newest correction: no two have the same time, and so the same name."""
    newest = max(
        (one.when for one in corrections_in(home)), default=datetime.min.replace(tzinfo=UTC)
    )
    return max(datetime.now(UTC), newest + timedelta(microseconds=1))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container or service without a user's name
        return "unknown"


def _drop_torn_line(file: BinaryIO) -> None:
    """Cut off what a crash left without a line end: it was never acknowledged."""
    file.seek(0)
    content = file.read()
    file.truncate(content.rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)


def _parse(line: bytes, path: Path) -> Correction:
    try:
        fields = json.loads(line)
        return Correction(**fields | {"when": datetime.fromisoformat(fields["when"])})
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path} has a damaged line {line[:60]!r}: repair or remove that line"
        ) from error
