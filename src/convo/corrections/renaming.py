"""Whose session a kept recording is: put right by a person, and said wherever it is on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from convo.database.artefacts import current_run
from convo.database.corrections import (
    UNDO,
    Correction,
    in_force,
    read_corrections,
    save_correction,
)
from convo.errors import SessionError
from convo.naming import SESSION, difference, named
from convo.pipeline.stages import Place
from convo.reservation import lock, rename, taken_by
from convo.transcript import Session

_WAIT_S = 60.0


def name_session(data: Path, recording_id: str, right: Session, who: str | None) -> Correction:
    """It is the session ``right``: who, which number, which day, which programme.

    Raises:
        SessionError: it is that already, or another recording is that session.
    """

    def said(before: Session) -> Correction:
        changed = difference(before, right)
        if not changed:
            raise SessionError("this is what stands there already: change something first")
        return save_correction(data / "artefacts", recording_id, SESSION, changed, who)

    return change_session(data, recording_id, right, said)


def change_session(
    data: Path, recording_id: str, right: Session, said: Callable[[Session], Correction]
) -> Correction:
    """Keep what is ``said``, given the session as it was, after which it is ``right``.

    Raises:
        SessionError: it is not kept, or another recording is the session ``right``.
    """
    with lock(data, "sessions", _WAIT_S):
        before = _kept_session(data, recording_id)
        if right != before:
            _check_free(data, recording_id, right)
        kept = said(before)
        if right != before:
            rename(data, recording_id, right)
    return kept


def session_now(data: Path, recording_id: str) -> Session | None:
    """Whose session a kept recording is, as people put it right; None if it is not kept."""
    return _by(data, recording_id, ())


def session_without(data: Path, recording_id: str, name: str) -> Session | None:
    """The same once the correction of ``name`` is taken back."""
    return _by(data, recording_id, (Correction(UNDO, name, "", datetime.now(UTC)),))


def settle_session(place: Place, meeting: Session, asked: bool) -> Session:
    """Whose session a recording that is processed is; what was ``asked`` for now is kept.

    ``meeting`` is what it was taken for at the beginning: somebody may have put that right since.
    """
    root, recording_id = place.data / "artefacts", place.recording.recording_id
    before = session_now(place.data, recording_id)
    if before is None:
        return meeting
    if asked and (said := difference(before, meeting)):
        save_correction(root, recording_id, SESSION, said)
        return meeting
    return before


def _by(data: Path, recording_id: str, more: Sequence[Correction]) -> Session | None:
    """The session by all that was said of it and ``more``; what was taken back tells how it was."""
    root = data / "artefacts"
    run = current_run(root, recording_id)
    if run is None:
        return None
    said = (*read_corrections(root, recording_id), *more)
    ever = [one.value for one in said if one.kind == SESSION]
    counting = [one.value for one in in_force(said) if one.kind == SESSION]
    return named(run.session, ever, counting)


def _kept_session(data: Path, recording_id: str) -> Session:
    found = session_now(data, recording_id)
    if found is None:
        raise SessionError(f"no session of the recording {recording_id[:16]} is kept here")
    return found


def _check_free(data: Path, recording_id: str, wanted: Session) -> None:
    other = taken_by(data, wanted, recording_id)
    if other is not None:
        raise SessionError(
            f"session {wanted.number} of {wanted.coachee} with {wanted.coach} is the recording "
            f"{other} already: give this one another number, or put that one right first"
        )
