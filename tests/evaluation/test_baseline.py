"""The floor under the phases, and the skill above it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.evaluation.baseline import average_positions, parts, skill
from convo.transcript import Phase

LABELS = st.lists(st.sampled_from(list(Phase)), min_size=1, max_size=40)
FIGURES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.9)), min_size=2, max_size=12)
ORDER = (Phase.FRAME, Phase.ORIENTATION, Phase.SCRUTINY, Phase.CO_CONSTRUCTION)


def phases(text: str) -> tuple[Phase, ...]:
    return tuple(ORDER["FOSC".index(letter)] for letter in text)


def letters(labels: tuple[Phase, ...] | None) -> str:
    return "".join("FOSC"[ORDER.index(label)] for label in labels or ())


def test_parts_by_hand():
    assert parts(phases("FOOSSSSCCF")) == (0.1, 0.2, 0.4, 0.2, 0.1)
    assert parts(phases("SSSS")) == (0, 0, 1, 0, 0)


def test_average_positions_are_medians_of_the_others():
    known = [phases("FOSSSCCCCF"), phases("FOSSSCCCCF"), phases("SSSSSSSSSS")]
    assert letters(average_positions(known, 10)) == "FOSSSCCCCF"
    assert letters(average_positions(known, 20)) == "FFOOSSSSSSCCCCCCCCFF"
    # what most sessions lack, the average lacks
    assert letters(average_positions([phases("SC"), phases("SC"), phases("OSC")], 4)) == "SSCC"


def test_nothing_is_known_without_other_sessions():
    assert average_positions([], 10) is None


@given(st.lists(LABELS, min_size=1, max_size=5), st.integers(1, 100))
def test_every_turn_gets_a_label(known, turns):
    labels = average_positions(known, turns)
    assert labels is None or len(labels) == turns


@given(LABELS, st.integers(1, 5))
def test_a_session_in_order_is_its_own_average(labels, times):
    order = "FOSC"
    ordered = phases("".join(sorted(letters(tuple(labels)), key=order.index)))
    if set(ordered) != {Phase.FRAME}:
        assert average_positions([ordered] * times, len(ordered)) == ordered


def test_skill_by_hand():
    assert skill([0.8, 0.6], [0.4, 0.4], best=1)[0] == pytest.approx(0.3 / 0.6)
    assert skill([0.1, 0.3], [0.4, 0.4], best=0)[0] == pytest.approx(1 - 0.2 / 0.4)


@pytest.mark.parametrize(("method", "baseline"), [([0.5], [0.2]), ([], []), ([1, 1], [1, 1])])
def test_no_skill_without_sessions_or_room(method, baseline):
    assert skill(method, baseline, best=1) is None


@given(FIGURES)
def test_the_interval_holds_the_skill_of_equal_sessions(figures):
    method, baseline = zip(*figures, strict=True)
    value, low, high = skill(method, baseline, best=1)
    assert low <= high
    assert value <= 1 + 1e-9
    same = skill(method[:1] * 5, baseline[:1] * 5, best=1)
    assert same == pytest.approx((same[0],) * 3)


def test_more_sessions_make_a_narrower_interval():
    def width(times: int) -> float:
        _, low, high = skill([0.2, 0.9] * times, [0.3, 0.3] * times, best=1)
        return high - low

    assert width(50) < width(2) / 2
