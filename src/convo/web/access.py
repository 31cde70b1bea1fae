"""Who looks, and what they may see. Nobody else decides about visibility.

Without accounts, on this computer, everyone is the owner. With accounts everyone logs in, and a
room that is not in :data:`ROOMS` is open to the owner alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Depends, HTTPException, Request
from itsdangerous import BadSignature, Signer

from convo.conversation.private import without_private
from convo.conversation.pseudonyms import Pseudonyms
from convo.database.accounts import AccountRole, Accounts
from convo.errors import ConfigError
from convo.transcript import Conversation, Session

if TYPE_CHECKING:
    from convo.database.listing import Listed
    from convo.web.desk import Desk

LOOPBACK = ("127.0.0.1", "::1", "localhost")
COOKIE = "convo_login"
SPEAKERS = frozenset({"owner", "coach", "coachee"})
READERS = SPEAKERS | {"researcher"}
EVERYONE = READERS | {"lead", ""}

# Who may enter which room: the longest beginning of the address counts.
ROOMS: dict[str, frozenset[str]] = {
    "/login": EVERYONE,
    "/logout": EVERYONE,
    "/static": EVERYONE,
    "/look.css": EVERYONE,
    "/": READERS | {"lead"},
    "/sessions": READERS,
    "/coachees": READERS,
    "/reports": SPEAKERS,
    "/audio": SPEAKERS,
    "/upload": frozenset({"owner", "coach"}),
    "/queue": frozenset({"owner", "coach"}),
    "/ask": frozenset({"owner", "researcher"}),
    "/api": READERS | {"lead"},
    "/api/sessions": READERS,
    "/api/turns": READERS,
    "/api/phases": READERS,
    "/api/shares": READERS,
    "/api/activities": READERS,
    "/api/measures": READERS,
    "/api/programmes": frozenset({"owner", "lead"}),
    "/programme": frozenset({"owner", "lead"}),
}


# Where a form changes nothing that is kept.
_ASKING = frozenset({"/login", "/logout", "/ask"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person in front of the page.

    ``name`` is the one that the sessions of a coach or coachee carry; ``account`` is what they
    logged in with, empty without accounts. ``pseudonyms`` are there for those who may know no
    names. The role of somebody who is not logged in is empty.
    """

    name: str
    role: AccountRole | Literal[""]
    account: str = ""
    pseudonyms: Pseudonyms | None = field(default=None, compare=False, repr=False)


NOBODY = Viewer("", "")
OWNER = Viewer("owner", "owner")


class NotLoggedInError(Exception):
    """Somebody who is not logged in asks for something that is not for everyone."""


def viewer(request: Request) -> Viewer:
    """Who asks; on this computer without accounts everyone is the owner."""
    known: Viewer | None = getattr(request.state, "viewer", None)
    if known is None:
        known = request.state.viewer = _look_up(request)
    return known


Who = Annotated[Viewer, Depends(viewer)]


def check_room(request: Request) -> None:
    """Let nobody into a room that is not theirs; for every route of the application."""
    who = viewer(request)
    if may_enter(who, request.url.path) and may_ask(who, request.method, request.url.path):
        return
    if not who.role:
        raise NotLoggedInError
    raise HTTPException(403, "This page is not for your account: go back to the first page.")


def may_enter(who: Viewer, address: str) -> bool:
    """Whether ``who`` may ask for ``address`` at all; what it shows is decided by the sessions.

    >>> may_enter(Viewer("Pat", "lead"), "/ask"), may_enter(Viewer("Pat", "lead"), "/programme/x")
    (False, True)
    """
    return who.role == "owner" or who.role in ROOMS.get(room_of(address), frozenset())


def may_ask(who: Viewer, method: str, address: str) -> bool:
    """Whether ``who`` may do more than read there: only the speakers and the owner change things.

    >>> may_ask(Viewer("Rita", "researcher"), "POST", "/sessions/1/words")
    False
    """
    reads = method in SAFE_METHODS or room_of(address) in _ASKING
    return reads or who.role in SPEAKERS


def leads_to(who: Viewer, address: str) -> bool:
    """Whether a link to ``address`` is shown; a lead is only sent on from the first page."""
    return may_enter(who, address) and not (who.role == "lead" and address == "/")


def room_of(address: str) -> str:
    """The entry of :data:`ROOMS` that ``address`` belongs to, empty if there is none.

    >>> room_of("/sessions/12/turns"), room_of("/sessionless"), room_of("/")
    ('/sessions', '', '/')
    """
    fitting = [room for room in ROOMS if address == room or address.startswith(f"{room}/")]
    return max((room for room in fitting if room != "/" or address == "/"), key=len, default="")


def may_see(who: Viewer, session: Session) -> bool:
    """Whether ``who`` may know of this session at all, by the names it was processed with."""
    match who.role:
        case "owner" | "researcher":
            return True
        case "coach":
            return session.coach == who.name
        case "coachee":
            return session.coachee == who.name
        case _:
            return False


def may_hear(who: Viewer, session: Session) -> bool:
    """Whether ``who`` may listen to it: a voice has no pseudonym."""
    return who.role != "researcher" and may_see(who, session)


def may_change(who: Viewer, session: Session) -> bool:
    """Whether ``who`` may put the session right: both speakers are equal in it."""
    return who.role in SPEAKERS and may_see(who, session)


def may_delete(who: Viewer, session: Session) -> bool:
    """Whether ``who`` may delete the session: either speaker may, and asks nobody."""
    return may_change(who, session)


def by(who: Viewer) -> str | None:
    """Under what name it is kept that ``who`` did something.

    None is the name of whoever uses this computer.
    """
    return who.account or (None if who.role == "owner" else who.name)


def shown(who: Viewer, conversation: Conversation) -> Conversation:
    """``conversation`` as ``who`` may read it.

    A researcher reads pseudonyms, and nothing of private passages.
    """
    if who.role in SPEAKERS:
        return conversation
    return names_of(who).conversation(without_private(conversation))


def sessions(who: Viewer, desk: Desk) -> Sequence[Listed]:
    """The sessions that ``who`` may know of, under the names that ``who`` may know."""
    if who.role == "owner":
        return desk.sessions()
    if who.role == "researcher":
        return desk.remembered("hidden sessions", lambda: _hidden(desk, names_of(who)))
    return [one for one in desk.sessions() if may_see(who, one.session)]


def names_of(who: Viewer) -> Pseudonyms:
    """The pseudonyms that stand for people when ``who`` looks."""
    return who.pseudonyms or Pseudonyms(b"", ())


def sign(desk: Desk, secret: str) -> str:
    """The value of the login cookie."""
    return _signer(desk).sign(secret).decode("ascii")


def login_secret(request: Request) -> str:
    """The secret in the login cookie, empty if there is none or it is not ours."""
    try:
        value = request.cookies.get(COOKIE, "")
        return _signer(request.app.state.desk).unsign(value).decode("ascii")
    except (BadSignature, UnicodeDecodeError):
        return ""


def is_still(request: Request, who: Viewer) -> bool:
    """Whether ``who`` would be let in again: not once the login has ended, or is another one."""
    return _look_up(request, active=False) == who


def _look_up(request: Request, *, active: bool = True) -> Viewer:
    desk: Desk = request.app.state.desk
    accounts = Accounts(desk.data)
    if not desk.wide and not accounts:
        return OWNER
    account = accounts.logged_in(login_secret(request), active=active)
    if account is None:
        return NOBODY
    names = desk.pseudonyms() if account.role == "researcher" else None
    return Viewer(account.person or account.name, account.role, account.name, names)


def _hidden(desk: Desk, names: Pseudonyms) -> list[Listed]:
    hidden = (replace(one, session=names.session(one.session)) for one in desk.sessions())
    return sorted(hidden, key=lambda one: (one.session.coachee, one.session.date))


def _signer(desk: Desk) -> Signer:
    return Signer(desk.secret(), salt="login")


def is_wide(data: Path, host: str) -> bool:
    """Whether other computers can reach a page that listens at ``host``.

    Raises:
        ConfigError: they can, and there is no account.
    """
    if host in LOOPBACK:
        return False
    if not Accounts(data):
        raise ConfigError(
            f"--host {host} lets other computers in, so people must log in: make an account "
            "first with `convo accounts add NAME --role owner`"
        )
    return True
