"""Short connections to one DuckDB file, taken in turn.

DuckDB allows one writing process or many reading ones. A file lock beside the store is the
turnstile: a writer holds it until it is done, a reader only while it opens, so readers that come
later queue behind a waiting writer and nobody starves. DuckDB's own lock is the safety net.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from convo.errors import StoreError
from convo.files import disk_error

if TYPE_CHECKING:
    import duckdb

# A store can be read by DuckDB 1.5 and by 2.x; without this, 2.x writes what 1.5 cannot read.
STORAGE = "v1.5.0"
# No query may reach a file, the network, an extension or a setting.
_SEALED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
# A question of some seconds would otherwise write a progress bar into our standard output.
_QUIET = "set enable_progress_bar = false"
_LOCKED = "set lock_configuration = true"
_BUSY = (
    "Could not set lock on file",
    "different configuration than existing connections",
    "being used by another process",
)


class StoreBusyError(StoreError):
    """Another program has the store."""


def gate(path: Path) -> FileLock:
    """The turnstile of the store at ``path``; every call gives a lock of its own."""
    return FileLock(path.with_name(f"{path.name}.lock"), thread_local=False)


@contextmanager
def writing(path: Path, wait_s: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """The only writing connection, made when its turn comes.

    Raises:
        StoreError: after ``wait_s`` seconds another program still has the store, or the folder
            cannot be written.
    """
    end = time.monotonic() + wait_s
    with turnstile(path, end), _closing(_open(path, end, read_only=False)) as con:
        yield con


@contextmanager
def reading(
    path: Path, wait_s: float, limits: Mapping[str, str] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A sealed, read-only connection; several may be open at once.

    ``limits`` are more settings of DuckDB; those of one process must be the same.

    Raises:
        StoreError: there is no store, or another program is still writing after ``wait_s`` seconds.
    """
    if not path.is_file():
        raise StoreError(
            f"there is no store at {path}: process a recording, or run `convo rebuild` "
            "if artefacts are there"
        )
    end = time.monotonic() + wait_s
    with turnstile(path, end):
        con = _open(path, end, read_only=True, limits=limits)
    with _closing(con):
        yield con


@contextmanager
def turnstile(path: Path, end: float) -> Iterator[None]:
    """Hold the turnstile of ``path``, waiting for it until ``end`` on the monotonic clock."""
    lock = gate(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=max(0.0, end - time.monotonic()), poll_interval=0.01)
    except Timeout as error:
        raise _busy(path, _holder(path)) from error
    except OSError as error:
        raise disk_error(error, path) from error
    try:
        yield
    finally:
        lock.release()


def check_free(path: Path, end: float) -> None:
    """Wait until nobody has the file open, and fold its log into it.

    A file that cannot be opened for another reason is nobody's, and so it is free.

    Raises:
        StoreBusyError: somebody still has it at ``end``.
    """
    try:
        _open(path, end, read_only=False).close()
    except StoreBusyError:
        raise
    except StoreError:
        return


def copy(path: Path, fresh: Path) -> None:
    """Write all that is in the store at ``path`` into the new file ``fresh``."""
    import duckdb

    with _closing(duckdb.connect()) as con:
        quoted = [str(one).replace("'", "''") for one in (path, fresh)]
        con.execute(f"attach '{quoted[0]}' as old (read_only)")
        con.execute(f"attach '{quoted[1]}' as fresh (storage_version '{STORAGE}')")
        con.execute("copy from database old to fresh")


def explain(error: Exception, path: Path) -> StoreError:
    """What an error of DuckDB about the file ``path`` means for the user, in one sentence."""
    text = re.split(r"\n\s*\n|\nLINE", str(error))[0].replace("\n", " ")
    if any(sign in text for sign in _BUSY):
        return _busy(path, text)
    if newer := re.search(r"version number (\d+).*?(between \d+ and \d+|version number \d+)", text):
        import duckdb

        return StoreError(
            f"{path} has DuckDB storage version {newer[1]} and the installed DuckDB "
            f"{duckdb.__version__} reads {newer[2]}: install the newer duckdb, or make the store "
            "again with `convo rebuild`"
        )
    if "No space left" in text or "not enough space" in text.lower():
        return StoreError(
            f"no space left on the disk of {path}: free some space and run again, "
            "nothing that was finished is lost"
        )
    if "Permission denied" in text or "Read-only file system" in text:
        return StoreError(
            f"cannot write {path}: make it and its folder writable or choose another data folder"
        )
    return StoreError(
        f"{path} cannot be used as a store ({text}): move it away and run `convo rebuild`"
    )


def _open(
    path: Path, end: float, *, read_only: bool, limits: Mapping[str, str] | None = None
) -> duckdb.DuckDBPyConnection:
    import duckdb

    settings = _SEALED if read_only else {"storage_compatibility_version": STORAGE}
    settings = {**settings, **(limits or {})}
    delay_s = 0.01
    while True:
        try:
            con = duckdb.connect(str(path), read_only=read_only, config=dict(settings))
            _seal(con, locked=read_only)
            return con
        except duckdb.Error as error:
            if not any(sign in str(error) for sign in _BUSY) or time.monotonic() > end:
                raise explain(error, path) from error
        time.sleep(random.uniform(0, delay_s))
        delay_s = min(delay_s * 2, 0.2)


def _seal(con: duckdb.DuckDBPyConnection, *, locked: bool) -> None:
    """No progress bar, and no setting from now on; another connection here may have done it."""
    import duckdb

    with suppress(duckdb.InvalidInputException):
        con.execute(f"{_QUIET}; {_LOCKED}" if locked else _QUIET)


@contextmanager
def _closing(con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        yield con
    finally:
        con.close()


def _holder(path: Path) -> str:
    """DuckDB's words about who has the file, empty if nobody has (any more)."""
    import duckdb

    if not path.is_file():
        return ""
    try:
        duckdb.connect(str(path), read_only=True, config=dict(_SEALED)).close()
    except duckdb.Error as error:
        return str(error)
    return ""


def _busy(path: Path, text: str) -> StoreBusyError:
    process = re.search(r"PID (\d+)", text)
    who = f"another program (PID {process[1]})" if process else "another program"
    return StoreBusyError(
        f"{path} is in use by {who}: close it or wait until it is done, then try again"
    )
