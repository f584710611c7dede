"""How the columns of a logical table are stored: one type for each engine, and how names are written in SQL."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from opencmc.facts.tables import Table, Type

DUCKDB_TYPES = {
    Type.TEXT: "VARCHAR",
    Type.DATE: "DATE",
    Type.INTEGER: "BIGINT",
    Type.FEN: "BIGINT",
    Type.BOOLEAN: "BOOLEAN",
    Type.TEXT_LIST: "VARCHAR[]",
}
SPARK_TYPES = {
    Type.TEXT: "string",
    Type.DATE: "date",
    Type.INTEGER: "bigint",
    Type.FEN: "bigint",
    Type.BOOLEAN: "boolean",
    Type.TEXT_LIST: "array<string>",
}
_ARROW_TYPES = {
    Type.TEXT: pa.string(),
    Type.DATE: pa.date32(),
    Type.INTEGER: pa.int64(),
    Type.FEN: pa.int64(),
    Type.BOOLEAN: pa.bool_(),
    Type.TEXT_LIST: pa.list_(pa.string()),
}


def arrow_schema(table: type[Table]) -> pa.Schema:
    """The columns of ``table`` as Arrow sees them, for whoever writes Parquet in logical columns."""
    return pa.schema([pa.field(name, _ARROW_TYPES[column.type]) for name, column in table.columns.items()])


def quoted(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """``text`` as an SQL string."""
    return "'" + str(text).replace("'", "''") + "'"
