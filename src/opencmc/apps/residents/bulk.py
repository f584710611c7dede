"""Many rows at once: COPY on PostgreSQL, ``executemany`` on SQLite. The only module here that asks for the engine."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from typing import Any

from django.db import connection, models

_CHUNK = 20_000
#: Memory for pages (SQLite) and for sorting an index (PostgreSQL) while many rows come in, in KiB.
_CACHE = 262_144


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


@contextmanager
def first_rows(*found: type[models.Model]) -> Iterator[None]:
    """Inside a transaction, while many rows come in. Of tables that are still empty the indexes are made when the rows are
    there: sorted once instead of grown row by row. Nobody reads such a table meanwhile, and a failure rolls all of it back.
    """
    ((cache,),) = [(0,)] if is_postgresql() else list(rows_of("PRAGMA cache_size"))
    if cache:
        run(f"PRAGMA cache_size={-_CACHE}")  # pages that are touched again and again stay until they are written once
    try:
        again = [
            sql
            for model in found
            if not model._default_manager.exists()
            for sql in _without_indexes(model._meta.db_table)
        ]
        yield
        _make(again)
    finally:
        if cache:
            run(f"PRAGMA cache_size={cache}")


def _make(indexes: Collection[str]) -> None:
    if indexes and is_postgresql():
        run("SET CONSTRAINTS ALL IMMEDIATE")  # an index cannot be made while checks of its table are put off
        run(f"SET LOCAL maintenance_work_mem = '{_CACHE}kB'")
    for sql in indexes:
        run(sql)
    if indexes and is_postgresql():
        run("SET CONSTRAINTS ALL DEFERRED")


def _without_indexes(table: str) -> list[str]:
    """Drop the indexes of ``table``, on PostgreSQL also keys to which no other table refers; the statements that make
    them again."""
    quote = connection.ops.quote_name
    if not is_postgresql():
        # Those of keys have no statement; SQLite does not let go of them.
        sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL"
        held = list(rows_of(sql, [table]))
        for name, _made in held:
            run(f"DROP INDEX {quote(name)}")
        return [made for _name, made in held]
    run("SET CONSTRAINTS ALL IMMEDIATE")
    keys = list(
        rows_of(
            "SELECT c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint AS c"
            " WHERE c.conrelid = %s::regclass AND c.contype IN ('p', 'u') AND NOT EXISTS"
            " (SELECT 1 FROM pg_constraint AS f WHERE f.contype = 'f' AND f.conindid = c.conindid)",
            [table],
        )
    )
    for name, _made in keys:
        run(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)}")
    indexes = list(
        rows_of(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index AS i WHERE i.indrelid ="
            " %s::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)",
            [table],
        )
    )
    for name, _made in indexes:
        run(f"DROP INDEX {name}")
    run("SET CONSTRAINTS ALL DEFERRED")
    of_keys = [f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} {made}" for name, made in keys]
    return of_keys + [made for _name, made in indexes]


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
