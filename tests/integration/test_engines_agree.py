"""The same definitions on DuckDB and on Spark give the same whole numbers and the same figures."""

from __future__ import annotations

import importlib.util
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opencmc.facts.engines import DuckDB, Spark
from opencmc.facts.lake import Lake
from opencmc.methods.indicators import compute, sibling_packs
from opencmc.methods.indicators.partials import Partials
from opencmc.methods.indicators.register_rows import SOURCES
from opencmc.methods.runs import figures_of
from opencmc.policy.pack import default_root, load_pack
from opencmc.synthetic import make_county

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="需要 PySpark：安装 opencmc[spark]"),
    pytest.mark.skipif(shutil.which("java") is None, reason="需要 Java 17 或更高版本（例如 openjdk-17-jre-headless）"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 residents, fourteen months, and a correction, so that some rows are superseded."""
    home = tmp_path_factory.mktemp("engines")
    make_county(home, residents=600, seed=11, months=14)
    rows = pq.read_table(home / "source" / "visit" / "2024-03.parquet").slice(0, 25)
    free = rows.set_column(rows.column_names.index("fund_fen"), "fund_fen", pa.array([0] * rows.num_rows, pa.int64()))
    pq.write_table(free, home / "correction.parquet")
    report = Lake(home).load(
        "visit", [home / "correction.parquet"], known_at=datetime(2027, 1, 1, tzinfo=UTC), actor="复核"
    )
    assert report.superseded == 25
    return home


def in_order(table: pa.Table) -> list[tuple[object, ...]]:
    """The rows as plain values, sorted: engines return groups in no particular order."""
    rows = zip(*(table[name].to_pylist() for name in sorted(table.column_names)), strict=True)
    return sorted(rows, key=repr)


def test_every_source_of_the_indicators_is_the_same_on_both_engines(home):
    lake = Lake(home)
    loads = lake.loads()
    with DuckDB(lake) as duckdb, Spark(lake) as spark:
        for name, source in SOURCES.items():
            here, there = (
                Partials(None, "330226", loads, engine.table, engine.collect, hold=engine is duckdb).read(source)
                for engine in (duckdb, spark)
            )
            assert in_order(here) == in_order(there), name
            assert here.num_rows or name in ("deaths", "attachments"), name


def test_every_figure_is_the_same_on_both_engines(home, tmp_path):
    pack = load_pack(default_root(), "ninghai")
    also, _ = sibling_packs(default_root(), pack)
    other = tmp_path / "spark"
    shutil.copytree(home / "lake", other / "lake")
    here = figures_of(compute(Lake(home), pack, also=also))
    there = figures_of(compute(Lake(other), pack, also=also, engine="spark"))
    assert here.to_pylist() == there.to_pylist()
    assert here.num_rows > 10_000
