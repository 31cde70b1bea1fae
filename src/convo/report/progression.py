"""The report of one coachee over a sequence of sessions: phases by sessions, then contribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from convo.between import FollowUp
from convo.errors import SessionError
from convo.files import write_atomically
from convo.report import charts
from convo.report.activities import activity_views, follow_up_views
from convo.report.files import progression_file_name, session_file_name
from convo.report.page import render
from convo.report.review import review_groups
from convo.report.shares import ShareLine, share_lines
from convo.report.spans import Axis, axis_of
from convo.report.strands import strands
from convo.report.table3 import PathOf, table_of
from convo.report.wording import (
    PERCENT,
    PHASE_MEANINGS,
    PHASE_NAMES,
    clock,
    long_date,
    phase_names,
    put_right,
    shortened,
)
from convo.transcript import Conversation, Phase, Turn

CONTRIBUTION = "% contribution"
_QUOTE_CHARACTERS = 110
_TELLING_WORDS = 4


class ProgressionRow(NamedTuple):
    """One row of the table: its label, and one cell a session as coach/coachee in per cent.

    ``label`` is for people and may be a programme's own; ``key`` never changes.
    """

    label: str
    cells: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One phase in one session: the share, where the phase lies, and how it begins in words."""

    session: str
    line: ShareLine
    places: tuple[str, ...]
    quote: str


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One phase over all sessions."""

    key: str
    name: str
    meaning: str
    cells: tuple[Cell, ...]


def in_order(conversations: Sequence[Conversation]) -> tuple[Conversation, ...]:
    """The sessions by date, then number; all of one coachee.

    Raises:
        SessionError: there is no session, or there are two coachees.
    """
    if not conversations:
        raise SessionError("there is no session to report on: process a recording first")
    names = sorted({conversation.session.coachee for conversation in conversations})
    if len(names) > 1:
        raise SessionError(
            f"a progression report is about one coachee, not {', '.join(names)}: make one for each"
        )
    return tuple(
        sorted(
            conversations,
            key=lambda c: (c.session.date, c.session.number, c.recording.recording_id),
        )
    )


def progression_headings(conversations: Sequence[Conversation]) -> tuple[str, ...]:
    """One heading a session, in the order of the cells of :func:`progression_rows`."""
    return tuple(f"Session {c.session.number}" for c in in_order(conversations))


def progression_rows(conversations: Sequence[Conversation]) -> tuple[ProgressionRow, ...]:
    """The phases and, last, the contribution to the whole session.

    A cell is "37/63" (coach/coachee, summing to 100), "withheld", or "–" for a phase that was
    not found in that session or not looked for. Phases are called what the latest session calls
    them.

    Raises:
        SessionError: there is no session, or there are two coachees.
    """
    sessions = in_order(conversations)
    names = phase_names(sessions[-1])
    lines = [share_lines(conversation) for conversation in sessions]
    cells = {phase: tuple(_line(of, phase).short for of in lines) for phase in (*Phase, None)}
    rows = [ProgressionRow(names[phase], cells[phase], PHASE_NAMES[phase]) for phase in Phase]
    return (*rows, ProgressionRow(CONTRIBUTION, cells[None], CONTRIBUTION))


def _line(lines: Sequence[ShareLine], phase: Phase | None) -> ShareLine:
    return next(line for line in lines if line.phase is phase)


class Step(Protocol):
    """Two sessions in a row, and one follow-up for each activity of the earlier one."""

    @property
    def earlier(self) -> Conversation:
        """The session in which they were set."""
        ...

    @property
    def later(self) -> Conversation:
        """The next session."""
        ...

    @property
    def follow_ups(self) -> Sequence[FollowUp]:
        """In the order of the activities of the earlier session."""
        ...


def progression_report(
    conversations: Sequence[Conversation],
    steps: Sequence[Step] = (),
    paths: Sequence[PathOf] = (),
) -> str:
    """The report of one coachee as one HTML page, without scripts or anything fetched.

    ``steps`` say what of each session the next one speaks about, ``paths`` what there is to say
    of each phase, one for each coach and programme.

    Raises:
        SessionError: there is no session, or there are two coachees.
    """
    content = side_by_side(conversations, steps)
    drawn = in_columns(conversations) | in_strands(paths)
    return render("progression.html.j2", content | in_words(paths) | drawn)


def side_by_side(
    conversations: Sequence[Conversation],
    steps: Sequence[Step] = (),
) -> dict[str, Any]:
    """What the template of :func:`progression_report` names, but for what follows from paths.

    That, and the drawings, take longest: where a page is shown, they may come later.
    """
    sessions = in_order(conversations)
    lines = [share_lines(conversation) for conversation in sessions]
    headings = progression_headings(sessions)
    return {
        "coachee": sessions[0].session.coachee or "Coachee",
        "coaches": sorted({c.session.coach for c in sessions if c.session.coach}),
        "programmes": sorted({c.session.programme for c in sessions if c.session.programme}),
        "sessions": sessions,
        "headings": headings,
        "dates": _dates(sessions),
        "rows": [_phase_row(phase, sessions, headings, lines) for phase in Phase],
        "contribution": list(zip(headings, (_line(of, None) for of in lines), strict=True)),
        "contribution_label": CONTRIBUTION,
        "put_right": [
            f"session {c.session.number} {put_right(c)}" for c in sessions if put_right(c)
        ],
        "agreed": _agreed(sessions, steps),
        "review": [review_groups(conversation) for conversation in sessions],
    }


def in_words(paths: Sequence[PathOf], writable: bool = False) -> dict[str, Any]:
    """What the template of the tables in words names.

    ``writable`` says that people can write into the table where it is shown.
    """
    return {"tables": [table_of(path, len(paths) > 1, writable) for path in paths]}


def in_columns(conversations: Sequence[Conversation]) -> dict[str, Any]:
    """What the template of the drawn shares names."""
    sessions = in_order(conversations)
    return {
        "corrected": all(put_right(c) for c in sessions),
        "panels": _panels(sessions, [share_lines(conversation) for conversation in sessions]),
    }


def in_strands(paths: Sequence[PathOf]) -> dict[str, Any]:
    """What the template of the strands names: nothing is drawn of several paths at once."""
    return {"strands": strands(paths[0].rows) if len(paths) == 1 else ()}


def _agreed(sessions: Sequence[Conversation], steps: Sequence[Step]) -> list[dict[str, object]]:
    """For each session with activities: what was set, and what the next one says of it."""
    after = {step.earlier.recording.recording_id: step for step in steps}
    found: list[dict[str, object]] = []
    for session in sessions:
        step = after.get(session.recording.recording_id)
        follow_ups = follow_up_views(session, step.later, step.follow_ups) if step else ()
        found.append(
            {
                "session": session.session.number,
                "report": session_file_name(session.session, session.recording.short_id),
                "set": activity_views(session),
                "next": step.later.session.number if step else None,
                "next_report": session_file_name(step.later.session, step.later.recording.short_id)
                if step
                else None,
                "follow_ups": follow_ups,
            }
        )
    return [one for one in found if one["set"]]


def _phase_row(
    phase: Phase,
    sessions: Sequence[Conversation],
    headings: Sequence[str],
    lines: Sequence[Sequence[ShareLine]],
) -> PhaseRow:
    cells = tuple(
        _cell(phase, conversation, heading, _line(of, phase))
        for conversation, heading, of in zip(sessions, headings, lines, strict=True)
    )
    name = phase_names(sessions[-1])[phase]
    return PhaseRow(phase.value, name, PHASE_MEANINGS[phase], cells)


def _cell(phase: Phase, conversation: Conversation, heading: str, line: ShareLine) -> Cell:
    axis = axis_of(conversation)
    spans = [span for span in conversation.segmentation.spans if span.phase is phase]
    if not spans:
        return Cell(heading, line, (), "")
    turns = {turn.number: turn for turn in conversation.turns}
    first = _opening([turns[n] for n in range(spans[0].start_turn, spans[0].end_turn + 1)])
    return Cell(
        session=heading,
        line=line,
        places=tuple(_place(axis, span.start_turn, span.end_turn) for span in spans),
        quote=shortened(first.text, _QUOTE_CHARACTERS),
    )


def _opening(turns: Sequence[Turn]) -> Turn:
    """The first turn that says something, or else the first."""
    return next(
        (turn for turn in turns if turn.passage is None and turn.word_count >= _TELLING_WORDS),
        turns[0],
    )


def _place(axis: Axis, first: int, last: int) -> str:
    if not axis.timed:
        return f"turns {first} to {last}"
    return f"{axis.place(first)} to {clock(axis.end[last])}"


def _panels(
    sessions: Sequence[Conversation], lines: Sequence[Sequence[ShareLine]]
) -> list[tuple[str, charts.Chart]]:
    """One small chart for the whole session and for every phase that was found at all."""
    panels = []
    for phase in (None, *Phase):
        row = [_line(of, phase) for of in lines]
        if any(not line.absent for line in row):
            panels.append((row[-1].label, _panel(sessions, row)))
    return panels


def _panel(sessions: Sequence[Conversation], row: Sequence[ShareLine]) -> charts.Chart:
    numbers = [str(conversation.session.number) for conversation in sessions]
    words = "; ".join(
        f"session {number} {_spoken(line)}" for number, line in zip(numbers, row, strict=True)
    )
    columns = [_column(number, line) for number, line in zip(numbers, row, strict=True)]
    return charts.session_columns(columns, f"{row[-1].label}, coach/coachee in per cent: {words}.")


def _spoken(line: ShareLine) -> str:
    return line.missing if line.absent else line.short


def _column(number: str, line: ShareLine) -> charts.Bar:
    bar = line.bar()
    return charts.Bar(
        label=number,
        note="" if line.absent else bar.note,
        coach=bar.coach,
        low=bar.low,
        high=bar.high,
        left=bar.left.removesuffix(PERCENT),
        right=bar.right.removesuffix(PERCENT),
    )


def _dates(sessions: Sequence[Conversation]) -> str:
    """First and last date in words."""
    first, last = sessions[0].session.date, sessions[-1].session.date
    return long_date(first) if first == last else f"{long_date(first)} to {long_date(last)}"


def write_progression_report(
    folder: Path,
    conversations: Sequence[Conversation],
    steps: Sequence[Step] = (),
    paths: Sequence[PathOf] = (),
    part: str = "",
) -> Path:
    """Write the report into ``folder`` and return its path; an earlier one is replaced.

    A report over only a ``part`` of the coachee's sessions has a name of its own.

    Raises:
        SessionError: there is no session, or there are two coachees.
        StoreError: the folder cannot be written.
    """
    page = progression_report(conversations, steps, paths)
    coachee = conversations[0].session.coachee
    path = folder / progression_file_name(f"{coachee} {part}".strip() if part else coachee)
    write_atomically(path, page.encode())
    return path
