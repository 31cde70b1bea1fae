"""The flow on real models: nothing finished is done twice, nothing leaves, nothing stays behind."""

import collections
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from convo.audio.recording import read_samples, write_clip
from convo.progress import stage_runs
from convo.resources import resource

RUN_ONCE = Path(__file__).with_name("run_once.py")
STAGES = [
    "transcribe",
    "diarize",
    "cover",
    "attribute",
    "correct",
    "assign_roles",
    "segment_phases",
    "code_turns",
    "find_activities",
    "confirm_activities",
    "count_shares",
    "measure",
    "keep",
    "report",
]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Forty seconds of real talk between two people, so that ten runs stay bearable."""
    path = tmp_path_factory.mktemp("clip") / "2026-01-13 talk.wav"
    write_clip(read_samples(resource("data/samples/demo-1/recording.m4a")), 0.0, 40.0, path)
    return path


def start(data: Path, clip: Path, *options: str) -> subprocess.Popen:
    data.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(RUN_ONCE), str(data), str(clip), *options]
    environment = os.environ | {"CONVO_TEST_MARK": str(data)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen) -> tuple[int, str]:
    _, message = process.communicate(timeout=300)
    return process.returncode, message.decode()


def events(data: Path, event: str) -> collections.Counter:
    return collections.Counter(run.stage for run in stage_runs(data) if run.event == event)


def left_behind(data: Path) -> list[str]:
    """Processes that were started for this data folder and are still there."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CONVO_TEST_MARK") == str(data):
                found.append(" ".join(process.cmdline()))
        except (psutil.Error, OSError):
            continue
    return found


def test_killed_in_every_stage_nothing_finished_is_repeated(tmp_path, clip):
    data = tmp_path / "data"
    for stage in STAGES:
        code, message = finish(start(data, clip, "--kill", stage))
        assert code not in (0, 1), message
        assert left_behind(data) == []
    code, message = finish(start(data, clip))
    assert code == 0, message
    assert events(data, "finished") == collections.Counter(
        {stage: 1 for stage in STAGES} | {"keep": 2}  # killed in report: storing again is harmless
    )
    assert events(data, "started")["transcribe"] == 2
    assert [home for home in (data / "engine").iterdir() if home.is_dir()] == []

    from convo.outcome import conversations
    from convo.reservation import store

    (conversation,) = conversations(data)
    counted = store(data).query("select count(*) from word").rows[0][0]
    assert counted == len(conversation.transcription.words) > 60


def test_two_at_once_on_a_fresh_folder_both_succeed_and_share_the_work(tmp_path, clip):
    data = tmp_path / "data"
    both = [start(data, clip), start(data, clip)]
    assert [finish(process) for process in both] == [(0, ""), (0, "")]
    assert events(data, "finished")["transcribe"] == 1
    assert left_behind(data) == []


def test_no_connection_leaves_the_machine_and_an_answer_redoes_only_cheap_stages(tmp_path, clip):
    data, log = tmp_path / "data", tmp_path / "connections.txt"
    assert finish(start(data, clip, "--connections", str(log)))[0] == 0
    addresses = log.read_text(encoding="utf-8").splitlines()
    assert addresses, "the engine talks to itself over loopback: something must have been heard"
    outside = [a for a in addresses if "127.0.0.1" not in a and "localhost" not in a]
    assert outside == []

    from convo.outcome import conversations

    (before,) = conversations(data)
    coach = next(s for s, role in before.roles.roles.items() if role == "coach")
    other = next(s for s in before.roles.roles if s != coach)
    assert finish(start(data, clip, "--coach-is", other))[0] == 0
    (after,) = conversations(data)
    assert after.roles.roles[other] == "coach"
    assert after.roles.source == "person"
    assert {s: n for s, n in events(data, "finished").items() if n == 1} == {
        "transcribe": 1,
        "diarize": 1,
        "cover": 1,
        "attribute": 1,
        "correct": 1,
    }
    # The answer stays when the same file is processed again without it.
    assert finish(start(data, clip))[0] == 0
    assert conversations(data)[0].roles.roles[other] == "coach"


def test_phases_put_right_redo_only_what_follows_from_them(tmp_path, clip):
    data, table = tmp_path / "data", tmp_path / "turns.csv"
    assert finish(start(data, clip))[0] == 0

    from convo.corrections.turn_table import turn_table
    from convo.outcome import conversations

    (before,) = conversations(data)
    labels = ["frame", *["orientation"] * (len(before.turns) - 1)]
    head, *rows = turn_table(before).splitlines()
    marked = [
        row.replace(f",{found},", f",{label},", 1)
        for row, found, label in zip(rows, before.segmentation.labels(), labels, strict=True)
    ]
    table.write_text("\n".join([head, *marked]), encoding="utf-8-sig")
    assert finish(start(data, clip, "--phases", str(table))) == (0, "")
    again = {stage for stage, count in events(data, "finished").items() if count == 2}
    assert again == {"count_shares", "measure", "keep", "report"}
    assert events(data, "finished")["confirm_phases"] == 1
    (after,) = conversations(data)
    assert list(after.segmentation.labels()) == labels
    assert after.segmentation.found == before.segmentation

    # A wrong table changes nothing, and the answer stays when the file is processed again.
    table.write_text("turn,phase,text\n1,F,Something else was said here\n", encoding="utf-8")
    code, message = finish(start(data, clip, "--phases", str(table)))
    assert code == 1 and "another session" in message
    assert finish(start(data, clip))[0] == 0
    assert conversations(data) == [after]
    assert events(data, "finished")["confirm_phases"] == 1


def test_the_file_processed_again_gives_what_a_correction_gave(tmp_path, clip):
    """One way for both, and neither the recording nor the work files are needed to correct."""
    data = tmp_path / "data"
    assert finish(start(data, clip))[0] == 0

    from convo.corrections import correcting
    from convo.database.artefacts import current_runs
    from convo.transcript import Passage, Phase

    (run,) = current_runs(data / "artefacts")
    (recording_id, folder) = run.recording_id, run.folder
    turns = correcting.kept(data, recording_id).turns
    elsewhere = clip.rename(tmp_path / "elsewhere.wav")
    work = (data / "work").rename(tmp_path / "work")
    assert correcting.recompute(data, recording_id) == folder
    shutil.rmtree(data / "work")
    work.rename(data / "work")
    correcting.reassign(data, recording_id, turns[0].start, turns[0].end, None, "Sam")
    correcting.edit_words(data, recording_id, turns[1].start, turns[1].end, "Quite so.", "Sam")
    correcting.split_turn(data, recording_id, turns[2].start + 1.0, "Sam")
    correcting.mark_passage(
        data, recording_id, turns[3].start, turns[3].end, Passage.PRIVATE, "Sam"
    )
    correcting.recompute(data, recording_id)
    correcting.add_phase(data, recording_id, 0.0, turns[3].end, Phase.FRAME, "Sam")
    corrected = correcting.recompute(data, recording_id)
    assert corrected != folder
    assert events(data, "finished")["transcribe"] == 1

    elsewhere.rename(clip)
    assert finish(start(data, clip)) == (0, "")
    (run,) = current_runs(data / "artefacts")
    assert run.folder == corrected
    assert events(data, "finished")["transcribe"] == 1
    assert events(data, "finished")["attribute"] == 1


def test_a_lost_stage_file_is_made_again(tmp_path, clip):
    data = tmp_path / "data"
    assert finish(start(data, clip))[0] == 0
    (kept,) = (data / "work").glob("*/attribute-*.json")
    words = json.loads(kept.read_text(encoding="utf-8"))["words"]
    kept.unlink()
    assert finish(start(data, clip))[0] == 0
    assert json.loads(kept.read_text(encoding="utf-8"))["words"] == words
    assert events(data, "finished")["attribute"] == 2
    assert events(data, "finished")["transcribe"] == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no Ctrl-C for one process of many")
def test_ctrl_c_ends_with_130_and_the_script_goes_on_from_there(tmp_path, clip):
    data = tmp_path / "data"
    environment = os.environ | {"CONVO_DATA": str(data), "CONVO_TEST_MARK": str(data)}
    command = [sys.executable, "-m", "convo", "process", str(clip), "--language", "en"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while events(data, "started")["diarize"] == 0:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    code, message = finish(process)
    assert code == 130
    assert "what was finished is kept" in message
    assert left_behind(data) == []

    script = Path(__file__).parents[2] / "flows" / "process_session.py"
    run = subprocess.run(
        [sys.executable, str(script), str(clip)], env=environment, capture_output=True, timeout=300
    )
    assert run.returncode == 0, run.stderr.decode()
    assert "report:" in run.stdout.decode()
    assert events(data, "finished")["transcribe"] == 1
