"""Daily work on its way into the lake: each queued change becomes one load, whatever is killed in between.

The database is written first, with the rows for the lake in the same transaction. A load carries the change's own name
as a setting, so the lake knows it again: a second try after a kill between the lake's commit and the mark here finds
the content loaded before and only sets the mark. Two processes that try at once do the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.network.models import PendingLoad
from opencmc.facts.daily_work import load_entered
from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake


def lake_rows(home: Path, tables: Iterable[str], known_at: datetime | None = None) -> dict[str, list[dict[str, Any]]]:
    """The current rows of logical tables of the lake of ``home``, with values as the lake types them."""
    with DuckDB(Lake(home), known_at=known_at, threads=1) as engine:
        return {table: engine.collect(engine.table(table)).to_pylist() for table in tables}


def export_pending(home: Path, *, actor: Actor) -> int:
    """Bring all queued changes to the lake of ``home`` in their order. Returns how many loads were marked. Repeating
    it, after a kill or beside another process, changes nothing."""
    waiting = list(PendingLoad.objects.filter(load__isnull=True).order_by("id"))
    for pending in waiting:
        rows = [(each["row"], each["set"]) for each in pending.rows]
        number = load_entered(
            home, pending.table, rows, change=pending.change, known_at=actor.at, actor=pending.made_by
        )
        assert number is not None, pending.change
        _mark(pending, number, actor)
    return len(waiting)


def _mark(pending: PendingLoad, number: int, actor: Actor) -> None:
    with audited(actor) as trail:
        PendingLoad.objects.filter(pk=pending.pk, load__isnull=True).update(load=number)
        trail.add("network.export", object_=f"{pending.table} {number}", reason=pending.change)


def waiting_loads() -> int:
    """How many changes the lake has not got yet."""
    return PendingLoad.objects.filter(load__isnull=True).count()
