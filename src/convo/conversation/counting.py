"""Figures that are sums over turns: how often something is done, alone or per hundred words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convo.codebook import Artefact, Code, Flag
from convo.conversation.motifs import challenges_to_realisations, suggestion_chains
from convo.conversation.talk import PAIR, Talk
from convo.transcript import Role

Floats = NDArray[np.float64]
FIRST_USE_TURNS = 10
"""A term is the coachee's own when the coach has not said it in so many turns before."""
VIDEO_TURNS = 6
"""An evaluation is prompted by a video that the two referred to within so many turns before."""
UNCHALLENGED_TURNS = 4
"""The coachee challenges of themselves when the coach did not in so many turns before."""
REASSURED_TURNS = 2
"""A coach reassures about an evaluation within so many turns after it."""
ANSWERS = (Code.DES, Code.EVA, Code.REA, Code.COM, Code.SUG, Code.CHL)
_SPOKEN_OF = ("i", "we", "they")


class Column(NamedTuple):
    """One figure of ``role`` (None: of both) as sums over turns.

    It is the sum of ``part``, or ``scale`` times that for each of ``of``; it rests on the sum of
    ``of`` and is missing, for the reason ``empty``, where that is 0.
    """

    role: Role | None
    metric: str
    part: Floats
    of: Floats
    empty: str
    scale: float | None = None


def columns(talk: Talk) -> tuple[Column, ...]:
    """All figures that are sums over turns."""
    return tuple(
        [
            *(column for role in PAIR for column in _asking(talk, role)),
            *(column for role in PAIR for column in _doing(talk, role)),
            *(column for role in PAIR for column in _naming(talk, role)),
            *_between(talk),
            *_coachee(talk),
        ]
    )


def _number(values: object) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _no_words(role: Role) -> str:
    return f"the {role} says nothing here"


def _asking(talk: Talk, role: Role) -> Iterable[Column]:
    mine, asks = _number(talk.of(role)), _number(talk.is_(role, Code.ASK))
    nothing = _no_words(role)
    yield Column(role, "questions", asks, mine, nothing)
    yield Column(role, "questions_per_100_words", asks, mine * talk.words, nothing, 100.0)
    is_open = asks * talk.has(Flag.OPEN)
    yield Column(role, "open_question_share", is_open, asks, f"the {role} asks nothing here", 1.0)


def _doing(talk: Talk, role: Role) -> Iterable[Column]:
    mine, nothing = _number(talk.of(role)), _no_words(role)
    for metric, code in (
        ("reflections", Code.RFL),
        ("affirmations", Code.AFF),
        ("challenges", Code.CHL),
        ("evaluations", Code.EVA),
        ("realisations", Code.REA),
        ("suggestions", Code.SUG),
        ("commitments", Code.COM),
    ):
        yield Column(role, metric, _number(talk.is_(role, code)), mine, nothing)
    for metric, flag in (
        ("topics_started", Flag.INI),
        ("training_references", Flag.TRN),
        ("suggestions_built_on", Flag.BLD),
    ):
        yield Column(role, metric, mine * talk.has(flag), mine, nothing)
    shown = _artefacts(talk)
    joint = _number([sum(f.joint for f in c.flags if f.artefact) for c in talk.codes])
    yield Column(role, "artefact_references", mine * sum(shown.values()), mine, nothing)
    yield Column(role, "joint_artefact_references", mine * joint, mine, nothing)
    for kind, counts in shown.items():
        yield Column(role, f"{kind.value}_references", mine * counts, mine, nothing)


def _artefacts(talk: Talk) -> dict[Artefact, Floats]:
    return {
        kind: _number([sum(f.artefact is kind for f in c.flags) for c in talk.codes])
        for kind in Artefact
    }


def _naming(talk: Talk, role: Role) -> Iterable[Column]:
    words, nothing = talk.of(role) * talk.words, _no_words(role)
    terms = talk.of(role) * _number([len(terms) for terms in talk.terms])
    yield Column(role, "glossary_terms_per_100_words", terms, words, nothing, 100.0)
    names = talk.of(role) * _number([len(names) for names in talk.names])
    yield Column(role, "names_said", names, words, nothing)
    future = talk.of(role) * talk.counts("future")
    yield Column(role, "future_words_per_100_words", future, words, nothing, 100.0)
    for who in _SPOKEN_OF:
        spoken = talk.of(role) * talk.counts(who)
        yield Column(role, f"{who}_words_per_100_words", spoken, words, nothing, 100.0)


def _between(talk: Talk) -> Iterable[Column]:
    """What one does after the other."""
    both = sum((talk.of(role) for role in PAIR), np.zeros(len(talk.turns))) * talk.words
    asked = talk.is_(Role.COACH, Code.ASK)
    pairs = _number(
        [
            bool(asked[place])
            and (after := talk.after[place]) is not None
            and talk.codes[after].code in ANSWERS
            for place in range(len(talk.turns))
        ]
    )
    nobody = "neither says anything here"
    yield Column(None, "answered_coach_questions_per_100_words", pairs, both, nobody, 100.0)
    judged = talk.is_(Role.COACHEE, Code.EVA)
    reassured = _number(talk.is_(Role.COACH, Code.AFF) & _within(judged, REASSURED_TURNS))
    none = "the coachee evaluates nothing here"
    yield Column(Role.COACH, "reassurances_after_evaluation", reassured, _number(judged), none)
    lists = (
        ("challenge_to_realisation_sequences", challenges_to_realisations(talk)),
        ("suggestion_chains", suggestion_chains(talk)),
    )
    turns = _number(both > 0)
    for metric, motifs in lists:
        starts = _number([any(m.places[0] == p for m in motifs) for p in range(len(talk.turns))])
        yield Column(None, metric, starts, turns, nobody)


def _coachee(talk: Talk) -> Iterable[Column]:
    mine, nothing = talk.of(Role.COACHEE), _no_words(Role.COACHEE)
    words = mine * talk.words
    own = _number([_first_uses(talk, p) if mine[p] else 0 for p in range(len(talk.turns))])
    yield Column(Role.COACHEE, "own_glossary_terms", own, words, nothing)
    hedges = mine * talk.counts("hedge")
    yield Column(Role.COACHEE, "hedges_per_100_words", hedges, words, nothing, 100.0)
    unsure = talk.is_(Role.COACHEE, Code.SUG) & (talk.counts("tentative") > 0)
    yield Column(Role.COACHEE, "tentative_suggestions", _number(unsure), _number(mine), nothing)
    video = _number([any(f.artefact is Artefact.VIDEO for f in c.flags) for c in talk.codes]) > 0
    looked = talk.is_(Role.COACHEE, Code.EVA, Code.REA) & _within(video, VIDEO_TURNS)
    yield Column(Role.COACHEE, "evaluations_after_video", _number(looked), _number(mine), nothing)
    doubts = talk.is_(Role.COACHEE, Code.CHL, Code.REA)
    unasked = doubts & ~_within(talk.is_(Role.COACH, Code.CHL), UNCHALLENGED_TURNS)
    yield Column(Role.COACHEE, "own_challenges", _number(unasked), _number(mine), nothing)


def _within(before: NDArray[np.bool_], turns: int) -> NDArray[np.bool_]:
    """Where one of ``before`` lies at most so many turns back, the turn itself not counted."""
    near = np.zeros(len(before), dtype=np.bool_)
    for step in range(1, turns + 1):
        near[step:] |= before[:-step]
    return near


def _first_uses(talk: Talk, place: int) -> int:
    """Terms of a turn that the coach has not said just before."""
    back = range(max(0, place - FIRST_USE_TURNS), place)
    heard = {t for p in back if talk.turns[p].role is Role.COACH for t in talk.terms[p]}
    return sum(term not in heard for term in talk.terms[place])


def distinct(talk: Talk, role: Role) -> dict[str, Sequence[frozenset[str]]]:
    """Figures that count different things once, with what every turn of ``role`` adds."""
    mine = talk.of(role)
    kinds = [{f.artefact.value for f in c.flags if f.artefact} for c in talk.codes]
    said: dict[str, Sequence[Iterable[str]]] = {
        "artefact_types": kinds,
        "distinct_glossary_terms": talk.terms,
        "distinct_names": talk.names,
    }
    return {
        metric: [frozenset(things if own else ()) for things, own in zip(each, mine, strict=True)]
        for metric, each in said.items()
    }
