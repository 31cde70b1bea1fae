"""Windows and features: laws that hold for any session."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from convo.conversation.cues import PhaseCue
from convo.encoder.inputs import EMPTY, PLACE, PLAIN_FEATURES, features, shorten, windows
from convo.transcript import Role, Turn

LENGTHS = st.lists(st.integers(0, 112), min_size=1, max_size=60)


def session(lengths: list[int]) -> tuple[list[Turn], list[list[int]]]:
    turns = [
        Turn(n, None, "word " * size, role=(Role.COACH, Role.COACHEE, None)[n % 3])
        for n, size in enumerate(lengths, start=1)
    ]
    return turns, [[1000 + place] * size for place, size in enumerate(lengths)]


@given(LENGTHS, st.integers(20, 256))
def test_every_piece_is_in_one_window_and_belongs_to_its_turn(
    lengths: list[int], first: int
) -> None:
    found = windows(*session(lengths), first=first)
    owners = found.owner[found.owner >= 0]
    assert np.bincount(owners, minlength=len(lengths)).tolist() == [n + 1 for n in lengths]
    own = found.ids[found.owner >= 0]
    words = own >= 1000
    assert (own[words] - 1000 == owners[words]).all()
    assert found.ids.shape[1] <= 256
    assert ((found.ids != EMPTY) == (found.attention > 0)).all()


@given(LENGTHS)
def test_a_turn_is_never_cut_by_a_window(lengths: list[int]) -> None:
    found = windows(*session(lengths))
    for turn in range(len(lengths)):
        rows, columns = np.nonzero(found.owner == turn)
        assert len(set(rows)) == 1
        assert (rows[0], columns[0]) == tuple(found.marks[turn])


def test_a_long_turn_keeps_its_beginning_and_its_end() -> None:
    kept = shorten(list(range(500)))
    assert len(kept) == 112
    assert (kept[0], kept[-1]) == (0, 499)


def test_features_say_who_speaks_where_and_which_cue() -> None:
    cue = PhaseCue(name="what", pattern="what", by="coach", why="a question")
    turns = [Turn(1, "A", "What now?", role=Role.COACH), Turn(2, "B", "Yes.", role=Role.COACHEE)]
    found = features(turns, [cue])
    assert found.shape == (2, PLAIN_FEATURES + 1)
    assert found[:, 0].tolist() == [1, 0]
    assert found[:, -1].tolist() == [1, 0]
    assert found[0, PLACE.start] == 0
