"""The store: one DuckDB file for questions, derived from the artefacts and made again at will.

Tables and views are described in ``docs/store.md``. Rows of a recording come and go together.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from convo.between import FollowUp
from convo.database import connections
from convo.database.artefacts import current_runs
from convo.database.columns import arrow_table
from convo.database.deletions import Deletion
from convo.database.facts import annotation_table
from convo.database.loading import delete_rows, newly_private, read_rows, replace_rows
from convo.database.migrations import check_not_newer, migrate, migrations
from convo.database.notes import Note
from convo.database.questions import check_question, names, wrong_sql
from convo.database.results import QueryResult
from convo.database.runs import Run
from convo.errors import StoreError
from convo.files import disk_error, write_atomically
from convo.options import Options
from convo.programme import ProgrammeRecord

if TYPE_CHECKING:
    import duckdb

_STATEMENT = (
    {"recording_id": "text", "phase": "text", "position": "int", "kind": "text", "grade": "text"}
    | {"metric": "text", "statement": "text", "turns": "ints", "quotes": "texts"}
    | {"confirmed": "int", "candidates": "int"}
)

Progress = Callable[[int, int], None]

# Many sessions in one transaction load three times as fast as one by one; more need more memory.
_BATCH = 50


class StoreOptions(Options):
    """How the store is opened."""

    # A load takes about 0.1 s, so ten waiting loaders are through long before this.
    wait_s: float = 30.0


class Recordings(NamedTuple):
    """Ids of recordings, and how many the store has in all."""

    ids: tuple[str, ...]
    total: int


class Store:
    """The DuckDB file at ``path``, made when the first session is loaded.

    Connections last as long as one call, so several programs can use the store at once.
    """

    def __init__(self, path: Path, options: StoreOptions | None = None) -> None:
        self.path = path
        self.options = options or StoreOptions()

    @property
    def _to_forget(self) -> Path:
        return self.path.with_name(f"{self.path.name}.forget")

    def load(self, folder: Path) -> None:
        """Put the run in ``folder`` in place of what the store has of its recording.

        Loading twice changes nothing, and a run older than the one in the store is left out, so
        the order in which several loaders come does not matter.

        Raises:
            StoreError: the artefacts or the store cannot be read or written; nothing has changed.
        """
        rows = read_rows(folder)
        with self.writing() as con:
            if newly_private(con, rows):
                self._to_forget.touch()  # before anything else: a crash must not leave it undone
            replace_rows(con, [rows])
        if self._to_forget.exists():
            self.forget()

    def forget(self) -> None:
        """Write the file anew, so that nothing that was deleted is left in its bytes.

        Raises:
            StoreError: somebody uses the store all the while.
        """
        import duckdb

        fresh = self.path.with_name(f"{self.path.name}.new")
        end = time.monotonic() + self.options.wait_s
        with connections.turnstile(self.path, end):
            try:
                _remove(fresh)
                connections.check_free(self.path, end)
                connections.copy(self.path, fresh)
                # what a question that was killed had written to disk
                shutil.rmtree(self.path.with_name(f"{self.path.name}.tmp"), ignore_errors=True)
                _remove_log(self.path)
                os.replace(fresh, self.path)
                self._to_forget.unlink(missing_ok=True)
            except duckdb.Error as error:
                raise connections.explain(error, self.path) from error
            except OSError as error:
                raise disk_error(error, self.path) from error
            finally:
                _remove(fresh)

    def delete(self, recording_id: str) -> None:
        """Delete all rows of a recording; :meth:`forget` then takes them out of the file's bytes.

        Raises:
            StoreError: the store is in use, newer than this program, or not writable.
        """
        self._to_forget.touch()  # before anything else: a crash must not leave it undone
        with self.writing() as con:
            delete_rows(con, recording_id)

    def rebuild(self, artefacts_root: Path, progress: Progress | None = None) -> int:
        """Make the file again from the artefacts alone and return the number of sessions.

        The new file is built beside the old one and takes its place when it is complete;
        ``progress`` hears (done, total).

        Raises:
            StoreError: an artefact is damaged, or the old file is in use; then it stays.
        """
        fresh = self.path.with_name(f"{self.path.name}.new")
        end = time.monotonic() + self.options.wait_s
        with connections.turnstile(self.path, end):
            runs = current_runs(artefacts_root)  # not before: who loads now would be forgotten
            try:
                _remove(fresh)
                with connections.writing(fresh, self.options.wait_s) as con:
                    migrate(con, fresh)
                    for start in range(0, len(runs), _BATCH):
                        batch = runs[start : start + _BATCH]
                        replace_rows(con, [read_rows(run.folder) for run in batch])
                        if progress:
                            progress(start + len(batch), len(runs))
                if self.path.is_file():
                    connections.check_free(self.path, end)
                _remove_log(self.path)
                os.replace(fresh, self.path)
                self._to_forget.unlink(missing_ok=True)
            except OSError as error:
                raise disk_error(error, self.path) from error
            finally:
                _remove(fresh)
        return len(runs)

    def note_runs(self, runs: Sequence[Run]) -> None:
        """Say in table ``attempt`` what became of every file, failures included.

        Raises:
            StoreError: the store is in use, newer than this program, or not writable.
        """
        rows = [
            (r.recording_id, r.file, *_whose(r), r.state, r.message, r.changed_at[:19])
            for r in runs
        ]
        self._replace_all("attempt", rows)

    def note_follow_ups(
        self, recordings: Sequence[str], rows: Sequence[tuple[str, str, FollowUp]]
    ) -> None:
        """Say in table ``followup`` what sessions speak about; ``recordings`` are told anew.

        A row is the later recording, the earlier one, and the follow-up of one activity.

        Raises:
            StoreError: the store is in use, newer than this program, or not writable.
        """
        values = [
            (
                *(later, earlier, f.activity, f.spoken, f.by.value if f.by else None),
                *(f.turn, list(f.turns), f.status, f.probability),
            )
            for later, earlier, f in rows
        ]
        with self.writing() as con:
            con.begin()
            con.execute(
                "delete from followup where recording_id in (select unnest(?))", [list(recordings)]
            )
            if values:
                con.executemany("insert into followup values (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            con.commit()

    def note_statements(
        self, recordings: Sequence[str], rows: Sequence[tuple[object, ...]]
    ) -> None:
        """Say in table ``statement`` what the table over the sessions says of these recordings.

        A row has the columns of that table, in order.

        Raises:
            StoreError: the store is in use, newer than this program, or not writable.
        """
        with self.writing() as con:
            con.begin()
            con.execute(
                "delete from statement where recording_id in (select unnest(?))", [list(recordings)]
            )
            if rows:
                con.register("incoming", arrow_table(_STATEMENT, rows))
                con.execute("insert into statement by name select * from incoming")
                con.unregister("incoming")
            con.commit()

    def note_cells(self, recording_id: str, notes: Sequence[Note]) -> None:
        """Say in table ``annotation`` what people wrote about a recording.

        Raises:
            StoreError: the store is in use, newer than this program, or not writable.
        """
        rows = annotation_table(notes).append_column("recording_id", [[recording_id] * len(notes)])
        with self.writing() as con:
            con.begin()
            con.execute("delete from annotation where recording_id = ?", [recording_id])
            con.register("incoming", rows)
            con.execute("insert into annotation by name select * from incoming")
            con.unregister("incoming")
            con.commit()

    def note_programmes(self, versions: Sequence[tuple[ProgrammeRecord, datetime]]) -> None:
        """Say in table ``programme_version`` what is kept of all programmes.

        Raises:
            StoreError: the store is in use, newer than this program, or not writable.
        """
        self._replace_all("programme_version", [_programme_row(*one) for one in versions])

    def note_deletions(self, log: Sequence[Deletion]) -> None:
        """Say in table ``deletion`` what was deleted, by whom and when.

        Raises:
            StoreError: the store is in use, newer than this program, or not writable.
        """
        rows = [
            (
                *(d.short_id, d.what, d.who, _utc(d.begun_at)),
                *(_utc(d.done_at) if d.done_at else None, list(d.removed), d.reason),
            )
            for d in log
        ]
        self._replace_all("deletion", rows)

    def _replace_all(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """``rows`` and no others are in ``table``, in one step."""
        with self.writing() as con:
            con.begin()
            con.execute(f"delete from {table}")
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                con.executemany(f"insert into {table} values ({marks})", rows)
            con.commit()

    def recordings(self, coachee: str) -> Recordings | None:
        """The recordings of one coachee; None where there is no store yet."""
        if not self.path.is_file():
            return None
        with self.reading() as con:
            ids = con.execute(
                "select recording_id from session where coachee = ? order by 1", [coachee]
            ).fetchall()
            total = con.execute("select count(*) from session").fetchone()
        return Recordings(tuple(str(row[0]) for row in ids), int(total[0]) if total else 0)

    def query(self, sql: str, limit: int | None = None) -> QueryResult:
        """The answer to one question in SQL, at most ``limit`` rows of it.

        The connection can read the store and nothing else: no file, no network, no change.

        Raises:
            StoreError: the SQL is wrong or wants more than to read; DuckDB's words are passed on.

        >>> import tempfile
        >>> store = Store(Path(tempfile.mkdtemp()) / "convo.duckdb")
        >>> store.rebuild(Path("no artefacts yet"))
        0
        >>> store.query("select count(*) as sessions from session").rows
        ((0,),)
        """
        import duckdb

        with self.reading() as con:
            try:
                check_question(con, sql)
                cursor = con.execute(sql)
                columns = tuple(str(column[0]) for column in cursor.description or ())
                rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit + 1)
            except duckdb.Error as error:
                raise wrong_sql(con, error) from error
        kept = rows if limit is None else rows[:limit]
        return QueryResult(columns, tuple(tuple(row) for row in kept), len(kept) < len(rows))

    def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows of a question that this program asks itself, with ``$name`` for values.

        Raises:
            StoreError: the store is missing, in use, or newer than this program.
        """
        with self.reading() as con:
            return con.execute(sql, dict(parameters or {})).fetchall()

    def export(self, sql: str, format: str, path: Path | None = None) -> str:
        """The answer as csv, json or parquet: written to ``path``, or given back as text.

        Text is empty when the answer went to a file.

        Raises:
            StoreError: the query or the format is wrong, parquet has no ``path``, or the file
                cannot be written.
        """
        content = self.query(sql).encoded(format)
        if path is not None:
            write_atomically(path, content)
            return ""
        if format == "parquet":
            raise StoreError("parquet is not text: name the file to write")
        return content.decode()

    def names(self) -> tuple[str, ...]:
        """Everything that can be asked for, views before tables."""
        with self.reading() as con:
            return names(con)

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The writing connection in the newest schema; what fails in it leaves no trace.

        Raises:
            StoreError: the store is in use, newer than this program, or not writable.
        """
        import duckdb

        with connections.writing(self.path, self.options.wait_s) as con:
            try:
                migrate(con, self.path)
                yield con
            except duckdb.Error as error:
                raise connections.explain(error, self.path) from error

    @contextmanager
    def reading(
        self, limits: Mapping[str, str] | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A sealed read-only connection; a store of an older schema is brought up to date first.

        ``limits`` are more settings of DuckDB, such as ``memory_limit``.

        Raises:
            StoreError: the store is missing, in use, or newer than this program.
        """
        with connections.reading(self.path, self.options.wait_s, limits) as con:
            current = check_not_newer(con, self.path) == len(migrations())
            if current:
                yield con
        if not current:
            with self.writing():
                pass
            with connections.reading(self.path, self.options.wait_s, limits) as con:
                yield con


def _programme_row(record: ProgrammeRecord, kept_at: datetime) -> tuple[object, ...]:
    texts = ["subject", "tools", "rules", "community", "division_of_labour", "outcomes"]
    texts += ["approach", "schedule", "funding"]
    terms = record.glossary
    return (
        *(record.name, record.since, record.object),
        *(getattr(record, name) for name in texts),
        [f"{one.about}: {one.quote} ({one.source})" for one in record.evidence],
        [f"{one.title} {one.date or ''}".strip() for one in record.training],
        f"{terms.name} {terms.version}" if terms else None,
        _utc(kept_at),
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _whose(run: Run) -> tuple[str | None, str | None, int | None]:
    meeting = run.session
    return (meeting.coachee, meeting.coach, meeting.number) if meeting else (None, None, None)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _remove_log(path)
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)


def _remove_log(path: Path) -> None:
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
