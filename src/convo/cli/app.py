"""All commands, under their names."""

from __future__ import annotations

import typer

from convo.cli import accounts, confirm, forget, process, programme, read, remind, score, serve
from convo.cli.doctor import doctor

app = typer.Typer(
    name="convo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn recorded coaching conversations into something both people can learn from. "
    "Everything stays on this machine.",
)
for command in (
    process.process,
    process.demo,
    read.report,
    confirm.turns,
    confirm.cases,
    remind.remind,
    forget.forget,
    programme.programme,
    programme.note,
    read.query,
    score.score,
    read.rebuild,
    read.voices,
    serve.serve,
    doctor,
):
    app.command()(command)
app.add_typer(accounts.app, name="accounts")
