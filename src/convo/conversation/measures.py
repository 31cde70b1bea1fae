"""Figures of a session, by phase and role, from what its turns do (REQUIREMENTS, section 2).

Each says what it rests on (``n``); none is a score. What codes alone carry with little agreement
(suggestions, commitments) is a count of candidates. A figure that rests on nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convo.codebook import Code, Flag, TurnCode
from convo.conversation.glossary import Glossary
from convo.conversation.lexicon import neighbours
from convo.conversation.media import in_room, is_talk
from convo.errors import TranscriptError
from convo.transcript import Measure, Phase, Role, Turn

PAIR = (Role.COACH, Role.COACHEE)
FIRST_USE_TURNS = 10
"""A term is the coachee's own when the coach has not said it in so many turns before."""
_ANSWERS = (Code.DES, Code.EVA, Code.REA, Code.COM, Code.SUG, Code.CHL)
Figure = tuple[Role | None, str, float, int]


def measures(
    turns: Sequence[Turn],
    codes: Sequence[TurnCode],
    labels: Sequence[Phase],
    glossary: Glossary,
    version: str,
) -> tuple[Measure, ...]:
    """All figures, for the whole session (``phase=None``) and for every phase that occurs.

    ``labels`` have the phase that counts of every turn; ``codes`` are those of all turns but what
    is played, which is in no figure. ``version`` names what coded the turns.

    Raises:
        TranscriptError: codes or phases belong to other turns.
    """
    room = in_room(turns)
    if len(turns) != len(labels) or [t.number for t in room] != [one.turn for one in codes]:
        raise TranscriptError(
            f"{len(turns)} turns, {len(room)} of them not played, have {len(codes)} codes and "
            f"{len(labels)} phases: code and segment these turns again"
        )
    labels = [label for turn, label in zip(turns, labels, strict=True) if is_talk(turn)]
    turns = room
    method = f"{version}, glossary {glossary.version}"
    terms = [glossary.found(turn.text) for turn in turns]
    answered = _answered(turns, codes)
    found: list[Measure] = []
    for phase in (None, *(phase for phase in Phase if phase in labels)):
        places = [place for place, label in enumerate(labels) if phase in (None, label)]
        figures = (
            *_asking(turns, codes, places, answered),
            *_doing(turns, codes, places),
            *_terms(turns, terms, places),
        )
        found += [
            Measure(phase, role, metric, value, n, method) for role, metric, value, n in figures
        ]
    return tuple(found)


def _asking(
    turns: Sequence[Turn],
    codes: Sequence[TurnCode],
    places: Sequence[int],
    answered: frozenset[int],
) -> Iterable[Figure]:
    asked = [p for p in places if codes[p].code is Code.ASK and turns[p].role in PAIR]
    for role in PAIR:
        own = [p for p in asked if turns[p].role is role]
        words = _words(turns, places, role)
        yield role, "questions", float(len(own)), sum(turns[p].role is role for p in places)
        if words:
            yield role, "questions_per_100_words", 100 * len(own) / words, words
        if own:
            open_ones = sum(codes[p].flag(Flag.OPEN) is not None for p in own)
            yield role, "open_question_share", open_ones / len(own), len(own)
        if asked:
            yield role, "asks_first", float(turns[asked[0]].role is role), 1
    words = sum(_words(turns, places, role) for role in PAIR)
    if words:
        pairs = sum(p in answered for p in asked if turns[p].role is Role.COACH)
        yield None, "answered_coach_questions_per_100_words", 100 * pairs / words, words


def _answered(turns: Sequence[Turn], codes: Sequence[TurnCode]) -> frozenset[int]:
    """Questions whose next turn by somebody else answers with content."""
    after = neighbours(turns, 1)
    return frozenset(
        place
        for place, one in enumerate(codes)
        if one.code is Code.ASK
        and (next_one := after[place]) is not None
        and codes[next_one].code in _ANSWERS
    )


def _doing(
    turns: Sequence[Turn], codes: Sequence[TurnCode], places: Sequence[int]
) -> Iterable[Figure]:
    for role in PAIR:
        own = [p for p in places if turns[p].role is role]
        for code, metric in ((Code.SUG, "suggestions"), (Code.COM, "commitments")):
            yield role, metric, float(sum(codes[p].code is code for p in own)), len(own)
        shown = [f for p in own for f in codes[p].flags if f.artefact is not None]
        yield role, "artefact_references", float(len(shown)), len(own)
        yield role, "joint_artefact_references", float(sum(f.joint for f in shown)), len(own)
        yield role, "artefact_types", float(len({f.artefact for f in shown})), len(own)
        starts = [p for p in own if codes[p].flag(Flag.INI)]
        yield role, "topics_started", float(len(starts)), len(own)
    yield (
        Role.COACH,
        "reassurances_after_evaluation",
        float(sum(_reassures(turns, codes, place) for place in places)),
        sum(codes[p].code is Code.EVA and turns[p].role is Role.COACHEE for p in places),
    )


def _reassures(turns: Sequence[Turn], codes: Sequence[TurnCode], place: int) -> bool:
    """Whether the coach affirms within two turns after the coachee evaluates."""
    if turns[place].role is not Role.COACH or codes[place].code is not Code.AFF:
        return False
    return any(
        turns[near].role is Role.COACHEE and codes[near].code is Code.EVA
        for near in range(max(0, place - 2), place)
    )


def _terms(
    turns: Sequence[Turn], terms: Sequence[tuple[str, ...]], places: Sequence[int]
) -> Iterable[Figure]:
    for role in PAIR:
        words = _words(turns, places, role)
        if words:
            said = [term for p in places if turns[p].role is role for term in terms[p]]
            yield role, "glossary_terms_per_100_words", 100 * len(said) / words, words
            yield role, "distinct_glossary_terms", float(len(set(said))), words
    own = [
        term
        for p in places
        if turns[p].role is Role.COACHEE
        for term in terms[p]
        if not _said_before(turns, terms, p, term)
    ]
    if coachee_words := _words(turns, places, Role.COACHEE):
        yield Role.COACHEE, "own_glossary_terms", float(len(own)), coachee_words


def _said_before(
    turns: Sequence[Turn], terms: Sequence[tuple[str, ...]], place: int, term: str
) -> bool:
    """Whether the coach has said it in the turns just before."""
    return any(
        turns[near].role is Role.COACH and term in terms[near]
        for near in range(max(0, place - FIRST_USE_TURNS), place)
    )


def _words(turns: Sequence[Turn], places: Iterable[int], role: Role) -> int:
    return sum(turns[place].word_count for place in places if turns[place].role is role)
