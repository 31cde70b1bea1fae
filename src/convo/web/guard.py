"""What keeps strangers' pages out: strict headers, and proof that a change was asked for here.

A change (POST, PUT, PATCH, DELETE) must come from a page of this server: the browser says so in
``Sec-Fetch-Site`` or ``Origin``, and the page repeats a signed token that is also in a cookie.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response
from itsdangerous import BadSignature, Signer
from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("localhost", "127.0.0.1", "[::1]", "::1")
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "convo_token"
TOKEN_HEADER = "x-csrf-token"
TOKEN_FIELD = "csrf_token"
_FOREIGN = b"This change was asked for by another page: open the page of convo and do it there."


class Guard:
    """Adds :data:`HEADERS` to every answer that does not set its own, and refuses foreign changes.

    Only files under ``/static/`` may be kept by the browser, which asks each time if they changed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith("/static/"):
                    headers["cache-control"] = "no-cache"
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] in SAFE_METHODS or _from_here(Headers(scope=scope)):
            await self.app(scope, receive, send_with_headers)
        else:
            refusal = Response(_FOREIGN, 403, media_type="text/plain")
            await refusal(scope, receive, send_with_headers)


def _from_here(headers: Headers) -> bool:
    """Whether a browser says that a page of this server asks; other programs say nothing."""
    if site := headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def token(request: Request) -> str:
    """The token that forms of this page carry; :func:`remember` puts it into the cookie."""
    given = request.cookies.get(COOKIE, "")
    if _is_ours(request, given):
        return given
    made = getattr(request.state, "token", None) or _signer(request).sign(
        secrets.token_urlsafe(16)
    ).decode("ascii")
    request.state.token = made
    return made


def remember(request: Request, response: Response) -> None:
    """Set the cookie, if :func:`token` had to make a new one."""
    made = getattr(request.state, "token", None)
    if made:
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, made, httponly=True, samesite="strict", secure=secure)


async def check_token(request: Request) -> None:
    """Refuse a change that does not carry the token of its cookie."""
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get(TOKEN_HEADER)
    kind = request.headers.get("content-type", "").split(";")[0]
    if given is None and kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given = str((await request.form()).get(TOKEN_FIELD, ""))
    cookie = request.cookies.get(COOKIE, "")
    same = hmac.compare_digest((given or "").encode(), cookie.encode())
    if not (same and _is_ours(request, cookie)):
        raise HTTPException(403, "This page is too old to change anything: load it again.")


def _is_ours(request: Request, value: str) -> bool:
    try:
        _signer(request).unsign(value)
    except BadSignature:
        return False
    return True


def _signer(request: Request) -> Signer:
    return Signer(request.app.state.desk.secret(), salt="change")
