"""The copy for researchers: what turns do is there, the words that told it are not."""

from __future__ import annotations

from pathlib import Path

from convo.database.artefacts import write_conversation
from convo.database.masked import masked_store, pseudonyms
from convo.database.store import Store
from tests.database.conversations import make_conversation


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
