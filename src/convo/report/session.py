"""The report of one session: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from convo.files import write_atomically
from convo.report import charts
from convo.report.activities import MANY, activity_views
from convo.report.corrections import change_views, differences, passage_words
from convo.report.files import session_file_name
from convo.report.method import agreements
from convo.report.page import render
from convo.report.review import phase_commands, review_groups
from convo.report.shares import session_facts, share_lines
from convo.report.spans import (
    Axis,
    axis_of,
    bands,
    certainty_of_turns,
    phase_of_turns,
    phase_stretches,
    span_views,
)
from convo.report.table3 import PHASES, RowOf, TableCell, table_cell
from convo.report.timeline import Stretch, TimelineRow, timeline
from convo.report.wording import (
    Voice,
    clock,
    phase_names,
    plural,
    put_right,
    shortened,
    voice_order,
    voices,
)
from convo.transcript import Conversation, Phase

MOMENTS = 6
"""So many moments of a list are quoted in the report of a session."""
_FADES = ((0.85, ""), (0.65, "f1"), (0.0, "f2"))


@dataclass(frozen=True, slots=True)
class TurnView:
    """One turn as the transcript shows it."""

    number: int
    place: str
    voice: Voice
    text: str
    phase: str
    fade: str
    start: float | None = None
    end: float | None = None
    passage: str = ""


@dataclass(frozen=True, slots=True)
class VoiceCount:
    """How much one voice said, whatever its role."""

    voice: Voice
    words: int
    turns: int


def session_report(conversation: Conversation, row: RowOf | None = None) -> str:
    """The report of one session as one HTML page, without scripts or anything fetched.

    What is not known (times, roles, phases, shares) is said to be unknown; nothing is filled in.
    ``row`` has what there is to say of its phases.
    """
    content = reading(conversation, row) | drawings(conversation)
    return render("session.html.j2", content)


def reading(
    conversation: Conversation, row: RowOf | None = None, moments: int = MOMENTS
) -> dict[str, Any]:
    """All that the templates of a session name, but for what takes long: :func:`drawings`.

    ``moments`` says how many of each list are quoted.
    """
    found = voices(conversation)
    order = voice_order(found)
    axis = axis_of(conversation)
    lines = share_lines(conversation)
    return {
        "c": conversation,
        "axis": axis,
        "lines": lines,
        "facts": session_facts(lines[0]),
        "review": review_groups(conversation),
        "commands": phase_commands(conversation),
        "voices": _voice_counts(conversation, found, order),
        "spans": span_views(conversation, axis),
        "turns": _turn_views(conversation, found, axis),
        "phases": _phases_present(conversation),
        "phase_names": phase_names(conversation),
        "put_right": put_right(conversation),
        "changes": change_views(conversation),
        "differences": differences(conversation),
        "passages": passage_words(conversation),
        "activities": activity_views(conversation),
        "many_activities": MANY,
        "agreements": agreements(),
        "cells": _cells(row, moments) if row else (),
        "record": row.record if row else None,
        "evidence": {n for b in conversation.segmentation.boundaries for n in b.evidence},
    }


def _cells(row: RowOf, moments: int) -> list[tuple[str, str, TableCell]]:
    """Each phase that has something to say, with its key and name."""
    names = phase_names(row.conversation)
    cells = ((phase, table_cell(row, phase, moments)) for phase in PHASES)
    return [
        (phase.value, names[phase], cell)
        for phase, cell in cells
        if cell.facts or cell.lists or cell.note
    ]


def drawings(conversation: Conversation) -> dict[str, Any]:
    """The charts of a session, None where there is nothing to draw."""
    return {"timeline": timeline_of(conversation), "bars": bars_of(conversation)}


def _phases_present(conversation: Conversation) -> list[Phase]:
    present = set(phase_of_turns(conversation).values())
    return [phase for phase in Phase if phase in present]


def _voice_counts(
    conversation: Conversation, found: dict[int, Voice], order: Sequence[Voice]
) -> list[VoiceCount]:
    words = dict.fromkeys(order, 0)
    turns = dict.fromkeys(order, 0)
    for turn in conversation.turns:
        words[found[turn.number]] += turn.word_count
        turns[found[turn.number]] += 1
    return [VoiceCount(voice, words[voice], turns[voice]) for voice in order]


def _turn_views(
    conversation: Conversation, found: dict[int, Voice], axis: Axis
) -> tuple[TurnView, ...]:
    phases = phase_of_turns(conversation)
    sure = certainty_of_turns(conversation)
    private = _private_lengths(conversation)
    return tuple(
        TurnView(
            number=turn.number,
            place=axis.place(turn.number) if axis.timed else str(turn.number),
            voice=found[turn.number],
            text=private.get(turn.number, turn.text),
            phase=phases[turn.number].value if turn.number in phases else "none",
            fade=_fade(sure.get(turn.number)),
            start=turn.start,
            end=turn.end,
            passage=turn.passage.value if turn.passage else "",
        )
        for turn in conversation.turns
        if turn.hidden is None or turn.number in private
    )


def _private_lengths(conversation: Conversation) -> dict[int, str]:
    """The length of every private passage, by the number of its first turn."""
    found: dict[int, str] = {}
    for hidden, group in groupby(conversation.turns, key=lambda turn: turn.hidden is not None):
        run = list(group)
        if hidden:
            start, end = run[0].start or 0.0, max(turn.end or 0.0 for turn in run)
            found[run[0].number] = clock(end - start)
    return found


def _fade(certainty: float | None) -> str:
    if certainty is None:
        return ""
    return next(name for least, name in _FADES if certainty >= least)


def timeline_of(conversation: Conversation) -> charts.Chart | None:
    """Who speaks when, under the phases."""
    if not conversation.turns:
        return None
    found = voices(conversation)
    order = voice_order(found)
    axis = axis_of(conversation)
    phases = phase_of_turns(conversation)
    rows = [
        TimelineRow(
            shortened(voice.name, 40),
            [
                Stretch(*axis.between(turn.number, turn.number), phases.get(turn.number))
                for turn in conversation.turns
                if found[turn.number] == voice
            ],
        )
        for voice in order
    ]
    return timeline(
        phase_stretches(conversation, axis),
        rows,
        bands(conversation, axis),
        end=axis.length,
        timed=axis.timed,
        description=_timeline_words(conversation, order, axis),
    )


def _timeline_words(conversation: Conversation, order: Sequence[Voice], axis: Axis) -> str:
    names = ", ".join(voice.name for voice in order)
    what = f"Timeline of {plural(len(conversation.turns), 'turn')}, one row each for {names}."
    spans = [
        f"{span.name} from {span.begins}" + (f" (change {span.change})" if span.change else "")
        for span in span_views(conversation, axis)
    ]
    return what + (" Phases: " + "; ".join(spans) + "." if spans else " No phases.")


def bars_of(conversation: Conversation) -> charts.Chart | None:
    """The shares of the session and of every phase."""
    lines = share_lines(conversation)
    if lines[0].coach is None:
        return None
    words = " ".join(line.sentence() for line in lines)
    return charts.share_bars([line.bar() for line in lines], "Shares of the words. " + words)


def write_session_report(
    folder: Path, conversation: Conversation, row: RowOf | None = None
) -> Path:
    """Write the report into ``folder`` and return its path; an earlier one is replaced.

    Raises:
        StoreError: the folder cannot be written.
    """
    path = folder / session_file_name(conversation.session, conversation.recording.short_id)
    write_atomically(path, session_report(conversation, row).encode())
    return path
