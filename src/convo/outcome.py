"""What comes of one recording: the artefact, the store's rows, the reports, and what to review."""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from convo.answers import write_clips
from convo.audio import bundled, recording
from convo.changes import ONE_SPEAKER_EACH
from convo.codebook import TurnCode
from convo.config import Settings
from convo.conversation.candidates import PLAYED, Judged, Verdict, verdicts_on
from convo.conversation.edits import Spoken, machine_texts
from convo.conversation.media_signs import media_hints
from convo.conversation.private import open_words, without_private
from convo.database import artefacts
from convo.database.corrections import Correction, read_corrections
from convo.database.deletions import deletions, last_deletion
from convo.database.notes import Note
from convo.errors import SessionError, did_you_mean
from convo.naming import SESSION, names_in
from convo.pipeline import importing, shipped
from convo.pipeline.reading import Results
from convo.pipeline.said import about_talk, verdicts
from convo.pipeline.stages import (
    VERSIONS,
    Attributed,
    Covered,
    InRoles,
    Place,
    load,
)
from convo.progress import running
from convo.report.files import progression_file_name, progressions_of, reports_of
from convo.report.progression import write_progression_report
from convo.report.session import write_session_report
from convo.report.wording import clock
from convo.reservation import lock, note_runs, runs_of, store
from convo.sequence.engagement import note_table, paths, row_of, save_cell
from convo.sequence.following import note_follow_ups, steps
from convo.sessions import KnownSession
from convo.transcript import (
    Change,
    Conversation,
    Corrected,
    Coverage,
    Diarization,
    Measure,
    Phase,
    Recording,
    Remedy,
    RoleAssignment,
    Segmentation,
    Session,
    Share,
    Transcription,
    Turn,
    Word,
)

MAX_UNATTRIBUTED = 0.05  # above this the shares carry a caution, so a person should look


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: where its artefact and its report lie, relative to the data folder."""

    recording: Recording
    session: Session
    folder: str
    report: str


CHANNELS = Remedy(ONE_SPEAKER_EACH, "channels")
HINTS = (ONE_SPEAKER_EACH, importing.HURRIED)
"""Reasons to look that only the file itself can tell."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a session besides what its stages left.

    ``corrections`` are those in force, ``known`` says P(is the coach) by kept voices, and
    ``hints`` are reasons to look that only the recording itself could tell.
    """

    meeting: Session
    settings: Settings
    corrections: tuple[Correction, ...] = ()
    known: Mapping[str, float] = field(default_factory=dict)
    hints: tuple[str, ...] = ()


def keep(place: Place, results: Results, about: About) -> str:
    """Put everything together as one artefact and load it into the store.

    Returns the artefact's folder, relative to the data folder.
    """
    with running(place.data, "keep", place.recording):
        conversation = _conversation(place, results, about)
        folder = artefacts.write_conversation(place.data / "artefacts", conversation)
        store(place.data).load(folder)
        return folder.relative_to(place.data).as_posix()


def report(place: Place, folder: str, with_sound: bool = True) -> str:
    """Write all that this session changes; its own report, relative to the data folder.

    Clips of voices are cut only ``with_sound``, that is where the recording is at hand; never once
    somebody has deleted the sound.
    """
    with_sound = with_sound and not last_deletion(place.data, place.recording.recording_id, "sound")
    written, coachees = _write_reports(place, folder, with_sound)
    note_path(place.data, coachees)
    return written


def write_pages(place: Place, folder: str) -> None:
    """Write the reports that this session changes, without the recording."""
    _write_reports(place, folder, with_sound=False)


def note_path(data: Path, coachees: Iterable[str]) -> None:
    """Show in the store what follows from all sessions with each of these coachees."""
    # One at a time, or the later of two sessions could be missing there.
    with lock(data, "path"):
        for coachee in sorted(coachees):
            found = conversations(data, coachee)
            note_follow_ups(data, found, steps(found))
            note_table(data, paths(data, found))


def coachees_of(data: Path, recording_id: str, session: Session) -> set[str]:
    """Whose session it is, and whose it was before somebody put that right."""
    said = read_corrections(data / "artefacts", recording_id)
    named = (names_in(one.value, ("coachee",)) for one in said if one.kind == SESSION)
    return {session.coachee}.union(*named)


def _write_reports(place: Place, folder: str, with_sound: bool) -> tuple[str, set[str]]:
    """The report of the session, and the coachees whose reports over all sessions were written."""
    # One at a time, or the later of two sessions could be missing in their coachee's progression.
    with lock(place.data, "reports"), running(place.data, "report", place.recording):
        conversation = without_private(artefacts.read_conversation(place.data / folder))
        written = write_session(place.data, conversation)
        write_clips(place, conversation, with_sound)
        stale = _remove_stale(place.data / "reports", written, place.recording.short_id)
        known = coachees_of(place.data, place.recording.recording_id, conversation.session)
        for coachee in sorted(known | stale):
            _write_progressions(place.data, coachee)
        return written.relative_to(place.data).as_posix(), known | stale


def _write_progressions(data: Path, coachee: str) -> None:
    """Write the report over all sessions of a coachee, and those over a part that are there.

    One that is about no session any more goes away.
    """
    reports = data / "reports"
    there = {report.path for report in progressions_of(reports, coachee)}
    theirs = {(run.session.coach, run.session.programme) for run in runs_of(data, coachee)}
    parts: set[tuple[str | None, str | None]] = {(coach, None) for coach, _ in theirs}
    parts |= {(one, programme) for coach, programme in theirs if programme for one in (coach, None)}
    written = {write_progression(data, coachee)} if theirs else set()
    for coach, programme in sorted(parts, key=str):
        if reports / progression_file_name(f"{coachee} {_part(coach, programme)}") in there:
            written.add(write_progression(data, coachee, coach, programme))
    for path in there - written:
        path.unlink(missing_ok=True)


def _part(coach: str | None, programme: str | None) -> str:
    return " ".join(filter(None, (coach, programme)))


def kept_sessions(data: Path) -> list[KnownSession]:
    """Whose sessions are kept."""
    return [
        KnownSession(run.session, run.recording_id, run.recording_name)
        for run in artefacts.current_runs(data / "artefacts")
    ]


def write_session(data: Path, conversation: Conversation) -> Path:
    """Write the report of one session."""
    row = row_of(data, conversation)
    return write_session_report(data / "reports", conversation, row)


def write_cell(
    data: Path, conversation: Conversation, phase: Phase | None, text: str, who: str | None = None
) -> tuple[Note, Path]:
    """Write into a cell of a session; the note, and the report over the sessions that shows it.

    Raises:
        StoreError: see :func:`convo.database.notes.save_cell`.
    """
    with lock(data, "reports"):
        note = save_cell(data, conversation, phase, text, who)
        write_session(data, without_private(conversation))
        return note, write_progression(data, conversation.session.coachee)


def write_progression(
    data: Path, coachee: str, coach: str | None = None, programme: str | None = None
) -> Path:
    """Write the report over all sessions of one coachee, or only those with one coach, …

    Raises:
        SessionError: there are no such sessions.
    """
    found = sessions_of(data, coachee, coach, programme)
    told = paths(data, found)
    part = _part(coach, programme)
    return write_progression_report(
        data / "reports", found, steps=steps(found), paths=told, part=part
    )


def write_reports(data: Path, programme: str) -> list[Path]:
    """Write the reports of all sessions of a programme, and those over several, again."""
    found = [c for c in conversations(data) if c.session.programme == programme]
    for conversation in found:
        write_session(data, conversation)
    return [write_progression(data, name) for name in sorted({c.session.coachee for c in found})]


def sessions_of(
    data: Path, coachee: str, coach: str | None = None, programme: str | None = None
) -> list[Conversation]:
    """The kept conversations of one coachee, if asked only those with a coach, in a programme.

    Raises:
        SessionError: the coach or the programme has none.
    """
    found = conversations(data, coachee)
    for name, asked in (("coach", coach), ("programme", programme)):
        known = {getattr(c.session, name) for c in found}
        if asked is not None and asked not in known:
            raise SessionError(
                f"{coachee} has no session with the {name} {asked!r}: {did_you_mean(asked, known)}"
            )
        found = [c for c in found if asked in (None, getattr(c.session, name))]
    return found


def conversations(data: Path, coachee: str | None = None) -> list[Conversation]:
    """All kept conversations (of one coachee), in the order of their sessions.

    They are as everybody may see them: without what is private.
    """
    root = data / "artefacts"
    runs = artefacts.current_runs(root) if coachee is None else runs_of(data, coachee)
    chosen = [without_private(artefacts.read_conversation(run.folder)) for run in runs]
    return sorted(chosen, key=lambda c: (c.session.coachee, c.session.date, c.session.number))


def rebuild_store(data: Path) -> int:
    """Make the store again from the artefacts; the number of sessions in it."""
    sessions = store(data).rebuild(data / "artefacts")
    note_runs(data)
    store(data).note_deletions(deletions(data))
    note_follow_ups(data)
    note_table(data)
    return sessions


def _conversation(place: Place, results: Results, about: About) -> Conversation:
    covered = load(place, results.cover, Covered)
    attributed = load(place, results.attribute, Attributed)
    spoken = load(place, results.correct, Spoken)
    in_roles = load(place, results.assign_roles, InRoles)
    phased = load(place, results.segment_phases, Segmentation)
    agreed = load(place, results.find_activities, Judged)
    heard = replace(covered.transcription, words=attributed.words)
    played = tuple(_perhaps_played(in_roles.turns, verdicts(about.corrections)))
    return Conversation(
        recording=place.recording,
        session=about.meeting,
        transcription=heard,
        diarization=attributed.diarization,
        coverage=covered.coverage,
        roles=in_roles.assignment,
        turns=in_roles.turns,
        segmentation=phased,
        shares=load(place, results.count_shares, tuple[Share, ...]),
        codes=load(place, results.code_turns, tuple[TurnCode, ...]),
        measures=load(place, results.measure, tuple[Measure, ...]),
        activities=agreed.activities,
        provenance=_provenance(about, heard, attributed.diarization, phased),
        review=(
            *_review(in_roles.assignment, phased, covered.coverage, spoken.words),
            *about.hints,
            *(remedy.reason for remedy in played),
        ),
        remedies=(*(CHANNELS for hint in about.hints if hint == CHANNELS.reason), *played),
        corrected=_corrected(place, results, about, spoken, agreed, in_roles.turns, heard.words),
    )


def _perhaps_played(turns: Sequence[Turn], said: Sequence[Verdict]) -> Iterator[Remedy]:
    """Where a recording is perhaps played, for a person to look at, unless one said that it is not.

    Nothing is decided by it.
    """
    found = media_hints(turns, shipped.word_lists().media)
    known = verdicts_on(PLAYED, [(hint.start, hint.end) for hint in found], said)
    for place, hint in enumerate(found):
        if place in known and not known[place].confirmed:
            continue
        where = f"in turns {hint.first} to {hint.last}"
        if hint.start is not None and hint.end is not None:
            where = f"at {clock(hint.start)}-{clock(hint.end + 1)}"
        reason = f"perhaps a recording is played {where}: {', '.join(hint.signs)}"
        yield Remedy(reason, "media", hint.start, hint.end)


def _corrected(
    place: Place,
    results: Results,
    about: About,
    spoken: Spoken,
    agreed: Judged,
    turns: Sequence[Turn],
    machine: Sequence[Word],
) -> Corrected | None:
    """What people changed, None if they changed nothing."""
    if not about.corrections:
        return None
    talk = about_talk(about.corrections)
    words = dict(zip((one.name for one in talk), spoken.touched, strict=True))
    edited = any(one.kind == "words" for one in talk)
    return Corrected(
        words=spoken.words if talk else None,
        passages=spoken.passages,
        shares=load(place, results.before, tuple[Share, ...]) if results.before else (),
        changes=changes(about.corrections, words),
        texts=machine_texts(turns, spoken.words, open_words(machine, spoken.passages))
        if edited
        else {},
        rejected=agreed.rejected,
    )


def changes(corrections: Iterable[Correction], words: Mapping[str, int]) -> tuple[Change, ...]:
    """Who made how many corrections of each kind on which day, in the order of the first.

    ``words`` has how many words each one touched, by its name.
    """
    found: dict[tuple[str, str, datetime.date], list[int]] = {}
    for one in corrections:
        key = one.kind, one.who, one.when.astimezone().date()
        found.setdefault(key, []).append(words.get(one.name, 0))
    return tuple(Change(*key, len(touched), sum(touched)) for key, touched in found.items())


def _provenance(
    about: About, spoken: Transcription, diarization: Diarization, phased: Segmentation
) -> dict[str, str]:
    libraries = ("openai-whisper", "faster-whisper", "pyannote.audio", "torch")
    return {
        "convo": version("convo"),
        "python": platform.python_version(),
        "words": f"{spoken.model} ({spoken.engine})",
        "speakers": diarization.source,
        "phases": phased.method,
        **({"phases.machine": phased.found.method} if phased.confirmed else {}),
        "libraries": ", ".join(f"{name} {version(name)}" for name in libraries),
        "code": version("convo"),
        "stage.shares": f"count_shares {VERSIONS['count_shares']}",
        "stages": json.dumps(VERSIONS, sort_keys=True),
        "weights": _weights(spoken, diarization),
        "options": about.settings.model_dump_json(),
        **({"voices.known": json.dumps(about.known, sort_keys=True)} if about.known else {}),
    }


def _weights(spoken: Transcription, diarization: Diarization) -> str:
    """The bundled files that made this, with the start of their SHA-256."""
    files = list(bundled.WHISPER_FILES.get(spoken.model, {}).get("model.bin", ()))
    if diarization.source == "bundled":
        files += [bundled.SEGMENTATION, bundled.EMBEDDING]
    return ", ".join(f"{file.relative.split('/')[-1]} {file.sha256[:12]}" for file in files)


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


def hints(place: Place, settings: Settings) -> tuple[str, ...]:
    """What only the file itself can tell: it was mixed although each channel is one speaker, …"""
    mixed = settings.segments.channels != "speakers" and place.recording.channels == 2
    if mixed and recording.speakers_on_channels(place.file):
        return (ONE_SPEAKER_EACH,)
    return importing.hints(place)


def _remove_stale(reports: Path, written: Path, short_id: str) -> set[str]:
    """Remove reports of this recording as another session; whose they were."""
    stale = [report for report in reports_of(reports, short_id) if report.path != written]
    for report in stale:
        report.path.unlink(missing_ok=True)
    return {report.coachee for report in stale}
