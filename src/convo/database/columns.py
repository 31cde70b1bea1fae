"""Arrow tables from plain rows, with columns fixed beforehand (also when there is no row)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[Any, ...]


def arrow_schema(columns: Mapping[str, str]) -> pa.Schema:
    """Columns by name and short type (``text``, ``int``, ``long``, ``real``, ``flag``, lists)."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "int": pa.int32(),
        "long": pa.int64(),
        "real": pa.float64(),
        "flag": pa.bool_(),
        "date": pa.date32(),
        "time": pa.timestamp("us"),
        "ints": pa.list_(pa.int32()),
        "bytes": pa.list_(pa.int8()),
        "texts": pa.list_(pa.string()),
    }
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])


def arrow_table(columns: Mapping[str, str], rows: Iterable[Row]) -> pa.Table:
    """Rows as an Arrow table with exactly these columns, also when there are none."""
    import pyarrow as pa

    schema = arrow_schema(columns)
    values: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [
        pa.array(list(column), field.type) for column, field in zip(values, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def completed(table: pa.Table, columns: Mapping[str, str]) -> pa.Table:
    """The same table, with nulls in columns that were not there yet when it was written."""
    import pyarrow as pa

    for field in arrow_schema(columns):
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table
