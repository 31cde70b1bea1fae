"""The read-only HTTP API: the same figures as the pages, for other programs.

Who may see what is decided as for the pages, by :mod:`convo.web.access`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.openapi.utils import get_openapi

from convo.database import listing
from convo.database.listing import Listed
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
    return _page(desk, who, asked, SessionRow, listing.SESSIONS)


@router.get("/turns")
def list_turns(desk: AtDesk, who: Who, asked: Asked) -> Page[TurnRow]:
    """Turns with their text and phase. Names of coach and coachee are masked for researchers."""
    return _page(desk, who, asked, TurnRow, listing.TURNS)


@router.get("/phases")
def list_phases(desk: AtDesk, who: Who, asked: Asked) -> Page[PhaseRow]:
    """Stretches of one phase each."""
    return _page(desk, who, asked, PhaseRow, listing.PHASES)


@router.get("/shares")
def list_shares(desk: AtDesk, who: Who, asked: Asked) -> Page[ShareRow]:
    """Who said how much, of the whole session (`phase` null) and of each phase."""
    return _page(desk, who, asked, ShareRow, listing.SHARES)


@router.get("/activities")
def list_activities(desk: AtDesk, who: Who, asked: Asked) -> Page[ActivityRow]:
    """Inter-sessional activities that were perhaps agreed."""
    return _page(desk, who, asked, ActivityRow, listing.ACTIVITIES)


@router.get("/measures")
def list_measures(desk: AtDesk, who: Who, asked: Asked) -> Page[MeasureRow]:
    """All figures in long form, for a statistics program."""
    return _page(desk, who, asked, MeasureRow, listing.MEASURES)


@router.get("/programmes")
def list_programmes(desk: AtDesk) -> list[ProgrammeRow]:
    """Figures of programmes with five coachees or more, in which nobody can be found."""
    return [ProgrammeRow(programme=name, **asdict(one)) for name, one in figures(desk).items()]


@router.get("", include_in_schema=False)
def reference(request: Request) -> Response:
    """What there is, as a page."""
    described = _described()
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
def openapi() -> dict[str, Any]:
    """The same for programs."""
    return _described()


@cache
def _described() -> dict[str, Any]:
    return get_openapi(
        title=TITLE,
        version="1",
        description="Read-only. Times are seconds from the start of the recording. Null means not "
        "known or does not apply, never zero. What an answer holds depends on who is logged in.",
        routes=router.routes,
    )


def _page(
    desk: Desk, who: Viewer, asked: Wanted, row: type[Any], source: listing.Source
) -> Page[Any]:
    """The rows of ``source`` that are asked for, of sessions that ``who`` may see.

    Only the sessions that these rows belong to are looked at, so that a page of a long list takes
    no longer than one of a short list.
    """
    counts = _counts(desk, source)
    place = desk.lately(("order", who), lambda: _places(sessions(who, desk)))
    fitting = sorted(
        filter(asked.fits, sessions(who, desk)), key=lambda one: place.get(one.short_id, 0)
    )
    total = sum(counts.get(one.recording_id, 0) for one in fitting)
    window, skipped = _window(fitting, counts, asked)
    if not window:
        return Page(total=total, offset=asked.offset, items=[])
    meetings = {one.recording_id: one.session for one in window}
    found = listing.rows(
        desk.store(),
        source,
        list(row.model_fields),
        list(meetings),
        asked.limit,
        asked.offset - skipped,
    )
    names, hidden = names_of(who), who.role == "researcher"
    items = []
    for values in found:
        told = dict(zip(row.model_fields, values, strict=True))
        meeting = meetings[told["recording_id"]]
        whose = {"coachee": meeting.coachee, "coach": meeting.coach}
        items.append(row(**((names.value(told) if hidden else told) | whose)))
    return Page(total=total, offset=asked.offset, items=items)


def _places(known: Sequence[Listed]) -> Mapping[str, int]:
    """Which place every session has by coachee and number."""
    ordered = sorted(known, key=lambda o: (o.session.coachee, o.session.number, o.recording_id))
    return {one.short_id: place for place, one in enumerate(ordered)}


def _counts(desk: Desk, source: listing.Source) -> dict[str, int]:
    """How many rows every recording has, by table."""
    if not desk.store().path.is_file():
        return {}
    return desk.remembered(f"rows of {source.table}", lambda: listing.counts(desk.store(), source))


def _window(
    fitting: Sequence[Listed], counts: Mapping[str, int], asked: Wanted
) -> tuple[list[Listed], int]:
    """The sessions that rows ``offset`` to ``offset + limit`` belong to, and the rows before them.

    >>> class One: recording_id = "a"
    >>> wanted = Wanted(None, None, None, None, None, limit=2, offset=3)
    >>> [len(_window([One] * 4, {"a": 2}, wanted)[0]), _window([One] * 4, {"a": 2}, wanted)[1]]
    [2, 2]
    """
    window, before, skipped = [], 0, 0
    for one in fitting:
        rows = counts.get(one.recording_id, 0)
        if before + rows <= asked.offset:
            skipped = before + rows
        elif before < asked.offset + asked.limit and rows:
            window.append(one)
        before += rows
    return window, skipped
