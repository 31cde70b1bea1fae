"""``convo programme`` and ``convo note``: what people write down about programmes and sessions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convo.cli import shared
from convo.report.wording import long_date
from convo.transcript import Phase


def programme(
    file: Annotated[Path | None, typer.Argument(help="The record of a programme (TOML).")] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Print a record to copy and change.")
    ] = False,
    data: shared.Data = None,
) -> None:
    """Keep the record of a programme: what it is for, how it works, its terms and trainings.

    Hand the file over again when something changes: every version stays, and reports show the one
    that holds on the day of the last session. Without a file, list what is kept.
    """
    from convo.database.programme_records import all_programmes
    from convo.outcome import write_reports
    from convo.resources import resource
    from convo.sequence.engagement import keep_programme, read_programme

    if example:
        typer.echo(resource("configs/programme.toml").read_text(encoding="utf-8"), nl=False)
        return
    folder = shared.data_folder(data)
    if file is None:
        for name, kept in all_programmes(folder).items():
            shared.say(f"{name}: {', '.join(f'since {one.record.since}' for one in kept)}")
        return
    record = read_programme(file)
    _, recounted = keep_programme(folder, record)
    shared.say(f"kept: {record.name}, as it holds since {record.since}")
    if recounted:
        shared.say(f"glossary words counted anew for {', '.join(recounted)}")
    for path in write_reports(folder, record.name):
        shared.say(f"report: {path}")


def note(
    text: Annotated[str, typer.Argument(help="What to write; empty takes back what is there.")],
    coachee: Annotated[str, typer.Option(help="Whose session.")],
    session: Annotated[
        int | None, typer.Option(min=1, help="Its number; may be left out if there is one.")
    ] = None,
    phase: Annotated[
        Phase | None, typer.Option(help="Into the cell of this phase; default: the whole session.")
    ] = None,
    who: Annotated[str | None, typer.Option(help="Whose words; default: your login name.")] = None,
    coach: Annotated[str | None, typer.Option(help="With whom, if the coachee has two.")] = None,
    programme: Annotated[str | None, typer.Option(help="In which programme.")] = None,
    data: shared.Data = None,
) -> None:
    """Write your own words into a cell of the table over the sessions.

    They stand beside what the program found, with your name and the day; earlier texts are kept.
    """
    from convo.outcome import conversations, kept_sessions, write_cell
    from convo.sessions import find_session

    folder = shared.data_folder(data)
    chosen = find_session(kept_sessions(folder), coachee, session, coach, programme)
    conversation = next(
        c for c in conversations(folder, coachee) if c.recording.recording_id == chosen.recording_id
    )
    kept, path = write_cell(folder, conversation, phase, text, who)
    day = kept.when.astimezone().date()
    shared.say(f"written by {kept.who}, {long_date(day)}" if kept.text else "taken back")
    shared.say(f"report: {path}")
