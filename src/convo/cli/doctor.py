"""``convo doctor``: what works here, and the remedy for what does not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from convo.cli import shared


def doctor(
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Time a minute of a sample if need be.")
    ] = True,
    data: shared.Data = None,
    as_json: shared.Json = False,
) -> None:
    """Check this machine: what is installed, which models can run, space, memory and speed."""
    from convo.config import data_folder
    from convo.doctor import examine

    problems = 0
    for finding in examine(data_folder(data), measure):
        problems += finding.remedy is not None
        if as_json:
            shared.emit(asdict(finding))
            continue
        mark = "ok" if finding.remedy is None else "!!"
        shared.say(f"{mark}  {finding.what}: {finding.found}")
        if finding.remedy:
            shared.say(f"    remedy: {finding.remedy}")
    if problems:
        raise typer.Exit(1)
