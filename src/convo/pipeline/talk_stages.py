"""The stages after attribution: words with speakers to roles, phases, codes, activities, figures.

None of them needs the recording; :mod:`convo.pipeline.reading` says in which order they run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from convo.codebook import TurnCode
from convo.conversation import edits, measures, roles, shares
from convo.conversation.activities import ActivityOptions
from convo.conversation.cues import Cues
from convo.conversation.functions import FunctionsOptions
from convo.conversation.glossary import Glossary
from convo.conversation.lexicon import Functions
from convo.conversation.media import in_room
from convo.conversation.phases import PhasesOptions
from convo.conversation.word_lists import WordLists
from convo.files import StageFile
from convo.pipeline.shipped import activity_finder, phase_segmenter, turn_coder
from convo.pipeline.stages import Attributed, InRoles, Place, keep_file, load
from convo.progress import running
from convo.transcript import Role, Segmentation


def assign_roles(
    place: Place,
    corrected: StageFile,
    options: roles.RolesOptions,
    cues: Cues,
    coach_is: str | None,
    known: Mapping[str, float],
) -> StageFile:
    """A role for every speaker; ``coach_is`` is a person's word, ``known`` what voices say.

    What is no talk of the two is said by nobody of them.
    """
    with running(place.data, "assign_roles", place.recording):
        spoken = load(place, corrected, edits.Spoken)
        turns = edits.turns_of(spoken)
        assignment = roles.assign_roles(
            in_room(turns), cues, options, coach_is=coach_is, known=known
        )
        labels = (edits.LABELS.get(p.kind) for p in spoken.passages)
        nobody = {label: Role.OTHER for label in sorted(filter(None, labels))}
        assignment = replace(assignment, roles={**assignment.roles, **nobody})
        told = edits.silenced(roles.with_roles(turns, assignment), spoken.passages)
        return keep_file(place, "assign_roles", InRoles(told, assignment))


def segment_phases(
    place: Place, in_roles: StageFile, options: PhasesOptions, cues: Cues, model: str | None
) -> StageFile:
    """The phases of the talk; ``model`` is what :func:`.shipped.phase_model` names."""
    with running(place.data, "segment_phases", place.recording):
        turns = load(place, in_roles, InRoles).turns
        return keep_file(place, "segment_phases", phase_segmenter(options, cues).segment(turns))


def code_turns(
    place: Place,
    in_roles: StageFile,
    options: FunctionsOptions,
    functions: Functions,
    version: str,
) -> StageFile:
    """What every turn does; ``version`` is that of :func:`.shipped.turn_coder`."""
    with running(place.data, "code_turns", place.recording):
        turns = load(place, in_roles, InRoles).turns
        return keep_file(place, "code_turns", turn_coder(options, functions).code(turns))


def find_activities(
    place: Place, in_roles: StageFile, options: ActivityOptions, version: str
) -> StageFile:
    """Candidates for what was agreed for between the sessions.

    ``version`` is that of :func:`.shipped.activity_finder`: what besides the options
    the result depends on.
    """
    with running(place.data, "find_activities", place.recording):
        turns = load(place, in_roles, InRoles).turns
        return keep_file(place, "find_activities", activity_finder(options).find(turns))


def count_shares(
    place: Place,
    attributed: StageFile,
    corrected: StageFile,
    in_roles: StageFile,
    phased: StageFile,
    options: shares.SharesOptions,
) -> StageFile:
    """Each role's part of the words, by session and phase."""
    with running(place.data, "count_shares", place.recording):
        who = load(place, in_roles, InRoles)
        counted = shares.shares(
            [turn.shown for turn in who.turns],
            load(place, phased, Segmentation),
            edits.segments_of(
                load(place, attributed, Attributed).diarization.segments,
                load(place, corrected, edits.Spoken),
            ),
            who.assignment.roles,
            options,
        )
        return keep_file(place, "count_shares", counted)


def measure(
    place: Place,
    in_roles: StageFile,
    phased: StageFile,
    coded: StageFile,
    glossary: Glossary,
    lists: WordLists,
    version: str,
    options: shares.SharesOptions,
) -> StageFile:
    """The figures of what the talk does; ``version`` is as in :func:`code_turns`."""
    with running(place.data, "measure", place.recording):
        found = measures.measures(
            load(place, in_roles, InRoles).turns,
            load(place, coded, tuple[TurnCode, ...]),
            load(place, phased, Segmentation),
            glossary,
            lists,
            version,
            options,
            timed=place.recording.has_sound,
        )
        return keep_file(place, "measure", found)
