"""Commands that read what is kept: report, query, rebuild, voices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from convo.cli import shared
from convo.cli.tables import show_agreed, show_progression, show_table, table_json
from convo.errors import ConfigError
from convo.transcript import Conversation


def report(
    coachee: Annotated[str | None, typer.Option(help="Only this coachee.")] = None,
    coach: Annotated[str | None, typer.Option(help="Only sessions with this coach.")] = None,
    programme: Annotated[str | None, typer.Option(help="Only sessions of this programme.")] = None,
    data: shared.Data = None,
    as_json: shared.Json = False,
) -> None:
    """Show the sessions of each coachee side by side, and write their reports again."""
    from convo.outcome import kept_sessions, sessions_of, write_progression, write_session
    from convo.sequence.engagement import paths
    from convo.sequence.following import steps
    from convo.sessions import find_coachee

    folder = shared.data_folder(data)
    known = kept_sessions(folder)
    names = (
        [find_coachee(coachee, known)] if coachee else sorted({k.session.coachee for k in known})
    )
    if not names:
        shared.complain("no session is kept yet: run `convo process FILE` or `convo demo` first")
        raise typer.Exit(1)
    for name in names:
        sessions = sessions_of(folder, name, coach, programme)
        if not sessions and coachee is None:
            continue
        for conversation in sessions:
            write_session(folder, conversation)
        path = write_progression(folder, name, coach, programme)
        found = paths(folder, sessions)
        if as_json:
            shared.emit(_progression_json(sessions, path) | {"table": table_json(found)})
            continue
        show_progression(sessions)
        for one in found:
            show_table(one, named=len(found) > 1)
        show_agreed(sessions, steps(sessions))
        shared.say(f"report: {path}\n")


def query(
    sql: Annotated[str, typer.Argument(help='Such as "from v_talk_share" (docs/store.md).')],
    output: Annotated[
        Literal["table", "csv", "json", "parquet"], typer.Option("--format", help="How to print.")
    ] = "table",
    to: Annotated[Path | None, typer.Option(help="Write to this file (parquet needs one).")] = None,
    data: shared.Data = None,
) -> None:
    """Ask the store in SQL; nothing can be changed by it."""
    from convo.reservation import store

    kept = store(shared.data_folder(data))
    if output == "parquet" and to is None:
        raise ConfigError("parquet is not text: name the file to write with --to FILE.parquet")
    if output != "table":
        written = kept.export(sql, output, to)
        if to is not None:
            shared.complain(f"written to {to}")
        else:
            typer.echo(written, nl=False)
        return
    result = kept.query(sql)
    table = Table()
    for column in result.columns:
        table.add_column(Text(column), overflow="fold")
    for row in result.rows:
        table.add_row(*(Text("" if value is None else _cell(value)) for value in row))
    shared.out.print(table)


def rebuild(data: shared.Data = None) -> None:
    """Make the store again from what is kept of each session."""
    from convo.outcome import rebuild_store

    folder = shared.data_folder(data)
    shared.say(f"{rebuild_store(folder)} sessions loaded into {folder / 'convo.duckdb'}")


def voices(
    forget: Annotated[str | None, typer.Option(help="Delete the voice of this person.")] = None,
    data: shared.Data = None,
) -> None:
    """List the voices that are kept with their speakers' consent, or delete one."""
    from convo.answers import voices_folder
    from convo.database.profiles import forget_profile, list_profiles

    folder = voices_folder(shared.data_folder(data))
    if forget is not None:
        forget_profile(folder, forget)
        shared.say(f"the voice of {forget} is deleted")
        return
    kept = list_profiles(folder)
    for profile in kept:
        shared.say(
            f"{profile.name} ({profile.pair}): kept {profile.kept_at[:10]}, "
            f"consent: {profile.consent}"
        )
    if not kept:
        shared.say("no voice is kept")


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _progression_json(sessions: Sequence[Conversation], path: Path) -> dict[str, object]:
    from convo.report.progression import progression_headings, progression_rows

    return {
        "coachee": sessions[0].session.coachee,
        "sessions": list(progression_headings(sessions)),
        "rows": {row.key: list(row.cells) for row in progression_rows(sessions)},
        "report": str(path),
    }
