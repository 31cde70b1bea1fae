"""One session to read: what needs a look, figures, the transcript with its sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from convo.report.files import session_file_name
from convo.report.session import TurnView, bars_of, reading, timeline_of
from convo.web import pages
from convo.web.kept import Kept, KeptSession, RunOf

router = APIRouter()
BLOCK = 40
"""Turns that the browser lays out together, and only when they come near the window."""


@router.get("/sessions/{short_id}")
def session(request: Request, kept: KeptSession) -> Response:
    """The page of one session; its charts follow by :func:`part`."""
    return pages.show(request, "session.html.j2", **_content(kept))


@router.get("/sessions/{short_id}/parts/{name}")
def part(
    request: Request, kept: KeptSession, name: Literal["shares", "timeline", "review", "transcript"]
) -> Response:
    """One part of the page by itself, as it stands now."""
    content = _content(kept)
    if name == "timeline":
        content["timeline"] = timeline_of(kept.conversation)
    if name == "shares":
        content["bars"] = bars_of(kept.conversation)
    return pages.show(request, f"session-{name}.html.j2", **content)


@router.get("/sessions/{short_id}/version")
def version(run: RunOf) -> dict[str, str]:
    """Which state of the session is the current one."""
    return {"version": run.name}


def _content(kept: Kept) -> dict[str, Any]:
    content = reading(kept.conversation)
    return content | {
        "address": f"/sessions/{kept.short_id}",
        "version": kept.version,
        "report_id": report_id(kept),
        "commands": (),  # the page needs no terminal
        "blocks": _blocks(content["turns"]),
    }


def _blocks(turns: Sequence[TurnView]) -> list[Sequence[TurnView]]:
    return [turns[first : first + BLOCK] for first in range(0, len(turns), BLOCK)]


def report_id(kept: Kept) -> str:
    """The name of its report in addresses."""
    name = session_file_name(kept.conversation.session, kept.short_id)
    return name.removesuffix(".html")
