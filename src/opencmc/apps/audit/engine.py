"""What differs between the engines: the triggers that refuse changes, and the statements that append a line.

Appending changes the head of one lane on the condition that it is still what this process last wrote or read there.
That is one statement on PostgreSQL, and no lock is waited for unless two processes write in the same lane. When the
condition fails the head is read under its lock and the line is chained anew. A remembered head that was rolled back
fails the condition as well, so what is remembered never decides what is written.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from opencmc.apps.audit.encoding import BEGINNING, LANES, TEXTS, VERSION, Signer, place, time_text

LINES, HEADS = "audit_auditline", "audit_lanehead"
POSTGRESQL, SQLITE = "postgresql", "sqlite"

_COLUMNS = ("id", "at", *TEXTS, "version", "previous", "digest")
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)

#: A line to be written: when, and its texts in the order of ``TEXTS``.
Entry = tuple[datetime, tuple[str, ...]]
Head = tuple[int, bytes]

# --- appending -------------------------------------------------------------------------------------------------------

_PG_ONE = (
    f"WITH head AS (UPDATE {HEADS} SET serial = %s, digest = %s WHERE lane = %s AND serial = %s AND digest = %s"
    f" RETURNING lane) INSERT INTO {LINES} ({_NAMES}) SELECT {', '.join(['%s'] * len(_COLUMNS))} FROM head"
)
_ADVANCE = f"UPDATE {HEADS} SET serial = %s, digest = %s WHERE lane = %s AND serial = %s AND digest = %s"
_INSERT = f"INSERT INTO {LINES} ({_NAMES}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
_READ = f"SELECT serial, digest FROM {HEADS} WHERE lane = %s"
_READ_LOCKED = _READ + " FOR UPDATE"
_FIRST = f"INSERT INTO {HEADS} (lane, serial, digest) VALUES (%s, 0, %s) ON CONFLICT (lane) DO NOTHING"
_LITE = {sql: sql.replace("%s", "?") for sql in (_ADVANCE, _INSERT, _READ, _FIRST)}

_threads = itertools.count()


class _Writer(threading.local):
    """A thread writes in a lane of its own as long as there are not more threads than lanes."""

    def __init__(self) -> None:
        # Workers that are started one after the other have neighbouring numbers; each gets four lanes in a row.
        self.lane = 1 + (os.getpid() * 4 + next(_threads)) % LANES
        self.heads: dict[int, Head] = {}


_writer = _Writer()
# A worker that is forked gets a lane of its own and forgets the heads of its parent.
os.register_at_fork(after_in_child=lambda: _writer.__init__())


def append(
    connection: BaseDatabaseWrapper, signer: Signer, entries: Sequence[Entry], *, lane: int | None = None
) -> None:
    """Write ``entries`` as the next lines of ``lane`` (without one: this thread's), all of them or none."""
    lane = lane or _writer.lane
    connection.validate_no_broken_transaction()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        write = _append_postgresql if connection.vendor == POSTGRESQL else _append_sqlite
        _writer.heads[lane] = write(connection, signer, entries, lane)


def _chained(signer: Signer, entries: Sequence[Entry], lane: int, head: Head) -> list[tuple[Any, ...]]:
    """The rows of ``entries`` behind ``head``, their time still as it was given."""
    serial, previous = head
    rows = []
    for at, texts in entries:
        serial += 1
        number = place(lane, serial)
        digest = signer.digest(previous, number, VERSION, time_text(at), texts)
        rows.append((number, at, *texts, VERSION, previous, digest))
        previous = digest
    return rows


def _append_postgresql(connection: BaseDatabaseWrapper, signer: Signer, entries: Sequence[Entry], lane: int) -> Head:
    cursor = psycopg.Cursor(connection.connection)
    known = _writer.heads.get(lane)
    if known is not None and len(entries) == 1:
        row = _chained(signer, entries, lane, known)[0]
        new = (known[0] + 1, row[-1])
        # The one statement of the hot path is planned once a connection.
        connection.connection.prepare_threshold = 5
        cursor.execute(_PG_ONE, (*new, lane, *known, *row), prepare=True)
        if cursor.rowcount == 1:
            return new
    with transaction.atomic(using=connection.alias, savepoint=False):
        head = cursor.execute(_READ_LOCKED, (lane,)).fetchone()
        if head is None:
            cursor.execute(_FIRST, (lane, BEGINNING))
            head = cursor.execute(_READ_LOCKED, (lane,)).fetchone()
        rows = _chained(signer, entries, lane, (head[0], bytes(head[1])))
        new = (head[0] + len(rows), rows[-1][-1])
        cursor.execute(_ADVANCE, (*new, lane, *head))
        cursor.executemany(_INSERT, rows)
    return new


def _append_sqlite(connection: BaseDatabaseWrapper, signer: Signer, entries: Sequence[Entry], lane: int) -> Head:
    raw = connection.connection
    if connection.in_atomic_block:
        return _write_sqlite(raw, signer, entries, lane)
    raw.execute("BEGIN IMMEDIATE")
    try:
        new = _write_sqlite(raw, signer, entries, lane)
        raw.execute("COMMIT")
    finally:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
    return new


def _write_sqlite(raw: Any, signer: Signer, entries: Sequence[Entry], lane: int) -> Head:
    head = raw.execute(_LITE[_READ], (lane,)).fetchone()
    if head is None:
        raw.execute(_LITE[_FIRST], (lane, BEGINNING))
        head = (0, BEGINNING)
    rows = _chained(signer, entries, lane, head)
    new = (head[0] + len(rows), rows[-1][-1])
    raw.execute(_LITE[_ADVANCE], (*new, lane, *head))
    raw.executemany(_LITE[_INSERT], [(row[0], _lite_time(row[1]), *row[2:]) for row in rows])
    return new


def _lite_time(at: datetime) -> str:
    """As Django writes it: without a fraction when there is none, so that texts sort as times."""
    return time_text(at).removesuffix(".000000")


# --- reading as it was signed ------------------------------------------------------------------------------------------

_TIME = {
    POSTGRESQL: """to_char("at" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')""",
    # A time written in another way than ours is shown as no time, and is found.
    SQLITE: """CASE WHEN length("at") = 19 THEN "at" || '.000000' WHEN "at" LIKE '%.000000' THEN '' ELSE "at" END""",
}


def signed_rows(connection: BaseDatabaseWrapper, after: int, until: int, limit: int) -> list[tuple[Any, ...]]:
    """(number, version, time, previous, digest, *texts) of the lines ``after < number <= until`` in order."""
    texts = ", ".join(f'"{name}"' for name in TEXTS)
    sql = (
        f"SELECT id, version, {_TIME[connection.vendor]}, previous, digest, {texts} FROM {LINES}"
        " WHERE id > {0} AND id <= {0} ORDER BY id LIMIT {0}"
    )
    if connection.vendor == POSTGRESQL:
        connection.ensure_connection()
        with connection.wrap_database_errors:
            cursor = psycopg.Cursor(connection.connection)
            return cursor.execute(sql.replace("{0}", "%s"), (after, until, limit), binary=True).fetchall()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return connection.connection.execute(sql.replace("{0}", "?"), (after, until, limit)).fetchall()


# --- append-only in the database itself ----------------------------------------------------------------------------------

_REFUSAL = "audit lines are appended, never changed or removed"

_INSTALL: dict[str, tuple[str, ...]] = {
    SQLITE: (
        *(
            f"CREATE TRIGGER audit_refuse_{what.lower()}_{table} BEFORE {what} ON {table} {when}"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            for what, table, when in (
                ("UPDATE", LINES, ""),
                ("DELETE", LINES, ""),
                ("DELETE", HEADS, ""),
                ("UPDATE", HEADS, "WHEN NEW.serial <= OLD.serial OR NEW.lane <> OLD.lane"),
            )
        ),
    ),
    POSTGRESQL: (
        (
            f"CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        ),
        (
            f"CREATE TRIGGER audit_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {LINES}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        ),
        (
            f"CREATE TRIGGER audit_refuse_removal BEFORE DELETE OR TRUNCATE ON {HEADS}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        ),
        # The condition is tested without calling anything: going forward costs nothing.
        (
            f"CREATE TRIGGER audit_refuse_return BEFORE UPDATE ON {HEADS} FOR EACH ROW"
            " WHEN (NEW.serial <= OLD.serial OR NEW.lane <> OLD.lane) EXECUTE FUNCTION audit_refuse()"
        ),
        # Heads change with every line: room beside each keeps its versions on one page (heap-only updates).
        f"ALTER TABLE {HEADS} SET (fillfactor = 10)",
    ),
}
_REMOVE: dict[str, tuple[str, ...]] = {
    SQLITE: tuple(
        f"DROP TRIGGER IF EXISTS audit_refuse_{what}_{table}"
        for what, table in (("update", LINES), ("delete", LINES), ("delete", HEADS), ("update", HEADS))
    ),
    POSTGRESQL: (
        f"DROP TRIGGER IF EXISTS audit_refuse_change ON {LINES}",
        f"DROP TRIGGER IF EXISTS audit_refuse_removal ON {HEADS}",
        f"DROP TRIGGER IF EXISTS audit_refuse_return ON {HEADS}",
    ),
}


def make_append_only(connection: BaseDatabaseWrapper) -> None:
    """Triggers that refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE of lines, and a head that is removed or goes back.

    They stop programs and slips of the hand. Who owns the database can drop them; that is what the chain is for.
    A migration that rebuilds these tables on SQLite must call this again: a rebuilt table has lost its triggers.
    """
    _run(connection, _INSTALL[connection.vendor])


def allow_changes(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for migrations of these tables, and for the flush of a test database."""
    _run(connection, _REMOVE[connection.vendor])


def _run(connection: BaseDatabaseWrapper, statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def refuses_changes(connection: BaseDatabaseWrapper) -> bool:
    """Are the triggers in force?"""
    sql = {
        SQLITE: "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_refuse_%%'",
        POSTGRESQL: "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'audit_refuse_%%' AND tgenabled <> 'D'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        return cursor.fetchone()[0] == len(_REMOVE[connection.vendor])
