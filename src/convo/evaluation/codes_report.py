"""Scores of turn codes as JSON and as a table."""

from __future__ import annotations

from typing import Any

from convo.evaluation.codes import PEOPLE, CodesScore
from convo.evaluation.layout import Table, decimal

Json = dict[str, Any]
_NOTE = (
    "people: kappa of ten experts with each other on seven AnnoMI transcripts; experts there name "
    "the main behaviour of a turn"
)


def codes_json(score: CodesScore | None) -> Json:
    """Kappa of each code against the rest; people's with each other are in ``PEOPLE``."""
    score = score or CodesScore()
    figures: Json = {name: {"kappa": score.kappa(name)} for name in PEOPLE}
    figures["ASK"]["kappa_no_mark"] = score.kappa_no_mark
    return figures


def codes_table(score: CodesScore) -> Table:
    """One row a code, beside the agreement of people."""
    rows = [(name, decimal(score.kappa(name)), decimal(people)) for name, people in PEOPLE.items()]
    rows.insert(1, ("ASK without question marks", decimal(score.kappa_no_mark), "–"))
    return Table(
        f"Turn codes ({score.turns} coach turns of {score.sessions} sessions, {score.method})",
        ("code against the rest", "kappa", "people"),
        tuple(rows),
        totals=0,
        notes=(_NOTE, *score.failures),
    )
