"""The shape that others read: JSON keys, and tables that hold every case."""

from __future__ import annotations

import json

import pytest

from convo.evaluation import SpeechScore, TalkScore, tables, to_json
from convo.evaluation.agreement import Found
from convo.evaluation.speech import ErrorRate, SpeechRow
from convo.evaluation.talk import PhaseFigures, TalkRow

SPEECH = SpeechScore(
    rows=(
        SpeechRow("a", "phone", ErrorRate(1, 8), ErrorRate(2, 8), 1.0, None, ErrorRate(0.5, 10)),
        SpeechRow("b", "room", ErrorRate(2, 2), ErrorRate(2, 2), 4.0, None, None, unattributed=3),
    ),
    recorded=(SpeechRow("x", "", ErrorRate(0, 5), ErrorRate(0, 5), 0.5, 2.5),),
)
METHOD = PhaseFigures(0.5, 0.75, 0.25, 3.0, Found(1, 2), Found(0, 2))
FLOOR = PhaseFigures(0.25, 0.5, 0.5, 6.0, Found(0, 2), Found(0, 2))
TALK = TalkScore(
    tuple(TalkRow(case, "", METHOD, FLOOR, None, ((0.5, True), (0.5, False))) for case in "xy"),
    "cues",
)
BROKEN = SpeechScore(rows=(*SPEECH.rows, SpeechRow("c", failure="RecordingError: c is empty")))


def test_the_promised_keys_and_figures():
    figures = to_json(SPEECH, TALK)
    speech, talk = figures["speech"], figures["talk"]
    assert figures.keys() == {"speech", "talk"}
    assert {key: speech[key] for key in ("cases", "wer", "cpwer", "der")} == {
        "cases": 2,
        "wer": 0.3,
        "cpwer": 0.4,
        "der": 0.05,
    }
    assert (speech["share_error_points"], speech["share_error_worst"]) == (2.5, 4.0)
    assert talk["cases"] == 2
    phases = talk["phases"]
    assert [phases[key] for key in ("kappa", "boundary_f1_5", "pk", "ece")] == [0.5, 0.75, 0.25, 0]
    assert phases["share_error_points"] == 3.0
    assert (phases["absent"], phases["returns"], phases["absent_or_returns"]) == (0.5, 0, 0.25)
    assert phases["baseline"]["pk"] == 0.5
    assert phases["readers"]["kappa"] is None
    assert phases["skill"]["pk"] == {"skill": 0.5, "low": 0.5, "high": 0.5}
    assert talk["recorded"]["role_share_error_points"] == 2.5


def test_what_is_not_measured_yet_is_null():
    talk = to_json(None, None)["talk"]
    named = [talk["activities"][name] for name in ("f1", "led", "type", "followup")]
    assert named == [None] * 4
    assert talk["codes"] == {
        "ASK": {"kappa": None, "kappa_no_mark": None},
        "RFL": {"kappa": None},
        "INFORM": {"kappa": None},
        "OPEN": {"kappa": None},
    }


@pytest.mark.parametrize("scores", [(SPEECH, TALK), (None, None), (BROKEN, TalkScore())])
def test_it_is_valid_json(scores):
    text = json.dumps(to_json(*scores), allow_nan=False)
    assert json.loads(text)["speech"]["cases"] == (len(scores[0].rows) if scores[0] else 0)


def test_a_failed_case_leaves_null_figures_and_its_reason():
    speech = to_json(BROKEN, None)["speech"]
    assert (speech["cases"], speech["failed"], speech["wer"]) == (3, 1, None)
    assert speech["rows"][2]["failure"] == "RecordingError: c is empty"
    assert speech["rows"][0]["wer"] == 1 / 8


def test_tables_hold_every_case_and_the_pooled_row():
    speech, recorded, phases = tables(SPEECH, TALK)
    assert [row[0] for row in speech.rows] == ["a", "b", "all phone", "all room", "pooled"]
    assert speech.rows[0][1:] == ("12.5 %", "25.0 %", "1.0", "5.0 %", "0")
    assert speech.rows[-1][1:4] == ("30.0 %", "40.0 %", "2.5 (worst 4.0)")
    assert speech.totals == 3
    assert [row[0] for row in recorded.rows] == ["x", "pooled"]
    assert recorded.rows[0][-1] == "2.5"
    assert [row[0] for row in phases.rows[:2]] == ["x", "y"]
    assert ("all sessions", "0.50", "0.75", "0.25", "3.0", "2/4", "0/4", "0.00") in phases.rows


@pytest.mark.parametrize("table", tables(SPEECH, TALK) + tables(BROKEN, TALK))
def test_every_row_has_all_columns(table):
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_a_failure_is_said_below_the_table():
    (table,) = tables(BROKEN, None)
    assert table.notes == ("c failed: RecordingError: c is empty",)
    assert table.rows[2][:2] == ("c", "failed")
    assert table.rows[-1][:2] == ("pooled", "incomplete")


def test_no_cases_no_tables():
    assert tables(None, None) == ()
    assert tables(SpeechScore(), TalkScore()) == ()
