"""Scores of inter-sessional activities as JSON and as a table."""

from __future__ import annotations

from typing import Any

from convo.evaluation.activities import ActivityRow, ActivityScore, Counts
from convo.evaluation.layout import Table, decimal

Json = dict[str, Any]
_FIGURES = {"f1": "f1", "led": "led_agreement", "type": "type_agreement", "close_f1": "close_f1"}


def activities_json(score: ActivityScore | None) -> Json:
    """All figures, None for what was not measured; ``readers`` are scored against each other.

    ``followup`` is the accuracy of "spoken about or not" for activities as readers marked them,
    ``always`` that of saying yes of all, ``from_found`` that of activities found by the method.
    """
    score = score or ActivityScore()
    return {
        **{name: score.mean(figure) for name, figure in _FIGURES.items()},
        "followup": score.follow_ups.accuracy,
        "followups": {
            "total": score.follow_ups.total,
            "always": score.follow_ups.always,
            "from_found": score.from_found.accuracy,
        },
        "readers": {name: score.mean(figure, "readers") for name, figure in _FIGURES.items()},
        "failed": score.failed,
        "version": score.version,
    }


def activities_table(score: ActivityScore) -> Table:
    """One row a session, the readers against each other, and all sessions."""
    totals = [
        (name, "", "", "", *(decimal(score.mean(figure, of)) for figure in _FIGURES.values()))
        for name, of in (("readers with each other", "readers"), ("all sessions", "against"))
    ]
    return Table(
        f"Inter-sessional activities ({score.version or 'no method'})",
        ("case", "found", "marked", "matched", "F1", "led", "type", "F1, half shared"),
        (*map(_cells, score.rows), *totals),
        totals=len(totals),
        notes=(*_failures(score), *_follow_ups(score)),
    )


def _cells(row: ActivityRow) -> tuple[str, ...]:
    if row.failure is not None:
        return (row.case_id, "failed", *[""] * 6)
    first = row.against[0]
    counts = (first.found, _mean(row, "marked"), _mean(row, "pairs"))
    whole = sum(row.against, Counts())
    return (
        row.case_id,
        *(f"{value:g}" for value in counts),
        *(decimal(getattr(whole, figure)) for figure in _FIGURES.values()),
    )


def _mean(row: ActivityRow, name: str) -> float:
    values = [float(getattr(counts, name)) for counts in row.against]
    return sum(values) / len(values)


def _failures(score: ActivityScore) -> tuple[str, ...]:
    return tuple(f"{r.case_id} failed: {r.failure}" for r in score.rows if r.failure is not None)


def _follow_ups(score: ActivityScore) -> tuple[str, ...]:
    own, found = score.follow_ups, score.from_found
    if not own.total:
        return ()
    return (
        f"Follow-ups, spoken about or not: {own.right} of {own.total} right "
        f"({decimal(own.accuracy)}); saying yes of all {decimal(own.always)}; "
        f"from activities as found {decimal(found.accuracy)}.",
    )
