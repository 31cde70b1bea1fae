"""Who talks, which session it is, and when: checked when it is said, and put right later."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from convo.corrections import correcting
from convo.database.deletions import last_deletion
from convo.naming import FIELDS, PEOPLE
from convo.transcript import Session
from convo.web import pages
from convo.web.access import Viewer, Who, may_change, may_hear, sessions
from convo.web.desk import Desk
from convo.web.kept import KeptSession
from convo.web.pages import AtDesk
from convo.web.putting_right import Asked, Done, check_stays
from convo.web.sessions import coachee_key, report_id

router = APIRouter()
MOST_CHARACTERS = 200
_MOST_NAMES = 500


def plain(text: str, most: int = MOST_CHARACTERS) -> str:
    """What somebody typed, on one line and not longer than ``most`` characters."""
    return " ".join(text.split())[:most]


def is_number(text: str) -> bool:
    """Whether it can be the number of a session.

    >>> is_number("12"), is_number("0"), is_number("one")
    (True, False, False)
    """
    return text.isdecimal() and 0 < int(text) < 1000


def is_day(text: str) -> bool:
    """Whether it is a day on which a session can have been, such as ``2026-03-04``."""
    try:
        return datetime.date(2000, 1, 1) <= datetime.date.fromisoformat(text) <= _tomorrow()
    except ValueError:
        return False


def _tomorrow() -> datetime.date:
    """The browser may be a time zone ahead."""
    return datetime.date.today() + datetime.timedelta(days=1)


@router.get("/sessions/{short_id}/parts/facts")
def heading(request: Request, kept: KeptSession, desk: AtDesk, who: Who) -> Response:
    """The head of the page of a session, as it stands now."""
    return pages.show(
        request,
        "session-facts.html.j2",
        c=kept.conversation,
        change=may_change(who, kept.run.session),
        hear=may_hear(who, kept.run.session),
        silent=last_deletion(desk.data, kept.short_id, "sound") is not None,
        address=f"/sessions/{kept.short_id}",
        report_id=report_id(kept.conversation.session, kept.short_id),
        progression=f"/coachees/{coachee_key(kept.conversation.session.coachee)}",
    )


@router.get("/sessions/{short_id}/facts")
def form(request: Request, kept: KeptSession, desk: AtDesk, who: Who) -> Response:
    """Where to put right who talks, which session it is, and when."""
    session = kept.run.session
    if not may_change(who, session):
        raise HTTPException(403, "Only the two speakers of a session may put it right.")
    return pages.show(
        request,
        "session-facts-form.html.j2",
        session=session,
        fixed={"coach": "coach", "coachee": "coachee"}.get(who.role, ""),
        most=MOST_CHARACTERS,
        today=_tomorrow(),
        **names_known(desk, who),
    )


def names_known(desk: Desk, who: Viewer) -> dict[str, Any]:
    """Names to choose from in a form: those in the sessions that ``who`` may know of."""
    known = [one.session for one in sessions(who, desk)]
    named = {
        "coachees": {session.coachee for session in known},
        "coaches": {session.coach for session in known},
        "programmes": {session.programme for session in known if session.programme},
    }
    return {what: sorted(names)[:_MOST_NAMES] for what, names in named.items()}


async def said_in(request: Request) -> dict[str, str]:
    """What the form says, also what it says to be empty; a field that is not there stays as it is.

    Raises:
        HTTPException: something cannot be.
    """
    form = await request.form()
    said = {field: plain(str(form[field])) for field in FIELDS if field in form}
    for field in PEOPLE:
        if said.get(field) == "":
            raise HTTPException(422, f"Say who the {field} is.")
    if not is_number(said.get("number", "1")):
        raise HTTPException(422, "The number of the session is 1 or more.")
    if "date" in said and not is_day(said["date"]):
        raise HTTPException(422, "Give the day of the session, not one that is still to come.")
    return said


@router.post("/sessions/{short_id}/corrections/session")
def put_right(asked: Asked, said: Annotated[dict[str, str], Depends(said_in)]) -> Done:
    """What is said is right, and all else stays as it is."""
    right: dict[str, Any] = dict(said)
    if "number" in said:
        right["number"] = int(said["number"])
    if "date" in said:
        right["date"] = datetime.date.fromisoformat(said["date"])
    after = replace(asked.kept.run.session, **right)
    check_stays(asked.who, after)
    return asked.make(correcting.name_session, after, told=_told(after))


def _told(session: Session) -> str:
    return f"This is session {session.number} of {session.coachee} with {session.coach} now."
