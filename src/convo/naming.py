"""Whose session a recording is, by what people put right about it after it was kept.

What somebody said about it is ``{"number": [3, 4]}``: each field as it was, and as it is right. So
two people who change different fields both count, and taken back it is as it was at first.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from convo.transcript import Session

SESSION = "session"
"""The kind of a correction that says so."""
FIELDS = tuple(one.name for one in fields(Session))
PEOPLE = ("coachee", "coach")


def difference(before: Session, after: Session) -> str:
    """What somebody says who makes ``before`` be ``after``; empty if they are the same.

    >>> day = datetime.date(2026, 3, 4)
    >>> difference(Session("Hannah", "Maeve", 3, day), Session("Hannah", "Maeve", 4, day))
    '{"number": [3, 4]}'
    """
    old, new = _plain(before), _plain(after)
    changed = {name: [old[name], new[name]] for name in FIELDS if old[name] != new[name]}
    return json.dumps(changed, ensure_ascii=False) if changed else ""


def named(kept: Session, ever: Iterable[str], counting: Iterable[str]) -> Session:
    """The session that ``kept`` is, by all that was ``ever`` said and what is still ``counting``.

    >>> kept = Session("Hannah", "Maeve", 4, datetime.date(2026, 3, 4))
    >>> said = ['{"number": [3, 5]}', '{"number": [5, 4]}']
    >>> [named(kept, said, counting).number for counting in (said, said[:1], [])]
    [4, 5, 3]
    """
    first: dict[str, Any] = {}
    for said in map(_read, ever):
        first = {name: before for name, (before, _) in said.items()} | first
    last = {name: after for said in map(_read, counting) for name, (_, after) in said.items()}
    found = first | last
    if "date" in found:
        found["date"] = datetime.date.fromisoformat(found["date"])
    return replace(kept, **found)


def names_in(said: str, people: Container[str] = PEOPLE) -> tuple[str, ...]:
    """Everybody who is named in what somebody said, rightly or wrongly.

    >>> names_in('{"coachee": ["Hanna", "Hannah"], "number": [1, 2]}')
    ('Hanna', 'Hannah')
    """
    return tuple(name for field, pair in _read(said).items() if field in people for name in pair)


def _read(said: str) -> Mapping[str, tuple[Any, Any]]:
    return {name: pair for name, pair in json.loads(said).items() if name in FIELDS}


def _plain(session: Session) -> dict[str, Any]:
    return asdict(session) | {"date": session.date.isoformat()}
