"""Recognised recordings against their references: pooling, failures, names."""

from __future__ import annotations

import pytest

from convo.errors import RecordingError
from convo.evaluation import SpeechResult, read_cases, score_speech
from convo.evaluation.speech import ErrorRate, SpeechRow, pooled
from convo.transcript import Diarization, SpeakerSegment, Word

DOCTOR = [("D", "What brings you here today?"), ("P", "I have a cough."), ("D", "Since when?")]


def recognised(*said: tuple[str | None, str]) -> SpeechResult:
    """Each text spoken in one second, one after the other."""
    words, segments = [], []
    for second, (speaker, text) in enumerate(said):
        words += [Word(word, second, second + 1, speaker=speaker) for word in text.split()]
        if speaker is not None:
            segments.append(SpeakerSegment(second, second + 1, speaker))
    times = tuple(segments)
    return SpeechResult(tuple(words), Diarization(times, times, {}, "bundled"))


def as_written(path) -> SpeechResult:
    case = next(c for c in read_cases(path.parent).speech)
    return recognised(*((f"SPEAKER_{turn.speaker}", turn.text) for turn in case.turns))


def test_a_perfect_transcript_scores_zero(write_case, tmp_path):
    folder = write_case("speech/a", DOCTOR, recording=True)
    rttm = "".join(f"SPEAKER a 1 {i} 1 <NA> <NA> {who}\n" for i, who in enumerate("DPD"))
    (folder / "speakers.rttm").write_text(rttm, encoding="utf-8")
    heard = []
    score = score_speech(read_cases(tmp_path), as_written, heard.append)
    figures = pooled(score.rows)
    assert heard == ["a"]
    assert (figures.wer, figures.cpwer, figures.der) == (0, 0, 0)
    assert (figures.share_error_points, figures.share_error_worst) == (0, 0)


def test_errors_are_added_and_shares_averaged(write_case, tmp_path):
    write_case("speech/long", [("D", "a b c d e f g h"), ("P", "i j")], recording=True)
    write_case("speech/short", [("D", "a"), ("P", "b")], recording=True)
    heard = {
        "long": recognised(("x", "a b c d e f g h"), ("y", "i j")),
        "short": recognised(("x", "a b"), (None, "c")),
    }
    score = score_speech(read_cases(tmp_path), lambda path: heard[path.parent.name])
    figures = pooled(score.rows)
    assert figures.wer == pytest.approx(1 / 12)  # not the mean of 0 and 1/2
    assert figures.cpwer == pytest.approx(2 / 12)  # b is too much for x, and P says c for b
    assert figures.share_error_points == pytest.approx((0 + 50) / 2)
    assert figures.share_error_worst == pytest.approx(50)
    assert score.rows[1].unattributed == 1
    assert figures.der is None


def test_a_failed_recording_is_shown_and_makes_the_figures_incomplete(write_case, tmp_path):
    write_case("speech/a", DOCTOR, recording=True)
    write_case("speech/b", DOCTOR, recording=True)

    def recognise(path) -> SpeechResult:
        if path.parent.name == "a":
            raise RecordingError("a is silent")
        return as_written(path)

    score = score_speech(read_cases(tmp_path), recognise)
    assert [row.failure for row in score.rows] == ["RecordingError: a is silent", None]
    assert score.failed == 1
    figures = pooled(score.rows)
    assert (figures.cases, figures.failed) == (2, 1)
    assert figures.wer is figures.cpwer is figures.share_error_points is None


def test_nothing_attributed_is_no_share_and_no_mean(write_case, tmp_path):
    write_case("speech/a", DOCTOR, recording=True)
    write_case("speech/b", DOCTOR, recording=True)

    def recognise(path) -> SpeechResult:
        lost = path.parent.name == "a"
        return recognised((None, "What brings you")) if lost else as_written(path)

    figures = pooled(score_speech(read_cases(tmp_path), recognise).rows)
    assert figures.share_error_points is figures.share_error_worst is None
    assert figures.wer is not None


def test_text_invented_in_silence_counts(write_case, tmp_path):
    write_case("speech/a", [], recording=True)
    write_case("speech/b", [("D", "red green")], recording=True)
    score = score_speech(read_cases(tmp_path), lambda _: recognised(("x", "red green")))
    assert [row.wer.rate for row in score.rows] == [None, 0]
    assert pooled(score.rows).wer == 2 / 2


def test_recorded_talk_is_apart(write_case, tmp_path):
    write_case("speech/a", DOCTOR, recording=True)
    write_case("talk/x", [("COACH", "Why?"), ("COACHEE", "Because.")], {"1": "OS"}, recording=True)
    write_case("talk/y", [("COACH", "Why?")], {"1": "O"})
    score = score_speech(read_cases(tmp_path), lambda _: recognised(("x", "Why?"), ("y", "So.")))
    assert [row.case_id for row in score.rows] == ["a"]
    assert [row.case_id for row in score.recorded] == ["x"]
    assert score.recorded[0].wer == ErrorRate(1, 2)


def test_kinds_are_pooled_apart(write_case, tmp_path):
    write_case("speech/a", DOCTOR, recording=True, kind="interview")
    write_case("speech/b", [("D", "red")], recording=True, kind="phone")
    score = score_speech(
        read_cases(tmp_path),
        lambda path: as_written(path) if path.parent.name == "a" else recognised(("x", "green")),
    )
    assert {kind: figures.wer for kind, figures in score.kinds().items()} == {
        "interview": 0,
        "phone": 1,
    }


def test_no_recordings_have_no_figures():
    assert pooled(()).wer is None
    assert pooled((SpeechRow("a", wer=ErrorRate(0, 0), cpwer=ErrorRate(0, 0)),)).wer is None
