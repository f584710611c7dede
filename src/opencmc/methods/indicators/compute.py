"""Compute every indicator of a pack for a county: read partial sums, roll them up, evaluate, write a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import opencmc
from opencmc.base.errors import DataError, Refused
from opencmc.facts import engines
from opencmc.facts.lake import Lake, Snapshot
from opencmc.facts.manifest import LoadManifest
from opencmc.methods.indicators.cards import definition_record
from opencmc.methods.indicators.definitions import Definition, definitions
from opencmc.methods.indicators.evaluation import STATUSES, UNKNOWN, Evaluation
from opencmc.methods.indicators.figures import UNPLACED, Figures
from opencmc.methods.indicators.measures import VERSION
from opencmc.methods.indicators.partials import Partials
from opencmc.methods.indicators.places import UNIT_KINDS, Places
from opencmc.methods.indicators.reading import READ_ORDER, TOWNSHIPS_SEEN_IN, Read, in_order_of_reading
from opencmc.methods.indicators.roll_up import RollUp
from opencmc.methods.indicators.spans import YEARS_SHOWN, Spans, last_day, month_index, month_of
from opencmc.methods.runs import FIGURES, Run, RunWriter, find_run, open_run, point_to, run_id
from opencmc.policy.pack import Pack

Progress = Callable[[str, float], None]


def compute(
    lake: Lake,
    pack: Pack,
    *,
    known_at: datetime | None = None,
    as_of: date | None = None,
    engine: str = "duckdb",
    sets: Sequence[str] | None = None,
    also: Sequence[Pack] = (),
    progress: Progress | None = None,
) -> Run:
    """Compute the indicators of ``pack`` (and of the packs ``also``) for the county ``pack.region``; store a run.

    ``known_at`` is the moment up to which loads count (default: all). ``as_of`` is the last day that is looked at
    (default: the last day of the last month with data); months that have not ended by then are left out. ``sets``
    restricts the indicators. A run with the same inputs is found again, not computed again. A run of everything that is
    known becomes the latest one, which pages publish.
    """
    say = progress or (lambda step, share: None)
    if not pack.region:
        raise Refused(f"政策包 {pack.id} 没有写明县（region），不能计算指标", possible_when="请用一个县的政策包。")
    loads = lake.loads(known_at)
    if not loads:
        raise DataError(
            "还没有装入任何数据；先用 opencmc load 装入，或用 opencmc demo 造一个演示县", table=str(lake.home)
        )
    found = definitions([pack, *also])
    spans, until = months_of(loads, as_of)
    manifest = _manifest(pack, also, loads, until, engine, sets)
    identifier = run_id("ind", manifest)
    run = find_run(lake.home, identifier)
    if run is None:
        say("汇总", 0.05)
        effective = max(load.known_at for load in loads)
        with _engine(engine, Snapshot(lake.root, tuple(loads)), effective) as running:
            read = Read(
                Partials(
                    lake.home / "cache" / "indicators",
                    pack.region,
                    loads,
                    running.table,
                    running.collect,
                    hold=isinstance(running, engines.DuckDB),
                )
            )
            with read.ahead(READ_ORDER if sets is None else ()):
                evaluation = evaluate(read, pack.region, spans, {d.id: d for d in found})
                wanted = [d for d in found if sets is None or d.set in sets]
                run = _write(lake, identifier, manifest, evaluation, wanted, [pack, *also], say)
    if _is_latest(run, everything=known_at is None and as_of is None and sets is None):
        point_to(run)
    return run


def _is_latest(run: Run, *, everything: bool) -> bool:
    """Whether pages should show this run from now on: a look back, a part of the indicators or another county is printed and
    kept, but does not take the place of the county's whole present."""
    try:
        shown = open_run(run.home)
    except Refused:
        return True
    return everything and shown.region == run.region


def evaluate(read: Mapping[str, pa.Table], region: str, spans: Spans, found: Mapping[str, Definition]) -> Evaluation:
    """Everything that is needed to evaluate ``found`` for a county, from its sources."""

    def townships() -> set[str]:
        columns = [read[name]["region" if name == "population" else "township"] for name in TOWNSHIPS_SEEN_IN]
        return {t for column in columns for t in pc.unique(column).to_pylist() if t and len(t) == 9}

    places = Places(read["institutions"], read["memberships"], region, spans, townships, read["attachments"])
    return Evaluation(RollUp(read, spans, places), found)


def months_of(loads: Sequence[LoadManifest], as_of: date | None) -> tuple[Spans, date]:
    """The months with visits or stays that have ended by ``as_of``, without gaps, and the day really looked at.

    Without visits and stays the year of ``as_of`` is shown, so that registers alone give figures.
    """
    touched = {int(m.replace("-", "")) for load in loads if load.table in ("visit", "stay") for m in load.months}
    if as_of is None:
        dated = [load.last_date for load in loads if load.last_date]
        as_of = last_day(max(touched)) if touched else max(dated, default=max(load.known_at for load in loads).date())
    ended = [month for month in touched if last_day(month) <= as_of]
    if ended:
        last = max(ended)
        earliest = month_index(last) - 12 * YEARS_SHOWN + 1
        return Spans.between(min(m for m in ended if month_index(m) >= earliest), last), min(as_of, last_day(last))
    current = as_of.year * 100 + as_of.month
    last = current if last_day(current) <= as_of else month_of(month_index(current) - 1)
    return Spans.between(last // 100 * 100 + 1, last), last_day(last)


def _engine(name: str, lake: engines.Files, known_at: datetime) -> Any:
    if name == "duckdb":
        return engines.DuckDB(lake, known_at)
    if name == "spark":
        return engines.Spark(lake, known_at)
    raise Refused(f"没有名为 {name} 的引擎", possible_when="可用：duckdb、spark。")


def _manifest(
    pack: Pack,
    also: Sequence[Pack],
    loads: Sequence[LoadManifest],
    as_of: date,
    engine: str,
    sets: Sequence[str] | None,
) -> dict[str, Any]:
    inputs: dict[str, list[dict[str, Any]]] = {}
    for load in loads:
        if load.accepted:
            inputs.setdefault(load.table, []).append(
                {"load": load.load, "content": load.content, "rows": load.accepted}
            )
    return {
        "kind": "indicators",
        "region": pack.region,
        "packs": [
            {
                "id": p.id,
                "revision": p.revision,
                "fingerprint": p.fingerprint,
                "identity": p.identity,
                "lineage": p.lineage,
            }
            for p in (pack, *also)
        ],
        "as_of": as_of.isoformat(),
        "known_at": max(load.known_at for load in loads).isoformat(),
        "inputs": inputs,
        "engine": engine,
        "sets": sorted(sets) if sets is not None else None,
        "versions": {"opencmc": opencmc.__version__, "indicators": VERSION},
    }


def _write(
    lake: Lake,
    identifier: str,
    manifest: dict[str, Any],
    evaluation: Evaluation,
    wanted: Sequence[Definition],
    packs: Sequence[Pack],
    say: Progress,
) -> Run:
    places, spans = evaluation.roll_up.places, evaluation.roll_up.spans
    writer = RunWriter(lake.home, identifier)
    figures = Figures(evaluation)
    count = 0
    pairs = [(definition, kind) for definition in wanted for kind in definition.by]
    waiting, evaluated = deque(pairs), set[tuple[str, str]]()
    with writer.table("figures.parquet", FIGURES) as file, ThreadPoolExecutor(max_workers=1) as pen:
        written: list[Future[None]] = []
        for at, (definition, kind) in enumerate(in_order_of_reading(pairs, evaluation.definitions)):
            say(definition.label, 0.1 + 0.85 * at / len(pairs))
            evaluation.of(definition.id, kind)
            evaluated.add((definition.id, kind))
            while waiting and (waiting[0][0].id, waiting[0][1]) in evaluated:
                ready, unit_kind = waiting.popleft()
                if places.units[unit_kind]:
                    table = figures.of(ready, unit_kind)
                    written.append(pen.submit(file.write_table, table, row_group_size=max(1, table.num_rows)))
                    count += table.num_rows
        for each in written:
            each.result()
    with writer.table("unplaced.parquet", UNPLACED) as file:
        file.write_table(figures.unplaced())
    source = evaluation.roll_up.registers.people.population_source(last_day(spans.months[-1]))
    cards = {d.id: definition_record(d, packs, population_source=source) for d in wanted}
    writer.records("definitions.json", cards)
    writer.json("units.json", unit_names(places, {p.region: p.label for p in packs}))
    months = [f"{m // 100}-{m % 100:02d}" for m in spans.months]
    run = writer.commit({**manifest, "run": identifier, "months": months, "figures": count})
    say("完成", 1.0)
    return run


def unit_names(places: Places, counties: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The names of units by kind and id; townships are named by their code (the pack's network knows their names)."""
    return {
        "county": {places.region: counties.get(places.region, places.region)},
        "community": {unit: places.community_names[unit] for unit in places.communities},
        "institution": {unit: places.names[unit] for unit in places.units["institution"]},
        "tier": {"county": "县级", "township": "乡镇级", "village": "村级"},
        "township": {unit: unit for unit in places.townships},
    }


__all__ = ["STATUSES", "UNIT_KINDS", "UNKNOWN", "Read", "compute", "evaluate", "months_of"]
