"""Transcripts that somebody else made, in the place of words and segments of a recording."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from convo.errors import RecordingError, TranscriptError
from convo.exchange.vtt import Said, is_vtt, parse_vtt
from convo.files import read_bytes
from convo.transcript import (
    Coverage,
    Diarization,
    Recording,
    SpeakerSegment,
    Transcription,
    Word,
    count_words,
)

CONTAINER = "webvtt"
SOURCE = "transcript"
_FASTEST = 8.0  # words a second that nobody speaks for a whole cue
_TELLING_WORDS = 12
_MOST_BYTES = 20_000_000  # a day of talk has 2 MB


def is_transcript(path: Path) -> bool:
    """Whether ``path`` holds a transcript rather than sound, by its content."""
    try:
        with path.open("rb") as file:
            return is_vtt(file.read(16))
    except OSError:
        return False


def inspect_transcript(path: Path) -> Recording:
    """What a transcript is as a recording: without channels, as long as its last cue.

    Raises:
        RecordingError: it cannot be read as a transcript.
    """
    length = max(said.end for said in read_transcript(path))
    content = read_bytes(path)
    digest = hashlib.sha256(content).hexdigest()
    return Recording(digest, path.name, length, 0, 0, CONTAINER, len(content))


def read_transcript(path: Path) -> tuple[Said, ...]:
    """Who said what, and when.

    Raises:
        RecordingError: it cannot be read as a transcript.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise RecordingError(
            f"{path.name} has {path.stat().st_size / 1e6:.0f} MB, which is no transcript of a "
            "session: choose the right file"
        )
    try:
        return parse_vtt(read_bytes(path).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path.name} is not UTF-8: export the transcript again") from error
    except TranscriptError as error:
        raise RecordingError(f"{path.name} cannot be used, {error}") from error


def labels(said: Sequence[Said]) -> dict[str, str]:
    """A label for every name, in the order in which they begin to speak.

    Names of people stay in the file: what is kept has labels, as voices of a recording have.

    >>> labels([Said(0, 1, "Jane", "So?"), Said(1, 2, "Ann", "Well."), Said(2, 3, "Jane", "Oh.")])
    {'Jane': 'SPEAKER_00', 'Ann': 'SPEAKER_01'}
    """
    names = dict.fromkeys(one.speaker for one in said if one.speaker)
    return {name: f"SPEAKER_{number:02}" for number, name in enumerate(names)}


def transcription(said: Sequence[Said], language: str) -> Transcription:
    """The words with their speakers; times within a cue are shared out by length of word."""
    known = labels(said)
    words = tuple(word for one in said for word in _words(one, known.get(one.speaker or "")))
    return Transcription(words, language, None, SOURCE, "WebVTT")


def diarization(said: Sequence[Said]) -> Diarization:
    """The cues of every speaker as segments; one speaker's that follow each other are joined."""
    known = labels(said)
    named = [one for one in said if one.speaker]
    runs = [list(run) for _, run in groupby(named, key=lambda one: one.speaker)]
    found = tuple(
        SpeakerSegment(run[0].start, max(one.end for one in run), known[run[0].speaker or ""])
        for run in runs
        if max(one.end for one in run) > run[0].start
    )
    return Diarization(found, _exclusive(found), {}, SOURCE)


def coverage(said: Sequence[Said]) -> Coverage:
    """All that is heard in a transcript has words."""
    return Coverage(round(sum(one.end - one.start for one in said), 3), 0.0, 0.0)


def hurried(said: Sequence[Said]) -> tuple[Said, ...]:
    """Cues with more words than anyone can speak in their time: their times are wrong."""
    return tuple(
        one
        for one in said
        if (count := count_words(one.text)) >= _TELLING_WORDS
        and count > _FASTEST * (one.end - one.start)
    )


def _words(said: Said, speaker: str | None) -> list[Word]:
    tokens = said.text.split()
    total, at, words = sum(map(len, tokens)) or 1, said.start, []
    for token in tokens:
        end = min(round(at + (said.end - said.start) * len(token) / total, 3), said.end)
        words.append(Word(token, at, max(end, at), speaker=speaker))
        at = max(end, at)
    return words


def _exclusive(segments: Sequence[SpeakerSegment]) -> tuple[SpeakerSegment, ...]:
    """Where two overlap, the time is the later one's."""
    kept = []
    for segment, following in zip(segments, [*segments[1:], None], strict=True):
        end = min(segment.end, following.start) if following else segment.end
        if end > segment.start:
            kept.append(SpeakerSegment(segment.start, end, segment.speaker))
    return tuple(kept)
