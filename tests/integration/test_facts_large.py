"""Many rows with one bad one among them, and the same rows on both engines."""

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opencmc.base.errors import Refused
from opencmc.facts.engines import DuckDB, Spark
from opencmc.facts.lake import Lake

KNOWN = datetime(2026, 1, 5, tzinfo=UTC)
ROWS = 200_000
HEADER = "visit_id,institution_id,date,kind,is_tcm,total_fen,fund_fen,own_fen\n"


def write(path: Path, bad: str, at: int) -> Path:
    lines = [f"v{n:07d},I{n % 40},2025-{n % 12 + 1:02d}-15,outpatient,否,{n},0,{n}\n" for n in range(ROWS)]
    lines[at] = bad + "\n"
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("v0123456,I1,2025-02-30,outpatient,否,1,0,1", "就诊日期（date）不是日期"),
        ("v0123456,I1,2025-02-28,outpatient,否,1,0", "有 7 列，表头有 8 列"),
        ('v0123456,"I1,2025-02-28,outpatient,否,1,0,1', "引号没有配对"),
        ("v0000001,I1,2025-02-28,outpatient,否,1,0,1", "与同一批中前面的一行相同"),
    ],
)
def test_one_bad_row_among_many_is_found_with_its_line(tmp_path, bad, reason):
    lake = Lake(tmp_path / "home")
    report = lake.load("visit", [write(tmp_path / "v.csv", bad, 123_456)], known_at=KNOWN, actor="张三")
    assert (report.read, report.accepted, report.refused) == (ROWS, ROWS - 1, 1)
    assert reason in report.reasons[0].reason
    assert report.reasons[0].lines == (123_458,)
    with DuckDB(lake) as engine:
        visits = engine.table("visit")
        assert engine.collect(visits.total_fen.sum()).to_pydict().popitem()[1] == [sum(range(ROWS)) - 123_456]


@pytest.mark.spark
def test_spark_shows_the_same_current_rows_as_duckdb_at_every_moment(tmp_path):
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("需要 PySpark 与 Java 17：pip install 'opencmc[spark]'")
    lake = Lake(tmp_path / "home")
    for step in range(3):
        rows = "".join(
            f"v{n},I{n % 3},2025-0{step + 1}-15,outpatient,{'是' if n % 2 else '否'},{n * 10 + step},0,0\n"
            for n in range(step * 5, step * 5 + 10)
        )
        (tmp_path / f"{step}.csv").write_text(HEADER + rows, encoding="utf-8")
        lake.load("visit", [tmp_path / f"{step}.csv"], known_at=KNOWN + timedelta(days=step), actor="张三")
    stays = "stay_id,institution_id,admitted,discharged,diagnoses\ns1,I1,2025-01-01,2025-01-03,I10|E11\n"
    (tmp_path / "stay.csv").write_text(stays, encoding="utf-8")
    lake.load("stay", [tmp_path / "stay.csv"], known_at=KNOWN, actor="张三")
    for moment in (KNOWN, KNOWN + timedelta(days=1), None):
        found = []
        for engine_class in (DuckDB, Spark):
            with engine_class(lake, moment) as engine:
                visits, stays, orders = engine.table("visit"), engine.table("stay"), engine.table("order")
                found.append(
                    (
                        engine.collect(visits.order_by("visit_id")).to_pylist(),
                        engine.collect(stays).to_pylist(),
                        engine.collect(orders).to_pylist(),
                        visits.schema(),
                    )
                )
        assert found[0] == found[1]


def test_spark_without_java_says_what_to_install(tmp_path, monkeypatch):
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("需要 PySpark：pip install 'opencmc[spark]'")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(Refused, match=r"Java 17 或更高版本，没有找到 Java。.*JDK 17"):
        Spark(Lake(tmp_path / "home"))
