"""Phases against readers: means over readers and sessions, floor, ceiling, failures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import pytest

from convo.errors import TranscriptError
from convo.evaluation import read_cases, score_talk
from convo.evaluation.cases import LABELS
from convo.transcript import Phase, PhaseSpan, Segmentation, Turn

LETTERS = {phase: letter for letter, phase in LABELS.items() if len(letter) == 1}


def said(count: int) -> list[tuple[str, str]]:
    speakers = cycle(["COACH", "COACHEE"])
    return [(next(speakers), f"This is what I say as number {n}.") for n in range(count)]


class Recited:
    """Gives each session, known by its number of turns, the labels it was told."""

    def __init__(self, *answers: str, sure: float = 1.0) -> None:
        self._answers = {len(labels): labels for labels in answers}
        self._sure = sure

    def segment(self, turns: Sequence[Turn]) -> Segmentation:
        if len(turns) not in self._answers:
            raise TranscriptError("too hard")
        labels = [LABELS[letter] for letter in self._answers[len(turns)]]
        spans = tuple(PhaseSpan(label, n, n) for n, label in enumerate(labels, start=1))
        rest = (1 - self._sure) / 3
        rows = tuple({p: self._sure if p is label else rest for p in Phase} for label in labels)
        return Segmentation(spans, (), rows, "recited")


@pytest.fixture
def cases(write_case, tmp_path):
    write_case("talk/a", said(20), {"1": "FOOOSSSSSSSSCCCCCCCF", "2": "FOOOSSSSSSSSCCCCCCCF"})
    write_case("talk/b", said(10), {"1": "OOSSSSSSSS", "2": "OOSSSSCCCC"})
    return read_cases(tmp_path)


def test_a_perfect_segmenter_against_readers_who_differ(cases):
    score = score_talk(cases, Recited("FOOOSSSSSSSSCCCCCCCF", "OOSSSSSSSS"))
    a, b = (row.method for row in score.rows)
    assert (a.kappa, a.boundary_f1_5, a.pk, a.share_error_points) == (1, 1, 0, 0)
    # against reader 2 of b: 6 of 10 agree, by chance 0.2 * 0.2 + 0.8 * 0.4
    assert b.kappa == pytest.approx((1 + (0.6 - 0.36) / 0.64) / 2)
    assert score.figures().kappa == pytest.approx((a.kappa + b.kappa) / 2)
    assert score.figures("readers").kappa == pytest.approx((1 + (0.6 - 0.36) / 0.64) / 2)
    assert score.method == "recited"
    # reader 1 of b has no C and neither has the method; reader 2 has it
    assert (b.absent.found, b.absent.total) == (1, 1)


def test_one_reader_is_no_ceiling_and_one_session_no_floor(write_case, tmp_path):
    write_case("talk/a", said(10), {"1": "OOSSSSCCCC"})
    score = score_talk(read_cases(tmp_path), Recited("OOSSSSCCCC"))
    assert score.figures("readers") is None
    assert score.figures("baseline") is None
    assert set(score.skills().values()) == {None}
    assert score.figures().kappa == 1


def test_the_floor_never_sees_the_session_itself(cases):
    score = score_talk(cases, Recited("FOOOSSSSSSSSCCCCCCCF", "OOSSSSSSSS"))
    # b gets the positions of a, in ten turns: F O(2) S(4) C(3) F with half turns rounded to even
    assert score.rows[1].baseline.kappa < 1
    assert score.figures("baseline").kappa < score.figures().kappa
    assert score.skills()["kappa"][0] > 0


def test_calibration_is_over_turns_and_readers(cases):
    # in a 20 of 20 turns are right by both, in b 10 and 6 of 10: 56 of 60
    score = score_talk(cases, Recited("FOOOSSSSSSSSCCCCCCCF", "OOSSSSSSSS", sure=0.75))
    assert score.calibration_error() == pytest.approx(56 / 60 - 0.75)


def test_without_probabilities_there_is_no_calibration(cases):
    class Unsure(Recited):
        def segment(self, turns):
            found = super().segment(turns)
            return Segmentation(found.spans, (), (), "unsure")

    score = score_talk(cases, Unsure("FOOOSSSSSSSSCCCCCCCF", "OOSSSSSSSS"))
    assert score.calibration_error() is None
    assert score.figures().kappa is not None


def test_a_failed_session_is_shown_and_makes_the_figures_incomplete(cases):
    score = score_talk(cases, Recited("OOSSSSSSSS"))
    assert [row.failure for row in score.rows] == ["TranscriptError: too hard", None]
    assert score.failed == 1
    assert score.figures() is None
    assert score.calibration_error() is None
    assert set(score.skills().values()) == {None}
    # floor and ceiling do not depend on the method
    assert score.figures("readers") is not None


def test_labels_must_cover_all_turns(cases):
    class Short(Recited):
        def segment(self, turns):
            found = super().segment(turns)
            return Segmentation(found.spans[1:], (), (), "short")

    score = score_talk(cases, Short("FOOOSSSSSSSSCCCCCCCF", "OOSSSSSSSS"))
    assert "19 labels for the 20 turns of a" in score.rows[0].failure


def test_the_order_of_readers_does_not_matter(cases, write_case, tmp_path):
    write_case("again/talk/a", said(20), {"2": "FOOOSSSSSSSSCCCCCCCF", "1": "FOOOSSSSSSSSCCCCCCCF"})
    write_case("again/talk/b", said(10), {"2": "OOSSSSSSSS", "1": "OOSSSSCCCC"})
    segmenter = Recited("FOOOSSSSSSSSCCCCCCCF", "OOSSSSSSSS")
    again = score_talk(read_cases(tmp_path / "again"), segmenter)
    assert again.figures() == score_talk(cases, segmenter).figures()
