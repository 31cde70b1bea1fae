"""``convo remind``: a calendar file that reminds of what was agreed, only when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convo.cli import shared
from convo.errors import ConfigError


def remind(
    coachee: Annotated[str, typer.Option(help="Whose session.")],
    days: Annotated[int, typer.Option(min=1, help="So many days after the session.")],
    to: Annotated[Path, typer.Option(help="Write to this new file, such as reminder.ics.")],
    session: Annotated[
        int | None, typer.Option(min=1, help="Its number; may be left out if there is one.")
    ] = None,
    coach: Annotated[str | None, typer.Option(help="With whom, if the coachee has two.")] = None,
    programme: Annotated[str | None, typer.Option(help="In which programme.")] = None,
    data: shared.Data = None,
) -> None:
    """Write a reminder of the inter-sessional activities of a session for a calendar.

    Nothing is made or sent by itself: ask the coachee first, and look at what is in the file. It
    holds words of the session, which a shared calendar shows to others.
    """
    from convo.files import write_atomically
    from convo.outcome import conversations, kept_sessions
    from convo.report.reminder import reminder
    from convo.sessions import find_session

    folder = shared.data_folder(data)
    chosen = find_session(kept_sessions(folder), coachee, session, coach, programme)
    conversation = next(
        c for c in conversations(folder, coachee) if c.recording.recording_id == chosen.recording_id
    )
    text = reminder(conversation, days)
    if to.exists():
        raise ConfigError(f"{to} is there already: name a new file")
    write_atomically(to, text.encode())
    shared.say(f"written to {to}")
