"""A copy of the store in which nobody has a name, for researchers to ask.

It is a file of its own: a view over the store would leave the names one table name away. What
each column holds is said here, column by column; one that nobody thought of is left empty.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from convo.conversation.pseudonyms import Pseudonyms
from convo.database import connections
from convo.database.migrations import migrate
from convo.database.store import Store
from convo.errors import StoreError
from convo.files import disk_error
from convo.naming import SESSION, names_in

if TYPE_CHECKING:
    import duckdb

# Raise it when a rule changes: copies made before are made again.
VERSION = 3
FOLDER = "for-researchers"
MAKING_S = 600.0
PERSON, TEXT, EMPTY, KEPT = "person", "text", "empty", "kept"

# Columns of text that are codes, labels of the program or identifiers.
_CODE_NAMES = (
    "recording_id earlier_recording_id container language run speaker role raised_by spoken_by "
    "source state kind about phase phase_before phase_after metric method_version led type framing "
    "response status key sha256 code flag artefact passage"
)
_CODES = frozenset(_CODE_NAMES.split())
_RECORD = (
    *("programme", "object", "subject", "tools", "rules", "community", "division_of_labour"),
    *("outcomes", "approach", "schedule", "funding", "glossary"),
)
# What people typed or said, where the name of the column alone does not tell.
RULES: Mapping[tuple[str, str], str] = {
    ("recording", "name"): EMPTY,
    ("recording", "engine"): TEXT,
    ("recording", "model"): TEXT,
    ("recording", "diarization"): TEXT,
    ("recording", "phase_method"): TEXT,
    ("recording", "made_by"): TEXT,
    ("recording", "phases_by"): PERSON,
    ("session", "coachee"): PERSON,
    ("session", "coach"): PERSON,
    ("session", "programme"): TEXT,
    ("attempt", "file"): EMPTY,
    ("attempt", "coachee"): PERSON,
    ("attempt", "coach"): PERSON,
    ("attempt", "message"): EMPTY,
    ("correction", "value"): EMPTY,
    ("correction", "who"): PERSON,
    ("correction", "name"): KEPT,
    ("change", "who"): PERSON,
    ("turn_code", "said_by"): PERSON,
    ("turn_code", "words"): EMPTY,
    ("turn_flag", "words"): EMPTY,
    ("turn", "machine_text"): TEXT,
    ("provenance", "value"): TEXT,
    ("word", "text"): TEXT,
    ("removed_text", "text"): TEXT,
    ("removed_text", "reason"): KEPT,
    ("turn", "text"): TEXT,
    ("share", "caution"): KEPT,
    ("machine_share", "caution"): KEPT,
    ("role", "evidence"): EMPTY,
    ("review", "reason"): TEXT,
    ("activity", "term"): TEXT,
    ("activity", "said_by"): PERSON,
    ("schema_migration", "name"): KEPT,
    ("measure", "missing"): KEPT,
    ("statement", "grade"): KEPT,
    ("statement", "statement"): TEXT,
    ("statement", "quotes"): EMPTY,
    ("annotation", "text"): TEXT,
    ("annotation", "who"): PERSON,
    ("deletion", "short_id"): KEPT,
    ("deletion", "what"): KEPT,
    ("deletion", "who"): PERSON,
    ("deletion", "removed"): KEPT,
    ("deletion", "reason"): EMPTY,
    **{("programme_version", name): TEXT for name in _RECORD},
    ("programme_version", "evidence"): EMPTY,
    ("programme_version", "training"): EMPTY,
}
# Rows that stay out: options may hold paths; the ledger of the copy is its own.
_LEFT_OUT = {"provenance": "key <> 'options'", "schema_migration": "false"}
Pairs = list[tuple[str, str]]


def pseudonyms(store: Store, secret: bytes) -> Pseudonyms:
    """Pseudonyms for everybody whose name the store knows, or knew before it was put right."""
    if not store.path.is_file():
        return Pseudonyms(secret, ())
    there = store.query("select table_name, column_name from duckdb_columns() where not internal")
    people = [one for one in there.rows if RULES.get((str(one[0]), str(one[1]))) == PERSON]
    named = " union ".join(f'select "{column}" from "{table}"' for table, column in people)
    known = {str(row[0]) for row in store.query(named).rows if row[0]}
    # Who was named by mistake may be spoken of in the talk all the same.
    for row in store.rows("select value from correction where kind = $kind", {"kind": SESSION}):
        known.update(names_in(row[0]))
    return Pseudonyms(secret, known)


def masked_store(store: Store, folder: Path, names: Pseudonyms) -> Store:
    """The copy of ``store`` as it is now, made in ``folder`` if it is not there.

    Raises:
        StoreError: the store cannot be read, or the copy not be written.
    """
    with store.reading():  # brings an older store up to date
        state = store.path.stat()
    known = f"{state.st_mtime_ns} {state.st_size} {VERSION} {sorted(names.pieces)}"
    path = folder / f"{hashlib.sha256(known.encode()).hexdigest()[:16]}.duckdb"
    end = time.monotonic() + MAKING_S
    with connections.turnstile(folder / "copy", end):
        if not path.is_file():
            _write(store, path, names)
        for old in folder.glob("*.duckdb*"):
            if not old.name.startswith(path.name):
                with contextlib.suppress(OSError):  # somebody may still be reading it
                    old.unlink()
    return Store(path)


def forget_copies(folder: Path, wait_s: float = 30.0) -> None:
    """Delete every copy in ``folder``: the next question makes one of the store as it is then.

    Raises:
        StoreError: somebody reads one all the while.
    """
    if not folder.is_dir():
        return
    end = time.monotonic() + wait_s
    with connections.turnstile(folder / "copy", end):
        while left := [one for one in folder.glob("*.duckdb*") if not _gone(one)]:
            if time.monotonic() > end:
                raise StoreError(f"{left[0]} is being read: wait until that is done and try again")
            time.sleep(0.1)


def _gone(path: Path) -> bool:
    try:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    except OSError:  # Windows, while somebody reads it
        return False
    return True


def _write(store: Store, path: Path, names: Pseudonyms) -> None:
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        with connections.writing(fresh, store.options.wait_s) as con:
            migrate(con, fresh)
            _attach(con, store.path)
            for table in _tables(con):
                _copy(con, table, names)
        os.replace(fresh, path)
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        for left in (fresh, fresh.with_name(f"{fresh.name}.lock")):
            left.unlink(missing_ok=True)


def _attach(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    import duckdb

    quoted = str(path).replace("'", "''")
    try:
        con.execute(f"attach '{quoted}' as original (read_only)")
    except duckdb.Error as error:
        raise connections.explain(error, path) from error


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select table_name from duckdb_tables() where database_name = 'original'"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _columns(con: duckdb.DuckDBPyConnection, table: str | None = None) -> list[tuple[str, ...]]:
    """Table, column and type of all columns of the copy."""
    rows = con.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and not internal and schema_name = 'main' "
        "and table_name in (select table_name from duckdb_tables() "
        "where database_name = current_database()) "
        "and ($1 is null or table_name = $1) order by table_name, column_index",
        [table],
    ).fetchall()
    return [tuple(map(str, row)) for row in rows]


def rule_of(table: str, column: str, kind: str) -> str:
    """What becomes of a column of the type ``kind``.

    >>> rule_of("session", "coach", "VARCHAR"), rule_of("turn", "words", "INTEGER")
    ('person', 'kept')
    >>> rule_of("turn", "something_new", "VARCHAR")
    'empty'
    """
    if "VARCHAR" not in kind and "BLOB" not in kind and "JSON" not in kind:
        return KEPT
    return RULES.get((table, column), KEPT if column in _CODES else EMPTY)


def _copy(con: duckdb.DuckDBPyConnection, table: str, names: Pseudonyms) -> None:
    """Copy one table; a name is replaced on the way, so that the file never holds it."""
    parts, joins = [], ""
    for _, column, kind in _columns(con, table):
        rule, part = rule_of(table, column, kind), f'o."{column}"'
        if rule == EMPTY:
            part = "''" if kind == "VARCHAR" else "null"
        elif rule in (PERSON, TEXT):
            pairs = (_people if rule == PERSON else _texts)(con, table, column, names)
            if _keep_pairs(con, f"new_{column}", pairs):
                joins += f' left join "new_{column}" on "new_{column}".before = {part}'
                part = f'coalesce("new_{column}".after, {part})'
        parts.append(f'{part} as "{column}"')
    con.execute(
        f'insert into "{table}" by name select {", ".join(parts)} '
        f'from original."{table}" o{joins} where {_LEFT_OUT.get(table, "true")}'
    )


def _people(con: duckdb.DuckDBPyConnection, table: str, column: str, names: Pseudonyms) -> Pairs:
    found = con.execute(f'select distinct "{column}" from original."{table}"').fetchall()
    return [(row[0], names.person(row[0])) for row in found if row[0]]


def _texts(con: duckdb.DuckDBPyConnection, table: str, column: str, names: Pseudonyms) -> Pairs:
    """Only texts with a part of a name in them are looked at one by one."""
    found = con.execute(
        f'with said as (select distinct "{column}" as said from original."{table}") '
        "select said from said where list_has_any(string_split_regex("
        "replace(strip_accents(lower(nfc_normalize(said))), 'ß', 'ss'), '[^\\p{L}\\p{N}]+'), $1) "
        "or regexp_matches(said, $2)",
        [sorted(names.pieces), names.inside or "^$"],
    ).fetchall()
    return [(row[0], names.text(row[0])) for row in found]


def _keep_pairs(con: duckdb.DuckDBPyConnection, table: str, pairs: Pairs) -> bool:
    """Keep texts that change, with what they become, in a table in memory; False if none does."""
    import pyarrow as pa

    changed = [pair for pair in pairs if pair[0] != pair[1]]
    if changed:
        before, after = zip(*changed, strict=True)
        con.register(table, pa.table({"before": list(before), "after": list(after)}))
    return bool(changed)
