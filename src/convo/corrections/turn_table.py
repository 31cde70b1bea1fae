"""The turns of a session as a table for a spreadsheet: out with their phases, back put right."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from convo.conversation.spans import LETTERS
from convo.errors import SessionError, did_you_mean
from convo.report.spans import phase_of_turns
from convo.report.wording import PHASE_NAMES, shortened, voices
from convo.transcript import Conversation, Phase, Segmentation, Turn, count_words

COLUMNS = ("turn", "start", "speaker", "phase", "text")
_NEEDED = ("turn", "phase", "text")
_ANEW = "write a new table with `convo turns`"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TELLING_WORDS = 3  # a spreadsheet may make a date or a number of fewer


class Row(NamedTuple):
    """What a person handed back about one turn; an empty ``phase`` leaves it to the machine."""

    turn: int
    phase: str
    text: str


def turn_table(conversation: Conversation) -> str:
    """One row a turn as CSV: number, start as h:mm:ss, speaker, the phase that counts, text.

    Phases have the programme's own name where there is one, else the usual short one.
    """
    speakers = voices(conversation)
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    labels = phase_of_turns(conversation)
    names = {phase: conversation.segmentation.names.get(phase, phase.value) for phase in Phase}
    for turn in conversation.turns:
        start = "" if turn.start is None else datetime.timedelta(seconds=int(turn.start))
        name = names[labels[turn.number]] if turn.number in labels else ""
        cells = (_harmless(cell) for cell in (speakers[turn.number].name, name, turn.text))
        writer.writerow((turn.number, start, *cells))
    return sink.getvalue()


def read_phases(path: Path, turns: Sequence[Turn], found: Segmentation) -> tuple[Phase, ...]:
    """The phase of every turn as a person put it; left empty, it is as the machine ``found`` it.

    Phases may have their usual names, the letters O S C F, or the programme's own names.

    Raises:
        SessionError: the file is no such table, is that of another session, or has a phase that
            does not exist.
    """
    known = _names(found.names)
    machine = found.found.labels()
    labels: dict[int, Phase] = {}
    for row in read_rows(path):
        where = f"turn {row.turn} of {path.name}"
        if not 1 <= row.turn <= len(turns):
            raise SessionError(
                f"{where} is not in this session, which has turns 1 to {len(turns)}: {_ANEW}"
            )
        if row.turn in labels:
            raise SessionError(f"{where} is there twice: keep one of the two rows")
        spoken = turns[row.turn - 1].text
        if _letters(row.text) != _letters(spoken) and count_words(spoken) >= _TELLING_WORDS:
            raise SessionError(
                f"{where} reads {shortened(row.text, 40)!r} where this session has "
                f"{shortened(spoken, 40)!r}, so it is the table of another session or of an "
                f"earlier transcript: {_ANEW}"
            )
        if row.phase and row.phase.casefold() not in known:
            names = {phase.value for phase in Phase} | set(found.names.values())
            raise SessionError(
                f"{where} has the phase {row.phase!r}: {did_you_mean(row.phase, names)}"
            )
        labels[row.turn] = known[row.phase.casefold()] if row.phase else machine[row.turn - 1]
    missing = [turn.number for turn in turns if turn.number not in labels]
    if missing:
        raise SessionError(
            f"{path.name} has no row for turn {missing[0]} ({len(missing)} of {len(turns)} are "
            "missing): keep every row, and leave the phase empty where the machine is to decide"
        )
    return tuple(labels[turn.number] for turn in turns)


def read_rows(path: Path) -> tuple[Row, ...]:
    """The rows of a table, of whatever session; commas, semicolons and tabs may divide columns.

    Raises:
        SessionError: the file cannot be read, or lacks a column or all rows.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SessionError(f"cannot read {path} ({error.strerror}): check its name") from error
    except UnicodeDecodeError as error:
        raise SessionError(
            f"{path.name} is no CSV in UTF-8: save it from the spreadsheet as “CSV UTF-8”"
        ) from error
    head = text.partition("\n")[0]
    table = csv.DictReader(
        io.StringIO(text, newline=""), restval="", delimiter=max(",;\t", key=head.count)
    )
    try:
        columns = table.fieldnames or ()
        lacking = [name for name in _NEEDED if name not in columns]
        if lacking:
            raise SessionError(
                f"{path.name} has no column {' or '.join(lacking)} (it has "
                f"{', '.join(columns) or 'none'}): {_ANEW}"
            )
        rows = tuple(
            _row(row, f"line {table.line_num} of {path.name}")
            for row in table
            if any(row[name].strip() for name in _NEEDED)
        )
    except csv.Error as error:
        raise SessionError(f"{path.name} is no table ({error}): {_ANEW}") from error
    if not rows:
        raise SessionError(f"{path.name} has no turns: {_ANEW}")
    return rows


def _row(row: Mapping[str, str], where: str) -> Row:
    try:
        return Row(int(row["turn"]), row["phase"].strip().removeprefix("'"), row["text"])
    except ValueError as error:
        raise SessionError(f"{where} has the turn {row['turn']!r}, no number: {_ANEW}") from error


def _names(own: Mapping[Phase, str]) -> dict[str, Phase]:
    """All names a phase may have in a table, in small letters; the programme's own come first."""
    usual = {phase.value: phase for phase in Phase}
    shown = {name: phase for phase, name in PHASE_NAMES.items()}
    named = {name: phase for phase, name in own.items()}
    return {n.casefold(): phase for n, phase in {**LETTERS, **shown, **usual, **named}.items()}


def _letters(text: str) -> str:
    """What a spreadsheet leaves alone."""
    return "".join(c for c in text.casefold() if c.isalnum())


def _harmless(cell: str) -> str:
    """The cell as text also where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
