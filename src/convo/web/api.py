"""The read-only HTTP API: the same figures as the pages, for other programs.

Who may see what is decided as for the pages, by :mod:`convo.web.access`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.openapi.utils import get_openapi

from convo.web import pages
from convo.web.access import Viewer, Who, names_of, sessions
from convo.web.api_models import (
    ActivityRow,
    MeasureRow,
    Page,
    PhaseRow,
    ProgrammeRow,
    SessionRow,
    ShareRow,
    TurnRow,
)
from convo.web.desk import Desk
from convo.web.pages import AtDesk
from convo.web.programmes import figures

router = APIRouter(prefix="/api", tags=["sessions"])
TITLE = "convo"
_MEASURES = """(
    select s.coachee, s.coach, s.programme, s.number as session, m.*
    from measure m join session s using (recording_id))"""
_SHARES = """(
    select phase, * exclude (phase) from v_phase_share
    union all by name select null as phase, * from v_talk_share)"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions, and which rows of them."""

    coachee: str | None
    coach: str | None
    programme: str | None
    session: int | None
    recording_id: str | None
    limit: int
    offset: int

    def fits(self, one: Any) -> bool:
        """Whether a session, as the viewer knows it, is asked for."""
        meeting = one.session
        return (
            self.coachee in (None, meeting.coachee)
            and self.coach in (None, meeting.coach)
            and self.programme in (None, meeting.programme)
            and self.session in (None, meeting.number)
            and self.recording_id in (None, one.recording_id, one.short_id)
        )


def wanted(
    coachee: Annotated[str | None, Query(description="Only this coachee.")] = None,
    coach: Annotated[str | None, Query(description="Only this coach.")] = None,
    programme: Annotated[str | None, Query(description="Only this programme.")] = None,
    session: Annotated[int | None, Query(description="Only sessions with this number.")] = None,
    recording_id: Annotated[
        str | None, Query(description="Only this recording; its first 16 characters will do.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=5000, description="Rows in one answer.")] = 100,
    offset: Annotated[int, Query(ge=0, description="Rows to leave out first.")] = 0,
) -> Wanted:
    """The filters that every list has."""
    return Wanted(coachee, coach, programme, session, recording_id, limit, offset)


Asked = Annotated[Wanted, Depends(wanted)]


@router.get("/sessions")
def list_sessions(desk: AtDesk, who: Who, asked: Asked) -> Page[SessionRow]:
    """Sessions, by coachee and number."""
    return _page(desk, who, asked, SessionRow, "v_session", "coachee, session, recording_id")


@router.get("/turns")
def list_turns(desk: AtDesk, who: Who, asked: Asked) -> Page[TurnRow]:
    """Turns with their text and phase. Names of coach and coachee are masked for researchers."""
    return _page(desk, who, asked, TurnRow, "v_turn", "coachee, session, recording_id, turn")


@router.get("/phases")
def list_phases(desk: AtDesk, who: Who, asked: Asked) -> Page[PhaseRow]:
    """Stretches of one phase each."""
    return _page(desk, who, asked, PhaseRow, "v_phase", "coachee, session, recording_id, position")


@router.get("/shares")
def list_shares(desk: AtDesk, who: Who, asked: Asked) -> Page[ShareRow]:
    """Who said how much, of the whole session (`phase` null) and of each phase."""
    order = "coachee, session, recording_id, phase nulls first, role"
    return _page(desk, who, asked, ShareRow, _SHARES, order)


@router.get("/activities")
def list_activities(desk: AtDesk, who: Who, asked: Asked) -> Page[ActivityRow]:
    """Inter-sessional activities that were perhaps agreed."""
    order = "coachee, session, recording_id, position"
    return _page(desk, who, asked, ActivityRow, "v_activity", order)


@router.get("/measures")
def list_measures(desk: AtDesk, who: Who, asked: Asked) -> Page[MeasureRow]:
    """All figures in long form, for a statistics program."""
    order = "coachee, session, recording_id, metric, phase nulls first, role"
    return _page(desk, who, asked, MeasureRow, _MEASURES, order)


@router.get("/programmes")
def list_programmes(desk: AtDesk) -> list[ProgrammeRow]:
    """Figures of programmes with five coachees or more, in which nobody can be found."""
    return [ProgrammeRow(programme=name, **asdict(one)) for name, one in figures(desk).items()]


@router.get("", include_in_schema=False)
def reference(request: Request) -> Response:
    """What there is, as a page."""
    described = _described(request)
    return pages.show(
        request,
        "api.html.j2",
        calls=[(path, operation["get"]) for path, operation in described["paths"].items()],
        models={
            name: model
            for name, model in described["components"]["schemas"].items()
            if "properties" in model and not name.startswith(("Page", "HTTP", "Validation"))
        },
    )


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> dict[str, Any]:
    """The same for programs."""
    return _described(request)


def _described(request: Request) -> dict[str, Any]:
    return get_openapi(
        title=TITLE,
        version="1",
        description="Read-only. Times are seconds from the start of the recording. Null means not "
        "known or does not apply, never zero. What an answer holds depends on who is logged in.",
        routes=router.routes,
    )


def _page(
    desk: Desk, who: Viewer, asked: Wanted, row: type[Any], source: str, order: str
) -> Page[Any]:
    """The rows of ``source`` that are asked for, of sessions that ``who`` may see."""
    meetings = {one.recording_id: one.session for one in sessions(who, desk) if asked.fits(one)}
    if not meetings:
        return Page(total=0, offset=asked.offset, items=[])
    if who.role == "researcher":  # the alphabet would tell of names
        order = order.removeprefix("coachee, ")
    total, rows = _rows(desk, list(meetings), row, source, order, asked)
    names, hidden = names_of(who), who.role == "researcher"
    items = []
    for found in rows:
        seen = names.value(found) if hidden else found
        meeting = meetings[found["recording_id"]]
        whose = {"coachee": meeting.coachee, "coach": meeting.coach}
        items.append(row(**(seen | whose | {"programme": meeting.programme})))
    return Page(total=total, offset=asked.offset, items=items)


def _rows(
    desk: Desk, ids: list[str], row: type[Any], source: str, order: str, asked: Wanted
) -> tuple[int, list[dict[str, Any]]]:
    columns = ", ".join(row.model_fields)
    chosen = f"from {source} where recording_id in (select unnest($ids))"
    store = desk.store()
    ((total,),) = store.rows(f"select count(*) {chosen}", {"ids": ids})
    found = store.rows(
        f"select {columns} {chosen} order by {order} limit $limit offset $offset",
        {"ids": ids, "limit": asked.limit, "offset": asked.offset},
    )
    return int(total), [dict(zip(row.model_fields, values, strict=True)) for values in found]
