"""Inter-sessional activities against each reader, and the readers against each other.

Two spans match when they share at least one turn (codebook, section 4.4); each matches one other
at most. Of all ways to pair them that with most pairs counts, and among those the one with most
shared turns in proportion. F1 is taken over the pairs of all sessions together, against each
reader, then averaged over readers: sessions without any activity count by what is found in them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

from convo.between import Activity, FollowUp
from convo.evaluation.agreed import MarkedActivity, MarkedFollowUp
from convo.evaluation.cases import Cases, TalkCase
from convo.transcript import Turn

Span = tuple[int, int]
Link = Callable[[Sequence[Activity], Sequence[Turn], Sequence[Turn]], Sequence[FollowUp]]
_log = logging.getLogger(__name__)


class Finder(Protocol):
    """Whatever finds the activities of a session."""

    @property
    def version(self) -> str:
        """What the results depend on."""
        ...

    def find(self, turns: Sequence[Turn]) -> Sequence[Activity]:
        """The activities of a session."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """``pairs`` of ``found`` and ``marked`` activities; those ``led`` and ``type`` agree on.

    ``close`` pairs share at least half of the turns that either has.
    """

    found: int = 0
    marked: int = 0
    pairs: int = 0
    close: int = 0
    led: int = 0
    type: int = 0

    @property
    def f1(self) -> float | None:
        """2 pairs ÷ (found + marked), None when there is nothing on either side."""
        return _rate(2 * self.pairs, self.found + self.marked)

    @property
    def close_f1(self) -> float | None:
        """The same with close pairs only."""
        return _rate(2 * self.close, self.found + self.marked)

    @property
    def led_agreement(self) -> float | None:
        """Share of pairs with the same ``led``."""
        return _rate(self.led, self.pairs)

    @property
    def type_agreement(self) -> float | None:
        """Share of pairs with the same ``type``."""
        return _rate(self.type, self.pairs)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.found + other.found,
            self.marked + other.marked,
            self.pairs + other.pairs,
            self.close + other.close,
            self.led + other.led,
            self.type + other.type,
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """Follow-ups: ``right`` of ``total`` that are spoken about or not, ``spoken`` of them are."""

    right: int = 0
    total: int = 0
    spoken: int = 0

    @property
    def accuracy(self) -> float | None:
        """None without follow-ups."""
        return _rate(self.right, self.total)

    @property
    def always(self) -> float | None:
        """The accuracy of saying "spoken about" of every activity."""
        return _rate(self.spoken, self.total)

    def __add__(self, other: Judged) -> Judged:
        return Judged(
            self.right + other.right, self.total + other.total, self.spoken + other.spoken
        )


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One session against each reader, in the order of their names; ``readers`` each other."""

    case_id: str
    against: tuple[Counts, ...] = ()
    readers: tuple[Counts, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityScore:
    """All sessions with readings of activities.

    ``follow_ups`` judges links from the activities that readers marked, ``from_found`` those from
    activities that were found themselves: what was not found counts as not spoken about.
    """

    rows: tuple[ActivityRow, ...] = ()
    follow_ups: Judged = Judged()
    from_found: Judged = Judged()
    version: str | None = None

    @property
    def failed(self) -> int:
        """Sessions that the method broke on."""
        return sum(row.failure is not None for row in self.rows)

    def mean(self, figure: str, of: str = "against") -> float | None:
        """A figure of Counts over all sessions for each reader, averaged over readers."""
        if self.failed:
            return None
        totals: dict[int, Counts] = {}
        for row in self.rows:
            for place, counts in enumerate(getattr(row, of)):
                totals[place] = totals.get(place, Counts()) + counts
        known = [value for one in totals.values() if (value := getattr(one, figure)) is not None]
        return sum(known) / len(known) if known else None


def score_activities(cases: Cases, finder: Finder, link: Link) -> ActivityScore:
    """Find activities in every case that has readings of them, and link those of sequences."""
    marked = [case for case in cases.talk if case.agreed.activities]
    rows, found = [], {}
    for case in marked:
        try:
            found[case.case_id] = tuple(finder.find(case.turns))
            rows.append(_row(case, found[case.case_id]))
        except Exception as error:
            _log.debug("case %s failed", case.case_id, exc_info=True)
            rows.append(ActivityRow(case.case_id, failure=f"{type(error).__name__}: {error}"))
    own, whole = Judged(), Judged()
    for reader in sorted({reader for case in marked for reader in case.agreed.follow_ups}):
        for earlier, activity, later, follow_up in follow_up_pairs(marked, reader):
            (said,) = link([activity.bare()], earlier.turns, later.turns)
            own += _judged(said.spoken, follow_up)
            mine = _counterpart(found.get(earlier.case_id, ()), activity, earlier, reader)
            linked = link([mine], earlier.turns, later.turns)[0].spoken if mine else False
            whole += _judged(linked, follow_up)
    return ActivityScore(tuple(rows), own, whole, finder.version if marked else None)


def follow_up_pairs(
    cases: Sequence[TalkCase], reader: str
) -> Iterator[tuple[TalkCase, MarkedActivity, TalkCase, MarkedFollowUp]]:
    """Earlier session, activity, later session and what ``reader`` says of the activity there.

    Activities that no earlier session of the sequence has are left out.
    """
    for later in cases:
        before = [
            case
            for case in cases
            if case.agreed.sequence and case.agreed.sequence == later.agreed.sequence
            if case.agreed.number < later.agreed.number
        ]
        before.sort(key=lambda case: -case.agreed.number)
        for follow_up in later.agreed.follow_ups.get(reader, ()):
            session, activity = follow_up.place
            named = (
                (case, one)
                for case in before
                if session in (None, case.case_id)
                for one in case.agreed.activities.get(reader, ())
                if one.isa_id == activity
            )
            for case, one in named:
                yield case, one, later, follow_up
                break


def matches(one: Sequence[Span], other: Sequence[Span]) -> list[tuple[int, int]]:
    """Pairs of places, one of each list, whose spans overlap.

    >>> matches([(1, 4), (6, 7)], [(4, 6), (7, 9)])
    [(0, 0), (1, 1)]
    >>> matches([(1, 9)], [(1, 2), (3, 9)])
    [(0, 1)]
    """
    if not one or not other:
        return []
    worth = np.array([[_worth(a, b, len(one) + len(other)) for b in other] for a in one])
    places = zip(*linear_sum_assignment(-worth), strict=True)
    return [(int(a), int(b)) for a, b in places if worth[a, b] > 0]


def _worth(one: Span, other: Span, many: int) -> float:
    shared = overlap(one, other)
    return 1 + shared / (2 * many) if shared else 0.0  # one more pair outweighs all proportions


def overlap(one: Span, other: Span) -> float:
    """Turns that both have ÷ turns that either has.

    >>> overlap((1, 4), (3, 6)), overlap((1, 2), (3, 4))
    (0.3333333333333333, 0.0)
    """
    shared = min(one[1], other[1]) - max(one[0], other[0]) + 1
    return max(shared, 0) / (max(one[1], other[1]) - min(one[0], other[0]) + 1)


def _row(case: TalkCase, found: Sequence[Activity]) -> ActivityRow:
    readings = [case.agreed.activities[name] for name in sorted(case.agreed.activities)]
    return ActivityRow(
        case.case_id,
        against=tuple(_counts(found, reading) for reading in readings),
        readers=tuple(_counts(one, other) for one, other in permutations(readings, 2)),
    )


def _counts(found: Sequence[Activity | MarkedActivity], marked: Sequence[MarkedActivity]) -> Counts:
    spans = [(one.start_turn, one.end_turn) for one in found]
    pairs = [(found[a], marked[b]) for a, b in matches(spans, [one.span for one in marked])]
    return Counts(
        len(found),
        len(marked),
        len(pairs),
        close=sum(overlap((a.start_turn, a.end_turn), b.span) >= 0.5 for a, b in pairs),
        led=sum(a.led == b.led for a, b in pairs),
        type=sum(a.type == b.type for a, b in pairs),
    )


def _counterpart(
    found: Sequence[Activity], activity: MarkedActivity, case: TalkCase, reader: str
) -> Activity | None:
    """The found activity that matches the marked one."""
    marked = case.agreed.activities[reader]
    pairs = matches([(a.start_turn, a.end_turn) for a in found], [one.span for one in marked])
    return next((found[a] for a, b in pairs if marked[b] is activity), None)


def _judged(spoken: bool, follow_up: MarkedFollowUp) -> Judged:
    return Judged(int(spoken == follow_up.spoken), 1, int(follow_up.spoken))


def _rate(part: float, whole: float) -> float | None:
    return part / whole if whole else None
