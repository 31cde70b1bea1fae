"""The SQLite file of what is going on: uploads that come in, recordings that wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convo.errors import StoreError

LEDGER = "queue.db"
_WAIT_S = 10.0


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
        raise StoreError(
            f"the queue {path} cannot be used ({error}): make its folder writable, "
            "or move that file away to begin with an empty queue"
        ) from error
