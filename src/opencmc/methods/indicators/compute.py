"""Compute every indicator of a pack for a county: read partial sums, roll them up, evaluate, write a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import opencmc
from opencmc.base.errors import DataError, Refused
from opencmc.facts import engines
from opencmc.facts.lake import Lake
from opencmc.facts.manifest import LoadManifest
from opencmc.methods.indicators.cards import definition_record
from opencmc.methods.indicators.definitions import Definition, definitions
from opencmc.methods.indicators.evaluation import STATUSES, UNKNOWN, VALUE, Evaluated, Evaluation
from opencmc.methods.indicators.measures import VERSION
from opencmc.methods.indicators.partials import Partials
from opencmc.methods.indicators.places import UNIT_KINDS, Places
from opencmc.methods.indicators.register_rows import SOURCES
from opencmc.methods.indicators.roll_up import RollUp
from opencmc.methods.indicators.spans import YEARS_SHOWN, Spans, last_day, month_index, month_of
from opencmc.methods.runs import FIGURES, Run, RunWriter, find_run, point_to, run_id
from opencmc.policy.pack import Pack

Progress = Callable[[str, float], None]

UNPLACED = pa.schema(
    [
        ("indicator", pa.string()),
        ("unit_kind", pa.string()),
        ("period_kind", pa.string()),
        ("period", pa.string()),
        ("reason", pa.string()),
        ("count", pa.int64()),
    ]
)


class Read(Mapping[str, pa.Table]):
    """The sources by name, each read when it is first asked for."""

    def __init__(self, partials: Partials) -> None:
        self._partials = partials
        self._read: dict[str, pa.Table] = {}

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._read:
            self._read[name] = self._partials.read(SOURCES[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(SOURCES)

    def __len__(self) -> int:
        return len(SOURCES)


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
    restricts the indicators. A run with the same inputs is found again, not computed again.
    """
    say = progress or (lambda step, share: None)
    if not pack.region:
        raise Refused(f"政策包 {pack.id} 没有写明县（region），不能计算指标", possible_when="。请用一个县的政策包。")
    loads = lake.loads(known_at)
    if not loads:
        raise DataError(
            "还没有装入任何数据；先用 opencmc load 装入，或用 opencmc demo 造一个演示县", table=str(lake.home)
        )
    found = definitions([pack, *also])
    spans, as_of = months_of(loads, as_of)
    manifest = _manifest(pack, also, loads, as_of, engine, sets)
    identifier = run_id("ind", manifest)
    if (earlier := find_run(lake.home, identifier)) is not None:
        point_to(earlier)
        return earlier
    say("汇总", 0.05)
    effective = max(load.known_at for load in loads)
    folder = lake.home / "cache" / "indicators"
    with _engine(engine, lake, effective) as running:
        partials = Partials(
            folder, pack.region, loads, running.table, running.collect, hold=isinstance(running, engines.DuckDB)
        )
        evaluation = evaluate(Read(partials), pack.region, spans, {d.id: d for d in found})
        wanted = [d for d in found if sets is None or d.set in sets]
        return _write(lake, identifier, manifest, evaluation, wanted, [pack, *also], say)


def evaluate(read: Mapping[str, pa.Table], region: str, spans: Spans, found: Mapping[str, Definition]) -> Evaluation:
    """Everything that is needed to evaluate ``found`` for a county, from its sources."""
    seen = pa.chunked_array([pc.unique(read[name]["township"]) for name in ("visit", "stay")], pa.string())
    counted = pc.unique(read["population"]["region"])
    townships = {t for t in (*seen.to_pylist(), *counted.to_pylist()) if t and len(t) == 9}
    places = Places(read["institutions"], read["memberships"], region, spans, townships)
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


def _engine(name: str, lake: Lake, known_at: datetime) -> Any:
    if name == "duckdb":
        return engines.DuckDB(lake, known_at)
    if name == "spark":
        return engines.Spark(lake, known_at)
    raise Refused(f"没有名为 {name} 的引擎", possible_when="。可用：duckdb、spark。")


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
    lost: dict[str, list[Any]] = {name: [] for name in UNPLACED.names}
    count = 0
    with writer.table("figures.parquet", FIGURES) as figures:
        for at, definition in enumerate(wanted):
            say(definition.label, 0.1 + 0.85 * at / len(wanted))
            for kind in definition.by:
                if not places.units[kind]:
                    continue
                result = evaluation.of(definition.id, kind)
                table = _figures(evaluation, definition, kind, result)
                figures.write_table(table, row_group_size=max(1, table.num_rows))
                count += table.num_rows
                _note_unplaced(lost, evaluation, definition, kind, result)
    with writer.table("unplaced.parquet", UNPLACED) as file:
        file.write_table(pa.table(lost, schema=UNPLACED))
    source = evaluation.roll_up.registers.people.population_source(last_day(spans.months[-1]))
    writer.json("definitions.json", {d.id: definition_record(d, packs, population_source=source) for d in wanted})
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


def _figures(evaluation: Evaluation, definition: Definition, kind: str, result: Evaluated) -> pa.Table:
    spans, places = evaluation.roll_up.spans, evaluation.roll_up.places
    periods = spans.of_kind(definition.periods)
    units = places.units[kind]
    size = len(units) * len(periods)

    def cut(array: Any) -> Any:
        return array[:, periods].reshape(-1)

    def text(codes: Any, texts: Sequence[str]) -> pa.DictionaryArray:
        # Every text once: a dictionary with repetitions is not written the same way twice.
        used, back = np.unique(codes, return_inverse=True)
        words = [texts[i] for i in used]
        distinct = list(dict.fromkeys(words))
        at = np.array([distinct.index(word) for word in words], np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(at[back]), pa.array(distinct, pa.string()))

    def same(value: str) -> pa.DictionaryArray:
        return text(np.zeros(size, np.int64), [value])

    status = cut(result.status)
    return pa.table(
        [
            same(definition.id),
            same(definition.set),
            same(kind),
            text(np.repeat(np.arange(len(units)), len(periods)), units),
            text(np.tile(periods, len(units)), spans.kinds) if size else same(kind),
            text(np.tile(periods, len(units)), spans.names) if size else same(kind),
            pa.array(cut(result.numerator), mask=~cut(result.has_numerator)),
            pa.array(cut(result.denominator), mask=~cut(result.has_denominator)),
            pa.array(cut(result.value), mask=status != VALUE),
            pa.array(np.full(size, definition.places, np.int8)),
            text(status, STATUSES),
            text(cut(result.because), evaluation.roll_up.gaps.texts),
            pa.array(np.tile(result.unplaced[periods], len(units))),
        ],
        schema=FIGURES,
    )


def _note_unplaced(
    lost: dict[str, list[Any]], evaluation: Evaluation, definition: Definition, kind: str, result: Evaluated
) -> None:
    spans = evaluation.roll_up.spans
    for reason in sorted(result.reasons):
        for position in spans.of_kind(definition.periods).tolist():
            if rows := int(result.reasons[reason][position]):
                found = (definition.id, kind, spans.kinds[position], spans.names[position], reason, rows)
                for name, value in zip(UNPLACED.names, found, strict=True):
                    lost[name].append(value)


__all__ = ["STATUSES", "UNIT_KINDS", "UNKNOWN", "compute", "evaluate", "months_of"]
