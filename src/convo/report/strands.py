"""What may change over the sessions, as small columns side by side: no arrows, nothing joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convo.report import charts
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
            ("Topics that the coachee starts", None, COACHEE, "topics_started", 1),
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
        "In co-construction, by the coachee. The last two count candidates: read their turns.",
        (
            ("Hedging words in 100 words", _PLAN, COACHEE, "hedges_per_100_words", 1),
            ("Perhaps: “I could”", _PLAN, COACHEE, "tentative_suggestions", 1),
            ("Perhaps: “I will”", _PLAN, COACHEE, "commitments", 1),
        ),
    ),
)


def strands(sessions: Sequence[Conversation]) -> tuple[Strand, ...]:
    """The four strands over the sessions; those without any figure are left out."""
    found = []
    for name, note, figures in _STRANDS:
        drawn = [(one[0], chart) for one in figures if (chart := _chart(sessions, one))]
        if drawn:
            found.append(Strand(name, note, tuple(drawn)))
    return tuple(found)


def _chart(sessions: Sequence[Conversation], figure: _Figure) -> charts.Chart | None:
    label, phase, role, metric, scale = figure
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
    if metric == "word_share":
        share = next((s for s in session.shares if s.phase is phase and s.role is role), None)
        if share is None or share.withheld or not share.total:
            return None
        value = share.words / share.total
        return Measure(phase, role, metric, value, share.total, "", share.low, share.high)
    return next(
        (m for m in session.measures if m.phase is phase and m.role is role and m.metric == metric),
        None,
    )
