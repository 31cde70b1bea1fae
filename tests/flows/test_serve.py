"""``convo serve`` as a program: what it leaves when it is stopped or killed, and how it goes on."""

from __future__ import annotations

import collections
import datetime
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from convo.audio.recording import read_samples, write_clip
from convo.database.jobs import Queue, Queued
from convo.deletion.forgetting import forget
from convo.progress import stage_runs
from convo.resources import resource
from convo.sessions import SessionRequest

pytestmark = pytest.mark.slow
PATIENCE_S = 240


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> list[Path]:
    """Two clips of forty seconds of talk."""
    samples = read_samples(resource("data/samples/demo-1/recording.m4a"))
    made = []
    for number in (0, 1):
        made.append(tmp_path_factory.mktemp("clips") / f"talk {number + 1}.wav")
        write_clip(samples, 30.0 * number, 30.0 * number + 40.0, made[-1])
    return made


class Server:
    """``convo serve`` on a data folder, and what can be seen of it from outside."""

    def __init__(self, data: Path) -> None:
        self.data, self.queue = data, Queue(data)
        data.mkdir(parents=True, exist_ok=True)

    def add(self, clip: Path, number: int) -> str:
        recording_id = hashlib.sha256(clip.read_bytes()).hexdigest()
        file = Path("inbox") / recording_id
        (self.data / "inbox").mkdir(exist_ok=True)
        shutil.copy(clip, self.data / file)
        said = SessionRequest("Hannah", "Maeve", number, datetime.date(2026, 1, number), "")
        english = {"words": {"language": "en"}}
        self.queue.add(
            Queued(recording_id, clip.name, file.as_posix(), 0.7, "owner", said, english)
        )
        return recording_id

    def start(self) -> subprocess.Popen:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        command = [sys.executable, "-m", "convo", "serve", "--port", str(self.port)]
        environment = os.environ | {"CONVO_DATA": str(self.data), "CONVO_TEST_MARK": str(self.data)}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
        return self.process

    def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not reached():
            assert self.process.poll() is None, self.process.stderr.read().decode()
            assert time.monotonic() < deadline, self.queue.jobs()
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/queue", timeout=5) as page:
                return page.status == 200
        except OSError:
            return False

    def began(self, stage: str) -> bool:
        return self.events("started")[stage] > 0

    def all_ended(self) -> bool:
        return not self.queue.jobs("waiting", "running", "cancelling")

    def events(self, event: str) -> collections.Counter:
        return collections.Counter(run.stage for run in stage_runs(self.data) if run.event == event)

    def left_behind(self) -> list[str]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("CONVO_TEST_MARK") == str(self.data):
                    found.append(" ".join(process.cmdline()))
            except (psutil.Error, OSError):
                continue
        return found

    def nothing_is_left_soon(self) -> None:
        deadline = time.monotonic() + 15
        while self.left_behind() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.left_behind() == []

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path / "data")
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait()


@pytest.mark.parametrize("stage", ["transcribe", "cover"])
def test_killed_in_the_middle_it_goes_on_and_repeats_nothing(server, clips, stage) -> None:
    recording_id = server.add(clips[0], 1)
    server.start()
    server.until(lambda: server.began(stage))
    server.process.kill()
    server.process.wait()
    server.nothing_is_left_soon()
    *before, last = stage_runs(server.data)
    finished = {run.stage for run in before if run.event == "finished"} - {last.stage}
    assert server.queue.job(recording_id).state == "running"

    server.start()
    server.until(server.all_ended)
    job = server.queue.job(recording_id)
    assert job.state == "done", job.message
    # The stage in hand may have ended a moment before the kill, its result not yet kept.
    assert set((server.events("finished") - collections.Counter([last.stage])).values()) == {1}
    assert all(server.events("started")[done] == 1 for done in finished)
    server.stop()
    server.nothing_is_left_soon()


def test_one_after_the_other_cancelled_failed_and_a_second_server(server, clips, tmp_path) -> None:
    first, second = (server.add(clip, n) for n, clip in enumerate(clips, 1))
    wrong = tmp_path / "no talk.mp3"
    wrong.write_bytes(b"this is no sound" * 100)
    third = server.add(wrong, 3)
    server.start()
    server.until(server.answers)
    refused = subprocess.run(
        [sys.executable, "-m", "convo", "serve", "--port", "0", "--data", str(server.data)],
        capture_output=True,
        timeout=60,
    )
    assert refused.returncode == 2 and b"already running" in refused.stderr

    server.until(lambda: server.began("transcribe"))
    assert server.queue.job(first).state == "running"
    server.queue.cancel(first)
    server.until(lambda: server.queue.job(first).state == "cancelled")
    server.until(server.all_ended)
    assert server.queue.job(second).state == "done"
    failed = server.queue.job(third)
    assert failed.state == "failed" and failed.message.startswith("no talk.mp3 ")
    assert server.queue.job(first).began_at < server.queue.job(second).began_at < failed.began_at

    server.queue.again(first)
    server.until(server.all_ended)
    assert server.queue.job(first).state == "done"
    server.stop()
    server.nothing_is_left_soon()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no Ctrl-C for one process of many")
def test_ctrl_c_leaves_no_process_behind(server, clips) -> None:
    server.add(clips[0], 1)
    server.start()
    server.until(lambda: server.began("transcribe"))
    server.process.send_signal(signal.SIGINT)
    _, said = server.process.communicate(timeout=30)
    assert b"goes on at the next start" in said and b"Traceback" not in said
    assert server.process.returncode == 0
    assert server.left_behind() == []


def test_a_recording_whose_process_dies_is_tried_once_more(server, clips) -> None:
    recording_id = server.add(clips[0], 1)
    server.start()
    for state in ("waiting", "failed"):
        server.until(lambda: server.queue.job(recording_id).stage == "transcribe")
        pid = server.queue.job(recording_id).pid
        psutil.Process(pid).kill()
        server.until(lambda pid=pid: server.queue.job(recording_id).pid != pid)
        assert server.queue.job(recording_id).state == state
    assert "memory ran out" in server.queue.job(recording_id).message
    server.stop()


def test_who_was_deleted_is_named_in_no_file_while_the_page_runs(server, clips) -> None:
    recording_id = server.add(clips[0], 1)
    server.start()
    server.until(server.all_ended)
    assert server.queue.job(recording_id).state == "done"
    assert "queue.db" in _naming(server.data, b"Hannah")
    forget(server.data, recording_id, "Sam")
    for name in (b"Hannah", clips[0].name.encode()):
        assert _naming(server.data, name) == set()
    server.stop()
    assert _naming(server.data, b"Hannah") == set()


def _naming(data: Path, name: bytes) -> set[str]:
    files = (path for path in data.rglob("*") if path.is_file())
    return {path.relative_to(data).parts[0] for path in files if name in path.read_bytes()}
