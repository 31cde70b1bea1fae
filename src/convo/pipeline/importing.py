"""A transcript that another program made, in the place of a recording: the first stages for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from convo.audio.languages import check_language
from convo.audio.recording import inspect_recording
from convo.errors import SessionError
from convo.exchange import transcripts
from convo.files import StageFile
from convo.pipeline.stages import Attributed, Covered, Place, keep_file, load
from convo.progress import running
from convo.transcript import Recording, Session

HURRIED = (
    "some cues of the transcript have more words than anyone can say in their time: its times are "
    "wrong, and with them the speaking seconds, but not the word shares"
)
_ENGLISH = "en"
_SURE = 0.99


def inspect(file: Path) -> Recording:
    """What a file is, sound or transcript, by its content.

    Raises:
        RecordingError: it is neither.
    """
    look = transcripts.inspect_transcript if transcripts.is_transcript(file) else inspect_recording
    return look(file)


def read_words(place: Place, language: str | None) -> StageFile:
    """The words of a transcript; English unless a ``language`` is named."""
    with running(place.data, "read_words", place.recording):
        said = transcripts.read_transcript(place.file)
        spoken = _ENGLISH if language in (None, "auto") else check_language(str(language))
        covered = Covered(transcripts.transcription(said, spoken), transcripts.coverage(said))
        return keep_file(place, "read_words", covered)


def read_speakers(place: Place, words: StageFile) -> StageFile:
    """The speakers that a transcript names."""
    with running(place.data, "read_speakers", place.recording):
        spoken = load(place, words, Covered).transcription
        speakers = transcripts.diarization(transcripts.read_transcript(place.file))
        return keep_file(place, "read_speakers", Attributed(spoken.words, speakers))


def known_names(place: Place, meeting: Session) -> dict[str, float]:
    """P(is the coach) by speaker, from the names in a transcript; empty if they settle nothing."""
    if place.recording.has_sound:
        return {}
    known = transcripts.labels(transcripts.read_transcript(place.file))
    coach = _called(known, meeting.coach) or _other(known, _called(known, meeting.coachee))
    return {label: _SURE if label == coach else 1 - _SURE for label in known.values() if coach}


def hints(place: Place) -> tuple[str, ...]:
    """What a person should know about a transcript."""
    if place.recording.has_sound:
        return ()
    return (HURRIED,) if transcripts.hurried(transcripts.read_transcript(place.file)) else ()


def check_sound(place: Place, keep_voices: bool) -> None:
    """Raises: SessionError: voices should be kept, and a transcript has none."""
    if keep_voices and not place.recording.has_sound:
        raise SessionError(
            f"{place.file.name} is a transcript and has no voices to keep: leave out --keep-voice"
        )


def _called(known: Mapping[str, str], name: str) -> str | None:
    fitting = {label for other, label in known.items() if _same_person(other, name)}
    return fitting.pop() if len(fitting) == 1 else None


def _other(known: Mapping[str, str], coachee: str | None) -> str | None:
    others = set(known.values()) - {coachee}
    return others.pop() if coachee is not None and len(others) == 1 else None


def _same_person(one: str, other: str) -> bool:
    """Whether all words of the shorter name are in the longer one, in any order."""
    first, second = (set(_letters(name).split()) for name in (one, other))
    return bool(first and second) and (first <= second or second <= first)


def _letters(name: str) -> str:
    return "".join(c if c.isalnum() else " " for c in name.casefold())
