"""A reminder as a calendar file (iCalendar, RFC 5545); nothing is sent to anybody."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from convo.errors import SessionError
from convo.report.activities import activity_views
from convo.transcript import Conversation

_LINE = 75  # bytes a line may have


def reminder(conversation: Conversation, days: int) -> str:
    """One whole-day entry, ``days`` after the session, with the words of each activity.

    The same session gives the same entry: a calendar that knows it replaces it.

    Raises:
        SessionError: the session has no activities, or the day is not after it.
    """
    session = conversation.session
    views = activity_views(conversation)
    if days < 1:
        raise SessionError(f"{days} days after the session is not after it: choose 1 or more")
    if not views:
        raise SessionError(
            f"no inter-sessional activity was found in session {session.number}: "
            "there is nothing to be reminded of"
        )
    day = session.date + timedelta(days=days)
    said = (f"“{view.quotes[-1].text}” ({view.quotes[-1].who})" for view in views)
    words = "\n".join(("What may have been agreed, in your own words:", *said))
    stamp = datetime.combine(session.date, datetime.min.time(), UTC)
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//convo//reminder//EN",
        "BEGIN:VEVENT",
        f"UID:{uid(conversation.recording.recording_id, days)}",
        f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(f'From session {session.number}')}",
        f"DESCRIPTION:{_text(words)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def uid(recording_id: str, days: int) -> str:
    """The name of the entry: the same for the same session and number of days."""
    return f"{hashlib.sha256(f'{recording_id} {days}'.encode()).hexdigest()[:32]}@convo"


def _text(value: str) -> str:
    """A value of type TEXT.

    >>> _text("cards, one; two")
    'cards\\\\, one\\\\; two'
    """
    for mark in "\\;,":
        value = value.replace(mark, f"\\{mark}")
    return value.replace("\n", "\\n")


def _folded(line: str) -> str:
    """No part longer than 75 bytes; each but the first begins with a space."""
    parts, part = [], ""
    for character in line:
        if len((part + character).encode()) > _LINE:
            parts.append(part)
            part = " "
        part += character
    return "\r\n".join((*parts, part))
