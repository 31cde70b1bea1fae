"""The cells of the table over the sessions: people write their own words beside the program's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response

from convo.database.notes import MOST_CHARACTERS, Note, current, notes_in
from convo.outcome import write_cell
from convo.report.table3 import WHOLE, WHOLE_NAME, note_cell
from convo.report.wording import phase_names
from convo.sequence.engagement import SessionRow
from convo.transcript import Phase
from convo.web import pages
from convo.web.access import Viewer, Who, may_change
from convo.web.desk import Desk
from convo.web.history import local_time
from convo.web.kept import Kept, KeptSession
from convo.web.pages import AtDesk

router = APIRouter()
CELL = "coachee-cell.html.j2"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that somebody may write into; ``phase`` is None for the whole session."""

    desk: Desk
    kept: Kept
    who: Viewer
    phase: Phase | None

    def written(self) -> list[Note]:
        """Everything that was ever written into it, oldest first."""
        home = self.desk.artefacts / self.kept.short_id
        return [note for note in notes_in(home) if note.phase is self.phase]

    @property
    def row(self) -> dict[str, str]:
        """The row of the table that it is in, as templates name it."""
        if self.phase is None:
            return {"key": WHOLE, "name": WHOLE_NAME}
        name = phase_names(self.kept.conversation)[self.phase]
        return {"key": self.phase.value, "name": name}

    @property
    def signed(self) -> str | None:
        """Whose words they are; None is the name of whoever uses this computer."""
        return self.who.name if self.who.role != "owner" else self.who.account or None


def cell_of(kept: KeptSession, desk: AtDesk, who: Who, phase: Phase | Literal["whole"]) -> Cell:
    """The cell of an address, if ``who`` may write into it."""
    if not may_change(who, kept.run.session):
        raise HTTPException(403, "Only the two speakers of a session write into its cells.")
    return Cell(desk, kept, who, None if phase == WHOLE else Phase(phase))


Asked = Annotated[Cell, Depends(cell_of)]
_AT = "/sessions/{short_id}/cells/{phase}"


@router.get(_AT)
def form(request: Request, asked: Asked) -> Response:
    """Where to write, with what is there and what was there before."""
    written = asked.written()
    return pages.show(
        request,
        "coachee-cell-form.html.j2",
        address=request.url.path,
        text=written[-1].text if written else "",
        seen=len(written),
        most=MOST_CHARACTERS,
        signed=asked.signed,
        earlier=[_told(note) for note in reversed(written[:-1])],
    )


@router.post(_AT)
def write(
    request: Request,
    asked: Asked,
    text: Annotated[str, Form()] = "",
    seen: Annotated[int | None, Form()] = None,
) -> Response:
    """Keep these words with name and day; what was there before stays in the history."""
    before = asked.written()
    # A browser sends other line ends than it shows.
    said = text.replace("\r\n", "\n").strip()
    if said != (before[-1].text if before else ""):
        write_cell(asked.desk.data, asked.kept.conversation, asked.phase, said, asked.signed)
    row = asked.row
    notes = current(tuple(asked.written()))
    shown = note_cell(SessionRow(asked.kept.conversation, notes=notes), asked.phase)
    answer = pages.show(
        request,
        CELL,
        cell=shown,
        row=row,
        told="Kept." if seen in (None, len(before)) else _OVERTAKEN,
    )
    # What goes wrong is told in the form, so that nobody has to write it again.
    answer.headers["hx-retarget"] = f"#cell-{shown.recording}-{row['key']}"
    answer.headers["hx-reswap"] = "outerHTML"
    return answer


_OVERTAKEN = "Kept. Somebody else had written here meanwhile: see the earlier words."


def _told(note: Note) -> dict[str, Any]:
    return {"text": note.text, "who": note.who, "when": local_time(note.when)}
