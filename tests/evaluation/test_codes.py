"""Experts' turn codes: both layouts, turns of several utterances, and kappas known by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from convo.codebook import Code, Flag, TurnCode, TurnFlag
from convo.errors import EvaluationError
from convo.evaluation import read_cases, score_codes, tables, to_json
from convo.evaluation.codes import ExpertCode, read_codes

HEAD = "turn,utterance,speaker,main_behaviour,question\n"
TALK = [("COACH", "Why?"), ("COACHEE", "It rained."), ("COACH", "So it rained."), ("COACH", "Try.")]


def write(folder: Path, text: str) -> Path:
    path = folder / "codes.csv"
    path.write_text(text, encoding="utf-8")
    return path


class Fixed:
    """Asks where there is a mark, else gives back; every question is open."""

    version = "fixed"

    def code(self, turns):
        return tuple(
            TurnCode(t.number, Code.ASK, 1.0, flags=(TurnFlag(Flag.OPEN, 1.0),))
            if "?" in t.text
            else TurnCode(t.number, Code.RFL, 1.0)
            for t in turns
        )


def test_behaviours_become_codes(tmp_path):
    rows = "1,0,COACH,question,open\n2,1,COACHEE,n/a,\n3,2,COACH,reflection,\n"
    rows += "4,3,COACH,therapist_input,\n5,4,COACH,other,\n6,5,COACH,question,closed\n"
    assert read_codes(write(tmp_path, HEAD + rows), 6) == {
        1: ExpertCode(Code.ASK, True),
        3: ExpertCode(Code.RFL),
        4: ExpertCode(Code.INF),
        5: ExpertCode(None),
        6: ExpertCode(Code.ASK, False),
    }


def test_a_turn_of_several_utterances_has_the_last_that_is_not_other(tmp_path):
    rows = "1,0,COACH,reflection,\n1,1,COACH,question,closed\n1,2,COACH,other,\n"
    assert read_codes(write(tmp_path, HEAD + rows), 1) == {1: ExpertCode(Code.ASK, False)}


def test_our_own_layout_is_read(tmp_path):
    text = "turn,code,flags\n1,ASK,INI;OPEN\n2,DES,ART:recall\n3,,\n"
    assert read_codes(write(tmp_path, text), 3) == {
        1: ExpertCode(Code.ASK, True, ("INI", "OPEN")),
        2: ExpertCode(Code.DES, None, ("ART:recall",)),
    }
    assert read_codes(tmp_path / "none.csv", 3) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("number,code\n", "no column turn"),
        ("turn,flags\n1,INI\n", "neither a code nor a main_behaviour"),
        ("turn,code\n9,ASK\n", "turn 9"),
        ("turn,code\n1,ASQ\n", "code 'ASQ'"),
        (HEAD + "1,0,COACH,singing,\n", "'singing'"),
    ],
)
def test_a_wrong_file_is_refused_by_line(tmp_path, text, sentence):
    with pytest.raises(EvaluationError, match=sentence):
        read_codes(write(tmp_path, text), 3)


def test_kappas_and_their_json(write_case, tmp_path):
    folder = write_case("talk/x", TALK, {"1": "OSSC"})
    write(
        folder,
        HEAD + "1,0,COACH,question,open\n3,1,COACH,reflection,\n4,2,COACH,therapist_input,\n",
    )
    score = score_codes(read_cases(tmp_path).talk, Fixed())
    assert (score.turns, score.sessions, score.failed) == (3, 1, 0)
    # RFL: they agree on two of three; by chance on 1/3 * 2/3 + 2/3 * 1/3 = 4/9
    assert score.kappa("ASK") == 1
    assert score.kappa("RFL") == pytest.approx((2 / 3 - 4 / 9) / (5 / 9))
    assert score.kappa("INFORM") == 0
    assert score.kappa_no_mark == 0
    assert to_json(None, None, codes=score)["talk"]["codes"] == {
        "ASK": {"kappa": 1.0, "kappa_no_mark": 0.0},
        "RFL": {"kappa": score.kappa("RFL")},
        "INFORM": {"kappa": 0.0},
        "OPEN": {"kappa": 1.0},
    }
    (table,) = tables(None, None, codes=score)
    assert [row[0] for row in table.rows][:2] == ["ASK", "ASK without question marks"]
    assert table.rows[0][1:] == ("1.00", "0.87")


def test_a_coder_that_breaks_leaves_no_figures(write_case, tmp_path):
    class Broken(Fixed):
        def code(self, turns):
            raise ValueError("no")

    write(write_case("talk/x", TALK, {"1": "OSSC"}), "turn,code,flags\n1,ASK,\n")
    score = score_codes(read_cases(tmp_path).talk, Broken())
    assert score.failed == 1 and score.kappa("ASK") is None
    assert "ValueError" in tables(None, None, codes=score)[0].notes[-1]
