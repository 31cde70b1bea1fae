"""What is going on, told while it goes on, and how fast this machine turned out to be."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from types import FrameType
from typing import Protocol

from convo.files import disk_error, write_atomically
from convo.transcript import Recording

# Seconds of work per second of recording on two cores, until this machine has its own figures.
EXPECTED_FACTORS = {"transcribe": 0.06, "diarize": 0.05, "cover": 0.005, "attribute": 0.01}
LOG = "stages.jsonl"
TITLES = {
    "transcribe": "writing down the words",
    "diarize": "telling the voices apart",
    "cover": "checking that no speech was missed",
    "attribute": "giving the words to the voices",
    "read_words": "reading the words of the transcript",
    "read_speakers": "reading who says them",
    "correct": "taking over the words that were put right",
    "assign_roles": "finding out who is the coach",
    "segment_phases": "finding the phases",
    "confirm_phases": "taking over the phases that were put right",
    "code_turns": "telling what the turns do",
    "find_activities": "finding what was agreed",
    "confirm_codes": "taking over what was confirmed of the turns",
    "confirm_activities": "taking over what was confirmed of the activities",
    "count_shares": "counting the words",
    "measure": "measuring what the talk does",
    "keep": "storing",
    "report": "writing the report",
}
_RECENT_BYTES = 200_000  # about a thousand lines: enough for a pace, read in a moment


class Watcher(Protocol):
    """Someone who is told how the stages get on."""

    def started(self, stage: str, recording: Recording) -> None:
        """``stage`` begins on ``recording``."""

    def advanced(self, stage: str, done_s: float) -> None:
        """``stage`` has done ``done_s`` seconds of the recording."""

    def finished(self, stage: str, recording: Recording) -> None:
        """``stage`` is done."""


_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextlib.contextmanager
def watched_by(watcher: Watcher | None) -> Iterator[None]:
    """Tell ``watcher`` about every stage that runs inside the block."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


_interrupts: list[int] = []


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Remember Ctrl-C, so that it ends the work even where a library swallows the exception.

    Libraries that try imports and callbacks in turn may take the exception for a failed try; then
    the next stage to begin or end raises it again. Only in the main thread, as signals are.
    """

    def remember(number: int, frame: FrameType | None) -> None:
        _interrupts.append(number)
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        _interrupts.clear()


def _raise_if_interrupted() -> None:
    if _interrupts:
        raise KeyboardInterrupt


@contextlib.contextmanager
def running(folder: Path, stage: str, recording: Recording) -> Iterator[Callable[[float], None]]:
    """Announce a stage, hand out its progress callback, and log what came of it.

    Every execution, finished or failed, is one line of ``stages.jsonl`` in ``folder``. A stage
    that was killed has a line ``started`` and no other.
    """
    _raise_if_interrupted()
    watcher = _watcher.get()
    _log(folder, stage, recording, "started")
    if watcher:
        watcher.started(stage, recording)
    begun = time.monotonic()
    try:
        yield (lambda done: watcher.advanced(stage, done)) if watcher else (lambda done: None)
    except BaseException:
        _log(folder, stage, recording, "failed", time.monotonic() - begun)
        raise
    _log(folder, stage, recording, "finished", time.monotonic() - begun)
    if watcher:
        watcher.finished(stage, recording)
    _raise_if_interrupted()


@dataclass(frozen=True, slots=True)
class StageRun:
    """One line of the log; ``seconds`` is None for a start."""

    stage: str
    recording_id: str
    audio_seconds: float
    event: str
    seconds: float | None
    pid: int
    at: float


def stage_runs(folder: Path, most_bytes: int | None = None) -> list[StageRun]:
    """All logged lines (or the last of them), oldest first; a line that was cut is left out."""
    path = folder / LOG
    if not path.is_file():
        return []
    with path.open("rb") as file:
        if most_bytes is not None:
            file.seek(max(0, path.stat().st_size - most_bytes))
        content = file.read()
    runs = []
    for line in content.decode("utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError):
            runs.append(StageRun(**json.loads(line)))
    return runs


def forget_runs(folder: Path, recording_id: str) -> None:
    """Leave out of the log what was logged of one recording.

    Raises:
        StoreError: the log cannot be written.
    """
    path = folder / LOG
    if not path.is_file():
        return
    lines = path.read_bytes().splitlines(keepends=True)
    left = [line for line in lines if recording_id.encode() not in line]
    if len(left) < len(lines):
        write_atomically(path, b"".join(left))


def machine_factors(folder: Path) -> dict[str, float]:
    """Seconds of work per second of recording, by stage: the median of what was measured lately.

    Stages that never ran here are left out.
    """
    measured: dict[str, list[float]] = {}
    for run in stage_runs(folder, _RECENT_BYTES):
        if run.event == "finished" and run.seconds is not None and run.audio_seconds > 0:
            measured.setdefault(run.stage, []).append(run.seconds / run.audio_seconds)
    return {stage: median(factors[-20:]) for stage, factors in measured.items()}


def seconds_left(
    factors: Mapping[str, float], stage: str, total_s: float, done_s: float, spent_s: float
) -> float:
    """Until the report of a recording of ``total_s`` seconds is there.

    What ``stage`` needs for the rest at the pace it has shown (``done_s`` seconds of the recording
    in ``spent_s``), and what the later stages take by ``factors``, seconds of work per second.
    """
    done_s = min(done_s, total_s)
    expected = factors.get(stage, 0.0)
    # The pace shown so far counts more the further the stage is.
    weight = done_s / total_s if total_s else 1.0
    shown = spent_s / done_s if done_s else expected
    pace = weight * shown + (1 - weight) * max(expected, shown if weight > 0.1 else 0.0)
    names = list(TITLES)
    later = names[names.index(stage) + 1 :] if stage in names else []
    return (total_s - done_s) * pace + total_s * sum(factors.get(s, 0.0) for s in later)


def _log(
    folder: Path, stage: str, recording: Recording, event: str, seconds: float | None = None
) -> None:
    run = StageRun(
        stage,
        recording.recording_id,
        recording.duration,
        event,
        None if seconds is None else round(seconds, 3),
        os.getpid(),
        round(time.time(), 3),
    )
    try:
        with (folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(run)) + "\n")
    except OSError as error:
        raise disk_error(error, folder / LOG) from error
