"""The table of sessions in words: facts with quotes, moments to look at, people's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from convo.conversation.statements import Moment, Statement, count
from convo.programme import ProgrammeRecord
from convo.report.activities import Quote, quote
from convo.report.files import session_file_name
from convo.report.wording import PHASE_MEANINGS, long_date, phase_names, shortened
from convo.transcript import Conversation, Phase

QUOTE_CHARACTERS = 120
SHORT_CHARACTERS = 72
FEW = 3
"""So many moments of a list are quoted; the others are counted."""
PHASES = (Phase.ORIENTATION, Phase.SCRUTINY, Phase.CO_CONSTRUCTION, Phase.FRAME)
NOT_READ = "not read for what turns do: process this recording again"


class NoteOf(Protocol):
    """What somebody wrote into a cell."""

    @property
    def text(self) -> str:
        """The words."""
        ...

    @property
    def who(self) -> str:
        """Whose they are."""
        ...

    @property
    def when(self) -> datetime:
        """When they were written (UTC)."""
        ...


class RowOf(Protocol):
    """One session of a path."""

    @property
    def conversation(self) -> Conversation:
        """The session."""
        ...

    @property
    def statements(self) -> Sequence[Statement]:
        """What there is to say of its phases."""
        ...

    @property
    def notes(self) -> Mapping[Phase | None, NoteOf]:
        """What people wrote into its cells; None is the whole session."""
        ...

    @property
    def record(self) -> ProgrammeRecord | None:
        """What the programme's people wrote down about it, as it was on that day."""
        ...


class PathOf(Protocol):
    """All sessions of the same two people in the same programme, in order."""

    @property
    def rows(self) -> Sequence[RowOf]:
        """The sessions."""
        ...

    @property
    def record(self) -> ProgrammeRecord | None:
        """What the programme's people wrote down about it."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One statement as people read it; ``rest`` says how many moments are not quoted here.

    ``groups`` are quotes that belong together: of a fact one group, of a list one a moment.
    """

    text: str
    is_fact: bool
    groups: tuple[tuple[Quote, ...], ...]
    tally: str = ""
    rest: int = 0


@dataclass(frozen=True, slots=True)
class TableCell:
    """One phase of one session, or (without a phase) the session as a whole.

    ``missing`` says why there are neither facts nor candidates. ``report`` is the file to which
    quotes lead, ``recording`` the short name of the session's recording.
    """

    session: str
    report: str
    facts: tuple[Line, ...]
    lists: tuple[Line, ...]
    note: str
    signed: str
    recording: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One phase over the sessions of a path."""

    key: str
    name: str
    meaning: str
    cells: tuple[TableCell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One path: what the programme is for, who, and the rows."""

    title: str
    programme: str
    parts: tuple[tuple[str, str], ...]
    quotes: tuple[tuple[str, str, str], ...]
    since: str
    headings: tuple[tuple[str, str], ...]
    rows: tuple[TableRow, ...]


WHOLE = "whole"
WHOLE_NAME = "The session as a whole"


def table_of(path: PathOf, named: bool = False, writable: bool = False) -> Table:
    """The table of one path; ``named`` says whose it is in its title.

    One that is ``writable`` has a row for the whole session even if nobody wrote into it yet.
    """
    sessions = [row.conversation for row in path.rows]
    meeting, record = sessions[-1].session, path.record
    names = phase_names(sessions[-1])
    found = [phase for phase in PHASES if any(_has(row, phase) for row in path.rows)]
    rows = [
        TableRow(
            phase.value,
            names[phase],
            PHASE_MEANINGS[phase],
            tuple(table_cell(row, phase) for row in path.rows),
        )
        for phase in found
    ]
    if writable or any(row.notes.get(None) for row in path.rows):
        whole = tuple(note_cell(row) for row in path.rows)
        rows.append(TableRow(WHOLE, WHOLE_NAME, "", whole))
    return Table(
        title=f"With {meeting.coach}" if named else "",
        programme=meeting.programme,
        parts=tuple(record.parts()) if record else (),
        quotes=tuple(record.quotes()) if record else (),
        since=long_date(record.since) if record else "",
        headings=tuple(
            (f"Session {c.session.number}", long_date(c.session.date)) for c in sessions
        ),
        rows=tuple(rows),
    )


def _has(row: RowOf, phase: Phase) -> bool:
    said = any(one.phase is phase for one in row.statements)
    return said or phase in row.notes or (phase is not Phase.FRAME and _occurs(row, phase))


def _occurs(row: RowOf, phase: Phase) -> bool:
    return any(span.phase is phase for span in row.conversation.segmentation.spans)


def table_cell(row: RowOf, phase: Phase, few: int = FEW) -> TableCell:
    """One cell, with at most ``few`` moments of each list quoted."""
    mine = [one for one in row.statements if one.phase is phase]
    lines = [line_of(row.conversation, one, few) for one in mine]
    cell = note_cell(row, phase)
    return TableCell(
        cell.session,
        cell.report,
        tuple(line for line in lines if line.is_fact),
        tuple(line for line in lines if not line.is_fact),
        cell.note,
        cell.signed,
        cell.recording,
        "" if mine else _why_missing(row, phase),
    )


def _why_missing(row: RowOf, phase: Phase) -> str:
    segmentation = row.conversation.segmentation
    if phase in segmentation.without:
        return "not looked for in this session"
    if not _occurs(row, phase):
        return "not found in this session"
    return NOT_READ if not row.conversation.codes else ""


def note_cell(row: RowOf, phase: Phase | None = None) -> TableCell:
    """A cell with nothing but what people wrote into it."""
    one = row.conversation
    note = row.notes.get(phase)
    return TableCell(
        session=f"Session {one.session.number}",
        report=session_file_name(one.session, one.recording.short_id),
        facts=(),
        lists=(),
        note=note.text if note else "",
        signed=f"{note.who}, {long_date(note.when.astimezone().date())}" if note else "",
        recording=one.recording.short_id,
    )


def line_of(conversation: Conversation, one: Statement, few: int = FEW) -> Line:
    """A statement with the words of its turns."""
    if one.is_fact:
        return Line(one.text, True, (_quotes(conversation, one.turns, one.near),))
    shown = sorted(one.moments, key=lambda moment: not moment.confirmed)[:few]
    shown.sort(key=lambda moment: moment.turns)
    return Line(
        text=one.text,
        is_fact=False,
        groups=tuple(_quotes(conversation, moment.turns) for moment in shown),
        tally=_tally(one.confirmed, one.open),
        rest=len(one.moments) - len(shown),
    )


def _quotes(conversation: Conversation, turns: Sequence[int], near: str = "") -> tuple[Quote, ...]:
    return tuple(quote(conversation, number, near, QUOTE_CHARACTERS) for number in turns)


def _tally(confirmed: Sequence[Moment], still: Sequence[Moment]) -> str:
    """How many a person confirmed, and how many are still candidates.

    >>> _tally((), (Moment("COM", (3,), None, None),))
    '1 candidate'
    """
    if not confirmed:
        return count(len(still), "candidate")
    rest = f", {count(len(still), 'candidate')} more" if still else ""
    return f"{len(confirmed)} confirmed by a person{rest}"


def in_words(line: Line) -> str:
    """A line as one sentence with its place, for a terminal.

    Of several turns the first is quoted; a list says only how many there are.
    """
    if not line.is_fact:
        return f"{line.text}: {line.tally}"
    one = line.groups[0][0]
    place = f"turn {one.turn}{f', {one.place}' if one.place else ''}"
    return f"{line.text}: “{shortened(one.text, SHORT_CHARACTERS)}” ({place})"


def lines_of(cell: TableCell) -> Iterator[str]:
    """A cell as lines of a terminal."""
    yield from (in_words(line) for line in cell.facts)
    if cell.lists:
        told = "; ".join(f"{line.text} ({line.tally})" for line in cell.lists)
        yield f"To look at: {told}"
    if cell.note:
        yield f"Written by {cell.signed}: {cell.note}"
    if cell.missing:
        yield cell.missing
