"""Played recordings: their words belong to nobody in the room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from convo.conversation.attribution import turns
from convo.conversation.media import MEDIA, MediaOptions, as_media, parse_span, without_media
from convo.transcript import SpeakerSegment, Word

SPANS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 9)).map(lambda s: (s[0], s[0] + s[1]))
)
SEGMENTS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 20), st.sampled_from("AB")).map(
        lambda s: SpeakerSegment(float(s[0]), float(s[0] + s[1]), s[2])
    )
)


def clock(span: tuple[int, int]) -> str:
    return "-".join(f"{t // 60}:{t % 60:02}" for t in span)


@given(SPANS, SEGMENTS)
def test_seconds_outside_are_kept_and_no_others(spans, segments):
    options = MediaOptions(spans=tuple(map(clock, spans)))
    kept = without_media(segments, options.seconds)
    for who in "AB":
        before = [t for s in segments if s.speaker == who for t in range(int(s.start), int(s.end))]
        after = [t for s in kept if s.speaker == who for t in range(int(s.start), int(s.end))]
        played = {t for first, last in spans for t in range(first, last)}
        assert sorted(after) == sorted(t for t in before if t not in played)


def test_words_in_the_middle_of_a_turn_are_a_turn_of_their_own():
    said = [Word(f"w{n}", float(n), n + 0.5, speaker="A") for n in range(6)]
    made = turns(as_media(said, parse_spans("0:02-0:04")))
    assert [(turn.speaker, turn.text) for turn in made] == [
        ("A", "w0 w1"),
        (MEDIA, "w2 w3"),
        ("A", "w4 w5"),
    ]


def parse_spans(*spans: str) -> list[tuple[float, float]]:
    return [parse_span(span) for span in spans]


@pytest.mark.parametrize("text", ["12:30", "14:05-12:30", "a-b", "12.30-14.05", "1:00-1:00"])
def test_what_is_no_stretch_of_time_is_refused(text):
    with pytest.raises(ValidationError, match=r"12:30-14:05|earlier time first"):
        MediaOptions(spans=(text,))
