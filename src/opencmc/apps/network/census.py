"""Who and what stands where, counted from the lake at hand: residents, insured, staff. For previews only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.core.cache import cache

from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake, Snapshot
from opencmc.facts.schemas import literal


@dataclass(frozen=True, slots=True)
class Census:
    """Counts by township code or institution; a table without a load is not in ``known``."""

    residents: dict[str, int] = field(default_factory=dict)
    insured: dict[str, int] = field(default_factory=dict)
    staff: dict[str, int] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    as_known: str = ""


def census(home: Path, *, region: str, day: date) -> Census:
    """The counts on ``day`` as the lake of ``home`` knows them now. Counted once for the same loads and day."""
    loads = Lake(home).loads() if (home / "lake").is_dir() else []
    own = [load for load in loads if load.table in ("resident", "posting") and load.accepted]
    if not own:
        return Census()
    key = f"network-census-{home}-{own[-1].load}-{region}-{day}"
    kept = cache.get(key)
    if kept is None:
        kept = _count(Snapshot(Lake(home).root, tuple(loads)), region, day)
        cache.set(key, kept)
    return kept


def _count(files: Snapshot, region: str, day: date) -> Census:
    on = f"DATE {literal(day.isoformat())}"
    with DuckDB(files, threads=2) as engine:
        engine.table("resident")
        engine.table("posting")
        alive = f"birth_date <= {on} AND (death_date IS NULL OR death_date > {on}) AND township IS NOT NULL"
        insured = (
            f"insured_region = {literal(region)} AND (insured_start IS NULL OR insured_start <= {on}) "
            f"AND (insured_end IS NULL OR insured_end > {on})"
        )
        people = engine.rows(
            f"SELECT township, count(*), count(*) FILTER (WHERE {insured}) FROM resident WHERE {alive} GROUP BY township"
        )
        staff = engine.rows(
            "SELECT institution_id, count(DISTINCT staff_id) FROM posting "
            f'WHERE start <= {on} AND ("end" IS NULL OR "end" > {on}) GROUP BY institution_id'
        )
    tables = {load.table for load in files.loads if load.accepted}
    last = max(load.known_at for load in files.loads if load.table in ("resident", "posting"))
    return Census(
        {township: count for township, count, _ in people},
        {township: count for township, _, count in people},
        dict(staff),
        frozenset(tables & {"resident", "posting"}),
        last.date().isoformat(),
    )
