"""A session made again from what is kept of it: after a correction, without the recording.

The words with their speakers stay as the machine has them. Only the stages after them run, and of
these only those whose inputs changed.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from convo import answers, files, outcome
from convo.config import Settings
from convo.corrections.renaming import session_now
from convo.database.artefacts import current_run, old_runs, read_conversation, read_manifest
from convo.errors import ConvoError, SessionError, StoreError
from convo.files import StageFile, write_atomically
from convo.outcome import About
from convo.pipeline import importing, reading, stages
from convo.pipeline.reading import Answers
from convo.pipeline.stages import Attributed, Covered, Place
from convo.reservation import file_of, lock, rename
from convo.sequence.engagement import glossary_for
from convo.transcript import Conversation, Session

_KEPT_RUNS = 5  # of those that corrections made: somebody may be reading the last ones
_KEPT_FILES = 60  # of stages, besides those in use: enough to take back a few corrections at once
WAIT_S = 60.0
DUE = "reports-due"  # a file for each recording: it survives the end of the program


def recompute(data: Path, recording_id: str) -> Path:
    """Make everything that follows from the corrections of a recording; the artefact's folder.

    Artefact, store and the reports of the session and of its coachee are written again. The
    recording itself is not needed.

    Raises:
        SessionError: there is no such session, or it is being processed right now.
        StoreError: something is damaged or cannot be written; the correction is kept.
    """
    folder = recount(data, recording_id)
    write_due_reports(data, recording_id)
    return folder


def recount(data: Path, recording_id: str) -> Path:
    """:func:`recompute` without the reports: they are due until :func:`write_due_reports`.

    Raises:
        SessionError, StoreError: as there.
    """
    kept(data, recording_id)  # before anything else is made for it
    with lock(data, recording_id[:16], WAIT_S):
        before = kept(data, recording_id)
        place = Place(data, Path(before.recording.name), before.recording)
        _note_due(data, recording_id)  # from now on reports may be older than the figures
        folder, used = _again(place, before)
        session = read_manifest(folder).session
        rename(data, recording_id, session)
        outcome.note_path(data, outcome.coachees_of(data, recording_id, session))
        _tidy(place, used)
        _note_due(data, recording_id)  # whoever writes them meanwhile has not seen the end of it
    return folder


def write_due_reports(data: Path, recording_id: str | None = None) -> None:
    """Write the reports that are older than their figures: of one recording, or all.

    Raises:
        StoreError: something is damaged or cannot be written; they stay due.
    """
    for due in sorted((data / DUE).glob(f"{(recording_id or '*')[:16]}")):
        asked = due.read_bytes() if due.is_file() else None
        run = current_run(data / "artefacts", due.name)
        if asked is None or run is None:
            continue
        recording = read_conversation(run.folder).recording
        place = Place(data, Path(recording.name), recording)
        outcome.write_pages(place, run.folder.relative_to(data).as_posix())
        with contextlib.suppress(OSError):  # another program was as quick
            if due.read_bytes() == asked:
                due.unlink()


def kept(data: Path, recording_id: str) -> Conversation:
    """The session of a recording, as it is now, with all that is private.

    Raises:
        SessionError: there is none.
    """
    run = current_run(data / "artefacts", recording_id)
    if run is None:
        raise SessionError(f"no session of the recording {recording_id[:16]} is kept here")
    return read_conversation(run.folder)


def _again(place: Place, before: Conversation) -> tuple[Path, set[Path]]:
    used: set[Path] = set()

    def cheap(name: str, place: Place, *inputs: Any) -> StageFile:
        result = earlier(name, place, inputs)
        if result is None:
            result = reading.STAGES[name](place, *inputs)
            noted(name, place, inputs, result)
        used.add(result.path)
        return result

    covered, attributed = _kept_words(place, before)
    used.update((covered.path, attributed.path))
    options = settings_of(before)
    meeting = session_now(place.data, place.recording.recording_id) or before.session
    told = Answers(
        answers.coach_by_person(place, attributed),
        _known(place, before, meeting),
        glossary=glossary_for(place.data, meeting.programme),
    )
    said = answers.corrections_of(place)
    heard = reading.talk(cheap, place, attributed, said, told, options)
    results = reading.results(cheap, place, covered, attributed, heard, said, told, options)
    hints = tuple(reason for reason in before.review if reason in outcome.HINTS)
    about = About(meeting, options, said, told.known, hints)
    return place.data / outcome.keep(place, results, about), used


def _known(place: Place, before: Conversation, meeting: Session) -> dict[str, float]:
    """P(is the coach) by speaker, as it was known; a transcript tells it by the names in it."""
    known: dict[str, float] = json.loads(before.provenance.get("voices.known", "{}"))
    renamed = (before.session.coach, before.session.coachee) != (meeting.coach, meeting.coachee)
    file = file_of(place.data, place.recording)
    if renamed and not place.recording.has_sound and file.is_file():
        return importing.known_names(replace(place, file=file), meeting)
    return known


def settings_of(conversation: Conversation) -> Settings:
    """The options with which the session was processed.

    Raises:
        StoreError: they are those of another version of convo.
    """
    try:
        said = json.loads(conversation.provenance.get("options", "{}"))
        return Settings.model_validate(
            {k: v for k, v in said.items() if k in Settings.model_fields}
        )
    except (ValueError, ValidationError) as error:
        raise StoreError(
            f"the options of {conversation.recording.name} are those of another version of convo: "
            "process the recording again"
        ) from error


def noted(name: str, place: Place, inputs: Sequence[Any], result: StageFile) -> None:
    """Remember what a stage left for these inputs."""
    files.save(
        _note(name, place, inputs), {"path": result.path.as_posix(), "sha256": result.sha256}
    )


def earlier(name: str, place: Place, inputs: Sequence[Any]) -> StageFile | None:
    """What the stage left for the same inputs, if it is still there."""
    try:
        said = files.load(_note(name, place, inputs), dict[str, str])
        result = StageFile(Path(said["path"]), said["sha256"])
        return result if stages.is_intact(place, result) else None
    except (ConvoError, KeyError):
        return None


def _note(name: str, place: Place, inputs: Sequence[Any]) -> Path:
    numbered = {str(number): value for number, value in enumerate(inputs)}
    return place.work / "notes" / f"{stages.stage_key(place, name, numbered)}.json"


def _kept_words(place: Place, made: Conversation) -> tuple[StageFile, StageFile]:
    """The files of the stages before the first correction, the same as they were."""
    words = made.transcription.words
    unsaid = replace(made.transcription, words=tuple(word.said_by(None) for word in words))
    return (
        stages.keep_file(place, "cover", Covered(unsaid, made.coverage)),
        stages.keep_file(place, "attribute", Attributed(words, made.diarization)),
    )


def _note_due(data: Path, recording_id: str) -> None:
    write_atomically(data / DUE / recording_id[:16], uuid4().bytes)


def _tidy(place: Place, used: set[Path]) -> None:
    """Remove runs and stage files of corrections long since overtaken: they can be made again."""
    for run in old_runs(place.data / "artefacts", place.recording.recording_id, _KEPT_RUNS):
        if run.facts.get("corrected"):
            shutil.rmtree(run.folder, ignore_errors=True)
    left = [
        path
        for name in reading.STAGES
        for path in place.work.glob(f"{name}-*.json")
        if path.relative_to(place.data) not in used
    ]
    notes = list((place.work / "notes").glob("*.json"))
    for group, most in ((left, _KEPT_FILES), (notes, 4 * _KEPT_FILES)):
        with contextlib.suppress(OSError):  # another program has the file open: next time
            for path in sorted(group, key=lambda p: p.stat().st_mtime)[:-most]:
                path.unlink(missing_ok=True)
