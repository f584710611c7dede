"""Writes of the network: what the lake knows of institutions and memberships is published into the database."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.network.models import Institution, Membership, Township
from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake

LAYOUTS = Path(__file__).parent / "layouts"


def _rows(engine: DuckDB, table: str) -> list[dict[str, Any]]:
    return engine.collect(engine.table(table)).to_pylist()


def _layout(region: str) -> dict[str, tuple[int, int]]:
    """Township → (column, row) on the schematic map, where somebody has drawn one for this county."""
    path = LAYOUTS / f"{region}.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {line["code"]: (int(line["column"]), int(line["row"])) for line in csv.DictReader(file)}


def publish_network(home: Path, *, known_at: datetime, region: str, townships: dict[str, str], actor: Actor) -> int:
    """Replace the published network by what the lake of ``home`` knew at ``known_at``. ``townships`` names the county's
    townships by code. Returns the number of institutions."""
    with DuckDB(Lake(home), known_at=known_at) as engine:
        institutions = _rows(engine, "institution")
        memberships = _rows(engine, "membership")
    places = _layout(region)
    text = ("short_name", "township", "attached_to")
    with audited(actor) as trail:
        Institution.objects.all().delete()
        Membership.objects.all().delete()
        Township.objects.all().delete()
        Institution.objects.bulk_create(
            [Institution(**{**row, **{name: row[name] or "" for name in text}}) for row in institutions], batch_size=500
        )
        Membership.objects.bulk_create([Membership(**row) for row in memberships], batch_size=500)
        Township.objects.bulk_create(
            [
                Township(
                    code=code,
                    name=name,
                    column=places.get(code, (None, None))[0],
                    row=places.get(code, (None, None))[1],
                )
                for code, name in townships.items()
            ]
        )
        trail.add("publish_network", object_=f"{len(institutions)}")
    return len(institutions)
