"""What the table of the sessions says: sentences with figures, and lists of moments to look at.

A fact rests on what people agree about when they read talk (grades A and B of REQUIREMENTS, section
2) and quotes a turn. What only a person can tell is listed as candidate moments, without a claim;
once a person has confirmed some, those are what is counted.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from convo.conversation.candidates import Verdict, verdicts_on
from convo.conversation.talk import Talk
from convo.transcript import Measure, Phase, Role, Turn

Grade = Literal["A", "B", "C"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A candidate: its turns (numbers), its time, and whether a person confirmed or rejected it.

    ``what`` is the kind of motif or the code under which it is confirmed.
    """

    what: str
    turns: tuple[int, ...]
    start: float | None
    end: float | None
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a cell. A fact quotes ``turns``; a list of candidates has ``moments`` instead.

    ``near`` are words of the quoted turn that it is about, empty if it is about all of it.
    """

    phase: Phase
    metric: str
    grade: Grade
    text: str
    turns: tuple[int, ...] = ()
    moments: tuple[Moment, ...] = ()
    near: str = ""

    @property
    def is_fact(self) -> bool:
        """Whether it says something with a figure; else it lists candidates."""
        return self.grade != "C"

    @property
    def confirmed(self) -> tuple[Moment, ...]:
        """The moments that a person confirmed."""
        return tuple(one for one in self.moments if one.confirmed)

    @property
    def open(self) -> tuple[Moment, ...]:
        """The moments that nobody has judged yet."""
        return tuple(one for one in self.moments if one.confirmed is None)


class Training(Protocol):
    """A training that sessions may speak of."""

    @property
    def title(self) -> str:
        """What it is called."""
        ...

    @property
    def date(self) -> datetime.date | None:
        """When it was, if that is known."""
        ...

    @property
    def terms(self) -> Sequence[str]:
        """Words that give it away."""
        ...


Figures = Mapping[tuple[Phase | None, Role | None, str], Measure]


@dataclass(frozen=True, slots=True)
class Cell:
    """One phase of one session, as sentences are made of it."""

    talk: Talk
    phase: Phase
    figures: Figures
    said: Sequence[Verdict] = ()
    training: Sequence[Training] = ()
    before: Talk | None = None

    def places(self) -> Sequence[int]:
        """The places of its turns."""
        return self.talk.places.get((self.phase, None), ())

    def of(self, role: Role) -> Sequence[int]:
        """The places of the turns of ``role``."""
        return self.talk.places.get((self.phase, role), ())

    def turn(self, place: int) -> Turn:
        """The turn at ``place``."""
        return self.talk.turns[place]

    def value(self, role: Role | None, metric: str) -> float | None:
        """A figure of this phase, None where there is none."""
        found = self.figures.get((self.phase, role, metric))
        return found.value if found else None

    def whole(self, role: Role | None, metric: str) -> float | None:
        """The same figure of the whole session."""
        found = self.figures.get((None, role, metric))
        return found.value if found else None

    def fact(self, metric: str, grade: Grade, text: str, *places: int, near: str = "") -> Statement:
        """A sentence with the turns that it quotes, and the words in them that it is about."""
        numbers = dict.fromkeys(self.turn(place).number for place in places)
        return Statement(self.phase, metric, grade, text, tuple(numbers), near=near)

    def moment(self, what: str, places: Sequence[int]) -> Moment:
        """A candidate, before anything was said of it."""
        start, end = self.turn(places[0]).start, self.turn(places[-1]).end
        return Moment(what, tuple(self.turn(place).number for place in places), start, end)

    def candidates(self, metric: str, text: str, moments: Sequence[Moment]) -> Iterator[Statement]:
        """A list of candidates of one kind, with what people said of them.

        Those that a person rejected are left out; nothing is said if none is left.
        """
        what = moments[0].what if moments else ""
        said = verdicts_on(what, [(one.start, one.end) for one in moments], self.said)
        judged = (
            replace(one, confirmed=said[n].confirmed) if n in said else one
            for n, one in enumerate(moments)
        )
        kept = tuple(one for one in judged if one.confirmed is not False)
        if kept:
            yield Statement(self.phase, metric, "C", text, moments=kept)


def figures_of(measures: Sequence[Measure]) -> Figures:
    """The figures by phase, role and metric."""
    return {(one.phase, one.role, one.metric): one for one in measures}


def count(number: float, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> count(1, "question"), count(3, "question"), count(2, "reply", "replies")
    ('1 question', '3 questions', '2 replies')
    """
    whole = round(number)
    return f"{whole:,} {one}" if whole == 1 else f"{whole:,} {many or one + 's'}"


def times(number: float) -> str:
    """How often.

    >>> times(1), times(2), times(5)
    ('once', 'twice', '5 times')
    """
    return {1: "once", 2: "twice"}.get(round(number), f"{round(number)} times")


def listed(parts: Sequence[str]) -> str:
    """Parts as a sentence has them.

    >>> listed(["one"]), listed(["one", "two", "three"])
    ('one', 'one, two and three')
    """
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
