"""Stages that load no model: what one leaves, the next can take."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect import Task

from convo import files
from convo.codebook import Code, TurnCode
from convo.conversation.edits import PassageEdit, applied
from convo.conversation.functions import FunctionsOptions
from convo.conversation.media import MEDIA
from convo.conversation.phases import PhasesOptions
from convo.conversation.roles import RolesOptions
from convo.conversation.shares import SharesOptions
from convo.conversation.spans import anchors
from convo.database.corrections import Correction
from convo.files import StageFile
from convo.pipeline import said, shipped, stages, talk_stages
from convo.pipeline.reading import STAGES
from convo.pipeline.stages import VERSIONS, Attributed, InRoles, Place
from convo.progress import TITLES
from convo.transcript import Measure, Passage, Phase, Role, Share
from flows import process_session
from tests.database.conversations import COACHEE, make_conversation

TALK = make_conversation(unattributed=0)
CUES = FunctionsOptions(method="cues")
LISTS, DRAWN = shipped.word_lists(), SharesOptions(resamples=20)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, tmp_path / "session-1.m4a", TALK.recording)


def kept(place: Place, name: str, value: object) -> StageFile:
    found = files.save(place.work / name, value)
    return StageFile(found.path.relative_to(place.data), found.sha256)


def test_every_stage_has_a_version_and_a_title() -> None:
    assert set(VERSIONS) == set(TITLES) - {"keep", "report"}


def test_the_flow_runs_every_stage_and_no_other() -> None:
    """The cheap ones are those that a correction runs again, without the flow."""
    tasks = [one for one in vars(process_session).values() if isinstance(one, Task)]
    expensive = {one.name for one in tasks if one.cache_policy is process_session.KEPT}
    assert not expensive & set(STAGES)
    assert expensive | set(STAGES) == set(VERSIONS)


def test_turns_are_coded_and_measured(place: Place) -> None:
    functions, glossary = shipped.functions(), shipped.glossary()
    in_roles = kept(place, "roles.json", InRoles(TALK.turns, TALK.roles))
    phased = kept(place, "phases.json", TALK.segmentation)
    version = shipped.turn_coder(CUES).version
    coded = talk_stages.code_turns(place, in_roles, CUES, functions, version)
    codes = stages.load(place, coded, tuple[TurnCode, ...])
    assert [one.turn for one in codes] == [turn.number for turn in TALK.turns]
    assert codes == shipped.turn_coder(CUES).code(TALK.turns)
    assert codes[2].code is Code.ASK
    measured = talk_stages.measure(place, in_roles, phased, coded, glossary, LISTS, version, DRAWN)
    found = stages.load(place, measured, tuple[Measure, ...])
    asked = {(m.phase, m.role): m.value for m in found if m.metric == "questions"}
    assert asked[None, Role.COACH] >= 4
    method = f"{version}, glossary {glossary.version}, words {LISTS.version}"
    assert {m.method for m in found} == {method}


def test_figures_are_by_the_phases_that_count(place: Place) -> None:
    """Those that a person gave; a phase that was not looked for has no figure of its own."""
    in_roles = kept(place, "roles.json", InRoles(TALK.turns, TALK.roles))
    options = PhasesOptions(method="cues", without=(Phase.SCRUTINY,))
    machine = talk_stages.segment_phases(place, in_roles, options, shipped.cues(), None)
    word = Correction(
        "phases",
        files.as_json(anchors(TALK.turns, TALK.segmentation.labels())).decode(),
        "Sam",
        datetime(2026, 3, 4, tzinfo=UTC),
    )
    person = said.confirm_phases(place, in_roles, machine, word)
    functions, glossary = shipped.functions(), shipped.glossary()
    version = shipped.turn_coder(CUES).version
    coded = talk_stages.code_turns(place, in_roles, CUES, functions, version)

    def figures(phased: StageFile) -> dict[tuple[Phase | None, str], float]:
        measured = talk_stages.measure(
            place, in_roles, phased, coded, glossary, LISTS, version, DRAWN
        )
        found = stages.load(place, measured, tuple[Measure, ...])
        return {(m.phase, m.metric): m.value for m in found if m.role is Role.COACH}

    assert Phase.SCRUTINY not in {phase for phase, _ in figures(machine)}
    assert (Phase.SCRUTINY, "questions") in figures(person)
    assert figures(person)[None, "questions"] == figures(machine)[None, "questions"]
    right = kept(place, "phases.json", TALK.segmentation)
    assert figures(person) == figures(right)


def test_what_is_played_is_in_no_share(place: Place) -> None:
    """The coachee's own voice from a clip, in the middle of the session."""
    played = next(turn for turn in TALK.turns if turn.speaker == COACHEE and turn.word_count > 20)
    assert played.start is not None and played.end is not None
    media = PassageEdit(played.start - 0.1, played.end + 0.1, Passage.MEDIA)
    attributed = kept(place, "words.json", Attributed(TALK.transcription.words, TALK.diarization))

    def shared(*edits: PassageEdit) -> tuple[tuple[Share, ...], InRoles]:
        corrected = kept(place, "correct.json", applied(TALK.transcription.words, edits))
        in_roles = talk_stages.assign_roles(
            place, corrected, RolesOptions(), shipped.cues(), "SPEAKER_00", {}
        )
        who = stages.load(place, in_roles, InRoles)
        phased = kept(place, "phases.json", TALK.segmentation)  # one turn is played as a whole
        counted = talk_stages.count_shares(
            place, attributed, corrected, in_roles, phased, SharesOptions()
        )
        return stages.load(place, counted, tuple[Share, ...]), who

    everything, _ = shared()
    room, who = shared(media)
    assert who.assignment.roles[MEDIA] is Role.OTHER
    assert [turn.speaker for turn in who.turns].count(MEDIA) == 1

    def coachee(shares: tuple[Share, ...]) -> Share:
        return next(s for s in shares if s.phase is None and s.role is Role.COACHEE)

    assert coachee(everything).words - coachee(room).words == played.word_count
    lost = (coachee(everything).seconds or 0) - (coachee(room).seconds or 0)
    assert lost == pytest.approx(played.end - played.start, abs=0.01)
