"""Who looks, and what they may see. Nobody else decides about visibility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request

from convo.transcript import Conversation, Session

Role = Literal["owner", "coach", "coachee", "researcher", "lead"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person in front of the page."""

    name: str
    role: Role


def viewer(request: Request) -> Viewer:
    """Who asks; on this computer without accounts everyone is the owner."""
    return Viewer("owner", "owner")


Who = Annotated[Viewer, Depends(viewer)]


def may_see(who: Viewer, session: Session) -> bool:
    """Whether ``who`` may know of this session at all."""
    return who.role == "owner"


def shown(who: Viewer, conversation: Conversation) -> Conversation:
    """``conversation`` as ``who`` may read it."""
    return conversation
