"""Phases put right by a person: kept by time, found again in other turns, without any doubt."""

import datetime
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convo.conversation.shares import SharesOptions, shares
from convo.conversation.spans import anchors, labels_at, put_right, spans_of
from convo.errors import TranscriptError
from convo.transcript import Phase, Turn
from tests.report import factory

DAY = datetime.date(2026, 3, 4)
phases = st.sampled_from(Phase)


@st.composite
def marked(draw) -> tuple[list[Turn], list[Phase]]:
    gaps = draw(st.lists(st.floats(0.01, 90), min_size=1, max_size=40))
    starts = np.round(np.cumsum(gaps), 3)
    turns = [Turn(n, "A", "So.", float(s), float(s) + 0.5) for n, s in enumerate(starts, 1)]
    return turns, draw(st.lists(phases, min_size=len(turns), max_size=len(turns)))


@given(marked())
def test_the_same_turns_get_the_same_phases_back(session):
    turns, labels = session
    assert list(labels_at(turns, anchors(turns, labels))) == labels


@given(marked(), marked())
def test_any_other_turns_get_phases_without_a_gap_and_in_the_same_order(session, other):
    turns, labels = session
    said = anchors(turns, labels)
    found = labels_at(other[0], said)
    assert len(found) == len(other[0])
    order = iter(phase for _, phase in said)
    assert all(any(phase is there for there in order) for phase in _runs(found))


def _runs(labels) -> list[Phase]:
    return [labels[0], *(b for a, b in pairwise(labels) if a is not b)]


def test_another_recogniser_moves_a_border_by_less_than_the_turn_it_lies_in():
    made = factory.sample(1)
    labels = made.segmentation.labels()
    said = anchors(made.turns, labels)
    later = [
        Turn(n, t.speaker, t.text, (t.start or 0) + (0.4 if n % 2 else -0.3), t.end)
        for n, t in enumerate(made.turns, 1)
    ]
    assert labels_at(later, said) == labels
    halves = [Turn(0, "A", "", s, s) for t in made.turns for s in (t.start, (t.start + t.end) / 2)]
    assert labels_at(halves, said) == tuple(label for label in labels for _ in range(2))


@given(st.lists(phases, max_size=60))
def test_spans_say_the_same_as_the_labels_they_are_made_of(labels):
    spans = spans_of(labels)
    assert [s.phase for s in spans for _ in range(s.start_turn, s.end_turn + 1)] == labels
    assert all(
        a.phase is not b.phase and a.end_turn + 1 == b.start_turn for a, b in pairwise(spans)
    )


def test_an_orientation_after_work_begins_a_new_cycle():
    order = [Phase.ORIENTATION, Phase.FRAME, Phase.SCRUTINY, Phase.ORIENTATION, Phase.FRAME]
    assert [span.cycle for span in spans_of(order)] == [1, 1, 1, 2, 2]


def test_phases_put_right_are_in_no_doubt_and_keep_what_the_machine_found():
    made = factory.sample(1)
    labels = [Phase.SCRUTINY, *made.segmentation.labels()[1:]]
    right = put_right(made.segmentation, labels, "Sam", DAY)
    assert list(right.labels()) == labels
    assert (right.probabilities, right.samples, right.review) == ((), (), ())
    assert {span.probability for span in right.spans} == {None}
    assert [(b.earliest, b.latest) for b in right.boundaries] == [
        (b.turn, b.turn) for b in right.boundaries
    ]
    assert {b.probability for b in right.boundaries} == {None}
    assert right.found == made.segmentation
    assert put_right(right, labels, "Max", DAY).found == made.segmentation
    assert "provisional" not in right.method


def test_borders_that_a_person_set_withhold_no_share_and_leave_the_chance_of_turns():
    """Alternative labellings that disagree withhold a share; a person's word takes them away."""
    made = factory.sample(1)
    labels = made.segmentation.labels()
    rolled = [(*labels[n:], *labels[:n]) for n in range(0, len(labels), 3)]
    unsure = replace(made.segmentation, samples=tuple(rolled))
    options = SharesOptions(fewest_words=0)
    before = [s for s in shares(made.turns, unsure, options=options) if s.phase]
    assert any(share.withheld for share in before)
    after = shares(made.turns, put_right(unsure, labels, "Sam", DAY), options=options)
    assert not any(share.withheld for share in after)
    assert all(share.low is not None for share in after)
    assert [s.words for s in after if s.phase] == [s.words for s in before]


def test_what_cannot_be_kept_by_time_is_refused():
    with pytest.raises(TranscriptError, match="1 of 1 turns have no time"):
        anchors([Turn(1, "A", "Hi.")], [Phase.FRAME])
    with pytest.raises(TranscriptError, match="0 phases for 1 turns"):
        anchors([Turn(1, "A", "Hi.", 0.0, 1.0)], [])
    with pytest.raises(TranscriptError, match="mark the turns again"):
        labels_at([], ())
