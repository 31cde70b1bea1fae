"""A page server for the reports of one folder: read-only, and only for this computer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from convo.database.runs import Run
from convo.report.files import ReportFile, find_reports
from convo.report.page import CONTENT_SECURITY_POLICY, render

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("localhost", "127.0.0.1", "[::1]", "::1")
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY + "; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


class _StrictHeaders:
    """Adds :data:`HEADERS` to every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                strict = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *strict]}
            await send(message)

        await self.app(scope, receive, send_with_headers)


def create_app(reports: Path, unfinished: Callable[[], Sequence[Run]] = tuple) -> Starlette:
    """The web application that lists and shows the reports in ``reports``.

    ``unfinished`` tells which files failed or were interrupted; they stand above the reports.

    It answers only to the names of this computer (a page elsewhere that points its own name here
    is refused), changes nothing, and shows only files found in the folder: the id in an address
    is looked up among them and never becomes a path. Bind it to 127.0.0.1.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    def index(request: Request) -> Response:
        return HTMLResponse(
            render("index.html.j2", {"groups": _by_coachee(reports), "unfinished": unfinished()})
        )

    def report(request: Request) -> Response:
        wanted = request.path_params["report_id"]
        found = {known.report_id: known for known in find_reports(reports)}.get(wanted)
        if found is None:
            return HTMLResponse(render("missing.html.j2", {}), status_code=404)
        return HTMLResponse(found.path.read_text(encoding="utf-8"))

    return Starlette(
        routes=[Route("/", index), Route("/reports/{report_id}", report)],
        middleware=[
            Middleware(_StrictHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS), www_redirect=False),
        ],
    )


def _by_coachee(reports: Path) -> list[tuple[str, list[ReportFile]]]:
    found = groupby(find_reports(reports), key=lambda report: report.coachee)
    return [(coachee, list(of_one)) for coachee, of_one in found]
