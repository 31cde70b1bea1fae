"""The steps by which all that a recording left is removed; each may be done twice.

Nothing is asked here and nothing is logged: see :mod:`convo.deletion.forgetting`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from convo import outcome
from convo.answers import voices_folder
from convo.corrections.recomputing import DUE
from convo.database import masked
from convo.database.deletions import FOLDER, deletions
from convo.database.jobs import OPEN, Queue, process_of
from convo.database.ledger import LEDGER, scrub
from convo.database.profiles import remove_profile
from convo.database.runs import forget_recording
from convo.database.uploads import Uploads
from convo.deletion import traces
from convo.deletion.traces import Traces
from convo.errors import SessionError, StoreError
from convo.files import patiently, remove
from convo.progress import forget_runs
from convo.report.files import progressions_of, reports_of, session_file_name
from convo.reservation import lock, store

BUSY = (
    "this recording is being worked on right now: cancel it in the queue, or wait until it is "
    "done, then delete it"
)


def _leave_queue(data: Path, found: Traces) -> None:
    """First, so that nobody begins to work on it again."""
    stop_work(data, found.recording_id)
    remove_copies(data, found.recording_id)  # the queue and the uploads say where they lie
    for upload in reversed(Uploads(data).like(found.recording_id)):  # those of it tell the others
        Uploads(data).remove(upload.id)
    Queue(data).forget(found.recording_id)
    scrub(data / LEDGER)


def _hide(data: Path, found: Traces) -> None:
    """In one step it is no session any more; what was written a moment ago comes along."""
    home, aside = data / "artefacts" / found.short_id, data / FOLDER / found.short_id
    # who writes into a cell, or a report, has the lock: nobody is in the middle of that
    with lock(data, "reports"):
        if aside.exists():
            remove(home)
        elif home.is_dir():
            patiently(lambda: os.rename(home, aside), home)
    forget_recording(data / "runs", found.recording_id)


def _empty_store(data: Path, found: Traces) -> None:
    kept_rows = store(data)
    if kept_rows.path.is_file():
        with lock(data, "path"):
            kept_rows.delete(found.recording_id)
        if found.meeting:
            outcome.note_path(data, {found.meeting.coachee})  # what later sessions say of this one
        kept_rows.forget()
    show_log(data)
    masked.forget_copies(data / masked.FOLDER)


def _rewrite_reports(data: Path, found: Traces) -> None:
    reports = data / "reports"
    with lock(data, "reports"):
        for report in reports_of(reports, found.short_id):
            remove(report.path)
        remove_all(traces.clips(data, found.recording_id))
        remove_all(traces.reminders(data, found.recording_id))
        remove(data / DUE / found.short_id)
        if not found.meeting:
            return
        coachee = found.meeting.coachee
        left = session_file_name(found.meeting, found.short_id)
        over_all = [report.path for report in progressions_of(reports, coachee)]
        for name in (left, *(path.name for path in over_all)):
            remove_all(reports.glob(f".{name}.*.tmp"))  # a program was killed while it wrote
        remove_all(over_all)
        if outcome.conversations(data, coachee):
            outcome.write_progression(data, coachee)


def _remove_voices(data: Path, found: Traces) -> None:
    for profile in traces.voices(data, found):
        remove_profile(voices_folder(data), profile)


def _remove_work(data: Path, found: Traces) -> None:
    with lock(data, f"listening-{found.short_id}"):
        remove(data / "work" / found.short_id)
    remove_all(traces.results(data, found.recording_id))
    forget_runs(data, found.recording_id)
    remove(data / "artefacts" / found.short_id)  # who had an old page may have added a line
    remove(data / FOLDER / found.short_id)


STEPS: tuple[Callable[[Path, Traces], None], ...] = (
    _leave_queue,
    _hide,
    _empty_store,
    _rewrite_reports,
    _remove_voices,
    _remove_work,
)
"""In this order; each may be done again."""


def stop_work(data: Path, recording_id: str) -> None:
    """Nobody works on it from now on.

    Raises:
        SessionError: somebody does.
    """
    job = Queue(data).job(recording_id)
    if job is None or job.state not in OPEN:
        return
    # what a dead process had in hand is nobody's; between two looks somebody may have begun
    if process_of(job) is not None or not Queue(data).withdraw(job):
        raise SessionError(BUSY)


def show_log(data: Path) -> None:
    """Show the log in the store; it counts all the same where that cannot be done now."""
    if store(data).path.is_file():
        with contextlib.suppress(StoreError):
            store(data).note_deletions(deletions(data))


def remove_copies(data: Path, recording_id: str) -> None:
    """Delete the uploaded copies of its file."""
    remove_all(traces.copies(data, recording_id))


def remove_all(paths: Iterable[Path]) -> None:
    """Delete these files."""
    for path in paths:
        remove(path)
