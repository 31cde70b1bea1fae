"""The one loader: all rows of a recording leave the store and come into it together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convo.database.artefacts import open_tables
from convo.database.columns import arrow_table, completed
from convo.database.corrections import corrections_in
from convo.database.facts import annotation_table, fact_tables, phase_tables
from convo.database.manifest import Run
from convo.database.notes import notes_in
from convo.database.tables import CORRECTED_WORDS, PARTS

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Rows = tuple[Run, "dict[str, pa.Table]"]

_MEASURES = """
insert into measure by name
with version as (
    select r.recording_id,
           coalesce(max(p.value) filter (where p.key = 'stage.shares'),
                    max(p.value) filter (where p.key = 'code'), max(r.made_by)) as method_version
    from recording r left join provenance p using (recording_id)
    where r.recording_id in (select unnest($1)) group by r.recording_id
), own as (
    select * from share where recording_id in (select unnest($1))
), figure as (
    select recording_id, phase, role, 'word_share' as metric,
           case when not withheld then words / nullif(total_words, 0) end as value,
           total_words as n, low as lo, high as hi,
           case when withheld or total_words = 0 then coalesce(caution, 'nobody spoke') end
               as missing from own
    union all
    select recording_id, phase, role, 'word_share_without_backchannels',
           case when not withheld
                then words_without_backchannels / nullif(total_without_backchannels, 0) end,
           total_without_backchannels, null, null,
           case when withheld or total_words = 0 then coalesce(caution, 'nobody spoke') end
    from own
    union all
    select recording_id, phase, role, 'second_share',
           case when not withheld then seconds / nullif(total_seconds, 0) end,
           round(total_seconds)::integer, null, null,
           case when seconds is null then 'no times are known'
                when withheld then coalesce(caution, 'withheld') end from own
    union all
    select recording_id, phase, role, 'words', words, turns, null, null, null from own
    union all
    select recording_id, phase, role, 'turns', turns, turns, null, null, null from own
    union all
    select recording_id, phase, role, 'median_turn_words', median_turn_words, turns, null, null,
           case when turns = 0 then 'says nothing here' end from own
    union all
    select recording_id, phase, role, 'longest_turn_words', longest_turn_words, turns, null, null,
           case when turns = 0 then 'says nothing here' end from own
)
select recording_id, phase, role, metric, value, n, lo, hi, method_version,
       case when value is null then coalesce(missing, 'cannot be had') end as missing
from figure join version using (recording_id)
"""

# What became of a file tells whose session it is, as the session itself does.
_ATTEMPT = """
update attempt set coachee = s.coachee, coach = s.coach, number = s.number
from session s where s.recording_id = attempt.recording_id and s.recording_id in (select unnest($1))
"""


def read_rows(folder: Path) -> Rows:
    """The run in ``folder`` and all its rows, by the table of the store they go to.

    Raises:
        StoreError: a file is missing, altered, or from a newer version of convo.
    """
    run, files = open_tables(folder)
    # a run that an older convo made has no file for what it did not know
    parts = {
        part.table: completed(files[part.file], part.columns)
        if part.file in files
        else arrow_table(part.columns, ())
        for part in PARTS
        if part.table
    }
    if (run.facts.get("corrected") or {}).get("words") is not None:
        parts["word"] = files[CORRECTED_WORDS]
    facts = fact_tables(run, corrections_in(folder.parent))
    facts["annotation"] = annotation_table(notes_in(folder.parent))
    return run, parts | phase_tables(run, parts) | facts


def newly_private(con: duckdb.DuckDBPyConnection, rows: Rows) -> bool:
    """Whether the store may hold words that are private in these rows."""
    run, tables = rows
    query = "select start_s, end_s from passage where recording_id = ? and kind = 'private'"
    known = set(con.execute(query, [run.recording_id]).fetchall())
    marked = tables["passage"].to_pylist()
    private = {(p["start_s"], p["end_s"]) for p in marked if p["kind"] == "private"}
    held = con.execute("select 1 from recording where recording_id = ?", [run.recording_id])
    return bool(private - known and held.fetchone())


def replace_rows(con: duckdb.DuckDBPyConnection, sessions: Sequence[Rows]) -> None:
    """Put these runs in place of what the store has of their recordings, in one transaction.

    A run is left out when the store has a newer one of the same recording.
    """
    rows = [(run, tables) for run, tables in sessions if not _is_outdated(con, run)]
    if not rows:
        return
    recordings = [run.recording_id for run, _ in rows]
    con.begin()
    try:
        for name in rows[0][1]:
            _delete(con, name, recordings)
            con.register("incoming", _joined(rows, name))
            con.execute(f"insert into {name} by name select * from incoming")
            con.unregister("incoming")
        # Quotes of what may be private by now; whoever loads writes the table over sessions anew.
        _delete(con, "statement", recordings)
        con.execute(_MEASURES, [recordings])
        con.execute(_ATTEMPT, [recordings])
        con.commit()
    except BaseException:
        con.rollback()
        raise


def delete_rows(con: duckdb.DuckDBPyConnection, recording_id: str) -> None:
    """Delete every row of a recording, and those of others that tell of it, in one transaction.

    Any table with such a column is meant, so that a new one cannot be left out.
    """
    columns = con.execute(
        "select table_name, column_name from duckdb_columns() where not internal and "
        "database_name = current_database() and column_name in "
        "('recording_id', 'earlier_recording_id') and table_name in "
        "(select table_name from duckdb_tables() where database_name = current_database())"
    ).fetchall()
    con.begin()
    try:
        for table, column in columns:
            con.execute(f'delete from "{table}" where "{column}" = ?', [recording_id])
        con.commit()
    except BaseException:
        con.rollback()
        raise


def _is_outdated(con: duckdb.DuckDBPyConnection, run: Run) -> bool:
    stored = con.execute(
        "select processed_at, run from recording where recording_id = ?", [run.recording_id]
    ).fetchone()
    return bool(stored and stored > (run.created_at.replace(tzinfo=None), run.name))


def _delete(con: duckdb.DuckDBPyConnection, table: str, recordings: list[str]) -> None:
    con.execute(f"delete from {table} where recording_id in (select unnest(?))", [recordings])


def _joined(rows: Sequence[Rows], name: str) -> pa.Table:
    """One table of many recordings, each row with the recording it belongs to."""
    import pyarrow as pa

    return pa.concat_tables(
        tables[name].append_column(
            "recording_id", pa.repeat(run.recording_id, tables[name].num_rows)
        )
        for run, tables in rows
    )
