"""What a question to the store may be, and what is said about one that does not work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convo.errors import StoreError, did_you_mean

if TYPE_CHECKING:
    import duckdb

# What DuckDB can tell about its own tables; everything else about itself names files and folders.
_ABOUT_ITSELF = {
    "duckdb_columns",
    "duckdb_functions",
    "duckdb_tables",
    "duckdb_types",
    "duckdb_views",
    "generate_series",
    "histogram_values",
    "json_each",
    "json_tree",
    "pg_timezone_names",
    "pragma_table_info",
    "repeat_row",
    "sqlite_master",
    "sqlite_schema",
}
_FORBIDDEN_BESIDES = {"current_setting", "write_log"}
# ``query('…')`` would run text that is put together only then.
_TEXT_AS_QUESTION = re.compile(r'\bquery\b(?:\s|"|/\*.*?\*/|--[^\n]*\n)*\(', re.I | re.S)
_TABLE_MAKERS = """
    select function_name from duckdb_functions()
    where function_type in ('table', 'pragma', 'table_macro') and internal
    union select view_name from duckdb_views()
    where internal and schema_name <> 'information_schema'
"""


def check_question(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Let through one statement that reads the store, by DuckDB's own reading of ``sql``.

    Raises:
        StoreError: it is not one statement, wants to change something, or asks about the computer.
    """
    kinds = [statement.type.name for statement in con.extract_statements(sql)]
    pivots = re.search(r"\bpivot\b", sql, re.IGNORECASE) and not re.match(
        r"\s*create\b", sql, re.IGNORECASE
    )
    # A PIVOT without a list of columns first looks them up; DuckDB shows that as MULTI or as two.
    reads = kinds in (["SELECT"], ["EXPLAIN"]) or (
        pivots and kinds in (["MULTI"], ["CREATE", "SELECT"])
    )
    if not reads:
        raise _not_reading(kinds, sql)
    words = {word.lower() for word in re.findall(r"\w+", sql)}
    if _TEXT_AS_QUESTION.search(sql):
        raise StoreError("query(…) is not available: write the question itself")
    for word in sorted(words & _forbidden(con)):
        raise StoreError(
            f"{word} is not available, a query reads only the store: use its tables and views"
        )


def wrong_sql(con: duckdb.DuckDBPyConnection, error: Exception) -> StoreError:
    """An error of DuckDB about a question, in one sentence with a remedy where one is known."""
    text = re.split(r"\n\s*\n|\nLINE", str(error))[0]
    if missing := re.search(r"Table with name (\S+) does not exist", text):
        known = names(con)
        return StoreError(
            f"there is no table or view {missing[1]!r} ({did_you_mean(missing[1], known)}): "
            f"there are {', '.join(known)}"
        )
    words = " ".join(text.split())
    if words.startswith("Permission Error"):
        return StoreError(f"a query reads the store and no other file ({words}): use its tables")
    return StoreError(f"the query does not work: {words}")


def names(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Everything that can be asked for, views before tables."""
    query = """
        select view_name, 0 as o from duckdb_views() where not internal
        union all select table_name, 1 from duckdb_tables() where not internal
        order by o, 1"""
    return tuple(str(row[0]) for row in con.execute(query).fetchall())


def _not_reading(kinds: list[str], sql: str) -> StoreError:
    if len(kinds) != 1:
        return StoreError(f"{len(kinds)} statements in {sql[:60]!r}: ask one SELECT at a time")
    return StoreError(
        f"{kinds[0]} is not allowed in a query, which can only read: start with SELECT or FROM, "
        "and use `convo query --format` to write the answer to a file"
    )


def _forbidden(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Words by which DuckDB tells of files, settings and other things that are not the store.

    They are taken from DuckDB itself, so what a later version brings is forbidden until it is
    looked at. Names without an underscore are everyday words and can do no harm.
    """
    makers = {str(row[0]).lower() for row in con.execute(_TABLE_MAKERS).fetchall()}
    return frozenset({m for m in makers if "_" in m} - _ABOUT_ITSELF) | _FORBIDDEN_BESIDES
