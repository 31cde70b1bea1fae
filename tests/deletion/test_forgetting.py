"""Deleting: a rare phrase of the session is in no byte of the data folder, however it ends.

The phrase is put wherever convo keeps something of a recording; :func:`left` looks for it in all
files, in Parquet and the stores as text too, because these pack what they hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from convo import files, outcome
from convo.answers import clips, pair_of, voices_folder
from convo.cli import main
from convo.conversation.pseudonyms import Pseudonyms
from convo.corrections import correcting
from convo.corrections.recomputing import DUE
from convo.database import masked
from convo.database.artefacts import current_run, write_conversation
from convo.database.deletions import deletions, is_broken_off, last_deletion, unfinished
from convo.database.jobs import Queue, Queued
from convo.database.notes import engagement_of, save_cell
from convo.database.profiles import keep_profile, list_profiles
from convo.database.runs import Run, read_runs, record_run
from convo.database.uploads import Uploads
from convo.deletion import forgetting
from convo.deletion import removing as removing_steps
from convo.errors import SessionError
from convo.files import write_atomically
from convo.pipeline.stages import Place
from convo.progress import running
from convo.report.reminder import reminder
from convo.reservation import Job, known_sessions, lock, reserved, store
from convo.sessions import SessionRequest
from convo.transcript import Conversation, Phase
from convo.web.desk import Desk
from tests.database.conversations import SCRIPT, make_conversation

RARE = "zzquokka"
NAME = f"{RARE} on tape.wav"
SOUND = f"sound of the {RARE}".encode()
ID = hashlib.sha256(SOUND).hexdigest()
OURS = f"artefacts/{ID[:16]}"


class KilledError(BaseException):
    """As when the program is killed: nothing in it can stop that."""


def rare() -> Conversation:
    script = [(phase, who, f"{text} The {RARE}, I mean.") for phase, who, text in SCRIPT]
    made = make_conversation(number=1, script=script, review=(f"is the {RARE} heard?",))
    recording = replace(made.recording, recording_id=ID, name=NAME, bytes=len(SOUND))
    return replace(made, recording=recording)


def other(number: int = 2, **names: str) -> Conversation:
    return make_conversation(name=f"{number}.m4a", number=number, **names)


def keep(data: Path, made: Conversation) -> Place:
    """A session as the flow leaves it, with a line for every stage."""
    folder = write_conversation(data / "artefacts", made)
    store(data).load(folder)
    place = Place(data, data / "inbox" / made.recording.recording_id, made.recording)
    outcome.write_pages(place, folder.relative_to(data).as_posix())
    outcome.note_path(data, {made.session.coachee})
    record_run(
        data / "runs", Run(str(place.file), made.recording.recording_id, made.session, "done")
    )
    return place


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions of the same two people, of the first one everything that there can be."""
    data, made = tmp_path_factory.mktemp("data"), rare()
    keep(data, other())
    place = keep(data, made)
    for path in (
        place.file,
        data / "inbox" / "incoming" / "none",
        place.work / "transcribe-0.json",
        place.work / "listening" / "listen.mp3",
        data / "reports" / "voices" / f"{ID[:16]}-SPEAKER_00.wav",
        data / "runs" / f".{ID[:16]}.json.x.tmp",
        data / DUE / ID[:16],
        data / "convo.duckdb.tmp" / "spilt",
    ):
        write_atomically(path, SOUND)
    reports = (data / "reports").glob("*.html")
    for path in (path for path in reports if "session-02" not in path.name):
        write_atomically(path.with_name(f".{path.name}.x.tmp"), SOUND)
    found = json.dumps({"path": f"work/{ID[:16]}/{RARE}.json"}).encode()
    write_atomically(data / "results" / "transcribe-v1-0", found)
    write_atomically(data / "results" / "transcribe-v1-1", b'{"path": "work/other"}')
    with running(data, "keep", made.recording):
        pass
    correcting.edit_words(data, ID, 0.0, 6.0, f"The {RARE} said this.", "Sam")
    save_cell(data, engagement_of(made.session), ID, Phase.SCRUTINY, f"A {RARE}!", "Maeve")
    store(data).load(current_run(data / "artefacts", ID).folder)
    uploads = Uploads(data)
    uploads.complete(uploads.begin(NAME, 9, None, "alike", "owner").id, ID, 1.0)
    broken = uploads.begin(NAME, 9, None, "alike", "owner")
    write_atomically(data / "inbox" / "incoming" / broken.id, SOUND)
    request = SessionRequest("Hannah", "Maeve", 1, programme=RARE)
    queue = Queue(data)
    queue.add(Queued(ID, NAME, f"inbox/{ID}", 1.0, "owner", request))
    queue.end(ID, "done")
    keep_profile(voices_folder(data), "Maeve", pair_of(made.session), (1.0,), "m", RARE, ID)
    keep_profile(voices_folder(data), "Hannah", pair_of(made.session), (1.0,), "m", "yes", "ab")
    agreed = replace(made, activities=_agreed())
    write_atomically(data / "reminder.ics", reminder(agreed, 3).encode())
    masked.masked_store(store(data), data / masked.FOLDER, Pseudonyms(b"key", ()))
    (data / "inbox" / "incoming" / "none").unlink()
    return data


def _agreed():
    from convo.between import Activity

    return (Activity(2, 4, 3, "client", "do"),)


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    copied = tmp_path / "data"
    shutil.copytree(filled, copied)
    # where a recording is, is remembered with the whole path
    for run in read_runs(copied / "runs"):
        record_run(copied / "runs", replace(run, file=run.file.replace(str(filled), str(copied))))
    store(copied).note_runs(read_runs(copied / "runs"))
    return copied


def left(data: Path, phrase: str = RARE) -> set[str]:
    """Where the phrase can still be found, relative to the data folder."""
    paths = (path for path in data.rglob("*") if path.is_file())
    return {
        path.relative_to(data).as_posix()
        for path in paths
        if phrase in path.name or any(phrase in text for text in texts(path))
    }


def texts(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    yield content.decode("utf-8", errors="ignore")
    if path.suffix == ".parquet":
        yield str(pq.read_table(path).to_pydict())
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
                yield str(con.execute(f'from "{table}"').fetchall())


def check_gone(data: Path) -> None:
    assert left(data) == set()
    assert {path.split("/")[0] for path in left(data, ID[:16])} <= {
        *("deletions.jsonl", "locks", "convo.duckdb")
    }
    assert [d.short_id for d in deletions(data)] == [ID[:16]] and not is_broken_off(data)
    told = store(data).query("from deletion").rows
    assert [(row[0], row[1]) for row in told] == [(ID[:16], "session")]
    kept = [one.session.number for one in outcome.kept_sessions(data)]
    assert kept == [2] == [one.session.number for one in Desk(data).sessions()]


def test_the_phrase_is_everywhere_before(data: Path) -> None:
    places = {path.split("/")[0] for path in left(data)}
    assert places >= {
        *("artefacts", "convo.duckdb", "convo.duckdb.tmp", "for-researchers", "inbox", "queue.db"),
        *("reminder.ics", "reports", "results", "reports-due", "runs", "voices", "work"),
    }
    assert ID in (data / "stages.jsonl").read_text()
    assert len([path for path in left(data) if path.startswith("inbox/")]) == 2
    assert len([path for path in left(data) if path.startswith(OURS)]) > 3


def test_no_byte_of_a_deleted_session_is_left(data: Path) -> None:
    done = forgetting.forget(data, ID, "Sam")
    check_gone(data)
    assert "its report" in done.removed and "the uploaded copy of the file" in done.removed
    assert [name in " ".join(done.stays) for name in (NAME, "Hannah", "Maeve")] == [1, 1, 0]
    (log,) = deletions(data)
    assert (log.who, log.removed) == ("Sam", done.removed) and log.done_at
    said = (data / "deletions.jsonl").read_text()
    assert "Hannah" not in said and "Maeve" not in said and RARE not in said
    # what is of the other session is all there
    assert (data / "results" / "transcribe-v1-1").is_file()
    assert store(data).query("select count(*) from turn").rows[0][0] == len(other().turns)
    outcome.rebuild_store(data)
    check_gone(data)


def test_the_report_over_all_sessions_is_written_again_or_goes_with_the_last(data: Path) -> None:
    names = [path.name for path in (data / "reports").glob("hannah-progression-*.html")]
    part = outcome.write_progression(data, "Hannah", "Maeve")
    assert part.name not in names
    forgetting.forget(data, ID, "Sam")
    (over_all,) = (data / "reports").glob("*-progression-*.html")
    assert [over_all.name] == names and "Session 2" in over_all.read_text(encoding="utf-8")
    forgetting.forget(data, other().recording.recording_id, "Sam")
    assert list((data / "reports").glob("*.html")) == []
    assert left(data, "Hannah") == set()


def test_voices_go_with_what_they_were_heard_in_and_with_the_last_session(data: Path) -> None:
    kept = voices_folder(data)
    stranger = pair_of(other(3, coachee="Priya").session)
    keep_profile(kept, "Maeve", stranger, (1.0,), "m", "yes")
    forgetting.forget(data, ID, "Sam")
    assert [(p.name, p.pair != stranger) for p in list_profiles(kept)] == [
        ("Hannah", True),
        ("Maeve", False),
    ]
    done = forgetting.forget(data, other().recording.recording_id, "Sam")
    assert [p.pair for p in list_profiles(kept)] == [stranger]
    assert "the voices that were kept" in done.removed
    assert not any("voice" in sentence for sentence in done.stays)


@pytest.mark.parametrize("after", range(len(forgetting.STEPS) + 1))
def test_killed_after_any_step_it_is_no_session_and_the_next_start_finishes(
    data: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KilledError

    steps = forgetting.STEPS
    monkeypatch.setattr(forgetting, "STEPS", (*steps[:after], killed))
    with pytest.raises(KilledError):
        forgetting.forget(data, ID, "Sam")
    assert [one.short_id for one in unfinished(data)] == [ID[:16]]
    assert [one.session.number for one in Desk(data).sessions()] == [2]
    monkeypatch.setattr(forgetting, "STEPS", steps)
    if after % 2:
        assert main(["report", "--data", str(data), "--json"]) == 0
    else:
        done = forgetting.forget(data, ID, "somebody else")  # asked again
        assert "the uploaded copy of the file" in done.removed
        assert "Hannah" in " ".join(done.stays)
    check_gone(data)
    (log,) = deletions(data)
    assert log.who == "Sam" and "its report" in log.removed


def test_killed_in_the_middle_of_a_step_it_is_finished_too(data: Path, monkeypatch) -> None:
    """Every place from which something is removed is a place to be killed at."""
    seen = 0
    removing = files.remove

    def remove(path: Path) -> None:
        nonlocal seen
        seen += 1
        if seen == at:
            raise KilledError
        removing(path)

    for module in (forgetting, removing_steps):
        monkeypatch.setattr(module, "remove", remove)
    for at in range(1, 40, 3):
        seen = 0
        try:
            forgetting.finish(data) if at > 1 else forgetting.forget(data, ID, "Sam")
        except KilledError:
            continue
        break
    monkeypatch.undo()
    forgetting.finish(data)
    check_gone(data)


def test_killed_before_anything_was_touched_it_is_deleted_all_the_same(data, monkeypatch) -> None:
    monkeypatch.setattr(forgetting, "save", lambda *_: (_ for _ in ()).throw(KilledError))
    with pytest.raises(KilledError):
        forgetting.forget(data, ID, "Sam")
    monkeypatch.undo()
    forgetting.finish(data)
    check_gone(data)


def test_what_is_being_worked_on_is_refused_and_untouched(data: Path, monkeypatch) -> None:
    monkeypatch.setattr(forgetting, "_WAIT_S", 0.1)
    before = left(data)
    with lock(data, ID[:16]), pytest.raises(SessionError, match="cancel it in the queue"):
        forgetting.forget(data, ID, "Sam")
    queue = Queue(data)
    queue.forget(ID)
    queue.add(Queued(ID, NAME, f"inbox/{ID}", 1.0, "owner"))
    queue.take(ID, os.getpid())
    for delete in (forgetting.forget, forgetting.forget_sound):
        with pytest.raises(SessionError, match="cancel it in the queue"):
            delete(data, ID, "Sam")
    assert deletions(data) == () and left(data) == before


@pytest.mark.parametrize("dead", [False, True])
def test_what_waits_or_was_left_by_a_dead_process_is_deleted(data: Path, dead: bool) -> None:
    queue = Queue(data)
    queue.forget(ID)
    queue.add(Queued(ID, NAME, f"inbox/{ID}", 1.0, "owner"))
    if dead:
        queue.take(ID, 2**22 + 1)
    forgetting.forget(data, ID, "Sam")
    assert queue.jobs() == []
    check_gone(data)


def test_a_recording_that_failed_is_deleted_with_what_came_of_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    place = Place(data, tmp_path / NAME, rare().recording)
    place.file.touch()
    write_atomically(place.work / "transcribe-0.json", SOUND)
    with pytest.raises(SessionError), reserved(place, Job(data, place.file)):
        raise SessionError("it failed")
    correcting.note_consent(data, ID, {"wording": RARE}, "Sam")
    assert left(data)
    done = forgetting.forget(data, ID, "Sam")
    assert left(data) == set() and known_sessions(data) == []
    assert str(place.file) in done.stays[0]
    with pytest.raises(SessionError, match="no recording"):
        forgetting.forget(data, "ab" * 32, "Sam")


def test_the_users_own_file_is_named_and_not_touched(data: Path, tmp_path: Path) -> None:
    own = tmp_path / NAME
    own.write_bytes(SOUND)
    record_run(data / "runs", Run(str(own), ID, rare().session, "done"))
    done = forgetting.forget(data, ID, "Sam")
    assert own.read_bytes() == SOUND and str(own) in done.stays[0]
    check_gone(data)


def test_another_file_under_the_same_name_stays(data: Path) -> None:
    another = data / "inbox" / "talk.wav"
    another.write_bytes(b"something else")
    record_run(data / "runs", Run(str(another), ID, rare().session, "done"))
    forgetting.forget(data, ID, "Sam")
    assert another.is_file()


def test_the_same_file_again_is_a_new_recording(data: Path) -> None:
    forgetting.forget(data, ID, "Sam")
    keep(data, rare())
    assert [one.session.number for one in Desk(data).sessions()] == [1, 2]
    assert last_deletion(data, ID, "session") and not last_deletion(data, ID, "sound")
    assert store(data).query("select count(*) from correction").rows == ((0,),)
    forgetting.finish(data)  # the old deletion is done, and deletes nothing more
    assert left(data)
    forgetting.forget(data, ID, "Sam")
    assert left(data) == set() and len(deletions(data)) == 2


def test_only_the_sound_goes_and_stays_away(data: Path) -> None:
    figures = store(data).query("from v_talk_share").rows
    before = left(data)
    done = forgetting.forget_sound(data, ID, "Sam")
    assert done.removed == (
        "the uploaded copy of the file",
        "the clips of voices",
        "the copy for listening",
    )
    gone = before - left(data)
    assert {path.split("/")[0] for path in gone if "duckdb" not in path} == {
        *("inbox", "reports", "work")
    }
    assert f"work/{ID[:16]}/listening/listen.mp3" in gone
    assert f"work/{ID[:16]}/transcribe-0.json" in left(data)
    assert store(data).query("from v_talk_share").rows == figures
    assert last_deletion(data, ID, "sound") and not clips(data, rare())
    with pytest.raises(SessionError, match="no session"):
        forgetting.forget_sound(data, "ab" * 32, "Sam")
    forgetting.forget(data, ID, "Sam")
    assert left(data) == set() and len(deletions(data)) == 2
    assert not last_deletion(data, ID, "sound")


def test_a_sound_whose_deletion_was_broken_off_is_gone_at_the_next_start(data, monkeypatch) -> None:
    def killed(*_: object) -> None:
        raise KilledError

    monkeypatch.setattr(forgetting, "remove_copies", killed)
    with pytest.raises(KilledError):
        forgetting.forget_sound(data, ID, "Sam")
    assert last_deletion(data, ID, "sound")
    monkeypatch.undo()
    forgetting.finish(data)
    assert not (data / "inbox" / ID).exists() and current_run(data / "artefacts", ID)
    assert not is_broken_off(data)


def test_a_researcher_asks_a_copy_without_it(data: Path) -> None:
    names = Pseudonyms(b"key", ("Sam",))
    before = masked.masked_store(store(data), data / masked.FOLDER, names).path
    forgetting.forget(data, ID, "Sam")
    assert not before.exists()
    copy = masked.masked_store(store(data), data / masked.FOLDER, names)
    assert copy.query("select what, who, reason from deletion").rows == (
        ("session", names.person("Sam"), ""),
    )
    assert left(data) == set()


def test_on_the_command_line_the_name_is_asked_for(data: Path, monkeypatch, capsys) -> None:
    command = ["forget", "--coachee", "Hannah", "--session", "1", "--data", str(data)]
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "Priya")
    assert main(command) == 1
    assert "nothing is deleted" in capsys.readouterr().err and deletions(data) == ()
    monkeypatch.setattr("typer.prompt", lambda *_, **__: " hannah ")
    assert main([*command, "--sound-only", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["what"] == "sound" and told["recording"] == ID[:16]
    assert main([*command, "--reason", "asked"]) == 0
    out = capsys.readouterr().out
    assert (
        out.startswith("Session 1 of Hannah with Maeve is deleted: what was said") and NAME in out
    )
    assert deletions(data)[-1].reason == "asked"
    assert left(data) == set()
    assert main([*command, "--yes"]) == 1  # there is none any more
    assert "no session of Hannah" in capsys.readouterr().err
    assert main([*command[:3], "--yes", "--quiet", "--data", str(data)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
