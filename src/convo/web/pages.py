"""Pages from templates: filled in with escaping, with who looks and the token of changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from convo.report import charts, page, wording
from convo.web import guard
from convo.web.access import leads_to, viewer
from convo.web.desk import Desk

if TYPE_CHECKING:
    from jinja2 import Environment

STATIC = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"
NAVIGATION = (
    ("/", "Sessions"),
    ("/upload", "Add recordings"),
    ("/queue", "Queue"),
    ("/ask", "Ask the store"),
    ("/programme", "Programmes"),
)


def desk(request: Request) -> Desk:
    """The desk of the running server, as a dependency of routes."""
    found: Desk = request.app.state.desk
    return found


AtDesk = Annotated[Desk, Depends(desk)]


def render(request: Request, template: str, **content: Any) -> str:
    """The text of ``template``, for a part of a page; a missing entry is an error."""
    who = viewer(request)
    return (
        environment()
        .get_template(template)
        .render(
            content,
            viewer=who,
            csrf_token=guard.token(request),
            path=request.url.path,
            navigation=[entry for entry in NAVIGATION if leads_to(who, entry[0])],
        )
    )


def show(request: Request, template: str, status: int = 200, **content: Any) -> HTMLResponse:
    """The answer that shows ``template``; content is anything the template names."""
    answer = HTMLResponse(render(request, template, **content), status)
    guard.remember(request, answer)
    return answer


def problem(request: Request, status: int, heading: str, sentence: str) -> HTMLResponse:
    """A page that says in one sentence what is wrong and what to do; only that to htmx."""
    part = "hx-request" in request.headers
    template = "problem-part.html.j2" if part else "problem.html.j2"
    return show(request, template, status, heading=heading, sentence=sentence)


@cache
def environment() -> Environment:
    """Templates of the pages; those of the reports are there as ``report/...``."""
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
    from markupsafe import Markup

    reports = FileSystemLoader(Path(page.__file__).parent / "templates")
    made = Environment(
        # those of the reports are also found bare, as they name each other
        loader=ChoiceLoader(
            [FileSystemLoader(_TEMPLATES), PrefixLoader({"report": reports}), reports]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(clock=wording.clock, long_date=wording.long_date, svg=Markup)
    made.globals.update(
        hatch=charts.HATCH_ID, plural=wording.plural, role_source=wording.role_source
    )
    return made
