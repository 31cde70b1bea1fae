"""The live progress line: stage, minutes done of total, time left."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from convo.progress import EXPECTED_FACTORS, machine_factors
from convo.transcript import Recording

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


class LiveLine:
    """Shows on ``console`` (stderr) how far a recording is; without a terminal, a line a stage.

    The time left is honest: what this stage needs at the pace it has shown, plus what the later
    stages took on this machine so far, or a cautious guess before the first session.
    """

    def __init__(self, console: Console, data: Path) -> None:
        self._console = console
        self._factors = EXPECTED_FACTORS | machine_factors(data)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[name]}", markup=False),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[minutes]}"),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._recording: Recording | None = None
        self._begun = 0.0

    def __enter__(self) -> LiveLine:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def started(self, stage: str, recording: Recording) -> None:
        """A stage begins."""
        title = TITLES.get(stage, stage)
        if not self._console.is_terminal:
            self._console.print(
                f"{recording.name}: {title}", highlight=False, soft_wrap=True, markup=False
            )
        self._recording, self._begun = recording, time.monotonic()
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(
            title, total=max(recording.duration, 0.1), name=recording.name, minutes="", left=""
        )
        self.advanced(stage, 0.0)

    def advanced(self, stage: str, done_s: float) -> None:
        """A stage has done ``done_s`` seconds of the recording."""
        if self._task is None or self._recording is None:
            return
        total = self._recording.duration
        left = self.seconds_left(stage, min(done_s, total), time.monotonic() - self._begun)
        self._progress.update(
            self._task,
            completed=done_s,
            minutes=f"{min(done_s, total) / 60:.1f} of {total / 60:.1f} min",
            left=f"about {_clock(left)} left",
        )

    def finished(self, stage: str, recording: Recording) -> None:
        """A stage is done."""
        self.advanced(stage, recording.duration)

    def seconds_left(self, stage: str, done_s: float, spent_s: float) -> float:
        """Until the report of the recording in hand is there."""
        total = self._recording.duration if self._recording else 0.0
        expected = self._factors.get(stage, 0.0)
        # The pace shown so far counts more the further the stage is.
        weight = done_s / total if total else 1.0
        shown = spent_s / done_s if done_s else expected
        pace = weight * shown + (1 - weight) * max(expected, shown if weight > 0.1 else 0.0)
        names = list(TITLES)
        later = names[names.index(stage) + 1 :] if stage in names else []
        return (total - done_s) * pace + total * sum(self._factors.get(s, 0.0) for s in later)


def _clock(seconds: float) -> str:
    """
    >>> _clock(75)
    '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
