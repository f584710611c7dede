"""Where the county's insured were in hospital, counted once when a run is published."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path

from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake


def patient_flows(home: Path, *, known_at: datetime, region: str) -> dict[str, dict[str, dict[str, int]]]:
    """Stays of the insured of ``region``: month of discharge → home township ("" unknown) → institution → count."""
    with DuckDB(Lake(home), known_at=known_at) as engine:
        stay, resident = engine.table("stay"), engine.table("resident")
        homes = resident.select("resident_id", home=resident.township)
        counted = (
            stay.filter(stay.insured_region == region)
            .left_join(homes, "resident_id")
            .mutate(month=stay.discharged.strftime("%Y-%m"))
            .group_by(["month", "home", "institution_id"])
            .aggregate(count=lambda joined: joined.count())
        )
        table = engine.collect(counted)
    flows: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in table.to_pylist():
        flows[row["month"]][row["home"] or ""][row["institution_id"]] = row["count"]
    return {month: {h: dict(to) for h, to in homes.items()} for month, homes in sorted(flows.items())}
