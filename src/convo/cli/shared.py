"""Options and output that several commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from convo.errors import ConvoError

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder for everything convo keeps.", envvar="CONVO_DATA"),
]
Config = Annotated[
    Path | None, typer.Option("--config", help="A TOML file with options (configs/default.toml).")
]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def data_folder(given: Path | None) -> Path:
    """The folder of a command; a deletion that was broken off in it is finished first.

    Raises:
        ConfigError: see :func:`convo.config.data_folder`.
    """
    from convo import config
    from convo.database.deletions import is_broken_off

    folder = config.data_folder(given)
    if is_broken_off(folder):
        from convo.deletion.forgetting import finish

        try:
            finish(folder)
        except ConvoError as error:
            complain(f"a deletion that was broken off is not finished yet: {error}")
    return folder


def complain(sentence: str) -> None:
    """One sentence on stderr."""
    err.print(sentence, style="bold", markup=False, soft_wrap=True)


def say(text: str = "", style: str | None = None) -> None:
    """A line on stdout, never cut or wrapped."""
    out.print(text, style=style, markup=False, soft_wrap=True)


def emit(value: Any) -> None:
    """One JSON value on one line of stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))
