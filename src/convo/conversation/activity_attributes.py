"""Attributes of an activity: who led, do or reflect, its name, how it was set (codebook, 4.2)."""

from __future__ import annotations

import numpy as np

from convo.codebook import CODES, Code
from convo.conversation.activity_cues import ActivityCues
from convo.conversation.activity_features import TurnFacts
from convo.conversation.activity_weights import ActivityWeights, Floats
from convo.conversation.cues import is_question
from convo.transcript import Role

_LONGEST = 14  # turns before the settling turn that are looked at
_SETTLED = 3  # turns after it
_MOST = 3  # a cue counts up to this often
_TELLING_CODES = (
    Code.ASK,
    Code.SUG,
    Code.COM,
)  # the others are too rare in such spans to learn from
_WIDER = (4, 1)  # turns before and after a span that was found
_RUSHED_BEFORE = 6
_ACTING = (
    "intends", "could", "would", "so i", "bare action", "would you", "you could", "you must",
    "imperative",
)  # fmt: skip


def span_rows(start: int, settled: int, end: int) -> range:
    """The rows of a span that its attributes are read from."""
    first = max(start, settled - _LONGEST)
    return range(first, max(settled, min(end, settled + _SETTLED)) + 1)


def wider(rows: range, turns: int) -> range:
    """The rows that are looked at when it is not sure where an activity begins and ends."""
    return range(max(0, rows[0] - _WIDER[0]), min(turns, rows[-1] + 1 + _WIDER[1]))


def span_features(
    facts: TurnFacts, cues: ActivityCues, weights: ActivityWeights, rows: range, settled: int
) -> tuple[tuple[str, ...], Floats]:
    """Names and values of what the attributes of rows ``rows`` are scored by."""
    by: dict[bool, list[int]] = {True: [], False: []}
    for row in rows:
        by[facts.turns[row].role is Role.COACH].append(row)
    coach, coachee = by[True], by[False]
    length = {who: sum(facts.turns[row].word_count for row in own) for who, own in by.items()}
    found: dict[str, float] = {
        "coach begins": rows[0] in coach,
        "coach settles": settled in coach,
        "coach acts first": _acts_first(facts, cues, rows),
        "turns": len(rows),
        "short and by coach": rows[0] in coach and len(rows) <= 3,
        "coach words": np.log1p(length[True]),
        "coachee words": np.log1p(length[False]),
        "coach share": length[True] / (length[True] + length[False] + 1),
        "coach asks": sum(is_question(facts.turns[row].text) for row in coach),
        "coach question marks": sum("?" in facts.turns[row].text for row in coach),
        "longest of coach": max((facts.turns[row].word_count for row in coach), default=0) / 30,
        "longest of coachee": max((facts.turns[row].word_count for row in coachee), default=0) / 30,
    }
    for place, cue in enumerate(cues.cues):
        for who, own in (("coach", coach), ("coachee", coachee)):
            found[f"{who} {cue.name}"] = min(float(facts.cues[own, place].sum()), _MOST)
    for code in _TELLING_CODES:
        for who, own in (("coach", coach), ("coachee", coachee)):
            sure = float(facts.reader[own, CODES.index(code)].sum())
            found[f"{who} {code}"] = min(sure, _MOST)
    found |= _whose_content(facts, weights, rows, settled)
    return tuple(found), np.array(list(found.values()), dtype=np.float64)


def _acts_first(facts: TurnFacts, cues: ActivityCues, rows: range) -> float:
    """Whether the coach (1) or the coachee (0) is first to speak of something to be done."""
    acting = [place for place, cue in enumerate(cues.cues) if cue.name in _ACTING]
    for row in rows:
        if facts.cues[row, acting].any():
            return float(facts.turns[row].role is Role.COACH)
    return 0.5


def _whose_content(
    facts: TurnFacts, weights: ActivityWeights, rows: range, settled: int
) -> dict[str, float]:
    """How much of what it is about was brought in by the coach (0 to 1)."""
    first: dict[str, bool] = {}
    for row in rows:
        for stem in facts.stems[row]:
            first.setdefault(stem, facts.turns[row].role is Role.COACH)
    key = [stem for stem in facts.stems_between(settled - 1, settled) if stem in first]
    whole = sum(map(weights.rarity, first))
    brought = sum(weights.rarity(stem) for stem, coach in first.items() if coach)
    return {
        "coach content": brought / whole if whole else 0.5,
        "coach content at the end": sum(first[s] for s in key) / len(key) if key else 0.5,
    }


def raised_by(facts: TurnFacts, row: int) -> Role | None:
    """Who speaks in the turn that raises it."""
    return facts.turns[row].role


def term(facts: TurnFacts, cues: ActivityCues, rows: range) -> str | None:
    """What the speakers call it, word for word; None without a name."""
    for one in cues.terms:
        for row in rows:
            said = one.said(facts.turns[row].text)
            if said is not None:
                return said
    return None


def rushed(facts: TurnFacts, cues: ActivityCues, rows: range) -> bool:
    """Whether lack of time is mentioned around it, or closing talk has begun."""
    first = max(0, rows[0] - _RUSHED_BEFORE)
    return any(cues.rules.found("rushed", facts.said[row]) for row in range(first, rows[-1] + 1))


def load(facts: TurnFacts, cues: ActivityCues, rows: range) -> bool:
    """Whether the coachee speaks of too much to do."""
    own = (row for row in rows if facts.turns[row].role is not Role.COACH)
    return any(cues.rules.found("load", facts.said[row]) for row in own)


def specific(facts: TurnFacts, cues: ActivityCues, rows: range) -> int:
    """One point each for what, when, where or with whom, how much (0 to 4)."""
    what = len(facts.stems_between(rows[0], rows[-1])) >= 2
    others = ("when", "where", "amount")
    return what + sum(
        any(cues.rules.found(name, facts.said[row]) for row in rows) for name in others
    )
