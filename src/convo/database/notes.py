"""What people write into the cells of the table over the sessions, beside what the machine found.

A cell is a phase of a session, or the whole session. Cells lie with the session's recording
(``notes.jsonl`` beside ``corrections.jsonl``): every text is kept, the last one of a cell counts.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from convo.database.lines import append_line, damaged, read_lines
from convo.errors import StoreError
from convo.transcript import Phase, Session

_FILE = "notes.jsonl"
MOST_CHARACTERS = 20_000


class Engagement(NamedTuple):
    """The same two people in the same programme, over all their sessions."""

    coachee: str
    coach: str
    programme: str = ""


def engagement_of(session: Session) -> Engagement:
    """Whose session it is."""
    return Engagement(session.coachee, session.coach, session.programme)


@dataclass(frozen=True, slots=True)
class Note:
    """What ``who`` wrote about a phase (None: the whole session); ``when`` is UTC.

    An empty text takes back what was there.
    """

    phase: Phase | None
    text: str
    who: str
    when: datetime


def save_cell(
    data: Path,
    engagement: Engagement,
    recording_id: str,
    phase: Phase | None,
    text: str,
    who: str | None = None,
) -> Note:
    """Write ``text`` into a cell; what was there stays readable in :func:`notes_in`.

    ``who`` is by default the name under which the user is logged in, or ``unknown``.

    Raises:
        StoreError: the text is too long, no such recording is kept, or the folder cannot be
            written.
    """
    if len(text) > MOST_CHARACTERS:
        raise StoreError(
            f"{len(text):,} characters are too many for one cell: write at most {MOST_CHARACTERS:,}"
        )
    home = data / "artefacts" / recording_id[:16]
    if not recording_id.isalnum() or len(recording_id) < 16 or not home.is_dir():
        raise StoreError(
            f"{recording_id[:16]!r} is no recording that is kept here: process it first"
        )
    note = Note(phase, text.strip(), who or _user(), datetime.now(UTC))
    line = {"phase": phase.value if phase else None, "text": note.text, "who": note.who}
    append_line(home / _FILE, line | engagement._asdict() | {"when": note.when.isoformat()})
    return note


def cells(data: Path, recording_id: str) -> dict[Phase | None, Note]:
    """The text that counts of every cell of a session that has one.

    Raises:
        StoreError: a line is damaged.
    """
    return current(notes_in(data / "artefacts" / recording_id[:16]))


def notes_in(home: Path) -> tuple[Note, ...]:
    """All texts in the folder of a recording, oldest first, those that were replaced included.

    Raises:
        StoreError: a line is damaged.
    """
    return tuple(_parse(line, home / _FILE) for line in read_lines(home / _FILE))


def current(notes: tuple[Note, ...]) -> dict[Phase | None, Note]:
    """Of each cell the last text, none where that is empty."""
    last = {note.phase: note for note in notes}
    return {phase: note for phase, note in last.items() if note.text}


def _parse(line: Any, path: Path) -> Note:
    try:
        phase = Phase(line["phase"]) if line["phase"] else None
        return Note(phase, line["text"], line["who"], datetime.fromisoformat(line["when"]))
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, str(line)) from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container or service without a user's name
        return "unknown"
