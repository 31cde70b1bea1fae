"""Motifs: moves of several turns that readers of coaching look for. Always candidates.

Codes of single turns agree only so far with people, so what is built of four of them is a place to
look at, with its turns, and never a finding: a person confirms or rejects it. A motif is named by
its kind and its time, which hold when turns get other numbers or words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from convo.codebook import Code, Flag
from convo.conversation.talk import Talk
from convo.transcript import Phase, Role

WITHIN_TURNS = 12
"""A sequence from challenge to realisation lies within so many turns."""
NEAR_TURNS = 4
"""A suggestion builds on one that lies at most so many turns before."""
_FUTURE_TALK = (Code.SUG, Code.COM)


class MotifKind(StrEnum):
    """What a motif is a candidate for."""

    REALISATION = "challenge-to-realisation"
    CHAIN = "suggestion-chain"
    TENTATIVE = "tentative"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Motif:
    """Turns (by place in the talk) that may be one move together, in the phase of the first.

    ``start`` and ``end`` are seconds, None for a transcript without times.
    """

    kind: MotifKind
    places: tuple[int, ...]
    turns: tuple[int, ...]
    phase: Phase
    start: float | None
    end: float | None

    @property
    def key(self) -> str:
        """A name that stays when the talk is read anew: kind and time, else kind and turns.

        >>> Motif(MotifKind.CHAIN, (3, 4), (4, 5), Phase.FRAME, 61.5, 70.0).key
        'suggestion-chain@61.50-70.00'
        """
        if self.start is None or self.end is None:
            return f"{self.kind}@turns {self.turns[0]}-{self.turns[-1]}"
        return f"{self.kind}@{self.start:.2f}-{self.end:.2f}"


def motifs(talk: Talk) -> tuple[Motif, ...]:
    """All candidates, in the order in which they begin."""
    found = [
        *challenges_to_realisations(talk),
        *suggestion_chains(talk),
        *intentions(talk),
    ]
    return tuple(sorted(found, key=lambda motif: (motif.places[0], motif.kind)))


def challenges_to_realisations(talk: Talk) -> tuple[Motif, ...]:
    """A challenge or question of the coach, an evaluation, a question again, a realisation.

    The four come in this order within :data:`WITHIN_TURNS` turns; evaluation and realisation are
    the coachee's. One that begins with a challenge comes before one that begins with a question,
    then the shorter one; no turn is in two of them.
    """
    roles = [turn.role for turn in talk.turns]
    codes = [one.code for one in talk.codes]

    def ends(place: int, wanted: Sequence[tuple[Role, tuple[Code, ...]]], last: int) -> list[int]:
        """The nearest places after ``place`` that do what is ``wanted``, none if one is missing."""
        steps: list[int] = []
        for role, any_of in wanted:
            near = (p for p in range(place + 1, last) if roles[p] is role and codes[p] in any_of)
            found = next(near, None)
            if found is None:
                return []
            steps.append(found)
            place = found
        return steps

    follow = (
        (Role.COACHEE, (Code.EVA,)),
        (Role.COACH, (Code.ASK, Code.CHL)),
        (Role.COACHEE, (Code.REA,)),
    )
    chosen: list[tuple[int, ...]] = []
    for place, code in enumerate(codes):
        if roles[place] is Role.COACH and code in (Code.CHL, Code.ASK):
            last = min(len(codes), place + WITHIN_TURNS)
            if steps := ends(place, follow, last):
                chosen.append((place, *steps))
    chosen.sort(key=lambda one: (codes[one[0]] is not Code.CHL, one[-1] - one[0], one[0]))
    return tuple(_motif(talk, MotifKind.REALISATION, places) for places in _apart(chosen))


def suggestion_chains(talk: Talk) -> tuple[Motif, ...]:
    """Suggestions and commitments by turns of both, each building on the one before."""
    found: list[tuple[int, ...]] = []
    chain: list[int] = []
    for place, one in enumerate(talk.codes):
        if one.code not in _FUTURE_TALK:
            continue
        goes_on = (
            bool(chain)
            and place - chain[-1] <= NEAR_TURNS
            and talk.turns[place].role is not talk.turns[chain[-1]].role
            and one.flag(Flag.BLD) is not None
        )
        if not goes_on:
            found += [tuple(chain)] if len(chain) > 1 else []
            chain = []
        chain.append(place)
    found += [tuple(chain)] if len(chain) > 1 else []
    return tuple(_motif(talk, MotifKind.CHAIN, places) for places in found)


def intentions(talk: Talk) -> tuple[Motif, ...]:
    """What the coachee says they could do, hedged, and what they say they will do.

    In co-construction, each turn by itself.
    """
    found = []
    for place, one in enumerate(talk.codes):
        mine = talk.turns[place].role is Role.COACHEE
        if not mine or talk.labels[place] is not Phase.CO_CONSTRUCTION:
            continue
        if one.code is Code.COM:
            found.append(_motif(talk, MotifKind.COMMITTED, (place,)))
        elif one.code is Code.SUG and talk.lists.count("tentative", talk.said[place]):
            found.append(_motif(talk, MotifKind.TENTATIVE, (place,)))
    return tuple(found)


def direction(talk: Talk, motif: Motif) -> str:
    """Who builds on whom in a chain, such as "coachee on coach, coach on coachee".

    The same pair again is not said twice.
    """
    who = [talk.turns[place].role or Role.OTHER for place in motif.places]
    steps = (f"{later} on {earlier}" for earlier, later in pairwise(who))
    return ", ".join(dict.fromkeys(steps))


def _apart(chosen: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Those that share no turn with one that comes before."""
    taken: set[int] = set()
    kept = []
    for places in chosen:
        if not taken & set(places):
            taken |= set(places)
            kept.append(places)
    return sorted(kept)


def _motif(talk: Talk, kind: MotifKind, places: tuple[int, ...]) -> Motif:
    first, last = talk.turns[places[0]], talk.turns[places[-1]]
    numbers = tuple(talk.turns[place].number for place in places)
    return Motif(kind, places, numbers, talk.labels[places[0]], first.start, last.end)
