"""``convo accounts``: who may log in to the page when other computers can reach it."""

from __future__ import annotations

from typing import Annotated

import typer

from convo.cli import shared

app = typer.Typer(
    no_args_is_help=True,
    help="Accounts of the page. Without any, only this computer can use it and nobody logs in; "
    "with the first one, everybody must.",
)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What they type to log in.")],
    role: Annotated[
        str, typer.Option(help="owner, coach, coachee, researcher or lead (of a programme).")
    ],
    person: Annotated[
        str, typer.Option("--is", help="The name of a coach or coachee in the sessions.")
    ] = "",
    data: shared.Data = None,
) -> None:
    """Make an account; the password is asked for.

    coach: their own sessions · coachee: what their coach sees of them · researcher: every session,
    under pseudonyms · lead: figures of five or more coachees, no session · owner: everything.
    """
    from convo.database.accounts import Accounts
    from convo.outcome import kept_sessions

    folder = shared.data_folder(data)
    Accounts(folder).add(name, role, person, _password())
    shared.say(f"{name} can log in as {role}")
    named = {known for k in kept_sessions(folder) for known in (k.session.coach, k.session.coachee)}
    if person and person not in named:
        shared.complain(f"no session names {person!r} so far: check how it is written there")


@app.command()
def passwd(
    name: Annotated[str, typer.Argument(help="The account.")], data: shared.Data = None
) -> None:
    """Give an account another password; who is logged in with it is logged out."""
    from convo.database.accounts import Accounts

    Accounts(shared.data_folder(data)).set_password(name, _password())
    shared.say(f"{name} has a new password")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The account.")], data: shared.Data = None
) -> None:
    """Remove an account; who is logged in with it is logged out."""
    from convo.database.accounts import Accounts

    Accounts(shared.data_folder(data)).remove(name)
    shared.say(f"{name} is removed")


@app.command("list")
def list_accounts(data: shared.Data = None) -> None:
    """All accounts with their roles."""
    from convo.database.accounts import Accounts

    found = Accounts(shared.data_folder(data)).listed()
    for account in found:
        person = f", {account.person} in the sessions" if account.person else ""
        shared.say(f"{account.name}: {account.role}{person}")
    if not found:
        shared.say("there is no account: the page is only for this computer, and without login")


def _password() -> str:
    """Asked for twice in a terminal, one line of standard input otherwise; never an argument."""
    import sys

    if sys.stdin.isatty():
        given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")
