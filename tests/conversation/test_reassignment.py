from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from convo.conversation.attribution import AttributionOptions, attribute_words
from convo.conversation.reassignment import (
    WordGroup,
    _most_probable,
    reassign,
    with_floor,
    with_speaker,
    word_groups,
)
from convo.transcript import SpeakerSegment, Word

OPTIONS = AttributionOptions()


def voice(direction: int, noise: float, random: np.random.Generator) -> np.ndarray:
    vector = np.eye(16)[direction] + noise * random.normal(size=16)
    return vector / np.linalg.norm(vector)


def talk(owners: str, heard_as: str, length: float = 2.0) -> tuple[list[WordGroup], np.ndarray]:
    """Groups whose true speaker and whose diarised speaker are named letter by letter."""
    random = np.random.default_rng(3)
    groups = [
        WordGroup(k * length, (k + 0.9) * length, name, True) for k, name in enumerate(heard_as)
    ]
    return groups, np.stack([voice("ABC".index(o), 0.1, random) for o in owners])


def test_a_short_answer_goes_to_the_voice_it_sounds_like() -> None:
    groups, vectors = talk("ABABABABAB", "ABAAABABBB")
    labels, voices = reassign(groups, vectors, OPTIONS)
    assert "".join(labels) == "ABABABABAB"
    assert voices.keys() == {"A", "B"}
    assert all(np.isclose(np.linalg.norm(v), 1) for v in voices.values())


def test_three_voices() -> None:
    labels, _ = reassign(*talk("ABCABCABC", "ABCAACABC"), OPTIONS)
    assert "".join(labels) == "ABCABCABC"


def test_unheard_groups_and_single_speakers_keep_their_speaker() -> None:
    groups, vectors = talk("ABAB", "ABAB")
    assert reassign(groups, np.zeros_like(vectors), OPTIONS)[0] == ("A", "B", "A", "B")
    assert reassign(*talk("ABAB", "AAAA"), OPTIONS)[0] == ("A",) * 4
    assert reassign([], np.zeros((0, 16)), OPTIONS) == ((), {})


def test_voices_that_are_one_voice_change_nothing() -> None:
    """Two labels for one person: likeness proves nothing and the diariser keeps its word."""
    labels, _ = reassign(*talk("AAAAAAAA", "ABBABAAB"), OPTIONS)
    assert "".join(labels) == "ABBABAAB"


def test_groups_end_at_pauses_sentences_and_changes() -> None:
    said = [
        Word("Any", 0.0, 0.2, 1, "A"),
        Word("pain?", 0.2, 0.5, 1, "A"),
        Word("No.”", 0.5, 0.9, 1, "A"),
        Word("And", 0.9, 1.0, 1, "A"),
        Word("um", 1.0, 1.2),
        Word("your", 1.2, 1.3, 1, "A"),
        Word("head", 1.7, 1.9, 1, "A"),
        Word("hurts", 1.9, 2.1, 1, "B"),
    ]
    assert [(g.start, g.end, g.speaker, g.ends_sentence) for g in word_groups(said, OPTIONS)] == [
        (0.0, 0.5, "A", True),
        (0.5, 0.9, "A", True),
        (0.9, 1.0, "A", False),
        (1.2, 1.3, "A", False),
        (1.7, 1.9, "A", False),
        (1.9, 2.1, "B", False),
    ]


def test_a_heard_silence_ends_a_group_although_the_words_run_on() -> None:
    said = [Word("any", 0, 1, 1, "A"), Word("pain", 1, 2, 1, "A"), Word("no", 2, 4, 1, "A")]
    heard = [SpeakerSegment(0, 0.9, "B"), SpeakerSegment(0, 2.2, "A"), SpeakerSegment(2.9, 4, "A")]
    assert [(g.start, g.end) for g in word_groups(said, OPTIONS, heard)] == [(0, 2), (2, 4)]
    assert (
        len(word_groups(said, OPTIONS, [SpeakerSegment(0, 2.2, "A"), SpeakerSegment(2.3, 4, "A")]))
        == 1
    )
    assert len(word_groups(said, OPTIONS)) == 1


@given(st.integers(1, 6), st.integers(2, 3), st.integers(0, 2**32 - 1))
def test_viterbi_equals_trying_everything(length: int, speakers: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    belief = random.normal(size=(length, speakers))
    changes = random.normal(size=length - 1).tolist()

    def worth(path: tuple[int, ...]) -> float:
        steps = sum(c for c, (a, b) in zip(changes, pairwise(path), strict=True) if a != b)
        return float(sum(belief[k, s] for k, s in enumerate(path)) + steps)

    best = max(product(range(speakers), repeat=length), key=worth)
    assert tuple(_most_probable(belief, changes)) == best


@st.composite
def floors(draw: Any) -> tuple[list[SpeakerSegment], list[tuple[float, float, str]]]:
    """Segments without overlap, and stretches without overlap that are given away."""

    def pieces() -> list[tuple[float, float, str]]:
        edges = sorted(draw(st.sets(st.integers(0, 100), min_size=2, max_size=12)))
        names = st.sampled_from("AB")
        return [
            (float(a), float(b), draw(names)) for a, b in pairwise(edges) if draw(st.booleans())
        ]

    return [SpeakerSegment(*piece) for piece in pieces()], pieces()


@given(floors())
def test_given_stretches_have_the_floor_and_the_rest_stays(case: Any) -> None:
    floor, given_away = case
    after = with_floor(floor, given_away)
    assert all(one.end <= other.start for one, other in pairwise(after))
    for moment in np.arange(0.5, 100):
        now = {s.speaker for s in after if s.start < moment < s.end}
        before = {s.speaker for s in floor if s.start < moment < s.end}
        assert now == ({n for a, b, n in given_away if a < moment < b} or before)


@given(floors())
def test_speech_changes_its_speaker_but_not_its_time(case: Any) -> None:
    floor, stretches = case
    after = with_speaker(floor, [(a, b, "A", "B") for a, b, _ in stretches])
    for moment in np.arange(0.5, 100):
        now = {s.speaker for s in after if s.start < moment < s.end}
        before = {s.speaker for s in floor if s.start < moment < s.end}
        given_away = any(a < moment < b for a, b, _ in stretches)
        assert now == ({"B"} if given_away and before == {"A"} else before)


def test_attribution_follows_what_was_given_away() -> None:
    floor = [SpeakerSegment(0, 10, "A")]
    said = [Word("Pain?", 1, 2), Word("No.", 2.1, 2.6), Word("Good.", 2.7, 3.5)]
    after = with_floor(floor, [(2.1, 2.6, "B")])
    assert [w.speaker for w in attribute_words(said, after)] == ["A", "B", "A"]
