"""docs/store.md says what is there: every column is named and every question has an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from convo.between import Activity
from convo.database.artefacts import write_conversation
from convo.database.corrections import save_correction
from convo.database.notes import engagement_of, save_cell
from convo.database.programme_records import keep_programme
from convo.database.runs import Run
from convo.database.store import Store
from convo.outcome import rebuild_store
from convo.programme import parse_programme
from convo.resources import resource
from convo.transcript import Phase
from tests.database.conversations import confirmed, make_conversation
from tests.report.told import read

TEXT = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^```sql\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
ROWS = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", TEXT, re.MULTILINE))
EXAMPLE = resource("configs/programme.toml").read_text(encoding="utf-8")
SHARED = {"coachee", "coach", "programme", "session", "date", "recording_id"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    root = tmp_path_factory.mktemp("data")
    for number in (1, 2, 3):
        conversation = read(make_conversation(name=f"{number}.m4a", number=number))
        recording = conversation.recording.recording_id
        conversation = replace(conversation, activities=(Activity(2, 4, 3, "client", "do"),))
        if number == 3:
            conversation = confirmed(conversation)
        save_correction(root / "artefacts", recording, "coach", "SPEAKER_00", "Maeve")
        write_conversation(root / "artefacts", conversation)
        whose = engagement_of(conversation.session)
        save_cell(root, whose, recording, Phase.SCRUTINY, "She saw it herself.", "Maeve")
    keep_programme(root, parse_programme(EXAMPLE))
    rebuild_store(root)
    store = Store(root / "convo.duckdb")
    moment = "2026-01-13T12:00:00+00:00"
    store.note_runs([Run("notes.mp3", None, None, "failed", "no recording", changed_at=moment)])
    return store


def test_there_are_questions_enough() -> None:
    assert len(QUESTIONS) >= 8


@pytest.mark.parametrize("sql", QUESTIONS, ids=lambda sql: " ".join(sql.split())[:60])
def test_every_question_has_an_answer(store: Store, sql: str) -> None:
    result = store.query(sql)
    assert result.rows
    assert len(set(result.columns)) == len(result.columns)


def test_every_table_view_and_column_is_described(store: Store) -> None:
    assert set(ROWS) >= set(store.names())
    for name in store.names():
        described = set(re.findall(r"`(\w+)`", ROWS[name]))
        if name == "v_phase_share":
            described |= set(re.findall(r"`(\w+)`", ROWS["v_talk_share"]))
        columns = {row[0] for row in store.query(f"describe {name}").rows}
        assert columns - SHARED <= described, name
        of_none = ("schema_migration", "programme_version", "v_programme_min5", "deletion")
        if name not in of_none:  # they are of no one session
            assert "recording_id" in columns


def test_no_column_is_described_that_is_not_there(store: Store) -> None:
    values = {
        "coach",
        "coachee",
        "roles",
        "phases",
        "session",
        "shares",
        "withheld",
        "v_talk_share",
    }
    values |= {"person", "voice", "channel", "talk", "recording_id"}
    values |= {"running", "done", "failed", "interrupted"}
    values |= {"MEDIA", "OTHER", "media", "private", "other", "share"}
    values |= {"client", "collaborative", "do", "reflect", "mixed"}
    values |= {"share", "fact", "note", "no", "sound"}
    values |= {"partly", "not_done", "changed", "not_said"}
    for name in store.names():
        columns = {row[0] for row in store.query(f"describe {name}").rows}
        assert set(re.findall(r"`(\w+)`", ROWS[name])) <= columns | values, name


def test_every_metric_is_named(store: Store) -> None:
    metrics = {row[0] for row in store.query("select distinct metric from measure").rows}
    made = read(make_conversation(unattributed=0))
    metrics |= {one.metric for one in made.measures}
    assert [metric for metric in metrics if f"`{metric}`" not in TEXT] == []
