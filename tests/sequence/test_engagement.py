"""Paths of two people: order, whose sessions, what the store shows, terms counted anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from convo.conversation.statements import Statement
from convo.database.artefacts import current_runs, write_conversation
from convo.database.corrections import save_correction
from convo.database.notes import engagement_of
from convo.files import as_json
from convo.outcome import conversations, rebuild_store, write_progression, write_session
from convo.programme import parse_programme
from convo.reservation import store
from convo.sequence.engagement import keep_programme, note_table, paths, read_programme, save_cell
from convo.transcript import Phase, Session
from tests.database.conversations import make_conversation
from tests.report.told import read

RECORD = 'name = "Heads"\nsince = 2025-09-01\nobject = "Heads think."\n'
TERMS = 'version = "7"\nname = "own"\n[terms]\n"listen" = {}\n"picture" = { also = ["chart"] }\n'


def session(number, day, coach="Maeve", programme="Heads"):
    made = make_conversation(name=f"{coach}-{number}.m4a", number=number, unattributed=0)
    meeting = Session("Hannah", coach, number, date(2026, 1, day), programme)
    return read(replace(made, session=meeting))


FIRST, SECOND, OTHER = session(1, 5), session(2, 19), session(1, 12, coach="Ines")


@pytest.fixture
def data(tmp_path):
    for one in (FIRST, SECOND):
        store(tmp_path).load(write_conversation(tmp_path / "artefacts", one))
    return tmp_path


def test_sessions_come_by_date_whatever_their_order_and_with_one_coach_each(tmp_path):
    for order in permutations([FIRST, SECOND, OTHER]):
        found = paths(tmp_path, order)
        assert [path.who.coach for path in found] == ["Maeve", "Ines"]
        assert [row.conversation for row in found[0].rows] == [FIRST, SECOND]
        assert found == paths(tmp_path, (FIRST, SECOND, OTHER))


def test_a_session_that_is_added_late_takes_its_place_and_its_neighbours_know(tmp_path):
    late = session(3, 12)
    before = paths(tmp_path, (FIRST, SECOND))[0].rows
    after = paths(tmp_path, (FIRST, SECOND, late))[0].rows
    assert [row.conversation for row in after] == [FIRST, late, SECOND]
    assert after[0] == before[0]


def test_a_session_without_codes_has_no_statements(tmp_path):
    bare = replace(FIRST, codes=(), measures=())
    assert paths(tmp_path, [bare])[0].rows[0].statements == ()


def rows(data, sql):
    return store(data).query(sql).rows


def test_the_store_shows_what_the_table_says_and_keeps_it_when_made_anew(data):
    note_table(data)
    save_cell(data, FIRST, Phase.SCRUTINY, "She saw it.", "Maeve")
    question = "select session, line, kind, text, turns, quotes from v_table3 order by all"
    shown = rows(data, question)
    facts = [row for row in shown if row[2] == "fact"]
    assert facts and all(row[4] and len(row[4]) == len(row[5]) for row in facts)
    texts = {turn.number: turn.text for turn in FIRST.turns}
    assert all(quote == texts[n] for row in facts for n, quote in zip(row[4], row[5], strict=True))
    assert (1, "scrutiny", "note", "She saw it.", None, None) in shown
    assert rebuild_store(data) == 2
    assert rows(data, question) == shown


def of(data, metric) -> Statement:
    (path,) = paths(data, conversations(data, "Hannah"))
    return next(one for one in path.rows[0].statements if one.metric == metric)


def test_what_a_person_says_of_a_candidate_counts_in_the_store(data):
    moment = of(data, "commitments").moments[0]
    said = {"what": "COM", "start": moment.start, "end": moment.end, "confirmed": True, "who": ""}
    recording = FIRST.recording.recording_id
    save_correction(data / "artefacts", recording, "candidate", as_json(said).decode(), "Maeve")
    assert len(of(data, "commitments").confirmed) == 1
    note_table(data)
    counted = "select confirmed from v_table3 where metric = 'commitments' order by session"
    assert [row[0] for row in rows(data, counted)] == [1, 0]


def test_a_programmes_own_terms_are_counted_anew_and_only_when_they_change(data, tmp_path):
    file = tmp_path / "heads.toml"
    (tmp_path / "terms.toml").write_text(TERMS, encoding="utf-8")
    file.write_text(RECORD + 'glossary_file = "terms.toml"\n', encoding="utf-8")
    record = read_programme(file)
    _, changed = keep_programme(data, record)
    assert changed == ["Hannah"]
    assert keep_programme(data, record)[1] == []
    said = "select value from v_measure where metric = 'distinct_glossary_terms' and phase is null"
    assert {row[0] for row in rows(data, f"{said} and role = 'coachee'")} == {2.0}
    assert len(current_runs(data / "artefacts")) == 2
    assert rows(data, "select object from programme_version") == (("Heads think.",),)


def test_the_record_heads_the_report_as_it_was_on_the_day_of_the_last_session(data):
    keep_programme(data, parse_programme(RECORD))
    later = RECORD.replace("2025-09-01", "2027-01-01").replace("Heads think.", "Not yet.")
    keep_programme(data, parse_programme(later))
    page = write_progression(data, "Hannah").read_text(encoding="utf-8")
    assert "Heads think." in page and "Not yet." not in page
    assert engagement_of(FIRST.session).programme == "Heads"
    alone = write_session(data, SECOND).read_text(encoding="utf-8")
    assert "Heads think." in alone and "Not yet." not in alone
