"""The first page: whose sessions are kept, what is in work, what failed. And the reports."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from convo.corrections.recomputing import write_due_reports
from convo.database.listing import Listed
from convo.report.files import find_report, progression_file_name
from convo.report.page import CONTENT_SECURITY_POLICY
from convo.web import pages
from convo.web.access import Who, sessions
from convo.web.desk import Desk
from convo.web.pages import AtDesk
from convo.web.queue import open_lines
from convo.web.sessions import report_id as report_of

router = APIRouter()
PAGE = 100  # sessions on one page of the list


@router.get("/")
def home(
    request: Request, desk: AtDesk, who: Who, at: int = 1, find: str = "", told: str = ""
) -> Response:
    """Coachees with their sessions, ``at`` a page of the list; ``find`` is part of a name.

    ``told`` is the key of sentences on what was done a moment ago.
    """
    if who.role == "lead":
        return RedirectResponse("/programme", 303)
    wanted = find.strip().casefold()
    seen = [one for one in sessions(who, desk) if wanted in one.session.coachee.casefold()]
    pages_there = max(1, -(-len(seen) // PAGE))
    at = min(max(at, 1), pages_there)
    shown = seen[(at - 1) * PAGE : at * PAGE]
    return pages.show(
        request,
        "home.html.j2",
        groups=[(name, list(theirs)) for name, theirs in groupby(shown, _coachee)],
        progression=lambda name: progression_file_name(name).removesuffix(".html"),
        count=len(seen),
        at=at,
        pages_there=pages_there,
        find=find,
        told=desk.told.pop(told, ()),
        in_queue=open_lines(desk, who),
        unfinished=desk.unfinished() if who.role == "owner" else [],
    )


@router.get("/reports/{report_id}")
def report(report_id: str, desk: AtDesk, who: Who) -> Response:
    """One self-contained report, under the policy it brings along."""
    write_due_reports(desk.data)
    found = find_report(desk.reports, report_id)
    mine = sessions(who, desk)
    allowed = who.role == "owner" or report_id in _reports_of(mine, desk)
    if found is None or not allowed:
        raise HTTPException(404, "There is no such report: it may have been deleted or replaced.")
    policy = CONTENT_SECURITY_POLICY + "; frame-ancestors 'none'"
    text = found.path.read_text(encoding="utf-8")
    return HTMLResponse(text, headers={"content-security-policy": policy})


def _reports_of(mine: Sequence[Listed], desk: Desk) -> set[str]:
    """The reports that show these sessions and no other.

    A progression has all sessions of a coachee: who may see it must see them all.
    """
    seen = {one.recording_id for one in mine}
    found = {report_of(one.session, one.short_id) for one in mine}
    for name in {one.session.coachee for one in mine}:
        theirs = {one.recording_id for one in desk.sessions() if one.session.coachee == name}
        if theirs <= seen:
            found.add(progression_file_name(name).removesuffix(".html"))
    return found


def _coachee(one: Listed) -> str:
    return one.session.coachee
