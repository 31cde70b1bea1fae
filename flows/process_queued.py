"""One recording of the queue: the flow that the deployment of ``convo serve`` runs.

It runs in a process of its own, so that a fault of a model ends one recording and no more.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import psutil
from prefect import flow

from convo.database.jobs import Queue, Queued
from convo.errors import ConvoError
from convo.outcome import Outcome
from convo.progress import watched_by
from convo.reservation import Job
from convo.transcript import Recording
from flows.process_session import run

RUNNER_PID = "CONVO_RUNNER_PID"
_TELL_EVERY_S = 1.0


@flow(name="process-queued", validate_parameters=False)
def process_queued(data: str, recording_id: str) -> None:
    """Process a waiting recording; how far it is and what came of it stands in the queue.

    Raises:
        ConvoError: one sentence for the user, which the queue shows too.
    """
    _end_with_runner()
    queue = Queue(Path(data))
    queued = queue.take(recording_id, os.getpid())
    if queued is None:  # cancelled meanwhile, or another program has it
        return
    results: list[Outcome | ConvoError] = []
    with watched_by(_Teller(queue, recording_id)):
        run([job_of(Path(data), queued)], lambda _, result: results.append(result))
    (result,) = results
    if isinstance(result, ConvoError):
        # The user knows the file by its own name, not by the one under which it is kept.
        told = result.on_page.replace(Path(queued.file).name, queued.name)
        queue.end(recording_id, "failed", told)
        raise result
    queue.end(recording_id, "done", report=Path(result.report).name)


def job_of(data: Path, queued: Queued) -> Job:
    """What the user asked for, as the flow of one session takes it."""
    return Job(data, data / queued.file, queued.asked, request=queued.request, name=queued.name)


class _Teller:
    """Writes into the queue how far the stage in hand is, once a second."""

    def __init__(self, queue: Queue, recording_id: str) -> None:
        self._queue, self._id = queue, recording_id
        self._begun = self._told = 0.0

    def started(self, stage: str, recording: Recording) -> None:
        self._begun = time.time()
        self._tell(stage, 0.0)

    def advanced(self, stage: str, done_s: float) -> None:
        if time.monotonic() - self._told >= _TELL_EVERY_S:
            self._tell(stage, done_s)

    def finished(self, stage: str, recording: Recording) -> None:
        self._tell(stage, recording.duration)

    def _tell(self, stage: str, done_s: float) -> None:
        self._told = time.monotonic()
        self._queue.tell(self._id, stage, done_s, self._begun)


def _end_with_runner() -> None:
    """End this process as soon as the one that started it is gone, however that ended."""
    named = os.environ.get(RUNNER_PID)
    if not named:
        return
    pid = int(named)
    # The number may be that of a later process: one that began after this one is none of ours.
    own = psutil.Process().create_time()

    def watch() -> None:
        while True:
            try:
                if psutil.Process(pid).create_time() > own:
                    break
            except psutil.Error:
                break
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-runner", daemon=True).start()
