"""Many rows at once: COPY on PostgreSQL, ``executemany`` on SQLite. The only module here that asks for the engine."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import batched
from typing import Any

from django.db import connection, models

_CHUNK = 20_000


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def columns_of(model: type[models.Model], names: Sequence[str]) -> list[str]:
    return [model._meta.get_field(name).column for name in names]


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append ``rows`` (values in the order of the fields ``names``, already as the database holds them)."""
    return insert_into(model._meta.db_table, columns_of(model, names), rows)


def insert_into(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    quote = connection.ops.quote_name
    into = f"{quote(table)} ({', '.join(map(quote, columns))})"
    count = 0
    with connection.cursor() as cursor:
        if is_postgresql():
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
                    count += 1
            return count
        # The driver itself, not Django's cursor: no statement is rewritten or logged for each row.
        marks = ", ".join("?" * len(columns))
        for chunk in batched(rows, _CHUNK):
            connection.connection.executemany(f"INSERT INTO {into} VALUES ({marks})", chunk)
            count += len(chunk)
    return count


def staged(name: str, definition: str) -> None:
    """A fresh temporary table of this connection."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({definition})")


def run(sql: str, parameters: Sequence[Any] = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def rows_of(sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while chunk := cursor.fetchmany(_CHUNK):
            yield from chunk


def any_of(column: str, values: Collection[str]) -> tuple[str, Any]:
    """``column`` is one of ``values``, as a condition with a single parameter, however many there are."""
    if is_postgresql():
        return f"{column} = ANY(%s)", list(values)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(list(values))


def refresh_statistics(*found: type[models.Model]) -> None:
    """Tell the planner about the new rows. Outside a transaction PostgreSQL also marks pages as all-visible, without
    which every look into an index goes to the table as well."""
    with connection.cursor() as cursor:
        for model in found:
            table = connection.ops.quote_name(model._meta.db_table)
            if is_postgresql():
                cursor.execute(f"VACUUM (ANALYZE) {table}" if not connection.in_atomic_block else f"ANALYZE {table}")
        if not is_postgresql():
            cursor.execute("PRAGMA optimize=0x10002")
