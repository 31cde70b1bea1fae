"""Who speaks in a session, as somebody is asked about it: a name, first words, where to listen."""

from __future__ import annotations

from dataclasses import dataclass

from convo.answers import CLIP_S
from convo.report.wording import Voice, shortened, voice_order, voices
from convo.transcript import Conversation

_TELLING_WORDS = 5
_NOBODY = ("unattributed", "private")


@dataclass(frozen=True, slots=True)
class Person:
    """One speaker; ``start`` and ``end`` are the longest stretch of it alone, None without any."""

    speaker: str
    name: str
    part: str
    quote: str
    start: float | None = None
    end: float | None = None


def people(conversation: Conversation) -> list[Person]:
    """Everybody who speaks, the coach and the coachee first."""
    found = voices(conversation)
    words: dict[Voice, dict[str, int]] = {}
    for turn in conversation.turns:
        if turn.speaker is not None and turn.passage is None:
            counts = words.setdefault(found[turn.number], {})
            counts[turn.speaker] = counts.get(turn.speaker, 0) + turn.word_count
    order = [v for v in voice_order(found) if v in words and v.key not in _NOBODY]
    most = {voice: max(words[voice], key=words[voice].__getitem__) for voice in order}
    return [_person(conversation, voice, most[voice]) for voice in order]


def _person(conversation: Conversation, voice: Voice, speaker: str) -> Person:
    own = [t for t in conversation.turns if t.speaker == speaker and t.passage is None]
    telling = next((turn for turn in own if turn.word_count >= _TELLING_WORDS), own[0])
    alone = [s for s in conversation.diarization.exclusive if s.speaker == speaker]
    longest = max(alone, key=lambda s: s.duration, default=None)
    return Person(
        speaker,
        voice.name,
        voice.part,
        shortened(telling.text, 120),
        longest.start if longest else None,
        min(longest.end, longest.start + CLIP_S) if longest else None,
    )
