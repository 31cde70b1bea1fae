"""Speed and memory, stage by stage, beside a plain script of the same models.

::

    python -m convo.bench [FILE] [--minutes 8] [--only ours] [--json FILE]

Without a FILE the sample sessions are joined and repeated to ``--minutes``. Each side runs in a
process of its own, one after the other, so that neither has the other's memory or warm caches.
Stages include loading what they need. RTF, the real-time factor, is seconds of work per second of
sound; peak memory is the resident size of the process, in MB of 10^6 bytes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from convo.errors import ConvoError, EvaluationError
from convo.files import StageFile
from convo.resources import resource

SIDES = ("ours", "plain")
_SAMPLE_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class StageCost:
    """What one stage took; ``peak_mb`` is the most memory while it ran."""

    stage: str
    seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class SideCost:
    """All stages of one side, in order."""

    side: str
    stages: tuple[StageCost, ...]

    @property
    def seconds(self) -> float:
        """From the start of the process to the last result."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def peak_mb(self) -> float:
        """The most memory at any time."""
        return max((stage.peak_mb for stage in self.stages), default=0.0)

    def of(self, stage: str) -> StageCost | None:
        """The costs of one stage, if this side has it."""
        return next((cost for cost in self.stages if cost.stage == stage), None)


class Meter:
    """Measures stages; a thread looks at the memory while they run."""

    def __init__(self) -> None:
        self.costs: list[StageCost] = []
        self._process = psutil.Process()
        self._peak = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self._look()
            time.sleep(_SAMPLE_EVERY_S)

    def _look(self) -> None:
        self._peak = max(self._peak, self._process.memory_info().rss)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Everything inside the block is one stage."""
        begun = time.perf_counter()
        self._peak = 0
        yield
        self._look()
        self.costs.append(StageCost(name, time.perf_counter() - begun, self._peak / 1e6))

    def started(self) -> None:
        """Count what was spent since the process began, before the first stage."""
        spent = time.time() - self._process.create_time()
        self._look()
        self.costs.append(StageCost("start", max(0.0, spent), self._peak / 1e6))


def run_ours(file: Path, folder: Path, meter: Meter) -> None:
    """The pipeline of ``convo process``, without the flow: every stage once."""
    from convo import outcome
    from convo.audio.recording import inspect_recording
    from convo.config import load_settings
    from convo.pipeline import reading, stages
    from convo.transcript import Session

    settings = load_settings()
    meter.started()
    with meter.stage("read"):
        place = stages.Place(folder, file, inspect_recording(file))
        stages.samples_of(place)
    with meter.stage("transcribe"):
        spoken = stages.transcribe(place, settings.words)
    with meter.stage("diarize"):
        segmented = stages.diarize(place, settings.segments)
    with meter.stage("cover"):
        covered = stages.cover(place, spoken, segmented, settings.words)
    with meter.stage("attribute"):
        attributed = stages.attribute(place, covered, segmented, settings.attribution)

    def run(name: str, place: Any, *inputs: Any) -> StageFile:
        with meter.stage(name):
            return reading.STAGES[name](place, *inputs)

    answers = reading.Answers()
    heard = reading.talk(run, place, attributed, (), answers, settings)
    results = reading.results(run, place, covered, attributed, heard, (), answers, settings)
    meeting = Session("Coachee", "Coach", 1, datetime.date(2026, 1, 13))
    with meter.stage("keep"):
        kept = outcome.keep(place, results, outcome.About(meeting, settings))
    with meter.stage("report"):
        outcome.report(place, kept)


def run_plain(file: Path, _folder: Path, meter: Meter) -> None:
    """openai-whisper with word times, then the same pyannote pipeline at its default step."""
    from convo.audio import plain
    from convo.audio.recording import read_samples

    meter.started()
    with meter.stage("read"):
        samples = read_samples(file)
    with meter.stage("transcribe"):
        plain.transcribe_plainly(samples)
    with meter.stage("diarize"):
        plain.diarize_plainly(samples)


_RUN: dict[str, Callable[[Path, Path, Meter], None]] = {"ours": run_ours, "plain": run_plain}


def measure(side: str, file: Path) -> SideCost:
    """Run one side on ``file`` in a fresh process.

    Raises:
        EvaluationError: the side failed; its own words are on stderr.
    """
    with tempfile.TemporaryDirectory(prefix="convo-bench-") as folder:
        costs = Path(folder) / "costs.json"
        command = [sys.executable, "-m", "convo.bench", str(file), "--side", side]
        done = subprocess.run([*command, "--costs", str(costs)], check=False)
        if done.returncode or not costs.is_file():
            raise EvaluationError(
                f"the side {side!r} failed: see its message above, then try again"
            )
        rows = json.loads(costs.read_text(encoding="utf-8"))
    return SideCost(side, tuple(StageCost(**row) for row in rows))


def _run_side(side: str, file: Path, costs: Path) -> None:
    """The child's part of :func:`measure`."""
    meter = Meter()
    _RUN[side](file, costs.parent, meter)
    costs.write_text(json.dumps([asdict(cost) for cost in meter.costs]), encoding="utf-8")


def joined_samples(minutes: float, target: Path) -> Path:
    """The sample sessions one after the other, from the start again, until ``minutes`` are full."""
    import numpy as np

    from convo.audio.recording import SAMPLE_RATE, read_samples, write_clip

    files = sorted(resource("data/samples").glob("*/recording.*"))
    if not files:
        raise EvaluationError("there are no sample recordings: name a recording of your own")
    joined = np.concatenate([read_samples(file) for file in files])
    whole = np.resize(joined, round(minutes * 60 * SAMPLE_RATE))
    write_clip(whole, 0, minutes * 60, target)
    return target


def duration_s(file: Path) -> float:
    """Length of the sound."""
    from convo.audio.recording import inspect_recording

    return inspect_recording(file).duration


def cost_table(costs: Sequence[SideCost], seconds: float) -> Table:
    """Stages by sides, with the ratio of the first side to the second where both have the stage."""
    table = Table(title=f"{seconds / 60:.1f} minutes of sound", title_justify="left")
    table.add_column("stage", no_wrap=True)
    for side in costs:
        for column in ("s", "RTF", "peak MB"):
            table.add_column(f"{side.side} {column}", justify="right", no_wrap=True)
    if len(costs) > 1:
        table.add_column(f"{costs[0].side} / {costs[1].side}", justify="right")
    names = list(dict.fromkeys(cost.stage for side in costs for cost in side.stages))
    for name in names:
        found = [side.of(name) for side in costs]
        table.add_row(name, *_cells(found, seconds), end_section=name == names[-1])
    totals = [StageCost("all", side.seconds, side.peak_mb) for side in costs]
    table.add_row("all", *_cells(totals, seconds))
    return table


def _cells(found: Sequence[StageCost | None], seconds: float) -> list[str]:
    cells: list[str] = []
    for cost in found:
        cells += (
            ["", "", ""]
            if cost is None
            else [f"{cost.seconds:.1f}", f"{cost.seconds / seconds:.3f}", f"{cost.peak_mb:.0f}"]
        )
    if len(found) > 1:
        one, other = found[:2]
        both = one is not None and other is not None and other.seconds > 0
        cells.append(f"{one.seconds / other.seconds:.2f}" if both and one and other else "")
    return cells


def as_json(costs: Sequence[SideCost], seconds: float) -> str:
    """The same figures for programs."""
    sides = {
        side.side: {
            "seconds": side.seconds,
            "real_time_factor": side.seconds / seconds,
            "peak_mb": side.peak_mb,
            "stages": [asdict(stage) for stage in side.stages],
        }
        for side in costs
    }
    return json.dumps({"audio_seconds": seconds, "sides": sides}, indent=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; 0 when every side finished, 1 when one failed."""
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        if options.side:
            _run_side(options.side, options.file, options.costs)
            return 0
        with tempfile.TemporaryDirectory(prefix="convo-bench-") as folder:
            file = options.file or joined_samples(options.minutes, Path(folder) / "samples.wav")
            seconds = duration_s(file)
            sides = [options.only] if options.only else list(SIDES)
            costs = [measure(side, file) for side in sides]
    except ConvoError as error:
        Console(stderr=True).print(str(error), highlight=False, markup=False)
        return 1
    console.print(cost_table(costs, seconds))
    if options.json:
        options.json.write_text(as_json(costs, seconds), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m convo.bench", description=(__doc__ or "")[:79])
    parser.add_argument("file", nargs="?", type=Path, help="a recording; otherwise the samples")
    parser.add_argument("--minutes", type=float, default=8.0, help="length of the joined samples")
    parser.add_argument("--only", choices=SIDES, help="run one side alone")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    # How the bench starts its own children.
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--costs", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
