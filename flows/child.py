"""The queue's process as seen by the page: started, watched, started again, ended. No Prefect."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

import psutil

from flows.engine import sweep

_STEADY_S = 60.0  # a process that lasted so long was sound
_MOST_QUICK_ENDS = 3
_END_WITHIN_S = 10.0


class QueueProcess:
    """``python -m flows.serve`` for the data folder, as long as the block lasts.

    It ends by itself when this process does: its standard input is a pipe from here.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._quick_ends = 0

    def problem(self) -> str | None:
        """One sentence if nothing will be processed, None if all is well."""
        if self._quick_ends < _MOST_QUICK_ENDS:
            return None
        return (
            "the program that works through the queue does not start: run `convo doctor`, and "
            "start `convo serve` again"
        )

    def __enter__(self) -> QueueProcess:
        self._watcher = threading.Thread(target=self._watch, name="queue-process", daemon=True)
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._watcher.join(_END_WITHIN_S + 5)

    def _watch(self) -> None:
        while not self._stopping.is_set() and self._quick_ends < _MOST_QUICK_ENDS:
            begun = time.monotonic()
            process = self._start()
            while process.poll() is None and not self._stopping.wait(0.2):
                pass
            _end(process)
            sweep(self._data / "engine")  # its database tells of recordings
            quick = time.monotonic() - begun < _STEADY_S
            self._quick_ends = self._quick_ends + 1 if quick else 0

    def _start(self) -> subprocess.Popen[bytes]:
        # Apart: Ctrl-C in the terminal reaches the page, which then ends the queue.
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "flows.serve", str(self._data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"PYTHONSAFEPATH": "1"},
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the process end by itself, and make sure that it and its children have."""
    children: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        children = psutil.Process(process.pid).children(recursive=True)
    with contextlib.suppress(OSError):
        if process.stdin:
            process.stdin.close()
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.kill()
    psutil.wait_procs(children, 5)
