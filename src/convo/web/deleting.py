"""Deleting a session, or only its sound: what goes and what stays is said before it is done."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from convo.database.deletions import last_deletion
from convo.database.manifest import Run
from convo.deletion import forgetting
from convo.deletion.forgetting import Forgotten
from convo.exchange.transcripts import CONTAINER as TRANSCRIPT
from convo.web import pages
from convo.web.access import Viewer, Who, by, may_delete
from convo.web.desk import Desk
from convo.web.kept import RunOf
from convo.web.pages import AtDesk

router = APIRouter()
_MOST_TOLD = 20
_AT = "/sessions/{short_id}/delete"


@dataclass(frozen=True, slots=True)
class Leaving:
    """A session that somebody may delete."""

    desk: Desk
    run: Run
    who: Viewer

    @property
    def audible(self) -> bool:
        """Whether there is sound that can be deleted by itself."""
        silent = last_deletion(self.desk.data, self.run.recording_id, "sound")
        return self.run.facts["recording"]["container"] != TRANSCRIPT and not silent

    def page(self, request: Request, fault: str = "", typed: str = "") -> Response:
        """The page on which it is asked for."""
        return pages.show(
            request,
            "session-delete.html.j2",
            422 if fault else 200,
            session=self.run.session,
            address=f"/sessions/{self.run.recording_id[:16]}",
            audible=self.audible,
            fault=fault,
            typed=typed,
        )


def leaving(run: RunOf, desk: AtDesk, who: Who) -> Leaving:
    """The session of an address, if ``who`` may delete it."""
    if not may_delete(who, run.session):
        raise HTTPException(403, "Only the two speakers of a session may delete it.")
    return Leaving(desk, run, who)


Asked = Annotated[Leaving, Depends(leaving)]


@router.get(_AT)
def ask(request: Request, asked: Asked) -> Response:
    """What goes and what stays, and the name to type."""
    return asked.page(request)


@router.post(_AT)
def delete(
    request: Request, asked: Asked, name: Annotated[str, Form(max_length=400)] = ""
) -> Response:
    """Delete the session, if ``name`` is that of its coachee."""
    session = asked.run.session
    if _plain(name) != _plain(session.coachee):
        fault = f"Type the name as it stands here: {session.coachee}. Nothing is deleted yet."
        return asked.page(request, fault, name)
    done = forgetting.forget(asked.desk.data, asked.run.recording_id, by(asked.who))
    return _back(asked, done)


@router.post(f"{_AT}/sound")
def delete_sound(asked: Asked) -> Response:
    """Delete only what can be heard of it."""
    done = forgetting.forget_sound(asked.desk.data, asked.run.recording_id, by(asked.who))
    return _back(asked, done)


def _back(asked: Leaving, done: Forgotten) -> Response:
    """To the first page, which says once what was done."""
    key, waiting = secrets.token_urlsafe(12), asked.desk.told
    waiting[key] = (done.told(asked.run.session), *done.stays)
    for never_read in list(waiting)[:-_MOST_TOLD]:
        waiting.pop(never_read, None)
    return RedirectResponse(f"/?told={key}", 303)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
