"""Whatever single thing is changed in a trail, verification finds it; and what was not changed it does not accuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from opencmc.apps.audit import engine
from opencmc.apps.audit.encoding import TEXTS, place
from opencmc.apps.audit.seals import seal
from opencmc.apps.audit.trail import signer
from opencmc.apps.audit.verifying import verify

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
COLUMNS = ("id", "at", *TEXTS, "version", "previous", "digest")

#: Texts that may carry anything a person can type, separators and line ends among it.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
trails = st.lists(st.tuples(st.integers(1, 3), texts, st.integers(0, 86_400)), min_size=2, max_size=10)
changes = st.sampled_from(
    [
        "field",
        "delete",
        "swap",
        "duplicate",
        "shift",
        "cut",
        "cut_and_head",
        "head_serial",
        "head_digest",
        "head_gone",
        "insert",
    ]
)


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def write(trail):
    for table in (engine.LINES, engine.HEADS):
        run(f"DELETE FROM {table}")
    for n, (lane, text, seconds) in enumerate(trail):
        entry = (
            START + timedelta(seconds=seconds, microseconds=n),
            ("who", "role", "institution:A", "look", text, f"R{n}", "care", text, "::1"),
        )
        engine.append(connection, signer(), [entry], lane=lane)


def insert(row):
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    run(f"INSERT INTO {engine.LINES} ({names}) VALUES ({', '.join(['%s'] * len(COLUMNS))})", *row)


def lines():
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    return [list(row) for row in run(f"SELECT {names} FROM {engine.LINES} ORDER BY id")]


def head_of(lane):
    return run(f"SELECT serial, digest FROM {engine.HEADS} WHERE lane = %s", lane)[0]


def set_head(lane, serial, digest):
    run(f"UPDATE {engine.HEADS} SET serial = %s, digest = %s WHERE lane = %s", serial, digest, lane)


def changed_value(name, value, draw):
    if name == "at":
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return at + timedelta(microseconds=draw(st.integers(1, 10**9)))
    if name == "version":
        return value + 1
    if name in {"previous", "digest"}:
        content = bytearray(value)
        content[draw(st.integers(0, 31))] ^= 1 << draw(st.integers(0, 7))
        return bytes(content)
    return draw(texts.filter(lambda text: text != value))


def mutate(kind, draw):
    """Do one thing to the trail that a person with the database in hand could do."""
    rows = lines()
    row = rows[draw(st.integers(0, len(rows) - 1))]
    lane, last = row[0] >> 40, rows[-1][0] >> 40
    tail = [each for each in rows if each[0] >> 40 == last][-1]
    if kind == "field":
        name = draw(st.sampled_from(COLUMNS[1:]))
        run(
            f'UPDATE {engine.LINES} SET "{name}" = %s WHERE id = %s',
            changed_value(name, row[COLUMNS.index(name)], draw),
            row[0],
        )
    elif kind == "delete":
        run(f"DELETE FROM {engine.LINES} WHERE id = %s", row[0])
    elif kind == "swap":
        other = draw(st.sampled_from([each for each in rows if each is not row]))
        run(f"DELETE FROM {engine.LINES} WHERE id IN (%s, %s)", row[0], other[0])
        insert([other[0], *row[1:]])
        insert([row[0], *other[1:]])
    elif kind == "duplicate":
        insert([place(lane, head_of(lane)[0] + draw(st.integers(1, 3))), *row[1:]])
    elif kind == "shift":  # one is taken out and the gap is closed
        run(f"DELETE FROM {engine.LINES} WHERE id = %s", row[0])
        for each in rows:
            if each[0] > row[0] and each[0] >> 40 == lane:
                run(f"UPDATE {engine.LINES} SET id = %s WHERE id = %s", each[0] - 1, each[0])
        serial, digest = head_of(lane)
        set_head(lane, serial - 1, digest)
    elif kind == "cut":
        run(f"DELETE FROM {engine.LINES} WHERE id = %s", tail[0])
    elif kind == "cut_and_head":  # only the seal knows
        run(f"DELETE FROM {engine.LINES} WHERE id = %s", tail[0])
        serial, _digest = head_of(last)
        set_head(last, serial - 1, tail[COLUMNS.index("previous")])
    elif kind == "head_serial":
        serial, digest = head_of(lane)
        set_head(lane, serial + draw(st.sampled_from([-1, 1, 7])), digest)
    elif kind == "head_digest":
        serial, digest = head_of(lane)
        set_head(lane, serial, changed_value("digest", digest, draw))
    elif kind == "head_gone":
        run(f"DELETE FROM {engine.HEADS} WHERE lane = %s", lane)
    else:
        number = draw(st.sampled_from([-5, place(lane, 0), place(40, 1), place(lane, head_of(lane)[0] + 1)]))
        insert([number, *row[1:]])
    return kind


@pytest.fixture
def bare(db, settings, tmp_path_factory):
    """The tables without their triggers, as one who owns the database has them."""
    engine.allow_changes(connection)
    settings.OPENCMC_HOME = tmp_path_factory.mktemp("home")
    return settings.OPENCMC_HOME


LIMITS = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def fresh(home):
    (home / "audit-seals.jsonl").unlink(missing_ok=True)


@LIMITS
@given(trail=trails, kind=changes, data=st.data())
def test_any_single_change_of_a_trail_is_found(bare, trail, kind, data):
    fresh(bare)
    write(trail)
    seal(why="seal", at=START)
    assert verify().whole
    mutate(kind, data.draw)
    verdict = verify()
    assert not verdict.whole
    assert verdict.faults


@LIMITS
@given(trail=trails)
@example(trail=[(1, "\n", 0), (1, ",", 0)])
def test_a_trail_that_nobody_touched_is_whole(bare, trail):
    fresh(bare)
    write(trail)
    verdict = verify()
    assert verdict.whole
    assert verdict.lines == len(trail)


@LIMITS
@given(trail=trails, data=st.data())
def test_a_changed_line_is_named_and_no_other(bare, trail, data):
    fresh(bare)
    write(trail)
    rows = lines()
    row = data.draw(st.sampled_from(rows))
    name = data.draw(st.sampled_from(COLUMNS[1:-2]))
    run(
        f'UPDATE {engine.LINES} SET "{name}" = %s WHERE id = %s',
        changed_value(name, row[COLUMNS.index(name)], data.draw),
        row[0],
    )
    errors = [fault for fault in verify().faults if not fault.is_notice]
    assert [(fault.kind, place(fault.lane, fault.serial)) for fault in errors] == [("changed", row[0])]
