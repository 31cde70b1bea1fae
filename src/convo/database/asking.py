"""Questions of people who are not trusted are answered by a child process, not by this one.

The child opens the store sealed and read-only for each of them, has limits of time, memory and
rows, and knows no environment. A question that goes beyond a limit takes its child with it. Others
leave it to the next, because starting one takes longer than most answers.
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
from dataclasses import asdict, dataclass, replace
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
        self._idle: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()

    def ask(self, sql: str, format: str = "rows") -> Answer:
        """The answer as ``rows``, or as the bytes of a file in ``csv`` or ``parquet``.

        Raises:
            StoreError: the SQL is wrong, wants more than to read, or more time or memory than
                there is; or too many questions are being answered.
        """
        job = {"path": str(self.path), "sql": sql, "format": format}
        job |= {"options": self.options.model_dump_json()}
        with self._turn(), self._child() as child:
            said, content = _exchange(child, job, self.options)
        if "error" in said:
            raise StoreError(said["error"])
        rows = tuple(tuple(row) for row in said["rows"])
        return Answer(tuple(said["columns"]), rows, said["more"], said["seconds"], content)

    def warm(self) -> None:
        """Start a child, so that the first question does not wait for it."""
        with self._lock:
            if not self._idle:
                self._idle.append(_start())

    def close(self) -> None:
        """End the children that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            _end(child)

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
            child = self._idle.pop() if self._idle else None
        if child is None or child.poll() is not None:
            child = _start()
        try:
            yield child
        except BaseException:
            _end(child)
            raise
        with self._lock:
            self._idle.append(child)


def _exchange(
    child: subprocess.Popen[bytes], job: dict[str, str], options: AskOptions
) -> tuple[dict[str, Any], bytes]:
    """Send a job, and read the answer and the bytes that come with it."""
    if child.stdin is None or child.stdout is None:
        raise StoreError("the question could not be handed over: ask again")
    # The child keeps its own time; this is for one that cannot.
    clock = threading.Timer(2 * options.seconds + 10, child.kill)
    clock.start()
    try:
        child.stdin.write(json.dumps(job).encode() + b"\n")
        child.stdin.flush()
        head = child.stdout.readline()
        said: dict[str, Any] = json.loads(head) if head else {}
        content = child.stdout.read(said.get("bytes", 0))
    except (OSError, ValueError):
        said, content = {}, b""
    finally:
        clock.cancel()
    if said:
        return said, content
    child.kill()
    raise _too_long(options) if child.wait() == _OUT_OF_TIME else _too_big(options)


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
    """Answer one job a line from standard input on standard output, until there is none."""
    import duckdb  # noqa: F401  (loaded while there is nothing to do)

    from convo.database import store  # noqa: F401

    watching = False
    for line in sys.stdin.buffer:
        job = json.loads(line)
        options, path = AskOptions.model_validate_json(job["options"]), Path(job["path"])
        if not watching:
            most = 2 * options.memory_mb * 1024 * 1024
            threading.Thread(target=_watch, args=(most,), daemon=True).start()
            watching = True
        content = b""
        try:
            given, content = answer(path, job["sql"], job["format"], options)
            said = asdict(replace(given, content=b""))
            said |= {"content": None, "bytes": len(content)}
        except StoreError as error:
            said = {"error": _without_paths(str(error), path)}
        sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + content)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
