"""Ask the store: a question in SQL, its answer as a table or a file, and what can be asked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from convo.database import catalogue
from convo.database.asking import Answer, Asker
from convo.errors import StoreError
from convo.web import pages
from convo.web.access import Viewer, Who, sessions
from convo.web.desk import Desk
from convo.web.pages import AtDesk

router = APIRouter()
Sql = Annotated[str, Form(max_length=20_000)]
_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@router.get("/ask")
def ask_page(request: Request, desk: AtDesk, who: Who, example: int = 0) -> Response:
    """The page, with ``example`` of the questions (from 1) written into it."""
    known = _examples(desk, who)
    if who.role == "owner":
        asker(desk, who).warm()
    chosen = known[example - 1].sql if 0 < example <= len(known) else ""
    return _page(request, desk, who, sql=chosen)


@router.post("/ask")
def ask(request: Request, desk: AtDesk, who: Who, sql: Sql = "") -> Response:
    """The answer as a table; alone if htmx asks, else in the page."""
    answer, problem = None, ""
    try:
        answer = asker(desk, who).ask(sql)
    except StoreError as error:
        problem = f"{error}."
    if "hx-request" in request.headers:
        return pages.show(request, "answer.html.j2", answer=answer, problem=problem)
    return _page(request, desk, who, sql=sql, answer=answer, problem=problem)


@router.post("/ask/download")
def download(
    request: Request,
    desk: AtDesk,
    who: Who,
    sql: Sql = "",
    format: Annotated[Literal["csv", "parquet"], Form()] = "csv",
) -> Response:
    """The answer as a file."""
    try:
        answer = asker(desk, who).ask(sql, format)
    except StoreError as error:
        return _page(request, desk, who, sql=sql, problem=f"{error}.")
    first = f"-first-{asker(desk, who).options.download_rows}-rows" if answer.more else ""
    name = f"convo-{datetime.now():%Y-%m-%d-%H%M}{first}.{format}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(answer.content, media_type=_TYPES[format], headers=headers)


def asker(desk: Desk, who: Viewer) -> Asker:
    """Who answers: only the owner's questions go to the store with its names."""
    return desk.asker(names=who.role == "owner")


def _examples(desk: Desk, who: Viewer) -> tuple[catalogue.Example, ...]:
    first = next(iter(sessions(who, desk)), None)
    return catalogue.examples(first.session.coachee if first else "")


def _page(
    request: Request,
    desk: Desk,
    who: Viewer,
    sql: str = "",
    answer: Answer | None = None,
    problem: str = "",
) -> Response:
    return pages.show(
        request,
        "ask.html.j2",
        sql=sql,
        tables=desk.remembered("tables", lambda: catalogue.tables(desk.store())),
        examples=_examples(desk, who),
        names=who.role == "owner",
        answer=answer,
        problem=problem,
    )
