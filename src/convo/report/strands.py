"""What may change over the sessions, as small columns side by side: no arrows, nothing joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convo.conversation.statements import count
from convo.report import charts
from convo.report.table3 import RowOf
from convo.transcript import Conversation, Measure, Phase, Role

COACH, COACHEE = Role.COACH, Role.COACHEE
_OPENING, _PLAN = Phase.ORIENTATION, Phase.CO_CONSTRUCTION
_Figure = tuple[str, Phase | None, Role | None, str, float]


@dataclass(frozen=True, slots=True)
class Strand:
    """One thing that may change, with its small charts; ``candidates`` rests on no sure count."""

    name: str
    note: str
    charts: tuple[tuple[str, charts.Chart], ...]


_STRANDS: tuple[tuple[str, str, tuple[_Figure, ...]], ...] = (
    (
        "Roles",
        "Who does what. More of one is not better.",
        (
            ("Coachee’s part of the words, %", None, COACHEE, "word_share", 100.0),
            ("Coach’s questions in 100 of their words", None, COACH, "questions_per_100_words", 1),
            ("Longest turn of the coachee, words", None, COACHEE, "longest_turn_words", 1),
        ),
    ),
    (
        "How specific the focus is",
        "In the first answer of the orientation.",
        (
            ("Words", _OPENING, COACHEE, "first_answer_words", 1),
            ("Words of the glossary", _OPENING, COACHEE, "first_answer_terms", 1),
            ("Names and numbers", _OPENING, COACHEE, "first_answer_names+first_answer_numbers", 1),
        ),
    ),
    (
        "Vocabulary and tools",
        "What the coachee says and points to: use, not whether it is right.",
        (
            ("Glossary words in 100 words", None, COACHEE, "glossary_terms_per_100_words", 1),
            ("Glossary words the coach had not just said", None, COACHEE, "own_glossary_terms", 1),
            ("Kinds of things pointed to", None, COACHEE, "artefact_types", 1),
        ),
    ),
    (
        "From tentative to committed",
        "In co-construction, by the coachee.",
        (
            ("Hedging words (maybe, I think) in 100", _PLAN, COACHEE, "hedges_per_100_words", 1),
            ("“I could”, confirmed by a person", _PLAN, None, "tentative_suggestions", 1),
            ("“I will”, confirmed by a person", _PLAN, None, "commitments", 1),
        ),
    ),
)


def strands(rows: Sequence[RowOf]) -> tuple[Strand, ...]:
    """The four strands over the sessions; those without any figure are left out.

    What only a person can tell (the role is None) is drawn once somebody has confirmed a moment;
    until then the note says how many wait.
    """
    found = []
    for name, note, figures in _STRANDS:
        drawn = [(one[0], chart) for one in figures if (chart := _chart(rows, one))]
        if waiting := sum(_waiting(row, one[3]) for row in rows for one in figures if not one[2]):
            note += (
                f" {count(waiting, 'moment')} of “I could” and “I will” above are candidates "
                "until a person confirms them."
            )
        if drawn:
            found.append(Strand(name, note, tuple(drawn)))
    return tuple(found)


def _waiting(row: RowOf, metric: str) -> int:
    return sum(len(one.open) for one in row.statements if one.metric == metric)


def _confirmed(row: RowOf, metric: str) -> charts.Column:
    number = sum(len(one.confirmed) for one in row.statements if one.metric == metric)
    label = str(row.conversation.session.number)
    return charts.Column(label, float(number) if number else None, str(number) if number else "–")


def _chart(rows: Sequence[RowOf], figure: _Figure) -> charts.Chart | None:
    label, phase, role, metric, scale = figure
    if role is None:
        columns = [_confirmed(row, metric) for row in rows]
    else:
        sessions = [row.conversation for row in rows]
        columns = [
            _column(str(one.session.number), one, phase, role, metric, scale) for one in sessions
        ]
    if all(column.value is None for column in columns):
        return None
    words = "; ".join(f"session {c.label}: {c.text}" for c in columns)
    return charts.value_columns(columns, f"{label}. {words}.")


def _column(
    number: str,
    session: Conversation,
    phase: Phase | None,
    role: Role | None,
    metric: str,
    scale: float,
) -> charts.Column:
    found = [_measure(session, phase, role, one) for one in metric.split("+")]
    values = [one.value for one in found if one is not None and one.value is not None]
    if len(values) < len(found) or not values:
        return charts.Column(number, None, "–")
    value = scale * sum(values)
    one = found[0] if len(found) == 1 else None
    low, high = (one.low, one.high) if one else (None, None)
    text = f"{value:.0f}" if value == round(value) or value >= 20 else f"{value:.1f}"
    scaled = (None if side is None else scale * side for side in (low, high))
    return charts.Column(number, value, text, *scaled)


def _measure(
    session: Conversation, phase: Phase | None, role: Role | None, metric: str
) -> Measure | None:
    if metric in ("word_share", "longest_turn_words"):
        share = next((s for s in session.shares if s.phase is phase and s.role is role), None)
        if share is None or share.withheld or not share.total:
            return None
        if metric == "longest_turn_words":
            return Measure(phase, role, metric, share.longest_turn_words, share.turns, "")
        value = share.words / share.total
        return Measure(phase, role, metric, value, share.total, "", share.low, share.high)
    return next(
        (m for m in session.measures if m.phase is phase and m.role is role and m.metric == metric),
        None,
    )
