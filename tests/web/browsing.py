"""What browser tests call: servers, the check for accessibility, pictures.

``CONVO_PICTURES`` names the folder into which :func:`picture` writes (`make screenshots` sets it).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from convo.web.app import create_app
from convo.web.desk import Desk

AXE = Path(__file__).parent / "browser" / "vendor" / "axe.min.js"
DESKTOP = {"width": 1200, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    """The pages for ``desk`` without a queue behind them, in a thread; yields the address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(desk), log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def convo_serve(data: Path, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen]]:
    """``convo serve`` as a user starts it; yields its address and process, and ends it."""
    port = port or free_port()
    command = [sys.executable, "-m", "convo", "serve", "--port", str(port), "--data", str(data)]
    environment = os.environ | {"CONVO_TEST_MARK": str(data)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < deadline, "the page did not come up"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) == 0


def findings(page) -> list[str]:
    """What axe-core calls serious or critical on ``page`` as it stands, one line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    # without preload: it would put style sheets of its own into the page, which the policy forbids
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
    return [
        f"{v['id']}: {v['help']}: {node['target']}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
    ]


def picture(page, name: str, whole: bool = True) -> Path | None:
    """Write ``page`` in full (or what the window shows) as ``name``.png, if pictures are wanted."""
    folder = os.environ.get("CONVO_PICTURES")
    if not folder:
        return None
    path = Path(folder) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    # hiding the caret would write a style into every field, which the policy forbids
    page.screenshot(path=path, full_page=whole, caret="initial")
    return path
