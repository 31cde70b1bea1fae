"""A transcript goes the same way as a recording, without any model of sound."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from convo.corrections import correcting
from convo.corrections.recomputing import recompute
from convo.database.artefacts import current_runs, read_conversation
from convo.progress import stage_runs
from convo.transcript import Role, count_words
from tests.exchange.meetings import sample_turns, write_vtt

pytestmark = pytest.mark.slow
NAMES = {"COACH": "Smith, Maeve [NA]", "COACHEE": "Hannah J."}


def process(data: Path, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "convo", "process", str(file), "--data", str(data)]
    named = ["--coach", "Maeve", "--coachee", "Hannah"]
    return subprocess.run([*command, *named], capture_output=True, text=True, check=False)


def test_a_transcript_becomes_a_session_with_the_exact_shares(tmp_path: Path) -> None:
    data, file = tmp_path / "data", write_vtt(tmp_path / "2026-01-15 meeting.vtt", NAMES)
    done = process(data, file)
    assert done.returncode == 0, done.stderr
    (run,) = current_runs(data / "artefacts")
    kept = read_conversation(run.folder)
    words = {
        role: sum(
            count_words(turn["text"]) for turn in sample_turns() if turn["speaker"] == role.name
        )
        for role in (Role.COACH, Role.COACHEE)
    }
    whole = {s.role: s.words for s in kept.shares if s.phase is None}
    assert {role: whole[role] for role in words} == words
    stages = {one.stage for one in stage_runs(data)}
    assert not stages & {"transcribe", "diarize", "cover", "attribute"}
    names = "".join(path.read_text(encoding="utf-8") for path in (data / "reports").glob("*.html"))
    assert "Smith" not in names

    correcting.split_turn(data, run.recording_id, kept.turns[1].start + 1, "A reader")
    again = read_conversation(recompute(data, run.recording_id))
    assert again.roles.roles == kept.roles.roles, "who is the coach is still known"


def test_a_damaged_transcript_fails_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "talk.vtt"
    file.write_text("WEBVTT\n\n00:01.000 --> soon\nYes\n")
    done = process(tmp_path / "data", file)
    assert done.returncode == 1
    assert "talk.vtt cannot be used" in done.stderr and "Traceback" not in done.stderr
