"""A query can read the store and nothing else, and a mistake in it is explained in one sentence."""

from __future__ import annotations

import pytest

from convo.database.artefacts import write_conversation
from convo.database.store import Store
from convo.errors import StoreError
from tests.database.conversations import make_conversation


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    root = tmp_path_factory.mktemp("data")
    store = Store(root / "convo.duckdb")
    for number in (1, 2, 3):
        conversation = make_conversation(name=f"{number}.m4a", number=number)
        store.load(write_conversation(root / "artefacts", conversation))
    (root / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return store


FORBIDDEN = (
    "select * from read_csv('{folder}/secret.csv')",
    "select * from read_text('{folder}/secret.csv')",
    "from '{folder}/secret.csv'",
    "select * from glob('{folder}/*')",
    "select * from sniff_csv('{folder}/secret.csv')",
    "select * from read_parquet('https://example.org/x.parquet')",
    "select * from duckdb_secrets()",
    "attach '{folder}/new.duckdb' as n",
    "attach ':memory:' as n",
    "copy turn to '{folder}/new.csv'",
    "copy (select 1) to '{folder}/new.csv'",
    "export database '{folder}/new'",
    "install httpfs",
    "load httpfs",
    "create table new (i int)",
    "create temp table new as select 1",
    "create or replace view v_turn as select 1",
    "create temp table new as pivot turn on role using count(*)",
    "insert into session select * from session",
    "update turn set text = ''",
    "delete from turn",
    "drop table turn",
    "truncate turn",
    "alter table turn add column i int",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "pragma enable_profiling",
    "call force_checkpoint()",
    "checkpoint",
    "vacuum",
    "prepare p as select 1",
    "begin",
    "use memory",
    "select 1; drop table turn",
    "",
    "-- nothing",
)


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_nothing_but_reading_the_store_is_possible(store: Store, sql: str) -> None:
    folder = store.path.parent
    before = {path.name: path.read_bytes() for path in folder.glob("convo.duckdb")}
    with pytest.raises(StoreError) as caught:
        store.query(sql.format(folder=folder.as_posix()))
    assert "\n" not in str(caught.value)
    assert before == {path.name: path.read_bytes() for path in folder.glob("convo.duckdb")}
    names = {path.name for path in folder.iterdir()}
    assert names == {"artefacts", "convo.duckdb", "convo.duckdb.lock", "secret.csv"}


@pytest.mark.parametrize(
    "sql",
    [
        "from v_turn",
        "with t as (select 1 as a) select a from t",
        "describe v_turn",
        "show tables",
        "summarize turn",
        "explain select 1",
        "pivot turn on role using sum(words)",
        "select clock(725.9)",
        "values (1)",
    ],
)
def test_whatever_reads_is_possible(store: Store, sql: str) -> None:
    assert store.query(sql).rows


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "from v_trun",
            r"no table or view 'v_trun' \(did you mean 'v_turn'\?\): there are .*v_word",
        ),
        ("selct 1", r"syntax error at or near \"selct\""),
        ("select avgg(words) from turn", r'avgg does not exist! Did you mean "avg"\?'),
        ("select wrds from turn", r'column "wrds" not found.*Candidate bindings:.*"words"'),
        ("select 'a'::int", "Could not convert string 'a'"),
        ("select 1; select 2", "2 statements in .*ask one SELECT at a time"),
        ("delete from turn", "DELETE is not allowed in a query, which can only read"),
    ],
)
def test_a_mistake_is_explained_in_one_sentence(store: Store, sql: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        store.query(sql)
    assert "\n" not in str(caught.value)


def test_percents_of_the_two_roles_sum_to_100(store: Store) -> None:
    for view, keys in (("v_talk_share", "recording_id"), ("v_phase_share", "recording_id, phase")):
        sums = store.query(f"select sum(percent) from {view} group by {keys}").rows
        assert {row[0] for row in sums} == {100}


def test_the_views_agree_with_the_tables_they_come_from(store: Store) -> None:
    (row,) = store.query(
        "select (select sum(words) from v_turn where role is not null), "
        "(select sum(total_words) from v_talk_share where role = 'coach'), "
        "(select sum(words) from v_phase), (select sum(words) from v_session), "
        "(select count(*) from v_word) - (select count(*) from word), "
        "(select count(*) from v_turn) - (select count(*) from turn)"
    ).rows
    assert len(set(row[:4])) == 1
    assert row[4:] == (0, 0)


def test_words_are_counted_the_same_in_words_and_turns(store: Store) -> None:
    differing = store.query(
        "select t.recording_id, t.turn from v_turn t join v_word w using (recording_id, turn) "
        "group by t.recording_id, t.turn, t.words having sum(w.words) <> t.words"
    )
    assert differing.rows == ()


def test_a_word_without_speaker_has_no_turn_and_no_role(store: Store) -> None:
    rows = store.query("select distinct turn, role, phase from v_word where speaker is null").rows
    assert rows == ((None, None, None),)


def test_the_last_line_of_the_progression_is_the_contribution(store: Store) -> None:
    lines = store.query(
        "select line, coach_percent || '/' || coachee_percent = cell from v_progression "
        "where session = 2 order by line_order"
    ).rows
    assert [line for line, _ in lines] == [
        "orientation", "scrutiny", "co-construction", "frame", "% contribution"
    ]  # fmt: skip
    assert all(same for _, same in lines)


def test_the_clock_reads_like_a_clock(store: Store) -> None:
    sql = "select clock(0), clock(59.999), clock(725.9), clock(3599.99), clock(3725), clock(null)"
    assert store.query(sql).rows == (("0:00", "0:59", "12:05", "59:59", "1:02:05", None),)


def test_every_figure_traces_to_model_code_and_options(store: Store) -> None:
    rows = store.query(
        "select p.key from v_talk_share s join v_provenance p using (recording_id) "
        "where s.session = 1 and s.role = 'coach'"
    ).rows
    assert {"engine", "model", "code", "stage.shares", "options.words", "run"} <= {
        row[0] for row in rows
    }
