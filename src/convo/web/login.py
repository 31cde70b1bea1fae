"""Logging in and out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from convo.database.accounts import Accounts, TooManyError
from convo.web import access, guard, pages
from convo.web.pages import AtDesk

router = APIRouter()
_WRONG = "Name or password is wrong."


@router.get("/login")
def login_page(request: Request, then: str = "/") -> Response:
    """The form; ``then`` is the address to go on to."""
    return pages.show(request, "login.html.j2", then=then, problem="")


@router.post("/login")
def log_in(
    request: Request,
    desk: AtDesk,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    then: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a login, always with a new secret."""
    address = request.client.host if request.client else ""
    accounts = Accounts(desk.data)
    accounts.log_out(access.login_secret(request))
    try:
        secret = accounts.log_in(name.strip(), password, address)
    except TooManyError as error:
        answer: Response = _again(request, 429, then, f"{error}.".capitalize())
        answer.headers["retry-after"] = str(error.wait_s)
        return answer
    if secret is None:
        return _again(request, 401, then, _WRONG)
    answer = RedirectResponse(_inside(then), 303)
    answer.set_cookie(
        access.COOKIE,
        access.sign(desk, secret),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    answer.delete_cookie(guard.COOKIE)  # forms opened before the login count no more
    return answer


@router.post("/logout")
def log_out(request: Request, desk: AtDesk) -> Response:
    """End the login, here and on the server."""
    Accounts(desk.data).log_out(access.login_secret(request))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(access.COOKIE)
    return answer


def ask_to_log_in(request: Request, error: Exception) -> Response:
    """What somebody gets who is not logged in: the form, or a plain refusal for programs."""
    address = request.url.path
    if address.startswith("/api/") or request.method != "GET":
        return PlainTextResponse("Log in first.", 401)
    login = "/login" if address == "/" else f"/login?then={quote(address)}"
    if "hx-request" in request.headers:  # a part of a page: let the whole page go there
        return Response(status_code=401, headers={"hx-redirect": login})
    return RedirectResponse(login, 303)


def _again(request: Request, status: int, then: str, problem: str) -> Response:
    return pages.show(request, "login.html.j2", status, then=then, problem=problem)


def _inside(address: str) -> str:
    """``address`` if it is one of this page, else the first page.

    >>> _inside("/ask"), _inside("//evil.example"), _inside("https://evil.example")
    ('/ask', '/', '/')
    """
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and address.isprintable() else "/"
