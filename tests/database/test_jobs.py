"""The queue: what survives, what two programs do at once, what cancel and retry mean."""

from __future__ import annotations

import datetime
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from convo.database.jobs import Queue, Queued
from convo.errors import StoreError
from convo.sessions import SessionRequest

TALK = Queued(
    "a" * 64,
    "talk.m4a",
    "inbox/" + "a" * 64,
    40.0,
    "owner",
    SessionRequest("Hannah", "Maeve", 1, datetime.date(2026, 1, 13), "Talk"),
    {"words": {"language": "en"}, "segments": {"speakers": 2}},
)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    made = Queue(tmp_path)
    made.add(TALK)
    return made


def test_all_that_was_said_comes_back(queue: Queue) -> None:
    (job,) = Queue(queue.path.parent).jobs()
    assert replace(job, submitted_at=0.0) == TALK
    assert queue.job(TALK.short_id) == job


def test_an_empty_folder_has_an_empty_queue(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "none")
    assert queue.jobs() == [] and queue.job("a" * 64) is None
    assert not queue.path.parent.exists()


def test_first_come_first_served_and_a_second_time_changes_nothing(queue: Queue) -> None:
    queue.add(replace(TALK, recording_id="b" * 64))
    queue.add(replace(TALK, name="again.m4a"))
    assert [job.recording_id[0] for job in queue.jobs()] == ["a", "b"]
    assert queue.jobs()[0].name == "talk.m4a"


def test_of_many_who_take_a_recording_one_gets_it(queue: Queue) -> None:
    got: list[Queued | None] = []
    takers = [
        threading.Thread(target=lambda n=n: got.append(queue.take(TALK.recording_id, n)))
        for n in range(8)
    ]
    for one in takers:
        one.start()
    for one in takers:
        one.join()
    assert len([job for job in got if job]) == 1


def test_cancel_before_during_and_after(queue: Queue) -> None:
    assert queue.cancel(TALK.recording_id)
    assert queue.take(TALK.recording_id, 1) is None
    queue.end(TALK.recording_id, "cancelled")
    assert not queue.cancel(TALK.recording_id)
    assert queue.again(TALK.recording_id)
    assert queue.take(TALK.recording_id, 1)
    assert queue.cancel(TALK.recording_id)
    queue.tell(TALK.recording_id, "diarize", 3.0, 1.0)
    queue.end(TALK.recording_id, "failed", "killed")
    assert queue.jobs()[0].state == "cancelling" and queue.jobs()[0].stage is None
    queue.end(TALK.recording_id, "done", report="a.html")
    assert queue.jobs()[0].state == "done"


def test_a_failed_one_can_be_tried_again_with_other_answers(queue: Queue) -> None:
    queue.take(TALK.recording_id, 1)
    queue.end(TALK.recording_id, "failed", "session 1 is another recording")
    assert queue.ended()[0].message == "session 1 is another recording"
    assert queue.again(TALK.recording_id, request=replace(TALK.request, number=2))
    (job,) = queue.jobs("waiting")
    assert (job.request.number, job.attempt, job.message, job.pid) == (2, 2, None, None)
    assert not queue.again(TALK.recording_id)


def test_what_a_dead_program_had_in_hand_waits_again(queue: Queue) -> None:
    queue.add(replace(TALK, recording_id="b" * 64))
    queue.add(replace(TALK, recording_id="c" * 64))
    queue.take("a" * 64, 1)
    queue.sent("b" * 64, "some-run")
    queue.cancel("c" * 64)
    queue.recover()
    states = [(job.state, job.flow_run, job.pid) for job in queue.jobs()]
    assert states == [("waiting", None, None)] * 2 + [("cancelled", None, None)]


def test_only_what_has_ended_can_be_taken_off_the_list(queue: Queue) -> None:
    assert not queue.forget(TALK.recording_id)
    queue.end(TALK.recording_id, "done")
    assert queue.forget(TALK.recording_id) and queue.jobs() == []


def test_a_damaged_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="move that file away"):
        Queue(tmp_path).jobs()
