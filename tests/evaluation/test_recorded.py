"""Phases from a recording: reference and recognised turns meet by time, nothing is heard twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.cli import DONE, main
from convo.conversation import attribution
from convo.conversation.cues import parse_cues
from convo.conversation.phases import PhaseSegmenter, PhasesOptions
from convo.errors import EvaluationError, RecordingError
from convo.evaluation import SpeechResult, score_recorded, score_talk, tables, to_json
from convo.evaluation.cases import LABELS, Cases, TalkCase
from convo.evaluation.recorded import RecordedRow, RecordedScore, by_time, carried
from convo.evaluation.talk import FIGURES, PhaseFigures
from convo.resources import resource
from convo.transcript import Diarization, Phase, PhaseSpan, Role, Segmentation, Turn, Word

CUES = parse_cues(resource("configs/cues.toml").read_text(encoding="utf-8"))
FILE = Path("x", "recording.wav")
TITLE = "Phases from the recording, beside those from the reference turns"
TALK = (
    "Hello, good to see you. What would you like to look at today?",
    "The start of my lesson, nobody was listening and I got louder and louder.",
    "What happened when you got louder? What did you notice?",
    "They got louder too, and then the two at the back stood up.",
    "Why do you think they did that?",
    "I think because they did not know what to do, I had not told them.",
    "So what could you do differently next time?",
    "I could write the first task on the board before they come in.",
    "And when will you try that? What is the first step?",
    "On Monday, I will write it up in the break.",
)


def phases(letters: str) -> tuple[Phase, ...]:
    return tuple(LABELS[letter] for letter in letters)


def told(texts: Sequence[str], seconds: float = 4.0) -> tuple[Turn, ...]:
    """Coach and coachee in turn, each for ``seconds``."""
    people = cycle([Role.COACH, Role.COACHEE])
    return tuple(
        Turn(n + 1, role.upper(), text, n * seconds, (n + 1) * seconds, role)
        for n, (text, role) in enumerate(zip(texts, people, strict=False))
    )


def at(*times: tuple[float, float]) -> tuple[Turn, ...]:
    return tuple(Turn(n, "A", "So.", start, end) for n, (start, end) in enumerate(times, start=1))


def words_of(turns: Sequence[Turn]) -> tuple[Word, ...]:
    """Every word of a turn with its part of the time of the turn."""
    words = []
    for turn in turns:
        texts = turn.text.split()
        length = (turn.end - turn.start) / len(texts)
        ends = [turn.start + length * n for n in range(len(texts))] + [turn.end]
        words += [
            Word(text, ends[n], ends[n + 1], speaker=turn.speaker) for n, text in enumerate(texts)
        ]
    return tuple(words)


def recognised(turns: Sequence[Turn]) -> SpeechResult:
    return SpeechResult(words_of(turns), Diarization((), (), {}, "bundled"))


def one_case(turns: Sequence[Turn], **readings: str) -> Cases:
    marked = {reader: phases(labels) for reader, labels in readings.items()}
    return Cases(Path("x"), talk=(TalkCase("x", tuple(turns), marked, "", FILE),))


class ByWord:
    """The phase of a turn is the first letter of its first word: O..., S..., C... or F..."""

    def __init__(self) -> None:
        self.seen: list[tuple[Turn, ...]] = []

    def segment(self, turns: Sequence[Turn]) -> Segmentation:
        self.seen.append(tuple(turns))
        labels = phases("".join(turn.text[0] for turn in turns))
        spans = tuple(PhaseSpan(label, n, n) for n, label in enumerate(labels, start=1))
        return Segmentation(spans, (), (), "by word")


def score(cases: Cases, heard: SpeechResult | None, segmenter) -> RecordedScore:
    results = {} if heard is None else {FILE: heard}
    return score_recorded(cases, results, score_talk(cases, segmenter), segmenter, CUES)


@pytest.mark.parametrize("segmenter", [PhaseSegmenter(CUES, PhasesOptions(samples=0)), ByWord()])
def test_what_is_recognised_perfectly_loses_nothing(segmenter):
    texts = TALK if isinstance(segmenter, PhaseSegmenter) else ("O so", "O", "S so", "S", "C so")
    turns = told(texts)
    letters = "FOSSSSCCCC"[: len(turns)]
    cases = one_case(turns, a=letters, b=letters[::-1])
    (row,) = (found := score(cases, recognised(turns), segmenter)).rows
    assert row.recording == row.reference
    assert row.reference.kappa is not None
    assert found.loss() == dict.fromkeys(FIGURES, 0)
    assert found.figures("recording") == found.figures("reference")


def test_perfect_words_keep_the_labels_of_every_reader():
    turns = told(TALK)
    (case,) = one_case(turns, a="FOSSSSCCCF", b="OOOOSSSSCC").talk
    heard = attribution.turns(words_of(turns))
    assert [turn.text for turn in heard] == list(TALK)
    assert carried(case, heard).readings == case.readings


def test_shifted_and_merged_turns_by_hand():
    reference = at((0, 4), (4, 8), (8, 12), (12, 20))
    (case,) = one_case(reference, a="FOSC", b="OOSS").talk
    # 1 s late; the second and third in one (4 of 7 s are the third's); the last in two; and late
    heard = at((1, 5), (5, 12), (12, 15), (16, 20.5), (30, 31))
    assert by_time(reference, heard) == (0, 2, 3, 3, 3)
    moved = carried(case, heard)
    assert moved.readings == {"a": phases("FSCCC"), "b": phases("OSSSS")}
    assert moved.turns == heard


def test_in_a_gap_the_nearest_turn_counts():
    reference = at((10, 12), (20, 22))
    assert by_time(reference, at((0, 1), (12.5, 15), (16.5, 19), (25, 26))) == (0, 0, 1, 1)


def test_a_word_said_into_a_long_turn_is_itself():
    reference = at((0, 10), (4, 5), (10, 12))
    assert by_time(reference, at((0, 10), (4, 5), (4, 4), (6, 7))) == (0, 1, 1, 0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=20))
def test_turns_one_after_the_other_find_themselves(steps):
    now, times = 0, []
    for gap, length in steps:
        times.append((now + gap, now + gap + length))
        now += gap + length
    reference = at(*times)
    assert by_time(reference, reference) == tuple(range(len(reference)))
    # a shift of less than half of the shortest turn changes nothing
    late = [replace(turn, start=turn.start + 0.4, end=turn.end + 0.4) for turn in reference]
    assert by_time(reference, late) == tuple(range(len(reference)))


def test_a_merged_turn_costs_what_it_costs():
    texts = ("O so", "O so", "S so", "S so", "C so", "C so")
    cases = one_case(told(texts), a="OOSSCC")
    # the third turn is heard as the end of the second: five turns are left, labelled O O S C C
    merged = [*told(texts)[:2], replace(told(texts)[2], speaker="COACHEE"), *told(texts)[3:]]
    merged[3] = replace(merged[3], speaker="COACH")
    merged[4] = replace(merged[4], speaker="COACHEE", text="S so")
    merged[5] = replace(merged[5], speaker="COACH")
    (row,) = (found := score(cases, recognised(merged), ByWord())).rows
    assert row.reference.kappa == 1
    # heard O O S S C against carried O O S C C: 4 of 5 agree, by chance 4 + 2 + 2 of 25
    assert row.recording.kappa == pytest.approx((4 / 5 - 8 / 25) / (1 - 8 / 25))
    assert found.loss()["kappa"] == pytest.approx(1 - row.recording.kappa)
    assert found.loss()["pk"] == row.recording.pk > 0


def test_roles_come_from_the_words_and_not_from_the_reference():
    turns = told(TALK)
    swapped = {"COACH": "SPEAKER_01", "COACHEE": "SPEAKER_00"}
    heard = recognised([replace(turn, speaker=swapped[turn.speaker]) for turn in turns])

    class Listening(ByWord):
        def segment(self, turns):
            self.seen.append(tuple(turns))
            return Segmentation((PhaseSpan(Phase.SCRUTINY, 1, len(turns)),), (), (), "one")

    segmenter = Listening()
    score(one_case(turns, a="FOSSSSCCCF"), heard, segmenter)
    reference, recorded = segmenter.seen
    assert [turn.role for turn in recorded] == [turn.role for turn in reference]
    assert {turn.speaker for turn in recorded} == {"SPEAKER_00", "SPEAKER_01"}


@pytest.mark.parametrize("lost", ["start", "end"])
def test_without_times_a_session_is_left_out_with_a_note(lost):
    turns = told(TALK)
    holes = (replace(turns[0], **{lost: None}), *turns[1:])
    found = score(one_case(holes, a="FOSSSSCCCF"), recognised(turns), OnePhase())
    assert found.rows == ()
    assert found.failed == 0
    assert found.left_out == {"x": "1 of its 10 turns have no start or no end"}
    (table,) = tables(None, None, found)
    assert table.title == TITLE
    assert table.rows == ()
    assert table.notes == ("x left out: 1 of its 10 turns have no start or no end",)
    with pytest.raises(EvaluationError, match="turn 1 has no times"):
        by_time(holes, turns)


class OnePhase:
    """One phase for everything."""

    def segment(self, turns: Sequence[Turn]) -> Segmentation:
        return Segmentation((PhaseSpan(Phase.SCRUTINY, 1, len(turns)),), (), (), "one")


def test_talk_without_a_recording_is_not_mentioned():
    case = replace(one_case(told(TALK), a="FOSSSSCCCF").talk[0], recording=None)
    found = score(Cases(Path("x"), talk=(case,)), None, OnePhase())
    assert found == RecordedScore()
    assert tables(None, None, found) == ()


@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        (None, "EvaluationError: its recording was not recognised"),
        (recognised(()), "EvaluationError: no words were recognised"),
    ],
)
def test_a_failed_recording_is_shown_and_makes_the_figures_incomplete(heard, reason):
    found = score(one_case(told(TALK), a="FOSSSSCCCF"), heard, OnePhase())
    (row,) = found.rows
    assert row.failure.startswith(reason)
    assert row.reference is not None and row.recording is None
    assert found.failed == 1
    assert found.figures("reference") is found.figures() is None
    assert set(found.loss().values()) == {None}
    (table,) = tables(None, None, found)
    assert table.rows[1] == ("x", "recording", "failed", "", "", "")
    assert table.rows[-1][2] == "incomplete"
    assert reason in table.notes[0]


def test_labels_must_cover_all_recognised_turns():
    class Short(OnePhase):
        def segment(self, turns):
            return Segmentation((PhaseSpan(Phase.SCRUTINY, 1, 10),), (), (), "ten")

    turns = told(TALK)
    heard = recognised(turns[:9])
    (row,) = score(one_case(turns, a="FOSSSSCCCF"), heard, Short()).rows
    assert "10 labels for the 9 turns of x" in row.failure


def test_a_failure_on_the_reference_turns_is_a_failure_here():
    class Picky(OnePhase):
        def segment(self, turns):
            if turns[0].speaker == "COACH":
                raise RecordingError("not these")
            return super().segment(turns)

    turns = told(TALK)
    heard = recognised([replace(turn, speaker=turn.speaker[::-1]) for turn in turns])
    (row,) = score(one_case(turns, a="FOSSSSCCCF"), heard, Picky()).rows
    assert row.reference is None and row.recording is not None
    assert row.failure == "from its reference turns: RecordingError: not these"


BOTH = RecordedScore(
    (
        RecordedRow(
            "x", "", PhaseFigures(0.6, 0.8, 0.2, 4.0), PhaseFigures(0.4, 0.7, 0.35, 7.0), None
        ),
        RecordedRow(
            "y", "", PhaseFigures(0.5, 0.5, 0.4, 6.0), PhaseFigures(0.6, 0.4, 0.45, None), None
        ),
    )
)


def test_a_loss_is_above_zero_where_the_recording_is_worse():
    loss = BOTH.loss()
    assert loss["kappa"] == pytest.approx((0.2 - 0.1) / 2)
    assert loss["boundary_f1_5"] == pytest.approx(0.1)
    assert loss["pk"] == pytest.approx(0.1)
    assert loss["share_error_points"] == pytest.approx(3.0)  # y has none from the recording


def test_the_table_and_the_json():
    (table,) = tables(None, None, BOTH)
    assert table.rows == (
        ("x", "reference", "0.60", "0.80", "0.20", "4.0"),
        ("x", "recording", "0.40", "0.70", "0.35", "7.0"),
        ("y", "reference", "0.50", "0.50", "0.40", "6.0"),
        ("y", "recording", "0.60", "0.40", "0.45", "–"),
        ("all sessions", "reference", "0.55", "0.65", "0.30", "5.0"),
        ("all sessions", "recording", "0.50", "0.55", "0.40", "7.0"),
        ("mean loss", "", "0.05", "0.10", "0.10", "3.0"),
    )
    assert table.totals == 3
    written = json.loads(json.dumps(to_json(None, None, BOTH), allow_nan=False))
    found = written["talk"]["recorded"]["phases"]
    assert (found["cases"], found["failed"], found["left_out"]) == (2, 0, {})
    assert found["loss"]["kappa"] == pytest.approx(0.05)
    assert found["rows"][0]["loss"]["share_error_points"] == 3.0
    assert found["rows"][0]["recording"]["pk"] == 0.35
    nothing = to_json(None, None)["talk"]["recorded"]["phases"]
    assert nothing["cases"] == 0 and set(nothing["loss"].values()) == {None}


def test_the_command_recognises_each_recording_once(write_case, tmp_path, monkeypatch, capsys):
    from convo.pipeline import shipped, stages

    monkeypatch.setenv("CONVO_DATA", str(tmp_path / "data"))
    turns = told(TALK)
    timed = write_case("talk/x", [], {"a": "FOSSSSCCCF"}, recording=True)
    rows = [{"speaker": t.speaker, "text": t.text, "start": t.start, "end": t.end} for t in turns]
    (timed / "turns.json").write_text(json.dumps({"turns": rows}), encoding="utf-8")
    write_case("talk/y", [(t.speaker, t.text) for t in turns], {"a": "FOSSSSCCCF"}, recording=True)
    asked = []

    def recognise(file, _):
        asked.append(file.parent.name)
        return words_of(turns), Diarization((), (), {}, "bundled")

    monkeypatch.setattr(stages, "recognise", recognise)
    monkeypatch.setattr(shipped, "phase_segmenter", lambda _, cues: PhaseSegmenter(cues))
    target = tmp_path / "score.json"
    assert main(["score", str(tmp_path), "--quiet", "--json", str(target)]) == DONE
    assert asked == ["x", "y"]
    out = capsys.readouterr().out
    assert "Phases from the recording" in out
    assert "y left out: 10 of its 10 turns have no start or no end" in out
    found = json.loads(target.read_text(encoding="utf-8"))["talk"]["recorded"]["phases"]
    assert [row["case"] for row in found["rows"]] == ["x"]
    assert set(found["loss"].values()) == {0}
