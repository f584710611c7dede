"""What the lake holds, table by table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from opencmc.facts.lake import Lake
from opencmc.facts.tables import TABLES


@dataclass(frozen=True, slots=True)
class TableOverview:
    """One logical table in the lake. ``rows`` are the current rows; ``refused`` and ``unplaced`` are as counted when
    each load came in."""

    table: str
    label: str
    rows: int
    loads: int
    refused: int
    unplaced: int
    first_date: date | None
    last_date: date | None
    known_at: datetime | None


def overview(lake: Lake, known_at: datetime | None = None) -> list[TableOverview]:
    """Every logical table, also those of which nothing was loaded; from the manifests alone."""
    loads = lake.loads(known_at)
    lines = []
    for name, table in TABLES.items():
        own = [load for load in loads if load.table == name]
        firsts = [load.first_date for load in own if load.first_date]
        lasts = [load.last_date for load in own if load.last_date]
        lines.append(
            TableOverview(
                table=name,
                label=table.table_label,
                rows=sum(load.accepted - load.superseded for load in own),
                loads=len(own),
                refused=sum(load.refused for load in own),
                unplaced=sum(reason.count for load in own for reason in load.unplaced),
                first_date=min(firsts, default=None),
                last_date=max(lasts, default=None),
                known_at=max((load.known_at for load in own), default=None),
            )
        )
    return lines
