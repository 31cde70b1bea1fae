"""What people say about voices: who is the coach, which voices may be kept, clips to decide by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from convo.audio import recording as audio
from convo.conversation.edits import PassageEdit, without
from convo.conversation.media import Span
from convo.conversation.voices import anchored, coach_probabilities, speaker_at
from convo.database import profiles
from convo.database.corrections import (
    Correction,
    in_force,
    last_correction,
    read_corrections,
    save_correction,
)
from convo.errors import SessionError
from convo.files import StageFile, as_json
from convo.pipeline.said import passages
from convo.pipeline.stages import (
    Attributed,
    InRoles,
    Place,
    load,
    samples_of,
    speaker_voices,
)
from convo.reservation import Job
from convo.transcript import Conversation, Passage, Role, Session

VOICE_MODEL = "campplus-192"
CLIP_S = 12.0  # long enough to know a voice, short enough not to be a quotation
_SURE = 0.9  # below this a voice is not kept as the voice of anybody


def coach_by_person(place: Place, attributed: StageFile) -> str | None:
    """Which speaker a person has named as the coach; None if nobody did."""
    said = last_correction(place.data / "artefacts", place.recording.recording_id, "coach")
    segments = load(place, attributed, Attributed).diarization.exclusive
    return speaker_at(said.value, segments) if said else None


def keep_answer(
    place: Place, attributed: StageFile, coach_is: str, who: str | None = None
) -> Correction:
    """Keep a person's word on who the coach is, beside what the machine thinks."""
    segments = load(place, attributed, Attributed).diarization.exclusive
    root, recording_id = place.data / "artefacts", place.recording.recording_id
    return save_correction(root, recording_id, "coach", anchored(coach_is, segments), who)


def corrections_of(place: Place) -> tuple[Correction, ...]:
    """All that people said about the recording and did not take back."""
    return in_force(read_corrections(place.data / "artefacts", place.recording.recording_id))


def keep_media(place: Place, spans: Iterable[Span]) -> None:
    """Keep where a person says that a recording is played, unless that is known already."""
    root, recording_id = place.data / "artefacts", place.recording.recording_id
    for start, end in spans:
        known = passages(corrections_of(place))
        media = (p for p in known if p.kind is Passage.MEDIA)
        if not any(p.start <= start and end <= p.end for p in media):
            said = as_json(PassageEdit(start, end, Passage.MEDIA)).decode()
            save_correction(root, recording_id, "passage", said)


def known_voices(place: Place, attributed: StageFile, meeting: Session) -> dict[str, float]:
    """P(is the coach) by speaker, from voices of this pair kept with consent; empty if none is."""
    kept = {
        role: profiles.read_profile(voices_folder(place.data), name, pair_of(meeting))
        for role, name in _names(meeting).items()
    }
    usable = {r: p.voice for r, p in kept.items() if p is not None and p.model == VOICE_MODEL}
    if not usable or not place.recording.has_sound:
        return {}
    voices = speaker_voices(place, attributed)
    return coach_probabilities(voices, usable.get(Role.COACH), usable.get(Role.COACHEE))


def keep_voices(
    place: Place, attributed: StageFile, in_roles: StageFile, job: Job, meeting: Session
) -> None:
    """Keep the voices of ``job.keep_voices`` for this pair, with the wording of their consent.

    Raises:
        SessionError: nobody has settled which voice is whose, or no consent is given.
    """
    assignment = load(place, in_roles, InRoles).assignment
    if assignment.probability < _SURE:
        raise SessionError(
            f"it is not certain which voice of {place.file.name} is the coach, so none is kept: "
            "say it with --coach-is first"
        )
    for speaker, voice in speaker_voices(place, attributed).items():
        role = assignment.roles.get(speaker)
        if role in job.keep_voices:
            profiles.keep_profile(
                voices_folder(place.data),
                _names(meeting)[role],
                pair_of(meeting),
                voice,
                VOICE_MODEL,
                job.consent,
                place.recording.recording_id,
            )


def voices_folder(data: Path) -> Path:
    """Where voice profiles are kept, apart from the store."""
    return data / "voices"


def clips(data: Path, conversation: Conversation) -> dict[str, Path]:
    """The short voice clips that were written to settle the roles, by speaker."""
    found = {s: _clip(data, conversation, s) for s in sorted(conversation.roles.roles)}
    return {speaker: path for speaker, path in found.items() if path.is_file()}


def write_clips(place: Place, conversation: Conversation, with_sound: bool = True) -> None:
    """One clip a voice while the roles are open; none are left once they are settled.

    Nothing private is in one. Without the sound no clip is cut, and those stay that may.
    """
    private = [
        (p.start, p.end)
        for p in (conversation.corrected.passages if conversation.corrected else ())
        if p.kind is Passage.PRIVATE
    ]
    with_sound = with_sound and place.recording.has_sound
    for speaker in conversation.roles.roles:
        path = _clip(place.data, conversation, speaker)
        own = [s for s in conversation.diarization.exclusive if s.speaker == speaker]
        free = without(own, private)
        if with_sound or not conversation.roles.review or own != list(free):
            path.unlink(missing_ok=True)
        if with_sound and conversation.roles.review and free:
            longest = max(free, key=lambda segment: segment.duration)
            path.parent.mkdir(parents=True, exist_ok=True)
            end = min(longest.end, longest.start + CLIP_S)
            audio.write_clip(samples_of(place), longest.start, end, path)


def _clip(data: Path, conversation: Conversation, speaker: str) -> Path:
    label = re.sub(r"\W", "_", speaker)
    return data / "reports" / "voices" / f"{conversation.recording.short_id}-{label}.wav"


def _names(meeting: Session) -> dict[Role, str]:
    return {Role.COACH: meeting.coach, Role.COACHEE: meeting.coachee}


def pair_of(meeting: Session) -> str:
    """In whose sessions a voice is used."""
    return f"{meeting.coach} with {meeting.coachee}"
