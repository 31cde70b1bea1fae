"""WebVTT transcripts, as Zoom, Teams and others write them: who said what, and when."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from convo.errors import TranscriptError

_ARROW = re.compile(r"^.*-->.*$", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"<[^>]*>")
# A name has no sentence end in it: "Thanks. Note: the pilot goes live" begins with none.
_PREFIX = re.compile(r"^([^\W\d_][^:.!?;\n]{0,59}?)\s*:\s+(?=\S)")
# Shares of the cues that begin with a name, where every cue has one and where turns have.
_MOSTLY, _RARELY = 0.5, 0.2


@dataclass(frozen=True, slots=True)
class Said:
    """What one speaker says in one cue; times in seconds, ``speaker`` None where none is named."""

    start: float
    end: float
    speaker: str | None
    text: str


def is_vtt(content: bytes) -> bool:
    """Whether a file is WebVTT by its first bytes, whatever its name."""
    return content.removeprefix(b"\xef\xbb\xbf")[:6] == b"WEBVTT"


def parse_vtt(text: str) -> tuple[Said, ...]:
    """All that is said, by start.

    Names come from voice tags or, where many cues begin with one, from before the first colon.
    Where names are given, a cue without one goes on with the speaker before it.

    Raises:
        TranscriptError: a cue cannot be read, or there is none with words.

    >>> talk = "WEBVTT\\n\\n00:01.000 --> 00:02.500\\n<v Jane>How did it go?</v>\\n"
    >>> parse_vtt(talk)
    (Said(start=1.0, end=2.5, speaker='Jane', text='How did it go?'),)
    """
    cues = _cues(text)
    tagged = [part for start, end, raw in cues for part in _voices(start, end, raw)]
    if not any(said.speaker for said in tagged):
        tagged = _named_before_colon(tagged)
    said = sorted((_bare(one) for one in tagged), key=lambda one: (one.start, one.end))
    spoken = tuple(one for one in _carried_on(said) if one.text)
    if not spoken:
        raise TranscriptError("there is no cue with words: export the transcript again")
    return spoken


def _cues(text: str) -> list[tuple[float, float, str]]:
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    try:
        found = webvtt.from_string(text.lstrip("\ufeff")).captions
    except (MalformedCaptionError, MalformedFileError, ValueError) as error:
        raise TranscriptError(f"it is no WebVTT ({error}): export the transcript again") from error
    arrows = len(_ARROW.findall(text))
    if len(found) < arrows:
        raise TranscriptError(
            f"{arrows - len(found)} of its {arrows} cues cannot be read: export it again"
        )
    return [(_seconds(cue.start), _seconds(cue.end), cue.raw_text) for cue in found]


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return round(int(hours) * 3600 + int(minutes) * 60 + float(seconds), 3)


def _voices(start: float, end: float, raw: str) -> list[Said]:
    """One cue, cut where another voice begins; its time is shared by length of text."""
    first, *tagged = _VOICE.split(raw)
    parts: list[tuple[str | None, str]] = [(None, first)]
    parts += zip(tagged[::2], tagged[1::2], strict=True)
    filled = [(name, words) for name, words in parts if _TAG.sub("", words).strip()]
    length = sum(len(words) for _, words in filled) or 1
    said, at = [], start
    for name, words in filled:
        until = round(at + (end - start) * len(words) / length, 3)
        said.append(Said(at, max(until, at), name.strip() if name else None, words))
        at = until
    return said


def _named_before_colon(cues: Sequence[Said]) -> list[Said]:
    plain = [_TAG.sub("", cue.text).strip() for cue in cues]
    found = [_PREFIX.match(text) for text in plain]
    names = Counter(match[1] for match in found if match)
    if sum(names.values()) < _MOSTLY * len(cues):
        # Some programs name a speaker once a turn; and some people say "Note: ..." now and then.
        names = Counter({name: count for name, count in names.items() if count > 1})
        if sum(names.values()) < _RARELY * len(cues):
            return list(cues)
    return [
        replace(cue, speaker=match[1], text=text[match.end() :])
        if match and match[1] in names
        else cue
        for cue, text, match in zip(cues, plain, found, strict=True)
    ]


def _bare(said: Said) -> Said:
    """Without mark-up, entities and line breaks."""
    return replace(said, text=" ".join(html.unescape(_TAG.sub("", said.text)).split()))


def _carried_on(said: Sequence[Said]) -> list[Said]:
    if not any(one.speaker for one in said):
        return list(said)
    speaker: str | None = None
    filled = []
    for one in said:
        speaker = one.speaker or speaker
        filled.append(replace(one, speaker=speaker))
    return filled
