"""``convo score``: how good the transcripts and phases are, against references."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from convo.cli import shared


def score(
    folder: Annotated[Path, typer.Argument(help="A folder with speech/ and talk/ cases.")],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write all figures to this file.")
    ] = None,
    config: shared.Config = None,
    quiet: shared.Quiet = False,
) -> None:
    """Score the whole pipeline on recordings and transcripts that others have marked."""
    from convo.config import load_settings
    from convo.evaluation import (
        SpeechResult,
        read_cases,
        score_activities,
        score_codes,
        score_recorded,
        score_speech,
        score_talk,
        tables,
        to_json,
    )
    from convo.files import write_atomically
    from convo.pipeline import shipped, stages

    settings = load_settings(None, config, {"words": {"language": "en"}})
    cases = read_cases(folder)
    cues = shipped.cues()
    segmenter = shipped.phase_segmenter(settings.phases, cues)
    heard: dict[Path, SpeechResult] = {}

    def recognise(recording: Path) -> SpeechResult:
        if not quiet:
            shared.err.print(f"{recording.parent.name} …", highlight=False, markup=False)
        heard[recording] = SpeechResult(*stages.recognise(recording, settings))
        return heard[recording]

    speech = score_speech(cases, recognise)
    talk = score_talk(cases, segmenter)
    recorded = score_recorded(cases, heard, talk, segmenter, cues, settings.roles)
    codes = score_codes(cases.talk, shipped.turn_coder(settings.functions))
    activities = score_activities(
        cases, shipped.activity_finder(settings.activities), shipped.follow_ups
    )
    for found in tables(speech, talk, recorded, codes, activities):
        table = Table(title=found.title, title_justify="left")
        for index, column in enumerate(found.columns):
            table.add_column(column, justify="right" if index else "left")
        for number, row in enumerate(found.rows):
            table.add_row(
                *(Text(cell) for cell in row),
                end_section=number == len(found.rows) - found.totals - 1,
            )
        shared.out.print(table)
        for note in found.notes:
            shared.say(note)
    if json_file is not None:
        figures = to_json(speech, talk, recorded, codes, activities)
        write_atomically(json_file, json.dumps(figures, indent=1, ensure_ascii=False).encode())
    if any(score.failed for score in (speech, talk, recorded, codes, activities)):
        raise typer.Exit(1)
