"""What comes of one recording: the artefact, the store's rows, the reports, and what to review."""

from __future__ import annotations

import contextlib
import getpass
import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from convo.audio import recording as audio
from convo.config import Settings, load_settings
from convo.database import artefacts, profiles
from convo.database.corrections import read_corrections, save_correction
from convo.database.runs import Run, State, forget_run, read_runs, record_run
from convo.database.store import Store
from convo.errors import ConvoError, SessionError, StoreError
from convo.files import StageFile
from convo.progress import running
from convo.report.files import progression_file_name, reports_of
from convo.report.progression import write_progression_report
from convo.report.session import write_session_report
from convo.sessions import KnownSession, SessionRequest, resolve_session
from convo.stages import (
    VERSIONS,
    Attributed,
    Covered,
    InRoles,
    Place,
    load,
    samples_of,
    speaker_voices,
)
from convo.transcript import (
    Conversation,
    Coverage,
    Diarization,
    Recording,
    Role,
    RoleAssignment,
    Segmentation,
    Session,
    Share,
    Transcription,
    Word,
)

VOICE_MODEL = "campplus-192"
CLIP_S = 12.0  # long enough to know a voice, short enough not to be a quotation
MAX_UNATTRIBUTED = 0.05  # above this the shares carry a caution, so a person should look


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to process, with all that the user said about it.

    ``asked`` are options by group, over those of the file ``config``; ``coach_is`` is a person's
    word on which speaker is the coach; ``keep_voices`` names the roles whose voices may be kept as
    profiles, with the wording of their ``consent``.
    """

    data: Path
    file: Path
    asked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    config: Path | None = None
    request: SessionRequest = field(default_factory=SessionRequest)
    coach_is: str | None = None
    keep_voices: tuple[Role, ...] = ()
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: where its artefact and its report lie, relative to the data folder."""

    recording: Recording
    session: Session
    folder: str
    report: str


@dataclass(frozen=True, slots=True)
class Results:
    """The files that the stages of one recording left."""

    cover: StageFile
    attribute: StageFile
    assign_roles: StageFile
    segment_phases: StageFile
    count_shares: StageFile


def keep(place: Place, meeting: Session, results: Results, settings: Settings) -> str:
    """Put everything together as one artefact and load it into the store.

    Returns the artefact's folder, relative to the data folder.
    """
    with running(place.data, "keep", place.recording):
        conversation = _conversation(place, meeting, results, settings)
        folder = artefacts.write_conversation(place.data / "artefacts", conversation)
        store(place.data).load(folder)
        return folder.relative_to(place.data).as_posix()


def report(place: Place, folder: str) -> str:
    """Write the reports that this session changes; the session's, relative to the data folder."""
    with running(place.data, "report", place.recording):
        conversation = artefacts.read_conversation(place.data / folder)
        reports = place.data / "reports"
        written = write_session_report(reports, conversation)
        _write_clips(place, conversation, reports / "voices")
        stale = _remove_stale(reports, written, place.recording.short_id)
        known = {run.session.coachee for run in artefacts.current_runs(place.data / "artefacts")}
        for coachee in sorted(known if stale else {conversation.session.coachee}):
            write_progression(place.data, coachee)
        return written.relative_to(place.data).as_posix()


def write_progression(data: Path, coachee: str) -> Path:
    """Write the report over all sessions of one coachee."""
    return write_progression_report(data / "reports", conversations(data, coachee))


def conversations(data: Path, coachee: str | None = None) -> list[Conversation]:
    """All kept conversations (of one coachee), in the order of their sessions."""
    chosen = [
        artefacts.read_conversation(run.folder)
        for run in artefacts.current_runs(data / "artefacts")
        if coachee is None or run.session.coachee == coachee
    ]
    return sorted(chosen, key=lambda c: (c.session.coachee, c.session.date, c.session.number))


def keep_voices(place: Place, results: Results, meeting: Session, job: Job) -> None:
    """Keep the voices of ``job.keep_voices`` as profiles, with the wording of their consent.

    Raises:
        SessionError: nobody has settled which voice is whose, or no consent is given.
    """
    assignment = load(place, results.assign_roles, InRoles).assignment
    if assignment.review:
        raise SessionError(
            f"it is not certain which voice of {place.file.name} is the coach, so none is kept: "
            "say it with --coach-is first"
        )
    names = {Role.COACH: meeting.coach, Role.COACHEE: meeting.coachee}
    for speaker, voice in speaker_voices(place, results.attribute).items():
        role = assignment.roles.get(speaker)
        if role in job.keep_voices:
            profiles.keep_profile(
                voices_folder(place.data), names[role], voice, VOICE_MODEL, job.consent
            )


@contextlib.contextmanager
def reserved(place: Place, job: Job) -> Iterator[tuple[Session, Settings]]:
    """Settle which session the recording is, and its options, and hold it while it is processed.

    Options that the user gave for this recording before hold until others are given. Two programs
    never process the same recording at once: the second waits, then finds all done.

    Raises:
        SessionError: see :func:`convo.sessions.resolve_session`.
    """
    locks = place.data / "locks"
    locks.mkdir(exist_ok=True)
    with FileLock(locks / f"{place.recording.short_id}.lock"):
        with FileLock(locks / "sessions.lock"):
            known = known_sessions(place.data)
            meeting = resolve_session(job.request, place.recording, place.file, known)
            asked = _asked(place, job)
            recording_id = place.recording.recording_id
            now = Run(str(place.file), recording_id, meeting, "running", asked=asked)
            forget_run(_runs(place.data), replace(now, recording_id=None))
            record_run(_runs(place.data), now)
        try:
            yield meeting, load_settings(job.data, job.config, asked)
        except BaseException as error:
            state: State = "failed" if isinstance(error, ConvoError) else "interrupted"
            _record(place.data, replace(now, state=state, message=str(error) or None))
            raise
        _record(place.data, replace(now, state="done"))


def _asked(place: Place, job: Job) -> dict[str, dict[str, Any]]:
    before = [
        r for r in read_runs(_runs(place.data)) if r.recording_id == place.recording.recording_id
    ]
    earlier = before[-1].asked if before else {}
    groups = {*earlier, *job.asked}
    return {g: {**earlier.get(g, {}), **job.asked.get(g, {})} for g in sorted(groups)}


def record_failure(job: Job, error: ConvoError) -> None:
    """Keep visible that a file could not even be read as a recording."""
    runs = _runs(job.data)
    if not any(r.file == str(job.file) and r.state == "failed" for r in read_runs(runs)):
        _record(job.data, Run(str(job.file), None, None, "failed", message=str(error)))


def known_sessions(data: Path) -> list[KnownSession]:
    """Sessions that are kept, and those that are being processed at this moment."""
    kept = {
        run.recording_id: KnownSession(run.session, run.recording_id, run.recording_name)
        for run in artefacts.current_runs(data / "artefacts")
    }
    for run in read_runs(_runs(data)):
        if run.recording_id and run.session and run.state == "running":
            kept.setdefault(
                run.recording_id,
                KnownSession(run.session, run.recording_id, Path(run.file).name),
            )
    return list(kept.values())


def coach_by_person(place: Place, attributed: StageFile) -> str | None:
    """Which speaker a person has named as the coach, now or in an earlier run; None if nobody did.

    The answer is kept with a moment at which that speaker talks, so that it stays true when a
    later run gives the speakers other labels.
    """
    said = [
        correction.value
        for correction in read_corrections(place.data / "artefacts", place.recording.recording_id)
        if correction.kind == "coach"
    ]
    if not said:
        return None
    moment = float(said[-1].rpartition("@")[2])
    segments = load(place, attributed, Attributed).diarization.exclusive
    return next((s.speaker for s in segments if s.start <= moment < s.end), None)


def keep_answer(place: Place, attributed: StageFile, coach_is: str) -> None:
    """Keep a person's word on who the coach is, beside what the machine thinks."""
    segments = load(place, attributed, Attributed).diarization.exclusive
    own = [s for s in segments if s.speaker == coach_is]
    longest = max(own, key=lambda segment: segment.duration)
    moment = (longest.start + longest.end) / 2
    save_correction(
        place.data / "artefacts",
        place.recording.recording_id,
        "coach",
        f"{coach_is}@{moment:.2f}",
        getpass.getuser(),
    )


def voices_folder(data: Path) -> Path:
    """Where voice profiles are kept, apart from the store."""
    return data / "voices"


def store(data: Path) -> Store:
    """The store of a data folder."""
    return Store(data / "convo.duckdb")


def rebuild_store(data: Path) -> int:
    """Make the store again from the artefacts; the number of sessions in it."""
    sessions = store(data).rebuild(data / "artefacts")
    store(data).note_runs(read_runs(_runs(data)))
    return sessions


def clips(data: Path, conversation: Conversation) -> dict[str, Path]:
    """The short voice clips that were written to settle the roles, by speaker."""
    folder = data / "reports" / "voices"
    return {
        speaker: path
        for speaker in sorted(conversation.roles.roles)
        if (path := folder / _clip_name(conversation, speaker)).is_file()
    }


def unfinished(data: Path) -> list[Run]:
    """The files whose latest run failed or was interrupted, oldest first."""
    return [r for r in read_runs(_runs(data)) if r.state in ("failed", "interrupted")]


def _runs(data: Path) -> Path:
    return data / "runs"


def _record(data: Path, run: Run) -> None:
    record_run(_runs(data), run)
    # The record is what counts; the store shows it again as soon as it can be written.
    with contextlib.suppress(StoreError):
        store(data).note_runs(read_runs(_runs(data)))


def _conversation(
    place: Place, meeting: Session, results: Results, settings: Settings
) -> Conversation:
    covered = load(place, results.cover, Covered)
    attributed = load(place, results.attribute, Attributed)
    in_roles = load(place, results.assign_roles, InRoles)
    phased = load(place, results.segment_phases, Segmentation)
    spoken = replace(covered.transcription, words=attributed.words)
    return Conversation(
        recording=place.recording,
        session=meeting,
        transcription=spoken,
        diarization=attributed.diarization,
        coverage=covered.coverage,
        roles=in_roles.assignment,
        turns=in_roles.turns,
        segmentation=phased,
        shares=load(place, results.count_shares, tuple[Share, ...]),
        provenance=_provenance(settings, spoken, attributed.diarization, phased),
        review=(
            *_review(in_roles.assignment, phased, covered.coverage, attributed.words),
            *_channel_hint(place, settings),
        ),
    )


def _provenance(
    settings: Settings, spoken: Transcription, diarization: Diarization, phased: Segmentation
) -> dict[str, str]:
    libraries = ("openai-whisper", "faster-whisper", "pyannote.audio", "torch")
    return {
        "convo": version("convo"),
        "python": platform.python_version(),
        "words": f"{spoken.model} ({spoken.engine})",
        "speakers": diarization.source,
        "phases": phased.method,
        "libraries": ", ".join(f"{name} {version(name)}" for name in libraries),
        "stages": json.dumps(VERSIONS, sort_keys=True),
        "options": settings.model_dump_json(),
    }


def _review(
    assignment: RoleAssignment, phased: Segmentation, coverage: Coverage, words: Sequence[Word]
) -> tuple[str, ...]:
    reasons = [*assignment.review, *phased.review]
    unattributed = sum(word.speaker is None for word in words)
    if words and unattributed / len(words) > MAX_UNATTRIBUTED:
        reasons.append(
            f"{unattributed} of {len(words)} words could be given to neither speaker: "
            "the shares leave them out"
        )
    if coverage.wordless:
        reasons.append(
            f"{coverage.wordless_seconds:.0f} s in which somebody speaks have no words "
            f"({len(coverage.wordless)} places): listen to them"
        )
    return tuple(reasons)


def _channel_hint(place: Place, settings: Settings) -> tuple[str, ...]:
    """What to do about a stereo file that was mixed although each channel is one speaker."""
    if settings.segments.channels == "speakers" or place.recording.channels != 2:
        return ()
    if not audio.speakers_on_channels(place.file):
        return ()
    return (
        "each channel of the recording seems to hold one speaker: process it again with "
        "--channels speakers, and nobody's words can be given to the other",
    )


def _remove_stale(reports: Path, written: Path, short_id: str) -> bool:
    """Remove reports of this recording as another session; True if there were any.

    A coachee who had no other session has no progression left either.
    """
    mine = [r for r in reports_of(reports, short_id) if r.path != written]
    for report in mine:
        report.path.unlink(missing_ok=True)
        (reports / progression_file_name(report.coachee)).unlink(missing_ok=True)
    return bool(mine)


def _write_clips(place: Place, conversation: Conversation, folder: Path) -> None:
    """One clip a voice while the roles are open; none are left once they are settled."""
    for speaker in conversation.roles.roles:
        path = folder / _clip_name(conversation, speaker)
        path.unlink(missing_ok=True)
        if not conversation.roles.review:
            continue
        own = [s for s in conversation.diarization.exclusive if s.speaker == speaker]
        if own:
            longest = max(own, key=lambda segment: segment.duration)
            folder.mkdir(parents=True, exist_ok=True)
            end = min(longest.end, longest.start + CLIP_S)
            audio.write_clip(samples_of(place), longest.start, end, path)


def _clip_name(conversation: Conversation, speaker: str) -> str:
    label = re.sub(r"\W", "_", speaker)
    return f"{conversation.recording.short_id}-{label}.wav"
