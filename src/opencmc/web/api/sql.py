"""Statements of the hot paths, and how they are sent: this module alone knows which engine it is.

On PostgreSQL they are prepared once a connection and make the JSON in the database; elsewhere Python makes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg
from django.db import OperationalError, connection

POSTGRESQL = "postgresql"
#: Rows of a page when nobody says how many.
DEFAULT_LIMIT = 20

Statement = tuple[str, tuple[Any, ...]]

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


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of ``table`` in ``order``. ``shaped``: column → its expression on PostgreSQL, and its value elsewhere."""

    table: str
    columns: tuple[str, ...]
    order: tuple[str, ...]
    where: str
    shaped: dict[str, tuple[str, Callable[[Any], Any]]] = field(default_factory=dict)

    def statement(
        self, scope: Sequence[str] | None, *, more: str = "", values: Sequence[Any] = (),
        after: Sequence[Any] | None = None, limit: int = DEFAULT_LIMIT,
    ) -> Statement:  # fmt: skip
        """One row more than ``limit`` behind the key ``after``. ``scope`` are the institutions that own the rows (``None``:
        all): each is read in its own order by its index, and the few first of each are put together."""
        keys = ", ".join(self.order)
        where = self.where + more
        if after:
            where += f" AND ({keys}) > ({', '.join(['%s'] * len(self.order))})"
        given = (*values, *(after or ()))
        if not is_postgresql():
            own = "" if scope is None else f"institution_id IN ({', '.join(['%s'] * len(scope)) or 'NULL'}) AND "
            text = f"SELECT {', '.join(self.columns)} FROM {self.table} t WHERE {own}{where} ORDER BY {keys} LIMIT %s"
            return text, (*(scope or ()), *given, limit + 1)
        chosen = ", ".join(f"{self.shaped[c][0]} AS {c}" if c in self.shaped else f"t.{c}" for c in self.columns)
        if scope is None:
            text = f"SELECT {chosen} FROM {self.table} t WHERE {where} ORDER BY {keys} LIMIT %s"
            return text, (*given, limit + 1)
        text = (
            f"SELECT p.* FROM unnest(string_to_array(%s, E'\\x1f')) AS u(i) CROSS JOIN LATERAL (SELECT {chosen}"
            f" FROM {self.table} t WHERE t.institution_id = u.i AND {where} ORDER BY {keys} LIMIT %s) p"
            f" ORDER BY {keys} LIMIT %s"
        )
        return text, (_joined(tuple(scope)), *given, limit + 1, limit + 1)

    def page(self, statement: Statement, limit: int, ahead: Ahead | None) -> tuple[list[str], tuple[Any, ...] | None]:
        """Rows as JSON texts, and the key of the last one when there are more. ``ahead``: what was read with who asks; it
        is taken when it is what this very statement would have read."""
        if ahead is not None and ahead.statement == statement:
            texts = ahead.texts
        elif is_postgresql():
            texts = [row[0] for row in rows(f"SELECT row_to_json(x)::text FROM ({statement[0]}) x", statement[1])]
        else:
            texts = self._elsewhere(statement)
        if len(texts) <= limit:
            return texts, None
        last = json.loads(texts[limit - 1])
        return texts[:limit], tuple(last[name] for name in self.order)

    def _elsewhere(self, statement: Statement) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(*statement)
            found = [dict(zip(self.columns, row, strict=True)) for row in cursor.fetchall()]
        for row in found:
            row.update({c: value(row[c]) for c, (_sql, value) in self.shaped.items()})
        return [json.dumps(row, ensure_ascii=False, default=str) for row in found]


@dataclass(frozen=True, slots=True)
class Ahead:
    """Rows of a list that were read in the statement that read who asks."""

    statement: Statement
    texts: list[str]


def caller_and_list(digest: str, statement: Statement, order: Sequence[str]) -> tuple[Any, ...] | None:
    """The columns of :data:`CALLER` and behind them the rows of ``statement`` as JSON texts; ``None``: no such token."""
    keys = ", ".join(order)
    # No JSON text holds this character as it is.
    listed = f"(SELECT string_agg(row_to_json(x)::text, E'\\x1f' ORDER BY {keys}) FROM ({statement[0]}) x)"
    found = first_rows(CALLER.replace(" FROM accounts_servicetoken", f", {listed} FROM accounts_servicetoken", 1),
                       (*statement[1], digest))  # fmt: skip
    if not found:
        return None
    *caller, texts = found[0]
    return (*caller, texts.split("\x1f") if texts else [])


TASKS = Listing("tasks_task", TASK_COLUMNS, ("due", "id"), "state = 'open'")
PEOPLE = Listing(
    "residents_resident", PERSON_COLUMNS, ("name", "resident_id"), "merged_into_id IS NULL AND death_date IS NULL",
    {
        "programmes": (
            "string_to_array(trim(both '|' from t.programmes), '|')",
            lambda text: [name for name in text.split("|") if name],
        )
    },
)  # fmt: skip


def listed(texts: Sequence[str], next_: str) -> bytes:
    """A page of rows that are JSON already."""
    return f'{{"items":[{",".join(texts)}],"next":"{next_}"}}'.encode()
