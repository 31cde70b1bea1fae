"""Deleting for good: a recording with all that came of it, or only its sound.

Either speaker may take consent back at any time. What is deleted is announced in a log first
(:mod:`convo.database.deletions`), so that a deletion which was broken off is finished by
:func:`finish`, and in one step nothing of the recording counts as a session any more. Everything
else is then removed piece by piece; each piece may be removed twice.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from convo import outcome, traces
from convo.answers import voices_folder
from convo.database import masked
from convo.database.deletions import (
    FOLDER,
    Deletion,
    What,
    announce,
    conclude,
    deletions,
    unfinished,
)
from convo.database.jobs import OPEN, Queue, process_of
from convo.database.ledger import LEDGER, scrub
from convo.database.profiles import remove_profile
from convo.database.runs import forget_recording
from convo.database.uploads import Uploads
from convo.errors import SessionError, StoreError
from convo.files import disk_error, load, save
from convo.progress import forget_runs
from convo.recomputing import DUE, kept
from convo.report.files import progressions_of, reports_of, session_file_name
from convo.reservation import lock, store
from convo.traces import Traces
from convo.transcript import Session

_WAIT_S = 10.0  # a correction takes two seconds; who processes a recording takes minutes
_PATIENCE_S = 2.0  # on Windows a reader holds a file for a moment
_BUSY = (
    "this recording is being worked on right now: cancel it in the queue, or wait until it is "
    "done, then delete it"
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted: ``removed`` in general words, and what ``stays`` with its remedy."""

    what: What
    removed: tuple[str, ...]
    stays: tuple[str, ...] = ()

    def told(self, meeting: Session) -> str:
        """What was removed, in a sentence.

        >>> from datetime import date
        >>> meeting = Session("Priya", "Sam", 2, date(2026, 3, 4))
        >>> Forgotten("session", ("what was said", "its report")).told(meeting)
        'Session 2 of Priya with Sam is deleted: what was said and its report.'
        >>> Forgotten("sound", ()).told(meeting)
        'The sound of session 2 of Priya with Sam is deleted: there was no copy of it here.'
        """
        which = f"ession {meeting.number} of {meeting.coachee} with {meeting.coach} is deleted"
        which = f"The sound of s{which}" if self.what == "sound" else f"S{which}"
        *most, last = self.removed or ("there was no copy of it here",)
        return f"{which}: {' and '.join(filter(None, (', '.join(most), last)))}."


def forget(data: Path, recording_id: str, who: str | None, reason: str = "") -> Forgotten:
    """Delete a recording and all that came of it; ``who`` and ``reason`` stay in the log.

    The user's own file outside of the data folder is not touched: the answer names it.

    Raises:
        SessionError: nothing is known of it, or it is being worked on.
        StoreError: something cannot be deleted now. It is no session any more, and the rest goes
            when this is asked again or at the next start of the program.
    """
    with _alone(data, recording_id):
        found = _planned(data, recording_id) or traces.of_recording(data, recording_id)
        if found is None:
            raise SessionError(f"no recording {recording_id[:16]} is kept here")
        _stop(data, recording_id)
        return _carry_out(data, found, announce(data, recording_id, "session", who, reason))


def forget_sound(data: Path, recording_id: str, who: str | None, reason: str = "") -> Forgotten:
    """Delete what can be heard of a session; its words and figures stay.

    The page plays nothing of it from now on, not even from the user's own file.

    Raises:
        SessionError: there is no such session, it has no sound, or it is being worked on.
        StoreError: something cannot be deleted now; the rest goes as with :func:`forget`.
    """
    with _alone(data, recording_id):
        recording = kept(data, recording_id).recording
        if not recording.has_sound:
            raise SessionError(f"{recording.name} is a transcript: there is no sound to delete")
        _stop(data, recording_id)
        return _silence(data, announce(data, recording_id, "sound", who, reason))


def finish(data: Path) -> None:
    """Finish the deletions that were broken off.

    Raises:
        SessionError: another program works on such a recording.
        StoreError: something still cannot be deleted.
    """
    for one in unfinished(data):
        with _alone(data, one.short_id):
            if one.name in {still.name for still in unfinished(data)}:
                _finish(data, one)
    if not unfinished(data):
        _remove(data / FOLDER)


def _finish(data: Path, one: Deletion) -> None:
    found = _planned(data, one.short_id) or traces.of_recording(data, one.short_id)
    if found is None:
        conclude(data, one, ())
    elif one.what == "sound":
        _silence(data, one)
    else:
        _carry_out(data, found, one)


def _carry_out(data: Path, found: Traces, announced: Deletion) -> Forgotten:
    save(_plan(data, found.recording_id), found)
    for step in STEPS:
        step(data, found)
    for one in unfinished(data):
        if one.short_id == found.short_id:
            conclude(data, one, found.found)
    _remove(_plan(data, found.recording_id))
    with contextlib.suppress(OSError):  # another deletion is under way
        (data / FOLDER).rmdir()
    _show(data)
    return Forgotten("session", found.found, tuple(_stays(data, found)))


def _leave_queue(data: Path, found: Traces) -> None:
    """First, so that nobody begins to work on it again."""
    _stop(data, found.recording_id)
    _remove_copies(data, found.recording_id)  # the queue and the uploads say where they lie
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
            _remove(home)
        elif home.is_dir():
            _patiently(lambda: os.rename(home, aside), home)
    forget_recording(data / "runs", found.recording_id)


def _empty_store(data: Path, found: Traces) -> None:
    kept_rows = store(data)
    if kept_rows.path.is_file():
        with lock(data, "path"):
            kept_rows.delete(found.recording_id)
        if found.meeting:
            outcome.note_path(data, found.meeting)  # what later sessions say of this one
        kept_rows.forget()
    _show(data)
    masked.forget_copies(data / masked.FOLDER)


def _rewrite_reports(data: Path, found: Traces) -> None:
    reports = data / "reports"
    with lock(data, "reports"):
        for report in reports_of(reports, found.short_id):
            _remove(report.path)
        _remove_all(traces.clips(data, found.recording_id))
        _remove_all(traces.reminders(data, found.recording_id))
        _remove(data / DUE / found.short_id)
        if not found.meeting:
            return
        coachee = found.meeting.coachee
        left = session_file_name(found.meeting, found.short_id)
        over_all = [report.path for report in progressions_of(reports, coachee)]
        for name in (left, *(path.name for path in over_all)):
            _remove_all(reports.glob(f".{name}.*.tmp"))  # a program was killed while it wrote
        _remove_all(over_all)
        if outcome.conversations(data, coachee):
            outcome.write_progression(data, coachee)


def _remove_voices(data: Path, found: Traces) -> None:
    for profile in traces.voices(data, found):
        remove_profile(voices_folder(data), profile)


def _remove_work(data: Path, found: Traces) -> None:
    with lock(data, f"listening-{found.short_id}"):
        _remove(data / "work" / found.short_id)
    _remove_all(traces.results(data, found.recording_id))
    forget_runs(data, found.recording_id)
    _remove(data / "artefacts" / found.short_id)  # who had an old page may have added a line
    _remove(data / FOLDER / found.short_id)


STEPS: tuple[Callable[[Path, Traces], None], ...] = (
    _leave_queue,
    _hide,
    _empty_store,
    _rewrite_reports,
    _remove_voices,
    _remove_work,
)
"""In this order; each may be done again."""


def _silence(data: Path, announced: Deletion) -> Forgotten:
    found = traces.of_recording(data, announced.short_id)
    listening = data / "work" / announced.short_id / "listening"
    removed = []
    if found and traces.copies(data, found.recording_id):
        removed.append("the uploaded copy of the file")
        _remove_copies(data, found.recording_id)
    if traces.clips(data, announced.short_id):
        removed.append("the clips of voices")
        with lock(data, "reports"):
            _remove_all(traces.clips(data, announced.short_id))
    with lock(data, f"listening-{announced.short_id}"):
        if listening.is_dir():
            removed.append("the copy for listening")
            _remove(listening)
    conclude(data, announced, removed)
    _show(data)
    return Forgotten("sound", tuple(removed), tuple(_own_file(found)) if found else ())


def _stays(data: Path, found: Traces) -> Iterator[str]:
    yield from _own_file(found)
    for name in traces.other_voices(data, found):
        yield (
            f"The voice of {name} is still kept for other sessions of the two: "
            f'`convo voices --forget "{name}"` deletes it.'
        )


def _own_file(found: Traces) -> Iterator[str]:
    if found.original:
        yield f"Your own file is not touched: delete {found.original} if it is to go too."
    elif found.name:
        yield (
            f"The file {found.name} that was uploaded still lies where it came from: "
            "delete it there if it is to go too."
        )


def _stop(data: Path, recording_id: str) -> None:
    """Nobody works on it from now on.

    Raises:
        SessionError: somebody does.
    """
    job = Queue(data).job(recording_id)
    if job is None or job.state not in OPEN:
        return
    # what a dead process had in hand is nobody's; between two looks somebody may have begun
    if process_of(job) is not None or not Queue(data).withdraw(job):
        raise SessionError(_BUSY)


@contextlib.contextmanager
def _alone(data: Path, recording_id: str) -> Iterator[None]:
    """Nobody processes or corrects it meanwhile."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(lock(data, recording_id[:16], _WAIT_S))
        except SessionError as error:
            raise SessionError(_BUSY) from error
        yield


def _show(data: Path) -> None:
    """Show the log in the store; it counts all the same where that cannot be done now."""
    if store(data).path.is_file():
        with contextlib.suppress(StoreError):
            store(data).note_deletions(deletions(data))


def _plan(data: Path, recording_id: str) -> Path:
    return data / FOLDER / f"{recording_id[:16]}.json"


def _planned(data: Path, recording_id: str) -> Traces | None:
    """What a deletion that was broken off had found, before it removed any of it."""
    path = _plan(data, recording_id)
    return load(path, Traces) if path.is_file() else None


def _remove_copies(data: Path, recording_id: str) -> None:
    _remove_all(traces.copies(data, recording_id))


def _remove_all(paths: Iterable[Path]) -> None:
    for path in paths:
        _remove(path)


def _remove(path: Path) -> None:
    """Delete a file or a folder, if it is there.

    Raises:
        StoreError: it cannot be deleted.
    """
    if path.is_dir():
        _patiently(lambda: shutil.rmtree(path), path)
    else:
        _patiently(lambda: path.unlink(missing_ok=True), path)


def _patiently(do: Callable[[], None], path: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return do()
        except FileNotFoundError:
            return
        except OSError as error:
            if time.monotonic() > end:
                raise disk_error(error, path) from error
        time.sleep(0.05)
