"""Stages that apply what people said about a recording to what the machine made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from convo import files
from convo.between import Activity
from convo.codebook import TurnCode
from convo.conversation import edits, spans
from convo.conversation.candidates import Verdict, judged, recoded
from convo.conversation.edits import Edit, PassageEdit, SpeakerEdit
from convo.conversation.voices import speaker_at
from convo.database.corrections import Correction
from convo.files import StageFile
from convo.pipeline.stages import Attributed, InRoles, Place, keep_file, load
from convo.progress import running
from convo.transcript import PassageSpan, Segmentation, SpeakerSegment

CANDIDATE = "candidate"


def correct(place: Place, attributed: StageFile, said: Sequence[Correction]) -> StageFile:
    """The words that count, by all that people ``said`` about the talk."""
    with running(place.data, "correct", place.recording):
        heard = load(place, attributed, Attributed)
        changes = edits_of(said, heard.diarization.exclusive)
        return keep_file(place, "correct", edits.applied(heard.words, changes))


def confirm_phases(
    place: Place, in_roles: StageFile, found: StageFile, said: Correction
) -> StageFile:
    """The phases as a person put them right, with what the machine ``found`` inside."""
    with running(place.data, "confirm_phases", place.recording):
        turns = load(place, in_roles, InRoles).turns
        anchors = files.parse(said.value.encode(), spans.Anchors, place.work)
        phases = spans.put_right(
            load(place, found, Segmentation),
            spans.labels_at(turns, anchors),
            said.who,
            said.when.astimezone().date(),
        )
        return keep_file(place, "confirm_phases", phases)


def confirm_activities(
    place: Place, in_roles: StageFile, agreed: StageFile, said: Sequence[Correction]
) -> StageFile:
    """The activities that stand after what people said of them."""
    with running(place.data, "confirm_activities", place.recording):
        turns = load(place, in_roles, InRoles).turns
        found = load(place, agreed, tuple[Activity, ...])
        return keep_file(place, "confirm_activities", judged(found, turns, verdicts(said)))


def confirm_codes(
    place: Place, in_roles: StageFile, coded: StageFile, said: Sequence[Correction]
) -> StageFile:
    """The codes of turns after what people said of them."""
    with running(place.data, "confirm_codes", place.recording):
        turns = load(place, in_roles, InRoles).turns
        found = load(place, coded, tuple[TurnCode, ...])
        return keep_file(place, "confirm_codes", recoded(found, turns, verdicts(said)))


def about_talk(said: Iterable[Correction]) -> tuple[Correction, ...]:
    """Those that change words, speakers, turns or passages."""
    return tuple(one for one in said if one.kind in edits.KINDS)


def edits_of(said: Iterable[Correction], segments: Sequence[SpeakerSegment]) -> tuple[Edit, ...]:
    """What those corrections say, with speakers as ``segments`` have them."""
    found = []
    for one in about_talk(said):
        edit = files.parse(one.value.encode(), edits.KINDS[one.kind], Path("corrections.jsonl"))
        if isinstance(edit, SpeakerEdit) and edit.speaker is not None:
            edit = replace(edit, speaker=speaker_at(edit.speaker, segments))
        found.append(edit)
    return tuple(found)


def passages(said: Iterable[Correction]) -> tuple[PassageSpan, ...]:
    """The passages that are marked."""
    painted: tuple[PassageSpan, ...] = ()
    for edit in edits_of((one for one in said if one.kind == "passage"), ()):
        if isinstance(edit, PassageEdit):
            painted = edits.paint(painted, edit)
    return painted


def verdicts(said: Iterable[Correction]) -> tuple[Verdict, ...]:
    """What was said of candidates, each by whom."""
    return tuple(
        replace(files.parse(one.value.encode(), Verdict, Path("corrections.jsonl")), who=one.who)
        for one in said
        if one.kind == CANDIDATE
    )
