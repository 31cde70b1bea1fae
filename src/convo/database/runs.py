"""What became of each recording: running, done, or failed and why.

One small JSON file a recording, replaced whole. It reserves the session number while a recording
is being processed, and keeps a failure visible until the recording is processed again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import TypeAdapter, ValidationError

from convo.files import write_atomically
from convo.transcript import Session

State = Literal["running", "done", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Run:
    """The latest run of one recording.

    ``recording_id`` is None when the file could not be read as a recording; ``session`` is None
    when the run failed before that was settled. ``asked`` are the options that the user gave, by
    group; they hold for later runs of the recording until others are given. ``interrupted``: the
    program ended in the middle; processing the file again goes on from there.
    """

    file: str
    recording_id: str | None
    session: Session | None
    state: State
    message: str | None = None
    asked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pid: int = 0
    changed_at: str = ""


def record_run(folder: Path, run: Run) -> None:
    """Write ``run`` over the earlier record of that recording (or of that file)."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    run = replace(run, pid=os.getpid(), changed_at=now)
    path = folder / f"{_key(run)}.json"
    write_atomically(path, _RUN.dump_json(run, indent=1))


def forget_run(folder: Path, run: Run) -> None:
    """Remove the record of a file, for instance once it could be read after all."""
    (folder / f"{_key(run)}.json").unlink(missing_ok=True)


def read_runs(folder: Path) -> list[Run]:
    """All records, oldest first; a running one whose process has gone reads as interrupted."""
    runs = []
    for path in folder.glob("*.json"):
        try:
            run = _RUN.validate_json(path.read_bytes())
        except (ValidationError, OSError):  # being replaced, or from a newer version
            continue
        if run.state == "running" and not _alive(run):
            run = replace(run, state="interrupted")
        runs.append(run)
    return sorted(runs, key=lambda run: run.changed_at)


_RUN = TypeAdapter(Run)


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
