"""Statements of the hot paths, and how they are sent: this module alone knows which engine it is.

On PostgreSQL they are prepared once a connection and make the JSON in the database; elsewhere Python makes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg
from django.db import OperationalError, connection

POSTGRESQL = "postgresql"

CALLER = (
    "SELECT t::text, a::text, (SELECT token FROM network_networkversion WHERE id = 1)"
    " FROM accounts_servicetoken t JOIN accounts_serviceaccount a ON a.id = t.account_id WHERE t.digest = %s"
)
#: The same, with a number for a task and the answer that was kept, if any.
CALLER_AND_TASK = (
    "SELECT t::text, a::text, (SELECT token FROM network_networkversion WHERE id = 1),"
    " nextval(pg_get_serial_sequence('tasks_task', 'id')),"
    " k.fingerprint, k.status, k.body, k.etag, k.location, k.is_sealed"
    " FROM accounts_servicetoken t JOIN accounts_serviceaccount a ON a.id = t.account_id"
    " LEFT JOIN api_keptanswer k ON k.digest = sha256(convert_to('service:' || a.slug || E'\\n' || %s, 'UTF8'))"
    " WHERE t.digest = %s"
)

RESERVE = (
    "INSERT INTO api_keptanswer (digest, fingerprint, status, body, etag, location, is_sealed, at)"
    " VALUES (%s, %s, 0, '', '', '', false, %s) ON CONFLICT (digest) DO NOTHING"
)
KEEP = "UPDATE api_keptanswer SET status = %s, body = %s, etag = %s, location = %s, is_sealed = %s WHERE digest = %s"

TASK_COLUMNS = (
    "id", "kind", "item", "label", "why", "resident_id", "village", "institution_id", "assigned_to", "since", "due",
    "state", "version",
)  # fmt: skip
PERSON_COLUMNS = (
    "resident_id", "name", "sex", "birth_date", "township", "village", "institution_id", "team", "programmes", "version",
)  # fmt: skip
#: A task and the answer to the request that makes it, both or neither; nothing when the task or the answer is there.
CREATE_TASK = (
    "WITH kept AS (INSERT INTO api_keptanswer (digest, fingerprint, status, body, etag, location, is_sealed, at)"
    " VALUES (%s, %s, 201, %s, %s, %s, false, %s) ON CONFLICT (digest) DO NOTHING RETURNING 1)"
    " INSERT INTO tasks_task (id, kind, item, label, why, resident_id, village, institution_id, assigned_to, since, due,"
    ' source, source_key, state, outcome, "values", note, version, created_at, changed_at, changed_by)'
    " SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'open', '', '{}', '', 1, %s, %s, %s FROM kept"
    " ON CONFLICT (source, source_key) DO NOTHING"
)


def is_postgresql() -> bool:
    return connection.vendor == POSTGRESQL


def _cursor() -> psycopg.Cursor:
    connection.ensure_connection()
    connection.connection.prepare_threshold = 5
    return psycopg.Cursor(connection.connection)


@lru_cache(maxsize=4096)
def _joined(scope: tuple[str, ...]) -> str:
    """One text is sent faster than a list of them; no number of an institution holds this character."""
    return "\x1f".join(scope)


def rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """PostgreSQL only."""
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return _cursor().execute(sql, values, prepare=True).fetchall()


def first_rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The first statement of a request, which only reads. It finds out whether the kept connection still lives (instead
    of a question before it): one that was cut meanwhile is opened anew, once."""
    try:
        return rows(sql, values)
    except OperationalError:
        if connection.in_atomic_block:
            raise
        connection.close()
        return rows(sql, values)


def changed(sql: str, values: Sequence[Any]) -> int:
    """How many rows a statement wrote, on either engine."""
    if is_postgresql():
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            return _cursor().execute(sql, values, prepare=True).rowcount
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapt(v) if isinstance(v, datetime) else v for v in values])
        return cursor.rowcount


def page(
    table: str,
    columns: Sequence[str],
    *,
    scope: Sequence[str] | None,
    where: str,
    values: Sequence[Any],
    order: Sequence[str],
    after: Sequence[Any] | None,
    limit: int,
    shaped: dict[str, tuple[str, Callable[[Any], Any]]],
) -> tuple[list[str], tuple[Any, ...] | None]:
    """Rows of ``table`` as JSON texts in ``order``, behind the key ``after``, and the key of the last one when there are
    more. ``scope`` are the institutions that own them (``None``: all): each is read in its own order by its index, and
    the few first of each are put together. ``shaped``: column → its expression on PostgreSQL, and its value elsewhere.
    """
    keys = ", ".join(order)
    past = f" AND ({keys}) > ({', '.join(['%s'] * len(order))})" if after else ""
    given = [*values, *(after or ())]
    if is_postgresql():
        chosen = ", ".join(f"{shaped[c][0]} AS {c}" if c in shaped else f"t.{c}" for c in columns)
        if scope is None:
            inner = f"SELECT {chosen} FROM {table} t WHERE {where}{past} ORDER BY {keys} LIMIT %s"
            given.append(limit + 1)
        else:
            inner = (
                f"SELECT p.* FROM unnest(string_to_array(%s, E'\\x1f')) AS u(i) CROSS JOIN LATERAL (SELECT {chosen} FROM {table} t"
                f" WHERE t.institution_id = u.i AND {where}{past} ORDER BY {keys} LIMIT %s) p ORDER BY {keys} LIMIT %s"
            )
            given = [_joined(tuple(scope)), *given, limit + 1, limit + 1]
        texts = [row[0] for row in rows(f"SELECT row_to_json(x)::text FROM ({inner}) x", given)]
    else:
        own = "" if scope is None else f"institution_id IN ({', '.join(['%s'] * len(scope))}) AND "
        statement = f"SELECT {', '.join(columns)} FROM {table} WHERE {own}{where}{past} ORDER BY {keys} LIMIT %s"
        with connection.cursor() as cursor:
            cursor.execute(statement, [*(scope or ()), *given, limit + 1])
            found = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        for row in found:
            row.update({c: value(row[c]) for c, (_sql, value) in shaped.items()})
        texts = [json.dumps(row, ensure_ascii=False, default=str) for row in found]
    if len(texts) <= limit:
        return texts, None
    last = json.loads(texts[limit - 1])
    return texts[:limit], tuple(last[name] for name in order)


def listed(texts: Sequence[str], next_: str) -> bytes:
    """A page of rows that are JSON already."""
    return f'{{"items":[{",".join(texts)}],"next":"{next_}"}}'.encode()
