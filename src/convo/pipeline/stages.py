"""The stages from sound to words with speakers; each reads the files of earlier ones, leaves one.

A stage is a plain function of a :class:`Place` (where things are), earlier results (as
:class:`~convo.files.StageFile`) and options. The same inputs give the same file, so
whoever calls the stages may skip one whose result is there; :data:`VERSIONS` is part of the inputs
and is raised whenever a stage would now give another result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import psutil

from convo import files
from convo.audio import coverage, languages, models, recording, segments, voices, words
from convo.config import Settings
from convo.conversation import attribution
from convo.database.store import Store
from convo.errors import RecordingError, StageError, StoreError
from convo.files import StageFile
from convo.pipeline import shipped
from convo.progress import running
from convo.transcript import (
    Coverage,
    Diarization,
    Recording,
    RoleAssignment,
    Transcription,
    Turn,
    Word,
)

VERSIONS = {
    "transcribe": 1,
    "diarize": 1,
    "cover": 1,
    "attribute": 1,
    "read_words": 1,
    "read_speakers": 1,
    "correct": 1,
    "assign_roles": 2,
    "segment_phases": 4,
    "confirm_phases": 1,
    "code_turns": 1,
    "confirm_codes": 1,
    "find_activities": 1,
    "confirm_activities": 1,
    "count_shares": 2,
    "measure": 2,
}
STORE = "convo.duckdb"
MIN_FREE_MB = 200  # the work files of a three-hour session take about 20 MB, the joined weights 300

T = TypeVar("T")
Samples = recording.Samples


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recording lies and where its results go; not part of any result."""

    data: Path
    file: Path
    recording: Recording

    @property
    def work(self) -> Path:
        """The folder of this recording's stage files."""
        return self.data / "work" / self.recording.short_id


@dataclass(frozen=True, slots=True)
class Covered:
    """The words after speech without words was decoded again."""

    transcription: Transcription
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Attributed:
    """The words with their speakers, and the speaker segments they were attributed against."""

    words: tuple[Word, ...]
    diarization: Diarization


@dataclass(frozen=True, slots=True)
class InRoles:
    """The turns with their roles."""

    turns: tuple[Turn, ...]
    assignment: RoleAssignment


def check(data: Path, settings: Settings) -> Settings:
    """Everything that can be known to fail before a long stage: models, language, disk, store.

    Returns the settings with ``auto`` replaced by what this machine has.

    Raises:
        ModelError, ConfigError, StoreError: one sentence with the remedy.
    """
    free = psutil.disk_usage(str(data)).free / 1e6
    if free < MIN_FREE_MB:
        raise StoreError(
            f"only {free:.0f} MB are free in {data}",
            terminal=f"free at least {MIN_FREE_MB} MB, or choose another folder with --data",
            page=f"free at least {MIN_FREE_MB} MB on that disk and try again",
        )
    if settings.words.language not in (None, "auto"):
        languages.check_language(settings.words.language)
    spoken = models.check_whisper(settings.words.model, settings.words.engine)
    heard = models.check_diarization(settings.segments.model)
    shipped.phase_model(settings.phases)
    if (data / STORE).is_file():
        Store(data / STORE).names()  # a store made by a newer version is found out now
    chosen = {"engine": spoken.engine}
    voices_by = {} if heard.folder else {"model": heard.name}
    return settings.model_copy(
        update={
            "words": settings.words.model_copy(update=chosen),
            "segments": settings.segments.model_copy(update=voices_by),
        }
    )


def check_channels(place: Place, options: segments.SegmentsOptions) -> None:
    """Raises: RecordingError: each channel should be one speaker, and there are not two."""
    channels = place.recording.channels
    if options.channels == "speakers" and channels != 2:
        raise RecordingError(
            f"{place.file.name} has {channels} channel{'s' * (channels != 1)}, not two, so they "
            "cannot be one speaker each",
            terminal="leave out --channels speakers",
        )


def transcribe(place: Place, options: words.WordsOptions) -> StageFile:
    """Recording to words."""
    with running(place.data, "transcribe", place.recording) as progress:
        return keep_file(
            place, "transcribe", words.transcribe(samples_of(place), options, progress)
        )


def diarize(place: Place, options: segments.SegmentsOptions) -> StageFile:
    """Recording to speaker segments.

    Voices are left out of what is kept: they are biometric data, kept only with consent.
    """
    with running(place.data, "diarize", place.recording) as progress:
        if options.channels == "speakers":
            left, right = recording.read_channels(place.file)
            result = segments.diarize_channels(left, right, options, progress)
        else:
            result = segments.diarize(samples_of(place), options, progress)
        return keep_file(place, "diarize", _without_voices(result))


def cover(
    place: Place, spoken: StageFile, segmented: StageFile, options: words.WordsOptions
) -> StageFile:
    """Words again for speech that was heard and got none.

    Raises:
        StageError: more of the speech than allowed still has no words.
        RecordingError: there is no speech.
    """
    with running(place.data, "cover", place.recording) as progress:
        covered = Covered(
            *coverage.cover(
                samples_of(place),
                load(place, spoken, Transcription),
                load(place, segmented, Diarization),
                options,
                progress,
            )
        )
        _refuse_uncovered(place.file.name, covered, options)
        return keep_file(place, "cover", covered)


def attribute(
    place: Place,
    covered: StageFile,
    segmented: StageFile,
    options: attribution.AttributionOptions,
) -> StageFile:
    """A speaker for every word."""
    with running(place.data, "attribute", place.recording):
        said = load(place, covered, Covered).transcription.words
        diarization = load(place, segmented, Diarization)
        result = _attributed(samples_of(place), said, diarization, options)
        return keep_file(place, "attribute", result)


def speaker_voices(place: Place, attributed: StageFile) -> dict[str, tuple[float, ...]]:
    """One embedding a speaker, computed anew: voices are not kept with the other results."""
    diarization = load(place, attributed, Attributed).diarization
    return dict(voices.speaker_voices(samples_of(place), diarization.exclusive))


def load(place: Place, file: StageFile, kind: type[T]) -> T:
    """What a stage left."""
    return files.load(StageFile(place.data / file.path, file.sha256), kind)


def is_intact(place: Place, file: StageFile) -> bool:
    """Whether what a stage left is still there, unaltered."""
    path = place.data / file.path
    return path.is_file() and files.sha256_of(path) == file.sha256


def stage_key(place: Place, stage: str, inputs: Mapping[str, Any]) -> str:
    """The same for the same stage, version, recording and inputs."""
    return f"{stage}-v{VERSIONS[stage]}-{fingerprint(place.recording, inputs)}"


def fingerprint(recording: Recording, inputs: Mapping[str, Any]) -> str:
    """The same for the same recording and inputs, on every machine and in every process.

    >>> from convo.transcript import Recording
    >>> talk = Recording("ab" * 32, "talk.m4a", 60.0, 1, 16_000, "m4a", 1)
    >>> fingerprint(talk, {"a": 1, "b": None}) == fingerprint(talk, {"b": None, "a": 1})
    True
    """
    plain = {key: _plain(value) for key, value in inputs.items()}
    text = json.dumps([recording.recording_id, plain], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def recognise(file: Path, settings: Settings) -> tuple[tuple[Word, ...], Diarization]:
    """Words with speakers and the speaker segments of one file; nothing is kept.

    Raises:
        RecordingError, StageError: as the stages do.
    """
    samples = recording.read_samples(file)
    recording.check_sound(samples)
    spoken = words.transcribe(samples, settings.words)
    segmented = segments.diarize(samples, settings.segments)
    covered = Covered(*coverage.cover(samples, spoken, segmented, settings.words))
    _refuse_uncovered(file.name, covered, settings.words)
    attributed = _attributed(samples, covered.transcription.words, segmented, settings.attribution)
    return attributed.words, attributed.diarization


def keep_file(place: Place, stage: str, value: object) -> StageFile:
    """What ``stage`` made of ``place``, as a file named by its content."""
    kept = files.save_by_content(place.work, stage, value)
    # Relative, so that a data folder can be moved without losing what is finished.
    return StageFile(kept.path.relative_to(place.data), kept.sha256)


_decoded: dict[str, Samples] = {}


def samples_of(place: Place) -> Samples:
    """The sound of the recording, mono at 16 kHz.

    Stages of one recording follow each other in one process: it is decoded once, and never are
    two recordings held.
    """
    key = place.recording.recording_id
    if key not in _decoded:
        _decoded.clear()
        samples = recording.read_samples(place.file)
        recording.check_sound(samples)
        _decoded[key] = samples
    return _decoded[key]


def _without_voices(diarization: Diarization) -> Diarization:
    return replace(diarization, voices={})


def _plain(value: object) -> Any:
    return json.loads(files.as_json(value.sha256 if isinstance(value, StageFile) else value))


def _refuse_uncovered(name: str, covered: Covered, options: words.WordsOptions) -> None:
    """A session is not done while speech that somebody heard has no words.

    Raises:
        RecordingError: nobody speaks.
        StageError: too much speech has no words.
    """
    heard = covered.coverage
    if not covered.transcription.words:
        raise RecordingError(
            f"no speech was understood in {name}: check that it is the right file and that "
            "the voices are audible in it"
        )
    share = heard.wordless_share
    if share is not None and share > options.max_wordless_share:
        start, end = max(heard.wordless, key=lambda stretch: stretch[1] - stretch[0])
        raise StageError(
            f"{share:.0%} of the speech in {name} got no words, most of it around "
            f"{start // 60:.0f}:{start % 60:02.0f} to {end // 60:.0f}:{end % 60:02.0f}",
            terminal="try --engine openai-whisper or a larger --model",
            page="listen to it there, and if another language is spoken than was heard, remove the "
            "recording here and add it again with its language, under “More”",
        )


def _attributed(
    samples: Samples,
    said: tuple[Word, ...],
    diarization: Diarization,
    options: attribution.AttributionOptions,
) -> Attributed:
    refined = voices.refine(samples, said, diarization, options)
    return Attributed(
        attribution.attribute_words(said, refined.exclusive, options), _without_voices(refined)
    )
