from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from convo.conversation.attribution import AttributionOptions, attribute_words, turns
from convo.transcript import SpeakerSegment, Word

GAP_MS = 1000
moments = st.integers(0, 60_000)
labels = st.sampled_from(["SPEAKER_00", "SPEAKER_01", "SPEAKER_02"])


@st.composite
def stretches(draw: Any) -> tuple[float, float]:
    start = draw(moments)
    return start / 1000, (start + draw(st.integers(0, 4000))) / 1000


words = st.lists(
    st.builds(lambda text, s: Word(text, *s), st.text(min_size=1, max_size=4), stretches())
)
segments = st.lists(st.builds(lambda s, speaker: SpeakerSegment(*s, speaker), stretches(), labels))


def oracle(word: Word, floor: list[SpeakerSegment]) -> str | None:
    """Millisecond by millisecond, as the docstring has it."""
    start, end = round(word.start * 1000), round(word.end * 1000)
    ranked = []
    for speaker in sorted({s.speaker for s in floor}):
        mine = [(round(s.start * 1000), round(s.end * 1000)) for s in floor if s.speaker == speaker]
        cover = len({t for a, b in mine for t in range(max(a, start), min(b, end))})
        distance = min(max(a - end, start - b, 0) for a, b in mine)
        ranked.append((-cover, distance, speaker))
    if not ranked:
        return None
    cover, distance, speaker = min(ranked)
    return speaker if distance <= GAP_MS else None


@given(words, segments)
def test_equals_brute_force(said: list[Word], floor: list[SpeakerSegment]) -> None:
    found = attribute_words(said, floor, AttributionOptions(max_gap_s=GAP_MS / 1000))
    assert [word.speaker for word in found] == [oracle(word, floor) for word in said]


@given(words, segments)
def test_no_word_is_lost_and_order_is_kept(said: list[Word], floor: list[SpeakerSegment]) -> None:
    assert [word.said_by(None) for word in attribute_words(said, floor)] == said


@given(words, segments, st.randoms())
def test_the_order_of_segments_does_not_matter(
    said: list[Word], floor: list[SpeakerSegment], random: Any
) -> None:
    shuffled = list(floor)
    random.shuffle(shuffled)
    assert attribute_words(said, shuffled) == attribute_words(said, floor)


@given(words, segments, st.integers(0, 3_600_000))
def test_a_later_recording_start_changes_nothing(
    said: list[Word], floor: list[SpeakerSegment], delay: int
) -> None:
    def later(seconds: float) -> float:
        return (round(seconds * 1000) + delay) / 1000

    moved = attribute_words(
        [Word(w.text, later(w.start), later(w.end)) for w in said],
        [SpeakerSegment(later(s.start), later(s.end), s.speaker) for s in floor],
    )
    assert [w.speaker for w in moved] == [w.speaker for w in attribute_words(said, floor)]


@pytest.mark.parametrize(
    ("start", "end", "speaker"),
    [
        (1.0, 1.2, "A"),  # inside the long segment, far from its middle
        (99.8, 100.0, "A"),
        (1.0, 1.0, "A"),  # a word without length inside a segment is at distance 0
        (100.4, 100.5, "A"),  # nearer to the edge of A than to the edge of B
        (100.8, 100.9, "B"),
        (104.0, 104.2, None),
    ],
)
def test_distance_is_to_the_edge_and_zero_inside(
    start: float, end: float, speaker: str | None
) -> None:
    floor = [SpeakerSegment(0, 100, "A"), SpeakerSegment(101, 102, "B")]
    assert attribute_words([Word("so", start, end)], floor)[0].speaker == speaker


def test_nobody_heard_means_nobody_named() -> None:
    assert [w.speaker for w in attribute_words([Word("so", 0, 1, 1, "old")], [])] == [None]


def test_overlapping_segments_of_one_speaker_count_once() -> None:
    floor = [SpeakerSegment(0, 3, "B"), SpeakerSegment(0, 2, "A"), SpeakerSegment(0.5, 2, "A")]
    assert attribute_words([Word("so", 0, 3)], floor)[0].speaker == "B"


@given(words, segments)
def test_turns_hold_every_word_once_and_alternate(
    said: list[Word], floor: list[SpeakerSegment]
) -> None:
    attributed = attribute_words(said, floor)
    found = turns(attributed)
    assert " ".join(turn.text for turn in found) == " ".join(word.text for word in said)
    assert [turn.number for turn in found] == list(range(1, len(found) + 1))
    assert all(one.speaker != other.speaker for one, other in pairwise(found))


def test_an_unattributed_word_makes_a_turn_of_its_own() -> None:
    said = [Word("so", 0, 1, 1, "A"), Word("eh", 5, 6), Word("yes", 9, 10, 1, "A")]
    assert [(t.speaker, t.start, t.end) for t in turns(said)] == [
        ("A", 0, 1),
        (None, 5, 6),
        ("A", 9, 10),
    ]
    assert turns([]) == ()


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValidationError, match="max_gap"):
        AttributionOptions(max_gap=1)  # type: ignore[call-arg]


@pytest.mark.speed
def test_speed_of_a_hundred_thousand_words(benchmark: Any) -> None:
    random = np.random.default_rng(0)
    starts = np.cumsum(random.uniform(0.1, 0.5, 100_000)).round(3)
    said = [Word("so", float(s), float(s) + 0.2) for s in starts]
    edges = np.cumsum(random.uniform(0.5, 8.0, 10_000)).round(3)
    floor = [
        SpeakerSegment(float(a), float(b), f"SPEAKER_0{k % 2}")
        for k, (a, b) in enumerate(pairwise(edges))
    ]
    found = benchmark.pedantic(attribute_words, args=(said, floor), rounds=3)
    assert len(found) == len(said)
    assert benchmark.stats["min"] < 5  # comparing every word with every segment takes minutes
