"""Files on their way in: what has come of each so far, and what it turned out to be."""

from __future__ import annotations

import secrets
import sqlite3
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path

from convo.database.ledger import LEDGER, transaction

_TABLE = """
    create table if not exists upload (
        id text primary key, name text not null, bytes integer not null, modified real,
        fingerprint text not null, who text not null, begun_at real not null,
        recording_id text, minutes real not null default 0,
        handed_on integer not null default 0
    )"""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file; ``name`` is what its sender called it and is only shown.

    ``modified`` (seconds since 1970) is when the sender's file was last changed. ``fingerprint``
    is of its two ends and its length, as the browser reckons it: a first guess whether it is
    known. ``recording_id`` is there once all ``bytes`` are, and ``minutes`` its length;
    ``handed_on`` once it is in the queue.
    """

    id: str
    name: str
    bytes: int
    modified: float | None
    fingerprint: str
    who: str
    begun_at: float
    recording_id: str | None = None
    minutes: float = 0.0
    handed_on: bool = False


_COLUMNS = ", ".join(f.name for f in fields(Upload))


class Uploads:
    """The uploads into the data folder ``data``; methods raise StoreError as a ledger does."""

    def __init__(self, data: Path) -> None:
        self.path = data / LEDGER

    def begin(
        self, name: str, size: int, modified: float | None, fingerprint: str, who: str
    ) -> Upload:
        """A new upload of ``size`` bytes under an id that cannot be guessed."""
        made = Upload(secrets.token_hex(16), name, size, modified, fingerprint, who, time.time())
        with self._open() as con:
            con.execute(
                f"insert into upload ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                tuple(getattr(made, f.name) for f in fields(Upload)),
            )
        return made

    def upload(self, id: str) -> Upload | None:
        """That upload, None if there is none."""
        found = self._read("where id = ?", id)
        return found[0] if found else None

    def open(self) -> list[Upload]:
        """Those that are not in the queue yet, oldest first."""
        return self._read("where not handed_on order by begun_at")

    def with_fingerprint(self, fingerprint: str) -> list[Upload]:
        """Complete uploads that look the same from both ends."""
        return self._read("where fingerprint = ? and recording_id is not null", fingerprint)

    def like(self, recording_id: str) -> list[Upload]:
        """Those with that content, and those that look the same and are no other recording."""
        known = self.of_recording(recording_id)
        alike = {one.fingerprint for one in known if one.fingerprint}
        begun = (one for one in self.open() if one.recording_id is None)
        return known + [one for one in begun if one.fingerprint in alike]

    def of_recording(self, recording_id: str) -> list[Upload]:
        """Complete uploads with that content."""
        return self._read("where recording_id = ?", recording_id)

    def complete(self, id: str, recording_id: str, minutes: float) -> None:
        """All bytes are there, and this is what they are."""
        with self._open() as con:
            con.execute(
                "update upload set recording_id = ?, minutes = ? where id = ?",
                (recording_id, minutes, id),
            )

    def hand_on(self, id: str) -> None:
        """It is in the queue now."""
        with self._open() as con:
            con.execute("update upload set handed_on = 1 where id = ?", (id,))

    def remove(self, id: str) -> None:
        """Forget the upload; its file is the caller's."""
        with self._open() as con:
            con.execute("delete from upload where id = ?", (id,))

    def _read(self, rest: str, *values: str) -> list[Upload]:
        if not self.path.is_file():
            return []
        with self._open() as con:
            rows = con.execute(f"select {_COLUMNS} from upload {rest}", values).fetchall()
        return [Upload(*row) for row in rows]

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return transaction(self.path, _TABLE)
