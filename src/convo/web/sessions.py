"""One session to read: what needs a look, figures, the transcript with its sound."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from convo.database.deletions import last_deletion
from convo.report.charts import PHASE_COLORS
from convo.report.files import progression_file_name, session_file_name
from convo.report.session import MOMENTS, TurnView, bars_of, reading, timeline_of
from convo.report.spans import axis_of, phase_stretches
from convo.sequence.engagement import SessionRow, row_of
from convo.transcript import Conversation, Session
from convo.web import pages
from convo.web.access import Viewer, Who, may_change, may_delete, may_enter, may_hear
from convo.web.audio import sound_of
from convo.web.desk import Desk
from convo.web.guard import HEADERS
from convo.web.kept import Kept, KeptSession, RunOf
from convo.web.pages import AtDesk
from convo.web.people import people

router = APIRouter()
Part = Literal["shares", "timeline", "review", "transcript", "tools"]
BLOCK = 40
"""Turns that the browser lays out together, and only when they come near the window."""


@router.get("/sessions/{short_id}")
def session(request: Request, kept: KeptSession, desk: AtDesk, who: Who) -> Response:
    """The page of one session; its charts follow by :func:`part`."""
    nonce = secrets.token_urlsafe(16)
    content = _content(desk, kept, who)
    content["silent"] = last_deletion(desk.data, kept.short_id, "sound") is not None
    page = pages.show(request, "session.html.j2", **content, nonce=nonce)
    # the waveform brings a style element of its own
    policy = HEADERS["content-security-policy"]
    page.headers["content-security-policy"] = f"{policy}; style-src 'self' 'nonce-{nonce}'"
    return page


@router.get("/sessions/{short_id}/parts/{name}")
def part(request: Request, kept: KeptSession, desk: AtDesk, who: Who, name: Part) -> Response:
    """One part of the page by itself, as it stands now."""
    # Notes are in the words of people who are named there.
    told = name == "shares" and who.role != "researcher"
    row = row_of(desk.data, kept.conversation) if told else None
    content = _content(desk, kept, who, row)
    if name == "timeline":
        content["timeline"] = timeline_of(kept.conversation)
    if name == "shares":
        content["bars"] = bars_of(kept.conversation)
    return pages.show(request, f"session-{name}.html.j2", **content)


@router.get("/sessions/{short_id}/version")
def version(run: RunOf) -> dict[str, str]:
    """Which state of the session is the current one."""
    return {"version": run.name}


def _content(desk: Desk, kept: Kept, who: Viewer, row: SessionRow | None = None) -> dict[str, Any]:
    change = may_change(who, kept.run.session)
    # Whoever judges moments needs all of them.
    most = len(kept.conversation.turns) if change else MOMENTS
    content = reading(kept.conversation, row, most)
    change = change and content["axis"].timed
    return content | {
        "change": change,
        "again": _again(desk, kept, who) if change else "",
        "judge": change,
        "hear": may_hear(who, kept.run.session),
        "delete": may_delete(who, kept.run.session),
        "people": people(kept.conversation),
        "address": f"/sessions/{kept.short_id}",
        "version": kept.version,
        "report_id": report_id(kept.conversation.session, kept.short_id),
        "progression": f"/coachees/{coachee_key(kept.conversation.session.coachee)}",
        "commands": (),  # the page needs no terminal
        "blocks": _blocks(content["turns"]),
        "regions": json.dumps(_regions(kept.conversation)),
    }


def _again(desk: Desk, kept: Kept, who: Viewer) -> Literal["", "yes", "gone"]:
    """Whether the recording can be put into the queue again, if that would help."""
    if all(remedy.kind != "channels" for remedy in kept.conversation.remedies):
        return ""
    if not may_enter(who, "/queue"):
        return ""
    return "gone" if sound_of(kept.run, desk, who).missing else "yes"


def _regions(conversation: Conversation) -> list[dict[str, object]]:
    """The phases as stretches of the waveform, in seconds."""
    axis = axis_of(conversation)
    stretches = phase_stretches(conversation, axis) if axis.timed else []
    return [
        {"start": s.start, "end": s.end, "name": s.label, "color": PHASE_COLORS[s.phase]}
        for s in stretches
        if s.phase is not None
    ]


def _blocks(turns: Sequence[TurnView]) -> list[Sequence[TurnView]]:
    return [turns[first : first + BLOCK] for first in range(0, len(turns), BLOCK)]


@lru_cache(maxsize=16_384)  # one person's page looks through all names
def coachee_key(name: str) -> str:
    """The name of a coachee's page in addresses."""
    return progression_file_name(name).removesuffix(".html")


def report_id(session: Session, short_id: str) -> str:
    """The name of the report on a session in addresses."""
    return session_file_name(session, short_id).removesuffix(".html")
