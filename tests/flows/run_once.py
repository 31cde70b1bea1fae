"""Run the flow on one file in a process of its own, as a user's program would, and tell on it.

python run_once.py DATA FILE [--kill STAGE] [--connections FILE]

``--kill``: the process kills itself, as with kill -9, when that stage has begun.
``--connections``: every address that this process connects to or looks up, one a line.
"""

import argparse
import os
import signal
import sys
from pathlib import Path


class KillAt:
    """A watcher that ends the process without a chance to clean up."""

    def __init__(self, stage: str | None) -> None:
        self.stage = stage

    def started(self, stage, recording):
        if stage == self.stage:
            if hasattr(signal, "SIGKILL"):
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(137)

    def advanced(self, stage, done_s):
        pass

    def finished(self, stage, recording):
        pass


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--kill")
    parser.add_argument("--connections", type=Path)
    parser.add_argument("--coach-is")
    parser.add_argument("--phases", type=Path)
    asked = parser.parse_args()
    if asked.connections:
        log = asked.connections.open("a", encoding="utf-8", buffering=1)

        def listen(event, arguments):
            if event == "socket.connect":
                log.write(f"{arguments[1]}\n")
            elif event == "socket.getaddrinfo":
                log.write(f"{arguments[:2]}\n")

        sys.addaudithook(listen)

    from convo.progress import watched_by
    from convo.reservation import Job
    from flows.engine import engine

    answer = {"coach_is": asked.coach_is, "phases": asked.phases}
    # the language is kept from the first run
    options = {} if any(answer.values()) else {"words": {"language": "en"}}
    job = Job(asked.data, asked.file, options, **answer)
    failures = []
    with engine(asked.data), watched_by(KillAt(asked.kill)):
        from flows.process_session import run

        run([job], lambda job, result: failures.extend([result] * isinstance(result, Exception)))
    for failure in failures:
        print(failure, file=sys.stderr)
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
