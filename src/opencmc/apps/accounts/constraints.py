"""What the database itself holds of posts, for SQLite and PostgreSQL: the only module here that knows which it is.

Nobody holds one role at one unit twice on a day. SQLite has one writer at a time, so a trigger that looks is enough. On
PostgreSQL a trigger sees only what is committed, so it first locks the person's row: two writers of one person's posts
wait for each other. A row lock takes no shared memory, so ten thousand posts fit into one transaction; no extension is
asked for.

Made after every migration, not by one: SQLite drops a table's triggers when a later migration rebuilds the table.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

NAME = "post_overlaps"
_FOUND = (
    "SELECT 1 FROM accounts_post AS other WHERE other.user_id = NEW.user_id AND other.role = NEW.role "
    "AND other.unit_kind = NEW.unit_kind AND other.unit_id = NEW.unit_id AND other.id <> NEW.id "
    'AND (other."end" IS NULL OR other."end" > NEW.start) AND (NEW."end" IS NULL OR NEW."end" > other.start)'
)
_SQLITE = [
    f"CREATE TRIGGER IF NOT EXISTS {NAME}_{event.lower()} AFTER {event} ON accounts_post "
    f"WHEN EXISTS ({_FOUND}) BEGIN SELECT RAISE(ABORT, 'accounts:{NAME}'); END"
    for event in ("INSERT", "UPDATE")
]
_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION accounts_{NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "PERFORM 1 FROM auth_user WHERE id = NEW.user_id FOR NO KEY UPDATE; "
    f"IF EXISTS ({_FOUND}) THEN RAISE EXCEPTION 'accounts:{NAME}' USING ERRCODE = 'exclusion_violation'; END IF; "
    "RETURN NEW; END $$"
)
_TRIGGER = (
    f"CREATE OR REPLACE TRIGGER {NAME} AFTER INSERT OR UPDATE ON accounts_post "
    f"FOR EACH ROW EXECUTE FUNCTION accounts_{NAME}()"
)
_POSTGRESQL = [_FUNCTION, _TRIGGER]


def install(using: str = "default", **_: Any) -> None:
    """Receiver of ``post_migrate``; doing it again changes nothing. Waits until the table has its dates."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if "accounts_post" not in connection.introspection.table_names(cursor):
            return
        columns = {column.name for column in connection.introspection.get_table_description(cursor, "accounts_post")}
        if "start" not in columns:
            return
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


def overlaps(error: BaseException) -> bool:
    """Whether an ``IntegrityError`` is about two posts of one kind at once."""
    return f"accounts:{NAME}" in str(error)
