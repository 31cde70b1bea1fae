"""The SQLite file of what is going on: uploads that come in, recordings that wait."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from convo.errors import StoreError

LEDGER = "queue.db"
_WAIT_S = 10.0


def scrub(path: Path) -> None:
    """Write the file at ``path`` anew, so that no deleted row is left in its bytes.

    Raises:
        StoreError: the file cannot be written, or somebody uses it all the while.
    """
    if not path.is_file():
        return
    end = time.monotonic() + _WAIT_S
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)) as con:
            con.execute("vacuum")
            while con.execute("pragma wal_checkpoint(truncate)").fetchone()[0]:  # it has readers
                if time.monotonic() > end:
                    raise sqlite3.OperationalError("it is being read")
                time.sleep(0.05)
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


@contextmanager
def transaction(
    path: Path, table: str, begin: str = "begin immediate"
) -> Iterator[sqlite3.Connection]:
    """One short transaction on the file at ``path``, in which ``table`` is made if need be.

    What fails in it leaves no trace. Any number of programs may do so at once.

    Raises:
        StoreError: the file cannot be read or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        con = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
        try:
            con.execute("pragma journal_mode = wal")
            con.execute(table)
            con.execute(begin)
            yield con
            con.execute("commit")
        finally:
            con.close()
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"the queue {path} cannot be used ({error}): make its folder writable, "
        "or move that file away to begin with an empty queue"
    )
