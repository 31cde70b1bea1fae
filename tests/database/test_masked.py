"""The copy of the store for researchers: no name can be read in it, and figures are the same."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from convo.between import Activity
from convo.conversation.pseudonyms import Pseudonyms, fold
from convo.database.artefacts import write_conversation
from convo.database.asking import Asker
from convo.database.corrections import save_correction
from convo.database.masked import RULES, masked_store, pseudonyms, rule_of
from convo.database.runs import Run
from convo.database.store import Store
from convo.transcript import Phase
from tests.database.conversations import COACH, COACHEE, confirmed, make_conversation

PEOPLE = (
    "Hannah Mooresby", "Maeve O'Dwyer", "Zoë Weißmann", "Łukasz", "Grace", "J. Ng", "田中",
    "D'Arcy-Wu", "ÅSA", "Olu", "coach", "Ana María",
)  # fmt: skip
# What must not be read, in any case and without accents; J and Grace in small letters are no names.
NAMES = (
    "hannah", "mooresby", "maeve", "dwyer", "zoe", "weissmann", "weißmann", "łukasz", "ng", "田中",
    "arcy", "wu", "asa", "olu", "maria", "ana",
)  # fmt: skip
SPOKEN = " ".join(
    f"{name}, {name.upper()} and {name.lower()}'s." for name in PEOPLE if name != "coach"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    root = tmp_path_factory.mktemp("data")
    said = unicodedata.normalize("NFD", "Zoë said") + " that 田中さん will grace us. Zoe?"
    script = [
        (Phase.FRAME, COACH, f"Hello. {SPOKEN}"),
        (Phase.SCRUTINY, COACHEE, said),
        (Phase.SCRUTINY, COACH, "A planning song, said the analogue wuthering coach."),
    ]
    for number, (coachee, coach) in enumerate(zip(PEOPLE[::2], PEOPLE[1::2], strict=True), 1):
        made = make_conversation(
            name=f"{coachee} {number}.m4a", coachee=coachee, coach=coach, number=number,
            script=script * 3, review=(f"is {coach} the coach?",), programme="with Hannah Mooresby",
        )  # fmt: skip
        made = replace(
            confirmed(made, who="Olu"),
            activities=(Activity(2, 4, 3, "client", "do", term="the Maeve game"),),
            provenance={**made.provenance, "options": "/home/hannah/convo", "x": "by Maeve"},
            roles=replace(made.roles, evidence=("Hannah asks",)),
        )
        save_correction(
            root / "artefacts", made.recording.recording_id, "coach", coachee, who="Maeve O'Dwyer"
        )
        write_conversation(root / "artefacts", made)
    store = Store(root / "convo.duckdb")
    store.rebuild(root / "artefacts")
    moment = "2026-01-13T12:00:00+00:00"
    told = "hannah.mp3 is empty"
    store.note_runs([Run("hannah.mp3", None, None, "failed", told, changed_at=moment)])
    return store


@pytest.fixture(scope="module")
def names(store: Store) -> Pseudonyms:
    return pseudonyms(store, b"secret")


@pytest.fixture(scope="module")
def masked(store: Store, names: Pseudonyms) -> Store:
    return masked_store(store, store.path.parent / "copy", names)


def everything(store: Store) -> Iterator[tuple[str, str]]:
    """Every value of every table and view, as text."""
    for name in store.names():
        for row in store.query(f'from "{name}"').rows:
            for value in row:
                yield name, str(value)


def words_of(text: str) -> set[str]:
    plain = unicodedata.normalize("NFC", text).replace("ß", "ss")
    return {fold(word) for word in re.findall(r"[^\W_]+", plain)}


def named_in(text: str) -> set[str]:
    return {name for name in NAMES if fold(name) in words_of(text) or "田中" in text}


def test_the_names_are_there_to_be_found(store: Store) -> None:
    found = set().union(*(named_in(text) for _, text in everything(store)))
    assert found == set(NAMES)


def test_no_name_can_be_read_in_any_table_or_view(masked: Store) -> None:
    for where, text in everything(masked):
        assert not named_in(text), (where, text)
        assert "Grace" not in text and "/home" not in text


def test_no_name_is_left_in_the_file(masked: Store) -> None:
    content = masked.path.read_bytes()
    for name in ("Hannah", "Mooresby", "Maeve", "Weißmann", "Łukasz"):
        assert name.encode() not in content


def test_no_name_can_be_asked_for(masked: Store) -> None:
    asker = Asker(masked.path)
    for sql in ("from v_session", "summarize turn", "from v_turn where text ilike '%hannah%'"):
        assert not any(named_in(str(row)) for row in asker.ask(sql).rows)
    asker.close()


def test_people_stay_apart_and_the_same(store: Store, masked: Store, names: Pseudonyms) -> None:
    before = store.query("select recording_id, coachee, coach from session order by 1").rows
    after = masked.query("select recording_id, coachee, coach from session order by 1").rows
    assert after == tuple((r, names.person(a), names.person(b)) for r, a, b in before)
    assert len({name for row in after for name in row[1:]}) == len(PEOPLE)
    said = masked.query("select text from turn where number = 1 limit 1").rows[0][0]
    assert names.person("Olu") in said
    assert Pseudonyms(b"other secret", PEOPLE).person("Olu") != names.person("Olu")


def test_other_words_stay(masked: Store) -> None:
    text = masked.query("select text from turn where number = 3 limit 1").rows[0][0]
    assert text == "A planning song, said the analogue wuthering coach."
    assert "will grace us" in masked.query("select text from turn where number = 2").rows[0][0]


def test_figures_are_the_same(store: Store, masked: Store) -> None:
    for sql in (
        "select recording_id, role, percent, low_percent from v_talk_share order by all",
        "select recording_id, phase, start_s, end_s, words from v_phase order by all",
        "select recording_id, metric, value from measure order by all",
        "select count(*) from word",
    ):
        assert store.query(sql).rows == masked.query(sql).rows


def test_every_column_of_text_has_a_rule(store: Store) -> None:
    """A new one is left empty until somebody says here what it holds."""
    columns = store.query(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where not internal and table_name in (select table_name from duckdb_tables())"
    ).rows
    kept = {name for _, name, kind in columns if rule_of("?", name, kind) == "kept"}
    undecided = [
        (table, name)
        for table, name, kind in columns
        if rule_of(table, name, kind) == "empty" and (table, name) not in RULES
    ]
    assert kept and undecided == []


def test_a_copy_is_made_once_for_every_state_of_the_store(
    store: Store, names: Pseudonyms, tmp_path: Path
) -> None:
    first = masked_store(store, tmp_path, names).path
    made = first.stat().st_mtime_ns
    assert masked_store(store, tmp_path, names).path == first
    assert first.stat().st_mtime_ns == made
    time.sleep(0.01)
    store.note_runs([])
    second = masked_store(store, tmp_path, names).path
    assert second != first and not first.exists()
    assert [path.name for path in tmp_path.glob("*.duckdb*")] == [second.name]


def test_codes_and_flags_stay_and_the_words_of_turns_do_not(tmp_path: Path) -> None:
    store = Store(tmp_path / "convo.duckdb")
    store.load(write_conversation(tmp_path / "artefacts", make_conversation()))
    copy = masked_store(store, tmp_path / "copies", pseudonyms(store, b"secret"))
    sql = "select turn, code, probability, flags from v_turn_code order by turn"
    assert copy.query(sql).rows == store.query(sql).rows
    metrics = "select phase, role, metric, value from v_measure order by all"
    assert copy.query(metrics).rows == store.query(metrics).rows
    for table in ("turn_code", "turn_flag"):
        assert store.query(f"select count(words) > 0 from {table}").rows == ((True,),)
        assert copy.query(f"select count(words) from {table}").rows == ((0,),)
