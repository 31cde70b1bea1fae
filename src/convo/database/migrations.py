"""Numbered SQL files, each applied once in one transaction; the schema only moves forward."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from convo.errors import StoreError

if TYPE_CHECKING:
    import duckdb

FOLDER = Path(__file__).with_suffix("")
_LEDGER = """
create table if not exists schema_migration (
    version integer primary key, name varchar not null, sha256 varchar not null)
"""
_OWN_TABLES = "select count(*) from duckdb_tables() where table_name <> 'schema_migration'"


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file; its number is the schema version that it leads to."""

    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Of the text, with line ends as on Unix (a checkout may change them)."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@lru_cache(maxsize=8)
def migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """All migrations, in order.

    Raises:
        StoreError: two have the same number, or a number is left out.

    >>> [migration.version for migration in migrations()][:2]
    [1, 2]
    """
    found = tuple(
        Migration(int(path.name[:4]), path.name, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("[0-9]*.sql"))
    )
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise StoreError(
            f"the migrations in {folder} are not numbered 1, 2, …: install convo again"
        )
    return found


def schema_version(con: duckdb.DuckDBPyConnection) -> int:
    """The schema of an open store, 0 for an empty file."""
    import duckdb

    try:
        return _number(con, "select coalesce(max(version), 0) from schema_migration")
    except duckdb.CatalogException:  # no such table; a list of all would take eight times as long
        return 0


def check_not_newer(con: duckdb.DuckDBPyConnection, path: Path, folder: Path = FOLDER) -> int:
    """The schema of an open store.

    Raises:
        StoreError: a newer version of convo made it.
    """
    version, known = schema_version(con), len(migrations(folder))
    if version > known:
        raise StoreError(
            f"{path} has schema {version} and this convo knows only schema {known}: "
            "install the newer convo, or make the store again with `convo rebuild`"
        )
    return version


def migrate(con: duckdb.DuckDBPyConnection, path: Path, folder: Path = FOLDER) -> int:
    """Bring an open store to the newest schema and return its number.

    Raises:
        StoreError: a newer convo made the store, a file was changed after it was applied, or one
            fails (then the store is as before that file).
    """
    if not check_not_newer(con, path, folder) and _number(con, _OWN_TABLES):
        raise StoreError(f"{path} holds other tables and is no store of convo: choose another path")
    con.execute(_LEDGER)
    done = dict(con.execute("select version, sha256 from schema_migration").fetchall())
    for migration in migrations(folder):
        if migration.version not in done:
            _apply(con, migration, path)
        elif done[migration.version] != migration.sha256:
            raise StoreError(
                f"{path} was made with another {migration.name}: "
                "make the store again with `convo rebuild`"
            )
    return len(migrations(folder))


def _apply(con: duckdb.DuckDBPyConnection, migration: Migration, path: Path) -> None:
    import duckdb

    con.begin()
    try:
        con.execute(migration.sql)
        con.execute(
            "insert into schema_migration values (?, ?, ?)",
            [migration.version, migration.name, migration.sha256],
        )
        con.commit()
    except duckdb.Error as error:
        con.rollback()
        reason = " ".join(re.split(r"\n\s*\n|\nLINE", str(error))[0].split())
        raise StoreError(
            f"{migration.name} does not fit {path} ({reason}): "
            "make the store again with `convo rebuild`"
        ) from error


def _number(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
