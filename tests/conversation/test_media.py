"""Played recordings: their words belong to nobody in the room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convo.conversation.activities import ActivityFinder
from convo.conversation.cues import Cues
from convo.conversation.edits import PassageEdit, applied, turns_of, without
from convo.conversation.followups import follow_ups
from convo.conversation.functions import TurnCoder
from convo.conversation.measures import measures
from convo.conversation.media import MEDIA, in_room, parse_span
from convo.conversation.phases import PhaseSegmenter, PhasesOptions
from convo.pipeline import shipped
from convo.transcript import Passage, Phase, Role, Segmentation, SpeakerSegment, Turn, Word
from tests.database.conversations import make_conversation

SPANS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 9)).map(lambda s: (s[0], s[0] + s[1]))
)
SEGMENTS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 20), st.sampled_from("AB")).map(
        lambda s: SpeakerSegment(float(s[0]), float(s[0] + s[1]), s[2])
    )
)


@given(SPANS, SEGMENTS)
def test_seconds_outside_are_kept_and_no_others(spans, segments):
    kept = without(segments, spans)
    for who in "AB":
        before = [t for s in segments if s.speaker == who for t in range(int(s.start), int(s.end))]
        after = [t for s in kept if s.speaker == who for t in range(int(s.start), int(s.end))]
        played = {t for first, last in spans for t in range(first, last)}
        assert sorted(after) == sorted(t for t in before if t not in played)


def test_words_in_the_middle_of_a_turn_are_a_turn_of_their_own():
    said = [Word(f"w{n}", float(n), n + 0.5, speaker="A") for n in range(6)]
    made = turns_of(applied(said, [PassageEdit(*parse_span("0:02-0:04"), Passage.MEDIA)]))
    assert [(turn.speaker, turn.text) for turn in made] == [
        ("A", "w0 w1"),
        (MEDIA, "w2 w3"),
        ("A", "w4 w5"),
    ]


@pytest.mark.parametrize("text", ["12:30", "14:05-12:30", "a-b", "12.30-14.05", "1:00-1:00"])
def test_what_is_no_stretch_of_time_is_refused(text):
    with pytest.raises(ValueError, match=r"12:30-14:05|earlier time first"):
        parse_span(text)


ROOM = make_conversation(unattributed=0, repeats=3).turns
CLIP = "What will you try by Thursday? I'll put the cards up. Let's see what we agreed."
GAPS = st.lists(st.integers(0, len(ROOM)), min_size=1, max_size=6, unique=True)


def with_clips(places: list[int]) -> tuple[Turn, ...]:
    """The talk with a clip played before each of these places, turns numbered anew."""
    turns: list[Turn] = []
    for place, turn in enumerate((*ROOM, None)):
        if place in places:
            turns.append(Turn(0, MEDIA, CLIP, role=Role.OTHER))
        turns += [turn] if turn else []
    return tuple(replace(turn, number=number) for number, turn in enumerate(turns, 1))


def only_room(found: Segmentation, turns: tuple[Turn, ...], values: tuple) -> tuple:
    return tuple(value for value, turn in zip(values, turns, strict=True) if turn.speaker != MEDIA)


SEGMENTER = PhaseSegmenter(shipped.cues(), PhasesOptions(method="cues", samples=3))
FOUND = SEGMENTER.segment(ROOM)


@settings(max_examples=15, deadline=None)
@given(GAPS)
def test_phases_are_those_of_the_talk_without_what_is_played(places):
    turns = with_clips(places)
    found = SEGMENTER.segment(turns)
    labels = found.labels()
    assert only_room(found, turns, labels) == FOUND.labels()
    assert only_room(found, turns, found.probabilities) == FOUND.probabilities
    for sample, alone in zip(found.samples, FOUND.samples, strict=True):
        assert only_room(found, turns, sample) == alone
    number = {n: turn.number for n, turn in enumerate(in_room(turns), start=1)}
    assert [number[one.turn] for one in FOUND.boundaries] == [one.turn for one in found.boundaries]
    for one, alone in zip(found.boundaries, FOUND.boundaries, strict=True):
        assert (one.earliest, one.latest) == (number[alone.earliest], number[alone.latest])
        assert one.evidence == tuple(number[turn] for turn in alone.evidence)
        assert turns[one.turn - 1].speaker != MEDIA
    for place, turn in enumerate(turns):
        if turn.speaker == MEDIA:  # the phase of the talk around it
            assert labels[place] in (
                labels[max(place - 1, 0)],
                labels[min(place + 1, len(labels) - 1)],
            )
    told = [reason for reason in found.review if "at turn" in reason]
    assert len(told) == len([reason for reason in FOUND.review if "at turn" in reason])
    changes = {f"the change to {one.after} at turn {one.turn}" for one in found.boundaries}
    assert all(any(change in reason for change in changes) for reason in told)


def test_where_everything_is_played_there_are_no_phases():
    turns = [Turn(1, MEDIA, CLIP), Turn(2, MEDIA, CLIP)]
    found = PhaseSegmenter(Cues(version="1")).segment(turns)
    assert found.labels() == (Phase.FRAME, Phase.FRAME)
    assert found.review == ("nobody speaks: no phases",)
    assert ActivityFinder(shipped.activity_cues(), shipped.activity_weights()).find(turns) == ()
    assert TurnCoder(shipped.functions()).code(turns) == ()


def test_nothing_is_agreed_followed_up_coded_or_measured_in_what_is_played():
    turns = with_clips([0, 3, 20, len(ROOM)])
    room = in_room(turns)
    finder = ActivityFinder(shipped.activity_cues(), shipped.activity_weights())
    agreed, alone = finder.find(turns), finder.find(ROOM)
    assert alone

    def place(number: int) -> int:
        return room[number - 1].number

    assert agreed == tuple(
        replace(
            one,
            start_turn=place(one.start_turn),
            end_turn=place(one.end_turn),
            set_turn=place(one.set_turn),
        )
        for one in alone
    )
    linked = [
        follow_ups(
            activities, earlier, later, shipped.activity_weights(), shipped.activity_cues().followup
        )
        for activities, earlier, later in ((agreed, turns, turns), (alone, ROOM, ROOM))
    ]
    assert [one.spoken for one in linked[0]] == [one.spoken for one in linked[1]]
    assert not {turn for one in linked[0] for turn in one.turns} - {turn.number for turn in room}

    coder, glossary = TurnCoder(shipped.functions()), shipped.glossary()
    codes, codes_alone = coder.code(turns), coder.code(ROOM)
    assert [(one.turn, one.code) for one in codes] == [
        (place(one.turn), one.code) for one in codes_alone
    ]
    phases, lists = SEGMENTER.segment(turns), shipped.word_lists()
    figures = measures(turns, codes, phases, glossary, lists, "1")
    assert figures == measures(ROOM, codes_alone, FOUND, glossary, lists, "1")
