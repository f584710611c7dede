"""Parquet files in the columns of the logical tables, the same bytes each time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from opencmc.facts.schemas import arrow_schema
from opencmc.facts.tables import TABLES


def build(table: str, columns: Mapping[str, object]) -> pa.Table:
    """A table in its declared column order and types. A column that is not given is null throughout; a single value
    (text, number, truth value) stands for every row."""
    schema = arrow_schema(TABLES[table])
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise KeyError(f"{table} 没有这些列：{sorted(unknown)}")
    rows = next(len(value) for value in columns.values() if hasattr(value, "__len__") and not isinstance(value, str))
    arrays = []
    for field in schema:
        value = columns.get(field.name)
        if value is None:
            arrays.append(pa.nulls(rows, field.type))
        elif isinstance(value, str | int | bool):
            arrays.append(pa.repeat(pa.scalar(value, field.type), rows))
        else:
            array = value if isinstance(value, pa.Array | pa.ChunkedArray) else pa.array(value, type=field.type)
            arrays.append(array if array.type == field.type else array.cast(field.type))
    return pa.table(arrays, schema=schema)


def write(source: Path, table: str, name: str, rows: pa.Table) -> Path | None:
    """Write ``HOME/source/<table>/<name>.parquet``; nothing is written for no rows."""
    if rows.num_rows == 0:
        return None
    path = source / table / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, compression="snappy", row_group_size=262_144, write_statistics=True)
    return path
