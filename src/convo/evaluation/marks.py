"""Tables of what readers marked: one mark a row, turns by their number."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from convo.errors import EvaluationError

Row = Mapping[str, str]


def marks(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, Row]]:
    """Where each row stands, in words, and the row.

    Raises:
        EvaluationError: one of the ``columns`` is missing.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restval="")
        found = reader.fieldnames or ()
        for name in columns:
            if name not in found:
                raise EvaluationError(
                    f"{path} has no column {name}: it has {', '.join(found) or 'none'}"
                )
        for row in reader:
            yield f"line {reader.line_num} of {path}", row


def turn_number(row: Row, key: str, where: str) -> int:
    """The number of a turn in column ``key``.

    Raises:
        EvaluationError: it is no number.
    """
    try:
        return int(row[key])
    except ValueError as error:
        raise EvaluationError(
            f"{where} has {key}={row[key]!r}: expected the number of a turn"
        ) from error
