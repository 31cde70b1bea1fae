"""How long it takes to read what the talk does, once there is a transcript.

::

    python -m convo.bench_talk [--minutes 60]

The sample sessions are joined and repeated to so many minutes. Models are loaded and used once
before the clock runs. A session is read by the model once, for phases, codes and activities, so
that reading is a step of its own. Beside the time on the clock stands the time that processors
worked, which does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from convo.conversation.activities import ActivityOptions
from convo.conversation.functions import FunctionsOptions
from convo.conversation.measures import measures
from convo.conversation.media_signs import media_hints
from convo.conversation.motifs import motifs
from convo.conversation.phases import PhasesOptions
from convo.conversation.table3 import statements
from convo.conversation.talk import talk
from convo.encoder.reader import shipped_reader
from convo.pipeline import shipped
from convo.resources import resource
from convo.transcript import Role, Segmentation, Turn

T = TypeVar("T")


def sample_turns(minutes: float) -> tuple[Turn, ...]:
    """The turns of the sample sessions one after the other, again and again for so long."""
    told: list[Turn] = []
    for number in (1, 2, 3):
        path = resource(f"data/samples/demo-{number}/turns.json")
        begun = told[-1].end or 0.0 if told else 0.0
        for one in json.loads(path.read_text(encoding="utf-8"))["turns"]:
            role = Role(one["speaker"].lower())
            start, end = begun + one["start"], begun + one["end"]
            told.append(Turn(len(told) + 1, role, one["text"], start, end, role))
    length = told[-1].end or 0.0
    turns: list[Turn] = []
    while not turns or (turns[-1].end or 0.0) < 60 * minutes:
        shift = length * (len(turns) // len(told))
        turns += [
            replace(
                t, number=len(turns) + n, start=(t.start or 0) + shift, end=(t.end or 0) + shift
            )
            for n, t in enumerate(told, start=1)
        ]
    return tuple(turn for turn in turns if (turn.end or 0.0) <= 60 * minutes)


def seconds(turns: Sequence[Turn]) -> dict[str, tuple[float, float]]:
    """What each step takes: seconds on the clock, and seconds of all processors together."""
    segmenter = shipped.phase_segmenter(PhasesOptions(), shipped.cues())
    coder = shipped.turn_coder(FunctionsOptions())
    finder = shipped.activity_finder(ActivityOptions())
    glossary, lists = shipped.glossary(), shipped.word_lists()
    coder.code(turns[:20])
    finder.find(turns[:20])
    spent: dict[str, tuple[float, float]] = {}
    _timed(spent, "reading by the model", lambda: shipped_reader()(turns))
    phases = segmenter.segment(turns)
    codes = _timed(spent, "codes of turns", lambda: coder.code(turns))
    _timed(spent, "inter-sessional activities", lambda: finder.find(turns))
    found = _timed(
        spent,
        "figures with intervals",
        lambda: measures(turns, codes, phases, glossary, lists, coder.version),
    )

    def table(phases: Segmentation) -> None:
        read = talk(turns, codes, phases, glossary, lists)
        motifs(read)
        statements(read, found)

    _timed(spent, "motifs and the table’s cells", lambda: table(phases))
    _timed(spent, "signs of played recordings", lambda: media_hints(turns, lists.media))
    return spent


def _timed(spent: dict[str, tuple[float, float]], name: str, work: Callable[[], T]) -> T:
    begun, worked = time.perf_counter(), time.process_time()
    result = work()
    spent[name] = (time.perf_counter() - begun, time.process_time() - worked)
    return result


def main() -> None:
    """Print a line a step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=60.0)
    minutes = parser.parse_args().minutes
    turns = sample_turns(minutes)
    spent = seconds(turns)
    title = f"{minutes:.0f} minutes, {len(turns)} turns"
    rows = Table("step", "seconds", "of processors", title=title)
    for name, took in spent.items():
        rows.add_row(name, *(f"{one:.2f}" for one in took))
    rows.add_row("all", *(f"{sum(one):.2f}" for one in zip(*spent.values(), strict=True)))
    Console().print(rows)


if __name__ == "__main__":
    main()
