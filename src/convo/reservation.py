"""Which recording is in work: its session number and options are settled, its outcome recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from convo.config import Settings, load_settings
from convo.conversation.media import Span
from convo.database import artefacts
from convo.database.jobs import Queue
from convo.database.runs import Run, State, forget_run, read_runs, record_run, rename_run
from convo.database.store import Store
from convo.errors import ConfigError, ConvoError, SessionError, StoreError
from convo.files import disk_error
from convo.pipeline.stages import STORE, Place
from convo.sessions import KnownSession, SessionRequest, resolve_session
from convo.transcript import Recording, Role, Session


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to process, with all that the user said about it.

    ``asked`` are options by group, over those of the file ``config``; ``coach_is`` is a person's
    word on which speaker is the coach, ``phases`` a table of turns with the phases as a person put
    them right, ``media`` the stretches in which a recording is played; ``keep_voices`` names the
    roles whose voices may be kept as profiles, with the wording of their ``consent``. ``name`` is
    what the file was called where it came from, if it is called otherwise now.
    """

    data: Path
    file: Path
    asked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    config: Path | None = None
    request: SessionRequest = field(default_factory=SessionRequest)
    coach_is: str | None = None
    phases: Path | None = None
    media: tuple[Span, ...] = ()
    keep_voices: tuple[Role, ...] = ()
    consent: str = ""
    name: str | None = None


def store(data: Path) -> Store:
    """The store of a data folder."""
    return Store(data / STORE)


@contextlib.contextmanager
def reserved(place: Place, job: Job) -> Iterator[tuple[Session, Settings]]:
    """Settle which session the recording is, and its options, and hold it while it is processed.

    Options that the user gave for this recording before hold until others are given, unless the
    run with them failed. Two programs never process the same recording at once: the second waits,
    then finds all done.

    Raises:
        SessionError: see :func:`convo.sessions.resolve_session`.
    """
    with lock(place.data, place.recording.short_id):
        with lock(place.data, "sessions"):
            before = _earlier(place)
            known = known_sessions(place.data)
            meeting = resolve_session(job.request, place.recording, place.file, known)
            asked = _asked(before, job)
            recording_id = place.recording.recording_id
            now = Run(str(place.file), recording_id, meeting, "running", asked=asked)
            forget_run(_runs(place.data), replace(now, recording_id=None))
            record_run(_runs(place.data), now)
        try:
            yield meeting, load_settings(job.data, job.config, asked)
        except (ConfigError, SessionError) as error:
            # Asked wrongly: what was done before is still done.
            was_done = before is not None and before.state == "done"
            failed = replace(now, state="failed", message=str(error), on_page=error.on_page)
            _record(place.data, before if was_done and before else failed)
            raise
        except BaseException as error:
            state: State = "failed" if isinstance(error, ConvoError) else "interrupted"
            said = error.on_page if isinstance(error, ConvoError) else None
            _record(place.data, replace(now, state=state, message=str(error) or None, on_page=said))
            raise
        # Somebody may have put right meanwhile whose session it is.
        kept = artefacts.current_run(place.data / "artefacts", recording_id)
        _record(place.data, replace(now, state="done", session=kept.session if kept else meeting))


@contextlib.contextmanager
def lock(data: Path, name: str, wait_s: float = -1) -> Iterator[None]:
    """Nobody else is inside a block of that name at the same time, on this machine.

    Raises:
        SessionError: somebody still is after ``wait_s`` seconds; a negative number waits for ever.
    """
    folder = data / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, folder) from error
    held = FileLock(folder / f"{name}.lock")
    try:
        held.acquire(timeout=wait_s)
    except Timeout as error:
        raise SessionError(
            "this recording is being processed right now: try again when that is done"
        ) from error
    try:
        yield
    finally:
        held.release()


def record_failure(job: Job, error: ConvoError) -> None:
    """Keep visible that a file could not even be read as a recording."""
    told = [
        run
        for run in read_runs(_runs(job.data))
        if run.recording_id and run.file == str(job.file) and run.message == str(error)
    ]
    if not told:
        with contextlib.suppress(StoreError):  # the failure itself is told all the same
            _record(
                job.data,
                Run(str(job.file), None, None, "failed", str(error), error.on_page),
            )


def known_sessions(data: Path) -> list[KnownSession]:
    """Sessions that are kept or in work, and those that failed and still have their number."""
    known = {
        run.recording_id: KnownSession(run.session, run.recording_id, run.recording_name)
        for run in artefacts.current_runs(data / "artefacts")
    }
    for run in read_runs(_runs(data)):
        if run.recording_id and run.session:
            name = Path(run.file).name
            firm = run.state in ("running", "done")
            known.setdefault(
                run.recording_id, KnownSession(run.session, run.recording_id, name, firm)
            )
    return list(known.values())


def taken_by(data: Path, wanted: Session, recording_id: str) -> str | None:
    """The name of another recording that is the session ``wanted``, or is to be it."""
    wanted_by = [
        # a record is put right at once, what is kept a moment later: both count
        *((run.recording_id, run.session, Path(run.file).name) for run in _reserved(data)),
        *((j.recording_id, j.request, j.name) for j in Queue(data).jobs("waiting", "running")),
        *((k.recording_id, k.session, k.recording_name) for k in runs_of(data, wanted.coachee)),
    ]
    named = {
        other: name
        for other, session, name in wanted_by
        if other != recording_id and session and _which(session) == _which(wanted)
    }
    return next(iter(named.values()), None)


def _reserved(data: Path) -> list[Run]:
    runs = read_runs(_runs(data))
    return [run for run in runs if run.recording_id and run.state in ("running", "done")]


def _which(one: Session | SessionRequest) -> tuple[object, ...]:
    return one.coachee, one.coach, one.programme or "", one.number


def rename(data: Path, recording_id: str, session: Session) -> None:
    """Say wherever a recording is on record that it is this ``session``."""
    rename_run(_runs(data), recording_id, session)
    Queue(data).rename(recording_id, SessionRequest(**asdict(session)))


def runs_of(data: Path, coachee: str) -> list[artefacts.Run]:
    """What is kept of this coachee, and no more if the store knows all recordings there are."""
    root = data / "artefacts"
    known = store(data).recordings(coachee)
    if known is None or known.total != artefacts.count_recordings(root):
        runs = artefacts.current_runs(root)
    else:
        found = (artefacts.current_run(root, recording_id) for recording_id in known.ids)
        runs = [run for run in found if run is not None]
    return [run for run in runs if run.session.coachee == coachee]


def is_unfinished(run: Run) -> bool:
    """Whether the file of ``run`` should be processed again."""
    return run.state in ("failed", "interrupted") and (
        run.recording_id is not None or Path(run.file).exists()
    )


def note_runs(data: Path) -> None:
    """Show in the store what became of every file."""
    store(data).note_runs(read_runs(_runs(data)))


def file_of(data: Path, recording: Recording) -> Path:
    """Where the recording was when it was last processed; it may be gone."""
    known = (r.file for r in read_runs(_runs(data)) if r.recording_id == recording.recording_id)
    return Path(next(known, recording.name))


def _earlier(place: Place) -> Run | None:
    runs = read_runs(_runs(place.data))
    return next((r for r in runs if r.recording_id == place.recording.recording_id), None)


def _asked(before: Run | None, job: Job) -> dict[str, dict[str, Any]]:
    earlier = before.asked if before is not None and before.state != "failed" else {}
    groups = sorted({*earlier, *job.asked})
    return {g: {**earlier.get(g, {}), **job.asked.get(g, {})} for g in groups}


def _runs(data: Path) -> Path:
    return data / "runs"


def _record(data: Path, run: Run) -> None:
    record_run(_runs(data), run)
    # The record is what counts; the store shows it again as soon as it can be written.
    with contextlib.suppress(StoreError):
        note_runs(data)
