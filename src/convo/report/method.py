"""The method card: how far the reading of turns agrees with people, as it was measured."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass

from convo.resources import resource

FILE = "data/models/agreement.json"
"""Written by ``docs/figures.py`` from what ``convo score`` measured."""
_SHOWN, _LISTED = "a figure", "moments to look at"
_CODES = (
    ("ASK", "A turn asks something", _SHOWN),
    ("ASK_no_mark", "The same where the transcript has no question marks", _SHOWN),
    ("OPEN", "The question is an open one", _SHOWN),
    ("RFL", "A turn gives back what the other said", "not shown"),
    ("INFORM", "A turn informs or suggests", _LISTED),
)
_ACTIVITIES = (
    ("f1", "Inter-sessional activities are found (F1)", _LISTED),
    ("led", "Who led them", "“seems”"),
    ("type", "To do, or to reflect on", "“seems”"),
    ("followup", "Whether the next session speaks about them (right of all)", "with the turn"),
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What is read, how well it agrees with people, people with each other, how it is shown."""

    what: str
    value: str
    people: str
    shown: str


@functools.cache
def agreements() -> tuple[Agreement, ...]:
    """What was measured, as the project keeps it; "–" was not measured."""
    kept = json.loads(resource(FILE).read_text(encoding="utf-8"))
    rows = [(kept["codes"], kept["people"], *one) for one in _CODES]
    rows += [(kept["activities"], {}, *one) for one in _ACTIVITIES]
    return tuple(
        Agreement(what, _decimal(values.get(key)), _decimal(people.get(key)), shown)
        for values, people, key, what, shown in rows
    )


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
