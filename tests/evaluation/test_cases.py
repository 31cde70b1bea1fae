"""Every way in which a folder of cases can be wrong gets one sentence with value and remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from convo.errors import EvaluationError
from convo.evaluation import read_cases
from convo.transcript import Phase, Role, SpeakerSegment

TALK = [("COACH", "What shall we look at?"), ("COACHEE", "The start."), ("COACH", "Why?")]
HEAD = "start_turn,end_turn,label\n"


def test_both_kinds_are_read(write_case, tmp_path):
    write_case("speech/b", [("D", "Hello.")], recording=True, kind="phone")
    write_case("speech/a", [], recording=True)
    write_case("talk/x", TALK, {"1": "OOS", "anna": "OSS"}, recording=True)
    write_case("talk/y", TALK, {"1": "FSC"})
    cases = read_cases(tmp_path)
    assert [case.case_id for case in cases.speech] == ["a", "b"]
    assert cases.speech[0].turns == () and cases.speech[0].segments is None
    assert cases.speech[1].kind == "phone"
    x, y = cases.talk
    assert x.readings == {
        "1": (Phase.ORIENTATION, Phase.ORIENTATION, Phase.SCRUTINY),
        "anna": (Phase.ORIENTATION, Phase.SCRUTINY, Phase.SCRUTINY),
    }
    assert [turn.role for turn in x.turns] == [Role.COACH, Role.COACHEE, Role.COACH]
    assert y.recording is None
    assert [case.case_id for case in cases.recorded_talk] == ["x"]


@pytest.mark.parametrize("part", ["speech", "talk", "speech/a", "talk/x"])
def test_the_folder_of_one_kind_or_one_case_is_understood(write_case, tmp_path, part):
    write_case("speech/a", [("D", "Hello.")], recording=True)
    write_case("talk/x", TALK, {"1": "OOS"})
    cases = read_cases(tmp_path / part)
    assert len(cases.speech) == part.startswith("speech")
    assert len(cases.talk) == part.startswith("talk")


def test_a_folder_with_another_name_is_known_by_its_files(write_case, tmp_path):
    write_case("interviews/a", [("D", "Hello.")], recording=True)
    write_case("sessions/x", TALK, {"1": "OOS"}, recording=True)
    assert read_cases(tmp_path / "interviews").speech
    assert read_cases(tmp_path / "sessions").talk


def test_exact_speaker_times_are_read(write_case, tmp_path):
    folder = write_case("speech/a", [("D", "Hello.")], recording=True)
    line = "SPEAKER a 1 1.500 0.250 <NA> <NA> D <NA> <NA>\n"
    (folder / "speakers.rttm").write_text(f"SPKR-INFO a 1\n\n{line}", encoding="utf-8")
    assert read_cases(tmp_path).speech[0].segments == (SpeakerSegment(1.5, 1.75, "D"),)


def test_files_that_a_spreadsheet_saved_are_read(write_case, tmp_path):
    folder = write_case("talk/x", TALK, {"1": "OOS"})
    for path in folder.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_cases(tmp_path).talk[0].readings["1"][2] is Phase.SCRUTINY


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("start_turn,end_turn\n1,3\n", "no column label: it has start_turn, end_turn"),
        ("", "no column start_turn: it has none"),
        (HEAD + "1,3,X\n", "line 2 .* has the label 'X': use O, S, C or F"),
        (HEAD + "1,2,O\n3,4,S\n", "runs from turn 3 to 4: turns.json has turns 1 to 3"),
        (HEAD + "0,3,O\n", "runs from turn 0 to 3"),
        (HEAD + "1,2,O\n2,3,S\n", "starts at turn 2 where turn 3 comes next"),
        (HEAD + "1,1,O\n3,3,S\n", "starts at turn 3 where turn 2 comes next"),
        (HEAD + "1,2,O\n", "ends at turn 2 of 3"),
        (HEAD + "1,two,O\n", "end_turn='two': expected the number of a turn"),
        (HEAD + "1\n", "end_turn='': expected the number of a turn"),
    ],
)
def test_a_malformed_reading_is_refused(write_case, tmp_path, rows, message):
    folder = write_case("talk/x", TALK)
    (folder / "phases-1.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(EvaluationError, match=message):
        read_cases(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not readable JSON"),
        ("[]", "has no list of turns"),
        ('{"turns": [3]}', "turn 1 of .* is 3"),
        ('{"turns": [{"speaker": "D"}]}', "turn 1 of .* has no text"),
        ('{"turns": [{"text": "Hello."}]}', "turn 1 of .* has no speaker"),
        ('{"turns": [{"speaker": "D", "text": "", "start": "1"}]}', "start='1'"),
        ('{"turns": [{"speaker": "D", "text": "", "start": 2, "end": 1}]}', "backwards"),
    ],
)
def test_malformed_turns_are_refused(write_case, tmp_path, content, message):
    folder = write_case("speech/a", [], recording=True)
    (folder / "turns.json").write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationError, match=message):
        read_cases(tmp_path)


@pytest.mark.parametrize(
    ("name", "said", "readings", "message"),
    [
        ("talk/x", [("COACHE", "Hello.")], {"1": "O"}, "by 'COACHE': did you mean 'COACHEE'"),
        ("talk/x", [], {"1": ""}, "has no turns"),
        ("talk/x", TALK, {}, "no phases-<reader>.csv"),
        ("speech/x", [("D", "Hello.")], {}, "has no recording"),
    ],
)
def test_incomplete_cases_are_refused(write_case, tmp_path, name, said, readings, message):
    write_case(name, said, readings)
    with pytest.raises(EvaluationError, match=message):
        read_cases(tmp_path)


def test_two_recordings_of_one_case_are_refused(write_case, tmp_path):
    folder = write_case("speech/a", [("D", "Hello.")], recording=True)
    shutil.copy(folder / "recording.wav", folder / "recording.mp3")
    with pytest.raises(EvaluationError, match=r"recording.mp3, recording.wav\): keep one"):
        read_cases(tmp_path)


@pytest.mark.parametrize(
    "line", ["SPEAKER a 1 x 1 <NA> <NA> D", "SPEAKER a 1 0 -1 <NA> <NA> D", ""]
)
def test_malformed_speaker_times_are_refused(write_case, tmp_path, line):
    folder = write_case("speech/a", [("D", "Hello.")], recording=True)
    (folder / "speakers.rttm").write_text(line, encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"is not RTTM|has no SPEAKER lines"):
        read_cases(tmp_path)


@pytest.mark.parametrize("folders", [(), ("speech",), ("notes",)])
def test_a_folder_without_cases_is_refused(tmp_path: Path, folders):
    for name in folders:
        (tmp_path / name).mkdir()
    with pytest.raises(EvaluationError, match=r"holds no cases|neither speech/ nor talk/"):
        read_cases(tmp_path)


def test_a_file_is_not_a_folder(tmp_path: Path):
    with pytest.raises(EvaluationError, match="is not a folder"):
        read_cases(tmp_path / "missing")
