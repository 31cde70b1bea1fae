"""``convo turns`` and ``convo cases``: phases put right by a person, out and on to learning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convo.cli import shared
from convo.errors import ConfigError


def turns(
    coachee: Annotated[str, typer.Option(help="Whose session.")],
    session: Annotated[
        int | None, typer.Option(min=1, help="Its number; may be left out if there is one.")
    ] = None,
    coach: Annotated[str | None, typer.Option(help="With whom, if the coachee has two.")] = None,
    programme: Annotated[str | None, typer.Option(help="In which programme.")] = None,
    to: Annotated[Path | None, typer.Option(help="Write to this new file (CSV).")] = None,
    data: shared.Data = None,
) -> None:
    """Write the turns of a session with their phases as a table for a spreadsheet.

    Put the column phase right (orientation, scrutiny, co-construction, frame; or O, S, C, F; or
    your programme's names; empty: as the machine has it), keep all rows, and hand the file back
    with `convo process FILE --phases turns.csv`, changed or not: both confirm it.
    """
    from convo.corrections.turn_table import turn_table
    from convo.files import write_atomically
    from convo.outcome import conversations, kept_sessions
    from convo.sessions import find_session

    folder = shared.data_folder(data)
    chosen = find_session(kept_sessions(folder), coachee, session, coach, programme)
    conversation = next(
        c for c in conversations(folder, coachee) if c.recording.recording_id == chosen.recording_id
    )
    table = turn_table(conversation)
    if to is None:
        typer.echo(table, nl=False)
        return
    if to.exists():
        raise ConfigError(f"{to} is there, with somebody's work in it perhaps: name a new file")
    write_atomically(to, table.encode("utf-8-sig"))
    shared.complain(
        f"written to {to}: put its column phase right, then run "
        f'convo process "{chosen.recording_name}" --phases "{to}"'
    )


def cases(
    folder: Annotated[Path, typer.Argument(help="A new folder, such as marked.")],
    coachee: Annotated[str | None, typer.Option(help="Only this coachee.")] = None,
    data: shared.Data = None,
) -> None:
    """Write all sessions whose phases a person put right, to score against or to learn from.

    `convo score FOLDER` scores the machine against them, `make train EXTRA=FOLDER` learns from
    them. A session that was learned from must not be used for scoring: write some coachees to one
    folder and others to another. Whoever put phases right saw the machine's first, so expect scores
    somewhat too good. The folder holds every word and the names as they were typed; nothing leaves
    this machine.
    """
    from convo.corrections.confirming import write_cases
    from convo.outcome import conversations, kept_sessions
    from convo.sessions import find_coachee

    kept = shared.data_folder(data)
    name = find_coachee(coachee, kept_sessions(kept)) if coachee else None
    number = write_cases(conversations(kept, name), folder)
    shared.say(f"{number} {'session' if number == 1 else 'sessions'} written to {folder}")
