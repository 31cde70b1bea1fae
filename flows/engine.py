"""A private Prefect API for one process, so that nobody has to start a server.

Prefect's own way without a server starts a second process that survives a kill and that two
programs at once race to migrate. Here the API runs in a thread of this process on a free loopback
port, with a database of its own that is copied ready-made from a template: it is up in seconds,
ends with the process however that ends, and shares nothing. What is worth keeping between runs
(the results of finished stages) lies in files. If ``PREFECT_API_URL`` names a server on this
machine, that one is used.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from filelock import FileLock

from convo.errors import ConfigError, StoreError

START_TIMEOUT_S = 120
LOOPBACK = ("127.0.0.1", "localhost", "::1")

QUIET_AND_OFFLINE = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # the switch that stops the outbound call
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # users read our one sentence, not Prefect's traceback
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
    "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    "PREFECT_UI_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
}


@contextlib.contextmanager
def engine(data: Path) -> Iterator[None]:
    """Prefect is ready inside the block; results of stages are kept in ``data/results``."""
    os.environ.update(QUIET_AND_OFFLINE)
    os.environ["PREFECT_RESULTS_LOCAL_STORAGE_PATH"] = str(data / "results")
    server = os.environ.get("PREFECT_API_URL")
    if server:
        if urlsplit(server).hostname not in LOOPBACK:
            raise ConfigError(
                f"PREFECT_API_URL = {server} is another machine, which would be told names and "
                "file names: unset it, and nothing leaves this one"
            )
        yield
        return
    folder = data / "engine"
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    home = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=folder))
    os.environ["PREFECT_HOME"] = str(home)
    try:
        with _api(folder, home) as url:
            # Settings were read when prefect was imported: hand the address over explicitly.
            from prefect.settings import (
                PREFECT_API_URL,
                PREFECT_RESULTS_LOCAL_STORAGE_PATH,
                temporary_settings,
            )

            here = {PREFECT_API_URL: url, PREFECT_RESULTS_LOCAL_STORAGE_PATH: data / "results"}
            with temporary_settings(here):
                yield
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def _api(folder: Path, home: Path) -> Iterator[str]:
    template = folder / f"template-{version('prefect')}.db"
    # Held only while there is no template: the first two programs on a new machine do not both
    # make it, later ones copy it at once.
    with FileLock(folder / "template.lock") if not template.is_file() else contextlib.nullcontext():
        if template.is_file():
            shutil.copyfile(template, home / "prefect.db")
        import uvicorn
        from prefect.server.api.server import create_app

        app = create_app(ephemeral=True, final=True)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="prefect-api", daemon=True
        )
        thread.start()
        _wait(server, thread)
        # A connection that is cut off at the end is told there, with a traceback that helps nobody.
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
        if not template.is_file():
            _make_template(home / "prefect.db", template)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def _wait(server: object, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not getattr(server, "started", False):
        if not thread.is_alive() or time.monotonic() > deadline:
            raise StoreError(
                "the workflow engine did not start: run `convo doctor`, and if it finds nothing, "
                "delete the folder 'engine' in the data folder and try again"
            )
        time.sleep(0.02)


def _make_template(database: Path, template: Path) -> None:
    fresh = template.with_suffix(f".{os.getpid()}.tmp")
    with (
        contextlib.closing(sqlite3.connect(database)) as source,
        contextlib.closing(sqlite3.connect(fresh)) as target,
    ):
        source.backup(target)
    os.replace(fresh, template)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed have left."""
    for home in folder.glob("*-*"):
        pid = home.name.split("-")[0]
        if home.is_dir() and pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(home, ignore_errors=True)
