"""Phases: kappa against scikit-learn, Pk against NLTK, and the laws of both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics.segmentation import pk as nltk_pk
from sklearn.metrics import cohen_kappa_score

from convo.evaluation import agreement
from convo.transcript import Phase, Role, Turn

OF = {
    "O": Phase.ORIENTATION,
    "S": Phase.SCRUTINY,
    "C": Phase.CO_CONSTRUCTION,
    "F": Phase.FRAME,
}
LABELS = st.lists(st.sampled_from(list(Phase)), min_size=2, max_size=60)
PAIRS = st.integers(2, 60).flatmap(
    lambda n: st.tuples(*[st.lists(st.sampled_from(list(Phase)), min_size=n, max_size=n)] * 2)
)


def phases(text: str) -> tuple[Phase, ...]:
    return tuple(OF[letter] for letter in text)


@given(PAIRS)
def test_kappa_is_that_of_scikit_learn(pair):
    one, other = pair
    if len({*one, *other}) > 1:
        expected = cohen_kappa_score([p.value for p in one], [p.value for p in other])
        assert agreement.kappa(one, other) == pytest.approx(expected)


def test_kappa_by_hand():
    # 8 of 10 agree; by chance 0.5 * 0.6 + 0.5 * 0.4
    assert agreement.kappa(phases("OOOOOSSSSS"), phases("OOOOSSSSSO")) == pytest.approx(
        (0.8 - 0.5) / 0.5
    )
    assert agreement.kappa(phases("OO"), phases("OO")) == 1
    assert agreement.kappa(phases("OO"), phases("SS")) == 0
    assert agreement.kappa((), ()) is None


@given(PAIRS)
def test_pk_is_that_of_nltk(pair):
    hypothesis, reference = pair
    n = len(reference)
    k = max(1, round(n / (len(agreement.boundaries(reference)) + 1) / 2))
    gaps = [
        "".join("01"[turn in agreement.boundaries(labels)] for turn in range(1, n))
        for labels in (reference, hypothesis)
    ]
    assert agreement.pk(hypothesis, reference) == pytest.approx(nltk_pk(*gaps, k=k))


def test_pk_by_hand():
    # spans of 4, so k = 2: the boundary is seen from pairs (0, 2), (1, 3) and not (2, 4), (3, 5)
    assert agreement.pk(phases("OOSSSSSS"), phases("OOOOSSSS")) == pytest.approx(4 / 6)
    assert agreement.pk(phases("OOOSSSSS"), phases("OOOOSSSS")) == pytest.approx(2 / 6)
    # half of three turns is rounded to two: three of the pairs (0, 2) to (3, 5) are wrong
    assert agreement.pk(phases("OSSSSS"), phases("OOOSSS")) == pytest.approx(3 / 4)
    assert agreement.pk(phases("O"), phases("S")) is None


@given(LABELS)
def test_a_perfect_labelling(labels):
    assert agreement.kappa(labels, labels) == 1
    assert agreement.pk(labels, labels) == 0
    assert agreement.boundary_match(labels, labels) == 1
    for count in (agreement.absences(labels, labels), agreement.returns(labels, labels)):
        assert count.rate in (None, 1)


@pytest.mark.parametrize(
    ("hypothesis", "reference", "match"),
    [
        ("O" * 10 + "S" * 10, "O" * 15 + "S" * 5, 1),
        ("O" * 10 + "S" * 10, "O" * 16 + "S" * 4, 0),
        ("O" * 20, "O" * 20, 1),
        ("O" * 20, "C" * 20, 1),
        ("O" * 20, "O" * 10 + "S" * 10, 0),
        ("O" * 5 + "S" * 15, "O" * 5 + "S" * 7 + "C" * 8, (1 + 1 / 2) / 2),
        ("O" * 5 + "S" * 13 + "C" * 2, "O" * 5 + "S" * 15, (1 / 2 + 1) / 2),
    ],
)
def test_boundaries_within_five_turns(hypothesis, reference, match):
    assert agreement.boundary_match(phases(hypothesis), phases(reference)) == match


def test_a_new_cycle_of_the_same_phase_is_no_boundary():
    assert agreement.boundaries(phases("OOSSSC")) == (2, 5)
    assert agreement.boundaries(phases("S")) == ()


def conversation(*words: int) -> list[Turn]:
    roles = (Role.COACH, Role.COACHEE)
    return [
        Turn(n, role.upper(), " ".join(["word"] * count), role=role)
        for n, (count, role) in enumerate(zip(words, roles * len(words), strict=False), start=1)
    ]


def test_share_error_by_hand():
    turns = conversation(1, 3, 2, 2, 4, 0)
    # the coachee has 3 of 4 words in O and 2 of 8 in S; by the hypothesis 5 of 8 and 0 of 4
    error = agreement.share_error_points(turns, phases("OOOOSS"), phases("OOSSSS"))
    assert error == pytest.approx((100 * (3 / 4 - 5 / 8) + 100 * 2 / 8) / 2)
    assert agreement.share_error_points(turns, phases("OOOOOO"), phases("SSSSSS")) is None
    assert agreement.coachee_share(turns, phases("OOOOOO"), Phase.FRAME) is None


def test_words_of_others_are_in_no_share():
    turns = [*conversation(1, 1), Turn(3, "OTHER", "and me", role=Role.OTHER)]
    assert agreement.coachee_share(turns, phases("OOO"), Phase.ORIENTATION) == 0.5


def test_absent_phases_are_recognised():
    assert agreement.absences(phases("SSSS"), phases("SSSS")) == agreement.Found(2, 2)
    assert agreement.absences(phases("OSSS"), phases("SSSS")) == agreement.Found(1, 2)
    assert agreement.absences(phases("SSSS"), phases("OSCS")) == agreement.Found(0, 0)
    # frame talk is not a phase whose absence anybody looks for
    assert agreement.absences(phases("OSCC"), phases("OSCC")) == agreement.Found(0, 0)


@pytest.mark.parametrize(
    ("hypothesis", "found"),
    [
        ("OSSSCCCSSS", 1),
        ("OSSSSSSSSS", 0),  # never left
        ("OSSSCCCCCC", 0),  # never came back
        ("OSSSCCCCSS", 1),  # two of three turns
        ("OSSSCCCCCS", 0),  # one of three turns
        ("OSSSCCCOSS", 1),
    ],
)
def test_a_phase_that_returns_is_found_again(hypothesis, found):
    count = agreement.returns(phases(hypothesis), phases("OSSSCCCSSS"))
    assert count == agreement.Found(found, 1)


def test_half_of_a_return_is_not_found():
    reference, half = phases("OSSCCSSSS"), phases("OSSCCCCSS")
    assert agreement.returns(half, reference) == agreement.Found(0, 1)


def test_calibration_error_by_hand():
    # bin 0.6: says 0.65, right half the time; bin 0.9: says 1, right
    judged = [(0.65, True), (0.65, False), (1.0, True), (1.0, True)]
    assert agreement.calibration_error(judged) == pytest.approx(0.5 * 0.15)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_calibration_error_is_a_mean_of_gaps(judged):
    error = agreement.calibration_error(judged)
    assert error is not None
    overall = abs(sum(p - right for p, right in judged)) / len(judged)
    assert overall - 1e-9 <= error <= 1


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Yeah, yeah. Okay.", False),
        ("Mm-hmm.", False),
        ("[laughs]", False),
        ("", False),
        ("Mmh, 25.", True),
        ("Yeah, but why", True),
        ("I tried.", True),
    ],
)
def test_substantive_turns(text, kept):
    told = [Turn(1, "COACHEE", "It froze."), Turn(2, "COACH", text)]
    assert agreement.substantive(told) == (True, kept)
    assert agreement.substantive([Turn(1, "MEDIA", "Sit down, all of you.")]) == (False,)


def test_yes_in_answer_to_a_question_is_substantive():
    asked = [Turn(1, "COACH", "Did it freeze?"), Turn(2, "COACHEE", "Yes.")]
    assert agreement.substantive(asked) == (True, True)
