"""Words, speakers, shares and times: hand-made tables, and laws that hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.evaluation.comparison import (
    UNATTRIBUTED,
    ErrorRate,
    diarization_errors,
    role_share_error,
    share_error,
    speaker_errors,
    without_fillers,
    word_errors,
)
from convo.transcript import Phase, Role, Share, SpeakerSegment, Turn, count_words

WORDS = st.sampled_from(["red", "green", "blue", "door", "7", "won't"])
TEXTS = st.lists(WORDS, min_size=1).map(" ".join)
SPOKEN = st.dictionaries(st.sampled_from("ABC"), TEXTS, min_size=1)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "errors", "length"),
    [
        ("This is a test.", "this is a test", 0, 4),
        ("This is a test.", "this is the test", 1, 4),
        ("This is a test.", "this is test", 1, 4),
        ("This is a test.", "so this is a test", 1, 4),
        ("This is a test.", "", 4, 4),
        ("", "", 0, 0),
        ("", "Thank you for watching.", 4, 0),
        ("Um, [laughs] twenty-five colours", "25 colors", 0, 2),
        ("I can't. We're off!", "I can not we are off", 0, 6),
    ],
)
def test_word_errors(reference, hypothesis, errors, length):
    assert word_errors(reference, hypothesis) == ErrorRate(errors, length)


@pytest.mark.parametrize(
    ("hypothesis", "errors", "mapping"),
    [
        ({"x": "one two three", "y": "red green"}, 0, {"A": "x", "B": "y"}),
        ({"y": "one two three", "x": "red green"}, 0, {"A": "y", "B": "x"}),
        # one word on the wrong person is missing here and too many there
        ({"x": "one two three red", "y": "green"}, 2, {"A": "x", "B": "y"}),
        # nobody's word costs as much: leaving it open must not pay
        ({"x": "one two three", "y": "green", UNATTRIBUTED: "red"}, 2, {"A": "x", "B": "y"}),
        ({"x": "one two three"}, 2, {"A": "x"}),
        ({}, 5, {}),
    ],
)
def test_speaker_errors(hypothesis, errors, mapping):
    reference = {"A": "alpha beta gamma", "B": "red green"}
    hypothesis = {
        speaker: text.replace("one two three", "alpha beta gamma")
        for speaker, text in hypothesis.items()
    }
    assert speaker_errors(reference, hypothesis) == (ErrorRate(errors, 5), mapping)


def test_words_said_in_silence_are_errors_of_every_speaker():
    assert speaker_errors({"A": "[silence]"}, {"x": "thank you", "y": "bye"}) == (
        ErrorRate(3, 0),
        {},
    )


def test_hesitations_that_only_one_side_wrote_down_can_be_left_out():
    reference = {"D": "so where is the pain", "P": "um in my chest"}
    hypothesis = {"x": "um so uh where is, erm, the pain", "y": "in my chest"}
    mapping = {"D": "x", "P": "y"}
    assert share_error(reference, hypothesis, mapping) > 10
    bare = without_fillers(reference), without_fillers(hypothesis)
    assert share_error(*bare, mapping) == 0
    assert without_fillers({"A": "Uhm, the umbrella hummed, error."}) == {
        "A": ", the umbrella hummed, error."
    }


def test_errors_of_recordings_are_added():
    assert (ErrorRate(1, 1) + ErrorRate(0, 9) + ErrorRate(2, 0)).rate == 0.3


@settings(deadline=None)  # the first example loads meeteval
@given(SPOKEN)
def test_a_perfect_transcript_has_no_errors_under_any_names(reference):
    renamed = {f"SPEAKER_{place}": text for place, text in enumerate(reversed(reference.values()))}
    errors, mapping = speaker_errors(reference, renamed)
    assert errors.errors == 0
    # two speakers with the same words may be swapped: their shares are the same
    assert share_error(reference, renamed, mapping) == 0
    assert word_errors(" ".join(reference.values()), " ".join(reference.values())).errors == 0


@settings(deadline=None)  # the first example loads meeteval
@given(SPOKEN, SPOKEN)
def test_swapping_the_names_of_speakers_changes_nothing(reference, hypothesis):
    names = sorted(hypothesis)
    swapped = {other: hypothesis[name] for name, other in zip(names, names[::-1], strict=True)}
    assert speaker_errors(reference, hypothesis)[0] == speaker_errors(reference, swapped)[0]


@settings(deadline=None)  # the first example loads meeteval
@given(SPOKEN, SPOKEN)
def test_a_share_error_lies_between_0_and_100_points(reference, hypothesis):
    _, mapping = speaker_errors(reference, hypothesis)
    error = share_error(reference, hypothesis, mapping)
    assert error is not None
    assert 0 <= error <= 100


@pytest.mark.parametrize(
    ("hypothesis", "error"),
    [
        ({"x": "a a a a a a", "y": "b b b b"}, 0),
        ({"x": "a a a a a", "y": "b b b b b"}, 10),
        ({"x": "a a a", "y": "b b", UNATTRIBUTED: "c c c c c c"}, 0),
        ({"x": "a a a", "y": "b b", "z": "c c c c c"}, 30),
        ({"x": "a"}, 40),
        ({UNATTRIBUTED: "a"}, None),
        ({}, None),
    ],
)
def test_share_error_of_60_to_40(hypothesis, error):
    reference = {"D": "a a a a a a", "P": "b b b b"}
    result = share_error(reference, hypothesis, {"D": "x", "P": "y"})
    assert result == (error if error is None else pytest.approx(error))


def test_only_coach_and_coachee_count_in_coaching_talk():
    reference = {"COACH": "a a a", "COACHEE": "b", "OTHER": "c c c c"}
    mapping = {"COACH": "x", "COACHEE": "y", "OTHER": "z"}
    assert share_error(reference, {"x": "a a a", "y": "b", "z": "c"}, mapping) == 0
    assert share_error(reference, {"x": "a a", "y": "b b", "z": "c"}, mapping) == 25


def share(role: Role, words: int, total: int, phase: Phase | None = None) -> Share:
    return Share(
        phase, role, words, total, None, None, None, None, None, 0, None, None, words, total, 0
    )


def test_share_by_role_is_wrong_when_the_roles_are_swapped():
    turns = [
        Turn(1, "COACH", "one two three"),
        Turn(2, "COACHEE", "four"),
        Turn(3, "OTHER", "five"),
    ]
    right = [share(Role.COACH, 3, 4), share(Role.COACHEE, 1, 4)]
    swapped = [share(Role.COACH, 1, 4), share(Role.COACHEE, 3, 4)]
    only_phase = [share(Role.COACHEE, 1, 1, Phase.FRAME)]
    assert role_share_error(turns, right) == 0
    assert role_share_error(turns, swapped) == 50
    assert role_share_error(turns, only_phase) is None
    assert role_share_error([Turn(1, "D", "Hello.")], right) is None


SEGMENTS = (SpeakerSegment(0, 4, "D"), SpeakerSegment(3, 6, "P"))


@pytest.mark.parametrize(
    ("hypothesis", "errors"),
    [
        ((SpeakerSegment(0, 4, "x"), SpeakerSegment(3, 6, "y")), 0),
        ((SpeakerSegment(0, 3.5, "x"), SpeakerSegment(3.5, 6, "y")), 1),  # overlap is scored
        ((SpeakerSegment(0, 4.1, "x"), SpeakerSegment(3, 6, "y")), 0.1),  # no collar
        ((SpeakerSegment(0, 4, "x"), SpeakerSegment(3, 6, "y"), SpeakerSegment(8, 9, "y")), 1),
        ((SpeakerSegment(0, 4, "x"),), 3),
        ((), 7),
    ],
)
def test_diarization_errors_in_seconds(hypothesis, errors):
    found = diarization_errors(SEGMENTS, hypothesis)
    assert found.errors == pytest.approx(errors)
    assert found.length == pytest.approx(7)


def test_both_sides_count_words_by_the_rule_of_shares():
    # whisper's normalizer would make two words of "don't" and of "age-phase"
    reference = {"A": "don't", "B": "age-phase"}
    assert {count_words(text) for text in reference.values()} == {1}
    assert share_error(reference, reference, {"A": "A", "B": "B"}) == 0
