"""The words readers see: names of phases and people, clock times, dates, intervals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from convo.conversation.media import is_played
from convo.transcript import Conversation, Passage, Phase, Recording, Remedy, Role, Share, Turn

ABSENT = "–"
PERCENT = "\u00a0%"
WITHHELD = "withheld"
WHOLE_SESSION = "Whole session"
NOT_FOUND = "not found in this session"
NOT_LOOKED_FOR = "not looked for: this session was read without it"

PHASE_NAMES: Mapping[Phase, str] = {
    Phase.ORIENTATION: "Orientation",
    Phase.SCRUTINY: "Shared scrutiny",
    Phase.CO_CONSTRUCTION: "Co-construction",
    Phase.FRAME: "Frame",
}
PHASE_MEANINGS: Mapping[Phase, str] = {
    Phase.ORIENTATION: "What are we going to work on?",
    Phase.SCRUTINY: "What happens, or happened, and what does it mean?",
    Phase.CO_CONSTRUCTION: "What could or will be done, and how?",
    Phase.FRAME: "Greetings, equipment, how coaching works, dates, goodbyes.",
}
_ROLE_SOURCES: Mapping[str, str] = {
    "person": "a person",
    "voice": "the voices of earlier sessions",
    "channel": "the channels of the recording",
    "talk": "questions and turns of phrase",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CHANGE = re.compile(rf"(?<=\bthe change to )(?:{'|'.join(Phase)})\b")
_SENTENCE_END = re.compile(r"[.!?]\s+")
_LABEL = re.compile(r"SPEAKER_(\d+)")


def phase_names(conversation: Conversation) -> dict[Phase, str]:
    """What to call each phase: the programme's own name, else the usual one."""
    return {**PHASE_NAMES, **conversation.segmentation.names}


def role_source(conversation: Conversation) -> str:
    """What tells who is the coach; a transcript has names where a recording has voices."""
    source = conversation.roles.source
    if source == "voice" and not conversation.recording.has_sound:
        return "the names in the transcript"
    return _ROLE_SOURCES.get(source, source)


def put_right(conversation: Conversation) -> str:
    """Whose word the phases are, such as "put right by Sam on 4 March 2026"; empty if nobody's."""
    said = conversation.segmentation.confirmed
    return f"put right by {said.who} on {long_date(said.day)}" if said else ""


def with_own_names(reason: str, conversation: Conversation) -> str:
    """A reason for review with the programme's own names of phases in it, where it has any."""
    own = conversation.segmentation.names
    return _CHANGE.sub(lambda found: own.get(Phase(found[0]), found[0]), reason)


def in_terminal(remedy: Remedy, recording: Recording) -> tuple[str, str]:
    """What a remedy does, and the command that does it; the page has buttons instead."""
    process = f'convo process "{recording.name}"'
    if remedy.kind == "channels":
        return "Then nobody's words can be given to the other", f"{process} --channels speakers"
    start, end = remedy.start, remedy.end
    span = "" if start is None or end is None else f"{clock(start)}-{clock(end + 1)}"
    return "If one is, its words are nobody's", f"{process} --media {span or 'FROM-TO'}"


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any.

    >>> clock(74.6), clock(3725)
    ('1:14', '1:02:05')
    """
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def long_date(day: date) -> str:
    """A date in words, the same on every machine.

    >>> long_date(date(2025, 3, 4))
    '4 March 2025'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def local_day(moment: datetime) -> str:
    """The day of a moment as the clock of this computer has it, in words."""
    return long_date(moment.astimezone().date())


def percent_of(part: float, whole: float) -> str | None:
    r"""A whole per cent, or None when there is nothing to divide by.

    >>> percent_of(1, 8), percent_of(1, 500), percent_of(1, 0)
    ('13\xa0%', 'under 1\xa0%', None)
    """
    if not whole:
        return None
    value = int(100 * part / whole + 0.5)
    return f"{value or 'under 1'}{PERCENT}" if value or part else f"0{PERCENT}"


def interval(share: Share) -> str | None:
    """The 90 % interval in whole per cent, or None where there is none."""
    if share.low is None or share.high is None:
        return None
    return f"{share.low * 100:.0f} to {share.high * 100:.0f}{PERCENT}"


def plural(count: int, one: str) -> str:
    """A count with its noun.

    >>> plural(1, "turn"), plural(1200, "word")
    ('1 turn', '1,200 words')
    """
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def speaker_name(label: str) -> str:
    """What to call somebody whose role nobody has settled.

    >>> speaker_name("SPEAKER_01"), speaker_name("Channel left")
    ('Speaker 2', 'Channel left')
    """
    match = _LABEL.fullmatch(label)
    return f"Speaker {int(match[1]) + 1}" if match else label


def shortened(text: str, most: int) -> str:
    """``text`` cut at a word to at most ``most`` characters.

    >>> shortened("one two three", 9)
    'one two …'
    """
    text = text.strip(' "“”')
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:.") + " …"


def around(text: str, near: str, most: int) -> str:
    """``text`` cut to about ``most`` characters so that the words ``near`` are in it.

    >>> around("One thing. Another thing. The end sound, I mean.", "end sound", 24)
    '… The end sound, I mean.'
    """
    place = text.lower().find(near.lower())
    if len(text) <= most or place < 0 or place + len(near) < most - 2:
        return shortened(text, most)
    begin = max(0, place + len(near) - most * 2 // 3)
    sentences = [found.end() for found in _SENTENCE_END.finditer(text, 0, place + 1)]
    near_by = [end for end in sentences if end >= begin]
    begin = near_by[0] if near_by else text.find(" ", begin) + 1
    return f"… {shortened(text[begin:], most)}"


@dataclass(frozen=True, slots=True)
class Voice:
    """One row of the timeline: a person, or a label, or all unattributed words.

    ``key`` orders and joins; ``labels`` are the diarised speakers behind the name.
    """

    key: str
    name: str
    part: str
    labels: tuple[str, ...] = ()


def role_of(conversation: Conversation, turn: Turn) -> Role | None:
    """The role of a turn, its own or that of its speaker."""
    if turn.role is not None or turn.speaker is None:
        return turn.role
    return conversation.roles.roles.get(turn.speaker)


def _key(conversation: Conversation, turn: Turn) -> str:
    if turn.hidden is not None:
        return "private"
    role = role_of(conversation, turn)
    if role in (Role.COACH, Role.COACHEE):
        return role.value
    return f"speaker {turn.speaker}" if turn.speaker is not None else "unattributed"


def _voice(conversation: Conversation, key: str, turns: Sequence[Turn]) -> Voice:
    labels = tuple(sorted({turn.speaker for turn in turns if turn.speaker is not None}))
    if key == Role.COACH:
        return Voice(key, conversation.session.coach or "Coach", "coach", labels)
    if key == Role.COACHEE:
        return Voice(key, conversation.session.coachee or "Coachee", "coachee", labels)
    if key == "unattributed":
        return Voice(key, "Unattributed", "nobody in particular")
    if key == "private":
        return Voice(key, "Private passage", "not shown")
    if turns[0].passage is Passage.OTHER:
        return Voice(key, "Something else", "not the session", labels)
    if is_played(turns[0]):
        return Voice(key, "Played recording", "nobody in the room", labels)
    other = role_of(conversation, turns[0]) is Role.OTHER
    return Voice(key, speaker_name(labels[0]), "someone else" if other else "role unknown", labels)


def voices(conversation: Conversation) -> dict[int, Voice]:
    """Who speaks in each turn, by turn number.

    The two roles are called by name, anyone else "Speaker 1" and so on.
    """
    grouped: dict[str, list[Turn]] = {}
    for turn in conversation.turns:
        grouped.setdefault(_key(conversation, turn), []).append(turn)
    named = {key: _voice(conversation, key, turns) for key, turns in grouped.items()}
    return {turn.number: named[key] for key, turns in grouped.items() for turn in turns}


def voice_order(found: Mapping[int, Voice]) -> tuple[Voice, ...]:
    """Every voice once: coach, coachee, others, unattributed."""
    first = {"coach": 0, "coachee": 1, "unattributed": 3, "private": 4}
    return tuple(
        sorted(set(found.values()), key=lambda voice: (first.get(voice.key, 2), voice.key))
    )
