"""Whose session a recording is, put right afterwards: everything follows, and it can be undone."""

from dataclasses import asdict, replace
from datetime import date

import pytest

from convo import outcome
from convo.config import Settings
from convo.corrections import correcting, recomputing
from convo.corrections.renaming import settle_session
from convo.database.artefacts import current_run, write_conversation
from convo.database.earlier import with_remedies
from convo.database.jobs import Queue, Queued
from convo.database.masked import pseudonyms
from convo.database.notes import cells
from convo.database.runs import Run, read_runs, record_run
from convo.deletion import forgetting
from convo.errors import SessionError
from convo.outcome import write_cell
from convo.pipeline.stages import Place
from convo.reservation import note_runs, store
from convo.sessions import SessionRequest
from convo.transcript import Remedy
from tests.database.conversations import make_conversation
from tests.deletion.test_forgetting import left

OPTIONS = Settings.model_validate({"phases": {"method": "cues"}, "functions": {"method": "cues"}})
MADE = make_conversation(unattributed=0)
RECORDING, SESSION = MADE.recording.recording_id, MADE.session
OTHER = "b" * 64


def keep(data, made):
    provenance = dict(made.provenance) | {"options": OPTIONS.model_dump_json()}
    store(data).load(write_conversation(data / "artefacts", replace(made, provenance=provenance)))
    about = made.recording
    record_run(data / "runs", Run(f"/x/{about.name}", about.recording_id, made.session, "done"))
    note_runs(data)


@pytest.fixture
def data(tmp_path):
    """Two sessions of one coachee, each with a report."""
    keep(tmp_path, MADE)
    second = replace(MADE.recording, recording_id=OTHER, name="second.m4a")
    later = replace(SESSION, number=SESSION.number + 1, date=date(2026, 5, 1))
    keep(tmp_path, replace(MADE, recording=second, session=later))
    for recording in (RECORDING, OTHER):
        correcting.recompute(tmp_path, recording)
    return tmp_path


def now(data):
    return current_run(data / "artefacts", RECORDING).session


def rename(data, **right):
    said = correcting.name_session(data, RECORDING, replace(now(data), **right), "Sam")
    correcting.recompute(data, RECORDING)
    return said


def pages(data):
    return {page.name: page.read_text("utf-8") for page in (data / "reports").glob("*.html")}


def rows(data, sql):
    return store(data).query(sql).rows


def test_another_coachee_takes_the_session_along_everywhere(data):
    before, state = current_run(data / "artefacts", RECORDING).folder, pages(data)
    steps = rows(data, "from followup order by all")
    write_cell(data, recomputing.kept(data, RECORDING), None, "Ours.", "Sam")
    rename(data, coachee="Ann Lee", programme="Talk")

    assert now(data) == replace(SESSION, coachee="Ann Lee", programme="Talk")
    assert rows(data, "select coachee, programme from session order by all")[0] == (
        "Ann Lee",
        "Talk",
    )
    assert ("Ann Lee",) in rows(data, "select coachee from attempt")
    assert rows(data, "from followup") == ()  # the other session has none before it any more
    assert cells(data, RECORDING)[None].text == "Ours."
    new = {name for name in pages(data) if name.startswith("ann-lee-")}
    assert len(new) == 2  # of the session, and over all
    old = {name: page for name, page in pages(data).items() if name not in new}
    assert not any("-session-" in name and RECORDING[:8] in name for name in old)
    (over_all,) = (page for name, page in old.items() if "progression" in name)
    assert RECORDING[:8] not in over_all

    correcting.undo(data, RECORDING, "Alex")
    correcting.recompute(data, RECORDING)
    assert current_run(data / "artefacts", RECORDING).folder == before
    assert set(pages(data)) == set(state)
    assert rows(data, "from followup order by all") == steps
    assert [run.session for run in read_runs(data / "runs") if run.recording_id == RECORDING] == [
        SESSION
    ]


def test_a_coachee_without_sessions_has_no_report_left(data):
    for recording in (RECORDING, OTHER):
        run = current_run(data / "artefacts", recording)
        right = replace(run.session, coachee=run.session.coachee.lower())  # the same file name
        correcting.name_session(data, recording, right, "Sam")
        correcting.recompute(data, recording)
    said = "".join(pages(data).values())
    assert SESSION.coachee.lower() in said
    assert sum("progression" in name for name in pages(data)) == 1
    assert store(data).query("select distinct coachee from session").rows == (
        (SESSION.coachee.lower(),),
    )


def test_a_report_over_a_part_of_the_sessions_follows_too(data):
    part = outcome.write_progression(data, SESSION.coachee, SESSION.coach)
    rename(data, coach="Kate")
    assert part.is_file() and RECORDING[:8] not in part.read_text("utf-8")
    correcting.name_session(
        data, OTHER, replace(current_run(data / "artefacts", OTHER).session, coach="Kate"), "Sam"
    )
    correcting.recompute(data, OTHER)
    assert not part.exists()


def test_two_people_who_change_different_things_both_count_and_undo_leaves_the_other(data):
    first = rename(data, number=7)
    rename(data, date=date(2026, 2, 2))
    assert now(data) == replace(SESSION, number=7, date=date(2026, 2, 2))
    correcting.undo(data, RECORDING, "Sam", first.name)
    correcting.recompute(data, RECORDING)
    assert now(data) == replace(SESSION, date=date(2026, 2, 2))
    (change,) = recomputing.kept(data, RECORDING).corrected.changes
    assert (change.kind, change.who, change.words) == ("session", "Sam", 0)


def test_a_session_that_another_recording_is_cannot_be_taken(data):
    for right in (replace(SESSION, number=SESSION.number + 1), SESSION):
        with pytest.raises(SessionError, match=r"second\.m4a already: give this|stands there"):
            correcting.name_session(data, RECORDING, right, "Sam")
    waiting = SessionRequest(**asdict(replace(SESSION, number=9)))
    Queue(data).add(Queued("c" * 64, "waits.m4a", "inbox/c", 1.0, "owner", waiting))
    with pytest.raises(SessionError, match=r"waits\.m4a already"):
        correcting.name_session(data, RECORDING, replace(SESSION, number=9), "Sam")
    assert correcting.history(data, RECORDING) == ()


def test_what_was_left_cannot_be_taken_back_once_another_recording_is_it(data):
    said = rename(data, number=7)
    moved = replace(current_run(data / "artefacts", OTHER).session, number=SESSION.number)
    correcting.name_session(data, OTHER, moved, "Sam")  # not counted yet: it is taken all the same
    with pytest.raises(SessionError, match=r"second\.m4a already"):
        correcting.undo(data, RECORDING, "Sam", said.name)
    assert correcting.session_without(data, RECORDING, said.name) == SESSION


def test_the_queue_says_the_new_name_and_who_was_named_by_mistake_stays_masked(data):
    Queue(data).add(Queued(RECORDING, "a.m4a", "inbox/a", 1.0, "owner", SessionRequest("X", "Y")))
    rename(data, coachee="Ann")
    assert Queue(data).job(RECORDING).request == SessionRequest(**asdict(now(data)))
    names = pseudonyms(store(data), b"secret")
    assert SESSION.coachee not in names.text(f"So, {SESSION.coachee} and Ann, shall we?")


def test_processing_again_keeps_what_was_put_right_and_correct_is_kept_as_such(data):
    place = Place(data, data / "a.m4a", MADE.recording)
    correcting.name_session(data, RECORDING, replace(SESSION, number=7), "Sam")  # meanwhile
    assert settle_session(place, SESSION, asked=False).number == 7
    asked = replace(SESSION, number=7, coach="Kate")
    assert settle_session(place, asked, asked=True) == asked
    assert [one.kind for one in correcting.history(data, RECORDING)] == ["session", "session"]
    assert settle_session(place, SESSION, asked=False) == asked
    unknown = replace(MADE.recording, recording_id="d" * 64)
    assert settle_session(replace(place, recording=unknown), SESSION, asked=True) == SESSION


def test_a_session_that_was_renamed_is_deleted_under_every_name(data):
    for coachee in ("Zzquokka", "Ann"):
        rename(data, coachee=coachee)
    assert left(data, "Zzquokka")
    forgetting.forget(data, RECORDING, "Sam")
    assert left(data, "Zzquokka") == left(data, "zzquokka") == left(data, "Ann") == set()


def test_a_transcript_tells_by_its_names_who_is_the_coach_when_they_are_put_right(tmp_path):
    file = tmp_path / "talk.vtt"
    cue = "00:00:0{}.000 --> 00:00:0{}.000\n<v {}>So what happened there then?\n"
    file.write_text("WEBVTT\n\n" + "\n".join(cue.format(n, n + 1, "AB"[n % 2]) for n in range(6)))
    about = replace(MADE.recording, channels=0, name=file.name)
    record_run(tmp_path / "runs", Run(str(file), about.recording_id, SESSION, "done"))
    kept = replace(MADE, recording=about, session=replace(SESSION, coach="A", coachee="B"))
    place = Place(tmp_path, tmp_path / "elsewhere", about)
    swapped = replace(SESSION, coach="B", coachee="A")
    known = recomputing._known(place, kept, swapped)
    assert known["SPEAKER_01"] > 0.9 > known["SPEAKER_00"]
    file.unlink()
    assert recomputing._known(place, kept, swapped) == {}  # as it was known before


def test_a_reason_that_an_earlier_version_kept_names_no_command():
    old = (
        "each channel of the recording seems to hold one speaker: process it again with "
        "--channels speakers, and nobody's words can be given to the other"
    )
    found = with_remedies({"review": [old, "something else"]})
    assert found["review"] == [outcome.CHANNELS.reason, "something else"]
    assert [Remedy(**one) for one in found["remedies"]] == [outcome.CHANNELS]
    assert with_remedies(found) is found
