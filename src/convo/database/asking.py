"""Questions of people who are not trusted: each is answered by a child process of its own.

The child opens the store sealed and read-only, has limits of time, memory and rows, knows no
environment, and ends with the answer, so whatever a question does, it does to nobody else. One
child waits in advance, because starting one takes longer than most answers.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from convo.errors import StoreError
from convo.options import Options

# What the child's interpreter cannot start without; nothing else of the environment is passed on.
_NEEDED = ("SYSTEMROOT", "SYSTEMDRIVE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class AskOptions(Options):
    """Limits of one question."""

    # Shorter than a loader waits for the store, which an open question keeps from being written.
    seconds: float = 15.0
    rows: int = 1000
    # A spreadsheet opens this many; `convo query` gives more.
    download_rows: int = 200_000
    # What DuckDB may use; the process as a whole may use twice that.
    memory_mb: int = 512
    threads: int = 1
    # More than this of a text is cut off in the table on the page, never in a download.
    cell_characters: int = 2000
    # Questions at the same time; more wait.
    at_once: int = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gave: rows of numbers, texts and None, or the bytes of a file.

    ``more`` says that a limit left rows out; ``seconds`` is the time that the answer took.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int | float | str | bool | None, ...], ...]
    more: bool
    seconds: float
    content: bytes = b""


class Asker:
    """Answers questions to the store at ``path``; close it when the program ends."""

    def __init__(self, path: Path, options: AskOptions | None = None) -> None:
        self.path = path
        self.options = options or AskOptions()
        self._turns = threading.BoundedSemaphore(self.options.at_once)
        self._spare: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, sql: str, format: str = "rows") -> Answer:
        """The answer as ``rows``, or as the bytes of a file in ``csv`` or ``parquet``.

        Raises:
            StoreError: the SQL is wrong, wants more than to read, or more time or memory than
                there is; or too many questions are being answered.
        """
        job = {"path": str(self.path), "sql": sql, "format": format}
        with self._turn(), self._child() as child:
            try:
                sent = json.dumps(job | {"options": self.options.model_dump()}).encode()
                # The child keeps its own time; this is for one that cannot.
                output, _ = child.communicate(sent, timeout=2 * self.options.seconds + 10)
            except subprocess.TimeoutExpired as error:
                raise _too_long(self.options) from error
        head, _, content = output.partition(b"\n")
        if child.returncode == _OUT_OF_TIME:
            raise _too_long(self.options)
        if child.returncode == _OUT_OF_MEMORY or not head:
            raise _too_big(self.options)
        said: dict[str, Any] = json.loads(head)
        if "error" in said:
            raise StoreError(said["error"])
        rows = tuple(tuple(row) for row in said["rows"])
        return Answer(tuple(said["columns"]), rows, said["more"], said["seconds"], content)

    def close(self) -> None:
        """End the child that waits."""
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            _end(spare)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self.options.seconds):
            raise StoreError("other questions are still being answered: ask again in a moment")
        try:
            yield
        finally:
            self._turns.release()

    @contextlib.contextmanager
    def _child(self) -> Iterator[subprocess.Popen[bytes]]:
        with self._lock:
            child, self._spare = self._spare, None
        if child is None or child.poll() is not None:
            child = _start()
        try:
            yield child
        finally:
            _end(child)
            with self._lock:
                if self._spare is None:
                    self._spare = _start()


def _start() -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        [sys.executable, "-m", "convo.database.asking"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    child.wait()


def _too_long(options: AskOptions) -> StoreError:
    return StoreError(
        f"no answer within {options.seconds:g} seconds: ask for less, such as one session, "
        "or use `convo query` in a terminal"
    )


def _too_big(options: AskOptions) -> StoreError:
    return StoreError(
        f"the answer needs more than {options.memory_mb} MB of memory: ask for less, "
        "such as one session, or use `convo query` in a terminal"
    )


# ---- in the child ----

_OUT_OF_MEMORY, _OUT_OF_TIME = 77, 78


def answer(path: Path, sql: str, format: str, options: AskOptions) -> tuple[Answer, bytes]:
    """The answer, and the bytes of its file; what the child does.

    Raises:
        StoreError: see :meth:`Asker.ask`.
    """
    import duckdb

    from convo.database.questions import check_question, wrong_sql
    from convo.database.results import QueryResult
    from convo.database.store import Store, StoreOptions

    limits = {"memory_limit": f"{options.memory_mb}MB", "threads": str(options.threads)}
    limits |= {"temp_directory": "", "max_temp_directory_size": "0KB"}
    most = options.rows if format == "rows" else options.download_rows
    with (
        Store(path, StoreOptions(wait_s=options.seconds)).reading(limits) as con,
        _in_time(options.seconds, con.interrupt),
    ):
        begun = time.monotonic()
        try:
            check_question(con, sql)
            cursor = con.execute(sql)
            columns = tuple(str(column[0]) for column in cursor.description or ())
            found = cursor.fetchmany(most + 1)
        except duckdb.InterruptException as error:
            raise _too_long(options) from error
        except (duckdb.OutOfMemoryException, MemoryError) as error:
            raise _too_big(options) from error
        except duckdb.Error as error:
            raise wrong_sql(con, error) from error
        seconds = round(time.monotonic() - begun, 3)
        result = QueryResult(columns, tuple(tuple(row) for row in found[:most]), len(found) > most)
        if format != "rows":
            return Answer(columns, (), result.truncated, seconds), result.encoded(format)
        rows = tuple(tuple(_cell(value, options) for value in row) for row in result.rows)
        return Answer(columns, rows, result.truncated, seconds), b""


@contextlib.contextmanager
def _in_time(seconds: float, interrupt: Callable[[], None]) -> Iterator[None]:
    """Interrupt what takes longer, and end this process if it does not hear."""
    clocks = [
        threading.Timer(seconds, interrupt),
        threading.Timer(seconds + 2, os._exit, [_OUT_OF_TIME]),
    ]
    for clock in clocks:
        clock.daemon = True
        clock.start()
    try:
        yield
    finally:
        for clock in clocks:
            clock.cancel()


def _cell(value: object, options: AskOptions) -> int | float | str | bool | None:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    text = str(value)
    most = options.cell_characters
    return text if len(text) <= most else text[:most] + " …"


def _watch(most_bytes: int) -> None:
    """End this process when it takes too much memory; DuckDB does not count all that it uses."""
    import psutil

    me = psutil.Process()
    while me.memory_info().rss <= most_bytes:
        time.sleep(0.02)
    os._exit(_OUT_OF_MEMORY)


def _without_paths(message: str, path: Path) -> str:
    for folder in (path, path.resolve()):
        message = message.replace(str(folder), "the store").replace(str(folder.parent), "…")
    return message


def main() -> None:
    """Read one job from standard input, write its answer to standard output, and end."""
    import duckdb  # noqa: F401  (loaded while there is nothing to do)

    from convo.database import store  # noqa: F401

    asked = sys.stdin.buffer.read()
    if not asked:
        return
    job = json.loads(asked)
    options, path = AskOptions(**job["options"]), Path(job["path"])
    most = 2 * options.memory_mb * 1024 * 1024
    threading.Thread(target=_watch, args=(most,), daemon=True).start()
    content = b""
    try:
        given, content = answer(path, job["sql"], job["format"], options)
        said = asdict(given)
        del said["content"]
    except StoreError as error:
        said = {"error": _without_paths(str(error), path)}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
