"""``convo forget``: a session deleted everywhere, or only its sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convo.cli import shared
from convo.errors import SessionError

if TYPE_CHECKING:
    from convo.sessions import KnownSession


def forget(
    coachee: Annotated[str, typer.Option(help="Whose session.")],
    session: Annotated[
        int | None, typer.Option(min=1, help="Its number; may be left out if there is one.")
    ] = None,
    coach: Annotated[str | None, typer.Option(help="With whom, if the coachee has two.")] = None,
    programme: Annotated[str | None, typer.Option(help="In which programme.")] = None,
    sound_only: Annotated[
        bool, typer.Option("--sound-only", help="Delete the sound, keep words and figures.")
    ] = False,
    reason: Annotated[
        str, typer.Option(help="Kept in the log of deletions: write no names there.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the coachee's name.")] = False,
    data: shared.Data = None,
    quiet: shared.Quiet = False,
    as_json: shared.Json = False,
) -> None:
    """Delete a session for good: sound, words, figures and everything made from them.

    Either of the two speakers may ask for it at any time. Your own file outside of the data folder
    is not touched; the answer names it. Only who, when, and the start of the recording's checksum
    are kept (docs/deleting.md).
    """
    from convo.deletion import forgetting

    folder = shared.data_folder(data)
    chosen = _chosen(folder, coachee, session, coach, programme)
    if not yes:
        _ask(chosen, "the sound of " if sound_only else "")
    if sound_only:
        done = forgetting.forget_sound(folder, chosen.recording_id, None, reason)
    else:
        done = forgetting.forget(folder, chosen.recording_id, None, reason)
    if as_json:
        shared.emit(
            {
                "recording": chosen.recording_id[:16],
                "what": done.what,
                "removed": list(done.removed),
                "stays": list(done.stays),
            }
        )
        return
    shared.say(done.told(chosen.session))
    if not quiet:
        for sentence in done.stays:
            shared.say(sentence)


def _chosen(
    folder: Path, coachee: str, number: int | None, coach: str | None, programme: str | None
) -> KnownSession:
    """A kept session, else one that failed: of that something may be left too."""
    from convo.outcome import kept_sessions
    from convo.reservation import known_sessions
    from convo.sessions import find_session

    try:
        return find_session(kept_sessions(folder), coachee, number, coach, programme)
    except SessionError as error:
        try:
            return find_session(known_sessions(folder), coachee, number, coach, programme)
        except SessionError:
            raise error from None


def _ask(chosen: KnownSession, what: str) -> None:
    meeting = chosen.session
    shared.complain(
        f"This deletes {what}session {meeting.number} of {meeting.coachee} with {meeting.coach} "
        f"({chosen.recording_name}). It cannot be taken back."
    )
    typed: str = typer.prompt("Type the name of the coachee to delete it", err=True)
    if " ".join(typed.split()).casefold() != " ".join(meeting.coachee.split()).casefold():
        raise SessionError(f"{typed!r} is not the name of the coachee: nothing is deleted")
