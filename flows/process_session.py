"""Recording to report: the stages of one session as cached tasks.

Each task is one call into ``convo.pipeline``. A finished stage is a small JSON result (the path and
hash of an immutable file), kept under a key made of the stage, its version and its inputs: run the
same file again after a crash, or with another option, and only what is missing or changed runs.

By hand: ``python flows/process_session.py FILE`` (``convo process --help`` has all the options).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # started as a script: hand over to the command line
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from convo.cli import main

    sys.exit(main(["process", *sys.argv[1:]]))

from prefect import Task, flow, task
from prefect.cache_policies import NO_CACHE, CacheKeyFnPolicy
from prefect.context import TaskRunContext

from convo import answers, outcome
from convo.answers import corrections_of
from convo.config import Settings
from convo.corrections import confirming
from convo.corrections.recomputing import noted
from convo.corrections.renaming import settle_session
from convo.errors import ConvoError, StageError
from convo.files import StageFile
from convo.outcome import About, Outcome
from convo.pipeline import importing, reading, stages
from convo.pipeline.reading import Answers
from convo.pipeline.stages import Place
from convo.reservation import Job, record_failure, reserved
from convo.sequence.engagement import glossary_for
from convo.transcript import Session


def stage_key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    """Name, version and inputs of a stage; where things lie is not an input."""
    inputs = {key: value for key, value in parameters.items() if key != "place"}
    return stages.stage_key(parameters["place"], context.task.name, inputs)


KEPT = CacheKeyFnPolicy(cache_key_fn=stage_key)
transcribe = task(name="transcribe", cache_policy=KEPT)(stages.transcribe)
diarize = task(name="diarize", cache_policy=KEPT)(stages.diarize)
cover = task(name="cover", cache_policy=KEPT)(stages.cover)
attribute = task(name="attribute", cache_policy=KEPT)(stages.attribute)
read_words = task(name="read_words", cache_policy=KEPT)(importing.read_words)
read_speakers = task(name="read_speakers", cache_policy=KEPT)(importing.read_speakers)
CHEAP = {name: task(name=name, cache_policy=KEPT)(do) for name, do in reading.STAGES.items()}
inspect = task(name="inspect", cache_policy=NO_CACHE, persist_result=False)(importing.inspect)
keep = task(name="keep", cache_policy=NO_CACHE, persist_result=False)(outcome.keep)
report = task(name="report", cache_policy=NO_CACHE, persist_result=False)(outcome.report)


class Unwritten:
    """A job that Prefect hands on and cannot write down: it names people and their files.

    What Prefect's database does not hold need not be deleted from it.
    """

    __slots__ = ("job",)

    def __init__(self, job: Job) -> None:
        self.job = job


@flow(name="process-session", validate_parameters=False)
def process_session(asked: Unwritten) -> Outcome:
    """Recording to report, for one recording.

    Raises:
        ConvoError: one sentence for the user; what is finished stays finished.
    """
    job = asked.job
    recording = inspect(job.file)
    place = Place(job.data, job.file, replace(recording, name=job.name or recording.name))
    with reserved(place, job) as (meeting, settings):
        stages.check_channels(place, settings.segments)
        importing.check_sound(place, bool(job.keep_voices))
        confirming.check_phases(place, job.phases)
        return _run_stages(place, meeting, job, stages.check(job.data, settings))


def _run_stages(place: Place, meeting: Session, job: Job, options: Settings) -> Outcome:
    hear = _hear if place.recording.has_sound else _read
    covered, attributed = hear(place, options)
    answers.keep_media(place, job.media)
    known = importing.known_names(place, meeting) or answers.known_voices(
        place, attributed, meeting
    )
    coach = job.coach_is or answers.coach_by_person(place, attributed)
    terms = glossary_for(place.data, meeting.programme)
    told = Answers(coach, known, bool(job.coach_is), terms)
    heard = reading.talk(cheap, place, attributed, corrections_of(place), told, options)
    if job.coach_is:
        answers.keep_answer(place, attributed, job.coach_is)
    if job.phases:
        confirming.keep_phases(place, heard.assign_roles, heard.segment_phases, job.phases)
    meeting = settle_session(place, meeting, job.request.correct)
    said = corrections_of(place)
    results = reading.results(cheap, place, covered, attributed, heard, said, told, options)
    about = About(meeting, options, said, known, outcome.hints(place, options))
    folder = keep(place, results, about)
    written = report(place, folder)
    if job.keep_voices:
        answers.keep_voices(place, attributed, results.assign_roles, job, meeting)
    return Outcome(place.recording, meeting, folder, written)


def _hear(place: Place, options: Settings) -> tuple[StageFile, StageFile]:
    """A recording: its words, and who says them."""
    spoken = finished(transcribe, place, options.words.decoding())
    segmented = finished(diarize, place, options.segments)
    covered = finished(cover, place, spoken, segmented, options.words)
    return covered, finished(attribute, place, covered, segmented, options.attribution)


def _read(place: Place, options: Settings) -> tuple[StageFile, StageFile]:
    """A transcript: the same from what it says."""
    words = finished(read_words, place, options.words.language)
    return words, finished(read_speakers, place, words)


def cheap(name: str, place: Place, *inputs: Any) -> StageFile:
    """A stage after attribution, by its name; its result is noted for corrections to start from."""
    result = finished(CHEAP[name], place, *inputs)
    noted(name, place, inputs, result)
    return result


def finished(stage: Task[..., StageFile], place: Place, *inputs: Any) -> StageFile:
    """The result of ``stage``, from an earlier run if its file is still there."""
    result = stage(place, *inputs)
    if stages.is_intact(place, result):
        return result
    return stage.with_options(refresh_cache=True)(place, *inputs)


def run(jobs: Sequence[Job], done: Callable[[Job, Outcome | ConvoError], None]) -> None:
    """Process recordings one after the other; ``done`` hears of each, also of those that fail."""
    for job in jobs:
        try:
            result: Outcome | ConvoError = process_session(Unwritten(job))
        except ConvoError as error:
            result = error
        except Exception as error:  # whatever it is, the other recordings go on
            result = StageError(
                f"{type(error).__name__} ({error}): run `convo doctor`, and if it finds nothing, "
                "report this as a fault of convo"
            )
            result.__cause__ = error
        if isinstance(result, ConvoError):
            record_failure(job, result)
        done(job, result)
