"""The schema moves forward, whole step by whole step, and never backward."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from convo.database.artefacts import write_conversation
from convo.database.migrations import migrate, migrations, schema_version
from convo.database.store import Store
from convo.errors import StoreError
from tests.database.conversations import make_conversation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_a.sql").write_text("create table a (i int); insert into a values (1);")
    return folder


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


PATH = Path("convo.duckdb")


def test_each_step_is_applied_once(folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    assert schema_version(con) == 0
    assert [migrate(con, PATH, folder), migrate(con, PATH, folder)] == [1, 1]
    assert con.execute("select count(*) from a").fetchall() == [(1,)]
    (folder / "0002_b.sql").write_text("alter table a add column j int default 7;")
    migrations.cache_clear()
    assert migrate(con, PATH, folder) == schema_version(con) == 2
    assert con.execute("from a").fetchall() == [(1, 7)]


def test_a_failing_step_leaves_nothing_of_itself(
    folder: Path, con: duckdb.DuckDBPyConnection
) -> None:
    (folder / "0002_b.sql").write_text("create table b (i int); insert into nowhere values (1);")
    with pytest.raises(StoreError, match=r"0002_b\.sql does not fit convo\.duckdb .*rebuild"):
        migrate(con, PATH, folder)
    assert schema_version(con) == 1
    assert con.execute(
        "select count(*) from duckdb_tables() where table_name = 'b'"
    ).fetchall() == [(0,)]


def test_a_changed_step_is_refused(folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    migrate(con, PATH, folder)
    (folder / "0001_a.sql").write_text("create table a (i bigint);")
    migrations.cache_clear()
    with pytest.raises(StoreError, match=r"made with another 0001_a\.sql: .*`convo rebuild`"):
        migrate(con, PATH, folder)


def test_a_gap_in_the_numbers_is_refused(folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    (folder / "0003_c.sql").write_text("select 1;")
    migrations.cache_clear()
    with pytest.raises(StoreError, match="are not numbered 1, 2"):
        migrate(con, PATH, folder)


def test_another_programs_database_is_left_alone(
    folder: Path, con: duckdb.DuckDBPyConnection
) -> None:
    con.execute("create table accounts (i int)")
    with pytest.raises(StoreError, match="holds other tables and is no store of convo"):
        migrate(con, PATH, folder)


def test_a_store_of_a_newer_version_is_refused_and_can_be_rebuilt(tmp_path: Path) -> None:
    store = Store(tmp_path / "convo.duckdb")
    folder = write_conversation(tmp_path / "artefacts", make_conversation())
    store.load(folder)
    with store.writing() as con:
        con.execute("insert into schema_migration values (99, '0099_future.sql', 'x')")
    known = len(migrations())
    for ask in (lambda: store.query("select 1"), lambda: store.load(folder)):
        message = rf"schema 99 and this convo knows only schema {known}: install the newer convo"
        with pytest.raises(StoreError, match=message):
            ask()
    assert store.rebuild(tmp_path / "artefacts") == 1
    assert store.query("select count(*) from session").rows == ((1,),)


def _set_storage_version(path: Path, version: int) -> None:
    """Write it into DuckDB's first header: 8 bytes of checksum, 4 of magic, 8 of version."""
    content = bytearray(path.read_bytes())
    content[12:20] = version.to_bytes(8, "little")
    checksum = 5381
    for start in range(8, 4096, 8):
        number = int.from_bytes(content[start : start + 8], "little")
        checksum ^= number * 0xBF58476D1CE4E5B9 % 2**64
    content[:8] = checksum.to_bytes(8, "little")
    path.write_bytes(content)


def test_a_file_of_a_newer_duckdb_is_refused_naming_both(tmp_path: Path) -> None:
    store = Store(tmp_path / "convo.duckdb")
    store.load(write_conversation(tmp_path / "artefacts", make_conversation()))
    _set_storage_version(store.path, 4242)
    message = rf"DuckDB storage version 4242 and the installed DuckDB {duckdb.__version__} reads"
    with pytest.raises(StoreError, match=message):
        store.query("select 1")
    assert store.rebuild(tmp_path / "artefacts") == 1


def test_an_older_store_is_brought_up_to_date_by_a_question(tmp_path: Path) -> None:
    path = tmp_path / "convo.duckdb"
    first = migrations()[0]
    with duckdb.connect(str(path)) as con:
        con.execute(
            "create table schema_migration "
            "(version integer primary key, name varchar not null, sha256 varchar not null)"
        )
        con.execute(first.sql)
        con.execute("insert into schema_migration values (1, ?, ?)", [first.name, first.sha256])
    assert Store(path).query("select count(*) from v_turn").rows == ((0,),)


def test_phases_of_a_store_from_before_people_could_put_them_right_are_the_machines(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for step in migrations()[:2]:
        con.execute(step.sql)
    con.execute("insert into phase_span values ('a', 1, 'frame', 1, 1, 2, 0.8)")
    con.execute("insert into boundary values ('a', 2, 'frame', 'scrutiny', 1, 3, 0.6, [2])")
    con.execute(migrations()[2].sql)
    for name in ("phase_span", "boundary"):
        assert con.execute(f"from machine_{name}").fetchall() == (
            con.execute(f"from {name}").fetchall()
        )
