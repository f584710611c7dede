"""Daily work on its way into the lake: each queued change becomes one load, whatever is killed in between.

The database is written first, with the rows for the lake in the same transaction. A load carries the change's own name
as a setting, so the lake knows it again: a second try after a kill between the lake's commit and the mark here finds
the content loaded before and only sets the mark. Two processes that try at once do the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.network.models import PendingLoad
from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake
from opencmc.facts.manifest import LoadManifest
from opencmc.facts.tables import TABLES

SOURCE = "daily_work"


def lake_rows(home: Path, tables: Iterable[str], known_at: datetime | None = None) -> dict[str, list[dict[str, Any]]]:
    """The current rows of logical tables of the lake of ``home``, with values as the lake types them."""
    with DuckDB(Lake(home), known_at=known_at, threads=1) as engine:
        return {table: engine.collect(engine.table(table)).to_pylist() for table in tables}


def _text(table: str, rows: list[dict[str, Any]]) -> str:
    """CSV of the logical table, the same text for the same rows."""
    names = list(TABLES[table].columns)
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows([{name: "" if row.get(name) is None else row[name] for name in names} for row in rows])
    return out.getvalue()


def _merged(home: Path, pending: PendingLoad) -> list[dict[str, Any]]:
    """The rows to load: the changed columns laid over what the lake now has. A correction of beds by file and one of
    the name by hand both stay, whichever came first."""
    key = TABLES[pending.table].key
    known = {tuple(str(row[name]) for name in key): row for row in lake_rows(home, [pending.table])[pending.table]}
    merged = []
    for each in pending.rows:
        there = known.get(tuple(str(each["row"][name]) for name in key))
        base = {k: v.isoformat() if isinstance(v, date) else v for k, v in there.items()} if there else each["row"]
        merged.append({**base, **{name: each["row"][name] for name in each["set"]}})
    return merged


def _already(pending: PendingLoad, loads: list[LoadManifest]) -> int | None:
    return next((load.load for load in loads if load.settings.get("change") == pending.change), None)


def export_pending(home: Path, *, actor: Actor) -> int:
    """Bring all queued changes to the lake of ``home`` in their order. Returns how many loads were marked. Repeating
    it, after a kill or beside another process, changes nothing."""
    waiting = list(PendingLoad.objects.filter(load__isnull=True).order_by("id"))
    if not waiting:
        return 0
    lake = Lake(home)
    done: list[tuple[PendingLoad, int]] = []
    with TemporaryDirectory() as folder:
        for pending in waiting:
            loads = lake.loads()
            number = _already(pending, loads)
            if number is None:
                rows = _merged(home, pending)
                path = Path(folder) / f"network-{pending.change}.csv"
                path.write_text(_text(pending.table, rows), encoding="utf-8")
                latest = max((load.known_at for load in loads if load.table == pending.table), default=actor.at)
                report = lake.load(
                    pending.table,
                    [path],
                    source=SOURCE,
                    # The lake comes to know it now, not when it was typed: no finished run may change.
                    known_at=max(actor.at, latest),
                    actor=pending.made_by,
                    on_refusal="reject",
                    settings={"change": pending.change},
                )
                number = report.load if report.load is not None else _already(pending, lake.loads())
                assert number is not None, pending.change
            done.append((pending, number))
            _mark([done[-1]], actor)
    return len(done)


def _mark(done: list[tuple[PendingLoad, int]], actor: Actor) -> None:
    with audited(actor) as trail:
        for pending, number in done:
            PendingLoad.objects.filter(pk=pending.pk, load__isnull=True).update(load=number)
            trail.add("network.export", object_=f"{pending.table} {number}", reason=pending.change)


def waiting_loads() -> int:
    """How many changes the lake has not got yet."""
    return PendingLoad.objects.filter(load__isnull=True).count()
