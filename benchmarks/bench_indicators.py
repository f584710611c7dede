"""How long the indicators take: one pass over the visits against hand-written SQL, and a whole county with its cache.

    python benchmarks/bench_indicators.py --rows 1000000          # made-up visits, both ways in the same process
    python benchmarks/bench_indicators.py --home HOME             # a loaded county: cold, repeated, one more month

Times are wall-clock seconds, the best of three where a pass is repeated; both ways answer with the same numbers or the
benchmark fails.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis

from opencmc.facts.engines import DuckDB, TableFiles
from opencmc.facts.lake import Lake
from opencmc.methods.indicators import compute, sibling_packs
from opencmc.methods.indicators.grains import GRAINS, partial_sums
from opencmc.policy.pack import default_root, load_pack

REGION = "330226"

MADE = """
COPY (
    SELECT 'V' || i AS visit_id, 'R' || (hash(i) % {residents}) AS resident_id,
           'I' || ((hash(i + 7) % 100) * (hash(i + 11) % 100) // 24) AS institution_id,
           DATE '2024-01-01' + (i * 731 // {rows})::INTEGER AS date,
           ['outpatient', 'outpatient', 'outpatient', 'emergency', 'home', 'pharmacy'][(1 + hash(i + 3) % 6)::INTEGER] AS kind,
           hash(i + 5) % 5 = 0 AS is_tcm, NULL::VARCHAR AS diagnosis, NULL::VARCHAR AS referral_id,
           CASE hash(i + 9) % 20 WHEN 0 THEN '330203' WHEN 1 THEN NULL ELSE '{region}' END AS insured_region,
           (hash(i + 13) % 50000)::BIGINT AS total_fen, (hash(i + 13) % 30000)::BIGINT AS fund_fen,
           (hash(i + 13) % 20000)::BIGINT AS own_fen, 1 AS load
    FROM range({rows}) AS t(i)
) TO '{folder}/visit.parquet' (FORMAT parquet);
COPY (
    SELECT 'R' || i AS resident_id, '1' AS sex, DATE '1970-01-01' AS birth_date, NULL::DATE AS death_date,
           NULL::VARCHAR AS cause_of_death, '330226' || lpad((100 + i % 18)::VARCHAR, 3, '0') AS township,
           NULL::VARCHAR AS village, '390' AS insurance_type, '{region}' AS insured_region, NULL::DATE AS insured_start,
           NULL::DATE AS insured_end, 1 AS load
    FROM range({residents}) AS t(i)
) TO '{folder}/resident.parquet' (FORMAT parquet);
"""

BY_HAND = """
SELECT year(v.date) * 100 + month(v.date) AS month, v.institution_id, r.township,
    CASE WHEN v.insured_region IS NULL THEN 2 WHEN v.insured_region = '{region}' THEN 1 ELSE 0 END AS insured,
    count(*) FILTER (v.kind <> 'pharmacy') AS "care.rows",
    count(*) FILTER (v.kind <> 'pharmacy' AND v.is_tcm) AS "tcm_care.rows",
    count(*) FILTER (v.kind IN ('outpatient', 'emergency')) AS "outpatient.rows",
    count(*) FILTER (v.kind IN ('outpatient', 'emergency') AND v.is_tcm) AS "tcm_outpatient.rows",
    count(*) FILTER (v.kind = 'home') AS "home_visit.rows",
    coalesce(sum(v.fund_fen) FILTER (v.kind <> 'pharmacy'), 0)::BIGINT AS "care.fund_fen",
    coalesce(sum(v.total_fen) FILTER (v.kind <> 'pharmacy'), 0)::BIGINT AS "care.total_fen",
    coalesce(sum(v.own_fen) FILTER (v.kind <> 'pharmacy'), 0)::BIGINT AS "care.own_fen"
FROM read_parquet('{folder}/visit.parquet') AS v
LEFT JOIN (SELECT resident_id, township FROM read_parquet('{folder}/resident.parquet')) AS r USING (resident_id)
GROUP BY ALL
"""


class Made:
    """Two made-up tables, as an engine wants them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def table_files(self, table_name: str, known_at: Any = None) -> TableFiles:
        path = self._folder / f"{table_name}.parquet"
        return TableFiles(rows=((1, path),)) if path.exists() else TableFiles()


def best(times: int, work: Callable[[], Any]) -> tuple[float, Any]:
    taken, result = [], None
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        taken.append(time.perf_counter() - start)
    return min(taken), result


def as_rows(table: Any) -> list[tuple[Any, ...]]:
    return sorted(zip(*(table[name].to_pylist() for name in sorted(table.column_names)), strict=True), key=repr)


def one_pass(rows: int) -> None:
    residents = max(1000, min(700_000, rows // 15))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        duckdb.sql(MADE.format(rows=rows, residents=residents, folder=folder, region=REGION))
        with DuckDB(Made(folder)) as engine:
            engine.collect(engine.table("resident").count().as_table())
            by_hand = BY_HAND.format(folder=folder, region=REGION)
            connection = duckdb.connect()
            ours, theirs = [], []
            for _ in range(3):  # alternating, so that both see the same machine
                hand, expected = best(1, lambda: connection.sql(by_hand).to_arrow_table())
                taken, found = best(1, lambda: engine.collect(partial_sums(engine.table, GRAINS["visit"], REGION)))
                ours.append(taken)
                theirs.append(hand)
        assert as_rows(found) == as_rows(expected), "the two ways disagree"
    print(f"{rows:,} visits, {residents:,} residents, {found.num_rows:,} groups, ibis {ibis.__version__}")
    print(f"  hand-written SQL   {min(theirs):7.2f} s   (each: {', '.join(f'{t:.2f}' for t in theirs)})")
    print(f"  measures in Ibis   {min(ours):7.2f} s   (each: {', '.join(f'{t:.2f}' for t in ours)})")
    print(f"  ratio              {min(ours) / min(theirs):7.2f}")


def county(home: Path) -> None:
    """Cold, from the cache, and one more month: all loads since the last whole month of visits are first left out."""
    lake = Lake(home)
    pack = load_pack(default_root(), "ninghai")
    also, _ = sibling_packs(default_root(), pack)
    loads = lake.loads()
    whole = max(load.accepted for load in loads if load.table == "visit") // 10
    last = max(load.known_at for load in loads if load.table == "visit" and load.accepted > whole)
    before = last - timedelta(seconds=1)
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        (copy / "lake").symlink_to((home / "lake").absolute())
        lake = Lake(copy)

        def run(**arguments: Any) -> Callable[[], Any]:
            def work() -> Any:
                shutil.rmtree(copy / "runs", ignore_errors=True)
                return compute(lake, pack, also=also, **arguments)

            return work

        best(1, run(known_at=before, sets=["fuxin-2018"]))  # so that starting the engine is not counted
        shutil.rmtree(copy / "cache", ignore_errors=True)
        cold, _ = best(1, run(known_at=before))
        more, made = best(1, run())
        again, _ = best(3, run())
    visits = sum(load.accepted for load in loads if load.table == "visit")
    print(f"{visits:,} visits, {made.manifest['figures']:,} figures")
    print(f"  everything, no cache         {cold:6.2f} s")
    print(f"  one more month, all tables    {more:6.2f} s")
    print(f"  everything from the cache    {again:6.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="made-up visits")
    parser.add_argument("--home", type=Path, help="a loaded home instead")
    chosen = parser.parse_args()
    if chosen.home:
        county(chosen.home)
    else:
        one_pass(chosen.rows)


if __name__ == "__main__":
    main()
