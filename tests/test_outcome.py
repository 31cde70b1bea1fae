"""What comes of a recording, without models: reports, progressions, answers, reservations."""

import dataclasses
import datetime

import pytest

from convo import outcome
from convo.database.artefacts import write_conversation
from convo.database.runs import read_runs
from convo.errors import SessionError
from convo.pipeline.stages import Place
from convo.reservation import Job, is_unfinished, known_sessions, reserved
from convo.sessions import SessionRequest
from convo.transcript import Session
from tests.database.conversations import make_conversation

DAY = datetime.date(2026, 1, 13)


def kept(data, number=1, coachee="Hannah", name=None):
    """A session with its report, as the flow leaves it."""
    conversation = make_conversation(name=name or f"{coachee}-{number}.m4a", number=number)
    conversation = dataclasses.replace(
        conversation, session=Session(coachee, "Maeve", number, DAY, "")
    )
    folder = write_conversation(data / "artefacts", conversation)
    place = Place(data, data / conversation.recording.name, conversation.recording)
    report = outcome.report(place, folder.relative_to(data).as_posix())
    return place, data / report


def names(data):
    return {path.name.rsplit("-", 1)[0] for path in (data / "reports").glob("*.html")}


def test_a_session_leaves_its_report_and_that_of_its_coachee(tmp_path):
    _, report = kept(tmp_path)
    assert report.is_file()
    assert names(tmp_path) == {"hannah-session-01", "hannah-progression"}


def test_a_corrected_session_leaves_nothing_under_the_wrong_name(tmp_path):
    kept(tmp_path, coachee="Hanah", name="one.m4a")
    kept(tmp_path, coachee="Hannah", name="one.m4a")
    assert names(tmp_path) == {"hannah-session-01", "hannah-progression"}


def test_a_coachee_with_other_sessions_keeps_the_progression_without_the_moved_one(tmp_path):
    kept(tmp_path, 1, "Tom", "one.m4a")
    kept(tmp_path, 2, "Tom", "two.m4a")
    kept(tmp_path, 2, "Hannah", "two.m4a")
    assert names(tmp_path) == {
        "tom-session-01",
        "tom-progression",
        "hannah-session-02",
        "hannah-progression",
    }
    (toms,) = (tmp_path / "reports").glob("tom-progression-*.html")
    assert "Session 2" not in toms.read_text(encoding="utf-8")


def test_a_session_in_work_is_not_given_away(tmp_path):
    one, _ = kept(tmp_path, 1)
    two = dataclasses.replace(
        one, recording=dataclasses.replace(one.recording, recording_id="b" * 64, name="b.m4a")
    )
    three = dataclasses.replace(
        one, recording=dataclasses.replace(one.recording, recording_id="c" * 64, name="c.m4a")
    )
    job = Job(tmp_path, two.file, request=SessionRequest(coachee="Hannah", date=DAY))
    with reserved(two, job) as (first, _), reserved(three, job) as (second, _):
        assert (first.number, second.number) == (2, 3)
        assert {k.session.number for k in known_sessions(tmp_path)} == {1, 2, 3}


def test_a_failure_stays_until_the_recording_is_processed_again(tmp_path):
    place, _ = kept(tmp_path)
    job = Job(tmp_path, place.file)
    with pytest.raises(SessionError), reserved(place, job):
        raise SessionError("it failed: do this")
    (failed,) = read_runs(tmp_path / "runs")
    assert is_unfinished(failed) and failed.message == "it failed: do this"
    with reserved(place, job):
        pass
    assert not any(map(is_unfinished, read_runs(tmp_path / "runs")))


def test_options_given_once_hold_until_others_are_given(tmp_path):
    place, _ = kept(tmp_path)
    with reserved(place, Job(tmp_path, place.file, {"words": {"language": "en"}})) as (_, first):
        assert first.words.language == "en"
    with reserved(place, Job(tmp_path, place.file, {"words": {"beam_size": 2}})) as (_, second):
        assert (second.words.language, second.words.beam_size) == ("en", 2)
    with reserved(place, Job(tmp_path, place.file, {"words": {"language": "de"}})) as (_, third):
        assert third.words.language == "de"
