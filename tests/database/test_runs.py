"""What became of a recording stays visible until it is processed again."""

import datetime
import os
import subprocess
import sys
from dataclasses import replace

from convo.database.runs import Run, RunsNotDone, forget_run, read_runs, record_run
from convo.transcript import Session

MEETING = Session("Hannah", "Maeve", 1, datetime.date(2026, 1, 13))


def test_the_latest_state_of_a_recording_counts(tmp_path):
    run = Run("a.m4a", "a" * 64, MEETING, "running")
    record_run(tmp_path, run)
    record_run(tmp_path, replace(run, state="failed", message="no speech"))
    (found,) = read_runs(tmp_path)
    assert (found.state, found.message, found.session) == ("failed", "no speech", MEETING)


def test_a_file_that_is_no_recording_is_recorded_by_its_path(tmp_path):
    run = Run("notes.mp3", None, None, "failed", "not a recording")
    record_run(tmp_path, run)
    assert [r.file for r in read_runs(tmp_path)] == ["notes.mp3"]
    forget_run(tmp_path, run)
    assert read_runs(tmp_path) == []


def test_running_means_that_its_process_is_there(tmp_path):
    record_run(tmp_path, Run("a.m4a", "a" * 64, MEETING, "running"))
    assert read_runs(tmp_path)[0].state == "running"
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True
    )
    path = next(tmp_path.glob("*.json"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(str(os.getpid()), gone.stdout.decode().strip()), encoding="utf-8")
    assert read_runs(tmp_path)[0].state == "interrupted"


def test_looking_again_sees_what_was_written_since(tmp_path):
    looking = RunsNotDone(tmp_path / "runs")
    assert looking.read() == []
    run = Run("a.m4a", "a" * 64, MEETING, "failed", "no speech")
    other = Run("b.m4a", "b" * 64, MEETING, "done")
    for one in (run, other):
        record_run(tmp_path / "runs", one)
    assert [r.file for r in looking.read()] == ["a.m4a"] == [r.file for r in looking.read()]
    record_run(tmp_path / "runs", replace(run, state="done"))
    record_run(tmp_path / "runs", replace(other, state="failed"))
    assert [r.file for r in looking.read()] == ["b.m4a"]
    forget_run(tmp_path / "runs", other)
    assert looking.read() == []
