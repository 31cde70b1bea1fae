"""One coachee over a sequence of sessions: the report over them, inside the page."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from convo.database.listing import Listed
from convo.report.progression import in_columns, in_strands, in_words, side_by_side
from convo.sequence.engagement import paths
from convo.sequence.following import steps
from convo.web import pages
from convo.web.access import SPEAKERS, Viewer, Who, sessions
from convo.web.cells import CELL
from convo.web.desk import Desk
from convo.web.kept import kept_now, run_of
from convo.web.pages import AtDesk
from convo.web.sessions import coachee_key
from convo.web.sessions import report_id as report_of

router = APIRouter()
Part = Literal["sessions", "columns", "told", "strands"]


def _of(key: str, desk: Desk, who: Viewer) -> list[Listed]:
    """The sessions of the coachee with that key, as far as ``who`` may know of them."""
    found = [one for one in sessions(who, desk) if coachee_key(one.session.coachee) == key]
    if not found:
        raise HTTPException(404, "There is no such coachee: the sessions may have been deleted.")
    return sorted(found, key=lambda one: (one.session.date, one.session.number))


@router.get("/coachees/{report_id}.html")
def session_of_report(report_id: str, desk: AtDesk, who: Who) -> Response:
    """The session that a report of that name is about: where its links lead to inside the page."""
    for one in sessions(who, desk):
        if report_of(one.session, one.short_id) == report_id:
            return RedirectResponse(f"/sessions/{one.short_id}", 303)
    raise HTTPException(404, "There is no such session: it may have been deleted.")


@router.get("/coachees/{report_id}")
def coachee(request: Request, report_id: str, desk: AtDesk, who: Who) -> Response:
    """The page of one coachee; what takes long follows by :func:`beside`."""
    listed = _of(report_id, desk, who)
    return pages.show(
        request,
        "coachee.html.j2",
        listed=listed,
        key=report_id,
        speaker=who.role != "researcher",
    )


@router.get("/coachees/{report_id}/parts/{part}")
def beside(request: Request, report_id: str, part: Part, desk: AtDesk, who: Who) -> Response:
    """The sessions beside each other, as the report over them has it, or the drawings of them."""
    listed = _of(report_id, desk, who)
    seen = part, who, tuple(one.recording_id for one in listed)
    shown = desk.lately(seen, lambda: _shown(request, part, listed, desk, who))
    return HTMLResponse(shown)


def _shown(request: Request, part: Part, listed: list[Listed], desk: Desk, who: Viewer) -> str:
    """A part as text: sessions that were read take more room than what is shown of them."""
    found = [kept_now(run_of(one.short_id, desk, who), who).conversation for one in listed]
    template = f"progression_{part}.html.j2"
    if part == "sessions":
        content = side_by_side(found, steps=steps(found))
        there = request.url.path.removesuffix(f"/{part}")
        layout = "content-only.html.j2"
        return pages.render(
            request, "progression.html.j2", layout=layout, parts_at=there, **content
        )
    if part == "columns":
        return pages.render(request, template, **in_columns(found))
    # Notes are in the words of people who are named there.
    told = () if who.role == "researcher" else paths(desk.data, found)
    if part == "strands":
        return pages.render(request, template, **in_strands(told))
    own = CELL if who.role in SPEAKERS else ""
    return pages.render(request, template, own_words=own, **in_words(told, bool(own)))
