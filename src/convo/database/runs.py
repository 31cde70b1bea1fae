"""What became of each recording: running, done, or failed and why.

One small JSON file a recording, replaced whole. It reserves the session number while a recording
is being processed, and keeps a failure visible until the recording is processed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import TypeAdapter, ValidationError

from convo.files import write_atomically
from convo.transcript import Session

_TICK_NS = 2_000_000_000  # no file system tells times more coarsely

State = Literal["running", "done", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Run:
    """The latest run of one recording.

    ``recording_id`` is None when the file could not be read as a recording; ``session`` is None
    when the run failed before that was settled. ``message`` is for somebody at a terminal,
    ``on_page`` for somebody at the page. ``asked`` are the options that the user gave, by
    group; they hold for later runs of the recording until others are given. ``interrupted``: the
    program ended in the middle; processing the file again goes on from there.
    """

    file: str
    recording_id: str | None
    session: Session | None
    state: State
    message: str | None = None
    on_page: str | None = None
    asked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pid: int = 0
    changed_at: str = ""


def record_run(folder: Path, run: Run) -> None:
    """Write ``run`` over the earlier record of that recording (or of that file)."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    run = replace(run, pid=os.getpid(), changed_at=now)
    path = folder / f"{_key(run)}.json"
    write_atomically(path, _RUN.dump_json(run, indent=1))


def rename_run(folder: Path, recording_id: str, session: Session) -> None:
    """Say in the record of a recording, if there is one, that it is another ``session``."""
    path = folder / f"{recording_id[:16]}.json"
    run = _read(path)
    if run is not None and run.session not in (None, session):
        write_atomically(path, _RUN.dump_json(replace(run, session=session), indent=1))


def forget_run(folder: Path, run: Run) -> None:
    """Remove the record of a file, for instance once it could be read after all."""
    (folder / f"{_key(run)}.json").unlink(missing_ok=True)


def forget_recording(folder: Path, recording_id: str) -> None:
    """Remove the record of a recording, and what a program left that was killed while writing."""
    name = f"{recording_id[:16]}.json"
    for path in (folder / name, *folder.glob(f".{name}.*.tmp")):
        path.unlink(missing_ok=True)


def run_of(folder: Path, recording_id: str) -> Run | None:
    """The record of one recording, None if there is none; its id may be shortened."""
    run = _read(folder / f"{recording_id[:16]}.json")
    return _now(run) if run else None


def read_runs(folder: Path) -> list[Run]:
    """All records, oldest first; a running one whose process has gone reads as interrupted."""
    read = (_read(path) for path in folder.glob("*.json"))
    return sorted((_now(run) for run in read if run), key=lambda run: run.changed_at)


class RunsNotDone:
    """The records that are not done, for someone who looks again and again.

    Only what was written since the last look is read, which matters with thousands of records.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[str, int] = {}
        self._open: dict[str, Run] = {}
        self._seen = -1
        self._alone = threading.Lock()

    def read(self) -> list[Run]:
        """As :func:`read_runs`, without those that are done."""
        with self._alone:
            self._look()
            runs = list(self._open.values())
        return sorted(map(_now, runs), key=lambda run: run.changed_at)

    def _look(self) -> None:
        changed = self._folder.stat().st_mtime_ns if self._folder.is_dir() else 0
        if changed == self._seen:
            return
        # A change just now could be followed by another one with the same time.
        self._seen = changed if time.time_ns() - changed > _TICK_NS else -1
        written = {}
        with contextlib.suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            written = {e.name: e.stat().st_mtime_ns for e in entries if e.name.endswith(".json")}
        for name in self._written.keys() - written.keys():
            self._open.pop(name, None)
        for name, at in written.items():
            if self._written.get(name) != at:
                run = _read(self._folder / name)
                if run and run.state != "done":
                    self._open[name] = run
                else:
                    self._open.pop(name, None)
        self._written = written


_RUN = TypeAdapter(Run)


def _read(path: Path) -> Run | None:
    try:
        return _RUN.validate_json(path.read_bytes())
    except (ValidationError, OSError):  # being replaced, or from a newer version
        return None


def _now(run: Run) -> Run:
    """A running one whose process has gone was interrupted."""
    if run.state == "running" and not _alive(run):
        return replace(run, state="interrupted")
    return run


def _alive(run: Run) -> bool:
    """Whether the process that wrote ``run`` is there, not a later one with its number."""
    try:
        begun = psutil.Process(run.pid).create_time()
    except psutil.Error:
        return False
    return begun <= datetime.fromisoformat(run.changed_at).timestamp() + 1


def _key(run: Run) -> str:
    if run.recording_id is not None:
        return run.recording_id[:16]
    # A file that is no recording has no content worth naming it by: its path stands in.
    return "file-" + hashlib.sha256(run.file.encode()).hexdigest()[:16]
