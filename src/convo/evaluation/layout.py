"""Tables of scores as plain data, and how their cells are written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the names of the columns, rows of text, and notes below.

    The last ``totals`` rows summarise those above.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: int = 1
    notes: tuple[str, ...] = ()


def decimal(value: float | None) -> str:
    """Two decimals, a dash for what was not measured.

    >>> decimal(0.7), decimal(None)
    ('0.70', '–')
    """
    return "–" if value is None else f"{value:.2f}"
