"""Rows that were entered in daily work, as a load of their logical table.

A load carries the name of the change, so the lake knows it again: a second try, after a kill between the lake's commit and
whatever the caller notes, makes no second load.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake
from opencmc.facts.tables import TABLES

SOURCE = "daily_work"

#: A whole row, and the columns that daily work answers for.
EnteredRow = tuple[dict[str, Any], Collection[str]]


def load_entered(
    home: Path, table: str, rows: Sequence[EnteredRow], *, change: str, known_at: datetime, actor: str
) -> int | None:
    """Bring ``rows`` of ``table`` into the lake as the load ``change``; the load's number, ``None`` for no rows.

    Of a row that the lake knows already only the columns for which daily work answers are laid over it: a correction by
    file and one by hand both stay. The lake comes to know the rows now, not when they were typed: no finished run may
    change. A row that the table does not take stands among the lake's refused rows, and holds up no other.
    """
    lake = Lake(home)
    if (there := _load_called(lake, change)) is not None or not rows:
        return there
    text = _csv(table, _laid_over(home, table, rows))
    latest = max((load.known_at for load in lake.loads() if load.table == table), default=known_at)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{change}.csv"
        # Names and numbers of people may stand in it for the moment of the load.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        report = lake.load(
            table, [path], source=SOURCE, known_at=max(known_at, latest), actor=actor, settings={"change": change}
        )
    return report.load if report.load is not None else _load_called(lake, change)


def _load_called(lake: Lake, change: str) -> int | None:
    return next((load.load for load in lake.loads() if load.settings.get("change") == change), None)


def _laid_over(home: Path, table: str, rows: Sequence[EnteredRow]) -> list[dict[str, Any]]:
    key = TABLES[table].key
    if all(set(row) - set(key) <= set(own) for row, own in rows):
        return [row for row, _ in rows]
    with DuckDB(Lake(home), threads=1) as engine:
        current = engine.table(table)
        current = current.filter(current[key[0]].isin([row[key[0]] for row, _ in rows]))
        known = {_named(row, key): row for row in engine.collect(current).to_pylist()}
    return [
        {**row, **{name: value for name, value in known.get(_named(row, key), {}).items() if name not in own}}
        for row, own in rows
    ]


def _named(row: dict[str, Any], key: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in key)


def _csv(table: str, rows: Sequence[dict[str, Any]]) -> str:
    """CSV of the logical table, the same text for the same rows."""
    names = list(TABLES[table].columns)
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows([{name: _text(row.get(name)) for name in names} for row in rows])
    return out.getvalue()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
