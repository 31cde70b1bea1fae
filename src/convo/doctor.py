"""Whether this machine can do the work: what is installed, which models run, space, speed."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from convo.errors import ConvoError
from convo.progress import machine_factors

if TYPE_CHECKING:
    from convo.encoder.reader import PhaseReader

LIBRARIES = ("openai-whisper", "faster-whisper", "pyannote.audio", "torch", "prefect", "duckdb")
NEEDED_MEMORY_GB = 4.0  # a three-hour recording stays below this
NEEDED_DISK_GB = 1.0
SAMPLE = "data/samples/demo-1/recording.m4a"
SAMPLE_S = 60.0
# Not by name: an index of packages has another project that is called convo.
_AGAIN = '".[bundled]" in the folder of convo'


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``remedy`` is None when all is well."""

    what: str
    found: str
    remedy: str | None = None


def examine(data: Path, measure: bool) -> Iterator[Finding]:
    """Look at everything, one finding after the other; nothing is downloaded.

    ``measure``: when nothing was ever processed here, time a minute of a sample recording.
    """
    yield Finding("convo", f"{version('convo')} on Python {platform.python_version()}")
    yield from _libraries()
    for engine in ("faster-whisper", "openai-whisper"):
        yield _model(f"words, {engine}", partial(_whisper, engine))
    yield _model("speakers", _diarization)
    yield _model("phases", _phases)
    yield _disk(data)
    yield _memory()
    yield _store(data)
    yield _speed(data, measure)


def _libraries() -> Iterator[Finding]:
    for name in LIBRARIES:
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, "missing", f"run python -m pip install {_AGAIN}")


def _model(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except ConvoError as error:
        sentence, _, remedy = str(error).rpartition(": ")
        return Finding(what, sentence or "not usable", remedy or str(error))
    except Exception as error:  # such as a library that this system cannot load
        again = f"run python -m pip install --force-reinstall {_AGAIN}"
        return Finding(what, f"{type(error).__name__}: {error}", again)


def _whisper(engine: str) -> str:
    from convo.audio.models import check_whisper

    check_whisper("base", engine)
    return "base, ready"


def _diarization() -> str:
    from convo.audio.models import check_diarization

    return f"{check_diarization('auto').name}, ready"


def _phases() -> str:
    return f"model {_shipped().version}, ready"


def _shipped() -> PhaseReader:
    from convo.encoder.reader import shipped_reader

    return shipped_reader()


def _disk(data: Path) -> Finding:
    free = psutil.disk_usage(str(data)).free / 1e9
    remedy = None if free >= NEEDED_DISK_GB else f"free {NEEDED_DISK_GB:.0f} GB on that disk"
    return Finding("disk", f"{free:.1f} GB free in {data}", remedy)


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    free, total = memory.available / 1e9, memory.total / 1e9
    remedy = (
        None
        if free >= NEEDED_MEMORY_GB
        else f"close other programs: a long recording needs up to {NEEDED_MEMORY_GB:.0f} GB"
    )
    return Finding("memory", f"{free:.1f} GB free of {total:.1f} GB", remedy)


def _store(data: Path) -> Finding:
    from convo.reservation import store

    kept = store(data)
    if not kept.path.is_file():
        return Finding("store", "none yet")

    def count() -> str:
        sessions = kept.query("select count(*) from session").rows[0][0]
        return f"{sessions} sessions in {kept.path}"

    return _model("store", count)


def _speed(data: Path, measure: bool) -> Finding:
    factors = machine_factors(data)
    if factors:
        minutes = 60 * sum(factors.values())
        return Finding("speed", f"{minutes:.0f} minutes for an hour of recording, as measured here")
    if not measure:
        return Finding("speed", "not measured yet")
    return _model(
        "speed",
        lambda: f"{60 * measured_factor():.0f} minutes for an hour of recording, from one minute",
    )


def measured_factor() -> float:
    """Seconds of work per second of recording, words and speakers, loading of models left out."""
    from convo.audio import recording, segments, words
    from convo.resources import resource

    samples = recording.read_samples(resource(SAMPLE))[: int(SAMPLE_S * recording.SAMPLE_RATE)]
    options = words.WordsOptions(language="en")
    words.transcribe(samples[: 10 * recording.SAMPLE_RATE], options)  # loads the models
    segments.diarize(samples[: 10 * recording.SAMPLE_RATE], segments.SegmentsOptions())
    begun = time.monotonic()
    words.transcribe(samples, options)
    segments.diarize(samples, segments.SegmentsOptions())
    return (time.monotonic() - begun) / SAMPLE_S
