"""From one session to the next: is an activity spoken about, by whom, and what is said of it.

The words that make an activity recognisable (rare ones, near the turn that settles it, little used
elsewhere in its session) are looked for in the next session; turns that tell of something or ask
after it count more, plans less, early turns more than late ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydantic import Field

from convo.between import Activity, FollowUp
from convo.conversation.activity_cues import FollowUpRules
from convo.conversation.activity_weights import ActivityWeights, Floats
from convo.conversation.content import stems_of
from convo.conversation.cues import is_backchannel, plain
from convo.conversation.media import in_room
from convo.options import Options
from convo.transcript import Role, Turn

FEATURES = ("strongest of all", "strongest", "four strongest of all")
"""What :attr:`ActivityWeights.spoken` scores."""

_BEFORE, _AFTER = 8, 2  # turns around the settling turn whose words count
_FADING = 4.0  # turns; how fast they count less
_KEY = 8  # words that make an activity recognisable
_MATCHED = 6  # words that count in one turn
_TELLS = 0.5  # more for a turn that tells or asks, less for one that plans
_PLANS = -0.3
_EARLY, _LATE = 0.4, 0.5  # follow-ups come early: share of the session, and what is left after
_ABOUT = 0.4  # turns this strong, of the strongest, are about it as well
_STRETCH = 12  # turns in which an account is given


class FollowUpOptions(Options):
    """An activity counts as spoken about from ``min_probability`` on.

    Most activities are spoken about, so the middle (0.5) would say so of all; chosen on sessions
    that were not learned from.
    """

    min_probability: float = Field(default=0.8, ge=0, le=1)


@dataclass(frozen=True)
class NextSession:
    """The later session as activities are looked for in it."""

    turns: tuple[Turn, ...]
    rules: FollowUpRules

    @cached_property
    def stems(self) -> tuple[frozenset[str], ...]:
        """Of every turn and the one before."""
        own = stems_of(self.turns)
        return tuple(
            stems | (own[row - 1] if row else frozenset()) for row, stems in enumerate(own)
        )

    @cached_property
    def used(self) -> Mapping[str, int]:
        """In how many turns each stem is used."""
        return Counter(stem for stems in stems_of(self.turns) for stem in stems)

    @cached_property
    def factors(self) -> Floats:
        """How much each turn counts for what it does and where it stands."""
        n = len(self.turns)
        told = [self._telling(plain(turn.text)) for turn in self.turns]
        place = np.arange(n) / max(n, 1)
        found: Floats = np.array(told) * (_LATE + np.exp(-place / _EARLY))
        return found

    def _telling(self, text: str) -> float:
        rules = self.rules
        back = rules.found("tells", text) + rules.found("asks", text)
        return 1.0 + _TELLS * back + _PLANS * rules.found("plans", text)


def key_words(
    activity: Activity, turns: Sequence[Turn], weights: ActivityWeights
) -> dict[str, float]:
    """The stems that make ``activity`` of the session ``turns`` recognisable, with weights."""
    room = in_room(turns)
    stems = {turn.number: own for turn, own in zip(room, stems_of(room), strict=True)}
    elsewhere = Counter(
        stem for turn, own in stems.items() if turn not in activity.turns for stem in own
    )
    found: dict[str, float] = {}
    first = max(activity.start_turn, activity.set_turn - _BEFORE)
    for turn in range(first, min(activity.end_turn, activity.set_turn + _AFTER) + 1):
        near = math.exp(-abs(turn - activity.set_turn) / _FADING)
        for stem in stems.get(turn, ()):
            weight = weights.rarity(stem) * near / (1 + math.log1p(elsewhere[stem]) / 2)
            found[stem] = max(found.get(stem, 0.0), weight)
    return found


def strengths(key: Mapping[str, float], later: NextSession) -> Floats:
    """How strongly each turn of the later session speaks of what ``key`` stands for."""
    found = np.zeros(len(later.turns))
    for row, stems in enumerate(later.stems):
        hits = (key[stem] / (1 + math.log(max(later.used[stem], 1))) for stem in stems & key.keys())
        found[row] = sum(sorted(hits, reverse=True)[:_MATCHED])
    return found * later.factors


def features(key: Mapping[str, float], strength: Floats) -> Floats:
    """The values of FEATURES; 0 without words or turns."""
    whole = sum(sorted(key.values(), reverse=True)[:_KEY])
    if not whole or not len(strength):
        return np.zeros(len(FEATURES))
    top = np.sort(strength)[::-1]
    return np.array([top[0] / whole, top[0], top[:4].sum() / whole])


def follow_ups(
    activities: Sequence[Activity],
    earlier: Sequence[Turn],
    later: Sequence[Turn],
    weights: ActivityWeights,
    rules: FollowUpRules,
    options: FollowUpOptions | None = None,
) -> tuple[FollowUp, ...]:
    """One for each activity of the session ``earlier``, in that order; what is played says none."""
    options = options or FollowUpOptions()
    session = NextSession(in_room(later), rules)
    result = []
    for number, activity in enumerate(activities, start=1):
        key = key_words(activity, earlier, weights)
        strength = strengths(key, session)
        odds = weights.spoken.scores(FEATURES, features(key, strength)[None])[0, 0]
        probability = float(1 / (1 + np.exp(-odds)))
        if probability < options.min_probability or not strength.any():
            result.append(FollowUp(number, False, probability=1 - probability))
        else:
            result.append(_spoken(number, session, strength, probability))
    return tuple(result)


def _spoken(number: int, later: NextSession, strength: Floats, probability: float) -> FollowUp:
    """Where it is spoken about: the strongest turn, and turns near it that are strong as well."""
    top = int(strength.argmax())
    strong = np.flatnonzero(strength >= _ABOUT * strength[top])
    near = [int(row) for row in strong if abs(row - top) <= _STRETCH]
    first = near[0]
    own = [
        plain(later.turns[row].text)
        for row in range(max(0, first - 1), min(len(later.turns), near[-1] + 2))
        if later.turns[row].role is Role.COACHEE
        and not is_backchannel(later.turns[row], later.turns[row - 1] if row else None)
    ]
    return FollowUp(
        number,
        True,
        by=later.turns[first].role,
        turn=later.turns[first].number,
        turns=tuple(later.turns[row].number for row in near),
        status=later.rules.status(" ".join(own)),
        probability=probability,
    )
