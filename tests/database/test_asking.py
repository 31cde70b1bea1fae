"""A question of somebody who is not trusted reads the store, within limits, and nothing else."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import psutil
import pyarrow.parquet as pq
import pytest

from convo.database.artefacts import write_conversation
from convo.database.asking import Asker, AskOptions, answer
from convo.database.questions import check_question
from convo.database.store import Store
from convo.errors import StoreError
from tests.database.conversations import make_conversation

LIMITS = AskOptions(seconds=1.0, rows=10, memory_mb=128, cell_characters=50)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("home-of-hannah")
    store = Store(root / "convo.duckdb")
    store.load(write_conversation(root / "artefacts", make_conversation()))
    (root / "secret.csv").write_text("a,b\nhidden,2\n", encoding="utf-8")
    Store(root / "other.duckdb").rebuild(root / "artefacts")
    return root


@pytest.fixture(scope="module")
def asker(folder: Path) -> Iterator[Asker]:
    asker = Asker(folder / "convo.duckdb", LIMITS)
    yield asker
    asker.close()


FORBIDDEN = (
    # files
    "from read_csv('{folder}/secret.csv')",
    "from read_text('{folder}/secret.csv')",
    "from read_blob('{folder}/secret.csv')",
    "from read_json('{folder}/secret.csv')",
    "from read_parquet('{folder}/secret.csv')",
    "from parquet_metadata('{folder}/secret.csv')",
    "from '{folder}/secret.csv'",
    "from 'secret.csv'",
    'from "secret.csv"',
    "from 'x.parquet'",
    "from glob('{folder}/*')",
    "from sniff_csv('{folder}/secret.csv')",
    "select content from read_text('/etc/passwd')",
    "from 'https://example.org/x.parquet'",
    "copy turn to '{folder}/new.csv'",
    "copy turn from '{folder}/secret.csv'",
    "export database '{folder}/new'",
    "import database '{folder}/new'",
    # other databases and extensions
    "attach '{folder}/other.duckdb' as other",
    "attach ':memory:' as other",
    "detach convo",
    "from '{folder}/other.duckdb'",
    "from read_duckdb('{folder}/other.duckdb')",
    "install httpfs",
    "load httpfs",
    "force install httpfs from community",
    # settings
    "set memory_limit = '100GB'",
    "set global threads = 64",
    "reset memory_limit",
    "pragma threads=8",
    "pragma enable_profiling",
    "pragma database_list",
    "call pragma_database_size()",
    "call force_checkpoint()",
    "set variable x = 1",
    # writing
    "delete from turn",
    "insert into session select * from session",
    "create temp table x as select 1",
    "create macro x() as 1",
    "create secret x (type s3)",
    "explain analyze delete from turn",
    "prepare p as delete from turn",
    "execute p",
    "checkpoint",
    "vacuum",
    "select 1; delete from turn",
    "with x as (delete from turn returning *) from x",
    # what DuckDB knows of the computer
    "select getenv('HOME')",
    "select current_setting('secret_directory')",
    "from duckdb_settings()",
    "from DuckDB_Settings()",
    'from "duckdb_settings"()',
    "from system.main.duckdb_settings()",
    "from duckdb_databases()",
    "from duckdb_databases",
    "from pragma_database_list",
    "from pg_catalog.pg_settings",
    "from pg_database",
    "from duckdb_secrets()",
    "from which_secret('s3://x', 's3')",
    "from duckdb_extensions()",
    "from duckdb_temporary_files()",
    "from duckdb_logs()",
    "from pragma_user_agent()",
    "show databases; from turn",
    # text that becomes a question
    "from query('from duckdb_' || 'settings()')",
    "from query ('from duckdb_' || 'settings()')",
    "from query/* ( */('from duckdb_' || 'settings()')",
    "from query/* /* */ */('from duckdb_' || 'settings()')",
    "from query -- so\n ('from duckdb_' || 'settings()')",
    "from \"query\"('from duckdb_' || 'settings()')",
    "from query_table('duckdb_' || 'databases')",
    "from json_execute_serialized_sql(json_serialize_sql('from turn'))",
    # nothing
    "",
    "-- nothing",
    "\0",
)


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_what_is_not_reading_the_store_is_refused(asker: Asker, folder: Path, sql: str) -> None:
    before = {path: path.read_bytes() for path in folder.glob("*.duckdb")}
    with pytest.raises(StoreError) as caught:
        answer(asker.path, sql.format(folder=folder.as_posix()), "rows", LIMITS)
    said = str(caught.value).replace(folder.as_posix(), "…")  # what they typed themselves
    assert said and "\n" not in said
    assert "hidden" not in said and "home-of-hannah" not in said
    assert before == {path: path.read_bytes() for path in folder.glob("*.duckdb")}
    assert {p.name for p in folder.iterdir()} <= {
        "artefacts", "convo.duckdb", "convo.duckdb.lock", "other.duckdb", "other.duckdb.lock",
        "secret.csv",
    }  # fmt: skip


@pytest.mark.parametrize("sql", ["from read_text('/etc/passwd')", "attach ':memory:'", "", "selct"])
def test_the_child_says_why(asker: Asker, sql: str) -> None:
    with pytest.raises(StoreError):
        asker.ask(sql)


GREEDY = (
    "select count(*) from range(100000000) a, range(100000000) b",
    "select list(i) from range(1000000000) t(i)",
    "select len(list(repeat('x', 1000))) from range(100000000)",
    "select repeat('x', 2000000000)",
    "select len(repeat(repeat('x', 100000), 100000))",
    "select string_agg(repeat('x', 1000), '') from range(10000000)",
    "with recursive r(i) as (select 1 union all select i + 1 from r) select count(*) from r",
    "with recursive r(s) as (select 'x' union all select s || s from r) select len(s) from r",
    "select a.text from word a, word b, word c, word d order by a.text || b.text || c.text limit 3",
    "select count(distinct i::varchar || 'x') from range(10000000000) t(i)",
    "select list_sort(range(200000000))",
    "select * from range(100000000000) t(i) where i = -1",
)


@pytest.mark.parametrize("sql", GREEDY)
def test_a_greedy_question_is_stopped_in_time(asker: Asker, sql: str) -> None:
    begun = time.monotonic()
    with pytest.raises(StoreError, match=r"no answer within|memory|(?i:out of range)"):
        asker.ask(sql)
    assert time.monotonic() - begun < 15
    assert asker.ask("select 1").rows == ((1,),)  # and the next one is answered


def test_no_child_is_left_behind(folder: Path) -> None:
    asker = Asker(folder / "convo.duckdb", LIMITS)
    known = {child.pid for child in psutil.Process().children()}

    def children() -> set[int]:
        return {child.pid for child in psutil.Process().children()} - known

    asker.ask("select 1")
    (first,) = children()
    asker.ask("select 2")
    with pytest.raises(StoreError):
        asker.ask("selct")
    assert children() == {first}  # it answers the next one too
    with pytest.raises(StoreError):
        asker.ask("select repeat('x', 2000000000)")
    with pytest.raises(StoreError):
        asker.ask("select len(repeat(repeat('x', 100000), 100000))")
    asker.ask("select 1")
    assert len(children()) == 1
    asker.close()
    assert children() == set()


def test_a_child_ends_with_its_parent(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from convo.database.asking import Asker; "
        "asker = Asker(Path(sys.argv[1])); asker.ask('select 1'); "
        "print(asker._idle[0].pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(folder / "convo.duckdb")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    child.wait(timeout=20)
    parent.stdin.close()
    parent.stdout.close()


def test_questions_at_once_are_all_answered(folder: Path) -> None:
    asker = Asker(folder / "convo.duckdb")
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda n: asker.ask(f"select {n}").rows, range(20)))
    asker.close()
    assert answers == [((n,),) for n in range(20)]


def test_an_answer_that_takes_seconds_arrives_whole(folder: Path, capfd) -> None:
    """DuckDB would write a progress bar into the answer."""
    asker = Asker(folder / "convo.duckdb", AskOptions(seconds=120))
    sql = "select count(*) from range(100000) a, range({}) b where (a.range * b.range) % 7 = 3"
    rows = 500
    given = asker.ask(sql.format(rows))
    while given.seconds < 2.5:
        rows *= 2
        given = asker.ask(sql.format(rows))
    asker.close()
    assert given.rows[0][0] > 0 and capfd.readouterr().out == ""


def test_rows_are_counted_and_the_rest_is_left_out(asker: Asker) -> None:
    given = asker.ask("from range(100000000000)")
    assert len(given.rows) == 10 and given.more
    assert not asker.ask("from range(10)").more


def test_cells_are_plain_values_and_long_ones_are_cut(asker: Asker) -> None:
    given = asker.ask(
        "select 1 as a, 0.5::double as b, null as c, true as d, date '2026-01-12' as e, "
        "repeat('x', 1000) as f, [1, null] as g, 'nan'::double as h"
    )
    assert given.columns == tuple("abcdefgh")
    (row,) = given.rows
    assert row[:5] == (1, 0.5, None, True, "2026-01-12")
    assert row[5] == "x" * 50 + " …" and row[6:] == ("[1, None]", "nan")


def test_downloads_hold_the_same(asker: Asker) -> None:
    sql = "select number, role, text from turn order by number"
    rows = list(csv.reader(io.StringIO(asker.ask(sql, "csv").content.decode())))
    table = pq.read_table(io.BytesIO(asker.ask(sql, "parquet").content))
    assert rows[0] == ["number", "role", "text"] == table.column_names
    assert len(rows) - 1 == table.num_rows == 18


@pytest.mark.parametrize(
    "sql",
    [
        "from v_turn",
        "describe v_turn",
        "show tables",
        "summarize turn",
        "explain select 1",
        "explain analyze from turn",
        "pivot turn on role using sum(words)",
        "select table_name, column_name from information_schema.columns",
        "select * from generate_series(3)",
        "select text from turn where text ilike '%query%' or text ilike '%version (%'",
    ],
)
def test_whatever_reads_is_possible(asker: Asker, folder: Path, sql: str) -> None:
    given, _ = answer(asker.path, sql, "rows", LIMITS)
    assert given.columns and "home-of-hannah" not in str(given)


def test_no_path_of_this_computer_can_be_read(folder: Path) -> None:
    """Every internal view that is not refused, and every function without arguments."""
    answered = 0
    with Store(folder / "convo.duckdb").reading() as con:
        views = con.execute("select view_name from duckdb_views()").fetchall()
        makers = con.execute(
            "select distinct function_name from duckdb_functions() where len(parameters) = 0"
        ).fetchall()
        asked = [f"from {row[0]}" for row in views]
        asked += [f"{how} {row[0]}()" for row in makers for how in ("select", "from")]
        for sql in asked:
            try:
                check_question(con, sql)
                told = str(con.execute(sql).fetchmany(5000))
            except (duckdb.Error, StoreError):
                continue
            answered += 1
            assert "home-of-hannah" not in told, sql
            assert os.path.expanduser("~") not in told, sql
    assert answered > 20


def test_a_missing_store_is_said(tmp_path: Path) -> None:
    asker = Asker(tmp_path / "convo.duckdb", LIMITS)
    with pytest.raises(StoreError, match="there is no store"):
        asker.ask("select 1")
    asker.close()
