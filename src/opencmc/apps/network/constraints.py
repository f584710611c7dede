"""What the database itself holds of the network, for SQLite and PostgreSQL: the only module that knows which it is.

* No institution has two roles in one community on a day, stands in two general communities (as lead or member) on a
  day, or is attached to two others on a day; no community has two leads on a day.
* Every write to institutions, memberships or attachments gives the network a new token in the same transaction. The
  token is random: a number would come again after a rollback and pass for what was rolled back.

On PostgreSQL a trigger sees only what is committed, so it first takes a lock on what it checks: two writers of the
same institution or community wait for each other.
"""

from __future__ import annotations

from typing import Any

#: (name, table, what one row and another collide by, when). Names are what a refusal is told apart by.
OVERLAPS = (
    ("membership_overlaps", "network_membership", ("community_id", "institution_id"), ""),
    (
        "one_general_community",
        "network_membership",
        ("institution_id",),
        "{row}.community_kind = 'general' AND {row}.role IN ('lead', 'member')",
    ),
    ("one_lead", "network_membership", ("community_id",), "{row}.role = 'lead'"),
    ("attachment_overlaps", "network_attachment", ("institution_id",), ""),
)
_TABLES = ("network_institution", "network_membership", "network_attachment")
_VERSION = "network_networkversion"


def _found(table: str, by: tuple[str, ...], when: str) -> str:
    """SQL: another row of ``table`` that collides with NEW."""
    same = " AND ".join(f"other.{column} = NEW.{column}" for column in by)
    also = f" AND {when.format(row='other')}" if when else ""
    return (
        f"SELECT 1 FROM {table} AS other WHERE {same} AND other.id <> NEW.id{also} "
        'AND (other."end" IS NULL OR other."end" > NEW.start) AND (NEW."end" IS NULL OR NEW."end" > other.start)'
    )


def _sqlite() -> list[str]:
    sql = []
    for name, table, by, when in OVERLAPS:
        condition = f"{when.format(row='NEW')} AND " if when else ""
        for event in ("INSERT", "UPDATE"):
            # After the row has its id; RAISE(ABORT) takes the statement back.
            sql.append(
                f"CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {table} WHEN {condition}"
                f"EXISTS ({_found(table, by, when)}) BEGIN SELECT RAISE(ABORT, 'network:{name}'); END"
            )
    for table in _TABLES:
        for event in ("INSERT", "UPDATE", "DELETE"):
            sql.append(
                f"CREATE TRIGGER version_{table}_{event.lower()} AFTER {event} ON {table} BEGIN "
                f"INSERT INTO {_VERSION} (id, token) VALUES (1, hex(randomblob(12))) "
                "ON CONFLICT (id) DO UPDATE SET token = excluded.token; END"
            )
    return sql


def _postgresql() -> list[str]:
    sql = []
    for name, table, by, when in OVERLAPS:
        key = " || '|' || ".join(f"NEW.{column}" for column in by)
        condition = when.format(row="NEW") if when else "true"
        sql.append(
            f"CREATE FUNCTION network_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {condition} THEN PERFORM pg_advisory_xact_lock(hashtextextended('{name}:' || {key}, 0)); "
            f"IF EXISTS ({_found(table, by, when)}) THEN "
            f"RAISE EXCEPTION 'network:{name}' USING ERRCODE = 'exclusion_violation'; END IF; END IF; "
            "RETURN NEW; END $$"
        )
        sql.append(
            f"CREATE TRIGGER {name} AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION network_{name}()"
        )
    sql.append(
        "CREATE FUNCTION network_new_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO {_VERSION} (id, token) VALUES (1, gen_random_uuid()::text) "
        "ON CONFLICT (id) DO UPDATE SET token = excluded.token; RETURN NULL; END $$"
    )
    sql += [
        f"CREATE TRIGGER version_{table} AFTER INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION network_new_version()"
        for table in _TABLES
    ]
    return sql


def install(apps: Any, schema_editor: Any) -> None:
    """A migration step: make the triggers and the first version."""
    statements = _sqlite() if schema_editor.connection.vendor == "sqlite" else _postgresql()
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(f"INSERT INTO {_VERSION} (id, token) VALUES (1, 'new')")


def remove(apps: Any, schema_editor: Any) -> None:
    """The migration step taken back."""
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "sqlite":
            names = [f"{name}_{event}" for name, *_ in OVERLAPS for event in ("insert", "update")]
            names += [f"version_{table}_{event}" for table in _TABLES for event in ("insert", "update", "delete")]
            for name in names:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            return
        for name, table, *_ in OVERLAPS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(f"DROP FUNCTION IF EXISTS network_{name}()")
        for table in _TABLES:
            cursor.execute(f"DROP TRIGGER IF EXISTS version_{table} ON {table}")
        cursor.execute("DROP FUNCTION IF EXISTS network_new_version()")


def broken(error: BaseException) -> str:
    """The name of the constraint of :data:`OVERLAPS` that an ``IntegrityError`` is about, or ""."""
    said = str(error)
    return next((name for name, *_ in OVERLAPS if f"network:{name}" in said), "")
