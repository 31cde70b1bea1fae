"""The process that works through the queue: ``python -m flows.serve DATA``.

It holds the private Prefect API and the runner of one deployment, one recording at a time. The
queue (``convo.database.jobs``) is what survives; Prefect is told of everything that waits in it
again whenever this process begins, so no run can be left "Running" by a process that is dead. The
process ends when its standard input is closed, which also happens when whoever started it is
killed, and takes the recording in hand with it: what that had finished is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import psutil

from convo.database.jobs import Queue, Queued, process_of
from convo.errors import ConvoError
from flows.engine import engine

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

DEPLOYMENT = "this-machine"
MOST_CRASHES = 1  # a recording whose process ends in the middle is tried once more by itself
_LOOK_EVERY_S = 0.5
_ASK_PREFECT_EVERY = 20  # looks


def main(data: Path) -> int:
    """Work through the queue of ``data`` until standard input ends."""
    threading.Thread(target=_end_with_input, name="end-with-input", daemon=True).start()
    os.environ["CONVO_RUNNER_PID"] = str(os.getpid())
    queue = Queue(data)
    stop_left_over(queue)
    queue.recover()
    try:
        with engine(data):
            asyncio.run(_serve(data, queue))
    except ConvoError as error:
        print(error, file=sys.stderr)  # noqa: T201 - whoever started this process reads it
        return 1
    return 0


async def _serve(data: Path, queue: Queue) -> None:
    from prefect.client.orchestration import get_client
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    from flows.process_queued import process_queued

    runner = Runner(name="convo", limit=1, query_seconds=2, pause_on_shutdown=False)
    deployment = await process_queued.ato_deployment(
        DEPLOYMENT, entrypoint_type=EntrypointType.MODULE_PATH
    )
    await runner.aadd_deployment(deployment)
    async with get_client() as client, asyncio.TaskGroup() as together:
        together.create_task(runner.start(webserver=False))
        together.create_task(Dispatcher(data, queue, client).watch())


class Dispatcher:
    """Carries what the user asks for in the queue to Prefect, and what becomes of it back."""

    def __init__(self, data: Path, queue: Queue, client: PrefectClient) -> None:
        self.data, self.queue, self.client = data, queue, client

    async def watch(self) -> None:
        """Look into the queue again and again."""
        looks = 0
        while True:
            for job in self.queue.jobs("waiting", "running", "cancelling"):
                await self._look(job, ask=looks % _ASK_PREFECT_EVERY == 0)
            looks += 1
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _look(self, job: Queued, ask: bool) -> None:
        if job.state == "cancelling":
            await self._cancel(job)
        elif job.state == "running":
            if not alive(job):
                self._crashed(job)
        elif job.flow_run is None:
            await self._send(job)
        elif ask:
            run = await self.client.read_flow_run(UUID(job.flow_run))
            now = self.queue.job(job.recording_id)
            if run.state and run.state.is_final() and now and now.state == "waiting":
                self._crashed(job)

    async def _send(self, job: Queued) -> None:
        from prefect.deployments import arun_deployment

        # First come, first served: Prefect goes by the time for which a run is planned.
        run = await arun_deployment(
            f"process-queued/{DEPLOYMENT}",
            client=self.client,
            parameters={"data": str(self.data), "recording_id": job.recording_id},
            scheduled_time=datetime.fromtimestamp(job.submitted_at, UTC),
            timeout=0,
            idempotency_key=f"{job.recording_id}-{job.attempt}",
            as_subflow=False,
        )
        self.queue.sent(job.recording_id, str(run.id))

    async def _cancel(self, job: Queued) -> None:
        from prefect.states import Cancelled

        if job.flow_run is not None:
            await self.client.set_flow_run_state(UUID(job.flow_run), Cancelled(), force=True)
        kill(job)
        self.queue.end(job.recording_id, "cancelled")

    def _crashed(self, job: Queued) -> None:
        """Its process is gone without a word, as when memory runs out."""
        now = self.queue.job(job.recording_id)
        if now is None or now.state not in ("running", "waiting"):
            return
        if job.crashes < MOST_CRASHES and job.state == "running":
            self.queue.again(job.recording_id, job.crashes + 1)
            return
        self.queue.end(
            job.recording_id,
            "failed",
            "the program ended in the middle of this recording, perhaps because memory ran out: "
            "close other programs and try again, what was finished is kept",
        )


def alive(job: Queued) -> bool:
    """Whether the process that took ``job`` is there, not a later one with its number."""
    return process_of(job) is not None


def kill(job: Queued) -> None:
    """End the process that works on ``job``, and all it started."""
    process = process_of(job)
    if process is None:
        return
    with contextlib.suppress(psutil.Error):
        for one in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                one.kill()
        process.wait(10)


def stop_left_over(queue: Queue) -> None:
    """End what an earlier process of the queue started and could not take along."""
    for job in queue.jobs("running", "cancelling"):
        kill(job)


def _end_with_input() -> None:
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.buffer.read(4096):
            pass
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            process.kill()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
