"""The queue: which recordings wait, are in work, are done or failed. One SQLite file.

It survives the programs that write to it: who takes a recording notes its process, so that what a
dead process left is seen and goes on. Each call is one short transaction.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import TypeAdapter

from convo.database.ledger import LEDGER, transaction
from convo.sessions import SessionRequest

State = Literal["waiting", "running", "cancelling", "done", "failed", "cancelled"]
OPEN: tuple[State, ...] = ("waiting", "running", "cancelling")
_TABLE = """
    create table if not exists job (
        position integer primary key autoincrement,
        recording_id text not null unique, name text not null, file text not null,
        minutes real not null, who text not null, request text not null, asked text not null,
        state text not null, attempt integer not null, crashes integer not null default 0,
        flow_run text, pid integer, stage text, stage_done_s real not null default 0,
        stage_begun real, submitted_at real not null, began_at real, ended_at real,
        message text, report text
    )"""
_WAIT_AGAIN = """
    update job set state = 'waiting', attempt = attempt + 1, flow_run = null, pid = null,
        stage = null, stage_done_s = 0, stage_begun = null, began_at = null, ended_at = null,
        message = null"""
_REQUEST: TypeAdapter[SessionRequest] = TypeAdapter(SessionRequest)
_ASKED: TypeAdapter[dict[str, dict[str, Any]]] = TypeAdapter(dict[str, dict[str, Any]])


@dataclass(frozen=True, slots=True)
class Queued:
    """One recording in the queue, with all that the user said about it.

    ``name`` is what the user's file was called; it is only shown. ``file`` lies in the data folder
    and is relative to it. ``minutes`` is its length, 0 if unknown. ``attempt`` counts how often it
    was asked for, ``crashes`` how often its process ended in the middle. ``stage_done_s`` is in
    seconds of the recording; times are seconds since 1970. ``message`` says why it failed and what
    to do, ``report`` is the file name of the report.
    """

    recording_id: str
    name: str
    file: str
    minutes: float
    who: str
    request: SessionRequest = field(default_factory=SessionRequest)
    asked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    state: State = "waiting"
    attempt: int = 1
    crashes: int = 0
    flow_run: str | None = None
    pid: int | None = None
    stage: str | None = None
    stage_done_s: float = 0.0
    stage_begun: float | None = None
    submitted_at: float = 0.0
    began_at: float | None = None
    ended_at: float | None = None
    message: str | None = None
    report: str | None = None

    @property
    def short_id(self) -> str:
        """How pages name it."""
        return self.recording_id[:16]


_COLUMNS = ", ".join(f.name for f in fields(Queued))


class Queue:
    """The queue of the data folder ``data``; any number of programs may use it at once.

    Raises (every method):
        StoreError: the file cannot be read or written.
    """

    def __init__(self, data: Path) -> None:
        self.path = data / LEDGER

    def add(self, job: Queued) -> None:
        """Put ``job`` at the end; one that is already waiting or in work stays as it is."""
        values = (
            *(job.recording_id, job.name, job.file, job.minutes, job.who),
            *(_REQUEST.dump_json(job.request).decode(), _ASKED.dump_json(dict(job.asked)).decode()),  # type: ignore[arg-type]
            time.time(),
        )
        with self._open() as con:
            before = con.execute(
                "select attempt, state from job where recording_id = ?", (job.recording_id,)
            ).fetchone()
            if before and before[1] in OPEN:
                return
            con.execute("delete from job where recording_id = ?", (job.recording_id,))
            con.execute(
                "insert into job (recording_id, name, file, minutes, who, request, asked,"
                " submitted_at, state, attempt) values (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)",
                (*values, 1 + (before[0] if before else 0)),
            )

    def jobs(self, *states: State) -> list[Queued]:
        """All of these states (of any, if none is given), in the order in which they came."""
        marks = ", ".join("?" * len(states))
        where = f"where state in ({marks})" if states else ""
        return self._read(f"{where} order by position", states)

    def ended(self, most: int = 50) -> list[Queued]:
        """The latest that are done, failed or cancelled, newest first."""
        return self._read(
            "where state in ('done', 'failed', 'cancelled') order by ended_at desc limit ?", (most,)
        )

    def job(self, recording_id: str) -> Queued | None:
        """That recording; its id may be shortened to 16 characters."""
        found = self._read("where substr(recording_id, 1, 16) = ?", (recording_id[:16],))
        return found[0] if found else None

    def sent(self, recording_id: str, flow_run: str) -> None:
        """Note the flow run that will work on a waiting recording."""
        self._change(recording_id, ("waiting",), flow_run=flow_run)

    def take(self, recording_id: str, pid: int) -> Queued | None:
        """Begin to work on it as process ``pid``; None if it is not waiting any more."""
        now = time.time()
        taken = self._change(recording_id, ("waiting",), state="running", pid=pid, began_at=now)
        return self.job(recording_id) if taken else None

    def tell(self, recording_id: str, stage: str, done_s: float, begun: float) -> None:
        """How far the stage is that ``begun`` then."""
        self._change(
            recording_id, ("running",), stage=stage, stage_done_s=done_s, stage_begun=begun
        )

    def end(
        self, recording_id: str, state: State, message: str | None = None, report: str | None = None
    ) -> None:
        """What came of it; a recording that was cancelled meanwhile stays cancelled."""
        now = time.time()
        before: tuple[State, ...] = OPEN if state != "failed" else ("waiting", "running")
        values = {"state": state, "message": message, "report": report, "ended_at": now}
        self._change(recording_id, before, pid=None, **values)

    def cancel(self, recording_id: str) -> bool:
        """Ask for it to be stopped; False if it has ended already."""
        return self._change(recording_id, ("waiting", "running"), state="cancelling")

    def again(
        self, recording_id: str, crashes: int = 0, request: SessionRequest | None = None
    ) -> bool:
        """Let it wait once more; finished stages are kept. False if it waits or is done.

        ``request`` replaces what was said about it.
        """
        with self._open() as con:
            if request is not None:
                con.execute(
                    "update job set request = ? where substr(recording_id, 1, 16) = ?"
                    " and state in ('failed', 'cancelled')",
                    (_REQUEST.dump_json(request).decode(), recording_id[:16]),
                )
            changed = con.execute(
                f"{_WAIT_AGAIN}, crashes = ? where substr(recording_id, 1, 16) = ?"
                " and state in ('running', 'failed', 'cancelled')",
                (crashes, recording_id[:16]),
            )
            return changed.rowcount == 1

    def rename(self, recording_id: str, request: SessionRequest) -> None:
        """Say of a recording that is on the list, in whatever state, whose session it is."""
        said = _REQUEST.dump_json(request).decode()
        if self.path.is_file():
            with self._open() as con:
                con.execute(
                    "update job set request = ? where recording_id = ?", (said, recording_id)
                )

    def recover(self) -> None:
        """Let everything that is open wait again: the program that had it in hand is gone."""
        with self._open() as con:
            con.execute("update job set state = 'cancelled' where state = 'cancelling'")
            con.execute(f"{_WAIT_AGAIN} where state in ('running', 'waiting')")

    def withdraw(self, job: Queued) -> bool:
        """Work on it no more; False if it is not as it was when ``job`` was read."""
        with self._open() as con:
            changed = con.execute(
                "update job set state = 'cancelled', pid = null, ended_at = ?"
                " where recording_id = ? and state = ? and attempt = ?",
                (time.time(), job.recording_id, job.state, job.attempt),
            )
            return changed.rowcount == 1

    def forget(self, recording_id: str) -> bool:
        """Take it off the list once it has ended; nothing else is deleted."""
        with self._open() as con:
            gone = con.execute(
                "delete from job where substr(recording_id, 1, 16) = ?"
                " and state in ('done', 'failed', 'cancelled')",
                (recording_id[:16],),
            )
            return gone.rowcount == 1

    def _change(self, recording_id: str, states: tuple[State, ...], **values: Any) -> bool:
        sets = ", ".join(f"{name} = ?" for name in values)
        marks = ", ".join("?" * len(states))
        with self._open() as con:
            changed = con.execute(
                f"update job set {sets} where substr(recording_id, 1, 16) = ?"
                f" and state in ({marks})",
                (*values.values(), recording_id[:16], *states),
            )
            return changed.rowcount == 1

    def _read(self, rest: str, values: tuple[Any, ...]) -> list[Queued]:
        if not self.path.is_file():
            return []
        with self._open("begin") as con:
            rows = con.execute(f"select {_COLUMNS} from job {rest}", values).fetchall()
        return [_queued(row) for row in rows]

    def _open(self, begin: str = "begin immediate") -> AbstractContextManager[sqlite3.Connection]:
        return transaction(self.path, _TABLE, begin)


def process_of(job: Queued) -> psutil.Process | None:
    """The process that works on ``job``, if it is there, and not a later one with its number."""
    if job.pid is None or job.began_at is None:
        return None
    try:
        process = psutil.Process(job.pid)
        dead = process.status() == psutil.STATUS_ZOMBIE
        return None if dead or process.create_time() > job.began_at + 1 else process
    except psutil.Error:
        return None


def _queued(row: tuple[Any, ...]) -> Queued:
    named = dict(zip((f.name for f in fields(Queued)), row, strict=True))
    named["request"] = _REQUEST.validate_json(named["request"])
    named["asked"] = _ASKED.validate_json(named["asked"])
    return Queued(**named)
