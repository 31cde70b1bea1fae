"""What activities are found by: named features of turns, candidates and spans.

Training and finding share every line of this.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from convo.codebook import CODES
from convo.conversation.activity_cues import ActivityCues
from convo.conversation.activity_weights import ActivityWeights, Floats
from convo.conversation.content import stems_of
from convo.conversation.cues import hits_in, is_backchannel, is_question, plain
from convo.conversation.phases import TurnScores
from convo.transcript import Phase, Role, Turn

CANDIDATE_FEATURES = (
    "turn", "set", "inside", "start before", "below the highest", "highest", "said before",
    "log turns", "near a higher", "higher around",
)  # fmt: skip
READER_FEATURES = (*(f"code {code}" for code in CODES), *(f"phase {phase}" for phase in Phase))

_NEAR = 3  # turns before and after that are looked at apart
_AROUND = 6.0  # turns; how far the stretch around a turn reaches
_START_WITHIN = 6  # turns before the settling turn in which an activity is begun
_HIGHER_WITHIN = 6  # turns
_REMEMBERED = 15  # turns in which something may have been said before


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """One session as activities are looked for in it; rows are turns.

    ``cues`` says which cue (column) is found in which turn, ``names`` and ``features`` are what a
    turn is scored by, ``reader`` what the trained reader says (P of codes and phases).
    """

    turns: tuple[Turn, ...]
    said: tuple[str, ...]
    stems: tuple[frozenset[str], ...]
    cues: Floats
    reader: Floats
    names: tuple[str, ...]
    features: Floats

    def stems_between(self, first: int, last: int) -> frozenset[str]:
        """All content stems of rows ``first`` to ``last``, both included."""
        return frozenset[str]().union(*self.stems[max(0, first) : max(0, last + 1)])


def turn_facts(
    turns: Sequence[Turn],
    cues: ActivityCues,
    words: Sequence[str],
    scores: TurnScores | None,
    usual: Sequence[float] | None = None,
) -> TurnFacts:
    """Everything about ``turns``; ``words`` are those (or pairs of them) that are looked for.

    Without ``scores`` of a trained reader, ``usual`` stands for the values of READER_FEATURES.
    """
    said = tuple(plain(turn.text) for turn in turns)
    coach = np.array([turn.role is Role.COACH for turn in turns], dtype=np.float64)[:, None]
    other = 1.0 - coach
    wanted = tuple((cue.pattern, "anyone", 1) for cue in cues.cues)
    found = np.array([hits_in(text, None, wanted) for text in said], dtype=np.float64)
    found = found.reshape(len(turns), len(cues.cues))
    before = (None, *turns[:-1])
    if scores is not None:
        reader = np.exp(np.hstack([scores.codes, scores.phases])).astype(np.float64)
    else:
        reader = np.tile(np.array(usual or (0.0,) * len(READER_FEATURES)), (len(turns), 1))
    own = np.column_stack(
        [
            coach,
            coach * found,
            other * found,
            [np.log1p(turn.word_count) / 3 for turn in turns],
            [is_backchannel(turn, last) for turn, last in zip(turns, before, strict=True)],
            coach[:, 0] * [is_question(turn.text) for turn in turns],
            reader,
        ]
    )
    names = (
        "coach",
        *(f"coach {cue.name}" for cue in cues.cues),
        *(f"coachee {cue.name}" for cue in cues.cues),
        "length",
        "listening",
        "coach asks",
        *READER_FEATURES,
    )
    spoken = _spoken(said, words)
    place = np.arange(len(turns)) / max(len(turns), 1)
    features = np.column_stack(
        [
            own,
            _neighbours(own, -1),
            _neighbours(own, 1),
            _stretch(own),
            place,
            place**2,
            place > 0.9,
            coach * spoken,
            other * spoken,
            np.vstack([np.zeros((1, len(words))), spoken[:-1]]),
        ]
    )
    every = (
        *names,
        *(f"{where}: {name}" for where in ("before", "after", "around") for name in names),
        "place",
        "place squared",
        "last tenth",
        *(f"{who} {word!r}" for who in ("coach", "coachee", "before") for word in words),
    )
    return TurnFacts(tuple(turns), said, stems_of(turns), found, reader, every, features)


def words_of(said: str) -> set[str]:
    """The words of a plain text and the pairs of neighbours among them.

    >>> sorted(words_of("i will try"))
    ['i', 'i will', 'try', 'will', 'will try']
    """
    words = said.split()
    return set(words) | {f"{one} {two}" for one, two in pairwise(words)}


_WORD_WEIGHT = 0.3  # words are many and rare: they shall count less than cues


def _spoken(said: Sequence[str], words: Sequence[str]) -> Floats:
    column = {word: place for place, word in enumerate(words)}
    table = np.zeros((len(said), len(words)))
    for row, text in enumerate(said):
        table[row, [column[word] for word in words_of(text) if word in column]] = _WORD_WEIGHT
    return table


def _neighbours(own: Floats, side: int) -> Floats:
    """The mean of the turns before (side -1) or after (1) every turn; nothing beyond the ends."""
    result = np.zeros_like(own)
    for step in range(1, min(_NEAR, len(own) - 1) + 1):
        if side < 0:
            result[step:] += own[:-step] / _NEAR
        else:
            result[:-step] += own[step:] / _NEAR
    return result


def _stretch(own: Floats) -> Floats:
    """The weighted mean around every turn."""
    reach = min(len(own) - 1, round(4 * _AROUND))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _AROUND) ** 2)
    weight = np.convolve(np.ones(len(own)), kernel)[reach : reach + len(own)]
    columns = [np.convolve(column, kernel)[reach : reach + len(own)] for column in own.T]
    found: Floats = np.column_stack(columns) / weight[:, None]
    return found


@dataclass(frozen=True, slots=True)
class Candidates:
    """Turns (rows of the session) that stand out as settling something, with their features."""

    rows: tuple[int, ...]
    features: Floats


def candidates(facts: TurnFacts, scores: Floats, weights: ActivityWeights) -> Candidates:
    """Local peaks of ``scores`` (turns by start, set, inside)."""
    start, settle, inside = scores.T
    begun = np.array(
        [start[max(0, row - _START_WITHIN) : row + 1].max() for row in range(len(start))]
    )
    height = settle + begun / 2 + inside / 2
    rows = [
        row
        for row in range(len(height))
        if (row == 0 or height[row] >= height[row - 1])
        and (row == len(height) - 1 or height[row] > height[row + 1])
    ]
    top = float(height.max(initial=-np.inf))
    table = [
        (
            height[row],
            settle[row],
            inside[row],
            begun[row],
            height[row] - top,
            top,
            _said_before(facts, row, weights),
            np.log(len(facts.turns)),
            *_higher(height, rows, row),
        )
        for row in rows
    ]
    return Candidates(tuple(rows), np.array(table).reshape(len(rows), len(CANDIDATE_FEATURES)))


def _higher(height: Floats, rows: Sequence[int], row: int) -> tuple[float, float]:
    """How near the next higher candidate is (0 to 1), and how many there are around."""
    apart = [abs(other - row) for other in rows if height[other] > height[row]]
    near = math.exp(-min(apart) / 2) if apart else 0.0
    return near, float(sum(one <= _HIGHER_WITHIN for one in apart))


def _said_before(facts: TurnFacts, row: int, weights: ActivityWeights) -> float:
    """How much of what these three turns are about was spoken of in the turns before (0 to 1)."""
    now = facts.stems_between(row - 2, row)
    old = facts.stems_between(row - 3 - _REMEMBERED, row - 3)
    whole = sum(map(weights.rarity, now))
    return sum(map(weights.rarity, now & old)) / whole if whole else 1.0


def begins(start: Floats, row: int, earliest: int) -> int:
    """The row in which an activity that is settled in ``row`` is most likely begun."""
    first = max(earliest, row - _START_WITHIN, 0)
    return first + int(np.argmax(start[first : row + 1]))
