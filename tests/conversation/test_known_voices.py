"""Laws of knowing a voice again; how far real voices lie apart is tested with the model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.conversation.voices import coach_probabilities, similarity

voice = st.lists(st.floats(-1, 1), min_size=8, max_size=8).filter(lambda v: max(map(abs, v)) > 1e-3)


@given(voice, voice, voice)
def test_two_speakers_share_one_certainty_and_names_do_not_matter(one, two, coach):
    known = coach_probabilities({"A": one, "B": two}, coach, None)
    swapped = coach_probabilities({"A": two, "B": one}, coach, None)
    assert known["A"] + known["B"] == pytest.approx(1)
    assert known["A"] == pytest.approx(swapped["B"])


@given(voice, voice, voice, voice)
def test_knowing_the_coachee_is_as_good_as_knowing_the_coach(one, two, coach, coachee):
    known = coach_probabilities({"A": one, "B": two}, coach, coachee)
    mirrored = coach_probabilities({"A": one, "B": two}, coachee, coach)
    assert known["A"] == pytest.approx(mirrored["B"])


@given(voice)
def test_a_voice_is_like_itself(one):
    assert similarity(one, one) == pytest.approx(1)


@pytest.mark.parametrize("voices", [{}, {"A": (1.0,)}, {"A": (1.0,), "B": (0.5,), "C": (0.1,)}])
def test_nothing_is_said_unless_there_are_two_voices(voices):
    assert coach_probabilities(voices, (1.0,), None) == {}


def test_nothing_is_said_when_no_voice_is_kept():
    assert coach_probabilities({"A": (1.0,), "B": (0.5,)}, None, None) == {}
