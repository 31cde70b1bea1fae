"""The pages of those who lead a programme: figures of five coachees or more, and nobody in them."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, HTTPException, Request, Response

from convo.database.programmes import Figures, facts, published
from convo.web import pages
from convo.web.desk import Desk
from convo.web.pages import AtDesk

router = APIRouter()
BOOK = "programmes.json"


@router.get("/programme")
def programmes(request: Request, desk: AtDesk) -> Response:
    """All programmes of which something can be told."""
    return pages.show(request, "programmes.html.j2", programmes=list(figures(desk)))


@router.get("/programme/{name:path}")
def programme(request: Request, desk: AtDesk, name: str) -> Response:
    """The figures of one programme."""
    found = figures(desk).get(name)
    if found is None:
        raise HTTPException(
            404, "There are no figures of this programme: it needs five coachees or more."
        )
    return pages.show(request, "programme.html.j2", name=name, figures=found)


def figures(desk: Desk) -> dict[str, Figures]:
    """What may be told, by programme."""
    if not desk.store().path.is_file():
        return {}
    key = hmac.digest(desk.secret(), b"programmes", "sha256")
    return desk.remembered(
        "programmes", lambda: published(desk.data / BOOK, facts(desk.store()), key)
    )
