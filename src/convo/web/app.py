"""The page: one FastAPI application made of rooms, each a router of its own."""

from __future__ import annotations

import logging

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from convo.errors import ConvoError
from convo.report.page import style
from convo.web import (
    api,
    ask,
    audio,
    cells,
    deleting,
    facts,
    home,
    login,
    pages,
    programmes,
    progression,
    putting_right,
    queue,
    sessions,
    tus,
    uploads,
)
from convo.web.access import NotLoggedInError, check_room
from convo.web.desk import Desk
from convo.web.guard import HEADERS, HOSTS, Guard, check_token

_ROUTERS = (
    login.router,
    home.router,
    putting_right.router,
    facts.router,
    deleting.router,
    sessions.router,
    progression.router,
    cells.router,
    audio.router,
    tus.router,
    uploads.router,
    queue.router,
    programmes.router,
    ask.router,
    api.router,
)
_log = logging.getLogger(__name__)
_SENTENCES = {
    403: ("Not allowed", "You may not do this: ask the person who runs this page."),
    404: ("Not found", "There is no such page: it may have been deleted or replaced."),
    405: ("Not found", "This page cannot be used like that: go back to the list of sessions."),
    413: ("Too large", "There is no room for this: free some disk space and try again."),
}


def create_app(desk: Desk) -> FastAPI:
    """The application for the data folder of ``desk``. Bind it to 127.0.0.1, or make it wide.

    Unless it is wide it answers only to the names of this computer (a page elsewhere that points
    its own name here is refused). Every change must be asked for by one of its own pages.
    """
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(check_token), Depends(check_room)],
    )
    for kind, handler in _HANDLERS:
        app.add_exception_handler(kind, handler)
    app.state.desk = desk
    app.add_middleware(
        TrustedHostMiddleware, allowed_hosts=["*"] if desk.wide else list(HOSTS), www_redirect=False
    )
    app.add_middleware(Guard)
    app.mount("/static", StaticFiles(directory=pages.STATIC))
    app.add_api_route("/look.css", _look, include_in_schema=False)
    for router in _ROUTERS:
        app.include_router(router)
    return app


def _look() -> Response:
    """The style sheet of the reports, so that page and reports look alike."""
    return Response(style(), media_type="text/css")


def _answer(request: Request, status: int, heading: str, sentence: str) -> Response:
    if request.url.path.startswith("/api/"):
        return PlainTextResponse(sentence, status)
    return pages.problem(request, status, heading, sentence)


def _refused(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    heading, sentence = _SENTENCES.get(status, ("That did not work", "Go back and try again."))
    detail = str(getattr(error, "detail", ""))
    said = detail if " " in detail.removeprefix("Not ").removeprefix("Method ") else sentence
    return _answer(request, status, heading, said)


def _misunderstood(request: Request, error: Exception) -> Response:
    wrong = ", ".join(str(e["loc"][-1]) for e in getattr(error, "errors", list)())
    return _answer(request, 422, "That did not work", f"Check what you gave for: {wrong}.")


def _explained(request: Request, error: Exception) -> Response:
    said = error.on_page if isinstance(error, ConvoError) else str(error)
    return _answer(request, 409, "That did not work", f"{said}.")


def _failed(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    answer = _answer(
        request,
        500,
        "A fault of convo",
        f"This page failed ({type(error).__name__}): load it again, and if it stays so, run "
        "`convo doctor` and report this as a fault of convo.",
    )
    answer.headers.update(HEADERS)  # this answer is made outside of the guard
    return answer


_HANDLERS = (
    (HTTPException, _refused),
    (RequestValidationError, _misunderstood),
    (ConvoError, _explained),
    (NotLoggedInError, login.ask_to_log_in),
    (Exception, _failed),
)
