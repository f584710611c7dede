"""Rows of daily work as one load of a logical table."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from opencmc.apps.access.api import Actor
from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake
from opencmc.facts.tables import TABLES

SOURCE = "daily_work"


def load_rows(
    home: Path, table: str, rows: Sequence[tuple[dict[str, Any], set[str]]], change: str, actor: Actor
) -> int:
    """Bring ``rows`` of ``table`` (each with the columns that it answers for) into the lake as the load ``change``.

    What the lake knows of the other columns stays. The load that is there already is not made again. Returns the rows
    that went in; one that the table does not take stands among the lake's refused rows, and holds up no other.
    """
    lake = Lake(home)
    loads = lake.loads()
    if not rows or any(load.settings.get("change") == change for load in loads):
        return 0
    text = _csv(table, _laid_over(home, table, rows))
    latest = max((load.known_at for load in loads if load.table == table), default=actor.at)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{change}.csv"
        # Names and numbers of people may stand in it for the moment of the load.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        report = lake.load(
            table, [path], source=SOURCE, known_at=max(actor.at, latest), actor=actor.holder.username,
            on_refusal="keep", settings={"change": change},
        )  # fmt: skip
    return report.accepted


def _laid_over(home: Path, table: str, rows: Sequence[tuple[dict[str, Any], set[str]]]) -> list[dict[str, Any]]:
    """A row that the lake knows keeps the columns for which daily work does not answer."""
    key = TABLES[table].key
    if len(key) > 1 or all(set(row) - set(key) <= own for row, own in rows):
        return [row for row, _ in rows]
    column = key[0]
    with DuckDB(Lake(home), threads=1) as engine:
        known_rows = engine.table(table)
        known_rows = known_rows.filter(known_rows[column].isin([row[column] for row, _ in rows]))
        known = {row[column]: row for row in engine.collect(known_rows).to_pylist()}
    return [
        {**row, **{name: value for name, value in known.get(row[column], {}).items() if name not in own}}
        for row, own in rows
    ]


def _csv(table: str, rows: Sequence[dict[str, Any]]) -> str:
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
