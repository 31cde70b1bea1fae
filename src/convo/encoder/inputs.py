"""Turns as the encoder hears them; training and reading share every line of this.

A session becomes windows of whole turns, each turn a mark for who speaks and then its word pieces.
Beside them every turn has plain features: who speaks, how long, where, and what cues it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convo.conversation.cues import PhaseCue, cue_hits, is_backchannel, is_question
from convo.transcript import Role, Turn

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Tokens = list[int]

WINDOW = 256
"""Word pieces in a window: some twenty turns, as far as attention reaches."""
PLACE = slice(6, 11)
"""The features that say where in the session a turn lies."""
LISTENING = 4
"""The feature that marks a backchannel."""
PLAIN_FEATURES = 12
"""Features before those of the cues."""

_HEAD, _TAIL = 72, 40  # what is kept of the word pieces of a long turn
_MARK = {Role.COACH: 5, Role.COACHEE: 6, Role.OTHER: 7, None: 8}  # pieces that no text has
_FIRST, EMPTY, _LAST, MASK = 0, 1, 2, 30526
_NEAR_EDGE = 8.0  # turns


@dataclass(frozen=True, slots=True)
class Windows:
    """One session: ``ids`` and ``attention`` have one row a window.

    ``owner`` is the turn of every word piece (-1: none), ``marks`` the row and column of every
    turn's mark.
    """

    ids: Ints
    attention: Ints
    owner: Ints
    marks: Ints

    @property
    def turns(self) -> int:
        """How many turns the session has."""
        return len(self.marks)


def word_pieces(tokenizer: bytes) -> Callable[[str], Tokens]:
    """From what is said in a turn to its word pieces, by the ``tokenizer.json`` of a model."""
    from tokenizers import Tokenizer

    whole = Tokenizer.from_buffer(tokenizer)
    whole.no_padding()
    whole.no_truncation()
    return lambda text: shorten(list(whole.encode(text, add_special_tokens=False).ids))


def shorten(pieces: Tokens) -> Tokens:
    """The beginning and the end of a long turn: the middle changes no phase."""
    return pieces if len(pieces) <= _HEAD + _TAIL else pieces[:_HEAD] + pieces[-_TAIL:]


def windows(
    turns: Sequence[Turn], pieces: Sequence[Tokens], first: int | None = None, size: int = WINDOW
) -> Windows:
    """Whole turns in windows of at most ``size`` word pieces; the first may be shorter.

    >>> said = [Turn(1, "A", "Well?", role=Role.COACH), Turn(2, "B", "Good.", role=Role.COACHEE)]
    >>> windows(said, [[2092], [2204]]).ids.tolist()
    [[0, 5, 2092, 6, 2204, 2]]
    """
    rows: list[list[tuple[int, int]]] = [[]]
    marks, room = [], (first or size) - 2
    for place, (turn, own) in enumerate(zip(turns, pieces, strict=True)):
        if len(own) + 1 > room and rows[-1]:
            rows.append([])
            room = size - 2
        marks.append((len(rows) - 1, len(rows[-1]) + 1))
        rows[-1] += [(_MARK[turn.role], place), *((piece, place) for piece in own)]
        room -= len(own) + 1
    width = max(map(len, rows)) + 2
    ids = np.full((len(rows), width), EMPTY, dtype=np.int64)
    attention = np.zeros((len(rows), width), dtype=np.int64)
    owner = np.full((len(rows), width), -1, dtype=np.int64)
    for row, content in enumerate(rows):
        ids[row, : len(content) + 2] = [_FIRST, *(piece for piece, _ in content), _LAST]
        owner[row, 1 : len(content) + 1] = [place for _, place in content]
        attention[row, : len(content) + 2] = 1
    return Windows(ids, attention, owner, np.array(marks, dtype=np.int64))


def features(turns: Sequence[Turn], cues: Sequence[PhaseCue]) -> Floats:
    """One row a turn: twelve plain features, then the hits of every cue."""
    n = len(turns)
    place = np.arange(n)
    before = (None, *turns[:-1])
    words = np.array([turn.word_count for turn in turns])
    columns = [
        [turn.role is Role.COACH for turn in turns],
        [turn.role is Role.COACHEE for turn in turns],
        np.log1p(words) / 4,
        words > 40,
        [is_backchannel(turn, last) for turn, last in zip(turns, before, strict=True)],
        [is_question(turn.text) for turn in turns],
        place / n,
        1 - place / n,
        np.exp(-place / _NEAR_EDGE),
        np.exp(-(n - 1 - place) / _NEAR_EDGE),
        np.full(n, np.log(n) / 5),
        np.ones(n),
    ]
    return np.column_stack([*columns, cue_hits(turns, cues)]).astype(np.float32)
