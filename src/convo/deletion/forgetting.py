"""Deleting for good: a recording with all that came of it, or only its sound.

Either speaker may take consent back at any time. What is deleted is announced in a log first
(:mod:`convo.database.deletions`), so that a deletion which was broken off is finished by
:func:`finish`, and in one step nothing of the recording counts as a session any more. Everything
else is then removed piece by piece; each piece may be removed twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from convo.corrections.recomputing import kept
from convo.database.deletions import FOLDER, Deletion, What, announce, conclude, unfinished
from convo.deletion import traces
from convo.deletion.removing import BUSY, STEPS, remove_all, remove_copies, show_log, stop_work
from convo.deletion.traces import Traces
from convo.errors import SessionError
from convo.files import load, remove, save
from convo.reservation import lock
from convo.transcript import Session

_WAIT_S = 10.0  # a correction takes two seconds; who processes a recording takes minutes


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
        >>> Forgotten("sound", ("the clips of voices",)).told(meeting)
        'The sound of session 2 of Priya with Sam is deleted: the clips of voices.'
        """
        which = f"ession {meeting.number} of {meeting.coachee} with {meeting.coach} is deleted"
        which = f"The sound of s{which}" if self.what == "sound" else f"S{which}"
        *most, last = self.removed or (
            "there was no copy here, and nothing of it is played any more",
        )
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
        stop_work(data, recording_id)
        announce(data, recording_id, "session", who, reason)
        return _carry_out(data, found)


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
        stop_work(data, recording_id)
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
        remove(data / FOLDER)


def _finish(data: Path, one: Deletion) -> None:
    found = _planned(data, one.short_id) or traces.of_recording(data, one.short_id)
    if found is None:
        conclude(data, one, ())
    elif one.what == "sound":
        _silence(data, one)
    else:
        _carry_out(data, found)


def _carry_out(data: Path, found: Traces) -> Forgotten:
    save(_plan(data, found.recording_id), found)
    for step in STEPS:
        step(data, found)
    for one in unfinished(data):
        if one.short_id == found.short_id:
            conclude(data, one, found.found)
    remove(_plan(data, found.recording_id))
    with contextlib.suppress(OSError):  # another deletion is under way
        (data / FOLDER).rmdir()
    show_log(data)
    return Forgotten("session", found.found, tuple(_stays(data, found)))


def _silence(data: Path, announced: Deletion) -> Forgotten:
    found = traces.of_recording(data, announced.short_id)
    listening = data / "work" / announced.short_id / "listening"
    removed = []
    if found and traces.copies(data, found.recording_id):
        removed.append("the uploaded copy of the file")
        remove_copies(data, found.recording_id)
    if traces.clips(data, announced.short_id):
        removed.append("the clips of voices")
        with lock(data, "reports"):
            remove_all(traces.clips(data, announced.short_id))
    with lock(data, f"listening-{announced.short_id}"):
        if listening.is_dir():
            removed.append("the copy for listening")
            remove(listening)
    conclude(data, announced, removed)
    show_log(data)
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


@contextlib.contextmanager
def _alone(data: Path, recording_id: str) -> Iterator[None]:
    """Nobody processes or corrects it meanwhile."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(lock(data, recording_id[:16], _WAIT_S))
        except SessionError as error:
            raise SessionError(BUSY) from error
        yield


def _plan(data: Path, recording_id: str) -> Path:
    return data / FOLDER / f"{recording_id[:16]}.json"


def _planned(data: Path, recording_id: str) -> Traces | None:
    """What a deletion that was broken off had found, before it removed any of it."""
    path = _plan(data, recording_id)
    return load(path, Traces) if path.is_file() else None
