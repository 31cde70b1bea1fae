"""A batch of what users really bring: each bad file gets one sentence, the others go on."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from convo.audio.recording import read_samples, write_clip
from convo.database.runs import read_runs
from convo.outcome import conversations
from convo.reservation import is_unfinished, store
from convo.resources import resource
from tests.audio.media import noise, tone, write_media, write_mute_video

pytestmark = pytest.mark.slow
DEMO = "data/samples/demo-1/recording.m4a"


def music(seconds: float) -> np.ndarray:
    """Chords with a beat: as far from speech as a synthesizer gets, and as loud."""
    time = np.arange(round(seconds * 16_000)) / 16_000
    chords = [(220.0, 277.2, 329.6), (196.0, 246.9, 293.7), (174.6, 220.0, 261.6)]
    sound = np.zeros(time.size, dtype=np.float32)
    for number, chord in enumerate(chords * round(seconds)):
        here = (time >= number) & (time < number + 1)
        for hertz in chord:
            sound[here] += 0.15 * np.sin(2 * np.pi * hertz * time[here])
    return sound * (0.6 + 0.4 * np.sign(np.sin(2 * np.pi * 2 * time))).astype(np.float32)


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> tuple[Path, dict[str, dict], int]:
    """The data folder, what was said of each file, and the exit code."""
    folder = tmp_path_factory.mktemp("inbox")
    talk = read_samples(resource(DEMO))
    (folder / "empty.wav").touch()
    (folder / "text.mp3").write_text("Dear diary, " * 500, encoding="utf-8")
    write_mute_video(folder / "mute.mp4", 8.0)
    write_media(folder / "short.wav", tone(3.0)[None])
    whole = write_media(folder / "whole.mp4", noise(30.0)[None], muxer="mp4", codec="aac")
    (folder / "cut.mp4").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()
    write_media(folder / "silence.wav", np.zeros((1, 10 * 16_000), dtype=np.float32))
    write_media(folder / "music.wav", music(20.0)[None])
    narrow = talk[: 40 * 16_000 : 2]
    write_media(folder / "phone.wav", narrow[None], 8_000)
    write_clip(talk, 0.0, 40.0, folder / "talk.wav")
    shutil.copy(folder / "talk.wav", folder / "talk again.wav")
    names = [
        "empty.wav",
        "text.mp3",
        "mute.mp4",
        "short.wav",
        "cut.mp4",
        "silence.wav",
        "music.wav",
        "missing.m4a",
        "phone.wav",
        "talk.wav",
        "talk again.wav",
    ]
    data = folder / "data"
    command = [sys.executable, "-m", "convo", "process", *(str(folder / name) for name in names)]
    run = subprocess.run(
        [*command, "--data", str(data), "--coachee", "Hannah", "--json", "--language", "en"],
        capture_output=True,
        env=os.environ | {"PYTHONUTF8": "1"},
        timeout=600,
    )
    said = [json.loads(line) for line in run.stdout.decode().splitlines()]
    return data, {Path(one["file"]).name: one for one in said}, run.returncode


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.wav", "empty"),
        ("text.mp3", "text.mp3"),
        ("mute.mp4", "sound"),
        ("short.wav", "5 s"),
        ("cut.mp4", "cut"),
        ("silence.wav", "silen"),
        ("music.wav", "no speech was"),
        ("missing.m4a", "missing.m4a"),
    ],
)
def test_a_bad_file_gets_one_sentence_with_a_remedy(batch, name, words):
    said = batch[1][name]
    assert said["state"] == "failed"
    assert words in said["error"]
    assert ": " in said["error"], "what is wrong: what to do"
    assert "\n" not in said["error"] and "Traceback" not in said["error"]


def test_the_others_of_the_batch_go_on(batch):
    data, said, code = batch
    assert code == 1
    assert said["phone.wav"]["state"] == said["talk.wav"]["state"] == "done"
    phone = next(c for c in conversations(data) if c.recording.name == "phone.wav")
    assert len(phone.transcription.words) > 60


def test_the_same_recording_twice_is_recognised_and_not_doubled(batch):
    data, said, _ = batch
    assert said["talk again.wav"]["session"] == said["talk.wav"]["session"]
    assert said["talk again.wav"]["report"] == said["talk.wav"]["report"]
    assert len(conversations(data)) == 2


def test_what_failed_stays_visible_in_the_store(batch):
    data = batch[0]
    failed = {name for name, one in batch[1].items() if one["state"] == "failed"}
    shown = {Path(run.file).name for run in read_runs(data / "runs") if is_unfinished(run)}
    assert shown == failed - {"missing.m4a"}  # a mistyped path is told, not remembered on a page
    rows = store(data).query("select file, message from attempt where state = 'failed'").rows
    assert {Path(file).name for file, _ in rows} == failed
    assert all(message for _, message in rows)
