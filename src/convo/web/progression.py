"""One coachee over a sequence of sessions: the report over them, inside the page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from convo.engagement import paths
from convo.following import steps
from convo.report.progression import side_by_side
from convo.transcript import Conversation
from convo.web import pages
from convo.web.access import SPEAKERS, Viewer, Who, sessions
from convo.web.cells import CELL
from convo.web.desk import Desk, Listed
from convo.web.kept import kept_now, run_of
from convo.web.pages import AtDesk
from convo.web.sessions import coachee_key

router = APIRouter()


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
        if one.report_id == report_id:
            return RedirectResponse(f"/sessions/{one.short_id}", 303)
    raise HTTPException(404, "There is no such session: it may have been deleted.")


@router.get("/coachees/{report_id}")
def coachee(request: Request, report_id: str, desk: AtDesk, who: Who) -> Response:
    """The page of one coachee; what takes long follows by :func:`side_by_side_part`."""
    listed = _of(report_id, desk, who)
    return pages.show(
        request,
        "coachee.html.j2",
        listed=listed,
        key=report_id,
        speaker=who.role != "researcher",
    )


@router.get("/coachees/{report_id}/parts/sessions")
def side_by_side_part(request: Request, report_id: str, desk: AtDesk, who: Who) -> Response:
    """The sessions beside each other, as the report over them has it."""
    listed = _of(report_id, desk, who)
    seen = who, tuple(one.recording_id for one in listed)
    content = desk.lately(seen, lambda: _content(listed, desk, who))
    return pages.show(
        request,
        "progression.html.j2",
        layout="content-only.html.j2",
        own_words=CELL if who.role in SPEAKERS else "",
        **content,
    )


def _content(listed: list[Listed], desk: Desk, who: Viewer) -> dict[str, Any]:
    read = [_read(one, desk, who) for one in listed]
    # Notes are in the words of people who are named there.
    told = () if who.role == "researcher" else paths(desk.data, read)
    return side_by_side(read, steps=steps(read), paths=told, writable=who.role in SPEAKERS)


def _read(one: Listed, desk: Desk, who: Viewer) -> Conversation:
    return kept_now(run_of(one.short_id, desk, who), who).conversation
