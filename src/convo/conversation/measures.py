"""Figures of a session, by phase and role, from what its turns do (REQUIREMENTS, section 2).

Each says what it rests on (``n``) and how far it could move; none is a score. What codes alone
carry with little agreement (suggestions, commitments, motifs) is a count of candidates. A figure
that rests on nothing has no value and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from convo.codebook import TurnCode
from convo.conversation import opening
from convo.conversation.counting import columns, distinct
from convo.conversation.glossary import Glossary
from convo.conversation.motifs import suggestion_chains
from convo.conversation.resampling import Floats, Interval, Resamples
from convo.conversation.shares import SharesOptions
from convo.conversation.talk import PAIR, Flags, Talk, talk
from convo.conversation.word_lists import WordLists
from convo.transcript import Measure, Phase, Role, Segmentation, Turn

_NO_TIMES = "this transcript has no times"
_Row = tuple[Role | None, str, float | None, int, Interval | None, str | None]


def measures(
    turns: Sequence[Turn],
    codes: Sequence[TurnCode],
    segmentation: Segmentation,
    glossary: Glossary,
    lists: WordLists,
    version: str,
    options: SharesOptions | None = None,
) -> tuple[Measure, ...]:
    """All figures, for the whole session (``phase=None``) and for every phase that occurs.

    ``codes`` are those of all turns but what is played, which is in no figure. ``version`` names
    what coded the turns; ``options`` say how intervals are drawn.

    Raises:
        TranscriptError: codes or phases belong to other turns.
    """
    read = talk(turns, codes, segmentation, glossary, lists)
    again = Resamples(read, options or SharesOptions())
    method = f"{version}, glossary {glossary.version}, words {lists.version}"
    found = _Figures(read, again)
    return tuple(
        Measure(phase, role, metric, value, n, method, low, high, missing)
        for phase in again.phases
        for role, metric, value, n, limits, missing in found.of(phase)
        for low, high in (limits or (None, None),)
    )


class _Figures:
    """All figures of one talk, phase by phase."""

    def __init__(self, read: Talk, again: Resamples) -> None:
        self._talk = read
        self._again = again
        self._columns = columns(read)
        self._asked = opening.questions(read)
        self._answers = {place: opening.answer(read, place) for place in self._asked}

    def of(self, phase: Phase | None) -> list[_Row]:
        """The figures of the session or of one phase."""
        if not self._talk.turns:
            return []
        return [
            *self._sums(phase),
            *(row for role in PAIR for row in self._distinct(phase, role)),
            *self._opening(phase),
            *self._waits(phase),
            self._longest_chain(phase),
        ]

    def _sums(self, phase: Phase | None) -> Iterable[_Row]:
        inside, drawn = self._again.inside(phase), self._again.drawn(phase)
        parts = drawn @ np.column_stack([column.part for column in self._columns])
        wholes = drawn @ np.column_stack([column.of for column in self._columns])
        for number, column in enumerate(self._columns):
            n = round(float(column.of[inside].sum()))
            if not n:
                yield column.role, column.metric, None, 0, None, column.empty
                continue
            part, again = float(column.part[inside].sum()), parts[:, number]
            if column.scale is not None:
                part *= column.scale / n
                whole = wholes[:, number]
                again = column.scale * np.divide(
                    again, whole, out=np.full(len(again), np.nan), where=whole > 0
                )
            yield column.role, column.metric, part, n, self._again.of(again, part), None

    def _distinct(self, phase: Phase | None, role: Role) -> Iterable[_Row]:
        """Drawing turns again would only lose things, so only the phases move these."""
        inside, placed = self._again.inside(phase), self._again.placed(phase)
        mine = inside & self._talk.of(role)
        for metric, each in distinct(self._talk, role).items():
            if not mine.any():
                yield role, metric, None, 0, None, f"the {role} says nothing here"
                continue
            value = float(
                len(
                    frozenset().union(
                        *(one for one, is_in in zip(each, mine, strict=True) if is_in)
                    )
                )
            )
            things = sorted(frozenset().union(*each))
            has = np.array([[thing in one for thing in things] for one in each], dtype=np.float64)
            counts = ((placed @ has.reshape(len(each), -1)) > 0).sum(axis=1)
            limits = self._moved(placed, counts.astype(np.float64), value)
            yield role, metric, value, int(mine.sum()), limits, None

    def _opening(self, phase: Phase | None) -> Iterable[_Row]:
        """The first question of coach or coachee, and the first answer to the coach."""
        first, firsts = self._first(phase, self._asked)
        asks = "nobody asks anything here"
        yield self._at("first_question_open", None, first, firsts, self._open, asks)
        for role in PAIR:
            yield self._at("asks_first", role, first, firsts, self._by(role), asks)
        asked = [p for p in self._asked if self._answers[p] is not None]
        first, firsts = self._first(phase, asked)
        none = "the coachee answers no question of the coach here"
        for metric in opening.METRICS:
            value = partial(self._answered, metric)
            yield self._at(metric, Role.COACHEE, first, firsts, value, none)

    def _answered(self, metric: str, place: int) -> float | None:
        found = self._answers[place]
        return None if found is None else opening.first_answer(self._talk, found, metric)

    def _open(self, place: int) -> float:
        return float(opening.is_open(self._talk, place))

    def _by(self, role: Role) -> Callable[[int], float]:
        return lambda place: float(self._talk.turns[place].role is role)

    def _first(
        self, phase: Phase | None, asked: Sequence[int]
    ) -> tuple[int | None, list[int | None]]:
        """The first of ``asked`` in the phase, and in every sample of where the phase lies."""
        places = np.array(asked, dtype=np.int64)

        def first(inside: Flags) -> int | None:
            hits = np.flatnonzero(inside[places]) if places.size else places
            return int(places[hits[0]]) if hits.size else None

        placed = self._again.placed(phase)
        return first(self._again.inside(phase)), [first(row) for row in placed]

    def _at(
        self,
        metric: str,
        role: Role | None,
        first: int | None,
        firsts: Sequence[int | None],
        value: Callable[[int], float | None],
        empty: str,
    ) -> _Row:
        """A figure of one place, with the interval that other places of the phase give it."""
        if first is None:
            return role, metric, None, 0, None, empty
        known = value(first)
        if known is None:
            return role, metric, None, 0, None, _NO_TIMES
        again = [value(place) for place in firsts if place is not None]
        limits = None
        if len(firsts) > 1:
            moved = np.array([np.nan if one is None else one for one in again])
            limits = self._again.of(moved, known)
        return role, metric, known, self._resting(metric, first), limits, None

    def _resting(self, metric: str, place: int) -> int:
        """The turns of a first answer, or one question."""
        found = self._answers[place] if metric in opening.COUNTS else None
        return len(found.places) if found else 1

    def _waits(self, phase: Phase | None) -> Iterable[_Row]:
        """How long it is quiet after a question, and until the coachee answers the coach."""
        for role in PAIR:
            mine = [p for p in self._asked if self._talk.turns[p].role is role]
            waits = {p: opening.wait_s(self._talk, p) for p in mine}
            empty = f"nothing follows a question of the {role} here"
            yield self._median(phase, "wait_after_question_s", role, waits, empty)
        lag = {p: found.latency_s for p, found in self._answers.items() if found is not None}
        empty = "the coachee answers no question of the coach here"
        yield self._median(phase, "answer_latency_s", Role.COACHEE, lag, empty)

    def _median(
        self,
        phase: Phase | None,
        metric: str,
        role: Role,
        of: dict[int, float | None],
        empty: str,
    ) -> _Row:
        inside = self._again.inside(phase)
        here = [place for place in of if inside[place]]
        timed = {place: value for place, value in of.items() if value is not None}
        values = [timed[place] for place in here if place in timed]
        if not values:
            untimed = any(turn.start is None for turn in self._talk.turns)
            return role, metric, None, 0, None, _NO_TIMES if untimed else empty
        value = float(np.median(values))
        again = self._again.medians(phase, list(timed), np.array(list(timed.values())))
        return role, metric, value, len(values), self._again.of(again, value), None

    def _longest_chain(self, phase: Phase | None) -> _Row:
        inside = self._again.inside(phase)
        chains = [m.places for m in suggestion_chains(self._talk) if inside[m.places[0]]]
        value = float(max(map(len, chains), default=0))
        return None, "longest_suggestion_chain", value, len(chains), None, None

    def _moved(self, placed: Flags, values: Floats, point: float) -> Interval | None:
        return self._again.of(values, point) if len(placed) > 1 else None
