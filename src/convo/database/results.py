"""What a query gave: named columns and plain rows, and the same as CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convo.errors import StoreError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("csv", "json", "parquet")


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows of plain Python values; ``truncated`` when a limit left some out.

    >>> QueryResult(("role", "percent"), (("coach", 37), ("coachee", None))).to_csv()
    'role,percent\\ncoach,37\\ncoachee,\\n'
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool = False

    def to_pandas(self) -> pd.DataFrame:
        """As a data frame."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.columns))

    def to_csv(self) -> str:
        """With a header line; missing values are empty."""
        sink = io.StringIO()
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return sink.getvalue()

    def to_json(self) -> str:
        """A list of objects; dates as ISO text, missing values as null."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return json.dumps(rows, ensure_ascii=False, indent=1, default=_json_value) + "\n"

    def to_parquet(self) -> bytes:
        """A Parquet file."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        values: Sequence[Sequence[Any]] = list(zip(*self.rows, strict=True))
        arrays = [pa.array(list(column)) for column in values or [()] * len(self.columns)]
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_arrays(arrays, names=list(self.columns)), sink)
        content: bytes = sink.getvalue().to_pybytes()
        return content

    def encoded(self, format: str) -> bytes:
        """The result in one of :data:`FORMATS`.

        Raises:
            StoreError: the format is not known.
        """
        match format:
            case "csv":
                return self.to_csv().encode()
            case "json":
                return self.to_json().encode()
            case "parquet":
                return self.to_parquet()
            case _:
                raise StoreError(f"{format!r} is no export format: {did_you_mean(format, FORMATS)}")


def _json_value(value: object) -> object:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "as_integer_ratio"):  # a Decimal
        return float(value)  # type: ignore[arg-type]
    return str(value)
