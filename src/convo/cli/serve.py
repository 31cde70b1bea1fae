"""``convo serve``: the page and the queue behind it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convo.cli import shared
from convo.errors import ConfigError, ConvoError

if TYPE_CHECKING:
    from convo.web.desk import Desk


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Where to listen; other than this machine needs accounts.")
    ] = "127.0.0.1",
    data: shared.Data = None,
    browser: Annotated[bool, typer.Option(help="Open the page in your browser.")] = False,
) -> None:
    """Add recordings, watch them work and read them in a browser on this machine.

    Nothing is reachable from outside unless --host says so, and then everybody logs in
    (`convo accounts`). What is not finished when it stops goes on at the next start.
    """
    import uvicorn
    from filelock import FileLock, Timeout

    from convo.pipeline import importing
    from convo.web.access import is_wide
    from convo.web.app import create_app
    from convo.web.desk import Desk
    from flows.child import QueueProcess

    folder = shared.data_folder(data)
    wide = is_wide(folder, host)
    lock = FileLock(folder / "serve.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConfigError(
            f"convo serve is already running for {folder}: use that one, stop it with Ctrl-C, "
            "or choose another folder with --data"
        ) from error
    with lock, _listening(host, port) as listener, QueueProcess(folder) as queue:
        desk = Desk(folder, inspect=importing.inspect, queue_problem=queue.problem, wide=wide)
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listener.getsockname()[1]}"
        threading.Thread(target=_begin, args=(desk,), daemon=True).start()
        shared.complain(f"{address} — stop with Ctrl-C")
        if wide:
            shared.complain(
                "what is read here goes over the network as plain HTTP: see docs/access.md"
            )
        if browser:
            typer.launch(address)
        try:
            # Whether the interruption comes out of the server depends on when it came.
            with contextlib.suppress(KeyboardInterrupt):
                uvicorn.Server(
                    uvicorn.Config(
                        create_app(desk), log_level="warning", timeout_graceful_shutdown=2
                    )
                ).run(sockets=[listener])
            shared.complain("stopped: what is not finished goes on at the next start")
        finally:
            desk.close()
            _catch_up(folder)


def _begin(desk: Desk) -> None:
    desk.warm()
    desk.settle()
    _catch_up(desk.data)


def _catch_up(data: Path) -> None:
    """Write the reports of what was put right a moment ago."""
    from convo.corrections.recomputing import write_due_reports

    with contextlib.suppress(ConvoError):  # whoever asks for such a report is told
        write_due_reports(data)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that only this machine can reach, unless ``host`` is another one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        if hasattr(socket, "SO_REUSEADDR") and not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"cannot listen at {host}, port {port} ({error.strerror or error}): choose another "
                "with --port or --host"
            ) from error
        yield listener
