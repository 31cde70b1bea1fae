"""What people said about a session, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from convo.conversation.candidates import PLAYED
from convo.conversation.voices import speaker_at
from convo.corrections import correcting
from convo.database.corrections import UNDO
from convo.naming import PEOPLE
from convo.report.corrections import KINDS
from convo.report.wording import clock, long_date, role_of, shortened, speaker_name
from convo.transcript import Conversation, Role

_PASSAGES = {
    "media": "is a recording that is played",
    "private": "is private",
    "other": "is not the session",
    None: "is ordinary talk",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history; ``name`` is what it is taken back by, empty if it is."""

    name: str
    when: str
    who: str
    what: str
    counts: bool


def entries(data: Path, conversation: Conversation) -> list[Line]:
    """Everything that anybody said about the session, the last first."""
    said = correcting.history(data, conversation.recording.recording_id)
    what = {one.name: _what(one.kind, one.value, conversation) for one in said}
    return [
        Line(
            one.name,
            local_time(one.when),
            one.who,
            f"took back: {what.get(one.value, '')}" if one.kind == UNDO else what[one.name],
            one.counts,
        )
        for one in reversed(said)
    ]


def local_time(when: datetime) -> str:
    """Day and time as the clock of this computer has them."""
    here = when.astimezone()
    return f"{long_date(here.date())}, {here:%H:%M}"


def _what(kind: str, value: Any, conversation: Conversation) -> str:
    try:
        return _TOLD[kind](value, conversation)
    except (KeyError, TypeError, ValueError):  # said in another way by another version
        return KINDS.get(kind, kind)


def _name(speaker: str | None, conversation: Conversation) -> str:
    """How the page calls a speaker."""
    if speaker is None:
        return "nobody known"
    label = speaker_at(speaker, conversation.diarization.exclusive)
    names = {Role.COACH: conversation.session.coach, Role.COACHEE: conversation.session.coachee}
    turn = next((t for t in conversation.turns if t.speaker == label), None)
    role = role_of(conversation, turn) if turn else None
    return (names.get(role) if role else None) or speaker_name(label)


def _stretch(value: Any) -> str:
    return f"{clock(value['start'])} to {clock(value['end'])}"


_FIELDS = {
    "coachee": "the coachee",
    "coach": "the coach",
    "number": "the number of the session",
    "date": "the day",
    "programme": "the programme",
}


def _fact(field: str, pair: tuple[Any, Any], conversation: Conversation) -> str:
    """One thing about the session; who was named by mistake is nobody's business here."""
    before, after = pair
    name = _FIELDS[field]
    if field in PEOPLE:
        right = getattr(conversation.session, field)
        return f"{name} to {after if after == right else 'somebody else'}"
    if field == "date":
        before, after = (long_date(date.fromisoformat(day)) for day in pair)
    return f"{name} from {before or 'none'} to {after or 'none'}"


_TOLD: Mapping[str, Callable[[Any, Conversation], str]] = {
    "speaker": lambda v, c: f"gave {_stretch(v)} to {_name(v['speaker'], c)}",
    "words": lambda v, _: (
        f"changed the words at {clock(v['start'])} to “{shortened(v['text'], 80)}”"
    ),
    "break": lambda v, _: (
        f"split the turn at {clock(v['at'])}"
        if v["begins"]
        else f"joined the turn at {clock(v['at'])} to the one before"
    ),
    "passage": lambda v, _: (
        f"said that {_stretch(v)} {_PASSAGES[v['kind']]}"
        + (", and that both agreed that its words count" if v.get("counted") else "")
    ),
    "phases": lambda v, _: f"put the phases right ({len(v)} of them)",
    "candidate": lambda v, _: (
        f"said that {_stretch(v)} is talk, not played"
        if v["what"] == PLAYED and not v["confirmed"]
        else f"{'confirmed' if v['confirmed'] else 'rejected'} the candidate at {clock(v['start'])}"
    ),
    "session": lambda v, c: (
        f"changed {', '.join(_fact(field, pair, c) for field, pair in v.items())}"
    ),
    "coach": lambda v, c: f"said who is the coach: {_name(v, c)}",
}
